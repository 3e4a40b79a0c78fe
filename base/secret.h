// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Secret memory: locked against swapping, surrounded by guard pages, wiped when it goes, and impossible to copy by
/// accident (move-only; a copy is spelled `clone()`). Never formatted, never logged, compared in constant time.
#include <sodium.h>

#include <cstddef>
#include <utility>

#include "base/bytes.h"

namespace piaojue {

/// Must succeed before anything else of this library is used; idempotent and thread-safe. Aborts the process if the
/// operating system gives no randomness, because no later call could then be safe.
void init();

class Secret {
 public:
  Secret() = default;
  /// Uninitialised (filled with 0xdb by libsodium), `size` bytes.
  explicit Secret(std::size_t size);
  /// Takes a copy of `bytes`; the caller wipes its own.
  static Secret copy_of(ByteView bytes);
  /// From the operating system's randomness.
  static Secret random(std::size_t size);
  ~Secret();
  Secret(Secret&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(Secret const&) = delete;
  Secret& operator=(Secret const&) = delete;

  Secret clone() const { return copy_of(view()); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::uint8_t* data() { return data_; }
  std::uint8_t const* data() const { return data_; }
  ByteView view() const { return {data_, size_}; }
  std::span<std::uint8_t> writable() { return {data_, size_}; }
  /// Constant time in the contents (not in the length).
  bool equals(ByteView other) const;
  void wipe();

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Wipes an ordinary buffer when the scope ends, for values that pass through library types that can't be Secret.
class WipeOnExit {
 public:
  explicit WipeOnExit(std::span<std::uint8_t> bytes) : bytes_(bytes) {}
  ~WipeOnExit() { sodium_memzero(bytes_.data(), bytes_.size()); }
  WipeOnExit(WipeOnExit const&) = delete;
  WipeOnExit& operator=(WipeOnExit const&) = delete;

 private:
  std::span<std::uint8_t> bytes_;
};

}  // namespace piaojue
