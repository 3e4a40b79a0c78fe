// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the halves of this person's own attempts (specification §9.3, §14). What an attempt leaves on
/// this machine's disk is sealed under its own key and a half that lies in the memory of others only: of an expert the
/// server, of whoever holds a slot every other trustee too.
///
/// A half is drawn when it is first wanted, deposited when something durable lies under it, and again after every
/// Hello. After a restart it is withdrawn: what was kept opens only when a holder has given it back.
#include "client/session/log_follower.h"
#include "client/session/online.h"
#include "protocol/meeting/halves.h"

namespace piaojue::client {

class OwnHalves {
 public:
  OwnHalves(PersonId me, Keys const& keys, SessionLimits const& limits, Clock const& clock, LogFollower const& log,
            Keeper& keeper, Requests& requests, Online const& online)
      : me_(me),
        keys_(keys),
        limits_(limits),
        clock_(clock),
        log_(log),
        keeper_(keeper),
        requests_(requests),
        online_(online) {}

  /// At the start: what is kept here was sealed under halves that must come back.
  void find_kept();

  // ---- Sealed state. `name` in the wallet is bound to it.
  /// @return kBusy: the half has not come back yet, and not all holders have said that they have none. kUnknown: they
  /// have; nothing that was kept will ever open, and `begin_anew` is all that is left.
  [[nodiscard]] Result<Bytes> seal(meeting::HalfOf const& of, std::string const& name, ByteView plain);
  /// @return besides, kStorage: it was changed.
  [[nodiscard]] Result<Secret> unseal(meeting::HalfOf const& of, std::string const& name, ByteView sealed);
  void begin_anew(meeting::HalfOf const& of) { own_[of] = Own{}; }
  /// Something was kept before a restart, and its half may still come back.
  bool pending(meeting::HalfOf const& of) const;
  /// Something was kept before a restart, and no holder has its half.
  bool lost(meeting::HalfOf const& of) const;
  /// Something durable lies under it now.
  void kept(meeting::HalfOf const& of) { own_[of].kept = true; }

  /// A holder has said that it holds the half: what rests on it may leave.
  bool is_held(meeting::HalfOf const& of) const;
  /// People who may hold a half that has not come back.
  std::vector<PersonId> waits_for() const;

  // ---- What holders say
  void take_held(PersonId from, meeting::HalfOf const& of);
  void take_returned(PersonId from, meeting::ReturnedHalf const& returned);
  /// Deposits and withdraws what is due. @return whether something changed that is shown.
  bool act();

 private:
  struct Holder {
    bool asked = false;  ///< a deposit or a withdrawal is on its way, or was handed over
    std::uint64_t again_ms = 0;
    bool held = false;  ///< said that it holds the half
    bool none = false;  ///< said that it holds none
  };
  struct Own {
    std::optional<Secret> half;
    bool kept = false;
    std::vector<std::string> names;  ///< what was kept before the restart, until the half is back
    std::map<PersonId, Holder> holders;
  };
  bool is_lost(Own const& own) const;
  std::vector<PersonId> holders() const;
  void adopt(Own& own, PersonId from, Secret half);
  void deposit(meeting::HalfOf const& of, Own& own, PersonId holder);
  void withdraw(meeting::HalfOf const& of, Own& own, PersonId holder);
  /// When the relay to a holder was answered.
  Requests::Done handed_over(meeting::HalfOf const& of, PersonId holder);

  PersonId const me_;
  Keys const& keys_;
  SessionLimits const& limits_;
  Clock const& clock_;
  LogFollower const& log_;
  Keeper& keeper_;
  Requests& requests_;
  Online const& online_;

  std::map<meeting::HalfOf, Own> own_;
  std::uint64_t welcomes_ = 0;  ///< the Hello that everything was deposited after
  bool changed_ = false;
};

}  // namespace piaojue::client
