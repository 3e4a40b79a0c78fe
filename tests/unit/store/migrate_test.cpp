// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "protocol/meeting/codec.h"
#include "service_fixture.h"
#include "store/postgres_offices.h"

namespace piaojue::store::test {
namespace {

std::string key_of_error(Explained<void> const& done) { return done ? "" : std::string(done.error().what.key()); }

std::string with_setting(std::string const& schema, std::string const& setting) {
  auto url = postgres().url(schema);
  url.insert(url.rfind('\''), " -c " + setting);
  return url;
}

// Harm: an upgrade that makes tables anew over those that hold meetings.
TEST(Migrate, CanBeRepeatedAndKeepsWhatIsThere) {
  Service service;
  service.make_meeting(4);
  ASSERT_TRUE(migrate(*service.pool()));
  ASSERT_TRUE(check(*service.pool()));
  EXPECT_EQ(list_meetings(*service.pool())->size(), 1U);
}

// Harm: three nodes that are started by one command, of which two fail.
TEST(Migrate, MayBeDoneByAllNodesAtOnce) {
  auto const schema = postgres().make_schema();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto const pool = pool_of(postgres().url(schema));
      auto const done = migrate(*pool);
      EXPECT_TRUE(done) << done.error().in(Lang::kEn);
      EXPECT_TRUE(check(*pool));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(postgres().sql(schema, "SELECT count(*) FROM piaojue_format"), "1");
}

// Harm: a node that takes meetings without a table, or with those of a version that it does not understand.
TEST(Migrate, TablesThatAreMissingOrNewerAreNotServed) {
  auto const schema = postgres().make_schema();
  auto const pool = pool_of(postgres().url(schema));
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_missing");
  ASSERT_TRUE(migrate(*pool));
  postgres().sql(schema, "DROP TABLE piaojue_envelope");
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_missing");
  postgres().sql(schema, "UPDATE piaojue_format SET version = 3; ALTER TABLE piaojue_meeting ADD COLUMN more int8");
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_newer");
  EXPECT_EQ(key_of_error(migrate(*pool)), "server.database.tables_newer");
  EXPECT_EQ(postgres().sql(schema, "SELECT version FROM piaojue_format"), "3");
}

RequestId request_with(std::uint8_t value) {
  RequestId out;
  out.data.fill(value);
  return out;
}

/// Tables as format 1 had them, in its own words.
std::string first_format() {
  std::string out =
      "CREATE TABLE piaojue_format (one int8 NOT NULL, version int8 NOT NULL, id bytea NOT NULL, PRIMARY KEY (one));"
      "CREATE TABLE piaojue_node (name text NOT NULL, process bytea NOT NULL, address text NOT NULL, alive_until "
      "timestamptz NOT NULL, PRIMARY KEY (name));"
      "CREATE TABLE piaojue_meeting (meeting int8 NOT NULL, office int8 NOT NULL, node text, process bytea, epoch int8 "
      "NOT NULL, commits int8 NOT NULL, PRIMARY KEY (meeting));"
      "CREATE TABLE piaojue_file (meeting int8 NOT NULL, hash bytea NOT NULL, piece int8 NOT NULL, bytes bytea NOT "
      "NULL, PRIMARY KEY (meeting, hash, piece));"
      "CREATE TABLE piaojue_office_service (one int8 NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (one));"
      "CREATE TABLE piaojue_office (office int8 NOT NULL, name text NOT NULL, slip bytea NOT NULL, used bytea, request "
      "bytea, spki bytea, certificate text, PRIMARY KEY (office));"
      "CREATE TABLE piaojue_office_draft (meeting int8 NOT NULL, office int8 NOT NULL, request bytea NOT NULL, created "
      "int8 NOT NULL, bytes int8 NOT NULL, touched timestamptz NOT NULL, description bytea NOT NULL, PRIMARY KEY "
      "(meeting));"
      "CREATE TABLE piaojue_office_part (meeting int8 NOT NULL, part int8 NOT NULL, have int8 NOT NULL, whole int8 NOT "
      "NULL, PRIMARY KEY (meeting, part));"
      "CREATE TABLE piaojue_office_slips (meeting int8 NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (meeting));"
      "INSERT INTO piaojue_format VALUES (1, 1, '\\x00112233445566778899aabbccddeeff');";
  for (std::size_t t = 0; t < kTables; ++t) {
    out += "CREATE TABLE piaojue_" + std::string(name(static_cast<Table>(t))) +
           " (meeting int8 NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (meeting, key));";
  }
  return out;
}

// Harm: an upgrade that loses meetings, or after which offices see none, or numbers are given twice.
TEST(Migrate, TablesOfTheFirstFormatAreBroughtToThisOneWithWhatTheyHold) {
  auto const schema = postgres().make_schema();
  auto const pool = pool_of(postgres().url(schema));
  meeting::Manifest manifest;
  manifest.title = "职称评审";
  manifest.date = "2026-03-02";
  manifest.people.resize(2);
  postgres().sql(
      schema,
      first_format() +
          "INSERT INTO piaojue_meeting VALUES (7, 0, NULL, NULL, 3, 9), (100001, 1, NULL, NULL, 1, 1);"
          "INSERT INTO piaojue_meta VALUES (100001, 'draft', '\\x" +
          to_hex(meeting::encode_body(manifest)) +
          "'), (100001, 'keys', '\\x01');"
          "INSERT INTO piaojue_office VALUES (1, 'a', '\\x01', NULL, NULL, NULL, NULL), (2, 'b', '\\x01', NULL, NULL, "
          "NULL, NULL);"
          "INSERT INTO piaojue_office_draft VALUES (100001, 1, '\\x11111111111111111111111111111111', 1, 50, now(), "
          "'\\x01'), (100002, 2, '\\x11111111111111111111111111111111', 0, 50, now(), '\\x01'), (7, 2, "
          "'\\x22222222222222222222222222222222', 0, 50, now(), '\\x01');"
          "INSERT INTO piaojue_office_part VALUES (7, 0, 3, 0), (100002, 0, 3, 0);"
          "INSERT INTO piaojue_node VALUES ('n2', '\\x01', '192.0.2.1:443', now() + interval '1 minute');"
          "INSERT INTO piaojue_office_slips VALUES (100001, '\\x05');"
          "INSERT INTO piaojue_file VALUES (100001, '\\x" +
          to_hex(crypto::sha256({as_bytes("pdf")}).view()) + "', 0, 'pdf');");
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_missing") << "not served before it is migrated";
  EXPECT_EQ(key_of_error(migrate(*pool)), "server.database.node_alive") << "it writes what would be missing";
  EXPECT_EQ(postgres().sql(schema, "SELECT version FROM piaojue_format"), "1");
  postgres().sql(schema, "UPDATE piaojue_node SET alive_until = now() - interval '1 second'");
  must(migrate(*pool));
  must(check(*pool));
  must(migrate(*pool));
  EXPECT_EQ(to_hex(must(database_id(*pool))), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(must(list_meetings(*pool)).size(), 2U);
  PostgresOffices offices(pool);
  auto const own = must(offices.own_meetings(1, 0, 16));
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].facts, (MeetingFacts{"职称评审", "2026-03-02", false, 2}));
  EXPECT_TRUE(own[0].slips_waiting);
  EXPECT_EQ(must(read_file_piece(*pool, 100001, crypto::sha256({as_bytes("pdf")}), 0, 3)), to_bytes(as_bytes("pdf")));
  for (MeetingNumber const number : {7U, 100001U, 100002U}) {
    EXPECT_FALSE(offices.begin_draft(1, {}, {number, {1}, 1}, {})) << number;
  }
  must(take_number(*pool, 7));
  // A draft whose number an operator gave to another meeting is no draft any more; the others go on.
  EXPECT_EQ(must(offices.draft(2, request_with(0x22))), std::nullopt);
  EXPECT_EQ(postgres().sql(schema, "SELECT string_agg(meeting::text, ' ') FROM piaojue_office_part"), "100002");
  auto const kept = must(offices.draft(2, request_with(0x11)));
  ASSERT_TRUE(kept);
  EXPECT_TRUE(must(offices.put_piece(2, id_of(request_with(0x11), *kept), {1, {}, 3}, 0, Bytes(3))));
  EXPECT_EQ(key_of_error(take_number(*pool, 100002)), "server.database.number_held");
  // What the new format asks of its rows.
  for (auto const* twice :
       {"INSERT INTO piaojue_office_draft VALUES (100003, 2, '\\x11111111111111111111111111111111', 0, 0, now(), '')",
        "UPDATE piaojue_office SET spki = '\\x01'"}) {
    EXPECT_THROW(postgres().sql(schema, twice), std::runtime_error) << twice;
  }
  postgres().sql(schema, "DROP INDEX piaojue_office_draft_request");
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_missing");
  must(migrate(*pool));
  must(check(*pool));
}

// Harm: another program's table is written to because it has the same name.
TEST(Migrate, TablesOfAnotherProgramAreLeftAlone) {
  for (auto const* foreign : {"CREATE TABLE piaojue_entry (id int8)", "CREATE TABLE piaojue_format (version text)",
                              "CREATE VIEW piaojue_node AS SELECT 1 AS name"}) {
    auto const schema = postgres().make_schema();
    postgres().sql(schema, foreign);
    auto const pool = pool_of(postgres().url(schema));
    auto const refused = migrate(*pool);
    EXPECT_EQ(key_of_error(refused), "server.database.tables_foreign") << foreign;
    EXPECT_NE(refused.error().in(Lang::kEn).find("piaojue_"), std::string::npos);
    EXPECT_EQ(key_of_error(check(*pool)), "server.database.tables_foreign") << foreign;
    EXPECT_EQ(postgres().sql(schema,
                             "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                             "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'v')"),
              "1");
  }
  Service service;
  service.sql("ALTER TABLE piaojue_entry ADD COLUMN written timestamptz");
  EXPECT_EQ(key_of_error(check(*service.pool())), "server.database.tables_foreign");
}

// Harm: "accepted" that a power cut takes back, because of a line in somebody's configuration.
TEST(Migrate, ADatabaseThatMayLoseWhatItHasConfirmedIsNotServed) {
  Service service;
  for (auto const* value : {"off", "local", "remote_write"}) {
    auto const pool = pool_of(with_setting(service.schema(), std::string("synchronous_commit=") + value));
    auto const refused = check(*pool);
    EXPECT_EQ(key_of_error(refused), "server.database.setting") << value;
    EXPECT_NE(refused.error().in(Lang::kEn).find("synchronous_commit"), std::string::npos);
  }
  EXPECT_TRUE(check(*pool_of(with_setting(service.schema(), "synchronous_commit=remote_apply"))));
  for (auto const* name : {"fsync", "full_page_writes"}) {
    service.sql(std::string("ALTER SYSTEM SET ") + name + " = off");
    service.sql("SELECT pg_reload_conf()");
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (check(*service.pool()) && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_EQ(key_of_error(check(*service.pool())), "server.database.setting") << name;
    service.sql(std::string("ALTER SYSTEM RESET ") + name);
    service.sql("SELECT pg_reload_conf()");
    while (!check(*service.pool()) && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
  EXPECT_TRUE(check(*service.pool()));
}

// Harm: a standby is taken for the database, and the meeting ends at its first entry.
TEST(Migrate, ADatabaseThatCanOnlyBeReadIsNotServed) {
  Service service;
  auto const url = with_setting(service.schema(), "default_transaction_read_only=on");
  PostgresOptions options;
  options.url = url;
  auto const refused = PostgresPool::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.not_reached");
  auto const pool = pool_of(url + " target_session_attrs=any");
  EXPECT_EQ(key_of_error(check(*pool)), "server.database.read_only");
  service.sql("DROP TABLE piaojue_file");
  EXPECT_EQ(key_of_error(migrate(*pool)), "server.database.read_only");
}

// Harm: a meeting that ends at its first vote because its user may only read.
TEST(Migrate, AUserWithoutRightsIsToldWhichOneIsLacking) {
  Service service;
  auto const empty = postgres().make_schema();
  service.sql("CREATE ROLE powerless LOGIN");
  auto const url = [&](std::string const& schema) {
    auto out = postgres().url(schema);
    auto const user = "user=" + PrivatePostgres::user();
    return out.replace(out.find(user), user.size(), "user=powerless");
  };
  PostgresOptions options;
  options.url = url(service.schema());
  auto const refused = PostgresPool::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "server.database.no_schema");
  for (auto const& schema : {service.schema(), empty}) {
    service.sql("GRANT USAGE ON SCHEMA " + schema + " TO powerless");
  }
  EXPECT_EQ(key_of_error(migrate(*pool_of(url(empty)))), "server.database.no_right");
  EXPECT_EQ(key_of_error(check(*pool_of(url(service.schema())))), "server.database.no_right");
  service.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + service.schema() + " TO powerless");
  EXPECT_TRUE(check(*pool_of(url(service.schema()))));
  service.sql("REVOKE DELETE ON piaojue_mix_output FROM powerless");
  EXPECT_EQ(key_of_error(check(*pool_of(url(service.schema())))), "server.database.no_right");
}

// Harm: the database's password in a log, or on the screen of whoever looks over a shoulder.
TEST(Pool, WhatItSaysHoldsNeitherUserNorPassword) {
  auto const schema = postgres().make_schema();
  auto const port = std::to_string(postgres().port());
  auto const said = [](std::string const& url) {
    PostgresOptions options;
    options.url = url;
    options.connect_ms = 1'500;
    auto const opened = PostgresPool::open(options);
    EXPECT_FALSE(opened) << url;
    if (opened) return std::string();
    EXPECT_EQ(opened.error().code, Refusal::kStorage);
    return opened.error().in(Lang::kEn) + opened.error().in(Lang::kZh);
  };
  for (auto const& url : {
           "postgresql://somebody:hunter2@127.0.0.1:" + port + "/postgres",
           "postgresql://" + PrivatePostgres::user() + ":hunter2@127.0.0.1:" + port + "/postgres",
           "postgresql://" + PrivatePostgres::user() + ":hunter2@127.0.0.1:1/postgres",
           "postgresql://" + PrivatePostgres::user() + ":hunter2/x@127.0.0.1:1/postgres",
           "postgresql://" + PrivatePostgres::user() + ":12/hunter2@127.0.0.1:1/postgres",
           "postgresql://" + PrivatePostgres::user() + ":%hunter2@127.0.0.1:1/postgres",
           "host=127.0.0.1 port=hunter2 user=" + PrivatePostgres::user(),
           "user=" + PrivatePostgres::user() + " password=hunter2 host",
           std::string("hunter2"),
       }) {
    auto const text = said(url);
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_EQ(text.find("somebody"), std::string::npos) << text;
    EXPECT_EQ(text.find(PrivatePostgres::user()), std::string::npos) << text;
  }
  auto const pool = pool_of(postgres().tcp_url(schema, postgres().port()));
  EXPECT_EQ(pool->place(), "127.0.0.1:" + port + "/postgres");
}

// Harm: a service that waits for ever for the first of two databases, which is switched off or has gone quiet.
TEST(Pool, OfSeveralHostsTheOneThatAnswersIsTaken) {
  auto const schema = postgres().make_schema();
  auto const url = postgres().tcp_url(schema, postgres().port());
  // It takes connections, as far as the system does that by itself, and says nothing.
  int const quiet = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(quiet, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(quiet, 8), 0);
  ASSERT_EQ(::getsockname(quiet, reinterpret_cast<sockaddr*>(&address), &size), 0);
  for (auto const first : {ntohs(address.sin_port), std::uint16_t{1}}) {
    auto two = url;
    two.replace(two.find("127.0.0.1"), 9, "127.0.0.1,127.0.0.1");
    two.replace(two.find("port="), 5, "port=" + std::to_string(first) + ',');
    PostgresOptions options;
    options.url = two;
    options.connect_ms = 2'000;
    auto const begin = std::chrono::steady_clock::now();
    auto const opened = PostgresPool::open(options);
    ASSERT_TRUE(opened) << opened.error().in(Lang::kEn);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2'500));
    EXPECT_TRUE(migrate(**opened));
  }
  ::close(quiet);
}

}  // namespace
}  // namespace piaojue::store::test
