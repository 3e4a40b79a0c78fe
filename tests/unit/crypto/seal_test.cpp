// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal.h"

#include <gtest/gtest.h>

#include "deterministic_randomness.h"

namespace piaojue::crypto {
namespace {

class Seal : public testing::Test {
 protected:
  Secret key_ = Secret::random(kSealKeyBytes);
  Bytes plain_ = to_bytes(as_bytes("state of an open batch"));
};

TEST_F(Seal, OpensToWhatWasSealedAndHasTheStatedSize) {
  for (std::size_t size : {0U, 1U, 22U, 5000U}) {
    Bytes const plain(size, 0x77);
    auto const sealed = seal(key_, plain, as_bytes("batch 1"));
    EXPECT_EQ(sealed.size(), size + kSealOverheadBytes);
    auto const opened = unseal(key_, sealed, as_bytes("batch 1"));
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->equals(plain));
  }
}

// State altered on disk must be noticed: a changed share or signature would surface in the middle of a vote.
TEST_F(Seal, EveryAlteredBitIsRefused) {
  auto const sealed = seal(key_, plain_, as_bytes("batch 1"));
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    auto altered = sealed;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    auto const opened = unseal(key_, altered, as_bytes("batch 1"));
    ASSERT_FALSE(opened) << bit;
    EXPECT_EQ(opened.error(), Refusal::kMalformed);
  }
}

// State of one batch put in the place of another's would be used under the wrong keys.
TEST_F(Seal, OtherAssociatedDataOtherKeyAndOtherLengthAreRefused) {
  auto const sealed = seal(key_, plain_, as_bytes("batch 1"));
  EXPECT_EQ(unseal(key_, sealed, as_bytes("batch 2")).error(), Refusal::kMalformed);
  EXPECT_EQ(unseal(key_, sealed, {}).error(), Refusal::kMalformed);
  EXPECT_EQ(unseal(Secret::random(kSealKeyBytes), sealed, as_bytes("batch 1")).error(), Refusal::kMalformed);
  EXPECT_EQ(unseal(Secret::random(16), sealed, as_bytes("batch 1")).error(), Refusal::kMalformed);
  EXPECT_EQ(unseal(Secret{}, sealed, as_bytes("batch 1")).error(), Refusal::kMalformed);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(unseal(key_, ByteView(sealed).first(size), as_bytes("batch 1")).error(), Refusal::kMalformed) << size;
  }
  auto longer = sealed;
  longer.push_back(0);
  EXPECT_EQ(unseal(key_, longer, as_bytes("batch 1")).error(), Refusal::kMalformed);
}

// A repeated nonce under one key would reveal the XOR of two states.
TEST_F(Seal, EachSealingDrawsAFreshNonce) { EXPECT_NE(seal(key_, plain_, {}), seal(key_, plain_, {})); }

TEST_F(Seal, SealingReplaysFromTheSameRandomness) {
  Bytes first;
  {
    test::DeterministicRandomness const random(7);
    first = seal(key_, plain_, {});
  }
  test::DeterministicRandomness const random(7);
  EXPECT_EQ(seal(key_, plain_, {}), first);
}

TEST(PassphraseKey, DependsOnPassphraseAndSaltAndOnNothingElse) {
  Bytes const salt(kPassphraseSaltBytes, 1);
  Bytes const other_salt(kPassphraseSaltBytes, 2);
  auto const key = key_from_passphrase("十一个字的口令", salt);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), kSealKeyBytes);
  EXPECT_TRUE(key_from_passphrase("十一个字的口令", salt)->equals(key->view()));
  EXPECT_FALSE(key_from_passphrase("十一个字的口号", salt)->equals(key->view()));
  EXPECT_FALSE(key_from_passphrase("十一个字的口令", other_salt)->equals(key->view()));
}

TEST(PassphraseKey, SaltOfAnotherLengthIsRefused) {
  for (std::size_t size : {0U, 15U, 17U, 32U}) {
    EXPECT_EQ(key_from_passphrase("x", Bytes(size)).error(), Refusal::kMalformed) << size;
  }
}

// The state of an attempt must not open with the holder's half alone, nor with the owner's key.
TEST(CombineKeys, EachKeyAndTheirOrderMatter) {
  auto const own = Secret::random(kSealKeyBytes);
  auto const half = Secret::random(kSealKeyBytes);
  auto const other = Secret::random(kSealKeyBytes);
  auto const combined = combine_keys(own, half);
  EXPECT_EQ(combined.size(), kSealKeyBytes);
  EXPECT_TRUE(combine_keys(own, half).equals(combined.view()));
  EXPECT_FALSE(combine_keys(other, half).equals(combined.view()));
  EXPECT_FALSE(combine_keys(own, other).equals(combined.view()));
  EXPECT_FALSE(combine_keys(half, own).equals(combined.view()));
}

}  // namespace
}  // namespace piaojue::crypto
