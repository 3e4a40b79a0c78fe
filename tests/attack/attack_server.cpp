// SPDX-License-Identifier: Apache-2.0
/// A corrupt server: it holds a trustee's keys, every connection, the checkpoint key, and says to each laptop what it
/// likes. What it writes into the log is judged by the same state machine on every laptop.
#include "attack_fixture.h"
#include "server/wire.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::ConfirmVerdict;

struct Boxed : AttackFixture {
  explicit Boxed(Plan plan = {}) : AttackFixture(std::move(plan)) {
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
  Boxed hall;
  hall.vote_all({Choice::kAgree});
  // The payloads as they lie in the store; every honest hop 0 builds its input from them and the signed digests.
  std::map<PersonId, meeting::Onions> envelopes;
  hall.hold_jobs = true;
  hall.close();
  hall.issuance_closed();
  meeting::Record record = hall.record();
  meeting::IssuanceClosed own{hall.attempt().open_hash, 0, {{1, 5}, {2, 5}}};
  ASSERT_TRUE(record.apply(hall.entry(own, {meeting::kServer})));
  auto const contents = hall.store.contents();
  auto const key = hall.attempt_key({1, 1});
  for (auto const& [row, sealed] : contents[store::Table::kEnvelope]) {
    PersonId const p = static_cast<PersonId>(row[32]) << 24 | static_cast<PersonId>(row[33]) << 16 |
                       static_cast<PersonId>(row[34]) << 8 | row[35];
    auto const raw = crypto::unseal(key, sealed, row).value();
    envelopes[p] = meeting::parse_envelope_payload(raw.view()).value();
  }
  ASSERT_EQ(envelopes.size(), hall.experts.size());
  ASSERT_TRUE(trustee::onions_to_items(record, envelopes)) << "the positive control";
  auto const refusal = [&](std::map<PersonId, meeting::Onions> const& changed) {
    auto const items = trustee::onions_to_items(record, changed);
    return items ? std::optional<Refusal>() : items.error();
  };
  auto changed = envelopes;
  changed.erase(hall.experts[0]);
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "dropped";
  changed = envelopes;
  std::swap(changed[hall.experts[0]], changed[hall.experts[1]]);
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "swapped";
  changed = envelopes;
  changed[hall.experts[0]][1] = changed[hall.experts[1]][1];
  EXPECT_EQ(refusal(changed), Refusal::kConflict) << "exchanged";
  // An added one is not even looked at: it is not in BatchClose.
  changed = envelopes;
  changed[hall.clerk] = changed[hall.experts[0]];
  ASSERT_FALSE(refusal(changed));
  EXPECT_EQ(trustee::onions_to_items(record, changed)->at(1).size(), hall.experts.size());

  // A server that does not use that function must still give the number that is logged.
  for (int const off : {-1, 1}) {
    meeting::MixStep step{hall.attempt().open_hash, 0, {}, {}};
    for (QuestionId q : {1U, 2U}) {
      auto const n = static_cast<std::uint32_t>(static_cast<int>(hall.experts.size()) + off);
      step.counts[q] = {n, n};
    }
    auto copy = record;
    EXPECT_EQ(copy.apply(hall.entry(step, {meeting::kServer})).error(), Refusal::kMixSize);
  }
  hall.hold_jobs = false;
  hall.settle();
  hall.mix();
  hall.finish();
}

// What a server could put into a BallotBox instead of what came out of the mix.
TEST(Server, BoxesOfAnotherFormAreRefusedByEverybody) {
  Boxed hall;
  auto const record = hall.before_box();
  auto const good = trustee::make_ballot_box(record, hall.last_items);
  auto const refusal = [&](meeting::BallotBox const& box) {
    meeting::Record laptop = record;
    auto const taken = laptop.apply(hall.entry(box, {meeting::kServer}));
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
  EXPECT_EQ(laptop.apply(hall.entry(good, {hall.chair})).error(), Refusal::kNotAuthorised);
  hall.goes_on();
  EXPECT_EQ(hall.everybody(hall.entry(good, {meeting::kServer})).error(), Refusal::kWrongPhase);
}

// A ballot that the server calls invalid: the box has the right form, and the owner misses hers before anything is
// opened.
TEST(Server, ADroppedBallotIsFoundByItsOwnerBeforeTheOpening) {
  Boxed hall;
  auto record = hall.before_box();
  auto box = trustee::make_ballot_box(record, hall.last_items);
  auto const dropped = box.boxes.at(1).ballots.back();
  box.boxes.at(1).ballots.pop_back();
  box.boxes.at(1).refused[static_cast<std::uint32_t>(Refusal::kBallotSignature)] = 1;
  ASSERT_TRUE(record.apply(hall.entry(box, {meeting::kServer})));
  std::size_t missing = 0;
  for (auto const p : hall.experts) {
    bool const found = std::ranges::binary_search(record.attempt()->box->boxes.at(1).ballots, hall.ballots.at(p).at(1));
    missing += found ? 0 : 1;
    meeting::Confirm body{record.attempt()->open_hash, p, record.attempt()->box_hash, {}};
    body.rows = {{1, found ? ConfirmVerdict::kOk : ConfirmVerdict::kMissing}, {2, ConfirmVerdict::kOk}};
    ASSERT_TRUE(record.apply(hall.entry(body, {p})));
  }
  EXPECT_EQ(missing, 1U);
  EXPECT_EQ(trustee::gate(record, hall.all_cosigned(record)).error(), Refusal::kGateMissing);
  // From changed programs: the server's, whose turn it is, and the other one's.
  auto const server_keys = hall.server_keys(hall.store.contents(), {1, 1});
  for (TrusteeId const t : {0U, 1U}) {
    auto const share = trustee::make_share(record, t == 0 ? server_keys : hall.trustee_keys(t), t);
    ASSERT_TRUE(share);
    auto const signer = t == 0 ? meeting::kServer : hall.trustee_person(t);
    EXPECT_EQ(record.apply(hall.entry(*share, {signer})).error(),
              t == 0 ? Refusal::kGateMissing : Refusal::kWrongPhase);
  }
  hall.goes_on();
}

// Two halls: each half sees its own log. Nobody's tokens or shares before two thirds of all, and of the experts among
// them, have signed one and the same root.
TEST(Server, NothingRestsOnALogThatTooFewHaveCosigned) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in_all();
  hall.publish_keys(1);
  hall.must(hall.draft_open(1), hall.office());
  auto const& attempt = hall.attempt();
  auto const in = hall.record().signed_in();
  meeting::Witnesses witnesses;
  std::size_t all = 0, experts = 0;
  for (auto const p : in) {
    EXPECT_EQ(witnesses.witnessed(attempt, attempt.open_index),
              all >= 2 * in.size() / 3 + 1 && experts >= 2 * 5 / 3 + 1);
    auto const cosignature = hall.cosignature_of(p);
    ASSERT_TRUE(witnesses.add(hall.record(), cosignature));
    ASSERT_TRUE(witnesses.add(hall.record(), cosignature)) << "one person signing twice is one";
    ++all;
    experts += hall.record().has_role(p, meeting::kExpert) ? 1 : 0;
  }
  // Officers alone are never enough, however many they are.
  meeting::Witnesses officers;
  for (auto const p : {hall.chair, hall.clerk, hall.supervisor(), hall.experts[0], hall.experts[1], hall.experts[2]}) {
    ASSERT_TRUE(officers.add(hall.record(), hall.cosignature_of(p)));
  }
  auto const standing = officers.of(attempt, attempt.open_index);
  EXPECT_GE(standing.have, standing.needed) << "two thirds of all";
  EXPECT_FALSE(standing.witnessed());
  // A root that is not one's own is a fork, and said so; signatures under other keys are nobody's.
  log::Checkpoint const checkpoint{hall.manifest().origin(), hall.record().size(), hall.record().tree().root()};
  auto other = checkpoint;
  other.root.data[0] ^= 1;
  meeting::Witnesses mine;
  EXPECT_EQ(mine.add(hall.record(), log::cosign(other, hall.chair, 1, *hall.people.at(hall.chair).witness)).error(),
            Refusal::kLogInconsistent);
  EXPECT_EQ(mine.add(hall.record(), log::cosign(checkpoint, hall.chair, 1, hall.server_key)).error(),
            Refusal::kBadSignature);
  EXPECT_EQ(mine.add(hall.record(), log::cosign(checkpoint, 300, 1, hall.server_key)).error(), Refusal::kNotOnRoll);
  auto older = log::Checkpoint{hall.manifest().origin(), hall.record().size() - 1,
                               hall.record().tree().root(hall.record().size() - 1)};
  ASSERT_TRUE(mine.add(hall.record(), log::cosign(older, hall.chair, 1, *hall.people.at(hall.chair).witness)));
  EXPECT_EQ(mine.of(attempt, attempt.open_index).have, 0U) << "of a tree without the entry";
}

// Trustee 0's real program, and the order of the shares.
TEST(Server, NoTokenAndNoShareBeforeTheHallHasCosigned) {
  AttackFixture hall;
  hall.open_meeting();
  hall.sign_in_all();
  hall.publish_keys(1);
  hall.must(hall.draft_open(1), hall.office());
  // A request is in the log, and no token comes before the opening is witnessed.
  auto const expert = hall.experts[0];
  hall.request(expert);
  hall.settle();
  EXPECT_TRUE(hall.attempt().voter(expert)->issued.empty());
  hall.cosign();
  hall.settle();
  EXPECT_TRUE(hall.attempt().voter(expert)->issued.contains(0));
  hall.issue(expert);
  hall.collect(expert);
  hall.vote_all({Choice::kAgree});
  hall.close();
  hall.issuance_closed();
  auto const input = hall.mix_input(1);
  ASSERT_TRUE(
      hall.submit_mix(
              1, trustee::mix(hall.record(), hall.trustee_keys(1), 1, input.before.items, input.before.salt).value())
          .accepted);
  hall.settle();
  ASSERT_EQ(hall.attempt().phase, BatchPhase::kConfirming);
  // All have confirmed, but the box's checkpoint is not cosigned: no share.
  hall.confirm_all();
  hall.settle();
  EXPECT_EQ(trustee::gate(hall.record(), hall.core->witnesses()).error(), Refusal::kLogSplit);
  EXPECT_TRUE(hall.attempt().shares.empty());
  hall.cosign();
  hall.settle();
  EXPECT_EQ(hall.attempt().shares.size(), 1U);
  // And the next one waits until the first is witnessed: else the sums could be read and the vote be held again.
  EXPECT_EQ(trustee::is_turn_to_share(hall.record(), hall.core->witnesses(), 1).error(), Refusal::kLogSplit);
  hall.cosign();
  EXPECT_TRUE(trustee::is_turn_to_share(hall.record(), hall.core->witnesses(), 1));
  hall.share_all();
  hall.declare();
}

// The server's key signs what the server may say, and nothing else.
TEST(Server, ItSignsForNobodyElse) {
  Boxed hall;
  auto const refused = [&](meeting::Body const& body) {
    auto const taken = hall.everybody(hall.entry(body, {meeting::kServer}));
    return taken ? std::optional<Refusal>() : taken.error();
  };
  auto const& open = hall.attempt().open_hash;
  meeting::SignOut out{hall.record().meeting(), hall.experts[0], 1, "", {}, false, 0, {}};
  out.size = hall.record().size();
  out.root = hall.record().tree().root();
  EXPECT_EQ(refused(out), Refusal::kNotAuthorised);
  out = {hall.record().meeting(), hall.experts[0], 1, "离席", {}, false, 0, {}};
  EXPECT_EQ(refused(out), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::Recuse{hall.record().meeting(), hall.experts[0], 1, "亲属"}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::TokenRequest{open, hall.experts[0], 0, open}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(hall.record().draft_batch_close().value()), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::Void{open, {}, "理由"}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::TokensIssued{open, 1, hall.experts[0], 0, open}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::EnvelopeSpoil{open, hall.experts[0], 0, {}, 0}), Refusal::kNotAuthorised);
  EXPECT_EQ(refused(meeting::TrusteeChange{hall.record().meeting(), 1, hall.clerk, "换人"}), Refusal::kNotAuthorised);
  meeting::KeyChange change{hall.record().meeting(),
                            hall.experts[0],
                            crypto::SigningKey::generate().public_key(),
                            crypto::SigningKey::generate().public_key(),
                            crypto::BoxKey::generate().public_key(),
                            {},
                            "换机"};
  EXPECT_EQ(refused(change), Refusal::kNotAuthorised);
  hall.to_box({Choice::kAgree});
  hall.finish();
  // Another manifest for whoever comes later is another meeting.
  EXPECT_EQ(refused(hall.manifest()), Refusal::kWrongPhase);
}

}  // namespace
}  // namespace piaojue::attack
