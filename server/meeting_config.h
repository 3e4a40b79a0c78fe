// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The Config of a real meeting: its keys, and the few things of the world outside that Core may ask for.
#include <atomic>

#include "base/work_pool.h"
#include "server/config.h"
#include "server/keys.h"

namespace piaojue::server {

struct World {
  SlipOf slip_of;
  StopAsked stop_asked;
  WorkPool& pool;
  WorkPool::Owner owner = 0;  ///< on the pool
  /// Keys that are being made when it becomes true are not waited for.
  std::shared_ptr<std::atomic<bool> const> stopping;
};
Config make_config(Keys keys, World world);

}  // namespace piaojue::server
