// SPDX-License-Identifier: Apache-2.0
#include "office/desk/prints.h"

#include <sodium.h>

#include <algorithm>

#include "base/sentence.h"
#include "office/papers/code_line.h"
#include "office/papers/frame.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;
using office::escaped;

namespace {

/// Paper of a meeting in Chinese is Chinese, whatever language the page speaks.
constexpr Lang kLang = Lang::kZh;

constexpr std::string_view kStyle =
    "@page{size:A4;margin:12mm}*{box-sizing:border-box}body{margin:0;font:11pt/1.5 'Noto Sans CJK SC','Source Han Sans "
    "SC','Microsoft "
    "YaHei',sans-serif;color:#000}h1{font-size:17pt;margin:0;text-wrap:balance}h2{font-size:13pt;margin:0}p{margin:0}"
    ".slip{border:1px solid #888;padding:5mm;display:grid;grid-template-columns:1fr auto;gap:2mm "
    "5mm;break-inside:avoid;"
    "align-content:start}.slip svg{width:30mm;height:30mm}.who{font-size:15pt;font-weight:700}.code{font:700 14pt/1.3 "
    "'Noto Sans Mono CJK SC','DejaVu Sans Mono',monospace;white-space:nowrap;grid-column:1/-1}.do{grid-column:1/-1;"
    "font-size:9.5pt}.practice{font-weight:700;border:1px solid #000;padding:0 2mm}"
    ".eight{display:grid;grid-template-columns:1fr 1fr;gap:0}.eight .slip{height:66mm;padding:4mm;gap:1mm 3mm;"
    "font-size:8.5pt;line-height:1.35;margin:0 0 0 -1px}.eight .slip svg{width:24mm;height:24mm}.eight "
    ".who{font-size:"
    "12pt}.eight .do{font-size:7.5pt}.eight h1{font-size:10pt}.eight .code{letter-spacing:-.02em}"
    ".each .slip{break-after:page;padding:12mm;gap:6mm 8mm;font-size:13pt}.each .slip:last-child{break-after:auto}"
    ".each .slip svg{width:52mm;height:52mm}.each .who{font-size:22pt}.each .code{font-size:21pt}.each "
    ".do{font-size:12pt}"
    "table{border-collapse:collapse;width:100%;margin-top:4mm}th,td{border:1px solid #000;padding:1.6mm 2mm;text-align:"
    "left;font-size:10pt}tr{break-inside:avoid}th{white-space:nowrap}thead{display:table-header-group}td.sign{width:"
    "36mm;height:11mm}.mono{"
    "font-"
    "family:'Noto Sans Mono CJK SC','DejaVu Sans Mono',monospace;white-space:nowrap}.foot{margin-top:8mm;display:flex;"
    "gap:12mm}.foot span{flex:1;border-bottom:1px solid #000;padding-bottom:8mm}";

std::string text_of(json::object const& from, std::string_view key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_string() ? std::string(at->as_string()) : std::string();
}
std::int64_t number_of(json::object const& from, std::string_view key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_int64() ? at->as_int64() : 0;
}

std::string said(Text const& text, Sentence::Values values = {}) {
  return escaped(Sentence(text, std::move(values)).in(kLang));
}

Text const* role_word(std::string_view code) {
  if (code == "expert") return &words::kRosterRoleExpert;
  if (code == "chair") return &words::kRosterRoleChair;
  if (code == "clerk") return &words::kRosterRoleClerk;
  if (code == "supervisor") return &words::kRosterRoleSupervisor;
  if (code == "screen") return &words::kRosterRoleScreen;
  return nullptr;
}

bool has_role(json::object const& person, std::string_view wanted) {
  auto const* const roles = person.if_contains("roles");
  if (roles == nullptr || !roles->is_array()) return false;
  return std::ranges::any_of(roles->as_array(),
                             [&](auto const& one) { return one.is_string() && one.as_string() == wanted; });
}

std::string roles_of(json::object const& person) {
  std::string out;
  auto const* const roles = person.if_contains("roles");
  if (roles == nullptr || !roles->is_array()) return out;
  for (auto const& one : roles->as_array()) {
    auto const* const word = one.is_string() ? role_word(std::string_view(one.as_string())) : nullptr;
    if (word != nullptr)
      out += (out.empty() ? "" : std::string(words::kListDivider.in(kLang))) + std::string(word->in(kLang));
  }
  return out;
}

json::object person_of(json::object const& status, std::int64_t number) {
  auto const* const people = status.if_contains("people");
  if (people != nullptr && people->is_array())
    for (auto const& one : people->as_array())
      if (one.is_object() && number_of(one.as_object(), "person") == number) return one.as_object();
  return {};
}

bool is_practice(json::object const& status) {
  auto const* const at = status.if_contains("rehearsal");
  return at != nullptr && at->is_bool() && at->as_bool();
}

std::string page(std::string const& title, std::string_view body) {
  return "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>" + title + "</title><style>" +
         std::string(kStyle) + "</style></head><body>" + std::string(body) + "</body></html>";
}

std::string head_of(json::object const& status, Text const& title) {
  return "<h1>" + escaped(text_of(status, "title")) + "</h1><h2>" + said(title) +
         (is_practice(status) ? "　<span class=\"practice\">" + said(words::kPrintRehearsal) + "</span>" : "") +
         "</h2><p>" + said(words::kPrintDate, {{"date", text_of(status, "date")}}) + "</p>";
}

std::string slip_html(json::object const& status, json::object const& slip) {
  auto const person = person_of(status, number_of(slip, "person"));
  auto const employer = text_of(person, "employer");
  return "<article class=\"slip\"><div>" + head_of(status, words::kPrintSlip) + "<p class=\"who\">" +
         said(words::kPrintPerson, {{"person", number_of(slip, "person")}, {"name", text_of(slip, "name")}}) +
         "</p><p>" + escaped(roles_of(person)) + (employer.empty() ? "" : "　" + escaped(employer)) + "</p><p>" +
         said(words::kPrintAddress, {{"address", text_of(slip, "address")}}) + "</p></div>" +
         office::qr_svg(text_of(slip, "line")) + "<p class=\"code\">" + escaped(text_of(slip, "code")) +
         "</p><p class=\"do\">" + said(words::kPrintUse) + "</p></article>";
}

}  // namespace

std::string slips_html(json::object const& status, json::array const& slips, SlipForm form) {
  std::string body = form == SlipForm::kSheetEach ? "<main class=\"each\">" : "<main class=\"eight\">";
  for (auto const& one : slips)
    if (one.is_object()) body += slip_html(status, one.as_object());
  return page(said(words::kPrintSlip), body + "</main>");
}

std::string sign_in_html(json::object const& status) {
  std::string body =
      head_of(status, words::kPrintSheet) + "<p>" + said(words::kPrintSheetLead) + "</p><table><thead><tr>";
  for (auto const* const heading : {&words::kPrintNumber, &words::kPrintName, &words::kPrintEmployer,
                                    &words::kPrintRoles, &words::kPrintDevice, &words::kPrintSignature})
    body += "<th>" + said(*heading) + "</th>";
  body += "</tr></thead><tbody>";
  auto const* const people = status.if_contains("people");
  if (people != nullptr && people->is_array())
    for (auto const& one : people->as_array()) {
      auto const& person = one.as_object();
      if (has_role(person, "screen")) continue;
      auto const code = text_of(person, "device_code");
      body += "<tr><td>" + std::to_string(number_of(person, "person")) + "</td><td>" +
              escaped(text_of(person, "name")) + "</td><td>" + escaped(text_of(person, "employer")) + "</td><td>" +
              escaped(roles_of(person)) + "</td><td class=\"mono\">" +
              (code.empty() ? said(words::kPrintNoDevice) : escaped(code)) + "</td><td class=\"sign\"></td></tr>";
    }
  body += "</tbody></table><p class=\"foot\"><span>" + said(words::kPrintSignClerk) + "</span><span>" +
          said(words::kPrintSignSupervisor) + "</span></p>";
  return page(said(words::kPrintSheet), body);
}

std::string Prints::put(std::string html) {
  std::lock_guard const lock(mutex_);
  sodium_memzero(html_.data(), html_.size());
  html_ = std::move(html);
  return "prints/" + std::to_string(++number_) + ".html";
}

std::optional<local::Asset> Prints::asset(std::string_view path) const {
  std::lock_guard const lock(mutex_);
  if (html_.empty() || path != std::to_string(number_) + ".html") return std::nullopt;
  return local::Asset{.type = "text/html; charset=utf-8",
                      .bytes = html_,
                      .policy =
                          "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
                          "frame-ancestors 'none'"};
}

}  // namespace piaojue::desk
