// SPDX-License-Identifier: Apache-2.0
#include "protocol/trustee/trustee.h"

#include <sodium.h>

#include <set>

#include "base/state.h"
#include "protocol/meeting/codec.h"
#include "protocol/trustee/plan.h"

namespace piaojue::trustee {

using meeting::Attempt;
using meeting::BatchPhase;
using meeting::MeetingPhase;
using meeting::Record;

namespace {

/// A batch attempt: under it the store keeps its state.
using Slot = std::pair<BatchId, std::uint32_t>;

/// Under what name the store keeps an attempt's keys and its mix.
std::string stored_as(std::string_view what, Slot const& slot) {
  return std::string(what) + "/" + std::to_string(slot.first) + "/" + std::to_string(slot.second);
}

Duty duty_of(DutyKind kind, Slot const& slot, PersonId person = 0) { return {kind, slot.first, slot.second, person}; }
Slot slot_of(Duty const& duty) { return {duty.batch, duty.attempt}; }

/// One result of a duty that was handed out: the same duty for another box or fewer questions has another result.
struct HandedOut {
  Duty duty;
  Hash of{};                            ///< box of a share, digest of a BatchKeys
  std::vector<QuestionId> questions{};  ///< of a mix or a share
  auto operator<=>(HandedOut const&) const = default;
};

Slot slot_of(Attempt const& attempt) { return {attempt.open.batch, attempt.open.attempt}; }

bool is_current(Record const& record, Hash const& batch_open) {
  return record.in_progress() && record.attempt()->open_hash == batch_open;
}

/// One set of keys as it was made. `keys` is shared with jobs that run on other threads; it is changed only while none
/// does.
struct Held {
  std::shared_ptr<AttemptKeys> keys;
  Bytes body;                      ///< of the BatchKeys: kept, because a second proof of knowledge would be other bytes
  std::optional<Hash> shared_box;  ///< the box that a share was given for: there is no second one

  bool covers(std::vector<QuestionId> const& questions) const {
    return std::ranges::all_of(questions, [&](QuestionId q) { return keys->token_keys.contains(q); });
  }
  void destroy() const {
    keys->token_keys.clear();
    keys->mix_key.reset();
    keys->tally_key.reset();
  }
};

Secret serialise(std::vector<Held> const& all) {
  std::vector<Secret> keys;
  keys.reserve(all.size());
  for (Held const& held : all) keys.push_back(held.keys->serialise());
  return state::written([&](state::Writer& out) {
    out.u32(static_cast<std::uint32_t>(all.size()));
    for (std::size_t i = 0; i < all.size(); ++i) {
      out.bytes(keys[i].view());
      out.bytes(all[i].body);
      out.bytes(all[i].shared_box ? all[i].shared_box->view() : ByteView{});
    }
  });
}

Result<std::vector<Held>> parse_held(Secret const& bytes, Slot const& slot) {
  state::Reader in(bytes.view());
  std::vector<Held> out;
  std::uint32_t const count = in.u32();
  for (std::uint32_t i = 0; i < count; ++i) {
    ByteView const plain = in.bytes();
    ByteView const body = in.bytes();
    ByteView const box = in.bytes();
    if (in.broken()) return Refusal::kMalformed;
    auto keys = AttemptKeys::parse(Secret::copy_of(plain));
    if (!keys || Slot{keys->batch, keys->attempt} != slot) return Refusal::kMalformed;
    Held held{std::make_shared<AttemptKeys>(std::move(*keys)), to_bytes(body), std::nullopt};
    if (!box.empty()) {
      held.shared_box = Hash::from(box);
      if (!held.shared_box) return Refusal::kMalformed;
    }
    out.push_back(std::move(held));
  }
  if (!in.done()) return Refusal::kMalformed;
  return out;
}

/// A mix as it is kept until Erased: the whole output, and per question what went in.
struct SavedMix {
  MixResult result;
  std::map<QuestionId, Hash> inputs;
};

/// By question, so that a question voided between two deliveries does not make the others look like another input.
Hash question_digest(meeting::MixItems const& items, QuestionId q, ByteView salt) {
  return input_digest({{q, items.at(q)}}, salt);
}

Secret serialise(SavedMix const& mix) {
  return state::written([&](state::Writer& out) {
    out.fixed(mix.result.step.batch_open.view());
    out.u32(mix.result.step.trustee);
    out.bytes(mix.result.salt);
    out.u32(static_cast<std::uint32_t>(mix.inputs.size()));
    for (auto const& [q, digest] : mix.inputs) {
      meeting::MixCount const& count = mix.result.step.counts.at(q);
      out.u32(q);
      out.fixed(digest.view());
      out.u32(count.in);
      out.u32(count.out);
      for (Bytes const& item : mix.result.items.at(q)) out.bytes(item);
    }
  });
}

Result<SavedMix> parse_mix(Secret const& bytes) {
  state::Reader in(bytes.view());
  SavedMix out;
  out.result.step.batch_open = in.fixed_as<Hash>();
  out.result.step.trustee = in.u32();
  out.result.salt = to_bytes(in.bytes());
  std::uint32_t const questions = in.u32();
  for (std::uint32_t i = 0; i < questions && !in.broken(); ++i) {
    QuestionId const q = in.u32();
    out.inputs[q] = in.fixed_as<Hash>();
    meeting::MixCount count;
    count.in = in.u32();
    count.out = in.u32();
    std::vector<Bytes>& items = out.result.items[q];
    for (std::uint32_t k = 0; k < count.out && !in.broken(); ++k) items.push_back(to_bytes(in.bytes()));
    out.result.step.counts[q] = count;
  }
  if (!in.done()) return Refusal::kMalformed;
  return out;
}

}  // namespace

struct Trustee::Impl {
  using Finish = std::function<Result<std::vector<Submission>>(Record const&)>;
  using Jobs = std::vector<Job>;

  TrusteeId id;
  PersonId person;
  crypto::SigningKey const& signer;
  TrusteeStore& store;
  TokenKeySource source;
  std::uint32_t lookahead;
  meeting::ParallelFor parallel;

  std::map<Slot, std::vector<Held>> slots;  ///< what was loaded or made
  std::set<Duty> running;
  std::set<HandedOut> returned;          ///< what was handed out and need not be handed out again
  std::map<Duty, std::uint64_t> failed;  ///< with the size of the log when they failed
  std::set<Slot> swept;                  ///< ended attempts whose state is gone
  std::set<Slot> pruned;                 ///< opened attempts whose unused keys are gone
  bool all_swept = false;

  struct Work {
    std::shared_ptr<meeting::BlindedMsgs const> msgs;
    bool fresh = true;  ///< delivered, and no job was made of it yet
  };
  std::map<std::pair<Hash, PersonId>, Work> works;

  struct Input {
    Hash batch_open;
    meeting::MixItems items;
    Bytes salt;
    bool fresh = true;
    ~Input() { detail::wipe(items); }
  };
  std::shared_ptr<Input> input;  ///< the last one delivered

  struct Verdict {
    HandedOut of;  ///< box and live questions
    std::optional<Refusal> refusal;
  };
  std::optional<Verdict> verdict;

  struct Failure {
    Duty duty;
    Refusal code;
  };
  std::optional<Failure> failure;  ///< the last one, until the duty succeeds or its attempt has ended
  std::optional<Refusal> waiting;

  Impl(TrusteeId id_, PersonId person_, crypto::SigningKey const& signer_, TrusteeStore& store_, TokenKeySource source_,
       std::uint32_t lookahead_)
      : id(id_), person(person_), signer(signer_), store(store_), source(std::move(source_)), lookahead(lookahead_) {}

  // ---- Jobs -------------------------------------------------------------------------------------------------------

  bool busy(Slot const& slot) const {
    return std::ranges::any_of(running, [&](Duty const& duty) { return slot_of(duty) == slot; });
  }
  bool busy(DutyKind kind) const { return std::ranges::find(running, kind, &Duty::kind) != running.end(); }
  bool busy(DutyKind kind, Slot const& slot) const {
    return std::ranges::any_of(running, [&](Duty const& duty) { return duty.kind == kind && slot_of(duty) == slot; });
  }

  void note(Duty const& duty, Refusal code) { failure = {duty, code}; }
  void clear(Duty const& duty) {
    if (failure && failure->duty == duty) failure.reset();
  }

  /// @param again it was asked for anew: what happened to it before does not count.
  /// @return whether a job was made.
  bool add(Jobs& jobs, Record const& record, Duty const& duty, std::function<void()> run, Finish finish,
           bool again = false) {
    if (running.contains(duty)) return false;
    // A duty that failed fails again while nothing has changed: without this the host would be in a loop.
    if (auto const at = failed.find(duty); at != failed.end() && at->second == record.size() && !again) return false;
    running.insert(duty);
    jobs.push_back({duty, std::move(run),
                    [this, duty, finish = std::move(finish)](Record const& now) -> Result<std::vector<Submission>> {
                      running.erase(duty);
                      auto out = finish(now);
                      if (!out) {
                        failed[duty] = now.size();
                        note(duty, out.error());
                      } else {
                        failed.erase(duty);
                        clear(duty);
                      }
                      return out;
                    }});
    return true;
  }

  Submission submission(meeting::Body const& body) const {
    Submission out;
    out.entry = meeting::signed_entry(body, person, signer);
    return out;
  }

  static std::vector<Submission> one(Submission submission) {
    std::vector<Submission> out;
    out.push_back(std::move(submission));
    return out;
  }

  // ---- Store ------------------------------------------------------------------------------------------------------

  /// @return nothing if the store failed: nothing may rest on its silence then.
  std::vector<Held>* load(Slot const& slot) {
    if (auto const known = slots.find(slot); known != slots.end()) return &known->second;
    Duty const duty = duty_of(DutyKind::kKeys, slot);
    auto const bytes = store.load(stored_as("keys", slot));
    if (!bytes) {
      note(duty, bytes.error());
      return nullptr;
    }
    std::vector<Held>& out = slots[slot];
    if (*bytes) {
      auto held = parse_held(**bytes, slot);
      // Unreadable is as good as lost, and cured in the same way: by new keys. The seal has kept strangers out.
      if (held) {
        out = std::move(*held);
      } else {
        note(duty, held.error());
      }
    }
    return &out;
  }

  Result<void> save(Slot const& slot) { return store.save(stored_as("keys", slot), serialise(slots[slot])); }

  Result<void> erase(Slot const& slot) {
    if (auto const known = slots.find(slot); known != slots.end()) {
      for (Held const& held : known->second) held.destroy();
      known->second.clear();
    }
    auto const mix = store.erase(stored_as("mix", slot));
    if (!mix) return mix.error();
    auto const keys = store.erase(stored_as("keys", slot));
    if (!keys) return keys.error();
    slots.erase(slot);
    return {};
  }

  /// The keys that BatchOpen took, or nothing if they are lost. Others made for this attempt are of no use any more.
  Held* current(Attempt const& attempt, std::uint32_t hop) {
    Slot const slot = slot_of(attempt);
    std::vector<Held>* const all = load(slot);
    if (all == nullptr) return nullptr;
    if (!pruned.contains(slot) && !busy(slot)) {
      Bytes const logged = meeting::encode_body(attempt.keys[hop]);
      std::size_t const before = all->size();
      std::erase_if(*all, [&](Held const& held) {
        if (held.body == logged) return false;
        held.destroy();
        return true;
      });
      if (all->size() == before || (all->empty() ? store.erase(stored_as("keys", slot)) : save(slot))) {
        pruned.insert(slot);
      }
    }
    if (pruned.contains(slot)) return all->empty() ? nullptr : &all->front();
    Bytes const logged = meeting::encode_body(attempt.keys[hop]);
    auto const held = std::ranges::find(*all, logged, &Held::body);
    return held == all->end() ? nullptr : &*held;
  }

  // ---- Ended attempts ---------------------------------------------------------------------------------------------

  void forget_inputs(Hash const& batch_open) {
    std::erase_if(works, [&](auto const& work) { return work.first.first == batch_open; });
    if (input && input->batch_open == batch_open) input.reset();
  }

  void sweep(Slot const& slot) {
    if (swept.contains(slot) || busy(slot)) return;
    if (erase(slot)) swept.insert(slot);
  }

  void ended(Jobs& jobs, Record const& record, Hash const& batch_open, Slot const& slot,
             std::vector<TrusteeId> const& hops, std::set<TrusteeId> const& erased) {
    forget_inputs(batch_open);
    if (failure && slot_of(failure->duty) == slot && failure->duty.kind != DutyKind::kErase) failure.reset();
    if (std::ranges::find(hops, id) == hops.end() || erased.contains(id)) return sweep(slot);
    Duty const duty = duty_of(DutyKind::kErase, slot);
    if (returned.contains({duty}) || busy(slot)) return;
    add(
        jobs, record, duty, [] {},
        [this, duty, batch_open, slot](Record const&) -> Result<std::vector<Submission>> {
          auto const gone = erase(slot);
          if (!gone) return gone.error();
          swept.insert(slot);
          returned.insert({duty});
          return one(submission(meeting::Erased{batch_open, id}));
        });
  }

  void all_ended(Jobs& jobs, Record const& record) {
    for (auto const& [hash, past] : record.past_attempts()) {
      ended(jobs, record, hash, {past.batch, past.attempt}, past.hops, past.erased);
    }
    if (!record.attempt()) return;
    Attempt const& attempt = *record.attempt();
    if (!record.in_progress()) {
      ended(jobs, record, attempt.open_hash, slot_of(attempt), attempt.hops, attempt.erased);
    } else if (!attempt.hop_of(id)) {
      sweep(slot_of(attempt));  // opened without this trustee, or on paper
    }
  }

  /// After MeetingClose nothing is signed, and nothing is kept.
  void closed(Record const& record) {
    works.clear();
    input.reset();
    if (all_swept || !running.empty()) return;
    all_swept = true;
    for (BatchId batch = 1; batch <= record.manifest().batches.size(); ++batch) {
      for (std::uint32_t attempt = 1; attempt <= record.attempts(batch) + 1; ++attempt) {
        if (!swept.contains({batch, attempt}) && !erase({batch, attempt})) all_swept = false;
      }
    }
  }

  // ---- Keys -------------------------------------------------------------------------------------------------------

  /// Questions of a batch for which an attempt may still come: undecided, not being voted on, never opened by ballot.
  static std::vector<QuestionId> wanted(Record const& record, BatchId batch) {
    std::vector<QuestionId> out = record.undecided(batch);
    if (record.in_progress() && record.attempt()->open.batch == batch) {
      std::vector<QuestionId> const live = record.attempt()->live();
      std::erase_if(out, [&](QuestionId q) { return std::ranges::find(live, q) != live.end(); });
    }
    std::erase_if(out, [&](QuestionId q) { return record.question(q).opened; });
    return out;
  }

  static HandedOut keys_mark(Held const& held) {
    Slot const slot{held.keys->batch, held.keys->attempt};
    return {duty_of(DutyKind::kKeys, slot), crypto::sha256({held.body}), {}};
  }

  Result<std::vector<Submission>> hand_out(Held const& held) {
    returned.insert(keys_mark(held));
    Submission out;
    out.entry = meeting::encode_entry(meeting::EntryType::kBatchKeys, held.body,
                                      {meeting::sign_body(meeting::EntryType::kBatchKeys, held.body, person, signer)});
    return one(std::move(out));
  }

  void keys(Jobs& jobs, Record const& record) {
    std::uint32_t ahead = 0;
    for (BatchId batch = 1; batch <= record.manifest().batches.size() && ahead < lookahead; ++batch) {
      std::vector<QuestionId> const questions = wanted(record, batch);
      if (questions.empty()) continue;
      ++ahead;
      Slot const slot{batch, record.attempts(batch) + 1};
      std::vector<Held> const* const all = load(slot);
      if (all == nullptr) continue;
      auto const pending = record.pending_keys().find({batch, id});
      std::optional<Bytes> logged;
      if (pending != record.pending_keys().end() && pending->second.keys.attempt == slot.second) {
        logged = meeting::encode_body(pending->second.keys);
      }
      Held const* best = nullptr;  // the newest, or the one that is in the log
      for (Held const& held : *all) {
        if (!held.covers(questions)) continue;
        best = &held;
        if (logged && held.body == *logged) break;
      }
      if (best != nullptr) {
        if (logged && best->body == *logged) continue;
        if (returned.contains(keys_mark(*best))) continue;
        add(
            jobs, record, duty_of(DutyKind::kKeys, slot), [] {},
            [this, held = *best](Record const&) { return hand_out(held); });
        continue;
      }
      // One set at a time: the batch that comes first must not share the processor with the one after it.
      if (busy(DutyKind::kKeys)) continue;
      make_keys(jobs, record, slot, questions);
    }
  }

  void make_keys(Jobs& jobs, Record const& record, Slot const& slot, std::vector<QuestionId> const& questions) {
    auto const made = std::make_shared<Result<AttemptKeys>>(Refusal::kInternal);
    std::uint32_t const bits = record.manifest().rules.modulus_bits;
    add(
        jobs, record, duty_of(DutyKind::kKeys, slot),
        [made, slot, questions, bits, from = source] {
          *made = AttemptKeys::generate(slot.first, slot.second, questions, bits, from);
        },
        [this, made, slot](Record const& now) -> Result<std::vector<Submission>> {
          if (!*made) return made->error();
          // The attempt may have been opened without these while they were made.
          if (now.phase() != MeetingPhase::kOpen || now.attempts(slot.first) + 1 != slot.second) {
            made->value() = AttemptKeys{};
            return std::vector<Submission>{};
          }
          std::vector<Held>& all = slots[slot];
          auto const fresh = std::make_shared<AttemptKeys>(std::move(made->value()));
          // The older ones stay: BatchOpen may name them before the new ones reach the log.
          all.push_back({fresh, meeting::encode_body(fresh->body(now.meeting(), id)), std::nullopt});
          auto const saved = save(slot);
          if (!saved) {
            all.pop_back();
            return saved.error();
          }
          return hand_out(all.back());
        });
  }

  // ---- Tokens -----------------------------------------------------------------------------------------------------

  void tokens(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held,
              std::uint32_t hop) {
    Attempt const& attempt = *record.attempt();
    // Tokens for a room that only one expert was shown would tell her ballot from all others.
    if (!witnesses.enough(attempt.open_index, attempt.open_witnesses)) return;
    Slot const slot = slot_of(attempt);
    for (auto work = works.lower_bound({attempt.open_hash, 0});
         work != works.end() && work->first.first == attempt.open_hash;) {
      auto const at = work++;
      PersonId const expert = at->first.second;
      auto const issued = attempt.issued.find(expert);
      if (!at->second.fresh) {
        if (issued != attempt.issued.end() && issued->second.contains(id)) works.erase(at);
        continue;
      }
      if (!attempt.requests.contains(expert)) continue;
      Duty const duty = duty_of(DutyKind::kTokens, slot, expert);
      auto const allowed = detail::check_request(record, id, expert, *at->second.msgs);
      if (!allowed) {
        note(duty, allowed.error());
        works.erase(at);
        continue;
      }
      auto const sigs = std::make_shared<Result<meeting::BlindSigs>>(Refusal::kInternal);
      bool const added = add(
          jobs, record, duty,
          [sigs, keys = held.keys, hop, msgs = at->second.msgs] { *sigs = detail::sign_request(*keys, hop, *msgs); },
          [this, sigs, expert, open = attempt.open_hash](Record const& now) -> Result<std::vector<Submission>> {
            if (!*sigs) {
              if (sigs->error() == Refusal::kOutOfRange) works.erase({open, expert});
              if (auto const again = works.find({open, expert}); again != works.end()) again->second.fresh = true;
              return sigs->error();
            }
            if (!is_current(now, open) || now.attempt()->phase != BatchPhase::kVoting) return std::vector<Submission>{};
            Submission out = submission(meeting::TokensIssued{
                open, id, expert, meeting::tokens_issued_digest(open, id, expert, sigs->value())});
            out.payload = std::move(sigs->value());
            out.person = expert;
            return one(std::move(out));
          },
          false);
      if (added) at->second.fresh = false;
    }
  }

  void close_issuance(Jobs& jobs, Record const& record) {
    Attempt const& attempt = *record.attempt();
    Slot const slot = slot_of(attempt);
    Duty const duty = duty_of(DutyKind::kClose, slot);
    // A signature that is still being made holds the keys that are to be destroyed.
    if (attempt.issuance_closed.contains(id) || returned.contains({duty}) || busy(DutyKind::kTokens, slot)) return;
    add(
        jobs, record, duty, [] {},
        [this, duty, slot, open = attempt.open_hash](Record const& now) -> Result<std::vector<Submission>> {
          if (!is_current(now, open) || now.attempt()->phase != BatchPhase::kClosing) return std::vector<Submission>{};
          std::vector<Held> const* const all = load(slot);
          if (all == nullptr) return Refusal::kStorage;
          if (!all->empty()) {
            for (Held const& held : *all) held.keys->token_keys.clear();
            auto const saved = save(slot);
            if (!saved) return saved.error();
          }
          returned.insert({duty});
          return one(submission(meeting::IssuanceClosed{open, id, now.attempt()->issued_by(id)}));
        });
  }

  // ---- Mixing -----------------------------------------------------------------------------------------------------

  void mixing(Jobs& jobs, Record const& record, Held const& held, std::uint32_t hop) {
    Attempt const& attempt = *record.attempt();
    if (!input || input->batch_open != attempt.open_hash || !held.keys->mix_key) return;
    Slot const slot = slot_of(attempt);
    Duty const duty = duty_of(DutyKind::kMix, slot);
    bool const logged = attempt.mixes.size() > hop;
    if (running.contains(duty)) return;
    if (logged && !input->fresh) {
      input.reset();
      return;
    }
    if (!logged && (attempt.phase != BatchPhase::kMixing || attempt.mixes.size() != hop)) return;

    std::vector<QuestionId> questions;
    if (logged) {
      for (auto const& [q, count] : attempt.mixes[hop].counts) questions.push_back(q);
    } else {
      questions = attempt.live();
    }
    HandedOut const mark{duty, {}, questions};
    if (!input->fresh && returned.contains(mark)) return;
    bool const again = input->fresh;

    auto const refuse = [&](Refusal code) {
      if (add(
              jobs, record, duty, [] {}, [code](Record const&) -> Result<std::vector<Submission>> { return code; },
              again)) {
        input.reset();
      }
    };

    auto const stored = store.load(stored_as("mix", slot));
    if (!stored) return note(duty, stored.error());
    if (*stored || logged) {
      // It was mixed already; without what was kept nobody can tell whether this is the same input.
      auto kept = std::make_shared<Result<SavedMix>>(*stored ? parse_mix(**stored) : Refusal::kMixAgain);
      bool same = kept->has_value() && kept->value().result.step.batch_open == attempt.open_hash;
      for (QuestionId const q : questions) {
        if (!same) break;
        auto const before = kept->value().inputs.find(q);
        same = before != kept->value().inputs.end() && input->items.contains(q) &&
               question_digest(input->items, q, input->salt) == before->second;
      }
      if (!same) return refuse(Refusal::kMixAgain);
      if (add(
              jobs, record, duty, [] {},
              [this, kept, mark, questions](Record const&) -> Result<std::vector<Submission>> {
                returned.insert(mark);
                return one(mix_submission(detail::restricted(kept->value().result, questions)));
              },
              again)) {
        input->fresh = false;
      }
      return;
    }

    auto plan = detail::plan_mix(record, id);
    if (!plan) return;
    auto const mixed = std::make_shared<Result<MixResult>>(Refusal::kInternal);
    if (add(
            jobs, record, duty,
            [mixed, keys = held.keys, plan = std::move(*plan), from = input] {
              *mixed = detail::run_mix(plan, *keys->mix_key, from->items, from->salt);
            },
            [this, mixed, duty, slot, from = input](Record const& now) -> Result<std::vector<Submission>> {
              if (!*mixed) {
                if (input == from) input.reset();
                return mixed->error();
              }
              if (!is_current(now, from->batch_open)) {
                detail::wipe(mixed->value().items);
                return std::vector<Submission>{};
              }
              SavedMix kept;
              kept.result = std::move(mixed->value());
              for (auto const& [q, items] : kept.result.items) {
                kept.inputs.emplace(q, question_digest(from->items, q, from->salt));
              }
              auto const saved = store.save(stored_as("mix", slot), serialise(kept));
              if (!saved) return saved.error();
              std::vector<QuestionId> const live = now.attempt()->live();
              returned.insert({duty, {}, live});
              return one(mix_submission(detail::restricted(kept.result, live)));
            },
            again)) {
      input->fresh = false;
    }
  }

  Submission mix_submission(MixResult result) const {
    Submission out = submission(result.step);
    out.payload = std::move(result);
    return out;
  }

  // ---- Gate and share ---------------------------------------------------------------------------------------------

  void share(Jobs& jobs, Record const& record, meeting::Witnesses const& witnesses, Held const& held) {
    Attempt const& attempt = *record.attempt();
    if (attempt.shares.contains(id) || !held.keys->tally_key || !attempt.box) return;
    Slot const slot = slot_of(attempt);
    Duty const duty = duty_of(DutyKind::kShare, slot);
    HandedOut const of{duty, attempt.box_hash, attempt.live()};

    // Ballots are checked while people confirm, so that nobody waits for it afterwards.
    if (!verdict || verdict->of != of) {
      auto const checked = std::make_shared<Result<void>>(Refusal::kInternal);
      add(
          jobs, record, duty_of(DutyKind::kCheckBox, slot),
          [checked, plan = detail::plan_box(record), each = parallel] { *checked = detail::check_ballots(plan, each); },
          [this, checked, of](Record const&) -> Result<std::vector<Submission>> {
            verdict = Verdict{of, std::nullopt};
            if (*checked) return std::vector<Submission>{};
            verdict->refusal = checked->error();
            return checked->error();
          });
    }

    auto const room = detail::check_room(record, witnesses);
    if (!room) {
      waiting = room.error();
      // Time cures these two; of the others somebody should hear.
      if (*waiting != Refusal::kLogSplit && *waiting != Refusal::kGateUnconfirmed) note(duty, *waiting);
      return;
    }
    clear(duty);
    if (!verdict || verdict->of != of) return;
    if (verdict->refusal) {
      waiting = verdict->refusal;
      return;
    }
    if (returned.contains(of)) return;
    auto plan = detail::plan_share(record, id);
    if (!plan) return;
    auto const made = std::make_shared<Result<meeting::TallyShare>>(Refusal::kInternal);
    add(
        jobs, record, duty,
        [made, keys = held.keys, plan = std::move(*plan)] { *made = detail::run_share(plan, *keys->tally_key); },
        [this, made, of, slot](Record const& now) -> Result<std::vector<Submission>> {
          if (!*made) return made->error();
          meeting::TallyShare const& body = made->value();
          if (!is_current(now, body.batch_open) || of.of != now.attempt()->box_hash ||
              of.questions != now.attempt()->live()) {
            return std::vector<Submission>{};
          }
          std::vector<Held>* const all = load(slot);
          if (all == nullptr) return Refusal::kStorage;
          for (Held& one_held : *all) {
            // After a restart somebody may show another log, with another box under the same keys.
            if (one_held.shared_box && *one_held.shared_box != body.box) return Refusal::kGateReopened;
            one_held.shared_box = body.box;
          }
          auto const saved = save(slot);
          if (!saved) return saved.error();
          returned.insert(of);
          return one(submission(body));
        });
  }

  // ---- All of it --------------------------------------------------------------------------------------------------

  bool on_duty(Record const& record) const {
    meeting::Manifest const& manifest = record.manifest();
    if (id >= manifest.trustees.size() || manifest.trustees[id] != person) return false;
    crypto::SigningPublicKey const& own = signer.public_key();
    // After a KeyChange the old laptop would only produce refusals.
    return person == meeting::kServer ? manifest.server_key == own : record.identity_key(person) == own;
  }

  Jobs due(Record const& record, meeting::Witnesses const& witnesses) {
    Jobs jobs;
    waiting.reset();
    if (record.phase() == MeetingPhase::kBeforeOpen) return jobs;
    if (record.phase() == MeetingPhase::kClosed) {
      closed(record);
      return jobs;
    }
    if (!on_duty(record)) return jobs;
    all_ended(jobs, record);
    if (record.in_progress()) {
      Attempt const& attempt = *record.attempt();
      if (auto const hop = attempt.hop_of(id)) {
        Held const* const held = current(attempt, *hop);
        if (held != nullptr && attempt.phase == BatchPhase::kVoting) tokens(jobs, record, witnesses, *held, *hop);
        if (attempt.phase == BatchPhase::kClosing) close_issuance(jobs, record);
        if (held != nullptr) {
          mixing(jobs, record, *held, *hop);
          if (attempt.phase == BatchPhase::kConfirming || attempt.phase == BatchPhase::kOpening) {
            share(jobs, record, witnesses, *held);
          }
        }
      }
    }
    keys(jobs, record);
    return jobs;
  }

  std::string step(Record const& record) const {
    if (record.phase() != MeetingPhase::kOpen || !on_duty(record)) return "off-duty";
    if (record.in_progress()) {
      Attempt const& attempt = *record.attempt();
      if (attempt.hop_of(id) && attempt.phase != BatchPhase::kCounted) {
        auto const slot = slots.find(slot_of(attempt));
        if (slot != slots.end() && slot->second.empty()) return "keys-lost";
        switch (attempt.phase) {
          case BatchPhase::kVoting:
            return "issuing";
          case BatchPhase::kClosing:
            return attempt.issuance_closed.contains(id) ? "issuance-closed" : "issuing";
          case BatchPhase::kMixing:
            return "mixing";
          default:
            return attempt.shares.contains(id) ? "shared" : "waiting-for-gate";
        }
      }
    }
    bool ready = false;
    for (auto const& [key, pending] : record.pending_keys()) ready = ready || key.second == id;
    if (busy(DutyKind::kKeys)) return "making-keys";
    if (ready) return "keys-ready";
    if (record.attempt() && record.attempt()->erased.contains(id)) return "erased";
    return "idle";
  }
};

Trustee::Trustee(TrusteeId id, PersonId person, crypto::SigningKey const& signer, TrusteeStore& store,
                 TokenKeySource source, std::uint32_t lookahead)
    : impl_(std::make_unique<Impl>(id, person, signer, store, std::move(source), lookahead)) {}

Trustee::~Trustee() = default;

void Trustee::set_parallel(meeting::ParallelFor parallel) { impl_->parallel = std::move(parallel); }

void Trustee::on_token_work(PersonId person, Hash const& batch_open, meeting::BlindedMsgs msgs) {
  auto& works = impl_->works;
  std::pair const key{batch_open, person};
  // Work may come before its BatchOpen; a server that sends it for attempts that never come must not fill the memory.
  if (!works.contains(key) && works.size() >= 2 * meeting::kPeopleMax) works.erase(works.begin());
  works[key] = {std::make_shared<meeting::BlindedMsgs const>(std::move(msgs)), true};
}

void Trustee::on_mix_input(Hash const& batch_open, meeting::MixItems items, Bytes salt) {
  auto const input = std::make_shared<Impl::Input>();
  input->batch_open = batch_open;
  input->items = std::move(items);
  input->salt = std::move(salt);
  impl_->input = input;
}

std::vector<Trustee::Job> Trustee::due(Record const& record, meeting::Witnesses const& witnesses) {
  return impl_->due(record, witnesses);
}

void Trustee::resubmit() {
  impl_->returned.clear();
  impl_->failed.clear();
  for (auto& [key, work] : impl_->works) work.fresh = true;
}

Trustee::Status Trustee::status(Record const& record) const {
  Status out;
  out.text = impl_->step(record);
  out.waiting = impl_->waiting;
  if (impl_->failure) out.refusal = impl_->failure->code;
  return out;
}

}  // namespace piaojue::trustee
