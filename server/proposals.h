// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries that wait for signatures of more people.
#include <map>

#include "server/config.h"
#include "server/sessions.h"

namespace piaojue::server {

class Proposals {
 public:
  /// What this server asks of an entry beyond what the record does.
  using Policy = std::function<Result<void>(meeting::Entry const&)>;
  Proposals(meeting::Record const& record, Policy policy, Limits const& limits, Shelf<Table::kProposal> rows,
            Post& post);

  /// @return kStorage.
  [[nodiscard]] Result<void> load(Contents const& contents);

  bool contains(Hash const& id) const { return proposals_.contains(id); }
  /// Takes a new one; one that is there stays as it is.
  /// @param by who submitted it; meeting::kServer: this server, which has no bound but the slips that were given out.
  /// @return kBusy: a bound of `Limits`. What policy or record refuse it with.
  [[nodiscard]] Result<void> propose(Hash const& id, meeting::Entry entry, Bytes bytes, PersonId by);
  /// All signatures are there: for the log.
  struct Complete {
    meeting::Entry entry;
    Bytes bytes;
  };
  /// @return nothing: signatures are still missing. kUnknown: no such proposal. What the record refuses it with.
  [[nodiscard]] Result<std::optional<Complete>> sign(Hash const& id, std::vector<meeting::EntrySignature> const& more);
  /// @param refused nothing: it is in the log.
  void close(Hash const& id, std::optional<Refusal> refused);

  /// To somebody who has just connected.
  std::vector<Frame> frames() const;
  /// The log has gone on, or somebody has enrolled: what can no longer become an entry is to be closed.
  void look_again() { recheck_due_ = true; }
  bool recheck_due() const { return recheck_due_; }
  void recheck();

 private:
  struct Proposal {
    meeting::Entry entry;
    Bytes bytes;
    PersonId by = 0;
  };
  [[nodiscard]] Result<void> check(meeting::Entry const& entry) const;
  [[nodiscard]] Result<void> check_bounds(std::size_t bytes, PersonId by) const;

  meeting::Record const& record_;
  Policy policy_;
  Limits const& limits_;
  Shelf<Table::kProposal> rows_;
  Post& post_;
  std::map<Hash, Proposal> proposals_;
  bool recheck_due_ = false;
};

}  // namespace piaojue::server
