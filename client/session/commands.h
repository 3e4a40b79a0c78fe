// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: a line of the door becomes a command once, and is run now or when the log is up to date.
/// What a command does is its operator's matter.
#include <deque>

#include "client/session/command.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class Commands {
 public:
  /// Gives exactly one reply, now or later.
  using Run = std::function<void(Reply const& reply, command::Command const& command)>;
  Commands(SessionLimits const& limits, LogFollower const& log, Keeper const& keeper, Events& events, Run run)
      : limits_(limits), log_(log), keeper_(keeper), events_(events), run_(std::move(run)) {}

  void take(std::string_view line, Asker asker);
  /// Runs what waited: the log is up to date, or halted.
  void release();

 private:
  struct Deferred {
    Reply reply;
    command::Command command;
  };
  void run(Reply const& reply, command::Command const& command);

  SessionLimits const& limits_;
  LogFollower const& log_;
  Keeper const& keeper_;
  Events& events_;
  Run const run_;
  std::deque<Deferred> deferred_;
};

}  // namespace piaojue::client
