// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is known of each applicant, replayed from the ledger as the record replays the meeting's log: imports,
/// amendments, verdicts and decisions, correction notices, withdrawals, the roster, the cited record, and for those who
/// passed postings, objections, filing, announcement and certificates. Pure: no files, no clock.
///
/// A decision is about facts: once they are amended it no longer stands, and people decide again (`fallen_decision`).
///
/// `check_*` says whether a deed may be done now and changes nothing; `take` is an entry that was written.
#include "office/casework/entries.h"
#include "office/casework/review.h"
#include "office/rules/publicity.h"
#include "protocol/meeting/entry.h"

namespace piaojue::office {

class Casework {
 public:
  /// What the ledger only cites, read by whoever has files. What is not given is not followed, so that a deed asks only
  /// for the tables that it needs.
  struct Basis {
    std::optional<WorkCalendar> calendar;  ///< none: neither correction notices nor what follows the meeting
    std::optional<Review> review;          ///< of the imports, as amended; none: no decisions
  };
  /// Refused: an entry does not follow from those before it.
  static Explained<Casework> replay(Ledger const& ledger, Basis basis);

  /// As it will be after one entry more; nothing of this one has changed. @param by name of who does it.
  Explained<Casework> with(Action const& action, std::string const& by) const;

  // ---- Before the meeting -------------------------------------------------------------------------------------------
  struct Import {
    Day date{};
    std::vector<Subject> people;
    std::vector<FileMark> files;
    entry::Import said;
  };
  /// The last one of the whole list, with the names of everybody as they stand now.
  std::optional<Import> const& import() const { return import_; }
  std::vector<Import> const& parts() const { return parts_; }  ///< of the list, imported after it, in their order
  /// Refused: nothing is imported, or there is no such number.
  Explained<Subject> subject(std::uint32_t number) const;
  std::optional<Review> const& review() const { return basis_.review; }
  Correction const& correction(std::uint32_t number) const;

  struct Amendment {
    entry::Amend said;
    std::string by;
    Day date{};
  };
  /// Of that applicant, the first one first.
  std::vector<Amendment> const& amendments(std::uint32_t number) const;
  /// The last decision about that applicant, if facts were amended after it: it no longer stands.
  std::optional<Decision> fallen_decision(std::uint32_t number) const;
  struct Withdrawal {
    std::string reason, by;
    Day date{};
  };
  std::optional<Withdrawal> withdrawal(std::uint32_t number) const;

  struct Roster {
    Day date{};
    std::vector<Subject> people;
    std::vector<std::uint32_t> order;
  };
  /// The last one; nullptr: none was made.
  Roster const* roster() const { return rosters_.empty() ? nullptr : &rosters_.back(); }
  /// What was done since about somebody who may be on it: the roster has to be made again.
  std::optional<Deed> roster_behind() const { return roster() != nullptr ? behind_roster_ : std::nullopt; }

  /// Refused once anything was done about anybody, or for the meeting.
  Explained<void> check_import() const;
  /// For those who are in a part of the list that comes again. Refused: no list is imported, the meeting was held, or
  /// something was done about one of them.
  Explained<void> check_part(std::vector<std::uint32_t> const& numbers) const;
  /// Refused: no such number, the meeting was held, or the applicant has withdrawn or given up.
  Explained<Subject> check_open(std::uint32_t number) const;
  /// Who goes to the meeting, ascending. Refused: the meeting was held, somebody is undecided, nobody is eligible.
  /// @pre review()
  Explained<std::vector<std::uint32_t>> check_roster() const;

  // ---- After it -----------------------------------------------------------------------------------------------------
  struct Record {
    Hash head;
    std::vector<Subject> passed;
  };
  std::optional<Record> const& record() const { return record_; }
  /// Those who passed, by their numbers here, also those who had withdrawn. @param ballot names of candidates, question
  /// q is [q − 1].
  /// @param passed questions, as the auditor reckoned. Refused: the ballot is not the roster that was made.
  Explained<std::vector<Subject>> passers(std::vector<std::string> const& ballot,
                                          std::vector<meeting::QuestionId> const& passed) const;
  Explained<std::map<meeting::QuestionId, Subject>> passers_by_question(
      std::vector<std::string> const& ballot, std::vector<meeting::QuestionId> const& passed) const;

  /// Nothing before the record is cited, or if nobody passed.
  std::optional<Publicity> const& publicity() const { return publicity_; }
  /// As it stands on that day: after the last day, those without an objection are cleared.
  std::optional<Publicity> publicity_on(Day today) const;
  std::optional<Day> last_day() const;  ///< of the publicity; nothing until both places have it
  /// The one who passed, by number. Refused: no record is cited, or this one did not pass.
  Explained<Subject> passer(std::uint32_t number) const;
  /// All who have come to `state` on that day. Refused: nobody has, or the publicity is not over.
  Explained<std::vector<Subject>> passers_at(PasserState state, Day today) const;

 private:
  explicit Casework(Basis basis) : basis_(std::move(basis)) {}
  /// An action, who did it, and when.
  struct Step {
    Action const& action;
    std::string const& by;
    std::uint64_t index = kNext;  ///< of the entry
  };
  static constexpr std::uint64_t kNext = ~std::uint64_t{0};
  Explained<void> take(Action const& action, std::string const& by, std::uint64_t index);
  Explained<void> take(Step const& step, entry::Enlist const& said);
  Explained<void> take(Step const& step, entry::Import const& said);
  Explained<void> take(Step const& step, entry::Decide const& said);
  Explained<void> take(Step const& step, entry::Notice const& said);
  Explained<void> take(Step const& step, entry::Answer const& said);
  Explained<void> take(Step const& step, entry::Roster const& said);
  Explained<void> take(Step const& step, entry::Record const& said);
  Explained<void> take(Step const& step, entry::Papers const& said);
  Explained<void> take(Step const& step, entry::Publish const& said);
  Explained<void> take(Step const& step, entry::Object const& said);
  Explained<void> take(Step const& step, entry::Resolve const& said);
  Explained<void> take(Step const& step, entry::File const& said);
  Explained<void> take(Step const& step, entry::Announce const& said);
  Explained<void> take(Step const& step, entry::Certificates const& said);
  Explained<void> take(Step const& step, entry::Amend const& said);
  Explained<void> take(Step const& step, entry::Withdraw const& said);
  /// Refused: this applicant has withdrawn.
  Explained<void> check_here(Subject const& who) const;
  void take_part(Step const& step, entry::Import const& said);
  /// Who stands behind each name of a ballot. Nothing: it was not made from this roster.
  static std::optional<std::vector<Subject>> ballot_of(Roster const& roster, std::vector<std::string> const& ballot);
  /// `change` for each subject of the step. @param closing the publicity must be over.
  template <class Change>
  Explained<void> for_each(Step const& step, bool closing, Change change);
  Explained<Publicity*> going();

  Basis basis_;
  std::optional<Deed> first_beyond_import_;
  std::optional<Import> import_;
  std::vector<Import> parts_;
  std::set<std::uint32_t> touched_;  ///< applicants about whom something was done
  /// By applicant: the entry from which on decisions are about the facts as they stand at the end.
  std::map<std::uint32_t, std::uint64_t> settled_from_;
  std::map<std::uint32_t, std::vector<Amendment>> amendments_;
  std::map<std::uint32_t, Decision> fallen_;
  std::map<std::uint32_t, Withdrawal> withdrawals_;
  std::optional<Deed> behind_roster_;
  std::map<std::uint32_t, Correction> corrections_;
  std::vector<Roster> rosters_;  ///< a meeting may have been drafted from an earlier one
  std::optional<Record> record_;
  std::optional<Publicity> publicity_;
};

}  // namespace piaojue::office
