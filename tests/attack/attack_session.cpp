// SPDX-License-Identifier: Apache-2.0
/// A corrupt server against the real program of one person: it shows her another log than the hall sees, or an older
/// one. The other laptops, the chair's too, are honest; where the attack needs the chair's signature, he is corrupt as
/// well.
#include <gtest/gtest.h>

#include "client/session/wire.h"
#include "protocol/meeting/codec.h"
#include "protocol/trustee/mixer.h"
#include "server/wire.h"
#include "simulation/world.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;
using meeting::MeetingPhase;
using meeting::PersonId;
using simulation::World;

/// Six experts, one of them the victim; two trustees; nothing breaks by itself.
void calm(simulation::Scenario& scenario) {
  auto& m = scenario.manifest;
  m.people.clear();
  m.candidates.clear();
  m.batches.clear();
  auto const add = [&](std::uint32_t roles) {
    meeting::Person person;
    person.name = "人" + std::to_string(m.people.size() + 1);
    person.roles = roles;
    m.people.push_back(person);
  };
  add(meeting::kChair);
  for (int i = 0; i < 6; ++i) add(meeting::kExpert);
  add(meeting::kClerk);
  add(meeting::kSupervisor);
  for (int b = 0; b < 1; ++b) {
    meeting::Candidate candidate;
    candidate.name = "申报人";
    candidate.level = "副高级";
    candidate.channel = meeting::Channel::kNormal;
    m.candidates.push_back(candidate);
    m.batches.push_back({"批次", {static_cast<meeting::QuestionId>(b + 1)}});
  }
  m.trustees = {0, 1};
  m.rehearsal = false;
  m.committee_size = 7;
  m.rules.trustees_min = 2;
  m.rules.max_unconfirmed = 1;
  m.rules.supervisors_needed = 1;
  m.rules.recusal_mode = meeting::RecusalMode::kInclude;
  simulation::Scenario fresh;
  fresh.manifest = m;
  fresh.storm = false;
  fresh.network.delay_ms_max = 10;
  scenario = fresh;
}

constexpr PersonId kChairPerson = 1, kVictim = 4;

/// Stands between the server and the victim and shows her a log of its own, with right checkpoints and right signatures
/// of everybody who is corrupt.
class Fork {
 public:
  /// @param change of an entry on its way to her: other bytes, or nothing to leave it out.
  using Change = std::function<std::optional<Bytes>(Fork&, meeting::Entry const&, Bytes const&)>;
  Fork(World& w, Change c, bool hide) : world(w), change(std::move(c)), hide_cosignatures(hide) {
    world.network.tamper = [this](std::uint32_t const client, bool const to_server, Bytes& frame) {
      if (client != world.laptop(kVictim).number()) return true;
      return to_server ? from_victim(frame) : to_victim(frame);
    };
  }

  World& world;
  Change change;
  bool hide_cosignatures;  ///< of the others, which would show her the fork at once
  meeting::Record shown;   ///< what she is shown
  bool forked = false;
  std::set<EntryType> sent_after;  ///< what she submitted once she was in a hall of her own

 private:
  bool from_victim(Bytes const& frame) {
    auto const request = server::wire::parse_request(frame);
    auto const* submit = request ? std::get_if<server::wire::Submit>(&request->what) : nullptr;
    if (submit == nullptr || !forked) return true;
    if (auto const entry = meeting::decode_entry(submit->entry)) sent_after.insert(entry->type());
    return true;
  }
  bool to_victim(Bytes& frame) {
    auto const message = client::wire::parse(frame);
    if (!message) return true;
    if (std::holds_alternative<client::wire::Cosignatures>(message->what)) return !(forked && hide_cosignatures);
    auto const* push = std::get_if<client::wire::Log>(&message->what);
    if (push == nullptr || push->first_index + push->entries.size() <= seen_) return true;
    std::vector<server::wire::EntryBytes> entries;
    auto const first = shown.size();
    for (std::size_t i = 0; i < push->entries.size(); ++i) {
      if (push->first_index + i < seen_) continue;
      ++seen_;
      auto const entry = meeting::decode_entry(push->entries[i]).value();
      auto bytes = change(*this, entry, push->entries[i]);
      if (!bytes) {
        forked = true;
        continue;
      }
      if (*bytes != push->entries[i]) forked = true;
      // What does not fit her log any more is kept back: she must see no contradiction.
      if (!shown.apply(*bytes)) continue;
      entries.push_back(std::make_shared<Bytes const>(std::move(*bytes)));
    }
    if (!forked) return true;
    if (entries.empty()) return false;
    auto const note = log::sign_checkpoint({shown.manifest().origin(), shown.size(), shown.tree().root()},
                                           world.server.checkpoint_signing_key());
    frame = server::wire::log_push(first, entries, note);
    return true;
  }
  std::uint64_t seen_ = 0;
};

Bytes by_chair(Fork& fork, meeting::Body const& body) {
  return meeting::signed_entry(body, kChairPerson, fork.world.laptop(kChairPerson).stolen_keys().identity);
}

/// Other token keys for her alone: a ballot under them would be hers for everybody to see.
Fork::Change other_keys() {
  auto const made = std::make_shared<std::optional<trustee::AttemptKeys>>();
  return [made](Fork& fork, meeting::Entry const& entry, Bytes const& bytes) -> std::optional<Bytes> {
    if (auto const* keys = std::get_if<meeting::BatchKeys>(&entry.body); keys != nullptr && keys->trustee == 0) {
      *made = trustee::AttemptKeys::generate(keys->batch, keys->attempt, {1}, 2048, fork.world.keys.source()).value();
      return meeting::signed_entry((*made)->body(keys->meeting, 0), meeting::kServer,
                                   fork.world.server.server_signing_key());
    }
    if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
      return by_chair(fork, fork.shown.draft_batch_open(open->batch, false).value());
    }
    return bytes;
  };
}

/// A hall in which one expert never signed in: another denominator.
Fork::Change other_denominator() {
  return [](Fork& fork, meeting::Entry const& entry, Bytes const& bytes) -> std::optional<Bytes> {
    auto const* sign_in = std::get_if<meeting::SignIn>(&entry.body);
    if (sign_in != nullptr && sign_in->person == kVictim + 1) return std::nullopt;
    if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
      return by_chair(fork, fork.shown.draft_batch_open(open->batch, false).value());
    }
    return bytes;
  };
}

/// A box that lacks another expert's ballot: hers is in it, so that she would confirm.
Fork::Change other_box() {
  return [](Fork& fork, meeting::Entry const& entry, Bytes const& bytes) -> std::optional<Bytes> {
    auto const* real = std::get_if<meeting::BallotBox>(&entry.body);
    if (real == nullptr) return bytes;
    auto box = *real;
    // Which one is hers nobody knows; one of six goes, most often another's.
    box.boxes.at(1).ballots.erase(box.boxes.at(1).ballots.begin());
    box.boxes.at(1).refused[static_cast<std::uint32_t>(Refusal::kBallotSignature)] += 1;
    return meeting::signed_entry(box, meeting::kServer, fork.world.server.server_signing_key());
  };
}

struct Split {
  char const* name;
  Fork::Change (*change)();
  EntryType act;  ///< what she must not send on the strength of the fork
};
void PrintTo(Split const& split, std::ostream* out) { *out << split.name; }

class SplitView : public testing::TestWithParam<Split> {};

// Shown a hall of her own, her token request would mark her, and her Confirm would vouch for a box that nobody else
// sees.
TEST_P(SplitView, OnePersonsProgramDoesNotActInAHallOfItsOwn) {
  piaojue::init();
  World world(17, calm);
  Fork fork(world, GetParam().change(), true);
  ASSERT_TRUE(world.run_until([&] { return fork.forked && fork.shown.in_progress(); }, 300'000));
  auto const sent_before = fork.sent_after;
  ASSERT_TRUE(world.run_until(
      [&] { return fork.shown.attempt() && (GetParam().act == EntryType::kTokenRequest || fork.shown.attempt()->box); },
      300'000));
  // The others have all the time in the world; she is shown no cosignature but her own.
  world.run_until([] { return false; }, 120'000);
  auto* victim = world.laptop(kVictim).session();
  ASSERT_NE(victim, nullptr);
  EXPECT_EQ(victim->record().tree().root(), fork.shown.tree().root()) << "she was taken in: the fork is a good one";
  EXPECT_FALSE(fork.sent_after.contains(GetParam().act)) << meeting::name(GetParam().act);
  if (GetParam().act == EntryType::kTokenRequest) {
    EXPECT_FALSE(world.server.core().record().attempt()->requests.contains(kVictim));
  } else {
    EXPECT_FALSE(world.server.core().record().attempt()->confirms.contains(kVictim));
    EXPECT_TRUE(world.server.core().record().attempt()->shares.empty()) << "and so nothing is opened";
  }
  // One cosignature of anybody reaches her: she stops for good, and says why.
  fork.hide_cosignatures = false;
  world.network.cut_all();
  EXPECT_TRUE(world.run_until(
      [&] {
        auto* session = world.laptop(kVictim).session();
        return session != nullptr && session->halted().has_value();
      },
      120'000));
  ASSERT_TRUE(world.laptop(kVictim).session()->halted());
  auto const why = *world.laptop(kVictim).session()->halted();
  EXPECT_TRUE(why == Refusal::kLogSplit || why == Refusal::kLogInconsistent) << piaojue::name(why);
  EXPECT_FALSE(fork.sent_after.contains(GetParam().act));
  // A restart does not begin to trust again.
  world.laptop(kVictim).crash();
  world.laptop(kVictim).switch_on();
  world.run_until([] { return false; }, 30'000);
  EXPECT_TRUE(world.laptop(kVictim).session()->halted());
  EXPECT_FALSE(fork.sent_after.contains(GetParam().act));
}
INSTANTIATE_TEST_SUITE_P(, SplitView,
                         testing::Values(Split{"OtherKeys", other_keys, EntryType::kTokenRequest},
                                         Split{"OtherDenominator", other_denominator, EntryType::kTokenRequest},
                                         Split{"OtherBallotBox", other_box, EntryType::kConfirm}),
                         [](auto const& one) { return std::string(one.param.name); });

// The other five are enough witnesses: her program standing still stops nobody but herself.
TEST(Session, TheHallGoesOnWithoutTheOneWhoIsShownAnother) {
  piaojue::init();
  World world(17, calm);
  Fork fork(world, other_keys(), false);
  EXPECT_TRUE(world.run_until(
      [&] { return world.server.idle() && world.server.core().record().phase() == MeetingPhase::kClosed; }, 600'000));
  ASSERT_EQ(world.server.core().record().phase(), MeetingPhase::kClosed);
  EXPECT_TRUE(world.laptop(kVictim).session()->halted());
  EXPECT_EQ(world.server.core().record().question(1).declared->not_cast, 1U);
}

// A restored backup forgets what was acknowledged: votes and tokens of the forgotten part could be asked for again.
TEST(Session, AServerFromAnOlderCopyIsRefusedByEveryProgramThatKnowsMore) {
  piaojue::init();
  World world(23, calm);
  ASSERT_TRUE(world.run_until([&] {
    return world.server.idle() && world.server.core().record().in_progress() &&
           world.server.core().record().attempt()->requests.size() >= 2;
  }));
  auto const old = world.server.store().contents();
  auto const old_size = world.server.core().record().size();
  ASSERT_TRUE(world.run_until([&] {
    auto const& record = world.server.core().record();
    return world.server.idle() && record.in_progress() && record.attempt()->casts.size() == 6;
  }));
  world.people_frozen = true;
  world.run_until([] { return false; }, 10'000);  // everybody has what the server has
  auto const size = world.server.core().record().size();
  ASSERT_GT(size, old_size);
  world.server.on_crash = {};
  world.server.crash();
  world.server.replace_store(old);
  ASSERT_TRUE(world.server.start()) << "the copy is a good one by itself";
  std::map<PersonId, std::uint64_t> tried;
  world.network.tamper = [&](std::uint32_t const client, bool const to_server, Bytes const& frame) {
    auto const request = to_server ? server::wire::parse_request(frame) : server::wire::parse_request({});
    if (request && std::holds_alternative<server::wire::Submit>(request->what)) ++tried[client];
    return true;
  };
  world.people_frozen = false;
  world.run_until([] { return false; }, 60'000);
  // What is built on the older copy the server has built alone, with its own key.
  auto const contents = world.server.store().contents();
  for (auto const& [key, bytes] : contents[store::Table::kEntry]) {
    if (key < store::key_of(old_size)) continue;
    auto const entry = meeting::decode_entry(bytes).value();
    for (auto const& signature : entry.signatures) EXPECT_EQ(signature.signer, 0U);
  }
  EXPECT_TRUE(tried.empty()) << "not one request";
  for (PersonId p = 1; p <= 9; ++p) {
    ASSERT_NE(world.laptop(p).session(), nullptr);
    EXPECT_EQ(world.laptop(p).session()->halted(), Refusal::kLogInconsistent) << "person " << p;
    EXPECT_EQ(world.laptop(p).session()->record().size(), size) << "and keeps what it knows";
  }
}

// The positive control of all of this: with nothing tampered the same meeting comes to its end.
TEST(Session, TheSameMeetingWithAnHonestServerComesToItsEnd) {
  piaojue::init();
  for (std::uint64_t const seed : {17U, 23U}) {
    World world(seed, calm);
    auto const report = world.run();
    EXPECT_TRUE(report.ok) << report.failure;
  }
}

}  // namespace
}  // namespace piaojue::attack
