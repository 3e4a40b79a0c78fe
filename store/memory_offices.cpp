// SPDX-License-Identifier: Apache-2.0
#include "store/memory_offices.h"

#include <set>

#include "protocol/meeting/codec.h"
#include "store/moving.h"
#include "store/offices_said.h"

namespace piaojue::store {

using Guard = std::lock_guard<std::mutex>;

namespace {

/// Out of the service, or on its way (moving.h).
bool is_moved(Contents const& contents) { return contents[Table::kMeta].contains(moved_row()); }

}  // namespace

MemoryOffices::Draft* MemoryOffices::find(OfficeNumber office, RequestId const& request) {
  auto const it = drafts_.find({office, request});
  return it == drafts_.end() ? nullptr : &it->second;
}

MemoryOffices::Draft* MemoryOffices::find(OfficeNumber office, DraftId const& draft) {
  auto* there = find(office, draft.request);
  bool const is_it =
      there != nullptr && there->meeting == draft.meeting && crypto::sha256({there->description}) == draft.description;
  return is_it ? there : nullptr;
}

MemoryOffices::Meeting* MemoryOffices::find(OfficeNumber office, MeetingNumber meeting) {
  auto const it = meetings_.find(meeting);
  return it == meetings_.end() || it->second.office != office || is_moved(it->second.contents) ? nullptr : &it->second;
}

std::map<MeetingNumber, MemoryOffices::Meeting> MemoryOffices::meetings() const {
  Guard const lock(mutex_);
  return meetings_;
}

std::map<Hash, Bytes> MemoryOffices::draft_files(MeetingNumber meeting) const {
  Guard const lock(mutex_);
  for (auto const& [key, draft] : drafts_) {
    if (draft.meeting == meeting) return draft.files;
  }
  return {};
}

void MemoryOffices::put(MeetingNumber meeting, Meeting state) {
  Guard const lock(mutex_);
  meetings_[meeting] = std::move(state);
}

Explained<std::optional<Bytes>> MemoryOffices::identity() {
  Guard const lock(mutex_);
  return identity_;
}

Explained<Bytes> MemoryOffices::set_identity(ByteView sealed) {
  Guard const lock(mutex_);
  if (!identity_) identity_ = to_bytes(sealed);
  return *identity_;
}

Explained<std::vector<SealedRow>> MemoryOffices::sealed_rows() {
  Guard const lock(mutex_);
  std::vector<SealedRow> out;
  if (identity_) out.push_back({SealedRow::Kind::kIdentity, 0, *identity_});
  for (auto const& [number, row] : offices_) out.push_back({SealedRow::Kind::kOffice, number, row.slip});
  for (auto const& [number, meeting] : meetings_) {
    if (!meeting.slips.empty()) out.push_back({SealedRow::Kind::kMeeting, number, meeting.slips});
  }
  return out;
}

Explained<bool> MemoryOffices::replace_sealed(SealedRow const& row, ByteView after) {
  Guard const lock(mutex_);
  auto const replace = [&](Bytes& there) {
    bool const is_it = there == row.sealed;
    if (is_it) there = to_bytes(after);
    return is_it;
  };
  switch (row.kind) {
    case SealedRow::Kind::kIdentity:
      return identity_ && replace(*identity_);
    case SealedRow::Kind::kOffice:
      return offices_.contains(row.number) && replace(offices_.at(row.number).slip);
    case SealedRow::Kind::kMeeting:
      break;
  }
  return meetings_.contains(row.number) && replace(meetings_.at(row.number).slips);
}

Explained<OfficeNumber> MemoryOffices::add_office(std::string const& name,
                                                  std::function<Bytes(OfficeNumber)> const& slip) {
  Guard const lock(mutex_);
  OfficeNumber const number = offices_.empty() ? 1 : offices_.rbegin()->first + 1;
  if (number > kOfficesMax) return offices_full();
  offices_[number] = {number, name, slip(number), {}, {}, {}, {}};
  return number;
}

Explained<bool> MemoryOffices::replace_slip(OfficeNumber office, ByteView slip) {
  Guard const lock(mutex_);
  auto const it = offices_.find(office);
  if (it == offices_.end()) return false;
  it->second.slip = to_bytes(slip);
  return true;
}

Explained<std::optional<OfficeRow>> MemoryOffices::office(OfficeNumber office) {
  Guard const lock(mutex_);
  auto const it = offices_.find(office);
  return it == offices_.end() ? std::nullopt : std::optional(it->second);
}

Explained<std::vector<OfficeRow>> MemoryOffices::offices() {
  Guard const lock(mutex_);
  std::vector<OfficeRow> out;
  for (auto const& [number, row] : offices_) out.push_back(row);
  return out;
}

Explained<std::optional<OfficeNumber>> MemoryOffices::office_of(Hash const& spki) {
  Guard const lock(mutex_);
  for (auto const& [number, row] : offices_) {
    if (row.spki == spki) return std::optional(number);
  }
  return std::optional<OfficeNumber>();
}

Explained<bool> MemoryOffices::enrol(OfficeRow const& row) {
  Guard const lock(mutex_);
  auto const it = offices_.find(row.office);
  if (it == offices_.end() || it->second.slip != row.slip || it->second.used == row.used) return false;
  for (auto const& [number, other] : offices_) {
    if (other.spki == row.spki) return false;
  }
  auto name = it->second.name;
  it->second = row;
  it->second.name = std::move(name);
  return true;
}

Explained<void> MemoryOffices::confirm(OfficeNumber /*office*/) { return {}; }

bool MemoryOffices::occupy(MeetingNumber meeting) {
  Guard const lock(mutex_);
  bool const is_draft = std::ranges::any_of(drafts_, [&](auto const& one) { return one.second.meeting == meeting; });
  return !is_draft && meetings_.try_emplace(meeting).second;
}

OfficeHas MemoryOffices::has(OfficeNumber office) const {
  OfficeHas out;
  for (auto const& [key, draft] : drafts_) {
    if (key.first != office || !draft.created) continue;
    ++out.meetings;
    out.bytes += draft.bytes;
  }
  return out;
}

Explained<OfficeDraftRow> MemoryOffices::begin_draft(OfficeNumber office, RequestId const& request,
                                                     NewDraft const& fresh, DraftBounds const& bounds) {
  Guard const lock(mutex_);
  if (auto const* known = find(office, request)) {
    return OfficeDraftRow{known->meeting, known->created, known->description, known->parts};
  }
  for (auto const& [key, draft] : drafts_) {
    if (draft.meeting == fresh.meeting) return number_taken();
  }
  if (meetings_.contains(fresh.meeting)) return number_taken();
  auto const made = has(office);
  if (auto const fits = check_bounds(bounds, fresh.bytes, made); !fits) return fits.error();
  drop_oldest(office, fresh.bytes, bounds, draft_room(bounds, made));
  drafts_[{office, request}] = {fresh.meeting, false, fresh.description, fresh.bytes, ++touches_, {}, {}};
  return OfficeDraftRow{fresh.meeting, false, fresh.description, {}};
}

void MemoryOffices::drop_oldest(OfficeNumber office, std::uint64_t bytes, DraftBounds const& bounds,
                                std::uint64_t room) {
  for (;;) {
    std::size_t count = 0;
    auto oldest = drafts_.end();
    auto all = bytes;
    for (auto it = drafts_.begin(); it != drafts_.end(); ++it) {
      if (it->first.first != office || it->second.created) continue;
      ++count;
      all += it->second.bytes;
      if (oldest == drafts_.end() || it->second.touched < oldest->second.touched) oldest = it;
    }
    if (oldest == drafts_.end() || (count < bounds.drafts_max && all <= room)) return;
    drafts_.erase(oldest);
  }
}

Explained<std::optional<OfficeDraftRow>> MemoryOffices::draft(OfficeNumber office, RequestId const& request) {
  Guard const lock(mutex_);
  auto const* draft = find(office, request);
  if (draft == nullptr) return std::optional<OfficeDraftRow>();
  return std::optional(OfficeDraftRow{draft->meeting, draft->created, draft->description, draft->parts});
}

Explained<std::optional<PartState>> MemoryOffices::put_piece(OfficeNumber office, DraftId const& id,
                                                             DraftPart const& part, std::uint64_t offset,
                                                             ByteView bytes) {
  Guard const lock(mutex_);
  auto* draft = find(office, id);
  if (draft == nullptr) return std::optional<PartState>();
  if (draft->created) return std::optional(PartState{part.size, true});
  auto& state = draft->parts[part.number];
  if (state.have == offset && !state.whole) {
    append(draft->files[part.sha256], bytes);
    draft->touched = ++touches_;
    state.have += bytes.size();
  }
  return std::optional(state);
}

Explained<std::optional<Bytes>> MemoryOffices::read_piece(OfficeNumber office, DraftId const& id, DraftPart const& part,
                                                          std::uint64_t offset) {
  Guard const lock(mutex_);
  auto* draft = find(office, id);
  if (draft == nullptr || draft->created) return std::optional<Bytes>();
  auto const& bytes = draft->files[part.sha256];
  if (offset >= bytes.size()) return std::optional<Bytes>();
  auto const length = std::min<std::uint64_t>(kFilePieceBytes, bytes.size() - offset);
  return std::optional(to_bytes(ByteView(bytes).subspan(offset, length)));
}

Explained<void> MemoryOffices::judge_part(OfficeNumber office, DraftId const& id, DraftPart const& part,
                                          bool is_right) {
  Guard const lock(mutex_);
  auto* draft = find(office, id);
  if (draft == nullptr || draft->created) return {};
  auto& state = draft->parts[part.number];
  if (state.have != part.size || state.whole) return {};
  if (is_right) {
    state.whole = true;
  } else {
    draft->parts.erase(part.number);
    draft->files.erase(part.sha256);
  }
  return {};
}

Explained<std::optional<MeetingNumber>> MemoryOffices::create(OfficeNumber office, DraftId const& id,
                                                              NewMeeting const& made, DraftBounds const& bounds) {
  Guard const lock(mutex_);
  auto* draft = find(office, id);
  if (draft == nullptr) return std::optional<MeetingNumber>();
  auto const number = draft->meeting;
  if (draft->created) return std::optional(number);
  auto const* like = made.like ? find(office, *made.like) : nullptr;
  if (made.like && like == nullptr) return std::optional<MeetingNumber>();
  if (made.identity != identity_) return sealed_anew();
  auto const sheets = bytes_of(made.sheets);
  if (sheets > draft->bytes) return std::optional<MeetingNumber>();
  auto const bytes = draft->bytes - sheets + bytes_of(made);
  if (has(office).bytes + bytes > bounds.office_bytes_max) return office_full(bounds);
  for (auto const& sheet : made.sheets) draft->files.erase(sheet.sha256);
  meetings_[number] = {office, made.contents, made.slips, like != nullptr ? like->files : std::move(draft->files)};
  draft->created = true;
  draft->bytes = bytes;
  draft->files.clear();
  draft->parts.clear();
  return std::optional(number);
}

namespace {

/// The rows that an office may see.
OwnMeeting seen(MeetingNumber number, MemoryOffices::Meeting const& meeting) {
  OwnMeeting out;
  out.meeting = number;
  out.slips_waiting = !meeting.slips.empty();
  for (auto const& [key, value] : meeting.contents[Table::kMeta]) {
    if (is_draft_row(as_text(key))) out.contents[Table::kMeta][key] = value;
  }
  out.contents[Table::kEnrolment] = meeting.contents[Table::kEnrolment];
  auto const& entries = meeting.contents[Table::kEntry];
  if (!entries.empty()) out.contents[Table::kEntry].insert(*entries.rbegin());
  return out;
}

}  // namespace

Explained<std::vector<ListedOwn>> MemoryOffices::own_meetings(OfficeNumber office, MeetingNumber after,
                                                              std::size_t count) {
  Guard const lock(mutex_);
  std::vector<ListedOwn> out;
  for (auto it = meetings_.upper_bound(after); it != meetings_.end() && out.size() < count; ++it) {
    auto const& [number, one] = *it;
    if (one.office != office || is_moved(one.contents)) continue;
    ListedOwn listed{number, facts_of(one.contents), 0, {}, !one.slips.empty()};
    std::set<PersonId> enrolled;
    for (auto const& [key, value] : one.contents[Table::kEnrolment]) {
      if (key.size() >= 4) enrolled.insert(read_u32be(key));
    }
    listed.enrolled = static_cast<std::uint32_t>(enrolled.size());
    auto const& entries = one.contents[Table::kEntry];
    if (!entries.empty()) listed.last = meeting::type_of(entries.rbegin()->second);
    out.push_back(std::move(listed));
  }
  return out;
}

Explained<std::optional<OwnMeeting>> MemoryOffices::own_meeting(OfficeNumber office, MeetingNumber meeting) {
  Guard const lock(mutex_);
  auto const* own = find(office, meeting);
  return own == nullptr ? std::nullopt : std::optional(seen(meeting, *own));
}

Explained<std::optional<Contents>> MemoryOffices::own_log(OfficeNumber office, MeetingNumber meeting,
                                                          std::uint64_t bytes_max,
                                                          std::chrono::steady_clock::time_point /*until*/) {
  Guard const lock(mutex_);
  auto const* own = find(office, meeting);
  if (own == nullptr) return std::optional<Contents>();
  Contents out;
  std::uint64_t bytes = 0;
  for (auto const table : kLogTables) {
    out[table] = own->contents[table];
    for (auto const& [key, value] : out[table]) bytes += value.size();
  }
  if (bytes > bytes_max) return log_large(bytes_max);
  return std::optional(std::move(out));
}

Explained<std::optional<Bytes>> MemoryOffices::own_slips(OfficeNumber office, MeetingNumber meeting) {
  Guard const lock(mutex_);
  auto const* own = find(office, meeting);
  return own == nullptr ? std::nullopt : std::optional(own->slips);
}

Explained<bool> MemoryOffices::erase_slips(OfficeNumber office, MeetingNumber meeting) {
  Guard const lock(mutex_);
  auto* own = find(office, meeting);
  if (own == nullptr) return false;
  own->slips.clear();
  return true;
}

}  // namespace piaojue::store
