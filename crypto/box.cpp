// SPDX-License-Identifier: Apache-2.0
#include "crypto/box.h"

namespace piaojue::crypto {

static_assert(kBoxOverheadBytes == crypto_box_SEALBYTES);

Result<Bytes> seal_to(BoxPublicKey const& recipient, ByteView plain) {
  Bytes sealed(plain.size() + kBoxOverheadBytes);
  if (crypto_box_seal(sealed.data(), plain.data(), plain.size(), recipient.data.data()) != 0) {
    return Refusal::kKeyParam;
  }
  return sealed;
}

Result<Secret> open(BoxKey const& key, ByteView sealed) {
  if (sealed.size() < kBoxOverheadBytes) return Refusal::kMalformed;
  Secret plain(sealed.size() - kBoxOverheadBytes);
  if (crypto_box_seal_open(plain.data(), sealed.data(), sealed.size(), key.public_key().data.data(),
                           key.secret().data()) != 0) {
    return Refusal::kMalformed;
  }
  return plain;
}

}  // namespace piaojue::crypto
