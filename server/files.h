// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Files of the server's directory: read whole, written once, on the disk when the call returns. And how all that the
/// operator is told says whether the input is at fault.
#include <filesystem>
#include <functional>

#include "base/explained.h"
#include "base/secret.h"

namespace piaojue::server {

namespace fs = std::filesystem;

/// The code of an explanation that blames what people gave: the program ends with 2, and with 1 after any other one.
/// `unusable` alone gives it; what the protocol calls malformed is told in other words here, without a code.
inline constexpr Refusal kInputAtFault = Refusal::kMalformed;
inline Explanation unusable(Sentence what, std::string place = {}) {
  return {std::move(what), std::move(place), kInputAtFault};
}
inline bool is_unusable(Explanation const& why) { return why.code == kInputAtFault; }

/// How far a work with many files has come: so many are done.
enum class FilesStep : std::uint8_t { kRead, kCopied };
using OnFiles = std::function<void(FilesStep step, std::size_t files)>;

/// An open file descriptor.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int opened) : fd(opened) {}
  ~Descriptor();
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
};

/// `text` with {path}, and {reason} from errno.
Explanation system_error(Text const& text, fs::path const& path);

/// A whole file, at most `bytes_max`.
[[nodiscard]] Explained<Bytes> read_file(fs::path const& path, std::size_t bytes_max);
/// Creates it with mode 0600, or refuses if it exists; on the disk when it returns.
[[nodiscard]] Explained<void> write_file(fs::path const& path, ByteView bytes);
/// 32 bytes as 64 hexadecimal digits and an end of line.
[[nodiscard]] Explained<Secret> read_secret(fs::path const& path);
[[nodiscard]] Explained<void> write_secret(fs::path const& path, Secret const& secret);
/// Of names in it: a file that was made there is there after a power cut.
[[nodiscard]] Explained<void> sync_directory(fs::path const& path);

}  // namespace piaojue::server
