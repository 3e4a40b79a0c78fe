// SPDX-License-Identifier: Apache-2.0
#include "server/outbox.h"

#include "server/wire.h"

namespace piaojue::server {

Frame share(Bytes bytes) { return std::make_shared<Bytes const>(std::move(bytes)); }

void Outbox::add(Lane lane, SessionId session, Frame frame) {
  if (muted_) return;
  bytes_[session] += frame->size();
  lanes_[static_cast<std::size_t>(lane)].push_back({session, std::move(frame)});
}

std::size_t Outbox::bytes_for(SessionId session) const {
  auto const it = bytes_.find(session);
  return it == bytes_.end() ? 0 : it->second;
}

void Outbox::refuse(SessionId session, std::uint64_t request, Refusal code) {
  reply(session, wire::refused(request, code));
}

void Outbox::limit(SessionId session, std::uint32_t frame_bytes_max) {
  if (!muted_) limits_.push_back({session, FrameLimit{frame_bytes_max}});
}

void Outbox::close(SessionId session, Close reason) {
  if (!muted_) closes_.push_back({session, reason});
}

bool Outbox::empty() const {
  return writes_.empty() && limits_.empty() && closes_.empty() &&
         std::ranges::all_of(lanes_, [](auto const& lane) { return lane.empty(); });
}

CommitGroup Outbox::take() {
  CommitGroup group;
  group.writes = std::exchange(writes_, {});
  bytes_.clear();
  auto const add_all = [&](std::vector<Output>& from) {
    std::ranges::move(from, std::back_inserter(group.outputs));
    from.clear();
  };
  add_all(limits_);
  for (auto& lane : lanes_) add_all(lane);
  add_all(closes_);
  return group;
}

std::uint32_t number_at(ByteView key, std::size_t at) { return key.size() < at + 4 ? 0 : read_u32be(key.subspan(at)); }

}  // namespace piaojue::server
