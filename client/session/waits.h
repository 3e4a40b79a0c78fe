// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: whom everybody waits for, what for, and since when by this program's clock.
#include "client/session/proposals.h"

namespace piaojue::client {

class Waits {
 public:
  Waits(LogFollower const& log, Proposals const& proposals, Clock const& clock)
      : log_(log), proposals_(proposals), clock_(clock) {}

  /// As `now.waits`. A wait begins when it is first seen. @param times with `since_s`.
  facts::array list(bool times);

 private:
  struct Wait {
    std::string_view what;
    std::vector<PersonId> people;
  };
  using List = std::vector<Wait>;
  List find() const;
  void find_keys(List& out) const;
  void find_in_voting(List& out) const;
  void find_in_confirming(List& out) const;
  /// @return false: it is witnessed.
  bool find_witnesses(List& out, std::string_view what, std::uint64_t index) const;
  std::vector<PersonId> holders_without(std::set<meeting::TrusteeId> const& done) const;

  LogFollower const& log_;
  Proposals const& proposals_;
  Clock const& clock_;
  std::map<std::string_view, std::uint64_t> since_ms_;
};

}  // namespace piaojue::client
