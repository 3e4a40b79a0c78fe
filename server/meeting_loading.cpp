// SPDX-License-Identifier: Apache-2.0
#include "server/meeting_loading.h"

#include "server/clock.h"
#include "server/draft.h"
#include "server/key_bundle.h"
#include "strings/refusals.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;
using store::MeetingNumber;

namespace {

/// A look is made every second; one that is older than this says that they fail.
constexpr std::uint64_t kStopsFreshMs = 5'000;
/// From this part of what a meeting may have on, in percent, the operator is told.
constexpr std::uint64_t kLargeFrom = 80;

}  // namespace

std::optional<bool> StopBook::asked(MeetingNumber meeting, meeting::HalfOf const& attempt,
                                    std::optional<std::uint64_t> due, std::uint64_t now_ms) {
  std::lock_guard const lock(mutex_);
  if (stops_[meeting].contains(store::Stop{attempt.batch, attempt.attempt})) return true;
  if (!due) return false;
  auto const since = due_ms_.emplace(std::pair(meeting, *due), now_ms).first->second;
  auto const read = read_ms_.find(meeting);
  bool const known = read != read_ms_.end() && read->second >= since && now_ms < read->second + kStopsFreshMs;
  return known ? std::optional(false) : std::nullopt;
}

void StopBook::add(Stops const& stops) {
  std::lock_guard const lock(mutex_);
  for (auto const& [meeting, list] : stops) stops_[meeting].insert(list.begin(), list.end());
}

void StopBook::read(Stops const& stops, std::vector<MeetingNumber> const& meetings, std::uint64_t begun_ms) {
  add(stops);
  std::lock_guard const lock(mutex_);
  for (auto const meeting : meetings) read_ms_[meeting] = begun_ms;
}

namespace {

Loading not_loaded(Explanation const& why) {
  if (why.code == Refusal::kBusy) return InTheWay{why.what};
  return Unusable{why.what};
}

/// Before it is too late for a word: one that has more than may be loaded, or be pushed to a laptop that asks for all
/// of it, can not be held any more.
std::vector<Sentence> large(LoadingTools const& tools, MeetingNumber meeting, Contents const& contents) {
  std::uint64_t rows = 0;
  std::uint64_t log = 0;
  for (std::size_t t = 0; t < store::kTables; ++t) {
    for (auto const& [key, value] : contents.tables[t]) {
      rows += key.size() + value.size();
      if (static_cast<Table>(t) == Table::kEntry) log += value.size();
    }
  }
  std::vector<Sentence> out;
  auto const near = [](auto bytes, auto most) { return most != 0 && bytes * 100 >= most * kLargeFrom; };
  auto const say = [&](Text const& what, std::uint64_t bytes, std::uint64_t most) {
    out.push_back({what, {{"meeting", meeting}, {"mib", bytes >> 20}, {"most", most >> 20}}});
  };
  if (near(rows, tools.rows_bytes_max)) say(text::kLoadRowsLarge, rows, tools.rows_bytes_max);
  if (near(log, tools.send_queue_bytes_max)) say(text::kLoadLogLarge, log, tools.send_queue_bytes_max);
  return out;
}

/// Under a lease that is held. @return refused: what is wrong with the meeting's rows.
Explained<LoadedMeeting> take_up(LoadingTools const& tools, store::Lease const& lease) {
  LoadedMeeting out;
  out.lease = lease;
  out.store = std::make_shared<store::PostgresStore>(tools.node, lease);
  auto const contents = out.store->load();
  if (!contents) return contents.error();
  // A stop that was said while nobody served the meeting counts from the first moment.
  tools.stops->add({{lease.meeting, store::stops_in(*contents)}});
  auto const& meta = (*contents)[Table::kMeta];
  auto const row = meta.find(to_bytes(as_bytes(kKeysRow)));
  if (row == meta.end()) return Explanation(text::kLoadNoKeys, {}, Refusal::kStorage);
  auto keys = tools.keys.open(lease.meeting, row->second);
  if (!keys) return Explanation(text::kLoadKeysShut, {}, Refusal::kStorage);
  out.slips = std::make_shared<MeetingHost::SlipsAhead>();
  out.stopping = std::make_shared<std::atomic<bool>>(false);
  auto config = make_config(
      std::move(*keys),
      {.slip_of = [slips = out.slips](PersonId person) { return slips->of(person); },
       .stop_asked = [stops = tools.stops, number = lease.meeting](
                         auto const& attempt, auto due) { return stops->asked(number, attempt, due, boottime_ms()); },
       .pool = tools.work,
       .owner = lease.meeting,
       .stopping = out.stopping});
  config.meeting_number = lease.meeting;
  config.addresses = tools.addresses;
  auto core = Core::recover(std::move(config), *contents);
  if (!core) {
    return Explanation(Sentence(text::kLoadNotTakenUp, {{"sentence", strings::sentence_of(core.error())}}), {},
                       Refusal::kStorage);
  }
  out.core = std::move(*core);
  out.large = large(tools, lease.meeting, *contents);
  return out;
}

}  // namespace

Loading load_meeting(LoadingTools const& tools, MeetingNumber meeting) {
  auto const taken = tools.node.take(meeting);
  if (!taken) return not_loaded(taken.error());
  if (auto const* elsewhere = std::get_if<store::Elsewhere>(&*taken)) return *elsewhere;
  auto const* lease = std::get_if<store::Lease>(&*taken);
  if (lease == nullptr) return store::NoMeeting{};
  Explained<LoadedMeeting> loaded = Explanation(text::kLoadNoMeeting);
  try {
    loaded = take_up(tools, *lease);
  } catch (std::exception const& thrown) {
    loaded = Explanation(Sentence(strings::server::kRunWorkFailed, {{"reason", std::string(thrown.what())}}));
  }
  if (loaded) return std::move(*loaded);
  // Another node finds the same, or what only this one could not read.
  tools.give_back(*lease);
  return not_loaded(loaded.error());
}

}  // namespace piaojue::server
