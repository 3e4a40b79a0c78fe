// SPDX-License-Identifier: Apache-2.0
#include "store/meeting_facts.h"

#include "protocol/meeting/codec.h"

namespace piaojue::store {

MeetingFacts facts_of_draft(ByteView draft) {
  auto const body = meeting::decode_body(meeting::EntryType::kMeetingOpen, draft);
  if (!body) return {};
  auto const& manifest = std::get<meeting::Manifest>(*body);
  return {manifest.title, manifest.date, manifest.rehearsal, static_cast<std::uint32_t>(manifest.people.size())};
}

MeetingFacts facts_of(Contents const& contents) {
  auto const& meta = contents[Table::kMeta];
  auto const draft = meta.find(to_bytes(as_bytes("draft")));
  return draft == meta.end() ? MeetingFacts() : facts_of_draft(draft->second);
}

}  // namespace piaojue::store
