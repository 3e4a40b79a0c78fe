// SPDX-License-Identifier: Apache-2.0
#include "net/frame.h"

#include <gtest/gtest.h>

#include <random>

namespace piaojue::net {
namespace {

Bytes stream_of(std::vector<Bytes> const& payloads) {
  Bytes stream;
  for (Bytes const& payload : payloads) piaojue::append(stream, encode_frame(payload).value());
  return stream;
}

std::vector<Bytes> some_payloads() {
  std::vector<Bytes> payloads;
  for (std::size_t size : {1, 2, 3, 4, 5, 255, 256, 257, 1000, 65'535, 65'536, 70'000}) {
    payloads.emplace_back(size, static_cast<std::uint8_t>(size));
  }
  return payloads;
}

/// Feeds the stream in pieces of the sizes that `piece` gives.
template <class Piece>
std::vector<Bytes> read_in_pieces(FrameReader& reader, ByteView stream, Piece piece) {
  std::vector<Bytes> out;
  while (!stream.empty()) {
    ByteView chunk = stream.first(std::min<std::size_t>(piece(), stream.size()));
    stream = stream.subspan(chunk.size());
    for (;;) {
      auto payload = reader.next(chunk);
      if (!payload) ADD_FAILURE() << piaojue::name(payload.error());
      if (!payload || !*payload) break;
      out.push_back(std::move(**payload));
    }
    EXPECT_TRUE(chunk.empty());
  }
  return out;
}

TEST(Frame, HeaderIsTheLengthBigEndian) {
  EXPECT_EQ(encode_frame(Bytes{0xAA, 0xBB}).value(), (Bytes{0, 0, 0, 2, 0xAA, 0xBB}));
  EXPECT_EQ(encode_frame(Bytes(0x010203, 0)).value().size(), 0x010203U + kFrameHeaderBytes);
  EXPECT_EQ(frame_header(0x01020304), (std::array<std::uint8_t, 4>{1, 2, 3, 4}));
}

TEST(Frame, EmptyAndOversizedPayloadsAreNotEncoded) {
  EXPECT_EQ(encode_frame({}).error(), Refusal::kMalformed);
  EXPECT_EQ(encode_frame(Bytes(11), 10).error(), Refusal::kTooLarge);
  EXPECT_TRUE(encode_frame(Bytes(10), 10));
}

// TCP cuts a stream anywhere: a reader that depends on where would lose votes at random.
TEST(Frame, PayloadsAreTheSameHoweverTheStreamIsCut) {
  auto const payloads = some_payloads();
  Bytes const stream = stream_of(payloads);
  FrameReader single(1U << 20);
  EXPECT_EQ(read_in_pieces(single, stream, [] { return 1; }), payloads);
  FrameReader whole(1U << 20);
  EXPECT_EQ(read_in_pieces(whole, stream, [&] { return stream.size(); }), payloads);
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    FrameReader reader(1U << 20);
    auto const piece = [&] { return 1 + random() % (seed % 2 == 0 ? 9 : 40'000); };
    ASSERT_EQ(read_in_pieces(reader, stream, piece), payloads) << seed;
    EXPECT_FALSE(reader.mid_frame());
  }
}

// A header is four bytes from a stranger: it must not make us allocate what it says.
TEST(Frame, HeaderOverTheLimitIsRefusedBeforeItsPayloadArrives) {
  FrameReader reader(16);
  Bytes const header{0xFF, 0xFF, 0xFF, 0xFF};
  ByteView chunk = header;
  EXPECT_EQ(reader.next(chunk).error(), Refusal::kTooLarge);
  FrameReader at_limit(16);
  Bytes const fits = encode_frame(Bytes(16, 1)).value();
  chunk = fits;
  EXPECT_EQ(at_limit.next(chunk).value().value().size(), 16U);
  Bytes const over = encode_frame(Bytes(17, 1)).value();
  chunk = over;
  EXPECT_EQ(at_limit.next(chunk).error(), Refusal::kTooLarge);
}

TEST(Frame, EmptyFrameIsRefused) {
  FrameReader reader(16);
  Bytes const zero{0, 0, 0, 0, 1};
  ByteView chunk = zero;
  EXPECT_EQ(reader.next(chunk).error(), Refusal::kMalformed);
}

// After a refusal the place in the stream is lost; reading on would take payload bytes for headers.
TEST(Frame, NothingIsReadAfterARefusal) {
  FrameReader reader(16);
  Bytes const zero{0, 0, 0, 0};
  ByteView chunk = zero;
  ASSERT_FALSE(reader.next(chunk));
  Bytes const good = encode_frame(Bytes(3, 1)).value();
  chunk = good;
  EXPECT_EQ(reader.next(chunk).error(), Refusal::kMalformed);
}

TEST(Frame, MidFrameTellsWhetherAFrameHasBegun) {
  FrameReader reader(16);
  EXPECT_FALSE(reader.mid_frame());
  Bytes const frame = encode_frame(Bytes(2, 9)).value();
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    ByteView chunk = ByteView(frame).subspan(i, 1);
    EXPECT_FALSE(reader.next(chunk).value());
    EXPECT_TRUE(reader.mid_frame()) << i;
  }
  ByteView last = ByteView(frame).last(1);
  EXPECT_TRUE(reader.next(last).value());
  EXPECT_FALSE(reader.mid_frame());
}

// An enrolment frame and the next one may arrive in one chunk: the limit must change between them.
TEST(Frame, LimitMayChangeBetweenTwoFramesOfOneChunk) {
  FrameReader reader(4);
  Bytes const stream = stream_of({Bytes(4, 1), Bytes(100, 2)});
  ByteView chunk = stream;
  EXPECT_EQ(reader.next(chunk).value().value().size(), 4U);
  reader.set_frame_bytes_max(100);
  EXPECT_EQ(reader.next(chunk).value().value().size(), 100U);
}

}  // namespace
}  // namespace piaojue::net
