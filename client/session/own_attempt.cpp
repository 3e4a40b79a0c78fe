// SPDX-License-Identifier: Apache-2.0
#include "client/session/own_attempt.h"

#include "base/state.h"

namespace piaojue::client {
namespace {

constexpr std::string_view kPrefix = "attempt/";
/// The attempt and the `sequence` of the last SignOut that says that its person did not mean to vote. No secret: it is
/// signed for the log.
constexpr std::string_view kWordName = "not-cast";

std::string name_of(meeting::HalfOf const& of) {
  return std::string(kPrefix) + std::to_string(of.batch) + "/" + std::to_string(of.attempt);
}

}  // namespace

std::string OwnAttempt::name() const { return name_of(of_); }

std::vector<QuestionId> OwnAttempt::questions() const {
  auto const& record = log_.record();
  if (!record.in_progress() || record.attempt()->open.paper || !record.attempt()->present(me_)) return {};
  return record.attempt()->questions_of(me_);
}

Contexts OwnAttempt::contexts(std::vector<QuestionId> const& questions) const {
  Contexts out;
  for (QuestionId const q : questions) out.emplace(q, log_.record().ballot_context(q));
  return out;
}

bool OwnAttempt::unsent() const { return sealed() && (voter() == nullptr || !voter()->envelope); }

// ==================================================================================================== Begin, forget

bool OwnAttempt::begin() {
  auto const& attempt = *log_.record().attempt();
  if (open_ == attempt.open_hash) return false;
  forget();
  open_ = attempt.open_hash;
  of_ = {attempt.open.batch, attempt.open.attempt};
  forgotten_ = false;
  failed_.reset();
  looked_ = false;
  load_word();
  return true;
}

bool OwnAttempt::forget() {
  if (forgotten_) return false;
  forgotten_ = true;
  // A job that still runs keeps its own hold; everything is wiped when the last one lets go.
  state_.reset();
  wipe_paper();
  if (open_ != Hash{}) keeper_.erase(name());
  return true;
}

void OwnAttempt::sweep() {
  auto const names = keeper_.names(std::string(kPrefix));
  if (!names) {
    keeper_.kept(names.error());
    return;
  }
  auto const& attempt = log_.record().attempt();
  for (auto const& name : *names) {
    bool const mine = attempt && name == name_of({attempt->open.batch, attempt->open.attempt});
    if (!mine) keeper_.erase(name);
  }
}

void OwnAttempt::fail(Refusal code, facts::object more) {
  failed_ = code;
  auto const& attempt = *log_.record().attempt();
  auto out = facts::event("refused");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["code"] = piaojue::name(code);
  out["message"] = events_.say(code);
  facts::add(out, std::move(more));
  events_.emit(out);
}

// ==================================================================================================== The word

bool OwnAttempt::say_not_cast(std::uint32_t sequence) {
  auto const word = state::written([&](state::Writer& out) {
    out.fixed(open_.view());
    out.u32(sequence);
  });
  if (!keeper_.save(std::string(kWordName), word.view())) return false;
  not_cast_ = sequence;
  return true;
}

void OwnAttempt::load_word() {
  not_cast_.reset();
  auto const kept = keeper_.load(std::string(kWordName));
  if (!kept) {
    keeper_.kept(kept.error());
    return;
  }
  if (!*kept) return;
  state::Reader in(**kept);
  auto const open = in.fixed_as<Hash>();
  auto const sequence = in.u32();
  if (in.done() && open == open_) not_cast_ = sequence;
}

bool OwnAttempt::said_not_cast() const {
  // The SignOut itself is one, the SignIn that takes its word back another.
  return not_cast_ && log_.record().presence(me_).sequence < *not_cast_ + 2;
}

// ==================================================================================================== The sealed state

bool OwnAttempt::prepare() {
  if (!looked_ && !look_for_state()) return false;
  begin_cast();
  return !failed_ && !keeper_.failed();
}

bool OwnAttempt::look_for_state() {
  if (halves_.pending(of_)) return false;
  auto const sealed = keeper_.load(name());
  if (!sealed) {
    keeper_.kept(sealed.error());
    return false;
  }
  auto const& attempt = *log_.record().attempt();
  looked_ = true;
  if (!*sealed) {
    // Tokens were asked for from another laptop, or before this one lost its disk. There is no second request.
    if (requested()) {
      fail(Refusal::kAlreadyIssued);
    } else if (halves_.lost(of_)) {
      halves_.begin_anew(of_);
    }
    return true;
  }
  auto const plain = halves_.unseal(of_, name(), **sealed);
  auto state = plain ? BallotState::parse(*plain) : Result<BallotState>(plain.error());
  bool const fits = state && state->batch_open == open_ && state->hops == attempt.holders.size() &&
                    (state->keys.empty() ||
                     std::ranges::equal(state->keys, questions(), {}, [](auto const& one) { return one.first; }));
  if (fits) {
    state_ = std::make_shared<BallotState>(std::move(*state));
  } else {
    lose_state();
  }
  return true;
}

/// Nobody gave its half back, or it can not be read.
void OwnAttempt::lose_state() {
  if (requested()) return fail(Refusal::kStorage);
  keeper_.erase(name());
  halves_.begin_anew(of_);
}

void OwnAttempt::begin_cast() {
  if (failed_) return;
  auto const& attempt = *log_.record().attempt();
  auto const cast = attempt.cast_of(me_);
  if (!state_) {
    state_ = std::make_shared<BallotState>();
    state_->batch_open = open_;
    state_->hops = static_cast<std::uint32_t>(attempt.holders.size());
    state_->cast = cast;
  } else if (state_->cast != cast) {
    // Another object: a job may still read the old one.
    state_ = std::make_shared<BallotState>(state_->next(cast));
  }
}

bool OwnAttempt::adopt(std::vector<QuestionSecret> secrets) {
  for (auto const& secret : secrets) state_->keys[secret.question] = secret.sk_v.public_key();
  state_->questions = std::move(secrets);
  return save();
}

bool OwnAttempt::save() {
  auto const sealed = halves_.seal(of_, name(), state_->serialise().view());
  if (!sealed || !keeper_.save(name(), *sealed)) return false;
  halves_.kept(of_);
  return true;
}

}  // namespace piaojue::client
