// SPDX-License-Identifier: Apache-2.0
#include "server/service_settings.h"

#include <sys/stat.h>

#include "crypto/seal.h"
#include "protocol/meeting/slip.h"
#include "server/key_bundle.h"
#include "server/token_key.h"
#include "server/toml_reader.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

constexpr std::size_t kTomlBytesMax = 256U << 10;
constexpr std::size_t kAddressesMax = 8;
/// What one laptop that reads slowly may make a node hold: a whole log, which it shares with whoever else is sent it.
constexpr std::uint32_t kSendQueueMib = 128;
/// And all laptops of a meeting together: a log that all of them are being sent counts once.
constexpr std::uint32_t kSendQueuesMib = 256;
constexpr std::size_t kNameBytesMax = 100;

void take_addresses(Reader& reader, std::string_view key, std::vector<std::string>& out) {
  auto const* list = reader.array(key);
  if (list == nullptr) return;
  for (auto const& node : *list) {
    auto const one = node.value_exact<std::string>();
    if (!one) return reader.say(key, text::kKeyNotTexts);
    out.push_back(*one);
  }
}

void take_limits(Reader& reader, ServiceSettings& out) {
  reader.take("sessions", out.sessions_max);
  reader.take("meetings", out.meetings_max);
  reader.take("meeting_mib", out.meeting_mib);
  reader.take("database_connections", out.database_connections);
  std::uint64_t office_mib = out.office_bytes_max >> 20;
  reader.take("office_mib", office_mib);
  out.office_bytes_max = office_mib << 20;
  reader.take("strangers", out.strangers_max);
  reader.take("strangers_per_address", out.strangers_per_address_max);
  auto& one = out.connections;
  reader.take("handshake_ms", one.handshake_ms);
  reader.take("frame_ms", one.frame_ms);
  reader.take("idle_ms", one.idle_ms);
  reader.take("frames_per_s", one.frames_per_s);
  reader.take("frames_burst", one.frames_burst);
  reader.take("send_queue_mib", one.send_queue_mib);
  reader.take("send_queues_mib", one.send_queues_mib);
  reader.done();
}

/// What stands in the file has the right form; now whether it makes sense.
void judge(Reader& top, ServiceSettings const& out, std::string const& listen, std::string const& monitor) {
  namespace own = strings::server;
  for (auto const* key : {"name", "listen", "address", "database", "service_key"}) {
    if (!top.has(key)) top.say(key, own::kKeyMissing);
  }
  if (out.name.empty() || out.name.size() > kNameBytesMax) top.say("name", text::kKeyNotNodeName);
  if (!parse_address(listen)) top.say("listen", own::kKeyNotAddress);
  if (!meeting::parse_told_address(out.address)) top.say("address", own::kKeyNotAddress);
  if (!monitor.empty() && !parse_address(monitor)) top.say("monitor", own::kKeyNotAddress);
  for (auto const& one : out.addresses) {
    if (!meeting::parse_told_address(one)) top.say("addresses", own::kKeyNotAddress);
  }
  if (out.addresses.size() > kAddressesMax) top.say("addresses", text::kKeyTooManyAddresses);
  // One for commits, one for loading, one for looking, one for renewing the lease; with fewer they would wait for each
  // other.
  if (out.database_connections < 4 || out.database_connections > 1000) {
    top.say("limits.database_connections", text::kKeyFewConnections);
  }
  if (out.sessions_max == 0) top.say("limits.sessions", text::kKeyZero);
  if (out.meetings_max == 0) top.say("limits.meetings", text::kKeyZero);
  if (out.office_bytes_max == 0) top.say("limits.office_mib", text::kKeyZero);
  if (out.meeting_mib == 0) top.say("limits.meeting_mib", text::kKeyZero);
}

}  // namespace

Explained<ServiceSettings> parse_service(std::string_view toml, fs::path const& folder) {
  auto const table = parse_toml(toml);
  if (!table) return table.error();
  ServiceSettings out;
  out.connections.send_queue_mib = kSendQueueMib;
  out.connections.send_queues_mib = kSendQueuesMib;
  std::optional<Explanation> fault;
  Reader top(*table, "", fault);
  std::string listen, key, old_key, monitor;
  top.take("name", out.name);
  top.take("listen", listen);
  top.take("address", out.address);
  take_addresses(top, "addresses", out.addresses);
  top.take("database", out.database);
  top.take("service_key", key);
  top.take("old_service_key", old_key);
  take_addresses(top, "proxies", out.proxies);
  top.take("monitor", monitor);
  top.take("offices", out.offices);
  top.take("log_file", out.log_file);
  top.take("threads", out.threads);
  if (auto const* limits = top.table("limits")) {
    Reader reader(*limits, "limits.", fault);
    take_limits(reader, out);
  }
  top.done();
  judge(top, out, listen, monitor);
  if (fault) return *fault;
  out.listen = *parse_address(listen);
  if (!monitor.empty()) out.monitor = parse_address(monitor);
  if (out.addresses.empty()) out.addresses = {out.address};
  auto const place = [&](std::string const& word) { return names_token(word) ? fs::path(word) : folder / word; };
  out.service_key = place(key);
  if (!old_key.empty()) out.old_service_key = place(old_key);
  return out;
}

Explained<ServiceSettings> read_service(fs::path const& file) {
  auto const bytes = read_file(file, kTomlBytesMax);
  if (!bytes) return bytes.error();
  auto read = parse_service(as_text(*bytes), file.has_parent_path() ? file.parent_path() : fs::path("."));
  if (!read) return unusable(read.error().what, file.string());
  return read;
}

ServiceKeys::ServiceKeys(Secret now, std::optional<Secret> before) : now_(std::move(now)), before_(std::move(before)) {}

Result<Keys> ServiceKeys::open(std::uint32_t meeting, ByteView sealed) const {
  auto keys = unseal_keys(now_, meeting, sealed);
  if (keys || !before_) return keys;
  return unseal_keys(*before_, meeting, sealed);
}

Explained<ServiceKeys> read_service_keys(ServiceSettings const& settings) {
  auto now = read_service_key(settings.service_key);
  if (!now) return now.error();
  if (!settings.old_service_key) return ServiceKeys(std::move(*now));
  auto before = read_service_key(*settings.old_service_key);
  if (!before) return before.error();
  return ServiceKeys(std::move(*now), std::move(*before));
}

Explained<Secret> read_service_key(fs::path const& where) {
  if (names_token(where.string())) return read_token_key(where.string());
  struct stat found {};
  if (::stat(where.c_str(), &found) != 0) return system_error(strings::server::kFileUnreadable, where);
  if ((found.st_mode & 077) != 0) return unusable(Sentence(text::kKeyFileOpen, {{"path", where.string()}}));
  return read_secret(where);
}

Explained<void> make_service_key(fs::path const& where) {
  if (names_token(where.string())) return make_token_key(where.string());
  return write_secret(where, Secret::random(crypto::kSealKeyBytes));
}

}  // namespace piaojue::server
