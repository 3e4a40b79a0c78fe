// SPDX-License-Identifier: Apache-2.0
/// A meeting beside others: what a single room's server does not need, such as an end while the program goes on.
#include "server/meeting_host.h"

#include "served.h"
#include "server/meeting_loading.h"

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
    if (busy > 0) {
      --busy;
      return Explanation({}, {}, Refusal::kBusy);
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
    waiting_ = 0;
    wake_.notify_all();
  }
  void wait_for_commit() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(wake_.wait_for(lock, std::chrono::seconds(20), [this] { return waiting_ > 0; }));
  }
  std::atomic<unsigned> slips_read{0};
  std::atomic<unsigned> busy{0};  ///< so many times somebody else is in the way

 private:
  MemoryStore& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool held_ = false;
  unsigned waiting_ = 0;
};

class Hosted : public Served {
 protected:
  void serve(Config config, Contents const& given, net::TlsContext tls) override {
    auto const contents = large_draft ? with_large_draft(given) : given;
    auto const slips = std::make_shared<MeetingHost::SlipsAhead>();
    config.slip_of = [slips](PersonId person) { return slips->of(person); };
    options.may_speak = [this] { return may_speak.load(); };
    meeting = MeetingHost::make(
        server_loop, options, must(Core::recover(std::move(config), contents)), held,
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
  /// Of some three MiB.
  Contents with_large_draft(Contents const& given) {
    auto large = must(read_draft(given));
    auto& one = large.candidates[0];
    one.summary = one.group_opinion = std::string(meeting::kTextBytesMax, 'a');
    large.candidates.resize(90, one);
    large.batches[0].candidates.clear();
    for (QuestionId q = 1; q <= large.candidates.size(); ++q) large.batches[0].candidates.push_back(q);
    must(store.commit(must(write_draft(large))));
    return must(store.load());
  }
  std::future<void> end() {
    auto const done = std::make_shared<std::promise<void>>();
    meeting->end([done] { done->set_value(); });
    return done->get_future();
  }

  std::shared_ptr<HeldStore> held = std::make_shared<HeldStore>(store);
  WorkPool commits{{.threads = 2}, [](std::string const& what) { ADD_FAILURE() << what; }};
  std::atomic<bool> may_speak{true};
  MeetingHostOptions options;
  bool large_draft = false;
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

// Harm: a voter is told that his vote is lost because somebody looked at a row of the database.
TEST_F(Hosted, ACommitThatSomebodyWasInTheWayOfIsDoneAgain) {
  held->busy = 3;
  EXPECT_TRUE(enrol(2, must(net::make_tls_key())).frame->has_enrolled());
  EXPECT_EQ(held->busy, 0U);
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

/// A laptop that was enrolled, which reads when it is told to.
struct Laptop {
  static std::shared_ptr<Laptop> connect(net::Loop& loop, std::uint16_t port, net::TlsContext const& tls) {
    auto const self = std::make_shared<Laptop>();
    net::ChannelLimits limits;
    limits.send_queue_frames_max = 100'000;
    std::promise<std::shared_ptr<net::Channel>> made;
    net::connect(loop.io(), "127.0.0.1", port, tls, limits,
                 [&](std::shared_ptr<net::Channel> channel, net::Closed const&) { made.set_value(channel); });
    self->channel = made.get_future().get();
    self->channel->start(
        [self](Bytes const& bytes) {
          ++self->answers;
          v2::ServerFrame frame;
          if (frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && frame.has_pong()) {
            self->pong_at = self->answers.load();
          }
        },
        [self](net::Closed const&) { self->closed = true; });
    return self;
  }
  /// For the whole draft, which is long.
  void ask(std::uint64_t times) {
    for (std::uint64_t i = 1; i <= times; ++i) {
      v2::ClientFrame frame;
      frame.set_id(i);
      frame.mutable_get_draft();
      channel->send(to_bytes(as_bytes(frame.SerializeAsString())));
    }
  }
  void ping(std::uint64_t id) {
    v2::ClientFrame frame;
    frame.set_id(id);
    frame.mutable_ping();
    channel->send(to_bytes(as_bytes(frame.SerializeAsString())));
  }
  std::shared_ptr<net::Channel> channel;
  std::atomic<std::uint64_t> answers{0};
  std::atomic<std::uint64_t> pong_at{0};  ///< so many answers had come with the last one
  std::atomic<bool> closed{false};
};

template <class Predicate>
bool soon(Predicate done, std::chrono::milliseconds within = std::chrono::seconds(20)) {
  auto const until = std::chrono::steady_clock::now() + within;
  while (!done() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return done();
}

class Unread : public Hosted {
 protected:
  static constexpr std::uint64_t kRequests = 50'000;  // more in answers than the system's buffers take

  std::shared_ptr<Laptop> laptop_of(PersonId person) {
    net::Credential own;
    own.key_pem = must(net::make_tls_key());
    own.certificate_pem = enrol(person, own.key_pem).frame->enrolled().certificate();
    return Laptop::connect(loop, port(), must(net::TlsContext::client(spki, std::move(own))));
  }
  /// The clerk's, who may ask for the draft.
  std::shared_ptr<Laptop> laptop() {
    if (credential.certificate_pem.empty()) {
      credential.key_pem = must(net::make_tls_key());
      auto const enrolled = enrol(4, credential.key_pem);
      credential.certificate_pem = enrolled.frame->enrolled().certificate();
    }
    EXPECT_TRUE(soon([&] { return meeting->strangers() == 0; }));
    auto const others = meeting->sessions();
    auto made = Laptop::connect(loop, port(), must(net::TlsContext::client(spki, credential.clone())));
    EXPECT_TRUE(soon([&] { return meeting->sessions() == others + 1; }));
    return made;
  }
  /// @param least, most: of what it has not read, which the server holds meanwhile
  void expect_not_answered(std::size_t least, std::size_t most) {
    auto const deaf = laptop();
    deaf->channel->pause();
    deaf->ask(kRequests);
    std::size_t seen = 0;
    soon(
        [&] {
          seen = std::max(seen, meeting->unsent());
          return deaf->closed.load();
        },
        std::chrono::seconds(2));
    EXPECT_FALSE(deaf->closed);
    EXPECT_GT(seen, least) << "or this shows nothing";
    EXPECT_LT(seen, most);
    EXPECT_LT(deaf->answers, kRequests) << "or this shows nothing";
    deaf->channel->resume();
    EXPECT_TRUE(soon([&] { return deaf->answers == kRequests || deaf->closed; }));
    EXPECT_EQ(deaf->answers, kRequests) << "nothing that was asked is lost";
    deaf->channel->close();
  }
  net::Credential credential;
};

// Harm: one laptop that asks and does not read fills the memory of a node, and every meeting on it ends.
TEST_F(Unread, WhoDoesNotReadIsNotAnswered) { expect_not_answered(10'000, 200'000); }

class UnreadInBytes : public Unread {
 protected:
  UnreadInBytes() {
    options.session_unsent_max = 32U << 10;
    options.session_unsent_frames_max = 100'000;  // what its channel closes it for is less
  }
};
TEST_F(UnreadInBytes, WhoDoesNotReadIsNotAnswered) { expect_not_answered(30'000, 60'000); }

class UnreadLater : public UnreadInBytes {
 protected:
  UnreadLater() {
    options.session_frames_max = 1'000'000;
    options.session_bytes_max = 1U << 30;
  }
};

// Harm: whoever has a slow line is cut off while he casts, because of a log that he has not read yet.
TEST_F(UnreadLater, WhatHeSendsHimselfIsTakenInMeanwhile) {
  auto const slow = laptop();
  slow->channel->pause();
  slow->ask(kRequests);
  slow->ping(kRequests + 1);
  EXPECT_TRUE(soon([&] { return slow->channel->waiting().frames == 0; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  slow->channel->resume();
  EXPECT_TRUE(soon([&] { return slow->answers == kRequests + 1 || slow->closed; }));
  EXPECT_GT(slow->pong_at, 0U);
  EXPECT_LT(slow->pong_at, kRequests) << "it stood behind what may be long";
  slow->channel->close();
}

// Harm: while one commit takes its time a laptop asks for the same thing a thousand times, and has it prepared.
TEST_F(UnreadLater, AnswersThatWaitForACommitCountToo) {
  auto const asking = laptop();
  held->hold(true);
  std::thread voter([&] { enrol(2, must(net::make_tls_key())); });
  held->wait_for_commit();
  asking->ask(kRequests);
  EXPECT_TRUE(soon([&] { return asking->channel->waiting().frames == 0; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_GT(meeting->unsent(), 10'000U) << "its requests wait, and are counted";
  EXPECT_EQ(asking->answers, 0U);
  held->hold(false);
  voter.join();
  EXPECT_TRUE(soon([&] { return asking->answers == kRequests || asking->closed; }));
  EXPECT_EQ(asking->answers, kRequests);
  asking->channel->close();
}

class UnreadTogether : public Unread {
 protected:
  UnreadTogether() { options.unsent_max = 32U << 10; }
};

// Harm: a few laptops that do not read do together what one of them may not.
TEST_F(UnreadTogether, WhoHasMostOfHisOwnWaitingIsClosed) {
  auto const deaf = laptop();
  deaf->channel->pause();
  deaf->ask(kRequests);
  // The deadline for writing is longer.
  EXPECT_TRUE(soon([&] { return meeting->sessions() == 0; }, std::chrono::seconds(8))) << "it was closed";
  EXPECT_LT(meeting->unsent(), options.unsent_max);
  auto const other = laptop();
  other->ask(100);
  EXPECT_TRUE(soon([&] { return other->answers == 100; })) << "and the meeting goes on";
  other->channel->close();
  deaf->channel->close();
}

class UnreadLarge : public Unread {
 protected:
  UnreadLarge() {
    large_draft = true;
    options.unsent_max = 2U << 20;
  }
};

// Harm: one laptop that does not read a large frame has all of the hall closed, as long as the frame is on its way.
TEST_F(UnreadLarge, WithHimNobodyIsClosedWhoReads) {
  auto const honest = {laptop_of(2), laptop_of(3)};
  auto const deaf = laptop();
  deaf->channel->pause();
  deaf->ask(20);
  std::uint64_t id = 0;
  auto const closed = [&] {
    for (auto const& one : honest) {
      for (int i = 0; i < 50; ++i) one->ping(++id);
    }
    return meeting->sessions() == 2;
  };
  EXPECT_TRUE(soon(closed, std::chrono::seconds(8))) << "the deaf one";
  EXPECT_FALSE(soon([&] { return !closed(); }, std::chrono::milliseconds(300)));
  for (auto const& one : honest) {
    EXPECT_FALSE(one->closed);
    one->channel->close();
  }
  deaf->channel->close();
}

// Harm: the operator has said stop, the database can not be read just then, and trustee 0 opens the box.
TEST(Stops, AreKnownOnlyByALookThatBeganWhenTheShareWasDue) {
  StopBook book;
  meeting::HalfOf const attempt{1, 1};
  std::uint64_t const override_index = 40;
  book.read({}, {7}, 900);
  EXPECT_EQ(book.asked(7, attempt, {}, 1'000), false) << "it is not due yet";
  EXPECT_EQ(book.asked(7, attempt, override_index, 1'000), std::nullopt) << "the look began before";
  book.read({}, {8}, 1'001);
  EXPECT_EQ(book.asked(7, attempt, override_index, 1'500), std::nullopt) << "another meeting's";
  book.read({}, {7}, 1'001);
  EXPECT_EQ(book.asked(7, attempt, override_index, 1'500), false);
  EXPECT_EQ(book.asked(7, attempt, override_index, 60'000), std::nullopt) << "looks have failed since";
  book.read({}, {7}, 60'000);
  EXPECT_EQ(book.asked(7, attempt, override_index, 60'001), false);
  EXPECT_EQ(book.asked(7, attempt, override_index + 1, 60'002), std::nullopt) << "a second Override";
  book.read({{7, {{1, 1}}}}, {7}, 60'003);
  EXPECT_EQ(book.asked(7, attempt, override_index + 1, 60'004), true);
  EXPECT_EQ(book.asked(7, attempt, {}, 900'000), true) << "what was said once counts for good";
}

// Harm: a hall that comes back at once and is sent one log is taken for one that does not read.
TEST(Unsent, AFrameCountsOnceUntilTheLastHasLetGo) {
  Unsent unsent;
  auto const log = share(Bytes(1000, 1));
  auto first = unsent.counted(log);
  auto second = unsent.counted(log);
  auto other = unsent.counted(share(Bytes(10, 2)));
  EXPECT_EQ(unsent.bytes(), 1010u);
  first.reset();
  EXPECT_EQ(unsent.bytes(), 1010u);
  second.reset();
  EXPECT_EQ(unsent.bytes(), 10u);
  for (int i = 0; i < 1000; ++i) static_cast<void>(unsent.counted(share(Bytes(7, 3))));
  EXPECT_EQ(unsent.bytes(), 10u);
  first = unsent.counted(log);
  EXPECT_EQ(unsent.bytes(), 1010u) << "it counts again";
}

}  // namespace
}  // namespace piaojue::server::test
