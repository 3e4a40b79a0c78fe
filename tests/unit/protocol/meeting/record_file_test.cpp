// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/record_file.h"

#include "refused.h"

namespace piaojue::test {
namespace {

/// All items, or how reading ended.
std::pair<std::vector<RecordItem>, std::optional<Refusal>> read(std::string const& file) {
  std::istringstream in(file);
  RecordReader reader(in);
  std::vector<RecordItem> items;
  for (;;) {
    auto next = reader.next();
    if (!next) return {std::move(items), next.error()};
    if (!*next) return {std::move(items), std::nullopt};
    items.push_back(std::move(**next));
  }
}
std::optional<Refusal> ends(std::string const& file) { return read(file).second; }

std::string item(std::string const& bytes) {
  Bytes length;
  append_u32be(length, static_cast<std::uint32_t>(bytes.size()));
  return std::string(as_text(length)) + bytes;
}
std::string const kMagic = "PIAOJUE-RECORD-2\n";
std::string const kEntry =
    "\x0a\x03"
    "abc";
std::string const kNote =
    "\x12\x04"
    "note";
std::string cosignature(char person) {
  std::string const body = std::string("\x08\x05\x12\x20") + std::string(32, 'r') + "\x18" + person +
                           "\x20\x07\x2a\x40" + std::string(64, 's');
  return std::string("\x1a") + static_cast<char>(body.size()) + body;
}

TEST(RecordFile, AWholeMeetingComesBackAsItWasWritten) {
  Meeting m({.trustees = 2});
  m.begin();
  m.run_batch(1, m.votes(1, 4, 1));
  must(m.close_meeting());
  auto const items = m.record_items();
  auto const [back, ended] = read(m.record_file());
  EXPECT_FALSE(ended);
  ASSERT_EQ(back.size(), items.size());
  EXPECT_TRUE(back == items);
  // And whoever reads it arrives at the same head.
  Record record;
  std::size_t checkpoints = 0;
  for (RecordItem const& each : back) {
    if (auto const* entry = std::get_if<Bytes>(&each)) must(record.apply(*entry));
    if (auto const* note = std::get_if<std::string>(&each)) {
      auto const checkpoint = must(log::open_checkpoint(*note, m.manifest.origin(), m.manifest.checkpoint_key));
      EXPECT_EQ(checkpoint.size, record.size());
      EXPECT_EQ(checkpoint.root, record.tree().root());
      ++checkpoints;
    }
    if (auto const* cosigned = std::get_if<log::Cosignature>(&each)) {
      Witnesses witnesses;
      EXPECT_ACCEPTED(witnesses.add(record, *cosigned));
    }
  }
  EXPECT_EQ(checkpoints, 6u);  // MeetingOpen, BatchOpen, BallotBox, the first TallyShare, Declaration, MeetingClose
  EXPECT_EQ(record.tree().root(), m.record.tree().root());
}

TEST(RecordFile, ReadsWhatAnotherProgramWrites) {
  auto const [items, ended] = read(kMagic + item(kEntry) + item(kNote) + item(cosignature(3)) + item(cosignature(9)));
  EXPECT_FALSE(ended);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(std::get<Bytes>(items[0]), (Bytes{'a', 'b', 'c'}));
  EXPECT_EQ(std::get<std::string>(items[1]), "note");
  EXPECT_EQ(std::get<log::Cosignature>(items[2]).person, 3u);
  EXPECT_EQ(std::get<log::Cosignature>(items[3]).tree_size, 5u);
}

TEST(RecordFile, TheMagicIsExact) {
  EXPECT_EQ(ends(""), Refusal::kMalformed);
  EXPECT_EQ(ends("PIAOJUE-RECORD-2"), Refusal::kMalformed);
  EXPECT_EQ(ends("PIAOJUE-RECORD-1\n"), Refusal::kMalformed);
  EXPECT_EQ(ends("\xef\xbb\xbf" + kMagic), Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic), std::nullopt);
}

// A file that was cut off must not pass for a shorter meeting.
TEST(RecordFile, EveryTruncationInsideAnItemIsSeen) {
  std::string const file = kMagic + item(kEntry) + item(kNote) + item(cosignature(3));
  std::set<std::size_t> const whole = {kMagic.size(), kMagic.size() + 9, kMagic.size() + 9 + 10, file.size()};
  for (std::size_t n = 0; n < file.size(); ++n) {
    EXPECT_EQ(ends(file.substr(0, n)), whole.contains(n) ? std::nullopt : std::optional(Refusal::kMalformed)) << n;
  }
}

// The length is a claim: nothing is allocated for it before the bytes are there.
TEST(RecordFile, LengthsAreBounded) {
  EXPECT_EQ(ends(kMagic + "\xff\xff\xff\xff"), Refusal::kTooLarge);
  EXPECT_EQ(ends(kMagic + std::string("\x01\x80\x00\x41", 4)), Refusal::kTooLarge);
  EXPECT_EQ(ends(kMagic + std::string("\x01\x80\x00\x40", 4) + "short"), Refusal::kMalformed);
  constexpr std::size_t kAroundAnEntry = 5;  // field number and length
  EXPECT_EQ(ends(write_items({Bytes(kEntryBytesMax + 64 - kAroundAnEntry, 7)})), std::nullopt);
  EXPECT_EQ(ends(write_items({Bytes(kEntryBytesMax + 65 - kAroundAnEntry, 7)})), Refusal::kTooLarge);
}

// Harm: a record that two verifiers judge differently, one as damaged, one by the check that it fails (§2.4).
TEST(RecordFile, WhatAnItemSaysIsJudgedByTheChecks) {
  EXPECT_EQ(ends(write_items({Bytes(kEntryBytesMax + 1, 7)})), std::nullopt);
  EXPECT_EQ(ends(write_items({Bytes(1), std::string(log::kNoteBytesMax + 1, 'x')})), std::nullopt);
}

TEST(RecordFile, ItemsHaveOneSpelling) {
  EXPECT_EQ(ends(kMagic + item("")), Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic + item(kEntry + "\x48\x01")), Refusal::kNotCanonical);
  EXPECT_EQ(ends(kMagic + item(std::string("\x0a\x83\x00"
                                           "abc",
                                           6))),
            Refusal::kNotCanonical);
  EXPECT_EQ(ends(kMagic + item(kEntry + kEntry)), Refusal::kNotCanonical);
  EXPECT_EQ(ends(kMagic + item(kEntry + kNote)), Refusal::kNotCanonical);
  EXPECT_EQ(ends(kMagic + item("\x0a\x04"
                               "abc")),
            Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic + item(kEntry) + item("\x12\x02\xff\xff")), Refusal::kMalformed);
  // The member of a oneof is written even when it is empty.
  EXPECT_EQ(ends(kMagic + item(std::string("\x0a\x00", 2))), std::nullopt);
  EXPECT_EQ(ends(kMagic + item(kEntry) + item(kNote) + item("\x1a\x02\x08\x05")), Refusal::kMalformed);
}

TEST(RecordFile, CheckpointsFollowEntriesAndCosignaturesTheirCheckpoint) {
  EXPECT_EQ(ends(kMagic + item(kNote)), Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic + item(kEntry) + item(kNote) + item(kNote)), Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic + item(cosignature(1))), Refusal::kMalformed);
  EXPECT_EQ(ends(kMagic + item(kEntry) + item(cosignature(1))), Refusal::kMalformed);
  std::string const head = kMagic + item(kEntry) + item(kNote);
  EXPECT_EQ(ends(head + item(cosignature(3)) + item(cosignature(3))), Refusal::kMalformed);
  EXPECT_EQ(ends(head + item(cosignature(3)) + item(cosignature(2))), Refusal::kMalformed);
  EXPECT_EQ(ends(head + item(cosignature(3)) + item(kEntry) + item(cosignature(4))), Refusal::kMalformed);
  EXPECT_EQ(ends(head + item(cosignature(3)) + item(kNote)), Refusal::kMalformed);
  EXPECT_EQ(ends(head + item(cosignature(3)) + item(kEntry) + item(kNote) + item(cosignature(1))), std::nullopt);
}

TEST(RecordFile, SaysWhereAnItemStands) {
  std::istringstream in(kMagic + item(kEntry) + item(kNote));
  RecordReader reader(in);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.offset(), kMagic.size());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.offset(), kMagic.size() + 9);
}

TEST(RecordFile, TheFixtureCanTamper) {
  Meeting m({.trustees = 2});
  m.begin();
  std::string const file = m.record_file([](std::vector<RecordItem>& items) { items.erase(items.begin() + 1); });
  EXPECT_EQ(read(file).first.size() + 1, m.record_items().size());
}

}  // namespace
}  // namespace piaojue::test
