// SPDX-License-Identifier: Apache-2.0
#include "crypto/blind_rsa.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <map>
#include <thread>

#include "deterministic_randomness.h"

namespace piaojue::crypto::blind_rsa {
namespace {

constexpr Variant kVariants[] = {Variant::kPssRandomized, Variant::kPssZeroRandomized, Variant::kPssDeterministic,
                                 Variant::kPssZeroDeterministic};

struct FreeNumber {
  void operator()(BIGNUM* n) const { BN_free(n); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

Number number(ByteView bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); }

Bytes padded(Number const& n, std::size_t size) {
  Bytes out(size);
  EXPECT_GE(BN_bn2binpad(n.get(), out.data(), static_cast<int>(size)), 0);
  return out;
}

Bytes plus(ByteView bytes, int add) {
  Number n = number(bytes);
  if (add >= 0) {
    BN_add_word(n.get(), static_cast<BN_ULONG>(add));
  } else {
    BN_sub_word(n.get(), static_cast<BN_ULONG>(-add));
  }
  return padded(n, bytes.size());
}

Number prime(int bits, BIGNUM const* step = nullptr, BIGNUM const* remainder = nullptr) {
  Number out(BN_new());
  EXPECT_EQ(BN_generate_prime_ex(out.get(), bits, 0, step, remainder, nullptr), 1);
  return out;
}

Number product(Number const& a, Number const& b) {
  Number out(BN_new());
  std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> const ctx(BN_CTX_new(), &BN_CTX_free);
  BN_mul(out.get(), a.get(), b.get(), ctx.get());
  return out;
}

Number word(BN_ULONG value) {
  Number out(BN_new());
  BN_set_word(out.get(), value);
  return out;
}

bool has_small_factor(BIGNUM const* n) {
  for (BN_ULONG odd = 3; odd < 65536; odd += 2) {
    if (BN_mod_word(n, odd) == 0) return true;
  }
  return false;
}

/// An odd number of exactly so many bits, `factor` times a number without any other small factor.
Bytes modulus_with_factor(BN_ULONG factor, int bits = 2048) {
  Number cofactor(BN_new());
  for (int longer = 0;; longer = 1 - longer) {  // which of the two lengths fits depends on the factor
    BN_rand(cofactor.get(), bits - BN_num_bits_word(factor) + longer, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
    Number const n = product(cofactor, word(factor));
    if (BN_num_bits(n.get()) == bits && !has_small_factor(cofactor.get())) return padded(n, bits / 8);
  }
}

PrivateKey const& key_2048() {
  static PrivateKey const key = *PrivateKey::generate(2048);
  return key;
}

class BlindRsa : public testing::Test {
 protected:
  PrivateKey const& sk_ = key_2048();
  PublicKey const& pk_ = sk_.public_key();
  Bytes msg_ = prepare(Bytes(32, 9), as_bytes("a token"));
};

class BlindRsaSizes : public testing::TestWithParam<std::uint32_t> {};

TEST_P(BlindRsaSizes, EveryVariantGoesRoundAndEveryValueHasTheSizeOfTheModulus) {
  auto const sk = PrivateKey::generate(GetParam());
  ASSERT_TRUE(sk);
  auto const& pk = sk->public_key();
  EXPECT_EQ(8 * pk.bytes(), GetParam());
  EXPECT_EQ(pk.modulus().size(), pk.bytes());
  for (Variant const variant : kVariants) {
    auto const msg = prepare(Bytes(prefix_bytes(variant), 3), as_bytes("token"));
    auto const blinding = blind(pk, variant, msg);
    ASSERT_TRUE(blinding);
    EXPECT_EQ(blinding->blinded_msg.size(), pk.bytes());
    EXPECT_EQ(blinding->inv.size(), pk.bytes());
    auto const blind_sig = blind_sign(*sk, blinding->blinded_msg);
    ASSERT_TRUE(blind_sig);
    EXPECT_TRUE(raw_public_matches(pk, blinding->blinded_msg, *blind_sig));
    auto const sig = finalize(pk, variant, msg, *blind_sig, blinding->inv);
    ASSERT_TRUE(sig);
    EXPECT_TRUE(verify(pk, variant, msg, *sig));
    for (Variant const other : kVariants) {
      EXPECT_EQ(verify(pk, other, msg, *sig), salt_bytes(other) == salt_bytes(variant));
    }
    EXPECT_FALSE(verify(pk, variant, plus(msg, 1), *sig));
  }
}
INSTANTIATE_TEST_SUITE_P(Bits, BlindRsaSizes, testing::Values(2048U, 3072U, 4096U));

// A signature that survives a change can be counted twice under two spellings, or was never checked at all.
TEST_F(BlindRsa, EveryBitOfTheSignatureCounts) {
  auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
  auto const blind_sig = *blind_sign(sk_, blinding.blinded_msg);
  auto const sig = *finalize(pk_, Variant::kPssRandomized, msg_, blind_sig, blinding.inv);
  ASSERT_TRUE(verify(pk_, Variant::kPssRandomized, msg_, sig));
  for (std::size_t bit = 0; bit < 8 * sig.size(); ++bit) {
    auto altered = sig;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, altered)) << bit;
  }
}

// sig + n is the same number modulo n: a second spelling of one token.
TEST_F(BlindRsa, SignatureOutsideTheModulusOrOfAnotherLengthIsRefused) {
  Bytes sig;
  Bytes above;
  for (;;) {  // until sig + n fits in the same length
    auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
    auto const blind_sig = *blind_sign(sk_, blinding.blinded_msg);
    sig = *finalize(pk_, Variant::kPssRandomized, msg_, blind_sig, blinding.inv);
    Number sum(BN_new());
    BN_add(sum.get(), number(sig).get(), number(pk_.modulus()).get());
    if (BN_num_bits(sum.get()) > 2048) continue;
    above = padded(sum, 256);
    break;
  }
  EXPECT_TRUE(verify(pk_, Variant::kPssRandomized, msg_, sig));
  EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, above));
  auto longer = sig;
  longer.insert(longer.begin(), 0);
  EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, longer));
  EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, ByteView(sig).first(255)));
  EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, {}));
  for (Bytes const& value : {Bytes(256, 0), plus(Bytes(256, 0), 1), pk_.modulus(), plus(pk_.modulus(), -1)}) {
    EXPECT_FALSE(verify(pk_, Variant::kPssRandomized, msg_, value));
  }
}

TEST_F(BlindRsa, SignatureIsOfItsOwnKeyOnly) {
  auto const other = *PrivateKey::generate(2048);
  auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
  auto const sig = *finalize(pk_, Variant::kPssRandomized, msg_, *blind_sign(sk_, blinding.blinded_msg), blinding.inv);
  EXPECT_FALSE(verify(other.public_key(), Variant::kPssRandomized, msg_, sig));
}

// Padding that is not looked at in full leaves space for a signature computed without the private key.
TEST_F(BlindRsa, EncodingWithAnyFlawIsRefusedThoughTheHashFits) {
  constexpr std::size_t kSeparator = 256 - 48 - 1 - 48 - 1;  // of DB = zeros ‖ 0x01 ‖ salt
  struct Flaw {
    std::size_t at;
    std::uint8_t flip;
  };
  // The mask depends on H alone and H on the salt alone, so a flip in the masked block is a flip in the block itself.
  for (auto const& [at, flip] : {Flaw{0, 0x00}, Flaw{0, 0x80}, Flaw{0, 0x40}, Flaw{1, 0x01}, Flaw{kSeparator - 1, 0x01},
                                 Flaw{kSeparator, 0x01}, Flaw{kSeparator, 0x03}, Flaw{255, 0x01}}) {
    Bytes em;
    do {
      em = *emsa_pss_encode(Variant::kPssRandomized, msg_, Secret::random(48).view(), 2048);
      em[at] ^= flip;
    } while (BN_ucmp(number(em).get(), number(pk_.modulus()).get()) >= 0);
    auto const sig = *blind_sign(sk_, em);
    EXPECT_EQ(verify(pk_, Variant::kPssRandomized, msg_, sig), flip == 0) << at << ' ' << int{flip};
  }
}

// A signed 0, 1 or n − 1 is its own signature, and a multiple of p or q reveals the factors: nothing of this may go
// out.
TEST_F(BlindRsa, BlindSignRefusesValuesOutsideItsDomain) {
  auto const n = pk_.modulus();
  auto const primes = sk_.primes();
  Bytes p(256);
  Bytes q(256);
  std::ranges::copy(primes.view().first(128), p.begin() + 128);
  std::ranges::copy(primes.view().last(128), q.begin() + 128);
  ASSERT_EQ(padded(product(number(p), number(q)), 256), n);
  Bytes const p_times_7 = padded(product(number(p), word(7)), 256);
  Bytes const zero(256);
  for (Bytes const& z : {zero, plus(zero, 1), plus(n, -1), n, plus(n, 1), Bytes(256, 0xff), p, q, p_times_7}) {
    auto const refused = blind_sign(sk_, z);
    ASSERT_FALSE(refused) << to_hex(z);
    EXPECT_EQ(refused.error(), Refusal::kOutOfRange);
  }
  for (std::size_t size : {0U, 1U, 255U, 257U, 512U}) {
    EXPECT_EQ(blind_sign(sk_, Bytes(size, 0x11)).error(), Refusal::kOutOfRange) << size;
  }
  // The bounds are exact: their neighbours within the domain are signed.
  for (Bytes const& z : {plus(zero, 2), plus(n, -2), plus(p, 1)}) {
    auto const signed_z = blind_sign(sk_, z);
    ASSERT_TRUE(signed_z) << to_hex(z);
    EXPECT_TRUE(raw_public_matches(pk_, z, *signed_z));
  }
}

// One faulty signature by CRT is enough to factor n. A wrong private key gives wrong results without a fault injector.
TEST_F(BlindRsa, WrongResultOfThePrivateOperationNeverLeaves) {
  Number composite;
  Bytes q;
  std::optional<PrivateKey> broken;
  while (!broken) {
    composite = product(prime(512), prime(512));
    q = to_bytes(sk_.primes().view().last(128));
    if (BN_num_bits(composite.get()) != 1024) continue;
    auto made = PrivateKey::from_primes(padded(composite, 128), q);
    if (made) broken.emplace(std::move(*made));
  }
  auto const blinding = *blind(broken->public_key(), Variant::kPssRandomized, msg_);
  auto const refused = blind_sign(*broken, blinding.blinded_msg);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Refusal::kInternal);
}

TEST_F(BlindRsa, SameRequestGetsTheSameAnswer) {
  auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
  EXPECT_EQ(*blind_sign(sk_, blinding.blinded_msg), *blind_sign(sk_, blinding.blinded_msg));
}

// A client that took any of these for a token would show a trustee's mark, or an invalid ballot, to the hall.
TEST_F(BlindRsa, FinalizeRefusesWhateverDoesNotYieldASignature) {
  auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
  auto const blind_sig = *blind_sign(sk_, blinding.blinded_msg);
  auto const other = *blind(pk_, Variant::kPssRandomized, msg_);
  auto const try_with = [&](ByteView msg, ByteView sig, Secret const& inv, Variant variant = Variant::kPssRandomized) {
    auto const result = finalize(pk_, variant, msg, sig, inv);
    return result ? std::optional<Refusal>() : result.error();
  };
  EXPECT_FALSE(try_with(msg_, blind_sig, blinding.inv));
  EXPECT_EQ(try_with(msg_, blind_sig, other.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(plus(msg_, 1), blind_sig, blinding.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, plus(blind_sig, 1), blinding.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, blind_sig, blinding.inv, Variant::kPssZeroRandomized), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, pk_.modulus(), blinding.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, Bytes(256, 0), blinding.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, ByteView(blind_sig).first(255), blinding.inv), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, blind_sig, Secret::random(255)), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, blind_sig, Secret{}), Refusal::kFinalizeFailed);
  EXPECT_EQ(try_with(msg_, blind_sig, Secret::copy_of(Bytes(256, 0))), Refusal::kFinalizeFailed);
}

// (z, s) convicts a trustee only if honest answers never look like forged ones and forged ones never like honest ones.
TEST_F(BlindRsa, RawPublicMatchesExactlyTheRightAnswer) {
  auto const blinding = *blind(pk_, Variant::kPssRandomized, msg_);
  auto const& z = blinding.blinded_msg;
  auto const s = *blind_sign(sk_, z);
  EXPECT_TRUE(raw_public_matches(pk_, z, s));
  EXPECT_FALSE(raw_public_matches(pk_, plus(z, 1), s));
  EXPECT_FALSE(raw_public_matches(pk_, z, plus(s, 1)));
  EXPECT_FALSE(raw_public_matches(pk_, z, ByteView(s).first(255)));
  EXPECT_FALSE(raw_public_matches(pk_, ByteView(z).first(255), s));
  EXPECT_FALSE(raw_public_matches(pk_, pk_.modulus(), Bytes(256, 0)));
}

// z must not repeat and must not depend on the message alone, or a trustee recognises it.
TEST_F(BlindRsa, BlindingIsFreshEachTimeAndReplaysFromTheSameRandomness) {
  EXPECT_NE(blind(pk_, Variant::kPssRandomized, msg_)->blinded_msg,
            blind(pk_, Variant::kPssRandomized, msg_)->blinded_msg);
  EXPECT_NE(blind(pk_, Variant::kPssZeroDeterministic, msg_)->blinded_msg,
            blind(pk_, Variant::kPssZeroDeterministic, msg_)->blinded_msg);
  Bytes first;
  {
    test::DeterministicRandomness const random(5);
    first = blind(pk_, Variant::kPssRandomized, msg_)->blinded_msg;
  }
  {
    test::DeterministicRandomness const random(5);
    EXPECT_EQ(blind(pk_, Variant::kPssRandomized, msg_)->blinded_msg, first);
  }
  test::DeterministicRandomness const random(6);
  EXPECT_NE(blind(pk_, Variant::kPssRandomized, msg_)->blinded_msg, first);
}

// r ≥ n or r = 0 would make r not uniform in [1, n): part of unconditional blindness.
TEST_F(BlindRsa, DrawsOfROutsideItsRangeAreThrownAway) {
  int draws = 0;
  test::DeterministicRandomness const random([&](std::uint8_t* to, std::size_t size) {
    if (size != pk_.bytes()) return std::memset(to, 0x33, size), void();
    ++draws;
    std::memset(to, draws == 1 ? 0xff : draws == 2 ? 0x00 : 0x21, size);  // above n, zero, fine
  });
  auto const blinding = blind(pk_, Variant::kPssZeroDeterministic, msg_);
  ASSERT_TRUE(blinding);
  EXPECT_GE(draws, 4) << "two rejected draws, then r and the veil of the inversion";
  EXPECT_TRUE(
      finalize(pk_, Variant::kPssZeroDeterministic, msg_, *blind_sign(sk_, blinding->blinded_msg), blinding->inv));
}

// r that shares a factor with n cannot be undone, and says that the key is not the product of two large primes.
TEST(BlindRsaKeys, BlindRefusesAKeyThatSharesAFactorWithR) {
  Bytes const modulus = padded(product(word(65537), prime(2032)), 256);
  auto const pk = PublicKey::from_modulus(modulus, 2048);
  ASSERT_TRUE(pk) << "65537 is the smallest factor that passes";
  test::DeterministicRandomness const random([](std::uint8_t* to, std::size_t size) {
    std::memset(to, 0, size);
    to[size - 3] = 1;  // draws 65537
    to[size - 1] = 1;
  });
  auto const refused = blind(*pk, Variant::kPssZeroDeterministic, as_bytes("m"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Refusal::kKeyParam);
}

// A trustee that publishes a weak modulus lets others forge its tokens while it looks innocent.
TEST(BlindRsaKeys, ModulusWithASmallFactorIsRefused) {
  for (BN_ULONG factor : {3U, 5U, 251U, 257U, 65519U, 65521U}) {
    for (int const bits : {2048, 3072, 4096}) {
      auto const refused = PublicKey::from_modulus(modulus_with_factor(factor, bits), bits);
      ASSERT_FALSE(refused) << factor;
      EXPECT_EQ(refused.error(), Refusal::kKeyParam);
    }
  }
  ASSERT_TRUE(PublicKey::from_modulus(modulus_with_factor(65537), 2048)) << "the first that is none";
}

// Primes are tried several at a time: one left out at the edge of such a group would be a factor that passes.
TEST(BlindRsaKeys, EachSmallPrimeIsFound) {
  // Odd, without a small factor. A prime times the one fits into 2048 bits, or else times the other, a bit longer.
  std::map<std::pair<int, bool>, Bytes> cofactors;
  auto const cofactor = [&](int bits, bool longer) -> Bytes const& {
    auto& known = cofactors[{bits, longer}];
    for (Number random(BN_new()); known.empty();) {
      BN_rand(random.get(), bits + (longer ? 1 : 0), longer ? BN_RAND_TOP_ONE : BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
      if (longer) BN_clear_bit(random.get(), bits - 1);
      if (!has_small_factor(random.get())) known = padded(random, 256);
    }
    return known;
  };
  std::vector<bool> composite(65536);
  int primes = 0;
  for (BN_ULONG p = 3; p < composite.size(); p += 2) {
    if (composite[p]) continue;
    for (BN_ULONG multiple = p * p; multiple < composite.size(); multiple += p) composite[multiple] = true;
    ++primes;
    int const bits = 2048 - BN_num_bits_word(p);
    Number n = product(number(cofactor(bits, false)), word(p));
    if (BN_num_bits(n.get()) < 2048) n = product(number(cofactor(bits, true)), word(p));
    ASSERT_EQ(BN_num_bits(n.get()), 2048);
    ASSERT_FALSE(PublicKey::from_modulus(padded(n, 256), 2048)) << p;
  }
  EXPECT_EQ(primes, 6541);
}

TEST(BlindRsaKeys, EvenModulusAndOtherSizesAreRefused) {
  auto const good = key_2048().public_key().modulus();
  ASSERT_TRUE(PublicKey::from_modulus(good, 2048));
  EXPECT_EQ(PublicKey::from_modulus(plus(good, -1), 2048).error(), Refusal::kKeyParam) << "even";
  for (std::uint32_t bits : {0U, 1024U, 2040U, 2047U, 2049U, 2056U, 3072U, 4096U, 8192U}) {
    EXPECT_EQ(PublicKey::from_modulus(good, bits).error(), Refusal::kKeyParam) << bits;
  }
  auto short_one = good;
  short_one[0] &= 0x7f;  // 2047 bits in 2048 bits' space
  EXPECT_EQ(PublicKey::from_modulus(short_one, 2048).error(), Refusal::kKeyParam);
  auto longer = good;
  longer.insert(longer.begin(), 0);
  EXPECT_EQ(PublicKey::from_modulus(longer, 2048).error(), Refusal::kKeyParam);
  EXPECT_EQ(PublicKey::from_modulus(ByteView(good).first(255), 2048).error(), Refusal::kKeyParam);
  EXPECT_EQ(PublicKey::from_modulus({}, 2048).error(), Refusal::kKeyParam);
  // A modulus of 1024 bits stated truthfully is well-formed and still too weak for any policy.
  EXPECT_EQ(PublicKey::from_modulus(padded(product(prime(512), prime(512)), 128), 1024).error(), Refusal::kKeyParam);
}

TEST(BlindRsaKeys, PrivateKeyComesBackFromItsPrimes) {
  auto const& key = key_2048();
  auto const primes = key.primes();
  ASSERT_EQ(primes.size(), 256U);
  auto const again = PrivateKey::from_primes(primes.view().first(128), primes.view().last(128));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key().modulus(), key.public_key().modulus());
  EXPECT_TRUE(again->primes().equals(primes.view()));
  Bytes const z(256, 0x21);
  EXPECT_EQ(*blind_sign(*again, z), *blind_sign(key, z));
}

TEST(BlindRsaKeys, FactorsThatMakeNoKeyAreRefused) {
  auto const primes = key_2048().primes();
  auto const p = primes.view().first(128);
  auto const q = primes.view().last(128);
  EXPECT_EQ(PrivateKey::from_primes(p, p).error(), Refusal::kKeyParam) << "a square is factored by its root";
  EXPECT_EQ(PrivateKey::from_primes(plus(p, 1), q).error(), Refusal::kKeyParam) << "even";
  EXPECT_EQ(PrivateKey::from_primes(p, q.first(127)).error(), Refusal::kKeyParam);
  EXPECT_EQ(PrivateKey::from_primes(p.first(64), q.first(64)).error(), Refusal::kKeyParam);
  EXPECT_EQ(PrivateKey::from_primes({}, {}).error(), Refusal::kKeyParam);
  Bytes small = plus(Bytes(128, 0), 65537);
  EXPECT_EQ(PrivateKey::from_primes(small, q).error(), Refusal::kKeyParam) << "the modulus is too short";
  // e divides p − 1: no private exponent exists.
  Number bad_p;
  do bad_p = prime(1024, word(2 * 65537).get(), word(1).get());
  while (BN_num_bits(product(bad_p, number(q)).get()) != 2048);
  EXPECT_EQ(PrivateKey::from_primes(padded(bad_p, 128), q).error(), Refusal::kKeyParam);
  for (std::uint32_t bits : {0U, 512U, 1024U, 2047U, 8192U}) {
    EXPECT_EQ(PrivateKey::generate(bits).error(), Refusal::kKeyParam) << bits;
  }
}

// One batch is signed by a pool of threads with one key; a shared context that is not shared safely mixes up answers.
TEST_F(BlindRsa, ManyThreadsSignWithOneKeyAndEachAnswerIsRight) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::array<int, kThreads> right{};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          auto const msg = prepare(Bytes(32, static_cast<std::uint8_t>(t)), Bytes(1, static_cast<std::uint8_t>(i)));
          auto const blinding = blind(pk_, Variant::kPssRandomized, msg);
          auto const blind_sig = blind_sign(sk_, blinding->blinded_msg);
          auto const sig = finalize(pk_, Variant::kPssRandomized, msg, *blind_sig, blinding->inv);
          right[static_cast<std::size_t>(t)] += sig && verify(pk_, Variant::kPssRandomized, msg, *sig) ? 1 : 0;
        }
      });
    }
  }
  for (int const count : right) EXPECT_EQ(count, kEach);
}

TEST(BlindRsaEncoding, OtherSaltLengthsAndSizesAreRefused) {
  EXPECT_EQ(emsa_pss_encode(Variant::kPssRandomized, as_bytes("m"), Bytes(47), 2048).error(), Refusal::kKeyParam);
  EXPECT_EQ(emsa_pss_encode(Variant::kPssZeroRandomized, as_bytes("m"), Bytes(48), 2048).error(), Refusal::kKeyParam);
  EXPECT_EQ(emsa_pss_encode(Variant::kPssRandomized, as_bytes("m"), Bytes(48), 2050).error(), Refusal::kKeyParam);
  auto const em = emsa_pss_encode(Variant::kPssRandomized, as_bytes("m"), Bytes(48), 3072);
  ASSERT_TRUE(em);
  EXPECT_EQ(em->size(), 384U);
  EXPECT_EQ(em->back(), 0xbc);
  EXPECT_EQ(em->front() & 0x80, 0);
}

}  // namespace
}  // namespace piaojue::crypto::blind_rsa
