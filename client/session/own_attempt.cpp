// SPDX-License-Identifier: Apache-2.0
#include "client/session/own_attempt.h"

#include "crypto/domain.h"

namespace piaojue::client {
namespace {

constexpr std::string_view kPrefix = "attempt/";

}  // namespace

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

// ==================================================================================================== Begin, forget

bool OwnAttempt::begin() {
  auto const& open = log_.record().attempt()->open_hash;
  if (open_ == open) return false;
  forget();
  open_ = open;
  forgotten_ = false;
  failed_.reset();
  asked_key_ = false;
  looked_ = false;
  return true;
}

bool OwnAttempt::forget() {
  if (forgotten_) return false;
  forgotten_ = true;
  // A job that still runs keeps its own hold; everything is wiped when the last one lets go.
  state_.reset();
  key_.reset();
  if (open_ != Hash{}) keeper_.erase(name_of(open_));
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
    bool const mine = attempt && name == name_of(attempt->open_hash);
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

// ==================================================================================================== The sealed state

bool OwnAttempt::prepare() {
  if (!key_) {
    ask_key();
    return false;
  }
  if (!looked_) look_for_state();
  return !failed_ && !keeper_.failed();
}

void OwnAttempt::ask_key() {
  if (asked_key_) return;
  asked_key_ = requests_.ask([&](std::uint64_t id) { return wire::get_seal_key(id, open_); },
                             [this, open = open_](Answer& answer) {
                               if (is(open)) take_key(answer);
                             });
}

void OwnAttempt::take_key(Answer& answer) {
  if (!answer) return fail(answer.error());
  auto* half = std::get_if<wire::SealKey>(&answer->what);
  if (half == nullptr || half->key.size() != crypto::kSealKeyBytes) return fail(Refusal::kMalformed);
  key_ = crypto::combine_keys(attempt_key_, Secret::copy_of(half->key));
  sodium_memzero(half->key.data(), half->key.size());
}

void OwnAttempt::look_for_state() {
  looked_ = true;
  auto const name = name_of(open_);
  auto const sealed = keeper_.load(name);
  if (!sealed) {
    keeper_.kept(sealed.error());
    return;
  }
  auto const& attempt = *log_.record().attempt();
  if (*sealed) {
    auto const plain = crypto::unseal(*key_, **sealed, as_bytes(name));
    auto state = plain ? BallotState::parse(*plain) : Result<BallotState>(plain.error());
    bool const fits = state && state->batch_open == open_ && state->hops == attempt.hops.size() &&
                      std::ranges::equal(state->questions, questions(), {}, &QuestionSecret::question);
    if (!fits) return fail(Refusal::kStorage);
    state_ = std::make_shared<BallotState>(std::move(*state));
    return;
  }
  // Tokens were asked for from another laptop, or before this one lost its disk. There is no second request.
  if (attempt.requests.contains(me_)) fail(Refusal::kAlreadyIssued);
}

bool OwnAttempt::adopt(BallotState state) {
  state_ = std::make_shared<BallotState>(std::move(state));
  return save();
}

bool OwnAttempt::save() {
  auto const name = name_of(open_);
  return keeper_.save(name, crypto::seal(*key_, state_->serialise().view(), as_bytes(name)));
}

}  // namespace piaojue::client
