// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: how everything stands, in two objects (docs/client-door.md): `meeting`, which never changes
/// after MeetingOpen, and `now`. Both are derived from the log and this session; neither ever holds a choice. It looks
/// at the other parts and changes none.
#include "client/session/agenda.h"
#include "client/session/alarms.h"
#include "client/session/changes.h"
#include "client/session/check_desk.h"
#include "client/session/countdown.h"
#include "client/session/paper_rows.h"
#include "client/session/record_changes.h"
#include "client/session/waits.h"

namespace piaojue::client {

class View {
 public:
  /// What it looks at; all outlive it.
  struct Sources {
    Profile const& profile;
    Keys const& keys;
    LogFollower const& log;
    Requests const& requests;
    Proposals const& proposals;
    Voter const& voter;
    TrusteeSeat const& seat;
    PaperRows const& papers;
    Changes const& changes;
    Guards const& guards;
    Alarms const& alarms;
    RecordChanges const& record_changes;
    CheckDesk const& desk;
    Waits& waits;
    Online& online;
    Countdown& countdown;
  };
  View(Sources from, std::uint64_t apart_ms, Clock const& clock, Events& events)
      : from_(from), agenda_(from.log.record(), events.lang()), apart_ms_(apart_ms), clock_(clock), events_(events) {}

  void took_in(meeting::Entry const& entry, meeting::By by) { agenda_.took_in(entry, by); }
  /// Who is there, as the server tells; nothing rests on it.
  void take(wire::Status const& status);

  /// Something happened since `now` was said.
  void touch() { stale_ = true; }
  /// Says `now` to whoever follows, but never twice within the time that an eye needs.
  void act();
  void leave(Asker asker) { followers_.erase(asker); }
  /// `now` only waits for the clock: milliseconds until it is due.
  std::optional<std::uint64_t> wanted_in_ms() const;

  void operate(Reply const& reply, command::Meeting const&) const;
  void operate(Reply const& reply, command::Now const&) const { reply.ok_with(now(Times::kTold)); }
  void operate(Reply const& reply, command::Follow const& in);
  void operate(Reply const& reply, command::Status const&) const;

 private:
  /// Seconds since something and until something go on by themselves; that is no reason to tell anything.
  enum class Times : std::uint8_t { kTold, kLeftOut };
  /// The members of `now`, written as JSON without braces.
  std::string now(Times times) const;
  std::string now_line() const { return "{\"event\":\"now\"," + now(Times::kTold) + '}'; }
  void add_standing(facts::object& out) const;
  void add_experts(facts::object& out) const;
  facts::array suggested() const;
  facts::array people() const;
  facts::object attempt() const;
  facts::array warnings() const;

  Sources const from_;
  Agenda agenda_;
  std::uint64_t const apart_ms_;
  Clock const& clock_;
  Events& events_;

  std::set<Asker> followers_;
  bool stale_ = false;
  std::optional<std::uint64_t> said_ms_;
  std::string said_;  ///< without times
};

}  // namespace piaojue::client
