// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment slips as files: printed, handed out, deleted.
#include <string>

#include "protocol/meeting/slip.h"

namespace piaojue::server {

/// What a slip's file holds: sentences for people, what is typed, the slip's line, and a QR code of it.
std::string slip_file(meeting::Slip const& slip, meeting::Manifest const& manifest);
/// "07-王一": the number with as many digits as the last one's, at least two, and the name as a file may have it.
std::string slip_name(meeting::Manifest const& manifest, meeting::PersonId person);

}  // namespace piaojue::server
