// SPDX-License-Identifier: Apache-2.0
/// Bytes that claim to be a record file: whatever reads to a clean end is exactly what would be written of its items.
/// The entries go on to the state machine, as the verifier does it.
#include <cstdlib>
#include <sstream>

#include "base/secret.h"
#include "message_mutator.h"
#include "protocol/meeting/record.h"
#include "protocol/meeting/record_file.h"

// The first line is the magic.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max);
  return piaojue::fuzz::mutate_behind(17, data, size, max, seed, piaojue::fuzz::mutate_pieces);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  using namespace piaojue::meeting;
  init();
  std::string const file(as_text({data, size}));
  std::istringstream in(file);
  RecordReader reader(in);
  std::ostringstream out;
  RecordWriter writer(out);
  Record record;
  for (;;) {
    auto const item = reader.next();
    if (!item) return 0;
    if (!*item) break;
    writer.write(**item);
    if (auto const* entry = std::get_if<Bytes>(&**item)) (void)record.apply(*entry);
  }
  if (out.str() != file) std::abort();
  return 0;
}
