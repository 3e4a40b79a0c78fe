// SPDX-License-Identifier: Apache-2.0
// Payloads travel beside the log. Harm: two programs read one payload as two different things, and the hash in the log
// fits for one of them only.
#include "protocol/meeting/payload.h"

#include <gtest/gtest.h>

namespace piaojue::meeting {
namespace {

Bytes filled(std::size_t size, std::uint8_t with) { return Bytes(size, with); }

TEST(Payload, EachComesBackAsItWasWritten) {
  BlindedMsgs const msgs{{1, {filled(256, 1), filled(256, 2)}}, {7, {filled(256, 3), filled(256, 4)}}};
  EXPECT_EQ(parse_token_payload(encode_token_payload(msgs)).value(), msgs);
  BlindSigs const sigs{{1, filled(256, 5)}, {7, filled(256, 6)}};
  EXPECT_EQ(parse_issued_payload(encode_issued_payload(sigs)).value(), sigs);
  Onions const onions{{3, filled(700, 7)}};
  EXPECT_EQ(parse_envelope_payload(encode_envelope_payload(onions)).value(), onions);
  MixItems const items{{3, {filled(600, 8), filled(600, 9)}}};
  auto const mix = parse_mix_payload(encode_mix_payload(filled(32, 10), items)).value();
  EXPECT_EQ(mix.salt, filled(32, 10));
  EXPECT_EQ(mix.items, items);
  log::Cosignature cosignature;
  cosignature.tree_size = 5;
  cosignature.person = 3;
  cosignature.time_s = 1'700'000'000;
  auto const read = parse_cosignature(encode_cosignature(cosignature)).value();
  EXPECT_EQ(encode_cosignature(read), encode_cosignature(cosignature));
}

// Two payloads behind each other are one message to Protobuf: its lists are joined. So would a question asked twice be.
TEST(Payload, QuestionsAscendStrictly) {
  auto const twice = [](Bytes first, Bytes const& second) {
    piaojue::append(first, second);
    return first;
  };
  BlindedMsgs const low{{1, {filled(256, 1)}}};
  BlindedMsgs const high{{2, {filled(256, 1)}}};
  EXPECT_TRUE(parse_token_payload(twice(encode_token_payload(low), encode_token_payload(high))));
  EXPECT_EQ(parse_token_payload(twice(encode_token_payload(high), encode_token_payload(low))).error(),
            Refusal::kMalformed);
  EXPECT_EQ(parse_token_payload(twice(encode_token_payload(low), encode_token_payload(low))).error(),
            Refusal::kMalformed);
  auto const sigs = encode_issued_payload({{4, filled(256, 1)}});
  EXPECT_EQ(parse_issued_payload(twice(sigs, sigs)).error(), Refusal::kMalformed);
  auto const onions = encode_envelope_payload({{4, filled(300, 1)}});
  EXPECT_EQ(parse_envelope_payload(twice(onions, onions)).error(), Refusal::kMalformed);
  auto const items = encode_mix_payload(filled(32, 1), {{4, {filled(300, 1)}}});
  EXPECT_EQ(parse_mix_payload(twice(items, items)).error(), Refusal::kMalformed);
}

// Two bytes of an empty item would become thirty times as much memory.
TEST(Payload, ItemsAreCountedBeforeAnythingIsMadeOfThem) {
  Bytes empty_questions;
  for (int i = 0; i < 1'000'000; ++i) piaojue::append(empty_questions, Bytes{0x0a, 0x00});
  EXPECT_EQ(parse_token_payload(empty_questions).error(), Refusal::kTooLarge);
  EXPECT_EQ(parse_issued_payload(empty_questions).error(), Refusal::kTooLarge);
  EXPECT_EQ(parse_envelope_payload(empty_questions).error(), Refusal::kTooLarge);
  BlindedMsgs const msgs{{1, std::vector<Bytes>(1 + 100 * 8)}};
  EXPECT_EQ(parse_token_payload(encode_token_payload(msgs)).error(), Refusal::kTooLarge);
  MixItems const items{{1, std::vector<Bytes>(1 + 100 * 256)}};
  EXPECT_EQ(parse_mix_payload(encode_mix_payload(filled(32, 1), items)).error(), Refusal::kTooLarge);
  Bytes unknown = encode_token_payload({{1, {filled(256, 1)}}});
  piaojue::append(unknown, Bytes{0x78, 0x01});
  EXPECT_EQ(parse_token_payload(unknown).error(), Refusal::kMalformed);
}

TEST(Payload, WhatDoesNotParseIsRefused) {
  auto const whole = encode_token_payload({{1, {filled(256, 1)}}});
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(parse_token_payload(ByteView(whole).first(size)).error(), Refusal::kMalformed) << size;
  EXPECT_EQ(parse_cosignature({}).error(), Refusal::kMalformed) << "no root, no signature";
  EXPECT_EQ(parse_mix_payload(filled(64, 0xff)).error(), Refusal::kMalformed);
}

}  // namespace
}  // namespace piaojue::meeting
