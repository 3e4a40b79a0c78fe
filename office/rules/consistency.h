// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The dates of one form held against each other: born before school, school before work, nothing after the filing
/// year. What can not be is a fault of its cell; what hardly can is for people. Whoever was read wrongly (another
/// calendar, a slip of the finger) is mostly found here.
#include <vector>

#include "office/rules/facts.h"

namespace piaojue::office {

/// Whose cell it is.
enum class DatedFact : std::uint8_t { kBorn, kGraduated, kWorkSince, kTitleSince, kLicenceSince, kAward, kAppraisal };

struct Contradiction {
  DatedFact fact;
  bool impossible;
  Sentence words;
};

/// Impossible: before the birth; after the year in which the application was filed. Unlikely: school finished, work
/// begun or a title acquired before the age of 14; after the day of filing; a title before the degree; a title's date
/// and no title.
std::vector<Contradiction> contradictions(Facts const& facts);

}  // namespace piaojue::office
