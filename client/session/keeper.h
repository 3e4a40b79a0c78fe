// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the only part that writes to the wallet. Journal records are collected while an input is
/// handled, written after it, and synced before a frame leaves. After the first failed write nothing may be sent any
/// more: it says "fatal" once, and `failed` stays.
#include "client/session/events.h"
#include "client/wallet/wallet.h"

namespace piaojue::client {

class Keeper {
 public:
  Keeper(Wallet& wallet, Events& events) : wallet_(wallet), events_(events) {}

  // ---- The journal
  void append(JournalRecord record) { unwritten_.push_back(std::move(record)); }
  /// Writes what was appended; durable after `sync`.
  void flush();
  /// @return false: it failed, and so has everything.
  bool sync();

  // ---- Blobs, durable when these return. @return false: failed.
  bool save(std::string const& name, ByteView blob) { return kept(wallet_.save(name, blob)); }
  bool erase(std::string const& name) { return kept(wallet_.erase(name)); }
  /// Reading fails without ending anything; whoever can not go on without it says so by `kept`.
  [[nodiscard]] Explained<std::optional<Bytes>> load(std::string const& name) { return wallet_.load(name); }
  [[nodiscard]] Explained<std::vector<std::string>> names(std::string const& prefix) { return wallet_.names(prefix); }

  /// Whether it went well; a failure ends this program's work.
  bool kept(Explained<void> const& done);
  bool failed() const { return fatal_.has_value(); }
  /// What failed, in words.
  std::optional<std::string> const& fatal() const { return fatal_; }

 private:
  Wallet& wallet_;
  Events& events_;
  std::vector<JournalRecord> unwritten_;  ///< of the input that is being handled
  bool unsynced_ = false;
  std::optional<std::string> fatal_;
};

}  // namespace piaojue::client
