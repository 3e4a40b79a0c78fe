// SPDX-License-Identifier: Apache-2.0
/// Bytes that claim to be an entry. Whatever decodes has that one spelling; and the state machine, at any step of a
/// meeting, survives every body, signed or not.
#include <cstdlib>

#include "message_mutator.h"
#include "support/meeting_fixture.h"

namespace {

using namespace piaojue;
using Stage = test::Meeting::Stage;

std::vector<std::unique_ptr<test::Meeting>> make_meetings() {
  std::vector<std::unique_ptr<test::Meeting>> out;
  auto add = [&](std::optional<Stage> stage) {
    auto& m = *out.emplace_back(
        std::make_unique<test::Meeting>(test::MeetingOptions{.trustees = 2, .batches = {2, 1}, .exceptional = {3}}));
    m.begin();
    test::must(m.recuse(1, 2));
    if (stage) m.run_batch(1, m.votes(1, 4, 0), *stage);
  };
  add(std::nullopt);
  for (Stage const stage :
       {Stage::kKeys, Stage::kOpen, Stage::kTokens, Stage::kCast, Stage::kClosed, Stage::kIssuanceClosed, Stage::kMixed,
        Stage::kBox, Stage::kConfirmed, Stage::kCounted, Stage::kErased}) {
    add(stage);
  }
  auto& paper = *out.emplace_back(std::make_unique<test::Meeting>(test::MeetingOptions{.trustees = 2, .batches = {2}}));
  paper.begin();
  test::must(paper.open(1, true));
  return out;
}

/// What a fuzzer can not guess: hashes that differ from run to run.
void point_at(meeting::Record const& record, meeting::Body& body) {
  std::visit(
      [&]<class E>(E& e) {
        if constexpr (requires { e.meeting; }) e.meeting = record.meeting();
        if constexpr (requires { e.batch_open; }) {
          if (record.attempt()) e.batch_open = record.attempt()->open_hash;
        }
        if constexpr (requires { e.box; }) {
          if (record.attempt()) e.box = record.attempt()->box_hash;
        }
        if constexpr (std::is_same_v<E, meeting::BatchOpen>) {
          for (std::size_t i = 0; i < e.keys.size(); ++i) {
            auto const pending = record.pending_keys().find({e.batch, e.keys[i].data[0]});
            if (pending != record.pending_keys().end()) e.keys[i] = pending->second.leaf;
          }
        }
        if constexpr (std::is_same_v<E, meeting::BatchClose>) {
          if (record.attempt()) {
            for (auto& [person, envelope] : e.envelopes) {
              auto const* const voter = record.attempt()->voter(person);
              if (voter != nullptr && voter->envelope) envelope = voter->envelope_leaf;
            }
          }
        }
      },
      body);
}

}  // namespace

// First whose turn it is, and the type of the body; a whole entry has no type before it, and is mutated too.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max, unsigned seed) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max);
  return piaojue::fuzz::mutate_behind(1 + seed % 2, data, size, max, seed, piaojue::fuzz::mutate_message);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const meetings = make_meetings();
  ByteView const input(data, size);
  if (size < 2) return 0;
  std::size_t const which = input[0];
  if (which >= meetings.size()) {
    auto const entry = meeting::decode_entry(input.subspan(1));
    if (!entry) return 0;
    if (meeting::encode_body(entry->body) != entry->body_bytes) std::abort();
    auto const again = meeting::encode_entry(entry->type(), entry->body_bytes, entry->signatures);
    if (!std::ranges::equal(again, input.subspan(1))) std::abort();
    meeting::Record record;
    if (record.apply(input.subspan(1)).has_value() != (record.size() == 1)) std::abort();
    return 0;
  }
  meeting::Record const& record = meetings[which]->record;
  auto body = meeting::decode_body(static_cast<meeting::EntryType>(input[1]), input.subspan(2));
  if (!body) return 0;
  if (!std::ranges::equal(meeting::encode_body(*body), input.subspan(2))) std::abort();
  point_at(record, *body);
  meeting::Entry entry;
  entry.body = std::move(*body);
  entry.body_bytes = meeting::encode_body(entry.body);
  (void)record.wants_signature(entry, 1);
  if (record.signatures_complete(entry) || record.check(entry)) std::abort();
  // Everything but the signatures.
  (void)record.check(entry, meeting::Record::Signatures::kPartial);
  return 0;
}
