// SPDX-License-Identifier: Apache-2.0
// What a deed's entry says: typed on the way in and out, under the keys that old ledgers were signed with.
#include "office/casework/entries.h"

#include <gtest/gtest.h>

using namespace piaojue;
using namespace piaojue::office;

namespace {

using Texts = std::map<std::string, std::string>;

Explained<entry::Body> decoded(Deed deed, Texts texts, std::vector<Subject> subjects = {}) {
  return entry::decode_texts({deed, sheets::Day{}, std::move(subjects), std::move(texts), {}});
}
std::vector<Subject> const kThree{{1, "甲"}, {2, "乙"}, {3, "丙"}};

}  // namespace

// Harm: a program that was updated can not read the ledger of the year before, or reads another decision in it.
TEST(Entries, EveryDeedComesBackUnderTheKeysThatItIsSignedWith) {
  Hash const head = crypto::sha256({as_bytes("记录")});
  std::vector<std::pair<entry::Body, Texts>> const all{
      {entry::Import{*sheets::parse_date("2026-06-12"), "沿用", {}}, {{"filed", "2026-06-12"}, {"extension", "沿用"}}},
      {entry::Import{}, {}},
      {entry::Import{{}, {}, {3, 1, 2}}, {{"part", "3 1 2"}}},
      {entry::Decide{Verdict::kEligible, "齐", "第五条", {Verdict::kReview}},
       {{"verdict", "ELIGIBLE"}, {"reason", "齐"}, {"basis", "第五条"}, {"machine", "REVIEW"}}},
      {entry::Notice{{{"缺考核表", "第五条"}, {"缺证明", ""}}, 5},
       {{"items", "缺考核表|第五条\n缺证明"}, {"days", "5"}}},
      {entry::Answer{entry::Outcome::kCorrected}, {{"outcome", "corrected"}}},
      {entry::Answer{entry::Outcome::kLapsed}, {{"outcome", "lapsed"}}},
      {entry::Decide{Verdict::kNotEligible, "齐", "", {Verdict::kEligible, Verdict::kReview, Verdict::kNotEligible}},
       {{"verdict", "NOT_ELIGIBLE"}, {"reason", "齐"}, {"basis", ""}, {"machine", "ERN"}}},
      {entry::Roster{{3, 1, 2}, {}, {}}, {{"order", "3 1 2"}}},
      {entry::Roster{{2, 1}, {{4, 1}, {12, 2}}, "已调离"},
       {{"order", "2 1"}, {"struck", "4:1 12:2"}, {"struck_reason", "已调离"}}},
      {entry::Amend{{{"学历", "本科", "硕士"}, {"2021年度考核", "", "合格"}}, "核对原件"},
       {{"field_a", "学历"},
        {"old_a", "本科"},
        {"new_a", "硕士"},
        {"field_b", "2021年度考核"},
        {"old_b", ""},
        {"new_b", "合格"},
        {"reason", "核对原件"}}},
      {entry::Withdraw{"本人申请"}, {{"reason", "本人申请"}}},
      {entry::Record{head}, {{"head", to_hex(head.view())}}},
      {entry::Papers{}, {}},
      {entry::Publish{"政务网"}, {{"place", "政务网"}}},
      {entry::Object{"不实"}, {{"text", "不实"}}},
      {entry::Resolve{true, "属实"}, {{"outcome", "upheld"}, {"text", "属实"}}},
      {entry::Resolve{false, "不属实"}, {{"outcome", "dismissed"}, {"text", "不属实"}}},
      {entry::File{"一号"}, {{"number", "一号"}}},
      {entry::Announce{"二号"}, {{"number", "二号"}}},
      {entry::Certificates{}, {}}};
  for (auto const& [body, texts] : all) {
    EXPECT_EQ(entry::encode_texts(body), texts);
    auto const again = decoded(entry::deed_of(body), texts, kThree);
    ASSERT_TRUE(again) << deed_code(entry::deed_of(body));
    EXPECT_EQ(entry::deed_of(*again), entry::deed_of(body));
    EXPECT_EQ(entry::encode_texts(*again), texts);
  }
}

// Harm: 5,000 people decided together, or on one roster, do not fit into a text of the ledger, and nothing can be
// signed.
TEST(Entries, NumbersOfEverybodyFitIntoATextOfTheLedger) {
  entry::Roster roster;
  std::vector<Subject> all;
  for (std::uint32_t n = 1; n <= kSubjectsMax; ++n) {
    roster.order.push_back(n);
    all.push_back({n, "申报人"});
  }
  std::vector<Verdict> machine(kSubjectsMax, Verdict::kReview);
  machine.back() = Verdict::kEligible;
  for (entry::Body const& body : {entry::Body(roster), entry::Body(entry::Import{{}, {}, roster.order}),
                                  entry::Body(entry::Decide{Verdict::kEligible, "齐", "第五条", machine})}) {
    Action const action{entry::deed_of(body), sheets::Day{}, all, entry::encode_texts(body), {}};
    EXPECT_TRUE(encode_action(action)) << deed_code(action.deed);
    auto const again = entry::decode_texts(action);
    ASSERT_TRUE(again);
    EXPECT_EQ(entry::encode_texts(*again), action.texts);
  }
}

// Harm: an objection counts as dismissed, or an applicant as refused, because a word was misspelt.
TEST(Entries, AWordThatIsNoneOfADeedsWordsIsRefused) {
  for (auto const& [deed, texts] :
       std::vector<std::pair<Deed, Texts>>{{Deed::kDecide, {{"verdict", "YES"}}},
                                           {Deed::kDecide, {{"verdict", "REVIEW"}}},
                                           {Deed::kDecide, {}},
                                           {Deed::kNotice, {{"days", "x"}}},
                                           {Deed::kNotice, {{"days", "-5"}}},
                                           {Deed::kAnswer, {{"outcome", "x"}}},
                                           {Deed::kDecide, {{"verdict", "ELIGIBLE"}, {"machine", "EX"}}},
                                           {Deed::kDecide, {{"verdict", "ELIGIBLE"}, {"machine", "ER"}}},
                                           {Deed::kImport, {{"part", "1 x"}}},
                                           {Deed::kImport, {{"part", "1 2"}}},
                                           {Deed::kAmend, {{"reason", "x"}}},
                                           {Deed::kRoster, {{"order", "5-3"}}},
                                           {Deed::kRoster, {{"struck", "1"}}},
                                           {Deed::kRoster, {{"struck", "1:x"}}},
                                           {Deed::kRoster, {{"order", "1 x"}}},
                                           {Deed::kRecord, {{"head", "00"}}},
                                           {Deed::kResolve, {{"outcome", ""}}}}) {
    EXPECT_FALSE(decoded(deed, texts)) << deed_code(deed);
  }
}

// Harm: a clerk who looks for what was done about somebody is shown a key, or the numbers of a whole roster.
TEST(Entries, PeopleAreShownAllButWhatIsForPrograms) {
  auto const shown = [](Deed deed, Texts texts) {
    return entry::shown_texts({deed, sheets::Day{}, {}, std::move(texts), {}});
  };
  EXPECT_EQ(shown(Deed::kEnlist, {{"name", "周晓棠"}, {"key", "00"}}), (Texts{{"name", "周晓棠"}}));
  EXPECT_EQ(shown(Deed::kRoster, {{"order", "3 1 2"}}), Texts{});
  EXPECT_EQ(shown(Deed::kDecide, {{"verdict", "ELIGIBLE"}, {"machine", "ER"}}), (Texts{{"verdict", "ELIGIBLE"}}));
  EXPECT_EQ(shown(Deed::kImport, {{"part", "3 1"}, {"filed", "2026"}}), (Texts{{"filed", "2026"}}));
  EXPECT_EQ(shown(Deed::kAmend, {{"field_a", "学历"}, {"old_a", ""}, {"new_a", "本科"}, {"reason", "x"}}),
            (Texts{{"changes", "学历：— → 本科"}, {"reason", "x"}}));
  EXPECT_EQ(shown(Deed::kAnswer, {{"outcome", "lapsed"}}), (Texts{{"outcome", "lapsed"}}));
}
