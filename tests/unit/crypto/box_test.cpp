// SPDX-License-Identifier: Apache-2.0
#include "crypto/box.h"

#include <gtest/gtest.h>

#include "crypto/keyed_hash.h"

namespace piaojue::crypto {
namespace {

// Points of small order of the curve and of its twist, and their encodings that are not below p.
constexpr char const* kSmallOrder[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                       "0100000000000000000000000000000000000000000000000000000000000000",
                                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                       "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"};

template <class Key>
Key key_of(std::string_view hex, bool top_bit) {
  Key out = *Key::from(*from_hex(hex));
  if (top_bit) out.data.back() |= 0x80;
  return out;
}

TEST(Box, OpensToWhatWasSealedAndHasTheStatedSize) {
  auto const key = BoxKey::generate();
  for (std::size_t size : {0U, 1U, 32U, 5000U}) {
    Bytes const plain(size, 0x77);
    auto const sealed = seal_to(key.public_key(), plain);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->size(), size + kBoxOverheadBytes);
    auto const opened = open(key, *sealed);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->equals(plain));
  }
}

// Harm: a spoil, an opening or a half that somebody else reads, or that was altered on its way.
TEST(Box, OtherKeyAlteredOrCutDoesNotOpen) {
  auto const key = BoxKey::generate();
  auto const sealed = *seal_to(key.public_key(), as_bytes("half"));
  EXPECT_EQ(open(BoxKey::generate(), sealed).error(), Refusal::kMalformed);
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    auto altered = sealed;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(open(key, altered).error(), Refusal::kMalformed) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(open(key, ByteView(sealed).first(size)).error(), Refusal::kMalformed) << size;
  }
}

// Two sealings of one half would otherwise show that nothing has changed.
TEST(Box, EachSealingIsFresh) {
  auto const key = BoxKey::generate();
  EXPECT_NE(*seal_to(key.public_key(), as_bytes("half")), *seal_to(key.public_key(), as_bytes("half")));
}

// Anybody can open what is sealed to a key of small order.
TEST(Box, KeysOfSmallOrderAreRecognisedAndNothingIsSealedToThem) {
  for (char const* hex : kSmallOrder) {
    for (bool const top_bit : {false, true}) {
      EXPECT_FALSE(is_valid(key_of<BoxPublicKey>(hex, top_bit))) << hex;
      EXPECT_FALSE(is_valid(key_of<MixPublicKey>(hex, top_bit))) << hex;
      EXPECT_EQ(seal_to(key_of<BoxPublicKey>(hex, top_bit), as_bytes("half")).error(), Refusal::kKeyParam) << hex;
    }
  }
  auto const key = BoxKey::generate().public_key();
  EXPECT_TRUE(is_valid(key));
  EXPECT_TRUE(is_valid(*MixPublicKey::from(key.view())));
}

// One key written in two ways would count as two keys.
TEST(Box, CanonicalKeysDifferOnlyIfTheKeysDo) {
  auto key = BoxKey::generate().public_key();
  key.data.back() &= 0x7f;
  auto marked = key;
  marked.data.back() |= 0x80;
  EXPECT_NE(marked, key);
  EXPECT_EQ(canonical(marked), key);
  EXPECT_EQ(canonical(key), key);
  EXPECT_EQ(canonical(*MixPublicKey::from(marked.view())), *MixPublicKey::from(key.view()));
  auto other = key;
  other.data.front() ^= 1;
  EXPECT_NE(canonical(other), canonical(key));
}

TEST(Box, KeyComesBackFromItsSecretAndOtherLengthsAreRefused) {
  auto const key = BoxKey::generate();
  auto const again = BoxKey::from_secret(key.secret().clone());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key.public_key());
  for (std::size_t size : {0U, 31U, 33U}) {
    EXPECT_EQ(BoxKey::from_secret(Secret::random(size)).error(), Refusal::kMalformed) << size;
  }
}

TEST(KeyedHash, TagsAreTheSameOnlyInEveryBit) {
  auto const tag = hmac_sha256(as_bytes("key"), {as_bytes("message")});
  EXPECT_TRUE(same(tag, hmac_sha256(as_bytes("key"), {as_bytes("mess"), as_bytes("age")})));
  for (std::size_t bit = 0; bit < 8 * Mac::kSize; ++bit) {
    auto altered = tag;
    altered.data[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(same(tag, altered)) << bit;
  }
}

}  // namespace
}  // namespace piaojue::crypto
