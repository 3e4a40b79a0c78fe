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
using store::DraftId;
using store::DraftPart;
using store::kFilePieceBytes;
using store::MeetingNumber;
using store::RequestId;

namespace {

/// Six digits, so that a slip stays short; at random, so that a number tells nobody how many meetings there are.
constexpr MeetingNumber kNumberMin = 100'000, kNumberMax = 999'999;
constexpr unsigned kNumberTries = 8;
/// How often a meeting is sealed anew because the service key was changed meanwhile.
constexpr unsigned kSealTries = 3;

/// A part that is no larger is read whole as quickly as anything else is answered.
constexpr std::uint64_t kReadAtOnce = 4 * kFilePieceBytes;

// What a draft's row describes.
constexpr std::uint8_t kOfParts = 'd', kOfMeeting = 'r';

Explanation refused(Refusal code) { return {strings::sentence_of(code), {}, code}; }
Explanation refused(Refusal code, Sentence what) { return {std::move(what), {}, code}; }
Explanation took_long() { return refused(Refusal::kBusy, text::kTookLong); }

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

std::uint64_t last_piece_of(DraftPart const& part) { return (part.size - 1) / kFilePieceBytes * kFilePieceBytes; }

/// What a part still lacks begins there. Of one that is there and was not judged, because that was broken off, the last
/// piece is wanted once more.
std::uint64_t have_of(store::OfficeDraftRow const& row, DraftPart const& part) {
  if (row.created) return part.size;
  auto const there = row.parts.find(part.number);
  if (there == row.parts.end()) return 0;
  auto const& state = there->second;
  return state.have == part.size && !state.whole ? last_piece_of(part) : state.have;
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
                                                     std::uint64_t bytes, Going const& going) {
  if (!take(begins_, tools_.drafts_per_office, office, 1)) return refused(Refusal::kBusy);
  for (unsigned tries = 0;; ++tries) {
    if (!going.on()) return took_long();
    auto const number = kNumberMin + randombytes_uniform(kNumberMax - kNumberMin + 1);
    auto row = tools_.offices.begin_draft(
        office, request, {number, description, bytes + description.size(), going.until()}, tools_.bounds);
    if (!row && row.error().code == Refusal::kConflict && tries < kNumberTries) continue;
    if (row && row->meeting != number) give_back(begins_, office);  // it was begun before
    if (row && row->description != description) return refused(Refusal::kConflict, text::kOtherDraft);
    return row;
  }
}

Explained<wire::Answer> OfficeDrafts::begin(OfficeNumber office, std::optional<Open>& open, wire::BeginDraft const& in,
                                            Going const& going) {
  open.reset();  // it may have been dropped, and be another one from now on
  if (auto const ok = check(in.draft); !ok) return refused(ok.error());
  auto description = describe(in.draft);
  // It is written, and may be megabytes.
  if (!take(bytes_, tools_.bytes_per_office, office, static_cast<double>(description.size()))) {
    return refused(Refusal::kBusy, text::kSentMuch);
  }
  auto const row = enter(office, in.request, std::move(description), bytes_of(in.draft), going);
  if (!row) return row.error();
  wire::DraftBegun out;
  for (auto const& part : in.draft.parts) out.have.push_back(have_of(*row, part));
  if (row->created) out.meeting = row->meeting;
  return wire::Answer(std::move(out));
}

Explained<void> OfficeDrafts::judge(OfficeNumber office, DraftId const& id, DraftPart const& part, Going const& going) {
  crypto::RunningHash hash;
  for (std::uint64_t at = 0; at < part.size; at += kFilePieceBytes) {
    if (!going.on()) return took_long();
    auto const piece = tools_.offices.read_piece(office, id, part, at);
    if (!piece) return piece.error();
    if (!*piece) return {};  // created or dropped meanwhile, by another connection of this office
    hash.add(**piece);
  }
  bool const is_right = hash.finish() == part.sha256;
  if (auto const done = tools_.offices.judge_part(office, id, part, is_right); !done) return done;
  if (!is_right) return refused(Refusal::kConflict, Sentence(text::kPartDiffers, {{"part", part.number}}));
  return {};
}

Explained<wire::Answer> OfficeDrafts::put(OfficeNumber office, std::optional<Open>& open, wire::PutPiece const& in,
                                          Going const& going) {
  if (!open || open->id.request != in.request) {
    auto const row = tools_.offices.draft(office, in.request);
    if (!row) return row.error();
    auto draft = *row ? described((*row)->description) : std::nullopt;
    if (!draft) return refused(Refusal::kUnknown);
    open = Open{id_of(in.request, **row), std::move(*draft)};
  }
  if (in.part >= open->draft.parts.size()) return refused(Refusal::kOutOfRange);
  auto const& part = open->draft.parts[in.part];
  bool const is_piece = in.offset < part.size && in.offset % kFilePieceBytes == 0 &&
                        in.bytes.size() == std::min<std::uint64_t>(kFilePieceBytes, part.size - in.offset);
  if (!is_piece) return refused(Refusal::kOutOfRange);
  if (in.offset == 0 && !begins_as_named(open->draft, in.part, in.bytes)) {
    return refused(Refusal::kMalformed, Sentence(text::kPartNotAsNamed, {{"part", in.part}}));
  }
  // Whatever goes again makes the database write, too.
  if (!take(bytes_, tools_.bytes_per_office, office, static_cast<double>(in.bytes.size()))) {
    return refused(Refusal::kBusy, text::kSentMuch);
  }
  auto const state = tools_.offices.put_piece(office, open->id, part, in.offset, in.bytes);
  if (!state) return state.error();
  if (!*state) {
    open.reset();
    return refused(Refusal::kUnknown);
  }
  if (in.offset == last_piece_of(part) && (*state)->have == part.size && !(*state)->whole) {
    if (auto const done = judge(office, open->id, part, going); !done) return done.error();
  }
  return wire::Answer(wire::PieceKept{(*state)->have});
}

bool OfficeDrafts::is_heavy(std::optional<Open> const& open, wire::PutPiece const& in) {
  if (!open || open->id.request != in.request) return true;
  if (in.part >= open->draft.parts.size()) return false;
  auto const& part = open->draft.parts[in.part];
  return part.size > kReadAtOnce && in.offset == last_piece_of(part);
}

Explained<Bytes> OfficeDrafts::read_part(OfficeNumber office, DraftId const& id, DraftPart const& part,
                                         Going const& going) {
  Bytes out;
  while (out.size() < part.size) {
    if (!going.on()) return took_long();
    auto const piece = tools_.offices.read_piece(office, id, part, out.size());
    if (!piece) return piece.error();
    if (!*piece || (*piece)->empty()) return refused(Refusal::kWrongPhase, text::kPartsMissing);
    append(out, **piece);
  }
  return out;
}

Explained<ReadMeeting> OfficeDrafts::read_meeting(OfficeNumber office, DraftId const& id,
                                                  wire::OfficeDraft const& draft, Going const& going) {
  WrittenMeeting written;
  auto const read = [&](WrittenFile& into, char const* name, std::uint32_t part) -> Explained<void> {
    auto bytes = read_part(office, id, draft.parts[part], going);
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

bool OfficeDrafts::take(Allowances& from, Rate const& rate, OfficeNumber office, double amount) {
  std::lock_guard const lock(mutex_);
  auto const now = tools_.now_ms();
  return from.try_emplace(office, rate, now).first->second.take(now, amount);
}

void OfficeDrafts::give_back(Allowances& to, OfficeNumber office) {
  std::lock_guard const lock(mutex_);
  if (auto const it = to.find(office); it != to.end()) it->second.give_back();
}

Explained<wire::Answer> OfficeDrafts::make(OfficeNumber office, DraftId const& id, ReadMeeting read,
                                           store::Offices::NewMeeting made, Going const& going) {
  if (!going.on()) return took_long();
  auto const number = id.meeting;
  auto drafted = draft_meeting(std::move(read), {tools_.address, number}, tools_.now_s());
  if (!drafted) return drafted.error();
  auto const slips = join_slips(drafted->slips);
  made.contents = contents_of(drafted->writes);
  for (unsigned tries = 1;; ++tries) {
    if (!going.on()) return took_long();
    auto standing = standing_key(tools_.offices, tools_.seal);
    if (!standing) return standing.error();
    made.contents[store::Table::kMeta][to_bytes(as_bytes("keys"))] =
        tools_.seal_keys(number, drafted->keys, standing->key);
    made.slips = tools_.seal.seal_by(standing->key, slips.view(), about_slips(number));
    made.identity = std::move(standing->row);
    auto const created = tools_.offices.create(office, id, made, tools_.bounds);
    if (!created && created.error().code == Refusal::kConflict && tries < kSealTries) continue;
    if (!created) return created.error();
    if (!*created) return refused(Refusal::kUnknown);
    return wire::Answer(wire::Created{**created});
  }
}

Explained<wire::Answer> OfficeDrafts::create(OfficeNumber office, RequestId const& request, Going const& going) {
  auto const row = tools_.offices.draft(office, request);
  if (!row) return row.error();
  if (!*row) return refused(Refusal::kUnknown);
  auto const draft = described((*row)->description);
  if (!draft) return refused(Refusal::kUnknown);
  if ((*row)->created) {
    if (auto const confirmed = tools_.offices.confirm(office); !confirmed) return confirmed.error();
    return wire::Answer(wire::Created{(*row)->meeting});
  }
  for (auto const& part : draft->parts) {
    auto const there = (*row)->parts.find(part.number);
    if (there == (*row)->parts.end() || !there->second.whole) return refused(Refusal::kWrongPhase, text::kPartsMissing);
  }
  if (!take(creations_, tools_.creations_per_office, office, 1)) return refused(Refusal::kBusy);
  auto const id = id_of(request, **row);
  auto read = read_meeting(office, id, *draft, going);
  if (!read) return read.error();
  store::Offices::NewMeeting made;
  for (auto const part : sheets_of(*draft)) made.sheets.push_back(draft->parts[part]);
  return make(office, id, std::move(*read), std::move(made), going);
}

Explained<wire::Answer> OfficeDrafts::rehearse(OfficeNumber office, wire::Rehearse const& in, Going const& going) {
  auto const of = tools_.offices.own_meeting(office, in.meeting);
  if (!of) return of.error();
  if (!*of) return refused(Refusal::kUnknown);
  auto manifest = read_draft((*of)->contents);
  auto suggestions = read_suggestions((*of)->contents);
  if (!manifest || !suggestions) return refused(Refusal::kStorage);
  auto const row = enter(office, in.request, describe_rehearsal(in.meeting), 0, going);
  if (!row) return row.error();
  if (row->created) return wire::Answer(wire::Created{row->meeting});
  if (!take(creations_, tools_.creations_per_office, office, 1)) return refused(Refusal::kBusy);
  manifest->rehearsal = true;
  store::Offices::NewMeeting made;
  made.like = in.meeting;
  return make(office, id_of(in.request, *row), {std::move(*manifest), std::move(*suggestions)}, std::move(made), going);
}

}  // namespace piaojue::server
