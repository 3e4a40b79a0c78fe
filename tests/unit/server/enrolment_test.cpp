// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "protocol/meeting/codec.h"
#include "server/frame_bounds.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

v2::ClientFrame ping() {
  v2::ClientFrame frame;
  frame.mutable_ping();
  return frame;
}

std::string body_of(v2::ServerFrame frame) {
  frame.set_id(0);
  return frame.SerializeAsString();
}

// Harm: a laptop whose connection broke at the wrong moment could never enrol; or a copied slip would make a second
// "expert".
TEST(Enrolment, ASlipEnrolsOnceAndTheSameRequestGetsTheSameAnswer) {
  ServerFixture hall(small());
  auto const first = hall.enrol(2);
  ASSERT_TRUE(first.has_enrolled());
  EXPECT_EQ(first.enrolled().name(), hall.meeting.manifest.people[1].name);
  EXPECT_EQ(body_of(hall.enrol(2)), body_of(first)) << "over another connection, with another proof";
  hall.restart();
  EXPECT_EQ(body_of(hall.enrol(2)), body_of(first));

  EXPECT_EQ(refusal(hall.enrol(2, 0, [](auto& keys) { keys.set_csr("another laptop"); })), Refusal::kConflict);
  hall.meeting.people[2] = {};
  EXPECT_EQ(refusal(hall.enrol(2)), Refusal::kConflict);
}

// Harm: somebody sits between the laptop and the server, and both believe to talk to each other.
TEST(Enrolment, AProofIsGoodForItsOwnConnectionAndItsOwnKeysOnly) {
  ServerFixture hall(small());
  auto const session = hall.connect(std::nullopt);
  auto const other = hall.connect(std::nullopt);
  ASSERT_TRUE(hall.ask_on(session, ServerFixture::start_frame(2)).has_enrol_proof());
  auto const first = hall.ask_on(other, ServerFixture::start_frame(2));
  auto const second = hall.ask_on(session, ServerFixture::start_frame(2));
  EXPECT_NE(first.enrol_proof().proof(), second.enrol_proof().proof());
  EXPECT_EQ(refusal(hall.ask_on(session, hall.keys_frame(other, 2))), Refusal::kNotOnRoll);
  auto swapped = hall.keys_frame(session, 2);
  swapped.mutable_enrol_keys()->set_csr("of somebody in between");
  EXPECT_EQ(refusal(hall.ask_on(session, swapped)), Refusal::kNotOnRoll);
  EXPECT_TRUE(hall.ask_on(session, hall.keys_frame(session, 2)).has_enrolled());
}

// Harm: whoever finds one slip would sit in anybody's chair.
TEST(Enrolment, ACodeIsGoodForItsOwnPersonOnly) {
  ServerFixture hall(small());
  hall.codes[3] = hall.codes[2];
  auto const session = hall.connect(std::nullopt);
  ASSERT_TRUE(hall.ask_on(session, ServerFixture::start_frame(3)).has_enrol_proof());
  EXPECT_EQ(refusal(hall.ask_on(session, hall.keys_frame(session, 3))), Refusal::kNotOnRoll);
  // Nor are keys taken without a word to whom they belong.
  auto const silent = hall.connect(std::nullopt);
  EXPECT_EQ(refusal(hall.ask_on(silent, hall.keys_frame(silent, 2))), Refusal::kWrongPhase);
}

// Harm: a stranger learns who is invited, and who has enrolled already.
TEST(Enrolment, WhoHasNoSlipIsAnsweredLikeEverybodyElse) {
  ServerFixture hall(small());
  ASSERT_TRUE(hall.enrol(2).has_enrolled());
  auto const ask = [&](SessionId session, std::uint32_t meeting, PersonId person) {
    auto frame = ServerFixture::start_frame(person);
    frame.mutable_enrol_start()->set_meeting(meeting);
    return hall.ask_on(session, frame);
  };
  for (auto const& [meeting, person] :
       std::vector<std::pair<std::uint32_t, PersonId>>{{0, 2}, {0, 3}, {0, 99}, {7, 3}}) {
    auto const session = hall.connect(std::nullopt);
    auto const first = ask(session, meeting, person);
    auto const second = ask(session, meeting, person);
    ASSERT_TRUE(first.has_enrol_proof());
    EXPECT_EQ(first.enrol_proof().proof().size(), 32U);
    EXPECT_EQ(first.enrol_proof().proof(), second.enrol_proof().proof()) << "the same each time, as a real one is";
    EXPECT_EQ(first.enrol_proof().meeting_id().size(), 16U);
    hall.core->closed(session);
  }
}

// Harm: behind one listener a slip of one meeting lets its person try codes of another, or opens none at all.
TEST(Enrolment, ServerOfOneOfManyMeetingsTakesItsOwnNumberOnly) {
  ServerFixture hall(small());
  hall.meeting_number = 12;
  hall.restart();
  auto const enrol = [&](std::uint32_t meeting) {
    auto const session = hall.connect(std::nullopt);
    auto frame = ServerFixture::start_frame(2);
    frame.mutable_enrol_start()->set_meeting(meeting);
    EXPECT_TRUE(hall.ask_on(session, frame).has_enrol_proof());
    return hall.ask_on(session, hall.keys_frame(session, 2));
  };
  for (std::uint32_t const meeting : {0U, 13U, 1'000'000'012U}) {
    EXPECT_EQ(refusal(enrol(meeting)), Refusal::kNotOnRoll) << meeting;
  }
  EXPECT_TRUE(enrol(12).has_enrolled());
}

TEST(Enrolment, WelcomeSaysWhereTheMeetingMayBeReached) {
  ServerFixture hall(small());
  ASSERT_TRUE(hall.enrol(2).has_enrolled());
  v2::ClientFrame hello;
  hello.mutable_hello();
  auto const welcome = [&] { return hall.ask_on(hall.connect(hall.spki(2)), hello).welcome(); };
  EXPECT_EQ(welcome().addresses_size(), 0) << "a single room has the slip's alone";
  hall.addresses = {"192.0.2.10:7443", "[2001:db8::7]:7443", std::string(256, 'x')};
  for (int i = 0; i < 10; ++i) hall.addresses.push_back("node" + std::to_string(i) + ":7443");
  hall.restart();
  auto const told = welcome();
  ASSERT_EQ(told.addresses_size(), 8);
  EXPECT_EQ(told.addresses(0), "192.0.2.10:7443");
  EXPECT_EQ(told.addresses(1), "[2001:db8::7]:7443");
  EXPECT_EQ(told.addresses(2), "node0:7443");
}

// Harm: codes could be tried for as long as it takes, or one who tries would lock everybody else out.
TEST(Enrolment, GuessingIsHeldBackPerConnectionAndPerAddress) {
  ServerFixture hall(small());
  auto const start = ServerFixture::start_frame(2);
  auto const session = hall.connect(std::nullopt, "198.51.100.9");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(hall.ask_on(session, start).has_enrol_proof());
  EXPECT_TRUE(hall.open(session));
  EXPECT_EQ(refusal(hall.ask_on(session, start)), Refusal::kBusy);
  EXPECT_EQ(hall.closed.at(session), Close::kRefused);

  std::size_t more = 0;
  for (bool busy = false; !busy; more += busy ? 0 : 1) {
    auto const next = hall.connect(std::nullopt, "198.51.100.9");
    busy = hall.ask_on(next, start).has_refused();
    hall.core->closed(next);
  }
  EXPECT_EQ(more, 35U);
  EXPECT_TRUE(hall.enrol(2).has_enrolled()) << "from another address";
  hall.now_ms += 2'000;
  auto const later = hall.connect(std::nullopt, "198.51.100.9");
  EXPECT_TRUE(hall.ask_on(later, start).has_enrol_proof()) << "one is forgiven every 2 s";
  EXPECT_EQ(refusal(hall.ask_on(later, start)), Refusal::kBusy);

  std::size_t lines = 0;
  for (auto const& notice : hall.core->take_notices()) {
    if (notice.event != Event::kLimit) continue;
    ++lines;
    EXPECT_EQ(notice.address, "198.51.100.9");
  }
  EXPECT_EQ(lines, 1U) << "one an address and minute";
}

// Harm: forty laptops behind one address could not enrol in one morning.
TEST(Enrolment, ARightProofCostsItsAddressNothing) {
  ServerFixture hall(small());
  hall.limits.enrol_tries_per_address = {2, 0};
  hall.restart();
  for (auto const p : hall.people()) EXPECT_TRUE(hall.enrol(p).has_enrolled()) << p;
}

// Harm: somebody could enrol a key that he does not hold, and disown its signatures later; or one that everybody holds.
TEST(Enrolment, TheNewKeysMustBeHeldAndBeNobodyElses) {
  ServerFixture hall(small());
  auto const refused = [&](std::function<void(v2::EnrolKeys&)> const& tamper) {
    return refusal(hall.enrol(2, 0, tamper));
  };
  EXPECT_EQ(refused([](auto& keys) { keys.set_possession(std::string(64, 'x')); }), Refusal::kBadSignature);
  EXPECT_EQ(refused([](auto& keys) { keys.set_box_key(std::string(32, '\0')); }), Refusal::kOutOfRange);
  EXPECT_EQ(refused([](auto& keys) { keys.set_witness_key(std::string(32, '\0')); }), Refusal::kOutOfRange);

  ASSERT_TRUE(hall.enrol(1).has_enrolled());
  hall.meeting.people[2].witness = must(crypto::SigningKey::from_seed(hall.meeting.people[1].identity.seed()));
  EXPECT_EQ(refusal(hall.enrol(2)), Refusal::kConflict);
  hall.meeting.people[2] = {};
  hall.meeting.people[2].box = must(crypto::BoxKey::from_secret(hall.meeting.people[1].box.secret().clone()));
  EXPECT_EQ(refusal(hall.enrol(2)), Refusal::kConflict);
  hall.meeting.people[2] = {};
  EXPECT_EQ(refused([](auto& keys) { keys.set_csr("csr 1/0"); }), Refusal::kConflict) << "the TLS key of another";
}

// Harm: a box key is not proven, so that anybody can send bytes that are a signing key too. The log compares all kinds
// with each other: one such person, and no draft of the meeting would ever be valid, and nobody could say through whom.
TEST(Enrolment, AKeyIsNotTakenTwiceForTwoPurposes) {
  ServerFixture hall(small());
  ASSERT_TRUE(hall.enrol(1).has_enrolled());
  auto const with_box = [&](crypto::SigningPublicKey const& bytes) {
    auto const& own = hall.meeting.people.at(2);
    crypto::BoxPublicKey box;
    box.data = bytes.data;
    auto const possession = own.identity.sign({meeting::possession_input(
        hall.meeting.manifest.meeting_id, 2, own.identity.public_key(), own.witness.public_key(), box)});
    return refusal(hall.enrol(2, 0, [&](auto& keys) {
      keys.set_box_key(std::string(as_text(box.view())));
      keys.set_possession(std::string(as_text(possession.view())));
    }));
  };
  auto const has_top_bit = [](crypto::SigningPublicKey const& key) { return (key.data.back() & 0x80) != 0; };
  auto& own = hall.meeting.people.at(2);
  while (has_top_bit(own.identity.public_key())) own.identity = crypto::SigningKey::generate();
  while (has_top_bit(own.witness.public_key())) own.witness = crypto::SigningKey::generate();
  EXPECT_EQ(with_box(own.identity.public_key()), Refusal::kConflict);
  EXPECT_EQ(with_box(own.witness.public_key()), Refusal::kConflict);
  auto const& first = hall.meeting.people.at(1);
  for (auto const& key : {first.identity.public_key(), first.witness.public_key(), hall.meeting.manifest.server_key}) {
    if (has_top_bit(key)) continue;
    EXPECT_EQ(with_box(key), Refusal::kConflict);
  }
}

// Harm: what lies on the server's disk enrols anybody who reads it.
TEST(Enrolment, TheStoreHoldsNeitherCodesNorTheirKeysInTheClear) {
  ServerFixture hall(small());
  ASSERT_TRUE(hall.enrol(2).has_enrolled());
  auto const key = meeting::enrol_key(hall.codes[2], hall.meeting.manifest.meeting_id, 2);
  for (auto const& rows : hall.store.contents().tables) {
    for (auto const& [row, value] : rows) {
      EXPECT_EQ(as_text(value).find(as_text(key.view())), std::string::npos);
      EXPECT_EQ(as_text(value).find(as_text(hall.codes[2])), std::string::npos);
    }
  }
}

// Harm: anybody on the network could read the log or submit entries.
TEST(Enrolment, WithoutACertificateEverythingElseIsRefusedAndEndsTheConnection) {
  ServerFixture hall(small());
  std::vector<v2::ClientFrame> frames(4);
  frames[0].mutable_hello();
  frames[1].mutable_submit()->set_entry("x");
  frames[2].mutable_get_draft();
  frames[3].mutable_ping();
  for (auto const& frame : frames) {
    auto const session = hall.connect(std::nullopt);
    EXPECT_EQ(refusal(hall.ask_on(session, frame)), Refusal::kNotAuthorised);
    EXPECT_EQ(hall.closed.at(session), Close::kRefused);
  }
  auto const stranger = hall.connect(crypto::sha256({as_bytes("foreign certificate")}));
  hall.settle();
  EXPECT_EQ(hall.closed.at(stranger), Close::kRefused);
}

// Harm: a laptop that fell into the harbour before the meeting would keep its owner out, or still be let in.
TEST(Enrolment, BeforeTheMeetingANewSlipReplacesTheOldLaptop) {
  ServerFixture hall(small());
  for (auto const p : hall.people()) hall.enrol(p);
  auto const old = hall.hello(2);
  auto const old_code = hall.codes[2];
  hall.new_slip(2);
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.enrol(2, 1).has_enrolled());
  EXPECT_EQ(hall.closed.at(old), Close::kReplaced);
  auto const again = hall.connect(hall.spki(2));
  hall.settle();
  EXPECT_EQ(hall.closed.at(again), Close::kRefused);
  EXPECT_TRUE(hall.open(hall.hello(2, 1)));
  hall.codes[2] = old_code;
  EXPECT_THROW(hall.enrol(2, 2), std::logic_error) << "the slip before it is void";
}

// Harm: a found slip would take an expert's place in mid-meeting without anybody's consent.
TEST(Enrolment, AfterOpeningANewLaptopWaitsForTheOffice) {
  auto options = small();
  options.experts = options.committee_size = 5;  // of three, the committee would have to sign it
  ServerFixture hall(options);
  hall.begin();
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  auto const old_keys = must(crypto::SigningKey::from_seed(hall.meeting.people[2].identity.seed())).public_key();
  hall.new_slip(2);
  hall.meeting.people[2] = {};
  ASSERT_TRUE(hall.enrol(2, 1).has_enrolled());
  EXPECT_EQ(hall.core->record().identity_key(2), old_keys);

  auto const waiting = hall.hello(2, 1);
  EXPECT_TRUE(hall.open(hall.sessions.at(2))) << "the old one goes on until the log says otherwise";
  auto const entry = hall.meeting.signed_by(hall.meeting.make_sign_out(2), {2});
  EXPECT_EQ(refusal(hall.ask_on(waiting, ServerFixture::submit_frame(entry))), Refusal::kNotOnRoll);

  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  auto const again = hall.hello(2, 1);
  auto const proposals = hall.pushes(hall.sessions.at(chair), v2::ServerFrame::kProposal);
  ASSERT_EQ(proposals.size(), 1U);
  auto const change = to_bytes(as_bytes(proposals[0].proposal().entry()));
  auto const body = std::get<meeting::KeyChange>(must(meeting::decode_entry(change)).body);
  EXPECT_EQ(body.box_key, hall.meeting.people[2].box.public_key());
  EXPECT_EQ(refusal(hall.ask(2, hall.countersign_frame(change, 2))), Refusal::kNotAuthorised);
  ASSERT_TRUE(hall.ask(chair, hall.countersign_frame(change, chair)).has_pending());
  ASSERT_TRUE(hall.ask(supervisor, hall.countersign_frame(change, supervisor)).has_accepted());
  EXPECT_EQ(hall.core->record().identity_key(2), hall.meeting.people[2].identity.public_key());
  EXPECT_EQ(hall.closed.at(hall.sessions.at(2)), Close::kReplaced);
  EXPECT_TRUE(hall.ask_on(again, ServerFixture::submit_frame(entry)).has_accepted());
}

// Harm: the chair's laptop breaks in an attempt; nobody is asked for his keys while it is on, and nobody afterwards.
TEST(Enrolment, WhoGuardsAnAttemptIsProposedWhenItHasEnded) {
  ServerFixture hall(small());
  hall.begin();
  hall.open_batch(1);
  auto const chair = hall.meeting.chair();
  auto const entry_of_void = hall.meeting.signed_by(meeting::Void{hall.meeting.batch_open(), {}, "broken laptop"}, {});
  hall.new_slip(chair);
  hall.holders_answer = false;  // the old laptop is broken
  hall.meeting.people[chair] = {};
  ASSERT_TRUE(hall.enrol(chair, 1).has_enrolled());
  auto const is_proposed = [&] {
    auto const pushes = hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposal);
    return std::ranges::any_of(pushes, [](auto const& push) {
      auto const entry = must(meeting::decode_entry(as_bytes(push.proposal().entry())));
      return entry.type() == meeting::EntryType::kKeyChange;
    });
  };
  EXPECT_FALSE(is_proposed());
  ASSERT_TRUE(hall.submit(1, entry_of_void).has_pending());
  for (PersonId const p : {1U, 2U, 3U}) hall.ask(p, hall.countersign_frame(entry_of_void, p));
  ASSERT_FALSE(hall.core->record().in_progress());
  EXPECT_TRUE(is_proposed());
}

// Harm: the same, when the attempt is opened over the proposal that lies there already: it is closed then, and the new
// laptop waits for the rest of the day for keys that nobody is asked to sign.
TEST(Enrolment, WhomAnOpeningOvertookIsProposedAgainWhenTheAttemptHasEnded) {
  ServerFixture hall(small());
  hall.begin();
  auto const chair = hall.meeting.chair();
  auto const proposed = [&] {
    auto const pushes = hall.pushes(hall.sessions.at(1), v2::ServerFrame::kProposal);
    return std::ranges::count_if(pushes, [](auto const& push) {
      auto const entry = must(meeting::decode_entry(as_bytes(push.proposal().entry())));
      return entry.type() == meeting::EntryType::kKeyChange;
    });
  };
  hall.new_slip(chair);
  Meeting::PersonKeys old_keys;
  std::swap(old_keys, hall.meeting.people[chair]);
  ASSERT_TRUE(hall.enrol(chair, 1).has_enrolled());
  std::swap(old_keys, hall.meeting.people[chair]);
  ASSERT_EQ(proposed(), 1);
  hall.open_batch(1);
  ASSERT_TRUE(hall.store.contents()[store::Table::kProposal].empty());
  auto const entry_of_void = hall.meeting.signed_by(meeting::Void{hall.meeting.batch_open(), {}, "broken laptop"}, {});
  ASSERT_TRUE(hall.submit(1, entry_of_void).has_pending());
  for (PersonId const p : {1U, 2U, 3U}) hall.ask(p, hall.countersign_frame(entry_of_void, p));
  ASSERT_FALSE(hall.core->record().in_progress());
  EXPECT_EQ(proposed(), 2);
}

// Harm: who enrols a minute after the clerk drew up the manifest would be locked out for the day.
TEST(Enrolment, AKeyThatIsNotInTheManifestIsProposedWhenTheMeetingOpens) {
  auto options = small();
  options.not_enrolled = {3};
  ServerFixture hall(options);
  hall.enrol_all();
  for (auto const p : hall.people()) hall.hello(p);
  hall.open_meeting();
  EXPECT_FALSE(hall.core->record().identity_key(3));
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  hall.take(supervisor, meeting::SignIn{hall.meeting.record.meeting(), supervisor, 0});
  auto const proposals = hall.pushes(hall.sessions.at(chair), v2::ServerFrame::kProposal);
  auto const change = to_bytes(as_bytes(proposals.back().proposal().entry()));
  ASSERT_TRUE(hall.ask(chair, hall.countersign_frame(change, chair)).has_pending());
  ASSERT_TRUE(hall.ask(supervisor, hall.countersign_frame(change, supervisor)).has_accepted());
  hall.take(3, meeting::SignIn{hall.meeting.record.meeting(), 3, 0});
}

// Harm: as many come late as there are places for proposals, and nobody can propose anything any more.
TEST(Enrolment, LateComersTakeNobodysPlaceAmongTheProposals) {
  auto options = small();
  options.not_enrolled = {3};
  ServerFixture hall(options);
  hall.limits.proposals_max = 1;
  hall.enrol_all();
  hall.restart();
  for (auto const p : hall.people()) hall.hello(p);
  hall.open_meeting();
  auto const chair = hall.meeting.chair();
  auto const supervisor = hall.meeting.supervisor();
  hall.take(supervisor, meeting::SignIn{hall.meeting.record.meeting(), supervisor, 0});
  hall.take(1, meeting::SignIn{hall.meeting.record.meeting(), 1, 0});
  ASSERT_EQ(hall.store.contents()[store::Table::kProposal].size(), 1U) << "the keys of person 3";
  meeting::SignOut const out{hall.meeting.record.meeting(), 1, 1, "离场", {}, false, 0, {}};
  EXPECT_TRUE(hall.submit(chair, hall.meeting.signed_by(out, {chair})).has_pending());
}

// Harm: two laptops of one person would each believe to be the one that votes.
TEST(Sessions, ANewerConnectionOfAPersonReplacesTheOlder) {
  ServerFixture hall(small());
  hall.enrol(2);
  auto const first = hall.hello(2);
  auto const second = hall.hello(2);
  EXPECT_EQ(hall.closed.at(first), Close::kReplaced);
  EXPECT_TRUE(hall.open(second));
  EXPECT_TRUE(hall.ask_on(second, ping()).has_pong());
}

// Harm: connections that are never closed would use up the server.
TEST(Sessions, TheirNumberIsBounded) {
  ServerFixture hall(small());
  hall.limits.sessions_max = 3;
  hall.restart();
  for (int i = 0; i < 4; ++i) hall.connect(std::nullopt);
  hall.settle();
  EXPECT_EQ(hall.closed.size(), 1U);
  EXPECT_EQ(hall.closed.at(hall.last_session), Close::kTooMany);
}

// Harm: one frame of one person is more work, or memory, than all others make together.
TEST(Sessions, AFramesSizeIsBoundedByWhoSendsIt) {
  ServerFixture hall(small());
  hall.enrol_all();
  auto const limit = [&](SessionId session) {
    hall.settle();
    return hall.frame_limits.at(session);
  };
  auto const stranger = hall.connect(std::nullopt);
  EXPECT_EQ(limit(stranger), 16U << 10);
  EXPECT_EQ(limit(hall.hello(hall.meeting.screen())), 64U << 10);
  for (auto const p : hall.people()) hall.hello(p);
  auto const of = [&](PersonId person) { return limit(hall.sessions.at(person)); };
  EXPECT_EQ(of(1), 2U << 20);
  EXPECT_EQ(of(hall.meeting.clerk()), 2U << 20) << "this draft is not as large as that";
  hall.open_meeting();
  EXPECT_EQ(of(hall.meeting.clerk()), 2U << 20);
  EXPECT_EQ(of(hall.meeting.record.slots()[1]), 2U << 20) << "nothing is mixed";
  EXPECT_EQ(of(1), 2U << 20);

  hall.core->on_frame(stranger, Bytes((16U << 10) + 1));
  hall.settle();
  EXPECT_EQ(hall.closed.at(stranger), Close::kTooLarge);
}

// Harm: what comes out of a mix does not fit, and the batch ends there.
TEST(Sessions, WhatComesOutOfAMixFits) {
  ServerFixture hall(small(3));
  hall.begin();
  hall.open_batch(1);
  for (auto const p : hall.experts()) hall.tokens(p);
  for (auto const p : hall.experts()) hall.cast(p);
  hall.close_batch();
  auto const made = hall.mix(1);
  constexpr std::size_t kEntry = 64U << 10;
  EXPECT_LE(kEntry + made.payload.size(), mix_bytes_max(hall.meeting.attempt()));
  EXPECT_GT(kEntry + 2 * made.payload.size(), mix_bytes_max(hall.meeting.attempt()));
}

// Harm: a large meeting that its own server does not let open.
TEST(Draft, TheLargestOpeningFits) {
  ServerFixture hall(small());
  Draft const draft(must(read_draft(hall.store.contents())), hall.core->record());
  std::vector<PersonId> everybody;
  for (PersonId p = 1; p <= hall.meeting.manifest.people.size(); ++p) everybody.push_back(p);
  auto const bytes = hall.meeting.signed_by(hall.meeting.manifest, everybody).size();
  EXPECT_LE(bytes, draft.opening_bytes_max());
  EXPECT_GT(2 * bytes, draft.opening_bytes_max());
}

// Harm: a parser that goes on after nonsense is talked into something sooner or later.
TEST(Sessions, WhatIsNoFrameEndsTheConnection) {
  ServerFixture hall(small());
  hall.enrol(2);
  for (auto const& nonsense :
       std::vector<std::string>{std::string("\xff\xff\xff"), std::string(), std::string("\x08\x00", 2),
                                std::string("\x08\x01\x78\x01", 4), std::string("\x08\x01\x2a\x00\x2a\x00", 6)}) {
    auto const session = hall.hello(2);
    hall.core->on_frame(session, as_bytes(nonsense));
    hall.settle();
    EXPECT_EQ(hall.closed.at(session), Close::kMalformed);
  }
  auto const session = hall.hello(2);
  v2::ClientFrame unknown;
  EXPECT_EQ(refusal(hall.ask_on(session, unknown)), Refusal::kUnknownType);
  EXPECT_TRUE(hall.open(session));
}

// Harm: the screen stands unattended in the hall.
TEST(Sessions, TheScreenSeesTheLogAndMayDoNothing) {
  ServerFixture hall(small());
  hall.begin();
  auto const screen = hall.hello(hall.meeting.screen());
  EXPECT_FALSE(hall.pushes(screen, v2::ServerFrame::kLog).empty());
  EXPECT_TRUE(hall.ask_on(screen, ping()).has_pong());
  std::vector<v2::ClientFrame> frames(4);
  frames[0].mutable_submit()->set_entry("x");
  frames[1].mutable_get_draft();
  frames[2] = ServerFixture::relay_frame(1, meeting::RelayKind::kSpoil, as_bytes("x"));
  frames[3] = hall.cosign_frame(hall.meeting.screen(), hall.meeting.record.size());
  for (auto const& frame : frames) EXPECT_EQ(refusal(hall.ask_on(screen, frame)), Refusal::kNotAuthorised);
}

// Harm: the clerk's program could open another meeting than the one that was drafted, or with keys of its own making.
TEST(Draft, OnlyTheClerkGetsItAndOnlyItIsOpened) {
  ServerFixture hall(small());
  for (auto const p : hall.people()) hall.enrol(p);
  for (auto const p : hall.people()) hall.hello(p);
  v2::ClientFrame frame;
  frame.mutable_get_draft();
  EXPECT_EQ(refusal(hall.ask(hall.meeting.chair(), frame)), Refusal::kNotAuthorised);
  auto const draft = hall.ask(hall.meeting.clerk(), frame);
  ASSERT_TRUE(draft.has_draft());
  EXPECT_EQ(draft.draft().manifest(), as_text(meeting::encode_body([&] {
              auto manifest = hall.meeting.manifest;
              manifest.people[hall.meeting.screen() - 1].identity_key.reset();
              manifest.people[hall.meeting.screen() - 1].witness_key.reset();
              manifest.people[hall.meeting.screen() - 1].box_key.reset();
              manifest.people[hall.meeting.screen() - 1].possession.reset();
              return manifest;
            }())))
      << "keys of all who are enrolled, and of nobody else";

  auto const clerk = hall.meeting.clerk();
  auto altered = hall.meeting.manifest;
  altered.rules.pass_strict = false;
  EXPECT_EQ(refusal(hall.submit(clerk, hall.meeting.signed_by(altered, {clerk}))), Refusal::kConflict);
  EXPECT_EQ(refusal(hall.submit(clerk, hall.meeting.signed_by(hall.meeting.manifest, {clerk}))), Refusal::kConflict)
      << "it has a key for the screen, which is not enrolled";
  hall.enrol(hall.meeting.screen());
  // Nor may somebody who is not asked have everybody's keys looked into, again and again.
  auto broken = hall.meeting.manifest;
  broken.people[1].possession->data[0] ^= 1;
  EXPECT_EQ(refusal(hall.submit(1, hall.meeting.signed_by(broken, {1}))), Refusal::kNotAuthorised);
  EXPECT_EQ(refusal(hall.submit(clerk, hall.meeting.signed_by(broken, {clerk}))), Refusal::kBadSignature);
  hall.open_meeting();
  EXPECT_EQ(refusal(hall.ask(clerk, frame)), Refusal::kWrongPhase);
}

}  // namespace
}  // namespace piaojue::server::test
