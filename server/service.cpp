// SPDX-License-Identifier: Apache-2.0
#include "server/service.h"

#include <future>

#include "protocol/meeting/slip.h"
#include "server/clock.h"
#include "server/host.h"
#include "store/schema.h"
#include "strings/offices.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

constexpr net::Milliseconds kTick{1'000};
constexpr std::uint64_t kTicksMissedMax = 10;
/// Connections that wait for a meeting to be loaded: more than a hall holds.
constexpr std::size_t kWaitingMax = 1'024;
/// How long a meeting that could not be loaded is not tried again, and how long what is known of its node is believed.
constexpr std::chrono::seconds kFailedFor{3};
constexpr std::chrono::seconds kElsewhereFor{1};
/// How often a node that has fallen silent is looked at, and how long after its time has run out.
constexpr net::Milliseconds kSilentLook{1'000};
constexpr net::Milliseconds kRunOut{20};
/// How often a meeting is asked for whose rows somebody has locked, and until its laptops are told.
constexpr net::Milliseconds kLockedLook{1'000};
constexpr std::chrono::seconds kLockedMax{20};
constexpr std::chrono::seconds kHandOverMax{2};
constexpr std::chrono::seconds kOfficesEvery{5};  ///< their door is tried, while it is shut

RefusedKind kind_of(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::kTls:
      return RefusedKind::kTls;
    case net::CloseReason::kProxyHeader:
      return RefusedKind::kProxyHeader;
    default:
      return RefusedKind::kLimit;
  }
}

unsigned threads_of(ServiceSettings const& settings) {
  return settings.threads != 0 ? settings.threads : std::max(1U, std::thread::hardware_concurrency());
}
/// A quarter of the connections, and one at least, is for reading; one renews, one looks, the others commit.
unsigned readers_of(ServiceSettings const& settings) { return std::max(1U, settings.database_connections / 4); }

}  // namespace

Service::Service(ServiceSettings settings, ServiceKeys keys, Tells tells)
    : settings_(std::move(settings)),
      keys_(std::make_shared<ServiceKeys const>(std::move(keys))),
      tells_(std::move(tells)),
      strand_(loop_.io()),
      timer_(strand_),
      work_({.threads = threads_of(settings_), .background_threads = std::max(1U, threads_of(settings_) / 2)},
            [this](std::string const& what) {
              tells_.warning("work_failed", {strings::server::kRunWorkFailed, {{"reason", what}}}, {});
            }),
      commits_({.threads = std::max(1U, settings_.database_connections - readers_of(settings_) - 2),
                .waiting_max = std::max<std::size_t>(4096, settings_.meetings_max)},
               [](std::string const&) {}),
      reads_({.threads = readers_of(settings_)},
             [this](std::string const& what) {
               tells_.warning("read_failed", {strings::server::kRunWorkFailed, {{"reason", what}}}, {});
             }),
      looks_({.threads = 1}, [this](std::string const& what) {
        tells_.warning("look_failed", {strings::server::kRunWorkFailed, {{"reason", what}}}, {});
      }) {}

Explained<std::unique_ptr<Service>> Service::start(ServiceSettings settings, ServiceKeys keys, Tells tells) {
  std::unique_ptr<Service> service(new Service(std::move(settings), std::move(keys), std::move(tells)));
  if (auto const done = service->enter(); !done) return done.error();
  if (auto const done = service->listen(); !done) return done.error();
  return service;
}

Explained<void> Service::enter() {
  auto pool = store::PostgresPool::open({.url = settings_.database,
                                         .connections = settings_.database_connections,
                                         .meeting_bytes_max = std::uint64_t{settings_.meeting_mib} << 20,
                                         .only_durable = true});
  if (!pool) return pool.error();
  pool_ = std::move(*pool);
  if (auto const done = store::check(*pool_); !done) return done;
  cards_ = std::make_shared<MeetingCards>(pool_, keys_);
  auto const shut = cards_->refresh();
  if (!shut) return shut.error();
  if (cards_->none_opens()) {
    return Explanation(Sentence(text::kServeWrongKey, {{"path", settings_.service_key.string()}}));
  }
  for (auto const number : *shut) tells_.warning("keys_shut", text::kLoadKeysShut, number);
  auto node = store::Node::join(pool_, settings_.name, settings_.address);
  if (!node) return node.error();
  node_ = std::move(*node);
  if (!settings_.offices) return {};
  offices_ = std::make_shared<OfficeGate>(
      settings_, keys_, [this](Explanation const& why) { tells_.warning("office_failed", why.what, {}); });
  // Meetings go on without it.
  open_offices();
  return {};
}

void Service::open_offices() {
  if (auto const done = offices_->open(); !done) {
    if (!(shut_ == done.error().what)) tells_.warning("offices_shut", done.error().what, {});
    shut_ = done.error().what;
    return;
  }
  if (!(std::exchange(shut_, Sentence()) == Sentence()))
    tells_.warning("offices_open", strings::offices::kDoorOpen, {});
}

Explained<void> Service::listen() {
  net::ListenOptions options;
  options.address = settings_.listen.host;
  options.port = settings_.listen.port;
  // A few more than are served, so that who comes too many is told.
  options.connections_max = settings_.sessions_max + settings_.strangers_max;
  options.strangers_max = settings_.strangers_max;
  options.strangers_per_address_max = settings_.strangers_per_address_max;
  options.proxies = settings_.proxies;
  auto tls = net::TlsContext::servers([cards = cards_, gate = offices_](std::string_view name) {
    if (name != kOfficesName) return cards->find(name);
    auto const node = gate ? gate->node() : nullptr;
    return node ? std::optional(node->context()) : std::nullopt;
  });
  if (!tls) return Explanation(strings::server::kRunTlsUnusable);
  auto listener = net::Listener::listen(
      loop_.io(), options, std::move(*tls), channel_limits(settings_.connections),
      [this](std::shared_ptr<net::Channel> const& channel) { strand_.post([this, channel] { arrive(channel); }); },
      [this](std::string const&, net::Closed const& why) { metrics_.count(kind_of(why.reason)); });
  if (!listener) {
    return Explanation(
        Sentence(listener.error() == Refusal::kConflict ? strings::server::kRunInUse : strings::server::kRunNoAddress,
                 {{"address", format_address(settings_.listen)}}));
  }
  listener_ = std::move(*listener);
  if (settings_.monitor) {
    auto monitor = Monitor::start(
        loop_, *settings_.monitor, [this] { return unhealthy(); }, [this] { return metrics_.render(); });
    if (!monitor) {
      return Explanation(
          Sentence(monitor.error() == Refusal::kConflict ? strings::server::kRunInUse : strings::server::kRunNoAddress,
                   {{"address", format_address(*settings_.monitor)}}));
    }
    monitor_ = std::move(*monitor);
  }
  renewer_ = std::thread([this] { renew(); });
  loop_.start(std::max(2U, threads_of(settings_)));
  strand_.post([this] { tick(); });
  return {};
}

Service::~Service() { stop(); }

std::uint16_t Service::port() const { return listener_->port(); }

std::optional<Sentence> Service::unhealthy() const {
  if (stopping_) return text::kServeStopping;
  if (auto unsafe = node_->unsafe()) return unsafe;
  if (!node_->alive()) return text::kServeNotAlive;
  return std::nullopt;
}

// ==================================================================================================== Arriving

void Service::arrive(std::shared_ptr<net::Channel> const& channel) {
  if (stopping_) return channel->close(net::CloseReason::kShutdown);
  if (channel->server_name() == kOfficesName) {
    auto const node = offices_ ? offices_->node() : nullptr;
    return node ? node->door().accept(channel) : channel->close(net::CloseReason::kRefused);
  }
  // The handshake has found it.
  auto const number = meeting::parse_meeting_name(channel->server_name());
  if (!number) return channel->close(net::CloseReason::kRefused);
  if (listener_->connections() > settings_.sessions_max) {
    return refuse(channel, Refusal::kBusy, RefusedKind::kSessionsMax);
  }
  bool const stranger = !channel->peer_spki_sha256();
  auto const found = meetings_.find(*number);
  if (found == meetings_.end()) {
    if (!make_room(stranger)) return refuse(channel, Refusal::kBusy, RefusedKind::kMeetingsMax);
    meetings_[*number].waiting.push_back(channel);
    return load(*number, stranger);
  }
  auto& entry = found->second;
  switch (entry.stage) {
    case Stage::kLoading:
      if (entry.waiting.size() >= kWaitingMax) return refuse(channel, Refusal::kBusy, RefusedKind::kLimit);
      entry.waiting.push_back(channel);
      // It was a stranger's, behind all others; now somebody waits for it who was let in.
      if (!stranger && std::exchange(entry.by_stranger, false)) hurry(*number);
      return;
    case Stage::kServing:
      if (!stranger) entry.by_stranger = false;
      if (stranger && entry.host->strangers() >= kStrangersOfMeetingMax)
        return refuse(channel, Refusal::kBusy, RefusedKind::kLimit);
      return entry.host->accept(channel);
    case Stage::kElsewhere:
      metrics_.count(Counter::kMoved);
      return dismiss(channel, wire::moved(entry.address));
    case Stage::kFailed:
      return refuse(channel, Refusal::kStorage, RefusedKind::kNoLease);
    case Stage::kEnding:
      return channel->close(net::CloseReason::kShutdown);
  }
}

void Service::refuse(std::shared_ptr<net::Channel> const& channel, Refusal code, RefusedKind kind) {
  metrics_.count(kind);
  dismiss(channel, wire::refused(0, code));
}

void Service::dismiss(std::shared_ptr<net::Channel> const& channel, Bytes last) {
  // One that was never started would be closed without a word.
  channel->start([](Bytes const&) {}, [](net::Closed const&) {});
  channel->send(std::move(last));
  channel->finish(net::CloseReason::kRefused);
}

bool Service::make_room(bool stranger) {
  if (!node_->alive()) return false;
  std::size_t all = 0;
  std::optional<Number> yields;
  for (auto const& [number, entry] : meetings_) {
    if (entry.stage == Stage::kElsewhere || entry.stage == Stage::kFailed) continue;
    ++all;
    if (entry.stage == Stage::kServing && entry.by_stranger) yields = number;
  }
  if (all < settings_.meetings_max) return true;
  if (!stranger && yields) let_go(*yields);
  return !stranger && yields;
}

// ==================================================================================================== Loading

void Service::load(Number number, bool stranger) {
  auto& entry = meetings_[number];
  entry.by_stranger = stranger;
  entry.turn = std::make_shared<std::atomic<Turn>>(Turn::kWaits);
  auto const job = [this, number, turn = entry.turn] {
    auto waits = Turn::kWaits;
    if (!turn->compare_exchange_strong(waits, Turn::kBegun)) return;
    LoadingTools const tools{*node_,
                             *keys_,
                             work_,
                             stops_,
                             settings_.addresses,
                             std::uint64_t{settings_.meeting_mib} << 20,
                             std::uint64_t{settings_.connections.send_queue_mib} << 20,
                             [this](store::Lease const& lease) { give_back(lease); }};
    // Before the lease is asked for: what is read under it belongs to this life.
    auto const life = node_->life();
    auto const outcome = std::make_shared<Loading>(load_meeting(tools, number));
    strand_.post([this, number, life, outcome] { loaded(number, life, outcome); });
  };
  auto const urgency = stranger ? Urgency::kBackground : Urgency::kUrgent;
  if (!reads_.post(urgency, job, number))
    loaded(number, 0, std::make_shared<Loading>(Unusable{strings::server::kRunWorkLost}));
}

void Service::hurry(Number number) {
  auto waits = Turn::kWaits;
  if (meetings_[number].turn->compare_exchange_strong(waits, Turn::kPassedOn)) load(number, false);
}

void Service::loaded(Number number, std::uint64_t life, std::shared_ptr<Loading> const& outcome) {
  auto& entry = meetings_.at(number);
  entry.life = life;
  if (auto* meeting = std::get_if<LoadedMeeting>(outcome.get()); meeting && (life == 0 || life != node_->life())) {
    *meeting->stopping = true;
    give_back(meeting->lease);
    *outcome = Unusable{text::kServeNotAlive};
  }
  if (auto* meeting = std::get_if<LoadedMeeting>(outcome.get())) return serve(number, entry, std::move(*meeting));
  entry.since = Clock::now();
  auto const* elsewhere = std::get_if<store::Elsewhere>(outcome.get());
  if (elsewhere != nullptr && elsewhere->silent()) {
    return await(number, entry, std::min(elsewhere->alive_for + kRunOut, kSilentLook));
  }
  auto const* locked = std::get_if<InTheWay>(outcome.get());
  if (locked != nullptr) {
    if (!entry.locked) entry.locked = Clock::now();
    if (Clock::now() - *entry.locked < kLockedMax) return await(number, entry, kLockedLook);
    return not_loaded(number, entry, {strings::server::kDatabaseLocked, {{"meeting", number}}});
  }
  if (elsewhere != nullptr) {
    auto const waiting = std::exchange(entry.waiting, {});
    entry.stage = Stage::kElsewhere;
    entry.address = elsewhere->address;
    for (auto const& channel : waiting) arrive(channel);
    return;
  }
  auto const* why = std::get_if<Unusable>(outcome.get());
  not_loaded(number, entry, why != nullptr ? why->why : Sentence(text::kLoadNoMeeting));
}

void Service::not_loaded(Number number, Entry& entry, Sentence const& why) {
  entry.stage = Stage::kFailed;
  tells_.warning("not_loaded", why, number);
  for (auto const& channel : std::exchange(entry.waiting, {}))
    refuse(channel, Refusal::kStorage, RefusedKind::kNoLease);
}

void Service::await(Number number, Entry& entry, net::Milliseconds after) {
  if (stopping_) return;
  entry.again.emplace(strand_);
  entry.again->after(after, [this, number] {
    auto const found = meetings_.find(number);
    if (!stopping_ && found != meetings_.end()) load(number, found->second.by_stranger);
  });
}

void Service::serve(Number number, Entry& entry, LoadedMeeting meeting) {
  if (stopping_) {
    *meeting.stopping = true;
    give_back(meeting.lease);
    return;
  }
  metrics_.count(Counter::kLeasesTaken);
  for (auto const& near : meeting.large) tells_.warning("meeting_large", near, number);
  entry.stage = Stage::kServing;
  entry.since = Clock::now();
  entry.lease = meeting.lease;
  entry.stopping = meeting.stopping;
  MeetingHostOptions options;
  options.may_speak = [this, life = entry.life] { return node_->life() == life; };
  options.read_piece = [pool = pool_, number](Reading const& reading) -> std::optional<Bytes> {
    auto piece = store::read_file_piece(*pool, number, reading.file, reading.offset, reading.length);
    return piece ? std::move(*piece) : std::nullopt;
  };
  options.on_commit = [this](std::chrono::microseconds took) { metrics_.committed(took); };
  options.unsent_max = std::size_t{settings_.connections.send_queues_mib} << 20;
  entry.host = MeetingHost::make(
      loop_, std::move(options), std::move(meeting.core), std::move(meeting.store),
      {.work = work_, .commits = commits_, .reads = reads_, .owner = number},
      [this, number](Notice const& notice) { tells_.notice(number, notice); },
      [this, number](Sentence const& why) { lost(number, why); }, std::move(meeting.slips));
  entry.host->begin();
  for (auto const& channel : std::exchange(entry.waiting, {})) entry.host->accept(channel);
}

// ==================================================================================================== Letting go

void Service::lost(Number number, Sentence const& why) {
  metrics_.count(Counter::kMeetingsLost);
  tells_.warning("meeting_lost", why, number);
  strand_.post([this, number] { let_go(number); });
}

void Service::let_go(Number number) {
  auto const found = meetings_.find(number);
  if (found == meetings_.end() || found->second.stage != Stage::kServing) return;
  auto& entry = found->second;
  entry.stage = Stage::kEnding;
  *entry.stopping = true;
  entry.host->end([this, number, lease = entry.lease] {
    strand_.post([this, number, lease] {
      meetings_.erase(number);
      give_back(lease);
    });
  });
}

void Service::let_all_go() {
  std::vector<Number> numbers;
  for (auto const& [number, entry] : meetings_) numbers.push_back(number);
  for (auto const number : numbers) let_go(number);
}

void Service::give_back(store::Lease const& lease) {
  // Until it arrives it is this process's own, and runs out with it.
  static_cast<void>(looks_.post(
      Urgency::kUrgent,
      [this, lease] {
        if (!node_->give_back(lease)) strand_.post([this, lease] { owed_.push_back(lease); });
      },
      lease.meeting));
}

// ==================================================================================================== Time

void Service::renew() {
  std::unique_lock lock(renewer_mutex_);
  bool was_unsafe = false;
  while (!renewer_stops_) {
    lock.unlock();
    auto const done = node_->renew();
    auto const unsafe = node_->unsafe();
    if (unsafe && !was_unsafe) tells_.warning("database_unsafe", *unsafe, {});
    was_unsafe = unsafe.has_value();
    if (!done) {
      metrics_.count(Counter::kRenewalsFailed);
      if (done.error().code == Refusal::kConflict && !fatal_.exchange(true)) tells_.fatal(done.error().what);
    }
    lock.lock();
    renewer_wake_.wait_for(lock, store::kRenewEvery, [this] { return renewer_stops_; });
  }
}

bool Service::ticks() const {
  return now_ms() < ticked_ms_ + kTicksMissedMax * static_cast<std::uint64_t>(kTick.count());
}

void Service::tick() {
  if (stopping_) return;
  ticked_ms_ = now_ms();
  std::vector<Number> gone;
  std::uint64_t sessions = 0;
  std::uint64_t serving = 0;
  for (auto& [number, entry] : meetings_) {
    tick(number, entry);
    if (entry.stage == Stage::kServing) ++serving;
    if (entry.host) sessions += entry.host->sessions();
    auto const age = Clock::now() - entry.since;
    bool const forgotten = (entry.stage == Stage::kFailed && age > kFailedFor) ||
                           (entry.stage == Stage::kElsewhere && age > kElsewhereFor);
    if (forgotten) gone.push_back(number);
  }
  for (auto const number : gone) meetings_.erase(number);
  metrics_.set(Gauge::kConnections, listener_->connections());
  metrics_.set(Gauge::kSessions, sessions);
  metrics_.set(Gauge::kMeetings, serving);
  look_at_database();
  look_at_offices();
  // One at a time: a look never stands behind all that somebody has locked.
  if (!owed_.empty()) {
    give_back(owed_.front());
    owed_.pop_front();
  }
  timer_.after(kTick, [this] { tick(); });
}

void Service::tick(Number number, Entry& entry) {
  if (entry.stage != Stage::kServing) return;
  // Laptops are sent away rather than left with a node that may say nothing.
  if (entry.life != node_->life()) {
    lost(number, text::kServeNotAlive);
    return let_go(number);
  }
  // It is on its way to a directory (store/moving.h), which waits for this.
  if (!cards_->has(number)) return let_go(number);
  if (entry.host->sessions() > 0) {
    entry.since = Clock::now();
    return;
  }
  auto const idle = Clock::now() - entry.since;
  // Ending erases later, on the strand: not under this loop.
  if (idle > kIdleFor || (entry.by_stranger && idle > kIdleOfStrangersFor)) let_go(number);
}

void Service::look_at_database() {
  if (looking_.exchange(true)) return;
  std::vector<Number> serving;
  for (auto const& [number, entry] : meetings_) {
    if (entry.stage == Stage::kServing) serving.push_back(number);
  }
  bool const taken = looks_.post(Urgency::kUrgent, [this, serving] {
    auto const done = std::shared_ptr<void>(nullptr, [this](void*) { looking_ = false; });
    auto const begun_ms = boottime_ms();
    if (auto stops = store::stops(*pool_, serving)) stops_->read(*stops, serving, begun_ms);
    if (auto const shut = cards_->refresh()) {
      for (auto const number : *shut) tells_.warning("keys_shut", text::kLoadKeysShut, number);
    }
  });
  if (!taken) looking_ = false;
}

void Service::look_at_offices() {
  if (!offices_ || offices_->node() || Clock::now() - opened_ < kOfficesEvery || opening_.exchange(true)) return;
  opened_ = Clock::now();
  bool const taken = looks_.post(Urgency::kBackground, [this] {
    struct Opening {
      std::atomic<bool>& is;
      ~Opening() { is = false; }  // also where a library throws
    } const opening{opening_};
    open_offices();
  });
  if (!taken) opening_ = false;
}

// ==================================================================================================== The end

void Service::stop() {
  if (stopping_.exchange(true)) return;
  if (listener_) listener_->stop();
  if (listener_) {
    // Every meeting ends on the strand, and its entry goes when its last commit is out.
    auto const deadline = Clock::now() + kHandOverMax;
    strand_.post([this] {
      timer_.cancel();
      let_all_go();
    });
    for (bool done = false; !done && Clock::now() < deadline;) {
      auto const left = std::make_shared<std::promise<std::size_t>>();
      auto answer = left->get_future();
      strand_.post([this, left] {
        left->set_value(std::ranges::count_if(meetings_, [](auto const& one) {
          return one.second.stage == Stage::kServing || one.second.stage == Stage::kEnding;
        }));
      });
      if (answer.wait_until(deadline) == std::future_status::ready) done = answer.get() == 0;
      if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  {
    std::lock_guard const lock(renewer_mutex_);
    renewer_stops_ = true;
  }
  renewer_wake_.notify_all();
  if (renewer_.joinable()) renewer_.join();
  // Time to say goodbye to those who still listen.
  for (int i = 0; listener_ && i < 100 && listener_->connections() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  // Before what runs is waited for: others can go on with the meetings.
  if (node_) static_cast<void>(node_->leave());
  if (offices_) offices_->stop();
  monitor_.reset();
  looks_.stop();
  reads_.stop();
  commits_.stop();
  work_.stop();
  loop_.stop();
  meetings_.clear();
}

}  // namespace piaojue::server
