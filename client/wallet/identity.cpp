// SPDX-License-Identifier: Apache-2.0
#include "client/wallet/identity.h"

#include <boost/json.hpp>

#include "base/state.h"
#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

namespace json = boost::json;

constexpr std::string_view kProfileName = "profile";
constexpr std::string_view kKeysName = "keys";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kSeedBytes = 32;

template <class T>
bool take(T& out, json::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  if (value == nullptr || !value->is_string()) return false;
  auto const bytes = from_hex(value->get_string());
  if (!bytes) return false;
  auto const fixed = T::from(*bytes);
  if (fixed) out = *fixed;
  return fixed.has_value();
}

bool take(std::string& out, json::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  if (value == nullptr || !value->is_string()) return false;
  out = value->get_string();
  return true;
}

bool take(std::uint32_t& out, json::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  if (value == nullptr) return false;
  boost::system::error_code error;
  out = value->to_number<std::uint32_t>(error);
  return !error;
}

}  // namespace

Keys make_keys(Secret tls_key_pem) {
  return {SigningKey::generate(), SigningKey::generate(), crypto::BoxKey::generate(),
          Secret::random(crypto::kSealKeyBytes), std::move(tls_key_pem)};
}

Explained<void> save_profile(Wallet& wallet, Profile const& profile) {
  json::object out;
  out["format"] = kFormat;
  out["meeting_id"] = to_hex(profile.meeting_id);
  out["meeting_number"] = profile.meeting_number;
  out["person"] = profile.person;
  out["name"] = profile.name;
  out["roles"] = profile.roles;
  out["host"] = profile.host;
  out["port"] = profile.port;
  out["server_spki"] = to_hex(profile.server_spki.view());
  out["identity_key"] = to_hex(profile.identity_key.view());
  out["witness_key"] = to_hex(profile.witness_key.view());
  out["box_key"] = to_hex(profile.box_key.view());
  out["salt"] = to_hex(profile.salt);
  out["code_used"] = profile.code_used;
  out["csr"] = to_hex(profile.csr);
  out["certificate"] = profile.certificate_pem;
  out["authority"] = profile.authority_pem;
  return wallet.save(std::string(kProfileName), as_bytes(json::serialize(out)));
}

Explained<std::optional<Profile>> load_profile(Wallet& wallet) {
  auto const bytes = wallet.load(std::string(kProfileName));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<Profile>();
  Explanation const damaged(text::kProfileDamaged, {}, Refusal::kMalformed);
  boost::system::error_code error;
  auto const value = json::parse(as_text(**bytes), error);
  if (error || !value.is_object()) return damaged;
  auto const& from = value.get_object();
  Profile out;
  std::uint32_t format = 0;
  std::uint32_t port = 0;
  std::string meeting_id;
  std::string salt;
  std::string csr;
  if (!take(format, from, "format")) return damaged;
  if (format != kFormat) {
    Sentence const other(text::kProfileOtherVersion, {{"format", format}, {"own", kFormat}});
    return Explanation(other, {}, Refusal::kMalformed);
  }
  bool const whole = take(meeting_id, from, "meeting_id") && take(out.meeting_number, from, "meeting_number") &&
                     take(out.person, from, "person") && take(out.name, from, "name") &&
                     take(out.roles, from, "roles") && take(out.host, from, "host") && take(port, from, "port") &&
                     take(out.server_spki, from, "server_spki") && take(out.identity_key, from, "identity_key") &&
                     take(out.witness_key, from, "witness_key") && take(out.box_key, from, "box_key") &&
                     take(salt, from, "salt") && take(out.code_used, from, "code_used") && take(csr, from, "csr") &&
                     take(out.certificate_pem, from, "certificate") && take(out.authority_pem, from, "authority");
  auto const meeting_bytes = from_hex(meeting_id);
  auto const salt_bytes = from_hex(salt);
  auto const csr_bytes = from_hex(csr);
  bool const read = whole && meeting_bytes && salt_bytes && csr_bytes;
  if (!read || meeting_bytes->size() != out.meeting_id.size() || port > 65535) return damaged;
  std::ranges::copy(*meeting_bytes, out.meeting_id.begin());
  out.salt = *salt_bytes;
  out.csr = *csr_bytes;
  out.port = static_cast<std::uint16_t>(port);
  return std::optional<Profile>(std::move(out));
}

Explained<void> save_keys(Wallet& wallet, Secret const& key, Keys const& keys) {
  auto const plain = state::written([&](state::Writer& out) {
    out.fixed(keys.identity.seed().view());
    out.fixed(keys.witness.seed().view());
    out.fixed(keys.box.secret().view());
    out.fixed(keys.own_key.view());
    out.fixed(keys.tls_key_pem.view());
  });
  return wallet.save(std::string(kKeysName), crypto::seal(key, plain.view(), as_bytes(kKeysName)));
}

Result<Keys> load_keys(Wallet& wallet, Secret const& key) {
  auto const sealed = wallet.load(std::string(kKeysName));
  if (!sealed) return Refusal::kStorage;
  if (!*sealed) return Refusal::kUnknown;
  auto const plain = crypto::unseal(key, **sealed, as_bytes(kKeysName));
  if (!plain || plain->size() < 4 * kSeedBytes) return Refusal::kMalformed;
  auto const part = [&](std::size_t from, std::size_t size) {
    return Secret::copy_of(plain->view().subspan(from, size));
  };
  auto identity = SigningKey::from_seed(part(0, kSeedBytes));
  auto witness = SigningKey::from_seed(part(kSeedBytes, kSeedBytes));
  auto box = crypto::BoxKey::from_secret(part(2 * kSeedBytes, kSeedBytes));
  if (!identity || !witness || !box) return Refusal::kMalformed;
  return Keys{std::move(*identity), std::move(*witness), std::move(*box), part(3 * kSeedBytes, kSeedBytes),
              part(4 * kSeedBytes, plain->size() - 4 * kSeedBytes)};
}

}  // namespace piaojue::client
