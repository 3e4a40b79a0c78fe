// SPDX-License-Identifier: Apache-2.0
#include "server/meeting_config.h"

#include "server/clock.h"

namespace piaojue::server {
namespace {

constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kClientValidDays = 60;

}  // namespace

Config make_config(Keys keys, World world) {
  return Config{.server_key = std::move(keys.server),
                .checkpoint_key = std::move(keys.checkpoint),
                .box_key = std::move(keys.box),
                .seal_key = std::move(keys.seal),
                .token_keys = [stopping = world.stopping](std::uint32_t bits) -> Result<crypto::blind_rsa::PrivateKey> {
                  if (*stopping) return Refusal::kBusy;
                  return crypto::blind_rsa::PrivateKey::generate(bits);
                },
                .issue_certificate = [authority = std::make_shared<net::Credential const>(std::move(keys.authority))](
                                         ByteView csr, PersonId person) -> Result<IssuedCertificate> {
                  auto const now = now_s();
                  auto spki = net::spki_sha256_of_csr(csr);
                  if (!spki) return spki.error();
                  auto certificate = net::issue_client_certificate(*authority, csr, person,
                                                                   {now - kDay, now + kClientValidDays * kDay});
                  if (!certificate) return certificate.error();
                  return IssuedCertificate{std::move(*certificate), authority->certificate_pem, *spki};
                },
                .slip_of = std::move(world.slip_of),
                .now_ms = now_ms,
                .stop_asked = std::move(world.stop_asked),
                .parallel = world.pool.parallel(world.owner),
                .limits = {},
                .lookahead = 2};
}

}  // namespace piaojue::server
