// SPDX-License-Identifier: Apache-2.0
/// A meeting beside others: what a single room's server does not need, such as an end while the program goes on.
#include "server/meeting_host.h"

#include "served.h"

namespace piaojue::server::test {
namespace {

/// Commits only while it is let.
class HeldStore final : public store::Store {
 public:
  explicit HeldStore(MemoryStore& store) : store_(store) {}
  Explained<Contents> load() override { return store_.load(); }
  Explained<void> commit(Writes const& writes) override {
    {
      std::unique_lock lock(mutex_);
      ++waiting_;
      wake_.notify_all();
      wake_.wait_for(lock, std::chrono::seconds(20), [this] { return !held_; });
    }
    return store_.commit(writes);
  }
  Explained<std::optional<Bytes>> slip(PersonId person) override {
    ++slips_read;
    return store_.slip(person);
  }
  void hold(bool held) {
    std::lock_guard const lock(mutex_);
    held_ = held;
    wake_.notify_all();
  }
  void wait_for_commit() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(wake_.wait_for(lock, std::chrono::seconds(20), [this] { return waiting_ > 0; }));
  }
  std::atomic<unsigned> slips_read{0};

 private:
  MemoryStore& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool held_ = false;
  unsigned waiting_ = 0;
};

class Hosted : public Served {
 protected:
  void serve(Config config, Contents const& contents, net::TlsContext tls) override {
    auto const slips = std::make_shared<MeetingHost::SlipsAhead>();
    config.slip_of = [slips](PersonId person) { return slips->of(person); };
    MeetingHostOptions options;
    options.may_speak = [this] { return may_speak.load(); };
    meeting = MeetingHost::make(
        server_loop, std::move(options), must(Core::recover(std::move(config), contents)), held,
        {.work = pool, .commits = commits, .reads = commits}, [](Notice const&) {},
        [this](Sentence const& reason) { fatal.set_value(reason.in(Lang::kEn)); }, slips);
    listener = must(net::Listener::listen(server_loop.io(), {.address = "127.0.0.1"}, std::move(tls), {},
                                          [this](auto const& channel) { meeting->accept(channel); }));
    server_loop.start(2);
    meeting->begin();
  }
  std::uint16_t port() const override { return listener->port(); }
  void TearDown() override {
    held->hold(false);
    loop.stop();
    listener->stop();
    end().wait_for(std::chrono::seconds(20));
    commits.stop();
    pool.stop();
    server_loop.stop();
  }
  std::future<void> end() {
    auto const done = std::make_shared<std::promise<void>>();
    meeting->end([done] { done->set_value(); });
    return done->get_future();
  }

  std::shared_ptr<HeldStore> held = std::make_shared<HeldStore>(store);
  WorkPool commits{{.threads = 2}, [](std::string const& what) { ADD_FAILURE() << what; }};
  std::atomic<bool> may_speak{true};
  std::shared_ptr<MeetingHost> meeting;
  std::shared_ptr<net::Listener> listener;
  net::Loop server_loop;
};

// Harm: the database's answer to a stranger's first word is waited for on the strand, and everybody's vote with it.
TEST_F(Hosted, AStrangerEnrolsByASlipThatWasReadAhead) {
  auto const tls_key = must(net::make_tls_key());
  auto const enrolled = enrol(2, tls_key);
  ASSERT_TRUE(enrolled.frame && enrolled.frame->has_enrolled());
  EXPECT_EQ(held->slips_read, 2U) << "one for each of his two requests";
  auto const wrong = stranger();
  v2::ClientFrame start;
  start.mutable_enrol_start()->set_person(99);
  EXPECT_TRUE(wrong->ask(start).frame->has_enrol_proof()) << "nobody is told who has a slip";
  EXPECT_EQ(held->slips_read, 3U) << "the same work for whoever is not there";
}

// Harm: a node that is stopped drops what it has committed, and a voter is not told that he has voted.
TEST_F(Hosted, WhatIsBeingCommittedIsAnsweredBeforeTheEnd) {
  held->hold(true);
  std::promise<Reply> reply;
  std::thread voter([&] { reply.set_value(enrol(2, must(net::make_tls_key()))); });
  held->wait_for_commit();
  auto ended = end();
  EXPECT_EQ(ended.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout)
      << "the lease would be given back under a commit that runs";
  held->hold(false);
  voter.join();
  auto const answer = reply.get_future().get();
  ASSERT_TRUE(answer.frame) << "acknowledged";
  EXPECT_TRUE(answer.frame->has_enrolled());
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  auto const late = stranger();
  v2::ClientFrame start;
  start.mutable_enrol_start()->set_person(3);
  EXPECT_TRUE(late->ask(start).closed) << "and nothing is taken in any more";
}

// Harm: a node that slept while another one took its meeting answers from an old log, and a laptop that compares it
// with what it has calls it a split for ever.
TEST_F(Hosted, WhoMayNotSpeakSaysNothingAtAll) {
  auto const line = stranger();
  may_speak = false;
  v2::ClientFrame start;
  start.mutable_enrol_start()->set_person(2);
  auto const reply = line->ask(start);
  EXPECT_FALSE(reply.frame);
  EXPECT_TRUE(reply.closed) << "it looks for another node";
  EXPECT_EQ(fatal.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

}  // namespace
}  // namespace piaojue::server::test
