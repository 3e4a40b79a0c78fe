// SPDX-License-Identifier: Apache-2.0
#include "crypto/keyed_hash.h"

#include <cstdlib>

namespace piaojue::crypto {

static_assert(Mac::kSize == crypto_auth_hmacsha256_BYTES);

namespace {

class Hmac {
 public:
  explicit Hmac(ByteView key) {
    // No null for libsodium, not even of no bytes.
    static constexpr std::uint8_t kNothing = 0;
    crypto_auth_hmacsha256_init(&state_, key.empty() ? &kNothing : key.data(), key.size());
  }
  ~Hmac() { sodium_memzero(&state_, sizeof state_); }
  Hmac(Hmac const&) = delete;
  Hmac& operator=(Hmac const&) = delete;
  void update(ByteView bytes) { crypto_auth_hmacsha256_update(&state_, bytes.data(), bytes.size()); }
  void final(std::uint8_t* out) { crypto_auth_hmacsha256_final(&state_, out); }

 private:
  crypto_auth_hmacsha256_state state_{};
};

}  // namespace

Mac hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  Hmac hmac(key);
  for (ByteView const part : parts) hmac.update(part);
  Mac out;
  hmac.final(out.data.data());
  return out;
}

bool same(Mac const& a, Mac const& b) { return sodium_memcmp(a.data.data(), b.data.data(), Mac::kSize) == 0; }

Secret hkdf_sha256(ByteView ikm, ByteView salt, ByteView info, std::size_t size) {
  if (size == 0 || size > 255 * Mac::kSize) std::abort();
  // RFC 5869 §2.2. A salt that is not given is a key of zeros there, which HMAC can not tell from an empty one.
  Secret prk(Mac::kSize);
  Hmac extract(salt);
  extract.update(ikm);
  extract.final(prk.data());
  // §2.3: T(i) = HMAC(PRK, T(i−1) ‖ info ‖ i)
  Secret out(size);
  Secret block(Mac::kSize);
  for (std::size_t done = 0; done < size; done += Mac::kSize) {
    auto const counter = static_cast<std::uint8_t>(done / Mac::kSize + 1);
    Hmac expand(prk.view());
    if (done != 0) expand.update(block.view());
    expand.update(info);
    expand.update({&counter, 1});
    expand.final(block.data());
    std::ranges::copy(block.view().first(std::min(Mac::kSize, size - done)), out.data() + done);
  }
  return out;
}

Secret blake2b_256(Secret const& key, std::initializer_list<ByteView> parts) {
  constexpr std::size_t kBytes = 32;
  if (key.size() != kBytes) std::abort();
  Secret out(kBytes);
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  for (ByteView const part : parts) crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace piaojue::crypto
