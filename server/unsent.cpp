// SPDX-License-Identifier: Apache-2.0
#include "server/unsent.h"

#include <algorithm>

namespace piaojue::server {

Frame Unsent::counted(Frame const& frame) {
  auto& known = known_[frame.get()];
  if (auto held = known.lock()) return held;
  *bytes_ += frame->size();
  // It holds the frame, so that no other one has this address while it counts.
  Frame counted(frame.get(), [frame, bytes = bytes_](Bytes const*) { *bytes -= frame->size(); });
  known = counted;
  if (known_.size() >= look_through_at_) {
    std::erase_if(known_, [](auto const& one) { return one.second.expired(); });
    look_through_at_ = std::max<std::size_t>(64, 2 * known_.size());
  }
  return counted;
}

}  // namespace piaojue::server
