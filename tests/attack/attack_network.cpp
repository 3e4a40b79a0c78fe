// SPDX-License-Identifier: Apache-2.0
/// Whoever writes on the wire or fills the machine: frames that nobody means, floods, a disk that is full.
#include <ctime>

#include "attack_fixture.h"

namespace piaojue::attack {
namespace {

Bytes varint_field(std::uint32_t number, std::uint64_t value) {
  Bytes out;
  auto const varint = [&](std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) out.push_back(static_cast<std::uint8_t>(v | 0x80));
    out.push_back(static_cast<std::uint8_t>(v));
  };
  varint(number << 3);
  varint(value);
  return out;
}
Bytes bytes_field(std::uint32_t number, ByteView bytes) {
  Bytes out;
  for (std::uint64_t v : {std::uint64_t{number << 3 | 2}, std::uint64_t{bytes.size()}}) {
    for (; v >= 0x80; v >>= 7) out.push_back(static_cast<std::uint8_t>(v | 0x80));
    out.push_back(static_cast<std::uint8_t>(v));
  }
  piaojue::append(out, bytes);
  return out;
}
Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (auto const& part : parts) piaojue::append(out, part);
  return out;
}

struct Opened : AttackFixture {
  explicit Opened(Plan plan = {}) : AttackFixture(std::move(plan)) { open_meeting(); }
};

// What does not parse, or asks for what does not exist, must not stop the meeting nor reach the log.
TEST(Network, FramesThatNobodyMeansAreRefusedAndChangeNothing) {
  Opened hall;
  hall.sign_in({hall.chair});
  auto const before = hall.state();
  auto const& spki = hall.people.at(hall.chair).spki;
  simulation::Dice dice(7);
  // Garbage: refused, or the connection is closed; the server stays.
  for (int i = 0; i < 300; ++i) {
    Bytes garbage(dice.below(200));
    for (auto& byte : garbage) byte = static_cast<std::uint8_t>(dice.below(256));
    auto const session = hall.connect(spki);
    auto const answer = hall.send(session, garbage);
    ASSERT_NE(hall.core, nullptr);
    EXPECT_FALSE(answer.accepted);
  }
  // No id, an empty frame, an id alone.
  auto const refused_or_closed = [&](Bytes const& frame) {
    auto const answer = hall.send(hall.connect(spki), frame);
    return answer.closed || answer.refused.has_value();
  };
  EXPECT_TRUE(refused_or_closed({}));
  EXPECT_TRUE(refused_or_closed(varint_field(2, 1)));
  EXPECT_TRUE(refused_or_closed(varint_field(1, 5)));
  // A request of a later version.
  EXPECT_TRUE(refused_or_closed(joined({varint_field(1, 5), bytes_field(30, Bytes{1, 2, 3})})));
  EXPECT_EQ(hall.state(), before);
  EXPECT_TRUE(hall.restart());
  hall.sign_in({hall.clerk});
}

// Two spellings of one entry are two leaf hashes: what one person signed could be logged as what another one did not
// see.
TEST(Network, EntriesInAnotherSpellingAreRefused) {
  Opened hall;
  auto const body = meeting::encode_body(meeting::SignIn{hall.record().meeting(), hall.chair, 0});
  auto const signature =
      meeting::sign_body(meeting::EntryType::kSignIn, body, hall.chair, *hall.people.at(hall.chair).identity);
  auto const good = meeting::encode_entry(meeting::EntryType::kSignIn, body, {signature});
  auto const before = hall.state();
  auto const refusal = [&](Bytes const& entry) {
    auto const answer = hall.submit(hall.chair, entry);
    EXPECT_FALSE(hall.everybody(entry));
    return answer.refused;
  };
  // Unknown field after the known ones; trailing byte; unknown field inside the body, properly signed.
  EXPECT_EQ(refusal(joined({good, bytes_field(9, Bytes{1})})), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(joined({good, Bytes{0}})), Refusal::kMalformed);
  auto const resign = [&](Bytes const& other) {
    return meeting::encode_entry(
        meeting::EntryType::kSignIn, other,
        {meeting::sign_body(meeting::EntryType::kSignIn, other, hall.chair, *hall.people.at(hall.chair).identity)});
  };
  EXPECT_EQ(refusal(resign(joined({body, varint_field(7, 1)}))), Refusal::kNotCanonical);
  EXPECT_EQ(refusal(resign(joined({body, varint_field(3, 0)}))), Refusal::kNotCanonical) << "a default that is written";
  EXPECT_EQ(refusal(resign(joined({varint_field(2, hall.chair), bytes_field(1, hall.record().meeting().view())}))),
            Refusal::kNotCanonical)
      << "another order of fields";
  EXPECT_EQ(refusal(resign(joined({bytes_field(1, hall.record().meeting().view()), Bytes{0x10, 0x81, 0x00}}))),
            Refusal::kNotCanonical)
      << "a longer varint";
  // A type of a later version, and one signature twice.
  EXPECT_EQ(refusal(joined({varint_field(1, 29), bytes_field(2, body)})), Refusal::kUnknownType);
  // The tail of `good` behind the type (2 bytes) and the body with its tag and length (2) is its one signature.
  auto twice = good;
  piaojue::append(twice, ByteView(good).subspan(2 + 2 + body.size()));
  EXPECT_EQ(refusal(twice), Refusal::kTooLarge) << "more than a SignIn can have";
  meeting::Recuse const recusal{hall.record().meeting(), hall.experts[0], 1, "亲属"};
  auto two = hall.entry(recusal, hall.office());
  auto const one = hall.entry(recusal, {hall.chair});
  auto const unsigned_size = hall.entry(recusal, {}).size();
  piaojue::append(two, ByteView(one).subspan(unsigned_size));
  EXPECT_EQ(refusal(two), Refusal::kNotCanonical);
  // One bit anywhere.
  for (std::size_t at = 0; at < good.size(); at += 7) {
    auto const answer = hall.submit(hall.chair, flipped(good, at));
    EXPECT_FALSE(answer.accepted) << "byte " << at;
  }
  EXPECT_EQ(hall.state(), before);
  EXPECT_TRUE(hall.submit(hall.chair, good).accepted);
}

// 10. One enrolled laptop, one frame: 1.9 GB, and nobody was answered for 5.7 s.
TEST(Network, Attack10_OneFrameOfEmptySignatures) {
  Opened hall;
  auto const before = hall.state();
  auto const body = meeting::encode_body(meeting::SignIn{hall.record().meeting(), hall.clerk, 0});
  auto const empty = meeting::encode_entry(meeting::EntryType::kSignIn, body, {});
  for (std::size_t const count : {30'000U, 900'000U, 11'900'000U}) {
    auto entry = empty;
    for (std::size_t i = 0; i < count; ++i) entry.insert(entry.end(), {0x1a, 0x00});
    auto const session = hall.people.at(hall.clerk).session;
    auto const frame = client::wire::submit(hall.next_request(), entry, {});
    std::clock_t const start = std::clock();
    auto const answer = hall.send(session, frame);
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC / 4) << count;
    // The largest is not even a frame that this person may send.
    EXPECT_TRUE(answer.refused == Refusal::kTooLarge || (count > 1'000'000 && answer.closed)) << answer;
  }
  EXPECT_EQ(hall.state(), before);
  hall.sign_in({hall.chair});  // everybody else is answered
}

// One who proposes without end must not take the memory or the proposals of the others.
TEST(Network, AFloodOfProposalsIsBounded) {
  Plan plan;
  plan.limits.proposals_per_person_max = 4;
  plan.limits.proposals_max = 6;
  Opened hall(plan);
  hall.sign_in_all();
  int taken = 0, busy = 0;
  auto const propose = [&](PersonId who, int n) {
    meeting::Recuse body{hall.record().meeting(), hall.experts[0], 1, "理由 " + std::to_string(n)};
    // Who is signed in may ask for an entry that only others sign (§9.2).
    auto const answer =
        hall.submit(who, hall.entry(body, who == hall.chair ? std::vector{who} : std::vector<PersonId>()));
    taken += answer.pending ? 1 : 0;
    busy += answer.refused == Refusal::kBusy ? 1 : 0;
  };
  for (int i = 0; i < 50; ++i) propose(hall.clerk, i);
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(busy, 46);
  auto const before = hall.state();
  // The chair still gets through, and what is proposed can still be signed.
  for (int i = 100; i < 102; ++i) propose(hall.chair, i);
  EXPECT_EQ(taken, 6);
  EXPECT_NE(hall.state(), before);
  hall.must(meeting::Recuse{hall.record().meeting(), hall.experts[0], 1, "理由 0"}, hall.office());
  // The others of the same person and question have become pointless, and make way.
  taken = 0;
  meeting::Recuse other{hall.record().meeting(), hall.experts[1], 1, "另一人"};
  EXPECT_TRUE(hall.submit(hall.clerk, hall.entry(other, {})).pending);
}

// Sessions, repeated Hellos, pings and wrong requests without end: bounded, answered, and the meeting goes on.
TEST(Network, AFloodOfConnectionsAndRequestsIsBounded) {
  Plan plan;
  plan.limits.sessions_max = 20;
  Opened hall(plan);
  std::size_t open = 0;
  for (int i = 0; i < 200; ++i) open += hall.open_sessions(hall.connect(std::nullopt)) ? 1 : 0;
  EXPECT_LE(open, 20U);
  hall.sign_in({hall.chair});  // who is in stays in
  auto const session = hall.people.at(hall.chair).session;
  auto const before = hall.state();
  for (int i = 0; i < 2000; ++i) {
    hall.send(session, client::wire::ping(hall.next_request()));
    if (i % 100 == 0) hall.send(session, client::wire::hello(hall.next_request(), 0));
  }
  EXPECT_EQ(hall.state(), before);
}

// What is acknowledged is what people rely on: with the disk full there is no acknowledgement, and after it is mended
// either the entry is there or it can be sent again.
TEST(Network, NothingIsAcknowledgedThatTheDiskRefused) {
  for (bool const applied : {false, true}) {
    Opened hall;
    hall.sign_in({hall.chair, hall.supervisor()});
    auto const before = hall.record().size();
    auto const entry = hall.entry(meeting::SignIn{hall.record().meeting(), hall.clerk, 0}, {hall.clerk});
    hall.store.fail_after(0, applied);
    auto const answer = hall.submit(hall.clerk, entry);
    EXPECT_FALSE(answer.accepted);
    EXPECT_TRUE(answer.silent) << "not even a refusal: nobody knows whether it is durable";
    EXPECT_EQ(hall.core, nullptr) << "the program ends";
    hall.store.heal();
    ASSERT_TRUE(hall.restart());
    EXPECT_EQ(hall.record().size(), before + (applied ? 1 : 0));
    auto const again = hall.submit(hall.clerk, entry);
    EXPECT_EQ(again.accepted, before) << again;
    EXPECT_EQ(hall.record().size(), before + 1);
    // And so with an enrolment and a cosignature.
    hall.store.fail_after(0);
    auto const cosignature = hall.cosignature_of(hall.chair);
    EXPECT_TRUE(
        hall.send(hall.people.at(hall.chair).session, client::wire::cosign(hall.next_request(), cosignature)).silent);
    hall.store.heal();
    ASSERT_TRUE(hall.restart());
    EXPECT_TRUE(
        hall.send(hall.people.at(hall.chair).session, client::wire::cosign(hall.next_request(), cosignature)).accepted);
  }
}

// A frame taken off one person's wire is worth nothing on another's.
TEST(Network, RequestsReplayedOnAnotherConnectionAreRefused) {
  Opened hall;
  auto const entry = hall.entry(meeting::SignIn{hall.record().meeting(), hall.clerk, 0}, {hall.clerk});
  auto const before = hall.state();
  EXPECT_EQ(hall.submit(hall.chair, entry).refused, Refusal::kNotAuthorised);
  auto const cosignature = hall.cosignature_of(hall.clerk);
  EXPECT_EQ(
      hall.send(hall.people.at(hall.chair).session, client::wire::cosign(hall.next_request(), cosignature)).refused,
      Refusal::kNotAuthorised);
  EXPECT_EQ(hall.state(), before);
  auto const first = hall.submit(hall.clerk, entry);
  ASSERT_TRUE(first.accepted);
  // Replayed after a sign-out it would bring her back into the hall.
  hall.must(
      meeting::SignOut{
          hall.record().meeting(), hall.clerk, 1, "", {}, false, hall.record().size(), hall.record().tree().root()},
      {hall.clerk});
  auto const after = hall.state();
  EXPECT_EQ(hall.submit(hall.clerk, entry).accepted, first.accepted) << "the answer of the first time, and nothing new";
  EXPECT_FALSE(hall.record().presence(hall.clerk).signed_in);
  EXPECT_EQ(hall.state(), after);
}

}  // namespace
}  // namespace piaojue::attack
