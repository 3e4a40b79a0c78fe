// SPDX-License-Identifier: Apache-2.0
#include "office/rules/consistency.h"

#include "strings/rules.h"

namespace piaojue::office {

namespace say = strings::rules;

namespace {

constexpr int kAgeMin = 14;

class Dates {
 public:
  explicit Dates(Facts const& facts) : facts_(facts) {}

  std::vector<Contradiction> check() {
    check_birth();
    check_one(DatedFact::kGraduated, say::kMissingGraduated, facts_.graduated);
    if (facts_.graduated_first.known())
      check_one(DatedFact::kGraduated, say::kMissingGraduated, facts_.graduated_first);
    check_one(DatedFact::kWorkSince, say::kMissingWorkSince, facts_.work_since);
    check_one(DatedFact::kTitleSince, say::kMissingTitleSince, facts_.title_since);
    check_one(DatedFact::kLicenceSince, say::kMissingLicenceSince, facts_.licence_since);
    for (Achievement const& one : facts_.achievements) check_one(DatedFact::kAward, say::kMissingAwardDate, one.date);
    for (auto const& [year, grade] : facts_.appraisals)
      if (facts_.filed.known() && year > facts_.filed.year)
        say_of(DatedFact::kAppraisal, true,
               {say::kDatesAppraisalAfter, {{"year", year}, {"filed", facts_.filed.text()}}});
    check_title();
    return std::move(out_);
  }

 private:
  void say_of(DatedFact fact, bool impossible, Sentence words) { out_.push_back({fact, impossible, std::move(words)}); }

  void check_birth() {
    if (facts_.born.known() && facts_.filed.known() && facts_.born.earliest() > facts_.filed.latest())
      say_of(DatedFact::kBorn, true,
             {say::kDatesAfterFiling,
              {{"fact", say::kMissingBorn}, {"date", facts_.born.text()}, {"filed", facts_.filed.text()}}});
  }

  void check_one(DatedFact fact, Text const& name, Date date) {
    if (!date.known()) return;
    Sentence::Values const values{
        {"fact", name}, {"date", date.text()}, {"born", facts_.born.text()}, {"filed", facts_.filed.text()}};
    if (facts_.born.known()) {
      Date grown = facts_.born;
      grown.year += kAgeMin;
      if (date.latest() < facts_.born.earliest())
        say_of(fact, true, {say::kDatesBeforeBirth, values});
      else if (fact != DatedFact::kAward && date.latest() < grown.earliest())
        say_of(fact, false, {say::kDatesTooYoung, values});
    }
    if (!facts_.filed.known()) return;
    if (date.year > facts_.filed.year)
      say_of(fact, true, {say::kDatesAfterYear, values});
    else if (date.earliest() > facts_.filed.latest())
      say_of(fact, false, {say::kDatesAfterFiling, values});
  }

  void check_title() {
    if (!facts_.title_since.known()) return;
    Sentence::Values values{{"date", facts_.title_since.text()}};
    if (facts_.title == Title::kNone) return say_of(DatedFact::kTitleSince, false, {say::kDatesNoTitle, values});
    Date const degree = facts_.graduated_first.known() ? facts_.graduated_first : facts_.graduated;
    if (!degree.known() || facts_.title_since.latest() >= degree.earliest()) return;
    values.emplace("degree", degree.text());
    say_of(DatedFact::kTitleSince, false, {say::kDatesTitleBeforeDegree, values});
  }

  Facts const& facts_;
  std::vector<Contradiction> out_;
};

}  // namespace

std::vector<Contradiction> contradictions(Facts const& facts) { return Dates(facts).check(); }

}  // namespace piaojue::office
