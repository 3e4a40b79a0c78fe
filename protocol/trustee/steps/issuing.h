// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Answers the requests for tokens, and ends the issuing (specification §10.3: TokensIssued, IssuanceClosed).
#include "protocol/trustee/steps/seat.h"

namespace piaojue::trustee {

class Issuing {
 public:
  explicit Issuing(Seat& seat) : seat_(seat) {}

  /// What a person's program wants signed: kept until it can be done.
  void deliver(PersonId person, std::uint32_t cast, Hash const& batch_open, meeting::BlindedMsgs msgs);
  /// Every request that was delivered is due again, unless the log has its answer.
  void begin_again();
  void forget(Hash const& batch_open);
  void forget_all() { works_.clear(); }

  void due(Jobs& jobs, meeting::Record const& record, meeting::Witnesses const& witnesses, Held const& held);
  void due_closing(Jobs& jobs, meeting::Record const& record);

 private:
  struct Work {
    std::shared_ptr<meeting::BlindedMsgs const> msgs;
    bool fresh = true;  ///< delivered, and no job was made of it yet
  };
  struct Of {
    Hash batch_open;
    PersonId person = 0;
    std::uint32_t cast = 0;
    auto operator<=>(Of const&) const = default;
  };
  using Works = std::map<Of, Work>;
  using Signed = Result<meeting::BlindSigs>;

  void due(Jobs& jobs, meeting::Record const& record, Works::iterator at, Held const& held);
  Result<Submissions> take_signed(meeting::Record const& now, Of const& of, Signed sigs);
  Result<Submissions> close(meeting::Record const& now, Hash const& open, Duty const& duty);

  Seat& seat_;
  Works works_;
};

}  // namespace piaojue::trustee
