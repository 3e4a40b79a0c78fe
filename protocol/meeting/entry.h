// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The entries of the log as typed values (specification §3). Fields, orders and canonical form: proto/piaojue/v2/
/// {manifest,entries}.proto; what each is checked for: `Record::check`. The bodies stand by the part of a meeting that
/// they belong to, as the rules do.
#include <string_view>
#include <variant>

#include "base/refusal.h"
#include "protocol/meeting/counting.h"
#include "protocol/meeting/manifest.h"
#include "protocol/meeting/opening.h"
#include "protocol/meeting/people.h"
#include "protocol/meeting/voting.h"

namespace piaojue::meeting {

/// In the order of EntryType, so that index() + 1 is the type number.
using Body = std::variant<Manifest, SignIn, SignOut, Recuse, KeyChange, Interview, BatchKeys, BatchOpen, TokenRequest,
                          TokensIssued, EnvelopeCast, BatchClose, IssuanceClosed, MixStep, BallotBox, Confirm, Override,
                          TallyShare, Declaration, Erased, Void, PaperTally, Incident, MeetingClose, TrusteeChange,
                          EnvelopeSpoil, CheckResult, RecuseBack>;

enum class EntryType : std::uint8_t {
  kMeetingOpen = 1,
  kSignIn,
  kSignOut,
  kRecuse,
  kKeyChange,
  kInterview,
  kBatchKeys,
  kBatchOpen,
  kTokenRequest,
  kTokensIssued,
  kEnvelopeCast,
  kBatchClose,
  kIssuanceClosed,
  kMixStep,
  kBallotBox,
  kConfirm,
  kOverride,
  kTallyShare,
  kDeclaration,
  kErased,
  kVoid,
  kPaperTally,
  kIncident,
  kMeetingClose,
  kTrusteeChange,
  kEnvelopeSpoil,
  kCheckResult,
  kRecuseBack
};
/// "MeetingOpen", "SignIn", …: the type name in the signing input and in every report.
std::string_view name(EntryType type);
inline EntryType type_of(Body const& body) { return static_cast<EntryType>(body.index() + 1); }

struct EntrySignature {
  PersonId signer = 0;
  Signature signature;
};

/// A parsed entry. `body_bytes` are the bytes that were signed, exactly as received.
struct Entry {
  Bytes body_bytes;
  Body body;
  std::vector<EntrySignature> signatures;  ///< ascending by signer
  EntryType type() const { return type_of(body); }
};

}  // namespace piaojue::meeting
