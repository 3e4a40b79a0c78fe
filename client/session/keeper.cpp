// SPDX-License-Identifier: Apache-2.0
#include "client/session/keeper.h"

#include "strings/client.h"

namespace piaojue::client {

bool Keeper::kept(Result<void> const& done) {
  if (done) return true;
  if (fatal_) return false;
  auto words = wallet_.last_error();
  fatal_ = words.empty() ? events_.say(strings::client::kWalletFailed) : std::move(words);
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
