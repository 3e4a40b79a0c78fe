// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/record.h"

#include "crypto/onion.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"

namespace piaojue::meeting {

namespace elgamal = crypto::elgamal;
namespace blind_rsa = crypto::blind_rsa;

namespace {

/// What leaves room, in the largest entry and the largest message, for everything around ballots and onions.
constexpr std::size_t kBoxBytesMax = kEntryBytesMax - (1u << 20);
constexpr std::uint32_t kFractionMax = 100;

template <class Range, class T>
bool contains(Range const& range, T const& value) {
  return std::ranges::find(range, value) != range.end();
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t const at : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (text[at] < '0' || text[at] > '9') return false;
  }
  int const month = (text[5] - '0') * 10 + text[6] - '0';
  int const day = (text[8] - '0') * 10 + text[9] - '0';
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// ---- Who signs ----------------------------------------------------------------------------------------------------

struct RoleWanted {
  Role role;
  std::size_t min = 1;
  std::size_t max = 1;
  PersonId except = 0;
};

/// One way in which an entry can be signed: all of `each`, and of every role so many. The roles that occur here exclude
/// each other in one person (manifest rule), so nobody can fill two places.
struct WayToSign {
  std::vector<PersonId> each;
  std::vector<RoleWanted> roles;

  /// Every signer has a place; with `complete`, every place is filled.
  bool fits(Manifest const& manifest, std::vector<PersonId> const& signers, bool complete) const {
    std::vector<std::size_t> filled(roles.size(), 0);
    std::size_t named = 0;
    for (PersonId const signer : signers) {
      if (contains(each, signer)) {
        ++named;
        continue;
      }
      if (signer == kServer || signer > manifest.people.size()) return false;
      std::uint32_t const has = manifest.people[signer - 1].roles;
      bool placed = false;
      for (std::size_t i = 0; i < roles.size() && !placed; ++i) {
        if ((has & roles[i].role) == 0 || signer == roles[i].except || filled[i] == roles[i].max) continue;
        ++filled[i];
        placed = true;
      }
      if (!placed) return false;
    }
    if (!complete) return true;
    if (named != each.size()) return false;
    for (std::size_t i = 0; i < roles.size(); ++i) {
      if (filled[i] < roles[i].min) return false;
    }
    return true;
  }
};
using WaysToSign = std::vector<WayToSign>;

WaysToSign by(PersonId person) { return {{{person}, {}}}; }
WaysToSign by(std::vector<RoleWanted> roles) { return {{{}, std::move(roles)}}; }

bool fits(WaysToSign const& ways, Manifest const& manifest, std::vector<PersonId> const& signers, bool complete) {
  return std::ranges::any_of(ways, [&](WayToSign const& way) { return way.fits(manifest, signers, complete); });
}

std::vector<PersonId> signers_of(Entry const& entry) {
  std::vector<PersonId> out;
  for (EntrySignature const& signature : entry.signatures) out.push_back(signature.signer);
  return out;
}

std::size_t count_role(Manifest const& manifest, Role role) {
  return static_cast<std::size_t>(
      std::ranges::count_if(manifest.people, [&](Person const& person) { return (person.roles & role) != 0; }));
}

// ---- Manifest -----------------------------------------------------------------------------------------------------

Result<void> check_roles(Manifest const& m) {
  for (Person const& person : m.people) {
    std::uint32_t const roles = person.roles;
    if (person.name.empty() || roles == 0 || roles >= 2 * kScreen) return Refusal::kOutOfRange;
    if ((roles & kScreen) != 0 && roles != kScreen) return Refusal::kOutOfRange;
    // Two places in a signature are two people; and who counts or supervises holds no ballot.
    std::uint32_t const offices = ((roles & kChair) != 0) + ((roles & kClerk) != 0) + ((roles & kSupervisor) != 0);
    if (offices > 1) return Refusal::kOutOfRange;
    if ((roles & kExpert) != 0 && (roles & (kClerk | kSupervisor)) != 0) return Refusal::kOutOfRange;
  }
  for (Role const role : {kExpert, kChair, kClerk, kSupervisor}) {
    if (count_role(m, role) == 0) return Refusal::kOutOfRange;
  }
  return {};
}

Result<void> check_people_keys(Manifest const& m) {
  std::set<SigningPublicKey> seen{m.server_key};
  if (!seen.insert(m.checkpoint_key).second) return Refusal::kOutOfRange;
  for (Person const& person : m.people) {
    if (person.identity_key.has_value() != person.witness_key.has_value() ||
        person.identity_key.has_value() != person.possession.has_value()) {
      return Refusal::kOutOfRange;
    }
    if (!person.identity_key) continue;
    if (!seen.insert(*person.identity_key).second || !seen.insert(*person.witness_key).second) {
      return Refusal::kOutOfRange;
    }
  }
  for (PersonId p = 1; p <= m.people.size(); ++p) {
    Person const& person = m.people[p - 1];
    if (person.identity_key &&
        !crypto::verify(*person.identity_key,
                        {possession_input(m.meeting_id, p, *person.identity_key, *person.witness_key)},
                        *person.possession)) {
      return Refusal::kBadSignature;
    }
  }
  return {};
}

Result<void> check_rules(Manifest const& m) {
  Rules const& r = m.rules;
  auto fraction = [](std::uint32_t numerator, std::uint32_t denominator) {
    return 0 < numerator && numerator <= denominator && denominator <= kFractionMax;
  };
  if (!fraction(r.pass_numerator, r.pass_denominator)) return Refusal::kOutOfRange;
  if (!fraction(r.quorum_numerator, r.quorum_denominator)) return Refusal::kOutOfRange;
  if (!contains(std::array{2048u, 3072u, 4096u}, r.modulus_bits)) return Refusal::kOutOfRange;
  if (!contains(std::array{RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}, r.recusal_mode)) {
    return Refusal::kOutOfRange;
  }
  if (r.trustees_min < 1 || r.trustees_min > m.trustees.size()) return Refusal::kOutOfRange;
  // With one trustee secrecy rests on the server alone: good enough to rehearse, not to vote.
  if (!m.rehearsal && r.trustees_min < 2) return Refusal::kOutOfRange;
  if (r.supervisors_needed < 1 || r.supervisors_needed > count_role(m, kSupervisor)) return Refusal::kOutOfRange;
  return {};
}

Result<void> check_trustees(Manifest const& m) {
  if (m.trustees.empty() || m.trustees[0] != kServer) return Refusal::kOutOfRange;
  for (std::size_t t = 1; t < m.trustees.size(); ++t) {
    PersonId const person = m.trustees[t];
    if (person == kServer || person > m.people.size()) return Refusal::kOutOfRange;
    if ((m.people[person - 1].roles & kScreen) != 0) return Refusal::kOutOfRange;
    if (std::find(m.trustees.begin(), m.trustees.begin() + static_cast<std::ptrdiff_t>(t), person) !=
        m.trustees.begin() + static_cast<std::ptrdiff_t>(t)) {
      return Refusal::kOutOfRange;
    }
  }
  return {};
}

Result<void> check_candidates(Manifest const& m) {
  if (m.candidates.empty()) return Refusal::kOutOfRange;
  for (Candidate const& candidate : m.candidates) {
    if (candidate.name.empty() || candidate.level.empty()) return Refusal::kOutOfRange;
    if (candidate.channel != Channel::kNormal && candidate.channel != Channel::kExceptional)
      return Refusal::kOutOfRange;
  }
  std::vector<bool> placed(m.candidates.size(), false);
  for (Batch const& batch : m.batches) {
    if (batch.title.empty() || batch.candidates.empty()) return Refusal::kOutOfRange;
    QuestionId before = 0;
    for (QuestionId const q : batch.candidates) {
      if (q <= before || q > placed.size() || placed[q - 1]) return Refusal::kOutOfRange;
      placed[q - 1] = true;
      before = q;
    }
  }
  if (contains(placed, false)) return Refusal::kOutOfRange;
  return {};
}

Result<void> check_manifest(Manifest const& m) {
  if (m.people.size() > kPeopleMax || m.trustees.size() > kTrusteesMax || m.candidates.size() > kCandidatesMax ||
      m.batches.size() > kCandidatesMax || count_role(m, kExpert) > kExpertsMax) {
    return Refusal::kTooLarge;
  }
  for (Batch const& batch : m.batches) {
    if (batch.candidates.size() > kQuestionsPerBatchMax) return Refusal::kTooLarge;
  }
  if (m.title.empty() || !is_date(m.date)) return Refusal::kOutOfRange;
  if (m.committee_size % 2 == 0 || m.committee_size < count_role(m, kExpert)) return Refusal::kOutOfRange;
  for (auto const check : {check_roles, check_trustees, check_rules, check_candidates, check_people_keys}) {
    if (auto const ok = check(m); !ok) return ok;
  }
  return {};
}

/// What is kept of keys and ballots to know them again: a hash over what kind it is, and its bytes.
constexpr std::uint8_t kSeenModulus = 1, kSeenMixKey = 2, kSeenTallyKey = 3, kSeenBallotKey = 4, kSeenVote = 5;

Hash seen_as(std::uint8_t kind, std::initializer_list<ByteView> parts) {
  Bytes all{kind};
  for (ByteView const part : parts) piaojue::append(all, part);
  return crypto::sha256({all});
}
Hash seen_key(SigningPublicKey const& pk_v) { return seen_as(kSeenBallotKey, {pk_v.view()}); }
Hash seen_vote(elgamal::Ciphertext const& vote) { return seen_as(kSeenVote, {vote.a.view(), vote.b.view()}); }

}  // namespace

std::string_view phase_name(MeetingPhase phase) {
  switch (phase) {
    case MeetingPhase::kBeforeOpen:
      return "before-open";
    case MeetingPhase::kOpen:
      return "open";
    case MeetingPhase::kClosed:
      return "closed";
  }
  return "";
}

std::string_view phase_name(BatchPhase phase) {
  switch (phase) {
    case BatchPhase::kVoting:
      return "voting";
    case BatchPhase::kClosing:
      return "closing";
    case BatchPhase::kMixing:
      return "mixing";
    case BatchPhase::kConfirming:
      return "confirming";
    case BatchPhase::kOpening:
      return "opening";
    case BatchPhase::kCounted:
      return "counted";
    case BatchPhase::kDeclared:
      return "declared";
    case BatchPhase::kVoided:
      return "voided";
  }
  return "";
}

// ---- Attempt ------------------------------------------------------------------------------------------------------

std::vector<QuestionId> Attempt::live() const {
  std::vector<QuestionId> out;
  std::ranges::copy_if(open.questions, std::back_inserter(out), [&](QuestionId q) { return !voided.contains(q); });
  return out;
}

bool Attempt::recused(PersonId person, QuestionId q) const {
  return std::ranges::binary_search(open.recusals, Recusal{person, q});
}

bool Attempt::present(PersonId person) const { return std::ranges::binary_search(open.present, person); }

std::vector<QuestionId> Attempt::questions_of(PersonId person) const {
  std::vector<QuestionId> out;
  std::ranges::copy_if(open.questions, std::back_inserter(out), [&](QuestionId q) { return !recused(person, q); });
  return out;
}

std::vector<QuestionId> Attempt::live_questions_of(PersonId person) const {
  std::vector<QuestionId> out = questions_of(person);
  std::erase_if(out, [&](QuestionId q) { return voided.contains(q); });
  return out;
}

std::vector<PersonId> Attempt::unconfirmed() const {
  std::vector<PersonId> out;
  for (auto const& [person, envelope] : counted) {
    if (confirms.contains(person) || overridden.contains(person) || live_questions_of(person).empty()) continue;
    out.push_back(person);
  }
  return out;
}

std::uint32_t Attempt::cast(QuestionId q) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(counted, [&](auto const& envelope) { return !recused(envelope.first, q); }));
}

std::uint32_t Attempt::confirmed(QuestionId q) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(confirms, [&](auto const& confirm) {
    auto const row = confirm.second.rows.find(q);
    return row != confirm.second.rows.end() && row->second;
  }));
}

std::optional<std::uint32_t> Attempt::hop_of(TrusteeId trustee) const {
  auto const at = std::ranges::find(hops, trustee);
  if (at == hops.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - hops.begin());
}

// ---- One check and one effect for each type of entry --------------------------------------------------------------

struct Record::Steps {
  /// What a check had to compute anyway and its effect needs again.
  struct Prepared {
    std::vector<Hash> seen;
    std::map<QuestionId, blind_rsa::PublicKey> token_keys;
    std::vector<PendingKeys const*> pending;
    Point election_key;
    std::map<QuestionId, elgamal::Ciphertext> sums;
    std::map<QuestionId, Row> rows;
  };
  /// Where the entry will stand.
  struct Place {
    Hash leaf;
    std::uint64_t index = 0;
  };

  // ---- What exists ----

  static bool is_person(Record const& r, PersonId p) { return p != kServer && p <= r.manifest_.people.size(); }
  static bool is_question(Record const& r, QuestionId q) { return q != 0 && q <= r.manifest_.candidates.size(); }
  static bool is_batch(Record const& r, BatchId b) { return b != 0 && b <= r.manifest_.batches.size(); }
  static bool is_trustee(Record const& r, TrusteeId t) { return t < r.manifest_.trustees.size(); }
  static Batch const& batch(Record const& r, BatchId b) { return r.manifest_.batches[b - 1]; }

  static Attempt const& attempt(Record const& r) { return *r.attempt_; }
  static bool in(Record const& r, std::initializer_list<BatchPhase> phases) {
    return contains(phases, r.attempt_->phase);
  }

  /// `person`, `trustee`, `question` and `batch` of an entry exist, and it is of this meeting or this attempt.
  template <class E>
  static Result<void> names_what_exists(Record const& r, E const& e) {
    if constexpr (requires { e.meeting; }) {
      if (e.meeting != r.meeting_) return Refusal::kUnknown;
    }
    if constexpr (requires { e.batch_open; }) {
      bool const current = r.attempt_ && e.batch_open == r.attempt_->open_hash;
      bool const past = std::is_same_v<E, Erased> && r.past_attempts_.contains(e.batch_open);
      if (!current && !past) return Refusal::kUnknown;
    }
    if constexpr (requires { e.person; }) {
      if (!is_person(r, e.person)) return Refusal::kUnknown;
    }
    if constexpr (requires { e.trustee; }) {
      if (!is_trustee(r, e.trustee)) return Refusal::kUnknown;
    }
    if constexpr (requires { e.question; }) {
      if (!is_question(r, e.question)) return Refusal::kUnknown;
    }
    if constexpr (requires { e.batch; }) {
      if (!is_batch(r, e.batch)) return Refusal::kUnknown;
    }
    return {};
  }

  // ---- Who signs ----

  static RoleWanted one(Role role, PersonId except = 0) { return {role, 1, 1, except}; }
  static RoleWanted every(Manifest const& m, Role role) { return {role, count_role(m, role), count_role(m, role), 0}; }
  static RoleWanted at_least(Manifest const& m, Role role, std::size_t n) { return {role, n, count_role(m, role), 0}; }

  static WaysToSign ways(Record const&, Manifest const& e) {
    return by({at_least(e, kClerk, 1), at_least(e, kChair, 1), every(e, kSupervisor)});
  }
  static WaysToSign ways(Record const&, SignIn const& e) { return by(e.person); }
  static WaysToSign ways(Record const&, SignOut const& e) {
    return e.reason.empty() ? by(e.person) : by({one(kClerk), one(kChair)});
  }
  static WaysToSign ways(Record const&, Recuse const& e) {
    return {{{e.person}, {}}, {{}, {one(kClerk), one(kChair)}}};
  }
  static WaysToSign ways(Record const& r, KeyChange const& e) {
    WaysToSign out = by({one(kChair, e.person)});
    if (r.has_role(e.person, kChair)) out.push_back({{}, {one(kSupervisor)}});
    return out;
  }
  static WaysToSign ways(Record const&, Interview const&) { return by({one(kClerk)}); }
  static WaysToSign ways(Record const&, BatchOpen const&) { return by({one(kChair)}); }
  static WaysToSign ways(Record const&, BatchClose const&) { return by({one(kChair)}); }
  static WaysToSign ways(Record const&, TokenRequest const& e) { return by(e.person); }
  static WaysToSign ways(Record const&, EnvelopeCast const& e) { return by(e.person); }
  static WaysToSign ways(Record const&, Confirm const& e) { return by(e.person); }
  static WaysToSign ways(Record const&, BallotBox const&) { return by(kServer); }
  static WaysToSign ways(Record const&, Incident const&) { return by(kServer); }
  template <class E>
  requires std::same_as<E, BatchKeys> || std::same_as<E, TokensIssued> || std::same_as<E, IssuanceClosed> ||
      std::same_as<E, MixStep> || std::same_as<E, TallyShare> || std::same_as<E, Erased>
  static WaysToSign ways(Record const& r, E const& e) { return by(r.manifest_.trustees[e.trustee]); }
  static WaysToSign ways(Record const& r, Override const& e) {
    return by(
        {one(kChair), e.missing.empty() ? at_least(r.manifest_, kSupervisor, 1) : every(r.manifest_, kSupervisor)});
  }
  static WaysToSign ways(Record const& r, Void const& e) {
    return e.shares_lost ? by({one(kChair), every(r.manifest_, kSupervisor)}) : by({one(kChair)});
  }
  template <class E>
  requires std::same_as<E, Declaration> || std::same_as<E, PaperTally> || std::same_as<E, MeetingClose>
  static WaysToSign ways(Record const& r, E const&) {
    return by({one(kChair), at_least(r.manifest_, kSupervisor, r.manifest_.rules.supervisors_needed)});
  }

  static Result<void> check_signatures(Record const& r, Entry const& entry, WaysToSign const& ways_to_sign,
                                       Signatures signatures) {
    auto const* opening = std::get_if<Manifest>(&entry.body);
    Manifest const& manifest = opening != nullptr ? *opening : r.manifest_;
    if (!fits(ways_to_sign, manifest, signers_of(entry), signatures == Signatures::kComplete)) {
      return Refusal::kNotAuthorised;
    }
    Bytes const input = crypto::entry_signing_input(name(entry.type()), entry.body_bytes);
    for (EntrySignature const& signature : entry.signatures) {
      auto const key = opening == nullptr            ? r.identity_key(signature.signer)
                       : signature.signer == kServer ? std::optional(manifest.server_key)
                                                     : manifest.people[signature.signer - 1].identity_key;
      if (!key) return Refusal::kNotOnRoll;
      if (!crypto::verify(*key, {input}, signature.signature)) return Refusal::kBadSignature;
    }
    return {};
  }

  static Result<void> check_all(Record const& r, Entry const& entry, Signatures signatures, Prepared& prepared) {
    bool const opens = entry.type() == EntryType::kMeetingOpen;
    if (opens != (r.phase_ == MeetingPhase::kBeforeOpen) || r.phase_ == MeetingPhase::kClosed) {
      return Refusal::kWrongPhase;
    }
    return std::visit(
        [&]<class E>(E const& e) -> Result<void> {
          if constexpr (std::is_same_v<E, Manifest>) {
            // Its signers and their keys stand in itself, so it must make sense before they can be asked for.
            if (auto const ok = check_manifest(e); !ok) return ok;
            return check_signatures(r, entry, ways(r, e), signatures);
          } else {
            if (auto const ok = names_what_exists(r, e); !ok) return ok;
            if (auto const ok = check_signatures(r, entry, ways(r, e), signatures); !ok) return ok;
            return check(r, e, prepared);
          }
        },
        entry.body);
  }

  // ---- 10.1 Meeting and people ----

  static void take(Record& r, Manifest const& e, Place const& place, Prepared&) {
    r.phase_ = MeetingPhase::kOpen;
    r.manifest_ = e;
    r.meeting_ = place.leaf;
    r.seen_people_keys_ = {e.server_key, e.checkpoint_key};
    for (PersonId p = 1; p <= e.people.size(); ++p) {
      Person const& person = e.people[p - 1];
      if (!person.identity_key) continue;
      r.keys_[p] = {*person.identity_key, *person.witness_key};
      r.seen_people_keys_.insert(*person.identity_key);
      r.seen_people_keys_.insert(*person.witness_key);
    }
    for (BatchId b = 1; b <= e.batches.size(); ++b) {
      for (QuestionId const q : e.batches[b - 1].candidates) r.questions_[q].batch = b;
    }
  }

  static Result<void> check(Record const& r, SignIn const& e, Prepared&) {
    if (r.has_role(e.person, kScreen)) return Refusal::kNotAuthorised;
    Presence const now = r.presence(e.person);
    if (now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, SignIn const& e, Place const&, Prepared&) {
    r.presence_[e.person] = {true, e.sequence + 1};
  }

  static Result<void> check(Record const& r, SignOut const& e, Prepared&) {
    Presence const now = r.presence(e.person);
    if (!now.signed_in || e.sequence != now.sequence) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, SignOut const& e, Place const&, Prepared&) {
    r.presence_[e.person] = {false, e.sequence + 1};
  }

  static Result<void> check(Record const& r, Recuse const& e, Prepared&) {
    if (!r.has_role(e.person, kExpert)) return Refusal::kNotAuthorised;
    if (e.reason.empty()) return Refusal::kMalformed;
    if (r.questions_.at(e.question).declared) return Refusal::kWrongPhase;
    if (r.in_progress() && contains(r.attempt_->live(), e.question)) return Refusal::kWrongPhase;
    auto const has = r.recusals_.find(e.person);
    if (has != r.recusals_.end() && has->second.contains(e.question)) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Recuse const& e, Place const&, Prepared&) {
    r.recusals_[e.person][e.question] = e.reason;
  }

  static Result<void> check(Record const& r, KeyChange const& e, Prepared&) {
    if (e.reason.empty()) return Refusal::kMalformed;
    if (e.identity_key == e.witness_key || r.seen_people_keys_.contains(e.identity_key) ||
        r.seen_people_keys_.contains(e.witness_key)) {
      return Refusal::kConflict;
    }
    if (!crypto::verify(e.identity_key,
                        {possession_input(r.manifest_.meeting_id, e.person, e.identity_key, e.witness_key)},
                        e.possession)) {
      return Refusal::kBadSignature;
    }
    return {};
  }
  static void take(Record& r, KeyChange const& e, Place const&, Prepared&) {
    r.keys_[e.person] = {e.identity_key, e.witness_key};
    r.seen_people_keys_.insert(e.identity_key);
    r.seen_people_keys_.insert(e.witness_key);
  }

  static Result<void> check(Record const& r, Interview const& e, Prepared&) {
    if (r.manifest_.candidates[e.question - 1].channel != Channel::kExceptional) return Refusal::kOutOfRange;
    if (r.interviews_.contains(e.question)) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Interview const& e, Place const&, Prepared&) {
    r.interviews_[e.question] = e;
    r.questions_.at(e.question).interview = true;
  }

  static Result<void> check(Record const& r, MeetingClose const& e, Prepared&) {
    if (r.in_progress()) return Refusal::kWrongPhase;
    if (e.size < r.settled_ || e.size > r.tree_.size()) return Refusal::kLogInconsistent;
    if (e.root != r.tree_.root(e.size)) return Refusal::kLogInconsistent;
    return {};
  }
  static void take(Record& r, MeetingClose const&, Place const&, Prepared&) { r.phase_ = MeetingPhase::kClosed; }

  // ---- 10.2 Opening ----

  static Result<void> check(Record const& r, BatchKeys const& e, Prepared& prepared) {
    if (e.attempt != r.attempts(e.batch) + 1) return Refusal::kWrongPhase;
    if (e.token_keys.empty()) return Refusal::kMalformed;
    for (auto const& [q, modulus] : e.token_keys) {
      if (!contains(batch(r, e.batch).candidates, q)) return Refusal::kUnknown;
      if (r.questions_.at(q).declared) return Refusal::kWrongPhase;
    }
    auto fresh = [&](Hash const& hash) {
      if (r.seen_trustee_keys_.contains(hash) || contains(prepared.seen, hash)) return false;
      prepared.seen.push_back(hash);
      return true;
    };
    for (auto const& [q, modulus] : e.token_keys) {
      auto key = blind_rsa::PublicKey::from_modulus(modulus, r.manifest_.rules.modulus_bits);
      if (!key || !fresh(seen_as(kSeenModulus, {modulus}))) return Refusal::kKeyParam;
      prepared.token_keys.emplace(q, std::move(*key));
    }
    if (!fresh(seen_as(kSeenMixKey, {e.mix_key.view()})) || !fresh(seen_as(kSeenTallyKey, {e.tally_key.view()}))) {
      return Refusal::kKeyParam;
    }
    // Sealing nothing tells whether anything can be sealed to this key: libsodium refuses those of small order.
    if (!crypto::onion::wrap(std::span(&e.mix_key, 1), Hash{}, {})) return Refusal::kKeyParam;
    if (!elgamal::is_valid_point(e.tally_key)) return Refusal::kKeyParam;
    if (!elgamal::verify_knowledge(e.tally_key, pok_binding(r.meeting_, e.batch, e.attempt, e.trustee), e.pok)) {
      return Refusal::kProof;
    }
    return {};
  }
  static void take(Record& r, BatchKeys const& e, Place const& place, Prepared& prepared) {
    r.pending_keys_[{e.batch, e.trustee}] = {e, place.leaf, std::move(prepared.token_keys)};
    r.seen_trustee_keys_.insert(prepared.seen.begin(), prepared.seen.end());
  }

  /// The roll of a batch that holds `questions`, from who is signed in and who has stepped back.
  struct Roll {
    std::vector<PersonId> present;
    std::vector<Recusal> recusals;
    std::uint32_t left = 0;
  };
  static Roll roll(Record const& r, std::vector<QuestionId> const& questions) {
    Roll out;
    for (PersonId const person : r.experts_present()) {
      std::vector<Recusal> own;
      if (auto const has = r.recusals_.find(person); has != r.recusals_.end()) {
        for (QuestionId const q : questions) {
          if (has->second.contains(q)) own.push_back({person, q});
        }
      }
      if (!own.empty() && r.manifest_.rules.recusal_mode == RecusalMode::kLeave) {
        ++out.left;
        continue;
      }
      out.present.push_back(person);
      out.recusals.insert(out.recusals.end(), own.begin(), own.end());
    }
    return out;
  }
  static BallotShape shape(Record const& r, std::size_t trustees) {
    return {static_cast<std::uint32_t>(trustees), r.manifest_.rules.modulus_bits / 8,
            r.manifest_.rules.abstain_allowed};
  }
  /// A box or a mix that would not fit into an entry or a message must not come about: it would stop an open batch.
  static bool fits_an_entry(Record const& r, BatchOpen const& e) {
    std::size_t const ballots = e.present.size() * e.questions.size() - e.recusals.size();
    std::size_t const each = shape(r, e.keys.size()).bytes() + e.keys.size() * crypto::onion::kLayerBytes + 16;
    return ballots * each <= kBoxBytesMax;
  }

  static Result<void> check(Record const& r, BatchOpen const& e, Prepared& prepared) {
    if (r.in_progress() || e.attempt != r.attempts(e.batch) + 1) return Refusal::kWrongPhase;
    if (e.questions.empty()) return Refusal::kMalformed;
    for (QuestionId const q : e.questions) {
      if (!contains(batch(r, e.batch).candidates, q)) return Refusal::kUnknown;
      if (r.questions_.at(q).declared) return Refusal::kWrongPhase;
    }
    Roll const now = roll(r, e.questions);
    if (e.present != now.present) return Refusal::kConflict;
    if (!quorum_met(r.manifest_.rules, static_cast<std::uint32_t>(e.present.size()), r.manifest_.committee_size)) {
      return Refusal::kQuorum;
    }
    if (e.recusals != now.recusals) return Refusal::kConflict;
    for (QuestionId const q : e.questions) {
      if (r.manifest_.candidates[q - 1].channel == Channel::kExceptional && !r.interviews_.contains(q)) {
        return Refusal::kInterviewMissing;
      }
    }
    if (e.paper) {
      if (!e.keys.empty()) return Refusal::kConflict;
      return {};
    }
    for (QuestionId const q : e.questions) {
      if (r.questions_.at(q).opened) return Refusal::kGateReopened;
    }
    if (auto const ok = check_keys(r, e, prepared); !ok) return ok;
    if (!fits_an_entry(r, e)) return Refusal::kTooLarge;
    return {};
  }
  static Result<void> check_keys(Record const& r, BatchOpen const& e, Prepared& prepared) {
    if (e.keys.size() < r.manifest_.rules.trustees_min) return Refusal::kKeyUnlogged;
    std::vector<Point> shares;
    for (Hash const& leaf : e.keys) {
      auto const found = std::ranges::find_if(
          r.pending_keys_, [&](auto const& item) { return item.first.first == e.batch && item.second.leaf == leaf; });
      if (found == r.pending_keys_.end()) return Refusal::kKeyUnlogged;
      PendingKeys const& pending = found->second;
      for (QuestionId const q : e.questions) {
        if (!pending.token_keys.contains(q)) return Refusal::kKeyUnlogged;
      }
      if (!prepared.pending.empty() && prepared.pending.back()->keys.trustee >= pending.keys.trustee) {
        return Refusal::kNotCanonical;
      }
      prepared.pending.push_back(&pending);
      shares.push_back(pending.keys.tally_key);
    }
    if (prepared.pending.front()->keys.trustee != 0) return Refusal::kKeyUnlogged;
    auto const sum = elgamal::sum(shares);
    if (!sum || !elgamal::is_valid_point(*sum)) return Refusal::kKeyParam;
    prepared.election_key = *sum;
    return {};
  }
  static void take(Record& r, BatchOpen const& e, Place const& place, Prepared& prepared) {
    if (r.attempt_) {
      Attempt& last = *r.attempt_;
      r.past_attempts_[last.open_hash] = {last.open.batch, last.open.attempt, std::move(last.hops),
                                          std::move(last.erased)};
    }
    Attempt next;
    next.open = e;
    next.open_hash = place.leaf;
    next.open_index = place.index;
    next.open_witnesses = r.witnesses();
    next.left = roll(r, e.questions).left;
    auto contexts = std::make_shared<std::map<QuestionId, BallotContext>>();
    if (!e.paper) {
      next.shape = shape(r, prepared.pending.size());
      next.election_key = prepared.election_key;
      for (PendingKeys const* pending : prepared.pending) {
        next.hops.push_back(pending->keys.trustee);
        next.keys.push_back(pending->keys);
      }
      for (QuestionId const q : e.questions) {
        BallotContext context{next.shape, q, meeting::context(next.open_hash, q), next.election_key, {}};
        for (PendingKeys const* pending : prepared.pending) context.token_keys.push_back(pending->token_keys.at(q));
        contexts->emplace(q, std::move(context));
      }
    }
    next.contexts = std::move(contexts);
    // Keys for an attempt that is over or has begun are of no use any more.
    std::erase_if(r.pending_keys_, [&](auto const& item) { return item.first.first == e.batch; });
    ++r.attempts_[e.batch];
    for (QuestionId const q : e.questions) ++r.questions_.at(q).attempts;
    r.attempt_ = std::move(next);
  }

  // ---- 10.3 Voting, closing, mixing ----

  static bool voting(Record const& r) { return in(r, {BatchPhase::kVoting}) && !r.attempt_->open.paper; }
  template <class Counts>
  static bool covers(Counts const& counts, std::vector<QuestionId> const& questions) {
    return std::ranges::equal(counts, questions, {}, [](auto const& item) { return item.first; });
  }

  static Result<void> check(Record const& r, TokenRequest const& e, Prepared&) {
    if (!voting(r)) return Refusal::kWrongPhase;
    if (!attempt(r).present(e.person)) return Refusal::kNotOnRoll;
    if (attempt(r).questions_of(e.person).empty()) return Refusal::kRecused;
    if (attempt(r).requests.contains(e.person)) return Refusal::kAlreadyIssued;
    return {};
  }
  static void take(Record& r, TokenRequest const& e, Place const& place, Prepared&) {
    r.attempt_->requests[e.person] = e;
    r.attempt_->request_index[e.person] = place.index;
  }

  static Result<void> check(Record const& r, TokensIssued const& e, Prepared&) {
    if (!voting(r)) return Refusal::kWrongPhase;
    if (!attempt(r).hop_of(e.trustee)) return Refusal::kNotAuthorised;
    if (!attempt(r).requests.contains(e.person)) return Refusal::kWrongPhase;
    auto const issued = attempt(r).issued.find(e.person);
    if (issued != attempt(r).issued.end() && issued->second.contains(e.trustee)) return Refusal::kAlreadyIssued;
    return {};
  }
  static void take(Record& r, TokensIssued const& e, Place const&, Prepared&) {
    r.attempt_->issued[e.person].insert(e.trustee);
  }

  static Result<void> check(Record const& r, EnvelopeCast const& e, Prepared&) {
    if (!voting(r)) return Refusal::kWrongPhase;
    if (!attempt(r).present(e.person)) return Refusal::kNotOnRoll;
    auto const issued = attempt(r).issued.find(e.person);
    if (issued == attempt(r).issued.end() || issued->second.size() != attempt(r).hops.size()) {
      return Refusal::kWrongPhase;
    }
    auto const before = attempt(r).casts.find(e.person);
    if (e.sequence != (before == attempt(r).casts.end() ? 0 : before->second.sequence + 1)) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, EnvelopeCast const& e, Place const& place, Prepared&) {
    r.attempt_->envelopes[e.person] = place.leaf;
    r.attempt_->casts[e.person] = e;
  }

  static Result<void> check(Record const& r, BatchClose const& e, Prepared&) {
    if (!voting(r)) return Refusal::kWrongPhase;
    if (e.envelopes != attempt(r).envelopes) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, BatchClose const& e, Place const&, Prepared&) {
    r.attempt_->counted = e.envelopes;
    r.attempt_->phase = BatchPhase::kClosing;
  }

  static Result<void> check(Record const& r, IssuanceClosed const& e, Prepared&) {
    if (!in(r, {BatchPhase::kClosing})) return Refusal::kWrongPhase;
    if (!attempt(r).hop_of(e.trustee)) return Refusal::kNotAuthorised;
    if (attempt(r).issuance_closed.contains(e.trustee)) return Refusal::kConflict;
    std::map<QuestionId, std::uint32_t> issued;
    for (QuestionId const q : attempt(r).open.questions) issued[q] = 0;
    for (auto const& [person, trustees] : attempt(r).issued) {
      if (!trustees.contains(e.trustee)) continue;
      for (QuestionId const q : attempt(r).questions_of(person)) ++issued[q];
    }
    if (e.issued != issued) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, IssuanceClosed const& e, Place const&, Prepared&) {
    Attempt& a = *r.attempt_;
    a.issuance_closed.insert(e.trustee);
    if (a.issuance_closed.size() == a.hops.size()) a.phase = BatchPhase::kMixing;
  }

  static Result<void> check(Record const& r, MixStep const& e, Prepared&) {
    Attempt const& a = attempt(r);
    if (a.phase != BatchPhase::kMixing) return Refusal::kWrongPhase;
    if (!a.hop_of(e.trustee)) return Refusal::kNotAuthorised;
    if (a.hop_of(e.trustee) != a.mixes.size()) return Refusal::kWrongPhase;
    if (!covers(e.counts, a.live())) return Refusal::kConflict;
    for (auto const& [q, count] : e.counts) {
      if (count.in != (a.mixes.empty() ? a.cast(q) : a.mixes.back().counts.at(q).out)) return Refusal::kMixSize;
      if (count.out > count.in) return Refusal::kOutOfRange;
    }
    return {};
  }
  static void take(Record& r, MixStep const& e, Place const&, Prepared&) { r.attempt_->mixes.push_back(e); }

  static Result<void> check(Record const& r, BallotBox const& e, Prepared& prepared) {
    Attempt const& a = attempt(r);
    if (a.phase != BatchPhase::kMixing || a.mixes.size() != a.hops.size()) return Refusal::kWrongPhase;
    if (!covers(e.boxes, a.live())) return Refusal::kConflict;
    // First what costs nothing.
    for (auto const& [q, box] : e.boxes) {
      std::uint64_t total = box.ballots.size();
      for (auto const& [code, count] : box.refused) {
        auto const refusal = static_cast<Refusal>(code);
        if (code > 0xffff || refusal < Refusal::kBallotToken || refusal > Refusal::kBallotDuplicate || count == 0) {
          return Refusal::kOutOfRange;
        }
        total += count;
      }
      if (total != a.mixes.back().counts.at(q).out) return Refusal::kGateCount;
    }
    std::unordered_set<Hash, FixedBytesHash<Hash>> here;
    for (auto const& [q, box] : e.boxes) {
      if (auto const ok = check_question_box(r, q, box, here, prepared); !ok) return ok;
    }
    prepared.seen.assign(here.begin(), here.end());
    return {};
  }
  static Result<void> check_question_box(Record const& r, QuestionId q, QuestionBox const& box,
                                         std::unordered_set<Hash, FixedBytesHash<Hash>>& here, Prepared& prepared) {
    std::vector<Point> a, b;
    Bytes const* before = nullptr;
    for (Bytes const& bytes : box.ballots) {
      auto const ballot = parse_ballot(attempt(r).shape, bytes);
      if (!ballot) return ballot.error();
      // An order that is not by bytes could tell who voted when.
      if (before != nullptr && *before >= bytes) return Refusal::kBallotEncoding;
      before = &bytes;
      if (ballot->question != q) return Refusal::kBallotContext;
      for (Hash const& hash : {seen_key(ballot->pk_v), seen_vote(ballot->vote)}) {
        if (r.seen_ballots_.contains(hash) || !here.insert(hash).second) return Refusal::kBallotDuplicate;
      }
      a.push_back(ballot->vote.a);
      b.push_back(ballot->vote.b);
    }
    // Adding them up refuses every point that is not valid, and the identity.
    auto const sum_a = elgamal::sum(a);
    auto const sum_b = elgamal::sum(b);
    if (!sum_a || !sum_b) return Refusal::kBallotEncoding;
    prepared.sums[q] = {*sum_a, *sum_b};
    return {};
  }
  static void take(Record& r, BallotBox const& e, Place const& place, Prepared& prepared) {
    Attempt& a = *r.attempt_;
    a.box = std::make_shared<BallotBox const>(e);
    a.box_hash = place.leaf;
    a.box_index = place.index;
    a.box_witnesses = r.witnesses();
    a.sums = std::move(prepared.sums);
    a.phase = BatchPhase::kConfirming;
    r.seen_ballots_.insert(prepared.seen.begin(), prepared.seen.end());
  }

  static Result<void> check(Record const& r, Incident const& e, Prepared&) {
    if (e.code == 0 || e.code > static_cast<std::uint32_t>(Refusal::kInternal)) return Refusal::kOutOfRange;
    if (attempt(r).incidents.contains({e.person, e.code})) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Incident const& e, Place const&, Prepared&) {
    r.attempt_->incidents.insert({e.person, e.code});
  }

  // ---- 10.4 Confirming, opening, declaring ----

  static bool signed_missing(Attempt const& a, PersonId person) {
    auto const confirm = a.confirms.find(person);
    return confirm != a.confirms.end() && std::ranges::any_of(confirm->second.rows, [&](auto const& row) {
             return !row.second && !a.voided.contains(row.first);
           });
  }

  static Result<void> check(Record const& r, Confirm const& e, Prepared&) {
    Attempt const& a = attempt(r);
    if (a.phase != BatchPhase::kConfirming) return Refusal::kWrongPhase;
    if (!a.counted.contains(e.person)) return Refusal::kNotOnRoll;
    if (e.box != a.box_hash) return Refusal::kUnknown;
    if (a.confirms.contains(e.person)) return Refusal::kConflict;
    if (!covers(e.rows, a.live_questions_of(e.person))) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Confirm const& e, Place const&, Prepared&) { r.attempt_->confirms[e.person] = e; }

  static Result<void> check(Record const& r, Override const& e, Prepared&) {
    Attempt const& a = attempt(r);
    if (a.phase != BatchPhase::kConfirming) return Refusal::kWrongPhase;
    if (e.box != a.box_hash) return Refusal::kUnknown;
    if (e.reason.empty() || (e.silent.empty() && e.missing.empty())) return Refusal::kMalformed;
    std::set<PersonId> named;
    for (PersonId const person : e.silent) {
      if (!a.counted.contains(person)) return Refusal::kNotOnRoll;
      if (a.confirms.contains(person) || a.overridden.contains(person) || !named.insert(person).second) {
        return Refusal::kConflict;
      }
    }
    for (PersonId const person : e.missing) {
      if (!a.counted.contains(person)) return Refusal::kNotOnRoll;
      // Who was passed over as silent may have signed MISSING since: only this kind of override lifts that.
      if (!signed_missing(a, person) || a.overridden_missing.contains(person) || !named.insert(person).second) {
        return Refusal::kConflict;
      }
    }
    named.insert(a.overridden.begin(), a.overridden.end());
    if (named.size() > r.manifest_.rules.max_unconfirmed) return Refusal::kGateOverride;
    return {};
  }
  static void take(Record& r, Override const& e, Place const&, Prepared&) {
    r.attempt_->overridden.insert(e.silent.begin(), e.silent.end());
    r.attempt_->overridden.insert(e.missing.begin(), e.missing.end());
    r.attempt_->overridden_missing.insert(e.missing.begin(), e.missing.end());
  }

  static Result<void> gate(Attempt const& a) {
    if (!a.unconfirmed().empty()) return Refusal::kGateUnconfirmed;
    for (auto const& [person, envelope] : a.counted) {
      if (signed_missing(a, person) && !a.overridden_missing.contains(person)) return Refusal::kGateMissing;
    }
    for (QuestionId const q : a.live()) {
      std::size_t const ballots = a.box->boxes.at(q).ballots.size();
      if (ballots < kBallotsMin) return Refusal::kGateTooFew;
      if (ballots > a.cast(q)) return Refusal::kGateCount;
    }
    return {};
  }

  static Figures figures(Attempt const& a, QuestionId q) {
    Figures out;
    out.present = static_cast<std::uint32_t>(a.open.present.size());
    out.left = a.left;
    out.recused = static_cast<std::uint32_t>(
        std::ranges::count_if(a.open.recusals, [&](Recusal const& recusal) { return recusal.question == q; }));
    if (a.open.paper) return out;
    out.cast = a.cast(q);
    out.box = static_cast<std::uint32_t>(a.box->boxes.at(q).ballots.size());
    out.confirmed = a.confirmed(q);
    return out;
  }

  static Result<void> check(Record const& r, TallyShare const& e, Prepared& prepared) {
    Attempt const& a = attempt(r);
    if (!in(r, {BatchPhase::kConfirming, BatchPhase::kOpening})) return Refusal::kWrongPhase;
    auto const hop = a.hop_of(e.trustee);
    if (!hop) return Refusal::kNotAuthorised;
    if (e.box != a.box_hash) return Refusal::kUnknown;
    if (auto const open = gate(a); !open) return open;
    if (a.shares.contains(e.trustee)) return Refusal::kConflict;
    if (!covers(e.shares, a.live())) return Refusal::kConflict;
    for (auto const& [q, share] : e.shares) {
      if (!elgamal::verify_tally_share(a.keys[*hop].tally_key, a.sums.at(q).a, share,
                                       dleq_binding(a.contexts->at(q).ctx, a.box_hash, e.trustee))) {
        return Refusal::kProof;
      }
    }
    if (a.shares.size() + 1 < a.hops.size()) return {};
    for (auto const& [q, share] : e.shares) {
      std::vector<Point> points{share.d};
      for (auto const& [trustee, other] : a.shares) points.push_back(other.shares.at(q).d);
      Figures of = figures(a, q);
      auto const sums = elgamal::decode_sum(a.sums.at(q).b, points, of.box);
      if (!sums) return Refusal::kThresholdRule;
      of.agree = sums->agree;
      of.disagree = sums->disagree;
      auto const row = make_row(r.manifest_.rules, of);
      if (!row) return row.error();
      prepared.rows[q] = *row;
    }
    return {};
  }
  static void take(Record& r, TallyShare const& e, Place const&, Prepared& prepared) {
    Attempt& a = *r.attempt_;
    a.phase = BatchPhase::kOpening;
    a.shares[e.trustee] = e;
    for (QuestionId const q : a.live()) r.questions_.at(q).opened = true;
    if (a.shares.size() == a.hops.size()) {
      a.rows = std::move(prepared.rows);
      a.phase = BatchPhase::kCounted;
    }
  }

  static Result<void> check(Record const& r, Declaration const& e, Prepared&) {
    Attempt const& a = attempt(r);
    if (a.phase != BatchPhase::kCounted) return Refusal::kWrongPhase;
    if (!covers(e.rows, a.live())) return Refusal::kConflict;
    for (auto const& [q, row] : e.rows) {
      if (!balances(row)) return Refusal::kUnbalancedRow;
    }
    if (e.rows != a.rows) return Refusal::kThresholdRule;
    return {};
  }
  static void take(Record& r, Declaration const& e, Place const&, Prepared&) {
    for (auto const& [q, row] : e.rows) r.questions_.at(q).declared = row;
    end(*r.attempt_, BatchPhase::kDeclared);
  }

  static void end(Attempt& a, BatchPhase phase) {
    a.phase = phase;
    a.box.reset();
  }

  static Result<void> check(Record const& r, Void const& e, Prepared&) {
    Attempt const& a = attempt(r);
    bool const opening = a.phase == BatchPhase::kOpening;
    if (e.shares_lost
            ? !opening
            : !in(r, {BatchPhase::kVoting, BatchPhase::kClosing, BatchPhase::kMixing, BatchPhase::kConfirming})) {
      return Refusal::kWrongPhase;
    }
    if (e.reason.empty()) return Refusal::kMalformed;
    for (QuestionId const q : e.questions) {
      if (!contains(a.open.questions, q)) return Refusal::kUnknown;
      if (a.voided.contains(q)) return Refusal::kConflict;
    }
    // A lost trustee is lost to all questions; to leave out only those whose result displeases is no one's right.
    if (e.shares_lost && !e.questions.empty() && e.questions != a.live()) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Void const& e, Place const&, Prepared&) {
    std::vector<QuestionId> const out = e.questions.empty() ? r.attempt_->live() : e.questions;
    void_questions(*r.attempt_, out);
  }
  static void void_questions(Attempt& a, std::vector<QuestionId> const& questions) {
    a.voided.insert(questions.begin(), questions.end());
    if (a.voided.size() == a.open.questions.size()) end(a, BatchPhase::kVoided);
  }

  static Result<void> check(Record const& r, PaperTally const& e, Prepared& prepared) {
    Attempt const& a = attempt(r);
    if (!a.open.paper || a.phase != BatchPhase::kVoting) return Refusal::kWrongPhase;
    if (!covers(e.rows, a.live())) return Refusal::kConflict;
    for (auto const& [q, paper] : e.rows) {
      // More papers than were given out: this question's round is void, whatever they say.
      if (paper.returned > paper.issued) continue;
      auto const row = make_paper_row(r.manifest_.rules, figures(a, q), paper);
      if (!row) return row.error();
      prepared.rows[q] = *row;
    }
    return {};
  }
  static void take(Record& r, PaperTally const& e, Place const&, Prepared& prepared) {
    Attempt& a = *r.attempt_;
    std::vector<QuestionId> out;
    for (auto const& [q, paper] : e.rows) {
      if (!prepared.rows.contains(q)) out.push_back(q);
    }
    a.rows = std::move(prepared.rows);
    a.phase = BatchPhase::kCounted;
    void_questions(a, out);
  }

  static Result<void> check(Record const& r, Erased const& e, Prepared&) {
    bool const current = e.batch_open == attempt(r).open_hash;
    if (current && r.in_progress()) return Refusal::kWrongPhase;
    auto const& hops = current ? attempt(r).hops : r.past_attempts_.at(e.batch_open).hops;
    auto const& erased = current ? attempt(r).erased : r.past_attempts_.at(e.batch_open).erased;
    if (!contains(hops, e.trustee)) return Refusal::kNotAuthorised;
    if (erased.contains(e.trustee)) return Refusal::kConflict;
    return {};
  }
  static void take(Record& r, Erased const& e, Place const&, Prepared&) {
    bool const current = e.batch_open == r.attempt_->open_hash;
    (current ? r.attempt_->erased : r.past_attempts_.at(e.batch_open).erased).insert(e.trustee);
  }
};

// ---- Record -------------------------------------------------------------------------------------------------------

Result<void> Record::check(Entry const& entry, Signatures signatures) const {
  Steps::Prepared prepared;
  return Steps::check_all(*this, entry, signatures, prepared);
}

namespace {
/// Entries that change no result and may come between the drafting and the last signature of MeetingClose.
bool settles_nothing(EntryType type) {
  switch (type) {
    case EntryType::kSignIn:
    case EntryType::kSignOut:
    case EntryType::kKeyChange:
    case EntryType::kBatchKeys:
    case EntryType::kErased:
    case EntryType::kIncident:
      return true;
    default:
      return false;
  }
}
}  // namespace

Result<void> Record::apply(ByteView bytes) {
  auto const entry = decode_entry(bytes);
  if (!entry) return entry.error();
  return apply(*entry, bytes);
}

Result<void> Record::apply(Entry const& entry, ByteView bytes) {
  Steps::Prepared prepared;
  if (auto const ok = Steps::check_all(*this, entry, Signatures::kComplete, prepared); !ok) return ok;
  Steps::Place const place{log::leaf_hash(bytes), tree_.size()};
  std::visit([&](auto const& body) { Steps::take(*this, body, place, prepared); }, entry.body);
  tree_.append(place.leaf);
  if (!settles_nothing(entry.type())) settled_ = tree_.size();
  return {};
}

std::optional<SigningPublicKey> Record::identity_key(PersonId person) const {
  if (person == kServer)
    return phase_ == MeetingPhase::kBeforeOpen ? std::nullopt : std::optional(manifest_.server_key);
  auto const found = keys_.find(person);
  if (found == keys_.end()) return std::nullopt;
  return found->second.identity;
}

std::optional<SigningPublicKey> Record::witness_key(PersonId person) const {
  auto const found = keys_.find(person);
  if (found == keys_.end()) return std::nullopt;
  return found->second.witness;
}

bool Record::has_role(PersonId person, Role role) const {
  return Steps::is_person(*this, person) && (manifest_.people[person - 1].roles & role) != 0;
}

Presence Record::presence(PersonId person) const {
  auto const found = presence_.find(person);
  return found == presence_.end() ? Presence{} : found->second;
}

std::vector<PersonId> Record::experts_present() const {
  std::vector<PersonId> out;
  for (auto const& [person, presence] : presence_) {
    if (presence.signed_in && has_role(person, kExpert)) out.push_back(person);
  }
  return out;
}

std::vector<PersonId> Record::witnesses() const {
  std::vector<PersonId> out;
  for (auto const& [person, presence] : presence_) {
    if (presence.signed_in) out.push_back(person);
  }
  return out;
}

bool Record::in_progress() const {
  return attempt_ && attempt_->phase != BatchPhase::kDeclared && attempt_->phase != BatchPhase::kVoided;
}

bool Record::ballot_seen(SigningPublicKey const& pk_v, elgamal::Ciphertext const& vote) const {
  return seen_ballots_.contains(seen_key(pk_v)) || seen_ballots_.contains(seen_vote(vote));
}

std::uint32_t Record::attempts(BatchId batch) const {
  auto const found = attempts_.find(batch);
  return found == attempts_.end() ? 0 : found->second;
}

std::vector<QuestionId> Record::undecided(BatchId batch) const {
  std::vector<QuestionId> out;
  if (!Steps::is_batch(*this, batch)) return out;
  std::ranges::copy_if(Steps::batch(*this, batch).candidates, std::back_inserter(out),
                       [&](QuestionId q) { return !questions_.at(q).declared; });
  return out;
}

Result<void> Record::gate() const {
  if (!attempt_ || !attempt_->box || !Steps::in(*this, {BatchPhase::kConfirming, BatchPhase::kOpening})) {
    return Refusal::kWrongPhase;
  }
  return Steps::gate(*attempt_);
}

Result<BatchOpen> Record::draft_batch_open(BatchId batch, bool paper, bool allow_fewer_trustees) const {
  if (phase_ != MeetingPhase::kOpen) return Refusal::kWrongPhase;
  if (!Steps::is_batch(*this, batch)) return Refusal::kUnknown;
  if (in_progress()) return Refusal::kWrongPhase;
  BatchOpen out;
  out.meeting = meeting_;
  out.batch = batch;
  out.attempt = attempts(batch) + 1;
  out.paper = paper;
  out.questions = undecided(batch);
  if (out.questions.empty()) return Refusal::kWrongPhase;
  if (!paper) {
    std::erase_if(out.questions, [&](QuestionId q) { return questions_.at(q).opened; });
    if (out.questions.empty()) return Refusal::kGateReopened;
    for (auto const& [whose, pending] : pending_keys_) {
      if (whose.first != batch) continue;
      out.keys.push_back(pending.leaf);
      std::erase_if(out.questions, [&covered = pending.token_keys](QuestionId q) { return !covered.contains(q); });
    }
    std::size_t const enough = allow_fewer_trustees ? manifest_.rules.trustees_min : manifest_.trustees.size();
    if (out.keys.size() < enough || out.questions.empty()) return Refusal::kKeyUnlogged;
  }
  auto roll = Steps::roll(*this, out.questions);
  out.present = std::move(roll.present);
  out.recusals = std::move(roll.recusals);
  // The rules themselves say whether the draft would stand.
  Steps::Prepared prepared;
  if (auto const ok = Steps::check(*this, out, prepared); !ok) return ok.error();
  return out;
}

Result<BatchClose> Record::draft_batch_close() const {
  if (!attempt_ || !Steps::voting(*this)) return Refusal::kWrongPhase;
  return BatchClose{attempt_->open_hash, attempt_->envelopes};
}

Result<Declaration> Record::draft_declaration() const {
  if (!attempt_ || attempt_->phase != BatchPhase::kCounted) return Refusal::kWrongPhase;
  return Declaration{attempt_->open_hash, attempt_->rows};
}

Result<MeetingClose> Record::draft_meeting_close() const {
  if (phase_ != MeetingPhase::kOpen || in_progress()) return Refusal::kWrongPhase;
  return MeetingClose{meeting_, tree_.size(), tree_.root()};
}

BallotContext const& Record::ballot_context(QuestionId q) const { return attempt_->contexts->at(q); }

bool Record::wants_signature(Entry const& entry, PersonId person) const {
  std::vector<PersonId> signers = signers_of(entry);
  if (contains(signers, person)) return false;
  signers.push_back(person);
  return std::visit(
      [&]<class E>(E const& e) {
        if constexpr (std::is_same_v<E, Manifest>) {
          return fits(Steps::ways(*this, e), e, signers, false);
        } else {
          return Steps::names_what_exists(*this, e).has_value() &&
                 fits(Steps::ways(*this, e), manifest_, signers, false);
        }
      },
      entry.body);
}

bool Record::signatures_complete(Entry const& entry) const {
  return std::visit(
      [&]<class E>(E const& e) {
        if constexpr (std::is_same_v<E, Manifest>) {
          return fits(Steps::ways(*this, e), e, signers_of(entry), true);
        } else {
          return Steps::names_what_exists(*this, e).has_value() &&
                 fits(Steps::ways(*this, e), manifest_, signers_of(entry), true);
        }
      },
      entry.body);
}

// ---- Witnesses ----------------------------------------------------------------------------------------------------

Result<void> Witnesses::add(Record const& record, log::Cosignature const& cosignature) {
  auto const key = record.witness_key(cosignature.person);
  if (!key) return Refusal::kNotOnRoll;
  // The signature first: only what the person really signed may raise the alarm of a split.
  auto const valid = log::verify_cosignature(cosignature, record.manifest().origin(), *key);
  if (!valid) return valid;
  if (cosignature.tree_size == 0 || cosignature.tree_size > record.size()) return Refusal::kOutOfRange;
  if (cosignature.root != record.tree().root(cosignature.tree_size)) return Refusal::kLogInconsistent;
  std::uint64_t& largest = largest_[cosignature.person];
  largest = std::max(largest, cosignature.tree_size);
  return {};
}

std::uint32_t Witnesses::count(std::uint64_t index, std::vector<PersonId> const& among) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(among, [&](PersonId person) {
    auto const found = largest_.find(person);
    return found != largest_.end() && found->second > index;
  }));
}

bool Witnesses::enough(std::uint64_t index, std::vector<PersonId> const& among) const {
  return count(index, among) >= cosignatures_needed(static_cast<std::uint32_t>(among.size()));
}

// ---- The whole box ------------------------------------------------------------------------------------------------

std::optional<BallotRefusal> check_box(Record const& record, ParallelFor const& parallel) {
  auto const& attempt = record.attempt();
  if (!attempt || !attempt->box) return BallotRefusal{Refusal::kWrongPhase};
  struct Work {
    BallotContext const* context;
    Bytes const* ballot;
  };
  std::vector<Work> work;
  for (auto const& [q, box] : attempt->box->boxes) {
    if (attempt->voided.contains(q)) continue;
    for (Bytes const& ballot : box.ballots) work.push_back({&record.ballot_context(q), &ballot});
  }
  std::vector<std::optional<BallotRefusal>> verdicts(work.size());
  auto const one = [&](std::size_t i) { verdicts[i] = check_ballot(*work[i].context, *work[i].ballot); };
  if (parallel) {
    parallel(work.size(), one);
  } else {
    for (std::size_t i = 0; i < work.size(); ++i) one(i);
  }
  auto const bad = std::ranges::find_if(verdicts, [](auto const& verdict) { return verdict.has_value(); });
  return bad == verdicts.end() ? std::nullopt : *bad;
}

}  // namespace piaojue::meeting
