// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the sign-in sheet (specification §9.1): everybody of the draft with the code of his device.
/// The clerk prints it, each person compares his code and signs by hand, and each supervisor ticks the signed lines.
/// Ticks are kept in the wallet; one falls when the draft has another code.
#include "client/session/command.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class SignInSheet {
 public:
  SignInSheet(LogFollower const& log, Keeper& keeper, Requests& requests)
      : log_(log), keeper_(keeper), requests_(requests) {}

  /// At the start.
  void load();
  /// A MeetingOpen is proposed: what is signed counts, not what the server gave before.
  void take_draft(meeting::Manifest const& draft) { draft_ = draft; }

  void operate(Reply const& reply, command::Sheet const&);
  void operate(Reply const& reply, command::Tick const& in);

  /// Of a supervisor, those who must be ticked before he signs; of others nobody.
  std::vector<PersonId> left_to_tick(PersonId signer, meeting::Manifest const& draft) const;
  /// People with keys who are not ticked under the code that they have there.
  std::vector<PersonId> unticked(meeting::Manifest const& draft) const;

 private:
  facts::array rows(meeting::Manifest const& draft) const;
  bool is_ticked(meeting::Manifest const& draft, PersonId person) const;
  bool save();

  LogFollower const& log_;
  Keeper& keeper_;
  Requests& requests_;
  std::optional<meeting::Manifest> draft_;
  std::map<PersonId, std::string> ticks_;  ///< device code, as it stands on the sheet
};

}  // namespace piaojue::client
