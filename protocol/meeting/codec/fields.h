// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Private to this room: the fields of a message, written and read (specification §2.3).
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/elgamal.h"
#include "protocol/meeting/manifest.h"

namespace piaojue::meeting::codec {

template <class T>
std::string raw(T const& fixed) {
  return std::string(as_text(fixed.view()));
}
inline std::string raw(Bytes const& bytes) { return std::string(as_text(bytes)); }
template <class T>
std::string raw(std::optional<T> const& fixed) {
  return fixed ? raw(*fixed) : std::string();
}
/// c ‖ s.
inline std::string raw(crypto::Scalar const& c, crypto::Scalar const& s) { return raw(c) + raw(s); }

/// Reads fields and remembers the first refusal; the value made meanwhile is thrown away.
class FieldReader {
 public:
  void refuse(Refusal why) {
    if (!refused_) refused_ = why;
  }
  std::optional<Refusal> const& refused() const { return refused_; }

  template <class T>
  void fixed(T& to, std::string const& from) {
    if (auto const value = T::from(as_bytes(from))) {
      to = *value;
    } else {
      refuse(Refusal::kMalformed);
    }
  }
  template <class T>
  void fixed(std::optional<T>& to, std::string const& from) {
    if (!from.empty()) fixed(to.emplace(), from);
  }
  void pair(crypto::Scalar& c, crypto::Scalar& s, std::string const& from) {
    if (from.size() != 2 * crypto::Scalar::kSize) return refuse(Refusal::kMalformed);
    std::copy_n(as_bytes(from).begin(), crypto::Scalar::kSize, c.data.begin());
    std::copy_n(as_bytes(from).begin() + crypto::Scalar::kSize, crypto::Scalar::kSize, s.data.begin());
  }
  void text(std::string& to, std::string const& from) {
    if (from.size() > kTextBytesMax) return refuse(Refusal::kTooLarge);
    to = from;
  }
  template <class Enum>
  void one_of(Enum& to, int from, std::initializer_list<Enum> values) {
    for (Enum const value : values) {
      if (from == static_cast<int>(value)) {
        to = value;
        return;
      }
    }
    refuse(Refusal::kOutOfRange);
  }
  /// A list that must be strictly ascending.
  template <class T, class From>
  void ascending(std::vector<T>& to, From const& from) {
    to.assign(from.begin(), from.end());
    if (std::ranges::adjacent_find(to, std::greater_equal<T>{}) != to.end()) refuse(Refusal::kNotCanonical);
  }
  template <class K, class V>
  V& next(std::map<K, V>& to, K key) {
    if (!to.empty() && to.rbegin()->first >= key) {
      refuse(Refusal::kNotCanonical);
      return to[key];
    }
    return to.emplace_hint(to.end(), key, V{})->second;
  }
  /// Leaf hashes, strictly ascending by bytes; no more than there can be attempts of so many candidates.
  template <class From>
  void hashes(std::vector<Hash>& to, From const& from) {
    at_most(kCandidatesMax, from.size());
    if (refused()) return;
    for (auto const& leaf : from) fixed(to.emplace_back(), leaf);
    if (std::ranges::adjacent_find(to, std::greater_equal<Hash>{}) != to.end()) refuse(Refusal::kNotCanonical);
  }
  void at_most(std::size_t bound, int count) {
    if (static_cast<std::size_t>(count) > bound) refuse(Refusal::kTooLarge);
  }

 private:
  std::optional<Refusal> refused_;
};

}  // namespace piaojue::meeting::codec
