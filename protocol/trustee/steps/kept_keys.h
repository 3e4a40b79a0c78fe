// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The keys that a trustee keeps for attempts, in memory and in its store, until Erased.
#include "protocol/trustee/steps/duty_book.h"

namespace piaojue::trustee {

/// One set of keys as it was made. `keys` is shared with jobs that run on other threads; it is changed only while none
/// does.
struct Held {
  std::shared_ptr<AttemptKeys> keys;
  Bytes body;  ///< of the BatchKeys: kept, because a second proof of knowledge would be other bytes

  bool covers(std::vector<QuestionId> const& questions) const;
  void destroy() const;
};

class KeptKeys {
 public:
  KeptKeys(TrusteeStore& store, DutyBook& book, TrusteeId id) : store_(store), book_(book), id_(id) {}

  /// All sets of an attempt, oldest first; empty: none were made, or they are lost.
  /// @return nothing if the store failed, or the half has not come back: nothing may rest on its silence then.
  std::vector<Held>* load(Slot const& slot);
  [[nodiscard]] Result<void> save(Slot const& slot);
  /// Destroys keys and mix of an attempt, in memory and in the store.
  [[nodiscard]] Result<void> erase(Slot const& slot);

  /// The keys that BatchOpen took, or nothing if they are lost. Others made for this attempt are of no use any more.
  Held* current(meeting::Attempt const& attempt);
  /// They were looked for, and are not there.
  bool lost(Slot const& slot) const;
  /// They were looked for, and the half under which they are sealed has not come back yet.
  bool waits_for_half(Slot const& slot) const { return busy_.contains(slot); }

 private:
  StoreName name(StoreKind kind, Slot const& slot) const { return {kind, id_, slot.first, slot.second}; }

  TrusteeStore& store_;
  DutyBook& book_;
  TrusteeId id_;
  std::set<Slot> busy_;
  std::map<Slot, std::vector<Held>> slots_;  ///< what was loaded or made
  std::set<Slot> pruned_;                    ///< opened attempts whose unused keys are gone
};

}  // namespace piaojue::trustee
