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
    desk.meeting.begin();
    desk.start();
    desk.connect();
  }
  /// Nothing is signed, said or asked any more, now or after a restart, and the two notes are kept.
  void expect_halted(Refusal code) {
    ASSERT_TRUE(desk.session->halted());
    EXPECT_EQ(*desk.session->halted(), code);
    ASSERT_EQ(desk.seen("split").size(), 1U);
    EXPECT_EQ(text(desk.seen("split")[0], "code"), piaojue::name(code));
    EXPECT_TRUE(desk.wallet.blobs().contains("evidence/split"));
    auto const said = desk.requests.size();
    desk.say("sign-out");
    EXPECT_EQ(text(desk.reply("sign-out"), "code"), piaojue::name(code));
    desk.tick();
    EXPECT_EQ(desk.requests.size(), said);
    desk.crash();
    EXPECT_EQ(desk.session->halted(), code);
    EXPECT_EQ(desk.requests.size(), said);
  }
  Desk desk;
};

TEST_F(Log, TheWholeLogIsFollowedCosignedAndKept) {
  begin();
  EXPECT_EQ(desk.session->record().size(), desk.meeting.entries.size());
  EXPECT_EQ(desk.session->record().tree().root(), desk.meeting.record.tree().root());
  auto const cosigned = desk.sent<wire::Cosign>();
  ASSERT_EQ(cosigned.size(), 1U);
  EXPECT_EQ(cosigned[0].cosignature.root, desk.meeting.record.tree().root());
  EXPECT_TRUE(log::verify_cosignature(cosigned[0].cosignature, desk.meeting.manifest.origin(),
                                      desk.meeting.keys_of(1).witness.public_key()));
  // Restart: the same cosignature again, not a second one at another time.
  desk.crash();
  EXPECT_EQ(desk.session->record().size(), desk.meeting.entries.size());
  ASSERT_EQ(desk.sent<wire::Cosign>().size(), 2U);
  EXPECT_EQ(desk.sent<wire::Cosign>()[1].cosignature, cosigned[0].cosignature);
}

// Harm: this laptop is shown one log, another laptop another.
TEST_F(Log, EqualSizeWithAnotherRootIsASplit) {
  begin();
  auto const size = desk.meeting.entries.size();
  desk.receive(wire::log_push(size, {}, desk.sign_note(size, crypto::sha256({as_bytes("other")}))));
  auto const evidence = boost::json::parse(as_text(desk.wallet.blobs().at("evidence/split"))).as_object();
  for (auto const* note : {"server_says", "held_before"}) {
    EXPECT_TRUE(log::open_checkpoint(text(evidence, note), desk.meeting.manifest.origin(),
                                     desk.meeting.manifest.checkpoint_key))
        << note;
  }
  EXPECT_NE(text(evidence, "server_says"), text(evidence, "held_before"));
  expect_halted(Refusal::kLogSplit);
}

TEST_F(Log, ACheckpointOfAnotherTreeThanTheEntriesIsRefused) {
  begin();
  must(desk.meeting.sign_out(2));
  desk.push_entry(desk.meeting.entries.back(), desk.sign_note(desk.meeting.entries.size(), Hash{}));
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: another witness was shown another log, and this program is the only one that can notice.
TEST_F(Log, AWitnessWhoCosignedAnotherTreeIsASplit) {
  begin();
  log::Checkpoint const other{desk.meeting.manifest.origin(), 3, crypto::sha256({as_bytes("other")})};
  desk.receive(wire::cosignature_push({log::cosign(other, 2, 1, desk.meeting.keys_of(2).witness)}));
  expect_halted(Refusal::kLogSplit);
}

TEST_F(Log, AForgedCosignatureStopsNobody) {
  begin();
  log::Checkpoint const other{desk.meeting.manifest.origin(), 3, crypto::sha256({as_bytes("other")})};
  desk.receive(wire::cosignature_push({log::cosign(other, 2, 1, desk.meeting.keys_of(3).witness)}));
  EXPECT_FALSE(desk.session->halted());
}

// A server put back from an older copy. Harm: what was acknowledged is forgotten, and nobody says so.
TEST_F(Log, AServerWithLessThanIsHeldHereIsRefused) {
  begin();
  desk.disconnect();
  desk.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, desk.meeting.manifest.meeting_id, desk.meeting.entries.size() - 1, 1, 1);
  };
  desk.connect();
  desk.instead = {};
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, AServerThatSaysItHasLessIsBelieved) {
  begin();
  desk.disconnect();
  desk.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::refused(request.id, Refusal::kLogInconsistent);
  };
  desk.connect();
  desk.instead = {};
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, ASmallerCheckpointAfterALargerOneIsRefused) {
  begin();
  desk.receive(wire::log_push(2, {}, desk.sign_note(2, desk.meeting.record.tree().root(2))));
  expect_halted(Refusal::kLogInconsistent);
}

TEST_F(Log, AnEntryThatIsAnotherThanBeforeIsRefused) {
  begin();
  std::vector<wire::EntryBytes> const list{std::make_shared<Bytes const>(desk.meeting.entries[1])};
  desk.receive(wire::log_push(2, list, {}));
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: the server appends what its own rules forbid, and this laptop cosigns it.
TEST_F(Log, AnEntryThatOwnRulesRefuseIsNeverCosigned) {
  begin();
  auto const sign_in = desk.meeting.signed_by(SignIn{desk.meeting.record.meeting(), 2, 0}, {2});
  desk.push_entry(sign_in);
  EXPECT_NE(text(desk.seen("split").at(0), "detail").find("CONFLICT"), std::string::npos);
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: a slip of one meeting, and the manifest of another under the same server.
TEST_F(Log, TheManifestOfAnotherMeetingIsRefused) {
  Desk other;
  other.meeting.begin();
  desk.meeting.begin();
  desk.start();
  desk.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Hello>(request.what)) return std::nullopt;
    return wire::welcome(request.id, desk.meeting.manifest.meeting_id, 1, 1, 1);
  };
  desk.connect();
  desk.instead = {};
  desk.push_entry(other.meeting.entries[0]);
  expect_halted(Refusal::kLogInconsistent);
}

// Harm: a stranger's note raises an alarm that stops the meeting.
TEST_F(Log, AForgedCheckpointOnlyEndsTheConnection) {
  begin();
  auto const size = desk.meeting.entries.size();
  auto const note =
      log::sign_checkpoint({desk.meeting.manifest.origin(), size, Hash{}}, desk.meeting.keys_of(2).witness);
  desk.receive(wire::log_push(size, {}, note));
  EXPECT_FALSE(desk.session->halted());
  EXPECT_TRUE(desk.session->wants_reconnect());
  desk.disconnect();
  EXPECT_FALSE(desk.session->wants_reconnect());
}

TEST_F(Log, AGapIsAskedForAgain) {
  begin();
  must(desk.meeting.sign_out(2));
  must(desk.meeting.sign_out(3));
  std::vector<wire::EntryBytes> const list{std::make_shared<Bytes const>(desk.meeting.entries.back())};
  desk.receive(wire::log_push(desk.meeting.entries.size() - 1, list, desk.meeting.note()));
  EXPECT_EQ(desk.sent<wire::Hello>().size(), 2U);
  EXPECT_EQ(desk.session->record().size(), desk.meeting.entries.size());
}

// Entries reached the disk, their checkpoint did not. Harm: a laptop that can never cosign what everybody waits for.
TEST_F(Log, EntriesWithoutTheirCheckpointAreAskedForAgain) {
  begin();
  auto const before = desk.meeting.entries.size();
  must(desk.meeting.sign_out(2));
  desk.push_entry(desk.meeting.entries.back());
  desk.session->command("status");
  desk.session.reset();
  desk.wallet.crash(desk.wallet.unsynced());
  desk.start();
  desk.connect();
  EXPECT_EQ(desk.sent<wire::Hello>().back().next_index, before);
  EXPECT_FALSE(desk.session->halted());
}

// Harm: a vote is asked for in a room that only this laptop sees.
TEST_F(Log, NothingIsAskedForBeforeBatchOpenIsWitnessed) {
  begin();
  desk.push_cosignatures = false;
  desk.open_batch();
  EXPECT_TRUE(desk.sent<wire::GetSealKey>().empty());
  EXPECT_TRUE(desk.submitted<TokenRequest>().empty());
  // All but one of those that are needed.
  auto const& room = desk.meeting.checkpoints.rbegin()->second.cosignatures;
  auto const needed = cosignatures_needed(static_cast<std::uint32_t>(room.size()));
  std::vector<log::Cosignature> others;
  for (auto const& one : room) {
    if (one.person != desk.me) others.push_back(one);
  }
  others.resize(needed - 2);  // this program's own is one
  desk.receive(wire::cosignature_push(others));
  EXPECT_TRUE(desk.submitted<TokenRequest>().empty());
  desk.receive(wire::cosignature_push(room));
  EXPECT_EQ(desk.submitted<TokenRequest>().size(), 1U);
}

// Harm: cosignatures that came a moment early are lost, and the room waits.
TEST_F(Log, CosignaturesBeforeTheirEntriesAreKept) {
  begin();
  desk.push_cosignatures = false;
  desk.meeting.all_keys(1);
  must(desk.meeting.open(1));
  desk.receive(wire::cosignature_push(desk.meeting.checkpoints.rbegin()->second.cosignatures));
  desk.push();
  desk.pump();
  desk.tick();
  EXPECT_EQ(desk.submitted<TokenRequest>().size(), 1U);
}

// ---- Conversation ---------------------------------------------------------------------------------------------------

// Harm: a command that nobody ever answers, or that is done twice.
TEST_F(Log, RequestsAreRepeatedUntilTheyAreAnsweredOnce) {
  desk.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  desk.start();
  desk.connect();
  desk.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  desk.say("sign-in");
  EXPECT_EQ(desk.replies("sign-in"), 0U);
  for (int i = 0; i < 3; ++i) {
    desk.disconnect();
    desk.connect();
  }
  EXPECT_EQ(desk.submitted<SignIn>().size(), 4U);
  EXPECT_EQ(desk.replies("sign-in"), 0U);
  desk.instead = {};
  desk.disconnect();
  desk.connect();
  EXPECT_EQ(desk.replies("sign-in"), 1U);
  EXPECT_TRUE(desk.reply("sign-in").at("ok").as_bool());
  EXPECT_TRUE(desk.session->record().presence(1).signed_in);
  // The reply comes with the entry in one's own log, not before it.
  std::size_t entry = 0, reply = 0;
  for (std::size_t i = 0; i < desk.events.size(); ++i) {
    if (text(desk.events[i], "type") == "SignIn" && desk.events[i].at("person").to_number<PersonId>() == 1) entry = i;
    if (text(desk.events[i], "command") == "sign-in") reply = i;
  }
  EXPECT_LT(entry, reply);
}

TEST_F(Log, BusyIsTriedAgainLater) {
  desk.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  desk.start();
  desk.connect();
  int busy = 3;
  desk.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Submit>(request.what) || busy-- <= 0) return std::nullopt;
    return wire::refused(request.id, Refusal::kBusy);
  };
  desk.say("sign-in");
  for (int i = 0; i < 5; ++i) desk.tick();
  EXPECT_EQ(desk.replies("sign-in"), 1U);
  EXPECT_TRUE(desk.reply("sign-in").at("ok").as_bool());
}

TEST_F(Log, CommandsWaitUntilTheLogIsUpToDate) {
  desk.meeting.begin({2, 3, 4, 5, 6, 7, 8, 9});
  desk.start();
  desk.say("sign-in");
  desk.say("status");
  EXPECT_EQ(desk.replies("sign-in"), 0U);
  EXPECT_EQ(desk.replies("status"), 1U);
  desk.connect();
  EXPECT_TRUE(desk.reply("sign-in").at("ok").as_bool());
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
                      "void-lost x",
                      "override silent 2 x",
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
    desk.say(line);
    EXPECT_EQ(desk.seen("reply").size(), ++expected) << line;
  }
  desk.say("");
  desk.say("# comment");
  EXPECT_EQ(desk.seen("reply").size(), expected);
  desk.say(std::string(70'000, 'x'));
  EXPECT_EQ(text(desk.seen("reply").back(), "code"), "TOO_LARGE");
}

TEST_F(Log, GarbageFromTheServerEndsTheConnectionOnly) {
  begin();
  desk.receive(Bytes{0xff, 0xff, 0xff});
  EXPECT_TRUE(desk.session->wants_reconnect());
  EXPECT_FALSE(desk.session->halted());
}

// Harm: the server says "done" to a request that was never made.
TEST_F(Log, AnswersToNothingChangeNothing) {
  begin();
  auto const before = desk.events.size();
  desk.receive(wire::accepted(4711, 0));
  desk.receive(wire::seal_key(4712, Bytes(32, 1)));
  EXPECT_EQ(desk.events.size(), before);
}

// ---- Proposals ------------------------------------------------------------------------------------------------------

// Harm: a manifest in which this person has somebody else's keys, signed by that very person.
TEST(Proposal, AManifestWithOtherKeysForThisPersonIsNotApproved) {
  Desk desk({}, 6);  // the chair
  desk.start();
  desk.connect();
  auto manifest = desk.meeting.manifest;
  auto const propose = [&] {
    auto const entry = desk.meeting.signed_by(manifest, {desk.meeting.clerk()});
    auto const decoded = decode_entry(entry).value();
    desk.receive(wire::proposal_push(proposal_id(decoded.type(), decoded.body_bytes), entry));
  };
  manifest.people[5].identity_key = SigningPublicKey{};
  manifest.people[5] = desk.meeting.enrolled(manifest.people[5], 6);
  propose();
  ASSERT_EQ(desk.seen("proposal").size(), 1U);
  EXPECT_TRUE(desk.seen("proposal")[0].at("yours").as_bool()) << "the chair's own keys are right";

  auto const stranger = crypto::SigningKey::generate();
  auto const witness = crypto::SigningKey::generate();
  manifest.people[5].identity_key = stranger.public_key();
  manifest.people[5].witness_key = witness.public_key();
  manifest.people[5].possession =
      stranger.sign({possession_input(manifest.meeting_id, 6, stranger.public_key(), witness.public_key())});
  propose();
  ASSERT_EQ(desk.seen("proposal").size(), 2U);
  EXPECT_FALSE(desk.seen("proposal")[1].at("yours").as_bool());
  EXPECT_EQ(text(desk.seen("proposal")[1], "refused"), "NOT_ON_ROLL");
  desk.say("approve all");
  EXPECT_EQ(desk.sent<wire::Countersign>().size(), 1U);
}

// ---- Disk -----------------------------------------------------------------------------------------------------------

// Harm: a request is sent that rests on a state which the disk has refused.
TEST_F(Log, NothingIsSentOnceTheWalletHasFailed) {
  begin();
  auto const said = desk.requests.size();
  desk.wallet.fail_after(0);
  desk.open_batch();
  EXPECT_TRUE(desk.session->fatal());
  EXPECT_EQ(desk.requests.size(), said);
  desk.wallet.heal();
  desk.crash();
  EXPECT_FALSE(desk.session->fatal());
  EXPECT_EQ(desk.submitted<TokenRequest>().size(), 1U);
}

}  // namespace
}  // namespace piaojue::test
