// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The applicants of one import, each with what the machine found and what people decided beside it.
#include <span>

#include "base/explained.h"
#include "office/rules/eligibility.h"

namespace piaojue::office {

class Review {
 public:
  /// @param extension as imported; see `assess`.
  Review(std::vector<Applicant> people, Standard const& standard, std::string_view extension);

  std::vector<Applicant> const& people() const { return people_; }     ///< applicant n is [n − 1]
  std::vector<Assessed> const& assessed() const { return assessed_; }  ///< likewise

  /// Refused: nobody of that number, and as `decide` refuses; then nothing has changed.
  Explained<void> take_decision(std::uint32_t number, Decision decision);

 private:
  std::vector<Applicant> people_;
  std::vector<Assessed> assessed_;
};

}  // namespace piaojue::office
