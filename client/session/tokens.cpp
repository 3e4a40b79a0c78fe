// SPDX-License-Identifier: Apache-2.0
#include "client/session/tokens.h"

#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"

namespace piaojue::client {

using meeting::TrusteeId;

Tokens::Tokens(PersonId me, crypto::SigningKey const& identity, SessionLimits const& limits, OwnAttempt& own,
               LogFollower const& log, Keeper& keeper, Requests& requests, Jobs& jobs, Events& events)
    : me_(me),
      identity_(identity),
      limits_(limits),
      own_(own),
      log_(log),
      keeper_(keeper),
      requests_(requests),
      jobs_(jobs),
      events_(events) {}

void Tokens::begin() {
  mine_ = Mine{};
  std::erase_if(early_, [&](auto const& issued) { return issued.first <= log_.record().attempt()->open_index; });
}

void Tokens::take(wire::Issued issued) {
  if (early_.size() >= limits_.held_pushes_max) early_.erase(early_.begin());
  early_[issued.index] = std::move(issued.sigs);
}

void Tokens::act() {
  auto const& state = *own_.state();
  if (mine_.cast != state.cast) {
    mine_ = Mine{};
    mine_.cast = state.cast;
  }
  if (state.envelope) return;
  if (state.keys.empty()) return make_secrets();
  if (own_.voter() == nullptr || !own_.voter()->request) {
    request();
  } else if (!mine_.compared && !state.ready()) {
    mine_.compared = true;
    // Asked for with secrets that are gone: what is issued for them would seem a trustee's fault.
    auto const& logged = *own_.voter()->request;
    auto const own = meeting::token_request_digest(own_.open(), me_, state.cast, state.blinded());
    if (logged.digest != own) return own_.fail(Refusal::kAlreadyIssued);
  }
  for (auto at = early_.begin(); at != early_.end() && at->first < log_.record().size(); at = early_.begin()) {
    auto node = early_.extract(at);
    finalize(node.key(), std::move(node.mapped()));
  }
  if (own_.ready()) say_ready();
}

// ==================================================================================================== The request

struct Tokens::Blinding {
  Hash open;
  std::uint32_t cast = 0;
  Contexts contexts;
  Result<std::vector<QuestionSecret>> made = Refusal::kInternal;
};

void Tokens::make_secrets() {
  if (mine_.making) return;
  mine_.making = true;
  // Keys that are malformed or were used before never got past the state machine; these are the ones that BatchOpen
  // names, and enough of the hall has cosigned that.
  auto const work = std::make_shared<Blinding>();
  work->open = own_.open();
  work->cast = mine_.cast;
  work->contexts = own_.contexts(own_.questions());
  jobs_.add([work] { work->made = client::make_secrets(work->contexts); },
            [this, work] {
              if (!own_.is(work->open, work->cast)) return;
              mine_.making = false;
              if (!work->made) return own_.fail(work->made.error());
              // Durable before the request leaves: an answer to a request whose r is lost is of no use to anybody.
              if (own_.adopt(std::move(*work->made))) request();
            });
}

void Tokens::request() {
  if (mine_.requested || !own_.may_leave()) return;
  auto const& open = own_.open();
  auto const blinded = own_.state()->blinded();
  meeting::TokenRequest const body{open, me_, mine_.cast,
                                   meeting::token_request_digest(open, me_, mine_.cast, blinded)};
  auto const made = meeting::made(body, me_, identity_);
  if (auto const allowed = log_.record().check(made.entry); !allowed) {
    // Whoever looked at the spoiled envelope says first what he saw.
    if (allowed.error() != Refusal::kWrongPhase) own_.fail(allowed.error());
    return;
  }
  mine_.requested = requests_.submit(made, meeting::encode_token_payload(blinded),
                                     [this, open, cast = mine_.cast](auto const& index, Hash const&) {
                                       if (!own_.is(open, cast) || index) return;
                                       switch (index.error()) {
                                         case Refusal::kBusy:
                                         case Refusal::kStorage:
                                           mine_.requested = false;
                                           break;
                                         case Refusal::kWrongPhase:
                                         case Refusal::kUnknown:
                                         case Refusal::kConflict:
                                           break;  // voided, closed or spoiled meanwhile: the log says so by itself
                                         default:
                                           own_.fail(index.error());
                                       }
                                     });
}

// ==================================================================================================== What was issued

struct Tokens::Finalizing {
  Hash open;
  std::uint32_t cast = 0;
  std::uint32_t hop = 0;
  TrusteeId trustee = 0;
  Bytes entry;
  Contexts contexts;
  std::shared_ptr<BallotState const> state;
  meeting::BlindSigs sigs;
  BadSignature bad;
  Result<std::map<QuestionId, Bytes>> tokens = Refusal::kInternal;
};

void Tokens::say_ready() {
  if (std::exchange(mine_.told_ready, true)) return;
  auto const& attempt = *log_.record().attempt();
  auto out = facts::event("tokens");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["cast"] = mine_.cast;
  out["ready"] = true;
  out["questions"] = facts::numbers(own_.questions());
  events_.emit(out);
}

void Tokens::finalize(std::uint64_t index, meeting::BlindSigs sigs) {
  auto const& bytes = log_.copy().entries[index];
  auto const entry = meeting::decode_entry(bytes);
  if (!entry) return;
  auto const* issued = std::get_if<meeting::TokensIssued>(&entry->body);
  if (issued == nullptr || issued->person != me_ || issued->batch_open != own_.open()) return;
  auto const hop = issued->trustee;
  if (issued->cast != mine_.cast || own_.state()->questions.empty()) return;
  if (own_.state()->has_tokens(hop) || mine_.finalizing.contains(hop)) return;
  // Only what the trustee signed for counts, or nothing could be proved against it.
  if (meeting::tokens_issued_digest(own_.open(), hop, me_, mine_.cast, sigs) != issued->digest) {
    facts::object more;
    more["trustee"] = hop;
    more["code"] = piaojue::name(Refusal::kConflict);
    events_.warn("issued-mismatch", std::move(more));
    mine_.mismatched.insert(hop);
    return;
  }
  mine_.finalizing.insert(hop);
  mine_.mismatched.erase(hop);
  auto const work = std::make_shared<Finalizing>();
  work->open = own_.open();
  work->cast = mine_.cast;
  work->hop = hop;
  work->trustee = hop;
  work->entry = bytes;
  work->contexts = own_.contexts(own_.questions());
  work->state = own_.state();
  work->sigs = std::move(sigs);
  jobs_.add([work] { work->tokens = finalize_hop(work->contexts, *work->state, work->hop, work->sigs, work->bad); },
            [this, work] {
              if (own_.is(work->open, work->cast)) take_finalized(*work);
            });
}

void Tokens::take_finalized(Finalizing& done) {
  mine_.finalizing.erase(done.hop);
  if (!done.tokens) return keep_evidence(done);
  auto& state = *own_.state();
  for (auto& question : state.questions) question.tokens[done.hop] = std::move(done.tokens->at(question.question));
  if (state.ready()) state.forget_blinding();
  own_.save();
}

/// Nothing of it was shown to anybody. What proves the trustee wrong to everybody is kept: s^e ≠ z, and its signature.
void Tokens::keep_evidence(Finalizing const& wrong) {
  facts::object proof;
  proof["trustee"] = wrong.trustee;
  proof["question"] = wrong.bad.question;
  proof["blinded_msg"] = to_hex(wrong.bad.blinded_msg);
  proof["blind_sig"] = to_hex(wrong.bad.blind_sig);
  proof["cast"] = wrong.cast;
  proof["tokens_issued"] = to_hex(wrong.entry);
  auto const name =
      "evidence/finalize-" + std::to_string(wrong.trustee) + "-" + to_hex(own_.open().view()).substr(0, 16);
  if (!keeper_.save(name, as_bytes(boost::json::serialize(proof)))) return;
  facts::object more;
  more["trustee"] = wrong.trustee;
  more["question"] = wrong.bad.question;
  more["evidence"] = name;
  own_.fail(wrong.tokens.error(), std::move(more));
}

}  // namespace piaojue::client
