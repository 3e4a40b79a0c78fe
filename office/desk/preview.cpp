// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "office/desk/page_views.h"
#include "sheets/committee.h"
#include "sheets/roster.h"
#include "sheets/vocabulary.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

constexpr std::size_t kShownRecusalsMax = 200;

/// What is wrong in any of the sheets, each said once.
class Faults {
 public:
  explicit Faults(Lang lang) : lang_(lang) {}
  /// @param file the one that is meant where a fault does not say.
  template <class T>
  void add(sheets::Imported<T> const& from, Text const& file) {
    if (from) return;
    for (sheets::CellError const& error : from.error()) {
      std::string const of((error.file == nullptr ? file : *error.file).in(lang_));
      // The candidates' sheet is read twice, for the ballot and for the articles.
      if (!said_.insert(of + error.text(lang_)).second) continue;
      out_.push_back({{"file", of},
                      {"sheet", error.sheet},
                      {"row", error.row},
                      {"column", error.column == 0 ? std::string() : sheets::column_letters(error.column)},
                      {"value", error.value},
                      {"expected", error.expected.in(lang_)}});
    }
  }
  json::array take() { return std::move(out_); }

 private:
  Lang lang_;
  std::set<std::string> said_;
  json::array out_;
};

/// The highest first.
json::array levels_view(std::vector<office::Applicant> const& people, Lang lang) {
  std::map<sheets::Level, std::size_t, std::greater<>> levels;
  for (auto const& one : people) ++levels[one.facts.level];
  json::array out;
  for (auto const& [level, count] : levels)
    out.push_back({{"level", sheets::level_word(level).in(lang)}, {"count", count}});
  return out;
}

json::array recusals_view(sheets::Members const& members, sheets::Candidates const& candidates, Lang lang) {
  json::array out;
  for (auto const& one : sheets::propose_recusals(members, candidates)) {
    if (out.size() == kShownRecusalsMax) break;
    out.push_back({{"member", members.people.at(one.person - 1).name},
                   {"candidate", candidates.candidates.at(one.candidate - 1).name},
                   {"reason", sheets::recusal_reason(one.cause).in(lang)}});
  }
  return out;
}

}  // namespace

json::object preview(ByteView member_bytes, ByteView candidate_bytes, ByteView appraisals, sheets::Date filed,
                     Lang lang) {
  auto const members = sheets::import_members(member_bytes);
  auto const candidates = sheets::import_candidates(candidate_bytes);
  auto const applicants = office::import_applicants(candidate_bytes, appraisals, filed);
  Faults faults(lang);
  faults.add(members, words::kPageMembersFile);
  faults.add(candidates, words::kPageCandidatesFile);
  faults.add(applicants, words::kPageCandidatesFile);
  json::object out;
  auto errors = faults.take();
  bool const good = errors.empty();
  out["errors"] = std::move(errors);
  if (!good) return out;
  std::size_t experts = 0;
  for (auto const& person : members->people) experts += (person.roles & meeting::kExpert) != 0 ? 1 : 0;
  out["members"] = members->people.size();
  out["experts"] = experts;
  out["candidates"] = applicants->people.size();
  out["levels"] = levels_view(applicants->people, lang);
  auto remarks = sheets::committee_faults(*members, *candidates, experts, "", sheets::CommitteeScope::kOneSpeciality);
  std::ranges::move(sheets::committee_hints(*members), std::back_inserter(remarks));
  out["faults"] = json_list(remarks, lang);
  out["recusals"] = recusals_view(*members, *candidates, lang);
  return out;
}

}  // namespace piaojue::desk
