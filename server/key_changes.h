// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Proposes that the log take the keys of a person who has enrolled anew: this server only proposes, people sign. Some
/// have to wait: the keys of somebody who guards an attempt are not changed while it is in progress.
#include <map>

#include "server/enrolments.h"
#include "server/notice.h"
#include "server/proposals.h"

namespace piaojue::server {

class KeyChanges {
 public:
  KeyChanges(Enrolments const& enrolments, Proposals& proposals, Notices& notices)
      : enrolments_(enrolments), proposals_(proposals), notices_(notices) {}

  /// Nothing happens if the newest keys of the person are those of the log or proposed, or the meeting is not open. To
  /// be called again when no attempt is in progress any more: what was refused, or closed, may be proposed then.
  void propose(PersonId person);
  /// During a recovery: what a replay would propose is among the stored proposals, or was signed since.
  void mute(bool muted) { muted_ = muted; }

 private:
  Enrolments const& enrolments_;
  Proposals& proposals_;
  Notices& notices_;
  std::map<PersonId, Refusal> refused_;  ///< and why, when it was last tried
  bool muted_ = false;
};

}  // namespace piaojue::server
