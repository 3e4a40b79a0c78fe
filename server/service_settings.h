// SPDX-License-Identifier: Apache-2.0
#pragma once
/// service.toml: how one node of a service runs (packaging/service.toml has a comment for each key).
#include "server/files.h"
#include "server/keys.h"
#include "server/settings.h"

namespace piaojue::server {

struct ServiceSettings {
  std::string name;  ///< of this node, among the nodes
  Address listen;
  std::string address;                      ///< where laptops reach this very node
  std::vector<std::string> addresses;       ///< that laptops are told to try, in this order; 8 at most
  std::string database;                     ///< libpq's connection string; may hold a password, so it is never said
  fs::path service_key;                     ///< file of mode 0600, or the URI of a token's key (token_key.h)
  std::optional<fs::path> old_service_key;  ///< that some rows may still be sealed under, while it is being rotated
  std::vector<std::string> proxies;         ///< addresses whose connections begin with a PROXY header, version 2
  std::optional<Address> monitor;           ///< health and figures; nothing: none
  bool offices = true;                      ///< the door where offices make their meetings is open (office-service.md)
  std::uint64_t office_bytes_max = 16ULL << 30;  ///< of one office, as store::DraftBounds
  std::string log_file;                          ///< empty: stderr
  unsigned threads = 0;                          ///< for heavy work; 0: as many as processors
  std::size_t sessions_max = 10'000;
  std::size_t meetings_max = 500;
  std::uint32_t meeting_mib = 1024;  ///< of a meeting's rows; one that has more is not served
  unsigned database_connections = 8;
  std::size_t strangers_max = 1024;            ///< as net::ListenOptions; a whole hall may come back at once
  std::size_t strangers_per_address_max = 64;  ///< from behind one router
  Settings connections;                        ///< its limits of one connection
};

/// @param folder that relative paths stand in. Refused: as every file that people write, with the key's name.
[[nodiscard]] Explained<ServiceSettings> parse_service(std::string_view toml, fs::path const& folder);
[[nodiscard]] Explained<ServiceSettings> read_service(fs::path const& file);

/// Opens what is sealed under the service key, or under the one before it.
class ServiceKeys {
 public:
  explicit ServiceKeys(Secret now, std::optional<Secret> before = {});
  [[nodiscard]] Result<Keys> open(std::uint32_t meeting, ByteView sealed) const;
  Secret const& now() const { return now_; }
  std::optional<Secret> const& before() const { return before_; }

 private:
  Secret now_;
  std::optional<Secret> before_;
};
[[nodiscard]] Explained<ServiceKeys> read_service_keys(ServiceSettings const& settings);

/// The service key, of a file that nobody else can read: refused otherwise, as any other content is. Or of a token.
[[nodiscard]] Explained<Secret> read_service_key(fs::path const& where);
/// A new one, in a new file, or on a token.
[[nodiscard]] Explained<void> make_service_key(fs::path const& where);

}  // namespace piaojue::server
