// SPDX-License-Identifier: Apache-2.0
/// Who signs for others: what is asked of a signer, what is signed one at a time, the sign-in sheet, and what everybody
/// is shown of keys, slots and overrides.
#include <gtest/gtest.h>

#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// What a supervisor's laptop is asked to sign. People: experts 1 to 5, chair 6, clerk 7, supervisors 8 and 9.
class Signing : public testing::Test {
 protected:
  explicit Signing(PersonId who = 8) : laptop({.experts = 5, .batches = {2, 1}}, who) {}
  void begin() {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
  }
  std::string propose(Body const& body, std::vector<PersonId> const& signers = {6}) {
    auto const entry = laptop.meeting.signed_by(body, signers);
    auto const decoded = decode_entry(entry).value();
    auto const id = proposal_id(decoded.type(), decoded.body_bytes);
    laptop.receive(wire::proposal_push(id, entry));
    return to_hex(id.view());
  }
  boost::json::object proposed() { return laptop.seen("proposal").back(); }
  std::size_t countersigned() { return laptop.sent<wire::Countersign>().size(); }
  boost::json::object now() {
    laptop.say("now");
    return laptop.reply("now");
  }
  std::set<std::string> alarms() {
    std::set<std::string> out;
    auto const stands = now();
    for (auto const& one : stands.at("alarms").as_array()) out.insert(text(one.as_object(), "kind"));
    return out;
  }
  SignOut sign_out_of(PersonId person) {
    SignOut out;
    out.meeting = laptop.meeting.record.meeting();
    out.person = person;
    out.sequence = laptop.meeting.record.presence(person).sequence;
    out.reason = "已离席";
    return out;
  }
  BatchOpen open_body(BatchId batch = 1) { return must(laptop.meeting.record.draft_batch_open(batch, false, {})); }
  SessionFixture laptop;
};

// Harm: somebody presses one button, and signs a vote away among nine harmless things.
TEST_F(Signing, WhatTakesSomethingFromSomebodyIsSignedAlone) {
  begin();
  auto const out = propose(sign_out_of(2));
  EXPECT_TRUE(proposed().at("yours").as_bool());
  EXPECT_NE(text(proposed(), "vouch").find("评审专家2"), std::string::npos);
  laptop.say("approve all");
  EXPECT_EQ(countersigned(), 0U);
  laptop.say("approve " + out);
  EXPECT_EQ(countersigned(), 1U);
}

TEST_F(Signing, TheClosingOfABatchIsAmongAll) {
  begin();
  laptop.meeting.all_keys(1);
  must(laptop.meeting.open(1));
  laptop.push();
  laptop.pump();
  propose(must(laptop.meeting.record.draft_batch_close()));
  EXPECT_EQ(proposed().at("without").as_array().size(), 5U);
  laptop.say("approve all");
  EXPECT_EQ(countersigned(), 1U);
}

// Harm: experts who are not in the hall are opened with, and their envelopes cast by others.
TEST_F(Signing, WhoeverSignsABatchOpenCountsHeads) {
  begin();
  laptop.meeting.all_keys(1);
  laptop.push();
  laptop.pump();
  auto const id = propose(open_body());
  for (auto const* heads : {"", " 4", " 6"}) {
    laptop.say("approve " + id + heads);
    EXPECT_EQ(text(laptop.reply("approve"), "code"), "CONFLICT") << heads;
  }
  EXPECT_EQ(countersigned(), 0U);
  laptop.say("approve " + id + " 5");
  EXPECT_EQ(countersigned(), 1U);
}

// Harm: who reads English is asked to vouch for something that is said in Chinese.
TEST_F(Signing, WhyTheServerProposesOtherKeysIsSaidInTheReadersLanguage) {
  begin();
  auto const& meeting = laptop.meeting.record;
  Meeting::PersonKeys const fresh;
  meeting::KeyChange body{meeting.meeting(),
                          3,
                          fresh.identity.public_key(),
                          fresh.witness.public_key(),
                          fresh.box.public_key(),
                          {},
                          "新设备凭登记单登记 (enrolled with a new slip)"};
  body.possession = fresh.identity.sign({meeting::possession_input(laptop.meeting.manifest.meeting_id, 3,
                                                                   body.identity_key, body.witness_key, body.box_key)});
  propose(body);
  EXPECT_EQ(text(proposed(), "reason"), "enrolled with a new slip");
  body.reason = "电脑损坏";
  propose(body);
  EXPECT_EQ(text(proposed(), "reason"), "电脑损坏");
}

// Harm: a result that nobody else has seen is called witnessed, or one that was seen is hidden among the exceptions.
TEST_F(Signing, OnlyWhatTheOwnCosignaturesLeaveUnwitnessedIsAccepted) {
  begin();
  laptop.meeting.run_batch(1, laptop.meeting.votes(1, 3, 2), Meeting::Stage::kCounted);
  laptop.push();
  laptop.pump();
  laptop.push_cosignatures = false;
  must(laptop.meeting.declare());
  laptop.meeting.all_keys(2);
  laptop.push();
  laptop.pump();
  auto const leaf = laptop.meeting.record.tree().leaf(*laptop.meeting.attempt().declared_index);
  auto const without = must(laptop.meeting.record.draft_batch_open(2, false, {}));
  auto const with = must(laptop.meeting.record.draft_batch_open(2, false, {leaf}));
  propose(without);
  EXPECT_EQ(text(proposed(), "refused"), "WITNESSES");
  auto const named = propose(with);
  EXPECT_EQ(text(proposed(), "refused"), "");
  EXPECT_EQ(proposed().at("unwitnessed").as_array().size(), 1U);
  // The hall's cosignatures come: now it is the other way round, and nothing of it is signed that was right before.
  laptop.push_cosignatures = true;
  laptop.push();
  laptop.pump();
  laptop.tick();
  laptop.say("approve " + named + " 5");
  EXPECT_EQ(text(laptop.reply("approve"), "code"), "WITNESSES");
  EXPECT_EQ(countersigned(), 0U);
}

class Chair : public Signing {
 protected:
  Chair() : Signing(6) {}
};

// The hall's cosignatures of a result come a moment after it. Harm: a meeting's end that names it unwitnessed, and that
// nobody who has them signs.
TEST_F(Chair, WhatIsStillBeingWitnessedIsWaitedForBeforeItIsNamed) {
  begin();
  laptop.meeting.run_batch(1, laptop.meeting.votes(1, 3, 2), Meeting::Stage::kCounted);
  laptop.push();
  laptop.pump();
  laptop.push_cosignatures = false;
  must(laptop.meeting.declare());
  laptop.push();
  laptop.pump();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    auto const* submit = std::get_if<wire::Submit>(&request.what);
    if (submit == nullptr) return std::nullopt;
    auto const entry = decode_entry(submit->entry).value();
    return wire::pending(request.id, proposal_id(entry.type(), entry.body_bytes));
  };
  laptop.say("close-meeting");
  EXPECT_TRUE(laptop.submitted<MeetingClose>().empty());
  laptop.push_cosignatures = true;
  laptop.push();
  laptop.tick();
  ASSERT_EQ(laptop.submitted<MeetingClose>().size(), 1U);
  EXPECT_TRUE(laptop.submitted<MeetingClose>()[0].unwitnessed.empty());
}

TEST_F(Chair, WhatNobodyWitnessesIsNamedAfterAWhile) {
  begin();
  laptop.meeting.run_batch(1, laptop.meeting.votes(1, 3, 2), Meeting::Stage::kCounted);
  laptop.push();
  laptop.pump();
  laptop.push_cosignatures = false;
  must(laptop.meeting.declare());
  laptop.push();
  laptop.pump();
  laptop.say("close-meeting");
  laptop.tick(laptop.limits.settle_ms);
  ASSERT_EQ(laptop.submitted<MeetingClose>().size(), 1U);
  EXPECT_EQ(laptop.submitted<MeetingClose>()[0].unwitnessed.size(), 1U);
}

// ---- The sign-in sheet ----------------------------------------------------------------------------------------------

class Sheet : public Signing {
 protected:
  void start() {
    laptop.start();
    laptop.connect();
    laptop.instead = [this](wire::Request const& request) -> std::optional<Bytes> {
      if (!std::holds_alternative<wire::GetDraft>(request.what)) return std::nullopt;
      return wire::draft(request.id, encode_body(laptop.meeting.manifest));
    };
  }
  boost::json::array rows() {
    laptop.say("sheet");
    return laptop.reply("sheet").at("rows").as_array();
  }
  void tick_all() {
    for (auto const& row : rows()) {
      if (row.at("device_code").is_null()) continue;
      laptop.say("tick " + std::to_string(row.at("person").to_number<PersonId>()) + " " +
                 text(row.as_object(), "device_code"));
      EXPECT_TRUE(laptop.reply("tick").at("ok").as_bool());
    }
  }
};

// Harm: a supervisor signs a manifest with a laptop in it that nobody in the hall has.
TEST_F(Sheet, MeetingOpenIsSignedOnlyWhenEverybodyWithKeysIsTicked) {
  start();
  ASSERT_EQ(rows().size(), laptop.meeting.manifest.people.size());
  auto const id = propose(laptop.meeting.manifest, {7});
  laptop.say("approve " + id);
  EXPECT_EQ(text(laptop.reply("approve"), "code"), "WRONG_PHASE");
  EXPECT_NE(text(laptop.reply("approve"), "detail").find("1,2,3"), std::string::npos);
  tick_all();
  laptop.say("untick 3");
  laptop.say("approve all");
  EXPECT_EQ(countersigned(), 0U);
  laptop.say("tick 3 0000-0000-0000-0000");
  EXPECT_EQ(text(laptop.reply("tick"), "code"), "CONFLICT");
  // Ticks outlive a restart.
  laptop.crash();
  laptop.say("sheet");
  laptop.say("tick 3 " + text(rows()[2].as_object(), "device_code"));
  EXPECT_TRUE(laptop.reply("tick").at("left").as_array().empty());
  propose(laptop.meeting.manifest, {7});
  laptop.say("approve " + id);
  EXPECT_EQ(countersigned(), 1U);
}

// Harm: after the ticks another laptop enrols in somebody's name.
TEST_F(Sheet, ATickFallsWhenTheDraftHasAnotherCode) {
  start();
  tick_all();
  laptop.meeting.people[2] = Meeting::PersonKeys();
  laptop.meeting.manifest.people[1] = laptop.meeting.enrolled(laptop.meeting.manifest.people[1], 2);
  EXPECT_FALSE(rows()[1].at("ticked").as_bool());
  EXPECT_TRUE(rows()[0].at("ticked").as_bool());
  auto const id = propose(laptop.meeting.manifest, {7});
  laptop.say("approve " + id);
  EXPECT_NE(text(laptop.reply("approve"), "detail").find(": 2"), std::string::npos);
  EXPECT_EQ(countersigned(), 0U);
}

// ---- What the clerk begins ------------------------------------------------------------------------------------------

class Clerk : public Signing {
 protected:
  Clerk() : Signing(7) {}
  std::string code(std::string const& line) {
    laptop.say(line);
    return text(laptop.reply(line.substr(0, line.find(' '))), "code");
  }
};

// Harm: a tally goes out with a candidate that nobody has counted, or of ballots that are not on paper at all.
TEST_F(Clerk, ATallyOfPaperIsWholeAndOfABatchOnPaper) {
  begin();
  EXPECT_EQ(code("paper 1 5 5 5 0 4 1 0"), "WRONG_PHASE");
  EXPECT_EQ(code("paper-submit"), "WRONG_PHASE");
  must(laptop.meeting.open(1, true));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(code("paper 3 5 5 5 0 4 1 0"), "UNKNOWN");  // of the second batch
  EXPECT_EQ(code("paper 1 5 5 5 0 4 1 0"), "OK");
  EXPECT_EQ(code("paper-submit"), "MALFORMED");
  EXPECT_NE(text(laptop.reply("paper-submit"), "detail").find("2"), std::string::npos);
  EXPECT_TRUE(laptop.submitted<PaperTally>().empty());
  EXPECT_EQ(code("paper 2 5 5 5 0 5 0 0"), "OK");
  laptop.say("paper-submit");
  ASSERT_EQ(laptop.submitted<PaperTally>().size(), 1U);
  EXPECT_EQ(laptop.submitted<PaperTally>()[0].rows.at(2), (PaperRow{5, 5, 5, 0, 5, 0, 0}));
}

// Harm: what is asked for at the wrong time is signed anyway, or the program ends over a batch that is not there.
TEST_F(Clerk, NothingIsSignedAboutABatchThatIsNotOpen) {
  begin();
  for (char const* line : {"close", "spoil 1", "override 1 设备失联", "void 1 重投", "declare"}) {
    EXPECT_EQ(code(line), "WRONG_PHASE") << line;
  }
  EXPECT_TRUE(laptop.sent<wire::Submit>().empty());
}

// ---- Asking without signing -----------------------------------------------------------------------------------------

class Expert : public Signing {
 protected:
  Expert() : Signing(1) {}
  /// As the server takes a proposal.
  void take_proposals() {
    laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
      auto const* submit = std::get_if<wire::Submit>(&request.what);
      if (submit == nullptr) return std::nullopt;
      auto const entry = decode_entry(submit->entry).value();
      return wire::pending(request.id, proposal_id(entry.type(), entry.body_bytes));
    };
  }
};

TEST_F(Expert, WhoIsSignedInMayAskOfficeOrCommitteeWithoutSigning) {
  begin();
  take_proposals();
  laptop.say("change-trustee 1 2 电脑损坏");
  EXPECT_EQ(text(laptop.reply("change-trustee"), "code"), "PENDING");
  auto const asked = decode_entry(laptop.sent<wire::Submit>().back().entry).value();
  EXPECT_EQ(asked.signatures.size(), 1U) << "a member of the committee signs at once";
  laptop.meeting.all_keys(1);
  laptop.push();
  laptop.pump();
  laptop.say("override 2 失联");
  EXPECT_EQ(text(laptop.reply("override"), "code"), "WRONG_PHASE") << "what is refused here is not sent";
}

TEST_F(Expert, WhoIsNotSignedInAsksForNothing) {
  laptop.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  laptop.start();
  laptop.connect();
  take_proposals();
  laptop.say("sign-out 2 已离席");
  EXPECT_EQ(text(laptop.reply("sign-out"), "code"), "NOT_AUTHORISED");
}

// ---- In red ---------------------------------------------------------------------------------------------------------

// Harm: the server has somebody sign with a key that is not in his laptop.
TEST_F(Expert, AKeyOfThisPersonThatIsNotHisOwnIsAnAlarm) {
  begin();
  EXPECT_TRUE(alarms().empty());
  must(laptop.meeting.change_keys(1, laptop.meeting.office()));
  // The new keys are in the fixture; this laptop has the old ones.
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(alarms().contains("foreign-key"));
  EXPECT_FALSE(now().at("key_current").as_bool());
  auto const changes = now().at("changes").as_array();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(text(changes[0].as_object(), "kind"), "key-change");
  EXPECT_EQ(text(changes[0].as_object(), "by"), "office");
}

// Harm: a MISSING that the server keeps back, and an override that calls its person silent.
TEST_F(Expert, AnOverrideThatCallsSilentWhoSaysMissingIsAnAlarm) {
  begin();
  laptop.open_batch();
  laptop.issue_all();
  laptop.vote_all("agree");
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  // The trustees drop this person's ballots: another one's stand there twice in the mix.
  laptop.meeting.experts[1].onions.clear();
  laptop.meeting.experts[1].onions[1] = Bytes(laptop.meeting.experts[2].onions.at(1).size(), 1);
  laptop.meeting.experts[1].onions[2] = Bytes(laptop.meeting.experts[2].onions.at(2).size(), 1);
  laptop.mix();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.box();
  ASSERT_EQ(laptop.seen("looked").size(), 1U);
  EXPECT_FALSE(laptop.seen("looked")[0].at("ok").as_bool()) << "said at once, whatever the server answers";
  EXPECT_EQ(now().at("ballot").at("missing").as_array().size(), 2U);
  EXPECT_TRUE(alarms().empty());
  must(laptop.meeting.override_people({{1, false}}));
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(alarms().contains("override-ignores-missing"));
  laptop.others_confirm();
  for (TrusteeId t = 0; t < laptop.meeting.attempt().holders.size(); ++t) must(laptop.meeting.share(t));
  laptop.push();
  laptop.pump();
  ASSERT_EQ(text(now().at("attempt").as_object(), "phase"), "counted");
  EXPECT_TRUE(alarms().contains("override-ignores-missing")) << "not only until the figures are there";
  EXPECT_EQ(now().at("ballot").at("missing").as_array().size(), 2U);
}

class Guard : public Signing {
 protected:
  Guard() : Signing(6) {}  // the chair holds slot 1
};

// Harm: a guard is exchanged, and the people in the hall believe what was printed.
TEST_F(Guard, ASlotThatPassesToAnotherIsAnAlarmForItsHolderAndForEverybody) {
  begin();
  auto const guards = [this] { return now().at("guards").as_object(); };
  EXPECT_EQ(text(guards(), "kind"), "any-one-of");
  EXPECT_EQ(guards().at("people").as_array().size(), 3U);
  must(laptop.meeting.change_trustee(1, 2, laptop.meeting.committee(6)));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(alarms(), (std::set<std::string>{"slot-taken", "guards-changed"}));
  EXPECT_EQ(guards().at("people").at(1).at("person").to_number<PersonId>(), 2U);
}

}  // namespace
}  // namespace piaojue::test
