// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A node's second listener, for who operates it: HTTP/1.1, one request a connection, nothing that changes anything.
///
///     GET /healthz   200 "ok", or 503 and a sentence
///     GET /metrics   OpenMetrics (server/metrics.h)
///
/// It asks nobody who he is, and so belongs on the loopback address or a network of the operator's own. What can be
/// read are counts of the node. Bounded: connections, head, time; a body is refused.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/refusal.h"
#include "base/sentence.h"
#include "net/loop.h"
#include "server/settings.h"

namespace piaojue::server {

struct MonitorLimits {
  std::size_t connections_max = 16;  ///< beyond it a connection is closed as soon as it is accepted
  std::uint32_t head_bytes_max = 8U << 10;
  std::chrono::milliseconds deadline{5'000};  ///< from accept to the answer's last byte
};

class Monitor {
 public:
  /// Called on the loop, one at a time, for each request: must not wait. Never again once the Monitor is gone.
  /// @return nothing: this node serves; else why not, said in English.
  using Healthy = std::function<std::optional<Sentence>()>;
  using Render = std::function<std::string()>;

  /// @param loop outlives it. @param at a literal address; port 0: any free one.
  /// @return kMalformed: no literal address. kConflict: in use or not ours.
  [[nodiscard]] static Result<std::unique_ptr<Monitor>> start(net::Loop& loop, Address const& at, Healthy healthy,
                                                              Render metrics, MonitorLimits limits = {});
  ~Monitor();
  Monitor(Monitor const&) = delete;
  Monitor& operator=(Monitor const&) = delete;

  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Monitor(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace piaojue::server
