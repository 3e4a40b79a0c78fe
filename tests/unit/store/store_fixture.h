// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Every engine that a Store can have, for the tests that hold all of them to one contract.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace piaojue::store::test {

/// A store that can be closed and opened again, as a program's end and its next start do.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
};

class MemoryEngine final : public Engine {
 public:
  Store& store() override { return *store_; }
  void reopen() override { store_ = std::make_unique<MemoryStore>(store_->contents()); }

 private:
  std::unique_ptr<MemoryStore> store_ = std::make_unique<MemoryStore>();
};

class SqliteEngine final : public Engine {
 public:
  SqliteEngine() {
    static std::atomic<int> count{0};
    auto const name = "piaojue-engine-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    folder_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(folder_);
    open(true);
  }
  ~SqliteEngine() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open(false);
  }

 private:
  void open(bool create) {
    SqliteOptions options;
    options.create = create;
    auto opened = SqliteStore::open((folder_ / "meeting.db").string(), options);
    if (!opened) throw std::runtime_error("can not open: " + opened.error().in(Lang::kEn));
    store_ = std::move(*opened);
  }

  std::filesystem::path folder_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace piaojue::store::test
