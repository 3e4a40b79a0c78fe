// SPDX-License-Identifier: Apache-2.0
#include "office/ledger/ledger_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

#include "crypto/seal.h"
#include "protocol/log/checkpoint.h"

namespace piaojue::office {
namespace {

constexpr std::string_view kKeyMagic = "PIAOJUE-OFFICE-KEY-1\n";

bool write_all(int file, ByteView bytes, off_t at) {
  while (!bytes.empty()) {
    ssize_t const done = ::pwrite(file, bytes.data(), bytes.size(), at);
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    at += done;
  }
  return ::fsync(file) == 0;
}

bool sync_folder(std::filesystem::path const& folder) {
  int const at = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return false;
  bool const ok = ::fsync(at) == 0;
  ::close(at);
  return ok;
}

Bytes key_associated(LedgerId const& id, std::uint32_t person) {
  Bytes out = to_bytes(as_bytes("piaojue/v1/office-key"));
  out.push_back(0);
  piaojue::append(out, id);
  append_u32be(out, person);
  return out;
}

}  // namespace

std::string key_fingerprint(crypto::SigningPublicKey const& key) {
  std::string const hex = to_hex(crypto::sha256({key.view()}).view()).substr(0, 32);
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) (out += i > 0 && i % 4 == 0 ? " " : "") += hex[i];
  return out;
}

Answered<Bytes> read_file(std::filesystem::path const& path, std::size_t bytes_max) {
  std::error_code none;
  std::ifstream in(path, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(path, none)) return Answered<Bytes>::no(path.string() + "：打不开");
  auto const size = std::filesystem::file_size(path, none);
  if (none || size > bytes_max) return Answered<Bytes>::no(path.string() + "：过大");
  Bytes out(size);
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size) return Answered<Bytes>::no(path.string() + "：读不完整");
  return Answered<Bytes>::yes(std::move(out));
}

Answered<std::uint64_t> write_file(std::filesystem::path const& path, ByteView bytes) {
  auto beside = path;
  beside += ".new";
  int const file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool ok = file >= 0 && write_all(file, bytes, 0);
  if (file >= 0) ::close(file);
  ok = ok && ::rename(beside.c_str(), path.c_str()) == 0 && sync_folder(path.parent_path());
  if (!ok) return Answered<std::uint64_t>::no(path.string() + "：写不进去");
  return Answered<std::uint64_t>::yes(bytes.size());
}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      ledger_(std::move(other.ledger_)),
      bytes_(other.bytes_),
      torn_(other.torn_),
      head_behind_(other.head_behind_),
      file_(std::exchange(other.file_, -1)),
      lock_(std::exchange(other.lock_, -1)) {}

LedgerFile::~LedgerFile() {
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

Answered<LedgerFile> LedgerFile::open(std::filesystem::path const& folder, bool create) {
  auto const no = [](std::string why) { return Answered<LedgerFile>::no(std::move(why)); };
  std::error_code none;
  auto const path = folder / "ledger";
  if (!std::filesystem::exists(path, none)) {
    if (!create) return no(folder.string() + "：没有账本；请先运行 piaojue clerk enlist");
    std::filesystem::create_directories(folder / "keys", none);
    if (none) return no(folder.string() + "：建不了文件夹");
  }
  LedgerFile out(folder, Ledger(LedgerId{}));
  out.lock_ = ::open((folder / "ledger.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (out.lock_ < 0 || ::flock(out.lock_, LOCK_EX | LOCK_NB) != 0)
    return no(folder.string() + "：账本正被另一程序使用");
  if (!std::filesystem::exists(path, none)) {
    LedgerId id{};
    randombytes_buf(id.data(), id.size());
    if (auto const written = write_file(path, ledger_header(id)); !written.ok()) return no(written.refusal);
  }
  auto const bytes = read_file(path, kLedgerBytesMax);
  if (!bytes.ok()) return no(bytes.refusal);
  auto loaded = load_ledger(*bytes);
  if (!loaded.ok()) return no(loaded.refusal);
  out.ledger_ = std::move(loaded->ledger);
  out.bytes_ = loaded->bytes;
  out.torn_ = loaded->torn;
  Ledger const& ledger = out.ledger_;
  auto const note = read_file(folder / "ledger.head", log::kNoteBytesMax);
  if (!note.ok() && ledger.size() > 1) return no("账本的指纹文件 ledger.head 不见了");
  out.head_behind_ = ledger.size() > 0;
  if (note.ok()) {
    bool opened = false;
    for (OfficePerson const& person : ledger.people()) {
      auto const head = log::open_checkpoint(as_text(*note), ledger.origin(), person.key);
      if (!head) continue;
      opened = true;
      if (head->size == ledger.size()) out.head_behind_ = false;
      if (head->size > ledger.size())
        return no("账本被截短：应有 " + std::to_string(head->size) + " 条，只有 " + std::to_string(ledger.size()) +
                  " 条");
      if (ledger.head(head->size) != head->root) return no("账本与 ledger.head 不一致");
    }
    if (!opened) return no("ledger.head 不是已登记的人签的，或账本被截短");
  }
  out.file_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (out.file_ < 0) return no(path.string() + "：打不开");
  if (out.torn_ > 0 && (::ftruncate(out.file_, static_cast<off_t>(out.bytes_)) != 0 || ::fsync(out.file_) != 0))
    return no(path.string() + "：写不进去");
  return Answered<LedgerFile>::yes(std::move(out));
}

Answered<std::uint64_t> LedgerFile::append(Action const& action, std::vector<Signer> const& signers) {
  auto const no = [](std::string why) { return Answered<std::uint64_t>::no(std::move(why)); };
  auto const entry = ledger_.sign(action, signers);
  if (!entry.ok()) return no(entry.refusal);
  // At most one entry is ahead of the head, as after a crash between the two: nothing rests on a guard that is not
  // there.
  if (head_behind_) {
    if (auto const written = write_head(*signers.front().key); !written.ok()) return no(written.refusal);
  }
  Ledger next = ledger_;
  auto index = next.apply(*entry);
  if (!index.ok()) return index;
  Bytes bytes;
  append_u32be(bytes, static_cast<std::uint32_t>(entry->size()));
  piaojue::append(bytes, *entry);
  if (bytes_ + bytes.size() > kLedgerBytesMax) return no("账本已满");
  if (!write_all(file_, bytes, static_cast<off_t>(bytes_))) return no("账本写不进去");
  bytes_ += bytes.size();
  ledger_ = std::move(next);
  // The entry is durable, and that is what the answer says, whether or not the head can follow.
  head_behind_ = !write_head(*signers.front().key).ok();
  return index;
}

Answered<std::uint64_t> LedgerFile::write_head(crypto::SigningKey const& key) const {
  auto const note = log::sign_checkpoint({ledger_.origin(), ledger_.size(), ledger_.head()}, key);
  return write_file(folder_ / "ledger.head", as_bytes(note));
}

Answered<std::uint32_t> LedgerFile::enlist(std::string const& name, sheets::Day date, std::string_view passphrase,
                                           std::optional<Signer> voucher) {
  auto const no = [](std::string why) { return Answered<std::uint32_t>::no(std::move(why)); };
  auto const person = static_cast<std::uint32_t>(ledger_.people().size() + 1);
  if ((person == 1) == voucher.has_value())
    return no(voucher ? "第一位人员自行登记，无人可证" : "应由一位已登记的人作证（--by）");
  if (passphrase.size() < 8) return no("口令至少 8 个字节");
  crypto::SigningKey const key = crypto::SigningKey::generate();
  Bytes salt(crypto::kPassphraseSaltBytes);
  randombytes_buf(salt.data(), salt.size());
  auto const sealing = crypto::key_from_passphrase(passphrase, salt);
  if (!sealing) return no("内存不足");
  Bytes file = to_bytes(as_bytes(kKeyMagic));
  piaojue::append(file, salt);
  piaojue::append(file, crypto::seal(*sealing, key.seed().view(), key_associated(ledger_.id(), person)));
  // The key first: a person in the ledger whose key was never written could not sign anything.
  if (auto const written = write_file(folder_ / "keys" / std::to_string(person), file); !written.ok())
    return no(written.refusal);
  Action action{Deed::kEnlist, date, {}, {{"name", name}, {"key", to_hex(key.public_key().view())}}, {}};
  std::vector<Signer> signers;
  if (voucher) signers.push_back(*voucher);
  signers.push_back({person, &key});
  auto const index = append(action, signers);
  if (!index.ok()) return no(index.refusal);
  return Answered<std::uint32_t>::yes(person);
}

Answered<crypto::SigningKey> LedgerFile::unlock(std::uint32_t person, std::string_view passphrase) const {
  auto const no = [](std::string why) { return Answered<crypto::SigningKey>::no(std::move(why)); };
  if (person < 1 || person > ledger_.people().size()) return no("此人未登记");
  auto const file = read_file(folder_ / "keys" / std::to_string(person), 4096);
  if (!file.ok()) return no(file.refusal);
  ByteView const bytes = *file;
  if (bytes.size() < kKeyMagic.size() + crypto::kPassphraseSaltBytes ||
      as_text(bytes.first(kKeyMagic.size())) != kKeyMagic)
    return no("密钥文件损坏");
  auto const sealing = crypto::key_from_passphrase(passphrase, bytes.subspan(kKeyMagic.size(), 16));
  if (!sealing) return no("内存不足");
  auto const seed =
      crypto::unseal(*sealing, bytes.subspan(kKeyMagic.size() + 16), key_associated(ledger_.id(), person));
  if (!seed) return no("口令不对，或密钥文件损坏");
  auto key = crypto::SigningKey::from_seed(*seed);
  if (!key || key->public_key() != ledger_.people()[person - 1].key) return no("密钥与账本不符");
  return Answered<crypto::SigningKey>::yes(std::move(*key));
}

}  // namespace piaojue::office
