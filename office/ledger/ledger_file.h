// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The ledger in its folder: `ledger` (the entries), `ledger.head` (a checkpoint by whoever wrote last), `ledger.lock`,
/// `keys/N` (a person's key, sealed under a passphrase). An entry is on the disk before anybody is told of it.
#include <filesystem>

#include "base/platform/files.h"
#include "base/secret.h"
#include "office/ledger/ledger.h"

namespace piaojue::office {

class LedgerFile {
 public:
  /// @param create also where there is none yet. @return refused: in use by another, not a ledger, altered (the entry
  /// is named), or shorter than its own head says.
  static Explained<LedgerFile> open(std::filesystem::path const& folder, bool create);
  LedgerFile(LedgerFile&& other) noexcept = default;
  LedgerFile& operator=(LedgerFile&&) = delete;
  LedgerFile(LedgerFile const&) = delete;
  LedgerFile& operator=(LedgerFile const&) = delete;

  Ledger const& ledger() const { return ledger_; }
  std::size_t torn() const { return torn_; }  ///< bytes of an unfinished entry that were cut off
  Explained<std::uint64_t> append(Action const& action, std::vector<Signer> const& signers);

  /// Makes a key, seals it, and writes the Enlist entry. @param voucher none for the first.
  /// @param more texts of the entry.
  Explained<std::uint32_t> enlist(std::string const& name, sheets::Day date, std::string_view passphrase,
                                  std::optional<Signer> voucher, std::map<std::string, std::string> more = {});
  Explained<crypto::SigningKey> unlock(std::uint32_t person, std::string_view passphrase) const;

 private:
  LedgerFile(std::filesystem::path folder, Ledger ledger) : folder_(std::move(folder)), ledger_(std::move(ledger)) {}
  std::filesystem::path folder_;
  Ledger ledger_;
  Explained<void> write_head(crypto::SigningKey const& key) const;

  std::size_t bytes_ = 0, torn_ = 0;
  bool head_behind_ = false;  ///< `ledger.head` does not cover the last entry
  platform::File file_, lock_;
};

/// Groups of four hexadecimal digits of SHA-256(key), the first 32 of them: what two people read to each other.
std::string key_fingerprint(crypto::SigningPublicKey const& key);
Explained<Bytes> read_file(std::filesystem::path const& path, std::size_t bytes_max);
/// Written beside, synced, then put in its place: all of it or the old one.
Explained<void> write_file(std::filesystem::path const& path, ByteView bytes);

}  // namespace piaojue::office
