// SPDX-License-Identifier: Apache-2.0
#include "attack_fixture.h"

#include <sodium.h>

#include "base/state.h"
#include "crypto/onion.h"
#include "server/draft.h"

namespace piaojue::attack {

using meeting::BatchPhase;
using meeting::EntryType;

std::ostream& operator<<(std::ostream& out, Answer const& answer) {
  if (answer.refused) out << piaojue::name(*answer.refused);
  if (answer.accepted) out << "accepted at " << *answer.accepted;
  if (answer.pending) out << "pending";
  if (answer.closed) out << " closed";
  if (answer.silent) out << "no reply";
  return out;
}

Bytes flipped(Bytes bytes, std::size_t const at, std::uint8_t const mask) {
  bytes.at(at) ^= mask;
  return bytes;
}

AttackFixture::AttackFixture(Plan plan, std::uint64_t const seed)
    : randomness(seed),
      keys(seed),
      setup(std::move(plan)),
      server_key(crypto::SigningKey::generate()),
      checkpoint_key(crypto::SigningKey::generate()),
      server_box(crypto::BoxKey::generate()),
      seal_key(Secret::random(crypto::kSealKeyBytes)) {
  meeting::Manifest& m = manifest_;
  m.meeting_id.fill(7);
  m.title = "评审会";
  m.date = "2026-11-22";
  m.server_key = server_key.public_key();
  m.checkpoint_key = checkpoint_key.public_key();
  m.server_box_key = server_box.public_key();
  auto const add = [&](std::uint32_t roles) {
    meeting::Person person;
    person.name = "人" + std::to_string(m.people.size() + 1);
    person.roles = roles;
    m.people.push_back(person);
    return static_cast<PersonId>(m.people.size());
  };
  add(meeting::kChair);
  for (std::uint32_t i = 0; i < setup.experts; ++i) experts.push_back(add(meeting::kExpert));
  clerk = add(meeting::kClerk);
  for (std::uint32_t i = 0; i < setup.supervisors; ++i) supervisors.push_back(add(meeting::kSupervisor));
  std::vector<PersonId> const seats = {0, chair, supervisor(), experts.front()};
  m.trustees.assign(seats.begin(), seats.begin() + setup.trustees);
  m.rehearsal = setup.trustees == 1;
  m.rules.recusal_mode = setup.mode;
  m.rules.abstain_allowed = setup.abstain;
  m.rules.quorum_numerator = 1;
  m.rules.quorum_denominator = 2;
  m.rules.max_unconfirmed = setup.max_unconfirmed;
  m.rules.protest_s = 5;
  m.committee_size = setup.committee != 0 ? setup.committee : std::max(meeting::kCommitteeMin, setup.experts | 1U);
  for (auto const questions : setup.batches) {
    meeting::Batch batch;
    batch.title = "批次";
    for (std::uint32_t i = 0; i < questions; ++i) {
      meeting::Candidate candidate;
      candidate.name = "申报人";
      candidate.level = "副高级";
      QuestionId const q = static_cast<QuestionId>(m.candidates.size()) + 1;
      candidate.channel = setup.exceptional.contains(q) ? meeting::Channel::kExceptional : meeting::Channel::kNormal;
      m.candidates.push_back(candidate);
      batch.candidates.push_back(q);
    }
    m.batches.push_back(batch);
  }
  store.commit(server::write_draft(m).value()).value();
  for (PersonId p = 1; p <= m.people.size(); ++p) {
    auto& person = people[p];
    person.id = p;
    person.roles = m.people[p - 1].roles;
    person.code = new_slip(p);
  }
  EXPECT_TRUE(restart());
}

AttackFixture::~AttackFixture() = default;

meeting::SlipBits AttackFixture::new_slip(PersonId const person) {
  meeting::SlipBits bits{};
  randombytes_buf(bits.data(), bits.size());
  store::Writes writes;
  server::write_slip(writes, seal_key, person, meeting::enrol_key(bits, manifest_.meeting_id, person));
  store.commit(writes).value();
  return bits;
}

bool AttackFixture::restart() {
  server::Config config{.server_key = crypto::SigningKey::from_seed(server_key.seed()).value(),
                        .checkpoint_key = crypto::SigningKey::from_seed(checkpoint_key.seed()).value(),
                        .box_key = crypto::BoxKey::from_secret(server_box.secret().clone()).value(),
                        .seal_key = seal_key.clone(),
                        .token_keys = keys.source(),
                        .issue_certificate = [](ByteView const csr, PersonId) -> Result<server::IssuedCertificate> {
                          return server::IssuedCertificate{"certificate", "authority", crypto::sha256({csr})};
                        },
                        .slip_of = [this](PersonId const person) { return store.slip(person); },
                        .now_ms = [this] { return now_ms; },
                        .stop_asked = stop_asked,
                        .parallel = {},
                        .limits = setup.limits,
                        .lookahead = 1};
  core.reset();
  open_.clear();
  auto recovered = server::Core::recover(std::move(config), store.load().value());
  if (!recovered) return false;
  core = std::move(*recovered);
  settle();
  for (auto& [id, person] : people) {
    if (!person.identity) continue;
    person.session = connect(person.spki);
    send(person.session, client::wire::hello(next_request(), record().size()));
  }
  return true;
}

server::SessionId AttackFixture::connect(std::optional<Hash> const& spki, std::string const& address) {
  auto const id = ++sessions_;
  open_.insert(id);
  auto& exporter = exporters_[id];
  randombytes_buf(exporter.data.data(), exporter.data.size());
  core->open(id, {spki, address, exporter, spki_});
  settle();
  return id;
}

Answer AttackFixture::enrol(server::SessionId const session, PersonId const person, Claim const& claim,
                            meeting::SlipBits const& code) {
  auto const started = send(session, client::wire::enrol_start(next_request(), 0, person));
  if (!started.message || !std::holds_alternative<client::wire::EnrolProof>(started.message->what)) return started;
  meeting::DeviceKeys const own{claim.identity.public_key(), claim.witness.public_key(), claim.box.public_key()};
  auto const sent = claim.other.value_or(own);
  auto const possession = claim.identity.sign(
      {meeting::possession_input(manifest_.meeting_id, claim.possession_of != 0 ? claim.possession_of : person,
                                 sent.identity_key, sent.witness_key, sent.box_key)});
  auto const key = meeting::enrol_key(code, manifest_.meeting_id, person);
  auto const proof = meeting::client_proof(key, exporters_.at(session), as_bytes(claim.csr), sent);
  return send(session, client::wire::enrol_keys(next_request(), as_bytes(claim.csr), sent, possession, proof));
}

Secret AttackFixture::attempt_key(meeting::HalfOf const& of) const {
  return crypto::combine_keys(seal_key, held.at({trustee_person(1), of}));
}

trustee::AttemptKeys AttackFixture::server_keys(store::Contents const& contents, meeting::HalfOf const& of) const {
  Bytes row;
  append_u32be(row, static_cast<std::uint32_t>(trustee::StoreKind::kKeys));
  append_u32be(row, of.batch);
  append_u32be(row, of.attempt);
  auto const plain = crypto::unseal(attempt_key(of), contents[store::Table::kTrustee].at(row), row).value();
  state::Reader in(plain.view());
  EXPECT_EQ(in.u32(), 1U) << "one set of keys";
  return trustee::AttemptKeys::parse(Secret::copy_of(in.bytes())).value();
}

bool AttackFixture::settle() {
  while (core) {
    bool worked = false;
    if (!hold_jobs) {
      for (auto& job : core->take_jobs()) {
        job.run();
        core->finish_job(job.id);
        worked = true;
      }
    }
    while (core->has_group()) {
      auto const group = core->take_group();
      if (!group.writes.empty() && !store.commit(group.writes)) {
        // As the program does: nothing of the group leaves, and it ends.
        core.reset();
        open_.clear();
        return false;
      }
      for (auto const& write : group.writes.list) {
        if (!write.value.empty()) old_blocks.push_back(write);
      }
      deliver(group.outputs);
      if (!core) return false;
      worked = true;
    }
    for (auto& notice : core->take_notices()) notices.push_back(std::move(notice));
    if (!worked) return true;
  }
  return false;
}

void AttackFixture::deliver(std::vector<server::Output> const& outputs) {
  for (auto const& output : outputs) {
    if (std::holds_alternative<server::Close>(output.what)) {
      open_.erase(output.session);
      core->closed(output.session);
      continue;
    }
    auto const* frame = std::get_if<server::Frame>(&output.what);
    if (frame == nullptr) continue;  // a bound on frames, which the host keeps
    auto message = client::wire::parse(**frame);
    ASSERT_TRUE(message) << "the server sent what no client reads";
    if (message->id != 0) {
      replies_[output.session].push_back(std::move(*message));
      continue;
    }
    for (auto& [id, person] : people) {
      if (person.session != output.session) continue;
      if (auto const* relay = std::get_if<client::wire::Relay>(&message->what)) hold_for_server(person, *relay);
      person.inbox.push_back(*message);
    }
  }
}

/// What a trustee's laptop does with the server's half.
void AttackFixture::hold_for_server(Person const& holder, client::wire::Relay const& relay) {
  using meeting::RelayKind;
  if (relay.from != meeting::kServer || !holders_answer) return;
  if (relay.kind == RelayKind::kDeposit) {
    auto const deposit = meeting::parse_deposit(relay.body).value();
    meeting::DepositParties const parties{record().meeting(), meeting::kServer, holder.id};
    held.insert_or_assign({holder.id, deposit.of},
                          meeting::open_deposit(parties, server_key.public_key(), *holder.box, deposit).value());
    core->on_frame(holder.session, client::wire::relay(next_request(), meeting::kServer, RelayKind::kHeld,
                                                       meeting::encode_half_of(deposit.of)));
  } else if (relay.kind == RelayKind::kWithdraw) {
    meeting::ReturnedHalf back{meeting::parse_half_of(relay.body).value(), {}};
    if (auto const half = held.find({holder.id, back.of}); half != held.end()) {
      back.sealed = crypto::seal_to(server_box.public_key(), half->second.view()).value();
    }
    core->on_frame(holder.session, client::wire::relay(next_request(), meeting::kServer, RelayKind::kReturn,
                                                       meeting::encode_returned(back)));
  }
}

Answer AttackFixture::send(server::SessionId const session, ByteView const frame) {
  replies_.erase(session);
  core->on_frame(session, frame);
  settle();
  Answer answer;
  answer.closed = !open_.contains(session);
  auto const found = replies_.find(session);
  if (found == replies_.end() || found->second.empty()) return answer;
  answer.silent = false;
  answer.message = found->second.front();
  if (auto const* refused = std::get_if<client::wire::Refused>(&answer.message->what)) answer.refused = refused->code;
  if (auto const* accepted = std::get_if<client::wire::Accepted>(&answer.message->what))
    answer.accepted = accepted->index;
  answer.pending = std::holds_alternative<client::wire::Pending>(answer.message->what);
  return answer;
}

Bytes AttackFixture::entry(Body const& body, std::vector<PersonId> const& signers) const {
  auto const bytes = meeting::encode_body(body);
  auto const type = meeting::type_of(body);
  std::vector<meeting::EntrySignature> signatures;
  for (auto const p : signers) {
    signatures.push_back(
        meeting::sign_body(type, bytes, p, p == meeting::kServer ? server_key : *people.at(p).identity));
  }
  return meeting::encode_entry(type, bytes, std::move(signatures));
}

Answer AttackFixture::submit(PersonId const via, Bytes const& entry, Bytes const& payload) {
  return send(people.at(via).session, client::wire::submit(next_request(), entry, payload));
}

void AttackFixture::must(Body const& body, std::vector<PersonId> const& signers, Bytes const& payload) {
  auto const answer = submit(signers.front(), entry(body, signers), payload);
  ASSERT_TRUE(answer.accepted) << meeting::name(meeting::type_of(body)) << ": " << answer;
}

Result<void> AttackFixture::everybody(Bytes const& entry) const {
  meeting::Record copy = record();
  return copy.apply(entry);
}

log::Cosignature AttackFixture::cosignature_of(PersonId const person) const {
  log::Checkpoint const checkpoint{manifest_.origin(), record().size(), record().tree().root()};
  return log::cosign(checkpoint, person, posix_s, *people.at(person).witness);
}

void AttackFixture::cosign() {
  // All of one and the same tree: trustee 0 may go on in between.
  std::vector<log::Cosignature> all;
  for (auto const p : record().signed_in()) all.push_back(cosignature_of(p));
  for (auto const& one : all) {
    auto const answer = send(people.at(one.person).session, client::wire::cosign(next_request(), one));
    ASSERT_TRUE(answer.accepted) << answer;
  }
}

meeting::Witnesses AttackFixture::all_cosigned(meeting::Record const& log) const {
  meeting::Witnesses out;
  log::Checkpoint const checkpoint{manifest_.origin(), log.size(), log.tree().root()};
  for (auto const p : log.signed_in()) {
    EXPECT_TRUE(out.add(log, log::cosign(checkpoint, p, posix_s, *people.at(p).witness)));
  }
  return out;
}

std::vector<PersonId> AttackFixture::office() const {
  auto out = record().office(meeting::kNobody).present_supervisors;
  if (out.empty()) out.push_back(supervisor());
  out.insert(out.begin(), chair);
  return out;
}

std::vector<PersonId> AttackFixture::committee(PersonId const concerned) const {
  auto const body = record().committee(concerned);
  EXPECT_TRUE(body.exists());
  return {body.members.begin(), body.members.begin() + static_cast<std::ptrdiff_t>(body.needed)};
}

std::pair<Hash, std::size_t> AttackFixture::state() const {
  std::size_t rows = 0;
  for (auto const& table : store.contents().tables) rows += table.size();
  return {record().tree().root(), rows};
}

void AttackFixture::enrol_all() {
  for (auto& [id, person] : people) {
    Claim claim;
    claim.csr = "request of person " + std::to_string(id);
    auto const session = connect(std::nullopt);
    auto const answer = enrol(session, id, claim, person.code);
    ASSERT_TRUE(answer.message && std::holds_alternative<client::wire::Enrolled>(answer.message->what)) << answer;
    core->closed(session);
    auto& drafted = manifest_.people[id - 1];
    drafted.identity_key = claim.identity.public_key();
    drafted.witness_key = claim.witness.public_key();
    drafted.box_key = claim.box.public_key();
    drafted.possession = claim.identity.sign({meeting::possession_input(manifest_.meeting_id, id, *drafted.identity_key,
                                                                        *drafted.witness_key, *drafted.box_key)});
    person.spki = crypto::sha256({as_bytes(claim.csr)});
    person.identity = std::move(claim.identity);
    person.witness = std::move(claim.witness);
    person.box = std::move(claim.box);
    person.session = connect(person.spki);
    send(person.session, client::wire::hello(next_request(), 0));
  }
}

std::vector<PersonId> AttackFixture::openers() const {
  std::vector<PersonId> out = {clerk, chair};
  out.insert(out.end(), supervisors.begin(), supervisors.end());
  for (auto const p : manifest_.trustees) {
    if (p != meeting::kServer && std::ranges::find(out, p) == out.end()) out.push_back(p);
  }
  return out;
}

void AttackFixture::open_meeting() {
  enrol_all();
  must(manifest_, openers());
}

void AttackFixture::sign_in(std::vector<PersonId> const& who) {
  for (auto const p : who) must(meeting::SignIn{record().meeting(), p, record().presence(p).sequence}, {p});
}

void AttackFixture::sign_in_all() {
  std::vector<PersonId> all;
  for (auto const& [id, person] : people) all.push_back(id);
  sign_in(all);
}

void AttackFixture::publish_keys(BatchId const batch) {
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    auto generated = trustee::AttemptKeys::generate(batch, record().attempts(batch) + 1, record().undecided(batch),
                                                    2048, keys.source());
    ASSERT_TRUE(generated);
    trustee_keys_.insert_or_assign(t, std::move(*generated));
    must(trustee_keys_.at(t).body(record().meeting(), t), {trustee_person(t)});
  }
  settle();
}

meeting::BatchOpen AttackFixture::draft_open(BatchId const batch, bool const paper) const {
  return record().draft_batch_open(batch, paper, meeting::unwitnessed(record(), core->witnesses())).value();
}

void AttackFixture::open_batch(BatchId const batch) {
  publish_keys(batch);
  tokens.clear();
  ballots.clear();
  must(draft_open(batch), office());
  cosign();
}

AttackFixture::Tokens AttackFixture::blind(PersonId const expert) const {
  Tokens out;
  for (auto const q : attempt().questions_of(expert)) {
    crypto::TokenPrefix prefix;
    randombytes_buf(prefix.data.data(), prefix.data.size());
    Token token{crypto::SigningKey::generate(), prefix, {}, {}};
    auto const& context = record().ballot_context(q);
    auto const prepared =
        crypto::blind_rsa::prepare(prefix.view(), meeting::token_message(context.ctx, token.sk_v.public_key()));
    for (auto const& key : context.token_keys) {
      token.blindings.push_back(
          crypto::blind_rsa::blind(key, crypto::blind_rsa::Variant::kPssRandomized, prepared).value());
    }
    out.emplace(q, std::move(token));
  }
  return out;
}

meeting::BlindedMsgs AttackFixture::messages(Tokens const& tokens) {
  meeting::BlindedMsgs out;
  for (auto const& [q, token] : tokens) {
    for (auto const& blinding : token.blindings) out[q].push_back(blinding.blinded_msg);
  }
  return out;
}

Answer AttackFixture::request(PersonId const expert, Tokens fresh) {
  auto const msgs = messages(fresh);
  auto const& open = attempt().open_hash;
  auto const cast = attempt().cast_of(expert);
  meeting::TokenRequest const body{open, expert, cast, meeting::token_request_digest(open, expert, cast, msgs)};
  auto const answer = submit(expert, entry(body, {expert}), meeting::encode_token_payload(msgs));
  if (answer.accepted) tokens[expert] = std::move(fresh);
  return answer;
}

void AttackFixture::request(PersonId const expert) {
  auto const answer = request(expert, blind(expert));
  ASSERT_TRUE(answer.accepted) << answer;
}

void AttackFixture::issue(PersonId const expert) {
  auto const msgs = messages(tokens.at(expert));
  auto const cast = attempt().cast_of(expert);
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    auto const sigs = trustee::issue(record(), trustee_keys_.at(t), t, expert, msgs);
    ASSERT_TRUE(sigs) << piaojue::name(sigs.error());
    auto const& open = attempt().open_hash;
    must(meeting::TokensIssued{open, t, expert, cast, meeting::tokens_issued_digest(open, t, expert, cast, *sigs)},
         {trustee_person(t)}, meeting::encode_issued_payload(*sigs));
  }
}

void AttackFixture::collect(PersonId const expert) {
  // What was pushed to her, as her program would take it: in any order, the newest last.
  std::map<std::uint32_t, meeting::BlindSigs> by_hop;
  for (auto const& message : people.at(expert).inbox) {
    auto const* issued = std::get_if<client::wire::Issued>(&message.what);
    if (issued == nullptr) continue;
    auto const stored = store.contents()[store::Table::kEntry].at(store::key_of(issued->index));
    auto const logged = meeting::decode_entry(stored).value();
    auto const& body = std::get<meeting::TokensIssued>(logged.body);
    if (body.batch_open == attempt().open_hash && body.cast == attempt().cast_of(expert)) {
      by_hop[body.trustee] = issued->sigs;
    }
  }
  ASSERT_EQ(by_hop.size(), setup.trustees);
  for (auto& [q, token] : tokens.at(expert)) {
    auto const& context = record().ballot_context(q);
    auto const prepared =
        crypto::blind_rsa::prepare(token.prefix.view(), meeting::token_message(context.ctx, token.sk_v.public_key()));
    token.tokens.clear();
    for (std::size_t hop = 0; hop < context.token_keys.size(); ++hop) {
      auto const sig =
          crypto::blind_rsa::finalize(context.token_keys[hop], crypto::blind_rsa::Variant::kPssRandomized, prepared,
                                      by_hop.at(static_cast<std::uint32_t>(hop)).at(q), token.blindings[hop].inv);
      ASSERT_TRUE(sig) << piaojue::name(sig.error());
      token.tokens.push_back(*sig);
    }
  }
}

Bytes AttackFixture::ballot(PersonId const expert, QuestionId const q, Choice const choice) const {
  auto const& token = tokens.at(expert).at(q);
  return meeting::make_ballot(record().ballot_context(q), token.sk_v, token.prefix, token.tokens, choice).value();
}

std::vector<crypto::MixPublicKey> AttackFixture::mix_keys() const {
  std::vector<crypto::MixPublicKey> out;
  for (auto const& key : attempt().keys) out.push_back(key.mix_key);
  return out;
}

Bytes AttackFixture::wrap(QuestionId const q, ByteView const ballot) const {
  auto const seed = Secret::random(crypto::onion::kSeedBytes);
  return crypto::onion::wrap(mix_keys(), seed, meeting::context(attempt().open_hash, q), ballot).value();
}

Bytes AttackFixture::sealed_layer(QuestionId const q, ByteView const inner, TrusteeId const hop) const {
  Bytes plain = to_bytes(meeting::context(attempt().open_hash, q).view());
  append_u32be(plain, hop);
  piaojue::append(plain, inner);
  Bytes sealed(plain.size() + crypto_box_SEALBYTES);
  EXPECT_EQ(crypto_box_seal(sealed.data(), plain.data(), plain.size(), attempt().keys[hop].mix_key.data.data()), 0);
  return sealed;
}

Bytes AttackFixture::sealed_layers(QuestionId const q, ByteView const ballot, TrusteeId const first) const {
  auto out = to_bytes(ballot);
  for (TrusteeId hop = setup.trustees; hop-- > first;) out = sealed_layer(q, out, hop);
  return out;
}

Bytes AttackFixture::envelope(PersonId const expert, meeting::Onions const& onions) const {
  auto const& open = attempt().open_hash;
  auto const cast = attempt().cast_of(expert);
  meeting::EnvelopeCast const body{open, expert, cast, meeting::envelope_digest(open, expert, cast, onions)};
  return entry(body, {expert});
}

Answer AttackFixture::cast_onions(PersonId const expert, meeting::Onions const& onions) {
  return submit(expert, envelope(expert, onions), meeting::encode_envelope_payload(onions));
}

void AttackFixture::cast(PersonId const expert, Choice const choice) {
  meeting::Onions onions;
  for (auto const q : attempt().questions_of(expert)) {
    ballots[expert][q] = ballot(expert, q, choice);
    onions[q] = wrap(q, ballots[expert][q]);
  }
  auto const answer = cast_onions(expert, onions);
  ASSERT_TRUE(answer.accepted) << answer;
}

void AttackFixture::vote_all(std::vector<Choice> const& choices) {
  std::size_t i = 0;
  for (auto const p : present()) {
    if (attempt().envelopes().contains(p)) continue;
    if (!tokens.contains(p)) {
      request(p);
      issue(p);
      collect(p);
    }
    cast(p, choices[i++ % choices.size()]);
  }
}

void AttackFixture::close() {
  must(record().draft_batch_close().value(), office());
  settle();
}

void AttackFixture::issuance_closed() {
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    must(meeting::IssuanceClosed{attempt().open_hash, t, attempt().issued.at(t)}, {trustee_person(t)});
  }
  settle();
}

client::wire::MixWork AttackFixture::mix_input(TrusteeId const trustee) const {
  auto const& inbox = people.at(trustee_person(trustee)).inbox;
  for (auto it = inbox.rbegin(); it != inbox.rend(); ++it) {
    auto const* work = std::get_if<client::wire::MixWork>(&it->what);
    if (work != nullptr && work->batch_open == attempt().open_hash) return *work;
  }
  ADD_FAILURE() << "no mix input for trustee " << trustee;
  return {};
}

Answer AttackFixture::submit_mix(TrusteeId const trustee, trustee::MixResult const& result) {
  return submit(trustee_person(trustee), entry(result.step, {trustee_person(trustee)}),
                meeting::encode_mix_payload(result.salt, result.items));
}

void AttackFixture::mix() {
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    auto const input = mix_input(t);
    auto const result = trustee::mix(record(), trustee_keys_.at(t), t, input.before.items, input.before.salt);
    ASSERT_TRUE(result) << piaojue::name(result.error());
    auto const answer = submit_mix(t, *result);
    ASSERT_TRUE(answer.accepted) << answer;
  }
  settle();
  ASSERT_EQ(attempt().phase, BatchPhase::kConfirming);
  cosign();
}

void AttackFixture::to_box(std::vector<Choice> const& choices) {
  vote_all(choices);
  close();
  issuance_closed();
  mix();
}

bool AttackFixture::finds(PersonId const expert, QuestionId const q) const {
  auto const& box = attempt().box->boxes.at(q).ballots;
  return std::ranges::binary_search(box, ballots.at(expert).at(q));
}

meeting::Confirm AttackFixture::make_confirm(PersonId const expert) const {
  meeting::Confirm body{attempt().open_hash, expert, attempt().box_hash, {}};
  for (auto const q : attempt().live_questions_of(expert)) {
    body.rows[q] = !attempt().counted.contains(expert) ? meeting::ConfirmVerdict::kNotCast
                   : finds(expert, q)                  ? meeting::ConfirmVerdict::kOk
                                                       : meeting::ConfirmVerdict::kMissing;
  }
  return body;
}

Answer AttackFixture::confirm(PersonId const expert) { return submit(expert, entry(make_confirm(expert), {expert})); }

Answer AttackFixture::confirm(PersonId const expert, meeting::ConfirmVerdict const verdict) {
  meeting::Confirm body{attempt().open_hash, expert, attempt().box_hash, {}};
  for (auto const q : attempt().live_questions_of(expert)) body.rows[q] = verdict;
  return submit(expert, entry(body, {expert}));
}

void AttackFixture::confirm_all() {
  for (auto const p : attempt().unconfirmed()) {
    if (attempt().confirms.contains(p)) continue;
    auto const answer = confirm(p);
    ASSERT_TRUE(answer.accepted) << answer;
  }
}

meeting::Override AttackFixture::override_of(std::map<PersonId, bool> named, std::string reason) const {
  return {attempt().open_hash, attempt().box_hash, std::move(named), std::move(reason)};
}

void AttackFixture::wait_ms(std::uint64_t const ms) {
  now_ms += ms;
  core->look_again();
  settle();
}

Answer AttackFixture::share(TrusteeId const trustee) {
  auto const body = trustee::make_share(record(), trustee_keys_.at(trustee), trustee);
  if (!body) {
    Answer answer;
    answer.refused = body.error();
    return answer;
  }
  return submit(trustee_person(trustee), entry(*body, {trustee_person(trustee)}));
}

void AttackFixture::share_all() {
  settle();
  if (attempt().override_index) wait_ms(manifest_.rules.protest_s * 1000);
  ASSERT_TRUE(attempt().shares.contains(0)) << "trustee 0 gives its share first";
  cosign();
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    if (attempt().shares.contains(t)) continue;
    auto const answer = share(t);
    ASSERT_TRUE(answer.accepted) << answer;
  }
  settle();
  ASSERT_EQ(attempt().phase, BatchPhase::kCounted);
}

void AttackFixture::declare() {
  must(record().draft_declaration().value(), office());
  cosign();
}

void AttackFixture::erase() {
  settle();
  for (TrusteeId t = 1; t < setup.trustees; ++t) {
    if (!attempt().erased.contains(t)) must(meeting::Erased{attempt().open_hash, t}, {trustee_person(t)});
  }
}

void AttackFixture::close_meeting() {
  auto const unwitnessed = meeting::unwitnessed(record(), core->witnesses());
  must(record().draft_meeting_close(unwitnessed).value(), office());
  cosign();
}

void AttackFixture::finish() {
  confirm_all();
  share_all();
  declare();
  ASSERT_EQ(attempt().phase, BatchPhase::kDeclared);
}

}  // namespace piaojue::attack
