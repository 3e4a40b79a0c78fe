// SPDX-License-Identifier: Apache-2.0
// The sheets come in: all of them without a fault, or nothing.
#include <algorithm>
#include <set>

#include "office/desk/checked_sheets.h"
#include "office/desk/deeds.h"
#include "office/desk/new_files.h"
#include "sheets/roster.h"
#include "strings/desk.h"
#include "strings/sheets.h"

namespace piaojue::desk {

namespace words = strings::desk;
using office::read_file;

namespace {

/// How the sheets were read and what is to be thought of, before anything follows from them.
void tell(Desk const& desk, CheckedSheets const& checked) {
  for (Sentence const& sentence : checked.readings()) desk.say(sentence);
  for (Sentence const& sentence : checked.remarks()) desk.say(sentence);
  for (auto const& recusal : checked.proposed_recusals()) desk.say(recusal.sentence());
}

/// Marks the sheets that are there, and keeps each under its hash.
std::vector<FileMark> keep(NewFiles& kept, std::initializer_list<std::pair<Upload, Bytes const*>> files) {
  std::vector<FileMark> marks;
  for (auto const& [kind, bytes] : files) {
    if (bytes->empty()) continue;
    marks.push_back({std::string(upload_code(kind)), crypto::sha256({*bytes})});
    kept.add(to_hex(marks.back().hash.view()), *bytes);
  }
  return marks;
}

Explained<Bytes> read_if_given(std::optional<fs::path> const& path) {
  return path ? read_file(*path, sheets::kSheetBytesMax) : Explained<Bytes>(Bytes{});
}

/// Finds those on a part of the list.
class Finder {
 public:
  using Person = sheets::People::Person;

  Finder(std::vector<Person> const& listed, Import const& request) : listed_(listed), request_(request) {
    for (std::uint32_t n = 1; n <= listed.size(); ++n) {
      auto const& one = listed[n - 1];
      if (one.identity) by_identity_[one.identity->for_comparison_only()] = n;
      by_name_[key(one)].push_back(n);
    }
  }

  /// @return the number of each, in the order of the part.
  Explained<std::vector<std::uint32_t>> numbers(std::vector<Person> const& part) const {
    std::vector<std::uint32_t> out;
    std::set<std::uint32_t> taken;
    auto next = static_cast<std::uint32_t>(listed_.size());
    for (auto const& one : part) {
      auto const found = number(one);
      if (!found) return found.error();
      out.push_back(*found != 0 ? *found : ++next);
      if (!taken.insert(out.back()).second)
        return Explanation(
            Sentence(words::kPartTwice, {{"row", std::uint64_t{one.row}}, {"name", one.name}, {"number", out.back()}}));
    }
    return out;
  }

 private:
  static std::pair<std::string, std::string> key(Person const& one) {
    return {sheets::name_key(one.name), sheets::name_key(one.employer)};
  }
  Explanation about(Text const& text, Person const& one, std::uint32_t number) const {
    return Explanation(Sentence(text, {{"row", std::uint64_t{one.row}},
                                       {"name", one.name},
                                       {"number", number},
                                       {"listed", listed_[number - 1].name}}));
  }

  /// 0: not on the list.
  Explained<std::uint32_t> number(Person const& one) const {
    if (one.identity)
      if (auto const at = by_identity_.find(one.identity->for_comparison_only()); at != by_identity_.end()) {
        // A number that was copied from another row would put its owner in the other's place.
        if (sheets::name_key(listed_[at->second - 1].name) != sheets::name_key(one.name))
          return about(words::kPartOtherName, one, at->second);
        return at->second;
      }
    auto const at = by_name_.find(key(one));
    if (at == by_name_.end()) return 0U;
    return among(at->second, one);
  }

  /// Of several of one name and employer.
  Explained<std::uint32_t> among(std::vector<std::uint32_t> const& group, Person const& one) const {
    std::vector<std::uint32_t> same, other;
    for (auto const n : group) (one.identity && listed_[n - 1].identity ? other : same).push_back(n);
    for (auto const n : other)
      if (std::ranges::find(request_.corrected, n) != request_.corrected.end()) return n;
    if (same.size() > 1)
      return Explanation(Sentence(words::kPartNamesakes, {{"row", std::uint64_t{one.row}}, {"name", one.name}}));
    if (!same.empty()) return same.front();
    // Another number is that of another person, or of this one, corrected: whoever has the papers can tell.
    if (!other.empty() && !request_.namesakes) return about(words::kPartOtherNumber, one, other.front());
    return 0U;
  }

  std::vector<Person> const& listed_;
  Import const& request_;
  std::map<std::string, std::uint32_t> by_identity_;
  std::map<std::pair<std::string, std::string>, std::vector<std::uint32_t>> by_name_;
};

/// In the order of the sheet, as `import_applicants` gives them.
std::vector<sheets::People::Person> by_row(sheets::Candidates const& sheet) {
  auto out = sheet.as_written;
  std::ranges::sort(out, {}, &sheets::People::Person::row);
  return out;
}

}  // namespace

Explained<void> import(Desk& desk, Import const& request) {
  auto const before = desk.casework(Follow::kLedger);
  if (!before) return before.error();
  if (auto const allowed = before->check_import(); !allowed) return allowed.error();
  auto const filed = request.filed ? sheets::to_date(*request.filed) : sheets::Date{};

  auto const members = read_file(request.members, sheets::kSheetBytesMax);
  if (!members) return members.error();
  auto const candidates = read_file(request.candidates, sheets::kSheetBytesMax);
  if (!candidates) return candidates.error();
  auto const appraisals = read_if_given(request.appraisals);
  if (!appraisals) return appraisals.error();

  CheckedSheets const sheets(*members, *candidates, *appraisals, filed);
  if (!sheets.ok()) return sheets.fault();

  NewFiles kept(desk.setting().office / kImportsFolder);
  auto marks = keep(
      kept, {{Upload::kMembers, &*members}, {Upload::kCandidates, &*candidates}, {Upload::kAppraisals, &*appraisals}});
  std::vector<Subject> subjects;
  for (auto const& person : sheets.applicants().people)
    subjects.push_back({static_cast<std::uint32_t>(subjects.size() + 1), person.name});
  auto const count = subjects.size();
  auto const checked =
      desk.draft(*before, entry::Import{filed, request.extension, {}}, std::move(subjects), std::move(marks));
  if (!checked) return checked.error();
  if (auto const put = kept.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  if (request.tell) tell(desk, sheets);
  desk.say({words::kImported,
            {{"people", std::uint64_t{sheets.members().people.size()}}, {"applicants", std::uint64_t{count}}}});
  return {};
}

namespace {

/// A sheet of some, and where on the list they stand.
struct Part {
  Casework before;
  sheets::Date filed;
  Bytes candidates, appraisals;
  office::Applicants applicants;
  std::vector<std::uint32_t> numbers;  ///< of `applicants`, in their order
  std::size_t listed = 0;              ///< above it: new ones
};

Explained<Part> read_part(Desk const& desk, Import const& request) {
  auto before = desk.casework(Follow::kLedger);
  if (!before) return before.error();
  auto const listed = read_list(*before, desk.sheets());
  if (!listed) return listed.error();
  auto const filed = request.filed ? sheets::to_date(*request.filed) : sheets::Date{};
  auto candidates = read_file(request.candidates, sheets::kSheetBytesMax);
  if (!candidates) return candidates.error();
  auto appraisals = read_if_given(request.appraisals);
  if (!appraisals) return appraisals.error();
  auto const ballot = imported(sheets::import_candidates(*candidates));
  if (!ballot) return ballot.error();
  auto part = imported(office::import_applicants(*candidates, *appraisals, filed));
  if (!part) return part.error();
  // The ballot reads columns of its own.
  part->candidates = sheets::of_both(part->candidates, ballot->reading);
  auto numbers = Finder(listed->as_written, request).numbers(by_row(*ballot));
  if (!numbers) return numbers.error();
  if (auto const allowed = before->check_part(*numbers); !allowed) return allowed.error();
  return Part{std::move(*before),     filed,
              std::move(*candidates), std::move(*appraisals),
              std::move(*part),       std::move(*numbers),
              listed->people.size()};
}

std::vector<Sentence> readings_of(Part const& part) {
  auto out = part.applicants.candidates.sentences(words::kPageCandidatesFile);
  if (!part.appraisals.empty())
    std::ranges::move(part.applicants.appraisals.sentences(strings::sheets::kFileAppraisals), std::back_inserter(out));
  return out;
}

}  // namespace

Explained<PartPreview> preview_part(Desk const& desk, Import const& request) {
  auto const part = read_part(desk, request);
  if (!part) return part.error();
  PartPreview out;
  for (std::size_t i = 0; i < part->numbers.size(); ++i)
    (part->numbers[i] > part->listed ? out.fresh : out.again)
        .push_back({part->numbers[i], part->applicants.people[i].name});
  out.readings = readings_of(*part);
  return out;
}

Explained<void> import_part(Desk& desk, Import const& request) {
  auto part = read_part(desk, request);
  if (!part) return part.error();
  NewFiles kept(desk.setting().office / kImportsFolder);
  auto marks = keep(kept, {{Upload::kCandidates, &part->candidates}, {Upload::kAppraisals, &part->appraisals}});
  std::vector<Subject> subjects;
  std::uint64_t fresh = 0;
  for (std::size_t i = 0; i < part->numbers.size(); ++i) {
    subjects.push_back({part->numbers[i], part->applicants.people[i].name});
    if (part->numbers[i] > part->listed) ++fresh;
  }
  std::ranges::sort(subjects);
  auto const all = std::uint64_t{part->numbers.size()};
  auto const checked = desk.draft(part->before, entry::Import{part->filed, {}, std::move(part->numbers)},
                                  std::move(subjects), std::move(marks));
  if (!checked) return checked.error();
  // The list with this part in it, before anything is written: two of its people may have become alike.
  auto const as_it_will_be = [&](Casework::Import const& one) -> Explained<ImportedSheets> {
    if (&one == &checked->after.parts().back()) return ImportedSheets{part->candidates, part->appraisals};
    return desk.sheets()(one);
  };
  if (auto const whole = read_list(checked->after, as_it_will_be); !whole) return whole.error();
  if (auto const put = kept.write(); !put) return put.error();
  if (auto const written = desk.write(*checked); !written) return written.error();
  if (request.tell)
    for (Sentence const& sentence : readings_of(*part)) desk.say(sentence);
  desk.say({words::kImportedPart, {{"anew", all - fresh}, {"fresh", fresh}}});
  if (part->before.roster()) desk.say(words::kRosterBehind);
  return {};
}

}  // namespace piaojue::desk
