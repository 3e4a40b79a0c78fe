// SPDX-License-Identifier: Apache-2.0
// Requests and certificates from whoever reaches the port: no text crashes the server, and a certificate is issued for
// exactly the key that asked for it. Harm: a stranger who stops an enrolment, or is let in under another's key.
#include <cstdlib>

#include "net/pki.h"

namespace {

using namespace piaojue;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr net::Validity kYear{1'700'000'000, 1'731'536'000};
constexpr std::uint32_t kPerson = 7;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const authority = net::make_authority("piaojue", kYear).value();
  ByteView const bytes(data, size);
  auto const pem = as_text(bytes);
  auto const inspected = net::inspect_certificate(pem);
  auto const key = net::spki_sha256(pem);
  if (inspected) require(key && *key == inspected->spki_sha256);

  // A request is DER.
  auto const asked = net::spki_sha256_of_csr(bytes);
  auto const issued = net::issue_client_certificate(authority, bytes, kPerson, kYear);
  if (!issued) return 0;
  auto const certificate = net::inspect_certificate(*issued);
  require(certificate && asked && certificate->spki_sha256 == *asked && certificate->person == kPerson);
  return 0;
}
