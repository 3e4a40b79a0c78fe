// SPDX-License-Identifier: Apache-2.0
#include "client/session/trustee_seat.h"

#include "protocol/meeting/codec.h"

namespace piaojue::client {

using meeting::TrusteeId;

TrusteeSeat::TrusteeSeat(PersonId me, crypto::SigningKey const& identity, Means means, SessionLimits const& limits,
                         LogFollower const& log, Keeper& keeper, Requests& requests, Jobs& jobs, Events& events)
    : me_(me),
      identity_(identity),
      means_(std::move(means)),
      limits_(limits),
      log_(log),
      keeper_(keeper),
      requests_(requests),
      jobs_(jobs),
      events_(events) {}

TrusteeSeat::~TrusteeSeat() = default;

void TrusteeSeat::take_manifest(meeting::Manifest const& manifest) {
  auto const& list = manifest.trustees;
  bool found = false;
  for (TrusteeId t = 1; t < list.size(); ++t) {
    if (list[t] != me_) continue;
    id_ = t;
    found = true;
  }
  if (!found) return;
  trustee::TrusteeStore& store = *this;
  trustee_ =
      std::make_unique<trustee::Trustee>(id_, me_, identity_, store, std::move(means_.token_keys), means_.lookahead);
  trustee_->set_parallel(means_.parallel);
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
  if (!entry) return true;
  auto const* request = std::get_if<meeting::TokenRequest>(&entry->body);
  if (request != nullptr && trustee_) {
    trustee_->on_token_work(request->person, request->batch_open, std::move(work.msgs));
  }
  return true;
}

void TrusteeSeat::take(wire::MixWork work) {
  if (!trustee_ || work.trustee != id_) return;
  trustee_->on_mix_input(work.batch_open, std::move(work.before.items), std::move(work.before.salt));
}

// ==================================================================================================== Work

bool TrusteeSeat::act() {
  if (!trustee_ || log_.halted() || keeper_.failed()) return false;
  for (auto at = early_.begin(); at != early_.end();) at = give_token_work(*at) ? early_.erase(at) : std::next(at);
  // Not before the log is up to date: what looks due may have been done before the restart.
  if (!log_.synced() || !log_.current()) return false;
  if (resubmit_ && !requests_.half_full()) {
    resubmit_ = false;
    trustee_->resubmit();
  }
  for (auto& due : trustee_->due(log_.record(), log_.witnesses())) {
    auto finish = [this, made = std::move(due.finish)] {
      auto submissions = made(log_.record());
      if (keeper_.failed() || log_.halted() || !submissions) return;
      submit(std::move(*submissions));
    };
    jobs_.add(std::move(due.run), std::move(finish), due.duty.can_wait() ? Urgency::kBackground : Urgency::kUrgent);
  }
  return say_status();
}

void TrusteeSeat::submit(std::vector<trustee::Submission> submissions) {
  for (auto& submission : submissions) {
    Bytes payload;
    if (auto const* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
      payload = meeting::encode_issued_payload(*sigs);
    } else if (auto const* mixed = std::get_if<trustee::MixResult>(&submission.payload)) {
      payload = meeting::encode_mix_payload(mixed->salt, mixed->items);
    }
    // Refused when the log went on while the work was done, such as by a Void: the log decides what is due next. But
    // what the server had no place or no disk for is still due.
    bool const queued = requests_.submit(submission.made.bytes, payload, [this](auto const& index, Hash const&) {
      if (index) return;
      resubmit_ = resubmit_ || index.error() == Refusal::kBusy || index.error() == Refusal::kStorage;
    });
    resubmit_ = resubmit_ || !queued;
  }
}

bool TrusteeSeat::say_status() {
  auto const status = trustee_->status(log_.record());
  auto out = facts::event("trustee");
  out["trustee"] = id_;
  out["state"] = trustee::name(status.state);
  if (status.waiting) out["waiting"] = piaojue::name(*status.waiting);
  if (status.refusal) {
    out["refused"] = piaojue::name(*status.refusal);
    out["message"] = events_.say(*status.refusal);
  }
  auto line = boost::json::serialize(out);
  if (line == said_) return false;
  said_ = std::move(line);
  events_.emit(out);
  return true;
}

facts::object TrusteeSeat::describe() const {
  auto const status = trustee_->status(log_.record());
  facts::object out;
  out["trustee"] = id_;
  out["state"] = trustee::name(status.state);
  out["waiting"] = facts::code_or_null(status.waiting);
  out["refused"] = facts::code_or_null(status.refusal);
  if (status.refusal) out["message"] = events_.say(*status.refusal);
  return out;
}

// ==================================================================================================== Its store

Result<void> TrusteeSeat::save(std::string const& name, Secret const& plain) {
  auto const full = "trustee/" + name;
  if (!keeper_.save(full, crypto::seal(means_.wallet_key, plain.view(), as_bytes(full)))) return Refusal::kStorage;
  return {};
}

Result<std::optional<Secret>> TrusteeSeat::load(std::string const& name) {
  auto const full = "trustee/" + name;
  auto const sealed = keeper_.load(full);
  if (!sealed) return Refusal::kStorage;
  if (!*sealed) return std::optional<Secret>();
  auto plain = crypto::unseal(means_.wallet_key, **sealed, as_bytes(full));
  if (!plain) return Refusal::kStorage;
  return std::optional<Secret>(std::move(*plain));
}

Result<void> TrusteeSeat::erase(std::string const& name) {
  if (!keeper_.erase("trustee/" + name)) return Refusal::kStorage;
  return {};
}

}  // namespace piaojue::client
