// SPDX-License-Identifier: Apache-2.0
#include "server/notice.h"

namespace piaojue::server {

std::string_view name(Event event) {
  switch (event) {
    case Event::kMeetingOpen:
      return "meeting_open";
    case Event::kMeetingClose:
      return "meeting_close";
    case Event::kBatchPhase:
      return "batch_phase";
    case Event::kEnrolled:
      return "enrolled";
    case Event::kWrongCode:
      return "wrong_code";
    case Event::kLimit:
      return "limit";
    case Event::kIncident:
      return "incident";
    case Event::kKeyChangeRefused:
      return "key_change_refused";
    case Event::kMixInputRefused:
      return "mix_input_refused";
    case Event::kBoxRefused:
      return "box_refused";
    case Event::kTrusteeRefusal:
      return "trustee_refusal";
    case Event::kHalfAway:
      return "half_away";
    case Event::kHalfBack:
      return "half_back";
    case Event::kHalfLost:
      return "half_lost";
    case Event::kPayloadsLost:
      return "payloads_lost";
    case Event::kWaitsForLaptops:
      return "waits_for_laptops";
    case Event::kLongerLog:
      return "longer_log";
    case Event::kLaptopsHeard:
      return "laptops_heard";
    case Event::kLaptopsNotHeard:
      return "laptops_not_heard";
  }
  return "unknown";
}

bool is_warning(Event event) {
  switch (event) {
    case Event::kLimit:
    case Event::kIncident:
    case Event::kKeyChangeRefused:
    case Event::kMixInputRefused:
    case Event::kBoxRefused:
    case Event::kTrusteeRefusal:
    case Event::kHalfAway:
    case Event::kHalfLost:
    case Event::kPayloadsLost:
    case Event::kWaitsForLaptops:
    case Event::kLongerLog:
    case Event::kLaptopsNotHeard:
      return true;
    default:
      return false;
  }
}

void Notices::took_in(meeting::Entry const& entry, meeting::Record const& record) {
  if (entry.type() == meeting::EntryType::kMeetingOpen) add({Event::kMeetingOpen, {}, 0});
  if (entry.type() == meeting::EntryType::kMeetingClose) add({Event::kMeetingClose, {}, record.size()});
  auto const& attempt = record.attempt();
  if (!attempt) return;
  if (last_phase_ != attempt->phase) add({Event::kBatchPhase, attempt->phase, attempt->open.batch});
  last_phase_ = attempt->phase;
}

std::string_view Notice::detail_text() const {
  if (auto const* refusal = std::get_if<Refusal>(&detail)) return piaojue::name(*refusal);
  if (auto const* phase = std::get_if<meeting::BatchPhase>(&detail)) return meeting::phase_name(*phase);
  return {};
}

}  // namespace piaojue::server
