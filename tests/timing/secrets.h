// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is secret, for valgrind: bytes that memcheck takes for undefined are followed through every computation, and a
/// jump or an address that depends on one is counted (after Langley's ctgrind). Everything that the programs draw by
/// libsodium is secret from the moment it is drawn.
///
/// What is opened again, and why, stands in one place, in `secrets.cpp`: calls into the libraries are led through there
/// by the linker (`--wrap`), so that the programs' own code is the one that is installed, without a word of this in it.
#include <cstdint>
#include <vector>

#include "base/secret.h"

namespace piaojue::timing {

/// False: nobody looks, and whatever is tried here would pass.
bool watched();
/// Jumps and addresses found so far, those of `libraries.supp` left out.
unsigned long found();

void hide(void const* at, std::size_t size);
void open(void const* at, std::size_t size);

template <class T>
void hide(T const& value) {
  hide(&value, sizeof value);
}
inline void hide(Secret const& secret) { hide(secret.data(), secret.size()); }
inline void hide(Bytes const& bytes) { hide(bytes.data(), bytes.size()); }
template <class T>
void open(T const& value) {
  open(&value, sizeof value);
}
inline void open(Secret const& secret) { open(secret.data(), secret.size()); }
inline void open(Bytes const& bytes) { open(bytes.data(), bytes.size()); }

/// What goes through the libraries in one test.
struct Libraries {
  std::vector<Bytes> draws;         ///< every one
  std::vector<Bytes> inverted;      ///< every number that was inverted modulo another
  bool reduces_by_secrets = false;  ///< BN_from_montgomery
  int reductions = 0;               ///< how many of those there were
  int numbers_to_open = 0;          ///< so many of those that OpenSSL writes as bytes are public, from now on
};
Libraries& libraries();

}  // namespace piaojue::timing
