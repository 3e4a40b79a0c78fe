// SPDX-License-Identifier: Apache-2.0
#include "client/session/trustee_seat.h"

#include "protocol/meeting/codec.h"

namespace piaojue::client {

using meeting::TrusteeId;
using trustee::StoreName;

namespace {

/// What a gate that is still closed waits for. The refusal of what is not witnessed yet has a sentence that would have
/// people secure the server (docs/client-door.md).
std::string_view word_of_wait(Refusal waiting) {
  return waiting == Refusal::kLogSplit ? "NOT_WITNESSED" : piaojue::name(waiting);
}

}  // namespace

TrusteeSeat::TrusteeSeat(PersonId me, Keys const& keys, Means means, SessionLimits const& limits, Clock const& clock,
                         LogFollower const& log, Keeper& keeper, OwnHalves& halves, Requests& requests, Jobs& jobs,
                         Events& events)
    : me_(me),
      keys_(keys),
      means_(std::move(means)),
      limits_(limits),
      clock_(clock),
      log_(log),
      keeper_(keeper),
      halves_(halves),
      requests_(requests),
      jobs_(jobs),
      events_(events) {}

TrusteeSeat::~TrusteeSeat() = default;

// ==================================================================================================== Slots

void TrusteeSeat::took_in(meeting::Entry const& entry) {
  if (auto const* manifest = std::get_if<meeting::Manifest>(&entry.body)) {
    for (TrusteeId t = 1; t < manifest->trustees.size(); ++t) {
      if (manifest->trustees[t] == me_) sit(t);
    }
  } else if (auto const* change = std::get_if<meeting::TrusteeChange>(&entry.body); change && change->person == me_) {
    sit(change->trustee);
  }
}

void TrusteeSeat::sit(TrusteeId slot) {
  last_ = slot;
  if (seats_.contains(slot)) return;
  trustee::TrusteeStore& store = *this;
  auto seated = std::make_unique<trustee::Trustee>(
      slot, me_, keys_.identity, store,
      trustee::Means{means_.token_keys, [this] { return clock_.now_ms; }, means_.lookahead, means_.look_at_box});
  seated->set_parallel(means_.parallel);
  seats_.emplace(slot, std::move(seated));
}

TrusteeSeat::Seats::value_type const& TrusteeSeat::seat() const {
  auto const held = log_.record().slot_of(me_);
  return *seats_.find(held && seats_.contains(*held) ? *held : last_);
}

// ==================================================================================================== In

void TrusteeSeat::take(wire::TokenWork work) {
  if (give_token_work(work)) return;
  if (early_.size() >= limits_.held_pushes_max) early_.pop_front();
  early_.push_back(std::move(work));
}

bool TrusteeSeat::give_token_work(wire::TokenWork& work) {
  if (work.index >= log_.record().size()) return false;
  auto const entry = meeting::decode_entry(log_.copy().entries[work.index]);
  auto const* request = entry ? std::get_if<meeting::TokenRequest>(&entry->body) : nullptr;
  if (request != nullptr && taken()) {
    seat().second->on_token_work(request->person, request->cast, request->batch_open, std::move(work.msgs));
  }
  return true;
}

void TrusteeSeat::take(wire::MixWork work) {
  auto const at = seats_.find(work.trustee);
  if (at == seats_.end()) return;
  at->second->on_mix_input(work.batch_open, std::move(work.before.items), std::move(work.before.salt));
}

void TrusteeSeat::operate(Reply const& reply, command::Stop const&) {
  if (!taken()) return reply.no(Refusal::kNotAuthorised);
  if (auto const stopped = seat().second->stop(log_.record()); !stopped) return reply.no(stopped.error());
  reply.ok();
}

// ==================================================================================================== Work

bool TrusteeSeat::act() {
  if (!taken() || log_.halted() || keeper_.failed()) return false;
  for (auto at = early_.begin(); at != early_.end();) at = give_token_work(*at) ? early_.erase(at) : std::next(at);
  // Not before the log is up to date: what looks due may have been done before the restart.
  if (!log_.synced() || !log_.current()) return false;
  bool const again = resubmit_ && !requests_.half_full();
  if (again) resubmit_ = false;
  for (auto const& [slot, seated] : seats_) {
    if (again) seated->resubmit();
    for (auto& due : seated->due(log_.record(), log_.witnesses())) {
      auto finish = [this, made = std::move(due.finish)] {
        auto submissions = made(log_.record());
        if (keeper_.failed() || log_.halted() || !submissions) return;
        take_submissions(std::move(*submissions));
      };
      jobs_.add(std::move(due.run), std::move(finish), due.duty.can_wait() ? Urgency::kBackground : Urgency::kUrgent);
    }
  }
  submit_held_back();
  return say_status();
}

void TrusteeSeat::take_submissions(std::vector<trustee::Submission> submissions) {
  for (auto& submission : submissions) {
    if (std::holds_alternative<meeting::BatchKeys>(submission.made.entry.body)) {
      held_back_.push_back(std::move(submission));
    } else {
      submit(submission);
    }
  }
  submit_held_back();
}

void TrusteeSeat::submit_held_back() {
  std::erase_if(held_back_, [&](trustee::Submission const& submission) {
    auto const& keys = std::get<meeting::BatchKeys>(submission.made.entry.body);
    meeting::HalfOf const of{keys.batch, keys.attempt};
    // The attempt went on without them.
    if (!meeting::has_halves(log_.record(), of)) return true;
    if (!halves_.is_held(of)) return false;
    submit(submission);
    return true;
  });
}

void TrusteeSeat::submit(trustee::Submission const& submission) {
  Bytes payload;
  if (auto const* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
    payload = meeting::encode_issued_payload(*sigs);
  } else if (auto const* mixed = std::get_if<trustee::MixResult>(&submission.payload)) {
    payload = meeting::encode_mix_payload(mixed->salt, mixed->items);
  }
  // Refused when the log went on while the work was done, such as by a Void: the log decides what is due next. But
  // what the server had no place or no disk for is still due.
  bool const queued = requests_.submit(submission.made, payload, [this](auto const& index, Hash const&) {
    if (index) return;
    resubmit_ = resubmit_ || index.error() == Refusal::kBusy || index.error() == Refusal::kStorage;
  });
  resubmit_ = resubmit_ || !queued;
}

// ==================================================================================================== To look at

bool TrusteeSeat::say_status() {
  auto const& [slot, seated] = seat();
  auto const status = seated->status(log_.record());
  auto out = facts::event("trustee");
  out["trustee"] = slot;
  out["state"] = trustee::name(status.state);
  if (status.waiting) out["waiting"] = word_of_wait(*status.waiting);
  if (status.refusal) {
    out["refused"] = piaojue::name(*status.refusal);
    out["message"] = events_.say(*status.refusal);
  }
  if (status.at_fault) out["at_fault"] = *status.at_fault;
  auto line = boost::json::serialize(out);
  if (line == said_) return false;
  said_ = std::move(line);
  events_.emit(out);
  return true;
}

facts::object TrusteeSeat::describe(bool times) const {
  constexpr std::uint64_t kMsPerSecond = 1000;
  auto const& [slot, seated] = seat();
  auto const status = seated->status(log_.record());
  facts::object out;
  out["trustee"] = slot;
  out["state"] = trustee::name(status.state);
  out["waiting"] = nullptr;
  if (status.waiting) out["waiting"] = word_of_wait(*status.waiting);
  out["refused"] = facts::code_or_null(status.refusal);
  if (status.refusal) out["message"] = events_.say(*status.refusal);
  if (status.at_fault) out["at_fault"] = *status.at_fault;
  out["waits_for_half"] = facts::numbers(halves_.waits_for());
  out["protest"] = nullptr;
  if (status.protest && status.protest->left_ms > 0) {
    facts::object protest;
    protest["people"] = facts::overridden(status.protest->people);
    if (times) protest["left_s"] = (status.protest->left_ms + kMsPerSecond - 1) / kMsPerSecond;
    out["protest"] = std::move(protest);
  }
  return out;
}

bool TrusteeSeat::share_not_logged() const {
  return std::ranges::any_of(seats_,
                             [&](auto const& one) { return !one.second->status(log_.record()).voided_shares.empty(); });
}

bool TrusteeSeat::protests() const {
  if (!taken()) return false;
  auto const status = seat().second->status(log_.record());
  return status.protest && status.protest->left_ms > 0;
}

// ==================================================================================================== Its store

Result<void> TrusteeSeat::save(StoreName const& name, Secret const& plain) {
  auto const full = "trustee/" + trustee::to_text(name);
  if (!name.of_attempt()) {
    if (!keeper_.save(full, crypto::seal(keys_.own_key, plain.view(), as_bytes(full)))) return Refusal::kStorage;
    return {};
  }
  meeting::HalfOf const of{name.batch, name.attempt};
  // Whatever was kept under it will never open: new keys come under a new half.
  if (halves_.lost(of)) halves_.begin_anew(of);
  auto const sealed = halves_.seal(of, full, plain.view());
  if (!sealed || !keeper_.save(full, *sealed)) return Refusal::kStorage;
  halves_.kept(of);
  return {};
}

Result<std::optional<Secret>> TrusteeSeat::load(StoreName const& name) {
  auto const full = "trustee/" + trustee::to_text(name);
  auto const sealed = keeper_.load(full);
  if (!sealed) return Refusal::kStorage;
  if (!*sealed) return std::optional<Secret>();
  auto plain = name.of_attempt() ? halves_.unseal({name.batch, name.attempt}, full, **sealed)
                                 : crypto::unseal(keys_.own_key, **sealed, as_bytes(full));
  if (plain) return std::optional<Secret>(std::move(*plain));
  // No holder has the half: as good as lost.
  if (plain.error() == Refusal::kUnknown) return std::optional<Secret>();
  return plain.error() == Refusal::kBusy ? Refusal::kBusy : Refusal::kStorage;
}

Result<void> TrusteeSeat::erase(StoreName const& name) {
  if (!keeper_.erase("trustee/" + trustee::to_text(name))) return Refusal::kStorage;
  return {};
}

}  // namespace piaojue::client
