// SPDX-License-Identifier: Apache-2.0
#include "office/rules/eligibility.h"

#include <algorithm>

#include "office/rules/exceptional.h"
#include "office/rules/gates.h"
#include "office/rules/routes.h"
#include "office/rules/steps.h"
#include "office/rules/vocabulary.h"
#include "sheets/text.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;
using sheets::day_text;
using sheets::level_word;
using sheets::trimmed;

namespace {

/// What is there already is not said twice.
void add(std::vector<std::string>& to, std::vector<std::string> const& from) {
  for (std::string const& one : from)
    if (std::ranges::find(to, one) == to.end()) to.push_back(one);
}
void add(std::vector<Sentence>& to, std::vector<Sentence> const& from) {
  for (Sentence const& one : from)
    if (std::ranges::find(to, one) == to.end()) to.push_back(one);
}
void add_article(std::vector<std::string>& to, std::string_view article) {
  add(to, std::vector<std::string>{std::string(article)});
}

Verdict verdict_of(Finding finding) {
  switch (finding) {
    case Finding::kMet:
      return Verdict::kEligible;
    case Finding::kNotMet:
      return Verdict::kNotEligible;
    case Finding::kUnclear:
      break;
  }
  return Verdict::kReview;
}

/// Everything that is tried for one applicant, and the verdict that comes of it.
class Judgement {
 public:
  Judgement(Facts const& facts, Standard const& standard, WorkCalendar const& calendar)
      : facts_(facts),
        standard_(standard),
        gate_(try_gates(facts, standard, calendar)),
        routes_(try_routes(facts, standard)),
        held_(hold_all(facts, standard)),
        opening_(std::ranges::find(standard.exceptional, facts.level, &Standard::Exceptional::target)) {
    out_.standard = standard.title;
  }

  Assessment judge(std::string_view extension) {
    if (exceptional() && !open()) {
      refuse(Sentence(say::kReasonNoExceptional, {{"level", level_word(facts_.level)}}), article::kNotExceptional);
    } else if (gate_.failures() != 0) {
      take(Verdict::kNotEligible, gate_);
      out_.route.clear();
    } else {
      if (exceptional())
        judge_exceptional();
      else
        judge_normal();
      take_gate();
    }
    note_other_channel();
    for (Trial const& trial : routes_) out_.tried.push_back(trial.tried());
    for (Held const& held : held_) out_.tried.push_back(held.trial.tried());
    add(out_.notes, facts_.remarks);
    add(out_.notes, steps_not_given(facts_));
    for (std::string const& line : standard_.for_people) add(out_.notes, std::vector<Sentence>{as_written(line)});
    check_validity(extension);
    return std::move(out_);
  }

 private:
  bool exceptional() const { return facts_.channel == meeting::Channel::kExceptional; }
  bool open() const { return opening_ != standard_.exceptional.end(); }

  void take(Verdict verdict, Trial const& trial) {
    out_.verdict = verdict;
    out_.route = trial.tried().route;
    add(out_.articles, trial.tried().articles);
    out_.reason = trial.why();
    add(out_.arithmetic, trial.tried().arithmetic);
    if (verdict != Verdict::kNotEligible) add(out_.missing, trial.missing());
  }
  void refuse(Sentence reason, std::string_view article) {
    out_.verdict = Verdict::kNotEligible;
    out_.articles = {std::string(article)};
    out_.reason = std::move(reason);
  }
  void ask_for(Text const& column, Text const& reason, std::string_view article) {
    out_.verdict = Verdict::kReview;
    out_.articles = {std::string(article)};
    out_.reason = reason;
    out_.missing = {column};
  }

  // ---- 第五条

  void judge_normal() {
    if (facts_.studies.empty()) return ask_for(say::kMissingSchooling, say::kStudyNotGiven, article::kRoutes);
    Trial const* const best = best_of(routes_);
    if (best == nullptr) return judge_without_route();
    take(verdict_of(best->finding()), *best);
    if (out_.verdict == Verdict::kEligible)
      out_.reason = {say::kReasonByRoute, {{"route", best->tried().name}, {"article", out_.articles.back()}}};
  }

  void judge_without_route() {
    out_.verdict = Verdict::kNotEligible;
    auto const any = std::ranges::find(standard_.routes, facts_.level, &Route::target);
    if (any != standard_.routes.end()) out_.articles.push_back(any->article);
    out_.reason = {say::kStudyNoRoute, {{"level", level_word(facts_.level)}}};
    for (auto const& note : standard_.notes)
      if (note.target == facts_.level &&
          std::ranges::find(facts_.studies, note.degree, &Study::degree) != facts_.studies.end())
        add(out_.notes, std::vector<Sentence>{as_written(note.text)});
  }

  // ---- 第八条 to 第十四条

  void judge_exceptional() {
    Trial title(std::string(kExceptionalRoute), {std::string(article::kExceptional)});
    try_title(title, facts_, standard_, opening_->title);
    if (title.finding() == Finding::kNotMet) return take(Verdict::kNotEligible, title);
    auto const item = std::ranges::find(standard_.items, facts_.level, &ExceptionalItem::target);
    std::string const chapter = item->article.substr(0, item->article.find("（"));
    out_.notes.emplace_back(say::kNoteExceptionalWaives);
    if (facts_.achievements.empty()) {
      ask_for(say::kMissingExceptional, say::kReasonExceptionalNotGiven, chapter);
      out_.interview = true;
      return;
    }
    Held const* const best = best_of(held_);
    if (best == nullptr) return refuse({say::kReasonExceptionalNotListed, {{"chapter", chapter}}}, chapter);
    if (best->trial.failures() != 0) return take(Verdict::kNotEligible, best->trial);
    take_achievement(best->trial, title);
  }

  /// Met or not, people decide after an interview (第十三条).
  void take_achievement(Trial const& best, Trial const& title) {
    take(Verdict::kReview, best);
    add_article(out_.articles, article::kInterview);
    if (title.finding() == Finding::kUnclear) {
      add(out_.articles, title.tried().articles);
      add(out_.arithmetic, title.tried().arithmetic);
      add(out_.missing, title.missing());
    }
    bool const met = best.finding() == Finding::kMet;
    out_.reason = {met ? say::kReasonExceptionalMet : say::kReasonExceptionalOpen,
                   {{"article", out_.articles.front()}}};
    out_.interview = true;
  }

  // ---- 第三条, the other channel, 第十八条

  /// What is unclear at the gate keeps nobody out, and lets nobody in without people.
  void take_gate() {
    if (out_.verdict != Verdict::kNotEligible && gate_.finding() == Finding::kUnclear) {
      auto const& articles = gate_.tried().articles;
      if (out_.verdict == Verdict::kEligible) {
        out_.verdict = Verdict::kReview;
        out_.reason = gate_.why();
        out_.articles.insert(out_.articles.begin(), articles.begin(), articles.end());
      } else {
        add(out_.articles, articles);
      }
      add(out_.missing, gate_.missing());
    }
    add(out_.arithmetic, gate_.tried().arithmetic);
  }

  void note_other_channel() {
    Trial const* const normal = best_of(routes_);
    if (exceptional() && normal != nullptr && normal->finding() == Finding::kMet)
      out_.notes.emplace_back(say::kNoteNormalToo, Sentence::Values{{"route", normal->tried().name}});
    if (!exceptional() && open() && out_.verdict == Verdict::kNotEligible &&
        std::ranges::any_of(held_, [](Held const& h) { return h.trial.failures() == 0; }))
      out_.notes.emplace_back(say::kNoteExceptionalMaybe);
  }

  /// 第十八条 comes before all: outside its dates the table decides nothing.
  void check_validity(std::string_view extension) {
    if (facts_.filed.earliest() >= standard_.valid_from && facts_.filed.latest() <= standard_.valid_to) return;
    Sentence::Values values{{"from", day_text(standard_.valid_from)}, {"to", day_text(standard_.valid_to)}};
    if (!extension.empty()) {
      values.emplace("basis", extension);
      out_.notes.insert(out_.notes.begin(), Sentence(say::kNoteExtended, std::move(values)));
      return;
    }
    Sentence note(say::kNoteIfValid, {{"verdict", verdict_word(out_.verdict)}, {"reason", out_.reason}});
    out_.notes.insert(out_.notes.begin(), std::move(note));
    out_.verdict = Verdict::kReview;
    out_.articles.insert(out_.articles.begin(), std::string(article::kValidity));
    values.emplace("filed", facts_.filed.text());
    out_.reason = {say::kReasonNotValid, std::move(values)};
  }

  Facts const& facts_;
  Standard const& standard_;
  Trial const gate_;
  std::vector<Trial> const routes_;
  std::vector<Held> const held_;
  std::vector<Standard::Exceptional>::const_iterator const opening_;  ///< of the exceptional channel to the level
  Assessment out_;
};

/// 第十七条: without a filing date nothing can be counted.
Assessment without_filing_date(Standard const& standard) {
  Assessment out;
  out.standard = standard.title;
  out.articles = {std::string(article::kYears)};
  out.reason = say::kReasonFiledNotGiven;
  out.missing = {say::kMissingFiled};
  for (std::string const& line : standard.for_people) out.notes.push_back(as_written(line));
  return out;
}

}  // namespace

Text const& verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEligible:
      return say::kVerdictEligible;
    case Verdict::kNotEligible:
      return say::kVerdictNotEligible;
    case Verdict::kReview:
      break;
  }
  return say::kVerdictReview;
}

std::string_view verdict_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEligible:
      return "ELIGIBLE";
    case Verdict::kNotEligible:
      return "NOT_ELIGIBLE";
    case Verdict::kReview:
      break;
  }
  return "REVIEW";
}

Assessment assess(Facts const& facts, Standard const& standard, std::string_view extension,
                  WorkCalendar const& calendar) {
  if (!facts.filed.known()) return without_filing_date(standard);
  return Judgement(facts, standard, calendar).judge(extension);
}

Explained<Assessed> decide(Assessed assessed, Decision decision) {
  if (decision.verdict == Verdict::kReview) return Sentence(say::kDecideReview);
  if (trimmed(decision.decided_by).empty()) return Sentence(say::kDecideNoName);
  if (trimmed(decision.reason).empty()) return Sentence(say::kDecideNoReason);
  if (decision.verdict != assessed.machine.verdict && trimmed(decision.basis).empty())
    return Sentence(say::kDecideNoBasis);
  assessed.human = std::move(decision);
  return assessed;
}

}  // namespace piaojue::office
