// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What must hold whatever the adversary does, and the only part that knows what honest people meant.
///
///   1. An honest expert whose envelope his own program saw in its log is counted as he meant it; or the record says of
///      him that he is not: MISSING, a Void, a Spoil, an Override.
///   2. No honest trustee gives a share for a box of which somebody entitled has not had his word: OK, NOT_CAST, or an
///      Override that names him by what he has said; nor of a box that too few of the hall have seen; nor for one
///      question twice.
///   3. No record that verifies declares what honest votes contradict, whatever the dishonest ones were; CONTESTED says
///      that it may. Two records of one meeting that both verify do not contradict each other.
///   4. No honest program signs two of what it may sign once, nor says NOT_CAST where its person has not said so.
///
/// It reads entries by itself; of the state machine under test it uses nothing but the size and root of a log.
#include "byzantine_hall.h"

namespace piaojue::simulation::byzantine {

/// One attempt as its entries tell it.
struct Story {
  meeting::BatchOpen open;
  Hash open_hash;
  std::uint64_t open_index = 0, box_index = 0;
  std::set<PersonId> witnesses, leavers;    ///< W, and those of it who have signed themselves out since
  std::map<PersonId, std::uint32_t> casts;  ///< EnvelopeSpoils so far
  std::set<PersonId> counted;
  std::set<QuestionId> voided;
  Hash box_hash;
  std::optional<meeting::BallotBox> box;
  std::map<PersonId, std::map<QuestionId, meeting::ConfirmVerdict>> confirms;
  std::map<PersonId, bool> signed_out;  ///< NOT_CAST, as the latest own SignOut of the attempt says
  std::map<PersonId, bool> overridden;  ///< missing, as the last Override says that names him
  std::set<TrusteeId> shares;
  std::optional<meeting::Declaration> declared;
  std::set<PersonId> rekeyed;  ///< before it was opened: whoever speaks for them

  bool recused(PersonId person, QuestionId q) const;
  std::vector<QuestionId> live() const;
  bool entitled(PersonId person, QuestionId q) const;
  /// What was said by the person himself; nothing: nothing.
  std::optional<meeting::ConfirmVerdict> said(PersonId person, QuestionId q) const;
};

/// The attempts of a log, in order.
std::vector<Story> read_stories(std::vector<Bytes> const& entries, std::uint64_t size);

class Judge {
 public:
  explicit Judge(Hall& hall);
  /// After the meeting: each log as a record file. @param must_verify a calm meeting.
  void records(bool must_verify);

  std::vector<std::string> wrongs;
  std::uint64_t verified = 0, rows = 0, contested = 0, shares = 0, counted = 0, marked = 0;

 private:
  void say(std::string what) { wrongs.push_back(std::move(what)); }
  void watch(HonestLaptop const& laptop, Request const& request);
  void once(std::string const& what, Hash const& digest);
  void share(HonestLaptop const& laptop, meeting::TallyShare const& share);
  void witnessed(HonestLaptop const& laptop, Story const& story);
  void mix_step(HonestLaptop const& laptop, meeting::MixStep const& mixed, ByteView payload);
  void token_request(HonestLaptop const& laptop, meeting::TokenRequest const& asked);
  void own_word(HonestLaptop const& laptop, Hash const& open);
  void record(Log& log, bool must_verify);
  void row(Log const& log, Story const& story, QuestionId q, meeting::Row const& row);
  void sums(Log const& log, Story const& story, QuestionId q, meeting::Row const& row);
  void decision(Log const& log, Story const& story, QuestionId q, meeting::Row const& row);
  bool honest(Log const& log, Story const& story, PersonId person) const;
  static HonestLaptop::Cast current(Story const& story, PersonId person);
  bool handed_too_late(Story const& story, PersonId person) const;
  std::optional<Choice> meant(Story const& story, PersonId person, QuestionId q) const;
  void tamper(std::string const& file, Hash const& anchor);

  Hall& hall_;
  std::map<std::string, Hash> once_;
  std::map<std::pair<PersonId, QuestionId>, Hash> opened_;        ///< boxes for which a share was given
  std::map<QuestionId, std::pair<Hash, meeting::Row>> declared_;  ///< of records that verify
};

}  // namespace piaojue::simulation::byzantine
