// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Quorum and pass rule, in integers (specification §11).
#include "protocol/meeting/entry.h"

namespace piaojue::meeting {

/// strict: den·agree > num·present; else ≥.
bool passes(Rules const& rules, std::uint32_t agree, std::uint32_t present);
/// Fewest agree votes that pass: ⌊num·P/den⌋ + 1 if strict, ⌈num·P/den⌉ otherwise.
std::uint32_t needed(Rules const& rules, std::uint32_t present);
/// Fewest present: ⌈num·N/den⌉.
std::uint32_t quorum_min(Rules const& rules, std::uint32_t committee_size);
/// ⌊2n/3⌋ + 1: so many of n people make a committee, or witness an entry.
std::size_t two_thirds(std::size_t n);

/// What is known of a question after its sum is opened.
struct Figures {
  std::uint32_t present = 0;  ///< P of the batch (experts in BatchOpen.present)
  std::uint32_t left = 0;     ///< mode leave: experts who took no part in the batch because of a recusal in it
  std::uint32_t recused = 0;  ///< of `present`, recused from this question
  std::uint32_t cast = 0;     ///< counted envelopes that hold a ballot for this question
  std::uint32_t box = 0;      ///< ballots in the box
  std::uint32_t agree = 0, disagree = 0;
  std::uint32_t confirmed = 0;  ///< OK: who confirmed the own ballot
  std::uint32_t not_cast = 0;   ///< N: who said by their own word that they cast none
};

/// The row that must be declared: balances, and CONTESTED if the rule decides differently for
///   low = max(0, agree − max(0, box − OK)) and high = agree + (present − recused) − OK − N.
/// mode_sensitive: with the same votes, `include` and `exclude` (and `leave`, where experts left) would not all agree.
/// @return kUnbalancedRow: the figures contradict each other (agree + disagree > box, box > cast, …).
[[nodiscard]] Result<Row> make_row(Rules const& rules, Figures const& figures);
/// The same for paper. @return kUnbalancedRow unless valid = agree + disagree + abstain, returned = valid + invalid,
/// issued ≤ present − recused and returned ≤ issued.
[[nodiscard]] Result<Row> make_paper_row(Rules const& rules, Figures const& figures, PaperRow const& paper);
/// present = agree + disagree + abstain + invalid + not_cast + recused.
bool balances(Row const& row);

}  // namespace piaojue::meeting
