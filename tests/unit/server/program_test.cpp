// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <future>
#include <sstream>

#include "protocol/meeting/codec.h"
#include "protocol/meeting/record_file.h"
#include "protocol/meeting/slip.h"
#include "server/directory.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/export.h"
#include "server/host.h"
#include "server/settings.h"
#include "server_fixture.h"
#include "store/sqlite_store.h"

namespace piaojue::server::test {

using store::MemoryStore;
using store::SqliteOptions;
using store::SqliteStore;
namespace {

// ---- Settings -----------------------------------------------------------------------------------------------------

sheets::Members members() {
  sheets::Members out;
  for (auto const& [name, roles] :
       std::vector<std::pair<std::string, std::uint32_t>>{{"甲", meeting::kExpert | meeting::kChair},
                                                          {"乙", meeting::kExpert},
                                                          {"丙", meeting::kExpert},
                                                          {"丁", meeting::kClerk},
                                                          {"戊", meeting::kSupervisor},
                                                          {"己", meeting::kSupervisor}}) {
    meeting::Person person;
    person.name = name;
    person.roles = roles;
    out.people.push_back(person);
  }
  out.chair = 1;
  return out;
}

constexpr char const* kMeeting = "title = \"t\"\ndate = \"2026-01-01\"\ncommittee_size = 3\n";

// Harm: `pass_strikt = false` would leave the other rule in force, and nobody would see it before the count.
TEST(MeetingToml, AnUnknownOrMissingKeyIsNamed) {
  auto const error = [](std::string const& toml) {
    auto const read = parse_meeting(toml, members(), {});
    return read ? std::string() : read.error().in(Lang::kEn);
  };
  EXPECT_EQ(error(kMeeting), "");
  EXPECT_NE(error(std::string(kMeeting) + "titel = \"x\"\n").find("titel"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\npass_strikt = false\n").find("rules.pass_strikt"),
            std::string::npos);
  EXPECT_NE(error("title = \"t\"\ndate = \"2026-01-01\"\n").find("committee_size"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\nrecusal_mode = \"stay\"\n").find("recusal_mode"),
            std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "rehearsal = \"no\"\n").find("rehearsal"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\nmax_unconfirmed = -1\n").find("max_unconfirmed"),
            std::string::npos);
  EXPECT_NE(error("title = ").find("line 1"), std::string::npos);
}

// Harm: a key of every ballot in the hands of somebody whom nobody meant.
TEST(MeetingToml, TrusteesAreRolesOrNames) {
  auto const trustees = [](std::string const& list) {
    auto const read = parse_meeting(std::string(kMeeting) + "trustees = " + list + "\n", members(), {});
    return read ? read->trustees : std::vector<PersonId>();
  };
  EXPECT_EQ(parse_meeting(kMeeting, members(), {})->trustees, (std::vector<PersonId>{0, 1, 5}));
  EXPECT_EQ(trustees(R"(["server", "supervisor", "supervisor"])"), (std::vector<PersonId>{0, 5, 6}));
  EXPECT_EQ(trustees(R"(["server", "己", "clerk", "乙"])"), (std::vector<PersonId>{0, 6, 4, 2}));
  EXPECT_TRUE(trustees(R"(["server", "庚"])").empty());
  EXPECT_TRUE(trustees(R"(["server", "server"])").empty());
  EXPECT_TRUE(trustees(R"([1])").empty());
  auto const rehearsal =
      parse_meeting(std::string(kMeeting) + "rehearsal = true\ntrustees = [\"server\"]\n", members(), {});
  EXPECT_EQ(rehearsal->rules.trustees_min, 1U);
}

// Harm: a limit that somebody set, and that is not in force.
TEST(ServerToml, WhatIsWrittenIsReadAndNothingElseIsTaken) {
  Settings settings;
  settings.listen = {"2001:db8::1", 9};
  settings.host = "review\"office";
  settings.idle_ms = 77;
  auto const read = parse_settings(format_settings(settings));
  ASSERT_TRUE(read) << read.error().in(Lang::kEn);
  EXPECT_EQ(format_settings(*read), format_settings(settings));
  EXPECT_EQ(read->listen.host, "2001:db8::1");
  auto const unknown = parse_settings("[limits]\nconnection = 5\n");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().in(Lang::kEn), "limits.connection is not a key that is known here (line 2)");
  EXPECT_EQ(unknown.error().in(Lang::kZh), "此处没有 limits.connection 这一项（第 2 行）");
  EXPECT_FALSE(parse_settings("listen = \"7443\"\n"));
  EXPECT_FALSE(parse_address("::1:80"));
  EXPECT_FALSE(parse_address("a:99999"));
}

// ---- Directory ----------------------------------------------------------------------------------------------------

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("piaojue-program-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path file(std::string const& name, std::string const& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  fs::path const& path() const { return path_; }
  InitInput input() const {
    InitInput out;
    out.members = file("members.csv",
                       "姓名,单位,角色\n甲,一院,主任委员\n乙,二院,专家\n丙,三院,专家\n丁,局,工作人员\n戊,"
                       "纪检,监督人员\n");
    out.candidates =
        file("candidates.csv",
             "姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n申报人,某公司,高级工程师,正常,第一批,项目,同意\n");
    out.meeting = file("meeting.toml", kMeeting);
    out.listen = "127.0.0.1:0";
    return out;
  }

 private:
  fs::path path_;
};

std::string text_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

constexpr std::uint64_t kNow = 1'800'000'000;

// Harm: a second `init` in the wrong window destroys the keys of a meeting that is running.
TEST(Init, MakesADirectoryOnceAndNothingOutOfBadInput) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto bad = folder.input();
  bad.meeting = folder.file("bad.toml", std::string(kMeeting) + "committee_seize = 3\n");
  auto failed = init_directory(directory, bad, kNow);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_unusable(failed.error()));
  auto even = folder.input();
  even.meeting = folder.file("even.toml", "title = \"t\"\ndate = \"2026-01-01\"\ncommittee_size = 4\n");
  failed = init_directory(directory, even, kNow);
  ASSERT_FALSE(failed) << "the manifest's own rules";
  EXPECT_TRUE(is_unusable(failed.error()));
  EXPECT_FALSE(fs::exists(directory.path()));

  auto const made = init_directory(directory, folder.input(), kNow);
  ASSERT_TRUE(made) << made.error().in(Lang::kEn);
  EXPECT_NE(made->address.port, 0) << "slips must name a port";
  auto const owner_only = fs::perms::owner_all;
  EXPECT_EQ(fs::status(directory.path()).permissions(), owner_only);
  for (auto const& key : fs::directory_iterator(directory.keys())) {
    EXPECT_EQ(key.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << key.path();
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.slips()), {}), 5);
  auto const key = text_of(directory.keys() / "signing.key");
  failed = init_directory(directory, folder.input(), kNow);
  ASSERT_FALSE(failed);
  EXPECT_FALSE(is_unusable(failed.error()));
  EXPECT_EQ(text_of(directory.keys() / "signing.key"), key);
  for (auto const& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find("partial"), std::string::npos);
  }
}

// Harm: a lost slip that still works after a new one was given out.
TEST(Slip, NamesServerAndPersonAndANewOneVoidsTheUnusedOne) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  ASSERT_TRUE(init_directory(directory, folder.input(), kNow));
  auto const first = meeting::find_slip(text_of(directory.slips() / "02-乙.txt"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->person, 2U);
  EXPECT_EQ(first->host, "127.0.0.1");
  EXPECT_EQ(first->server_spki, *net::spki_sha256(text_of(directory.keys() / "tls.pem")));
  {
    std::string const bytes = text_of(directory.database());
    EXPECT_EQ(bytes.find(first->code), std::string::npos) << "the server keeps its hash only";
  }
  auto const again = new_slip(directory, 2);
  ASSERT_TRUE(again) << again.error().in(Lang::kEn);
  auto const second = meeting::find_slip(text_of(*again));
  ASSERT_TRUE(second);
  EXPECT_NE(second->code, first->code);
  auto const store = must(SqliteStore::open(directory.database().string(), {}));
  EXPECT_EQ(must(store->codes(2)), (std::vector<Hash>{code_hash(second->code)}));
  EXPECT_EQ(must(store->codes(3)).size(), 1U);
  EXPECT_FALSE(new_slip(directory, 6));
  EXPECT_FALSE(new_slip(directory, 0));
}

// ---- Export -------------------------------------------------------------------------------------------------------

// Harm: a record that an auditor's verifier refuses although the meeting was in order.
TEST(Export, HoldsEveryEntryAndTheCheckpointsThatWitnessInTime) {
  MeetingOptions options;
  options.experts = 3;
  options.supervisors = 1;
  options.trustees = 2;
  ServerFixture hall(options);
  hall.begin();
  hall.run_batch(1);
  auto const close = hall.meeting.signed_by(must(hall.meeting.record.draft_meeting_close()), {hall.meeting.chair()});
  ASSERT_TRUE(hall.submit(hall.meeting.chair(), close).has_pending());
  auto const supervisor = hall.meeting.supervisor();
  ASSERT_TRUE(hall.ask(supervisor, hall.countersign_frame(close, supervisor)).has_accepted());
  ASSERT_TRUE(hall.ask(1, hall.cosign_frame(1, hall.meeting.record.size())).has_accepted());

  std::stringstream file;
  auto const summary = must(export_record(hall.store.contents(), file));
  EXPECT_TRUE(summary.closed);
  EXPECT_TRUE(summary.witnessed_end);
  EXPECT_EQ(summary.head, hall.meeting.record.tree().root());
  EXPECT_EQ(summary.entries, hall.meeting.entries.size());
  EXPECT_EQ(summary.checkpoints, 3U) << "BatchOpen, BallotBox, the end";

  meeting::RecordReader reader(file);
  meeting::Record record;
  std::map<std::uint64_t, std::set<PersonId>> cosigned;
  std::uint64_t last_checkpoint = 0;
  for (;;) {
    auto const item = must(reader.next());
    if (!item) break;
    if (auto const* entry = std::get_if<Bytes>(&*item)) must(record.apply(*entry));
    if (auto const* note = std::get_if<std::string>(&*item)) {
      auto const checkpoint =
          must(log::open_checkpoint(*note, record.manifest().origin(), record.manifest().checkpoint_key));
      EXPECT_EQ(checkpoint.size, record.size());
      EXPECT_EQ(checkpoint.root, record.tree().root());
      last_checkpoint = checkpoint.size;
    }
    if (auto const* cosignature = std::get_if<log::Cosignature>(&*item)) {
      EXPECT_EQ(cosignature->tree_size, last_checkpoint);
      must(log::verify_cosignature(*cosignature, record.manifest().origin(), *record.witness_key(cosignature->person)));
      EXPECT_TRUE(cosigned[last_checkpoint].insert(cosignature->person).second);
    }
  }
  EXPECT_EQ(last_checkpoint, record.size());
  std::size_t witnessed = 0;
  for (auto const& [size, people] : cosigned) witnessed += people.size() == hall.people().size() ? 1 : 0;
  EXPECT_EQ(witnessed, 2U);
}

// ---- Host ---------------------------------------------------------------------------------------------------------

/// A real server on a real port, and one client at a time.
class Served : public ::testing::Test {
 protected:
  void SetUp() override {
    // TLS looks at the clock.
    auto const now = static_cast<std::uint64_t>(std::time(nullptr));
    ASSERT_TRUE(init_directory(directory, folder.input(), now));
    auto keys = must(directory.read_keys());
    auto contents = must(must(SqliteStore::open(directory.database().string(), {}))->load());
    manifest = must(read_draft(contents));
    must(store.commit({}));
    for (std::size_t t = 0; t < store::kTables; ++t) {
      Writes writes;
      for (auto const& [key, value] : contents.tables[t]) writes.put(static_cast<Table>(t), key, value);
      must(store.commit(writes));
    }
    spki = must(net::spki_sha256(keys.tls.certificate_pem));
    auto tls = must(net::TlsContext::server(keys.tls, keys.authority.certificate_pem));
    Config config{.server_key = std::move(keys.server),
                  .checkpoint_key = std::move(keys.checkpoint),
                  .seal_key = std::move(keys.seal),
                  .token_keys = [](std::uint32_t) -> Result<crypto::blind_rsa::PrivateKey> { return Refusal::kBusy; },
                  .issue_certificate = [now, authority = std::make_shared<net::Credential>(std::move(keys.authority))](
                                           ByteView csr, PersonId person) -> Result<IssuedCertificate> {
                    auto const pem = as_text(csr);
                    auto certificate = net::issue_client_certificate(*authority, pem, person, {now - 1000, now + 1000});
                    if (!certificate) return certificate.error();
                    return IssuedCertificate{*certificate, authority->certificate_pem, *net::spki_sha256_of_csr(pem)};
                  },
                  .codes = [this](PersonId person) { return store.codes(person); },
                  .now_ms = [] { return std::uint64_t{0}; },
                  .parallel = pool.parallel(),
                  .limits = {},
                  .lookahead = 1};
    HostOptions options;
    options.settings.listen = {"127.0.0.1", 0};
    host = must(Host::start(
        std::move(options), must(Core::recover(std::move(config), contents)), store, pool, std::move(tls),
        [](Notice const&) {}, [this](Sentence const& reason) { fatal.set_value(reason.in(Lang::kEn)); }));
    loop.start(1);
  }
  void TearDown() override {
    loop.stop();
    if (host) host->stop();
  }

  struct Reply {
    std::optional<v1::ServerFrame> frame;
    std::optional<net::CloseReason> closed;
  };
  /// Connects, sends one frame, waits for its answer or the end.
  Reply ask(v1::ClientFrame frame, std::optional<net::Credential> const& credential = std::nullopt) {
    auto const result = std::make_shared<std::promise<Reply>>();
    auto const answered = std::make_shared<std::atomic<bool>>(false);
    auto const give = [result, answered](Reply reply) {
      if (!answered->exchange(true)) result->set_value(std::move(reply));
    };
    frame.set_id(1);
    auto const bytes = frame.SerializeAsString();
    auto const kept = std::make_shared<std::shared_ptr<net::Channel>>();
    net::connect(loop.io(), "127.0.0.1", host->port(), must(net::TlsContext::client(spki, credential)), {},
                 [=](std::shared_ptr<net::Channel> channel, net::Closed const& closed) {
                   if (!channel) return give({std::nullopt, closed.reason});
                   *kept = channel;
                   channel->start(
                       [=](Bytes payload) {
                         v1::ServerFrame answer;
                         answer.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
                         if (answer.id() == 1) give({answer, std::nullopt});
                       },
                       [=](net::Closed const& end) {
                         give({std::nullopt, end.reason});
                       });
                   channel->send(to_bytes(as_bytes(bytes)));
                 });
    auto future = result->get_future();
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return {};
    auto reply = future.get();
    if (*kept) (*kept)->close();
    return reply;
  }
  v1::ClientFrame enrol(PersonId person, Secret const& tls_key) {
    auto const slip = must(meeting::find_slip(text_of(*std::next(slips().begin(), person - 1))));
    crypto::SigningKey const identity = crypto::SigningKey::generate();
    crypto::SigningKey const witness = crypto::SigningKey::generate();
    v1::ClientFrame frame;
    auto& body = *frame.mutable_enrol();
    auto const text = [](ByteView view) { return std::string(as_text(view)); };
    body.set_code(slip.code);
    body.set_identity_key(text(identity.public_key().view()));
    body.set_witness_key(text(witness.public_key().view()));
    body.set_possession(text(
        identity
            .sign({meeting::possession_input(manifest.meeting_id, person, identity.public_key(), witness.public_key())})
            .view()));
    body.set_csr(must(net::make_csr(tls_key)));
    body.set_person(person);
    return frame;
  }
  std::set<fs::path> slips() const {
    std::set<fs::path> out;
    for (auto const& slip : fs::directory_iterator(directory.slips())) out.insert(slip.path());
    return out;
  }

  Folder folder;
  Directory directory{folder.path() / "server"};
  meeting::Manifest manifest;
  MemoryStore store;
  WorkPool pool{{.threads = 2}, [](std::string const& what) { ADD_FAILURE() << what; }};
  Hash spki;
  std::promise<std::string> fatal;
  std::unique_ptr<Host> host;
  net::Loop loop;
};

// Harm: the certificate that is given out would not open the door, or would open it as somebody else.
TEST_F(Served, APersonEnrolsOverTlsAndComesBackWithTheCertificate) {
  auto const tls_key = must(net::make_tls_key());
  auto const enrolled = ask(enrol(2, tls_key));
  ASSERT_TRUE(enrolled.frame && enrolled.frame->has_enrolled());
  v1::ClientFrame hello;
  hello.mutable_hello();
  auto const welcome = ask(hello, net::Credential{tls_key.clone(), enrolled.frame->enrolled().certificate()});
  ASSERT_TRUE(welcome.frame && welcome.frame->has_welcome());
  EXPECT_EQ(welcome.frame->welcome().person(), 2U);
  auto const stranger = ask(hello);
  ASSERT_TRUE(stranger.frame && stranger.frame->has_refused()) << "said before the door is closed";
}

// Harm: a server that goes on with a disk that keeps nothing.
TEST_F(Served, AFailingDiskIsToldToTheOperatorAndToNobodyElse) {
  store.fail_after(0);
  auto const reply = ask(enrol(2, must(net::make_tls_key())));
  EXPECT_FALSE(reply.frame) << "an answer to something that is not kept";
  EXPECT_TRUE(reply.closed);
  auto told = fatal.get_future();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NE(told.get().find("store"), std::string::npos);
}

// Harm: SIGTERM in mid-meeting that hangs until somebody pulls the plug.
TEST_F(Served, StopsWithConnectionsOpen) {
  auto const started = std::chrono::steady_clock::now();
  ASSERT_TRUE(ask(enrol(2, must(net::make_tls_key()))).frame);
  host->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(15));
}

}  // namespace
}  // namespace piaojue::server::test
