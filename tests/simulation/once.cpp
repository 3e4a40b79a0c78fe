// SPDX-License-Identifier: Apache-2.0
/// Nine laptops, the server and the trustees each check the same signatures and the same ballots: that is the point of
/// the protocol, and nine tenths of the time of a simulated meeting. In these programs the answer to a question that
/// was asked before, with exactly the same bytes, is taken from a table: these definitions stand in front of
/// libsodium's own, which answer whatever is new. Nothing is lost by it: each function's answer depends on its
/// arguments alone, and the key is all of them.
///
/// Secrets lie in ordinary memory here. Their guard pages, and locking them against swapping, would be an eighth of the
/// time; tests/unit/base has them tried for themselves. Bytes written behind a secret are noticed when it is freed.
#include "once.h"

#include <dlfcn.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <unordered_map>

namespace piaojue::simulation {
namespace {

struct Answer {
  int code;
  std::array<std::uint8_t, 64> out;  ///< a point, the first half; a signature
};
std::unordered_map<std::string, Answer>& answers() {
  static std::unordered_map<std::string, Answer> table;
  return table;
}

template <class Function>
Function* real(char const* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  Function* out = nullptr;
  std::memcpy(&out, &found, sizeof out);
  return out;
}

using Argument = std::span<std::uint8_t const>;

/// @param function one character, another one for each function
template <class Ask>
Answer const& once(char const function, std::initializer_list<Argument> arguments, Ask const& ask) {
  std::string key(1, function);
  for (auto const argument : arguments) key.append(reinterpret_cast<char const*>(argument.data()), argument.size());
  auto const [at, fresh] = answers().try_emplace(std::move(key));
  if (fresh) at->second.code = ask(at->second.out.data());
  return at->second;
}

/// The same, of a function that makes a point. @return its code
template <class Ask>
int point_once(char const function, unsigned char* out, std::initializer_list<Argument> arguments, Ask const& ask) {
  auto const& answer = once(function, arguments, ask);
  std::memcpy(out, answer.out.data(), crypto_core_ristretto255_BYTES);
  return answer.code;
}

/// Messages may be megabytes of a ballot box: they are arguments by their hash.
struct Digest {
  Digest(unsigned char const* m, unsigned long long const mlen) { crypto_hash_sha256(bytes.data(), m, mlen); }
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> bytes;
};

// What lies before a secret, and behind it.
struct Before {
  std::size_t size;
  std::size_t unused;  ///< keeps the secret aligned
};
constexpr std::array<std::uint8_t, 16> kBehind{0x5e, 0xc2, 0xe7, 0x5e, 0xc2, 0xe7, 0x5e, 0xc2,
                                               0xe7, 0x5e, 0xc2, 0xe7, 0x5e, 0xc2, 0xe7, 0x5e};

}  // namespace

void forget_answers() { answers().clear(); }
std::size_t answers_kept() { return answers().size(); }

}  // namespace piaojue::simulation

using piaojue::simulation::Argument;
using piaojue::simulation::Digest;
using piaojue::simulation::once;
using piaojue::simulation::point_once;
using piaojue::simulation::real;

extern "C" {

int crypto_sign_verify_detached(unsigned char const* sig, unsigned char const* m, unsigned long long mlen,
                                unsigned char const* pk) {
  static auto* const next = real<decltype(crypto_sign_verify_detached)>("crypto_sign_verify_detached");
  return once('v', {Argument(pk, crypto_sign_PUBLICKEYBYTES), Argument(sig, crypto_sign_BYTES), Digest(m, mlen).bytes},
              [&](std::uint8_t*) { return next(sig, m, mlen, pk); })
      .code;
}

/// What was signed here with a key that came from its seed verifies under it: that is what a signature is.
int crypto_sign_detached(unsigned char* sig, unsigned long long* siglen, unsigned char const* m,
                         unsigned long long mlen, unsigned char const* sk) {
  static auto* const next = real<decltype(crypto_sign_detached)>("crypto_sign_detached");
  Digest const digest(m, mlen);
  auto const& answer = once('t', {Argument(sk, crypto_sign_SECRETKEYBYTES), digest.bytes},
                            [&](std::uint8_t* out) { return next(out, nullptr, m, mlen, sk); });
  std::memcpy(sig, answer.out.data(), crypto_sign_BYTES);
  if (siglen != nullptr) *siglen = crypto_sign_BYTES;
  once('v',
       {Argument(sk + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES), Argument(sig, crypto_sign_BYTES),
        digest.bytes},
       [](std::uint8_t*) { return 0; });
  return answer.code;
}

int crypto_sign_seed_keypair(unsigned char* pk, unsigned char* sk, unsigned char const* seed) {
  static auto* const next = real<decltype(crypto_sign_seed_keypair)>("crypto_sign_seed_keypair");
  int const code = point_once('k', pk, {Argument(seed, crypto_sign_SEEDBYTES)},
                              [&](std::uint8_t* out) { return next(out, sk, seed); });
  std::memcpy(sk, seed, crypto_sign_SEEDBYTES);
  std::memcpy(sk + crypto_sign_SEEDBYTES, pk, crypto_sign_PUBLICKEYBYTES);
  return code;
}

int crypto_scalarmult_ristretto255(unsigned char* q, unsigned char const* n, unsigned char const* p) {
  static auto* const next = real<decltype(crypto_scalarmult_ristretto255)>("crypto_scalarmult_ristretto255");
  return point_once('m', q, {Argument(n, 32), Argument(p, 32)}, [&](std::uint8_t* out) { return next(out, n, p); });
}

int crypto_scalarmult_ristretto255_base(unsigned char* q, unsigned char const* n) {
  static auto* const next = real<decltype(crypto_scalarmult_ristretto255_base)>("crypto_scalarmult_ristretto255_base");
  return point_once('b', q, {Argument(n, 32)}, [&](std::uint8_t* out) { return next(out, n); });
}

int crypto_core_ristretto255_add(unsigned char* r, unsigned char const* p, unsigned char const* q) {
  static auto* const next = real<decltype(crypto_core_ristretto255_add)>("crypto_core_ristretto255_add");
  return point_once('a', r, {Argument(p, 32), Argument(q, 32)}, [&](std::uint8_t* out) { return next(out, p, q); });
}

int crypto_core_ristretto255_sub(unsigned char* r, unsigned char const* p, unsigned char const* q) {
  static auto* const next = real<decltype(crypto_core_ristretto255_sub)>("crypto_core_ristretto255_sub");
  return point_once('s', r, {Argument(p, 32), Argument(q, 32)}, [&](std::uint8_t* out) { return next(out, p, q); });
}

int crypto_core_ristretto255_is_valid_point(unsigned char const* p) {
  static auto* const next =
      real<decltype(crypto_core_ristretto255_is_valid_point)>("crypto_core_ristretto255_is_valid_point");
  return once('p', {Argument(p, 32)}, [&](std::uint8_t*) { return next(p); }).code;
}

int crypto_scalarmult(unsigned char* q, unsigned char const* n, unsigned char const* p) {
  static auto* const next = real<decltype(crypto_scalarmult)>("crypto_scalarmult");
  return point_once('x', q, {Argument(n, 32), Argument(p, 32)}, [&](std::uint8_t* out) { return next(out, n, p); });
}

int crypto_scalarmult_base(unsigned char* q, unsigned char const* n) {
  static auto* const next = real<decltype(crypto_scalarmult_base)>("crypto_scalarmult_base");
  return point_once('y', q, {Argument(n, 32)}, [&](std::uint8_t* out) { return next(out, n); });
}

void* sodium_malloc(size_t const size) {
  using namespace piaojue::simulation;
  auto* const memory = static_cast<std::uint8_t*>(std::malloc(sizeof(Before) + size + kBehind.size()));
  if (memory == nullptr) return nullptr;
  Before const before{size, 0};
  std::memcpy(memory, &before, sizeof before);
  auto* const secret = memory + sizeof before;
  std::memset(secret, 0xdb, size);  // as libsodium does
  std::memcpy(secret + size, kBehind.data(), kBehind.size());
  return secret;
}

void sodium_free(void* const secret) {
  using namespace piaojue::simulation;
  if (secret == nullptr) return;
  auto* const memory = static_cast<std::uint8_t*>(secret) - sizeof(Before);
  Before before{};
  std::memcpy(&before, memory, sizeof before);
  if (std::memcmp(memory + sizeof before + before.size, kBehind.data(), kBehind.size()) != 0) std::abort();
  sodium_memzero(secret, before.size);
  std::free(memory);
}

}  // extern "C"
