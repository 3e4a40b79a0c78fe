// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

std::string_view name(EntryType type) {
  switch (type) {
    case EntryType::kMeetingOpen:
      return "MeetingOpen";
    case EntryType::kSignIn:
      return "SignIn";
    case EntryType::kSignOut:
      return "SignOut";
    case EntryType::kRecuse:
      return "Recuse";
    case EntryType::kKeyChange:
      return "KeyChange";
    case EntryType::kInterview:
      return "Interview";
    case EntryType::kBatchKeys:
      return "BatchKeys";
    case EntryType::kBatchOpen:
      return "BatchOpen";
    case EntryType::kTokenRequest:
      return "TokenRequest";
    case EntryType::kTokensIssued:
      return "TokensIssued";
    case EntryType::kEnvelopeCast:
      return "EnvelopeCast";
    case EntryType::kBatchClose:
      return "BatchClose";
    case EntryType::kIssuanceClosed:
      return "IssuanceClosed";
    case EntryType::kMixStep:
      return "MixStep";
    case EntryType::kBallotBox:
      return "BallotBox";
    case EntryType::kConfirm:
      return "Confirm";
    case EntryType::kOverride:
      return "Override";
    case EntryType::kTallyShare:
      return "TallyShare";
    case EntryType::kDeclaration:
      return "Declaration";
    case EntryType::kErased:
      return "Erased";
    case EntryType::kVoid:
      return "Void";
    case EntryType::kPaperTally:
      return "PaperTally";
    case EntryType::kIncident:
      return "Incident";
    case EntryType::kMeetingClose:
      return "MeetingClose";
    case EntryType::kTrusteeChange:
      return "TrusteeChange";
    case EntryType::kEnvelopeSpoil:
      return "EnvelopeSpoil";
    case EntryType::kCheckResult:
      return "CheckResult";
    case EntryType::kRecuseBack:
      return "RecuseBack";
  }
  return "?";
}

std::string Manifest::origin() const { return "piaojue/" + to_hex(meeting_id); }

}  // namespace piaojue::meeting
