// SPDX-License-Identifier: Apache-2.0
/// Bytes that claim to be a ballot, and real ballots with some bytes changed: nothing is accepted but the ballots that
/// their owners made. Input: 0xff and raw bytes; or the number of a real ballot and edits (position, two bytes; value).
#include <cstdlib>

#include "support/meeting_fixture.h"

namespace {

using namespace piaojue;

struct Cast {
  Cast() : meeting(test::MeetingOptions{.trustees = 2, .batches = {2}}) {
    meeting.begin();
    meeting.run_batch(1, meeting.votes(1, 2, 2, 1), test::Meeting::Stage::kCast);
    for (auto const& [person, state] : meeting.experts) {
      for (auto const& [q, ballot] : state.ballots) ballots.push_back(ballot);
    }
  }
  test::Meeting meeting;
  std::vector<Bytes> ballots;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static Cast const cast;
  if (size == 0) return 0;
  Bytes ballot;
  if (data[0] == 0xff) {
    ballot.assign(data + 1, data + size);
  } else {
    ballot = cast.ballots[data[0] % cast.ballots.size()];
    for (std::size_t at = 1; at + 3 <= size; at += 3) {
      ballot[(std::size_t{data[at]} << 8 | data[at + 1]) % ballot.size()] = data[at + 2];
    }
    if (size % 3 == 2) ballot.pop_back();
  }
  for (meeting::QuestionId const q : {1u, 2u}) {
    auto const& context = cast.meeting.record.ballot_context(q);
    bool const accepted = !meeting::check_ballot(context, ballot).has_value();
    bool const real =
        ballot.size() > 4 && ballot[4] == q && std::ranges::find(cast.ballots, ballot) != cast.ballots.end();
    if (accepted != real) std::abort();
  }
  return 0;
}
