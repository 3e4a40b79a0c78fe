// SPDX-License-Identifier: Apache-2.0
#include "client/session/command.h"

#include <charconv>

#include "base/utf8.h"

namespace piaojue::client::command {
namespace {

using crypto::elgamal::Choice;

constexpr std::size_t kWordMax = 64;
constexpr std::size_t kTagMax = 16;

constexpr std::string_view kUsage =
    "draft\n"
    "sheet\n"
    "tick <person> <device code>\n"
    "untick <person>\n"
    "proposals\n"
    "approve all|<hex prefix of id> [<heads>]\n"
    "sign-in\n"
    "sign-out [not-voted yes|no | <person> <reason…>]\n"
    "recuse <question> <reason…>\n"
    "recuse-person <person> <question> <reason…>\n"
    "recuse-back <question> <reason…>\n"
    "change-trustee <trustee> <person> <reason…>\n"
    "interview <question> [sha256:<64 hex digits>] <text…>\n"
    "open <batch> [paper]\n"
    "vote <question> agree|disagree|abstain|同意|不同意|弃权\n"
    "cast\n"
    "check <supervisor>\n"
    "check-accept <person>\n"
    "check-refuse <person>\n"
    "verdict <person> agrees|differs|unopened\n"
    "spoil <person>\n"
    "close\n"
    "not-voted yes|no\n"
    "override <person,person…> <reason…>\n"
    "stop\n"
    "declare\n"
    "void [<question,question…>|all] <reason…>\n"
    "paper <question> <issued> <returned> <valid> <invalid> <agree> <disagree> <abstain>\n"
    "paper-submit\n"
    "close-meeting\n"
    "countdown <seconds>|off\n"
    "export <file>\n"
    "attachment <question> <index>\n"
    "marks\n"
    "unmark\n"
    "meeting\n"
    "now\n"
    "follow on|off\n"
    "status\n"
    "help\n"
    "quit\n";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts the first word off.
std::string_view take_word(std::string_view& rest) {
  rest = trim(rest);
  std::size_t end = 0;
  while (end < rest.size() && !is_space(rest[end])) ++end;
  auto const word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

std::optional<std::uint32_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  std::uint32_t value = 0;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// "3,1,2" → {1, 2, 3}. @return nothing for an empty list, a 0, or one number twice.
std::optional<std::vector<std::uint32_t>> list(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (;;) {
    auto const comma = text.find(',');
    auto const value = number(text.substr(0, comma));
    if (!value || *value == 0 || out.size() >= meeting::kCandidatesMax) return std::nullopt;
    out.push_back(*value);
    if (comma == std::string_view::npos) break;
    text = text.substr(comma + 1);
  }
  std::ranges::sort(out);
  if (std::ranges::adjacent_find(out) != out.end()) return std::nullopt;
  return out;
}

bool looks_like_list(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == ','; });
}

/// A person's number; the rest of the line is left.
std::optional<PersonId> person(std::string_view& rest) {
  auto const value = number(take_word(rest));
  return value && *value != 0 ? value : std::nullopt;
}

std::optional<bool> yes_or_no(std::string_view word) {
  if (word == "yes") return true;
  if (word == "no") return false;
  return std::nullopt;
}

std::optional<Choice> choice(std::string_view word) {
  if (word == "agree" || word == "同意") return Choice::kAgree;
  if (word == "disagree" || word == "不同意" || word == "反对") return Choice::kDisagree;
  if (word == "abstain" || word == "弃权") return Choice::kAbstain;
  return std::nullopt;
}

bool text_fits(std::string_view text) { return !text.empty() && text.size() <= meeting::kTextBytesMax; }

// ---- One function a command with arguments; `rest` is what follows its word -----------------------------------------

Result<Command> approve(std::string_view rest) {
  auto const which = take_word(rest);
  if (which == "all" && rest.empty()) return Approve{};
  std::optional<std::uint32_t> heads;
  if (!rest.empty()) {
    heads = number(take_word(rest));
    if (!heads) return Refusal::kMalformed;
  }
  if (which.empty() || which == "all" || !rest.empty()) return Refusal::kMalformed;
  std::string prefix(which);
  for (char& c : prefix) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return Refusal::kMalformed;
  }
  if (prefix.size() > 2 * Hash::kSize) return Refusal::kMalformed;
  return Approve{std::move(prefix), heads};
}

Result<Command> sign_out(std::string_view rest) {
  if (rest.empty()) return SignOut{};
  auto const first = take_word(rest);
  if (first == "not-voted") {
    auto const answer = yes_or_no(rest);
    if (!answer) return Refusal::kMalformed;
    return SignOut{0, {}, answer};
  }
  auto const who = number(first);
  if (!who || *who == 0 || !text_fits(rest)) return Refusal::kMalformed;
  return SignOut{*who, std::string(rest), std::nullopt};
}

Result<Command> tick(std::string_view rest) {
  auto const who = person(rest);
  auto const code = take_word(rest);
  if (!who || code.empty() || !rest.empty()) return Refusal::kMalformed;
  return Tick{*who, std::string(code)};
}

Result<Command> untick(std::string_view rest) {
  auto const who = person(rest);
  if (!who || !rest.empty()) return Refusal::kMalformed;
  return Tick{*who, {}};
}

Result<Command> change_trustee(std::string_view rest) {
  auto const trustee = number(take_word(rest));
  auto const who = person(rest);
  if (!trustee || !who || !text_fits(rest)) return Refusal::kMalformed;
  return ChangeTrustee{*trustee, *who, std::string(rest)};
}

Result<Command> verdict(std::string_view rest) {
  using meeting::CheckVerdict;
  auto const who = person(rest);
  if (!who) return Refusal::kMalformed;
  if (rest == "agrees") return Verdict{*who, CheckVerdict::kAgrees};
  if (rest == "differs") return Verdict{*who, CheckVerdict::kDiffers};
  if (rest == "unopened") return Verdict{*who, CheckVerdict::kUnopened};
  return Refusal::kMalformed;
}

Result<Command> not_voted(std::string_view rest) {
  auto const answer = yes_or_no(rest);
  if (!answer) return Refusal::kMalformed;
  return NotVoted{*answer};
}

/// A command about one person and nothing else.
template <class T>
Result<Command> about(std::string_view rest) {
  auto const who = person(rest);
  if (!who || !rest.empty()) return Refusal::kMalformed;
  return Command(T{*who});
}

Result<Command> recuse(std::string_view rest, bool by_office) {
  Recuse out;
  if (by_office) {
    auto const who = person(rest);
    if (!who) return Refusal::kMalformed;
    out.person = *who;
  }
  auto const question = number(take_word(rest));
  if (!question || *question == 0 || !text_fits(rest)) return Refusal::kMalformed;
  out.question = *question;
  out.reason = rest;
  return out;
}

Result<Command> recuse_back(std::string_view rest) {
  RecuseBack out;
  auto const question = number(take_word(rest));
  if (!question || *question == 0 || !text_fits(rest)) return Refusal::kMalformed;
  out.question = *question;
  out.reason = rest;
  return out;
}

Result<Command> interview(std::string_view rest) {
  constexpr std::string_view kDocument = "sha256:";
  Interview out;
  auto const question = number(take_word(rest));
  if (!question || *question == 0) return Refusal::kMalformed;
  out.question = *question;
  if (rest.starts_with(kDocument)) {
    auto const bytes = from_hex(take_word(rest).substr(kDocument.size()));
    if (!bytes) return Refusal::kMalformed;
    out.document = Hash::from(*bytes);
    if (!out.document) return Refusal::kMalformed;
  }
  if (!text_fits(rest)) return Refusal::kMalformed;
  out.text = rest;
  return out;
}

Result<Command> open(std::string_view rest) {
  Open out;
  auto const batch = number(take_word(rest));
  if (!batch || *batch == 0) return Refusal::kMalformed;
  out.batch = *batch;
  out.paper = rest == "paper";
  if (!rest.empty() && !out.paper) return Refusal::kMalformed;
  return out;
}

Result<Command> vote(std::string_view rest) {
  auto const question = number(take_word(rest));
  auto const chosen = choice(take_word(rest));
  if (!question || *question == 0 || !chosen || !rest.empty()) return Refusal::kMalformed;
  return Vote{*question, *chosen};
}

Result<Command> override_(std::string_view rest) {
  auto people = list(take_word(rest));
  if (!people || !text_fits(rest)) return Refusal::kMalformed;
  return Override{std::move(*people), std::string(rest)};
}

Result<Command> void_(std::string_view rest) {
  Void out;
  std::string_view after = rest;
  auto const first = take_word(after);
  if (first == "all") {
    rest = after;
  } else if (looks_like_list(first)) {
    auto questions = list(first);
    if (!questions) return Refusal::kMalformed;
    out.questions = std::move(*questions);
    rest = after;
  }
  if (!text_fits(rest)) return Refusal::kMalformed;
  out.reason = rest;
  return out;
}

Result<Command> paper(std::string_view rest) {
  std::array<std::uint32_t, 8> values{};
  for (auto& value : values) {
    auto const parsed = number(take_word(rest));
    if (!parsed) return Refusal::kMalformed;
    value = *parsed;
  }
  if (values[0] == 0 || !rest.empty()) return Refusal::kMalformed;
  return Paper{values[0], {values[1], values[2], values[3], values[4], values[5], values[6], values[7]}};
}

Result<Command> countdown(std::string_view rest) {
  if (rest == "off") return Countdown{};
  auto const seconds = number(rest);
  if (!seconds || *seconds == 0) return Refusal::kMalformed;
  return Countdown{*seconds};
}

Result<Command> follow(std::string_view rest) {
  if (rest != "on" && rest != "off") return Refusal::kMalformed;
  return Follow{rest == "on"};
}

Result<Command> attachment(std::string_view rest) {
  auto const question = number(take_word(rest));
  auto const index = number(take_word(rest));
  if (!question || *question == 0 || !index || !rest.empty()) return Refusal::kMalformed;
  return Attachment{*question, *index};
}

template <class T>
Result<Command> bare(std::string_view rest) {
  if (!rest.empty()) return Refusal::kMalformed;
  return Command(T{});
}

Result<Command> export_(std::string_view rest) {
  if (rest.empty()) return Refusal::kMalformed;
  return Export{std::string(rest)};
}

struct Parser {
  std::string_view word;
  Result<Command> (*parse)(std::string_view rest);
};

constexpr Parser kParsers[] = {
    {"draft", bare<Draft>},
    {"sheet", bare<Sheet>},
    {"tick", tick},
    {"untick", untick},
    {"proposals", bare<Proposals>},
    {"approve", approve},
    {"sign-in", bare<SignIn>},
    {"sign-out", sign_out},
    {"recuse", [](std::string_view rest) { return recuse(rest, false); }},
    {"recuse-person", [](std::string_view rest) { return recuse(rest, true); }},
    {"recuse-back", recuse_back},
    {"change-trustee", change_trustee},
    {"interview", interview},
    {"open", open},
    {"vote", vote},
    {"cast", bare<Cast>},
    {"check", about<Check>},
    {"check-accept", about<CheckAccept>},
    {"check-refuse", about<CheckRefuse>},
    {"verdict", verdict},
    {"spoil", about<Spoil>},
    {"close", bare<Close>},
    {"not-voted", not_voted},
    {"override", override_},
    {"stop", bare<Stop>},
    {"declare", bare<Declare>},
    {"void", void_},
    {"paper", paper},
    {"paper-submit", bare<PaperSubmit>},
    {"close-meeting", bare<CloseMeeting>},
    {"countdown", countdown},
    {"export", export_},
    {"attachment", attachment},
    {"marks", bare<Marks>},
    {"unmark", bare<Unmark>},
    {"meeting", bare<Meeting>},
    {"now", bare<Now>},
    {"follow", follow},
    {"status", bare<Status>},
    {"help", bare<Help>},
    {"quit", bare<Quit>},
};

}  // namespace

Result<Tagged> split_tag(std::string_view line) {
  std::string_view rest = trim(line);
  if (!rest.starts_with('@')) return Tagged{{}, line};
  auto const tag = take_word(rest).substr(1);
  bool const plain = std::ranges::all_of(
      tag, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (tag.empty() || tag.size() > kTagMax || !plain) return Refusal::kMalformed;
  return Tagged{std::string(tag), rest};
}

bool is_blank(std::string_view line) {
  line = trim(line);
  return line.empty() || line.front() == '#';
}

std::string word_of(std::string_view line) {
  auto const word = take_word(line);
  if (word.empty() || word.size() > kWordMax || !is_utf8(word)) return "?";
  return std::string(word);
}

std::string_view usage() { return kUsage; }

std::string_view usage_of(std::string_view word) {
  std::string_view rest = kUsage;
  while (!rest.empty()) {
    auto const end = rest.find('\n');
    auto const line = rest.substr(0, end);
    rest = rest.substr(end + 1);
    if (line.substr(0, line.find(' ')) == word) return line;
  }
  return {};
}

Result<Command> parse(std::string_view line) {
  // Texts go into entries, which take UTF-8 only; and no event may carry anything else.
  if (!is_utf8(line)) return Refusal::kMalformed;
  std::string_view rest = line;
  auto const word = take_word(rest);
  // A page's frame could hold one; nobody shall smuggle a second line into a text.
  if (rest.find_first_of("\r\n") != std::string_view::npos) return Refusal::kMalformed;
  auto const known = std::ranges::find(kParsers, word, &Parser::word);
  if (known != std::end(kParsers)) return known->parse(rest);
  return Refusal::kUnknownType;
}

}  // namespace piaojue::client::command
