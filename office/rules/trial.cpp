// SPDX-License-Identifier: Apache-2.0
#include "office/rules/trial.h"

#include <algorithm>

#include "strings/rules.h"

namespace piaojue::office {

Trial::Trial(std::string route, std::vector<std::string> articles, Sentence name) {
  tried_.route = std::move(route);
  tried_.name = std::move(name);
  tried_.articles = std::move(articles);
  tried_.finding = Finding::kMet;
}

void Trial::met(Sentence words) { tried_.arithmetic.push_back(std::move(words)); }

void Trial::unclear(Sentence words, Text const* lacking, std::string_view article) {
  if (tried_.finding == Finding::kMet) tried_.finding = Finding::kUnclear;
  note(std::move(words), article);
  if (lacking != nullptr) missing_.emplace_back(*lacking);
}

void Trial::not_met(Sentence words, std::string_view article) {
  tried_.finding = Finding::kNotMet;
  if (++failures_ == 1) explained_ = false;
  note(std::move(words), article);
}

void Trial::put_first(std::string_view article) {
  std::erase(tried_.articles, article);
  tried_.articles.insert(tried_.articles.begin(), std::string(article));
}

void Trial::note(Sentence words, std::string_view article) {
  bool const first = !explained_;
  if (first) why_ = words;
  explained_ = true;
  tried_.arithmetic.push_back(std::move(words));
  if (article.empty()) return;
  if (first) return put_first(article);
  if (std::ranges::find(tried_.articles, article) == tried_.articles.end()) tried_.articles.emplace_back(article);
}

Sentence as_written(std::string const& text) { return {strings::rules::kAsWritten, {{"text", text}}}; }

Sentence as_written(std::string const& zh, std::string const& en) {
  static constinit Text const kBoth{"rules.as_written", "{zh}", "{en}"};
  return {kBoth, {{"zh", zh}, {"en", en}}};
}

}  // namespace piaojue::office
