// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the record says of people and of ballots, box by box.
#include <deque>
#include <istream>

#include "base/explained.h"
#include "protocol/meeting/bodies.h"
#include "verifier/link/attempts.h"

namespace piaojue::verifier::link {

/// One question of one attempt, with what is needed to know its people and ballots again in files.
struct BoxView {
  Seized seized;
  std::vector<meeting::PersonId> people;  ///< by place in `seized.people`
  std::vector<std::vector<Bytes>> marks;  ///< by place: name, keys, digests, each of which is one person's
  ByteView entry;                         ///< the BallotBox as it stands in the record
  std::vector<std::size_t> at;            ///< of each ballot in `entry`
  std::optional<std::size_t> place(meeting::PersonId person) const;
};

struct LogView {
  std::deque<Bytes> boxes;  ///< entries that BoxView::entry looks into
  std::vector<BoxView> questions;
};

/// Reads it without verifying it: that is for `piaojue-verify` without --link.
[[nodiscard]] Explained<LogView> view_log(std::istream& record);

}  // namespace piaojue::verifier::link
