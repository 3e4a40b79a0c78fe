// SPDX-License-Identifier: Apache-2.0
#include "server/directory.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/drafting.h"
#include "server/materials.h"
#include "server/slips.h"
#include "sheets/committee.h"
#include "store/sqlite_store.h"
#include "strings/server.h"

namespace piaojue::server {

using store::SqliteOptions;
using store::SqliteStore;
namespace text = strings::server;
namespace {

Explanation at_path(Text const& what, fs::path const& path) { return Sentence(what, {{"path", path.string()}}); }
Explanation because(Text const& what, Explanation const& why) { return Sentence(what, {{"reason", why.what}}); }

Explained<net::Credential> read_credential(fs::path const& certificate, fs::path const& key) {
  auto pem = read_file(certificate, net::kPemBytesMax);
  if (!pem) return pem.error();
  auto secret = read_file(key, net::kPemBytesMax);
  if (!secret) return secret.error();
  WipeOnExit const wipe(*secret);
  return net::Credential{Secret::copy_of(*secret), std::string(as_text(*pem))};
}

/// A port that is free now. The slips carry it, so it must be known before the server runs.
std::optional<std::uint16_t> free_port(std::string const& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), "0", &hints, &found) != 0) return std::nullopt;
  std::optional<std::uint16_t> port;
  Descriptor const socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (socket.fd >= 0 && ::bind(socket.fd, found->ai_addr, found->ai_addrlen) == 0 &&
      ::getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &length) == 0) {
    port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6 const*>(&bound)->sin6_port
                                             : reinterpret_cast<sockaddr_in const*>(&bound)->sin_port);
  }
  ::freeaddrinfo(found);
  return port;
}

// ---- init, step by step

Explained<void> check_target(Directory const& directory) {
  std::error_code ignored;
  auto const& target = directory.path();
  if (fs::exists(directory.database(), ignored)) return at_path(text::kInitMeetingThere, target);
  if (fs::exists(target, ignored) && !fs::is_empty(target, ignored)) return at_path(text::kInitNotEmpty, target);
  return {};
}

/// What people wrote, as it stands on the disk.
Explained<WrittenMeeting> read_files(InitInput const& input) {
  WrittenMeeting out;
  auto const read = [](WrittenFile& file, fs::path const& path, std::size_t bytes_max) -> Explained<void> {
    auto bytes = read_file(path, bytes_max);
    if (!bytes) return unusable(bytes.error().what);
    file = {path.string(), std::move(*bytes)};
    return {};
  };
  if (auto done = read(out.members, input.members, sheets::kSheetBytesMax); !done) return done.error();
  if (auto done = read(out.candidates, input.candidates, sheets::kSheetBytesMax); !done) return done.error();
  if (auto done = read(out.meeting, input.meeting, kMeetingTomlBytesMax); !done) return done.error();
  if (!input.recusals) return out;
  if (auto done = read(out.recusals.emplace(), *input.recusals, sheets::kSheetBytesMax); !done) return done.error();
  return out;
}

MeetingPlace place_of(Settings const& settings) {
  return {{settings.slip_host(), settings.listen.port}, settings.meeting_number};
}

Explained<Settings> choose_settings(InitInput const& input) {
  Settings settings;
  auto const listen = parse_address(input.listen);
  if (!listen) return unusable(text::kInitListenMalformed);
  settings.listen = *listen;
  settings.host = input.host;
  settings.meeting_number = input.number;
  if (settings.listen.port == 0) {
    auto const port = free_port(settings.listen.host);
    if (!port) return unusable(Sentence(text::kInitNoFreePort, {{"host", settings.listen.host}}));
    settings.listen.port = *port;
  }
  auto const& slip_host = settings.slip_host();
  if (slip_host == "0.0.0.0" || slip_host == "::") return unusable(text::kInitSlipsNeedAddress);
  return settings;
}

Explained<void> write_keys(Directory const& directory, Keys const& keys) {
  auto const at = [&](char const* name) { return directory.keys() / name; };
  if (auto done = write_file(at("ca.pem"), as_bytes(keys.authority.certificate_pem)); !done) return done;
  if (auto done = write_file(at("ca-key.pem"), keys.authority.key_pem.view()); !done) return done;
  if (auto done = write_file(at("tls.pem"), as_bytes(keys.tls.certificate_pem)); !done) return done;
  if (auto done = write_file(at("tls-key.pem"), keys.tls.key_pem.view()); !done) return done;
  if (auto done = write_secret(at("signing.key"), keys.server.seed()); !done) return done;
  if (auto done = write_secret(at("checkpoint.key"), keys.checkpoint.seed()); !done) return done;
  if (auto done = write_secret(at("box.key"), keys.box.secret()); !done) return done;
  return write_secret(at("seal.key"), keys.seal);
}

/// A slip for everybody.
Explained<void> write_slips(Directory const& directory, DraftedMeeting const& meeting) {
  for (auto const& slip : meeting.slips) {
    auto const path = directory.slips() / (slip_name(meeting.manifest, slip.code.person) + ".txt");
    if (auto done = write_file(path, as_bytes(slip_file(slip, meeting.manifest))); !done) return done;
  }
  return {};
}

Explained<void> write_database(Directory const& directory, Writes const& writes) {
  SqliteOptions options;
  options.create = true;
  auto store = SqliteStore::open(directory.database().string(), options);
  if (!store) return because(text::kDatabaseNotMade, store.error());
  if (auto const done = (*store)->commit(writes); !done) return because(text::kDatabaseNotWritten, done.error());
  return {};
}

/// Everything of a new directory, on the disk.
Explained<void> fill(Directory const& directory, DraftedMeeting const& meeting, Settings const& settings,
                     std::vector<Material> const& materials, OnFiles const& on_files) {
  if (::mkdir(directory.path().c_str(), 0700) != 0) return system_error(text::kFileNotCreated, directory.path());
  if (auto done = write_server(directory, settings, meeting.keys, meeting.writes); !done) return done;
  if (auto done = write_slips(directory, meeting); !done) return done;
  if (auto done = copy_materials(materials, directory.materials(), on_files); !done) return done;
  for (auto const& path : {directory.keys(), directory.slips(), directory.path()}) {
    if (auto done = sync_directory(path); !done) return done;
  }
  return {};
}

}  // namespace

Explained<void> write_server(Directory const& directory, Settings const& settings, Keys const& keys,
                             Writes const& writes) {
  for (auto const& path : {directory.keys(), directory.slips()}) {
    if (::mkdir(path.c_str(), 0700) != 0) return system_error(text::kFileNotCreated, path);
  }
  if (auto done = write_file(directory.settings(), as_bytes(format_settings(settings))); !done) return done;
  if (auto done = write_keys(directory, keys); !done) return done;
  if (auto done = write_database(directory, writes); !done) return done;
  for (auto const& path : {directory.keys(), directory.slips(), directory.path()}) {
    if (auto done = sync_directory(path); !done) return done;
  }
  return {};
}

Explained<Settings> Directory::read_settings() const {
  auto const file = read_file(settings(), kMeetingTomlBytesMax);
  if (!file) return file.error();
  auto read = parse_settings(as_text(*file));
  if (!read) return unusable(read.error().what, settings().string());
  return read;
}

Explained<Keys> Directory::read_keys() const {
  auto authority = read_credential(keys() / "ca.pem", keys() / "ca-key.pem");
  if (!authority) return authority.error();
  auto tls = read_credential(keys() / "tls.pem", keys() / "tls-key.pem");
  if (!tls) return tls.error();
  std::vector<Secret> secrets;
  for (auto const* name : {"signing.key", "checkpoint.key", "box.key", "seal.key"}) {
    auto secret = read_secret(keys() / name);
    if (!secret) return secret.error();
    secrets.push_back(std::move(*secret));
  }
  auto server = crypto::SigningKey::from_seed(secrets[0]);
  auto checkpoint = crypto::SigningKey::from_seed(secrets[1]);
  auto box = crypto::BoxKey::from_secret(std::move(secrets[2]));
  if (!server || !checkpoint || !box) return at_path(text::kKeysUnusable, keys());
  return Keys{std::move(*authority),  std::move(*tls), std::move(*server),
              std::move(*checkpoint), std::move(*box), std::move(secrets[3])};
}

Explained<std::unique_ptr<Store>> Directory::open_store() const {
  auto store = SqliteStore::open(database().string(), {});
  if (!store) return because(text::kDatabaseNotOpened, store.error());
  return std::unique_ptr<Store>(std::move(*store));
}

Explained<std::unique_ptr<store::Reading>> Directory::read_store() const {
  auto reading = SqliteStore::read(database().string(), {});
  if (!reading) return because(text::kDatabaseNotOpened, reading.error());
  return reading;
}

Explained<Contents> read_contents(Store& store) {
  auto contents = store.load();
  if (!contents) return because(text::kDatabaseNotRead, contents.error());
  return std::move(*contents);
}

Explained<InitResult> init_directory(Directory const& directory, InitInput const& input, std::uint64_t now_s) {
  piaojue::init();
  if (auto const free = check_target(directory); !free) return free.error();
  auto const written = read_files(input);
  if (!written) return written.error();
  auto read = read_written(*written);
  if (!read) return read.error();
  auto const settings = choose_settings(input);
  if (!settings) return settings.error();
  std::vector<Material> materials;
  if (input.materials) {
    auto found = read_materials(*input.materials, read->manifest, input.on_files);
    if (!found) return found.error();
    materials = std::move(*found);
  }
  auto const meeting = draft_meeting(std::move(*read), place_of(*settings), now_s);
  if (!meeting) return meeting.error();

  // Beside the target first, so that a directory is either complete or not there; then onto nothing or an empty
  // directory: over anything else, `rename` refuses.
  auto const& target = directory.path();
  Directory const partial(target.string() + ".partial-" + std::to_string(::getpid()));
  auto done = fill(partial, *meeting, *settings, materials, input.on_files);
  if (done && ::rename(partial.path().c_str(), target.c_str()) != 0) done = system_error(text::kFileNotCreated, target);
  if (!done) {
    std::error_code ignored;
    fs::remove_all(partial.path(), ignored);
    return done.error();
  }
  if (done = sync_directory(target.has_parent_path() ? target.parent_path() : fs::path(".")); !done) {
    return done.error();
  }
  return InitResult{meeting->manifest.people.size(),
                    meeting->manifest.candidates.size(),
                    meeting->manifest.batches.size(),
                    meeting->suggestions.size(),
                    materials.size(),
                    settings->listen,
                    net::format_fingerprint(meeting->tls_spki)};
}

namespace {

/// A path that no slip of this person has yet. @return nothing: there are too many.
std::optional<fs::path> further_slip_path(Directory const& directory, std::string const& name) {
  for (unsigned copy = 2; copy < 100; ++copy) {
    auto path = directory.slips() / (name + "-" + std::to_string(copy) + ".txt");
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return path;
  }
  return std::nullopt;
}

}  // namespace

Explained<fs::path> new_slip(Directory const& directory, PersonId person) {
  piaojue::init();
  auto const settings = directory.read_settings();
  if (!settings) return settings.error();
  auto const seal_key = read_secret(directory.keys() / "seal.key");
  if (!seal_key) return seal_key.error();
  auto const store = directory.open_store();
  if (!store) return store.error();
  auto const contents = read_contents(**store);
  if (!contents) return contents.error();
  auto const manifest = read_draft(*contents);
  if (!manifest) return at_path(text::kDatabaseNoMeeting, directory.database());
  if (person < 1 || person > manifest->people.size()) {
    return unusable(
        Sentence(text::kSlipNoPerson, {{"person", person}, {"people", std::uint64_t{manifest->people.size()}}}));
  }

  Writes writes;
  auto const slip = make_slip(writes, *seal_key, manifest->meeting_id, place_of(*settings), person);
  auto const path = further_slip_path(directory, slip_name(*manifest, person));
  if (!path) return at_path(text::kSlipTooMany, directory.slips());
  std::error_code ignored;
  fs::create_directories(directory.slips(), ignored);
  // The file first: a slip that nobody has on paper would void the old one for nothing.
  if (auto const done = write_file(*path, as_bytes(slip_file(slip, *manifest))); !done) return done.error();
  if (auto const done = (*store)->commit(writes); !done) {
    fs::remove(*path, ignored);
    return because(text::kDatabaseNotWritten, done.error());
  }
  return *path;
}

Explained<meeting::Manifest> drafted_with_keys(Contents const& contents, fs::path const& from) {
  auto manifest = with_enrolled_keys(contents);
  if (!manifest) return at_path(text::kDatabaseNoMeeting, from);
  return std::move(*manifest);
}

}  // namespace piaojue::server
