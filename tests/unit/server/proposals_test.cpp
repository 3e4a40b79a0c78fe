// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "protocol/meeting/codec.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

meeting::SignOut sent_home(ServerFixture& hall, PersonId person, std::string reason = "taken ill") {
  meeting::SignOut out;
  out.meeting = hall.meeting.record.meeting();
  out.person = person;
  out.sequence = hall.meeting.record.presence(person).sequence;
  out.reason = std::move(reason);
  return out;
}

std::vector<PersonId> signers_of(ByteView bytes) {
  std::vector<PersonId> out;
  for (auto const& signature : must(meeting::decode_entry(bytes)).signatures) out.push_back(signature.signer);
  return out;
}

/// Whose signatures this person was shown last.
std::vector<PersonId> shown_signers(ServerFixture& hall, PersonId person) {
  auto const pushes = hall.pushes(hall.sessions.at(person), v2::ServerFrame::kProposal);
  return signers_of(as_bytes(pushes.back().proposal().entry()));
}

// Harm: a session of one person that speaks for another.
TEST(Submit, TheSenderIsAmongTheSigners) {
  ServerFixture hall(small());
  hall.begin();
  auto const entry = hall.meeting.signed_by(hall.meeting.make_sign_out(2), {2});
  EXPECT_EQ(refusal(hall.submit(1, entry)), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(hall.ask(1, hall.countersign_frame(entry, 2))), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(hall.submit(2, as_bytes("nonsense"))), Refusal::kMalformed);
}

// Harm: half-signed decisions in the log, or signatures lost in a restart that were given in the hall.
TEST(Proposals, WaitForTheirSignaturesAndThenGoIntoTheLog) {
  ServerFixture hall(small());
  hall.begin();
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  auto const entry = hall.meeting.signed_by(sent_home(hall, 3), {chair});
  auto const size = hall.core->record().size();
  auto const pending = hall.submit(chair, entry);
  ASSERT_TRUE(pending.has_pending());
  EXPECT_EQ(hall.core->record().size(), size);
  for (auto const p : {chair, supervisor, hall.meeting.clerk()}) {
    auto const pushes = hall.pushes(hall.sessions.at(p), v2::ServerFrame::kProposal);
    ASSERT_FALSE(pushes.empty());
    EXPECT_EQ(pushes.back().proposal().entry(), as_text(entry));
    EXPECT_EQ(pushes.back().proposal().proposal(), pending.pending().proposal());
  }
  EXPECT_TRUE(hall.submit(chair, entry).has_pending()) << "repeated";
  auto const clerk = hall.meeting.clerk();
  EXPECT_EQ(refusal(hall.ask(clerk, hall.countersign_frame(entry, clerk))), Refusal::kNotAuthorised);
  auto forged = hall.countersign_frame(entry, supervisor);
  (*forged.mutable_countersign()->mutable_signature())[0] ^= 1;
  EXPECT_EQ(refusal(hall.ask(supervisor, forged)), Refusal::kBadSignature);
  auto unknown = hall.countersign_frame(entry, supervisor);
  (*unknown.mutable_countersign()->mutable_proposal())[0] ^= 1;
  EXPECT_EQ(refusal(hall.ask(supervisor, unknown)), Refusal::kUnknown);

  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  auto const accepted = hall.ask(supervisor, hall.countersign_frame(entry, supervisor));
  ASSERT_TRUE(accepted.has_accepted());
  EXPECT_EQ(hall.ask(supervisor, hall.countersign_frame(entry, supervisor)).accepted().index(),
            accepted.accepted().index());
  EXPECT_EQ(hall.submit(chair, entry).accepted().index(), accepted.accepted().index());
  EXPECT_FALSE(hall.core->record().presence(3).signed_in);
  auto const closed = hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposalClosed);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].proposal_closed().refused_code(), 0U);
  EXPECT_TRUE(hall.store.contents()[Table::kProposal].empty());
}

// Harm: a laptop is told "accepted" of an entry that does not bear its signature, and believes in a split log.
TEST(Proposals, ASignatureThatComesTooLateIsToldSo) {
  ServerFixture hall(small());
  hall.begin();
  auto const entry = hall.meeting.signed_by(sent_home(hall, 3), {hall.meeting.chair()});
  ASSERT_TRUE(hall.submit(hall.meeting.chair(), entry).has_pending());
  auto const supervisor = hall.meeting.supervisor();
  ASSERT_TRUE(hall.ask(supervisor, hall.countersign_frame(entry, supervisor)).has_accepted());
  EXPECT_EQ(refusal(hall.ask(1, hall.countersign_frame(entry, 1))), Refusal::kConflict);
}

// Harm: somebody signs, hours later, what has become something else.
TEST(Proposals, AreClosedWhenTheLogHasMovedOn) {
  ServerFixture hall(small());
  hall.begin();
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  auto const entry = hall.meeting.signed_by(sent_home(hall, 3), {chair});
  ASSERT_TRUE(hall.submit(chair, entry).has_pending());
  bool traceless = false;
  hall.after_group = [&](CommitGroup const& group) {
    for (auto const& write : group.writes.list) {
      if (write.table == Table::kProposal) traceless = group.writes.truncate_journal;
    }
  };
  hall.take(3, hall.meeting.make_sign_out(3));
  EXPECT_TRUE(traceless) << "nobody needs to know any more who had signed it";
  auto const closed = hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposalClosed);
  ASSERT_EQ(closed.size(), 2U) << "MeetingOpen, and this one";
  EXPECT_EQ(static_cast<Refusal>(closed[1].proposal_closed().refused_code()), Refusal::kConflict);
  EXPECT_TRUE(hall.store.contents()[Table::kProposal].empty());
  EXPECT_EQ(refusal(hall.ask(supervisor, hall.countersign_frame(entry, supervisor))), Refusal::kUnknown);
}

// Harm: one chair's laptop out of order fills the server's memory and everybody's screen.
TEST(Proposals, TheirNumberIsBounded) {
  ServerFixture hall(small());
  hall.limits.proposals_per_person_max = 2;
  hall.restart();
  hall.begin();
  auto const propose = [&](std::string const& reason) {
    return hall.submit_by({hall.meeting.chair()}, sent_home(hall, 3, reason));
  };
  EXPECT_TRUE(propose("one").has_pending());
  EXPECT_TRUE(propose("two").has_pending());
  EXPECT_EQ(refusal(propose("three")), Refusal::kBusy);
}

// Harm: a few who ask for this and that without end, and nobody else can propose anything any more: also after a
// restart, when it is not known any more who had asked.
TEST(Proposals, FewDoNotKeepOthersOut) {
  ServerFixture hall(small());
  hall.limits.proposals_per_person_max = 2;
  hall.limits.proposals_max = 4;
  hall.restart();
  hall.begin();
  auto const ask = [&](PersonId person, std::string const& reason) {
    return hall.submit(person, hall.meeting.signed_by(sent_home(hall, 3, reason), {}));
  };
  for (PersonId const p : {1, 2}) {
    for (auto const* reason : {"one", "two"}) ASSERT_TRUE(ask(p, std::to_string(p) + reason).has_pending());
  }
  auto const chair = hall.meeting.chair();
  auto const own = hall.meeting.signed_by(sent_home(hall, 3), {chair});
  ASSERT_TRUE(hall.submit(chair, own).has_pending());
  auto const closed = hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposalClosed);
  ASSERT_EQ(closed.size(), 2U) << "MeetingOpen, and one of those";
  EXPECT_EQ(static_cast<Refusal>(closed[1].proposal_closed().refused_code()), Refusal::kBusy);
  EXPECT_EQ(hall.store.contents()[Table::kProposal].size(), 4U);
  EXPECT_EQ(refusal(ask(1, "three")), Refusal::kBusy);
  EXPECT_EQ(refusal(ask(2, "three")), Refusal::kBusy);

  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  auto const clerk = hall.meeting.clerk();
  ASSERT_TRUE(ask(clerk, "of the clerk").has_pending());
  EXPECT_EQ(hall.store.contents()[Table::kProposal].size(), 4U);
  ASSERT_TRUE(
      hall.ask(hall.meeting.supervisor(), hall.countersign_frame(own, hall.meeting.supervisor())).has_accepted())
      << "what has signatures does not give way";
}

// Harm: the office's laptops are dead, and the committee is never asked because a chair has already signed.
TEST(Proposals, OfficeAndCommitteeSignTheSameOneWithoutAMixture) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  auto const chair = hall.meeting.chair();
  meeting::Void const body{hall.meeting.batch_open(), {}, "power cut"};
  auto const entry = hall.meeting.signed_by(body, {chair});
  ASSERT_TRUE(hall.submit(chair, entry).has_pending());
  EXPECT_EQ(shown_signers(hall, hall.meeting.supervisor()), (std::vector<PersonId>{chair}));
  EXPECT_TRUE(shown_signers(hall, 1).empty()) << "what an expert signs, the committee signs";

  ASSERT_EQ(hall.meeting.record.committee(meeting::kNobody).needed, 3U);
  ASSERT_TRUE(hall.ask(1, hall.countersign_frame(entry, 1)).has_pending());
  EXPECT_EQ(shown_signers(hall, 2), (std::vector<PersonId>{1}));
  EXPECT_EQ(shown_signers(hall, chair), (std::vector<PersonId>{chair}));
  ASSERT_TRUE(hall.ask(2, hall.countersign_frame(entry, 2)).has_pending());
  ASSERT_TRUE(hall.ask(3, hall.countersign_frame(entry, 3)).has_accepted());
  auto const& entries = hall.meeting.entries;
  auto const logged = std::ranges::find_if(entries, [](auto const& bytes) {
    return must(meeting::decode_entry(bytes)).type() == meeting::EntryType::kVoid;
  });
  ASSERT_NE(logged, entries.end());
  EXPECT_EQ(signers_of(*logged), (std::vector<PersonId>{1, 2, 3})) << "the chair's is left out";
}

// Harm: a decision that needs the committee can only be begun by one of its members, who may not see the need.
TEST(Proposals, WhoeverIsSignedInMayAskOfficeOrCommittee) {
  ServerFixture hall(small());
  hall.begin();
  auto const clerk = hall.meeting.clerk();
  meeting::TrusteeChange const change{hall.meeting.record.meeting(), 1, clerk, "broken laptop"};
  auto const unsigned_entry = hall.meeting.signed_by(change, {});
  ASSERT_TRUE(hall.submit(1, unsigned_entry).has_pending());
  ASSERT_TRUE(hall.ask(clerk, hall.countersign_frame(unsigned_entry, clerk)).has_pending());
  for (PersonId const p : {1U, 2U}) ASSERT_TRUE(hall.ask(p, hall.countersign_frame(unsigned_entry, p)).has_pending());
  ASSERT_TRUE(hall.ask(3, hall.countersign_frame(unsigned_entry, 3)).has_accepted());
  EXPECT_EQ(hall.core->record().slots()[1], clerk);

  // Nobody asks for what one person alone may say, and who is not there does not ask.
  EXPECT_EQ(refusal(hall.submit(1, hall.meeting.signed_by(hall.meeting.make_sign_out(2), {}))),
            Refusal::kNotAuthorised);
  hall.take(2, hall.meeting.make_sign_out(2));
  EXPECT_EQ(refusal(hall.submit(2, hall.meeting.signed_by(sent_home(hall, 3), {}))), Refusal::kNotAuthorised);
}

// Harm: a proposal dies because somebody went out for a moment, or because one more expert has come in.
TEST(Proposals, StayOpenWhenAThresholdHasRisenOrNobodyCanSignJustNow) {
  auto options = small();
  options.experts = 5;
  options.committee_size = 5;
  ServerFixture hall(options);
  hall.enrol_all();
  for (auto const p : hall.people()) hall.hello(p);
  hall.open_meeting();
  for (auto const p : hall.people()) {
    if (p != 5) hall.take(p, meeting::SignIn{hall.meeting.record.meeting(), p, 0});
  }
  auto const chair = hall.meeting.chair();
  auto const entry = hall.meeting.signed_by(sent_home(hall, chair), {1});
  ASSERT_EQ(hall.meeting.record.committee(chair).needed, 3U);
  ASSERT_TRUE(hall.submit(1, entry).has_pending());
  ASSERT_TRUE(hall.ask(2, hall.countersign_frame(entry, 2)).has_pending());
  hall.take(5, meeting::SignIn{hall.meeting.record.meeting(), 5, 0});
  ASSERT_EQ(hall.meeting.record.committee(chair).needed, 4U);
  ASSERT_TRUE(hall.ask(3, hall.countersign_frame(entry, 3)).has_pending());
  EXPECT_TRUE(hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposalClosed).size() == 1) << "MeetingOpen only";
  ASSERT_TRUE(hall.ask(4, hall.countersign_frame(entry, 4)).has_accepted());

  // A member who leaves takes his signature along, and nobody else is hindered by it.
  auto const supervisor = hall.meeting.supervisor();
  auto const other = hall.meeting.signed_by(sent_home(hall, supervisor), {1});
  ASSERT_TRUE(hall.submit(1, other).has_pending());
  hall.take(1, hall.meeting.make_sign_out(1));
  for (PersonId const p : {2U, 3U}) ASSERT_TRUE(hall.ask(p, hall.countersign_frame(other, p)).has_pending());
  ASSERT_TRUE(hall.ask(4, hall.countersign_frame(other, 4)).has_accepted());
  auto const logged = must(meeting::decode_entry(hall.meeting.entries.back()));
  EXPECT_EQ(logged.signatures.front().signer, 2U);
}

// Harm: everybody reads, beside a name, the key of a ballot that still counts.
TEST(Proposals, ASpoilThatItsPersonSignsIsNeverOneOfThem) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.cast(1);
  auto const supervisor = hall.meeting.supervisor();
  auto const body = hall.spoil(1, supervisor);
  for (auto const& [sender, signers] : std::vector<std::pair<PersonId, std::vector<PersonId>>>{
           {1, {1}}, {supervisor, {supervisor}}, {hall.meeting.chair(), {}}}) {
    EXPECT_EQ(refusal(hall.submit(sender, hall.meeting.signed_by(body, signers))), Refusal::kNotAuthorised);
  }
  EXPECT_TRUE(hall.store.contents()[Table::kProposal].empty());
  hall.take_by({supervisor, 1}, body);
  // The office's is one like any other.
  hall.take(supervisor, meeting::CheckResult{hall.meeting.batch_open(), 1, 0, meeting::CheckVerdict::kUnopened});
  hall.tokens(1);
  hall.cast(1);
  meeting::EnvelopeSpoil const by_office{hall.meeting.batch_open(), 1, 1, {}, 0};
  EXPECT_TRUE(hall.submit_by({hall.meeting.chair()}, by_office).has_pending());
}

// Harm: what is being signed is out of date before the last signature, again and again; or somebody is kept out for
// good by a proposal that nobody signs.
TEST(Holds, SignInsWaitForABatchOpenButNotForLong) {
  ServerFixture hall(small());
  hall.begin();
  hall.take(3, hall.meeting.make_sign_out(3));
  for (TrusteeId t = 1; t < hall.meeting.record.slots().size(); ++t) {
    hall.take(hall.meeting.record.slots()[t], hall.meeting.make_keys(1, t));
  }
  hall.settle();
  auto const chair = hall.meeting.chair();
  auto const open = hall.meeting.signed_by(must(hall.meeting.record.draft_batch_open(1, false, {})), {chair});
  ASSERT_TRUE(hall.submit(chair, open).has_pending());
  meeting::SignIn const sign_in{hall.meeting.record.meeting(), 3, hall.meeting.record.presence(3).sequence};
  EXPECT_EQ(refusal(hall.submit_by({3}, sign_in)), Refusal::kBusy);
  EXPECT_EQ(refusal(hall.submit_by({2}, hall.meeting.make_sign_out(2))), Refusal::kBusy);
  hall.now_ms += 59'999;
  EXPECT_EQ(refusal(hall.submit_by({3}, sign_in)), Refusal::kBusy);
  hall.now_ms += 1;
  EXPECT_TRUE(hall.submit_by({3}, sign_in).has_accepted()) << "60 s are over";

  // Proposed again: 60 s are free for everybody.
  auto const again = hall.meeting.signed_by(must(hall.meeting.record.draft_batch_open(1, false, {})), {chair});
  ASSERT_TRUE(hall.submit(chair, again).has_pending());
  EXPECT_TRUE(hall.submit_by({2}, hall.meeting.make_sign_out(2)).has_accepted());
  hall.now_ms += 60'000;
  auto const third = hall.meeting.signed_by(must(hall.meeting.record.draft_batch_open(1, false, {})), {chair});
  ASSERT_TRUE(hall.submit(chair, third).has_pending());
  EXPECT_EQ(refusal(hall.submit_by({1}, hall.meeting.make_sign_out(1))), Refusal::kBusy);
  auto const supervisor = hall.meeting.supervisor();
  ASSERT_TRUE(hall.ask(supervisor, hall.countersign_frame(third, supervisor)).has_accepted());
  EXPECT_TRUE(hall.submit_by({1}, hall.meeting.make_sign_out(1)).has_accepted());
}

// Harm: one expert steps back from one question after the other, and each time everybody counts heads and signs anew.
TEST(Holds, RecusesWaitForABatchOpenAndForTheClose) {
  ServerFixture hall(small());
  hall.begin();
  for (TrusteeId t = 1; t < hall.meeting.record.slots().size(); ++t) {
    hall.take(hall.meeting.record.slots()[t], hall.meeting.make_keys(1, t));
  }
  hall.settle();
  auto const chair = hall.meeting.chair();
  auto const& record = hall.meeting.record;
  auto const step_back = [&](PersonId person) {
    return hall.submit_by({person}, meeting::Recuse{record.meeting(), person, 1, "same institute"});
  };
  ASSERT_TRUE(hall.submit_by({chair}, must(record.draft_batch_open(1, false, {}))).has_pending());
  EXPECT_EQ(refusal(step_back(2)), Refusal::kBusy);
  hall.now_ms += 60'000;
  EXPECT_TRUE(step_back(2).has_accepted());
  ASSERT_TRUE(hall.submit_by({chair}, must(record.draft_meeting_close({}))).has_pending());
  EXPECT_EQ(refusal(step_back(3)), Refusal::kBusy);
  hall.now_ms += 60'000;
  EXPECT_TRUE(step_back(3).has_accepted());
}

// Harm: the same by coming back.
TEST(Holds, SoDoesWhoeverTakesARecusalBack) {
  ServerFixture hall(small());
  hall.begin();
  for (TrusteeId t = 1; t < hall.meeting.record.slots().size(); ++t) {
    hall.take(hall.meeting.record.slots()[t], hall.meeting.make_keys(1, t));
  }
  hall.settle();
  auto const& record = hall.meeting.record;
  hall.take(2, meeting::Recuse{record.meeting(), 2, 1, "same institute"});
  auto const come_back = [&] {
    return hall.submit_by({2}, meeting::RecuseBack{record.meeting(), 2, 1, "by mistake", record.recuse_backs(2, 1)});
  };
  ASSERT_TRUE(hall.submit_by({hall.meeting.chair()}, must(record.draft_batch_open(1, false, {}))).has_pending());
  EXPECT_EQ(refusal(come_back()), Refusal::kBusy);
  hall.now_ms += 60'000;
  EXPECT_TRUE(come_back().has_accepted());
}

// Harm: an expert's recusal of the office's making is lifted by him alone; or he and the office never come together.
TEST(Proposals, WhatTheOfficeEnteredIsTakenBackWhenItHasSignedToo) {
  ServerFixture hall(small());
  hall.begin();
  auto const& record = hall.meeting.record;
  hall.take_by(hall.meeting.office(), meeting::Recuse{record.meeting(), 2, 1, "same institute"});
  auto const back = hall.meeting.signed_by(meeting::RecuseBack{record.meeting(), 2, 1, "another person"}, {2});
  ASSERT_TRUE(hall.submit(2, back).has_pending());
  EXPECT_TRUE(hall.core->record().recusals().at(2).contains(1));
  auto const office = hall.meeting.office();
  for (std::size_t i = 0; i < office.size(); ++i) {
    auto const answer = hall.ask(office[i], hall.countersign_frame(back, office[i]));
    EXPECT_TRUE(i + 1 < office.size() ? answer.has_pending() : answer.has_accepted()) << i;
  }
  EXPECT_FALSE(hall.core->record().recusals().contains(2));
  // He steps back again in the words of before, and that is no repetition of what is in the log.
  meeting::Recuse const again{record.meeting(), 2, 1, "same institute", hall.core->record().recuse_backs(2, 1)};
  EXPECT_TRUE(hall.submit_by({2}, again).has_accepted());
  EXPECT_TRUE(hall.core->record().recusals().at(2).at(1).attested);
}

// Harm: the office has entered a recusal, and the committee that has to vouch for it is told that it was said already.
TEST(Proposals, TheCommitteeAttestsARecusalInTheOfficesWords) {
  ServerFixture hall(small());
  hall.begin();
  meeting::Recuse const recuse{hall.meeting.record.meeting(), 2, 1, "same institute"};
  hall.take_by(hall.meeting.office(), recuse);
  ASSERT_FALSE(hall.core->record().recusals().at(2).at(1).attested);
  // A repeated request of the office's is answered as before.
  auto const office = hall.meeting.office();
  EXPECT_TRUE(hall.submit(office.front(), hall.meeting.signed_by(recuse, {office.front()})).has_accepted());
  auto const committee = hall.meeting.committee(2);
  ASSERT_GE(committee.size(), 2U);
  auto const entry = hall.meeting.signed_by(recuse, {committee.front()});
  ASSERT_TRUE(hall.submit(committee.front(), entry).has_pending());
  for (std::size_t i = 1; i < committee.size(); ++i) {
    auto const answer = hall.ask(committee[i], hall.countersign_frame(entry, committee[i]));
    EXPECT_TRUE(i + 1 < committee.size() ? answer.has_pending() : answer.has_accepted()) << i;
  }
  EXPECT_TRUE(hall.core->record().recusals().at(2).at(1).attested);
}

// Harm: a last envelope in the very moment voids the close that everybody is signing; one that is checked must not
// wait, or it would be counted.
TEST(Holds, EnvelopesWaitForABatchCloseButSpoilsDoNot) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  hall.tokens(1);
  hall.cast(1);
  hall.tokens(2);
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  ASSERT_TRUE(hall.submit_by({chair}, must(hall.meeting.record.draft_batch_close())).has_pending());
  auto const envelope = hall.envelope(2);
  EXPECT_EQ(refusal(hall.submit(2, envelope.entry, envelope.payload)), Refusal::kBusy);
  auto const request = hall.token_request(3);
  EXPECT_EQ(refusal(hall.submit(3, request.entry, request.payload)), Refusal::kBusy);
  hall.take_by({supervisor, 1}, hall.spoil(1, supervisor));
  EXPECT_TRUE(hall.store.contents()[Table::kProposal].empty()) << "it lists an envelope that is none any more";
  EXPECT_TRUE(hall.submit(2, envelope.entry, envelope.payload).has_accepted());
}

}  // namespace
}  // namespace piaojue::server::test
