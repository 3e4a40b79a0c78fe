// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign.h"

#include "crypto/domain.h"

namespace piaojue::crypto {
namespace {

// libsodium's multi-part interface is Ed25519ph, another scheme; plain Ed25519 needs the message in one piece.
Bytes concatenate(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (ByteView const part : parts) size += part.size();
  Bytes out;
  out.reserve(size);
  for (ByteView const part : parts) append(out, part);
  return out;
}

}  // namespace

SigningKey SigningKey::generate() {
  Secret secret(crypto_sign_SECRETKEYBYTES);
  SigningPublicKey public_key;
  crypto_sign_keypair(public_key.data.data(), secret.data());
  return {std::move(secret), public_key};
}

Result<SigningKey> SigningKey::from_seed(Secret const& seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) return Refusal::kMalformed;
  Secret secret(crypto_sign_SECRETKEYBYTES);
  SigningPublicKey public_key;
  crypto_sign_seed_keypair(public_key.data.data(), secret.data(), seed.data());
  return SigningKey{std::move(secret), public_key};
}

Secret SigningKey::seed() const { return Secret::copy_of(secret_.view().first(crypto_sign_SEEDBYTES)); }

Signature SigningKey::sign(std::initializer_list<ByteView> parts) const {
  Bytes const message = concatenate(parts);
  Signature out;
  crypto_sign_detached(out.data.data(), nullptr, message.data(), message.size(), secret_.data());
  return out;
}

bool verify(SigningPublicKey const& key, std::initializer_list<ByteView> parts, Signature const& sig) {
  Bytes const message = concatenate(parts);
  return crypto_sign_verify_detached(sig.data.data(), message.data(), message.size(), key.data.data()) == 0;
}

Bytes entry_signing_input(std::string_view type, ByteView body) {
  Bytes out;
  out.reserve(domain::kSignature.size() + type.size() + 1 + body.size());
  append(out, as_bytes(domain::kSignature));
  append(out, as_bytes(type));
  out.push_back(0);
  append(out, body);
  return out;
}

}  // namespace piaojue::crypto
