// SPDX-License-Identifier: Apache-2.0
#include "contract.h"
#include "service_fixture.h"

namespace piaojue::store::test {
namespace {

Contents with_keys(Bytes keys) {
  Contents contents;
  contents[Table::kMeta][to_bytes(as_bytes("keys"))] = std::move(keys);
  return contents;
}

// Harm: an office that sees another's meetings; a meeting that takes over the number, and the slips, of another.
TEST(Meetings, EachHasItsNumberAndItsOffice) {
  Service service;
  EXPECT_EQ(*free_number(*service.pool()), 1U);
  auto contents = with_keys({1});
  for (PersonId p = 1; p <= 300; ++p) contents[Table::kSlip][key_of_person(p)] = random_bytes(40);
  ASSERT_TRUE(create_meeting(*service.pool(), 5, 2, contents));
  ASSERT_TRUE(create_meeting(*service.pool(), 3, 0, with_keys({2})));
  auto const taken = create_meeting(*service.pool(), 5, 3, with_keys({3}));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Refusal::kConflict);
  EXPECT_EQ((*open_to_read(service.pool(), 5))->load()->tables, contents.tables);
  EXPECT_EQ(*free_number(*service.pool()), 6U);
  auto const node = service.join("a");
  lease_of(node->take(3));
  auto const all = *list_meetings(*service.pool());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].meeting, 3U);
  EXPECT_EQ(all[0].node, "a");
  EXPECT_EQ(all[1].office, 2U);
  EXPECT_EQ(all[1].node, std::nullopt);
  EXPECT_EQ(list_meetings(*service.pool(), 2)->size(), 1U);
  EXPECT_FALSE(open_to_read(service.pool(), 9));
}

// Harm: an office that is told "the number is taken", by its own meeting, and makes a second one.
TEST(Meetings, AMeetingWhoseAnswerIsLostIsMadeOnce) {
  Service service;
  LosingProxy proxy(postgres().port());
  auto const pool = pool_of(postgres().tcp_url(service.schema(), proxy.port()), 2'000);
  proxy.lose(LosingProxy::Loss::kAnswer);
  EXPECT_TRUE(create_meeting(*pool, 1, 0, with_keys({1})));
  EXPECT_EQ(proxy.lost(), 1);
  proxy.lose(LosingProxy::Loss::kAnswer);
  EXPECT_TRUE(write_slip_row(*pool, 1, 7, Bytes{1}));
  EXPECT_EQ(proxy.lost(), 2);
  EXPECT_EQ(list_meetings(*pool)->size(), 1U);
  EXPECT_EQ(create_meeting(*pool, 1, 0, with_keys({1})).error().code, Refusal::kConflict) << "by somebody else";
}

// Harm: two operators who exchange the service key at once, and a meeting whose keys nobody can open any more.
TEST(Meetings, SealedKeysAreReplacedOnlyIfNobodyElseHasDoneIt) {
  Service service;
  ASSERT_TRUE(create_meeting(*service.pool(), 1, 0, with_keys({1})));
  EXPECT_EQ(*sealed_keys(*service.pool(), 1), Bytes{1});
  EXPECT_EQ(*sealed_keys(*service.pool(), 2), std::nullopt);
  EXPECT_TRUE(*replace_sealed_keys(*service.pool(), 1, Bytes{1}, Bytes{2}));
  EXPECT_FALSE(*replace_sealed_keys(*service.pool(), 1, Bytes{1}, Bytes{3}));
  EXPECT_EQ(*sealed_keys(*service.pool(), 1), Bytes{2});
}

// Harm: one meeting that somebody has filled takes all memory of a node, and every meeting on it ends.
TEST(Meetings, OneThatIsTooLargeIsNamedAndNotLoaded) {
  Service service;
  for (MeetingNumber const meeting : {1U, 2U}) service.make_meeting(meeting);
  PostgresOptions options;
  options.url = service.url();
  options.meeting_bytes_max = 1U << 20;
  auto const node = Service::join(must(PostgresPool::open(options)), "a");
  PostgresStore large(*node, lease_of(node->take(1)));
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(large.commit(entry(i, random_bytes(300'000))));
  auto const refused = PostgresStore(*node, lease_of(node->take(1))).load();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.meeting_large");
  EXPECT_TRUE(PostgresStore(*node, lease_of(node->take(2))).load()) << "all others go on";
  EXPECT_TRUE((*open_to_read(service.pool(), 1))->load()) << "for whoever looks into it";
}

// Harm: a slip made for a dead laptop while the meeting waits would not be known to the node that serves it.
TEST(Meetings, ASlipIsSeenAtOnceByWhoServesTheMeeting) {
  Service service;
  service.make_meeting(1);
  auto const node = service.join("a");
  PostgresStore store(*node, lease_of(node->take(1)));
  ASSERT_TRUE(store.load());
  ASSERT_TRUE(write_slip_row(*service.pool(), 1, 7, Bytes{1}));
  EXPECT_EQ(*store.slip(7), Bytes{1});
  ASSERT_TRUE(write_slip_row(*service.pool(), 1, 7, Bytes{2}));
  EXPECT_EQ(*store.slip(7), Bytes{2});
  EXPECT_TRUE(store.commit(entry(0))) << "it is none of the node's commits";
  EXPECT_FALSE(write_slip_row(*service.pool(), 2, 7, Bytes{2}));
}

// Harm: a candidate's paper that comes back short, or with a piece of another.
TEST(Meetings, AFileComesBackInAnyPieces) {
  Service service;
  service.make_meeting(1);
  auto const bytes = random_bytes(kFilePieceBytes * 9 + 1'234);
  auto const hash = crypto::sha256({bytes});
  ASSERT_TRUE(add_file(*service.pool(), 1, hash, bytes));
  ASSERT_TRUE(add_file(*service.pool(), 1, hash, bytes)) << "again";
  auto const piece = [&](std::uint64_t offset, std::size_t length) {
    return *read_file_piece(*service.pool(), 1, hash, offset, length);
  };
  auto const is = [&](std::size_t offset, std::size_t length) {
    auto const part = ByteView(bytes).subspan(offset, length);
    EXPECT_EQ(piece(offset, length), to_bytes(part)) << offset << " + " << length;
  };
  is(0, bytes.size());
  is(0, 10);
  is(kFilePieceBytes - 5, 10);
  is(kFilePieceBytes, kFilePieceBytes);
  is(kFilePieceBytes + 1, 2 * kFilePieceBytes);
  is(bytes.size() - 1, 1);
  EXPECT_EQ(piece(bytes.size() - 1, 2), std::nullopt);
  EXPECT_EQ(piece(bytes.size() + kFilePieceBytes, 1), std::nullopt);
  EXPECT_EQ(*read_file_piece(*service.pool(), 2, hash, 0, 1), std::nullopt);
  auto const none = crypto::sha256({ByteView()});
  EXPECT_EQ(*read_file_piece(*service.pool(), 1, none, 0, 0), std::nullopt);
  ASSERT_TRUE(add_file(*service.pool(), 1, none, {}));
  EXPECT_EQ(*read_file_piece(*service.pool(), 1, none, 0, 0), Bytes());
}

}  // namespace
}  // namespace piaojue::store::test
