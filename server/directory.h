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
///     keys/seal.key          32 bytes, hex: seals trustee 0's state in meeting.db
///     slips/NN-<name>.txt    one a person; to be printed, handed out and deleted
///     port                   written by `run`: where it listens
#include <filesystem>

#include "net/pki.h"
#include "server/core.h"
#include "server/settings.h"

namespace piaojue::server {

namespace fs = std::filesystem;

/// Why an operation of the operator failed: one line, in English.
struct Failure {
  std::string text;
  bool input = false;  ///< the input can not be used (exit 2), else refused or failed (exit 1)
};
template <class T>
using Outcome = std::variant<T, Failure>;

struct Keys {
  net::Credential authority, tls;
  crypto::SigningKey server, checkpoint;
  Secret seal;
};

class Directory {
 public:
  explicit Directory(fs::path path) : path_(std::move(path)) {}
  fs::path const& path() const { return path_; }
  fs::path database() const { return path_ / "meeting.db"; }
  fs::path settings() const { return path_ / "server.toml"; }
  fs::path keys() const { return path_ / "keys"; }
  fs::path slips() const { return path_ / "slips"; }
  fs::path port() const { return path_ / "port"; }

  [[nodiscard]] Outcome<Settings> read_settings() const;
  [[nodiscard]] Outcome<Keys> read_keys() const;

 private:
  fs::path path_;
};

struct InitInput {
  fs::path meeting, members, candidates;
  std::string listen = "127.0.0.1:7443";  ///< port 0: a free one is chosen, because the slips must name it
  std::string host;                       ///< for the slips, if not the address
};
struct InitResult {
  std::size_t people = 0, candidates = 0, batches = 0;
  Address address;
  std::string fingerprint;  ///< of the server's key, in groups of four
};
/// Makes a new directory with a drafted meeting, or nothing at all.
[[nodiscard]] Outcome<InitResult> init_directory(Directory const& directory, InitInput const& input,
                                                 std::uint64_t now_s);

/// A further slip for a person (a replaced laptop), also while the server runs. Slips of this person that were not used
/// yet are void from then on. @return the slip's file.
[[nodiscard]] Outcome<fs::path> new_slip(Directory const& directory, PersonId person);

/// What a slip's file holds: sentences for people, the slip's line, and a QR code of it.
std::string slip_file(std::string const& line, meeting::Manifest const& manifest, PersonId person);

/// A whole file, at most `bytes_max`.
[[nodiscard]] Outcome<Bytes> read_file(fs::path const& path, std::size_t bytes_max);
/// Creates it with mode 0600, or refuses if it exists; on the disk when it returns.
[[nodiscard]] std::optional<Failure> write_file(fs::path const& path, ByteView bytes);

}  // namespace piaojue::server
