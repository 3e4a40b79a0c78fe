// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A Store without a disk, for tests and the simulation: "durable" is what `contents` holds. A crash is to throw the
/// Core and its outputs away and to build a new one from `load`.
#include <mutex>

#include "store/store.h"

namespace piaojue::store {

class MemoryStore : public Store {
 public:
  MemoryStore() = default;
  explicit MemoryStore(Contents contents) : contents_(std::move(contents)) {}

  Explained<Contents> load() override;
  Explained<void> commit(Writes const& writes) override;
  Explained<std::optional<Bytes>> slip(PersonId person) override;

  /// The commit after `successes` further ones fails, and so do all later ones until `heal`: a disk does not recover by
  /// itself. With `applied`, the failing one had reached the disk although it reported failure.
  void fail_after(std::size_t successes, bool applied = false);
  void heal();
  Contents contents() const;
  std::size_t commits() const;

 private:
  mutable std::mutex mutex_;
  Contents contents_;
  std::size_t commits_ = 0;
  std::optional<std::size_t> fail_after_;
  bool applied_ = false;
};

}  // namespace piaojue::store
