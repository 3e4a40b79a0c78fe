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

std::vector<PersonId> Attempt::unconfirmed() const {
  std::vector<PersonId> out;
  for (auto const& [person, envelope] : counted) {
    if (confirms.contains(person) || overridden.contains(person) || live_questions_of(person).empty()) continue;
    out.push_back(person);
  }
  return out;
}

std::uint32_t Attempt::cast(QuestionId q) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(counted, [&](auto const& envelope) { return !recused(envelope.first, q); }));
}

std::uint32_t Attempt::confirmed(QuestionId q) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(confirms, [&](auto const& confirm) {
    auto const row = confirm.second.rows.find(q);
    return row != confirm.second.rows.end() && row->second;
  }));
}

std::optional<std::uint32_t> Attempt::hop_of(TrusteeId trustee) const {
  auto const at = std::ranges::find(hops, trustee);
  if (at == hops.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - hops.begin());
}

std::map<QuestionId, std::uint32_t> Attempt::issued_by(TrusteeId trustee) const {
  std::map<QuestionId, std::uint32_t> out;
  for (QuestionId const q : open.questions) out[q] = 0;
  for (auto const& [person, trustees] : issued) {
    if (!trustees.contains(trustee)) continue;
    for (QuestionId const q : questions_of(person)) ++out[q];
  }
  return out;
}

}  // namespace piaojue::meeting
