// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who a person's program is: the keys that it made itself, the server that proved to know its slip's code, the
/// certificate that it got.
#include "client/wallet/wallet.h"
#include "crypto/box.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "protocol/meeting/enrolment.h"

namespace piaojue::client {

using crypto::Hash;
using crypto::SigningKey;
using meeting::PersonId;

/// Not secret; kept readable, so that `piaojue show` needs no passphrase.
struct Profile {
  std::uint32_t meeting_number = 0;  ///< of the slip
  PersonId person = 0;
  std::string host;
  std::uint16_t port = 0;
  /// Both pinned when a server has proved that it knows the code; zero until then.
  meeting::MeetingId meeting_id{};
  Hash server_spki;  ///< SHA-256
  crypto::SigningPublicKey identity_key, witness_key;
  crypto::BoxPublicKey box_key;
  Bytes salt;                   ///< of the passphrase key, crypto::kPassphraseSaltBytes
  Bytes csr;                    ///< DER, kept: enrolling again must repeat it byte by byte
  std::string code_used;        ///< SHA-256 (hex) of the code that the request was made with
  std::string certificate_pem;  ///< empty: not enrolled yet
  std::string authority_pem;
  std::string name;  ///< as the server gave it
  std::uint32_t roles = 0;

  meeting::DeviceKeys keys() const { return {identity_key, witness_key, box_key}; }
  /// What its person compares with the sign-in sheet.
  std::string device_code() const { return meeting::device_code(meeting_id, person, keys()); }
};

/// Never leaves the sealed file "keys" but for memory.
struct Keys {
  SigningKey identity;  ///< IK
  SigningKey witness;   ///< WK
  crypto::BoxKey box;   ///< BK
  Secret own_key;       ///< of everything that is sealed here, of an attempt together with a half (specification §14)
  Secret tls_key_pem;   ///< may be empty in the simulation
};

/// Fresh keys. @param tls_key_pem from net::make_tls_key, or empty.
Keys make_keys(Secret tls_key_pem);

[[nodiscard]] Explained<void> save_profile(Wallet& wallet, Profile const& profile);
/// @return nothing if there is none. Explains, with code kMalformed: another version's, or damaged; kStorage.
[[nodiscard]] Explained<std::optional<Profile>> load_profile(Wallet& wallet);
/// @param key of crypto::key_from_passphrase(passphrase, profile.salt).
[[nodiscard]] Explained<void> save_keys(Wallet& wallet, Secret const& key, Keys const& keys);
/// @return kMalformed: wrong passphrase, or the file was changed. kUnknown: none there. kStorage.
[[nodiscard]] Result<Keys> load_keys(Wallet& wallet, Secret const& key);

}  // namespace piaojue::client
