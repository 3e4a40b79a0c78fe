// SPDX-License-Identifier: Apache-2.0
#include "verifier/audit.h"

#include <algorithm>
#include <set>

#include "crypto/sign.h"
#include "protocol/log/checkpoint.h"
#include "protocol/log/cosignature.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/record_file.h"
#include "strings/refusals.h"
#include "strings/verifier.h"
#include "verifier/ballot_pool.h"
#include "verifier/book.h"
#include "verifier/witnessing.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace words = strings::verifier;
namespace elgamal = crypto::elgamal;

std::uint64_t place(Failure const& failure) { return failure.entry.value_or(UINT64_MAX); }

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
    c.failures.insert(std::ranges::upper_bound(c.failures, place(failure), {}, place), std::move(failure));
    if (c.failures.size() > kFailuresListedMax) c.failures.pop_back();
  }
  void fail(CheckId check, Sentence what) {
    fail(check, Failure{std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::move(what)});
  }
  /// Of the item that is being looked at, which belongs to entry `index`.
  void fail_at(CheckId check, std::uint64_t index, Sentence what) {
    fail(check, Failure{index, offset_, std::nullopt, std::nullopt, std::move(what)});
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
    offsets_.push_back(offset_);
    Hash const leaf = log::leaf_hash(bytes);
    frontier_.append(leaf);
    last_checkpoint_.reset();
    if (stopped_) return;
    auto const entry = decode_entry(bytes);
    if (!entry) return refuse(CheckId::kEntries, std::nullopt, entry.error());
    // Both have to be asked before the state machine changes; whether they count is known when it has answered, first
    // of all whether the entry is signed by those who may: what somebody else wrote is a forgery, not a stuffed box.
    std::vector<BadBallot> bad;
    if (auto const* box = std::get_if<BallotBox>(&entry->body)) bad = inspect(*box);
    std::vector<Unwitnessed> const unwitnessed = witnessing_.missing(record_, *entry);
    if (auto const ok = record_.apply(*entry, bytes); !ok) return refused(*entry, ok.error(), bad);
    for (BadBallot const& ballot : bad) bad_ballot(ballot);
    for (Unwitnessed const& each : unwitnessed) too_few_witnesses(each);
    accepted(*entry, leaf);
  }

  void refused(Entry const& entry, Refusal why, std::vector<BadBallot> const& bad) {
    CheckId const check = check_of(record_, entry, why);
    if (check == CheckId::kEntries || bad.empty()) return refuse(check, entry.type(), why);
    for (BadBallot const& ballot : bad) bad_ballot(ballot);
    stopped_ = true;
  }

  /// What follows from an entry that was taken in.
  void accepted(Entry const& entry, Hash const& leaf) {
    if (auto const* manifest = std::get_if<Manifest>(&entry.body)) out_.manifest = *manifest;
    if (std::holds_alternative<BallotBox>(entry.body)) {
      Attempt const& attempt = *record_.attempt();
      pool_.add(index_, offset_, attempt.box, attempt.contexts);
    }
    for (Finding& found : book_.take(record_, entry, leaf)) fail_at(found.check, index_, std::move(found.what));
    changes_.take(record_, entry, index_);
    for (AcceptedUnwitnessed const& each : witnessing_.accepted(entry)) changes_.add({index_, std::nullopt, {}, each});
    witnessing_.taken(record_, entry, leaf);
    if (std::holds_alternative<Declaration>(entry.body)) note_contested();
    if (std::holds_alternative<MeetingClose>(entry.body))
      for (EntrySignature const& signature : entry.signatures) closers_.push_back(signature.signer);
  }

  void note_contested() {
    for (QuestionResult const& q : book_.attempts().back().questions)
      if (!q.voided && q.row.contested) changes_.add({index_, std::nullopt, {}, Contested{q.question, q.low, q.high}});
  }

  void take(std::string const& note) {
    last_checkpoint_.reset();
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
    if (*checkpoint != *last_checkpoint_) fail_at(CheckId::kTree, newest, words::kFoundNoteTree);
  }

  void take(log::Cosignature const& cosignature) {
    if (stopped_ || !last_checkpoint_) return;
    std::uint64_t const newest = frontier_.size() - 1;
    auto const who = [&](Text const& text) { return Sentence(text, {{"person", std::uint32_t{cosignature.person}}}); };
    auto const key = record_.witness_key(cosignature.person);
    if (!key) return fail_at(CheckId::kWitnesses, newest, who(words::kFoundWitnessKey));
    if (cosignature.tree_size != last_checkpoint_->size || cosignature.root != last_checkpoint_->root)
      return fail_at(CheckId::kWitnesses, newest, who(words::kFoundWitnessOther));
    if (auto const valid = log::verify_cosignature(cosignature, last_checkpoint_->origin, *key); !valid) {
      bool const late = valid.error() == Refusal::kOutOfRange;
      return fail_at(CheckId::kWitnesses, newest, who(late ? words::kFoundWitnessTime : words::kFoundWitnessSignature));
    }
    witnessing_.cosigned(cosignature.person, *key, cosignature.tree_size);
    times_[cosignature.tree_size].push_back(cosignature.time_s);
  }

  void too_few_witnesses(Unwitnessed const& found) {
    Standing const& s = found.standing;
    fail(CheckId::kWitnesses,
         Failure{found.entry, offsets_.at(found.entry), found.type, std::nullopt,
                 Sentence(words::kFoundWitnessesFew, {{"have", std::uint64_t{s.have}},
                                                      {"need", std::uint64_t{s.needed}},
                                                      {"have_experts", std::uint64_t{s.have_experts}},
                                                      {"need_experts", std::uint64_t{s.needed_experts}}})});
  }

  // ---- Which ballots a box can't hold: what says more precisely than one refusal what is wrong -------------------

  /// Form, order, uniqueness and what was spent (checks 12, 15, 17, 18, 26), each under its own number.
  std::vector<BadBallot> inspect(BallotBox const& e) const {
    std::vector<BadBallot> out;
    if (!record_.attempt() || e.batch_open != record_.attempt()->open_hash) return out;
    std::set<SigningPublicKey> keys;
    std::set<elgamal::Ciphertext> votes;
    for (auto const& [q, box] : e.boxes) {
      for (std::size_t i = 0; i < box.ballots.size(); ++i) {
        auto const bad = [&, question = q](CheckId check, Refusal why) {
          out.push_back({index_, offset_, question, i, check, why, 0});
        };
        auto const ballot = parse_ballot(record_.attempt()->shape, box.ballots[i]);
        if (!ballot) {
          bad(CheckId::kBallotForm, Refusal::kBallotEncoding);
          continue;
        }
        if (ballot->question != q) bad(CheckId::kBallotForm, Refusal::kBallotContext);
        if (!crypto::is_valid(ballot->pk_v)) bad(CheckId::kEncodings, Refusal::kBallotEncoding);
        if (record_.ballot_spent(ballot->pk_v)) bad(CheckId::kSpoils, Refusal::kBallotSpent);
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

  // ---- The end ----

  void finish() {
    for (BadBallot const& bad : pool_.finish()) bad_ballot(bad);
    out_.ballots = pool_.checked();
    out_.entries = frontier_.size();
    out_.head = frontier_.root();
    if (record_.phase() == MeetingPhase::kClosed && !witnessing_.close_witnessed(record_, closers_))
      changes_.add({record_.size() - 1, std::nullopt, {}, ClosedUnwitnessed{}});
    out_.changes = changes_.finish();
    out_.attendance = book_.attendance();
    out_.attempts = book_.attempts();
    for (auto& [size, times] : times_) {
      std::ranges::sort(times);
      out_.cosigned_at[size] = times[(times.size() - 1) / 2];
    }
    if (!out_.unusable && out_.entries == 0) out_.unusable = Audit::Unusable{offset_, words::kUnusableEmpty};
    if (out_.unusable) return;

    std::uint64_t const last = out_.entries - 1;
    if (out_.head != out_.anchor) fail(CheckId::kAnchor, words::kFoundAnchor);
    // One that stands there and is wrong has failed by itself.
    if (out_.manifest && !last_checkpoint_) fail(CheckId::kTree, words::kFoundLastCheckpoint);
    if (!stopped_) {
      offset_ = offsets_.back();
      bool const closed = record_.phase() == MeetingPhase::kClosed;
      if (!closed) fail_at(CheckId::kEndings, last, words::kFoundNoClose);
      // A share that never came: the close lists what it left undecided.
      if (!closed && record_.in_progress()) fail_at(CheckId::kEndings, last, words::kFoundNoEnd);
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
  bool stopped_ = false;                            ///< the state machine can't go on
  std::uint64_t index_ = 0, offset_ = 0;            ///< of the entry, and of the item, that is being looked at
  std::vector<std::uint64_t> offsets_;              ///< of all entries
  std::optional<log::Checkpoint> last_checkpoint_;  ///< of the tree, at the place of the last note
  std::vector<PersonId> closers_;                   ///< who signed MeetingClose
  Book book_;
  Witnessing witnessing_;
  ChangeLog changes_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> times_;  ///< of valid cosignatures, by size
  BallotPool pool_;
};

}  // namespace

std::size_t Audit::holding() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(checks, [](Check const& c) { return c.outcome == Outcome::kHolds; }));
}

std::optional<std::uint64_t> Audit::there_by(std::uint64_t entry) const {
  std::optional<std::uint64_t> out;
  // A later checkpoint covers it as well.
  for (auto at = cosigned_at.upper_bound(entry); at != cosigned_at.end(); ++at)
    if (!out || at->second < *out) out = at->second;
  return out;
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
