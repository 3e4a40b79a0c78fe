// SPDX-License-Identifier: Apache-2.0
#include "server/outbox.h"

#include "server/wire.h"

namespace piaojue::server {

Frame share(Bytes bytes) { return std::make_shared<Bytes const>(std::move(bytes)); }

void Outbox::add(Lane lane, SessionId session, Frame frame) {
  if (!muted_) lanes_[static_cast<std::size_t>(lane)].push_back({session, std::move(frame)});
}

void Outbox::refuse(SessionId session, std::uint64_t request, Refusal code) {
  reply(session, wire::refused(request, code));
}

void Outbox::close(SessionId session, Close reason) {
  if (!muted_) closes_.push_back({session, reason});
}

bool Outbox::empty() const {
  return writes_.empty() && closes_.empty() &&
         std::ranges::all_of(lanes_, [](auto const& lane) { return lane.empty(); });
}

CommitGroup Outbox::take() {
  CommitGroup group;
  group.writes = std::exchange(writes_, {});
  auto const add_all = [&](std::vector<Output>& from) {
    std::ranges::move(from, std::back_inserter(group.outputs));
    from.clear();
  };
  for (auto& lane : lanes_) add_all(lane);
  add_all(closes_);
  return group;
}

std::uint32_t number_at(ByteView key, std::size_t at) { return key.size() < at ? 0 : read_u32be(key.subspan(at)); }

void for_each_row(Rows const& rows, Hash const& open,
                  std::function<void(std::uint32_t, std::uint32_t, Bytes const&)> const& take) {
  auto const prefix = key_of(open);
  for (auto it = rows.lower_bound(prefix); it != rows.end(); ++it) {
    ByteView const key = it->first;
    if (key.size() < prefix.size() || !std::ranges::equal(key.first(prefix.size()), prefix)) return;
    take(number_at(key, prefix.size()), number_at(key, prefix.size() + 4), it->second);
  }
}

}  // namespace piaojue::server
