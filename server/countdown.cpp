// SPDX-License-Identifier: Apache-2.0
#include "server/countdown.h"

#include "protocol/meeting/announced.h"

namespace piaojue::server {

namespace {

constexpr std::uint64_t kMsPerSecond = 1000;

}  // namespace

bool Countdown::voting() const {
  return record_.in_progress() && record_.attempt()->phase == meeting::BatchPhase::kVoting;
}

void Countdown::answer(Asked const& asked, wire::SetCountdown const& in) {
  if (auto const done = set(asked.person(), in.seconds); !done) return asked.refuse(done.error());
  asked.reply(wire::relayed(asked.id()));
}

Result<void> Countdown::set(PersonId person, std::uint32_t seconds) {
  if (record_.phase() != meeting::MeetingPhase::kOpen) return Refusal::kWrongPhase;
  if (!record_.has_role(person, meeting::kChair)) return Refusal::kNotAuthorised;
  if (!voting()) return Refusal::kWrongPhase;
  if (seconds > meeting::kCountdownMaxS) return Refusal::kOutOfRange;
  auto const now = now_ms_();
  if (!rate_.take(now)) return Refusal::kBusy;
  end_ms_ = seconds == 0 ? std::nullopt : std::optional(now + seconds * kMsPerSecond);
  told_();
  return {};
}

void Countdown::look_again() {
  if (!end_ms_ || voting()) return;
  end_ms_.reset();
  told_();
}

std::optional<std::uint32_t> Countdown::left_s() const {
  if (!end_ms_) return std::nullopt;
  auto const now = now_ms_();
  auto const left_ms = *end_ms_ > now ? *end_ms_ - now : 0;
  return static_cast<std::uint32_t>((left_ms + kMsPerSecond - 1) / kMsPerSecond);
}

}  // namespace piaojue::server
