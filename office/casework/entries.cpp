// SPDX-License-Identifier: Apache-2.0
#include "office/casework/entries.h"

#include <algorithm>
#include <array>
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

constexpr std::array kVerdicts{Verdict::kEligible, Verdict::kNotEligible, Verdict::kReview};

std::optional<Verdict> verdict_of(std::string_view code) {
  for (auto const verdict : kVerdicts)
    if (verdict_code(verdict) == code) return verdict;
  return std::nullopt;
}

/// One word where all are the same, and else the first letter of each: 5,000 words would not fit into a text.
std::string encode_verdicts(std::vector<Verdict> const& verdicts) {
  if (verdicts.empty()) return std::string(verdict_code(Verdict::kReview));
  if (std::ranges::count(verdicts, verdicts.front()) == std::ssize(verdicts))
    return std::string(verdict_code(verdicts.front()));
  std::string out;
  for (auto const verdict : verdicts) out += verdict_code(verdict).front();
  return out;
}

std::optional<std::vector<Verdict>> decode_verdicts(std::string_view written) {
  if (auto const one = verdict_of(written)) return std::vector{*one};
  std::vector<Verdict> out;
  for (char const letter : written) {
    auto const at = std::ranges::find(kVerdicts, letter, [](Verdict v) { return verdict_code(v).front(); });
    if (at == kVerdicts.end()) return std::nullopt;
    out.push_back(*at);
  }
  return out;
}

/// "7 1-5": three and more that follow each other as first and last, so that 5,000 fit into a text.
std::string encode_numbers(std::vector<std::uint32_t> const& numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (end - i < 3) end = i + 1;
    out += (out.empty() ? "" : " ") + std::to_string(numbers[i]);
    if (end - i > 1) out += "-" + std::to_string(numbers[end - 1]);
    i = end;
  }
  return out;
}

std::optional<std::vector<std::uint32_t>> decode_numbers(std::string_view written) {
  std::vector<std::uint32_t> out;
  std::istringstream in{std::string(written)};
  for (std::string word; in >> word;) {
    auto const dash = word.find('-');
    auto const first = number_of(std::string_view(word).substr(0, dash));
    auto const last = dash == std::string::npos ? first : number_of(std::string_view(word).substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= kSubjectsMax || out.size() > kSubjectsMax)
      return std::nullopt;
    for (auto number = *first; number <= *last; ++number) out.push_back(number);
  }
  return out;
}

/// Keys of a ledger's texts hold letters only.
std::string change_key(char const* what, std::size_t change) {
  return std::string(what) + "_" + static_cast<char>('a' + change);
}

struct Encode {
  Texts operator()(Enlist const&) const { return {}; }
  Texts operator()(Import const& of) const {
    Texts out;
    if (of.filed.known()) out["filed"] = of.filed.text();
    if (!of.extension.empty()) out["extension"] = of.extension;
    if (!of.part.empty()) out["part"] = encode_numbers(of.part);
    return out;
  }
  Texts operator()(Decide const& of) const {
    return {{"verdict", std::string(verdict_code(of.verdict))},
            {"reason", of.reason},
            {"basis", of.basis},
            {"machine", encode_verdicts(of.machine)}};
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
    Texts out{{"order", encode_numbers(of.order)}};
    std::string struck;
    for (auto const& [person, applicant] : of.struck)
      struck += (struck.empty() ? "" : " ") + std::to_string(person) + ":" + std::to_string(applicant);
    if (!struck.empty()) out["struck"] = struck;
    if (!of.struck_reason.empty()) out["struck_reason"] = of.struck_reason;
    return out;
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
  Texts operator()(Amend const& of) const {
    Texts out{{"reason", of.reason}};
    for (std::size_t i = 0; i < of.changes.size() && i < kAmendChangesMax; ++i) {
      out[change_key("field", i)] = of.changes[i].field;
      out[change_key("old", i)] = of.changes[i].before;
      out[change_key("new", i)] = of.changes[i].after;
    }
    return out;
  }
  Texts operator()(Withdraw const& of) const { return {{"reason", of.reason}}; }
};

Explained<Body> decode_import(Action const& action) {
  auto part = decode_numbers(text(action, "part"));
  if (!part || (!part->empty() && part->size() != action.subjects.size())) return unreadable("part");
  return Body(Import{sheets::parse_date(text(action, "filed")).value_or(sheets::Date{}), copied(action, "extension"),
                     std::move(*part)});
}

Explained<Body> decode_decide(Action const& action) {
  auto const verdict = verdict_of(text(action, "verdict"));
  if (!verdict || *verdict == Verdict::kReview) return unreadable("verdict");
  auto machine = decode_verdicts(text(action, "machine"));
  if (!machine || (machine->size() > 1 && machine->size() != action.subjects.size())) return unreadable("machine");
  return Body(Decide{*verdict, copied(action, "reason"), copied(action, "basis"), std::move(*machine)});
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
  auto order = decode_numbers(text(action, "order"));
  if (!order) return unreadable("order");
  out.order = std::move(*order);
  std::istringstream in(copied(action, "struck"));
  for (std::string word; in >> word;) {
    auto const colon = word.find(':');
    if (colon == std::string::npos) return unreadable("struck");
    auto const person = number_of(std::string_view(word).substr(0, colon));
    auto const applicant = number_of(std::string_view(word).substr(colon + 1));
    if (!person || !applicant) return unreadable("struck");
    out.struck.push_back({*person, *applicant});
  }
  out.struck_reason = copied(action, "struck_reason");
  return Body(std::move(out));
}

Explained<Body> decode_amend(Action const& action) {
  Amend out{{}, copied(action, "reason")};
  for (std::size_t i = 0; i < kAmendChangesMax && action.texts.contains(change_key("field", i)); ++i)
    out.changes.push_back({copied(action, change_key("field", i)), copied(action, change_key("old", i)),
                           copied(action, change_key("new", i))});
  if (out.changes.empty() || out.changes.front().field.empty()) return unreadable("field_a");
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
    std::is_same_v<std::variant_alternative_t<static_cast<std::size_t>(Deed::kWithdraw) - 1, Body>, Withdraw>);

Texts encode_texts(Body const& body) { return std::visit(Encode{}, body); }

Explained<Body> decode_texts(Action const& action) {
  switch (action.deed) {
    case Deed::kEnlist:
      return Body(Enlist{});
    case Deed::kImport:
      return decode_import(action);
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
    case Deed::kAmend:
      return decode_amend(action);
    case Deed::kWithdraw:
      return Body(Withdraw{copied(action, "reason")});
  }
  return unreadable("deed");
}

Texts shown_texts(Action const& action) {
  Texts out = action.texts;
  if (action.deed == Deed::kEnlist) out.erase("key");
  if (action.deed == Deed::kRoster) out.erase("order");
  if (action.deed == Deed::kImport) out.erase("part");
  // Of many: a letter each, by subject.
  if (action.deed == Deed::kDecide && !verdict_of(text(action, "machine"))) out.erase("machine");
  if (action.deed == Deed::kAmend) {
    std::string lines;
    for (std::size_t i = 0; out.contains(change_key("field", i)); ++i) {
      auto const [before, after] = std::pair(out[change_key("old", i)], out[change_key("new", i)]);
      lines += (lines.empty() ? "" : "\n") + out[change_key("field", i)] + "：" + (before.empty() ? "—" : before) +
               " → " + (after.empty() ? "—" : after);
      for (char const* const what : {"field", "old", "new"}) out.erase(change_key(what, i));
    }
    out["changes"] = lines;
  }
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
