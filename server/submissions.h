// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What people hand in for the log: an entry that is complete goes in, one that wants more signatures waits among the
/// proposals, and a signature goes to the proposal that it is for.
#include "server/asked.h"
#include "server/incidents.h"
#include "server/payloads.h"
#include "server/proposals.h"

namespace piaojue::server {

class Submissions {
 public:
  struct Log {
    meeting::Record const& record;
    LogFeed const& feed;
    LogWriter& writer;
  };
  Submissions(Log log, Enrolments const& enrolments, Payloads const& payloads, Proposals& proposals,
              Incidents& incidents)
      : log_(log), enrolments_(enrolments), payloads_(payloads), proposals_(proposals), incidents_(incidents) {}

  /// Each answers: accepted with its index (also what is in the log already), pending, or refused.
  void answer(Asked const& asked, wire::Submit const& in);
  void answer(Asked const& asked, wire::Countersign const& in);

 private:
  void complete(Asked const& asked, meeting::Entry const& entry, wire::Submit const& in);
  void partial(Asked const& asked, Hash const& id, meeting::Entry entry, wire::Submit const& in);
  /// Further signatures for a proposal: into the log if it is complete.
  void sign(Asked const& asked, Hash const& id, std::vector<meeting::EntrySignature> const& more);

  Log log_;
  Enrolments const& enrolments_;
  Payloads const& payloads_;
  Proposals& proposals_;
  Incidents& incidents_;
};

}  // namespace piaojue::server
