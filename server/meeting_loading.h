// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a node takes up a meeting: its lease, its rows, its keys, its Core. Waits for the database: not for a strand.
#include <set>

#include "server/meeting_cards.h"
#include "server/meeting_config.h"
#include "server/meeting_host.h"
#include "store/postgres_store.h"

namespace piaojue::server {

/// The stops of the meetings that a node serves: those that were there when a meeting was loaded, and what a look at
/// the database, every second, finds since. Where looks fail nobody knows what was said, and no share is given.
/// Times are boottime_ms(): what was looked up before the machine slept is old. Thread-safe.
class StopBook {
 public:
  using Stops = std::map<store::MeetingNumber, std::vector<store::Stop>>;
  /// As StopAsked.
  std::optional<bool> asked(store::MeetingNumber meeting, meeting::HalfOf const& attempt,
                            std::optional<std::uint64_t> due, std::uint64_t now_ms);
  /// What was said once counts for good.
  void add(Stops const& stops);
  /// Those of `meetings`, all of them, by a look that began then.
  void read(Stops const& stops, std::vector<store::MeetingNumber> const& meetings, std::uint64_t begun_ms);

 private:
  std::mutex mutex_;
  std::map<store::MeetingNumber, std::set<store::Stop>> stops_;
  std::map<store::MeetingNumber, std::uint64_t> read_ms_;  ///< the last look
  /// By Override: when its share was first due.
  std::map<std::pair<store::MeetingNumber, std::uint64_t>, std::uint64_t> due_ms_;
};

struct LoadingTools {
  store::Node& node;
  ServiceKeys const& keys;
  WorkPool& work;
  std::shared_ptr<StopBook> stops;
  std::vector<std::string> const& addresses;  ///< for Welcome
  std::uint64_t rows_bytes_max;               ///< of a meeting, as PostgresOptions::meeting_bytes_max
  std::uint64_t send_queue_bytes_max;         ///< of one laptop
  /// A lease that is of no use. Does not wait.
  std::function<void(store::Lease const&)> give_back;
};

struct LoadedMeeting {
  store::Lease lease;
  std::shared_ptr<Store> store;
  std::unique_ptr<Core> core;
  std::shared_ptr<MeetingHost::SlipsAhead> slips;
  std::shared_ptr<std::atomic<bool>> stopping;  ///< to be set when the meeting is let go
  std::vector<Sentence> large;                  ///< which bounds it comes near
};
/// Somebody has its rows locked, and nobody waited for him: to be asked for again.
struct InTheWay {
  Sentence why;
};
/// Of a meeting that can not be taken up: what is wrong with it. Its lease was given back.
struct Unusable {
  Sentence why;
};
using Loading = std::variant<LoadedMeeting, store::Elsewhere, store::NoMeeting, InTheWay, Unusable>;

[[nodiscard]] Loading load_meeting(LoadingTools const& tools, store::MeetingNumber meeting);

}  // namespace piaojue::server
