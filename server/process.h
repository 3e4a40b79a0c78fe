// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What every server process has: its log, its signals, and how it ends when it can not go on.
#include <signal.h>

#include <atomic>
#include <memory>

#include "server/files.h"
#include "server/notice.h"
#include "server/notify.h"

namespace piaojue::server {

// ---- The log: one JSON object a line. What is passed in holds counts, phases and errors of the system; nothing of a
// person.

/// @param file empty: stderr. Relative ones stand in `folder`.
[[nodiscard]] Explained<void> set_up_log(fs::path const& folder, std::string const& file);

enum class Severity : std::uint8_t { kInfo, kWarning, kCritical };
/// @param meeting its number; nothing: the program has one meeting, or it concerns the program.
void log_event(Severity severity, std::string_view event, std::string_view detail = {},
               std::optional<std::uint64_t> number = {}, std::string_view address = {},
               std::optional<std::uint32_t> meeting = {});
void log_notice(Notice const& notice, std::optional<std::uint32_t> meeting = {});

// ---- Signals

/// Signals that end the program are waited for in one place; every thread that is started after this inherits it. A
/// write beyond a file-size limit, or to a reader that is gone, is an error to be seen, not an end without a word.
class Signals {
 public:
  Signals();
  /// For SIGINT, SIGTERM or SIGHUP. Meanwhile whoever watches over this program hears that it is alive, as long as
  /// `lives` says so; nothing: always.
  void wait(Notifier const& notifier, std::function<bool()> const& lives = {}) const;

 private:
  sigset_t set_;
};

/// How a server ends that can not go on: once told, then as by a signal.
class End {
 public:
  explicit End(Lang lang) : lang_(lang) {}
  void fatal(std::string_view event, Sentence const& reason);
  bool failed() const { return failed_; }
  /// A set of keys takes up to minutes; the end of the program does not wait for it.
  std::shared_ptr<std::atomic<bool>> const stopping = std::make_shared<std::atomic<bool>>(false);

 private:
  Lang const lang_;
  std::atomic<bool> failed_{false};
};

}  // namespace piaojue::server
