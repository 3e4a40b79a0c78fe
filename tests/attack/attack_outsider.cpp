// SPDX-License-Identifier: Apache-2.0
/// Somebody who is not of the meeting, or not as whom he comes: guesses a code, uses one twice, speaks without a
/// certificate or with an old one.
#include <sodium.h>

#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using Claim = AttackFixture::Claim;

meeting::SlipBits guess() {
  meeting::SlipBits bits{};
  randombytes_buf(bits.data(), bits.size());
  return bits;
}
bool enrolled(Answer const& answer) {
  return answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what);
}

// 11. A person who can be guessed can be impersonated: 80 bits, and a server that slows guessing down. It slows down
// who guesses, not everybody: a stranger's wrong codes locked all others out.
TEST(Outsider, Attack11_TheStrangerAtTheDoor) {
  Plan plan;
  plan.limits.enrol_tries_per_session = 3;
  plan.limits.enrol_tries_per_address = {10, 1};
  AttackFixture hall(plan);
  auto const before = hall.state();
  std::string const mallory = "198.51.100.7";
  int busy = 0, closed = 0, wrong = 0;
  for (int i = 0; i < 50; ++i) {
    auto const session = hall.connect(std::nullopt, mallory);
    for (int j = 0; j < 3 && hall.open_sessions(session); ++j) {
      auto const answer = hall.enrol(session, hall.chair, Claim(), guess());
      busy += answer.refused == Refusal::kBusy ? 1 : 0;
      wrong += answer.refused == Refusal::kNotOnRoll ? 1 : 0;
      closed += answer.closed ? 1 : 0;
      EXPECT_FALSE(enrolled(answer));
    }
  }
  EXPECT_GT(closed, 0) << "who guesses is shown the door";
  EXPECT_GT(busy, 0) << "and waits";
  EXPECT_LE(wrong, 10) << "so many guesses an address, out of 2^80";
  EXPECT_EQ(hall.state(), before);
  // Another person's code is as wrong as none, and a number that nobody has is told from one with a slip by nothing.
  auto const& clerks = hall.people.at(hall.clerk).code;
  for (PersonId const person : {hall.chair, 4000U}) {
    EXPECT_EQ(hall.enrol(hall.connect(std::nullopt, "203.0.113.9"), person, Claim(), clerks).refused,
              Refusal::kNotOnRoll);
  }
  EXPECT_EQ(hall.state(), before);
  // At the same moment, with the guessing at its height, everybody else enrols: nobody waits for a stranger.
  hall.enrol_all();
  ASSERT_FALSE(HasFatalFailure());
  hall.must(hall.manifest(), hall.openers());
  hall.sign_in_all();
}

// Whoever hears both sides of an enrolment, or stands between them, has the proofs of another connection: worth nothing
// on his own.
TEST(Outsider, AProofOfAnotherConnectionIsWorthNothing) {
  AttackFixture hall;
  auto const victims = hall.connect(std::nullopt), own = hall.connect(std::nullopt);
  auto const start = client::wire::enrol_start(hall.next_request(), 0, hall.chair);
  hall.send(victims, start);
  hall.send(own, start);
  Claim const claim;
  meeting::DeviceKeys const keys{claim.identity.public_key(), claim.witness.public_key(), claim.box.public_key()};
  auto const possession = claim.identity.sign({meeting::possession_input(
      hall.manifest().meeting_id, hall.chair, keys.identity_key, keys.witness_key, keys.box_key)});
  auto const key = meeting::enrol_key(hall.people.at(hall.chair).code, hall.manifest().meeting_id, hall.chair);
  auto const proof = meeting::client_proof(key, hall.exporter(victims), as_bytes(claim.csr), keys);
  auto const frame = client::wire::enrol_keys(hall.next_request(), as_bytes(claim.csr), keys, possession, proof);
  EXPECT_EQ(hall.send(own, frame).refused, Refusal::kNotOnRoll);
  EXPECT_TRUE(enrolled(hall.send(victims, frame))) << "the positive control: on the right one it holds";
}

// A photographed slip: the first one in is the person, the second one is told, and so the person hears of it.
TEST(Outsider, ACodeIsGoodForOneEnrolment) {
  AttackFixture hall;
  Claim const first, second;
  auto const code = hall.people.at(hall.chair).code;
  auto const answer = hall.enrol(hall.connect(std::nullopt), hall.chair, first, code);
  ASSERT_TRUE(enrolled(answer)) << answer;
  auto const before = hall.state();
  EXPECT_EQ(hall.enrol(hall.connect(std::nullopt), hall.chair, second, code).refused, Refusal::kConflict);
  Claim again;
  again.csr = first.csr;  // another's keys under the first one's certificate
  EXPECT_EQ(hall.enrol(hall.connect(std::nullopt), hall.chair, again, code).refused, Refusal::kConflict);
  EXPECT_EQ(hall.state(), before);
  // The same request again, because the reply was lost: the same certificate, after a restart too.
  for (int i = 0; i < 2; ++i) {
    auto const repeated = hall.enrol(hall.connect(std::nullopt), hall.chair, first, code);
    ASSERT_TRUE(enrolled(repeated)) << repeated;
    EXPECT_EQ(std::get<client::wire::Enrolled>(repeated.message->what).certificate,
              std::get<client::wire::Enrolled>(answer.message->what).certificate);
    ASSERT_TRUE(hall.restart());
  }
  EXPECT_EQ(hall.state(), before);
}

// 15. The server knows every code that it has printed. It enrols for an expert who stays away, drafts the meeting with
// that key, and would sign in and vote for him. What it can not have is the signature of a supervisor, who signs for
// people who have signed for their codes by hand.
TEST(Outsider, Attack15_AVoteForSomebodyWhoNeverCame) {
  AttackFixture hall;
  hall.enrol_all();  // of the absent one the keys are the server's
  auto const absent = hall.experts.back();
  auto const draft = hall.entry(hall.manifest(), {hall.clerk, hall.chair});
  EXPECT_TRUE(hall.submit(hall.clerk, draft).pending);
  EXPECT_EQ(hall.everybody(draft).error(), Refusal::kNotAuthorised);
  // Nobody is in a meeting that has not been opened.
  auto const sign_in = hall.entry(meeting::SignIn{hall.record().meeting(), absent, 0}, {absent});
  EXPECT_EQ(hall.everybody(sign_in).error(), Refusal::kWrongPhase);
  // He comes: his slip has been used, and he is told so; with a new one the draft has his own keys, and the one that
  // was signed with the server's is worth nothing.
  Claim claim;
  EXPECT_EQ(hall.enrol(hall.connect(std::nullopt), absent, claim, hall.people.at(absent).code).refused,
            Refusal::kConflict);
  ASSERT_TRUE(enrolled(hall.enrol(hall.connect(std::nullopt), absent, claim, hall.new_slip(absent))));
  EXPECT_EQ(hall.submit(hall.clerk, hall.entry(hall.manifest(), hall.openers())).refused, Refusal::kConflict);
}

// Keys that somebody else holds, or that are the server's, would let two people sign as one.
TEST(Outsider, KeysWithoutPossessionOrOfOthersAreRefused) {
  AttackFixture hall;
  hall.enrol_all();
  auto const code = hall.new_slip(hall.clerk);
  auto const before = hall.state();
  auto const try_keys = [&](std::function<void(Claim&, meeting::DeviceKeys&)> const& change) {
    Claim claim;
    claim.csr = "request of a thief";
    meeting::DeviceKeys keys{claim.identity.public_key(), claim.witness.public_key(), claim.box.public_key()};
    change(claim, keys);
    claim.other = keys;
    return hall.enrol(hall.connect(std::nullopt), hall.clerk, claim, code).refused;
  };
  auto const& chair = hall.people.at(hall.chair);
  EXPECT_EQ(try_keys([&](Claim& claim, auto&) { claim.possession_of = hall.chair; }), Refusal::kBadSignature);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.identity_key = chair.identity->public_key(); }),
            Refusal::kBadSignature);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.witness_key = chair.witness->public_key(); }), Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.witness_key = hall.server_key.public_key(); }), Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.witness_key = keys.identity_key; }), Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.box_key = chair.box->public_key(); }), Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.box_key = hall.server_box.public_key(); }), Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) {
              // The same X25519 key in another spelling.
              keys.box_key = chair.box->public_key();
              keys.box_key.data[31] |= 0x80;
            }),
            Refusal::kConflict);
  EXPECT_EQ(try_keys([&](Claim&, auto& keys) { keys.box_key.data.fill(0); }), Refusal::kOutOfRange);
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
      client::wire::cosign(1, hall.cosignature_of(hall.chair)),
      client::wire::relay(1, meeting::kServer, meeting::RelayKind::kWithdraw, meeting::encode_half_of({1, 1}))};
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

// A stolen laptop whose owner has a new one must not speak for her any more; and the new one not before the office has
// signed for it.
TEST(Outsider, TheOldKeyEndsWhenTheOfficeSignsTheNewOne) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in_all();
  auto const expert = hall.experts[0];
  auto const old_session = hall.people.at(expert).session;
  auto const leave = [&] {
    return meeting::SignOut{hall.record().meeting(),    expert, 1, "", {}, false, hall.record().size(),
                            hall.record().tree().root()};
  };
  auto const old_entry = hall.entry(leave(), {expert});
  auto const old_spki = hall.people.at(expert).spki;

  Claim claim;
  auto const session = hall.connect(std::nullopt);
  ASSERT_TRUE(enrolled(hall.enrol(session, expert, claim, hall.new_slip(expert))));
  // Before the office has signed, the new keys are nobody's.
  auto const new_session = hall.connect(crypto::sha256({as_bytes(claim.csr)}));
  hall.send(new_session, client::wire::hello(hall.next_request(), 0));
  auto const new_entry = meeting::signed_entry(leave(), expert, claim.identity);
  EXPECT_EQ(hall.send(new_session, client::wire::submit(hall.next_request(), new_entry, {})).refused,
            Refusal::kNotOnRoll);

  // The server has proposed the change; the person herself can not sign it, and nobody of the office alone.
  meeting::KeyChange change{hall.record().meeting(),
                            expert,
                            claim.identity.public_key(),
                            claim.witness.public_key(),
                            claim.box.public_key(),
                            {},
                            "换机"};
  change.possession = claim.identity.sign({meeting::possession_input(
      hall.manifest().meeting_id, expert, change.identity_key, change.witness_key, change.box_key)});
  for (auto const p : {expert, hall.experts[1], hall.clerk, hall.chair, hall.supervisor()}) {
    EXPECT_EQ(hall.everybody(hall.entry(change, {p})).error(), Refusal::kNotAuthorised) << p;
  }
  hall.must(change, hall.office());
  EXPECT_FALSE(hall.open_sessions(old_session));
  EXPECT_FALSE(hall.open_sessions(hall.connect(old_spki)));
  EXPECT_EQ(hall.everybody(old_entry).error(), Refusal::kBadSignature);
  EXPECT_TRUE(hall.send(new_session, client::wire::submit(hall.next_request(), new_entry, {})).accepted);
}

}  // namespace
}  // namespace piaojue::attack
