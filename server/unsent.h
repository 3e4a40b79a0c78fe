// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one meeting's sessions have not read yet, in bytes of memory: a frame that waits for a hundred of them is held
/// once and counts once.
#include <atomic>
#include <unordered_map>

#include "server/outbox.h"

namespace piaojue::server {

class Unsent {
 public:
  /// The frame as it is to be queued: it counts until the last queue has let go of it, on whatever thread.
  Frame counted(Frame const& frame);
  std::size_t bytes() const { return *bytes_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> const bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::unordered_map<Bytes const*, std::weak_ptr<Bytes const>> known_;
  std::size_t look_through_at_ = 64;
};

}  // namespace piaojue::server
