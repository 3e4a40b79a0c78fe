// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A value, or one sentence in Chinese that says why there is none and what to do.
#include <optional>
#include <string>
#include <utility>

namespace piaojue {

template <class T>
struct Answered {
  std::optional<T> value;
  std::string refusal;  ///< empty if there is a value

  bool ok() const { return value.has_value(); }
  T& operator*() { return *value; }
  T const& operator*() const { return *value; }
  T* operator->() { return &*value; }
  T const* operator->() const { return &*value; }

  static Answered yes(T value) { return {std::move(value), {}}; }
  static Answered no(std::string why) { return {std::nullopt, std::move(why)}; }
};

}  // namespace piaojue
