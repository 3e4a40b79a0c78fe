// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who has cosigned how much of the log, as one party has seen it (specification §4.3).
#include <map>

#include "protocol/log/cosignature.h"
#include "protocol/meeting/record.h"

namespace piaojue::meeting {

/// Which cosignatures a client, a trustee or the verifier has seen: person → largest tree size that the person cosigned
/// and that agrees with this party's own tree.
class Witnesses {
 public:
  /// Checks signature, key and root against `record`'s own tree.
  /// @return kLogInconsistent: the root is not ours: a split view, to be shown loudly. kOutOfRange: larger than our
  /// tree (ask again later). kNotOnRoll, kBadSignature.
  [[nodiscard]] Result<void> add(Record const& record, log::Cosignature const& cosignature);
  /// Distinct people of `among` who cosigned a tree of more than `index` entries.
  std::uint32_t count(std::uint64_t index, std::vector<PersonId> const& among) const;
  /// ⌊2n/3⌋+1 of the n people in `among`.
  bool enough(std::uint64_t index, std::vector<PersonId> const& among) const;

 private:
  std::map<PersonId, std::uint64_t> largest_;
};

}  // namespace piaojue::meeting
