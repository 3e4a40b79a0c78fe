// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The applicants of the list, each with what the machine found and what people decided beside it.
#include <map>
#include <span>

#include "base/explained.h"
#include "office/rules/eligibility.h"

namespace piaojue::office {

class Review {
 public:
  /// @param extension as imported; see `assess`.
  /// @param calendar for what has to hang out so many working days.
  /// @param as_imported by number, of those whose facts were amended: what they were before.
  Review(std::vector<Applicant> people, Standard const& standard, std::string_view extension,
         WorkCalendar const& calendar = {}, std::map<std::uint32_t, Facts> const& as_imported = {});

  std::vector<Applicant> const& people() const { return people_; }     ///< applicant n is [n − 1]
  std::vector<Assessed> const& assessed() const { return assessed_; }  ///< likewise
  /// What the machine had found before facts were amended; none: they were not.
  Assessment const* as_imported(std::uint32_t number) const {
    auto const at = as_imported_.find(number);
    return at == as_imported_.end() ? nullptr : &at->second;
  }

  /// Refused: nobody of that number, and as `decide` refuses; then nothing has changed.
  Explained<void> take_decision(std::uint32_t number, Decision decision);

 private:
  std::vector<Applicant> people_;
  std::vector<Assessed> assessed_;
  std::map<std::uint32_t, Assessment> as_imported_;
};

}  // namespace piaojue::office
