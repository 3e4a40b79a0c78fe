// SPDX-License-Identifier: Apache-2.0
/// How everything stands (`meeting`, `now`), marks, tags, and who gets which reply.
#include <gtest/gtest.h>

#include "session_fixture.h"

namespace piaojue::test {
namespace {

namespace json = boost::json;

constexpr std::array<char const*, 3> kChoices{"agree", "disagree", "abstain"};

std::string text(json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// A text from which everything between `begin` and `end` is taken out.
std::string without(std::string line, std::string_view begin, std::string_view end) {
  for (auto at = line.find(begin); at != std::string::npos; at = line.find(begin, at)) {
    at += begin.size();
    line.erase(at, line.find_first_of(end, at) - at);
  }
  return line;
}

/// Time goes on, whatever is chosen.
std::string without_times(std::string const& line) { return without(line, "\"since_s\":", ",}"); }

/// Keys and hashes are new in each meeting; everything else must be the same.
std::string without_hashes(std::string const& whole) {
  auto const line = without(without_times(whole), "\"device_code\":\"", "\"");
  auto const is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at;
    std::size_t digits = 0;
    // As 64 digits in a row, or in sixteen groups of four.
    for (bool const grouped = line.substr(at).find(' ') == 4; end < line.size() && digits < 64; ++end) {
      if (is_hex(line[end])) {
        ++digits;
      } else if (!grouped || line[end] != ' ' || digits % 4 != 0) {
        break;
      }
    }
    if (digits == 64) {
      out += '#';
      at = end;
    } else {
      out += line[at++];
    }
  }
  return out;
}

class View : public testing::Test {
 protected:
  explicit View(MeetingOptions options = {.experts = 5, .batches = {2, 1}}) : laptop(std::move(options)) {}
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
  json::object now() {
    laptop.say("now");
    return laptop.reply("now");
  }
  json::object marks() {
    laptop.say("marks");
    return laptop.reply("marks").at("marks").as_object();
  }
  /// From the box, in which this person's Confirm is already on its way, to the Declaration.
  void to_declared() {
    for (PersonId const p : laptop.meeting.attempt().open.present) {
      if (p != laptop.me && laptop.meeting.attempt().counted.contains(p)) must(laptop.meeting.confirm(p));
    }
    for (TrusteeId const t : {0U, 1U, 2U}) must(laptop.meeting.share(t));
    must(laptop.meeting.declare());
    laptop.push();
    laptop.pump();
  }
  void whole_batch(std::string const& choice = "agree") {
    laptop.vote_all(choice);
    laptop.say("cast");
    laptop.others_cast();
    laptop.close();
    laptop.mix();
    laptop.box();
    to_declared();
  }
  SessionFixture laptop;
};

// ---- A choice never shows -------------------------------------------------------------------------------------------

// Harm: whoever reads stdout, the page's protocol or a screenshot of it reads votes.
TEST_F(View, NothingSaidWhileMarkingDependsOnTheChoice) {
  to_tokens();
  laptop.say("follow on");
  laptop.tick(60'000);
  std::vector<std::string> first;
  for (auto const* choice : kChoices) {
    laptop.events.clear();
    laptop.vote_all(choice);
    laptop.tick();
    for (auto const* line : {"now", "status", "meeting", "proposals", "help"}) laptop.say(line);
    std::vector<std::string> said;
    for (auto const& event : laptop.events) said.push_back(without_times(json::serialize(event)));
    ASSERT_GE(said.size(), 7U);
    laptop.say("unmark");
    laptop.tick();
    if (first.empty()) first = said;
    EXPECT_TRUE(said == first) << choice;
  }
}

TEST(Secrecy, NothingSaidFromTokensToConfirmDependsOnTheChoice) {
  std::vector<std::string> first;
  for (auto const* choice : kChoices) {
    SessionFixture laptop({.experts = 5, .batches = {2}});
    laptop.meeting.begin();
    laptop.start();
    laptop.tick(60'000);  // the laptops share one clock; what is due by it is due in each alike
    laptop.connect();
    laptop.say("follow on");
    laptop.tick();
    laptop.open_batch();
    laptop.issue_all();
    laptop.vote_all(choice);
    laptop.tick();
    laptop.say("cast");
    laptop.tick();
    laptop.others_cast();
    laptop.tick();
    laptop.close();
    laptop.mix();
    laptop.box();
    laptop.tick();
    for (auto const* line : {"now", "status", "meeting", "marks"}) laptop.say(line);
    ASSERT_EQ(laptop.seen("looked").size(), 1U);
    ASSERT_GE(laptop.seen("now").size(), 4U);
    std::vector<std::string> said;
    for (auto const& event : laptop.events) said.push_back(without_hashes(json::serialize(event)));
    if (first.empty()) first = said;
    EXPECT_TRUE(said == first) << choice;
  }
}

// ---- Marks ----------------------------------------------------------------------------------------------------------

TEST_F(View, MarksAreWhatWasMarkedUntilUnmarked) {
  to_tokens();
  EXPECT_TRUE(marks().empty());
  laptop.say("vote 2 abstain");
  EXPECT_EQ(marks(), (json::object{{"2", "abstain"}}));
  laptop.say("vote 1 agree");
  laptop.say("vote 2 disagree");
  EXPECT_EQ(marks(), (json::object{{"1", "agree"}, {"2", "disagree"}}));
  EXPECT_EQ(now().at("ballot").at("marked").to_number<int>(), 2);
  laptop.say("unmark");
  EXPECT_TRUE(laptop.reply("unmark").at("ok").as_bool());
  EXPECT_TRUE(marks().empty());
  laptop.say("cast");
  EXPECT_EQ(text(laptop.reply("cast"), "code"), "MALFORMED");
}

// Harm: the next person at this laptop asks what the last one voted.
TEST_F(View, MarksAreGoneOnceThePaperIsCast) {
  to_tokens();
  laptop.vote_all("disagree");
  laptop.say("cast");
  EXPECT_TRUE(laptop.reply("cast").at("ok").as_bool());
  EXPECT_TRUE(marks().empty());
}

TEST_F(View, MarksAreGoneOnceTheBallotIsClosed) {
  to_tokens();
  laptop.vote_all("agree");  // never cast
  EXPECT_EQ(marks().size(), 2U);
  laptop.others_cast();
  laptop.close();
  EXPECT_TRUE(marks().empty());
  EXPECT_EQ(now().at("ballot").at("marked").to_number<int>(), 0);
}

TEST_F(View, MarksAreGoneOnceTheBallotIsVoidAlsoForTheNextAttempt) {
  to_tokens();
  laptop.vote_all("disagree");
  must(laptop.meeting.void_questions({1, 2}));
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(marks().empty());
  laptop.open_batch();
  laptop.issue_all();
  EXPECT_TRUE(marks().empty());
}

TEST_F(View, MarksAreInMemoryOnly) {
  to_tokens();
  laptop.vote_all("disagree");
  laptop.crash();
  EXPECT_TRUE(marks().empty());
}

// ---- Who gets what --------------------------------------------------------------------------------------------------

// Harm: the reply to `marks` of the page lands in a log file of stdout.
TEST_F(View, AReplyGoesToWhoeverAsked) {
  to_tokens();
  laptop.session->command("@a vote 1 agree", 7);
  laptop.session->command("@b marks", 7);
  laptop.session->command("@c now", 8);
  laptop.session->command("follow on", 8);
  auto const said = laptop.session->take_said();
  std::map<client::Asker, int> replies;
  for (auto const& one : said) {
    auto const event = json::parse(one.line).as_object();
    if (text(event, "event") != "reply" && text(event, "event") != "now") continue;
    ASSERT_TRUE(one.to) << one.line;
    ++replies[*one.to];
  }
  EXPECT_EQ(replies, (std::map<client::Asker, int>{{7, 2}, {8, 3}}));
  // The console sees none of them, whichever way it asks.
  laptop.session->command("@b marks", 7);
  EXPECT_TRUE(laptop.session->take_events().empty());
  // A page that is gone follows no more.
  laptop.session->leave(8);
  laptop.session->command("vote 2 agree", 7);
  EXPECT_FALSE(laptop.session->tick_wanted());
  laptop.tick();
  EXPECT_TRUE(laptop.seen("now").empty());
}

TEST_F(View, ATagComesBackAlsoWhenTheAnswerComesLater) {
  laptop.meeting.begin({1, 2, 3, 4});
  laptop.start();
  laptop.say("@z9 sign-out");  // waits for the log
  EXPECT_EQ(laptop.replies("sign-out"), 0U);
  laptop.connect();
  auto const reply = laptop.reply("sign-out");
  EXPECT_TRUE(reply.at("ok").as_bool());
  EXPECT_EQ(text(reply, "tag"), "z9");
  laptop.say("status");
  EXPECT_FALSE(laptop.reply("status").contains("tag"));
  laptop.say("@7 rob bank");
  EXPECT_EQ(text(laptop.reply("rob"), "tag"), "7");
  laptop.say("@7 vote 1 perhaps");
  EXPECT_EQ(text(laptop.reply("vote"), "tag"), "7");
  for (auto const* line : {"@ now", "@a-b now", "@12345678901234567 now", "@\xff now"}) {
    auto const before = laptop.seen("reply").size();
    laptop.say(line);
    ASSERT_EQ(laptop.seen("reply").size(), before + 1) << line;
    EXPECT_EQ(text(laptop.events.back(), "code"), "MALFORMED") << line;
  }
}

// Harm: a page's text field smuggles a second command into a line.
TEST_F(View, ALineBreakInACommandIsRefused) {
  begin();
  laptop.say("recuse 1 亲属\nsign-out");
  EXPECT_EQ(text(laptop.reply("recuse"), "code"), "MALFORMED");
  EXPECT_EQ(laptop.replies("sign-out"), 0U);
}

// ---- now ------------------------------------------------------------------------------------------------------------

TEST_F(View, BeforeTheMeetingOnlyWhatTheServerTells) {
  laptop.start();
  laptop.say("meeting");
  EXPECT_EQ(text(laptop.reply("meeting"), "code"), "WRONG_PHASE");
  auto const before = now();
  EXPECT_EQ(text(before, "meeting"), "before-open");
  EXPECT_FALSE(before.at("connected").as_bool());
  EXPECT_FALSE(before.at("synced").as_bool());
  for (auto const* absent : {"agenda", "attempt", "ballot", "experts"}) EXPECT_FALSE(before.contains(absent)) << absent;
  for (auto const* there : {"people", "proposals", "size", "checkpoint", "head", "halted"}) {
    EXPECT_TRUE(before.contains(there)) << there;
  }
}

TEST_F(View, TheMeetingIsWhatTheManifestSays) {
  begin();
  laptop.say("meeting");
  auto const facts = laptop.reply("meeting");
  auto const& manifest = laptop.meeting.manifest;
  EXPECT_EQ(text(facts, "title"), manifest.title);
  EXPECT_EQ(facts.at("people").as_array().size(), manifest.people.size());
  EXPECT_EQ(facts.at("trustees").as_array().size(), manifest.trustees.size());
  EXPECT_EQ(facts.at("candidates").as_array().size(), 3U);
  EXPECT_EQ(facts.at("batches").at(0).at("questions").as_array().size(), 2U);
  EXPECT_EQ(text(facts, "meeting_hash"), client::group_of_four(laptop.meeting.record.meeting()));
  EXPECT_EQ(text(facts, "identity_key"),
            client::group_of_four(crypto::sha256({laptop.meeting.keys_of(1).identity.public_key().view()})));
}

TEST_F(View, EachStageShowsInNow) {
  begin();
  auto const before = now();
  EXPECT_TRUE(before.at("attempt").is_null());
  EXPECT_TRUE(before.at("ballot").is_null());
  EXPECT_EQ(before.at("experts").at("present").to_number<int>(), 5);
  EXPECT_EQ(before.at("agenda").as_array().size(), 2U);
  laptop.open_batch();
  laptop.issue_all();
  auto const ready = now();
  EXPECT_EQ(text(ready.at("attempt").as_object(), "phase"), "voting");
  EXPECT_EQ(text(ready.at("ballot").as_object(), "stage"), "ready");
  EXPECT_EQ(ready.at("ballot").at("cast").to_number<int>(), 0);
  EXPECT_FALSE(ready.at("ballot").at("in_log").as_bool());
  EXPECT_TRUE(ready.at("attempt").at("gate").is_null());
  laptop.vote_all("agree");
  laptop.say("cast");
  EXPECT_TRUE(now().at("ballot").at("in_log").as_bool());
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  auto const boxed = now().at("attempt").as_object();
  EXPECT_EQ(text(boxed, "phase"), "confirming");
  EXPECT_EQ(text(boxed, "gate"), "GATE_UNCONFIRMED");
  EXPECT_EQ(boxed.at("boxes").as_array().size(), 2U);
  EXPECT_EQ(boxed.at("boxes").at(0).at("ballots").to_number<int>(), 5);
  EXPECT_EQ(boxed.at("confirmed").as_array(), json::array{1});
  to_declared();
  auto const declared = now();
  auto const& batch = declared.at("agenda").at(0).as_object();
  EXPECT_TRUE(batch.at("undecided").as_array().empty());
  EXPECT_EQ(batch.at("attempts").at(0).at("rows").as_array().size(), 2U);
  EXPECT_EQ(text(declared.at("attempt").as_object(), "phase"), "declared");
  EXPECT_EQ(text(declared.at("ballot").as_object(), "stage"), "confirmed");
  EXPECT_EQ(declared.at("attempt").at("boxes").as_array().size(), 2U) << "the figures stay when the box is released";
}

// Harm: a button that asks for what everybody refuses, or none where one wrong click could still be mended.
TEST_F(View, ARecusalSaysWhetherItsPersonCanTakeItBackAlone) {
  begin();
  auto const mine = [this]() -> std::optional<json::object> {
    laptop.push();
    laptop.pump();
    auto const stands = now();
    for (auto const& one : stands.at("recusals").as_array()) {
      if (one.at("person").to_number<PersonId>() == laptop.me) return one.as_object();
    }
    return std::nullopt;
  };
  auto& meeting = laptop.meeting;
  laptop.say("recuse 1 亲属");
  ASSERT_TRUE(mine());
  EXPECT_TRUE(mine()->at("can_take_back").as_bool());
  EXPECT_TRUE(mine()->at("beside").is_null());
  must(meeting.recuse(2, 1));
  ASSERT_TRUE(mine());
  auto const others = now();
  EXPECT_FALSE(others.at("recusals").at(1).at("can_take_back").as_bool()) << "it is another's";
  laptop.say("recuse-back 1 误登");
  EXPECT_TRUE(laptop.reply("recuse-back").at("ok").as_bool());
  EXPECT_FALSE(mine());
  EXPECT_TRUE(now().at("changes").as_array().empty()) << "nobody else had a hand in it";
  laptop.say("recuse-back 1 误登");
  EXPECT_EQ(text(laptop.reply("recuse-back"), "code"), "UNKNOWN");
  // What the office entered it has to take back with him, also when he has signed it since.
  must(meeting.recuse_by(laptop.me, 1, meeting.office()));
  EXPECT_EQ(text(*mine(), "beside"), "office");
  EXPECT_FALSE(mine()->at("can_take_back").as_bool());
  laptop.say("recuse 1 属实");
  EXPECT_TRUE(mine()->at("attested").as_bool());
  EXPECT_FALSE(mine()->at("can_take_back").as_bool());
  laptop.say("recuse-back 1 误登");
  EXPECT_EQ(text(laptop.reply("recuse-back"), "code"), "NOT_AUTHORISED") << "by his signature alone it is not taken";
  must(meeting.recuse_back(laptop.me, 1, meeting.office()));
  EXPECT_FALSE(mine());
  EXPECT_EQ(text(now().at("changes").as_array().back().as_object(), "kind"), "recuse-back");
  // While it is voted on nothing moves.
  laptop.say("recuse 1 亲属");
  EXPECT_TRUE(mine()->at("can_take_back").as_bool());
  laptop.open_batch();
  EXPECT_FALSE(mine()->at("can_take_back").as_bool());
}

// Harm: after a restart a screen shows another meeting than before it.
TEST_F(View, NowIsTheSameAfterARestart) {
  to_tokens();
  must(laptop.meeting.void_questions({1, 2}));
  laptop.push();
  laptop.pump();
  laptop.open_batch();
  laptop.issue_all();
  whole_batch();
  laptop.open_batch(2);
  laptop.issue_all();
  auto const before = now();
  auto const& attempts = before.at("agenda").at(0).at("attempts").as_array();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(text(attempts[0].as_object(), "phase"), "voided");
  EXPECT_FALSE(text(attempts[0].as_object(), "reason").empty());
  EXPECT_EQ(text(attempts[1].as_object(), "phase"), "declared");
  EXPECT_TRUE(attempts[1].at("reason").is_null());
  EXPECT_EQ(before.at("agenda").at(1).at("attempts").as_array().size(), 1U);
  laptop.crash();
  auto const after = now();
  for (auto const* field : {"agenda", "attempt", "ballot", "experts", "recusals", "interviews", "size", "root",
                            "meeting", "warnings", "checkpoint"}) {
    EXPECT_EQ(after.at(field), before.at(field)) << field;
  }
}

TEST_F(View, WarningsLastAsLongAsWhatTheyWarnOf) {
  to_tokens();
  auto const kinds = [this] {
    std::set<std::string> out;
    auto const stands = now();
    for (auto const& warning : stands.at("warnings").as_array()) out.insert(text(warning.as_object(), "kind"));
    return out;
  };
  EXPECT_TRUE(kinds().empty());
  laptop.vote_all("agree");
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  EXPECT_TRUE(kinds().empty());
  laptop.tick(laptop.limits.unconfirmed_warning_ms + 1);
  EXPECT_EQ(kinds(), (std::set<std::string>{"unconfirmed"}));
  for (PersonId const p : laptop.meeting.attempt().open.present) {
    if (p != laptop.me) must(laptop.meeting.confirm(p));
  }
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(kinds().empty());
  for (TrusteeId const t : {0U, 1U, 2U}) must(laptop.meeting.share(t));
  laptop.push();
  laptop.pump();
  // What the fixture's others vote by themselves: all alike or not, the rows say; the events and `now` say the same.
  EXPECT_EQ(now().at("warnings").as_array().size() + 1, laptop.seen("warning").size());
  must(laptop.meeting.declare());
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(kinds().empty());
}

// Harm: a chair who is told to wait for a laptop that has nothing to confirm, or spends one of the few overrides on it,
// while the gate waits for somebody else.
TEST_F(View, WhoHasNothingLeftToConfirmIsNotWaitedFor) {
  laptop.meeting.begin();
  must(laptop.meeting.recuse(1, 2));
  laptop.start();
  laptop.connect();
  laptop.open_batch();
  laptop.issue_all();
  laptop.vote_all("agree");
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.push_cosignatures = false;
  laptop.box();
  EXPECT_EQ(now().at("attempt").at("unconfirmed"), json::value({1, 2, 3, 4, 5}));
  EXPECT_EQ(text(now().at("ballot").as_object(), "stage"), "checking");
  must(laptop.meeting.void_questions({1}));
  laptop.push_cosignatures = true;
  laptop.push();
  laptop.pump();
  laptop.tick(laptop.limits.unconfirmed_warning_ms + 1);
  EXPECT_EQ(now().at("attempt").at("unconfirmed"), json::value({2, 3, 4, 5}));
  EXPECT_EQ(text(now().at("ballot").as_object(), "stage"), "cast");
  EXPECT_EQ(laptop.seen("warning").back().at("people").as_array().size(), 4U);
  // The own ballots are in no box that counts: nothing is left to keep (§14).
  EXPECT_TRUE(laptop.wallet.names("attempt/").value().empty());
  for (PersonId p = 2; p <= 5; ++p) must(laptop.meeting.confirm(p));
  // In one push with what follows from it. Harm: a step that everybody waits for, and that is never said.
  must(laptop.meeting.share(0));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(laptop.seen("all_confirmed").size(), 1U);
  EXPECT_TRUE(laptop.submitted<Confirm>().empty());
}

// Harm: on a laptop that has lost the server the chair reads that everybody is online, and waits for nobody.
TEST_F(View, WhoeverCanNotBeSeenIsNotShownAsOnline) {
  begin();
  auto const online = [this](std::size_t trustee) {
    auto const guards = now().at("guards").at("people").as_array();
    return guards.at(trustee).as_object();
  };
  EXPECT_EQ(online(0).at("online"), json::value(true)) << "the server is where the connection is";
  EXPECT_EQ(online(1).at("online"), json::value()) << "nobody has told yet";
  laptop.receive(server::wire::status_push({1, 2, 3, 4, 5, 6, 7, 8}, {}));
  PersonId const guard = online(1).at("person").to_number<PersonId>();
  EXPECT_EQ(online(1).at("online"), json::value(true));
  EXPECT_FALSE(online(1).contains("since_s"));
  std::vector<PersonId> others{1, 2, 3, 4, 5, 6, 7, 8};
  std::erase(others, guard);
  laptop.receive(server::wire::status_push(others, {}));
  laptop.tick(12'000);
  EXPECT_EQ(online(1).at("online"), json::value(false));
  EXPECT_EQ(online(1).at("since_s"), json::value(12));
  laptop.disconnect();
  laptop.tick(7'000);
  EXPECT_EQ(online(0).at("online"), json::value(false));
  EXPECT_EQ(online(0).at("since_s"), json::value(7));
  EXPECT_EQ(online(1).at("online"), json::value());
  EXPECT_EQ(now().at("people").at(1).at("online"), json::value());
  laptop.connect();
  EXPECT_EQ(online(0).at("online"), json::value(true));
  EXPECT_EQ(online(1).at("online"), json::value());
  laptop.receive(server::wire::status_push({1, 2, 3, 4, 5, 6, 7, 8}, {}));
  EXPECT_EQ(online(1).at("online"), json::value(true));
}

// Harm: a time that the chair has taken back, or of a vote that is over, still runs on a page; or each second is news.
TEST_F(View, ACountdownIsWhatTheServerTellsAndEndsWithTheVote) {
  auto const tell = [this](std::optional<std::uint32_t> left_s) {
    laptop.receive(server::wire::status_push({1}, {}, left_s));
  };
  to_tokens();
  EXPECT_TRUE(now().at("countdown_s").is_null());
  tell(60);
  laptop.tick(12'000);
  EXPECT_EQ(now().at("countdown_s"), json::value(48));
  laptop.say("follow on");
  laptop.tick();
  auto const said = laptop.seen("now").size();
  laptop.tick(5'000);
  tell(42);
  laptop.tick();
  EXPECT_EQ(laptop.seen("now").size(), said) << "the same moment, told once more";
  laptop.tick(120'000);
  EXPECT_EQ(now().at("countdown_s"), json::value(0));
  EXPECT_TRUE(laptop.submitted<BatchClose>().empty()) << "nothing closes by it";
  tell(std::nullopt);
  EXPECT_TRUE(now().at("countdown_s").is_null());
  tell(0xFFFFFFFF);
  EXPECT_EQ(now().at("countdown_s"), json::value(3600)) << "whatever a server tells";
  laptop.disconnect();
  EXPECT_TRUE(now().at("countdown_s").is_null());
  laptop.connect();
  tell(60);
  laptop.vote_all("agree");
  laptop.say("cast");
  laptop.others_cast();
  laptop.close();
  EXPECT_TRUE(now().at("countdown_s").is_null());
}

// Harm: whoever is no chair hurries the hall.
TEST_F(View, OnlyAChairSetsACountdown) {
  to_tokens();
  laptop.say("countdown 60");
  EXPECT_EQ(text(laptop.reply("countdown"), "code"), "NOT_AUTHORISED");
  EXPECT_TRUE(laptop.sent<server::wire::SetCountdown>().empty());
}

// Harm: a hundred entries in a second, and the page does nothing but draw.
TEST_F(View, NowIsSaidAtMostOnceInItsTime) {
  begin();
  laptop.say("follow on");
  ASSERT_EQ(laptop.seen("now").size(), 1U) << "at once, for whoever comes";
  laptop.tick();
  EXPECT_EQ(laptop.seen("now").size(), 1U) << "nothing changed";
  auto const settled = laptop.seen("now").size();
  laptop.tick();
  EXPECT_EQ(laptop.seen("now").size(), settled) << "nothing changed";
  EXPECT_FALSE(laptop.session->tick_wanted());
  laptop.tick(laptop.limits.now_apart_ms);  // looking costs as much as saying, so it has the same bound
  must(laptop.meeting.sign_out(2));
  laptop.push();
  EXPECT_EQ(laptop.seen("now").size(), settled + 1);
  for (PersonId const p : {3U, 4U, 5U}) {
    must(laptop.meeting.sign_out(p));
    laptop.push();
  }
  EXPECT_EQ(laptop.seen("now").size(), settled + 1);
  ASSERT_TRUE(laptop.session->tick_wanted());
  EXPECT_LE(*laptop.session->tick_wanted(), laptop.limits.now_apart_ms);
  laptop.tick(laptop.limits.now_apart_ms);
  ASSERT_EQ(laptop.seen("now").size(), settled + 2);
  EXPECT_EQ(laptop.seen("now").back().at("experts").at("present").to_number<int>(), 1) << "and the last is the newest";
  laptop.say("follow off");
  must(laptop.meeting.sign_in(2));
  laptop.push();
  laptop.tick();
  EXPECT_EQ(laptop.seen("now").size(), settled + 2);
}

// Harm: a program that has seen the server contradict itself goes dark, when its owner most needs to look.
TEST_F(View, AHaltedProgramStillShowsHowItStood) {
  begin();
  auto const size = laptop.meeting.entries.size();
  laptop.receive(server::wire::log_push(size, {}, laptop.sign_note(size, crypto::sha256({as_bytes("other")}))));
  EXPECT_EQ(text(now(), "halted"), "LOG_SPLIT");
  for (auto const* line : {"meeting", "marks", "unmark", "follow on"}) {
    laptop.say(line);
    EXPECT_TRUE(laptop.events.back().contains("event")) << line;
    auto const word = std::string(line).substr(0, std::string(line).find(' '));
    EXPECT_TRUE(laptop.reply(word).at("ok").as_bool()) << line;
  }
}

}  // namespace
}  // namespace piaojue::test
