// SPDX-License-Identifier: Apache-2.0
#include "office/papers/meeting_record.h"

#include "protocol/log/merkle.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record_file.h"
#include "strings/papers.h"
#include "strings/refusals.h"
#include "verifier/rows.h"

namespace piaojue::office {

using verifier::Audit;

namespace {

Explanation unverified(Audit const& audit) {
  auto const first = audit.first_failure();
  if (!first) return {strings::papers::kRecordUnfinished};
  return {Sentence(strings::papers::kRecordFailed,
                   {{"check", std::uint64_t{verifier::number(first->check)}}, {"why", first->failure->what}})};
}

/// The audit keeps no interviews. The second reading must be of the same entries: the tree says whether it is.
Explained<std::map<meeting::QuestionId, meeting::Interview>> read_interviews(std::istream& record,
                                                                             meeting::Hash const& head) {
  Explanation const changed(strings::papers::kRecordChanged);
  std::map<meeting::QuestionId, meeting::Interview> out;
  record.clear();
  record.seekg(0);
  meeting::RecordReader reader(record);
  log::Frontier tree;
  for (;;) {
    auto const item = reader.next();
    if (!item) return changed;
    if (!*item) break;
    auto const* const bytes = std::get_if<Bytes>(&**item);
    if (bytes == nullptr) continue;
    tree.append(log::leaf_hash(*bytes));
    auto const entry = meeting::decode_entry(*bytes);
    if (!entry) return changed;
    if (auto const* const interview = std::get_if<meeting::Interview>(&entry->body))
      out[interview->question] = *interview;
  }
  if (tree.root() != head) return changed;
  return out;
}

}  // namespace

Explained<meeting::Hash> head_of(std::istream& record) {
  meeting::RecordReader reader(record);
  log::Frontier tree;
  for (;;) {
    auto const item = reader.next();
    if (!item)
      return Explanation(Sentence(strings::papers::kRecordUnusable, {{"why", strings::sentence_of(item.error())}}));
    if (!*item) break;
    if (auto const* const bytes = std::get_if<Bytes>(&**item)) tree.append(log::leaf_hash(*bytes));
  }
  record.clear();
  record.seekg(0);
  return tree.root();
}

Explained<MeetingRecord> read_meeting(std::istream& record, meeting::Hash const& anchor, std::size_t jobs) {
  MeetingRecord out;
  out.audit = verifier::audit(record, anchor, {jobs, {}});
  if (out.audit.unusable)
    return Explanation(Sentence(strings::papers::kRecordUnusable, {{"why", out.audit.unusable->what}}));
  if (!out.audit.verified()) return unverified(out.audit);
  auto interviews = read_interviews(record, out.audit.head);
  if (!interviews) return interviews.error();
  out.interviews = std::move(*interviews);
  return out;
}

std::vector<meeting::QuestionId> passed(Audit const& audit) {
  std::vector<meeting::QuestionId> out;
  for (auto const& [question, declared] : verifier::declared_rows(audit))
    if (declared.row.passed) out.push_back(question);
  return out;
}

}  // namespace piaojue::office
