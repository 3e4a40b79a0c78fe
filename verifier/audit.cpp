// SPDX-License-Identifier: Apache-2.0
#include "verifier/audit.h"

#include <algorithm>
#include <map>
#include <set>

#include "protocol/log/checkpoint.h"
#include "protocol/log/cosignature.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/record_file.h"
#include "strings/refusals.h"
#include "strings/verifier.h"
#include "verifier/ballot_pool.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::verifier;
namespace elgamal = crypto::elgamal;
using Wide = std::uint64_t;

/// What the audit keeps for itself of the attempt in progress, apart from the state machine, to recompute 8, 21 and 24.
struct Tally {
  BatchOpen open;
  std::uint32_t left = 0;
  std::set<QuestionId> voided;
  std::map<QuestionId, std::string> void_reasons;
  std::set<PersonId> counted;
  std::map<QuestionId, std::uint32_t> ballots;
  std::map<QuestionId, elgamal::Ciphertext> sums;
  std::map<QuestionId, std::uint32_t> confirmed;
  std::map<QuestionId, std::vector<Point>> shares;
  std::map<QuestionId, PaperRow> paper;
  bool issued = false, opened = false;  ///< whether something rests on the BatchOpen, and on the BallotBox

  std::uint32_t recused(QuestionId q) const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(open.recusals, [&](Recusal const& r) { return r.question == q; }));
  }
  std::uint32_t cast(QuestionId q) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(counted, [&](PersonId person) {
      return std::ranges::find(open.recusals, Recusal{person, q}) == open.recusals.end();
    }));
  }
};

// ---- Arithmetic of §11, written again from the text ---------------------------------------------------------------

bool decides(Rules const& rules, Wide agree, Wide denominator) {
  if (denominator == 0) return false;
  Wide const have = Wide{rules.pass_denominator} * agree;
  Wide const want = Wide{rules.pass_numerator} * denominator;
  return rules.pass_strict ? have > want : have >= want;
}

struct Votes {
  Wide agree = 0, disagree = 0, abstain = 0, invalid = 0, not_cast = 0;
  Wide unconfirmed = 0;  ///< b
};

/// @return nothing if the figures contradict each other.
std::optional<Row> derive(Rules const& rules, Tally const& tally, QuestionId q, Votes const& v) {
  Wide const p = tally.open.present.size();
  Wide const r = tally.recused(q);
  bool const exclude = rules.recusal_mode == RecusalMode::kExclude;
  Wide const d = exclude ? p - r : p;
  Row row;
  auto const narrow = [](Wide n) { return static_cast<std::uint32_t>(n); };
  row.present = narrow(d);
  row.agree = narrow(v.agree);
  row.disagree = narrow(v.disagree);
  row.abstain = narrow(v.abstain);
  row.invalid = narrow(v.invalid);
  row.not_cast = narrow(v.not_cast);
  row.recused = narrow(exclude ? 0 : r);
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
  bool const fewest = decides(rules, v.agree - std::min(v.agree, v.unconfirmed), d);
  bool const most = decides(rules, v.agree + v.unconfirmed, d);
  row.contested = fewest != most;
  row.passed = !row.contested && decides(rules, v.agree, d);
  row.mode_sensitive = decides(rules, v.agree, p + tally.left) != decides(rules, v.agree, p - r);
  return row;
}

// ---- The audit ----------------------------------------------------------------------------------------------------

class Auditor {
 public:
  Auditor(std::istream& in, Hash const& anchor, Options const& options)
      : reader_(in), options_(options), pool_(options.jobs) {
    out_.anchor = anchor;
  }

  Audit run() {
    for (;;) {
      auto item = reader_.next();
      offset_ = reader_.offset();
      if (!item) {
        unusable(item.error());
        break;
      }
      if (!*item) break;
      std::visit([&](auto const& value) { take(value); }, **item);
      if (options_.progress) options_.progress(frontier_.size(), offset_);
    }
    finish();
    return std::move(out_);
  }

 private:
  // ---- Saying what was found ----

  void fail(CheckId check, Failure failure) {
    Check& c = out_.check(check);
    c.outcome = Outcome::kFailed;
    ++c.failures_total;
    if (c.failures.size() < kFailuresListedMax) c.failures.push_back(std::move(failure));
  }
  void fail(CheckId check, Sentence what) {
    fail(check, Failure{std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::move(what)});
  }
  /// Of the item that is being looked at, which belongs to entry `index`.
  void fail_at(CheckId check, std::uint64_t index, Sentence what) {
    fail(check, Failure{index, offset_, std::nullopt, std::nullopt, std::move(what)});
  }
  void fail_question(CheckId check, Text const& text, QuestionId q) {
    fail_at(check, index_, {text, {{"question", std::uint32_t{q}}}});
  }
  void refuse(CheckId check, std::optional<EntryType> type, Refusal why) {
    fail(check, Failure{index_, offset_, type, why, strings::sentence_of(why)});
    stopped_ = true;
  }

  void unusable(Refusal why) {
    bool const start = offset_ < kRecordMagic.size();
    out_.unusable = Audit::Unusable{offset_, start                           ? words::kUnusableNoRecord
                                             : why == Refusal::kTooLarge     ? words::kUnusableTooLarge
                                             : why == Refusal::kNotCanonical ? words::kUnusableNotCanonical
                                                                             : words::kUnusableDamaged};
  }

  // ---- Items ----

  void take(Bytes const& bytes) {
    index_ = frontier_.size();
    entry_offset_ = offset_;
    frontier_.append(log::leaf_hash(bytes));
    last_checkpoint_.reset();
    last_is_checkpoint_ = false;
    if (stopped_) return;
    auto const entry = decode_entry(bytes);
    if (!entry) return refuse(CheckId::kEntries, std::nullopt, entry.error());
    EntryType const type = entry->type();
    // The state machine has to be asked before it changes, and answers first whether the entry is signed by those who
    // may: what somebody else wrote is a forgery, not a stuffed box.
    std::vector<BadBallot> found;
    if (auto const* box = std::get_if<BallotBox>(&entry->body)) found = inspect(*box);
    auto const ok = record_.apply(*entry, bytes);
    if (ok) {
      for (BadBallot const& bad : found) bad_ballot(bad);
      std::visit([&](auto const& body) { after(body); }, entry->body);
      return;
    }
    stopped_ = true;
    bool const closed = ok.error() == Refusal::kWrongPhase && record_.phase() != MeetingPhase::kOpen;
    CheckId const check = check_of(record_, *entry, ok.error());
    if (check != CheckId::kEntries) {
      for (BadBallot const& bad : found) bad_ballot(bad);
      if (!found.empty()) return;
    }
    refuse(closed ? CheckId::kEntries : check, type, ok.error());
  }

  void take(std::string const& note) {
    last_checkpoint_.reset();
    last_is_checkpoint_ = false;
    if (!out_.manifest) return;  // no key to check it with: entry 0 has failed
    std::uint64_t const newest = frontier_.size() - 1;
    auto const checkpoint = log::open_checkpoint(note, out_.manifest->origin(), out_.manifest->checkpoint_key);
    // Cosignatures are judged by the tree, whatever the note says.
    last_checkpoint_ = {out_.manifest->origin(), frontier_.size(), frontier_.root()};
    if (!checkpoint) {
      Refusal const why = checkpoint.error();
      Text const& what = why == Refusal::kBadSignature ? words::kFoundNoteSignature : words::kFoundNoteForm;
      return fail(CheckId::kTree, Failure{newest, offset_, std::nullopt, why, what});
    }
    if (*checkpoint != *last_checkpoint_) return fail_at(CheckId::kTree, newest, words::kFoundNoteTree);
    last_is_checkpoint_ = true;
  }

  void take(log::Cosignature const& cosignature) {
    if (stopped_ || !last_checkpoint_) return;
    std::uint64_t const newest = frontier_.size() - 1;
    auto const who = [&](Text const& text) { return Sentence(text, {{"person", std::uint32_t{cosignature.person}}}); };
    auto const key = record_.witness_key(cosignature.person);
    if (!key) return fail_at(CheckId::kWitnesses, newest, who(words::kFoundWitnessKey));
    if (cosignature.tree_size != last_checkpoint_->size || cosignature.root != last_checkpoint_->root)
      return fail_at(CheckId::kWitnesses, newest, who(words::kFoundWitnessOther));
    if (!log::verify_cosignature(cosignature, last_checkpoint_->origin, *key))
      return fail_at(CheckId::kWitnesses, newest, who(words::kFoundWitnessSignature));
    cosigned_[cosignature.person] = cosignature.tree_size;
  }

  /// Distinct people of `among` with a cosignature over more than `index` entries, ⌊2n/3⌋ + 1 wanted. Called when the
  /// first act that rests on the entry is read: what was cosigned later does not count.
  void witnessed(std::uint64_t index, std::vector<PersonId> const& among, std::uint64_t offset, EntryType type) {
    std::size_t have = 0;
    for (PersonId const person : among) {
      auto const found = cosigned_.find(person);
      have += found != cosigned_.end() && found->second > index;
    }
    std::size_t const want = 2 * among.size() / 3 + 1;
    if (have >= want) return;
    fail(CheckId::kWitnesses, Failure{index, offset, type, std::nullopt,
                                      Sentence(words::kFoundWitnessesFew, {{"have", std::uint64_t{have}},
                                                                           {"all", std::uint64_t{among.size()}},
                                                                           {"want", std::uint64_t{want}}})});
  }

  // ---- Which ballots a box can't hold: what says more precisely than one refusal what is wrong -------------------

  /// Form, order and uniqueness (checks 12, 17, 18), each under its own number.
  std::vector<BadBallot> inspect(BallotBox const& e) const {
    std::vector<BadBallot> out;
    if (!record_.attempt() || e.batch_open != record_.attempt()->open_hash) return out;
    std::set<SigningPublicKey> keys;
    std::set<elgamal::Ciphertext> votes;
    for (auto const& [q, box] : e.boxes) {
      for (std::size_t i = 0; i < box.ballots.size() && out.size() < kFailuresListedMax; ++i) {
        auto const bad = [&, question = q](CheckId check, Refusal why) {
          out.push_back({index_, offset_, question, i, check, why, 0});
        };
        auto const ballot = parse_ballot(record_.attempt()->shape, box.ballots[i]);
        if (!ballot) {
          bad(CheckId::kBallotForm, Refusal::kBallotEncoding);
          continue;
        }
        if (ballot->question != q) bad(CheckId::kBallotForm, Refusal::kBallotContext);
        bool const new_key = keys.insert(ballot->pk_v).second;
        bool const new_vote = votes.insert(ballot->vote).second;
        if (!new_key || !new_vote || record_.ballot_seen(ballot->pk_v, ballot->vote))
          bad(CheckId::kUniqueness, Refusal::kBallotDuplicate);
        // Two equal ballots are a duplicate, which is said above; order is another matter.
        if (i > 0 && box.ballots[i - 1] > box.ballots[i]) bad(CheckId::kOrder, Refusal::kBallotEncoding);
      }
    }
    return out;
  }

  void bad_ballot(BadBallot const& bad) {
    Sentence why = strings::sentence_of(bad.refusal);
    if (bad.refusal == Refusal::kBallotToken) {
      why = {words::kFoundToken, {{"hop", bad.hop}}};
    } else if (bad.check == CheckId::kOrder) {
      why = words::kFoundOrder;
    }
    Sentence const what(words::kFoundBallot, {{"question", std::uint32_t{bad.question}},
                                              {"ballot", std::uint64_t{bad.position + 1}},
                                              {"why", std::move(why)}});
    fail(bad.check, Failure{bad.entry, bad.offset, EntryType::kBallotBox, bad.refusal, what});
  }

  // ---- After an entry was applied: the audit's own book ----

  template <class E>
  void after(E const&) {}

  void after(Manifest const& e) {
    out_.manifest = e;
    out_.attendance.resize(e.people.size());
    for (PersonId p = 1; p <= e.people.size(); ++p) out_.attendance[p - 1].person = p;
  }
  void after(SignIn const& e) {
    Attendance& a = out_.attendance.at(e.person - 1);
    if (!a.first_sign_in) a.first_sign_in = index_;
    a.signed_in = true;
    ++a.changes;
  }
  void after(SignOut const& e) {
    Attendance& a = out_.attendance.at(e.person - 1);
    a.last_sign_out = index_;
    a.signed_in = false;
    ++a.changes;
  }
  void after(Recuse const& e) {
    out_.attendance.at(e.person - 1).recusals.emplace_back(e.question, e.reason);
    recused_.insert({e.person, e.question});
  }

  struct Roll {
    std::vector<PersonId> present;
    std::vector<Recusal> recusals;
    std::uint32_t left = 0;
  };
  Roll roll(std::vector<QuestionId> const& questions) const {
    Roll out;
    for (Attendance const& a : out_.attendance) {
      if (!a.signed_in || (out_.manifest->people[a.person - 1].roles & kExpert) == 0) continue;
      std::vector<Recusal> own;
      for (QuestionId const q : questions)
        if (recused_.contains({a.person, q})) own.push_back({a.person, q});
      if (!own.empty() && out_.manifest->rules.recusal_mode == RecusalMode::kLeave) {
        ++out.left;
        continue;
      }
      out.present.push_back(a.person);
      out.recusals.insert(out.recusals.end(), own.begin(), own.end());
    }
    return out;
  }

  void after(BatchOpen const& e) {
    open_offset_ = offset_;
    tally_ = Tally{};
    tally_.open = e;
    Roll const own = roll(e.questions);
    tally_.left = own.left;
    Rules const& rules = out_.manifest->rules;
    if (e.present != own.present || e.recusals != own.recusals ||
        Wide{rules.quorum_denominator} * own.present.size() <
            Wide{rules.quorum_numerator} * out_.manifest->committee_size)
      fail_at(CheckId::kRoll, index_, words::kFoundRoll);
    AttemptResult& result = out_.attempts.emplace_back();
    result.batch = e.batch;
    result.attempt = e.attempt;
    result.entry = index_;
    result.paper = e.paper;
    result.present = static_cast<std::uint32_t>(e.present.size());
    result.trustees = static_cast<std::uint32_t>(e.keys.size());
  }
  void after(TokensIssued const&) {
    if (!tally_.issued)
      witnessed(record_.attempt()->open_index, record_.attempt()->open_witnesses, open_offset_, EntryType::kBatchOpen);
    tally_.issued = true;
  }
  void after(BatchClose const& e) {
    for (auto const& [person, envelope] : e.envelopes) tally_.counted.insert(person);
  }
  void after(BallotBox const& e) {
    box_offset_ = offset_;
    Attempt const& attempt = *record_.attempt();
    pool_.add(index_, offset_, attempt.box, attempt.contexts);
    for (auto const& [q, box] : e.boxes) {
      Wide total = box.ballots.size();
      for (auto const& [code, count] : box.refused) total += count;
      if (total != attempt.mixes.back().counts.at(q).out || box.ballots.size() > tally_.cast(q))
        fail_question(CheckId::kBoxCounts, words::kFoundBoxCount, q);
      std::vector<Point> a, b;
      for (Bytes const& bytes : box.ballots) {
        auto const ballot = parse_ballot(attempt.shape, bytes);
        if (!ballot) continue;  // check 12 names it
        a.push_back(ballot->vote.a);
        b.push_back(ballot->vote.b);
      }
      auto const sum_a = elgamal::sum(a);
      auto const sum_b = elgamal::sum(b);
      tally_.ballots[q] = static_cast<std::uint32_t>(box.ballots.size());
      if (sum_a && sum_b) tally_.sums[q] = {*sum_a, *sum_b};
      // The state machine holds the shares against its own sums; they must be the ones of this box.
      auto const used = attempt.sums.find(q);
      if (!sum_a || !sum_b || used == attempt.sums.end() || used->second != tally_.sums[q])
        fail_question(CheckId::kSums, words::kFoundSum, q);
    }
  }
  void after(Confirm const& e) {
    for (auto const& [q, ok] : e.rows) tally_.confirmed[q] += ok;
  }
  void after(Override const& e) {
    auto& named = out_.attempts.back().overridden;
    named.insert(named.end(), e.silent.begin(), e.silent.end());
    named.insert(named.end(), e.missing.begin(), e.missing.end());
    std::ranges::sort(named);
    named.erase(std::unique(named.begin(), named.end()), named.end());
  }
  void after(TallyShare const& e) {
    if (!tally_.opened)
      witnessed(record_.attempt()->box_index, record_.attempt()->box_witnesses, box_offset_, EntryType::kBallotBox);
    tally_.opened = true;
    for (auto const& [q, share] : e.shares) {
      tally_.shares[q].push_back(share.d);
      if (!opened_.insert(q).second && tally_.shares[q].size() == 1)
        fail_question(CheckId::kOpenings, words::kFoundOpenedBefore, q);
      if (tally_.ballots[q] < 3) fail_question(CheckId::kOpenings, words::kFoundTooFew, q);
    }
  }
  void after(Void const& e) {
    std::vector<QuestionId> questions = e.questions;
    if (questions.empty())
      std::ranges::copy_if(tally_.open.questions, std::back_inserter(questions),
                           [&](QuestionId q) { return !tally_.voided.contains(q); });
    for (QuestionId const q : questions) void_question(q, e.reason);
  }
  void void_question(QuestionId q, std::string const& reason) {
    tally_.voided.insert(q);
    QuestionResult result;
    result.question = q;
    result.voided = true;
    result.void_reason = reason;
    add(std::move(result));
  }
  void add(QuestionResult result) {
    auto& all = out_.attempts.back().questions;
    all.insert(std::ranges::upper_bound(all, result.question, {}, &QuestionResult::question), std::move(result));
  }
  void after(PaperTally const& e) {
    tally_.paper = e.rows;
    for (auto const& [q, row] : e.rows)
      if (row.returned > row.issued) void_question(q, {});
  }

  /// The rows, from the audit's own figures alone (check 24).
  void after(Declaration const& e) {
    AttemptResult& attempt = out_.attempts.back();
    attempt.declared = true;
    for (QuestionId const q : tally_.open.questions) {
      if (tally_.voided.contains(q)) continue;
      QuestionResult result;
      result.question = q;
      std::optional<Row> const row = attempt.paper ? paper_row(q) : ballot_row(q, result);
      auto const declared = e.rows.find(q);
      if (!row || declared == e.rows.end() || declared->second != *row) {
        fail_question(CheckId::kRows, words::kFoundRow, q);
        if (!row) continue;
      }
      result.row = *row;
      add(std::move(result));
    }
    if (e.rows.size() + tally_.voided.size() != tally_.open.questions.size())
      fail_at(CheckId::kRows, index_, words::kFoundRowsOther);
  }
  std::optional<Row> ballot_row(QuestionId q, QuestionResult& result) {
    Wide const p = tally_.open.present.size(), r = tally_.recused(q), e = tally_.cast(q), n = tally_.ballots[q];
    if (r > p || e > p - r || n > e) return std::nullopt;
    auto const sums = elgamal::decode_sum(tally_.sums[q].b, tally_.shares[q], static_cast<std::uint32_t>(n));
    if (!sums) {
      fail_question(CheckId::kShares, words::kFoundNoDecode, q);
      return std::nullopt;
    }
    Wide const ok = tally_.confirmed[q];
    Votes votes{sums->agree, sums->disagree, 0, e - n, p - r - e, n - std::min(n, ok)};
    if (votes.agree + votes.disagree > n) return std::nullopt;
    votes.abstain = n - votes.agree - votes.disagree;
    result.cast = static_cast<std::uint32_t>(e);
    result.ballots = static_cast<std::uint32_t>(n);
    result.unconfirmed = static_cast<std::uint32_t>(votes.unconfirmed);
    return derive(out_.manifest->rules, tally_, q, votes);
  }
  std::optional<Row> paper_row(QuestionId q) const {
    auto const found = tally_.paper.find(q);
    if (found == tally_.paper.end()) return std::nullopt;
    PaperRow const& paper = found->second;
    Wide const p = tally_.open.present.size(), r = tally_.recused(q);
    Wide const valid = Wide{paper.agree} + paper.disagree + paper.abstain;
    if (r > p || valid != paper.valid || valid + paper.invalid != paper.returned || paper.returned > paper.issued ||
        paper.issued > p - r)
      return std::nullopt;
    return derive(out_.manifest->rules, tally_, q,
                  {paper.agree, paper.disagree, paper.abstain, paper.invalid, p - r - paper.returned, 0});
  }

  // ---- The end ----

  void finish() {
    for (BadBallot const& bad : pool_.finish()) bad_ballot(bad);
    out_.ballots = pool_.checked();
    out_.entries = frontier_.size();
    out_.head = frontier_.root();
    if (!out_.unusable && out_.entries == 0) out_.unusable = Audit::Unusable{offset_, words::kUnusableEmpty};
    if (out_.unusable) return;

    std::uint64_t const last = out_.entries - 1;
    if (out_.head != out_.anchor) fail(CheckId::kAnchor, words::kFoundAnchor);
    if (out_.manifest && !last_is_checkpoint_ && out_.check(CheckId::kTree).outcome != Outcome::kFailed)
      fail(CheckId::kTree, words::kFoundLastCheckpoint);
    if (!stopped_) {
      offset_ = entry_offset_;
      if (record_.phase() != MeetingPhase::kClosed)
        fail_at(CheckId::kEndings, last, words::kFoundNoClose);
      else if (std::ranges::none_of(cosigned_, [&](auto const& item) { return item.second == out_.entries; }))
        fail_at(CheckId::kWitnesses, last, words::kFoundCloseUnwitnessed);
      if (record_.in_progress()) fail_at(CheckId::kEndings, last, words::kFoundNoEnd);
    }
    for (CheckId const id : kAllChecks) {
      bool const reached = id == CheckId::kAnchor || (id == CheckId::kTree && out_.manifest) || !stopped_;
      if (Check& c = out_.check(id); c.outcome == Outcome::kNotReached && reached) c.outcome = Outcome::kHolds;
    }
  }

  RecordReader reader_;
  Options const& options_;
  Audit out_;
  log::Frontier frontier_;
  Record record_;
  bool stopped_ = false;  ///< the state machine can't go on
  std::uint64_t index_ = 0, offset_ = 0, entry_offset_ = 0, open_offset_ = 0, box_offset_ = 0;
  std::optional<log::Checkpoint> last_checkpoint_;  ///< of the tree, at the place of the last note
  bool last_is_checkpoint_ = false;                 ///< the newest note is valid and of the present size
  std::map<PersonId, std::uint64_t> cosigned_;      ///< largest size
  std::set<std::pair<PersonId, QuestionId>> recused_;
  std::set<QuestionId> opened_;
  Tally tally_;
  BallotPool pool_;
};

}  // namespace

std::size_t Audit::holding() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(checks, [](Check const& c) { return c.outcome == Outcome::kHolds; }));
}

std::optional<Audit::First> Audit::first_failure() const {
  std::optional<First> out;
  for (CheckId const id : kAllChecks) {
    for (Failure const& failure : check(id).failures) {
      bool const earlier = failure.entry && (!out || !out->failure->entry || *failure.entry < *out->failure->entry);
      if (!out || earlier) out = First{id, &failure};
    }
  }
  return out;
}

Audit audit(std::istream& record, Hash const& anchor, Options const& options) {
  return Auditor(record, anchor, options).run();
}

}  // namespace piaojue::verifier
