// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The changes of guards (specification §13.1): everything by which somebody had a hand in the keys, the presence or
/// the vote of another, and every mark on a result. The report, the minutes and the result table show the whole list,
/// and say so where it is empty.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/sentence.h"
#include "protocol/meeting/record.h"

namespace piaojue::verifier {

/// A KeyChange. `first`: it brought a first key.
struct KeysChanged {
  meeting::PersonId person = 0;
  bool first = false;
  std::string reason;
};
struct TrusteeChanged {
  meeting::TrusteeId trustee = 0;
  meeting::PersonId from = 0, person = 0;
  std::string reason;
};
struct SignedOut {
  meeting::PersonId person = 0;
  std::string reason;
};
struct Recused {
  meeting::PersonId person = 0;
  meeting::QuestionId question = 0;
  std::string reason;
};
/// A recusal that was taken back: others had signed for it too, or the question was opened while it stood.
struct RecusalTakenBack {
  meeting::PersonId person = 0;
  meeting::QuestionId question = 0;
  std::string reason;
};
/// An EnvelopeSpoil and what came of it.
struct Checked {
  meeting::PersonId person = 0;
  std::uint32_t cast = 0;
  std::optional<meeting::PersonId> supervisor;                       ///< who countersigned
  meeting::CheckVerdict verdict = meeting::CheckVerdict::kUnopened;  ///< also while there is none
  std::optional<std::uint64_t> result;                               ///< entry of the CheckResult
};
struct Overridden {
  std::vector<std::pair<meeting::PersonId, bool>> people;  ///< true: had said MISSING
  std::string reason;
};
struct Contested {
  meeting::QuestionId question = 0;
  std::uint32_t low = 0, high = 0;
};
struct CountedOnPaper {
  std::vector<meeting::QuestionId> questions;
};
struct ClosedByTwo {};
/// A result that the signers of the entry accept although too few witnessed it; the figures are those of §4.3 right
/// behind the result.
struct AcceptedUnwitnessed {
  std::uint64_t declared = 0;  ///< entry of the Declaration or PaperTally
  std::size_t have = 0, need = 0, have_experts = 0, need_experts = 0;
};
/// The meeting was closed while the question's sum was not yet opened.
struct LeftUndecided {
  meeting::QuestionId question = 0;
};
struct ClosedUnwitnessed {};

/// In the order in which they stand at one entry.
using WhatChanged =
    std::variant<KeysChanged, TrusteeChanged, SignedOut, Recused, RecusalTakenBack, Checked, Overridden, Contested,
                 CountedOnPaper, ClosedByTwo, AcceptedUnwitnessed, LeftUndecided, ClosedUnwitnessed>;

struct Change {
  std::uint64_t entry = 0;
  std::optional<meeting::By> by;           ///< nothing: nobody did it, it is a mark
  std::vector<meeting::PersonId> signers;  ///< of the entry, ascending; none where `by` is nothing
  WhatChanged what;
};

/// "key_change" … "close_unwitnessed", as in the JSON form.
std::string_view kind(Change const& change);
/// "office", "committee", "person", "one", "two".
std::string_view name_of(meeting::By by);
/// "agrees", "differs", "unopened".
std::string_view name_of(meeting::CheckVerdict verdict);

/// What happened, and why. Texts of the record are shown without control characters.
std::string told(Change const& change, meeting::Manifest const& manifest, Lang lang);
/// By whom it is signed; empty where it is signed by nobody.
std::string told_signers(Change const& change, meeting::Manifest const& manifest, Lang lang);

/// Collects them while the record is read.
class ChangeLog {
 public:
  /// @param after the record with `entry` at `index` taken in.
  void take(meeting::Record const& after, meeting::Entry const& entry, std::uint64_t index);
  void add(Change change) { changes_.push_back(std::move(change)); }
  /// In their order.
  std::vector<Change> finish();

 private:
  void note(meeting::Record const& after, meeting::Entry const& entry, std::uint64_t index, WhatChanged what);
  void take_result(meeting::CheckResult const& result, std::uint64_t index);

  std::vector<Change> changes_;
  std::vector<meeting::PersonId> slots_;  ///< who held each before the entry
};

}  // namespace piaojue::verifier
