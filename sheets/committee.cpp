// SPDX-License-Identifier: Apache-2.0
#include "sheets/committee.h"

#include <algorithm>
#include <set>

#include "sheets/people.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;

namespace {

bool is_expert(meeting::Person const& person) { return (person.roles & meeting::kExpert) != 0; }

/// Whether anybody votes who may judge this level.
bool anybody_judges(Members const& members, std::string const& level) {
  for (std::size_t p = 0; p < members.people.size(); ++p) {
    if (!is_expert(members.people[p])) continue;
    bool const any = p >= members.levels.size() || members.levels[p].empty();
    if (any || std::ranges::find(members.levels[p], level_of(level)) != members.levels[p].end()) return true;
  }
  return false;
}

}  // namespace

std::vector<Sentence> committee_faults(Members const& members, Candidates const& candidates, std::size_t committee_size,
                                       std::string const& size_approval, CommitteeScope scope,
                                       CommitteeRules const& rules) {
  std::vector<Sentence> out;
  auto const experts = static_cast<std::size_t>(std::ranges::count_if(members.people, is_expert));
  if (committee_size % 2 == 0) out.emplace_back(say::kCommitteeEven, Sentence::Values{{"count", committee_size}});
  if (committee_size != experts)
    out.emplace_back(say::kCommitteeOtherSize, Sentence::Values{{"size", committee_size}, {"experts", experts}});
  std::set<std::string> levels;
  for (auto const& candidate : candidates.candidates) levels.insert(candidate.level);
  bool const senior = std::ranges::any_of(levels, [](auto const& level) { return level_of(level) >= Level::kSenior; });
  bool const whole = scope == CommitteeScope::kWholeSeries;
  std::size_t const least = whole ? rules.senior_whole_series : rules.senior_one_speciality;
  if (senior && committee_size < least && trimmed(size_approval).empty())
    out.emplace_back(say::kCommitteeTooSmall,
                     Sentence::Values{{"least", least},
                                      {"scope", whole ? say::kCommitteeWholeSeries : say::kCommitteeOneSpeciality},
                                      {"count", committee_size}});
  for (std::string const& level : levels) {
    if (anybody_judges(members, level)) continue;
    auto const known = level_of(level);
    out.emplace_back(say::kCommitteeNobodyJudges,
                     Sentence::Values{{"level", known ? Sentence::Value(level_word(*known)) : Sentence::Value(level)}});
  }
  return out;
}

std::vector<Sentence> committee_hints(Members const& members) {
  auto const holders = [&](meeting::Role role) {
    return std::ranges::count_if(members.people, [&](auto const& person) { return (person.roles & role) != 0; });
  };
  std::vector<Sentence> out;
  auto const experts = static_cast<std::uint32_t>(holders(meeting::kExpert));
  if (experts < meeting::kCommitteeMin)
    out.emplace_back(say::kCommitteeRehearsalOnly,
                     Sentence::Values{{"count", experts}, {"least", meeting::kCommitteeMin}});
  if (holders(meeting::kChair) == 1) out.emplace_back(say::kCommitteeOneChair);
  if (holders(meeting::kSupervisor) == 1) out.emplace_back(say::kCommitteeOneSupervisor);
  return out;
}

Text const& recusal_reason(RecusalCause cause) {
  switch (cause) {
    case RecusalCause::kSamePerson:
      return say::kRecusalSamePerson;
    case RecusalCause::kSameName:
      return say::kRecusalSameName;
    case RecusalCause::kSameEmployer:
      break;
  }
  return say::kRecusalSameEmployer;
}

namespace {

/// One side of a proposed recusal.
struct Known {
  std::string name, loose_name, employer;
  std::optional<IdentityNumber> identity;
};

/// Without what tells namesakes apart: 王一凡（1985年生）.
std::string plain(std::string const& name) {
  auto const bracket = name.find("（");
  return bracket == 0 ? name : name.substr(0, bracket);
}

Known known(std::string const& name, std::string const& employer, std::size_t n,
            std::vector<People::Person> const& as_written) {
  auto const identity = n < as_written.size() ? as_written[n].identity : std::nullopt;
  return {name_key(plain(name)), loose_name_key(plain(name)), name_key(employer), identity};
}

std::optional<RecusalCause> cause_between(Known const& expert, Known const& candidate) {
  bool const same_employer = !candidate.employer.empty() && expert.employer == candidate.employer;
  bool const numbers = expert.identity && candidate.identity;
  if (numbers && *expert.identity == *candidate.identity) return RecusalCause::kSamePerson;
  if (!numbers) {
    if (expert.name == candidate.name && same_employer) return RecusalCause::kSamePerson;
    if (expert.loose_name == candidate.loose_name) return RecusalCause::kSameName;
  }
  return same_employer ? std::optional(RecusalCause::kSameEmployer) : std::nullopt;
}

}  // namespace

std::vector<ProposedRecusal> propose_recusals(Members const& members, Candidates const& candidates) {
  std::vector<std::pair<meeting::PersonId, Known>> experts;
  for (std::size_t p = 0; p < members.people.size(); ++p) {
    auto const& person = members.people[p];
    if (is_expert(person))
      experts.emplace_back(static_cast<meeting::PersonId>(p + 1),
                           known(person.name, person.employer, p, members.as_written));
  }
  std::vector<ProposedRecusal> out;
  for (std::size_t q = 0; q < candidates.candidates.size(); ++q) {
    auto const& one = candidates.candidates[q];
    Known const candidate = known(one.name, one.employer, q, candidates.as_written);
    for (auto const& [id, expert] : experts)
      if (auto const cause = cause_between(expert, candidate))
        out.push_back({id, static_cast<meeting::QuestionId>(q + 1), *cause});
  }
  return out;
}

}  // namespace piaojue::sheets
