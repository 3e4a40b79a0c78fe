// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the adversary does in his logs, round by round: the work of a server, of his trustees, his office and his
/// experts, and in between whatever the seed allows him.
#include "byzantine_hall.h"

namespace piaojue::simulation::byzantine {

class Adversary {
 public:
  explicit Adversary(Hall& hall) : hall_(hall) {}
  /// What is due in this log, or what he does instead.
  void work(Log& log);
  /// Once a round: forks, false entries and frames.
  void trouble();
  bool over(Log const& log) const { return over_.contains(&log); }

 private:
  meeting::Record const& record() const { return hall_.meeting.record; }
  meeting::Attempt const& attempt() const { return *hall_.meeting.record.attempt(); }
  bool mine(PersonId person) const { return hall_.is_corrupt(*log_, person); }
  PersonId holder(TrusteeId trustee) const { return record().slots()[trustee]; }
  /// Decided once an attempt and person (or trustee).
  bool decided(Deviation deviation, std::uint64_t of);
  /// Two thirds have seen this entry of the attempt, or he does not care.
  bool witnessed(std::uint64_t index);
  Deviations& deviations() { return hall_.deviations; }
  Dice& dice() { return hall_.dice; }

  // ---- Between attempts
  void next_attempt();
  bool keys(meeting::BatchId batch);
  void close_meeting();
  // ---- Voting
  void voting();
  void tokens();
  void issue(TrusteeId trustee, PersonId person);
  void cast();
  void cast_of(PersonId person);
  void checks();
  void verdicts();
  void close_voting();
  // ---- Closing, mixing
  void close_issuance();
  void mix();
  void own_mix(TrusteeId trustee);
  void tamper_input();
  void tamper_output(TrusteeId trustee, meeting::MixItems& items);
  std::optional<Bytes> held_item(TrusteeId after, QuestionId q);
  void box();
  void tamper_box(meeting::BallotBox& box);
  // ---- Confirming, opening
  void confirming();
  void confirm(PersonId person);
  void unblock();
  void shares();
  void erase();
  void paper();
  // ---- People
  void people();
  void recusals(PersonId victim);
  void take_keys();
  void change_trustee();
  // ---- Trouble
  void fork();
  void show_other_log();
  void show_unlawful(HonestLaptop& laptop);
  void show_changed(HonestLaptop& laptop);
  void push_false(HonestLaptop& laptop, Bytes const& entry);
  std::optional<meeting::Body> unlawful();
  void false_cosignature(HonestLaptop& laptop);
  void cross();

  Hall& hall_;
  Log* log_ = nullptr;
  std::map<std::tuple<Deviation, Hash, std::uint64_t>, bool> decisions_;
  std::map<std::tuple<meeting::BatchId, std::uint32_t, TrusteeId>, Bytes> made_keys_;
  struct Held {
    Bytes ballot;
    Bytes onion;  ///< as it would have been cast
  };
  std::map<std::pair<Hash, QuestionId>, std::vector<Held>> held_;  ///< by attempt: ballots that he keeps back
  std::map<std::pair<Hash, QuestionId>, std::vector<Bytes>> spent_;
  std::set<Log const*> over_;
};

}  // namespace piaojue::simulation::byzantine
