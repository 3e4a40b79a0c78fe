// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a node counts of itself, for who operates it, as OpenMetrics 1.0. Everything that can be counted stands here,
/// by kind, so that there is no way to count a person, a meeting, a vote or a batch: neither families nor labels are
/// made by whoever counts.
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace piaojue::server {

/// What is there now.
enum class Gauge : std::uint8_t {
  kConnections,  ///< handshakes included
  kSessions,     ///< people's connections that a meeting has taken
  kMeetings,     ///< in memory
};
/// What has happened since the start.
enum class Counter : std::uint8_t {
  kLeasesTaken,     ///< meetings that were loaded
  kMoved,           ///< connections that were sent to another node
  kMeetingsLost,    ///< that could not be served on: a commit failed, or the lease was another's
  kRenewalsFailed,  ///< of this node's row
};
/// Why something was refused.
enum class RefusedKind : std::uint8_t {
  kTls,          ///< a handshake: certificate, name, garbage
  kProxyHeader,  ///< a proxy that did not say for whom
  kLimit,        ///< a bound of specification §9.4
  kSessionsMax,
  kMeetingsMax,
  kNoLease,  ///< the meeting could not be had, or read
};

class Metrics {
 public:
  // All of these on any thread.
  void set(Gauge gauge, std::uint64_t value);
  void count(Counter counter, std::uint64_t times = 1);
  void count(RefusedKind kind, std::uint64_t times = 1);
  /// One group that became durable, and how long the store took for it.
  void committed(std::chrono::microseconds latency);

  /// "application/openmetrics-text; version=1.0.0; charset=utf-8": all families, in one order, ending in "# EOF\n".
  std::string render() const;

 private:
  static constexpr std::size_t kGauges = 3, kCounters = 4, kKinds = 6, kBuckets = 13;

  mutable std::mutex mutex_;
  std::array<std::uint64_t, kGauges> gauges_{};
  std::array<std::uint64_t, kCounters> counters_{};
  std::array<std::uint64_t, kKinds> refused_{};
  std::array<std::uint64_t, kBuckets + 1> commits_{};  ///< by bucket, each without those before it; the last is beyond
  std::uint64_t commits_us_ = 0;
};

inline constexpr char const* kOpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

}  // namespace piaojue::server
