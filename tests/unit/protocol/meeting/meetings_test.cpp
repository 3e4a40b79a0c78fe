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
struct Members : Meeting {
  Members(std::uint32_t committee, std::uint32_t present, MeetingOptions given = {.trustees = 2})
      : Meeting(with_experts(std::move(given), committee)) {
    std::vector<PersonId> who;
    for (PersonId p = 1; p <= present; ++p) who.push_back(p);
    for (PersonId p = committee + 1; p < screen(); ++p) who.push_back(p);
    begin(who);
  }
};

TEST(Meetings, M1PassesWithSeventeenOfTwentyFive) {
  Members m(25, 25, {.trustees = 3});
  m.run_batch(1, m.votes(1, 17, 8));
  EXPECT_TRUE(declared(m, 1).passed);
  EXPECT_EQ(declared(m, 1), (Row{25, 17, 8, 0, 0, 0, 0, 17, true, false, false}));
  must(m.close_meeting());
}

TEST(Meetings, M2FailsWithSixteen) {
  Members m(25, 25);
  m.run_batch(1, m.votes(1, 16, 9));
  EXPECT_FALSE(declared(m, 1).passed);
}

TEST(Meetings, M3FailsStrictAndPassesInclusive) {
  Members strict(25, 18);
  strict.run_batch(1, strict.votes(1, 12, 6));
  EXPECT_FALSE(declared(strict, 1).passed);
  Rules rules;
  rules.pass_strict = false;
  Members inclusive(25, 18, {.trustees = 2, .rules = rules});
  inclusive.run_batch(1, inclusive.votes(1, 12, 6));
  EXPECT_TRUE(declared(inclusive, 1).passed);
}

TEST(Meetings, M4CountsAbstentionsInThePresent) {
  Members m(25, 18);
  m.run_batch(1, m.votes(1, 13, 3, 2));
  EXPECT_EQ(declared(m, 1), (Row{18, 13, 3, 2, 0, 0, 0, 13, true, false, false}));
}

TEST(Meetings, M5CannotOpenBelowQuorum) {
  Members m(25, 16);
  m.all_keys(1);
  EXPECT_REFUSED(m, kQuorum, m.open(1));
  must(m.sign_in(17));
  EXPECT_ACCEPTED(m.open(1));
}

// All who voted agreed; those who did not vote are present all the same. And nobody votes afterwards.
TEST(Meetings, M6FailsAndALateSixthVoteIsRefused) {
  Members m(11, 8);
  m.run_batch(1, m.votes(1, 5, 0), Stage::kCast);
  must(m.close_batch());
  EXPECT_REFUSED(m, kWrongPhase, m.submit(TokenRequest{m.batch_open(), 6, 0, crypto::sha256({})}, {6}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(EnvelopeCast{m.batch_open(), 1, 1, crypto::sha256({})}, {1}));
  m.continue_batch({}, Stage::kClosed, Stage::kErased);
  EXPECT_EQ(declared(m, 1), (Row{8, 5, 0, 0, 0, 3, 0, 6, false, false, false}));
  EXPECT_REFUSED(m, kWrongPhase, m.submit(TokenRequest{m.batch_open(), 9, 0, crypto::sha256({})}, {9}));
}

TEST(Meetings, M7FailsThoughNobodyIsOpposed) {
  Members m(11, 9);
  m.run_batch(1, m.votes(1, 6, 0, 3));
  EXPECT_FALSE(declared(m, 1).passed);
  EXPECT_EQ(declared(m, 1).disagree, 0u);
}

TEST(Meetings, M8DependsOnTheModeOfRecusalAndIsPointedOut) {
  for (RecusalMode const mode : {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}) {
    Rules rules;
    rules.recusal_mode = mode;
    Members m(11, 11, {.trustees = 2, .rules = rules});
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
  Members m(13, 12);
  must(m.recuse(1, 1));
  must(m.recuse(12, 1));
  m.run_batch(1, m.votes(1, 9, 1));
  EXPECT_EQ(declared(m, 1), (Row{12, 9, 1, 0, 0, 0, 2, 9, true, false, false}));
}

// Two envelopes hold what is no ballot: they stay in the denominator. And who says MISSING is believed.
TEST(Meetings, M10CountsInvalidBallotsInThePresent) {
  Rules rules;
  Members m(17, 15, {.trustees = 2, .rules = rules});
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
  must(m.override_people({{14, true}, {15, true}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  // Ten agree of a needed eleven, and two ballots are lost that may have agreed: contested.
  EXPECT_EQ(declared(m, 1), (Row{15, 10, 3, 0, 2, 0, 0, 11, false, true, false}));
}

TEST(Meetings, M11OnPaperTheFirstRoundIsVoidAndStaysOnRecord) {
  Members m(11, 10);
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
  Members m(15, 12, {.trustees = 2, .batches = {1, 1, 1}});
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
  Members m(7, 6, {.trustees = 3, .batches = {2, 1}, .exceptional = {2}, .first_expert_is_chair = true});
  must(m.interview(2));
  must(m.recuse(3, 1));
  m.run_batch(1, m.votes(1, 4, 1));
  must(m.change_keys(5, m.office()));
  must(m.change_trustee(1, m.clerk(), m.committee()));
  m.run_batch(2, m.votes(2, 3, 2, 1), Stage::kCast);
  must(m.spoil(1, m.supervisor(1)));
  must(m.check_result(1, CheckVerdict::kDiffers, {m.supervisor(1)}));
  must(m.sign_out_saying(1, true));
  must(m.sign_out_by(2, m.office()));
  m.continue_batch({}, Stage::kCast, Stage::kBox);
  for (PersonId p = 2; p <= 5; ++p) must(m.confirm(p));
  must(m.override_people({{6, false}}));
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

/// Of these the order among themselves is free.
std::set<EntryType> const kFree{EntryType::kSignIn,         EntryType::kSignOut,      EntryType::kKeyChange,
                                EntryType::kTrusteeChange,  EntryType::kBatchKeys,    EntryType::kTokenRequest,
                                EntryType::kTokensIssued,   EntryType::kEnvelopeCast, EntryType::kEnvelopeSpoil,
                                EntryType::kIssuanceClosed, EntryType::kConfirm,      EntryType::kOverride,
                                EntryType::kTallyShare,     EntryType::kErased};

// An entry at any other place than its own is refused: what may follow what is one order.
TEST(Meetings, NoEntryFitsAnywhereElse) {
  Members m(7, 7);
  m.run_batch(1, m.votes(1, 5, 1), Stage::kCast);
  must(m.spoil(1, m.supervisor(1)));
  must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor(1)}));
  m.all_tokens(1);
  must(m.sign_out_saying(7, true));
  must(m.cast(1, {{1, Choice::kAgree}}));
  must(m.spoil_by(6, m.office()));
  m.continue_batch({}, Stage::kCast, Stage::kBox);
  for (PersonId p = 2; p <= 6; ++p) must(m.confirm(p));
  must(m.override_people({{1, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.change_keys(2, m.office()));
  must(m.change_trustee(1, m.clerk(), m.committee()));
  must(m.sign_out_by(3, m.office()));
  must(m.close_meeting());
  std::vector<Entry> entries;
  std::vector<EntryType> types;
  for (Bytes const& bytes : m.entries) types.push_back(entries.emplace_back(must(decode_entry(bytes))).type());
  Record record;
  for (std::size_t at = 0; at < m.entries.size(); ++at) {
    if (at > 0) must(record.apply(m.entries[at - 1]));
    for (std::size_t other = 0; other < m.entries.size(); ++other) {
      EntryType const type = types[other];
      if (other == at || kFree.contains(type)) continue;
      EXPECT_FALSE(record.check(entries[other])) << at << " " << other << " " << name(type);
    }
  }
}

// A trustee's laptop is lost between two attempts: another person takes the slot, and nothing runs with fewer.
TEST(Meetings, ALostTrusteeIsReplaced) {
  Members m(7, 7, {.trustees = 3});
  m.run_batch(1, m.votes(1, 7, 0), Stage::kConfirmed);
  must(m.void_questions({}));
  must(m.keys(1, 0));
  must(m.keys(1, 2));
  EXPECT_REFUSED(m, kKeyUnlogged, m.open(1));
  must(m.change_trustee(1, m.clerk(), m.committee()));
  must(m.keys(1, 1));
  must(m.open(1));
  m.continue_batch(m.votes(1, 7, 0), Stage::kOpen, Stage::kErased);
  EXPECT_TRUE(declared(m, 1).passed);
}

// The only supervisor's laptop dies during voting, and nobody could void: the committee can, and changes the key.
TEST(Meetings, ADeadSupervisorIsNoDeadEnd) {
  Members m(7, 7, {.trustees = 2, .supervisors = 1});
  m.run_batch(1, m.votes(1, 7, 0), Stage::kCast);
  must(m.submit(Void{m.batch_open(), {}, "监督人员电脑损坏"}, m.committee()));
  must(m.change_keys(m.supervisor(), m.committee()));
  m.run_batch(1, m.votes(1, 7, 0));
  EXPECT_TRUE(declared(m, 1).passed);
}

// The server enrols, signs in and votes for an expert who never came: a changed key that guards nothing, and is listed.
TEST(Meetings, WhoeverTheOfficeBringsIsNoneOfThoseWhoGuard) {
  Members m(7, 6, {.trustees = 2, .not_enrolled = {7}});
  must(m.change_keys(7, m.office()));
  must(m.sign_in(7));
  m.run_batch(1, m.votes(1, 7, 0), Stage::kConfirmed);
  EXPECT_FALSE(m.record.has_first_key(7));
  EXPECT_FALSE(m.attempt().witnesses.at(7).key);
  EXPECT_EQ(m.record.committee(kNobody).members.size(), 6u);
}

TEST(Meetings, WithoutAbstainingEveryBallotIsAVote) {
  Rules rules;
  rules.abstain_allowed = false;
  rules.modulus_bits = 2048;
  Members m(7, 5, {.trustees = 2, .rules = rules});
  m.run_batch(1, m.votes(1, 4, 1));
  EXPECT_EQ(declared(m, 1), (Row{5, 4, 1, 0, 0, 0, 0, 4, true, false, false}));
}

}  // namespace
}  // namespace piaojue::test
