// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Other programs, started from this one without a shell. They get nothing of ours but what they are told: no
/// descriptor or handle beside the three standard ones, no blocked or ignored signal.
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform/files.h"

namespace piaojue::platform {

struct Command {
  /// Searched for in PATH unless it is a path. Windows: a whole path, or it is not there; nothing is searched for.
  std::filesystem::path program;
  std::vector<std::string> arguments = {};  ///< without the program's own name
  std::string kept_back = {};               ///< a variable of our environment that it does not get; empty: none
};

struct Bounds {
  std::chrono::milliseconds deadline{60'000};    ///< then it is killed
  std::size_t bytes_max = std::size_t{8} << 20;  ///< of each, output and errors; with more it is killed
};
enum class Ending : std::uint8_t { kItself, kLate, kTooMuch };
struct Ran {
  Ending ending = Ending::kItself;
  int code = 0;          ///< -1: a signal ended it
  std::string out, err;  ///< what it said up to then
};
/// Runs it to its end, with no input. Where it is killed, what it has started ends with it.
Answer<Ran> run_to_end(Command const& command, Bounds const& bounds = {});

using ProcessNumber = std::int64_t;

/// A process, held by a descriptor or handle of its own: never another one that has got the same number since.
class Process {
 public:
  /// Nothing: there is none of that number, or it is not ours to hold.
  static std::optional<Process> of(ProcessNumber number);
  ProcessNumber number() const { return number_; }
  bool ended() const { return wait(std::chrono::milliseconds(0)); }
  /// @return whether it has ended by then.
  bool wait(std::chrono::milliseconds at_most) const;
  /// SIGTERM. Windows knows no request of that kind: there it is ended.
  void terminate() const;

 private:
  friend struct Starting;
  Process(ProcessNumber number, Handle handle) : number_(number), handle_(std::move(handle)) {}
  ProcessNumber number_;
  Handle handle_;
};

/// Goes on as long as it likes, with neither input nor output, as this program's child: what closes its terminal closes
/// both.
Answer<Process> start(Command const& command);
/// The same in a session of its own, with its output and errors behind what stands in `log`: it goes on when this
/// program, or its terminal, is gone.
Answer<Process> start_apart(Command const& command, std::filesystem::path const& log);

/// Who holds a lock of fcntl on that file; nothing: nobody, or there is no such file, or the system, as Windows, knows
/// no such locks.
std::optional<ProcessNumber> lock_holder(std::filesystem::path const& file);

/// A program that is spoken with by lines. It is told the end of its input when this is destroyed; Windows: it ends
/// when this program does, however that ends.
class Companion {
 public:
  /// @param line called on a thread of its own, for each line that it says, also of errors; may outlive this.
  static Answer<Companion> start(Command const& command, std::function<void(std::string)> line);
  bool ended() const { return process_.ended(); }
  Process const& process() const { return process_; }
  /// @return false: it does not listen any more.
  bool say(std::string_view line) const;

 private:
  Companion(Process process, Handle in) : process_(std::move(process)), in_(std::move(in)) {}
  Process process_;
  Handle in_;
};

}  // namespace piaojue::platform
