// SPDX-License-Identifier: Apache-2.0
#include "server/office_wire.h"

#include "piaojue/v2/office.pb.h"
#include "protocol/meeting/protobuf.h"

namespace piaojue::server::office_wire {

using meeting::protobuf::parse_within;

namespace {

constexpr std::size_t kDraftElementsMax = 2 * kPartsMax;
constexpr std::size_t kReplyElementsMax = 2 * kPartsMax;

void set(std::string* field, ByteView bytes) { field->assign(as_text(bytes)); }
Bytes get(std::string const& field) { return to_bytes(as_bytes(field)); }
template <class T>
[[nodiscard]] bool take(T& out, std::string const& field) {
  auto const value = T::from(as_bytes(field));
  if (value) out = *value;
  return value.has_value();
}

// ---- The draft

void fill(v2::OfficeDraft& out, OfficeDraft const& in) {
  for (auto const& part : in.parts) {
    auto& added = *out.add_parts();
    set(added.mutable_sha256(), part.sha256.view());
    added.set_size(part.size);
  }
  out.set_meeting(in.meeting);
  out.set_members(in.members);
  out.set_candidates(in.candidates);
  if (in.recusals) out.set_recusals(*in.recusals);
  for (auto const& file : in.files) {
    auto& added = *out.add_files();
    added.set_question(file.question);
    added.set_name(file.name);
    added.set_part(file.part);
  }
}

Result<OfficeDraft> read(v2::OfficeDraft const& in) {
  OfficeDraft out;
  if (in.parts_size() > static_cast<int>(kPartsMax) || in.files_size() > static_cast<int>(kPartsMax)) {
    return Refusal::kTooLarge;
  }
  for (auto const& part : in.parts()) {
    auto& added = out.parts.emplace_back();
    added.number = static_cast<std::uint32_t>(out.parts.size() - 1);
    added.size = part.size();
    if (!take(added.sha256, part.sha256())) return Refusal::kMalformed;
  }
  out.meeting = in.meeting();
  out.members = in.members();
  out.candidates = in.candidates();
  if (in.has_recusals()) out.recusals = in.recusals();
  for (auto const& file : in.files()) out.files.push_back({file.question(), file.name(), file.part()});
  return out;
}

// ---- Requests

struct RequestWriter {
  v2::OfficeFrame& out;
  void operator()(EnrolStart const& in) const { out.mutable_enrol_start()->set_office(in.office); }
  void operator()(EnrolKey const& in) const {
    set(out.mutable_enrol_key()->mutable_csr(), in.csr);
    set(out.mutable_enrol_key()->mutable_proof(), in.proof.view());
  }
  void operator()(BeginDraft const& in) const {
    set(out.mutable_begin_draft()->mutable_request(), in.request.view());
    fill(*out.mutable_begin_draft()->mutable_draft(), in.draft);
  }
  void operator()(PutPiece const& in) const {
    auto& to = *out.mutable_put_piece();
    set(to.mutable_request(), in.request.view());
    to.set_part(in.part);
    to.set_offset(in.offset);
    set(to.mutable_bytes(), in.bytes);
  }
  void operator()(CreateMeeting const& in) const {
    set(out.mutable_create_meeting()->mutable_request(), in.request.view());
  }
  void operator()(Rehearse const& in) const {
    set(out.mutable_rehearse()->mutable_request(), in.request.view());
    out.mutable_rehearse()->set_meeting(in.meeting);
  }
  void operator()(ListMeetings const& in) const { out.mutable_list_meetings()->set_after(in.after); }
  void operator()(GetSlips const& in) const { out.mutable_get_slips()->set_meeting(in.meeting); }
  void operator()(SlipsKept const& in) const { out.mutable_slips_kept()->set_meeting(in.meeting); }
  void operator()(GetEnrolled const& in) const { out.mutable_get_enrolled()->set_meeting(in.meeting); }
  void operator()(GetRecord const& in) const {
    auto& to = *out.mutable_get_record();
    to.set_meeting(in.meeting);
    to.set_offset(in.offset);
    if (in.sha256) set(to.mutable_sha256(), in.sha256->view());
  }
};

Result<What> read(v2::OfficeEnrolKey const& in) {
  EnrolKey out{get(in.csr()), {}};
  if (!take(out.proof, in.proof())) return Refusal::kMalformed;
  return What(std::move(out));
}

Result<What> read(v2::BeginDraft const& in) {
  auto draft = read(in.draft());
  if (!draft) return draft.error();
  BeginDraft out{{}, std::move(*draft)};
  if (!take(out.request, in.request())) return Refusal::kMalformed;
  return What(std::move(out));
}

Result<What> read(v2::PutPiece const& in) {
  PutPiece out{{}, in.part(), in.offset(), get(in.bytes())};
  if (!take(out.request, in.request())) return Refusal::kMalformed;
  return What(std::move(out));
}

Result<What> read(v2::CreateMeeting const& in) {
  CreateMeeting out;
  if (!take(out.request, in.request())) return Refusal::kMalformed;
  return What(out);
}

Result<What> read(v2::Rehearse const& in) {
  Rehearse out{{}, in.meeting()};
  if (!take(out.request, in.request())) return Refusal::kMalformed;
  return What(out);
}

Result<What> read(v2::GetRecord const& in) {
  GetRecord out{in.meeting(), in.offset(), {}};
  if (!in.sha256().empty() && !take(out.sha256.emplace(), in.sha256())) return Refusal::kMalformed;
  return What(out);
}

Result<What> read_what(v2::OfficeFrame const& in) {
  switch (in.request_case()) {
    case v2::OfficeFrame::kEnrolStart:
      return What(EnrolStart{in.enrol_start().office()});
    case v2::OfficeFrame::kEnrolKey:
      return read(in.enrol_key());
    case v2::OfficeFrame::kBeginDraft:
      return read(in.begin_draft());
    case v2::OfficeFrame::kPutPiece:
      return read(in.put_piece());
    case v2::OfficeFrame::kCreateMeeting:
      return read(in.create_meeting());
    case v2::OfficeFrame::kRehearse:
      return read(in.rehearse());
    case v2::OfficeFrame::kListMeetings:
      return What(ListMeetings{in.list_meetings().after()});
    case v2::OfficeFrame::kGetSlips:
      return What(GetSlips{in.get_slips().meeting()});
    case v2::OfficeFrame::kSlipsKept:
      return What(SlipsKept{in.slips_kept().meeting()});
    case v2::OfficeFrame::kGetEnrolled:
      return What(GetEnrolled{in.get_enrolled().meeting()});
    case v2::OfficeFrame::kGetRecord:
      return read(in.get_record());
    case v2::OfficeFrame::REQUEST_NOT_SET:
      break;
  }
  return Refusal::kUnknownType;
}

// ---- Replies

struct ReplyWriter {
  v2::ServiceFrame& out;
  void operator()(Refused const& in) const {
    out.mutable_refused()->set_code(static_cast<std::uint32_t>(in.code));
    out.mutable_refused()->set_zh(in.zh);
    out.mutable_refused()->set_en(in.en);
  }
  void operator()(Proof const& in) const {
    set(out.mutable_proof()->mutable_service_id(), in.service_id);
    set(out.mutable_proof()->mutable_proof(), in.proof.view());
  }
  void operator()(Enrolled const& in) const {
    out.mutable_enrolled()->set_certificate(in.certificate);
    out.mutable_enrolled()->set_name(in.name);
  }
  void operator()(DraftBegun const& in) const {
    for (auto const have : in.have) out.mutable_draft_begun()->add_have(have);
    out.mutable_draft_begun()->set_meeting(in.meeting);
  }
  void operator()(PieceKept const& in) const { out.mutable_piece_kept()->set_have(in.have); }
  void operator()(Created const& in) const { out.mutable_meeting_created()->set_meeting(in.meeting); }
  void operator()(MeetingList const& in) const {
    auto& to = *out.mutable_meetings();
    for (auto const& one : in.meetings) {
      auto& added = *to.add_meetings();
      added.set_meeting(one.meeting);
      added.set_title(one.title);
      added.set_date(one.date);
      added.set_rehearsal(one.rehearsal);
      added.set_stage(static_cast<v2::MeetingStage>(one.stage));
      added.set_people(one.people);
      added.set_enrolled(one.enrolled);
      added.set_slips_waiting(one.slips_waiting);
    }
    to.set_more(in.more);
  }
  void operator()(Slips const& in) const {
    auto& to = *out.mutable_slips();
    to.set_title(in.title);
    to.set_date(in.date);
    to.set_rehearsal(in.rehearsal);
    for (auto const& one : in.slips) {
      auto& added = *to.add_slips();
      added.set_line(one.line);
      added.set_name(one.name);
      added.set_employer(one.employer);
      added.set_roles(one.roles);
    }
  }
  void operator()(SlipsErased const& /*in*/) const { out.mutable_slips_erased(); }
  void operator()(People const& in) const {
    auto& to = *out.mutable_people();
    for (auto const& one : in.people) {
      auto& added = *to.add_people();
      added.set_name(one.name);
      added.set_roles(one.roles);
      added.set_device_code(one.device_code);
    }
  }
  void operator()(RecordPiece const& in) const {
    auto& to = *out.mutable_record_piece();
    to.set_size(in.size);
    set(to.mutable_sha256(), in.sha256.view());
    set(to.mutable_bytes(), in.bytes);
  }
};

Result<Answer> read(v2::OfficeRefused const& in) {
  if (in.code() == 0 || in.code() > static_cast<std::uint32_t>(kLastRefusal)) return Refusal::kMalformed;
  return Answer(Refused{static_cast<Refusal>(in.code()), in.zh(), in.en()});
}

Result<Answer> read(v2::OfficeProof const& in) {
  Proof out;
  if (in.service_id().size() != out.service_id.size() || !take(out.proof, in.proof())) return Refusal::kMalformed;
  std::ranges::copy(as_bytes(in.service_id()), out.service_id.begin());
  return Answer(out);
}

Result<Answer> read(v2::MeetingList const& in) {
  MeetingList out;
  for (auto const& one : in.meetings()) {
    if (one.stage() < v2::MEETING_STAGE_BEFORE_OPEN || one.stage() > v2::MEETING_STAGE_CLOSED) {
      return Refusal::kMalformed;
    }
    out.meetings.push_back({one.meeting(), one.title(), one.date(), one.rehearsal(), static_cast<Stage>(one.stage()),
                            one.people(), one.enrolled(), one.slips_waiting()});
  }
  out.more = in.more();
  return Answer(std::move(out));
}

Answer read(v2::MeetingSlips const& in) {
  Slips out{in.title(), in.date(), in.rehearsal(), {}};
  for (auto const& one : in.slips()) out.slips.push_back({one.line(), one.name(), one.employer(), one.roles()});
  return out;
}

Answer read(v2::EnrolledPeople const& in) {
  People out;
  for (auto const& one : in.people()) out.people.push_back({one.name(), one.roles(), one.device_code()});
  return out;
}

Result<Answer> read(v2::RecordPiece const& in) {
  RecordPiece out{in.size(), {}, get(in.bytes())};
  if (!take(out.sha256, in.sha256())) return Refusal::kMalformed;
  return Answer(std::move(out));
}

Result<Answer> read_answer(v2::ServiceFrame const& in) {
  switch (in.body_case()) {
    case v2::ServiceFrame::kRefused:
      return read(in.refused());
    case v2::ServiceFrame::kProof:
      return read(in.proof());
    case v2::ServiceFrame::kEnrolled:
      return Answer(Enrolled{in.enrolled().certificate(), in.enrolled().name()});
    case v2::ServiceFrame::kDraftBegun: {
      auto const& have = in.draft_begun().have();
      return Answer(DraftBegun{{have.begin(), have.end()}, in.draft_begun().meeting()});
    }
    case v2::ServiceFrame::kPieceKept:
      return Answer(PieceKept{in.piece_kept().have()});
    case v2::ServiceFrame::kMeetingCreated:
      return Answer(Created{in.meeting_created().meeting()});
    case v2::ServiceFrame::kMeetings:
      return read(in.meetings());
    case v2::ServiceFrame::kSlips:
      return read(in.slips());
    case v2::ServiceFrame::kSlipsErased:
      return Answer(SlipsErased{});
    case v2::ServiceFrame::kPeople:
      return read(in.people());
    case v2::ServiceFrame::kRecordPiece:
      return read(in.record_piece());
    case v2::ServiceFrame::BODY_NOT_SET:
      break;
  }
  return Refusal::kMalformed;
}

}  // namespace

Bytes encode(OfficeDraft const& draft) {
  v2::OfficeDraft out;
  fill(out, draft);
  return meeting::protobuf::encode(out);
}

Result<OfficeDraft> parse_draft(ByteView bytes) {
  v2::OfficeDraft in;
  if (auto const parsed = parse_within(bytes, in, kDraftElementsMax); !parsed) return parsed.error();
  return read(in);
}

Bytes encode_request(std::uint64_t id, What const& what) {
  v2::OfficeFrame out;
  out.set_id(id);
  std::visit(RequestWriter{out}, what);
  return meeting::protobuf::encode(out);
}

Result<Request> parse_request(ByteView frame) {
  v2::OfficeFrame in;
  if (!parse_within(frame, in, kDraftElementsMax) || in.id() == 0) return Refusal::kMalformed;
  Request out;
  out.id = in.id();
  out.enrolment = in.has_enrol_start() || in.has_enrol_key();
  out.what = read_what(in);
  return out;
}

Bytes encode_reply(std::uint64_t id, Answer const& answer) {
  v2::ServiceFrame out;
  out.set_id(id);
  std::visit(ReplyWriter{out}, answer);
  return meeting::protobuf::encode(out);
}

Result<Reply> parse_reply(ByteView frame) {
  v2::ServiceFrame in;
  if (!parse_within(frame, in, kReplyElementsMax)) return Refusal::kMalformed;
  auto answer = read_answer(in);
  if (!answer) return answer.error();
  return Reply{in.id(), std::move(*answer)};
}

}  // namespace piaojue::server::office_wire
