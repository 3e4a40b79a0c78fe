// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a node knows of every meeting of its service before it serves it: that it is there, and its TLS key, so that a
/// handshake asks no database. Refreshed by the node every second. Thread-safe.
#include <map>
#include <mutex>

#include "net/tls.h"
#include "server/service_settings.h"
#include "store/meetings.h"

namespace piaojue::server {

class MeetingCards {
 public:
  MeetingCards(std::shared_ptr<store::PostgresPool> pool, std::shared_ptr<ServiceKeys const> keys);

  /// Asks the database which meetings there are. @return the meetings whose keys no service key opens, the first time
  /// that each is seen. Refused: kStorage; what was known stays known.
  [[nodiscard]] Explained<std::vector<store::MeetingNumber>> refresh();

  /// For net::TlsContext::servers. Nothing: no such meeting, or not known yet, or its keys do not open.
  std::optional<net::TlsContext> find(std::string_view server_name);
  /// It is this service's, as far as is known: one that is moved out is not any more.
  bool has(store::MeetingNumber meeting) const;
  /// None of the meetings that there are opens: this is not the key of this service.
  bool none_opens() const;

 private:
  struct Card {
    Bytes sealed;
    bool opens = true;
    std::optional<net::TlsContext> context;  ///< made when it is first wanted
  };
  std::shared_ptr<store::PostgresPool> const pool_;
  std::shared_ptr<ServiceKeys const> const keys_;
  mutable std::mutex mutex_;
  std::map<store::MeetingNumber, Card> cards_;
};

}  // namespace piaojue::server
