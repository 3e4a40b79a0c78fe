// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: this person's own copy of the log, as it follows it live, reads it back from the wallet, and
/// writes it into a record file.
#include "client/session/session.h"
#include "protocol/meeting/record_file.h"

namespace piaojue::client {

struct LogCopy {
  meeting::Record record;
  meeting::Witnesses witnesses;
  std::vector<Bytes> entries;
  std::vector<meeting::By> signed_as;          ///< of each entry, in whose name
  std::map<std::uint64_t, std::string> notes;  ///< by tree size
  std::map<std::uint64_t, std::map<PersonId, log::Cosignature>> cosignatures;

  std::uint64_t noted_size() const { return notes.empty() ? 0 : notes.rbegin()->first; }

  /// Replays a journal into an empty copy. @return kLogInconsistent: it does not apply.
  [[nodiscard]] Result<void> load(std::vector<JournalRecord> const& journal);
  /// Takes the next entry in. @return as Record::apply.
  [[nodiscard]] Result<void> append(meeting::Entry const& entry, Bytes const& bytes);
  /// @return as Witnesses::add.
  [[nodiscard]] Result<void> add(log::Cosignature const& cosignature);
  /// Entries up to the newest checkpoint, the checkpoints that somebody cosigned, and the newest. Nothing without one.
  Bytes export_record() const;
};

}  // namespace piaojue::client
