// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Entries that wait for signatures of more people. Who is wanted, the record says (`Record::ways_to_sign`): often the
/// office or the committee, and never a mixture of both. So a proposal keeps every signature that was given, shows each
/// person those that go with his own, and is complete as soon as one way of signing is. Where a threshold has risen
/// meanwhile, or nobody can sign just now, it stays open.
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
  bool contains(meeting::EntryType type) const;
  /// Takes a new one, signed or not; one that is there stays as it is.
  /// @param by who submitted it; meeting::kServer: this server, which has no bound but the slips that were given out,
  /// and may ask before there is anybody who can sign.
  /// @return kBusy: a bound of `Limits`, and nobody else has more proposals. What policy or record refuse it with.
  [[nodiscard]] Result<void> propose(Hash const& id, meeting::Entry entry, PersonId by);
  /// All signatures are there: for the log.
  struct Complete {
    meeting::Entry entry;
    Bytes bytes;
  };
  /// @return nothing: signatures are still missing. kUnknown: no such proposal. What the record refuses a signature
  /// with: none is kept then.
  [[nodiscard]] Result<std::optional<Complete>> sign(Hash const& id, std::vector<meeting::EntrySignature> const& more);
  /// @param refused nothing: it is in the log.
  void close(Hash const& id, std::optional<Refusal> refused);

  /// To somebody who has just connected.
  std::vector<Frame> frames_for(PersonId person) const;
  /// The log has gone on, or somebody has enrolled: what can no longer become an entry is to be closed.
  void look_again() { recheck_due_ = true; }
  /// And somebody's key is another one from here on.
  void look_at_signatures() { recheck_due_ = signatures_due_ = true; }
  bool recheck_due() const { return recheck_due_; }
  void recheck();

 private:
  struct Proposal {
    meeting::Entry entry;  ///< with every signature that was given
    PersonId by = 0;
  };
  [[nodiscard]] Result<void> check(meeting::Entry const& entry) const;
  /// Few can not keep everybody else out: where there is no place left, whoever has most loses one.
  [[nodiscard]] Result<void> make_room(std::size_t bytes, PersonId by);
  void give_way(PersonId by);
  /// Signatures under keys that have been replaced count for nothing. @return whether there were any.
  bool drop_void_signatures(meeting::Entry& entry) const;
  void keep(Hash const& id, meeting::Entry const& entry);
  void push(Hash const& id, meeting::Entry const& entry);

  meeting::Record const& record_;
  Policy policy_;
  Limits const& limits_;
  Shelf<Table::kProposal> rows_;
  Post& post_;
  std::map<Hash, Proposal> proposals_;
  bool recheck_due_ = false;
  bool signatures_due_ = false;
};

}  // namespace piaojue::server
