// SPDX-License-Identifier: Apache-2.0
#include "office/ledger/ledger_file.h"

#include <fstream>

#include "crypto/seal.h"
#include "protocol/log/checkpoint.h"
#include "strings/desk.h"

namespace piaojue::office {

namespace words = strings::desk;

namespace {

using platform::Answer;
using platform::File;
using platform::Folder;
using platform::Open;

constexpr std::string_view kKeyMagic = "PIAOJUE-OFFICE-KEY-1\n";

Explanation of_path(Text const& what, std::filesystem::path const& path) {
  return {Sentence(what, {{"path", path.string()}})};
}
Explanation of_folder(Text const& what, std::filesystem::path const& folder) {
  return {Sentence(what, {{"folder", folder.string()}})};
}

/// Its own, and the one of the keys: of their owner alone.
bool make_folders(std::filesystem::path const& folder) {
  std::error_code none;
  if (auto const above = folder.parent_path(); !above.empty()) std::filesystem::create_directories(above, none);
  return Folder::open(folder, Folder::Make::kIfMissing) && Folder::open(folder / "keys", Folder::Make::kIfMissing);
}

Bytes key_associated(LedgerId const& id, std::uint32_t person) {
  Bytes out = to_bytes(as_bytes("piaojue/v2/office-key"));
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

Explained<Bytes> read_file(std::filesystem::path const& path, std::size_t bytes_max) {
  std::error_code none;
  std::ifstream in(path, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(path, none)) return of_path(words::kFileUnopened, path);
  auto const size = std::filesystem::file_size(path, none);
  if (none || size > bytes_max) return of_path(words::kFileTooLarge, path);
  Bytes out(size);
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size) return of_path(words::kFileIncomplete, path);
  return out;
}

Explained<void> write_file(std::filesystem::path const& path, ByteView bytes) {
  auto const name = path.filename().string();
  auto const beside = name + ".new";
  auto const folder = Folder::open(path.parent_path(), Folder::Make::kNo);
  if (!folder) return of_path(words::kFileUnwritten, path);
  {
    auto file = folder->open_file(beside, Open::kReplace);
    if (!file || !file->write(bytes) || !file->sync()) return of_path(words::kFileUnwritten, path);
  }
  if (!folder->move(beside, name) || !folder->sync()) return of_path(words::kFileUnwritten, path);
  return {};
}

Explained<LedgerFile> LedgerFile::open(std::filesystem::path const& folder, bool create) {
  std::error_code none;
  auto const path = folder / "ledger";
  if (!std::filesystem::exists(path, none)) {
    if (!create) return of_folder(words::kLedgerNone, folder);
    if (!make_folders(folder)) return of_folder(words::kLedgerNoFolder, folder);
  }
  LedgerFile out(folder, Ledger(LedgerId{}));
  auto const own = Folder::open(folder, Folder::Make::kNo);
  auto lock = own ? own->lock("ledger.lock") : Answer<File>(own.error());
  if (!lock) return of_folder(words::kLedgerInUse, folder);
  out.lock_ = std::move(*lock);
  if (!std::filesystem::exists(path, none)) {
    LedgerId id{};
    randombytes_buf(id.data(), id.size());
    if (auto const written = write_file(path, ledger_header(id)); !written) return written.error();
  }
  auto const bytes = read_file(path, kLedgerBytesMax);
  if (!bytes) return bytes.error();
  auto loaded = load_ledger(*bytes);
  if (!loaded) return loaded.error();
  out.ledger_ = std::move(loaded->ledger);
  out.bytes_ = loaded->bytes;
  out.torn_ = loaded->torn;
  Ledger const& ledger = out.ledger_;
  auto const note = read_file(folder / "ledger.head", log::kNoteBytesMax);
  if (!note && ledger.size() > 1) return Explanation(words::kLedgerHeadGone);
  out.head_behind_ = ledger.size() > 0;
  if (note) {
    bool opened = false;
    for (OfficePerson const& person : ledger.people()) {
      auto const head = log::open_checkpoint(as_text(*note), ledger.origin(), person.key);
      if (!head) continue;
      opened = true;
      if (head->size == ledger.size()) out.head_behind_ = false;
      if (head->size > ledger.size())
        return Explanation(Sentence(words::kLedgerCut, {{"head", head->size}, {"entries", ledger.size()}}));
      if (ledger.head(head->size) != head->root) return Explanation(words::kLedgerHeadOther);
    }
    if (!opened) return Explanation(words::kLedgerHeadSigner);
  }
  auto file = own->open_file("ledger", Open::kUpdate);
  if (!file) return of_path(words::kFileUnopened, path);
  out.file_ = std::move(*file);
  if (out.torn_ > 0 && (!out.file_.cut(out.bytes_) || !out.file_.sync())) return of_path(words::kFileUnwritten, path);
  return out;
}

Explained<std::uint64_t> LedgerFile::append(Action const& action, std::vector<Signer> const& signers) {
  auto const entry = ledger_.sign(action, signers);
  if (!entry) return entry.error();
  // At most one entry is ahead of the head, as after a crash between the two: nothing rests on a guard that is not
  // there.
  if (head_behind_) {
    if (auto const written = write_head(*signers.front().key); !written) return written.error();
  }
  Ledger next = ledger_;
  auto index = next.apply(*entry);
  if (!index) return index;
  Bytes bytes;
  append_u32be(bytes, static_cast<std::uint32_t>(entry->size()));
  piaojue::append(bytes, *entry);
  if (bytes_ + bytes.size() > kLedgerBytesMax) return Explanation(words::kLedgerFull);
  if (!file_.write_at(bytes_, bytes) || !file_.sync()) return Explanation(words::kLedgerUnwritten);
  bytes_ += bytes.size();
  ledger_ = std::move(next);
  // The entry is durable, and that is what the answer says, whether or not the head can follow.
  head_behind_ = !write_head(*signers.front().key);
  return index;
}

Explained<void> LedgerFile::write_head(crypto::SigningKey const& key) const {
  auto const note = log::sign_checkpoint({ledger_.origin(), ledger_.size(), ledger_.head()}, key);
  return write_file(folder_ / "ledger.head", as_bytes(note));
}

Explained<std::uint32_t> LedgerFile::enlist(std::string const& name, sheets::Day date, std::string_view passphrase,
                                            std::optional<Signer> voucher, std::map<std::string, std::string> more) {
  auto const person = static_cast<std::uint32_t>(ledger_.people().size() + 1);
  if ((person == 1) == voucher.has_value())
    return Explanation(voucher ? words::kLedgerFirstAlone : words::kLedgerVoucherWanted);
  crypto::SigningKey const key = crypto::SigningKey::generate();
  Bytes salt(crypto::kPassphraseSaltBytes);
  randombytes_buf(salt.data(), salt.size());
  auto const sealing = crypto::key_from_passphrase(passphrase, salt);
  if (!sealing) return Explanation(words::kLedgerMemory);
  Bytes file = to_bytes(as_bytes(kKeyMagic));
  piaojue::append(file, salt);
  piaojue::append(file, crypto::seal(*sealing, key.seed().view(), key_associated(ledger_.id(), person)));
  // The key first: a person in the ledger whose key was never written could not sign anything.
  if (auto const written = write_file(folder_ / "keys" / std::to_string(person), file); !written)
    return written.error();
  more["name"] = name;
  more["key"] = to_hex(key.public_key().view());
  Action const action{Deed::kEnlist, date, {}, std::move(more), {}};
  std::vector<Signer> signers;
  if (voucher) signers.push_back(*voucher);
  signers.push_back({person, &key});
  auto const index = append(action, signers);
  if (!index) return index.error();
  return person;
}

Explained<crypto::SigningKey> LedgerFile::unlock(std::uint32_t person, std::string_view passphrase) const {
  if (person < 1 || person > ledger_.people().size()) return Explanation(words::kLedgerPersonUnknown);
  auto const file = read_file(folder_ / "keys" / std::to_string(person), 4096);
  if (!file) return file.error();
  ByteView const bytes = *file;
  if (bytes.size() < kKeyMagic.size() + crypto::kPassphraseSaltBytes ||
      as_text(bytes.first(kKeyMagic.size())) != kKeyMagic)
    return Explanation(words::kLedgerKeyBroken);
  auto const sealing = crypto::key_from_passphrase(passphrase, bytes.subspan(kKeyMagic.size(), 16));
  if (!sealing) return Explanation(words::kLedgerMemory);
  auto const seed =
      crypto::unseal(*sealing, bytes.subspan(kKeyMagic.size() + 16), key_associated(ledger_.id(), person));
  if (!seed) return Explanation(words::kLedgerPassphraseWrong);
  auto key = crypto::SigningKey::from_seed(*seed);
  if (!key || key->public_key() != ledger_.people()[person - 1].key) return Explanation(words::kLedgerKeyOther);
  return std::move(*key);
}

}  // namespace piaojue::office
