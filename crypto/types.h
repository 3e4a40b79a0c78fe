// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The field's public values, each a type of its own, and SHA-256, which makes the first of them.
#include "base/bytes.h"

namespace piaojue::crypto {

/// SHA-256 output: leaf hashes, tree roots, contexts, digests.
using Hash = FixedBytes<struct HashTag, 32>;
/// HMAC-SHA-256 output. Compared by `same` (crypto/keyed_hash.h): `==` would take the longer, the more of it is right.
using Mac = FixedBytes<struct MacTag, 32>;
/// Ed25519 public key: identity keys (IK), witness keys (WK), trustee keys, ballot keys (pk_v).
using SigningPublicKey = FixedBytes<struct SigningPublicKeyTag, 32>;
/// Ed25519 signature.
using Signature = FixedBytes<struct SignatureTag, 64>;
/// Canonical ristretto255 encoding (RFC 9496). Whether it is valid is checked where it enters.
using Point = FixedBytes<struct PointTag, 32>;
/// Public scalar modulo L, little-endian. Whether it is below L is checked where it enters.
using Scalar = FixedBytes<struct ScalarTag, 32>;
/// X25519 public key of a mix hop.
using MixPublicKey = FixedBytes<struct MixPublicKeyTag, 32>;
/// X25519 public key of a person or the server (BK), to which is sealed what goes to one receiver.
using BoxPublicKey = FixedBytes<struct BoxPublicKeyTag, 32>;
/// The 32-byte random prefix of RFC 9474 §4.1 (PrepareRandomize), shared by all trustees of one token.
using TokenPrefix = FixedBytes<struct TokenPrefixTag, 32>;

/// Keying material of one TLS connection (RFC 8446 §7.5): the same at both its ends, and at no other connection.
using Exporter = FixedBytes<struct ExporterTag, 32>;

/// SHA-256 of the concatenation of `parts`.
Hash sha256(std::initializer_list<ByteView> parts);

}  // namespace piaojue::crypto
