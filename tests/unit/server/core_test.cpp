// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;

MeetingOptions small(std::uint32_t trustees = 2) {
  MeetingOptions options;
  options.experts = 3;
  options.supervisors = 1;
  options.trustees = trustees;
  return options;
}

v1::ClientFrame get_seal_key(Hash const& batch_open) {
  v1::ClientFrame frame;
  frame.mutable_get_seal_key()->set_batch_open(std::string(as_text(batch_open.view())));
  return frame;
}

/// What a person who connects anew and has nothing is told, without Status, cosignatures put in order.
std::vector<std::string> told(Room& room, Core& core, PersonId person) {
  SessionId const session = 1'000'000 + person;
  core.open(session, room.spki(person));
  v1::ClientFrame hello;
  hello.set_id(1);
  hello.mutable_hello();
  core.on_frame(session, as_bytes(hello.SerializeAsString()));
  auto const group = core.take_group();
  std::vector<std::string> out;
  for (auto const& output : group.outputs) {
    auto const* bytes = std::get_if<Frame>(&output.what);
    if (!bytes || output.session != session) continue;
    v1::ServerFrame frame;
    frame.ParseFromArray((*bytes)->data(), static_cast<int>((*bytes)->size()));
    if (!frame.has_status()) out.push_back(frame.SerializeAsString());
  }
  core.closed(session);
  return out;
}

// Harm: "you have voted", said by a server that forgets it at the next power cut.
TEST(Commit, NothingLeavesBeforeItIsDurable) {
  Room room(small());
  room.begin();
  auto const session = room.sessions.at(2);
  auto const entry = room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 2, 1, ""}, {2});
  auto const before = room.store.contents();
  room.inbox(session).clear();

  room.send(session, Room::submit_frame(entry));
  auto const group = room.core->take_group();
  EXPECT_FALSE(group.writes.empty());
  EXPECT_FALSE(group.outputs.empty()) << "they come with the writes that they rest on";
  EXPECT_EQ(room.store.contents().tables, before.tables) << "Core itself makes nothing durable";
}

// Harm: the same, by a disk that fails: the expert must learn that she has to repeat it.
TEST(Commit, AFailedOneAcknowledgesNothingAndTheRepeatedRequestIsTakenAfterwards) {
  for (bool const applied : {false, true}) {
    Room room(small());
    room.begin();
    auto const session = room.sessions.at(2);
    auto const entry = room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 2, 1, ""}, {2});
    room.inbox(session).clear();
    room.store.fail_after(0, applied);
    room.send(session, Room::submit_frame(entry));
    EXPECT_FALSE(room.settle());
    EXPECT_TRUE(room.inbox(session).empty());

    room.store.heal();
    room.restart();
    EXPECT_EQ(room.core->record().presence(2).signed_in, !applied);
    room.hello(2);
    auto const answer = room.submit(2, entry);
    ASSERT_TRUE(answer.has_accepted());
    EXPECT_EQ(answer.accepted().index(), room.core->record().size() - 1);
    EXPECT_FALSE(room.core->record().presence(2).signed_in);
  }
}

// Harm: a second sign-in, request or envelope out of a broken connection.
TEST(Commit, ARequestThatIsRepeatedGetsTheSameAnswerAndDoesNothingAgain) {
  Room room(small());
  room.begin();
  room.open_batch(1);
  auto const size = room.core->record().size();
  auto const request = room.token_request(1);
  auto const first = room.submit(1, request.entry, request.payload);
  ASSERT_TRUE(first.has_accepted());
  auto const after = room.core->record().size();
  EXPECT_GT(after, size);
  for (int i = 0; i < 2; ++i) {
    auto const again = room.submit(1, request.entry, request.payload);
    ASSERT_TRUE(again.has_accepted());
    EXPECT_EQ(again.accepted().index(), first.accepted().index());
    room.restart();
    for (auto const p : room.people()) room.hello(p);
  }
  EXPECT_EQ(room.core->record().size(), after);

  auto const cosign = room.cosign_frame(1, 2);
  auto const refused = room.ask(1, cosign);
  EXPECT_EQ(room.ask(1, cosign).body_case(), refused.body_case());
  auto const key = room.ask(1, get_seal_key(room.meeting.batch_open()));
  ASSERT_TRUE(key.has_seal_key());
  room.restart();
  room.hello(1);
  EXPECT_EQ(room.ask(1, get_seal_key(room.meeting.batch_open())).seal_key().key(), key.seal_key().key());
}

// Harm: a server that comes back with another opinion of what was said, in the middle of a vote.
TEST(Recovery, EqualsTheStateBeforeTheCrashAtEveryGroupOfAMeeting) {
  Room room(small());
  std::size_t groups = 0;
  room.after_group = [&](CommitGroup const& group) {
    // What is in memory only is not to be compared.
    if (group.writes.empty() || room.core->has_group()) return;
    ++groups;
    auto const revived = must(Core::recover(room.config(), must(room.store.load())));
    auto const& before = room.core->record();
    auto const& after = revived->record();
    ASSERT_EQ(after.size(), before.size());
    ASSERT_EQ(after.tree().root(), before.tree().root());
    ASSERT_EQ(after.attempt().has_value(), before.attempt().has_value());
    if (after.attempt()) {
      ASSERT_EQ(after.attempt()->phase, before.attempt()->phase);
    }
    for (PersonId p = 1; p <= room.meeting.screen(); ++p) {
      ASSERT_EQ(revived->person_of(room.spki(p)), room.core->person_of(room.spki(p)));
      for (std::uint64_t index = 0; index < after.size(); ++index) {
        ASSERT_EQ(revived->witnesses().count(index, {p}), room.core->witnesses().count(index, {p}));
      }
    }
    // The screen is not connected otherwise, so asking as the screen takes nobody's place.
    if (room.core->person_of(room.spki(room.meeting.screen()))) {
      ASSERT_EQ(told(room, *revived, room.meeting.screen()), told(room, *room.core, room.meeting.screen()));
    }
  };
  room.begin();
  room.run_batch(1);
  EXPECT_GT(groups, 40U);
  EXPECT_EQ(room.core->record().attempt()->phase, BatchPhase::kDeclared);
}

// Harm: the same, seen by a laptop: what it had been told must still be so, and what waited for it still waits.
TEST(Recovery, APersonWhoConnectsAnewIsToldTheSameAsBeforeTheCrash) {
  Room room(small());
  room.begin();
  auto const compare = [&] {
    auto const revived = must(Core::recover(room.config(), must(room.store.load())));
    for (PersonId p = 1; p <= room.meeting.screen(); ++p) {
      auto const after = told(room, *revived, p);
      EXPECT_EQ(told(room, *room.core, p), after) << p;
      EXPECT_FALSE(after.empty());
    }
    for (auto const p : room.people()) room.hello(p);  // `told` took their places
  };
  compare();
  room.open_batch(1);
  auto const request = room.token_request(1);
  ASSERT_TRUE(room.submit(1, request.entry, request.payload).has_accepted());
  compare();  // token work waits for the other trustee, an answer for the expert
  room.take(2, meeting::SignOut{room.meeting.record.meeting(), 2, 1, ""});
  auto const proposal = room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 3, 1, "gone home"},
                                               {room.meeting.clerk()});
  ASSERT_TRUE(room.submit(room.meeting.clerk(), proposal).has_pending());
  compare();
}

// Harm: a meeting with a record in the archive from which single envelopes and requests could be traced.
TEST(Delivery, EverythingOfAnAttemptIsErasedWhenItHasEnded) {
  for (bool const voided : {false, true}) {
    Room room(small());
    room.begin();
    if (voided) {
      room.open_batch(1);
      room.tokens(1);
      room.cast(1);
      ASSERT_TRUE(room.ask(1, get_seal_key(room.meeting.batch_open())).has_seal_key());
      EXPECT_EQ(room.store.contents()[Table::kEnvelope].size(), 1U);
      EXPECT_EQ(room.store.contents()[Table::kTokenPayload].size(), 1U);
      EXPECT_EQ(room.store.contents()[Table::kIssuedPayload].size(), 2U);
      EXPECT_EQ(room.store.contents()[Table::kSealKey].size(), 1U);
      room.take(room.meeting.chair(), meeting::Void{room.meeting.batch_open(), {}, "power cut", false});
    } else {
      room.run_batch(1);
    }
    for (auto const table :
         {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kMixOutput, Table::kSealKey}) {
      EXPECT_TRUE(room.store.contents()[table].empty()) << static_cast<int>(table);
    }
  }
}

// Harm: a stolen laptop and the server's disk together would open the state of an expert who has long confirmed.
TEST(Delivery, ASealKeyIsMadeForAPresentExpertAndEndsWithHerConfirm) {
  Room room(small());
  room.begin();
  EXPECT_EQ(refusal(room.ask(1, get_seal_key(Hash{}))), Refusal::kUnknown);
  room.open_batch(1);
  auto const open = room.meeting.batch_open();
  EXPECT_EQ(refusal(room.ask(room.meeting.clerk(), get_seal_key(open))), Refusal::kNotOnRoll);
  auto const key = room.ask(1, get_seal_key(open)).seal_key().key();
  EXPECT_EQ(key.size(), crypto::kSealKeyBytes);
  EXPECT_NE(room.ask(2, get_seal_key(open)).seal_key().key(), key);
  auto const kept = room.store.contents();
  for (auto const& [row_key, value] : kept[Table::kSealKey]) {
    EXPECT_EQ(as_text(value).find(key), std::string::npos) << "in the clear on the disk";
  }
  for (auto const p : room.experts()) room.tokens(p);
  for (auto const p : room.experts()) room.cast(p);
  room.close_and_mix();
  room.take(1, room.meeting.make_confirm(1));
  EXPECT_EQ(refusal(room.ask(1, get_seal_key(open))), Refusal::kWrongPhase);
  EXPECT_EQ(room.store.contents()[Table::kSealKey].size(), 1U) << "hers is erased, the other's is not";
}

// Harm: an expert would be issued something other than what the log says that she asked for, or could never ask again.
TEST(Payload, ATokenRequestMustBeWhatItsDigestCovers) {
  auto options = small();
  options.batches = {2};
  Room room(options);
  room.begin();
  room.open_batch(1);
  auto const refused = [&](Refusal code, std::function<void(v1::TokenPayload&)> const& tamper) {
    auto const made = room.token_request(1, tamper);
    EXPECT_EQ(refusal(room.submit(1, made.entry, made.payload)), code);
  };
  refused(Refusal::kConflict, [](auto& payload) { payload.mutable_questions()->RemoveLast(); });
  refused(Refusal::kConflict,
          [](auto& payload) { payload.mutable_questions(0)->mutable_blinded_msgs()->RemoveLast(); });
  refused(Refusal::kConflict,
          [](auto& payload) { (*payload.mutable_questions(0)->mutable_blinded_msgs(0))[100] ^= 1; });
  refused(Refusal::kMalformed, [](auto& payload) { payload.mutable_questions()->SwapElements(0, 1); });
  refused(Refusal::kOutOfRange,
          [](auto& payload) { payload.mutable_questions(0)->mutable_blinded_msgs(0)->pop_back(); });
  refused(Refusal::kOutOfRange,
          [](auto& payload) { *payload.mutable_questions(0)->mutable_blinded_msgs(0) = std::string(256, '\0'); });
  refused(Refusal::kOutOfRange, [](auto& payload) {
    *payload.mutable_questions(0)->mutable_blinded_msgs(0) = std::string(255, '\0') + '\x01';
  });
  refused(Refusal::kOutOfRange, [&](auto& payload) {
    auto n = room.meeting.attempt().keys[0].token_keys.at(1);
    n.back() = static_cast<std::uint8_t>(n.back() - 1);
    *payload.mutable_questions(0)->mutable_blinded_msgs(0) = std::string(as_text(n));
  });
  auto const made = room.token_request(1);
  EXPECT_EQ(refusal(room.submit(1, made.entry, as_bytes("\xff"))), Refusal::kMalformed);
  EXPECT_EQ(refusal(room.submit(1, made.entry)), Refusal::kConflict);
  EXPECT_TRUE(room.submit(1, made.entry, made.payload).has_accepted()) << "none of it was held against her";
  EXPECT_TRUE(room.core->record().attempt()->incidents.empty());
}

// Harm: two ballots for one expert.
TEST(Payload, ASecondTokenRequestIsRefusedAndNotForgotten) {
  Room room(small());
  room.begin();
  room.open_batch(1);
  room.tokens(1);
  auto const record = room.meeting.record;
  meeting::TokenRequest const other{room.meeting.batch_open(), 1, crypto::sha256({as_bytes("other")})};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(refusal(room.submit(1, room.meeting.signed_by(other, {1}))), Refusal::kAlreadyIssued);
    EXPECT_EQ(room.core->record().attempt()->incidents.size(), 1U);
    EXPECT_EQ(room.core->record().size(), record.size() + 1);
  }
  // What somebody else signed in her name is not held against her.
  Room second(small());
  second.begin();
  second.open_batch(1);
  second.tokens(1);
  meeting::TokenRequest const forged{second.meeting.batch_open(), 1, crypto::sha256({as_bytes("other")})};
  std::swap(second.meeting.people[1], second.meeting.people[2]);
  EXPECT_TRUE(second.submit(1, second.meeting.signed_by(forged, {1})).has_refused());
  EXPECT_TRUE(second.core->record().attempt()->incidents.empty());
}

// Harm: one copied or crippled onion would make every hop refuse the whole batch, or leave a row out unseen.
TEST(Payload, AnEnvelopeMustHoldEveryOnionInItsOneSizeAndNoCopies) {
  auto options = small();
  options.batches = {2};
  Room room(options);
  room.begin();
  room.open_batch(1);
  room.tokens(1);
  room.tokens(2);
  auto const refused = [&](PersonId person, Refusal code, std::function<void(meeting::Onions&)> const& tamper) {
    auto const made = room.envelope(person, tamper);
    EXPECT_EQ(refusal(room.submit(person, made.entry, made.payload)), code);
  };
  refused(1, Refusal::kConflict, [](auto& onions) { onions.erase(1); });
  refused(1, Refusal::kConflict, [](auto& onions) { onions[3] = onions[1]; });
  refused(1, Refusal::kMixSize, [](auto& onions) { onions[1].push_back(0); });
  refused(1, Refusal::kMixSize, [](auto& onions) { onions[1].pop_back(); });
  refused(1, Refusal::kMixDuplicate, [](auto& onions) { onions[1] = onions[2]; });
  auto const first = room.envelope(1);
  auto const second = room.envelope(1);
  EXPECT_EQ(refusal(room.submit(1, first.entry, second.payload)), Refusal::kConflict);
  ASSERT_TRUE(room.submit(1, first.entry, first.payload).has_accepted());

  meeting::Onions copied;
  {
    v1::EnvelopePayload payload;
    payload.ParseFromArray(first.payload.data(), static_cast<int>(first.payload.size()));
    for (auto const& onion : payload.onions()) copied[onion.question()] = to_bytes(as_bytes(onion.onion()));
  }
  refused(2, Refusal::kMixDuplicate, [&](auto& onions) { onions[1] = copied[1]; });
  room.restart();
  for (auto const p : room.people()) room.hello(p);
  refused(2, Refusal::kMixDuplicate, [&](auto& onions) { onions[2] = copied[2]; });
  // What she replaced is nobody's any more.
  room.cast(1);
  EXPECT_EQ(room.store.contents()[Table::kEnvelope].size(), 1U) << "the one before is overwritten";
  auto const free = room.envelope(2, [&](auto& onions) { onions[1] = copied[1]; });
  EXPECT_TRUE(room.submit(2, free.entry, free.payload).has_accepted());
}

// Harm: a hop could log one output and hand on another, and nobody could say later which one it was.
TEST(Payload, AMixStepMustBeWhatItsHashCoversAndTheNextHopGetsIt) {
  Room room(small());
  room.begin();
  room.open_batch(1);
  for (auto const p : room.experts()) room.tokens(p);
  for (auto const p : room.experts()) room.cast(p);
  room.take(room.meeting.chair(), must(room.meeting.record.draft_batch_close()));
  auto const trustee = room.meeting.manifest.trustees.at(1);
  meeting::IssuanceClosed closed{room.meeting.batch_open(), 1, {{1, 3}}};
  room.take(trustee, closed);
  room.settle();
  ASSERT_EQ(room.core->record().attempt()->mixes.size(), 1U) << "trustee 0 has mixed";
  ASSERT_EQ(room.pushes(room.sessions.at(trustee), v1::ServerFrame::kMixWork).size(), 1U);

  auto const refused = [&](Refusal code, std::function<void(v1::MixPayload&)> const& tamper) {
    auto const made = room.mix(1, tamper);
    EXPECT_EQ(refusal(room.submit(trustee, made.entry, made.payload)), code);
  };
  refused(Refusal::kConflict, [](auto& payload) { (*payload.mutable_salt())[0] ^= 1; });
  refused(Refusal::kConflict, [](auto& payload) { payload.mutable_salt()->pop_back(); });
  refused(Refusal::kConflict, [](auto& payload) { payload.mutable_questions(0)->mutable_items()->SwapElements(0, 1); });
  refused(Refusal::kConflict, [](auto& payload) { payload.clear_questions(); });
  refused(Refusal::kMixSize, [](auto& payload) { payload.mutable_questions(0)->mutable_items()->RemoveLast(); });
  refused(Refusal::kMixSize, [](auto& payload) { payload.mutable_questions(0)->mutable_items(0)->pop_back(); });

  // A trustee whose laptop starts again is given its input again.
  room.restart();
  room.inboxes.clear();
  for (auto const p : room.people()) room.hello(p);
  auto const made = room.mix(1);
  ASSERT_TRUE(room.submit(trustee, made.entry, made.payload).has_accepted());
  room.settle();
  EXPECT_EQ(room.core->record().attempt()->phase, BatchPhase::kConfirming) << "the box follows by itself";
  EXPECT_EQ(room.core->record().attempt()->box->boxes.at(1).ballots.size(), 3U);
}

// Harm: entries with bytes beside them that nothing covers.
TEST(Payload, OtherEntriesHaveNone) {
  Room room(small());
  room.begin();
  auto const entry = room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 2, 1, ""}, {2});
  EXPECT_EQ(refusal(room.submit(2, entry, as_bytes("x"))), Refusal::kMalformed);
}

// Harm: a session of one person that speaks for another.
TEST(Submit, TheSenderIsAmongTheSigners) {
  Room room(small());
  room.begin();
  auto const entry = room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 2, 1, ""}, {2});
  EXPECT_EQ(refusal(room.submit(1, entry)), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(room.ask(1, room.countersign_frame(entry, 2))), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(room.submit(2, as_bytes("nonsense"))), Refusal::kMalformed);
}

meeting::Body sent_home(Room& room, PersonId person) {
  return meeting::SignOut{room.meeting.record.meeting(), person, room.meeting.record.presence(person).sequence,
                          "taken ill"};
}

// Harm: half-signed decisions in the log, or signatures lost in a restart that were given in the room.
TEST(Proposals, WaitForTheirSignaturesAndThenGoIntoTheLog) {
  Room room(small());
  room.begin();
  auto const clerk = room.meeting.clerk();
  auto const chair = room.meeting.chair();
  auto const entry = room.meeting.signed_by(sent_home(room, 3), {clerk});
  auto const size = room.core->record().size();
  auto const pending = room.submit(clerk, entry);
  ASSERT_TRUE(pending.has_pending());
  EXPECT_EQ(room.core->record().size(), size);
  for (auto const p : room.people()) {
    auto const pushes = room.pushes(room.sessions.at(p), v1::ServerFrame::kProposal);
    ASSERT_FALSE(pushes.empty());
    EXPECT_EQ(pushes.back().proposal().entry(), as_text(entry));
    EXPECT_EQ(pushes.back().proposal().proposal(), pending.pending().proposal());
  }
  EXPECT_TRUE(room.submit(clerk, entry).has_pending()) << "repeated";
  EXPECT_EQ(refusal(room.ask(1, room.countersign_frame(entry, 1))), Refusal::kNotAuthorised);
  auto forged = room.countersign_frame(entry, chair);
  (*forged.mutable_countersign()->mutable_signature())[0] ^= 1;
  EXPECT_EQ(refusal(room.ask(chair, forged)), Refusal::kBadSignature);
  auto unknown = room.countersign_frame(entry, chair);
  (*unknown.mutable_countersign()->mutable_proposal())[0] ^= 1;
  EXPECT_EQ(refusal(room.ask(chair, unknown)), Refusal::kUnknown);

  room.restart();
  for (auto const p : room.people()) room.hello(p);
  auto const accepted = room.ask(chair, room.countersign_frame(entry, chair));
  ASSERT_TRUE(accepted.has_accepted());
  EXPECT_EQ(room.ask(chair, room.countersign_frame(entry, chair)).accepted().index(), accepted.accepted().index());
  EXPECT_EQ(room.submit(clerk, entry).accepted().index(), accepted.accepted().index());
  EXPECT_FALSE(room.core->record().presence(3).signed_in);
  auto const closed = room.pushes(room.sessions.at(1), v1::ServerFrame::kProposalClosed);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].proposal_closed().refused_code(), 0U);
  EXPECT_TRUE(room.store.contents()[Table::kProposal].empty());
}

// Harm: somebody signs, hours later, what has become something else.
TEST(Proposals, AreClosedWhenTheLogHasMovedOn) {
  Room room(small());
  room.begin();
  auto const clerk = room.meeting.clerk();
  auto const entry = room.meeting.signed_by(sent_home(room, 3), {clerk});
  ASSERT_TRUE(room.submit(clerk, entry).has_pending());
  room.take(3, meeting::SignOut{room.meeting.record.meeting(), 3, 1, ""});
  auto const closed = room.pushes(room.sessions.at(1), v1::ServerFrame::kProposalClosed);
  ASSERT_EQ(closed.size(), 2U) << "MeetingOpen, and this one";
  EXPECT_EQ(static_cast<Refusal>(closed[1].proposal_closed().refused_code()), Refusal::kConflict);
  EXPECT_TRUE(room.store.contents()[Table::kProposal].empty());
  EXPECT_EQ(refusal(room.ask(room.meeting.chair(), room.countersign_frame(entry, room.meeting.chair()))),
            Refusal::kUnknown);
}

// Harm: one clerk's laptop out of order fills the server's memory and everybody's screen.
TEST(Proposals, TheirNumberIsBounded) {
  Room room(small());
  room.limits.proposals_per_person_max = 2;
  room.restart();
  room.begin();
  auto const clerk = room.meeting.clerk();
  auto const propose = [&](std::string const& reason) {
    return room.submit(clerk,
                       room.meeting.signed_by(meeting::SignOut{room.meeting.record.meeting(), 3, 1, reason}, {clerk}));
  };
  EXPECT_TRUE(propose("one").has_pending());
  EXPECT_TRUE(propose("two").has_pending());
  EXPECT_EQ(refusal(propose("three")), Refusal::kBusy);
}

// Harm: a split view would be cosigned away by whoever answers for it.
TEST(Cosign, OnlyOwnSignaturesOverThisTree) {
  Room room(small());
  room.begin();
  auto const size = room.meeting.record.size();
  EXPECT_EQ(refusal(room.ask(1, room.cosign_frame(2, size))), Refusal::kNotAuthorised);
  auto wrong = room.cosign_frame(1, size);
  {
    auto const root = crypto::sha256({as_bytes("another room")});
    auto const signed_wrong =
        log::cosign({room.meeting.manifest.origin(), size, root}, 1, 5, room.meeting.people.at(1).witness);
    auto& cosignature = *wrong.mutable_cosign()->mutable_cosignature();
    cosignature.set_root(std::string(as_text(root.view())));
    cosignature.set_time_s(5);
    cosignature.set_signature(std::string(as_text(signed_wrong.signature.view())));
  }
  EXPECT_EQ(refusal(room.ask(1, wrong)), Refusal::kLogInconsistent);
  auto forged = room.cosign_frame(1, size);
  forged.mutable_cosign()->mutable_cosignature()->set_time_s(6);
  EXPECT_EQ(refusal(room.ask(1, forged)), Refusal::kBadSignature);
  auto beyond = room.cosign_frame(1, size);
  beyond.mutable_cosign()->mutable_cosignature()->set_tree_size(size + 1);
  EXPECT_EQ(refusal(room.ask(1, beyond)), Refusal::kOutOfRange);
  EXPECT_TRUE(room.store.contents()[Table::kCosignature].empty());

  ASSERT_TRUE(room.ask(1, room.cosign_frame(1, size)).has_accepted());
  auto const pushes = room.pushes(room.sessions.at(2), v1::ServerFrame::kCosignatures);
  ASSERT_EQ(pushes.size(), 1U);
  EXPECT_EQ(pushes[0].cosignatures().cosignatures(0).person(), 1U);
}

// Harm: one push of a whole log would be beyond every frame limit, and a hundred of them beyond the memory.
TEST(CatchUp, ComesInBoundedPiecesOfWhichOnlyTheLastIsSigned) {
  Room room(small());
  room.limits.push_bytes = 400;
  room.restart();
  room.begin();
  for (std::uint64_t const from : {0, 1, 3}) {
    room.inboxes.clear();
    auto const session = room.hello(1, 0, from);
    auto const pushes = room.pushes(session, v1::ServerFrame::kLog);
    ASSERT_GT(pushes.size(), 1U);
    auto next = from;
    for (auto const& push : pushes) {
      EXPECT_EQ(push.log().first_index(), next);
      std::size_t bytes = 0;
      for (auto const& entry : push.log().entries()) bytes += entry.size();
      EXPECT_TRUE(bytes <= 400 || push.log().entries_size() == 1);
      next += static_cast<std::uint64_t>(push.log().entries_size());
      EXPECT_EQ(push.log().checkpoint().empty(), next != room.core->record().size());
    }
    EXPECT_EQ(next, room.core->record().size());
  }
  v1::ClientFrame hello;
  hello.mutable_hello()->set_next_index(room.core->record().size() + 1);
  EXPECT_EQ(refusal(room.ask_on(room.connect(room.spki(2)), hello)), Refusal::kLogInconsistent)
      << "somebody who knows more talked to another server";
}

// Harm: a disk with one flipped bit, or rows of another meeting, would be served as the truth.
TEST(Recovery, RefusesAStoreThatDoesNotBelongTogether) {
  Room room(small());
  room.begin();
  room.open_batch(1);
  auto const request = room.token_request(1);
  ASSERT_TRUE(room.submit(1, request.entry, request.payload).has_accepted());
  auto const good = room.store.contents();
  auto const recovers = [&](std::function<void(Contents&)> const& damage) {
    auto contents = good;
    damage(contents);
    return Core::recover(room.config(), contents).has_value();
  };
  EXPECT_TRUE(recovers([](auto&) {}));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kMeta].clear(); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].begin()->second[100] ^= 1; }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].erase(key_of(std::uint64_t{2})); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].erase(std::prev(c[Table::kEntry].end())); }))
      << "a checkpoint has already said that it was there";
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kTokenPayload].clear(); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kCosignature].begin()->second[20] ^= 1; }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEnrolment].begin()->second.resize(50); }));
  auto config = room.config();
  config.server_key = crypto::SigningKey::generate();
  EXPECT_FALSE(Core::recover(std::move(config), good).has_value());
}

}  // namespace
}  // namespace piaojue::server::test
