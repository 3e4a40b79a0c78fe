// SPDX-License-Identifier: Apache-2.0
// A printed result table from anybody: no bytes may crash the comparison, and it never agrees to more rows than there
// are.
#include <cstdlib>
#include <sstream>

#include "office/papers/papers.h"
#include "support/meeting_fixture.h"
#include "verifier/paper.h"

namespace {

piaojue::office::MeetingRecord const& record() {
  using namespace piaojue;
  static office::MeetingRecord const out = [] {
    piaojue::init();
    test::Meeting m;
    m.begin();
    m.run_batch(1, m.votes(1, 2, 1));
    test::must(m.close_meeting());
    std::istringstream in(m.record_file());
    auto read = office::read_meeting(in, m.record.tree().root(), 1);
    if (!read) std::abort();
    return std::move(*read);
  }();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace piaojue;
  auto const& audit = record().audit;
  auto const checked = verifier::compare_paper(audit, {data, size});
  if (!checked && checked.error().in(piaojue::Lang::kZh).empty()) std::abort();
  // Behind the right line, whatever was typed is compared.
  auto const typed = verifier::results_line(audit, std::nullopt) + "\n" + std::string(as_text({data, size}));
  auto const compared = verifier::compare_paper(audit, as_bytes(typed));
  if (compared && compared->differences.empty() && compared->rows > verifier::result_rows(audit).size()) std::abort();
  return 0;
}
