// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a program says of itself, so that people can compare it with what they were given.
#include <optional>
#include <string>

#include "crypto/types.h"

namespace piaojue::crypto {

/// What the linker made of all that the program holds (GNU build-id): the same for the same sources,
/// compiler and options. Empty if it was linked without one.
Bytes own_build_id();

/// SHA-256 of the file that this program is (platform::own_program), also when another one has its name by now.
/// @return nothing: the file can not be read, as on Linux where /proc is not there.
std::optional<Hash> own_file_hash();

enum class WithHash : std::uint8_t { kNo, kYes };
/// Lines for people and scripts, the last without its end: `name`, `build HEX` and, if wanted, `sha256 HEX`; a hyphen
/// stands for what is not there. @param name program and version, "piaojue 0.1.0".
std::string about_program(std::string_view name, WithHash with_hash);

}  // namespace piaojue::crypto
