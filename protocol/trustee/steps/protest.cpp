// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/steps/protest.h"

namespace piaojue::trustee {

void ProtestTime::look(meeting::Attempt const& attempt) {
  if (!attempt.override_index) return begun_.reset();
  if (begun_ && begun_->batch_open == attempt.open_hash && begun_->index == *attempt.override_index) return;
  begun_ = Begun{attempt.open_hash, *attempt.override_index, now_ms_()};
}

std::uint64_t ProtestTime::left_ms(meeting::Attempt const& attempt, std::uint32_t protest_s) const {
  if (!attempt.override_index) return 0;
  std::uint64_t const all_ms = std::uint64_t{protest_s} * 1000;
  if (!begun_ || begun_->batch_open != attempt.open_hash || begun_->index != *attempt.override_index) return all_ms;
  std::uint64_t const now = now_ms_();
  std::uint64_t const gone = now > begun_->at_ms ? now - begun_->at_ms : 0;
  return gone < all_ms ? all_ms - gone : 0;
}

}  // namespace piaojue::trustee
