// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 三（三）2 and 3: what the employer and the department in charge did before an application reached the office.
#include "office/rules/trial.h"
#include "office/rules/workdays.h"

namespace piaojue::office {

inline constexpr int kEmployerPostingDaysMin = 5;

/// What was given is judged; whatever was not is left to people, who are told by `steps_not_given`.
void try_steps(Trial& gate, Facts const& facts, WorkCalendar const& calendar);
/// The steps of which the form says nothing; none: all are given.
std::vector<Sentence> steps_not_given(Facts const& facts);

}  // namespace piaojue::office
