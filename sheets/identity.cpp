// SPDX-License-Identifier: Apache-2.0
#include "sheets/identity.h"

#include <algorithm>
#include <array>

#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

/// Without what people write before the number itself: "护照：E12345678".
std::string number_code(std::string_view text) {
  std::string code = code_of(text);
  for (std::string_view const word : {"护照号码", "护照号", "护照", "港澳居民来往内地通行证", "港澳通行证", "回乡证",
                                      "台湾居民来往大陆通行证", "台胞证"})
    if (code.starts_with(word)) code.erase(0, word.size());
  std::erase_if(code, [](char c) { return c == ':' || c == '-' || c == '(' || c == ')'; });
  return code;
}

/// How many letters a code begins with, if only digits follow.
std::optional<std::size_t> letters_before_digits(std::string const& code) {
  auto const digits = std::ranges::find_if_not(code, is_letter);
  if (!std::all_of(digits, code.end(), is_digit)) return std::nullopt;
  return static_cast<std::size_t>(digits - code.begin());
}

}  // namespace

std::optional<IdentityNumber> IdentityNumber::parse(std::string_view text) {
  static constexpr std::array kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  static constexpr std::string_view kCheck = "10X98765432";
  std::string code = code_of(text);
  if (code.size() != 18 || code[0] == '0') return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    if (!is_digit(code[i])) return std::nullopt;
    sum += (code[i] - '0') * kWeights[i];
  }
  if (code[17] != kCheck[static_cast<std::size_t>(sum % 11)]) return std::nullopt;
  auto const born = parse_day(code.substr(6, 4) + "-" + code.substr(10, 2) + "-" + code.substr(12, 2));
  if (!born || to_date(*born).year < 1900) return std::nullopt;
  return IdentityNumber(std::move(code), true);
}

std::optional<IdentityNumber> IdentityNumber::parse_other(std::string_view text) {
  std::string code = number_code(text);
  bool const plain = std::ranges::all_of(code, [](char c) { return is_digit(c) || is_letter(c); });
  if (!plain || code.size() < 5 || code.size() > 20) return std::nullopt;
  if (std::ranges::none_of(code, is_digit)) return std::nullopt;
  return IdentityNumber(std::move(code), false);
}

bool IdentityNumber::looks_other(std::string_view text) {
  std::string const code = number_code(text);
  auto const letters = letters_before_digits(code);
  if (!letters || *letters == 0) return false;
  std::size_t const digits = code.size() - *letters;
  return (*letters <= 2 && digits >= 6 && digits <= 10) || (*letters == 3 && digits == 12);
}

Date IdentityNumber::born() const {
  if (!citizens_) return {};
  auto const number = [&](std::size_t at, std::size_t count) { return std::stoi(digits_.substr(at, count)); };
  return {number(6, 4), number(10, 2), number(12, 2)};
}

std::optional<Sex> IdentityNumber::sex() const {
  if (!citizens_) return std::nullopt;
  return (digits_[16] - '0') % 2 == 1 ? Sex::kMale : Sex::kFemale;
}

std::string IdentityNumber::masked() const {
  return citizens_ ? digits_.substr(0, 6) + "********" + digits_.substr(14) : masked_text(digits_);
}

std::string masked_text(std::string_view text) {
  constexpr std::size_t kShort = 5, kLong = 15;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]) || (text[end] >= 'a' && text[end] <= 'z')))
      ++end;
    std::size_t const length = end - at;
    std::size_t const shown = length >= kLong ? 4 : length >= kShort ? 1 : length;
    for (std::size_t i = at; i < end; ++i) out += i - at < shown || end - i <= shown ? text[i] : '*';
    if (length == 0) out += text[end++];
    at = end;
  }
  return out;
}

std::optional<IdentityNumber> read_identity(Table& table, Row const& row, std::size_t number, std::size_t type) {
  std::string const written = table.cell(row, number);
  std::string const code = code_of(written);
  if (means_nothing(code)) return std::nullopt;
  std::string const type_written = table.cell(row, type);
  auto const document = document_of(type_written);
  if (!document) {
    // The two columns may have been filled the wrong way round.
    table.fail(row, type, masked_text(type_written), say::kIdentityDocumentExpected);
    return std::nullopt;
  }
  if (auto out = IdentityNumber::parse(code)) return out;
  bool const other =
      *document == Document::kOther || (*document == Document::kUnsaid && IdentityNumber::looks_other(code));
  if (other)
    if (auto out = IdentityNumber::parse_other(code)) return out;
  bool const lost = table.mark(row, number) == CellMark::kNumber || code.find("E+") != std::string::npos;
  table.fail(row, number, masked_text(code),
             lost                ? say::kIdentityLost
             : other             ? say::kIdentityOtherWrong
             : code.size() != 18 ? say::kIdentityLength
                                 : say::kIdentityWrong);
  return std::nullopt;
}

}  // namespace piaojue::sheets
