// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: how an expert comes by the tokens of a cast (specification §6): they are blinded, asked for
/// once, and finalized hop by hop as the trustees issue. What proves a trustee wrong is kept.
#include <set>

#include "client/session/jobs.h"
#include "client/session/own_attempt.h"

namespace piaojue::client {

class Tokens {
 public:
  Tokens(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits, OwnAttempt& own,
         LogFollower const& log, Keeper& keeper, Requests& requests, Jobs& jobs, Events& events);

  /// Another attempt than before.
  void begin();
  void take(wire::Issued issued);
  /// While voting, once the attempt is prepared: makes and sends the request if there is none, takes what was issued,
  /// and says when everything is there.
  void act();

  /// Trustees whose answer was not what they signed for, and who have not sent the right one since.
  std::set<meeting::TrusteeId> const& mismatched() const { return mine_.mismatched; }

 private:
  struct Blinding;
  struct Finalizing;

  void request();
  void make_secrets();
  void finalize(std::uint64_t index, meeting::BlindSigs sigs);
  void take_finalized(Finalizing& done);
  void keep_evidence(Finalizing const& wrong);
  void say_ready();

  PersonId const me_;
  crypto::SigningKey const& identity_;
  SessionLimits const& limits_;
  OwnAttempt& own_;
  LogFollower const& log_;
  Keeper& keeper_;
  Requests& requests_;
  Jobs& jobs_;
  Events& events_;

  struct Mine {
    std::uint32_t cast = 0;
    bool making = false;                 ///< tokens are being blinded
    bool requested = false;              ///< TokenRequest is on its way
    bool compared = false;               ///< the one that is logged with what was asked for
    std::set<std::uint32_t> finalizing;  ///< hops
    bool told_ready = false;
    std::set<meeting::TrusteeId> mismatched;
  };
  Mine mine_;                                          ///< of the running cast
  std::map<std::uint64_t, meeting::BlindSigs> early_;  ///< by index of TokensIssued
};

}  // namespace piaojue::client
