// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/keys.h"

#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

AttemptKeys made() { return AttemptKeys::generate(3, 2, {5, 9}, 2048, pooled_keys()).value(); }

Hash meeting_hash() {
  Hash out;
  out.data.fill(4);
  return out;
}

// A restart that reads other keys than those in the log would lose the attempt.
TEST(Keys, StoredKeysComeBackAsTheyWere) {
  piaojue::init();
  AttemptKeys const keys = made();
  auto const back = AttemptKeys::parse(keys.serialise());
  ASSERT_TRUE(back);
  meeting::BatchKeys const before = keys.body(meeting_hash(), 1);
  meeting::BatchKeys const after = back->body(meeting_hash(), 1);
  EXPECT_EQ(after.batch, 3u);
  EXPECT_EQ(after.attempt, 2u);
  EXPECT_EQ(after.token_keys, before.token_keys);
  EXPECT_EQ(after.token_keys.size(), 2u);
  EXPECT_EQ(after.mix_key, before.mix_key);
  EXPECT_EQ(after.tally_key, before.tally_key);
}

// What was destroyed must not come back, and must not make the rest unreadable.
TEST(Keys, DestroyedPartsStayDestroyedInTheStore) {
  piaojue::init();
  AttemptKeys keys = made();
  keys.token_keys.clear();
  auto const back = AttemptKeys::parse(keys.serialise());
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->token_keys.empty());
  EXPECT_TRUE(back->mix_key && back->tally_key);
  keys.mix_key.reset();
  keys.tally_key.reset();
  auto const empty = AttemptKeys::parse(keys.serialise());
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->mix_key || empty->tally_key);
}

// A file cut off by a crash must be seen as lost keys, not as fewer keys.
TEST(Keys, StateOfAnotherLengthIsRefused) {
  piaojue::init();
  Secret const whole = made().serialise();
  for (std::size_t size = 0; size < whole.size(); size += size < 40 ? 1 : 37) {
    auto const cut = AttemptKeys::parse(Secret::copy_of(whole.view().first(size)));
    EXPECT_EQ(cut.error(), Refusal::kMalformed) << size;
  }
  Bytes longer = to_bytes(whole.view());
  longer.push_back(0);
  EXPECT_FALSE(AttemptKeys::parse(Secret::copy_of(longer)));
}

// A proof that held for another trustee would let one publish the key share of another as its own.
TEST(Keys, ProofOfKnowledgeHoldsForThisTrusteeAndAttemptOnly) {
  piaojue::init();
  meeting::BatchKeys const body = made().body(meeting_hash(), 1);
  auto const holds = [&](BatchId batch, std::uint32_t attempt, TrusteeId trustee) {
    return crypto::elgamal::verify_knowledge(body.tally_key,
                                             meeting::pok_binding(meeting_hash(), batch, attempt, trustee), body.pok);
  };
  EXPECT_TRUE(holds(3, 2, 1));
  EXPECT_FALSE(holds(3, 2, 2));
  EXPECT_FALSE(holds(3, 3, 1));
  EXPECT_FALSE(holds(2, 2, 1));
}

// Half a set of keys would be published as if it were whole.
TEST(Keys, FailureOfTheSourceIsPassedOn) {
  piaojue::init();
  auto const keys = AttemptKeys::generate(
      1, 1, {1}, 2048, [](std::uint32_t) -> Result<crypto::blind_rsa::PrivateKey> { return Refusal::kInternal; });
  EXPECT_EQ(keys.error(), Refusal::kInternal);
}

}  // namespace
}  // namespace piaojue::trustee::test
