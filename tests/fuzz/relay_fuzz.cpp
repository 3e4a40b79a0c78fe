// SPDX-License-Identifier: Apache-2.0
// What one person's program is handed by another's, sealed to it or not: halves, and the opening of a spoiled envelope.
// Any bytes give a value or a refusal, with one meaning; an opening that the person did not sign opens nothing. Harm: a
// stranger's bytes that stop a supervisor's program in the middle of a check, or a verdict over what nobody has opened.
#include <cstdlib>

#include "protocol/meeting/halves.h"
#include "support/meeting_fixture.h"

namespace {

using namespace piaojue;
using namespace piaojue::meeting;  // NOLINT: tests speak the room's words

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Parse, class Encode>
void same_again(ByteView bytes, Parse const& parse, Encode const& encode) {
  auto const value = parse(bytes);
  if (!value) return;
  auto const written = encode(*value);
  auto const again = parse(written);
  require(again && encode(*again) == written);
}

/// One envelope is spoiled and waits to be opened.
struct Spoiled {
  Spoiled() : meeting({.trustees = 2, .batches = {2}}) {
    meeting.begin();
    meeting.run_batch(1, meeting.votes(1, 5, 0), test::Meeting::Stage::kCast);
    person = meeting.expert(1);
    test::must(meeting.spoil(person, meeting.supervisor()));
  }
  test::Meeting meeting;
  PersonId person = 0;
};

void try_opening(Spoiled const& spoiled, ByteView bytes) {
  auto opening = parse_check_opening(bytes);
  if (!opening) return;
  auto const& record = spoiled.meeting.record;
  opening->batch_open = spoiled.meeting.batch_open();
  opening->person = spoiled.person;
  opening->cast = 0;
  // Nobody guesses the signature.
  auto const unsigned_one = check_opening(record, *opening);
  auto const* failure = std::get_if<OpeningFailure>(&unsigned_one);
  require(failure != nullptr && failure->verdict == CheckVerdict::kUnopened);
  // And what the person's own laptop signs is looked into.
  opening->signature = spoiled.meeting.people.at(spoiled.person).identity.sign({check_opening_input(*opening)});
  auto const checked = check_opening(record, *opening);
  failure = std::get_if<OpeningFailure>(&checked);
  require(failure != nullptr && failure->verdict == CheckVerdict::kDiffers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static Spoiled const spoiled;
  static auto const& box = spoiled.meeting.people.at(kServer).box;
  ByteView const bytes(data, size);
  same_again(bytes, parse_half_of, encode_half_of);
  same_again(bytes, parse_deposit, encode_deposit);
  same_again(bytes, parse_returned, encode_returned);
  same_again(bytes, parse_check_opening, [](CheckOpening const& in) {
    auto const written = encode_check_opening(in);
    return to_bytes(written.view());
  });
  if (auto const deposit = parse_deposit(bytes)) {
    auto const key = *spoiled.meeting.record.identity_key(1);
    require(!open_deposit({spoiled.meeting.record.meeting(), 1, kServer}, key, box, *deposit));
  }
  if (auto const returned = parse_returned(bytes)) require(!open_returned(box, returned->sealed));
  require(!crypto::open(box, bytes));
  try_opening(spoiled, bytes);
  return 0;
}
