// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/arithmetic.h"

namespace piaojue::meeting {

namespace {

/// Every product of two of these fits: no field of a row or a rule exceeds 32 bits.
using Wide = std::uint64_t;

/// Fills in what follows from the votes. Denominators of the three recusal modes: include P + left, exclude P − R, and
/// leave P (where R is 0, so that it equals exclude).
/// @param low, high what `agree` may have been: contested if the rule decides differently for them.
Row decide(Rules const& rules, Figures const& f, Row row, std::uint32_t low, std::uint32_t high) {
  bool const exclude = rules.recusal_mode == RecusalMode::kExclude;
  row.present = exclude ? f.present - f.recused : f.present;
  row.recused = exclude ? 0 : f.recused;
  row.needed = needed(rules, row.present);
  bool const as_cast = passes(rules, row.agree, row.present);
  row.contested = passes(rules, low, row.present) != passes(rules, high, row.present);
  row.passed = as_cast && !row.contested;
  row.mode_sensitive = passes(rules, row.agree, f.present + f.left) != passes(rules, row.agree, f.present - f.recused);
  return row;
}

}  // namespace

bool passes(Rules const& rules, std::uint32_t agree, std::uint32_t present) {
  // Nobody's approval is nobody's: where all are recused, "at least two thirds of none" must not pass anyone.
  if (present == 0) return false;
  Wide const have = Wide{rules.pass_denominator} * agree;
  Wide const want = Wide{rules.pass_numerator} * present;
  return rules.pass_strict ? have > want : have >= want;
}

std::uint32_t needed(Rules const& rules, std::uint32_t present) {
  Wide const want = Wide{rules.pass_numerator} * present;
  Wide const d = rules.pass_denominator;
  return static_cast<std::uint32_t>(rules.pass_strict ? want / d + 1 : (want + d - 1) / d);
}

std::uint32_t quorum_min(Rules const& rules, std::uint32_t committee_size) {
  Wide const d = rules.quorum_denominator;
  return static_cast<std::uint32_t>((Wide{rules.quorum_numerator} * committee_size + d - 1) / d);
}

std::size_t two_thirds(std::size_t n) { return 2 * n / 3 + 1; }

Result<Row> make_row(Rules const& rules, Figures const& f) {
  if (f.recused > f.present) return Refusal::kUnbalancedRow;
  if (f.cast > f.present - f.recused) return Refusal::kUnbalancedRow;
  if (f.box > f.cast) return Refusal::kUnbalancedRow;
  if (Wide{f.agree} + f.disagree > f.box) return Refusal::kUnbalancedRow;
  if (Wide{f.confirmed} + f.not_cast > f.present - f.recused) return Refusal::kUnbalancedRow;
  Row row;
  row.agree = f.agree;
  row.disagree = f.disagree;
  row.abstain = f.box - f.agree - f.disagree;
  if (row.abstain != 0 && !rules.abstain_allowed) return Refusal::kUnbalancedRow;
  row.invalid = f.cast - f.box;
  row.not_cast = f.present - f.recused - f.cast;
  // Surplus ballots of dishonest people can stand in the places of those who do not say OK; and who has said neither OK
  // nor NOT_CAST may have agreed and been left out. Who says OK over an invalid ballot must not stop the count.
  std::uint32_t const entitled = f.present - f.recused;
  std::uint32_t const unproven = f.box - std::min(f.box, f.confirmed);
  std::uint32_t const unheard = entitled - f.confirmed - f.not_cast;
  row = decide(rules, f, row, row.agree - std::min(row.agree, unproven), row.agree + unheard);
  if (!balances(row)) return Refusal::kUnbalancedRow;
  return row;
}

Result<Row> make_paper_row(Rules const& rules, Figures const& f, PaperRow const& paper) {
  if (f.recused > f.present) return Refusal::kUnbalancedRow;
  if (Wide{paper.agree} + paper.disagree + paper.abstain != paper.valid) return Refusal::kUnbalancedRow;
  if (paper.abstain != 0 && !rules.abstain_allowed) return Refusal::kUnbalancedRow;
  if (Wide{paper.valid} + paper.invalid != paper.returned) return Refusal::kUnbalancedRow;
  if (paper.returned > paper.issued) return Refusal::kUnbalancedRow;
  if (paper.issued > f.present - f.recused) return Refusal::kUnbalancedRow;
  Row row;
  row.agree = paper.agree;
  row.disagree = paper.disagree;
  row.abstain = paper.abstain;
  row.invalid = paper.invalid;
  row.not_cast = f.present - f.recused - paper.returned;
  row = decide(rules, f, row, row.agree, row.agree);
  if (!balances(row)) return Refusal::kUnbalancedRow;
  return row;
}

bool balances(Row const& row) {
  return Wide{row.present} == Wide{row.agree} + row.disagree + row.abstain + row.invalid + row.not_cast + row.recused;
}

}  // namespace piaojue::meeting
