// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a passphrase comes to a program: the first line of a file, PIAOJUE_PASSPHRASE, or the terminal. It is in no
/// memory but the returned one; the variable is wiped and unset, so that no program started from here inherits it.
#include "base/explained.h"
#include "base/secret.h"

namespace piaojue::local {

inline constexpr std::size_t kPassphraseBytesMax = 1024;
inline constexpr std::size_t kPassphraseCharactersMin = 8;

/// The one rule for a new passphrase, in every program and page: at least so many characters, and not the same one all
/// over. A character is a code point in composed form (NFC), so that it does not matter how a keyboard makes it.
/// Explains: it is too short or too uniform, or no UTF-8.
[[nodiscard]] Explained<void> check_new_passphrase(std::string_view passphrase);

struct PassphraseSource {
  std::string file;
  bool none = false;  ///< rehearsals only: an empty one
};
/// Whether it will come without a question at the terminal.
bool passphrase_given(PassphraseSource const& source);

/// @param prompt on the terminal; `twice`: a new one, asked for again in `lang`. Explains: no source at all, empty or
/// too long, two that differ; a new one as check_new_passphrase.
[[nodiscard]] Explained<Secret> read_passphrase(PassphraseSource const& source, std::string const& prompt, bool twice,
                                                Lang lang);

}  // namespace piaojue::local
