// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/cosignature.h"

#include <gtest/gtest.h>

namespace piaojue::log {
namespace {

constexpr std::string_view kOrigin = "piaojue/00112233445566778899aabbccddeeff";

struct WitnessCosignature : testing::Test {
  static void SetUpTestSuite() { piaojue::init(); }
  crypto::SigningKey witness = crypto::SigningKey::generate();
  Checkpoint checkpoint{std::string(kOrigin), 42, crypto::sha256({as_bytes("root")})};
  Cosignature cosignature = cosign(checkpoint, 7, 1'700'000'000, witness);

  void expect_refused(Cosignature const& altered, std::string_view origin = kOrigin) const {
    auto const result = verify_cosignature(altered, origin, witness.public_key());
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error(), Refusal::kBadSignature);
  }
};

TEST_F(WitnessCosignature, VerifiesAndNamesWhatWasSigned) {
  EXPECT_TRUE(verify_cosignature(cosignature, kOrigin, witness.public_key()));
  EXPECT_EQ(cosignature.tree_size, 42U);
  EXPECT_EQ(cosignature.root, checkpoint.root);
  EXPECT_EQ(cosignature.person, 7U);
  EXPECT_EQ(cosignature.time_s, 1'700'000'000U);
}

// A cosignature that moves to another checkpoint would let the server show two halls and have both witnessed.
TEST_F(WitnessCosignature, OfAnotherCheckpointIsRefused) {
  auto altered = cosignature;
  altered.tree_size = 43;
  expect_refused(altered);
  altered = cosignature;
  altered.root.data[0] ^= 1;
  expect_refused(altered);
  expect_refused(cosignature, "piaojue/ffeeddccbbaa99887766554433221100");
  expect_refused(cosignature, "");
}

TEST_F(WitnessCosignature, OfAnotherTimeIsRefused) {
  auto altered = cosignature;
  altered.time_s += 1;
  expect_refused(altered);
}

// Whoever is enrolled can sign any number. What a live program kept and no verifier accepts would fail the record of
// the whole meeting for ever.
TEST_F(WitnessCosignature, OfATimeThatNoVerifierTakesIsRefused) {
  constexpr std::uint64_t kLast_s = (std::uint64_t{1} << 53) - 1;
  EXPECT_TRUE(verify_cosignature(cosign(checkpoint, 7, kLast_s, witness), kOrigin, witness.public_key()));
  auto const late = verify_cosignature(cosign(checkpoint, 7, kLast_s + 1, witness), kOrigin, witness.public_key());
  ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error(), Refusal::kOutOfRange);
}

// One person must not count twice towards a quorum: the key that is looked up for `person` decides.
TEST_F(WitnessCosignature, OfAnotherPersonIsRefused) {
  auto const other = crypto::SigningKey::generate();
  EXPECT_TRUE(verify_cosignature(cosignature, kOrigin, other.public_key()).has_error());
}

TEST_F(WitnessCosignature, AlteredSignatureIsRefused) {
  for (std::size_t at = 0; at < crypto::Signature::kSize; ++at) {
    auto altered = cosignature;
    altered.signature.data[at] ^= 0x04;
    expect_refused(altered);
  }
}

// The server's own signature over the bare checkpoint is not a cosignature, even under the same key.
TEST_F(WitnessCosignature, CheckpointSignatureIsNotACosignature) {
  auto altered = cosignature;
  altered.signature = witness.sign({as_bytes(checkpoint.body())});
  expect_refused(altered);
}

// A cosignature that a public witness made (remora.n621.de over a checkpoint of a Certificate Transparency log).
TEST_F(WitnessCosignature, CosignatureOfAPublicWitnessVerifiesAndIsReproducedAsALine) {
  std::string_view const origin = "arche2025h1.staging.ct.transparency.dev";
  auto const key_bytes = *from_base64("BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2");
  auto const key = *crypto::SigningPublicKey::from(ByteView(key_bytes).subspan(1));
  std::string const line_blob =
      "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==";
  auto const blob = *from_base64(line_blob);
  auto const root_bytes = *from_base64("U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=");

  Cosignature published;
  published.tree_size = 1432088532;
  published.root = *crypto::Hash::from(root_bytes);
  published.time_s = 0x6A122120;
  published.signature = *crypto::Signature::from(ByteView(blob).subspan(12));
  EXPECT_TRUE(verify_cosignature(published, origin, key));
  EXPECT_EQ(cosignature_line(published, "remora.n621.de", key), "\xE2\x80\x94 remora.n621.de " + line_blob + "\n");
}

}  // namespace
}  // namespace piaojue::log
