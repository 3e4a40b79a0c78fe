// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who has cosigned how much of the log, as one party has seen it, and which entries of an attempt are witnessed by it
/// (specification §4.3).
#include <functional>
#include <map>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/record.h"

namespace piaojue::meeting {

/// How near an entry is to being witnessed, at the size where it is nearest.
struct Standing {
  std::size_t have = 0, needed = 0;                  ///< of W(s)
  std::size_t have_experts = 0, needed_experts = 0;  ///< of X(s)
  std::vector<PersonId> missing;                     ///< of W(s): hold a first key and have not cosigned yet
  bool witnessed() const { return have >= needed && have_experts >= needed_experts; }
};

/// Has this person cosigned, under this key, a checkpoint of at least `size` entries?
using HasCosigned = std::function<bool(PersonId, SigningPublicKey const& key, std::uint64_t size)>;

/// Of the entry at `index` of the attempt: ⌊2·|W(s)|/3⌋ + 1 of W(s), and of X(s) likewise, at any s > index.
/// @param last sizes beyond it are not looked at (specification §13, check 3).
Standing standing(Attempt const& attempt, std::uint64_t index, HasCosigned const& has_cosigned,
                  std::uint64_t last = UINT64_MAX);

/// What a client cosigns at once when its log has come to hold it (specification §4.3).
bool is_milestone(Body const& body);

/// Which cosignatures a client, a trustee or the verifier has seen: by person and key the largest tree that the person
/// cosigned and that agrees with this party's own tree.
class Witnesses {
 public:
  /// Checks signature, key (of that place in the log) and root against `record`'s own tree.
  /// @return kLogInconsistent: the root is not ours: a split view, to be shown loudly. kOutOfRange: larger than our
  /// tree (ask again later), or of a time beyond its bound. kNotOnRoll, kBadSignature.
  [[nodiscard]] Result<void> add(Record const& record, log::Cosignature const& cosignature);
  Standing of(Attempt const& attempt, std::uint64_t index) const;
  bool witnessed(Attempt const& attempt, std::uint64_t index) const { return of(attempt, index).witnessed(); }
  /// Somebody has cosigned more than `index` entries: people of `among` who did.
  std::vector<PersonId> who(std::uint64_t index, std::vector<PersonId> const& among) const;

 private:
  std::map<std::pair<PersonId, SigningPublicKey>, std::uint64_t> largest_;
};

/// Leaf hashes of the Declaration and PaperTally of the last attempt that are not witnessed: what the signers of the
/// next BatchOpen or MeetingClose are asked to accept, ascending.
std::vector<Hash> unwitnessed(Record const& record, Witnesses const& witnesses);

}  // namespace piaojue::meeting
