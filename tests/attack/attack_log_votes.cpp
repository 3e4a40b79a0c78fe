// SPDX-License-Identifier: Apache-2.0
/// Votes that are dropped, passed over, looked at, fed again or signed away.
#include "attack_log.h"
#include "protocol/meeting/check_opening.h"

namespace piaojue::attack {
namespace {

std::map<QuestionId, SigningPublicKey> keys_of(Meeting const& hall, PersonId person) {
  std::map<QuestionId, SigningPublicKey> out;
  for (auto const& [q, token] : hall.experts.at(person).tokens) out[q] = token.sk_v.public_key();
  return out;
}

// A dropped ballot decides the row, and nothing said so: silent, or MISSING, and passed over.
TEST(Log, Attack03_ADroppedBallotIsPassedOver) {
  for (bool const says_missing : {false, true}) {
    Hall hall({.experts = 7});
    hall.lose_ballots_of(1);
    hall.run_batch(1, hall.votes(1, 5, 2), Stage::kBox);
    hall.confirm_all_but({1});
    if (says_missing) must(hall.confirm(1));
    must(hall.override_people({{1, says_missing}}));
    hall.continue_batch({}, Stage::kConfirmed, Stage::kDeclared);
    EXPECT_EQ(hall.declared().agree, 4U);
    EXPECT_EQ(hall.declared().needed, 5U);
    EXPECT_TRUE(hall.declared().contested) << "with the dropped one it passes";
    EXPECT_FALSE(hall.record.question(1).decided());
  }
}

// A second envelope, and the first one fed into the shuffle beside it, told whose both were.
TEST(Log, Attack06_TheReplacedEnvelopeAsATag) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  EXPECT_STOPPED(hall, kConflict, hall.cast(1, {{1, Choice::kDisagree}}));
  EXPECT_STOPPED(hall, kAlreadyIssued, hall.request(1));
}

// All but three were kept out, and a sum of three was opened.
TEST(Log, Attack08_AllButThreeAreKeptOut) {
  Hall hall({.experts = 9});
  hall.run_batch(1, hall.votes(1, 3, 0), Stage::kBox);
  hall.confirm_all_but({4, 5, 6, 7, 8, 9});
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
  // Even with everybody's silence passed over.
  must(hall.override_people({{4, false}, {5, false}, {6, false}, {7, false}, {8, false}, {9, false}}));
  EXPECT_STOPPED(hall, kGateTooFew, hall.share(0));
}

// One expert made everybody's log grow by six thousand entries.
TEST(Log, Attack12_InAndOutWithoutEnd) {
  Hall hall;  // the first of 32
  for (int i = 1; i < 32; ++i) {
    must(hall.sign_out(1));
    must(hall.sign_in(1));
  }
  must(hall.sign_out(1));  // going home is never refused
  EXPECT_STOPPED(hall, kTooLarge, hall.sign_in(1));
}

// 11.9 million empty signatures in one entry, two bytes each, of which a decoder makes an object each.
TEST(Log, Attack10_AnEntryOfSignatures) {
  Hall hall;
  Bytes const body = encode_body(SignIn{hall.record.meeting(), 1, 1});
  auto const with_empty_signatures = [&](std::size_t count) {
    auto out = encode_entry(EntryType::kSignIn, body, {});
    for (std::size_t i = 0; i < count; ++i) out.insert(out.end(), {0x1a, 0x00});
    return out;
  };
  // Within what an entry of this type may weigh: it is how many there are.
  ASSERT_LT(with_empty_signatures(30'000).size(), entry_bytes_max(EntryType::kSignIn));
  EXPECT_STOPPED(hall, kTooLarge, hall.submit_bytes(with_empty_signatures(2)));
  EXPECT_STOPPED(hall, kTooLarge, hall.submit_bytes(with_empty_signatures(30'000)));
  EXPECT_STOPPED(hall, kTooLarge, hall.submit_bytes(with_empty_signatures(11'900'000)));
}

// A supervisor has a ballot proven to him, and then lets that very ballot count: a receipt.
TEST(Log, Attack18_ALookedAtBallotCounts) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  auto const seen_ballot = hall.experts.at(1).ballots.at(1);
  auto const own = keys_of(hall, 1);
  EXPECT_FALSE(may_be_opened(hall.record, hall.seen, 1, 0, own)) << "it still counts";
  must(hall.spoil(1, hall.supervisor()));
  EXPECT_TRUE(may_be_opened(hall.record, hall.seen, 1, 0, own));
  must(hall.check_result(1, CheckVerdict::kAgrees, {hall.supervisor()}));
  hall.all_tokens(1);
  must(hall.cast(1, {{1, Choice::kDisagree}}));
  auto const new_ballot = hall.experts.at(1).ballots.at(1);
  hall.continue_batch({}, Stage::kCast, Stage::kMixed);
  hall.tamper_body = change<BallotBox>([&](BallotBox& box) {
    auto& ballots = box.boxes.at(1).ballots;
    *std::ranges::find(ballots, new_ballot) = seen_ballot;
    std::ranges::sort(ballots);
  });
  EXPECT_STOPPED(hall, kBallotSpent, hall.box());
}

// Without the Spoil in a witnessed log the laptop opens nothing, whatever the server shows it.
TEST(Log, Attack18_ASpoilThatIsNotWitnessedOpensNothing) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  auto const own = keys_of(hall, 1);
  hall.witnessed = false;
  must(hall.spoil(1, hall.supervisor()));
  EXPECT_FALSE(may_be_opened(hall.record, hall.seen, 1, 0, own));
}

// A tampered laptop crashes when it is asked to open its envelope, and was never found out.
TEST(Log, Attack19_TheLaptopThatDoesNotSign) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  must(hall.spoil_by(1, hall.office()));
  EXPECT_FALSE(hall.attempt().envelopes().contains(1)) << "the envelope is gone";
  EXPECT_EQ(hall.attempt().voter(1)->spoils.size(), 1U) << "and the log says whose";
  // Another laptop, or the same one, casts a new one: the vote is not lost.
  hall.all_tokens(1);
  must(hall.cast(1, {{1, Choice::kAgree}}));
  hall.continue_batch({}, Stage::kCast, Stage::kDeclared);
  EXPECT_EQ(hall.declared().agree, 5U);
}

// One supporter's tokens were withheld, the chair closed: seven of a needed eight, and not contested.
TEST(Log, Attack20_ASupportersTokensAreWithheld) {
  Hall hall({.experts = 11});
  hall.run_batch(1, hall.votes(1, 7, 3), Stage::kBox);
  EXPECT_EQ(hall.attempt().without(), (std::vector<PersonId>{11}));
  hall.confirm_all_but({11});
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
  must(hall.override_people({{11, false}}));
  hall.continue_batch({}, Stage::kConfirmed, Stage::kDeclared);
  EXPECT_EQ(hall.declared().agree, 7U);
  EXPECT_EQ(hall.declared().needed, 8U);
  EXPECT_TRUE(hall.declared().contested);
}

// A supporter who is held back and says so: MISSING without an envelope, which nobody can log as her consent.
TEST(Log, Attack20_WhoIsHeldBackSaysMissing) {
  Hall hall({.experts = 11});
  hall.run_batch(1, hall.votes(1, 7, 3), Stage::kBox);
  hall.confirm_all_but({11});
  must(hall.submit(Confirm{hall.batch_open(), 11, hall.attempt().box_hash, {{1, ConfirmVerdict::kMissing}}}, {11}));
  EXPECT_STOPPED(hall, kGateMissing, hall.share(0));
}

// The office "checks" an unwilling expert's real vote.
TEST(Log, Attack24_TheOfficeOpensAVoteByACheck) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  auto const own = keys_of(hall, 1);
  auto const supervisor = hall.supervisor();
  EnvelopeSpoil const willing{hall.batch_open(), 1, 0, own, supervisor};
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(willing, {supervisor}));
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(willing, hall.office()));
  EnvelopeSpoil const with_keys{hall.batch_open(), 1, 0, own, 0};
  EXPECT_STOPPED(hall, kConflict, hall.submit(with_keys, hall.office()));
  // Without the person's word it is spoiled, and her laptop opens nothing.
  must(hall.spoil_by(1, hall.office()));
  EXPECT_FALSE(may_be_opened(hall.record, hall.seen, 1, 0, own));
}

// Who went home was not asked any more, and her counted ballot was dropped without a mark.
TEST(Log, Attack25_ALeaversBallotVanishes) {
  Hall hall;
  hall.lose_ballots_of(1);
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kBox);
  EXPECT_STOPPED(hall, kConflict, hall.sign_out_saying(1, true));
  must(hall.sign_out(1));
  hall.confirm_all_but({1});
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
  must(hall.confirm(1));  // from home
  EXPECT_STOPPED(hall, kGateMissing, hall.share(0));
}

// Her silence was passed over; what she said then was covered by it.
TEST(Log, Attack26_AnOverrideOfSilenceLiftsAMissing) {
  Hall hall;
  hall.lose_ballots_of(1);
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kBox);
  hall.confirm_all_but({1});
  must(hall.override_people({{1, false}}));
  must(hall.confirm(1));
  EXPECT_STOPPED(hall, kGateMissing, hall.share(0));
  EXPECT_STOPPED(hall, kConflict, hall.override_people({{1, false}}));
}

// Supervisor and last hop see whose ballots are which, and declare them spent after the close.
TEST(Log, Attack27_SpentAfterTheClose) {
  for (auto const stage : {Stage::kClosed, Stage::kMixed, Stage::kBox}) {
    Hall hall;
    hall.run_batch(1, hall.votes(1, 5, 0), stage);
    EXPECT_STOPPED(hall, kWrongPhase, hall.spoil(1, hall.supervisor()));
    EXPECT_STOPPED(hall, kWrongPhase, hall.spoil_by(1, hall.office()));
  }
}

// "I have not voted" was held back and logged when she had, in the next attempt, or in another log.
TEST(Log, Attack29_ASignOutHeldBack) {
  Hall hall;
  hall.run_batch(1, {}, Stage::kOpen);
  SignOut early = hall.make_sign_out(1);
  early.batch_open = hall.batch_open();
  early.not_cast = true;
  Bytes const held = hall.signed_by(early, {1});
  hall.all_tokens(1);
  must(hall.cast(1, {{1, Choice::kAgree}}));
  EXPECT_STOPPED(hall, kConflict, hall.submit_bytes(held));
  must(hall.void_questions({}));
  hall.run_batch(1, {}, Stage::kOpen);
  EXPECT_STOPPED(hall, kWrongPhase, hall.submit_bytes(held));
  SignOut elsewhere = hall.make_sign_out(1);
  elsewhere.root = crypto::sha256({as_bytes("another log")});
  EXPECT_STOPPED(hall, kLogInconsistent, hall.submit(elsewhere, {1}));
}

// The server keeps what an expert has signed, and puts it where it suits: yesterday's taking back behind today's
// recusal, his old recusal behind his taking back, one before the other, or in the middle of the vote.
TEST(Log, ARecusalAndItsTakingBackCountOnceAndInTheirOrder) {
  Hall hall;
  auto const signed_by_her = [&](auto body) { return hall.signed_by(std::move(body), {1}); };
  Bytes const first = signed_by_her(Recuse{hall.record.meeting(), 1, 1, "亲属"});
  Bytes const back = signed_by_her(RecuseBack{hall.record.meeting(), 1, 1, "误登"});
  EXPECT_STOPPED(hall, kUnknown, hall.submit_bytes(back));
  must(hall.submit_bytes(first));
  must(hall.submit_bytes(back));
  EXPECT_STOPPED(hall, kConflict, hall.submit_bytes(first));
  EXPECT_STOPPED(hall, kUnknown, hall.submit_bytes(back));
  must(hall.recuse(1, 1));
  EXPECT_STOPPED(hall, kConflict, hall.submit_bytes(back));
  // Held back until the vote runs, it moves nobody: who is present and recused was signed by those who opened it.
  Bytes const held = signed_by_her(RecuseBack{hall.record.meeting(), 1, 1, "误登", 1});
  hall.run_batch(1, {}, Stage::kOpen);
  EXPECT_STOPPED(hall, kWrongPhase, hall.submit_bytes(held));
  EXPECT_TRUE(hall.attempt().recused(1, 1));
}

// Going home says nothing of the vote by itself.
TEST(Log, Attack29_ASignOutThatSaysNothingIsNoNotCast) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 4, 0), Stage::kCast);
  must(hall.sign_out(5));
  hall.continue_batch({}, Stage::kCast, Stage::kBox);
  hall.confirm_all_but({5});
  EXPECT_STOPPED(hall, kGateUnconfirmed, hall.share(0));
  EXPECT_EQ(hall.attempt().said_by(1, ConfirmVerdict::kNotCast), 0U);
}

// A looked-at ballot is fed again, because the Spoil names no spent key.
TEST(Log, Attack30_SpentIsLeftEmpty) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  auto const supervisor = hall.supervisor();
  EXPECT_STOPPED(hall, kConflict, hall.submit(EnvelopeSpoil{hall.batch_open(), 1, 0, {}, supervisor}, {1, supervisor}));
  // What names none is the office's, and of that nothing is ever shown.
  EXPECT_STOPPED(hall, kNotAuthorised, hall.submit(EnvelopeSpoil{hall.batch_open(), 1, 0, {}, 0}, {1, supervisor}));
}

// The server opens something of its own making in the person's name, and an honest laptop stands there as tampered
// with.
TEST(Log, Attack31_AForgedOpening) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0), Stage::kCast);
  std::map<QuestionId, KeptVote> made_up;
  made_up[1] = {Choice::kDisagree, Secret::random(32), hall.experts.at(1).ballots.at(1)};
  auto const seed = Secret::random(crypto::onion::kSeedBytes);
  must(hall.spoil(1, hall.supervisor()));
  for (PersonId const forger : {kServer, hall.chair(), hall.supervisor(), hall.expert(2)}) {
    auto const opening = make_check_opening(hall.batch_open(), 1, 0, made_up, seed, hall.manifest.trustees.size(),
                                            hall.people.at(forger).identity);
    auto const outcome = check_opening(hall.record, opening);
    auto const* const failure = std::get_if<OpeningFailure>(&outcome);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->verdict, CheckVerdict::kUnopened) << "signed by " << forger;
  }
}

// Eight present, five cast, three by their own word do not: lawful, and it must end.
TEST(Log, Attack33_TheLawfulMeetingStillEnds) {
  Meeting hall({.experts = 11});
  must(hall.open_meeting());
  for (PersonId p = 1; p < hall.screen(); ++p) {
    if (p <= 8 || p > 11) must(hall.sign_in(p));
  }
  hall.run_batch(1, hall.votes(1, 5, 0));
  auto const row = *hall.record.question(1).declared;
  EXPECT_EQ(row.present, 8U);
  EXPECT_EQ(row.agree, 5U);
  EXPECT_EQ(row.not_cast, 3U);
  EXPECT_FALSE(row.contested);
  EXPECT_FALSE(row.passed);
  EXPECT_EQ(said(hall.close_meeting()), "accepted");
}

}  // namespace
}  // namespace piaojue::attack
