// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal.h"

#include <cstdlib>

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

Secret combine_keys(Secret const& a, Secret const& b, ByteView label) {
  if (a.size() != kSealKeyBytes || b.size() != kSealKeyBytes) std::abort();  // fixed lengths keep a ‖ b unambiguous
  Secret out(kSealKeyBytes);
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, out.size());
  crypto_generichash_update(&state, a.data(), a.size());
  crypto_generichash_update(&state, b.data(), b.size());
  crypto_generichash_update(&state, label.data(), label.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace piaojue::crypto
