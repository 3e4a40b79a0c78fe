// SPDX-License-Identifier: Apache-2.0
#include "office/rules/gates.h"

#include "office/rules/consistency.h"
#include "office/rules/steps.h"
#include "office/rules/vocabulary.h"
#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

void try_sanction(Trial& gate, Facts const& facts) {
  using enum Facts::Sanction;
  if (facts.sanction == kNone) return gate.met(say::kSanctionNone);
  if (facts.sanction == kUnknown)
    return gate.unclear(say::kSanctionNotGiven, &say::kMissingSanction, article::kSanction);
  if (!facts.sanction_until.known())
    return gate.unclear({say::kSanctionEndNotGiven, {{"sanction", facts.sanction_written}}},
                        &say::kMissingSanctionUntil, article::kSanction);
  Sentence const period(
      say::kSanctionPeriod,
      {{"sanction", facts.sanction_written}, {"until", facts.sanction_until.text()}, {"filed", facts.filed.text()}});
  if (facts.filed.latest() <= facts.sanction_until.earliest())
    gate.not_met({say::kSanctionInForce, {{"period", period}}}, article::kSanction);
  else if (facts.filed.earliest() > facts.sanction_until.latest())
    gate.met({say::kSanctionOver, {{"period", period}}});
  else
    gate.unclear({say::kSanctionUnclear, {{"period", period}}}, &say::kMissingSanctionUntilDay, article::kSanction);
}

/// A number of hours, with 学时 behind it or nothing; 0: something else, as points are.
int hours_of(std::string const& written) {
  std::string code = sheets::code_of(written);
  for (std::string_view const unit : {"学时", "课时", "小时"})
    if (code.ends_with(unit)) {
      code.resize(code.size() - unit.size());
      break;
    }
  int out = 0;
  for (char const c : code) {
    if (c < '0' || c > '9' || out > 100'000) return 0;
    out = out * 10 + (c - '0');
  }
  return out;
}

void try_education(Trial& gate, Facts const& facts, Standard const& standard) {
  if (facts.education_met == true) return gate.met(say::kEducationMet);
  if (facts.education_met == false) return gate.not_met(say::kEducationNotMet, article::kEducation);
  if (facts.education_written.empty())
    return gate.unclear(say::kEducationNotGiven, &say::kMissingEducation, article::kEducation);
  int const hours = hours_of(facts.education_written);
  if (!standard.education_hours || hours == 0)
    return gate.unclear({say::kEducationByPeople, {{"written", facts.education_written}}}, nullptr,
                        article::kEducation);
  Sentence::Values const values{{"hours", hours}, {"needed", *standard.education_hours}};
  if (hours >= *standard.education_hours) return gate.met({say::kEducationEnough, values});
  gate.not_met({say::kEducationShort, values}, article::kEducation);
}

}  // namespace

Trial try_gates(Facts const& facts, Standard const& standard, WorkCalendar const& calendar) {
  Trial gate("", {});
  try_sanction(gate, facts);
  try_education(gate, facts, standard);
  try_steps(gate, facts, calendar);
  // An appraisal of a later year is named where it stands; no verdict looks at it.
  for (Contradiction const& one : contradictions(facts))
    if (one.fact != DatedFact::kAppraisal) gate.unclear(one.words, nullptr, article::kTruth);
  for (Sentence const& doubt : facts.doubts) gate.unclear(doubt, nullptr, article::kTruth);
  return gate;
}

}  // namespace piaojue::office
