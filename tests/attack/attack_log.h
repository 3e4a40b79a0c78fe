// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Attacks upon the log itself: the adversary writes the entries that he likes, signed with every key that he has, and
/// Record must refuse them or mark what came of it. No server and no client are needed for these.
#include <gtest/gtest.h>

#include "support/meeting_fixture.h"

namespace piaojue::attack {

using namespace piaojue::test;  // NOLINT: the fixture's words
using Stage = Meeting::Stage;

inline std::string said(Result<void> const& result) { return result ? "accepted" : std::string(name(result.error())); }

/// Exactly this refusal, and the log is what it was.
#define EXPECT_STOPPED(meeting, refusal, step)                                   \
  do {                                                                           \
    auto const before_ = (meeting).record.tree().root();                         \
    EXPECT_EQ(::piaojue::attack::said(step), name(::piaojue::Refusal::refusal)); \
    EXPECT_EQ(before_, (meeting).record.tree().root());                          \
  } while (false)

/// Changes the bodies of one type only, before they are signed.
template <class E>
std::function<void(Body&)> change(std::function<void(E&)> how) {
  return [how = std::move(how)](Body& body) {
    if (auto* e = std::get_if<E>(&body)) how(*e);
  };
}

/// Everybody but the screen is signed in.
struct Hall : Meeting {
  explicit Hall(MeetingOptions given = {}) : Meeting(std::move(given)) { begin(); }
  /// A hop that is not honest loses what this person sent: the person's envelope counts, the ballot comes nowhere.
  void lose_ballots_of(PersonId victim) {
    tamper_onion = [victim](PersonId person, QuestionId, Bytes& onion) {
      if (person == victim) onion.back() ^= 1U;
    };
  }
  void confirm_all_but(std::set<PersonId> const& silent) {
    for (PersonId const person : attempt().entitled()) {
      if (!silent.contains(person)) must(confirm(person));
    }
  }
  Row declared(QuestionId q = 1) const { return *record.question(q).declared; }
};

}  // namespace piaojue::attack
