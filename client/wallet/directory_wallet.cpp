// SPDX-License-Identifier: Apache-2.0
#include "client/wallet/wallet.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;
using platform::Folder;
using platform::Open;

namespace {

constexpr std::string_view kJournalMagic = "PIAOJUE-JOURNAL-1\n";
constexpr std::size_t kCheckBytes = 8;
/// A record begins with kind ‖ u32be length.
constexpr std::size_t kHeadBytes = 5;
constexpr std::size_t kRecordBytesMax = 26U << 20;
constexpr std::size_t kNameCharsMax = 120;
/// What a crash may leave behind of `save`; swept at the next opening.
constexpr std::string_view kTemporary = ".new";
constexpr std::string_view kBlob = ".blob";

bool name_fits(std::string const& name) {
  auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/'; };
  return !name.empty() && name.size() <= kNameCharsMax && std::ranges::all_of(name, fits);
}

/// A '+' can not stand in a name, so this can be undone.
std::string file_name(std::string const& name) {
  std::string out = name;
  std::ranges::replace(out, '/', '+');
  return out + std::string(kBlob);
}

Bytes check_of(ByteView head, ByteView bytes) {
  auto const hash = crypto::sha256({head, bytes});
  return {hash.data.begin(), hash.data.begin() + kCheckBytes};
}

void append_record(Bytes& out, JournalRecord const& record) {
  Bytes head{static_cast<std::uint8_t>(record.kind)};
  append_u32be(head, static_cast<std::uint32_t>(record.bytes.size()));
  piaojue::append(out, head);
  piaojue::append(out, record.bytes);
  piaojue::append(out, check_of(head, record.bytes));
}

/// Whole records from the front; what follows the last one is the tail that a crash tore.
/// @return bytes used.
std::size_t parse_records(ByteView bytes, std::vector<JournalRecord>& out) {
  std::size_t used = 0;
  for (;;) {
    ByteView const rest = bytes.subspan(used);
    if (rest.size() < kHeadBytes + kCheckBytes) return used;
    std::size_t const length = read_u32be(rest.subspan(1));
    if (rest[0] < 1 || rest[0] > 3 || length > kRecordBytesMax) return used;
    if (rest.size() < kHeadBytes + length + kCheckBytes) return used;
    auto const body = rest.subspan(kHeadBytes, length);
    if (!std::ranges::equal(rest.subspan(kHeadBytes + length, kCheckBytes), check_of(rest.first(kHeadBytes), body))) {
      return used;
    }
    out.push_back({static_cast<JournalRecord::Kind>(rest[0]), to_bytes(body)});
    used += kHeadBytes + length + kCheckBytes;
  }
}

bool is_missing(std::error_code const& why) { return why == std::errc::no_such_file_or_directory; }

/// It failed before, was opened for reading, or the name is none.
Explanation unusable() { return {text::kWalletFailed, {}, Refusal::kStorage}; }

}  // namespace

Explanation DirectoryWallet::fail(char const* step, std::error_code const& why) {
  // A disk that failed once may have lost what it acknowledged since.
  failed_ = true;
  return {{text::kWalletStep, {{"step", step}, {"reason", platform::reason(why)}}}, path_, Refusal::kStorage};
}

Result<std::unique_ptr<DirectoryWallet>> DirectoryWallet::open(std::string const& path, Access access) {
  bool const writable = access != Access::kRead;
  std::unique_ptr<DirectoryWallet> wallet(new DirectoryWallet(path, writable));
  auto directory = Folder::open(path, access == Access::kCreate ? Folder::Make::kIfMissing : Folder::Make::kNo);
  if (!directory) return is_missing(directory.error()) ? Refusal::kUnknown : Refusal::kStorage;
  wallet->directory_ = std::move(*directory);
  if (!writable) return wallet;

  // Somebody else's readable directory would give the sealed files to everybody on this machine.
  if (!wallet->directory_.restrict_to_owner()) return Refusal::kStorage;
  auto lock = wallet->directory_.lock("lock");
  if (!lock) {
    return lock.error() == std::errc::resource_unavailable_try_again ? Refusal::kConflict : Refusal::kStorage;
  }
  wallet->lock_ = std::move(*lock);

  auto const found = wallet->directory_.names();
  if (!found) return Refusal::kStorage;
  for (auto const& name : *found) {
    if (name.ends_with(kTemporary)) static_cast<void>(wallet->directory_.remove(name));
  }

  auto journal = wallet->directory_.open_file("journal", Open::kAppend);
  if (!journal) return Refusal::kStorage;
  wallet->journal_ = std::move(*journal);
  if (!wallet->mend_journal() || !wallet->directory_.sync()) return Refusal::kStorage;
  return wallet;
}

bool DirectoryWallet::mend_journal() {
  // What a crash tore off goes before anything is written after it: else all that follows would be unreadable.
  auto const bytes = journal_.read_all();
  if (!bytes) return false;
  bool const begun = as_text(*bytes).starts_with(kJournalMagic);
  std::size_t keep = 0;
  if (begun) {
    std::vector<JournalRecord> records;
    keep = kJournalMagic.size() + parse_records(ByteView(*bytes).subspan(kJournalMagic.size()), records);
  }
  if (keep != bytes->size() && !journal_.cut(keep)) return false;
  if (!begun && !journal_.write(as_bytes(kJournalMagic))) return false;
  return journal_.sync().has_value();
}

Explained<void> DirectoryWallet::save(std::string const& name, ByteView blob) {
  if (failed_ || !writable_ || !name_fits(name)) return unusable();
  auto const file = file_name(name);
  auto const temporary = file + std::string(kTemporary);
  {
    auto out = directory_.open_file(temporary, Open::kReplace);
    if (!out) return fail("open", out.error());
    if (auto const done = out->write(blob); !done) return fail("write", done.error());
    if (auto const done = out->sync(); !done) return fail("fsync", done.error());
  }
  if (auto const done = directory_.move(temporary, file); !done) return fail("rename", done.error());
  if (auto const done = directory_.sync(); !done) return fail("fsync directory", done.error());
  return {};
}

Explained<std::optional<Bytes>> DirectoryWallet::load(std::string const& name) {
  if (!name_fits(name)) return unusable();
  auto in = directory_.open_file(file_name(name), Open::kRead);
  if (!in) {
    if (is_missing(in.error())) return std::optional<Bytes>();
    return fail("open", in.error());
  }
  auto bytes = in->read_all();
  if (!bytes) return fail("read", bytes.error());
  return std::optional(std::move(*bytes));
}

Explained<void> DirectoryWallet::erase(std::string const& name) {
  if (failed_ || !writable_ || !name_fits(name)) return unusable();
  auto const file = file_name(name);
  {
    auto out = directory_.open_file(file, Open::kUpdate);
    if (!out) {
      if (is_missing(out.error())) return {};
      return fail("open", out.error());
    }
    // As far as the file system lets us: what lay here is under a seal anyway.
    auto const size = out->size();
    if (!size) return fail("stat", size.error());
    if (auto const done = out->write_at(0, Bytes(*size, 0)); !done) return fail("overwrite", done.error());
    if (auto const done = out->sync(); !done) return fail("fsync", done.error());
  }
  if (auto const done = directory_.remove(file); !done && !is_missing(done.error()))
    return fail("unlink", done.error());
  if (auto const done = directory_.sync(); !done) return fail("fsync directory", done.error());
  return {};
}

Explained<std::vector<std::string>> DirectoryWallet::names(std::string const& prefix) {
  auto const listed = directory_.names();
  if (!listed) return fail("list", listed.error());
  std::vector<std::string> out;
  for (auto name : *listed) {
    if (!name.ends_with(kBlob)) continue;
    name.resize(name.size() - kBlob.size());
    std::ranges::replace(name, '+', '/');
    if (name.starts_with(prefix)) out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

Explained<std::vector<JournalRecord>> DirectoryWallet::journal() {
  auto in = directory_.open_file("journal", Open::kRead);
  std::vector<JournalRecord> out;
  if (!in) {
    if (is_missing(in.error())) return out;
    return fail("open journal", in.error());
  }
  auto const bytes = in->read_all();
  if (!bytes) return fail("read journal", bytes.error());
  if (!as_text(*bytes).starts_with(kJournalMagic)) return out;
  parse_records(ByteView(*bytes).subspan(kJournalMagic.size()), out);
  return out;
}

Explained<void> DirectoryWallet::append(std::vector<JournalRecord> const& records) {
  if (failed_ || !writable_) return unusable();
  if (records.empty()) return {};
  Bytes out;
  for (auto const& record : records) append_record(out, record);
  if (auto const done = journal_.write(out); !done) return fail("write journal", done.error());
  unsynced_ = true;
  return {};
}

Explained<void> DirectoryWallet::sync() {
  if (failed_ || !writable_) return unusable();
  if (!unsynced_) return {};
  if (auto const done = journal_.sync_data(); !done) return fail("fsync journal", done.error());
  unsynced_ = false;
  return {};
}

}  // namespace piaojue::client
