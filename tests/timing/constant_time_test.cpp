// SPDX-License-Identifier: Apache-2.0
/// No jump and no address in our own code depends on a vote, a key, a token or what joins them. Runs under valgrind,
/// which counts each that does (tests/timing/secrets.h); what the libraries do inside is passed over where
/// libraries.supp says so, with the reason.
///
/// Not shown by this: instructions that take their time by their operands, what OpenSSL does with its own key inside
/// EVP_PKEY_sign, Argon2id, and code that another processor than valgrind's would choose.
#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <fstream>

#include "client/session/ballot_state.h"
#include "crypto/blind_rsa.h"
#include "crypto/box.h"
#include "crypto/elgamal.h"
#include "crypto/keyed_hash.h"
#include "crypto/seal.h"
#include "leaks.h"
#include "protocol/meeting/enrolment.h"
#include "secrets.h"
#include "support/paths.h"

namespace piaojue::timing {
namespace {

using namespace crypto;
using blind_rsa::Variant;
using elgamal::Choice;

constexpr Choice kChoices[] = {Choice::kAbstain, Choice::kAgree, Choice::kDisagree};
constexpr auto kVariant = Variant::kPssRandomized;

Hash some_hash(std::uint8_t byte) {
  Hash out;
  out.data.fill(byte);
  return out;
}

Bytes hidden_bytes(std::size_t size) {
  Bytes out(size, 0x5a);
  hide(out);
  return out;
}

Secret hidden_secret(std::size_t size) {
  Secret out = Secret::random(size);
  hide(out);
  return out;
}

/// A trustee's key whose secret is hidden.
elgamal::TallyKey hidden_tally_key() {
  Secret x(32);
  crypto_core_ristretto255_scalar_random(x.data());
  open(x);
  auto key = elgamal::TallyKey::from_secret(std::move(x)).value();
  hide(key.secret());
  return key;
}

elgamal::VoteBinding binding_under(elgamal::TallyKey const& key) {
  SigningPublicKey pk_v;
  pk_v.data.fill(9);
  return {some_hash(1), key.public_share(), pk_v};
}

blind_rsa::PrivateKey const& token_key() {
  static auto const key = [] {  // OpenSSL would look for primes through minutes under valgrind
    std::ifstream file(test::source_dir() + "/tests/support/primes_1024.txt");
    std::string p, q;
    file >> p >> q;
    return blind_rsa::PrivateKey::from_primes(from_hex(p).value(), from_hex(q).value()).value();
  }();
  return key;
}

class ConstantTime : public testing::Test {
 protected:
  void SetUp() override {
    init();
    ASSERT_TRUE(watched()) << "only valgrind sees anything here: ctest -R test_constant_time";
    static_cast<void>(token_key());
    libraries() = {};
    before_ = timing::found();
  }
  unsigned long new_ones() const { return timing::found() - before_; }
  void TearDown() override { EXPECT_EQ(new_ones(), 0U) << "what valgrind has printed depends on a secret"; }

 private:
  unsigned long before_ = 0;
};

// ---- The vote ------------------------------------------------------------------------------------------------------

// Harm: whoever measures the laptop, or a program beside it on the same processor, learns the vote.
TEST_F(ConstantTime, EncryptionAndItsProof) {
  auto const key = hidden_tally_key();
  auto const binding = binding_under(key);
  for (bool const abstain_allowed : {true, false}) {
    for (Choice choice : kChoices) {
      if (choice == Choice::kAbstain && !abstain_allowed) continue;
      hide(choice);
      auto const vote = elgamal::encrypt_openable(binding, choice, abstain_allowed);
      ASSERT_TRUE(vote);
      open(vote->vote.ciphertext);
      open(vote->vote.proof);
      open(vote->r);
      open(choice);
      EXPECT_TRUE(elgamal::verify_vote(binding, vote->vote.ciphertext, vote->vote.proof, abstain_allowed));
      EXPECT_TRUE(elgamal::opens_to(vote->vote.ciphertext, binding.election_key, vote->r, choice));
    }
  }
}

// Harm: the same, anywhere between the mark on the paper and the envelope that leaves the laptop.
TEST_F(ConstantTime, EverythingFromTheMarkToTheEnvelope) {
  auto const key = hidden_tally_key();
  auto const mix = onion::MixKey::from_secret(Secret::copy_of(Bytes(32, 3))).value();
  meeting::BallotContext context;
  context.shape = {.trustees = 2, .modulus_bytes = 256, .abstain_allowed = true};
  context.ctx = some_hash(4);
  context.election_key = key.public_share();
  context.token_keys = {token_key().public_key(), token_key().public_key()};
  client::Contexts contexts;
  for (meeting::QuestionId const q : {1U, 2U, 3U}) {
    context.question = q;
    contexts.emplace(q, context);
  }
  client::BallotState state;
  state.hops = 2;
  auto made = client::make_secrets(contexts);
  ASSERT_TRUE(made);
  state.questions = std::move(*made);
  for (auto& question : state.questions) question.tokens = {hidden_bytes(256), hidden_bytes(256)};

  auto const marks = Secret::copy_of(Bytes{1, 2, 3});
  hide(marks);
  auto const sealed = client::seal_ballots(contexts, state, {mix.public_key(), mix.public_key()}, marks);
  ASSERT_TRUE(sealed);
  ASSERT_EQ(sealed->onions.size(), 3U);
  EXPECT_EQ(sealed->onions.at(1).size(), sealed->onions.at(2).size());
  EXPECT_EQ(sealed->onions.at(1).size(), sealed->onions.at(3).size());
}

// ---- The token -----------------------------------------------------------------------------------------------------

// Harm: when a request was made tells something of the token, and so which ballot in the box is whose.
TEST_F(ConstantTime, Blinding) {
  for (int i = 0; i < 3; ++i) {
    auto const message = hidden_bytes(96);
    auto const blinding = blind_rsa::blind(token_key().public_key(), kVariant, message);
    ASSERT_TRUE(blinding);
  }
}

// Harm: the one number that is inverted, in a time that depends on it, is not independent of the token.
TEST_F(ConstantTime, WhatIsInvertedWasVeiledByADrawOfItsOwn) {
  auto const& key = token_key().public_key();
  auto const message = hidden_bytes(96);
  auto const blinding = blind_rsa::blind(key, kVariant, message);
  ASSERT_TRUE(blinding);
  open(blinding->blinded_msg);
  auto const modulus = key.modulus();
  std::vector<Bytes> drawn;  // those that were taken
  for (auto const& draw : libraries().draws) {
    if (draw.size() == modulus.size() && draw < modulus) drawn.push_back(draw);
  }
  ASSERT_EQ(drawn.size(), 2U) << "r and the veil";
  ASSERT_EQ(libraries().inverted.size(), 1U);
  auto const number = [](Bytes const& bytes) {
    return std::unique_ptr<BIGNUM, decltype(&BN_free)>(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr),
                                                       &BN_free);
  };
  std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> const ctx(BN_CTX_new(), &BN_CTX_free);
  auto const n = number(modulus), r = number(drawn[0]), veil = number(drawn[1]);
  auto const inverted = number(libraries().inverted[0]), z = number(blinding->blinded_msg);
  // m·r·veil · r^(e−1) = z·veil
  auto const left = number({}), right = number({}), exponent = number({});
  BN_set_word(exponent.get(), 65536);
  BN_mod_exp(left.get(), r.get(), exponent.get(), n.get(), ctx.get());
  BN_mod_mul(left.get(), left.get(), inverted.get(), n.get(), ctx.get());
  BN_mod_mul(right.get(), z.get(), veil.get(), n.get(), ctx.get());
  EXPECT_EQ(BN_cmp(left.get(), right.get()), 0);
}

// Harm: the same when the token comes back; r^-1 joins it to the request.
TEST_F(ConstantTime, FinalizingAToken) {
  auto const message = hidden_bytes(96);
  auto const blinding = blind_rsa::blind(token_key().public_key(), kVariant, message);
  ASSERT_TRUE(blinding);
  open(blinding->blinded_msg);
  auto const signed_blindly = blind_rsa::blind_sign(token_key(), blinding->blinded_msg);
  ASSERT_TRUE(signed_blindly);
  libraries().numbers_to_open = 1;
  auto const token = blind_rsa::finalize(token_key().public_key(), kVariant, message, *signed_blindly, blinding->inv);
  ASSERT_TRUE(token);
  EXPECT_EQ(libraries().numbers_to_open, 0);
  open(*token);
  open(message);
  EXPECT_TRUE(blind_rsa::verify(token_key().public_key(), kVariant, message, *token));
}

// Harm: who may ask a trustee for signatures chooses what is reduced by its primes, and measures.
TEST_F(ConstantTime, TheOwnPartsOfABlindSignature) {
  libraries().reduces_by_secrets = true;
  Bytes asked(256, 0x11);
  ASSERT_TRUE(blind_rsa::blind_sign(token_key(), asked));
  EXPECT_EQ(libraries().reductions, 2);
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

// Harm: a trustee's key is measured from outside; with those of the others, single ballots open.
TEST_F(ConstantTime, SharesOfTheTallyAndWhatATrusteeProves) {
  auto const key = hidden_tally_key();
  auto const binding = some_hash(5);
  auto const known = key.prove_knowledge(binding.view());
  open(known);
  EXPECT_TRUE(elgamal::verify_knowledge(key.public_share(), binding.view(), known));
  auto const sum_a = hidden_tally_key().public_share();
  auto const share = elgamal::make_tally_share(key, sum_a, binding.view());
  ASSERT_TRUE(share);
  open(*share);
  EXPECT_TRUE(elgamal::verify_tally_share(key.public_share(), sum_a, *share, binding.view()));
}

// Harm: the same of whoever votes, and of the key by which she is known.
TEST_F(ConstantTime, Signing) {
  auto const key = SigningKey::generate();
  auto const message = hidden_bytes(200);
  auto const signature = key.sign({message});
  open(signature);
  open(message);
  EXPECT_TRUE(verify(key.public_key(), {message}, signature));
}

// Harm: which onion became which is measured at a trustee's.
TEST_F(ConstantTime, OnionsAreWrappedAndPeeled) {
  auto const mix = onion::MixKey::generate();
  auto const seed = hidden_secret(onion::kSeedBytes);
  auto const ctx = some_hash(6);
  std::vector<MixPublicKey> const hops{mix.public_key()};
  auto const wrapped = onion::wrap(hops, seed, ctx, hidden_bytes(500));
  ASSERT_TRUE(wrapped);
  open(*wrapped);
  auto const inner = onion::peel(mix, 0, ctx, *wrapped);
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->size(), 500U);
}

// Harm: what lies sealed on a disk or goes to one person is measured where it is sealed or opened.
TEST_F(ConstantTime, SealsAndBoxes) {
  auto const own = hidden_secret(kSealKeyBytes), half = hidden_secret(kSealKeyBytes);
  auto const key = combine_keys(own, half);
  auto const sealed = seal(key, hidden_bytes(300), as_bytes("attempt"));
  open(sealed);
  EXPECT_TRUE(unseal(key, sealed, as_bytes("attempt")));

  auto const box = BoxKey::generate();
  auto const boxed = seal_to(box.public_key(), hidden_bytes(300));
  ASSERT_TRUE(boxed);
  open(*boxed);
  EXPECT_TRUE(crypto::open(box, *boxed));
}

// Harm: a stranger at the door learns a slip's code, or how much of a guessed proof was right, from how long he waits.
TEST_F(ConstantTime, ProofsOfASlipsCodeAndTheirComparison) {
  meeting::SlipBits bits{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  hide(bits);
  auto const key = meeting::enrol_key(bits, {1}, 7);
  Exporter exporter;
  exporter.data.fill(2);
  hide(exporter);
  auto const server = meeting::server_proof(key, exporter, Bytes(91, 3));
  auto const client = meeting::client_proof(key, exporter, Bytes(300, 4), {});
  EXPECT_FALSE(same(server, client));
  EXPECT_TRUE(same(server, server));
  EXPECT_FALSE(key.equals(server.view()));
}

// ---- What looks sees -----------------------------------------------------------------------------------------------

/// Here something must be found.
class PlantedLeak : public ConstantTime {
 protected:
  void TearDown() override { EXPECT_GT(new_ones(), 0U) << "a leak that was made on purpose was not found"; }
};

TEST_F(PlantedLeak, AJumpByTheChoiceIsFound) {
  Choice choice = Choice::kAgree;
  hide(choice);
  static_cast<void>(branch_on(choice));
}

TEST_F(PlantedLeak, ATableReadByTheChoiceIsFound) {
  Choice choice = Choice::kAgree;
  hide(choice);
  static_cast<void>(look_up(choice));
}

TEST_F(PlantedLeak, AComparisonThatEndsEarlyIsFound) {
  auto const mac = hidden_bytes(32);
  static_cast<void>(same_at_once(mac, Bytes(32, 0x5a)));
}

TEST_F(PlantedLeak, OneBranchInAnEncryptionIsFound) {
  auto const key = hidden_tally_key();
  Choice choice = Choice::kAgree;
  hide(choice);
  ASSERT_TRUE(encrypt_leaking(binding_under(key), choice));
}

// That a mark is known to be none is the branch that once was: `opens_to` takes the choice openly and says so.
TEST_F(PlantedLeak, WhatIsNotConstantTimeAndSaysSoIsFound) {
  auto const key = hidden_tally_key();
  auto const binding = binding_under(key);
  auto const vote = elgamal::encrypt_openable(binding, Choice::kAgree, true);
  ASSERT_TRUE(vote);
  open(vote->vote.ciphertext);
  open(vote->r);
  Choice choice = Choice::kAgree;
  hide(choice);
  static_cast<void>(elgamal::opens_to(vote->vote.ciphertext, binding.election_key, vote->r, choice));
}

}  // namespace
}  // namespace piaojue::timing
