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

Secret fixed_seal_key() {
  Bytes bytes(crypto::kSealKeyBytes, 7);
  return Secret::copy_of(bytes);
}

}  // namespace

Refusal refusal(v2::ServerFrame const& frame) {
  if (!frame.has_refused()) throw std::logic_error("not refused: " + frame.ShortDebugString().substr(0, 200));
  return static_cast<Refusal>(frame.refused().code());
}

ServerFixture::ServerFixture(MeetingOptions options) : meeting(std::move(options)) {
  meeting.witnessed = false;
  auto writes = must(write_draft(meeting.manifest));
  for (PersonId p = 1; p <= meeting.manifest.people.size(); ++p) {
    codes[p] = new_enrolment_code();
    write_code(writes, p, codes[p]);
  }
  must(store.commit(writes));
  restart();
}

Config ServerFixture::config() {
  return Config{.server_key = must(crypto::SigningKey::from_seed(meeting.people.at(0).identity.seed())),
                .checkpoint_key = must(crypto::SigningKey::from_seed(meeting.people.at(0).witness.seed())),
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
                .codes = [this](PersonId person) { return store.codes(person); },
                .now_ms = [this] { return now_ms; },
                .parallel = {},
                .limits = limits,
                .lookahead = 1};
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
      auto const group = core->take_group();
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
    v2::ServerFrame frame;
    auto const& bytes = *std::get<Frame>(output.what);
    if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw std::logic_error("no ServerFrame");
    if (frame.has_log()) mirror(frame.log());
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

SessionId ServerFixture::connect(std::optional<Hash> const& spki) {
  core->open(++last_session, spki);
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
  core->on_frame(session, as_bytes(encode(frame)));
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

v2::ClientFrame ServerFixture::enrol_frame(PersonId person, std::uint32_t number) const {
  v2::ClientFrame frame;
  auto& enrol = *frame.mutable_enrol();
  auto const& keys = meeting.people.at(person);
  auto const& ik = keys.identity.public_key();
  auto const& wk = keys.witness.public_key();
  enrol.set_code(codes.at(person));
  enrol.set_identity_key(text(ik.view()));
  enrol.set_witness_key(text(wk.view()));
  enrol.set_possession(
      text(keys.identity.sign({possession_input(meeting.manifest.meeting_id, person, ik, wk)}).view()));
  enrol.set_csr("csr " + std::to_string(person) + "/" + std::to_string(number));
  enrol.set_person(person);
  return frame;
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
  if (!submit(meeting.clerk(), opening).has_pending()) throw std::logic_error("MeetingOpen is not pending");
  for (auto const p : meeting.supervisors()) ask(p, countersign_frame(opening, p));
  if (!ask(meeting.chair(), countersign_frame(opening, meeting.chair())).has_accepted()) {
    throw std::logic_error("MeetingOpen is not accepted");
  }
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
  auto const& trustees = meeting.manifest.trustees;
  for (TrusteeId t = 1; t < trustees.size(); ++t) take(trustees[t], meeting.make_keys(batch, t));
  settle();
  take(meeting.chair(), must(meeting.record.draft_batch_open(batch, false)));
  cosign_all();
}

ServerFixture::Made ServerFixture::token_request(PersonId person) { return token_request(person, {}); }

ServerFixture::Made ServerFixture::token_request(PersonId person,
                                                 std::function<void(v2::TokenPayload&)> const& tamper) {
  // The fixture draws tokens and blinds them; its own record takes the entry first, so it works on a copy.
  auto const record = meeting.record;
  auto const entries = meeting.entries;
  must(meeting.request(person));
  Made made;
  made.entry = meeting.entries.back();
  meeting.record = record;
  meeting.entries = entries;
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

void ServerFixture::tokens(PersonId person) {
  auto const request = token_request(person);
  if (!submit(person, request.entry, request.payload).has_accepted()) throw std::logic_error("request not accepted");
  settle();
  auto const& trustees = meeting.manifest.trustees;
  for (TrusteeId t = 1; t < trustees.size(); ++t) {
    auto const record = meeting.record;
    auto const entries = meeting.entries;
    must(meeting.issue(t, person));
    auto const entry = meeting.entries.back();
    meeting.record = record;
    meeting.entries = entries;
    v2::IssuedPayload payload;
    for (auto const& [q, sig] : meeting.experts.at(person).issued.at(t)) {
      auto& question = *payload.add_questions();
      question.set_question(q);
      question.set_blind_sig(text(sig));
    }
    if (!submit(trustees[t], entry, as_bytes(encode(payload))).has_accepted()) {
      throw std::logic_error("issue not accepted");
    }
  }
  for (auto const& push : pushes(sessions.at(person), v2::ServerFrame::kIssued)) {
    auto const entry = must(decode_entry(meeting.entries.at(push.issued().index())));
    auto const& body = std::get<TokensIssued>(entry.body);
    if (body.batch_open != meeting.batch_open() || body.person != person) continue;
    v2::IssuedPayload payload;
    payload.ParseFromString(push.issued().payload());
    for (auto const& question : payload.questions()) {
      meeting.experts.at(person).issued[body.trustee][question.question()] = to_bytes(as_bytes(question.blind_sig()));
    }
  }
}

ServerFixture::Made ServerFixture::envelope(PersonId person, std::function<void(Onions&)> const& tamper) {
  auto const record = meeting.record;
  auto const entries = meeting.entries;
  must(meeting.cast(person, {}));
  auto const cast = std::get<EnvelopeCast>(must(decode_entry(meeting.entries.back())).body);
  meeting.record = record;
  meeting.entries = entries;
  auto onions = meeting.experts.at(person).onions;
  if (tamper) tamper(onions);
  EnvelopeCast const body{cast.batch_open, person, cast.sequence,
                          envelope_digest(cast.batch_open, person, cast.sequence, onions)};
  v2::EnvelopePayload payload;
  for (auto const& [q, onion] : onions) {
    auto& out = *payload.add_onions();
    out.set_question(q);
    out.set_onion(text(onion));
  }
  return {meeting.signed_by(body, {person}), to_bytes(as_bytes(encode(payload)))};
}

void ServerFixture::cast(PersonId person) {
  auto const made = envelope(person);
  if (!submit(person, made.entry, made.payload).has_accepted()) throw std::logic_error("envelope not accepted");
}

ServerFixture::Made ServerFixture::mix(TrusteeId trustee, std::function<void(v2::MixPayload&)> const& tamper) {
  auto const work = pushes(sessions.at(meeting.manifest.trustees.at(trustee)), v2::ServerFrame::kMixWork);
  v2::MixPayload input;
  input.ParseFromString(work.at(work.size() - 1).mix_work().payload());
  meeting.items.clear();
  for (auto const& question : input.questions()) {
    for (auto const& item : question.items()) {
      meeting.items[question.question()].push_back(to_bytes(as_bytes(item)));
    }
  }
  auto const record = meeting.record;
  auto const entries = meeting.entries;
  must(meeting.mix(trustee));
  Made made;
  made.entry = meeting.entries.back();
  meeting.record = record;
  meeting.entries = entries;
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

void ServerFixture::close_and_mix() {
  take(meeting.chair(), must(meeting.record.draft_batch_close()));
  auto const& trustees = meeting.manifest.trustees;
  for (TrusteeId t = 1; t < trustees.size(); ++t) {
    auto const record = meeting.record;
    auto const entries = meeting.entries;
    must(meeting.close_issuance(t));
    auto const entry = meeting.entries.back();
    meeting.record = record;
    meeting.entries = entries;
    if (!submit(trustees[t], entry).has_accepted()) throw std::logic_error("IssuanceClosed not accepted");
  }
  settle();
  for (TrusteeId t = 1; t < trustees.size(); ++t) {
    auto const made = mix(t);
    if (!submit(trustees[t], made.entry, made.payload).has_accepted()) throw std::logic_error("MixStep not accepted");
  }
  settle();
  cosign_all();
}

void ServerFixture::confirm_and_open() {
  for (auto const& [p, leaf] : meeting.attempt().counted) take(p, meeting.make_confirm(p));
  settle();
  auto const& trustees = meeting.manifest.trustees;
  for (TrusteeId t = 1; t < trustees.size(); ++t) take(trustees[t], meeting.make_share(t));
  settle();
}

void ServerFixture::declare() {
  auto const entry = meeting.signed_by(must(meeting.record.draft_declaration()), {meeting.chair()});
  auto answer = submit(meeting.chair(), entry);
  for (auto const p : meeting.supervisors()) {
    if (answer.has_pending()) answer = ask(p, countersign_frame(entry, p));
  }
  if (!answer.has_accepted()) throw std::logic_error("Declaration not accepted");
  settle();
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
