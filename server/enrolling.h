// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The conversation by which a stranger with a slip becomes somebody who is enrolled (specification §9.1). Both ends
/// prove the slip's code over this one TLS connection; the code itself is never sent. Who guesses is held back per
/// session and per address, never for everybody.
#include <map>

#include "server/allowance.h"
#include "server/enrolments.h"
#include "server/limit_log.h"
#include "server/notice.h"
#include "server/wire.h"

namespace piaojue::server {

/// What is known of a connection besides what it says.
struct Peer {
  std::optional<Hash> certificate;  ///< SHA-256 of the SubjectPublicKeyInfo of its certificate; nothing: it shows none
  std::string address;              ///< what counts as one address
  crypto::Exporter exporter;        ///< of this connection
  Bytes server_spki;                ///< this server's SubjectPublicKeyInfo on it, DER
};

class Enrolling {
 public:
  struct World {
    IssueCertificate issue_certificate;
    SlipOf slip_of;
    NowMs now_ms;
    std::uint32_t meeting_number = 0;  ///< 0: this server has one meeting
  };
  Enrolling(Draft const& draft, meeting::Record const& record, World world, Secret const& seal_key,
            Limits const& limits, Enrolments& enrolments, Notices& notices);

  /// Without a certificate. What is asked of an unknown session is refused.
  void open(SessionId session, Peer peer);
  void closed(SessionId session) { strangers_.erase(session); }

  /// The server's proof; of who has no slip, one that no code fits. @return kBusy: a limit. kStorage.
  [[nodiscard]] Result<crypto::Mac> start(SessionId session, wire::EnrolStart const& in);

  struct Taken {
    Enrolment const* enrolment = nullptr;  ///< lives as long as Enrolments
    bool is_new = false;                   ///< else it is the answer that was given before
  };
  /// @return kWrongPhase: no EnrolStart before it, or the meeting is over. kNotOnRoll: a wrong proof. kConflict: the
  /// slip was used for other keys, or a key is somebody's already. kBusy, kStorage; what Enrolments::check_new or the
  /// certificate is refused with.
  [[nodiscard]] Result<Taken> finish(SessionId session, wire::EnrolKeys const& in);

  /// This session has used up what it may try, and is to be closed.
  bool is_used_up(SessionId session) const;

 private:
  struct Stranger {
    Peer peer;
    std::uint32_t tries = 0;
    std::optional<PersonId> started;
  };
  /// Each try counts twice: for the session and for its address.
  [[nodiscard]] Result<void> count_try(Stranger& stranger);
  Allowance& allowance_of(std::string const& address);
  [[nodiscard]] Result<Secret> slip_key(PersonId person) const;
  [[nodiscard]] Result<Taken> enrol(PersonId person, Hash const& slip, wire::EnrolKeys const& in);

  Draft const& draft_;
  meeting::Record const& record_;
  World world_;
  Secret const& seal_key_;
  Limits const& limits_;
  Enrolments& enrolments_;
  Notices& notices_;
  std::map<SessionId, Stranger> strangers_;
  std::map<std::string, Allowance> by_address_;
  LimitLog limit_log_;
  Secret const decoy_;      ///< of which the K of people without a slip is made
  Bytes const decoy_slip_;  ///< sealed like a slip's row, so that theirs takes as long to read
};

}  // namespace piaojue::server
