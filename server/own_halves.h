// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The halves that this server draws as trustee 0 (specification §9.3), one an attempt: with its own key a half seals
/// what trustee 0 keeps of the attempt and every payload that is delivered in it. They are in memory only; every other
/// trustee holds them, and gives them back after a restart. Where there is no other trustee, the own key alone seals.
///
///   nothing kept yet   → draw: made, and deposited with every holder that is connected
///   here               → each holder's Hello: deposited again; is_held once one of them has said so
///   away (a restart)   → each holder's Hello: asked for. Opens what is kept: here. Nobody has it: lost
///   the attempt's end  → forgotten
#include <functional>
#include <map>
#include <set>

#include "protocol/meeting/halves.h"
#include "server/notice.h"
#include "server/sessions.h"

namespace piaojue::server {

class OwnHalves {
 public:
  struct Keys {
    crypto::SigningKey const& signing;
    crypto::BoxKey const& box;
    Secret const& own;  ///< of the key file
  };
  /// Whether a key opens what the store keeps of the attempt.
  using Opens = std::function<bool(Secret const& key)>;
  OwnHalves(meeting::Record const& record, Keys keys, Post& post, Notices& notices);

  /// After a restart: something is kept of this attempt that needs its half.
  void await(meeting::HalfOf const& of, Opens opens);

  /// Under which all of the attempt is sealed. @return kBusy: it is away. kUnknown: never drawn, or lost.
  [[nodiscard]] Result<Secret const*> key(meeting::HalfOf const& of) const;
  /// The same, and where there is none a fresh one. @return kBusy: it is away.
  [[nodiscard]] Result<Secret const*> draw(meeting::HalfOf const& of);
  /// Somebody else holds it: what rests on it may leave.
  bool is_held(meeting::HalfOf const& of) const;
  bool is_away(meeting::HalfOf const& of) const;

  /// The person has connected: may hold halves, or have one to give back.
  void greet(PersonId person);
  void take_held(PersonId from, meeting::HalfOf const& of);
  /// @return whether this was it, or the last one that could have been: what waits is to be looked at again.
  bool take_returned(PersonId from, meeting::ReturnedHalf const& returned);
  /// The log has gone on. Nothing is kept of an attempt that has ended.
  void forget_ended();

  /// Who may have a half that is away, ascending.
  std::vector<PersonId> awaited() const;

 private:
  struct Half {
    std::optional<Secret> half;  ///< nothing: away or lost
    Secret key;                  ///< made of it and the own one
    std::set<PersonId> held_by;
    Opens opens;                 ///< of one that is away
    std::set<PersonId> without;  ///< have said that they have none, or gave one that does not open
  };
  /// There is no other trustee.
  bool is_alone() const { return record_.manifest().trustees.size() == 1; }
  std::vector<PersonId> holders() const;
  bool is_holder(PersonId person) const;
  bool is_lost(Half const& half) const;
  void deposit(PersonId holder, meeting::HalfOf const& of, Half const& half);

  meeting::Record const& record_;
  Keys keys_;
  Post& post_;
  Notices& notices_;
  std::map<meeting::HalfOf, Half> halves_;
};

}  // namespace piaojue::server
