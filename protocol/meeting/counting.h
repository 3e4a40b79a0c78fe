// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries of an attempt from the box to the row, or to an end without one (specification §3.1, §10.4).
#include <map>

#include "crypto/elgamal.h"
#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

enum class ConfirmVerdict : std::uint8_t { kOk = 1, kMissing = 2, kNotCast = 3 };

struct Confirm {
  Hash batch_open;
  PersonId person = 0;
  Hash box;
  std::map<QuestionId, ConfirmVerdict> rows;
};

struct Override {
  Hash batch_open;
  Hash box;
  std::map<PersonId, bool> people;  ///< true: has signed MISSING by now; false: has said nothing
  std::string reason;
};

struct TallyShare {
  Hash batch_open;
  TrusteeId trustee = 0;
  Hash box;
  std::map<QuestionId, crypto::elgamal::TallyShare> shares;
};

struct Row {
  std::uint32_t present = 0, agree = 0, disagree = 0, abstain = 0, invalid = 0, not_cast = 0, recused = 0, needed = 0;
  bool passed = false, contested = false, mode_sensitive = false;
  bool operator==(Row const&) const = default;
};

struct Declaration {
  Hash batch_open;
  std::map<QuestionId, Row> rows;
};

struct Void {
  Hash batch_open;
  std::vector<QuestionId> questions;
  std::string reason;
};

struct PaperRow {
  std::uint32_t issued = 0, returned = 0, valid = 0, invalid = 0, agree = 0, disagree = 0, abstain = 0;
  bool operator==(PaperRow const&) const = default;
};

struct PaperTally {
  Hash batch_open;
  std::map<QuestionId, PaperRow> rows;
};

struct Erased {
  Hash batch_open;
  TrusteeId trustee = 0;
};

}  // namespace piaojue::meeting
