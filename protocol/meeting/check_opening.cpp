// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/check_opening.h"

#include "crypto/domain.h"
#include "crypto/onion.h"
#include "protocol/meeting/digest.h"
#include "protocol/meeting/wire.h"

namespace piaojue::meeting {

namespace elgamal = crypto::elgamal;

namespace {

/// The questions of a batch, and of each the secrets of its layers.
constexpr std::size_t kOpeningElementsMax = kQuestionsPerBatchMax * (1 + kTrusteesMax);

/// Wipes what the message holds of secrets when the scope ends: its strings are ordinary memory.
class WipeMessage {
 public:
  explicit WipeMessage(v2::CheckOpening& message) : message_(message) {}
  ~WipeMessage() {
    for (auto& question : *message_.mutable_questions()) {
      wipe(*question.mutable_r());
      for (std::string& secret : *question.mutable_secrets()) wipe(secret);
    }
  }
  WipeMessage(WipeMessage const&) = delete;
  WipeMessage& operator=(WipeMessage const&) = delete;

 private:
  static void wipe(std::string& text) { sodium_memzero(text.data(), text.size()); }
  v2::CheckOpening& message_;
};

void fill_questions(v2::CheckOpening& out, std::map<QuestionId, OpenedQuestion> const& questions) {
  for (auto const& [q, opened] : questions) {
    auto& to = *out.add_questions();
    to.set_question(q);
    to.set_choice(opened.choice);
    wire::set(to.mutable_r(), opened.r.view());
    wire::set(to.mutable_ballot(), opened.ballot);
    for (Secret const& secret : opened.secrets) wire::set(to.add_secrets(), secret.view());
  }
}

Secret encode(v2::CheckOpening const& message) {
  Secret out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

std::optional<elgamal::Choice> choice_of(std::uint32_t value) {
  for (auto const choice : {elgamal::Choice::kAbstain, elgamal::Choice::kAgree, elgamal::Choice::kDisagree}) {
    if (value == static_cast<std::uint32_t>(choice)) return choice;
  }
  return std::nullopt;
}

/// The Spoil of this cast that its person signed, or nothing.
Spoil const* spoil_of(Record const& record, PersonId person, std::uint32_t cast) {
  if (!record.attempt()) return nullptr;
  Voter const* const voter = record.attempt()->voter(person);
  if (voter == nullptr) return nullptr;
  auto const found = std::ranges::find(voter->spoils, cast, &Spoil::cast);
  return found == voter->spoils.end() || found->supervisor == 0 ? nullptr : &*found;
}

/// One ballot, as in a box, and what it opens to. `votes` are those of the questions before it.
Result<elgamal::Choice> check_question(Record const& record, Spoil const& spoil, QuestionId q,
                                       OpenedQuestion const& opened, std::set<elgamal::Ciphertext>& votes) {
  BallotContext const& context = record.ballot_context(q);
  if (auto const refused = check_ballot(context, opened.ballot)) return refused->code;
  auto const ballot = parse_ballot(context.shape, opened.ballot);
  if (!ballot) return ballot.error();
  auto const spent = spoil.spent.find(q);
  if (spent == spoil.spent.end() || spent->second != ballot->pk_v) return Refusal::kBallotSpent;
  if (record.ballot_seen(ballot->pk_v, ballot->vote) || !votes.insert(ballot->vote).second) {
    return Refusal::kBallotDuplicate;
  }
  auto const choice = choice_of(opened.choice);
  if (!choice) return Refusal::kOutOfRange;
  if (!elgamal::opens_to(ballot->vote, context.election_key, opened.r, *choice)) return Refusal::kProof;
  return *choice;
}

}  // namespace

Bytes check_opening_input(CheckOpening const& opening) {
  v2::CheckOpening questions;
  WipeMessage const wipe(questions);
  fill_questions(questions, opening.questions);
  Hash const digest = crypto::sha256({encode(questions).view()});
  Bytes out;
  append(out, as_bytes(crypto::domain::kOpening));
  append(out, crypto::domain::kEnd);
  append(out, opening.batch_open.view());
  append_u32be(out, opening.person);
  append_u32be(out, opening.cast);
  append(out, digest.view());
  return out;
}

Secret encode_check_opening(CheckOpening const& opening) {
  v2::CheckOpening out;
  WipeMessage const wipe(out);
  wire::set(out.mutable_batch_open(), opening.batch_open.view());
  out.set_person(opening.person);
  out.set_cast(opening.cast);
  fill_questions(out, opening.questions);
  wire::set(out.mutable_signature(), opening.signature.view());
  return encode(out);
}

Result<CheckOpening> parse_check_opening(ByteView bytes) {
  v2::CheckOpening in;
  WipeMessage const wipe(in);
  // Anybody can seal something to a supervisor.
  if (!protobuf::parse_within(bytes, in, kOpeningElementsMax)) return Refusal::kMalformed;
  CheckOpening out;
  out.person = in.person();
  out.cast = in.cast();
  if (!wire::take(out.batch_open, in.batch_open()) || !wire::take(out.signature, in.signature())) {
    return Refusal::kMalformed;
  }
  for (auto const& question : in.questions()) {
    OpenedQuestion opened;
    opened.choice = question.choice();
    opened.r = Secret::copy_of(as_bytes(question.r()));
    opened.ballot = wire::get(question.ballot());
    for (std::string const& secret : question.secrets()) opened.secrets.push_back(Secret::copy_of(as_bytes(secret)));
    if (!wire::add(out.questions, question.question(), std::move(opened))) return Refusal::kMalformed;
  }
  return out;
}

bool may_be_opened(Record const& record, Witnesses const& witnesses, PersonId person, std::uint32_t cast,
                   std::map<QuestionId, SigningPublicKey> const& own) {
  Spoil const* const spoil = spoil_of(record, person, cast);
  return spoil != nullptr && spoil->spent == own && witnesses.witnessed(*record.attempt(), spoil->index);
}

CheckOpening make_check_opening(Hash const& batch_open, PersonId person, std::uint32_t cast,
                                std::map<QuestionId, KeptVote> const& kept, Secret const& seed, std::size_t hops,
                                crypto::SigningKey const& ik) {
  CheckOpening out;
  out.batch_open = batch_open;
  out.person = person;
  out.cast = cast;
  for (auto const& [q, vote] : kept) {
    OpenedQuestion opened;
    opened.choice = static_cast<std::uint32_t>(vote.choice);
    opened.r = vote.r.clone();
    opened.ballot = vote.ballot;
    opened.secrets = crypto::onion::layer_secrets(seed, context(batch_open, q), hops);
    out.questions.emplace(q, std::move(opened));
  }
  out.signature = ik.sign({check_opening_input(out)});
  return out;
}

std::variant<OpenedChoices, OpeningFailure> check_opening(Record const& record, CheckOpening const& opening) {
  auto const unopened = [](Refusal why) { return OpeningFailure{CheckVerdict::kUnopened, why, 0}; };
  auto const differs = [](Refusal why, QuestionId q) { return OpeningFailure{CheckVerdict::kDiffers, why, q}; };
  if (!record.attempt() || opening.batch_open != record.attempt()->open_hash) return unopened(Refusal::kUnknown);
  Attempt const& attempt = *record.attempt();
  Spoil const* const spoil = spoil_of(record, opening.person, opening.cast);
  if (spoil == nullptr) return unopened(Refusal::kUnknown);
  // Whoever gave the person a new key since could otherwise open in his name.
  auto const key = record.identity_key(opening.person);
  if (!key || !record.key_as_old_as_attempt(opening.person)) return unopened(Refusal::kNotOnRoll);
  if (!crypto::verify(*key, {check_opening_input(opening)}, opening.signature)) return unopened(Refusal::kBadSignature);

  std::vector<QuestionId> const questions = attempt.questions_of(opening.person);
  if (!std::ranges::equal(opening.questions, questions, {}, [](auto const& item) { return item.first; })) {
    return differs(Refusal::kConflict, 0);
  }
  std::vector<MixPublicKey> hops;
  for (BatchKeys const& keys : attempt.keys) hops.push_back(keys.mix_key);
  Onions onions;
  for (auto const& [q, opened] : opening.questions) {
    auto onion = crypto::onion::wrap_with(hops, opened.secrets, record.ballot_context(q).ctx, opened.ballot);
    if (!onion) return differs(onion.error(), q);
    onions.emplace(q, std::move(*onion));
  }
  if (envelope_digest(attempt.open_hash, opening.person, opening.cast, onions) != spoil->digest) {
    return differs(Refusal::kConflict, 0);
  }
  OpenedChoices choices;
  std::set<elgamal::Ciphertext> votes;
  for (auto const& [q, opened] : opening.questions) {
    auto const choice = check_question(record, *spoil, q, opened, votes);
    if (!choice) return differs(choice.error(), q);
    choices.emplace(q, *choice);
  }
  return choices;
}

}  // namespace piaojue::meeting
