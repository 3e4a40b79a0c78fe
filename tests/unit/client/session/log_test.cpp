// SPDX-License-Identifier: Apache-2.0
/// Following the log: what a server may say, and what stops this program for good.
#include <gtest/gtest.h>

#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

class Log : public testing::Test {
 protected:
  void begin() {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
  }
  /// Nothing is signed, said or asked any more, now or after a restart, and the two notes are kept.
  void expect_halted(Refusal code) {
    ASSERT_TRUE(laptop.session->halted());
    EXPECT_EQ(*laptop.session->halted(), code);
    ASSERT_EQ(laptop.seen("split").size(), 1U);
    EXPECT_EQ(text(laptop.seen("split")[0], "code"), piaojue::name(code));
    EXPECT_TRUE(laptop.wallet.blobs().contains("evidence/split"));
    auto const said = laptop.requests.size();
    laptop.say("sign-out");
    EXPECT_EQ(text(laptop.reply("sign-out"), "code"), piaojue::name(code));
    laptop.tick();
    EXPECT_EQ(laptop.requests.size(), said);
    laptop.crash();
    EXPECT_EQ(laptop.session->halted(), code);
    EXPECT_EQ(laptop.requests.size(), said);
  }
  SessionFixture laptop;
};

TEST_F(Log, TheWholeLogIsFollowedCosignedAndKept) {
  begin();
  EXPECT_EQ(laptop.session->record().size(), laptop.meeting.entries.size());
  EXPECT_EQ(laptop.session->record().tree().root(), laptop.meeting.record.tree().root());
  auto const cosigned = laptop.sent<wire::Cosign>();
  ASSERT_EQ(cosigned.size(), 1U);
  EXPECT_EQ(cosigned[0].cosignature.root, laptop.meeting.record.tree().root());
  EXPECT_TRUE(log::verify_cosignature(cosigned[0].cosignature, laptop.meeting.manifest.origin(),
                                      laptop.meeting.keys_of(1).witness.public_key()));
  // Restart: the same cosignature again, not a second one at another time.
  laptop.crash();
  EXPECT_EQ(laptop.session->record().size(), laptop.meeting.entries.size());
  ASSERT_EQ(laptop.sent<wire::Cosign>().size(), 2U);
  EXPECT_EQ(laptop.sent<wire::Cosign>()[1].cosignature, cosigned[0].cosignature);
}

// Harm: this laptop is shown one log, another laptop another.
TEST_F(Log, EqualSizeWithAnotherRootIsASplit) {
  begin();
  auto const size = laptop.meeting.entries.size();
  laptop.receive(wire::log_push(size, {}, laptop.sign_note(size, crypto::sha256({as_bytes("other")}))));
  auto const evidence = boost::json::parse(as_text(laptop.wallet.blobs().at("evidence/split"))).as_object();
  for (auto const* note : {"server_says", "held_before"}) {
    EXPECT_TRUE(log::open_checkpoint(text(evidence, note), laptop.meeting.manifest.origin(),
                                     laptop.meeting.manifest.checkpoint_key))
        << note;
  }
  EXPECT_NE(text(evidence, "server_says"), text(evidence, "held_before"));
  expect_halted(Refusal::kLogSplit);
}

TEST_F(Log, ACheckpointOfAnotherTreeThanTheEntriesIsRefused) {
  begin();
  must(laptop.meeting.sign_out(2));
  laptop.push_entry(laptop.meeting.entries.back(), laptop.sign_note(laptop.meeting.entries.size(), Hash{}));
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: another witness was shown another log, and this program is the only one that can notice.
TEST_F(Log, AWitnessWhoCosignedAnotherTreeIsASplit) {
  begin();
  log::Checkpoint const other{laptop.meeting.manifest.origin(), 3, crypto::sha256({as_bytes("other")})};
  laptop.receive(wire::cosignature_push({log::cosign(other, 2, 1, laptop.meeting.keys_of(2).witness)}));
  expect_halted(Refusal::kLogSplit);
}

TEST_F(Log, AForgedCosignatureStopsNobody) {
  begin();
  log::Checkpoint const other{laptop.meeting.manifest.origin(), 3, crypto::sha256({as_bytes("other")})};
  laptop.receive(wire::cosignature_push({log::cosign(other, 2, 1, laptop.meeting.keys_of(3).witness)}));
  EXPECT_FALSE(laptop.session->halted());
}

// A server put back from an older copy. Harm: what was acknowledged is forgotten, and nobody says so.
TEST_F(Log, AServerWithLessThanIsHeldHereIsRefused) {
  begin();
  laptop.disconnect();
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, laptop.meeting.manifest.meeting_id, laptop.meeting.entries.size() - 1, 1, 1, {});
  };
  laptop.connect();
  laptop.instead = {};
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, AServerThatSaysItHasLessIsBelieved) {
  begin();
  laptop.disconnect();
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::refused(request.id, Refusal::kLogInconsistent);
  };
  laptop.connect();
  laptop.instead = {};
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, ASmallerCheckpointAfterALargerOneIsRefused) {
  begin();
  laptop.receive(wire::log_push(2, {}, laptop.sign_note(2, laptop.meeting.record.tree().root(2))));
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, AnEntryThatIsAnotherThanBeforeIsRefused) {
  begin();
  std::vector<wire::EntryBytes> const list{std::make_shared<Bytes const>(laptop.meeting.entries[1])};
  laptop.receive(wire::log_push(2, list, {}));
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: the server appends what its own rules forbid, and this laptop cosigns it.
TEST_F(Log, AnEntryThatOwnRulesRefuseIsNeverCosigned) {
  begin();
  auto const sign_in = laptop.meeting.signed_by(SignIn{laptop.meeting.record.meeting(), 2, 0}, {2});
  laptop.push_entry(sign_in);
  EXPECT_NE(text(laptop.seen("split").at(0), "detail").find("CONFLICT"), std::string::npos);
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: a slip of one meeting, and the manifest of another under the same server.
TEST_F(Log, TheManifestOfAnotherMeetingIsRefused) {
  SessionFixture other;
  other.meeting.begin();
  laptop.meeting.begin();
  laptop.start();
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, laptop.meeting.manifest.meeting_id, 1, 1, 1, {});
  };
  laptop.connect();
  laptop.instead = {};
  laptop.push_entry(other.meeting.entries[0]);
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: a stranger's note raises an alarm that stops the meeting.
TEST_F(Log, AForgedCheckpointOnlyEndsTheConnection) {
  begin();
  auto const size = laptop.meeting.entries.size();
  auto const note =
      log::sign_checkpoint({laptop.meeting.manifest.origin(), size, Hash{}}, laptop.meeting.keys_of(2).witness);
  laptop.receive(wire::log_push(size, {}, note));
  EXPECT_FALSE(laptop.session->halted());
  EXPECT_TRUE(laptop.session->wants_reconnect());
  laptop.disconnect();
  EXPECT_FALSE(laptop.session->wants_reconnect());
}

TEST_F(Log, AGapIsAskedForAgain) {
  begin();
  must(laptop.meeting.sign_out(2));
  must(laptop.meeting.sign_out(3));
  std::vector<wire::EntryBytes> const list{std::make_shared<Bytes const>(laptop.meeting.entries.back())};
  laptop.receive(wire::log_push(laptop.meeting.entries.size() - 1, list, laptop.meeting.note()));
  EXPECT_EQ(laptop.sent<wire::Hello>().size(), 2U);
  EXPECT_EQ(laptop.session->record().size(), laptop.meeting.entries.size());
}

// Entries reached the disk, their checkpoint did not. Harm: a laptop that can never cosign what everybody waits for.
TEST_F(Log, EntriesWithoutTheirCheckpointAreAskedForAgain) {
  begin();
  auto const before = laptop.meeting.entries.size();
  must(laptop.meeting.sign_out(2));
  laptop.push_entry(laptop.meeting.entries.back());
  laptop.session->command("status");
  laptop.session.reset();
  laptop.wallet.crash(laptop.wallet.unsynced());
  laptop.start();
  laptop.connect();
  EXPECT_EQ(laptop.sent<wire::Hello>().back().next_index, before);
  EXPECT_FALSE(laptop.session->halted());
}

// What this program counts as witnessed, it counts with its own cosignature, which may never have left it. Harm: it
// acts on that, cosigns a larger tree later, and by the record too few had witnessed what it acted on.
TEST_F(Log, ItsNewestCosignatureIsSentAgainBeforeALargerTreeIsCosigned) {
  begin();
  auto const before = laptop.meeting.entries.size();
  laptop.meeting.all_keys(1);
  must(laptop.meeting.open(1));
  for (auto i = before; i < laptop.meeting.entries.size(); ++i) laptop.push_entry(laptop.meeting.entries[i]);
  ASSERT_EQ(laptop.sent<wire::Cosign>().size(), 1U);
  laptop.session->command("status");
  laptop.session.reset();
  laptop.wallet.crash(laptop.wallet.unsynced());
  // It holds BatchOpen and not yet its checkpoint.
  laptop.instead = [this](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, laptop.meeting.manifest.meeting_id, laptop.meeting.entries.size(), laptop.me, 1,
                         {});
  };
  laptop.start();
  laptop.connect();
  ASSERT_EQ(laptop.session->record().size(), laptop.meeting.entries.size());
  auto cosigned = laptop.sent<wire::Cosign>();
  ASSERT_EQ(cosigned.size(), 2U);
  EXPECT_EQ(cosigned[1].cosignature, cosigned[0].cosignature);
  laptop.receive(wire::log_push(laptop.meeting.entries.size(), {}, laptop.meeting.note()));
  cosigned = laptop.sent<wire::Cosign>();
  ASSERT_EQ(cosigned.size(), 3U);
  EXPECT_EQ(cosigned[2].cosignature.tree_size, laptop.meeting.entries.size());
}

// Harm: a vote is asked for in a hall that only this laptop sees.
TEST_F(Log, NothingIsAskedForBeforeBatchOpenIsWitnessed) {
  begin();
  laptop.push_cosignatures = false;
  laptop.open_batch();
  EXPECT_TRUE(laptop.submitted<TokenRequest>().empty());
  // All but one of those that are needed, the experts among them first; this program's own is one.
  auto const& given = laptop.meeting.checkpoints.rbegin()->second.cosignatures;
  auto const standing = laptop.meeting.seen.of(laptop.meeting.attempt(), laptop.meeting.attempt().open_index);
  std::vector<log::Cosignature> others;
  for (auto const& one : given) {
    if (one.person != laptop.me) others.push_back(one);
  }
  others.resize(standing.needed - 2);
  laptop.receive(wire::cosignature_push(others));
  EXPECT_TRUE(laptop.submitted<TokenRequest>().empty());
  laptop.receive(wire::cosignature_push(given));
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
}

// Harm: cosignatures that came a moment early are lost, and the hall waits.
TEST_F(Log, CosignaturesBeforeTheirEntriesAreKept) {
  begin();
  laptop.push_cosignatures = false;
  laptop.meeting.all_keys(1);
  must(laptop.meeting.open(1));
  laptop.receive(wire::cosignature_push(laptop.meeting.checkpoints.rbegin()->second.cosignatures));
  laptop.push();
  laptop.pump();
  laptop.tick();
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
}

// ---- Conversation ---------------------------------------------------------------------------------------------------

// Harm: a command that nobody ever answers, or that is done twice.
TEST_F(Log, RequestsAreRepeatedUntilTheyAreAnsweredOnce) {
  laptop.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  laptop.start();
  laptop.connect();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.say("sign-in");
  EXPECT_EQ(laptop.replies("sign-in"), 0U);
  for (int i = 0; i < 3; ++i) {
    laptop.disconnect();
    laptop.connect();
  }
  EXPECT_EQ(laptop.submitted<SignIn>().size(), 4U);
  EXPECT_EQ(laptop.replies("sign-in"), 0U);
  laptop.instead = {};
  laptop.disconnect();
  laptop.connect();
  EXPECT_EQ(laptop.replies("sign-in"), 1U);
  EXPECT_TRUE(laptop.reply("sign-in").at("ok").as_bool());
  EXPECT_TRUE(laptop.session->record().presence(1).signed_in);
  // The reply comes with the entry in one's own log, not before it.
  std::size_t entry = 0, reply = 0;
  for (std::size_t i = 0; i < laptop.events.size(); ++i) {
    if (text(laptop.events[i], "type") == "SignIn" && laptop.events[i].at("person").to_number<PersonId>() == 1)
      entry = i;
    if (text(laptop.events[i], "command") == "sign-in") reply = i;
  }
  EXPECT_LT(entry, reply);
}

TEST_F(Log, BusyIsTriedAgainLater) {
  laptop.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  laptop.start();
  laptop.connect();
  int busy = 3;
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Submit>(request.what) || busy-- <= 0) return std::nullopt;
    return wire::refused(request.id, Refusal::kBusy);
  };
  laptop.say("sign-in");
  for (int i = 0; i < 5; ++i) laptop.tick();
  EXPECT_EQ(laptop.replies("sign-in"), 1U);
  EXPECT_TRUE(laptop.reply("sign-in").at("ok").as_bool());
}

TEST_F(Log, CommandsWaitUntilTheLogIsUpToDate) {
  laptop.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  laptop.start();
  laptop.say("sign-in");
  laptop.say("status");
  EXPECT_EQ(laptop.replies("sign-in"), 0U);
  EXPECT_EQ(laptop.replies("status"), 1U);
  laptop.connect();
  EXPECT_TRUE(laptop.reply("sign-in").at("ok").as_bool());
}

TEST_F(Log, EveryLineGetsExactlyOneReply) {
  begin();
  auto const lines = {"sign-in",
                      "open 1",
                      "close",
                      "declare",
                      "cast",
                      "vote 1 agree",
                      "draft",
                      "proposals",
                      "approve all",
                      "approve ff",
                      "paper 1 1 1 1 0 1 0 0",
                      "paper-submit",
                      "void all x",
                      "override 2 x",
                      "check 8",
                      "check-accept 1",
                      "check-refuse 1",
                      "verdict 1 agrees",
                      "spoil 1",
                      "not-voted yes",
                      "stop",
                      "change-trustee 1 2 x",
                      "sheet",
                      "tick 1 7KQ2-9XWT-M4ZD-8R5C",
                      "untick 1",
                      "interview 1 x",
                      "recuse 1 x",
                      "recuse-person 2 1 x",
                      "sign-out 2 x",
                      "close-meeting",
                      "export /nowhere/x",
                      "status",
                      "help",
                      "nonsense",
                      "\xff\xfe",
                      "vote x"};
  std::size_t expected = 0;
  for (auto const* line : lines) {
    laptop.say(line);
    EXPECT_EQ(laptop.seen("reply").size(), ++expected) << line;
  }
  laptop.say("");
  laptop.say("# comment");
  EXPECT_EQ(laptop.seen("reply").size(), expected);
  laptop.say(std::string(70'000, 'x'));
  EXPECT_EQ(text(laptop.seen("reply").back(), "code"), "TOO_LARGE");
}

TEST_F(Log, GarbageFromTheServerEndsTheConnectionOnly) {
  begin();
  laptop.receive(Bytes{0xff, 0xff, 0xff});
  EXPECT_TRUE(laptop.session->wants_reconnect());
  EXPECT_FALSE(laptop.session->halted());
}

// ---- Where the meeting is -------------------------------------------------------------------------------------------

TEST_F(Log, MovedIsHandedToTheHostAndIsNoReasonToStop) {
  laptop.meeting.begin();
  laptop.start();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::moved("[2001:db8::7]:7443");
  };
  laptop.connect();
  auto const to = laptop.session->take_moved();
  ASSERT_TRUE(to);
  EXPECT_EQ(*to, (meeting::SlipAddress{"2001:db8::7", 7443}));
  EXPECT_FALSE(laptop.session->take_moved()) << "once";
  EXPECT_FALSE(laptop.session->take_addresses());
  EXPECT_FALSE(laptop.session->halted());
  EXPECT_FALSE(laptop.session->wants_reconnect());
  laptop.disconnect();
  laptop.instead = {};
  laptop.connect();
  EXPECT_EQ(laptop.session->record().size(), laptop.meeting.entries.size());
}

// Harm: a connection that serves the meeting is left for another by one frame out of place.
TEST_F(Log, MovedAfterWelcomeOrAsAnAnswerIsNotFollowed) {
  begin();
  laptop.receive(wire::moved("192.0.2.10:7443"));
  EXPECT_TRUE(laptop.session->wants_reconnect());
  EXPECT_FALSE(laptop.session->take_moved());
}

TEST_F(Log, MovedToWhatIsNoAddressOnlyEndsTheConnection) {
  for (auto const& wrong : {std::string(), std::string("192.0.2.10"), std::string("192.0.2.10:0"),
                            std::string(" 192.0.2.10:7443"), std::string(300, 'a') + ":7443"}) {
    SessionFixture other;
    other.meeting.begin();
    other.start();
    other.instead = [&](wire::Request const&) -> std::optional<Bytes> { return wire::moved(wrong); };
    other.connect();
    EXPECT_TRUE(other.session->wants_reconnect()) << wrong;
    EXPECT_FALSE(other.session->take_moved());
    EXPECT_FALSE(other.session->halted());
  }
}

TEST_F(Log, WelcomeNamesWhereTheMeetingMayBeReached) {
  begin();
  EXPECT_TRUE(laptop.session->take_addresses().value().empty());
  laptop.disconnect();
  std::vector<std::string> told{"192.0.2.10:7443", "node-2.example:7443"};
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, laptop.meeting.manifest.meeting_id, laptop.meeting.entries.size(), 1, 1, {}, {},
                         told);
  };
  laptop.connect();
  std::vector<meeting::SlipAddress> const expected{{"192.0.2.10", 7443}, {"node-2.example", 7443}};
  EXPECT_EQ(laptop.session->take_addresses(), expected);
  EXPECT_FALSE(laptop.session->take_addresses()) << "once";
  // One that can not be read is what no server sends.
  laptop.disconnect();
  told.push_back("node-3");
  laptop.connect();
  EXPECT_TRUE(laptop.session->wants_reconnect());
  EXPECT_FALSE(laptop.session->take_addresses());
}

// Harm: the server says "done" to a request that was never made.
TEST_F(Log, AnswersToNothingChangeNothing) {
  begin();
  auto const before = laptop.events.size();
  laptop.receive(wire::accepted(4711, 0));
  laptop.receive(wire::relayed(4712));
  EXPECT_EQ(laptop.events.size(), before);
}

// ---- Proposals ------------------------------------------------------------------------------------------------------

// Harm: a manifest in which this person has somebody else's keys, signed by that very person.
TEST(Proposal, AManifestWithOtherKeysForThisPersonIsNotApproved) {
  SessionFixture laptop({}, 6);  // the chair
  laptop.start();
  laptop.connect();
  auto manifest = laptop.meeting.manifest;
  auto const propose = [&] {
    auto const entry = laptop.meeting.signed_by(manifest, {laptop.meeting.clerk()});
    auto const decoded = decode_entry(entry).value();
    laptop.receive(wire::proposal_push(proposal_id(decoded.type(), decoded.body_bytes), entry));
  };
  manifest.people[5].identity_key = SigningPublicKey{};
  manifest.people[5] = laptop.meeting.enrolled(manifest.people[5], 6);
  propose();
  ASSERT_EQ(laptop.seen("proposal").size(), 1U);
  EXPECT_TRUE(laptop.seen("proposal")[0].at("yours").as_bool()) << "the chair's own keys are right";

  auto const stranger = crypto::SigningKey::generate();
  auto const witness = crypto::SigningKey::generate();
  auto const box = crypto::BoxKey::generate();
  manifest.people[5].identity_key = stranger.public_key();
  manifest.people[5].witness_key = witness.public_key();
  manifest.people[5].box_key = box.public_key();
  manifest.people[5].possession = stranger.sign(
      {possession_input(manifest.meeting_id, 6, stranger.public_key(), witness.public_key(), box.public_key())});
  propose();
  ASSERT_EQ(laptop.seen("proposal").size(), 2U);
  EXPECT_FALSE(laptop.seen("proposal")[1].at("yours").as_bool());
  EXPECT_EQ(text(laptop.seen("proposal")[1], "refused"), "NOT_ON_ROLL");
  laptop.say("approve all");
  EXPECT_EQ(laptop.sent<wire::Countersign>().size(), 1U);
}

// ---- Disk -----------------------------------------------------------------------------------------------------------

// Harm: a request is sent that rests on a state which the disk has refused.
TEST_F(Log, NothingIsSentOnceTheWalletHasFailed) {
  begin();
  auto const said = laptop.requests.size();
  laptop.wallet.fail_after(0);
  laptop.open_batch();
  EXPECT_TRUE(laptop.session->fatal());
  EXPECT_EQ(laptop.requests.size(), said);
  laptop.wallet.heal();
  laptop.crash();
  EXPECT_FALSE(laptop.session->fatal());
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
}

}  // namespace
}  // namespace piaojue::test
