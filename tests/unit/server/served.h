// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A real server's directory, and a real server on a real port, for the tests of programs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <future>

#include "server/directory.h"
#include "server/host.h"
#include "server_fixture.h"
#include "store/sqlite_store.h"

namespace piaojue::server::test {

inline constexpr char const* kMeeting = "title = \"t\"\ndate = \"2026-01-01\"\ncommittee_size = 3\n";
inline std::string const kRehearsal = std::string(kMeeting) + "rehearsal = true\n";

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
    out.meeting = file("meeting.toml", kRehearsal);
    out.listen = "127.0.0.1:0";
    return out;
  }

 private:
  fs::path path_;
};

inline std::string text_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

inline std::unique_ptr<store::SqliteStore> must_open(Directory const& directory) {
  auto store = store::SqliteStore::open(directory.database().string(), {});
  if (!store) throw std::logic_error(store.error().in(Lang::kEn));
  return std::move(*store);
}

/// A real server on a real port, and one client at a time.
class Served : public ::testing::Test {
 protected:
  void SetUp() override {
    // TLS looks at the clock.
    auto const now = static_cast<std::uint64_t>(std::time(nullptr));
    ASSERT_TRUE(init_directory(directory, folder.input(), now));
    auto keys = must(directory.read_keys());
    auto contents = must(must_open(directory)->load());
    manifest = must(read_draft(contents));
    for (std::size_t t = 0; t < store::kTables; ++t) {
      Writes writes;
      for (auto const& [key, value] : contents.tables[t]) writes.put(static_cast<Table>(t), key, value);
      must(store.commit(writes));
    }
    spki = must(net::spki_sha256(keys.tls.certificate_pem));
    auto tls = must(net::TlsContext::server(keys.tls, keys.authority.certificate_pem));
    Config config{.server_key = std::move(keys.server),
                  .checkpoint_key = std::move(keys.checkpoint),
                  .box_key = std::move(keys.box),
                  .seal_key = std::move(keys.seal),
                  .token_keys = [](std::uint32_t) -> Result<crypto::blind_rsa::PrivateKey> { return Refusal::kBusy; },
                  .issue_certificate = [now, authority = std::make_shared<net::Credential>(std::move(keys.authority))](
                                           ByteView csr, PersonId person) -> Result<IssuedCertificate> {
                    auto certificate = net::issue_client_certificate(*authority, csr, person, {now - 1000, now + 1000});
                    if (!certificate) return certificate.error();
                    return IssuedCertificate{*certificate, authority->certificate_pem, *net::spki_sha256_of_csr(csr)};
                  },
                  .slip_of = [this](PersonId person) { return store.slip(person); },
                  .now_ms = [] { return std::uint64_t{0}; },
                  .parallel = pool.parallel(),
                  .limits = {},
                  .lookahead = 1};
    serve(std::move(config), contents, std::move(tls));
    loop.start(1);
  }
  void TearDown() override {
    loop.stop();
    if (host) host->stop();
  }

  /// In another way than a single room does.
  virtual void serve(Config config, Contents const& contents, net::TlsContext tls) {
    HostOptions options;
    options.settings.listen = {"127.0.0.1", 0};
    host = must(Host::start(
        std::move(options), must(Core::recover(std::move(config), contents)), store, pool, std::move(tls),
        [](Notice const&) {}, [this](Sentence const& reason) { fatal.set_value(reason.in(Lang::kEn)); }));
  }
  virtual std::uint16_t port() const { return host->port(); }

  struct Reply {
    std::optional<v2::ServerFrame> frame;
    std::optional<net::CloseReason> closed;
  };
  /// One connection. Waits for what it asks for.
  class Line {
   public:
    Line(net::Loop& loop, std::uint16_t port, net::TlsContext const& tls) {
      auto const state = state_;
      net::connect(loop.io(), "127.0.0.1", port, tls, {},
                   [state](std::shared_ptr<net::Channel> channel, net::Closed const& closed) {
                     std::lock_guard const lock(state->mutex);
                     if (!channel) state->reply.closed = closed.reason;
                     state->channel = channel;
                     state->wake.notify_all();
                     if (channel) start(state, channel);
                   });
      wait([&] { return state_->channel || state_->reply.closed; });
    }
    ~Line() {
      if (state_->channel) state_->channel->close();
    }
    net::Channel& channel() { return *state_->channel; }
    Reply ask(v2::ClientFrame frame) {
      frame.set_id(++id_);
      if (state_->channel) state_->channel->send(to_bytes(as_bytes(frame.SerializeAsString())));
      wait([&] { return state_->reply.closed || (state_->reply.frame && state_->reply.frame->id() == id_); });
      std::lock_guard const lock(state_->mutex);
      return state_->reply;
    }

   private:
    struct State {
      std::mutex mutex;
      std::condition_variable wake;
      std::shared_ptr<net::Channel> channel;
      Reply reply;
    };
    static void start(std::shared_ptr<State> const& state, std::shared_ptr<net::Channel> const& channel) {
      channel->start(
          [state](Bytes payload) {
            v2::ServerFrame answer;
            answer.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
            if (answer.id() == 0) return;
            std::lock_guard const lock(state->mutex);
            state->reply.frame = answer;
            state->wake.notify_all();
          },
          [state](net::Closed const& end) {
            std::lock_guard const lock(state->mutex);
            state->reply.closed = end.reason;
            state->wake.notify_all();
          });
    }
    template <class Predicate>
    void wait(Predicate done) {
      std::unique_lock lock(state_->mutex);
      state_->wake.wait_for(lock, std::chrono::seconds(20), done);
    }
    std::shared_ptr<State> state_ = std::make_shared<State>();
    std::uint64_t id_ = 0;
  };
  std::unique_ptr<Line> stranger() { return std::make_unique<Line>(loop, port(), must(net::TlsContext::enrolling())); }
  Reply ask(v2::ClientFrame frame, net::Credential const& credential) {
    return Line(loop, port(), must(net::TlsContext::client(spki, credential.clone()))).ask(std::move(frame));
  }
  /// The whole conversation, on a line of its own. @param tls_key of the certificate that is asked for.
  Reply enrol(PersonId person, Secret const& tls_key) {
    auto const slip = must(meeting::find_slip(text_of(*std::next(slips().begin(), person - 1))));
    auto const line = stranger();
    v2::ClientFrame start;
    start.mutable_enrol_start()->set_person(person);
    auto const reply = line->ask(start);
    if (!reply.frame || !reply.frame->has_enrol_proof()) return reply;
    auto const key = meeting::enrol_key(slip.code.bits, manifest.meeting_id, person);
    auto const text = [](ByteView view) { return std::string(as_text(view)); };
    EXPECT_EQ(reply.frame->enrol_proof().proof(),
              text(meeting::server_proof(key, line->channel().exporter(), line->channel().server_spki()).view()));

    auto const identity = crypto::SigningKey::generate();
    meeting::DeviceKeys const keys{identity.public_key(), crypto::SigningKey::generate().public_key(),
                                   crypto::BoxKey::generate().public_key()};
    auto const csr = must(net::make_csr(tls_key));
    v2::ClientFrame frame;
    auto& body = *frame.mutable_enrol_keys();
    body.set_csr(text(csr));
    body.set_identity_key(text(keys.identity_key.view()));
    body.set_witness_key(text(keys.witness_key.view()));
    body.set_box_key(text(keys.box_key.view()));
    body.set_possession(text(identity
                                 .sign({meeting::possession_input(manifest.meeting_id, person, keys.identity_key,
                                                                  keys.witness_key, keys.box_key)})
                                 .view()));
    body.set_proof(text(meeting::client_proof(key, line->channel().exporter(), csr, keys).view()));
    return line->ask(frame);
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

}  // namespace piaojue::server::test
