// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: rows of a batch on paper that were noted and not yet submitted.
#include <map>

#include "protocol/meeting/record.h"

namespace piaojue::client {

class PaperRows {
 public:
  /// Rows of questions that are not among `live` any more are dropped.
  void note(meeting::QuestionId question, meeting::PaperRow const& row, std::vector<meeting::QuestionId> const& live) {
    std::erase_if(rows_, [&](auto const& one) { return std::ranges::find(live, one.first) == live.end(); });
    rows_[question] = row;
  }
  std::map<meeting::QuestionId, meeting::PaperRow> const& rows() const { return rows_; }

 private:
  std::map<meeting::QuestionId, meeting::PaperRow> rows_;
};

}  // namespace piaojue::client
