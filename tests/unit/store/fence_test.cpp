// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <thread>

#include "contract.h"
#include "service_fixture.h"

namespace piaojue::store::test {
namespace {

using Loss = LosingProxy::Loss;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kPatience{10};

/// One meeting, served by node "a" through a network that may fail, and a count of the rows that were ever inserted.
class Fence : public testing::Test {
 protected:
  void SetUp() override {
    service.make_meeting(1);
    // What is rolled back leaves none; what is written twice leaves two.
    service.sql("CREATE TABLE inserted (key bytea NOT NULL)");
    service.sql(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO inserted VALUES (NEW.key); RETURN NEW; END'");
    service.sql("CREATE TRIGGER note AFTER INSERT ON piaojue_entry FOR EACH ROW EXECUTE FUNCTION note()");
  }
  /// Node "a", behind the proxy.
  void serve(unsigned answer_ms = 2'000, unsigned patience_ms = 20'000) {
    a = Service::join(pool_of(postgres().tcp_url(service.schema(), proxy.port()), answer_ms, patience_ms), "a");
    store = std::make_unique<PostgresStore>(*a, lease_of(a->take(1)));
    ASSERT_TRUE(store->load());
    ASSERT_TRUE(commit_at_last(*store, entry(0)));
  }
  /// Of what stands in the table: each row once.
  void expect_entries(std::uint64_t number) const {
    EXPECT_EQ(service.sql("SELECT count(*), count(DISTINCT key) FROM inserted"),
              std::to_string(number) + '|' + std::to_string(number));
    EXPECT_EQ(service.sql("SELECT count(*) FROM piaojue_entry"), std::to_string(number));
  }
  /// Another node takes the meeting from one that has been silent for long.
  void replace_a() {
    service.let_run_out("a");
    if (!b) b = service.join("b");
    other = std::make_unique<PostgresStore>(*b, take_at_last(*b, 1));
  }

  Service service;
  LosingProxy proxy{postgres().port()};
  std::unique_ptr<Node> a;
  std::unique_ptr<PostgresStore> store;
  std::unique_ptr<Node> b;
  std::unique_ptr<PostgresStore> other;
};

std::string key_of_error(Explained<void> const& done) { return done ? "" : std::string(done.error().what.key()); }

// Harm: a node that was paused wakes up and writes into a meeting that another one serves by now.
TEST_F(Fence, WhoWasReplacedWritesNotOneByteMore) {
  serve();
  replace_a();
  ASSERT_TRUE(other->load());
  auto const refused = commit_at_last(*store, entry(1));
  EXPECT_EQ(key_of_error(refused), "server.database.replaced");
  EXPECT_EQ(refused.error().code, Refusal::kStorage);
  EXPECT_FALSE(store->load());
  expect_entries(1);
  ASSERT_TRUE(commit_at_last(*other, entry(1, {8})));
  EXPECT_EQ((*other->load())[Table::kEntry].at(key_of(std::uint64_t{1})), Bytes{8});
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(2))), "server.database.replaced") << "and never again";
  expect_entries(2);
}

// Harm: a process that has taken its own meeting anew, and goes on writing what it held before.
TEST_F(Fence, TakingAnewShutsOutTheSameProcesssOlderStore) {
  serve();
  PostgresStore newer(*a, lease_of(a->take(1)));
  ASSERT_TRUE(newer.load());
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.replaced");
  EXPECT_TRUE(newer.commit(entry(1)));
}

// Harm: a vote that is written is told to have failed, and is cast a second time.
TEST_F(Fence, ACommitWhoseAnswerIsLostIsFoundAndNotDoubled) {
  serve();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    proxy.lose(Loss::kAnswer);
    ASSERT_TRUE(commit_at_last(*store, entry(i))) << i;
    EXPECT_EQ(proxy.lost(), static_cast<int>(i));
    expect_entries(i + 1);
  }
  // The answer that says so may be lost as well, and that to the second question.
  proxy.lose(Loss::kAnswer, 3);
  ASSERT_TRUE(commit_at_last(*store, entry(6)));
  EXPECT_EQ(proxy.lost(), 8);
  expect_entries(7);
}

// Harm: a vote that is not written is told to be, because one like it was.
TEST_F(Fence, ACommitThatNeverArrivedIsDoneAgain) {
  serve();
  for (std::uint64_t i = 1; i <= 6; ++i) {
    proxy.lose(Loss::kCommit);
    // Nothing of it arrived, or the pieces before COMMIT did.
    ASSERT_TRUE(commit_at_last(*store, entry(i, random_bytes(i % 2 == 0 ? 100 : 20'000)))) << i;
    EXPECT_EQ(proxy.lost(), static_cast<int>(i));
    expect_entries(i + 1);
  }
}

// Harm: whoever was replaced while he did not know how his commit had ended acknowledges what the new one may not have.
TEST_F(Fence, WhoWasReplacedWhileTheAnswerWasLostAcknowledgesNothing) {
  for (auto const loss : {Loss::kAnswer, Loss::kCommit}) {
    service.sql("UPDATE piaojue_meeting SET node = NULL, process = NULL");
    service.sql("DELETE FROM piaojue_entry; DELETE FROM inserted; DELETE FROM piaojue_node WHERE name = 'a'");
    serve();
    // One that has not arrived has its fence before it, which holds the row until the database has ended it.
    auto const bytes = loss == Loss::kAnswer ? 100U : 20'000U;
    auto const before = proxy.lost();
    proxy.lose(loss, 1, [&] {
      // The meeting is taken while nobody knows whether the COMMIT has arrived.
      if (loss == Loss::kAnswer) replace_a();
      if (loss == Loss::kCommit)
        service.sql("UPDATE piaojue_node SET alive_until = clock_timestamp() WHERE name = 'a'");
    });
    if (loss == Loss::kCommit) {
      proxy.lose(loss, 1, [&] { std::thread([&] { replace_a(); }).join(); });
    }
    EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1, random_bytes(bytes)))), "server.database.replaced");
    EXPECT_EQ(proxy.lost(), before + 1) << "or nothing was lost and this shows nothing";
    auto const kept = loss == Loss::kAnswer ? 2U : 1U;
    EXPECT_EQ((*other->load())[Table::kEntry].size(), kept);
    expect_entries(kept);
  }
}

// Harm: a node that is stopped in the middle of a commit holds the meeting's row, and nobody can ever take it over.
TEST_F(Fence, TheRowOfAStoppedNodeIsFreeAgainSoon) {
  for (auto const loss : {Loss::kStall, Loss::kMiddle}) {
    service.sql("UPDATE piaojue_meeting SET node = NULL, process = NULL; DELETE FROM piaojue_node WHERE name = 'a'");
    service.sql("DELETE FROM piaojue_entry; DELETE FROM inserted");
    serve(5'000);  // so long it would hold the row by itself
    auto const before = proxy.lost();
    proxy.lose(loss);
    // Behind the fence: all of a group, or one of which a kernel takes a part at a time.
    auto const bytes = loss == Loss::kStall ? 20'000U : 3'000'000U;
    auto commit = std::async(std::launch::async, [&] { return commit_at_last(*store, entry(1, random_bytes(bytes))); });
    auto const until = steady_clock::now() + seconds(5);
    while (proxy.lost() == before && steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(2));
    ASSERT_GT(proxy.lost(), before);
    auto const begin = steady_clock::now();
    replace_a();
    EXPECT_LT(steady_clock::now() - begin, milliseconds(3'500));
    ASSERT_TRUE(other->load());
    ASSERT_TRUE(commit_at_last(*other, entry(2)));
    EXPECT_EQ(key_of_error(commit.get()), "server.database.replaced");
    expect_entries(2);
  }
}

// Harm: one connection that has gone quiet keeps a committee waiting for ever.
TEST_F(Fence, AStalledCommitIsAnsweredWithinItsDeadlines) {
  serve(1'000);
  for (auto const loss : {Loss::kStall, Loss::kSilence}) {
    proxy.lose(loss);
    auto const begin = steady_clock::now();
    EXPECT_TRUE(commit_at_last(*store, entry(loss == Loss::kStall ? 1 : 2)));
    EXPECT_LT(steady_clock::now() - begin, seconds(4));
  }
  expect_entries(3);
  // And if nothing works any more, it is refused, in the time that was said.
  service.sql("DELETE FROM piaojue_node; DELETE FROM piaojue_entry; DELETE FROM inserted");
  serve(1'000, 2'000);
  proxy.lose(Loss::kSilence, 1'000);
  auto const begin = steady_clock::now();
  EXPECT_FALSE(commit_at_last(*store, entry(3)));
  EXPECT_FALSE(commit_at_last(*store, {})) << "what the rows hold is not known";
  EXPECT_LT(steady_clock::now() - begin, seconds(6));
}

// Harm: a meeting that ends because its database was away for a quarter of a minute.
TEST_F(Fence, ACommitOutlivesADatabaseThatIsAway) {
  static_assert(PostgresOptions{}.patience_ms >= 20'000, "and one attempt more");
  serve(2'000, 6'000);
  proxy.reach(false);
  auto commit = std::async(std::launch::async, [&] { return commit_at_last(*store, entry(1)); });
  std::this_thread::sleep_for(seconds(4));
  proxy.reach(true);
  EXPECT_TRUE(commit.get());
  EXPECT_TRUE(a->renew());
  expect_entries(2);
}

/// Commits one entry after the other until told to end.
struct Committing {
  explicit Committing(PostgresStore& store)
      : done(std::async(std::launch::async, [this, &store] {
          for (std::uint64_t i = 1; !ending; ++i) {
            if (auto const done_one = commit_at_last(store, entry(i)); !done_one) return done_one.error().in(Lang::kEn);
            acknowledged = i;
          }
          return std::string();
        })) {}
  std::string end() {
    ending = true;
    return done.get();
  }
  std::atomic<bool> ending{false};
  std::atomic<std::uint64_t> acknowledged{0};
  std::future<std::string> done;
};

// Harm: an acknowledged vote that the database loses when one of its processes is killed, or one that is there twice.
TEST_F(Fence, AProcessOfTheDatabaseThatIsKilledLosesAndDoublesNothing) {
  serve();
  Committing committing(*store);
  int kills = 0;
  auto const until = steady_clock::now() + seconds(20);
  // After the last one too: it is up again, and has gone on.
  for (bool more = true; more && steady_clock::now() < until;) {
    auto const before = committing.acknowledged.load();
    while (committing.acknowledged < before + 5 && steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(3));
    }
    more = kills < 5;
    if (more) kills += postgres().kill_a_backend() ? 1 : 0;
  }
  EXPECT_EQ(committing.end(), "");
  EXPECT_EQ(kills, 5) << "or this shows nothing";
  expect_entries(committing.acknowledged + 1);
}

// Harm: a power cut at the database.
TEST_F(Fence, ADatabaseThatIsRestartedAtOnceLosesAndDoublesNothing) {
  serve();
  Committing committing(*store);
  for (int i = 0; i < 3; ++i) {
    auto const before = committing.acknowledged.load();
    while (committing.acknowledged < before + 20) std::this_thread::sleep_for(milliseconds(1));
    postgres().kill_immediately();
    postgres().start();
  }
  EXPECT_EQ(committing.end(), "");
  expect_entries(committing.acknowledged + 1);
}

// Harm: an administrator who breaks off the wait for a standby; PostgreSQL then answers COMMIT with success, and the
// entry is on one disk.
TEST_F(Fence, ACommitThatIsOnNoStandbyIsNotAcknowledged) {
  // A role that is not to be told of warnings is told of this one.
  service.sql("ALTER ROLE CURRENT_USER SET client_min_messages = error");
  serve(3'000);
  service.sql("ALTER ROLE CURRENT_USER RESET client_min_messages");
  service.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  service.sql("SELECT pg_reload_conf()");
  std::this_thread::sleep_for(milliseconds(300));
  auto commit = std::async(std::launch::async, [&] { return commit_at_last(*store, entry(1)); });
  auto const until = steady_clock::now() + seconds(5);
  auto const cancel = [&] {
    return service.sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  };
  while (cancel() == "0" && steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(commit.wait_for(milliseconds(700)), std::future_status::timeout) << "it stands on one disk alone";
  EXPECT_EQ(service.sql("SELECT count(*) FROM piaojue_entry"), "2") << "or the wait was not broken off";
  service.sql("ALTER SYSTEM RESET synchronous_standby_names");
  service.sql("SELECT pg_reload_conf()");
  EXPECT_TRUE(commit.get());
  expect_entries(2);
}

/// The row of meeting 1 is somebody else's, such as of a psql that was left open.
std::future<std::string> lock_row(Service const& service, std::string const& for_seconds) {
  auto held = std::async(std::launch::async, [&service, for_seconds] {
    return service.sql("BEGIN; UPDATE piaojue_meeting SET office = office WHERE meeting = 1; SELECT pg_sleep(" +
                       for_seconds + "); COMMIT");
  });
  auto const until = steady_clock::now() + kPatience;
  while (service.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" &&
         steady_clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  return held;
}

// Harm: a psql that was left open over one meeting keeps the threads on which all meetings of a node write.
TEST_F(Fence, ACommitThatWaitsForALockLetsItsThreadGo) {
  serve();
  auto const held = lock_row(service, "2");
  auto const begin = steady_clock::now();
  auto const busy = store->commit(entry(1));
  EXPECT_LT(steady_clock::now() - begin, seconds(1));
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Refusal::kBusy) << busy.error().in(Lang::kEn);
  EXPECT_TRUE(commit_at_last(*store, entry(1))) << "and goes on once it can";
  EXPECT_TRUE(store->commit(entry(2)));
  expect_entries(3);
}

// Harm: somebody's psql over one row has a node close and open all its connections, sixteen times a second.
TEST_F(Fence, AnAttemptThatSomebodyIsInTheWayOfKeepsItsConnection) {
  serve();
  auto const backends = [&] {
    return service.sql(
        "SELECT string_agg(pid::text, ',' ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'piaojue'");
  };
  auto const before = backends();
  ASSERT_FALSE(before.empty()) << "or this shows nothing";
  // Of one piece, and of several whose SAVEPOINT the database has not parsed before.
  for (std::uint64_t i = 1; i <= 2; ++i) {
    auto const held = lock_row(service, "1.5");
    auto const large = random_bytes(i == 1 ? 100 : 40'000);
    auto const busy = store->commit(entry(i, large));
    ASSERT_FALSE(busy);
    ASSERT_EQ(busy.error().code, Refusal::kBusy);
    EXPECT_TRUE(commit_at_last(*store, entry(i, large)));
    EXPECT_EQ(backends(), before) << i;
    expect_entries(i + 1);
  }
}

// Harm: a psql that was left open over one meeting keeps the threads on which a node loads all others.
TEST_F(Fence, WhoeverTakesOrGivesBackALockedMeetingLetsHisThreadGo) {
  serve();
  auto const lease = lease_of(a->take(1));
  auto const b_node = service.join("b");
  auto held = lock_row(service, "3");
  auto begin = steady_clock::now();
  auto const taken = b_node->take(1);
  EXPECT_LT(steady_clock::now() - begin, seconds(1));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Refusal::kBusy) << taken.error().in(Lang::kEn);
  begin = steady_clock::now();
  auto const given = a->give_back(lease);
  EXPECT_LT(steady_clock::now() - begin, seconds(1));
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, Refusal::kBusy) << given.error().in(Lang::kEn);
  held.get();
  EXPECT_TRUE(a->give_back(lease)) << "and again";
  EXPECT_TRUE(std::holds_alternative<Lease>(*b_node->take(1)));
}

// Harm: somebody rewrites a table, and the node's readers stand there one by one.
TEST_F(Fence, WhoeverLoadsFromALockedTableLetsHisThreadGo) {
  serve();
  auto const held = std::async(std::launch::async, [&] {
    return service.sql("BEGIN; LOCK TABLE piaojue_entry IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT");
  });
  auto const until = steady_clock::now() + kPatience;
  while (service.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" &&
         steady_clock::now() < until) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  auto const begin = steady_clock::now();
  auto const refused = store->load();
  EXPECT_LT(steady_clock::now() - begin, seconds(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::kBusy) << refused.error().in(Lang::kEn);
}

// Harm: laptops wait for an acknowledgement for as long as somebody's psql is open.
TEST_F(Fence, ACommitThatIsLockedOutForLongIsRefused) {
  serve(2'000, 1'000);
  auto const held = lock_row(service, "4");
  auto const begin = steady_clock::now();
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.locked");
  EXPECT_LT(steady_clock::now() - begin, seconds(3));
  EXPECT_FALSE(store->commit({})) << "the meeting is loaded anew";
  expect_entries(1);
}

// Harm: a database that was restored from yesterday, and a meeting that goes on as if nothing were missing.
TEST_F(Fence, ADatabaseThatHasLostCommitsIsNotWrittenTo) {
  serve();
  service.sql("UPDATE piaojue_meeting SET commits = commits - 1");
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.count");
  expect_entries(1);
}

// Harm: the count has grown by one, by somebody's hand, and a group that was not written is taken for one whose answer
// was lost: votes are acknowledged that are nowhere.
TEST_F(Fence, ACountThatGrewByAnotherHandIsNotTakenForALostAnswer) {
  serve();
  service.sql("UPDATE piaojue_meeting SET commits = commits + 1");
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.count");
  expect_entries(1);
}

// Harm: tables that somebody has copied by hand lack their constraints, and a node that was replaced goes on writing.
TEST_F(Fence, TheFenceRestsOnNoConstraint) {
  serve();
  service.sql("ALTER TABLE piaojue_meeting ALTER COLUMN commits DROP NOT NULL");
  replace_a();
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.replaced");
  EXPECT_TRUE(commit_at_last(*other, entry(1)));
  service.sql("UPDATE piaojue_meeting SET commits = NULL");
  EXPECT_FALSE(commit_at_last(*other, entry(2)));
  expect_entries(2);
}

// Harm: a table is rewritten behind the fence, and what was not written is acknowledged or written twice.
TEST_F(Fence, ATableThatIsLockedBehindTheFenceIsWaitedFor) {
  serve();
  for (std::uint64_t i = 1; i <= 2; ++i) {
    auto const held = std::async(std::launch::async, [&] {
      return service.sql("BEGIN; LOCK TABLE piaojue_entry IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT");
    });
    auto const until = steady_clock::now() + kPatience;
    while (service.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "0" &&
           steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    auto const busy = store->commit(entry(i, random_bytes(i == 1 ? 100 : 20'000)));
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, Refusal::kBusy);
    EXPECT_TRUE(commit_at_last(*store, entry(i, random_bytes(i == 1 ? 100 : 20'000))));
    expect_entries(i + 1);
  }
}

// Harm: a packet that is larger than it was thought goes to the kernel in two pieces; a node that is stopped between
// them holds the row of its meeting.
TEST_F(Fence, NoPieceIsLargerThanWhatIsSentAtOnce) {
  constexpr std::size_t kPiece = 8192;  // of libpq
  for (std::size_t rows = 1; rows < 80; rows += 3) {
    serve();  // a new connection: every text is new to it
    for (bool const again : {false, true}) {
      Writes writes;
      for (std::size_t i = 0; i < rows; ++i) writes.put(Table::kMeta, random_bytes(36), random_bytes(again ? 60 : 8));
      ASSERT_TRUE(commit_at_last(*store, writes));
      ASSERT_LT(proxy.largest_piece(), kPiece) << rows;
    }
    service.sql("UPDATE piaojue_meeting SET node = NULL, process = NULL; DELETE FROM piaojue_node WHERE name = 'a'");
    service.sql("DELETE FROM piaojue_entry; DELETE FROM inserted");
  }
  EXPECT_GT(proxy.largest_piece(), kPiece / 2) << "or this shows nothing";
}

// Harm: what stands between a node and its database lends it another's session, in which the same name is the statement
// of another table: the row goes there, and is acknowledged.
TEST_F(Fence, NoTwoSessionsHaveAStatementOfOneName) {
  constexpr std::size_t kSessions = 3;
  for (std::size_t i = 0; i < kSessions; ++i) {
    serve();
    service.sql("UPDATE piaojue_meeting SET node = NULL, process = NULL; DELETE FROM piaojue_node WHERE name = 'a'");
    service.sql("DELETE FROM piaojue_entry; DELETE FROM inserted");
  }
  EXPECT_GE(proxy.fence_names().size(), kSessions);
}

// Harm: a meeting that somebody has deleted goes on as if its votes were kept.
TEST_F(Fence, AMeetingThatIsNotThereAcknowledgesNothing) {
  serve();
  service.sql("DELETE FROM piaojue_meeting");
  EXPECT_EQ(key_of_error(commit_at_last(*store, entry(1))), "server.database.meeting_missing");
  EXPECT_FALSE(store->commit(entry(2)));
}

// Harm: a group that is larger than what arrives at once is written by whoever was replaced.
TEST_F(Fence, ALargeGroupIsFencedTooAndFindsItsLostAnswer) {
  serve();
  auto const large = [](std::uint64_t i) { return entry(i, random_bytes(100'000)); };
  ASSERT_TRUE(commit_at_last(*store, large(1)));
  proxy.lose(Loss::kAnswer);
  ASSERT_TRUE(commit_at_last(*store, large(2)));
  EXPECT_EQ(proxy.lost(), 1);
  expect_entries(3);
  replace_a();
  EXPECT_EQ(key_of_error(commit_at_last(*store, large(3))), "server.database.replaced");
  expect_entries(3);
}

}  // namespace
}  // namespace piaojue::store::test
