// SPDX-License-Identifier: Apache-2.0
// What a deed's entry says: typed on the way in and out, under the keys that old ledgers were signed with.
#include "office/casework/entries.h"

#include <gtest/gtest.h>

using namespace piaojue;
using namespace piaojue::office;

namespace {

using Texts = std::map<std::string, std::string>;

Explained<entry::Body> decoded(Deed deed, Texts texts) {
  return entry::decode_texts({deed, sheets::Day{}, {}, std::move(texts), {}});
}

}  // namespace

// Harm: a program that was updated can not read the ledger of the year before, or reads another decision in it.
TEST(Entries, EveryDeedComesBackUnderTheKeysThatItIsSignedWith) {
  Hash const head = crypto::sha256({as_bytes("记录")});
  std::vector<std::pair<entry::Body, Texts>> const all{
      {entry::Import{*sheets::parse_date("2026-06-12"), "沿用"}, {{"filed", "2026-06-12"}, {"extension", "沿用"}}},
      {entry::Import{}, {}},
      {entry::Decide{Verdict::kEligible, "齐", "第五条", Verdict::kReview},
       {{"verdict", "ELIGIBLE"}, {"reason", "齐"}, {"basis", "第五条"}, {"machine", "REVIEW"}}},
      {entry::Notice{{{"缺考核表", "第五条"}, {"缺证明", ""}}, 5},
       {{"items", "缺考核表|第五条\n缺证明"}, {"days", "5"}}},
      {entry::Answer{entry::Outcome::kCorrected}, {{"outcome", "corrected"}}},
      {entry::Answer{entry::Outcome::kLapsed}, {{"outcome", "lapsed"}}},
      {entry::Roster{{3, 1, 2}}, {{"order", "3 1 2"}}},
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
    auto const again = decoded(entry::deed_of(body), texts);
    ASSERT_TRUE(again) << deed_code(entry::deed_of(body));
    EXPECT_EQ(entry::deed_of(*again), entry::deed_of(body));
    EXPECT_EQ(entry::encode_texts(*again), texts);
  }
}

// Harm: an objection counts as dismissed, or an applicant as refused, because a word was misspelt.
TEST(Entries, AWordThatIsNoneOfADeedsWordsIsRefused) {
  for (auto const& [deed, texts] : std::vector<std::pair<Deed, Texts>>{{Deed::kDecide, {{"verdict", "YES"}}},
                                                                       {Deed::kDecide, {{"verdict", "REVIEW"}}},
                                                                       {Deed::kDecide, {}},
                                                                       {Deed::kNotice, {{"days", "x"}}},
                                                                       {Deed::kNotice, {{"days", "-5"}}},
                                                                       {Deed::kAnswer, {{"outcome", "x"}}},
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
  EXPECT_EQ(shown(Deed::kAnswer, {{"outcome", "lapsed"}}), (Texts{{"outcome", "lapsed"}}));
}
