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
    case TrusteeState::kIssuing:
      return "issuing";
    case TrusteeState::kIssuanceClosed:
      return "issuance-closed";
    case TrusteeState::kMixing:
      return "mixing";
    case TrusteeState::kWaitingForGate:
      return "waiting-for-gate";
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
  Sharing sharing{seat};
  Erasing erasing{seat, issuing, mixing};

  Impl(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store, TokenKeySource source,
       std::uint32_t lookahead)
      : seat(id, person, signer, store), key_making(seat, std::move(source), lookahead) {}

  bool on_duty(Record const& record) const;
  Jobs due(Record const& record, meeting::Witnesses const& witnesses);
  void due_in_attempt(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses);
  TrusteeState state(Record const& record) const;
  TrusteeState state_in_attempt(Attempt const& attempt) const;
};

bool Trustee::Impl::on_duty(Record const& record) const {
  meeting::Manifest const& manifest = record.manifest();
  if (seat.id >= manifest.trustees.size() || manifest.trustees[seat.id] != seat.person) return false;
  crypto::SigningPublicKey const& own = seat.signer.public_key();
  // After a KeyChange the old laptop would only produce refusals.
  return seat.person == meeting::kServer ? manifest.server_key == own : record.identity_key(seat.person) == own;
}

Jobs Trustee::Impl::due(Record const& record, meeting::Witnesses const& witnesses) {
  Jobs jobs;
  sharing.look_again();
  if (record.phase() == MeetingPhase::kBeforeOpen) return jobs;
  if (record.phase() == MeetingPhase::kClosed) {
    erasing.meeting_closed(record);
    return jobs;
  }
  if (!on_duty(record)) return jobs;
  erasing.due(jobs, record);
  if (record.in_progress()) due_in_attempt(jobs, record, witnesses);
  key_making.due(jobs, record);
  return jobs;
}

void Trustee::Impl::due_in_attempt(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses) {
  Attempt const& attempt = *record.attempt();
  auto const hop = attempt.hop_of(seat.id);
  if (!hop) return;
  Held const* const held = seat.keys.current(attempt, *hop);
  if (held != nullptr && attempt.phase == BatchPhase::kVoting) issuing.due(jobs, record, witnesses, *held, *hop);
  // Also without keys: what is lost can sign no more tokens either.
  if (attempt.phase == BatchPhase::kClosing) issuing.due_closing(jobs, record);
  if (held == nullptr) return;
  mixing.due(jobs, record, *held, *hop);
  if (attempt.phase == BatchPhase::kConfirming || attempt.phase == BatchPhase::kOpening) {
    sharing.due(jobs, record, witnesses, *held);
  }
}

TrusteeState Trustee::Impl::state(Record const& record) const {
  if (record.phase() != MeetingPhase::kOpen || !on_duty(record)) return TrusteeState::kOffDuty;
  auto const& attempt = record.attempt();
  if (record.in_progress() && attempt->hop_of(seat.id) && attempt->phase != BatchPhase::kCounted) {
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
  if (seat.keys.lost(slot_of(attempt))) return TrusteeState::kKeysLost;
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      return TrusteeState::kIssuing;
    case BatchPhase::kClosing:
      return attempt.issuance_closed.contains(seat.id) ? TrusteeState::kIssuanceClosed : TrusteeState::kIssuing;
    case BatchPhase::kMixing:
      return TrusteeState::kMixing;
    default:
      return attempt.shares.contains(seat.id) ? TrusteeState::kShared : TrusteeState::kWaitingForGate;
  }
}

// ---- Trustee ------------------------------------------------------------------------------------------------------

Trustee::Trustee(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store,
                 TokenKeySource source, std::uint32_t lookahead)
    : impl_(std::make_unique<Impl>(id, person, signer, store, std::move(source), lookahead)) {}

Trustee::~Trustee() = default;

void Trustee::set_parallel(ParallelFor parallel) { impl_->sharing.set_parallel(std::move(parallel)); }

void Trustee::on_token_work(PersonId person, Hash const& batch_open, meeting::BlindedMsgs msgs) {
  impl_->issuing.deliver(person, batch_open, std::move(msgs));
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

Trustee::Status Trustee::status(Record const& record) const {
  return {impl_->state(record), impl_->sharing.waiting(), impl_->seat.book.failure()};
}

}  // namespace piaojue::trustee
