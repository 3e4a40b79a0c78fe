// SPDX-License-Identifier: Apache-2.0
#include "client/wallet/wallet.h"
#include "strings/client.h"

namespace piaojue::client {
namespace {

Explanation broken() { return {strings::client::kWalletFailed, {}, Refusal::kStorage}; }

}  // namespace

std::optional<bool> MemoryWallet::failing() {
  if (!fail_after_) {
    ++writes_;
    return std::nullopt;
  }
  if (*fail_after_ > 0) {
    --*fail_after_;
    ++writes_;
    return std::nullopt;
  }
  return std::exchange(applied_, false);
}

Explained<void> MemoryWallet::save(std::string const& name, ByteView blob) {
  auto const failure = failing();
  if (!failure || *failure) blobs_[name] = to_bytes(blob);
  if (failure) return broken();
  return {};
}

Explained<std::optional<Bytes>> MemoryWallet::load(std::string const& name) {
  auto const it = blobs_.find(name);
  if (it == blobs_.end()) return std::optional<Bytes>();
  return std::optional<Bytes>(it->second);
}

Explained<void> MemoryWallet::erase(std::string const& name) {
  auto const failure = failing();
  if (!failure || *failure) blobs_.erase(name);
  if (failure) return broken();
  return {};
}

Explained<std::vector<std::string>> MemoryWallet::names(std::string const& prefix) {
  std::vector<std::string> out;
  for (auto const& [name, blob] : blobs_) {
    if (name.starts_with(prefix)) out.push_back(name);
  }
  return out;
}

Explained<std::vector<JournalRecord>> MemoryWallet::journal() { return journal_; }

Explained<void> MemoryWallet::append(std::vector<JournalRecord> const& records) {
  journal_.insert(journal_.end(), records.begin(), records.end());
  return {};
}

Explained<void> MemoryWallet::sync() {
  if (synced_ == journal_.size()) return {};
  auto const failure = failing();
  if (!failure || *failure) synced_ = journal_.size();
  if (failure) return broken();
  return {};
}

void MemoryWallet::crash(std::size_t kept) {
  journal_.resize(std::min(journal_.size(), synced_ + kept));
  synced_ = journal_.size();
}

void MemoryWallet::fail_after(std::size_t successes, bool applied) {
  fail_after_ = successes;
  applied_ = applied;
}

}  // namespace piaojue::client
