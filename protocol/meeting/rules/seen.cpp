// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/rules/seen.h"

#include "crypto/sign.h"
#include "crypto/x25519.h"

namespace piaojue::meeting::rules {

using crypto::Hash;

namespace {

enum class Kind : std::uint8_t { kKey = 1, kBallotKey, kVote };

Hash seen_as(Kind kind, std::initializer_list<ByteView> parts) {
  Bytes all{static_cast<std::uint8_t>(kind)};
  for (ByteView const part : parts) piaojue::append(all, part);
  return crypto::sha256({all});
}

}  // namespace

Hash seen_key(ByteView key) { return seen_as(Kind::kKey, {key}); }
Hash seen_key(crypto::BoxPublicKey const& key) { return seen_key(crypto::canonical(key).view()); }
Hash seen_key(crypto::MixPublicKey const& key) { return seen_key(crypto::canonical(key).view()); }
Hash seen_ballot_key(crypto::SigningPublicKey const& pk_v) { return seen_as(Kind::kBallotKey, {pk_v.view()}); }
Hash seen_vote(crypto::elgamal::Ciphertext const& vote) { return seen_as(Kind::kVote, {vote.a.view(), vote.b.view()}); }

bool valid_people_keys(crypto::SigningPublicKey const& ik, crypto::SigningPublicKey const& wk,
                       crypto::BoxPublicKey const& bk) {
  return crypto::is_valid(ik) && crypto::is_valid(wk) && crypto::is_valid(bk);
}

}  // namespace piaojue::meeting::rules
