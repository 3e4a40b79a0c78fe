// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a service and its offices know each other (docs/office-service.md): the service's own row, slips of offices, and
/// the proofs by which both ends show that they know a slip's code.
#include "crypto/keyed_hash.h"
#include "net/tls.h"
#include "protocol/meeting/enrolment.h"
#include "store/offices.h"

namespace piaojue::server {

using crypto::Exporter;
using crypto::Hash;
using crypto::Mac;
using meeting::MeetingId;
using store::OfficeNumber;

/// One of a node's service keys.
enum class ServiceKey : std::uint8_t {
  kNow,
  kBefore,  ///< that some nodes may know alone, while the key is being rotated
};
/// What is sealed in a service's database; `about` is bound to it, and is not stored.
struct ServiceSeal {
  using Seal = std::function<Bytes(ByteView plain, ByteView about)>;
  /// @return kMalformed.
  using Open = std::function<Result<Secret>(ByteView sealed, ByteView about)>;
  Seal seal;              ///< under the newest key
  Open open;              ///< by either key
  Seal seal_before = {};  ///< empty: there is no key before
  Open open_before = {};  ///< by that one alone
  Bytes seal_by(ServiceKey key, ByteView plain, ByteView about) const {
    return key == ServiceKey::kBefore && seal_before ? seal_before(plain, about) : seal(plain, about);
  }
};
/// @param before opens what was sealed under it, while the key is being rotated. Both crypto::kSealKeyBytes.
ServiceSeal seal_under(Secret service_key, std::optional<Secret> before = {});

/// Which key new things are sealed under: the one that the service's own row is sealed under, so that every node opens
/// them. While the key is being rotated that is the key before, until `reseal_identity` says that every node knows the
/// new one.
struct StandingKey {
  std::optional<Bytes> row;  ///< as it was when this was judged (store::Offices::NewMeeting::identity)
  ServiceKey key = ServiceKey::kNow;
};
/// Refused: kStorage; the row does not open.
[[nodiscard]] Explained<StandingKey> standing_key(store::Offices& offices, ServiceSeal const& seal);
/// The first step of re-sealing, before anything is listed: what is made after it is made under the new key. Where
/// there is no row yet there is one then, which says so. @param host as `load_identity`'s.
[[nodiscard]] Explained<void> reseal_identity(store::Offices& offices, ServiceSeal const& seal, std::string const& host,
                                              std::uint64_t now_s);
/// Seals anew what is kept of offices and was sealed under the key before. @return how many rows now are under `seal`'s
/// own. Refused: kStorage; a row that does not open, after all others.
[[nodiscard]] Explained<std::size_t> reseal_offices(store::Offices& offices, ServiceSeal const& seal);

struct OfficeIdentity {
  MeetingId service_id{};
  net::Credential authority, tls;  ///< for offices alone
  Secret decoy;                    ///< of which the K of numbers without an office is made

  OfficeIdentity clone() const { return {service_id, authority.clone(), tls.clone(), decoy.clone()}; }
};
/// That of the database, or a new one that is put there; two nodes that begin at once agree. @param host for the
/// certificate. Refused: kStorage; the row does not open.
[[nodiscard]] Explained<OfficeIdentity> load_identity(store::Offices& offices, ServiceSeal const& seal,
                                                      std::string const& host, std::uint64_t now_s);
/// For connections with server name "office". @return as net::TlsContext::server.
[[nodiscard]] Result<net::TlsContext> office_context(OfficeIdentity const& identity);

/// K of a slip.
Secret office_key(meeting::SlipBits const& bits, MeetingId const& service_id, OfficeNumber office);
Mac office_server_proof(Secret const& key, Exporter const& exporter, ByteView spki);
Mac office_client_proof(Secret const& key, Exporter const& exporter, ByteView csr);

/// What rows are bound to: an office's slip, and the slips of a meeting that wait to be fetched.
Bytes about_office_slip(OfficeNumber office);
Bytes about_slips(store::MeetingNumber meeting);

/// The operator enters an office, or gives it a new slip: its code stands on the slip alone.
struct NewOffice {
  OfficeNumber office = 0;
  meeting::Slip slip;
};
/// @param name up to kOfficeNameBytesMax of UTF-8. Refused: `is_unusable`, the name; what Offices refuses.
inline constexpr std::size_t kOfficeNameBytesMax = 200;
[[nodiscard]] Explained<NewOffice> add_office(store::Offices& offices, ServiceSeal const& seal,
                                              OfficeIdentity const& identity, meeting::SlipAddress const& address,
                                              std::string const& name);
/// Refused also: `is_unusable`, there is no such office.
[[nodiscard]] Explained<NewOffice> new_office_slip(store::Offices& offices, ServiceSeal const& seal,
                                                   OfficeIdentity const& identity, meeting::SlipAddress const& address,
                                                   OfficeNumber office);

}  // namespace piaojue::server
