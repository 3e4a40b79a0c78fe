// SPDX-License-Identifier: Apache-2.0
#include "base/platform/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/platform/posix/failed.h"

namespace piaojue::platform {
namespace {

constexpr mode_t kOwner = 0600;
constexpr mode_t kOwnersFolder = 0700;

int fd_of(Handle const& handle) { return static_cast<int>(handle.get()); }

int flags_of(Open how) {
  switch (how) {
    case Open::kRead:
      break;
    case Open::kAppend:
      return O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC;
    case Open::kUpdate:
      return O_RDWR | O_CLOEXEC;
    case Open::kReplace:
      return O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    case Open::kNew:
      return O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  }
  return O_RDONLY | O_CLOEXEC;
}

Answer<Handle> opened(int fd) {
  if (fd < 0) return failed();
  return Handle(fd);
}

/// All that there is, from where `next` begins; it answers as read(2).
template <class Next>
Answer<std::vector<std::uint8_t>> all_of(int fd, Next const& next) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return failed();
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(info.st_size));
  std::uint8_t chunk[1U << 16];
  for (;;) {
    auto const n = next(chunk, sizeof chunk, out.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed();
    if (n == 0) return out;
    out.insert(out.end(), chunk, chunk + n);
  }
}

/// `next` answers as write(2).
template <class Next>
Answer<void> write_whole(std::span<std::uint8_t const> bytes, Next const& next) {
  for (std::size_t done = 0; done < bytes.size();) {
    auto const n = next(bytes.subspan(done), done);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return failed();
    done += static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace

// ---- Handle, File ---------------------------------------------------------------------------------------------------

Handle::~Handle() {
  if (is_open()) ::close(static_cast<int>(native_));
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (is_open()) ::close(static_cast<int>(native_));
  native_ = other.release();
  return *this;
}

Answer<File> File::open(std::filesystem::path const& path, Open how) {
  auto handle = opened(::open(path.c_str(), flags_of(how), kOwner));
  if (!handle) return handle.error();
  return File(std::move(*handle), how);
}

Answer<std::size_t> File::read(std::span<std::uint8_t> to) {
  for (;;) {
    auto const n = ::read(fd_of(handle_), to.data(), to.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return failed();
  }
}

Answer<std::vector<std::uint8_t>> File::read_all() {
  int const fd = fd_of(handle_);
  return all_of(fd, [fd](std::uint8_t* to, std::size_t size, std::size_t) { return ::read(fd, to, size); });
}

Answer<void> File::write(std::span<std::uint8_t const> bytes) {
  int const fd = fd_of(handle_);
  return write_whole(bytes, [fd](auto rest, std::size_t) { return ::write(fd, rest.data(), rest.size()); });
}

Answer<void> File::write_at(std::uint64_t offset, std::span<std::uint8_t const> bytes) {
  int const fd = fd_of(handle_);
  return write_whole(bytes, [fd, offset](auto rest, std::size_t done) {
    return ::pwrite(fd, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

Answer<std::uint64_t> File::size() const {
  struct stat info {};
  if (::fstat(fd_of(handle_), &info) != 0) return failed();
  return static_cast<std::uint64_t>(info.st_size);
}

Answer<void> File::cut(std::uint64_t size) {
  if (::ftruncate(fd_of(handle_), static_cast<off_t>(size)) != 0) return failed();
  return {};
}

Answer<void> File::sync() {
  if (::fsync(fd_of(handle_)) != 0) return failed();
  return {};
}

Answer<void> File::sync_data() {
  if (::fdatasync(fd_of(handle_)) != 0) return failed();
  return {};
}

// ---- Folder ---------------------------------------------------------------------------------------------------------

Answer<Folder> Folder::open(std::filesystem::path const& path, Make make) {
  if (make == Make::kIfMissing && ::mkdir(path.c_str(), kOwnersFolder) != 0 && errno != EEXIST) return failed();
  auto handle = opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle) return handle.error();
  return Folder(std::move(*handle));
}

Answer<void> Folder::restrict_to_owner() const {
  if (::fchmod(fd_of(handle_), kOwnersFolder) != 0) return failed();
  return {};
}

Answer<File> Folder::open_file(std::string const& name, Open how) const {
  auto handle = opened(::openat(fd_of(handle_), name.c_str(), flags_of(how), kOwner));
  if (!handle) return handle.error();
  return File(std::move(*handle), how);
}

Answer<File> Folder::lock(std::string const& name) const {
  auto handle = opened(::openat(fd_of(handle_), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kOwner));
  if (!handle) return handle.error();
  if (::flock(fd_of(*handle), LOCK_EX | LOCK_NB) != 0) return failed();
  return File(std::move(*handle), Open::kUpdate);
}

Answer<void> Folder::move(std::string const& from, std::string const& to) const {
  if (::renameat(fd_of(handle_), from.c_str(), fd_of(handle_), to.c_str()) != 0) return failed();
  return {};
}

Answer<void> Folder::remove(std::string const& name) const {
  if (::unlinkat(fd_of(handle_), name.c_str(), 0) != 0) return failed();
  return {};
}

Answer<std::vector<std::string>> Folder::names() const {
  int const listed = ::openat(fd_of(handle_), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = listed < 0 ? nullptr : ::fdopendir(listed);
  if (listing == nullptr) return failed();
  std::vector<std::string> out;
  while (auto const* const found = ::readdir(listing)) {
    std::string name = found->d_name;
    if (name != "." && name != "..") out.push_back(std::move(name));
  }
  ::closedir(listing);
  return out;
}

Answer<void> Folder::sync() const {
  if (::fsync(fd_of(handle_)) != 0) return failed();
  return {};
}

std::string file_name_like(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\') c = '_';
  }
  return name;
}

void keep_new_files_private() { ::umask(S_IRWXG | S_IRWXO); }

// ---- MemoryFile -----------------------------------------------------------------------------------------------------

Answer<MemoryFile> MemoryFile::make() {
  auto handle = opened(::memfd_create("piaojue", MFD_CLOEXEC));
  if (!handle) return handle.error();
  auto path = "/proc/self/fd/" + std::to_string(handle->get());
  return MemoryFile(std::move(*handle), std::move(path));
}

MemoryFile::~MemoryFile() = default;
MemoryFile::MemoryFile(MemoryFile&& other) noexcept = default;

Answer<std::vector<std::uint8_t>> MemoryFile::bytes() const {
  int const fd = fd_of(handle_);
  return all_of(fd, [fd](std::uint8_t* to, std::size_t size, std::size_t at) {
    return ::pread(fd, to, size, static_cast<off_t>(at));
  });
}

}  // namespace piaojue::platform
