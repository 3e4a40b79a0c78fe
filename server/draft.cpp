// SPDX-License-Identifier: Apache-2.0
#include "server/draft.h"

#include "crypto/box.h"
#include "protocol/meeting/codec.h"
#include "store/format.h"

namespace piaojue::server {

using meeting::EntryType;
using meeting::Manifest;
using meeting::MeetingPhase;
using meeting::Record;

namespace {

constexpr std::string_view kDraftKey = "draft";
constexpr std::string_view kSuggestionsKey = "suggested recusals";

Bytes text_key(std::string_view text) { return to_bytes(as_bytes(text)); }

void strip_keys(Manifest& manifest) {
  for (auto& person : manifest.people) {
    person.identity_key.reset();
    person.witness_key.reset();
    person.box_key.reset();
    person.possession.reset();
  }
}

/// The rule of the manifest asks for keys of many, and nobody has any yet: as it would be if everybody enrolled.
void add_trial_keys(Manifest& manifest) {
  for (meeting::PersonId p = 1; p <= manifest.people.size(); ++p) {
    auto const identity = crypto::SigningKey::generate();
    auto& person = manifest.people[p - 1];
    person.identity_key = identity.public_key();
    person.witness_key = crypto::SigningKey::generate().public_key();
    person.box_key = crypto::BoxKey::generate().public_key();
    person.possession = identity.sign({meeting::possession_input(manifest.meeting_id, p, *person.identity_key,
                                                                 *person.witness_key, *person.box_key)});
  }
}

}  // namespace

namespace {

/// u32be person ‖ u32be question ‖ u32be length ‖ reason, one behind the other.
Bytes encode_suggestions(std::vector<Suggestion> const& suggestions) {
  Bytes out;
  for (auto const& one : suggestions) {
    append_u32be(out, one.person);
    append_u32be(out, one.question);
    append_u32be(out, static_cast<std::uint32_t>(one.reason.size()));
    append(out, as_bytes(one.reason));
  }
  return out;
}

}  // namespace

Result<Writes> write_draft(Manifest draft, std::vector<Suggestion> const& suggestions) {
  auto trial = draft;
  add_trial_keys(trial);
  strip_keys(draft);
  auto const body = meeting::encode_body(draft);
  auto const entry =
      meeting::decode_entry(meeting::encode_entry(EntryType::kMeetingOpen, meeting::encode_body(trial), {}));
  if (!entry) return entry.error();
  if (auto const allowed = Record().check(*entry, Record::Signatures::kPartial); !allowed) return allowed.error();
  Writes writes;
  writes.put(Table::kMeta, text_key(store::kFormatKey), text_key(store::kFormat));
  writes.put(Table::kMeta, text_key(kDraftKey), body);
  if (!suggestions.empty()) writes.put(Table::kMeta, text_key(kSuggestionsKey), encode_suggestions(suggestions));
  return writes;
}

Result<Manifest> read_draft(Contents const& contents) {
  auto const& meta = contents[Table::kMeta];
  auto const format = meta.find(text_key(store::kFormatKey));
  auto const bytes = meta.find(text_key(kDraftKey));
  if (format == meta.end() || format->second != text_key(store::kFormat) || bytes == meta.end())
    return Refusal::kStorage;
  auto body = meeting::decode_body(EntryType::kMeetingOpen, bytes->second);
  if (!body) return Refusal::kStorage;
  return std::get<Manifest>(std::move(*body));
}

Result<std::vector<Suggestion>> read_suggestions(Contents const& contents) {
  std::vector<Suggestion> out;
  auto const& meta = contents[Table::kMeta];
  auto const at = meta.find(text_key(kSuggestionsKey));
  if (at == meta.end()) return out;
  constexpr std::size_t kHeadBytes = 12;
  for (ByteView rest = at->second; !rest.empty();) {
    if (rest.size() < kHeadBytes || out.size() == kSuggestionsMax) return Refusal::kStorage;
    std::size_t const length = read_u32be(rest.subspan(8));
    if (length > kSuggestionReasonBytesMax || rest.size() - kHeadBytes < length) return Refusal::kStorage;
    out.push_back(
        {read_u32be(rest), read_u32be(rest.subspan(4)), std::string(as_text(rest.subspan(kHeadBytes, length)))});
    rest = rest.subspan(kHeadBytes + length);
  }
  return out;
}

Draft::Draft(Manifest manifest, Record const& record, std::vector<Suggestion> suggestions)
    : manifest_(std::move(manifest)),
      suggestions_(std::move(suggestions)),
      bytes_(meeting::encode_body(manifest_)),
      record_(record) {}

std::vector<Suggestion> Draft::suggested_to(PersonId person) const {
  std::vector<Suggestion> out;
  for (auto const& one : suggestions_)
    if (one.person == person) out.push_back(one);
  return out;
}

meeting::Person const* Draft::person(PersonId id) const {
  auto const& people = (record_.phase() == MeetingPhase::kBeforeOpen ? manifest_ : record_.manifest()).people;
  return id >= 1 && id <= people.size() ? &people[id - 1] : nullptr;
}

std::size_t Draft::opening_bytes_max() const {
  constexpr std::size_t kKeysBytes = 4 * 4 + 3 * 32 + 64;
  constexpr std::size_t kSignatureBytes = 2 + 5 + 2 + 64;
  constexpr std::size_t kLengthsBytes = 64;
  // A person whose keys are filled in may make the lengths around them a byte longer.
  return bytes_.size() + manifest_.people.size() * (kKeysBytes + kSignatureBytes + 4) + kLengthsBytes;
}

Result<void> Draft::check_opening(Manifest const& opening) const {
  // The clerk's program fills in nothing but keys.
  auto plain = opening;
  strip_keys(plain);
  if (meeting::encode_body(plain) != bytes_) return Refusal::kConflict;
  return {};
}

}  // namespace piaojue::server
