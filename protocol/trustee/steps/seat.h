// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the steps of one trustee share: who it is, where it keeps what, and what it has begun.
#include "protocol/meeting/codec.h"
#include "protocol/trustee/steps/kept_mix.h"
#include "protocol/trustee/steps/pledges.h"

namespace piaojue::trustee {

using Jobs = DutyBook::Jobs;
using Submissions = std::vector<Submission>;

struct Seat {
  TrusteeId const id;
  PersonId const person;
  crypto::SigningKey const& signer;
  DutyBook book;
  KeptKeys keys;
  KeptMixes mixes;
  Pledges pledges;

  Seat(TrusteeId id_, PersonId person_, crypto::SigningKey const& signer_, TrusteeStore& store)
      : id(id_), person(person_), signer(signer_), keys(store, book, id_), mixes(store, id_), pledges(store) {}
  Seat(Seat const&) = delete;
  Seat& operator=(Seat const&) = delete;

  Submission submission(meeting::Body body) const {
    Submission out;
    out.made = meeting::made(std::move(body), person, signer);
    return out;
  }
};

inline Submissions one(Submission submission) {
  Submissions out;
  out.push_back(std::move(submission));
  return out;
}

/// The attempt that a job was made for is still the one in progress.
inline bool is_current(meeting::Record const& record, Hash const& batch_open) {
  return record.in_progress() && record.attempt()->open_hash == batch_open;
}

/// The `run` of a job that is all `finish`.
inline void nothing_heavy() {}

}  // namespace piaojue::trustee
