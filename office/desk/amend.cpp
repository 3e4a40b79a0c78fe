// SPDX-License-Identifier: Apache-2.0
// What is mended or taken back of one application: facts, with old and new value, reason and file; and the whole of it.
#include <algorithm>
#include <charconv>
#include <set>

#include "office/desk/deeds.h"
#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

constexpr std::uint32_t kNumberMax = 5000;

/// A copy of what a deed rests on, under its hash.
Explained<std::vector<FileMark>> keep_evidence(NewFiles& kept, fs::path const& path) {
  auto bytes = read_file(path, kEvidenceBytesMax);
  if (!bytes) return bytes.error();
  if (bytes->empty()) return Explanation(Sentence(words::kEvidenceEmpty, {{"path", path.string()}}));
  std::vector<FileMark> marks{{std::string(upload_code(Upload::kEvidence)), crypto::sha256({*bytes})}};
  kept.add(to_hex(marks.back().hash.view()), std::move(*bytes));
  return marks;
}

/// Each cell with what stands there now. Refused: no such column, or nothing is changed.
Explained<entry::Amend> changes_of(std::vector<ListedCell> const& now, Amend const& request) {
  entry::Amend out{{}, request.reason};
  if (request.cells.empty() || request.cells.size() > entry::kAmendChangesMax)
    return Explanation(Sentence(words::kAmendCount, {{"max", std::uint64_t{entry::kAmendChangesMax}}}));
  std::set<std::string> seen;
  for (auto const& cell : request.cells) {
    if (cell.field == words::kFieldIdentity.zh) return Explanation(words::kAmendIdentity);
    auto const at = std::ranges::find(now, cell.field, &ListedCell::field);
    if (at == now.end() && !appraisal_year(cell.field))
      return Explanation(Sentence(words::kAmendNoField, {{"field", cell.field}}));
    if (!seen.insert(cell.field).second) return Explanation(Sentence(words::kAmendTwice, {{"field", cell.field}}));
    out.changes.push_back({cell.field, at == now.end() ? std::string() : at->value, sheets::trimmed(cell.value)});
  }
  return out;
}

std::string articles_of(Desk const& desk, office::Assessment const& machine) {
  std::string out;
  for (auto const& article : machine.articles) out += (out.empty() ? "" : desk.in_words(words::kListDivider)) + article;
  return out;
}

std::optional<std::uint32_t> number_in(std::string_view digits) {
  std::uint32_t out = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  bool const whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && out >= 1 && out <= kNumberMax ? std::optional(out) : std::nullopt;
}

}  // namespace

Explained<std::vector<std::uint32_t>> parse_numbers(std::string_view text) {
  Explanation const no(Sentence(words::kNumbersUnreadable, {{"text", sheets::shortened(text)}}));
  std::set<std::uint32_t> out;
  std::string const code = sheets::code_of(text);
  for (std::size_t at = 0; at <= code.size();) {
    auto const end = std::min(code.find_first_of(",、", at), code.size());
    std::string_view const word = std::string_view(code).substr(at, end - at);
    auto const dash = word.find('-');
    auto const first = number_in(word.substr(0, dash));
    auto const last = dash == std::string_view::npos ? first : number_in(word.substr(dash + 1));
    if (!first || !last || *last < *first) return no;
    for (auto n = *first; n <= *last; ++n) out.insert(n);
    at = end + 1;
  }
  return std::vector(out.begin(), out.end());
}

Explained<void> amend(Desk& desk, Amend const& request) {
  // With the days: whoever let a deadline pass has given up, and a deed about him could not be followed again.
  auto const before = desk.casework(Follow::kAll);
  if (!before) return before.error();
  auto const who = before->check_open(request.candidate);
  if (!who) return who.error();
  auto const now = listed_cells(*before, desk.sheets(), who->number);
  if (!now) return now.error();
  auto const said = changes_of(*now, request);
  if (!said) return said.error();
  // As everybody's verdict will be: what can not be read in its column is refused here, with its cell.
  auto const after = desk.review(*before, {{who->number, *said}});
  if (!after) return after.error();
  NewFiles kept(desk.setting().office / kImportsFolder);
  auto marks = keep_evidence(kept, request.evidence);
  if (!marks) return marks.error();
  auto const checked = desk.draft(*before, *said, {*who}, std::move(*marks));
  if (!checked) return checked.error();
  if (auto const put = kept.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  for (auto const& change : said->changes)
    desk.say({words::kAmended,
              {{"name", who->name},
               {"field", change.field},
               {"before", change.before.empty() ? "—" : change.before},
               {"after", change.after.empty() ? "—" : change.after}}});
  auto const& machine = after->assessed().at(who->number - 1).machine;
  auto const& was = before->review()->assessed().at(who->number - 1);
  desk.say({words::kAmendedVerdict,
            {{"before", verdict_word(was.machine.verdict)},
             {"after", verdict_word(machine.verdict)},
             {"articles", articles_of(desk, machine)},
             {"reason", machine.reason}}});
  if (was.human) desk.say({words::kAmendedFallen, {{"verdict", verdict_word(was.human->verdict)}}});
  if (before->roster()) desk.say(words::kRosterBehind);
  return {};
}

Explained<void> print_cells(Desk& desk, std::uint32_t candidate) {
  auto const cases = desk.casework(Follow::kLedger);
  if (!cases) return cases.error();
  auto const cells = listed_cells(*cases, desk.sheets(), candidate);
  if (!cells) return cells.error();
  for (auto const& cell : *cells) desk.out() << cell.field << "\t" << cell.value << "\n";
  return {};
}

Explained<void> withdraw(Desk& desk, Withdraw const& request) {
  auto const before = desk.casework(Follow::kDays);
  if (!before) return before.error();
  std::vector<Subject> people;
  for (auto const number : request.candidates) {
    auto const who = before->check_open(number);
    if (!who) return who.error();
    people.push_back(*who);
  }
  if (people.empty()) return Explanation(words::kNumbersWanted);
  NewFiles kept(desk.setting().office / kImportsFolder);
  std::vector<FileMark> marks;
  if (request.evidence) {
    auto kept_marks = keep_evidence(kept, *request.evidence);
    if (!kept_marks) return kept_marks.error();
    marks = std::move(*kept_marks);
  }
  auto const checked = desk.draft(*before, entry::Withdraw{request.reason}, people, std::move(marks));
  if (!checked) return checked.error();
  if (request.evidence)
    if (auto const put = kept.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  for (Subject const& who : people) desk.say({words::kWithdrawn, {{"number", who.number}, {"name", who.name}}});
  if (before->roster()) desk.say(words::kRosterBehind);
  return {};
}

}  // namespace piaojue::desk
