// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: who is there, as the server tells, and whether the server itself is. Nothing rests on it but
/// whom to try, and what people are told about whom to go to.
#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "client/session/limits.h"
#include "protocol/meeting/entry.h"

namespace piaojue::client {

class Online {
 public:
  using PersonId = meeting::PersonId;
  /// kUnknown: this program is cut off, or has not been told yet. What it knew before says nothing of now.
  enum class Is : std::uint8_t { kHere, kAway, kUnknown };

  explicit Online(Clock const& clock) : clock_(clock) {}

  /// The server has welcomed this program; of the others it tells soon.
  void welcomed() { server_ = true; }
  /// The connection to the server is gone.
  void lost() {
    if (server_) lost_ms_ = clock_.now_ms;
    server_ = told_ = false;
  }
  void told(std::vector<PersonId> connected, std::vector<PersonId> enrolled) {
    // Whom a server makes up is forgotten at once: what is kept of people stays bounded.
    std::erase_if(connected, [](PersonId p) { return p > meeting::kPeopleMax; });
    std::ranges::sort(connected);
    for (PersonId const p : connected_) away_ms_.try_emplace(p, clock_.now_ms);
    for (PersonId const p : connected) away_ms_.erase(p);
    connected_ = std::move(connected);
    enrolled_ = std::move(enrolled);
    std::ranges::sort(enrolled_);
    told_ = true;
  }

  Is of(PersonId person) const {
    if (person == meeting::kServer) return server_ ? Is::kHere : Is::kAway;
    if (!told_) return Is::kUnknown;
    return std::ranges::binary_search(connected_, person) ? Is::kHere : Is::kAway;
  }
  /// Whether something can be handed to this person's program now; the server is where the connection is.
  bool is(PersonId person) const { return of(person) == Is::kHere; }
  /// Since when somebody is away, or nothing is known of him. Nothing: never seen by this program, or here.
  std::optional<std::uint64_t> since_ms(PersonId person) const {
    switch (of(person)) {
      case Is::kHere:
        return std::nullopt;
      case Is::kUnknown:
        return lost_ms_;
      case Is::kAway:
        break;
    }
    if (person == meeting::kServer) return lost_ms_;
    auto const at = away_ms_.find(person);
    return at == away_ms_.end() ? std::nullopt : std::optional(at->second);
  }

  /// As last told; ascending.
  std::vector<PersonId> const& connected() const { return connected_; }
  std::vector<PersonId> const& enrolled() const { return enrolled_; }

 private:
  Clock const& clock_;
  std::vector<PersonId> connected_, enrolled_;
  bool server_ = false;
  bool told_ = false;
  std::optional<std::uint64_t> lost_ms_;
  std::map<PersonId, std::uint64_t> away_ms_;
};

}  // namespace piaojue::client
