// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What an office's commands say with --json, for the office's page: an object a line, the last one the outcome.
#include "server/office_client.h"

namespace piaojue::server::office_json {

std::string enrolled(OfficeFolder const& office);         ///< {office, name, service}
std::string sent(std::uint64_t sent, std::uint64_t all);  ///< {sent, all}: bytes of a draft
std::string made(store::MeetingNumber meeting);           ///< {meeting}
/// {meetings: [{meeting, title, date, rehearsal, stage, people, enrolled, slips}]}
std::string meetings(std::vector<office_wire::Listed> const& all);
/// {people: [{person, name, roles, enrolled, device_code}]}; the code is null until he has enrolled.
std::string people(std::vector<office_wire::EnrolledPerson> const& all);
std::string count(char const* what, std::uint64_t number);  ///< {what: number}
std::string_view stage_word(office_wire::Stage stage);      ///< "before-open", "open", "closed"
/// {refused, what}: the refusal's name (specification §12), UNUSABLE or FAILED, and the sentence.
std::string refused(Explanation const& why, Lang lang);

}  // namespace piaojue::server::office_json
