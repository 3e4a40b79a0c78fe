// SPDX-License-Identifier: Apache-2.0
#include "client/session/view.h"

namespace piaojue::client {

using facts::array;
using facts::object;
using meeting::BatchPhase;
using meeting::MeetingPhase;
using meeting::TrusteeId;

namespace {

template <class Map>
array keys_of(Map const& map) {
  array out;
  for (auto const& [key, value] : map) out.emplace_back(key);
  return out;
}

std::string fingerprint(std::optional<crypto::SigningPublicKey> const& key) {
  return key ? group_of_four(crypto::sha256({key->view()})) : std::string();
}

array people_of(meeting::Manifest const& manifest) {
  array out;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    auto const& from = manifest.people[p - 1];
    object one;
    one["person"] = p;
    one["name"] = from.name;
    one["employer"] = from.employer;
    one["roles"] = from.roles;
    out.push_back(std::move(one));
  }
  return out;
}

array trustees_of(meeting::Record const& record) {
  auto const& list = record.manifest().trustees;
  array out;
  for (TrusteeId t = 0; t < list.size(); ++t) {
    object one;
    one["trustee"] = t;
    one["person"] = list[t];
    one["name"] = facts::name_of(record, list[t]);
    out.push_back(std::move(one));
  }
  return out;
}

array candidates_of(meeting::Manifest const& manifest) {
  array out;
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
    out.push_back(std::move(one));
  }
  return out;
}

array recusals_of(meeting::Record const& record) {
  array out;
  for (auto const& [p, by_question] : record.recusals()) {
    for (auto const& [q, reason] : by_question) {
      object one;
      one["person"] = p;
      one["question"] = q;
      one["reason"] = reason;
      out.push_back(std::move(one));
    }
  }
  return out;
}

array interviews_of(meeting::Record const& record) {
  array out;
  for (auto const& [q, interview] : record.interviews()) {
    object one;
    one["question"] = q;
    one["summary"] = interview.summary;
    out.push_back(std::move(one));
  }
  return out;
}

/// How far each person of an attempt has come.
void add_progress(object& out, meeting::Attempt const& attempt) {
  array issued;
  for (auto const& [p, by] : attempt.issued) {
    if (by.size() == attempt.hops.size()) issued.emplace_back(p);
  }
  out["issued"] = std::move(issued);
  out["voted"] = keys_of(attempt.casts);
  out["mixed"] = attempt.mixes.size();
  out["shared"] = attempt.shares.size();
  out["hops"] = attempt.hops.size();
}

void add_confirms(object& out, meeting::Attempt const& attempt) {
  array confirmed;
  array missing;
  for (auto const& [p, confirm] : attempt.confirms) {
    bool const found = std::ranges::all_of(confirm.rows, [](auto const& row) { return row.second; });
    (found ? confirmed : missing).emplace_back(p);
  }
  out["confirmed"] = std::move(confirmed);
  out["missing"] = std::move(missing);
  out["overridden"] = facts::numbers(attempt.overridden);
}

}  // namespace

void View::take(wire::Status const& status) {
  online_ = status.connected;
  enrolled_ = status.enrolled;
  auto out = facts::event("online");
  out["connected"] = facts::numbers(online_);
  out["enrolled"] = facts::numbers(enrolled_);
  events_.emit(out);
}

// ==================================================================================================== meeting

void View::operate(Reply const& reply, command::Meeting const&) const {
  if (!from_.log.opened()) return reply.no(Refusal::kWrongPhase);
  auto const& record = from_.log.record();
  auto const& manifest = record.manifest();
  object out;
  out["title"] = manifest.title;
  out["date"] = manifest.date;
  out["rehearsal"] = manifest.rehearsal;
  out["meeting_hash"] = group_of_four(record.meeting());
  out["committee_size"] = manifest.committee_size;
  out["size_approval"] = manifest.size_approval;
  out["rules"] = facts::rules(manifest.rules);
  out["people"] = people_of(manifest);
  out["trustees"] = trustees_of(record);
  out["candidates"] = candidates_of(manifest);
  out["batches"] = facts::batches(manifest);
  out["identity_key"] = fingerprint(from_.keys.identity.public_key());
  out["witness_key"] = fingerprint(from_.keys.witness.public_key());
  reply.ok(std::move(out));
}

// ==================================================================================================== now

std::string View::now() const {
  auto const& record = from_.log.record();
  object head;
  add_standing(head);
  head["people"] = people();
  head["proposals"] = from_.proposals.list();
  if (!from_.log.opened()) return facts::members(head);
  add_experts(head);

  object tail;
  auto const& last = record.attempt();
  auto const me = from_.profile.person;
  tail["attempt"] = last ? boost::json::value(attempt()) : boost::json::value();
  bool const votes = last && !last->open.paper && last->present(me) && !last->questions_of(me).empty();
  tail["ballot"] = votes ? boost::json::value(from_.voter.describe()) : boost::json::value();
  tail["trustee"] = from_.seat.taken() ? boost::json::value(from_.seat.describe()) : boost::json::value();
  array noted;
  if (record.in_progress() && last->open.paper) {
    for (QuestionId const q : last->live()) {
      if (from_.papers.rows().contains(q)) noted.emplace_back(q);
    }
  }
  tail["papers"] = std::move(noted);
  tail["warnings"] = warnings();
  return facts::members(head) + ",\"agenda\":" + agenda_.json() + ',' + facts::members(tail);
}

/// This person, this program, and its log.
void View::add_standing(object& out) const {
  auto const& log = from_.log;
  auto const& record = log.record();
  out["person"] = from_.profile.person;
  out["name"] = from_.profile.name;
  out["roles"] = from_.profile.roles;
  out["meeting"] = meeting::phase_name(record.phase());
  out["rehearsal"] = log.opened() && record.manifest().rehearsal;
  out["connected"] = from_.requests.is_welcomed();
  out["synced"] = log.synced();
  out["halted"] = facts::code_or_null(log.halted());
  out["key_current"] = log.current();
  out["size"] = record.size();
  auto const root = [&] { return boost::json::value(boost::json::string(group_of_four(record.tree().root()))); };
  out["root"] = log.opened() ? root() : boost::json::value();
  // How much of the log must be witnessed by now, and by whom it is.
  std::set<PersonId> cosigners;
  auto const& cosignatures = log.copy().cosignatures;
  for (auto at = cosignatures.lower_bound(log.milestone_size()); at != cosignatures.end(); ++at) {
    for (auto const& [p, cosignature] : at->second) cosigners.insert(p);
  }
  object checkpoint;
  checkpoint["size"] = log.milestone_size();
  checkpoint["noted"] = log.copy().noted_size();
  checkpoint["cosigners"] = facts::numbers(cosigners);
  out["checkpoint"] = std::move(checkpoint);
  out["head"] = record.phase() == MeetingPhase::kClosed ? root() : boost::json::value();
}

array View::people() const {
  auto const& record = from_.log.record();
  bool const opened = from_.log.opened();
  std::set<PersonId> const here(online_.begin(), online_.end());
  std::set<PersonId> known(enrolled_.begin(), enrolled_.end());
  array out;
  auto const person = [&](PersonId p) {
    object one;
    one["person"] = p;
    one["enrolled"] = known.contains(p);
    one["online"] = here.contains(p);
    one["signed_in"] = opened && record.presence(p).signed_in;
    one["key"] = opened && record.identity_key(p).has_value();
    out.push_back(std::move(one));
  };
  if (opened) {
    for (PersonId p = 1; p <= record.manifest().people.size(); ++p) person(p);
  } else {
    known.insert(here.begin(), here.end());
    for (PersonId const p : known) person(p);
  }
  return out;
}

/// Who may vote, who stepped back, who was heard.
void View::add_experts(object& out) const {
  auto const& record = from_.log.record();
  auto const& manifest = record.manifest();
  auto const present = record.experts_present().size();
  auto const quorum = meeting::quorum_min(manifest.rules, manifest.committee_size);
  object experts;
  experts["committee"] = manifest.committee_size;
  experts["present"] = present;
  experts["quorum_min"] = quorum;
  experts["quorum"] = present >= quorum;
  out["experts"] = std::move(experts);
  out["recusals"] = recusals_of(record);
  out["interviews"] = interviews_of(record);
}

object View::attempt() const {
  auto const& record = from_.log.record();
  auto const& witnesses = from_.log.witnesses();
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
  out["quorum_min"] = meeting::quorum_min(record.manifest().rules, record.manifest().committee_size);
  out["open_witnessed"] = attempt.open.paper || witnesses.enough(attempt.open_index, attempt.open_witnesses);
  add_progress(out, attempt);
  out["boxes"] = agenda_.boxes(attempt.open.batch);
  out["box_witnessed"] = attempt.box_index != 0 && witnesses.enough(attempt.box_index, attempt.box_witnesses);
  out["counted"] = keys_of(attempt.counted);
  add_confirms(out, attempt);
  out["unconfirmed"] = facts::numbers(facts::silent(record).value_or(std::vector<PersonId>()));
  std::optional<Refusal> gate;
  if (attempt.phase == BatchPhase::kConfirming) {
    if (auto const open = record.gate(); !open) gate = open.error();
  }
  out["gate"] = facts::code_or_null(gate);
  array rows;
  for (auto const& [q, row] : attempt.rows) rows.push_back(facts::row(record, q, row, events_.lang()));
  out["rows"] = std::move(rows);
  return out;
}

/// Those that still hold.
array View::warnings() const {
  auto const& record = from_.log.record();
  array out;
  auto const add = [&](std::string_view kind) -> object& {
    object warning;
    warning["kind"] = kind;
    out.push_back(std::move(warning));
    return out.back().as_object();
  };
  if (auto const& code = from_.log.bad_checkpoint()) add("bad-checkpoint")["code"] = piaojue::name(*code);
  auto const& attempt = record.attempt();
  bool const one_here = record.in_progress() && !attempt->open.paper && attempt->hops.size() == 1;
  if (one_here || record.manifest().trustees.size() == 1) add("one-trustee");
  if (!record.in_progress()) return out;
  for (TrusteeId const t : from_.voter.mismatched()) {
    auto& warning = add("issued-mismatch");
    warning["trustee"] = t;
    warning["code"] = piaojue::name(Refusal::kConflict);
  }
  if (auto const quiet = facts::silent(record); quiet && !quiet->empty() && from_.changes.told_unconfirmed()) {
    add("unconfirmed")["people"] = facts::people(record, *quiet);
  }
  if (attempt->phase == BatchPhase::kCounted) {
    for (auto& warning : facts::row_warnings(record)) out.push_back(std::move(warning));
  }
  return out;
}

// ==================================================================================================== Who follows

void View::act() {
  bool const soon = said_ms_ && clock_.now_ms < *said_ms_ + apart_ms_;
  if (!stale_ || followers_.empty() || soon) return;
  stale_ = false;
  said_ms_ = clock_.now_ms;
  auto line = now_line();
  if (line == said_) return;
  said_ = std::move(line);
  for (Asker const asker : followers_) events_.emit_to(asker, said_);
}

std::optional<std::uint64_t> View::wanted_in_ms() const {
  if (!stale_ || followers_.empty()) return std::nullopt;
  auto const due = said_ms_ ? *said_ms_ + apart_ms_ : 0;
  return due > clock_.now_ms ? due - clock_.now_ms : 0;
}

void View::operate(Reply const& reply, command::Follow const& in) {
  if (!in.on) {
    followers_.erase(reply.asker());
    return reply.ok();
  }
  followers_.insert(reply.asker());
  reply.ok();
  // At once, for who comes has seen nothing yet.
  auto line = now_line();
  if (followers_.size() == 1) {
    said_ = line;
    said_ms_ = clock_.now_ms;
  }
  events_.emit_to(reply.asker(), std::move(line));
}

// ==================================================================================================== status

void View::operate(Reply const& reply, command::Status const&) const {
  auto const& log = from_.log;
  auto more = from_.changes.state();
  more.erase("event");
  more["person"] = from_.profile.person;
  more["name"] = from_.profile.name;
  more["roles"] = from_.profile.roles;
  more["connected"] = from_.requests.is_welcomed();
  more["synced"] = log.synced();
  more["size"] = log.record().size();
  more["root"] = to_hex(log.record().tree().root().view());
  more["identity_key"] = to_hex(from_.keys.identity.public_key().view());
  more["online"] = facts::numbers(online_);
  more["proposals"] = from_.proposals.size();
  more["unanswered"] = from_.requests.unanswered();
  if (from_.seat.taken()) more["trustee"] = from_.seat.describe();
  if (!from_.voter.questions().empty()) more["chosen"] = from_.voter.marked();
  reply.ok(std::move(more));
}

}  // namespace piaojue::client
