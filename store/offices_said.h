// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Inside store/ only: what every engine says and judges alike of offices.
#include "store/offices.h"
#include "strings/offices.h"

namespace piaojue::store {

/// Of Table::kMeta an office may see the draft, and not the keys.
inline bool is_draft_row(std::string_view key) {
  return key == "draft" || key == "format" || key == "suggested recusals";
}
inline constexpr std::array kLogTables{Table::kEntry, Table::kCheckpoint, Table::kCosignature};

inline Explanation offices_full() {
  return {Sentence(strings::offices::kFull, {{"most", kOfficesMax}}), {}, Refusal::kConflict};
}
inline Explanation number_taken() { return {strings::offices::kNumberTaken, {}, Refusal::kConflict}; }

/// @param bytes of the draft that is to be entered. @param meetings that the office has.
inline Explained<void> check_bounds(DraftBounds const& bounds, std::uint64_t bytes, std::uint64_t meetings) {
  if (bytes > bounds.draft_bytes_max) {
    return Explanation(Sentence(strings::offices::kDraftLarge, {{"mib", bounds.draft_bytes_max >> 20}}), {},
                       Refusal::kBusy);
  }
  if (meetings >= bounds.meetings_max) {
    return Explanation(Sentence(strings::offices::kMeetingsMany, {{"most", std::uint64_t{bounds.meetings_max}}}), {},
                       Refusal::kBusy);
  }
  return {};
}

}  // namespace piaojue::store
