// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The 27 numbered checks of the specification §13 over a record file, and everything that follows from them: who was
/// there, what every question came to, and who changed what guards it. Nothing is taken from the record that can be
/// computed; the only thing taken on trust is the head hash that the auditor brings on paper.
///
/// The record is read once, item by item; ballots are checked on other threads while reading goes on. Where an entry is
/// refused by the state machine the meeting can not be followed any further: checks 1 and 2 (the tree) still run to the
/// end of the file, every other check that has not failed is "not reached".
#include <array>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sentence.h"
#include "verifier/changes.h"
#include "verifier/checks.h"

namespace piaojue::verifier {

/// More failures of one check are counted, not listed.
inline constexpr std::size_t kFailuresListedMax = 20;

enum class Outcome : std::uint8_t { kHolds, kFailed, kNotReached };

/// One way in which a check failed.
struct Failure {
  std::optional<std::uint64_t> entry;   ///< index in the log
  std::optional<std::uint64_t> offset;  ///< of the item in the file, in bytes
  std::optional<meeting::EntryType> type;
  std::optional<Refusal> refusal;  ///< as the state machine or the ballot check named it
  Sentence what;                   ///< was found
};

struct Check {
  Outcome outcome = Outcome::kNotReached;
  std::vector<Failure> failures;  ///< the first ones, by place; those without come last
  std::uint64_t failures_total = 0;
};

/// A question in one attempt, as the verifier derived it by its own arithmetic.
struct QuestionResult {
  meeting::QuestionId question = 0;
  bool voided = false;      ///< `row` and the figures are empty then
  std::string void_reason;  ///< empty on paper: more papers came back than were given out
  meeting::Row row;
  std::uint32_t low = 0, high = 0;  ///< what `agree` may have been (§11)
  // Of ballots.
  std::uint32_t envelopes = 0;              ///< counted ones that hold a ballot for it
  std::uint32_t ballots = 0;                ///< in the box
  std::uint32_t ok = 0, said_not_cast = 0;  ///< OK and N of §11
  std::uint32_t unconfirmed = 0;            ///< who could vote and has said neither
  // On paper.
  std::uint32_t issued = 0, returned = 0;
};

struct AttemptResult {
  meeting::BatchId batch = 0;
  std::uint32_t attempt = 0;
  std::uint64_t entry = 0;  ///< of BatchOpen
  bool paper = false;
  std::optional<meeting::By> counted_by;  ///< a PaperTally: kOffice or kCommittee
  bool declared = false;
  std::uint32_t present = 0;   ///< P
  std::uint32_t trustees = 0;  ///< k; 0 on paper
  std::set<meeting::PersonId> overridden;
  std::vector<QuestionResult> questions;  ///< ascending; without those that came to nothing
};

/// A line of the attendance table. Places are indices of entries; `Audit::there_by` has their times.
struct Attendance {
  meeting::PersonId person = 0;
  std::optional<std::uint64_t> first_sign_in, last_sign_out;
  bool signed_in = false;                               ///< at the end
  std::map<meeting::QuestionId, std::string> recusals;  ///< that stand at the end, with the reason
};

struct Audit {
  /// Set for a file that is no record at all or ends in the middle: exit 2. What was found before is there all the
  /// same.
  struct Unusable {
    std::uint64_t offset = 0;
    Sentence what;
  };
  std::optional<Unusable> unusable;
  std::array<Check, kChecks> checks;  ///< in the order of their numbers
  std::uint64_t entries = 0;
  std::uint64_t ballots = 0;  ///< checked
  meeting::Hash head;         ///< root over all entries of the file
  meeting::Hash anchor;
  std::optional<meeting::Manifest> manifest;  ///< if entry 0 was accepted
  std::vector<Attendance> attendance;         ///< by person
  std::vector<AttemptResult> attempts;        ///< in the order in which they were opened
  std::vector<Change> changes;                ///< of guards, by entry; empty: there were none
  /// When checkpoints were cosigned, by their size, in POSIX seconds: of each the middle one of the times that its
  /// witnesses wrote, the earlier of two, so that one wrong clock among many says nothing.
  std::map<std::uint64_t, std::uint64_t> cosigned_at;

  /// The log has no clock, its witnesses have: at this time the entry was there. Nothing: nobody cosigned it.
  std::optional<std::uint64_t> there_by(std::uint64_t entry) const;
  Check& check(CheckId id) { return checks[number(id) - 1]; }
  Check const& check(CheckId id) const { return checks[number(id) - 1]; }
  std::size_t holding() const;
  bool verified() const { return !unusable && holding() == kChecks; }
  /// The one to name if only one is named: the earliest entry that failed, else the lowest check. Nothing if none
  /// failed.
  struct First {
    CheckId check;
    Failure const* failure;
  };
  std::optional<First> first_failure() const;
  int exit_code() const { return unusable ? 2 : verified() ? 0 : 1; }
};

struct Options {
  std::size_t jobs = 1;  ///< threads that check ballots beside the one that reads; 1: everything on the calling thread
  std::function<void(std::uint64_t entries, std::uint64_t offset)> progress;  ///< after each item
};

Audit audit(std::istream& record, meeting::Hash const& anchor, Options const& options);

}  // namespace piaojue::verifier
