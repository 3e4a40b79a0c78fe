// SPDX-License-Identifier: Apache-2.0
#include "local/passphrase.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#include "base/platform/console.h"
#include "base/platform/files.h"
#include "base/platform/process.h"
#include "strings/local.h"

namespace piaojue::local {

namespace text = strings::local;

namespace {

constexpr char const* kVariable = "PIAOJUE_PASSPHRASE";

Explanation malformed(Sentence const& why) { return {why, {}, Refusal::kMalformed}; }

/// Up to the end of the line, or of the file; nothing if there is none, or if it is too long.
std::optional<Secret> first_line(std::string const& path) {
  auto file = platform::File::open(path, platform::Open::kRead);
  if (!file) return std::nullopt;
  Secret buffer(kPassphraseBytesMax + 1);
  std::size_t size = 0;
  while (size < buffer.size()) {
    auto const n = file->read(buffer.writable().subspan(size));
    if (!n) return std::nullopt;
    if (auto const* const end = static_cast<std::uint8_t const*>(std::memchr(buffer.data() + size, '\n', *n))) {
      size = static_cast<std::size_t>(end - buffer.data());
      // Editors on Windows end a line with two characters.
      if (size > 0 && buffer.data()[size - 1] == '\r') --size;
      return Secret::copy_of(buffer.view().first(size));
    }
    if (*n == 0) return Secret::copy_of(buffer.view().first(size));
    size += *n;
  }
  return std::nullopt;
}

/// The characters in composed form; none if it is no UTF-8. To be wiped.
std::vector<UChar32> composed(std::string_view utf8) {
  // A composed form has at most three units for each of the given ones.
  std::vector<UChar> given(utf8.size() + 1), made(3 * utf8.size() + 1);
  auto const capacity = [](auto const& of) { return static_cast<std::int32_t>(of.size()); };
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t length = 0;
  u_strFromUTF8(given.data(), capacity(given), &length, utf8.data(), static_cast<std::int32_t>(utf8.size()), &status);
  auto const* const nfc = unorm2_getNFCInstance(&status);
  length = unorm2_normalize(nfc, given.data(), length, made.data(), capacity(made), &status);
  std::vector<UChar32> out;
  out.reserve(utf8.size());
  for (std::int32_t at = 0; U_SUCCESS(status) && at < length;) {
    UChar32 one = 0;
    U16_NEXT(made.data(), at, length, one);
    out.push_back(one);
  }
  sodium_memzero(given.data(), given.size() * sizeof(UChar));
  sodium_memzero(made.data(), made.size() * sizeof(UChar));
  return out;
}

std::optional<Secret> ask(std::string const& prompt) {
  Secret buffer(kPassphraseBytesMax);
  auto const size = platform::ask_hidden(prompt, buffer.writable());
  if (!size) return std::nullopt;
  return Secret::copy_of(buffer.view().first(*size));
}

}  // namespace

bool passphrase_given(PassphraseSource const& source) {
  if (source.none || !source.file.empty()) return true;
  return platform::has_variable(kVariable);
}

Explained<void> check_new_passphrase(std::string_view passphrase) {
  auto characters = composed(passphrase);
  bool const same = std::ranges::adjacent_find(characters, std::not_equal_to<>()) == characters.end();
  bool const good = characters.size() >= kPassphraseCharactersMin && !same;
  sodium_memzero(characters.data(), characters.size() * sizeof(UChar32));
  if (good) return {};
  return malformed({text::kPassphraseWeak, {{"n", kPassphraseCharactersMin}}});
}

namespace {

/// From a file, the environment or the terminal, whichever is first.
Explained<Secret> read_any(PassphraseSource const& source, std::string const& prompt, bool twice, Lang lang) {
  if (!source.file.empty()) {
    auto line = first_line(source.file);
    if (line && !line->empty()) return std::move(*line);
    return malformed({text::kPassphraseNotInFile, {{"file", source.file}}});
  }
  Secret buffer(kPassphraseBytesMax);
  if (auto const size = platform::take_variable(kVariable, buffer.writable()); size != 0) {
    if (size > buffer.size()) return malformed({text::kPassphraseTooLong, {{"n", kPassphraseBytesMax}}});
    return Secret::copy_of(buffer.view().first(size));
  }
  auto first = ask(prompt);
  if (!first) return malformed(text::kPassphraseNone);
  if (first->empty()) return malformed(text::kPassphraseEmpty);
  if (twice) {
    auto const again = ask(std::string(text::kPassphraseAgain.in(lang)));
    if (!again || !first->equals(again->view())) return malformed(text::kPassphraseDiffer);
  }
  return std::move(*first);
}

}  // namespace

Explained<Secret> read_passphrase(PassphraseSource const& source, std::string const& prompt, bool twice, Lang lang) {
  if (source.none) return Secret();
  auto given = read_any(source, prompt, twice, lang);
  if (!given || !twice) return given;
  if (auto const good = check_new_passphrase(as_text(given->view())); !good) return good.error();
  return given;
}

}  // namespace piaojue::local
