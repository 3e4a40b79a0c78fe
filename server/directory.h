// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The server's directory (mode 0700), made by `init`:
///
///     server.toml            how the program runs
///     meeting.db             everything that is durable (sqlite_store.h)
///     keys/ca.pem            certificate of the meeting's CA        keys/ca-key.pem   (mode 0600, as all keys)
///     keys/tls.pem           the server's certificate               keys/tls-key.pem
///     keys/signing.key       Ed25519 seed, hex: signs the server's entries
///     keys/checkpoint.key    Ed25519 seed, hex: signs checkpoints
///     keys/box.key           X25519, hex: opens what is sealed to the server
///     keys/seal.key          32 bytes, hex: the own key of all that meeting.db keeps sealed
///     slips/NN-<name>.txt    one a person; to be printed, handed out and deleted
///     materials/<hash>       files of the candidates, by the SHA-256 of their content
///     port                   written by `run`: where it listens
///     lock                   held by `run` as long as it lives (fcntl): F_GETLK names its process
///     adopted, moved-in      whose the meeting is (directory_lock.h)
///     stop-B-A               written by `stop`: trustee 0 gives no share in attempt A of batch B
#include <memory>

#include "protocol/meeting/halves.h"
#include "server/files.h"
#include "server/keys.h"
#include "server/outbox.h"
#include "server/settings.h"
#include "store/reading.h"

namespace piaojue::server {

class Directory {
 public:
  explicit Directory(fs::path path) : path_(std::move(path)) {}
  fs::path const& path() const { return path_; }
  fs::path database() const { return path_ / "meeting.db"; }
  fs::path settings() const { return path_ / "server.toml"; }
  fs::path keys() const { return path_ / "keys"; }
  fs::path slips() const { return path_ / "slips"; }
  fs::path materials() const { return path_ / "materials"; }
  fs::path port() const { return path_ / "port"; }
  fs::path stop(meeting::HalfOf const& attempt) const {
    return path_ / ("stop-" + std::to_string(attempt.batch) + "-" + std::to_string(attempt.attempt));
  }

  [[nodiscard]] Explained<Settings> read_settings() const;
  [[nodiscard]] Explained<Keys> read_keys() const;
  [[nodiscard]] Explained<std::unique_ptr<Store>> open_store() const;
  /// What the store has, row by row.
  [[nodiscard]] Explained<std::unique_ptr<store::Reading>> read_store() const;

 private:
  fs::path path_;
};

struct InitInput {
  fs::path meeting, members, candidates;
  std::optional<fs::path> recusals;       ///< that the office suggests (suggestions.h)
  std::optional<fs::path> materials;      ///< files of the candidates (materials.h)
  std::string listen = "127.0.0.1:7443";  ///< port 0: a free one is chosen, because the slips must name it
  std::string host;                       ///< for the slips, if not the address
  std::uint32_t number = 0;               ///< of the meeting, for the slips; 0: it has none
  OnFiles on_files = {};                  ///< of `materials`
};
struct InitResult {
  std::size_t people = 0, candidates = 0, batches = 0, recusals = 0, attachments = 0;
  Address address;
  std::string fingerprint;  ///< of the server's key, in groups of four
};
/// Makes a new directory with a drafted meeting, or nothing at all.
[[nodiscard]] Explained<InitResult> init_directory(Directory const& directory, InitInput const& input,
                                                   std::uint64_t now_s);

/// Settings, keys and database of a server in a directory that has none of them, on the disk when it returns; and a
/// folder for slips, empty.
[[nodiscard]] Explained<void> write_server(Directory const& directory, Settings const& settings, Keys const& keys,
                                           Writes const& writes);

/// A further slip for a person (a replaced laptop), also while the server runs. Slips of this person that were not used
/// yet are void from then on. @return the slip's file.
[[nodiscard]] Explained<fs::path> new_slip(Directory const& directory, PersonId person);

/// The drafted meeting with the newest keys of everybody who has enrolled. @param from what is said to hold no meeting.
[[nodiscard]] Explained<meeting::Manifest> drafted_with_keys(Contents const& contents, fs::path const& from);

/// Everything that is durable.
[[nodiscard]] Explained<Contents> read_contents(Store& store);

}  // namespace piaojue::server
