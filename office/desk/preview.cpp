// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>

#include "office/desk/checked_sheets.h"
#include "office/desk/page_views.h"

namespace piaojue::desk {

namespace json = boost::json;

namespace {

constexpr std::size_t kShownErrorsMax = 500;

/// All that is wrong, sheet by sheet; the rest is in the copies with their column 问题.
json::array errors_view(CheckedSheets const& checked, Lang lang) {
  json::array out;
  for (Upload const kind : {Upload::kMembers, Upload::kCandidates, Upload::kAppraisals})
    for (sheets::CellError const& error : checked.errors(kind)) {
      if (out.size() == kShownErrorsMax) return out;
      std::string column = error.column == 0 ? std::string() : sheets::column_letters(error.column);
      if (!error.heading.empty()) column += " " + error.heading;
      out.push_back({{"kind", upload_code(kind)},
                     {"file", error.file->in(lang)},
                     {"sheet", error.sheet},
                     {"row", error.row},
                     {"column", column},
                     {"value", error.value},
                     {"expected", error.expected.in(lang)}});
    }
  return out;
}

/// The highest first.
json::array levels_view(std::vector<office::Applicant> const& people, Lang lang) {
  std::map<sheets::Level, std::size_t, std::greater<>> levels;
  for (auto const& one : people) ++levels[one.facts.level];
  json::array out;
  for (auto const& [level, count] : levels)
    out.push_back({{"level", sheets::level_word(level).in(lang)}, {"count", count}});
  return out;
}

}  // namespace

json::object preview(ByteView members, ByteView candidates, ByteView appraisals, sheets::Date filed, Lang lang) {
  CheckedSheets const checked(members, candidates, appraisals, filed);
  json::object out;
  out["errors"] = errors_view(checked, lang);
  out["readings"] = json_list(checked.readings(), lang);
  if (!checked.ok()) return out;
  auto const& people = checked.members().people;
  out["members"] = people.size();
  out["experts"] = std::ranges::count_if(people, [](auto const& one) { return (one.roles & meeting::kExpert) != 0; });
  out["candidates"] = checked.applicants().people.size();
  out["levels"] = levels_view(checked.applicants().people, lang);
  out["faults"] = json_list(checked.remarks(), lang);
  json::array recusals;
  for (auto const& one : checked.proposed_recusals())
    recusals.push_back({{"member", one.member}, {"candidate", one.candidate}, {"reason", one.reason->in(lang)}});
  out["recusals"] = std::move(recusals);
  return out;
}

json::object part_view(PartPreview const& found, Lang lang) {
  auto const named = [](std::vector<Subject> const& people) {
    json::array out;
    for (Subject const& one : people) out.push_back({{"number", one.number}, {"name", one.name}});
    return out;
  };
  return {{"again", named(found.again)}, {"fresh", named(found.fresh)}, {"readings", json_list(found.readings, lang)}};
}

}  // namespace piaojue::desk
