// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who has cosigned which checkpoint: kept, counted, and handed on.
#include <map>
#include <set>

#include "server/log_feed.h"

namespace piaojue::server {

class Cosignatures {
 public:
  Cosignatures(meeting::Record const& record, LogFeed const& feed, Shelf<Table::kCosignature> rows);

  /// Before the entries. @return kStorage.
  [[nodiscard]] Result<void> load(Contents const& contents);
  /// Those of the tree as it is now, which is when the keys that they were made with are the current ones.
  /// @return kLogInconsistent.
  [[nodiscard]] Result<void> replay();
  /// After the entries: every row was of a tree of this log. @return kLogInconsistent.
  [[nodiscard]] Result<void> check_replayed() const;

  /// By the person whose it is; again is as once. @return kOutOfRange: of a larger tree. kUnknown: no checkpoint of
  /// this size. kNotOnRoll: made before the person's present key. What Witnesses::add refuses with.
  [[nodiscard]] Result<void> take(log::Cosignature const& cosignature);
  /// The person's key is another one from here on.
  void change_key(PersonId person);

  meeting::Witnesses const& witnesses() const { return witnesses_; }
  /// The newest of everybody. Nothing: there is none.
  std::optional<Frame> newest() const;
  /// Those since the last call. Nothing: there is none.
  std::optional<Frame> take_fresh();

 private:
  meeting::Record const& record_;
  LogFeed const& feed_;
  Shelf<Table::kCosignature> rows_;
  meeting::Witnesses witnesses_;
  std::multimap<std::uint64_t, log::Cosignature> stored_;  ///< while the log is replayed, by tree size
  std::map<PersonId, log::Cosignature> newest_;
  std::set<std::pair<std::uint64_t, PersonId>> taken_;
  std::map<PersonId, std::uint64_t> key_since_;  ///< size of the log from which the person's keys are the current ones
  std::vector<log::Cosignature> fresh_;
};

}  // namespace piaojue::server
