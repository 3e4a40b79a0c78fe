// SPDX-License-Identifier: Apache-2.0
#include "server/office_enrolling.h"

#include "strings/offices.h"
#include "strings/refusals.h"

namespace piaojue::server {

namespace wire = office_wire;

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kValidDays = 5ULL * 365;  ///< of an office's certificate; a new slip makes a new one
constexpr OfficeNumber kNobody = 0;

Explanation refused(Refusal code) { return {strings::sentence_of(code), {}, code}; }

}  // namespace

OfficeEnrolling::OfficeEnrolling(store::Offices& offices, ServiceSeal const& seal, OfficeIdentity const& identity,
                                 NowMs now_ms, std::function<std::uint64_t()> now_s, Limits limits)
    : offices_(offices),
      seal_(seal),
      identity_(identity),
      now_ms_(std::move(now_ms)),
      now_s_(std::move(now_s)),
      limits_(limits),
      decoy_slip_(seal_.seal(identity_.decoy.view(), about_office_slip(kNobody))) {}

Result<void> OfficeEnrolling::count_try(OfficePeer const& peer, Stranger& stranger) {
  if (++stranger.tries > limits_.tries_per_session) return Refusal::kBusy;
  std::lock_guard const lock(mutex_);
  auto const now = now_ms_();
  // Who has not tried for a while is as good as somebody who never did.
  if (!by_address_.contains(peer.address))
    std::erase_if(by_address_, [&](auto& one) { return one.second.is_full(now); });
  auto& allowance = by_address_.try_emplace(peer.address, limits_.tries_per_address, now).first->second;
  if (!allowance.take(now)) return Refusal::kBusy;
  return {};
}

void OfficeEnrolling::forgive(std::string const& address) {
  std::lock_guard const lock(mutex_);
  auto const it = by_address_.find(address);
  if (it != by_address_.end()) it->second.give_back();
}

Explained<OfficeEnrolling::Known> OfficeEnrolling::known(OfficeNumber office) const {
  // Always the same work, so that neither answer nor time tells which offices there are; and always the same K for the
  // same number, on every node, because two that differ would tell it too.
  Bytes info;
  append_u32be(info, office);
  auto decoy = crypto::hkdf_sha256(identity_.decoy.view(), {}, info, kKeyBytes);
  auto row = offices_.office(office);
  if (!row) return row.error();
  auto key = seal_.open(*row ? (*row)->slip : decoy_slip_, about_office_slip(*row ? office : kNobody));
  if (!key) return Explanation(strings::offices::kSlipNotOpened);
  bool const is_there = row->has_value();
  return Known{std::move(*row), is_there ? std::move(*key) : std::move(decoy)};
}

Explained<wire::Answer> OfficeEnrolling::start(OfficePeer const& peer, Stranger& stranger, wire::EnrolStart const& in) {
  if (auto const counted = count_try(peer, stranger); !counted) return refused(counted.error());
  auto const found = known(in.office);
  if (!found) return found.error();
  stranger.started = in.office;
  return wire::Answer(
      wire::Proof{identity_.service_id, office_server_proof(found->key, peer.exporter, peer.server_spki)});
}

Explained<wire::Answer> OfficeEnrolling::finish(OfficePeer const& peer, Stranger& stranger, wire::EnrolKey const& in) {
  if (!stranger.started) return refused(Refusal::kWrongPhase);
  auto found = known(*stranger.started);
  if (!found) return found.error();
  if (!crypto::same(in.proof, office_client_proof(found->key, peer.exporter, in.csr)) || !found->row) {
    if (auto const counted = count_try(peer, stranger); !counted) return refused(counted.error());
    return refused(Refusal::kNotOnRoll);
  }
  forgive(peer.address);
  return enrol(std::move(*found->row), crypto::sha256({found->key.view()}), in.csr);
}

Explained<wire::Answer> OfficeEnrolling::enrol(store::OfficeRow row, Hash const& used, ByteView csr) const {
  auto const request = crypto::sha256({csr});
  if (row.used == used) {
    if (row.request != request) return refused(Refusal::kConflict);
    if (auto const confirmed = offices_.confirm(row.office); !confirmed) return confirmed.error();
    return wire::Answer(wire::Enrolled{row.certificate, row.name});
  }
  auto const spki = net::spki_sha256_of_csr(csr);
  if (!spki) return refused(spki.error());
  auto const now = now_s_();
  auto certificate =
      net::issue_client_certificate(identity_.authority, csr, row.office, {now - kDay, now + kValidDays * kDay});
  if (!certificate) return refused(certificate.error());
  row.used = used;
  row.request = request;
  row.spki = *spki;
  row.certificate = std::move(*certificate);
  auto const entered = offices_.enrol(row);
  if (!entered) return entered.error();
  if (*entered) return wire::Answer(wire::Enrolled{row.certificate, row.name});
  // Somebody was quicker: with the same key, another one, or a newer slip.
  auto const standing = offices_.office(row.office);
  if (!standing) return standing.error();
  if (!*standing || (*standing)->used != used || (*standing)->request != request) return refused(Refusal::kConflict);
  return wire::Answer(wire::Enrolled{(*standing)->certificate, (*standing)->name});
}

}  // namespace piaojue::server
