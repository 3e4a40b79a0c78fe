// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Programs that the desk starts: by their path, without a shell, with no descriptor of ours beyond the three, no
/// blocked signal and no passphrase of ours in their environment. Knows nothing of meetings.
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/explained.h"

namespace piaojue::desk {

namespace fs = std::filesystem;

struct Command {
  fs::path program;
  std::vector<std::string> arguments;  ///< without the program's own name
};

/// The folder of this very program: those that belong to it lie beside it.
fs::path program_folder();

struct Bounds {
  std::chrono::milliseconds deadline{60'000};    ///< then it is killed
  std::size_t bytes_max = std::size_t{8} << 20;  ///< of each, output and errors; with more it is killed
};
struct Ran {
  int code = 0;  ///< -1: a signal ended it
  std::string out, err;
};
/// Runs it to its end. Refused: it can not be started, did not end in time, or said more than may be kept.
Explained<Ran> run_to_end(Command const& command, Bounds const& bounds = {});

/// A descriptor, closed at the end.
class Handle {
 public:
  explicit Handle(int fd = -1) : fd_(fd) {}
  ~Handle();
  Handle(Handle&& other) noexcept : fd_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept;
  int get() const { return fd_; }
  int release();

 private:
  int fd_;
};

/// A process, held by a descriptor of its own: never another one that has got the same number since. A kernel before
/// 5.3 has no such descriptors; there it is the process's folder in /proc, which is looked at every 20 ms, and a signal
/// may in theory meet a number that was given away since the look before it.
class Process {
 public:
  /// Nothing: there is none of that number.
  static std::optional<Process> of(pid_t pid);
  pid_t pid() const { return pid_; }
  bool ended() const { return wait(std::chrono::milliseconds(0)); }
  /// @return whether it has ended by then.
  bool wait(std::chrono::milliseconds at_most) const;
  void terminate() const;  ///< SIGTERM

 private:
  Process(pid_t pid, int fd, bool by_folder) : pid_(pid), fd_(fd), by_folder_(by_folder) {}
  pid_t pid_;
  Handle fd_;
  bool by_folder_;
};

/// In a session of its own, with its output and errors behind what stands in `log`: it goes on when this program ends.
Explained<Process> start_apart(Command const& command, fs::path const& log);

/// Who holds a lock of fcntl on that file; nothing: nobody, or there is no such file.
std::optional<pid_t> lock_holder(fs::path const& file);

/// A program that is spoken with by lines. It is told the end of its input when this is destroyed.
class Companion {
 public:
  /// @param line called on a thread of its own, for each line that it says, also of errors; may outlive this.
  static Explained<Companion> start(Command const& command, std::function<void(std::string)> line);
  bool ended() const { return process_.ended(); }
  Process const& process() const { return process_; }
  /// @return false: it does not listen any more.
  bool say(std::string_view line) const;

 private:
  Companion(Process process, Handle in) : process_(std::move(process)), in_(std::move(in)) {}
  Process process_;
  Handle in_;
};

}  // namespace piaojue::desk
