// SPDX-License-Identifier: Apache-2.0
#include "server/directory_lock.h"

#include <fcntl.h>

#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {
namespace {

constexpr std::size_t kMarkBytesMax = 4096;
constexpr std::string_view kDone = "done";

fs::path mark(Directory const& directory) { return directory.path() / "adopted"; }

}  // namespace

Explained<void> lock_to_adopt(Directory const& directory) {
  auto const path = directory.path() / "lock";
  // Not closed: the end of the process gives it back.
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(strings::server::kFileNotCreated, path);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &whole) == 0) return {};
  return Explanation(Sentence(strings::server::kRunAnother, {{"path", directory.path().string()}}));
}

Explained<void> lock(Directory const& directory) {
  if (auto const done = lock_to_adopt(directory); !done) return done;
  return check_own(directory);
}

Explained<void> check_own(Directory const& directory) {
  if (!adoption_of(directory)) return {};
  return Explanation(Sentence(strings::service::kRunAdopted, {{"path", directory.path().string()}}));
}

std::optional<Adoption> adoption_of(Directory const& directory) {
  std::error_code ignored;
  if (!fs::exists(mark(directory), ignored)) return std::nullopt;
  // Whatever it says, it is there: one that can not be read is another database's.
  auto const bytes = read_file(mark(directory), kMarkBytesMax);
  if (!bytes) return Adoption{};
  auto const text = as_text(*bytes);
  auto const end = text.find('\n');
  return Adoption{std::string(text.substr(0, end)), text.find(kDone) != std::string_view::npos};
}

Explained<void> mark_adopted(Directory const& directory, Adoption const& adoption) {
  auto const next = fs::path(mark(directory).string() + ".partial");
  std::error_code ignored;
  fs::remove(next, ignored);
  std::string const text = adoption.database + "\n" + (adoption.done ? std::string(kDone) + "\n" : "");
  if (auto const done = write_file(next, as_bytes(text)); !done) return done;
  if (::rename(next.c_str(), mark(directory).c_str()) != 0) {
    return system_error(strings::server::kFileNotCreated, mark(directory));
  }
  return sync_directory(directory.path());
}

}  // namespace piaojue::server
