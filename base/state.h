// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The plain form of what a program keeps in its sealed store. Nothing of it ever travels, so it
/// is as simple as it can be: u32be numbers, and byte strings preceded by their length.
#include <cstring>
#include <functional>

#include "base/secret.h"

namespace piaojue::state {

/// First counts, then writes into secret memory of exactly that size: no plain copy of a key stays behind in a buffer
/// that grew.
class Writer {
 public:
  Writer() = default;
  explicit Writer(Secret& out) : out_(&out) {}

  void u32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(value >> shift));
  }
  void fixed(ByteView bytes) {
    if (out_ != nullptr && !bytes.empty()) std::memcpy(out_->data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void bytes(ByteView bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    fixed(bytes);
  }

 private:
  void byte(std::uint8_t value) { fixed({&value, 1}); }
  friend Secret written(std::function<void(Writer&)> const& write);
  Secret* out_ = nullptr;
  std::size_t size_ = 0;
};

inline Secret written(std::function<void(Writer&)> const& write) {
  Writer counter;
  write(counter);
  Secret out(counter.size_);
  Writer writer(out);
  write(writer);
  return out;
}

/// Reads what `Writer` wrote. After a wrong length everything is empty or 0 and `done` is false.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}

  std::uint32_t u32() { return read_u32be(fixed(4)); }
  ByteView fixed(std::size_t size) {
    if (size > in_.size()) {
      broken_ = true;
      in_ = {};
      return {};
    }
    ByteView const out = in_.first(size);
    in_ = in_.subspan(size);
    return out;
  }
  ByteView bytes() { return fixed(u32()); }
  template <class T>
  T fixed_as() {
    T out;
    ByteView const from = fixed(T::kSize);
    if (!broken_) std::ranges::copy(from, out.data.begin());
    return out;
  }
  /// Everything was there, and nothing is left.
  bool done() const { return !broken_ && in_.empty(); }
  bool broken() const { return broken_; }

 private:
  ByteView in_;
  bool broken_ = false;
};

}  // namespace piaojue::state
