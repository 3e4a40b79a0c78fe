// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How everything that people read fails: a value, or one sentence that says what happened, what was kept and what to
/// do, and where it was. The protocol's own refusals are `Result` (refusal.h); there is no third way.
#include <boost/system/result.hpp>
#include <optional>
#include <string>

#include "base/refusal.h"
#include "base/sentence.h"

namespace piaojue {

struct Explanation {
  Explanation() = default;
  Explanation(Sentence sentence, std::string where = {}, std::optional<Refusal> refusal = {})
      : what(std::move(sentence)), place(std::move(where)), code(refusal) {}

  Sentence what;
  std::string place;            ///< file, sheet and cell, option; empty: none
  std::optional<Refusal> code;  ///< what the protocol refused, if it was that

  /// "place: what"
  std::string in(Lang lang) const { return place.empty() ? what.in(lang) : place + ": " + what.in(lang); }
};

template <class T>
using Explained = boost::system::result<T, Explanation>;

/// What `Explained::value()` without one ends in: a programmer's error. Found by Boost.System.
[[noreturn]] void throw_exception_from_error(Explanation const& why, boost::source_location const& where);

}  // namespace piaojue
