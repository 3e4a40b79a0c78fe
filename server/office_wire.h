// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Frames between an office and its service (office.proto) as typed values, and back, for both ends.
#include <variant>

#include "base/sentence.h"
#include "crypto/keyed_hash.h"
#include "protocol/meeting/enrolment.h"
#include "store/offices.h"

namespace piaojue::server::office_wire {

using crypto::Hash;
using crypto::Mac;
using meeting::MeetingId;
using store::MeetingNumber;
using store::OfficeNumber;
using store::RequestId;

inline constexpr std::size_t kPartsMax = meeting::kAttachmentsAllMax + 4;
inline constexpr std::uint32_t kFrameBytesMax = 8U << 20;  ///< BeginDraft of so many files is the largest

// ---- The draft
struct DraftFile {
  meeting::QuestionId question = 0;
  std::string name;
  std::uint32_t part = 0;
  bool operator==(DraftFile const&) const = default;
};
struct OfficeDraft {
  std::vector<store::DraftPart> parts;
  std::uint32_t meeting = 0, members = 0, candidates = 0;  ///< parts
  std::optional<std::uint32_t> recusals;
  std::vector<DraftFile> files;
};
/// Always the same bytes for the same draft.
Bytes encode(OfficeDraft const& draft);
/// @return kTooLarge, kMalformed.
[[nodiscard]] Result<OfficeDraft> parse_draft(ByteView bytes);

// ---- Requests
struct EnrolStart {
  OfficeNumber office = 0;
};
struct EnrolKey {
  Bytes csr;
  Mac proof;
};
struct BeginDraft {
  RequestId request;
  OfficeDraft draft;
};
struct PutPiece {
  RequestId request;
  std::uint32_t part = 0;
  std::uint64_t offset = 0;
  Bytes bytes;
};
struct CreateMeeting {
  RequestId request;
};
struct Rehearse {
  RequestId request;
  MeetingNumber meeting = 0;
};
struct ListMeetings {
  MeetingNumber after = 0;
};
struct GetSlips {
  MeetingNumber meeting = 0;
};
struct SlipsKept {
  MeetingNumber meeting = 0;
};
struct GetEnrolled {
  MeetingNumber meeting = 0;
};
struct GetRecord {
  MeetingNumber meeting = 0;
  std::uint64_t offset = 0;
  std::optional<Hash> sha256;
};
using What = std::variant<EnrolStart, EnrolKey, BeginDraft, PutPiece, CreateMeeting, Rehearse, ListMeetings, GetSlips,
                          SlipsKept, GetEnrolled, GetRecord>;
struct Request {
  std::uint64_t id = 0;
  bool enrolment = false;                   ///< it is an EnrolStart or EnrolKey, readable or not
  Result<What> what = Refusal::kMalformed;  ///< kUnknownType: none that is known. kTooLarge
};
Bytes encode_request(std::uint64_t id, What const& what);
/// @return kMalformed: no OfficeFrame, or without an id.
[[nodiscard]] Result<Request> parse_request(ByteView frame);

// ---- Replies
struct Refused {
  Refusal code = Refusal::kInternal;
  std::string zh, en;
};
struct Proof {
  MeetingId service_id{};
  Mac proof;
};
struct Enrolled {
  std::string certificate, name;
};
struct DraftBegun {
  std::vector<std::uint64_t> have;
  MeetingNumber meeting = 0;
};
struct PieceKept {
  std::uint64_t have = 0;
};
struct Created {
  MeetingNumber meeting = 0;
};
enum class Stage : std::uint8_t { kBeforeOpen = 1, kOpen, kClosed };
struct Listed {
  MeetingNumber meeting = 0;
  std::string title, date;
  bool rehearsal = false;
  Stage stage = Stage::kBeforeOpen;
  std::uint32_t people = 0, enrolled = 0;
  bool slips_waiting = false;
};
struct MeetingList {
  std::vector<Listed> meetings;
  bool more = false;
};
/// What a slip is printed from; the person is its place, from 1.
struct PrintedSlip {
  std::string line, name, employer;
  std::uint32_t roles = 0;
};
struct Slips {
  std::string title, date;
  bool rehearsal = false;
  std::vector<PrintedSlip> slips;
};
struct SlipsErased {};
struct EnrolledPerson {
  std::string name;
  std::uint32_t roles = 0;
  std::string device_code;  ///< empty: has not enrolled
};
struct People {
  std::vector<EnrolledPerson> people;
};
struct RecordPiece {
  std::uint64_t size = 0;
  Hash sha256;
  Bytes bytes;
};
using Answer = std::variant<Refused, Proof, Enrolled, DraftBegun, PieceKept, Created, MeetingList, Slips, SlipsErased,
                            People, RecordPiece>;
Bytes encode_reply(std::uint64_t id, Answer const& answer);
struct Reply {
  std::uint64_t id = 0;
  Answer answer;
};
/// @return kMalformed.
[[nodiscard]] Result<Reply> parse_reply(ByteView frame);

}  // namespace piaojue::server::office_wire
