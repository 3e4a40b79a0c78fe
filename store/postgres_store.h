// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The Store of one meeting of a service, under a lease. Every commit begins by locking the meeting's row and comparing
/// node, process and epoch: whoever was replaced can not write one byte more. Each commit raises the row's count, so
/// that one whose answer was lost is found and not guessed: the same row, locked anew, says whether it happened; and if
/// it did, a further commit is waited for, so that what is acknowledged is on a synchronous standby too.
///
/// A commit whose rows somebody else has locked lets its thread and its connection go after kLockedFor (kBusy), and is
/// refused for good if that goes on for longer than PostgresOptions::patience_ms.
///
/// `load` compares the lease likewise, and is refused with kBusy where somebody has locked its tables for so long.
/// `slip` does not: it reads one row, which `piaojue-server slip` may write at any time. All else refuse with kStorage;
/// after a refused commit the meeting is to be let go, as after a failed disk.
#include "store/leases.h"

namespace piaojue::store {

class PostgresStore final : public Store {
 public:
  PostgresStore(Node const& node, Lease lease);
  ~PostgresStore() override;

  Explained<Contents> load() override;
  Explained<void> commit(Writes const& writes) override;
  Explained<std::optional<Bytes>> slip(PersonId person) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// To read a meeting whoever serves it, as `export`, `status` and `store check` do: `commit` is refused.
[[nodiscard]] Explained<std::unique_ptr<Store>> open_to_read(std::shared_ptr<PostgresPool> pool, MeetingNumber meeting);

}  // namespace piaojue::store
