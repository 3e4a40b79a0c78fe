// SPDX-License-Identifier: Apache-2.0
#include "client/session/voter.h"

namespace piaojue::client {

using meeting::BatchPhase;

Voter::Voter(PersonId me, Keys const& keys, ParallelFor const& parallel, SessionLimits const& limits,
             Clock const& clock, Online const& online, LogFollower const& log, Keeper& keeper, OwnHalves& halves,
             Requests& requests, Jobs& jobs, Events& events)
    : me_(me),
      log_(log),
      keeper_(keeper),
      events_(events),
      own_(me, log, keeper, halves, events),
      tokens_(me, keys.identity, limits, own_, log, keeper, requests, jobs, events),
      paper_(me, keys.identity, limits, clock, own_, log, requests, jobs),
      check_(me, keys.identity, limits, clock, online, own_, log, requests, events),
      checker_(me, keys.identity, parallel, own_, log, requests, jobs, events) {}

std::string_view Voter::stage() const {
  auto const& attempt = *log_.record().attempt();
  if (attempt.confirms.contains(me_)) return "confirmed";
  if (own_.failed()) return "failed";
  if (attempt.phase != BatchPhase::kVoting) {
    if (here() && checker_.asks()) return "asked";
    if (!attempt.counted.contains(me_)) return "not-cast";
    return attempt.box && !attempt.live_questions_of(me_).empty() ? "checking" : "cast";
  }
  auto const* const voter = attempt.voter(me_);
  if (own_.sealed() || (voter != nullptr && voter->envelope)) return "cast";
  if (voter != nullptr && !voter->spoils.empty() && !voter->spoils.back().verdict) return "spoiled";
  if (own_.ready()) return "ready";
  return voter != nullptr && voter->request ? "requested" : "waiting";
}

bool Voter::needed_still() const {
  auto const& attempt = *log_.record().attempt();
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      return true;
    case BatchPhase::kClosing:
    case BatchPhase::kMixing:
    case BatchPhase::kConfirming:
      // Whose questions were all voided has no ballot to look for; and who has confirmed has looked.
      return attempt.entitled(me_) && !attempt.confirms.contains(me_);
    default:
      return false;
  }
}

void Voter::begin() {
  if (!own_.begin()) return;
  tokens_.begin();
  paper_.begin();
  check_.begin();
  checker_.begin();
}

void Voter::forget() {
  if (own_.forget()) paper_.wipe();
}

void Voter::act() {
  if (log_.halted() || keeper_.failed() || !log_.record().attempt()) return;
  begin();
  auto const& attempt = *log_.record().attempt();
  bool const votes = !own_.questions().empty() && log_.current_for_attempt();
  bool prepared = true;
  if (!votes || !needed_still()) {
    forget();
  } else if (log_.synced()) {
    // What is not up to date could be asked for twice.
    prepared = own_.failed() || own_.prepare();
    if (prepared && !own_.failed() && attempt.phase == BatchPhase::kVoting) act_in_voting();
  } else {
    prepared = false;
  }
  // Marks that were never cast have no use after the closing, and an envelope is opened to nobody any more.
  if (attempt.phase != BatchPhase::kVoting) {
    paper_.wipe();
    own_.wipe_paper();
  }
  checker_.act(prepared);
}

void Voter::act_in_voting() {
  // What is not witnessed could be another hall's.
  auto const& attempt = *log_.record().attempt();
  if (!log_.witnesses().witnessed(attempt, attempt.open_index)) return;
  tokens_.act();
  if (own_.failed() || !own_.state()) return;
  paper_.act();
  check_.act();
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
    out["cast"] = cast->cast;
    out["index"] = record.size() - 1;
    events_.emit(out);
  }
}

bool Voter::say_not_cast(std::uint32_t sequence) {
  begin();
  return own_.say_not_cast(sequence);
}

void Voter::operate(Reply const& reply, command::Vote const& in) {
  if (log_.record().attempt()) begin();
  paper_.operate(reply, in);
}

void Voter::operate(Reply const& reply, command::NotVoted const& in) {
  if (!here()) return reply.no(Refusal::kWrongPhase);
  if (auto const taken = checker_.answer(in.own_decision); !taken) return reply.no(taken.error());
  reply.ok();
}

facts::object Voter::describe() const {
  auto const& attempt = *log_.record().attempt();
  facts::object out;
  out["stage"] = stage();
  out["questions"] = facts::numbers(attempt.questions_of(me_));
  out["marked"] = here() && attempt.phase == BatchPhase::kVoting ? marked() : 0;
  out["cast"] = attempt.cast_of(me_);
  auto const* const voter = attempt.voter(me_);
  out["in_log"] = voter != nullptr && voter->envelope.has_value();
  out["missing"] = facts::numbers(missing());
  out["asks"] = here() && checker_.asks() ? boost::json::value("not-voted") : boost::json::value();
  out["check"] = here() ? check_.describe() : boost::json::value();
  auto const failed = here() ? own_.failed() : std::nullopt;
  out["refused"] = facts::code_or_null(failed);
  if (failed) out["message"] = events_.say(*failed);
  return out;
}

std::set<meeting::TrusteeId> Voter::mismatched() const {
  return here() ? tokens_.mismatched() : std::set<meeting::TrusteeId>();
}

}  // namespace piaojue::client
