// SPDX-License-Identifier: Apache-2.0
#include "client/setup.h"

#include <filesystem>
#include <fstream>

#include "client/enrol_online.h"
#include "client/pool.h"
#include "client/preferences.h"
#include "net/pki.h"
#include "strings/client.h"
#include "strings/refusals.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

/// @param why of the wallet.
Explanation storage(Explanation const& why) {
  return {{text::kDiskFailed, {{"error", why.what}}}, why.place, Refusal::kStorage};
}

/// What load_keys refused: it does not tell a changed file from another passphrase.
Explained<IfUnlocked> not_loaded(Refusal code) {
  if (code == Refusal::kMalformed) return IfUnlocked();
  return explain(code);
}

std::string hash_of_code(meeting::SlipCode const& code) { return to_hex(crypto::sha256({code.bits}).view()); }

Explained<Enrolment> compare(std::optional<Profile> const& profile, meeting::SlipCode const& code) {
  if (!profile) return Enrolment::kNew;
  if (profile->meeting_number != code.meeting || profile->person != code.person) {
    return Explanation(text::kFolderOfAnother, {}, Refusal::kConflict);
  }
  if (profile->certificate_pem.empty()) return Enrolment::kBegun;
  if (profile->code_used != hash_of_code(code)) {
    return Explanation(text::kOtherSlip, {}, Refusal::kConflict);
  }
  return Enrolment::kDone;
}

/// Fresh keys for this slip's person, kept; the profile is filled in and not kept yet.
Explained<Profile> make_identity(Wallet& wallet, meeting::SlipCode const& code, Secret const& key, Profile profile) {
  auto tls_key = net::make_tls_key();
  if (!tls_key) return explain(tls_key.error());
  auto csr = net::make_csr(*tls_key);
  if (!csr) return explain(csr.error());
  auto const keys = make_keys(std::move(*tls_key));
  profile.meeting_number = code.meeting;
  profile.person = code.person;
  profile.identity_key = keys.identity.public_key();
  profile.witness_key = keys.witness.public_key();
  profile.box_key = keys.box.public_key();
  profile.csr = std::move(*csr);
  if (auto const saved = save_keys(wallet, key, keys); !saved) return storage(saved.error());
  return profile;
}

/// Asks the server, pins it in `profile` when it has proved that it knows the code, and checks that what it sends is
/// for this laptop.
Explained<Enrolled> ask_server(Wallet& wallet, Profile& profile, Keys const& keys, meeting::Slip const& slip,
                               std::chrono::milliseconds patience) {
  auto const pin = [&](meeting::MeetingId const& meeting_id, EnrolChannel const& channel) -> Explained<Bytes> {
    profile.meeting_id = meeting_id;
    profile.server_spki = crypto::sha256({channel.server_spki});
    // Durable before anybody hears of these keys: a code is good once.
    if (auto const saved = save_profile(wallet, profile); !saved) return storage(saved.error());
    return enrol_keys_frame(profile, keys, slip.code, channel);
  };
  auto enrolled = enrol_online({slip, pin, patience});
  if (!enrolled) return enrolled.error();
  auto const info = net::inspect_certificate(enrolled->certificate_pem);
  auto const own = net::spki_sha256_of_key(keys.tls_key_pem);
  if (!info || !own || info->spki_sha256 != *own || info->person != profile.person) {
    return Explanation(text::kOtherCertificate, {}, Refusal::kProof);
  }
  return std::move(*enrolled);
}

}  // namespace

Explanation explain(Refusal code, std::string place) {
  return {strings::sentence_of(code), place.empty() ? std::string(piaojue::name(code)) : std::move(place), code};
}

std::string SlipText::text() const {
  return address ? meeting::format_slip({*address, code}) : meeting::format_slip_code(code);
}

Result<SlipText> read_slip_text(std::string_view given) {
  // What is typed has no colon; a file may have many words around its one line.
  if (given.find(':') == std::string_view::npos && given.find('\n') == std::string_view::npos) {
    auto const code = meeting::parse_slip_code(given);
    if (!code) return code.error();
    return SlipText{std::nullopt, *code};
  }
  auto slip = meeting::parse_slip(given);
  if (!slip && slip.error() == Refusal::kMalformed) slip = meeting::find_slip(given);
  if (!slip) return slip.error();
  return SlipText{slip->address, slip->code};
}

Explanation explain_slip(Refusal code) {
  if (code == Refusal::kProof) return Explanation(text::kCheckCharacter, {}, code);
  return explain(code);
}

Explained<Enrolment> enrolment_of(Wallet& wallet, meeting::SlipCode const& code) {
  auto const profile = load_profile(wallet);
  if (!profile) return profile.error();
  return compare(*profile, code);
}

Explained<void> forget(Wallet& wallet) {
  auto const journal = wallet.journal();
  if (!journal) return storage(journal.error());
  auto const names = wallet.names("");
  if (!names) return storage(names.error());
  bool const evidence = std::ranges::any_of(*names, [](auto const& name) { return name.starts_with("evidence/"); });
  if (!journal->empty() || evidence) return Explanation(text::kNothingToForget, {}, Refusal::kConflict);
  for (auto const& name : *names) {
    if (name == kPreferencesBlob) continue;
    if (auto const erased = wallet.erase(name); !erased) return storage(erased.error());
  }
  return {};
}

Explained<IfUnlocked> enrol(Wallet& wallet, meeting::Slip const& slip, std::string_view passphrase,
                            std::chrono::milliseconds patience) {
  auto loaded = load_profile(wallet);
  if (!loaded) return loaded.error();
  auto const stage = compare(*loaded, slip.code);
  if (!stage) return stage.error();
  bool const known = loaded->has_value();
  Profile profile = known ? std::move(**loaded) : Profile{};
  if (*stage == Enrolment::kDone) return unlock(wallet, std::move(profile), passphrase);
  if (!known) {
    profile.salt.resize(crypto::kPassphraseSaltBytes);
    randombytes_buf(profile.salt.data(), profile.salt.size());
  }
  auto key = crypto::key_from_passphrase(passphrase, profile.salt);
  if (!key) return explain(key.error());
  if (!known) {
    auto made = make_identity(wallet, slip.code, *key, std::move(profile));
    if (!made) return made.error();
    profile = std::move(*made);
  }
  auto keys = load_keys(wallet, *key);
  if (!keys) return not_loaded(keys.error());
  // The server may have got a new address since the first try; that it knows the code is what counts.
  profile.host = slip.address.host;
  profile.port = slip.address.port;
  profile.code_used = hash_of_code(slip.code);
  if (auto const saved = save_profile(wallet, profile); !saved) return storage(saved.error());
  auto const enrolled = ask_server(wallet, profile, *keys, slip, patience);
  if (!enrolled) return enrolled.error();
  profile.certificate_pem = enrolled->certificate_pem;
  profile.authority_pem = enrolled->authority_pem;
  profile.name = enrolled->name;
  profile.roles = enrolled->roles;
  if (auto const saved = save_profile(wallet, profile); !saved) return storage(saved.error());
  return IfUnlocked(Unlocked{std::move(profile), std::move(*keys)});
}

Explained<IfUnlocked> unlock(Wallet& wallet, Profile profile, std::string_view passphrase) {
  auto key = crypto::key_from_passphrase(passphrase, profile.salt);
  if (!key) return explain(key.error());
  auto keys = load_keys(wallet, *key);
  if (!keys) return not_loaded(keys.error());
  return IfUnlocked(Unlocked{std::move(profile), std::move(*keys)});
}

Explained<Started> start(Unlocked unlocked, Wallet& wallet, StartOptions const& options) {
  auto tls = net::TlsContext::client(unlocked.profile.server_spki, net::Credential{unlocked.keys.tls_key_pem.clone(),
                                                                                   unlocked.profile.certificate_pem});
  if (!tls) return explain(tls.error());
  auto asking = tls->asking_for(meeting::meeting_name(unlocked.profile.meeting_number));
  auto const host = options.host.empty() ? unlocked.profile.host : options.host;
  auto const port = options.host.empty() ? unlocked.profile.port : options.port;
  SessionConfig config{.profile = std::move(unlocked.profile),
                       .keys = std::move(unlocked.keys),
                       .token_keys = [](std::uint32_t bits) { return crypto::blind_rsa::PrivateKey::generate(bits); },
                       .parallel = parallel_for(),
                       .write_file = write_file,
                       .lang = options.lang,
                       .limits = {},
                       .materials = options.materials};
  auto session = Session::open(std::move(config), wallet);
  if (!session) return explain(session.error());
  return Started{std::move(*session), std::move(asking), host, port};
}

Result<void> write_file(std::string const& path, ByteView bytes) {
  std::filesystem::path const temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << as_text(bytes);
    if (!out.flush()) return Refusal::kStorage;
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return Refusal::kStorage;
  return {};
}

}  // namespace piaojue::client
