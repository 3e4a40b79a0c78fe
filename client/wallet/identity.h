// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who a person's program is: the keys that it made itself, the server that its slip pinned, the certificate that it
/// got. And enrolment, without a socket.
#include "client/wallet/wallet.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "protocol/meeting/slip.h"

namespace piaojue::client {

using crypto::Hash;
using crypto::SigningKey;
using meeting::PersonId;

/// Not secret; kept readable, so that `piaojue show` needs no passphrase.
struct Profile {
  std::array<std::uint8_t, 16> meeting_id{};
  PersonId person = 0;
  std::string host;
  std::uint16_t port = 0;
  Hash server_spki;
  crypto::SigningPublicKey identity_key, witness_key;
  Bytes salt;                   ///< of the passphrase key, crypto::kPassphraseSaltBytes
  std::string csr_pem;          ///< the request, kept: enrolling again must repeat it byte by byte
  std::string code_used;        ///< SHA-256 (hex) of the code that the request was made with
  std::string certificate_pem;  ///< empty: not enrolled yet
  std::string authority_pem;
  std::string name;  ///< as the server gave it
  std::uint32_t roles = 0;
};

/// Never leaves the sealed file "keys" but for memory.
struct Keys {
  SigningKey identity;  ///< IK
  SigningKey witness;   ///< WK
  Secret attempt_key;   ///< the client's half of the key of sealed attempts (specification §14)
  Secret tls_key_pem;   ///< may be empty in the simulation
};

/// Fresh keys. @param tls_key_pem from net::make_tls_key, or empty.
Keys make_keys(Secret tls_key_pem);

[[nodiscard]] Explained<void> save_profile(Wallet& wallet, Profile const& profile);
/// @return nothing if there is none; kMalformed; kStorage.
[[nodiscard]] Result<std::optional<Profile>> load_profile(Wallet& wallet);
/// @param key of crypto::key_from_passphrase(passphrase, profile.salt).
[[nodiscard]] Explained<void> save_keys(Wallet& wallet, Secret const& key, Keys const& keys);
/// @return kMalformed: wrong passphrase, or the file was changed. kUnknown: none there. kStorage.
[[nodiscard]] Result<Keys> load_keys(Wallet& wallet, Secret const& key);

}  // namespace piaojue::client
