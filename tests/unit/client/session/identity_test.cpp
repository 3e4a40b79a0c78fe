// SPDX-License-Identifier: Apache-2.0
#include "client/wallet/identity.h"

#include <gtest/gtest.h>

#include "client/session/enrolment.h"
#include "protocol/meeting/codec.h"
#include "server/wire.h"

namespace piaojue::client {
namespace {

bool holds(ByteView all, ByteView part) {
  return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

class Identity : public testing::Test {
 protected:
  void SetUp() override {
    piaojue::init();
    profile_.meeting_id.fill(5);
    profile_.person = 3;
    profile_.host = "192.0.2.10";
    profile_.port = 7443;
    profile_.identity_key = keys_.identity.public_key();
    profile_.witness_key = keys_.witness.public_key();
    profile_.salt.assign(crypto::kPassphraseSaltBytes, 1);
    profile_.csr_pem = "request";
  }
  Keys keys_ = make_keys(Secret::copy_of(as_bytes("tls key")));
  Profile profile_;
  MemoryWallet wallet_;
};

TEST_F(Identity, ProfileAndKeysComeBackAsTheyWere) {
  auto const key = crypto::key_from_passphrase("口令", profile_.salt).value();
  ASSERT_TRUE(save_profile(wallet_, profile_));
  ASSERT_TRUE(save_keys(wallet_, key, keys_));
  auto const profile = load_profile(wallet_).value().value();
  EXPECT_EQ(profile.person, 3U);
  EXPECT_EQ(profile.host, "192.0.2.10");
  EXPECT_EQ(profile.identity_key, profile_.identity_key);
  EXPECT_EQ(profile.salt, profile_.salt);
  auto const keys = load_keys(wallet_, key).value();
  EXPECT_EQ(keys.identity.public_key(), keys_.identity.public_key());
  EXPECT_EQ(keys.witness.public_key(), keys_.witness.public_key());
  EXPECT_TRUE(keys.attempt_key.equals(keys_.attempt_key.view()));
  EXPECT_EQ(as_text(keys.tls_key_pem.view()), "tls key");
}

// Harm: a stolen laptop that signs in as its owner.
TEST_F(Identity, AnotherPassphraseOpensNothingAndNoKeyLiesOpen) {
  auto const key = crypto::key_from_passphrase("口令", profile_.salt).value();
  ASSERT_TRUE(save_profile(wallet_, profile_));
  ASSERT_TRUE(save_keys(wallet_, key, keys_));
  auto const other = crypto::key_from_passphrase("口令1", profile_.salt).value();
  EXPECT_EQ(load_keys(wallet_, other).error(), Refusal::kMalformed);
  for (auto const& [name, blob] : wallet_.blobs()) {
    for (auto const* secret : {&keys_.tls_key_pem, &keys_.attempt_key}) {
      EXPECT_FALSE(holds(blob, secret->view())) << name;
    }
    auto const seed = keys_.identity.seed();
    EXPECT_FALSE(holds(blob, seed.view())) << name;
  }
}

TEST_F(Identity, ADamagedProfileIsNotHalfRead) {
  EXPECT_EQ(load_profile(wallet_).value().has_value(), false);
  for (auto const* text : {"", "{", "[]", "{}", R"({"format":2})"}) {
    ASSERT_TRUE(wallet_.save("profile", as_bytes(text)));
    EXPECT_EQ(load_profile(wallet_).error(), Refusal::kMalformed) << text;
  }
}

// Harm: a code that is used up by a request whose answer was lost.
TEST_F(Identity, TheSameRequestIsTheSameBytesAndProvesPossession) {
  auto const frame = enrol_frame(profile_, keys_, "0123456789ABCDEF");
  EXPECT_EQ(frame, enrol_frame(profile_, keys_, "0123456789ABCDEF"));
  auto const request = server::wire::parse_request(frame).value();
  auto const& enrol = std::get<server::wire::Enrol>(request.what);
  EXPECT_EQ(enrol.person, 3U);
  EXPECT_TRUE(crypto::verify(enrol.identity_key,
                             {meeting::possession_input(profile_.meeting_id, 3, enrol.identity_key, enrol.witness_key)},
                             enrol.possession));
}

TEST_F(Identity, TheAnswerIsTakenOrRefused) {
  auto const good = read_enrolled(server::wire::enrolled(1, "cert", "ca", "张三", 3)).value();
  EXPECT_EQ(good.certificate_pem, "cert");
  EXPECT_EQ(good.name, "张三");
  EXPECT_EQ(read_enrolled(server::wire::refused(1, Refusal::kConflict)).error(), Refusal::kConflict);
  EXPECT_EQ(read_enrolled(server::wire::pong(1)).error(), Refusal::kMalformed);
  EXPECT_EQ(read_enrolled(Bytes{1, 2, 3}).error(), Refusal::kMalformed);
}

}  // namespace
}  // namespace piaojue::client
