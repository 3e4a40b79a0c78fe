// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "client/wallet/wallet.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

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

/// A file descriptor that is closed at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    auto const n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<Bytes> read_all(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  Bytes out;
  out.reserve(static_cast<std::size_t>(info.st_size));
  std::uint8_t chunk[1U << 16];
  for (;;) {
    auto const n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return out;
    out.insert(out.end(), chunk, chunk + n);
  }
}

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

/// It failed before, was opened for reading, or the name is none.
Explanation unusable() { return {text::kWalletFailed, {}, Refusal::kStorage}; }

}  // namespace

Explanation DirectoryWallet::fail(char const* step) {
  // A disk that failed once may have lost what it acknowledged since.
  failed_ = true;
  return {{text::kWalletStep, {{"step", step}, {"reason", std::strerror(errno)}}}, path_, Refusal::kStorage};
}

Result<std::unique_ptr<DirectoryWallet>> DirectoryWallet::open(std::string const& path, Access access) {
  bool const writable = access != Access::kRead;
  if (access == Access::kCreate && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Refusal::kStorage;
  std::unique_ptr<DirectoryWallet> wallet(new DirectoryWallet(path, writable));
  wallet->directory_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (wallet->directory_ < 0) return errno == ENOENT ? Refusal::kUnknown : Refusal::kStorage;
  if (!writable) return wallet;

  // Somebody else's readable directory would give the sealed files to everybody on this machine.
  if (::fchmod(wallet->directory_, 0700) != 0) return Refusal::kStorage;
  wallet->lock_ = ::openat(wallet->directory_, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (wallet->lock_ < 0) return Refusal::kStorage;
  if (::flock(wallet->lock_, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? Refusal::kConflict : Refusal::kStorage;
  }

  int const listed = ::openat(wallet->directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = listed < 0 ? nullptr : ::fdopendir(listed);
  if (listing == nullptr) return Refusal::kStorage;
  while (auto const* const found = ::readdir(listing)) {
    if (std::string_view(found->d_name).ends_with(kTemporary)) ::unlinkat(wallet->directory_, found->d_name, 0);
  }
  ::closedir(listing);

  wallet->journal_ = ::openat(wallet->directory_, "journal", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (wallet->journal_ < 0) return Refusal::kStorage;
  // What a crash tore off goes before anything is written after it: else all that follows would be unreadable.
  auto const bytes = read_all(wallet->journal_);
  if (!bytes) return Refusal::kStorage;
  bool const begun = as_text(*bytes).starts_with(kJournalMagic);
  std::size_t keep = 0;
  if (begun) {
    std::vector<JournalRecord> records;
    keep = kJournalMagic.size() + parse_records(ByteView(*bytes).subspan(kJournalMagic.size()), records);
  }
  if (keep != bytes->size() && ::ftruncate(wallet->journal_, static_cast<off_t>(keep)) != 0) return Refusal::kStorage;
  if (!begun && !write_all(wallet->journal_, as_bytes(kJournalMagic))) return Refusal::kStorage;
  if (::fsync(wallet->journal_) != 0 || ::fsync(wallet->directory_) != 0) return Refusal::kStorage;
  return wallet;
}

DirectoryWallet::~DirectoryWallet() {
  for (int const fd : {journal_, lock_, directory_}) {
    if (fd >= 0) ::close(fd);
  }
}

Explained<void> DirectoryWallet::save(std::string const& name, ByteView blob) {
  if (failed_ || !writable_ || !name_fits(name)) return unusable();
  auto const file = file_name(name);
  auto const temporary = file + std::string(kTemporary);
  {
    Descriptor const out(::openat(directory_, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (out.get() < 0) return fail("open");
    if (!write_all(out.get(), blob)) return fail("write");
    if (::fsync(out.get()) != 0) return fail("fsync");
  }
  if (::renameat(directory_, temporary.c_str(), directory_, file.c_str()) != 0) return fail("rename");
  if (::fsync(directory_) != 0) return fail("fsync directory");
  return {};
}

Explained<std::optional<Bytes>> DirectoryWallet::load(std::string const& name) {
  if (!name_fits(name)) return unusable();
  Descriptor const in(::openat(directory_, file_name(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return fail("open");
  }
  auto bytes = read_all(in.get());
  if (!bytes) return fail("read");
  return bytes;
}

Explained<void> DirectoryWallet::erase(std::string const& name) {
  if (failed_ || !writable_ || !name_fits(name)) return unusable();
  auto const file = file_name(name);
  {
    Descriptor const out(::openat(directory_, file.c_str(), O_WRONLY | O_CLOEXEC));
    if (out.get() < 0) {
      if (errno == ENOENT) return {};
      return fail("open");
    }
    // As far as the file system lets us: what lay here is under a seal anyway.
    struct stat info {};
    if (::fstat(out.get(), &info) != 0) return fail("stat");
    if (!write_all(out.get(), Bytes(static_cast<std::size_t>(info.st_size), 0))) return fail("overwrite");
    if (::fsync(out.get()) != 0) return fail("fsync");
  }
  if (::unlinkat(directory_, file.c_str(), 0) != 0 && errno != ENOENT) return fail("unlink");
  if (::fsync(directory_) != 0) return fail("fsync directory");
  return {};
}

Explained<std::vector<std::string>> DirectoryWallet::names(std::string const& prefix) {
  int const listed = ::openat(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = listed < 0 ? nullptr : ::fdopendir(listed);
  if (listing == nullptr) return fail("list");
  std::vector<std::string> out;
  while (auto const* const found = ::readdir(listing)) {
    std::string name = found->d_name;
    if (!name.ends_with(kBlob)) continue;
    name.resize(name.size() - kBlob.size());
    std::ranges::replace(name, '+', '/');
    if (name.starts_with(prefix)) out.push_back(std::move(name));
  }
  ::closedir(listing);
  std::ranges::sort(out);
  return out;
}

Explained<std::vector<JournalRecord>> DirectoryWallet::journal() {
  Descriptor const in(::openat(directory_, "journal", O_RDONLY | O_CLOEXEC));
  std::vector<JournalRecord> out;
  if (in.get() < 0) {
    if (errno == ENOENT) return out;
    return fail("open journal");
  }
  auto const bytes = read_all(in.get());
  if (!bytes) return fail("read journal");
  if (!as_text(*bytes).starts_with(kJournalMagic)) return out;
  parse_records(ByteView(*bytes).subspan(kJournalMagic.size()), out);
  return out;
}

Explained<void> DirectoryWallet::append(std::vector<JournalRecord> const& records) {
  if (failed_ || !writable_) return unusable();
  if (records.empty()) return {};
  Bytes out;
  for (auto const& record : records) append_record(out, record);
  if (!write_all(journal_, out)) return fail("write journal");
  unsynced_ = true;
  return {};
}

Explained<void> DirectoryWallet::sync() {
  if (failed_ || !writable_) return unusable();
  if (!unsynced_) return {};
  if (::fdatasync(journal_) != 0) return fail("fsync journal");
  unsynced_ = false;
  return {};
}

}  // namespace piaojue::client
