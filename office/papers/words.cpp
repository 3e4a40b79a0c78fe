// SPDX-License-Identifier: Apache-2.0
#include "office/papers/words.h"

#include <chrono>
#include <sstream>

#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

std::string said(Sentence const& sentence) { return sentence.in(kPaperLang); }

Text const& channel_text(meeting::Channel channel) {
  return channel == meeting::Channel::kExceptional ? words::kChannelExceptional : words::kChannelNormal;
}

namespace {

/// As the law writes it, where it has a word: 三.
std::string numeral(std::uint32_t number) {
  std::istringstream numerals{std::string(words::kRuleNumerals.in(kPaperLang))};
  std::string word;
  for (std::uint32_t n = 0; n < number; ++n)
    if (!(numerals >> word)) return std::to_string(number);
  return word;
}

/// 三分之二
Sentence fraction(std::uint32_t numerator, std::uint32_t denominator) {
  if (numerator == denominator) return words::kRuleWhole;
  return {words::kRuleFraction, {{"numerator", numeral(numerator)}, {"denominator", numeral(denominator)}}};
}

}  // namespace

Sentence rule_sentence(meeting::Rules const& rules) {
  Text const& recusals = rules.recusal_mode == meeting::RecusalMode::kInclude   ? words::kRecusedIncluded
                         : rules.recusal_mode == meeting::RecusalMode::kExclude ? words::kRecusedExcluded
                                                                                : words::kRecusedAbsent;
  return {rules.pass_strict ? words::kRuleAbove : words::kRuleAtLeast,
          {{"fraction", fraction(rules.pass_numerator, rules.pass_denominator)},
           {"recusals", recusals},
           {"quorum", fraction(rules.quorum_numerator, rules.quorum_denominator)}}};
}

std::string clock_text(std::uint64_t posix_s, std::string_view day) {
  using namespace std::chrono;
  // One time zone in the whole country, whatever this machine is set to.
  sys_seconds const here{seconds(posix_s) + hours(8)};
  auto const midnight = floor<days>(here);
  hh_mm_ss const time(here - midnight);
  auto const two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  std::string const clock = two(time.hours().count()) + ":" + two(time.minutes().count());
  std::string const date = sheets::day_text(midnight);
  return date == day ? clock : date + " " + clock;
}

std::string joined(std::vector<std::string> const& parts, std::string_view with) {
  std::string out;
  for (std::string const& part : parts) out += (out.empty() ? "" : std::string(with)) + part;
  return out;
}

}  // namespace piaojue::office
