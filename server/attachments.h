// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Pieces of the candidates' files (specification §9.5): given out in turn and at a pace, behind all that belongs to
/// voting. Core reads no disk: what is due goes to the host, which reads it on its threads and brings it back. Nothing
/// of who reads what is kept or said.
#include <deque>
#include <map>
#include <set>

#include "server/allowance.h"
#include "server/asked.h"

namespace piaojue::server {

using ReadingId = std::uint64_t;

/// What the host reads: bytes of the file with this hash. Whether they are right is for the laptop to see.
struct Reading {
  ReadingId id = 0;
  Hash file;
  std::uint64_t offset = 0;
  std::size_t length = 0;
};

class Attachments {
 public:
  Attachments(meeting::Record const& record, Limits const& limits, NowMs now_ms, Outbox& outbox);

  /// Answers now only if it refuses: kWrongPhase: no meeting is open. kUnknown: no such attachment. kOutOfRange:
  /// nothing is left there. kBusy: this session waits for a piece already, or has one that has not left.
  void answer(Asked const& asked, wire::GetAttachment const& in);
  void closed(SessionId session);
  /// What was answered so far is on its way out.
  void left() { given_.clear(); }

  /// As many as may be read now.
  std::vector<Reading> take_due();
  /// @param bytes nothing: they could not be read. Of a length other than asked for they are not answered either.
  void finish(ReadingId id, std::optional<Bytes> bytes);
  /// Somebody waits for nothing but time: look again in so many milliseconds.
  std::optional<std::uint64_t> wanted_in_ms() const;

 private:
  struct Waiting {
    SessionId session = 0;
    std::uint64_t request = 0;
    Reading reading;
  };
  bool waits(SessionId session) const;
  double cost(Waiting const& one) const;

  meeting::Record const& record_;
  Limits const& limits_;
  NowMs now_ms_;
  Outbox& outbox_;
  Allowance pace_;
  std::deque<Waiting> waiting_;
  std::map<ReadingId, Waiting> reading_;  ///< session 0: it has gone
  std::set<SessionId> given_;             ///< whose piece stands in the outbox
  ReadingId last_ = 0;
};

}  // namespace piaojue::server
