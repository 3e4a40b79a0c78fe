// SPDX-License-Identifier: Apache-2.0
/// Puts the parts together: what comes in goes to its part, and what the log takes in to all that follow it.
#include "server/core.h"

#include "server/cosignatures.h"
#include "server/countdown.h"
#include "server/hellos.h"
#include "server/key_changes.h"
#include "server/own_work.h"
#include "server/probation.h"
#include "server/relays.h"
#include "server/submissions.h"

namespace piaojue::server {

/// For what is read of the database every second.
constexpr std::uint64_t kLookAgainMs = 500;

/// The parts from the bottom up, each with what it may use. None of them knows this class: it only hands on.
class Core::Parts final : private LogListener {
 public:
  Parts(Config config, meeting::Manifest drafted, std::vector<Suggestion> suggestions);
  [[nodiscard]] Result<void> load(Contents const& contents);

  void open(SessionId session, Peer peer);
  void on_frame(SessionId session, ByteView frame);
  void closed(SessionId session);
  std::size_t bytes_for(SessionId session) const { return outbox_.bytes_for(session); }
  bool has_group() const { return !outbox_.empty() || sessions_.status_due() || proposals_.recheck_due(); }
  CommitGroup take_group();
  std::vector<Job> take_jobs() { return probation_.active() ? std::vector<Job>() : own_work_.take_due(); }
  void look_again() { own_work_.look_again(); }
  void finish_job(JobId id) { own_work_.finish(id); }
  bool waits_for_word() const { return seat_.waits_for_word(); }
  std::vector<Reading> take_readings() { return attachments_.take_due(); }
  void finish_reading(ReadingId id, std::optional<Bytes> bytes) { attachments_.finish(id, std::move(bytes)); }
  std::optional<std::uint64_t> readings_wanted_in_ms() const { return attachments_.wanted_in_ms(); }
  std::vector<Notice> take_notices() { return notices_.take(); }

  meeting::Record const& record() const { return record_; }
  meeting::Witnesses const& witnesses() const { return cosignatures_.witnesses(); }
  trustee::Trustee::Status trustee_status() const { return seat_.status(record_); }
  std::vector<PersonId> awaited_holders() const { return own_halves_.awaited(); }
  std::optional<PersonId> person_of(Hash const& spki) const;

 private:
  void mute(bool muted);
  [[nodiscard]] Result<void> replay(Rows const& entries);
  void dispatch(Asked const& asked, Session const& session, wire::Request request);
  void answer(Asked const& asked, wire::EnrolStart const& in);
  void answer(Asked const& asked, wire::EnrolKeys const& in);
  void refuse_stranger(Asked const& asked, Refusal code);
  void answer(Asked const& asked, wire::Hello const& in);
  void answer(Asked const& asked, wire::Cosign const& in);
  void answer(Asked const& asked, wire::GetDraft const& in) const;
  void took_in(meeting::Entry const& entry, std::uint64_t index, Payload payload) override;
  void took_in(meeting::Manifest const& opening);
  void took_in(meeting::KeyChange const& change);
  void took_in(meeting::TrusteeChange const& change);
  void between_attempts();
  void on_half();
  void restand(PersonId person);
  void resume(SessionId session, PersonId person);
  void hear(Enrolment const& laptop);
  bool may_now(wire::Request const& request) const;

  Config const config_;
  meeting::Record record_;
  Outbox outbox_;
  Notices notices_;
  Draft draft_;
  Enrolments enrolments_{draft_, record_, Shelf<Table::kEnrolment>(outbox_)};
  Enrolling enrolling_{draft_,
                       record_,
                       {config_.issue_certificate, config_.slip_of, config_.now_ms, config_.meeting_number},
                       config_.seal_key,
                       config_.limits,
                       enrolments_,
                       notices_};
  Sessions sessions_{draft_, record_, enrolments_, config_.limits, outbox_};
  LogFeed feed_{record_,
                {draft_.manifest().origin(), config_.checkpoint_key},
                config_.limits.push_bytes,
                Shelf<Table::kEntry>(outbox_),
                Shelf<Table::kCheckpoint>(outbox_)};
  LogWriter log_{record_, feed_, config_.server_key, *this};
  Hellos hellos_{config_.limits, config_.now_ms};
  Cosignatures cosignatures_{record_, feed_, Shelf<Table::kCosignature>(outbox_)};
  Proposals proposals_{record_, [this](auto const& entry) { return enrolments_.check_entry(entry); }, config_.limits,
                       Shelf<Table::kProposal>(outbox_), sessions_};
  Holds holds_{proposals_, config_.limits, config_.now_ms};
  KeyChanges key_changes_{enrolments_, proposals_, notices_};
  OwnHalves own_halves_{record_, {config_.server_key, config_.box_key, config_.seal_key}, sessions_, notices_};
  Relays relays_{
      record_, {config_.box_key, config_.now_ms, config_.limits}, own_halves_, sessions_, [this] { on_half(); }};
  Countdown countdown_{record_, config_.limits, config_.now_ms, [this] { sessions_.status_changed(); }};
  TrusteeSeat seat_{{config_.server_key, config_.seal_key, config_.token_keys, config_.now_ms, config_.stop_asked,
                     config_.parallel, config_.lookahead},
                    own_halves_,
                    Shelf<Table::kTrustee>(outbox_)};
  AttemptSeal seal_{record_, own_halves_};
  Delivery delivery_{
      record_,
      seal_,
      {Shelf<Table::kTokenPayload>(outbox_), Shelf<Table::kIssuedPayload>(outbox_), Shelf<Table::kEnvelope>(outbox_)},
      sessions_,
      [this](Delivery::TokenWork work) { seat_.on_request(std::move(work)); }};
  MixChain mix_chain_{record_, seal_, Shelf<Table::kMixOutput>(outbox_), sessions_};
  Payloads payloads_{record_, seal_, delivery_, mix_chain_};
  Incidents incidents_{record_, log_, notices_};
  Submissions submissions_{{record_, feed_, log_}, {enrolments_, payloads_, proposals_, holds_, incidents_}};
  OwnWork own_work_{{record_, cosignatures_.witnesses(), log_},
                    {[this] { return delivery_.hop0_input(); }, [this] { return mix_chain_.box_input(); }},
                    {seat_, own_halves_},
                    config_.parallel,
                    notices_};
  Probation probation_{Shelf<Table::kMeta>(outbox_)};
  Attachments attachments_{record_, config_.limits, config_.now_ms, outbox_};
};

Core::Parts::Parts(Config config, meeting::Manifest drafted, std::vector<Suggestion> suggestions)
    : config_(std::move(config)), draft_(std::move(drafted), record_, std::move(suggestions)) {}

// ==================================================================================================== Recovery

Result<void> Core::Parts::load(Contents const& contents) {
  auto const& drafted = draft_.manifest();
  if (drafted.server_key != config_.server_key.public_key() ||
      drafted.checkpoint_key != config_.checkpoint_key.public_key() ||
      drafted.server_box_key != config_.box_key.public_key()) {
    return Refusal::kStorage;
  }
  mute(true);
  if (auto loaded = enrolments_.load(contents); !loaded) return loaded;
  if (auto loaded = cosignatures_.load(contents); !loaded) return loaded;
  if (auto replayed = replay(contents[Table::kEntry]); !replayed) return replayed;
  if (auto loaded = feed_.load_checkpoints(contents); !loaded) return loaded;
  mute(false);  // what a restart finds away is news
  if (auto loaded = seat_.load(record_, contents); !loaded) return loaded;
  if (auto loaded = payloads_.load(contents); !loaded) return loaded;
  if (auto loaded = proposals_.load(contents); !loaded) return loaded;
  sessions_.reset_status();
  probation_.load(contents);
  if (probation_.active()) notices_.add({Event::kWaitsForLaptops, {}, probation_.awaited()});
  for (auto const person : enrolments_.people()) key_changes_.propose(person);
  return {};
}

/// Whatever the replay would write is in the store already, and was said before.
void Core::Parts::mute(bool muted) {
  outbox_.mute(muted);
  notices_.mute(muted);
  key_changes_.mute(muted);
  incidents_.mute(muted);
}

Result<void> Core::Parts::replay(Rows const& entries) {
  for (auto const& [key, bytes] : entries) {
    if (key != key_of(record_.size())) return Refusal::kLogInconsistent;
    auto const entry = meeting::decode_entry(bytes);
    if (!entry || !log_.append(*entry, bytes)) return Refusal::kLogInconsistent;
    if (auto replayed = cosignatures_.replay(); !replayed) return replayed;
  }
  return cosignatures_.check_replayed();
}

// ==================================================================================================== Requests

void Core::Parts::open(SessionId id, Peer peer) {
  sessions_.open(id, peer.certificate);
  if (!peer.certificate && sessions_.find(id)) enrolling_.open(id, std::move(peer));
}

void Core::Parts::closed(SessionId id) {
  sessions_.closed(id);
  enrolling_.closed(id);
  attachments_.closed(id);
}

void Core::Parts::on_frame(SessionId id, ByteView frame) {
  auto const* session = sessions_.find(id);
  if (!session) return;
  if (frame.size() > session->frame_bytes_max) return sessions_.close(id, Close::kTooLarge);
  auto request = wire::parse_request(frame);
  if (!request) return sessions_.close(id, Close::kMalformed);
  dispatch({outbox_, id, request->id, session->person}, *session, std::move(*request));
}

void Core::Parts::dispatch(Asked const& asked, Session const& session, wire::Request request) {
  auto& what = request.what;
  if (!session.enrolment && request.enrolment) {
    if (auto const* in = std::get_if<wire::EnrolStart>(&what)) return answer(asked, *in);
    if (auto const* in = std::get_if<wire::EnrolKeys>(&what)) return answer(asked, *in);
  } else if (!session.enrolment) {
    asked.refuse(Refusal::kNotAuthorised);
    return sessions_.close(asked.session(), Close::kRefused);
  }
  if (auto const* code = std::get_if<Refusal>(&what)) return asked.refuse(*code);
  if (session.hello && !std::holds_alternative<wire::Hello>(what)) hear(*session.enrolment);
  if (std::holds_alternative<wire::Ping>(what)) return asked.reply(wire::pong(asked.id()));
  if (auto const* in = std::get_if<wire::Hello>(&what)) return answer(asked, *in);
  if (session.screen) return asked.refuse(Refusal::kNotAuthorised);
  if (session.standing != Standing::kCurrent) return asked.refuse(Refusal::kNotOnRoll);
  if (!may_now(request)) return asked.refuse(Refusal::kBusy);

  if (auto* in = std::get_if<wire::Submit>(&what)) return submissions_.answer(asked, std::move(*in));
  if (auto const* in = std::get_if<wire::Countersign>(&what)) return submissions_.answer(asked, *in);
  if (auto const* in = std::get_if<wire::Cosign>(&what)) return answer(asked, *in);
  if (auto const* in = std::get_if<wire::Relay>(&what)) return relays_.answer(asked, *in);
  if (auto const* in = std::get_if<wire::GetAttachment>(&what)) return attachments_.answer(asked, *in);
  if (auto const* in = std::get_if<wire::GetDraft>(&what)) return answer(asked, *in);
  if (auto const* in = std::get_if<wire::SetCountdown>(&what)) return countdown_.answer(asked, *in);
  // EnrolStart, EnrolKeys, by somebody who is enrolled.
  asked.refuse(Refusal::kNotAuthorised);
}

void Core::Parts::answer(Asked const& asked, wire::EnrolStart const& in) {
  auto const proof = enrolling_.start(asked.session(), in);
  if (proof) return asked.reply(wire::enrol_proof(asked.id(), draft_.manifest().meeting_id, *proof));
  refuse_stranger(asked, proof.error());
}

void Core::Parts::answer(Asked const& asked, wire::EnrolKeys const& in) {
  auto const taken = enrolling_.finish(asked.session(), in);
  if (!taken) return refuse_stranger(asked, taken.error());
  auto const& [enrolment, is_new] = *taken;
  auto const person = enrolment->person;
  auto const& who = *draft_.person(person);
  asked.reply(wire::enrolled(asked.id(), enrolment->certificate, enrolment->authority, who.name, who.roles));
  if (!is_new) return;
  sessions_.status_changed();
  proposals_.look_again();
  restand(person);
  key_changes_.propose(person);
}

void Core::Parts::refuse_stranger(Asked const& asked, Refusal code) {
  asked.refuse(code);
  if (enrolling_.is_used_up(asked.session())) sessions_.close(asked.session(), Close::kRefused);
}

void Core::Parts::answer(Asked const& asked, wire::Hello const& in) {
  // Somebody who knows more than this server talked to another one, or to this one before it lost its disk.
  if (in.next_index > record_.size()) {
    if (!probation_.active()) return asked.refuse(Refusal::kLogInconsistent);
    notices_.add({Event::kLongerLog, {}, in.next_index});
    asked.refuse(Refusal::kBusy);
    return sessions_.close(asked.session(), Close::kRefused);
  }
  if (auto const allowed = hellos_.take(asked.person(), feed_.chunks(in.next_index)); !allowed) {
    return asked.refuse(allowed.error());
  }
  auto const roles = draft_.person(asked.person())->roles;
  auto const& drafted = draft_.manifest();
  bool const before = record_.phase() == meeting::MeetingPhase::kBeforeOpen;
  asked.reply(wire::welcome(
      asked.id(), drafted.meeting_id, record_.size(), asked.person(), roles, draft_.suggested_to(asked.person()),
      before ? wire::Announced{drafted.title, drafted.date} : wire::Announced{}, config_.addresses));
  sessions_.greet(asked.session(), in.next_index);
  if (auto frame = cosignatures_.newest()) outbox_.add(Lane::kPush, asked.session(), std::move(*frame));
  for (auto& frame : proposals_.frames_for(asked.person())) {
    outbox_.add(Lane::kPush, asked.session(), std::move(frame));
  }
  if (sessions_.find(asked.session())->standing == Standing::kCurrent) resume(asked.session(), asked.person());
}

/// What the laptop has is here: its Hello has named no more, and it has gone on after Welcome, which it would not if it
/// held entries beyond its last checkpoint that are not here. When all have, everybody begins again, with what was put
/// off.
void Core::Parts::hear(Enrolment const& laptop) {
  if (!probation_.hear({laptop.person, laptop.number})) return;
  notices_.add({Event::kLaptopsHeard, {}, record_.size()});
  if (probation_.without() != 0) notices_.add({Event::kLaptopsNotHeard, {}, probation_.without()});
  own_work_.look_again();
  for (auto const& [session, person] : sessions_.present()) sessions_.close(session, Close::kReplaced);
}

bool Core::Parts::may_now(wire::Request const& request) const {
  if (!probation_.active()) return true;
  return !std::holds_alternative<wire::Submit>(request.what) &&
         !std::holds_alternative<wire::Countersign>(request.what) &&
         !std::holds_alternative<wire::SetCountdown>(request.what);
}

void Core::Parts::answer(Asked const& asked, wire::Cosign const& in) {
  if (in.cosignature.person != asked.person()) return asked.refuse(Refusal::kNotAuthorised);
  if (auto const taken = cosignatures_.take(in.cosignature); !taken) return asked.refuse(taken.error());
  own_work_.look_again();
  asked.accept(in.cosignature.tree_size);
}

void Core::Parts::answer(Asked const& asked, wire::GetDraft const&) const {
  if (!(draft_.person(asked.person())->roles & meeting::kClerk)) return asked.refuse(Refusal::kNotAuthorised);
  if (record_.phase() != meeting::MeetingPhase::kBeforeOpen) return asked.refuse(Refusal::kWrongPhase);
  asked.reply(wire::draft(asked.id(), meeting::encode_body(enrolments_.with_keys())));
}

// ==================================================================================================== The log

void Core::Parts::took_in(meeting::Entry const& entry, std::uint64_t index, Payload payload) {
  proposals_.close(meeting::proposal_id(entry.type(), entry.body_bytes), std::nullopt);
  holds_.logged(entry.type());
  payloads_.took_in(entry, index, std::move(payload));
  notices_.took_in(entry, record_);
  if (auto const* opening = std::get_if<meeting::Manifest>(&entry.body)) took_in(*opening);
  if (auto const* change = std::get_if<meeting::KeyChange>(&entry.body)) took_in(*change);
  if (auto const* change = std::get_if<meeting::TrusteeChange>(&entry.body)) took_in(*change);
  if (std::holds_alternative<meeting::BatchOpen>(entry.body)) sessions_.relimit();
  bool const is_closed = record_.phase() == meeting::MeetingPhase::kClosed;
  if (is_closed || !record_.in_progress()) between_attempts();
  proposals_.look_again();
  own_work_.look_again();
  countdown_.look_again();
  // Last, because it appends an entry itself.
  if (auto const* result = std::get_if<meeting::CheckResult>(&entry.body)) incidents_.took_in(*result, index);
}

void Core::Parts::took_in(meeting::Manifest const&) {
  for (auto const person : enrolments_.people()) {
    restand(person);
    key_changes_.propose(person);
  }
  sessions_.relimit();
  sessions_.status_changed();
}

void Core::Parts::took_in(meeting::KeyChange const& change) {
  cosignatures_.change_key(change.person);
  restand(change.person);
  proposals_.look_at_signatures();
}

void Core::Parts::took_in(meeting::TrusteeChange const& change) {
  sessions_.relimit();
  own_halves_.greet(change.person);
}

/// No attempt is in progress, or none any more.
void Core::Parts::between_attempts() {
  own_halves_.forget_ended();
  relays_.forget_ended();
  // Those that were refused, and those whose proposal was closed when the attempt was opened.
  for (auto const person : enrolments_.people()) key_changes_.propose(person);
}

/// Somebody holds a half of this server's, or has given one back; or there is none any more.
void Core::Parts::on_half() {
  own_work_.look_again();
  auto const back = payloads_.look_again();
  if (!back) return notices_.add({Event::kPayloadsLost, back.error(), record_.attempt()->open.batch});
  if (!*back) return;
  for (auto const& [session, person] : sessions_.present()) resume(session, person);
}

// ==================================================================================================== People

/// After an enrolment or a KeyChange.
void Core::Parts::restand(PersonId person) {
  for (auto const session : sessions_.restand(person)) resume(session, person);
}

void Core::Parts::resume(SessionId session, PersonId person) {
  own_halves_.greet(person);
  for (auto& frame : payloads_.frames_for(person)) outbox_.add(Lane::kPush, session, std::move(frame));
}

std::optional<PersonId> Core::Parts::person_of(Hash const& spki) const {
  auto const* enrolment = enrolments_.find(spki);
  if (!enrolment || enrolments_.standing(*enrolment) == Standing::kEnded) return std::nullopt;
  return enrolment->person;
}

// ==================================================================================================== Out

CommitGroup Core::Parts::take_group() {
  if (proposals_.recheck_due()) proposals_.recheck();
  feed_.sign();
  sessions_.push_log(record_.size(), [this](std::uint64_t from) { return feed_.frames(from); });
  if (auto const frame = cosignatures_.take_fresh()) sessions_.to_all(Lane::kCosignature, *frame);
  if (sessions_.status_due()) sessions_.push_status(countdown_.left_s());
  attachments_.left();
  return outbox_.take();
}

// ==================================================================================================== Core

Core::Core(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Core::~Core() = default;

Result<std::unique_ptr<Core>> Core::recover(Config config, Contents const& contents) {
  piaojue::init();
  auto drafted = read_draft(contents);
  if (!drafted) return drafted.error();
  auto suggestions = read_suggestions(contents);
  if (!suggestions) return suggestions.error();
  auto parts = std::make_unique<Parts>(std::move(config), std::move(*drafted), std::move(*suggestions));
  if (auto const loaded = parts->load(contents); !loaded) return loaded.error();
  return std::unique_ptr<Core>(new Core(std::move(parts)));
}

void Core::open(SessionId session, Peer peer) { parts_->open(session, std::move(peer)); }
void Core::on_frame(SessionId session, ByteView frame) { parts_->on_frame(session, frame); }
void Core::closed(SessionId session) { parts_->closed(session); }
bool Core::has_group() const { return parts_->has_group(); }
std::size_t Core::bytes_for(SessionId session) const { return parts_->bytes_for(session); }
CommitGroup Core::take_group() { return parts_->take_group(); }
std::vector<Job> Core::take_jobs() { return parts_->take_jobs(); }
void Core::look_again() { parts_->look_again(); }
void Core::finish_job(JobId id) { parts_->finish_job(id); }
std::optional<std::uint64_t> Core::look_wanted_in_ms() const {
  return parts_->waits_for_word() ? std::optional(kLookAgainMs) : std::nullopt;
}
std::vector<Reading> Core::take_readings() { return parts_->take_readings(); }
void Core::finish_reading(ReadingId id, std::optional<Bytes> bytes) { parts_->finish_reading(id, std::move(bytes)); }
std::optional<std::uint64_t> Core::readings_wanted_in_ms() const { return parts_->readings_wanted_in_ms(); }
std::vector<Notice> Core::take_notices() { return parts_->take_notices(); }
meeting::Record const& Core::record() const { return parts_->record(); }
meeting::Witnesses const& Core::witnesses() const { return parts_->witnesses(); }
trustee::Trustee::Status Core::trustee_status() const { return parts_->trustee_status(); }
std::vector<PersonId> Core::awaited_holders() const { return parts_->awaited_holders(); }
std::optional<PersonId> Core::person_of(Hash const& spki) const { return parts_->person_of(spki); }

}  // namespace piaojue::server
