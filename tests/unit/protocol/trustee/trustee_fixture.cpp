// SPDX-License-Identifier: Apache-2.0
#include "trustee_fixture.h"

#include <fstream>

#include "base/state.h"
#include "support/paths.h"

namespace piaojue::trustee::test {

using meeting::EntryType;

Result<void> MemoryStore::save(StoreName const& name, Secret const& plain) {
  if (broken || full) return Refusal::kStorage;
  kept[to_text(name)] = to_bytes(plain.view());
  return {};
}

Result<std::optional<Secret>> MemoryStore::load(StoreName const& name) {
  if (broken || (forgetful && !name.of_attempt())) return Refusal::kStorage;
  auto const at = kept.find(to_text(name));
  if (at == kept.end()) return std::optional<Secret>{};
  if (halves_away && name.of_attempt()) return Refusal::kBusy;
  return std::optional<Secret>{Secret::copy_of(at->second)};
}

Result<void> MemoryStore::erase(StoreName const& name) {
  if (broken) return Refusal::kStorage;
  kept.erase(to_text(name));
  return {};
}

TokenKeySource pooled_keys() {
  static std::vector<Bytes> const primes = [] {
    std::vector<Bytes> out;
    std::ifstream file(piaojue::test::source_dir() + "/tests/support/primes_1024.txt");
    for (std::string line; std::getline(file, line);) out.push_back(from_hex(line).value());
    return out;
  }();
  return [next = std::make_shared<std::pair<std::size_t, std::size_t>>(0, 0)](std::uint32_t) {
    if (++next->second >= primes.size()) next->second = ++next->first + 1;
    return crypto::blind_rsa::PrivateKey::from_primes(primes.at(next->first), primes.at(next->second));
  };
}

TrusteeFixture::TrusteeFixture(Options options) : options_(std::move(options)) {
  piaojue::init();
  PersonId const people = kFirstExpert + options_.experts - 1;
  for (PersonId p = 0; p <= people; ++p) {
    identity_.push_back(crypto::SigningKey::generate());
    witness_.push_back(crypto::SigningKey::generate());
    box_.push_back(crypto::BoxKey::generate());
  }
  meeting::Manifest manifest;
  manifest.meeting_id.fill(7);
  manifest.title = "Committee";
  manifest.date = "2026-01-05";
  manifest.committee_size = std::max(meeting::kCommitteeMin, options_.experts | 1);
  manifest.rules.protest_s = 20;
  manifest.size_approval = "approved";
  manifest.server_key = identity_[0].public_key();
  manifest.checkpoint_key = witness_[0].public_key();
  manifest.server_box_key = box_[0].public_key();
  for (PersonId p = 1; p <= people; ++p) {
    meeting::Person person;
    person.name = "P" + std::to_string(p);
    person.roles = p == kChair        ? meeting::kChair
                   : p == kClerk      ? meeting::kClerk
                   : p == kSupervisor ? meeting::kSupervisor
                                      : meeting::kExpert;
    person.identity_key = identity_[p].public_key();
    person.witness_key = witness_[p].public_key();
    person.box_key = box_[p].public_key();
    person.possession = identity_[p].sign({meeting::possession_input(manifest.meeting_id, p, *person.identity_key,
                                                                     *person.witness_key, *person.box_key)});
    manifest.people.push_back(person);
  }
  manifest.trustees = {meeting::kServer, kChair, kSupervisor};
  for (std::uint32_t const questions : options_.batches) {
    meeting::Batch batch;
    batch.title = "Batch";
    for (std::uint32_t i = 0; i < questions; ++i) {
      meeting::Candidate candidate;
      candidate.name = "Candidate";
      candidate.level = "Associate";
      manifest.candidates.push_back(candidate);
      batch.candidates.push_back(static_cast<QuestionId>(manifest.candidates.size()));
    }
    manifest.batches.push_back(batch);
  }
  must(signed_by(manifest, {kChair, kClerk, kSupervisor}));
  for (PersonId p = 1; p <= people; ++p) must(signed_by(meeting::SignIn{record.meeting(), p, 0}, {p}));
  if (options_.recusal) {
    must(signed_by(meeting::Recuse{record.meeting(), kFirstExpert, *options_.recusal, "same office"}, {kFirstExpert}));
  }
  std::array<PersonId, 3> const persons = {meeting::kServer, kChair, kSupervisor};
  for (TrusteeId id = 0; id < seats.size(); ++id) {
    seats[id].id = id;
    seats[id].person = persons[id];
    restart(id);
  }
}

crypto::SigningKey const& TrusteeFixture::key_of(PersonId person) const { return identity_.at(person); }

Bytes TrusteeFixture::signed_by(meeting::Body const& body, std::vector<PersonId> const& signers) const {
  EntryType const type = meeting::type_of(body);
  Bytes const bytes = meeting::encode_body(body);
  std::vector<meeting::EntrySignature> signatures;
  for (PersonId const p : signers) signatures.push_back(meeting::sign_body(type, bytes, p, key_of(p)));
  return meeting::encode_entry(type, bytes, std::move(signatures));
}

Result<void> TrusteeFixture::apply(Bytes const& entry) {
  // As the server does: the same entry again gets the same answer.
  if (std::ranges::find(log, entry) != log.end()) return {};
  auto const applied = record.apply(entry);
  if (applied) log.push_back(entry);
  return applied;
}

void TrusteeFixture::must(Bytes const& entry) {
  auto const entry_type = meeting::decode_entry(entry);
  ASSERT_TRUE(entry_type) << piaojue::name(entry_type.error());
  auto const applied = apply(entry);
  ASSERT_TRUE(applied) << meeting::name(entry_type->type()) << ": " << piaojue::name(applied.error());
}

void TrusteeFixture::cosign() {
  log::Checkpoint const checkpoint{record.manifest().origin(), record.size(), record.tree().root()};
  for (PersonId const p : record.signed_in()) {
    auto const added = witnesses.add(record, log::cosign(checkpoint, p, 1, witness_[p]));
    ASSERT_TRUE(added) << piaojue::name(added.error());
  }
}

void TrusteeFixture::restart(TrusteeId id) {
  Seat& seat = seats[id];
  seat.trustee = std::make_unique<Trustee>(id, seat.person, key_of(seat.person), seat.store,
                                           Means{source_, [this] { return now_ms; }, options_.lookahead,
                                                 [this](Hash const& box, std::vector<QuestionId> const& live) {
                                                   return look_at_box ? look_at_box(box, live) : BoxLook{};
                                                 }});
}

void TrusteeFixture::take(Seat const& seat, Submission const& submission) {
  if (auto const* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
    Expert& expert = experts.at(submission.person);
    TrusteeId const hop = seat.id;
    for (auto const& [q, s] : *sigs) {
      Expert::Token& token = expert.tokens.at(q);
      meeting::BallotContext const& context = record.ballot_context(q);
      auto const sig = crypto::blind_rsa::finalize(
          context.token_keys[hop], crypto::blind_rsa::Variant::kPssRandomized,
          crypto::blind_rsa::prepare(token.prefix.view(), meeting::token_message(context.ctx, token.sk_v.public_key())),
          s, token.blindings[hop].inv);
      ASSERT_TRUE(sig) << piaojue::name(sig.error());
      token.signatures[hop] = *sig;
    }
  }
  if (auto const* mixed = std::get_if<MixResult>(&submission.payload)) output_ = *mixed;
  bool const first_share = submission.made.entry.type() == EntryType::kTallyShare && seat.id == 0;
  if (first_share && cosigns_shares) cosign();
}

std::size_t TrusteeFixture::run(TrusteeId id, bool submit, std::size_t entries_max) {
  Seat& seat = seats[id];
  std::size_t done = 0;
  std::size_t entries = 0;
  while (entries < entries_max) {
    auto jobs = seat.trustee->due(record, witnesses);
    if (jobs.empty()) break;
    for (auto& job : jobs) {
      if (entries == entries_max) break;
      ++done;
      job.run();
      auto result = job.finish(record);
      if (!result) {
        refused.push_back(result.error());
        continue;
      }
      entries += result->size();
      for (Submission& submission : *result) {
        Result<void> outcome;
        if (submit) {
          outcome = apply(submission.made.bytes);
          if (outcome) take(seat, submission);
        }
        sent.push_back({id, std::move(submission), outcome});
      }
    }
  }
  return done;
}

void TrusteeFixture::run_all() {
  for (bool again = true; again;) {
    again = false;
    for (Seat& seat : seats) {
      std::size_t const mixed = record.in_progress() ? attempt().mixes.size() : 0;
      std::size_t const length = record.size();
      if (restless) {
        run(seat.id, true, 1);
        restart(seat.id);
        redeliver(seat.id);
        if (record.size() > length) again = true;
        continue;
      }
      if (run(seat.id) > 0) again = true;
      bool const handed_on = record.in_progress() && attempt().phase == meeting::BatchPhase::kMixing &&
                             attempt().mixes.size() > mixed && attempt().mixes.size() < attempt().holders.size();
      if (handed_on) redeliver(static_cast<TrusteeId>(attempt().mixes.size()));
    }
  }
}

TrusteeFixture::Sent const* TrusteeFixture::last(TrusteeId id, EntryType type) const {
  for (auto at = sent.rbegin(); at != sent.rend(); ++at) {
    if (at->trustee != id) continue;
    auto const entry = meeting::decode_entry(at->submission.made.bytes);
    if (entry && entry->type() == type) return &*at;
  }
  return nullptr;
}

void TrusteeFixture::open_batch(BatchId batch) {
  auto const draft = record.draft_batch_open(batch, false, {});
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  must(signed_by(*draft, {kChair, kSupervisor}));
  experts.clear();
  output_.reset();
  for (PersonId const p : present()) experts[p].id = p;
}

void TrusteeFixture::request(PersonId id) {
  Expert& expert = experts.at(id);
  for (QuestionId const q : attempt().questions_of(id)) {
    meeting::BallotContext const& context = record.ballot_context(q);
    auto [at, fresh] = expert.tokens.emplace(
        q, Expert::Token{crypto::SigningKey::generate(), {}, {}, std::vector<Bytes>(attempt().holders.size())});
    ASSERT_TRUE(fresh);
    if (repeated_seed && id == kFirstExpert) at->second.sk_v = crypto::SigningKey::from_seed(*repeated_seed).value();
    randombytes_buf(at->second.prefix.data.data(), at->second.prefix.data.size());
    for (auto const& key : context.token_keys) {
      auto blinding = crypto::blind_rsa::blind(
          key, crypto::blind_rsa::Variant::kPssRandomized,
          crypto::blind_rsa::prepare(at->second.prefix.view(),
                                     meeting::token_message(context.ctx, at->second.sk_v.public_key())));
      ASSERT_TRUE(blinding) << piaojue::name(blinding.error());
      expert.msgs[q].push_back(blinding->blinded_msg);
      at->second.blindings.push_back(std::move(*blinding));
    }
  }
  std::uint32_t const cast = attempt().cast_of(id);
  Hash const digest = meeting::token_request_digest(attempt().open_hash, id, cast, expert.msgs);
  must(signed_by(meeting::TokenRequest{attempt().open_hash, id, cast, digest}, {id}));
}

void TrusteeFixture::deliver(PersonId id) {
  for (Seat& seat : seats) {
    seat.trustee->on_token_work(id, attempt().cast_of(id), attempt().open_hash, experts.at(id).msgs);
  }
}

void TrusteeFixture::cast(PersonId id, Choice choice) {
  Expert& expert = experts.at(id);
  std::vector<crypto::MixPublicKey> hops;
  for (meeting::BatchKeys const& keys : attempt().keys) hops.push_back(keys.mix_key);
  Secret const seed = Secret::random(crypto::onion::kSeedBytes);
  for (auto const& [q, token] : expert.tokens) {
    meeting::BallotContext const& context = record.ballot_context(q);
    auto ballot = meeting::make_ballot(context, token.sk_v, token.prefix, token.signatures, choice);
    ASSERT_TRUE(ballot) << piaojue::name(ballot.error());
    auto onion = crypto::onion::wrap(hops, seed, context.ctx, *ballot);
    ASSERT_TRUE(onion);
    expert.ballots[q] = std::move(*ballot);
    expert.onions[q] = std::move(*onion);
  }
  if (edit_envelope) edit_envelope(expert);
  cast_onions(id);
}

void TrusteeFixture::cast_onions(PersonId id) {
  Expert const& expert = experts.at(id);
  std::uint32_t const cast = attempt().cast_of(id);
  Hash const digest = meeting::envelope_digest(attempt().open_hash, id, cast, expert.onions);
  must(signed_by(meeting::EnvelopeCast{attempt().open_hash, id, cast, digest}, {id}));
}

void TrusteeFixture::spoil(PersonId id) {
  Hash const& open = attempt().open_hash;
  std::uint32_t const cast = attempt().cast_of(id);
  meeting::EnvelopeSpoil body{open, id, cast, {}, kSupervisor};
  for (auto const& [q, token] : experts.at(id).tokens) body.spent[q] = token.sk_v.public_key();
  must(signed_by(body, {kSupervisor, id}));
  must(signed_by(meeting::CheckResult{open, id, cast, meeting::CheckVerdict::kAgrees}, {kSupervisor}));
  experts[id] = Expert();
  experts[id].id = id;
}

meeting::SignOut TrusteeFixture::sign_out(PersonId person) const {
  meeting::SignOut out;
  out.meeting = record.meeting();
  out.person = person;
  out.sequence = record.presence(person).sequence;
  out.size = record.size();
  out.root = record.tree().root();
  return out;
}

std::vector<PersonId> TrusteeFixture::committee(PersonId concerned) const {
  meeting::Committee const all = record.committee(concerned);
  return {all.members.begin(), all.members.begin() + static_cast<std::ptrdiff_t>(all.needed)};
}

void TrusteeFixture::close() {
  auto const draft = record.draft_batch_close();
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  must(signed_by(*draft, {kChair, kSupervisor}));
}

meeting::MixItems TrusteeFixture::envelopes() const {
  std::map<PersonId, meeting::Onions> all;
  for (auto const& [id, expert] : experts) {
    if (!expert.onions.empty()) all[id] = expert.onions;
  }
  auto const items = onions_to_items(record, all);
  EXPECT_TRUE(items) << piaojue::name(items.error());
  return items ? *items : meeting::MixItems{};
}

void TrusteeFixture::deliver_envelopes() { seats[0].trustee->on_mix_input(attempt().open_hash, envelopes(), {}); }

void TrusteeFixture::redeliver(TrusteeId id) {
  if (!record.in_progress()) return;
  Trustee& trustee = *seats[id].trustee;
  for (auto const& [person, voter] : attempt().voters) {
    if (!voter.request || voter.issued.contains(id)) continue;
    trustee.on_token_work(person, voter.cast, attempt().open_hash, experts.at(person).msgs);
  }
  if (attempt().phase != meeting::BatchPhase::kMixing || attempt().mixes.size() != id) return;
  if (id == 0) return deliver_envelopes();
  trustee.on_mix_input(attempt().open_hash, output_->items, output_->salt);
}

std::optional<AttemptKeys> TrusteeFixture::stored_keys(TrusteeId id, BatchId batch, std::uint32_t number) const {
  auto const at = seats[id].store.kept.find("keys/" + std::to_string(id) + "/" + std::to_string(batch) + "/" +
                                            std::to_string(number));
  if (at == seats[id].store.kept.end()) return std::nullopt;
  state::Reader in(at->second);
  EXPECT_EQ(in.u32(), 1u);
  auto keys = AttemptKeys::parse(Secret::copy_of(in.bytes()));
  EXPECT_TRUE(keys);
  return std::move(*keys);
}

std::size_t TrusteeFixture::count(TrusteeId id, EntryType type) const {
  return static_cast<std::size_t>(std::ranges::count_if(sent, [&](Sent const& one) {
    auto const entry = meeting::decode_entry(one.submission.made.bytes);
    return one.trustee == id && entry && entry->type() == type;
  }));
}

void TrusteeFixture::make_box() {
  ASSERT_TRUE(output_);
  meeting::MixItems items = output_->items;
  if (tamper) tamper(items);
  meeting::BallotBox box;
  if (careless_server) {
    box.batch_open = attempt().open_hash;
    for (auto& [q, list] : items) {
      std::ranges::sort(list);
      box.boxes[q].ballots = list;
    }
  } else {
    box = make_ballot_box(record, items);
  }
  if (edit_box) edit_box(box);
  must(signed_by(box, {meeting::kServer}));
}

void TrusteeFixture::confirm(PersonId id, bool found) {
  using enum meeting::ConfirmVerdict;
  std::map<QuestionId, meeting::ConfirmVerdict> rows;
  bool const cast = attempt().counted.contains(id);
  for (QuestionId const q : attempt().live_questions_of(id)) rows[q] = !found ? kMissing : cast ? kOk : kNotCast;
  must(signed_by(meeting::Confirm{attempt().open_hash, id, attempt().box_hash, rows}, {id}));
}

void TrusteeFixture::override_people(std::map<PersonId, bool> people) {
  must(signed_by(meeting::Override{attempt().open_hash, attempt().box_hash, std::move(people), "battery"},
                 {kChair, kSupervisor}));
}

void TrusteeFixture::declare() {
  auto const draft = record.draft_declaration();
  ASSERT_TRUE(draft) << piaojue::name(draft.error());
  must(signed_by(*draft, {kChair, kSupervisor}));
}

void TrusteeFixture::void_questions(std::vector<QuestionId> questions) {
  must(signed_by(meeting::Void{attempt().open_hash, std::move(questions), "again"}, {kChair, kSupervisor}));
}

void TrusteeFixture::advance(Stage stage) {
  using enum meeting::BatchPhase;
  if (!record.in_progress()) {
    run_all();
    if (stage == Stage::kKeys) return;
    open_batch();
    cosign();
  }
  if (stage == Stage::kOpen) return;
  if (attempt().phase == kVoting) {
    for (PersonId const p : present()) {
      request(p);
      deliver(p);
    }
    run_all();
    for (PersonId const p : present()) cast(p);
    if (stage == Stage::kCast) return;
    close();
    if (stage == Stage::kClosed) return;
  }
  if (attempt().phase == kClosing) run_all();
  if (attempt().phase == kMixing) {
    deliver_envelopes();
    run_all();
    if (stage == Stage::kMixed) return;
    make_box();
    cosign();
    if (stage == Stage::kBox) return;
  }
  for (PersonId const p : present()) confirm(p);
}

}  // namespace piaojue::trustee::test
