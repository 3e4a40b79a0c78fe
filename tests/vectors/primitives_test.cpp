// SPDX-License-Identifier: Apache-2.0
/// Known answers for what the library builds on, taken from the standards: a build with a broken library, or a wrapper
/// that passes its arguments wrongly, agrees with itself and with nobody else.
#include <gtest/gtest.h>

#include "crypto/elgamal.h"
#include "crypto/keyed_hash.h"
#include "crypto/onion.h"
#include "crypto/seal.h"
#include "crypto/sign.h"

namespace piaojue::crypto {
namespace {

Bytes hex(std::string_view text) {
  auto const bytes = from_hex(text);
  EXPECT_TRUE(bytes) << text;
  return bytes.value_or(Bytes{});
}

TEST(Fips180, Sha256) {
  EXPECT_EQ(to_hex(sha256({}).view()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256({as_bytes("abc")}).view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({as_bytes("abcdbcdecdefdefgefghfghighij"), as_bytes("hijkijkljklmklmnlmnomnopnopq")}).view()),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Rfc4231, HmacSha256) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), {as_bytes("Hi "), as_bytes("There")}).view()),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want for nothing?")}).view()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(
          hmac_sha256(Bytes(131, 0xaa), {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")}).view()),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Rfc5869, HkdfSha256) {
  // A.1, A.2 (more than one block), A.3 (neither salt nor info)
  EXPECT_EQ(
      to_hex(hkdf_sha256(Bytes(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42).view()),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  auto const from = [](std::uint8_t first) {
    Bytes out(80);
    for (std::uint8_t& byte : out) byte = first++;
    return out;
  };
  EXPECT_EQ(
      to_hex(hkdf_sha256(from(0), from(0x60), from(0xb0), 82).view()),
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8"
      "367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(to_hex(hkdf_sha256(Bytes(22, 0x0b), {}, {}, 42).view()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Rfc4648, Base64) {
  std::pair<std::string_view, std::string_view> const vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (auto const& [plain, text] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), text);
    EXPECT_EQ(from_base64(text), to_bytes(as_bytes(plain)));
  }
}

TEST(Rfc8032, Ed25519) {
  struct Row {
    std::string_view seed, key, msg, sig;
  };
  Row const rows[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46"
                       "bd25bf5f0595bbe24"
                       "655141438e7a100b"},
                      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8"
                       "c387b2eaeb4302aee"
                       "b00d291612bb0c00"},
                      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc65"
                       "94a7c15e9716ed28d"
                       "c027beceea1ec40a"}};
  for (auto const& row : rows) {
    auto const key = SigningKey::from_seed(Secret::copy_of(hex(row.seed)));
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->public_key().view()), row.key);
    EXPECT_TRUE(key->seed().equals(hex(row.seed)));
    auto const sig = key->sign({hex(row.msg)});
    EXPECT_EQ(to_hex(sig.view()), row.sig);
    EXPECT_TRUE(verify(key->public_key(), {hex(row.msg)}, sig));
  }
}

TEST(Rfc7748, X25519PublicKey) {
  auto const key = onion::MixKey::from_secret(
      Secret::copy_of(hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")));
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->public_key().view()), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
}

// RFC 9496 §A.1. The generator's multiples reach the library as sums, as tally keys and as decoded totals.
constexpr std::string_view kMultiples[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                           "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
                                           "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
                                           "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
                                           "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
                                           "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
                                           "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
                                           "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
                                           "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
                                           "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
                                           "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
                                           "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
                                           "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
                                           "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
                                           "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
                                           "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e"};

TEST(Rfc9496, MultiplesOfTheGenerator) {
  auto const g = *Point::from(hex(kMultiples[1]));
  for (std::size_t i = 1; i < std::size(kMultiples); ++i) {
    auto const expected = *Point::from(hex(kMultiples[i]));
    EXPECT_TRUE(elgamal::is_valid_point(expected)) << i;
    EXPECT_EQ(*elgamal::sum(std::vector<Point>(i, g)), expected) << i;
    Bytes x(32);
    x[0] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(elgamal::TallyKey::from_secret(Secret::copy_of(x))->public_share(), expected) << i;
    auto const total = elgamal::decode_sum(expected, {}, 15);
    ASSERT_TRUE(total) << i;
    EXPECT_EQ(total->agree, i);
  }
  EXPECT_FALSE(elgamal::is_valid_point(*Point::from(hex(kMultiples[0]))));
}

// draft-irtf-cfrg-xchacha §A.3.1
TEST(XChaCha20Poly1305, DraftVector) {
  auto const key = Secret::copy_of(hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
  auto const sealed = hex(
      "404142434445464748494a4b4c4d4e4f5051525354555657"
      "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216"
      "cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13"
      "b52ec0875924c1c7987947deafd8780acf49");
  auto const plain = unseal(key, sealed, hex("50515253c0c1c2c3c4c5c6c7"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(
      as_text(plain->view()),
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would "
      "be it.");
}

}  // namespace
}  // namespace piaojue::crypto
