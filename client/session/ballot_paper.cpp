// SPDX-License-Identifier: Apache-2.0
#include "client/session/ballot_paper.h"

#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/payload.h"
#include "strings/client.h"

namespace piaojue::client {

using crypto::elgamal::Choice;
using meeting::BatchPhase;
namespace text = strings::client;

BallotPaper::BallotPaper(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits,
                         Clock const& clock, OwnAttempt& own, LogFollower const& log, Requests& requests, Jobs& jobs)
    : me_(me),
      identity_(identity),
      limits_(limits),
      clock_(clock),
      own_(own),
      log_(log),
      requests_(requests),
      jobs_(jobs) {}

std::uint32_t BallotPaper::marked() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(mine_.choices.view(), [](auto mark) { return mark != 0; }));
}

Result<void> BallotPaper::check_open() const {
  auto const& record = log_.record();
  bool const voting =
      record.in_progress() && record.attempt()->phase == BatchPhase::kVoting && !record.attempt()->open.paper;
  if (!voting) return Refusal::kWrongPhase;
  return {};
}

// ==================================================================================================== Marks

void BallotPaper::operate(Reply const& reply, command::Vote const& in) {
  if (auto const open = check_open(); !open) return reply.no(open.error());
  auto const& record = log_.record();
  auto const questions = own_.questions();
  auto const at = std::ranges::find(questions, in.question);
  if (at == questions.end()) {
    if (!record.attempt()->present(me_)) return reply.no(Refusal::kNotOnRoll);
    return reply.no(record.attempt()->recused(me_, in.question) ? Refusal::kRecused : Refusal::kUnknown);
  }
  if (in.choice == Choice::kAbstain && !record.manifest().rules.abstain_allowed) {
    return reply.no(Refusal::kOutOfRange, text::kNoAbstaining);
  }
  if (own_.failed()) return reply.no(*own_.failed());
  if (own_.sealed() || mine_.sealing) return reply.no(Refusal::kConflict, text::kAlreadyCast);
  if (own_.said_not_cast()) return reply.no(Refusal::kConflict, text::kSaidNotCast);
  if (mine_.choices.size() != questions.size()) {
    mine_.choices = Secret(questions.size());
    std::ranges::fill(mine_.choices.writable(), std::uint8_t{0});
  }
  mine_.choices.writable()[static_cast<std::size_t>(at - questions.begin())] = in.choice == Choice::kAbstain ? 1
                                                                               : in.choice == Choice::kAgree ? 2
                                                                                                             : 3;
  // How many, never which: what was chosen leaves this program under a seal only.
  facts::object more;
  more["question"] = in.question;
  more["marked"] = marked();
  more["of"] = questions.size();
  reply.ok(std::move(more));
}

/// For the person at this screen, who comes back to a half-filled paper: to whoever asked, and nowhere else.
void BallotPaper::operate(Reply const& reply, command::Marks const&) const {
  auto const& record = log_.record();
  facts::object marks;
  bool const castable = record.in_progress() && record.attempt()->phase == BatchPhase::kVoting && !own_.failed() &&
                        own_.open() == record.attempt()->open_hash;
  if (castable) {
    constexpr std::array<std::string_view, 4> kWords{"", "abstain", "agree", "disagree"};
    auto const questions = own_.questions();
    for (std::size_t i = 0; i < questions.size() && mine_.choices.size() == questions.size(); ++i) {
      auto const mark = mine_.choices.data()[i];
      if (mark != 0) marks[std::to_string(questions[i])] = kWords.at(mark);
    }
  }
  facts::object more;
  more["marks"] = std::move(marks);
  reply.ok(std::move(more));
}

void BallotPaper::operate(Reply const& reply, command::Unmark const&) {
  wipe();
  reply.ok();
}

std::string BallotPaper::unmarked(std::vector<QuestionId> const& questions) const {
  std::vector<QuestionId> out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (i >= mine_.choices.size() || mine_.choices.data()[i] == 0) out.push_back(questions[i]);
  }
  return facts::comma_list(out);
}

// ==================================================================================================== Casting

struct BallotPaper::Sealing {
  Hash open;
  Contexts contexts;
  std::shared_ptr<BallotState const> state;
  std::vector<crypto::MixPublicKey> mix_keys;
  Secret choices;
  Result<SealedPaper> paper = Refusal::kInternal;
};

void BallotPaper::operate(Reply const& reply, command::Cast const&) {
  if (auto const open = check_open(); !open) return reply.no(open.error());
  auto const& attempt = *log_.record().attempt();
  auto const questions = own_.questions();
  if (questions.empty()) return reply.no(attempt.present(me_) ? Refusal::kRecused : Refusal::kNotOnRoll);
  if (own_.failed()) return reply.no(*own_.failed());
  if (own_.sealed() || mine_.sealing) return reply.no(Refusal::kConflict, text::kAlreadyCast);
  if (own_.said_not_cast()) return reply.no(Refusal::kConflict, text::kSaidNotCast);
  if (marked() != questions.size()) {
    return reply.no(Refusal::kMalformed, {text::kUnmarked, {{"questions", unmarked(questions)}}});
  }
  if (!own_.ready()) return reply.no(Refusal::kWrongPhase, text::kTokensNotReady);
  mine_.sealing = true;
  auto const work = std::make_shared<Sealing>();
  work->open = own_.open();
  work->contexts = own_.contexts(questions);
  work->state = own_.state();
  for (auto const& keys : attempt.keys) work->mix_keys.push_back(keys.mix_key);
  // Moved: from here on the choices are the job's, and gone when it has sealed them.
  work->choices = std::exchange(mine_.choices, Secret());
  jobs_.add(
      [work] {
        work->paper = seal_ballots(work->contexts, *work->state, work->mix_keys, work->choices);
        work->choices.wipe();
      },
      [this, work, reply] { take_sealed(reply, *work); });
}

void BallotPaper::take_sealed(Reply const& reply, Sealing& done) {
  if (!own_.is(done.open, done.state->cast)) return reply.no(Refusal::kWrongPhase);
  mine_.sealing = false;
  if (log_.halted()) return reply.no(*log_.halted());
  if (!done.paper) return reply.no(done.paper.error());
  if (auto const open = check_open(); !open) return reply.no(open.error());
  auto& state = *own_.state();
  auto const digest = meeting::envelope_digest(own_.open(), me_, state.cast, done.paper->onions);
  state.envelope = {digest, meeting::encode_envelope_payload(done.paper->onions), std::move(done.paper->ballots)};
  // What the ballots were made with has no use any more: nothing else is ever made of it.
  state.questions.clear();
  if (!own_.save()) return reply.no(Refusal::kStorage);
  if (log_.record().manifest().rules.checks_allowed) own_.keep_open(std::move(done.paper->open));
  send(reply);
}

void BallotPaper::send(std::optional<Reply> const& reply) {
  auto const& state = *own_.state();
  meeting::EnvelopeCast const body{own_.open(), me_, state.cast, state.envelope->digest};
  auto const answered = [this, reply, open = own_.open(), cast = state.cast](auto const& index, Hash const&) {
    if (own_.is(open, cast)) {
      mine_.sending = false;
      mine_.again_ms = clock_.now_ms + limits_.relay_retry_ms;
    }
    if (!reply) return;
    if (!index) return reply->no(index.error());
    facts::object more;
    more["cast"] = cast;
    if (*index) more["index"] = **index;
    reply->ok(std::move(more));
  };
  mine_.sending = requests_.submit(meeting::made(body, me_, identity_), state.envelope->payload, answered);
  if (!mine_.sending && reply) reply->no(Refusal::kBusy);
}

void BallotPaper::act() {
  if (!own_.unsent() || mine_.sending || clock_.now_ms < mine_.again_ms) return;
  send(std::nullopt);
}

}  // namespace piaojue::client
