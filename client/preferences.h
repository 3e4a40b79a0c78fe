// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What somebody has chosen for the page on this laptop. The page keeps nothing anywhere, so the program keeps it: in
/// the plain blob `preferences` of its wallet, a line each, `large on`. Nothing of the meeting rests on it.
#include <string_view>

#include "base/explained.h"
#include "client/wallet/wallet.h"

namespace piaojue::client {

inline constexpr std::string_view kPreferencesBlob = "preferences";

struct Preferences {
  bool large = false;  ///< larger type
  bool sound = true;   ///< a soft sound when a batch opens
  bool operator==(Preferences const&) const = default;
};

/// What could not be read, is too long or is of another version counts as not chosen.
Preferences load_preferences(Wallet& wallet);
/// Explains as Wallet::save.
[[nodiscard]] Explained<void> save_preferences(Wallet& wallet, Preferences const& preferences);
/// @param words `large on`, `sound off` (docs/client-door.md). @return kMalformed: none of these.
[[nodiscard]] Result<Preferences> changed(Preferences const& before, std::string_view words);

}  // namespace piaojue::client
