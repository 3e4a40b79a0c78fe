// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what is told of each entry, and the events beside it that scripts and pages wait for
/// (docs/client-door.md, "Of the log").
#include "client/session/events.h"
#include "client/session/log_copy.h"

namespace piaojue::client {

class Milestones {
 public:
  Milestones(LogCopy const& log, Events& events) : log_(log), events_(events) {}

  /// The event `entry`, then its milestone.
  void say(meeting::Entry const& entry, std::uint64_t index);
  /// After a start: where the log stands, in the same words as when it came there.
  void say_again();

 private:
  void say_milestone(meeting::Entry const& entry);
  void say_meeting();
  void say_counted();
  /// By any entry that takes away the last one who was waited for; also when the first share comes with it.
  void say_all_confirmed();
  /// An event that names the running attempt. @param entry what it says is added; nullptr: nothing.
  facts::object named(std::string_view name, meeting::Entry const* entry = nullptr) const;

  LogCopy const& log_;
  Events& events_;
  std::optional<Hash> all_confirmed_;  ///< the box that it was said of
};

}  // namespace piaojue::client
