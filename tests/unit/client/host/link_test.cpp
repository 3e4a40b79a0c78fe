// SPDX-License-Identifier: Apache-2.0
// A laptop whose meeting moves from node to node: where it connects, how often, and how it comes back. The nodes are
// real listeners on the loopback interface.
#include "client/link.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <ctime>
#include <mutex>

#include "net/pki.h"

namespace piaojue::client {
namespace {

using namespace std::chrono_literals;
using meeting::SlipAddress;

constexpr auto kPatience = 10s;

struct Keys {
  std::uint64_t now = static_cast<std::uint64_t>(std::time(nullptr));
  net::Validity validity{now - 60, now + 3600};
  net::Credential authority = net::make_authority("meeting", validity).value();
  net::Credential server = net::make_server_certificate(authority, "127.0.0.1", validity).value();
  net::Hash pin = net::spki_sha256(server.certificate_pem).value();
  static Keys const& get() {
    static Keys const keys = [] {
      piaojue::init();
      return Keys{};
    }();
    return keys;
  }
};

/// One node: says one frame to whoever comes, or nothing.
class Node {
 public:
  explicit Node(net::Loop& loop, Keys const& keys = Keys::get(), std::uint16_t port = 0) {
    net::ListenOptions options{.address = "127.0.0.1", .port = port};
    listener_ = net::Listener::listen(loop.io(), options,
                                      net::TlsContext::server(keys.server, keys.authority.certificate_pem).value(), {},
                                      [this](std::shared_ptr<net::Channel> const& channel) {
                                        std::lock_guard const lock(mutex_);
                                        ++visits_;
                                        name_ = channel->server_name();
                                        channel->start([](Bytes const&) {}, [](net::Closed const&) {});
                                        if (!says_.empty()) channel->send(to_bytes(as_bytes(says_)));
                                        channels_.push_back(channel);
                                      })
                    .value();
  }
  SlipAddress address() const { return {"127.0.0.1", listener_->port()}; }
  void say(std::string what) {
    std::lock_guard const lock(mutex_);
    says_ = std::move(what);
  }
  int visits() {
    std::lock_guard const lock(mutex_);
    return visits_;
  }
  std::string name() {
    std::lock_guard const lock(mutex_);
    return name_;
  }
  /// As a node that is gone.
  void stop() {
    listener_->stop();
    std::lock_guard const lock(mutex_);
    for (auto const& channel : std::exchange(channels_, {})) channel->close();
  }

 private:
  std::mutex mutex_;
  std::string says_, name_;
  int visits_ = 0;
  std::vector<std::shared_ptr<net::Channel>> channels_;
  std::shared_ptr<net::Listener> listener_;
};

/// "moved 127.0.0.1:7443" and "welcome A B …", as a session would take them from the server's frames.
class Laptop {
 public:
  Laptop(net::Loop& loop, SlipAddress const& slip) : loop_(loop), strand_(loop.io()) {
    auto const tls = net::TlsContext::client(Keys::get().pin).value().asking_for("m12");
    Link::Options options{.host = slip.host, .port = slip.port, .tls = tls, .lang = Lang::kEn};
    options.backoff_min = 20ms;
    options.backoff_max = 100ms;
    strand_.post([this, options] {
      Link::Calls calls;
      calls.up = [this] { count(ups_); };
      calls.frame = [this](Bytes const& frame) { take(std::string(as_text(frame))); };
      calls.down = [this] { count(downs_); };
      link_.emplace(loop_, strand_, options, std::move(calls));
    });
  }
  bool wait_for(std::function<bool()> const& holds) {
    auto const until = std::chrono::steady_clock::now() + kPatience;
    while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(5ms);
    return holds();
  }
  int ups() { return value(ups_); }
  int downs() { return value(downs_); }
  int welcomes() { return value(welcomes_); }

 private:
  void take(std::string const& said) {
    if (said.starts_with("moved ")) {
      auto const to = meeting::parse_slip_address(said.substr(6)).value();
      return link_->go_to(to.host, to.port);
    }
    std::vector<SlipAddress> addresses;
    for (std::size_t at = said.find(' '); at != std::string::npos; at = said.find(' ', at + 1)) {
      auto const one = said.substr(at + 1, said.find(' ', at + 1) - at - 1);
      addresses.push_back(meeting::parse_slip_address(one).value());
    }
    link_->welcomed(std::move(addresses));
    count(welcomes_);
  }
  void count(int& number) {
    std::lock_guard const lock(mutex_);
    ++number;
  }
  int value(int const& number) {
    std::lock_guard const lock(mutex_);
    return number;
  }

  net::Loop& loop_;
  net::Strand strand_;
  std::optional<Link> link_;
  std::mutex mutex_;
  int ups_ = 0, downs_ = 0, welcomes_ = 0;
};

std::string moved_to(Node const& node) { return "moved " + meeting::format_slip_address(node.address()); }

class LinkTest : public testing::Test {
 protected:
  void SetUp() override {
    Keys::get();
    loop.start(2);
  }
  void TearDown() override { loop.stop(); }
  net::Loop loop;
};

TEST_F(LinkTest, GoesWhereTheMeetingIsServedAndStaysThere) {
  Node slip(loop), other(loop);
  slip.say(moved_to(other));
  other.say("welcome");
  Laptop laptop(loop, slip.address());
  ASSERT_TRUE(laptop.wait_for([&] { return laptop.welcomes() == 1; }));
  EXPECT_EQ(slip.visits(), 1);
  EXPECT_EQ(other.visits(), 1);
  // The session has heard that the first connection ended, and of the second.
  EXPECT_EQ(laptop.ups(), 2);
  EXPECT_EQ(laptop.downs(), 1);
  // At each it asks for its meeting.
  EXPECT_EQ(slip.name(), "m12");
  EXPECT_EQ(other.name(), "m12");
  loop.stop();
}

// Harm: two nodes that take each other for the server make every laptop of the meeting knock thousands of times.
TEST_F(LinkTest, NodesThatNameEachOtherCostFourHopsAndThenADelay) {
  Node a(loop), b(loop);
  a.say(moved_to(b));
  b.say(moved_to(a));
  Laptop laptop(loop, a.address());
  std::this_thread::sleep_for(1s);
  auto const visits = a.visits() + b.visits();
  EXPECT_GE(visits, 5);
  // Five connections, then 20, 40, 80, 100, 100 … ms, of each at least half.
  EXPECT_LE(visits, 5 * 26);
  // Once one of them is right again, it is found.
  b.say("welcome");
  EXPECT_TRUE(laptop.wait_for([&] { return laptop.welcomes() >= 1; }));
  loop.stop();
}

// Harm: whoever stands between sends laptops to a server of his own.
TEST_F(LinkTest, ServerWithAnotherKeyGetsNothingAndTheSlipsAddressIsTriedAgain) {
  Keys const foreign;
  Node slip(loop), thief(loop, foreign);
  slip.say(moved_to(thief));
  Laptop laptop(loop, slip.address());
  ASSERT_TRUE(laptop.wait_for([&] { return slip.visits() >= 2; }));
  EXPECT_EQ(thief.visits(), 0);
  slip.say("welcome");
  EXPECT_TRUE(laptop.wait_for([&] { return laptop.welcomes() >= 1; }));
  loop.stop();
}

TEST_F(LinkTest, AddressThatIsGoneFallsBackToTheSlipsAndThenToTheKnownOnes) {
  auto slip = std::make_unique<Node>(loop);
  Node second(loop), third(loop);
  auto const known =
      " " + meeting::format_slip_address(second.address()) + " " + meeting::format_slip_address(third.address());
  slip->say("welcome" + known);
  second.say(moved_to(third));
  third.say("welcome" + known);
  Laptop laptop(loop, slip->address());
  ASSERT_TRUE(laptop.wait_for([&] { return laptop.welcomes() == 1; }));
  slip->stop();
  // The slip's is dead, the second knows where the meeting is.
  ASSERT_TRUE(laptop.wait_for([&] { return laptop.welcomes() == 2; }));
  EXPECT_EQ(second.visits(), 1);
  EXPECT_EQ(third.visits(), 1);
  loop.stop();
}

TEST_F(LinkTest, MovedToAnAddressThatIsGoneComesBackToTheSlips) {
  Node slip(loop);
  auto gone = std::make_unique<Node>(loop);
  auto const to_gone = moved_to(*gone);
  gone->stop();
  slip.say(to_gone);
  Laptop laptop(loop, slip.address());
  ASSERT_TRUE(laptop.wait_for([&] { return slip.visits() >= 2; }));
  slip.say("welcome");
  EXPECT_TRUE(laptop.wait_for([&] { return laptop.welcomes() >= 1; }));
  loop.stop();
}

// Harm: a node that takes connections and serves nobody keeps a laptop for ever.
TEST_F(LinkTest, AddressThatEndsConnectionsWithoutAWelcomeIsLeft) {
  Node slip(loop), second(loop);
  slip.say("welcome " + meeting::format_slip_address(second.address()));
  second.say("welcome");
  Laptop laptop(loop, slip.address());
  ASSERT_TRUE(laptop.wait_for([&] { return laptop.welcomes() == 1; }));
  slip.say("");
  // Each time it comes back it is sent away without a word.
  EXPECT_TRUE(laptop.wait_for([&] {
    slip.stop();
    return second.visits() == 1;
  }));
  EXPECT_TRUE(laptop.wait_for([&] { return laptop.welcomes() == 2; }));
  loop.stop();
}

}  // namespace
}  // namespace piaojue::client
