// SPDX-License-Identifier: Apache-2.0
#include "client/setup.h"

#include <cstdio>
#include <fstream>

#include "client/host.h"
#include "net/pki.h"
#include "strings/refusals.h"

namespace piaojue::client {
namespace {

Trouble trouble(Refusal code, std::string zh, std::string en) {
  return {std::string(piaojue::name(code)), std::move(zh), std::move(en)};
}

Trouble storage(Wallet const& wallet) {
  return trouble(Refusal::kStorage, "磁盘写入失败：" + wallet.last_error(), wallet.last_error());
}

Trouble wrong_passphrase() { return {std::string(kWrongPassphrase), "口令不对", "wrong passphrase"}; }

std::string hash_of_code(meeting::Slip const& slip) { return to_hex(crypto::sha256({as_bytes(slip.code)}).view()); }

Tried<Enrolment> compare(std::optional<Profile> const& profile, meeting::Slip const& slip) {
  if (!profile) return Enrolment::kNew;
  if (profile->meeting_id != slip.meeting_id || profile->person != slip.person) {
    return trouble(Refusal::kConflict, "这台电脑的文件夹属于另一个人或另一次会议，请换一个文件夹",
                   "this folder belongs to another person or meeting; give another --home");
  }
  if (profile->certificate_pem.empty()) return Enrolment::kBegun;
  if (profile->code_used != hash_of_code(slip)) {
    return trouble(Refusal::kConflict, "这台电脑已用另一张领用单登记；更换电脑时请用新的文件夹",
                   "this folder is enrolled with another slip; for a replaced laptop give a new --home");
  }
  return Enrolment::kDone;
}

}  // namespace

Trouble trouble_of(Refusal code) {
  auto const name = std::string(piaojue::name(code));
  auto const& text = strings::sentence_of(code);
  return {name, std::string(text.zh), name + ": " + std::string(text.en)};
}

Result<meeting::Slip> read_slip_text(std::string_view text) {
  if (auto slip = meeting::parse_slip(text)) return slip;
  return meeting::find_slip(text);
}

Tried<Enrolment> enrolment_of(Wallet& wallet, meeting::Slip const& slip) {
  auto const profile = load_profile(wallet);
  if (!profile) return trouble_of(profile.error());
  return compare(*profile, slip);
}

Tried<Unlocked> enrol(Wallet& wallet, meeting::Slip const& slip, std::string_view passphrase,
                      std::chrono::milliseconds patience) {
  auto loaded = load_profile(wallet);
  if (!loaded) return trouble_of(loaded.error());
  auto const stage = compare(*loaded, slip);
  if (auto const* other = std::get_if<Trouble>(&stage)) return *other;
  bool const known = loaded->has_value();
  Profile profile = known ? std::move(**loaded) : Profile{};
  if (std::get<Enrolment>(stage) == Enrolment::kDone) return unlock(wallet, std::move(profile), passphrase);
  if (!known) {
    profile.salt.resize(crypto::kPassphraseSaltBytes);
    randombytes_buf(profile.salt.data(), profile.salt.size());
  }
  auto key = crypto::key_from_passphrase(passphrase, profile.salt);
  if (!key) return trouble_of(key.error());

  if (!known) {
    auto tls_key = net::make_tls_key();
    if (!tls_key) return trouble_of(tls_key.error());
    auto csr = net::make_csr(*tls_key);
    if (!csr) return trouble_of(csr.error());
    auto const keys = make_keys(std::move(*tls_key));
    profile.meeting_id = slip.meeting_id;
    profile.person = slip.person;
    profile.identity_key = keys.identity.public_key();
    profile.witness_key = keys.witness.public_key();
    profile.csr_pem = *csr;
    if (auto const saved = save_keys(wallet, *key, keys); !saved) return storage(wallet);
  }
  auto keys = load_keys(wallet, *key);
  if (!keys) return keys.error() == Refusal::kMalformed ? wrong_passphrase() : trouble_of(keys.error());
  // The server may have got a new address since the first try; its key is what counts.
  profile.host = slip.host;
  profile.port = slip.port;
  profile.server_spki = slip.server_spki;
  profile.code_used = hash_of_code(slip);
  // Durable before anybody hears of these keys: a code is good once.
  if (auto const saved = save_profile(wallet, profile); !saved) return storage(wallet);

  auto const tls = net::TlsContext::client(profile.server_spki);
  if (!tls) return trouble_of(tls.error());
  std::string why;
  auto const enrolled =
      enrol_online(profile.host, profile.port, *tls, enrol_frame(profile, *keys, slip.code), patience, why);
  if (!enrolled) {
    auto const at = profile.host + ":" + std::to_string(profile.port);
    if (enrolled.error() == Refusal::kBusy) {
      return trouble(Refusal::kBusy, at + " 没有应答（" + why + "）；什么都没有丢，请再试",
                     "no answer from " + at + " (" + why + "); nothing is lost, try again");
    }
    if (enrolled.error() == Refusal::kConflict) {
      return trouble(Refusal::kConflict, "这张领用单已被另一台电脑用过；如果不是您，请马上告诉工作人员",
                     "this code was used already, by another laptop; if it was not yours, tell the clerk at once");
    }
    return trouble_of(enrolled.error());
  }
  auto const info = net::inspect_certificate(enrolled->certificate_pem);
  auto const own = net::spki_sha256_of_key(keys->tls_key_pem);
  if (!info || !own || info->spki_sha256 != *own || info->person != profile.person) {
    return trouble(Refusal::kProof, "服务器发来的证书不是这台电脑的",
                   "the server sent a certificate that is not for this laptop's key");
  }
  profile.certificate_pem = enrolled->certificate_pem;
  profile.authority_pem = enrolled->authority_pem;
  profile.name = enrolled->name;
  profile.roles = enrolled->roles;
  if (auto const saved = save_profile(wallet, profile); !saved) return storage(wallet);
  return Unlocked{std::move(profile), std::move(*keys), std::move(*key)};
}

Tried<Unlocked> unlock(Wallet& wallet, Profile profile, std::string_view passphrase) {
  auto key = crypto::key_from_passphrase(passphrase, profile.salt);
  if (!key) return trouble_of(key.error());
  auto keys = load_keys(wallet, *key);
  if (!keys) return keys.error() == Refusal::kMalformed ? wrong_passphrase() : trouble_of(keys.error());
  return Unlocked{std::move(profile), std::move(*keys), std::move(*key)};
}

Tried<Started> start(Unlocked unlocked, Wallet& wallet, StartOptions const& options) {
  auto tls = net::TlsContext::client(unlocked.profile.server_spki, net::Credential{unlocked.keys.tls_key_pem.clone(),
                                                                                   unlocked.profile.certificate_pem});
  if (!tls) return trouble_of(tls.error());
  auto const host = options.host.empty() ? unlocked.profile.host : options.host;
  auto const port = options.host.empty() ? unlocked.profile.port : options.port;
  SessionConfig config{.profile = std::move(unlocked.profile),
                       .keys = std::move(unlocked.keys),
                       .wallet_key = std::move(unlocked.wallet_key),
                       .token_keys = [](std::uint32_t bits) { return crypto::blind_rsa::PrivateKey::generate(bits); },
                       .parallel = parallel_for(),
                       .write_file = write_file,
                       .lang = lang_of(options.lang),
                       .limits = {}};
  auto session = Session::open(std::move(config), wallet);
  if (!session) return trouble_of(session.error());
  return Started{std::move(*session), std::move(*tls), host, port};
}

std::string key_fingerprint(crypto::SigningPublicKey const& key) { return group_of_four(crypto::sha256({key.view()})); }

Result<void> write_file(std::string const& path, ByteView bytes) {
  auto const temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << as_text(bytes);
    if (!out.flush()) return Refusal::kStorage;
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return Refusal::kStorage;
  return {};
}

}  // namespace piaojue::client
