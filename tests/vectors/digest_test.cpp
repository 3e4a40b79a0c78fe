// SPDX-License-Identifier: Apache-2.0
/// Digests by another implementation, from the text of the specification (§6, §8.2, §8.3). Harm: if one of these
/// changes, an independent verifier no longer agrees with us.
#include "protocol/meeting/digest.h"

#include <numeric>

#include "protocol/meeting/codec.h"
#include "read_json.h"

namespace piaojue::meeting {
namespace {

TEST(DigestVectors, AreThoseOfTheSpecification) {
  auto const known = test::read_vectors("digest.json");
  auto const is = [&](Hash const& digest, std::string_view name) {
    EXPECT_EQ(to_hex(digest.view()), test::text_at(known, name)) << name;
  };
  Hash open;
  std::iota(open.data.begin(), open.data.end(), std::uint8_t{0});
  is(context(open, 7), "ctx");
  is(token_request_digest(open, 9, 2, {{3, {Bytes(4, 0x11), Bytes(4, 0x22)}}, {5, {Bytes(4, 0x33), Bytes(4, 0x44)}}}),
     "request");
  is(tokens_issued_digest(open, 1, 9, 2, {{3, Bytes(4, 0x11)}, {5, Bytes(4, 0x33)}}), "issued");
  is(envelope_digest(open, 9, 2, {{3, Bytes(5, 0x11)}, {5, {}}}), "envelope");
  is(mix_output_hash(open, 2, Bytes(32, 0x55), {{3, {Bytes(3, 1), Bytes(2, 2)}}, {5, {}}}), "mix");
  is(proposal_id(EntryType::kDeclaration, Bytes{0x0a, 0x0b}), "proposal");
}

}  // namespace
}  // namespace piaojue::meeting
