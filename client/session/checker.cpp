// SPDX-License-Identifier: Apache-2.0
#include "client/session/checker.h"

#include "protocol/meeting/codec.h"

namespace piaojue::client {

using meeting::BatchPhase;
using meeting::ConfirmVerdict;

Checker::Checker(PersonId me, crypto::SigningKey const& identity, ParallelFor const& parallel, OwnAttempt& own,
                 LogFollower const& log, Requests& requests, Jobs& jobs, Events& events)
    : me_(me),
      identity_(identity),
      parallel_(parallel),
      own_(own),
      log_(log),
      requests_(requests),
      jobs_(jobs),
      events_(events) {}

struct Checker::Check {
  Hash open, box;
  std::vector<QuestionId> live;
  Contexts contexts;
  std::shared_ptr<meeting::BallotBox const> ballots;
  std::map<QuestionId, OwnBallots> own;
  ParallelFor parallel;
  BoxVerdict verdict;
};

bool Checker::entitled() const { return log_.record().attempt()->entitled(me_) && log_.current_for_attempt(); }

bool Checker::has_envelope() const { return log_.record().attempt()->counted.contains(me_) || own_.sealed(); }

bool Checker::spoil_unlogged() const { return own_.state() && !own_.state()->spoil_to.empty(); }

// ==================================================================================================== Looking

std::map<QuestionId, OwnBallots> Checker::own_ballots(std::vector<QuestionId> const& live) const {
  std::map<QuestionId, OwnBallots> out;
  if (!own_.state()) return out;
  auto const& state = *own_.state();
  auto const& attempt = *log_.record().attempt();
  auto const* const voter = attempt.voter(me_);
  bool const counted = attempt.counted.contains(me_);
  bool const counts = counted && state.envelope && voter->envelope->digest == state.envelope->digest;
  for (QuestionId const q : attempt.questions_of(me_)) {
    if (!std::ranges::binary_search(live, q)) continue;
    OwnBallots& own = out[q];
    auto const add = [&](BallotKeys const& keys) {
      if (auto const key = keys.find(q); key != keys.end()) own.keys.insert(key->second);
    };
    add(state.keys);
    for (auto const& keys : state.before) add(keys);
    // Where another envelope counts than the one that was sealed, no ballot is as it was meant.
    if (counted) own.counted = counts ? state.envelope->ballots.at(q) : Hash();
  }
  return out;
}

void Checker::act(bool prepared) {
  auto const& attempt = *log_.record().attempt();
  if (!attempt.box || mine_.checking) return;
  // Whose word the gate waits for looks first. Everybody else's laptop looks at the same box when nobody waits for it.
  if (attempt.phase != (entitled() ? BatchPhase::kConfirming : BatchPhase::kCounted)) return;
  // Looked at again when the state, whose half had not come back, is there after all.
  auto live = attempt.live();
  bool const looked = mine_.box == attempt.box_hash && mine_.live == live && mine_.prepared == prepared;
  if (!looked) {
    mine_.prepared = prepared;
    return look(std::move(live));
  }
  tell();
  confirm();
}

void Checker::look(std::vector<QuestionId> live) {
  auto const& attempt = *log_.record().attempt();
  auto const work = std::make_shared<Check>();
  work->open = attempt.open_hash;
  work->box = attempt.box_hash;
  work->contexts = own_.contexts(live);
  work->own = own_ballots(live);
  work->live = std::move(live);
  work->ballots = attempt.box;
  work->parallel = parallel_;
  mine_.checking = true;
  jobs_.add([work] { work->verdict = check_live_box(work->contexts, *work->ballots, work->own, work->parallel); },
            [this, work] {
              if (log_.record().attempt()->open_hash == work->open) take_checked(*work);
            });
}

void Checker::take_checked(Check const& done) {
  mine_.checking = false;
  auto const& now = *log_.record().attempt();
  if (now.box_hash != done.box || now.live() != done.live) return;
  mine_.box = done.box;
  mine_.live = done.live;
  mine_.verdict = done.verdict;
  if (auto const& refusal = done.verdict.refusal; refusal && own_.is(done.open) && !own_.failed()) {
    // A box that holds what may not be there is confirmed by nobody who has seen it; the gate then stays shut.
    facts::object more;
    more["question"] = done.verdict.question;
    if (refusal->code == Refusal::kBallotToken) more["trustee"] = refusal->trustee;
    own_.fail(refusal->code, std::move(more));
  }
  tell();
  confirm();
}

// ==================================================================================================== The word

Result<void> Checker::answer(bool own_decision) {
  if (!asks()) return Refusal::kWrongPhase;
  mine_.own_decision = own_decision;
  tell();
  confirm();
  return {};
}

bool Checker::asks() const {
  auto const& attempt = *log_.record().attempt();
  return attempt.phase == BatchPhase::kConfirming && mine_.box == attempt.box_hash && mine_.prepared && entitled() &&
         !has_envelope() && !attempt.said_anything(me_) && !mine_.own_decision;
}

std::optional<Checker::Rows> Checker::rows() const {
  auto const& attempt = *log_.record().attempt();
  bool const counted = attempt.counted.contains(me_);
  // What a state that is lost would have said, nobody knows; without an envelope there is nothing that it could say.
  if (!mine_.prepared || !entitled() || (counted && !own_.state())) return std::nullopt;
  bool const whole = std::ranges::all_of(mine_.verdict.as_meant, [](auto const& one) { return one.second; });
  Rows out;
  for (QuestionId const q : attempt.live_questions_of(me_)) {
    auto const found = mine_.verdict.as_meant.find(q);
    bool const as_meant = found == mine_.verdict.as_meant.end() || found->second;
    if (counted) {
      out[q] = as_meant && !spoil_unlogged() && found != mine_.verdict.as_meant.end() ? ConfirmVerdict::kOk
                                                                                      : ConfirmVerdict::kMissing;
    } else if (own_.sealed() || !whole) {
      // It was sent and is nowhere, or a ballot stands there that was never cast.
      out[q] = ConfirmVerdict::kMissing;
    } else if (mine_.own_decision) {
      out[q] = *mine_.own_decision ? ConfirmVerdict::kNotCast : ConfirmVerdict::kMissing;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::vector<QuestionId> Checker::missing() const {
  std::vector<QuestionId> out;
  auto const& attempt = *log_.record().attempt();
  auto const confirm = attempt.confirms.find(me_);
  auto said = confirm != attempt.confirms.end() ? std::optional(confirm->second.rows)
              : mine_.box == attempt.box_hash   ? rows()
                                                : std::nullopt;
  // What it was found by is wiped when the box is opened; that it was not there stays true.
  if (!said) said = mine_.told;
  if (!said) return out;
  for (auto const& [q, verdict] : *said) {
    if (verdict == ConfirmVerdict::kMissing && !attempt.voided.contains(q)) out.push_back(q);
  }
  return out;
}

trustee::BoxLook Checker::found(Hash const& box, std::vector<QuestionId> const& live) const {
  if (mine_.checking) return {.running = true, .verdict = std::nullopt};
  if (mine_.box != box || mine_.live != live) return {};
  auto const& refusal = mine_.verdict.refusal;
  return {.running = false, .verdict = refusal ? Result<void>(refusal->code) : Result<void>()};
}

std::optional<QuestionId> Checker::invalid() const {
  auto const& attempt = log_.record().attempt();
  if (!attempt || mine_.box != attempt->box_hash || !mine_.verdict.refusal) return std::nullopt;
  return mine_.verdict.question;
}

/// At once and by itself, before and whatever the server answers.
void Checker::tell() {
  auto const& attempt = *log_.record().attempt();
  auto const said = rows();
  if (!said || said == mine_.told || attempt.confirms.contains(me_)) return;
  mine_.told = said;
  auto const lost = missing();
  auto out = facts::event("looked");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["ok"] = lost.empty();
  out["missing"] = facts::numbers(lost);
  events_.emit(out);
}

void Checker::confirm() {
  auto const& attempt = *log_.record().attempt();
  if (attempt.phase != BatchPhase::kConfirming || attempt.confirms.contains(me_) || mine_.verdict.refusal) return;
  if (!log_.synced() || !log_.witnesses().witnessed(attempt, attempt.box_index)) return;
  if (mine_.confirmed_for == mine_.live) return;  // made; its way into the log is under way
  auto const said = rows();
  if (!said || said->empty()) return;
  meeting::Confirm const body{attempt.open_hash, me_, attempt.box_hash, *said};
  bool const queued = requests_.submit(meeting::made(body, me_, identity_), {},
                                       [this, open = attempt.open_hash](auto const& index, Hash const&) {
                                         // Refused when a Void came in between: made again for what is left.
                                         if (!index && own_.open() == open) mine_.confirmed_for.clear();
                                       });
  if (queued) mine_.confirmed_for = mine_.live;
}

}  // namespace piaojue::client
