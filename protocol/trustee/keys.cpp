// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/keys.h"

#include "base/state.h"
#include "protocol/meeting/digest.h"

namespace piaojue::trustee {

Result<AttemptKeys> AttemptKeys::generate(BatchId batch, std::uint32_t attempt,
                                          std::vector<QuestionId> const& questions, std::uint32_t modulus_bits,
                                          TokenKeySource const& source) {
  AttemptKeys keys;
  keys.batch = batch;
  keys.attempt = attempt;
  for (QuestionId const q : questions) {
    auto key = source(modulus_bits);
    if (!key) return key.error();
    keys.token_keys.emplace(q, std::move(*key));
  }
  keys.mix_key = crypto::onion::MixKey::generate();
  keys.tally_key = crypto::elgamal::TallyKey::generate();
  return keys;
}

meeting::BatchKeys AttemptKeys::body(Hash const& meeting, TrusteeId trustee) const {
  meeting::BatchKeys out;
  out.meeting = meeting;
  out.batch = batch;
  out.attempt = attempt;
  out.trustee = trustee;
  for (auto const& [q, key] : token_keys) out.token_keys.emplace(q, key.public_key().modulus());
  if (mix_key) out.mix_key = mix_key->public_key();
  if (tally_key) {
    out.tally_key = tally_key->public_share();
    out.pok = tally_key->prove_knowledge(meeting::pok_binding(meeting, batch, attempt, trustee));
  }
  return out;
}

Secret AttemptKeys::serialise() const {
  std::map<QuestionId, Secret> primes;
  for (auto const& [q, key] : token_keys) primes.emplace(q, key.primes());
  return state::written([&](state::Writer& out) {
    out.u32(batch);
    out.u32(attempt);
    out.u32(static_cast<std::uint32_t>(primes.size()));
    for (auto const& [q, both] : primes) {
      out.u32(q);
      out.bytes(both.view());
    }
    out.bytes(mix_key ? mix_key->secret().view() : ByteView{});
    out.bytes(tally_key ? tally_key->secret().view() : ByteView{});
  });
}

Result<AttemptKeys> AttemptKeys::parse(Secret const& bytes) {
  state::Reader in(bytes.view());
  AttemptKeys keys;
  keys.batch = in.u32();
  keys.attempt = in.u32();
  std::uint32_t const count = in.u32();
  if (count > meeting::kQuestionsPerBatchMax) return Refusal::kMalformed;
  QuestionId before = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    QuestionId const q = in.u32();
    ByteView const both = in.bytes();
    if (in.broken() || q <= before || both.size() % 2 != 0) return Refusal::kMalformed;
    auto key = crypto::blind_rsa::PrivateKey::from_primes(both.first(both.size() / 2), both.subspan(both.size() / 2));
    if (!key) return Refusal::kMalformed;
    keys.token_keys.emplace(q, std::move(*key));
    before = q;
  }
  ByteView const mix = in.bytes();
  ByteView const tally = in.bytes();
  if (!in.done()) return Refusal::kMalformed;
  if (!mix.empty()) {
    auto key = crypto::onion::MixKey::from_secret(Secret::copy_of(mix));
    if (!key) return Refusal::kMalformed;
    keys.mix_key = std::move(*key);
  }
  if (!tally.empty()) {
    auto key = crypto::elgamal::TallyKey::from_secret(Secret::copy_of(tally));
    if (!key) return Refusal::kMalformed;
    keys.tally_key = std::move(*key);
  }
  return keys;
}

}  // namespace piaojue::trustee
