// SPDX-License-Identifier: Apache-2.0
#include "secrets.h"

#include <openssl/bn.h>
#include <valgrind/memcheck.h>

#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace piaojue::timing {

bool watched() { return RUNNING_ON_VALGRIND != 0; }
unsigned long found() { return VALGRIND_COUNT_ERRORS; }
void hide(void const* at, std::size_t size) { static_cast<void>(VALGRIND_MAKE_MEM_UNDEFINED(at, size)); }
void open(void const* at, std::size_t size) { static_cast<void>(VALGRIND_MAKE_MEM_DEFINED(at, size)); }

Libraries& libraries() {
  static Libraries all;
  return all;
}

namespace {

Bytes opened_copy(std::uint8_t const* from, std::size_t size) {
  Bytes out(from, from + size);
  open(out);
  return out;
}

/// The words of a BIGNUM, whose form OpenSSL keeps to itself: first of all a pointer to them.
void* words_of(BIGNUM const* number) { return *static_cast<void* const*>(static_cast<void const*>(number)); }
std::size_t word_bytes(BIGNUM const* number) { return (static_cast<std::size_t>(BN_num_bits(number)) + 63) / 64 * 8; }

/// How many words a number has, which OpenSSL keeps behind that pointer.
int* word_count_of(BIGNUM* number) {
  return static_cast<int*>(static_cast<void*>(static_cast<char*>(static_cast<void*>(number)) + sizeof(void*)));
}

/// What a context of OpenSSL's keeps of its modulus: {int; BIGNUM R^2; BIGNUM modulus; BIGNUM; word inverse[2]; …},
/// where a BIGNUM is a pointer to words and four ints.
struct ContextSecrets {
  void* words;
  std::size_t word_bytes;
  void* inverse;
  std::size_t inverse_bytes;
};
ContextSecrets secrets_of(BN_MONT_CTX* mont) {
  constexpr std::size_t kNumberBytes = sizeof(void*) + 4 * sizeof(int);
  char* const at = static_cast<char*>(static_cast<void*>(mont)) + sizeof(void*) + kNumberBytes;
  auto* const modulus = static_cast<BIGNUM*>(static_cast<void*>(at));
  return {words_of(modulus), word_bytes(modulus), at + 2 * kNumberBytes, 2 * sizeof(BN_ULONG)};
}

/// An answer that anybody may learn.
template <class T>
T public_answer(T answer) {
  open(answer);
  return answer;
}

}  // namespace
}  // namespace piaojue::timing

using piaojue::timing::public_answer;
namespace timing = piaojue::timing;

// What the linker puts between our code and the libraries.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" {

// ---- Drawn: secret. Draws that were out of range are thrown away, and those in range do not tell which they are;
// ---- that is why the draw itself is made in the open and hidden afterwards.

void __real_randombytes_buf(void* to, size_t size);
void __wrap_randombytes_buf(void* to, size_t size);
void __wrap_randombytes_buf(void* to, size_t size) {
  __real_randombytes_buf(to, size);
  timing::libraries().draws.push_back(timing::opened_copy(static_cast<std::uint8_t const*>(to), size));
  timing::hide(to, size);
}

void __real_crypto_core_ristretto255_scalar_random(unsigned char* to);
void __wrap_crypto_core_ristretto255_scalar_random(unsigned char* to);
void __wrap_crypto_core_ristretto255_scalar_random(unsigned char* to) {
  __real_crypto_core_ristretto255_scalar_random(to);
  timing::hide(to, crypto_core_ristretto255_SCALARBYTES);
}

int __real_crypto_sign_keypair(unsigned char* pk, unsigned char* sk);
int __wrap_crypto_sign_keypair(unsigned char* pk, unsigned char* sk);
int __wrap_crypto_sign_keypair(unsigned char* pk, unsigned char* sk) {
  int const out = __real_crypto_sign_keypair(pk, sk);
  timing::hide(sk, crypto_sign_SEEDBYTES);  // the rest is the public key
  return out;
}

int __real_crypto_box_keypair(unsigned char* pk, unsigned char* sk);
int __wrap_crypto_box_keypair(unsigned char* pk, unsigned char* sk);
int __wrap_crypto_box_keypair(unsigned char* pk, unsigned char* sk) {
  int const out = __real_crypto_box_keypair(pk, sk);
  timing::hide(sk, crypto_box_SECRETKEYBYTES);
  return out;
}

// ---- Answers that are public: whether something is refused. Each refusal is seen by everybody who waits for the
// ---- result; and for values of our own making it never comes (the identity, with a chance of 2^-252).

int __real_crypto_scalarmult_ristretto255(unsigned char* q, unsigned char const* n, unsigned char const* p);
int __wrap_crypto_scalarmult_ristretto255(unsigned char* q, unsigned char const* n, unsigned char const* p);
int __wrap_crypto_scalarmult_ristretto255(unsigned char* q, unsigned char const* n, unsigned char const* p) {
  return public_answer(__real_crypto_scalarmult_ristretto255(q, n, p));
}

int __real_crypto_scalarmult_ristretto255_base(unsigned char* q, unsigned char const* n);
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char* q, unsigned char const* n);
int __wrap_crypto_scalarmult_ristretto255_base(unsigned char* q, unsigned char const* n) {
  return public_answer(__real_crypto_scalarmult_ristretto255_base(q, n));
}

int __real_sodium_is_zero(unsigned char const* n, size_t size);
int __wrap_sodium_is_zero(unsigned char const* n, size_t size);
int __wrap_sodium_is_zero(unsigned char const* n, size_t size) { return public_answer(__real_sodium_is_zero(n, size)); }

int __real_sodium_memcmp(void const* a, void const* b, size_t size);
int __wrap_sodium_memcmp(void const* a, void const* b, size_t size);
int __wrap_sodium_memcmp(void const* a, void const* b, size_t size) {
  return public_answer(__real_sodium_memcmp(a, b, size));
}

int __real_crypto_box_easy(unsigned char* c, unsigned char const* m, unsigned long long size,
                           unsigned char const* nonce, unsigned char const* pk, unsigned char const* sk);
int __wrap_crypto_box_easy(unsigned char* c, unsigned char const* m, unsigned long long size,
                           unsigned char const* nonce, unsigned char const* pk, unsigned char const* sk);
int __wrap_crypto_box_easy(unsigned char* c, unsigned char const* m, unsigned long long size,
                           unsigned char const* nonce, unsigned char const* pk, unsigned char const* sk) {
  return public_answer(__real_crypto_box_easy(c, m, size, nonce, pk, sk));
}

int __real_crypto_box_seal(unsigned char* c, unsigned char const* m, unsigned long long size, unsigned char const* pk);
int __wrap_crypto_box_seal(unsigned char* c, unsigned char const* m, unsigned long long size, unsigned char const* pk);
int __wrap_crypto_box_seal(unsigned char* c, unsigned char const* m, unsigned long long size, unsigned char const* pk) {
  return public_answer(__real_crypto_box_seal(c, m, size, pk));
}

// What stands first under an onion's layer is its context and hop: known to everybody, or of the choosing of whoever
// sealed it. The rest stays secret: it links what came with what goes on.
int __real_crypto_box_seal_open(unsigned char* m, unsigned char const* c, unsigned long long size,
                                unsigned char const* pk, unsigned char const* sk);
int __wrap_crypto_box_seal_open(unsigned char* m, unsigned char const* c, unsigned long long size,
                                unsigned char const* pk, unsigned char const* sk);
int __wrap_crypto_box_seal_open(unsigned char* m, unsigned char const* c, unsigned long long size,
                                unsigned char const* pk, unsigned char const* sk) {
  constexpr unsigned long long kHeaderBytes = 36;
  int const out = public_answer(__real_crypto_box_seal_open(m, c, size, pk, sk));
  if (out == 0) timing::open(m, std::min(kHeaderBytes, size - crypto_box_SEALBYTES));
  return out;
}

int __real_crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_size, unsigned char* none,
                                                      unsigned char const* c, unsigned long long c_size,
                                                      unsigned char const* ad, unsigned long long ad_size,
                                                      unsigned char const* nonce, unsigned char const* key);
int __wrap_crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_size, unsigned char* none,
                                                      unsigned char const* c, unsigned long long c_size,
                                                      unsigned char const* ad, unsigned long long ad_size,
                                                      unsigned char const* nonce, unsigned char const* key);
int __wrap_crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char* m, unsigned long long* m_size, unsigned char* none,
                                                      unsigned char const* c, unsigned long long c_size,
                                                      unsigned char const* ad, unsigned long long ad_size,
                                                      unsigned char const* nonce, unsigned char const* key) {
  return public_answer(
      __real_crypto_aead_xchacha20poly1305_ietf_decrypt(m, m_size, none, c, c_size, ad, ad_size, nonce, key));
}

// ---- OpenSSL's numbers

// Whether a number is below the modulus: for draws see above; r^-1 and a signature always are, or they are refused.
int __real_BN_ucmp(BIGNUM const* a, BIGNUM const* b);
int __wrap_BN_ucmp(BIGNUM const* a, BIGNUM const* b);
int __wrap_BN_ucmp(BIGNUM const* a, BIGNUM const* b) { return public_answer(__real_BN_ucmp(a, b)); }

int __real_BN_is_zero(BIGNUM const* a);
int __wrap_BN_is_zero(BIGNUM const* a);
int __wrap_BN_is_zero(BIGNUM const* a) { return public_answer(__real_BN_is_zero(a)); }

// How many words are left: all but once in 2^64.
int __real_BN_clear_bit(BIGNUM* a, int bit);
int __wrap_BN_clear_bit(BIGNUM* a, int bit);
int __wrap_BN_clear_bit(BIGNUM* a, int bit) {
  int const out = __real_BN_clear_bit(a, bit);
  timing::open(timing::word_count_of(a), sizeof(int));
  return out;
}

// What is inverted was multiplied by a draw that is used for nothing else, and so is uniform and independent of every
// secret (`crypto/blind_rsa.h`). That it was is asked by a test of its own, from what is kept here.
BIGNUM* __real_BN_mod_inverse(BIGNUM* out, BIGNUM const* a, BIGNUM const* n, BN_CTX* ctx);
BIGNUM* __wrap_BN_mod_inverse(BIGNUM* out, BIGNUM const* a, BIGNUM const* n, BN_CTX* ctx);
BIGNUM* __wrap_BN_mod_inverse(BIGNUM* out, BIGNUM const* a, BIGNUM const* n, BN_CTX* ctx) {
  timing::open(timing::words_of(a), timing::word_bytes(a));
  piaojue::Bytes value(static_cast<std::size_t>(BN_num_bytes(a)));
  BN_bn2bin(a, value.data());
  timing::libraries().inverted.push_back(std::move(value));
  return __real_BN_mod_inverse(out, a, n, ctx);
}

// The remainders by which blind_sign asks for a common factor: the primes are secret, the answer is not.
int __real_BN_from_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx);
int __wrap_BN_from_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx);
int __wrap_BN_from_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx) {
  if (!timing::libraries().reduces_by_secrets) return __real_BN_from_montgomery(out, a, mont, ctx);
  ++timing::libraries().reductions;
  auto const secret = timing::secrets_of(mont);
  timing::hide(secret.words, secret.word_bytes);
  timing::hide(secret.inverse, secret.inverse_bytes);
  int const done = __real_BN_from_montgomery(out, a, mont, ctx);
  timing::open(secret.words, secret.word_bytes);
  timing::open(secret.inverse, secret.inverse_bytes);
  timing::open(timing::word_count_of(out), sizeof(int));  // all words but once in 2^64
  return public_answer(done);
}

// What a token's signature gives when it is raised: if it is right, each comparison of the padding holds, whatever the
// message was; if it is wrong, its trustee is shown it.
int __real_BN_bn2binpad(BIGNUM const* number, unsigned char* to, int size);
int __wrap_BN_bn2binpad(BIGNUM const* number, unsigned char* to, int size);
int __wrap_BN_bn2binpad(BIGNUM const* number, unsigned char* to, int size) {
  int const out = public_answer(__real_BN_bn2binpad(number, to, size));
  if (timing::libraries().numbers_to_open > 0 && out > 0) {
    --timing::libraries().numbers_to_open;
    timing::open(to, static_cast<std::size_t>(out));
  }
  return out;
}

// Nothing is opened; it stands here for libraries.supp to name, since OpenSSL leaves it by a jump.
int __real_BN_to_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx);
int __wrap_BN_to_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx);
int __wrap_BN_to_montgomery(BIGNUM* out, BIGNUM const* a, BN_MONT_CTX* mont, BN_CTX* ctx) {
  int const done = __real_BN_to_montgomery(out, a, mont, ctx);
  return public_answer(done);
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)
