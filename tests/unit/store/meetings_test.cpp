// SPDX-License-Identifier: Apache-2.0
#include "contract.h"
#include "service_fixture.h"
#include "store/moving.h"

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

// Harm: the old service key is taken out of every safe because all keys are said to be resealed, the primary falls, and
// the standby has them sealed under the old one.
TEST(Meetings, ResealedKeysAreOnTheStandbyToo) {
  Service service;
  ASSERT_TRUE(create_meeting(*service.pool(), 1, 0, with_keys({1})));
  auto const standby = [&](std::string const& names) {
    service.sql("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'");
    service.sql("SELECT pg_reload_conf()");
    while (service.sql("SHOW synchronous_standby_names") != names) std::this_thread::sleep_for(milliseconds(20));
  };
  auto const waiting = pool_of(service.url(), 400, 2'500);
  standby("nobody");
  auto const first = replace_sealed_keys(*waiting, 1, Bytes{1}, Bytes{2});
  EXPECT_EQ(*sealed_keys(*service.pool(), 1), Bytes{1}) << "the wait for the standby hides what it has not";
  // Broken off, or ended by the next standby's coming: it stands on this disk.
  service.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  while (*sealed_keys(*service.pool(), 1) != Bytes{2}) std::this_thread::sleep_for(milliseconds(20));
  auto const again = replace_sealed_keys(*waiting, 1, Bytes{1}, Bytes{2});
  standby("");
  EXPECT_FALSE(first);
  EXPECT_FALSE(again) << "it stands on one disk alone";
  EXPECT_TRUE(*replace_sealed_keys(*service.pool(), 1, Bytes{1}, Bytes{2}));
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

// Harm: a meeting that a node takes up again while it is being moved, or that two directories have.
TEST(Moving, WhatLeavesIsNobodysUntilOneDirectoryHasIt) {
  Service service;
  auto& pool = *service.pool();
  Bytes const here(kDirectoryIdBytes, 1), there(kDirectoryIdBytes, 2), id(16, 7);
  EXPECT_EQ(whereabouts(pool, 1)->stay, Stay::kNone);
  EXPECT_EQ(mark_leaving(pool, 1, here).error().code, Refusal::kConflict);
  service.make_meeting(1);
  EXPECT_EQ(undo_leaving(pool, 1).error().code, Refusal::kConflict);
  EXPECT_EQ(finish_leaving(pool, 1, here, id).error().code, Refusal::kConflict) << "nobody has let it go";
  ASSERT_TRUE(mark_leaving(pool, 1, here));
  ASSERT_TRUE(mark_leaving(pool, 1, there)) << "repeated, into another directory";
  EXPECT_EQ(finish_leaving(pool, 1, here, id).error().code, Refusal::kConflict);
  auto const node = service.join("a");
  EXPECT_TRUE(std::holds_alternative<NoMeeting>(*node->take(1)));
  EXPECT_FALSE(write_slip_row(pool, 1, 7, Bytes{1}));
  EXPECT_TRUE(list_meetings(pool)->empty());
  EXPECT_TRUE(open_to_read(service.pool(), 1)) << "it is read to be moved";
  ASSERT_TRUE(finish_leaving(pool, 1, there, id));
  ASSERT_TRUE(finish_leaving(pool, 1, there, id)) << "repeated";
  auto const at = *whereabouts(pool, 1);
  EXPECT_TRUE(at.stay == Stay::kGone && at.directory == there && at.meeting_id == id);
  EXPECT_FALSE(open_to_read(service.pool(), 1));
  EXPECT_EQ(create_meeting(pool, 1, 0, with_keys({3})).error().code, Refusal::kConflict);
  EXPECT_EQ(undo_leaving(pool, 1).error().code, Refusal::kConflict);
  EXPECT_EQ(come_back(pool, 1, here, with_keys({3})).error().code, Refusal::kConflict);
  ASSERT_TRUE(come_back(pool, 1, there, with_keys({3})));
  EXPECT_EQ((*open_to_read(service.pool(), 1))->load()->tables, with_keys({3}).tables);
  lease_of(node->take(1));
}

// Harm: the service key is changed while a meeting is on its way out; the old key goes, and nobody opens the meeting.
TEST(Moving, WhatIsOnItsWayOutIsStillHere) {
  Service service;
  Bytes const there(kDirectoryIdBytes, 2);
  for (MeetingNumber const number : {1U, 2U, 3U}) service.make_meeting(number);
  for (MeetingNumber const number : {1U, 2U}) ASSERT_TRUE(mark_leaving(*service.pool(), number, there));
  ASSERT_TRUE(finish_leaving(*service.pool(), 1, there, Bytes(16)));
  EXPECT_EQ(*numbers_here(*service.pool()), (std::vector<MeetingNumber>{2, 3}));
  EXPECT_TRUE(*replace_sealed_keys(*service.pool(), 2, Bytes{1, 2, 3}, Bytes{4}));
  EXPECT_EQ(**sealed_keys(*service.pool(), 2), Bytes{4});
}

// Harm: slips that an office has not fetched, with the codes of a meeting that is somewhere else.
TEST(Moving, WhatAnOfficeHasNotFetchedGoesToo) {
  Service service;
  Bytes const there(kDirectoryIdBytes, 2);
  for (auto const* number : {"1", "2"}) {
    service.make_meeting(static_cast<MeetingNumber>(std::stoul(number)));
    service.sql(std::string("INSERT INTO piaojue_office_slips (meeting, sealed) VALUES (") + number + ", '\\x01')");
  }
  ASSERT_TRUE(mark_leaving(*service.pool(), 1, there));
  EXPECT_EQ(service.sql("SELECT count(*) FROM piaojue_office_slips"), "2") << "it may be taken back";
  ASSERT_TRUE(finish_leaving(*service.pool(), 1, there, Bytes(16)));
  EXPECT_EQ(service.sql("SELECT meeting FROM piaojue_office_slips"), "2");
}

// Harm: a node that was paused writes behind what was moved; or one that is alive has its meeting taken from under it
// and goes on answering laptops from what it remembers.
TEST(Moving, ALivingNodeIsWaitedForAndADeadOneIsFenced) {
  Service service;
  service.make_meeting(1);
  Bytes const there(kDirectoryIdBytes, 2);
  auto const node = service.join("a");
  auto const lease = lease_of(node->take(1));
  PostgresStore store(*node, lease);
  ASSERT_TRUE(store.load());
  Writes writes;
  writes.put(Table::kEntry, key_of(std::uint64_t{0}), {1});
  auto const holder = *mark_leaving(*service.pool(), 1, there);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->node, "a");
  EXPECT_EQ(finish_leaving(*service.pool(), 1, there, Bytes(16)).error().code, Refusal::kConflict);
  EXPECT_TRUE(store.commit(writes)) << "until it has let go it may write";
  EXPECT_TRUE(std::holds_alternative<NoMeeting>(*node->take(1))) << "also its own";
  service.let_run_out("a");
  EXPECT_EQ(*mark_leaving(*service.pool(), 1, there), std::nullopt);
  EXPECT_FALSE(store.commit(writes));
  ASSERT_TRUE(undo_leaving(*service.pool(), 1));
  EXPECT_EQ(list_meetings(*service.pool())->size(), 1U);
}

// Harm: an operator is told that it failed, and what he does next loses the meeting.
TEST(Moving, WhatWasDoneAndNotAnsweredIsDoneOnce) {
  Service service;
  service.make_meeting(1);
  Bytes const there(kDirectoryIdBytes, 2), id(16, 7);
  LosingProxy proxy(postgres().port());
  auto const pool = pool_of(postgres().tcp_url(service.schema(), proxy.port()), 2'000);
  for (auto const loss : {LosingProxy::Loss::kAnswer, LosingProxy::Loss::kAnswer}) {
    proxy.lose(loss);
    ASSERT_TRUE(mark_leaving(*pool, 1, there));
    proxy.lose(loss);
    ASSERT_TRUE(finish_leaving(*pool, 1, there, id));
    proxy.lose(loss);
    ASSERT_TRUE(come_back(*pool, 1, there, with_keys({3})));
    ASSERT_TRUE(mark_leaving(*pool, 1, there));
    proxy.lose(loss);
    ASSERT_TRUE(undo_leaving(*pool, 1));
  }
  EXPECT_EQ(whereabouts(*pool, 1)->stay, Stay::kHere);
}

}  // namespace
}  // namespace piaojue::store::test
