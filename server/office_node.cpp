// SPDX-License-Identifier: Apache-2.0
#include "server/office_node.h"

#include "server/clock.h"
#include "store/postgres_offices.h"
#include "strings/offices.h"
#include "strings/server.h"

namespace piaojue::server {

namespace {

constexpr OfficeDoorOptions kDoor;
constexpr unsigned kConnections = kDoor.threads + kDoor.heavy_threads + 1;  // the pool keeps one for renewals

}  // namespace

ServiceSeal seal_of(ServiceKeys const& keys) {
  return seal_under(keys.now().clone(), keys.before() ? std::optional(keys.before()->clone()) : std::nullopt);
}

Secret const& key_of(ServiceKeys const& keys, ServiceKey key) {
  return key == ServiceKey::kBefore && keys.before() ? *keys.before() : keys.now();
}

Explained<meeting::SlipAddress> address_of(ServiceSettings const& settings) {
  auto const& first = settings.addresses.front();
  auto const address = meeting::parse_slip_address(first);
  if (!address) return unusable(Sentence(strings::server::kKeyNotAddress, {{"key", std::string("addresses")}}));
  return *address;
}

Explained<std::unique_ptr<OfficeNode>> OfficeNode::open(ServiceSettings const& settings,
                                                        std::shared_ptr<ServiceKeys const> keys, Failed failed) {
  auto const address = address_of(settings);
  if (!address) return address.error();
  auto pool = store::PostgresPool::open({.url = settings.database, .connections = kConnections, .only_durable = true});
  if (!pool) return pool.error();
  std::unique_ptr<store::Offices> offices = std::make_unique<store::PostgresOffices>(*pool);
  auto const seal = seal_of(*keys);
  auto identity = load_identity(*offices, seal, address->host, now_s());
  if (!identity) return identity.error();
  auto context = office_context(*identity);
  if (!context) return Explanation(strings::offices::kIdentityNotOpened);
  OfficeWorld world{.offices = *offices,
                    .seal = seal,
                    .seal_keys = [keys](store::MeetingNumber number, Keys const& own,
                                        ServiceKey key) { return seal_keys(key_of(*keys, key), number, own); },
                    .address = *address,
                    .now_ms = now_ms,
                    .now_s = now_s,
                    .failed = std::move(failed),
                    .bounds = {.office_bytes_max = settings.office_bytes_max}};
  auto desk = std::make_unique<OfficeDesk>(std::move(world), std::move(*identity));
  auto door = std::make_unique<OfficeDoor>(std::move(desk), kDoor);
  return std::unique_ptr<OfficeNode>(
      new OfficeNode(std::move(*pool), std::move(offices), std::move(door), std::move(*context)));
}

void OfficeNode::stop() {
  pool_->interrupt();
  door_->stop();
}

Explained<void> OfficeGate::open() {
  if (node()) return {};
  auto opened = OfficeNode::open(settings_, keys_, failed_);
  if (!opened) return opened.error();
  std::lock_guard const lock(mutex_);
  if (!stopped_) node_ = std::move(*opened);
  return {};
}

std::shared_ptr<OfficeNode> OfficeGate::node() const {
  std::lock_guard const lock(mutex_);
  return node_;
}

void OfficeGate::stop() {
  {
    std::lock_guard const lock(mutex_);
    stopped_ = true;
  }
  if (auto const open = node()) open->stop();
}

}  // namespace piaojue::server
