// SPDX-License-Identifier: Apache-2.0
#include "leased_store.h"

namespace piaojue::simulation {

std::uint64_t LeasedStore::now_ms() const { return clock_.now_ms() + offset_ms_; }

bool LeasedStore::alive(Process const& process) const {
  auto const row = primary_.nodes.find(process.name);
  return row != primary_.nodes.end() && row->second.process == process.number && row->second.alive_until_ms > now_ms();
}

void LeasedStore::change(Redo redo) {
  redo(primary_);
  redo_.push_back(std::move(redo));
}

void LeasedStore::replicate() {
  for (; !redo_.empty(); redo_.pop_front()) redo_.front()(standby_);
}

bool LeasedStore::join(Process const& process) {
  auto const row = primary_.nodes.find(process.name);
  if (row != primary_.nodes.end() && row->second.process != process.number && row->second.alive_until_ms > now_ms()) {
    return false;
  }
  Node const node{process.number, now_ms() + kAliveForMs};
  change([name = process.name, node](State& state) { state.nodes[name] = node; });
  return true;
}

bool LeasedStore::renew(Process const& process) {
  auto const row = primary_.nodes.find(process.name);
  if (row == primary_.nodes.end() || row->second.process != process.number) return false;
  Node const node{process.number, now_ms() + kAliveForMs};
  change([name = process.name, node](State& state) { state.nodes[name] = node; });
  return true;
}

void LeasedStore::leave(Process const& process) {
  auto const row = primary_.nodes.find(process.name);
  if (row == primary_.nodes.end() || row->second.process != process.number) return;
  change([name = process.name](State& state) { state.nodes.erase(name); });
}

LeasedStore::Taken LeasedStore::take(Process const& process) {
  auto const& lease = primary_.meeting.lease;
  if (lease && lease->holder != process && alive(lease->holder)) return {std::nullopt, lease->holder.number};
  Lease const taken{process, primary_.meeting.epoch + 1};
  change([taken](State& state) {
    state.meeting.lease = taken;
    state.meeting.epoch = taken.epoch;
  });
  return {taken, 0};
}

void LeasedStore::give_back(Lease const& lease) {
  if (primary_.meeting.lease == lease) change([](State& state) { state.meeting.lease.reset(); });
}

bool LeasedStore::may_write(Lease const& lease, std::uint64_t const count) const {
  auto const& now = primary_.meeting;
  if (left == Left::kFence) return true;
  if (!now.lease || now.lease->holder != lease.holder) return false;
  if (left != Left::kEpoch && now.lease->epoch != lease.epoch) return false;
  // Who does not look can not know the count either.
  bool const counts = left != Left::kCount && left != Left::kLook && left != Left::kEpoch;
  return !counts || now.count == count;
}

bool LeasedStore::commit(Lease const& lease, std::uint64_t const count, store::Writes const& writes) {
  if (!may_write(lease, count)) return false;
  change([writes](State& state) {
    for (auto const& write : writes.list) store::apply_write(state.contents, write);
    ++state.meeting.count;
  });
  return true;
}

LeasedStore::Loaded LeasedStore::load(Lease const& lease) const {
  if (primary_.meeting.lease != lease) return {};
  return {primary_.contents, primary_.meeting.count};
}

void LeasedStore::write(store::Writes const& writes) {
  change([writes](State& state) {
    for (auto const& write : writes.list) store::apply_write(state.contents, write);
  });
  replicate();
}

void LeasedStore::come_back() {
  up_ = true;
  standby_held_ = false;
  replicate();
}

void LeasedStore::fail_over() {
  primary_ = standby_;
  redo_.clear();
  ++generation_;
  up_ = true;
  standby_held_ = false;
  // Machines of one database have their clocks from one source, and differ by less than a node's margin.
  offset_ms_ = 700 + dice_.below(600);
}

void DatabaseLink::send(bool const writes, Execute execute, Done done) {
  // Whatever happens first ends it, and nothing after that is heard.
  auto const once = [done = std::move(done), over = std::make_shared<bool>(false)](bool const heard) {
    if (!std::exchange(*over, true)) done(heard);
  };
  if (!reachable()) return clock_.after(dice_.between(20, 1'000), [once] { once(false); });
  auto const until_ms = clock_.now_ms() + kAnswerMs;
  auto const broken_ms = dice_.between(10, dice_.chance(0.7) ? 500 : kAnswerMs);
  clock_.after(kAnswerMs, [once] { once(false); });
  if (dice_.chance(faults_.request_lost)) return clock_.after(broken_ms, [once] { once(false); });
  auto const generation = database_.generation();
  if (dice_.chance(faults_.late)) {
    clock_.after(broken_ms, [once] { once(false); });
    auto const at_ms = broken_ms + dice_.between(1, dice_.chance(0.7) ? 2'000 : 30'000);
    return clock_.after(at_ms, [this, generation, execute = std::move(execute)] {
      if (database_.generation() != generation) return;
      execute(database_);
      if (!database_.standby_held()) database_.replicate();
    });
  }
  bool const lost = dice_.chance(faults_.answer_lost);
  clock_.after(dice_.below(faults_.delay_ms_max + 1), [=, this, execute = std::move(execute)] {
    if (database_.generation() != generation || !reachable()) return once(false);
    execute(database_);
    if (lost) {
      // With the connection its transaction may have ended before the standby had it.
      if (writes && !database_.standby_held() && dice_.chance(0.5)) database_.replicate();
      return clock_.after(broken_ms, [once] { once(false); });
    }
    if (writes) return answer_when_replicated(generation, until_ms, once);
    clock_.after(dice_.below(faults_.delay_ms_max + 1), [this, once] { once(reachable()); });
  });
}

void DatabaseLink::answer_when_replicated(std::uint64_t const generation, std::uint64_t const until_ms,
                                          Done const& done) {
  if (database_.generation() != generation || !reachable()) return done(false);
  if (!database_.standby_held()) {
    database_.replicate();
    return clock_.after(dice_.below(faults_.delay_ms_max + 1), [this, done] { done(reachable()); });
  }
  // A connection that waits may break as well: then what it wrote is seen, and on the primary alone.
  if (clock_.now_ms() >= until_ms || dice_.chance(0.1)) return done(false);
  clock_.after(50, [=, this] { answer_when_replicated(generation, until_ms, done); });
}

}  // namespace piaojue::simulation
