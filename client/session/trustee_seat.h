// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the trustee that this laptop is while its person holds a slot. It is told what came, its work
/// goes out as jobs, its entries are submitted, and its state lies in the wallet, sealed with halves that others hold.
/// A person holds one slot at a time; of one that he has held before, he still owes Erased.
#include <deque>

#include "client/session/command.h"
#include "client/session/jobs.h"
#include "client/session/own_halves.h"
#include "protocol/trustee/trustee.h"

namespace piaojue::client {

class TrusteeSeat final : private trustee::TrusteeStore {
 public:
  struct Means {
    trustee::TokenKeySource token_keys;
    ParallelFor parallel;
    std::uint32_t lookahead;  ///< batches for which keys are made ahead
    trustee::LookAtBox look_at_box;
  };
  TrusteeSeat(PersonId me, Keys const& keys, Means means, SessionLimits const& limits, Clock const& clock,
              LogFollower const& log, Keeper& keeper, OwnHalves& halves, Requests& requests, Jobs& jobs,
              Events& events);
  ~TrusteeSeat() override;

  /// Who holds which slot stands in MeetingOpen and TrusteeChange.
  void took_in(meeting::Entry const& entry);
  void take(wire::TokenWork work);
  void take(wire::MixWork work);
  /// @return whether something was said.
  bool act();

  void operate(Reply const& reply, command::Stop const&);

  bool taken() const { return !seats_.empty(); }
  /// As `now` and `status` tell it; only if `taken`. @param times with the time that is left for a protest.
  facts::object describe(bool times) const;
  /// A share left this program, and the log has no such share: somebody may have read the sums and had it voided.
  bool share_not_logged() const;
  /// An Override can still be stopped here.
  bool protests() const;

 private:
  using Seats = std::map<meeting::TrusteeId, std::unique_ptr<trustee::Trustee>>;

  void sit(meeting::TrusteeId slot);
  /// The slot that is held now, or else the one that was held last; only if `taken`.
  Seats::value_type const& seat() const;
  /// @return false: its entry has not come yet.
  bool give_token_work(wire::TokenWork& work);
  void take_submissions(std::vector<trustee::Submission> submissions);
  void submit(trustee::Submission const& submission);
  /// BatchKeys that waited until somebody else holds the half of what they rest on.
  void submit_held_back();
  bool say_status();

  Result<void> save(trustee::StoreName const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(trustee::StoreName const& name) override;
  Result<void> erase(trustee::StoreName const& name) override;

  PersonId const me_;
  Keys const& keys_;
  Means means_;
  SessionLimits const& limits_;
  Clock const& clock_;
  LogFollower const& log_;
  Keeper& keeper_;
  OwnHalves& halves_;
  Requests& requests_;
  Jobs& jobs_;
  Events& events_;

  Seats seats_;
  meeting::TrusteeId last_ = 0;  ///< the slot that was taken last
  std::string said_;
  bool resubmit_ = false;  ///< something that the trustee made was not taken for want of space
  std::deque<wire::TokenWork> early_;
  std::vector<trustee::Submission> held_back_;
};

}  // namespace piaojue::client
