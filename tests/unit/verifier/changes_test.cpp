// SPDX-License-Identifier: Apache-2.0
// The list of changes of guards (specification §13.1). Rule: whatever somebody did to the keys, the presence or the
// vote of another, and whatever mark a result carries, is in the list, with who signed it. Harm: a result that reads
// like any other although two people could have made it.
#include "verifier/changes.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "audit_fixture.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using verifier::Change;
namespace json = boost::json;

namespace {

Meeting begun(MeetingOptions const& options = small()) {
  Meeting m(options);
  m.begin();
  return m;
}
Meeting at(Stage stage) {
  Meeting m = begun();
  m.run_batch(1, m.votes(1, 4, 1), stage);
  return m;
}
/// Closes the meeting if it is open, and audits it; it is verified.
verifier::Audit whole(Meeting& m) {
  if (m.record.phase() == MeetingPhase::kOpen) must(m.close_meeting());
  auto audit = audited(m.record_file(), m.record.tree().root());
  expect_verified(audit);
  return audit;
}
/// The only one there is.
Change only(Meeting& m) {
  auto const audit = whole(m);
  EXPECT_EQ(audit.changes.size(), 1U);
  return audit.changes.at(0);
}
std::vector<std::string> kinds(verifier::Audit const& audit) {
  std::vector<std::string> out;
  for (Change const& change : audit.changes) out.emplace_back(verifier::kind(change));
  return out;
}
std::vector<PersonId> sorted(std::vector<PersonId> people) {
  std::ranges::sort(people);
  return people;
}
template <class T>
T what(Change const& change) {
  return std::get<T>(change.what);
}

}  // namespace

TEST(Changes, OfAnHonestMeetingThereAreNoneAndThatIsSaid) {
  Meeting m = at(Stage::kErased);
  must(m.sign_out(2));  // by himself
  must(m.recuse(3, 3));
  auto const audit = whole(m);
  EXPECT_THAT(audit.changes, IsEmpty());
  EXPECT_THAT(verifier::text_report(audit, Lang::kZh, false), HasSubstr("没有人改动他人的密钥"));
  EXPECT_THAT(verifier::text_report(audit, Lang::kEn, false), HasSubstr("Nobody had a hand"));
  EXPECT_THAT(json::parse(verifier::json_report(audit)).at("changes").as_array(), IsEmpty());
}

TEST(Changes, OtherKeysAreListedWithWhoBroughtThem) {
  Meeting m = begun();
  std::uint64_t const entry = m.record.size();
  std::vector<PersonId> const office = sorted(m.office());
  must(m.change_keys(4, m.office()));
  std::vector<PersonId> const committee = m.committee();
  must(m.change_keys(m.chair(), committee));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("key_change", "key_change"));
  EXPECT_EQ(audit.changes[0].entry, entry);
  EXPECT_EQ(audit.changes[0].by, By::kOffice);
  EXPECT_EQ(audit.changes[0].signers, office);
  EXPECT_EQ(what<verifier::KeysChanged>(audit.changes[0]).person, 4U);
  EXPECT_FALSE(what<verifier::KeysChanged>(audit.changes[0]).first);
  EXPECT_EQ(audit.changes[1].by, By::kCommittee);
  EXPECT_EQ(audit.changes[1].signers, committee);
  EXPECT_TRUE(what<verifier::KeysChanged>(audit.changes[1]).first);
  std::string const text = verifier::text_report(audit, Lang::kZh, false);
  EXPECT_THAT(text, HasSubstr("主任委员和监督人员为 评审专家4 换了密钥"));
  EXPECT_THAT(text, HasSubstr("评委会为 主任委员1 换了密钥"));
}

TEST(Changes, ASlotThatChangesHandsNamesBoth) {
  Meeting m = begun();
  must(m.change_trustee(1, m.clerk(), m.committee()));
  must(m.change_trustee(1, 1, m.committee()));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("trustee_change", "trustee_change"));
  auto const first = what<verifier::TrusteeChanged>(audit.changes[0]);
  auto const second = what<verifier::TrusteeChanged>(audit.changes[1]);
  EXPECT_EQ(std::pair(first.from, first.person), std::pair(m.chair(), m.clerk()));
  EXPECT_EQ(std::pair(second.from, second.person), std::pair(m.clerk(), PersonId{1}));
  EXPECT_EQ(audit.changes[0].by, By::kCommittee);
}

TEST(Changes, WhatOthersDoToSomebodysPresenceIsListed) {
  Meeting m = begun();
  must(m.sign_out_by(5, m.office()));
  must(m.submit(Recuse{m.record.meeting(), 1, 3, "亲属"}, m.office()));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("sign_out", "recuse"));
  EXPECT_EQ(what<verifier::SignedOut>(audit.changes[0]).person, 5U);
  EXPECT_EQ(what<verifier::Recused>(audit.changes[1]).question, 3U);
  EXPECT_EQ(audit.changes[1].by, By::kOffice);
}

// Harm: the office recuses an expert and lets him back in, and the record does not say so.
TEST(Changes, ARecusalThatOthersTakeBackIsListedAndAChangeOfMindIsNot) {
  Meeting m = begun();
  must(m.recuse(1, 3));
  must(m.recuse_back(1, 3));
  must(m.recuse_by(1, 3, m.office()));
  must(m.recuse_back(1, 3, m.office()));
  must(m.recuse(2, 3));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("recuse", "recuse_back"));
  auto const& back = audit.changes[1];
  EXPECT_EQ(what<verifier::RecusalTakenBack>(back).person, 1U);
  EXPECT_EQ(what<verifier::RecusalTakenBack>(back).question, 3U);
  EXPECT_EQ(back.by, By::kOffice);
  std::string const text = verifier::text_report(audit, Lang::kZh, false);
  EXPECT_THAT(text, HasSubstr("撤回对第 3 号申报人的回避"));
  EXPECT_THAT(text, HasSubstr("签署（本人、主任委员和监督人员）"));
  // The table of attendance says what stands.
  EXPECT_TRUE(audit.attendance.at(0).recusals.empty());
  EXPECT_EQ(audit.attendance.at(1).recusals.size(), 1U);
}

// Harm: who was kept from an attempt that came to nothing votes in the next one, and nobody is told.
TEST(Changes, ARecusalThatStoodWhenTheQuestionWasOpenedIsListedWhenItIsTakenBack) {
  Meeting m = begun();
  must(m.recuse(1, 1));
  m.run_batch(1, m.votes(1, 4, 0), Stage::kOpen);
  must(m.void_questions({}));
  must(m.recuse_back(1, 1));
  must(m.recuse(1, 1));
  must(m.recuse_back(1, 1));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("recuse_back"));
  EXPECT_EQ(audit.changes[0].by, By::kOne);
  EXPECT_EQ(verifier::name_of(*audit.changes[0].by), "one");
}

TEST(Changes, AChecksResultStandsWhereTheEnvelopeWasSpoiled) {
  Meeting m = at(Stage::kCast);
  must(m.spoil(1, m.supervisor()));
  std::uint64_t const first = m.record.size() - 1;
  must(m.spoil(2, m.supervisor()));
  must(m.check_result(2, CheckVerdict::kDiffers, {m.supervisor()}));
  must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor()}));
  std::uint64_t const result = m.record.size() - 1;
  m.all_tokens(1);
  must(m.cast(1, {}));
  must(m.spoil_by(1, m.office()));
  must(m.spoil(3, m.supervisor()));  // and nothing comes of it
  must(m.void_questions({}));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("check", "check", "check", "check"));
  auto const one = what<verifier::Checked>(audit.changes[0]);
  EXPECT_EQ(audit.changes[0].entry, first);
  EXPECT_EQ(audit.changes[0].by, By::kPersonAndSupervisor);
  EXPECT_THAT(audit.changes[0].signers, ElementsAre(1U, m.supervisor()));
  EXPECT_EQ(one.verdict, CheckVerdict::kAgrees);
  EXPECT_EQ(one.result, result);
  EXPECT_EQ(one.supervisor, m.supervisor());
  EXPECT_EQ(what<verifier::Checked>(audit.changes[1]).verdict, CheckVerdict::kDiffers);
  auto const by_office = what<verifier::Checked>(audit.changes[2]);
  EXPECT_EQ(by_office.cast, 1U);
  EXPECT_EQ(by_office.verdict, CheckVerdict::kUnopened);
  EXPECT_FALSE(by_office.supervisor);
  EXPECT_EQ(audit.changes[2].by, By::kOffice);
  EXPECT_FALSE(what<verifier::Checked>(audit.changes[3]).result);
  EXPECT_THAT(verifier::text_report(audit, Lang::kZh, false), HasSubstr("与其选择不符"));
}

TEST(Changes, WhomAnOverridePassesOverAndWhatHangsOnHimAreListed) {
  Meeting m = begun();
  m.run_batch(1, m.votes(1, 3, 2), Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
  Confirm missing = m.make_confirm(4);
  missing.rows.at(1) = ConfirmVerdict::kMissing;
  must(m.submit(missing, {4}));
  must(m.override_people({{4, true}, {5, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("override", "contested", "contested"));
  EXPECT_THAT(what<verifier::Overridden>(audit.changes[0]).people,
              ElementsAre(std::pair(PersonId{4}, true), std::pair(PersonId{5}, false)));
  auto const row = what<verifier::Contested>(audit.changes[1]);
  EXPECT_EQ(row.question, 1U);
  EXPECT_EQ(row.low, 1U);   // 3 − (5 ballots − 3 OK)
  EXPECT_EQ(row.high, 5U);  // 3 + (5 − 3 OK)
  EXPECT_FALSE(audit.changes[1].by);
  EXPECT_THAT(audit.changes[1].signers, IsEmpty());
  std::string const text = verifier::text_report(audit, Lang::kZh, false);
  EXPECT_THAT(text, HasSubstr("评审专家4（声明缺票）、评审专家5（未表示）"));
  EXPECT_THAT(text, HasSubstr("待复核表决"));
}

TEST(Changes, PaperSaysWhetherTheCommitteeHasSignedItsCount) {
  for (bool const committee : {false, true}) {
    Meeting m = begun();
    must(m.open(1, true));
    PaperTally const tally{m.batch_open(), {{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}};
    must(m.submit(tally, committee ? m.committee() : m.office()));
    must(m.declare());
    auto const audit = whole(m);
    ASSERT_THAT(kinds(audit), ElementsAre("paper"));
    EXPECT_THAT(what<verifier::CountedOnPaper>(audit.changes[0]).questions, ElementsAre(1U, 2U));
    EXPECT_EQ(audit.changes[0].by, committee ? By::kCommittee : By::kOffice);
    std::string const text = verifier::text_report(audit, Lang::kZh, false);
    EXPECT_EQ(text.find("未经评委会确认") == std::string::npos, committee);
    auto const attempt = json::parse(verifier::json_report(audit)).at("attempts").at(0);
    EXPECT_EQ(attempt.at("counted_by").as_string(), committee ? "committee" : "office");
  }
}

TEST(Changes, AnEndThatTwoPeopleSignIsListed) {
  Meeting m = begun();
  must(m.submit(must(m.record.draft_meeting_close({})), {m.chair(), m.clerk()}));
  Change const change = only(m);
  EXPECT_EQ(verifier::kind(change), "close_two");
  EXPECT_EQ(change.by, By::kTwo);
  EXPECT_THAT(change.signers, ElementsAre(m.chair(), m.clerk()));
}

// Accepted by name it fails nothing; what was missing stands in the list.
TEST(Changes, AnUnwitnessedResultThatIsAcceptedIsListedWithItsWitnesses) {
  Meeting m = at(Stage::kCounted);
  m.witnessed = false;
  must(m.declare());
  std::uint64_t const declared = m.record.size() - 1;
  m.witnessed = true;
  must(m.close_meeting());
  Change const change = only(m);
  EXPECT_EQ(verifier::kind(change), "unwitnessed");
  EXPECT_EQ(change.entry, m.record.size() - 1);
  auto const mark = what<verifier::AcceptedUnwitnessed>(change);
  EXPECT_EQ(mark.declared, declared);
  EXPECT_EQ(mark.have, 0U);
  EXPECT_EQ(mark.need, 6U);
  EXPECT_EQ(mark.have_experts, 0U);
  EXPECT_EQ(mark.need_experts, 4U);
}

TEST(Changes, WhatIsLeftUndecidedAtTheEndIsListedQuestionByQuestion) {
  Meeting m = at(Stage::kConfirmed);
  must(m.share(0));
  auto const audit = whole(m);
  ASSERT_THAT(kinds(audit), ElementsAre("undecided", "undecided"));
  EXPECT_EQ(what<verifier::LeftUndecided>(audit.changes[1]).question, 2U);
}

// Its signers vouch for what they have signed anyway; a screen is nobody; and a key of the office's is the office.
TEST(Changes, AnEndThatNobodyElseHasSeenIsListed) {
  Meeting m = begun();
  must(m.change_keys(5, m.office()));
  must(m.close_meeting());
  auto& cosignatures = m.checkpoints.rbegin()->second.cosignatures;
  auto const keep = [&](std::vector<PersonId> const& people) {
    auto all = cosignatures;
    std::erase_if(all, [&](auto const& each) { return std::ranges::find(people, each.person) == people.end(); });
    m.checkpoints.rbegin()->second.cosignatures = all;
    auto const audit = audited(m.record_file(), m.record.tree().root());
    expect_verified(audit);
    return kinds(audit);
  };
  auto const all = cosignatures;
  EXPECT_THAT(keep({m.chair(), m.clerk(), m.supervisor()}), ElementsAre("key_change"));  // the clerk did not sign it
  cosignatures = all;
  EXPECT_THAT(keep({5, m.chair(), m.supervisor()}), ElementsAre("key_change", "close_unwitnessed"));
  cosignatures = all;
  EXPECT_THAT(keep({}), ElementsAre("key_change", "close_unwitnessed"));
}

/// Of each change what programs read behind its signers; that people read the same sentence is checked, too.
std::vector<std::string> told(verifier::Audit const& audit) {
  std::vector<std::string> out;
  auto const parsed = json::parse(verifier::json_report(audit));
  std::string const zh = verifier::text_report(audit, Lang::kZh, false);
  std::string const en = verifier::text_report(audit, Lang::kEn, false);
  for (auto const& one : parsed.at("changes").as_array()) {
    EXPECT_THAT(zh, HasSubstr(std::string(one.at("zh").as_string())));
    EXPECT_THAT(en, HasSubstr(std::string(one.at("en").as_string())));
    json::object rest;
    for (auto const& [key, value] : one.as_object())
      if (key != "entry" && key != "signers" && key != "zh" && key != "en") rest.emplace(key, value);
    out.push_back(json::serialize(rest));
  }
  return out;
}

// Harm: the one mark that would have given a meeting away is an empty line, or a program reads another person's number.
TEST(Changes, EachIsToldToPeopleAndToPrograms) {
  Meeting m = begun();
  must(m.change_trustee(1, m.clerk(), m.committee()));
  must(m.sign_out_by(5, m.office()));
  must(m.submit(Recuse{m.record.meeting(), 1, 3, "亲属"}, m.office()));
  must(m.recuse_back(1, 3, m.office()));
  auto const first = whole(m);
  auto const lines = told(first);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[0], HasSubstr(R"({"kind":"trustee_change","by":"committee","trustee":1,"from":)" +
                                  std::to_string(m.chair()) + R"(,"person":)" + std::to_string(m.clerk())));
  EXPECT_THAT(lines[1], HasSubstr(R"({"kind":"sign_out","by":"office","person":5,"reason":)"));
  EXPECT_EQ(lines[2], R"({"kind":"recuse","by":"office","person":1,"question":3,"reason":"亲属"})");
  EXPECT_THAT(lines[3], HasSubstr(R"({"kind":"recuse_back","by":"office","person":1,"question":3,"reason":)"));
  EXPECT_THAT(verifier::text_report(first, Lang::kZh, false), HasSubstr("亲属"));

  Meeting on_paper = begun();
  must(on_paper.open(1, true));
  PaperTally const tally{on_paper.batch_open(), {{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}};
  must(on_paper.submit(tally, on_paper.office()));
  must(on_paper.declare());
  EXPECT_THAT(told(whole(on_paper)), ElementsAre(R"({"kind":"paper","by":"office","questions":[1,2]})"));

  Meeting by_two = begun();
  must(by_two.submit(must(by_two.record.draft_meeting_close({})), {by_two.chair(), by_two.clerk()}));
  EXPECT_THAT(told(whole(by_two)), ElementsAre(R"({"kind":"close_two","by":"two"})"));

  Meeting unwitnessed = at(Stage::kCounted);
  unwitnessed.witnessed = false;
  must(unwitnessed.declare());
  std::string const declared = std::to_string(unwitnessed.record.size() - 1);
  unwitnessed.witnessed = true;
  must(unwitnessed.close_meeting());
  auto const marks = told(whole(unwitnessed));
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_THAT(marks[0],
              HasSubstr(R"("declared":)" + declared + R"(,"have":0,"need":6,"have_experts":0,"need_experts":4})"));

  Meeting undecided = at(Stage::kConfirmed);
  must(undecided.share(0));
  auto const left = told(whole(undecided));
  ASSERT_EQ(left.size(), 2U);
  EXPECT_THAT(left[1], testing::AllOf(HasSubstr(R"("kind":"undecided")"), HasSubstr(R"("question":2})")));

  Meeting unseen = begun();
  must(unseen.close_meeting());
  unseen.checkpoints.rbegin()->second.cosignatures.clear();
  auto const end = told(audited(unseen.record_file(), unseen.record.tree().root()));
  ASSERT_EQ(end.size(), 1U);
  EXPECT_THAT(end[0], HasSubstr(R"("kind":"close_unwitnessed")"));
}

// Programs read it: what moves breaks them.
TEST(Changes, JsonHasTheFieldsOfTheSpecificationInTheirOrder) {
  Meeting m = begun();
  must(m.change_keys(4, m.office()));
  m.run_batch(1, m.votes(1, 3, 2), Stage::kCast);
  must(m.spoil_by(1, m.office()));
  m.all_tokens(1);
  must(m.cast(1, {}));
  m.continue_batch({}, Stage::kCast, Stage::kErased);
  auto const audit = whole(m);
  auto const parsed = json::parse(verifier::json_report(audit)).as_object();
  auto const keys = [](json::value const& value) {
    std::vector<std::string> out;
    for (auto const& member : value.as_object()) out.emplace_back(member.key());
    return out;
  };
  EXPECT_THAT(keys(parsed), ElementsAre("verified", "exit_code", "checks_holding", "entries", "ballots", "head",
                                        "anchor", "checks", "meeting", "changes", "attendance", "attempts"));
  EXPECT_THAT(keys(parsed.at("meeting")),
              ElementsAre("id", "title", "date", "rehearsal", "committee_size", "quorum", "trustees"));
  EXPECT_THAT(keys(parsed.at("changes").at(0)),
              ElementsAre("entry", "kind", "by", "signers", "person", "first", "reason", "zh", "en"));
  EXPECT_THAT(keys(parsed.at("changes").at(1)), ElementsAre("entry", "kind", "by", "signers", "person", "cast",
                                                            "supervisor", "verdict", "result", "zh", "en"));
  EXPECT_TRUE(parsed.at("changes").at(1).at("supervisor").is_null());
  EXPECT_THAT(keys(parsed.at("attendance").at(0)), ElementsAre("person", "name", "employer", "roles", "first_sign_in",
                                                               "last_sign_out", "signed_in", "recusals"));
  EXPECT_THAT(keys(parsed.at("attempts").at(0)),
              ElementsAre("batch", "title", "attempt", "entry", "paper", "counted_by", "declared", "present",
                          "trustees", "overridden", "questions"));
  EXPECT_THAT(
      keys(parsed.at("attempts").at(0).at("questions").at(0)),
      ElementsAre("question", "name", "employer", "level", "exceptional", "opened_before", "voided", "present",
                  "needed", "agree", "disagree", "abstain", "invalid", "not_cast", "recused", "passed", "contested",
                  "mode_sensitive", "envelopes", "ballots", "ok", "said_not_cast", "unconfirmed", "low", "high"));
  EXPECT_EQ(parsed.at("meeting").at("quorum").as_int64(), 5);
}
