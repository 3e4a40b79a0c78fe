// SPDX-License-Identifier: Apache-2.0
#include "server/directory.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "protocol/meeting/enrolment.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/materials.h"
#include "server/meeting_rules.h"
#include "server/slips.h"
#include "server/suggestions.h"
#include "sheets/committee.h"
#include "store/sqlite_store.h"
#include "strings/refusals.h"
#include "strings/server.h"

namespace piaojue::server {

using store::SqliteOptions;
using store::SqliteStore;
namespace text = strings::server;
namespace {

constexpr std::size_t kTomlBytesMax = 256U << 10;
constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kValidDays = 400;  ///< of the server's certificate: longer than a meeting is prepared

/// `what` with {code} and {sentence}.
Explanation refused(Text const& what, Refusal code) {
  return Sentence(what, {{"code", piaojue::name(code)}, {"sentence", strings::sentence_of(code)}});
}
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

/// Puts all that is wrong with a sheet behind what was said before, a line each.
template <class T>
void add_faults(std::optional<Sentence>& said, fs::path const& file, sheets::Imported<T> const& imported) {
  if (imported) return;
  for (auto const& error : imported.error()) {
    Sentence one(text::kInitSheetFault, {{"file", file.string()}, {"fault", error.sentence()}});
    said = said ? Sentence(text::kInitSheetFaultNext, {{"before", std::move(*said)}, {"fault", std::move(one)}}) : one;
  }
}

// ---- init, step by step

Explained<void> check_target(Directory const& directory) {
  std::error_code ignored;
  auto const& target = directory.path();
  if (fs::exists(directory.database(), ignored)) return at_path(text::kInitMeetingThere, target);
  if (fs::exists(target, ignored) && !fs::is_empty(target, ignored)) return at_path(text::kInitNotEmpty, target);
  return {};
}

/// What people wrote, without keys and ids, and who ought to stand back from whom by it.
struct WrittenMeeting {
  meeting::Manifest manifest;
  std::vector<sheets::ProposedRecusal> proposed;
};

Explained<WrittenMeeting> read_meeting(InitInput const& input) {
  auto const read = [](fs::path const& path, std::size_t bytes_max) -> Explained<Bytes> {
    auto file = read_file(path, bytes_max);
    if (!file) return unusable(file.error().what);
    return file;
  };
  auto const members_file = read(input.members, sheets::kSheetBytesMax);
  if (!members_file) return members_file.error();
  auto const candidates_file = read(input.candidates, sheets::kSheetBytesMax);
  if (!candidates_file) return candidates_file.error();
  auto const meeting_file = read(input.meeting, kTomlBytesMax);
  if (!meeting_file) return meeting_file.error();
  auto const members = sheets::import_members(*members_file);
  auto const candidates = sheets::import_candidates(*candidates_file);
  std::optional<Sentence> faults;
  add_faults(faults, input.members, members);
  add_faults(faults, input.candidates, candidates);
  if (faults) return unusable(std::move(*faults));
  auto manifest = parse_meeting(as_text(*meeting_file), *members, *candidates);
  if (!manifest) return unusable(manifest.error().what, input.meeting.string());
  if (auto const allowed = check_meeting(*manifest); !allowed) {
    return unusable(allowed.error().what, input.meeting.string());
  }
  return WrittenMeeting{std::move(*manifest), sheets::propose_recusals(*members, *candidates)};
}

/// Nobody votes on herself: an expert who applies is suggested a recusal, or the meeting is not drafted.
Explained<void> check_own_votes(WrittenMeeting const& meeting, std::vector<Suggestion> const& suggestions,
                                fs::path const& candidates) {
  for (auto const& one : meeting.proposed) {
    if (one.cause != sheets::RecusalCause::kSamePerson) continue;
    auto const is_it = [&](Suggestion const& s) { return s.person == one.person && s.question == one.candidate; };
    if (std::ranges::any_of(suggestions, is_it)) continue;
    return unusable(Sentence(text::kInitExpertApplies, {{"expert", meeting.manifest.people[one.person - 1].name},
                                                        {"person", one.person},
                                                        {"question", one.candidate}}),
                    candidates.string());
  }
  return {};
}

Explained<std::vector<Suggestion>> read_recusals(InitInput const& input, meeting::Manifest const& manifest) {
  if (!input.recusals) return std::vector<Suggestion>();
  auto const file = read_file(*input.recusals, sheets::kSheetBytesMax);
  if (!file) return unusable(file.error().what);
  auto suggestions = read_suggested(*file, manifest);
  if (!suggestions) return unusable(suggestions.error().what, input.recusals->string());
  return suggestions;
}

Explained<Settings> choose_settings(InitInput const& input) {
  Settings settings;
  auto const listen = parse_address(input.listen);
  if (!listen) return unusable(text::kInitListenMalformed);
  settings.listen = *listen;
  settings.host = input.host;
  if (settings.listen.port == 0) {
    auto const port = free_port(settings.listen.host);
    if (!port) return unusable(Sentence(text::kInitNoFreePort, {{"host", settings.listen.host}}));
    settings.listen.port = *port;
  }
  auto const& slip_host = settings.slip_host();
  if (slip_host == "0.0.0.0" || slip_host == "::") return unusable(text::kInitSlipsNeedAddress);
  return settings;
}

/// All that a new directory holds but the drafted meeting.
struct NewKeys {
  net::Credential authority, tls;
  Hash tls_spki;
  crypto::SigningKey server = crypto::SigningKey::generate();
  crypto::SigningKey checkpoint = crypto::SigningKey::generate();
  crypto::BoxKey box = crypto::BoxKey::generate();
  Secret seal = Secret::random(crypto::kSealKeyBytes);
};

Explained<NewKeys> make_keys(std::string const& slip_host, std::uint64_t now_s) {
  net::Validity const validity{now_s - kDay, now_s + kValidDays * kDay};
  auto authority = net::make_authority("piaojue meeting", validity);
  if (!authority) return refused(text::kInitAuthorityFailed, authority.error());
  auto tls = net::make_server_certificate(*authority, slip_host, validity);
  if (!tls) return refused(text::kInitCertificateFailed, tls.error());
  auto const spki = net::spki_sha256(tls->certificate_pem);
  if (!spki) return refused(text::kInitCertificateUnreadable, spki.error());
  NewKeys keys;
  keys.authority = std::move(*authority);
  keys.tls = std::move(*tls);
  keys.tls_spki = *spki;
  return keys;
}

Explained<void> write_keys(Directory const& directory, NewKeys const& keys) {
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

/// A fresh slip of a person: its K goes into `writes`, its code onto the slip only.
meeting::Slip make_slip(Writes& writes, Secret const& seal_key, meeting::Manifest const& manifest,
                        Settings const& settings, PersonId person) {
  meeting::Slip slip{{settings.slip_host(), settings.listen.port}, {0, person, {}}};
  randombytes_buf(slip.code.bits.data(), slip.code.bits.size());
  write_slip(writes, seal_key, person, meeting::enrol_key(slip.code.bits, manifest.meeting_id, person));
  return slip;
}

/// A slip for everybody.
Explained<void> write_slips(Directory const& directory, meeting::Manifest const& manifest, Settings const& settings,
                            Secret const& seal_key, Writes& writes) {
  for (PersonId person = 1; person <= manifest.people.size(); ++person) {
    auto const slip = make_slip(writes, seal_key, manifest, settings, person);
    auto const path = directory.slips() / (slip_name(manifest, person) + ".txt");
    if (auto done = write_file(path, as_bytes(slip_file(slip, manifest))); !done) return done;
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
Explained<void> fill(Directory const& directory, meeting::Manifest const& manifest, Settings const& settings,
                     NewKeys const& keys, std::vector<Material> const& materials, OnFiles const& on_files,
                     Writes writes) {
  for (auto const& path : {directory.path(), directory.keys(), directory.slips()}) {
    if (::mkdir(path.c_str(), 0700) != 0) return system_error(text::kFileNotCreated, path);
  }
  if (auto done = write_file(directory.settings(), as_bytes(format_settings(settings))); !done) return done;
  if (auto done = write_keys(directory, keys); !done) return done;
  if (auto done = write_slips(directory, manifest, settings, keys.seal, writes); !done) return done;
  if (auto done = copy_materials(materials, directory.materials(), on_files); !done) return done;
  if (auto done = write_database(directory, writes); !done) return done;
  for (auto const& path : {directory.keys(), directory.slips(), directory.path()}) {
    if (auto done = sync_directory(path); !done) return done;
  }
  return {};
}

}  // namespace

Explained<Settings> Directory::read_settings() const {
  auto const file = read_file(settings(), kTomlBytesMax);
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

Explained<Contents> read_contents(Store& store) {
  auto contents = store.load();
  if (!contents) return because(text::kDatabaseNotRead, contents.error());
  return std::move(*contents);
}

Explained<InitResult> init_directory(Directory const& directory, InitInput const& input, std::uint64_t now_s) {
  piaojue::init();
  if (auto const free = check_target(directory); !free) return free.error();
  auto written = read_meeting(input);
  if (!written) return written.error();
  auto* const manifest = &written->manifest;
  auto const suggestions = read_recusals(input, *manifest);
  if (!suggestions) return suggestions.error();
  if (auto const apart = check_own_votes(*written, *suggestions, input.candidates); !apart) return apart.error();
  auto const settings = choose_settings(input);
  if (!settings) return settings.error();
  std::vector<Material> materials;
  if (input.materials) {
    auto read = read_materials(*input.materials, *manifest, input.on_files);
    if (!read) return read.error();
    materials = std::move(*read);
  }
  auto const keys = make_keys(settings->slip_host(), now_s);
  if (!keys) return keys.error();
  randombytes_buf(manifest->meeting_id.data(), manifest->meeting_id.size());
  manifest->server_key = keys->server.public_key();
  manifest->checkpoint_key = keys->checkpoint.public_key();
  manifest->server_box_key = keys->box.public_key();
  auto writes = write_draft(*manifest, *suggestions);
  if (!writes) return unusable(refused(text::kInitMeetingInvalid, writes.error()).what);

  // Beside the target first, so that a directory is either complete or not there; then onto nothing or an empty
  // directory: over anything else, `rename` refuses.
  auto const& target = directory.path();
  Directory const partial(target.string() + ".partial-" + std::to_string(::getpid()));
  auto done = fill(partial, *manifest, *settings, *keys, materials, input.on_files, std::move(*writes));
  if (done && ::rename(partial.path().c_str(), target.c_str()) != 0) done = system_error(text::kFileNotCreated, target);
  if (!done) {
    std::error_code ignored;
    fs::remove_all(partial.path(), ignored);
    return done.error();
  }
  if (done = sync_directory(target.has_parent_path() ? target.parent_path() : fs::path(".")); !done) {
    return done.error();
  }
  return InitResult{manifest->people.size(),
                    manifest->candidates.size(),
                    manifest->batches.size(),
                    suggestions->size(),
                    materials.size(),
                    settings->listen,
                    net::format_fingerprint(keys->tls_spki)};
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
  auto const slip = make_slip(writes, *seal_key, *manifest, *settings, person);
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

Explained<meeting::Manifest> drafted_with_keys(Directory const& directory) {
  auto const store = directory.open_store();
  if (!store) return store.error();
  auto const contents = read_contents(**store);
  if (!contents) return contents.error();
  auto manifest = read_draft(*contents);
  if (!manifest) return at_path(text::kDatabaseNoMeeting, directory.database());
  Outbox outbox;
  meeting::Record const not_open;
  Draft const draft(std::move(*manifest), not_open);
  Enrolments enrolments(draft, not_open, Shelf<Table::kEnrolment>(outbox));
  if (!enrolments.load(*contents)) return at_path(text::kDatabaseNoMeeting, directory.database());
  return enrolments.with_keys();
}

}  // namespace piaojue::server
