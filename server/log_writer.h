// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one way into the log: the record decides, the feed keeps it, and the listener is told.
#include "protocol/meeting/codec.h"
#include "server/log_feed.h"
#include "server/payload.h"

namespace piaojue::server {

class LogListener {
 public:
  virtual ~LogListener() = default;
  /// The log has gone on by this entry. Replayed ones come without their payload.
  virtual void took_in(meeting::Entry const& entry, std::uint64_t index, Payload payload) = 0;
};

class LogWriter {
 public:
  LogWriter(meeting::Record& record, LogFeed& feed, crypto::SigningKey const& server_key, LogListener& listener)
      : record_(record), feed_(feed), server_key_(server_key), listener_(listener) {}

  /// @param bytes of which `entry` was made, or that were made of it.
  /// @return its index; what the record refuses it with.
  Result<std::uint64_t> append(meeting::Entry const& entry, ByteView bytes, Payload payload = {});
  /// Signed by this server. @return likewise; kTooLarge: no reader would take it.
  Result<std::uint64_t> append_own(meeting::Body body);
  /// That a part of this server has made. @return likewise.
  Result<std::uint64_t> append_own(meeting::Made const& made, Payload payload = {});

 private:
  meeting::Record& record_;
  LogFeed& feed_;
  crypto::SigningKey const& server_key_;
  LogListener& listener_;
};

}  // namespace piaojue::server
