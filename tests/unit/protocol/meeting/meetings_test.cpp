// SPDX-License-Identifier: Apache-2.0
/// The worked meetings through the whole machine: real tokens, onions, mixes, boxes and shares.
#include "refused.h"

namespace piaojue::test {
namespace {

Row const& declared(Meeting const& m, QuestionId q) { return *m.record.question(q).declared; }

MeetingOptions with_experts(MeetingOptions given, std::uint32_t experts) {
  given.experts = experts;
  return given;
}

/// A committee of N, of whom the first so many are there, with all offices.
struct Committee : Meeting {
  Committee(std::uint32_t committee, std::uint32_t present, MeetingOptions given = {.trustees = 2})
      : Meeting(with_experts(std::move(given), committee)) {
    std::vector<PersonId> who;
    for (PersonId p = 1; p <= present; ++p) who.push_back(p);
    for (PersonId p = committee + 1; p < screen(); ++p) who.push_back(p);
    begin(who);
  }
};

TEST(Meetings, M1PassesWithSeventeenOfTwentyFive) {
  Committee m(25, 25, {.trustees = 3});
  m.run_batch(1, m.votes(1, 17, 8));
  EXPECT_TRUE(declared(m, 1).passed);
  EXPECT_EQ(declared(m, 1), (Row{25, 17, 8, 0, 0, 0, 0, 17, true, false, false}));
  must(m.close_meeting());
}

TEST(Meetings, M2FailsWithSixteen) {
  Committee m(25, 25);
  m.run_batch(1, m.votes(1, 16, 9));
  EXPECT_FALSE(declared(m, 1).passed);
}

TEST(Meetings, M3FailsStrictAndPassesInclusive) {
  Committee strict(25, 18);
  strict.run_batch(1, strict.votes(1, 12, 6));
  EXPECT_FALSE(declared(strict, 1).passed);
  Rules rules;
  rules.pass_strict = false;
  Committee inclusive(25, 18, {.trustees = 2, .rules = rules});
  inclusive.run_batch(1, inclusive.votes(1, 12, 6));
  EXPECT_TRUE(declared(inclusive, 1).passed);
}

TEST(Meetings, M4CountsAbstentionsInThePresent) {
  Committee m(25, 18);
  m.run_batch(1, m.votes(1, 13, 3, 2));
  EXPECT_EQ(declared(m, 1), (Row{18, 13, 3, 2, 0, 0, 0, 13, true, false, false}));
}

TEST(Meetings, M5CannotOpenBelowQuorum) {
  Committee m(25, 16);
  m.all_keys(1);
  EXPECT_REFUSED(m, kQuorum, m.open(1));
  must(m.sign_in(17));
  EXPECT_ACCEPTED(m.open(1));
}

// All who voted agreed; those who did not vote are present all the same. And nobody votes afterwards.
TEST(Meetings, M6FailsAndALateSixthVoteIsRefused) {
  Committee m(11, 8);
  m.run_batch(1, m.votes(1, 5, 0), Stage::kCast);
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, m.submit(TokenRequest{m.batch_open(), 6, crypto::sha256({})}, {6}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(EnvelopeCast{m.batch_open(), 1, 1, crypto::sha256({})}, {1}));
  m.continue_batch({}, Stage::kClosed, Stage::kErased);
  EXPECT_EQ(declared(m, 1), (Row{8, 5, 0, 0, 0, 3, 0, 6, false, false, false}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(TokenRequest{m.batch_open(), 9, crypto::sha256({})}, {9}));
}

TEST(Meetings, M7FailsThoughNobodyIsOpposed) {
  Committee m(11, 9);
  m.run_batch(1, m.votes(1, 6, 0, 3));
  EXPECT_FALSE(declared(m, 1).passed);
  EXPECT_EQ(declared(m, 1).disagree, 0u);
}

TEST(Meetings, M8DependsOnTheModeOfRecusalAndIsPointedOut) {
  for (RecusalMode const mode : {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}) {
    Rules rules;
    rules.recusal_mode = mode;
    Committee m(11, 11, {.trustees = 2, .rules = rules});
    must(m.recuse(4, 1));
    m.run_batch(1, m.votes(1, 7, 3));
    Row const& row = declared(m, 1);
    EXPECT_EQ(row.passed, mode != RecusalMode::kInclude);
    EXPECT_TRUE(row.mode_sensitive);
    EXPECT_EQ(row.present, mode == RecusalMode::kInclude ? 11u : 10u);
    EXPECT_EQ(row.recused, mode == RecusalMode::kInclude ? 1u : 0u);
  }
}

TEST(Meetings, M9PassesInBothModes) {
  Committee m(13, 12);
  must(m.recuse(1, 1));
  must(m.recuse(12, 1));
  m.run_batch(1, m.votes(1, 9, 1));
  EXPECT_EQ(declared(m, 1), (Row{12, 9, 1, 0, 0, 0, 2, 9, true, false, false}));
}

// Two envelopes hold what is no ballot: they stay in the denominator.
TEST(Meetings, M10CountsInvalidBallotsInThePresent) {
  Rules rules;
  Committee m(17, 15, {.trustees = 2, .rules = rules});
  m.tamper_ballot = [](PersonId p, QuestionId, Bytes& ballot) {
    if (p == 14) ballot[600] ^= 1;
  };
  m.tamper_onion = [](PersonId p, QuestionId, Bytes& onion) {
    if (p == 15) onion[100] ^= 1;
  };
  m.run_batch(1, m.votes(1, 10, 5), Stage::kBox);
  EXPECT_EQ(m.attempt().mixes[0].counts.at(1), (MixCount{15, 14}));
  EXPECT_EQ(m.attempt().box->boxes.at(1).refused.size(), 1u);
  for (PersonId p = 1; p <= 15; ++p) must(m.confirm(p));
  EXPECT_REFUSED(m, kGateMissing, m.share(0));
  must(m.submit(Override{m.batch_open(), m.attempt().box_hash, {}, {14, 15}, "废票"},
                {m.chair(), m.supervisor(1), m.supervisor(2)}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  EXPECT_EQ(declared(m, 1), (Row{15, 10, 3, 0, 2, 0, 0, 11, false, false, false}));
}

TEST(Meetings, M11OnPaperTheFirstRoundIsVoidAndStaysOnRecord) {
  Committee m(11, 10);
  must(m.open(1, true));
  must(m.paper_tally({{1, {10, 11, 11, 0, 8, 3, 0}}}));
  EXPECT_EQ(m.attempt().phase, BatchPhase::kVoided);
  EXPECT_EQ(said(m.declare()), "WRONG_PHASE");
  must(m.open(1, true));
  EXPECT_EQ(m.record.attempts(1), 2u);
  must(m.paper_tally({{1, {10, 10, 10, 0, 7, 3, 0}}}));
  must(m.declare());
  EXPECT_EQ(declared(m, 1), (Row{10, 7, 3, 0, 0, 0, 0, 7, true, false, false}));
  must(m.close_meeting());
  auto const rounds = std::ranges::count_if(
      m.entries, [](Bytes const& entry) { return decode_entry(entry)->type() == EntryType::kPaperTally; });
  EXPECT_EQ(rounds, 2);
}

TEST(Meetings, M12ThreeBatchesWithFewerEachTime) {
  Committee m(15, 12, {.trustees = 2, .batches = {1, 1, 1}});
  m.run_batch(1, m.votes(1, 9, 3));
  must(m.sign_out(12));
  m.run_batch(2, m.votes(2, 8, 3));
  must(m.sign_out(11));
  must(m.sign_out(10));
  m.all_keys(3);
  EXPECT_REFUSED(m, kQuorum, m.open(3));
  EXPECT_EQ(declared(m, 1), (Row{12, 9, 3, 0, 0, 0, 0, 9, true, false, false}));
  EXPECT_EQ(declared(m, 2), (Row{11, 8, 3, 0, 0, 0, 0, 8, true, false, false}));
  EXPECT_FALSE(m.record.question(3).declared);
  must(m.close_meeting());
}

// Who is the same at the end: another party that reads the same entries knows the same.
TEST(Meetings, EverybodyWhoReadsTheEntriesIsInTheSameState) {
  Committee m(7, 6, {.trustees = 3, .batches = {2, 1}, .exceptional = {2}, .first_expert_is_chair = true});
  must(m.interview(2));
  must(m.recuse(3, 1));
  m.run_batch(1, m.votes(1, 4, 1));
  m.run_batch(2, m.votes(2, 3, 2, 1), Stage::kConfirmed);
  Record other;
  for (Bytes const& entry : m.entries) {
    must(other.apply(entry));
    EXPECT_NE(said(other.apply(entry)), "accepted");  // never the same entry twice
  }
  EXPECT_EQ(state(other), state(m.record));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.close_meeting());
  EXPECT_FALSE(m.record.in_progress());
}

// An entry at any other place than its own is refused: what may follow what is one order.
TEST(Meetings, NoEntryFitsAnywhereElse) {
  Committee m(5, 5);
  m.run_batch(1, m.votes(1, 4, 1));
  must(m.close_meeting());
  for (std::size_t at = 0; at < m.entries.size(); ++at) {
    Record record;
    for (std::size_t i = 0; i < at; ++i) must(record.apply(m.entries[i]));
    for (std::size_t other = 0; other < m.entries.size(); ++other) {
      EntryType const type = decode_entry(m.entries[other])->type();
      // Of these the order among themselves is free.
      bool const free = type == EntryType::kSignIn || type == EntryType::kBatchKeys ||
                        type == EntryType::kTokenRequest || type == EntryType::kTokensIssued ||
                        type == EntryType::kEnvelopeCast || type == EntryType::kIssuanceClosed ||
                        type == EntryType::kConfirm || type == EntryType::kTallyShare || type == EntryType::kErased;
      if (other == at || free) continue;
      EXPECT_FALSE(record.check(*decode_entry(m.entries[other]))) << at << " " << other << " " << name(type);
    }
  }
}

// With one trustee less, as the rules allow, the batch runs all the same.
TEST(Meetings, ALostTrusteeIsLeftOut) {
  Committee m(5, 5, {.trustees = 3});
  m.run_batch(1, m.votes(1, 5, 0), Stage::kConfirmed);
  must(m.void_questions({}));
  must(m.keys(1, 0));
  must(m.keys(1, 2));
  EXPECT_REFUSED(m, kKeyUnlogged, m.open(1));
  must(m.open(1, false, true));
  m.continue_batch(m.votes(1, 5, 0), Stage::kOpen, Stage::kErased);
  EXPECT_TRUE(declared(m, 1).passed);
}

TEST(Meetings, WithoutAbstainingEveryBallotIsAVote) {
  Rules rules;
  rules.abstain_allowed = false;
  rules.modulus_bits = 2048;
  Committee m(5, 5, {.trustees = 2, .rules = rules});
  m.run_batch(1, m.votes(1, 4, 1));
  EXPECT_EQ(declared(m, 1), (Row{5, 4, 1, 0, 0, 0, 0, 4, true, false, false}));
}

}  // namespace
}  // namespace piaojue::test
