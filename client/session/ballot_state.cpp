// SPDX-License-Identifier: Apache-2.0
#include "client/session/ballot_state.h"

#include "base/state.h"

namespace piaojue::client {
namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::uint32_t kCastsMax = 1U << 16;
constexpr auto kVariant = crypto::blind_rsa::Variant::kPssRandomized;

void write(state::Writer& out, BallotState const& state) {
  out.u32(kFormat);
  out.fixed(state.batch_open.view());
  out.u32(state.hops);
  out.u32(static_cast<std::uint32_t>(state.questions.size()));
  for (auto const& question : state.questions) {
    out.u32(question.question);
    out.fixed(question.sk_v.seed().view());
    out.fixed(question.prefix.view());
    for (std::uint32_t hop = 0; hop < state.hops; ++hop) {
      out.bytes(question.blinded.empty() ? ByteView{} : ByteView(question.blinded[hop]));
      out.bytes(question.inv.empty() ? ByteView{} : question.inv[hop].view());
      out.bytes(question.tokens[hop]);
    }
  }
  out.u32(static_cast<std::uint32_t>(state.casts.size()));
  for (auto const& cast : state.casts) {
    out.u32(cast.sequence);
    out.fixed(cast.digest.view());
    out.u32(static_cast<std::uint32_t>(cast.ballots.size()));
    for (auto const& [question, hash] : cast.ballots) {
      out.u32(question);
      out.fixed(hash.view());
    }
  }
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

bool BallotState::has_tokens(std::uint32_t hop) const {
  return std::ranges::all_of(questions, [&](QuestionSecret const& q) { return !q.tokens[hop].empty(); });
}

bool BallotState::ready() const {
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

CastPaper const* BallotState::cast(Hash const& digest) const {
  auto const it = std::ranges::find(casts, digest, &CastPaper::digest);
  return it == casts.end() ? nullptr : &*it;
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
  std::uint32_t const count = in.u32();
  if (in.broken() || out.hops > meeting::kTrusteesMax || count > meeting::kQuestionsPerBatchMax) {
    return Refusal::kMalformed;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    QuestionId const number = in.u32();
    auto key = SigningKey::from_seed(Secret::copy_of(in.fixed(32)));
    if (!key) return Refusal::kMalformed;
    QuestionSecret question(number, std::move(*key), in.fixed_as<crypto::TokenPrefix>());
    for (std::uint32_t hop = 0; hop < out.hops; ++hop) {
      auto const blinded = in.bytes();
      auto const inv = in.bytes();
      if (!blinded.empty()) question.blinded.push_back(to_bytes(blinded));
      if (!inv.empty()) question.inv.push_back(Secret::copy_of(inv));
      question.tokens.push_back(to_bytes(in.bytes()));
    }
    auto const all_or_none = [&](std::size_t n) { return n == 0 || n == out.hops; };
    if (in.broken() || !all_or_none(question.blinded.size()) || !all_or_none(question.inv.size())) {
      return Refusal::kMalformed;
    }
    out.questions.push_back(std::move(question));
  }
  std::uint32_t const casts = in.u32();
  if (casts > kCastsMax) return Refusal::kMalformed;
  for (std::uint32_t i = 0; i < casts && !in.broken(); ++i) {
    CastPaper cast;
    cast.sequence = in.u32();
    cast.digest = in.fixed_as<Hash>();
    std::uint32_t const ballots = in.u32();
    for (std::uint32_t k = 0; k < ballots && !in.broken(); ++k) {
      QuestionId const question = in.u32();
      cast.ballots[question] = in.fixed_as<Hash>();
    }
    out.casts.push_back(std::move(cast));
  }
  if (!in.done()) return Refusal::kMalformed;
  return out;
}

Result<BallotState> make_state(Hash const& batch_open, Contexts const& contexts) {
  BallotState out;
  out.batch_open = batch_open;
  for (auto const& [q, context] : contexts) {
    out.hops = static_cast<std::uint32_t>(context.token_keys.size());
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
    out.questions.push_back(std::move(question));
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

Result<SealedPaper> seal_ballots(Contexts const& contexts, BallotState const& state,
                                 std::vector<crypto::MixPublicKey> const& mix_keys, Secret const& choices) {
  if (choices.size() != state.questions.size()) return Refusal::kInternal;
  SealedPaper out;
  for (std::size_t i = 0; i < state.questions.size(); ++i) {
    auto const& question = state.questions[i];
    auto const context = contexts.find(question.question);
    if (context == contexts.end()) return Refusal::kInternal;
    auto ballot = meeting::make_ballot(context->second, question.sk_v, question.prefix, question.tokens,
                                       choice_of(choices.data()[i]));
    if (!ballot) return ballot.error();
    WipeOnExit const wiped(*ballot);
    auto onion = crypto::onion::wrap(mix_keys, context->second.ctx, *ballot);
    if (!onion) return onion.error();
    out.ballots[question.question] = crypto::sha256({*ballot});
    out.onions[question.question] = std::move(*onion);
  }
  return out;
}

BoxVerdict check_live_box(Contexts const& live, meeting::BallotBox const& box,
                          std::map<QuestionId, OwnBallot> const& own, ParallelFor const& parallel) {
  BoxVerdict out;
  struct Item {
    meeting::BallotContext const* context;
    Bytes const* ballot;
  };
  std::vector<Item> items;
  for (auto const& [q, context] : live) {
    auto const found = box.boxes.find(q);
    if (found == box.boxes.end()) continue;
    for (auto const& ballot : found->second.ballots) items.push_back({&context, &ballot});
  }
  std::vector<std::optional<meeting::BallotRefusal>> verdicts(items.size());
  auto const check = [&](std::size_t i) { verdicts[i] = meeting::check_ballot(*items[i].context, *items[i].ballot); };
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
  for (auto const& one : own) {
    // No structured binding: clang 14 does not let a lambda capture one.
    QuestionId const q = one.first;
    OwnBallot const& mine = one.second;
    // By pk_v and by the hash of the last ballot: an earlier ballot of the same token is not what was cast.
    out.found[q] = std::ranges::any_of(items, [&](Item const& item) {
      if (item.context->question != q) return false;
      auto const view = meeting::parse_ballot(item.context->shape, *item.ballot);
      return view && view->pk_v == mine.pk_v && crypto::sha256({*item.ballot}) == mine.ballot;
    });
  }
  return out;
}

}  // namespace piaojue::client
