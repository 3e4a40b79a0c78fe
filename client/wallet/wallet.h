// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one person's program keeps: small named blobs and one journal. A Wallet makes bytes durable and knows nothing
/// of what they mean; everything secret is sealed before it comes here.
///
/// Crash rules, the same for a directory and for memory:
///   save, erase   durable as a whole when they return; a crash inside leaves the old value or the new one, never a mix
///   append        durable after the next `sync`; a crash before that loses a tail of whole records (a torn record is
///                 found by its checksum and dropped), never something from the middle
/// After a failure nothing may rest on the wallet any more: the program says so and ends.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/explained.h"
#include "base/platform/files.h"
#include "crypto/types.h"

namespace piaojue::client {

/// One line of the journal: what the record file is later exported from.
struct JournalRecord {
  enum class Kind : std::uint8_t { kEntry = 1, kCheckpoint = 2, kCosignature = 3 };
  Kind kind = Kind::kEntry;
  Bytes bytes;  ///< the entry as received; the signed note; a Cosignature message
};

/// Names in use: "profile" (who, where, certificates; not secret), "keys" (sealed under the passphrase),
/// "attempt/<batch>/<attempt>" and "trustee/<name>" (sealed, specification §14), "ticks" (of a supervisor, not secret),
/// "evidence/<what>" (not secret).
class Wallet {
 public:
  virtual ~Wallet() = default;
  // All of them explain, for the person at the laptop, with code kStorage.

  /// @param name lower-case letters, digits, '-' and '/', at most 120 characters.
  [[nodiscard]] virtual Explained<void> save(std::string const& name, ByteView blob) = 0;
  [[nodiscard]] virtual Explained<std::optional<Bytes>> load(std::string const& name) = 0;
  /// Overwrites and removes; idempotent.
  [[nodiscard]] virtual Explained<void> erase(std::string const& name) = 0;
  [[nodiscard]] virtual Explained<std::vector<std::string>> names(std::string const& prefix) = 0;

  /// Everything that was appended, in order.
  [[nodiscard]] virtual Explained<std::vector<JournalRecord>> journal() = 0;
  [[nodiscard]] virtual Explained<void> append(std::vector<JournalRecord> const& records) = 0;
  [[nodiscard]] virtual Explained<void> sync() = 0;
};

/// A directory of its owner alone (base/platform/files.h): a file a blob (written beside, synced, renamed, directory
/// synced) and `journal`.
class DirectoryWallet : public Wallet {
 public:
  enum class Access : std::uint8_t {
    kCreate,  ///< makes the directory if it is not there; locks
    kOwn,     ///< must be there; locks: two programs with one wallet would answer against each other
    kRead,    ///< must be there; no lock, nothing is changed: for `export` and `show` beside a running program
  };
  /// @return kUnknown: no such directory. kConflict: another program has it open. kStorage.
  [[nodiscard]] static Result<std::unique_ptr<DirectoryWallet>> open(std::string const& path, Access access);

  Explained<void> save(std::string const& name, ByteView blob) override;
  Explained<std::optional<Bytes>> load(std::string const& name) override;
  Explained<void> erase(std::string const& name) override;
  Explained<std::vector<std::string>> names(std::string const& prefix) override;
  Explained<std::vector<JournalRecord>> journal() override;
  Explained<void> append(std::vector<JournalRecord> const& records) override;
  Explained<void> sync() override;

 private:
  DirectoryWallet(std::string path, bool writable) : path_(std::move(path)), writable_(writable) {}
  /// @param step what the system refused, by its own name.
  Explanation fail(char const* step, std::error_code const& why);
  bool mend_journal();

  std::string path_;
  bool writable_ = false;
  bool failed_ = false;
  bool unsynced_ = false;
  platform::Folder directory_;
  platform::File lock_;
  platform::File journal_;
};

/// For tests, the simulation and the attacks alone: no program makes one. `crash` is a power cut: what was not synced
/// is gone.
class MemoryWallet : public Wallet {
 public:
  Explained<void> save(std::string const& name, ByteView blob) override;
  Explained<std::optional<Bytes>> load(std::string const& name) override;
  Explained<void> erase(std::string const& name) override;
  Explained<std::vector<std::string>> names(std::string const& prefix) override;
  Explained<std::vector<JournalRecord>> journal() override;
  Explained<void> append(std::vector<JournalRecord> const& records) override;
  Explained<void> sync() override;

  /// @param kept of the records not synced yet, how many reached the disk all the same.
  void crash(std::size_t kept = 0);
  std::size_t unsynced() const { return journal_.size() - synced_; }
  /// The write (save, erase or sync) after `successes` further ones fails, and so do all later ones until `heal`.
  /// With `applied`, the failing one had reached the disk although it reported failure.
  void fail_after(std::size_t successes, bool applied = false);
  void heal() { fail_after_.reset(); }
  std::size_t writes() const { return writes_; }
  std::map<std::string, Bytes> const& blobs() const { return blobs_; }

 private:
  /// Counts a write. Nothing: go on; otherwise whether the failing write is applied before the refusal.
  std::optional<bool> failing();

  std::map<std::string, Bytes> blobs_;
  std::vector<JournalRecord> journal_;
  std::size_t synced_ = 0;
  std::size_t writes_ = 0;
  std::optional<std::size_t> fail_after_;
  bool applied_ = false;
};

}  // namespace piaojue::client
