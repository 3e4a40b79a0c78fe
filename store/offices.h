// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a service keeps of its offices (docs/office-service.md), and the one way it is kept. Whose a meeting is stands
/// in every question: of another office's meeting the answer is that of one which is not there. What is sealed is
/// sealed and opened by the server.
///
/// This reader knows of a meeting the rows that an office may see, and no others: it has no word for keys, slips' rows,
/// token requests, answers, envelopes, mix outputs and the state of trustee 0.
///
/// Everything here blocks, may be called from any thread, and refuses with kStorage; what was refused was not written,
/// or will be found written when it is asked again. All writes can be repeated, and one that finds everything done
/// writes all the same: a commit is answered when it is on the standby, and with it what stood before it.
#include <chrono>
#include <functional>

#include "store/meeting_facts.h"
#include "store/meetings.h"
#include "store/schema.h"

namespace piaojue::store {

using OfficeNumber = std::uint32_t;                               ///< 1 … kOfficesMax
inline constexpr OfficeNumber kOfficesMax = meeting::kPeopleMax;  ///< its slip has three digits for it, as a person's

struct RequestIdTag;
using RequestId = FixedBytes<RequestIdTag, 16>;

struct OfficeRow {
  OfficeNumber office = 0;
  std::string name;
  Bytes slip;                ///< K of its newest slip, sealed
  std::optional<Hash> used;  ///< SHA-256 of the K that it was enrolled by; nothing: it never was
  Hash request;              ///< SHA-256 of the CSR that it was enrolled with
  std::optional<Hash> spki;  ///< of its certificate
  std::string certificate;   ///< PEM
};

/// A part of a draft: a sheet, or a candidate's file.
struct DraftPart {
  std::uint32_t number = 0;  ///< from 0, in the draft's order
  Hash sha256;
  std::uint64_t size = 0;
};
struct PartState {
  std::uint64_t have = 0;  ///< so many bytes, from the beginning
  bool whole = false;      ///< all are there, and were hashed
  bool operator==(PartState const&) const = default;
};
struct OfficeDraftRow {
  MeetingNumber meeting = 0;  ///< that it will be, or is
  bool created = false;
  Bytes description;                         ///< as the server reads it
  std::map<std::uint32_t, PartState> parts;  ///< of which something is there, by number
  bool operator==(OfficeDraftRow const&) const = default;
};

/// A draft that somebody has read. It may have been dropped since, and the request begun anew with another description;
/// and then it has another number, too.
struct DraftId {
  RequestId request;
  MeetingNumber meeting = 0;
  Hash description;  ///< its SHA-256
};
inline DraftId id_of(RequestId const& request, OfficeDraftRow const& row) {
  return {request, row.meeting, crypto::sha256({row.description})};
}

/// A row that is sealed under the service key.
struct SealedRow {
  enum class Kind : std::uint8_t { kIdentity, kOffice, kMeeting };
  Kind kind = Kind::kIdentity;
  std::uint32_t number = 0;  ///< of the office whose slip it is, or of the meeting whose slips wait
  Bytes sealed;
};

/// Of one office.
struct DraftBounds {
  std::size_t drafts_max = 8;                  ///< that are not created
  std::uint64_t draft_bytes_max = 4ULL << 30;  ///< of the parts of these
  std::uint64_t office_bytes_max =
      16ULL << 30;  ///< of its drafts, and its meetings as they were made, with their files
  std::size_t meetings_max = 2'000;
};

/// A line of an office's list.
struct ListedOwn {
  MeetingNumber meeting = 0;
  MeetingFacts facts;
  std::uint32_t enrolled = 0;
  std::optional<meeting::EntryType> last;  ///< type of the log's last entry; nothing: there is none
  bool slips_waiting = false;
};

/// Of an office's own meeting.
struct OwnMeeting {
  MeetingNumber meeting = 0;
  bool slips_waiting = false;
  Contents contents;  ///< kMeta "draft", "format" and "suggested recusals"; kEnrolment; of kEntry the last row alone
};

class Offices {
 public:
  virtual ~Offices() = default;

  // ---- The service's own row: id, CA and TLS key for offices, sealed
  [[nodiscard]] virtual Explained<std::optional<Bytes>> identity() = 0;
  /// Only where there is none. @return the one that stands now.
  [[nodiscard]] virtual Explained<Bytes> set_identity(ByteView sealed) = 0;

  // ---- All that is sealed, for a new service key
  [[nodiscard]] virtual Explained<std::vector<SealedRow>> sealed_rows() = 0;
  /// Only if it is still as `row` says. @return false: it is not.
  [[nodiscard]] virtual Explained<bool> replace_sealed(SealedRow const& row, ByteView after) = 0;

  // ---- Who they are
  /// @param slip of a number, because it is sealed under it. @return the number. kConflict: there are kOfficesMax.
  [[nodiscard]] virtual Explained<OfficeNumber> add_office(std::string const& name,
                                                           std::function<Bytes(OfficeNumber)> const& slip) = 0;
  /// A new slip in place of the one before. @return false: there is no such office.
  [[nodiscard]] virtual Explained<bool> replace_slip(OfficeNumber office, ByteView slip) = 0;
  [[nodiscard]] virtual Explained<std::optional<OfficeRow>> office(OfficeNumber office) = 0;
  [[nodiscard]] virtual Explained<std::vector<OfficeRow>> offices() = 0;
  [[nodiscard]] virtual Explained<std::optional<OfficeNumber>> office_of(Hash const& spki) = 0;
  /// Only if its slip is still `row.slip`, and was not used yet. @return false: it is not.
  [[nodiscard]] virtual Explained<bool> enrol(OfficeRow const& row) = 0;
  /// What was read of this office before is on the standby.
  [[nodiscard]] virtual Explained<void> confirm(OfficeNumber office) = 0;

  // ---- Drafts
  struct NewDraft {
    MeetingNumber meeting = 0;  ///< drawn by the caller
    Bytes description;
    std::uint64_t bytes = 0;  ///< of all its parts, and of the description
    /// After that no further draft is dropped to make room: kBusy, and the next try finds fewer of them.
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
  };
  /// Enters a draft if the request is new. Drops first what this office has not touched for seven days, and then what
  /// it has not touched for longest, until a further one fits: nothing of it was a meeting. From then on the number is
  /// this draft's. Refused: kConflict, the number is another meeting's or draft's; kBusy, a bound.
  [[nodiscard]] virtual Explained<OfficeDraftRow> begin_draft(OfficeNumber office, RequestId const& request,
                                                              NewDraft const& fresh, DraftBounds const& bounds) = 0;
  [[nodiscard]] virtual Explained<std::optional<OfficeDraftRow>> draft(OfficeNumber office,
                                                                       RequestId const& request) = 0;
  // From here on: of that draft, as it was read. Where the request is another one's by now there is no such draft.
  /// At what is there of the part; elsewhere, and of a draft that is created, nothing is taken.
  /// @param bytes kFilePieceBytes, or what is left of the part.
  /// @return what the part has now; nothing: there is no such draft.
  [[nodiscard]] virtual Explained<std::optional<PartState>> put_piece(OfficeNumber office, DraftId const& draft,
                                                                      DraftPart const& part, std::uint64_t offset,
                                                                      ByteView bytes) = 0;
  /// Of a draft that is not created. @return nothing: it is not there.
  [[nodiscard]] virtual Explained<std::optional<Bytes>> read_piece(OfficeNumber office, DraftId const& draft,
                                                                   DraftPart const& part, std::uint64_t offset) = 0;
  /// What is there of the part, all of it, is what was said, or is dropped.
  [[nodiscard]] virtual Explained<void> judge_part(OfficeNumber office, DraftId const& draft, DraftPart const& part,
                                                   bool is_right) = 0;
  struct NewMeeting {
    Contents contents;
    Bytes slips;                          ///< sealed
    std::vector<DraftPart> sheets;        ///< parts that nobody needs any more
    std::optional<MeetingNumber> like{};  ///< a meeting of this office, whose files it shares: they lie there once
    std::optional<Bytes> identity{};      ///< as it was when keys and slips were sealed
  };
  /// The meeting of a draft, in one transaction or not at all. Of a draft that is created already it changes nothing.
  /// @return its number; nothing: there is no such draft, or no meeting `like`.
  /// Refused: kBusy, a bound of bytes; kConflict, the service's row is another by now: seal anew.
  [[nodiscard]] virtual Explained<std::optional<MeetingNumber>> create(OfficeNumber office, DraftId const& draft,
                                                                       NewMeeting const& made,
                                                                       DraftBounds const& bounds) = 0;

  // ---- Its meetings. Nothing: no such meeting, or not this office's
  /// With numbers above `after`, ascending, `count` at most.
  [[nodiscard]] virtual Explained<std::vector<ListedOwn>> own_meetings(OfficeNumber office, MeetingNumber after,
                                                                       std::size_t count) = 0;
  [[nodiscard]] virtual Explained<std::optional<OwnMeeting>> own_meeting(OfficeNumber office,
                                                                         MeetingNumber meeting) = 0;
  /// kEntry, kCheckpoint and kCosignature. Refused also: kTooLarge, their values are more than `bytes_max`; kBusy,
  /// they were not read by then.
  [[nodiscard]] virtual Explained<std::optional<Contents>> own_log(OfficeNumber office, MeetingNumber meeting,
                                                                   std::uint64_t bytes_max,
                                                                   std::chrono::steady_clock::time_point until) = 0;
  /// Sealed. An empty one: they are erased.
  [[nodiscard]] virtual Explained<std::optional<Bytes>> own_slips(OfficeNumber office, MeetingNumber meeting) = 0;
  /// @return false: no such meeting.
  [[nodiscard]] virtual Explained<bool> erase_slips(OfficeNumber office, MeetingNumber meeting) = 0;
};

}  // namespace piaojue::store
