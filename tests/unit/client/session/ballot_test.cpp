// SPDX-License-Identifier: Apache-2.0
/// An expert's ballot from BatchOpen to Confirm, with trustees and a server that do wrong, and a laptop that dies.
#include <gtest/gtest.h>

#include "client/session/ballot_state.h"
#include "crypto/domain.h"
#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

class Ballots : public testing::Test {
 protected:
  explicit Ballots(MeetingOptions options = {.experts = 5, .batches = {2}}) : laptop(std::move(options)) {}
  void begin() {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
  }
  void to_tokens() {
    begin();
    laptop.open_batch();
    laptop.issue_all();
  }
  void to_cast(std::string const& choice = "agree") {
    to_tokens();
    laptop.vote_all(choice);
    laptop.say("cast");
    ASSERT_TRUE(laptop.reply("cast").at("ok").as_bool());
  }
  std::vector<std::string> kept_attempts() { return laptop.wallet.names("attempt/").value(); }
  client::BallotState opened_state() {
    auto const name = kept_attempts().at(0);
    auto const key = crypto::combine_keys(laptop.seal_keys.at(laptop.meeting.batch_open()),
                                          Secret::copy_of(Bytes(32, 7)), as_bytes(crypto::domain::kSeal));
    auto const plain = crypto::unseal(key, laptop.wallet.blobs().at(name), as_bytes(name)).value();
    return client::BallotState::parse(plain).value();
  }
  SessionFixture laptop;
};

TEST_F(Ballots, FromTokensToConfirmByItself) {
  to_tokens();
  ASSERT_EQ(laptop.seen("tokens").size(), 1U);
  laptop.vote_all("disagree");
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_EQ(laptop.seen("cast").size(), 1U);
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  EXPECT_EQ(kept_attempts().size(), 1U);
  laptop.box();
  ASSERT_EQ(laptop.submitted<Confirm>().size(), 1U);
  EXPECT_EQ(laptop.submitted<Confirm>()[0].rows, (std::map<QuestionId, bool>{{1, true}, {2, true}}));
  ASSERT_EQ(laptop.seen("confirmed").size(), 1U);
  EXPECT_TRUE(laptop.seen("confirmed")[0].at("ok").as_bool());
  // Harm: a laptop that is taken away the same evening still holds what joins its owner to a ballot.
  EXPECT_TRUE(kept_attempts().empty());
}

// ---- Trustees that do wrong -----------------------------------------------------------------------------------------

// Harm: a signature under another key is a mark on this voter's ballot.
TEST_F(Ballots, AWrongBlindSignatureIsNeverShownAndProvesItself) {
  begin();
  laptop.open_batch();
  Bytes wrong;
  laptop.issue(1, [&](BlindSigs& sigs) {
    // Under another question's key: of the right size and form.
    wrong = sigs.at(1);
    sigs[2] = wrong;
  });
  laptop.issue(0);
  laptop.issue(2);
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  auto const refused = laptop.seen("refused")[0];
  EXPECT_EQ(text(refused, "code"), "FINALIZE_FAILED");
  EXPECT_EQ(refused.at("trustee").to_number<TrusteeId>(), 1U);
  EXPECT_TRUE(laptop.seen("tokens").empty());
  // The proof: what was asked for, what was answered, and the trustee's signature over the answer.
  auto const proof = boost::json::parse(as_text(laptop.wallet.blobs().at(text(refused, "evidence")))).as_object();
  EXPECT_EQ(from_hex(text(proof, "blinded_msg")), laptop.blinded.at(2).at(1));
  EXPECT_EQ(from_hex(text(proof, "blind_sig")), wrong);
  auto const entry = decode_entry(from_hex(text(proof, "tokens_issued")).value()).value();
  auto const issued = std::get<TokensIssued>(entry.body);
  EXPECT_EQ(issued.trustee, 1U);
  EXPECT_FALSE(crypto::blind_rsa::raw_public_matches(laptop.meeting.record.ballot_context(2).token_keys[1],
                                                     laptop.blinded.at(2).at(1), wrong));
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "FINALIZE_FAILED");
  EXPECT_TRUE(laptop.submitted<EnvelopeCast>().empty());
}

// Harm: the server swaps an answer, and the trustee is blamed.
TEST_F(Ballots, AnAnswerThatItsTrusteeDidNotSignForIsNotUsed) {
  begin();
  laptop.open_batch();
  laptop.issue(0);
  laptop.issue(1, {}, [](BlindSigs& sigs) { sigs[1][5] ^= 1; });
  laptop.issue(2);
  EXPECT_TRUE(laptop.seen("tokens").empty());
  EXPECT_TRUE(laptop.seen("refused").empty());
  ASSERT_EQ(laptop.seen("warning").size(), 1U);
  EXPECT_EQ(text(laptop.seen("warning")[0], "kind"), "issued-mismatch");
  // The right one later is taken.
  auto const& attempt = laptop.meeting.attempt();
  BlindSigs sigs;
  for (auto const& [q, list] : laptop.blinded) {
    sigs[q] =
        crypto::blind_rsa::blind_sign(*laptop.meeting.trustee_keys.at({1, 1, 1}).token_keys.at(q), list.at(1)).value();
  }
  std::uint64_t index = 0;
  for (std::uint64_t i = 0; i < laptop.meeting.entries.size(); ++i) {
    auto const entry = decode_entry(laptop.meeting.entries[i]).value();
    auto const* const issued = std::get_if<TokensIssued>(&entry.body);
    if (issued && issued->trustee == 1 && issued->batch_open == attempt.open_hash) index = i;
  }
  laptop.receive(wire::issued_push(index, meeting::encode_issued_payload(sigs)));
  EXPECT_EQ(laptop.seen("tokens").size(), 1U);
}

// Harm: a key that marks a voter, because it is small, weak, or was used for another question.
TEST_F(Ballots, MalformedAndRepeatedTokenKeysStopTheProgram) {
  for (int which = 0; which < 3; ++which) {
    SessionFixture one({.experts = 5, .batches = {2}});
    one.meeting.begin();
    one.start();
    one.connect();
    must(one.meeting.keys(1, 0));
    one.push();
    auto body = one.meeting.make_keys(1, 1);
    auto& modulus = body.token_keys.at(2);
    if (which == 0) modulus = body.token_keys.at(1);
    if (which == 1) modulus = one.meeting.record.pending_keys().at({1, 0}).keys.token_keys.at(1);
    if (which == 2) {
      modulus.back() = 0x03;  // divisible by 3 after the next lines
      auto const remainder = [&] {
        unsigned r = 0;
        for (auto const byte : modulus) r = (r * 256 + byte) % 3;
        return r;
      };
      while (remainder() != 0) modulus.back() = static_cast<std::uint8_t>(modulus.back() + 2);
    }
    one.push_entry(one.meeting.signed_by(body, {one.meeting.manifest.trustees.at(1)}));
    ASSERT_TRUE(one.session->halted()) << which;
    EXPECT_NE(text(one.seen("split").at(0), "detail").find("KEY_PARAM"), std::string::npos) << which;
  }
}

// ---- The paper ------------------------------------------------------------------------------------------------------

TEST_F(Ballots, OnlyACompletePaperIsCast) {
  to_tokens();
  laptop.say("vote 2 agree");
  EXPECT_EQ(laptop.reply("vote").at("chosen").to_number<int>(), 1);
  laptop.say("cast");
  EXPECT_FALSE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_NE(text(laptop.reply("cast"), "detail").find(": 1"), std::string::npos);
  laptop.say("vote 3 agree");
  EXPECT_EQ(text(laptop.reply("vote"), "code"), "UNKNOWN");
  EXPECT_TRUE(laptop.submitted<EnvelopeCast>().empty());
}

TEST_F(Ballots, CastingBeforeTheTokensIsRefusedAndLosesNothing) {
  begin();
  laptop.open_batch();
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "WRONG_PHASE");
  laptop.issue_all();
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
}

// Harm: whoever reads a screen, a pipe or a log of this program knows how its owner voted.
TEST_F(Ballots, NoEventEverCarriesAChoice) {
  to_cast("disagree");
  laptop.others_cast();
  laptop.say("status");
  laptop.crash();
  laptop.say("status");
  for (auto const& event : laptop.events) {
    auto const line = boost::json::serialize(event);
    EXPECT_EQ(line.find("disagree"), std::string::npos) << line;
    EXPECT_EQ(line.find("不同意"), std::string::npos) << line;
  }
}

// Harm: a laptop that is opened by force tells the vote, or its size does.
TEST(BallotState, WhatIsKeptIsTheSameWhateverWasVoted) {
  std::map<std::string, std::size_t> sizes;
  std::map<std::string, std::vector<std::size_t>> frame_sizes;
  for (auto const* choice : {"agree", "disagree", "abstain"}) {
    SessionFixture laptop({.experts = 5, .batches = {2}});
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
    laptop.open_batch();
    laptop.issue_all();
    laptop.vote_all(choice);
    laptop.say("cast");
    auto const name = laptop.wallet.names("attempt/").value().at(0);
    sizes[choice] = laptop.wallet.blobs().at(name).size();
    for (auto const& submit : laptop.sent<wire::Submit>()) frame_sizes[choice].push_back(submit.payload.size());
    // Under the seal: keys, prefixes, tokens and hashes; no r^−1 and no z any more, no ciphertext, no choice.
    auto const key = crypto::combine_keys(laptop.seal_keys.at(laptop.meeting.batch_open()),
                                          Secret::copy_of(Bytes(32, 7)), as_bytes(crypto::domain::kSeal));
    auto const plain = crypto::unseal(key, laptop.wallet.blobs().at(name), as_bytes(name)).value();
    auto const state = client::BallotState::parse(plain).value();
    std::size_t expected = 4 + 32 + 4 + 4 + 4;
    for (auto const& question : state.questions) {
      EXPECT_TRUE(question.inv.empty());
      EXPECT_TRUE(question.blinded.empty());
      expected += 4 + 32 + 32 + state.hops * (4 + 4 + 4 + 256);
    }
    for (auto const& cast : state.casts) expected += 4 + 32 + 4 + cast.ballots.size() * (4 + 32);
    EXPECT_EQ(plain.size(), expected) << "every byte is accounted for";
    for (auto const& [other, blob] : laptop.wallet.blobs()) {
      EXPECT_FALSE(as_text(blob).find(choice) != std::string_view::npos) << other;
    }
  }
  EXPECT_EQ(sizes["agree"], sizes["disagree"]);
  EXPECT_EQ(sizes["agree"], sizes["abstain"]);
  EXPECT_EQ(frame_sizes["agree"], frame_sizes["disagree"]);
  EXPECT_EQ(frame_sizes["agree"], frame_sizes["abstain"]);
}

// Harm: the client's half alone opens what a thief finds.
TEST_F(Ballots, TheSealWantsBothKeys) {
  to_cast();
  auto const name = kept_attempts().at(0);
  auto const& blob = laptop.wallet.blobs().at(name);
  auto const own = Secret::copy_of(Bytes(32, 7));
  EXPECT_FALSE(crypto::unseal(own, blob, as_bytes(name)));
  EXPECT_FALSE(crypto::unseal(crypto::combine_keys(Secret::copy_of(Bytes(32, 0)), own, as_bytes(crypto::domain::kSeal)),
                              blob, as_bytes(name)));
  EXPECT_EQ(opened_state().casts.size(), 1U);
}

TEST_F(Ballots, ALaterPaperReplacesTheOneBefore) {
  to_cast("agree");
  laptop.vote_all("disagree");
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
  ASSERT_EQ(laptop.submitted<EnvelopeCast>().size(), 2U);
  EXPECT_EQ(laptop.submitted<EnvelopeCast>()[1].sequence, 1U);
  // Marks are gone once they are sealed: another paper is marked from its beginning.
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "MALFORMED");
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (std::map<QuestionId, bool>{{1, true}, {2, true}}));
}

// ---- The box --------------------------------------------------------------------------------------------------------

// Harm: the first trustee counts what the voter had thought better of.
TEST_F(Ballots, AnEarlierBallotInTheBoxIsMissing) {
  to_cast("agree");
  auto const first = laptop.meeting.experts[1].onions;
  laptop.vote_all("disagree");
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  laptop.meeting.experts[1].onions[1] = first.at(1);
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (std::map<QuestionId, bool>{{1, false}, {2, true}}));
  EXPECT_FALSE(laptop.seen("confirmed").at(0).at("ok").as_bool());
  EXPECT_EQ(laptop.seen("confirmed")[0].at("missing").as_array().size(), 1U);
}

// Harm: a dropped vote that nobody misses.
TEST_F(Ballots, ABallotThatIsNotThereIsMissing) {
  to_cast("agree");
  auto const state = opened_state();
  auto const gone = state.casts.at(0).ballots.at(2);
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box([&](BallotBox& box) {
    auto& two = box.boxes.at(2);
    std::erase_if(two.ballots, [&](Bytes const& ballot) { return crypto::sha256({ballot}) == gone; });
    two.refused[static_cast<std::uint32_t>(Refusal::kBallotToken)] = 1;
  });
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (std::map<QuestionId, bool>{{1, true}, {2, false}}));
}

// Harm: a minted ballot that everybody confirms because his own is there.
TEST_F(Ballots, ABoxWithABallotThatMayNotBeThereIsConfirmedByNobody) {
  to_cast("agree");
  laptop.meeting.tamper_ballot = [](PersonId person, QuestionId q, Bytes& ballot) {
    // One bit of the last trustee's token: the ballot's own signature no longer holds either.
    if (person == 3 && q == 1) ballot[1 + 4 + 32 + 32 + 2 * 256 + 17] ^= 1;
  };
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box([&](BallotBox& box) {
    auto& one = box.boxes.at(1);
    one.refused.clear();
    one.ballots = laptop.meeting.items.at(1);
    std::ranges::sort(one.ballots);
  });
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_TRUE(text(laptop.seen("refused")[0], "code").starts_with("BALLOT_"));
}

TEST_F(Ballots, NothingIsConfirmedBeforeTheBoxIsWitnessed) {
  to_cast();
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.push_cosignatures = false;
  laptop.box();
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
  laptop.push_cosignatures = true;
  laptop.push();
  laptop.pump();
  laptop.tick();
  EXPECT_EQ(laptop.submitted<Confirm>().size(), 1U);
}

TEST_F(Ballots, OnlyLiveQuestionsAreConfirmed) {
  to_cast();
  laptop.others_cast();
  laptop.close();
  must(laptop.meeting.void_questions({1}));
  laptop.push();
  laptop.pump();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (std::map<QuestionId, bool>{{2, true}}));
}

// ---- Restarts -------------------------------------------------------------------------------------------------------

// kill -9 after every stage, and with each write of the wallet failing in turn. Harm: a voter who is shut out by a
// power cut, or who asks for tokens twice and is refused.
TEST(Restart, AtEveryStageTheVoteGoesOn) {
  for (int stage = 0; stage < 7; ++stage) {
    SCOPED_TRACE(stage);
    SessionFixture laptop({.experts = 5, .batches = {2}});
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
    auto const at = [&](int here) {
      if (here == stage) laptop.crash();
    };
    at(0);
    laptop.open_batch();
    at(1);
    laptop.issue(0);
    at(2);
    laptop.issue(1);
    laptop.issue(2);
    at(3);
    laptop.vote_all("agree");
    laptop.say("cast");
    EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
    at(4);
    laptop.others_cast();
    laptop.close();
    at(5);
    laptop.mix();
    at(6);
    laptop.box();
    // Requests may be repeated, but they are one: the same digest.
    std::set<Hash> digests;
    for (auto const& request : laptop.submitted<TokenRequest>()) digests.insert(request.digest);
    EXPECT_EQ(digests.size(), 1U);
    ASSERT_GE(laptop.submitted<Confirm>().size(), 1U);
    EXPECT_EQ(laptop.submitted<Confirm>()[0].rows, (std::map<QuestionId, bool>{{1, true}, {2, true}}));
    EXPECT_TRUE(laptop.wallet.names("attempt/").value().empty());
  }
}

TEST(Restart, WithEveryWriteFailingInTurnTheVoteGoesOn) {
  for (std::size_t failing = 0; failing < 24; ++failing) {
    for (bool const applied : {false, true}) {
      SCOPED_TRACE(failing);
      SessionFixture laptop({.experts = 5, .batches = {1}});
      laptop.meeting.begin();
      laptop.start();
      laptop.connect();
      laptop.wallet.fail_after(failing, applied);
      auto const heal = [&] {
        if (!laptop.session->fatal()) return;
        laptop.wallet.heal();
        laptop.crash();
      };
      laptop.open_batch();
      heal();
      for (TrusteeId const trustee : {0U, 1U, 2U}) {
        laptop.issue(trustee);
        heal();
      }
      for (int i = 0; i < 2 && laptop.seen("cast").empty(); ++i) {
        laptop.vote_all("agree");
        laptop.say("cast");
        heal();
      }
      laptop.others_cast();
      heal();
      laptop.close();
      heal();
      laptop.mix();
      heal();
      laptop.box();
      heal();
      std::set<Hash> digests;
      for (auto const& request : laptop.submitted<TokenRequest>()) digests.insert(request.digest);
      EXPECT_EQ(digests.size(), 1U) << "one request an attempt";
      ASSERT_TRUE(laptop.meeting.attempt().confirms.contains(1));
      EXPECT_TRUE(laptop.meeting.attempt().confirms.at(1).rows.at(1));
      laptop.wallet.heal();
      laptop.crash();
      EXPECT_TRUE(laptop.wallet.names("attempt/").value().empty());
    }
  }
}

// The paper was sealed and kept, and the power went before the server had it. Harm: the ballot of the paper before,
// which does count, is reported as missing.
TEST_F(Ballots, APaperThatNeverArrivedDoesNotHideTheOneThatDid) {
  to_cast("agree");
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.vote_all("disagree");
  laptop.say("cast");
  EXPECT_EQ(opened_state().casts.size(), 2U);
  laptop.instead = {};
  laptop.crash();
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (std::map<QuestionId, bool>{{1, true}, {2, true}}));
}

// Harm: a second request, which is refused and stays in the record as an incident against this person.
TEST_F(Ballots, ALaptopWithoutItsStateDoesNotAskForTokensAgain) {
  to_tokens();
  ASSERT_TRUE(laptop.wallet.erase(kept_attempts().at(0)));
  auto const asked = laptop.submitted<TokenRequest>().size();
  laptop.crash();
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), asked);
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_EQ(text(laptop.seen("refused")[0], "code"), "ALREADY_ISSUED");
}

TEST_F(Ballots, AVoidedAttemptIsForgottenAndTheNextOneBeginsAnew) {
  to_cast();
  auto const first = laptop.blinded;
  must(laptop.meeting.void_questions({1, 2}));
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(kept_attempts().empty());
  laptop.open_batch();
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 2U);
  EXPECT_NE(laptop.blinded, first);
  laptop.issue_all();
  EXPECT_EQ(laptop.seen("tokens").size(), 2U);
}

// ---- State at rest --------------------------------------------------------------------------------------------------

TEST(BallotState, AnythingButAWholeStateIsRefused) {
  piaojue::init();
  client::BallotState state;
  state.hops = 2;
  client::QuestionSecret question(4, crypto::SigningKey::generate(), {});
  question.blinded = {Bytes(256, 1), Bytes(256, 2)};
  question.inv.push_back(Secret::random(256));
  question.inv.push_back(Secret::random(256));
  question.tokens = {Bytes(256, 3), Bytes{}};
  state.questions.push_back(std::move(question));
  state.casts.push_back({1, Hash{}, {{4, Hash{}}}});
  auto const whole = state.serialise();
  auto const again = client::BallotState::parse(whole).value();
  EXPECT_TRUE(again.serialise().equals(whole.view()));
  EXPECT_TRUE(again.has_tokens(0));
  EXPECT_FALSE(again.has_tokens(1));
  EXPECT_FALSE(again.ready());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(client::BallotState::parse(Secret::copy_of(whole.view().first(size)))) << size;
  }
  Bytes longer = to_bytes(whole.view());
  longer.push_back(0);
  EXPECT_FALSE(client::BallotState::parse(Secret::copy_of(longer)));
}

}  // namespace
}  // namespace piaojue::test
