// SPDX-License-Identifier: Apache-2.0
#include "service_host.h"

#include <sstream>

namespace piaojue::simulation {

// ------------------------------------------------------------------------------------------------------- A process

ServiceNode::ServiceNode(ServiceHost& host, Process const process)
    : to_database(host.clock_, host.dice_, host.database, host.faults.database),
      host_(host),
      process_(process),
      clock_rate_(0.998 + 0.004e-3 * static_cast<double>(host.dice_.below(1000))) {}

ServiceNode::~ServiceNode() = default;

void ServiceNode::run(std::function<void()> what) {
  if (!runs_) return;
  if (stopped_) return held_up_.push_back(std::move(what));
  what();
}

void ServiceNode::later(std::uint64_t const delay_ms, std::function<void()> what) {
  host_.clock_.after(delay_ms, [this, what = std::move(what)] { run(what); });
}

template <class Statement, class Done>
void ServiceNode::ask(bool const writes, Statement statement, Done done) {
  to_database.ask(writes, std::move(statement), [this, done = std::move(done)](auto answer) {
    run([done, answer = std::move(answer)] { done(answer); });
  });
}

template <class Statement, class Done>
void ServiceNode::ask_for_meeting(bool const writes, Statement statement, Done done) {
  ask(writes, std::move(statement), [this, done = std::move(done), meeting = meeting_](auto const& answer) {
    if (meeting == meeting_) done(answer);
  });
}

void ServiceNode::start() {
  host_.trace_.note("node starts", host_.clock_.now_ms(), process_.number);
  runs_ = true;
  join(host_.clock_.now_ms());
}

void ServiceNode::join(std::uint64_t const since_ms) {
  auto const sent_ms = host_.clock_.now_ms();
  ask(
      true, [process = process_](LeasedStore& database) { return database.join(process); },
      [this, since_ms, sent_ms](std::optional<bool> const& joined) {
        // One of this name goes on living.
        if (joined == false && sent_ms > since_ms + LeasedStore::kAliveForMs + kMarginMs) return kill();
        if (!joined.value_or(false)) return later(1'000, [this, since_ms] { join(since_ms); });
        joined_ = true;
        renewed_ms_ = sent_ms;
        renew();
      });
}

void ServiceNode::renew() {
  later(kRenewEveryMs, [this] { renew(); });
  auto const sent_ms = host_.clock_.now_ms();
  ask(
      true, [process = process_](LeasedStore& database) { return database.renew(process); },
      [this, sent_ms](std::optional<bool> const& renewed) {
        if (!renewed) return;
        if (!*renewed) return kill();
        // Somebody else may have had the meeting while the time had run out: what is remembered of it is not to be
        // trusted again, however soon the node is alive again.
        if (!alive() && host_.database.left != Left::kForgetting) {
          if (core_) ++host_.counts[Happened::kLapsed];
          let_go();
        }
        renewed_ms_ = std::max(renewed_ms_, sent_ms);
      });
}

bool ServiceNode::alive() const {
  auto const gone_ms = static_cast<double>(host_.clock_.now_ms() - renewed_ms_) * clock_rate_;
  return joined_ && gone_ms < static_cast<double>(LeasedStore::kAliveForMs - kMarginMs);
}

bool ServiceNode::may_speak() const { return alive() || (joined_ && host_.database.left == Left::kSilence); }

void ServiceNode::kill() {
  if (!runs_) return;
  host_.trace_.note("node ends", host_.clock_.now_ms(), process_.number);
  runs_ = false;
  stopped_ = false;
  held_up_.clear();
  coming_.clear();
  core_.reset();
  lease_.reset();
  ++meeting_;
  taking_ = committing_ = false;
  for (auto const link : std::exchange(links_, {})) host_.network_.cut(link);
  host_.ended(*this);
}

void ServiceNode::stop() {
  host_.trace_.note("node stopped", host_.clock_.now_ms(), process_.number);
  stopped_ = true;
}

void ServiceNode::go_on() {
  host_.trace_.note("node goes on", host_.clock_.now_ms(), process_.number);
  stopped_ = false;
  for (auto& what : std::exchange(held_up_, {})) run(std::move(what));
}

void ServiceNode::cut_from_laptops(bool const cut) {
  cut_from_laptops_ = cut;
  if (!cut) return;
  for (auto const link : links_) host_.network_.cut(link);
}

void ServiceNode::hand_over() {
  // The commit that runs is waited for, as nothing may be under way under a lease that is given back.
  ends_ = true;
  if (committing_) return later(50, [this] { hand_over(); });
  auto const lease = lease_;
  if (core_) let_go();
  ask(
      true,
      [lease, process = process_](LeasedStore& database) {
        if (lease) database.give_back(*lease);
        database.leave(process);
        return true;
      },
      [this](std::optional<bool> const&) { kill(); });
}

// ------------------------------------------------------------------------------------------------------ Connections

bool ServiceNode::accept(LinkId const link, std::uint32_t const client) {
  if (!runs_ || cut_from_laptops_) return false;
  // The machine takes connections for a process that is stopped.
  if (!stopped_ && (ends_ || !may_speak())) return false;
  links_.insert(link);
  run([this, link, client] { come(link, client); });
  return true;
}

void ServiceNode::come(LinkId const link, std::uint32_t const client) {
  if (!links_.contains(link)) return;
  if (ends_ || !may_speak()) return host_.network_.cut(link);
  if (!core_) {
    coming_[link].client = client;
    if (!taking_) take();
    return;
  }
  auto const seen = channel_of(link);
  core_->open(link, {host_.certificate(client), "laptop " + std::to_string(client), seen.exporter, seen.server_spki});
  pump();
}

void ServiceNode::frame(LinkId const link, ByteView const frame) {
  run([this, link, bytes = to_bytes(frame)] {
    if (auto const coming = coming_.find(link); coming != coming_.end()) {
      coming->second.frames.push_back(bytes);
    } else if (core_ && links_.contains(link)) {
      core_->on_frame(link, bytes);
      pump();
    }
  });
}

void ServiceNode::closed(LinkId const link) {
  run([this, link] {
    links_.erase(link);
    coming_.erase(link);
    if (!core_) return;
    core_->closed(link);
    pump();
  });
}

// ---------------------------------------------------------------------------------------------------- Whose it is

void ServiceNode::take() {
  taking_ = true;
  ++meeting_;
  ask_for_meeting(
      true, [process = process_](LeasedStore& database) { return database.take(process); },
      [this](std::optional<LeasedStore::Taken> const& taken) {
        if (taken && taken->lease) {
          ++host_.counts[Happened::kTaken];
          lease_ = taken->lease;
          return load();
        }
        taking_ = false;
        send_on(taken ? std::optional(taken->elsewhere) : std::nullopt);
      });
}

/// Those who wait for the meeting are told that it is not here.
void ServiceNode::send_on(std::optional<std::uint64_t> const holder) {
  for (auto const& [link, coming] : std::exchange(coming_, {})) {
    if (holder) {
      ++host_.counts[Happened::kMoved];
      host_.sent_on_[coming.client] = *holder;
    }
    host_.network_.close_from_server(link);
    links_.erase(link);
  }
}

void ServiceNode::load() {
  ask_for_meeting(
      false, [lease = *lease_](LeasedStore& database) { return database.load(lease); },
      [this](std::optional<LeasedStore::Loaded> const& loaded) {
        taking_ = false;
        if (loaded && loaded->contents && may_speak() && !ends_) return recover(*loaded);
        if (loaded && !loaded->contents) ++host_.counts[Happened::kFenced];
        lease_.reset();
        send_on(std::nullopt);
      });
}

void ServiceNode::recover(LeasedStore::Loaded const& loaded) {
  count_ = loaded.count;
  committing_ = false;
  auto core =
      server::Core::recover(server_config(host_.keys_, host_.token_keys_, host_.clock_, host_.limits,
                                          [this](meeting::PersonId const person) -> Explained<std::optional<Bytes>> {
                                            auto const& rows = host_.database.contents()[store::Table::kSlip];
                                            auto const row = rows.find(store::key_of_person(person));
                                            return row == rows.end() ? std::nullopt : std::optional(row->second);
                                          }),
                            *loaded.contents);
  if (!core) {
    host_.fail("what was committed can not be loaded: " + std::string(name(core.error())));
    return send_on(std::nullopt);
  }
  core_ = std::move(*core);
  host_.trace_.note("node serves", host_.clock_.now_ms(), process_.number);
  host_.recovered(*loaded.contents);
  pump();
  look_again();
  for (auto const& [link, coming] : std::exchange(coming_, {})) {
    if (!links_.contains(link) || !core_) continue;
    come(link, coming.client);
    for (auto const& bytes : coming.frames) {
      if (!core_) break;
      core_->on_frame(link, bytes);
      pump();
    }
  }
}

void ServiceNode::let_go() {
  host_.trace_.note("node lets go", host_.clock_.now_ms(), process_.number);
  core_.reset();
  lease_.reset();
  taking_ = committing_ = false;
  ++meeting_;
  for (auto const link : std::exchange(links_, {})) host_.network_.close_from_server(link);
  coming_.clear();
}

// ----------------------------------------------------------------------------------------------------------- Core

void ServiceNode::look_again() {
  later(1'000, [this, meeting = meeting_] {
    if (!core_ || meeting != meeting_) return;
    core_->look_again();
    pump();
    look_again();
  });
}

void ServiceNode::pump() {
  if (!core_) return;
  core_->take_notices();
  for (auto& job : core_->take_jobs()) {
    job.run();
    later(host_.dice_.below(host_.faults.job_ms_max + 1), [this, id = job.id, meeting = meeting_] {
      if (!core_ || meeting != meeting_) return;
      core_->finish_job(id);
      pump();
    });
  }
  commit_next();
}

void ServiceNode::commit_next() {
  if (!core_ || committing_ || !core_->has_group()) return;
  committing_ = true;
  tries_ = 0;
  auto const group = std::make_shared<server::CommitGroup>(core_->take_group());
  if (!group->writes.empty()) return commit(group);
  later(0, [this, group, meeting = meeting_] {
    if (meeting == meeting_) committed(*group);
  });
}

void ServiceNode::commit(std::shared_ptr<server::CommitGroup> const& group) {
  ask_for_meeting(
      true,
      [group, lease = *lease_, count = count_](LeasedStore& database) {
        return database.commit(lease, count, group->writes);
      },
      [this, group](std::optional<bool> const& done) {
        if (!done) return in_doubt(group);
        if (!*done) {
          ++host_.counts[Happened::kFenced];
          return let_go();
        }
        ++count_;
        committed(*group);
      });
}

/// The answer to COMMIT was lost: the row is looked at, for as long as the meeting is worth it.
void ServiceNode::in_doubt(std::shared_ptr<server::CommitGroup> const& group) {
  ++host_.counts[Happened::kDoubted];
  auto const left = host_.database.left;
  if (left == Left::kDoubt) {
    ++count_;
    return committed(*group);
  }
  if (++tries_ > 20) return let_go();
  if (left == Left::kLook) return commit(group);
  ask_for_meeting(
      false, [](LeasedStore& database) { return database.meeting(); },
      [this, group](std::optional<LeasedStore::Meeting> const& meeting) {
        if (meeting) return found(group, *meeting);
        later(200, [this, group, of = meeting_] {
          if (of == meeting_) in_doubt(group);
        });
      });
}

void ServiceNode::found(std::shared_ptr<server::CommitGroup> const& group, LeasedStore::Meeting const& meeting) {
  if (meeting.lease != lease_) {
    // Done or not, the meeting is another's, who has loaded what was done.
    ++host_.counts[Happened::kFenced];
    return let_go();
  }
  if (meeting.count == count_) {
    ++host_.counts[Happened::kFoundUndone];
    return commit(group);
  }
  // What was found done on a primary that is gone by now.
  if (meeting.count != count_ + 1 && host_.database.left != Left::kCount) return let_go();
  ++host_.counts[Happened::kFoundDone];
  if (host_.database.left == Left::kStandby) {
    count_ = meeting.count;
    return committed(*group);
  }
  // Nobody has said that the standby has it: a further commit of nothing is waited for.
  count_ = meeting.count;
  host_.believe(group->writes);
  auto const rest = std::make_shared<server::CommitGroup>();
  rest->outputs = group->outputs;
  commit(rest);
}

void ServiceNode::committed(server::CommitGroup const& group) {
  committing_ = false;
  host_.believe(group.writes);
  send(group.outputs);
  pump();
}

void ServiceNode::send(std::vector<server::Output> const& outputs) {
  if (!outputs.empty() && !may_speak()) {
    ++host_.counts[Happened::kLapsed];
    return let_go();
  }
  for (auto const& output : outputs) {
    if (auto const* frame = std::get_if<server::Frame>(&output.what)) {
      host_.spoke(*this);
      host_.network_.to_client(output.session, *frame);
    } else if (std::holds_alternative<server::Close>(output.what)) {
      host_.network_.close_from_server(output.session);
      links_.erase(output.session);
      core_->closed(output.session);
    }
  }
}

// --------------------------------------------------------------------------------------------------------- All of it

ServiceHost::ServiceHost(Clock& clock, Dice& dice, Network& network, Trace& trace, KeyPool& token_keys,
                         ServerKeys const& keys, std::size_t const nodes)
    : database(clock, dice),
      clock_(clock),
      dice_(dice),
      network_(network),
      trace_(trace),
      token_keys_(token_keys),
      keys_(keys),
      names_(nodes) {
  network_.listen({[this](LinkId const link, std::uint32_t const client) { return accept(link, client); },
                   {[this](LinkId const link, ByteView const frame) {
                      if (auto const at = links_.find(link); at != links_.end()) at->second->frame(link, frame);
                    },
                    [this](LinkId const link) {
                      auto const at = links_.find(link);
                      if (at == links_.end()) return;
                      auto* const node = at->second;
                      links_.erase(at);
                      node->closed(link);
                    }}});
}

ServiceNode& ServiceHost::add(std::uint32_t const name) {
  nodes_.push_back(std::make_unique<ServiceNode>(*this, Process{name, nodes_.size()}));
  auto* const node = nodes_.back().get();
  listening_[name] = node;
  node->start();
  return *node;
}

void ServiceHost::start(store::Writes const& draft) {
  database.write(draft);
  listening_.resize(names_);
  for (std::uint32_t name = 0; name < names_; ++name) add(name);
}

/// To whom it was sent on, or whom the balancer thinks of.
bool ServiceHost::accept(LinkId const link, std::uint32_t const client) {
  auto* node = listening_[dice_.below(names_)];
  if (auto const to = sent_on_.find(client); to != sent_on_.end()) {
    if (dice_.chance(0.9)) node = nodes_[to->second].get();
    sent_on_.erase(to);
  }
  links_[link] = node;
  if (node->accept(link, client)) return true;
  links_.erase(link);
  return false;
}

/// By process, not by epoch: a taking that arrives late raises the epoch of who has the meeting already, and that it
/// learns at its next commit.
ServiceNode* ServiceHost::serving() {
  auto const& lease = database.meeting().lease;
  if (!lease) return nullptr;
  auto* const node = nodes_[lease->holder.number].get();
  return node->runs() && !node->stopped() && node->core() != nullptr ? node : nullptr;
}

server::Core* ServiceHost::core() {
  auto* const node = serving();
  return node != nullptr ? node->core() : nullptr;
}

bool ServiceHost::idle() {
  auto* const node = serving();
  return node != nullptr && node->idle();
}

std::optional<meeting::SlipCode> ServiceHost::new_slip(meeting::PersonId const person,
                                                       meeting::MeetingId const& meeting_id) {
  if (!database.up()) return std::nullopt;
  store::Writes writes;
  auto const code = draw_slip(dice_, keys_, person, meeting_id, writes);
  database.write(writes);
  return code;
}

void ServiceHost::fail(std::string what) {
  if (wrong_.empty()) wrong_ = std::move(what) + "\n" + state();
}

/// Laptops that come to its address reach the process that it had taken the place of, if that lives.
void ServiceHost::ended(ServiceNode const& node) {
  auto& listening = listening_[node.process().name];
  for (auto const& other : nodes_) {
    if (listening == &node && other->runs() && other->process().name == node.process().name) listening = other.get();
  }
}

/// A frame leaves a node.
void ServiceHost::spoke(ServiceNode const& node) {
  auto const& lease = database.meeting().lease;
  if (!lease || lease->holder != node.process()) {
    fail("process " + std::to_string(node.process().number) + " speaks for a meeting that is another's");
  }
  spoke_ms_ = clock_.now_ms();
}

void ServiceHost::recovered(store::Contents const& loaded) {
  gaps_.emplace_back(spoke_ms_, clock_.now_ms());
  believed_ = loaded;
}

void ServiceHost::believe(store::Writes const& writes) {
  for (auto const& write : writes.list) store::apply_write(believed_, write);
}

std::string ServiceHost::differs() const {
  for (std::size_t table = 0; table < store::kTables; ++table) {
    // Slips are written by the operator.
    if (table == static_cast<std::size_t>(store::Table::kSlip)) continue;
    if (database.contents().tables[table] != believed_.tables[table]) {
      return "table " + std::to_string(table) + " of the database is another than its node believes";
    }
  }
  return {};
}

std::string ServiceHost::state() const {
  std::ostringstream out;
  auto const& meeting = database.meeting();
  out << "service at " << clock_.now_ms() << " ms: database " << (database.up() ? "up" : "away") << ", epoch "
      << meeting.epoch << ", commits " << meeting.count << ", lease of "
      << (meeting.lease ? std::to_string(meeting.lease->holder.number) : "nobody") << "\n";
  for (auto const& node : nodes_) {
    if (!node->runs()) continue;
    out << "  process " << node->process().number << " of node " << node->process().name
        << (node->stopped() ? " stopped" : "") << (node->to_database.cut ? " cut from the database" : "")
        << (node->lease() ? " has epoch " + std::to_string(node->lease()->epoch) : "") << "\n";
  }
  return out.str();
}

// ---------------------------------------------------------------------------------------------------------- Trouble

void ServiceHost::storm_begins() {
  storm_ = true;
  trouble();
}

void ServiceHost::storm_ends() {
  storm_ = false;
  faults = {};
  database.come_back();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& node = *nodes_[i];
    node.to_database.cut = false;
    node.cut_from_laptops(false);
    if (node.stopped()) node.go_on();
  }
  for (std::uint32_t name = 0; name < names_; ++name) {
    if (!listening_[name]->runs()) add(name);
  }
}

void ServiceHost::after_trouble(std::uint64_t const low_ms, std::uint64_t const high_ms, std::function<void()> what) {
  clock_.after(dice_.between(low_ms, high_ms), [this, what = std::move(what)] {
    if (storm_) what();
  });
}

void ServiceHost::trouble() {
  after_trouble(200, faults.trouble_ms_max, [this] {
    // Those who have the meeting are worth the trouble.
    auto* victim = listening_[dice_.below(names_)];
    auto const& lease = database.meeting().lease;
    for (auto* const node : listening_) {
      if (lease && node->process() == lease->holder && dice_.chance(0.6)) victim = node;
    }
    trouble_of_node(*victim);
    trouble_of_database();
    for (std::uint32_t name = 0; name < names_; ++name) {
      if (!listening_[name]->runs() && dice_.chance(0.5)) add(name);
    }
    trouble();
  });
}

void ServiceHost::trouble_of_node(ServiceNode& node) {
  if (!node.runs()) return;
  if (node.stopped()) {
    // A supervisor starts another process under the name of one that does not answer.
    if (!dice_.chance(faults.replace) || listening_[node.process().name] != &node) return;
    ++counts[Happened::kReplaced];
    add(node.process().name);
  } else if (dice_.chance(faults.kill)) {
    ++counts[Happened::kKilled];
    node.kill();
  } else if (dice_.chance(faults.stop)) {
    ++counts[Happened::kStopped];
    node.stop();
    after_trouble(500,
                  dice_.chance(0.5)   ? 8'000
                  : dice_.chance(0.7) ? 25'000
                                      : 60'000,
                  [&node] {
                    if (node.stopped()) node.go_on();
                  });
  } else if (dice_.chance(faults.cut_from_database)) {
    ++counts[Happened::kCutFromDatabase];
    node.to_database.cut = true;
    after_trouble(500, 15'000, [&node] { node.to_database.cut = false; });
  } else if (dice_.chance(faults.cut_from_laptops)) {
    ++counts[Happened::kCutFromLaptops];
    node.cut_from_laptops(true);
    after_trouble(500, 10'000, [&node] { node.cut_from_laptops(false); });
  } else if (dice_.chance(faults.hand_over)) {
    ++counts[Happened::kHandedOver];
    node.hand_over();
  }
}

void ServiceHost::trouble_of_database() {
  if (!database.up() || database.standby_held()) return;
  if (dice_.chance(faults.database_away)) {
    ++counts[Happened::kAway];
    database.go_away();
    after_trouble(300, 15'000, [this] { database.come_back(); });
  } else if (dice_.chance(faults.standby_held)) {
    ++counts[Happened::kHeld];
    database.hold_standby();
    bool const lost = dice_.chance(0.5);
    after_trouble(300, 4'000, [this, lost] {
      if (lost) ++counts[Happened::kFailedOver];
      lost ? database.fail_over() : database.come_back();
    });
  } else if (dice_.chance(faults.fail_over)) {
    ++counts[Happened::kFailedOver];
    database.go_away();
    after_trouble(300, 5'000, [this] { database.fail_over(); });
  }
}

}  // namespace piaojue::simulation
