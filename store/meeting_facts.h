// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a list says of a meeting, kept in a row of its own: a draft may be megabytes, and a list is asked for often.
#include "store/store.h"

namespace piaojue::store {

struct MeetingFacts {
  std::string title, date;
  bool rehearsal = false;
  std::uint32_t people = 0;
  bool operator==(MeetingFacts const&) const = default;
};

/// @param draft the row "draft" of Table::kMeta. Nothing is known of one that can not be read.
MeetingFacts facts_of_draft(ByteView draft);
MeetingFacts facts_of(Contents const& contents);

}  // namespace piaojue::store
