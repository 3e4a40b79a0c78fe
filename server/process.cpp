// SPDX-License-Identifier: Apache-2.0
#include "server/process.h"

#include <signal.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>

#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;

namespace {

std::string json(std::string_view value) {
  std::string out = "\"";
  for (char const c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + "\"";
}

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kCritical:
      break;
  }
  return spdlog::level::critical;
}

}  // namespace

void log_event(Severity severity, std::string_view event, std::string_view detail, std::optional<std::uint64_t> number,
               std::string_view address, std::optional<std::uint32_t> meeting) {
  std::string line = "\"event\":" + json(event);
  if (meeting) line += ",\"meeting\":" + std::to_string(*meeting);
  if (!detail.empty()) line += ",\"detail\":" + json(detail);
  if (number) line += ",\"number\":" + std::to_string(*number);
  if (!address.empty()) line += ",\"address\":" + json(address);
  spdlog::log(level_of(severity), "{}", line);
  spdlog::default_logger_raw()->flush();
}

void log_notice(Notice const& notice, std::optional<std::uint32_t> meeting) {
  log_event(is_warning(notice.event) ? Severity::kWarning : Severity::kInfo, name(notice.event), notice.detail_text(),
            notice.number, notice.address, meeting);
}

Explained<void> set_up_log(fs::path const& folder, std::string const& file) {
  try {
    auto const path = file.empty() || file.front() == '/' ? file : (folder / file).string();
    auto logger = path.empty() ? spdlog::stderr_logger_mt("server") : spdlog::basic_logger_mt("server", path);
    logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%e%z\",\"level\":\"%l\",%v}");
    spdlog::set_default_logger(std::move(logger));
  } catch (spdlog::spdlog_ex const& failure) {
    return Explanation(Sentence(text::kRunLogUnwritable, {{"reason", std::string(failure.what())}}));
  }
  return {};
}

Signals::Signals() {
  sigemptyset(&set_);
  for (int const one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, one);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  for (int const one : {SIGPIPE, SIGXFSZ}) signal(one, SIG_IGN);
}

void Signals::wait(Notifier const& notifier, std::function<bool()> const& lives) const {
  auto const every = notifier.watchdog();
  if (!every) {
    int received = 0;
    sigwait(&set_, &received);
    return;
  }
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(*every);
  timespec const pause{seconds.count(), std::chrono::nanoseconds(*every - seconds).count()};
  while (sigtimedwait(&set_, nullptr, &pause) < 0) {
    if (!lives || lives()) notifier.alive();
  }
}

void End::fatal(std::string_view event, Sentence const& reason) {
  Sentence const whole(text::kRunStops, {{"reason", reason}});
  log_event(Severity::kCritical, event, whole.in(Lang::kEn));
  std::cerr << "piaojue-server: " << whole.in(lang_) << std::endl;
  failed_ = true;
  ::kill(::getpid(), SIGTERM);
}

}  // namespace piaojue::server
