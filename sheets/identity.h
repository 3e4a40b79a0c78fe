// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The number by which a person is told from another: a citizen's (GB 11643; the residence permits of 港澳台居民 and of
/// foreigners are numbered likewise), or that of another document, of which nothing can be checked.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sheets/date.h"
#include "sheets/table.h"

namespace piaojue::sheets {

enum class Sex : std::uint8_t { kFemale, kMale };

/// It is for telling people apart and goes into nothing that is published: there is no way to print it whole by
/// accident.
class IdentityNumber {
 public:
  /// A citizen's. @return nothing if the date in it or the check digit is wrong. Full-width digits and spaces are
  /// forgiven.
  static std::optional<IdentityNumber> parse(std::string_view text);
  /// Of a document that is said to be another one: 5 to 20 letters and digits.
  static std::optional<IdentityNumber> parse_other(std::string_view text);
  /// Whether it can be nothing but another document's: a passport's (E12345678), a pass of 港澳台居民 (H1234567801), an
  /// old permit of residence (three letters and twelve digits). A citizen's number with a wrong digit is none of them.
  static bool looks_other(std::string_view text);

  bool is_citizens() const { return citizens_; }
  Date born() const;               ///< as a citizen's number has it; else unknown
  std::optional<Sex> sex() const;  ///< likewise
  std::string masked() const;      ///< 370202********1234
  std::string const& for_comparison_only() const { return digits_; }
  /// For the list by which certificates are handed off, where the clerk asks for numbers, and for no other paper.
  std::string const& whole_for_hand_off() const { return digits_; }
  bool operator==(IdentityNumber const& other) const { return digits_ == other.digits_; }
  auto operator<=>(IdentityNumber const& other) const { return digits_ <=> other.digits_; }

 private:
  IdentityNumber(std::string digits, bool citizens) : digits_(std::move(digits)), citizens_(citizens) {}
  std::string digits_;
  bool citizens_;
};

/// What stands in an error of a number that nobody else need see: of each run of five letters and digits or more, the
/// first and the last alone, of fifteen or more four at each end. Other characters stay as they are.
std::string masked_text(std::string_view text);

/// The number of that cell, if there is a right one. A wrong one is a fault that does not show it whole.
/// @param type the field that says which document it is; it may be missing, and its cell empty.
std::optional<IdentityNumber> read_identity(Table& table, Row const& row, std::size_t number, std::size_t type);

}  // namespace piaojue::sheets
