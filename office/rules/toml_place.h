// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where in a table of the office something is wrong.
#include <toml++/toml.h>

#include "base/sentence.h"
#include "strings/rules.h"

namespace piaojue::office {

/// "节假日表 第 3 行：…"
inline Sentence at_line(Text const& table, toml::source_region const& where, Sentence what) {
  return {strings::rules::kTableLine,
          {{"table", table}, {"line", std::uint64_t{where.begin.line}}, {"what", std::move(what)}}};
}

}  // namespace piaojue::office
