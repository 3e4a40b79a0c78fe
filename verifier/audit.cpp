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
#include "verifier/ballot_pool.h"

namespace piaojue::verifier {
namespace {

using namespace meeting;
namespace elgamal = crypto::elgamal;
using Wide = std::uint64_t;

struct Title {
  std::string_view zh, en;
};
constexpr std::array<Title, kChecks> kTitles{{
    {"根哈希与纸上的记录指纹一致，来源和密钥出自第 0 条",
     "root equals the hash on paper; origin and keys come from entry 0"},
    {"逐条重算哈希树，每个检查点的签名、大小和根都相符",
     "tree recomputed; signature, size and root of every checkpoint"},
    {"见证签名有效，开批和开箱都及时有足够的人见证", "cosignatures valid; every opening and box witnessed in time"},
    {"每条记录写法唯一，签名人、角色、签名和次序都合规", "every entry canonical, rightly signed, in its place"},
    {"每批每次只开一回，次数依次递增", "one opening for each batch and attempt, counted up"},
    {"每个计票密钥份额都有知识证明", "proof of knowledge of every tally key share"},
    {"选票密钥合格、全会不重复、开批前已入日志", "token keys well-formed, never repeated, logged before opening"},
    {"出席、回避和法定人数由签到记录重算", "presence, recusals and quorum recomputed from sign-ins"},
    {"领票申请：在册、未回避、每人一次", "token requests: on the roll, not recused, once each"},
    {"截止后没有发票，发票数与记录一致", "nothing issued after the close; issued counts agree"},
    {"混洗各站数目相接，丢失都有计数", "each mix hop takes what the last one gave; losses are counted"},
    {"选票长度一致，题号正确", "ballots have the one length and their question's number"},
    {"每张选票都有全部保管方的选票签名", "token signatures of all trustees on every ballot"},
    {"每张选票自身的签名有效", "every ballot's own signature"},
    {"点和标量编码唯一，点不为零元", "points and scalars canonical, no identity"},
    {"每张选票只含一个合法选项（零知识证明）", "every ballot holds one admissible choice (proof)"},
    {"选票密钥和密文全会不重复", "no ballot key or ciphertext occurs twice in the meeting"},
    {"票箱严格按字节排序", "every box strictly sorted by bytes"},
    {"箱中票数不超过投票人数，无效票数相符", "no more ballots than envelopes; refused ballots add up"},
    {"确认针对本箱，放行人数不超限", "confirms are over this box; overrides within their limits"},
    {"密文之和由票箱重算", "sums recomputed from the box alone"},
    {"全部计票份额的证明有效，和可解出", "proofs of all tally shares; the sum decodes"},
    {"每题只开一次，每箱至少三张", "one opening for each question, of three ballots or more"},
    {"每行结果按规则重算一致", "every declared row equals the rule's arithmetic"},
    {"开过的批次都有结果，记录以会议结束收尾", "every attempt has an end, and the meeting is closed"},
}};

/// Refusals arrive as error codes of one category.

std::string number(Wide n) { return std::to_string(n); }

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

  void fail(std::size_t check, Failure failure) {
    Check& c = out_.check(check);
    c.outcome = Outcome::kFailed;
    ++c.failures_total;
    if (c.failures.size() < kFailuresListedMax) c.failures.push_back(std::move(failure));
  }
  void fail(std::size_t check, std::string zh, std::string en) {
    fail(check, Failure{std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::move(zh), std::move(en)});
  }
  /// Of the item that is being looked at, which belongs to entry `index`.
  void fail_at(std::size_t check, std::uint64_t index, std::string zh, std::string en) {
    fail(check, Failure{index, offset_, std::nullopt, std::nullopt, std::move(zh), std::move(en)});
  }
  void refuse(std::size_t check, std::optional<EntryType> type, Refusal why) {
    auto const& text = strings::sentence_of(why);
    fail(check, Failure{index_, offset_, type, why, std::string(text.zh), std::string(text.en)});
    stopped_ = true;
  }

  void unusable(Refusal why) {
    bool const start = offset_ < kRecordMagic.size();
    out_.unusable = Audit::Unusable{offset_,
                                    start                           ? "这不是票决记录文件"
                                    : why == Refusal::kTooLarge     ? "文件中有一项超过了允许的长度"
                                    : why == Refusal::kNotCanonical ? "文件中有一项写法不唯一"
                                                                    : "文件不完整，或在此处损坏",
                                    start                           ? "this is no record file of Piaojue"
                                    : why == Refusal::kTooLarge     ? "an item of the file is longer than it may be"
                                    : why == Refusal::kNotCanonical ? "an item of the file is not in canonical form"
                                                                    : "the file is cut off or damaged here"};
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
    if (!entry) return refuse(4, std::nullopt, entry.error());
    EntryType const type = entry->type();
    // The state machine has to be asked before it changes, and answers first whether the entry is signed by those who
    // may: what somebody else wrote is a forgery, not a stuffed box.
    std::vector<BadBallot> found;
    if (auto const* box = std::get_if<BallotBox>(&entry->body)) found = inspect(*box);
    auto const ok = record_.apply(*entry, bytes);
    Refusal const why = ok ? Refusal{} : ok.error();
    std::size_t const check = ok ? 0 : std::visit([&](auto const& body) { return check_of(body, why); }, entry->body);
    if (check != 4 || ok)
      for (BadBallot const& bad : found) bad_ballot(bad);
    if (!ok) {
      bool const closed = why == Refusal::kWrongPhase && record_.phase() != MeetingPhase::kOpen;
      if (found.empty() || check == 4) refuse(closed ? 4 : check, type, why);
      stopped_ = true;
      return;
    }
    std::visit([&](auto const& body) { after(body); }, entry->body);
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
      return fail(2, Failure{newest, offset_, std::nullopt, why,
                             "检查点" + std::string(why == Refusal::kBadSignature ? "签名无效" : "格式不符"),
                             std::string("checkpoint ") +
                                 (why == Refusal::kBadSignature ? "with a wrong signature" : "of a wrong form")});
    }
    if (*checkpoint != *last_checkpoint_)
      return fail_at(2, newest, "检查点的大小或根与重算的树不符",
                     "size or root of a checkpoint is not that of the tree");
    last_is_checkpoint_ = true;
  }

  void take(log::Cosignature const& cosignature) {
    if (stopped_ || !last_checkpoint_) return;
    std::uint64_t const newest = frontier_.size() - 1;
    std::string const who = number(cosignature.person);
    auto const key = record_.witness_key(cosignature.person);
    if (!key) return fail_at(3, newest, "见证人 " + who + " 没有密钥", "witness " + who + " has no key");
    if (cosignature.tree_size != last_checkpoint_->size || cosignature.root != last_checkpoint_->root)
      return fail_at(3, newest, "见证人 " + who + " 签的不是这份记录的检查点",
                     "witness " + who + " signed another checkpoint than this record's");
    if (!log::verify_cosignature(cosignature, last_checkpoint_->origin, *key))
      return fail_at(3, newest, "见证人 " + who + " 的签名无效", "signature of witness " + who + " is wrong");
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
    fail(3, Failure{index, offset, type, std::nullopt,
                    "只有 " + number(have) + " 人及时见证，应至少 " + number(want) + " 人（共 " + number(among.size()) +
                        " 人在场）",
                    "witnessed in time by " + number(have) + " of " + number(among.size()) + " people, " +
                        number(want) + " are needed"});
  }

  // ---- Which ballots a box can't hold: what says more precisely than one refusal what is wrong -------------------

  /// Form, order and uniqueness (checks 12, 17, 18), each under its own number.
  std::vector<BadBallot> inspect(BallotBox const& e) const {
    std::vector<BadBallot> out;
    if (!of_this_attempt(e)) return out;
    std::set<SigningPublicKey> keys;
    std::set<elgamal::Ciphertext> votes;
    for (auto const& [q, box] : e.boxes) {
      for (std::size_t i = 0; i < box.ballots.size() && out.size() < kFailuresListedMax; ++i) {
        auto const bad = [&, question = q](std::size_t check, Refusal why) {
          out.push_back({index_, offset_, question, i, check, why, 0});
        };
        auto const ballot = parse_ballot(record_.attempt()->shape, box.ballots[i]);
        if (!ballot) {
          bad(12, Refusal::kBallotEncoding);
          continue;
        }
        if (ballot->question != q) bad(12, Refusal::kBallotContext);
        bool const new_key = keys.insert(ballot->pk_v).second;
        bool const new_vote = votes.insert(ballot->vote).second;
        if (!new_key || !new_vote || record_.ballot_seen(ballot->pk_v, ballot->vote))
          bad(17, Refusal::kBallotDuplicate);
        // Two equal ballots are a duplicate, which is said above; order is another matter.
        if (i > 0 && box.ballots[i - 1] > box.ballots[i]) bad(18, Refusal::kBallotEncoding);
      }
    }
    return out;
  }

  void bad_ballot(BadBallot const& bad) {
    std::string zh = "第 " + number(bad.question) + " 题第 " + number(bad.position + 1) + " 张选票：";
    std::string en = "question " + number(bad.question) + ", ballot " + number(bad.position + 1) + ": ";
    if (bad.refusal == Refusal::kBallotToken) {
      zh += "第 " + number(bad.hop) + " 站保管方的选票签名无效";
      en += "token signature of the trustee at hop " + number(bad.hop) + " is wrong";
    } else if (bad.check == 18) {
      zh += "次序不对";
      en += "out of order";
    } else {
      zh += strings::sentence_of(bad.refusal).zh;
      en += strings::sentence_of(bad.refusal).en;
    }
    fail(bad.check, Failure{bad.entry, bad.offset, EntryType::kBallotBox, bad.refusal, std::move(zh), std::move(en)});
  }

  // ---- Which check an entry that the state machine refuses has failed ----

  template <class E>
  std::size_t check_of(E const&, Refusal) const {
    return 4;
  }
  std::size_t check_of(BatchKeys const& e, Refusal why) const {
    if (why == Refusal::kProof) return 6;
    if (why == Refusal::kKeyParam) return elgamal::is_valid_point(e.tally_key) ? 7 : 6;
    if (why == Refusal::kWrongPhase && e.attempt != record_.attempts(e.batch) + 1) return 5;
    return 4;
  }
  std::size_t check_of(BatchOpen const& e, Refusal why) const {
    switch (why) {
      case Refusal::kWrongPhase: {
        bool const other = record_.in_progress() && record_.attempt()->open.batch != e.batch;
        return other && e.attempt == record_.attempts(e.batch) + 1 ? 25 : 5;
      }
      case Refusal::kConflict:
      case Refusal::kQuorum:
        return 8;
      case Refusal::kKeyUnlogged:
        return 7;
      case Refusal::kKeyParam:  // the shares cancel each other
        return 6;
      case Refusal::kGateReopened:
        return 23;
      default:
        return 4;
    }
  }
  std::size_t check_of(TokenRequest const& e, Refusal why) const {
    if (why == Refusal::kRecused || why == Refusal::kAlreadyIssued) return 9;
    return why == Refusal::kNotOnRoll && !record_.attempt()->present(e.person) ? 9 : 4;
  }
  std::size_t check_of(TokensIssued const&, Refusal why) const {
    return why == Refusal::kWrongPhase || why == Refusal::kAlreadyIssued ? 10 : 4;
  }
  std::size_t check_of(IssuanceClosed const&, Refusal why) const { return why == Refusal::kConflict ? 10 : 4; }
  std::size_t check_of(MixStep const&, Refusal why) const {
    bool const mixing = record_.attempt() && record_.attempt()->phase == BatchPhase::kMixing;
    if (why == Refusal::kMixSize || why == Refusal::kOutOfRange || why == Refusal::kConflict) return 11;
    return why == Refusal::kWrongPhase && mixing ? 11 : 4;  // not the hop whose turn it is
  }
  std::size_t check_of(BallotBox const&, Refusal why) const {
    switch (why) {
      case Refusal::kBallotEncoding:  // length, version and order were looked at before: a point it is
        return 15;
      case Refusal::kBallotContext:
        return 12;
      case Refusal::kBallotDuplicate:
        return 17;
      case Refusal::kGateCount:
      case Refusal::kOutOfRange:  // a code that no ballot can be refused with
        return 19;
      default:
        return 4;
    }
  }
  std::size_t check_of(Confirm const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return of_this_attempt(e) ? 20 : 4;
    if (why == Refusal::kNotOnRoll) return record_.attempt()->counted.contains(e.person) ? 4 : 20;
    return why == Refusal::kConflict ? 20 : 4;
  }
  std::size_t check_of(Override const& e, Refusal why) const {
    if (why == Refusal::kUnknown) return of_this_attempt(e) ? 20 : 4;
    return why == Refusal::kConflict || why == Refusal::kGateOverride || why == Refusal::kNotOnRoll ? 20 : 4;
  }
  std::size_t check_of(TallyShare const& e, Refusal why) const {
    switch (why) {
      case Refusal::kUnknown:  // a share of the sum of another box
        return of_this_attempt(e) ? 21 : 4;
      case Refusal::kGateUnconfirmed:
      case Refusal::kGateMissing:
        return 20;
      case Refusal::kGateTooFew:
      case Refusal::kGateReopened:
        return 23;
      case Refusal::kGateCount:
        return 19;
      case Refusal::kConflict:
      case Refusal::kProof:
      case Refusal::kThresholdRule:
        return 22;
      case Refusal::kUnbalancedRow:
        return 24;
      default:
        return 4;
    }
  }
  std::size_t check_of(Declaration const&, Refusal why) const {
    return why == Refusal::kUnbalancedRow || why == Refusal::kThresholdRule || why == Refusal::kConflict ? 24 : 4;
  }
  std::size_t check_of(PaperTally const&, Refusal why) const {
    return why == Refusal::kUnbalancedRow || why == Refusal::kConflict ? 24 : 4;
  }
  std::size_t check_of(Void const& e, Refusal why) const {
    // To void what has been opened is to withhold its result.
    bool const opened = record_.attempt() && (record_.attempt()->phase == BatchPhase::kOpening ||
                                              record_.attempt()->phase == BatchPhase::kCounted);
    return opened && (why == Refusal::kConflict || (why == Refusal::kWrongPhase && of_this_attempt(e))) ? 25 : 4;
  }
  std::size_t check_of(MeetingClose const&, Refusal why) const {
    if (why == Refusal::kWrongPhase && record_.in_progress()) return 25;
    return why == Refusal::kLogInconsistent ? 2 : 4;
  }
  template <class E>
  bool of_this_attempt(E const& e) const {
    return record_.attempt() && e.batch_open == record_.attempt()->open_hash;
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
      fail_at(8, index_, "出席、回避或法定人数与签到记录不符",
              "presence, recusals or quorum are not those of the sign-ins");
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
        fail_at(19, index_, "第 " + number(q) + " 题箱中票数不符", "question " + number(q) + ": ballots do not add up");
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
        fail_at(21, index_, "第 " + number(q) + " 题的密文之和与重算不符",
                "sum of question " + number(q) + " is not that of its box");
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
        fail_at(23, index_, "第 " + number(q) + " 题已经开过", "question " + number(q) + " was opened before");
      if (tally_.ballots[q] < 3)
        fail_at(23, index_, "第 " + number(q) + " 题不足三张选票",
                "question " + number(q) + " has fewer than three ballots");
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
        fail_at(24, index_, "第 " + number(q) + " 题宣布的结果与重算不符",
                "declared row of question " + number(q) + " is not what its votes give");
        if (!row) continue;
      }
      result.row = *row;
      add(std::move(result));
    }
    if (e.rows.size() + tally_.voided.size() != tally_.open.questions.size())
      fail_at(24, index_, "宣布的题目与本批不符", "declared questions are not those of the batch");
  }
  std::optional<Row> ballot_row(QuestionId q, QuestionResult& result) {
    Wide const p = tally_.open.present.size(), r = tally_.recused(q), e = tally_.cast(q), n = tally_.ballots[q];
    if (r > p || e > p - r || n > e) return std::nullopt;
    auto const sums = elgamal::decode_sum(tally_.sums[q].b, tally_.shares[q], static_cast<std::uint32_t>(n));
    if (!sums) {
      fail_at(22, index_, "第 " + number(q) + " 题的和解不出来",
              "the sum of question " + number(q) + " does not decode");
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
    if (!out_.unusable && out_.entries == 0)
      out_.unusable = Audit::Unusable{offset_, "记录里没有任何条目", "the record has no entries"};
    if (out_.unusable) return;

    std::uint64_t const last = out_.entries - 1;
    if (out_.head != out_.anchor)
      fail(1, "记录的根哈希与纸上的记录指纹不同：不是同一次会议，或记录被改过",
           "the root of this record is not the hash on paper: another meeting, or a record that was changed");
    if (out_.manifest && !last_is_checkpoint_ && out_.check(2).outcome != Outcome::kFailed)
      fail(2, "记录末尾没有覆盖全部条目的检查点", "no checkpoint of the full size at the end of the record");
    if (!stopped_) {
      offset_ = entry_offset_;
      if (record_.phase() != MeetingPhase::kClosed)
        fail_at(25, last, "记录没有以会议结束收尾", "the record does not end in MeetingClose");
      else if (std::ranges::none_of(cosigned_, [&](auto const& item) { return item.second == out_.entries; }))
        fail_at(3, last, "没有人见证会议结束", "nobody witnessed the close of the meeting");
      if (record_.in_progress()) fail_at(25, last, "有批次开了却没有结果", "an attempt was opened and has no end");
    }
    for (std::size_t n = 1; n <= kChecks; ++n) {
      bool const reached = n == 1 || (n == 2 && out_.manifest) || !stopped_;
      if (Check& c = out_.check(n); c.outcome == Outcome::kNotReached && reached) c.outcome = Outcome::kHolds;
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

std::string_view title(std::size_t number, std::string_view lang) {
  Title const& title = kTitles.at(number - 1);
  return lang == "zh" ? title.zh : title.en;
}

std::size_t Audit::holding() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(checks, [](Check const& c) { return c.outcome == Outcome::kHolds; }));
}

std::optional<Audit::First> Audit::first_failure() const {
  std::optional<First> out;
  for (std::size_t n = 1; n <= kChecks; ++n) {
    for (Failure const& failure : check(n).failures) {
      bool const earlier = failure.entry && (!out || !out->failure->entry || *failure.entry < *out->failure->entry);
      if (!out || earlier) out = First{n, &failure};
    }
  }
  return out;
}

Audit audit(std::istream& record, Hash const& anchor, Options const& options) {
  return Auditor(record, anchor, options).run();
}

}  // namespace piaojue::verifier
