// SPDX-License-Identifier: Apache-2.0
#include "crypto/own_program.h"

#include <array>
#include <fstream>

#include "base/platform/process.h"
#include "crypto/running_hash.h"

namespace piaojue::crypto {

Bytes own_build_id() { return platform::own_build_id(); }

std::optional<Hash> own_file_hash() {
  std::ifstream file(platform::own_program(), std::ios::binary);
  if (!file) return std::nullopt;
  RunningHash hash;
  std::array<char, 1U << 16U> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
    hash.add(as_bytes(std::string_view(piece.data(), static_cast<std::size_t>(file.gcount()))));
  if (file.bad()) return std::nullopt;
  return hash.finish();
}

std::string about_program(std::string_view name, WithHash with_hash) {
  auto const build = own_build_id();
  auto out = std::string(name) + "\nbuild " + (build.empty() ? "-" : to_hex(build));
  if (with_hash == WithHash::kNo) return out;
  auto const hash = own_file_hash();
  return out + "\nsha256 " + (hash ? to_hex(hash->view()) : "-");
}

}  // namespace piaojue::crypto
