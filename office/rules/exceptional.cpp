// SPDX-License-Identifier: Apache-2.0
#include "office/rules/exceptional.h"

#include "office/rules/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

using Stage = Held::Stage;

// ---- One achievement against one condition of a line: the award itself, the rank, the date

void try_output(Trial& trial, Achievement const& a, std::int64_t needed) {
  if (a.output_wan < 0) return trial.unclear({say::kOutputNotGiven, {{"needed", needed}}}, &say::kMissingOutput);
  Sentence::Values const values{{"output", a.output_wan}, {"needed", needed}};
  if (a.output_wan < needed) return trial.not_met({say::kOutputShort, values});
  trial.met({say::kOutputMet, values});
}

void try_award(Trial& trial, Achievement const& a, ExceptionalItem const& item, ExceptionalItem::Condition const& c) {
  Sentence::Values const values{{"item", item.text}};
  if (c.output_wan > 0) try_output(trial, a, c.output_wan);
  if (c.level != AwardLevel::kUnknown) {
    if (a.level == AwardLevel::kUnknown)
      trial.unclear(say::kAwardLevelNotGiven, &say::kMissingAwardLevel);
    else if (a.level < c.level)
      trial.not_met({say::kAwardLevelShort, values});
  }
  if (c.grade != 0) {
    if (a.grade == 0)
      trial.unclear(say::kAwardGradeNotGiven, &say::kMissingAwardGrade);
    else if (a.grade > c.grade)
      trial.not_met({say::kAwardGradeShort, values});
  }
  if (trial.failures() == 0) trial.met({say::kAwardMet, values});
}

/// 第十四条（四）: a main contributor.
void try_rank(Trial& trial, Achievement const& a, int max) {
  Sentence::Values const values{{"rank", a.rank}, {"max", max}};
  if (a.rank == 0)
    trial.unclear({say::kRankNotGiven, values}, &say::kMissingAwardRank);
  else if (a.rank > max)
    trial.not_met({say::kRankOver, values}, article::kRank);
  else
    trial.met({say::kRankMet, values});
}

/// 第十六条: after the present title.
void try_date(Trial& trial, Achievement const& a, Date title_since) {
  if (!a.date.known()) return trial.unclear(say::kAchievedNotGiven, &say::kMissingAwardDate);
  if (!title_since.known()) return trial.unclear(say::kAchievedTitleNotGiven, &say::kMissingTitleSince);
  Sentence::Values const values{{"date", a.date.text()}, {"title", title_since.text()}};
  if (a.date.latest() < title_since.earliest())
    return trial.not_met({say::kAchievedBefore, values}, article::kAchieved);
  bool const whole = a.date.whole() && title_since.whole();
  if (a.date.earliest() <= title_since.latest() && !whole)
    return trial.unclear({say::kAchievedUnclear, values}, &say::kMissingAwardDateDay);
  trial.met({say::kAchievedAfter, values});
}

Held hold(Achievement const& a, ExceptionalItem const& item, ExceptionalItem::Condition const& c, Facts const& facts,
          Standard const& standard) {
  std::string const& name = a.name.empty() ? item.article : a.name;
  Held out{Trial(name, {item.article}, as_written(name)), Stage::kNothing};
  Trial& trial = out.trial;
  try_award(trial, a, item, c);
  if (trial.failures() != 0) return out;
  out.stage = Stage::kAward;
  try_rank(trial, a, standard.rank_max);
  if (trial.failures() != 0) return out;
  out.stage = Stage::kRank;
  try_date(trial, a, facts.title_since);
  if (trial.failures() == 0) out.stage = Stage::kDate;
  if (!item.judgement.empty()) trial.unclear(as_written(item.judgement));
  return out;
}

/// Of all conditions of a line, the one that the achievement meets best; nothing if none is of its kind.
std::optional<Held> hold_best(Achievement const& a, ExceptionalItem const& item, Facts const& facts,
                              Standard const& standard) {
  std::optional<Held> best;
  for (auto const& c : item.conditions) {
    if (c.kind != a.kind) continue;
    Held held = hold(a, item, c, facts, standard);
    if (!best || held.stage > best->stage ||
        (held.stage == best->stage && held.trial.failures() < best->trial.failures()))
      best = std::move(held);
  }
  return best;
}

}  // namespace

std::vector<Held> hold_all(Facts const& facts, Standard const& standard) {
  std::vector<Held> out;
  for (Achievement const& a : facts.achievements)
    for (ExceptionalItem const& item : standard.items)
      if (item.target == facts.level)
        if (auto best = hold_best(a, item, facts, standard)) out.push_back(std::move(*best));
  return out;
}

Held const* best_of(std::vector<Held> const& held) {
  Held const* best = nullptr;
  auto const better = [](Held const& one, Held const& than) {
    bool const open = one.trial.failures() == 0;
    bool const other_open = than.trial.failures() == 0;
    if (open != other_open) return open;
    if (one.stage != than.stage) return one.stage > than.stage;
    return one.trial.missing().size() < than.trial.missing().size();
  };
  for (Held const& one : held)
    if (best == nullptr || better(one, *best)) best = &one;
  return best;
}

}  // namespace piaojue::office
