// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Offices' connections to a service: each request is handed to a thread that may wait for the database, one of an
/// office at a time, over all of its connections; meanwhile nothing more is read from that one. What takes long goes to
/// threads of its own, which give way to all others. A bounded number of connections, of which one office has a few.
#include <memory>

#include "net/channel.h"
#include "server/office_desk.h"

namespace piaojue::server {

struct OfficeDoorOptions {
  unsigned threads = 2;        ///< that wait for the database
  unsigned heavy_threads = 2;  ///< that make meetings and records
  std::size_t sessions_max = 1'024;
  std::size_t strangers_max = 64;  ///< of them without a certificate: they take no office's place
  std::size_t sessions_per_office_max = 4;
};

class OfficeDoor {
 public:
  using Options = OfficeDoorOptions;
  explicit OfficeDoor(std::unique_ptr<OfficeDesk> desk, Options options = {});
  ~OfficeDoor();  ///< stops
  OfficeDoor(OfficeDoor const&) = delete;
  OfficeDoor& operator=(OfficeDoor const&) = delete;

  /// A connection with server name "office" over `office_context`, not yet started. From any thread.
  void accept(std::shared_ptr<net::Channel> const& channel);
  /// Closes all of them, and waits for the requests that are being answered: what takes long is broken off. Before the
  /// channels' loop goes; not from one of its own threads.
  void stop();
  std::size_t sessions() const;  ///< any thread

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace piaojue::server
