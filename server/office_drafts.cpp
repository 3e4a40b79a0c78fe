// SPDX-License-Identifier: Apache-2.0
#include "server/office_drafts.h"

#include <set>

#include "crypto/running_hash.h"
#include "protocol/meeting/attachment.h"
#include "sheets/sheet.h"
#include "strings/offices.h"
#include "strings/refusals.h"

namespace piaojue::server {

namespace wire = office_wire;
namespace text = strings::offices;
using store::DraftPart;
using store::kFilePieceBytes;
using store::MeetingNumber;
using store::RequestId;

namespace {

/// Six digits, so that a slip stays short; at random, so that a number tells nobody how many meetings there are.
constexpr MeetingNumber kNumberMin = 100'000, kNumberMax = 999'999;
constexpr unsigned kNumberTries = 8;

// What a draft's row describes.
constexpr std::uint8_t kOfParts = 'd', kOfMeeting = 'r';

Explanation refused(Refusal code) { return {strings::sentence_of(code), {}, code}; }
Explanation refused(Refusal code, Sentence what) { return {std::move(what), {}, code}; }

Bytes describe(wire::OfficeDraft const& draft) {
  Bytes out{kOfParts};
  append(out, wire::encode(draft));
  return out;
}
Bytes describe_rehearsal(MeetingNumber of) {
  Bytes out{kOfMeeting};
  append_u32be(out, of);
  return out;
}
/// Nothing: it is a rehearsal.
std::optional<wire::OfficeDraft> described(ByteView bytes) {
  if (bytes.empty() || bytes.front() != kOfParts) return std::nullopt;
  auto draft = wire::parse_draft(bytes.subspan(1));
  return draft ? std::optional(std::move(*draft)) : std::nullopt;
}

std::vector<std::uint32_t> sheets_of(wire::OfficeDraft const& draft) {
  std::vector<std::uint32_t> out{draft.meeting, draft.members, draft.candidates};
  if (draft.recusals) out.push_back(*draft.recusals);
  return out;
}

/// An office's program makes no other drafts; what a person could have done is told as such when it is read.
Result<void> check(wire::OfficeDraft const& draft) {
  auto const count = draft.parts.size();
  std::vector<std::uint64_t> bytes_max(count, 0);  // 0: not used
  auto const allow = [&](std::uint32_t part, std::uint64_t max) {
    if (part >= count || bytes_max[part] != 0) return false;
    bytes_max[part] = max;
    return true;
  };
  if (!allow(draft.meeting, kMeetingTomlBytesMax) || !allow(draft.members, sheets::kSheetBytesMax) ||
      !allow(draft.candidates, sheets::kSheetBytesMax) ||
      (draft.recusals && !allow(*draft.recusals, sheets::kSheetBytesMax))) {
    return Refusal::kMalformed;
  }
  auto const sheets = sheets_of(draft);
  for (auto const& file : draft.files) {
    if (file.part >= count || std::ranges::find(sheets, file.part) != sheets.end()) return Refusal::kMalformed;
    if (!meeting::is_attachment_name(file.name)) return Refusal::kMalformed;
    bytes_max[file.part] = meeting::kAttachmentBytesMax;  // one file of two candidates is one part
  }
  std::set<Hash> hashes;
  for (auto const& part : draft.parts) {
    auto const max = bytes_max[part.number];
    if (max == 0 || part.size == 0 || !hashes.insert(part.sha256).second) return Refusal::kMalformed;
    if (part.size > max) return Refusal::kTooLarge;
  }
  return {};
}

std::uint64_t bytes_of(wire::OfficeDraft const& draft) {
  std::uint64_t out = 0;
  for (auto const& part : draft.parts) out += part.size;
  return out;
}

/// What the files that are this part are named: their first bytes must agree.
bool begins_as_named(wire::OfficeDraft const& draft, std::uint32_t part, ByteView head) {
  return std::ranges::all_of(draft.files, [&](auto const& file) {
    if (file.part != part) return true;
    auto const media = meeting::media_of(file.name);
    return media && meeting::begins_as(*media, head);
  });
}

}  // namespace

Secret join_slips(std::vector<meeting::Slip> const& slips) {
  std::string lines;
  for (auto const& slip : slips) lines += meeting::format_slip(slip) + "\n";
  auto out = Secret::copy_of(as_bytes(lines));
  sodium_memzero(lines.data(), lines.size());
  return out;
}

Explained<store::OfficeDraftRow> OfficeDrafts::enter(OfficeNumber office, RequestId const& request, Bytes description,
                                                     std::uint64_t bytes) {
  for (unsigned tries = 0;; ++tries) {
    auto const number = kNumberMin + randombytes_uniform(kNumberMax - kNumberMin + 1);
    auto row = tools_.offices.begin_draft(office, request, {number, description, bytes}, tools_.bounds);
    if (!row && row.error().code == Refusal::kConflict && tries < kNumberTries) continue;
    if (row && row->description != description) return refused(Refusal::kConflict, text::kOtherDraft);
    return row;
  }
}

Explained<wire::Answer> OfficeDrafts::begin(OfficeNumber office, wire::BeginDraft const& in) {
  if (auto const ok = check(in.draft); !ok) return refused(ok.error());
  auto const row = enter(office, in.request, describe(in.draft), bytes_of(in.draft));
  if (!row) return row.error();
  wire::DraftBegun out;
  for (auto const& part : in.draft.parts) {
    auto const there = row->parts.find(part.number);
    out.have.push_back(row->created ? part.size : there == row->parts.end() ? 0 : there->second.have);
  }
  if (row->created) out.meeting = row->meeting;
  return wire::Answer(std::move(out));
}

Explained<void> OfficeDrafts::judge(OfficeNumber office, RequestId const& request, DraftPart const& part) {
  crypto::RunningHash hash;
  for (std::uint64_t at = 0; at < part.size; at += kFilePieceBytes) {
    auto const piece = tools_.offices.read_piece(office, request, part, at);
    if (!piece) return piece.error();
    if (!*piece) return {};  // created or dropped meanwhile, by another connection of this office
    hash.add(**piece);
  }
  bool const is_right = hash.finish() == part.sha256;
  if (auto const done = tools_.offices.judge_part(office, request, part, is_right); !done) return done;
  if (!is_right) return refused(Refusal::kConflict, Sentence(text::kPartDiffers, {{"part", part.number}}));
  return {};
}

Explained<wire::Answer> OfficeDrafts::put(OfficeNumber office, std::optional<Open>& open, wire::PutPiece const& in) {
  if (!open || open->request != in.request) {
    auto const row = tools_.offices.draft(office, in.request);
    if (!row) return row.error();
    auto draft = *row ? described((*row)->description) : std::nullopt;
    if (!draft) return refused(Refusal::kUnknown);
    open = Open{in.request, std::move(*draft)};
  }
  if (in.part >= open->draft.parts.size()) return refused(Refusal::kOutOfRange);
  auto const& part = open->draft.parts[in.part];
  bool const is_piece = in.offset < part.size && in.offset % kFilePieceBytes == 0 &&
                        in.bytes.size() == std::min<std::uint64_t>(kFilePieceBytes, part.size - in.offset);
  if (!is_piece) return refused(Refusal::kOutOfRange);
  if (in.offset == 0 && !begins_as_named(open->draft, in.part, in.bytes)) {
    return refused(Refusal::kMalformed, Sentence(text::kPartNotAsNamed, {{"part", in.part}}));
  }
  auto const state = tools_.offices.put_piece(office, in.request, part, in.offset, in.bytes);
  if (!state) return state.error();
  if (!*state) {
    open.reset();
    return refused(Refusal::kUnknown);
  }
  if ((*state)->have == part.size && !(*state)->whole) {
    if (auto const done = judge(office, in.request, part); !done) return done.error();
  }
  return wire::Answer(wire::PieceKept{(*state)->have});
}

Explained<Bytes> OfficeDrafts::read_part(OfficeNumber office, RequestId const& request, DraftPart const& part) {
  Bytes out;
  while (out.size() < part.size) {
    auto const piece = tools_.offices.read_piece(office, request, part, out.size());
    if (!piece) return piece.error();
    if (!*piece || (*piece)->empty()) return refused(Refusal::kWrongPhase, text::kPartsMissing);
    append(out, **piece);
  }
  return out;
}

Explained<ReadMeeting> OfficeDrafts::read_meeting(OfficeNumber office, RequestId const& request,
                                                  wire::OfficeDraft const& draft) {
  WrittenMeeting written;
  auto const read = [&](WrittenFile& into, char const* name, std::uint32_t part) -> Explained<void> {
    auto bytes = read_part(office, request, draft.parts[part]);
    if (!bytes) return bytes.error();
    into = {name, std::move(*bytes)};
    return {};
  };
  if (auto const done = read(written.meeting, "meeting", draft.meeting); !done) return done.error();
  if (auto const done = read(written.members, "members", draft.members); !done) return done.error();
  if (auto const done = read(written.candidates, "candidates", draft.candidates); !done) return done.error();
  if (draft.recusals) {
    if (auto const done = read(written.recusals.emplace(), "recusals", *draft.recusals); !done) return done.error();
  }
  auto out = read_written(written);
  if (!out) return out;
  auto& candidates = out->manifest.candidates;
  for (auto const& file : draft.files) {
    if (file.question < 1 || file.question > candidates.size()) {
      return unusable(Sentence(text::kFileOfNobody, {{"file", file.name}, {"question", file.question}}));
    }
    auto const& part = draft.parts[file.part];
    candidates[file.question - 1].attachments.push_back({file.name, part.size, part.sha256});
  }
  return out;
}

Explained<void> OfficeDrafts::count_creation(OfficeNumber office) {
  std::lock_guard const lock(mutex_);
  auto const now = tools_.now_ms();
  auto& allowance = creations_.try_emplace(office, tools_.creations_per_office, now).first->second;
  if (!allowance.take(now)) return refused(Refusal::kBusy);
  return {};
}

Explained<wire::Answer> OfficeDrafts::make(OfficeNumber office, RequestId const& request, MeetingNumber number,
                                           ReadMeeting read, std::vector<Hash> const& sheets) {
  auto drafted = draft_meeting(std::move(read), {tools_.address, number}, tools_.now_s());
  if (!drafted) return drafted.error();
  drafted->writes.put(store::Table::kMeta, to_bytes(as_bytes("keys")), tools_.seal_keys(number, drafted->keys));
  auto const slips = tools_.seal.seal(join_slips(drafted->slips).view(), about_slips(number));
  auto const created = tools_.offices.create(office, request, contents_of(drafted->writes), slips, sheets);
  if (!created) return created.error();
  if (!*created) return refused(Refusal::kUnknown);
  return wire::Answer(wire::Created{**created});
}

Explained<wire::Answer> OfficeDrafts::create(OfficeNumber office, RequestId const& request) {
  auto const row = tools_.offices.draft(office, request);
  if (!row) return row.error();
  if (!*row) return refused(Refusal::kUnknown);
  auto const draft = described((*row)->description);
  if (!draft) return refused(Refusal::kUnknown);
  if ((*row)->created) return wire::Answer(wire::Created{(*row)->meeting});
  for (auto const& part : draft->parts) {
    auto const there = (*row)->parts.find(part.number);
    if (there == (*row)->parts.end() || !there->second.whole) return refused(Refusal::kWrongPhase, text::kPartsMissing);
  }
  if (auto const counted = count_creation(office); !counted) return counted.error();
  auto read = read_meeting(office, request, *draft);
  if (!read) return read.error();
  std::vector<Hash> sheets;
  for (auto const part : sheets_of(*draft)) sheets.push_back(draft->parts[part].sha256);
  return make(office, request, (*row)->meeting, std::move(*read), sheets);
}

Explained<wire::Answer> OfficeDrafts::rehearse(OfficeNumber office, wire::Rehearse const& in) {
  auto const of = tools_.offices.own_meeting(office, in.meeting);
  if (!of) return of.error();
  if (!*of) return refused(Refusal::kUnknown);
  auto manifest = read_draft((*of)->contents);
  auto suggestions = read_suggestions((*of)->contents);
  if (!manifest || !suggestions) return refused(Refusal::kStorage);
  std::uint64_t bytes = 0;
  for (auto const& candidate : manifest->candidates) {
    for (auto const& file : candidate.attachments) bytes += file.size;
  }
  auto const row = enter(office, in.request, describe_rehearsal(in.meeting), bytes);
  if (!row) return row.error();
  if (row->created) return wire::Answer(wire::Created{row->meeting});
  if (auto const counted = count_creation(office); !counted) return counted.error();
  auto const copied = tools_.offices.copy_files(office, in.request, in.meeting);
  if (!copied) return copied.error();
  if (!*copied) return refused(Refusal::kUnknown);
  manifest->rehearsal = true;
  return make(office, in.request, row->meeting, {std::move(*manifest), std::move(*suggestions)}, {});
}

}  // namespace piaojue::server
