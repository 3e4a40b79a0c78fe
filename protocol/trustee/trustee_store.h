// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where a trustee keeps what must survive a restart. The host seals and writes; one store a person, whatever slot the
/// person holds.
#include <compare>
#include <optional>
#include <string>

#include "base/refusal.h"
#include "base/secret.h"
#include "protocol/meeting/entry.h"

namespace piaojue::trustee {

enum class StoreKind : std::uint8_t {
  kKeys,     ///< of an attempt
  kMix,      ///< of an attempt: what went in and what came out
  kPledges,  ///< of no attempt: what binds this trustee whatever becomes of them
};

struct StoreName {
  StoreKind kind = StoreKind::kKeys;
  meeting::TrusteeId trustee = 0;
  meeting::BatchId batch = 0;
  std::uint32_t attempt = 0;
  auto operator<=>(StoreName const&) const = default;

  /// Sealed under the half of (batch, attempt) too, and gone with it (specification §9.3, §14); else under the own key
  /// alone, because it must outlive the attempt and be readable at once.
  bool of_attempt() const { return kind != StoreKind::kPledges; }
};
/// "keys/<trustee>/<batch>/<attempt>", "mix/…", "pledges": the name of a file or row.
std::string to_text(StoreName const& name);

class TrusteeStore {
 public:
  virtual ~TrusteeStore() = default;
  /// Durable when it returns. The first one of an attempt may draw the half; that nothing leaves before a holder has
  /// answered is the host's to see to: it holds the BatchKeys back.
  [[nodiscard]] virtual Result<void> save(StoreName const& name, Secret const& plain) = 0;
  /// Nothing: it is not there and will not come: keys are lost then.
  /// @return kBusy: not yet: the half has not come back, and not all its holders have said that they have none. Every
  /// duty of the attempt waits, and nothing counts as lost. kStorage.
  [[nodiscard]] virtual Result<std::optional<Secret>> load(StoreName const& name) = 0;
  /// Overwrites and removes; idempotent; needs no half.
  [[nodiscard]] virtual Result<void> erase(StoreName const& name) = 0;
};

}  // namespace piaojue::trustee
