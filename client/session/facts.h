// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: what an event says about an entry, a row or the meeting. JSON for scripts and pages; only what
/// the log says anyway, and never a choice.
#include <boost/json.hpp>

#include "protocol/meeting/record.h"

namespace piaojue::client::facts {

using boost::json::array;
using boost::json::object;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::Record;

bool zh(std::string_view lang);
std::string name_of(Record const& record, PersonId person);

template <class Numbers>
array numbers(Numbers const& values) {
  array out;
  for (auto const value : values) out.emplace_back(value);
  return out;
}
object person(Record const& record, PersonId id);
array people(Record const& record, std::vector<PersonId> const& ids);

/// All figures of a row, and `text` such as 出席 11，需 8，同意 7，未通过.
object row(Record const& record, QuestionId q, meeting::Row const& row, std::string_view lang);
std::string row_text(meeting::Row const& row, std::string_view lang);

object rules(meeting::Rules const& rules);

/// Adds what the entry says to an event or a proposal. @param record after the entry, or before it for a proposal.
void add_entry(object& out, Record const& record, meeting::Entry const& entry, std::string_view lang);

}  // namespace piaojue::client::facts
