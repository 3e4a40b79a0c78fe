// SPDX-License-Identifier: Apache-2.0
#include "sheets/identity.h"

#include <array>

#include "sheets/date.h"
#include "sheets/text.h"

namespace piaojue::sheets {

std::optional<IdentityNumber> IdentityNumber::parse(std::string_view text) {
  static constexpr std::array kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  static constexpr std::string_view kCheck = "10X98765432";
  std::string code = code_of(text);
  if (code.size() != 18 || code[0] == '0') return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    if (code[i] < '0' || code[i] > '9') return std::nullopt;
    sum += (code[i] - '0') * kWeights[i];
  }
  if (code[17] != kCheck[static_cast<std::size_t>(sum % 11)]) return std::nullopt;
  auto const born = parse_day(code.substr(6, 4) + "-" + code.substr(10, 2) + "-" + code.substr(12, 2));
  if (!born || to_date(*born).year < 1900) return std::nullopt;
  return IdentityNumber(std::move(code));
}

std::string IdentityNumber::masked() const { return digits_.substr(0, 6) + "********" + digits_.substr(14); }

std::string masked_text(std::string const& code) {
  return code.size() <= 8 ? std::string(code.size(), '*')
                          : code.substr(0, 4) + std::string(code.size() - 8, '*') + code.substr(code.size() - 4);
}

}  // namespace piaojue::sheets
