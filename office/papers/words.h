// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Words that several papers share.
#include "office/papers/paper.h"
#include "protocol/meeting/entry.h"

namespace piaojue::office {

/// As it is printed.
std::string said(Sentence const& sentence);

Text const& channel_text(meeting::Channel channel);  ///< 正常 破格

/// How many yes votes pass, how recusals count, and what a quorum is: at the head of whatever shows results.
Sentence rule_sentence(meeting::Rules const& rules);

std::string joined(std::vector<std::string> const& parts, std::string_view with);

}  // namespace piaojue::office
