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

v1::ClientFrame ping() {
  v1::ClientFrame frame;
  frame.mutable_ping();
  return frame;
}

std::string body_of(v1::ServerFrame frame) {
  frame.set_id(0);
  return frame.SerializeAsString();
}

// Harm: a laptop whose connection broke at the wrong moment could never enrol; or a copied slip would make a second
// "expert".
TEST(Enrolment, ACodeEnrolsOnceAndTheSameRequestGetsTheSameAnswer) {
  Room room(small());
  auto const first = room.enrol(2);
  ASSERT_TRUE(first.has_enrolled());
  EXPECT_EQ(first.enrolled().name(), room.meeting.manifest.people[1].name);
  EXPECT_EQ(body_of(room.enrol(2)), body_of(first));
  room.restart();
  EXPECT_EQ(body_of(room.enrol(2)), body_of(first));

  auto other = room.enrol_frame(2);
  other.mutable_enrol()->set_csr("another laptop");
  EXPECT_EQ(refusal(room.ask_on(room.connect(std::nullopt), other)), Refusal::kConflict);
  room.meeting.people[2] = {};
  EXPECT_EQ(refusal(room.ask_on(room.connect(std::nullopt), room.enrol_frame(2))), Refusal::kConflict);
}

// Harm: whoever finds one slip would sit in anybody's chair.
TEST(Enrolment, ACodeIsGoodForItsOwnPersonOnly) {
  Room room(small());
  room.codes[3] = room.codes[2];
  EXPECT_EQ(refusal(room.enrol(3)), Refusal::kNotOnRoll);
  room.codes[99] = room.codes[2];
  auto frame = room.enrol_frame(2);
  frame.mutable_enrol()->set_person(99);
  EXPECT_EQ(refusal(room.ask_on(room.connect(std::nullopt), frame)), Refusal::kNotOnRoll);
}

// Harm: codes could be tried for as long as it takes.
TEST(Enrolment, GuessingEndsTheConnectionAndIsLimitedInAll) {
  Room room(small());
  room.limits.wrong_codes_burst = 7;
  room.restart();
  auto frame = room.enrol_frame(2);
  frame.mutable_enrol()->set_code("0000000000000000");
  auto const session = room.connect(std::nullopt);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(room.open(session));
    EXPECT_EQ(refusal(room.ask_on(session, frame)), Refusal::kNotOnRoll);
  }
  EXPECT_EQ(room.closed.at(session), Close::kRefused);

  auto const second = room.connect(std::nullopt);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(refusal(room.ask_on(second, frame)), Refusal::kNotOnRoll);
  EXPECT_EQ(refusal(room.ask_on(second, frame)), Refusal::kBusy);
  EXPECT_EQ(refusal(room.enrol(2)), Refusal::kBusy);
  room.now_ms += room.limits.wrong_code_ms;
  EXPECT_TRUE(room.enrol(2).has_enrolled());
}

// Harm: somebody could enrol a key that he does not hold, and disown its signatures later.
TEST(Enrolment, TheNewKeyMustBeHeldAndBeNobodyElses) {
  Room room(small());
  auto frame = room.enrol_frame(2);
  frame.mutable_enrol()->set_possession(std::string(64, 'x'));
  EXPECT_EQ(refusal(room.ask_on(room.connect(std::nullopt), frame)), Refusal::kBadSignature);

  ASSERT_TRUE(room.enrol(1).has_enrolled());
  room.meeting.people[2].witness = must(crypto::SigningKey::from_seed(room.meeting.people[1].identity.seed()));
  EXPECT_EQ(refusal(room.enrol(2)), Refusal::kConflict);
  room.meeting.people[2] = {};
  frame = room.enrol_frame(2);
  frame.mutable_enrol()->set_csr(room.enrol_frame(1).enrol().csr());
  EXPECT_EQ(refusal(room.ask_on(room.connect(std::nullopt), frame)), Refusal::kConflict) << "the TLS key of another";
}

// Harm: anybody on the network could read the log or submit entries.
TEST(Enrolment, WithoutACertificateEverythingElseIsRefusedAndEndsTheConnection) {
  Room room(small());
  std::vector<v1::ClientFrame> frames(4);
  frames[0].mutable_hello();
  frames[1].mutable_submit()->set_entry("x");
  frames[2].mutable_get_draft();
  frames[3].mutable_ping();
  for (auto const& frame : frames) {
    auto const session = room.connect(std::nullopt);
    EXPECT_EQ(refusal(room.ask_on(session, frame)), Refusal::kNotAuthorised);
    EXPECT_EQ(room.closed.at(session), Close::kRefused);
  }
  auto const stranger = room.connect(crypto::sha256({as_bytes("foreign certificate")}));
  room.settle();
  EXPECT_EQ(room.closed.at(stranger), Close::kRefused);
}

// Harm: a laptop that fell into the harbour before the meeting would keep its owner out, or still be let in.
TEST(Enrolment, BeforeTheMeetingANewSlipReplacesTheOldLaptop) {
  Room room(small());
  for (auto const p : room.people()) room.enrol(p);
  auto const old = room.hello(2);
  room.codes[2] = new_enrolment_code();
  Writes writes;
  write_code(writes, 2, room.codes[2]);
  must(room.store.commit(writes));
  room.meeting.people[2] = {};
  ASSERT_TRUE(room.ask_on(room.connect(std::nullopt), room.enrol_frame(2, 1)).has_enrolled());
  EXPECT_EQ(room.closed.at(old), Close::kReplaced);
  auto const again = room.connect(room.spki(2));
  room.settle();
  EXPECT_EQ(room.closed.at(again), Close::kRefused);
  EXPECT_TRUE(room.open(room.hello(2, 1)));
}

// Harm: a found slip would take an expert's place in mid-meeting without anybody's consent.
TEST(Enrolment, AfterOpeningANewLaptopWaitsForTheChair) {
  Room room(small());
  room.begin();
  auto const chair = room.meeting.chair();
  auto const old_keys = must(crypto::SigningKey::from_seed(room.meeting.people[2].identity.seed())).public_key();
  room.codes[2] = new_enrolment_code();
  Writes writes;
  write_code(writes, 2, room.codes[2]);
  must(room.store.commit(writes));
  room.meeting.people[2] = {};
  ASSERT_TRUE(room.ask_on(room.connect(std::nullopt), room.enrol_frame(2, 1)).has_enrolled());
  EXPECT_EQ(room.core->record().identity_key(2), old_keys);

  auto const waiting = room.hello(2, 1);
  EXPECT_TRUE(room.open(room.sessions.at(2))) << "the old one goes on until the log says otherwise";
  meeting::SignOut const sign_out{room.meeting.record.meeting(), 2, 1, ""};
  auto const entry = room.meeting.signed_by(sign_out, {2});
  EXPECT_EQ(refusal(room.ask_on(waiting, Room::submit_frame(entry))), Refusal::kNotOnRoll);

  room.restart();
  for (auto const p : room.people()) room.hello(p);
  auto const again = room.hello(2, 1);
  auto const proposals = room.pushes(room.sessions.at(chair), v1::ServerFrame::kProposal);
  ASSERT_EQ(proposals.size(), 1U);
  auto const change = to_bytes(as_bytes(proposals[0].proposal().entry()));
  EXPECT_EQ(refusal(room.ask(3, room.countersign_frame(change, 3))), Refusal::kNotAuthorised);
  ASSERT_TRUE(room.ask(chair, room.countersign_frame(change, chair)).has_accepted());
  EXPECT_EQ(room.core->record().identity_key(2), room.meeting.people[2].identity.public_key());
  EXPECT_EQ(room.closed.at(room.sessions.at(2)), Close::kReplaced);
  EXPECT_TRUE(room.ask_on(again, Room::submit_frame(entry)).has_accepted());
}

// Harm: who enrols a minute after the clerk drew up the manifest would be locked out for the day.
TEST(Enrolment, AKeyThatIsNotInTheManifestIsProposedWhenTheMeetingOpens) {
  auto options = small();
  options.not_enrolled = {3};
  Room room(options);
  room.enrol_all();
  for (auto const p : room.people()) room.hello(p);
  room.open_meeting();
  EXPECT_FALSE(room.core->record().identity_key(3));
  auto const proposals = room.pushes(room.sessions.at(room.meeting.chair()), v1::ServerFrame::kProposal);
  auto const change = to_bytes(as_bytes(proposals.at(proposals.size() - 1).proposal().entry()));
  ASSERT_TRUE(room.ask(room.meeting.chair(), room.countersign_frame(change, room.meeting.chair())).has_accepted());
  room.take(3, meeting::SignIn{room.meeting.record.meeting(), 3, 0});
}

// Harm: two laptops of one person would each believe to be the one that votes.
TEST(Sessions, ANewerConnectionOfAPersonReplacesTheOlder) {
  Room room(small());
  room.enrol(2);
  auto const first = room.hello(2);
  auto const second = room.hello(2);
  EXPECT_EQ(room.closed.at(first), Close::kReplaced);
  EXPECT_TRUE(room.open(second));
  EXPECT_TRUE(room.ask_on(second, ping()).has_pong());
}

// Harm: connections that are never closed would use up the server.
TEST(Sessions, TheirNumberIsBounded) {
  Room room(small());
  room.limits.sessions_max = 3;
  room.restart();
  for (int i = 0; i < 4; ++i) room.connect(std::nullopt);
  room.settle();
  EXPECT_EQ(room.closed.size(), 1U);
  EXPECT_EQ(room.closed.at(room.last_session), Close::kTooMany);
}

// Harm: a hundred silent strangers would keep the committee out of its own meeting.
TEST(Sessions, StrangersLeavePlacesForThoseWhoAreEnrolled) {
  Room room(small());
  room.limits.strangers_max = 2;
  room.restart();
  room.enrol(2);  // one stranger, who stays
  for (int i = 0; i < 3; ++i) room.connect(std::nullopt);
  room.settle();
  EXPECT_EQ(room.closed.size(), 2U);
  EXPECT_EQ(room.closed.at(room.last_session), Close::kTooMany);
  EXPECT_TRUE(room.open(room.hello(2)));
}

// Harm: a parser that goes on after nonsense is talked into something sooner or later.
TEST(Sessions, WhatIsNoFrameEndsTheConnection) {
  Room room(small());
  room.enrol(2);
  for (auto const& nonsense :
       std::vector<std::string>{std::string("\xff\xff\xff"), std::string(), std::string("\x08\x00", 2)}) {
    auto const session = room.hello(2);
    room.core->on_frame(session, as_bytes(nonsense));
    room.settle();
    EXPECT_EQ(room.closed.at(session), Close::kMalformed);
  }
  auto const session = room.hello(2);
  v1::ClientFrame unknown;
  EXPECT_EQ(refusal(room.ask_on(session, unknown)), Refusal::kUnknownType);
  EXPECT_TRUE(room.open(session));
}

// Harm: the screen stands unattended in the room.
TEST(Sessions, TheScreenSeesTheLogAndMayDoNothing) {
  Room room(small());
  room.begin();
  auto const screen = room.hello(room.meeting.screen());
  EXPECT_FALSE(room.pushes(screen, v1::ServerFrame::kLog).empty());
  EXPECT_TRUE(room.ask_on(screen, ping()).has_pong());
  std::vector<v1::ClientFrame> frames(4);
  frames[0].mutable_submit()->set_entry("x");
  frames[1].mutable_get_draft();
  frames[2].mutable_get_seal_key()->set_batch_open(std::string(32, 'x'));
  frames[3] = room.cosign_frame(room.meeting.screen(), room.meeting.record.size());
  for (auto const& frame : frames) EXPECT_EQ(refusal(room.ask_on(screen, frame)), Refusal::kNotAuthorised);
}

// Harm: the clerk's program could open another meeting than the one that was drafted, or with keys of its own making.
TEST(Draft, OnlyTheClerkGetsItAndOnlyItIsOpened) {
  Room room(small());
  for (auto const p : room.people()) room.enrol(p);
  for (auto const p : room.people()) room.hello(p);
  v1::ClientFrame frame;
  frame.mutable_get_draft();
  EXPECT_EQ(refusal(room.ask(room.meeting.chair(), frame)), Refusal::kNotAuthorised);
  auto const draft = room.ask(room.meeting.clerk(), frame);
  ASSERT_TRUE(draft.has_draft());
  EXPECT_EQ(draft.draft().manifest(), as_text(meeting::encode_body([&] {
              auto manifest = room.meeting.manifest;
              manifest.people[room.meeting.screen() - 1].identity_key.reset();
              manifest.people[room.meeting.screen() - 1].witness_key.reset();
              manifest.people[room.meeting.screen() - 1].possession.reset();
              return manifest;
            }())))
      << "keys of all who are enrolled, and of nobody else";

  auto const clerk = room.meeting.clerk();
  auto altered = room.meeting.manifest;
  altered.rules.pass_strict = false;
  EXPECT_EQ(refusal(room.submit(clerk, room.meeting.signed_by(altered, {clerk}))), Refusal::kConflict);
  EXPECT_EQ(refusal(room.submit(clerk, room.meeting.signed_by(room.meeting.manifest, {clerk}))), Refusal::kConflict)
      << "it has a key for the screen, which is not enrolled";
  room.enrol(room.meeting.screen());
  room.open_meeting();
  EXPECT_EQ(refusal(room.ask(clerk, frame)), Refusal::kWrongPhase);
}

}  // namespace
}  // namespace piaojue::server::test
