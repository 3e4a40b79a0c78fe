// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The meeting as it was drafted, without keys: who is invited, until the log says so. What opens the meeting must be
/// this draft, with the keys that were enrolled (enrolments.h).
#include "protocol/meeting/record.h"
#include "server/outbox.h"

namespace piaojue::server {

/// Whom the office thinks that an expert has to stand back from: offered to him alone, for his own signature. It is
/// part of the draft and never of the log: on the office's word it makes no crowd smaller.
struct Suggestion {
  PersonId person = 0;
  meeting::QuestionId question = 0;
  std::string reason;
  bool operator==(Suggestion const&) const = default;
};
inline constexpr std::size_t kSuggestionsMax = 25'500;
inline constexpr std::size_t kSuggestionReasonBytesMax = 256;

/// The writes that make an empty store one for `Core::recover`: the drafted meeting. Keys of people in it are ignored.
/// @return what Record refuses the manifest with.
[[nodiscard]] Result<Writes> write_draft(meeting::Manifest draft, std::vector<Suggestion> const& suggestions = {});
/// The drafted manifest of a store, and the log's once the meeting is open. @return kStorage.
[[nodiscard]] Result<meeting::Manifest> read_draft(Contents const& contents);
/// None where the draft has none. @return kStorage.
[[nodiscard]] Result<std::vector<Suggestion>> read_suggestions(Contents const& contents);

class Draft {
 public:
  /// @param record is asked for the log's manifest once the meeting is open; outlives this.
  Draft(meeting::Manifest manifest, meeting::Record const& record, std::vector<Suggestion> suggestions = {});

  meeting::Manifest const& manifest() const { return manifest_; }
  std::vector<Suggestion> suggested_to(PersonId person) const;
  /// Of the draft, or of the log once the meeting is open. Nothing: there is no such person.
  meeting::Person const* person(PersonId id) const;
  /// Of MeetingOpen with everybody's keys and all signatures, at most.
  std::size_t opening_bytes_max() const;
  /// @return kConflict: it is another meeting than the drafted one.
  [[nodiscard]] Result<void> check_opening(meeting::Manifest const& opening) const;

 private:
  meeting::Manifest manifest_;
  std::vector<Suggestion> suggestions_;
  Bytes bytes_;  ///< its encoding
  meeting::Record const& record_;
};

}  // namespace piaojue::server
