// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: heavy work on its way out to the host's threads, and what follows when it is done.
#include <map>
#include <utility>
#include <vector>

#include "client/session/outputs.h"

namespace piaojue::client {

class Jobs {
 public:
  /// @param run on any thread; touches only what it captured. @param finish afterwards, on the session's strand.
  void add(std::function<void()> run, std::function<void()> finish, Urgency urgency = Urgency::kUrgent) {
    auto const id = ++last_;
    waiting_.push_back({id, std::move(run), urgency});
    finish_.emplace(id, std::move(finish));
  }
  /// @return false: no such job, or finished before.
  bool finish(JobId id) {
    auto const node = finish_.extract(id);
    if (node.empty()) return false;
    node.mapped()();
    return true;
  }
  std::vector<Job> take() { return std::exchange(waiting_, {}); }

 private:
  JobId last_ = 0;
  std::vector<Job> waiting_;
  std::map<JobId, std::function<void()>> finish_;
};

}  // namespace piaojue::client
