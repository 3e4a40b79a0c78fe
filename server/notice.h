// SPDX-License-Identifier: Apache-2.0
#pragma once
/// For the operator's log: counts, phases and refusals; never a person, a request or a value, and an address only of
/// somebody whom a limit holds back.
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/meeting/record.h"

namespace piaojue::server {

enum class Event : std::uint8_t {
  kMeetingOpen,
  kMeetingClose,      ///< number: entries
  kBatchPhase,        ///< detail: the phase; number: the batch
  kEnrolled,          ///< number: people who are enrolled
  kWrongCode,         ///< an enrolment with a code that is not there
  kLimit,             ///< address: whom it holds back; said once a minute; detail: where there is more to say
  kIncident,          ///< detail: what was tried; it is in the log of the meeting, too
  kKeyChangeRefused,  ///< this server's own proposal, after a second enrolment
  kMixInputRefused,   ///< the envelopes are not what the log says
  kBoxRefused,        ///< the log went on while the box was made
  kTrusteeRefusal,    ///< of trustee 0, likewise
  kHalfAway,          ///< after a restart: what is kept of the attempt waits for its half; number: the batch
  kHalfBack,          ///< a holder has given it back; likewise
  kHalfLost,          ///< no holder has it: the attempt must be voided; likewise
  kPayloadsLost,      ///< what the store keeps is not what the log speaks of: likewise
  kWaitsForLaptops,   ///< after `store extend` (probation.h); number: of how many
  kLongerLog,         ///< while it waits: a laptop has more; number: how many entries
  kLaptopsHeard,      ///< none has more, and the meeting goes on; number: entries
  kLaptopsNotHeard,   ///< with that: the operator did without some; number: people; `status` names them
};
std::string_view name(Event event);  ///< "meeting_open"
/// Something was refused that the operator should look at.
bool is_warning(Event event);

struct Notice {
  Event event = Event::kMeetingOpen;
  std::variant<std::monostate, Refusal, meeting::BatchPhase> detail;
  std::uint64_t number = 0;
  std::string address = {};
  std::string_view detail_text() const;  ///< "voting", "WRONG_PHASE", or empty
};

/// The notices since they were last taken.
class Notices {
 public:
  void add(Notice notice) {
    if (!muted_) notices_.push_back(std::move(notice));
  }
  std::vector<Notice> take() { return std::exchange(notices_, {}); }
  /// The record has taken in this entry: the meeting has opened or closed, or the attempt is in another phase.
  void took_in(meeting::Entry const& entry, meeting::Record const& record);
  /// During a recovery: what happened before was said before.
  void mute(bool muted) { muted_ = muted; }

 private:
  std::vector<Notice> notices_;
  std::optional<meeting::BatchPhase> last_phase_;  ///< followed also while muted
  bool muted_ = false;
};

}  // namespace piaojue::server
