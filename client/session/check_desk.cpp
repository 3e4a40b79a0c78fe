// SPDX-License-Identifier: Apache-2.0
#include "client/session/check_desk.h"

#include "crypto/box.h"
#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using crypto::elgamal::Choice;
using meeting::CheckVerdict;
using meeting::Record;
namespace text = strings::client;

namespace {

std::string_view word_of(Choice choice) {
  switch (choice) {
    case Choice::kAgree:
      return "agree";
    case Choice::kDisagree:
      return "disagree";
    case Choice::kAbstain:
      break;
  }
  return "abstain";
}

}  // namespace

meeting::Spoil const* CheckDesk::spoil(PersonId person) const {
  auto const& attempt = log_.record().attempt();
  auto const* const voter = attempt ? attempt->voter(person) : nullptr;
  if (voter == nullptr || voter->spoils.empty() || voter->spoils.back().supervisor != me_) return nullptr;
  return &voter->spoils.back();
}

CheckDesk::Opened const* CheckDesk::opened(PersonId person) const {
  auto const at = opened_.find(person);
  auto const* const last = spoil(person);
  return at != opened_.end() && last != nullptr && at->second.cast == last->cast ? &at->second : nullptr;
}

// ==================================================================================================== In

void CheckDesk::take_spoil(PersonId from, ByteView sealed) {
  auto const bytes = crypto::open(keys_.box, sealed);
  auto entry = bytes ? meeting::decode_entry(bytes->view()) : Result<meeting::Entry>(bytes.error());
  if (!entry) return;
  auto const* const body = std::get_if<meeting::EnvelopeSpoil>(&entry->body);
  bool const fits = body != nullptr && body->person == from && body->supervisor == me_ &&
                    entry->signatures.size() == 1 && entry->signatures[0].signer == from;
  if (!fits || !log_.record().check(*entry, Record::Signatures::kPartial)) return;
  if (!asked_.contains(from) && asked_.size() >= limits_.checks_max) return;
  asked_.insert_or_assign(from, std::move(*entry));
}

void CheckDesk::take_opening(PersonId from, ByteView sealed) {
  auto const bytes = crypto::open(keys_.box, sealed);
  auto const opening =
      bytes ? meeting::parse_check_opening(bytes->view()) : Result<meeting::CheckOpening>(bytes.error());
  auto const* const last = spoil(from);
  if (!opening || last == nullptr || opening->person != from || opening->cast != last->cast || last->verdict) return;
  auto const checked = meeting::check_opening(log_.record(), *opening);
  Opened out;
  out.cast = opening->cast;
  if (auto const* choices = std::get_if<meeting::OpenedChoices>(&checked)) {
    out.choices = *choices;
  } else {
    auto const& failure = std::get<meeting::OpeningFailure>(checked);
    // Not signed by the person: whoever sent it has opened nothing.
    if (failure.verdict != CheckVerdict::kDiffers) return;
    out.fault = failure.why;
  }
  opened_.insert_or_assign(from, std::move(out));
}

void CheckDesk::took_in(meeting::Entry const& entry) {
  if (auto const* spoiled = std::get_if<meeting::EnvelopeSpoil>(&entry.body)) asked_.erase(spoiled->person);
  if (auto const* result = std::get_if<meeting::CheckResult>(&entry.body)) opened_.erase(result->person);
  auto const& attempt = log_.record().attempt();
  if (attempt && attempt->phase == meeting::BatchPhase::kVoting && log_.record().in_progress()) return;
  asked_.clear();
  opened_.clear();
}

// ==================================================================================================== Commands

void CheckDesk::operate(Reply const& reply, command::CheckAccept const& in) {
  auto const at = asked_.find(in.person);
  if (at == asked_.end()) return reply.no(Refusal::kUnknown);
  auto const& asked = at->second;
  auto signatures = asked.signatures;
  signatures.push_back(meeting::sign_body(asked.type(), asked.body_bytes, me_, keys_.identity));
  auto bytes = meeting::encode_entry(asked.type(), asked.body_bytes, std::move(signatures));
  auto entry = meeting::decode_entry(bytes);
  if (!entry) return reply.no(entry.error());
  if (auto const allowed = log_.record().check(*entry); !allowed) return reply.no(allowed.error());
  submitter_.submit(reply, {std::move(*entry), std::move(bytes)});
}

void CheckDesk::operate(Reply const& reply, command::CheckRefuse const& in) {
  if (asked_.erase(in.person) == 0) return reply.no(Refusal::kUnknown);
  reply.ok();
}

void CheckDesk::operate(Reply const& reply, command::Verdict const& in) {
  auto const* const last = spoil(in.person);
  if (last == nullptr) return reply.no(Refusal::kUnknown);
  auto const* const shown = opened(in.person);
  // What the program itself has found, nobody's word changes; and of what was not shown there is nothing to say.
  if (shown == nullptr && in.verdict != CheckVerdict::kUnopened) {
    return reply.no(Refusal::kConflict, text::kOnlyUnopened);
  }
  if (shown != nullptr && shown->fault && in.verdict != CheckVerdict::kDiffers) {
    return reply.no(Refusal::kConflict, text::kOnlyDiffers);
  }
  submitter_.put(reply, meeting::CheckResult{log_.record().attempt()->open_hash, in.person, last->cast, in.verdict});
}

// ==================================================================================================== To look at

facts::object CheckDesk::describe(PersonId person, std::string_view state) const {
  facts::object out;
  out["person"] = person;
  out["state"] = state;
  facts::array questions;
  auto const* const shown = opened(person);
  if (shown != nullptr) {
    for (auto const& [q, choice] : shown->choices) {
      facts::object one;
      one["question"] = q;
      one["choice"] = word_of(choice);
      questions.push_back(std::move(one));
    }
  }
  out["questions"] = std::move(questions);
  out["fault"] = facts::code_or_null(shown != nullptr ? shown->fault : std::nullopt);
  return out;
}

facts::array CheckDesk::describe() const {
  facts::array out;
  auto const& attempt = log_.record().attempt();
  if (!attempt) return out;
  for (auto const& [person, entry] : asked_) out.push_back(describe(person, "asked"));
  for (auto const& [person, voter] : attempt->voters) {
    auto const* const last = spoil(person);
    if (last == nullptr || asked_.contains(person)) continue;
    out.push_back(describe(person, last->verdict ? "done" : opened(person) != nullptr ? "opened" : "signed"));
  }
  return out;
}

}  // namespace piaojue::client
