// SPDX-License-Identifier: Apache-2.0
// Lines of the door, from a page or a script: any text gives a command or a refusal, and what is refused as no text is
// never repeated in the reply.
#include <cstdlib>

#include "base/utf8.h"
#include "client/session/command.h"
#include "local/wiped_json.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  namespace command = client::command;
  auto const line = as_text({data, size});
  auto const tagged = command::split_tag(line);
  if (tagged) {
    if (tagged->tag.size() > 16) std::abort();
    auto const parsed = command::parse(tagged->line);
    if (parsed && !is_utf8(tagged->line)) std::abort();
    if (!is_utf8(command::word_of(tagged->line))) std::abort();
  }
  static_cast<void>(command::is_blank(line));
  if (line.starts_with('{')) {
    static bool const ready = (piaojue::init(), true);
    local::WipedJson json;
    auto const* const given = ready ? json.parse(line) : nullptr;
    if (given != nullptr) static_cast<void>(local::WipedJson::text(*given, "passphrase"));
  }
  return 0;
}
