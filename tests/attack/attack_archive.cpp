// SPDX-License-Identifier: Apache-2.0
/// De-anonymisation: somebody has the server's whole store, at any moment that he likes, its key file, what its memory
/// holds, its log output, the finished record and the secrets of every trustee but one, and tries to join names to
/// ballots. With the last trustee's secret as well he succeeds; that is the positive control, and the proof that
/// everything rests on one of them forgetting. And a thief who comes later, with every block that the server's disk
/// ever held.
#include <cmath>
#include <sstream>

#include "attack_fixture.h"
#include "base/state.h"
#include "crypto/onion.h"
#include "server/export.h"
#include "server/wire.h"

namespace piaojue::attack {
namespace {

constexpr std::uint64_t kClockMs = 0x0000'01c7'a5b3'9d42;  // found nowhere by chance
constexpr std::uint64_t kPosixS = 1'953'174'613;           // in cosignatures only

using Assignment = std::map<PersonId, Bytes>;  ///< of one question: whose ballot

/// A meeting in which everybody votes the same, in an order of its own, and all that can be stolen from it.
struct Theft {
  explicit Theft(std::uint64_t const seed, std::uint32_t const trustees = 2) : hall(plan(trustees), seed) {
    hall.now_ms = kClockMs;
    hall.posix_s = kPosixS;
    hall.open_meeting();
    hall.sign_in_all();
    hall.open_batch(1);
    simulation::Dice dice(seed * 7919 + 1);
    auto asked = hall.experts, cast = hall.experts;
    dice.shuffle(asked);
    dice.shuffle(cast);
    for (auto const p : asked) {
      hall.request(p);
      hall.issue(p);
      hall.collect(p);
    }
    for (auto const p : cast) hall.cast(p, Choice::kAgree);
    asked_order = asked;
    cast_order = cast;
    hall.close();
    hall.issuance_closed();
    hall.settle();
    // While the attempt is open, everything that will be destroyed is still there; and the half, in memory, opens it.
    trustee0 = hall.server_keys(hall.store.contents(), {1, 1});
    hall.mix();
    while_open = opened(hall.store.contents());
    hall.finish();
    hall.erase();
    hall.close_meeting();
    at_end = hall.store.contents();
    std::ostringstream out;
    EXPECT_TRUE(server::export_record(at_end, out));
    record = out.str();
    for (auto const p : hall.experts) truth[p] = hall.ballots.at(p).at(1);
    box = box_of(at_end);
  }
  static Plan plan(std::uint32_t trustees) {
    Plan out;
    out.trustees = trustees;
    out.batches = {1};
    return out;
  }

  /// The store as whoever has key file and half reads it: the attempt's rows opened.
  store::Contents opened(store::Contents contents) const {
    auto const key = hall.attempt_key({1, 1});
    for (auto const table : {store::Table::kTokenPayload, store::Table::kIssuedPayload, store::Table::kEnvelope,
                             store::Table::kMixOutput}) {
      for (auto& [row, value] : contents[table]) value = to_bytes(crypto::unseal(key, value, row).value().view());
    }
    return contents;
  }
  std::vector<Bytes> box_of(store::Contents const& contents) const {
    for (auto const& [key, bytes] : contents[store::Table::kEntry]) {
      auto const entry = meeting::decode_entry(bytes).value();
      if (auto const* found = std::get_if<meeting::BallotBox>(&entry.body)) return found->boxes.at(1).ballots;
    }
    return {};
  }
  /// Onions by name, as they lie in the store while the attempt is open.
  std::map<PersonId, Bytes> onions() const {
    std::map<PersonId, Bytes> out;
    for (auto const& [key, raw] : while_open[store::Table::kEnvelope]) {
      PersonId const p = static_cast<PersonId>(key[32] << 24 | key[33] << 16 | key[34] << 8 | key[35]);
      out[p] = meeting::parse_envelope_payload(raw).value().at(1);
    }
    return out;
  }
  std::vector<Bytes> mix_output(std::uint32_t hop) const {
    auto const& rows = while_open[store::Table::kMixOutput];
    return meeting::parse_mix_payload(rows.at(store::key_of(open_hash(), hop))).value().items.at(1);
  }
  Hash open_hash() const { return hall.attempt().open_hash; }
  Hash ctx() const { return meeting::context(open_hash(), 1); }

  AttackFixture hall;
  std::vector<PersonId> asked_order, cast_order;
  trustee::AttemptKeys trustee0;
  store::Contents while_open, at_end;
  std::string record;
  Assignment truth;
  std::vector<Bytes> box;
};

std::size_t hits(Assignment const& truth, Assignment const& guess) {
  std::size_t n = 0;
  for (auto const& [p, ballot] : guess) n += truth.at(p) == ballot ? 1 : 0;
  return n;
}
Assignment by_position(std::vector<PersonId> const& people, std::vector<Bytes> const& ballots) {
  Assignment out;
  for (std::size_t i = 0; i < std::min(people.size(), ballots.size()); ++i) out[people[i]] = ballots[i];
  return out;
}

// The positive control: onions kept and the mix keys of all trustees, and every vote has its name. If this fails, the
// other tests of this file prove nothing.
TEST(Archive, WithTheSecretsOfAllTrusteesEveryBallotHasItsName) {
  for (std::uint32_t const k : {2U, 3U}) {
    Theft theft(k, k);
    Assignment guess;
    for (auto const& [p, onion] : theft.onions()) {
      auto item = crypto::onion::peel(*theft.trustee0.mix_key, 0, theft.ctx(), onion).value();
      for (TrusteeId t = 1; t < k; ++t) {
        item = crypto::onion::peel(*theft.hall.trustee_keys(t).mix_key, t, theft.ctx(), item).value();
      }
      guess[p] = item;
    }
    EXPECT_EQ(guess.size(), theft.hall.experts.size());
    EXPECT_EQ(hits(theft.truth, guess), theft.hall.experts.size());
    // And the vote itself, with all shares of the key: B − (Σx)·A = G for agree.
    for (auto const& ballot : theft.box) EXPECT_TRUE(meeting::parse_ballot(theft.hall.attempt().shape, ballot));
  }
}

// One honest trustee: with everything else, while the meeting runs, the best join is a guess.
TEST(Archive, WithoutOneTrusteesSecretNothingIsBetterThanAGuess) {
  constexpr std::size_t kMeetings = 80;
  std::map<std::string, std::size_t> score;
  std::size_t people = 0;
  double correlation = 0;
  for (std::uint64_t seed = 1; seed <= kMeetings; ++seed) {
    Theft theft(1000 + seed);
    people = theft.hall.experts.size();
    auto const onions = theft.onions();
    std::vector<PersonId> row_order;
    for (auto const& [p, onion] : onions) row_order.push_back(p);
    // What trustee 0's key opens is the outer layer, by name; the honest one's layer stays.
    std::map<PersonId, Bytes> peeled;
    for (auto const& [p, onion] : onions) {
      peeled[p] = crypto::onion::peel(*theft.trustee0.mix_key, 0, theft.ctx(), onion).value();
      EXPECT_FALSE(crypto::onion::peel(*theft.trustee0.mix_key, 1, theft.ctx(), peeled[p])) << "not with the same key";
    }
    auto const first = theft.mix_output(0), last = theft.mix_output(1);
    ASSERT_EQ(first.size(), people);
    // Hop 0's output by name: the corrupt server knows all of its own shuffle.
    std::vector<PersonId> after_hop0;
    for (auto const& item : first) {
      for (auto const& [p, mine] : peeled) {
        if (mine == item) after_hop0.push_back(p);
      }
    }
    ASSERT_EQ(after_hop0.size(), people) << "as far as its own key reaches";
    // Every order on the names' side against every order on the ballots' side.
    std::map<std::string, std::vector<PersonId>> const names = {{"request order", theft.asked_order},
                                                                {"cast order", theft.cast_order},
                                                                {"row order", row_order},
                                                                {"order after hop 0", after_hop0}};
    std::map<std::string, std::vector<Bytes>> const ballots = {{"box order", theft.box}, {"last mix output", last}};
    for (auto const& [a, who] : names) {
      for (auto const& [b, which] : ballots) {
        score[a + " ~ " + b] += hits(theft.truth, by_position(who, which));
        std::vector<PersonId> reversed(who.rbegin(), who.rend());
        score["reversed " + a + " ~ " + b] += hits(theft.truth, by_position(reversed, which));
      }
    }
    // By size there is nothing to tell.
    std::set<std::size_t> sizes;
    for (auto const& [p, onion] : onions) sizes.insert(onion.size());
    EXPECT_EQ(sizes.size(), 1U);
    for (auto const* list : std::initializer_list<std::vector<Bytes> const*>{&first, &last, &theft.box}) {
      sizes.clear();
      for (auto const& item : *list) sizes.insert(item.size());
      EXPECT_EQ(sizes.size(), 1U);
    }
    // Correlation of the place in the log with the place in the box.
    double sum = 0;
    for (std::size_t i = 0; i < people; ++i) {
      auto const at = std::ranges::find(theft.box, theft.truth.at(theft.cast_order[i])) - theft.box.begin();
      sum += (static_cast<double>(i) - 2.0) * (static_cast<double>(at) - 2.0);
    }
    correlation += sum / 10.0;
  }
  ASSERT_EQ(people, 5U);
  // A random permutation has one fixed point on the average, variance one: five standard deviations around it.
  double const expected = kMeetings, bound = 5 * std::sqrt(static_cast<double>(kMeetings));
  for (auto const& [name, n] : score) EXPECT_NEAR(static_cast<double>(n), expected, bound) << name;
  // Spearman's rho of five has variance 1/4.
  EXPECT_NEAR(correlation / kMeetings, 0.0, 5 * 0.5 / std::sqrt(static_cast<double>(kMeetings)));
}

// Request and token: for every pair there is a blinding factor that joins them, so that none is more likely than
// another, for whoever holds the signing key too and for every computer to come.
TEST(Archive, EveryRequestFitsEveryTokenEquallyWell) {
  Theft theft(5);
  auto const& key = theft.hall.record().ballot_context(1).token_keys[0];
  std::size_t fitting = 0, pairs = 0;
  for (auto const& [key_bytes, raw] : theft.while_open[store::Table::kTokenPayload]) {
    auto const z = meeting::parse_token_payload(raw).value().at(1)[0];
    // The blind signature of the request is s; a token σ belongs to it under r = s/σ, and then z = m·r^e: for every σ.
    auto const person = static_cast<PersonId>(key_bytes[35]);
    auto const answer =
        theft.while_open[store::Table::kIssuedPayload].at(store::key_of(theft.open_hash(), person, 0, 0));
    auto const s = meeting::parse_issued_payload(answer).value().at(1);
    ASSERT_TRUE(crypto::blind_rsa::raw_public_matches(key, z, s));
    for (auto const& ballot : theft.box) {
      ++pairs;
      auto const token = to_bytes(meeting::parse_ballot(theft.hall.attempt().shape, ballot)->tokens[0]);
      EXPECT_NE(token, s);
      EXPECT_NE(token, z);
      // σ is invertible mod n, so r exists and is a unit: 1 < σ < n and gcd = 1, since σ verifies under an RSA key of
      // two primes that nobody but the trustee knows.
      auto const prefix_and_message = [&] {
        auto const view = meeting::parse_ballot(theft.hall.attempt().shape, ballot).value();
        return crypto::blind_rsa::prepare(view.prefix.view(), meeting::token_message(theft.ctx(), view.pk_v));
      }();
      fitting +=
          crypto::blind_rsa::verify(key, crypto::blind_rsa::Variant::kPssRandomized, prefix_and_message, token) ? 1 : 0;
    }
  }
  EXPECT_EQ(pairs, 25U);
  EXPECT_EQ(fitting, pairs);
}

// Digests stand in the log beside names: none may be computable from what is public or kept.
TEST(Archive, NoDigestOfTheLogCanBeRecomputedFromBallots) {
  Theft theft(6);
  auto const& open = theft.open_hash();
  std::set<Hash> named;  // every digest that stands beside a name
  for (auto const& [key, bytes] : theft.at_end[store::Table::kEntry]) {
    auto const entry = meeting::decode_entry(bytes).value();
    if (auto const* body = std::get_if<meeting::TokenRequest>(&entry.body)) named.insert(body->digest);
    if (auto const* body = std::get_if<meeting::TokensIssued>(&entry.body)) named.insert(body->digest);
    if (auto const* body = std::get_if<meeting::EnvelopeCast>(&entry.body)) named.insert(body->digest);
  }
  ASSERT_EQ(named.size(), 5U + 10U + 5U);
  // Everything that the thief has for each ballot, put where the protocol puts what he has not.
  std::size_t tried = 0, matched = 0;
  auto const ask = [&](Hash const& candidate) {
    ++tried;
    matched += named.contains(candidate) ? 1 : 0;
  };
  for (auto const& ballot : theft.box) {
    auto const view = meeting::parse_ballot(theft.hall.attempt().shape, ballot).value();
    std::vector<Bytes> tokens;
    for (auto const& token : view.tokens) tokens.push_back(to_bytes(token));
    for (auto const p : theft.hall.experts) {
      ask(meeting::token_request_digest(open, p, 0, {{1, tokens}}));
      for (std::size_t t = 0; t < tokens.size(); ++t) {
        ask(meeting::tokens_issued_digest(open, static_cast<TrusteeId>(t), p, 0, {{1, tokens[t]}}));
      }
      ask(meeting::envelope_digest(open, p, 0, {{1, ballot}}));
      ask(meeting::envelope_digest(open, p, 0,
                                   {{1, theft.hall.wrap(1, ballot)}}));  // sealed anew: never the same twice
    }
    ask(crypto::sha256({ballot}));
  }
  // Mix outputs are hashed with a salt: over every subset of the box that could have been one, in the box's order.
  std::set<Hash> outputs;
  for (auto const& step : theft.hall.attempt().mixes) outputs.insert(step.output_hash);
  for (unsigned subset = 1; subset < 32; ++subset) {
    meeting::MixItems items;
    for (unsigned i = 0; i < 5; ++i) {
      if ((subset >> i & 1U) != 0) items[1].push_back(theft.box[i]);
    }
    for (TrusteeId const t : {0U, 1U}) {
      for (auto const& salt : {Bytes(), Bytes(32, 0)}) {
        ++tried;
        matched += outputs.contains(meeting::mix_output_hash(open, t, salt, items)) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(tried, 200U);
  EXPECT_EQ(matched, 0U);
  // The positive control: with what was destroyed, each digest is found.
  for (auto const& [p, onion] : theft.onions()) {
    EXPECT_TRUE(named.contains(meeting::envelope_digest(open, p, 0, {{1, onion}}))) << p;
  }
  auto const last = theft.while_open[store::Table::kMixOutput].at(store::key_of(open, 1));
  auto const payload = meeting::parse_mix_payload(last).value();
  EXPECT_TRUE(outputs.contains(meeting::mix_output_hash(open, 1, payload.salt, payload.items)));
}

bool holds(ByteView where, ByteView what) {
  return std::search(where.begin(), where.end(), what.begin(), what.end()) != where.end();
}
bool anywhere(store::Contents const& contents, ByteView what, std::set<store::Table> const& but = {}) {
  for (std::size_t t = 0; t < store::kTables; ++t) {
    if (but.contains(static_cast<store::Table>(t))) continue;
    for (auto const& [key, value] : contents.tables[t]) {
      if (holds(key, what) || holds(value, what)) return true;
    }
  }
  return false;
}

// After the end there is nothing left to open, and no row that stands between a name and a ballot.
TEST(Archive, AfterTheEndTheStoreHoldsNothingThatJoins) {
  Theft theft(7);
  using store::Table;
  for (auto const table : {Table::kTokenPayload, Table::kIssuedPayload, Table::kEnvelope, Table::kMixOutput}) {
    EXPECT_TRUE(theft.at_end[table].empty()) << static_cast<int>(table);
  }
  // Of trustee 0 what binds it for ever: of which questions it gave a share.
  for (auto const& [row, sealed] : theft.at_end[Table::kTrustee]) {
    EXPECT_EQ(row[3], static_cast<std::uint8_t>(trustee::StoreKind::kPledges));
  }
  // Row by row of what was there while the attempt was open: not one onion, blinded message, answer or mixed item is
  // left anywhere, under any name.
  std::size_t looked = 0;
  auto const gone = [&](Bytes const& secret) {
    ++looked;
    ByteView const middle = ByteView(secret).subspan(secret.size() / 2, 32);
    EXPECT_TRUE(anywhere(theft.while_open, middle)) << "the positive control";
    EXPECT_FALSE(anywhere(theft.at_end, middle));
    EXPECT_FALSE(holds(as_bytes(theft.record), middle));
  };
  for (auto const& [p, onion] : theft.onions()) gone(onion);
  for (auto const& item : theft.mix_output(0)) gone(item);
  for (auto const& [key, raw] : theft.while_open[Table::kTokenPayload]) {
    auto const messages = meeting::parse_token_payload(raw).value();
    for (auto const& z : messages.at(1)) gone(z);
  }
  for (auto const& [key, raw] : theft.while_open[Table::kIssuedPayload]) {
    gone(meeting::parse_issued_payload(raw).value().at(1));
  }
  EXPECT_EQ(looked, 5U + 5U + 10U + 10U);
  // Ballots are in the log, in the box, and nowhere else; their owners' rows never held them.
  for (auto const& ballot : theft.box) {
    auto const middle = ByteView(ballot).subspan(ballot.size() / 2, 32);
    EXPECT_TRUE(anywhere(theft.at_end, middle));
    EXPECT_FALSE(anywhere(theft.at_end, middle, {Table::kEntry}));
    std::size_t entries = 0;
    for (auto const& [key, bytes] : theft.at_end[Table::kEntry]) entries += holds(bytes, middle) ? 1 : 0;
    EXPECT_EQ(entries, 1U);
  }
  // Rows are found by name or by place in the log only: no key counts arrivals across people.
  for (auto const& [key, value] : theft.at_end[Table::kEnrolment]) EXPECT_EQ(key.size(), 8U);
  EXPECT_TRUE(std::ranges::is_sorted(theft.box));
}

/// The primes of every token key that an opened block holds.
std::vector<Bytes> primes_in(ByteView plain) {
  std::vector<Bytes> out;
  state::Reader in(plain);
  for (auto left = in.u32(); left > 0; --left) {
    auto const keys = trustee::AttemptKeys::parse(Secret::copy_of(in.bytes()));
    in.bytes();
    if (!keys) return out;
    for (auto const& [q, key] : keys->token_keys) out.push_back(to_bytes(key.primes().view().first(128)));
  }
  return out;
}

// 14. The keys were written over when the attempt ended; journals, backups and the disk's own copies still had them,
// and whoever seized the machine with its key file opened old envelopes, and minted tokens. Now every block that was
// ever written opens with a half only that others held in memory.
TEST(Archive, Attack14_OldBlocksOfTheServersDisk) {
  Theft theft(10, 3);
  auto const& hall = theft.hall;
  std::set<store::Table> const of_attempt = {store::Table::kTokenPayload, store::Table::kIssuedPayload,
                                             store::Table::kEnvelope, store::Table::kMixOutput, store::Table::kTrustee};
  // The thief has the whole disk as it ever was, and the key file.
  std::map<store::Table, std::size_t> closed, with_half;
  std::size_t opened = 0;
  std::vector<Bytes> primes;
  auto const kept = hall.attempt_key({1, 1});  // a holder who kept the half against the rules
  for (auto const& block : hall.old_blocks) {
    if (!of_attempt.contains(block.table)) continue;
    bool const pledges = block.table == store::Table::kTrustee &&
                         block.key[3] == static_cast<std::uint8_t>(trustee::StoreKind::kPledges);
    if (pledges) {
      opened += crypto::unseal(hall.seal_key, block.value, block.key).has_value() ? 1 : 0;
      continue;
    }
    EXPECT_FALSE(crypto::unseal(hall.seal_key, block.value, block.key)) << static_cast<int>(block.table);
    ++closed[block.table];
    auto const plain = crypto::unseal(kept, block.value, block.key);
    if (!plain) continue;
    ++with_half[block.table];
    if (block.table != store::Table::kTrustee || block.key[3] != 0) continue;
    for (auto& prime : primes_in(plain->view())) primes.push_back(std::move(prime));
  }
  // The positive controls: the key file is the right one, and with the half each block of the attempt opens, the token
  // keys among them.
  EXPECT_GT(opened, 0U) << "what binds trustee 0 whatever becomes of an attempt";
  for (auto const table : of_attempt) EXPECT_GT(with_half[table], 0U) << static_cast<int>(table);
  EXPECT_GE(primes.size(), 1U);
  // As plain bytes they are in no block at all.
  for (auto const& prime : primes) {
    for (auto const& block : hall.old_blocks) EXPECT_FALSE(holds(block.value, ByteView(prime).first(32)));
  }
  for (auto const& [p, onion] : theft.onions()) {
    for (auto const& block : hall.old_blocks) EXPECT_FALSE(holds(block.value, ByteView(onion).subspan(100, 32)));
  }
}

// Times order people. The only ones are in the cosignatures, which everybody gives for everything.
TEST(Archive, NoTimeIsStoredButInCosignatures) {
  Theft theft(8);
  auto const spellings = [](std::uint64_t value) {
    Bytes big, little, varint;
    for (int i = 0; i < 8; ++i) {
      auto const byte = static_cast<std::uint8_t>(value >> (8 * i));
      little.push_back(byte);
      big.insert(big.begin(), byte);
    }
    while (!little.empty() && little.back() == 0) little.pop_back();
    while (!big.empty() && big.front() == 0) big.erase(big.begin());
    for (auto v = value;; v >>= 7) {
      varint.push_back(static_cast<std::uint8_t>((v & 0x7f) | (v >= 0x80 ? 0x80 : 0)));
      if (v < 0x80) break;
    }
    auto const text = std::to_string(value);
    return std::vector<Bytes>{big, little, varint, to_bytes(as_bytes(text))};
  };
  for (auto const* contents : {&theft.while_open, &theft.at_end}) {
    for (auto const& spelling : spellings(kClockMs)) EXPECT_FALSE(anywhere(*contents, spelling));
    bool found = false;
    for (auto const& spelling : spellings(kPosixS)) {
      EXPECT_FALSE(anywhere(*contents, spelling, {store::Table::kCosignature}));
      found = found || anywhere(*contents, spelling);
    }
    EXPECT_TRUE(found) << "the positive control: it is in the cosignatures";
  }
  for (auto const& spelling : spellings(kClockMs)) EXPECT_FALSE(holds(as_bytes(theft.record), spelling));
}

// The operator's log is read by whoever keeps the machine.
TEST(Archive, TheLogOutputNamesNobodyAndCountsNoVote) {
  Theft theft(9);
  ASSERT_FALSE(theft.hall.notices.empty());
  std::size_t phases = 0;
  for (auto const& notice : theft.hall.notices) {
    for (auto const& person : theft.hall.manifest().people) {
      EXPECT_EQ(notice.detail_text().find(person.name), std::string::npos) << name(notice.event);
    }
    // No identifier, no hash: nothing as long as eight hexadecimal digits.
    std::size_t run = 0;
    for (char const c : std::string(notice.detail_text()) + " ") {
      run = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
      EXPECT_LT(run, 8U) << name(notice.event) << ": " << notice.detail_text();
    }
    phases += notice.event == server::Event::kBatchPhase ? 1 : 0;
  }
  EXPECT_GE(phases, 6U) << "the positive control: the phases are there";
  // Between opening and closing five people asked, got answers and voted, one by one: not one line of it.
  auto const at = [&](std::string_view detail) {
    return std::ranges::find_if(theft.hall.notices, [&](auto const& n) {
      return n.event == server::Event::kBatchPhase && n.detail_text() == detail;
    });
  };
  EXPECT_EQ(at("closing") - at("voting"), 1) << "nothing was noted in between";
}

}  // namespace
}  // namespace piaojue::attack
