// SPDX-License-Identifier: Apache-2.0
/// RFC 9474, Appendix A: every intermediate value of all four variants.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "crypto/blind_rsa.h"
#include "support/paths.h"

namespace piaojue::crypto::blind_rsa {
namespace {

struct Vector {
  std::string name;
  Variant variant;
  boost::json::object fields;
  Bytes operator[](std::string_view field) const { return from_hex(fields.at(field).as_string()).value(); }
};

void PrintTo(Vector const& vector, std::ostream* out) { *out << vector.name; }

std::vector<Vector> load() {
  static constexpr std::pair<std::string_view, Variant> kNames[] = {
      {"RSABSSA-SHA384-PSS-Randomized", Variant::kPssRandomized},
      {"RSABSSA-SHA384-PSSZERO-Randomized", Variant::kPssZeroRandomized},
      {"RSABSSA-SHA384-PSS-Deterministic", Variant::kPssDeterministic},
      {"RSABSSA-SHA384-PSSZERO-Deterministic", Variant::kPssZeroDeterministic}};
  std::ifstream file(piaojue::test::source_dir() + "/tests/vectors/rfc9474.json");
  std::stringstream text;
  text << file.rdbuf();
  std::vector<Vector> out;
  auto const parsed = boost::json::parse(text.str());
  for (auto const& item : parsed.at("vectors").as_array()) {
    std::string const name(item.at("variant").as_string());
    for (auto const& [known, variant] : kNames) {
      if (known == name) out.push_back({name, variant, item.as_object()});
    }
  }
  return out;
}

TEST(Rfc9474File, HoldsEachVariantOnce) {
  std::set<Variant> seen;
  for (auto const& vector : load()) seen.insert(vector.variant);
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_EQ(load().size(), 4U);
}

class Rfc9474 : public testing::TestWithParam<Vector> {
 protected:
  Vector const& vector_ = GetParam();
  Variant variant_ = GetParam().variant;
  PrivateKey sk_ = PrivateKey::from_primes(GetParam()["p"], GetParam()["q"]).value();
  PublicKey const& pk_ = sk_.public_key();
  Bytes prepared_ = GetParam()["prepared_msg"];
};

TEST_P(Rfc9474, KeyHasTheStatedModulus) {
  EXPECT_EQ(pk_.modulus(), vector_["n"]);
  EXPECT_EQ(to_hex(vector_["e"]), "010001");
  auto const from_modulus = PublicKey::from_modulus(vector_["n"], 4096);
  ASSERT_TRUE(from_modulus);
  EXPECT_EQ(from_modulus->modulus(), vector_["n"]);
}

TEST_P(Rfc9474, PrepareGivesThePreparedMessage) {
  EXPECT_EQ(vector_["msg_prefix"].size(), prefix_bytes(variant_));
  EXPECT_EQ(prepare(vector_["msg_prefix"], vector_["msg"]), prepared_);
}

TEST_P(Rfc9474, EncodingGivesTheEncodedMessage) {
  EXPECT_EQ(vector_["salt"].size(), salt_bytes(variant_));
  auto const encoded = emsa_pss_encode(variant_, prepared_, vector_["salt"], 4096);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(*encoded, vector_["encoded_msg"]);
}

TEST_P(Rfc9474, BlindGivesTheBlindedMessage) {
  auto const blinding = blind_deterministic(pk_, variant_, prepared_, vector_["salt"], vector_["inv"]);
  ASSERT_TRUE(blinding);
  EXPECT_EQ(blinding->blinded_msg, vector_["blinded_msg"]);
  EXPECT_TRUE(blinding->inv.equals(vector_["inv"]));
}

TEST_P(Rfc9474, BlindSignGivesTheBlindSignature) {
  auto const blind_sig = blind_sign(sk_, vector_["blinded_msg"]);
  ASSERT_TRUE(blind_sig);
  EXPECT_EQ(*blind_sig, vector_["blind_sig"]);
  EXPECT_TRUE(raw_public_matches(pk_, vector_["blinded_msg"], vector_["blind_sig"]));
}

TEST_P(Rfc9474, FinalizeGivesTheSignature) {
  auto const sig = finalize(pk_, variant_, prepared_, vector_["blind_sig"], Secret::copy_of(vector_["inv"]));
  ASSERT_TRUE(sig);
  EXPECT_EQ(*sig, vector_["sig"]);
}

TEST_P(Rfc9474, VerifyTakesTheSignatureForItsMessageOnly) {
  EXPECT_TRUE(verify(pk_, variant_, prepared_, vector_["sig"]));
  auto other = prepared_;
  other.back() ^= 1;
  EXPECT_FALSE(verify(pk_, variant_, other, vector_["sig"]));
}

// blind and blind_deterministic are two programs; what the fresh one makes must finalize under the standard's key too.
TEST_P(Rfc9474, FreshBlindingFinalizesUnderTheSameKey) {
  auto const blinding = blind(pk_, variant_, prepared_);
  ASSERT_TRUE(blinding);
  auto const blind_sig = blind_sign(sk_, blinding->blinded_msg);
  ASSERT_TRUE(blind_sig);
  auto const sig = finalize(pk_, variant_, prepared_, *blind_sig, blinding->inv);
  ASSERT_TRUE(sig);
  // PSSZERO is deterministic: the blinding leaves no trace in the signature at all.
  if (salt_bytes(variant_) == 0) {
    EXPECT_EQ(*sig, vector_["sig"]);
  }
}

INSTANTIATE_TEST_SUITE_P(AppendixA, Rfc9474, testing::ValuesIn(load()), [](auto const& instance) {
  std::string name = instance.param.name;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace piaojue::crypto::blind_rsa
