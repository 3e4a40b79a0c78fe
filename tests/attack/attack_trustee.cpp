// SPDX-License-Identifier: Apache-2.0
/// A corrupt trustee, or all of them but one: withholds or mints tokens, drops, doubles or swaps what passes through
/// its hands, asks another for more than one mix, looks too early.
#include <sodium.h>

#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::ConfirmVerdict;

/// Server (0), chair (1), supervisor (2): hop 1 is the corrupt one in most attacks.
struct Mixing : AttackFixture {
  explicit Mixing(std::uint32_t trustees = 3) : AttackFixture(plan(trustees)) {
    open_meeting();
    sign_in_all();
    open_batch(1);
  }
  static Plan plan(std::uint32_t trustees) {
    Plan out;
    out.trustees = trustees;
    return out;
  }
  /// Everything until the server's own hop is done.
  void to_hop1() {
    vote_all({Choice::kAgree});
    close();
    issuance_closed();
    settle();
    ASSERT_EQ(attempt().mixes.size(), 1U);
  }
  trustee::MixResult honest(TrusteeId t) {
    auto const input = mix_input(t);
    return trustee::mix(record(), trustee_keys(t), t, input.before.items, input.before.salt).value();
  }
  /// Makes step and hash fit the items, as a changed program would.
  void resign(trustee::MixResult& result) {
    for (auto& [q, items] : result.items) result.step.counts.at(q).out = static_cast<std::uint32_t>(items.size());
    result.step.output_hash =
        meeting::mix_output_hash(attempt().open_hash, result.step.trustee, result.salt, result.items);
  }
  /// The hall votes again after the chair has voided, and decides.
  void again() {
    must(meeting::Void{attempt().open_hash, {}, "有票未入箱，重新投票"}, office());
    erase();
    open_batch(1);
    to_box({Choice::kAgree});
    finish();
    for (auto const& [q, row] : attempt().rows) EXPECT_EQ(row.agree, experts.size());
  }
  /// Everybody says what he finds. @return how many miss a ballot.
  std::size_t all_confirm() {
    std::size_t missing = 0;
    for (auto const p : experts) {
      auto const body = make_confirm(p);
      for (auto const& [q, verdict] : body.rows) missing += verdict == ConfirmVerdict::kMissing ? 1 : 0;
      EXPECT_TRUE(submit(p, entry(body, {p})).accepted) << p;
    }
    return missing;
  }
  /// No share is given: not by trustee 0's program, not by an honest one's, and one that a changed program of the
  /// server gives is refused by every laptop.
  void nothing_is_opened(Refusal why) {
    auto const before = this->state();
    settle();
    EXPECT_TRUE(attempt().shares.empty());
    EXPECT_EQ(trustee::gate(record(), core->witnesses()).error(), why);
    auto const of = meeting::HalfOf{attempt().open.batch, attempt().open.attempt};
    auto const first = trustee::make_share(record(), server_keys(store.contents(), of), 0).value();
    EXPECT_EQ(everybody(entry(first, {meeting::kServer})).error(), why);
    EXPECT_EQ(this->state(), before);
  }
};

// One trustee alone must not be able to keep a person out silently, nor let her vote count with fewer signatures.
TEST(Trustee, WithoutEverySignatureThereIsNoEnvelopeAndEverybodySeesWhy) {
  Mixing hall;
  auto const expert = hall.experts[0];
  hall.request(expert);
  auto const msgs = AttackFixture::messages(hall.tokens.at(expert));
  // Trustee 2 stays silent; 0 and 1 have signed.
  auto const sigs = trustee::issue(hall.record(), hall.trustee_keys(1), 1, expert, msgs).value();
  auto const& open = hall.attempt().open_hash;
  hall.must(meeting::TokensIssued{open, 1, expert, 0, meeting::tokens_issued_digest(open, 1, expert, 0, sigs)},
            {hall.trustee_person(1)}, meeting::encode_issued_payload(sigs));
  EXPECT_EQ(hall.attempt().voter(expert)->issued, (std::set<TrusteeId>{0, 1})) << "the log says who is missing";
  auto const before = hall.state();
  meeting::Onions onions;
  for (QuestionId q : {1U, 2U}) onions[q] = Bytes(hall.attempt().shape.bytes() + 3 * 84, static_cast<std::uint8_t>(q));
  EXPECT_EQ(hall.cast_onions(expert, onions).refused, Refusal::kWrongPhase);
  // A TokensIssued in the silent one's name.
  meeting::TokensIssued const forged{open, 2, expert, 0, meeting::tokens_issued_digest(open, 2, expert, 0, sigs)};
  EXPECT_EQ(hall.everybody(hall.entry(forged, {hall.trustee_person(1)})).error(), Refusal::kNotAuthorised);
  EXPECT_EQ(hall.state(), before);
  // When it signs after all, she votes like everybody else.
  auto const late = trustee::issue(hall.record(), hall.trustee_keys(2), 2, expert, msgs).value();
  hall.must(meeting::TokensIssued{open, 2, expert, 0, meeting::tokens_issued_digest(open, 2, expert, 0, late)},
            {hall.trustee_person(2)}, meeting::encode_issued_payload(late));
  hall.collect(expert);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// A blind signature that is none marks the ballot that it is finalized into: it must never be used, and it can be
// shown.
TEST(Trustee, AFalseBlindSignatureIsRefusedByTheExpertAndProvesItself) {
  Mixing hall;
  auto const expert = hall.experts[0];
  hall.request(expert);
  auto const& token = hall.tokens.at(expert).at(1);
  auto const& key = hall.record().ballot_context(1).token_keys[1];
  auto const msgs = AttackFixture::messages(hall.tokens.at(expert));
  auto sigs = trustee::issue(hall.record(), hall.trustee_keys(1), 1, expert, msgs).value();
  sigs.at(1) = flipped(sigs.at(1), 200);
  auto const prepared = crypto::blind_rsa::prepare(
      token.prefix.view(), meeting::token_message(hall.record().ballot_context(1).ctx, token.sk_v.public_key()));
  auto const sig = crypto::blind_rsa::finalize(key, crypto::blind_rsa::Variant::kPssRandomized, prepared, sigs.at(1),
                                               token.blindings[1].inv);
  EXPECT_EQ(sig.error(), Refusal::kFinalizeFailed);
  EXPECT_FALSE(crypto::blind_rsa::raw_public_matches(key, msgs.at(1)[1], sigs.at(1))) << "anybody can check (z, s)";
  EXPECT_TRUE(
      crypto::blind_rsa::raw_public_matches(key, msgs.at(2)[1], sigs.at(2)) ==
      crypto::blind_rsa::raw_public_matches(hall.record().ballot_context(2).token_keys[1], msgs.at(1)[1], sigs.at(1)))
      << "a key of another question proves nothing either way";
}

// All trustees but one together put in a ballot of their own for one that they drop.
TEST(Trustee, AMintedBallotLacksTheHonestTrusteesSignature) {
  Mixing hall;  // 0 and 2 are corrupt, 1 is honest
  hall.to_hop1();
  ASSERT_TRUE(hall.submit_mix(1, hall.honest(1)).accepted);
  auto result = hall.honest(2);
  // They sign a token of their own with their keys (kept, against the rules) and take one of the honest trustee's
  // signatures from another ballot.
  auto const stolen = meeting::parse_ballot(hall.attempt().shape, result.items.at(1)[1]).value();
  std::vector<Bytes> tokens;
  for (auto const& token : stolen.tokens) tokens.push_back(to_bytes(token));
  auto const own = crypto::SigningKey::generate();
  auto const minted =
      meeting::make_ballot(hall.record().ballot_context(1), own, stolen.prefix, tokens, Choice::kDisagree).value();
  auto const dropped = result.items.at(1)[0];
  result.items.at(1)[0] = minted;
  hall.resign(result);
  ASSERT_TRUE(hall.submit_mix(2, result).accepted) << "nobody can look into a mix";
  hall.settle();
  ASSERT_EQ(hall.attempt().phase, BatchPhase::kConfirming);
  hall.cosign();
  auto const& box = hall.attempt().box->boxes.at(1);
  EXPECT_EQ(box.refused,
            (std::map<std::uint32_t, std::uint32_t>{{static_cast<std::uint32_t>(Refusal::kBallotToken), 1}}));
  EXPECT_FALSE(std::ranges::binary_search(box.ballots, minted));
  // The one whose ballot is gone finds out before anything is opened.
  PersonId victim = 0;
  for (auto const p : hall.experts) {
    if (!hall.finds(p, 1)) victim = p;
    if (p == victim) continue;
    ASSERT_TRUE(hall.confirm(p).accepted) << p;
  }
  ASSERT_NE(victim, 0U);
  EXPECT_EQ(hall.ballots.at(victim).at(1), dropped);
  ASSERT_TRUE(hall.confirm(victim).accepted);
  for (TrusteeId const t : {1U, 2U}) EXPECT_EQ(hall.share(t).refused, Refusal::kWrongPhase) << "trustee 0 is first";
  hall.nothing_is_opened(Refusal::kGateMissing);
  hall.again();
}

// The tokens of the others do not make up for one: a ballot that the honest trustee never signed is refused by
// everybody, also when a corrupt server puts it into the box itself.
TEST(Trustee, ABoxWithAMintedBallotStopsEveryShare) {
  Mixing hall(2);
  hall.hold_jobs = false;
  hall.vote_all({Choice::kAgree});
  hall.close();
  hall.issuance_closed();
  // Trustee 1 is the corrupt last hop and knows the ballots; the server, corrupt too, builds the box.
  auto const result = hall.honest(1);
  hall.hold_jobs = true;
  ASSERT_TRUE(hall.submit_mix(1, result).accepted);
  auto const& context = hall.record().ballot_context(1);
  auto items = result.items;
  auto const sample = meeting::parse_ballot(hall.attempt().shape, items.at(1)[0]).value();
  auto const own = crypto::SigningKey::generate();
  std::vector<Bytes> const tokens = {to_bytes(sample.tokens[0]), to_bytes(sample.tokens[1])};
  items.at(1)[0] = meeting::make_ballot(context, own, sample.prefix, tokens, Choice::kDisagree).value();
  meeting::BallotBox box{hall.attempt().open_hash, {}};
  for (auto& [q, list] : items) {
    std::ranges::sort(list);
    box.boxes[q].ballots = list;
  }
  meeting::Record laptop = hall.record();
  ASSERT_TRUE(laptop.apply(hall.entry(box, {meeting::kServer}))) << "its form is right";
  auto const refusal = meeting::check_box(laptop);
  ASSERT_TRUE(refusal) << "every client refuses to confirm this box";
  EXPECT_EQ(refusal->code, Refusal::kBallotToken);
  // A trustee too, even if all experts had confirmed.
  for (auto const p : hall.experts) {
    meeting::Confirm body{laptop.attempt()->open_hash, p, laptop.attempt()->box_hash, {}};
    body.rows = {{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kOk}};
    ASSERT_TRUE(laptop.apply(hall.entry(body, {p})));
  }
  EXPECT_EQ(trustee::gate(laptop, hall.all_cosigned(laptop)).error(), Refusal::kBallotToken);
  hall.hold_jobs = false;
  hall.settle();
  hall.cosign();
  hall.finish();
}

// What a corrupt hop does to the pile, and how it comes out.
TEST(Trustee, DroppedOnionsAreCountedAndMissed) {
  Mixing hall;
  hall.to_hop1();
  auto result = hall.honest(1);
  result.items.at(1).pop_back();
  hall.resign(result);
  ASSERT_TRUE(hall.submit_mix(1, result).accepted);
  EXPECT_EQ(hall.attempt().mixes[1].counts.at(1).in - hall.attempt().mixes[1].counts.at(1).out, 1U)
      << "its own signature";
  auto const next = hall.honest(2);
  ASSERT_TRUE(hall.submit_mix(2, next).accepted);
  hall.settle();
  hall.cosign();
  EXPECT_EQ(hall.all_confirm(), 1U);
  hall.nothing_is_opened(Refusal::kGateMissing);
  hall.again();
}

TEST(Trustee, MoreThanCameInIsRefused) {
  Mixing hall;
  hall.to_hop1();
  auto const before = hall.state();
  auto result = hall.honest(1);
  result.items.at(1).push_back(result.items.at(1)[0]);
  hall.resign(result);
  EXPECT_EQ(hall.submit_mix(1, result).refused, Refusal::kOutOfRange);
  // Nor is another count for what came in.
  result = hall.honest(1);
  result.step.counts.at(1).in += 1;
  EXPECT_EQ(hall.submit_mix(1, result).refused, Refusal::kMixSize);
  result = hall.honest(1);
  result.step.counts.erase(2);
  EXPECT_FALSE(hall.submit_mix(1, result).accepted);
  EXPECT_EQ(hall.state(), before);
  hall.mix();
  hall.finish();
}

// One onion twice, and another one gone: the count is right, and the next honest hop refuses the batch.
TEST(Trustee, DoubledOnionsStopAtTheNextHonestHop) {
  Mixing hall;
  hall.to_hop1();
  auto result = hall.honest(1);
  result.items.at(1)[0] = result.items.at(1)[1];
  hall.resign(result);
  ASSERT_TRUE(hall.submit_mix(1, result).accepted);
  auto const before = hall.state();
  auto const input = hall.mix_input(2);
  EXPECT_EQ(trustee::mix(hall.record(), hall.trustee_keys(2), 2, input.before.items, input.before.salt).error(),
            Refusal::kMixDuplicate);
  EXPECT_EQ(hall.state(), before);
  hall.again();
}

// The same by the last hop, where no other follows: the box refuses the copy, its owner misses hers.
TEST(Trustee, DoubledBallotsOfTheLastHopAreOneInTheBox) {
  Mixing hall(2);
  hall.to_hop1();
  auto result = hall.honest(1);
  result.items.at(1)[0] = result.items.at(1)[1];
  hall.resign(result);
  ASSERT_TRUE(hall.submit_mix(1, result).accepted);
  hall.settle();
  hall.cosign();
  EXPECT_EQ(hall.attempt().box->boxes.at(1).refused.at(static_cast<std::uint32_t>(Refusal::kBallotDuplicate)), 1U);
  EXPECT_EQ(hall.all_confirm(), 1U);
  hall.nothing_is_opened(Refusal::kGateMissing);
  hall.again();
}

// Junk for an onion: it falls out at the next hop, is counted there, and is missed.
TEST(Trustee, ReplacedOnionsFallOutAndAreMissed) {
  Mixing hall;
  hall.to_hop1();
  auto result = hall.honest(1);
  randombytes_buf(result.items.at(1)[0].data(), result.items.at(1)[0].size());
  hall.resign(result);
  ASSERT_TRUE(hall.submit_mix(1, result).accepted);
  auto const next = hall.honest(2);
  EXPECT_EQ(next.step.counts.at(1).out, next.step.counts.at(1).in - 1);
  ASSERT_TRUE(hall.submit_mix(2, next).accepted);
  hall.settle();
  hall.cosign();
  EXPECT_EQ(hall.all_confirm(), 1U);
  hall.nothing_is_opened(Refusal::kGateMissing);
  hall.again();
}

// Another order, or other items, than were logged: whoever stands between two hops would choose what the second one
// mixes.
TEST(Trustee, WhatIsHandedOnIsWhatWasLogged) {
  Mixing hall;
  hall.to_hop1();
  ASSERT_TRUE(hall.submit_mix(1, hall.honest(1)).accepted);
  auto const input = hall.mix_input(2).before;
  auto const refusal = [&](meeting::MixItems const& items, ByteView salt) {
    return trustee::mix(hall.record(), hall.trustee_keys(2), 2, items, salt).error();
  };
  auto items = input.items;
  std::swap(items.at(1)[0], items.at(1)[1]);
  EXPECT_EQ(refusal(items, input.salt), Refusal::kConflict) << "reordered";
  items = input.items;
  items.at(1)[0][100] ^= 1;
  EXPECT_EQ(refusal(items, input.salt), Refusal::kConflict) << "replaced";
  items = input.items;
  items.at(1).pop_back();
  EXPECT_EQ(refusal(items, input.salt), Refusal::kMixSize) << "dropped";
  items = input.items;
  items.at(1)[0].pop_back();
  EXPECT_EQ(refusal(items, input.salt), Refusal::kMixSize) << "marked by its size";
  EXPECT_EQ(refusal(input.items, flipped(input.salt, 0)), Refusal::kConflict);
  // The server does not take a payload that is not what the step hashes either.
  auto result = hall.honest(2);
  std::swap(result.items.at(1)[0], result.items.at(1)[1]);
  EXPECT_EQ(hall.submit_mix(2, result).refused, Refusal::kConflict);
  // Out of turn.
  EXPECT_EQ(hall.everybody(hall.entry(hall.attempt().mixes[1], {hall.trustee_person(1)})).error(),
            Refusal::kWrongPhase);
  ASSERT_TRUE(hall.submit_mix(2, hall.honest(2)).accepted);
  hall.settle();
  hall.cosign();
  hall.finish();
}

/// As a host would keep it, without sealing.
class Shelf : public trustee::TrusteeStore {
 public:
  Result<void> save(trustee::StoreName const& name, Secret const& plain) override {
    rows.insert_or_assign(name, plain.clone());
    return {};
  }
  Result<std::optional<Secret>> load(trustee::StoreName const& name) override {
    auto const found = rows.find(name);
    if (found == rows.end()) return std::optional<Secret>();
    return std::optional<Secret>(found->second.clone());
  }
  Result<void> erase(trustee::StoreName const& name) override {
    rows.erase(name);
    return {};
  }
  std::map<trustee::StoreName, Secret> rows;
};

std::vector<trustee::Submission> run_due(trustee::Trustee& trustee, meeting::Record const& record,
                                         meeting::Witnesses const& witnesses, std::vector<Refusal>& refused) {
  std::vector<trustee::Submission> out;
  for (auto& job : trustee.due(record, witnesses)) {
    job.run();
    auto submissions = job.finish(record);
    if (!submissions) {
      refused.push_back(submissions.error());
      continue;
    }
    for (auto& submission : *submissions) out.push_back(std::move(submission));
  }
  return out;
}

/// Trustee 1 is honest: its real program, on a shelf that survives restarts. The server forks the log for it.
struct Forking : AttackFixture {
  Forking() : AttackFixture(plan()) {
    open_meeting();
    sign_in_all();
    restart_honest();
  }
  static Plan plan() {
    Plan out;
    out.trustees = 2;
    return out;
  }
  void restart_honest() {
    auto const& signer = *people.at(trustee_person(1)).identity;
    honest = std::make_unique<trustee::Trustee>(1, trustee_person(1), signer, shelf,
                                                trustee::Means{keys.source(), [this] { return now_ms; }, 1});
  }
  /// All that the honest one submits when it sees this log.
  std::vector<trustee::Submission> pump(meeting::Record const& log) {
    std::vector<trustee::Submission> all;
    for (;;) {
      auto more = run_due(*honest, log, core->witnesses(), refused);
      if (more.empty()) return all;
      for (auto& submission : more) all.push_back(std::move(submission));
    }
  }
  /// Runs the attempt with the honest one until its IssuanceClosed is in the log; the server then stands at the fork.
  void to_the_fork() {
    auto const made = pump(record());
    ASSERT_EQ(made.size(), 1U);
    ASSERT_TRUE(submit(trustee_person(1), made[0].made.bytes).accepted);
    must(draft_open(1), office());
    cosign();
    for (auto const p : experts) ASSERT_NO_FATAL_FAILURE(vote(p));
    hold_jobs = true;  // the server stays at the fork until it has seen what it wants
    close();
    auto const closed = pump(record());
    ASSERT_EQ(closed.size(), 1U);
    ASSERT_TRUE(submit(trustee_person(1), closed[0].made.bytes).accepted);
  }
  void vote(PersonId p) {
    request(p);
    honest->on_token_work(p, 0, attempt().open_hash, messages(tokens.at(p)));
    auto const issued = pump(record());
    ASSERT_EQ(issued.size(), 1U);
    ASSERT_TRUE(submit(trustee_person(1), issued[0].made.bytes,
                       meeting::encode_issued_payload(std::get<meeting::BlindSigs>(issued[0].payload)))
                    .accepted);
    collect(p);
    cast(p, Choice::kAgree);
  }
  /// A branch of the log: trustee 0's IssuanceClosed and a MixStep of its choice.
  meeting::Record branch(meeting::MixItems const& items) {
    meeting::Record log = record();
    meeting::IssuanceClosed own{attempt().open_hash, 0, {}};
    for (auto const q : attempt().open.questions) own.issued[q] = static_cast<std::uint32_t>(experts.size());
    EXPECT_TRUE(log.apply(entry(own, {meeting::kServer})));
    meeting::MixStep step{attempt().open_hash, 0, {}, {}};
    for (auto const& [q, list] : items) {
      step.counts[q] = {static_cast<std::uint32_t>(experts.size()), static_cast<std::uint32_t>(list.size())};
    }
    step.output_hash = meeting::mix_output_hash(attempt().open_hash, 0, salt, items);
    EXPECT_TRUE(log.apply(entry(step, {meeting::kServer})));
    return log;
  }
  /// Asks the honest one to mix these on that branch of the log.
  std::vector<trustee::Submission> mix_on(meeting::Record const& log, meeting::MixItems const& items) {
    honest->on_mix_input(attempt().open_hash, items, salt);
    return pump(log);
  }

  /// From the fork on: the log goes on to its witnessed box, and everybody has confirmed.
  void to_confirmed() {
    hold_jobs = false;
    settle();
    auto const input = mix_input(1);
    honest->on_mix_input(attempt().open_hash, input.before.items, input.before.salt);
    auto const mixed = pump(record());
    ASSERT_EQ(mixed.size(), 1U);
    auto const& result = std::get<trustee::MixResult>(mixed[0].payload);
    ASSERT_TRUE(submit(trustee_person(1), mixed[0].made.bytes, meeting::encode_mix_payload(result.salt, result.items))
                    .accepted);
    settle();
    cosign();
    hold_jobs = true;
    confirm_all();
  }

  Shelf shelf;
  std::unique_ptr<trustee::Trustee> honest;
  std::vector<Refusal> refused;
  Bytes const salt = Bytes(32, 5);
};

// The others together keep all onions but hers back, let the honest trustee mix hers among junk, see which ballot comes
// out, and then run the real batch with it: her vote's ballot would be known by name.
TEST(Trustee, AnHonestTrusteeMixesAnAttemptOnceAlsoForALogThatForked) {
  Forking hall;
  ASSERT_NO_FATAL_FAILURE(hall.to_the_fork());
  // The items of the false branch are one real onion, peeled with trustee 0's key, and junk sealed for trustee 1.
  meeting::MixItems lone, whole;
  for (QuestionId q : {1U, 2U}) {
    for (auto const p : hall.experts) {
      auto const& ballot = hall.ballots.at(p).at(q);
      Bytes const junk(hall.attempt().shape.bytes(), 9);
      lone[q].push_back(hall.sealed_layer(q, p == hall.experts[0] ? ballot : junk, 1));
      whole[q].push_back(hall.sealed_layer(q, ballot, 1));
    }
  }
  auto const false_branch = hall.branch(lone);
  auto const first = hall.mix_on(false_branch, lone);
  ASSERT_EQ(first.size(), 1U) << "it can not know that this is not the hall's log";
  auto const output = std::get<trustee::MixResult>(first[0].payload).step.output_hash;
  // Asked again, and after a restart: the same output for the same input.
  hall.restart_honest();
  auto const repeated = hall.mix_on(false_branch, lone);
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(std::get<trustee::MixResult>(repeated[0].payload).step.output_hash, output);
  // And nothing for any other input, whatever the log says now.
  EXPECT_TRUE(hall.refused.empty());
  auto const true_branch = hall.branch(whole);
  EXPECT_TRUE(hall.mix_on(true_branch, whole).empty());
  EXPECT_EQ(hall.refused, std::vector<Refusal>{Refusal::kMixAgain});
  hall.restart_honest();
  EXPECT_TRUE(hall.mix_on(true_branch, whole).empty());
}

// The last share is kept out of the log, the sums are read, and the questions are voted on again because they do not
// please. In the log trustee 0's share comes first, and whoever gave one gives none for these questions again, whatever
// log he is shown.
TEST(Trustee, AShareThatIsKeptOutOfTheLogBuysNoSecondVote) {
  Forking hall;
  ASSERT_NO_FATAL_FAILURE(hall.to_the_fork());
  ASSERT_NO_FATAL_FAILURE(hall.to_confirmed());
  EXPECT_TRUE(hall.pump(hall.record()).empty()) << "not before trustee 0";
  auto const before_share = hall.record();
  hall.hold_jobs = false;
  hall.settle();
  ASSERT_TRUE(hall.attempt().shares.contains(0));
  EXPECT_TRUE(hall.pump(hall.record()).empty()) << "not before that one is witnessed";
  hall.cosign();
  auto const given = hall.pump(hall.record());
  ASSERT_EQ(given.size(), 1U);
  // The server keeps it to itself. It has what it wants:
  auto reads = hall.record();
  ASSERT_TRUE(reads.apply(given[0].made.bytes));
  EXPECT_EQ(reads.attempt()->rows.at(1).agree, hall.experts.size());

  // In a log of its own there never was a share of trustee 0, and the office has the vote held again.
  auto fork = before_share;
  ASSERT_TRUE(fork.apply(hall.entry(meeting::Void{fork.attempt()->open_hash, {}, "再来一次"}, hall.office())));
  auto const keys_of = [&](meeting::Record const& log) {
    auto const made = hall.pump(log);
    return std::ranges::count_if(
        made, [](auto const& one) { return std::holds_alternative<meeting::BatchKeys>(one.made.entry.body); });
  };
  EXPECT_EQ(keys_of(fork), 0) << "no keys for a second vote";
  hall.restart_honest();
  EXPECT_EQ(keys_of(fork), 0) << "nor after a restart";
  // In the one log everybody sees it is paper from here on.
  hall.must(meeting::Void{hall.attempt().open_hash, {}, "缺一份"}, hall.committee());
  EXPECT_EQ(hall.record().draft_batch_open(1, false, {}).error(), Refusal::kGateReopened);
  EXPECT_EQ(keys_of(hall.record()), 0);
  // The positive control: a trustee that has forgotten what it gave.
  std::erase_if(hall.shelf.rows, [](auto const& row) { return row.first.kind == trustee::StoreKind::kPledges; });
  hall.restart_honest();
  EXPECT_EQ(keys_of(fork), 1);
}

// A share that is not x_t·ΣA would declare other figures, or none.
TEST(Trustee, FalseSharesAreRefusedByEverybody) {
  Mixing hall(2);
  hall.to_box({Choice::kAgree, Choice::kDisagree});
  hall.confirm_all();
  hall.settle();
  ASSERT_TRUE(hall.attempt().shares.contains(0));
  auto const good = trustee::make_share(hall.record(), hall.trustee_keys(1), 1).value();
  auto const before = hall.state();
  auto const refused = [&](meeting::TallyShare const& body, std::vector<PersonId> const& signers, Refusal code) {
    EXPECT_EQ(hall.everybody(hall.entry(body, signers)).error(), code);
    EXPECT_EQ(hall.submit(signers.front(), hall.entry(body, signers)).refused, code);
  };
  auto const who = hall.trustee_person(1);
  auto body = good;
  std::swap(body.shares.at(1), body.shares.at(2));
  refused(body, {who}, Refusal::kProof);
  body = good;
  body.shares.at(1).proof.s.data[0] ^= 1;
  refused(body, {who}, Refusal::kProof);
  body = good;
  body.shares.erase(2);
  refused(body, {who}, Refusal::kConflict);
  body = good;
  body.box = hall.attempt().open_hash;
  refused(body, {who}, Refusal::kUnknown);
  body = good;
  body.trustee = 0;
  EXPECT_FALSE(hall.everybody(hall.entry(body, {who})));
  EXPECT_EQ(hall.state(), before);
  hall.share_all();
  EXPECT_EQ(hall.share(1).refused, Refusal::kConflict) << "once";
  hall.declare();
}

// A key chosen after the others' to cancel them (Y = Y* − Y_0) would let one trustee open alone.
TEST(Trustee, KeysWithoutKnowledgeReusedOrWeakAreRefused) {
  Plan plan;
  plan.trustees = 2;
  plan.batches = {1, 1};
  AttackFixture hall(plan);
  hall.open_meeting();
  hall.sign_in_all();
  hall.settle();
  auto const who = hall.trustee_person(1);
  auto const make = [&](BatchId batch, QuestionId q) {
    return trustee::AttemptKeys::generate(batch, 1, {q}, 2048, hall.keys.source()).value();
  };
  auto const refused = [&](meeting::BatchKeys const& body, Refusal code) {
    auto const before = hall.state();
    EXPECT_EQ(hall.everybody(hall.entry(body, {who})).error(), code);
    EXPECT_EQ(hall.submit(who, hall.entry(body, {who})).refused, code);
    EXPECT_EQ(hall.state(), before);
  };
  auto const keys = make(1, 1);
  auto const good = keys.body(hall.record().meeting(), 1);
  auto const server_keys = hall.record().pending_keys().at({1, 0}).keys;
  auto body = good;
  // Y* − Y_0, of which the corrupt trustee does not know the logarithm.
  ASSERT_EQ(crypto_core_ristretto255_sub(body.tally_key.data.data(), good.tally_key.data.data(),
                                         server_keys.tally_key.data.data()),
            0);
  refused(body, Refusal::kProof);
  body = good;
  body.tally_key = server_keys.tally_key;
  body.pok = server_keys.pok;
  refused(body, Refusal::kKeyParam);
  body = good;
  body.tally_key.data.fill(0);
  refused(body, Refusal::kKeyParam);
  body = good;
  body.token_keys.at(1) = server_keys.token_keys.at(1);
  refused(body, Refusal::kKeyParam);
  body = good;
  body.token_keys.at(1).back() ^= 1;  // even
  refused(body, Refusal::kKeyParam);
  body = good;
  body.mix_key = server_keys.mix_key;
  refused(body, Refusal::kKeyParam);
  body = good;
  body.mix_key.data.fill(0);
  refused(body, Refusal::kKeyParam);
  body = good;
  body.attempt = 2;
  refused(body, Refusal::kWrongPhase);
  body = good;
  body.trustee = 0;
  refused(body, Refusal::kNotAuthorised);
  ASSERT_TRUE(hall.submit(who, hall.entry(good, {who})).accepted);
  // The same modulus for another batch: tokens of one would be tokens of the other.
  auto const later = make(2, 2);
  body = later.body(hall.record().meeting(), 1);
  body.token_keys.at(2) = good.token_keys.at(1);
  refused(body, Refusal::kKeyParam);
  hall.open_batch(1);
  hall.to_box({Choice::kAgree});
  hall.finish();
}

// Signing after BatchClose, or claiming other numbers than were issued, would hide tokens minted at the end.
TEST(Trustee, NothingIsIssuedAfterTheCloseAndTheNumbersAreTheIssuedOnes) {
  Mixing hall(2);
  auto const late = hall.experts.back();
  for (auto const p : hall.experts) {
    hall.request(p);
    if (p == late) continue;
    hall.issue(p);
    hall.collect(p);
    hall.cast(p, Choice::kAgree);
  }
  hall.close();
  auto const& open = hall.attempt().open_hash;
  auto const before = hall.state();
  meeting::BlindSigs const sigs = {{1, Bytes(256, 1)}, {2, Bytes(256, 1)}};
  meeting::TokensIssued const issued{open, 1, late, 0, meeting::tokens_issued_digest(open, 1, late, 0, sigs)};
  EXPECT_EQ(hall.submit(hall.trustee_person(1), hall.entry(issued, {hall.trustee_person(1)}),
                        meeting::encode_issued_payload(sigs))
                .refused,
            Refusal::kWrongPhase);
  EXPECT_EQ(trustee::issue(hall.record(), hall.trustee_keys(1), 1, late, AttackFixture::messages(hall.tokens.at(late)))
                .error(),
            Refusal::kWrongPhase);
  meeting::IssuanceClosed body{open, 1, {{1, 5}, {2, 5}}};
  EXPECT_EQ(hall.submit(hall.trustee_person(1), hall.entry(body, {hall.trustee_person(1)})).refused,
            Refusal::kConflict);
  EXPECT_EQ(hall.state(), before);
  hall.issuance_closed();
  hall.mix();
  hall.finish();
}

}  // namespace
}  // namespace piaojue::attack
