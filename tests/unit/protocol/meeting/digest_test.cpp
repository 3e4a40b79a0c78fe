// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/digest.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "protocol/meeting/codec.h"

namespace piaojue::meeting {
namespace {

template <class T>
T counting(std::uint8_t first) {
  T out;
  std::iota(out.data.begin(), out.data.end(), first);
  return out;
}
Hash const kOpen = counting<Hash>(0);

// Known answers: tests/vectors/digest_test.cpp.

TEST(Digest, TokenMessageAndBindingsHaveTheirLayout) {
  auto const pk = counting<SigningPublicKey>(32);
  Bytes const message = token_message(kOpen, pk);
  EXPECT_EQ(as_text(message).substr(0, 17), std::string_view("piaojue/v2/token\0", 17));
  EXPECT_EQ(to_hex(ByteView(message).subspan(17)),
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
  EXPECT_EQ(to_hex(ByteView(pok_binding(kOpen, 1, 2, 3)).subspan(32)), "000000010000000200000003");
  Bytes const dleq = dleq_binding(kOpen, counting<Hash>(32), 5);
  ASSERT_EQ(dleq.size(), 68u);
  EXPECT_EQ(dleq[32], 32);
  EXPECT_EQ(dleq[67], 5);
}

// A count before each list: without it, items could move from one list to the next under the same digest.
TEST(Digest, MovingAnItemBetweenQuestionsChangesTheDigest) {
  Bytes const a(8, 1), b(8, 2);
  EXPECT_NE(mix_output_hash(kOpen, 0, {}, {{1, {a, b}}, {2, {}}}), mix_output_hash(kOpen, 0, {}, {{1, {a}}, {2, {b}}}));
  EXPECT_NE(token_request_digest(kOpen, 1, 0, {{1, {a}}, {2, {b}}}),
            token_request_digest(kOpen, 1, 0, {{1, {b}}, {2, {a}}}));
}

// Each value is for one attempt, one person, one cast and one purpose.
TEST(Digest, EveryFieldCounts) {
  Onions const onions = {{1, Bytes(8, 1)}};
  Hash const digest = envelope_digest(kOpen, 1, 0, onions);
  EXPECT_NE(digest, envelope_digest(counting<Hash>(1), 1, 0, onions));
  EXPECT_NE(digest, envelope_digest(kOpen, 2, 0, onions));
  EXPECT_NE(digest, envelope_digest(kOpen, 1, 1, onions));
  EXPECT_NE(context(kOpen, 1), context(kOpen, 2));
  EXPECT_NE(tokens_issued_digest(kOpen, 0, 1, 0, onions), tokens_issued_digest(kOpen, 1, 0, 0, onions));
  EXPECT_NE(tokens_issued_digest(kOpen, 0, 1, 0, onions), tokens_issued_digest(kOpen, 0, 1, 1, onions));
  BlindedMsgs const msgs{{1, {Bytes(8, 1)}}};
  EXPECT_NE(token_request_digest(kOpen, 1, 0, msgs), token_request_digest(kOpen, 1, 1, msgs));
}

TEST(Digest, EveryTypeHasItsName) {
  std::set<std::string_view> names;
  for (int n = 1; n <= 27; ++n) names.insert(name(static_cast<EntryType>(n)));
  EXPECT_EQ(names.size(), 27u);
  EXPECT_EQ(name(EntryType::kMeetingOpen), "MeetingOpen");
  EXPECT_EQ(name(EntryType::kErased), "Erased");
  EXPECT_EQ(name(EntryType::kMeetingClose), "MeetingClose");
  EXPECT_EQ(name(EntryType::kTrusteeChange), "TrusteeChange");
  EXPECT_EQ(name(EntryType::kEnvelopeSpoil), "EnvelopeSpoil");
  EXPECT_EQ(name(EntryType::kCheckResult), "CheckResult");
}

}  // namespace
}  // namespace piaojue::meeting
