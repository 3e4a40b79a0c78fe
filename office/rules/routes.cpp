// SPDX-License-Identifier: Apache-2.0
#include "office/rules/routes.h"

#include <algorithm>

#include "office/rules/vocabulary.h"
#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

// ---- Years

bool may_be_first_of_january(Date date) { return date.month <= 1 && date.day <= 1; }

struct Years {
  Finding finding = Finding::kNotMet;  ///< unclear: because of a start on 1 January
  Sentence words;
};

/// 第十七条: to 31 December of the filing year.
Years years_between(int filing_year, Date since, int needed) {
  int const full = filing_year - since.year;
  Sentence const count(say::kYearsCount,
                       {{"to", filing_year}, {"from", since.year}, {"full", full}, {"since", since.text()}});
  if (full >= needed) return {Finding::kMet, {say::kYearsFull, {{"count", count}, {"needed", needed}}}};
  if (full == needed - 1 && may_be_first_of_january(since))
    return {Finding::kUnclear,
            {since.whole() ? say::kYearsJanuary : say::kYearsMaybeJanuary,
             {{"count", count}, {"full", full}, {"more", full + 1}, {"needed", needed}}}};
  return {Finding::kNotMet, {say::kYearsShort, {{"count", count}, {"full", full}, {"needed", needed}}}};
}

Date later(Date a, Date b) {
  if (!a.known()) return b;
  if (!b.known()) return a;
  return a.earliest() < b.earliest() ? b : a;
}

Date earlier(Date a, Date b) { return b.earliest() < a.earliest() ? b : a; }

/// Of the levels; 0: none of the engineers' titles.
int rank_of(Title title) {
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
int rank_of(Level level) { return static_cast<int>(level) + 1; }

// ---- The years of one route, with one degree

class YearsTrial {
 public:
  YearsTrial(Trial& trial, Facts const& facts, Standard const& standard, Route const& route, Study const& study)
      : trial_(trial), facts_(facts), standard_(standard), route_(route), study_(study) {}

  void run() {
    auto const since = start();
    if (!since) return;
    if (route_.years == 0) return without_years(*since);
    count(*since);
    if (!failed_ && !from_title_) look_before_degree();
  }

 private:
  /// Since when years count; nothing if that is not known, which is said.
  std::optional<Date> start() {
    if (from_title_) return start_of_title();
    if (facts_.work_since.known()) return facts_.work_since;
    trial_.unclear(say::kWorkNotGiven, &say::kMissingWorkSince);
    return std::nullopt;
  }

  /// 第四条: years with a qualification are years with the title that it counts as.
  std::optional<Date> start_of_title() {
    bool const held = facts_.title == route_.title;
    bool const counts = licence_ && licence_->title == route_.title;
    Date const of_title = held ? facts_.title_since : Date{};
    Date const of_licence = counts || !held ? facts_.licence_since : Date{};
    Date const since = of_title.known() && of_licence.known() ? earlier(of_title, of_licence)
                       : of_title.known()                     ? of_title
                                                              : of_licence;
    if (since.known()) return later(since, facts_.work_since);
    if (held)
      trial_.unclear(say::kTitleSinceNotGiven, &say::kMissingTitleSince);
    else if (counts)
      trial_.unclear(say::kLicenceSinceNotGiven, &say::kMissingLicenceSince, article::kLicence);
    return std::nullopt;  // no title: said already
  }

  void without_years(Date since) {
    if (since.earliest() > facts_.filed.latest()) return trial_.not_met(say::kWorkNotYet);
    trial_.met({say::kWorkAny, {{"since", since.text()}}});
  }

  void count(Date since) {
    Years years = years_between(facts_.filed.year, since, needed_);
    bool const early = years.finding != Finding::kMet && try_early(since, years);
    if (early) trial_.put_first(article::kStudies);
    if (years.finding == Finding::kNotMet) {
      failed_ = true;
      if (facts_.licence.empty() || !from_title_ || licence_) return trial_.not_met(years.words);
      return trial_.unclear({say::kYearsLicence, {{"years", years.words}, {"licence", facts_.licence}}}, nullptr,
                            article::kLicence);
    }
    if (years.finding == Finding::kUnclear)
      trial_.unclear(years.words, column_of_day(since), article::kYears);
    else
      trial_.met(years.words);
    if (early && !facts_.engineering_professional)
      trial_.unclear(say::kStudyProfessionalNotGiven, &say::kMissingDegreeType);
  }

  /// 第六条: who has a professional degree in engineering may apply earlier.
  /// @return whether that makes the years better; then they are the new ones.
  bool try_early(Date since, Years& years) {
    if (study_.degree < Degree::kMaster || facts_.engineering_professional == false) return false;
    int const fewer = needed_ - standard_.early_years;
    Years sooner = years_between(facts_.filed.year, since, fewer);
    if (sooner.finding == Finding::kNotMet) return false;
    if (sooner.finding == Finding::kUnclear && years.finding != Finding::kNotMet) return false;
    sooner.words = {say::kYearsEarly,
                    {{"early", standard_.early_years},
                     {"whole", route_.years},
                     {"needed", fewer},
                     {"years", std::move(sooner.words)}}};
    years = std::move(sooner);
    needed_ = fewer;
    return true;
  }

  /// The column that would say whether it was the first of January; none: it says so.
  Text const* column_of_day(Date since) const {
    if (since.whole()) return nullptr;
    return from_title_ ? &say::kMissingTitleSinceDay : &say::kMissingWorkSinceDay;
  }

  /// Work before the degree counts, but people are to look at it.
  void look_before_degree() {
    if (!facts_.graduated.known()) return trial_.unclear(say::kStudyGraduatedNotGiven, &say::kMissingGraduated);
    if (facts_.graduated.earliest() <= facts_.work_since.latest()) return;
    Sentence::Values const values{{"date", facts_.graduated.text()}, {"needed", needed_}};
    if (years_between(facts_.filed.year, facts_.graduated, needed_).finding == Finding::kMet)
      trial_.met({say::kYearsAfterDegree, values});
    else
      trial_.unclear({say::kYearsBeforeDegree, values});
  }

  Trial& trial_;
  Facts const& facts_;
  Standard const& standard_;
  Route const& route_;
  Study const& study_;
  bool const from_title_ = route_.title != Title::kNone;
  std::optional<KnownLicence> const licence_ = known_licence(facts_, standard_.licences);
  int needed_ = route_.years;
  bool failed_ = false;
};

// ---- Appraisals

/// Adds one more to a list that is said as one.
Sentence listed(std::optional<Sentence> const& before, Sentence next) {
  if (!before) return next;
  return {say::kAppraisalsNext, {{"before", *before}, {"next", std::move(next)}}};
}

/// 近 N 年: the calendar years before the filing year.
void try_appraisals(Trial& trial, Facts const& facts, int needed) {
  if (needed == 0) return;
  std::optional<Sentence> list;
  std::vector<int> absent;
  bool bad = false;
  bool open = false;
  for (int year = facts.filed.year - needed; year < facts.filed.year; ++year) {
    auto const at = facts.appraisals.find(year);
    bool const there = at != facts.appraisals.end();
    Text const& word = there ? grade_word(at->second) : say::kGradeAbsent;
    list = listed(list, {say::kAppraisalsYear, {{"year", year}, {"grade", word}}});
    if (!there) absent.push_back(year);
    bad = bad || (there && (at->second == Grade::kBasicallyQualified || at->second == Grade::kUnqualified));
    open = open || !there || at->second == Grade::kUndetermined;
  }
  Sentence const words(say::kAppraisalsList, {{"count", needed}, {"list", *list}});
  if (bad) return trial.not_met({say::kAppraisalsNotMet, {{"list", words}}});
  if (!open) return trial.met({say::kAppraisalsMet, {{"list", words}}});
  trial.unclear({say::kAppraisalsByPeople, {{"list", words}}});
  for (int const year : absent) trial.lacks({say::kMissingAppraisal, {{"year", year}}});
}

// ---- A whole route

void try_study(Trial& trial, Study const& study) {
  Text const& degree = degree_word(study.degree);
  if (study.technician_school) {
    trial.put_first(article::kStudies);
    trial.met({say::kStudyTechnician, {{"degree", degree}}});
  } else {
    Text const& words = study.graduate_without_degree ? say::kStudyCourse : say::kStudyHeld;
    trial.met({words, {{"degree", degree}}});
  }
  if (!study.graduate_without_degree) return;
  if (study.degree == Degree::kBachelor)
    trial.unclear(say::kStudyGraduate, &say::kMissingDegree);
  else
    trial.unclear({say::kStudyDegreeNotWritten, {{"degree", degree}}}, &say::kMissingDegree);
}

Trial try_route(Route const& route, Study const& study, Facts const& facts, Standard const& standard) {
  Trial trial(route.id, {route.article}, as_written(route.name, route.name_en));
  try_study(trial, study);
  if (route.title != Title::kNone) try_title(trial, facts, standard, route.title);
  YearsTrial(trial, facts, standard, route, study).run();
  try_appraisals(trial, facts, route.appraisals);
  if (rank_of(facts.title) >= rank_of(facts.level))
    trial.unclear({say::kTitleHighAlready, {{"written", facts.title_written}}});
  return trial;
}

}  // namespace

void try_title(Trial& trial, Facts const& facts, Standard const& standard, Title needed) {
  Text const& title = title_word(needed);
  if (facts.title == needed) return trial.met({say::kTitleHeld, {{"title", title}}});
  auto const licence = known_licence(facts, standard.licences);
  if (licence && licence->title == needed) {
    trial.put_first(article::kLicence);
    return trial.met(
        {say::kTitleByLicence,
         {{"title", title}, {"licence", licence->written}, {"table", licence->table}, {"source", licence->source}}});
  }
  if (facts.title == Title::kUnknown)
    return trial.unclear({say::kTitleNotGiven, {{"title", title}}}, &say::kMissingTitle);
  if (facts.title == Title::kOther || rank_of(facts.title) > rank_of(needed))
    return trial.unclear({say::kTitleByPeople, {{"written", facts.title_written}, {"title", title}}});
  if (licence && rank_of(licence->title) < rank_of(needed))
    return trial.not_met({say::kTitleLicenceLower,
                          {{"title", title}, {"licence", licence->written}, {"counts", title_word(licence->title)}}});
  if (!facts.licence.empty())
    return trial.unclear({say::kTitleLicence, {{"title", title}, {"licence", facts.licence}}}, nullptr,
                         article::kLicence);
  trial.not_met({say::kTitleLacking, {{"title", title}}});
}

std::vector<Trial> try_routes(Facts const& facts, Standard const& standard) {
  std::vector<Trial> out;
  for (Route const& route : standard.routes) {
    if (route.target != facts.level) continue;
    for (Study const& study : facts.studies)
      if (std::ranges::find(route.degrees, study.degree) != route.degrees.end())
        out.push_back(try_route(route, study, facts, standard));
  }
  return out;
}

Trial const* best_of(std::vector<Trial> const& trials) {
  Trial const* out = nullptr;
  auto const order = [](Trial const& t) {
    return std::pair(t.finding() == Finding::kMet ? 0 : t.finding() == Finding::kUnclear ? 1 : 2, t.failures());
  };
  for (Trial const& trial : trials)
    if (out == nullptr || order(trial) < order(*out)) out = &trial;
  return out;
}

}  // namespace piaojue::office
