// SPDX-License-Identifier: Apache-2.0
#include "verifier/link/link_report.h"

#include <algorithm>
#include <cstdio>

#include "strings/link.h"

namespace piaojue::verifier::link {
namespace {

namespace words = strings::link;

constexpr std::size_t kNamedMax = 50;  ///< people who are named with their ballots

std::string figure(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3g", value);
  return out;
}

Sentence line_of(Total const& total) {
  if (total.determined > 0) return Sentence(words::kSaysDetermined, {{"people", total.determined}});
  if (total.suspicious > 0) return words::kSaysSuspicious;
  if (total.proposed > 0) return Sentence(words::kSaysGuess, {{"people", total.proposed}});
  return words::kSaysNothing;
}

}  // namespace

Outcome try_and_report(Evidence const& evidence, Lang lang) {
  Totals totals;
  std::vector<std::string> named;
  std::uint64_t left_out = 0;
  for (auto const& question : evidence.questions) {
    auto const attempts = try_all(question);
    add(totals, attempts);
    for (auto const& attempt : attempts) {
      if (!attempt.determines) continue;
      for (auto const& [person, ballot] : attempt.proposed) {
        if (named.size() == kNamedMax) ++left_out;
        if (named.size() == kNamedMax) continue;
        Sentence const one(words::kSaysNamed, {{"question", question.title},
                                               {"person", question.people[person]},
                                               {"ballot", std::uint64_t{ballot + 1}},
                                               {"how", attempt.name}});
        named.push_back(one.in(lang));
      }
    }
  }
  add(totals, evidence.at_large);
  auto const leaks = found(totals);

  Outcome out;
  out.found = !leaks.empty();
  auto const say = [&](Sentence const& sentence) { out.text += sentence.in(lang) + '\n'; };
  say(Sentence(words::kSaysRead, {{"questions", std::uint64_t{evidence.questions.size()}},
                                  {"files", evidence.files},
                                  {"bytes", evidence.bytes},
                                  {"copies", evidence.log_pieces},
                                  {"links", evidence.links_passed_over}}));
  for (auto const& [name, total] : totals) {
    bool const leak = std::ranges::binary_search(leaks, name);
    Sentence::Value const what(line_of(total));
    say(Sentence(leak ? words::kSaysFound : words::kSaysTried,
                 {{"name", total.name}, {"pairs", total.tried}, {"what", what}}));
    if (!total.scored) continue;
    say(Sentence(words::kSaysScore, {{"hits", std::uint64_t{total.score.hits}},
                                     {"expected", figure(total.score.expected())},
                                     {"p", figure(total.score.hits_p())}}));
    if (!total.score.distances.empty()) say(Sentence(words::kSaysRanks, {{"p", figure(total.score.order_p())}}));
  }
  for (auto const& line : named) out.text += line + '\n';
  if (left_out > 0) say(Sentence(words::kSaysMore, {{"people", left_out}}));
  say(out.found ? words::kSaysEndFound : words::kSaysEndNothing);
  out.text += out.found ? "LINKED " + std::to_string(leaks.size()) + '\n' : "NOT LINKED\n";
  return out;
}

}  // namespace piaojue::verifier::link
