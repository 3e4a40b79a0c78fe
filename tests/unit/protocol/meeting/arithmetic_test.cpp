// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/arithmetic.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace piaojue::meeting {
namespace {

Refusal refusal(Result<Row> const& row) { return row.error(); }

// The committee's own tables: an error of one here changes who is promoted.
TEST(Threshold, NeedIsTheTableOfTheRules) {
  std::uint32_t const need[] = {4,  5,  5,  6,  7,  7,  8,  9,  9,  10, 11, 11, 12, 13, 13, 14,
                                15, 15, 16, 17, 17, 18, 19, 19, 20, 21, 21, 22, 23, 23, 24};
  for (std::uint32_t p = 5; p <= 35; ++p) {
    EXPECT_EQ(needed(Rules{}, p), need[p - 5]) << p;
    EXPECT_TRUE(passes(Rules{}, need[p - 5], p)) << p;
    EXPECT_FALSE(passes(Rules{}, need[p - 5] - 1, p)) << p;
  }
}

TEST(Threshold, QuorumIsTheTableOfTheRules) {
  std::map<std::uint32_t, std::uint32_t> const min = {{7, 5},   {9, 6},   {11, 8},  {13, 9},  {15, 10},
                                                      {17, 12}, {19, 13}, {21, 14}, {23, 16}, {25, 17},
                                                      {27, 18}, {29, 20}, {31, 21}, {33, 22}, {35, 24}};
  for (auto const& [n, p] : min) {
    EXPECT_EQ(quorum_min(Rules{}, n), p) << n;
  }
}

// "2/3 以上" of the ministry's order and "（不含）" of the district's differ where P is a multiple of 3, and only
// there.
TEST(Threshold, StrictAndInclusiveDifferExactlyAtMultiplesOfThree) {
  Rules inclusive;
  inclusive.pass_strict = false;
  for (std::uint32_t p = 1; p <= 255; ++p) {
    EXPECT_EQ(needed(Rules{}, p) - needed(inclusive, p), p % 3 == 0 ? 1u : 0u) << p;
  }
}

// "At least two thirds of nobody" would pass a candidate from whom everybody stepped back.
TEST(Threshold, NobodyPassesWithoutADenominator) {
  Rules inclusive;
  inclusive.pass_strict = false;
  EXPECT_FALSE(passes(inclusive, 0, 0));
  EXPECT_FALSE(passes(Rules{}, 0, 0));
}

// In floating point or 32 bits the product could wrap or round: the numbers stay integers and wide.
TEST(Threshold, LargeNumbersDoNotWrap) {
  Rules rules;
  rules.pass_numerator = 99;
  rules.pass_denominator = 100;
  EXPECT_FALSE(passes(rules, 4'000'000'000u * 0 + 3'900'000'000u, 4'000'000'000u));
  EXPECT_TRUE(passes(rules, 3'999'000'000u, 4'000'000'000u));
}

TEST(Threshold, TwoThirdsAreMoreThanTwoThirds) {
  EXPECT_EQ(two_thirds(0), 1u);
  EXPECT_EQ(two_thirds(1), 1u);
  EXPECT_EQ(two_thirds(3), 3u);
  EXPECT_EQ(two_thirds(4), 3u);
  EXPECT_EQ(two_thirds(99), 67u);
}

// The worked meetings: A/D/B/K/U/R → outcome.
struct Worked {
  char const* name;
  std::uint32_t present, agree, disagree, abstain, invalid, not_cast, recused;
  bool strict;
  bool passed;
};
class WorkedRow : public ::testing::TestWithParam<Worked> {};

TEST_P(WorkedRow, IsDecidedAsComputed) {
  Worked const w = GetParam();
  Rules rules;
  rules.pass_strict = w.strict;
  Figures f;
  f.present = w.present;
  f.recused = w.recused;
  f.cast = w.agree + w.disagree + w.abstain + w.invalid;
  f.box = f.cast - w.invalid;
  f.agree = w.agree;
  f.disagree = w.disagree;
  f.confirmed = f.cast;  // who cast an invalid one says OK all the same
  f.not_cast = w.not_cast;
  auto const row = make_row(rules, f);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->passed, w.passed);
  EXPECT_EQ(row->abstain, w.abstain);
  EXPECT_EQ(row->invalid, w.invalid);
  EXPECT_EQ(row->not_cast, w.not_cast);
  EXPECT_EQ(row->recused, w.recused);
  EXPECT_FALSE(row->contested);
  EXPECT_TRUE(balances(*row));
}
INSTANTIATE_TEST_SUITE_P(
    Meetings, WorkedRow,
    ::testing::Values(Worked{"M1", 25, 17, 8, 0, 0, 0, 0, true, true}, Worked{"M2", 25, 16, 9, 0, 0, 0, 0, true, false},
                      Worked{"M3", 18, 12, 6, 0, 0, 0, 0, true, false},
                      Worked{"M3inclusive", 18, 12, 6, 0, 0, 0, 0, false, true},
                      Worked{"M4", 18, 13, 3, 2, 0, 0, 0, true, true}, Worked{"M6", 8, 5, 0, 0, 0, 3, 0, true, false},
                      Worked{"M7", 9, 6, 0, 3, 0, 0, 0, true, false}, Worked{"M8", 11, 7, 3, 0, 0, 0, 1, true, false},
                      Worked{"M9", 12, 9, 1, 0, 0, 0, 2, true, true}, Worked{"M10", 15, 10, 3, 0, 2, 0, 0, true, false},
                      Worked{"M12a", 12, 9, 3, 0, 0, 0, 0, true, true},
                      Worked{"M12b", 11, 8, 3, 0, 0, 0, 0, true, true}),
    [](auto const& given) { return given.param.name; });

TEST(Threshold, M5AndM12CannotOpen) {
  EXPECT_GT(quorum_min(Rules{}, 25), 16u);
  EXPECT_GT(quorum_min(Rules{}, 15), 9u);
}

// M8: the same votes pass or fail by the mode of recusal, which is why it is frozen before the meeting and pointed out.
TEST(Threshold, RecusalModeDecidesM8AndIsPointedOut) {
  Figures f;
  f.present = 11;
  f.recused = 1;
  f.cast = f.box = f.confirmed = 10;
  f.agree = 7;
  f.disagree = 3;
  Rules rules;
  auto const include = make_row(rules, f);
  ASSERT_TRUE(include);
  EXPECT_FALSE(include->passed);
  EXPECT_TRUE(include->mode_sensitive);
  EXPECT_EQ(include->present, 11u);
  EXPECT_EQ(include->recused, 1u);
  rules.recusal_mode = RecusalMode::kExclude;
  auto const exclude = make_row(rules, f);
  ASSERT_TRUE(exclude);
  EXPECT_TRUE(exclude->passed);
  EXPECT_TRUE(exclude->mode_sensitive);
  EXPECT_EQ(exclude->present, 10u);
  EXPECT_EQ(exclude->recused, 0u);
  rules.recusal_mode = RecusalMode::kLeave;
  f.present = 10;
  f.left = 1;
  f.recused = 0;
  auto const leave = make_row(rules, f);
  ASSERT_TRUE(leave);
  EXPECT_TRUE(leave->passed);
  EXPECT_TRUE(leave->mode_sensitive);
}

// M11: more papers came back than were given out; no count of them can be right.
TEST(Threshold, M11PaperFallback) {
  Figures f;
  f.present = 10;
  EXPECT_EQ(refusal(make_paper_row(Rules{}, f, {10, 11, 11, 0, 8, 3, 0})), Refusal::kUnbalancedRow);
  auto const row = make_paper_row(Rules{}, f, {10, 10, 10, 0, 7, 3, 0});
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->passed);
  EXPECT_EQ(row->needed, 7u);
}

TEST(Threshold, PaperFiguresThatContradictEachOtherAreRefused) {
  Figures f;
  f.present = 10;
  f.recused = 1;
  EXPECT_TRUE(make_paper_row(Rules{}, f, {9, 8, 7, 1, 5, 1, 1}));
  EXPECT_EQ(refusal(make_paper_row(Rules{}, f, {10, 8, 7, 1, 5, 1, 1})), Refusal::kUnbalancedRow);  // issued > P − R
  EXPECT_EQ(refusal(make_paper_row(Rules{}, f, {9, 8, 7, 2, 5, 1, 1})), Refusal::kUnbalancedRow);   // valid + invalid
  EXPECT_EQ(refusal(make_paper_row(Rules{}, f, {9, 8, 7, 1, 5, 1, 0})), Refusal::kUnbalancedRow);   // valid
  EXPECT_EQ(refusal(make_paper_row(Rules{}, f, {7, 8, 7, 1, 5, 1, 1})), Refusal::kUnbalancedRow);   // returned > issued
  Rules no_abstain;
  no_abstain.abstain_allowed = false;
  EXPECT_EQ(refusal(make_paper_row(no_abstain, f, {9, 8, 7, 1, 5, 1, 1})), Refusal::kUnbalancedRow);
}

TEST(Threshold, FiguresThatContradictEachOtherAreRefused) {
  Figures good;
  good.present = 10;
  good.recused = 1;
  good.cast = 8;
  good.box = 7;
  good.agree = 4;
  good.disagree = 2;
  good.confirmed = 7;
  good.not_cast = 1;
  EXPECT_TRUE(make_row(Rules{}, good));
  auto bad = [&](auto change) {
    Figures f = good;
    change(f);
    return refusal(make_row(Rules{}, f));
  };
  EXPECT_EQ(bad([](Figures& f) { f.recused = 11; }), Refusal::kUnbalancedRow);
  EXPECT_EQ(bad([](Figures& f) { f.cast = 10; }), Refusal::kUnbalancedRow);
  EXPECT_EQ(bad([](Figures& f) { f.box = 9; }), Refusal::kUnbalancedRow);
  EXPECT_EQ(bad([](Figures& f) { f.agree = 6; }), Refusal::kUnbalancedRow);
  EXPECT_EQ(bad([](Figures& f) { f.agree = 0xffffffff; }), Refusal::kUnbalancedRow);
  EXPECT_EQ(bad([](Figures& f) { f.not_cast = 3; }), Refusal::kUnbalancedRow);  // more have spoken than may vote
  EXPECT_EQ(bad([](Figures& f) { f.confirmed = 0xffffffff; }), Refusal::kUnbalancedRow);
  Rules no_abstain;
  no_abstain.abstain_allowed = false;
  EXPECT_EQ(refusal(make_row(no_abstain, good)), Refusal::kUnbalancedRow);
}

// Two ballots nobody vouched for could have been swapped: a result that hangs on them is not declared as passed.
TEST(Threshold, ContestedWhenUnconfirmedBallotsDecide) {
  Figures f;
  f.present = 25;
  f.cast = f.box = 25;
  f.agree = 17;
  f.disagree = 8;
  f.confirmed = 25;
  EXPECT_TRUE(make_row(Rules{}, f)->passed);
  f.confirmed = 24;
  EXPECT_TRUE(make_row(Rules{}, f)->contested);
  EXPECT_FALSE(make_row(Rules{}, f)->passed);
  f.agree = 18;
  f.disagree = 7;
  EXPECT_TRUE(make_row(Rules{}, f)->passed);
  f.agree = 16;
  f.disagree = 9;
  EXPECT_TRUE(make_row(Rules{}, f)->contested);
  f.agree = 15;
  EXPECT_FALSE(make_row(Rules{}, f)->contested);
}

// One supporter's tokens were withheld: 7 of a needed 8, and he said so by saying nothing, or MISSING. What may be
// missing counts as may have agreed.
TEST(Threshold, ContestedWhenWhoIsUnheardDecides) {
  Figures f;
  f.present = 11;
  f.cast = f.box = f.confirmed = 10;
  f.agree = 7;
  f.disagree = 3;
  EXPECT_TRUE(make_row(Rules{}, f)->contested);
  // By his own word he cast none.
  f.not_cast = 1;
  EXPECT_FALSE(make_row(Rules{}, f)->contested);
  EXPECT_FALSE(make_row(Rules{}, f)->passed);
  // The lawful meeting: five of eight vote and agree, three by their own word do not.
  Figures lawful;
  lawful.present = 8;
  lawful.cast = lawful.box = lawful.agree = lawful.confirmed = 5;
  lawful.not_cast = 3;
  EXPECT_FALSE(make_row(Rules{}, lawful)->contested);
}

// On paper everybody sees the papers: nothing is unproven.
TEST(Threshold, OnPaperNothingIsContested) {
  Figures f;
  f.present = 11;
  auto const row = make_paper_row(Rules{}, f, {11, 10, 10, 0, 7, 3, 0});
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->contested);
  EXPECT_EQ(row->not_cast, 1u);
}

// Somebody whose own ballot was refused as invalid says OK: this must not stop the count of the others.
TEST(Threshold, MoreConfirmsThanBallotsAreNotANegativeNumber) {
  Figures f;
  f.present = 10;
  f.cast = 10;
  f.box = 9;
  f.agree = 9;
  f.confirmed = 10;
  auto const row = make_row(Rules{}, f);
  ASSERT_TRUE(row);
  EXPECT_FALSE(row->contested);
  EXPECT_TRUE(row->passed);
}

// ---- Properties ----

Rules any_rules() {
  Rules rules;
  rules.pass_denominator = *rc::gen::inRange<std::uint32_t>(1, 101);
  rules.pass_numerator = *rc::gen::inRange<std::uint32_t>(1, rules.pass_denominator + 1);
  rules.pass_strict = *rc::gen::arbitrary<bool>();
  rules.recusal_mode = *rc::gen::element(RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave);
  return rules;
}

Figures any_figures(Rules const& rules) {
  Figures f;
  f.present = *rc::gen::inRange<std::uint32_t>(0, 256);
  bool const leave = rules.recusal_mode == RecusalMode::kLeave;
  f.left = leave ? *rc::gen::inRange<std::uint32_t>(0, 20) : 0;
  f.recused = leave ? 0 : *rc::gen::inRange<std::uint32_t>(0, f.present + 1);
  f.cast = *rc::gen::inRange<std::uint32_t>(0, f.present - f.recused + 1);
  f.box = *rc::gen::inRange<std::uint32_t>(0, f.cast + 1);
  f.agree = *rc::gen::inRange<std::uint32_t>(0, f.box + 1);
  f.disagree = *rc::gen::inRange<std::uint32_t>(0, f.box - f.agree + 1);
  f.confirmed = *rc::gen::inRange<std::uint32_t>(0, f.cast + 1);
  f.not_cast = *rc::gen::inRange<std::uint32_t>(0, f.present - f.recused - f.cast + 1);
  return f;
}

TEST(ThresholdProperty, EveryRowThatCanComeAboutBalancesAndAgreesWithItsNeed) {
  EXPECT_TRUE(rc::check([] {
    Rules const rules = any_rules();
    Figures const f = any_figures(rules);
    auto const row = make_row(rules, f);
    RC_ASSERT(row.has_value());
    RC_ASSERT(balances(*row));
    if (row->passed) RC_ASSERT(row->agree >= row->needed && !row->contested);
    if (row->present > 0 && row->agree >= row->needed) RC_ASSERT(row->passed || row->contested);
  }));
}

TEST(ThresholdProperty, OneMoreAgreeNeverMakesACandidateFail) {
  EXPECT_TRUE(rc::check([] {
    Rules const rules = any_rules();
    auto const p = *rc::gen::inRange<std::uint32_t>(1, 256);
    auto const a = *rc::gen::inRange<std::uint32_t>(0, p);
    RC_ASSERT(!passes(rules, a, p) || passes(rules, a + 1, p));
    RC_ASSERT(passes(rules, a, p) == (a >= needed(rules, p)));
  }));
}

// The meaning of CONTESTED: some way in which the unproven ballots and the unheard votes could have been would decide
// otherwise.
TEST(ThresholdProperty, NotContestedMeansThatNothingUnprovenCouldHaveDecided) {
  EXPECT_TRUE(rc::check([] {
    Rules const rules = any_rules();
    Figures const f = any_figures(rules);
    auto const row = make_row(rules, f);
    RC_ASSERT(row.has_value());
    std::uint32_t const unproven = f.box - std::min(f.box, f.confirmed);
    std::uint32_t const unheard = f.present - f.recused - f.confirmed - f.not_cast;
    bool const as_counted = passes(rules, f.agree, row->present);
    bool differs = false;
    for (std::uint32_t less = 0; less <= unproven; ++less) {
      differs |= passes(rules, f.agree - std::min(f.agree, less), row->present) != as_counted;
    }
    for (std::uint32_t more = 0; more <= unheard; ++more) {
      differs |= passes(rules, f.agree + more, row->present) != as_counted;
    }
    RC_ASSERT(row->contested == differs);
    if (row->contested) RC_ASSERT(!row->passed);
  }));
}

}  // namespace
}  // namespace piaojue::meeting
