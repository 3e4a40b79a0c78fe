// SPDX-License-Identifier: Apache-2.0
/// A corrupt server: it holds a trustee's keys, every connection, the checkpoint key, and says to each laptop what it
/// likes. What it writes into the log is judged by the same state machine on every laptop.
#include "server/wire.h"
#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;

struct Boxed : Stage {
  explicit Boxed(Plan plan = {}) : Stage(std::move(plan)) {
    open_meeting();
    sign_in_all();
    open_batch(1);
  }
  /// As the server would do it, with the log at the last hop.
  meeting::Record before_box() {
    vote_all({Choice::kAgree, Choice::kDisagree});
    close();
    issuance_closed();
    hold_jobs = true;
    auto const input = mix_input(1);
    auto const result = trustee::mix(record(), trustee_keys(1), 1, input.before.items, input.before.salt).value();
    EXPECT_TRUE(submit_mix(1, result).accepted);
    last_items = result.items;
    return record();
  }
  meeting::MixItems last_items;
  void goes_on() {
    hold_jobs = false;
    settle();
    ASSERT_EQ(attempt().phase, BatchPhase::kConfirming);
    cosign();
    finish();
  }
};

// Envelopes left out, exchanged or added before the first hop.
TEST(Server, HopZeroTakesExactlyTheSignedEnvelopes) {
  Boxed room;
  room.vote_all({Choice::kAgree});
  // The payloads as they lie in the store; every honest hop 0 builds its input from them and the signed digests.
  std::map<PersonId, meeting::Onions> envelopes;
  room.hold_jobs = true;
  room.close();
  room.issuance_closed();
  meeting::Record record = room.record();
  meeting::IssuanceClosed own{room.attempt().open_hash, 0, {{1, 5}, {2, 5}}};
  ASSERT_TRUE(record.apply(room.entry(own, {meeting::kServer})));
  auto const contents = room.store.contents();
  for (auto const& [key, raw] : contents[store::Table::kEnvelope]) {
    PersonId const p = static_cast<PersonId>(key[32]) << 24 | static_cast<PersonId>(key[33]) << 16 |
                       static_cast<PersonId>(key[34]) << 8 | key[35];
    envelopes[p] = meeting::parse_envelope_payload(raw).value();
  }
  ASSERT_EQ(envelopes.size(), room.experts.size());
  ASSERT_TRUE(trustee::onions_to_items(record, envelopes)) << "the positive control";
  auto const refusal = [&](std::map<PersonId, meeting::Onions> const& changed) {
    auto const items = trustee::onions_to_items(record, changed);
    return items ? std::optional<Refusal>() : items.error();
  };
  auto changed = envelopes;
  changed.erase(room.experts[0]);
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "dropped";
  changed = envelopes;
  std::swap(changed[room.experts[0]], changed[room.experts[1]]);
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "swapped";
  changed = envelopes;
  changed[room.experts[0]][1] = changed[room.experts[1]][1];
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "exchanged";
  // An added one is not even looked at: it is not in BatchClose.
  changed = envelopes;
  changed[room.clerk] = changed[room.experts[0]];
  ASSERT_FALSE(refusal(changed));
  EXPECT_EQ(trustee::onions_to_items(record, changed)->at(1).size(), room.experts.size());

  // A server that does not use that function must still give the number that is logged.
  for (int const off : {-1, 1}) {
    meeting::MixStep step{room.attempt().open_hash, 0, {}, {}};
    for (QuestionId q : {1U, 2U}) {
      auto const n = static_cast<std::uint32_t>(static_cast<int>(room.experts.size()) + off);
      step.counts[q] = {n, n};
    }
    auto copy = record;
    EXPECT_EQ(copy.apply(room.entry(step, {meeting::kServer})).error(), Refusal::kMixSize);
  }
  room.hold_jobs = false;
  room.settle();
  room.mix();
  room.finish();
}

// What a server could put into a BallotBox instead of what came out of the mix.
TEST(Server, BoxesOfAnotherFormAreRefusedByEverybody) {
  Boxed room;
  auto const record = room.before_box();
  auto const good = trustee::make_ballot_box(record, room.last_items);
  auto const refusal = [&](meeting::BallotBox const& box) {
    meeting::Record laptop = record;
    auto const taken = laptop.apply(room.entry(box, {meeting::kServer}));
    return taken ? std::optional<Refusal>() : taken.error();
  };
  ASSERT_FALSE(refusal(good)) << "the positive control";
  auto box = good;
  std::swap(box.boxes.at(1).ballots[0], box.boxes.at(1).ballots[1]);
  EXPECT_EQ(refusal(box), Refusal::kBallotEncoding) << "an order that could tell who voted when";
  box = good;
  box.boxes.at(1).ballots[0] = box.boxes.at(1).ballots[1];
  EXPECT_TRUE(refusal(box)) << "one twice";
  box = good;
  box.boxes.at(1).ballots.pop_back();
  EXPECT_EQ(refusal(box), Refusal::kGateCount) << "one dropped without a word";
  box = good;
  auto extra = box.boxes.at(1).ballots.back();
  extra[20] ^= 1;  // another pk_v
  box.boxes.at(1).ballots.push_back(extra);
  std::ranges::sort(box.boxes.at(1).ballots);
  EXPECT_TRUE(refusal(box)) << "one added";
  box = good;
  box.boxes.at(1).ballots[0] = box.boxes.at(2).ballots[0];
  std::ranges::sort(box.boxes.at(1).ballots);
  EXPECT_EQ(refusal(box), Refusal::kBallotContext);
  box = good;
  box.boxes.at(1).ballots[0].push_back(0);
  std::ranges::sort(box.boxes.at(1).ballots);
  EXPECT_EQ(refusal(box), Refusal::kBallotEncoding);
  box = good;
  box.boxes.erase(2);
  EXPECT_TRUE(refusal(box));
  box = good;
  box.boxes.at(1).ballots.pop_back();
  box.boxes.at(1).refused[static_cast<std::uint32_t>(Refusal::kBusy)] = 1;
  EXPECT_EQ(refusal(box), Refusal::kOutOfRange) << "a loss under a name that is none";
  // Nobody but the server says what the box is, and there is one.
  auto laptop = record;
  EXPECT_EQ(laptop.apply(room.entry(good, {room.chair})).error(), Refusal::kNotAuthorised);
  room.goes_on();
  EXPECT_EQ(room.everybody(room.entry(good, {meeting::kServer})).error(), Refusal::kWrongPhase);
}

// A ballot that the server calls invalid: the box has the right form, and the owner misses hers before anything is
// opened.
TEST(Server, ADroppedBallotIsFoundByItsOwnerBeforeTheOpening) {
  Boxed room;
  auto record = room.before_box();
  auto box = trustee::make_ballot_box(record, room.last_items);
  auto const dropped = box.boxes.at(1).ballots.back();
  box.boxes.at(1).ballots.pop_back();
  box.boxes.at(1).refused[static_cast<std::uint32_t>(Refusal::kBallotSignature)] = 1;
  ASSERT_TRUE(record.apply(room.entry(box, {meeting::kServer})));
  std::size_t missing = 0;
  for (auto const p : room.experts) {
    bool const found = std::ranges::binary_search(record.attempt()->box->boxes.at(1).ballots, room.ballots.at(p).at(1));
    missing += found ? 0 : 1;
    meeting::Confirm body{record.attempt()->open_hash, p, record.attempt()->box_hash, {{1, found}, {2, true}}};
    ASSERT_TRUE(record.apply(room.entry(body, {p})));
  }
  EXPECT_EQ(missing, 1U);
  meeting::Witnesses witnesses;
  for (auto const p : record.witnesses()) {
    ASSERT_TRUE(witnesses.add(record, log::cosign({room.manifest().origin(), record.size(), record.tree().root()}, p, 1,
                                                  *room.people.at(p).witness)));
  }
  EXPECT_EQ(trustee::gate(record, witnesses).error(), Refusal::kGateMissing);
  auto const share = trustee::make_share(record, room.trustee_keys(1), 1);
  ASSERT_TRUE(share) << "from a changed program";
  EXPECT_EQ(record.apply(room.entry(*share, {room.trustee_person(1)})).error(), Refusal::kGateMissing);
  room.goes_on();
}

// Two rooms: each half sees its own log. Nobody's tokens or shares before two thirds have signed one and the same root.
TEST(Server, NothingRestsOnALogThatTooFewHaveCosigned) {
  Plan plan;
  plan.trustees = 2;
  Stage room(plan);
  room.open_meeting();
  room.sign_in_all();
  room.publish_keys(1);
  room.must(room.record().draft_batch_open(1, false).value(), {room.chair});
  auto const n = room.record().witnesses().size();
  auto const needed = 2 * n / 3 + 1;
  log::Checkpoint const checkpoint{room.manifest().origin(), room.record().size(), room.record().tree().root()};
  meeting::Witnesses witnesses;
  auto const& attempt = room.attempt();
  std::size_t signed_by = 0;
  for (auto const p : room.record().witnesses()) {
    EXPECT_EQ(witnesses.enough(attempt.open_index, attempt.open_witnesses), signed_by >= needed);
    auto const cosignature = log::cosign(checkpoint, p, 1, *room.people.at(p).witness);
    ASSERT_TRUE(witnesses.add(room.record(), cosignature));
    ASSERT_TRUE(witnesses.add(room.record(), cosignature)) << "one person signing twice is one";
    ++signed_by;
  }
  // A root that is not one's own is a fork, and said so; signatures under other keys are nobody's.
  auto other = checkpoint;
  other.root.data[0] ^= 1;
  meeting::Witnesses mine;
  EXPECT_EQ(mine.add(room.record(), log::cosign(other, room.chair, 1, *room.people.at(room.chair).witness)).error(),
            Refusal::kLogInconsistent);
  EXPECT_EQ(mine.add(room.record(), log::cosign(checkpoint, room.chair, 1, room.server_key)).error(),
            Refusal::kBadSignature);
  EXPECT_EQ(mine.add(room.record(), log::cosign(checkpoint, 300, 1, room.server_key)).error(), Refusal::kNotOnRoll);
  auto older = log::Checkpoint{room.manifest().origin(), room.record().size() - 1,
                               room.record().tree().root(room.record().size() - 1)};
  ASSERT_TRUE(mine.add(room.record(), log::cosign(older, room.chair, 1, *room.people.at(room.chair).witness)));
  EXPECT_EQ(mine.count(attempt.open_index, attempt.open_witnesses), 0U) << "of a tree without the entry";

  // Trustee 0's real program: a request is in the log, and no token comes before the opening is witnessed.
  auto const expert = room.experts[0];
  room.request(expert);
  room.settle();
  EXPECT_FALSE(room.attempt().issued.contains(expert));
  room.cosign();
  room.settle();
  EXPECT_TRUE(room.attempt().issued.contains(expert));
  room.issue(expert);
  room.collect(expert);
  room.vote_all({Choice::kAgree});
  room.close();
  room.issuance_closed();
  auto const input = room.mix_input(1);
  ASSERT_TRUE(
      room.submit_mix(
              1, trustee::mix(room.record(), room.trustee_keys(1), 1, input.before.items, input.before.salt).value())
          .accepted);
  room.settle();
  ASSERT_EQ(room.attempt().phase, BatchPhase::kConfirming);
  // All have confirmed, but the box's checkpoint is not cosigned: no share.
  room.confirm_all();
  room.settle();
  EXPECT_EQ(trustee::gate(room.record(), room.core->witnesses()).error(), Refusal::kLogSplit);
  EXPECT_TRUE(room.attempt().shares.empty());
  room.cosign();
  room.settle();
  EXPECT_EQ(room.attempt().shares.size(), 1U);
  room.share_all();
  room.declare();
}

// The server's key signs what the server may say, and nothing else.
TEST(Server, ItSignsForNobodyElse) {
  Boxed room;
  auto const refused = [&](meeting::Body const& body) {
    auto const taken = room.everybody(room.entry(body, {meeting::kServer}));
    return taken ? std::optional<Refusal>() : taken.error();
  };
  auto const& open = room.attempt().open_hash;
  EXPECT_EQ(refused(meeting::SignOut{room.record().meeting(), room.experts[0], 1, ""}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::Recuse{room.record().meeting(), room.experts[0], 1, "亲属"}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::TokenRequest{open, room.experts[0], open}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::BatchClose{open, {}}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::Void{open, {}, "理由", false}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::TokensIssued{open, 1, room.experts[0], open}), Refusal::kNotAuthorised);
  meeting::KeyChange change{room.record().meeting(),
                            room.experts[0],
                            crypto::SigningKey::generate().public_key(),
                            crypto::SigningKey::generate().public_key(),
                            {},
                            "换机"};
  EXPECT_EQ(refused(change), Refusal::kNotAuthorised);
  room.to_box({Choice::kAgree});
  room.finish();
  // Another manifest for whoever comes later is another meeting.
  EXPECT_EQ(refused(room.manifest()), Refusal::kWrongPhase);
}

}  // namespace
}  // namespace piaojue::attack
