// SPDX-License-Identifier: Apache-2.0
#include "sheets/committee.h"

#include <algorithm>
#include <set>

#include "sheets/text.h"

namespace piaojue::sheets {

std::vector<std::string> committee_faults(Members const& members, Candidates const& candidates,
                                          std::size_t committee_size, std::string const& size_approval,
                                          CommitteeScope scope, CommitteeRules const& rules) {
  std::vector<std::string> out;
  auto const number = [](std::size_t n) { return std::to_string(n); };
  auto const experts = static_cast<std::size_t>(
      std::ranges::count_if(members.people, [](auto const& p) { return (p.roles & meeting::kExpert) != 0; }));
  if (committee_size % 2 == 0) out.push_back("评委会 " + number(committee_size) + " 人，应为单数");
  if (committee_size != experts)
    out.push_back("应到人数写的是 " + number(committee_size) + "，名单中的评审专家是 " + number(experts) + " 人");
  std::set<std::string> levels;
  for (auto const& candidate : candidates.candidates) levels.insert(candidate.level);
  bool const senior = levels.contains("正高级") || levels.contains("副高级");
  std::size_t const least =
      scope == CommitteeScope::kWholeSeries ? rules.senior_whole_series : rules.senior_one_speciality;
  if (senior && committee_size < least && trimmed(size_approval).empty())
    out.push_back("评审高级职称的评委会应不少于 " + number(least) + " 人（" +
                  (scope == CommitteeScope::kWholeSeries ? "全系列" : "单一专业") + "），现为 " +
                  number(committee_size) + " 人；经批准减少的，应填写批准文号");
  for (std::string const& level : levels) {
    bool judged = false;
    for (std::size_t p = 0; p < members.people.size(); ++p) {
      if ((members.people[p].roles & meeting::kExpert) == 0) continue;
      bool const any = p >= members.levels.size() || members.levels[p].empty();
      judged = judged || any || std::ranges::find(members.levels[p], level) != members.levels[p].end();
    }
    if (!judged) out.push_back(std::string("有申报").append(level).append("的人，评委会中却没有人可评").append(level));
  }
  return out;
}

std::vector<ProposedRecusal> propose_recusals(Members const& members, Candidates const& candidates) {
  struct Known {
    meeting::PersonId id;
    std::string name, employer;
  };
  std::vector<Known> experts;
  for (std::size_t p = 0; p < members.people.size(); ++p)
    if ((members.people[p].roles & meeting::kExpert) != 0)
      experts.push_back({static_cast<meeting::PersonId>(p + 1), code_of(members.people[p].name),
                         code_of(members.people[p].employer)});
  std::vector<ProposedRecusal> out;
  for (std::size_t q = 0; q < candidates.candidates.size(); ++q) {
    auto const& candidate = candidates.candidates[q];
    std::string const name = code_of(candidate.name);
    std::string const employer = code_of(candidate.employer);
    for (Known const& expert : experts) {
      bool const same_name = expert.name == name;
      bool const same_employer = !employer.empty() && expert.employer == employer;
      auto const id = static_cast<meeting::QuestionId>(q + 1);
      if (same_name && same_employer)
        out.push_back({expert.id, id, RecusalCause::kSamePerson, "专家本人也是申报人（姓名和单位都相同）"});
      else if (same_name)
        out.push_back({expert.id, id, RecusalCause::kSameName, "与申报人同名，是否为同一人请核对"});
      else if (same_employer)
        out.push_back({expert.id, id, RecusalCause::kSameEmployer, "与申报人同一单位"});
    }
  }
  return out;
}

}  // namespace piaojue::sheets
