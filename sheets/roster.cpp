// SPDX-License-Identifier: Apache-2.0
#include "sheets/roster.h"

#include <algorithm>
#include <array>
#include <map>

#include "sheets/cell_value.h"
#include "sheets/people.h"
#include "sheets/text.h"
#include "strings/sheets.h"

namespace piaojue::sheets {

namespace say = strings::sheets;
using namespace meeting;

namespace {

// ---- Members

/// Reads one row after another; what concerns all rows together is said at the end.
class MemberReader {
 public:
  explicit MemberReader(ByteView file) : table_(file, member_fields()) {}

  Imported<Members> read() {
    for (Row const& row : table_.rows()) take_row(row);
    if (table_.usable() && table_.ok()) check_needed();
    if (!table_.ok()) return table_.take_errors();
    if (out_.chair == 0) out_.chair = vice_;
    for (std::size_t n = 0; n < out_.people.size(); ++n) out_.people[n].name = people_.name_apart(n);
    out_.as_written = people_.all();
    out_.reading = table_.reading();
    return std::move(out_);
  }

 private:
  void take_row(Row const& row) {
    using namespace member_column;
    auto const& who = people_.read(table_, row);
    Person person;
    person.name = who.name;
    person.employer = who.employer;
    person.roles = read_roles(row);
    check_roles(row, person.roles);
    out_.levels.push_back(read_levels(row));
    for (std::uint32_t const role : {kExpert, kChair, kClerk, kSupervisor})
      if ((person.roles & role) != 0) ++counts_[role];
    bool const expert = (person.roles & kExpert) != 0;
    out_.people.push_back(std::move(person));
    if (out_.people.size() == kPeopleMax + 1)
      table_.fail(row, kName, {}, {say::kMemberPeopleMax, {{"max", kPeopleMax}}});
    if (counts_[kExpert] == kExpertsMax + 1 && expert)
      table_.fail(row, kRole, {}, {say::kMemberExpertsMax, {{"max", kExpertsMax}}});
  }

  /// The roles of all words together. Notes who is the chair of the committee.
  std::uint32_t read_roles(Row const& row) {
    std::string const written = trimmed(table_.cell(row, member_column::kRole));
    auto const number = static_cast<PersonId>(out_.people.size() + 1);
    std::uint32_t roles = 0;
    for (std::string const& word : split_roles(code_of(written))) {
      auto const known = role_of(word);
      if (!known) {
        table_.fail(row, member_column::kRole, written, say::kMemberRoleExpected);
        break;
      }
      roles |= known->roles;
      if (known->seat == RoleWord::Seat::kChair) {
        if (out_.chair != 0) table_.fail(row, member_column::kRole, written, say::kMemberChairTwice);
        out_.chair = number;
      }
      if (known->seat == RoleWord::Seat::kViceChair && vice_ == 0) vice_ = number;
    }
    return roles;
  }

  void check_roles(Row const& row, std::uint32_t roles) {
    std::string const written = trimmed(table_.cell(row, member_column::kRole));
    if ((roles & kScreen) != 0 && roles != kScreen)
      table_.fail(row, member_column::kRole, written, say::kMemberScreenAlone);
    if ((roles & kExpert) != 0 && (roles & (kClerk | kSupervisor)) != 0)
      table_.fail(row, member_column::kRole, written, say::kMemberExpertApart);
    else if ((roles & kClerk) != 0 && (roles & kSupervisor) != 0)
      table_.fail(row, member_column::kRole, written, say::kMemberClerkApart);
  }

  /// None: all.
  std::vector<Level> read_levels(Row const& row) {
    std::vector<Level> out;
    std::string const written = table_.cell(row, member_column::kLevels);
    std::string const code = code_of(written);
    if (means_all_levels(code)) return out;
    for (std::string const& word : split_roles(code))
      if (auto const level = level_of(word))
        out.push_back(*level);
      else
        table_.fail(row, member_column::kLevels, trimmed(written), say::kMemberLevelsExpected);
    return out;
  }

  void check_needed() {
    std::array<std::pair<std::uint32_t, Text const*>, 4> const needed{{{kExpert, &say::kRoleExpert},
                                                                       {kChair, &say::kRoleChair},
                                                                       {kClerk, &say::kRoleClerk},
                                                                       {kSupervisor, &say::kRoleSupervisor}}};
    for (auto const& [role, word] : needed)
      if (counts_[role] == 0) table_.fail(0, 0, {}, {say::kMemberAtLeastOne, {{"role", *word}}});
  }

  Table table_;
  People people_{
      {member_column::kName, member_column::kEmployer, member_column::kIdentity, member_column::kIdentityType, false}};
  Members out_;
  std::map<std::uint32_t, std::size_t> counts_;  ///< of people, by role
  PersonId vice_ = 0;                            ///< the first one; 0: none
};

// ---- Candidates

/// Keeps the candidates of each batch together, whatever their order in the sheet.
class CandidateReader {
 public:
  CandidateReader(ByteView file, AmendedCells const& amended) : table_(file, candidate_fields(), nullptr, amended) {}

  Imported<Candidates> read() {
    for (Row const& row : table_.rows()) take_row(row);
    check_batches();
    if (!table_.ok()) return table_.take_errors();
    Candidates out;
    for (Group const& group : groups_) {
      Batch& batch = out.batches.emplace_back(Batch{group.title, {}});
      for (std::size_t const n : group.candidates) {
        out.candidates.push_back(std::move(candidates_[n]));
        out.candidates.back().name = people_.name_apart(n);
        out.as_written.push_back(people_.all()[n]);
        batch.candidates.push_back(static_cast<QuestionId>(out.candidates.size()));
      }
    }
    out.reading = table_.reading();
    out.proposed = !any_batch();
    if (out.proposed) propose_batches(out);
    return out;
  }

 private:
  struct Group {
    std::string title;  ///< empty: no batch is named
    std::vector<std::size_t> candidates;
    std::size_t row = 0;  ///< the first one's
  };

  void take_row(Row const& row) {
    using namespace candidate_column;
    auto const& who = people_.read(table_, row);
    Candidate candidate;
    candidate.employer = who.employer;
    if (auto const level = read_level(table_, row, kLevel)) candidate.level = level_word(*level).zh;
    if (auto const channel = read_channel(table_, row, kChannel, kIsExceptional)) candidate.channel = *channel;
    std::string const title = table_.text(row, kBatch, false, false);
    candidate.summary = table_.text(row, kSummary, false, true);
    candidate.group_opinion = table_.text(row, kOpinion, false, true);
    candidate.opened_before = table_.text(row, kOpenedBefore, false, false);
    Group& group = group_of(title, row.number);
    group.candidates.push_back(candidates_.size());
    candidates_.push_back(std::move(candidate));
    if (!title.empty() && group.candidates.size() == kQuestionsPerBatchMax + 1)
      table_.fail(row, kBatch, title, {say::kCandidateBatchMax, {{"max", kQuestionsPerBatchMax}}});
    if (candidates_.size() == kCandidatesMax + 1)
      table_.fail(row, kName, {}, {say::kCandidateCandidatesMax, {{"max", kCandidatesMax}}});
  }

  Group& group_of(std::string const& title, std::size_t row) {
    auto const [at, fresh] = by_title_.try_emplace(code_of(title), groups_.size());
    if (fresh) groups_.push_back({title, {}, row});
    return groups_[at->second];
  }

  bool any_batch() const {
    return std::ranges::any_of(groups_, [](Group const& group) { return !group.title.empty(); });
  }

  /// Batches are the sheet's or the program's: nobody can say which those without a batch among others belong to.
  void check_batches() {
    if (!any_batch()) return;
    for (Group const& group : groups_)
      if (group.title.empty())
        for (std::size_t const n : group.candidates)
          table_.fail(people_.all()[n].row, table_column(), {}, say::kCandidateBatchMissing);
  }
  std::size_t table_column() const {
    auto const reading = table_.reading();
    auto const at = std::ranges::find(reading.read, candidate_fields()[candidate_column::kBatch].name,
                                      [](Reading::Read const& read) { return std::string_view(read.field); });
    return at == reading.read.end() ? 0 : at->column;
  }

  Table table_;
  People people_{{candidate_column::kName, candidate_column::kEmployer, candidate_column::kIdentity,
                  candidate_column::kIdentityType, true}};
  std::vector<Candidate> candidates_;  ///< in the order of the sheet
  std::vector<Group> groups_;          ///< in the order in which the sheet names them first
  std::map<std::string, std::size_t> by_title_;
};

}  // namespace

Imported<Members> import_members(ByteView file) { return MemberReader(file).read(); }
Imported<Candidates> import_candidates(ByteView file, AmendedCells const& amended) {
  return CandidateReader(file, amended).read();
}

}  // namespace piaojue::sheets
