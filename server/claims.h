// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What in a log was to be witnessed before something else could rest on it (specification §4.3), and whether given
/// cosignatures show that it was: for the record file, and before a log is taken over.
#include <map>

#include "protocol/meeting/witnesses.h"

namespace piaojue::server {

/// An entry that was to be witnessed before another one that rests on it, with its attempt's witnesses as they were
/// then.
struct Claim {
  std::uint64_t index = 0;
  std::uint64_t before = 0;    ///< index of the entry that rests on it
  meeting::Attempt witnesses;  ///< nothing else is kept of it: boxes of a whole meeting are large
  /// Check 3 fails without; not of a spoiled envelope, nor of a result that was named unwitnessed.
  bool demanded = true;
};

/// Finds the claims of a log, entry by entry (specification §4.3, check 3; of a spoiled envelope until the batch
/// closes, because its opening waits for it).
class Claims {
 public:
  /// Before `record` takes in the entry.
  void follow(meeting::Record const& record, meeting::Entry const& entry);
  std::vector<Claim> const& list() const { return list_; }

 private:
  /// What rests on an entry.
  enum class Rest : std::uint8_t { kTokens, kClose, kFirstShare, kSecondShare, kNext };
  void open(Rest rest, std::uint64_t index) { open_.emplace(rest, index); }
  /// @param named results that whoever signs accepts unwitnessed.
  void close(Rest rest, meeting::Record const& record, std::vector<meeting::Hash> const& named = {});

  std::multimap<Rest, std::uint64_t> open_;
  std::vector<Claim> list_;
};

/// Which cosignatures a reader sees: by person and key the largest tree.
class Shown {
 public:
  /// Somebody has cosigned a tree of so many entries.
  void add(meeting::Record const& record, meeting::PersonId person, std::uint64_t size);
  /// Of both together.
  meeting::Standing of(Claim const& claim, Shown const& more = {}) const;

 private:
  bool shows(meeting::PersonId person, crypto::SigningPublicKey const& key, std::uint64_t size) const;

  std::map<std::pair<meeting::PersonId, crypto::SigningPublicKey>, std::uint64_t> largest_;
};

}  // namespace piaojue::server
