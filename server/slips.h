// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment slips as files: printed, handed out, deleted.
#include <string>

#include "protocol/meeting/entry.h"

namespace piaojue::server {

/// What a slip's file holds: sentences for people, the slip's line, and a QR code of it.
std::string slip_file(std::string const& line, meeting::Manifest const& manifest, meeting::PersonId person);
/// "07-王一": the number with as many digits as the last one's, at least two, and the name as a file may have it.
std::string slip_name(meeting::Manifest const& manifest, meeting::PersonId person);

}  // namespace piaojue::server
