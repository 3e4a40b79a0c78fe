// SPDX-License-Identifier: Apache-2.0
/// A corrupt server against the real program of one person: it shows her another log than the hall sees, or an older
/// one. The other laptops are honest; where the attack needs the office's signatures, chair and supervisor are corrupt
/// as well.
#include <gtest/gtest.h>

#include "client/session/wire.h"
#include "protocol/meeting/codec.h"
#include "protocol/trustee/mixer.h"
#include "server/wire.h"
#include "simulation/calm.h"
#include "simulation/world.h"

namespace piaojue::attack {
namespace {

using meeting::BatchPhase;
using meeting::EntryType;
using meeting::MeetingPhase;
using meeting::PersonId;
using simulation::World;

/// One of the experts is the victim.
void plain(simulation::Scenario& scenario) { simulation::calm(scenario, {.experts = 6, .max_unconfirmed = 1}); }

constexpr PersonId kChairPerson = 1, kVictim = 4, kSupervisorPerson = 9;

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

Bytes by_office(Fork& fork, meeting::Body const& body) {
  auto const bytes = meeting::encode_body(body);
  std::vector<meeting::EntrySignature> signatures;
  for (auto const p : {kChairPerson, kSupervisorPerson}) {
    signatures.push_back(
        meeting::sign_body(meeting::type_of(body), bytes, p, fork.world.laptop(p).stolen_keys().identity));
  }
  return meeting::encode_entry(meeting::type_of(body), bytes, std::move(signatures));
}

/// A BatchOpen as it fits her log; where none does (a second attempt, of a first one that did not end there), the real
/// one, which she is then not shown.
Bytes opened_by_office(Fork& fork, meeting::BatchOpen const& real, Bytes const& bytes) {
  auto const draft = fork.shown.draft_batch_open(real.batch, false, {});
  return draft ? by_office(fork, *draft) : bytes;
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
      return opened_by_office(fork, *open, bytes);
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
      return opened_by_office(fork, *open, bytes);
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
  World world(17, plain);
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
    auto const* const voter = world.server.core().record().attempt()->voter(kVictim);
    EXPECT_TRUE(voter == nullptr || !voter->request);
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

// The other five are enough witnesses: her program standing still stops nobody but herself, and the record says by name
// that she has said nothing.
TEST(Session, TheHallGoesOnWithoutTheOneWhoIsShownAnother) {
  piaojue::init();
  World world(17, plain);
  world.votes = [](PersonId, meeting::QuestionId) { return crypto::elgamal::Choice::kAgree; };
  Fork fork(world, other_keys(), false);
  EXPECT_TRUE(world.run_until(
      [&] { return world.server.idle() && world.server.core().record().phase() == MeetingPhase::kClosed; }, 600'000));
  ASSERT_EQ(world.server.core().record().phase(), MeetingPhase::kClosed);
  EXPECT_TRUE(world.laptop(kVictim).session()->halted());
  auto const row = *world.server.core().record().question(1).declared;
  EXPECT_EQ(row.agree, 5U);
  EXPECT_EQ(row.not_cast, 1U);
  EXPECT_TRUE(world.server.core().record().attempt()->overridden.contains(kVictim));
}

std::size_t requests(meeting::Record const& record) {
  return static_cast<std::size_t>(
      std::ranges::count_if(record.attempt()->voters, [](auto const& one) { return one.second.request.has_value(); }));
}

// A restored backup forgets what was acknowledged: votes and tokens of the forgotten part could be asked for again.
TEST(Session, AServerFromAnOlderCopyIsRefusedByEveryProgramThatKnowsMore) {
  piaojue::init();
  World world(23, plain);
  ASSERT_TRUE(world.run_until([&] {
    return world.server.idle() && world.server.core().record().in_progress() &&
           requests(world.server.core().record()) >= 2;
  }));
  auto const old = world.server.store().contents();
  auto const old_size = world.server.core().record().size();
  ASSERT_TRUE(world.run_until([&] {
    auto const& record = world.server.core().record();
    return world.server.idle() && record.in_progress() && record.attempt()->envelopes().size() == 6;
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

/// Every blob that lay on each laptop's disk at some moment, and the halves as they were deposited.
struct Seized {
  std::map<std::uint32_t, std::set<std::pair<std::string, Bytes>>> blocks;  ///< by laptop
  struct Given {
    PersonId owner, holder;
    meeting::Deposit deposit;
  };
  std::vector<Given> deposits;

  explicit Seized(World& world) {
    world.network.tamper = [this, &world](std::uint32_t const client, bool const to_server, Bytes const& frame) {
      auto& laptop = *world.laptops().at(client - 1);
      for (auto const& [name, blob] : laptop.wallet().blobs()) blocks[client].insert({name, blob});
      auto const request = to_server ? server::wire::parse_request(frame) : server::wire::parse_request({});
      auto const* relay = request ? std::get_if<server::wire::Relay>(&request->what) : nullptr;
      if (relay != nullptr && relay->kind == meeting::RelayKind::kDeposit) {
        deposits.push_back({laptop.person(), relay->to, meeting::parse_deposit(relay->body).value()});
      }
      return true;
    };
  }
};

// 14. What a laptop ever had on its disk, with its passphrase: old envelopes, tokens, a trustee's keys. It opens with
// the half of somebody else only.
TEST(Session, Attack14_OldBlocksOfALaptop) {
  piaojue::init();
  World world(17, plain);
  Seized seized(world);
  auto const report = world.run();
  ASSERT_TRUE(report.ok) << report.failure;
  auto const& meeting = world.server.core().record().meeting();
  std::map<std::string, std::size_t> opened;  // by kind
  for (auto const& laptop : world.laptops()) {
    auto const stolen = laptop->stolen_keys();
    // A holder who kept the half against the rules, and gives his box key too.
    std::map<meeting::HalfOf, Secret> halves;
    for (auto const& given : seized.deposits) {
      if (given.owner != laptop->person()) continue;
      auto const box = given.holder == meeting::kServer
                           ? crypto::BoxKey::from_secret(world.server.keys().box.secret().clone()).value()
                           : std::move(world.laptop(given.holder).stolen_keys().box);
      halves.insert_or_assign(given.deposit.of, meeting::open_deposit({meeting, given.owner, given.holder},
                                                                      stolen.identity.public_key(), box, given.deposit)
                                                    .value());
    }
    for (auto const& [name, blob] : seized.blocks[laptop->number()]) {
      auto const kind = name.substr(0, name.find('/', name.starts_with("trustee/") ? 8 : 0));
      if (!name.starts_with("attempt/") && !name.starts_with("trustee/")) continue;
      bool const alone = crypto::unseal(stolen.own_key, blob, as_bytes(name)).has_value();
      EXPECT_EQ(alone, name == "trustee/pledges") << "person " << laptop->person() << ": " << name;
      opened[kind] += alone ? 1 : 0;
      for (auto const& [of, half] : halves) {
        auto const key = crypto::combine_keys(stolen.own_key, half);
        opened[kind] += crypto::unseal(key, blob, as_bytes(name)) ? 1 : 0;
      }
    }
  }
  // The positive controls: each kind was there, and opens with the half.
  for (auto const* kind : {"attempt", "trustee/keys", "trustee/mix", "trustee/pledges"})
    EXPECT_GT(opened[kind], 0U) << kind;
}

// The positive control of all of this: with nothing tampered the same meeting comes to its end.
TEST(Session, TheSameMeetingWithAnHonestServerComesToItsEnd) {
  piaojue::init();
  for (std::uint64_t const seed : {17U, 23U}) {
    World world(seed, plain);
    auto const report = world.run();
    EXPECT_TRUE(report.ok) << report.failure;
  }
}

}  // namespace
}  // namespace piaojue::attack
