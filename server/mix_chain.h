// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the hops of the attempt in progress have put out, and the ballot box that is made of the last of them:
///
///     entry    payload     table, by        goes to
///     MixStep  MixPayload  kMixOutput, hop  the next hop; after the last one, the box
///
/// Everything here is by hop. Who sent what went into the first hop is never here: Delivery keeps that, by person; the
/// two share no table and no type. Rows are sealed under the attempt's half; deleted when the attempt has ended.
#include <map>

#include "server/attempt_seal.h"
#include "server/payload.h"

namespace piaojue::server {

class MixChain {
 public:
  MixChain(meeting::Record const& record, AttemptSeal const& seal, Shelf<Table::kMixOutput> rows, Post& post);

  /// The attempt that the record has just opened.
  void begin();
  void end();
  /// After the entries, once the rows of the attempt in progress can be read.
  /// @return kStorage: an output is missing, or can not be read.
  [[nodiscard]] Result<void> load(Contents const& contents);

  /// A payload against its entry, which the record would accept. @return kMixSize; kConflict: it is not what was
  /// signed.
  [[nodiscard]] Result<void> check(meeting::MixStep const& body, meeting::MixPayload const& mixed) const;
  /// Its entry is in the log. While the log is replayed there is none: `load` comes after.
  void take_in(meeting::MixStep const& body, std::uint64_t index, Parcel<meeting::MixStep>* parcel);

  /// For a trustee that has just connected. Nothing: it is not its turn, or it is hop 0.
  std::optional<Frame> work_of(TrusteeId trustee) const;
  /// The items of which the box is to be made, once for each set of live questions. Nothing: not due.
  std::shared_ptr<meeting::MixItems const> box_input();

 private:
  struct Kept {
    Hash open;
    std::map<std::uint32_t, Bytes> outputs;         ///< of all hops but the last
    std::shared_ptr<meeting::MixItems const> last;  ///< of the last hop
    std::optional<std::vector<QuestionId>> boxed;   ///< live questions for which the box was begun
  };

  meeting::Record const& record_;
  AttemptSeal const& seal_;
  Shelf<Table::kMixOutput> rows_;
  Post& post_;
  std::optional<Kept> kept_;  ///< nothing: no attempt is in progress
};

}  // namespace piaojue::server
