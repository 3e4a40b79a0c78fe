// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The 27 checks of the specification §13, and which of them an entry fails that the state machine refuses.
#include <array>
#include <cstdint>

#include "base/sentence.h"
#include "protocol/meeting/record.h"

namespace piaojue::verifier {

/// Values are the numbers of the specification, which are printed.
enum class CheckId : std::uint8_t {
  kAnchor = 1,        ///< the root is the hash on paper
  kTree,              ///< tree and checkpoints
  kWitnesses,         ///< cosignatures, in time
  kEntries,           ///< form, signers, order: whatever no other check names
  kAttempts,          ///< one opening a batch and attempt
  kTallyKeys,         ///< proofs of knowledge
  kTokenKeys,         ///< well-formed, never repeated, logged before
  kRoll,              ///< presence, recusals, quorum
  kRequests,          ///< tokens are asked for once a cast, by whom they are for
  kIssuance,          ///< nothing is issued after the close
  kMixing,            ///< each hop takes what the last one gave
  kBallotForm,        ///< length and question
  kTokens,            ///< of all trustees on every ballot
  kBallotSignatures,  ///< the ballot's own
  kEncodings,         ///< points and scalars
  kVotes,             ///< proofs of one admissible choice
  kUniqueness,        ///< no ballot key or ciphertext twice
  kOrder,             ///< boxes sorted by bytes
  kBoxCounts,         ///< no more ballots than envelopes
  kConfirms,          ///< over this box; overrides within their limits
  kSums,              ///< recomputed from the box
  kShares,            ///< proofs of the tally shares; the sum decodes
  kOpenings,          ///< once a question, of three ballots or more, and of two thirds of those who could vote
  kRows,              ///< as the rule gives them
  kEndings,           ///< of every attempt, and of the meeting
  kSpoils,            ///< what was checked counts nowhere, casts count up
  kGuards,            ///< changes of keys, trustees, presence and entitlement by others are rightly signed
};
inline constexpr std::size_t kChecks = 27;

constexpr std::size_t number(CheckId id) { return static_cast<std::size_t>(id); }
/// @param number from 1 to 27.
constexpr CheckId check_numbered(std::size_t number) { return static_cast<CheckId>(number); }

/// In the order of their numbers.
inline constexpr std::array<CheckId, kChecks> kAllChecks = [] {
  std::array<CheckId, kChecks> out{};
  for (std::size_t i = 0; i < kChecks; ++i) out[i] = check_numbered(i + 1);
  return out;
}();

/// As printed.
Text const& title(CheckId id);

/// The check that names the rule by which `record` refused the entry (the second table of §13); kEntries where none
/// does. @param record as it was before the entry.
CheckId check_of(meeting::Record const& record, meeting::Entry const& entry, Refusal why);

}  // namespace piaojue::verifier
