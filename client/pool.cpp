// SPDX-License-Identifier: Apache-2.0
#include "client/pool.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace piaojue::client {

WorkPool& work_pool() {
  static auto* const pool =
      new WorkPool({.threads = std::clamp(std::thread::hardware_concurrency(), 2U, 4U)}, [](std::string const& what) {
        std::fprintf(stderr, "piaojue: %s\n", what.c_str());
        std::_Exit(1);
      });
  return *pool;
}

ParallelFor parallel_for() {
  return [](std::size_t n, std::function<void(std::size_t)> const& fn) { work_pool().parallel()(n, fn); };
}

}  // namespace piaojue::client
