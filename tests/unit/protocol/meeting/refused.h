// SPDX-License-Identifier: Apache-2.0
#pragma once
/// `EXPECT_REFUSED(meeting, kConflict, meeting.sign_in(1))`: exactly this refusal, and nothing has changed.
#include <gtest/gtest.h>

#include "support/meeting_fixture.h"

namespace piaojue::test {

inline std::string said(Result<void> const& result) { return result ? "accepted" : std::string(name(result.error())); }

namespace detail {

inline void print(std::ostream& out, Attempt const& a) {
  out << " a" << static_cast<int>(a.phase) << ' ' << a.voided.size() << ' ' << a.counted.size() << ' '
      << a.issuance_closed.size() << ' ' << a.mixes.size() << ' ' << (a.box != nullptr) << ' ' << a.sums.size() << ' '
      << a.shares.size() << ' ' << a.rows.size() << ' ' << a.incidents.size() << ' ' << a.erased.size();
  for (auto const& [person, voter] : a.voters) {
    out << " v" << person << ':' << voter.cast << voter.request.has_value() << voter.issued.size()
        << voter.envelope.has_value() << voter.spoils.size() << voter.signed_out_not_cast.value_or(false);
    for (Spoil const& spoil : voter.spoils) out << 's' << static_cast<int>(spoil.verdict.value_or(CheckVerdict{}));
  }
  for (auto const& counts : a.issued) {
    for (auto const& [q, count] : counts) out << " t" << q << ':' << count;
  }
  for (auto const& [person, confirm] : a.confirms) out << " c" << person;
  for (auto const& [person, missing] : a.overridden) out << " o" << person << missing;
  for (auto const& [person, witness] : a.witnesses) out << " w" << person << ':' << witness.left.value_or(0);
}

}  // namespace detail

/// Whatever of the record a later entry could depend on and a caller can see.
inline std::string state(Record const& record) {
  std::ostringstream out;
  out << static_cast<int>(record.phase()) << ' ' << record.size() << ' ' << to_hex(record.tree().root().view());
  for (PersonId const person : record.signed_in()) out << " w" << person;
  for (auto const& [person, questions] : record.recusals()) {
    for (auto const& [q, note] : questions) {
      out << " r" << person << ':' << q << note.attested << note.by_office << note.by_committee
          << note.own_key.value_or(0) << record.recuse_backs(person, q);
    }
  }
  out << " i" << record.interviews().size() << " p" << record.pending_keys().size();
  for (BatchId b = 1; b <= record.manifest().batches.size(); ++b) {
    out << " b" << record.attempts(b) << '/' << record.undecided(b).size();
  }
  for (PersonId p = 0; p <= record.manifest().people.size(); ++p) {
    auto const key = record.identity_key(p);
    out << ' ' << (key ? to_hex(key->view()).substr(0, 8) : "-") << record.has_first_key(p)
        << record.presence(p).sequence << record.presence(p).out_by_others;
  }
  for (PersonId const holder : record.slots()) out << " h" << holder;
  if (record.phase() != MeetingPhase::kBeforeOpen) {
    Committee const body = record.committee(kNobody);
    out << " k" << body.needed << '/' << body.members.size() << body.came;
  }
  if (auto const& a = record.attempt()) {
    detail::print(out, *a);
    for (QuestionId const q : a->open.questions) {
      out << " q" << record.question(q).opened << record.question(q).attempts << record.question(q).decided();
    }
  }
  return std::move(out).str();
}

#define EXPECT_REFUSED(meeting, refusal, step)                                 \
  do {                                                                         \
    std::string const before_ = ::piaojue::test::state((meeting).record);      \
    EXPECT_EQ(::piaojue::test::said(step), name(::piaojue::Refusal::refusal)); \
    EXPECT_EQ(before_, ::piaojue::test::state((meeting).record));              \
  } while (false)
#define EXPECT_ACCEPTED(step) EXPECT_EQ(::piaojue::test::said(step), "accepted")

/// Changes the body of one type only.
template <class E>
std::function<void(Body&)> change(std::function<void(E&)> how) {
  return [how = std::move(how)](Body& body) {
    if (auto* e = std::get_if<E>(&body)) how(*e);
  };
}

using Stage = Meeting::Stage;

inline Refusal refusal(auto const& result) { return result ? Refusal{} : result.error(); }

/// Two trustees, five experts who are all there, one question that all of them agree to: brought to a stage of batch 1.
struct Prepared {
  explicit Prepared(Stage stage, MeetingOptions options = {.trustees = 2}) : meeting(std::move(options)) {
    meeting.begin();
    meeting.run_batch(1, meeting.votes(1, meeting.options.experts, 0), stage);
  }
  Meeting meeting;
};

}  // namespace piaojue::test
