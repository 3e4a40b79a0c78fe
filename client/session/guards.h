// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: who guards the secrecy of the votes, of the attempt in progress or else of the next one, and
/// whether they are still those of the manifest. What people are told about their secret is computed from it.
#include "client/session/facts.h"
#include "client/session/online.h"

namespace piaojue::client {

using meeting::PersonId;

class Guards {
 public:
  explicit Guards(meeting::Record const& record) : record_(record) {}

  void took_in(meeting::Entry const& entry);

  /// As `now.guards`; after MeetingOpen. @param now_ms with since when somebody is away; nothing: without.
  facts::object describe(Online const& online, std::optional<std::uint64_t> now_ms) const;
  /// Who is not the one whom the manifest names, or has another key than there.
  std::vector<PersonId> changed() const;

 private:
  std::vector<PersonId> const& holders() const;

  meeting::Record const& record_;
  std::set<PersonId> other_keys_;  ///< people with a KeyChange
};

}  // namespace piaojue::client
