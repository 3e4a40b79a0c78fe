// SPDX-License-Identifier: Apache-2.0
/// A corrupt server against one person's real program, entry by entry and answer by answer: what it says of a paper,
/// of a complaint, of keys that nobody in the hall has brought.
#include <gtest/gtest.h>

#include "unit/client/session/session_fixture.h"

namespace piaojue::attack {
namespace {

using namespace piaojue::test;  // NOLINT: the fixture's words
namespace wire = server::wire;

std::string text(boost::json::object const& event, std::string_view field) {
  auto const* const value = event.if_contains(field);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

template <class E>
bool submits(wire::Request const& request) {
  auto const* const submit = std::get_if<wire::Submit>(&request.what);
  if (submit == nullptr) return false;
  auto const entry = decode_entry(submit->entry);
  return entry && std::holds_alternative<E>(entry->body);
}

/// The laptop of expert 1; everything else is the adversary's.
class Laptop : public testing::Test {
 protected:
  explicit Laptop(PersonId who = 1, std::uint32_t experts = 5) : laptop({.experts = experts, .batches = {2}}, who) {}
  void to_tokens() {
    laptop.meeting.begin();
    laptop.start();
    laptop.connect();
    laptop.open_batch();
    laptop.issue_all();
  }
  boost::json::object now() {
    laptop.say("now");
    return laptop.reply("now");
  }
  std::set<std::string> alarms() {
    std::set<std::string> out;
    auto const stands = now();
    for (auto const& one : stands.at("alarms").as_array()) out.insert(text(one.as_object(), "kind"));
    return out;
  }
  SessionFixture laptop;
};

class Complaint : public Laptop {
 protected:
  /// Her envelope counts, and a hop has lost what was in it.
  void to_lost_box() {
    to_tokens();
    laptop.vote_all("agree");
    laptop.say("cast");
    laptop.others_cast();
    laptop.close();
    for (auto& [q, onion] : laptop.meeting.experts[1].onions) onion.back() ^= 1;
    laptop.mix();
  }
  /// What a server that throws the complaint away says to it.
  void answer_confirm(std::function<Bytes(std::uint64_t id)> const& answer) {
    laptop.instead = [answer](wire::Request const& request) -> std::optional<Bytes> {
      if (!submits<Confirm>(request)) return std::nullopt;
      return answer(request.id);
    };
    laptop.box();
  }
  void expect_told_at_once() {
    ASSERT_FALSE(laptop.seen("looked").empty());
    EXPECT_FALSE(laptop.seen("looked").front().at("ok").as_bool()) << "the person is told";
    // In front of everything that the server said to it.
    std::size_t told = 0, answered = laptop.events.size();
    for (std::size_t i = 0; i < laptop.events.size(); ++i) {
      auto const& event = laptop.events[i].at("event").as_string();
      if (event == "looked") told = i;
      if (event == "split") answered = std::min(answered, i);
    }
    EXPECT_LT(told, answered);
    auto const confirms = laptop.submitted<Confirm>();
    ASSERT_FALSE(confirms.empty());
    EXPECT_EQ(confirms[0].rows.at(1), ConfirmVerdict::kMissing);
  }
};

// 4. "Received, entry 57": the entry there is somebody else's, and the complaint is nowhere.
TEST_F(Complaint, Attack04_AcceptedAtAnotherEntry) {
  to_lost_box();
  auto const elsewhere = laptop.meeting.entries.size() - 2;
  answer_confirm([&](std::uint64_t id) { return wire::accepted(id, elsewhere); });
  expect_told_at_once();
  EXPECT_EQ(laptop.session->halted(), Refusal::kLogInconsistent) << "and the program says who lies";
  EXPECT_EQ(laptop.seen("split").size(), 1U);
}

// The same with an entry that is not there yet, and then is another one; even another expert's Confirm.
TEST_F(Complaint, Attack04_AcceptedAtAnEntryToCome) {
  to_lost_box();
  auto const next = laptop.meeting.entries.size() + 1;  // behind the box
  answer_confirm([&](std::uint64_t id) { return wire::accepted(id, next); });
  expect_told_at_once();
  EXPECT_FALSE(laptop.session->halted()) << "it is waited for";
  EXPECT_EQ(now().at("ballot").at("missing").as_array().size(), 2U) << "and the page goes on saying what is missing";
  EXPECT_NE(text(now().at("ballot").as_object(), "stage"), "confirmed");
  must(laptop.meeting.confirm(2));
  laptop.push();
  laptop.pump();
  must(laptop.meeting.confirm(3));
  laptop.push();
  laptop.pump();
  EXPECT_EQ(laptop.session->halted(), Refusal::kLogInconsistent);
}

// No answer at all, and the office passes her over as somebody who has said nothing.
TEST_F(Complaint, Attack04_ThrownAwayAndPassedOverAsSilent) {
  to_lost_box();
  answer_confirm([](std::uint64_t) { return Bytes{}; });
  expect_told_at_once();
  auto const asked = laptop.submitted<Confirm>().size();
  laptop.disconnect();
  laptop.connect();
  EXPECT_GT(laptop.submitted<Confirm>().size(), asked) << "it is said again until the log has it";
  laptop.crash();
  EXPECT_EQ(now().at("ballot").at("missing").as_array().size(), 2U) << "also after a restart";
  EXPECT_FALSE(alarms().contains("override-ignores-missing"));
  must(laptop.meeting.override_people({{1, false}}));
  laptop.push();
  laptop.pump();
  EXPECT_TRUE(alarms().contains("override-ignores-missing")) << "in red";
  // Whoever logs it now opens the gate again: what was said is said.
  auto const kept = laptop.sent<wire::Submit>();
  for (auto it = kept.rbegin(); it != kept.rend(); ++it) {
    if (!std::holds_alternative<Confirm>(decode_entry(it->entry).value().body)) continue;
    must(laptop.meeting.submit_bytes(it->entry));
    break;
  }
  for (PersonId const p : {2U, 3U, 4U, 5U}) must(laptop.meeting.confirm(p));
  EXPECT_EQ(laptop.meeting.record.gate().error(), Refusal::kGateMissing);
}

class Paper : public Laptop {};

// 5. "Could not be stored", says the server to the first paper, and keeps it. The voter marks another one. Then the
// first is logged and counted.
TEST_F(Paper, Attack05_ThePaperThatCouldNotBeStored) {
  to_tokens();
  for (auto const refusal : {Refusal::kStorage, Refusal::kBusy, Refusal::kInternal}) {
    laptop.instead = [refusal](wire::Request const& request) -> std::optional<Bytes> {
      if (!submits<EnvelopeCast>(request)) return std::nullopt;
      return wire::refused(request.id, refusal);
    };
    laptop.vote_all("agree");
    laptop.say("cast");
    // Whatever the server says, another paper is not to be had.
    laptop.vote_all("disagree");
    laptop.say("cast");
    laptop.say("unmark");
    laptop.vote_all("disagree");
    laptop.say("cast");
    laptop.disconnect();
    laptop.connect();
    laptop.crash();
    laptop.vote_all("disagree");
    laptop.say("cast");
    laptop.tick(5000);
  }
  std::set<std::pair<Bytes, Bytes>> papers;
  std::size_t sent = 0;
  for (auto const& submit : laptop.sent<wire::Submit>()) {
    if (!std::holds_alternative<EnvelopeCast>(decode_entry(submit.entry).value().body)) continue;
    papers.insert({submit.entry, submit.payload});
    ++sent;
  }
  EXPECT_GT(sent, 1U) << "it is sent again";
  ASSERT_EQ(papers.size(), 1U) << "these bytes and no others";
  // The server has what it first got, and nothing else to log.
  laptop.instead = {};
  auto const& [entry, payload] = *papers.begin();
  must(laptop.meeting.submit_bytes(entry));
  laptop.meeting.experts[1].onions = meeting::parse_envelope_payload(payload).value();
  laptop.push();
  laptop.pump();
  laptop.others_cast();
  laptop.close();
  laptop.mix();
  laptop.box();
  ASSERT_FALSE(laptop.submitted<Confirm>().empty());
  EXPECT_EQ(laptop.submitted<Confirm>().back().rows,
            (std::map<QuestionId, ConfirmVerdict>{{1, ConfirmVerdict::kOk}, {2, ConfirmVerdict::kOk}}));
}

// ---- Somebody who never came ---------------------------------------------------------------------------------------

/// The laptop of the first supervisor, who is honest. Expert 3 has stayed at home; the server knows the code of his
/// slip, has enrolled keys of its own, and has chair, clerk and the other supervisor with it.
class NeverCame : public Laptop {
 protected:
  NeverCame() : Laptop(10, 7) {}
  static constexpr PersonId kAbsent = 3, kChair = 8, kClerk = 9, kOther = 11;

  void start() {
    laptop.start();
    laptop.connect();
    laptop.instead = [this](wire::Request const& request) -> std::optional<Bytes> {
      if (!std::holds_alternative<wire::GetDraft>(request.what)) return std::nullopt;
      return wire::draft(request.id, encode_body(laptop.meeting.manifest));
    };
  }
  /// From the lines that somebody has signed by hand.
  void tick_signed_lines() {
    laptop.say("sheet");
    auto const rows = laptop.reply("sheet").at("rows").as_array();
    for (auto const& row : rows) {
      auto const person = row.at("person").to_number<PersonId>();
      if (person == kAbsent || row.at("device_code").is_null()) continue;
      laptop.say("tick " + std::to_string(person) + " " + text(row.as_object(), "device_code"));
    }
  }
  std::string propose(Body const& body, std::vector<PersonId> const& signers) {
    auto const entry = laptop.meeting.signed_by(body, signers);
    auto const decoded = decode_entry(entry).value();
    auto const id = proposal_id(decoded.type(), decoded.body_bytes);
    laptop.receive(wire::proposal_push(id, entry));
    return to_hex(id.view());
  }
  std::size_t countersigned() { return laptop.sent<wire::Countersign>().size(); }
};

// 15. The server enrols for him, and drafts the meeting with those keys in it.
TEST_F(NeverCame, Attack15_TheServersKeysInTheDraft) {
  start();
  tick_signed_lines();
  auto const id = propose(laptop.meeting.manifest, {kChair, kClerk, kOther});
  laptop.say("approve " + id);
  EXPECT_EQ(text(laptop.reply("approve"), "code"), "WRONG_PHASE");
  EXPECT_NE(text(laptop.reply("approve"), "detail").find(": 3"), std::string::npos) << "and says whose line is open";
  laptop.say("approve all");
  EXPECT_EQ(countersigned(), 0U);
  // He comes after all: his own screen shows another code than the sheet.
  Meeting::PersonKeys own;
  auto const shown = meeting::device_code(laptop.meeting.manifest.meeting_id, kAbsent,
                                          {own.identity.public_key(), own.witness.public_key(), own.box.public_key()});
  laptop.say("tick 3 " + shown);
  EXPECT_EQ(text(laptop.reply("tick"), "code"), "CONFLICT");
  // Without the supervisor's signature it is no meeting, for his program and for everybody's.
  auto const without = laptop.meeting.signed_by(laptop.meeting.manifest, {kChair, kClerk, kOther});
  EXPECT_EQ(Record().apply(without).error(), Refusal::kNotAuthorised);
  laptop.push_entry(without);
  EXPECT_TRUE(laptop.session->halted());
}

// Brought later, by KeyChange: his line was empty in the draft, and heads are counted at every BatchOpen.
TEST_F(NeverCame, Attack15_TheServersKeysByKeyChange) {
  laptop.meeting.options.not_enrolled = {kAbsent};
  laptop.meeting.manifest.people[kAbsent - 1] = {"评审专家3", kExpert, {}, {}, {}, {}, {}};
  laptop.meeting.begin();
  laptop.start();
  laptop.connect();
  Meeting::PersonKeys made;
  KeyChange change{laptop.meeting.record.meeting(),
                   kAbsent,
                   made.identity.public_key(),
                   made.witness.public_key(),
                   made.box.public_key(),
                   {},
                   "迟到"};
  change.possession = made.identity.sign({possession_input(laptop.meeting.manifest.meeting_id, kAbsent,
                                                           change.identity_key, change.witness_key, change.box_key)});
  propose(change, {kChair, kOther});
  EXPECT_FALSE(text(laptop.seen("proposal").back(), "device_code").empty()) << "to be compared with his screen";
  laptop.say("approve all");
  EXPECT_EQ(countersigned(), 0U) << "one at a time";
  // Without the honest supervisor the office is none.
  EXPECT_EQ(laptop.meeting.submit(change, {kChair, kOther}).error(), Refusal::kNotAuthorised);
  // She was deceived once, and he is "present". Now she counts six heads, and the proposal says seven.
  std::swap(laptop.meeting.people[kAbsent], made);
  must(laptop.meeting.submit(change, laptop.meeting.office()));
  must(laptop.meeting.sign_in(kAbsent));
  laptop.meeting.all_keys(1);
  laptop.push();
  laptop.pump();
  auto const open = propose(must(laptop.meeting.record.draft_batch_open(1, false, {})), {kChair, kOther});
  laptop.say("approve " + open + " 6");
  EXPECT_EQ(text(laptop.reply("approve"), "code"), "CONFLICT");
  EXPECT_EQ(countersigned(), 0U);
  EXPECT_EQ(laptop.meeting.submit(must(laptop.meeting.record.draft_batch_open(1, false, {})), {kChair, kOther}).error(),
            Refusal::kNotAuthorised);
}

/// The laptop of him whom they enrol.
class Enrolled : public Laptop {
 protected:
  Enrolled() : Laptop(3) {}
};

// His own program, if it is in the hall, says so in red.
TEST_F(Enrolled, Attack15_HisOwnProgramSaysThatTheKeyIsNotHis) {
  laptop.start();  // with his keys
  laptop.meeting.people[3] = Meeting::PersonKeys();
  laptop.meeting.manifest.people[2] = laptop.meeting.enrolled(laptop.meeting.manifest.people[2], 3);
  must(laptop.meeting.open_meeting());
  laptop.connect();
  EXPECT_TRUE(alarms().contains("foreign-key"));
  EXPECT_FALSE(now().at("key_current").as_bool());
}

}  // namespace
}  // namespace piaojue::attack
