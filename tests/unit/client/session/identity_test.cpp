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
    profile_.box_key = keys_.box.public_key();
    profile_.salt.assign(crypto::kPassphraseSaltBytes, 1);
    profile_.csr = to_bytes(as_bytes("request"));
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
  EXPECT_EQ(keys.box.public_key(), keys_.box.public_key());
  EXPECT_TRUE(keys.own_key.equals(keys_.own_key.view()));
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
    for (Secret const* secret :
         std::initializer_list<Secret const*>{&keys_.tls_key_pem, &keys_.own_key, &keys_.box.secret()}) {
      EXPECT_FALSE(holds(blob, secret->view())) << name;
    }
    auto const seed = keys_.identity.seed();
    EXPECT_FALSE(holds(blob, seed.view())) << name;
  }
}

TEST_F(Identity, ADamagedProfileIsNotHalfRead) {
  EXPECT_EQ(load_profile(wallet_).value().has_value(), false);
  for (auto const* text : {"", "{", "[]", "{}", R"({"format":1})"}) {
    ASSERT_TRUE(wallet_.save("profile", as_bytes(text)));
    EXPECT_EQ(load_profile(wallet_).error().what.key(), "client.profile.damaged") << text;
  }
}

// Harm: after an upgrade a laptop takes another version's keys for its own, or says that the data were damaged.
TEST_F(Identity, AnotherVersionsProfileIsRefusedByItsFormat) {
  ASSERT_TRUE(wallet_.save("profile", as_bytes(R"({"format":2})")));
  auto const why = load_profile(wallet_).error();
  EXPECT_EQ(why.what.key(), "client.profile.other_version");
  EXPECT_EQ(why.code, Refusal::kMalformed);
  EXPECT_NE(why.in(Lang::kEn).find("(format 2, here 1)"), std::string::npos) << why.in(Lang::kEn);
}

// ---- Enrolment by code --------------------------------------------------------------------------------------------

class Enrolling : public Identity {
 protected:
  void SetUp() override {
    Identity::SetUp();
    randombytes_buf(code_.bits.data(), code_.bits.size());
    channel_.exporter.data.fill(4);
    channel_.server_spki = Bytes(91, 3);
  }
  /// As a server answers that has the key `bits` of this slip.
  Bytes proof(meeting::SlipBits const& bits, EnrolChannel const& channel) const {
    Secret const key = meeting::enrol_key(bits, profile_.meeting_id, 3);
    return server::wire::enrol_proof(1, profile_.meeting_id,
                                     meeting::server_proof(key, channel.exporter, channel.server_spki));
  }
  meeting::SlipCode code_{12, 3, {}};
  EnrolChannel channel_;
};

TEST_F(Enrolling, TheServerProvesFirstAndNothingOfOnesOwnIsInTheFirstFrame) {
  auto const request = server::wire::parse_request(enrol_start_frame(code_)).value();
  auto const& start = std::get<server::wire::EnrolStart>(request.what);
  EXPECT_EQ(start.meeting, 12U);
  EXPECT_EQ(start.person, 3U);
  EXPECT_EQ(read_enrol_proof(proof(code_.bits, channel_), code_, channel_).value(), profile_.meeting_id);
}

// Harm: whoever answers first gets this person's keys certified for himself, or sits between the two.
TEST_F(Enrolling, WhoeverDoesNotKnowTheCodeOrSitsBetweenIsRefused) {
  auto other = code_.bits;
  other[9] ^= 1;
  EXPECT_EQ(read_enrol_proof(proof(other, channel_), code_, channel_).error(), Refusal::kProof);
  auto between = channel_;
  between.exporter.data[0] ^= 1;
  EXPECT_EQ(read_enrol_proof(proof(code_.bits, between), code_, channel_).error(), Refusal::kProof);
  auto another_key = channel_;
  another_key.server_spki[0] ^= 1;
  EXPECT_EQ(read_enrol_proof(proof(code_.bits, another_key), code_, channel_).error(), Refusal::kProof);
  EXPECT_EQ(read_enrol_proof(server::wire::refused(1, Refusal::kBusy), code_, channel_).error(), Refusal::kBusy);
  EXPECT_EQ(read_enrol_proof(server::wire::pong(1), code_, channel_).error(), Refusal::kMalformed);
}

// Harm: a code that is used up by a request whose answer was lost.
TEST_F(Enrolling, TheSameRequestIsTheSameBytesAndProvesPossessionAndCode) {
  auto const frame = enrol_keys_frame(profile_, keys_, code_, channel_);
  EXPECT_EQ(frame, enrol_keys_frame(profile_, keys_, code_, channel_));
  auto const request = server::wire::parse_request(frame).value();
  auto const& enrol = std::get<server::wire::EnrolKeys>(request.what);
  EXPECT_EQ(enrol.csr, profile_.csr);
  EXPECT_TRUE(crypto::verify(enrol.keys.identity_key,
                             {meeting::possession_input(profile_.meeting_id, 3, enrol.keys.identity_key,
                                                        enrol.keys.witness_key, enrol.keys.box_key)},
                             enrol.possession));
  Secret const key = meeting::enrol_key(code_.bits, profile_.meeting_id, 3);
  EXPECT_TRUE(crypto::same(enrol.proof, meeting::client_proof(key, channel_.exporter, profile_.csr, profile_.keys())));
}

TEST_F(Enrolling, TheAnswerIsTakenOrRefused) {
  auto const good = read_enrolled(server::wire::enrolled(2, "cert", "ca", "张三", 3)).value();
  EXPECT_EQ(good.certificate_pem, "cert");
  EXPECT_EQ(good.name, "张三");
  EXPECT_EQ(read_enrolled(server::wire::refused(2, Refusal::kConflict)).error(), Refusal::kConflict);
  EXPECT_EQ(read_enrolled(server::wire::pong(2)).error(), Refusal::kMalformed);
  EXPECT_EQ(read_enrolled(Bytes{1, 2, 3}).error(), Refusal::kMalformed);
}

}  // namespace
}  // namespace piaojue::client
