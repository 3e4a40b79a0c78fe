// SPDX-License-Identifier: Apache-2.0
/// Onions and sealed boxes made without libsodium (specification §8.1). Harm: a laptop whose openings nobody else's
/// program can check, or whose onions no trustee peels.
#include "crypto/onion.h"

#include "crypto/box.h"
#include "crypto/seal.h"
#include "read_json.h"

namespace piaojue::crypto {
namespace {

class Onions : public testing::Test {
 protected:
  boost::json::value const vectors_ = test::read_vectors("onion.json");
};

TEST_F(Onions, AreTheSameByteForByteFromSeedAndFromSecrets) {
  for (auto const& row : vectors_.at("onions").as_array()) {
    auto const seed = test::secret_of(row.at("seed"));
    auto const ctx = test::fixed_at<Hash>(row, "ctx");
    auto const ballot = test::bytes_at(row, "ballot");
    std::vector<MixPublicKey> hops;
    for (auto const& key : row.at("mix_keys").as_array()) hops.push_back(*MixPublicKey::from(test::bytes_of(key)));
    auto const secrets = onion::layer_secrets(seed, ctx, hops.size());
    ASSERT_EQ(secrets.size(), row.at("layer_secrets").as_array().size());
    for (std::size_t hop = 0; hop < secrets.size(); ++hop) {
      EXPECT_TRUE(secrets[hop].equals(test::bytes_of(row.at("layer_secrets").at(hop)))) << hop;
    }
    EXPECT_EQ(onion::wrap(hops, seed, ctx, ballot).value(), test::bytes_at(row, "onion"));
    EXPECT_EQ(onion::wrap_with(hops, secrets, ctx, ballot).value(), test::bytes_at(row, "onion"));
  }
}

TEST_F(Onions, PeelToTheBallot) {
  for (auto const& row : vectors_.at("onions").as_array()) {
    Bytes inner = test::bytes_at(row, "onion");
    std::uint32_t hop = 0;
    for (auto const& secret : row.at("mix_secrets").as_array()) {
      auto const key = onion::MixKey::from_secret(test::secret_of(secret)).value();
      inner = onion::peel(key, hop++, test::fixed_at<Hash>(row, "ctx"), inner).value();
    }
    EXPECT_EQ(inner, test::bytes_at(row, "ballot"));
  }
}

TEST_F(Onions, SealedBoxesOpen) {
  for (auto const& row : vectors_.at("boxes").as_array()) {
    auto const key = BoxKey::from_secret(test::secret_of(row.at("secret"))).value();
    EXPECT_TRUE(open(key, test::bytes_at(row, "sealed")).value().equals(test::bytes_at(row, "plain")));
  }
}

TEST_F(Onions, KeyOfStateAtRestComesFromOwnKeyAndHalf) {
  auto const& half = vectors_.at("half");
  EXPECT_TRUE(combine_keys(test::secret_of(half.at("own")), test::secret_of(half.at("half")))
                  .equals(test::bytes_at(half, "key")));
}

}  // namespace
}  // namespace piaojue::crypto
