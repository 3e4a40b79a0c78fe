// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One request that a session has made: who asked, and the way back for its answer, of which there is exactly one.
#include "server/outbox.h"
#include "server/wire.h"

namespace piaojue::server {

class Asked {
 public:
  Asked(Outbox& outbox, SessionId session, std::uint64_t id, PersonId person)
      : outbox_(outbox), session_(session), id_(id), person_(person) {}

  SessionId session() const { return session_; }
  std::uint64_t id() const { return id_; }
  PersonId person() const { return person_; }

  void reply(Bytes bytes) const { outbox_.reply(session_, std::move(bytes)); }
  void refuse(Refusal code) const { outbox_.refuse(session_, id_, code); }
  /// It is in the log, or why it is not.
  void accept(Result<std::uint64_t> const& index) const {
    if (!index) return refuse(index.error());
    reply(wire::accepted(id_, *index));
  }

 private:
  Outbox& outbox_;
  SessionId session_;
  std::uint64_t id_;
  PersonId person_;
};

}  // namespace piaojue::server
