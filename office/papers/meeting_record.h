// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A meeting's record as the papers need it: audited, and with the interviews, which the audit does not keep.
#include <istream>
#include <map>

#include "base/explained.h"
#include "verifier/audit.h"

namespace piaojue::office {

struct MeetingRecord {
  verifier::Audit audit;
  std::map<meeting::QuestionId, meeting::Interview> interviews;
};

/// Of all entries of the file, from its beginning; the stream stands at its beginning again. Refused: it is no record.
Explained<meeting::Hash> head_of(std::istream& record);

/// @return refused unless the record is VERIFIED against the hash from paper, naming the check that failed; refused if
/// the file was changed between its two readings. @param jobs threads.
Explained<MeetingRecord> read_meeting(std::istream& record, meeting::Hash const& anchor, std::size_t jobs);

/// Who passed, as the auditor reckoned it; ascending. What is printed is made from it and never read back.
std::vector<meeting::QuestionId> passed(verifier::Audit const& audit);

}  // namespace piaojue::office
