// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page_views.h"

#include "sheets/vocabulary.h"

namespace piaojue::desk {

namespace json = boost::json;

json::array json_list(std::vector<std::string> const& texts) {
  json::array out;
  for (std::string const& text : texts) out.emplace_back(text);
  return out;
}

json::array json_list(std::vector<Sentence> const& sentences, Lang lang) {
  json::array out;
  for (Sentence const& one : sentences) out.emplace_back(one.in(lang));
  return out;
}

json::array people_view(office::Ledger const& ledger) {
  json::array out;
  std::uint32_t number = 0;
  for (auto const& one : ledger.people())
    out.push_back({{"person", ++number}, {"name", one.name}, {"fingerprint", office::key_fingerprint(one.key)}});
  return out;
}

namespace {

json::array objections_view(office::PasserRecord const& person) {
  json::array out;
  for (auto const& objection : person.objections) {
    out.push_back({{"date", sheets::day_text(objection.received)},
                   {"text", objection.text},
                   {"open", !objection.settled.has_value()},
                   {"upheld", objection.upheld},
                   {"finding", objection.finding}});
  }
  return out;
}

json::object publicity_view(Casework const& casework, Day today) {
  auto const now = casework.publicity_on(today);
  if (!now) return {{"people", json::array()}, {"postings", json::array()}};
  json::object out;
  if (auto const end = casework.last_day()) out["last_day"] = sheets::day_text(*end);
  json::array postings;
  for (auto const& one : now->postings())
    postings.push_back({{"place", one.place}, {"date", sheets::day_text(one.posted)}});
  out["postings"] = std::move(postings);
  json::array people;
  for (auto const& one : now->people()) {
    people.push_back({{"candidate", one.passer.number},
                      {"name", one.passer.name},
                      {"state", passer_code(one.state)},
                      {"objections", objections_view(one)}});
  }
  out["people"] = std::move(people);
  return out;
}

json::object verdict_line(Casework const& casework, std::uint32_t number, Lang lang) {
  auto const& person = casework.review()->people().at(number - 1);
  auto const& assessed = casework.review()->assessed().at(number - 1);
  json::object out{{"candidate", number},
                   {"name", person.name},
                   {"employer", person.employer},
                   {"level", sheets::level_word(person.facts.level).in(lang)},
                   {"exceptional", person.facts.channel == meeting::Channel::kExceptional},
                   {"machine", verdict_code(assessed.machine.verdict)},
                   {"standing", verdict_code(assessed.standing())},
                   {"decided", assessed.human.has_value()},
                   {"reason", assessed.machine.reason.in(lang)},
                   {"correction", correction_code(casework.correction(number).state())},
                   {"amended", casework.amendments(number).size()},
                   {"withdrawn", casework.withdrawal(number).has_value()}};
  out["articles"] = json_list(assessed.machine.articles);
  return out;
}

std::string_view finding_code(office::Finding finding) {
  return finding == office::Finding::kMet ? "met" : finding == office::Finding::kNotMet ? "not-met" : "unclear";
}

json::array tried_view(office::Assessment const& machine, Lang lang) {
  json::array out;
  for (auto const& one : machine.tried) {
    out.push_back({{"route", one.name.in(lang)},
                   {"articles", json_list(one.articles)},
                   {"finding", finding_code(one.finding)},
                   {"arithmetic", json_list(one.arithmetic, lang)}});
  }
  return out;
}

json::object notice_view(office::Correction const& correction, Day today) {
  auto const& notice = *correction.notice();
  json::array items;
  for (auto const& item : notice.items) items.push_back({{"what", item.what}, {"article", item.article}});
  return {{"issued", sheets::day_text(notice.issued)},
          {"deadline", sheets::day_text(notice.deadline)},
          {"overdue", correction.overdue(today)},
          {"items", std::move(items)}};
}

json::object decision_view(office::Decision const& decision) {
  return {{"verdict", verdict_code(decision.verdict)},
          {"reason", decision.reason},
          {"basis", decision.basis},
          {"by", decision.decided_by},
          {"date", sheets::day_text(decision.decided)}};
}

/// What was amended, what fell by it, and whether the applicant has withdrawn.
void add_changes(json::object& out, Casework const& casework, std::uint32_t number, Lang lang) {
  json::array amendments;
  for (auto const& amendment : casework.amendments(number))
    for (auto const& change : amendment.said.changes)
      amendments.push_back({{"field", change.field},
                            {"before", change.before},
                            {"after", change.after},
                            {"reason", amendment.said.reason},
                            {"by", amendment.by},
                            {"date", sheets::day_text(amendment.date)}});
  out["amendments"] = std::move(amendments);
  if (auto const* const before = casework.review()->as_imported(number))
    out["as_imported"] = {{"verdict", verdict_code(before->verdict)}, {"reason", before->reason.in(lang)}};
  if (auto const fallen = casework.fallen_decision(number)) out["fallen"] = decision_view(*fallen);
  if (auto const gone = casework.withdrawal(number))
    out["withdrawal"] = {{"reason", gone->reason}, {"by", gone->by}, {"date", sheets::day_text(gone->date)}};
}

}  // namespace

Explained<json::object> progress_view(Desk const& desk, fs::path const& roster_folder) {
  auto const bare = desk.casework(Follow::kLedger);
  if (!bare) return bare.error();
  json::object out;
  if (auto const& import = bare->import())
    out["imported"] = {{"date", sheets::day_text(import->date)}, {"candidates", import->people.size()}};
  if (auto const* const roster = bare->roster())
    out["roster"] = {{"date", sheets::day_text(roster->date)},
                     {"candidates", roster->people.size()},
                     {"folder", roster_folder.string()},
                     {"behind", bare->roster_behind().has_value()}};
  if (!bare->record()) return out;
  // Without a passer there is no deadline to reckon, and no table is asked for.
  auto const casework = bare->record()->passed.empty() ? bare : desk.casework(Follow::kDays);
  if (!casework) return casework.error();
  out["publicity"] = publicity_view(*casework, desk.today());
  // While it can still be planned otherwise.
  auto const planned = deadline_of(desk, {desk.today(), office::kPublicityWorkingDaysMin});
  if (planned)
    out["planned_end"] = sheets::day_text(*planned);
  else
    out["planned_fault"] = planned.error().in(desk.setting().lang);
  return out;
}

json::array verdicts_view(Casework const& casework, Lang lang) {
  json::array rows;
  auto const& people = casework.review()->people();
  for (std::uint32_t i = 1; i <= people.size(); ++i) rows.push_back(verdict_line(casework, i, lang));
  return rows;
}

Explained<json::object> verdict_view(Casework const& casework, std::uint32_t number, Day today, Lang lang) {
  auto const who = casework.subject(number);
  if (!who) return who.error();
  auto const& assessed = casework.review()->assessed().at(number - 1);
  auto const& correction = casework.correction(number);
  auto const& machine = assessed.machine;
  auto out = verdict_line(casework, number, lang);
  out["arithmetic"] = json_list(machine.arithmetic, lang);
  out["missing"] = json_list(machine.missing, lang);
  out["notes"] = json_list(machine.notes, lang);
  out["interview"] = machine.interview;
  out["standard"] = machine.standard;
  out["tried"] = tried_view(machine, lang);
  if (assessed.human) out["human"] = decision_view(*assessed.human);
  add_changes(out, casework, number, lang);
  if (correction.notice()) out["notice"] = notice_view(correction, today);
  return out;
}

json::array recusals_view(std::vector<SuggestedRecusal> const& all, Lang lang) {
  json::array rows;
  for (auto const& one : all)
    rows.push_back({{"person", one.person},
                    {"candidate", one.applicant},
                    {"expert", one.expert},
                    {"name", one.candidate},
                    {"employer", one.candidate_employer},
                    {"reason", one.reason->in(lang)}});
  return rows;
}

json::array trail_view(office::Ledger const& ledger, std::optional<std::uint32_t> number, std::string_view name) {
  json::array rows;
  for (auto const index : ledger.trail(number, name)) {
    auto const& said = ledger.entries()[index];
    json::object texts;
    for (auto const& [key, text] : entry::shown_texts(said.action)) texts[key] = text;
    rows.push_back({{"entry", index},
                    {"deed", deed_code(said.action.deed)},
                    {"date", sheets::day_text(said.action.date)},
                    {"by", ledger.people()[said.by() - 1].name},
                    {"texts", std::move(texts)}});
  }
  return rows;
}

}  // namespace piaojue::desk
