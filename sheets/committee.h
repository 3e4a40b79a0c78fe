// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is wrong with a committee before it sits, and who ought to stand back from whom. Proposals and sentences for
/// people: nothing here decides.
#include <string>
#include <vector>

#include "sheets/roster.h"

namespace piaojue::sheets {

enum class CommitteeScope { kWholeSeries, kOneSpeciality };

/// [令40 第十条], as an operator can change it.
struct CommitteeRules {
  std::size_t senior_whole_series = 25, senior_one_speciality = 11;
};

/// None: nothing is wrong. Even numbers; with 高级 candidates, fewer than the rules ask and no
/// approval number; a committee size other than the number of experts; a level of a candidate that nobody may judge.
std::vector<Sentence> committee_faults(Members const& members, Candidates const& candidates, std::size_t committee_size,
                                       std::string const& size_approval, CommitteeScope scope,
                                       CommitteeRules const& rules = {});
/// Too few experts for more than a rehearsal; and of whom there is one only: nothing is wrong with that, but a meeting
/// then rests on the committee when he is away.
std::vector<Sentence> committee_hints(Members const& members);

enum class RecusalCause { kSamePerson, kSameName, kSameEmployer };
/// As it can stand in the register.
Text const& recusal_reason(RecusalCause cause);

struct ProposedRecusal {
  meeting::PersonId person = 0;
  meeting::QuestionId candidate = 0;
  RecusalCause cause = RecusalCause::kSameEmployer;
  bool operator==(ProposedRecusal const&) const = default;
};

/// Each expert against each candidate, by candidate and then person. Spaces, dots and width of letters do not tell
/// apart (`name_key`), and traditional characters may not; two identity numbers do.
std::vector<ProposedRecusal> propose_recusals(Members const& members, Candidates const& candidates);

}  // namespace piaojue::sheets
