// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a service tells systemd of itself: one datagram a word to the socket that NOTIFY_SOCKET names (sd_notify(3),
/// whose protocol is promised to stay). Written here and not taken from libsystemd: that would bring four libraries for
/// compressing and ciphering journals into the process that holds a meeting's keys, for one `sendto`; the manual page
/// itself gives these lines to whoever wants no more than them.
///
/// Without systemd every word is said to nobody.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace piaojue::server {

class Notifier {
 public:
  /// To nobody.
  Notifier() = default;
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes the three out of the environment: a program that
  /// this one starts is not this service. Once, before there are threads.
  static Notifier from_environment();

  // On any thread. None waits longer than a second, and none fails: whoever listens notices what it is not told.
  void ready() const;  ///< serves from now on
  void stopping() const;
  void alive() const;  ///< at least every `watchdog`
  /// One line for `systemctl status`; nothing of a person or a meeting.
  void status(std::string_view text) const;

  /// How often `alive` is to be said: half of what systemd waits for. Nothing: it waits for none.
  std::optional<std::chrono::milliseconds> watchdog() const { return watchdog_; }

 private:
  void say(std::string_view words) const;

  std::string socket_;  ///< a path, or "@name" for one without a file; empty: nobody
  std::optional<std::chrono::milliseconds> watchdog_;
};

}  // namespace piaojue::server
