// SPDX-License-Identifier: Apache-2.0
#include "server/materials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <functional>
#include <set>

#include "base/utf8.h"
#include "crypto/running_hash.h"
#include "protocol/meeting/attachment.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;

namespace {

constexpr std::size_t kReadBytes = 256U << 10;
constexpr std::size_t kFaultsMax = 50;

/// All that is wrong, a line each, and how much more there is.
class Faults {
 public:
  void add(Text const& what, fs::path const& path) {
    if (++count_ > kFaultsMax) return;
    Sentence one(what, {{"path", path.string()}});
    said_ =
        said_ ? Sentence(text::kInitSheetFaultNext, {{"before", std::move(*said_)}, {"fault", std::move(one)}}) : one;
  }
  bool none() const { return count_ == 0; }
  Sentence take() {
    if (count_ <= kFaultsMax) return std::move(*said_);
    Sentence more(text::kMaterialsMore, {{"count", std::uint64_t{count_ - kFaultsMax}}});
    return {text::kInitSheetFaultNext, {{"before", std::move(*said_)}, {"fault", std::move(more)}}};
  }

 private:
  std::optional<Sentence> said_;
  std::size_t count_ = 0;
};

/// Left behind by file managers, or hidden: not meant.
bool is_passed_over(fs::path const& path) {
  auto const name = path.filename().string();
  return name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini" || name == "__MACOSX";
}

/// By name, so that the order is the same wherever it is read. @return false: it cannot be listed.
bool list(fs::path const& dir, std::vector<fs::path>& out) {
  std::error_code failed;
  for (fs::directory_iterator it(dir, failed), end; !failed && it != end; it.increment(failed)) {
    if (!is_passed_over(it->path())) out.push_back(it->path());
  }
  std::ranges::sort(out);
  return !failed;
}

/// "12", "12-张三", "012 张三": 12. Nothing: it begins with no number.
std::optional<meeting::QuestionId> number_of(fs::path const& folder) {
  auto const name = folder.filename().string();
  meeting::QuestionId number = 0;
  auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{}) return std::nullopt;
  bool const apart = end == name.data() + name.size() || *end == '-' || *end == ' ' || *end == '_';
  return apart ? std::optional(number) : std::nullopt;
}

/// Reads a file once through. @param each piece of it; false ends it. @return false: it cannot be read.
bool read_through(fs::path const& path, std::function<bool(ByteView)> const& each) {
  // A way to somewhere else is no file of this candidate.
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd < 0) return false;
  Bytes buffer(kReadBytes);
  for (;;) {
    auto const got = ::read(file.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0 || !each(ByteView(buffer).first(static_cast<std::size_t>(got)))) return true;
  }
}

void read_material(Faults& faults, std::vector<Material>& out, meeting::QuestionId question, fs::path const& path) {
  std::error_code failed;
  if (!fs::is_regular_file(fs::symlink_status(path, failed))) return faults.add(text::kMaterialsNoFile, path);
  Material found{question, path, {path.filename().string(), 0, {}}};
  auto& is = found.attachment;
  auto const media = meeting::media_of(is.name);
  if (!media) return faults.add(text::kMaterialsKind, path);
  if (!is_utf8(is.name) || !meeting::is_attachment_name(is.name)) return faults.add(text::kMaterialsName, path);
  crypto::RunningHash running;
  bool as_named = true;
  bool const read = read_through(path, [&](ByteView piece) {
    if (is.size == 0) as_named = meeting::begins_as(*media, piece);
    is.size += piece.size();
    running.add(piece);
    return as_named && is.size <= meeting::kAttachmentBytesMax;
  });
  if (!read) return faults.add(text::kMaterialsUnreadable, path);
  if (is.size == 0) return faults.add(text::kMaterialsEmpty, path);
  if (!as_named) return faults.add(text::kMaterialsOther, path);
  if (is.size > meeting::kAttachmentBytesMax) return faults.add(text::kMaterialsTooLarge, path);
  is.sha256 = running.finish();
  out.push_back(std::move(found));
}

void read_candidate(Faults& faults, std::vector<Material>& out, meeting::QuestionId question, fs::path const& folder) {
  std::vector<fs::path> files;
  if (!list(folder, files)) return faults.add(text::kMaterialsUnreadable, folder);
  if (files.size() > meeting::kAttachmentsMax) return faults.add(text::kMaterialsTooMany, folder);
  std::set<std::string> names;
  for (auto const& file : files) {
    if (!names.insert(meeting::folded(file.filename().string())).second) faults.add(text::kMaterialsTwice, file);
    read_material(faults, out, question, file);
  }
}

}  // namespace

Explained<std::vector<Material>> read_materials(fs::path const& dir, meeting::Manifest& manifest,
                                                OnFiles const& on_files) {
  std::vector<fs::path> folders;
  if (!list(dir, folders)) return unusable(Sentence(text::kMaterialsUnreadable, {{"path", dir.string()}}));
  Faults faults;
  std::vector<Material> out;
  std::set<meeting::QuestionId> seen;
  for (auto const& folder : folders) {
    auto const question = number_of(folder);
    std::error_code failed;
    if (!question || !fs::is_directory(folder, failed)) {
      faults.add(text::kMaterialsNoNumber, folder);
    } else if (*question < 1 || *question > manifest.candidates.size()) {
      faults.add(text::kMaterialsNoCandidate, folder);
    } else if (!seen.insert(*question).second) {
      faults.add(text::kMaterialsFolderTwice, folder);
    } else {
      read_candidate(faults, out, *question, folder);
      if (on_files) on_files(FilesStep::kRead, out.size());
    }
  }
  if (out.size() > meeting::kAttachmentsAllMax) faults.add(text::kMaterialsTooManyInAll, dir);
  if (!faults.none()) return unusable(faults.take());
  for (auto const& one : out) manifest.candidates[one.question - 1].attachments.push_back(one.attachment);
  return out;
}

Explained<void> copy_materials(std::vector<Material> const& materials, fs::path const& folder,
                               OnFiles const& on_files) {
  std::size_t copied = 0;
  if (::mkdir(folder.c_str(), 0700) != 0) return system_error(text::kFileNotCreated, folder);
  for (auto const& one : materials) {
    if (on_files) on_files(FilesStep::kCopied, ++copied);
    auto const to = folder / to_hex(one.attachment.sha256.view());
    std::error_code ignored;
    if (fs::exists(to, ignored)) continue;  // the same file of somebody else
    Bytes bytes;
    bool const read = read_through(one.from, [&](ByteView piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      return bytes.size() <= meeting::kAttachmentBytesMax;
    });
    if (!read || crypto::sha256({bytes}) != one.attachment.sha256) {
      return unusable(Sentence(text::kMaterialsChanged, {{"path", one.from.string()}}));
    }
    if (auto done = write_file(to, bytes); !done) return done;
  }
  return sync_directory(folder);
}

std::optional<Bytes> read_piece(fs::path const& folder, Reading const& reading) {
  Descriptor const file(::open((folder / to_hex(reading.file.view())).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return std::nullopt;
  Bytes out(reading.length);
  for (std::size_t have = 0; have < out.size();) {
    auto const got = ::pread(file.fd, out.data() + have, out.size() - have, static_cast<off_t>(reading.offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace piaojue::server
