// SPDX-License-Identifier: Apache-2.0
/// "De-anonymise me": whole meetings, PIAOJUE_SEEDS of them (default 40) from PIAOJUE_FIRST (default 0) on, and
/// somebody who has everything of each but one trustee's secret: the server's store while the attempt is open and after
/// it, its key file, the half that its memory held, trustee 0's keys, so that he sees every onion without its outer
/// layer, and who is where after the first shuffle; all orders of the log, and what every person sent. He tries every
/// join that `piaojue-verify --link` knows, and is right as often as a guess: what is better has, if ballots are
/// secret, a chance of at most one in a million, over all attempts together. With what a corrupt meeting would give him
/// besides, he finds it, by its name.
#include "attack_fixture.h"
#include "crypto/onion.h"
#include "simulation/seeds.h"
#include "verifier/link/attempts.h"

namespace piaojue::attack {
namespace {

namespace link = verifier::link;

constexpr Text named(std::string_view text) { return {text, text, text}; }
constexpr Text kRoster = named("roster");
constexpr Text kSignIn = named("sign-in");
constexpr Text kRequest = named("request");
constexpr Text kCast = named("cast");
constexpr Text kConfirm = named("confirm");
constexpr Text kRow = named("row");
constexpr Text kAfterHop0 = named("after hop 0");
constexpr Text kBox = named("box");
constexpr Text kLastOutput = named("last output");
constexpr Text kOnion = named("onion");
constexpr Text kPeeled = named("onion without its outer layer");
constexpr Text kEntries = named("entries of the log");
constexpr Text kPayloads = named("payloads");
constexpr Text kBallot = named("ballot");
constexpr Text kMtime = named("file time");

/// A meeting with its own orders of everything.
struct Robbed {
  explicit Robbed(std::uint64_t const seed) : hall(plan(), seed), dice(seed * 6151 + 7) {
    hall.open_meeting();
    sign_in = shuffled(), request = shuffled(), cast = shuffled(), confirm = shuffled();
    hall.sign_in(sign_in);
    hall.sign_in({hall.clerk, hall.supervisor()});
    hall.open_batch(1);
    for (auto const p : request) {
      hall.request(p);
      hall.issue(p);
      hall.collect(p);
    }
    for (auto const p : cast) {
      hall.cast(p, dice.below(2) == 0 ? Choice::kAgree : Choice::kDisagree);
    }
    hall.close();
    hall.issuance_closed();
    hall.settle();
    trustee0 = hall.server_keys(hall.store.contents(), {1, 1});
    hall.mix();
    open = hall.store.contents();
    auto const key = hall.attempt_key({1, 1});
    for (auto const table : kOfAttempt)
      for (auto& [row, value] : open[table]) value = to_bytes(crypto::unseal(key, value, row).value().view());
    for (auto const p : confirm) EXPECT_TRUE(hall.confirm(p).accepted);
  }

  static Plan plan() {
    Plan out;
    out.batches = {1};
    return out;
  }
  std::vector<PersonId> shuffled() {
    auto out = hall.experts;
    dice.shuffle(out);
    return out;
  }
  std::size_t place(PersonId person) const {
    return static_cast<std::size_t>(std::ranges::find(hall.experts, person) - hall.experts.begin());
  }
  std::vector<std::size_t> places(std::vector<PersonId> const& people) const {
    std::vector<std::size_t> out;
    for (auto const p : people) out.push_back(place(p));
    return out;
  }
  std::vector<Bytes> output(std::uint32_t hop) const {
    return meeting::parse_mix_payload(open[store::Table::kMixOutput].at(store::key_of(hall.attempt().open_hash, hop)))
        .value()
        .items.at(1);
  }
  crypto::Hash ctx() const { return meeting::context(hall.attempt().open_hash, 1); }

  link::Seized loot() const {
    link::Seized out;
    out.ballots = hall.attempt().box->boxes.at(1).ballots;
    auto const in_box = [&](Bytes const& ballot) {
      return static_cast<std::size_t>(std::ranges::find(out.ballots, ballot) - out.ballots.begin());
    };
    out.truth.emplace();
    for (auto const p : hall.experts) {
      out.people.push_back(std::to_string(p));
      out.truth->emplace(place(p), in_box(hall.ballots.at(p).at(1)));
    }
    link::Measure onion_size{kOnion, {}}, ballot_size{kBallot, {}};
    std::map<Bytes, std::size_t> by_peeled;
    std::vector<std::size_t> rows, after_hop0;
    for (auto const& [row, raw] : open[store::Table::kEnvelope]) {
      auto const p = place(read_u32be(ByteView(row).subspan(32, 4)));
      auto const onion = meeting::parse_envelope_payload(raw).value().at(1);
      auto const peeled = crypto::onion::peel(*trustee0.mix_key, 0, ctx(), onion).value();
      rows.push_back(p);
      by_peeled[peeled] = p;
      onion_size.of[p] = static_cast<std::int64_t>(onion.size());
      out.owned.push_back({kOnion, p, onion});
      out.owned.push_back({kPeeled, p, peeled});
    }
    for (auto const& item : output(0)) after_hop0.push_back(by_peeled.at(item));
    for (auto const table : {store::Table::kTokenPayload, store::Table::kIssuedPayload}) {
      for (auto const& [row, raw] : open[table])
        out.owned.push_back({kPayloads, place(read_u32be(ByteView(row).subspan(32, 4))), raw});
    }
    for (auto const& [index, bytes] : open[store::Table::kEntry]) {
      auto const entry = meeting::decode_entry(bytes).value();
      auto const own = [&](auto const* body) {
        if (body != nullptr) out.owned.push_back({kEntries, place(body->person), bytes});
      };
      own(std::get_if<meeting::TokenRequest>(&entry.body));
      own(std::get_if<meeting::TokensIssued>(&entry.body));
      own(std::get_if<meeting::EnvelopeCast>(&entry.body));
    }
    std::vector<std::size_t> box, last;
    for (std::size_t i = 0; i < out.ballots.size(); ++i) {
      box.push_back(i);
      ballot_size.of[i] = static_cast<std::int64_t>(out.ballots[i].size());
    }
    for (auto const& item : output(1)) last.push_back(in_box(item));
    out.people_orders = {{kRoster, places(hall.experts)}, {kSignIn, places(sign_in)},  {kRequest, places(request)},
                         {kCast, places(cast)},           {kConfirm, places(confirm)}, {kRow, rows},
                         {kAfterHop0, after_hop0}};
    out.ballot_orders = {{kBox, box}, {kLastOutput, last}};
    out.people_sizes = {onion_size};
    out.ballot_sizes = {ballot_size};
    return out;
  }
  /// Ballots by the people of an order: what whoever keeps that order would leave behind.
  static std::vector<std::size_t> kept(link::Seized const& loot, Text const& order) {
    std::vector<std::size_t> out;
    for (auto const& one : loot.people_orders) {
      if (one.name == Sentence(order))
        for (auto const p : one.of) out.push_back(loot.truth->at(p));
    }
    return out;
  }

  static constexpr std::array kOfAttempt = {store::Table::kTokenPayload, store::Table::kIssuedPayload,
                                            store::Table::kEnvelope, store::Table::kMixOutput};
  AttackFixture hall;
  simulation::Dice dice;
  std::vector<PersonId> sign_in, request, cast, confirm;
  trustee::AttemptKeys trustee0;
  store::Contents open;
};

// Harm: whoever has seized everything but one honest machine knows how each expert voted, for life.
TEST(Link, WithoutOneTrusteesSecretNoJoinIsBetterThanAGuess) {
  auto const seeds = simulation::number_from("PIAOJUE_SEEDS").value_or(40);
  auto const begin = simulation::number_from("PIAOJUE_FIRST").value_or(0);
  link::Totals totals;
  for (std::uint64_t seed = begin; seed < begin + seeds; ++seed) {
    auto const loot = Robbed(20'000 + seed).loot();
    ASSERT_EQ(loot.truth->size(), 5U);
    link::add(totals, link::try_all(loot));
  }
  EXPECT_EQ(link::found(totals), std::vector<std::string>{});
  // The controls: every order was tried with every other, both ways, and the bytes of everything; each hit that chance
  // gives is there.
  std::uint64_t hits = 0, tried = 0;
  double expected = 0, least = 1;
  for (auto const& [name, total] : totals) {
    if (!total.scored) continue;
    hits += total.score.hits;
    expected += total.score.expected();
    tried += total.tried;
    least = std::min(least, total.score.p());
  }
  EXPECT_EQ(totals.size(), 28U + 1U + 1U + 4U);
  EXPECT_NEAR(static_cast<double>(hits) / expected, 1.0, 0.5);
  std::cout << seeds << " meetings, " << totals.size() << " attempts, " << tried << " pairs, " << hits << " hits, "
            << expected << " by chance, smallest p " << least << '\n';
}

bool has(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

/// What is found in six meetings to each of which `leak` adds what somebody left behind.
std::vector<std::string> found_with(std::function<void(Robbed&, link::Seized&)> const& leak) {
  link::Totals totals;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Robbed robbed(900 + seed);
    auto loot = robbed.loot();
    leak(robbed, loot);
    link::add(totals, link::try_all(loot));
  }
  return link::found(totals);
}

// Harm: a search that is blind to a leak says that there is none.
TEST(Link, WhoMixesWithoutShufflingIsFound) {
  auto const names = found_with([](Robbed& robbed, link::Seized& loot) {
    // Trustee 1's output in the order of its input.
    auto& last = loot.ballot_orders.back();
    ASSERT_EQ(last.name, Sentence(kLastOutput));
    last.of.clear();
    for (auto const& item : robbed.output(0)) {
      auto const ballot = crypto::onion::peel(*robbed.hall.trustee_keys(1).mix_key, 1, robbed.ctx(), item).value();
      last.of.push_back(static_cast<std::size_t>(std::ranges::find(loot.ballots, ballot) - loot.ballots.begin()));
    }
  });
  EXPECT_TRUE(has(names, "after hop 0 ~ last output")) << ::testing::PrintToString(names);
}

TEST(Link, AnOrderOfRowsThatIsKeptIsFound) {
  for (auto const* order : {&kRequest, &kCast, &kRow, &kConfirm, &kSignIn}) {
    auto const names = found_with([&](Robbed&, link::Seized& loot) {
      loot.ballot_orders.push_back({kMtime, Robbed::kept(loot, *order)});
    });
    EXPECT_TRUE(has(names, std::string(order->en) + " ~ file time")) << ::testing::PrintToString(names);
  }
}

TEST(Link, ASerialThatTokenAndBallotShareIsFound) {
  auto const names = found_with([](Robbed&, link::Seized& loot) {
    for (auto& owned : loot.owned) {
      if (owned.where != Sentence(kPayloads)) continue;
      append(owned.bytes, ByteView(loot.ballots[loot.truth->at(owned.person)]).subspan(40, link::kSharedMin));
    }
  });
  ASSERT_EQ(names.size(), 1U) << ::testing::PrintToString(names);
  EXPECT_NE(names[0].find("payloads"), std::string::npos);
}

}  // namespace
}  // namespace piaojue::attack
