// SPDX-License-Identifier: Apache-2.0
/// A slot at a laptop: halves between the trustees, and what waits for them.
#include <gtest/gtest.h>

#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;
using meeting::HalfOf;
using meeting::RelayKind;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

constexpr HalfOf kFirst{1, 1};

/// The chair (6) holds slot 1, supervisor 8 slot 2; experts are 1 to 5, the clerk is 7.
class Seat : public testing::Test {
 protected:
  Seat() : laptop({.experts = 5, .batches = {1}}, 6) {}
  void begin() {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
  }
  void set_online(std::set<PersonId> people) {
    laptop.online = std::move(people);
    laptop.receive(wire::status_push({laptop.online.begin(), laptop.online.end()}, {}));
  }
  crypto::BoxPublicKey const& box_of(PersonId person) { return laptop.meeting.keys_of(person).box.public_key(); }
  /// What this laptop has deposited with another trustee's, as that one opens it.
  Secret deposited(PersonId with) {
    auto const bodies = laptop.relayed_to(with, RelayKind::kDeposit);
    auto const deposit = must(meeting::parse_deposit(bodies.back()));
    return must(meeting::open_deposit({laptop.meeting.record.meeting(), laptop.me, with},
                                      laptop.meeting.keys_of(laptop.me).identity.public_key(),
                                      laptop.meeting.keys_of(with).box, deposit));
  }
  /// Another person deposits a half with this laptop.
  void deposit(PersonId from, Secret const& half) {
    auto const made =
        must(meeting::make_deposit({laptop.meeting.record.meeting(), from, laptop.me},
                                   laptop.meeting.keys_of(from).identity, box_of(laptop.me), kFirst, half));
    laptop.relay(from, RelayKind::kDeposit, meeting::encode_deposit(made));
  }
  std::string state() {
    laptop.say("now");
    return text(laptop.reply("now").at("trustee").as_object(), "state");
  }
  SessionFixture laptop;
};

// Harm: a laptop that loses power takes the batch with it, because nobody can open what its keys lie under.
TEST_F(Seat, KeysLeaveOnlyWhenSomebodyElseHoldsTheHalf) {
  laptop.holds_halves = false;
  begin();
  set_online({8});
  EXPECT_TRUE(laptop.submitted<BatchKeys>().empty());
  ASSERT_EQ(laptop.relayed_to(8, RelayKind::kDeposit).size(), 1U);
  EXPECT_EQ(laptop.relayed_to(kServer, RelayKind::kDeposit).size(), 1U);
  EXPECT_EQ(deposited(8).size(), crypto::kSealKeyBytes);
  laptop.relay(8, RelayKind::kHeld, meeting::encode_half_of(kFirst));
  EXPECT_EQ(laptop.submitted<BatchKeys>().size(), 1U);
}

// Harm: a trustee who comes later never gets the half, and one machine's loss is everybody's.
TEST_F(Seat, WhoComesLaterGetsTheHalfToo) {
  begin();
  EXPECT_EQ(laptop.submitted<BatchKeys>().size(), 1U) << "the server holds it";
  EXPECT_TRUE(laptop.relayed_to(8, RelayKind::kDeposit).empty());
  set_online({8});
  laptop.tick();
  EXPECT_EQ(laptop.relayed_to(8, RelayKind::kDeposit).size(), 1U);
  set_online({});
  laptop.tick();
  set_online({8});
  laptop.tick();
  EXPECT_EQ(laptop.relayed_to(8, RelayKind::kDeposit).size(), 2U) << "it may have lost its memory meanwhile";
}

TEST_F(Seat, AfterARestartTheKeysComeBackWithTheHalfAndWaitUntilThen) {
  begin();
  ASSERT_EQ(laptop.submitted<BatchKeys>().size(), 1U);
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    auto const* relay = std::get_if<wire::Relay>(&request.what);
    if (relay == nullptr || relay->kind != RelayKind::kWithdraw) return std::nullopt;
    return wire::relayed(request.id);
  };
  laptop.crash();
  laptop.tick();
  laptop.say("now");
  auto const waits = laptop.reply("now").at("trustee").at("waits_for_half").as_array();
  EXPECT_EQ(waits, (boost::json::array{0, 8}));
  EXPECT_EQ(laptop.submitted<BatchKeys>().size(), 1U) << "no other keys are made meanwhile";
  laptop.instead = {};
  laptop.disconnect();
  laptop.connect();
  laptop.say("now");
  EXPECT_TRUE(laptop.reply("now").at("trustee").at("waits_for_half").as_array().empty());
  EXPECT_EQ(state(), "keys-ready");
  EXPECT_EQ(laptop.submitted<BatchKeys>().size(), 1U);
}

// ---- For others -----------------------------------------------------------------------------------------------------

TEST_F(Seat, AHalfIsHeldForAnotherTrusteeAndGivenBackToHimAlone) {
  begin();
  set_online({8});
  auto const half = Secret::random(crypto::kSealKeyBytes);
  deposit(8, half);
  ASSERT_EQ(laptop.relayed_to(8, RelayKind::kHeld).size(), 1U);
  laptop.relay(8, RelayKind::kWithdraw, meeting::encode_half_of(kFirst));
  auto const bodies = laptop.relayed_to(8, RelayKind::kReturn);
  ASSERT_EQ(bodies.size(), 1U);
  auto const returned = must(meeting::parse_returned(bodies[0]));
  EXPECT_TRUE(must(meeting::open_returned(laptop.meeting.keys_of(8).box, returned.sealed)).equals(half.view()));
  EXPECT_FALSE(meeting::open_returned(laptop.meeting.keys_of(7).box, returned.sealed)) << "whoever asks in his name";
  // A second one is not taken for the first.
  deposit(8, Secret::random(crypto::kSealKeyBytes));
  EXPECT_EQ(laptop.relayed_to(8, RelayKind::kHeld).size(), 1U);
}

// Harm: the owner crashes, asks, draws anew, deposits and crashes again: the "none" of the first time, sent again to
// what has just started, has it give up the half that is held here, and the one it draws instead is refused for ever.
TEST_F(Seat, AnAnswerEndsWithTheConnectionThatAsked) {
  begin();
  set_online({8});
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Relay>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.relay(8, RelayKind::kWithdraw, meeting::encode_half_of(kFirst));
  ASSERT_EQ(laptop.relayed_to(8, RelayKind::kReturn).size(), 1U);
  laptop.disconnect();
  laptop.connect();
  laptop.tick();
  EXPECT_EQ(laptop.relayed_to(8, RelayKind::kReturn).size(), 1U);
}

// Harm: memory full of halves of people who guard nothing, or deposits in somebody's name.
TEST_F(Seat, NothingIsHeldForWhoHoldsNoSlotOrHasNotSigned) {
  begin();
  set_online({2, 7, 8});
  deposit(2, Secret::random(crypto::kSealKeyBytes));
  EXPECT_TRUE(laptop.relayed_to(2, RelayKind::kHeld).empty());
  auto const made =
      must(meeting::make_deposit({laptop.meeting.record.meeting(), 8, laptop.me}, laptop.meeting.keys_of(7).identity,
                                 box_of(laptop.me), kFirst, Secret::random(crypto::kSealKeyBytes)));
  laptop.relay(8, RelayKind::kDeposit, meeting::encode_deposit(made));
  EXPECT_TRUE(laptop.relayed_to(8, RelayKind::kHeld).empty());
}

// A new laptop in the same slot. Harm: it can never deposit, and no batch can be opened again.
TEST_F(Seat, AReplacedLaptopDepositsAnew) {
  begin();
  set_online({8});
  deposit(8, Secret::random(crypto::kSealKeyBytes));
  must(laptop.meeting.change_keys(8, laptop.meeting.committee(8)));
  laptop.push();
  laptop.pump();
  deposit(8, Secret::random(crypto::kSealKeyBytes));
  EXPECT_EQ(laptop.relayed_to(8, RelayKind::kHeld).size(), 2U);
}

// ---- Slots that pass on ---------------------------------------------------------------------------------------------

TEST_F(Seat, WhoGetsASlotMakesKeysForIt) {
  SessionFixture other({.experts = 5, .batches = {1}}, 2);
  other.meeting.begin();
  other.start();
  other.connect();
  other.say("now");
  EXPECT_TRUE(other.reply("now").at("trustee").is_null());
  must(other.meeting.change_trustee(1, 2, other.meeting.committee(6)));
  other.push();
  other.pump();
  ASSERT_EQ(other.submitted<BatchKeys>().size(), 1U);
  EXPECT_EQ(other.submitted<BatchKeys>()[0].trustee, 1U);
  other.say("stop");
  EXPECT_EQ(text(other.reply("stop"), "code"), "WRONG_PHASE");
}

}  // namespace
}  // namespace piaojue::test
