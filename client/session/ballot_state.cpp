// SPDX-License-Identifier: Apache-2.0
#include "client/session/ballot_state.h"

#include "base/state.h"

namespace piaojue::client {
namespace {

constexpr std::uint32_t kFormat = 2;
constexpr auto kVariant = crypto::blind_rsa::Variant::kPssRandomized;

void write(state::Writer& out, BallotKeys const& keys) {
  out.u32(static_cast<std::uint32_t>(keys.size()));
  for (auto const& [question, key] : keys) {
    out.u32(question);
    out.fixed(key.view());
  }
}

void write(state::Writer& out, QuestionSecret const& question, std::uint32_t hops) {
  out.u32(question.question);
  out.fixed(question.sk_v.seed().view());
  out.fixed(question.prefix.view());
  for (std::uint32_t hop = 0; hop < hops; ++hop) {
    out.bytes(question.blinded.empty() ? ByteView{} : ByteView(question.blinded[hop]));
    out.bytes(question.inv.empty() ? ByteView{} : question.inv[hop].view());
    out.bytes(question.tokens[hop]);
  }
}

void write(state::Writer& out, BallotState const& state) {
  out.u32(kFormat);
  out.fixed(state.batch_open.view());
  out.u32(state.hops);
  out.u32(state.cast);
  write(out, state.keys);
  out.u32(static_cast<std::uint32_t>(state.questions.size()));
  for (auto const& question : state.questions) write(out, question, state.hops);
  out.u32(state.envelope ? 1 : 0);
  if (state.envelope) {
    out.fixed(state.envelope->digest.view());
    out.bytes(state.envelope->payload);
    out.u32(static_cast<std::uint32_t>(state.envelope->ballots.size()));
    for (auto const& [question, hash] : state.envelope->ballots) {
      out.u32(question);
      out.fixed(hash.view());
    }
  }
  out.u32(static_cast<std::uint32_t>(state.spoil_to.size()));
  for (PersonId const person : state.spoil_to) out.u32(person);
  out.u32(static_cast<std::uint32_t>(state.before.size()));
  for (auto const& keys : state.before) write(out, keys);
}

/// Reads a list of at most `most`; a longer one breaks the reader. @param one reads one. @return false: broken.
template <class One>
bool read_list(state::Reader& in, std::size_t most, One const& one) {
  std::uint32_t const count = in.u32();
  if (in.broken() || count > most) return false;
  for (std::uint32_t i = 0; i < count && !in.broken(); ++i) {
    if (!one()) return false;
  }
  return !in.broken();
}

bool read(state::Reader& in, BallotKeys& keys) {
  return read_list(in, meeting::kQuestionsPerBatchMax, [&] {
    QuestionId const question = in.u32();
    keys[question] = in.fixed_as<SigningPublicKey>();
    return true;
  });
}

bool read_question(state::Reader& in, BallotState& state) {
  QuestionId const number = in.u32();
  auto key = SigningKey::from_seed(Secret::copy_of(in.fixed(32)));
  if (!key) return false;
  QuestionSecret question(number, std::move(*key), in.fixed_as<crypto::TokenPrefix>());
  for (std::uint32_t hop = 0; hop < state.hops; ++hop) {
    auto const blinded = in.bytes();
    auto const inv = in.bytes();
    if (!blinded.empty()) question.blinded.push_back(to_bytes(blinded));
    if (!inv.empty()) question.inv.push_back(Secret::copy_of(inv));
    question.tokens.push_back(to_bytes(in.bytes()));
  }
  auto const all_or_none = [&](std::size_t n) { return n == 0 || n == state.hops; };
  if (in.broken() || !all_or_none(question.blinded.size()) || !all_or_none(question.inv.size())) return false;
  state.questions.push_back(std::move(question));
  return true;
}

bool read_envelope(state::Reader& in, BallotState& state) {
  return read_list(in, 1, [&] {
    auto& envelope = state.envelope.emplace();
    envelope.digest = in.fixed_as<Hash>();
    envelope.payload = to_bytes(in.bytes());
    return read_list(in, meeting::kQuestionsPerBatchMax, [&] {
      QuestionId const question = in.u32();
      envelope.ballots[question] = in.fixed_as<Hash>();
      return true;
    });
  });
}

void wipe(Bytes& bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
  bytes.clear();
}

crypto::elgamal::Choice choice_of(std::uint8_t mark) {
  // By mask rather than by branch: 1 → 0, 2 → 1, 3 → 256.
  auto const agree = static_cast<std::uint16_t>((mark & 2) >> 1 & ~mark);
  auto const disagree = static_cast<std::uint16_t>((mark & mark >> 1) & 1);
  return static_cast<crypto::elgamal::Choice>((agree & 1) | disagree << 8);
}

}  // namespace

QuestionSecret::~QuestionSecret() {
  for (auto& token : tokens) wipe(token);
  for (auto& msg : blinded) wipe(msg);
  sodium_memzero(prefix.data.data(), prefix.data.size());
}

void OpenPaper::wipe() {
  seed.wipe();
  for (auto& [question, vote] : votes) {
    sodium_memzero(&vote.choice, sizeof vote.choice);
    vote.r.wipe();
    client::wipe(vote.ballot);
  }
  votes.clear();
}

// ==================================================================================================== The state

bool BallotState::has_tokens(std::uint32_t hop) const {
  return std::ranges::all_of(questions, [&](QuestionSecret const& q) { return !q.tokens[hop].empty(); });
}

bool BallotState::ready() const {
  if (questions.empty()) return false;
  for (std::uint32_t hop = 0; hop < hops; ++hop) {
    if (!has_tokens(hop)) return false;
  }
  return true;
}

meeting::BlindedMsgs BallotState::blinded() const {
  meeting::BlindedMsgs out;
  for (auto const& question : questions) out[question.question] = question.blinded;
  return out;
}

void BallotState::forget_blinding() {
  for (auto& question : questions) {
    question.inv.clear();
    for (auto& msg : question.blinded) wipe(msg);
    question.blinded.clear();
  }
}

BallotState BallotState::next(std::uint32_t to) const {
  BallotState out;
  out.batch_open = batch_open;
  out.hops = hops;
  out.cast = to;
  out.before = before;
  if (!keys.empty()) out.before.push_back(keys);
  return out;
}

Secret BallotState::serialise() const {
  return state::written([this](state::Writer& out) { write(out, *this); });
}

Result<BallotState> BallotState::parse(Secret const& bytes) {
  state::Reader in(bytes.view());
  BallotState out;
  if (in.u32() != kFormat) return Refusal::kMalformed;
  out.batch_open = in.fixed_as<Hash>();
  out.hops = in.u32();
  out.cast = in.u32();
  if (in.broken() || out.hops > meeting::kTrusteesMax || out.cast >= meeting::kCastsMax) return Refusal::kMalformed;
  bool const whole = read(in, out.keys) &&
                     read_list(in, meeting::kQuestionsPerBatchMax, [&] { return read_question(in, out); }) &&
                     read_envelope(in, out) &&
                     read_list(in, meeting::kPeopleMax,
                               [&] {
                                 out.spoil_to.insert(in.u32());
                                 return true;
                               }) &&
                     read_list(in, meeting::kCastsMax, [&] { return read(in, out.before.emplace_back()); });
  if (!whole || !in.done()) return Refusal::kMalformed;
  return out;
}

// ==================================================================================================== Tokens

Result<std::vector<QuestionSecret>> make_secrets(Contexts const& contexts) {
  std::vector<QuestionSecret> out;
  for (auto const& [q, context] : contexts) {
    crypto::TokenPrefix prefix;
    randombytes_buf(prefix.data.data(), prefix.data.size());
    QuestionSecret question(q, SigningKey::generate(), prefix);
    auto const prepared =
        crypto::blind_rsa::prepare(prefix.view(), meeting::token_message(context.ctx, question.sk_v.public_key()));
    for (auto const& key : context.token_keys) {
      auto blinding = crypto::blind_rsa::blind(key, kVariant, prepared);
      if (!blinding) return blinding.error();
      question.blinded.push_back(std::move(blinding->blinded_msg));
      question.inv.push_back(std::move(blinding->inv));
      question.tokens.emplace_back();
    }
    out.push_back(std::move(question));
  }
  return out;
}

Result<std::map<QuestionId, Bytes>> finalize_hop(Contexts const& contexts, BallotState const& state, std::uint32_t hop,
                                                 meeting::BlindSigs const& sigs, BadSignature& bad) {
  std::map<QuestionId, Bytes> out;
  for (auto const& question : state.questions) {
    auto const context = contexts.find(question.question);
    auto const sig = sigs.find(question.question);
    bad.question = question.question;
    if (context == contexts.end() || hop >= question.inv.size()) return Refusal::kInternal;
    bad.blinded_msg = question.blinded[hop];
    bad.blind_sig = sig == sigs.end() ? Bytes{} : sig->second;
    auto const prepared = crypto::blind_rsa::prepare(
        question.prefix.view(), meeting::token_message(context->second.ctx, question.sk_v.public_key()));
    auto token = crypto::blind_rsa::finalize(context->second.token_keys[hop], kVariant, prepared, bad.blind_sig,
                                             question.inv[hop]);
    if (!token) return token.error();
    out[question.question] = std::move(*token);
  }
  return out;
}

// ==================================================================================================== The paper

Result<SealedPaper> seal_ballots(Contexts const& contexts, BallotState const& state,
                                 std::vector<crypto::MixPublicKey> const& mix_keys, Secret const& choices) {
  if (choices.size() != state.questions.size()) return Refusal::kInternal;
  SealedPaper out;
  out.open.cast = state.cast;
  out.open.seed = Secret::random(crypto::onion::kSeedBytes);
  for (std::size_t i = 0; i < state.questions.size(); ++i) {
    auto const& question = state.questions[i];
    auto const context = contexts.find(question.question);
    if (context == contexts.end()) return Refusal::kInternal;
    auto const choice = choice_of(choices.data()[i]);
    auto ballot =
        meeting::make_openable_ballot(context->second, question.sk_v, question.prefix, question.tokens, choice);
    if (!ballot) return ballot.error();
    auto onion = crypto::onion::wrap(mix_keys, out.open.seed, context->second.ctx, ballot->bytes);
    if (!onion) return onion.error();
    out.ballots[question.question] = crypto::sha256({ballot->bytes});
    out.onions[question.question] = std::move(*onion);
    out.open.votes.emplace(question.question,
                           meeting::KeptVote{choice, std::move(ballot->r), std::move(ballot->bytes)});
  }
  return out;
}

// ==================================================================================================== The box

namespace {

struct Item {
  meeting::BallotContext const* context;
  Bytes const* ballot;
};

/// Exactly one ballot under the keys, and it is the one that counts; none where none counts.
bool as_meant(std::vector<Item> const& items, QuestionId q, OwnBallots const& own) {
  std::size_t found = 0;
  bool counted = false;
  for (auto const& item : items) {
    if (item.context->question != q) continue;
    auto const view = meeting::parse_ballot(item.context->shape, *item.ballot);
    if (!view || !own.keys.contains(view->pk_v)) continue;
    ++found;
    // By the bytes that were sealed: another ballot under one's own key is not what one voted.
    counted = counted || (own.counted && crypto::sha256({*item.ballot}) == *own.counted);
  }
  return own.counted ? found == 1 && counted : found == 0;
}

}  // namespace

BoxVerdict check_live_box(Contexts const& live, meeting::BallotBox const& box,
                          std::map<QuestionId, OwnBallots> const& own, ParallelFor const& parallel) {
  BoxVerdict out;
  std::vector<Item> items;
  for (auto const& [q, context] : live) {
    auto const found = box.boxes.find(q);
    if (found == box.boxes.end()) continue;
    for (auto const& ballot : found->second.ballots) items.push_back({&context, &ballot});
  }
  std::vector<std::optional<meeting::BallotRefusal>> verdicts(items.size());
  // To the byte the ballot that this program made and sealed, under tokens that it has checked: nothing to find there.
  auto const is_own = [&](Item const& item) {
    auto const mine = own.find(item.context->question);
    return mine != own.end() && mine->second.counted && crypto::sha256({*item.ballot}) == *mine->second.counted;
  };
  auto const check = [&](std::size_t i) {
    if (!is_own(items[i])) verdicts[i] = meeting::check_ballot(*items[i].context, *items[i].ballot);
  };
  if (parallel) {
    parallel(items.size(), check);
  } else {
    for (std::size_t i = 0; i < items.size(); ++i) check(i);
  }
  for (std::size_t i = 0; i < items.size() && !out.refusal; ++i) {
    if (!verdicts[i]) continue;
    out.refusal = verdicts[i];
    out.question = items[i].context->question;
  }
  for (auto const& [q, mine] : own) out.as_meant[q] = as_meant(items, q, mine);
  return out;
}

}  // namespace piaojue::client
