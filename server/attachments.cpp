// SPDX-License-Identifier: Apache-2.0
#include "server/attachments.h"

#include <cmath>

namespace piaojue::server {

Attachments::Attachments(meeting::Record const& record, Limits const& limits, NowMs now_ms, Outbox& outbox)
    : record_(record),
      limits_(limits),
      now_ms_(std::move(now_ms)),
      outbox_(outbox),
      pace_(limits.attachment_bytes, now_ms_()) {}

void Attachments::answer(Asked const& asked, wire::GetAttachment const& in) {
  if (record_.phase() != meeting::MeetingPhase::kOpen) return asked.refuse(Refusal::kWrongPhase);
  auto const& candidates = record_.manifest().candidates;
  if (in.question < 1 || in.question > candidates.size()) return asked.refuse(Refusal::kUnknown);
  auto const& files = candidates[in.question - 1].attachments;
  if (in.attachment >= files.size()) return asked.refuse(Refusal::kUnknown);
  auto const& file = files[in.attachment];
  if (in.offset >= file.size) return asked.refuse(Refusal::kOutOfRange);
  if (waits(asked.session())) return asked.refuse(Refusal::kBusy);
  auto const length = std::min<std::uint64_t>(meeting::kAttachmentPieceBytes, file.size - in.offset);
  waiting_.push_back(
      {asked.session(), asked.id(), {++last_, file.sha256, in.offset, static_cast<std::size_t>(length)}});
}

bool Attachments::waits(SessionId session) const {
  return given_.contains(session) || std::ranges::find(waiting_, session, &Waiting::session) != waiting_.end() ||
         std::ranges::any_of(reading_, [&](auto const& one) { return one.second.session == session; });
}

void Attachments::closed(SessionId session) {
  std::erase_if(waiting_, [&](auto const& one) { return one.session == session; });
  for (auto& [id, one] : reading_)
    if (one.session == session) one.session = 0;
}

/// While people may be voting, a byte takes as much as several would otherwise.
double Attachments::cost(Waiting const& one) const {
  auto const bytes = static_cast<double>(one.reading.length);
  return record_.in_progress() ? bytes * limits_.attachment_cost_in_attempt : bytes;
}

std::vector<Reading> Attachments::take_due() {
  std::vector<Reading> out;
  while (!waiting_.empty() && reading_.size() < limits_.readings_max && pace_.take(now_ms_(), cost(waiting_.front()))) {
    out.push_back(waiting_.front().reading);
    reading_.emplace(out.back().id, waiting_.front());
    waiting_.pop_front();
  }
  return out;
}

void Attachments::finish(ReadingId id, std::optional<Bytes> bytes) {
  auto const it = reading_.find(id);
  if (it == reading_.end()) return;
  auto const one = it->second;
  reading_.erase(it);
  if (one.session == 0) return;
  if (!bytes || bytes->size() != one.reading.length) return outbox_.refuse(one.session, one.request, Refusal::kStorage);
  given_.insert(one.session);
  outbox_.add(Lane::kAttachment, one.session, share(wire::attachment_piece(one.request, *bytes)));
}

std::optional<std::uint64_t> Attachments::wanted_in_ms() const {
  if (waiting_.empty() || reading_.size() >= limits_.readings_max) return std::nullopt;
  return pace_.wait_ms(now_ms_(), cost(waiting_.front()));
}

}  // namespace piaojue::server
