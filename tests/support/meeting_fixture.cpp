// SPDX-License-Identifier: Apache-2.0
#include "support/meeting_fixture.h"

#include <sodium.h>

#include <fstream>
#include <mutex>
#include <stdexcept>

#include "support/paths.h"

namespace piaojue::test {

namespace blind_rsa = crypto::blind_rsa;
namespace elgamal = crypto::elgamal;

namespace {

std::vector<Bytes> const& primes() {
  static std::vector<Bytes> const all = [] {
    std::ifstream file(source_dir() + "/tests/support/primes_1024.txt");
    std::vector<Bytes> out;
    for (std::string line; file >> line;) out.push_back(from_hex(line).value());
    if (out.size() < 2) throw std::logic_error("no tests/support/primes_1024.txt");
    return out;
  }();
  return all;
}

template <class T>
void shuffle(std::vector<T>& items) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[randombytes_uniform(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace

std::shared_ptr<blind_rsa::PrivateKey const> pooled_token_key(std::size_t number) {
  static std::mutex mutex;
  static std::map<std::size_t, std::shared_ptr<blind_rsa::PrivateKey const>> made;
  std::lock_guard const lock(mutex);
  auto& key = made[number];
  if (!key && number >= primes().size() * (primes().size() - 1) / 2) {
    key = std::make_shared<blind_rsa::PrivateKey const>(must(blind_rsa::PrivateKey::generate(2048)));
  } else if (!key) {
    // The pairs i < j in order.
    std::size_t i = 0;
    std::size_t left = number;
    while (left >= primes().size() - 1 - i) left -= primes().size() - 1 - i++;
    key = std::make_shared<blind_rsa::PrivateKey const>(
        must(blind_rsa::PrivateKey::from_primes(primes().at(i), primes().at(i + 1 + left))));
  }
  return key;
}

void must(Result<void> const& result) {
  if (!result) throw std::logic_error("refused: " + std::string(name(result.error())));
}

void must(Explained<void> const& result) {
  if (!result) throw std::logic_error("refused: " + result.error().in(Lang::kEn));
}

// ---- People -------------------------------------------------------------------------------------------------------

Meeting::Meeting(MeetingOptions given) : options(std::move(given)) {
  piaojue::init();
  if (options.committee_size == 0) options.committee_size = std::max(7U, options.experts | 1U);

  manifest.title = "评审会议";
  manifest.date = "2026-03-02";
  manifest.rehearsal = options.rehearsal;
  manifest.rules = options.rules;
  manifest.committee_size = options.committee_size;
  randombytes_buf(manifest.meeting_id.data(), manifest.meeting_id.size());
  manifest.server_key = people[kServer].identity.public_key();
  manifest.checkpoint_key = people[kServer].witness.public_key();
  manifest.server_box_key = people[kServer].box.public_key();

  auto add = [this](std::string const& title, std::uint32_t count, std::uint32_t roles) {
    for (std::uint32_t i = 1; i <= count; ++i) {
      PersonId const number = static_cast<PersonId>(manifest.people.size()) + 1;
      Person person;
      person.name = title + std::to_string(i);
      person.roles = roles;
      if (roles == kExpert && i == 1 && options.first_expert_is_chair) person.roles |= kChair;
      people[number];
      manifest.people.push_back(options.not_enrolled.contains(number) ? person : enrolled(person, number));
    }
  };
  add("评审专家", options.experts, kExpert);
  add("主任委员", options.chairs, kChair);
  add("计票人", options.clerks, kClerk);
  add("监督人员", options.supervisors, kSupervisor);
  add("大屏幕", 1, kScreen);

  std::vector<PersonId> seats;
  for (std::uint32_t i = 1; i <= options.chairs; ++i) seats.push_back(chair(i));
  for (PersonId const person : supervisors()) seats.push_back(person);
  for (std::uint32_t i = 1; i <= options.clerks; ++i) seats.push_back(clerk(i));
  for (std::uint32_t i = 1; i <= options.experts; ++i) seats.push_back(expert(i));
  manifest.trustees.push_back(kServer);
  for (std::uint32_t t = 1; t < options.trustees; ++t) manifest.trustees.push_back(seats.at(t - 1));

  for (std::uint32_t const count : options.batches) {
    Batch batch;
    batch.title = "第" + std::to_string(manifest.batches.size() + 1) + "批";
    for (std::uint32_t i = 0; i < count; ++i) {
      Candidate candidate;
      auto const q = static_cast<QuestionId>(manifest.candidates.size()) + 1;
      candidate.name = "申报人" + std::to_string(q);
      candidate.employer = "单位";
      candidate.level = "高级";
      candidate.channel = options.exceptional.contains(q) ? Channel::kExceptional : Channel::kNormal;
      manifest.candidates.push_back(candidate);
      batch.candidates.push_back(q);
    }
    manifest.batches.push_back(batch);
  }
}

std::vector<PersonId> Meeting::supervisors() const {
  std::vector<PersonId> out;
  for (std::uint32_t i = 1; i <= options.supervisors; ++i) out.push_back(supervisor(i));
  return out;
}

std::vector<PersonId> Meeting::office() const {
  std::vector<PersonId> out = record.office(kNobody).present_supervisors;
  if (out.empty()) out.push_back(supervisor());
  out.push_back(chair());
  return out;
}

std::vector<PersonId> Meeting::committee(PersonId concerned) const {
  Committee const body = record.committee(concerned);
  if (!body.exists()) throw std::logic_error("no committee");
  return {body.members.begin(), body.members.begin() + static_cast<std::ptrdiff_t>(body.needed)};
}

Person Meeting::enrolled(Person person, PersonId number) const {
  PersonKeys const& keys = people.at(number);
  person.identity_key = keys.identity.public_key();
  person.witness_key = keys.witness.public_key();
  person.box_key = keys.box.public_key();
  person.possession = keys.identity.sign(
      {possession_input(manifest.meeting_id, number, *person.identity_key, *person.witness_key, *person.box_key)});
  return person;
}

// ---- The log ------------------------------------------------------------------------------------------------------

Bytes Meeting::signed_by(Body const& body, std::vector<PersonId> const& signers) const {
  EntryType const type = type_of(body);
  Bytes const bytes = encode_body(body);
  std::vector<EntrySignature> signatures;
  for (PersonId const signer : signers) {
    signatures.push_back(sign_body(type, bytes, signer, people.at(signer).identity));
  }
  return encode_entry(type, bytes, std::move(signatures));
}

Result<void> Meeting::submit(Body body, std::vector<PersonId> const& signers) {
  if (tamper_body) tamper_body(body);
  return submit_bytes(signed_by(body, signers));
}

Result<void> Meeting::submit_bytes(Bytes const& entry) {
  Bytes bytes = entry;
  if (tamper_entry) tamper_entry(bytes);
  if (auto const ok = record.apply(bytes); !ok) return ok;
  bool const milestone = is_milestone(must(decode_entry(bytes)).body);
  entries.push_back(std::move(bytes));
  if (witnessed && milestone) witness();
  return {};
}

// ---- Meeting and people -------------------------------------------------------------------------------------------

Result<void> Meeting::open_meeting() { return submit(manifest, openers()); }

std::vector<PersonId> Meeting::openers() const {
  std::vector<PersonId> out;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    Person const& person = manifest.people[p - 1];
    bool const opens = (person.roles & (kChair | kClerk | kSupervisor)) != 0 ||
                       std::ranges::find(manifest.trustees, p) != manifest.trustees.end();
    if (opens && person.identity_key) out.push_back(p);
  }
  return out;
}

Result<void> Meeting::sign_in(PersonId person) {
  return submit(SignIn{record.meeting(), person, record.presence(person).sequence}, {person});
}

SignOut Meeting::make_sign_out(PersonId person) const {
  SignOut out;
  out.meeting = record.meeting();
  out.person = person;
  out.sequence = record.presence(person).sequence;
  out.size = record.size();
  out.root = record.tree().root();
  return out;
}

Result<void> Meeting::sign_out(PersonId person) { return submit(make_sign_out(person), {person}); }

Result<void> Meeting::sign_out_saying(PersonId person, bool not_cast) {
  SignOut body = make_sign_out(person);
  body.batch_open = attempt().open_hash;
  body.not_cast = not_cast;
  return submit(body, {person});
}

Result<void> Meeting::sign_out_by(PersonId person, std::vector<PersonId> const& signers) {
  SignOut body = make_sign_out(person);
  body.size = 0;
  body.root.reset();
  body.reason = "离席";
  return submit(body, signers);
}

Result<void> Meeting::change_keys(PersonId person, std::vector<PersonId> const& signers) {
  PersonKeys fresh;
  KeyChange body{
      record.meeting(), person, fresh.identity.public_key(), fresh.witness.public_key(), fresh.box.public_key(), {},
      "电脑更换"};
  body.possession = fresh.identity.sign(
      {possession_input(manifest.meeting_id, person, body.identity_key, body.witness_key, body.box_key)});
  // The new keys cosign the very entry that brings them.
  std::swap(people[person], fresh);
  auto const done = submit(body, signers);
  if (!done) std::swap(people[person], fresh);
  return done;
}

Result<void> Meeting::change_trustee(TrusteeId trustee, PersonId person, std::vector<PersonId> signers) {
  if (std::ranges::find(signers, person) == signers.end()) signers.push_back(person);
  return submit(TrusteeChange{record.meeting(), trustee, person, "电脑损坏"}, signers);
}

Result<void> Meeting::recuse(PersonId person, QuestionId q) { return recuse_by(person, q, {person}); }

Result<void> Meeting::recuse_by(PersonId person, QuestionId q, std::vector<PersonId> const& signers) {
  return submit(Recuse{record.meeting(), person, q, "同一单位", record.recuse_backs(person, q)}, signers);
}

Result<void> Meeting::recuse_back(PersonId person, QuestionId q, std::vector<PersonId> const& beside) {
  std::vector<PersonId> signers = beside;
  signers.push_back(person);
  return submit(RecuseBack{record.meeting(), person, q, "误登", record.recuse_backs(person, q)}, signers);
}

Result<void> Meeting::interview(QuestionId q) {
  return submit(Interview{record.meeting(), q, "面试答辩通过", crypto::sha256({})}, {clerk()});
}

void Meeting::begin(std::vector<PersonId> const& who) {
  must(open_meeting());
  if (!who.empty()) {
    for (PersonId const person : who) must(sign_in(person));
    return;
  }
  for (PersonId person = 1; person < screen(); ++person) {
    if (!options.not_enrolled.contains(person)) must(sign_in(person));
  }
}

Result<void> Meeting::close_meeting() {
  auto const draft = record.draft_meeting_close(unwitnessed(record, seen));
  if (!draft) return draft.error();
  return submit(*draft, office());
}

// ---- A batch, step by step ----------------------------------------------------------------------------------------

BatchKeys Meeting::make_keys(BatchId batch, TrusteeId trustee, std::vector<QuestionId> questions) {
  if (questions.empty()) questions = record.undecided(batch);
  std::uint32_t const number = record.attempts(batch) + 1;
  TrusteeKeys fresh;
  BatchKeys out;
  out.meeting = record.meeting();
  out.batch = batch;
  out.attempt = number;
  out.trustee = trustee;
  for (QuestionId const q : questions) {
    auto key = pooled_token_key(next_token_key_++);
    out.token_keys[q] = key->public_key().modulus();
    fresh.token_keys[q] = std::move(key);
  }
  out.mix_key = fresh.mix_key.public_key();
  out.tally_key = fresh.tally_key.public_share();
  out.pok = fresh.tally_key.prove_knowledge(pok_binding(out.meeting, batch, number, trustee));
  trustee_keys.insert_or_assign({batch, number, trustee}, std::move(fresh));
  return out;
}

Result<void> Meeting::keys(BatchId batch, TrusteeId trustee, std::vector<QuestionId> const& questions) {
  return submit(make_keys(batch, trustee, questions), {record.slots().at(trustee)});
}

void Meeting::all_keys(BatchId batch) {
  for (TrusteeId t = 0; t < manifest.trustees.size(); ++t) must(keys(batch, t));
}

Result<void> Meeting::open(BatchId batch, bool paper) {
  auto const draft = record.draft_batch_open(batch, paper, unwitnessed(record, seen));
  if (!draft) return draft.error();
  auto const done = submit(*draft, office());
  if (!done) return done;
  experts.clear();
  items.clear();
  salt.clear();
  return done;
}

Result<void> Meeting::request(PersonId person) {
  Attempt const& a = attempt();
  std::uint32_t const cast = a.cast_of(person);
  BlindedMsgs msgs;
  ExpertState state;
  for (QuestionId const q : a.questions_of(person)) {
    BallotContext const& context = record.ballot_context(q);
    ExpertState::Token& token = state.tokens[q];
    randombytes_buf(token.prefix.data.data(), token.prefix.data.size());
    Bytes const prepared = blind_rsa::prepare(token.prefix.view(), token_message(context.ctx, token.sk_v.public_key()));
    for (blind_rsa::PublicKey const& key : context.token_keys) {
      token.blindings.push_back(must(blind_rsa::blind(key, blind_rsa::Variant::kPssRandomized, prepared)));
      msgs[q].push_back(token.blindings.back().blinded_msg);
    }
  }
  auto const done =
      submit(TokenRequest{a.open_hash, person, cast, token_request_digest(a.open_hash, person, cast, msgs)}, {person});
  if (done) experts[person] = std::move(state);
  return done;
}

Result<void> Meeting::issue(TrusteeId trustee, PersonId person) {
  Attempt const& a = attempt();
  TrusteeKeys const& keys = trustee_keys.at({a.open.batch, a.open.attempt, trustee});
  std::uint32_t const cast = a.cast_of(person);
  ExpertState& state = experts[person];
  BlindSigs sigs;
  for (auto const& [q, token] : state.tokens) {
    sigs[q] = must(blind_rsa::blind_sign(*keys.token_keys.at(q), token.blindings.at(trustee).blinded_msg));
  }
  auto const done = submit(
      TokensIssued{a.open_hash, trustee, person, cast, tokens_issued_digest(a.open_hash, trustee, person, cast, sigs)},
      {record.slots().at(trustee)});
  if (done) state.issued[trustee] = std::move(sigs);
  return done;
}

void Meeting::all_tokens(PersonId person) {
  must(request(person));
  for (TrusteeId t = 0; t < record.slots().size(); ++t) must(issue(t, person));
}

Result<void> Meeting::cast(PersonId person, std::map<QuestionId, Choice> const& choices) {
  Attempt const& a = attempt();
  ExpertState& state = experts.at(person);
  state.seed = Secret(crypto::onion::kSeedBytes);
  randombytes_buf(state.seed.data(), state.seed.size());
  std::vector<MixPublicKey> mix_keys;
  for (BatchKeys const& keys : a.keys) mix_keys.push_back(keys.mix_key);
  for (auto& [q, token] : state.tokens) {
    BallotContext const& context = record.ballot_context(q);
    if (token.tokens.empty()) {
      Bytes const prepared =
          blind_rsa::prepare(token.prefix.view(), token_message(context.ctx, token.sk_v.public_key()));
      std::vector<Bytes> tokens;
      for (TrusteeId hop = 0; hop < a.holders.size(); ++hop) {
        auto made = blind_rsa::finalize(context.token_keys[hop], blind_rsa::Variant::kPssRandomized, prepared,
                                        state.issued.at(hop).at(q), token.blindings[hop].inv);
        if (!made) return made.error();
        tokens.push_back(std::move(*made));
      }
      token.tokens = std::move(tokens);
    }
    auto const chosen = choices.find(q);
    Choice const nothing = context.shape.abstain_allowed ? Choice::kAbstain : Choice::kAgree;
    Choice const choice = chosen == choices.end() ? nothing : chosen->second;
    OpenableBallot made = must(make_openable_ballot(context, token.sk_v, token.prefix, token.tokens, choice));
    Bytes ballot = made.bytes;
    state.kept[q] = {choice, std::move(made.r), std::move(made.bytes)};
    state.ballots[q] = ballot;
    if (tamper_ballot) tamper_ballot(person, q, ballot);
    Bytes onion = must(crypto::onion::wrap(mix_keys, state.seed, context.ctx, ballot));
    if (tamper_onion) tamper_onion(person, q, onion);
    state.onions[q] = std::move(onion);
  }
  std::uint32_t const cast = a.cast_of(person);
  return submit(EnvelopeCast{a.open_hash, person, cast, envelope_digest(a.open_hash, person, cast, state.onions)},
                {person});
}

Result<void> Meeting::spoil(PersonId person, PersonId supervisor) {
  EnvelopeSpoil body{batch_open(), person, attempt().cast_of(person), {}, supervisor};
  for (auto const& [q, token] : experts.at(person).tokens) body.spent[q] = token.sk_v.public_key();
  return submit(body, {person, supervisor});
}

Result<void> Meeting::spoil_by(PersonId person, std::vector<PersonId> const& signers) {
  return submit(EnvelopeSpoil{batch_open(), person, attempt().cast_of(person), {}, 0}, signers);
}

Result<void> Meeting::check_result(PersonId person, CheckVerdict verdict, std::vector<PersonId> const& signers) {
  return submit(CheckResult{batch_open(), person, attempt().cast_of(person) - 1, verdict}, signers);
}

Result<void> Meeting::close_batch() {
  auto const draft = record.draft_batch_close();
  if (!draft) return draft.error();
  return submit(*draft, office());
}

Result<void> Meeting::close_issuance(TrusteeId trustee) {
  Attempt const& a = attempt();
  return submit(IssuanceClosed{a.open_hash, trustee, a.issued.at(trustee)}, {record.slots().at(trustee)});
}

Result<void> Meeting::mix(TrusteeId trustee) {
  Attempt const& a = attempt();
  TrusteeKeys const& keys = trustee_keys.at({a.open.batch, a.open.attempt, trustee});
  MixStep step{a.open_hash, trustee, {}, {}};
  MixItems out;
  for (QuestionId const q : a.live()) {
    std::vector<Bytes> in;
    if (trustee != 0) {
      in = items.at(q);
    } else {
      for (auto const& [person, envelope] : a.counted) {
        if (!a.recused(person, q)) in.push_back(experts.at(person).onions.at(q));
      }
    }
    std::vector<Bytes>& peeled = out[q];
    for (Bytes const& onion : in) {
      if (auto inner = crypto::onion::peel(keys.mix_key, trustee, record.ballot_context(q).ctx, onion)) {
        peeled.push_back(std::move(*inner));
      }
    }
    shuffle(peeled);
    step.counts[q] = {static_cast<std::uint32_t>(in.size()), static_cast<std::uint32_t>(peeled.size())};
  }
  if (tamper_mix) tamper_mix(trustee, out);
  Bytes new_salt(32);
  randombytes_buf(new_salt.data(), new_salt.size());
  step.output_hash = mix_output_hash(a.open_hash, trustee, new_salt, out);
  auto const done = submit(step, {record.slots().at(trustee)});
  if (done) {
    items = std::move(out);
    salt = std::move(new_salt);
  }
  return done;
}

BallotBox Meeting::make_box() const {
  Attempt const& a = attempt();
  BallotBox out{a.open_hash, {}};
  std::set<SigningPublicKey> keys;
  std::set<elgamal::Ciphertext> ciphertexts;
  for (QuestionId const q : a.live()) {
    QuestionBox& box = out.boxes[q];
    std::vector<Bytes> sorted = items.at(q);
    std::ranges::sort(sorted);
    for (Bytes const& bytes : sorted) {
      if (auto const bad = check_ballot(record.ballot_context(q), bytes)) {
        ++box.refused[static_cast<std::uint32_t>(bad->code)];
        continue;
      }
      BallotView const ballot = must(parse_ballot(a.shape, bytes));
      if (record.ballot_spent(ballot.pk_v)) {
        ++box.refused[static_cast<std::uint32_t>(Refusal::kBallotSpent)];
        continue;
      }
      if (record.ballot_seen(ballot.pk_v, ballot.vote) || !keys.insert(ballot.pk_v).second ||
          !ciphertexts.insert(ballot.vote).second) {
        ++box.refused[static_cast<std::uint32_t>(Refusal::kBallotDuplicate)];
        continue;
      }
      box.ballots.push_back(bytes);
    }
  }
  return out;
}

Result<void> Meeting::box() { return submit(make_box(), {kServer}); }

Confirm Meeting::make_confirm(PersonId person) const {
  Attempt const& a = attempt();
  Confirm out{a.open_hash, person, a.box_hash, {}};
  for (QuestionId const q : a.live_questions_of(person)) {
    if (!a.counted.contains(person)) {
      out.rows[q] = ConfirmVerdict::kNotCast;
      continue;
    }
    auto const& ballots = a.box->boxes.at(q).ballots;
    bool const there = std::ranges::find(ballots, experts.at(person).ballots.at(q)) != ballots.end();
    out.rows[q] = there ? ConfirmVerdict::kOk : ConfirmVerdict::kMissing;
  }
  return out;
}

Result<void> Meeting::confirm(PersonId person) { return submit(make_confirm(person), {person}); }

Result<void> Meeting::override_people(std::map<PersonId, bool> named) {
  return submit(Override{batch_open(), attempt().box_hash, std::move(named), "电脑无响应"}, office());
}

TallyShare Meeting::make_share(TrusteeId trustee) {
  Attempt const& a = attempt();
  TrusteeKeys const& keys = trustee_keys.at({a.open.batch, a.open.attempt, trustee});
  TallyShare out{a.open_hash, trustee, a.box_hash, {}};
  for (QuestionId const q : a.live()) {
    out.shares[q] = must(elgamal::make_tally_share(keys.tally_key, a.sums.at(q).a,
                                                   dleq_binding(record.ballot_context(q).ctx, a.box_hash, trustee)));
  }
  return out;
}

Result<void> Meeting::share(TrusteeId trustee) { return submit(make_share(trustee), {record.slots().at(trustee)}); }

Result<void> Meeting::declare() {
  auto const draft = record.draft_declaration();
  if (!draft) return draft.error();
  return submit(*draft, office());
}

Result<void> Meeting::erase(TrusteeId trustee) {
  return submit(Erased{batch_open(), trustee}, {record.slots().at(trustee)});
}

Result<void> Meeting::void_questions(std::vector<QuestionId> questions) {
  bool const opened = !attempt().shares.empty();
  return submit(Void{batch_open(), std::move(questions), "程序原因"}, opened ? committee() : office());
}

Result<void> Meeting::paper_tally(std::map<QuestionId, PaperRow> rows) {
  return submit(PaperTally{batch_open(), std::move(rows)}, office());
}

// ---- A batch, by stages -------------------------------------------------------------------------------------------

void Meeting::run_batch(BatchId batch, Votes const& votes, Stage stage) {
  all_keys(batch);
  if (stage == Stage::kKeys) return;
  must(open(batch));
  continue_batch(votes, Stage::kOpen, stage);
}

void Meeting::continue_batch(Votes const& votes, Stage from, Stage stage) {
  auto due = [&](Stage step) { return from < step && step <= stage; };
  std::vector<TrusteeId> hops;
  for (TrusteeId t = 0; t < attempt().holders.size(); ++t) hops.push_back(t);
  if (due(Stage::kTokens)) {
    for (auto const& [person, choices] : votes) all_tokens(person);
  }
  if (due(Stage::kCast)) {
    for (auto const& [person, choices] : votes) must(cast(person, choices));
  }
  if (due(Stage::kClosed)) must(close_batch());
  if (due(Stage::kIssuanceClosed)) {
    for (TrusteeId const trustee : hops) must(close_issuance(trustee));
  }
  if (due(Stage::kMixed)) {
    for (TrusteeId const trustee : hops) must(mix(trustee));
  }
  if (due(Stage::kBox)) must(box());
  if (due(Stage::kConfirmed)) {
    for (PersonId const person : attempt().entitled()) must(confirm(person));
  }
  if (due(Stage::kCounted)) {
    for (TrusteeId const trustee : hops) must(share(trustee));
  }
  if (due(Stage::kDeclared)) must(declare());
  if (due(Stage::kErased)) {
    for (TrusteeId const trustee : hops) must(erase(trustee));
  }
}

Votes Meeting::votes(BatchId batch, std::uint32_t agree, std::uint32_t disagree, std::uint32_t abstain) const {
  Votes out;
  for (QuestionId const q : manifest.batches.at(batch - 1).candidates) {
    std::uint32_t given = 0;
    for (PersonId const person : record.experts_present()) {
      auto const recusals = record.recusals().find(person);
      if (recusals != record.recusals().end() && recusals->second.contains(q)) continue;
      if (given == agree + disagree + abstain) break;
      out[person][q] = given < agree ? Choice::kAgree : given < agree + disagree ? Choice::kDisagree : Choice::kAbstain;
      ++given;
    }
  }
  return out;
}

// ---- Witnesses and the record file --------------------------------------------------------------------------------

log::Checkpoint Meeting::checkpoint() const { return {manifest.origin(), record.size(), record.tree().root()}; }

std::string Meeting::note() const { return log::sign_checkpoint(checkpoint(), people.at(kServer).witness); }

void Meeting::witness() {
  Witnessed& here = checkpoints[record.size()];
  here.note = note();
  here.cosignatures.clear();
  for (PersonId const person : record.signed_in()) {
    here.cosignatures.push_back(log::cosign(checkpoint(), person, time_s_++, people.at(person).witness));
    must(seen.add(record, here.cosignatures.back()));
  }
}

std::vector<RecordItem> Meeting::record_items() {
  if (!checkpoints.contains(record.size())) witness();
  std::vector<RecordItem> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out.emplace_back(entries[i]);
    auto const at = checkpoints.find(i + 1);
    if (at == checkpoints.end()) continue;
    out.emplace_back(at->second.note);
    for (log::Cosignature const& cosignature : at->second.cosignatures) out.emplace_back(cosignature);
  }
  return out;
}

std::string Meeting::record_file(std::function<void(std::vector<RecordItem>&)> const& tamper) {
  std::vector<RecordItem> items_of_file = record_items();
  if (tamper) tamper(items_of_file);
  return write_items(items_of_file);
}

std::string write_items(std::vector<RecordItem> const& items) {
  std::ostringstream out;
  RecordWriter writer(out);
  for (RecordItem const& item : items) writer.write(item);
  return std::move(out).str();
}

}  // namespace piaojue::test
