// SPDX-License-Identifier: Apache-2.0
// Who ought to stand back from whom: suggestions, for the clerk to strike and for each expert to sign or not.
#include <boost/json.hpp>

#include "office/desk/deeds.h"
#include "sheets/committee.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

Explained<std::vector<SuggestedRecusal>> suggested_recusals(Desk const& desk, Casework const& cases,
                                                            std::vector<std::uint32_t> const& in,
                                                            std::size_t batch_size) {
  auto const list = ballot_list(desk, cases, in, batch_size);
  if (!list) return list.error();
  auto const bytes = desk.sheet(*cases.import(), Upload::kMembers);
  if (!bytes) return bytes.error();
  auto const members = imported(sheets::import_members(*bytes));
  if (!members) return members.error();
  sheets::Candidates ballot;
  std::vector<std::uint32_t> numbers;
  for (auto const& line : *list) {
    ballot.candidates.push_back(line.candidate);
    ballot.as_written.push_back(line.as_written);
    numbers.push_back(line.number);
  }
  std::vector<SuggestedRecusal> out;
  for (auto const& one : sheets::propose_recusals(*members, ballot)) {
    auto const& expert = members->people.at(one.person - 1);
    auto const& candidate = ballot.candidates.at(one.candidate - 1);
    out.push_back({one.person, numbers.at(one.candidate - 1), one.candidate, expert.name, expert.employer,
                   candidate.name, candidate.employer, &sheets::recusal_reason(one.cause)});
  }
  return out;
}

Explained<void> print_recusals(Desk& desk, Form form) {
  auto const cases = desk.casework(Follow::kAll);
  if (!cases) return cases.error();
  auto const in = cases->check_roster();
  if (!in) return in.error();
  auto const all = suggested_recusals(desk, *cases, *in);
  if (!all) return all.error();
  boost::json::array rows;
  for (auto const& one : *all) {
    auto const reason = desk.in_words(*one.reason);
    if (form == Form::kTable)
      desk.out() << one.person << ":" << one.applicant << "\t" << one.expert << "\t" << one.expert_employer << "\t"
                 << one.candidate << "\t" << one.candidate_employer << "\t" << reason << "\n";
    else
      rows.push_back({{"person", one.person},
                      {"candidate", one.applicant},
                      {"expert", one.expert},
                      {"name", one.candidate},
                      {"employer", one.candidate_employer},
                      {"reason", reason}});
  }
  if (form == Form::kJson) desk.out() << boost::json::serialize(rows) << "\n";
  return {};
}

}  // namespace piaojue::desk
