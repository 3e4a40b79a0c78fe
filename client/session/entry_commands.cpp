// SPDX-License-Identifier: Apache-2.0
#include "client/session/entry_commands.h"

#include "protocol/meeting/codec.h"
#include "strings/client.h"

namespace piaojue::client {

using meeting::EntryType;
using meeting::QuestionId;
using meeting::Record;
using meeting::TrusteeId;
namespace text = strings::client;

// ==================================================================================================== Meeting

void EntryCommands::operate(Reply const& reply, command::Draft const&) {
  if (log_.opened()) return reply.no(Refusal::kWrongPhase);
  bool const queued = requests_.ask([](std::uint64_t id) { return wire::get_draft(id); },
                                    [this, reply](Answer& answer) {
                                      if (!answer) return reply.no(answer.error());
                                      auto const* draft = std::get_if<wire::Draft>(&answer->what);
                                      if (draft == nullptr) return reply.no(Refusal::kMalformed);
                                      take_draft(reply, draft->manifest);
                                    });
  if (!queued) reply.no(Refusal::kBusy);
}

void EntryCommands::take_draft(Reply const& reply, Bytes const& draft) {
  auto const me = profile_.person;
  auto const type = EntryType::kMeetingOpen;
  auto bytes = meeting::encode_entry(type, draft, {meeting::sign_body(type, draft, me, keys_.identity)});
  auto entry = meeting::decode_entry(bytes);
  if (!entry) return reply.no(entry.error());
  auto const& manifest = std::get<meeting::Manifest>(entry->body);
  bool const mine = me <= manifest.people.size() && manifest.meeting_id == profile_.meeting_id &&
                    manifest.people[me - 1].identity_key == keys_.identity.public_key() &&
                    manifest.people[me - 1].witness_key == keys_.witness.public_key() &&
                    manifest.people[me - 1].box_key == keys_.box.public_key();
  if (!mine) return reply.no(Refusal::kNotOnRoll);
  if (auto const left = sheet_.left_to_tick(me, manifest); !left.empty()) {
    return reply.no(Refusal::kWrongPhase, {text::kNotTicked, {{"people", facts::comma_list(left)}}});
  }
  if (auto const allowed = record().check(*entry, Record::Signatures::kPartial); !allowed) {
    return reply.no(allowed.error());
  }
  // They can come later only by a KeyChange that others sign.
  std::vector<PersonId> without;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    if (!manifest.people[p - 1].identity_key) without.push_back(p);
  }
  bool const sent = requests_.submit({std::move(*entry), std::move(bytes)}, {},
                                     [reply, without](auto const& index, Hash const& proposal) {
                                       if (!index) return reply.no(index.error());
                                       facts::object more;
                                       if (*index) {
                                         more["index"] = **index;
                                       } else {
                                         more["code"] = "PENDING";
                                         more["proposal"] = to_hex(proposal.view());
                                       }
                                       more["not_enrolled"] = facts::numbers(without);
                                       reply.ok(std::move(more));
                                     });
  if (!sent) reply.no(Refusal::kBusy);
}

void EntryCommands::operate(Reply const& reply, command::SignIn const&) {
  auto const me = profile_.person;
  submitter_.put(reply, meeting::SignIn{record().meeting(), me, record().presence(me).sequence});
}

void EntryCommands::operate(Reply const& reply, command::SignOut const& in) {
  if (in.person == 0) return sign_out_oneself(reply, in.not_voted);
  meeting::SignOut body;
  body.meeting = record().meeting();
  body.person = in.person;
  body.sequence = record().presence(in.person).sequence;
  body.reason = in.reason;
  submitter_.put(reply, body);
}

bool EntryCommands::owes_vote() const {
  auto const& attempt = record().attempt();
  auto const me = profile_.person;
  if (!record().in_progress() || attempt->open.paper || !attempt->shares.empty()) return false;
  if (!attempt->entitled(me) || !log_.current_for_attempt() || attempt->confirms.contains(me)) return false;
  auto const* const voter = attempt->voter(me);
  return voter == nullptr || !voter->envelope;
}

/// The tree that this program holds goes with it: what is signed over one log takes nobody out of another's witnesses.
void EntryCommands::sign_out_oneself(Reply const& reply, std::optional<bool> not_voted) {
  meeting::SignOut body;
  body.meeting = record().meeting();
  body.person = profile_.person;
  body.sequence = record().presence(profile_.person).sequence;
  body.size = record().size();
  body.root = record().tree().root();
  if (owes_vote()) {
    // What was sent is never said not to have been cast.
    bool const unsent = voter_.unsent();
    if (unsent && not_voted != false) return reply.ask("UNSENT", "unsent", text::kUnsent);
    if (!not_voted) return reply.ask("ASK", "not-voted", text::kAskNotVoted);
    body.batch_open = record().attempt()->open_hash;
    body.not_cast = *not_voted;
  }
  // From here on the server has it in its hand: it could log it instead of a vote that is cast later.
  bool const says = body.not_cast && record().presence(profile_.person).signed_in;
  if (says && !voter_.say_not_cast(body.sequence)) return reply.no(Refusal::kStorage);
  submitter_.put(reply, body);
}

void EntryCommands::operate(Reply const& reply, command::Recuse const& in) {
  PersonId const person = self_or(in.person);
  submitter_.put(reply, meeting::Recuse{record().meeting(), person, in.question, in.reason,
                                        record().recuse_backs(person, in.question)});
}

void EntryCommands::operate(Reply const& reply, command::RecuseBack const& in) {
  PersonId const me = profile_.person;
  submitter_.put(reply, meeting::RecuseBack{record().meeting(), me, in.question, in.reason,
                                            record().recuse_backs(me, in.question)});
}

void EntryCommands::operate(Reply const& reply, command::ChangeTrustee const& in) {
  submitter_.put(reply, meeting::TrusteeChange{record().meeting(), in.trustee, in.person, in.reason});
}

void EntryCommands::operate(Reply const& reply, command::Interview const& in) {
  // Without a signed paper the text stands for itself.
  auto const document = in.document ? *in.document : crypto::sha256({as_bytes(in.text)});
  submitter_.put(reply, meeting::Interview{record().meeting(), in.question, in.text, document});
}

void EntryCommands::operate(Reply const& reply, command::CloseMeeting const&) {
  submitter_.put_settled(reply, all_witnessed(), [this]() -> Result<meeting::Body> {
    auto const body = record().draft_meeting_close(unwitnessed());
    if (!body) return body.error();
    return *body;
  });
}

// ==================================================================================================== Batches

void EntryCommands::operate(Reply const& reply, command::Open const& in) {
  if (!log_.opened()) return reply.no(Refusal::kWrongPhase);
  auto const draft = [this, in]() -> Result<meeting::Body> {
    auto const body = record().draft_batch_open(in.batch, in.paper, unwitnessed());
    if (!body) return body.error();
    return *body;
  };
  auto const body = draft();
  if (body) return submitter_.put_settled(reply, all_witnessed(), draft);
  if (body.error() != Refusal::kKeyUnlogged) return reply.no(body.error());
  std::vector<TrusteeId> missing;
  for (TrusteeId t = 0; t < record().manifest().trustees.size(); ++t) {
    if (!record().pending_keys().contains({in.batch, t})) missing.push_back(t);
  }
  reply.no(body.error(), {text::kTrusteeKeysMissing, {{"trustees", facts::comma_list(missing)}}});
}

void EntryCommands::operate(Reply const& reply, command::Close const&) {
  submitter_.put_drafted(reply, [this]() -> Result<meeting::Body> {
    auto const body = record().draft_batch_close();
    if (!body) return body.error();
    return *body;
  });
}

void EntryCommands::operate(Reply const& reply, command::Spoil const& in) {
  if (!record().attempt()) return reply.no(Refusal::kWrongPhase);
  auto const& attempt = *record().attempt();
  submitter_.put(reply, meeting::EnvelopeSpoil{attempt.open_hash, in.person, attempt.cast_of(in.person), {}, 0});
}

void EntryCommands::operate(Reply const& reply, command::Override const& in) {
  if (!record().attempt()) return reply.no(Refusal::kWrongPhase);
  auto const& attempt = *record().attempt();
  meeting::Override body{attempt.open_hash, attempt.box_hash, {}, in.reason};
  for (PersonId const person : in.people) body.people[person] = attempt.said_missing(person);
  submitter_.put(reply, body);
}

void EntryCommands::operate(Reply const& reply, command::Declare const&) {
  auto const body = record().draft_declaration();
  if (!body) return reply.no(body.error());
  submitter_.put(reply, *body);
}

void EntryCommands::operate(Reply const& reply, command::Void const& in) {
  if (!record().attempt()) return reply.no(Refusal::kWrongPhase);
  submitter_.put(reply, meeting::Void{record().attempt()->open_hash, in.questions, in.reason});
}

// ==================================================================================================== On paper

void EntryCommands::operate(Reply const& reply, command::Paper const& in) {
  if (!record().in_progress() || !record().attempt()->open.paper) return reply.no(Refusal::kWrongPhase);
  auto const live = record().attempt()->live();
  if (std::ranges::find(live, in.question) == live.end()) return reply.no(Refusal::kUnknown);
  papers_.note(in.question, in.row, live);
  facts::object more;
  more["question"] = in.question;
  more["entered"] = papers_.rows().size();
  more["of"] = live.size();
  reply.ok(std::move(more));
}

void EntryCommands::operate(Reply const& reply, command::PaperSubmit const&) {
  if (!record().in_progress() || !record().attempt()->open.paper) return reply.no(Refusal::kWrongPhase);
  std::vector<QuestionId> missing;
  meeting::PaperTally body{record().attempt()->open_hash, {}};
  for (QuestionId const q : record().attempt()->live()) {
    auto const row = papers_.rows().find(q);
    if (row == papers_.rows().end()) {
      missing.push_back(q);
    } else {
      body.rows.insert(*row);
    }
  }
  if (!missing.empty()) {
    return reply.no(Refusal::kMalformed, {text::kRowsMissing, {{"questions", facts::comma_list(missing)}}});
  }
  submitter_.put(reply, body);
}

}  // namespace piaojue::client
