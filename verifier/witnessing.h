// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who has cosigned how much of the record, and whether what others rested on was witnessed in time (specification
/// §4.3; §13, check 3). Cosignatures are told in the order of the record: at any moment those are known that stand
/// under checkpoints of no more than the entries read so far.
#include <map>
#include <vector>

#include "protocol/meeting/witnesses.h"
#include "verifier/changes.h"

namespace piaojue::verifier {

/// An entry that too few had witnessed when the first act that rests on it was logged.
struct Unwitnessed {
  std::uint64_t entry = 0;
  meeting::EntryType type{};
  meeting::Standing standing;
};

class Witnessing {
 public:
  /// A valid cosignature of a checkpoint of `size` entries.
  void cosigned(meeting::PersonId person, meeting::SigningPublicKey const& key, std::uint64_t size);

  /// What `entry`, which is about to be taken in, should not have followed yet.
  std::vector<Unwitnessed> missing(meeting::Record const& before, meeting::Entry const& entry) const;
  /// The results that `entry` accepts unwitnessed, with their figures at this moment.
  std::vector<AcceptedUnwitnessed> accepted(meeting::Entry const& entry) const;
  /// `entry`, whose leaf hash is `leaf`, was taken in.
  void taken(meeting::Record const& after, meeting::Entry const& entry, meeting::Hash const& leaf);

  /// Somebody under a first key, who is no screen and did not sign the MeetingClose, has cosigned the closed log.
  bool close_witnessed(meeting::Record const& closed, std::vector<meeting::PersonId> const& signers) const;

 private:
  bool has_cosigned(meeting::PersonId person, meeting::SigningPublicKey const& key, std::uint64_t size) const;
  meeting::Standing standing(meeting::Attempt const& attempt, std::uint64_t index, std::uint64_t last) const;

  /// A Declaration or PaperTally, with W as it was.
  struct Result {
    std::uint64_t entry = 0;
    meeting::Attempt witnesses;  ///< of its attempt; nothing else is kept of it
  };
  std::map<std::pair<meeting::PersonId, meeting::SigningPublicKey>, std::uint64_t> largest_;
  std::map<meeting::Hash, Result> results_;
  bool issued_ = false;  ///< the attempt has a TokensIssued
};

}  // namespace piaojue::verifier
