// SPDX-License-Identifier: Apache-2.0
#include "server/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "strings/server.h"

namespace piaojue::server {

Descriptor::~Descriptor() {
  if (fd >= 0) ::close(fd);
}

Explanation system_error(Text const& text, fs::path const& path) {
  return Sentence(text, {{"path", path.string()}, {"reason", std::strerror(errno)}});
}

Explained<Bytes> read_file(fs::path const& path, std::size_t bytes_max) {
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_error(strings::server::kFileUnreadable, path);
  Bytes bytes;
  std::array<std::uint8_t, 16384> buffer;
  WipeOnExit const wipe(buffer);
  for (;;) {
    auto const got = ::read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(strings::server::kFileUnreadable, path);
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(got) > bytes_max) {
      return Explanation(
          Sentence(strings::server::kFileTooLarge, {{"path", path.string()}, {"bytes", std::uint64_t{bytes_max}}}));
    }
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + got);
  }
}

Explained<void> write_file(fs::path const& path, ByteView bytes) {
  Descriptor const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd < 0) return system_error(strings::server::kFileNotCreated, path);
  while (!bytes.empty()) {
    auto const wrote = ::write(file.fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return system_error(strings::server::kFileNotWritten, path);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  if (::fsync(file.fd) != 0) return system_error(strings::server::kFileNotWritten, path);
  return {};
}

Explained<Secret> read_secret(fs::path const& path) {
  auto text = read_file(path, 4096);
  if (!text) return text.error();
  WipeOnExit const wipe(*text);
  std::string_view hex = as_text(*text);
  if (hex.ends_with('\n')) hex.remove_suffix(1);
  auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) {
    return Explanation(Sentence(strings::server::kFileNoKey, {{"path", path.string()}}));
  }
  WipeOnExit const wipe_bytes(*bytes);
  return Secret::copy_of(*bytes);
}

Explained<void> write_secret(fs::path const& path, Secret const& secret) {
  auto text = to_hex(secret.view()) + "\n";
  auto written = write_file(path, as_bytes(text));
  sodium_memzero(text.data(), text.size());
  return written;
}

Explained<void> sync_directory(fs::path const& path) {
  Descriptor const directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) return system_error(strings::server::kFileNotWritten, path);
  return {};
}

}  // namespace piaojue::server
