// SPDX-License-Identifier: Apache-2.0
#include "server/office_identity.h"

#include "base/state.h"
#include "base/utf8.h"
#include "crypto/domain.h"
#include "crypto/seal.h"
#include "server/files.h"
#include "strings/offices.h"
#include "strings/refusals.h"

namespace piaojue::server {

namespace text = strings::offices;

namespace {

constexpr std::string_view kKeyDomain = "piaojue/v2/service/office";
constexpr std::string_view kServerDomain = "piaojue/v2/service/server";
constexpr std::string_view kClientDomain = "piaojue/v2/service/client";
constexpr std::size_t kKeyBytes = 32;
constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kValidDays = 20ULL * 365;  ///< a service's offices are not enrolled anew every year
constexpr std::uint32_t kForm = 1;

ByteView about_identity() { return as_bytes("offices"); }

Secret encode(OfficeIdentity const& identity) {
  return state::written([&](state::Writer& out) {
    out.u32(kForm);
    out.fixed(identity.service_id);
    for (auto const* one : {&identity.authority, &identity.tls}) {
      out.bytes(as_bytes(one->certificate_pem));
      out.bytes(one->key_pem.view());
    }
    out.fixed(identity.decoy.view());
  });
}

std::optional<OfficeIdentity> decode(ByteView bytes) {
  state::Reader in(bytes);
  OfficeIdentity out;
  if (in.u32() != kForm) return std::nullopt;
  auto const id = in.fixed(out.service_id.size());
  if (in.broken()) return std::nullopt;
  std::ranges::copy(id, out.service_id.begin());
  for (auto* one : {&out.authority, &out.tls}) {
    one->certificate_pem = as_text(in.bytes());
    one->key_pem = Secret::copy_of(in.bytes());
  }
  out.decoy = Secret::copy_of(in.fixed(kKeyBytes));
  return in.done() ? std::optional(std::move(out)) : std::nullopt;
}

Result<OfficeIdentity> make_identity(std::string const& host, std::uint64_t now_s) {
  net::Validity const validity{now_s - kDay, now_s + kValidDays * kDay};
  OfficeIdentity out;
  randombytes_buf(out.service_id.data(), out.service_id.size());
  auto authority = net::make_authority("piaojue offices", validity);
  if (!authority) return authority.error();
  auto tls = net::make_server_certificate(*authority, host, validity);
  if (!tls) return tls.error();
  out.authority = std::move(*authority);
  out.tls = std::move(*tls);
  out.decoy = Secret::random(kKeyBytes);
  return out;
}

meeting::Slip fresh_slip(meeting::SlipAddress const& address) {
  meeting::Slip slip{address, {}};
  randombytes_buf(slip.code.bits.data(), slip.code.bits.size());
  return slip;
}

Bytes seal_slip(ServiceSeal const& seal, ServiceKey under, OfficeIdentity const& identity, meeting::Slip const& slip,
                OfficeNumber office) {
  auto const key = office_key(slip.code.bits, identity.service_id, office);
  return seal.seal_by(under, key.view(), about_office_slip(office));
}

/// The service's row. Where there is none it is made under `key`, unless somebody else makes it at the same moment.
Explained<Bytes> standing_row(store::Offices& offices, ServiceSeal const& seal, std::string const& host,
                              std::uint64_t now_s, ServiceKey key) {
  auto row = offices.identity();
  if (!row) return row.error();
  if (*row) return std::move(**row);
  auto const made = make_identity(host, now_s);
  if (!made) return Explanation(Sentence(text::kIdentityNotMade, {{"sentence", strings::sentence_of(made.error())}}));
  return offices.set_identity(seal.seal_by(key, encode(*made).view(), about_identity()));
}

}  // namespace

ServiceSeal seal_under(Secret service_key, std::optional<Secret> before) {
  auto const now = std::make_shared<Secret const>(std::move(service_key));
  auto const old = before ? std::make_shared<Secret const>(std::move(*before)) : nullptr;
  ServiceSeal out{[now](ByteView plain, ByteView about) { return crypto::seal(*now, plain, about); },
                  [now, old](ByteView sealed, ByteView about) {
                    auto plain = crypto::unseal(*now, sealed, about);
                    return !plain && old ? crypto::unseal(*old, sealed, about) : std::move(plain);
                  }};
  if (old) {
    out.seal_before = [old](ByteView plain, ByteView about) { return crypto::seal(*old, plain, about); };
    out.open_before = [old](ByteView sealed, ByteView about) { return crypto::unseal(*old, sealed, about); };
  }
  return out;
}

Explained<StandingKey> standing_key(store::Offices& offices, ServiceSeal const& seal) {
  auto row = offices.identity();
  if (!row) return row.error();
  // Before there is one, nodes that know the key before alone are to be able to open it.
  if (!*row) return StandingKey{{}, seal.seal_before ? ServiceKey::kBefore : ServiceKey::kNow};
  auto key = ServiceKey::kNow;
  if (seal.open_before && seal.open_before(**row, about_identity())) key = ServiceKey::kBefore;
  if (key == ServiceKey::kNow && !seal.open(**row, about_identity())) return Explanation(text::kIdentityNotOpened);
  return StandingKey{std::move(*row), key};
}

Explained<void> reseal_identity(store::Offices& offices, ServiceSeal const& seal, std::string const& host,
                                std::uint64_t now_s) {
  // Without one, nodes that know both keys would go on under the key before; and who puts it there first may do so.
  if (auto const there = standing_row(offices, seal, host, now_s, ServiceKey::kNow); !there) return there.error();
  auto const standing = standing_key(offices, seal);
  if (!standing) return standing.error();
  if (!standing->row || standing->key == ServiceKey::kNow) return {};
  auto const plain = seal.open(*standing->row, about_identity());
  if (!plain) return Explanation(text::kIdentityNotOpened);
  // Not replaced: somebody else re-seals.
  auto const replaced = offices.replace_sealed({store::SealedRow::Kind::kIdentity, 0, *standing->row},
                                               seal.seal(plain->view(), about_identity()));
  if (!replaced) return replaced.error();
  return {};
}

Explained<std::size_t> reseal_offices(store::Offices& offices, ServiceSeal const& seal) {
  auto const rows = offices.sealed_rows();
  if (!rows) return rows.error();
  std::size_t done = 0;
  std::optional<Explanation> fault;
  for (auto const& row : *rows) {
    using Kind = store::SealedRow::Kind;
    auto const about = row.kind == Kind::kIdentity ? to_bytes(about_identity())
                       : row.kind == Kind::kOffice ? about_office_slip(row.number)
                                                   : about_slips(row.number);
    auto const plain = seal.open(row.sealed, about);
    if (!plain) {
      fault = Explanation(row.kind == Kind::kIdentity ? text::kIdentityNotOpened
                          : row.kind == Kind::kOffice ? text::kSlipNotOpened
                                                      : text::kSlipsNotOpened);
      continue;
    }
    // Not replaced: fetched, replaced by a new slip, or re-sealed by somebody else meanwhile.
    auto const replaced = offices.replace_sealed(row, seal.seal(plain->view(), about));
    if (!replaced) return replaced.error();
    ++done;
  }
  if (fault) return *fault;
  return done;
}

Explained<OfficeIdentity> load_identity(store::Offices& offices, ServiceSeal const& seal, std::string const& host,
                                        std::uint64_t now_s) {
  auto const key = seal.seal_before ? ServiceKey::kBefore : ServiceKey::kNow;
  auto const row = standing_row(offices, seal, host, now_s, key);
  if (!row) return row.error();
  auto const plain = seal.open(*row, about_identity());
  if (!plain) return Explanation(text::kIdentityNotOpened);
  auto identity = decode(plain->view());
  if (!identity) return Explanation(text::kIdentityNotOpened);
  return std::move(*identity);
}

Result<net::TlsContext> office_context(OfficeIdentity const& identity) {
  return net::TlsContext::server(identity.tls, identity.authority.certificate_pem);
}

Secret office_key(meeting::SlipBits const& bits, MeetingId const& service_id, OfficeNumber office) {
  Bytes info = to_bytes(as_bytes(kKeyDomain));
  info.push_back(0);
  append_u32be(info, office);
  return crypto::hkdf_sha256(bits, service_id, info, kKeyBytes);
}

Mac office_server_proof(Secret const& key, Exporter const& exporter, ByteView spki) {
  return crypto::hmac_sha256(key.view(), {as_bytes(kServerDomain), crypto::domain::kEnd, exporter.view(), spki});
}

Mac office_client_proof(Secret const& key, Exporter const& exporter, ByteView csr) {
  return crypto::hmac_sha256(key.view(), {as_bytes(kClientDomain), crypto::domain::kEnd, exporter.view(), csr});
}

Bytes about_office_slip(OfficeNumber office) {
  Bytes out = to_bytes(as_bytes("office-slip"));
  append_u32be(out, office);
  return out;
}

Bytes about_slips(store::MeetingNumber meeting) {
  Bytes out = to_bytes(as_bytes("meeting-slips"));
  append_u32be(out, meeting);
  return out;
}

Explained<NewOffice> add_office(store::Offices& offices, ServiceSeal const& seal, OfficeIdentity const& identity,
                                meeting::SlipAddress const& address, std::string const& name) {
  bool const plain = !name.empty() && name.size() <= kOfficeNameBytesMax && is_utf8(name) &&
                     std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (!plain) return unusable(Sentence(text::kNameUnusable, {{"most", std::uint64_t{kOfficeNameBytesMax}}}));
  auto const standing = standing_key(offices, seal);
  if (!standing) return standing.error();
  NewOffice out{0, fresh_slip(address)};
  auto const number = offices.add_office(
      name, [&](OfficeNumber office) { return seal_slip(seal, standing->key, identity, out.slip, office); });
  if (!number) return number.error();
  out.office = out.slip.code.person = *number;
  return out;
}

Explained<NewOffice> new_office_slip(store::Offices& offices, ServiceSeal const& seal, OfficeIdentity const& identity,
                                     meeting::SlipAddress const& address, OfficeNumber office) {
  auto const standing = standing_key(offices, seal);
  if (!standing) return standing.error();
  NewOffice out{office, fresh_slip(address)};
  out.slip.code.person = office;
  auto const done = offices.replace_slip(office, seal_slip(seal, standing->key, identity, out.slip, office));
  if (!done) return done.error();
  if (!*done) return unusable(Sentence(text::kNoOffice, {{"office", office}}));
  return out;
}

}  // namespace piaojue::server
