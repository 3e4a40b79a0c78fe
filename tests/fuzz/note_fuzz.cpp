// SPDX-License-Identifier: Apache-2.0
// Checkpoint notes: no text but the one that `sign_checkpoint` writes may open. The first byte of the input chooses
// what the rest is: a whole note, or a body under a signature that does cover it (which only the key's owner can make,
// and which random search would never find).
#include <cstdlib>

#include "protocol/log/checkpoint.h"

namespace {

using namespace piaojue;

void require(bool holds) {
  if (!holds) std::abort();
}

crypto::SigningKey const& key() {
  static crypto::SigningKey const value = [] {
    piaojue::init();
    return crypto::SigningKey::from_seed(Secret::copy_of(Bytes(32, 1))).value();
  }();
  return value;
}

constexpr std::string_view kOrigin = "piaojue/00112233445566778899aabbccddeeff";

void check(std::string const& note) {
  auto const opened = log::open_checkpoint(note, kOrigin, key().public_key());
  if (opened) require(log::sign_checkpoint(*opened, key()) == note);
}

std::string signed_body(std::string const& body) {
  Bytes blob;
  piaojue::append(blob, log::key_id(kOrigin, 0x01, key().public_key()));
  piaojue::append(blob, key().sign({as_bytes(body)}).view());
  return body + "\n\xE2\x80\x94 " + std::string(kOrigin) + " " + to_base64(blob) + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string const rest(reinterpret_cast<char const*>(data + 1), size - 1);
  switch (data[0] % 3) {
    case 0:
      check(rest);
      break;
    case 1:
      check(signed_body(rest));
      break;
    default:
      check(signed_body(std::string(kOrigin) + "\n" + rest));
      break;
  }
  return 0;
}
