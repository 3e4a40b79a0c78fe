// SPDX-License-Identifier: Apache-2.0
/// An expert with a changed program: more than one vote, somebody else's, one for two choices, one after the end.
#include <sodium.h>

#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::ConfirmVerdict;

/// A meeting with an open, witnessed batch.
struct Voting : AttackFixture {
  explicit Voting(Plan plan = {}, std::vector<meeting::Recuse> recusals = {}) : AttackFixture(std::move(plan)) {
    open_meeting();
    sign_in_all();
    for (auto recusal : recusals) {
      recusal.meeting = record().meeting();
      recusal.reason = "亲属";
      must(recusal, {recusal.person});
    }
    open_batch(1);
  }
  PersonId mallory() const { return experts[0]; }
  PersonId victim() const { return experts[1]; }

  /// The others vote, and the result is declared.
  void goes_on_from(PersonId done) {
    for (auto const p : experts) {
      if (p == done) continue;
      request(p);
      issue(p);
      collect(p);
      cast(p, Choice::kAgree);
    }
    close();
    issuance_closed();
    mix();
    finish();
    for (auto const& [q, row] : attempt().rows) EXPECT_EQ(row.agree, setup.experts) << "question " << q;
  }
  /// The attack took nothing from the others: everybody votes and the result is declared.
  void goes_on() {
    to_box({Choice::kAgree});
    finish();
    for (auto const& [q, row] : attempt().rows) EXPECT_EQ(row.agree, setup.experts) << "question " << q;
  }
};

// Two tokens are two votes that nobody could tell from two people's.
TEST(Expert, SecondTokenWithAnotherBlindedMessageIsRefusedAndRemembered) {
  Voting hall;
  hall.request(hall.mallory());
  auto first = std::move(hall.tokens.at(hall.mallory()));
  auto const before = hall.record().size();

  auto const answer = hall.request(hall.mallory(), hall.blind(hall.mallory()));
  EXPECT_EQ(answer.refused, Refusal::kAlreadyIssued);
  // The attempt itself stands in the log, signed by the server: once, however often it is tried.
  EXPECT_EQ(hall.record().size(), before + 1);
  EXPECT_TRUE(hall.attempt().incidents.contains({hall.mallory(), static_cast<std::uint32_t>(Refusal::kAlreadyIssued)}));
  EXPECT_EQ(hall.request(hall.mallory(), hall.blind(hall.mallory())).refused, Refusal::kAlreadyIssued);
  EXPECT_EQ(hall.record().size(), before + 1);

  // Nor does a trustee sign it if the server hands it on all the same.
  auto const other = AttackFixture::messages(hall.blind(hall.mallory()));
  auto const sigs = trustee::issue(hall.record(), hall.trustee_keys(1), 1, hall.mallory(), other);
  ASSERT_FALSE(sigs);
  EXPECT_EQ(sigs.error(), Refusal::kConflict);

  hall.tokens[hall.mallory()] = std::move(first);
  hall.issue(hall.mallory());
  hall.collect(hall.mallory());
  hall.goes_on();
}

// A laptop that lost the reply asks again; a second index, or another answer, would be a second token.
TEST(Expert, TheSameRequestAgainGetsTheSameAnswer) {
  Voting hall;
  auto const expert = hall.mallory();
  auto fresh = hall.blind(expert);
  auto const msgs = AttackFixture::messages(fresh);
  auto const& open = hall.attempt().open_hash;
  auto const digest = meeting::token_request_digest(open, expert, 0, msgs);
  auto const entry = hall.entry(meeting::TokenRequest{open, expert, 0, digest}, {expert});
  auto const payload = meeting::encode_token_payload(msgs);
  auto const first = hall.submit(expert, entry, payload);
  ASSERT_TRUE(first.accepted);
  auto const state = hall.state();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hall.submit(expert, entry, payload).accepted, first.accepted);
  EXPECT_EQ(hall.state(), state);
  ASSERT_TRUE(hall.restart());
  EXPECT_EQ(hall.submit(expert, entry, payload).accepted, first.accepted);
  // The trustee is as steady: RSA without fresh randomness in the answer.
  auto const one = trustee::issue(hall.record(), hall.trustee_keys(1), 1, expert, msgs);
  auto const two = trustee::issue(hall.record(), hall.trustee_keys(1), 1, expert, msgs);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, *two);
  hall.tokens[expert] = std::move(fresh);
  hall.issue(expert);
  hall.collect(expert);
  hall.goes_on();
}

// Votes of people who are not in the hall change who decides.
TEST(Expert, RequestsOfAbsentRecusedOrUnknownPeopleAreRefused) {
  Plan plan;
  plan.experts = 6;
  AttackFixture hall(plan);
  hall.open_meeting();
  auto const absent = hall.experts[5], recused = hall.experts[4], partly = hall.experts[3];
  for (auto const& [id, person] : hall.people) {
    if (id != absent) hall.sign_in({id});
  }
  for (QuestionId q : {1U, 2U}) hall.must(meeting::Recuse{hall.record().meeting(), recused, q, "亲属"}, {recused});
  hall.must(meeting::Recuse{hall.record().meeting(), partly, 1, "亲属"}, {partly});
  hall.open_batch(1);
  auto const state = hall.state();

  auto const ask = [&](PersonId who, PersonId signer, PersonId via, std::vector<QuestionId> questions) {
    auto const source = hall.blind(hall.experts[0]);
    meeting::BlindedMsgs msgs;
    for (auto const q : questions) msgs[q] = AttackFixture::messages(source).at(q);
    auto const& open = hall.attempt().open_hash;
    auto const digest = meeting::token_request_digest(open, who, 0, msgs);
    return hall.submit(via, hall.entry(meeting::TokenRequest{open, who, 0, digest}, {signer}),
                       meeting::encode_token_payload(msgs));
  };
  EXPECT_EQ(ask(absent, absent, absent, {1, 2}).refused, Refusal::kNotOnRoll);
  EXPECT_EQ(ask(recused, recused, recused, {1, 2}).refused, Refusal::kRecused);
  // Recused from one of two: a request that covers both would be a vote on the forbidden one.
  EXPECT_EQ(ask(partly, partly, partly, {1, 2}).refused, Refusal::kConflict);
  EXPECT_EQ(ask(hall.clerk, hall.clerk, hall.clerk, {1, 2}).refused, Refusal::kNotOnRoll);
  EXPECT_EQ(ask(200, hall.experts[0], hall.experts[0], {1, 2}).refused, Refusal::kUnknown);
  // In another's name: with the own signature, and through the own connection with a signature that she never made.
  EXPECT_EQ(ask(hall.experts[1], hall.experts[0], hall.experts[0], {1, 2}).refused, Refusal::kNotAuthorised);
  EXPECT_EQ(ask(hall.experts[1], hall.experts[1], hall.experts[0], {1, 2}).refused, Refusal::kNotAuthorised);
  EXPECT_EQ(hall.state(), state);

  EXPECT_EQ(ask(partly, partly, partly, {2}).refused, std::nullopt);
  hall.tokens[partly] =
      AttackFixture::Tokens();  // spent on messages that are not hers: she has no vote in this attempt
  for (auto const p : {hall.experts[0], hall.experts[1], hall.experts[2]}) {
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
    hall.cast(p, Choice::kAgree);
  }
  hall.close();
  hall.issuance_closed();
  hall.mix();
  hall.finish();
  EXPECT_EQ(hall.attempt().rows.at(1).recused, 2U);
  EXPECT_EQ(hall.attempt().rows.at(2).not_cast, 1U);
}

// z = 1, 0, n − 1 or beyond n give signatures on chosen values, or none.
TEST(Expert, BlindedMessagesOutsideTheirRangeAreRefused) {
  Voting hall;
  auto const expert = hall.mallory();
  auto const& keys = hall.attempt().keys;
  Bytes const zero(256, 0);
  Bytes one = zero;
  one.back() = 1;
  Bytes const n = keys[1].token_keys.at(1);
  Bytes n_minus_one = n;
  n_minus_one.back() ^= 1;
  auto const state = hall.state();
  for (auto const& z : {zero, one, n, n_minus_one, Bytes(256, 0xff), Bytes(255, 3)}) {
    auto msgs = AttackFixture::messages(hall.blind(expert));
    msgs.at(1).at(1) = z;
    auto const& open = hall.attempt().open_hash;
    auto const digest = meeting::token_request_digest(open, expert, 0, msgs);
    auto const answer = hall.submit(expert, hall.entry(meeting::TokenRequest{open, expert, 0, digest}, {expert}),
                                    meeting::encode_token_payload(msgs));
    EXPECT_EQ(answer.refused, Refusal::kOutOfRange);
  }
  EXPECT_EQ(hall.state(), state);
  hall.goes_on();
}

// What the expert hands in instead of a ballot, and what the box says to it.
struct Forgery {
  char const* name;
  Refusal expected;
  /// @return the bytes that go into mallory's envelope for question 1.
  std::function<Bytes(Voting&)> make;
};
void PrintTo(Forgery const& forgery, std::ostream* out) { *out << forgery.name; }

/// Signs what was changed anew with the token's own key, so that only the change itself can be what is refused.
Bytes resigned(Voting& hall, Bytes ballot) {
  auto const& token = hall.tokens.at(hall.mallory()).at(1);
  ballot.resize(ballot.size() - 64);
  auto const ctx = meeting::context(hall.attempt().open_hash, 1);
  std::uint8_t const end = 0;
  auto const signature = token.sk_v.sign({as_bytes("piaojue/v2/ballot"), {&end, 1}, ctx.view(), ballot});
  piaojue::append(ballot, signature.view());
  return ballot;
}
// Places in a ballot of two trustees and 2048 bits (specification §7.1).
constexpr std::size_t kToken0 = 69, kToken1 = 69 + 256, kA = 69 + 512, kB = kA + 32, kProof = kB + 32;

Bytes with(Bytes ballot, std::size_t at, ByteView part) {
  std::ranges::copy(part, ballot.begin() + static_cast<std::ptrdiff_t>(at));
  return ballot;
}

Bytes plus_order(Bytes ballot, std::size_t at) {
  static constexpr std::uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                             0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                             0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += ballot[at + i] + order[i];
    ballot[at + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return ballot;
}

class BadBallot : public testing::TestWithParam<Forgery> {};

// Each of these would be a vote too many, a vote for two, or a vote that somebody else can recognise.
TEST_P(BadBallot, IsCountedAsRefusedAndTheOthersCount) {
  Voting hall;
  for (auto const p : hall.experts) {
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
  }
  for (auto const p : hall.experts) {
    if (p != hall.mallory()) hall.cast(p, Choice::kAgree);
  }
  hall.ballots[hall.mallory()][2] = hall.ballot(hall.mallory(), 2, Choice::kAgree);
  auto const bad = GetParam().make(hall);
  auto const shape = hall.record().ballot_context(1).shape.bytes();
  ASSERT_EQ(bad.size(), shape) << "another length does not even fit the envelope";
  auto const cast =
      hall.cast_onions(hall.mallory(), {{1, hall.wrap(1, bad)}, {2, hall.wrap(2, hall.ballots[hall.mallory()][2])}});
  ASSERT_TRUE(cast.accepted) << cast;  // nobody can look into an envelope
  hall.close();
  hall.issuance_closed();
  hall.mix();

  auto const& box = hall.attempt().box->boxes.at(1);
  EXPECT_EQ(box.ballots.size(), hall.experts.size() - 1);
  if (GetParam().expected == Refusal::kMixDuplicate) {
    // The hop that opens it keeps one of the two.
    EXPECT_TRUE(box.refused.empty());
    EXPECT_EQ(hall.attempt().mixes.back().counts.at(1).out, hall.experts.size() - 1);
  } else {
    ASSERT_EQ(box.refused.size(), 1U);
    EXPECT_EQ(static_cast<Refusal>(box.refused.begin()->first), GetParam().expected)
        << piaojue::name(static_cast<Refusal>(box.refused.begin()->first));
    EXPECT_EQ(box.refused.begin()->second, 1U);
  }
  EXPECT_FALSE(meeting::check_box(hall.record()));
  // A server that put it into the box all the same would be refused by every client: see attack_server.cpp. She says
  // OK of it, and so can not stop the others.
  for (auto const p : hall.experts) {
    ASSERT_TRUE(p == hall.mallory() ? hall.confirm(p, ConfirmVerdict::kOk).accepted : hall.confirm(p).accepted);
  }
  hall.finish();
  auto const& row = hall.attempt().rows.at(1);
  EXPECT_EQ(row.agree, hall.experts.size() - 1);
  EXPECT_EQ(row.invalid, 1U);
  EXPECT_EQ(hall.attempt().rows.at(2).agree, hall.experts.size());
}

INSTANTIATE_TEST_SUITE_P(
    , BadBallot,
    testing::Values(
        Forgery{"TokenOfAnotherQuestion", Refusal::kBallotToken,
                [](Voting& hall) {
                  auto const& context = hall.record().ballot_context(1);
                  auto const& own = hall.tokens.at(hall.mallory()).at(2);
                  return meeting::make_ballot(context, own.sk_v, own.prefix, own.tokens, Choice::kAgree).value();
                }},
        Forgery{"BallotOfAnotherQuestion", Refusal::kBallotContext,
                [](Voting& hall) { return hall.ballot(hall.mallory(), 2, Choice::kDisagree); }},
        Forgery{"OneTokenUnderAnotherKey", Refusal::kBallotToken,
                [](Voting& hall) {
                  // Trustee 0's signature in both places.
                  auto const ballot = hall.ballot(hall.mallory(), 1, Choice::kAgree);
                  return resigned(hall, with(ballot, kToken1, ByteView(ballot).subspan(kToken0, 256)));
                }},
        Forgery{"MintedBySelfWithoutTokens", Refusal::kBallotToken,
                [](Voting& hall) {
                  auto const key = crypto::SigningKey::generate();
                  auto const& own = hall.tokens.at(hall.mallory()).at(1);
                  return meeting::make_ballot(hall.record().ballot_context(1), key, own.prefix, own.tokens,
                                              Choice::kAgree)
                      .value();
                }},
        Forgery{"OneBitOfTheVote", Refusal::kBallotSignature,
                [](Voting& hall) { return flipped(hall.ballot(hall.mallory(), 1, Choice::kAgree), kProof); }},
        Forgery{"OneBitOfTheSignature", Refusal::kBallotSignature,
                [](Voting& hall) {
                  auto const ballot = hall.ballot(hall.mallory(), 1, Choice::kAgree);
                  return flipped(ballot, ballot.size() - 64);
                }},
        Forgery{"OneBitOfTheToken", Refusal::kBallotToken,
                [](Voting& hall) {
                  return resigned(hall, flipped(hall.ballot(hall.mallory(), 1, Choice::kAgree), kToken0 + 255));
                }},
        Forgery{
            "AnotherVersion", Refusal::kBallotEncoding,
            [](Voting& hall) { return resigned(hall, flipped(hall.ballot(hall.mallory(), 1, Choice::kAgree), 0)); }},
        Forgery{"IdentityForA", Refusal::kBallotEncoding,
                [](Voting& hall) {
                  return resigned(hall, with(hall.ballot(hall.mallory(), 1, Choice::kAgree), kA, Bytes(32, 0)));
                }},
        Forgery{"IdentityForB", Refusal::kBallotEncoding,
                [](Voting& hall) {
                  return resigned(hall, with(hall.ballot(hall.mallory(), 1, Choice::kAgree), kB, Bytes(32, 0)));
                }},
        Forgery{"NoPointForA", Refusal::kBallotEncoding,
                [](Voting& hall) {
                  return resigned(hall, with(hall.ballot(hall.mallory(), 1, Choice::kAgree), kA, Bytes(32, 0xff)));
                }},
        Forgery{"ScalarBeyondTheOrder", Refusal::kBallotEncoding,
                [](Voting& hall) {
                  // The same scalar in another spelling: a second ballot of one vote.
                  return resigned(hall, plus_order(hall.ballot(hall.mallory(), 1, Choice::kAgree), kProof));
                }},
        Forgery{"TwoVotesInOne", Refusal::kBallotProof,
                [](Voting& hall) {
                  // B + G: one more agree than was proven.
                  auto ballot = hall.ballot(hall.mallory(), 1, Choice::kAgree);
                  std::uint8_t one[32] = {1}, g[32], b[32];
                  EXPECT_EQ(crypto_scalarmult_ristretto255_base(g, one), 0);
                  EXPECT_EQ(crypto_core_ristretto255_add(b, ballot.data() + kB, g), 0);
                  return resigned(hall, with(ballot, kB, b));
                }},
        Forgery{"ProofOfAnotherVote", Refusal::kBallotProof,
                [](Voting& hall) {
                  auto const other = hall.ballot(hall.mallory(), 1, Choice::kDisagree);
                  return resigned(hall, with(hall.ballot(hall.mallory(), 1, Choice::kAgree), kProof,
                                             ByteView(other).subspan(kProof, 192)));
                }},
        Forgery{"CopyOfAnotherExpertsBallot", Refusal::kMixDuplicate,
                // A friend lends hers; or it was seen by whoever holds all the mix keys.
                [](Voting& hall) { return hall.ballots.at(hall.victim()).at(1); }},
        Forgery{"CopyOfAVoteUnderAnOwnToken", Refusal::kBallotProof,
                [](Voting& hall) {
                  // The friend's (A, B) and proof, bound to her pk_v and not to this one.
                  auto const& other = hall.ballots.at(hall.victim()).at(1);
                  return resigned(hall, with(hall.ballot(hall.mallory(), 1, Choice::kAgree), kA,
                                             ByteView(other).subspan(kA, 64 + 192)));
                }}),
    [](auto const& one) { return std::string(one.param.name); });

// The box of a voided attempt is public: its ballots must be worth nothing in the next one.
TEST(Expert, BallotsOfAVoidedAttemptAreWorthNothingInTheNext) {
  Voting hall;
  hall.to_box({Choice::kAgree});
  auto const old = hall.attempt().box->boxes.at(1).ballots;
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "材料有误"}, hall.office());
  hall.erase();
  hall.open_batch(1);
  for (auto const p : hall.experts) {
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
    if (p != hall.mallory()) hall.cast(p, Choice::kAgree);
  }
  auto const own = hall.ballot(hall.mallory(), 2, Choice::kAgree);
  hall.ballots[hall.mallory()] = {{1, old.front()}, {2, own}};
  ASSERT_TRUE(hall.cast_onions(hall.mallory(), {{1, hall.wrap(1, old.front())}, {2, hall.wrap(2, own)}}).accepted);
  hall.close();
  hall.issuance_closed();
  hall.mix();
  auto const& box = hall.attempt().box->boxes.at(1);
  EXPECT_EQ(box.ballots.size(), hall.experts.size() - 1);
  ASSERT_EQ(box.refused.size(), 1U);
  EXPECT_EQ(static_cast<Refusal>(box.refused.begin()->first), Refusal::kBallotToken);
  ASSERT_TRUE(hall.confirm(hall.mallory(), ConfirmVerdict::kOk).accepted);
  hall.finish();
}

// An onion taken off the wire and sent as one's own would be counted twice, or stop the mix for all.
TEST(Expert, AnotherExpertsOnionIsRefusedBeforeItCanStopTheMix) {
  Voting hall;
  for (auto const p : {hall.victim(), hall.mallory()}) {
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
  }
  for (QuestionId q : {1U, 2U}) hall.ballots[hall.victim()][q] = hall.ballot(hall.victim(), q, Choice::kAgree);
  auto const stolen = hall.wrap(1, hall.ballots[hall.victim()][1]);
  auto const second = hall.wrap(2, hall.ballots[hall.victim()][2]);
  ASSERT_TRUE(hall.cast_onions(hall.victim(), {{1, stolen}, {2, second}}).accepted);
  auto const state = hall.state();
  auto const own = hall.wrap(2, hall.ballot(hall.mallory(), 2, Choice::kAgree));
  EXPECT_EQ(hall.cast_onions(hall.mallory(), {{1, stolen}, {2, own}}).refused, Refusal::kConflict);
  EXPECT_EQ(hall.cast_onions(hall.mallory(), {{1, own}, {2, own}}).refused, Refusal::kConflict);
  EXPECT_EQ(hall.state(), state);
  hall.goes_on();
}

// Fewer onions, more, or of another size would tell envelopes apart all the way through the mix.
TEST(Expert, EnvelopesOfAnotherShapeAreRefused) {
  Voting hall;
  auto const p = hall.mallory();
  hall.request(p);
  hall.issue(p);
  hall.collect(p);
  auto const one = hall.wrap(1, hall.ballot(p, 1, Choice::kAgree));
  auto const two = hall.wrap(2, hall.ballot(p, 2, Choice::kAgree));
  auto const state = hall.state();
  EXPECT_EQ(hall.cast_onions(p, {{1, one}}).refused, Refusal::kConflict);
  EXPECT_EQ(hall.cast_onions(p, {{1, one}, {2, two}, {3, two}}).refused, Refusal::kConflict);
  auto longer = two;
  longer.push_back(0);
  EXPECT_EQ(hall.cast_onions(p, {{1, one}, {2, longer}}).refused, Refusal::kMixSize);
  EXPECT_EQ(hall.state(), state);
  hall.goes_on();
}

// A vote after the end is a vote by somebody who may know how the others voted.
TEST(Expert, NothingIsTakenAfterTheChairHasClosed) {
  Voting hall;
  for (auto const p : hall.experts) {
    if (p == hall.mallory()) continue;
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
    hall.cast(p, Choice::kAgree);
  }
  hall.close();
  auto const state = hall.state();
  EXPECT_EQ(hall.request(hall.mallory(), hall.blind(hall.mallory())).refused, Refusal::kWrongPhase);
  auto const late = hall.wrap(1, hall.ballot(hall.victim(), 1, Choice::kDisagree));
  auto const later = hall.wrap(2, hall.ballot(hall.victim(), 2, Choice::kDisagree));
  EXPECT_EQ(hall.cast_onions(hall.victim(), {{1, late}, {2, later}}).refused, Refusal::kWrongPhase);
  // Nor does a trustee sign for somebody whom the server favours.
  auto const sigs = trustee::issue(hall.record(), hall.trustee_keys(1), 1, hall.mallory(),
                                   AttackFixture::messages(hall.blind(hall.mallory())));
  EXPECT_EQ(sigs.error(), Refusal::kWrongPhase);
  EXPECT_EQ(hall.state(), state);
  hall.issuance_closed();
  hall.mix();
  hall.finish();
  EXPECT_EQ(hall.attempt().rows.at(1).not_cast, 1U);
}

// Somebody who has no say in a batch must not be able to vouch for its box, or to block it; and nobody speaks twice.
TEST(Expert, ConfirmsByOthersOrOfOtherBoxesAreRefused) {
  Voting hall;
  hall.to_box({Choice::kAgree});
  auto const state = hall.state();
  auto const with_rows = [&](PersonId person, std::map<QuestionId, ConfirmVerdict> rows) {
    meeting::Confirm const body{hall.attempt().open_hash, person, hall.attempt().box_hash, std::move(rows)};
    return hall.submit(person, hall.entry(body, {person})).refused;
  };
  EXPECT_EQ(with_rows(hall.clerk, {{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kOk}}), Refusal::kNotOnRoll);
  auto body = hall.make_confirm(hall.mallory());
  body.box = hall.attempt().open_hash;
  EXPECT_EQ(hall.submit(hall.mallory(), hall.entry(body, {hall.mallory()})).refused, Refusal::kUnknown);
  EXPECT_EQ(with_rows(hall.mallory(), {{1, ConfirmVerdict::kOk}}), Refusal::kConflict);
  // Who has cast can not say that he has not: his ballot would count as nobody's.
  EXPECT_EQ(with_rows(hall.mallory(), {{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kNotCast}}), Refusal::kConflict);
  EXPECT_EQ(hall.state(), state);
  ASSERT_TRUE(hall.confirm(hall.mallory()).accepted);
  EXPECT_EQ(hall.confirm(hall.mallory(), ConfirmVerdict::kMissing).refused, Refusal::kConflict) << "a second word";
  hall.finish();
}

// And who has cast nothing can not vouch for a box that holds nothing of his: OK would make up for a dropped ballot.
TEST(Expert, WhoHasCastNothingCanNotSayOk) {
  Voting hall;
  for (auto const p : hall.experts) {
    if (p == hall.mallory()) continue;
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
    hall.cast(p, Choice::kAgree);
  }
  hall.close();
  hall.issuance_closed();
  hall.mix();
  EXPECT_EQ(hall.confirm(hall.mallory(), ConfirmVerdict::kOk).refused, Refusal::kConflict);
  ASSERT_TRUE(hall.confirm(hall.mallory(), ConfirmVerdict::kNotCast).accepted);
  hall.finish();
  EXPECT_EQ(hall.attempt().rows.at(1).not_cast, 1U);
}

// A vote that was changed after the friends have told theirs; or that a buyer pays for by the second envelope.
TEST(Expert, AnEnvelopeThatIsInTheLogIsNotTakenBackBySpoilingItAlone) {
  Voting hall;
  auto const expert = hall.mallory();
  hall.request(expert);
  hall.issue(expert);
  hall.collect(expert);
  hall.cast(expert, Choice::kAgree);
  std::map<QuestionId, crypto::SigningPublicKey> spent;
  for (auto const& [q, token] : hall.tokens.at(expert)) spent[q] = token.sk_v.public_key();
  auto const state = hall.state();
  meeting::EnvelopeSpoil const alone{hall.attempt().open_hash, expert, 0, spent, hall.supervisor()};
  EXPECT_FALSE(hall.submit(expert, hall.entry(alone, {expert})).accepted) << "the supervisor whom it names signs too";
  EXPECT_EQ(hall.everybody(hall.entry(alone, {expert})).error(), Refusal::kNotAuthorised);
  EXPECT_EQ(hall.cast_onions(expert, {{1, hall.wrap(1, hall.ballots.at(expert).at(1))},
                                      {2, hall.wrap(2, hall.ballots.at(expert).at(2))}})
                .refused,
            Refusal::kConflict);
  EXPECT_EQ(hall.state().first, state.first);
  hall.goes_on_from(expert);
}

// 7. Two friends wrap one inner onion: the honest hop met it twice, took the hop before for the culprit, and refused
// the whole pile. Now the two lose one between them, and nobody else anything.
TEST(Expert, Attack07_OneInnerOnionWrappedByTwo) {
  Plan plan;
  plan.trustees = 3;
  Voting hall(plan);
  auto const friend_ = hall.experts[1];
  for (auto const p : hall.experts) {
    hall.request(p);
    hall.issue(p);
    hall.collect(p);
    if (p != hall.mallory() && p != friend_) hall.cast(p, Choice::kAgree);
  }
  // The layers for hops 1 and 2 are made once, the one for hop 0 twice.
  std::map<PersonId, meeting::Onions> onions;
  for (QuestionId q : {1U, 2U}) {
    auto const ballot = hall.ballot(hall.mallory(), q, Choice::kAgree);
    for (auto const p : {hall.mallory(), friend_}) hall.ballots[p][q] = ballot;
    auto const inner = hall.sealed_layers(q, ballot, 1);
    for (auto const p : {hall.mallory(), friend_}) onions[p][q] = hall.sealed_layer(q, inner, 0);
    EXPECT_NE(onions[hall.mallory()][q], onions[friend_][q]) << "nobody can see it from outside";
  }
  for (auto const p : {hall.mallory(), friend_}) ASSERT_TRUE(hall.cast_onions(p, onions[p]).accepted);
  hall.close();
  hall.issuance_closed();
  hall.mix();
  ASSERT_EQ(hall.attempt().phase, BatchPhase::kConfirming) << "the batch goes on";
  EXPECT_EQ(hall.attempt().mixes[0].counts.at(1).in - hall.attempt().mixes[0].counts.at(1).out, 1U);
  EXPECT_EQ(hall.attempt().box->boxes.at(1).ballots.size(), hall.experts.size() - 1);
  // Both can say OK of the one ballot: the bounds then know that one more has said so than there are ballots.
  hall.finish();
  EXPECT_EQ(hall.attempt().rows.at(1).agree, hall.experts.size() - 1);
}

// 23. Signing in and out while a BatchOpen waits for signatures spoilt every draft: it names who is present. They wait
// for a minute at most, and are then free for one.
TEST(Expert, Attack23_AlwaysOneMoreSignIn) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in_all();
  hall.publish_keys(1);
  auto const mallory = hall.experts[0];
  auto const draft = hall.draft_open(1);
  ASSERT_TRUE(hall.submit(hall.chair, hall.entry(draft, {hall.chair})).pending);
  auto const leave = [&] {
    meeting::SignOut out{hall.record().meeting(),
                         mallory,
                         hall.record().presence(mallory).sequence,
                         "",
                         {},
                         false,
                         hall.record().size(),
                         hall.record().tree().root()};
    return hall.submit(mallory, hall.entry(out, {mallory}));
  };
  EXPECT_EQ(leave().refused, Refusal::kBusy);
  // The supervisor has read what he signs, and the batch is opened.
  hall.now_ms += 59'000;
  EXPECT_EQ(leave().refused, Refusal::kBusy);
  hall.must(draft, hall.office());
  hall.cosign();
  // Who wants to go home is not kept for ever: nobody signs the second draft.
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "重新投票"}, hall.office());
  hall.erase();
  hall.publish_keys(1);
  hall.now_ms += 200'000;
  ASSERT_TRUE(hall.submit(hall.chair, hall.entry(hall.draft_open(1), {hall.chair})).pending);
  EXPECT_EQ(leave().refused, Refusal::kBusy);
  hall.now_ms += 60'000;
  EXPECT_TRUE(leave().accepted);
}

}  // namespace
}  // namespace piaojue::attack
