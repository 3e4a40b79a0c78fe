// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "protocol/meeting/codec.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

MeetingOptions small() {
  MeetingOptions options;
  options.experts = 3;
  options.supervisors = 1;
  return options;
}

v2::ClientFrame ping() {
  v2::ClientFrame frame;
  frame.mutable_ping();
  return frame;
}

std::string body_of(v2::ServerFrame frame) {
  frame.set_id(0);
  return frame.SerializeAsString();
}

// Harm: a laptop whose connection broke at the wrong moment could never enrol; or a copied slip would make a second
// "expert".
TEST(Enrolment, ACodeEnrolsOnceAndTheSameRequestGetsTheSameAnswer) {
  ServerFixture hall(small());
  auto const first = hall.enrol(2);
  ASSERT_TRUE(first.has_enrolled());
  EXPECT_EQ(first.enrolled().name(), hall.meeting.manifest.people[1].name);
  EXPECT_EQ(body_of(hall.enrol(2)), body_of(first));
  hall.restart();
  EXPECT_EQ(body_of(hall.enrol(2)), body_of(first));

  auto other = hall.enrol_frame(2);
  other.mutable_enrol()->set_csr("another laptop");
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(std::nullopt), other)), Refusal::kConflict);
  hall.meeting.people[2] = {};
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(std::nullopt), hall.enrol_frame(2))), Refusal::kConflict);
}

// Harm: whoever finds one slip would sit in anybody's chair.
TEST(Enrolment, ACodeIsGoodForItsOwnPersonOnly) {
  ServerFixture hall(small());
  hall.codes[3] = hall.codes[2];
  EXPECT_EQ(refusal(hall.enrol(3)), Refusal::kNotOnRoll);
  hall.codes[99] = hall.codes[2];
  auto frame = hall.enrol_frame(2);
  frame.mutable_enrol()->set_person(99);
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(std::nullopt), frame)), Refusal::kNotOnRoll);
}

// Harm: codes could be tried for as long as it takes.
TEST(Enrolment, GuessingEndsTheConnectionAndIsLimitedInAll) {
  ServerFixture hall(small());
  hall.limits.wrong_codes_burst = 7;
  hall.restart();
  auto frame = hall.enrol_frame(2);
  frame.mutable_enrol()->set_code("0000000000000000");
  auto const session = hall.connect(std::nullopt);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(hall.open(session));
    EXPECT_EQ(refusal(hall.ask_on(session, frame)), Refusal::kNotOnRoll);
  }
  EXPECT_EQ(hall.closed.at(session), Close::kRefused);

  auto const second = hall.connect(std::nullopt);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(refusal(hall.ask_on(second, frame)), Refusal::kNotOnRoll);
  EXPECT_EQ(refusal(hall.ask_on(second, frame)), Refusal::kBusy);
  EXPECT_EQ(refusal(hall.enrol(2)), Refusal::kBusy);
  hall.now_ms += hall.limits.wrong_code_ms;
  EXPECT_TRUE(hall.enrol(2).has_enrolled());
}

// Harm: somebody could enrol a key that he does not hold, and disown its signatures later.
TEST(Enrolment, TheNewKeyMustBeHeldAndBeNobodyElses) {
  ServerFixture hall(small());
  auto frame = hall.enrol_frame(2);
  frame.mutable_enrol()->set_possession(std::string(64, 'x'));
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(std::nullopt), frame)), Refusal::kBadSignature);

  ASSERT_TRUE(hall.enrol(1).has_enrolled());
  hall.meeting.people[2].witness = must(crypto::SigningKey::from_seed(hall.meeting.people[1].identity.seed()));
  EXPECT_EQ(refusal(hall.enrol(2)), Refusal::kConflict);
  hall.meeting.people[2] = {};
  frame = hall.enrol_frame(2);
  frame.mutable_enrol()->set_csr(hall.enrol_frame(1).enrol().csr());
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(std::nullopt), frame)), Refusal::kConflict) << "the TLS key of another";
}

// Harm: anybody on the network could read the log or submit entries.
TEST(Enrolment, WithoutACertificateEverythingElseIsRefusedAndEndsTheConnection) {
  ServerFixture hall(small());
  std::vector<v2::ClientFrame> frames(4);
  frames[0].mutable_hello();
  frames[1].mutable_submit()->set_entry("x");
  frames[2].mutable_get_draft();
  frames[3].mutable_ping();
  for (auto const& frame : frames) {
    auto const session = hall.connect(std::nullopt);
    EXPECT_EQ(refusal(hall.ask_on(session, frame)), Refusal::kNotAuthorised);
    EXPECT_EQ(hall.closed.at(session), Close::kRefused);
  }
  auto const stranger = hall.connect(crypto::sha256({as_bytes("foreign certificate")}));
  hall.settle();
  EXPECT_EQ(hall.closed.at(stranger), Close::kRefused);
}

// Harm: a laptop that fell into the harbour before the meeting would keep its owner out, or still be let in.
TEST(Enrolment, BeforeTheMeetingANewSlipReplacesTheOldLaptop) {
  ServerFixture hall(small());
  for (auto const p : hall.people()) hall.enrol(p);
  auto const old = hall.hello(2);
  hall.codes[2] = new_enrolment_code();
  Writes writes;
  write_code(writes, 2, hall.codes[2]);
  must(hall.store.commit(writes));
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.ask_on(hall.connect(std::nullopt), hall.enrol_frame(2, 1)).has_enrolled());
  EXPECT_EQ(hall.closed.at(old), Close::kReplaced);
  auto const again = hall.connect(hall.spki(2));
  hall.settle();
  EXPECT_EQ(hall.closed.at(again), Close::kRefused);
  EXPECT_TRUE(hall.open(hall.hello(2, 1)));
}

// Harm: a found slip would take an expert's place in mid-meeting without anybody's consent.
TEST(Enrolment, AfterOpeningANewLaptopWaitsForTheChair) {
  ServerFixture hall(small());
  hall.begin();
  auto const chair = hall.meeting.chair();
  auto const old_keys = must(crypto::SigningKey::from_seed(hall.meeting.people[2].identity.seed())).public_key();
  hall.codes[2] = new_enrolment_code();
  Writes writes;
  write_code(writes, 2, hall.codes[2]);
  must(hall.store.commit(writes));
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.ask_on(hall.connect(std::nullopt), hall.enrol_frame(2, 1)).has_enrolled());
  EXPECT_EQ(hall.core->record().identity_key(2), old_keys);

  auto const waiting = hall.hello(2, 1);
  EXPECT_TRUE(hall.open(hall.sessions.at(2))) << "the old one goes on until the log says otherwise";
  meeting::SignOut const sign_out{hall.meeting.record.meeting(), 2, 1, ""};
  auto const entry = hall.meeting.signed_by(sign_out, {2});
  EXPECT_EQ(refusal(hall.ask_on(waiting, ServerFixture::submit_frame(entry))), Refusal::kNotOnRoll);

  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  auto const again = hall.hello(2, 1);
  auto const proposals = hall.pushes(hall.sessions.at(chair), v2::ServerFrame::kProposal);
  ASSERT_EQ(proposals.size(), 1U);
  auto const change = to_bytes(as_bytes(proposals[0].proposal().entry()));
  EXPECT_EQ(refusal(hall.ask(3, hall.countersign_frame(change, 3))), Refusal::kNotAuthorised);
  ASSERT_TRUE(hall.ask(chair, hall.countersign_frame(change, chair)).has_accepted());
  EXPECT_EQ(hall.core->record().identity_key(2), hall.meeting.people[2].identity.public_key());
  EXPECT_EQ(hall.closed.at(hall.sessions.at(2)), Close::kReplaced);
  EXPECT_TRUE(hall.ask_on(again, ServerFixture::submit_frame(entry)).has_accepted());
}

// Harm: who enrols a minute after the clerk drew up the manifest would be locked out for the day.
TEST(Enrolment, AKeyThatIsNotInTheManifestIsProposedWhenTheMeetingOpens) {
  auto options = small();
  options.not_enrolled = {3};
  ServerFixture hall(options);
  hall.enrol_all();
  for (auto const p : hall.people()) hall.hello(p);
  hall.open_meeting();
  EXPECT_FALSE(hall.core->record().identity_key(3));
  auto const proposals = hall.pushes(hall.sessions.at(hall.meeting.chair()), v2::ServerFrame::kProposal);
  auto const change = to_bytes(as_bytes(proposals.at(proposals.size() - 1).proposal().entry()));
  ASSERT_TRUE(hall.ask(hall.meeting.chair(), hall.countersign_frame(change, hall.meeting.chair())).has_accepted());
  hall.take(3, meeting::SignIn{hall.meeting.record.meeting(), 3, 0});
}

// Harm: two laptops of one person would each believe to be the one that votes.
TEST(Sessions, ANewerConnectionOfAPersonReplacesTheOlder) {
  ServerFixture hall(small());
  hall.enrol(2);
  auto const first = hall.hello(2);
  auto const second = hall.hello(2);
  EXPECT_EQ(hall.closed.at(first), Close::kReplaced);
  EXPECT_TRUE(hall.open(second));
  EXPECT_TRUE(hall.ask_on(second, ping()).has_pong());
}

// Harm: connections that are never closed would use up the server.
TEST(Sessions, TheirNumberIsBounded) {
  ServerFixture hall(small());
  hall.limits.sessions_max = 3;
  hall.restart();
  for (int i = 0; i < 4; ++i) hall.connect(std::nullopt);
  hall.settle();
  EXPECT_EQ(hall.closed.size(), 1U);
  EXPECT_EQ(hall.closed.at(hall.last_session), Close::kTooMany);
}

// Harm: a hundred silent strangers would keep the committee out of its own meeting.
TEST(Sessions, StrangersLeavePlacesForThoseWhoAreEnrolled) {
  ServerFixture hall(small());
  hall.limits.strangers_max = 2;
  hall.restart();
  hall.enrol(2);  // one stranger, who stays
  for (int i = 0; i < 3; ++i) hall.connect(std::nullopt);
  hall.settle();
  EXPECT_EQ(hall.closed.size(), 2U);
  EXPECT_EQ(hall.closed.at(hall.last_session), Close::kTooMany);
  EXPECT_TRUE(hall.open(hall.hello(2)));
}

// Harm: a parser that goes on after nonsense is talked into something sooner or later.
TEST(Sessions, WhatIsNoFrameEndsTheConnection) {
  ServerFixture hall(small());
  hall.enrol(2);
  for (auto const& nonsense :
       std::vector<std::string>{std::string("\xff\xff\xff"), std::string(), std::string("\x08\x00", 2)}) {
    auto const session = hall.hello(2);
    hall.core->on_frame(session, as_bytes(nonsense));
    hall.settle();
    EXPECT_EQ(hall.closed.at(session), Close::kMalformed);
  }
  auto const session = hall.hello(2);
  v2::ClientFrame unknown;
  EXPECT_EQ(refusal(hall.ask_on(session, unknown)), Refusal::kUnknownType);
  EXPECT_TRUE(hall.open(session));
}

// Harm: the screen stands unattended in the hall.
TEST(Sessions, TheScreenSeesTheLogAndMayDoNothing) {
  ServerFixture hall(small());
  hall.begin();
  auto const screen = hall.hello(hall.meeting.screen());
  EXPECT_FALSE(hall.pushes(screen, v2::ServerFrame::kLog).empty());
  EXPECT_TRUE(hall.ask_on(screen, ping()).has_pong());
  std::vector<v2::ClientFrame> frames(4);
  frames[0].mutable_submit()->set_entry("x");
  frames[1].mutable_get_draft();
  frames[2].mutable_get_seal_key()->set_batch_open(std::string(32, 'x'));
  frames[3] = hall.cosign_frame(hall.meeting.screen(), hall.meeting.record.size());
  for (auto const& frame : frames) EXPECT_EQ(refusal(hall.ask_on(screen, frame)), Refusal::kNotAuthorised);
}

// Harm: the clerk's program could open another meeting than the one that was drafted, or with keys of its own making.
TEST(Draft, OnlyTheClerkGetsItAndOnlyItIsOpened) {
  ServerFixture hall(small());
  for (auto const p : hall.people()) hall.enrol(p);
  for (auto const p : hall.people()) hall.hello(p);
  v2::ClientFrame frame;
  frame.mutable_get_draft();
  EXPECT_EQ(refusal(hall.ask(hall.meeting.chair(), frame)), Refusal::kNotAuthorised);
  auto const draft = hall.ask(hall.meeting.clerk(), frame);
  ASSERT_TRUE(draft.has_draft());
  EXPECT_EQ(draft.draft().manifest(), as_text(meeting::encode_body([&] {
              auto manifest = hall.meeting.manifest;
              manifest.people[hall.meeting.screen() - 1].identity_key.reset();
              manifest.people[hall.meeting.screen() - 1].witness_key.reset();
              manifest.people[hall.meeting.screen() - 1].possession.reset();
              return manifest;
            }())))
      << "keys of all who are enrolled, and of nobody else";

  auto const clerk = hall.meeting.clerk();
  auto altered = hall.meeting.manifest;
  altered.rules.pass_strict = false;
  EXPECT_EQ(refusal(hall.submit(clerk, hall.meeting.signed_by(altered, {clerk}))), Refusal::kConflict);
  EXPECT_EQ(refusal(hall.submit(clerk, hall.meeting.signed_by(hall.meeting.manifest, {clerk}))), Refusal::kConflict)
      << "it has a key for the screen, which is not enrolled";
  hall.enrol(hall.meeting.screen());
  hall.open_meeting();
  EXPECT_EQ(refusal(hall.ask(clerk, frame)), Refusal::kWrongPhase);
}

}  // namespace
}  // namespace piaojue::server::test
