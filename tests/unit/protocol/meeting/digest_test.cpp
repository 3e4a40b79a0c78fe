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
std::string hex(Hash const& hash) { return to_hex(hash.view()); }

// Known answers computed by another program (Python's hashlib) from the text of the specification: if one of these
// changes, an independent verifier no longer agrees with us.
TEST(Digest, AreThoseOfTheSpecification) {
  EXPECT_EQ(hex(context(kOpen, 7)), "3a3be0b92eefbe1e938fedb1a3aca845be5f74ef23157b6df5b8b8905cfdcb33");
  EXPECT_EQ(hex(token_request_digest(kOpen, 9,
                                     {{3, {Bytes(4, 0x11), Bytes(4, 0x22)}}, {5, {Bytes(4, 0x33), Bytes(4, 0x44)}}})),
            "1ce712a9d1bfcaaf1c53987f4cc9e75ed71e2e876d012656403804c3d1ae21fa");
  EXPECT_EQ(hex(tokens_issued_digest(kOpen, 1, 9, {{3, Bytes(4, 0x11)}, {5, Bytes(4, 0x33)}})),
            "794be7b1a6827f615459c989a654eafa1c227711170f5440a5a4ac9a203cb60b");
  EXPECT_EQ(hex(envelope_digest(kOpen, 9, 2, {{3, Bytes(5, 0x11)}, {5, {}}})),
            "e2df35c97612db0cce34dfa6511fdb14fcc706046360463c14fff1750ad34980");
  EXPECT_EQ(hex(mix_output_hash(kOpen, 2, Bytes(32, 0x55), {{3, {Bytes(3, 1), Bytes(2, 2)}}, {5, {}}})),
            "4fcda435d0fb43511f47ed9d0d5926d2df54573519de569e70fb259b69750e51");
  EXPECT_EQ(hex(proposal_id(EntryType::kDeclaration, Bytes{0x0a, 0x0b})),
            "4c37b2fa592f7f6f9077650c18ef5abf973800757a8c2112927966bf0dea6ecd");
}

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
  EXPECT_NE(token_request_digest(kOpen, 1, {{1, {a}}, {2, {b}}}), token_request_digest(kOpen, 1, {{1, {b}}, {2, {a}}}));
}

// Each value is for one attempt, one person and one purpose.
TEST(Digest, EveryFieldCounts) {
  Onions const onions = {{1, Bytes(8, 1)}};
  Hash const digest = envelope_digest(kOpen, 1, 0, onions);
  EXPECT_NE(digest, envelope_digest(counting<Hash>(1), 1, 0, onions));
  EXPECT_NE(digest, envelope_digest(kOpen, 2, 0, onions));
  EXPECT_NE(digest, envelope_digest(kOpen, 1, 1, onions));
  EXPECT_NE(context(kOpen, 1), context(kOpen, 2));
  EXPECT_NE(tokens_issued_digest(kOpen, 0, 1, onions), tokens_issued_digest(kOpen, 1, 0, onions));
}

TEST(Digest, EveryTypeHasItsName) {
  std::set<std::string_view> names;
  for (int n = 1; n <= 24; ++n) names.insert(name(static_cast<EntryType>(n)));
  EXPECT_EQ(names.size(), 24u);
  EXPECT_EQ(name(EntryType::kMeetingOpen), "MeetingOpen");
  EXPECT_EQ(name(EntryType::kErased), "Erased");
  EXPECT_EQ(name(EntryType::kMeetingClose), "MeetingClose");
}

}  // namespace
}  // namespace piaojue::meeting
