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

/// "09:12" in China standard time; with the date, where it is another day than `day` (2026-11-26).
std::string clock_text(std::uint64_t posix_s, std::string_view day);

std::string joined(std::vector<std::string> const& parts, std::string_view with);

}  // namespace piaojue::office
