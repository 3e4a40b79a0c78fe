// SPDX-License-Identifier: Apache-2.0
// The two tables that an office writes itself: whatever is in them, they are read whole or refused with a sentence.
#include <cstdlib>

#include "office/rules/eligibility.h"
#include "office/rules/workdays.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  auto const text = as_text({data, size});
  auto const standard = office::parse_standard(text);
  if (!standard && standard.error().in(Lang::kZh).empty()) std::abort();
  auto const holidays = office::parse_holidays(text);
  if (!holidays && holidays.error().in(Lang::kZh).empty()) std::abort();
  return 0;
}
