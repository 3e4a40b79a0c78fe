// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one node of a service has of offices: their door, and connections to the database of their own, so that a
/// commit of a meeting never waits behind an office.
#include "server/key_bundle.h"
#include "server/office_door.h"
#include "server/service_settings.h"

namespace piaojue::server {

inline constexpr std::string_view kOfficesName = "office";  ///< the server name that an office asks for

/// Under both service keys, as meetings' keys are.
ServiceSeal seal_of(ServiceKeys const& keys);
/// Where people and offices reach a service: the first of its addresses.
[[nodiscard]] Explained<meeting::SlipAddress> address_of(ServiceSettings const& settings);

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

 private:
  OfficeNode(std::unique_ptr<store::Offices> offices, std::unique_ptr<OfficeDoor> door, net::TlsContext context)
      : offices_(std::move(offices)), door_(std::move(door)), context_(std::move(context)) {}

  std::unique_ptr<store::Offices> offices_;
  std::unique_ptr<OfficeDoor> door_;
  net::TlsContext context_;
};

}  // namespace piaojue::server
