// SPDX-License-Identifier: Apache-2.0
/// How everything stands, in two objects (docs/client-door.md): `meeting`, which never changes after MeetingOpen, and
/// `now`. Both are derived from the log and this session; neither ever holds a choice.
///
/// `now` is made often and may hold a whole meeting's rows, so those that stand for good are written as JSON once, when
/// their Declaration is taken in.
#include "client/session/session_impl.h"

namespace piaojue::client {
namespace {

using facts::array;
using facts::object;

template <class Map>
array keys_of(Map const& map) {
  array out;
  for (auto const& [key, value] : map) out.emplace_back(key);
  return out;
}

template <class T>
boost::json::value code_or_null(std::optional<T> const& code) {
  if (!code) return nullptr;
  return boost::json::string(piaojue::name(*code));
}

/// An object's members without its braces.
std::string members(object const& from) {
  auto text = boost::json::serialize(from);
  return text.substr(1, text.size() - 2);
}

std::string fingerprint(std::optional<crypto::SigningPublicKey> const& key) {
  return key ? group_of_four(crypto::sha256({key->view()})) : std::string();
}

}  // namespace

/// Also at a restart, when `record` is at the end of the log already: only what the entry itself says counts here.
void Session::Impl::view_entry(Entry const& entry) {
  auto const last = [this]() -> Told* {
    auto const at = told.find(told_batch);
    return at == told.end() || at->second.empty() ? nullptr : &at->second.back();
  };
  if (auto const* open = std::get_if<meeting::BatchOpen>(&entry.body)) {
    told_batch = open->batch;
    Told now;
    now.attempt = open->attempt;
    now.paper = open->paper;
    now.present = open->present.size();
    told[open->batch].push_back(std::move(now));
  } else if (auto const* declared = std::get_if<meeting::Declaration>(&entry.body); declared && last()) {
    array rows;
    for (auto const& [q, row] : declared->rows) rows.push_back(facts::row(record, q, row, config.lang));
    last()->rows = boost::json::serialize(rows);
  } else if (auto const* taken_out = std::get_if<meeting::Void>(&entry.body); taken_out && last()) {
    last()->reason = taken_out->reason;
  } else if (std::holds_alternative<meeting::BallotBox>(entry.body) && last()) {
    object box;
    facts::add_entry(box, record, entry, config.lang);
    last()->boxes = box.at("boxes").as_array();
  }
}

facts::object Session::Impl::meeting_facts() const {
  auto const& manifest = record.manifest();
  object out;
  out["title"] = manifest.title;
  out["date"] = manifest.date;
  out["rehearsal"] = manifest.rehearsal;
  out["meeting_hash"] = group_of_four(record.meeting());
  out["committee_size"] = manifest.committee_size;
  out["size_approval"] = manifest.size_approval;
  out["rules"] = facts::rules(manifest.rules);
  array people;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    auto const& from = manifest.people[p - 1];
    object one;
    one["person"] = p;
    one["name"] = from.name;
    one["employer"] = from.employer;
    one["roles"] = from.roles;
    people.push_back(std::move(one));
  }
  out["people"] = std::move(people);
  array trustees;
  for (TrusteeId t = 0; t < manifest.trustees.size(); ++t) {
    object one;
    one["trustee"] = t;
    one["person"] = manifest.trustees[t];
    one["name"] = facts::name_of(record, manifest.trustees[t]);
    trustees.push_back(std::move(one));
  }
  out["trustees"] = std::move(trustees);
  array candidates;
  for (QuestionId q = 1; q <= manifest.candidates.size(); ++q) {
    auto const& from = manifest.candidates[q - 1];
    object one;
    one["question"] = q;
    one["name"] = from.name;
    one["employer"] = from.employer;
    one["level"] = from.level;
    one["exceptional"] = from.channel == meeting::Channel::kExceptional;
    one["summary"] = from.summary;
    one["group_opinion"] = from.group_opinion;
    candidates.push_back(std::move(one));
  }
  out["candidates"] = std::move(candidates);
  array batches;
  for (meeting::BatchId b = 1; b <= manifest.batches.size(); ++b) {
    object one;
    one["batch"] = b;
    one["title"] = manifest.batches[b - 1].title;
    one["questions"] = facts::numbers(manifest.batches[b - 1].candidates);
    batches.push_back(std::move(one));
  }
  out["batches"] = std::move(batches);
  out["identity_key"] = fingerprint(config.keys.identity.public_key());
  out["witness_key"] = fingerprint(config.keys.witness.public_key());
  return out;
}

/// Whom the gate waits for; nothing when nobody is asked to confirm.
std::optional<std::vector<PersonId>> Session::Impl::silent() const {
  if (!record.in_progress() || record.attempt()->phase != BatchPhase::kConfirming) return std::nullopt;
  return record.attempt()->unconfirmed();
}

std::string Session::Impl::agenda() const {
  auto const& manifest = record.manifest();
  std::string out = "[";
  for (meeting::BatchId b = 1; b <= manifest.batches.size(); ++b) {
    object head;
    head["batch"] = b;
    head["title"] = manifest.batches[b - 1].title;
    head["questions"] = facts::numbers(manifest.batches[b - 1].candidates);
    auto const undecided = record.undecided(b);
    head["undecided"] = facts::numbers(undecided);
    array keys;
    for (TrusteeId t = 0; t < manifest.trustees.size(); ++t) {
      auto const pending = record.pending_keys().find({b, t});
      if (pending != record.pending_keys().end() && pending->second.keys.attempt == record.attempts(b) + 1) {
        keys.emplace_back(t);
      }
    }
    head["keys"] = std::move(keys);
    array unheard;
    for (QuestionId const q : undecided) {
      bool const needed = manifest.candidates[q - 1].channel == meeting::Channel::kExceptional;
      if (needed && !record.interviews().contains(q)) unheard.emplace_back(q);
    }
    head["interviews_missing"] = std::move(unheard);
    if (b > 1) out += ',';
    out += '{' + members(head) + ",\"attempts\":[";
    auto const attempts = told.find(b);
    for (std::size_t i = 0; attempts != told.end() && i < attempts->second.size(); ++i) {
      auto const& from = attempts->second[i];
      bool const current = b == told_batch && i + 1 == attempts->second.size() && record.attempt();
      object one;
      one["attempt"] = from.attempt;
      one["phase"] = current             ? meeting::phase_name(record.attempt()->phase)
                     : from.rows.empty() ? meeting::phase_name(BatchPhase::kVoided)
                                         : meeting::phase_name(BatchPhase::kDeclared);
      one["paper"] = from.paper;
      one["present"] = from.present;
      one["reason"] = from.reason ? boost::json::value(boost::json::string(*from.reason)) : boost::json::value();
      if (i > 0) out += ',';
      out += '{' + members(one) + ",\"rows\":" + (from.rows.empty() ? "[]" : from.rows) + '}';
    }
    out += "]}";
  }
  return out + ']';
}

facts::object Session::Impl::attempt_facts() const {
  auto const& attempt = *record.attempt();
  object out;
  out["batch"] = attempt.open.batch;
  out["attempt"] = attempt.open.attempt;
  out["phase"] = meeting::phase_name(attempt.phase);
  out["paper"] = attempt.open.paper;
  out["live"] = record.in_progress();
  out["questions"] = facts::numbers(attempt.open.questions);
  out["voided"] = facts::numbers(attempt.voided);
  out["present"] = facts::numbers(attempt.open.present);
  array recusals;
  for (auto const& recusal : attempt.open.recusals) {
    object one;
    one["person"] = recusal.person;
    one["question"] = recusal.question;
    recusals.push_back(std::move(one));
  }
  out["recusals"] = std::move(recusals);
  out["trustees"] = facts::numbers(attempt.hops);
  auto const& manifest = record.manifest();
  out["quorum_min"] = meeting::quorum_min(manifest.rules, manifest.committee_size);
  out["open_witnessed"] = attempt.open.paper || log.witnesses.enough(attempt.open_index, attempt.open_witnesses);
  array issued;
  for (auto const& [p, by] : attempt.issued) {
    if (by.size() == attempt.hops.size()) issued.emplace_back(p);
  }
  out["issued"] = std::move(issued);
  out["voted"] = keys_of(attempt.casts);
  out["mixed"] = attempt.mixes.size();
  out["shared"] = attempt.shares.size();
  out["hops"] = attempt.hops.size();
  auto const mine = told.find(attempt.open.batch);
  out["boxes"] = mine == told.end() || mine->second.empty() ? array() : mine->second.back().boxes;
  out["box_witnessed"] = attempt.box_index != 0 && log.witnesses.enough(attempt.box_index, attempt.box_witnesses);
  out["counted"] = keys_of(attempt.counted);
  array confirmed;
  array missing;
  for (auto const& [p, confirm] : attempt.confirms) {
    bool const found = std::ranges::all_of(confirm.rows, [](auto const& row) { return row.second; });
    (found ? confirmed : missing).emplace_back(p);
  }
  out["confirmed"] = std::move(confirmed);
  out["missing"] = std::move(missing);
  out["overridden"] = facts::numbers(attempt.overridden);
  out["unconfirmed"] = facts::numbers(silent().value_or(std::vector<PersonId>()));
  std::optional<Refusal> gate;
  if (attempt.phase == BatchPhase::kConfirming) {
    if (auto const open = record.gate(); !open) gate = open.error();
  }
  out["gate"] = code_or_null(gate);
  array rows;
  for (auto const& [q, row] : attempt.rows) rows.push_back(facts::row(record, q, row, config.lang));
  out["rows"] = std::move(rows);
  return out;
}

facts::object Session::Impl::ballot_facts() const {
  auto const& attempt = *record.attempt();
  object out;
  out["stage"] = stage();
  out["questions"] = facts::numbers(attempt.questions_of(me));
  // How many, never which.
  out["marked"] = voter.open == attempt.open_hash && attempt.phase == BatchPhase::kVoting ? chosen() : 0;
  auto const cast = attempt.casts.find(me);
  out["sequence"] = cast == attempt.casts.end() ? boost::json::value() : boost::json::value(cast->second.sequence);
  array missing;
  if (auto const confirm = attempt.confirms.find(me); confirm != attempt.confirms.end()) {
    for (auto const& [q, ok] : confirm->second.rows) {
      if (!ok) missing.emplace_back(q);
    }
  }
  out["missing"] = std::move(missing);
  bool const failed = voter.failed && voter.open == attempt.open_hash;
  out["refused"] = code_or_null(failed ? voter.failed : std::nullopt);
  if (failed) out["message"] = say(*voter.failed);
  return out;
}

facts::object Session::Impl::trustee_facts() const {
  auto const status = trustee->status(record);
  object out;
  out["trustee"] = *trustee_id;
  out["state"] = trustee::name(status.state);
  out["waiting"] = code_or_null(status.waiting);
  out["refused"] = code_or_null(status.refusal);
  if (status.refusal) out["message"] = say(*status.refusal);
  return out;
}

facts::array Session::Impl::standing_warnings() const {
  array out;
  auto const add = [&](std::string_view kind) -> object& {
    object warning;
    warning["kind"] = kind;
    out.push_back(std::move(warning));
    return out.back().as_object();
  };
  if (bad_checkpoint) add("bad-checkpoint")["code"] = piaojue::name(*bad_checkpoint);
  auto const& attempt = record.attempt();
  bool const one_here = record.in_progress() && !attempt->open.paper && attempt->hops.size() == 1;
  if (one_here || record.manifest().trustees.size() == 1) add("one-trustee");
  if (!record.in_progress()) return out;
  if (voter.open == attempt->open_hash) {
    for (TrusteeId const t : voter.mismatched) {
      auto& warning = add("issued-mismatch");
      warning["trustee"] = t;
      warning["code"] = piaojue::name(Refusal::kConflict);
    }
  }
  if (auto const quiet = silent(); quiet && !quiet->empty() && unconfirmed_said == attempt->box_hash) {
    add("unconfirmed")["people"] = facts::people(record, *quiet);
  }
  if (attempt->phase == BatchPhase::kCounted) {
    for (auto& warning : row_warnings()) out.push_back(std::move(warning));
  }
  return out;
}

std::string Session::Impl::now_members() const {
  object head;
  head["person"] = me;
  head["name"] = config.profile.name;
  head["roles"] = config.profile.roles;
  head["meeting"] = meeting::phase_name(record.phase());
  head["rehearsal"] = opened() && record.manifest().rehearsal;
  head["connected"] = connected && welcomed;
  head["synced"] = synced();
  head["halted"] = code_or_null(halted);
  head["key_current"] = current();
  head["size"] = record.size();
  head["root"] =
      opened() ? boost::json::value(boost::json::string(group_of_four(record.tree().root()))) : boost::json::value();
  // How much of the log must be witnessed by now, and by whom it is.
  std::set<PersonId> cosigners;
  for (auto at = log.cosignatures.lower_bound(milestone_size); at != log.cosignatures.end(); ++at) {
    for (auto const& [p, cosignature] : at->second) cosigners.insert(p);
  }
  object checkpoint;
  checkpoint["size"] = milestone_size;
  checkpoint["noted"] = log.noted_size();
  checkpoint["cosigners"] = facts::numbers(cosigners);
  head["checkpoint"] = std::move(checkpoint);
  bool const over = record.phase() == MeetingPhase::kClosed;
  head["head"] =
      over ? boost::json::value(boost::json::string(group_of_four(record.tree().root()))) : boost::json::value();

  std::set<PersonId> const here(online.begin(), online.end());
  std::set<PersonId> known(enrolled.begin(), enrolled.end());
  array people;
  auto const person = [&](PersonId p) {
    object one;
    one["person"] = p;
    one["enrolled"] = known.contains(p);
    one["online"] = here.contains(p);
    one["signed_in"] = opened() && record.presence(p).signed_in;
    one["key"] = opened() && record.identity_key(p).has_value();
    people.push_back(std::move(one));
  };
  if (opened()) {
    for (PersonId p = 1; p <= record.manifest().people.size(); ++p) person(p);
  } else {
    known.insert(here.begin(), here.end());
    for (PersonId const p : known) person(p);
  }
  head["people"] = std::move(people);
  array waiting;
  for (auto const& [id, proposal] : proposals) waiting.push_back(describe(id, proposal));
  head["proposals"] = std::move(waiting);
  if (!opened()) return members(head);

  auto const& manifest = record.manifest();
  auto const present = record.experts_present().size();
  auto const quorum = meeting::quorum_min(manifest.rules, manifest.committee_size);
  object experts;
  experts["committee"] = manifest.committee_size;
  experts["present"] = present;
  experts["quorum_min"] = quorum;
  experts["quorum"] = present >= quorum;
  head["experts"] = std::move(experts);
  array recusals;
  for (auto const& [p, by_question] : record.recusals()) {
    for (auto const& [q, reason] : by_question) {
      object one;
      one["person"] = p;
      one["question"] = q;
      one["reason"] = reason;
      recusals.push_back(std::move(one));
    }
  }
  head["recusals"] = std::move(recusals);
  array interviews;
  for (auto const& [q, interview] : record.interviews()) {
    object one;
    one["question"] = q;
    one["summary"] = interview.summary;
    interviews.push_back(std::move(one));
  }
  head["interviews"] = std::move(interviews);

  object tail;
  auto const& attempt = record.attempt();
  tail["attempt"] = attempt ? boost::json::value(attempt_facts()) : boost::json::value();
  bool const votes = attempt && !attempt->open.paper && attempt->present(me) && !attempt->questions_of(me).empty();
  tail["ballot"] = votes ? boost::json::value(ballot_facts()) : boost::json::value();
  tail["trustee"] = trustee ? boost::json::value(trustee_facts()) : boost::json::value();
  array noted;
  if (record.in_progress() && attempt->open.paper) {
    for (QuestionId const q : attempt->live()) {
      if (papers.contains(q)) noted.emplace_back(q);
    }
  }
  tail["papers"] = std::move(noted);
  tail["warnings"] = standing_warnings();
  return members(head) + ",\"agenda\":" + agenda() + ',' + members(tail);
}

/// After each change, to whoever follows, but never twice within the time that an eye needs.
void Session::Impl::say_now() {
  if (!stale || followers.empty() || (now_said_ms && now_ms < *now_said_ms + config.limits.now_apart_ms)) return;
  stale = false;
  now_said_ms = now_ms;
  auto line = "{\"event\":\"now\"," + now_members() + '}';
  if (line == now_said) return;
  now_said = std::move(line);
  for (Asker const asker : followers) events.push_back({asker, now_said});
}

void Session::Impl::operate(Replier const& reply, command::Meeting const&) {
  if (!opened()) return reply.no(Refusal::kWrongPhase);
  reply.ok(meeting_facts());
}

void Session::Impl::operate(Replier const& reply, command::Now const&) { reply.ok_with(now_members()); }

void Session::Impl::operate(Replier const& reply, command::Follow const& in) {
  if (!in.on) {
    followers.erase(reply.asker);
    return reply.ok();
  }
  followers.insert(reply.asker);
  reply.ok();
  // At once, for who comes has seen nothing yet.
  auto line = "{\"event\":\"now\"," + now_members() + '}';
  if (followers.size() == 1) {
    now_said = line;
    now_said_ms = now_ms;
  }
  events.push_back({reply.asker, std::move(line)});
}

}  // namespace piaojue::client
