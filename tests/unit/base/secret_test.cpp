// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <type_traits>

#include "crypto/blind_rsa.h"
#include "crypto/elgamal.h"
#include "crypto/onion.h"
#include "crypto/sign.h"

namespace piaojue::crypto {
namespace {

// A copy made by accident is a secret that nobody wipes.
template <class T>
constexpr bool kMoveOnly = !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
                           std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;
static_assert(kMoveOnly<Secret> && kMoveOnly<SigningKey> && kMoveOnly<onion::MixKey> && kMoveOnly<elgamal::TallyKey>);
static_assert(kMoveOnly<blind_rsa::PrivateKey> && !std::is_copy_constructible_v<blind_rsa::Blinding>);
static_assert(!std::is_copy_constructible_v<WipeOnExit>);
// Nor may plain bytes become a Secret, or a Secret plain bytes, without a word that says so.
static_assert(!std::is_convertible_v<ByteView, Secret> && !std::is_convertible_v<Secret, ByteView>);

TEST(Secret, MovedFromIsEmptyAndTheContentsGoWithTheMove) {
  Secret a = Secret::copy_of(as_bytes("share"));
  Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(a.data(), nullptr);
  EXPECT_TRUE(b.equals(as_bytes("share")));
  Secret c = Secret::random(16);
  c = std::move(b);
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(c.equals(as_bytes("share")));
  Secret& same = c;
  c = std::move(same);
  EXPECT_TRUE(c.equals(as_bytes("share")));
}

TEST(Secret, CloneIsASecondCopyOfItsOwn) {
  Secret a = Secret::copy_of(as_bytes("abc"));
  Secret const b = a.clone();
  a.data()[0] = 'x';
  EXPECT_TRUE(b.equals(as_bytes("abc")));
  EXPECT_FALSE(a.equals(b.view()));
}

TEST(Secret, EqualsLooksAtEveryByteAndAtTheLength) {
  Secret const a = Secret::copy_of(as_bytes("abc"));
  for (char const* other : {"Abc", "aBc", "abC", "ab", "abcd", ""}) EXPECT_FALSE(a.equals(as_bytes(other))) << other;
  EXPECT_TRUE(Secret{}.equals({}));
}

TEST(Secret, RandomDrawsDiffer) {
  EXPECT_FALSE(Secret::random(32).equals(Secret::random(32).view()));
  EXPECT_TRUE(Secret::random(0).empty());
}

TEST(Secret, WipedSecretIsEmptyAndMayBeWipedAgain) {
  Secret a = Secret::random(32);
  a.wipe();
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(a.data(), nullptr);
  a.wipe();
}

using SecretDeathTest = testing::Test;

// A pointer kept past the wipe would read a key share that was declared destroyed; the page must be gone.
TEST(SecretDeathTest, MemoryIsGoneAfterTheWipe) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Secret a = Secret::random(32);
        std::uint8_t const volatile* const kept = a.data();
        a.wipe();
        std::exit(*kept & 0);
      },
      "");
}

// An overrun out of a neighbouring buffer must stop the program, not read the next secret.
TEST(SecretDeathTest, ReadingPastTheEndStopsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Secret a = Secret::random(32);
        std::uint8_t const volatile* const past = a.data() + a.size();
        std::exit(*past & 0);
      },
      "");
}

TEST(WipeOnExit, BufferIsZeroAfterTheScope) {
  Bytes buffer(48, 0xaa);
  { WipeOnExit const wipe(buffer); }
  EXPECT_EQ(buffer, Bytes(48, 0));
}

TEST(Init, MayBeCalledAgain) {
  init();
  init();
}

}  // namespace
}  // namespace piaojue::crypto
