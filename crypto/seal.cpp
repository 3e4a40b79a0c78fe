// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal.h"

#include <cstdlib>

#include "crypto/domain.h"
#include "crypto/keyed_hash.h"

namespace piaojue::crypto {

static_assert(kSealKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kSealOverheadBytes ==
              crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(kPassphraseSaltBytes == crypto_pwhash_SALTBYTES);

namespace {
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
}

Bytes seal(Secret const& key, ByteView plain, ByteView associated) {
  if (key.size() != kSealKeyBytes) std::abort();  // a programmer's error: keys are made here, never received
  Bytes out(plain.size() + kSealOverheadBytes);
  // 24 random bytes do not repeat in any lifetime, so no counter has to survive a crash.
  randombytes_buf(out.data(), kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonceBytes, nullptr, plain.data(), plain.size(),
                                             associated.data(), associated.size(), nullptr, out.data(), key.data());
  return out;
}

Result<Secret> unseal(Secret const& key, ByteView sealed, ByteView associated) {
  if (key.size() != kSealKeyBytes || sealed.size() < kSealOverheadBytes) return Refusal::kMalformed;
  Secret plain(sealed.size() - kSealOverheadBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data() + kNonceBytes,
                                                 sealed.size() - kNonceBytes, associated.data(), associated.size(),
                                                 sealed.data(), key.data()) != 0) {
    return Refusal::kMalformed;
  }
  return plain;
}

Result<Secret> key_from_passphrase(std::string_view passphrase, ByteView salt) {
  if (salt.size() != kPassphraseSaltBytes) return Refusal::kMalformed;
  Secret out(kSealKeyBytes);
  if (crypto_pwhash(out.data(), out.size(), passphrase.data(), passphrase.size(), salt.data(),
                    crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Refusal::kInternal;
  }
  return out;
}

Secret combine_keys(Secret const& own, Secret const& half) {
  if (half.size() != kSealKeyBytes) std::abort();
  return blake2b_256(own, {as_bytes(domain::kHalf), domain::kEnd, half.view()});
}

}  // namespace piaojue::crypto
