// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The one mix of an attempt, as it is kept until Erased: without it nobody can tell whether the same input comes
/// again, nor whether the box is what came out.
#include "protocol/trustee/steps/kept_keys.h"

namespace piaojue::trustee {

/// The whole output, and per question what went in.
struct KeptMix {
  MixResult result;
  std::map<QuestionId, Hash> inputs;

  Secret serialise() const;
  [[nodiscard]] static Result<KeptMix> parse(Secret const& bytes);
};

class KeptMixes {
 public:
  KeptMixes(TrusteeStore& store, TrusteeId id) : store_(store), id_(id) {}

  /// Nothing: none was kept. @return kBusy, kStorage: not known. kMalformed: one was kept and cannot be read.
  [[nodiscard]] Result<std::optional<KeptMix>> load(Slot const& slot) const;
  [[nodiscard]] Result<void> save(Slot const& slot, KeptMix const& mix);

  enum class Behind : std::uint8_t {
    kNoStep,  ///< no own MixStep in the log yet
    kThere,   ///< what is kept is what the step says
    kLost,    ///< nothing, or something else: this trustee takes no further part
    kUnknown  ///< the store does not say (yet)
  };
  /// What stands behind the own MixStep of the attempt. Reads the store once an attempt.
  Behind behind(meeting::Attempt const& attempt);
  /// What `behind` has found; kUnknown before.
  Behind found(meeting::Attempt const& attempt) const;

 private:
  StoreName name(Slot const& slot) const { return {StoreKind::kMix, id_, slot.first, slot.second}; }

  TrusteeStore& store_;
  TrusteeId id_;
  std::optional<std::pair<Hash, Behind>> found_;
};

}  // namespace piaojue::trustee
