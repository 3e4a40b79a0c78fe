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
inline Explanation office_full(DraftBounds const& bounds) {
  return {Sentence(strings::offices::kOfficeFull, {{"mib", bounds.office_bytes_max >> 20}}), {}, Refusal::kBusy};
}
inline Explanation log_large(std::uint64_t bytes_max) {
  return {Sentence(strings::offices::kRecordLarge, {{"mib", bytes_max >> 20}}), {}, Refusal::kTooLarge};
}
inline Explanation took_long() { return {strings::offices::kTookLong, {}, Refusal::kBusy}; }
inline Explanation sealed_anew() { return {strings::offices::kSealedAnew, {}, Refusal::kConflict}; }
inline Explanation number_taken() { return {strings::offices::kNumberTaken, {}, Refusal::kConflict}; }

/// What an office has made by now.
struct OfficeHas {
  std::uint64_t meetings = 0;
  std::uint64_t bytes = 0;  ///< of these
};
/// Of all rows of a new meeting.
inline std::uint64_t bytes_of(Offices::NewMeeting const& made) {
  std::uint64_t out = made.slips.size();
  for (auto const& table : made.contents.tables) {
    for (auto const& [key, value] : table) out += key.size() + value.size();
  }
  return out;
}
/// Of parts that are not kept; as their draft told of them, so that no more is given back than was counted.
inline std::uint64_t bytes_of(std::vector<DraftPart> const& parts) {
  std::uint64_t out = 0;
  for (auto const& part : parts) out += part.size;
  return out;
}
/// That its drafts may have together.
inline std::uint64_t draft_room(DraftBounds const& bounds, OfficeHas const& has) {
  auto const left = bounds.office_bytes_max > has.bytes ? bounds.office_bytes_max - has.bytes : 0;
  return std::min(bounds.draft_bytes_max, left);
}

/// @param bytes of the draft that is to be entered.
inline Explained<void> check_bounds(DraftBounds const& bounds, std::uint64_t bytes, OfficeHas const& has) {
  if (bytes > bounds.draft_bytes_max) {
    return Explanation(Sentence(strings::offices::kDraftLarge, {{"mib", bounds.draft_bytes_max >> 20}}), {},
                       Refusal::kBusy);
  }
  if (has.meetings >= bounds.meetings_max) {
    return Explanation(Sentence(strings::offices::kMeetingsMany, {{"most", std::uint64_t{bounds.meetings_max}}}), {},
                       Refusal::kBusy);
  }
  if (bytes > draft_room(bounds, has)) return office_full(bounds);
  return {};
}

}  // namespace piaojue::store
