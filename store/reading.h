// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a store holds, row by row: for who need not hold all of it.
#include <functional>
#include <memory>

#include "store/store.h"

namespace piaojue::store {

class Reading {
 public:
  /// Key and value are there during the call alone. false: enough.
  using EachRow = std::function<bool(ByteView key, ByteView value)>;

  virtual ~Reading() = default;
  /// What is durable, by key, as often as it is asked. Of what is committed meanwhile some may be among it: for tables
  /// in which rows are only ever added, the log's three. Explains like a Store.
  [[nodiscard]] virtual Explained<void> rows(Table table, EachRow const& each) = 0;
};

/// Of rows that are held anyway.
class ReadingOfContents : public Reading {
 public:
  explicit ReadingOfContents(std::shared_ptr<Contents const> contents) : contents_(std::move(contents)) {}
  Explained<void> rows(Table table, EachRow const& each) override {
    for (auto const& [key, value] : (*contents_)[table]) {
      if (!each(key, value)) break;
    }
    return {};
  }

 private:
  std::shared_ptr<Contents const> contents_;
};

}  // namespace piaojue::store
