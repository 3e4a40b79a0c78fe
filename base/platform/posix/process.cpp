// SPDX-License-Identifier: Apache-2.0
#include "base/platform/process.h"

#include <elf.h>
#include <link.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/platform/posix/failed.h"

namespace piaojue::platform {

Arguments::Arguments(int argc, char** argv) : pointers_(argv, argv + argc) { pointers_.push_back(nullptr); }

// ---- Environment ----------------------------------------------------------------------------------------------------
// NOLINTBEGIN(concurrency-mt-unsafe): before any other thread, as the header wants it

std::optional<std::string> variable(std::string const& name) {
  char const* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool has_variable(std::string const& name) {
  char const* const value = std::getenv(name.c_str());
  return value != nullptr && *value != '\0';
}

std::size_t take_variable(std::string const& name, std::span<std::uint8_t> to) {
  char* const value = std::getenv(name.c_str());
  if (value == nullptr) return 0;
  auto const size = std::strlen(value);
  if (size <= to.size()) std::memcpy(to.data(), value, size);
  ::explicit_bzero(value, size);
  ::unsetenv(name.c_str());
  return size;
}

void set_variable(std::string const& name, std::optional<std::string> const& value) {
  if (value) {
    ::setenv(name.c_str(), value->c_str(), 1);
  } else {
    ::unsetenv(name.c_str());
  }
}

std::string locale_name() {
  for (char const* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    char const* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

// NOLINTEND(concurrency-mt-unsafe)
// ---- Memory and turns -----------------------------------------------------------------------------------------------

Answer<void> protect_memory() {
  // One byte is too few for a file, and the one limit that the kernel keeps also where a program is told to take the
  // dump (core(5)).
  rlimit const none{1, 1};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return failed();
  return {};
}

void give_way() { static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10)); }

// ---- Its file -------------------------------------------------------------------------------------------------------

std::filesystem::path own_program() { return "/proc/self/exe"; }

std::filesystem::path program_folder() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
}

namespace {

using View = std::span<std::uint8_t const>;

constexpr std::size_t round_up(std::size_t size) { return (size + 3) / 4 * 4; }

/// Looks for the build id in one segment of notes.
View build_id_in(View notes) {
  static constexpr std::string_view kGnu("GNU\0", 4);
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    notes = notes.subspan(sizeof head);
    std::size_t const name = round_up(head.n_namesz), content = round_up(head.n_descsz);
    if (name > notes.size() || content > notes.size() - name) return {};
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == kGnu.size() &&
        std::memcmp(notes.data(), kGnu.data(), kGnu.size()) == 0) {
      return notes.subspan(name, head.n_descsz);
    }
    notes = notes.subspan(name + content);
  }
  return {};
}

}  // namespace

std::vector<std::uint8_t> own_build_id() {
  View id;
  // The program itself comes first, and has no name.
  auto const look = [](dl_phdr_info* object, std::size_t /*size*/, void* out) {
    for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
      auto const& segment = object->dlpi_phdr[i];
      if (segment.p_type != PT_NOTE) continue;
      // An address that the loader tells as a number.
      auto const* const begin = reinterpret_cast<std::uint8_t const*>(
          object->dlpi_addr + segment.p_vaddr);  // NOLINT(performance-no-int-to-ptr)
      auto const found = build_id_in({begin, segment.p_memsz});
      if (!found.empty()) *static_cast<View*>(out) = found;
    }
    return 1;
  };
  ::dl_iterate_phdr(look, &id);
  return {id.begin(), id.end()};
}

std::string program_file_name(std::string const& name) { return name; }

std::uint32_t process_number() { return static_cast<std::uint32_t>(::getpid()); }

}  // namespace piaojue::platform
