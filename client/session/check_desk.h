// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: a supervisor checks somebody's laptop (抽查, specification §8.4). He countersigns the Spoil
/// that a person has sent to him, is shown how the envelope was made, and signs what the person says of it. The choices
/// are of an envelope that counts nowhere any more, and are gone after the verdict.
#include "client/session/submitter.h"
#include "protocol/meeting/check_opening.h"

namespace piaojue::client {

class CheckDesk {
 public:
  CheckDesk(PersonId me, Keys const& keys, SessionLimits const& limits, LogFollower const& log, Submitter& submitter)
      : me_(me), keys_(keys), limits_(limits), log_(log), submitter_(submitter) {}

  void take_spoil(PersonId from, ByteView sealed);
  void take_opening(PersonId from, ByteView sealed);
  /// Forgets what has ended.
  void took_in(meeting::Entry const& entry);

  void operate(Reply const& reply, command::CheckAccept const& in);
  void operate(Reply const& reply, command::CheckRefuse const& in);
  void operate(Reply const& reply, command::Verdict const& in);

  /// As `now.checks`.
  facts::array describe() const;

 private:
  struct Opened {
    std::uint32_t cast = 0;
    meeting::OpenedChoices choices;
    std::optional<Refusal> fault;  ///< another envelope was sent than was opened here
  };
  /// The last Spoil of this person, if this supervisor countersigned it.
  meeting::Spoil const* spoil(PersonId person) const;
  Opened const* opened(PersonId person) const;
  facts::object describe(PersonId person, std::string_view state) const;

  PersonId const me_;
  Keys const& keys_;
  SessionLimits const& limits_;
  LogFollower const& log_;
  Submitter& submitter_;

  std::map<PersonId, meeting::Entry> asked_;  ///< the Spoil as its person signed it
  std::map<PersonId, Opened> opened_;
};

}  // namespace piaojue::client
