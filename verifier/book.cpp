// SPDX-License-Identifier: Apache-2.0
#include "verifier/book.h"

#include <algorithm>

#include "strings/verifier.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::verifier;
namespace elgamal = crypto::elgamal;
using Wide = std::uint64_t;

Sentence of_question(Text const& text, QuestionId q) { return {text, {{"question", std::uint32_t{q}}}}; }

std::uint32_t narrow(Wide n) { return static_cast<std::uint32_t>(n); }

// ---- Arithmetic of §11, written again from the text ---------------------------------------------------------------

bool decides(Rules const& rules, Wide agree, Wide denominator) {
  if (denominator == 0) return false;
  Wide const have = Wide{rules.pass_denominator} * agree;
  Wide const want = Wide{rules.pass_numerator} * denominator;
  return rules.pass_strict ? have > want : have >= want;
}

struct Votes {
  Wide agree = 0, disagree = 0, abstain = 0, invalid = 0, not_cast = 0;
  Wide low = 0, high = 0;  ///< what `agree` may have been
};
/// Who could vote on a question.
struct Voters {
  Wide present = 0;  ///< P
  Wide recused = 0;  ///< R
  Wide left = 0;     ///< mode leave: signed in, but out of the batch
};

/// @return nothing if the figures contradict each other.
std::optional<Row> derive(Rules const& rules, Voters const& voters, Votes const& v) {
  bool const exclude = rules.recusal_mode == RecusalMode::kExclude;
  Wide const d = exclude ? voters.present - voters.recused : voters.present;
  Row row;
  row.present = narrow(d);
  row.agree = narrow(v.agree);
  row.disagree = narrow(v.disagree);
  row.abstain = narrow(v.abstain);
  row.invalid = narrow(v.invalid);
  row.not_cast = narrow(v.not_cast);
  row.recused = narrow(exclude ? 0 : voters.recused);
  if (v.agree + v.disagree + v.abstain + v.invalid + v.not_cast + row.recused != d) return std::nullopt;
  if (v.abstain != 0 && !rules.abstain_allowed) return std::nullopt;
  // The smallest number that decides for the candidate, found by asking the rule and not by a formula. With D = 0
  // nobody passes, and the formula of §11 stands for itself.
  Wide least = 0;
  if (d == 0) {
    least = rules.pass_strict ? 1 : 0;
  } else {
    while (!decides(rules, least, d)) ++least;
  }
  row.needed = narrow(least);
  row.contested = decides(rules, v.low, d) != decides(rules, v.high, d);
  row.passed = !row.contested && decides(rules, v.agree, d);
  row.mode_sensitive =
      decides(rules, v.agree, voters.present + voters.left) != decides(rules, v.agree, voters.present - voters.recused);
  return row;
}

/// As §11 counts a question by ballots, from what the book knows of it.
struct Counted {
  Wide entitled = 0;  ///< P − R
  Wide envelopes = 0, ballots = 0, ok = 0, said_not_cast = 0, agree = 0, disagree = 0;
  bool contradicts() const {
    return envelopes > entitled || ballots > envelopes || ok + said_not_cast > entitled || agree + disagree > ballots;
  }
  Votes votes() const {
    Wide const unproven = ballots > ok ? ballots - ok : 0;
    Votes out{agree, disagree, ballots - agree - disagree, envelopes - ballots, entitled - envelopes, 0, 0};
    out.low = agree > unproven ? agree - unproven : 0;
    out.high = agree + entitled - ok - said_not_cast;
    return out;
  }
};

}  // namespace

// ---- What is known of the attempt in progress ----------------------------------------------------------------------

Wide Book::Tally::recused(QuestionId q) const {
  return static_cast<Wide>(std::ranges::count(open.recusals, q, &Recusal::question));
}

bool Book::Tally::may_vote(PersonId person, QuestionId q) const {
  return std::ranges::find(open.recusals, Recusal{person, q}) == open.recusals.end();
}

Wide Book::Tally::cast(QuestionId q) const {
  return static_cast<Wide>(std::ranges::count_if(counted, [&](PersonId person) { return may_vote(person, q); }));
}

Wide Book::Tally::said(QuestionId q, ConfirmVerdict verdict) const {
  return static_cast<Wide>(std::ranges::count_if(open.present, [&](PersonId person) {
    if (!may_vote(person, q)) return false;
    if (auto const confirm = confirms.find(person); confirm != confirms.end()) {
      auto const row = confirm->second.find(q);
      return row != confirm->second.end() && row->second == verdict;
    }
    auto const word = not_cast.find(person);
    return verdict == ConfirmVerdict::kNotCast && word != not_cast.end() && word->second && !counted.contains(person);
  }));
}

// ---- People ---------------------------------------------------------------------------------------------------------

Book::Findings Book::take(Record const& record, Entry const& entry, Hash const& leaf) {
  index_ = record.size() - 1;
  leaf_ = leaf;
  return std::visit([&](auto const& e) { return after(record, e); }, entry.body);
}

Book::Findings Book::after(Record const&, Manifest const& e) {
  attendance_.resize(e.people.size());
  for (PersonId p = 1; p <= e.people.size(); ++p) attendance_[p - 1].person = p;
  return {};
}

Book::Findings Book::after(Record const&, SignIn const& e) {
  Attendance& a = attendance_.at(e.person - 1);
  if (!a.first_sign_in) a.first_sign_in = index_;
  a.signed_in = true;
  // What was said on leaving is taken back, until a sum rests on it.
  if (tally_.shares.empty()) tally_.not_cast.erase(e.person);
  return {};
}

Book::Findings Book::after(Record const&, SignOut const& e) {
  Attendance& a = attendance_.at(e.person - 1);
  a.last_sign_out = index_;
  a.signed_in = false;
  if (e.batch_open && *e.batch_open == tally_.open_hash) tally_.not_cast[e.person] = e.not_cast;
  return {};
}

Book::Findings Book::after(Record const& record, Recuse const& e) {
  bool const first = recused_.insert({e.person, e.question}).second;
  bool const by_the_person = record.last_by() == By::kOne && record.has_first_key(e.person);
  bool const attested = by_the_person || record.last_by() == By::kCommittee;
  if (attested) attested_.insert({e.person, e.question});
  if (first || attested) attendance_.at(e.person - 1).recusals[e.question] = e.reason;
  return {};
}

Book::Findings Book::after(Record const&, RecuseBack const& e) {
  attendance_.at(e.person - 1).recusals.erase(e.question);
  recused_.erase({e.person, e.question});
  attested_.erase({e.person, e.question});
  return {};
}

Book::Roll Book::roll(Manifest const& manifest, std::vector<QuestionId> const& questions) const {
  Roll out;
  for (Attendance const& a : attendance_) {
    if (!a.signed_in || (manifest.people[a.person - 1].roles & kExpert) == 0) continue;
    std::vector<Recusal> own;
    for (QuestionId const q : questions)
      if (recused_.contains({a.person, q})) own.push_back({a.person, q});
    if (!own.empty() && manifest.rules.recusal_mode == RecusalMode::kLeave) {
      ++out.left;
      out.kept_out += std::ranges::none_of(own, [&](Recusal const& one) {
        return attested_.contains({one.person, one.question});
      });
      continue;
    }
    out.present.push_back(a.person);
    out.recusals.insert(out.recusals.end(), own.begin(), own.end());
  }
  return out;
}

// ---- From the opening to the box ------------------------------------------------------------------------------------

Book::Findings Book::after(Record const& record, BatchOpen const& e) {
  Manifest const& m = record.manifest();
  tally_ = Tally{};
  tally_.open = e;
  tally_.open_hash = leaf_;
  Roll const own = roll(m, e.questions);
  tally_.left = own.left;
  tally_.kept_out = own.kept_out;
  for (Recusal const& each : own.recusals)
    tally_.attested[each.question] += attested_.count({each.person, each.question});
  AttemptResult& result = attempts_.emplace_back();
  result.batch = e.batch;
  result.attempt = e.attempt;
  result.entry = index_;
  result.paper = e.paper;
  result.present = narrow(e.present.size());
  result.trustees = narrow(e.keys.size());
  // q of §1: the quorum of the rules, and half of the committee.
  Wide const present = own.present.size();
  bool const quorum = Wide{m.rules.quorum_denominator} * present >= Wide{m.rules.quorum_numerator} * m.committee_size &&
                      2 * present >= m.committee_size;
  if (e.present == own.present && e.recusals == own.recusals && quorum) return {};
  return {{CheckId::kRoll, words::kFoundRoll}};
}

Book::Findings Book::after(Record const&, EnvelopeCast const& e) {
  tally_.envelopes[e.person] = leaf_;
  tally_.not_cast.erase(e.person);
  return {};
}

Book::Findings Book::after(Record const&, EnvelopeSpoil const& e) {
  tally_.envelopes.erase(e.person);
  for (auto const& [q, pk_v] : e.spent) spent_.insert(pk_v);
  return {};
}

Book::Findings Book::after(Record const&, BatchClose const& e) {
  for (auto const& [person, envelope] : e.envelopes) tally_.counted.insert(person);
  if (e.envelopes == tally_.envelopes) return {};
  return {{CheckId::kSpoils, words::kFoundEnvelopes}};
}

Book::Findings Book::after(Record const& record, BallotBox const& e) {
  Findings found;
  Attempt const& attempt = *record.attempt();
  for (auto const& [q, box] : e.boxes) {
    Wide total = box.ballots.size();
    for (auto const& [code, count] : box.refused) total += count;
    if (total != attempt.mixes.back().counts.at(q).out || box.ballots.size() > tally_.cast(q))
      found.push_back({CheckId::kBoxCounts, of_question(words::kFoundBoxCount, q)});
    std::vector<Point> a, b;
    for (Bytes const& bytes : box.ballots) {
      auto const ballot = parse_ballot(attempt.shape, bytes);
      if (!ballot) continue;  // check 12 names it
      a.push_back(ballot->vote.a);
      b.push_back(ballot->vote.b);
      if (spent_.contains(ballot->pk_v)) found.push_back({CheckId::kSpoils, of_question(words::kFoundSpent, q)});
    }
    auto const sum_a = elgamal::sum(a);
    auto const sum_b = elgamal::sum(b);
    tally_.ballots[q] = narrow(box.ballots.size());
    if (sum_a && sum_b) tally_.sums[q] = {*sum_a, *sum_b};
    // The state machine holds the shares against its own sums; they must be the ones of this box.
    auto const used = attempt.sums.find(q);
    if (!sum_a || !sum_b || used == attempt.sums.end() || used->second != tally_.sums[q])
      found.push_back({CheckId::kSums, of_question(words::kFoundSum, q)});
  }
  return found;
}

// ---- From the box to the row ----------------------------------------------------------------------------------------

Book::Findings Book::after(Record const&, Confirm const& e) {
  tally_.confirms[e.person] = e.rows;
  return {};
}

Book::Findings Book::after(Record const&, Override const& e) {
  for (auto const& [person, missing] : e.people) attempts_.back().overridden.insert(person);
  return {};
}

Book::Findings Book::after(Record const&, TallyShare const& e) {
  Findings found;
  for (auto const& [q, share] : e.shares) {
    tally_.shares[q].push_back(share.d);
    if (tally_.shares[q].size() > 1) continue;
    if (!opened_.insert(q).second) found.push_back({CheckId::kOpenings, of_question(words::kFoundOpenedBefore, q)});
    Wide const ballots = tally_.ballots[q];
    Wide const could_vote = tally_.open.present.size() + tally_.kept_out - tally_.attested[q];
    if (ballots < 3 || 3 * (ballots + tally_.said(q, ConfirmVerdict::kNotCast)) < 2 * could_vote)
      found.push_back({CheckId::kOpenings, of_question(words::kFoundTooFew, q)});
  }
  return found;
}

Book::Findings Book::after(Record const&, Void const& e) {
  std::vector<QuestionId> questions = e.questions;
  if (questions.empty())
    std::ranges::copy_if(tally_.open.questions, std::back_inserter(questions),
                         [&](QuestionId q) { return !tally_.voided.contains(q); });
  for (QuestionId const q : questions) void_question(q, e.reason);
  return {};
}

void Book::void_question(QuestionId q, std::string const& reason) {
  tally_.voided.insert(q);
  QuestionResult result;
  result.question = q;
  result.voided = true;
  result.void_reason = reason;
  add(std::move(result));
}

void Book::add(QuestionResult result) {
  auto& all = attempts_.back().questions;
  all.insert(std::ranges::upper_bound(all, result.question, {}, &QuestionResult::question), std::move(result));
}

Book::Findings Book::after(Record const& record, PaperTally const& e) {
  attempts_.back().counted_by = record.last_by();
  tally_.paper = e.rows;
  for (auto const& [q, row] : e.rows)
    if (row.returned > row.issued) void_question(q, {});
  return {};
}

/// The rows, from the book's own figures alone (check 24).
Book::Findings Book::after(Record const& record, Declaration const& e) {
  Findings found;
  AttemptResult& attempt = attempts_.back();
  attempt.declared = true;
  Rules const& rules = record.manifest().rules;
  for (QuestionId const q : tally_.open.questions) {
    if (tally_.voided.contains(q)) continue;
    QuestionResult result;
    result.question = q;
    std::optional<Row> const row = attempt.paper ? paper_row(rules, result) : ballot_row(rules, result, found);
    auto const declared = e.rows.find(q);
    if (!row || declared == e.rows.end() || declared->second != *row) {
      found.push_back({CheckId::kRows, of_question(words::kFoundRow, q)});
      if (!row) continue;
    }
    result.row = *row;
    add(std::move(result));
  }
  if (e.rows.size() + tally_.voided.size() != tally_.open.questions.size())
    found.push_back({CheckId::kRows, words::kFoundRowsOther});
  return found;
}

std::optional<Row> Book::ballot_row(Rules const& rules, QuestionResult& result, Findings& found) const {
  QuestionId const q = result.question;
  Voters const voters{tally_.open.present.size(), tally_.recused(q), tally_.left};
  auto const sum = tally_.sums.find(q);
  auto const shares = tally_.shares.find(q);
  if (voters.recused > voters.present || sum == tally_.sums.end() || shares == tally_.shares.end()) return std::nullopt;
  Counted counted{voters.present - voters.recused, tally_.cast(q), tally_.ballots.at(q),
                  tally_.said(q, ConfirmVerdict::kOk), tally_.said(q, ConfirmVerdict::kNotCast)};
  if (counted.contradicts()) return std::nullopt;
  auto const opened = elgamal::decode_sum(sum->second.b, shares->second, narrow(counted.ballots));
  if (!opened) {
    found.push_back({CheckId::kShares, of_question(words::kFoundNoDecode, q)});
    return std::nullopt;
  }
  counted.agree = opened->agree;
  counted.disagree = opened->disagree;
  if (counted.contradicts()) return std::nullopt;
  Votes const votes = counted.votes();
  result.envelopes = narrow(counted.envelopes);
  result.ballots = narrow(counted.ballots);
  result.ok = narrow(counted.ok);
  result.said_not_cast = narrow(counted.said_not_cast);
  result.unconfirmed = narrow(counted.entitled - counted.ok - counted.said_not_cast);
  result.low = narrow(votes.low);
  result.high = narrow(votes.high);
  return derive(rules, voters, votes);
}

std::optional<Row> Book::paper_row(Rules const& rules, QuestionResult& result) const {
  auto const found = tally_.paper.find(result.question);
  if (found == tally_.paper.end()) return std::nullopt;
  PaperRow const& paper = found->second;
  Voters const voters{tally_.open.present.size(), tally_.recused(result.question), tally_.left};
  Wide const valid = Wide{paper.agree} + paper.disagree + paper.abstain;
  if (voters.recused > voters.present || valid != paper.valid || valid + paper.invalid != paper.returned ||
      paper.returned > paper.issued || paper.issued > voters.present - voters.recused)
    return std::nullopt;
  result.issued = paper.issued;
  result.returned = paper.returned;
  result.low = result.high = paper.agree;
  return derive(rules, voters,
                {paper.agree, paper.disagree, paper.abstain, paper.invalid,
                 voters.present - voters.recused - paper.returned, paper.agree, paper.agree});
}

}  // namespace piaojue::verifier
