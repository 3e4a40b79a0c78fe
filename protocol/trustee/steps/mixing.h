// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Takes its turn in the mix (specification §8.3, §10.3: MixStep). A trustee mixes once an attempt: the same input
/// again gets the same output again, another one MIX_AGAIN, since two outputs of one input would tell who is who.
#include "protocol/trustee/steps/seat.h"

namespace piaojue::trustee {

class Mixing {
 public:
  explicit Mixing(Seat& seat) : seat_(seat) {}

  void deliver(Hash const& batch_open, meeting::MixItems items, Bytes salt);
  void forget(Hash const& batch_open);
  void forget_all() { input_.reset(); }

  void due(Jobs& jobs, meeting::Record const& record, meeting::Witnesses const& witnesses, Held const& held);
  /// Whose output was refused for two equal items, when the last input was.
  std::optional<TrusteeId> at_fault() const { return at_fault_; }

 private:
  struct Input {
    Hash batch_open;
    meeting::MixItems items;
    Bytes salt;
    bool fresh = true;  ///< delivered, and no job was made of it yet
    ~Input();
  };
  using Mixed = Result<MixResult>;

  bool is_input_of(KeptMix const& kept, std::vector<QuestionId> const& questions) const;
  void mix(Jobs& jobs, meeting::Record const& record, Held const& held, Duty const& duty);
  Result<Submissions> take_mixed(meeting::Record const& now, std::shared_ptr<Input> const& from, Duty const& duty,
                                 Mixed mixed);
  void hand_out_again(Jobs& jobs, meeting::Record const& record, HandedOut const& what, KeptMix kept);
  void refuse(Jobs& jobs, meeting::Record const& record, Duty const& duty);
  Submission submission(MixResult result) const;

  Seat& seat_;
  std::shared_ptr<Input> input_;  ///< the last one delivered
  std::optional<TrusteeId> at_fault_;
};

}  // namespace piaojue::trustee
