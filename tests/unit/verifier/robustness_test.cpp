// SPDX-License-Identifier: Apache-2.0
// Records that are damaged, cut off, or no records at all: whatever the bytes, nothing but the honest record is
// VERIFIED.
#include <array>

#include "audit_fixture.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;

namespace {

struct Honest {
  std::string file;
  Hash anchor;
};

/// The smallest meeting: a rehearsal with one trustee, three experts, one question.
Honest const& smallest() {
  static Honest const honest = [] {
    MeetingOptions options;
    options.experts = 3;
    options.trustees = 1;
    options.supervisors = 1;
    options.rehearsal = true;
    options.committee_size = 3;
    options.rules.max_unconfirmed = 1;
    Meeting m(options);
    m.begin();
    m.run_batch(1, m.votes(1, 2, 1));
    must(m.close_meeting());
    return Honest{m.record_file(), m.record.tree().root()};
  }();
  return honest;
}

/// Two batches, three trustees, a void, a recusal, paper.
Honest const& larger() {
  static Honest const honest = [] {
    MeetingOptions options;
    options.experts = 5;
    options.batches = {3, 2};
    Meeting m(options);
    m.begin();
    must(m.recuse(2, 1));
    m.run_batch(1, m.votes(1, 2, 1, 1), Stage::kBox);
    must(m.void_questions({}));
    m.run_batch(1, m.votes(1, 2, 1, 1));
    must(m.open(2, true));
    must(m.paper_tally({{4, {5, 5, 5, 0, 4, 1, 0}}, {5, {5, 6, 6, 0, 6, 0, 0}}}));
    must(m.declare());
    must(m.close_meeting());
    return Honest{m.record_file(), m.record.tree().root()};
  }();
  return honest;
}

/// Another bit at every place.
std::string flipped(std::string file, std::size_t at) {
  file[at] = static_cast<char>(file[at] ^ (1 << (at * 5 % 8)));
  return file;
}

void expect_not_verified(std::string const& file, Hash const& anchor, std::size_t at) {
  auto const audit = audited(file, anchor);
  ASSERT_FALSE(audit.verified()) << "byte " << at;
  ASSERT_NE(audit.exit_code(), 0) << "byte " << at;
  ASSERT_TRUE(audit.unusable || audit.first_failure()) << "byte " << at;
}

void expect_unusable(std::string const& file) {
  auto const audit = audited(file, Hash{});
  EXPECT_TRUE(audit.unusable);
  EXPECT_EQ(audit.exit_code(), 2);
  EXPECT_NE(verifier::text_report(audit, Lang::kZh, false).find("UNUSABLE offset "), std::string::npos);
}

class Part : public testing::TestWithParam<std::size_t> {};
constexpr std::size_t kParts = 8;

}  // namespace

// One byte is all that an attacker with the archive may need. In parts, so that they run side by side.
TEST_P(Part, NoByteOfTheSmallestRecordCanBeChanged) {
  Honest const& honest = smallest();
  for (std::size_t at = GetParam(); at < honest.file.size(); at += kParts)
    expect_not_verified(flipped(honest.file, at), honest.anchor, at);
}

TEST_P(Part, NoByteOfALargerRecordCanBeChanged) {
  Honest const& honest = larger();
  constexpr std::size_t kStride = 2003;
  for (std::size_t at = GetParam() * kStride / kParts; at < honest.file.size(); at += kStride)
    expect_not_verified(flipped(honest.file, at), honest.anchor, at);
}

INSTANTIATE_TEST_SUITE_P(EveryByte, Part, testing::Range(std::size_t{0}, kParts));

TEST(Robustness, TheRecordsAreHonest) {
  expect_verified(audited(smallest().file, smallest().anchor));
  expect_verified(audited(larger().file, larger().anchor, 2));
}

// A record that ends early withholds what came after. Cosignatures of the last checkpoint are all that may be missing:
// nobody can tell how many people stayed for the end, and that nobody did is listed.
TEST(Robustness, TheSmallestRecordCanNotEndAnywhereElse) {
  Honest const& honest = smallest();
  std::set<std::size_t> boundaries;
  std::size_t first_whole = 0;  // the last checkpoint is there
  {
    std::istringstream in(honest.file);
    RecordReader reader(in);
    bool after_checkpoint = false;
    for (auto item = must(reader.next()); item; item = must(reader.next())) {
      boundaries.insert(reader.offset());
      if (after_checkpoint) first_whole = reader.offset();
      after_checkpoint = std::holds_alternative<std::string>(*item);
    }
  }
  ASSERT_GT(first_whole, 0U);
  for (std::size_t size = 0; size < honest.file.size(); ++size) {
    std::string const cut = honest.file.substr(0, size);
    if (boundaries.contains(size)) {
      auto const audit = audited(cut, honest.anchor);
      EXPECT_EQ(audit.verified(), size >= first_whole) << "byte " << size;
      bool const listed = std::ranges::any_of(
          audit.changes, [](auto const& change) { return verifier::kind(change) == "close_unwitnessed"; });
      EXPECT_TRUE(size != first_whole || listed);
      continue;
    }
    // Between two boundaries reading alone ends it; what is read before is the same everywhere.
    std::istringstream in(cut);
    RecordReader reader(in);
    auto item = reader.next();
    while (item && *item) item = reader.next();
    ASSERT_FALSE(item) << "byte " << size;
    if (size % 101 == 0) expect_unusable(cut);
  }
}

TEST(Robustness, NothingCanBeAddedOrTakenAway) {
  Honest const& honest = smallest();
  std::vector<RecordItem> items;
  std::istringstream in(honest.file);
  RecordReader reader(in);
  for (auto item = must(reader.next()); item; item = must(reader.next())) items.push_back(*item);
  for (std::size_t i = 0; i < items.size(); ++i) {
    bool const cosignature = std::holds_alternative<log::Cosignature>(items[i]);
    auto fewer = items;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    // More people have cosigned than are needed: one cosignature may be missing, and a checkpoint that nobody cosigned.
    bool const bare = std::holds_alternative<std::string>(items[i]) && i + 1 < items.size() &&
                      std::holds_alternative<Bytes>(items[i + 1]);
    auto const audit = audited(write_items(fewer), honest.anchor);
    if (!cosignature && !bare) {
      ASSERT_FALSE(audit.verified()) << i;
    }
    auto twice = items;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), items[i]);
    ASSERT_FALSE(audited(write_items(twice), honest.anchor).verified()) << i;
    if (i > 0 && std::holds_alternative<Bytes>(items[i]) && std::holds_alternative<Bytes>(items[i - 1])) {
      auto swapped = items;
      std::swap(swapped[i], swapped[i - 1]);
      ASSERT_FALSE(audited(write_items(swapped), honest.anchor).verified()) << i;
    }
  }
}

TEST(Robustness, WhatIsNoRecordIsUnusable) {
  std::string const magic(kRecordMagic);
  expect_unusable("");
  expect_unusable("PIAOJUE");
  expect_unusable(magic);  // a meeting without a single entry
  expect_unusable("PIAOJUE-RECORD-1\n" + smallest().file.substr(magic.size()));
  expect_unusable(magic + std::string("\xff\xff\xff\xff", 4));  // 4 GiB are claimed: none are to be reserved
  expect_unusable(magic + std::string("\x00\x00\x00\x05", 4) + "abc");
  expect_unusable(magic + std::string("\x00\x00\x00\x00", 4));
  expect_unusable(smallest().file + "x");
  std::string noise;
  for (std::size_t i = 0; i < 100'000; ++i) noise += static_cast<char>(i * i >> 7);
  expect_unusable(noise);
  expect_unusable(magic + noise);
}

// A meeting whose first entry can't be read has no keys and no rolls, but the tree can still be told from the one on
// paper.
TEST(Robustness, ABadFirstEntryFailsCheck4AndIsNoCrash) {
  Bytes const garbage{1, 2, 3};
  std::string const file = write_items({garbage});
  auto const audit = audited(file, log::leaf_hash(garbage));
  EXPECT_EQ(audit.exit_code(), 1);
  ASSERT_TRUE(audit.first_failure());
  EXPECT_EQ(audit.first_failure()->check, verifier::CheckId::kEntries);
  EXPECT_EQ(audit.check(verifier::check_numbered(1)).outcome, verifier::Outcome::kHolds);
  EXPECT_EQ(audit.check(verifier::check_numbered(2)).outcome, verifier::Outcome::kNotReached);
  EXPECT_FALSE(audit.manifest);
  EXPECT_FALSE(verifier::text_report(audit, Lang::kZh, false).empty());
  EXPECT_FALSE(verifier::json_report(audit).empty());
}
