// SPDX-License-Identifier: Apache-2.0
#include "client/session/keeper.h"

namespace piaojue::client {

bool Keeper::kept(Explained<void> const& done) {
  if (done) return true;
  if (fatal_) return false;
  fatal_ = events_.say(done.error());
  auto out = facts::event("fatal");
  out["code"] = piaojue::name(Refusal::kStorage);
  out["message"] = events_.say(Refusal::kStorage);
  out["detail"] = *fatal_;
  events_.emit(out);
  return false;
}

void Keeper::flush() {
  if (unwritten_.empty() || fatal_) return;
  auto const records = std::exchange(unwritten_, {});
  if (kept(wallet_.append(records))) unsynced_ = true;
}

bool Keeper::sync() {
  if (fatal_) return false;
  if (!unsynced_) return true;
  if (!kept(wallet_.sync())) return false;
  unsynced_ = false;
  return true;
}

}  // namespace piaojue::client
