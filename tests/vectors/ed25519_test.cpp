// SPDX-License-Identifier: Apache-2.0
/// Signatures about which two honest verifiers could disagree (specification §2.4). Harm: a record that one of them
/// calls verified and the other one forged.
#include "crypto/sign.h"
#include "read_json.h"

namespace piaojue::crypto {
namespace {

class Ed25519 : public testing::Test {
 protected:
  boost::json::value const vectors_ = test::read_vectors("ed25519.json");
};

TEST_F(Ed25519, EdgesAreDecidedAsTheSpecificationSays) {
  for (auto const& row : vectors_.at("signatures").as_array()) {
    auto const key = test::fixed_at<SigningPublicKey>(row, "key");
    auto const sig = test::fixed_at<Signature>(row, "sig");
    EXPECT_EQ(verify(key, {as_bytes(row.at("message").as_string())}, sig), row.at("valid").as_bool())
        << row.at("name").as_string();
  }
}

// The equation alone, which `verify` asks where libsodium multiplies by the cofactor: it has to be the exact one here
// too, and small order is nothing of its.
TEST_F(Ed25519, OpensslHoldsTheEquationWithoutTheCofactor) {
  for (auto const& row : vectors_.at("signatures").as_array()) {
    auto const name = test::text_at(row, "name");
    bool const only_of_small_order = name == "R neutral" || name == "key neutral";
    EXPECT_EQ(detail::equation_holds(test::fixed_at<SigningPublicKey>(row, "key"),
                                     as_bytes(row.at("message").as_string()), test::fixed_at<Signature>(row, "sig")),
              row.at("valid").as_bool() || only_of_small_order)
        << name;
  }
}

TEST_F(Ed25519, KeysOfSmallOrderAreRecognisedInEveryEncoding) {
  for (auto const& key : vectors_.at("keys_of_small_order").as_array()) {
    EXPECT_FALSE(is_valid(*SigningPublicKey::from(test::bytes_of(key)))) << key;
  }
  for (auto const& key : vectors_.at("keys_of_large_order").as_array()) {
    EXPECT_TRUE(is_valid(*SigningPublicKey::from(test::bytes_of(key)))) << key;
  }
}

}  // namespace
}  // namespace piaojue::crypto
