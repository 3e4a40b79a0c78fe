// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The keys that a trustee keeps for attempts, in memory and in its store, until Erased.
#include "protocol/trustee/steps/duty_book.h"

namespace piaojue::trustee {

/// Under what names the store keeps an attempt's keys and its mix.
std::string keys_name(Slot const& slot);
std::string mix_name(Slot const& slot);

/// One set of keys as it was made. `keys` is shared with jobs that run on other threads; it is changed only while none
/// does.
struct Held {
  std::shared_ptr<AttemptKeys> keys;
  Bytes body;                      ///< of the BatchKeys: kept, because a second proof of knowledge would be other bytes
  std::optional<Hash> shared_box;  ///< the box that a share was given for: there is no second one

  bool covers(std::vector<QuestionId> const& questions) const;
  void destroy() const;
};

class KeptKeys {
 public:
  KeptKeys(TrusteeStore& store, DutyBook& book) : store_(store), book_(book) {}

  /// All sets of an attempt, oldest first; empty: none were made, or they are lost.
  /// @return nothing if the store failed: nothing may rest on its silence then.
  std::vector<Held>* load(Slot const& slot);
  [[nodiscard]] Result<void> save(Slot const& slot);
  /// Destroys keys and mix of an attempt, in memory and in the store.
  [[nodiscard]] Result<void> erase(Slot const& slot);

  /// The keys that BatchOpen took, or nothing if they are lost. Others made for this attempt are of no use any more.
  Held* current(meeting::Attempt const& attempt, std::uint32_t hop);
  /// They were looked for, and are not there.
  bool lost(Slot const& slot) const;

 private:
  TrusteeStore& store_;
  DutyBook& book_;
  std::map<Slot, std::vector<Held>> slots_;  ///< what was loaded or made
  std::set<Slot> pruned_;                    ///< opened attempts whose unused keys are gone
};

}  // namespace piaojue::trustee
