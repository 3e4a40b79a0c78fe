// SPDX-License-Identifier: Apache-2.0
#include "client/session/checker.h"

#include "protocol/meeting/codec.h"

namespace piaojue::client {

using meeting::BatchPhase;

Checker::Checker(PersonId me, crypto::SigningKey const& identity, ParallelFor const& parallel, OwnAttempt& own,
                 LogFollower const& log, Requests& requests, Jobs& jobs)
    : me_(me), identity_(identity), parallel_(parallel), own_(own), log_(log), requests_(requests), jobs_(jobs) {}

struct Checker::Check {
  Hash open, box;
  std::vector<QuestionId> live;
  Contexts contexts;
  std::shared_ptr<meeting::BallotBox const> ballots;
  std::map<QuestionId, OwnBallot> own;
  ParallelFor parallel;
  BoxVerdict verdict;
};

std::map<QuestionId, OwnBallot> Checker::own_ballots(Contexts const& live) const {
  auto const& state = *own_.state();
  auto const* paper = state.cast(log_.record().attempt()->casts.at(me_).digest);
  std::map<QuestionId, OwnBallot> out;
  for (auto const& question : state.questions) {
    if (!live.contains(question.question)) continue;
    OwnBallot own{question.sk_v.public_key(), Hash{}};
    if (paper != nullptr && paper->ballots.contains(question.question)) {
      own.ballot = paper->ballots.at(question.question);
    }
    out.emplace(question.question, own);
  }
  return out;
}

void Checker::act() {
  auto const& attempt = *log_.record().attempt();
  if (mine_.checking || !log_.witnesses().enough(attempt.box_index, attempt.box_witnesses)) return;
  auto live = attempt.live();
  if (mine_.confirmed_for == live) return;  // made; its way into the log is under way
  auto const work = std::make_shared<Check>();
  work->open = own_.open();
  work->box = attempt.box_hash;
  work->contexts = own_.contexts(live);
  work->live = std::move(live);
  work->ballots = attempt.box;
  work->own = own_ballots(work->contexts);
  work->parallel = parallel_;
  if (work->own.empty()) return;  // every question of this person's envelope was voided
  mine_.checking = true;
  jobs_.add([work] { work->verdict = check_live_box(work->contexts, *work->ballots, work->own, work->parallel); },
            [this, work] {
              if (own_.is(work->open)) take_checked(*work);
            });
}

void Checker::take_checked(Check const& done) {
  mine_.checking = false;
  auto const& now = *log_.record().attempt();
  if (now.phase != BatchPhase::kConfirming || now.box_hash != done.box || now.live() != done.live) return;
  if (auto const& refusal = done.verdict.refusal) {
    // A box that holds what may not be there is confirmed by nobody who has seen it; the gate then stays shut.
    facts::object more;
    more["question"] = done.verdict.question;
    if (refusal->code == Refusal::kBallotToken) more["trustee_hop"] = refusal->trustee;
    return own_.fail(refusal->code, std::move(more));
  }
  meeting::Confirm const body{done.open, me_, done.box, done.verdict.found};
  bool const queued = requests_.submit(meeting::signed_entry(body, me_, identity_), {},
                                       [this, open = done.open](auto const& index, Hash const&) {
                                         // Refused when a Void came in between: made again for what is left.
                                         if (!index && own_.open() == open) mine_.confirmed_for.clear();
                                       });
  if (queued) mine_.confirmed_for = done.live;
}

}  // namespace piaojue::client
