// SPDX-License-Identifier: Apache-2.0
// Slips as people type them: no text may crash the parser, and what it accepts must have one canonical spelling that
// reads back as the same slip (server and client would otherwise disagree about who enrols where).
#include <cstdlib>

#include "protocol/meeting/slip.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  std::string_view const text = as_text({data, size});
  if (auto const slip = meeting::parse_slip(text)) {
    std::string const canonical = meeting::format_slip(*slip);
    auto const again = meeting::parse_slip(canonical);
    if (!again || *again != *slip || meeting::format_slip(*again) != canonical) std::abort();
    auto const found = meeting::find_slip("Meeting\n  " + canonical + "\r\nrest");
    if (!found || *found != *slip) std::abort();
  }
  if (auto const code = meeting::parse_slip_code(text)) {
    auto const again = meeting::parse_slip_code(meeting::format_slip_code(*code));
    if (!again || *again != *code) std::abort();
  }
  static_cast<void>(meeting::find_slip(text));
  return 0;
}
