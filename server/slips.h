// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Enrolment slips as files: printed, handed out, deleted.
#include <string>
#include <vector>

#include "protocol/meeting/slip.h"

namespace piaojue::server {

/// What a slip's file holds: sentences for people, what is typed, the slip's line, and a QR code of it.
std::string slip_file(meeting::Slip const& slip, meeting::Manifest const& manifest);
/// "07-王一": the number with as many digits as the last one's, at least two, and the name as a file may have it.
std::string slip_name(meeting::Manifest const& manifest, meeting::PersonId person);

/// "expert", "chair", …: as programs read them.
std::vector<std::string_view> role_codes(std::uint32_t roles);

/// A line of what the sign-in sheet is printed from (specification §9.1), fields divided by tabs: number, name, roles,
/// device code. @param device_code empty: has not enrolled.
std::string sheet_line(meeting::PersonId person, std::string const& name, std::uint32_t roles,
                       std::string const& device_code);

}  // namespace piaojue::server
