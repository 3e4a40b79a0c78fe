// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "server/draft.h"
#include "server/probation.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;

v2::ServerFrame parsed(Frame const& bytes) {
  v2::ServerFrame frame;
  frame.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()));
  return frame;
}

/// What this session is sent when it says Hello.
std::vector<v2::ServerFrame> greeted(ServerFixture& hall, Core& core, SessionId session, PersonId person) {
  core.open(session, {hall.spki(person), "192.0.2.1", {}, {}});
  v2::ClientFrame hello;
  hello.set_id(1);
  hello.mutable_hello();
  core.on_frame(session, as_bytes(hello.SerializeAsString()));
  std::vector<v2::ServerFrame> out;
  for (auto const& output : core.take_group().outputs) {
    auto const* bytes = std::get_if<Frame>(&output.what);
    if (bytes && output.session == session) out.push_back(parsed(*bytes));
  }
  return out;
}

/// What a person who connects anew and has nothing is told, without Status and what is sealed afresh each time.
std::vector<std::string> told(ServerFixture& hall, Core& core, PersonId person) {
  SessionId const session = 1'000'000 + person;
  std::vector<std::string> out;
  for (auto const& frame : greeted(hall, core, session, person)) {
    if (!frame.has_status() && !frame.has_relay()) out.push_back(frame.SerializeAsString());
  }
  core.closed(session);
  return out;
}

/// A Core out of the store, to which the other trustees have given the halves back.
std::unique_ptr<Core> revive(ServerFixture& hall) {
  auto core = must(Core::recover(hall.config(), must(hall.store.load())));
  if (core->awaited_holders().empty()) return core;
  for (auto const holder : core->awaited_holders()) {
    SessionId const session = 2'000'000 + holder;
    for (auto const& frame : greeted(hall, *core, session, holder)) {
      if (!frame.has_relay() || frame.relay().kind() != v2::RELAY_KIND_WITHDRAW) continue;
      auto const of = must(meeting::parse_half_of(as_bytes(frame.relay().body())));
      auto const& half = hall.held.at({holder, of});
      meeting::ReturnedHalf const returned{of,
                                           must(crypto::seal_to(hall.meeting.manifest.server_box_key, half.view()))};
      auto answer = ServerFixture::relay_frame(0, meeting::RelayKind::kReturn, meeting::encode_returned(returned));
      answer.set_id(2);
      core->on_frame(session, as_bytes(answer.SerializeAsString()));
      core->take_group();
    }
    core->closed(session);
  }
  return core;
}

// Harm: "you have voted", said by a server that forgets it at the next power cut.
TEST(Commit, NothingLeavesBeforeItIsDurable) {
  ServerFixture hall(small());
  hall.begin();
  auto const session = hall.sessions.at(2);
  auto const entry = hall.meeting.signed_by(hall.meeting.make_sign_out(2), {2});
  auto const before = hall.store.contents();
  hall.inbox(session).clear();

  hall.send(session, ServerFixture::submit_frame(entry));
  auto const group = hall.core->take_group();
  EXPECT_FALSE(group.writes.empty());
  EXPECT_FALSE(group.outputs.empty()) << "they come with the writes that they rest on";
  EXPECT_EQ(hall.store.contents().tables, before.tables) << "Core itself makes nothing durable";
}

// Harm: the same, by a disk that fails: the expert must learn that she has to repeat it.
TEST(Commit, AFailedOneAcknowledgesNothingAndTheRepeatedRequestIsTakenAfterwards) {
  for (bool const applied : {false, true}) {
    ServerFixture hall(small());
    hall.begin();
    auto const session = hall.sessions.at(2);
    auto const entry = hall.meeting.signed_by(hall.meeting.make_sign_out(2), {2});
    hall.inbox(session).clear();
    hall.store.fail_after(0, applied);
    hall.send(session, ServerFixture::submit_frame(entry));
    EXPECT_FALSE(hall.settle());
    EXPECT_TRUE(hall.inbox(session).empty());

    hall.store.heal();
    hall.restart();
    EXPECT_EQ(hall.core->record().presence(2).signed_in, !applied);
    hall.hello(2);
    auto const answer = hall.submit(2, entry);
    ASSERT_TRUE(answer.has_accepted());
    EXPECT_EQ(answer.accepted().index(), hall.core->record().size() - 1);
    EXPECT_FALSE(hall.core->record().presence(2).signed_in);
  }
}

// Harm: a second sign-in, request or envelope out of a broken connection.
TEST(Commit, ARequestThatIsRepeatedGetsTheSameAnswerAndDoesNothingAgain) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  auto const size = hall.core->record().size();
  auto const request = hall.token_request(1);
  auto const first = hall.submit(1, request.entry, request.payload);
  ASSERT_TRUE(first.has_accepted());
  auto const after = hall.core->record().size();
  EXPECT_GT(after, size);
  for (int i = 0; i < 2; ++i) {
    auto const again = hall.submit(1, request.entry, request.payload);
    ASSERT_TRUE(again.has_accepted());
    EXPECT_EQ(again.accepted().index(), first.accepted().index());
    hall.restart();
    for (auto const p : hall.people()) hall.hello(p);
  }
  EXPECT_EQ(hall.core->record().size(), after);

  auto const cosign = hall.cosign_frame(1, 2);
  auto const refused = hall.ask(1, cosign);
  EXPECT_EQ(hall.ask(1, cosign).body_case(), refused.body_case());
}

// Harm: a server that comes back with another opinion of what was said, in the middle of a vote.
TEST(Recovery, EqualsTheStateBeforeTheCrashAtEveryGroupOfAMeeting) {
  ServerFixture hall(small());
  std::size_t groups = 0;
  hall.after_group = [&](CommitGroup const& group) {
    // What is in memory only is not to be compared.
    if (group.writes.empty() || hall.core->has_group()) return;
    ++groups;
    auto const revived = must(Core::recover(hall.config(), must(hall.store.load())));
    auto const& before = hall.core->record();
    auto const& after = revived->record();
    ASSERT_EQ(after.size(), before.size());
    ASSERT_EQ(after.tree().root(), before.tree().root());
    ASSERT_EQ(after.attempt().has_value(), before.attempt().has_value());
    if (after.attempt()) {
      ASSERT_EQ(after.attempt()->phase, before.attempt()->phase);
    }
    for (PersonId p = 1; p <= hall.meeting.screen(); ++p) {
      ASSERT_EQ(revived->person_of(hall.spki(p)), hall.core->person_of(hall.spki(p)));
      for (std::uint64_t index = 0; index < after.size(); ++index) {
        ASSERT_EQ(revived->witnesses().who(index, {p}), hall.core->witnesses().who(index, {p}));
      }
    }
    // The screen is not connected otherwise, so asking as the screen takes nobody's place.
    if (hall.core->person_of(hall.spki(hall.meeting.screen()))) {
      ASSERT_EQ(told(hall, *revived, hall.meeting.screen()), told(hall, *hall.core, hall.meeting.screen()));
    }
  };
  hall.begin();
  hall.run_batch(1);
  EXPECT_GT(groups, 40U);
  EXPECT_EQ(hall.core->record().attempt()->phase, BatchPhase::kDeclared);
}

// Harm: the same, seen by a laptop: what it had been told must still be so, and what waited for it still waits.
TEST(Recovery, APersonWhoConnectsAnewIsToldTheSameAsBeforeTheCrash) {
  ServerFixture hall(small());
  hall.begin();
  auto const compare = [&] {
    auto const revived = revive(hall);
    for (PersonId p = 1; p <= hall.meeting.screen(); ++p) {
      auto const after = told(hall, *revived, p);
      EXPECT_EQ(told(hall, *hall.core, p), after) << p;
      EXPECT_FALSE(after.empty());
    }
    for (auto const p : hall.people()) hall.hello(p);  // `told` took their places
  };
  compare();
  hall.open_batch(1);
  auto const request = hall.token_request(1);
  ASSERT_TRUE(hall.submit(1, request.entry, request.payload).has_accepted());
  compare();  // token work waits for the other trustee, an answer for the expert
  hall.take(2, hall.meeting.make_sign_out(2));
  meeting::SignOut home;
  home.meeting = hall.meeting.record.meeting();
  home.person = 3;
  home.sequence = 1;
  home.reason = "gone home";
  ASSERT_TRUE(hall.submit_by({hall.meeting.chair()}, home).has_pending());
  compare();
}

// Harm: a meeting with a record in the archive from which single envelopes and requests could be traced.
TEST(Delivery, EverythingOfAnAttemptIsErasedWhenItHasEnded) {
  for (bool const voided : {false, true}) {
    ServerFixture hall(small());
    hall.begin();
    if (voided) {
      hall.open_batch(1);
      hall.tokens(1);
      hall.cast(1);
      EXPECT_EQ(hall.store.contents()[Table::kEnvelope].size(), 1U);
      EXPECT_EQ(hall.store.contents()[Table::kTokenPayload].size(), 1U);
      EXPECT_EQ(hall.store.contents()[Table::kIssuedPayload].size(), 2U);
      hall.take_by(hall.meeting.office(), meeting::Void{hall.meeting.batch_open(), {}, "power cut"});
    } else {
      hall.run_batch(1);
    }
    for (auto const table : {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kMixOutput}) {
      EXPECT_TRUE(hall.store.contents()[table].empty()) << static_cast<int>(table);
    }
  }
}

// Harm: what was spoiled is fed to the mix beside what was cast after it, or an old answer opens the new tokens.
TEST(Delivery, ASpoilErasesItsCastAndTheNextOneBeginsAnew) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.cast(1);
  hall.tokens(2);
  auto const supervisor = hall.meeting.supervisor();
  auto const spoil = hall.spoil(1, supervisor);
  auto const old_onion = hall.meeting.experts.at(1).onions.at(1);
  hall.take_by({supervisor, 1}, spoil);
  EXPECT_TRUE(hall.store.contents()[Table::kEnvelope].empty());
  EXPECT_EQ(hall.store.contents()[Table::kTokenPayload].size(), 1U) << "the other's";
  EXPECT_EQ(hall.store.contents()[Table::kIssuedPayload].size(), 2U) << "likewise";
  hall.inboxes.clear();
  hall.hello(1);
  EXPECT_TRUE(hall.pushes(hall.sessions.at(1), v2::ServerFrame::kIssued).empty());

  meeting::CheckResult const agrees{hall.meeting.batch_open(), 1, 0, meeting::CheckVerdict::kAgrees};
  hall.take(supervisor, agrees);
  hall.tokens(1);
  hall.cast(1);
  EXPECT_EQ(hall.core->record().attempt()->cast_of(1), 1U);
  EXPECT_NE(hall.meeting.experts.at(1).onions.at(1), old_onion);
  EXPECT_EQ(hall.store.contents()[Table::kEnvelope].count(key_of(hall.meeting.batch_open(), 1, 1)), 1U);
  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  EXPECT_EQ(hall.pushes(hall.sessions.at(1), v2::ServerFrame::kIssued).size(), 2U) << "those of the new cast";
  hall.tokens(3);
  hall.cast(2);
  hall.cast(3);
  hall.close_and_mix();
  EXPECT_EQ(hall.core->record().attempt()->box->boxes.at(1).ballots.size(), 3U);
}

// Harm: a laptop that sends another vote than was chosen, and nobody reads of it.
TEST(Incident, ACheckThatDiffersIsSaidAtOnceAndOnce) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.cast(1);
  auto const supervisor = hall.meeting.supervisor();
  hall.take_by({supervisor, 1}, hall.spoil(1, supervisor));
  hall.take(supervisor, meeting::CheckResult{hall.meeting.batch_open(), 1, 0, meeting::CheckVerdict::kDiffers});
  auto const& entries = hall.meeting.entries;
  auto const last = std::get<meeting::Incident>(must(meeting::decode_entry(entries.back())).body);
  EXPECT_EQ(last.person, 1U);
  EXPECT_EQ(static_cast<Refusal>(last.code), Refusal::kCheckDiffers);
  EXPECT_EQ(last.digest, hall.meeting.record.tree().leaf(entries.size() - 2));
  auto const size = entries.size();
  hall.restart();
  EXPECT_EQ(hall.core->record().size(), size) << "a replay says nothing again";
}

// Harm: an expert would be issued something other than what the log says that she asked for, or could never ask again.
TEST(Payload, ATokenRequestMustBeWhatItsDigestCovers) {
  auto options = small();
  options.batches = {2};
  ServerFixture hall(options);
  hall.begin();
  hall.open_batch(1);
  auto const refused = [&](Refusal code, std::function<void(v2::TokenPayload&)> const& tamper) {
    auto const made = hall.token_request(1, tamper);
    EXPECT_EQ(refusal(hall.submit(1, made.entry, made.payload)), code);
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
    auto n = hall.meeting.attempt().keys[0].token_keys.at(1);
    n.back() = static_cast<std::uint8_t>(n.back() - 1);
    *payload.mutable_questions(0)->mutable_blinded_msgs(0) = std::string(as_text(n));
  });
  auto const made = hall.token_request(1);
  EXPECT_EQ(refusal(hall.submit(1, made.entry, as_bytes("\xff"))), Refusal::kMalformed);
  EXPECT_EQ(refusal(hall.submit(1, made.entry)), Refusal::kConflict);
  EXPECT_TRUE(hall.submit(1, made.entry, made.payload).has_accepted()) << "none of it was held against her";
  EXPECT_TRUE(hall.core->record().attempt()->incidents.empty());
}

// Harm: two ballots for one expert.
TEST(Payload, ASecondTokenRequestIsRefusedAndNotForgotten) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  auto const record = hall.meeting.record;
  meeting::TokenRequest const other{hall.meeting.batch_open(), 1, 0, crypto::sha256({as_bytes("other")})};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(refusal(hall.submit(1, hall.meeting.signed_by(other, {1}))), Refusal::kAlreadyIssued);
    EXPECT_EQ(hall.core->record().attempt()->incidents.size(), 1U);
    EXPECT_EQ(hall.core->record().size(), record.size() + 1);
  }
  // What somebody else signed in her name is not held against her.
  ServerFixture second(small());
  second.begin();
  second.open_batch(1);
  second.tokens(1);
  meeting::TokenRequest const forged{second.meeting.batch_open(), 1, 0, crypto::sha256({as_bytes("other")})};
  std::swap(second.meeting.people[1], second.meeting.people[2]);
  EXPECT_TRUE(second.submit(1, second.meeting.signed_by(forged, {1})).has_refused());
  EXPECT_TRUE(second.core->record().attempt()->incidents.empty());
}

// Harm: one copied or crippled onion would make every hop refuse the whole batch, or leave a row out unseen.
TEST(Payload, AnEnvelopeMustHoldEveryOnionInItsOneSizeAndNoCopies) {
  auto options = small();
  options.batches = {2};
  ServerFixture hall(options);
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.tokens(2);
  auto const refused = [&](PersonId person, Refusal code, std::function<void(meeting::Onions&)> const& tamper) {
    auto const made = hall.envelope(person, tamper);
    EXPECT_EQ(refusal(hall.submit(person, made.entry, made.payload)), code);
  };
  refused(1, Refusal::kConflict, [](auto& onions) { onions.erase(1); });
  refused(1, Refusal::kConflict, [](auto& onions) { onions[3] = onions[1]; });
  refused(1, Refusal::kMixSize, [](auto& onions) { onions[1].push_back(0); });
  refused(1, Refusal::kMixSize, [](auto& onions) { onions[1].pop_back(); });
  refused(1, Refusal::kConflict, [](auto& onions) { onions[1] = onions[2]; });
  auto const first = hall.envelope(1);
  auto const second = hall.envelope(1);
  EXPECT_EQ(refusal(hall.submit(1, first.entry, second.payload)), Refusal::kConflict);
  ASSERT_TRUE(hall.submit(1, first.entry, first.payload).has_accepted());

  meeting::Onions copied;
  {
    v2::EnvelopePayload payload;
    payload.ParseFromArray(first.payload.data(), static_cast<int>(first.payload.size()));
    for (auto const& onion : payload.onions()) copied[onion.question()] = to_bytes(as_bytes(onion.onion()));
  }
  refused(2, Refusal::kConflict, [&](auto& onions) { onions[1] = copied[1]; });
  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  refused(2, Refusal::kConflict, [&](auto& onions) { onions[2] = copied[2]; });
  hall.cast(2);
}

// Harm: a hop could log one output and hand on another, and nobody could say later which one it was.
TEST(Payload, AMixStepMustBeWhatItsHashCoversAndTheNextHopGetsIt) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  for (auto const p : hall.experts()) hall.tokens(p);
  for (auto const p : hall.experts()) hall.cast(p);
  hall.close_batch();
  auto const trustee = hall.meeting.manifest.trustees.at(1);
  ASSERT_EQ(hall.core->record().attempt()->mixes.size(), 1U) << "trustee 0 has mixed";
  ASSERT_EQ(hall.pushes(hall.sessions.at(trustee), v2::ServerFrame::kMixWork).size(), 1U);

  auto const refused = [&](Refusal code, std::function<void(v2::MixPayload&)> const& tamper) {
    auto const made = hall.mix(1, tamper);
    EXPECT_EQ(refusal(hall.submit(trustee, made.entry, made.payload)), code);
  };
  refused(Refusal::kConflict, [](auto& payload) { (*payload.mutable_salt())[0] ^= 1; });
  refused(Refusal::kConflict, [](auto& payload) { payload.mutable_salt()->pop_back(); });
  refused(Refusal::kConflict, [](auto& payload) { payload.mutable_questions(0)->mutable_items()->SwapElements(0, 1); });
  refused(Refusal::kConflict, [](auto& payload) { payload.clear_questions(); });
  refused(Refusal::kMixSize, [](auto& payload) { payload.mutable_questions(0)->mutable_items()->RemoveLast(); });
  refused(Refusal::kMixSize, [](auto& payload) { payload.mutable_questions(0)->mutable_items(0)->pop_back(); });

  // A trustee whose laptop starts again is given its input again.
  hall.restart();
  hall.inboxes.clear();
  for (auto const p : hall.people()) hall.hello(p);
  auto const made = hall.mix(1);
  ASSERT_TRUE(hall.submit(trustee, made.entry, made.payload).has_accepted());
  hall.settle();
  EXPECT_EQ(hall.core->record().attempt()->phase, BatchPhase::kConfirming) << "the box follows by itself";
  EXPECT_EQ(hall.core->record().attempt()->box->boxes.at(1).ballots.size(), 3U);
}

// Harm: entries with bytes beside them that nothing covers.
TEST(Payload, OtherEntriesHaveNone) {
  ServerFixture hall(small());
  hall.begin();
  auto const entry = hall.meeting.signed_by(hall.meeting.make_sign_out(2), {2});
  EXPECT_EQ(refusal(hall.submit(2, entry, as_bytes("x"))), Refusal::kMalformed);
}

// Harm: a split view would be cosigned away by whoever answers for it.
TEST(Cosign, OnlyOwnSignaturesOverThisTree) {
  ServerFixture hall(small());
  hall.begin();
  auto const size = hall.meeting.record.size();
  EXPECT_EQ(refusal(hall.ask(1, hall.cosign_frame(2, size))), Refusal::kNotAuthorised);
  auto wrong = hall.cosign_frame(1, size);
  {
    auto const root = crypto::sha256({as_bytes("another hall")});
    auto const signed_wrong =
        log::cosign({hall.meeting.manifest.origin(), size, root}, 1, 5, hall.meeting.people.at(1).witness);
    auto& cosignature = *wrong.mutable_cosign()->mutable_cosignature();
    cosignature.set_root(std::string(as_text(root.view())));
    cosignature.set_time_s(5);
    cosignature.set_signature(std::string(as_text(signed_wrong.signature.view())));
  }
  EXPECT_EQ(refusal(hall.ask(1, wrong)), Refusal::kLogInconsistent);
  auto forged = hall.cosign_frame(1, size);
  forged.mutable_cosign()->mutable_cosignature()->set_time_s(6);
  EXPECT_EQ(refusal(hall.ask(1, forged)), Refusal::kBadSignature);
  auto beyond = hall.cosign_frame(1, size);
  beyond.mutable_cosign()->mutable_cosignature()->set_tree_size(size + 1);
  EXPECT_EQ(refusal(hall.ask(1, beyond)), Refusal::kOutOfRange);
  EXPECT_TRUE(hall.store.contents()[Table::kCosignature].empty());

  ASSERT_TRUE(hall.ask(1, hall.cosign_frame(1, size)).has_accepted());
  auto const pushes = hall.pushes(hall.sessions.at(2), v2::ServerFrame::kCosignatures);
  ASSERT_EQ(pushes.size(), 1U);
  EXPECT_EQ(pushes[0].cosignatures().cosignatures(0).person(), 1U);
}

// Harm: one laptop that lacks everything again and again, and the server does nothing else.
TEST(CatchUp, TheWholeLogAgainAndAgainIsNotGiven) {
  ServerFixture hall(small());
  hall.limits.hellos_per_person = {4, 1};
  hall.restart();
  hall.begin();  // everybody's Hello
  v2::ClientFrame hello;
  hello.mutable_hello();
  ASSERT_TRUE(hall.ask(1, hello).has_welcome()) << "one, and one for what is pushed";
  EXPECT_EQ(refusal(hall.ask(1, hello)), Refusal::kBusy);
  EXPECT_TRUE(hall.ask(2, hello).has_welcome()) << "not for others";
  hello.mutable_hello()->set_next_index(hall.core->record().size());
  EXPECT_TRUE(hall.ask(1, hello).has_welcome()) << "that lacks nothing";
  EXPECT_EQ(refusal(hall.ask(1, hello)), Refusal::kBusy);
  hall.now_ms += 2000;
  hello.mutable_hello()->set_next_index(0);
  EXPECT_TRUE(hall.ask(1, hello).has_welcome());
}

// Harm: everybody learns from whom the office thinks that others have to stand back; or nobody is asked.
TEST(CatchUp, AnExpertIsToldWhatIsSuggestedToHimAndNobodyElseIs) {
  ServerFixture hall(small());
  must(hall.store.commit(must(write_draft(hall.meeting.manifest, {{1, 1, "同一单位"}, {2, 1, "同名"}}))));
  hall.restart();
  hall.begin();
  v2::ClientFrame hello;
  hello.mutable_hello()->set_next_index(hall.core->record().size());
  auto const first = hall.ask(1, hello).welcome();
  ASSERT_EQ(first.suggested_size(), 1);
  EXPECT_EQ(first.suggested(0).question(), 1U);
  EXPECT_EQ(first.suggested(0).reason(), "同一单位");
  EXPECT_EQ(hall.ask(3, hello).welcome().suggested_size(), 0);
  for (auto const& bytes : hall.core->record().manifest().candidates) EXPECT_NE(bytes.group_opinion, "同一单位");
  EXPECT_TRUE(hall.core->record().recusals().empty()) << "none of it counts";
}

// Harm: before it is open a meeting has no name on the wall; or what was drafted stands there when something else was
// signed.
TEST(CatchUp, TitleAndDateOfTheDraftAreToldOnlyBeforeTheMeetingIsOpen) {
  ServerFixture hall(small());
  hall.enrol_all();
  for (auto const p : hall.people()) hall.hello(p);
  v2::ClientFrame hello;
  hello.mutable_hello()->set_next_index(0);
  auto const before = hall.ask(1, hello).welcome();
  EXPECT_EQ(before.title(), hall.meeting.manifest.title);
  EXPECT_EQ(before.date(), hall.meeting.manifest.date);
  hall.open_meeting();
  hello.mutable_hello()->set_next_index(hall.core->record().size());
  EXPECT_EQ(hall.ask(1, hello).welcome().title(), "");
}

v2::ClientFrame countdown_frame(std::uint32_t seconds) {
  v2::ClientFrame frame;
  frame.mutable_set_countdown()->set_seconds(seconds);
  return frame;
}

/// As last told to this person; nothing: none is shown.
std::optional<std::uint32_t> countdown_told(ServerFixture& hall, PersonId person) {
  auto const told = hall.pushes(hall.sessions.at(person), v2::ServerFrame::kStatus);
  if (told.empty() || !told.back().status().has_countdown_s()) return std::nullopt;
  return told.back().status().countdown_s();
}

// Harm: anybody hurries the hall, or the server is made to tell everybody something a thousand times a second.
TEST(ACountdown, IsSetByAChairWhileSomethingIsVotedOnAndToldToEverybody) {
  ServerFixture hall(small());
  hall.begin();
  PersonId const chair = hall.core->record().office(meeting::kNobody).chairs.front();
  PersonId const other = chair == 2 ? 3 : 2;
  EXPECT_EQ(refusal(hall.ask(chair, countdown_frame(60))), Refusal::kWrongPhase);
  hall.open_batch(1);
  EXPECT_EQ(refusal(hall.ask(other, countdown_frame(60))), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(hall.ask(chair, countdown_frame(3601))), Refusal::kOutOfRange);
  auto const size = hall.core->record().size();
  ASSERT_TRUE(hall.ask(chair, countdown_frame(60)).has_relayed());
  EXPECT_EQ(countdown_told(hall, other), 60U);
  hall.now_ms += 20'000;
  hall.hello(other);
  EXPECT_EQ(countdown_told(hall, other), 40U) << "who comes later sees what is left";
  hall.now_ms += 60'000;
  hall.hello(other);
  EXPECT_EQ(countdown_told(hall, other), 0U);
  EXPECT_EQ(hall.core->record().size(), size) << "nothing of it is logged, and nothing closes by it";
  ASSERT_TRUE(hall.ask(chair, countdown_frame(0)).has_relayed());
  EXPECT_EQ(countdown_told(hall, other), std::nullopt);
  int taken = 0;
  while (hall.ask(chair, countdown_frame(60)).has_relayed() && taken < 100) ++taken;
  EXPECT_LT(taken, 20);
  hall.now_ms += 2'000;
  ASSERT_TRUE(hall.ask(chair, countdown_frame(90)).has_relayed());
  EXPECT_EQ(countdown_told(hall, other), 90U);
  for (PersonId const person : hall.experts()) {
    hall.tokens(person);
    hall.cast(person);
  }
  hall.close_batch();
  EXPECT_EQ(countdown_told(hall, other), std::nullopt) << "forgotten with the vote";
}

// Harm: one push of a whole log would be beyond every frame limit, and a hundred of them beyond the memory.
TEST(CatchUp, ComesInBoundedPiecesOfWhichOnlyTheLastIsSigned) {
  ServerFixture hall(small());
  hall.limits.push_bytes = 400;
  hall.restart();
  hall.begin();
  for (std::uint64_t const from : {0, 1, 3}) {
    hall.inboxes.clear();
    auto const session = hall.hello(1, 0, from);
    auto const pushes = hall.pushes(session, v2::ServerFrame::kLog);
    ASSERT_GT(pushes.size(), 1U);
    auto next = from;
    for (auto const& push : pushes) {
      EXPECT_EQ(push.log().first_index(), next);
      std::size_t bytes = 0;
      for (auto const& entry : push.log().entries()) bytes += entry.size();
      EXPECT_TRUE(bytes <= 400 || push.log().entries_size() == 1);
      next += static_cast<std::uint64_t>(push.log().entries_size());
      EXPECT_EQ(push.log().checkpoint().empty(), next != hall.core->record().size());
    }
    EXPECT_EQ(next, hall.core->record().size());
  }
  v2::ClientFrame hello;
  hello.mutable_hello()->set_next_index(hall.core->record().size() + 1);
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(hall.spki(2)), hello)), Refusal::kLogInconsistent)
      << "somebody who knows more talked to another server";
}

// Harm: a server that was restored signs a second entry where a laptop has one already, and that laptop stops for good.
TEST(Probation, NothingIsTakenInBeforeEveryLaptopHasSaidThatItHasNoMore) {
  ServerFixture hall(small());
  hall.begin();
  Writes extended;
  std::set<Device> people;
  for (auto const p : hall.people()) people.insert({p, 0});
  write_awaited(extended, people);
  ASSERT_TRUE(hall.store.commit(extended));
  hall.restart();
  auto const size = hall.core->record().size();
  auto const notes = hall.store.contents()[Table::kCheckpoint].size();
  EXPECT_EQ(awaited_in(hall.store.contents()), people);
  // One that has more is not told what would stop it, and is still waited for.
  v2::ClientFrame hello;
  hello.mutable_hello()->set_next_index(size + 1);
  auto const first = people.begin()->first;
  auto const ahead = hall.connect(hall.spki(first));
  EXPECT_EQ(refusal(hall.ask_on(ahead, hello)), Refusal::kBusy);
  EXPECT_FALSE(hall.open(ahead));
  auto const last = people.rbegin()->first;
  v2::ClientFrame ping;
  ping.mutable_ping();
  for (auto const& [p, number] : people) {
    hall.hello(p, 0, size);
    if (p != last) hall.ask(p, ping);
  }
  auto const out = hall.meeting.signed_by(hall.meeting.make_sign_out(first), {first});
  EXPECT_EQ(refusal(hall.submit(first, out)), Refusal::kBusy);
  hall.settle();
  EXPECT_EQ(hall.core->record().size(), size);
  EXPECT_EQ(hall.store.contents()[Table::kCheckpoint].size(), notes);
  EXPECT_FALSE(awaited_in(hall.store.contents()).empty());
  // The last one, which has said Hello and may have stopped at the Welcome; and everybody begins anew.
  EXPECT_TRUE(hall.open(hall.sessions.at(last)));
  hall.ask(last, ping);
  EXPECT_FALSE(hall.open(hall.sessions.at(last)));
  EXPECT_TRUE(awaited_in(hall.store.contents()).empty());
  for (auto const& [p, number] : people) hall.hello(p, 0, size);
  EXPECT_TRUE(hall.submit(first, out).has_accepted());
  hello.mutable_hello()->set_next_index(hall.core->record().size() + 1);
  EXPECT_EQ(refusal(hall.ask_on(hall.connect(hall.spki(last)), hello)), Refusal::kLogInconsistent);
}

// Harm: the new laptop says that it has no more, and the old one, which has, is not asked; or the other way round.
TEST(Probation, BothLaptopsOfSomebodyWhoEnrolledAnewAreHeard) {
  auto options = small();
  options.experts = options.committee_size = 5;  // of three, the committee would have to sign the new keys
  ServerFixture hall(options);
  hall.begin();
  auto const old = hall.spki(2);
  hall.new_slip(2);
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.enrol(2, 1).has_enrolled());
  Writes extended;
  write_awaited(extended, {{2, 0}, {2, 1}});
  write_without(extended, {2, 3});
  ASSERT_TRUE(hall.store.commit(extended));
  hall.restart();
  auto const size = hall.core->record().size();
  v2::ClientFrame ping;
  ping.mutable_ping();
  hall.ask_on(hall.hello(2, 1, size), ping);
  EXPECT_EQ(awaited_in(hall.store.contents()), (std::set<Device>{{2, 0}, {2, 1}})) << "the row stands until all were";
  v2::ClientFrame hello;
  hello.mutable_hello()->set_next_index(size);
  hall.core->take_notices();
  auto const session = hall.connect(old);
  hall.ask_on(session, hello);
  hall.ask_on(session, ping);
  EXPECT_TRUE(awaited_in(hall.store.contents()).empty());
  EXPECT_EQ(without_in(hall.store.contents()), (std::set<PersonId>{2, 3})) << "for good";
  auto const notices = hall.core->take_notices();
  auto const said = std::ranges::find(notices, Event::kLaptopsNotHeard, &Notice::event);
  ASSERT_NE(said, notices.end());
  EXPECT_EQ(said->number, 1U) << "the other one was waited for after all";
}

// Harm: a hall that comes back one by one to a log whose last entry is a box of 24 MiB holds as many of it.
TEST(CatchUp, OfOneLogAllAreSentTheSameFrames) {
  ServerFixture hall(small());
  hall.limits.push_bytes = 400;
  hall.restart();
  hall.begin();
  std::map<SessionId, std::vector<Frame>> sent;
  hall.after_group = [&](CommitGroup const& group) {
    for (auto const& output : group.outputs) {
      auto const* frame = std::get_if<Frame>(&output.what);
      v2::ServerFrame read;
      if (frame && read.ParseFromArray((*frame)->data(), static_cast<int>((*frame)->size())) && read.has_log()) {
        sent[output.session].push_back(*frame);
      }
    }
  };
  for (std::uint64_t const from : {0, 1}) {
    auto const first = hall.hello(1, 0, from);
    auto const second = hall.hello(2, 0, from);
    ASSERT_GT(sent[first].size(), 1U);
    EXPECT_EQ(sent[first], sent[second]) << from;
  }
}

// Harm: a disk with one flipped bit, or rows of another meeting, would be served as the truth.
TEST(Recovery, RefusesAStoreThatDoesNotBelongTogether) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  auto const request = hall.token_request(1);
  ASSERT_TRUE(hall.submit(1, request.entry, request.payload).has_accepted());
  auto const good = hall.store.contents();
  auto const recovers = [&](std::function<void(Contents&)> const& damage) {
    auto contents = good;
    damage(contents);
    return Core::recover(hall.config(), contents).has_value();
  };
  EXPECT_TRUE(recovers([](auto&) {}));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kMeta].clear(); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].begin()->second[100] ^= 1; }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].erase(key_of(std::uint64_t{2})); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEntry].erase(std::prev(c[Table::kEntry].end())); }))
      << "a checkpoint has already said that it was there";
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kCosignature].begin()->second[20] ^= 1; }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kEnrolment].begin()->second.resize(50); }));
  EXPECT_FALSE(recovers([](auto& c) { c[Table::kTrustee][key_of(std::uint64_t{1})] = {}; }));
  auto config = hall.config();
  config.server_key = crypto::SigningKey::generate();
  EXPECT_FALSE(Core::recover(std::move(config), good).has_value());
}

// Harm: the same with what can only be read when its half is back: a request is never answered, and nobody is told why.
TEST(Recovery, SaysThatPayloadsAreLostAndTakesNoMore) {
  for (std::uint32_t const trustees : {1U, 2U}) {
    ServerFixture hall(small(trustees));
    hall.begin();
    hall.open_batch(1);
    hall.request(1);
    auto const request = hall.token_request(2);
    Writes damage;
    damage.erase_prefix(Table::kTokenPayload, {});
    ASSERT_TRUE(hall.store.commit(damage));
    if (trustees == 1) {
      EXPECT_FALSE(Core::recover(hall.config(), *hall.store.load())) << "it can be read at once";
      continue;
    }
    hall.restart();
    for (auto const p : hall.people()) hall.hello(p);
    auto const notices = hall.core->take_notices();
    EXPECT_TRUE(std::ranges::any_of(notices, [](auto const& one) { return one.event == Event::kPayloadsLost; }));
    EXPECT_EQ(refusal(hall.submit(2, request.entry, request.payload)), Refusal::kBusy);
    hall.take_by(hall.meeting.office(), meeting::Void{hall.meeting.batch_open(), {}, "payloads are lost"});
    hall.settle();
    hall.run_batch(1);
  }
}

}  // namespace
}  // namespace piaojue::server::test
