// SPDX-License-Identifier: Apache-2.0
#include "office/desk/signing.h"

#include "local/passphrase.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace words = strings::desk;

Explained<Secret> read_passphrase(std::string const& file, Sentence const& prompt, bool fresh, Lang lang) {
  return local::read_passphrase({file, false}, prompt.in(lang), fresh, lang);
}

Hand hand_of(std::uint32_t person, std::string const& passphrase_file, Lang lang) {
  auto const key = std::make_shared<std::optional<crypto::SigningKey>>();
  auto const open = [=](office::LedgerFile const& file) -> Explained<crypto::SigningKey const*> {
    if (!*key) {
      auto const given = read_passphrase(passphrase_file, {words::kPromptKey, {{"person", person}}}, false, lang);
      if (!given) return given.error();
      auto opened = file.unlock(person, as_text(given->view()));
      if (!opened) return opened.error();
      key->emplace(std::move(*opened));
    }
    return &**key;
  };
  return {person, open};
}

}  // namespace piaojue::desk
