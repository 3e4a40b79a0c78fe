// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One node of a service: one listener, many meetings, each under a lease (store/leases.h). A meeting is loaded when a
/// connection for it arrives and no other node that is alive serves it, and let go a minute after its last session;
/// or at once, when its store fails, when it is another node's by now, or when this node can not renew its row.
///
///     connection, server name m<number>
///       → served here: to its MeetingHost
///       → being loaded: waits
///       → served elsewhere: Moved, and the end; by a node that has missed a renewal: waits until that one has spoken
///         again, or its time has run out and the meeting is loaded here
///       → too many sessions or meetings, or it could not be loaded: Refused BUSY or STORAGE, and the end
///     connection, server name office: to the offices' door (office_node.h)
///
/// Who shows no certificate can have a meeting loaded too, because he may be enrolling: behind everybody who shows one,
/// one at a time; and such a meeting goes thirty seconds after its last session, or when its place is wanted for
/// somebody who shows one.
#include <condition_variable>
#include <deque>
#include <thread>

#include "server/meeting_loading.h"
#include "server/metrics.h"
#include "server/monitor.h"
#include "server/office_node.h"
#include "server/service_settings.h"

namespace piaojue::server {

/// Of one meeting, at a time: a hall that enrols all at once, and its laptops' second tries.
inline constexpr std::size_t kStrangersOfMeetingMax = 128;
/// Loading a meeting again takes less than a second; a node that laptops can not reach any more must not keep it long.
inline constexpr std::chrono::seconds kIdleFor{60};
inline constexpr std::chrono::seconds kIdleOfStrangersFor{30};

class Service {
 public:
  struct Tells {
    std::function<void(store::MeetingNumber, Notice const&)> notice;
    /// Something that the operator should see; of a meeting, or nothing.
    std::function<void(std::string_view event, Sentence const&, std::optional<store::MeetingNumber>)> warning;
    /// The node can not go on, and is to end. Once.
    std::function<void(Sentence const&)> fatal;
  };

  /// Enters the node, loads what there is to know of meetings, listens. Refused, each with a sentence, and nothing was
  /// written: what store::PostgresPool::open, store::check and store::Node::join refuse; a service key that opens
  /// nothing; an address that can not be listened on.
  [[nodiscard]] static Explained<std::unique_ptr<Service>> start(ServiceSettings settings, ServiceKeys keys,
                                                                 Tells tells);
  ~Service();  ///< stops
  Service(Service const&) = delete;
  Service& operator=(Service const&) = delete;

  std::uint16_t port() const;
  /// Gives every meeting back, in two seconds if the database answers; what is being committed is still answered.
  void stop();
  /// Nothing: it is alive. Otherwise why not.
  std::optional<Sentence> unhealthy() const;
  /// It goes on: a strand that stands still is not seen by anybody who only asks whether the program is there.
  bool ticks() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Number = store::MeetingNumber;
  enum class Stage : std::uint8_t { kLoading, kServing, kEnding, kElsewhere, kFailed };
  /// Of one loading: whoever is first decides.
  enum class Turn : std::uint8_t { kWaits, kBegun, kPassedOn };
  struct Entry {
    Stage stage = Stage::kLoading;
    std::shared_ptr<std::atomic<Turn>> turn;             ///< of kLoading
    std::optional<net::Timer> again;                     ///< of kLoading: until the lease is asked for once more
    std::optional<Clock::time_point> locked;             ///< of kLoading: since when somebody has its rows locked
    std::vector<std::shared_ptr<net::Channel>> waiting;  ///< of kLoading
    bool by_stranger = true;                             ///< nobody with a certificate has come yet
    std::shared_ptr<MeetingHost> host;                   ///< of kServing, kEnding
    store::Lease lease;
    std::shared_ptr<std::atomic<bool>> stopping;
    std::uint64_t life = 0;                  ///< of kServing: of the node, when the lease was asked for
    std::string address;                     ///< of kElsewhere
    Clock::time_point since = Clock::now();  ///< of kServing: when its last session was seen
  };

  Service(ServiceSettings settings, ServiceKeys keys, Tells tells);
  [[nodiscard]] Explained<void> enter();
  [[nodiscard]] Explained<void> listen();
  // On the strand:
  void arrive(std::shared_ptr<net::Channel> const& channel);
  /// The last that is said to somebody who is not served here.
  static void dismiss(std::shared_ptr<net::Channel> const& channel, Bytes last);
  void refuse(std::shared_ptr<net::Channel> const& channel, Refusal code, RefusedKind kind);
  bool make_room(bool stranger);
  void load(Number number, bool stranger);
  void hurry(Number number);
  void loaded(Number number, std::uint64_t life, std::shared_ptr<Loading> const& outcome);
  /// Whoever serves it has fallen silent, or somebody has locked its rows: it is asked for again, and whoever came
  /// waits.
  void await(Number number, Entry& entry, net::Milliseconds after);
  void not_loaded(Number number, Entry& entry, Sentence const& why);
  void serve(Number number, Entry& entry, LoadedMeeting meeting);
  void let_go(Number number);
  void let_all_go();
  void tick();
  void tick(Number number, Entry& entry);
  void look_at_database();
  void look_at_offices();
  // On any thread:
  void lost(Number number, Sentence const& why);
  /// As often as it takes: one whose row somebody has locked is given back again at a later tick.
  void give_back(store::Lease const& lease);
  void open_offices();
  // On a thread of its own:
  void renew();

  ServiceSettings const settings_;
  std::shared_ptr<ServiceKeys const> const keys_;
  Tells const tells_;
  Metrics metrics_;
  std::shared_ptr<StopBook> const stops_ = std::make_shared<StopBook>();
  std::shared_ptr<store::PostgresPool> pool_;
  std::unique_ptr<store::Node> node_;
  std::shared_ptr<MeetingCards> cards_;
  std::shared_ptr<OfficeGate> offices_;  ///< nothing: it is not wanted
  net::Loop loop_;
  net::Strand strand_;
  net::Timer timer_;
  /// Looks are what a node has to know and to say whatever else it waits for: stops, leases given back, new meetings.
  WorkPool work_, commits_, reads_, looks_;
  std::map<Number, Entry> meetings_;
  std::deque<store::Lease> owed_;     ///< that could not be given back
  std::atomic<bool> looking_{false};  ///< at the database, for what is new
  std::atomic<bool> opening_{false};  ///< the door of offices
  Clock::time_point opened_ = Clock::now();
  Sentence shut_;  ///< why that door was shut when it was tried last; touched by whoever is opening it
  std::shared_ptr<net::Listener> listener_;
  std::unique_ptr<Monitor> monitor_;
  std::atomic<std::uint64_t> ticked_ms_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> fatal_{false};

  std::mutex renewer_mutex_;
  std::condition_variable renewer_wake_;
  bool renewer_stops_ = false;
  std::thread renewer_;
};

}  // namespace piaojue::server
