// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/attempt.h"

namespace piaojue::meeting {

std::string_view phase_name(MeetingPhase phase) {
  switch (phase) {
    case MeetingPhase::kBeforeOpen:
      return "before-open";
    case MeetingPhase::kOpen:
      return "open";
    case MeetingPhase::kClosed:
      return "closed";
  }
  return "";
}

std::string_view phase_name(BatchPhase phase) {
  switch (phase) {
    case BatchPhase::kVoting:
      return "voting";
    case BatchPhase::kClosing:
      return "closing";
    case BatchPhase::kMixing:
      return "mixing";
    case BatchPhase::kConfirming:
      return "confirming";
    case BatchPhase::kOpening:
      return "opening";
    case BatchPhase::kCounted:
      return "counted";
    case BatchPhase::kDeclared:
      return "declared";
    case BatchPhase::kVoided:
      return "voided";
  }
  return "";
}

std::vector<QuestionId> Attempt::live() const {
  std::vector<QuestionId> out;
  std::ranges::copy_if(open.questions, std::back_inserter(out), [&](QuestionId q) { return !voided.contains(q); });
  return out;
}

bool Attempt::recused(PersonId person, QuestionId q) const {
  return std::ranges::binary_search(open.recusals, Recusal{person, q});
}

bool Attempt::present(PersonId person) const { return std::ranges::binary_search(open.present, person); }

std::uint32_t Attempt::recused_from(QuestionId q) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(open.recusals, [&](Recusal const& recusal) { return recusal.question == q; }));
}

std::vector<QuestionId> Attempt::questions_of(PersonId person) const {
  std::vector<QuestionId> out;
  std::ranges::copy_if(open.questions, std::back_inserter(out), [&](QuestionId q) { return !recused(person, q); });
  return out;
}

std::vector<QuestionId> Attempt::live_questions_of(PersonId person) const {
  std::vector<QuestionId> out = questions_of(person);
  std::erase_if(out, [&](QuestionId q) { return voided.contains(q); });
  return out;
}

Voter const* Attempt::voter(PersonId person) const {
  auto const found = voters.find(person);
  return found == voters.end() ? nullptr : &found->second;
}

std::uint32_t Attempt::cast_of(PersonId person) const {
  Voter const* const found = voter(person);
  return found == nullptr ? 0 : found->cast;
}

std::map<PersonId, Hash> Attempt::envelopes() const {
  std::map<PersonId, Hash> out;
  for (auto const& [person, voter] : voters) {
    if (voter.envelope) out.emplace(person, voter.envelope_leaf);
  }
  return out;
}

std::vector<PersonId> Attempt::without() const {
  std::vector<PersonId> out;
  std::ranges::copy_if(open.present, std::back_inserter(out), [&](PersonId person) {
    Voter const* const found = voter(person);
    return found == nullptr || !found->envelope;
  });
  return out;
}

// ---- Confirming ----------------------------------------------------------------------------------------------------

bool Attempt::entitled(PersonId person) const { return present(person) && !live_questions_of(person).empty(); }

std::vector<PersonId> Attempt::entitled() const {
  std::vector<PersonId> out;
  std::ranges::copy_if(open.present, std::back_inserter(out), [&](PersonId person) { return entitled(person); });
  return out;
}

std::optional<ConfirmVerdict> Attempt::said(PersonId person, QuestionId q) const {
  if (auto const confirm = confirms.find(person); confirm != confirms.end()) {
    auto const row = confirm->second.rows.find(q);
    return row == confirm->second.rows.end() ? std::nullopt : std::optional(row->second);
  }
  Voter const* const found = voter(person);
  if (found != nullptr && found->signed_out_not_cast == true && !counted.contains(person) && !recused(person, q)) {
    return ConfirmVerdict::kNotCast;
  }
  return std::nullopt;
}

bool Attempt::said_anything(PersonId person) const {
  return std::ranges::any_of(live_questions_of(person), [&](QuestionId q) { return said(person, q).has_value(); });
}

bool Attempt::said_missing(PersonId person) const {
  return std::ranges::any_of(live_questions_of(person),
                             [&](QuestionId q) { return said(person, q) == ConfirmVerdict::kMissing; });
}

bool Attempt::covered(PersonId person) const {
  auto const named = overridden.find(person);
  return named != overridden.end() && named->second == said_missing(person);
}

std::vector<PersonId> Attempt::unconfirmed() const {
  std::vector<PersonId> out;
  for (PersonId const person : open.present) {
    std::vector<QuestionId> const questions = live_questions_of(person);
    if (questions.empty() || covered(person)) continue;
    bool const all = std::ranges::all_of(questions, [&](QuestionId q) {
      auto const word = said(person, q);
      return word && *word != ConfirmVerdict::kMissing;
    });
    if (!all) out.push_back(person);
  }
  return out;
}

std::uint32_t Attempt::counted_for(QuestionId q) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(counted, [&](auto const& envelope) { return !recused(envelope.first, q); }));
}

std::uint32_t Attempt::said_by(QuestionId q, ConfirmVerdict verdict) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(open.present, [&](PersonId person) { return said(person, q) == verdict; }));
}

}  // namespace piaojue::meeting
