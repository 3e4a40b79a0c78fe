// SPDX-License-Identifier: Apache-2.0
#include "base/platform/answer.h"

namespace piaojue::platform {

std::string reason(std::error_code const& error) { return error.message(); }

}  // namespace piaojue::platform
