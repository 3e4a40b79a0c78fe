// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A citizen's number (GB 11643).
#include <optional>
#include <string>
#include <string_view>

namespace piaojue::sheets {

/// It is for telling people apart and goes into nothing that is published: there is no way to print it whole by
/// accident.
class IdentityNumber {
 public:
  /// @return nothing if the date in it or the check digit is wrong. Full-width digits and spaces are forgiven.
  static std::optional<IdentityNumber> parse(std::string_view text);
  std::string masked() const;  ///< 370202********1234
  std::string const& for_comparison_only() const { return digits_; }
  bool operator==(IdentityNumber const&) const = default;
  auto operator<=>(IdentityNumber const&) const = default;

 private:
  explicit IdentityNumber(std::string digits) : digits_(std::move(digits)) {}
  std::string digits_;
};

/// What stands in an error of a number that nobody else need see.
std::string masked_text(std::string const& code);

}  // namespace piaojue::sheets
