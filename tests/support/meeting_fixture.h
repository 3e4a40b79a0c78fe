// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A whole meeting in memory, with real cryptography and no server, clients or clock: the people's keys, what each
/// expert's program and each trustee keep, the record, and one function for each step. Every step says what
/// `Record::apply` said; `must` turns a refusal into an exception, for the steps that a test only needs to have
/// happened.
///
///     test::Meeting meeting({.experts = 5});
///     meeting.begin();                                        // MeetingOpen, and everybody signs in
///     meeting.run_batch(1, meeting.votes(1, 4, 1));           // BatchKeys … Declaration, Erased
///     meeting.tamper_body = [](Body& body) { … };             // from here on, before the body is signed
///
/// People: experts 1 … n, then chairs, clerks, supervisors, one screen.
#include <functional>
#include <memory>
#include <sstream>

#include "base/explained.h"
#include "crypto/box.h"
#include "crypto/onion.h"
#include "protocol/meeting/check_opening.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/record_file.h"
#include "protocol/meeting/witnesses.h"

namespace piaojue::test {

using namespace piaojue::meeting;  // NOLINT: tests speak the room's words
using crypto::elgamal::Choice;

/// Token keys by number, 0 … 779, 2048 bits, all different; the same number is the same key in every process. Made from
/// committed primes, because finding primes would take most of the time of a test. From 780 on they are found anew.
std::shared_ptr<crypto::blind_rsa::PrivateKey const> pooled_token_key(std::size_t number);

/// Throws std::logic_error that names the refusal.
void must(Result<void> const& result);
template <class T>
T must(Result<T> result) {
  if (!result) must(Result<void>(result.error()));
  return std::move(*result);
}

void must(Explained<void> const& result);
template <class T>
T must(Explained<T> result) {
  if (!result) must(Explained<void>(result.error()));
  return std::move(*result);
}

/// What a person chose, question by question.
using Votes = std::map<PersonId, std::map<QuestionId, Choice>>;

struct MeetingOptions {
  std::uint32_t experts = 5;
  std::uint32_t committee_size = 0;  ///< 0: as many as experts, or the next odd number; 7 at least
  std::uint32_t trustees = 3;        ///< the server, then chairs, supervisors, clerks and experts as many as needed
  std::uint32_t chairs = 1;
  std::uint32_t clerks = 1;
  std::uint32_t supervisors = 2;
  std::vector<std::uint32_t> batches = {1};  ///< questions in each; numbered through
  std::set<QuestionId> exceptional = {};
  Rules rules = {};
  bool rehearsal = false;
  bool first_expert_is_chair = false;
  std::set<PersonId> not_enrolled = {};  ///< without keys in the manifest
};

class Meeting {
 public:
  explicit Meeting(MeetingOptions options = {});

  // ---- People ----
  struct PersonKeys {
    crypto::SigningKey identity = crypto::SigningKey::generate();
    crypto::SigningKey witness = crypto::SigningKey::generate();
    crypto::BoxKey box = crypto::BoxKey::generate();
  };
  MeetingOptions options;
  PersonId expert(std::uint32_t i) const { return i; }  ///< from 1
  PersonId chair(std::uint32_t i = 1) const { return options.experts + i; }
  PersonId clerk(std::uint32_t i = 1) const { return chair(options.chairs) + i; }
  PersonId supervisor(std::uint32_t i = 1) const { return clerk(options.clerks) + i; }
  PersonId screen() const { return supervisor(options.supervisors) + 1; }
  std::vector<PersonId> supervisors() const;
  std::vector<PersonId> openers() const;  ///< who signs MeetingOpen
  /// Who signs now as the office: the first chair and every supervisor who is signed in (nobody in: the first one).
  std::vector<PersonId> office() const;
  /// As many of the committee as are needed now. Throws where there is none.
  std::vector<PersonId> committee(PersonId concerned = kNobody) const;
  PersonKeys& keys_of(PersonId person) { return people[person]; }
  std::map<PersonId, PersonKeys> people;  ///< 0: the server; its witness key is the checkpoint key
  /// Fills in the public keys and their possession.
  Person enrolled(Person person, PersonId number) const;

  // ---- The log ----
  Record record;
  std::vector<Bytes> entries;
  Manifest manifest;  ///< to be changed before `begin`
  Attempt const& attempt() const { return *record.attempt(); }
  Hash const& batch_open() const { return record.attempt()->open_hash; }

  /// Changes bodies before they are signed, and entries before they are handed in. They stay until they are taken away.
  std::function<void(Body&)> tamper_body;
  std::function<void(Bytes&)> tamper_entry;

  Bytes signed_by(Body const& body, std::vector<PersonId> const& signers) const;
  /// Signs, applies, and keeps the entry if it was taken.
  Result<void> submit(Body body, std::vector<PersonId> const& signers);
  Result<void> submit_bytes(Bytes const& entry);

  // ---- Meeting and people ----
  Result<void> open_meeting();
  Result<void> sign_in(PersonId person);
  SignOut make_sign_out(PersonId person) const;  ///< by oneself
  Result<void> sign_out(PersonId person);
  Result<void> sign_out_saying(PersonId person, bool not_cast);  ///< of the attempt in progress
  Result<void> sign_out_by(PersonId person, std::vector<PersonId> const& signers);
  /// Fresh keys; from then on `people` has them, if it was taken.
  Result<void> change_keys(PersonId person, std::vector<PersonId> const& signers);
  Result<void> change_trustee(TrusteeId trustee, PersonId person, std::vector<PersonId> signers);
  Result<void> recuse(PersonId person, QuestionId q);
  Result<void> recuse_by(PersonId person, QuestionId q, std::vector<PersonId> const& signers);
  /// @param beside who signs besides the person.
  Result<void> recuse_back(PersonId person, QuestionId q, std::vector<PersonId> const& beside = {});
  Result<void> interview(QuestionId q);
  /// `open_meeting`, then these sign in; nobody named: everybody but the screen.
  void begin(std::vector<PersonId> const& who = {});
  Result<void> close_meeting();

  // ---- A batch, step by step ----
  struct TrusteeKeys {
    std::map<QuestionId, std::shared_ptr<crypto::blind_rsa::PrivateKey const>> token_keys;
    crypto::onion::MixKey mix_key = crypto::onion::MixKey::generate();
    crypto::elgamal::TallyKey tally_key = crypto::elgamal::TallyKey::generate();
  };
  struct ExpertState {
    struct Token {
      crypto::SigningKey sk_v = crypto::SigningKey::generate();
      crypto::TokenPrefix prefix;
      std::vector<crypto::blind_rsa::Blinding> blindings;  ///< by hop
      std::vector<Bytes> tokens;                           ///< finalized, by hop
    };
    std::map<QuestionId, Token> tokens;
    std::map<QuestionId, Bytes> ballots;
    std::map<QuestionId, KeptVote> kept;  ///< what can open them
    Secret seed;                          ///< of the onions
    Onions onions;
    std::map<TrusteeId, BlindSigs> issued;
  };
  /// Of the trustees of the next attempt of each batch, and of those that were opened.
  std::map<std::tuple<BatchId, std::uint32_t, TrusteeId>, TrusteeKeys> trustee_keys;
  std::map<PersonId, ExpertState> experts;  ///< of the current attempt
  MixItems items;                           ///< output of the last hop that has mixed
  Bytes salt;

  /// Fresh keys of one trustee for the next attempt. @param questions empty: all that are undecided.
  BatchKeys make_keys(BatchId batch, TrusteeId trustee, std::vector<QuestionId> questions = {});
  Result<void> keys(BatchId batch, TrusteeId trustee, std::vector<QuestionId> const& questions = {});
  void all_keys(BatchId batch);
  Result<void> open(BatchId batch, bool paper = false);
  Result<void> request(PersonId person);
  Result<void> issue(TrusteeId trustee, PersonId person);
  void all_tokens(PersonId person);  ///< request and all answers
  /// Builds, wraps and logs. Tokens must be there; questions without a choice get `kAbstain` (or agree where that is
  /// off).
  Result<void> cast(PersonId person, std::map<QuestionId, Choice> const& choices);
  /// Ends the person's envelope: signed by the person and this supervisor, with the spent keys.
  Result<void> spoil(PersonId person, PersonId supervisor);
  Result<void> spoil_by(PersonId person, std::vector<PersonId> const& signers);  ///< without the person
  Result<void> check_result(PersonId person, CheckVerdict verdict, std::vector<PersonId> const& signers);
  Result<void> close_batch();
  Result<void> close_issuance(TrusteeId trustee);
  Result<void> mix(TrusteeId trustee);
  /// What an honest server makes of the last hop's output.
  BallotBox make_box() const;
  Result<void> box();
  Confirm make_confirm(PersonId person) const;  ///< looks for its own ballots in the box; NOT_CAST where it cast none
  Result<void> confirm(PersonId person);
  Result<void> override_people(std::map<PersonId, bool> people);
  TallyShare make_share(TrusteeId trustee);
  Result<void> share(TrusteeId trustee);
  Result<void> declare();
  Result<void> erase(TrusteeId trustee);
  Result<void> void_questions(std::vector<QuestionId> questions);  ///< by the office; after a share by the committee
  Result<void> paper_tally(std::map<QuestionId, PaperRow> rows);

  /// A ballot before it is wrapped, an onion before its digest is signed, and all that comes out of a hop before its
  /// MixStep is signed.
  std::function<void(PersonId, QuestionId, Bytes&)> tamper_ballot;
  std::function<void(PersonId, QuestionId, Bytes&)> tamper_onion;
  std::function<void(TrusteeId, MixItems&)> tamper_mix;

  // ---- A batch, by stages ----
  enum class Stage {
    kKeys,
    kOpen,
    kTokens,
    kCast,
    kClosed,
    kIssuanceClosed,
    kMixed,
    kBox,
    kConfirmed,
    kCounted,
    kDeclared,
    kErased
  };
  /// Everything up to and with `stage`; all must go well. `votes` decide who requests and casts.
  void run_batch(BatchId batch, Votes const& votes, Stage stage = Stage::kErased);
  /// From the stage after `from`.
  void continue_batch(Votes const& votes, Stage from, Stage stage);
  /// All questions of the batch alike: the first `agree` of the signed-in experts that are not recused from a question
  /// agree to it, the next `disagree` don't, the next `abstain` do; the others do not take part at all. Without
  /// recusals everybody is the same in all questions.
  Votes votes(BatchId batch, std::uint32_t agree, std::uint32_t disagree, std::uint32_t abstain = 0) const;

  // ---- Witnesses and the record file ----
  /// After each milestone (and whenever a test asks) the server signs a checkpoint and everybody who is signed in
  /// cosigns it.
  bool witnessed = true;
  log::Checkpoint checkpoint() const;  ///< of the log as it is
  std::string note() const;
  void witness();
  Witnesses seen;  ///< all of them
  struct Witnessed {
    std::string note;
    std::vector<log::Cosignature> cosignatures;
  };
  std::map<std::uint64_t, Witnessed> checkpoints;  ///< by size
  /// In the order of the file. The last checkpoint is of the full size.
  std::vector<RecordItem> record_items();
  /// The file. @param tamper changes the items before they are written.
  std::string record_file(std::function<void(std::vector<RecordItem>&)> const& tamper = {});

 private:
  std::size_t next_token_key_ = 0;
  std::uint64_t time_s_ = 1'800'000'000;
};

/// Magic and items, as `RecordWriter` writes them.
std::string write_items(std::vector<RecordItem> const& items);

}  // namespace piaojue::test
