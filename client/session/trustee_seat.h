// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the trustee that the manifest may seat at this laptop. It is told what came, its work goes
/// out as jobs, its entries are submitted, and its state lies in the wallet, sealed under the passphrase.
#include <deque>

#include "client/session/jobs.h"
#include "client/session/log_follower.h"
#include "protocol/trustee/trustee.h"

namespace piaojue::client {

class TrusteeSeat final : private trustee::TrusteeStore {
 public:
  struct Means {
    Secret const& wallet_key;  ///< of the passphrase
    trustee::TokenKeySource token_keys;
    ParallelFor parallel;
    std::uint32_t lookahead;  ///< batches for which keys are made ahead
  };
  TrusteeSeat(PersonId me, crypto::SigningKey const& identity, Means means, SessionLimits const& limits,
              LogFollower const& log, Keeper& keeper, Requests& requests, Jobs& jobs, Events& events);
  ~TrusteeSeat() override;

  /// MeetingOpen is in the log: whether somebody sits here stands in it.
  void take_manifest(meeting::Manifest const& manifest);
  void take(wire::TokenWork work);
  void take(wire::MixWork work);
  /// @return whether something was said.
  bool act();

  bool taken() const { return trustee_ != nullptr; }
  /// As `now` and `status` tell it; only if `taken`.
  facts::object describe() const;

 private:
  /// @return false: its entry has not come yet.
  bool give_token_work(wire::TokenWork& work);
  void submit(std::vector<trustee::Submission> submissions);
  bool say_status();

  Result<void> save(std::string const& name, Secret const& plain) override;
  Result<std::optional<Secret>> load(std::string const& name) override;
  Result<void> erase(std::string const& name) override;

  PersonId const me_;
  crypto::SigningKey const& identity_;
  Means means_;
  SessionLimits const& limits_;
  LogFollower const& log_;
  Keeper& keeper_;
  Requests& requests_;
  Jobs& jobs_;
  Events& events_;

  std::unique_ptr<trustee::Trustee> trustee_;
  meeting::TrusteeId id_ = 0;
  std::string said_;
  bool resubmit_ = false;  ///< something that the trustee made was not taken for want of space
  std::deque<wire::TokenWork> early_;
};

}  // namespace piaojue::client
