// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The conversation by which a stranger with an office's slip becomes that office (docs/office-service.md). As with
/// people (enrolling.h): who guesses is held back per connection and per address, never for everybody.
#include <mutex>

#include "server/allowance.h"
#include "server/office_identity.h"
#include "server/office_wire.h"

namespace piaojue::server {

/// What is known of a connection besides what it says.
struct OfficePeer {
  std::optional<Hash> certificate;  ///< SHA-256 of its certificate's SubjectPublicKeyInfo; nothing: it shows none
  std::string address;              ///< what counts as one address
  Exporter exporter;
  Bytes server_spki;
};

class OfficeEnrolling {
 public:
  struct Limits {
    std::uint32_t tries_per_session = 5;
    Rate tries_per_address{40, 0.5};
  };
  OfficeEnrolling(store::Offices& offices, ServiceSeal const& seal, OfficeIdentity const& identity, NowMs now_ms,
                  std::function<std::uint64_t()> now_s, Limits limits);

  /// Of one connection.
  struct Stranger {
    std::uint32_t tries = 0;
    std::optional<OfficeNumber> started;
  };
  // Refused with a code: as Enrolling.
  [[nodiscard]] Explained<office_wire::Answer> start(OfficePeer const& peer, Stranger& stranger,
                                                     office_wire::EnrolStart const& in);
  [[nodiscard]] Explained<office_wire::Answer> finish(OfficePeer const& peer, Stranger& stranger,
                                                      office_wire::EnrolKey const& in);
  /// This connection has used up what it may try, and is to be closed.
  bool is_used_up(Stranger const& stranger) const { return stranger.tries > limits_.tries_per_session; }

 private:
  [[nodiscard]] Result<void> count_try(OfficePeer const& peer, Stranger& stranger);
  /// Counts as one that was never made.
  void forgive(std::string const& address);
  struct Known {
    std::optional<store::OfficeRow> row;  ///< nothing: there is no such office
    Secret key;
  };
  [[nodiscard]] Explained<Known> known(OfficeNumber office) const;
  [[nodiscard]] Explained<office_wire::Answer> enrol(store::OfficeRow row, Hash const& used, ByteView csr) const;

  store::Offices& offices_;
  ServiceSeal const& seal_;
  OfficeIdentity const& identity_;
  NowMs const now_ms_;
  std::function<std::uint64_t()> const now_s_;
  Limits const limits_;
  Bytes const decoy_slip_;  ///< sealed like a slip's row, so that a number without one takes as long
  std::mutex mutex_;
  std::map<std::string, Allowance> by_address_;
};

}  // namespace piaojue::server
