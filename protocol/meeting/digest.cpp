// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/digest.h"

#include "crypto/domain.h"

namespace piaojue::meeting {

namespace domain = crypto::domain;

namespace {

constexpr std::array<std::uint8_t, 1> kEndOfDomain{0};

Bytes begin(std::string_view domain_string, std::size_t reserve) {
  Bytes out;
  out.reserve(domain_string.size() + 1 + reserve);
  append(out, as_bytes(domain_string));
  out.push_back(0);
  return out;
}

void append_count(Bytes& out, std::size_t count) { append_u32be(out, static_cast<std::uint32_t>(count)); }

}  // namespace

Hash context(Hash const& batch_open, QuestionId q) {
  Bytes number;
  append_u32be(number, q);
  return crypto::sha256({as_bytes(domain::kContext), kEndOfDomain, batch_open.view(), number});
}

Bytes token_message(Hash const& ctx, SigningPublicKey const& pk_v) {
  Bytes out = begin(domain::kToken, Hash::kSize + SigningPublicKey::kSize);
  append(out, ctx.view());
  append(out, pk_v.view());
  return out;
}

Hash token_request_digest(Hash const& batch_open, PersonId person, std::uint32_t cast, BlindedMsgs const& msgs) {
  Bytes out = begin(domain::kTokenRequest, 256);
  append(out, batch_open.view());
  append_u32be(out, person);
  append_u32be(out, cast);
  append_count(out, msgs.size());
  for (auto const& [q, by_hop] : msgs) {
    append_u32be(out, q);
    append_count(out, by_hop.size());
    for (Bytes const& z : by_hop) append(out, z);
  }
  return crypto::sha256({out});
}

Hash tokens_issued_digest(Hash const& batch_open, TrusteeId trustee, PersonId person, std::uint32_t cast,
                          BlindSigs const& sigs) {
  Bytes out = begin(domain::kTokensIssued, 256);
  append(out, batch_open.view());
  append_u32be(out, trustee);
  append_u32be(out, person);
  append_u32be(out, cast);
  append_count(out, sigs.size());
  for (auto const& [q, s] : sigs) {
    append_u32be(out, q);
    append(out, s);
  }
  return crypto::sha256({out});
}

Hash envelope_digest(Hash const& batch_open, PersonId person, std::uint32_t cast, Onions const& onions) {
  Bytes out = begin(domain::kEnvelope, 256);
  append(out, batch_open.view());
  append_u32be(out, person);
  append_u32be(out, cast);
  append_count(out, onions.size());
  for (auto const& [q, onion] : onions) {
    append_u32be(out, q);
    append_count(out, onion.size());
    append(out, onion);
  }
  return crypto::sha256({out});
}

Hash mix_output_hash(Hash const& batch_open, TrusteeId trustee, ByteView salt, MixItems const& items) {
  Bytes out = begin(domain::kMixOutput, 256);
  append(out, batch_open.view());
  append_u32be(out, trustee);
  append(out, salt);
  append_count(out, items.size());
  for (auto const& [q, list] : items) {
    append_u32be(out, q);
    append_count(out, list.size());
    for (Bytes const& item : list) {
      append_count(out, item.size());
      append(out, item);
    }
  }
  return crypto::sha256({out});
}

Bytes pok_binding(Hash const& meeting, BatchId batch, std::uint32_t attempt, TrusteeId trustee) {
  Bytes out = to_bytes(meeting.view());
  append_u32be(out, batch);
  append_u32be(out, attempt);
  append_u32be(out, trustee);
  return out;
}

Bytes dleq_binding(Hash const& ctx, Hash const& box, TrusteeId trustee) {
  Bytes out = to_bytes(ctx.view());
  append(out, box.view());
  append_u32be(out, trustee);
  return out;
}

}  // namespace piaojue::meeting
