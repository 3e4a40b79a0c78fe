// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <sys/resource.h>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "server/process.h"
#include "server/service.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

/// Longer than every wait of the database together. Whoever is not done by then is not going to be.
constexpr std::chrono::seconds kStopMax{25};
/// Besides connections: log, threads' own, and room to spare.
constexpr std::size_t kOwnDescriptors = 64;

/// Ends the program by itself if it has not ended in time.
class Watchdog {
 public:
  explicit Watchdog(Lang lang) : thread_([this, lang] { watch(lang); }) {}
  ~Watchdog() {
    {
      std::lock_guard const lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Watchdog(Watchdog const&) = delete;
  Watchdog& operator=(Watchdog const&) = delete;

 private:
  void watch(Lang lang) {
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kStopMax, [this] { return done_; })) return;
    std::cerr << "piaojue-server: " << text::kServeStopTooLong.in(lang) << std::endl;
    std::_Exit(1);
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

/// A node that runs out of descriptors loses the database too, and with it every meeting.
Explained<void> allow_descriptors(ServiceSettings const& settings) {
  auto const wanted = settings.sessions_max + settings.strangers_max + settings.database_connections + kOwnDescriptors;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return {};
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  if (limit.rlim_cur >= wanted) return {};
  return unusable(Sentence(text::kServeFewDescriptors,
                           {{"allowed", std::uint64_t{limit.rlim_cur}}, {"wanted", std::uint64_t{wanted}}}));
}

Service::Tells tells_to(End& end) {
  return {.notice = [](store::MeetingNumber meeting, Notice const& notice) { log_notice(notice, meeting); },
          .warning =
              [](std::string_view event, Sentence const& what, std::optional<store::MeetingNumber> meeting) {
                log_event(Severity::kWarning, event, what.in(Lang::kEn), {}, {}, meeting);
              },
          .fatal = [&end](Sentence const& why) { end.fatal("node_replaced", why); }};
}

}  // namespace

Explained<bool> serve(fs::path const& file, Lang lang) {
  auto settings = read_service(file);
  if (!settings) return settings.error();
  Signals const signals;
  auto const notifier = Notifier::from_environment();
  auto const folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (auto const done = set_up_log(folder, settings->log_file); !done) return done.error();
  if (auto const done = allow_descriptors(*settings); !done) return done.error();
  auto keys = read_service_keys(*settings);
  if (!keys) return keys.error();
  End end(lang);
  auto const host = settings->listen.host;
  auto const service = Service::start(std::move(*settings), std::move(*keys), tells_to(end));
  if (!service) return service.error();
  Address const listening{host, (*service)->port()};
  log_event(Severity::kInfo, "listening", format_address(listening));
  std::cout << "listening " << format_address(listening) << std::endl;
  notifier.ready();
  signals.wait(notifier, [&service] { return (*service)->ticks(); });
  notifier.stopping();
  Watchdog const watchdog(lang);
  (*service)->stop();
  log_event(Severity::kInfo, "stopped");
  return !end.failed();
}

}  // namespace piaojue::server
