// SPDX-License-Identifier: Apache-2.0
#include "contract.h"
#include "service_fixture.h"

namespace piaojue::store::test {
namespace {

class PostgresEngine final : public Engine {
 public:
  PostgresEngine() {
    service_.make_meeting(1);
    // Another meeting's rows lie in the same tables.
    service_.make_meeting(2);
    service_.sql("DELETE FROM piaojue_meta WHERE meeting = 1");
    node_ = service_.join("a");
    other_ = std::make_unique<PostgresStore>(*node_, lease_of(node_->take(2)));
    must(other_->commit(entry(0)));
    reopen();
  }
  ~PostgresEngine() override { EXPECT_EQ((*other_->load())[Table::kEntry].size(), 1U) << "rows of another meeting"; }
  Store& store() override { return *store_; }
  void reopen() override { store_ = std::make_unique<PostgresStore>(*node_, lease_of(node_->take(1))); }

 private:
  Service service_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Store> other_;
  std::unique_ptr<Store> store_;
};

using Engines = testing::Types<PostgresEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, Contract, Engines);

// Harm: a meeting of a thousand rows that comes back without those behind the first page.
TEST(PostgresStore, ALargeMeetingComesBackWhole) {
  Service service;
  service.make_meeting(1);
  auto const node = service.join("a");
  PostgresStore store(*node, lease_of(node->take(1)));
  Writes writes;
  Contents model = *store.load();
  for (std::uint64_t i = 0; i < 1'700; ++i) writes.put(Table::kEntry, key_of(i), random_bytes(i % 977));
  writes.put(Table::kEnvelope, key_of(std::uint64_t{1}), random_bytes(5U << 20));
  ASSERT_TRUE(store.commit(writes));
  for (auto const& write : writes.list) apply_write(model, write);
  EXPECT_EQ(store.load()->tables, model.tables);
  EXPECT_EQ((*open_to_read(service.pool(), 1))->load()->tables, model.tables);
}

}  // namespace
}  // namespace piaojue::store::test
