// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/mixer.h"

#include <set>

#include "protocol/trustee/plan.h"
#include "trustee_fixture.h"

namespace piaojue::trustee::test {
namespace {

using meeting::EntryType;
using meeting::MixItems;

auto refused(Refusal code) { return code; }
Secret seed() { return Secret::random(crypto::onion::kSeedBytes); }

/// At the turn of hop 0.
struct Mixing : testing::Test {
  Mixing() {
    hall.advance(TrusteeFixture::Stage::kCast);
    prepare = [this] {
      hall.close();
      hall.run_all();
      items = hall.envelopes();
      keys = hall.stored_keys(0).value();
    };
  }
  using Expert = TrusteeFixture::Expert;
  std::vector<crypto::MixPublicKey> hops() const {
    std::vector<crypto::MixPublicKey> out;
    for (auto const& hop : hall.attempt().keys) out.push_back(hop.mix_key);
    return out;
  }
  /// The first expert's envelope once more, with these changes.
  void recast(std::function<void(Expert&)> edit) {
    hall.spoil(TrusteeFixture::kFirstExpert);
    hall.request(TrusteeFixture::kFirstExpert);
    hall.deliver(TrusteeFixture::kFirstExpert);
    hall.run_all();
    hall.edit_envelope = std::move(edit);
    hall.cast(TrusteeFixture::kFirstExpert);
  }
  Result<MixResult> mixed() { return mix(hall.record, keys, 0, items, {}); }

  TrusteeFixture hall;
  std::function<void()> prepare;
  MixItems items;
  AttemptKeys keys;
};

TEST_F(Mixing, EveryOnionLosesOneLayerAndNoneIsLost) {
  prepare();
  auto const result = mixed();
  ASSERT_TRUE(result) << piaojue::name(result.error());
  for (QuestionId const q : {1u, 2u}) {
    EXPECT_EQ(result->step.counts.at(q), (meeting::MixCount{5, 5}));
    ASSERT_EQ(result->items.at(q).size(), 5u);
    for (Bytes const& item : result->items.at(q)) {
      EXPECT_EQ(item.size(), items.at(q).front().size() - crypto::onion::kLayerBytes);
    }
  }
  EXPECT_EQ(result->salt.size(), 32u);
  EXPECT_EQ(result->step.output_hash,
            meeting::mix_output_hash(hall.attempt().open_hash, 0, result->salt, result->items));
}

// A hop that mixes before its turn would mix ballots that another has still to hide.
TEST_F(Mixing, HopOutOfTurnIsRefused) {
  prepare();
  EXPECT_EQ(mix(hall.record, hall.stored_keys(1).value(), 1, items, {}).error(), refused(Refusal::kWrongPhase));
  EXPECT_EQ(mix(hall.record, keys, 3, items, {}).error(), refused(Refusal::kWrongPhase));
  keys.mix_key.reset();
  EXPECT_EQ(mixed().error(), refused(Refusal::kWrongPhase));
}

// Fewer items than envelopes: the server has left somebody out. More: it has put some in.
TEST_F(Mixing, AnotherNumberOfItemsIsRefused) {
  prepare();
  MixItems const whole = items;
  items[1].pop_back();
  EXPECT_EQ(mixed().error(), refused(Refusal::kMixSize));
  items = whole;
  items[1].push_back(Bytes(items[1][0].size(), 9));
  EXPECT_EQ(mixed().error(), refused(Refusal::kMixSize));
  items = whole;
  items.erase(2);
  EXPECT_EQ(mixed().error(), refused(Refusal::kConflict));
}

// An item of its own size could be followed through every hop.
TEST_F(Mixing, ItemOfAnotherSizeIsRefused) {
  prepare();
  items[2][3].push_back(0);
  EXPECT_EQ(mixed().error(), refused(Refusal::kMixSize));
  items[2][3].resize(items[2][3].size() - 2);
  EXPECT_EQ(mixed().error(), refused(Refusal::kMixSize));
}

// Two equal inputs become two equal outputs, and show whose they were.
TEST_F(Mixing, TwoEqualInputsAreRefused) {
  prepare();
  items[1][4] = items[1][0];
  EXPECT_EQ(mixed().error(), refused(Refusal::kMixDuplicate));
}

// A loss that is not counted would be a ballot that silently disappears.
TEST_F(Mixing, OnionThatDoesNotOpenFallsOutAndIsCounted) {
  recast([](Expert& expert) {
    expert.onions[1] = Bytes(expert.onions[1].size(), 7);
    expert.onions[2][100] ^= 1;
  });
  prepare();
  auto const result = mixed();
  ASSERT_TRUE(result) << piaojue::name(result.error());
  EXPECT_EQ(result->step.counts.at(1), (meeting::MixCount{5, 4}));
  EXPECT_EQ(result->step.counts.at(2), (meeting::MixCount{5, 4}));
}

// A ballot of one question in another's box, or a layer meant for another hop: valid boxes under the right key.
TEST_F(Mixing, OnionOfAnotherQuestionFallsOut) {
  recast([&](Expert& expert) {
    Hash const& other = hall.record.ballot_context(2).ctx;
    expert.onions[1] = crypto::onion::wrap(hops(), seed(), other, expert.ballots[1]).value();
  });
  prepare();
  auto const result = mixed();
  ASSERT_TRUE(result) << piaojue::name(result.error());
  EXPECT_EQ(result->step.counts.at(1), (meeting::MixCount{5, 4}));
  EXPECT_EQ(result->step.counts.at(2), (meeting::MixCount{5, 5}));
}

TEST_F(Mixing, LayerForAnotherHopFallsOut) {
  // Opens under hop 0's key and has the right size, but its header says hop 1: the outermost layer is already gone.
  recast([&](Expert& expert) {
    crypto::MixPublicKey const key = hall.attempt().keys[0].mix_key;
    Hash const& ctx = hall.record.ballot_context(1).ctx;
    std::size_t const size = expert.onions[1].size();
    Bytes padded = expert.ballots[1];
    padded.resize(padded.size() + crypto::onion::kLayerBytes);
    Bytes const longer = crypto::onion::wrap(std::array{key, key, key}, seed(), ctx, padded).value();
    expert.onions[1] = crypto::onion::peel(hall.stored_keys(0)->mix_key.value(), 0, ctx, longer).value();
    ASSERT_EQ(expert.onions[1].size(), size);
  });
  prepare();
  auto const result = mixed();
  ASSERT_TRUE(result) << piaojue::name(result.error());
  EXPECT_EQ(result->step.counts.at(1), (meeting::MixCount{5, 4}));
}

// The server seals another's inner layer anew: two equal items behind the hop would show whose that one is.
TEST_F(Mixing, CopyOfAnInnerLayerIsKeptOnceAndCountedAsLost) {
  Bytes const victim = hall.experts.at(TrusteeFixture::kFirstExpert + 1).onions.at(1);
  recast([&](Expert& expert) {
    Hash const& ctx = hall.record.ballot_context(1).ctx;
    Bytes const inner = crypto::onion::peel(hall.stored_keys(0)->mix_key.value(), 0, ctx, victim).value();
    expert.onions[1] = crypto::onion::wrap(std::array{hops()[0]}, seed(), ctx, inner).value();
    ASSERT_NE(expert.onions[1], victim);
  });
  prepare();
  auto const result = mixed();
  ASSERT_TRUE(result) << piaojue::name(result.error());
  EXPECT_EQ(result->step.counts.at(1), (meeting::MixCount{5, 4}));
  EXPECT_EQ(result->items.at(1).size(), 4u);
  EXPECT_EQ(std::set<Bytes>(result->items.at(1).begin(), result->items.at(1).end()).size(), 4u);
  EXPECT_EQ(result->step.counts.at(2), (meeting::MixCount{5, 5}));
  hall.seats[0].trustee->on_mix_input(hall.attempt().open_hash, items, {});
  hall.run_all();
  EXPECT_EQ(hall.attempt().mixes.size(), 3u) << "the hall goes on";
}

// The hop before has put one item in twice: it is named, and not whoever refuses.
TEST_F(Mixing, EqualInputsThatTheLogSaysAreTheFaultOfTheHopBefore) {
  prepare();
  MixResult forged = mixed().value();
  forged.items[1][1] = forged.items[1][0];
  forged.step.output_hash = meeting::mix_output_hash(hall.attempt().open_hash, 0, forged.salt, forged.items);
  hall.must(hall.signed_by(forged.step, {meeting::kServer}));
  hall.seats[1].trustee->on_mix_input(hall.attempt().open_hash, forged.items, forged.salt);
  hall.run(1);
  EXPECT_EQ(hall.attempt().mixes.size(), 1u);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).refusal, Refusal::kMixDuplicate);
  EXPECT_EQ(hall.seats[1].trustee->status(hall.record).at_fault, TrusteeId{0});
}

// Whoever carries items from hop to hop could exchange them.
TEST_F(Mixing, NextHopRefusesWhatTheLoggedHashDoesNotCover) {
  prepare();
  hall.seats[0].trustee->on_mix_input(hall.attempt().open_hash, items, {});
  hall.run(0);
  ASSERT_EQ(hall.attempt().mixes.size(), 1u);
  auto const* handed = std::get_if<MixResult>(&hall.last(0, EntryType::kMixStep)->submission.payload);
  ASSERT_NE(handed, nullptr);
  AttemptKeys const next = hall.stored_keys(1).value();
  EXPECT_TRUE(mix(hall.record, next, 1, handed->items, handed->salt));

  MixItems other = handed->items;
  other[1][0][0] ^= 1;
  EXPECT_EQ(mix(hall.record, next, 1, other, handed->salt).error(), refused(Refusal::kConflict));
  Bytes salt = handed->salt;
  salt[0] ^= 1;
  EXPECT_EQ(mix(hall.record, next, 1, handed->items, salt).error(), refused(Refusal::kConflict));
  other = handed->items;
  std::swap(other[1][0], other[1][1]);
  EXPECT_EQ(mix(hall.record, next, 1, other, handed->salt).error(), refused(Refusal::kConflict));
  other = handed->items;
  other[3] = other[1];
  EXPECT_EQ(mix(hall.record, next, 1, other, handed->salt).error(), refused(Refusal::kConflict));
  other = handed->items;
  other[1].pop_back();
  EXPECT_EQ(mix(hall.record, next, 1, other, handed->salt).error(), refused(Refusal::kMixSize));
}

// An order that is likelier than others tells who cast what. 24 orders, 24000 draws, bounds of more than six standard
// deviations.
TEST(Shuffle, EveryOrderIsAsLikelyAsAnyOther) {
  piaojue::init();
  std::map<std::vector<Bytes>, int> seen;
  for (int i = 0; i < 24000; ++i) {
    std::vector<Bytes> items = {{1}, {2}, {3}, {4}};
    detail::shuffle(items);
    ++seen[items];
  }
  EXPECT_EQ(seen.size(), 24u);
  for (auto const& [order, times] : seen) {
    EXPECT_GT(times, 800);
    EXPECT_LT(times, 1200);
  }
}

TEST(Shuffle, NothingIsLostFromShortLists) {
  piaojue::init();
  std::vector<Bytes> none;
  detail::shuffle(none);
  EXPECT_TRUE(none.empty());
  std::vector<Bytes> one = {{1}};
  detail::shuffle(one);
  EXPECT_EQ(one, (std::vector<Bytes>{{1}}));
}

// One order for all questions would join a person's ballots across them: with a known vote in one, all are known.
TEST_F(Mixing, QuestionsAreShuffledIndependently) {
  prepare();
  AttemptKeys const& key = keys;
  auto const order = [&](MixResult const& result, QuestionId q) {
    std::vector<std::size_t> out;
    for (Bytes const& item : items.at(q)) {
      Bytes const inner =
          crypto::onion::peel(*key.mix_key, 0, meeting::context(hall.attempt().open_hash, q), item).value();
      out.push_back(
          static_cast<std::size_t>(std::ranges::find(result.items.at(q), inner) - result.items.at(q).begin()));
    }
    return out;
  };
  int same = 0;
  int first_unmoved = 0;
  constexpr int kRounds = 400;
  std::set<std::vector<std::size_t>> orders;
  for (int i = 0; i < kRounds; ++i) {
    auto const result = mixed();
    ASSERT_TRUE(result);
    auto const one = order(*result, 1);
    same += one == order(*result, 2) ? 1 : 0;
    first_unmoved += one[0] == 0 ? 1 : 0;
    orders.insert(one);
  }
  // Equal orders are expected in 400/120 rounds, an unmoved first item in 400/5; of 120 orders nearly all occur.
  EXPECT_LT(same, 20);
  EXPECT_GT(first_unmoved, 30);
  EXPECT_LT(first_unmoved, 140);
  EXPECT_GT(orders.size(), 90u);
}

// An envelope exchanged by the server would carry a vote that its owner did not sign.
TEST_F(Mixing, EnvelopeThatItsOwnerDidNotSignIsRefused) {
  prepare();
  std::map<PersonId, meeting::Onions> envelopes;
  for (auto const& [id, expert] : hall.experts) envelopes[id] = expert.onions;
  ASSERT_TRUE(onions_to_items(hall.record, envelopes));
  auto other = envelopes;
  other[TrusteeFixture::kFirstExpert][2][50] ^= 1;
  EXPECT_EQ(onions_to_items(hall.record, other).error(), refused(Refusal::kConflict));
  other = envelopes;
  std::swap(other[TrusteeFixture::kFirstExpert], other[TrusteeFixture::kFirstExpert + 1]);
  EXPECT_EQ(onions_to_items(hall.record, other).error(), refused(Refusal::kConflict));
  other = envelopes;
  other.erase(TrusteeFixture::kFirstExpert);
  EXPECT_EQ(onions_to_items(hall.record, other).error(), refused(Refusal::kConflict));
}

// The batch that was voted on must not hang on a question that was taken out between two hops.
TEST_F(Mixing, QuestionVoidedBetweenHopsIsLeftOutFromThereOn) {
  prepare();
  hall.seats[0].trustee->on_mix_input(hall.attempt().open_hash, items, {});
  hall.run(0);
  auto const handed = std::get<MixResult>(hall.last(0, EntryType::kMixStep)->submission.payload);
  hall.void_questions({2});
  auto const result = mix(hall.record, hall.stored_keys(1).value(), 1, handed.items, handed.salt);
  ASSERT_TRUE(result) << piaojue::name(result.error());
  EXPECT_EQ(result->step.counts.size(), 1u);
  EXPECT_EQ(result->items.size(), 1u);
  EXPECT_TRUE(hall.apply(hall.signed_by(result->step, {TrusteeFixture::kChair})));
}

// ---- The box -------------------------------------------------------------------------------------------------------

struct Boxing : testing::Test {
  Boxing() {
    hall.advance(TrusteeFixture::Stage::kMixed);
    items = std::get<MixResult>(hall.last(2, EntryType::kMixStep)->submission.payload).items;
  }
  TrusteeFixture hall;
  MixItems items;
};

TEST_F(Boxing, ValidBallotsAreSortedAndAccepted) {
  meeting::BallotBox const box = make_ballot_box(hall.record, items);
  for (QuestionId const q : {1u, 2u}) {
    EXPECT_EQ(box.boxes.at(q).ballots.size(), 5u);
    EXPECT_TRUE(std::ranges::is_sorted(box.boxes.at(q).ballots));
    EXPECT_TRUE(box.boxes.at(q).refused.empty());
  }
  EXPECT_TRUE(hall.apply(hall.signed_by(box, {meeting::kServer})));
}

// A ballot that is wrong in several ways is counted by everybody under the same reason.
TEST_F(Boxing, BallotIsCountedUnderTheFirstReason) {
  auto const code_of = [&](std::function<void(Bytes&)> const& change) {
    MixItems changed = items;
    change(changed[1][0]);
    meeting::BallotBox const box = make_ballot_box(hall.record, changed);
    EXPECT_EQ(box.boxes.at(1).refused.size(), 1u);
    return static_cast<Refusal>(box.boxes.at(1).refused.begin()->first);
  };
  std::size_t const tokens = 1 + 4 + 32 + 32;
  std::size_t const proof = items[1][0].size() - 64 - 192;
  // Every change breaks the signature too.
  EXPECT_EQ(code_of([&](Bytes& b) {
              std::fill_n(b.begin() + 5, 32, std::uint8_t{0});
              b[4] = 2;
            }),
            Refusal::kBallotEncoding)
      << "a pk_v of small order, of another question";
  EXPECT_EQ(code_of([&](Bytes& b) {
              std::fill_n(b.begin() + proof, 32, std::uint8_t{255});
              b[4] = 2;
            }),
            Refusal::kBallotEncoding);
  EXPECT_EQ(code_of([&](Bytes& b) {
              b[4] = 2;
              b[tokens + 9] ^= 1;
            }),
            Refusal::kBallotContext);
  EXPECT_EQ(code_of([&](Bytes& b) {
              b[tokens + 9] ^= 1;
              b[proof] ^= 1;
            }),
            Refusal::kBallotToken);
  EXPECT_EQ(code_of([&](Bytes& b) { b[proof] ^= 1; }), Refusal::kBallotSignature);
}

// One bad ballot must not stop the hall, and must not be left out unexplained.
TEST_F(Boxing, InvalidBallotIsLeftOutAndCountedByCode) {
  items[1][0].back() ^= 1;
  items[2][0] = items[2][1];
  items[2][2][4] = 1;  // says that it is of question 1
  meeting::BallotBox const box = make_ballot_box(hall.record, items);
  EXPECT_EQ(box.boxes.at(1).ballots.size(), 4u);
  EXPECT_EQ(box.boxes.at(1).refused.at(static_cast<std::uint32_t>(Refusal::kBallotSignature)), 1u);
  EXPECT_EQ(box.boxes.at(2).ballots.size(), 3u);
  EXPECT_EQ(box.boxes.at(2).refused.at(static_cast<std::uint32_t>(Refusal::kBallotDuplicate)), 1u);
  EXPECT_EQ(box.boxes.at(2).refused.at(static_cast<std::uint32_t>(Refusal::kBallotContext)), 1u);
  EXPECT_TRUE(hall.apply(hall.signed_by(box, {meeting::kServer})));
}

// With one token two votes could be cast, if a conspirator gives her envelope for it.
TEST_F(Boxing, SecondBallotUnderOneTokenIsRefusedAndTheBoxIsTheSameWhateverTheOrder) {
  auto const& token = hall.experts.at(TrusteeFixture::kFirstExpert).tokens.at(1);
  meeting::BallotContext const& context = hall.record.ballot_context(1);
  Bytes const second =
      meeting::make_ballot(context, token.sk_v, token.prefix, token.signatures, Choice::kDisagree).value();
  auto const other = std::ranges::find(items[1], hall.experts.at(TrusteeFixture::kFirstExpert + 1).ballots.at(1));
  ASSERT_NE(other, items[1].end());
  *other = second;
  meeting::BallotBox const box = make_ballot_box(hall.record, items);
  EXPECT_EQ(box.boxes.at(1).ballots.size(), 4u);
  EXPECT_EQ(box.boxes.at(1).refused.at(static_cast<std::uint32_t>(Refusal::kBallotDuplicate)), 1u);
  std::ranges::reverse(items[1]);
  EXPECT_EQ(make_ballot_box(hall.record, items).boxes.at(1).ballots, box.boxes.at(1).ballots);
  EXPECT_TRUE(hall.apply(hall.signed_by(box, {meeting::kServer})));
}

// A ballot that was shown to somebody counts for a vote that he knows.
TEST(BoxOfSpentKeys, SpentBallotIsLeftOutUnderItsOwnReason) {
  TrusteeFixture hall;
  hall.advance(TrusteeFixture::Stage::kCast);
  PersonId const expert = TrusteeFixture::kFirstExpert;
  Bytes const shown = hall.experts.at(expert).ballots.at(1);
  hall.spoil(expert);
  hall.request(expert);
  hall.deliver(expert);
  hall.run_all();
  hall.edit_envelope = [&](TrusteeFixture::Expert& made) {
    std::vector<crypto::MixPublicKey> hops;
    for (auto const& hop : hall.attempt().keys) hops.push_back(hop.mix_key);
    made.onions[1] = crypto::onion::wrap(hops, seed(), hall.record.ballot_context(1).ctx, shown).value();
  };
  hall.cast(expert);
  hall.close();
  hall.advance(TrusteeFixture::Stage::kConfirmed);
  auto const& refused = hall.attempt().box->boxes.at(1).refused;
  EXPECT_EQ(refused, (std::map<std::uint32_t, std::uint32_t>{{static_cast<std::uint32_t>(Refusal::kBallotSpent), 1}}));
  EXPECT_EQ(hall.attempt().box->boxes.at(1).ballots.size(), 4u);
  hall.run_all();
  EXPECT_EQ(hall.count(2, EntryType::kTallyShare), 1u) << "the last trustee comes to the same box";
}

// The state machine refuses a box with a ballot key of an earlier box: one expert could stop every batch after the
// first.
TEST(BoxOfALaterBatch, BallotUnderAKeyOfAnEarlierBoxIsLeftOut) {
  TrusteeFixture hall(Options{.batches = {1, 1}});
  hall.repeated_seed = Secret::random(32);
  hall.advance(TrusteeFixture::Stage::kConfirmed);
  hall.run_all();
  hall.declare();
  hall.run_all();
  hall.open_batch(2);
  hall.cosign();
  hall.advance(TrusteeFixture::Stage::kMixed);
  MixItems const items = std::get<MixResult>(hall.last(2, EntryType::kMixStep)->submission.payload).items;
  meeting::BallotBox const box = make_ballot_box(hall.record, items);
  EXPECT_EQ(box.boxes.at(2).ballots.size(), 4u);
  EXPECT_EQ(box.boxes.at(2).refused.at(static_cast<std::uint32_t>(Refusal::kBallotDuplicate)), 1u);
  EXPECT_TRUE(hall.apply(hall.signed_by(box, {meeting::kServer})));
}

}  // namespace
}  // namespace piaojue::trustee::test
