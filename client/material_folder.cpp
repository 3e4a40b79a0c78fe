// SPDX-License-Identifier: Apache-2.0
#include "client/material_folder.h"

#include <array>
#include <charconv>
#include <fstream>

#include "base/platform/files.h"
#include "strings/client.h"

namespace piaojue::client {

namespace fs = std::filesystem;
namespace text = strings::client;

namespace {

constexpr std::size_t kNotesMax = 256;
constexpr std::string_view kFiles = "files/";
/// Behind a PDF's path: the file itself, for the script of the page that draws it.
constexpr std::string_view kBytes = "/bytes";
constexpr std::string_view kReader = "reader/";
constexpr std::string_view kReaderPage = "reader/reader.html";
/// Seconds in which nothing has come: a tab does not ask for ever.
constexpr unsigned kLooksMax = 120;
constexpr std::size_t kSealBytes = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kHeaderBytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kSealedPieceBytes = meeting::kAttachmentPieceBytes + kSealBytes;

Secret new_key() { return Secret::random(crypto_secretstream_xchacha20poly1305_KEYBYTES); }

/// "7/0"; nothing: no such path.
std::optional<MaterialKey> key_of(std::string_view path) {
  MaterialKey out;
  auto const* const end = path.data() + path.size();
  auto const question = std::from_chars(path.data(), end, out.question);
  if (question.ec != std::errc{} || question.ptr == end || *question.ptr != '/') return std::nullopt;
  auto const index = std::from_chars(question.ptr + 1, end, out.index);
  if (index.ec != std::errc{} || index.ptr != end) return std::nullopt;
  return out;
}

/// A file's name as a header may carry it (RFC 8187).
std::string percent_encoded(std::string_view name) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char const c : name) {
    auto const byte = static_cast<unsigned char>(c);
    bool const plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

/// Nothing of a file runs, fetches or sends anything, and it has an origin of its own: the door's is not it.
constexpr std::string_view kFilePolicy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'";

/// Of the page that draws a PDF: its own scripts, this one file, and the tables and fonts for drawing it. Not the door,
/// not another file, no window, form or download.
std::string reader_policy(std::string_view path) {
  return "sandbox allow-scripts allow-same-origin; default-src 'none'; script-src {here}reader/; "
         "worker-src {here}reader/pdf/worker.js; style-src {here}reader/reader.css; img-src data:; "
         "connect-src {here}files/" +
         std::string(path) + std::string(kBytes) +
         " {here}reader/pdf/; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
}

/// What takes a PDF apart runs in a worker, which has this policy and none besides: it reaches nothing. JPEG 2000 alone
/// is unpacked by WebAssembly.
constexpr std::string_view kReaderFilePolicy =
    "default-src 'none'; script-src 'wasm-unsafe-eval'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

constexpr std::string_view kWordsPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// In both languages: a tab has not said which one. @param again the tab asks again by itself.
local::Asset words_page(Sentence const& words, bool again) {
  std::string out = "<!doctype html><html lang=\"zh\"><head><meta charset=\"utf-8\">";
  if (again) out += "<meta http-equiv=\"refresh\" content=\"1\">";
  out +=
      "<meta name=\"viewport\" content=\"width=device-width\"><style>body{font:1.25rem/1.6 sans-serif;"
      "max-width:40rem;margin:15vh auto;padding:0 1rem}h1,p+p{color:#555;font-size:1rem}</style><title>";
  out.append(text::kAttachmentTitle.zh).append("</title></head><body><main><h1>");
  out.append(text::kAttachmentTitle.zh).append("</h1><p role=\"status\">");
  out.append(escaped(words.in(Lang::kZh))).append("</p><p lang=\"en\">").append(escaped(words.in(Lang::kEn)));
  out.append("</p></main></body></html>");
  return {.type = "text/html; charset=utf-8", .bytes = std::move(out), .policy = std::string(kWordsPolicy)};
}

}  // namespace

/// The file that is being written.
struct MaterialFolder::Open {
  fs::path path;
  platform::File file;
  std::uint64_t bytes = 0;
  crypto_secretstream_xchacha20poly1305_state seal{};

  Open() = default;
  Open(Open const&) = delete;
  Open& operator=(Open const&) = delete;
  ~Open() { sodium_memzero(&seal, sizeof seal); }
  bool push(ByteView piece, unsigned char tag) {
    Bytes sealed(piece.size() + kSealBytes);
    crypto_secretstream_xchacha20poly1305_push(&seal, sealed.data(), nullptr, piece.data(), piece.size(), nullptr, 0,
                                               tag);
    bytes += sealed.size();
    return file.write(sealed).has_value();
  }
};

MaterialFolder::MaterialFolder(fs::path folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)), bytes_max_(bytes_max), key_(new_key()) {
  remove_all();
}

MaterialFolder::~MaterialFolder() { remove_all(); }

void MaterialFolder::remove_all() {
  open_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  kept_.clear();
  notes_.clear();
  bytes_ = 0;
}

void MaterialFolder::wipe() {
  std::lock_guard const lock(mutex_);
  remove_all();
  // Whoever gets the disk's blocks and later this memory has no key to them.
  key_ = new_key();
}

bool MaterialFolder::has(MaterialKey key) {
  std::lock_guard const lock(mutex_);
  auto const it = kept_.find(key);
  if (it == kept_.end()) return false;
  it->second.used = ++uses_;
  return true;
}

void MaterialFolder::drop_open() {
  if (!open_) return;
  // Closed first: Windows removes no file that somebody has open.
  auto const path = open_->path;
  open_.reset();
  std::error_code ignored;
  fs::remove(path, ignored);
}

void MaterialFolder::drop() {
  std::lock_guard const lock(mutex_);
  drop_open();
}

void MaterialFolder::forget(std::map<MaterialKey, Kept>::iterator which) {
  std::error_code ignored;
  fs::remove(which->second.path, ignored);
  bytes_ -= which->second.bytes;
  kept_.erase(which);
}

void MaterialFolder::make_room(std::uint64_t bytes) {
  while (!kept_.empty() && bytes_ + bytes > bytes_max_) {
    forget(std::ranges::min_element(kept_, {}, [](auto const& one) { return one.second.used; }));
  }
}

bool MaterialFolder::begin(std::uint64_t bytes) {
  std::lock_guard const lock(mutex_);
  drop_open();
  auto const pieces = bytes / meeting::kAttachmentPieceBytes + 2;
  auto const sealed = kHeaderBytes + bytes + pieces * kSealBytes;
  if (sealed > bytes_max_) return false;
  make_room(sealed);
  auto const folder = platform::Folder::open(folder_, platform::Folder::Make::kIfMissing);
  if (!folder) return false;
  auto open = std::make_unique<Open>();
  auto const name = std::to_string(++last_name_);
  auto file = folder->open_file(name, platform::Open::kNew);
  if (!file) return false;
  open->path = folder_ / name;
  open->file = std::move(*file);
  open_ = std::move(open);
  std::array<std::uint8_t, kHeaderBytes> header;
  crypto_secretstream_xchacha20poly1305_init_push(&open_->seal, header.data(), key_.data());
  open_->bytes = header.size();
  return open_->file.write(header).has_value();
}

bool MaterialFolder::add(ByteView piece) {
  std::lock_guard const lock(mutex_);
  return open_ && open_->push(piece, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
}

bool MaterialFolder::keep(MaterialKey key, std::string const& name, meeting::Media media) {
  std::lock_guard const lock(mutex_);
  if (!open_ || !open_->push({}, crypto_secretstream_xchacha20poly1305_TAG_FINAL)) return false;
  notes_.erase(key);
  kept_[key] = {open_->path, name, media, open_->bytes, ++uses_};
  bytes_ += open_->bytes;
  open_.reset();
  return true;
}

std::optional<std::string> MaterialFolder::read_kept(MaterialKey key) {
  auto const it = kept_.find(key);
  if (it == kept_.end()) return std::nullopt;
  std::ifstream in(it->second.path, std::ios::binary);
  std::string const sealed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  ByteView rest = as_bytes(sealed);
  if (rest.size() < kHeaderBytes) return std::nullopt;
  crypto_secretstream_xchacha20poly1305_state seal;
  if (crypto_secretstream_xchacha20poly1305_init_pull(&seal, rest.data(), key_.data()) != 0) return std::nullopt;
  rest = rest.subspan(kHeaderBytes);
  std::string out;
  unsigned char tag = 0;
  while (rest.size() > kSealBytes) {
    // The last one is empty, and stands behind a piece of any length.
    auto const piece = rest.first(std::min(kSealedPieceBytes, rest.size() - kSealBytes));
    auto const at = out.size();
    out.resize(at + piece.size() - std::min(piece.size(), kSealBytes));
    if (piece.size() < kSealBytes ||
        crypto_secretstream_xchacha20poly1305_pull(&seal, reinterpret_cast<unsigned char*>(out.data()) + at, nullptr,
                                                   &tag, piece.data(), piece.size(), nullptr, 0) != 0) {
      return std::nullopt;
    }
    rest = rest.subspan(piece.size());
  }
  bool const whole = rest.size() == kSealBytes &&
                     crypto_secretstream_xchacha20poly1305_pull(&seal, nullptr, nullptr, &tag, rest.data(), rest.size(),
                                                                nullptr, 0) == 0 &&
                     tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<std::string> MaterialFolder::read(MaterialKey key) {
  std::lock_guard const lock(mutex_);
  return read_kept(key);
}

std::optional<local::Asset> MaterialFolder::asset(std::string_view path, local::Assets const& otherwise) {
  bool const raw = path.ends_with(kBytes);
  if (raw) path.remove_suffix(kBytes.size());
  auto const key = key_of(path);
  std::lock_guard const lock(mutex_);
  auto bytes = key ? read_kept(*key) : std::nullopt;
  if (!bytes) return key ? waiting(*key) : words_page(text::kAttachmentGone, false);
  auto& kept = kept_.at(*key);
  kept.used = ++uses_;
  auto const name = "; filename*=UTF-8''" + percent_encoded(kept.name);
  bool const pdf = kept.media == meeting::Media::kPdf;
  if (raw && !pdf) return words_page(text::kAttachmentGone, false);
  if (raw) {
    return local::Asset{.type = "application/octet-stream",
                        .bytes = std::move(*bytes),
                        .policy = std::string(kFilePolicy),
                        .disposition = "attachment" + name,
                        .fetch_only = true};
  }
  if (pdf) {
    // A browser's own viewer heeds no policy, and goes where a link in the file leads: it never has the file.
    auto page = otherwise ? otherwise(kReaderPage) : std::nullopt;
    if (page) page->policy = reader_policy(path);
    return page;
  }
  return local::Asset{.type = meeting::media_type(kept.media),
                      .bytes = std::move(*bytes),
                      .policy = std::string(kFilePolicy),
                      .disposition = "inline" + name};
}

local::Asset MaterialFolder::waiting(MaterialKey key) {
  // What is there and cannot be opened was changed on the disk: it is fetched anew.
  if (auto const it = kept_.find(key); it != kept_.end()) forget(it);
  if (!fetch_) return words_page(text::kAttachmentGone, false);
  auto const [it, fresh] = notes_.try_emplace(key);
  auto& note = it->second;
  if (note.refused) {
    // Said once; whoever loads the tab again tries again.
    auto const why = *note.refused;
    notes_.erase(it);
    return words_page(why, false);
  }
  if (++note.looked > kLooksMax) {
    notes_.erase(it);
    return words_page(text::kAttachmentGone, false);
  }
  if (fresh) fetch_(key);
  std::uint64_t const percent = note.size > 0 ? note.got * 100 / note.size : 0;
  return words_page({text::kAttachmentComing, {{"percent", percent}}}, true);
}

void MaterialFolder::say_progress(MaterialKey key, std::uint64_t got, std::uint64_t size) {
  std::lock_guard const lock(mutex_);
  notes_[key] = {got, size, {}, 0};
}

void MaterialFolder::say_refused(MaterialKey key, Sentence const& why) {
  std::lock_guard const lock(mutex_);
  // Nobody looks at more than a handful of tabs; what nobody looks at is not kept for ever.
  if (notes_.size() > kNotesMax) notes_.clear();
  notes_[key].refused = why;
}

void MaterialFolder::fetch_by(std::function<void(MaterialKey)> fetch) {
  std::lock_guard const lock(mutex_);
  fetch_ = std::move(fetch);
}

local::Assets MaterialFolder::in_front_of(local::Assets otherwise) {
  return [this, otherwise = std::move(otherwise)](std::string_view path) -> std::optional<local::Asset> {
    if (path.starts_with(kFiles)) return asset(path.substr(kFiles.size()), otherwise);
    auto out = otherwise ? otherwise(path) : std::nullopt;
    if (out && path.starts_with(kReader)) out->policy = kReaderFilePolicy;
    return out;
  };
}

}  // namespace piaojue::client
