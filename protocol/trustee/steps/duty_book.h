// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What of a trustee's duties runs, was handed out, or has failed. It sees to it that nothing is begun twice, that what
/// was lost is handed out again, and that what failed is not tried again before something has changed.
#include <set>

#include "protocol/trustee/trustee.h"

namespace piaojue::trustee {

/// A batch attempt: under it the store keeps its state.
using Slot = std::pair<BatchId, std::uint32_t>;

inline Slot slot_of(meeting::Attempt const& attempt) { return {attempt.open.batch, attempt.open.attempt}; }
inline Slot slot_of(Duty const& duty) { return {duty.batch, duty.attempt}; }
inline Duty duty_of(DutyKind kind, Slot const& slot, PersonId person = 0) {
  return {kind, slot.first, slot.second, person};
}

/// One result of a duty: the same duty for another box or fewer questions has another result.
struct HandedOut {
  Duty duty;
  Hash of{};                            ///< box of a share, digest of a BatchKeys
  std::vector<QuestionId> questions{};  ///< of a mix or a share
  auto operator<=>(HandedOut const&) const = default;
};

class DutyBook {
 public:
  using Jobs = std::vector<Trustee::Job>;
  using Run = std::function<void()>;
  using Finish = std::function<Result<std::vector<Submission>>(meeting::Record const&)>;

  /// Adds a job to `jobs`, unless the duty runs already, or has failed and the record has not grown since: the host
  /// would be in a loop.
  /// @param anew it was asked for anew: what happened to it before does not count.
  /// @return whether a job was made.
  bool add(Jobs& jobs, meeting::Record const& record, Duty const& duty, Run run, Finish finish, bool anew = false);

  bool runs(Duty const& duty) const { return running_.contains(duty); }
  bool runs(DutyKind kind) const { return std::ranges::find(running_, kind, &Duty::kind) != running_.end(); }
  bool runs(DutyKind kind, Slot const& slot) const;
  bool busy() const { return !running_.empty(); }
  bool busy(Slot const& slot) const;

  bool handed_out(HandedOut const& what) const { return handed_out_.contains(what); }
  void hand_out(HandedOut what) { handed_out_.insert(std::move(what)); }
  /// Submissions may have been lost: all that the log still lacks is due again.
  void begin_again();

  /// The last refusal of a duty, until the duty succeeds or its attempt has ended.
  std::optional<Refusal> failure() const;
  void note(Duty const& duty, Refusal code) { failure_ = {duty, code}; }
  void clear(Duty const& duty);
  /// The attempt has ended: of its duties only Erased still matters.
  void attempt_ended(Slot const& slot);

 private:
  struct Failure {
    Duty duty;
    Refusal code;
  };
  std::set<Duty> running_;
  std::set<HandedOut> handed_out_;
  std::map<Duty, std::uint64_t> failed_;  ///< with the size of the log when they failed
  std::optional<Failure> failure_;
};

}  // namespace piaojue::trustee
