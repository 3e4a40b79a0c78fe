// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one person's program hands to another's, and to this server: handed on while both are connected, never stored,
/// never logged. To this server go the halves that it holds for others, and its own ones that others hold.
#include "server/allowance.h"
#include "server/asked.h"
#include "server/own_halves.h"

namespace piaojue::server {

class Relays {
 public:
  struct Means {
    crypto::BoxKey const& box;
    NowMs now_ms;
    Limits const& limits;
  };
  /// @param on_half a half of this server has come back, is held by somebody, or is lost for good.
  Relays(meeting::Record const& record, Means means, OwnHalves& own, Post& post, std::function<void()> on_half);

  /// Answers: relayed, or refused. kWrongPhase: no meeting is open. kBusy: too much of this person, or the receiver is
  /// not connected. kUnknown: nobody, or oneself. To this server also: kNotAuthorised: nothing that it takes, or of
  /// somebody who has no halves. kMalformed, kBadSignature. kWrongPhase: of no attempt that has halves. kConflict:
  /// another half is held.
  void answer(Asked const& asked, wire::Relay const& in);
  /// The log has gone on: nothing is held of an attempt that has ended.
  void forget_ended() { held_.forget_ended(record_); }

 private:
  [[nodiscard]] Result<void> check_rate(PersonId from, std::size_t bytes);
  [[nodiscard]] Result<void> take(PersonId from, wire::Relay const& in);
  [[nodiscard]] Result<void> take_deposit(PersonId from, ByteView body);
  void push(PersonId to, meeting::RelayKind kind, ByteView body);

  struct Rates {
    Allowance messages, bytes;
  };

  meeting::Record const& record_;
  Means means_;
  OwnHalves& own_;
  Post& post_;
  std::function<void()> on_half_;
  meeting::HeldHalves held_;
  std::map<PersonId, Rates> rates_;
};

}  // namespace piaojue::server
