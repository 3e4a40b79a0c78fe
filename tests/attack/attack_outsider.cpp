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

Bytes enrolment(Stage& room, Claim const& claim, PersonId const person, std::string const& code) {
  auto const& ik = claim.identity.public_key();
  auto const& wk = claim.witness.public_key();
  auto const possession = claim.identity.sign({meeting::possession_input(room.manifest().meeting_id, person, ik, wk)});
  return client::wire::enrol(room.next_request(), code, ik, wk, possession, claim.csr, person);
}

// A person who can be guessed can be impersonated: 80 bits, and a server that slows guessing down.
TEST(Outsider, GuessedCodesAreRefusedAndGuessingIsSlowedDown) {
  Plan plan;
  plan.limits.wrong_codes_per_session = 3;
  plan.limits.wrong_codes_burst = 10;
  plan.limits.wrong_code_ms = 1000;
  Stage room(plan);
  auto const before = room.state();
  int tries = 0, busy = 0, closed = 0;
  for (int session = 0; session < 5; ++session) {
    auto const id = room.connect(std::nullopt);
    for (int i = 0; i < 5 && room.open_sessions(id); ++i) {
      auto const answer = room.send(id, enrolment(room, Claim(), room.chair, server::new_enrolment_code()));
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
  EXPECT_EQ(room.state(), before);
  // Another person's code is as wrong as none.
  room.now_ms += 60'000;
  EXPECT_EQ(room.send(room.connect(std::nullopt), enrolment(room, Claim(), room.chair, room.people.at(room.clerk).code))
                .refused,
            Refusal::kNotOnRoll);
  EXPECT_EQ(
      room.send(room.connect(std::nullopt), enrolment(room, Claim(), 4000, room.people.at(room.clerk).code)).refused,
      Refusal::kNotOnRoll);
  EXPECT_EQ(room.state(), before);
  room.open_meeting();
}

// A photographed slip: the first one in is the person, the second one is told, and so the person hears of it.
TEST(Outsider, ACodeIsGoodForOneEnrolment) {
  Stage room;
  Claim const first, second;
  auto const code = room.people.at(room.chair).code;
  auto const frame = enrolment(room, first, room.chair, code);
  auto const answer = room.send(room.connect(std::nullopt), frame);
  ASSERT_TRUE(answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what)) << answer;
  auto const before = room.state();
  EXPECT_EQ(room.send(room.connect(std::nullopt), enrolment(room, second, room.chair, code)).refused,
            Refusal::kConflict);
  EXPECT_EQ(room.state(), before);
  // The same request again, because the reply was lost: the same certificate, after a restart too.
  for (int i = 0; i < 2; ++i) {
    auto const again = room.send(room.connect(std::nullopt), frame);
    ASSERT_TRUE(again.message);
    auto const* enrolled = std::get_if<client::wire::Enrolled>(&again.message->what);
    ASSERT_NE(enrolled, nullptr) << again;
    EXPECT_EQ(enrolled->certificate, std::get<client::wire::Enrolled>(answer.message->what).certificate);
    ASSERT_TRUE(room.restart());
  }
  EXPECT_EQ(room.state(), before);
}

// Keys that somebody else holds, or that are the server's, would let two people sign as one.
TEST(Outsider, KeysWithoutPossessionOrOfOthersAreRefused) {
  Stage room;
  room.enrol_all();
  auto const code = server::new_enrolment_code();
  store::Writes writes;
  server::write_code(writes, room.clerk, code);
  ASSERT_TRUE(room.store.commit(writes));
  auto const before = room.state();
  auto const try_keys = [&](crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk,
                            crypto::Signature const& possession) {
    return room.send(room.connect(std::nullopt), client::wire::enrol(room.next_request(), code, ik, wk, possession,
                                                                     "request of a thief", room.clerk));
  };
  Claim const claim;
  auto const signed_for = [&](crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk, PersonId person) {
    return claim.identity.sign({meeting::possession_input(room.manifest().meeting_id, person, ik, wk)});
  };
  auto const& ik = claim.identity.public_key();
  auto const& wk = claim.witness.public_key();
  auto const chairs = room.people.at(room.chair).witness->public_key();
  EXPECT_EQ(try_keys(ik, wk, signed_for(ik, wk, room.chair)).refused, Refusal::kBadSignature);
  EXPECT_EQ(try_keys(room.people.at(room.chair).identity->public_key(), wk, signed_for(ik, wk, room.clerk)).refused,
            Refusal::kBadSignature);
  EXPECT_EQ(try_keys(ik, chairs, signed_for(ik, chairs, room.clerk)).refused, Refusal::kConflict);
  EXPECT_EQ(try_keys(ik, ik, signed_for(ik, ik, room.clerk)).refused, Refusal::kConflict);
  EXPECT_EQ(room.state(), before);
}

// Whoever reaches the port is not thereby in the room.
TEST(Outsider, WithoutCertificateNothingButEnrolIsAnswered) {
  Stage room;
  room.open_meeting();
  room.sign_in({room.chair});
  auto const before = room.state();
  Bytes const entry = room.entry(meeting::SignIn{room.record().meeting(), room.clerk, 0}, {room.clerk});
  std::vector<Bytes> const requests = {
      client::wire::hello(1, 0),
      client::wire::submit(1, entry, {}),
      client::wire::ping(1),
      client::wire::get_draft(1),
      client::wire::countersign(1, room.record().meeting(), room.chair, {}),
      client::wire::cosign(1, log::cosign({room.manifest().origin(), room.record().size(), room.record().tree().root()},
                                          room.chair, 1, *room.people.at(room.chair).witness)),
      client::wire::get_seal_key(1, room.record().meeting())};
  for (auto const& request : requests) {
    auto const session = room.connect(std::nullopt);
    auto const answer = room.send(session, request);
    EXPECT_EQ(answer.refused, Refusal::kNotAuthorised);
    EXPECT_TRUE(answer.closed);
    EXPECT_TRUE(room.send(session, request).silent) << "a closed session is deaf";
  }
  // A certificate of nobody.
  auto const session = room.connect(crypto::sha256({as_bytes("somebody else's certificate")}));
  EXPECT_FALSE(room.open_sessions(session));
  EXPECT_EQ(room.state(), before);
  room.sign_in({room.clerk});
}

// A stolen laptop whose owner has a new one must not speak for her any more.
TEST(Outsider, TheOldKeyEndsWhenTheChairSignsTheNewOne) {
  Stage room;
  room.open_meeting();
  room.sign_in_all();
  auto const expert = room.experts[0];
  auto const old_session = room.people.at(expert).session;
  auto const old_entry = room.entry(meeting::SignOut{room.record().meeting(), expert, 1, ""}, {expert});
  auto const old_spki = room.people.at(expert).spki;

  auto const code = server::new_enrolment_code();
  store::Writes writes;
  server::write_code(writes, expert, code);
  ASSERT_TRUE(room.store.commit(writes));
  Claim claim;
  auto const answer = room.send(room.connect(std::nullopt), enrolment(room, claim, expert, code));
  ASSERT_TRUE(answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what)) << answer;
  // Before the chair has signed, the new keys are nobody's.
  auto const fresh = crypto::sha256({as_bytes(claim.csr)});
  auto const new_session = room.connect(fresh);
  room.send(new_session, client::wire::hello(room.next_request(), 0));
  auto const new_entry =
      meeting::signed_entry(meeting::SignOut{room.record().meeting(), expert, 1, ""}, expert, claim.identity);
  EXPECT_EQ(room.send(new_session, client::wire::submit(room.next_request(), new_entry, {})).refused,
            Refusal::kNotOnRoll);

  // The server has proposed the change; the person herself can not sign it, an expert neither.
  meeting::KeyChange change{
      room.record().meeting(),
      expert,
      claim.identity.public_key(),
      claim.witness.public_key(),
      claim.identity.sign({meeting::possession_input(room.manifest().meeting_id, expert, claim.identity.public_key(),
                                                     claim.witness.public_key())}),
      "换机"};
  for (auto const p : {expert, room.experts[1], room.clerk}) {
    EXPECT_EQ(room.everybody(room.entry(change, {p})).error(), Refusal::kNotAuthorised);
  }
  room.must(change, {room.chair});
  EXPECT_FALSE(room.open_sessions(old_session));
  EXPECT_FALSE(room.open_sessions(room.connect(old_spki)));
  EXPECT_EQ(room.everybody(old_entry).error(), Refusal::kBadSignature);
  EXPECT_TRUE(room.send(new_session, client::wire::submit(room.next_request(), new_entry, {})).accepted);
}

}  // namespace
}  // namespace piaojue::attack
