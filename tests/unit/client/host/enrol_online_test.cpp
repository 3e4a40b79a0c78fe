// SPDX-License-Identifier: Apache-2.0
// Enrolment where the slip's address is not the node that serves the meeting: real listeners on the loopback interface.
#include "client/enrol_online.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>

#include "net/channel.h"
#include "protocol/meeting/enrolment.h"
#include "server/wire.h"

namespace piaojue::client {
namespace {

using namespace std::chrono_literals;
namespace frames = server::wire;

constexpr std::uint32_t kMeeting = 12;
constexpr PersonId kPerson = 7;
constexpr meeting::MeetingId kMeetingId{1, 2, 3};

/// A node with keys of its own: says Moved, or serves the meeting, which it can if it knows the slip's code.
class Node {
 public:
  explicit Node(net::Loop& loop, meeting::SlipBits const& bits) : bits_(bits) {
    auto const now = static_cast<std::uint64_t>(std::time(nullptr));
    net::Validity const validity{now - 60, now + 3600};
    auto const authority = net::make_authority("meeting", validity).value();
    auto const key = net::make_server_certificate(authority, "127.0.0.1", validity).value();
    net::ListenOptions const options{.address = "127.0.0.1"};
    listener_ =
        net::Listener::listen(loop.io(), options, net::TlsContext::server(key, authority.certificate_pem).value(), {},
                              [this](std::shared_ptr<net::Channel> const& channel) { accept(channel); })
            .value();
  }
  meeting::SlipAddress address() const { return {"127.0.0.1", listener_->port()}; }
  /// Before anybody comes.
  void move_to(Node const& other) { moved_ = meeting::format_slip_address(other.address()); }
  void say(Bytes first) { first_ = std::move(first); }
  void stop() { listener_->stop(); }
  int visits() const { return visits_; }
  bool asked_for_meeting() const { return asked_for_meeting_; }

 private:
  void accept(std::shared_ptr<net::Channel> const& channel) {
    ++visits_;
    asked_for_meeting_ = channel->server_name() == "m12";
    std::weak_ptr<net::Channel> const weak = channel;
    channel->start([this, weak](Bytes const& frame) { answer(*weak.lock(), frame); }, [](net::Closed const&) {});
    if (!moved_.empty()) {
      channel->send(frames::moved(moved_));
      channel->finish();
    } else if (!first_.empty()) {
      channel->send(first_);
    }
  }
  void answer(net::Channel& channel, Bytes const& frame) const {
    auto const request = frames::parse_request(frame);
    if (!request) return channel.send(frames::enrolled(2, "certificate", "authority", "Li", 1)), void();
    auto const key = meeting::enrol_key(bits_, kMeetingId, kPerson);
    channel.send(frames::enrol_proof(request->id, kMeetingId,
                                     meeting::server_proof(key, channel.exporter(), channel.server_spki())));
  }

  meeting::SlipBits const bits_;
  std::string moved_;
  Bytes first_;
  std::atomic<int> visits_ = 0;
  std::atomic<bool> asked_for_meeting_ = false;
  std::shared_ptr<net::Listener> listener_;
};

class EnrolOnlineTest : public testing::Test {
 protected:
  void SetUp() override {
    piaojue::init();
    loop.start(2);
  }
  void TearDown() override { loop.stop(); }
  Explained<Enrolled> enrol(Node const& at, std::chrono::milliseconds patience = 5s) const {
    return enrol_online({{at.address(), {kMeeting, kPerson, bits}},
                         [](meeting::MeetingId const&, EnrolChannel const&) -> Explained<Bytes> { return Bytes{1}; },
                         patience});
  }
  net::Loop loop;
  meeting::SlipBits const bits{9, 8, 7};
};

TEST_F(EnrolOnlineTest, FollowsWhoeverSaysMoved) {
  Node slip(loop, bits), other(loop, bits);
  slip.move_to(other);
  auto const enrolled = enrol(slip);
  ASSERT_TRUE(enrolled) << enrolled.error().what.in(Lang::kEn);
  EXPECT_EQ(enrolled->name, "Li");
  EXPECT_EQ(slip.visits(), 1);
  EXPECT_EQ(other.visits(), 1);
  EXPECT_TRUE(slip.asked_for_meeting());
  EXPECT_TRUE(other.asked_for_meeting());
}

// Harm: whoever stands between leads a laptop to a server of his own, and it enrols there.
TEST_F(EnrolOnlineTest, ServerThatDoesNotKnowTheCodeIsRefusedWhereverItIs) {
  Node slip(loop, bits), thief(loop, meeting::SlipBits{1});
  slip.move_to(thief);
  auto const enrolled = enrol(slip);
  ASSERT_FALSE(enrolled);
  EXPECT_EQ(enrolled.error().code, Refusal::kProof);
}

// Harm: two nodes that name each other hold a laptop for ever, and are held by it.
TEST_F(EnrolOnlineTest, NodesThatNameEachOtherEndWithThePatience) {
  Node a(loop, bits), b(loop, bits);
  a.move_to(b);
  b.move_to(a);
  auto const enrolled = enrol(a, 1s);
  ASSERT_FALSE(enrolled);
  EXPECT_EQ(enrolled.error().code, Refusal::kBusy);
  // Five connections at once, and again after 200 and 400 ms.
  EXPECT_LE(a.visits() + b.visits(), 15);
}

TEST_F(EnrolOnlineTest, NodeThatIsGoneIsNoAnswer) {
  Node slip(loop, bits), gone(loop, bits);
  slip.move_to(gone);
  gone.stop();
  auto const enrolled = enrol(slip, 1s);
  ASSERT_FALSE(enrolled);
  EXPECT_EQ(enrolled.error().code, Refusal::kBusy);
  EXPECT_GE(slip.visits(), 2);
}

TEST_F(EnrolOnlineTest, MovedToWhatIsNoAddressIsNoAnswer) {
  Node slip(loop, bits);
  slip.say(frames::moved("nowhere"));
  auto const enrolled = enrol(slip);
  ASSERT_FALSE(enrolled);
  EXPECT_EQ(enrolled.error().code, Refusal::kMalformed);
}

}  // namespace
}  // namespace piaojue::client
