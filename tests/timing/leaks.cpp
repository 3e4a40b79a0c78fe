// SPDX-License-Identifier: Apache-2.0
#include "leaks.h"

namespace piaojue::timing {

using crypto::elgamal::Choice;

std::uint64_t branch_on(Choice choice) {
  std::uint64_t volatile work = 1;
  if (choice == Choice::kDisagree) {
    for (int i = 0; i < 100; ++i) work = work * 3;
  }
  return work;
}

std::uint64_t look_up(Choice choice) {
  static std::uint64_t volatile table[257] = {};
  return table[static_cast<std::size_t>(choice)];
}

bool same_at_once(ByteView a, ByteView b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

Result<crypto::elgamal::EncryptedVote> encrypt_leaking(crypto::elgamal::VoteBinding const& binding, Choice choice) {
  if (choice == Choice::kDisagree) {
    std::uint8_t scalar[crypto_core_ristretto255_SCALARBYTES] = {2};
    std::uint8_t point[crypto_core_ristretto255_BYTES];
    if (crypto_scalarmult_ristretto255_base(point, scalar) != 0) return Refusal::kInternal;
  }
  return crypto::elgamal::encrypt(binding, choice, true);
}

}  // namespace piaojue::timing
