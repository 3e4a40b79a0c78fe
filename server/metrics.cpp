// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace piaojue::server {
namespace {

using std::chrono::microseconds;

struct Family {
  char const* name;
  char const* help;
};
// In the order of the enums.
constexpr std::array<Family, 3> kGaugeFamilies{{
    {"piaojue_connections", "Open connections, handshakes included."},
    {"piaojue_sessions", "Connections that a meeting has taken."},
    {"piaojue_meetings", "Meetings in memory."},
}};
constexpr std::array<Family, 4> kCounterFamilies{{
    {"piaojue_leases_taken", "Meetings that were loaded."},
    {"piaojue_moved", "Connections sent to another node."},
    {"piaojue_meetings_lost", "Meetings that could not be served on."},
    {"piaojue_renewals_failed", "Renewals of this node that failed."},
}};
constexpr std::array<char const*, 6> kKindNames{"tls",          "proxy_header", "limit",
                                                "sessions_max", "meetings_max", "no_lease"};

struct Bucket {
  microseconds bound;
  char const* le;  ///< in seconds, as OpenMetrics wants floats
};
constexpr std::array<Bucket, 13> kBucketBounds{{{microseconds(1'000), "0.001"},
                                                {microseconds(2'500), "0.0025"},
                                                {microseconds(5'000), "0.005"},
                                                {microseconds(10'000), "0.01"},
                                                {microseconds(25'000), "0.025"},
                                                {microseconds(50'000), "0.05"},
                                                {microseconds(100'000), "0.1"},
                                                {microseconds(250'000), "0.25"},
                                                {microseconds(500'000), "0.5"},
                                                {microseconds(1'000'000), "1.0"},
                                                {microseconds(2'500'000), "2.5"},
                                                {microseconds(5'000'000), "5.0"},
                                                {microseconds(10'000'000), "10.0"}}};
constexpr std::string_view kCommits = "piaojue_commit_latency_seconds";

template <class Enum>
std::size_t at(Enum value) {
  return static_cast<std::size_t>(value);
}

/// Whole microseconds as seconds: no locale, no rounding.
std::string seconds(std::uint64_t us) {
  std::string fraction = std::to_string(us % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(us / 1'000'000) + "." + fraction;
}

class Text {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help, std::string_view unit = {}) {
    line("# TYPE ", name, " ", type);
    if (!unit.empty()) line("# UNIT ", name, " ", unit);
    line("# HELP ", name, " ", help);
  }
  template <class... Parts>
  void line(Parts const&... parts) {
    (text_.append(parts), ...);
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

void Metrics::set(Gauge gauge, std::uint64_t value) {
  std::lock_guard const lock(mutex_);
  gauges_[at(gauge)] = value;
}

void Metrics::count(Counter counter, std::uint64_t times) {
  std::lock_guard const lock(mutex_);
  counters_[at(counter)] += times;
}

void Metrics::count(RefusedKind kind, std::uint64_t times) {
  std::lock_guard const lock(mutex_);
  refused_[at(kind)] += times;
}

void Metrics::committed(microseconds latency) {
  static_assert(kBucketBounds.size() == kBuckets && kGaugeFamilies.size() == kGauges &&
                kCounterFamilies.size() == kCounters && kKindNames.size() == kKinds);
  latency = std::max(latency, microseconds(0));
  std::size_t bucket = 0;
  while (bucket < kBuckets && latency > kBucketBounds[bucket].bound) ++bucket;
  std::lock_guard const lock(mutex_);
  ++commits_[bucket];
  commits_us_ += static_cast<std::uint64_t>(latency.count());
}

std::string Metrics::render() const {
  std::lock_guard const lock(mutex_);
  Text out;
  for (std::size_t i = 0; i < kGauges; ++i) {
    out.family(kGaugeFamilies[i].name, "gauge", kGaugeFamilies[i].help);
    out.line(kGaugeFamilies[i].name, " ", std::to_string(gauges_[i]));
  }
  for (std::size_t i = 0; i < kCounters; ++i) {
    out.family(kCounterFamilies[i].name, "counter", kCounterFamilies[i].help);
    out.line(kCounterFamilies[i].name, "_total ", std::to_string(counters_[i]));
  }
  out.family("piaojue_refusals", "counter", "Connections refused, by kind.");
  for (std::size_t i = 0; i < kKinds; ++i) {
    out.line("piaojue_refusals_total{kind=\"", kKindNames[i], "\"} ", std::to_string(refused_[i]));
  }
  out.family(kCommits, "histogram", "Time until a group of writes was durable.", "seconds");
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    so_far += commits_[i];
    out.line(kCommits, "_bucket{le=\"", kBucketBounds[i].le, "\"} ", std::to_string(so_far));
  }
  so_far += commits_[kBuckets];
  out.line(kCommits, "_bucket{le=\"+Inf\"} ", std::to_string(so_far));
  out.line(kCommits, "_count ", std::to_string(so_far));
  out.line(kCommits, "_sum ", seconds(commits_us_));
  out.line("# EOF");
  return out.take();
}

}  // namespace piaojue::server
