// SPDX-License-Identifier: Apache-2.0
#include "client/preferences.h"

namespace piaojue::client {

namespace {

constexpr std::size_t kBytesMax = 1U << 10;
constexpr std::string_view kBlank = " \t\r";

/// The next word, which goes from the front of `text`; empty: there is none.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlank)));
  auto const word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

/// Where it is kept; null: there is none of this name.
bool* field(Preferences& of, std::string_view name) {
  if (name == "large") return &of.large;
  if (name == "sound") return &of.sound;
  return nullptr;
}

std::string line(std::string_view name, bool on) { return std::string(name) + (on ? " on\n" : " off\n"); }

}  // namespace

Result<Preferences> changed(Preferences const& before, std::string_view words) {
  Preferences out = before;
  bool* const named = field(out, take_word(words));
  auto const state = take_word(words);
  if (named == nullptr || (state != "on" && state != "off") || !take_word(words).empty()) return Refusal::kMalformed;
  *named = state == "on";
  return out;
}

Preferences load_preferences(Wallet& wallet) {
  Preferences out;
  auto const kept = wallet.load(std::string(kPreferencesBlob));
  if (!kept || !*kept || (*kept)->size() > kBytesMax) return out;
  for (auto rest = as_text(**kept); !rest.empty();) {
    auto const end = std::min(rest.size(), rest.find('\n'));
    if (auto const next = changed(out, rest.substr(0, end))) out = *next;
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  return out;
}

Explained<void> save_preferences(Wallet& wallet, Preferences const& preferences) {
  auto const text = line("large", preferences.large) + line("sound", preferences.sound);
  return wallet.save(std::string(kPreferencesBlob), as_bytes(text));
}

}  // namespace piaojue::client
