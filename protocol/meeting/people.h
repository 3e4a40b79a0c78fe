// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries about people (specification §3.1, §10.1): who is there, who stands back and who comes back, whose keys have
/// changed, who was heard.
#include "protocol/meeting/manifest.h"

namespace piaojue::meeting {

struct SignIn {
  Hash meeting;
  PersonId person = 0;
  std::uint32_t sequence = 0;
};

struct SignOut {
  Hash meeting;
  PersonId person = 0;
  std::uint32_t sequence = 0;
  std::string reason;              ///< by others only
  std::optional<Hash> batch_open;  ///< by oneself: the attempt in progress that the page asked about
  bool not_cast = false;           ///< "I have not voted in it, and that is my own decision"
  std::uint64_t size = 0;          ///< by oneself: entries of the log that its signer holds
  std::optional<Hash> root;        ///< of the tree of those
};

struct Recuse {
  Hash meeting;
  PersonId person = 0;
  QuestionId question = 0;
  std::string reason;
  std::uint32_t sequence = 0;  ///< RecuseBacks of this person and question so far: what was said once is not said again
};

/// Takes a recusal back.
struct RecuseBack {
  Hash meeting;
  PersonId person = 0;
  QuestionId question = 0;
  std::string reason;
  std::uint32_t sequence = 0;  ///< as in Recuse, before this one
};

struct KeyChange {
  Hash meeting;
  PersonId person = 0;
  SigningPublicKey identity_key, witness_key;
  BoxPublicKey box_key;
  Signature possession;
  std::string reason;
};

struct TrusteeChange {
  Hash meeting;
  TrusteeId trustee = 0;  ///< from 1
  PersonId person = 0;    ///< incoming
  std::string reason;
};

struct Interview {
  Hash meeting;
  QuestionId question = 0;
  std::string summary;
  Hash document;
};

}  // namespace piaojue::meeting
