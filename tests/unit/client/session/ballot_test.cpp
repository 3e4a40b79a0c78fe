// SPDX-License-Identifier: Apache-2.0
/// An expert's ballot from BatchOpen to Confirm, with trustees and a server that do wrong, and a laptop that dies.
#include <gtest/gtest.h>

#include "client/session/ballot_state.h"
#include "crypto/seal.h"
#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;
using meeting::HeldHalves;
using meeting::RelayKind;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

using Rows = std::map<QuestionId, ConfirmVerdict>;
constexpr auto kOk = ConfirmVerdict::kOk;
constexpr auto kMissing = ConfirmVerdict::kMissing;
constexpr auto kNotCast = ConfirmVerdict::kNotCast;

/// What the laptop keeps of attempt 1 of batch 1, under its own key and the half that the server holds.
Secret opened(SessionFixture& laptop) {
  std::string const name = "attempt/1/1";
  auto const key = crypto::combine_keys(Secret::copy_of(Bytes(32, 7)), laptop.half({1, 1}).value());
  return crypto::unseal(key, laptop.wallet.blobs().at(name), as_bytes(name)).value();
}

/// Everybody else votes; in the box of question 1 stands a ballot that is not valid.
void to_a_minted_box(SessionFixture& laptop) {
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
  client::BallotState opened_state() { return client::BallotState::parse(opened(laptop)).value(); }
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
  EXPECT_EQ(laptop.submitted<Confirm>()[0].rows, (Rows{{1, kOk}, {2, kOk}}));
  ASSERT_EQ(laptop.seen("looked").size(), 1U);
  EXPECT_TRUE(laptop.seen("looked")[0].at("ok").as_bool());
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
  EXPECT_EQ(laptop.reply("vote").at("marked").to_number<int>(), 1);
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
    ASSERT_EQ(name, "attempt/1/1");
    sizes[choice] = laptop.wallet.blobs().at(name).size();
    for (auto const& submit : laptop.sent<wire::Submit>()) frame_sizes[choice].push_back(submit.payload.size());
    // Under the seal, once the envelope is sealed: the keys, the onions as they are sent, and hashes. What they were
    // made with is gone: tokens, prefixes, private keys, r^−1 and z, the ciphertexts' r, the choice, the onions' seed.
    auto const plain = opened(laptop);
    auto const state = client::BallotState::parse(plain).value();
    EXPECT_TRUE(state.questions.empty());
    ASSERT_TRUE(state.envelope);
    std::size_t const expected = 4 + 32 + 4 + 4 + (4 + 2 * (4 + 32)) + 4 +
                                 (4 + 32 + 4 + state.envelope->payload.size() + 4 + 2 * (4 + 32)) + 4 + 4;
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

// Harm: the laptop alone, or the server's memory with a stolen disk, opens what joins its owner to a ballot.
TEST_F(Ballots, TheSealWantsTheOwnKeyAndTheHalf) {
  to_cast();
  auto const name = kept_attempts().at(0);
  auto const& blob = laptop.wallet.blobs().at(name);
  auto const own = Secret::copy_of(Bytes(32, 7));
  auto const half = laptop.half({1, 1}).value();
  EXPECT_FALSE(crypto::unseal(own, blob, as_bytes(name)));
  EXPECT_FALSE(crypto::unseal(half, blob, as_bytes(name)));
  EXPECT_FALSE(crypto::unseal(crypto::combine_keys(Secret::copy_of(Bytes(32, 0)), half), blob, as_bytes(name)));
  EXPECT_EQ(opened_state().cast, 0U);
}

// ---- Halves ---------------------------------------------------------------------------------------------------------

// Harm: a laptop that loses power has asked for tokens that nobody can ever use, and its person is shut out.
TEST_F(Ballots, NoRequestLeavesBeforeSomebodyHoldsTheHalf) {
  begin();
  laptop.holds_halves = false;
  laptop.open_batch();
  EXPECT_EQ(laptop.relayed_to(kServer, RelayKind::kDeposit).size(), 1U);
  EXPECT_TRUE(laptop.submitted<TokenRequest>().empty());
  laptop.holds_halves = true;
  laptop.disconnect();
  laptop.connect();
  EXPECT_EQ(laptop.relayed_to(kServer, RelayKind::kDeposit).size(), 2U) << "again after every Hello";
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
}

TEST_F(Ballots, AfterARestartTheHalfIsWithdrawnAndOnlyTheRightOneOpens) {
  to_tokens();
  laptop.vote_all("agree");
  laptop.say("cast");
  auto const before = laptop.half({1, 1}).value();
  // The server gives back a half of its own making first: it opens nothing, and so it is none.
  auto kept = std::exchange(laptop.halves, HeldHalves());
  must(laptop.halves.take(1, laptop.meeting.keys_of(1).box.public_key(), {1, 1}, Secret::random(32)));
  laptop.crash();
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_EQ(text(laptop.seen("refused")[0], "code"), "STORAGE");
  laptop.halves = std::move(kept);
  laptop.crash();
  EXPECT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_TRUE(laptop.half({1, 1}).value().equals(before.view())) << "it is the same one all through the attempt";
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kOk}, {2, kOk}}));
}

// Harm: a server that keeps the half back has the laptop begin anew, and takes both requests for its own.
TEST_F(Ballots, UntilTheHalfIsBackNothingIsDone) {
  to_tokens();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    auto const* relay = std::get_if<wire::Relay>(&request.what);
    if (relay == nullptr || relay->kind != RelayKind::kWithdraw) return std::nullopt;
    return wire::relayed(request.id);
  };
  laptop.crash();
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "WRONG_PHASE");
  laptop.instead = {};
  laptop.disconnect();
  laptop.connect();
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
}

// ---- Cast once ------------------------------------------------------------------------------------------------------

TEST_F(Ballots, APaperIsCastOnce) {
  to_cast("agree");
  laptop.say("vote 1 disagree");
  EXPECT_EQ(text(laptop.reply("vote"), "code"), "CONFLICT");
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "CONFLICT");
  EXPECT_EQ(laptop.submitted<EnvelopeCast>().size(), 1U);
}

// Harm: the server shows the mixers one paper and the log another, of a person who believes to have cast once.
TEST_F(Ballots, TheEnvelopeIsDurableFirstAndTheSameBytesAreSentUntilTheLogHasThem) {
  to_tokens();
  laptop.vote_all("disagree");
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.say("cast");
  EXPECT_EQ(laptop.replies("cast"), 0U);
  EXPECT_EQ(opened_state().envelope->payload, laptop.sent<wire::Submit>().back().payload);
  auto const first = laptop.sent<wire::Submit>().back();
  laptop.instead = {};
  laptop.crash();
  auto const again = laptop.sent<wire::Submit>().back();
  EXPECT_EQ(again.entry, first.entry);
  EXPECT_EQ(again.payload, first.payload);
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kOk}, {2, kOk}}));
}

// ---- Accepted is a claim --------------------------------------------------------------------------------------------

class Accepted : public Ballots {
 protected:
  /// The envelope is answered so, and does not come into the log.
  void cast_and_answer(std::uint64_t index) {
    to_tokens();
    laptop.vote_all("agree");
    laptop.instead = [index](wire::Request const& request) -> std::optional<Bytes> {
      if (!std::holds_alternative<wire::Submit>(request.what)) return std::nullopt;
      return wire::accepted(request.id, index);
    };
    laptop.say("cast");
    laptop.instead = {};
  }
};

// Harm: the person sees "cast", and the vote is nowhere.
TEST_F(Accepted, AtAnEntryOfAnotherItEndsEverything) {
  cast_and_answer(1);
  EXPECT_FALSE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_EQ(laptop.session->halted(), Refusal::kLogInconsistent);
  EXPECT_EQ(laptop.seen("split").size(), 1U);
}

TEST_F(Accepted, AtAnEntryThatIsNotThereYetItIsWaitedFor) {
  cast_and_answer(laptop.meeting.entries.size() + 40);
  EXPECT_EQ(laptop.replies("cast"), 0U);
  EXPECT_FALSE(laptop.session->halted());
}

// Harm: another person's envelope of the same moment is taken for one's own.
TEST_F(Accepted, AnEntryOfTheSameTypeBySomebodyElseIsNotOnesOwn) {
  to_tokens();
  laptop.vote_all("agree");
  std::uint64_t const next = laptop.meeting.entries.size() + 4;  // request and three answers of person 2 come before
  laptop.instead = [next](wire::Request const& request) -> std::optional<Bytes> {
    if (!std::holds_alternative<wire::Submit>(request.what)) return std::nullopt;
    return wire::accepted(request.id, next);
  };
  laptop.say("cast");
  laptop.instead = {};
  EXPECT_EQ(laptop.replies("cast"), 0U);
  laptop.meeting.all_tokens(2);
  must(laptop.meeting.cast(2, {}));
  laptop.push();
  laptop.pump();
  EXPECT_FALSE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_EQ(laptop.session->halted(), Refusal::kLogInconsistent);
}

// ---- The box --------------------------------------------------------------------------------------------------------

// Harm: a trustee changes a ballot under its own token keys and the voter's own pk_v, and its owner says that it is
// his.
TEST_F(Ballots, AnotherBallotUnderTheOwnKeyIsMissing) {
  to_cast("agree");
  auto const counted = opened_state();
  client::OwnBallots own;
  own.keys.insert(counted.keys.at(1));
  own.counted = Hash{};
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  auto const& attempt = laptop.meeting.attempt();
  client::Contexts const live{{1, laptop.meeting.record.ballot_context(1)}};
  EXPECT_FALSE(client::check_live_box(live, *attempt.box, {{1, own}}, {}).as_meant.at(1));
  own.counted = counted.envelope->ballots.at(1);
  EXPECT_TRUE(client::check_live_box(live, *attempt.box, {{1, own}}, {}).as_meant.at(1));
  // And where none of them counts, none may be there.
  own.counted.reset();
  EXPECT_FALSE(client::check_live_box(live, *attempt.box, {{1, own}}, {}).as_meant.at(1));
  own.keys = {crypto::SigningKey::generate().public_key()};
  EXPECT_TRUE(client::check_live_box(live, *attempt.box, {{1, own}}, {}).as_meant.at(1));
}

// Harm: a dropped vote that nobody misses.
TEST_F(Ballots, ABallotThatIsNotThereIsMissing) {
  to_cast("agree");
  auto const state = opened_state();
  auto const gone = state.envelope->ballots.at(2);
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box([&](BallotBox& box) {
    auto& two = box.boxes.at(2);
    std::erase_if(two.ballots, [&](Bytes const& ballot) { return crypto::sha256({ballot}) == gone; });
    two.refused[static_cast<std::uint32_t>(Refusal::kBallotToken)] = 1;
  });
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kOk}, {2, kMissing}}));
}

// Harm: a minted ballot that everybody confirms because his own is there.
TEST_F(Ballots, ABoxWithABallotThatMayNotBeThereIsConfirmedByNobody) {
  to_cast("agree");
  to_a_minted_box(laptop);
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_TRUE(text(laptop.seen("refused")[0], "code").starts_with("BALLOT_"));
}

// Who has no word to say does not keep those waiting who have, and looks all the same. Harm: a box that only those
// could find wrong whom the adversary may have bought.
TEST(Bystander, LooksAtTheBoxWhenItWasCounted) {
  SessionFixture clerk({.experts = 5, .batches = {2}}, 7);
  clerk.meeting.begin();
  clerk.start();
  clerk.connect();
  clerk.open_batch();
  to_a_minted_box(clerk);
  for (PersonId const p : clerk.meeting.attempt().entitled()) {
    must(clerk.meeting.submit(
        Confirm{clerk.meeting.attempt().open_hash, p, clerk.meeting.attempt().box_hash, {{1, kOk}, {2, kOk}}}, {p}));
  }
  clerk.push();
  clerk.pump();
  EXPECT_TRUE(clerk.seen("alarm").empty()) << "somebody may still wait for another's word";
  for (TrusteeId t = 0; t < 3; ++t) must(clerk.meeting.share(t));
  clerk.push();
  clerk.pump();
  ASSERT_EQ(clerk.seen("alarm").size(), 1U);
  EXPECT_EQ(text(clerk.seen("alarm")[0], "kind"), "invalid-ballot");
  EXPECT_EQ(clerk.seen("alarm")[0].at("question").to_number<QuestionId>(), 1U);
}

// What was found is said at once; what is signed waits for the hall. Harm: a person learns that his ballot is missing
// when it no longer matters.
TEST_F(Ballots, NothingIsConfirmedBeforeTheBoxIsWitnessedButThePersonIsTold) {
  to_cast();
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.push_cosignatures = false;
  laptop.box();
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
  ASSERT_EQ(laptop.seen("looked").size(), 1U);
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
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{2, kOk}}));
}

// ---- Without an envelope --------------------------------------------------------------------------------------------

class NotCast : public Ballots {
 protected:
  void to_box() {
    to_tokens();
    laptop.others_cast();
    laptop.close();
    laptop.mix();
    laptop.box();
  }
  boost::json::object ballot() {
    laptop.say("now");
    return laptop.reply("now").at("ballot").as_object();
  }
};

// Harm: a laptop says of its own accord that its person did not want to vote, when it was kept from it.
TEST_F(NotCast, OnlyThePersonCanSayThatItWasMeant) {
  to_box();
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
  EXPECT_EQ(text(ballot(), "asks"), "not-voted");
  EXPECT_EQ(text(ballot(), "stage"), "asked");
  laptop.say("not-voted yes");
  EXPECT_TRUE(laptop.reply("not-voted").at("ok").as_bool());
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kNotCast}, {2, kNotCast}}));
  EXPECT_TRUE(ballot().at("asks").is_null());
  laptop.say("not-voted no");
  EXPECT_EQ(text(laptop.reply("not-voted"), "code"), "WRONG_PHASE") << "the first word counts";
}

TEST_F(NotCast, WhoWantedToVoteIsMissing) {
  to_box();
  laptop.say("not-voted no");
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kMissing}, {2, kMissing}}));
  EXPECT_EQ(laptop.seen("looked").back().at("missing").as_array().size(), 2U);
}

TEST_F(NotCast, NobodyIsAskedWhileTheVotingIsOn) {
  to_tokens();
  laptop.say("not-voted yes");
  EXPECT_EQ(text(laptop.reply("not-voted"), "code"), "WRONG_PHASE");
}

// An envelope was sealed, may have been sent, and is not among those that count. Harm: "did not vote" instead of
// "lost".
TEST_F(NotCast, WhatWasSentAndIsNowhereIsMissingWithoutAsking) {
  to_tokens();
  laptop.vote_all("agree");
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    auto const* submit = std::get_if<wire::Submit>(&request.what);
    if (submit == nullptr) return std::nullopt;
    if (decode_entry(submit->entry).value().type() != EntryType::kEnvelopeCast) return std::nullopt;
    return Bytes{};
  };
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kMissing}, {2, kMissing}}));
  EXPECT_FALSE(laptop.seen("looked").at(0).at("ok").as_bool());
}

// ---- Signing out ----------------------------------------------------------------------------------------------------

TEST_F(NotCast, WhoLeavesWithoutAVoteIsAskedFirst) {
  to_tokens();
  laptop.say("sign-out");
  EXPECT_EQ(text(laptop.reply("sign-out"), "code"), "ASK");
  EXPECT_EQ(text(laptop.reply("sign-out"), "ask"), "not-voted");
  EXPECT_TRUE(laptop.submitted<SignOut>().empty());
  laptop.say("sign-out not-voted yes");
  EXPECT_TRUE(laptop.reply("sign-out").at("ok").as_bool());
  auto const out = laptop.submitted<SignOut>().at(0);
  EXPECT_EQ(out.batch_open, laptop.meeting.batch_open());
  EXPECT_TRUE(out.not_cast);
}

TEST_F(NotCast, WhoIsAskedAndSaysNoLeavesWithoutSayingThatItWasMeant) {
  to_tokens();
  laptop.say("sign-out not-voted no");
  auto const out = laptop.submitted<SignOut>().at(0);
  EXPECT_EQ(out.batch_open, laptop.meeting.batch_open());
  EXPECT_FALSE(out.not_cast);
}

// Harm: an envelope is on its way, and the record says that its person did not vote.
TEST_F(NotCast, WithAnUnsentEnvelopeNobodyCanSayThatHeDidNotVote) {
  to_tokens();
  laptop.vote_all("agree");
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.say("cast");
  for (auto const* line : {"sign-out", "sign-out not-voted yes"}) {
    laptop.say(line);
    EXPECT_EQ(text(laptop.reply("sign-out"), "code"), "UNSENT") << line;
  }
  EXPECT_TRUE(laptop.submitted<SignOut>().empty());
}

// Harm: who signed that he does not mean to vote votes after all, and the server logs the SignOut that it held back:
// his envelope is lost, and the record says that he wanted it so.
TEST_F(NotCast, WhoSaidThatItWasMeantCastsNothingBeforeHeIsBack) {
  to_tokens();
  laptop.instead = [](wire::Request const& request) -> std::optional<Bytes> {
    if (std::holds_alternative<wire::Submit>(request.what)) return Bytes{};
    return std::nullopt;
  };
  laptop.say("sign-out not-voted yes");
  ASSERT_EQ(laptop.submitted<SignOut>().size(), 1U);
  laptop.vote_all("agree");
  EXPECT_EQ(text(laptop.reply("vote"), "code"), "CONFLICT");
  laptop.instead = {};
  laptop.crash();
  laptop.vote_all("agree");
  EXPECT_EQ(text(laptop.reply("vote"), "code"), "CONFLICT") << "also after a restart";
  // It is logged after all; he comes back, and that takes it back.
  must(laptop.meeting.sign_out_saying(laptop.me, true));
  laptop.push();
  laptop.vote_all("agree");
  EXPECT_EQ(text(laptop.reply("vote"), "code"), "CONFLICT");
  must(laptop.meeting.sign_in(laptop.me));
  laptop.push();
  laptop.vote_all("agree");
  EXPECT_TRUE(laptop.reply("vote").at("ok").as_bool());
  laptop.say("cast");
  EXPECT_EQ(laptop.submitted<EnvelopeCast>().size(), 1U);
}

// Harm: the same, in the moment in which the envelope is being made.
TEST_F(NotCast, WhileAnEnvelopeIsSealedNobodyCanSayThatHeDidNotVote) {
  to_tokens();
  laptop.vote_all("agree");
  laptop.session->command("cast");
  laptop.session->command("sign-out not-voted yes");
  laptop.pump();
  EXPECT_EQ(text(laptop.reply("sign-out"), "code"), "UNSENT");
  EXPECT_TRUE(laptop.submitted<SignOut>().empty());
}

// Harm: what a person signs on leaving one log takes him out of the witnesses of another.
TEST_F(NotCast, ASignOutNamesTheTreeThatItsSignerHolds) {
  to_cast();
  laptop.say("sign-out");
  EXPECT_TRUE(laptop.reply("sign-out").at("ok").as_bool());
  auto const out = laptop.submitted<SignOut>().at(0);
  EXPECT_FALSE(out.batch_open) << "who has cast leaves nothing behind";
  EXPECT_EQ(out.root, laptop.meeting.record.tree().root(out.size));
  EXPECT_GT(out.size, 0U);
}

// Signed out, and entitled all the same. Harm: whoever goes home early can be dropped from the box unseen.
TEST_F(NotCast, WhoHasSignedOutStillConfirms) {
  to_cast();
  laptop.say("sign-out");
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows, (Rows{{1, kOk}, {2, kOk}}));
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
    EXPECT_EQ(laptop.submitted<Confirm>()[0].rows, (Rows{{1, kOk}, {2, kOk}}));
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
      EXPECT_EQ(laptop.meeting.attempt().confirms.at(1).rows.at(1), kOk);
      laptop.wallet.heal();
      laptop.crash();
      EXPECT_TRUE(laptop.wallet.names("attempt/").value().empty());
    }
  }
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

// Harm: the server holds a request back until the laptop has lost its secrets; what is issued for it then looks like a
// trustee's fault, and an honest one is accused with evidence.
TEST_F(Ballots, ARequestWhoseSecretsAreGoneAccusesNoTrustee) {
  begin();
  std::vector<Bytes> held;
  laptop.instead = [&](wire::Request const& request) -> std::optional<Bytes> {
    auto const* submit = std::get_if<wire::Submit>(&request.what);
    auto const entry = submit ? decode_entry(submit->entry) : Refusal::kUnknown;
    if (!entry || !std::holds_alternative<TokenRequest>(entry->body)) return std::nullopt;
    held.push_back(submit->entry);
    return Bytes{};
  };
  laptop.open_batch();
  ASSERT_EQ(held.size(), 1U);
  ASSERT_TRUE(laptop.wallet.erase(kept_attempts().at(0)));
  laptop.halves = HeldHalves();
  laptop.crash();
  ASSERT_EQ(held.size(), 2U);
  ASSERT_NE(held[0], held[1]);
  must(laptop.meeting.submit_bytes(held[0]));
  laptop.push();
  laptop.pump();
  ASSERT_EQ(laptop.seen("refused").size(), 1U);
  EXPECT_EQ(text(laptop.seen("refused")[0], "code"), "ALREADY_ISSUED");
  EXPECT_TRUE(laptop.wallet.names("evidence/").value().empty());
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
  state.keys[4] = question.sk_v.public_key();
  state.questions.push_back(std::move(question));
  state.envelope = client::SealedEnvelope{Hash{}, Bytes(9, 5), {{4, Hash{}}}};
  state.spoil_to = {8};
  state.before.push_back({{4, state.keys.at(4)}});
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
