// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The audit's own book, kept beside the state machine from the entries alone: who is there, what each has said of his
/// ballot, what was counted, and by the arithmetic of §11, written again from the text, every row. Where the two differ
/// a check has failed.
#include <map>
#include <set>

#include "verifier/audit.h"

namespace piaojue::verifier {

/// A check that failed at the entry that was just taken in.
struct Finding {
  CheckId check;
  Sentence what;
};

class Book {
 public:
  using Findings = std::vector<Finding>;
  /// @param after the record with `entry` taken in.
  Findings take(meeting::Record const& after, meeting::Entry const& entry, meeting::Hash const& leaf);

  std::vector<Attendance> const& attendance() const { return attendance_; }  ///< by person
  std::vector<AttemptResult> const& attempts() const { return attempts_; }   ///< in the order of their openings

 private:
  struct Roll {
    std::vector<meeting::PersonId> present;
    std::vector<meeting::Recusal> recusals;
    std::uint32_t left = 0;      ///< mode leave: signed in, but out of the batch
    std::uint32_t kept_out = 0;  ///< U: of those, on the office's word alone
  };
  /// Of the attempt in progress.
  struct Tally {
    meeting::BatchOpen open;
    meeting::Hash open_hash;
    std::uint32_t left = 0, kept_out = 0;
    std::map<meeting::QuestionId, std::uint64_t> attested;  ///< A: recusals in `open` not on the office's word alone
    std::map<meeting::PersonId, meeting::Hash> envelopes;   ///< of the current casts
    std::set<meeting::PersonId> counted;
    std::set<meeting::QuestionId> voided;
    std::map<meeting::QuestionId, std::uint32_t> ballots;
    std::map<meeting::QuestionId, crypto::elgamal::Ciphertext> sums;
    std::map<meeting::PersonId, std::map<meeting::QuestionId, meeting::ConfirmVerdict>> confirms;
    std::map<meeting::PersonId, bool> not_cast;  ///< what the latest own SignOut of the attempt says
    std::map<meeting::QuestionId, std::vector<meeting::Point>> shares;
    std::map<meeting::QuestionId, meeting::PaperRow> paper;

    std::uint64_t recused(meeting::QuestionId q) const;  ///< R
    bool may_vote(meeting::PersonId person, meeting::QuestionId q) const;
    std::uint64_t cast(meeting::QuestionId q) const;  ///< E
    /// OK or N of §11.
    std::uint64_t said(meeting::QuestionId q, meeting::ConfirmVerdict verdict) const;
  };

  template <class E>
  Findings after(meeting::Record const&, E const&) {
    return {};
  }
  Findings after(meeting::Record const& record, meeting::Manifest const& e);
  Findings after(meeting::Record const& record, meeting::SignIn const& e);
  Findings after(meeting::Record const& record, meeting::SignOut const& e);
  Findings after(meeting::Record const& record, meeting::Recuse const& e);
  Findings after(meeting::Record const& record, meeting::RecuseBack const& e);
  Findings after(meeting::Record const& record, meeting::BatchOpen const& e);
  Findings after(meeting::Record const& record, meeting::EnvelopeCast const& e);
  Findings after(meeting::Record const& record, meeting::EnvelopeSpoil const& e);
  Findings after(meeting::Record const& record, meeting::BatchClose const& e);
  Findings after(meeting::Record const& record, meeting::BallotBox const& e);
  Findings after(meeting::Record const& record, meeting::Confirm const& e);
  Findings after(meeting::Record const& record, meeting::Override const& e);
  Findings after(meeting::Record const& record, meeting::TallyShare const& e);
  Findings after(meeting::Record const& record, meeting::Void const& e);
  Findings after(meeting::Record const& record, meeting::PaperTally const& e);
  Findings after(meeting::Record const& record, meeting::Declaration const& e);

  Roll roll(meeting::Manifest const& manifest, std::vector<meeting::QuestionId> const& questions) const;
  void void_question(meeting::QuestionId q, std::string const& reason);
  void add(QuestionResult result);
  /// Fills in the figures of `result` but for the row. @return nothing if they contradict each other.
  std::optional<meeting::Row> ballot_row(meeting::Rules const& rules, QuestionResult& result, Findings& found) const;
  std::optional<meeting::Row> paper_row(meeting::Rules const& rules, QuestionResult& result) const;

  std::vector<Attendance> attendance_;
  std::vector<AttemptResult> attempts_;
  std::set<std::pair<meeting::PersonId, meeting::QuestionId>> recused_, attested_;
  std::set<meeting::QuestionId> opened_;
  std::set<meeting::SigningPublicKey> spent_;
  Tally tally_;
  std::uint64_t index_ = 0;  ///< of the entry that is being taken in
  meeting::Hash leaf_;
};

}  // namespace piaojue::verifier
