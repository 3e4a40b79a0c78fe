// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: entries that wait for further signatures, and this person's own among them. What this
/// program's own state machine refuses is shown as refused, and never signed.
#include "client/session/command.h"
#include "client/session/log_follower.h"

namespace piaojue::client {

class Proposals {
 public:
  Proposals(Profile const& profile, Keys const& keys, SessionLimits const& limits, LogFollower const& log,
            Requests& requests, Events& events)
      : profile_(profile), keys_(keys), limits_(limits), log_(log), requests_(requests), events_(events) {}

  void take(wire::Proposal const& in);
  void take(wire::ProposalClosed const& in);
  /// It stands in the log.
  void took_in(meeting::Entry const& entry);

  void operate(Reply const& reply, command::Proposals const&) const;
  void operate(Reply const& reply, command::Approve const& in);

  std::size_t size() const { return waiting_.size(); }
  /// As the event `proposal` tells each.
  facts::array list() const;

 private:
  struct Proposal {
    meeting::Entry entry;
    std::optional<Refusal> refused;  ///< what this person's own state machine says of it
  };
  /// An `approve` whose answers are under way.
  struct Approval;

  bool wanted(Proposal const& proposal) const;
  facts::object describe(Hash const& id, Proposal const& proposal) const;
  /// Of a manifest: what only this person can check of it.
  std::optional<Refusal> check_own_keys(meeting::Manifest const& opening) const;
  void sign(Hash const& id, std::shared_ptr<Approval> const& approval);

  Profile const& profile_;
  Keys const& keys_;
  SessionLimits const& limits_;
  LogFollower const& log_;
  Requests& requests_;
  Events& events_;
  std::map<Hash, Proposal> waiting_;
};

}  // namespace piaojue::client
