// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the server keeps, and the one way it is kept: a group of writes becomes durable as a whole or not at all. Core
/// decides what is written; a Store only makes it durable. Keys are bytes, compared as bytes; numbers in keys are
/// big-endian. No column of a meeting's tables holds a time or an arrival order: rows are found and listed by key.
/// What an engine keeps beside them does tell when a row was written, and what was erased: PostgreSQL the numbers of
/// transactions, its journal with times, dead rows until they are vacuumed, and backups of all three. What must not
/// survive is therefore not entrusted to erasing (docs/threat-model.md, "What a database keeps").
///
/// The tables that know names (enrolment, requests, answers, envelopes) and the one that holds onions after a mix
/// (kMixOutput: one blob a hop) have no key in common but the attempt. What belongs to an attempt is sealed under a key
/// of which this machine has only a part on its disk (specification §14).
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/explained.h"
#include "protocol/meeting/entry.h"

namespace piaojue::store {

using crypto::Hash;
using meeting::PersonId;
using meeting::QuestionId;
using meeting::TrusteeId;

enum class Table : std::uint8_t {
  kMeta,           ///< "draft" → Manifest without keys; "format" → version of these tables
  kSlip,           ///< person(4) → K of the person's newest slip, sealed under the key file
  kEnrolment,      ///< person(4) ‖ number(4), counted from 0 → EnrolmentRow
  kEntry,          ///< index(8) → the entry as received
  kCheckpoint,     ///< tree size(8) → signed note
  kCosignature,    ///< tree size(8) ‖ person(4) → Cosignature
  kProposal,       ///< proposal id(32) → Entry with the signatures so far
  kTokenPayload,   ///< batch_open(32) ‖ person(4) ‖ cast(4) → TokenPayload, sealed as all of the attempt
  kIssuedPayload,  ///< batch_open(32) ‖ person(4) ‖ cast(4) ‖ trustee(4) → IssuedPayload
  kEnvelope,       ///< batch_open(32) ‖ person(4) ‖ cast(4) → EnvelopePayload
  kMixOutput,      ///< batch_open(32) ‖ hop(4) → MixPayload
  kTrustee,        ///< kind(4) ‖ batch(4) ‖ attempt(4) → state of trustee 0, sealed
};
inline constexpr std::size_t kTables = 12;
/// "meta", "slip", …: what every engine calls it.
char const* name(Table table);

struct Write {
  enum class Kind : std::uint8_t {
    kPut,
    kAdd,  ///< a row that is not there yet: if it is, the whole group is refused and nothing of it is written
    kErase,
    kErasePrefix
  };
  Kind kind = Kind::kPut;
  Table table = Table::kMeta;
  Bytes key;    ///< kErasePrefix: every row whose key begins with it
  Bytes value;  ///< of kPut and kAdd
};

/// One transaction, in order.
struct Writes {
  std::vector<Write> list;
  /// Something was erased that must not survive in a journal either: after the commit, an engine whose journal is this
  /// program's own (SQLite) empties it. A database server's is not: there the seal under two halves is all.
  bool truncate_journal = false;

  bool empty() const { return list.empty(); }
  void put(Table table, Bytes key, Bytes value);
  void add(Table table, Bytes key, Bytes value);
  void erase(Table table, Bytes key);
  void erase_prefix(Table table, Bytes key);
};

using Rows = std::map<Bytes, Bytes>;
struct Contents {
  std::array<Rows, kTables> tables;
  Rows& operator[](Table t) { return tables[static_cast<std::size_t>(t)]; }
  Rows const& operator[](Table t) const { return tables[static_cast<std::size_t>(t)]; }
};

class Store {
 public:
  virtual ~Store() = default;
  // All of them explain what the engine said, with code kStorage; no stored value is in it.

  /// Everything that is durable.
  [[nodiscard]] virtual Explained<Contents> load() = 0;
  /// Durable when it returns without refusal; after a refusal nothing of it may be relied on, and the program ends. But
  /// kBusy: somebody else is in its way; nothing is decided yet, and the same writes are to be committed again, for
  /// which others need not wait. That ends, in one way or the other.
  [[nodiscard]] virtual Explained<void> commit(Writes const& writes) = 0;
  /// The row of a person's newest slip, used or not; nothing: there is none. Read at every enrolment, because
  /// `piaojue-server slip` writes it while the server runs. May be called while `commit` runs on another thread.
  [[nodiscard]] virtual Explained<std::optional<Bytes>> slip(PersonId person) = 0;
};

/// The rows that `write` leaves of `contents`: what every Store does in its own way. kAdd is a kPut here.
void apply_write(Contents& contents, Write const& write);

/// The smallest key that is greater than every key with this prefix; nothing if there is none.
std::optional<Bytes> after_prefix(Bytes prefix);

/// Keys of the tables.
Bytes key_of(std::uint64_t number);
Bytes key_of(std::uint64_t number, PersonId person);
Bytes key_of(PersonId person, std::uint32_t number);
Bytes key_of_person(PersonId person);
Bytes key_of(Hash const& hash);
Bytes key_of(Hash const& hash, std::uint32_t number);
Bytes key_of(Hash const& hash, std::uint32_t number, std::uint32_t second);
Bytes key_of(Hash const& hash, std::uint32_t number, std::uint32_t second, std::uint32_t third);

}  // namespace piaojue::store
