// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: who is there, as the server tells. Nothing rests on it but whom to try.
#include <algorithm>
#include <vector>

#include "protocol/meeting/entry.h"

namespace piaojue::client {

struct Online {
  std::vector<meeting::PersonId> connected, enrolled;  ///< ascending

  /// Whether something can be handed to this person's program now; the server is where the connection is.
  bool is(meeting::PersonId person) const {
    return person == meeting::kServer || std::ranges::binary_search(connected, person);
  }
};

}  // namespace piaojue::client
