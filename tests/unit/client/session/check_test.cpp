// SPDX-License-Identifier: Apache-2.0
/// A laptop is checked (specification §8.4): the expert's side with a supervisor and a server that do wrong, and the
/// supervisor's side with an expert's laptop that does.
#include <gtest/gtest.h>

#include "crypto/box.h"
#include "protocol/meeting/check_opening.h"
#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace wire = server::wire;
using meeting::RelayKind;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

boost::json::object now_of(SessionFixture& laptop) {
  laptop.say("now");
  return laptop.reply("now");
}

// ---- The expert's side ----------------------------------------------------------------------------------------------

class OwnCheck : public testing::Test {
 protected:
  void to_cast(std::string const& choice = "disagree") {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
    set_online({supervisor()});
    laptop.open_batch();
    laptop.issue_all();
    laptop.vote_all(choice);
    laptop.say("cast");
    ASSERT_TRUE(laptop.reply("cast").at("ok").as_bool());
  }
  PersonId supervisor() const { return laptop.meeting.supervisor(); }
  void set_online(std::set<PersonId> people) {
    laptop.online = std::move(people);
    laptop.receive(wire::status_push({laptop.online.begin(), laptop.online.end()}, {}));
  }
  void ask() {
    laptop.say("check " + std::to_string(supervisor()));
    ASSERT_TRUE(laptop.reply("check").at("ok").as_bool());
  }
  /// The Spoil as this supervisor's program opens it.
  Entry asked() {
    auto const sealed = laptop.relayed_to(supervisor(), RelayKind::kSpoil).back();
    return decode_entry(crypto::open(laptop.meeting.keys_of(supervisor()).box, sealed).value().view()).value();
  }
  void countersign() {
    auto const entry = asked();
    auto signatures = entry.signatures;
    signatures.push_back(
        sign_body(entry.type(), entry.body_bytes, supervisor(), laptop.meeting.keys_of(supervisor()).identity));
    must(laptop.meeting.submit_bytes(encode_entry(entry.type(), entry.body_bytes, signatures)));
    laptop.push();
    laptop.pump();
  }
  std::string state() {
    auto const check = now_of(laptop).at("ballot").at("check");
    return check.is_null() ? "" : text(check.as_object(), "state");
  }
  void rest_of_batch() {
    laptop.others_cast();
    laptop.close();
    laptop.mix();
    laptop.box();
  }
  SessionFixture laptop{{.experts = 5, .batches = {2}}};
};

TEST_F(OwnCheck, FromAskingToANewPaperThatCounts) {
  to_cast();
  ask();
  EXPECT_EQ(state(), "asked");
  EXPECT_TRUE(laptop.relayed_to(supervisor(), RelayKind::kOpening).empty());
  countersign();
  ASSERT_EQ(laptop.relayed_to(supervisor(), RelayKind::kOpening).size(), 1U);
  auto const bytes =
      crypto::open(laptop.meeting.keys_of(supervisor()).box, laptop.relayed_to(supervisor(), RelayKind::kOpening)[0]);
  auto const opening = meeting::parse_check_opening(bytes.value().view()).value();
  auto const checked = meeting::check_opening(laptop.meeting.record, opening);
  ASSERT_TRUE(std::holds_alternative<meeting::OpenedChoices>(checked));
  EXPECT_EQ(std::get<meeting::OpenedChoices>(checked),
            (meeting::OpenedChoices{{1, Choice::kDisagree}, {2, Choice::kDisagree}}));
  EXPECT_EQ(state(), "sent");
  // No tokens are asked for before the verdict.
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
  EXPECT_EQ(text(now_of(laptop).at("ballot").as_object(), "stage"), "spoiled");
  must(laptop.meeting.check_result(1, CheckVerdict::kAgrees, {supervisor()}));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(state(), "agrees");
  ASSERT_EQ(laptop.submitted<TokenRequest>().size(), 2U);
  EXPECT_EQ(laptop.submitted<TokenRequest>()[1].cast, 1U);
  laptop.issue_all();
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_EQ(laptop.submitted<EnvelopeCast>().back().cast, 1U);
  EXPECT_EQ(state(), "");
  rest_of_batch();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows.at(1), ConfirmVerdict::kOk);
}

// Harm: the supervisor's box is told before the log has ended the envelope, and a vote that counts is seen.
TEST_F(OwnCheck, NothingIsOpenedBeforeTheSpoilIsWitnessed) {
  to_cast();
  ask();
  laptop.push_cosignatures = false;
  countersign();
  EXPECT_EQ(state(), "signed");
  EXPECT_TRUE(laptop.relayed_to(supervisor(), RelayKind::kOpening).empty());
  laptop.push_cosignatures = true;
  laptop.push();
  laptop.pump();
  EXPECT_EQ(laptop.relayed_to(supervisor(), RelayKind::kOpening).size(), 1U);
}

// Harm: the office ends an envelope, and its laptop tells what was in it.
TEST_F(OwnCheck, WhatTheOfficeHasSpoiledIsOpenedToNobodyAndItsPersonIsToldInRed) {
  to_cast();
  must(laptop.meeting.spoil_by(1, laptop.meeting.office()));
  laptop.push();
  laptop.pump();
  for (auto const& relay : laptop.sent<wire::Relay>()) EXPECT_NE(relay.kind, RelayKind::kOpening);
  EXPECT_EQ(state(), "by-office");
  ASSERT_EQ(laptop.seen("alarm").size(), 1U);
  EXPECT_EQ(text(laptop.seen("alarm")[0], "kind"), "spoiled-by-office");
  // Nobody has to say what he saw: the next paper can be cast at once, and the alarm is over then.
  laptop.issue_all();
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_TRUE(now_of(laptop).at("alarms").as_array().empty());
  rest_of_batch();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows.at(1), ConfirmVerdict::kOk);
}

// Harm: the server tells one laptop of the Spoil together with all that followed, and its person never sees it.
TEST_F(OwnCheck, WhatTheOfficeHasSpoiledIsToldAlsoWhenTheAttemptHasEndedMeanwhile) {
  to_cast();
  must(laptop.meeting.spoil_by(1, laptop.meeting.office()));
  must(laptop.meeting.void_questions({}));
  laptop.push();
  laptop.pump();
  ASSERT_EQ(laptop.seen("alarm").size(), 1U);
  EXPECT_EQ(text(laptop.seen("alarm")[0], "kind"), "spoiled-by-office");
}

// Harm: a Spoil lies in a supervisor's hands while its envelope is counted, and whoever logs it has a pk_v beside a
// name.
TEST_F(OwnCheck, ASignedSpoilThatTheLogLacksIsMissingAlsoAfterARestart) {
  to_cast();
  ask();
  laptop.crash();
  EXPECT_EQ(state(), "asked");
  rest_of_batch();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows,
            (std::map<QuestionId, ConfirmVerdict>{{1, ConfirmVerdict::kMissing}, {2, ConfirmVerdict::kMissing}}));
  EXPECT_FALSE(laptop.seen("looked").at(0).at("ok").as_bool());
}

// The ballot of an earlier paper in the box. Harm: a spoiled vote is counted, and its owner calls it his.
TEST_F(OwnCheck, KeysOfEarlierCastsAreKeptAlsoWhenTheOfficeSpoils) {
  to_cast();
  must(laptop.meeting.spoil_by(1, laptop.meeting.office()));
  laptop.push();
  laptop.pump();
  laptop.crash();
  laptop.issue_all();
  laptop.vote_all("agree");
  laptop.say("cast");
  // The mixers take the onions of the first cast: its tokens are good, and nothing in the log says that they are spent.
  auto const& first = laptop.sent<wire::Submit>();
  for (auto const& submit : first) {
    auto const entry = decode_entry(submit.entry).value();
    auto const* const cast = std::get_if<EnvelopeCast>(&entry.body);
    if (cast != nullptr && cast->cast == 0) {
      laptop.meeting.experts[1].onions = meeting::parse_envelope_payload(submit.payload).value();
    }
  }
  rest_of_batch();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows.at(1), ConfirmVerdict::kMissing);
}

// Nothing is signed then. Harm: whoever asks an absent supervisor has spoiled his vote, and nobody can log it.
TEST_F(OwnCheck, WhoIsNotThereOrNoSupervisorIsNotAsked) {
  to_cast();
  set_online({});
  laptop.say("check " + std::to_string(supervisor()));
  EXPECT_EQ(text(laptop.reply("check"), "code"), "BUSY");
  laptop.say("check " + std::to_string(laptop.meeting.clerk()));
  EXPECT_EQ(text(laptop.reply("check"), "code"), "UNKNOWN");
  EXPECT_TRUE(laptop.relayed_to(supervisor(), RelayKind::kSpoil).empty());
  rest_of_batch();
  EXPECT_EQ(laptop.submitted<Confirm>().at(0).rows.at(1), ConfirmVerdict::kOk);
}

TEST_F(OwnCheck, ThereIsNothingToCheckBeforeTheEnvelopeIsInTheLog) {
  laptop.meeting.begin();
  laptop.start();
  laptop.connect();
  laptop.open_batch();
  laptop.issue_all();
  laptop.say("check " + std::to_string(supervisor()));
  EXPECT_EQ(text(laptop.reply("check"), "code"), "WRONG_PHASE");
  EXPECT_TRUE(laptop.sent<wire::Relay>().size() == laptop.relayed_to(kServer, RelayKind::kDeposit).size());
}

// What opened it was in memory only.
TEST_F(OwnCheck, AfterARestartNothingCanBeOpened) {
  to_cast();
  ask();
  laptop.crash();
  countersign();
  EXPECT_EQ(state(), "signed");
  EXPECT_TRUE(laptop.relayed_to(supervisor(), RelayKind::kOpening).empty());
}

TEST_F(OwnCheck, WhoseLaptopDiffersGetsNoTokensThereAndEverybodyIsTold) {
  to_cast();
  ask();
  countersign();
  must(laptop.meeting.check_result(1, CheckVerdict::kDiffers, {supervisor()}));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(laptop.submitted<TokenRequest>().size(), 1U);
  EXPECT_EQ(text(laptop.seen("refused").at(0), "code"), "CHECK_DIFFERS");
  EXPECT_EQ(text(laptop.seen("alarm").at(0), "kind"), "check-differs");
}

// ---- The supervisor's side ------------------------------------------------------------------------------------------

class Desk : public testing::Test {
 protected:
  Desk() : laptop({.experts = 5, .batches = {2}}, 8) {}  // experts 1 to 5, chair 6, clerk 7, supervisors 8 and 9

  void SetUp() override {
    ASSERT_EQ(laptop.me, laptop.meeting.supervisor());
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
    laptop.meeting.all_keys(1);
    must(laptop.meeting.open(1));
    laptop.meeting.all_tokens(1);
    cast();
    push();
  }
  void push() {
    laptop.push();
    laptop.pump();
  }
  /// Expert 1 agrees to both, and keeps what opens it.
  void cast() {
    laptop.meeting.tamper_ballot = [this](PersonId person, QuestionId q, Bytes& ballot) {
      auto const& token = laptop.meeting.experts.at(person).tokens.at(q);
      auto made = must(meeting::make_openable_ballot(laptop.meeting.record.ballot_context(q), token.sk_v, token.prefix,
                                                     token.tokens, Choice::kAgree));
      ballot = made.bytes;
      votes_.emplace(q, meeting::KeptVote{Choice::kAgree, std::move(made.r), std::move(made.bytes)});
    };
    must(laptop.meeting.cast(1, {}));
    laptop.meeting.tamper_ballot = {};
    seed_ = laptop.meeting.experts.at(1).seed.clone();
  }
  EnvelopeSpoil spoil() const {
    EnvelopeSpoil out{laptop.meeting.batch_open(), 1, 0, {}, laptop.me};
    for (auto const& [q, token] : laptop.meeting.experts.at(1).tokens) out.spent[q] = token.sk_v.public_key();
    return out;
  }
  void send(EnvelopeSpoil const& body, std::vector<PersonId> const& signers = {1}, PersonId from = 1) {
    auto const entry = laptop.meeting.signed_by(body, signers);
    laptop.relay(from, RelayKind::kSpoil,
                 crypto::seal_to(laptop.meeting.keys_of(laptop.me).box.public_key(), entry).value());
  }
  meeting::CheckOpening opening() {
    return meeting::make_check_opening(laptop.meeting.batch_open(), 1, 0, votes_, seed_, 3,
                                       laptop.meeting.keys_of(1).identity);
  }
  void open(meeting::CheckOpening const& what, PersonId from = 1) {
    laptop.relay(
        from, RelayKind::kOpening,
        crypto::seal_to(laptop.meeting.keys_of(laptop.me).box.public_key(), meeting::encode_check_opening(what).view())
            .value());
  }
  boost::json::array checks() { return now_of(laptop).at("checks").as_array(); }
  std::string state() { return checks().empty() ? "" : text(checks()[0].as_object(), "state"); }
  void accept() {
    send(spoil());
    laptop.say("check-accept 1");
    ASSERT_TRUE(laptop.reply("check-accept").at("ok").as_bool());
  }
  SessionFixture laptop;
  Secret seed_;
  std::map<QuestionId, meeting::KeptVote> votes_;
};

TEST_F(Desk, ARequestIsShownCountersignedOpenedAndJudged) {
  send(spoil());
  EXPECT_EQ(state(), "asked");
  EXPECT_TRUE(laptop.submitted<EnvelopeSpoil>().empty()) << "nothing is submitted before the supervisor says so";
  laptop.say("check-accept 1");
  EXPECT_TRUE(laptop.reply("check-accept").at("ok").as_bool());
  ASSERT_EQ(laptop.submitted<EnvelopeSpoil>().size(), 1U);
  EXPECT_EQ(decode_entry(laptop.sent<wire::Submit>().back().entry).value().signatures.size(), 2U)
      << "the complete entry, or nothing";
  EXPECT_EQ(state(), "signed");
  open(opening());
  EXPECT_EQ(state(), "opened");
  auto const shown = checks()[0].at("questions").as_array();
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(text(shown[0].as_object(), "choice"), "agree");
  EXPECT_TRUE(checks()[0].at("fault").is_null());
  laptop.say("verdict 1 agrees");
  EXPECT_TRUE(laptop.reply("verdict").at("ok").as_bool());
  EXPECT_EQ(laptop.submitted<CheckResult>().at(0).verdict, CheckVerdict::kAgrees);
  EXPECT_EQ(state(), "done");
  EXPECT_TRUE(checks()[0].at("questions").as_array().empty()) << "the choices are gone with the verdict";
}

TEST_F(Desk, ARefusedRequestIsDroppedAndLeavesNoTrace) {
  send(spoil());
  laptop.say("check-refuse 1");
  EXPECT_TRUE(laptop.reply("check-refuse").at("ok").as_bool());
  EXPECT_TRUE(checks().empty());
  laptop.say("check-accept 1");
  EXPECT_EQ(text(laptop.reply("check-accept"), "code"), "UNKNOWN");
  EXPECT_TRUE(laptop.submitted<EnvelopeSpoil>().empty());
}

// Harm: the server makes a supervisor sign away an envelope whose person wants nothing of it.
TEST_F(Desk, WhatItsPersonHasNotSignedIsNotShown) {
  send(spoil(), {2});
  send(spoil(), {1}, 2);
  auto to_another = spoil();
  to_another.supervisor = laptop.meeting.supervisor(2);
  send(to_another);
  auto of_another_cast = spoil();
  of_another_cast.cast = 1;
  send(of_another_cast);
  laptop.relay(1, RelayKind::kSpoil, Bytes(200, 1));
  EXPECT_TRUE(checks().empty());
}

// Harm: a verdict without a look.
TEST_F(Desk, WhatWasNotOpenedCanOnlyBeCalledUnopened) {
  accept();
  for (auto const* word : {"agrees", "differs"}) {
    laptop.say(std::string("verdict 1 ") + word);
    EXPECT_EQ(text(laptop.reply("verdict"), "code"), "CONFLICT") << word;
  }
  laptop.say("verdict 1 unopened");
  EXPECT_TRUE(laptop.reply("verdict").at("ok").as_bool());
  EXPECT_EQ(laptop.submitted<CheckResult>().at(0).verdict, CheckVerdict::kUnopened);
}

// Harm: whoever sits between opens something in a person's name, and his laptop is called a liar.
TEST_F(Desk, AnOpeningThatItsPersonHasNotSignedOpensNothing) {
  accept();
  auto forged = opening();
  forged.signature.data[0] ^= 1;
  open(forged);
  EXPECT_EQ(state(), "signed");
  open(opening(), 2);
  EXPECT_EQ(state(), "signed");
}

// Harm: a laptop that sent another vote than it opens, and a person who is shown what he meant.
TEST_F(Desk, WhatIsNotTheEnvelopeThatWasSentDiffersWhateverThePersonSays) {
  accept();
  seed_ = Secret::random(crypto::onion::kSeedBytes);
  open(opening());
  EXPECT_EQ(state(), "opened");
  EXPECT_EQ(text(checks()[0].as_object(), "fault"), "CONFLICT");
  EXPECT_TRUE(checks()[0].at("questions").as_array().empty());
  laptop.say("verdict 1 agrees");
  EXPECT_EQ(text(laptop.reply("verdict"), "code"), "CONFLICT");
  laptop.say("verdict 1 unopened");
  EXPECT_EQ(text(laptop.reply("verdict"), "code"), "CONFLICT");
  laptop.say("verdict 1 differs");
  EXPECT_TRUE(laptop.reply("verdict").at("ok").as_bool());
  ASSERT_FALSE(laptop.seen("alarm").empty());
  EXPECT_EQ(text(laptop.seen("alarm").back(), "kind"), "check-differs");
}

// Harm: choices of the last batch stay on a supervisor's screen.
TEST_F(Desk, WhenTheBallotClosesWhatWasOpenedIsGone) {
  accept();
  open(opening());
  ASSERT_EQ(state(), "opened");
  for (PersonId const p : {2U, 3U, 4U, 5U}) {
    laptop.meeting.all_tokens(p);
    must(laptop.meeting.cast(p, {}));
  }
  laptop.close();
  for (auto const& one : checks()) EXPECT_TRUE(one.at("questions").as_array().empty());
}

}  // namespace
}  // namespace piaojue::test
