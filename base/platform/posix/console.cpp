// SPDX-License-Identifier: Apache-2.0
#include "base/platform/console.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "base/platform/files.h"
#include "base/platform/posix/failed.h"

namespace piaojue::platform {
namespace {

/// The streams have these numbers.
int fd_of(Stream stream) { return static_cast<int>(stream); }
static_assert(static_cast<int>(Stream::kInput) == STDIN_FILENO && static_cast<int>(Stream::kErrors) == STDERR_FILENO);

/// The signal that came while nothing was shown; 0: none.
volatile std::sig_atomic_t came = 0;
void note(int signal) { came = signal; }

/// Nothing that is typed is shown while this lives. Who gives up at the question, or closes the window, has his signal
/// when the terminal shows again what is typed: no shell is sure to see to it.
class Unseen {
 public:
  Unseen() {
    came = 0;
    struct sigaction take {};
    take.sa_handler = note;  // without SA_RESTART: reading ends
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      ::sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &take, nullptr);
    }
    ::tcgetattr(STDIN_FILENO, &shown_);
    termios silent = shown_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    // Before the question: what is typed at once is neither shown nor thrown away.
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Unseen() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    if (came != 0) ::raise(came);
  }
  Unseen(Unseen const&) = delete;
  Unseen& operator=(Unseen const&) = delete;

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, kSignals.size()> before_{};
  termios shown_{};
};

/// Up to the end of the line, of what comes, or of `Unseen`'s patience. Nothing: more than `to` has, or a signal.
std::optional<std::size_t> read_line(int fd, std::span<std::uint8_t> to) {
  std::size_t size = 0;
  for (std::uint8_t one = 0;;) {
    auto const n = ::read(fd, &one, 1);
    if (n < 0 && errno == EINTR && came == 0) continue;
    if (n < 0) return std::nullopt;
    if (n == 0 || one == '\n') break;
    if (size == to.size()) return std::nullopt;
    to[size++] = one;
  }
  if (size > 0 && to[size - 1] == '\r') --size;
  return size;
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(fd_of(stream)) == 1; }

bool write_all(Stream stream, std::string_view text) {
  while (!text.empty()) {
    auto const n = ::write(fd_of(stream), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::size_t> ask_hidden(std::string_view prompt, std::span<std::uint8_t> to) {
  if (!is_terminal(Stream::kInput)) return std::nullopt;
  Unseen const unseen;
  write_all(Stream::kErrors, prompt);
  auto const size = read_line(STDIN_FILENO, to);
  write_all(Stream::kErrors, "\n");
  return size;
}

// ---- Foreground -----------------------------------------------------------------------------------------------------

namespace {

class PosixForeground final : public Foreground {
 public:
  PosixForeground(Handle signals, Handle woken) : signals_(std::move(signals)), woken_(std::move(woken)) {}

  Event wait(bool input) override {
    for (;;) {
      auto const fd = [](Handle const& handle) { return static_cast<int>(handle.get()); };
      std::array<pollfd, 3> fds{
          {{fd(woken_), POLLIN, 0}, {fd(signals_), POLLIN, 0}, {input ? STDIN_FILENO : -1, POLLIN, 0}}};
      // What is not EINTR does not happen with these three; a program that can not wait ends in order.
      if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return Event::kStop;
      if (fds[0].revents != 0) {
        std::uint64_t count = 0;
        static_cast<void>(!::read(fd(woken_), &count, sizeof count));
        return Event::kWoken;
      }
      if (fds[1].revents != 0) {
        signalfd_siginfo info{};
        static_cast<void>(!::read(fd(signals_), &info, sizeof info));
        return Event::kStop;
      }
      if (fds[2].revents != 0) return Event::kInput;
    }
  }
  std::optional<std::size_t> read_input(std::span<char> to) override {
    auto const n = ::read(STDIN_FILENO, to.data(), to.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  void wake() override {
    std::uint64_t const one = 1;
    static_cast<void>(!::write(static_cast<int>(woken_.get()), &one, sizeof one));
  }

 private:
  Handle signals_, woken_;
};

}  // namespace

Answer<std::unique_ptr<Foreground>> Foreground::take() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: a closed pipe is an error of write, not an end
  Handle signal_fd(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!signal_fd.is_open()) return failed();
  Handle woken(::eventfd(0, EFD_CLOEXEC));
  if (!woken.is_open()) return failed();
  return std::unique_ptr<Foreground>(std::make_unique<PosixForeground>(std::move(signal_fd), std::move(woken)));
}

}  // namespace piaojue::platform
