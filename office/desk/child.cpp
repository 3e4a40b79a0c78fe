// SPDX-License-Identifier: Apache-2.0
#include "office/desk/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 does not say itself that these are of C.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/own_file.h"
#include "base/spawn.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

/// Ours alone: what is told to this program is not told to those that it starts.
constexpr char const* kKeptBack = "PIAOJUE_PASSPHRASE";
constexpr std::size_t kLineBytesMax = std::size_t{1} << 20;

Explanation not_started(fs::path const& program, int error) {
  return Sentence(words::kChildNotStarted, {{"program", program.filename().string()}, {"why", std::strerror(error)}});
}

struct Pipe {
  Handle read, write;
};
std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Handle(ends[0]), Handle(ends[1])};
}

enum class Session : std::uint8_t { kOurs, kOwn };

/// The three descriptors that it gets.
struct Ends {
  int in, out, err;
};

/// @return the process. Explains: errno of the system.
Explained<pid_t> spawn_it(Command const& command, Ends const& ends, Session session) {
  Spawn what{{command.program.string()}, ends.in, ends.out, ends.err, session == Session::kOwn, kKeptBack};
  what.argv.insert(what.argv.end(), command.arguments.begin(), command.arguments.end());
  auto const child = spawn(std::move(what));
  if (!child) return not_started(command.program, errno);
  return *child;
}

/// A copy above the three.
Handle above(int fd) { return Handle(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)); }

/// Nobody waits for it by its number: it must not stay behind as a dead process.
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
  if (to.size() + static_cast<std::size_t>(n) > bytes_max) return Reading::kTooMuch;
  to.append(chunk.data(), static_cast<std::size_t>(n));
  return Reading::kMore;
}

/// Reads both to their ends. @return why not.
std::optional<Text const*> read_both(Handle& out, Handle& err, Ran& ran, std::size_t bytes_max,
                                     Clock::time_point until) {
  while (out.get() >= 0 || err.get() >= 0) {
    auto const left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
    if (left <= 0) return &words::kChildLate;
    std::array<pollfd, 2> fds{{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) return &words::kChildLate;
    for (auto const& [fd, handle, to] : {std::tuple{&fds[0], &out, &ran.out}, {&fds[1], &err, &ran.err}}) {
      if (fd->revents == 0) continue;
      auto const read = read_some(handle->get(), *to, bytes_max);
      if (read == Reading::kTooMuch) return &words::kChildTooMuch;
      if (read == Reading::kEnd) *handle = Handle();
    }
  }
  return std::nullopt;
}

}  // namespace

fs::path program_folder() { return fs::path(own_file().value_or("")).parent_path(); }

Handle::~Handle() {
  if (fd_ >= 0) ::close(fd_);
}
Handle& Handle::operator=(Handle&& other) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = other.release();
  return *this;
}
int Handle::release() { return std::exchange(fd_, -1); }

Explained<Ran> run_to_end(Command const& command, Bounds const& bounds) {
  auto out = make_pipe();
  auto err = make_pipe();
  auto const nothing = above(Handle(::open("/dev/null", O_RDWR | O_CLOEXEC)).get());
  if (!out || !err || nothing.get() < 0) return not_started(command.program, errno);
  auto out_end = above(out->write.get());
  auto err_end = above(err->write.get());
  auto const child = spawn_it(command, {nothing.get(), out_end.get(), err_end.get()}, Session::kOurs);
  if (!child) return child.error();
  // Ours are closed, or its end would never be seen.
  for (auto* const end : {&out->write, &err->write, &out_end, &err_end}) *end = Handle();
  Ran ran;
  auto const until = Clock::now() + bounds.deadline;
  auto const process = Process::of(*child);
  auto fault = read_both(out->read, err->read, ran, bounds.bytes_max, until);
  // It may have closed both and gone on.
  auto const left = std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(until - Clock::now()));
  if (!fault && process && !process->wait(left)) fault = &words::kChildLate;
  if (fault) ::kill(*child, SIGKILL);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  if (fault)
    return Explanation(Sentence(**fault, {{"program", command.program.filename().string()},
                                          {"seconds", std::int64_t{bounds.deadline.count() / 1000}}}));
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

namespace {

/// How often a process is looked at where nothing tells of its end.
constexpr milliseconds kLook{20};

/// @param folder its own in /proc, held open: empty once it has been waited for, also when another has its number.
bool ended_by_folder(int folder) {
  Handle const file(::openat(folder, "stat", O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  auto const n = file.get() < 0 ? 0 : ::read(file.get(), text.data(), text.size());
  std::string_view const stat(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  // "12 (name) S …": any character may stand in a name.
  auto const state = stat.rfind(") ");
  return state == std::string_view::npos || stat.substr(state + 2, 1) == "Z" || stat.substr(state + 2, 1) == "X";
}

}  // namespace

std::optional<Process> Process::of(pid_t pid) {
  int fd = ::pidfd_open(pid, 0);
  bool const by_folder = fd < 0 && errno == ENOSYS;
  if (by_folder) fd = ::open(("/proc/" + std::to_string(pid)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  return Process(pid, fd, by_folder);
}

bool Process::wait(milliseconds at_most) const {
  if (!by_folder_) {
    pollfd one{fd_.get(), POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(at_most.count())) > 0;
  }
  for (auto const until = Clock::now() + at_most; !ended_by_folder(fd_.get());) {
    auto const left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (left <= milliseconds(0)) return false;
    std::this_thread::sleep_for(std::min(left, kLook));
  }
  return true;
}

void Process::terminate() const {
  if (!by_folder_) {
    ::pidfd_send_signal(fd_.get(), SIGTERM, nullptr, 0);
  } else if (!ended_by_folder(fd_.get())) {
    ::kill(pid_, SIGTERM);
  }
}

namespace {

/// Of a child that nobody has waited for yet, so that the number is still its own.
Explained<Process> hold(pid_t child, fs::path const& program) {
  auto process = Process::of(child);
  int const error = errno;
  if (!process) ::kill(child, SIGKILL);
  reap(child);
  if (!process) return not_started(program, error);
  return std::move(*process);
}

}  // namespace

Explained<Process> start_apart(Command const& command, fs::path const& log) {
  auto const nothing = above(Handle(::open("/dev/null", O_RDWR | O_CLOEXEC)).get());
  auto const out = above(Handle(::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)).get());
  if (nothing.get() < 0 || out.get() < 0) return not_started(command.program, errno);
  auto const child = spawn_it(command, {nothing.get(), out.get(), out.get()}, Session::kOwn);
  if (!child) return child.error();
  return hold(*child, command.program);
}

std::optional<pid_t> lock_holder(fs::path const& file) {
  Handle const fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (fd.get() < 0) return std::nullopt;
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK || whole.l_pid <= 0) return std::nullopt;
  return whole.l_pid;
}

Explained<Companion> Companion::start(Command const& command, std::function<void(std::string)> line) {
  auto in = make_pipe();
  auto out = make_pipe();
  if (!in || !out) return not_started(command.program, errno);
  auto in_end = above(in->read.get());
  auto out_end = above(out->write.get());
  auto const child = spawn_it(command, {in_end.get(), out_end.get(), out_end.get()}, Session::kOwn);
  if (!child) return child.error();
  auto process = hold(*child, command.program);
  if (!process) return process.error();
  std::thread([from = std::move(out->read), line = std::move(line)] {
    std::string buffer;
    while (read_some(from.get(), buffer, kLineBytesMax) == Reading::kMore)
      for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
        line(buffer.substr(0, end));
        buffer.erase(0, end + 1);
      }
  }).detach();
  return Companion(std::move(*process), std::move(in->write));
}

bool Companion::say(std::string_view line) const {
  auto const text = std::string(line) + "\n";
  return ::write(in_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace piaojue::desk
