// SPDX-License-Identifier: Apache-2.0
#pragma once
/// 第三条（四）（五）: what bars everybody, by whichever route.
#include "office/rules/trial.h"

namespace piaojue::office {

Trial try_gates(Facts const& facts, Standard const& standard);

}  // namespace piaojue::office
