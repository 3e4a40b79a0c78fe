// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The three streams of a program, and what its main thread waits for while others work.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/platform/answer.h"

namespace piaojue::platform {

enum class Stream : std::uint8_t { kInput, kOutput, kErrors };

/// Whether a person is at its end, rather than a file, a pipe or nothing.
bool is_terminal(Stream stream);
/// Past all buffers of the library. @return whether everything was taken: a reader that went away, or a program without
/// a console, is no end.
bool write_all(Stream stream, std::string_view text);

/// Asks on the errors' stream and reads a line of the terminal that is not shown, without its end, into memory of the
/// caller; no copy of it stays behind. Ctrl+C ends the program as ever, and the terminal shows again what is typed.
/// @return its bytes of UTF-8; nothing: there is no terminal, or more than `to` has.
std::optional<std::size_t> ask_hidden(std::string_view prompt, std::span<std::uint8_t> to);

/// What ends a program waits here: SIGTERM and SIGINT, on Windows Ctrl+C, Ctrl+Break, a closed console, the end of the
/// session. From its making on they do nothing else, and writing to a reader that is gone is an error, not an end.
class Foreground {
 public:
  enum class Event : std::uint8_t { kWoken, kStop, kInput };

  /// Once a program, before any other thread is started.
  [[nodiscard]] static Answer<std::unique_ptr<Foreground>> take();
  virtual ~Foreground() = default;
  /// Until one of them has happened, the first of them first. @param input whether what comes in is waited for, too.
  virtual Event wait(bool input) = 0;
  /// After kInput. @return bytes that have come; 0: nothing more will come. Nothing: not now after all.
  virtual std::optional<std::size_t> read_input(std::span<char> to) = 0;
  /// On any thread: ends the `wait` that is, or the next one, with kWoken.
  virtual void wake() = 0;
};

}  // namespace piaojue::platform
