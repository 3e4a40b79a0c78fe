// SPDX-License-Identifier: Apache-2.0
#include "server/office_desk.h"

#include <ostream>
#include <streambuf>

#include "protocol/meeting/codec.h"
#include "server/export.h"
#include "strings/offices.h"
#include "strings/refusals.h"

namespace piaojue::server {

namespace wire = office_wire;
namespace text = strings::offices;
using store::MeetingNumber;

namespace {

constexpr std::size_t kListedAtOnce = 16;
constexpr std::size_t kPieceBytes = 256U << 10;

Explanation refused(Refusal code) { return {strings::sentence_of(code), {}, code}; }
/// Of a meeting that is not there and of another office's: the same.
Explanation unknown() { return {text::kNoMeeting, {}, Refusal::kUnknown}; }

wire::Stage stage_of(store::ListedOwn const& own) {
  if (!own.last) return wire::Stage::kBeforeOpen;
  return *own.last == meeting::EntryType::kMeetingClose ? wire::Stage::kClosed : wire::Stage::kOpen;
}

wire::Listed listed(store::ListedOwn const& own) {
  auto const& facts = own.facts;
  return {own.meeting,   facts.title,  facts.date,   facts.rehearsal,
          stage_of(own), facts.people, own.enrolled, own.slips_waiting};
}

/// What is written to it, once; a std::ostringstream would hold it twice before it is bytes.
class IntoBytes final : public std::streambuf {
 public:
  explicit IntoBytes(Bytes& out) : out_(out) {}

 protected:
  std::streamsize xsputn(char const* text, std::streamsize length) override {
    append(out_, as_bytes({text, static_cast<std::size_t>(length)}));
    return length;
  }
  int_type overflow(int_type one) override {
    if (!traits_type::eq_int_type(one, traits_type::eof())) out_.push_back(static_cast<std::uint8_t>(one));
    return traits_type::not_eof(one);
  }

 private:
  Bytes& out_;
};

}  // namespace

OfficeDesk::OfficeDesk(OfficeWorld world, OfficeIdentity identity)
    : world_(std::move(world)),
      identity_(std::move(identity)),
      enrolling_(world_.offices, world_.seal, identity_, world_.now_ms, world_.now_s, world_.enrolling),
      drafts_({world_.offices, world_.seal, world_.seal_keys, world_.address, world_.now_ms, world_.now_s,
               world_.bounds, world_.drafts_per_office, world_.creations_per_office, world_.bytes_per_office}) {}

wire::Refused OfficeDesk::told(Explanation const& why) {
  auto const code = why.code.value_or(Refusal::kInternal);
  if (code != Refusal::kStorage && code != Refusal::kInternal) return {code, why.in(Lang::kZh), why.in(Lang::kEn)};
  // Where the database stands and what it said is the operator's.
  if (world_.failed && is_to_be_told(why)) world_.failed(why);
  auto const& said = strings::sentence_of(code);
  return {code, std::string(said.zh), std::string(said.en)};
}

bool OfficeDesk::is_to_be_told(Explanation const& why) {
  std::lock_guard const lock(mutex_);
  return failures_.is_due(std::string(why.what.key()), world_.now_ms());
}

OfficeAnswer OfficeDesk::say(std::uint64_t id, Answered const& answered, bool close) {
  return {wire::encode_reply(id, answered ? *answered : wire::Answer(told(answered.error()))), close};
}

OfficeAnswer OfficeDesk::answer(OfficeSession& session, ByteView frame, Moment asked) {
  auto request = wire::parse_request(frame);
  if (!request) return {{}, true};
  auto const id = request->id;
  bool const is_stranger = !session.peer.certificate;
  if (is_stranger != request->enrolment) return say(id, refused(Refusal::kNotAuthorised), true);
  if (!request->what) return say(id, refused(request->what.error()));
  if (is_stranger) {
    auto const answered = of_stranger(session, *request->what);
    return say(id, answered, enrolling_.is_used_up(session.stranger));
  }
  // Asked each time: from a new enrolment on, the certificate before it is nobody's.
  auto const office = world_.offices.office_of(*session.peer.certificate);
  if (!office) return say(id, office.error());
  if (!*office) return say(id, refused(Refusal::kNotAuthorised), true);
  if (auto const* record = std::get_if<wire::GetRecord>(&*request->what)) {
    // What is held now may not be once it is asked for on another thread.
    if (auto const held = held_record(**office, *record)) return say(id, piece_of(*held, record->offset));
  }
  if (!is_heavy(session, *request->what)) return say(id, of_office(**office, session, *request->what, asked));
  auto const kept = std::make_shared<wire::What const>(std::move(*request->what));
  return {{}, false, [this, id, number = **office, &session, kept, asked] {
            return say(id, of_office(number, session, *kept, asked));
          }};
}

bool OfficeDesk::is_heavy(OfficeSession const& session, wire::What const& what) {
  if (auto const* piece = std::get_if<wire::PutPiece>(&what)) return OfficeDrafts::is_heavy(session.open, *piece);
  // A draft that begins may let others go, with gigabytes of files.
  return std::holds_alternative<wire::BeginDraft>(what) || std::holds_alternative<wire::CreateMeeting>(what) ||
         std::holds_alternative<wire::Rehearse>(what) || std::holds_alternative<wire::GetRecord>(what);
}

OfficeDesk::Answered OfficeDesk::of_stranger(OfficeSession& session, wire::What const& what) {
  if (auto const* start = std::get_if<wire::EnrolStart>(&what)) {
    return enrolling_.start(session.peer, session.stranger, *start);
  }
  if (auto const* key = std::get_if<wire::EnrolKey>(&what)) {
    return enrolling_.finish(session.peer, session.stranger, *key);
  }
  return refused(Refusal::kNotAuthorised);
}

OfficeDesk::Answered OfficeDesk::of_office(OfficeNumber office, OfficeSession& session, wire::What const& what,
                                           Moment asked) {
  auto const until = std::min(Going::Clock::now() + world_.heavy_max, asked + world_.answer_max);
  struct Visitor {
    OfficeDesk& desk;
    OfficeNumber office;
    OfficeSession& session;
    Going going;
    Answered operator()(wire::EnrolStart const& /*in*/) const { return refused(Refusal::kNotAuthorised); }
    Answered operator()(wire::EnrolKey const& /*in*/) const { return refused(Refusal::kNotAuthorised); }
    Answered operator()(wire::BeginDraft const& in) const {
      return desk.drafts_.begin(office, session.open, in, going);
    }
    Answered operator()(wire::PutPiece const& in) const { return desk.drafts_.put(office, session.open, in, going); }
    Answered operator()(wire::CreateMeeting const& in) const { return desk.drafts_.create(office, in.request, going); }
    Answered operator()(wire::Rehearse const& in) const { return desk.drafts_.rehearse(office, in, going); }
    Answered operator()(wire::ListMeetings const& in) const { return desk.list(office, in); }
    Answered operator()(wire::GetSlips const& in) const { return desk.slips(office, in); }
    Answered operator()(wire::SlipsKept const& in) const { return desk.erase_slips(office, in); }
    Answered operator()(wire::GetEnrolled const& in) const { return desk.people(office, in); }
    Answered operator()(wire::GetRecord const& in) const { return desk.record(office, in, going); }
  };
  return std::visit(Visitor{*this, office, session, Going(stopping_, until)}, what);
}

OfficeDesk::Answered OfficeDesk::list(OfficeNumber office, wire::ListMeetings const& in) {
  auto const own = world_.offices.own_meetings(office, in.after, kListedAtOnce + 1);
  if (!own) return own.error();
  wire::MeetingList out;
  out.more = own->size() > kListedAtOnce;
  for (std::size_t i = 0; i < std::min(own->size(), kListedAtOnce); ++i) {
    out.meetings.push_back(listed((*own)[i]));
  }
  return wire::Answer(std::move(out));
}

OfficeDesk::Answered OfficeDesk::slips(OfficeNumber office, wire::GetSlips const& in) {
  auto const sealed = world_.offices.own_slips(office, in.meeting);
  if (!sealed) return sealed.error();
  if (!*sealed) return unknown();
  if ((*sealed)->empty()) return Explanation(text::kSlipsGone, {}, Refusal::kWrongPhase);
  auto const own = world_.offices.own_meeting(office, in.meeting);
  if (!own) return own.error();
  if (!*own) return unknown();
  // What was read may not be on the standby yet, and the office gives these slips to people.
  if (auto const confirmed = world_.offices.confirm(office); !confirmed) return confirmed.error();
  auto const draft = read_draft((*own)->contents);
  auto const plain = world_.seal.open(**sealed, about_slips(in.meeting));
  if (!draft || !plain) return Explanation(text::kSlipsNotOpened, {}, Refusal::kInternal);
  wire::Slips out{draft->title, draft->date, draft->rehearsal, {}};
  auto lines = as_text(plain->view());
  for (auto const& person : draft->people) {
    auto const end = lines.find('\n');
    if (end == std::string_view::npos) return Explanation(text::kSlipsNotOpened, {}, Refusal::kInternal);
    out.slips.push_back({std::string(lines.substr(0, end)), person.name, person.employer, person.roles});
    lines.remove_prefix(end + 1);
  }
  return wire::Answer(std::move(out));
}

OfficeDesk::Answered OfficeDesk::erase_slips(OfficeNumber office, wire::SlipsKept const& in) {
  auto const erased = world_.offices.erase_slips(office, in.meeting);
  if (!erased) return erased.error();
  if (!*erased) return unknown();
  return wire::Answer(wire::SlipsErased{});
}

OfficeDesk::Answered OfficeDesk::people(OfficeNumber office, wire::GetEnrolled const& in) {
  auto const own = world_.offices.own_meeting(office, in.meeting);
  if (!own) return own.error();
  if (!*own) return unknown();
  auto const manifest = with_enrolled_keys((*own)->contents);
  if (!manifest) return refused(manifest.error());
  wire::People out;
  for (PersonId p = 1; p <= manifest->people.size(); ++p) {
    auto const& person = manifest->people[p - 1];
    auto const code = person.identity_key
                          ? meeting::device_code(manifest->meeting_id, p,
                                                 {*person.identity_key, *person.witness_key, *person.box_key})
                          : std::string();
    out.people.push_back({person.name, person.roles, code});
  }
  return wire::Answer(std::move(out));
}

std::optional<OfficeDesk::Record> OfficeDesk::held_record(OfficeNumber office, wire::GetRecord const& in) {
  std::lock_guard const lock(mutex_);
  auto const it = records_.find(office);
  bool const is_it = it != records_.end() && it->second.meeting == in.meeting && it->second.sha256 == in.sha256;
  return is_it ? std::optional(it->second) : std::nullopt;
}

void OfficeDesk::hold(OfficeNumber office, Record const& record) {
  std::lock_guard const lock(mutex_);
  records_.insert_or_assign(office, record);
  // The largest goes: whoever fetches a small one is not made to wait by whoever fetches a large one.
  for (;;) {
    std::uint64_t all = 0;
    auto largest = records_.end();
    for (auto it = records_.begin(); it != records_.end(); ++it) {
      all += it->second.bytes->size();
      if (it->first == office) continue;
      if (largest == records_.end() || it->second.bytes->size() > largest->second.bytes->size()) largest = it;
    }
    if (all <= world_.records_held_bytes_max || largest == records_.end()) return;
    records_.erase(largest);
  }
}

Explained<OfficeDesk::Record> OfficeDesk::fresh_record(OfficeNumber office, MeetingNumber meeting, Going const& going) {
  auto const own = world_.offices.own_meetings(office, meeting - 1, 1);
  if (!own) return own.error();
  if (own->empty() || own->front().meeting != meeting) return unknown();
  if (stage_of(own->front()) != wire::Stage::kClosed) return Explanation(text::kNotClosed, {}, Refusal::kWrongPhase);
  {
    std::lock_guard const lock(mutex_);
    auto const now = world_.now_ms();
    if (!records_made_.try_emplace(office, world_.records_per_office, now).first->second.take(now)) {
      return refused(Refusal::kBusy);
    }
  }
  auto log = world_.offices.own_log(office, meeting, world_.record_bytes_max, going.until());
  if (!log) return log.error();
  if (!*log) return unknown();
  Bytes whole;
  IntoBytes into(whole);
  std::ostream out(&into);
  auto const written = export_record(**log, out, [&] { return going.on(); });
  if (!written && written.error() == Refusal::kBusy) return Explanation(text::kTookLong, {}, Refusal::kBusy);
  if (!written) return refused(written.error());
  log->reset();
  whole.shrink_to_fit();
  auto const sha256 = crypto::sha256({whole});
  Record made{meeting, sha256, std::make_shared<Bytes const>(std::move(whole))};
  hold(office, made);
  return made;
}

OfficeDesk::Answered OfficeDesk::record(OfficeNumber office, wire::GetRecord const& in, Going const& going) {
  std::optional<Record> held;
  if (in.sha256) held = held_record(office, in);
  if (!held) {
    auto made = fresh_record(office, in.meeting, going);
    if (!made) return made.error();
    held = std::move(*made);
  }
  if (in.sha256 && *in.sha256 != held->sha256) return Explanation(text::kRecordGrew, {}, Refusal::kConflict);
  return piece_of(*held, in.offset);
}

OfficeDesk::Answered OfficeDesk::piece_of(Record const& record, std::uint64_t offset) {
  auto const& bytes = *record.bytes;
  if (offset >= bytes.size()) return refused(Refusal::kOutOfRange);
  auto const length = std::min<std::uint64_t>(kPieceBytes, bytes.size() - offset);
  return wire::Answer(
      wire::RecordPiece{bytes.size(), record.sha256, to_bytes(ByteView(bytes).subspan(offset, length))});
}

}  // namespace piaojue::server
