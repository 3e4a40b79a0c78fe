// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Proposes that the log take the keys of a person who has enrolled anew: this server only proposes, people sign.
#include "server/enrolments.h"
#include "server/proposals.h"

namespace piaojue::server {

class KeyChanges {
 public:
  KeyChanges(Enrolments const& enrolments, Proposals& proposals, Notices& notices)
      : enrolments_(enrolments), proposals_(proposals), notices_(notices) {}

  /// Nothing happens if the newest keys of the person are those of the log, or the meeting is not open.
  void propose(PersonId person);
  /// During a recovery: what a replay would propose is among the stored proposals, or was refused or signed since.
  void mute(bool muted) { muted_ = muted; }

 private:
  Enrolments const& enrolments_;
  Proposals& proposals_;
  Notices& notices_;
  bool muted_ = false;
};

}  // namespace piaojue::server
