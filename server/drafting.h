// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting from what people wrote to what is stored of it, without a folder, a clock or a network: `init` puts it
/// into a directory (directory.h), a service into its database. In two steps, because the candidates' files are named
/// in the manifest and may take long to come:
///
///     read_written → (attachments are added to the candidates) → draft_meeting
#include "protocol/meeting/enrolment.h"
#include "server/draft.h"
#include "server/files.h"
#include "server/keys.h"

namespace piaojue::server {

inline constexpr std::size_t kMeetingTomlBytesMax = 256U << 10;  ///< of server.toml too

struct WrittenFile {
  std::string name;  ///< by which a fault in it is told: its path, or what its sender calls it
  Bytes bytes;
};
/// meeting.toml (settings.h), the sheets of members and candidates (sheets/committee.h), and recusals (suggestions.h).
struct WrittenMeeting {
  WrittenFile meeting, members, candidates;
  std::optional<WrittenFile> recusals;
};

/// What they say: a manifest without ids and keys, and who is suggested to stand back from whom.
struct ReadMeeting {
  meeting::Manifest manifest;
  std::vector<Suggestion> suggestions;
};
/// Refused (`is_unusable`): a file that is too large, every fault of the two sheets at once (50 of them in words), a
/// key or a rule of meeting.toml, a fault of the recusals, an expert who applies and is suggested no recusal from
/// herself.
[[nodiscard]] Explained<ReadMeeting> read_written(WrittenMeeting const& written);

/// Where its people find it.
struct MeetingPlace {
  meeting::SlipAddress address;
  std::uint32_t number = 0;  ///< of the meeting, on its slips; 0: it has none
};

/// All of a meeting before anybody has enrolled. Codes of slips stand here and nowhere else.
struct DraftedMeeting {
  meeting::Manifest manifest;  ///< with its id and the server's public keys
  std::vector<Suggestion> suggestions;
  Keys keys;
  Hash tls_spki;                     ///< of the server's certificate
  std::vector<meeting::Slip> slips;  ///< one a person, ascending from 1; as texts: `slip_file` (slips.h)
  Writes writes;                     ///< what an empty store becomes
};
/// Fresh ids, keys and codes. @param now_s POSIX seconds, for the certificates.
/// Refused: `is_unusable`, a meeting that no log could open; without that code, a library that failed.
[[nodiscard]] Explained<DraftedMeeting> draft_meeting(ReadMeeting read, MeetingPlace const& place, std::uint64_t now_s);

/// A fresh slip of a person: its K goes into `writes`, its code into the slip only.
meeting::Slip make_slip(Writes& writes, Secret const& seal_key, meeting::MeetingId const& meeting_id,
                        MeetingPlace const& place, PersonId person);

/// The drafted manifest of a store with the newest keys of everybody who has enrolled. @return kStorage.
[[nodiscard]] Result<meeting::Manifest> with_enrolled_keys(Contents const& contents);

/// What `writes` leave of an empty store.
Contents contents_of(Writes const& writes);

}  // namespace piaojue::server
