// SPDX-License-Identifier: Apache-2.0
#include "sheets/people.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/utf8.h"
#include "sheets/plain_text.h"
#include "sheets/text.h"
#include "sheets/variants.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

constexpr std::u32string_view kDots = U".·•・･‧∙⋅●⸱ᐧꞏ˙᛫";
constexpr std::u32string_view kOpening = U"([{〔【「『〈《";
constexpr std::u32string_view kClosing = U")]}〕】」』〉》";

/// Unicode's own folding for comparison: widths, compatibility characters and invisible marks.
std::string folded(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  auto const* const fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(error))
    fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr, error);
  return U_SUCCESS(error) ? out : std::string(text);
}

template <class Change>
std::string key_of(std::string_view text, Change const& change) {
  std::string out;
  std::string const plain = folded(text);
  for (std::size_t at = 0; at < plain.size();) {
    auto const c = next_character(plain, at);
    if (!c) {
      ++at;
      continue;
    }
    if (*c <= ' ' || *c == 0x2028 || *c == 0x2029) continue;
    char32_t const one = kDots.find(*c) != kDots.npos         ? U'·'
                         : kOpening.find(*c) != kOpening.npos ? U'('
                         : kClosing.find(*c) != kClosing.npos ? U')'
                                                              : change(*c);
    append_character(out, one);
  }
  return out;
}

/// Whether two people can not be one: both have numbers, and not the same.
bool differ(People::Person const& a, People::Person const& b) {
  return a.identity && b.identity && *a.identity != *b.identity;
}

bool of_key(People::Person const& person, std::string const& name, std::string const& employer) {
  return name_key(person.name) == name && name_key(person.employer) == employer;
}

// ---- What tells namesakes apart; "" where it says nothing of one of them

using Mark = std::string (*)(People::Person const&);

std::string year_of(People::Person const& person) {
  Date const born = person.identity->born();
  return born.known() ? std::to_string(born.year) + "年生" : "";
}
std::string month_of(People::Person const& person) {
  Date const born = person.identity->born();
  return born.known() ? std::to_string(born.year) + "年" + std::to_string(born.month) + "月生" : "";
}
std::string sex_of(People::Person const& person) {
  auto const sex = person.identity->sex();
  return !sex ? "" : *sex == Sex::kMale ? "男" : "女";
}
/// Always different: where they stand in the sheet.
std::string row_of(People::Person const& person) { return "表中第" + std::to_string(person.row) + "行"; }

}  // namespace

std::string name_key(std::string_view text) {
  return key_of(text, [](char32_t c) { return c; });
}
std::string loose_name_key(std::string_view text) { return key_of(text, usual_character); }

People::Person const& People::read(Table& table, Row const& row) {
  Person person;
  person.name = table.text(row, columns_.name, true, false);
  if (has_line_break(table.cell(row, columns_.name))) table.fail(row, columns_.name, person.name, say::kCellLineBreak);
  person.employer = table.text(row, columns_.employer, columns_.employer_required, false);
  person.identity = read_identity(table, row, columns_.identity, columns_.identity_type);
  person.row = row.number;
  if (!person.name.empty()) check_twice(table, row, person);
  std::size_t const n = people_.size();
  if (person.identity) by_number_.try_emplace(person.identity->for_comparison_only(), n);
  by_key_[{name_key(person.name), name_key(person.employer)}].push_back(n);
  by_loose_key_[{loose_name_key(person.name), loose_name_key(person.employer)}].push_back(n);
  people_.push_back(std::move(person));
  return people_.back();
}

void People::check_twice(Table& table, Row const& row, Person const& person) const {
  if (person.identity)
    if (auto const at = with_number(*person.identity))
      return table.fail(row, columns_.identity, person.identity->masked(),
                        {say::kIdentityTwice, {{"row", people_[*at].row}}});
  for (std::size_t const n : with_name(person.name, person.employer)) {
    Person const& before = people_[n];
    if (differ(before, person)) continue;
    bool const same = before.name == person.name && before.employer == person.employer;
    return table.fail(row, columns_.name, person.name,
                      {same ? say::kRowPersonTwice : say::kRowPersonTwiceWritten,
                       {{"row", before.row}, {"name", before.name}, {"employer", before.employer}}});
  }
}

std::string People::name_apart(std::size_t n) const {
  Person const& person = people_[n];
  auto const group = with_name(person.name, person.employer);
  if (group.size() < 2) return person.name;
  for (Mark const mark : {Mark(year_of), Mark(month_of), Mark(sex_of), Mark(row_of)}) {
    std::set<std::string> seen;
    bool const apart = std::ranges::all_of(group, [&](std::size_t other) {
      // Without numbers they are one person twice, which was said: the row will do.
      std::string const word = people_[other].identity || mark == row_of ? mark(people_[other]) : "";
      return !word.empty() && seen.insert(word).second;
    });
    if (apart) return person.name + "（" + mark(person) + "）";
  }
  return person.name;
}

std::optional<std::size_t> People::alike(std::size_t n) const {
  Person const& person = people_[n];
  auto const at = by_loose_key_.find({loose_name_key(person.name), loose_name_key(person.employer)});
  for (std::size_t const other : at->second)
    if (!differ(people_[other], person) && !of_key(people_[other], name_key(person.name), name_key(person.employer)))
      return people_[other].row;
  return std::nullopt;
}

std::optional<std::size_t> People::with_number(IdentityNumber const& number) const {
  auto const at = by_number_.find(number.for_comparison_only());
  return at == by_number_.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::size_t> People::with_name(std::string_view name, std::string_view employer) const {
  auto const at = by_key_.find({name_key(name), name_key(employer)});
  return at == by_key_.end() ? std::vector<std::size_t>{} : at->second;
}

}  // namespace piaojue::sheets
