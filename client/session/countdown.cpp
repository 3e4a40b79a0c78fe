// SPDX-License-Identifier: Apache-2.0
#include "client/session/countdown.h"

#include "protocol/meeting/announced.h"

namespace piaojue::client {

namespace {

constexpr std::uint64_t kMsPerSecond = 1000;
/// What is told in whole seconds, and arrives a little later each time, is still the same moment.
constexpr std::uint64_t kSameMs = 2 * kMsPerSecond;

}  // namespace

bool Countdown::voting() const {
  auto const& record = log_.record();
  return log_.opened() && record.in_progress() && record.attempt()->phase == meeting::BatchPhase::kVoting;
}

void Countdown::told(std::optional<std::uint32_t> left_s) {
  if (!left_s) return end_ms_.reset();
  auto const end = clock_.now_ms + std::min(*left_s, meeting::kCountdownMaxS) * kMsPerSecond;
  auto const apart = end_ms_ ? std::max(end, *end_ms_) - std::min(end, *end_ms_) : kSameMs;
  if (apart >= kSameMs) end_ms_ = end;
}

void Countdown::operate(Reply const& reply, command::Countdown const& in) {
  if ((profile_.roles & meeting::kChair) == 0) return reply.no(Refusal::kNotAuthorised);
  if (in.seconds > meeting::kCountdownMaxS) return reply.no(Refusal::kOutOfRange);
  if (!voting()) return reply.no(Refusal::kWrongPhase);
  bool const asked = requests_.ask([&](std::uint64_t id) { return wire::set_countdown(id, in.seconds); },
                                   [reply](Answer& answer) {
                                     if (!answer) return reply.no(answer.error());
                                     reply.ok();
                                   },
                                   Requests::Busy::kIsAnswer);
  if (!asked) reply.no(Refusal::kBusy);
}

boost::json::value Countdown::describe(bool times) const {
  if (!end_ms_ || !voting()) return nullptr;
  if (!times) return *end_ms_;
  auto const left_ms = *end_ms_ > clock_.now_ms ? *end_ms_ - clock_.now_ms : 0;
  return (left_ms + kMsPerSecond - 1) / kMsPerSecond;
}

}  // namespace piaojue::client
