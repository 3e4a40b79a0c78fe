// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A value, or one sentence in Chinese that says why there is none and what to do.
#include <optional>
#include <string>
#include <utility>
#include <variant>

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

/// Why a step did not succeed, in words for the person at this laptop.
struct Trouble {
  std::string code;  ///< name of a refusal, or "WRONG_PASSPHRASE"
  std::string zh, en;
  std::string const& words(std::string_view lang) const { return lang == "zh" ? zh : en; }
};
inline constexpr std::string_view kWrongPassphrase = "WRONG_PASSPHRASE";

template <class T>
using Tried = std::variant<T, Trouble>;

}  // namespace piaojue
