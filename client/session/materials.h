// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: fetches the candidates' files when the person wants to see one (specification §9.5), a piece
/// at a time and a file after the other, and keeps what is the manifest's. What is not, is neither shown nor kept.
#include <deque>

#include "client/session/command.h"
#include "client/session/log_follower.h"
#include "client/session/material_cache.h"
#include "crypto/running_hash.h"

namespace piaojue::client {

class Materials {
 public:
  /// @param cache nothing: this program shows no files.
  Materials(LogFollower const& log, Requests& requests, Events& events, MaterialCache* cache)
      : log_(log), requests_(requests), events_(events), cache_(cache) {}

  void operate(Reply const& reply, command::Attachment const& in);
  /// The meeting has ended: nothing of it stays.
  void took_in(meeting::Entry const& entry);
  /// Nothing is fetched any more.
  void refuse(Refusal why);
  void act();

 private:
  struct Wanted {
    MaterialKey key;
    std::vector<Reply> asked_by;
    std::uint64_t got = 0;
    bool begun = false;
    crypto::RunningHash hash;
  };
  meeting::Attachment const& attachment(MaterialKey key) const;
  void take(ByteView piece);
  void finish();
  void end(Refusal code, Text const& why);
  void refuse_one(Reply const& reply, MaterialKey key, Refusal code, Sentence const& why);
  void say_progress(Wanted const& wanted);

  LogFollower const& log_;
  Requests& requests_;
  Events& events_;
  MaterialCache* cache_;
  std::deque<Wanted> wanted_;  ///< the first is being fetched
  bool asking_ = false;
  std::uint64_t fetched_ = 0;  ///< counts what was begun: an answer to an earlier one is none
};

}  // namespace piaojue::client
