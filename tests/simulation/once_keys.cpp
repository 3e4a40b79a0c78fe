// SPDX-License-Identifier: Apache-2.0
/// The modulus of a token key is looked at by every party of a meeting, and a tenth of a meeting's time went there. As
/// in once.cpp, and as harmlessly: the same modulus makes the same key, or the same refusal. The linker puts __wrap_…
/// in the place of PublicKey::from_modulus (CMakeLists.txt). Keys are kept from meeting to meeting, because all of them
/// are made of the forty primes of KeyPool; what liars make up is forgotten when there is much of it.
#include <map>

#include "crypto/blind_rsa.h"

namespace piaojue::simulation {
namespace {

using Checked = Result<crypto::blind_rsa::PublicKey>;
constexpr std::size_t kMost = 4096;

}  // namespace

// As the compiler writes the name of from_modulus, which is static and so is called as any function is.
Checked real_from_modulus(ByteView modulus, std::uint32_t modulus_bits) asm(
    "__real__ZN7piaojue6crypto9blind_rsa9PublicKey12from_modulusESt4spanIKhLm18446744073709551615EEj");
Checked from_modulus_once(ByteView modulus, std::uint32_t modulus_bits) asm(
    "__wrap__ZN7piaojue6crypto9blind_rsa9PublicKey12from_modulusESt4spanIKhLm18446744073709551615EEj");

Checked from_modulus_once(ByteView modulus, std::uint32_t modulus_bits) {
  static std::map<std::pair<Bytes, std::uint32_t>, Checked> known;
  std::pair key{to_bytes(modulus), modulus_bits};
  auto at = known.find(key);
  if (at == known.end()) {
    if (known.size() == kMost) known.clear();
    at = known.emplace(std::move(key), real_from_modulus(modulus, modulus_bits)).first;
  }
  return at->second;
}

}  // namespace piaojue::simulation
