// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the rule of the manifest (specification §10.1) would refuse a meeting for, in sentences that name the key or
/// the role, before anything is made of it.
#include "base/explained.h"
#include "protocol/meeting/manifest.h"

namespace piaojue::server {

/// @param draft without keys. What is not named here the rule itself refuses (`write_draft`).
[[nodiscard]] Explained<void> check_meeting(meeting::Manifest const& draft);

}  // namespace piaojue::server
