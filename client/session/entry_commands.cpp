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
  auto const bytes = meeting::encode_entry(type, draft, {meeting::sign_body(type, draft, me, keys_.identity)});
  auto const entry = meeting::decode_entry(bytes);
  if (!entry) return reply.no(entry.error());
  auto const& manifest = std::get<meeting::Manifest>(entry->body);
  bool const mine = me <= manifest.people.size() && manifest.meeting_id == profile_.meeting_id &&
                    manifest.people[me - 1].identity_key == keys_.identity.public_key() &&
                    manifest.people[me - 1].witness_key == keys_.witness.public_key();
  if (!mine) return reply.no(Refusal::kNotOnRoll);
  if (auto const allowed = record().check(*entry, Record::Signatures::kPartial); !allowed) {
    return reply.no(allowed.error());
  }
  // They can come later only by a KeyChange that the chair signs.
  std::vector<PersonId> without;
  for (PersonId p = 1; p <= manifest.people.size(); ++p) {
    if (!manifest.people[p - 1].identity_key) without.push_back(p);
  }
  bool const sent = requests_.submit(bytes, {}, [reply, without](auto const& index, Hash const& proposal) {
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
  auto const who = self_or(in.person);
  submitter_.put(reply, meeting::SignOut{record().meeting(), who, record().presence(who).sequence, in.reason});
}

void EntryCommands::operate(Reply const& reply, command::Recuse const& in) {
  submitter_.put(reply, meeting::Recuse{record().meeting(), self_or(in.person), in.question, in.reason});
}

void EntryCommands::operate(Reply const& reply, command::Interview const& in) {
  // Without a signed paper the text stands for itself.
  auto const document = in.document ? *in.document : crypto::sha256({as_bytes(in.text)});
  submitter_.put(reply, meeting::Interview{record().meeting(), in.question, in.text, document});
}

void EntryCommands::operate(Reply const& reply, command::CloseMeeting const&) {
  auto const body = record().draft_meeting_close();
  if (!body) return reply.no(body.error());
  submitter_.put(reply, *body);
}

// ==================================================================================================== Batches

void EntryCommands::operate(Reply const& reply, command::Open const& in) {
  if (!log_.opened()) return reply.no(Refusal::kWrongPhase);
  auto const draft = [this, in]() -> Result<meeting::Body> {
    auto const body = record().draft_batch_open(in.batch, in.paper, in.fewer_trustees);
    if (!body) return body.error();
    return *body;
  };
  auto const body = draft();
  if (body) return submitter_.put_drafted(reply, draft);
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

void EntryCommands::operate(Reply const& reply, command::Override const& in) {
  if (!record().attempt()) return reply.no(Refusal::kWrongPhase);
  auto const& attempt = *record().attempt();
  submitter_.put(reply, meeting::Override{attempt.open_hash, attempt.box_hash, in.silent, in.missing, in.reason});
}

void EntryCommands::operate(Reply const& reply, command::Declare const&) {
  auto const body = record().draft_declaration();
  if (!body) return reply.no(body.error());
  submitter_.put(reply, *body);
}

void EntryCommands::operate(Reply const& reply, command::Void const& in) {
  if (!record().attempt()) return reply.no(Refusal::kWrongPhase);
  submitter_.put(reply, meeting::Void{record().attempt()->open_hash, in.questions, in.reason, in.shares_lost});
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
