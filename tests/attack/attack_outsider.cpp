// SPDX-License-Identifier: Apache-2.0
/// Somebody who is not of the meeting, or not as whom he comes: guesses a code, uses one twice, speaks without a
/// certificate or with an old one.
#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

struct Claim {
  crypto::SigningKey identity = crypto::SigningKey::generate();
  crypto::SigningKey witness = crypto::SigningKey::generate();
  std::string csr = "request of a stranger";
};

Bytes enrolment(AttackFixture& hall, Claim const& claim, PersonId const person, std::string const& code) {
  auto const& ik = claim.identity.public_key();
  auto const& wk = claim.witness.public_key();
  auto const possession = claim.identity.sign({meeting::possession_input(hall.manifest().meeting_id, person, ik, wk)});
  return client::wire::enrol(hall.next_request(), code, ik, wk, possession, claim.csr, person);
}

// A person who can be guessed can be impersonated: 80 bits, and a server that slows guessing down.
TEST(Outsider, GuessedCodesAreRefusedAndGuessingIsSlowedDown) {
  Plan plan;
  plan.limits.wrong_codes_per_session = 3;
  plan.limits.wrong_codes_burst = 10;
  plan.limits.wrong_code_ms = 1000;
  AttackFixture hall(plan);
  auto const before = hall.state();
  int tries = 0, busy = 0, closed = 0;
  for (int session = 0; session < 5; ++session) {
    auto const id = hall.connect(std::nullopt);
    for (int i = 0; i < 5 && hall.open_sessions(id); ++i) {
      auto const answer = hall.send(id, enrolment(hall, Claim(), hall.chair, server::new_enrolment_code()));
      ++tries;
      if (answer.refused == Refusal::kBusy) {
        ++busy;
      } else {
        EXPECT_EQ(answer.refused, Refusal::kNotOnRoll);
      }
      closed += answer.closed ? 1 : 0;
    }
  }
  EXPECT_GE(closed, 3) << "who guesses is shown the door";
  EXPECT_GT(busy, 0) << "and all who guess wait";
  EXPECT_EQ(hall.state(), before);
  // Another person's code is as wrong as none.
  hall.now_ms += 60'000;
  EXPECT_EQ(hall.send(hall.connect(std::nullopt), enrolment(hall, Claim(), hall.chair, hall.people.at(hall.clerk).code))
                .refused,
            Refusal::kNotOnRoll);
  EXPECT_EQ(
      hall.send(hall.connect(std::nullopt), enrolment(hall, Claim(), 4000, hall.people.at(hall.clerk).code)).refused,
      Refusal::kNotOnRoll);
  EXPECT_EQ(hall.state(), before);
  hall.open_meeting();
}

// A photographed slip: the first one in is the person, the second one is told, and so the person hears of it.
TEST(Outsider, ACodeIsGoodForOneEnrolment) {
  AttackFixture hall;
  Claim const first, second;
  auto const code = hall.people.at(hall.chair).code;
  auto const frame = enrolment(hall, first, hall.chair, code);
  auto const answer = hall.send(hall.connect(std::nullopt), frame);
  ASSERT_TRUE(answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what)) << answer;
  auto const before = hall.state();
  EXPECT_EQ(hall.send(hall.connect(std::nullopt), enrolment(hall, second, hall.chair, code)).refused,
            Refusal::kConflict);
  EXPECT_EQ(hall.state(), before);
  // The same request again, because the reply was lost: the same certificate, after a restart too.
  for (int i = 0; i < 2; ++i) {
    auto const again = hall.send(hall.connect(std::nullopt), frame);
    ASSERT_TRUE(again.message);
    auto const* enrolled = std::get_if<client::wire::Enrolled>(&again.message->what);
    ASSERT_NE(enrolled, nullptr) << again;
    EXPECT_EQ(enrolled->certificate, std::get<client::wire::Enrolled>(answer.message->what).certificate);
    ASSERT_TRUE(hall.restart());
  }
  EXPECT_EQ(hall.state(), before);
}

// Keys that somebody else holds, or that are the server's, would let two people sign as one.
TEST(Outsider, KeysWithoutPossessionOrOfOthersAreRefused) {
  AttackFixture hall;
  hall.enrol_all();
  auto const code = server::new_enrolment_code();
  store::Writes writes;
  server::write_code(writes, hall.clerk, code);
  ASSERT_TRUE(hall.store.commit(writes));
  auto const before = hall.state();
  auto const try_keys = [&](crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk,
                            crypto::Signature const& possession) {
    return hall.send(hall.connect(std::nullopt), client::wire::enrol(hall.next_request(), code, ik, wk, possession,
                                                                     "request of a thief", hall.clerk));
  };
  Claim const claim;
  auto const signed_for = [&](crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk, PersonId person) {
    return claim.identity.sign({meeting::possession_input(hall.manifest().meeting_id, person, ik, wk)});
  };
  auto const& ik = claim.identity.public_key();
  auto const& wk = claim.witness.public_key();
  auto const chairs = hall.people.at(hall.chair).witness->public_key();
  EXPECT_EQ(try_keys(ik, wk, signed_for(ik, wk, hall.chair)).refused, Refusal::kBadSignature);
  EXPECT_EQ(try_keys(hall.people.at(hall.chair).identity->public_key(), wk, signed_for(ik, wk, hall.clerk)).refused,
            Refusal::kBadSignature);
  EXPECT_EQ(try_keys(ik, chairs, signed_for(ik, chairs, hall.clerk)).refused, Refusal::kConflict);
  EXPECT_EQ(try_keys(ik, ik, signed_for(ik, ik, hall.clerk)).refused, Refusal::kConflict);
  EXPECT_EQ(hall.state(), before);
}

// Whoever reaches the port is not thereby in the hall.
TEST(Outsider, WithoutCertificateNothingButEnrolIsAnswered) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in({hall.chair});
  auto const before = hall.state();
  Bytes const entry = hall.entry(meeting::SignIn{hall.record().meeting(), hall.clerk, 0}, {hall.clerk});
  std::vector<Bytes> const requests = {
      client::wire::hello(1, 0),
      client::wire::submit(1, entry, {}),
      client::wire::ping(1),
      client::wire::get_draft(1),
      client::wire::countersign(1, hall.record().meeting(), hall.chair, {}),
      client::wire::cosign(1, log::cosign({hall.manifest().origin(), hall.record().size(), hall.record().tree().root()},
                                          hall.chair, 1, *hall.people.at(hall.chair).witness)),
      client::wire::get_seal_key(1, hall.record().meeting())};
  for (auto const& request : requests) {
    auto const session = hall.connect(std::nullopt);
    auto const answer = hall.send(session, request);
    EXPECT_EQ(answer.refused, Refusal::kNotAuthorised);
    EXPECT_TRUE(answer.closed);
    EXPECT_TRUE(hall.send(session, request).silent) << "a closed session is deaf";
  }
  // A certificate of nobody.
  auto const session = hall.connect(crypto::sha256({as_bytes("somebody else's certificate")}));
  EXPECT_FALSE(hall.open_sessions(session));
  EXPECT_EQ(hall.state(), before);
  hall.sign_in({hall.clerk});
}

// A stolen laptop whose owner has a new one must not speak for her any more.
TEST(Outsider, TheOldKeyEndsWhenTheChairSignsTheNewOne) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in_all();
  auto const expert = hall.experts[0];
  auto const old_session = hall.people.at(expert).session;
  auto const old_entry = hall.entry(meeting::SignOut{hall.record().meeting(), expert, 1, ""}, {expert});
  auto const old_spki = hall.people.at(expert).spki;

  auto const code = server::new_enrolment_code();
  store::Writes writes;
  server::write_code(writes, expert, code);
  ASSERT_TRUE(hall.store.commit(writes));
  Claim claim;
  auto const answer = hall.send(hall.connect(std::nullopt), enrolment(hall, claim, expert, code));
  ASSERT_TRUE(answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what)) << answer;
  // Before the chair has signed, the new keys are nobody's.
  auto const fresh = crypto::sha256({as_bytes(claim.csr)});
  auto const new_session = hall.connect(fresh);
  hall.send(new_session, client::wire::hello(hall.next_request(), 0));
  auto const new_entry =
      meeting::signed_entry(meeting::SignOut{hall.record().meeting(), expert, 1, ""}, expert, claim.identity);
  EXPECT_EQ(hall.send(new_session, client::wire::submit(hall.next_request(), new_entry, {})).refused,
            Refusal::kNotOnRoll);

  // The server has proposed the change; the person herself can not sign it, an expert neither.
  meeting::KeyChange change{
      hall.record().meeting(),
      expert,
      claim.identity.public_key(),
      claim.witness.public_key(),
      claim.identity.sign({meeting::possession_input(hall.manifest().meeting_id, expert, claim.identity.public_key(),
                                                     claim.witness.public_key())}),
      "换机"};
  for (auto const p : {expert, hall.experts[1], hall.clerk}) {
    EXPECT_EQ(hall.everybody(hall.entry(change, {p})).error(), Refusal::kNotAuthorised);
  }
  hall.must(change, {hall.chair});
  EXPECT_FALSE(hall.open_sessions(old_session));
  EXPECT_FALSE(hall.open_sessions(hall.connect(old_spki)));
  EXPECT_EQ(hall.everybody(old_entry).error(), Refusal::kBadSignature);
  EXPECT_TRUE(hall.send(new_session, client::wire::submit(hall.next_request(), new_entry, {})).accepted);
}

}  // namespace
}  // namespace piaojue::attack
