// SPDX-License-Identifier: Apache-2.0
/// The expert's part: tokens, ballots, the own ballot in the box, and forgetting (specification §6–§8, §10.4, §14).
///
/// What is due is decided from the log and the sealed state alone, again after every change, so that a restart at any
/// instant goes on where both stand.
#include "client/session/session_impl.h"
#include "crypto/domain.h"

namespace piaojue::client {
namespace {

constexpr std::string_view kStatePrefix = "attempt/";
/// Papers of one attempt whose hashes are kept: the last one that the log names must be among them.
constexpr std::size_t kCastsKept = 64;

}  // namespace

Contexts Session::Impl::contexts(std::vector<QuestionId> const& questions) const {
  Contexts out;
  for (QuestionId const q : questions) out.emplace(q, record.ballot_context(q));
  return out;
}

std::vector<QuestionId> Session::Impl::my_questions() const {
  if (!record.in_progress() || record.attempt()->open.paper || !record.attempt()->present(me)) return {};
  return record.attempt()->questions_of(me);
}

std::uint32_t Session::Impl::chosen() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(voter.choices.view(), [](auto mark) { return mark != 0; }));
}

std::string_view Session::Impl::stage() const {
  if (voter.failed) return "failed";
  auto const& attempt = *record.attempt();
  if (attempt.confirms.contains(me)) return "confirmed";
  if (attempt.phase != BatchPhase::kVoting) {
    if (!attempt.counted.contains(me)) return "not-cast";
    return attempt.box && !attempt.live_questions_of(me).empty() ? "checking" : "cast";
  }
  if (attempt.casts.contains(me)) return "cast";
  if (voter.state && voter.state->ready()) return "ready";
  return attempt.requests.contains(me) ? "requested" : "waiting";
}

/// Whether anything that is kept for this attempt can still be wanted.
bool Session::Impl::needed_still() const {
  auto const& attempt = *record.attempt();
  switch (attempt.phase) {
    case BatchPhase::kVoting:
      return true;
    case BatchPhase::kClosing:
    case BatchPhase::kMixing:
    case BatchPhase::kConfirming:
      // Whose questions were all voided has no ballot to look for.
      return attempt.counted.contains(me) && !attempt.confirms.contains(me) && !attempt.live_questions_of(me).empty();
    default:
      return false;
  }
}

void Session::Impl::act_voter() {
  if (halted || fatal || !record.attempt()) return;
  if (voter.open != record.attempt()->open_hash) begin_attempt();
  if (my_questions().empty() || !current() || !needed_still()) {
    forget_attempt();
    return;
  }
  if (voter.failed) return;
  auto const& attempt = *record.attempt();
  // Marks that were never cast have no use after the closing.
  if (attempt.phase != BatchPhase::kVoting) voter.choices.wipe();
  // What is not up to date could be asked for twice; what is not witnessed could be another room's.
  if (!synced() || !log.witnesses.enough(attempt.open_index, attempt.open_witnesses)) return;
  if (!voter.key) return ask_key();
  if (!voter.looked) look_for_state();
  if (voter.failed || fatal) return;
  if (!voter.state) return request_tokens();
  if (attempt.phase == BatchPhase::kVoting) {
    if (!attempt.requests.contains(me)) request_tokens();
    finalize_tokens();
    if (!voter.told_ready && voter.state->ready()) {
      voter.told_ready = true;
      auto out = event("tokens");
      out["batch"] = attempt.open.batch;
      out["attempt"] = attempt.open.attempt;
      out["ready"] = true;
      out["questions"] = facts::numbers(my_questions());
      emit(out);
    }
  }
  if (attempt.phase == BatchPhase::kConfirming) confirm();
}

void Session::Impl::begin_attempt() {
  forget_attempt();
  voter = Voter{};
  voter.open = record.attempt()->open_hash;
  std::erase_if(early_issued, [&](auto const& issued) { return issued.first <= record.attempt()->open_index; });
}

void Session::Impl::forget_attempt() {
  if (voter.forgotten) return;
  voter.forgotten = true;
  // A job that still runs keeps its own hold; everything is wiped when the last one lets go.
  voter.state.reset();
  voter.key.reset();
  voter.choices.wipe();
  if (voter.open != Hash{}) kept(wallet.erase(state_name(voter.open)));
}

/// At the start: states of attempts that ended while this program was not running.
void Session::Impl::sweep_attempts() {
  auto const names = wallet.names(std::string(kStatePrefix));
  if (!names) {
    kept(names.error());
    return;
  }
  for (auto const& name : *names) {
    bool const mine = record.attempt() && name == state_name(record.attempt()->open_hash);
    if (!mine) kept(wallet.erase(name));
  }
}

void Session::Impl::ask_key() {
  if (voter.asked_key) return;
  auto const open = voter.open;
  voter.asked_key = ask([&](std::uint64_t id) { return wire::get_seal_key(id, open); },
                        [this, open](Answer& answer) {
                          if (voter.open != open || voter.forgotten) return;
                          if (!answer) return fail_attempt(answer.error());
                          auto* half = std::get_if<wire::SealKey>(&answer->what);
                          if (half == nullptr || half->key.size() != crypto::kSealKeyBytes) {
                            return fail_attempt(Refusal::kMalformed);
                          }
                          voter.key = crypto::combine_keys(Secret::copy_of(half->key), config.keys.attempt_key,
                                                           as_bytes(crypto::domain::kSeal));
                          sodium_memzero(half->key.data(), half->key.size());
                        });
}

void Session::Impl::look_for_state() {
  voter.looked = true;
  auto const name = state_name(voter.open);
  auto const sealed = wallet.load(name);
  if (!sealed) {
    kept(sealed.error());
    return;
  }
  if (*sealed) {
    auto const plain = crypto::unseal(*voter.key, **sealed, as_bytes(name));
    auto state = plain ? BallotState::parse(*plain) : Result<BallotState>(plain.error());
    auto const questions = my_questions();
    bool const fits = state && state->batch_open == voter.open && state->hops == record.attempt()->hops.size() &&
                      std::ranges::equal(state->questions, questions, {}, &QuestionSecret::question);
    if (!fits) return fail_attempt(Refusal::kStorage);
    voter.state = std::make_shared<BallotState>(std::move(*state));
    return;
  }
  // Tokens were asked for from another laptop, or before this one lost its disk. There is no second request.
  if (record.attempt()->requests.contains(me)) fail_attempt(Refusal::kAlreadyIssued);
}

bool Session::Impl::save_state() {
  auto const name = state_name(voter.open);
  return kept(wallet.save(name, crypto::seal(*voter.key, voter.state->serialise().view(), as_bytes(name))));
}

void Session::Impl::fail_attempt(Refusal code, facts::object more) {
  voter.failed = code;
  auto out = event("refused");
  out["batch"] = record.attempt()->open.batch;
  out["attempt"] = record.attempt()->open.attempt;
  out["code"] = piaojue::name(code);
  out["message"] = say(code);
  for (auto& member : more) out[member.key()] = std::move(member.value());
  emit(out);
}

void Session::Impl::request_tokens() {
  auto const& attempt = *record.attempt();
  if (attempt.phase != BatchPhase::kVoting) return;
  if (!voter.state) {
    if (voter.making) return;
    voter.making = true;
    // Keys that are malformed or were used before never got past the state machine; these are the ones that BatchOpen
    // names, and enough of the room has cosigned that.
    struct Work {
      Hash open;
      Contexts contexts;
      Result<BallotState> made = Refusal::kInternal;
    };
    auto const work = std::make_shared<Work>();
    work->open = voter.open;
    work->contexts = contexts(my_questions());
    add_job(
        "tokens", [work] { work->made = make_state(work->open, work->contexts); },
        [this, work] {
          if (voter.open != work->open || voter.forgotten) return;
          voter.making = false;
          if (!work->made) return fail_attempt(work->made.error());
          voter.state = std::make_shared<BallotState>(std::move(*work->made));
          // Durable before the request leaves: an answer to a request whose r is lost is of no use to anybody.
          if (!save_state()) return;
          request_tokens();
        });
    return;
  }
  if (voter.requested || attempt.requests.contains(me)) return;
  auto const blinded = voter.state->blinded();
  auto const entry = meeting::signed_entry(
      meeting::TokenRequest{voter.open, me, meeting::token_request_digest(voter.open, me, blinded)}, me,
      config.keys.identity);
  voter.requested =
      submit(entry, meeting::encode_token_payload(blinded), [this, open = voter.open](auto const& index, Hash const&) {
        if (voter.open != open || voter.forgotten || index) return;
        // Voided or closed meanwhile: the log says so by itself.
        if (index.error() != Refusal::kWrongPhase && index.error() != Refusal::kUnknown) {
          fail_attempt(index.error());
        }
      });
}

void Session::Impl::finalize_tokens() {
  auto const& attempt = *record.attempt();
  for (auto at = early_issued.begin(); at != early_issued.end() && at->first < record.size();) {
    auto const index = at->first;
    auto const sigs = std::make_shared<meeting::BlindSigs const>(std::move(at->second));
    at = early_issued.erase(at);
    auto const entry = meeting::decode_entry(log.entries[index]);
    if (!entry) continue;
    auto const* issued = std::get_if<meeting::TokensIssued>(&entry->body);
    if (issued == nullptr || issued->person != me || issued->batch_open != voter.open) continue;
    auto const hop = attempt.hop_of(issued->trustee);
    if (!hop || voter.state->has_tokens(*hop) || voter.finalizing.contains(*hop)) continue;
    // Only what the trustee signed for counts, or nothing could be proved against it.
    if (meeting::tokens_issued_digest(voter.open, issued->trustee, me, *sigs) != issued->digest) {
      facts::object more;
      more["trustee"] = issued->trustee;
      more["code"] = piaojue::name(Refusal::kConflict);
      warn("issued-mismatch", std::move(more));
      voter.mismatched.insert(issued->trustee);
      continue;
    }
    voter.finalizing.insert(*hop);
    voter.mismatched.erase(issued->trustee);
    struct Work {
      Hash open;
      std::uint32_t hop;
      TrusteeId trustee;
      Bytes entry;
      Contexts contexts;
      std::shared_ptr<BallotState const> state;
      std::shared_ptr<meeting::BlindSigs const> sigs;
      BadSignature bad;
      Result<std::map<QuestionId, Bytes>> tokens = Refusal::kInternal;
    };
    auto const work = std::make_shared<Work>(
        Work{voter.open, *hop, issued->trustee, log.entries[index], contexts(my_questions()), voter.state, sigs, {}});
    add_job(
        "finalize",
        [work] { work->tokens = finalize_hop(work->contexts, *work->state, work->hop, *work->sigs, work->bad); },
        [this, work] {
          if (voter.open != work->open || voter.forgotten || !voter.state) return;
          voter.finalizing.erase(work->hop);
          if (!work->tokens) {
            // Never shown to anybody. What proves the trustee wrong to everybody is kept: s^e ≠ z, and its signature.
            facts::object proof;
            proof["trustee"] = work->trustee;
            proof["question"] = work->bad.question;
            proof["blinded_msg"] = to_hex(work->bad.blinded_msg);
            proof["blind_sig"] = to_hex(work->bad.blind_sig);
            proof["tokens_issued"] = to_hex(work->entry);
            auto const name =
                "evidence/finalize-" + std::to_string(work->trustee) + "-" + to_hex(voter.open.view()).substr(0, 16);
            if (!kept(wallet.save(name, as_bytes(boost::json::serialize(proof))))) return;
            facts::object more;
            more["trustee"] = work->trustee;
            more["question"] = work->bad.question;
            more["evidence"] = name;
            return fail_attempt(work->tokens.error(), std::move(more));
          }
          for (auto& question : voter.state->questions) {
            question.tokens[work->hop] = std::move(work->tokens->at(question.question));
          }
          if (voter.state->ready()) voter.state->forget_blinding();
          save_state();
        });
  }
}

void Session::Impl::saw_own_cast(meeting::EnvelopeCast const& body) {
  auto const& attempt = *record.attempt();
  auto out = event("cast");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["sequence"] = body.sequence;
  out["index"] = record.size() - 1;
  emit(out);
}

void Session::Impl::saw_own_confirm(meeting::Confirm const& body) {
  auto const& attempt = *record.attempt();
  auto out = event("confirmed");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  facts::array missing;
  for (auto const& [q, ok] : body.rows) {
    if (!ok) missing.emplace_back(q);
  }
  out["ok"] = missing.empty();
  out["missing"] = std::move(missing);
  emit(out);
}

void Session::Impl::confirm() {
  auto const& attempt = *record.attempt();
  if (voter.checking || !log.witnesses.enough(attempt.box_index, attempt.box_witnesses)) return;
  auto const live = attempt.live();
  if (voter.confirmed_for == live) return;  // made; its way into the log is under way
  // Which paper counts, the log says; what stood on it, only this program knows, and only by its hash.
  auto const* paper = voter.state->cast(attempt.casts.at(me).digest);
  struct Work {
    Hash open, box;
    std::vector<QuestionId> live;
    Contexts contexts;
    std::shared_ptr<meeting::BallotBox const> ballots;
    std::map<QuestionId, OwnBallot> own;
    meeting::ParallelFor parallel;
    BoxVerdict verdict;
  };
  auto const work = std::make_shared<Work>(
      Work{voter.open, attempt.box_hash, live, contexts(live), attempt.box, {}, config.parallel, {}});
  for (auto const& question : voter.state->questions) {
    if (!work->contexts.contains(question.question)) continue;
    OwnBallot own{question.sk_v.public_key(), Hash{}};
    if (paper != nullptr && paper->ballots.contains(question.question))
      own.ballot = paper->ballots.at(question.question);
    work->own.emplace(question.question, own);
  }
  if (work->own.empty()) return;  // every question of this person's envelope was voided
  voter.checking = true;
  add_job(
      "box", [work] { work->verdict = check_live_box(work->contexts, *work->ballots, work->own, work->parallel); },
      [this, work] {
        if (voter.open != work->open || voter.forgotten) return;
        voter.checking = false;
        auto const& now = *record.attempt();
        if (now.phase != BatchPhase::kConfirming || now.box_hash != work->box || now.live() != work->live) return;
        if (work->verdict.refusal) {
          // A box that holds what may not be there is confirmed by nobody who has seen it; the gate then stays shut.
          facts::object more;
          more["question"] = work->verdict.question;
          if (work->verdict.refusal->code == Refusal::kBallotToken)
            more["trustee_hop"] = work->verdict.refusal->trustee;
          return fail_attempt(work->verdict.refusal->code, std::move(more));
        }
        meeting::Confirm body{voter.open, me, work->box, work->verdict.found};
        auto const entry = meeting::signed_entry(body, me, config.keys.identity);
        bool const queued = submit(entry, {}, [this, open = work->open](auto const& index, Hash const&) {
          // Refused when a Void came in between: made again for what is left.
          if (!index && voter.open == open) voter.confirmed_for.clear();
        });
        if (queued) voter.confirmed_for = work->live;
      });
}

// ==================================================================================================== Commands

void Session::Impl::operate(Replier const& reply, command::Vote const& in) {
  auto const questions = my_questions();
  if (!record.in_progress() || record.attempt()->phase != BatchPhase::kVoting || record.attempt()->open.paper) {
    return reply.no(Refusal::kWrongPhase);
  }
  auto const at = std::ranges::find(questions, in.question);
  if (at == questions.end()) {
    if (!record.attempt()->present(me)) return reply.no(Refusal::kNotOnRoll);
    return reply.no(record.attempt()->recused(me, in.question) ? Refusal::kRecused : Refusal::kUnknown);
  }
  using crypto::elgamal::Choice;
  if (in.choice == Choice::kAbstain && !record.manifest().rules.abstain_allowed) {
    return reply.no(Refusal::kOutOfRange, say("本次会议不设弃权", "abstaining is off in this meeting"));
  }
  if (voter.open != record.attempt()->open_hash) begin_attempt();
  if (voter.failed) return reply.no(*voter.failed);
  if (voter.choices.size() != questions.size()) {
    voter.choices = Secret(questions.size());
    std::ranges::fill(voter.choices.writable(), std::uint8_t{0});
  }
  voter.choices.writable()[static_cast<std::size_t>(at - questions.begin())] = in.choice == Choice::kAbstain ? 1
                                                                               : in.choice == Choice::kAgree ? 2
                                                                                                             : 3;
  // How many, never which: what was chosen leaves this program under a seal only.
  facts::object more;
  more["question"] = in.question;
  more["chosen"] = chosen();
  more["of"] = questions.size();
  reply.ok(std::move(more));
}

/// For the person at this screen, who comes back to a half-filled paper: to whoever asked, and nowhere else.
void Session::Impl::operate(Replier const& reply, command::Marks const&) {
  facts::object marks;
  bool const castable = record.in_progress() && record.attempt()->phase == BatchPhase::kVoting && !voter.failed &&
                        voter.open == record.attempt()->open_hash;
  if (castable) {
    constexpr std::array<std::string_view, 4> kWords{"", "abstain", "agree", "disagree"};
    auto const questions = my_questions();
    for (std::size_t i = 0; i < questions.size() && voter.choices.size() == questions.size(); ++i) {
      auto const mark = voter.choices.data()[i];
      if (mark != 0) marks[std::to_string(questions[i])] = kWords.at(mark);
    }
  }
  facts::object more;
  more["marks"] = std::move(marks);
  reply.ok(std::move(more));
}

void Session::Impl::operate(Replier const& reply, command::Unmark const&) {
  voter.choices.wipe();
  reply.ok();
}

void Session::Impl::operate(Replier const& reply, command::Cast const&) {
  auto const questions = my_questions();
  if (!record.in_progress() || record.attempt()->phase != BatchPhase::kVoting || record.attempt()->open.paper) {
    return reply.no(Refusal::kWrongPhase);
  }
  if (questions.empty()) return reply.no(record.attempt()->present(me) ? Refusal::kRecused : Refusal::kNotOnRoll);
  if (voter.failed) return reply.no(*voter.failed);
  if (voter.casting) return reply.no(Refusal::kBusy);
  if (chosen() != questions.size()) {
    std::string missing;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (i < voter.choices.size() && voter.choices.data()[i] != 0) continue;
      missing += (missing.empty() ? "" : ",") + std::to_string(questions[i]);
    }
    return reply.no(Refusal::kMalformed, say("尚未选择的事项：", "questions without a mark: ") + missing);
  }
  if (!voter.state || !voter.state->ready()) {
    return reply.no(Refusal::kWrongPhase,
                    say("选票凭证尚未就绪，请稍候", "the tokens are not there yet; wait for them"));
  }
  voter.casting = true;
  struct Work {
    Hash open;
    Contexts contexts;
    std::shared_ptr<BallotState const> state;
    std::vector<crypto::MixPublicKey> mix_keys;
    Secret choices;
    Result<SealedPaper> paper = Refusal::kInternal;
  };
  auto const work = std::make_shared<Work>();
  work->open = voter.open;
  work->contexts = contexts(questions);
  work->state = voter.state;
  for (auto const& keys : record.attempt()->keys) work->mix_keys.push_back(keys.mix_key);
  // Moved: from here on the choices are the job's, and gone when it has sealed them.
  work->choices = std::move(voter.choices);
  voter.choices = Secret();
  add_job(
      "ballots",
      [work] {
        work->paper = seal_ballots(work->contexts, *work->state, work->mix_keys, work->choices);
        work->choices.wipe();
      },
      [this, work, reply] {
        if (voter.open != work->open || voter.forgotten || !voter.state) return reply.no(Refusal::kWrongPhase);
        voter.casting = false;
        if (halted) return reply.no(*halted);
        if (!work->paper) return reply.no(work->paper.error());
        auto const& attempt = *record.attempt();
        if (attempt.phase != BatchPhase::kVoting) return reply.no(Refusal::kWrongPhase);
        auto const logged = attempt.casts.find(me);
        auto const sequence =
            std::max(voter.next_sequence, logged == attempt.casts.end() ? 0 : logged->second.sequence + 1);
        auto const digest = meeting::envelope_digest(voter.open, me, sequence, work->paper->onions);
        auto& casts = voter.state->casts;
        // Of the papers before, only the one that the log names can still count.
        std::erase_if(casts, [&](CastPaper const& cast) {
          return cast.sequence < sequence && logged != attempt.casts.end() && cast.digest != logged->second.digest &&
                 cast.sequence <= logged->second.sequence;
        });
        if (casts.size() >= kCastsKept) {
          // The one that the log names is the first, if it is there at all.
          bool const first_counts = logged != attempt.casts.end() && casts.front().digest == logged->second.digest;
          casts.erase(casts.begin() + (first_counts ? 1 : 0));
        }
        casts.push_back({sequence, digest, work->paper->ballots});
        if (!save_state()) return reply.no(Refusal::kStorage);
        auto const entry =
            meeting::signed_entry(meeting::EnvelopeCast{voter.open, me, sequence, digest}, me, config.keys.identity);
        voter.casting = submit(entry, meeting::encode_envelope_payload(work->paper->onions),
                               [this, reply, open = voter.open, sequence](auto const& index, Hash const&) {
                                 if (voter.open == open) {
                                   voter.casting = false;
                                   if (index) voter.next_sequence = std::max(voter.next_sequence, sequence + 1);
                                 }
                                 if (!index) return reply.no(index.error());
                                 facts::object more;
                                 more["sequence"] = sequence;
                                 if (*index) more["index"] = **index;
                                 reply.ok(std::move(more));
                               });
        if (!voter.casting) reply.no(Refusal::kBusy);
      });
}

}  // namespace piaojue::client
