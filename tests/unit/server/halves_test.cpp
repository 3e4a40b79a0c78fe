// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

using meeting::HalfOf;
using meeting::RelayKind;
using trustee::TrusteeState;

/// As an expert's or a trustee's laptop makes it.
meeting::Deposit deposit(ServerFixture& hall, PersonId owner, HalfOf const& of, Secret const& half) {
  return must(meeting::make_deposit({hall.meeting.record.meeting(), owner, meeting::kServer},
                                    hall.meeting.people.at(owner).identity, hall.meeting.manifest.server_box_key, of,
                                    half));
}

v2::ServerFrame give(ServerFixture& hall, PersonId owner, meeting::Deposit const& what) {
  return hall.ask(owner, ServerFixture::relay_frame(0, RelayKind::kDeposit, meeting::encode_deposit(what)));
}

/// What the server gave back; nothing: it has none.
std::optional<Secret> withdraw(ServerFixture& hall, PersonId owner, HalfOf const& of) {
  auto const answer = hall.ask(owner, ServerFixture::relay_frame(0, RelayKind::kWithdraw, meeting::encode_half_of(of)));
  if (!answer.has_relayed()) throw std::logic_error("not relayed");
  for (auto const& frame : hall.inbox(hall.sessions.at(owner))) {
    if (!frame.has_relay() || frame.relay().kind() != v2::RELAY_KIND_RETURN) continue;
    auto const returned = must(meeting::parse_returned(as_bytes(frame.relay().body())));
    if (returned.of != of) continue;
    if (returned.sealed.empty()) return std::nullopt;
    return must(meeting::open_returned(hall.meeting.people.at(owner).box, returned.sealed));
  }
  throw std::logic_error("no answer");
}

Secret half_of(std::uint8_t fill) { return Secret::copy_of(Bytes(crypto::kSealKeyBytes, fill)); }

// Harm: a stolen laptop's disk opens with what the server wrote to its own; or whoever asks second decides.
TEST(Halves, TheFirstIsHeldInMemoryAndGivenBackToItsOwnerOnly) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  HalfOf const of{1, 1};
  auto const first = half_of(1);
  ASSERT_TRUE(give(hall, 2, deposit(hall, 2, of, first)).has_relayed());
  EXPECT_EQ(hall.pushes(hall.sessions.at(2), v2::ServerFrame::kRelay).back().relay().kind(), v2::RELAY_KIND_HELD);
  ASSERT_TRUE(give(hall, 2, deposit(hall, 2, of, first)).has_relayed()) << "after every Hello";
  EXPECT_EQ(refusal(give(hall, 2, deposit(hall, 2, of, half_of(9)))), Refusal::kConflict);
  EXPECT_TRUE(withdraw(hall, 2, of)->equals(first.view()));
  EXPECT_FALSE(withdraw(hall, 3, of));
  for (auto const& rows : hall.store.contents().tables) {
    for (auto const& [key, value] : rows) {
      EXPECT_EQ(as_text(value).find(as_text(first.view())), std::string::npos);
    }
  }
  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  hall.inboxes.clear();
  EXPECT_FALSE(withdraw(hall, 2, of)) << "in memory only";
}

// Harm: a deposit that somebody else made, or of a past or an imagined attempt, takes a place or opens nothing.
TEST(Halves, OnlyAnOwnersOwnOfAnAttemptThatIsOrComes) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  auto const half = half_of(1);
  auto stolen = deposit(hall, 2, {1, 1}, half);
  EXPECT_EQ(refusal(give(hall, 3, stolen)), Refusal::kBadSignature);
  stolen.signature.data[0] ^= 1;
  EXPECT_EQ(refusal(give(hall, 2, stolen)), Refusal::kBadSignature);
  EXPECT_EQ(refusal(give(hall, hall.meeting.clerk(), deposit(hall, hall.meeting.clerk(), {1, 1}, half))),
            Refusal::kNotAuthorised);
  for (auto const& of : {HalfOf{1, 3}, HalfOf{2, 1}, HalfOf{0, 1}, HalfOf{1, 0}}) {
    EXPECT_EQ(refusal(give(hall, 2, deposit(hall, 2, of, half))), Refusal::kWrongPhase);
  }
  EXPECT_EQ(refusal(give(hall, 2, deposit(hall, 2, {1, 1}, Secret::copy_of(Bytes(31, 1))))), Refusal::kMalformed);
  EXPECT_EQ(refusal(hall.ask(2, ServerFixture::relay_frame(0, RelayKind::kDeposit, as_bytes("x")))),
            Refusal::kMalformed);
}

// Harm: an expert whose laptop was replaced can not vote in the next batch, because the old one's half is kept.
TEST(Halves, AReplacedLaptopDepositsItsOwn) {
  auto options = small();
  options.experts = options.committee_size = 5;
  ServerFixture hall(options);
  hall.begin();
  HalfOf const of{1, 1};
  ASSERT_TRUE(give(hall, 2, deposit(hall, 2, of, half_of(1))).has_relayed());
  hall.new_slip(2);
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.enrol(2, 1).has_enrolled());
  auto const chair = hall.meeting.chair();
  auto const change =
      to_bytes(as_bytes(hall.pushes(hall.sessions.at(chair), v2::ServerFrame::kProposal).back().proposal().entry()));
  for (auto const p : {chair, hall.meeting.supervisor()}) hall.ask(p, hall.countersign_frame(change, p));
  hall.sessions[2] = hall.hello(2, 1);
  ASSERT_TRUE(give(hall, 2, deposit(hall, 2, of, half_of(2))).has_relayed());
  EXPECT_TRUE(withdraw(hall, 2, of)->equals(half_of(2).view()));
}

// Harm: what was erased everywhere is opened from an old block with a half that nobody forgot.
TEST(Halves, AreForgottenWhenTheAttemptHasEnded) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  ASSERT_TRUE(give(hall, 2, deposit(hall, 2, {1, 1}, half_of(1))).has_relayed());
  hall.take_by(hall.meeting.office(), meeting::Void{hall.meeting.batch_open(), {}, "power cut"});
  EXPECT_FALSE(withdraw(hall, 2, {1, 1}));
}

// Harm: the server's disk with its key file opens every onion, although the trustees hold half of the key.
TEST(Halves, WhatIsKeptOfAnAttemptOpensWithTheServersHalfOnly) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.cast(1);
  auto const contents = hall.store.contents();
  auto const config = hall.config();
  auto const trustee = hall.meeting.record.slots()[1];
  auto const both = crypto::combine_keys(config.seal_key, hall.held.at({trustee, {1, 1}}));
  std::size_t rows = 0;
  for (auto const table : {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kTrustee}) {
    for (auto const& [row, sealed] : contents[table]) {
      ++rows;
      EXPECT_FALSE(crypto::unseal(config.seal_key, sealed, row));
      EXPECT_TRUE(crypto::unseal(both, sealed, row)) << static_cast<int>(table);
    }
  }
  EXPECT_GE(rows, 5U);
}

// Harm: keys are in the log whose secrets go with one dead disk, and the attempt with them.
TEST(Halves, BatchKeysWaitUntilSomebodyHoldsTheirHalf) {
  ServerFixture hall(small());
  hall.holders_answer = false;
  hall.begin();
  hall.settle();
  auto const is_logged = [&] { return hall.core->record().pending_keys().contains({1, 0}); };
  EXPECT_FALSE(is_logged());
  EXPECT_FALSE(hall.store.contents()[Table::kTrustee].empty()) << "made, and durable";
  hall.holders_answer = true;
  auto const trustee = hall.meeting.record.slots()[1];
  hall.hello(trustee);  // deposited again
  hall.settle();
  EXPECT_TRUE(is_logged());
  EXPECT_TRUE(hall.held.contains({trustee, HalfOf{1, 1}}));
}

// Harm: the same with one trustee, where nobody else could ever answer.
TEST(Halves, AServerThatIsTheOnlyTrusteeNeedsNone) {
  ServerFixture hall(small(1));
  hall.begin();
  hall.run_batch(1);
  EXPECT_EQ(hall.core->record().attempt()->phase, meeting::BatchPhase::kDeclared);
  EXPECT_TRUE(hall.held.empty());
}

// Harm: a restarted server says "keys lost" and the batch is voided, although a trustee holds what it needs; or it
// takes payloads that it can not keep.
TEST(Halves, AfterARestartEverythingWaitsForTheHalfAndThenGoesOn) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  auto const request = hall.token_request(2);
  auto const trustee = hall.meeting.record.slots()[1];
  hall.holders_answer = false;
  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  EXPECT_EQ(hall.core->awaited_holders(), (std::vector<PersonId>{trustee}));
  EXPECT_NE(hall.core->trustee_status().state, TrusteeState::kKeysLost);
  EXPECT_EQ(refusal(hall.submit(2, request.entry, request.payload)), Refusal::kBusy);
  auto const before = hall.core->record().size();
  hall.take(3, hall.meeting.make_sign_out(3));
  EXPECT_EQ(hall.core->record().size(), before + 1) << "what has no payload goes on";

  hall.inboxes.clear();
  hall.holders_answer = true;
  hall.hello(trustee);
  hall.settle();
  EXPECT_TRUE(hall.core->awaited_holders().empty());
  EXPECT_EQ(hall.pushes(hall.sessions.at(1), v2::ServerFrame::kIssued).size(), 2U)
      << "who was connected all the time is told now";
  ASSERT_TRUE(hall.submit(2, request.entry, request.payload).has_accepted());
  hall.settle();
  hall.issue(1, 2);
  hall.collect_answers(2);
  hall.cast(1);
  hall.cast(2);
}

// Harm: a trustee that lies about the half, or has lost it, makes the server take rubbish for its state.
TEST(Halves, OneThatDoesNotOpenIsAskedOfTheNextHolder) {
  ServerFixture hall(small(3));
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  auto const first = hall.meeting.record.slots()[1];
  auto const second = hall.meeting.record.slots()[2];
  hall.restart();
  hall.held.insert_or_assign({first, HalfOf{1, 1}}, half_of(77));
  hall.hello(first);
  hall.settle();
  EXPECT_EQ(hall.core->awaited_holders(), (std::vector<PersonId>{second}));
  hall.hello(second);
  hall.settle();
  EXPECT_TRUE(hall.core->awaited_holders().empty());
  hall.hello(1);
  EXPECT_EQ(hall.pushes(hall.sessions.at(1), v2::ServerFrame::kIssued).size(), 3U);
}

// Harm: a batch that can never go on, because everybody waits for a half that nobody has any more.
TEST(Halves, WhenNobodyHasItTheAttemptIsVoidedAndVotedAgain) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.restart();
  hall.held.clear();
  for (auto const p : hall.people()) hall.hello(p);
  hall.settle();
  EXPECT_TRUE(hall.core->awaited_holders().empty());
  EXPECT_EQ(hall.core->trustee_status().state, TrusteeState::kKeysLost);
  hall.take_by(hall.meeting.office(), meeting::Void{hall.meeting.batch_open(), {}, "the half is lost"});
  hall.settle();
  hall.run_batch(1);
  EXPECT_EQ(hall.core->record().attempts(1), 2U);
  EXPECT_EQ(hall.core->record().attempt()->phase, meeting::BatchPhase::kDeclared);
}

// ---- Relays -------------------------------------------------------------------------------------------------------

// Harm: the server keeps what one person's program tells another's, or gives it to somebody else.
TEST(Relays, AreHandedToTheReceiverAndKeptNowhere) {
  ServerFixture hall(small());
  hall.begin();
  auto const supervisor = hall.meeting.supervisor();
  auto const before = hall.store.contents();
  auto const body = as_bytes("sealed to the supervisor");
  ASSERT_TRUE(hall.ask(1, ServerFixture::relay_frame(supervisor, RelayKind::kSpoil, body)).has_relayed());
  auto const pushes = hall.pushes(hall.sessions.at(supervisor), v2::ServerFrame::kRelay);
  ASSERT_FALSE(pushes.empty());
  EXPECT_EQ(pushes.back().relay().from(), 1U);
  EXPECT_EQ(pushes.back().relay().kind(), v2::RELAY_KIND_SPOIL);
  EXPECT_EQ(pushes.back().relay().body(), as_text(body));
  for (auto const p : hall.people()) {
    if (p == supervisor) continue;
    for (auto const& push : hall.pushes(hall.sessions.at(p), v2::ServerFrame::kRelay)) {
      EXPECT_EQ(push.relay().from(), meeting::kServer);
    }
  }
  EXPECT_EQ(hall.store.contents().tables, before.tables);
}

// Harm: a message for somebody who is away is lost without a word, or one person fills everybody's connection.
TEST(Relays, AreRefusedWithoutAReceiverAndBeyondTheirBounds) {
  ServerFixture hall(small());
  hall.begin();
  auto const supervisor = hall.meeting.supervisor();
  auto const relay = [&](PersonId to, RelayKind kind, ByteView body) {
    return hall.ask(1, ServerFixture::relay_frame(to, kind, body));
  };
  auto const some = as_bytes("x");
  EXPECT_EQ(refusal(relay(99, RelayKind::kSpoil, some)), Refusal::kUnknown);
  EXPECT_EQ(refusal(relay(1, RelayKind::kSpoil, some)), Refusal::kUnknown);
  EXPECT_EQ(refusal(relay(0, RelayKind::kSpoil, some)), Refusal::kNotAuthorised) << "nothing for a server";
  EXPECT_EQ(refusal(relay(supervisor, static_cast<RelayKind>(0), some)), Refusal::kOutOfRange);
  EXPECT_EQ(refusal(relay(supervisor, static_cast<RelayKind>(7), some)), Refusal::kOutOfRange);
  EXPECT_EQ(refusal(relay(supervisor, RelayKind::kSpoil, Bytes(meeting::kRelayBytesMax + 1))), Refusal::kTooLarge);

  hall.core->closed(hall.sessions.at(supervisor));
  EXPECT_EQ(refusal(relay(supervisor, RelayKind::kSpoil, some)), Refusal::kBusy);
  hall.hello(supervisor);
  hall.now_ms += 60'000;
  std::size_t handed_on = 0;
  while (relay(supervisor, RelayKind::kOpening, some).has_relayed()) ++handed_on;
  EXPECT_EQ(handed_on, 256U);
  hall.now_ms += 1'000;
  for (int i = 0; i < 32; ++i) EXPECT_TRUE(relay(supervisor, RelayKind::kOpening, some).has_relayed());
  EXPECT_EQ(refusal(relay(supervisor, RelayKind::kOpening, some)), Refusal::kBusy);
  hall.now_ms += 60'000;
  Bytes const large(meeting::kRelayBytesMax);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(relay(supervisor, RelayKind::kOpening, large).has_relayed());
  EXPECT_EQ(refusal(relay(supervisor, RelayKind::kOpening, large)), Refusal::kBusy);
  EXPECT_TRUE(hall.ask(2, ServerFixture::relay_frame(supervisor, RelayKind::kSpoil, some)).has_relayed())
      << "nobody else is held back";
}

}  // namespace
}  // namespace piaojue::server::test
