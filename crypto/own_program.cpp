// SPDX-License-Identifier: Apache-2.0
#include "crypto/own_program.h"

#include <elf.h>
#include <link.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/own_file.h"
#include "crypto/running_hash.h"

namespace piaojue::crypto {
namespace {

constexpr std::size_t round_up(std::size_t size) { return (size + 3) / 4 * 4; }

/// Looks for the build id in one segment of notes.
Bytes build_id_in(ByteView notes) {
  static constexpr std::string_view kGnu("GNU\0", 4);
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    notes = notes.subspan(sizeof head);
    std::size_t const name = round_up(head.n_namesz), content = round_up(head.n_descsz);
    if (name > notes.size() || content > notes.size() - name) return {};
    if (head.n_type == NT_GNU_BUILD_ID && as_text(notes.first(head.n_namesz)) == kGnu) {
      return to_bytes(notes.subspan(name, head.n_descsz));
    }
    notes = notes.subspan(name + content);
  }
  return {};
}

}  // namespace

Bytes own_build_id() {
  Bytes id;
  // The program itself comes first, and has no name.
  auto const look = [](dl_phdr_info* object, std::size_t /*size*/, void* out) {
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
      auto const& segment = object->dlpi_phdr[i];
      if (segment.p_type != PT_NOTE) continue;
      // An address that the loader tells as a number.
      auto const* const begin = reinterpret_cast<std::uint8_t const*>(
          object->dlpi_addr + segment.p_vaddr);  // NOLINT(performance-no-int-to-ptr)
      auto found = build_id_in({begin, segment.p_memsz});
      if (!found.empty()) *static_cast<Bytes*>(out) = std::move(found);
    }
    return 1;
  };
  ::dl_iterate_phdr(look, &id);
  return id;
}

std::optional<Hash> own_file_hash() {
  auto const own = own_file();
  if (!own) return std::nullopt;
  // The link leads to the file itself, whatever has its name by now. It is a loader's where one was started with this
  // program as its argument; then the name has to do, and one that is not this file's any more leads nowhere.
  static constexpr char const* kStarted = "/proc/self/exe";
  std::error_code none;
  bool const started = std::filesystem::read_symlink(kStarted, none) == *own;
  std::ifstream file(started ? kStarted : *own, std::ios::binary);
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
