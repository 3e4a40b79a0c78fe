// SPDX-License-Identifier: Apache-2.0
// For each of the 27 checks a record in which it alone fails. The attacker holds the server's keys, signs checkpoints
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

/// A meeting that has come to `stage` of its first batch: four agree, one does not.
struct At : Meeting {
  explicit At(Stage stage, MeetingOptions given = small()) : Meeting(given) {
    begin();
    run_batch(1, votes(1, 4, 1), stage);
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

/// The first checkpoint that somebody has cosigned.
auto& first_cosigned(Meeting& m) {
  return *std::ranges::find_if(m.checkpoints, [](auto const& each) { return !each.second.cosignatures.empty(); });
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
    EXPECT_EQ(audit.ballots, 14U);
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

TEST(Check02, ANoteThatIsLongerThanOneMayBeFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = *m.checkpoints.begin();
  witnessed.note += std::string(log::kNoteBytesMax, 'x');
  expect_only(audited(m.record_file(), m.record.tree().root()), 2, size - 1);
}

TEST(Check02, ARecordWithoutACheckpointOfItsFullSizeFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto const file = m.record_file([](std::vector<RecordItem>& items) {
    while (!std::holds_alternative<Bytes>(items.back())) items.pop_back();
  });
  expect_only(audited(file, m.record.tree().root()), 2, std::nullopt);
}

// Harm: of two verifiers one counts a failure that the other passes over.
TEST(Check02, AMissingLastCheckpointIsSaidBesideAWrongOne) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = *m.checkpoints.begin();
  witnessed.note += std::string(log::kNoteBytesMax, 'x');
  auto const file = m.record_file([](std::vector<RecordItem>& items) {
    while (!std::holds_alternative<Bytes>(items.back())) items.pop_back();
  });
  auto const audit = audited(file, m.record.tree().root());
  expect_only(audit, 2, size - 1);
  EXPECT_EQ(audit.check(verifier::CheckId::kTree).failures_total, 2u);
}

// A SignOut that was signed over another log would make the witnesses of this one fewer.
TEST(Check02, ASignOutOfAnotherTreeFails) {
  At m(Stage::kErased);
  SignOut out = m.make_sign_out(2);
  out.root->data[0] ^= 1;
  expect_only(with_entry(m, out, {2}), 2);
}

TEST(Check02, AMeetingClosedOverAnotherTreeFails) {
  At m(Stage::kErased);
  MeetingClose close = must(m.record.draft_meeting_close({}));
  close.root.data[5] ^= 1;
  expect_only(with_entry(m, close, m.office()), 2);
}

// ---- 3 Witnesses ------------------------------------------------------------------------------------------------

TEST(Check03, AForgedCosignatureFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = first_cosigned(m);
  witnessed.cosignatures.at(1).signature.data[9] ^= 1;
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, size - 1);
}

TEST(Check03, ACosignatureOfSomebodyWithoutKeysFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = first_cosigned(m);
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
  std::size_t const people = cosignatures.size();  // 5 experts, chair, clerk, supervisor: 6 of 8 are needed
  ASSERT_EQ(people, 8U);
  cosignatures.resize(6);
  expect_verified(audited(m.record_file(), m.record.tree().root()));
  cosignatures.resize(5);
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, open);
}

// Officers in both halls and the experts divided: two thirds of all, and not of those who vote.
TEST(Check03, ABatchOpenThatOfficersAndTooFewExpertsHadSeenFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  std::uint64_t const open = index_of<BatchOpen>(m);
  auto& cosignatures = m.checkpoints.at(open + 1).cosignatures;
  cosignatures.erase(cosignatures.begin(), cosignatures.begin() + 2);
  ASSERT_EQ(cosignatures.size(), 6U);
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, open);
}

// Everybody cosigns the whole log in the end; that says nothing about what they had seen when they voted.
TEST(Check03, CosignaturesAfterTheFirstActDoNotCount) {
  for (Stage const late : {Stage::kOpen, Stage::kBox}) {
    Meeting m(small());
    m.begin();
    Votes const votes = m.votes(1, 4, 1);
    m.all_keys(1);
    m.witnessed = late != Stage::kOpen;
    must(m.open(1));
    m.witnessed = true;
    m.continue_batch(votes, Stage::kOpen, Stage::kMixed);
    m.witnessed = late != Stage::kBox;
    must(m.box());
    std::uint64_t const box = m.record.size() - 1;
    m.witnessed = true;
    m.continue_batch(votes, Stage::kBox, Stage::kErased);
    must(m.close_meeting());
    expect_only(audited(m.record_file(), m.record.tree().root()), 3,
                late == Stage::kBox ? box : index_of<BatchOpen>(m));
  }
}

// A share that only its giver's friends have seen: they know the sums, and the hall votes again.
TEST(Check03, AFirstShareThatTooFewHadSeenBeforeTheSecondFails) {
  At m(Stage::kConfirmed);
  m.witnessed = false;
  must(m.share(0));
  std::uint64_t const entry = m.record.size() - 1;
  must(m.share(1));
  m.witnessed = true;
  must(m.declare());
  must(m.close_meeting());
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, entry);
}

// One result for the hall, another for the archive.
TEST(Check03, AResultThatTooFewHadSeenAndThatIsNotNamedFails) {
  for (bool const paper : {false, true}) {
    Meeting m(small());
    m.begin();
    if (paper) {
      must(m.open(1, true));
      m.witnessed = false;
      must(m.paper_tally({{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 5, 0, 0}}}));
    } else {
      m.run_batch(1, m.votes(1, 4, 1), Stage::kCounted);
      m.witnessed = false;
    }
    std::uint64_t const entry = m.record.size() - (paper ? 1 : 0);
    must(m.declare());
    m.witnessed = true;
    must(m.submit(must(m.record.draft_meeting_close({})), m.office()));
    expect_only(audited(m.record_file(), m.record.tree().root()), 3, entry);
  }
}

// Who leaves under his own key is no witness any more: the others can still go on.
TEST(Check03, WhoHasLeftIsNotWaitedFor) {
  Meeting m(small());
  m.begin();
  m.all_keys(1);
  m.witnessed = false;
  must(m.open(1));
  std::uint64_t const open = m.record.size() - 1;
  must(m.sign_out_saying(5, false));
  must(m.sign_out(m.clerk()));
  m.witness();
  m.witnessed = true;
  // 6 are left, of them 4 experts: 5 and 3 are needed.
  m.checkpoints.rbegin()->second.cosignatures.erase(m.checkpoints.rbegin()->second.cosignatures.begin());
  for (PersonId const p : {1U, 2U, 3U, 4U}) m.all_tokens(p);
  must(m.void_questions({}));
  must(m.close_meeting());
  expect_verified(audited(m.record_file(), m.record.tree().root()));
  for (auto& [size, witnessed] : m.checkpoints)
    if (size == open + 3) witnessed.cosignatures.erase(witnessed.cosignatures.begin());
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, open);
}

// The office brings an expert another key, and cosigns with it what the expert has never seen.
TEST(Check03, ACosignatureUnderAChangedKeyIsNoWitness) {
  At m(Stage::kErased);
  must(m.change_keys(5, m.office()));
  m.run_batch(2, m.votes(2, 4, 1), Stage::kDeclared);
  must(m.close_meeting());
  std::vector<std::uint64_t> opens;
  for (std::size_t i = 0; i < m.entries.size(); ++i)
    if (std::holds_alternative<BatchOpen>(must(decode_entry(m.entries[i])).body)) opens.push_back(i);
  auto& cosignatures = m.checkpoints.at(opens.at(1) + 1).cosignatures;
  ASSERT_EQ(cosignatures.size(), 8U);
  cosignatures.pop_back();
  expect_verified(audited(m.record_file(), m.record.tree().root()));  // 6 of 8 without expert 5's
  cosignatures.pop_back();
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, opens.at(1));  // his would have been the sixth
}

TEST(Check03, AnOpeningThatTooFewCouldWitnessFails) {
  MeetingOptions options = small();
  options.experts = 8;
  options.committee_size = 9;
  Meeting m(options);
  m.begin();
  for (PersonId const p : {7U, 8U}) must(m.change_keys(p, m.office()));
  for (PersonId const p : {1U, 2U}) must(m.sign_out(p));
  m.all_keys(1);
  expect_only(with_entry(m, opening(m, {1, 2}, {3, 4, 5, 6, 7, 8}), m.office()), 3);
}

TEST(Check03, ATimeThatNoProgramCanCountInFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  auto& [size, witnessed] = first_cosigned(m);
  log::Checkpoint const checkpoint{m.manifest.origin(), size, m.record.tree().root(size)};
  log::Cosignature& first = witnessed.cosignatures.front();
  PersonId const person = first.person;
  first = log::cosign(checkpoint, person, (std::uint64_t{1} << 53) - 1, m.keys_of(person).witness);
  expect_verified(audited(m.record_file(), m.record.tree().root()));
  first = log::cosign(checkpoint, person, std::uint64_t{1} << 53, m.keys_of(person).witness);
  expect_only(audited(m.record_file(), m.record.tree().root()), 3, size - 1);
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

// ---- 4 Entries --------------------------------------------------------------------------------------------------

TEST(Check04, AForgedSignatureFails) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.back() ^= 1;
  expect_only(with_entry(m, entry), 4);
}

TEST(Check04, AnEntrySignedByTheWrongPersonFails) {
  At m(Stage::kErased);
  expect_only(with_entry(m, m.make_sign_out(1), {2}), 4);
}

TEST(Check04, AnotherSpellingOfAnEntryFails) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.insert(entry.end(), {0x78, 0x01});  // an unknown field
  expect_only(with_entry(m, entry), 4);
}

TEST(Check04, AnEntryOutOfPlaceFails) {
  At m(Stage::kCast);
  expect_only(with_entry(m, Declaration{m.batch_open(), {}}, m.office()), 4);
}

TEST(Check04, AnEntryThatIsLargerThanOneMayBeFails) {
  At m(Stage::kErased);
  expect_only(with_entry(m, Bytes(kEntryBytesMax + 1, 7)), 4);
}

TEST(Check04, AnythingAfterTheMeetingsEndFails) {
  At m(Stage::kErased);
  must(m.close_meeting());
  expect_only(with_entry(m, m.make_sign_out(1), {1}), 4);
  BatchOpen late = opening(m, {3}, {1, 2, 3, 4, 5}, true);
  late.batch = 2;
  late.attempt = 1;
  expect_only(with_entry(m, late, m.office()), 4);
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
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  open.attempt = 1;
  expect_only(with_entry(m, open, m.office()), 5);
}

TEST(Check05, ABatchThatIsOpenedAgainWhileItIsOpenFails) {
  At m(Stage::kCast);
  BatchOpen open = m.attempt().open;
  open.attempt = 2;
  expect_only(with_entry(m, open, m.office()), 5);
}

TEST(Check05, ADecidedQuestionThatIsOpenedAgainFails) {
  At m(Stage::kErased);
  BatchOpen open = m.attempt().open;
  open.attempt = 2;
  expect_only(with_entry(m, open, m.office()), 5);
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
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  open.keys.at(1).data[0] ^= 1;
  expect_only(with_entry(m, open, m.office()), 7);
}

// ---- 8 Denominators ---------------------------------------------------------------------------------------------

// With one present fewer, the same votes pass.
TEST(Check08, APresentExpertThatIsLeftOutFails) {
  Meeting m(small());
  m.begin();
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  open.present.pop_back();
  expect_only(with_entry(m, open, m.office()), 8);
}

TEST(Check08, ARecusalThatIsPassedOverFails) {
  Meeting m(small());
  m.begin();
  must(m.recuse(1, 1));
  m.all_keys(1);
  BatchOpen open = must(m.record.draft_batch_open(1, false, {}));
  open.recusals.clear();
  expect_only(with_entry(m, open, m.office()), 8);
}

TEST(Check08, ABatchOpenedWithoutQuorumFails) {
  Meeting m(small());
  m.begin();
  must(m.sign_out(5));  // 4 of 7 are fewer than two thirds
  m.all_keys(1);
  expect_only(with_entry(m, opening(m, {1, 2}, {1, 2, 3, 4}), m.office()), 8);
}

// ---- 9 Requests -------------------------------------------------------------------------------------------------

TEST(Check09, ASecondRequestFails) {
  At m(Stage::kTokens);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 0, {}}, {1}), 9);
}

TEST(Check09, ARequestOfAnAbsentExpertFails) {
  MeetingOptions options = small();
  options.experts = 6;
  Meeting m(options);
  m.begin({1, 2, 3, 4, 5, m.chair(), m.clerk(), m.supervisor()});
  m.run_batch(1, {}, Stage::kOpen);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 6, 0, {}}, {6}), 9);
  // The clerk is signed in, but is no expert of this batch.
  expect_only(with_entry(m, TokenRequest{m.batch_open(), m.clerk(), 0, {}}, {m.clerk()}), 9);
}

// The office brings an expert another key while the batch is open, and votes in his place.
TEST(Check09, ARequestUnderAKeyThatIsNewerThanTheAttemptFails) {
  At m(Stage::kOpen);
  must(m.change_keys(1, m.office()));
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 0, {}}, {1}), 9);
}

TEST(Check09, ARequestOfAnExpertWhoIsRecusedFromAllFails) {
  Meeting m(small());
  m.begin();
  must(m.recuse(1, 1));
  must(m.recuse(1, 2));
  m.run_batch(1, {}, Stage::kOpen);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 0, {}}, {1}), 9);
}

// ---- 10 Issuing -------------------------------------------------------------------------------------------------

TEST(Check10, TokensIssuedAfterTheCloseFail) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 4, 0), Stage::kCast);
  must(m.request(5));
  must(m.close_batch());
  expect_only(with_entry(m, TokensIssued{m.batch_open(), 0, 5, 0, {}}, {kServer}), 10);
}

TEST(Check10, AnIssuanceCountThatIsNotTheIssuedOneFails) {
  At m(Stage::kClosed);
  expect_only(with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}, {2, 6}}}, {kServer}), 10);
}

// Tokens of a spoiled cast are tokens all the same: left out of the count they could be spent.
TEST(Check10, AnIssuanceCountWithoutASecondCastFails) {
  At m(Stage::kCast);
  must(m.spoil_by(1, m.office()));
  m.all_tokens(1);
  must(m.cast(1, {}));
  must(m.close_batch());
  expect_only(with_entry(m, IssuanceClosed{m.batch_open(), 0, {{1, 5}, {2, 5}}}, {kServer}), 10);
}

// ---- 11 Mixing --------------------------------------------------------------------------------------------------

TEST(Check11, ALossThatIsNotCountedFails) {
  At m(Stage::kIssuanceClosed);
  MixStep step{m.batch_open(), 0, {{1, {4, 4}}, {2, {5, 5}}}, {}};  // one envelope never went in
  expect_only(with_entry(m, step, {kServer}), 11);
}

TEST(Check11, AHopThatIsPassedOverFails) {
  At m(Stage::kIssuanceClosed);
  MixStep step{m.batch_open(), 1, {{1, {5, 5}}, {2, {5, 5}}}, {}};
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
              HasSubstr("candidate 1, ballot "));
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
  m.run_batch(1, m.votes(1, 4, 1), Stage::kBox);
  Bytes const old = m.attempt().box->boxes.at(1).ballots[0];
  must(m.void_questions({}));
  m.run_batch(1, m.votes(1, 4, 1), Stage::kMixed);
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

TEST(Check19, ABoxWithoutAQuestionFails) {
  At m(Stage::kMixed);
  BallotBox box = m.make_box();
  box.boxes.erase(2);
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
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  expect_only(with_entry(m, m.make_share(0), {kServer}), 20);
}

TEST(Check20, AnOverrideOfMoreThanTheRulesAllowFails) {
  At m(Stage::kBox);
  Override const over{m.batch_open(), m.attempt().box_hash, {{1, false}, {2, false}, {3, false}}, "断网"};
  expect_only(with_entry(m, over, m.office()), 20);
}

// Somebody without an envelope has a say, too: his laptop may have been kept from voting.
TEST(Check20, SharesBeforeSomebodyWithoutAnEnvelopeHasSaidSoFail) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 4, 0), Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  expect_only(with_entry(m, m.make_share(0), {kServer}), 20);
}

TEST(Check20, OkWithoutAnEnvelopeAndNotCastWithOneFail) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 4, 0), Stage::kBox);
  auto const saying = [&](PersonId person, ConfirmVerdict verdict) {
    return with_entry(m, Confirm{m.batch_open(), person, m.attempt().box_hash, {{1, verdict}, {2, verdict}}}, {person});
  };
  expect_only(saying(5, ConfirmVerdict::kOk), 20);
  expect_only(saying(1, ConfirmVerdict::kNotCast), 20);
}

// "I did not vote" of somebody who did, in the words of whoever has his laptop.
TEST(Check20, NotCastInASignOutOfSomebodyWithAnEnvelopeFails) {
  At m(Stage::kCast);
  SignOut out = m.make_sign_out(1);
  out.batch_open = m.batch_open();
  out.not_cast = true;
  expect_only(with_entry(m, out, {1}), 20);
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

// All but three were kept away, and their sum is opened: who they were, everybody saw.
TEST(Check23, ABoxOfTooSmallAPartThatIsOpenedFails) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 0), Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U}) must(m.confirm(p));
  must(m.override_people({{4, false}, {5, false}}));
  expect_only(with_entry(m, m.make_share(0), {kServer}), 23);
}

// All but three were recused, and nobody but the office says so.
TEST(Check23, ABoxOfThreeWhomTheOfficeLeftFails) {
  Meeting m(small());
  m.begin();
  for (PersonId const p : {4U, 5U}) must(m.submit(meeting::Recuse{m.record.meeting(), p, 1, "亲属"}, m.office()));
  m.run_batch(1, m.votes(1, 3, 0), Stage::kConfirmed);
  expect_only(with_entry(m, m.make_share(0), {kServer}), 23);
}

TEST(Check23, AQuestionThatIsOpenedASecondTimeFails) {
  At m(Stage::kConfirmed);
  must(m.share(0));
  must(m.void_questions({}));
  m.all_keys(1);
  expect_only(with_entry(m, opening(m, {1, 2}, {1, 2, 3, 4, 5}), m.office()), 23);
}

// ---- 24, 25 Results ---------------------------------------------------------------------------------------------

TEST(Check24, ADeclaredRowThatTheVotesDoNotGiveFails) {
  At m(Stage::kCounted);
  Declaration const honest = must(m.record.draft_declaration());
  auto const changed = [&](auto const& change) {
    Declaration bad = honest;
    change(bad.rows.at(2));
    return with_entry(m, bad, m.office());
  };
  ASSERT_TRUE(honest.rows.at(2).passed);
  expect_only(changed([](Row& row) { row.passed = false; }), 24);
  expect_only(changed([](Row& row) {
                --row.agree;
                ++row.disagree;
              }),
              24);
  expect_only(changed([](Row& row) { --row.agree; }), 24);
  expect_only(changed([](Row& row) { row.needed = 5; }), 24);
  expect_only(changed([](Row& row) { row.contested = true; }), 24);
  expect_only(changed([](Row& row) { row.mode_sensitive = true; }), 24);
  Declaration fewer = honest;
  fewer.rows.erase(1);
  expect_only(with_entry(m, fewer, m.office()), 24);
}

TEST(Check24, APaperRowThatDoesNotBalanceFails) {
  Meeting m(small());
  m.begin();
  must(m.open(1, true));
  PaperTally const tally{m.batch_open(), {{1, {5, 5, 5, 0, 4, 1, 0}}, {2, {5, 5, 5, 0, 5, 1, 0}}}};
  expect_only(with_entry(m, tally, m.office()), 24);
}

// A silent expert may have agreed: to call it "not passed" is to say what nobody knows.
TEST(Check24, AContestedRowThatIsDeclaredAsDecidedFails) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 2), Stage::kBox);
  for (PersonId const p : {1U, 2U, 3U, 4U}) must(m.confirm(p));
  must(m.override_people({{5, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kCounted);
  Declaration declaration = must(m.record.draft_declaration());
  ASSERT_TRUE(declaration.rows.at(1).contested);
  declaration.rows.at(1).contested = false;
  expect_only(with_entry(m, declaration, m.office()), 24);
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
  expect_only(with_entry(m, Void{m.batch_open(), {}, "重来"}, m.committee()), 25);
  expect_only(with_entry(m, MeetingClose{m.record.meeting(), m.record.size(), m.record.tree().root(), {}}, m.office()),
              25);
}

// ---- 26 Checks of envelopes -------------------------------------------------------------------------------------

// The person has shown it to a supervisor: nobody may count it.
TEST(Check26, AnEnvelopeThatWasSpoiledAndCountsFails) {
  At m(Stage::kCast);
  BatchClose const close = must(m.record.draft_batch_close());
  must(m.spoil(1, m.supervisor()));
  expect_only(with_entry(m, close, m.office()), 26);
}

TEST(Check26, ABallotWhoseKeyWasShownFails) {
  At m(Stage::kCast);
  Bytes const shown = m.experts.at(1).ballots.at(1);
  must(m.spoil(1, m.supervisor()));
  must(m.check_result(1, CheckVerdict::kAgrees, {m.supervisor()}));
  m.all_tokens(1);
  must(m.cast(1, {}));
  m.continue_batch({}, Stage::kCast, Stage::kMixed);
  BallotBox box = m.make_box();
  auto& ballots = box.boxes.at(1).ballots;
  *std::ranges::find(ballots, m.experts.at(1).ballots.at(1)) = shown;
  std::ranges::sort(ballots);
  expect_only(with_entry(m, box, {kServer}), 26);
}

TEST(Check26, ALaptopThatDifferedAndAsksForTokensFails) {
  At m(Stage::kCast);
  must(m.spoil(1, m.supervisor()));
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 1, {}}, {1}), 26);  // before it was said what it showed
  must(m.check_result(1, CheckVerdict::kDiffers, {m.supervisor()}));
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 1, {}}, {1}), 26);
}

TEST(Check26, AnotherCastThanTheNextFails) {
  At m(Stage::kOpen);
  expect_only(with_entry(m, TokenRequest{m.batch_open(), 1, 1, {}}, {1}), 26);
  must(m.request(1));
  expect_only(with_entry(m, TokensIssued{m.batch_open(), 0, 1, 1, {}}, {kServer}), 26);
  for (TrusteeId const t : {0U, 1U}) must(m.issue(t, 1));
  expect_only(with_entry(m, EnvelopeCast{m.batch_open(), 1, 1, {}}, {1}), 26);
}

// A verdict of somebody who has seen nothing.
TEST(Check26, AVerdictOfTheOfficeThatSaysMoreThanUnopenedFails) {
  At m(Stage::kCast);
  must(m.spoil(1, m.supervisor()));
  expect_only(with_entry(m, CheckResult{m.batch_open(), 1, 0, CheckVerdict::kAgrees}, m.office()), 26);
}

// ---- 27 Changes of guards ---------------------------------------------------------------------------------------

// With the chair's laptop the office would be one person.
TEST(Check27, OtherKeysOfAChairByTheOfficeFail) {
  MeetingOptions options = small();
  options.chairs = 2;
  Meeting m(options);
  m.begin();
  m.keys_of(m.chair(2)) = {};
  Person const person = m.enrolled(m.manifest.people.at(m.chair(2) - 1), m.chair(2));
  KeyChange const change{m.record.meeting(), m.chair(2), *person.identity_key, *person.witness_key, *person.box_key,
                         *person.possession, "换机"};
  expect_only(with_entry(m, change, m.office()), 27);
}

// Key by key the office would become the committee.
TEST(Check27, MoreOtherKeysThanTheCommitteeCanBearFail) {
  Meeting m(small());
  m.begin();
  must(m.change_keys(1, m.office()));
  m.keys_of(2) = {};
  Person const person = m.enrolled(m.manifest.people.at(1), 2);
  KeyChange const change{m.record.meeting(), 2,     *person.identity_key, *person.witness_key, *person.box_key,
                         *person.possession, "换机"};
  expect_only(with_entry(m, change, m.office()), 27);
}

TEST(Check27, ASlotThatChangesHandsWithoutTheIncomingFails) {
  Meeting m(small());
  m.begin();
  expect_only(with_entry(m, TrusteeChange{m.record.meeting(), 1, m.clerk(), "换人"}, m.committee()), 27);
}

TEST(Check27, AnOfficerSignedOutByTheOfficeFails) {
  MeetingOptions options = small();
  options.supervisors = 2;
  Meeting m(options);
  m.begin();
  SignOut out = m.make_sign_out(m.supervisor(2));
  out.size = 0;
  out.root.reset();
  out.reason = "离席";
  expect_only(with_entry(m, out, {m.chair(), m.supervisor(1)}), 27);
}

TEST(Check27, ARecusalThatSomebodyElseSignedFails) {
  At m(Stage::kErased);
  expect_only(with_entry(m, Recuse{m.record.meeting(), 1, 3, "亲属"}, {2}), 27);
}

// ---- What a failure leaves of the rest ----------------------------------------------------------------------------

TEST(AfterAFailure, WhatWasNotReachedIsNotCalledHeld) {
  At m(Stage::kErased);
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.back() ^= 1;
  auto const forged = with_entry(m, entry);
  auto const audit = audited(forged.file, forged.anchor);
  EXPECT_EQ(audit.holding(), 2U);
  for (std::size_t n = 3; n <= verifier::kChecks; ++n)
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
    EXPECT_EQ(audit.check(verifier::check_numbered(14)).failures_total, 10U);
    EXPECT_THAT(audit.check(verifier::check_numbered(14)).failures.at(0).what.in(Lang::kEn),
                HasSubstr("candidate 1, ballot 1"));
    EXPECT_THAT(audit.check(verifier::check_numbered(14)).failures.at(9).what.in(Lang::kEn),
                HasSubstr("candidate 2, ballot 5"));
  }
}
