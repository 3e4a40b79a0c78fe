#pragma once
/// A value, or one sentence in Chinese that says why there is none and what to do.
#include <optional>
#include <string>
#include <utility>

namespace piaojue::review {

template <class T>
struct Answer {
  std::optional<T> value;
  std::string refusal;  ///< empty if there is a value

  bool ok() const { return value.has_value(); }
  T& operator*() { return *value; }
  T const& operator*() const { return *value; }
  T* operator->() { return &*value; }
  T const* operator->() const { return &*value; }

  static Answer yes(T value) { return {std::move(value), {}}; }
  static Answer no(std::string why) { return {std::nullopt, std::move(why)}; }
};

}  // namespace piaojue::review
