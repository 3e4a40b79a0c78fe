// SPDX-License-Identifier: Apache-2.0
// The roster of the meeting: those who are eligible, in the order of their batches.
#include "sheets/roster.h"

#include <algorithm>

#include "office/desk/deeds.h"
#include "office/desk/new_files.h"
#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

std::string csv_cell(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) (out += c == '"' ? "\"" : "") += c;
  return out + "\"";
}

std::string csv_line(std::initializer_list<std::string> cells) {
  std::string out;
  for (std::string const& cell : cells) out += (out.empty() ? "" : ",") + csv_cell(cell);
  return out + "\r\n";
}

struct Ballot {
  std::string csv;
  std::vector<std::uint32_t> order;
  std::vector<Subject> people;  ///< ascending
};

Ballot ballot_of(std::vector<BallotLine> const& lines) {
  // The file is read by programs: its headings are those of the imported sheets, in no other language.
  Ballot out{std::string(words::kRosterHeader.zh) + "\r\n", {}, {}};
  for (auto const& [n, c, batch, as_written] : lines) {
    Text const& channel =
        c.channel == meeting::Channel::kExceptional ? words::kRosterExceptional : words::kRosterNormal;
    out.csv += std::to_string(n) + ",";
    out.csv += csv_line(
        {c.name, c.employer, c.level, std::string(channel.zh), batch, c.summary, c.group_opinion, c.opened_before});
    out.order.push_back(n);
    out.people.push_back({n, c.name});
  }
  std::ranges::sort(out.people);
  return out;
}

/// The members without their identity numbers: the folder goes from hand to hand, and the meeting has no use for them.
/// Namesakes are told apart in it as on the ballot.
std::string members_csv(sheets::Members const& members) {
  std::string out = std::string(words::kRosterMembers.zh) + "\r\n";
  auto const listed = [](std::string& list, std::string_view word) {
    (list += list.empty() ? std::string_view() : words::kListDivider.zh) += word;
  };
  for (std::size_t n = 0; n < members.people.size(); ++n) {
    auto const& person = members.people[n];
    std::string roles, levels;
    if ((person.roles & meeting::kChair) != 0)
      listed(roles, (n + 1 == members.chair ? words::kRosterRoleChair : words::kRosterRoleViceChair).zh);
    else if ((person.roles & meeting::kExpert) != 0)
      listed(roles, words::kRosterRoleExpert.zh);
    if ((person.roles & meeting::kClerk) != 0) listed(roles, words::kRosterRoleClerk.zh);
    if ((person.roles & meeting::kSupervisor) != 0) listed(roles, words::kRosterRoleSupervisor.zh);
    if ((person.roles & meeting::kScreen) != 0) listed(roles, words::kRosterRoleScreen.zh);
    for (auto const level : members.levels[n]) listed(levels, sheets::level_word(level).zh);
    out += csv_line({person.name, person.employer, roles, levels});
  }
  return out;
}

/// Those that go to the meeting. Refused: one is struck that nobody suggested, or without a reason.
Explained<std::string> recusals_csv(std::vector<SuggestedRecusal> const& all, Roster const& request) {
  if (!request.struck.empty() && sheets::trimmed(request.struck_reason).empty())
    return Explanation(words::kRecusalNoReason);
  for (auto const& struck : request.struck) {
    auto const is_struck = [&](auto const& one) { return entry::StruckRecusal{one.person, one.applicant} == struck; };
    auto const& [person, applicant] = struck;
    if (std::ranges::none_of(all, is_struck))
      return Explanation(Sentence(words::kRecusalUnknown, {{"person", person}, {"candidate", applicant}}));
  }
  std::string out = std::string(words::kRosterRecusals.zh) + "\r\n";
  for (auto const& one : all)
    if (std::ranges::find(request.struck, entry::StruckRecusal{one.person, one.applicant}) == request.struck.end())
      out += csv_line({std::to_string(one.person), one.expert, std::to_string(one.question), one.candidate,
                       std::string(one.reason->zh)});
  return out;
}

}  // namespace

Explained<std::vector<BallotLine>> ballot_list(Desk const& desk, Casework const& cases,
                                               std::vector<std::uint32_t> const& in, std::size_t batch_size) {
  auto list = read_list(cases, desk.sheets());
  if (!list) return list.error();
  std::erase_if(list->ballot, [&](BallotLine const& line) { return !std::ranges::binary_search(in, line.number); });
  if (!list->proposed) return std::move(list->ballot);
  // Batches that the office proposes are those of the people who go, not of everybody who applied.
  sheets::Candidates proposed;
  std::map<std::uint32_t, BallotLine const*> by_number;
  for (auto const& line : list->ballot) {
    by_number[line.number] = &line;
    proposed.candidates.push_back(line.candidate);
    proposed.as_written.push_back({.name = {}, .employer = {}, .identity = {}, .row = line.number});
  }
  sheets::propose_batches(proposed, batch_size);
  std::vector<BallotLine> out;
  for (auto const& batch : proposed.batches)
    for (auto const q : batch.candidates) {
      out.push_back(*by_number.at(static_cast<std::uint32_t>(proposed.as_written.at(q - 1).row)));
      out.back().batch = batch.title;
    }
  return out;
}

Explained<RosterFiles> roster_files(Desk const& desk, Casework const& before, Roster const& request) {
  auto const in = before.check_roster();
  if (!in) return in.error();
  auto const lines = ballot_list(desk, before, *in, request.batch_size);
  if (!lines) return lines.error();
  auto ballot = ballot_of(*lines);
  auto const suggested = suggested_recusals(desk, before, *in, request.batch_size);
  if (!suggested) return suggested.error();
  auto const recusals = recusals_csv(*suggested, request);
  if (!recusals) return recusals.error();
  auto const sheet = desk.sheet(*before.import(), Upload::kMembers);
  if (!sheet) return sheet.error();
  auto const members = imported(sheets::import_members(*sheet));
  if (!members) return members.error();

  RosterFiles out{NewFiles(request.out),
                  {std::move(ballot.order), request.struck, request.struck_reason},
                  std::move(ballot.people),
                  suggested->size() - request.struck.size()};
  out.files.add(std::string(kRosterCandidates), to_bytes(as_bytes(ballot.csv)));
  out.files.add("recusals.csv", to_bytes(as_bytes(*recusals)));
  out.files.add("members.csv", to_bytes(as_bytes(members_csv(*members))));
  return out;
}

Explained<void> roster(Desk& desk, Roster const& request) {
  auto const before = desk.casework(Follow::kAll);
  if (!before) return before.error();
  auto made = roster_files(desk, *before, request);
  if (!made) return made.error();
  if (request.meeting) {
    auto toml = read_file(*request.meeting, std::size_t{1} << 20);
    if (!toml) return toml.error();
    made->files.add(std::string(kRosterMeeting), std::move(*toml));
  }
  auto const checked = desk.draft(*before, made->said, made->people, made->files.marks());
  if (!checked) return checked.error();
  if (auto const put = made->files.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  desk.say({words::kRosterWritten, {{"count", std::uint64_t{made->people.size()}}, {"folder", request.out.string()}}});
  if (made->recusals > 0) desk.say({words::kRecusalsCarried, {{"count", std::uint64_t{made->recusals}}}});
  return {};
}

}  // namespace piaojue::desk
