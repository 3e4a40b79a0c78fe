// SPDX-License-Identifier: Apache-2.0
#include "office/casework/entries.h"

#include <charconv>
#include <sstream>

#include "strings/desk.h"

namespace piaojue::office::entry {

namespace words = strings::desk;

namespace {

using Texts = std::map<std::string, std::string>;

constexpr std::string_view kCorrectedCode = "corrected", kLapsedCode = "lapsed", kUpheldCode = "upheld",
                           kDismissedCode = "dismissed";

std::string_view text(Action const& action, std::string const& key) {
  auto const at = action.texts.find(key);
  return at == action.texts.end() ? std::string_view() : std::string_view(at->second);
}
std::string copied(Action const& action, std::string const& key) { return std::string(text(action, key)); }

Explanation unreadable(std::string const& key) { return {Sentence(words::kEntryText, {{"field", key}})}; }

std::optional<std::uint32_t> number_of(std::string_view digits) {
  std::uint32_t out = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(out) : std::nullopt;
}

std::optional<Verdict> verdict_of(std::string_view code) {
  for (auto const verdict : {Verdict::kEligible, Verdict::kNotEligible, Verdict::kReview})
    if (verdict_code(verdict) == code) return verdict;
  return std::nullopt;
}

struct Encode {
  Texts operator()(Enlist const&) const { return {}; }
  Texts operator()(Import const& of) const {
    Texts out;
    if (of.filed.known()) out["filed"] = of.filed.text();
    if (!of.extension.empty()) out["extension"] = of.extension;
    return out;
  }
  Texts operator()(Decide const& of) const {
    return {{"verdict", std::string(verdict_code(of.verdict))},
            {"reason", of.reason},
            {"basis", of.basis},
            {"machine", std::string(verdict_code(of.machine))}};
  }
  Texts operator()(Notice const& of) const {
    std::string items;
    for (auto const& item : of.items)
      items += (items.empty() ? "" : "\n") + item.what + (item.article.empty() ? "" : "|" + item.article);
    return {{"items", items}, {"days", std::to_string(of.working_days)}};
  }
  Texts operator()(Answer const& of) const {
    return {{"outcome", std::string(of.outcome == Outcome::kCorrected ? kCorrectedCode : kLapsedCode)}};
  }
  Texts operator()(Roster const& of) const {
    std::string order;
    for (auto const number : of.order) order += (order.empty() ? "" : " ") + std::to_string(number);
    return {{"order", order}};
  }
  Texts operator()(Record const& of) const { return {{"head", to_hex(of.head.view())}}; }
  Texts operator()(Papers const&) const { return {}; }
  Texts operator()(Publish const& of) const { return {{"place", of.place}}; }
  Texts operator()(Object const& of) const { return {{"text", of.text}}; }
  Texts operator()(Resolve const& of) const {
    return {{"outcome", std::string(of.upheld ? kUpheldCode : kDismissedCode)}, {"text", of.finding}};
  }
  Texts operator()(File const& of) const { return {{"number", of.document}}; }
  Texts operator()(Announce const& of) const { return {{"number", of.document}}; }
  Texts operator()(Certificates const&) const { return {}; }
};

Explained<Body> decode_decide(Action const& action) {
  auto const verdict = verdict_of(text(action, "verdict"));
  if (!verdict || *verdict == Verdict::kReview) return unreadable("verdict");
  auto const machine = verdict_of(text(action, "machine"));
  return Body(Decide{*verdict, copied(action, "reason"), copied(action, "basis"), machine.value_or(Verdict::kReview)});
}

Explained<Body> decode_notice(Action const& action) {
  auto const days = number_of(text(action, "days"));
  if (!days || *days > 1000) return unreadable("days");
  return Body(Notice{decode_items(text(action, "items")), static_cast<int>(*days)});
}

Explained<Body> decode_answer(Action const& action) {
  auto const outcome = text(action, "outcome");
  if (outcome == kCorrectedCode) return Body(Answer{Outcome::kCorrected});
  if (outcome == kLapsedCode) return Body(Answer{Outcome::kLapsed});
  return unreadable("outcome");
}

Explained<Body> decode_roster(Action const& action) {
  Roster out;
  std::istringstream in(copied(action, "order"));
  for (std::string word; in >> word;) {
    auto const number = number_of(word);
    if (!number) return unreadable("order");
    out.order.push_back(*number);
  }
  return Body(std::move(out));
}

Explained<Body> decode_record(Action const& action) {
  auto const bytes = from_hex(text(action, "head"));
  auto const head = bytes ? Hash::from(*bytes) : std::nullopt;
  if (!head) return unreadable("head");
  return Body(Record{*head});
}

Explained<Body> decode_resolve(Action const& action) {
  auto const outcome = text(action, "outcome");
  if (outcome != kUpheldCode && outcome != kDismissedCode) return unreadable("outcome");
  return Body(Resolve{outcome == kUpheldCode, copied(action, "text")});
}

}  // namespace

Deed deed_of(Body const& body) { return static_cast<Deed>(body.index() + 1); }
static_assert(
    std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(Deed::kEnlist) - 1, Body>, Enlist> &&
    std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(Deed::kCertificates) - 1, Body>, Certificates>);

Texts encode_texts(Body const& body) { return std::visit(Encode{}, body); }

Explained<Body> decode_texts(Action const& action) {
  switch (action.deed) {
    case Deed::kEnlist:
      return Body(Enlist{});
    case Deed::kImport:
      return Body(
          Import{sheets::parse_date(text(action, "filed")).value_or(sheets::Date{}), copied(action, "extension")});
    case Deed::kDecide:
      return decode_decide(action);
    case Deed::kNotice:
      return decode_notice(action);
    case Deed::kAnswer:
      return decode_answer(action);
    case Deed::kRoster:
      return decode_roster(action);
    case Deed::kRecord:
      return decode_record(action);
    case Deed::kPapers:
      return Body(Papers{});
    case Deed::kPublish:
      return Body(Publish{copied(action, "place")});
    case Deed::kObject:
      return Body(Object{copied(action, "text")});
    case Deed::kResolve:
      return decode_resolve(action);
    case Deed::kFile:
      return Body(File{copied(action, "number")});
    case Deed::kAnnounce:
      return Body(Announce{copied(action, "number")});
    case Deed::kCertificates:
      return Body(Certificates{});
  }
  return unreadable("deed");
}

Texts shown_texts(Action const& action) {
  Texts out = action.texts;
  if (action.deed == Deed::kEnlist) out.erase("key");
  if (action.deed == Deed::kRoster) out.erase("order");
  return out;
}

std::vector<CorrectionItem> decode_items(std::string_view lines) {
  std::vector<CorrectionItem> out;
  std::istringstream in{std::string(lines)};
  for (std::string line; std::getline(in, line);) {
    auto const bar = line.find('|');
    out.push_back({line.substr(0, bar), bar == std::string::npos ? "" : line.substr(bar + 1)});
  }
  return out;
}

}  // namespace piaojue::office::entry
