// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What people hand in for the log: an entry that is complete goes in, one that wants more signatures waits among the
/// proposals, and a signature goes to the proposal that it is for. Whoever is signed in may also ask office or
/// committee for an entry, by handing it in without any signature.
#include "server/asked.h"
#include "server/holds.h"
#include "server/incidents.h"
#include "server/payloads.h"

namespace piaojue::server {

class Submissions {
 public:
  struct Log {
    meeting::Record const& record;
    LogFeed const& feed;
    LogWriter& writer;
  };
  struct Parts {
    Enrolments const& enrolments;
    Payloads const& payloads;
    Proposals& proposals;
    Holds& holds;
    Incidents& incidents;
  };
  Submissions(Log log, Parts parts) : log_(log), parts_(parts) {}

  /// Each answers: accepted with its index (also what is in the log already), pending, or refused. kConflict: the entry
  /// is in the log without this signature. kBusy: it has to wait (holds.h).
  void answer(Asked const& asked, wire::Submit in);
  void answer(Asked const& asked, wire::Countersign const& in);

 private:
  bool opens_unasked(meeting::Entry const& entry, meeting::PersonId person) const;
  bool follows_itself(meeting::Entry const& entry, std::uint64_t index, meeting::PersonId asker) const;
  void complete(Asked const& asked, meeting::Entry const& entry, wire::Submit in);
  void partial(Asked const& asked, Hash const& id, meeting::Entry entry, wire::Submit const& in);
  /// What may wait for others. @return kNotAuthorised: it would tell what only a complete entry may tell, or nobody but
  /// its own person signs it.
  [[nodiscard]] Result<void> check_open(Asked const& asked, meeting::Entry const& entry) const;
  /// Further signatures for a proposal: into the log if it is complete.
  void sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more);
  void answer_logged(Asked const& asked, std::uint64_t index) const;

  Log log_;
  Parts parts_;
};

}  // namespace piaojue::server
