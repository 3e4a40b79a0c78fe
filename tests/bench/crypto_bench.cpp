// SPDX-License-Identifier: Apache-2.0
/// What a meeting waits for: tokens, ballots and the tally; each beside the bare operation of OpenSSL or libsodium that
/// it can not do without, measured in the same run. Compare CPU times: other work on the machine spoils the wall clock.
///
///   bench_crypto --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <map>
#include <mutex>

#include "crypto/blind_rsa.h"
#include "crypto/elgamal.h"
#include "crypto/onion.h"
#include "crypto/sign.h"

using namespace piaojue;

namespace {

using namespace piaojue::crypto;
using blind_rsa::Variant;

constexpr Variant kVariant = Variant::kPssRandomized;

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<&EVP_PKEY_CTX_free>>;

/// One token of one key, at every step; and OpenSSL's own key object of the same size.
struct Token {
  blind_rsa::PrivateKey sk;
  Bytes msg;
  blind_rsa::Blinding blinding;
  Bytes blind_sig;
  Bytes sig;
  Key openssl;

  explicit Token(std::uint32_t bits)
      : sk(blind_rsa::PrivateKey::generate(bits).value()),
        msg(blind_rsa::prepare(Bytes(32, 1), Bytes(81, 2))),
        blinding(blind_rsa::blind(sk.public_key(), kVariant, msg).value()),
        blind_sig(blind_rsa::blind_sign(sk, blinding.blinded_msg).value()),
        sig(blind_rsa::finalize(sk.public_key(), kVariant, msg, blind_sig, blinding.inv).value()),
        openssl(EVP_RSA_gen(bits)) {}

  static Token const& of(std::uint32_t bits) {
    static std::mutex mutex;
    static std::map<std::uint32_t, Token> tokens;
    std::lock_guard const lock(mutex);
    return tokens.try_emplace(bits, bits).first->second;
  }
};

// ---- RSA ----------------------------------------------------------------------------------------------------------

void raw_private(benchmark::State& state) {
  auto const bits = static_cast<std::uint32_t>(state.range(0));
  Token const& token = Token::of(bits);
  KeyContext const ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, token.openssl.get(), nullptr));
  if (EVP_PKEY_sign_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_NO_PADDING) != 1) {
    return state.SkipWithError("no context");
  }
  Bytes const in(bits / 8, 0x21);
  Bytes out(bits / 8);
  for (auto _ : state) {
    std::size_t size = out.size();
    if (EVP_PKEY_sign(ctx.get(), out.data(), &size, in.data(), in.size()) != 1) return state.SkipWithError("failed");
  }
}

void blind_sign(benchmark::State& state) {
  Token const& token = Token::of(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    auto const result = blind_rsa::blind_sign(token.sk, token.blinding.blinded_msg);
    if (!result) return state.SkipWithError("refused");
  }
}

void raw_public(benchmark::State& state) {
  auto const bits = static_cast<std::uint32_t>(state.range(0));
  Token const& token = Token::of(bits);
  KeyContext const ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, token.openssl.get(), nullptr));
  if (EVP_PKEY_verify_recover_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_NO_PADDING) != 1) {
    return state.SkipWithError("no context");
  }
  Bytes const in(bits / 8, 0x21);
  Bytes out(bits / 8);
  for (auto _ : state) {
    std::size_t size = out.size();
    if (EVP_PKEY_verify_recover(ctx.get(), out.data(), &size, in.data(), in.size()) != 1) {
      return state.SkipWithError("failed");
    }
  }
}

/// OpenSSL's own PSS verification of the same signature, key parsed once: what an auditor would use otherwise.
void openssl_verify(benchmark::State& state) {
  auto const bits = static_cast<std::uint32_t>(state.range(0));
  Token const& token = Token::of(bits);
  auto const modulus = token.sk.public_key().modulus();
  std::unique_ptr<BIGNUM, FreeWith<&BN_free>> const n(
      BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  std::unique_ptr<OSSL_PARAM_BLD, FreeWith<&OSSL_PARAM_BLD_free>> const build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_uint(build.get(), OSSL_PKEY_PARAM_RSA_E, 65537);
  std::unique_ptr<OSSL_PARAM, FreeWith<&OSSL_PARAM_free>> const params(OSSL_PARAM_BLD_to_param(build.get()));
  KeyContext const importer(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* raw = nullptr;
  EVP_PKEY_fromdata_init(importer.get());
  EVP_PKEY_fromdata(importer.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get());
  Key const key(raw);
  KeyContext const ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (EVP_PKEY_verify_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PSS_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(ctx.get(), EVP_sha384()) != 1 ||
      EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx.get(), 48) != 1) {
    return state.SkipWithError("no context");
  }
  for (auto _ : state) {
    std::uint8_t digest[48];
    EVP_Digest(token.msg.data(), token.msg.size(), digest, nullptr, EVP_sha384(), nullptr);
    if (EVP_PKEY_verify(ctx.get(), token.sig.data(), token.sig.size(), digest, sizeof digest) != 1) {
      return state.SkipWithError("refused");
    }
  }
}

void blind(benchmark::State& state) {
  Token const& token = Token::of(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    if (!blind_rsa::blind(token.sk.public_key(), kVariant, token.msg)) return state.SkipWithError("refused");
  }
}

void finalize(benchmark::State& state) {
  Token const& token = Token::of(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    if (!blind_rsa::finalize(token.sk.public_key(), kVariant, token.msg, token.blind_sig, token.blinding.inv)) {
      return state.SkipWithError("refused");
    }
  }
}

void verify(benchmark::State& state) {
  Token const& token = Token::of(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) {
    if (!blind_rsa::verify(token.sk.public_key(), kVariant, token.msg, token.sig)) {
      return state.SkipWithError("refused");
    }
  }
}

void key_check(benchmark::State& state) {
  auto const bits = static_cast<std::uint32_t>(state.range(0));
  auto const modulus = Token::of(bits).sk.public_key().modulus();
  for (auto _ : state) {
    if (!blind_rsa::PublicKey::from_modulus(modulus, bits)) return state.SkipWithError("refused");
  }
}

void key_generation(benchmark::State& state) {
  for (auto _ : state) {
    if (!blind_rsa::PrivateKey::generate(static_cast<std::uint32_t>(state.range(0)))) {
      return state.SkipWithError("failed");
    }
  }
}

BENCHMARK(raw_private)->Arg(2048)->Threads(1)->Threads(2)->UseRealTime()->MinTime(1);
BENCHMARK(blind_sign)->Arg(2048)->Threads(1)->Threads(2)->UseRealTime()->MinTime(1);
BENCHMARK(raw_private)->Arg(3072)->Arg(4096);
BENCHMARK(blind_sign)->Arg(3072)->Arg(4096);
BENCHMARK(blind)->Arg(2048)->Arg(3072)->Arg(4096);
BENCHMARK(raw_public)->Arg(2048)->Arg(3072)->Arg(4096);
BENCHMARK(finalize)->Arg(2048)->Arg(3072)->Arg(4096);
BENCHMARK(verify)->Arg(2048)->Arg(3072)->Arg(4096);
BENCHMARK(openssl_verify)->Arg(2048);
BENCHMARK(key_check)->Arg(2048);
BENCHMARK(key_generation)->Arg(2048)->Iterations(10);

// ---- Votes and tally ----------------------------------------------------------------------------------------------

elgamal::VoteBinding const& binding() {
  static elgamal::VoteBinding const value{{}, elgamal::TallyKey::generate().public_share(), {}};
  return value;
}

void encrypt_vote(benchmark::State& state) {
  for (auto _ : state) {
    if (!elgamal::encrypt(binding(), elgamal::Choice::kAgree, state.range(0) == 3)) {
      return state.SkipWithError("refused");
    }
  }
}

void verify_vote(benchmark::State& state) {
  bool const abstain_allowed = state.range(0) == 3;
  auto const vote = elgamal::encrypt(binding(), elgamal::Choice::kAgree, abstain_allowed).value();
  for (auto _ : state) {
    if (!elgamal::verify_vote(binding(), vote.ciphertext, vote.proof, abstain_allowed)) {
      return state.SkipWithError("refused");
    }
  }
}

/// The scalar multiplications that verifying a vote can not do without: per value one of the base and three of points.
void multiply(Point& out, Scalar const& s, std::int64_t values) {
  int failures = 0;
  for (std::int64_t value = 0; value < values; ++value) {
    failures += crypto_scalarmult_ristretto255_base(out.data.data(), s.data.data());
    for (int i = 0; i < 3; ++i) {
      failures += crypto_scalarmult_ristretto255(out.data.data(), s.data.data(), binding().election_key.data.data());
    }
  }
  benchmark::DoNotOptimize(failures);
}

Scalar random_scalar() {
  Scalar out;
  crypto_core_ristretto255_scalar_random(out.data.data());
  return out;
}

void vote_multiplications(benchmark::State& state) {
  Point out;
  Scalar const s = random_scalar();
  for (auto _ : state) multiply(out, s, state.range(0));
}

/// With the additions of specification §7.3 too: two for each value's commitments, one for each v ≠ 0.
void vote_group_operations(benchmark::State& state) {
  Point out;
  Scalar const s = random_scalar();
  for (auto _ : state) {
    multiply(out, s, state.range(0));
    for (int i = 0; i < 2 * state.range(0) + 2; ++i) {
      crypto_core_ristretto255_sub(out.data.data(), out.data.data(), binding().election_key.data.data());
    }
  }
}

void point_addition(benchmark::State& state) {
  Point out = binding().election_key;
  for (auto _ : state) {
    crypto_core_ristretto255_add(out.data.data(), out.data.data(), binding().election_key.data.data());
  }
}

void sum_of_ciphertexts(benchmark::State& state) {
  std::vector<Point> const points(static_cast<std::size_t>(state.range(0)), binding().election_key);
  for (auto _ : state) {
    if (!elgamal::sum(points)) return state.SkipWithError("refused");
  }
}

void tally_share(benchmark::State& state) {
  auto const key = elgamal::TallyKey::generate();
  for (auto _ : state) {
    if (!elgamal::make_tally_share(key, binding().election_key, {})) return state.SkipWithError("refused");
  }
}

void verify_share(benchmark::State& state) {
  auto const key = elgamal::TallyKey::generate();
  auto const share = elgamal::make_tally_share(key, binding().election_key, {}).value();
  for (auto _ : state) {
    if (!elgamal::verify_tally_share(key.public_share(), binding().election_key, share, {})) {
      return state.SkipWithError("refused");
    }
  }
}

/// The table is in place: what each question after the first costs.
void decode_sum(benchmark::State& state) {
  auto const ballots = static_cast<std::uint32_t>(state.range(0));
  std::array const share{binding().election_key};
  for (auto _ : state) {
    if (!elgamal::decode_sum(share[0], share, ballots)) return state.SkipWithError("refused");
  }
}

BENCHMARK(encrypt_vote)->Arg(3)->Arg(2);
BENCHMARK(verify_vote)->Arg(3)->Arg(2);
BENCHMARK(vote_multiplications)->Arg(3)->Arg(2);
BENCHMARK(vote_group_operations)->Arg(3)->Arg(2);
BENCHMARK(point_addition);
BENCHMARK(sum_of_ciphertexts)->Arg(99);
BENCHMARK(tally_share);
BENCHMARK(verify_share);
BENCHMARK(decode_sum)->Arg(33)->Arg(99);

// ---- Onions, signatures, hashes -----------------------------------------------------------------------------------

constexpr std::size_t kBallotBytes = 1 + 4 + 32 + 32 + 3 * 256 + 64 + 192 + 64;  // three trustees

void wrap_onion(benchmark::State& state) {
  std::vector<MixPublicKey> hops;
  for (int i = 0; i < 3; ++i) hops.push_back(onion::MixKey::generate().public_key());
  Bytes const ballot(kBallotBytes, 1);
  auto const seed = Secret::random(onion::kSeedBytes);
  for (auto _ : state) {
    if (!onion::wrap(hops, seed, {}, ballot)) return state.SkipWithError("refused");
  }
}

void peel_onion(benchmark::State& state) {
  auto const key = onion::MixKey::generate();
  auto const seed = Secret::random(onion::kSeedBytes);
  auto const wrapped = onion::wrap(std::array{key.public_key()}, seed, {}, Bytes(kBallotBytes, 1)).value();
  for (auto _ : state) {
    if (!onion::peel(key, 0, {}, wrapped)) return state.SkipWithError("refused");
  }
}

void ed25519_sign(benchmark::State& state) {
  auto const key = SigningKey::generate();
  Bytes const message(kBallotBytes, 1);
  for (auto _ : state) benchmark::DoNotOptimize(key.sign({message}));
}

void ed25519_verify(benchmark::State& state) {
  auto const key = SigningKey::generate();
  Bytes const message(kBallotBytes, 1);
  auto const sig = key.sign({message});
  for (auto _ : state) {
    if (!piaojue::crypto::verify(key.public_key(), {message}, sig)) return state.SkipWithError("refused");
  }
}

void sha256_node(benchmark::State& state) {
  Bytes const node(65, 1);
  for (auto _ : state) benchmark::DoNotOptimize(sha256({node}));
}

BENCHMARK(wrap_onion);
BENCHMARK(peel_onion);
BENCHMARK(ed25519_sign);
BENCHMARK(ed25519_verify);
BENCHMARK(sha256_node);

}  // namespace

int main(int argc, char** argv) {
  init();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
