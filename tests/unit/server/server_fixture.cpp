// SPDX-License-Identifier: Apache-2.0
#include "server_fixture.h"

#include <sodium.h>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"

namespace piaojue::server::test {

using namespace piaojue::meeting;  // NOLINT: tests speak the room's words

namespace {

std::string encode(google::protobuf::MessageLite const& message) { return message.SerializeAsString(); }
std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

template <class T>
T must_from(std::string const& bytes) {
  auto const value = T::from(as_bytes(bytes));
  if (!value) throw std::logic_error("another length");
  return *value;
}

Secret fixed_seal_key() {
  Bytes bytes(crypto::kSealKeyBytes, 7);
  return Secret::copy_of(bytes);
}

}  // namespace

Refusal refusal(v2::ServerFrame const& frame) {
  if (!frame.has_refused()) throw std::logic_error("not refused: " + frame.ShortDebugString().substr(0, 200));
  return static_cast<Refusal>(frame.refused().code());
}

MeetingOptions small(std::uint32_t trustees) {
  MeetingOptions options;
  options.experts = 3;
  options.committee_size = 3;
  options.supervisors = 1;
  options.trustees = trustees;
  options.rules.max_unconfirmed = 1;
  options.rehearsal = true;
  return options;
}

ServerFixture::ServerFixture(MeetingOptions options) : meeting(std::move(options)) {
  meeting.witnessed = false;
  must(store.commit(must(write_draft(meeting.manifest))));
  for (PersonId p = 1; p <= meeting.manifest.people.size(); ++p) new_slip(p);
  restart();
}

void ServerFixture::new_slip(PersonId person) {
  auto& bits = codes[person];
  randombytes_buf(bits.data(), bits.size());
  Writes writes;
  write_slip(writes, fixed_seal_key(), person, enrol_key(bits, meeting.manifest.meeting_id, person));
  must(store.commit(writes));
}

Config ServerFixture::config() {
  return Config{.server_key = must(crypto::SigningKey::from_seed(meeting.people.at(0).identity.seed())),
                .checkpoint_key = must(crypto::SigningKey::from_seed(meeting.people.at(0).witness.seed())),
                .box_key = must(crypto::BoxKey::from_secret(meeting.people.at(0).box.secret().clone())),
                .seal_key = fixed_seal_key(),
                .token_keys = [this](std::uint32_t) -> Result<crypto::blind_rsa::PrivateKey> {
                  auto const primes = piaojue::test::pooled_token_key(next_key_++)->primes();
                  auto const half = primes.size() / 2;
                  return crypto::blind_rsa::PrivateKey::from_primes(primes.view().first(half),
                                                                    primes.view().subspan(half));
                },
                .issue_certificate = [](ByteView csr, PersonId) -> Result<IssuedCertificate> {
                  return IssuedCertificate{"certificate of " + text(csr), "authority", crypto::sha256({csr})};
                },
                .slip_of = [this](PersonId person) { return store.slip(person); },
                .now_ms = [this] { return now_ms; },
                .parallel = {},
                .limits = limits,
                .lookahead = 1,
                .meeting_number = meeting_number,
                .addresses = addresses};
}

void ServerFixture::restart() {
  core.reset();
  sessions.clear();
  core = must(Core::recover(config(), must(store.load())));
}

bool ServerFixture::settle() {
  for (;;) {
    bool idle = true;
    for (auto& job : core->take_jobs()) {
      job.run();
      core->finish_job(job.id);
      idle = false;
    }
    if (core->has_group()) {
      idle = false;
      auto const group = take_group ? take_group() : core->take_group();
      if (!group.writes.empty() && !store.commit(group.writes)) return false;
      deliver(group.outputs);
      if (after_group) after_group(group);
    }
    if (idle) return true;
  }
}

void ServerFixture::deliver(std::vector<Output> const& outputs) {
  for (auto const& output : outputs) {
    if (auto const* close = std::get_if<Close>(&output.what)) {
      closed[output.session] = *close;
      core->closed(output.session);
      continue;
    }
    if (auto const* limit = std::get_if<FrameLimit>(&output.what)) {
      frame_limits[output.session] = limit->bytes_max;
      continue;
    }
    v2::ServerFrame frame;
    auto const& bytes = *std::get<Frame>(output.what);
    if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw std::logic_error("no ServerFrame");
    if (frame.has_log()) mirror(frame.log());
    if (frame.has_relay()) answer_relay(output.session, frame.relay());
    inboxes[output.session].push_back(std::move(frame));
  }
}

void ServerFixture::mirror(v2::LogPush const& push) {
  auto index = push.first_index();
  for (auto const& entry : push.entries()) {
    Bytes const bytes = to_bytes(as_bytes(entry));
    if (index < meeting.entries.size()) {
      if (meeting.entries[index] != bytes) throw std::logic_error("two logs");
    } else {
      must(meeting.submit_bytes(bytes));
    }
    ++index;
  }
  if (push.checkpoint().empty()) return;
  auto const checkpoint =
      must(log::open_checkpoint(push.checkpoint(), meeting.manifest.origin(), meeting.manifest.checkpoint_key));
  if (checkpoint.size != index || checkpoint.root != meeting.record.tree().root(index)) {
    throw std::logic_error("a checkpoint of another tree");
  }
}

/// What a laptop of a trustee does with the server's half.
void ServerFixture::answer_relay(SessionId session, v2::RelayPush const& push) {
  auto const at = std::ranges::find(sessions, session, [](auto const& one) { return one.second; });
  if (push.from() != kServer || at == sessions.end() || !holders_answer) return;
  PersonId const person = at->first;
  auto const& box = meeting.people.at(person).box;
  auto const body = as_bytes(push.body());
  if (push.kind() == v2::RELAY_KIND_DEPOSIT) {
    auto const deposit = must(parse_deposit(body));
    auto half =
        must(open_deposit({meeting.record.meeting(), kServer, person}, meeting.manifest.server_key, box, deposit));
    held.insert_or_assign({person, deposit.of}, std::move(half));
    send(session, relay_frame(kServer, RelayKind::kHeld, encode_half_of(deposit.of)));
  } else if (push.kind() == v2::RELAY_KIND_WITHDRAW) {
    auto const of = must(parse_half_of(body));
    ReturnedHalf returned{of, {}};
    if (auto const half = held.find({person, of}); half != held.end()) {
      returned.sealed = must(crypto::seal_to(meeting.manifest.server_box_key, half->second.view()));
    }
    send(session, relay_frame(kServer, RelayKind::kReturn, encode_returned(returned)));
  }
}

v2::ClientFrame ServerFixture::relay_frame(PersonId to, RelayKind kind, ByteView body) {
  v2::ClientFrame frame;
  auto& relay = *frame.mutable_relay();
  relay.set_to(to);
  relay.set_kind(static_cast<v2::RelayKind>(kind));
  relay.set_body(text(body));
  return frame;
}

SessionId ServerFixture::connect(std::optional<Hash> const& spki, std::string const& address) {
  auto& exporter = exporters[++last_session];
  randombytes_buf(exporter.data.data(), exporter.data.size());
  core->open(last_session, {spki, address, exporter, server_spki});
  return last_session;
}

Hash ServerFixture::spki(PersonId person, std::uint32_t number) const {
  auto const csr = "csr " + std::to_string(person) + "/" + std::to_string(number);
  return crypto::sha256({as_bytes(csr)});
}

SessionId ServerFixture::hello(PersonId person, std::uint32_t number, std::uint64_t next_index) {
  auto const session = connect(spki(person, number));
  if (number == 0) sessions[person] = session;
  v2::ClientFrame frame;
  frame.mutable_hello()->set_next_index(next_index);
  if (!ask_on(session, frame).has_welcome()) throw std::logic_error("no welcome");
  return session;
}

void ServerFixture::send(SessionId session, v2::ClientFrame frame) {
  frame.set_id(++last_id);
  send_bytes(session, as_bytes(encode(frame)));
}

void ServerFixture::send_bytes(SessionId session, ByteView frame) {
  if (on_frame) return on_frame(session, frame);
  core->on_frame(session, frame);
}

v2::ServerFrame ServerFixture::ask_on(SessionId session, v2::ClientFrame frame) {
  send(session, std::move(frame));
  auto const id = last_id;
  if (!settle()) throw std::logic_error("the store failed");
  for (auto const& answer : inboxes[session]) {
    if (answer.id() == id) return answer;
  }
  throw std::logic_error("no answer");
}

std::vector<v2::ServerFrame> ServerFixture::pushes(SessionId session, v2::ServerFrame::BodyCase kind) {
  std::vector<v2::ServerFrame> out;
  for (auto const& frame : inboxes[session]) {
    if (frame.id() == 0 && frame.body_case() == kind) out.push_back(frame);
  }
  return out;
}

v2::ClientFrame ServerFixture::start_frame(PersonId person) {
  v2::ClientFrame frame;
  frame.mutable_enrol_start()->set_person(person);
  return frame;
}

v2::ClientFrame ServerFixture::keys_frame(SessionId session, PersonId person, std::uint32_t number,
                                          std::function<void(v2::EnrolKeys&)> const& tamper) const {
  auto const enrolled = meeting.enrolled({}, person);
  DeviceKeys const keys{*enrolled.identity_key, *enrolled.witness_key, *enrolled.box_key};
  auto const csr = "csr " + std::to_string(person) + "/" + std::to_string(number);
  v2::ClientFrame frame;
  auto& out = *frame.mutable_enrol_keys();
  out.set_csr(csr);
  out.set_identity_key(text(keys.identity_key.view()));
  out.set_witness_key(text(keys.witness_key.view()));
  out.set_box_key(text(keys.box_key.view()));
  out.set_possession(text(enrolled.possession->view()));
  if (tamper) tamper(out);
  DeviceKeys const sent{must_from<SigningPublicKey>(out.identity_key()), must_from<SigningPublicKey>(out.witness_key()),
                        must_from<BoxPublicKey>(out.box_key())};
  auto const key = enrol_key(codes.at(person), meeting.manifest.meeting_id, person);
  out.set_proof(text(client_proof(key, exporters.at(session), as_bytes(out.csr()), sent).view()));
  return frame;
}

v2::ServerFrame ServerFixture::enrol(PersonId person, std::uint32_t number,
                                     std::function<void(v2::EnrolKeys&)> const& tamper) {
  auto const session = connect(std::nullopt);
  auto const proof = ask_on(session, start_frame(person));
  if (!proof.has_enrol_proof()) return proof;
  auto const key = enrol_key(codes.at(person), meeting.manifest.meeting_id, person);
  if (as_bytes(proof.enrol_proof().proof()).size() != 32 ||
      proof.enrol_proof().proof() != text(server_proof(key, exporters.at(session), server_spki).view())) {
    throw std::logic_error("the server does not know the code");
  }
  auto answer = ask_on(session, keys_frame(session, person, number, tamper));
  core->closed(session);
  return answer;
}

v2::ClientFrame ServerFixture::submit_frame(ByteView entry, ByteView payload) {
  v2::ClientFrame frame;
  frame.mutable_submit()->set_entry(text(entry));
  frame.mutable_submit()->set_payload(text(payload));
  return frame;
}

void ServerFixture::take(PersonId person, Body const& body, ByteView payload) {
  auto const answer = submit(person, meeting.signed_by(body, {person}), payload);
  if (!answer.has_accepted()) throw std::logic_error("not accepted: " + answer.ShortDebugString().substr(0, 200));
}

v2::ServerFrame ServerFixture::submit_by(std::vector<PersonId> const& signers, Body const& body) {
  return submit(signers.front(), meeting.signed_by(body, signers));
}

void ServerFixture::take_by(std::vector<PersonId> const& signers, Body const& body) {
  auto const answer = submit_by(signers, body);
  if (!answer.has_accepted()) throw std::logic_error("not accepted: " + answer.ShortDebugString().substr(0, 200));
}

v2::ClientFrame ServerFixture::countersign_frame(Bytes const& entry, PersonId signer) const {
  auto const decoded = must(decode_entry(entry));
  v2::ClientFrame frame;
  auto& countersign = *frame.mutable_countersign();
  countersign.set_proposal(text(proposal_id(decoded.type(), decoded.body_bytes).view()));
  countersign.set_signer(signer);
  countersign.set_signature(
      text(sign_body(decoded.type(), decoded.body_bytes, signer, meeting.people.at(signer).identity).signature.view()));
  return frame;
}

v2::ClientFrame ServerFixture::cosign_frame(PersonId person, std::uint64_t size) const {
  auto const root = meeting.record.tree().root(size);
  auto const cosignature =
      log::cosign({meeting.manifest.origin(), size, root}, person, time_s_, meeting.people.at(person).witness);
  v2::ClientFrame frame;
  auto& out = *frame.mutable_cosign()->mutable_cosignature();
  out.set_tree_size(size);
  out.set_root(text(root.view()));
  out.set_person(person);
  out.set_time_s(time_s_);
  out.set_signature(text(cosignature.signature.view()));
  return frame;
}

std::vector<PersonId> ServerFixture::experts() const {
  std::vector<PersonId> out;
  for (PersonId p = 1; p <= meeting.options.experts; ++p) out.push_back(p);
  return out;
}

std::vector<PersonId> ServerFixture::people() const {
  std::vector<PersonId> out;
  for (PersonId p = 1; p < meeting.screen(); ++p) out.push_back(p);
  return out;
}

void ServerFixture::open_meeting() {
  auto const opening = meeting.signed_by(meeting.manifest, {meeting.clerk()});
  auto answer = submit(meeting.clerk(), opening);
  for (auto const p : meeting.openers()) {
    if (!answer.has_pending()) throw std::logic_error("MeetingOpen is not pending");
    if (p != meeting.clerk()) answer = ask(p, countersign_frame(opening, p));
  }
  if (!answer.has_accepted()) throw std::logic_error("MeetingOpen is not accepted");
}

void ServerFixture::enrol_all() {
  for (PersonId p = 1; p <= meeting.screen(); ++p) {
    if (!enrol(p).has_enrolled()) throw std::logic_error("not enrolled");
  }
}

void ServerFixture::begin() {
  enrol_all();
  for (auto const p : people()) hello(p);
  open_meeting();
  for (auto const p : people()) take(p, SignIn{meeting.record.meeting(), p, 0});
}

void ServerFixture::cosign_all() {
  auto const size = meeting.record.size();
  for (auto const p : people()) {
    if (!ask(p, cosign_frame(p, size)).has_accepted()) throw std::logic_error("not cosigned");
  }
}

void ServerFixture::open_batch(BatchId batch) {
  for (TrusteeId t = 1; t < meeting.record.slots().size(); ++t) {
    take(meeting.record.slots()[t], meeting.make_keys(batch, t));
  }
  settle();
  auto const accepted = unwitnessed(meeting.record, core->witnesses());
  take_by(meeting.office(), must(meeting.record.draft_batch_open(batch, false, accepted)));
  cosign_all();
}

Bytes ServerFixture::entry_of(std::function<Result<void>()> const& step) {
  auto const record = meeting.record;
  auto const entries = meeting.entries;
  must(step());
  auto const entry = meeting.entries.back();
  meeting.record = record;
  meeting.entries = entries;
  return entry;
}

ServerFixture::Made ServerFixture::token_request(PersonId person) { return token_request(person, {}); }

ServerFixture::Made ServerFixture::token_request(PersonId person,
                                                 std::function<void(v2::TokenPayload&)> const& tamper) {
  Made made;
  made.entry = entry_of([&] { return meeting.request(person); });
  v2::TokenPayload payload;
  for (auto const& [q, token] : meeting.experts.at(person).tokens) {
    auto& question = *payload.add_questions();
    question.set_question(q);
    for (auto const& blinding : token.blindings) question.add_blinded_msgs(text(blinding.blinded_msg));
  }
  if (tamper) tamper(payload);
  made.payload = to_bytes(as_bytes(encode(payload)));
  return made;
}

void ServerFixture::request(PersonId person) {
  auto const request = token_request(person);
  if (!submit(person, request.entry, request.payload).has_accepted()) throw std::logic_error("request not accepted");
  settle();
}

void ServerFixture::issue(TrusteeId trustee, PersonId person) {
  auto const entry = entry_of([&] { return meeting.issue(trustee, person); });
  v2::IssuedPayload payload;
  for (auto const& [q, sig] : meeting.experts.at(person).issued.at(trustee)) {
    auto& question = *payload.add_questions();
    question.set_question(q);
    question.set_blind_sig(text(sig));
  }
  if (!submit(meeting.record.slots()[trustee], entry, as_bytes(encode(payload))).has_accepted()) {
    throw std::logic_error("issue not accepted");
  }
}

/// Those of the current cast.
void ServerFixture::collect_answers(PersonId person) {
  for (auto const& push : pushes(sessions.at(person), v2::ServerFrame::kIssued)) {
    auto const entry = must(decode_entry(meeting.entries.at(push.issued().index())));
    auto const& body = std::get<TokensIssued>(entry.body);
    if (body.batch_open != meeting.batch_open() || body.person != person ||
        body.cast != meeting.attempt().cast_of(person)) {
      continue;
    }
    v2::IssuedPayload payload;
    payload.ParseFromString(push.issued().payload());
    for (auto const& question : payload.questions()) {
      meeting.experts.at(person).issued[body.trustee][question.question()] = to_bytes(as_bytes(question.blind_sig()));
    }
  }
}

void ServerFixture::tokens(PersonId person) {
  request(person);
  for (TrusteeId t = 1; t < meeting.record.slots().size(); ++t) issue(t, person);
  collect_answers(person);
}

ServerFixture::Made ServerFixture::envelope(PersonId person, std::function<void(Onions&)> const& tamper) {
  auto const entry = entry_of([&] { return meeting.cast(person, {}); });
  auto const cast = std::get<EnvelopeCast>(must(decode_entry(entry)).body);
  auto onions = meeting.experts.at(person).onions;
  if (tamper) tamper(onions);
  EnvelopeCast const body{cast.batch_open, person, cast.cast,
                          envelope_digest(cast.batch_open, person, cast.cast, onions)};
  return {meeting.signed_by(body, {person}), encode_envelope_payload(onions)};
}

void ServerFixture::cast(PersonId person) {
  auto const made = envelope(person);
  if (!submit(person, made.entry, made.payload).has_accepted()) throw std::logic_error("envelope not accepted");
}

EnvelopeSpoil ServerFixture::spoil(PersonId person, PersonId supervisor) const {
  EnvelopeSpoil body{meeting.batch_open(), person, meeting.attempt().cast_of(person), {}, supervisor};
  for (auto const& [q, token] : meeting.experts.at(person).tokens) body.spent[q] = token.sk_v.public_key();
  return body;
}

ServerFixture::Made ServerFixture::mix(TrusteeId trustee, std::function<void(v2::MixPayload&)> const& tamper) {
  auto const work = pushes(sessions.at(meeting.record.slots().at(trustee)), v2::ServerFrame::kMixWork);
  v2::MixPayload input;
  input.ParseFromString(work.at(work.size() - 1).mix_work().payload());
  meeting.items.clear();
  for (auto const& question : input.questions()) {
    for (auto const& item : question.items()) {
      meeting.items[question.question()].push_back(to_bytes(as_bytes(item)));
    }
  }
  Made made;
  made.entry = entry_of([&] { return meeting.mix(trustee); });
  v2::MixPayload payload;
  payload.set_salt(text(meeting.salt));
  for (auto const& [q, items] : meeting.items) {
    auto& question = *payload.add_questions();
    question.set_question(q);
    for (auto const& item : items) question.add_items(text(item));
  }
  if (tamper) tamper(payload);
  made.payload = to_bytes(as_bytes(encode(payload)));
  return made;
}

void ServerFixture::close_batch() {
  take_by(meeting.office(), must(meeting.record.draft_batch_close()));
  settle();
  for (TrusteeId t = 1; t < meeting.record.slots().size(); ++t) {
    auto const entry = entry_of([&] { return meeting.close_issuance(t); });
    if (!submit(meeting.record.slots()[t], entry).has_accepted()) {
      throw std::logic_error("IssuanceClosed not accepted");
    }
  }
  settle();
}

void ServerFixture::close_and_mix() {
  close_batch();
  for (TrusteeId t = 1; t < meeting.record.slots().size(); ++t) {
    auto const made = mix(t);
    if (!submit(meeting.record.slots()[t], made.entry, made.payload).has_accepted()) {
      throw std::logic_error("MixStep not accepted");
    }
  }
  settle();
  cosign_all();
}

void ServerFixture::confirm_and_open() {
  for (auto const p : meeting.attempt().entitled()) take(p, meeting.make_confirm(p));
  settle();
  cosign_all();  // trustee 0's share, before the others
  for (TrusteeId t = 1; t < meeting.record.slots().size(); ++t) {
    take(meeting.record.slots()[t], meeting.make_share(t));
  }
  settle();
}

void ServerFixture::declare() {
  take_by(meeting.office(), must(meeting.record.draft_declaration()));
  settle();
  cosign_all();
}

void ServerFixture::run_batch(BatchId batch) {
  open_batch(batch);
  for (auto const p : experts()) tokens(p);
  for (auto const p : experts()) cast(p);
  close_and_mix();
  confirm_and_open();
  declare();
}

}  // namespace piaojue::server::test
