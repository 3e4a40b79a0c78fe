// SPDX-License-Identifier: Apache-2.0
#include "client/session/session_impl.h"

namespace piaojue::client {
namespace {

/// Sent and not answered: the server answers in order of commits, so more would only fill its queue.
constexpr std::size_t kInFlightMax = 32;
constexpr std::string_view kSplitName = "evidence/split";

}  // namespace

// ==================================================================================================== Out

void Session::Impl::warn(std::string_view kind, facts::object more) {
  auto out = event("warning");
  out["kind"] = kind;
  for (auto& member : more) out[member.key()] = std::move(member.value());
  emit(out);
}

void Session::Impl::add_job(std::string name, std::function<void()> run, std::function<void()> finish,
                            bool background) {
  auto const id = ++last_job;
  jobs.push_back({id, std::move(name), std::move(run), background});
  running.emplace(id, std::move(finish));
}

bool Session::Impl::kept(Result<void> const& written) {
  if (written) return true;
  if (!fatal) {
    fatal = wallet.last_error().empty() ? "the wallet failed" : wallet.last_error();
    auto out = event("fatal");
    out["code"] = piaojue::name(Refusal::kStorage);
    out["message"] = say(Refusal::kStorage);
    out["detail"] = *fatal;
    emit(out);
  }
  return false;
}

void Session::Impl::flush() {
  if (unwritten.empty() || fatal) return;
  auto const records = std::exchange(unwritten, {});
  if (kept(wallet.append(records))) unsynced = true;
}

// ==================================================================================================== Requests

bool Session::Impl::ask(std::function<Bytes(std::uint64_t id)> const& make, std::function<void(Answer&)> done) {
  if (halted || fatal || requests.size() >= config.limits.requests_max) return false;
  auto const id = new_id();
  requests.emplace(id, Request{make(id), std::move(done)});
  pump();
  return true;
}

bool Session::Impl::submit(Bytes const& entry, ByteView payload, Submitted done) {
  return ask([&](std::uint64_t id) { return wire::submit(id, entry, payload); },
             [this, done = std::move(done)](Answer& answer) {
               if (!answer) return done(answer.error(), {});
               if (auto const* accepted = std::get_if<wire::Accepted>(&answer->what)) {
                 // Replies come before the log that they speak of; whoever asked shall see both.
                 auto const index = accepted->index;
                 if (index < record.size()) return done(std::optional(index), {});
                 when_logged.emplace(index, [done, index] { done(std::optional(index), {}); });
                 return;
               }
               if (auto const* pending = std::get_if<wire::Pending>(&answer->what)) {
                 return done(std::optional<std::uint64_t>(), pending->proposal);
               }
               done(Refusal::kMalformed, {});
             });
}

void Session::Impl::say_hello() {
  hello_id = new_id();
  // From the newest checkpoint, not from the newest entry: entries that came without one are asked for again.
  frames.push_back(wire::hello(hello_id, log.noted_size()));
}

void Session::Impl::pump() {
  if (!connected || !welcomed || halted || fatal) return;
  for (auto& [id, request] : requests) {
    if (in_flight >= kInFlightMax) return;
    if (request.sent || request.again_ms > now_ms) continue;
    request.sent = true;
    ++in_flight;
    frames.push_back(request.frame);
  }
}

void Session::Impl::answer(wire::Message message) {
  if (message.id == hello_id) {
    if (auto const* refused = std::get_if<wire::Refused>(&message.what)) {
      if (refused->code == Refusal::kLogInconsistent) {
        return halt(Refusal::kLogInconsistent, "the server has less of the log than this program has confirmed");
      }
      reconnect = true;
    }
    return;
  }
  auto const it = requests.find(message.id);
  if (it == requests.end() || !it->second.sent) return;  // answered before: the request was repeated
  --in_flight;
  auto const* refused = std::get_if<wire::Refused>(&message.what);
  if (refused != nullptr && refused->code == Refusal::kBusy && it->second.busy < config.limits.busy_retries_max) {
    ++it->second.busy;
    it->second.sent = false;
    it->second.again_ms = now_ms + config.limits.busy_retry_ms;
    return;
  }
  auto const done = std::move(it->second.done);
  requests.erase(it);
  if (!done) return;
  Answer answer = refused != nullptr ? Answer(refused->code) : Answer(std::move(message));
  done(answer);
}

// ==================================================================================================== The log

void Session::Impl::halt(Refusal code, std::string const& detail, std::string const& theirs, std::string const& ours) {
  if (halted) return;
  halted = code;
  facts::object evidence;
  evidence["code"] = piaojue::name(code);
  evidence["detail"] = detail;
  evidence["size"] = record.size();
  if (opened()) evidence["root"] = to_hex(record.tree().root().view());
  evidence["server_says"] = theirs;
  evidence["held_before"] = ours;
  flush();
  // Kept for the auditor, and so that a restart does not begin to trust again.
  kept(wallet.save(std::string(kSplitName), as_bytes(boost::json::serialize(evidence))));
  auto out = event("split");
  for (auto const& member : evidence) out[member.key()] = member.value();
  out["message"] = say(code);
  out["evidence"] = kSplitName;
  emit(out);
  frames.clear();
  when_logged.clear();
  for (auto& [id, request] : std::exchange(requests, {})) {
    Answer answer = code;
    if (request.done) request.done(answer);
  }
  in_flight = 0;
  release_deferred();
}

void Session::Impl::on_log(wire::Log const& push) {
  if (push.first_index > record.size()) {
    // Something is missing between: ask again from what is known.
    return say_hello();
  }
  for (std::size_t i = 0; i < push.entries.size(); ++i) {
    auto const index = push.first_index + i;
    if (index < record.size()) {
      if (push.entries[i] == log.entries[index]) continue;
      return halt(Refusal::kLogInconsistent, "entry " + std::to_string(index) + " is another than before",
                  push.checkpoint, log.notes.empty() ? std::string() : log.notes.rbegin()->second);
    }
    if (!take_entry(push.entries[i])) return;
  }
  if (!push.checkpoint.empty()) take_note(push.checkpoint);
}

bool Session::Impl::take_entry(Bytes const& bytes) {
  auto const index = record.size();
  auto const entry = meeting::decode_entry(bytes);
  Result<void> taken;
  if (!entry) {
    taken = entry.error();
  } else if (auto const* opening = std::get_if<meeting::Manifest>(&entry->body);
             index == 0 && opening != nullptr && opening->meeting_id != config.profile.meeting_id) {
    taken = Refusal::kUnknown;
  } else {
    taken = log.record.apply(*entry, bytes);
  }
  if (!taken) {
    halt(Refusal::kLogInconsistent,
         "entry " + std::to_string(index) + " is refused: " + std::string(piaojue::name(taken.error())),
         entry ? std::string(meeting::name(entry->type())) : std::string(), {});
    return false;
  }
  log.entries.push_back(bytes);
  unwritten.push_back({JournalRecord::Kind::kEntry, bytes});
  took_in(*entry, index);
  return !halted;
}

void Session::Impl::take_note(std::string const& note) {
  if (!opened()) {
    reconnect = true;
    return;
  }
  auto const& manifest = record.manifest();
  auto const opened_note = log::open_checkpoint(note, manifest.origin(), manifest.checkpoint_key);
  if (!opened_note) {
    // Proves nothing against anybody; whoever is at the other end is not our server in order.
    facts::object more;
    more["code"] = piaojue::name(opened_note.error());
    warn("bad-checkpoint", std::move(more));
    bad_checkpoint = opened_note.error();
    reconnect = true;
    return;
  }
  bad_checkpoint.reset();
  auto const size = opened_note->size;
  std::string const newest = log.notes.empty() ? std::string() : log.notes.rbegin()->second;
  if (size > record.size()) {
    reconnect = true;  // entries were kept back; the next Hello asks for them
    return;
  }
  if (opened_note->root != record.tree().root(size)) {
    auto const same = log.notes.find(size);
    if (same != log.notes.end()) {
      return halt(Refusal::kLogSplit, "two signed checkpoints of size " + std::to_string(size), note, same->second);
    }
    return halt(Refusal::kLogInconsistent, "the checkpoint of size " + std::to_string(size) + " is of another tree",
                note, newest);
  }
  if (size < record.size()) {
    return halt(Refusal::kLogInconsistent,
                "a checkpoint of size " + std::to_string(size) + " after " + std::to_string(record.size()) +
                    " entries: the server has gone back",
                note, newest);
  }
  if (log.notes.emplace(size, note).second) {
    unwritten.push_back({JournalRecord::Kind::kCheckpoint, to_bytes(as_bytes(note))});
  }
}

void Session::Impl::take_cosignatures(std::vector<log::Cosignature> const& list) {
  for (auto const& cosignature : list) {
    if (halted) return;
    if (cosignature.tree_size > record.size()) {
      if (early_cosignatures.size() >= config.limits.held_pushes_max) early_cosignatures.pop_front();
      early_cosignatures.push_back(cosignature);
      continue;
    }
    take_cosignature(cosignature);
  }
}

bool Session::Impl::take_cosignature(log::Cosignature const& cosignature) {
  auto const known = log.cosignatures.find(cosignature.tree_size);
  if (known != log.cosignatures.end() && known->second.contains(cosignature.person)) return true;
  auto const added = log.add(cosignature);
  if (added) {
    unwritten.push_back({JournalRecord::Kind::kCosignature, meeting::encode_cosignature(cosignature)});
    return true;
  }
  // Signed by a witness of this meeting, over another tree: somebody in this room is shown another log.
  if (added.error() == Refusal::kLogInconsistent) {
    halt(Refusal::kLogSplit,
         "person " + std::to_string(cosignature.person) + " cosigned another tree of size " +
             std::to_string(cosignature.tree_size),
         to_hex(meeting::encode_cosignature(cosignature)),
         log.notes.empty() ? std::string() : log.notes.rbegin()->second);
  }
  return false;
}

void Session::Impl::took_in(Entry const& entry, std::uint64_t index) {
  switch (entry.type()) {
    case EntryType::kMeetingOpen:
      host_trustee();
      [[fallthrough]];
    case EntryType::kBatchOpen:
    case EntryType::kBallotBox:
    case EntryType::kMeetingClose:
      milestone_size = index + 1;
      break;
    case EntryType::kKeyChange:
      // A laptop that has just become this person's owes the cosignature that the old one can not give any more.
      if (std::get<meeting::KeyChange>(entry.body).person == me && current()) {
        milestone_size = index + 1;
        cosigned_size = 0;
      }
      break;
    default:
      break;
  }
  view_entry(entry);
  if (replaying) return;
  auto const id = meeting::proposal_id(entry.type(), entry.body_bytes);
  proposals.erase(id);
  auto out = event("entry");
  out["index"] = index;
  out["type"] = meeting::name(entry.type());
  facts::add_entry(out, record, entry, config.lang);
  emit(out);
  milestone_events(entry);
  if (auto const* cast = std::get_if<meeting::EnvelopeCast>(&entry.body); cast && cast->person == me) {
    saw_own_cast(*cast);
  }
  if (auto const* confirmed = std::get_if<meeting::Confirm>(&entry.body); confirmed && confirmed->person == me) {
    saw_own_confirm(*confirmed);
  }
  for (auto at = when_logged.begin(); at != when_logged.end() && at->first <= index;) {
    auto const then = std::move(at->second);
    at = when_logged.erase(at);
    then();
  }
}

/// What scripts and pages wait for, beside the entry itself.
void Session::Impl::milestone_events(Entry const& entry) {
  auto const type = entry.type();
  auto const named = [&](std::string_view name) {
    auto out = event(name);
    auto const& attempt = *record.attempt();
    out["batch"] = attempt.open.batch;
    out["attempt"] = attempt.open.attempt;
    return out;
  };
  switch (type) {
    case EntryType::kMeetingOpen: {
      auto out = event("meeting");
      auto const& manifest = record.manifest();
      out["title"] = manifest.title;
      out["date"] = manifest.date;
      out["rehearsal"] = manifest.rehearsal;
      facts::array batches;
      for (meeting::BatchId b = 1; b <= manifest.batches.size(); ++b) {
        facts::object batch;
        batch["batch"] = b;
        batch["title"] = manifest.batches[b - 1].title;
        batch["questions"] = facts::numbers(manifest.batches[b - 1].candidates);
        batches.push_back(std::move(batch));
      }
      out["batches"] = std::move(batches);
      emit(out);
      if (manifest.trustees.size() == 1) warn("one-trustee");
      break;
    }
    case EntryType::kBatchOpen: {
      auto out = named("opened");
      facts::add_entry(out, record, entry, config.lang);
      emit(out);
      if (!record.attempt()->open.paper && record.attempt()->hops.size() == 1) warn("one-trustee");
      break;
    }
    case EntryType::kBatchClose: {
      auto out = named("closed");
      out["envelopes"] = record.attempt()->counted.size();
      emit(out);
      break;
    }
    case EntryType::kBallotBox: {
      auto out = named("box");
      facts::add_entry(out, record, entry, config.lang);
      emit(out);
      confirming_since_ms = now_ms;
      break;
    }
    case EntryType::kDeclaration: {
      auto out = named("declared");
      facts::add_entry(out, record, entry, config.lang);
      emit(out);
      break;
    }
    case EntryType::kTallyShare:
    case EntryType::kPaperTally:
      if (record.attempt()->phase == BatchPhase::kCounted) counted_event();
      break;
    case EntryType::kVoid:
      if (record.attempt()->phase == BatchPhase::kVoided) emit(named("voided"));
      break;
    case EntryType::kMeetingClose: {
      auto out = event("head");
      out["hash"] = group_of_four(record.tree().root());
      out["hex"] = to_hex(record.tree().root().view());
      out["size"] = record.size();
      emit(out);
      break;
    }
    default:
      break;
  }
}

/// After a start: where the log stands, in the same words as when it came there.
void Session::Impl::current_events() {
  if (!opened()) return;
  auto const again = [&](std::uint64_t index) {
    if (auto const entry = meeting::decode_entry(log.entries[index])) milestone_events(*entry);
  };
  again(0);
  if (record.in_progress()) {
    auto const& attempt = *record.attempt();
    again(attempt.open_index);
    if (attempt.box) again(attempt.box_index);
    if (attempt.phase == BatchPhase::kCounted) counted_event();
  }
  if (record.phase() == MeetingPhase::kClosed) again(record.size() - 1);
}

void Session::Impl::counted_event() {
  auto const& attempt = *record.attempt();
  auto out = event("counted");
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  facts::array rows;
  for (auto const& [q, row] : attempt.rows) rows.push_back(facts::row(record, q, row, config.lang));
  out["rows"] = std::move(rows);
  emit(out);
  for (auto const& warning : row_warnings()) {
    auto said = event("warning");
    for (auto const& member : warning) said[member.key()] = member.value();
    emit(said);
  }
}

/// What the chair should know of the figures before they are declared.
std::vector<facts::object> Session::Impl::row_warnings() const {
  std::vector<facts::object> out;
  for (auto const& [q, row] : record.attempt()->rows) {
    auto const add = [&, question = q](std::string_view kind) {
      facts::object warning;
      warning["kind"] = kind;
      warning["question"] = question;
      warning["name"] = record.manifest().candidates[question - 1].name;
      out.push_back(std::move(warning));
    };
    auto const votes = row.agree + row.disagree + row.abstain;
    if (votes > 0 && (row.agree == votes || row.disagree == votes || row.abstain == votes)) add("unanimous");
    if (votes <= meeting::kBallotsMin) add("tiny");
    if (row.mode_sensitive) add("mode-sensitive");
    if (row.contested) add("contested");
  }
  return out;
}

void Session::Impl::cosign() {
  if (halted || fatal || posix_s == 0 || !current() || is_screen() || milestone_size == 0) return;
  if (cosigned_size < milestone_size) {
    auto const size = log.noted_size();
    if (size < milestone_size) return;  // its checkpoint has not come yet
    log::Checkpoint const checkpoint{record.manifest().origin(), size, record.tree().root(size)};
    if (!take_cosignature(log::cosign(checkpoint, me, posix_s, config.keys.witness))) return;
    cosigned_size = size;
    cosign_sent = false;
  }
  if (cosign_sent) return;
  // After a restart the one in the journal is sent again: it may never have arrived.
  auto const& own = log.cosignatures.at(cosigned_size).at(me);
  cosign_sent = ask([&](std::uint64_t id) { return wire::cosign(id, own); }, {});
}

void Session::Impl::act() {
  if (!halted && !fatal) {
    if (!early_cosignatures.empty()) {
      auto const waiting = std::exchange(early_cosignatures, {});
      take_cosignatures({waiting.begin(), waiting.end()});
    }
    cosign();
    if (synced()) release_deferred();
    act_voter();
    act_trustee();
    pump();
  }
  flush();
  say_changes();
  say_now();
}

// ==================================================================================================== Proposals

bool Session::Impl::wanted(Proposal const& proposal) const {
  if (proposal.refused || halted) return false;
  if (!std::holds_alternative<meeting::Manifest>(proposal.entry.body) && !current()) return false;
  return record.wants_signature(proposal.entry, me);
}

facts::object Session::Impl::describe(Hash const& id, Proposal const& proposal) const {
  facts::object out;
  out["id"] = to_hex(id.view());
  out["type"] = meeting::name(proposal.entry.type());
  facts::array signers;
  for (auto const& signature : proposal.entry.signatures) signers.emplace_back(signature.signer);
  out["signed"] = std::move(signers);
  out["yours"] = wanted(proposal);
  if (proposal.refused) out["refused"] = piaojue::name(*proposal.refused);
  facts::add_entry(out, record, proposal.entry, config.lang);
  return out;
}

void Session::Impl::on_proposal(wire::Proposal const& in) {
  auto entry = meeting::decode_entry(in.entry);
  if (!entry || meeting::proposal_id(entry->type(), entry->body_bytes) != in.id) return;
  if (!proposals.contains(in.id) && proposals.size() >= config.limits.proposals_max) return;
  Proposal proposal{std::move(*entry), std::nullopt};
  if (auto const allowed = record.check(proposal.entry, Record::Signatures::kPartial); !allowed) {
    proposal.refused = allowed.error();
  }
  if (auto const* opening = std::get_if<meeting::Manifest>(&proposal.entry.body)) {
    // One's own keys are the part of the manifest that nobody else can check.
    bool const here = me >= 1 && me <= opening->people.size();
    if (opening->meeting_id != config.profile.meeting_id || !here) {
      proposal.refused = Refusal::kUnknown;
    } else if (opening->people[me - 1].identity_key != config.keys.identity.public_key() ||
               opening->people[me - 1].witness_key != config.keys.witness.public_key()) {
      proposal.refused = Refusal::kNotOnRoll;
    }
  }
  auto const& kept_one = proposals.insert_or_assign(in.id, std::move(proposal)).first->second;
  auto out = event("proposal");
  for (auto& member : describe(in.id, kept_one)) out[member.key()] = std::move(member.value());
  emit(out);
}

void Session::Impl::on_proposal_closed(wire::ProposalClosed const& in) {
  proposals.erase(in.id);
  auto out = event("proposal-closed");
  out["id"] = to_hex(in.id.view());
  out["ok"] = !in.refused;
  if (in.refused) out["code"] = piaojue::name(*in.refused);
  emit(out);
}

// ==================================================================================================== Trustee

void Session::Impl::host_trustee() {
  auto const& list = record.manifest().trustees;
  for (TrusteeId t = 1; t < list.size(); ++t) {
    if (list[t] == me) trustee_id = t;
  }
  if (!trustee_id) return;
  trustee = std::make_unique<trustee::Trustee>(*trustee_id, me, config.keys.identity, *this, config.token_keys,
                                               config.lookahead);
  trustee->set_parallel(config.parallel);
}

void Session::Impl::act_trustee() {
  if (!trustee || halted || fatal) return;
  for (auto at = early_work.begin(); at != early_work.end();) {
    at = take_token_work(*at) ? early_work.erase(at) : std::next(at);
  }
  // Not before the log is up to date: what looks due may have been done before the restart.
  if (!synced() || !current()) return;
  if (resubmit && requests.size() < config.limits.requests_max / 2) {
    resubmit = false;
    trustee->resubmit();
  }
  for (auto& due : trustee->due(record, log.witnesses)) {
    auto finish = [this, finish = std::move(due.finish)] {
      auto submissions = finish(record);
      if (fatal || halted || !submissions) return;
      send_submissions(std::move(*submissions));
    };
    add_job(to_text(due.duty), std::move(due.run), std::move(finish), due.duty.can_wait());
  }
  auto const status = trustee->status(record);
  auto out = event("trustee");
  out["trustee"] = *trustee_id;
  out["state"] = trustee::name(status.state);
  if (status.waiting) out["waiting"] = piaojue::name(*status.waiting);
  if (status.refusal) {
    out["refused"] = piaojue::name(*status.refusal);
    out["message"] = say(*status.refusal);
  }
  auto line = boost::json::serialize(out);
  if (line != trustee_said) {
    trustee_said = std::move(line);
    emit(out);
    stale = true;
  }
}

/// @return false: its entry has not come yet.
bool Session::Impl::take_token_work(wire::TokenWork& work) {
  if (work.index >= record.size()) return false;
  auto const entry = meeting::decode_entry(log.entries[work.index]);
  if (!entry) return true;
  auto const* request = std::get_if<meeting::TokenRequest>(&entry->body);
  if (request != nullptr && trustee) trustee->on_token_work(request->person, request->batch_open, std::move(work.msgs));
  return true;
}

void Session::Impl::on_mix_work(wire::MixWork work) {
  if (trustee && work.trustee == *trustee_id) {
    trustee->on_mix_input(work.batch_open, std::move(work.before.items), std::move(work.before.salt));
  }
}

void Session::Impl::send_submissions(std::vector<trustee::Submission> submissions) {
  for (auto& submission : submissions) {
    Bytes payload;
    if (auto const* sigs = std::get_if<meeting::BlindSigs>(&submission.payload)) {
      payload = meeting::encode_issued_payload(*sigs);
    } else if (auto const* mixed = std::get_if<trustee::MixResult>(&submission.payload)) {
      payload = meeting::encode_mix_payload(mixed->salt, mixed->items);
    }
    // Refused when the log went on while the work was done, such as by a Void: the log decides what is due next. But
    // what the server had no room or no disk for is still due.
    bool const queued = submit(submission.entry, payload, [this](auto const& index, Hash const&) {
      if (index) return;
      resubmit = resubmit || index.error() == Refusal::kBusy || index.error() == Refusal::kStorage;
    });
    resubmit = resubmit || !queued;
  }
}

Result<void> Session::Impl::save(std::string const& name, Secret const& plain) {
  auto const full = "trustee/" + name;
  auto const written = wallet.save(full, crypto::seal(config.wallet_key, plain.view(), as_bytes(full)));
  kept(written);
  return written;
}

Result<std::optional<Secret>> Session::Impl::load(std::string const& name) {
  auto const full = "trustee/" + name;
  auto const sealed = wallet.load(full);
  if (!sealed) return sealed.error();
  if (!*sealed) return std::optional<Secret>();
  auto plain = crypto::unseal(config.wallet_key, **sealed, as_bytes(full));
  if (!plain) return Refusal::kStorage;
  return std::optional<Secret>(std::move(*plain));
}

Result<void> Session::Impl::erase(std::string const& name) {
  auto const written = wallet.erase("trustee/" + name);
  kept(written);
  return written;
}

// ==================================================================================================== State

facts::object Session::Impl::state() const {
  auto out = event("state");
  out["meeting"] = meeting::phase_name(record.phase());
  if (halted) out["halted"] = piaojue::name(*halted);
  if (!opened()) return out;
  auto const& manifest = record.manifest();
  out["rehearsal"] = manifest.rehearsal;
  out["key_current"] = current();
  out["signed_in"] = record.presence(me).signed_in;
  out["experts_present"] = record.experts_present().size();
  out["quorum_min"] = meeting::quorum_min(manifest.rules, manifest.committee_size);
  if (!record.attempt()) return out;
  auto const& attempt = *record.attempt();
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["phase"] = meeting::phase_name(attempt.phase);
  out["paper"] = attempt.open.paper;
  out["live"] = facts::numbers(attempt.live());
  out["present"] = attempt.open.present.size();
  if (!attempt.open.paper && record.in_progress()) {
    out["open_witnessed"] = log.witnesses.enough(attempt.open_index, attempt.open_witnesses);
    if (attempt.box) out["box_witnessed"] = log.witnesses.enough(attempt.box_index, attempt.box_witnesses);
    if (attempt.present(me)) {
      out["questions"] = facts::numbers(attempt.questions_of(me));
      out["stage"] = stage();
    }
  }
  return out;
}

void Session::Impl::say_changes() {
  auto out = state();
  auto line = boost::json::serialize(out);
  if (line != state_said) {
    state_said = std::move(line);
    stale = true;
    // Told with the state, but no reason to tell it.
    out["size"] = record.size();
    if (record.attempt()) out["voted"] = record.attempt()->casts.size();
    emit(out);
  }
  if (record.phase() != MeetingPhase::kOpen) return;

  for (meeting::BatchId batch = 1; batch <= record.manifest().batches.size(); ++batch) {
    auto const attempt = record.attempts(batch) + 1;
    if (keys_said.contains({batch, attempt})) continue;
    bool all = true;
    for (TrusteeId t = 0; t < record.manifest().trustees.size() && all; ++t) {
      auto const keys = record.pending_keys().find({batch, t});
      all = keys != record.pending_keys().end() && keys->second.keys.attempt == attempt;
    }
    if (!all) continue;
    keys_said.emplace(batch, attempt);
    auto keys = event("keys");
    keys["batch"] = batch;
    keys["attempt"] = attempt;
    keys["ready"] = true;
    emit(keys);
  }

  if (!record.in_progress()) return;
  auto const& attempt = *record.attempt();
  auto const quiet = silent();
  if (!quiet) return;
  if (quiet->empty() && all_confirmed_said != attempt.box_hash) {
    all_confirmed_said = attempt.box_hash;
    auto done = event("all_confirmed");
    done["batch"] = attempt.open.batch;
    done["attempt"] = attempt.open.attempt;
    emit(done);
  }
  if (!quiet->empty() && unconfirmed_said != attempt.box_hash &&
      now_ms >= confirming_since_ms + config.limits.unconfirmed_warning_ms) {
    unconfirmed_said = attempt.box_hash;
    stale = true;
    facts::object more;
    more["people"] = facts::people(record, *quiet);
    warn("unconfirmed", std::move(more));
  }
}

// ==================================================================================================== Session

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(SessionConfig config, Wallet& wallet) {
  piaojue::init();
  auto impl = std::make_unique<Impl>(std::move(config), wallet);
  impl->me = impl->config.profile.person;
  auto const journal = wallet.journal();
  if (!journal) return journal.error();
  if (auto const loaded = impl->log.load(*journal); !loaded) return loaded.error();
  impl->replaying = true;
  for (std::uint64_t i = 0; i < impl->record.size(); ++i) {
    auto const entry = meeting::decode_entry(impl->log.entries[i]);
    if (!entry) return Refusal::kLogInconsistent;
    impl->took_in(*entry, i);
  }
  impl->replaying = false;
  // KeyChange of this person in the middle of the journal resets what is owed, so this comes after.
  for (auto const& [size, by_person] : impl->log.cosignatures) {
    auto const own = by_person.find(impl->me);
    if (own != by_person.end() && impl->current()) impl->cosigned_size = size;
  }
  auto const evidence = wallet.load(std::string(kSplitName));
  if (!evidence) return evidence.error();
  if (*evidence) {
    impl->halted = Refusal::kLogInconsistent;
    boost::system::error_code error;
    auto const parsed = boost::json::parse(as_text(**evidence), error);
    auto out = impl->event("split");
    if (!error && parsed.is_object()) {
      for (auto const& member : parsed.get_object()) out[member.key()] = member.value();
      auto const* const code = out.if_contains("code");
      if (code && code->is_string() && std::string_view(code->get_string()) == piaojue::name(Refusal::kLogSplit)) {
        impl->halted = Refusal::kLogSplit;
      }
    }
    out["message"] = impl->say(*impl->halted);
    out["evidence"] = kSplitName;
    impl->emit(out);
  }
  impl->sweep_attempts();
  impl->current_events();
  impl->say_changes();
  if (impl->fatal) return Refusal::kStorage;
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

void Session::connected() {
  auto& s = *impl_;
  if (s.connected || s.fatal) return;
  s.connected = true;
  s.reconnect = false;
  s.stale = true;
  // A session that has stopped listens no longer either: there is nothing that the server could say to be believed.
  if (!s.halted) s.say_hello();
}

void Session::disconnected() {
  auto& s = *impl_;
  s.reconnect = false;
  if (!s.connected) return;
  s.connected = false;
  s.stale = true;
  if (std::exchange(s.welcomed, false)) s.emit(s.event("disconnected"));
  s.pinging = false;
  s.hello_id = 0;
  s.in_flight = 0;
  s.frames.clear();
  for (auto& [id, request] : s.requests) request.sent = false;
}

void Session::on_frame(ByteView frame) {
  auto& s = *impl_;
  if (!s.connected || s.halted || s.fatal) return;
  s.stale = true;
  auto message = wire::parse(frame);
  if (!message) {
    // A body of a later version is none of our business; anything else is no server of ours.
    if (message.error() != Refusal::kUnknownType) s.reconnect = true;
    return;
  }
  if (auto const* welcome = std::get_if<wire::Welcome>(&message->what)) {
    if (welcome->meeting_id != s.config.profile.meeting_id || welcome->person != s.me) {
      s.reconnect = true;
    } else if (welcome->size < s.record.size()) {
      s.halt(Refusal::kLogInconsistent, "the server has " + std::to_string(welcome->size) + " entries, this program " +
                                            std::to_string(s.record.size()));
    } else {
      s.welcome_size = welcome->size;
      if (!std::exchange(s.welcomed, true)) {
        auto out = s.event("connected");
        out["person"] = s.me;
        out["name"] = s.config.profile.name;
        out["roles"] = welcome->roles;
        s.emit(out);
      }
    }
  } else if (message->id != 0) {
    s.answer(std::move(*message));
  } else if (auto const* log = std::get_if<wire::Log>(&message->what)) {
    s.on_log(*log);
  } else if (auto const* cosignatures = std::get_if<wire::Cosignatures>(&message->what)) {
    s.take_cosignatures(cosignatures->list);
  } else if (auto const* proposal = std::get_if<wire::Proposal>(&message->what)) {
    s.on_proposal(*proposal);
  } else if (auto const* closed = std::get_if<wire::ProposalClosed>(&message->what)) {
    s.on_proposal_closed(*closed);
  } else if (auto* work = std::get_if<wire::TokenWork>(&message->what)) {
    if (!s.take_token_work(*work)) {
      if (s.early_work.size() >= s.config.limits.held_pushes_max) s.early_work.pop_front();
      s.early_work.push_back(std::move(*work));
    }
  } else if (auto* issued = std::get_if<wire::Issued>(&message->what)) {
    if (s.early_issued.size() >= s.config.limits.held_pushes_max) s.early_issued.erase(s.early_issued.begin());
    s.early_issued[issued->index] = std::move(issued->sigs);
  } else if (auto* mix = std::get_if<wire::MixWork>(&message->what)) {
    s.on_mix_work(std::move(*mix));
  } else if (auto const* status = std::get_if<wire::Status>(&message->what)) {
    s.online = status->connected;
    s.enrolled = status->enrolled;
    auto out = s.event("online");
    out["connected"] = facts::numbers(s.online);
    out["enrolled"] = facts::numbers(s.enrolled);
    s.emit(out);
  }
  s.act();
}

void Session::command(std::string_view line, Asker asker) {
  impl_->stale = true;
  impl_->on_command(line, asker);
  impl_->act();
}

void Session::leave(Asker asker) { impl_->followers.erase(asker); }

void Session::tick(std::uint64_t now_ms, std::uint64_t posix_s) {
  auto& s = *impl_;
  s.now_ms = std::max(s.now_ms, now_ms);
  s.posix_s = posix_s;
  std::vector<std::function<void()>> due;
  std::erase_if(s.timers, [&](auto& timer) {
    if (timer.first > s.now_ms) return false;
    due.push_back(std::move(timer.second));
    return true;
  });
  for (auto const& what : due) what();
  s.stale = s.stale || !due.empty();
  if (s.connected && s.welcomed && !s.pinging && s.now_ms >= s.pinged_ms + s.config.limits.ping_ms) {
    s.pinged_ms = s.now_ms;
    // The channel's idle deadline closes a connection on which no answer comes.
    s.pinging = s.ask([](std::uint64_t id) { return wire::ping(id); }, [&s](Answer&) { s.pinging = false; });
  }
  s.act();
}

void Session::finish_job(JobId id) {
  auto& s = *impl_;
  auto const node = s.running.extract(id);
  if (node.empty()) return;
  node.mapped()();
  s.stale = true;
  s.act();
}

std::vector<Bytes> Session::take_frames() {
  auto& s = *impl_;
  s.flush();
  if (s.fatal || !s.connected) {
    s.frames.clear();
    return {};
  }
  if (!s.frames.empty() && s.unsynced) {
    if (!s.kept(s.wallet.sync())) {
      s.frames.clear();
      return {};
    }
    s.unsynced = false;
  }
  return std::exchange(s.frames, {});
}

std::vector<Said> Session::take_said() { return std::exchange(impl_->events, {}); }

std::vector<std::string> Session::take_events() {
  std::vector<std::string> out;
  for (auto& said : take_said()) {
    if (!said.to || *said.to == kConsole) out.push_back(std::move(said.line));
  }
  return out;
}

std::optional<std::uint64_t> Session::tick_wanted() const {
  auto const& s = *impl_;
  if (!s.stale || s.followers.empty()) return std::nullopt;
  auto const due = s.now_said_ms ? *s.now_said_ms + s.config.limits.now_apart_ms : 0;
  return due > s.now_ms ? due - s.now_ms : 0;
}
std::vector<Job> Session::take_jobs() { return std::exchange(impl_->jobs, {}); }
std::optional<std::string> const& Session::fatal() const { return impl_->fatal; }
std::optional<Refusal> const& Session::halted() const { return impl_->halted; }
bool Session::wants_quit() const { return impl_->quit; }
bool Session::wants_reconnect() const { return impl_->reconnect; }
meeting::Record const& Session::record() const { return impl_->record; }
meeting::Witnesses const& Session::witnesses() const { return impl_->log.witnesses; }
PersonId Session::person() const { return impl_->me; }
Bytes Session::export_record() const { return impl_->log.export_record(); }

}  // namespace piaojue::client
