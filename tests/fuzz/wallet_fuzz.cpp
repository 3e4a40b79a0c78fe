// SPDX-License-Identifier: Apache-2.0
// A laptop's folder after a crash, or after somebody had it in hand: the journal is read up to what was torn and goes
// on from there, and a profile is read as it was written or refused. Harm: a person who can not come back into the
// meeting, or a journal in which nothing that follows the tear is ever read again.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/wallet/identity.h"

namespace {

using namespace piaojue;
using client::DirectoryWallet;
using client::JournalRecord;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A folder of this process alone.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("piaojue-fuzz-" + std::to_string(::getpid()));
};
std::string folder() {
  static Folder const kept;
  return kept.path();
}

bool same(std::vector<JournalRecord> const& a, std::vector<JournalRecord> const& b) {
  return std::ranges::equal(a, b, [](auto const& x, auto const& y) { return x.kind == y.kind && x.bytes == y.bytes; });
}

std::vector<JournalRecord> read() {
  auto const wallet = DirectoryWallet::open(folder(), DirectoryWallet::Access::kRead);
  require(bool(wallet));
  return (*wallet)->journal().value();
}

/// What is there is read alike before and after the torn end is cut off, and what is appended then follows it.
void try_journal(ByteView file) {
  std::ofstream(folder() + "/journal", std::ios::binary).write(as_text(file).data(), std::ssize(file));
  auto expected = read();
  {
    auto const wallet = DirectoryWallet::open(folder(), DirectoryWallet::Access::kOwn);
    require(bool(wallet));
    require(same((*wallet)->journal().value(), expected));
    JournalRecord const next{JournalRecord::Kind::kCheckpoint, {1, 2, 3}};
    require(bool((*wallet)->append({next})));
    expected.push_back(next);
  }
  require(same(read(), expected));
}

void try_profile(ByteView file) {
  client::MemoryWallet wallet;
  require(bool(wallet.save("profile", file)));
  auto const loaded = client::load_profile(wallet);
  if (!loaded) return;
  require(loaded->has_value());
  require(bool(client::save_profile(wallet, **loaded)));
  auto const written = wallet.blobs().at("profile");
  auto const again = client::load_profile(wallet);
  require(again && again->has_value());
  require(bool(client::save_profile(wallet, **again)) && wallet.blobs().at("profile") == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ByteView const file(data, size);
  // Each journal costs the disk a few writes, so only what begins like one goes there.
  if (as_text(file).starts_with("PIAOJUE-JOURNAL")) {
    try_journal(file);
  } else {
    try_profile(file);
  }
  return 0;
}
