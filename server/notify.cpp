// SPDX-License-Identifier: Apache-2.0
#include "server/notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>

namespace piaojue::server {
namespace {

std::string taken(char const* name) {
  char const* const value = std::getenv(name);
  std::string out = value == nullptr ? std::string() : std::string(value);
  ::unsetenv(name);
  return out;
}

std::optional<std::int64_t> number(std::string const& text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = error == std::errc{} && end == text.data() + text.size() && value > 0;
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

Notifier Notifier::from_environment() {
  Notifier out;
  auto socket = taken("NOTIFY_SOCKET");
  auto const every_us = number(taken("WATCHDOG_USEC"));
  auto const pid_text = taken("WATCHDOG_PID");
  auto const fits = socket.size() > 1 && socket.size() < sizeof(sockaddr_un::sun_path);
  if (fits && (socket.front() == '/' || socket.front() == '@')) out.socket_ = std::move(socket);
  bool const for_this = pid_text.empty() || number(pid_text) == static_cast<std::int64_t>(::getpid());
  if (!out.socket_.empty() && every_us && for_this) {
    auto const half = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(*every_us / 2));
    out.watchdog_ = std::max(half, std::chrono::milliseconds(1));
  }
  return out;
}

void Notifier::ready() const { say("READY=1"); }
void Notifier::stopping() const { say("STOPPING=1"); }
void Notifier::alive() const { say("WATCHDOG=1"); }

void Notifier::status(std::string_view text) const {
  std::string words = "STATUS=" + std::string(text);
  // A second line would be a second word.
  std::ranges::replace_if(
      words, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  say(words);
}

void Notifier::say(std::string_view words) const {
  if (socket_.empty()) return;
  int const fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  timeval const second{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::ranges::copy(socket_, to.sun_path);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  static_cast<void>(!::sendto(fd, words.data(), words.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), size));
  ::close(fd);
}

}  // namespace piaojue::server
