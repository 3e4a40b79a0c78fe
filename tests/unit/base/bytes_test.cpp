// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <type_traits>

#include "crypto/types.h"

namespace piaojue::crypto {
namespace {

// A key passed for a hash, or a point for a scalar, must not compile.
static_assert(!std::is_convertible_v<SigningPublicKey, Hash> && !std::is_constructible_v<Hash, Point>);
static_assert(!std::is_convertible_v<Point, Scalar> && !std::is_assignable_v<Scalar&, Point>);

// A value of a wrong length that is cut or padded silently would be another value under the same name.
TEST(FixedBytes, OnlyTheExactLengthIsTaken) {
  EXPECT_FALSE(Hash::from(Bytes(31)));
  EXPECT_FALSE(Hash::from(Bytes(33)));
  EXPECT_FALSE(Hash::from(Bytes{}));
  Bytes const exact(32, 0x5a);
  ASSERT_TRUE(Hash::from(exact));
  EXPECT_EQ(to_bytes(Hash::from(exact)->view()), exact);
}

// The ballot box is sorted by bytes; another order would make two honest verifiers disagree.
TEST(FixedBytes, OrderIsByUnsignedBytesFromTheFirst) {
  Hash low;
  Hash high;
  low.data[31] = 0xff;
  high.data[0] = 0x80;
  EXPECT_LT(low, high);
  EXPECT_GT(high, low);
}

TEST(Hex, RoundTripsEveryByte) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(to_hex(ByteView(all).subspan(0x9e, 3)), "9e9fa0");
  EXPECT_EQ(from_hex(to_hex(all)), all);
  EXPECT_EQ(from_hex("AbCd"), (Bytes{0xab, 0xcd}));
}

// An enrolment slip that is mistyped must be noticed, not read as something else.
TEST(Hex, AnythingThatIsNotWholePairsOfDigitsIsRefused) {
  for (char const* bad : {"0", "abc", "0g", "g0", " 0", "0x", "-1", "00 "}) EXPECT_FALSE(from_hex(bad)) << bad;
  EXPECT_EQ(from_hex(""), Bytes{});
}

// A checkpoint note with two spellings has two hashes for one meaning.
TEST(Base64, SecondSpellingsOfAValueAreRefused) {
  EXPECT_EQ(from_base64("Zg=="), (Bytes{'f'}));
  for (char const* bad :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", "Zg== ", "Z g=", "====", "Zm9v=", "Z-9v", "Z_9v", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

TEST(Base64, RoundTripsEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes data(size);
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(251 * i + size);
    EXPECT_EQ(from_base64(to_base64(data)), data);
  }
}

TEST(BigEndian, IntegersHaveTheirFixedWidthMostSignificantByteFirst) {
  Bytes out;
  append_u32be(out, 0x01020304);
  append_u64be(out, 0xf1f2f3f4f5f6f7f8);
  EXPECT_EQ(to_hex(out), "01020304f1f2f3f4f5f6f7f8");
  EXPECT_EQ(read_u32be(out), 0x01020304U);
  EXPECT_EQ(read_u64be(ByteView(out).subspan(4)), 0xf1f2f3f4f5f6f7f8U);
}

// Every reader of a layout rests on it: what is cut off must not be read beyond its end.
TEST(BigEndian, AnIntegerThatIsCutOffIsRead0) {
  EXPECT_EQ(read_u32be(Bytes{1, 2, 3}), 0U);
  EXPECT_EQ(read_u64be(Bytes{1, 2, 3, 4, 5, 6, 7}), 0U);
  EXPECT_EQ(read_u32be({}), 0U);
}

// Signing "ab" ‖ "c" and "a" ‖ "bc" is the same hash by definition; what separates fields is the layout, so the parts
// must enter in order and whole.
TEST(Sha256, PartsAreConcatenated) {
  EXPECT_EQ(sha256({as_bytes("ab"), as_bytes("c")}), sha256({as_bytes("abc")}));
  EXPECT_NE(sha256({as_bytes("c"), as_bytes("ab")}), sha256({as_bytes("abc")}));
  EXPECT_EQ(sha256({}), sha256({ByteView{}}));
}

}  // namespace
}  // namespace piaojue::crypto
