// SPDX-License-Identifier: Apache-2.0
#include "crypto/onion.h"

#include <gtest/gtest.h>

#include <set>

namespace piaojue::crypto::onion {
namespace {

class Onion : public testing::Test {
 protected:
  static Hash context(std::uint8_t fill) {
    Hash out;
    out.data.fill(fill);
    return out;
  }
  std::vector<MixPublicKey> hops() const {
    std::vector<MixPublicKey> out;
    for (auto const& key : keys_) out.push_back(key.public_key());
    return out;
  }
  std::vector<MixKey> keys_ = [] {
    std::vector<MixKey> out;
    for (int i = 0; i < 3; ++i) out.push_back(MixKey::generate());
    return out;
  }();
  Secret seed_ = Secret::random(kSeedBytes);
  Hash ctx_ = context(1);
  Bytes ballot_ = Bytes(777, 0x42);
};

TEST_F(Onion, EachHopTakesOneLayerAndTheLastHoldsTheBallot) {
  auto const wrapped = wrap(hops(), seed_, ctx_, ballot_);
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(wrapped->size(), ballot_.size() + 3 * kLayerBytes);
  Bytes inner = *wrapped;
  for (std::uint32_t hop = 0; hop < 3; ++hop) {
    auto const peeled = peel(keys_[hop], hop, ctx_, inner);
    ASSERT_TRUE(peeled) << hop;
    EXPECT_EQ(peeled->size(), inner.size() - kLayerBytes);
    inner = *peeled;
  }
  EXPECT_EQ(inner, ballot_);
}

TEST_F(Onion, LayerIsASealedBoxOfContextHopAndInner) {
  auto const wrapped = wrap(std::array{keys_[0].public_key()}, seed_, ctx_, ballot_);
  Bytes plain(wrapped->size() - crypto_box_SEALBYTES);
  ASSERT_EQ(crypto_box_seal_open(plain.data(), wrapped->data(), wrapped->size(), keys_[0].public_key().data.data(),
                                 keys_[0].secret().data()),
            0);
  Bytes expected = to_bytes(ctx_.view());
  append_u32be(expected, 0);
  append(expected, ballot_);
  EXPECT_EQ(plain, expected);
}

// A trustee that opened an onion of another hop or batch could be fed old onions to learn what was in them.
TEST_F(Onion, OtherHopOtherContextOrOtherKeyDoesNotOpen) {
  auto const wrapped = *wrap(hops(), seed_, ctx_, ballot_);
  EXPECT_EQ(peel(keys_[1], 0, ctx_, wrapped).error(), Refusal::kMixOpen);
  EXPECT_EQ(peel(keys_[0], 1, ctx_, wrapped).error(), Refusal::kMixOpen);
  EXPECT_EQ(peel(keys_[0], 0x100, ctx_, wrapped).error(), Refusal::kMixOpen);
  EXPECT_EQ(peel(keys_[0], 0, context(2), wrapped).error(), Refusal::kMixOpen);
  auto last_byte = ctx_;
  last_byte.data[31] ^= 1;
  EXPECT_EQ(peel(keys_[0], 0, last_byte, wrapped).error(), Refusal::kMixOpen);
}

// A marked onion that still opened would let its marker recognise it after the shuffle.
TEST_F(Onion, AlteredTruncatedOrLengthenedDoesNotOpen) {
  auto const wrapped = *wrap(hops(), seed_, ctx_, ballot_);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    auto altered = wrapped;
    altered[i] ^= 0x01;
    EXPECT_EQ(peel(keys_[0], 0, ctx_, altered).error(), Refusal::kMixOpen) << i;
  }
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, kLayerBytes - 1}) {
    EXPECT_EQ(peel(keys_[0], 0, ctx_, ByteView(wrapped).first(size)).error(), Refusal::kMixSize) << size;
  }
  EXPECT_EQ(peel(keys_[0], 0, ctx_, ByteView(wrapped).first(kLayerBytes)).error(), Refusal::kMixOpen);
  EXPECT_EQ(peel(keys_[0], 0, ctx_, ByteView(wrapped).first(wrapped.size() - 1)).error(), Refusal::kMixOpen);
  auto longer = wrapped;
  longer.push_back(0);
  EXPECT_EQ(peel(keys_[0], 0, ctx_, longer).error(), Refusal::kMixOpen);
}

TEST_F(Onion, EmptyBallotIsTheSmallestThatOpens) {
  auto const wrapped = *wrap(std::array{keys_[0].public_key()}, seed_, ctx_, {});
  EXPECT_EQ(wrapped.size(), kLayerBytes);
  EXPECT_EQ(*peel(keys_[0], 0, ctx_, wrapped), Bytes{});
}

// Anybody can open what is sealed to a key of small order; the layer would protect nothing.
TEST_F(Onion, KeyOfSmallOrderIsRefusedAtAnyHop) {
  for (std::size_t bad = 0; bad < 3; ++bad) {
    for (char const* key : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"}) {
      auto with_bad = hops();
      with_bad[bad] = *MixPublicKey::from(*from_hex(key));
      auto const wrapped = wrap(with_bad, seed_, ctx_, ballot_);
      ASSERT_FALSE(wrapped) << bad << ' ' << key;
      EXPECT_EQ(wrapped.error(), Refusal::kKeyParam);
    }
  }
}

// Two equal onions would show that two envelopes come from one hand, and one secret in two layers what lies between.
TEST_F(Onion, OtherSeedOtherContextOrOtherHopHasOtherSecrets) {
  Secret other_seed = Secret::random(kSeedBytes);
  std::set<Bytes> seen;
  for (auto const* seed : {&seed_, &other_seed}) {
    for (auto const& ctx : {ctx_, context(2)}) {
      for (auto const& secret : layer_secrets(*seed, ctx, 3)) {
        EXPECT_EQ(secret.size(), kX25519SecretBytes);
        EXPECT_TRUE(seen.insert(to_bytes(secret.view())).second);
      }
    }
  }
  EXPECT_NE(*wrap(hops(), seed_, ctx_, ballot_), *wrap(hops(), other_seed, ctx_, ballot_));
  EXPECT_EQ(*wrap(hops(), seed_, ctx_, ballot_), *wrap(hops(), seed_, ctx_, ballot_));
}

// Harm: an opening that shows another ballot than the one that was sealed, or is taken for false when it is true.
TEST_F(Onion, OpeningShowsExactlyTheSealedBallot) {
  auto const wrapped = *wrap(hops(), seed_, ctx_, ballot_);
  auto secrets = layer_secrets(seed_, ctx_, 3);
  EXPECT_EQ(*wrap_with(hops(), secrets, ctx_, ballot_), wrapped);
  auto other_ballot = ballot_;
  other_ballot.back() ^= 1;
  EXPECT_NE(*wrap_with(hops(), secrets, ctx_, other_ballot), wrapped);
  for (auto& secret : secrets) {
    secret.data()[7] ^= 1;
    EXPECT_NE(*wrap_with(hops(), secrets, ctx_, ballot_), wrapped);
    secret.data()[7] ^= 1;
  }
}

TEST_F(Onion, SecretsThatAreNotOneOfThirtyTwoBytesAHopAreRefused) {
  auto const secrets = layer_secrets(seed_, ctx_, 4);
  for (std::size_t count : {0U, 2U, 4U}) {
    EXPECT_EQ(wrap_with(hops(), std::span(secrets).first(count), ctx_, ballot_).error(), Refusal::kMalformed) << count;
  }
  for (std::size_t size : {0U, 31U, 33U}) {
    auto wrong = layer_secrets(seed_, ctx_, 3);
    wrong[1] = Secret::random(size);
    EXPECT_EQ(wrap_with(hops(), wrong, ctx_, ballot_).error(), Refusal::kMalformed) << size;
  }
}

TEST_F(Onion, KeyComesBackFromItsSecretAndOtherLengthsAreRefused) {
  auto const again = MixKey::from_secret(keys_[0].secret().clone());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), keys_[0].public_key());
  for (std::size_t size : {0U, 31U, 33U}) {
    EXPECT_EQ(MixKey::from_secret(Secret::random(size)).error(), Refusal::kMalformed) << size;
  }
}

}  // namespace
}  // namespace piaojue::crypto::onion
