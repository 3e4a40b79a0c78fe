// SPDX-License-Identifier: Apache-2.0
#include "office/casework/casework.h"

#include <algorithm>

#include "sheets/text.h"
#include "strings/desk.h"

namespace piaojue::office {

namespace words = strings::desk;
using sheets::trimmed;

namespace {

/// Without its value: whether it was done.
template <class T>
Explained<void> done(Explained<T> const& answer) {
  if (!answer) return answer.error();
  return {};
}

}  // namespace

Explained<Casework> Casework::replay(Ledger const& ledger, Basis basis) {
  Casework out(std::move(basis));
  for (std::uint64_t i = 0; i < ledger.size(); ++i)
    if (auto const& action = ledger.entries()[i].action; action.deed == Deed::kAmend)
      for (Subject const& who : action.subjects) out.settled_from_[who.number] = i;
  for (std::uint64_t i = 0; i < ledger.size(); ++i) {
    LedgerEntry const& entry = ledger.entries()[i];
    if (auto const taken = out.take(entry.action, ledger.people().at(entry.by() - 1).name, i); !taken)
      return taken.error();
  }
  return out;
}

Explained<Casework> Casework::with(Action const& action, std::string const& by) const {
  Casework out(*this);
  if (auto const taken = out.take(action, by, kNext); !taken) return taken.error();
  return out;
}

Explained<void> Casework::take(Action const& action, std::string const& by, std::uint64_t index) {
  auto const said = entry::decode_texts(action);
  if (!said) return said.error();
  auto taken = std::visit([&](auto const& one) { return take(Step{action, by, index}, one); }, *said);
  if (!taken) return taken;
  if (action.deed > Deed::kImport && !first_beyond_import_) first_beyond_import_ = action.deed;
  bool const about_people = action.deed == Deed::kDecide || action.deed == Deed::kNotice ||
                            action.deed == Deed::kAnswer || action.deed == Deed::kAmend ||
                            action.deed == Deed::kWithdraw;
  if (about_people)
    for (Subject const& who : action.subjects) touched_.insert(who.number);
  if (about_people || action.deed == Deed::kImport) behind_roster_ = action.deed;
  return taken;
}

// ---- Before the meeting ---------------------------------------------------------------------------------------------

Explained<void> Casework::take(Step const&, entry::Enlist const&) { return {}; }

Explained<void> Casework::check_import() const {
  if (!first_beyond_import_) return {};
  return Explanation(Sentence(words::kCaseImportLate, {{"deed", deed_text(*first_beyond_import_)}}));
}

Explained<void> Casework::check_part(std::vector<std::uint32_t> const& numbers) const {
  if (!import_) return Explanation(words::kCaseNoImport);
  if (record_) return Explanation(words::kCaseMeetingHeld);
  for (auto const number : numbers)
    if (touched_.contains(number)) {
      auto const who = subject(number);
      return Explanation(
          Sentence(words::kCasePartLate, {{"number", number}, {"name", who ? who->name : std::string()}}));
    }
  return {};
}

Explained<void> Casework::take(Step const& step, entry::Import const& said) {
  if (!said.part.empty()) {
    if (auto const allowed = check_part(said.part); !allowed) return allowed.error();
    take_part(step, said);
    return {};
  }
  import_ = Import{step.action.date, step.action.subjects, step.action.files, said};
  parts_.clear();
  return {};
}

void Casework::take_part(Step const& step, entry::Import const& said) {
  parts_.push_back({step.action.date, step.action.subjects, step.action.files, said});
  for (Subject const& who : step.action.subjects) {
    auto const at = std::ranges::find(import_->people, who.number, &Subject::number);
    if (at == import_->people.end())
      import_->people.push_back(who);
    else
      at->name = who.name;
  }
  std::ranges::sort(import_->people);
}

Explained<Subject> Casework::check_open(std::uint32_t number) const {
  if (record_) return Explanation(words::kCaseMeetingHeld);
  auto who = subject(number);
  if (!who) return who;
  if (auto const here = check_here(*who); !here) return here.error();
  if (correction(number).state() == CorrectionState::kGivenUp)
    return Explanation(Sentence(words::kCaseGivenUp, {{"number", number}, {"name", who->name}}));
  return who;
}

Explained<void> Casework::check_here(Subject const& who) const {
  if (!withdrawals_.contains(who.number)) return {};
  return Explanation(Sentence(words::kCaseWithdrawn, {{"number", who.number}, {"name", who.name}}));
}

Explained<Subject> Casework::subject(std::uint32_t number) const {
  if (!import_) return Explanation(words::kCaseNoImport);
  auto const at = std::ranges::find(import_->people, number, &Subject::number);
  if (at == import_->people.end()) return Explanation(Sentence(words::kCaseNoApplicant, {{"number", number}}));
  return *at;
}

Explained<void> Casework::take(Step const& step, entry::Decide const& said) {
  if (!basis_.review) return {};
  Decision const decision{said.verdict, said.reason, said.basis, step.by, step.action.date};
  for (Subject const& who : step.action.subjects) {
    if (auto const here = check_here(who); !here) return here;
    // What was decided on facts that were amended later is not held against the facts as they are now.
    auto const settled = settled_from_.find(who.number);
    if (settled != settled_from_.end() && step.index < settled->second) {
      fallen_[who.number] = decision;
      continue;
    }
    if (auto taken = basis_.review->take_decision(who.number, decision); !taken) return taken;
    fallen_.erase(who.number);
  }
  return {};
}

std::vector<Casework::Amendment> const& Casework::amendments(std::uint32_t number) const {
  static std::vector<Amendment> const kNone;
  auto const at = amendments_.find(number);
  return at == amendments_.end() ? kNone : at->second;
}

std::optional<Decision> Casework::fallen_decision(std::uint32_t number) const {
  auto const at = fallen_.find(number);
  return at == fallen_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<Casework::Withdrawal> Casework::withdrawal(std::uint32_t number) const {
  auto const at = withdrawals_.find(number);
  return at == withdrawals_.end() ? std::nullopt : std::optional(at->second);
}

Explained<void> Casework::take(Step const& step, entry::Amend const& said) {
  if (step.action.subjects.size() != 1) return Explanation(words::kAmendOne);
  auto const number = step.action.subjects.front().number;
  if (auto const open = check_open(number); !open) return open.error();
  if (trimmed(said.reason).empty()) return Explanation(words::kAmendNoReason);
  for (auto const& change : said.changes)
    if (change.before == change.after) return Explanation(Sentence(words::kAmendNoChange, {{"field", change.field}}));
  amendments_[number].push_back({said, step.by, step.action.date});
  auto const listed = std::ranges::find(import_->people, number, &Subject::number);
  for (auto const& change : said.changes)
    if (change.field == words::kFieldName.zh) listed->name = change.after;
  return {};
}

Explained<void> Casework::take(Step const& step, entry::Withdraw const& said) {
  if (step.action.subjects.empty()) return Explanation(words::kWithdrawNobody);
  if (trimmed(said.reason).empty()) return Explanation(words::kWithdrawNoReason);
  for (Subject const& who : step.action.subjects) {
    if (auto const open = check_open(who.number); !open) return open.error();
    withdrawals_[who.number] = {said.reason, step.by, step.action.date};
  }
  return {};
}

Correction const& Casework::correction(std::uint32_t number) const {
  static Correction const kNone;
  auto const at = corrections_.find(number);
  return at == corrections_.end() ? kNone : at->second;
}

Explained<void> Casework::take(Step const& step, entry::Notice const& said) {
  if (!basis_.calendar || step.action.subjects.empty()) return {};
  Subject const& who = step.action.subjects.front();
  if (auto const here = check_here(who); !here) return here;
  return done(
      corrections_[who.number].issue(who.name, said.items, step.action.date, said.working_days, *basis_.calendar));
}

Explained<void> Casework::take(Step const& step, entry::Answer const& said) {
  if (!basis_.calendar || step.action.subjects.empty()) return {};
  if (auto const here = check_here(step.action.subjects.front()); !here) return here;
  Correction& one = corrections_[step.action.subjects.front().number];
  if (said.outcome == entry::Outcome::kLapsed) return done(one.lapse(step.action.date));
  std::vector<std::size_t> all;
  for (std::size_t i = 0; one.notice() && i < one.notice()->items.size(); ++i) all.push_back(i);
  return done(one.correct(step.action.date, all));
}

Explained<std::vector<std::uint32_t>> Casework::check_roster() const {
  if (record_) return Explanation(words::kCaseMeetingHeld);
  auto const& people = basis_.review->people();
  auto const& assessed = basis_.review->assessed();
  std::optional<Sentence> open;
  auto const still_open = [&](Text const& why, std::uint32_t number) {
    Sentence one(why, {{"number", number}, {"name", people[number - 1].name}});
    open = open ? Sentence(words::kCaseOpenNext, {{"before", *open}, {"next", std::move(one)}}) : std::move(one);
  };
  std::vector<std::uint32_t> in;
  for (std::uint32_t number = 1; number <= people.size(); ++number) {
    auto const state = correction(number).state();
    auto const standing = assessed[number - 1].standing();
    if (state == CorrectionState::kGivenUp || withdrawals_.contains(number)) continue;
    if (state == CorrectionState::kIssued) still_open(words::kCaseCorrectionOpen, number);
    if (standing == Verdict::kReview) still_open(words::kCaseUndecided, number);
    if (standing == Verdict::kEligible) in.push_back(number);
  }
  if (open) return Explanation(Sentence(words::kCaseRosterOpen, {{"open", *open}}));
  if (in.empty()) return Explanation(words::kCaseNobodyEligible);
  return in;
}

Explained<void> Casework::take(Step const& step, entry::Roster const& said) {
  rosters_.push_back({step.action.date, step.action.subjects, said.order});
  behind_roster_.reset();
  return {};
}

// ---- After it -------------------------------------------------------------------------------------------------------

std::optional<std::vector<Subject>> Casework::ballot_of(Roster const& roster, std::vector<std::string> const& ballot) {
  if (roster.order.size() != ballot.size()) return std::nullopt;
  std::vector<Subject> out;
  for (std::size_t i = 0; i < ballot.size(); ++i) {
    // By the names that the roster was made with: one may have been amended since.
    auto const who = std::ranges::find(roster.people, roster.order[i], &Subject::number);
    if (who == roster.people.end() || who->name != ballot[i]) return std::nullopt;
    out.push_back(*who);
  }
  return out;
}

Explained<std::map<meeting::QuestionId, Subject>> Casework::passers_by_question(
    std::vector<std::string> const& ballot, std::vector<meeting::QuestionId> const& passed) const {
  std::vector<Subject> of_question;
  if (!rosters_.empty()) {
    // The one that the meeting was drafted from need not be the last: after it somebody may have made it again.
    std::optional<std::vector<Subject>> found;
    for (auto at = rosters_.rbegin(); at != rosters_.rend() && !found; ++at) found = ballot_of(*at, ballot);
    if (!found) return Explanation(words::kCaseOtherBallot);
    of_question = std::move(*found);
  } else {
    // An office that made no roster knows people by their places on the ballot.
    for (std::uint32_t q = 1; q <= ballot.size(); ++q) of_question.push_back({q, ballot[q - 1]});
  }
  std::map<meeting::QuestionId, Subject> out;
  for (auto const question : passed) out[question] = of_question.at(question - 1);
  return out;
}

Explained<std::vector<Subject>> Casework::passers(std::vector<std::string> const& ballot,
                                                  std::vector<meeting::QuestionId> const& passed) const {
  auto const by_question = passers_by_question(ballot, passed);
  if (!by_question) return by_question.error();
  std::vector<Subject> out;
  for (auto const& [question, who] : *by_question) out.push_back(who);
  std::ranges::sort(out);
  return out;
}

Explained<void> Casework::take(Step const& step, entry::Record const& said) {
  record_ = Record{said.head, step.action.subjects};
  // Who withdrew before the meeting is not posted, whatever became of his row.
  std::erase_if(record_->passed, [&](Subject const& who) { return withdrawals_.contains(who.number); });
  if (!basis_.calendar || record_->passed.empty()) return {};
  std::vector<Passer> people;
  for (Subject const& who : record_->passed) people.push_back({who.number, who.name});
  auto prepared = Publicity::prepare(std::move(people));
  if (!prepared) return prepared.error();
  publicity_ = std::move(*prepared);
  return {};
}

Explained<void> Casework::take(Step const&, entry::Papers const&) { return {}; }

Explained<Publicity*> Casework::going() {
  if (!record_) return Explanation(words::kCaseNoRecord);
  if (!publicity_) return Explanation(words::kCaseNobodyPassed);
  return &*publicity_;
}

Explained<void> Casework::take(Step const& step, entry::Publish const& said) {
  if (!basis_.calendar) return {};
  auto const now = going();
  if (!now) return now.error();
  return done((*now)->post(said.place, step.action.date));
}

template <class Change>
Explained<void> Casework::for_each(Step const& step, bool closing, Change change) {
  if (!basis_.calendar) return {};
  auto const now = going();
  if (!now) return now.error();
  if (closing)
    if (auto const closed = (*now)->close(step.action.date, *basis_.calendar); !closed) return closed.error();
  for (Subject const& who : step.action.subjects) {
    if (auto const passed = passer(who.number); !passed) return passed.error();
    if (auto const changed = done(change(**now, who.number)); !changed) return changed.error();
  }
  return {};
}

Explained<void> Casework::take(Step const& step, entry::Object const& said) {
  return for_each(step, false, [&](Publicity& now, std::uint32_t number) {
    return now.object(number, step.action.date, said.text, *basis_.calendar);
  });
}

Explained<void> Casework::take(Step const& step, entry::Resolve const& said) {
  return for_each(step, false, [&](Publicity& now, std::uint32_t number) {
    return now.settle(number, step.action.date, said.upheld, said.finding);
  });
}

Explained<void> Casework::take(Step const& step, entry::File const& said) {
  return for_each(step, true, [&](Publicity& now, std::uint32_t number) {
    return now.file(number, step.action.date, said.document);
  });
}

Explained<void> Casework::take(Step const& step, entry::Announce const& said) {
  return for_each(step, true, [&](Publicity& now, std::uint32_t number) {
    return now.announce(number, step.action.date, said.document);
  });
}

Explained<void> Casework::take(Step const& step, entry::Certificates const&) {
  return for_each(step, true,
                  [&](Publicity& now, std::uint32_t number) { return now.hand_off(number, step.action.date); });
}

std::optional<Publicity> Casework::publicity_on(Day today) const {
  auto out = publicity_;
  // Refused before the day after the last: then everybody is where he was.
  if (out) static_cast<void>(out->close(today, *basis_.calendar));
  return out;
}

std::optional<Day> Casework::last_day() const {
  if (!publicity_) return std::nullopt;
  auto const day = publicity_->last_day(*basis_.calendar);
  return day ? std::optional(*day) : std::nullopt;
}

Explained<Subject> Casework::passer(std::uint32_t number) const {
  if (!record_) return Explanation(words::kCaseNoRecord);
  auto const at = std::ranges::find(record_->passed, number, &Subject::number);
  if (at == record_->passed.end()) return Explanation(Sentence(words::kCaseNotPassed, {{"number", number}}));
  return *at;
}

Explained<std::vector<Subject>> Casework::passers_at(PasserState state, Day today) const {
  if (!record_) return Explanation(words::kCaseNoRecord);
  if (!publicity_) return Explanation(words::kCaseNobodyPassed);
  auto now = *publicity_;
  if (auto const closed = now.close(today, *basis_.calendar); !closed) return closed.error();
  std::vector<Subject> out;
  for (PasserRecord const& one : now.people())
    if (one.state == state) out.push_back({one.passer.number, one.passer.name});
  if (out.empty()) return Explanation(Sentence(words::kCaseNobodyAt, {{"state", passer_word(state)}}));
  return out;
}

}  // namespace piaojue::office
