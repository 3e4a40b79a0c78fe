// SPDX-License-Identifier: Apache-2.0
#include "client/session/voter.h"

namespace piaojue::client {

using meeting::BatchPhase;

Voter::Voter(PersonId me, Keys const& keys, ParallelFor const& parallel, SessionLimits const& limits,
             LogFollower const& log, Keeper& keeper, Requests& requests, Jobs& jobs, Events& events)
    : me_(me),
      log_(log),
      keeper_(keeper),
      events_(events),
      own_(me, keys.attempt_key, log, keeper, requests, events),
      tokens_(me, keys.identity, limits, own_, log, keeper, requests, jobs, events),
      paper_(me, keys.identity, own_, log, requests, jobs),
      checker_(me, keys.identity, parallel, own_, log, requests, jobs) {}

std::string_view Voter::stage() const {
  if (own_.failed()) return "failed";
  auto const& attempt = *log_.record().attempt();
  if (attempt.confirms.contains(me_)) return "confirmed";
  if (attempt.phase != BatchPhase::kVoting) {
    if (!attempt.counted.contains(me_)) return "not-cast";
    return attempt.box && !attempt.live_questions_of(me_).empty() ? "checking" : "cast";
  }
  if (attempt.casts.contains(me_)) return "cast";
  if (own_.ready()) return "ready";
  return attempt.requests.contains(me_) ? "requested" : "waiting";
}

bool Voter::needed_still() const {
  auto const& attempt = *log_.record().attempt();
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      return true;
    case BatchPhase::kClosing:
    case BatchPhase::kMixing:
    case BatchPhase::kConfirming:
      // Whose questions were all voided has no ballot to look for.
      return attempt.counted.contains(me_) && !attempt.confirms.contains(me_) &&
             !attempt.live_questions_of(me_).empty();
    default:
      return false;
  }
}

void Voter::begin() {
  if (!own_.begin()) return;
  tokens_.begin();
  paper_.begin();
  checker_.begin();
}

void Voter::forget() {
  if (own_.forget()) paper_.wipe();
}

void Voter::act() {
  if (log_.halted() || keeper_.failed() || !log_.record().attempt()) return;
  begin();
  if (own_.questions().empty() || !log_.current() || !needed_still()) return forget();
  if (own_.failed()) return;
  auto const& attempt = *log_.record().attempt();
  // Marks that were never cast have no use after the closing.
  if (attempt.phase != BatchPhase::kVoting) paper_.wipe();
  // What is not up to date could be asked for twice; what is not witnessed could be another hall's.
  if (!log_.synced() || !log_.witnesses().enough(attempt.open_index, attempt.open_witnesses)) return;
  if (!own_.prepare()) return;
  if (!own_.state()) return tokens_.request();
  if (attempt.phase == BatchPhase::kVoting) {
    if (!attempt.requests.contains(me_)) tokens_.request();
    tokens_.act();
  }
  if (attempt.phase == BatchPhase::kConfirming) checker_.act();
}

void Voter::took_in(meeting::Entry const& entry) {
  auto const& record = log_.record();
  auto const event = [&](std::string_view name) {
    auto out = facts::event(name);
    out["batch"] = record.attempt()->open.batch;
    out["attempt"] = record.attempt()->open.attempt;
    return out;
  };
  if (auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry.body); cast && cast->person == me_) {
    auto out = event("cast");
    out["sequence"] = cast->sequence;
    out["index"] = record.size() - 1;
    events_.emit(out);
  }
  if (auto const* confirmed = std::get_if<meeting::Confirm>(&entry.body); confirmed && confirmed->person == me_) {
    auto out = event("confirmed");
    auto missing = facts::missing(*confirmed);
    out["ok"] = missing.empty();
    out["missing"] = std::move(missing);
    events_.emit(out);
  }
}

void Voter::operate(Reply const& reply, command::Vote const& in) {
  if (log_.record().attempt()) begin();
  paper_.operate(reply, in);
}

facts::object Voter::describe() const {
  auto const& attempt = *log_.record().attempt();
  bool const here = own_.open() == attempt.open_hash;
  facts::object out;
  out["stage"] = stage();
  out["questions"] = facts::numbers(attempt.questions_of(me_));
  out["marked"] = here && attempt.phase == BatchPhase::kVoting ? marked() : 0;
  auto const cast = attempt.casts.find(me_);
  out["sequence"] = cast == attempt.casts.end() ? boost::json::value() : boost::json::value(cast->second.sequence);
  auto const confirm = attempt.confirms.find(me_);
  out["missing"] = confirm == attempt.confirms.end() ? facts::array() : facts::missing(confirm->second);
  auto const failed = here ? own_.failed() : std::nullopt;
  out["refused"] = facts::code_or_null(failed);
  if (failed) out["message"] = events_.say(*failed);
  return out;
}

std::set<meeting::TrusteeId> Voter::mismatched() const {
  if (!log_.record().attempt() || own_.open() != log_.record().attempt()->open_hash) return {};
  return tokens_.mismatched();
}

}  // namespace piaojue::client
