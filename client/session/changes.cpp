// SPDX-License-Identifier: Apache-2.0
#include "client/session/changes.h"

namespace piaojue::client {

using meeting::MeetingPhase;
using meeting::TrusteeId;

facts::object Changes::state() const {
  auto const& record = log_.record();
  auto out = facts::event("state");
  out["meeting"] = meeting::phase_name(record.phase());
  if (log_.halted()) out["halted"] = piaojue::name(*log_.halted());
  if (!log_.opened()) return out;
  auto const& manifest = record.manifest();
  out["rehearsal"] = manifest.rehearsal;
  out["key_current"] = log_.current();
  out["signed_in"] = record.presence(me_).signed_in;
  out["experts_present"] = record.experts_present().size();
  out["quorum_min"] = record.quorum();
  if (!record.attempt()) return out;
  auto const& attempt = *record.attempt();
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["phase"] = meeting::phase_name(attempt.phase);
  out["paper"] = attempt.open.paper;
  out["live"] = facts::numbers(attempt.live());
  out["present"] = attempt.open.present.size();
  if (!attempt.open.paper && record.in_progress()) {
    auto const& witnesses = log_.witnesses();
    out["open_witnessed"] = witnesses.witnessed(attempt, attempt.open_index);
    if (attempt.box) out["box_witnessed"] = witnesses.witnessed(attempt, attempt.box_index);
    if (attempt.present(me_)) {
      out["questions"] = facts::numbers(attempt.questions_of(me_));
      out["stage"] = voter_.stage();
    }
  }
  return out;
}

bool Changes::told_unconfirmed() const {
  auto const& attempt = log_.record().attempt();
  return attempt && unconfirmed_said_ == attempt->box_hash;
}

bool Changes::act() {
  bool changed = say_state();
  if (log_.record().phase() != MeetingPhase::kOpen) return changed;
  say_keys();
  if (log_.record().in_progress()) changed = say_confirming() || changed;
  return changed;
}

bool Changes::say_state() {
  auto out = state();
  auto line = boost::json::serialize(out);
  if (line == state_said_) return false;
  state_said_ = std::move(line);
  // Told with the state, but no reason to tell it.
  out["size"] = log_.record().size();
  if (auto const& attempt = log_.record().attempt()) out["voted"] = attempt->envelopes().size();
  events_.emit(out);
  return true;
}

void Changes::say_keys() {
  auto const& record = log_.record();
  for (meeting::BatchId batch = 1; batch <= record.manifest().batches.size(); ++batch) {
    auto const attempt = record.attempts(batch) + 1;
    if (keys_said_.contains({batch, attempt})) continue;
    bool all = true;
    for (TrusteeId t = 0; t < record.manifest().trustees.size() && all; ++t) {
      auto const keys = record.pending_keys().find({batch, t});
      all = keys != record.pending_keys().end() && keys->second.keys.attempt == attempt;
    }
    if (!all) continue;
    keys_said_.emplace(batch, attempt);
    auto keys = facts::event("keys");
    keys["batch"] = batch;
    keys["attempt"] = attempt;
    keys["ready"] = true;
    events_.emit(keys);
  }
}

bool Changes::say_confirming() {
  auto const quiet = facts::unconfirmed(log_.record());
  if (!quiet) return false;
  auto const& attempt = *log_.record().attempt();
  if (box_ != attempt.box_hash) {
    box_ = attempt.box_hash;
    confirming_since_ms_ = clock_.now_ms;
  }
  bool const late = clock_.now_ms >= confirming_since_ms_ + limits_.unconfirmed_warning_ms;
  if (quiet->empty() || !late || told_unconfirmed()) return false;
  unconfirmed_said_ = attempt.box_hash;
  facts::object more;
  more["people"] = facts::people(log_.record(), *quiet);
  events_.warn("unconfirmed", std::move(more));
  return true;
}

}  // namespace piaojue::client
