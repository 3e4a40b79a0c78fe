// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/platform/process.h"

namespace piaojue {

void init() {
  static bool const ready = [] {
    if (sodium_init() < 0) std::abort();
    // Not every copy of a choice lies in a Secret; a crash must not write them to the disk.
    if (!platform::protect_memory()) std::abort();
    return true;
  }();
  static_cast<void>(ready);
}

Secret::Secret(std::size_t size) : size_(size) {
  if (size == 0) return;
  init();  // sodium_malloc's canary is drawn there
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
}

Secret Secret::copy_of(ByteView bytes) {
  Secret out(bytes.size());
  std::ranges::copy(bytes, out.data_);
  return out;
}

Secret Secret::random(std::size_t size) {
  Secret out(size);
  if (size != 0) randombytes_buf(out.data_, size);
  return out;
}

Secret::~Secret() { wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

bool Secret::equals(ByteView other) const {
  if (other.size() != size_) return false;
  return size_ == 0 || sodium_memcmp(data_, other.data(), size_) == 0;
}

void Secret::wipe() {
  if (data_ != nullptr) sodium_free(data_);  // zeroes before it unmaps
  data_ = nullptr;
  size_ = 0;
}

}  // namespace piaojue
