// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: entries that wait for further signatures, and this person's own among them. What this
/// program's own state machine refuses is shown as refused, and never signed. What takes a right, a guard or a vote
/// from somebody is signed one at a time, each with a sentence that says what its signer vouches for.
#include "client/session/sign_in_sheet.h"

namespace piaojue::client {

class Proposals {
 public:
  Proposals(Profile const& profile, Keys const& keys, SessionLimits const& limits, LogFollower const& log,
            SignInSheet& sheet, Requests& requests, Events& events)
      : profile_(profile),
        keys_(keys),
        limits_(limits),
        log_(log),
        sheet_(sheet),
        requests_(requests),
        events_(events) {}

  void take(wire::Proposal const& in);
  void take(wire::ProposalClosed const& in);
  /// It stands in the log.
  void took_in(meeting::Entry const& entry);
  /// The log, or what is witnessed of it, has moved on: looks at each again. @return whether something changed.
  bool act();

  void operate(Reply const& reply, command::Proposals const&) const;
  void operate(Reply const& reply, command::Approve const& in);

  std::size_t size() const { return waiting_.size(); }
  /// As the event `proposal` tells each.
  facts::array list() const;
  /// People whose signature would bring one of them nearer to an office that is complete, or else to a committee.
  std::set<PersonId> wanted_people() const;

 private:
  struct Proposal {
    meeting::Entry entry;
    std::optional<Refusal> refused;  ///< what this person's own state machine says of it
  };
  /// An `approve` whose answers are under way.
  struct Approval;

  bool wanted(Proposal const& proposal) const;
  facts::object describe(Hash const& id, Proposal const& proposal) const;
  void emit(Hash const& id, Proposal const& proposal);
  /// By this person's own state machine, keys and cosignatures.
  std::optional<Refusal> refusal_of(meeting::Entry const& entry) const;
  /// Of a manifest: what only this person can check of it.
  std::optional<Refusal> check_own_keys(meeting::Manifest const& opening) const;
  /// What its signer must have done before. @return nothing: it may be signed.
  std::optional<Explanation> not_ready(meeting::Entry const& entry, command::Approve const& in) const;
  void sign(Hash const& id, std::shared_ptr<Approval> const& approval);

  Profile const& profile_;
  Keys const& keys_;
  SessionLimits const& limits_;
  LogFollower const& log_;
  SignInSheet& sheet_;
  Requests& requests_;
  Events& events_;
  std::map<Hash, Proposal> waiting_;
  std::uint64_t heard_ = 0;  ///< of the log, when they were looked at
};

}  // namespace piaojue::client
