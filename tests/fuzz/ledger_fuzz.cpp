// SPDX-License-Identifier: Apache-2.0
// The office's ledger from anybody's disk: it is loaded as it was signed, or refused with a sentence; what is loaded is
// never longer than the file, and an action has one spelling only.
#include <cstdlib>

#include "office/ledger/ledger.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  piaojue::init();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  ByteView const file(data, size);
  auto const loaded = office::load_ledger(file);
  if (!loaded && loaded.error().in(Lang::kZh).empty()) std::abort();
  if (loaded && loaded->bytes + loaded->torn != size) std::abort();
  auto const text = as_text(file);
  if (auto const action = office::decode_action(text); action) {
    auto const again = office::encode_action(*action);
    if (!again || *again != text) std::abort();
  }
  // A ledger whose frame is right: the bytes are one entry.
  Bytes framed = office::ledger_header({});
  for (int shift = 24; shift >= 0; shift -= 8) framed.push_back(static_cast<std::uint8_t>(size >> shift));
  framed.insert(framed.end(), data, data + size);
  auto const one = office::load_ledger(framed);
  if (!one && one.error().in(Lang::kZh).empty()) std::abort();
  return 0;
}
