// SPDX-License-Identifier: Apache-2.0
/// What a frame costs the server (specification §9.4): time of the strand that everybody shares, and memory. A whole
/// lawful meeting, in which every frame is measured, and between its steps the worst that somebody who is enrolled may
/// send. By who sends it and what, the worst of each, beside the limits.
///
///     bench_frames [experts questions trustees]
#include <malloc.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "../unit/server/server_fixture.h"

namespace {

std::size_t held_bytes = 0;
std::size_t peak_bytes = 0;

}  // namespace

// Everything here runs on one thread.
void* operator new(std::size_t size) {
  void* const at = std::malloc(size);
  if (at == nullptr) throw std::bad_alloc();
  held_bytes += malloc_usable_size(at);
  peak_bytes = std::max(peak_bytes, held_bytes);
  return at;
}
void operator delete(void* at) noexcept {
  if (at != nullptr) held_bytes -= malloc_usable_size(at);
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept { operator delete(at); }

namespace piaojue::server::test {
namespace {

using namespace piaojue::meeting;  // NOLINT: benches speak the room's words

constexpr double kStrandMsMax = 10;
constexpr double kMemoryTimesMax = 4;
/// Of a small frame the answers and pushes weigh more than itself.
constexpr std::size_t kSmallBytes = 64U << 10;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Cost {
  std::size_t count = 0;
  double ms = 0;               ///< the worst
  std::size_t bytes = 0;       ///< of the frame that took longest
  std::size_t peak = 0;        ///< the most memory that one took
  std::size_t peak_bytes = 0;  ///< of that frame
};

class Bench {
 public:
  Bench(std::uint32_t experts, std::uint32_t questions, std::uint32_t trustees)
      : hall_({.experts = experts, .trustees = trustees, .batches = {questions}}) {
    hall_.on_frame = [this](SessionId session, ByteView frame) { on_frame(session, frame); };
    hall_.take_group = [this] { return take_group(); };
  }
  void run();
  /// @return whether every frame was within the limits.
  bool print() const;

 private:
  void on_frame(SessionId session, ByteView frame);
  CommitGroup take_group();
  std::string_view role_of(SessionId session) const;
  static std::string kind_of(ByteView frame);

  // ---- What nobody's program sends
  void hostile(std::string kind, PersonId person, v2::ClientFrame frame);
  void hostile_bytes(std::string kind, PersonId person, std::string const& bytes);
  void hostile_entry(std::string kind, PersonId person, Bytes const& entry, std::string const& payload = {});
  void before_meeting();
  void at_any_time(PersonId person);
  void with_many_proposals();
  void in_voting();
  void in_mixing(TrusteeId trustee);
  PersonId holder(TrusteeId trustee) const { return hall_.meeting.record.slots().at(trustee); }

  ServerFixture hall_;
  std::map<std::pair<std::string, std::string>, Cost> costs_;
  std::string label_;
  Cost* last_ = nullptr;
  double last_ms_ = 0;
  std::size_t last_bytes_ = 0;
};

// ---- Measuring ----------------------------------------------------------------------------------------------------

std::string_view Bench::role_of(SessionId session) const {
  auto const at = std::ranges::find(hall_.sessions, session, [](auto const& one) { return one.second; });
  if (at == hall_.sessions.end()) return "stranger";
  auto const& record = hall_.meeting.record;
  if (record.phase() == MeetingPhase::kOpen && record.slot_of(at->first)) return "slot holder";
  auto const roles = hall_.meeting.manifest.people.at(at->first - 1).roles;
  if (roles & kScreen) return "screen";
  if (roles & kClerk) return "clerk";
  if (roles & (kChair | kSupervisor)) return "office";
  return "expert";
}

std::string Bench::kind_of(ByteView frame) {
  v2::ClientFrame in;
  if (!in.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) return "?";
  if (in.has_submit()) {
    auto const entry = decode_entry(as_bytes(in.submit().entry()));
    return entry ? std::string(name(entry->type())) : "Submit";
  }
  return in.GetDescriptor()->FindFieldByNumber(static_cast<int>(in.request_case()))->message_type()->name();
}

void Bench::on_frame(SessionId session, ByteView frame) {
  auto const kind = label_.empty() ? kind_of(frame) : label_;
  auto& cost = costs_[{std::string(role_of(session)), kind}];
  last_ = &cost;
  last_bytes_ = frame.size();
  auto const held = held_bytes;
  peak_bytes = held_bytes;
  auto const began = cpu_ms();
  hall_.core->on_frame(session, frame);
  last_ms_ = cpu_ms() - began;
  ++cost.count;
  auto const peak = peak_bytes - held;
  if (peak > cost.peak) {
    cost.peak = peak;
    cost.peak_bytes = frame.size();
  }
  if (last_ms_ > cost.ms) {
    cost.ms = last_ms_;
    cost.bytes = frame.size();
  }
}

/// The group that a frame has filled is its cost too.
CommitGroup Bench::take_group() {
  auto const held = held_bytes;
  peak_bytes = held_bytes;
  auto const began = cpu_ms();
  auto group = hall_.core->take_group();
  if (last_ == nullptr) return group;
  last_ms_ += cpu_ms() - began;
  if (last_ms_ > last_->ms) {
    last_->ms = last_ms_;
    last_->bytes = last_bytes_;
  }
  if (peak_bytes - held > last_->peak) {
    last_->peak = peak_bytes - held;
    last_->peak_bytes = last_bytes_;
  }
  last_ = nullptr;
  return group;
}

bool Bench::print() const {
  constexpr double kKib = 1024;
  bool within = true;
  std::printf("%-12s %-38s %6s %9s %10s %9s   limits: %.0f ms, %.0f × size\n", "who", "frame", "count", "ms", "KiB",
              "× size", kStrandMsMax, kMemoryTimesMax);
  for (auto const& [what, cost] : costs_) {
    bool const small = cost.peak_bytes < kSmallBytes;
    auto const times = static_cast<double>(cost.peak) / static_cast<double>(cost.peak_bytes);
    bool const beyond = cost.ms > kStrandMsMax || (!small && times > kMemoryTimesMax);
    within = within && !beyond;
    std::printf("%-12s %-38s %6zu %9.2f %10.1f ", what.first.c_str(), what.second.c_str(), cost.count, cost.ms,
                static_cast<double>(cost.peak_bytes) / kKib);
    if (small) {
      std::printf("%5.0f KiB%s\n", static_cast<double>(cost.peak) / kKib, beyond ? "   BEYOND" : "");
    } else {
      std::printf("%9.1f%s\n", times, beyond ? "   BEYOND" : "");
    }
  }
  return within;
}

// ---- Hostile frames -----------------------------------------------------------------------------------------------

std::string repeated(std::string_view part, std::size_t bytes) {
  std::string out;
  out.reserve(bytes + part.size());
  while (out.size() < bytes) out += part;
  return out;
}

void Bench::hostile_bytes(std::string kind, PersonId person, std::string const& bytes) {
  label_ = "! " + std::move(kind);
  hall_.send_bytes(hall_.sessions.at(person), as_bytes(bytes));
  hall_.settle();
  label_.clear();
  last_ = nullptr;
  // Who was thrown out for it comes back.
  if (!hall_.open(hall_.sessions.at(person))) hall_.hello(person);
}

void Bench::hostile(std::string kind, PersonId person, v2::ClientFrame frame) {
  frame.set_id(++hall_.last_id);
  hostile_bytes(std::move(kind), person, frame.SerializeAsString());
}

void Bench::hostile_entry(std::string kind, PersonId person, Bytes const& entry, std::string const& payload) {
  hostile(std::move(kind), person, ServerFixture::submit_frame(entry, as_bytes(payload)));
}

void Bench::before_meeting() {
  auto const& meeting = hall_.meeting;
  auto const clerk = meeting.clerk();
  v2::ClientFrame draft;
  draft.mutable_get_draft();
  hostile("GetDraft", clerk, draft);
  // The draft as it is, by somebody who is not asked: every possession in it would be verified.
  hostile_entry("MeetingOpen, not asked", meeting.expert(1), meeting.signed_by(meeting.manifest, {meeting.expert(1)}));
  auto large = meeting.manifest;
  for (auto& candidate : large.candidates) candidate.summary = std::string(kTextBytesMax, 'x');
  while (large.candidates.size() < 1400) large.candidates.push_back(large.candidates.front());
  hostile_entry("MeetingOpen of another draft", clerk, meeting.signed_by(large, {clerk}));
  v2::ClientFrame whole;
  whole.mutable_submit()->set_entry(std::string(24U << 20, 'x'));
  hostile("Submit of no entry", clerk, whole);
}

void Bench::at_any_time(PersonId person) {
  constexpr std::size_t kFrame = (2U << 20) - 64;
  hostile_bytes("frame of empty fields", person, repeated(std::string_view("\x2a\0", 2), kFrame));
  hostile_bytes("frame of unknown fields", person, repeated(std::string_view("\xa2\x06\0", 3), kFrame));
  v2::ClientFrame none;
  none.mutable_submit()->set_entry(std::string(kFrame, 'x'));
  hostile("Submit of no entry", person, none);
  // SignOut: nearly everybody may sign one.
  v2::ClientFrame signatures;
  signatures.mutable_submit()->set_entry(std::string("\x08\x03", 2) +
                                         repeated(std::string_view("\x1a\0", 2), (64U << 10) - 8));
  hostile("Submit of empty signatures", person, signatures);
  SignOut out;
  out.meeting = hall_.meeting.record.meeting();
  out.person = hall_.meeting.supervisor();
  out.sequence = hall_.meeting.record.presence(out.person).sequence;
  out.reason = std::string(kTextBytesMax, 'x');
  auto many = meeting::made(out);
  for (PersonId p = 1; p <= hall_.meeting.manifest.people.size(); ++p) many.entry.signatures.push_back({p, {}});
  many.entry.signatures[person - 1] =
      sign_body(many.entry.type(), many.entry.body_bytes, person, hall_.meeting.keys_of(person).identity);
  hostile_entry("SignOut of others, signed by all", person,
                encode_entry(many.entry.type(), many.entry.body_bytes, many.entry.signatures));
  BatchOpen open;
  open.batch = 1;
  open.attempt = 1;
  for (PersonId p = 1; p <= 250; ++p) {
    open.present.push_back(p);
    for (QuestionId q = 1; q <= 100; ++q) open.recusals.push_back({p, q});
  }
  open.unwitnessed.resize(5000);
  hostile_entry("BatchOpen of recusals", person, meeting::made(open).bytes);
  MeetingClose close;
  close.meeting = hall_.meeting.record.meeting();
  close.unwitnessed.resize(5000);
  hostile_entry("MeetingClose of hashes", person, meeting::made(close).bytes);
  std::string const body(kRelayBytesMax, 'x');
  hostile("Relay", person, ServerFixture::relay_frame(hall_.meeting.clerk(), RelayKind::kOpening, as_bytes(body)));
  hostile("Relay to the server", person, ServerFixture::relay_frame(kServer, RelayKind::kDeposit, as_bytes(body)));
  v2::ClientFrame hello;
  hello.mutable_hello();
  hostile("Hello from the beginning", person, hello);
}

void Bench::with_many_proposals() {
  auto& meeting = hall_.meeting;
  PersonId const target = meeting.expert(1);
  auto const propose = [&](PersonId person, std::uint32_t i) {
    SignOut body;
    body.meeting = meeting.record.meeting();
    body.person = target;
    body.sequence = meeting.record.presence(target).sequence;
    body.reason = std::to_string(person) + "/" + std::to_string(i) + std::string(kTextBytesMax - 16, 'x');
    hostile_entry("SignOut of others, unsigned", person, meeting::made(body).bytes);
  };
  for (PersonId p = 1; p <= 8 && p <= meeting.options.experts; ++p) {
    for (std::uint32_t i = 0; i < 8; ++i) propose(p, i);
  }
  auto const last = meeting.expert(meeting.options.experts);
  hostile_entry("Recuse beside 64 proposals", last,
                meeting.signed_by(Recuse{meeting.record.meeting(), last, 1, "x"}, {last}));
  // They all fall when the person is signed out.
  SignOut body;
  body.meeting = meeting.record.meeting();
  body.person = target;
  body.sequence = meeting.record.presence(target).sequence;
  body.reason = "x";
  hostile_entry("SignOut that ends 64 proposals", meeting.office().front(), meeting.signed_by(body, meeting.office()));
  hall_.take(target, SignIn{meeting.record.meeting(), target, meeting.record.presence(target).sequence});
}

void Bench::in_voting() {
  constexpr std::size_t kPayload = (2U << 20) - 4096;
  auto const person = hall_.meeting.expert(1);
  auto const request = hall_.token_request(person);
  // Empty questions; one question with empty messages; one message.
  hostile_entry("TokenRequest of empty questions", person, request.entry,
                repeated(std::string_view("\x0a\0", 2), kPayload));
  hostile_entry("TokenRequest of one large message", person, request.entry, [&] {
    v2::TokenPayload payload;
    payload.add_questions()->add_blinded_msgs(std::string(kPayload, 'x'));
    return payload.SerializeAsString();
  }());
}

void Bench::in_mixing(TrusteeId trustee) {
  constexpr std::size_t kPayload = (32U << 20) - 4096;
  auto const lawful = hall_.mix(trustee);
  hostile_entry("MixStep of empty questions", holder(trustee), lawful.entry,
                repeated(std::string_view("\x12\0", 2), kPayload));
  hostile_entry("MixStep of one large item", holder(trustee), lawful.entry, [&] {
    v2::MixPayload payload;
    payload.add_questions()->add_items(std::string(kPayload, 'x'));
    return payload.SerializeAsString();
  }());
}

void Bench::run() {
  hall_.enrol_all();
  for (auto const p : hall_.people()) hall_.hello(p);
  before_meeting();
  hall_.open_meeting();
  for (auto const p : hall_.people()) hall_.take(p, SignIn{hall_.meeting.record.meeting(), p, 0});
  at_any_time(hall_.meeting.expert(2));
  with_many_proposals();
  hall_.open_batch(1);
  in_voting();
  for (auto const p : hall_.experts()) hall_.tokens(p);
  for (auto const p : hall_.experts()) hall_.cast(p);
  hall_.close_batch();
  in_mixing(1);
  for (TrusteeId t = 1; t < hall_.meeting.record.slots().size(); ++t) {
    auto const made = hall_.mix(t);
    if (!hall_.submit(holder(t), made.entry, made.payload).has_accepted()) throw std::logic_error("MixStep");
  }
  hall_.settle();
  hall_.cosign_all();
  hall_.confirm_and_open();
  hall_.declare();
  v2::ClientFrame hello;
  hello.mutable_hello();
  hostile("Hello from the beginning, at the end", hall_.meeting.expert(2), hello);
}

}  // namespace
}  // namespace piaojue::server::test

int main(int argc, char** argv) {
  auto const number = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::atoi(argv[i])) : otherwise;
  };
  piaojue::init();
  piaojue::server::test::Bench bench(number(1, 11), number(2, 20), number(3, 3));
  bench.run();
  return bench.print() ? 0 : 1;
}
