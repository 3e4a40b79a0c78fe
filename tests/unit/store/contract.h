// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What every engine keeps to, whatever it is made of. All tests of the server rest on the one in memory: where another
/// engine differed from it, they would prove nothing about a real server.
#include <sodium.h>

#include "store_fixture.h"

namespace piaojue::store::test {
inline Bytes random_bytes(std::size_t n) {
  Bytes bytes(n);
  if (n > 0) randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}
inline Hash hash_of(std::string_view text) { return crypto::sha256({as_bytes(text)}); }

template <class E>
class Contract : public testing::Test {
 protected:
  /// Commits to the engine and to the model that `apply_write` is.
  void commit(Writes const& writes) {
    ASSERT_TRUE(engine.store().commit(writes));
    for (auto const& write : writes.list) apply_write(model, write);
    ASSERT_EQ(engine.store().load()->tables, model.tables);
  }
  void slip(PersonId person, std::optional<Bytes> const& expected) {
    auto const got = engine.store().slip(person);
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, expected) << "person " << person;
  }

  E engine;
  Contents model;
};

TYPED_TEST_SUITE_P(Contract);

// Harm: a row of one kind that an engine keeps otherwise than the others, such as an empty value that becomes none.
TYPED_TEST_P(Contract, KeepsWhatIsWrittenWhateverKindItIs) {
  Writes writes;
  for (std::size_t t = 0; t < kTables; ++t) {
    for (std::uint64_t i = 0; i < 20; ++i) {
      writes.put(static_cast<Table>(t), key_of(hash_of(std::to_string(i % 3)), static_cast<std::uint32_t>(i)),
                 random_bytes(i * 300));
    }
  }
  writes.put(Table::kEntry, {}, {});
  this->commit(writes);
  Writes changes;
  changes.put(Table::kEntry, key_of(hash_of("0"), 0), random_bytes(5000));
  changes.erase(Table::kEntry, key_of(hash_of("1"), 1));
  changes.erase(Table::kEntry, key_of(hash_of("not there")));
  this->commit(changes);
  this->commit({});
  this->engine.reopen();
  EXPECT_EQ(this->engine.store().load()->tables, this->model.tables) << "after opening again";
}

// Harm: rows of an attempt that has ended, or rows of another attempt that goes on.
TYPED_TEST_P(Contract, APrefixErasesItsRowsAndNoOthers) {
  Writes writes;
  for (auto const* attempt : {"1", "2", "3"}) {
    for (PersonId p = 1; p <= 5; ++p) writes.put(Table::kEnvelope, key_of(hash_of(attempt), p), random_bytes(50));
  }
  writes.put(Table::kMeta, Bytes(32, 0xff), Bytes{1});
  writes.put(Table::kMeta, Bytes(2, 0xff), Bytes{2});
  writes.put(Table::kMeta, Bytes{0xfe, 0xff, 0xff}, Bytes{3});
  this->commit(writes);
  Writes erase;
  erase.erase_prefix(Table::kEnvelope, key_of(hash_of("2")));
  erase.erase_prefix(Table::kMeta, Bytes(3, 0xff));
  erase.truncate_journal = true;
  this->commit(erase);
  EXPECT_EQ((*this->engine.store().load())[Table::kEnvelope].size(), 10U);
  EXPECT_EQ((*this->engine.store().load())[Table::kMeta].size(), 2U) << "no key is greater than all of this prefix";
}

// Harm: a group that is taken in another order: an envelope that was replaced comes back.
TYPED_TEST_P(Contract, WritesOfAGroupAreTakenInTheirOrder) {
  auto const key = key_of(hash_of("a"), PersonId{1});
  Writes writes;
  writes.put(Table::kEnvelope, key, Bytes{1});
  writes.put(Table::kEnvelope, key, Bytes{2});
  writes.put(Table::kTrustee, key, Bytes{3});
  writes.erase(Table::kTrustee, key);
  writes.erase_prefix(Table::kMixOutput, {});
  writes.put(Table::kMixOutput, key, Bytes{4});
  this->commit(writes);
  EXPECT_EQ((*this->engine.store().load())[Table::kEnvelope].at(key), Bytes{2});
}

// Harm: an entry of the log is replaced by another one, by a server that has lost count of what it holds; and whoever
// has seen the first is told that there are two logs.
TYPED_TEST_P(Contract, WhatIsAddedReplacesNothing) {
  Writes first;
  first.add(Table::kEntry, key_of(std::uint64_t{1}), Bytes{1});
  first.add(Table::kEntry, key_of(std::uint64_t{2}), {});
  this->commit(first);
  Writes second;
  second.put(Table::kMeta, Bytes{7}, Bytes{7});
  second.add(Table::kEntry, key_of(std::uint64_t{3}), Bytes{3});
  second.add(Table::kEntry, key_of(std::uint64_t{2}), Bytes{2});
  EXPECT_FALSE(this->engine.store().commit(second));
  this->engine.reopen();
  EXPECT_EQ(this->engine.store().load()->tables, this->model.tables) << "nothing of the group is there";
}

// Harm: a server counts wrongly within one group, and the tests, which are of the engine in memory, do not see it.
TYPED_TEST_P(Contract, WhatIsAddedIsNotThereWhenItsTurnComes) {
  auto const key = key_of(std::uint64_t{1});
  Writes erased;
  erased.put(Table::kEntry, key, Bytes{1});
  erased.erase(Table::kEntry, key);
  erased.add(Table::kEntry, key, Bytes{2});
  this->commit(erased);
  Writes twice;
  twice.add(Table::kEntry, key_of(std::uint64_t{2}), Bytes{1});
  twice.add(Table::kEntry, key_of(std::uint64_t{2}), Bytes{2});
  EXPECT_FALSE(this->engine.store().commit(twice));
  this->engine.reopen();
  EXPECT_EQ(this->engine.store().load()->tables, this->model.tables);
}

// Harm: somebody enrols with a slip that was given to another person, or with one that was lost and replaced.
TYPED_TEST_P(Contract, ASlipIsThatOfThePersonAndTheNewestOne) {
  Writes writes;
  for (PersonId p : {1U, 2U, 256U}) {
    writes.put(Table::kSlip, key_of_person(p), Bytes{static_cast<std::uint8_t>(p), 1});
  }
  this->commit(writes);
  this->slip(1, Bytes{1, 1});
  this->slip(256, Bytes{0, 1});
  this->slip(3, std::nullopt);
  Writes again;
  again.put(Table::kSlip, key_of_person(1), Bytes{1, 2});
  this->commit(again);
  this->slip(1, Bytes{1, 2});
  this->slip(2, Bytes{2, 1});
}

REGISTER_TYPED_TEST_SUITE_P(Contract, KeepsWhatIsWrittenWhateverKindItIs, APrefixErasesItsRowsAndNoOthers,
                            WritesOfAGroupAreTakenInTheirOrder, WhatIsAddedReplacesNothing,
                            WhatIsAddedIsNotThereWhenItsTurnComes, ASlipIsThatOfThePersonAndTheNewestOne);

}  // namespace piaojue::store::test
