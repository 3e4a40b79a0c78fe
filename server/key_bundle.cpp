// SPDX-License-Identifier: Apache-2.0
#include "server/key_bundle.h"

#include "crypto/seal.h"

namespace piaojue::server {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kFields = 8;

Bytes bound_to(std::uint32_t meeting) {
  Bytes associated = to_bytes(as_bytes("piaojue/v2/service-keys"));
  associated.push_back(0);
  append_u32be(associated, meeting);
  return associated;
}

}  // namespace

Bytes seal_keys(Secret const& service_key, std::uint32_t meeting, Keys const& keys) {
  auto const signing = keys.server.seed();
  auto const checkpoint = keys.checkpoint.seed();
  std::array<ByteView, kFields> const fields = {as_bytes(keys.authority.certificate_pem),
                                                keys.authority.key_pem.view(),
                                                as_bytes(keys.tls.certificate_pem),
                                                keys.tls.key_pem.view(),
                                                signing.view(),
                                                checkpoint.view(),
                                                keys.box.secret().view(),
                                                keys.seal.view()};
  std::size_t bytes = 1;
  for (auto const& field : fields) bytes += 4 + field.size();
  // Reserved at once: what a vector leaves behind when it grows is not wiped.
  Bytes plain;
  plain.reserve(bytes);
  plain.push_back(kVersion);
  for (auto const& field : fields) {
    append_u32be(plain, static_cast<std::uint32_t>(field.size()));
    append(plain, field);
  }
  WipeOnExit const wipe(plain);
  return crypto::seal(service_key, plain, bound_to(meeting));
}

Result<Keys> unseal_keys(Secret const& service_key, std::uint32_t meeting, ByteView sealed) {
  auto const plain = crypto::unseal(service_key, sealed, bound_to(meeting));
  if (!plain) return plain.error();
  auto rest = plain->view();
  if (rest.empty() || rest.front() != kVersion) return Refusal::kMalformed;
  rest = rest.subspan(1);
  std::array<ByteView, kFields> fields;
  for (auto& field : fields) {
    if (rest.size() < 4) return Refusal::kMalformed;
    std::size_t const length = read_u32be(rest);
    rest = rest.subspan(4);
    if (rest.size() < length) return Refusal::kMalformed;
    field = rest.first(length);
    rest = rest.subspan(length);
  }
  if (!rest.empty()) return Refusal::kMalformed;
  auto server = crypto::SigningKey::from_seed(Secret::copy_of(fields[4]));
  auto checkpoint = crypto::SigningKey::from_seed(Secret::copy_of(fields[5]));
  auto box = crypto::BoxKey::from_secret(Secret::copy_of(fields[6]));
  if (!server || !checkpoint || !box || fields[7].size() != crypto::kSealKeyBytes) return Refusal::kKeyParam;
  return Keys{{Secret::copy_of(fields[1]), std::string(as_text(fields[0]))},
              {Secret::copy_of(fields[3]), std::string(as_text(fields[2]))},
              std::move(*server),
              std::move(*checkpoint),
              std::move(*box),
              Secret::copy_of(fields[7])};
}

}  // namespace piaojue::server
