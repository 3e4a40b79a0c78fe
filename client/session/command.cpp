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
    "proposals\n"
    "approve all|<hex prefix of id>\n"
    "sign-in\n"
    "sign-out [<person> <reason…>]\n"
    "recuse <question> <reason…>\n"
    "recuse-person <person> <question> <reason…>\n"
    "interview <question> [sha256:<64 hex digits>] <text…>\n"
    "open <batch> [paper] [fewer-trustees]\n"
    "vote <question> agree|disagree|abstain|同意|不同意|弃权\n"
    "cast\n"
    "close\n"
    "override silent|missing <person,person…> <reason…>\n"
    "declare\n"
    "void [<question,question…>|all] <reason…>\n"
    "void-lost <reason…>\n"
    "paper <question> <issued> <returned> <valid> <invalid> <agree> <disagree> <abstain>\n"
    "paper-submit\n"
    "close-meeting\n"
    "export <file>\n"
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
  if (which.empty() || !rest.empty()) return Refusal::kMalformed;
  if (which == "all") return Approve{};
  std::string prefix(which);
  for (char& c : prefix) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return Refusal::kMalformed;
  }
  if (prefix.size() > 2 * Hash::kSize) return Refusal::kMalformed;
  return Approve{std::move(prefix)};
}

Result<Command> sign_out(std::string_view rest) {
  if (rest.empty()) return SignOut{};
  auto const person = number(take_word(rest));
  if (!person || *person == 0 || !text_fits(rest)) return Refusal::kMalformed;
  return SignOut{*person, std::string(rest)};
}

Result<Command> recuse(std::string_view rest, bool by_office) {
  Recuse out;
  if (by_office) {
    auto const person = number(take_word(rest));
    if (!person || *person == 0) return Refusal::kMalformed;
    out.person = *person;
  }
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
  while (!rest.empty()) {
    auto const word = take_word(rest);
    bool* const flag = word == "paper" ? &out.paper : word == "fewer-trustees" ? &out.fewer_trustees : nullptr;
    if (flag == nullptr || *flag) return Refusal::kMalformed;
    *flag = true;
  }
  return out;
}

Result<Command> vote(std::string_view rest) {
  auto const question = number(take_word(rest));
  auto const chosen = choice(take_word(rest));
  if (!question || *question == 0 || !chosen || !rest.empty()) return Refusal::kMalformed;
  return Vote{*question, *chosen};
}

Result<Command> override_(std::string_view rest) {
  auto const kind = take_word(rest);
  auto people = list(take_word(rest));
  if ((kind != "silent" && kind != "missing") || !people || !text_fits(rest)) return Refusal::kMalformed;
  Override out;
  (kind == "silent" ? out.silent : out.missing) = std::move(*people);
  out.reason = rest;
  return out;
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

Result<Command> follow(std::string_view rest) {
  if (rest != "on" && rest != "off") return Refusal::kMalformed;
  return Follow{rest == "on"};
}

template <class T>
Result<Command> bare(std::string_view rest) {
  if (!rest.empty()) return Refusal::kMalformed;
  return Command(T{});
}

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
  if (word == "draft") return bare<Draft>(rest);
  if (word == "proposals") return bare<Proposals>(rest);
  if (word == "approve") return approve(rest);
  if (word == "sign-in") return bare<SignIn>(rest);
  if (word == "sign-out") return sign_out(rest);
  if (word == "recuse") return recuse(rest, false);
  if (word == "recuse-person") return recuse(rest, true);
  if (word == "interview") return interview(rest);
  if (word == "open") return open(rest);
  if (word == "vote") return vote(rest);
  if (word == "cast") return bare<Cast>(rest);
  if (word == "close") return bare<Close>(rest);
  if (word == "override") return override_(rest);
  if (word == "declare") return bare<Declare>(rest);
  if (word == "void") return void_(rest);
  if (word == "void-lost") {
    if (!text_fits(rest)) return Refusal::kMalformed;
    return Void{{}, std::string(rest), true};
  }
  if (word == "paper") return paper(rest);
  if (word == "paper-submit") return bare<PaperSubmit>(rest);
  if (word == "close-meeting") return bare<CloseMeeting>(rest);
  if (word == "export") {
    if (rest.empty()) return Refusal::kMalformed;
    return Export{std::string(rest)};
  }
  if (word == "marks") return bare<Marks>(rest);
  if (word == "unmark") return bare<Unmark>(rest);
  if (word == "meeting") return bare<Meeting>(rest);
  if (word == "now") return bare<Now>(rest);
  if (word == "follow") return follow(rest);
  if (word == "status") return bare<Status>(rest);
  if (word == "help") return bare<Help>(rest);
  if (word == "quit") return bare<Quit>(rest);
  return Refusal::kUnknownType;
}

}  // namespace piaojue::client::command
