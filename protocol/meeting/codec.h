// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Bytes to typed entries and back. Decoding accepts canonical Protobuf only (specification §2.3): whatever parses is
/// encoded again and compared, so an entry has one spelling. What an entry may hold at most is asked before anything is
/// made of it (§9.4).
#include "crypto/sign.h"
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

/// What the first bytes of an entry say that it is, before anything is decoded. @return a number that is no type's:
/// they do not say.
EntryType type_of(ByteView entry);
/// Most bytes of an entry, and of a body by itself.
std::size_t entry_bytes_max(EntryType type);
/// Most signatures that the table of §10.0 can ask for, or take.
std::size_t signatures_max(EntryType type);

/// @return kTooLarge (the entry, its signatures, a text, a list), kMalformed (does not parse, a field of wrong length,
/// a text that is not UTF-8), kNotCanonical (another spelling, a list out of order), kUnknownType, kOutOfRange (an
/// enum's value, the version).
[[nodiscard]] Result<Entry> decode_entry(ByteView bytes);
/// The same of a body by itself, as a proposal or a draft of the manifest is sent.
[[nodiscard]] Result<Body> decode_body(EntryType type, ByteView bytes);

Bytes encode_body(Body const& body);
/// Signatures are put in ascending order of signers.
Bytes encode_entry(EntryType type, ByteView body_bytes, std::vector<EntrySignature> signatures);

/// Signs a body: Ed25519 over "piaojue/v2/" ‖ type name ‖ 0x00 ‖ body.
EntrySignature sign_body(EntryType type, ByteView body_bytes, PersonId signer, crypto::SigningKey const& key);
/// An entry that is made here and not read: `bytes` are its encoding.
struct Made {
  Entry entry;
  Bytes bytes;
};
/// encode_body, sign, encode_entry for an entry with one signature.
Made made(Body body, PersonId signer, crypto::SigningKey const& key);
/// As a proposal that nobody has signed yet.
Made made(Body body);
/// The bytes of `made`.
Bytes signed_entry(Body body, PersonId signer, crypto::SigningKey const& key);
/// SHA-256(u32be(type) ‖ body): what names a proposal that waits for further signatures.
Hash proposal_id(EntryType type, ByteView body_bytes);

/// Signed by a new identity key to show that its holder asked for the enrolment (specification §3.2):
/// "piaojue/v2/enrol" ‖ 0x00 ‖ meeting_id ‖ u32be(person) ‖ IK ‖ WK ‖ BK.
Bytes possession_input(std::array<std::uint8_t, 16> const& meeting_id, PersonId person, SigningPublicKey const& ik,
                       SigningPublicKey const& wk, BoxPublicKey const& bk);

}  // namespace piaojue::meeting
