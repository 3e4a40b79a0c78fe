// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How heavy work is handed to threads by what knows none: it is given a ParallelFor, such as WorkPool::parallel.
#include <cstddef>
#include <functional>

namespace piaojue {

/// Runs fn(0 … n − 1), in any order and on any threads; returns when all are done.
using ParallelFor = std::function<void(std::size_t n, std::function<void(std::size_t)> const& fn)>;

}  // namespace piaojue
