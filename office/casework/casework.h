// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is known of each applicant, replayed from the ledger as the record replays the meeting's log: imports, verdicts
/// and decisions, correction notices, the roster, the cited record, and for those who passed postings, objections,
/// filing, announcement and certificates. Pure: no files, no clock.
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
    std::optional<Review> review;          ///< of the last import; none: no decisions
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
  std::optional<Import> const& import() const { return import_; }  ///< the last one
  /// Refused: nothing is imported, or there is no such number.
  Explained<Subject> subject(std::uint32_t number) const;
  std::optional<Review> const& review() const { return basis_.review; }
  Correction const& correction(std::uint32_t number) const;

  struct Roster {
    Day date{};
    std::vector<Subject> people;
    std::vector<std::uint32_t> order;
  };
  std::optional<Roster> const& roster() const { return roster_; }  ///< the last one

  /// Refused once anything was done about anybody, or for the meeting.
  Explained<void> check_import() const;
  /// Who goes to the meeting, ascending. Refused: the meeting was held, somebody is undecided, nobody is eligible.
  /// @pre review()
  Explained<std::vector<std::uint32_t>> check_roster() const;

  // ---- After it -----------------------------------------------------------------------------------------------------
  struct Record {
    Hash head;
    std::vector<Subject> passed;
  };
  std::optional<Record> const& record() const { return record_; }
  /// Those who passed, by their numbers here. @param ballot names of candidates, question q is [q − 1].
  /// @param passed questions, as the auditor reckoned. Refused: the ballot is not the roster that was made.
  Explained<std::vector<Subject>> passers(std::vector<std::string> const& ballot,
                                          std::vector<meeting::QuestionId> const& passed) const;

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
  };
  Explained<void> take(Action const& action, std::string const& by);
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
  /// `change` for each subject of the step. @param closing the publicity must be over.
  template <class Change>
  Explained<void> for_each(Step const& step, bool closing, Change change);
  Explained<Publicity*> going();

  Basis basis_;
  std::optional<Deed> first_beyond_import_;
  std::optional<Import> import_;
  std::map<std::uint32_t, Correction> corrections_;
  std::optional<Roster> roster_;
  std::optional<Record> record_;
  std::optional<Publicity> publicity_;
};

}  // namespace piaojue::office
