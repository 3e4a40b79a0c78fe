// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what an event says about an entry, a row or the meeting. JSON for scripts and pages; only what
/// the log says anyway, and never a choice.
#include <boost/json.hpp>

#include "base/sentence.h"
#include "client/session/online.h"
#include "protocol/meeting/record.h"

namespace piaojue::client::facts {

using boost::json::array;
using boost::json::object;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::Record;

/// {"event": name}
object event(std::string_view name);
/// Adds or replaces each member.
void add(object& out, object more);
/// An object's members without its braces.
std::string members(object const& from);
/// Null: not known.
boost::json::value online_or_null(Online::Is is);
boost::json::value code_or_null(std::optional<Refusal> const& code);

std::string name_of(Record const& record, PersonId person);

template <class Numbers>
array numbers(Numbers const& values) {
  array out;
  for (auto const value : values) out.emplace_back(value);
  return out;
}
/// "1,4,9"
std::string comma_list(std::vector<std::uint32_t> const& numbers);
/// Questions of which a Confirm says this.
array said(meeting::Confirm const& confirm, meeting::ConfirmVerdict verdict);
/// Each person with `missing`.
array overridden(std::map<PersonId, bool> const& people);
/// "agrees", "differs", "unopened"; null: none yet.
boost::json::value verdict_or_null(std::optional<meeting::CheckVerdict> const& verdict);
/// Of the keys that a draft or manifest has for the person. Nothing: none, or nobody.
std::optional<std::string> device_code(meeting::Manifest const& manifest, PersonId person);
object person(Record const& record, PersonId id);
array people(Record const& record, std::vector<PersonId> const& ids);

/// All figures of a row, and `text` such as 出席 11 人，需 8 人，同意 7 人，未通过.
object row(Record const& record, QuestionId q, meeting::Row const& row, Lang lang);
std::string row_text(meeting::Row const& row, Lang lang);

object rules(meeting::Rules const& rules);
/// By number, with title and questions.
array batches(meeting::Manifest const& manifest);

/// Whom the gate waits for; nothing when nobody is asked to confirm.
std::optional<std::vector<PersonId>> unconfirmed(Record const& record);
/// What whoever signs this vouches for, in one sentence; nothing: it needs one signature only.
std::optional<Sentence> vouch(Record const& record, meeting::Entry const& entry);
/// What the chair should know of the counted figures before they are declared, as warnings.
std::vector<object> row_warnings(Record const& record);

/// Adds what the entry says to an event or a proposal. @param record after the entry, or before it for a proposal.
void add_entry(object& out, Record const& record, meeting::Entry const& entry, Lang lang);

}  // namespace piaojue::client::facts
