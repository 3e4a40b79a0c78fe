// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <thread>

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
        " FROM piaojue_file WHERE meeting = coalesce((SELECT files FROM piaojue_office_meeting WHERE "
        "meeting = " +
        std::to_string(number) + "), " + std::to_string(number) + ") AND hash = '\\x" + to_hex(hash.view()) + "'";
    auto const size = std::stoull(service_.sql("SELECT coalesce(sum(length(bytes)), 0)" + where));
    return size == 0 ? std::nullopt : must(read_file_piece(*service_.pool(), number, hash, 0, size));
  }
  bool occupy(MeetingNumber number) {
    Contents contents;
    contents[Table::kMeta][text_bytes("keys")] = Bytes{1};
    auto const done = create_meeting(*service_.pool(), number, 0, contents);
    EXPECT_TRUE(done || done.error().code == Refusal::kConflict);
    return done.has_value();
  }

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
        auto const made = must(offices.create(office, id_of(request_of(round), begun), {contents, Bytes{1}, {}}, {}));
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
  auto const draft = must(offices.begin_draft(office, request_of(1), {100, {1}, bytes.size()}, {}));
  must(offices.put_piece(office, id_of(request_of(1), draft), part_of(0, bytes), 0, bytes));
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

// Harm: an adopted meeting's files are written into an office's draft, and go with it.
TEST(PostgresOffices, AFileIsNotWrittenUnderANumberThatADraftHolds) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  must(offices.begin_draft(office, request_of(1), {100, {1}, 1}, {}));
  auto const bytes = bytes_of(10, 1);
  for (auto const& refused : {add_file(*engine.service().pool(), 100, crypto::sha256({bytes}), bytes),
                              take_number(*engine.service().pool(), 100)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Refusal::kConflict);
    EXPECT_EQ(refused.error().what.key(), "server.database.number_held");
  }
  EXPECT_EQ(engine.service().sql("SELECT count(*) FROM piaojue_file"), "0");
  // A number that an operator has begun with is none for a draft, also before the meeting is there.
  for (int i = 0; i < 2; ++i) must(take_number(*engine.service().pool(), 101));
  EXPECT_EQ(offices.begin_draft(office, request_of(2), {101, {1}, 1}, {}).error().code, Refusal::kConflict);
}

// Harm: one number for two, because a draft and an operator took it in the same moment.
TEST(PostgresOffices, ANumberThatIsTakenTwiceAtOnceIsTakenOnce) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  for (std::uint8_t round = 1; round <= 20; ++round) {
    MeetingNumber const number = 100U + round;
    DraftBounds bounds;
    bounds.drafts_max = 100;
    auto draft = std::async(std::launch::async, [&] {
      return offices.begin_draft(office, request_of(round), {number, {1}, 1}, bounds).has_value();
    });
    bool const adopted = take_number(*engine.service().pool(), number).has_value();
    EXPECT_NE(draft.get(), adopted);
  }
}

// Harm: what an office was told dies with the primary, because it was told a second time by reading.
TEST(PostgresOffices, WhatIsAnsweredAgainIsOnTheStandbyToo) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const bytes = bytes_of(10, 1);
  // An office each: what could not be committed keeps its rows locked until it is, and others would wait for that.
  struct One {
    OfficeNumber office = 0;
    DraftId draft;
  };
  MeetingNumber number = 100;
  auto const begun = [&] {
    auto const office = add(offices);
    return One{office, id_of(request_of(1), must(offices.begin_draft(office, request_of(1), {number++, {1}, 10}, {})))};
  };
  auto const made = [&] {
    auto const one = begun();
    must(offices.create(one.office, one.draft, {{}, Bytes{1}, {}}, {}));
    return one;
  };
  auto const again = begun();
  auto const sent = begun();
  must(offices.put_piece(sent.office, sent.draft, part_of(0, bytes), 0, bytes));
  auto const created = made();
  auto const erased = made();
  must(offices.erase_slips(erased.office, erased.draft.meeting));
  auto const enrolled = add(offices);
  // Every commit waits for a standby that is not there, and nobody learns of what has not come so far.
  auto const standby = [&](std::string const& names) {
    engine.service().sql("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    engine.service().sql("SELECT pg_reload_conf()");
    while (engine.service().sql("SHOW synchronous_standby_names") != names)
      std::this_thread::sleep_for(milliseconds(20));
  };
  standby("nobody");
  {
    PostgresOffices waiting(pool_of(engine.service().url(), 300, 300));
    EXPECT_FALSE(waiting.begin_draft(again.office, request_of(1), {100, {1}, 10}, {}));
    EXPECT_FALSE(waiting.create(created.office, created.draft, {{}, Bytes{1}, {}}, {}));
    EXPECT_FALSE(waiting.put_piece(sent.office, sent.draft, part_of(0, bytes), 0, bytes));
    EXPECT_FALSE(waiting.erase_slips(erased.office, erased.draft.meeting));
    EXPECT_FALSE(waiting.confirm(enrolled));
    EXPECT_TRUE(waiting.own_meetings(created.office, 0, 16)) << "a list speaks of nothing that was promised";
  }
  standby("");
  EXPECT_EQ(must(offices.begin_draft(again.office, request_of(1), {100, {1}, 10}, {})).meeting, again.draft.meeting);
}

// Harm: whoever is refused as often as he likes makes every request of others open a connection to the database.
TEST(PostgresOffices, ARefusalClosesNoConnection) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  must(offices.begin_draft(office, request_of(1), {100, {1}, 1}, {}));
  auto const connections = [&] {
    return engine.service().sql(
        "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'piaojue'");
  };
  auto const before = connections();
  ASSERT_FALSE(before.empty());
  DraftBounds none;
  none.draft_bytes_max = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(offices.begin_draft(office, request_of(2), {101, {1}, 1}, none).error().code, Refusal::kBusy);
    EXPECT_EQ(offices.begin_draft(office, request_of(2), {100, {1}, 1}, {}).error().code, Refusal::kConflict);
  }
  EXPECT_EQ(connections(), before);
  EXPECT_EQ(must(offices.begin_draft(office, request_of(2), {102, {1}, 1}, {})).meeting, 102U);
}

// Harm: an operator is told of a database that fails, where an office's log was only long.
TEST(PostgresOffices, ALogThatIsNotReadInTimeIsNoFaultOfTheDatabase) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  auto const draft = must(offices.begin_draft(office, request_of(1), {100, {1}, 1}, {}));
  must(offices.create(office, id_of(request_of(1), draft), {{}, Bytes{1}, {}}, {}));
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_EQ(offices.own_log(office, 100, 100, begin).error().code, Refusal::kBusy);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1'500));
}

// Harm: an office's request waits for minutes while its old drafts go, and the next one waits as long.
TEST(PostgresOffices, RoomIsMadeAsFarAsThereIsTime) {
  PostgresEngine engine;
  auto& offices = engine.offices();
  auto const office = add(offices);
  DraftBounds bounds;
  bounds.drafts_max = 3;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    must(offices.begin_draft(office, request_of(i), {100U + i, {1}, 300}, bounds));
    engine.service().sql("INSERT INTO piaojue_file SELECT " + std::to_string(100U + i) +
                         ", decode(lpad(to_hex(n), 64, '0'), 'hex'), 0, '\\x01' FROM generate_series(1, 250) n");
  }
  auto const now = std::chrono::steady_clock::now();
  EXPECT_EQ(offices.begin_draft(office, request_of(4), {104, {1}, 1, now}, bounds).error().code, Refusal::kBusy);
  EXPECT_TRUE(must(offices.draft(office, request_of(1)))) << "no time for one";
  EXPECT_EQ(must(offices.begin_draft(office, request_of(4), {104, {1}, 1}, bounds)).meeting, 104U);
  EXPECT_EQ(must(offices.draft(office, request_of(1))), std::nullopt);
  EXPECT_EQ(engine.service().sql("SELECT count(*) FROM piaojue_file WHERE meeting = 101"), "0");
  EXPECT_EQ(engine.service().sql("SELECT count(*) FROM piaojue_file"), "500");
}

// Harm: a node that is to end waits for a database that says nothing, for as long as somebody asks it.
TEST(PostgresOffices, WhoeverWaitsForTheDatabaseIsToldThatTheNodeEnds) {
  PostgresEngine engine;
  auto const office = add(engine.offices());
  auto const pool = pool_of(engine.service().url());
  PostgresOffices offices(pool);
  auto blocker = std::async(std::launch::async, [&] {
    engine.service().sql("BEGIN; SELECT 1 FROM piaojue_office FOR UPDATE; SELECT pg_sleep(4); COMMIT");
  });
  std::this_thread::sleep_for(milliseconds(300));
  auto asked = std::async(std::launch::async, [&] {
    return offices.begin_draft(office, request_of(1), {100, {1}, 10}, {}).has_value();
  });
  std::this_thread::sleep_for(milliseconds(200));
  auto const begin = std::chrono::steady_clock::now();
  pool->interrupt();
  EXPECT_FALSE(asked.get());
  EXPECT_FALSE(offices.office(office)) << "nor does it ask anew";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1'500));
  blocker.get();
}

}  // namespace
}  // namespace piaojue::store::test
