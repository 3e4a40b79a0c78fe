// SPDX-License-Identifier: Apache-2.0
// For each of the 25 checks a record in which it alone fails. The attacker holds the server's keys, signs checkpoints
// anew, and has the paper carry the forged head hash: what the checks stop is listed in the specification §13.
#include <gmock/gmock.h>

#include "audit_fixture.h"
#include "crypto/domain.h"
#include "verifier/audit.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;
using testing::HasSubstr;

namespace {

/// A meeting that has come to `stage` of its first batch: three agree, one does not.
struct At : Meeting {
  explicit At(Stage stage, MeetingOptions given = small()) : Meeting(given) {
    begin();
    run_batch(1, votes(1, 3, 1), stage);
  }
  std::vector<PersonId> chair_and_supervisors() {
    auto out = supervisors();
    out.push_back(chair());
    return out;
  }
  Hash leaf(std::size_t index) const { return log::leaf_hash(entries.at(index)); }
  std::uint64_t next() const { return record.size(); }
};

/// The first entry of a type.
template <class E>
std::uint64_t index_of(Meeting const& m) {
  for (std::size_t i = 0; i < m.entries.size(); ++i)
    if (std::holds_alternative<E>(must(decode_entry(m.entries[i])).body)) return i;
  throw std::logic_error("no such entry");
}

// ---- Ballots by hand --------------------------------------------------------------------------------------------

constexpr std::size_t kTokensAt = 1 + 4 + 32 + 32;
std::size_t vote_at(Attempt const& a) { return kTokensAt + a.shape.trustees * a.shape.modulus_bytes; }
std::size_t proof_at(Attempt const& a) { return vote_at(a) + 64; }

void sign_again(Meeting& m, PersonId person, QuestionId q, Bytes& ballot) {
  ByteView const body = ByteView(ballot).first(ballot.size() - 64);
  std::array<std::uint8_t, 1> const zero{0};
  Hash const ctx = m.record.ballot_context(q).ctx;
  Signature const signature =
      m.experts.at(person).tokens.at(q).sk_v.sign({as_bytes(crypto::domain::kBallot), zero, ctx.view(), body});
  std::ranges::copy(signature.data, ballot.end() - 64);
}

/// The box that an honest server would make, with the ballot of expert 1 on question 1 changed by a dishonest expert
/// and let through by a dishonest server.
BallotBox box_with(Meeting& m, std::function<void(Bytes&)> const& change, bool sign) {
  BallotBox box = m.make_box();
  auto& ballots = box.boxes.at(1).ballots;
  auto const at = std::ranges::find(ballots, m.experts.at(1).ballots.at(1));
  change(*at);
  if (sign) sign_again(m, 1, 1, *at);
  std::ranges::sort(ballots);
  return box;
}

/// Same, taken in by the state machine.
Forged accepted(At& m, std::function<void(Bytes&)> const& change, bool sign) {
  std::uint64_t const entry = m.next();
  must(m.submit(box_with(m, change, sign), {kServer}));
  m.witness();
  return ended(m, entry);
}

/// Little-endian s + L: another spelling of the same scalar.
void add_order(std::span<std::uint8_t> s) {
  static constexpr std::array<std::uint8_t, 32> kOrder{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                                       0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                                       0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += unsigned{s[i]} + kOrder[i];
    s[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

}  // namespace

// ---- The honest record ------------------------------------------------------------------------------------------

TEST(HonestRecord, HoldsAllChecksOnAnyNumberOfThreads) {
  At m(Stage::kErased);
  m.run_batch(2, m.votes(2, 2, 1, 1));
  must(m.close_meeting());
  std::string const file = m.record_file();
  for (std::size_t const jobs : {1U, 2U, 5U}) {
    auto const audit = audited(file, m.record.tree().root(), jobs);
    expect_verified(audit);
    EXPECT_EQ(audit.ballots, 12U);
    EXPECT_EQ(audit.entries, m.entries.size());
  }
}

// ---- 1 Anchor ---------------------------------------------------------------------------------------------------

// A record that is consistent in itself, of a meeting that the attacker held with himself.
TEST(Check01, AWholeRecordOfAnotherMeetingFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  Hash other = m.record.tree().root();
  other.data[31] ^= 1;
  expect_only(audited(m.record_file(), other), 1, std::nullopt);
}

// ---- 2 Tree and checkpoints -------------------------------------------------------------------------------------

TEST(Check02, ACheckpointThatTheServerDidNotSignFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  std::uint64_t const size = m.checkpoints.begin()->first;
  log::Checkpoint const checkpoint{m.manifest.origin(), size, m.record.tree().root(size)};
  m.checkpoints.begin()->second.note = log::sign_checkpoint(checkpoint, crypto::SigningKey::generate());
  expect_only(audited(m.record_file(), m.record.tree().root()), 2, size - 1);
}

// The server signed one history for the hall and another for the archive.
TEST(Check02, ASignedCheckpointOfAnotherTreeFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = *m.checkpoints.begin();
  log::Checkpoint checkpoint{m.manifest.origin(), size, m.record.tree().root(size)};
  checkpoint.root.data[0] ^= 1;
  witnessed.note = log::sign_checkpoint(checkpoint, m.people.at(kServer).witness);
  expect_only(audited(m.record_file(), m.record.tree().root()), 2, size - 1);
}

TEST(Check02, ARecordWithoutACheckpointOfItsFullSizeFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto const file = m.record_file([](std::vector<RecordItem>& items) {
    // With the last checkpoint its cosignatures go; check 3 misses them, too.
    while (!std::holds_alternative<Bytes>(items.back())) items.pop_back();
  });
  auto const audit = audited(file, m.record.tree().root());
  EXPECT_EQ(audit.check(verifier::check_numbered(2)).outcome, verifier::Outcome::kFailed);
  EXPECT_EQ(audit.check(verifier::check_numbered(3)).outcome, verifier::Outcome::kFailed);
  EXPECT_EQ(audit.exit_code(), 1);
}

TEST(Check02, AMeetingClosedOverAnotherTreeFails) {
  At m(Stage::kErased);
  MeetingClose close = must(m.record.draft_meeting_close());
  close.root.data[5] ^= 1;
  expect_only(with_entry(m, close, m.chair_and_supervisors()), 2);
}

// ---- 3 Witnesses ------------------------------------------------------------------------------------------------

TEST(Check03, AForgedCosignatureFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = *m.checkpoints.begin();
  witnessed.cosignatures.at(1).signature.data[9] ^= 1;
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, size - 1);
}

TEST(Check03, ACosignatureOfSomebodyWithoutKeysFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = *m.checkpoints.begin();
  log::Checkpoint const checkpoint{m.manifest.origin(), size, m.record.tree().root(size)};
  witnessed.cosignatures.push_back(log::cosign(checkpoint, 99, 1, crypto::SigningKey::generate()));
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, size - 1);
}

// Two halls: the keys were shown to half of the people only.
TEST(Check03, ABatchOpenThatTooFewHadSeenBeforeTokensWereIssuedFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  std::uint64_t const open = index_of<BatchOpen>(m);
  auto& cosignatures = m.checkpoints.at(open + 1).cosignatures;
  std::size_t const people = cosignatures.size();  // 4 experts, chair, clerk, supervisor: 5 of 7 are needed
  ASSERT_EQ(people, 7U);
  cosignatures.resize(5);
  expect_verified(audited(m.record_file(), m.record.tree().root()));
  cosignatures.resize(4);
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, open);
}

// Everybody cosigns the whole log in the end; that says nothing about what they had seen when they voted.
TEST(Check03, CosignaturesAfterTheFirstActDoNotCount) {
  for (bool const box : {false, true}) {
    Meeting m(small());
    m.begin();
    m.witnessed = !box;
    m.run_batch(1, m.votes(1, 3, 1), Stage::kKeys);
    m.witnessed = box;
    must(m.open(1));
    if (!box) m.witnessed = false;
    m.continue_batch(m.votes(1, 3, 1), Stage::kOpen, Stage::kMixed);
    m.witnessed = !box;
    must(m.box());
    std::uint64_t const entry = m.record.size() - 1;
    m.continue_batch(m.votes(1, 3, 1), Stage::kBox, Stage::kErased);
    m.witness();
    m.witnessed = true;
    must(m.close_meeting());
    expect_only(audited(m.record_file(), m.record.tree().root()), 3, box ? entry : index_of<BatchOpen>(m));
  }
}

// Nothing rests on a batch that was voided before a token was issued: to ask for witnesses would fail honest records.
TEST(Check03, ABatchOnWhichNobodyActedNeedsNoWitnesses) {
  Meeting m(small());
  m.begin();
  m.all_keys(1);
  m.witnessed = false;
  must(m.open(1));
  must(m.void_questions({}));
  m.witnessed = true;
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
}

TEST(Check03, AMeetingWhoseEndNobodyWitnessedFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  m.checkpoints.rbegin()->second.cosignatures.clear();
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, m.entries.size() - 1);
}

// ---- 4 Entries --------------------------------------------------------------------------------------------------

TEST(Check04, AForgedSignatureFails) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.back() ^= 1;
  expect_only(with_entry(m, entry), 4);
}

TEST(Check04, AnEntrySignedByTheWrongPersonFails) {
  At m(Stage::kErased);
  expect_only(with_entry(m, Recuse{m.record.meeting(), 1, 3, "亲属"}, {2}), 4);
}

TEST(Check04, AnotherSpellingOfAnEntryFails) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.insert(entry.end(), {0x78, 0x01});  // an unknown field
  expect_only(with_entry(m, entry), 4);
}

TEST(Check04, AnEntryOutOfPlaceFails) {
  At m(Stage::kCast);
  expect_only(with_entry(m, Declaration{m.batch_open(), {}}, m.chair_and_supervisors()), 4);
}

TEST(Check04, AnythingAfterTheMeetingsEndFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  expect_only(with_entry(m, SignOut{m.record.meeting(), 1, 1, ""}, {1}), 4);
  expect_only(with_entry(m, BatchOpen{m.record.meeting(), 2, 1, {3}, {1, 2, 3, 4}, {}, {}, true}, {m.chair()}), 4);
}

// A box with bad ballots that the server did not sign is a forgery by somebody else, not a stuffed box.
TEST(Check04, ABoxThatTheServerDidNotSignIsNotTheServers) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  std::swap(box.boxes.at(1).ballots[0], box.boxes.at(1).ballots[1]);
  expect_only(with_entry(m, box, {m.chair()}), 4);
}

// ---- 5 Attempts -------------------------------------------------------------------------------------------------

TEST(Check05, AnAttemptUnderTheNumberOfAnEarlierOneFails) {
  At m(Stage::kBox);
  must(m.void_questions({}));
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  open.attempt = 1;
  expect_only(with_entry(m, open, {m.chair()}), 5);
}

TEST(Check05, ABatchThatIsOpenedAgainWhileItIsOpenFails) {
  At m(Stage::kCast);
  BatchOpen open = m.attempt().open;
  open.attempt = 2;
  expect_only(with_entry(m, open, {m.chair()}), 5);
}

TEST(Check05, ADecidedQuestionThatIsOpenedAgainFails) {
  At m(Stage::kErased);
  BatchOpen open = m.attempt().open;
  open.attempt = 2;
  expect_only(with_entry(m, open, {m.chair()}), 5);
}

// ---- 6 Tally keys -----------------------------------------------------------------------------------------------

TEST(Check06, ATallyKeyWithoutProofOfKnowledgeFails) {
  Meeting m(small());
  m.begin();
  BatchKeys keys = m.make_keys(1, 0);
  keys.pok.s.data[0] ^= 1;
  expect_only(with_entry(m, keys, {kServer}), 6);
}

TEST(Check06, ATallyKeyThatIsNoPointFails) {
  Meeting m(small());
  m.begin();
  BatchKeys keys = m.make_keys(1, 0);
  keys.tally_key = Point{};
  expect_only(with_entry(m, keys, {kServer}), 6);
}

// ---- 7 Token keys -----------------------------------------------------------------------------------------------

// The same RSA key for two questions: a token of one could be spent on the other.
TEST(Check07, ATokenKeyForTwoQuestionsFails) {
  Meeting m(small());
  m.begin();
  BatchKeys keys = m.make_keys(1, 0);
  keys.token_keys.at(2) = keys.token_keys.at(1);
  expect_only(with_entry(m, keys, {kServer}), 7);
}

TEST(Check07, ATokenKeyThatWasNotInTheLogBeforeTheBatchWasOpenedFails) {
  Meeting m(small());
  m.begin();
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  open.keys.at(1).data[0] ^= 1;
  expect_only(with_entry(m, open, {m.chair()}), 7);
}

// ---- 8 Denominators ---------------------------------------------------------------------------------------------

// With one present fewer, the same votes pass.
TEST(Check08, APresentExpertThatIsLeftOutFails) {
  Meeting m(small());
  m.begin();
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  open.present.pop_back();
  expect_only(with_entry(m, open, {m.chair()}), 8);
}

TEST(Check08, ARecusalThatIsPassedOverFails) {
  Meeting m(small());
  m.begin();
  must(m.recuse(1, 1));
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false));
  open.recusals.clear();
  expect_only(with_entry(m, open, {m.chair()}), 8);
}

TEST(Check08, ABatchOpenedWithoutQuorumFails) {
  auto options = small();
  options.committee_size = 7;  // 4 of 7 are fewer than two thirds
  Meeting m(options);
  m.begin();
  m.all_keys(1);
  BatchOpen open;
  open.meeting = m.record.meeting();
  open.batch = open.attempt = 1;
  open.questions = {1, 2};
  open.present = {1, 2, 3, 4};
  for (TrusteeId t = 0; t < 2; ++t) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  expect_only(with_entry(m, open, {m.chair()}), 8);
}

// ---- 9 Requests -------------------------------------------------------------------------------------------------

TEST(Check09, ASecondRequestFails) {
  At m(Stage::kTokens);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, {}}, {1}), 9);
}

TEST(Check09, ARequestOfAnAbsentExpertFails) {
  auto options = small();
  options.committee_size = 5;
  Meeting m(options);
  m.begin({1, 2, 3, 4, m.chair(), m.clerk(), m.supervisor()});
  must(m.sign_out(4));
  options.committee_size = 5;
  m.run_batch(1, {}, Stage::kKeys);
  auto const opened = m.open(1);
  ASSERT_FALSE(opened);  // 3 of 5 are no quorum: with 4 of 5
  must(m.submit(SignIn{m.record.meeting(), 4, 2}, {4}));
  must(m.open(1));
  // The clerk is signed in, but is no expert of this batch.
  expect_only(with_entry(m, TokenRequest{m.batch_open(), m.clerk(), {}}, {m.clerk()}), 9);
}

TEST(Check09, ARequestOfAnExpertWhoIsRecusedFromAllFails) {
  Meeting m(small());
  m.begin();
  must(m.recuse(1, 1));
  must(m.recuse(1, 2));
  m.run_batch(1, {}, Stage::kOpen);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, {}}, {1}), 9);
}

// ---- 10 Issuing -------------------------------------------------------------------------------------------------

TEST(Check10, TokensIssuedAfterTheCloseFail) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 1), Stage::kOpen);
  for (PersonId const p : {1U, 2U, 3U}) m.all_tokens(p);
  for (PersonId const p : {1U, 2U, 3U}) must(m.cast(p, {}));
  must(m.request(4));
  must(m.close_batch());
  expect_only(with_entry(m, TokensIssued{m.batch_open(), 0, 4, {}}, {kServer}), 10);
}

TEST(Check10, AnIssuanceCountThatIsNotTheIssuedOneFails) {
  At m(Stage::kClosed);
  expect_only(with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 4}, {2, 5}}}, {kServer}), 10);
}

// ---- 11 Mixing --------------------------------------------------------------------------------------------------

TEST(Check11, ALossThatIsNotCountedFails) {
  At m(Stage::kIssuanceClosed);
  MixStep step{m.batch_open(), 0, {{1, {3, 3}}, {2, {4, 4}}}, {}};  // one envelope never went in
  expect_only(with_entry(m, step, {kServer}), 11);
}

TEST(Check11, AHopThatIsPassedOverFails) {
  At m(Stage::kIssuanceClosed);
  MixStep step{m.batch_open(), 1, {{1, {4, 4}}, {2, {4, 4}}}, {}};
  expect_only(with_entry(m, step, {m.manifest.trustees.at(1)}), 11);
}

// ---- 12 – 18 Ballots --------------------------------------------------------------------------------------------

TEST(Check12, ABallotOfAnotherQuestionFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  box.boxes.at(1).ballots[0] = box.boxes.at(2).ballots[0];
  box.boxes.at(2).ballots.erase(box.boxes.at(2).ballots.begin());
  box.boxes.at(2).refused = {{static_cast<std::uint32_t>(Refusal::kBallotToken), 1}};
  std::ranges::sort(box.boxes.at(1).ballots);
  auto const forged = with_entry(m, box, {kServer});
  expect_only(forged, 12);
}

TEST(Check12, ABallotOfAnotherLengthFails) {
  At m(Stage::kMixed);
  expect_only(with_entry(m,
                         box_with(
                             m, [](Bytes& ballot) { ballot.push_back(0); }, false),
                         {kServer}),
              12);
}

// The server invents a voter. It can make every part of the ballot but the other trustee's signature.
TEST(Check13, ABallotWithATokenThatATrusteeDidNotSignFails) {
  At m(Stage::kMixed);
  auto const forged = accepted(
      m, [&](Bytes& ballot) { ballot[kTokensAt + m.attempt().shape.modulus_bytes + 100] ^= 1; }, true);
  auto const audit = audited(forged.file, forged.anchor, 3);
  expect_only(audit, 13, forged.entry);
  EXPECT_THAT(audit.check(verifier::check_numbered(13)).failures.at(0).what.in(Lang::kEn),
              HasSubstr("question 1, ballot "));
  EXPECT_THAT(audit.check(verifier::check_numbered(13)).failures.at(0).what.in(Lang::kEn), HasSubstr("hop 1"));
}

TEST(Check14, ABallotThatWasAlteredAfterCastingFails) {
  At m(Stage::kMixed);
  expect_only(accepted(
                  m, [&](Bytes& ballot) { ballot[ballot.size() - 40] ^= 1; }, false),
              14);
}

// Another spelling of the same scalar makes a second ballot from one.
TEST(Check15, AScalarThatIsNotReducedFails) {
  At m(Stage::kMixed);
  for (std::size_t i = 0; i < 6; ++i) {
    At fresh(Stage::kMixed);
    expect_only(
        accepted(
            fresh, [&](Bytes& ballot) { add_order(std::span(ballot).subspan(proof_at(fresh.attempt()) + 32 * i, 32)); },
            true),
        15);
  }
}

TEST(Check15, TheIdentityAndWhatIsNoPointFail) {
  At m(Stage::kMixed);
  auto const put = [&](std::size_t at, std::uint8_t value) {
    return with_entry(m,
                      box_with(
                          m,
                          [&](Bytes& ballot) {
                            std::fill_n(ballot.begin() + static_cast<std::ptrdiff_t>(vote_at(m.attempt()) + at), 32,
                                        value);
                          },
                          true),
                      {kServer});
  };
  expect_only(put(0, 0), 15);
  expect_only(put(32, 0), 15);
  expect_only(put(0, 0xff), 15);
  expect_only(put(32, 0xff), 15);
}

// A vote for 2 instead of 1 counts as two, were it not for the proof.
TEST(Check16, ABallotWithoutAProofOfOneChoiceFails) {
  At m(Stage::kMixed);
  expect_only(accepted(
                  m, [&](Bytes& ballot) { ballot[proof_at(m.attempt()) + 32] ^= 1; }, true),
              16);
}

TEST(Check17, ABallotKeyThatVotesTwiceFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  auto& ballots = box.boxes.at(1).ballots;
  // Expert 1 votes again under the same token, in the place of expert 2.
  auto const& token = m.experts.at(1).tokens.at(1);
  *std::ranges::find(ballots, m.experts.at(2).ballots.at(1)) =
      must(make_ballot(m.record.ballot_context(1), token.sk_v, token.prefix, token.tokens, Choice::kDisagree));
  std::ranges::sort(ballots);
  expect_only(with_entry(m, box, {kServer}), 17);
}

TEST(Check17, ABallotOfAnEarlierBoxFails) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 1), Stage::kBox);
  Bytes const old = m.attempt().box->boxes.at(1).ballots[0];
  must(m.void_questions({}));
  m.run_batch(1, m.votes(1, 3, 1), Stage::kMixed);
  BallotBox box = m.make_box();
  box.boxes.at(1).ballots[0] = old;
  std::ranges::sort(box.boxes.at(1).ballots);
  expect_only(with_entry(m, box, {kServer}), 17);
}

// The order of arrival would tell who voted what.
TEST(Check18, ABoxThatIsNotSortedFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  std::swap(box.boxes.at(2).ballots[1], box.boxes.at(2).ballots[2]);
  auto const forged = with_entry(m, box, {kServer});
  expect_only(forged, 18);
}

// ---- 19 – 23 Counting -------------------------------------------------------------------------------------------

TEST(Check19, ABallotMoreThanTheMixGaveFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  Bytes more = box.boxes.at(1).ballots.back();
  auto const token = Meeting::ExpertState::Token{};
  more = must(make_ballot(m.record.ballot_context(1), token.sk_v, token.prefix,
                          std::vector<Bytes>(2, Bytes(m.attempt().shape.modulus_bytes)), Choice::kAgree));
  box.boxes.at(1).ballots.push_back(more);
  std::ranges::sort(box.boxes.at(1).ballots);
  expect_only(with_entry(m, box, {kServer}), 19);
}

TEST(Check19, ADroppedBallotThatIsNotCountedFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  box.boxes.at(1).ballots.pop_back();
  expect_only(with_entry(m, box, {kServer}), 19);
}

TEST(Check20, AConfirmOfAnotherBoxFails) {
  At m(Stage::kBox);
  Confirm confirm = m.make_confirm(1);
  confirm.box.data[0] ^= 1;
  expect_only(with_entry(m, confirm, {1}), 20);
}

TEST(Check20, SharesOverABoxThatNotAllHaveConfirmedFail) {
  At m(Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
  expect_only(with_entry(m, m.make_share(0), {kServer}), 20);
}

TEST(Check20, AnOverrideOfMoreThanTheRulesAllowFails) {
  At m(Stage::kBox);
  expect_only(
      with_entry(m, Override{m.batch_open(), m.attempt().box_hash, {1, 2, 3}, {}, "断网"}, {m.chair(), m.supervisor()}),
      20);
}

TEST(Check21, AShareOfTheSumOfAnotherBoxFails) {
  At m(Stage::kConfirmed);
  TallyShare share = m.make_share(0);
  share.box.data[0] ^= 1;
  expect_only(with_entry(m, share, {kServer}), 21);
}

TEST(Check22, AShareWithoutItsProofFails) {
  At m(Stage::kConfirmed);
  TallyShare share = m.make_share(0);
  std::swap(share.shares.at(1), share.shares.at(2));
  expect_only(with_entry(m, share, {kServer}), 22);
}

// Two ballots and the own one: the sum tells what the other two chose.
TEST(Check23, ABoxOfTwoThatIsOpenedFails) {
  auto options = small();
  Meeting m(options);
  m.begin();
  m.run_batch(1, m.votes(1, 2, 0), Stage::kConfirmed);
  expect_only(with_entry(m, m.make_share(0), {kServer}), 23);
}

TEST(Check23, AQuestionThatIsOpenedASecondTimeFails) {
  At m(Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}, true));
  m.all_keys(1);
  BatchOpen open;
  open.meeting = m.record.meeting();
  open.batch = 1;
  open.attempt = 2;
  open.questions = {1, 2};
  open.present = {1, 2, 3, 4};
  for (TrusteeId t = 0; t < 2; ++t) open.keys.push_back(m.record.pending_keys().at({1, t}).leaf);
  expect_only(with_entry(m, open, {m.chair()}), 23);
}

// ---- 24, 25 Results ---------------------------------------------------------------------------------------------

TEST(Check24, ADeclaredRowThatTheVotesDoNotGiveFails) {
  At m(Stage::kCounted);
  Declaration const honest = must(m.record.draft_declaration());
  auto const changed = [&](auto const& change) {
    Declaration bad = honest;
    change(bad.rows.at(2));
    return with_entry(m, bad, m.chair_and_supervisors());
  };
  ASSERT_TRUE(honest.rows.at(2).passed);
  expect_only(changed([](Row& row) { row.passed = false; }), 24);
  expect_only(changed([](Row& row) {
                --row.agree;
                ++row.disagree;
              }),
              24);
  expect_only(changed([](Row& row) { --row.agree; }), 24);
  expect_only(changed([](Row& row) { row.needed = 4; }), 24);
  expect_only(changed([](Row& row) { row.contested = true; }), 24);
  expect_only(changed([](Row& row) { row.mode_sensitive = true; }), 24);
  Declaration fewer = honest;
  fewer.rows.erase(1);
  expect_only(with_entry(m, fewer, m.chair_and_supervisors()), 24);
}

TEST(Check24, APaperRowThatDoesNotBalanceFails) {
  Meeting m(small());
  m.begin();
  must(m.open(1, true));
  PaperTally const tally{m.batch_open(), {{1, {4, 4, 4, 0, 3, 1, 0}}, {2, {4, 4, 4, 0, 4, 1, 0}}}};
  auto signers = m.supervisors();
  signers.push_back(m.chair());
  expect_only(with_entry(m, tally, signers), 24);
}

TEST(Check25, ARecordWithoutTheMeetingsEndFails) {
  At m(Stage::kErased);
  m.witness();
  expect_only(audited(m.record_file(), m.record.tree().root()), 25, m.entries.size() - 1);
}

// The result is known, displeases, and the record breaks off.
TEST(Check25, AnOpenedBatchWithoutResultFails) {
  At m(Stage::kCounted);
  m.witness();
  expect_only(audited(m.record_file(), m.record.tree().root()), 25, m.entries.size() - 1);
  expect_only(with_entry(m, Void{m.batch_open(), {}, "重来", false}, {m.chair()}), 25);
  expect_only(with_entry(m, MeetingClose{m.record.meeting(), m.record.size(), m.record.tree().root()},
                         m.chair_and_supervisors()),
              25);
}

// ---- What a failure leaves of the rest ----------------------------------------------------------------------------

TEST(AfterAFailure, WhatWasNotReachedIsNotCalledHeld) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.back() ^= 1;
  auto const forged = with_entry(m, entry);
  auto const audit = audited(forged.file, forged.anchor);
  EXPECT_EQ(audit.holding(), 2U);
  for (std::size_t n = 3; n <= 25; ++n)
    EXPECT_EQ(audit.check(verifier::check_numbered(n)).outcome,
              n == 4 ? verifier::Outcome::kFailed : verifier::Outcome::kNotReached)
        << n;
  // The tree is followed to the end all the same: was the record changed, or did the meeting really contain this?
  EXPECT_EQ(audit.check(verifier::check_numbered(1)).outcome, verifier::Outcome::kHolds);
  EXPECT_EQ(audit.entries, m.entries.size() + 1);
}

// A bad ballot does not hide another one: each is attributed by itself, whichever thread finds it first.
TEST(AfterAFailure, EveryBadBallotIsNamed) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  for (QuestionId const q : {1U, 2U}) {
    auto& ballots = box.boxes.at(q).ballots;
    for (Bytes& ballot : ballots) ballot[ballot.size() - 40] ^= 1;
    std::ranges::sort(ballots);
  }
  std::uint64_t const entry = m.next();
  must(m.submit(box, {kServer}));
  m.witness();
  auto const forged = ended(m, entry);
  for (std::size_t const jobs : {1U, 4U}) {
    auto const audit = audited(forged.file, forged.anchor, jobs);
    expect_only(audit, 14, entry);
    EXPECT_EQ(audit.check(verifier::check_numbered(14)).failures_total, 8U);
    EXPECT_THAT(audit.check(verifier::check_numbered(14)).failures.at(0).what.in(Lang::kEn),
                HasSubstr("question 1, ballot 1"));
    EXPECT_THAT(audit.check(verifier::check_numbered(14)).failures.at(7).what.in(Lang::kEn),
                HasSubstr("question 2, ballot 4"));
  }
}
