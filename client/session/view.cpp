// SPDX-License-Identifier: Apache-2.0
#include "client/session/view.h"

#include "protocol/meeting/attachment.h"

namespace piaojue::client {

using facts::array;
using facts::object;
using meeting::BatchPhase;
using meeting::MeetingPhase;
using meeting::QuestionId;
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

array attachments_of(meeting::Candidate const& candidate) {
  array out;
  for (std::uint32_t i = 0; i < candidate.attachments.size(); ++i) {
    auto const& from = candidate.attachments[i];
    object one;
    one["index"] = i;
    one["name"] = from.name;
    one["size"] = from.size;
    if (auto const media = meeting::media_of(from.name)) one["media"] = meeting::media_type(*media);
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
    one["opened_before"] = from.opened_before;
    one["attachments"] = attachments_of(from);
    out.push_back(std::move(one));
  }
  return out;
}

/// Whether this person could take a recusal of his back now, and nobody else would have to sign.
bool can_take_back(meeting::Record const& record, PersonId me, QuestionId q) {
  meeting::RecuseBack const back{record.meeting(), me, q, "?", record.recuse_backs(me, q)};
  auto entry = meeting::made(back).entry;
  if (!record.check(entry, meeting::Record::Signatures::kPartial)) return false;
  entry.signatures.push_back({me, {}});
  return record.signatures_complete(entry);
}

array recusals_of(meeting::Record const& record, PersonId me) {
  array out;
  for (auto const& [p, by_question] : record.recusals()) {
    for (auto const& [q, note] : by_question) {
      object one;
      one["person"] = p;
      one["question"] = q;
      one["reason"] = note.reason;
      one["attested"] = note.attested;
      one["own_word"] = record.has_first_key(p);
      one["beside"] = note.by_committee ? boost::json::value("committee")
                      : note.by_office  ? boost::json::value("office")
                                        : boost::json::value();
      one["can_take_back"] = p == me && can_take_back(record, me, q);
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

object standing(meeting::Standing const& in) {
  object out;
  out["have"] = in.have;
  out["needed"] = in.needed;
  out["have_experts"] = in.have_experts;
  out["needed_experts"] = in.needed_experts;
  out["missing"] = facts::numbers(in.missing);
  return out;
}

/// Of each entry of the attempt that somebody waits for, how near it is to being witnessed.
object witness(meeting::Attempt const& attempt, meeting::Witnesses const& witnesses) {
  auto const of = [&](bool there, std::uint64_t index) {
    return there ? boost::json::value(standing(witnesses.of(attempt, index))) : boost::json::value();
  };
  auto const& result = attempt.declared_index ? attempt.declared_index : attempt.paper_index;
  object out;
  out["open"] = of(true, attempt.open_index);
  out["box"] = of(attempt.box_index != 0, attempt.box_index);
  out["share"] = of(attempt.first_share_index != 0, attempt.first_share_index);
  out["result"] = of(result.has_value(), result.value_or(0));
  return out;
}

/// How far each person of an attempt has come.
void add_progress(object& out, meeting::Attempt const& attempt) {
  array issued;
  array spoils;
  for (auto const& [p, voter] : attempt.voters) {
    if (!attempt.holders.empty() && voter.issued.size() == attempt.holders.size()) issued.emplace_back(p);
    for (auto const& from : voter.spoils) {
      object spoil;
      spoil["person"] = p;
      spoil["cast"] = from.cast;
      spoil["supervisor"] = from.supervisor;
      spoil["verdict"] = facts::verdict_or_null(from.verdict);
      spoils.push_back(std::move(spoil));
    }
  }
  out["issued"] = std::move(issued);
  out["voted"] = keys_of(attempt.envelopes());
  out["without"] = facts::numbers(attempt.without());
  out["spoils"] = std::move(spoils);
  out["mixed"] = attempt.mixes.size();
  out["shared"] = attempt.shares.size();
  out["hops"] = attempt.holders.size();
}

/// Everybody who has said the same of all his live questions stands in one list; who misses one, in `missing`.
void add_confirms(object& out, meeting::Attempt const& attempt) {
  array confirmed;
  array missing;
  array not_cast;
  for (PersonId const p : attempt.entitled()) {
    if (!attempt.said_anything(p)) continue;
    bool const none = std::ranges::all_of(attempt.live_questions_of(p), [&](QuestionId q) {
      return attempt.said(p, q) == meeting::ConfirmVerdict::kNotCast;
    });
    (attempt.said_missing(p) ? missing : none ? not_cast : confirmed).emplace_back(p);
  }
  out["entitled"] = facts::numbers(attempt.entitled());
  out["confirmed"] = std::move(confirmed);
  out["missing"] = std::move(missing);
  out["not_cast"] = std::move(not_cast);
  out["overridden"] = facts::overridden(attempt.overridden);
}

/// What an Override of all who are waited for would cost; null: nobody is waited for.
boost::json::value override_cost(meeting::Record const& record) {
  auto const late = facts::unconfirmed(record);
  if (!late || late->empty()) return nullptr;
  auto const& attempt = *record.attempt();
  std::uint32_t votes = 0;
  std::uint32_t within = 0;
  for (QuestionId const q : attempt.live()) {
    auto const unproven = static_cast<std::uint32_t>(std::ranges::count_if(
        *late, [&](PersonId p) { return attempt.counted.contains(p) && !attempt.recused(p, q); }));
    auto const present = static_cast<std::uint32_t>(attempt.open.present.size()) - attempt.recused_from(q);
    auto const said =
        attempt.said_by(q, meeting::ConfirmVerdict::kOk) + attempt.said_by(q, meeting::ConfirmVerdict::kNotCast);
    votes = std::max(votes, unproven);
    within = std::max(within, present - std::min(present, said));
  }
  object out;
  out["people"] = facts::numbers(*late);
  out["votes"] = votes;
  out["within"] = within;
  return out;
}

}  // namespace

void View::take(wire::Status const& status) {
  auto& online = from_.online;
  online.told(status.connected, status.enrolled);
  from_.countdown.told(status.countdown_s);
  auto out = facts::event("online");
  out["connected"] = facts::numbers(online.connected());
  out["enrolled"] = facts::numbers(online.enrolled());
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
  out["device_code"] = from_.profile.device_code();
  reply.ok(std::move(out));
}

// ==================================================================================================== now

std::string View::now(Times times) const {
  auto const& record = from_.log.record();
  object head;
  add_standing(head);
  head["people"] = people();
  head["proposals"] = from_.proposals.list();
  if (!from_.log.opened()) {
    object announced;
    announced["title"] = from_.log.announced_title();
    announced["date"] = from_.log.announced_date();
    head["announced"] = std::move(announced);
    return facts::members(head);
  }
  add_experts(head);

  object tail;
  auto const& last = record.attempt();
  auto const me = from_.profile.person;
  tail["attempt"] = last ? boost::json::value(attempt()) : boost::json::value();
  bool const told = times == Times::kTold;
  tail["waits"] = from_.waits.list(told);
  tail["guards"] = from_.guards.describe(from_.online, told ? std::optional(clock_.now_ms) : std::nullopt);
  tail["countdown_s"] = from_.countdown.describe(told);
  bool const votes = last && !last->open.paper && last->present(me) && !last->questions_of(me).empty();
  tail["ballot"] = votes ? boost::json::value(from_.voter.describe()) : boost::json::value();
  tail["checks"] = from_.desk.describe();
  tail["trustee"] = from_.seat.taken() ? boost::json::value(from_.seat.describe(told)) : boost::json::value();
  tail["alarms"] = from_.alarms.list();
  tail["changes"] = from_.record_changes.list();
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
  out["device_code"] = from_.profile.device_code();
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
  auto const& online = from_.online;
  std::set<PersonId> known(online.enrolled().begin(), online.enrolled().end());
  array out;
  auto const person = [&](PersonId p) {
    object one;
    one["person"] = p;
    one["enrolled"] = known.contains(p);
    one["online"] = facts::online_or_null(online.of(p));
    one["signed_in"] = opened && record.presence(p).signed_in;
    one["key"] = opened && record.identity_key(p).has_value();
    out.push_back(std::move(one));
  };
  if (opened) {
    for (PersonId p = 1; p <= record.manifest().people.size(); ++p) person(p);
  } else {
    known.insert(online.connected().begin(), online.connected().end());
    for (PersonId const p : known) person(p);
  }
  return out;
}

/// What the office suggests to this person and he has not signed; only what he still could.
array View::suggested() const {
  auto const& record = from_.log.record();
  auto const me = from_.profile.person;
  array out;
  for (auto const& one : from_.log.suggested()) {
    if (one.question < 1 || one.question > record.manifest().candidates.size()) continue;
    auto const mine = record.recusals().find(me);
    if (mine != record.recusals().end() && mine->second.contains(one.question)) continue;
    object line;
    line["question"] = one.question;
    line["reason"] = one.reason;
    out.push_back(std::move(line));
  }
  return out;
}

/// Who may vote, who stepped back, who was heard.
void View::add_experts(object& out) const {
  auto const& record = from_.log.record();
  auto const& manifest = record.manifest();
  auto const present = record.experts_present().size();
  auto const quorum = record.quorum();
  object experts;
  experts["committee"] = manifest.committee_size;
  experts["present"] = present;
  experts["quorum_min"] = quorum;
  experts["quorum"] = present >= quorum;
  out["experts"] = std::move(experts);
  out["recusals"] = recusals_of(record, from_.profile.person);
  out["suggested"] = suggested();
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
  array trustees;
  for (TrusteeId t = 0; t < attempt.holders.size(); ++t) trustees.emplace_back(t);
  out["trustees"] = std::move(trustees);
  out["quorum_min"] = record.quorum();
  out["open_witnessed"] = attempt.open.paper || witnesses.witnessed(attempt, attempt.open_index);
  out["witness"] = witness(attempt, witnesses);
  add_progress(out, attempt);
  out["boxes"] = agenda_.boxes(attempt.open.batch);
  out["box_witnessed"] = attempt.box_index != 0 && witnesses.witnessed(attempt, attempt.box_index);
  out["counted"] = keys_of(attempt.counted);
  add_confirms(out, attempt);
  out["unconfirmed"] = facts::numbers(facts::unconfirmed(record).value_or(std::vector<PersonId>()));
  out["override_cost"] = override_cost(record);
  std::optional<Refusal> gate;
  if (attempt.phase == BatchPhase::kConfirming) {
    if (auto const open = record.gate(); !open) gate = open.error();
  }
  out["gate"] = facts::code_or_null(gate);
  array rows;
  for (auto const& [q, row] : attempt.rows) rows.push_back(facts::row(record, q, row, events_.lang()));
  out["rows"] = std::move(rows);
  out["by_committee"] = attempt.paper_index ? boost::json::value(attempt.paper_by_committee) : boost::json::value();
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
  bool const one_here = record.in_progress() && !attempt->open.paper && attempt->holders.size() == 1;
  if (one_here || record.manifest().trustees.size() == 1) add("one-trustee");
  if (!record.in_progress()) return out;
  for (TrusteeId const t : from_.voter.mismatched()) {
    auto& warning = add("issued-mismatch");
    warning["trustee"] = t;
    warning["code"] = piaojue::name(Refusal::kConflict);
  }
  if (auto const quiet = facts::unconfirmed(record); quiet && !quiet->empty() && from_.changes.told_unconfirmed()) {
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
  auto stands = now(Times::kLeftOut);
  if (stands == said_) return;
  said_ = std::move(stands);
  auto const line = now_line();
  for (Asker const asker : followers_) events_.emit_to(asker, line);
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
    said_ = now(Times::kLeftOut);
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
  more["device_code"] = from_.profile.device_code();
  more["online"] = facts::numbers(from_.online.connected());
  more["proposals"] = from_.proposals.size();
  more["unanswered"] = from_.requests.unanswered();
  if (from_.seat.taken()) more["trustee"] = from_.seat.describe(true);
  if (!from_.voter.questions().empty()) more["marked"] = from_.voter.marked();
  reply.ok(std::move(more));
}

}  // namespace piaojue::client
