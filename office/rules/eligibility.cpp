// SPDX-License-Identifier: Apache-2.0
#include "office/rules/eligibility.h"

#include <algorithm>

#include "sheets/text.h"

namespace piaojue::office {

using namespace sheets;
namespace {

std::string operator""_s(char const* text, std::size_t size) { return {text, size}; }
std::string num(std::int64_t n) { return std::to_string(n); }

/// What one condition came to, on the way through a route. The worst of them counts.
class Trial {
 public:
  explicit Trial(std::string route, std::vector<std::string> articles) {
    tried.route = std::move(route);
    tried.articles = std::move(articles);
    tried.finding = Finding::kMet;
  }
  void met(std::string words) { tried.arithmetic.push_back(std::move(words)); }
  void unclear(std::string words, std::string lacking = {}, std::string_view article = {}) {
    if (tried.finding == Finding::kMet) tried.finding = Finding::kUnclear;
    note(std::move(words), std::move(lacking), article);
  }
  void not_met(std::string words, std::string_view article = {}) {
    tried.finding = Finding::kNotMet;
    ++failures;
    note(std::move(words), {}, article);
  }
  /// What decides most stands first.
  void put_first(std::string_view article) {
    std::erase(tried.articles, article);
    tried.articles.insert(tried.articles.begin(), std::string(article));
  }

  Tried tried;
  std::vector<std::string> missing;
  std::string why;  ///< the first thing that is not met; else the first that is unclear
  int failures = 0;

 private:
  void note(std::string words, std::string lacking, std::string_view article) {
    if (why.empty() || (tried.finding == Finding::kNotMet && failures == 1)) why = words;
    tried.arithmetic.push_back(std::move(words));
    if (!lacking.empty()) missing.push_back(std::move(lacking));
    if (!article.empty()) put_first(article);
  }
};

// ---- Years

bool may_be_first_of_january(Date date) { return date.month <= 1 && date.day <= 1; }

struct Years {
  Finding finding = Finding::kNotMet;
  bool january = false;  ///< unclear because of a start on 1 January
  std::string words;
};

/// 第十七条: to 31 December of the filing year.
Years years_between(int filing_year, Date since, int needed) {
  int const full = filing_year - since.year;
  Years out;
  out.words = num(filing_year) + " − " + num(since.year) + " = " + num(full) + " 年（自 " + since.text() + " 计算至 " +
              num(filing_year) + "-12-31），";
  if (full >= needed) {
    out.finding = Finding::kMet;
    out.words += "满 " + num(needed) + " 年";
  } else if (full == needed - 1 && may_be_first_of_january(since)) {
    out.finding = Finding::kUnclear;
    out.january = true;
    out.words += "起始日" + (since.whole() ? "为"_s : "可能为"_s) + " 1 月 1 日，按 " + num(full) + " 年还是 " +
                 num(full + 1) + " 年由人认定（需 " + num(needed) + " 年）";
  } else {
    out.words += num(full) + " < " + num(needed) + "，不满 " + num(needed) + " 年";
  }
  return out;
}

Date later(Date a, Date b) {
  if (!a.known()) return b;
  if (!b.known()) return a;
  return a.earliest() < b.earliest() ? b : a;
}

int rank_of_target(std::string_view level) {
  return level == "助理级" ? 1 : level == "中级" ? 2 : level == "副高级" ? 3 : level == "正高级" ? 4 : 0;
}
int rank_of_title(Title title) {
  switch (title) {
    case Title::kAssistant:
      return 1;
    case Title::kEngineer:
      return 2;
    case Title::kSenior:
      return 3;
    case Title::kFullSenior:
      return 4;
    default:
      return 0;
  }
}

// ---- 第五条

void try_title(Trial& trial, Facts const& facts, Title needed) {
  std::string const want(title_word(needed));
  if (facts.title == needed) return trial.met("现职称：" + want);
  if (facts.title == Title::kUnknown) return trial.unclear("没有填写现职称，需 " + want, "现职称");
  if (facts.title == Title::kOther || rank_of_title(facts.title) > rank_of_title(needed))
    return trial.unclear("现职称「" + facts.title_written + "」能否作为 " + want + "，由人认定");
  if (!facts.licence.empty())
    return trial.unclear("没有 " + want + " 职称；职业资格「" + facts.licence + "」是否对应，按国家和省政策", {},
                         "第四条");
  trial.not_met("没有 " + want + " 职称");
}

void try_years(Trial& trial, Facts const& facts, Standard const& standard, Route const& route, Study const& study) {
  bool const from_title = route.title != Title::kNone;
  if (from_title && facts.title == route.title && !facts.title_since.known())
    return trial.unclear("没有填写现职称取得时间", "现职称取得时间");
  if (!from_title && !facts.work_since.known()) return trial.unclear("没有填写参加工作时间", "参加工作时间");
  Date const title_since = facts.title == route.title ? facts.title_since : facts.licence_since;
  if (from_title && !title_since.known()) return;  // no title: said already
  Date const since = from_title ? later(title_since, facts.work_since) : facts.work_since;
  if (route.years == 0) {
    if (since.earliest() > facts.filed.latest()) return trial.not_met("申报时尚未从事专业技术工作");
    return trial.met("从事专业技术工作（自 " + since.text() + "），不要求年限");
  }

  int needed = route.years;
  Years years = years_between(facts.filed.year, since, needed);
  bool const graduate = study.degree >= Degree::kMaster;
  bool early = false;
  if (years.finding != Finding::kMet && graduate && facts.engineering_professional != false) {
    Years const sooner = years_between(facts.filed.year, since, needed - standard.early_years);
    if (sooner.finding == Finding::kMet || (sooner.finding == Finding::kUnclear && years.finding == Finding::kNotMet)) {
      early = true;
      years = sooner;
      needed -= standard.early_years;
      years.words = "工程类专业学位研究生可提前 " + num(standard.early_years) + " 年：" + num(route.years) + " − " +
                    num(standard.early_years) + " = " + num(needed) + " 年；" + years.words;
    }
  }
  if (early) trial.put_first("第六条");
  if (years.finding == Finding::kNotMet) {
    if (!facts.licence.empty() && from_title)
      return trial.unclear(years.words + "；职业资格「" + facts.licence + "」的年限可否视为职称年限，由人认定", {},
                           "第四条");
    return trial.not_met(years.words);
  }
  if (years.january)
    trial.unclear(years.words,
                  since.whole() ? std::string{}
                  : from_title  ? "现职称取得时间（到日）"
                                : "参加工作时间（到日）",
                  "第十七条");
  else
    trial.met(years.words);
  if (early && !facts.engineering_professional) trial.unclear("是否工程类专业学位没有填写", "学位类型");

  if (from_title) return;
  // Work before the degree counts, but people are to look at it.
  if (!facts.graduated.known()) return trial.unclear("没有填写毕业时间，不知道工作是否在取得学历之前", "毕业时间");
  if (facts.graduated.earliest() <= facts.work_since.latest()) return;
  Years const after = years_between(facts.filed.year, facts.graduated, needed);
  if (after.finding == Finding::kMet)
    trial.met("取得学历（" + facts.graduated.text() + "）以后也满 " + num(needed) + " 年");
  else
    trial.unclear("年限中有取得学历（" + facts.graduated.text() + "）以前的工作，是否计入由人认定");
}

void try_appraisals(Trial& trial, Facts const& facts, int needed) {
  if (needed == 0) return;
  std::string list;
  Finding worst = Finding::kMet;
  std::vector<std::string> missing;
  for (int year = facts.filed.year - needed; year < facts.filed.year; ++year) {
    auto const at = facts.appraisals.find(year);
    (list += list.empty() ? "" : "、") += num(year) + " ";
    if (at == facts.appraisals.end()) {
      list += "缺";
      missing.push_back(num(year) + " 年度考核");
      if (worst == Finding::kMet) worst = Finding::kUnclear;
      continue;
    }
    list += grade_word(at->second);
    if (at->second == Grade::kBasicallyQualified || at->second == Grade::kUnqualified) worst = Finding::kNotMet;
    if (at->second == Grade::kUndetermined && worst == Finding::kMet) worst = Finding::kUnclear;
  }
  std::string const words = "近 " + num(needed) + " 年年度考核：" + list;
  if (worst == Finding::kMet) return trial.met(words + "，均为合格以上");
  if (worst == Finding::kNotMet) return trial.not_met(words + "，未均为合格以上");
  trial.unclear(words + "，能否认定由人判断");
  for (auto& year : missing) trial.missing.push_back(std::move(year));
}

std::vector<Trial> try_routes(Facts const& facts, Standard const& standard) {
  std::vector<Trial> out;
  for (Route const& route : standard.routes) {
    if (route.target != facts.level) continue;
    for (Study const& study : facts.studies) {
      if (std::ranges::find(route.degrees, study.degree) == route.degrees.end()) continue;
      Trial trial(route.id, {route.article});
      if (study.technician_school) {
        trial.put_first("第六条");
        trial.met("技工院校毕业，按相当 " + std::string(degree_word(study.degree)) + " 学历");
      } else {
        trial.met("学历学位：" + std::string(degree_word(study.degree)));
      }
      if (study.graduate_without_degree) trial.unclear("研究生学历而没有填写学位，按本科学历计，由人认定", "学位");
      if (route.title != Title::kNone) try_title(trial, facts, route.title);
      try_years(trial, facts, standard, route, study);
      try_appraisals(trial, facts, route.appraisals);
      if (rank_of_title(facts.title) >= rank_of_target(facts.level))
        trial.unclear("已具有同级或更高级别职称「" + facts.title_written + "」，是否应申报由人认定");
      out.push_back(std::move(trial));
    }
  }
  return out;
}

// ---- 第八条 to 第十四条

/// How far an achievement came against a line, so that the nearest miss is the one that is told.
struct Held {
  Trial trial;
  int stage = 0;
};

Held hold(Achievement const& a, ExceptionalItem const& item, ExceptionalItem::Condition const& c, Facts const& facts,
          Standard const& standard) {
  Held out{Trial(a.name.empty() ? item.article : a.name, {item.article}), 0};
  Trial& trial = out.trial;
  if (c.output_wan > 0) {
    if (a.output_wan < 0)
      trial.unclear("没有填写年增产值，需 " + num(c.output_wan) + " 万元以上", "年增产值");
    else if (a.output_wan < c.output_wan)
      trial.not_met("年增产值 " + num(a.output_wan) + " 万元 < " + num(c.output_wan) + " 万元");
    else
      trial.met("年增产值 " + num(a.output_wan) + " 万元 ≥ " + num(c.output_wan) + " 万元（「以上」含本数）");
  }
  if (c.level != AwardLevel::kUnknown) {
    if (a.level == AwardLevel::kUnknown)
      trial.unclear("没有填写奖项级别", "奖项级别");
    else if (a.level < c.level)
      trial.not_met("奖项级别不够，需：" + item.text);
  }
  if (c.grade != 0) {
    if (a.grade == 0)
      trial.unclear("没有填写奖项等次", "奖项等次");
    else if (a.grade > c.grade)
      trial.not_met("奖项等次不够，需：" + item.text);
  }
  if (trial.failures != 0) return out;
  out.stage = 1;
  trial.met("符合：" + item.text);
  if (a.rank == 0)
    trial.unclear("没有填写排名，主要完成人应排名前 " + num(standard.rank_max) + " 位", "排名");
  else if (a.rank > standard.rank_max)
    trial.not_met("排名第 " + num(a.rank) + "，主要完成人应排名前 " + num(standard.rank_max) + " 位", "第十四条（四）");
  else
    trial.met("排名第 " + num(a.rank) + " ≤ " + num(standard.rank_max));
  if (trial.failures != 0) return out;
  out.stage = 2;
  if (!a.date.known())
    trial.unclear("没有填写取得时间，业绩应在取得现职称之后", "获奖时间");
  else if (!facts.title_since.known())
    trial.unclear("没有填写现职称取得时间，不知道业绩是否在其后", "现职称取得时间");
  else if (a.date.latest() < facts.title_since.earliest())
    trial.not_met("取得于 " + a.date.text() + "，早于现职称（" + facts.title_since.text() + "），不予采用", "第十六条");
  else if (a.date.earliest() <= facts.title_since.latest() && !(a.date.whole() && facts.title_since.whole()))
    trial.unclear("取得于 " + a.date.text() + "，是否晚于现职称（" + facts.title_since.text() + "）不清楚",
                  "获奖时间（到日）");
  else
    trial.met("取得于 " + a.date.text() + "，在取得现职称（" + facts.title_since.text() + "）之后");
  if (trial.failures == 0) out.stage = 3;
  if (!item.judgement.empty()) trial.unclear(item.judgement);
  return out;
}

std::vector<Held> hold_all(Facts const& facts, Standard const& standard) {
  std::vector<Held> out;
  for (Achievement const& a : facts.achievements)
    for (ExceptionalItem const& item : standard.items) {
      if (item.target != facts.level) continue;
      std::optional<Held> best;
      for (auto const& c : item.conditions) {
        if (c.kind != a.kind) continue;
        Held held = hold(a, item, c, facts, standard);
        if (!best || held.stage > best->stage ||
            (held.stage == best->stage && held.trial.failures < best->trial.failures))
          best = std::move(held);
      }
      if (best) out.push_back(std::move(*best));
    }
  return out;
}

// ---- 第三条 and the whole

void gate_sanction(Trial& gate, Facts const& facts) {
  using enum Facts::Sanction;
  if (facts.sanction == kNone) return gate.met("无处分");
  if (facts.sanction == kUnknown) return gate.unclear("没有填写处分情况", "处分", "第三条（五）");
  std::string const what = "受到" + facts.sanction_written;
  if (!facts.sanction_until.known()) return gate.unclear(what + "，没有填写影响期止日", "处分影响期止", "第三条（五）");
  std::string const period = what + "，影响期至 " + facts.sanction_until.text() + "，申报日期 " + facts.filed.text();
  if (facts.filed.latest() <= facts.sanction_until.earliest())
    gate.not_met(period + "，在影响期内", "第三条（五）");
  else if (facts.filed.earliest() > facts.sanction_until.latest())
    gate.met(period + "，影响期已满");
  else
    gate.unclear(period + "，是否已满不清楚", "处分影响期止（到日）", "第三条（五）");
}

void gate_education(Trial& gate, Facts const& facts, Standard const& standard) {
  if (facts.education_met == true) return gate.met("继续教育达标");
  if (facts.education_met == false) return gate.not_met("继续教育未达标", "第三条（四）");
  if (facts.education_written.empty()) return gate.unclear("没有填写继续教育", "继续教育", "第三条（四）");
  int hours = 0;
  for (char const c : code_of(facts.education_written)) {
    if (c < '0' || c > '9' || hours > 100'000) break;
    hours = hours * 10 + (c - '0');
  }
  if (!standard.education_hours || hours == 0)
    return gate.unclear("继续教育「" + facts.education_written + "」是否达标，按当年规定由人认定", {}, "第三条（四）");
  std::string const words = "继续教育 " + num(hours) + (hours >= *standard.education_hours ? " ≥ " : " < ") +
                            num(*standard.education_hours) + " 学时";
  if (hours >= *standard.education_hours) return gate.met(words);
  gate.not_met(words, "第三条（四）");
}

void add(std::vector<std::string>& to, std::vector<std::string> const& from) {
  for (std::string const& one : from)
    if (std::ranges::find(to, one) == to.end()) to.push_back(one);
}

/// The first of the best.
Trial const* best_of(std::vector<Trial> const& trials) {
  Trial const* out = nullptr;
  auto const order = [](Trial const& t) {
    return std::pair(t.tried.finding == Finding::kMet ? 0 : t.tried.finding == Finding::kUnclear ? 1 : 2, t.failures);
  };
  for (Trial const& trial : trials)
    if (out == nullptr || order(trial) < order(*out)) out = &trial;
  return out;
}

void take(Assessment& out, Verdict verdict, Trial const& trial) {
  out.verdict = verdict;
  out.route = trial.tried.route;
  add(out.articles, trial.tried.articles);
  out.reason = trial.why;
  add(out.arithmetic, trial.tried.arithmetic);
  if (verdict != Verdict::kNotEligible) add(out.missing, trial.missing);
}

void judge_normal(Assessment& out, Facts const& facts, Standard const& standard, std::vector<Trial> const& trials) {
  if (facts.studies.empty()) {
    out.verdict = Verdict::kReview;
    out.articles = {"第五条"};
    out.reason = "没有填写学历学位";
    out.missing = {"学历"};
    return;
  }
  if (Trial const* best = best_of(trials)) {
    take(out,
         best->tried.finding == Finding::kMet       ? Verdict::kEligible
         : best->tried.finding == Finding::kUnclear ? Verdict::kReview
                                                    : Verdict::kNotEligible,
         *best);
    if (out.verdict == Verdict::kEligible) out.reason = "按途径 " + out.route + " 符合" + out.articles.back();
    return;
  }
  out.verdict = Verdict::kNotEligible;
  auto const any = std::ranges::find(standard.routes, facts.level, &Route::target);
  if (any != standard.routes.end()) out.articles.push_back(any->article);
  out.reason = "所填学历学位没有申报" + facts.level + "的途径";
  for (auto const& note : standard.notes)
    if (note.target == facts.level &&
        std::ranges::find(facts.studies, note.degree, &Study::degree) != facts.studies.end())
      add(out.notes, {note.text});
}

void judge_exceptional(Assessment& out, Facts const& facts, Standard const& standard, std::vector<Held> const& held) {
  auto const level = std::ranges::find(standard.exceptional, facts.level, &Standard::Exceptional::target);
  Trial title("破格", {"第八条"});
  try_title(title, facts, level->title);
  auto const item = std::ranges::find(standard.items, facts.level, &ExceptionalItem::target);
  std::string const chapter = item->article.substr(0, item->article.find("（"));
  if (title.tried.finding == Finding::kNotMet) return take(out, Verdict::kNotEligible, title);
  out.notes.emplace_back("破格不限学历（学位）、资历和现职称年限（第八条、第九条）；正常渠道的年限和考核仅供参考");
  if (facts.achievements.empty()) {
    out.verdict = Verdict::kReview;
    out.articles = {chapter};
    out.reason = "没有填写破格条件";
    out.missing = {"破格条件"};
    out.interview = true;
    return;
  }
  Held const* best = nullptr;
  for (Held const& h : held) {
    bool const open = h.trial.failures == 0;
    bool const better =
        best == nullptr || (open && best->trial.failures != 0) ||
        (open == (best->trial.failures == 0) &&
         (h.stage > best->stage || (h.stage == best->stage && h.trial.missing.size() < best->trial.missing.size())));
    if (better) best = &h;
  }
  if (best == nullptr) {
    out.verdict = Verdict::kNotEligible;
    out.articles = {chapter};
    out.reason = "所填奖项或成果不在" + chapter + "所列之内";
    return;
  }
  if (best->trial.failures != 0) return take(out, Verdict::kNotEligible, best->trial);
  take(out, Verdict::kReview, best->trial);
  add(out.articles, {"第十三条"});
  if (title.tried.finding == Finding::kUnclear) {
    add(out.articles, title.tried.articles);
    add(out.arithmetic, title.tried.arithmetic);
    add(out.missing, title.missing);
  }
  out.reason = "破格条件" + out.articles.front() +
               (best->trial.tried.finding == Finding::kMet ? "符合"_s : "待认定"_s) + "，须面试答辩并由人审核";
  out.interview = true;
}

}  // namespace

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEligible:
      return "符合条件";
    case Verdict::kNotEligible:
      return "不符合条件";
    case Verdict::kReview:
      break;
  }
  return "需人工审核";
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

Assessment assess(Facts const& facts, Standard const& standard, std::string_view extension) {
  Assessment out;
  out.standard = standard.title;
  if (!facts.filed.known()) {
    out.articles = {"第十七条"};
    out.reason = "没有填写申报日期，年限无法计算";
    out.missing = {"申报日期"};
    out.notes = standard.for_people;
    return out;
  }
  Trial gate("基本条件", {});
  gate_sanction(gate, facts);
  gate_education(gate, facts, standard);
  auto const routes = try_routes(facts, standard);
  auto const held = hold_all(facts, standard);
  bool const exceptional = facts.channel == meeting::Channel::kExceptional;
  bool const open = std::ranges::find(standard.exceptional, facts.level, &Standard::Exceptional::target) !=
                    standard.exceptional.end();
  Trial const* const normal = best_of(routes);
  if (exceptional && !open) {
    out.verdict = Verdict::kNotEligible;
    out.articles = {"第十条"};
    out.reason = "申报" + facts.level + "不适用破格";
  } else if (gate.failures != 0) {
    take(out, Verdict::kNotEligible, gate);
    out.route.clear();
  } else {
    if (exceptional)
      judge_exceptional(out, facts, standard, held);
    else
      judge_normal(out, facts, standard, routes);
    if (out.verdict != Verdict::kNotEligible && gate.tried.finding == Finding::kUnclear) {
      if (out.verdict == Verdict::kEligible) {
        out.verdict = Verdict::kReview;
        out.reason = gate.why;
        out.articles.insert(out.articles.begin(), gate.tried.articles.begin(), gate.tried.articles.end());
      } else {
        add(out.articles, gate.tried.articles);
      }
      add(out.missing, gate.missing);
    }
    add(out.arithmetic, gate.tried.arithmetic);
  }
  if (exceptional && normal != nullptr && normal->tried.finding == Finding::kMet)
    out.notes.push_back("按正常渠道也符合（途径 " + normal->tried.route + "），可改为正常申报");
  if (!exceptional && open && out.verdict == Verdict::kNotEligible &&
      std::ranges::any_of(held, [](Held const& h) { return h.trial.failures == 0; }))
    out.notes.emplace_back("所填奖项或成果可能符合破格条件，可考虑改为破格申报");
  for (Trial const& trial : routes) out.tried.push_back(trial.tried);
  for (Held const& h : held) out.tried.push_back(h.trial.tried);
  add(out.notes, standard.for_people);

  // 第十八条 comes before all: outside its dates the table decides nothing.
  bool const inside = facts.filed.earliest() >= standard.valid_from && facts.filed.latest() <= standard.valid_to;
  std::string const validity = day_text(standard.valid_from) + " 至 " + day_text(standard.valid_to);
  if (!inside && extension.empty()) {
    out.notes.insert(out.notes.begin(), "若本标准仍然适用，结论为：" + std::string(verdict_word(out.verdict)) +
                                            (out.reason.empty() ? "" : "（" + out.reason + "）"));
    out.verdict = Verdict::kReview;
    out.articles.insert(out.articles.begin(), "第十八条");
    out.reason =
        "申报日期 " + facts.filed.text() + " 不在本标准有效期（" + validity + "）内，须由经办人写明继续适用的依据";
  } else if (!inside) {
    out.notes.insert(out.notes.begin(),
                     "申报日期不在有效期（" + validity + "）内；经办人写明的依据：" + std::string(extension));
  }
  return out;
}

Answered<Assessed> decide(Assessed assessed, Decision decision) {
  using A = Answered<Assessed>;
  if (decision.verdict == Verdict::kReview) return A::no("人工审核的结论应为 符合条件 或 不符合条件");
  if (trimmed(decision.decided_by).empty()) return A::no("应写明审核人");
  if (trimmed(decision.reason).empty()) return A::no("应写明理由");
  if (decision.verdict != assessed.machine.verdict && trimmed(decision.basis).empty())
    return A::no("与系统结论不同时，应写明依据（条款或文件）");
  assessed.human = std::move(decision);
  return A::yes(std::move(assessed));
}

}  // namespace piaojue::office
