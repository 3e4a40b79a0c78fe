// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What bars everybody, by whichever route: 第三条（四）（五）, the steps before the office (三（三）2 and 3), and a
/// form that contradicts itself (三（三）1), which is for people.
#include "office/rules/trial.h"
#include "office/rules/workdays.h"

namespace piaojue::office {

Trial try_gates(Facts const& facts, Standard const& standard, WorkCalendar const& calendar);

}  // namespace piaojue::office
