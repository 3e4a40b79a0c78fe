// SPDX-License-Identifier: Apache-2.0
/// An expert with a changed program: more than one vote, somebody else's, one for two choices, one after the end.
#include <sodium.h>

#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;

/// A meeting with an open, witnessed batch.
struct Voting : Stage {
  explicit Voting(Plan plan = {}, std::vector<meeting::Recuse> recusals = {}) : Stage(std::move(plan)) {
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

  /// The attack took nothing from the others: everybody votes and the result is declared.
  void goes_on() {
    to_box({Choice::kAgree});
    finish();
    for (auto const& [q, row] : attempt().rows) EXPECT_EQ(row.agree, setup.experts) << "question " << q;
  }
};

// Two tokens are two votes that nobody could tell from two people's.
TEST(Expert, SecondTokenWithAnotherBlindedMessageIsRefusedAndRemembered) {
  Voting room;
  room.request(room.mallory());
  auto first = std::move(room.tokens.at(room.mallory()));
  auto const before = room.record().size();

  auto const answer = room.request(room.mallory(), room.blind(room.mallory()));
  EXPECT_EQ(answer.refused, Refusal::kAlreadyIssued);
  // The attempt itself stands in the log, signed by the server: once, however often it is tried.
  EXPECT_EQ(room.record().size(), before + 1);
  EXPECT_TRUE(room.attempt().incidents.contains({room.mallory(), static_cast<std::uint32_t>(Refusal::kAlreadyIssued)}));
  EXPECT_EQ(room.request(room.mallory(), room.blind(room.mallory())).refused, Refusal::kAlreadyIssued);
  EXPECT_EQ(room.record().size(), before + 1);

  // Nor does a trustee sign it if the server hands it on all the same.
  auto const other = Stage::messages(room.blind(room.mallory()));
  auto const sigs = trustee::issue(room.record(), room.trustee_keys(1), 1, room.mallory(), other);
  ASSERT_FALSE(sigs);
  EXPECT_EQ(sigs.error(), Refusal::kConflict);

  room.tokens[room.mallory()] = std::move(first);
  room.issue(room.mallory());
  room.collect(room.mallory());
  room.goes_on();
}

// A laptop that lost the reply asks again; a second index, or another answer, would be a second token.
TEST(Expert, TheSameRequestAgainGetsTheSameAnswer) {
  Voting room;
  auto const expert = room.mallory();
  auto fresh = room.blind(expert);
  auto const msgs = Stage::messages(fresh);
  auto const& open = room.attempt().open_hash;
  auto const entry =
      room.entry(meeting::TokenRequest{open, expert, meeting::token_request_digest(open, expert, msgs)}, {expert});
  auto const payload = meeting::encode_token_payload(msgs);
  auto const first = room.submit(expert, entry, payload);
  ASSERT_TRUE(first.accepted);
  auto const state = room.state();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(room.submit(expert, entry, payload).accepted, first.accepted);
  EXPECT_EQ(room.state(), state);
  ASSERT_TRUE(room.restart());
  EXPECT_EQ(room.submit(expert, entry, payload).accepted, first.accepted);
  // The trustee is as steady: RSA without fresh randomness in the answer.
  auto const one = trustee::issue(room.record(), room.trustee_keys(1), 1, expert, msgs);
  auto const two = trustee::issue(room.record(), room.trustee_keys(1), 1, expert, msgs);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, *two);
  room.tokens[expert] = std::move(fresh);
  room.issue(expert);
  room.collect(expert);
  room.goes_on();
}

// Votes of people who are not in the room change who decides.
TEST(Expert, RequestsOfAbsentRecusedOrUnknownPeopleAreRefused) {
  Plan plan;
  plan.experts = 6;
  Stage room(plan);
  room.open_meeting();
  auto const absent = room.experts[5], recused = room.experts[4], partly = room.experts[3];
  for (auto const& [id, person] : room.people) {
    if (id != absent) room.sign_in({id});
  }
  for (QuestionId q : {1U, 2U}) room.must(meeting::Recuse{room.record().meeting(), recused, q, "亲属"}, {recused});
  room.must(meeting::Recuse{room.record().meeting(), partly, 1, "亲属"}, {partly});
  room.open_batch(1);
  auto const state = room.state();

  auto const ask = [&](PersonId who, PersonId signer, PersonId via, std::vector<QuestionId> questions) {
    auto const source = room.blind(room.experts[0]);
    meeting::BlindedMsgs msgs;
    for (auto const q : questions) msgs[q] = Stage::messages(source).at(q);
    auto const& open = room.attempt().open_hash;
    return room.submit(
        via, room.entry(meeting::TokenRequest{open, who, meeting::token_request_digest(open, who, msgs)}, {signer}),
        meeting::encode_token_payload(msgs));
  };
  EXPECT_EQ(ask(absent, absent, absent, {1, 2}).refused, Refusal::kNotOnRoll);
  EXPECT_EQ(ask(recused, recused, recused, {1, 2}).refused, Refusal::kRecused);
  // Recused from one of two: a request that covers both would be a vote on the forbidden one.
  EXPECT_EQ(ask(partly, partly, partly, {1, 2}).refused, Refusal::kConflict);
  EXPECT_EQ(ask(room.clerk, room.clerk, room.clerk, {1, 2}).refused, Refusal::kNotOnRoll);
  EXPECT_EQ(ask(200, room.experts[0], room.experts[0], {1, 2}).refused, Refusal::kUnknown);
  // In another's name: with the own signature, and through the own connection with a signature that she never made.
  EXPECT_EQ(ask(room.experts[1], room.experts[0], room.experts[0], {1, 2}).refused, Refusal::kNotAuthorised);
  EXPECT_EQ(ask(room.experts[1], room.experts[1], room.experts[0], {1, 2}).refused, Refusal::kNotAuthorised);
  EXPECT_EQ(room.state(), state);

  EXPECT_EQ(ask(partly, partly, partly, {2}).refused, std::nullopt);
  room.tokens[partly] = Stage::Tokens();  // spent on messages that are not hers: she has no vote in this attempt
  for (auto const p : {room.experts[0], room.experts[1], room.experts[2]}) {
    room.request(p);
    room.issue(p);
    room.collect(p);
    room.cast(p, Choice::kAgree);
  }
  room.close();
  room.issuance_closed();
  room.mix();
  room.finish();
  EXPECT_EQ(room.attempt().rows.at(1).recused, 2U);
  EXPECT_EQ(room.attempt().rows.at(2).not_cast, 1U);
}

// z = 1, 0, n − 1 or beyond n give signatures on chosen values, or none.
TEST(Expert, BlindedMessagesOutsideTheirRangeAreRefused) {
  Voting room;
  auto const expert = room.mallory();
  auto const& keys = room.attempt().keys;
  Bytes const zero(256, 0);
  Bytes one = zero;
  one.back() = 1;
  Bytes const n = keys[1].token_keys.at(1);
  Bytes n_minus_one = n;
  n_minus_one.back() ^= 1;
  auto const state = room.state();
  for (auto const& z : {zero, one, n, n_minus_one, Bytes(256, 0xff), Bytes(255, 3)}) {
    auto msgs = Stage::messages(room.blind(expert));
    msgs.at(1).at(1) = z;
    auto const& open = room.attempt().open_hash;
    auto const answer = room.submit(
        expert,
        room.entry(meeting::TokenRequest{open, expert, meeting::token_request_digest(open, expert, msgs)}, {expert}),
        meeting::encode_token_payload(msgs));
    EXPECT_EQ(answer.refused, Refusal::kOutOfRange);
  }
  EXPECT_EQ(room.state(), state);
  room.goes_on();
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
Bytes resigned(Voting& room, Bytes ballot) {
  auto const& token = room.tokens.at(room.mallory()).at(1);
  ballot.resize(ballot.size() - 64);
  auto const ctx = meeting::context(room.attempt().open_hash, 1);
  std::uint8_t const end = 0;
  auto const signature = token.sk_v.sign({as_bytes("piaojue/v1/ballot"), {&end, 1}, ctx.view(), ballot});
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
  Voting room;
  for (auto const p : room.experts) {
    room.request(p);
    room.issue(p);
    room.collect(p);
  }
  for (auto const p : room.experts) {
    if (p != room.mallory()) room.cast(p, Choice::kAgree);
  }
  room.ballots[room.mallory()][2] = room.ballot(room.mallory(), 2, Choice::kAgree);
  auto const bad = GetParam().make(room);
  auto const shape = room.record().ballot_context(1).shape.bytes();
  ASSERT_EQ(bad.size(), shape) << "another length does not even fit the envelope";
  auto const cast =
      room.cast_onions(room.mallory(), {{1, room.wrap(1, bad)}, {2, room.wrap(2, room.ballots[room.mallory()][2])}});
  ASSERT_TRUE(cast.accepted) << cast;  // nobody can look into an envelope
  room.close();
  room.issuance_closed();
  room.mix();

  auto const& box = room.attempt().box->boxes.at(1);
  EXPECT_EQ(box.ballots.size(), room.experts.size() - 1);
  ASSERT_EQ(box.refused.size(), 1U);
  EXPECT_EQ(static_cast<Refusal>(box.refused.begin()->first), GetParam().expected)
      << piaojue::name(static_cast<Refusal>(box.refused.begin()->first));
  EXPECT_EQ(box.refused.begin()->second, 1U);
  EXPECT_FALSE(meeting::check_box(room.record()));
  // A server that put it into the box all the same would be refused by every client: see attack_server.cpp.
  room.finish();
  auto const& row = room.attempt().rows.at(1);
  EXPECT_EQ(row.agree, room.experts.size() - 1);
  EXPECT_EQ(row.invalid, 1U);
  EXPECT_EQ(room.attempt().rows.at(2).agree, room.experts.size());
}

INSTANTIATE_TEST_SUITE_P(
    , BadBallot,
    testing::Values(
        Forgery{"TokenOfAnotherQuestion", Refusal::kBallotToken,
                [](Voting& room) {
                  auto const& context = room.record().ballot_context(1);
                  auto const& own = room.tokens.at(room.mallory()).at(2);
                  return meeting::make_ballot(context, own.sk_v, own.prefix, own.tokens, Choice::kAgree).value();
                }},
        Forgery{"BallotOfAnotherQuestion", Refusal::kBallotContext,
                [](Voting& room) { return room.ballot(room.mallory(), 2, Choice::kDisagree); }},
        Forgery{"OneTokenUnderAnotherKey", Refusal::kBallotToken,
                [](Voting& room) {
                  // Trustee 0's signature in both places.
                  auto const ballot = room.ballot(room.mallory(), 1, Choice::kAgree);
                  return resigned(room, with(ballot, kToken1, ByteView(ballot).subspan(kToken0, 256)));
                }},
        Forgery{"MintedBySelfWithoutTokens", Refusal::kBallotToken,
                [](Voting& room) {
                  auto const key = crypto::SigningKey::generate();
                  auto const& own = room.tokens.at(room.mallory()).at(1);
                  return meeting::make_ballot(room.record().ballot_context(1), key, own.prefix, own.tokens,
                                              Choice::kAgree)
                      .value();
                }},
        Forgery{"OneBitOfTheVote", Refusal::kBallotSignature,
                [](Voting& room) { return flipped(room.ballot(room.mallory(), 1, Choice::kAgree), kProof); }},
        Forgery{"OneBitOfTheSignature", Refusal::kBallotSignature,
                [](Voting& room) {
                  auto const ballot = room.ballot(room.mallory(), 1, Choice::kAgree);
                  return flipped(ballot, ballot.size() - 64);
                }},
        Forgery{"OneBitOfTheToken", Refusal::kBallotToken,
                [](Voting& room) {
                  return resigned(room, flipped(room.ballot(room.mallory(), 1, Choice::kAgree), kToken0 + 255));
                }},
        Forgery{
            "AnotherVersion", Refusal::kBallotEncoding,
            [](Voting& room) { return resigned(room, flipped(room.ballot(room.mallory(), 1, Choice::kAgree), 0)); }},
        Forgery{"IdentityForA", Refusal::kBallotEncoding,
                [](Voting& room) {
                  return resigned(room, with(room.ballot(room.mallory(), 1, Choice::kAgree), kA, Bytes(32, 0)));
                }},
        Forgery{"IdentityForB", Refusal::kBallotEncoding,
                [](Voting& room) {
                  return resigned(room, with(room.ballot(room.mallory(), 1, Choice::kAgree), kB, Bytes(32, 0)));
                }},
        Forgery{"NoPointForA", Refusal::kBallotEncoding,
                [](Voting& room) {
                  return resigned(room, with(room.ballot(room.mallory(), 1, Choice::kAgree), kA, Bytes(32, 0xff)));
                }},
        Forgery{"ScalarBeyondTheOrder", Refusal::kBallotEncoding,
                [](Voting& room) {
                  // The same scalar in another spelling: a second ballot of one vote.
                  return resigned(room, plus_order(room.ballot(room.mallory(), 1, Choice::kAgree), kProof));
                }},
        Forgery{"TwoVotesInOne", Refusal::kBallotProof,
                [](Voting& room) {
                  // B + G: one more agree than was proven.
                  auto ballot = room.ballot(room.mallory(), 1, Choice::kAgree);
                  std::uint8_t one[32] = {1}, g[32], b[32];
                  EXPECT_EQ(crypto_scalarmult_ristretto255_base(g, one), 0);
                  EXPECT_EQ(crypto_core_ristretto255_add(b, ballot.data() + kB, g), 0);
                  return resigned(room, with(ballot, kB, b));
                }},
        Forgery{"ProofOfAnotherVote", Refusal::kBallotProof,
                [](Voting& room) {
                  auto const other = room.ballot(room.mallory(), 1, Choice::kDisagree);
                  return resigned(room, with(room.ballot(room.mallory(), 1, Choice::kAgree), kProof,
                                             ByteView(other).subspan(kProof, 192)));
                }},
        Forgery{"CopyOfAnotherExpertsBallot", Refusal::kBallotDuplicate,
                // A friend lends hers; or it was seen by whoever holds all the mix keys.
                [](Voting& room) { return room.ballots.at(room.victim()).at(1); }},
        Forgery{"CopyOfAVoteUnderAnOwnToken", Refusal::kBallotProof,
                [](Voting& room) {
                  // The friend's (A, B) and proof, bound to her pk_v and not to this one.
                  auto const& other = room.ballots.at(room.victim()).at(1);
                  return resigned(room, with(room.ballot(room.mallory(), 1, Choice::kAgree), kA,
                                             ByteView(other).subspan(kA, 64 + 192)));
                }}),
    [](auto const& one) { return std::string(one.param.name); });

// The box of a voided attempt is public: its ballots must be worth nothing in the next one.
TEST(Expert, BallotsOfAVoidedAttemptAreWorthNothingInTheNext) {
  Voting room;
  room.to_box({Choice::kAgree});
  auto const old = room.attempt().box->boxes.at(1).ballots;
  room.must(meeting::Void{room.attempt().open_hash, {}, "材料有误", false}, {room.chair});
  room.erase();
  room.open_batch(1);
  for (auto const p : room.experts) {
    room.request(p);
    room.issue(p);
    room.collect(p);
    room.cast(p, Choice::kAgree);
  }
  auto const own = room.ballots.at(room.mallory()).at(2);
  ASSERT_TRUE(room.cast_onions(room.mallory(), {{1, room.wrap(1, old.front())}, {2, room.wrap(2, own)}}).accepted);
  room.close();
  room.issuance_closed();
  room.mix();
  auto const& box = room.attempt().box->boxes.at(1);
  EXPECT_EQ(box.ballots.size(), room.experts.size() - 1);
  ASSERT_EQ(box.refused.size(), 1U);
  EXPECT_EQ(static_cast<Refusal>(box.refused.begin()->first), Refusal::kBallotSignature);
  room.finish();
}

// An onion taken off the wire and sent as one's own would be counted twice, or stop the mix for all.
TEST(Expert, AnotherExpertsOnionIsRefusedBeforeItCanStopTheMix) {
  Voting room;
  for (auto const p : {room.victim(), room.mallory()}) {
    room.request(p);
    room.issue(p);
    room.collect(p);
  }
  auto const stolen = room.wrap(1, room.ballot(room.victim(), 1, Choice::kAgree));
  auto const second = room.wrap(2, room.ballot(room.victim(), 2, Choice::kAgree));
  ASSERT_TRUE(room.cast_onions(room.victim(), {{1, stolen}, {2, second}}).accepted);
  auto const state = room.state();
  auto const own = room.wrap(2, room.ballot(room.mallory(), 2, Choice::kAgree));
  EXPECT_EQ(room.cast_onions(room.mallory(), {{1, stolen}, {2, own}}).refused, Refusal::kMixDuplicate);
  EXPECT_EQ(room.cast_onions(room.mallory(), {{1, own}, {2, own}}).refused, Refusal::kMixDuplicate);
  EXPECT_EQ(room.state(), state);
  room.goes_on();
}

// Fewer onions, more, or of another size would tell envelopes apart all the way through the mix.
TEST(Expert, EnvelopesOfAnotherShapeAreRefused) {
  Voting room;
  auto const p = room.mallory();
  room.request(p);
  room.issue(p);
  room.collect(p);
  auto const one = room.wrap(1, room.ballot(p, 1, Choice::kAgree));
  auto const two = room.wrap(2, room.ballot(p, 2, Choice::kAgree));
  auto const state = room.state();
  EXPECT_EQ(room.cast_onions(p, {{1, one}}).refused, Refusal::kConflict);
  EXPECT_EQ(room.cast_onions(p, {{1, one}, {2, two}, {3, two}}).refused, Refusal::kConflict);
  auto longer = two;
  longer.push_back(0);
  EXPECT_EQ(room.cast_onions(p, {{1, one}, {2, longer}}).refused, Refusal::kMixSize);
  EXPECT_EQ(room.state(), state);
  room.goes_on();
}

// A vote after the end is a vote by somebody who may know how the others voted.
TEST(Expert, NothingIsTakenAfterTheChairHasClosed) {
  Voting room;
  for (auto const p : room.experts) {
    if (p == room.mallory()) continue;
    room.request(p);
    room.issue(p);
    room.collect(p);
    room.cast(p, Choice::kAgree);
  }
  room.close();
  auto const state = room.state();
  EXPECT_EQ(room.request(room.mallory(), room.blind(room.mallory())).refused, Refusal::kWrongPhase);
  auto const late = room.wrap(1, room.ballot(room.victim(), 1, Choice::kDisagree));
  auto const later = room.wrap(2, room.ballot(room.victim(), 2, Choice::kDisagree));
  EXPECT_EQ(room.cast_onions(room.victim(), {{1, late}, {2, later}}).refused, Refusal::kWrongPhase);
  // Nor does a trustee sign for somebody whom the server favours.
  auto const sigs = trustee::issue(room.record(), room.trustee_keys(1), 1, room.mallory(),
                                   Stage::messages(room.blind(room.mallory())));
  EXPECT_EQ(sigs.error(), Refusal::kWrongPhase);
  EXPECT_EQ(room.state(), state);
  room.issuance_closed();
  room.mix();
  room.finish();
  EXPECT_EQ(room.attempt().rows.at(1).not_cast, 1U);
}

// Somebody who did not vote must not be able to vouch for a box, or to block one.
TEST(Expert, ConfirmsByOthersOrOfOtherBoxesAreRefused) {
  Voting room;
  room.to_box({Choice::kAgree});
  auto const state = room.state();
  EXPECT_EQ(room.confirm(room.clerk).refused, Refusal::kNotOnRoll);
  meeting::Confirm body{room.attempt().open_hash, room.mallory(), room.attempt().open_hash, {{1, true}, {2, true}}};
  EXPECT_EQ(room.submit(room.mallory(), room.entry(body, {room.mallory()})).refused, Refusal::kUnknown);
  body.box = room.attempt().box_hash;
  body.rows.erase(2);
  EXPECT_EQ(room.submit(room.mallory(), room.entry(body, {room.mallory()})).refused, Refusal::kConflict);
  EXPECT_EQ(room.state(), state);
  ASSERT_TRUE(room.confirm(room.mallory()).accepted);
  EXPECT_EQ(room.confirm(room.mallory(), false).refused, Refusal::kConflict) << "a second word for the same box";
  room.finish();
}

}  // namespace
}  // namespace piaojue::attack
