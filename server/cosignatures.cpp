// SPDX-License-Identifier: Apache-2.0
#include "server/cosignatures.h"

#include "protocol/meeting/payload.h"

namespace piaojue::server {

Cosignatures::Cosignatures(meeting::Record const& record, LogFeed const& feed, Shelf<Table::kCosignature> rows)
    : record_(record), feed_(feed), rows_(rows) {}

Result<void> Cosignatures::load(Contents const& contents) {
  for (auto const& [key, value] : contents[Table::kCosignature]) {
    auto row = meeting::parse_cosignature(value);
    if (!row) return Refusal::kStorage;
    stored_.emplace(row->tree_size, *row);
  }
  return {};
}

Result<void> Cosignatures::replay() {
  auto const [begin, end] = stored_.equal_range(record_.size());
  for (auto it = begin; it != end; ++it) {
    if (auto const added = witnesses_.add(record_, it->second); !added) return Refusal::kLogInconsistent;
    newest_[it->second.person] = it->second;
    taken_.emplace(it->second.tree_size, it->second.person);
  }
  return {};
}

Result<void> Cosignatures::check_replayed() const {
  if (taken_.size() != stored_.size()) return Refusal::kLogInconsistent;
  return {};
}

Result<void> Cosignatures::take(log::Cosignature const& cosignature) {
  if (taken_.contains({cosignature.tree_size, cosignature.person})) return {};
  if (cosignature.tree_size > record_.size()) return Refusal::kOutOfRange;
  if (!feed_.has_checkpoint(cosignature.tree_size)) return Refusal::kUnknown;
  // Under a key that the person did not have yet at that size, no verifier would accept it.
  auto const since = key_since_.find(cosignature.person);
  if (since != key_since_.end() && cosignature.tree_size < since->second) return Refusal::kNotOnRoll;
  if (auto const added = witnesses_.add(record_, cosignature); !added) return added.error();
  rows_.put(key_of(cosignature.tree_size, cosignature.person), meeting::encode_cosignature(cosignature));
  taken_.emplace(cosignature.tree_size, cosignature.person);
  auto& newest = newest_[cosignature.person];
  if (newest.tree_size <= cosignature.tree_size) newest = cosignature;
  fresh_.push_back(cosignature);
  return {};
}

void Cosignatures::change_key(PersonId person) {
  key_since_[person] = record_.size();
  newest_.erase(person);
}

std::optional<Frame> Cosignatures::newest() const {
  if (newest_.empty()) return std::nullopt;
  std::vector<log::Cosignature> all;
  for (auto const& [person, cosignature] : newest_) all.push_back(cosignature);
  return share(wire::cosignature_push(all));
}

std::optional<Frame> Cosignatures::take_fresh() {
  if (fresh_.empty()) return std::nullopt;
  return share(wire::cosignature_push(std::exchange(fresh_, {})));
}

}  // namespace piaojue::server
