// SPDX-License-Identifier: Apache-2.0
#include "office/papers/words.h"

#include "strings/papers.h"

namespace piaojue::office {

namespace words = strings::papers;

std::string said(Sentence const& sentence) { return sentence.in(kPaperLang); }

Text const& channel_text(meeting::Channel channel) {
  return channel == meeting::Channel::kExceptional ? words::kChannelExceptional : words::kChannelNormal;
}

Sentence rule_sentence(meeting::Rules const& rules) {
  auto const fraction = [](auto numerator, auto denominator) {
    return std::to_string(numerator) + "/" + std::to_string(denominator);
  };
  Text const& recusals = rules.recusal_mode == meeting::RecusalMode::kInclude   ? words::kRecusedIncluded
                         : rules.recusal_mode == meeting::RecusalMode::kExclude ? words::kRecusedExcluded
                                                                                : words::kRecusedAbsent;
  return {rules.pass_strict ? words::kRuleAbove : words::kRuleAtLeast,
          {{"fraction", fraction(rules.pass_numerator, rules.pass_denominator)},
           {"recusals", recusals},
           {"quorum", fraction(rules.quorum_numerator, rules.quorum_denominator)}}};
}

std::string joined(std::vector<std::string> const& parts, std::string_view with) {
  std::string out;
  for (std::string const& part : parts) out += (out.empty() ? "" : std::string(with)) + part;
  return out;
}

}  // namespace piaojue::office
