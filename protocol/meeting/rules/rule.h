// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One rule for each type of entry E (specification §10), in the file of the part of a meeting that it belongs to:
///
///   template <> struct Rule<E> {
///     static WaysToSign signers(State const&, E const&);               // who signs it: the table in signing.cpp
///     static Result<Prepared> check(State const&, E const&, Signing const&);  // may it follow? Changes nothing
///     static void take(State&, E const&, Place const&, Prepared);      // what it makes true; cannot fail
///   };
///
/// `Prepared` is what the check had to compute anyway and the taking needs again; where there is nothing, check returns
/// Result<void> and take has no such argument. A check that does not ask who signed has no third argument. Before a
/// check is asked, what the entry names exists, and its signatures are there and valid (only MeetingOpen is checked
/// first, since its signers stand in itself).
#include "protocol/meeting/rules/signing.h"
#include "protocol/meeting/state.h"

namespace piaojue::meeting::rules {

template <class E>
struct Rule;

/// By whom an entry is signed.
struct Signing {
  By by = By::kOne;
  std::vector<PersonId> signers;  ///< ascending
};

/// Where the entry stands.
struct Place {
  Hash leaf;
  std::uint64_t index = 0;
  Signing signing;
};

template <class Range, class T>
bool contains(Range const& range, T const& value) {
  return std::ranges::find(range, value) != range.end();
}

/// The keys of `by_question` are exactly these questions.
template <class T>
bool covers(std::map<QuestionId, T> const& by_question, std::vector<QuestionId> const& questions) {
  return std::ranges::equal(by_question, questions, {}, [](auto const& item) { return item.first; });
}

}  // namespace piaojue::meeting::rules
