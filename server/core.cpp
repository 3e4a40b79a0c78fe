// SPDX-License-Identifier: Apache-2.0
#include "server/core.h"

#include "protocol/meeting/codec.h"
#include "server/cosignatures.h"
#include "server/delivery.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/log_feed.h"
#include "server/mix_chain.h"
#include "server/proposals.h"
#include "server/sessions.h"
#include "server/trustee_seat.h"
#include "server/wire.h"

namespace piaojue::server {

using meeting::BatchPhase;
using meeting::Entry;
using meeting::EntryType;
using meeting::Manifest;
using meeting::MeetingPhase;
using meeting::Record;

namespace {

bool ended(BatchPhase phase) { return phase == BatchPhase::kDeclared || phase == BatchPhase::kVoided; }

}  // namespace

struct Core::Impl {
  Impl(Config c, Manifest drafted);

  // ---- The parts, each after those that it rests on
  Config const config;
  Record record;
  Outbox outbox;
  Notices notices;
  Draft draft;
  Enrolments enrolments;
  Sessions sessions;
  LogFeed feed;
  Cosignatures cosignatures;
  Proposals proposals;
  Delivery delivery;
  MixChain mix_chain;
  TrusteeSeat seat;

  // ---- What only Core knows
  bool replaying = false;
  std::optional<BatchPhase> last_phase;
  bool look_for_work = true;
  JobId last_job = 0;
  std::map<JobId, std::function<void()>> running;  ///< what is to be done when a job has run

  /// Of one frame: who sent it, and under which id the answer goes back.
  struct Asked {
    SessionId session = 0;
    std::uint64_t request = 0;
    PersonId person = 0;
  };
  void reply(Asked const& asked, Bytes bytes) { outbox.reply(asked.session, std::move(bytes)); }
  void refuse(Asked const& asked, Refusal code) { outbox.refuse(asked.session, asked.request, code); }
  void accept(Asked const& asked, Result<std::uint64_t> const& index) {
    if (!index) return refuse(asked, index.error());
    reply(asked, wire::accepted(asked.request, *index));
  }

  Result<void> load(Contents const& contents);

  // ---- Requests
  void dispatch(Asked const& asked, Session const& session, wire::Request const& request);
  void enrol(Asked const& asked, wire::Enrol const& in);
  void hello(Asked const& asked, wire::Hello const& in);
  void submit(Asked const& asked, wire::Submit const& in);
  void submit_new(Asked const& asked, Entry entry, wire::Submit const& in);
  void countersign(Asked const& asked, wire::Countersign const& in);
  /// Further signatures for a proposal: into the log if it is complete.
  void sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more);
  void cosign(Asked const& asked, wire::Cosign const& in);
  void get_seal_key(Asked const& asked, wire::GetSealKey const& in);
  void get_draft(Asked const& asked);

  // ---- The log
  Result<void> policy(Entry const& entry) const;
  Result<Payload> read_payload(Entry const& entry, ByteView raw) const;
  Result<std::uint64_t> append(Entry const& entry, ByteView bytes, Payload payload = {});
  Result<std::uint64_t> append_own(meeting::Body const& body);
  void took_in(Entry const& entry, std::uint64_t index, Payload payload);
  void took_in_meeting_open();
  void follow_phase();
  void incident(Entry const& entry);
  void propose_key_change(PersonId person);

  // ---- People
  void restand(PersonId person);
  void resume(SessionId id, PersonId person);
  std::optional<TrusteeId> trustee_of(PersonId person) const;

  // ---- Heavy work
  void feed_hop0();
  std::optional<Job> box_job();
  Job seat_job(trustee::Trustee::Job due);
  void submit_own(Result<std::vector<trustee::Submission>> submissions);
};

Core::Impl::Impl(Config c, Manifest drafted)
    : config(std::move(c)),
      draft(std::move(drafted), record),
      enrolments(draft, record, {config.issue_certificate, config.codes, config.now_ms}, config.limits,
                 Shelf<Table::kEnrolment>(outbox), notices),
      sessions(draft, enrolments, config.limits, outbox),
      feed(record, {draft.manifest().origin(), config.checkpoint_key}, config.limits.push_bytes,
           Shelf<Table::kEntry>(outbox), Shelf<Table::kCheckpoint>(outbox)),
      cosignatures(record, feed, Shelf<Table::kCosignature>(outbox)),
      proposals(
          record, [this](Entry const& entry) { return policy(entry); }, config.limits, Shelf<Table::kProposal>(outbox),
          sessions),
      delivery(record, config.seal_key,
               {Shelf<Table::kTokenPayload>(outbox), Shelf<Table::kIssuedPayload>(outbox),
                Shelf<Table::kEnvelope>(outbox), Shelf<Table::kSealKey>(outbox)},
               sessions),
      mix_chain(record, Shelf<Table::kMixOutput>(outbox), sessions),
      seat({config.server_key, config.seal_key, config.token_keys, config.parallel, config.lookahead},
           Shelf<Table::kTrustee>(outbox)) {}

// ==================================================================================================== Recovery

Result<void> Core::Impl::load(Contents const& contents) {
  auto const& drafted = draft.manifest();
  if (drafted.server_key != config.server_key.public_key() ||
      drafted.checkpoint_key != config.checkpoint_key.public_key()) {
    return Refusal::kStorage;
  }
  // Whatever the replay would write is in the store already, and was said before.
  replaying = true;
  outbox.mute(true);
  notices.mute(true);
  if (auto loaded = enrolments.load(contents); !loaded) return loaded;
  seat.load(contents);
  if (auto loaded = cosignatures.load(contents); !loaded) return loaded;
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    if (key != key_of(record.size())) return Refusal::kLogInconsistent;
    auto const entry = meeting::decode_entry(bytes);
    if (!entry || !append(*entry, bytes)) return Refusal::kLogInconsistent;
    if (auto replayed = cosignatures.replay(); !replayed) return replayed;
  }
  if (auto checked = cosignatures.check_replayed(); !checked) return checked;
  if (auto loaded = feed.load_checkpoints(contents); !loaded) return loaded;
  if (auto loaded = delivery.load(contents); !loaded) return loaded;
  if (auto loaded = mix_chain.load(contents); !loaded) return loaded;
  for (auto& [person, messages] : delivery.take_loaded_requests()) {
    seat.on_request(person, record.attempt()->open_hash, std::move(messages));
  }
  if (auto loaded = proposals.load(contents); !loaded) return loaded;
  sessions.reset_status();
  notices.mute(false);
  outbox.mute(false);
  replaying = false;
  return {};
}

// ==================================================================================================== Requests

void Core::Impl::dispatch(Asked const& asked, Session const& session, wire::Request const& request) {
  auto const& what = request.what;
  if (!session.enrolment && request.enrolment) {
    if (auto const* in = std::get_if<wire::Enrol>(&what)) return enrol(asked, *in);
  } else if (!session.enrolment) {
    refuse(asked, Refusal::kNotAuthorised);
    return sessions.close(asked.session, Close::kRefused);
  }
  if (auto const* code = std::get_if<Refusal>(&what)) return refuse(asked, *code);
  if (std::holds_alternative<wire::Ping>(what)) return reply(asked, wire::pong(asked.request));
  if (auto const* in = std::get_if<wire::Hello>(&what)) return hello(asked, *in);
  if (session.screen) return refuse(asked, Refusal::kNotAuthorised);
  if (session.standing != Standing::kCurrent) return refuse(asked, Refusal::kNotOnRoll);

  if (auto const* in = std::get_if<wire::Submit>(&what)) return submit(asked, *in);
  if (auto const* in = std::get_if<wire::Countersign>(&what)) return countersign(asked, *in);
  if (auto const* in = std::get_if<wire::Cosign>(&what)) return cosign(asked, *in);
  if (auto const* in = std::get_if<wire::GetSealKey>(&what)) return get_seal_key(asked, *in);
  if (std::holds_alternative<wire::GetDraft>(what)) return get_draft(asked);
  // Enrol, by somebody who is enrolled.
  refuse(asked, Refusal::kNotAuthorised);
}

void Core::Impl::enrol(Asked const& asked, wire::Enrol const& in) {
  auto const taken = enrolments.take_request(in);
  if (!taken) {
    refuse(asked, taken.error());
    if (taken.error() == Refusal::kNotOnRoll) sessions.count_wrong_code(asked.session);
    return;
  }
  auto const& who = *draft.person(in.person);
  auto const& [enrolment, is_new] = *taken;
  reply(asked, wire::enrolled(asked.request, enrolment->certificate, enrolment->authority, who.name, who.roles));
  if (!is_new) return;
  sessions.status_changed();
  proposals.look_again();
  restand(in.person);
  propose_key_change(in.person);
}

void Core::Impl::hello(Asked const& asked, wire::Hello const& in) {
  // Somebody who knows more than this server talked to another one, or to this one before it lost its disk.
  if (in.next_index > record.size()) return refuse(asked, Refusal::kLogInconsistent);
  auto const roles = draft.person(asked.person)->roles;
  reply(asked, wire::welcome(asked.request, draft.manifest().meeting_id, record.size(), asked.person, roles));
  sessions.greet(asked.session, in.next_index);
  if (auto frame = cosignatures.newest()) outbox.add(Lane::kPush, asked.session, std::move(*frame));
  for (auto& frame : proposals.frames()) outbox.add(Lane::kPush, asked.session, std::move(frame));
  if (sessions.find(asked.session)->standing == Standing::kCurrent) resume(asked.session, asked.person);
}

void Core::Impl::submit(Asked const& asked, wire::Submit const& in) {
  if (auto const index = feed.index_of_leaf(log::leaf_hash(in.entry))) return accept(asked, *index);
  auto entry = meeting::decode_entry(in.entry);
  if (!entry) return refuse(asked, entry.error());
  auto const is_own = [&](auto const& signature) { return signature.signer == asked.person; };
  if (std::ranges::none_of(entry->signatures, is_own)) return refuse(asked, Refusal::kNotAuthorised);
  auto const proposal = meeting::proposal_id(entry->type(), entry->body_bytes);
  if (auto const index = feed.index_of_proposal(proposal)) return accept(asked, *index);
  if (auto const allowed = policy(*entry); !allowed) return refuse(asked, allowed.error());
  if (proposals.contains(proposal)) return sign(asked, proposal, entry->signatures);
  if (record.signatures_complete(*entry)) return submit_new(asked, std::move(*entry), in);

  // By its name first: what somebody signs who is not asked is not a proposal with something added.
  if (auto const allowed = record.check(*entry, Record::Signatures::kPartial); !allowed) {
    return refuse(asked, allowed.error());
  }
  if (!in.payload.empty()) return refuse(asked, Refusal::kMalformed);
  if (auto const done = proposals.propose(proposal, std::move(*entry), in.entry, asked.person); !done) {
    return refuse(asked, done.error());
  }
  reply(asked, wire::pending(asked.request, proposal));
}

void Core::Impl::submit_new(Asked const& asked, Entry entry, wire::Submit const& in) {
  if (auto const allowed = record.check(entry); !allowed) {
    if (allowed.error() == Refusal::kAlreadyIssued && entry.type() == EntryType::kTokenRequest) incident(entry);
    return refuse(asked, allowed.error());
  }
  auto payload = read_payload(entry, in.payload);
  if (!payload) return refuse(asked, payload.error());
  accept(asked, append(entry, in.entry, std::move(*payload)));
}

void Core::Impl::countersign(Asked const& asked, wire::Countersign const& in) {
  if (in.signer != asked.person) return refuse(asked, Refusal::kNotAuthorised);
  if (auto const index = feed.index_of_proposal(in.proposal)) return accept(asked, *index);
  sign(asked, in.proposal, {{in.signer, in.signature}});
}

void Core::Impl::sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more) {
  auto const complete = proposals.sign(id, more);
  if (!complete) return refuse(asked, complete.error());
  if (!*complete) return reply(asked, wire::pending(asked.request, id));
  accept(asked, append((*complete)->entry, (*complete)->bytes));
}

void Core::Impl::cosign(Asked const& asked, wire::Cosign const& in) {
  if (in.cosignature.person != asked.person) return refuse(asked, Refusal::kNotAuthorised);
  if (auto const taken = cosignatures.take(in.cosignature); !taken) return refuse(asked, taken.error());
  look_for_work = true;
  accept(asked, in.cosignature.tree_size);
}

void Core::Impl::get_seal_key(Asked const& asked, wire::GetSealKey const& in) {
  auto const key = delivery.seal_key(asked.person, in.batch_open);
  if (!key) return refuse(asked, key.error());
  reply(asked, wire::seal_key(asked.request, *key));
}

void Core::Impl::get_draft(Asked const& asked) {
  if (!(draft.person(asked.person)->roles & meeting::kClerk)) return refuse(asked, Refusal::kNotAuthorised);
  if (record.phase() != MeetingPhase::kBeforeOpen) return refuse(asked, Refusal::kWrongPhase);
  reply(asked, wire::draft(asked.request, meeting::encode_body(enrolments.with_keys())));
}

// ==================================================================================================== The log

Result<void> Core::Impl::policy(Entry const& entry) const {
  if (auto const* opening = std::get_if<Manifest>(&entry.body)) {
    if (auto allowed = draft.check_opening(*opening); !allowed) return allowed;
    return enrolments.check_keys(*opening);
  }
  if (auto const* change = std::get_if<meeting::KeyChange>(&entry.body)) return enrolments.check_keys(*change);
  return {};
}

Result<Payload> Core::Impl::read_payload(Entry const& entry, ByteView raw) const {
  auto const as_payload = [](auto parcel) -> Result<Payload> {
    if (!parcel) return parcel.error();
    return Payload(std::move(*parcel));
  };
  if (auto const* body = std::get_if<meeting::TokenRequest>(&entry.body)) return as_payload(delivery.read(*body, raw));
  if (auto const* body = std::get_if<meeting::TokensIssued>(&entry.body)) return as_payload(delivery.read(*body, raw));
  if (auto const* body = std::get_if<meeting::EnvelopeCast>(&entry.body)) return as_payload(delivery.read(*body, raw));
  if (auto const* body = std::get_if<meeting::MixStep>(&entry.body)) return as_payload(mix_chain.read(*body, raw));
  if (!raw.empty()) return Refusal::kMalformed;
  return Payload();
}

Result<std::uint64_t> Core::Impl::append(Entry const& entry, ByteView bytes, Payload payload) {
  if (auto taken = record.apply(entry, bytes); !taken) return taken.error();
  auto const index = feed.add(entry, bytes);
  took_in(entry, index, std::move(payload));
  proposals.look_again();
  look_for_work = true;
  return index;
}

Result<std::uint64_t> Core::Impl::append_own(meeting::Body const& body) {
  auto const bytes = meeting::signed_entry(body, meeting::kServer, config.server_key);
  auto const entry = meeting::decode_entry(bytes);
  if (!entry) return entry.error();
  return append(*entry, bytes);
}

void Core::Impl::took_in(Entry const& entry, std::uint64_t index, Payload payload) {
  proposals.close(meeting::proposal_id(entry.type(), entry.body_bytes), std::nullopt);
  switch (entry.type()) {
    case EntryType::kMeetingOpen:
      took_in_meeting_open();
      break;
    case EntryType::kMeetingClose:
      notices.add({Event::kMeetingClose, {}, record.size()});
      break;
    case EntryType::kKeyChange: {
      auto const person = std::get<meeting::KeyChange>(entry.body).person;
      cosignatures.change_key(person);
      restand(person);
      break;
    }
    case EntryType::kBatchOpen:
      delivery.begin();
      mix_chain.begin();
      break;
    case EntryType::kTokenRequest: {
      auto const& body = std::get<meeting::TokenRequest>(entry.body);
      auto* const parcel = std::get_if<TokenParcel>(&payload);
      delivery.take_in(body, index, parcel);
      if (parcel) seat.on_request(body.person, body.batch_open, std::move(parcel->value));
      break;
    }
    case EntryType::kTokensIssued:
      delivery.take_in(std::get<meeting::TokensIssued>(entry.body), index, std::get_if<AnswerParcel>(&payload));
      break;
    case EntryType::kEnvelopeCast:
      delivery.take_in(std::get<meeting::EnvelopeCast>(entry.body), std::get_if<EnvelopeParcel>(&payload));
      break;
    case EntryType::kMixStep:
      mix_chain.take_in(std::get_if<MixParcel>(&payload));
      break;
    case EntryType::kConfirm:
      delivery.take_in(std::get<meeting::Confirm>(entry.body));
      break;
    default:
      break;
  }
  follow_phase();
}

void Core::Impl::took_in_meeting_open() {
  notices.add({Event::kMeetingOpen, {}, 0});
  for (auto const person : enrolments.people()) {
    restand(person);
    // What a replay would propose is among the stored proposals, or was refused or signed since.
    if (!replaying) propose_key_change(person);
  }
  sessions.status_changed();
}

void Core::Impl::follow_phase() {
  auto const& attempt = record.attempt();
  if (!attempt) return;
  if (last_phase != attempt->phase) notices.add({Event::kBatchPhase, attempt->phase, attempt->open.batch});
  last_phase = attempt->phase;
  if (!ended(attempt->phase)) return;
  delivery.end();
  mix_chain.end();
}

void Core::Impl::incident(Entry const& entry) {
  auto const& body = std::get<meeting::TokenRequest>(entry.body);
  auto const key = record.identity_key(body.person);
  auto const input = crypto::entry_signing_input(meeting::name(EntryType::kTokenRequest), entry.body_bytes);
  // Only what the person really signed is held against it, and only if it differs from what was answered.
  if (!key || entry.signatures.size() != 1 || entry.signatures.front().signer != body.person ||
      !crypto::verify(*key, {input}, entry.signatures.front().signature)) {
    return;
  }
  // Refused when there is one already: once per person and code.
  auto const logged = append_own(meeting::Incident{body.batch_open, body.person,
                                                   static_cast<std::uint32_t>(Refusal::kAlreadyIssued), body.digest});
  if (logged) notices.add({Event::kIncident, Refusal::kAlreadyIssued, 0});
}

void Core::Impl::propose_key_change(PersonId person) {
  auto const change = enrolments.key_change(person);
  if (!change) return;
  auto const body = meeting::encode_body(*change);
  auto bytes = meeting::encode_entry(EntryType::kKeyChange, body, {});
  auto entry = meeting::decode_entry(bytes);
  Result<void> done = entry ? Result<void>() : Result<void>(entry.error());
  if (entry) {
    done = proposals.propose(meeting::proposal_id(EntryType::kKeyChange, body), std::move(*entry), std::move(bytes),
                             meeting::kServer);
  }
  if (!done) notices.add({Event::kKeyChangeRefused, done.error(), 0});
}

// ==================================================================================================== People

void Core::Impl::restand(PersonId person) {
  for (auto const id : sessions.restand(person)) resume(id, person);
}

void Core::Impl::resume(SessionId id, PersonId person) {
  auto const push = [&](Frame frame) { outbox.add(Lane::kPush, id, std::move(frame)); };
  if (auto const trustee = trustee_of(person)) {
    for (auto& frame : delivery.token_work(*trustee)) push(std::move(frame));
    if (auto frame = mix_chain.work_of(*trustee)) push(std::move(*frame));
  }
  for (auto& frame : delivery.answers(person)) push(std::move(frame));
}

std::optional<TrusteeId> Core::Impl::trustee_of(PersonId person) const {
  auto const& list = record.manifest().trustees;
  for (TrusteeId t = 1; t < list.size(); ++t) {
    if (list[t] == person) return t;
  }
  return std::nullopt;
}

// ==================================================================================================== Heavy work

void Core::Impl::feed_hop0() {
  auto items = delivery.hop0_input();
  if (!items) return;
  if (!*items) return notices.add({Event::kMixInputRefused, items->error(), 0});
  seat.on_mix_input(record.attempt()->open_hash, std::move(**items));
}

std::optional<Job> Core::Impl::box_job() {
  auto items = mix_chain.box_input();
  if (!items) return std::nullopt;
  struct Work {
    Record record;
    std::shared_ptr<meeting::MixItems const> items;
    meeting::BallotBox box;
  };
  auto work = std::make_shared<Work>(Work{record, std::move(items), {}});
  auto const id = ++last_job;
  running[id] = [this, work] {
    // Refused when a Void came in between: the next look finds other live questions and begins again.
    auto const logged = append_own(work->box);
    if (!logged) notices.add({Event::kBoxRefused, logged.error(), 0});
  };
  return Job{id, std::nullopt, [work, parallel = config.parallel] {
               work->box = trustee::make_ballot_box(work->record, *work->items, parallel);
             }};
}

Job Core::Impl::seat_job(trustee::Trustee::Job due) {
  auto const id = ++last_job;
  running[id] = [this, finish = std::move(due.finish)] { submit_own(finish(record)); };
  return Job{id, due.duty, std::move(due.run)};
}

void Core::Impl::submit_own(Result<std::vector<trustee::Submission>> submissions) {
  if (!submissions) return notices.add({Event::kTrusteeRefusal, submissions.error(), 0});
  for (auto& submission : *submissions) {
    auto const bytes = std::move(submission.entry);
    auto const entry = meeting::decode_entry(bytes);
    auto const logged = entry ? append(*entry, bytes, payload_of(std::move(submission))) : entry.error();
    // Refused when the log went on while the work was done, such as by a Void.
    if (!logged) notices.add({Event::kTrusteeRefusal, logged.error(), 0});
  }
}

// ==================================================================================================== Core

Core::Core(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Core::~Core() = default;

Result<std::unique_ptr<Core>> Core::recover(Config config, Contents const& contents) {
  piaojue::init();
  auto drafted = read_draft(contents);
  if (!drafted) return drafted.error();
  auto impl = std::make_unique<Impl>(std::move(config), std::move(*drafted));
  if (auto loaded = impl->load(contents); !loaded) return loaded.error();
  return std::unique_ptr<Core>(new Core(std::move(impl)));
}

void Core::open(SessionId id, std::optional<Hash> const& spki) { impl_->sessions.open(id, spki); }
void Core::closed(SessionId id) { impl_->sessions.closed(id); }

void Core::on_frame(SessionId id, ByteView frame) {
  auto const* session = impl_->sessions.find(id);
  if (!session) return;
  auto const request = wire::parse_request(frame);
  if (!request) return impl_->sessions.close(id, Close::kMalformed);
  impl_->dispatch({id, request->id, session->person}, *session, *request);
}

bool Core::has_group() const {
  return !impl_->outbox.empty() || impl_->sessions.status_due() || impl_->proposals.recheck_due();
}

CommitGroup Core::take_group() {
  auto& core = *impl_;
  if (core.proposals.recheck_due()) core.proposals.recheck();
  core.feed.sign();
  core.sessions.push_log(core.record.size(), [&](std::uint64_t from) { return core.feed.frames(from); });
  if (auto const frame = core.cosignatures.take_fresh()) core.sessions.to_all(Lane::kCosignature, *frame);
  if (core.sessions.status_due()) core.sessions.push_status();
  return core.outbox.take();
}

std::vector<Job> Core::take_jobs() {
  auto& core = *impl_;
  std::vector<Job> jobs;
  if (!std::exchange(core.look_for_work, false)) return jobs;
  core.feed_hop0();
  if (auto job = core.box_job()) jobs.push_back(std::move(*job));
  for (auto& due : core.seat.due(core.record, core.cosignatures.witnesses())) {
    jobs.push_back(core.seat_job(std::move(due)));
  }
  return jobs;
}

void Core::finish_job(JobId id) {
  auto const node = impl_->running.extract(id);
  if (node.empty()) return;
  node.mapped()();
  impl_->look_for_work = true;
}

std::vector<Notice> Core::take_notices() { return impl_->notices.take(); }
meeting::Record const& Core::record() const { return impl_->record; }
meeting::Witnesses const& Core::witnesses() const { return impl_->cosignatures.witnesses(); }
trustee::Trustee::Status Core::trustee_status() const { return impl_->seat.status(impl_->record); }

std::optional<PersonId> Core::person_of(Hash const& spki) const {
  auto const* enrolment = impl_->enrolments.find(spki);
  if (!enrolment || impl_->enrolments.standing(*enrolment) == Standing::kEnded) return std::nullopt;
  return enrolment->person;
}

}  // namespace piaojue::server
