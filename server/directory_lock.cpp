// SPDX-License-Identifier: Apache-2.0
#include "server/directory_lock.h"

#include <fcntl.h>

#include <sstream>

#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {
namespace {

constexpr std::size_t kMarkBytesMax = 4096;
constexpr std::string_view kDone = "done";
constexpr std::string_view kFrom = "from ";
constexpr std::string_view kMeeting = "meeting ";

fs::path mark(Directory const& directory) { return directory.path() / "adopted"; }
fs::path release_mark(Directory const& directory) { return directory.path() / "moved-in"; }

std::optional<Adoption> read_mark(fs::path const& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  // Whatever it says, it is there: one that can not be read is another database's.
  auto const bytes = read_file(path, kMarkBytesMax);
  if (!bytes) return Adoption{};
  std::istringstream lines{std::string(as_text(*bytes))};
  Adoption out;
  std::getline(lines, out.database);
  for (std::string line; std::getline(lines, line);) {
    if (line == kDone) out.done = true;
    if (line.starts_with(kFrom)) out.from = line.substr(kFrom.size());
    if (line.starts_with(kMeeting))
      out.meeting = static_cast<std::uint32_t>(std::atoll(line.c_str() + kMeeting.size()));
  }
  return out;
}

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
  auto const adoption = adoption_of(directory);
  if (!adoption) return {};
  auto const& said = adoption->from.empty() ? strings::service::kRunAdopted : strings::service::kRunNotHereYet;
  return Explanation(Sentence(said, {{"path", directory.path().string()}}));
}

std::optional<Adoption> adoption_of(Directory const& directory) { return read_mark(mark(directory)); }
std::optional<Adoption> release_of(Directory const& directory) { return read_mark(release_mark(directory)); }

Explained<void> release(Directory const& directory) {
  if (::rename(mark(directory).c_str(), release_mark(directory).c_str()) != 0) {
    return system_error(strings::server::kFileNotCreated, release_mark(directory));
  }
  return sync_directory(directory.path());
}

Explained<void> mark_adopted(Directory const& directory, Adoption const& adoption) {
  auto const next = fs::path(mark(directory).string() + ".partial");
  std::error_code ignored;
  fs::remove(next, ignored);
  std::string text = adoption.database + "\n";
  if (adoption.done) text += std::string(kDone) + "\n";
  if (!adoption.from.empty()) {
    text += std::string(kFrom) + adoption.from + "\n" + std::string(kMeeting) + std::to_string(adoption.meeting) + "\n";
  }
  if (auto const done = write_file(next, as_bytes(text)); !done) return done;
  if (::rename(next.c_str(), mark(directory).c_str()) != 0) {
    return system_error(strings::server::kFileNotCreated, mark(directory));
  }
  return sync_directory(directory.path());
}

}  // namespace piaojue::server
