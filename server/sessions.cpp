// SPDX-License-Identifier: Apache-2.0
#include "server/sessions.h"

#include "server/frame_bounds.h"
#include "server/wire.h"

namespace piaojue::server {

namespace {

// Specification §9.4. What is counted there is a frame's payload.
constexpr std::uint32_t kStrangerBytes = 16U << 10;
constexpr std::uint32_t kScreenBytes = kFrameBytesAtFirst;
constexpr std::uint32_t kPersonBytes = 2U << 20;
constexpr std::uint32_t kMostBytes = 32U << 20;

/// For an entry with payload of so many bytes: never less than everybody's, nor more than kMostBytes.
std::uint32_t large(std::size_t bytes) {
  constexpr std::size_t kFrameBytes = 4U << 10;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(bytes + kFrameBytes, kPersonBytes, kMostBytes));
}

}  // namespace

Sessions::Sessions(Draft const& draft, meeting::Record const& record, Enrolments const& enrolments,
                   Limits const& limits, Outbox& outbox)
    : draft_(draft), record_(record), enrolments_(enrolments), limits_(limits), outbox_(outbox) {}

void Sessions::open(SessionId id, std::optional<Hash> const& certificate) {
  if (sessions_.contains(id)) return;
  auto& session = sessions_[id];
  if (sessions_.size() > limits_.sessions_max) return close(id, Close::kTooMany);
  if (!certificate) return limit(id, session);
  auto const* enrolment = enrolments_.find(*certificate);
  if (!enrolment) return close(id, Close::kRefused);
  session.enrolment = enrolment;
  session.standing = enrolments_.standing(*enrolment);
  session.person = enrolment->person;
  session.screen = draft_.person(session.person)->roles == meeting::kScreen;
  if (session.standing == Standing::kEnded) return close(id, Close::kRefused);
  limit(id, session);
  for (auto const& [other_id, other] : sessions_) {
    if (other_id != id && other.enrolment == enrolment) close(other_id, Close::kReplaced);
  }
}

void Sessions::closed(SessionId id) {
  auto const it = sessions_.find(id);
  if (it == sessions_.end()) return;
  if (it->second.hello) status_due_ = true;
  sessions_.erase(it);
}

void Sessions::close(SessionId id, Close reason) {
  auto const it = sessions_.find(id);
  if (it == sessions_.end() || it->second.closing) return;
  it->second.closing = true;
  outbox_.close(id, reason);
  if (it->second.hello) status_due_ = true;
}

Session const* Sessions::find(SessionId id) const {
  auto const it = sessions_.find(id);
  return it == sessions_.end() || it->second.closing ? nullptr : &it->second;
}

void Sessions::greet(SessionId id, std::uint64_t next_index) {
  auto& session = sessions_.at(id);
  session.hello = true;
  session.pushed = next_index;
  status_due_ = true;
}

void Sessions::limit(SessionId id, Session& session) {
  auto const of_session = [&] {
    if (!session.enrolment) return kStrangerBytes;
    if (session.screen || session.standing != Standing::kCurrent) return kScreenBytes;
    if (record_.phase() != meeting::MeetingPhase::kBeforeOpen) {
      // Of the last attempt, also when it has been voided: something may still be on its way.
      auto const& attempt = record_.attempt();
      bool const mixes = record_.slot_of(session.person) && attempt && !attempt->open.paper;
      return mixes ? large(mix_bytes_max(*attempt)) : kPersonBytes;
    }
    bool const opens = (draft_.person(session.person)->roles & meeting::kClerk) != 0;
    return opens ? large(draft_.opening_bytes_max()) : kPersonBytes;
  };
  auto const bytes = of_session();
  if (bytes != session.frame_bytes_max) outbox_.limit(id, bytes);
  session.frame_bytes_max = bytes;
}

void Sessions::relimit() {
  for (auto& [id, session] : sessions_) {
    if (!session.closing) limit(id, session);
  }
}

std::map<SessionId, PersonId> Sessions::present() const {
  std::map<SessionId, PersonId> out;
  for (auto const& [id, session] : sessions_) {
    if (session.greeted() && session.standing == Standing::kCurrent) out[id] = session.person;
  }
  return out;
}

std::vector<SessionId> Sessions::restand(PersonId person) {
  std::vector<SessionId> gained;
  for (auto& [id, session] : sessions_) {
    if (session.person != person || session.closing || !session.enrolment) continue;
    auto const now = enrolments_.standing(*session.enrolment);
    if (now == session.standing) continue;
    session.standing = now;
    if (now == Standing::kEnded) {
      close(id, Close::kReplaced);
      continue;
    }
    limit(id, session);
    if (now == Standing::kCurrent && session.hello) {
      status_due_ = true;
      gained.push_back(id);
    }
  }
  return gained;
}

void Sessions::to_all(Lane lane, Frame const& frame) {
  for (auto const& [id, session] : sessions_) {
    if (session.greeted()) outbox_.add(lane, id, frame);
  }
}

void Sessions::to_all(Frame const& frame) { to_all(Lane::kPush, frame); }

void Sessions::to_each(std::function<Frame(PersonId)> const& frame) {
  for (auto const& [id, session] : sessions_) {
    if (session.greeted()) outbox_.add(Lane::kPush, id, frame(session.person));
  }
}

bool Sessions::to_person(PersonId person, Frame const& frame) {
  bool sent = false;
  for (auto const& [id, session] : sessions_) {
    if (session.person != person || session.standing != Standing::kCurrent || !session.greeted()) continue;
    outbox_.add(Lane::kPush, id, frame);
    sent = true;
  }
  return sent;
}

void Sessions::push_log(std::uint64_t size, std::function<std::vector<Frame>(std::uint64_t)> const& frames) {
  std::map<std::uint64_t, std::vector<Frame>> by_start;  // those who have the same are sent the same frames
  for (auto& [id, session] : sessions_) {
    if (!session.greeted() || session.pushed >= size) continue;
    auto& list = by_start[session.pushed];
    if (list.empty()) list = frames(session.pushed);
    for (auto const& frame : list) outbox_.add(Lane::kLog, id, frame);
    session.pushed = size;
  }
}

void Sessions::push_status(std::optional<std::uint32_t> countdown_s) {
  status_due_ = false;
  std::set<PersonId> connected;
  for (auto const& [id, person] : present()) connected.insert(person);
  to_all(Lane::kStatus,
         share(wire::status_push({connected.begin(), connected.end()}, enrolments_.people(), countdown_s)));
}

}  // namespace piaojue::server
