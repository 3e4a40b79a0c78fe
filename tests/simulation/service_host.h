// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The nodes of a simulated service, which serve one meeting over a LeasedStore: each the real Core, held by a lease,
/// in a process that is killed, stopped and continued, replaced, or cut off from the database or the laptops. A laptop
/// comes to any of them, as a balancer sends it; who has not the meeting sends it on to who has.
#include <set>

#include "leased_store.h"
#include "server_host.h"

namespace piaojue::simulation {

struct ServiceFaults {
  // Chances, a moment of trouble.
  double kill = 0, stop = 0, replace = 0, cut_from_database = 0, cut_from_laptops = 0, hand_over = 0;
  double database_away = 0, standby_held = 0, fail_over = 0;
  std::uint64_t trouble_ms_max = 6'000;  ///< from one moment of trouble to the next
  DatabaseFaults database;
  std::uint64_t job_ms_max = 60;
};

/// What has happened, to see that it does.
enum class Happened : std::uint8_t {
  kKilled,
  kStopped,
  kReplaced,
  kCutFromDatabase,
  kCutFromLaptops,
  kHandedOver,
  kAway,
  kHeld,
  kFailedOver,
  kTaken,    ///< a lease
  kMoved,    ///< a laptop, to whoever has the meeting
  kFenced,   ///< a commit or a loading of a node that was replaced
  kDoubted,  ///< the answer to a commit was lost
  kFoundDone,
  kFoundUndone,
  kLapsed,  ///< a node found that its time had run out, and let the meeting go
};
struct ServiceCounts {
  static constexpr std::array kNames{"killed",           "stopped",      "replaced",        "cut from the database",
                                     "cut from laptops", "handed over",  "database away",   "standby held",
                                     "failed over",      "leases taken", "laptops sent on", "fenced",
                                     "commits in doubt", "found done",   "found undone",    "let go after a lapse"};
  std::array<std::uint64_t, kNames.size()> of{};
  std::uint64_t& operator[](Happened what) { return of[static_cast<std::size_t>(what)]; }
};

class ServiceHost;

/// One process of a node, from its start to its end.
class ServiceNode {
 public:
  static constexpr std::uint64_t kRenewEveryMs = 2'000;  ///< store::kRenewEvery
  static constexpr std::uint64_t kMarginMs = 1'000;      ///< of LeasedStore::kAliveForMs, for clocks that differ

  ServiceNode(ServiceHost& host, Process process);
  ~ServiceNode();

  void start();
  /// kill -9, or it ends by itself.
  void kill();
  void stop();
  void go_on();
  void cut_from_laptops(bool cut);
  /// SIGTERM: gives back what it has, and ends.
  void hand_over();

  bool runs() const { return runs_; }
  bool stopped() const { return stopped_; }
  Process const& process() const { return process_; }
  server::Core* core() { return core_.get(); }
  std::optional<Lease> const& lease() const { return lease_; }
  /// Nothing waits for the database.
  bool idle() const { return core_ && !committing_ && !core_->has_group(); }

  bool accept(LinkId link, std::uint32_t client);
  void frame(LinkId link, ByteView frame);
  void closed(LinkId link);

  DatabaseLink to_database;

 private:
  struct Coming {
    std::uint32_t client = 0;
    std::vector<Bytes> frames;
  };
  /// Now; or, if the process is stopped, when it goes on.
  void run(std::function<void()> what);
  void later(std::uint64_t delay_ms, std::function<void()> what);
  template <class Statement, class Done>
  void ask(bool writes, Statement statement, Done done);
  /// As `ask`, but an answer that comes when the meeting was let go is heard by nobody.
  template <class Statement, class Done>
  void ask_for_meeting(bool writes, Statement statement, Done done);

  void join(std::uint64_t since_ms);
  void renew();
  bool alive() const;
  bool may_speak() const;
  void come(LinkId link, std::uint32_t client);
  void take();
  void send_on(std::optional<std::uint64_t> holder);
  void load();
  void recover(LeasedStore::Loaded const& loaded);
  /// The meeting is another's, or may be: nothing that is remembered of it is used again.
  void let_go();
  void pump();
  void look_again();
  void commit_next();
  void commit(std::shared_ptr<server::CommitGroup> const& group);
  void in_doubt(std::shared_ptr<server::CommitGroup> const& group);
  void found(std::shared_ptr<server::CommitGroup> const& group, LeasedStore::Meeting const& meeting);
  void committed(server::CommitGroup const& group);
  void send(std::vector<server::Output> const& outputs);

  ServiceHost& host_;
  Process process_;
  double clock_rate_;  ///< of this machine
  bool runs_ = false, stopped_ = false, joined_ = false, ends_ = false, cut_from_laptops_ = false;
  std::deque<std::function<void()>> held_up_;  ///< while it is stopped
  std::uint64_t renewed_ms_ = 0;               ///< when the last renewal that succeeded was sent
  std::set<LinkId> links_;
  std::map<LinkId, Coming> coming_;  ///< that wait until the meeting is here
  bool taking_ = false;
  std::optional<Lease> lease_;
  std::uint64_t count_ = 0;  ///< of the meeting's commits, as far as this process knows
  std::unique_ptr<server::Core> core_;
  bool committing_ = false;
  std::uint64_t tries_ = 0;    ///< of the commit that is in doubt
  std::uint64_t meeting_ = 0;  ///< counts meetings taken and let go: what an earlier one had going is not for this one
};

class ServiceHost {
 public:
  ServiceHost(Clock& clock, Dice& dice, Network& network, Trace& trace, KeyPool& token_keys, ServerKeys const& keys,
              std::size_t nodes);

  ServiceFaults faults;
  ServiceCounts counts;
  server::Limits limits;
  LeasedStore database;
  std::function<std::optional<crypto::Hash>(std::uint32_t client)> certificate;

  void start(store::Writes const& draft);
  void storm_begins();
  void storm_ends();
  /// Core of the process whose the meeting is; nothing: of none that can go on with it.
  server::Core* core();
  bool idle();
  std::optional<meeting::SlipCode> new_slip(meeting::PersonId person, meeting::MeetingId const& meeting_id);
  /// After the end: the database holds something else than the node that serves believes; empty: no.
  std::string differs() const;
  /// Two nodes spoke for one meeting, or a node can not load what was committed; empty: no.
  std::string const& wrong() const { return wrong_; }
  /// From when on nobody had the meeting in memory until when somebody had it again.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> const& gaps() const { return gaps_; }
  std::string state() const;

 private:
  friend class ServiceNode;
  ServiceNode& add(std::uint32_t name);
  ServiceNode* serving();
  bool accept(LinkId link, std::uint32_t client);
  void trouble();
  void trouble_of_node(ServiceNode& node);
  void trouble_of_database();
  /// After a while, unless the storm has ended and it was done then.
  void after_trouble(std::uint64_t low_ms, std::uint64_t high_ms, std::function<void()> what);
  void spoke(ServiceNode const& node);
  void recovered(store::Contents const& loaded);
  void believe(store::Writes const& writes);
  void ended(ServiceNode const& node);
  void fail(std::string what);

  Clock& clock_;
  Dice& dice_;
  Network& network_;
  Trace& trace_;
  KeyPool& token_keys_;
  ServerKeys const& keys_;
  std::size_t names_;
  std::vector<std::unique_ptr<ServiceNode>> nodes_;  ///< all processes that there ever were, by number
  std::vector<ServiceNode*> listening_;              ///< by name: the process that laptops reach
  std::map<LinkId, ServiceNode*> links_;
  std::map<std::uint32_t, std::uint64_t> sent_on_;  ///< laptops, and to which process
  std::uint64_t spoke_ms_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps_;
  store::Contents believed_;  ///< what the newest node loaded, and what it was told to be committed since
  std::string wrong_;
  bool storm_ = false;
};

}  // namespace piaojue::simulation
