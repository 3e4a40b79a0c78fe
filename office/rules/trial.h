// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a route, a gate or an achievement came to, condition by condition. The worst of them counts.
#include <string>
#include <string_view>
#include <vector>

#include "office/rules/eligibility.h"

namespace piaojue::office {

class Trial {
 public:
  /// @param name of the route or the achievement, for people; a gate has none.
  Trial(std::string route, std::vector<std::string> articles, Sentence name = {});

  void met(Sentence words);
  /// People decide, unless something else is not met.
  /// @param lacking the column that would decide; none: no column would
  /// @param article cited first, if this is what `why` says, else last; none: no other than the trial's own
  void unclear(Sentence words, Text const* lacking = nullptr, std::string_view article = {});
  void not_met(Sentence words, std::string_view article = {});
  /// What decides most stands first.
  void put_first(std::string_view article);
  /// A fact that would decide, without anything else to be said of it.
  void lacks(Sentence column) { missing_.push_back(std::move(column)); }

  Tried const& tried() const { return tried_; }
  Finding finding() const { return tried_.finding; }
  std::vector<Sentence> const& missing() const { return missing_; }
  Sentence const& why() const { return why_; }  ///< the first thing that is not met; else the first that is unclear
  int failures() const { return failures_; }

 private:
  void note(Sentence words, std::string_view article);

  Tried tried_;
  std::vector<Sentence> missing_;
  bool explained_ = false;  ///< whether `why_` is said
  Sentence why_;
  int failures_ = 0;
};

/// What the table says in its own words.
Sentence as_written(std::string const& text);
/// The same in both languages.
Sentence as_written(std::string const& zh, std::string const& en);

}  // namespace piaojue::office
