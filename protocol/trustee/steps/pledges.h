// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What binds a trustee whatever becomes of an attempt (specification §10.4, §10.5): of which questions it has given a
/// share, and which attempts its person has stopped. Kept outside the attempts' state, under the own key alone.
#include <set>

#include "protocol/trustee/duty.h"
#include "protocol/trustee/keys.h"
#include "protocol/trustee/trustee_store.h"

namespace piaojue::trustee {

class Pledges {
 public:
  /// For which box of which attempt the share of a question left, or was about to.
  struct Given {
    BatchId batch = 0;
    std::uint32_t attempt = 0;
    Hash batch_open, box;
    auto operator<=>(Given const&) const = default;
  };

  explicit Pledges(TrusteeStore& store) : store_(store) {}

  /// Reads them once. @return kStorage: nothing is known then, and nothing may be signed that they might forbid.
  [[nodiscard]] Result<void> load();
  /// By question; empty before `load`.
  std::map<QuestionId, Given> const& given() const { return given_; }
  /// May a share of these questions be given for this box? Not when one of them was given for another attempt or box.
  bool allows(std::vector<QuestionId> const& questions, Given const& now) const;
  bool stopped(Hash const& batch_open) const { return stopped_.contains(batch_open); }

  /// Durable before it returns: before the first byte of the share leaves.
  [[nodiscard]] Result<void> give(std::vector<QuestionId> const& questions, Given const& now);
  /// Holds in memory even if it could not be made durable.
  [[nodiscard]] Result<void> stop(Hash const& batch_open);

 private:
  [[nodiscard]] Result<void> save();
  [[nodiscard]] bool decode(ByteView bytes);

  TrusteeStore& store_;
  bool loaded_ = false;
  std::map<QuestionId, Given> given_;
  std::set<Hash> stopped_;
};

}  // namespace piaojue::trustee
