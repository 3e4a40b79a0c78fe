// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one node of a service has of offices: their door, and connections to the database of their own, so that a
/// commit of a meeting never waits behind an office.
#include <mutex>

#include "server/key_bundle.h"
#include "server/office_door.h"
#include "server/service_settings.h"

namespace piaojue::server {

inline constexpr std::string_view kOfficesName = "office";  ///< the server name that an office asks for

/// Under both service keys, as meetings' keys are.
ServiceSeal seal_of(ServiceKeys const& keys);
/// Where people and offices reach a service: the first of its addresses.
[[nodiscard]] Explained<meeting::SlipAddress> address_of(ServiceSettings const& settings);

/// Which of the node's keys that is. `seal` of the meeting's own keys likewise.
Secret const& key_of(ServiceKeys const& keys, ServiceKey key);

class OfficeNode {
 public:
  using Failed = std::function<void(Explanation const&)>;  ///< as OfficeWorld::failed
  /// @param host for the service's certificate, if it has none yet. Refused: the database; the row of the service does
  /// not open.
  [[nodiscard]] static Explained<std::unique_ptr<OfficeNode>> open(ServiceSettings const& settings,
                                                                   std::shared_ptr<ServiceKeys const> keys,
                                                                   Failed failed);
  net::TlsContext const& context() const { return context_; }
  OfficeDoor& door() { return *door_; }
  /// Within two seconds, whatever is being asked. As OfficeDoor::stop.
  void stop();

 private:
  OfficeNode(std::shared_ptr<store::PostgresPool> pool, std::unique_ptr<store::Offices> offices,
             std::unique_ptr<OfficeDoor> door, net::TlsContext context)
      : pool_(std::move(pool)), offices_(std::move(offices)), door_(std::move(door)), context_(std::move(context)) {}

  std::shared_ptr<store::PostgresPool> pool_;
  std::unique_ptr<store::Offices> offices_;
  std::unique_ptr<OfficeDoor> door_;
  net::TlsContext context_;
};

/// The door of a node that goes on without it: opened once its row in the database can be read, at the start or later.
class OfficeGate {
 public:
  OfficeGate(ServiceSettings const& settings, std::shared_ptr<ServiceKeys const> keys, OfficeNode::Failed failed)
      : settings_(settings), keys_(std::move(keys)), failed_(std::move(failed)) {}
  /// Waits for the database; not twice at once. Refused: as OfficeNode::open.
  [[nodiscard]] Explained<void> open();
  /// Nothing: it is shut. Any thread.
  std::shared_ptr<OfficeNode> node() const;
  void stop();

 private:
  ServiceSettings const& settings_;
  std::shared_ptr<ServiceKeys const> const keys_;
  OfficeNode::Failed const failed_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::shared_ptr<OfficeNode> node_;
};

}  // namespace piaojue::server
