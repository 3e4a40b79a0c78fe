// SPDX-License-Identifier: Apache-2.0
#include "base/platform/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 does not say itself that these are of C.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <tuple>

#include "base/platform/posix/failed.h"

namespace piaojue::platform {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// What makes a Process of a child.
struct Starting {
  static Process process(ProcessNumber number, Handle handle) { return {number, std::move(handle)}; }
};

namespace {

constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

int fd_of(Handle const& handle) { return static_cast<int>(handle.get()); }

struct Pipe {
  Handle read, write;
};
Answer<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed();
  return Pipe{Handle(ends[0]), Handle(ends[1])};
}

/// A copy above the three standard ones, so that none hides another when they are put in their places.
Handle above(int fd) { return Handle(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)); }

std::vector<char*> environment_without(std::string_view name) {
  std::vector<char*> out;
  for (char** one = environ; *one != nullptr; ++one) {
    std::string_view const entry(*one);
    if (name.empty() || entry.substr(0, entry.find('=')) != name) out.push_back(*one);
  }
  out.push_back(nullptr);
  return out;
}

enum class Session : std::uint8_t {
  kOurs,
  kGroup,  ///< in ours, as the head of a group: what it has started ends with it
  kOwn
};

/// The three that it gets; closed: /dev/null.
struct Ends {
  Handle in, out, err;
};

Answer<pid_t> spawn(Command const& command, Ends const& ends, Session session) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  for (auto const& [ours, its] :
       {std::pair{&ends.in, STDIN_FILENO}, {&ends.out, STDOUT_FILENO}, {&ends.err, STDERR_FILENO}}) {
    if (ours->is_open()) {
      posix_spawn_file_actions_adddup2(&files, fd_of(*ours), its);
    } else {
      posix_spawn_file_actions_addopen(&files, its, "/dev/null", O_RDWR, 0);
    }
  }
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (int const signal : {SIGPIPE, SIGCHLD, SIGXFSZ}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  int const apart = session == Session::kOwn     ? POSIX_SPAWN_SETSID
                    : session == Session::kGroup ? POSIX_SPAWN_SETPGROUP
                                                 : 0;
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | apart));
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> arguments;
  for (auto& one : words) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  auto const environment = environment_without(command.kept_back);
  pid_t child = 0;
  int const error =
      ::posix_spawnp(&child, arguments.front(), &files, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return std::error_code(error, std::generic_category());
  return child;
}

/// Nobody waits for it by its number: it must not stay behind as a dead process. A program that starts others asks how
/// they ended, so that its children can not be forgotten by a signal that is ignored.
void reap(pid_t child) {
  std::thread([child] {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }).detach();
}

enum class Reading : std::uint8_t { kMore, kEnd, kTooMuch };

Reading read_some(int fd, std::string& to, std::size_t bytes_max) {
  std::array<char, 1U << 14> chunk;
  auto const n = ::read(fd, chunk.data(), chunk.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN ? Reading::kMore : Reading::kEnd;
  if (n == 0) return Reading::kEnd;
  auto const size = std::min(static_cast<std::size_t>(n), bytes_max - to.size());
  to.append(chunk.data(), size);
  return size < static_cast<std::size_t>(n) ? Reading::kTooMuch : Reading::kMore;
}

/// Reads both to their ends, or says what ended it before.
Ending read_both(Handle& out, Handle& err, Ran& ran, std::size_t bytes_max, Clock::time_point until) {
  while (out.is_open() || err.is_open()) {
    auto const left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    if (left <= 0) return Ending::kLate;
    std::array<pollfd, 2> fds{{{fd_of(out), POLLIN, 0}, {fd_of(err), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) return Ending::kLate;
    for (auto const& [fd, handle, to] : {std::tuple{&fds[0], &out, &ran.out}, {&fds[1], &err, &ran.err}}) {
      if (fd->revents == 0) continue;
      auto const read = read_some(fd_of(*handle), *to, bytes_max);
      if (read == Reading::kTooMuch) return Ending::kTooMuch;
      if (read == Reading::kEnd) *handle = Handle();
    }
  }
  return Ending::kItself;
}

/// Of a child that nobody has waited for yet, so that the number is still its own. What can not be held is ended.
/// @param with it and, as a negative number, all of its group
Answer<Process> hold(pid_t child, pid_t with) {
  auto process = Process::of(child);
  if (process) return std::move(*process);
  auto const error = failed();
  ::kill(with, SIGKILL);
  reap(child);
  return error;
}

/// Nobody waits for how it ends.
Answer<Process> let_go(pid_t child) {
  auto process = hold(child, child);
  if (process) reap(child);
  return process;
}

}  // namespace

Answer<Ran> run_to_end(Command const& command, Bounds const& bounds) {
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  Answer<pid_t> child(0);
  {
    // Ours are closed at the end, or its own would never be seen.
    Ends const ends{Handle(), above(fd_of(out->write)), above(fd_of(err->write))};
    if (!ends.out.is_open() || !ends.err.is_open()) return failed();
    child = spawn(command, ends, Session::kGroup);
    if (!child) return child.error();
    out->write = Handle();
    err->write = Handle();
  }
  Ran ran;
  auto const until = Clock::now() + bounds.deadline;
  auto const process = hold(*child, -*child);
  if (!process) return process.error();
  ran.ending = read_both(out->read, err->read, ran, bounds.bytes_max, until);
  // It may have closed both and gone on.
  auto const left = std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(until - Clock::now()));
  if (ran.ending == Ending::kItself && !process->wait(left)) ran.ending = Ending::kLate;
  if (ran.ending != Ending::kItself) ::kill(-*child, SIGKILL);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

namespace {

// A kernel before 5.3 has no pidfd, and a container may allow none (EPERM). There a process is held by its folder in
// /proc, which is empty once it has been waited for, also when another has its number; it is looked at, since nothing
// tells of its end, and a signal may in theory meet a number that was given away since the look before it.

constexpr milliseconds kLook{20};

bool is_folder(Handle const& handle) {
  struct stat what {};
  return ::fstat(fd_of(handle), &what) == 0 && S_ISDIR(what.st_mode);
}

bool ended_by_folder(Handle const& folder) {
  Handle const file(::openat(fd_of(folder), "stat", O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  auto const n = file.is_open() ? ::read(fd_of(file), text.data(), text.size()) : 0;
  std::string_view const stat(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  // "12 (name) S …": any character may stand in a name.
  auto const state = stat.rfind(") ");
  return state == std::string_view::npos || stat.substr(state + 2, 1) == "Z" || stat.substr(state + 2, 1) == "X";
}

}  // namespace

std::optional<Process> Process::of(ProcessNumber number) {
  Handle fd(::pidfd_open(static_cast<pid_t>(number), 0));
  if (!fd.is_open() && errno != ESRCH)
    fd = Handle(::open(("/proc/" + std::to_string(number)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  return Process(number, std::move(fd));
}

bool Process::wait(milliseconds at_most) const {
  if (!is_folder(handle_)) {
    pollfd one{fd_of(handle_), POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(at_most.count())) > 0;
  }
  for (auto const until = Clock::now() + at_most; !ended_by_folder(handle_);) {
    auto const left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (left <= milliseconds(0)) return false;
    std::this_thread::sleep_for(std::min(left, kLook));
  }
  return true;
}

void Process::terminate() const {
  if (!is_folder(handle_)) {
    ::pidfd_send_signal(fd_of(handle_), SIGTERM, nullptr, 0);
  } else if (!ended_by_folder(handle_)) {
    ::kill(static_cast<pid_t>(number_), SIGTERM);
  }
}

Answer<Process> start(Command const& command) {
  auto const child = spawn(command, Ends{Handle(), Handle(), Handle()}, Session::kOurs);
  if (!child) return child.error();
  return let_go(*child);
}

Answer<Process> start_apart(Command const& command, std::filesystem::path const& log) {
  auto const file = File::open(log, Open::kAppend);
  if (!file) return file.error();
  Ends const ends{Handle(), above(fd_of(file->handle())), above(fd_of(file->handle()))};
  if (!ends.out.is_open() || !ends.err.is_open()) return failed();
  auto const child = spawn(command, ends, Session::kOwn);
  if (!child) return child.error();
  return let_go(*child);
}

std::optional<ProcessNumber> lock_holder(std::filesystem::path const& file) {
  Handle const fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd_of(fd), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK || whole.l_pid <= 0) return std::nullopt;
  return whole.l_pid;
}

Answer<Companion> Companion::start(Command const& command, std::function<void(std::string)> line) {
  auto in = make_pipe();
  if (!in) return in.error();
  auto out = make_pipe();
  if (!out) return out.error();
  Answer<pid_t> child(0);
  {
    Ends const ends{above(fd_of(in->read)), above(fd_of(out->write)), above(fd_of(out->write))};
    if (!ends.in.is_open() || !ends.out.is_open() || !ends.err.is_open()) return failed();
    child = spawn(command, ends, Session::kOwn);
    if (!child) return child.error();
  }
  auto process = let_go(*child);
  if (!process) return process.error();
  out->write = Handle();
  std::thread([from = std::move(out->read), line = std::move(line)] {
    std::string buffer;
    while (read_some(fd_of(from), buffer, kLineBytesMax) == Reading::kMore)
      for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
        line(buffer.substr(0, end));
        buffer.erase(0, end + 1);
      }
  }).detach();
  return Companion(std::move(*process), std::move(in->write));
}

bool Companion::say(std::string_view line) const {
  auto const text = std::string(line) + "\n";
  return ::write(fd_of(in_), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace piaojue::platform
