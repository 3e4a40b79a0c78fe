// SPDX-License-Identifier: Apache-2.0
#include "office/rules/publicity.h"

#include <algorithm>
#include <set>

#include "sheets/text.h"

namespace piaojue::office {

using namespace sheets;
namespace {

using A = Answered<PasserState>;

}  // namespace

std::string_view passer_word(PasserState state) {
  static constexpr std::array<std::string_view, 8> kWords{"评审通过",   "公示中",           "有异议（暂缓）",
                                                          "公示无异议", "异议成立（取消）", "已核准备案",
                                                          "已发文公布", "已移交电子证书"};
  return kWords[static_cast<std::size_t>(state)];
}

Answered<Publicity> Publicity::prepare(std::vector<Passer> passers, int working_days, StartDay rule) {
  using P = Answered<Publicity>;
  if (passers.empty()) return P::no("没有评审通过人员");
  if (working_days < kPublicityWorkingDaysMin || working_days > 60) return P::no("公示期应为 5 到 60 个工作日");
  std::set<std::uint32_t> seen;
  Publicity out;
  for (Passer& passer : passers) {
    if (!seen.insert(passer.number).second)
      return P::no(passer.name + "（第 " + std::to_string(passer.number) + " 号）列了两次");
    out.people_.push_back({std::move(passer), PasserState::kPassed, {}, {}, {}, {}, {}, {}});
  }
  out.working_days_ = working_days;
  out.rule_ = rule;
  return P::yes(std::move(out));
}

PasserRecord* Publicity::find(std::uint32_t number) {
  auto const at = std::ranges::find(people_, number, [](PasserRecord const& one) { return one.passer.number; });
  return at == people_.end() ? nullptr : &*at;
}

Answered<PasserState> Publicity::post(std::string place, Day day) {
  place = trimmed(place);
  if (place.empty()) return A::no("应写明公示地点");
  for (Posting const& before : postings_)
    if (before.place == place) return A::no("「" + place + "」已于 " + day_text(before.posted) + " 公示");
  if (postings_.size() == kPublicityPlaces)
    return A::no("公示地点已有两处：" + postings_[0].place + "、" + postings_[1].place);
  postings_.push_back({std::move(place), day});
  if (postings_.size() < kPublicityPlaces) return A::yes(PasserState::kPassed);
  for (PasserRecord& person : people_) person.state = PasserState::kPosted;
  return A::yes(PasserState::kPosted);
}

Answered<Day> Publicity::last_day(WorkCalendar const& calendar) const {
  if (postings_.empty()) return Answered<Day>::no("还没有公示");
  if (postings_.size() < kPublicityPlaces)
    return Answered<Day>::no("只在「" + postings_[0].place + "」公示了，第二处还没有");
  return calendar.last_of(std::ranges::max(postings_, {}, &Posting::posted).posted, working_days_, rule_);
}

Answered<PasserState> Publicity::object(std::uint32_t number, Day day, std::string text, WorkCalendar const& calendar) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return A::no("没有这个人");
  auto const last = last_day(calendar);
  if (!last.ok()) return A::no(last.refusal);
  if (day < std::ranges::min(postings_, {}, &Posting::posted).posted) return A::no("异议日期早于公示日期");
  if (day > *last) return A::no("公示期已于 " + day_text(*last) + " 结束；此后的反映按信访举报办理");
  if (trimmed(text).empty()) return A::no("应写明异议内容");
  PasserRecord& person = *found;
  if (person.state != PasserState::kPosted && person.state != PasserState::kHeldBack)
    return A::no(person.passer.name + " 现在是「" + std::string(passer_word(person.state)) + "」，不能再记异议");
  person.objections.push_back({day, std::move(text), {}, false, {}});
  person.state = PasserState::kHeldBack;
  return A::yes(person.state);
}

Answered<PasserState> Publicity::settle(std::uint32_t number, Day day, bool upheld, std::string finding) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return A::no("没有这个人");
  PasserRecord& person = *found;
  auto const open = std::ranges::find_if(person.objections, [](auto const& o) { return !o.settled; });
  if (person.state != PasserState::kHeldBack || open == person.objections.end()) return A::no("没有待处理的异议");
  if (trimmed(finding).empty()) return A::no("应写明调查结论");
  if (day < open->received) return A::no("处理日期早于收到异议的日期");
  open->settled = day;
  open->upheld = upheld;
  open->finding = std::move(finding);
  if (upheld)
    person.state = PasserState::kRejected;
  else if (std::ranges::all_of(person.objections, [](auto const& o) { return o.settled.has_value(); }))
    person.state = PasserState::kPosted;
  return A::yes(person.state);
}

Answered<int> Publicity::close(Day today, WorkCalendar const& calendar) {
  auto const last = last_day(calendar);
  if (!last.ok()) return Answered<int>::no(last.refusal);
  if (today <= *last) return Answered<int>::no("公示期到 " + day_text(*last) + " 才满");
  int cleared = 0;
  for (PasserRecord& person : people_)
    if (person.state == PasserState::kPosted) {
      person.state = PasserState::kCleared;
      ++cleared;
    }
  if (!closed_) closed_ = today;
  return Answered<int>::yes(cleared);
}

Answered<PasserState> Publicity::step(std::uint32_t number, PasserState from, PasserState to, Day day,
                                      std::optional<Day> after) {
  PasserRecord* const found = find(number);
  if (found == nullptr) return A::no("没有这个人");
  PasserRecord& person = *found;
  if (person.state != from)
    return A::no(person.passer.name + " 现在是「" + std::string(passer_word(person.state)) + "」，应先「" +
                 std::string(passer_word(from)) + "」");
  if (after && day < *after) return A::no("日期早于上一步（" + day_text(*after) + "）");
  person.state = to;
  return A::yes(to);
}

Answered<PasserState> Publicity::file(std::uint32_t number, Day day, std::string document) {
  if (trimmed(document).empty()) return A::no("应写明核准备案的文号");
  auto out = step(number, PasserState::kCleared, PasserState::kFiled, day, closed_);
  if (!out.ok()) return out;
  find(number)->filed = day;
  find(number)->filing_number = std::move(document);
  return out;
}

Answered<PasserState> Publicity::announce(std::uint32_t number, Day day, std::string document) {
  if (trimmed(document).empty()) return A::no("应写明发文文号");
  auto const* const person = find(number);
  auto out =
      step(number, PasserState::kFiled, PasserState::kAnnounced, day, person != nullptr ? person->filed : std::nullopt);
  if (!out.ok()) return out;
  find(number)->announced = day;
  find(number)->announcement_number = std::move(document);
  return out;
}

Answered<PasserState> Publicity::hand_off(std::uint32_t number, Day day) {
  auto const* const person = find(number);
  auto out = step(number, PasserState::kAnnounced, PasserState::kHandedOff, day,
                  person != nullptr ? person->announced : std::nullopt);
  if (out.ok()) find(number)->handed_off = day;
  return out;
}

}  // namespace piaojue::office
