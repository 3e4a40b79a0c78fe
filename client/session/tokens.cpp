// SPDX-License-Identifier: Apache-2.0
#include "client/session/tokens.h"

#include "protocol/meeting/codec.h"
#include "protocol/meeting/digest.h"

namespace piaojue::client {

using meeting::BatchPhase;
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

// ==================================================================================================== The request

struct Tokens::Blinding {
  Hash open;
  Contexts contexts;
  Result<BallotState> made = Refusal::kInternal;
};

void Tokens::request() {
  if (log_.record().attempt()->phase != BatchPhase::kVoting) return;
  if (own_.state()) return send_request();
  if (mine_.making) return;
  mine_.making = true;
  // Keys that are malformed or were used before never got past the state machine; these are the ones that BatchOpen
  // names, and enough of the hall has cosigned that.
  auto const work = std::make_shared<Blinding>();
  work->open = own_.open();
  work->contexts = own_.contexts(own_.questions());
  jobs_.add([work] { work->made = make_state(work->open, work->contexts); },
            [this, work] {
              if (!own_.is(work->open)) return;
              mine_.making = false;
              if (!work->made) return own_.fail(work->made.error());
              // Durable before the request leaves: an answer to a request whose r is lost is of no use to anybody.
              if (own_.adopt(std::move(*work->made))) request();
            });
}

void Tokens::send_request() {
  if (mine_.requested || log_.record().attempt()->requests.contains(me_)) return;
  auto const& open = own_.open();
  auto const blinded = own_.state()->blinded();
  auto const entry = meeting::signed_entry(
      meeting::TokenRequest{open, me_, meeting::token_request_digest(open, me_, blinded)}, me_, identity_);
  mine_.requested =
      requests_.submit(entry, meeting::encode_token_payload(blinded), [this, open](auto const& index, Hash const&) {
        if (!own_.is(open) || index) return;
        // Voided or closed meanwhile: the log says so by itself.
        bool const over = index.error() == Refusal::kWrongPhase || index.error() == Refusal::kUnknown;
        if (!over) own_.fail(index.error());
      });
}

// ==================================================================================================== What was issued

struct Tokens::Finalizing {
  Hash open;
  std::uint32_t hop = 0;
  TrusteeId trustee = 0;
  Bytes entry;
  Contexts contexts;
  std::shared_ptr<BallotState const> state;
  meeting::BlindSigs sigs;
  BadSignature bad;
  Result<std::map<QuestionId, Bytes>> tokens = Refusal::kInternal;
};

void Tokens::act() {
  for (auto at = early_.begin(); at != early_.end() && at->first < log_.record().size(); at = early_.begin()) {
    auto node = early_.extract(at);
    finalize(node.key(), std::move(node.mapped()));
  }
  if (mine_.told_ready || !own_.ready()) return;
  mine_.told_ready = true;
  auto const& attempt = *log_.record().attempt();
  auto out = facts::event("tokens");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
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
  auto const hop = log_.record().attempt()->hop_of(issued->trustee);
  if (!hop || own_.state()->has_tokens(*hop) || mine_.finalizing.contains(*hop)) return;
  // Only what the trustee signed for counts, or nothing could be proved against it.
  if (meeting::tokens_issued_digest(own_.open(), issued->trustee, me_, sigs) != issued->digest) {
    facts::object more;
    more["trustee"] = issued->trustee;
    more["code"] = piaojue::name(Refusal::kConflict);
    events_.warn("issued-mismatch", std::move(more));
    mine_.mismatched.insert(issued->trustee);
    return;
  }
  mine_.finalizing.insert(*hop);
  mine_.mismatched.erase(issued->trustee);
  auto const work = std::make_shared<Finalizing>();
  work->open = own_.open();
  work->hop = *hop;
  work->trustee = issued->trustee;
  work->entry = bytes;
  work->contexts = own_.contexts(own_.questions());
  work->state = own_.state();
  work->sigs = std::move(sigs);
  jobs_.add([work] { work->tokens = finalize_hop(work->contexts, *work->state, work->hop, work->sigs, work->bad); },
            [this, work] {
              if (own_.is(work->open) && own_.state()) take_finalized(*work);
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
