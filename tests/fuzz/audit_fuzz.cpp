// SPDX-License-Identifier: Apache-2.0
/// The whole verifier, under any bytes (first byte 0) and under a good record with some bytes changed (edits: position,
/// three bytes; value): it comes to an end, and no record but the one behind the printed head hash is verified.
#include <cstdlib>

#include "message_mutator.h"
#include "support/meeting_fixture.h"
#include "verifier/audit.h"

namespace {

using namespace piaojue;

struct Good {
  Good() {
    test::Meeting meeting(test::MeetingOptions{.trustees = 2});
    meeting.begin();
    meeting.run_batch(1, meeting.votes(1, 3, 0));
    test::must(meeting.close_meeting());
    file = meeting.record_file();
    anchor = meeting.record.tree().root();
    std::istringstream in(file);
    if (!verifier::audit(in, anchor, {}).verified()) std::abort();
  }
  std::string file;
  crypto::Hash anchor;
};

}  // namespace

// Behind a zero is a record; behind anything else are edits, which libFuzzer changes as well as anybody.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  if (seed % 3 == 0 || size < 18 || data[0] != 0) return LLVMFuzzerMutate(data, size, max);
  return piaojue::fuzz::mutate_behind(18, data, size, max, seed, piaojue::fuzz::mutate_pieces);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static Good const good;
  if (size == 0) return 0;
  std::string file;
  if (data[0] == 0) {
    file = as_text({data + 1, size - 1});
  } else {
    file = good.file;
    for (std::size_t at = 1; at + 4 <= size; at += 4) {
      std::size_t const position = std::size_t{data[at]} << 16 | std::size_t{data[at + 1]} << 8 | data[at + 2];
      file[position % file.size()] = static_cast<char>(data[at + 3]);
    }
  }
  std::istringstream in(file);
  bool const verified = verifier::audit(in, good.anchor, {}).verified();
  if (verified != (file == good.file)) std::abort();
  return 0;
}
