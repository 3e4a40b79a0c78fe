// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the agenda as `now` shows it, with every attempt of every batch: what Record does not keep of
/// an attempt once the next one has begun. Rows that stand for good are written as JSON once, when their Declaration is
/// taken in, for `now` is made often and may hold a whole meeting's.
#include "client/session/facts.h"

namespace piaojue::client {

class Agenda {
 public:
  /// @param record outlives this.
  Agenda(meeting::Record const& record, Lang lang) : record_(record), lang_(lang) {}

  /// Also at a restart, when the record is at the end of the log already: only what the entry itself says counts.
  void took_in(meeting::Entry const& entry, meeting::By by);

  /// A JSON array; after MeetingOpen.
  std::string json() const;
  /// What the box of the last attempt of a batch held; empty before it.
  facts::array boxes(meeting::BatchId batch) const;

 private:
  struct Told {
    std::uint32_t attempt = 0;
    bool paper = false;
    std::optional<bool> by_committee;  ///< of a paper count
    std::size_t present = 0;
    std::optional<std::string> reason;  ///< of the last Void
    std::string rows;                   ///< as declared, written as JSON; empty: not declared
    facts::array boxes;
  };
  Told* last();
  /// Title, questions and what the chair still waits for.
  facts::object head(meeting::BatchId batch) const;
  std::string attempts(meeting::BatchId batch) const;

  meeting::Record const& record_;
  Lang const lang_;
  std::map<meeting::BatchId, std::vector<Told>> told_;
  meeting::BatchId told_batch_ = 0;  ///< of the last attempt
};

}  // namespace piaojue::client
