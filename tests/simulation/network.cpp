// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <algorithm>

namespace piaojue::simulation {

void Clock::after(std::uint64_t const delay_ms, std::function<void()> what) {
  queue_.push({now_ms_ + delay_ms, numbers_++, std::move(what)});
}

bool Clock::step() {
  if (queue_.empty()) return false;
  // priority_queue gives a constant reference only; the element leaves it in the next line.
  auto event = std::move(const_cast<Event&>(queue_.top()));  // NOLINT
  queue_.pop();
  now_ms_ = event.time_ms;
  ++steps_;
  event.what();
  return true;
}

void Trace::note(std::string_view const what, std::uint64_t const time_ms, std::uint64_t const who,
                 ByteView const bytes) {
  Bytes head;
  append_u64be(head, time_ms);
  append_u64be(head, who);
  hash_ = crypto::sha256({hash_.view(), as_bytes(what), head, bytes});
}

std::uint64_t Network::delay() {
  std::uint64_t const d = dice_.below(faults.delay_ms_max + 1);
  return dice_.chance(faults.slow) ? d * dice_.between(2, 50) : d;
}

void Network::deliver(std::uint64_t& last_ms, std::function<void()> what) {
  last_ms = std::max(last_ms, clock_.now_ms() + delay());
  clock_.after(last_ms - clock_.now_ms(), std::move(what));
}

LinkId Network::connect(std::uint32_t const client, End end) {
  LinkId const id = next_++;
  auto link = std::make_shared<Link>();
  link->client = client;
  link->client_end = std::move(end);
  links_[id] = link;
  deliver(link->last_to_server_ms, [this, id, link] {
    if (link->cut) return;
    trace_.note("connect", clock_.now_ms(), link->client);
    if (!listener_.accept || !listener_.accept(id, link->client)) {
      cut(id);
      return;
    }
    link->server_open = true;
    if (!link->client_open) server_hears_closed(id, link, delay());
  });
  return id;
}

void Network::to_server(LinkId const id, Bytes frame) {
  auto const found = links_.find(id);
  if (found == links_.end() || !found->second->client_open || found->second->cut) return;
  auto const link = found->second;
  ++frames_;
  if (tamper && !tamper(link->client, true, frame)) return;
  if (dice_.chance(faults.breaks)) {
    // Broken before or after this frame got through.
    if (dice_.chance(0.5)) return cut(id);
    clock_.after(delay(), [this, id] { cut(id); });
  }
  int const times = dice_.chance(faults.repeated) ? 2 : 1;
  auto const shared = std::make_shared<Bytes const>(std::move(frame));
  for (int i = 0; i < times; ++i) {
    deliver(link->last_to_server_ms, [this, id, link, shared] {
      if (link->cut || !link->server_open) return;
      trace_.note("to server", clock_.now_ms(), link->client, *shared);
      listener_.end.frame(id, *shared);
    });
  }
}

void Network::to_client(LinkId const id, std::shared_ptr<Bytes const> frame) {
  auto const found = links_.find(id);
  if (found == links_.end() || !found->second->server_open || found->second->cut) return;
  auto const link = found->second;
  ++frames_;
  if (tamper) {
    Bytes changed = *frame;
    if (!tamper(link->client, false, changed)) return;
    if (changed != *frame) frame = std::make_shared<Bytes const>(std::move(changed));
  }
  if (dice_.chance(faults.breaks)) {
    if (dice_.chance(0.5)) return cut(id);
    clock_.after(delay(), [this, id] { cut(id); });
  }
  deliver(link->last_to_client_ms, [this, id, link, frame] {
    if (link->cut || !link->client_open) return;
    trace_.note("to client", clock_.now_ms(), link->client, *frame);
    link->client_end.frame(id, *frame);
  });
}

void Network::client_hears_closed(LinkId const id, std::shared_ptr<Link> const& link, std::uint64_t const delay_ms) {
  auto const arrival = std::max(link->last_to_client_ms, clock_.now_ms() + delay_ms);
  clock_.after(arrival - clock_.now_ms(), [this, id, link] {
    if (!link->client_open) return;
    link->client_open = false;
    trace_.note("client closed", clock_.now_ms(), link->client);
    link->client_end.closed(id);
  });
}

void Network::server_hears_closed(LinkId const id, std::shared_ptr<Link> const& link, std::uint64_t const delay_ms) {
  auto const arrival = std::max(link->last_to_server_ms, clock_.now_ms() + delay_ms);
  clock_.after(arrival - clock_.now_ms(), [this, id, link] {
    links_.erase(id);
    if (!link->server_open) return;
    link->server_open = false;
    trace_.note("server closed", clock_.now_ms(), link->client);
    listener_.end.closed(id);
  });
}

void Network::close_from_server(LinkId const id) {
  auto const found = links_.find(id);
  if (found == links_.end()) return;
  auto const link = found->second;
  link->server_open = false;
  client_hears_closed(id, link, delay());
}

void Network::close_from_client(LinkId const id) {
  auto const found = links_.find(id);
  if (found == links_.end()) return;
  auto const link = found->second;
  link->client_open = false;
  if (link->server_open) server_hears_closed(id, link, delay());
}

void Network::cut(LinkId const id) {
  auto const found = links_.find(id);
  if (found == links_.end() || found->second->cut) return;
  auto const link = found->second;
  link->cut = true;
  client_hears_closed(id, link, dice_.below(200));
  // The server may find out much later than the client that connects anew.
  server_hears_closed(id, link, dice_.below(3000));
}

void Network::cut_all() {
  std::vector<LinkId> ids;
  for (auto const& [id, link] : links_) ids.push_back(id);
  for (auto const id : ids) cut(id);
}

bool Network::alive(LinkId const id) const {
  auto const found = links_.find(id);
  return found != links_.end() && found->second->client_open && !found->second->cut;
}

}  // namespace piaojue::simulation
