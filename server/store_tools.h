// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the commands of a service share.
#include "server/meeting_loading.h"

namespace piaojue::server {

/// What a command needs of a service: its settings, and few connections.
struct Tools {
  ServiceSettings settings;
  std::shared_ptr<store::PostgresPool> pool;
};
[[nodiscard]] Explained<Tools> open_tools(fs::path const& file);

/// Takes a meeting up as a node would, but nobody is answered and nothing is written. @return its entries.
[[nodiscard]] Explained<std::uint64_t> check_meeting(Tools const& tools, ServiceKeys const& keys,
                                                     store::MeetingNumber number, WorkPool& pool);

}  // namespace piaojue::server
