// SPDX-License-Identifier: Apache-2.0
#pragma once
/// This program itself: how it was started, what it is, and what nobody may take out of it.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/platform/answer.h"

namespace piaojue::platform {

/// What a program was started with, UTF-8 whatever the system's own encoding is. Made first in `main`: it also sees to
/// it that what this program prints is UTF-8, and leaves ends of lines as they are.
class Arguments {
 public:
  Arguments(int argc, char** argv);
  int count() const { return static_cast<int>(pointers_.size()) - 1; }
  char** values() { return pointers_.data(); }  ///< of `count`, and a null pointer

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

/// Of the environment, UTF-8; nothing: not set.
std::optional<std::string> variable(std::string const& name);
/// Whether it is set, and not empty; nothing of it is copied.
bool has_variable(std::string const& name);
/// Into `to`, wiped from the environment, and unset: no program that is started from here has it. @return its bytes; 0:
/// not set or empty; more than `to` has: it is too long, and nothing was copied, but it is gone as well.
std::size_t take_variable(std::string const& name, std::span<std::uint8_t> to);
/// Of this program alone, and of what it starts later. Nothing: unset. Before any other thread is started.
void set_variable(std::string const& name, std::optional<std::string> const& value);
/// The language of this user, as "zh_CN.UTF-8" or "zh-CN": LC_ALL, LC_MESSAGES or LANG, whichever is set first, and
/// else what the system was told. Empty: nothing says.
std::string locale_name();

/// A crash writes no memory of this program to the disk, and secrets that are locked against swapping fit in what the
/// system lets a program lock (Windows: 32 MiB are asked for). Idempotent.
[[nodiscard]] Answer<void> protect_memory();
/// The calling thread alone gives way to others. A refusal costs nothing but the politeness.
void give_way();

/// A path by which this program's own file is read, also when another one has its name by now.
std::filesystem::path own_program();
/// Where it lies: other programs that belong to it are beside it. Empty: the system does not tell.
std::filesystem::path program_folder();
/// What the linker made of all that the program holds; empty if it was linked without.
std::vector<std::uint8_t> own_build_id();
/// "piaojue" is "piaojue.exe" on Windows.
std::string program_file_name(std::string const& name);

/// Of this process, for names of what is its own.
std::uint32_t process_number();

}  // namespace piaojue::platform
