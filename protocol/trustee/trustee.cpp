// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/trustee.h"

#include "protocol/trustee/steps/erasing.h"
#include "protocol/trustee/steps/key_making.h"
#include "protocol/trustee/steps/sharing.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::MeetingPhase;
using meeting::Record;

std::string_view name(TrusteeState state) {
  switch (state) {
    case TrusteeState::kOffDuty:
      return "off-duty";
    case TrusteeState::kIdle:
      return "idle";
    case TrusteeState::kMakingKeys:
      return "making-keys";
    case TrusteeState::kKeysReady:
      return "keys-ready";
    case TrusteeState::kKeysLost:
      return "keys-lost";
    case TrusteeState::kMixLost:
      return "mix-lost";
    case TrusteeState::kWaitingForHalf:
      return "waiting-for-half";
    case TrusteeState::kIssuing:
      return "issuing";
    case TrusteeState::kIssuanceClosed:
      return "issuance-closed";
    case TrusteeState::kMixing:
      return "mixing";
    case TrusteeState::kWaitingForGate:
      return "waiting-for-gate";
    case TrusteeState::kStopped:
      return "stopped";
    case TrusteeState::kShared:
      return "shared";
    case TrusteeState::kErased:
      return "erased";
  }
  return "";
}

struct Trustee::Impl {
  Seat seat;
  KeyMaking key_making;
  Issuing issuing{seat};
  Mixing mixing{seat};
  Sharing sharing;
  Erasing erasing{seat, issuing, mixing};

  Impl(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store, Means means)
      : seat(id, person, signer, store),
        key_making(seat, std::move(means.token_keys), means.lookahead),
        sharing(seat, std::move(means.now_ms), std::move(means.look_at_box)) {}

  bool key_in_force(Record const& record) const;
  bool on_duty(Record const& record) const;
  bool knows_pledges();
  Jobs due(Record const& record, meeting::Witnesses const& witnesses);
  void due_in_attempt(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, bool pledges_known);
  bool may_stop(Record const& record) const;
  TrusteeState state(Record const& record) const;
  TrusteeState state_in_attempt(Attempt const& attempt) const;
  std::optional<Protest> protest(Record const& record) const;
  std::vector<VoidedShare> voided_shares(Record const& record) const;
};

bool Trustee::Impl::key_in_force(Record const& record) const {
  // After a KeyChange the old laptop would only produce refusals.
  return record.identity_key(seat.person) == seat.signer.public_key();
}

bool Trustee::Impl::on_duty(Record const& record) const {
  return seat.id < record.slots().size() && record.slots()[seat.id] == seat.person && key_in_force(record);
}

/// What binds this trustee must be known before it signs what it might forbid.
bool Trustee::Impl::knows_pledges() {
  auto const known = seat.pledges.load();
  Duty const any_share{DutyKind::kShare};
  if (known) {
    seat.book.clear(any_share);
  } else {
    seat.book.note(any_share, known.error());
  }
  return static_cast<bool>(known);
}

Jobs Trustee::Impl::due(Record const& record, meeting::Witnesses const& witnesses) {
  Jobs jobs;
  sharing.look_again();
  if (record.phase() == MeetingPhase::kBeforeOpen) return jobs;
  bool const pledges_known = knows_pledges();
  if (record.phase() == MeetingPhase::kClosed) {
    erasing.meeting_closed(record);
    return jobs;
  }
  erasing.due(jobs, record, key_in_force(record));
  if (!on_duty(record)) return jobs;
  if (record.in_progress() && record.attempt()->takes_part(seat.id)) {
    due_in_attempt(jobs, record, witnesses, pledges_known);
  }
  if (pledges_known) key_making.due(jobs, record);
  return jobs;
}

void Trustee::Impl::due_in_attempt(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses,
                                   bool pledges_known) {
  Attempt const& attempt = *record.attempt();
  sharing.look(attempt);
  // Nothing rests on the silence of a store that has failed, or of halves that have not come back.
  if (seat.keys.load(slot_of(attempt)) == nullptr) return;
  Held const* const held = seat.keys.current(attempt);
  if (held != nullptr && attempt.phase == BatchPhase::kVoting) issuing.due(jobs, record, witnesses, *held);
  // Also without keys: what is lost can sign no more tokens either.
  if (attempt.phase == BatchPhase::kClosing) issuing.due_closing(jobs, record);
  if (held == nullptr) return;
  mixing.due(jobs, record, witnesses, *held);
  // A trustee that has mixed and does not know what came out cannot tell a false box, and might mix a second time.
  if (seat.mixes.behind(attempt) != KeptMixes::Behind::kThere) return;
  bool const boxed = attempt.phase == BatchPhase::kConfirming || attempt.phase == BatchPhase::kOpening;
  if (boxed && pledges_known) sharing.due(jobs, record, witnesses, *held);
}

bool Trustee::Impl::may_stop(Record const& record) const {
  if (!on_duty(record) || !record.in_progress() || !record.attempt()->takes_part(seat.id)) return false;
  Attempt const& attempt = *record.attempt();
  bool const left = std::ranges::any_of(
      seat.pledges.given(), [&](auto const& given) { return given.second.batch_open == attempt.open_hash; });
  return !left && !attempt.shares.contains(seat.id);
}

TrusteeState Trustee::Impl::state(Record const& record) const {
  if (record.phase() != MeetingPhase::kOpen || !on_duty(record)) return TrusteeState::kOffDuty;
  auto const& attempt = record.attempt();
  if (record.in_progress() && attempt->takes_part(seat.id) && attempt->phase != BatchPhase::kCounted) {
    return state_in_attempt(*attempt);
  }
  if (seat.book.runs(DutyKind::kKeys)) return TrusteeState::kMakingKeys;
  bool const ready =
      std::ranges::any_of(record.pending_keys(), [&](auto const& item) { return item.first.second == seat.id; });
  if (ready) return TrusteeState::kKeysReady;
  if (attempt && attempt->erased.contains(seat.id)) return TrusteeState::kErased;
  return TrusteeState::kIdle;
}

TrusteeState Trustee::Impl::state_in_attempt(Attempt const& attempt) const {
  if (attempt.shares.contains(seat.id)) return TrusteeState::kShared;
  if (seat.keys.waits_for_half(slot_of(attempt))) return TrusteeState::kWaitingForHalf;
  if (seat.keys.lost(slot_of(attempt))) return TrusteeState::kKeysLost;
  if (seat.mixes.found(attempt) == KeptMixes::Behind::kLost) return TrusteeState::kMixLost;
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      return TrusteeState::kIssuing;
    case BatchPhase::kClosing:
      return attempt.issuance_closed.contains(seat.id) ? TrusteeState::kIssuanceClosed : TrusteeState::kIssuing;
    case BatchPhase::kMixing:
      return TrusteeState::kMixing;
    default:
      return seat.pledges.stopped(attempt.open_hash) ? TrusteeState::kStopped : TrusteeState::kWaitingForGate;
  }
}

std::optional<Trustee::Protest> Trustee::Impl::protest(Record const& record) const {
  if (!on_duty(record) || !record.in_progress()) return std::nullopt;
  Attempt const& attempt = *record.attempt();
  if (!attempt.override_index || attempt.shares.contains(seat.id)) return std::nullopt;
  return Protest{attempt.overridden, sharing.protest().left_ms(attempt, record.manifest().rules.protest_s)};
}

std::vector<Trustee::VoidedShare> Trustee::Impl::voided_shares(Record const& record) const {
  std::map<Hash, VoidedShare> out;
  auto const logged = [&](std::vector<PersonId> const& holders, auto const& shares) {
    auto const at = std::ranges::find(holders, seat.person);
    return at != holders.end() && shares.contains(static_cast<TrusteeId>(at - holders.begin()));
  };
  for (auto const& [q, given] : seat.pledges.given()) {
    bool voided = false;
    if (record.attempt() && record.attempt()->open_hash == given.batch_open) {
      Attempt const& attempt = *record.attempt();
      voided = attempt.voided.contains(q) && !logged(attempt.holders, attempt.shares);
    } else if (auto const past = record.past_attempts().find(given.batch_open); past != record.past_attempts().end()) {
      voided = !logged(past->second.holders, past->second.shared);
    }
    if (!voided) continue;
    VoidedShare& one = out[given.batch_open];
    one.batch = given.batch;
    one.attempt = given.attempt;
    one.questions.push_back(q);
  }
  std::vector<VoidedShare> list;
  list.reserve(out.size());
  for (auto& [open, one] : out) list.push_back(std::move(one));
  return list;
}

// ---- Trustee ------------------------------------------------------------------------------------------------------

Trustee::Trustee(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store, Means means)
    : impl_(std::make_unique<Impl>(id, person, signer, store, std::move(means))) {}

Trustee::~Trustee() = default;

void Trustee::set_parallel(ParallelFor parallel) { impl_->sharing.set_parallel(std::move(parallel)); }

void Trustee::on_token_work(PersonId person, std::uint32_t cast, Hash const& batch_open, meeting::BlindedMsgs msgs) {
  impl_->issuing.deliver(person, cast, batch_open, std::move(msgs));
}

void Trustee::on_mix_input(Hash const& batch_open, meeting::MixItems items, Bytes salt) {
  impl_->mixing.deliver(batch_open, std::move(items), std::move(salt));
}

std::vector<Trustee::Job> Trustee::due(Record const& record, meeting::Witnesses const& witnesses) {
  return impl_->due(record, witnesses);
}

void Trustee::resubmit() {
  impl_->seat.book.begin_again();
  impl_->issuing.begin_again();
}

Result<void> Trustee::stop(Record const& record) {
  if (!impl_->may_stop(record)) return Refusal::kWrongPhase;
  return impl_->seat.pledges.stop(record.attempt()->open_hash);
}

Trustee::Status Trustee::status(Record const& record) const {
  Status out;
  out.state = impl_->state(record);
  out.waiting = impl_->sharing.waiting();
  out.refusal = impl_->seat.book.failure();
  if (out.refusal == Refusal::kMixDuplicate) out.at_fault = impl_->mixing.at_fault();
  out.protest = impl_->protest(record);
  out.voided_shares = impl_->voided_shares(record);
  return out;
}

}  // namespace piaojue::trustee
