// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign.h"

#include <gtest/gtest.h>

namespace piaojue::crypto {
namespace {

TEST(Sign, PartsAreSignedAsTheirConcatenation) {
  auto const key = SigningKey::generate();
  auto const sig = key.sign({as_bytes("ab"), as_bytes("c")});
  EXPECT_TRUE(verify(key.public_key(), {as_bytes("abc")}, sig));
  EXPECT_EQ(key.sign({as_bytes("abc")}), sig);
  EXPECT_FALSE(verify(key.public_key(), {as_bytes("abd")}, sig));
  EXPECT_FALSE(verify(key.public_key(), {as_bytes("ab")}, sig));
  EXPECT_FALSE(verify(SigningKey::generate().public_key(), {as_bytes("abc")}, sig));
}

// One altered bit that still verified would make the record mean two things.
TEST(Sign, EveryBitOfTheSignatureCounts) {
  auto const key = SigningKey::generate();
  auto const sig = key.sign({as_bytes("entry")});
  for (std::size_t bit = 0; bit < 8 * Signature::kSize; ++bit) {
    auto altered = sig;
    altered.data[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(key.public_key(), {as_bytes("entry")}, altered)) << bit;
  }
}

// S + L satisfies the same equation: a second signature for one entry, and so a second log leaf that nobody signed.
TEST(Sign, SignatureWithSPlusLIsRefused) {
  auto const key = SigningKey::generate();
  auto sig = key.sign({as_bytes("entry")});
  auto const order = *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += sig.data[32 + i] + order[i];
    sig.data[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0U) << "S + L still fits in 32 bytes";
  EXPECT_FALSE(verify(key.public_key(), {as_bytes("entry")}, sig));
}

// Under a key of small order one signature is valid for many messages: its owner could deny what it said.
TEST(Sign, KeysOfSmallOrderAreRefused) {
  for (char const* key : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"}) {
    // R = the neutral element and S = 0 satisfy the equation for the neutral key whatever the message is.
    Signature sig;
    sig.data[0] = 1;
    EXPECT_FALSE(verify(*SigningPublicKey::from(*from_hex(key)), {as_bytes("entry")}, sig)) << key;
  }
}

TEST(Sign, SeedGivesTheSameKeyBack) {
  auto const key = SigningKey::generate();
  auto const again = SigningKey::from_seed(key.seed());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(again->sign({as_bytes("x")}), key.sign({as_bytes("x")}));
}

TEST(Sign, SeedOfAnotherLengthIsRefused) {
  for (std::size_t size : {0U, 31U, 33U, 64U}) {
    EXPECT_EQ(SigningKey::from_seed(Secret::random(size)).error(), Refusal::kMalformed) << size;
  }
}

// Without the type in the signed bytes, a SignIn could be shown as a Recuse with the same body.
TEST(Sign, EntryInputBindsTheTypeApartFromTheBody) {
  EXPECT_EQ(as_text(entry_signing_input("SignIn", as_bytes("b"))), std::string_view("piaojue/v2/SignIn\0b", 19));
  EXPECT_NE(entry_signing_input("SignIn", as_bytes("x")), entry_signing_input("SignInx", {}));
}

}  // namespace
}  // namespace piaojue::crypto
