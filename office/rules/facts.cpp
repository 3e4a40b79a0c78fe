// SPDX-License-Identifier: Apache-2.0
#include "office/rules/facts.h"

#include <array>

#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

Text const& degree_word(Degree degree) {
  static constexpr std::array kWords{&say::kDegreeBelow,    &say::kDegreeSecondary,      &say::kDegreeCollege,
                                     &say::kDegreeBachelor, &say::kDegreeSecondBachelor, &say::kDegreeMaster,
                                     &say::kDegreeDoctor};
  return *kWords[static_cast<std::size_t>(degree)];
}

Text const& title_word(Title title) {
  static constexpr std::array kWords{&say::kTitleUnknown,  &say::kTitleNone,   &say::kTitleAssistant,
                                     &say::kTitleEngineer, &say::kTitleSenior, &say::kTitleFullSenior,
                                     &say::kTitleOther};
  return *kWords[static_cast<std::size_t>(title)];
}

Text const& grade_word(Grade grade) {
  static constexpr std::array kWords{&say::kGradeExcellent, &say::kGradeQualified, &say::kGradeBasicallyQualified,
                                     &say::kGradeUnqualified, &say::kGradeUndetermined};
  return *kWords[static_cast<std::size_t>(grade)];
}

}  // namespace piaojue::office
