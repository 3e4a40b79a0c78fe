// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "offices_contract.h"
#include "service_fixture.h"
#include "store/postgres_offices.h"

namespace piaojue::store::test {
namespace {

class PostgresEngine {
 public:
  PostgresOffices& offices() { return offices_; }
  Service& service() { return service_; }
  void put(MeetingNumber number, Table table, Bytes key, Bytes value) {
    if (!node_) node_ = service_.join("a");
    PostgresStore store(*node_, lease_of(node_->take(number)));
    Writes writes;
    writes.put(table, std::move(key), std::move(value));
    must(store.commit(writes));
  }
  std::optional<Bytes> file(MeetingNumber number, Hash const& hash) {
    auto const where =
        " FROM piaojue_file WHERE meeting = " + std::to_string(number) + " AND hash = '\\x" + to_hex(hash.view()) + "'";
    auto const size = std::stoull(service_.sql("SELECT coalesce(sum(length(bytes)), 0)" + where));
    return size == 0 ? std::nullopt : must(read_file_piece(*service_.pool(), number, hash, 0, size));
  }
  void occupy(MeetingNumber number) { service_.make_meeting(number); }

 private:
  Service service_;
  PostgresOffices offices_{service_.pool()};
  std::unique_ptr<Node> node_;
};

using Engines = testing::Types<PostgresEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, OfficesContract, Engines);

/// What is sealed is never twice the same.
OfficeNumber add(Offices& offices, std::uint8_t seal = 1) {
  return must(offices.add_office("a", [seal](OfficeNumber) { return Bytes{seal}; }));
}

// Harm: two machines of one office, or one that asks twice over two nodes, make two meetings of one draft.
TEST(PostgresOffices, ARequestThatComesTwiceAtOnceMakesOneMeeting) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  for (std::uint8_t round = 1; round <= 5; ++round) {
    std::vector<std::future<MeetingNumber>> all;
    for (std::uint32_t i = 0; i < 4; ++i) {
      all.push_back(std::async(std::launch::async, [&, i, round] {
        auto const begun = must(offices.begin_draft(office, request_of(round), {round * 100U + i, {1}, 1}, {}));
        Contents contents;
        contents[Table::kMeta][text_bytes("keys")] = Bytes{static_cast<std::uint8_t>(i)};
        auto const made = must(offices.create(office, request_of(round), contents, Bytes{1}, {}));
        EXPECT_EQ(made, begun.meeting);
        return *made;
      }));
    }
    std::set<MeetingNumber> numbers;
    for (auto& one : all) numbers.insert(one.get());
    EXPECT_EQ(numbers.size(), 1U);
  }
  EXPECT_EQ(must(offices.own_meetings(office, 0, 100)).size(), 5U);
}

// Harm: nodes that begin at once enter one office twice, or each has a CA of its own.
TEST(PostgresOffices, WhatIsEnteredAtOnceIsEnteredOnce) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  std::vector<std::future<std::pair<OfficeNumber, Bytes>>> all;
  for (std::uint8_t i = 0; i < 6; ++i) {
    all.push_back(std::async(std::launch::async,
                             [&, i] { return std::pair(add(offices, i), must(offices.set_identity(Bytes{i}))); }));
  }
  std::set<OfficeNumber> numbers;
  std::set<Bytes> identities;
  for (auto& one : all) {
    auto const [number, identity] = one.get();
    numbers.insert(number);
    identities.insert(identity);
  }
  EXPECT_EQ(numbers.size(), 6U);
  EXPECT_EQ(identities.size(), 1U);
}

// Harm: files of drafts that nobody wants any more stay in the database for ever.
TEST(PostgresOffices, ADraftThatNobodyTouchesForAWeekGoesWithItsFiles) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  auto const bytes = bytes_of(100, 1);
  must(offices.begin_draft(office, request_of(1), {100, {1}, bytes.size()}, {}));
  must(offices.put_piece(office, request_of(1), part_of(0, bytes), 0, bytes));
  must(offices.begin_draft(office, request_of(2), {101, {1}, 1}, {}));
  engine.service().sql(
      "UPDATE piaojue_office_draft SET touched = touched - interval '7 days 1 minute' WHERE meeting = 100");
  must(offices.begin_draft(office, request_of(3), {102, {1}, 1}, {}));
  EXPECT_EQ(must(offices.draft(office, request_of(1))), std::nullopt);
  EXPECT_TRUE(must(offices.draft(office, request_of(2))));
  EXPECT_EQ(engine.service().sql("SELECT (SELECT count(*) FROM piaojue_file), (SELECT count(*) FROM "
                                 "piaojue_office_part)"),
            "0|0");
}

}  // namespace
}  // namespace piaojue::store::test
