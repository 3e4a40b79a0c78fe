// SPDX-License-Identifier: Apache-2.0
/// Who gets which piece of a candidate's file, and when.
#include "server/attachments.h"

#include <gtest/gtest.h>

#include "protocol/meeting/codec.h"
#include "server_fixture.h"

namespace piaojue::server::test {
namespace {

constexpr std::size_t kPiece = meeting::kAttachmentPieceBytes;

class Materials : public testing::Test {
 protected:
  Materials() {
    hall.manifest.candidates[0].attachments = {{"a.pdf", 2 * kPiece + 5, crypto::sha256({})},
                                               {"b.png", 7, crypto::sha256({Bytes{1}})}};
    hall.begin();
  }
  void ask(SessionId session, std::uint64_t id, wire::GetAttachment const& what) {
    if (!files)
      files.emplace(
          hall.record, limits, [this] { return now_ms; }, outbox);
    files->answer(Asked(outbox, session, id, 1), what);
  }
  /// Frames that leave now, in order.
  std::vector<v2::ServerFrame> out() {
    std::vector<v2::ServerFrame> frames;
    for (auto const& output : outbox.take().outputs) {
      auto const& bytes = *std::get<Frame>(output.what);
      EXPECT_TRUE(frames.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    }
    return frames;
  }
  Refusal refused() {
    auto const frames = out();
    return frames.size() == 1 ? refusal(frames[0]) : Refusal::kInternal;
  }

  Meeting hall{{.batches = {2}}};
  Limits limits;
  std::uint64_t now_ms = 1'000;
  Outbox outbox;
  std::optional<Attachments> files;
};

// Harm: a file that never comes whole, or bytes of another one in its place.
TEST_F(Materials, APieceIsWhatIsLeftFromItsOffset) {
  ask(1, 11, {1, 0, kPiece});
  ask(2, 12, {1, 0, 2 * kPiece});
  EXPECT_TRUE(outbox.empty()) << "what is read is answered later";
  auto const due = files->take_due();
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].offset, kPiece);
  EXPECT_EQ(due[0].length, kPiece);
  EXPECT_EQ(due[1].length, 5u);
  EXPECT_EQ(due[1].file, crypto::sha256({}));
  files->finish(due[1].id, Bytes(5, 9));
  files->finish(due[0].id, Bytes(kPiece, 8));
  auto const frames = out();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].id(), 12u);
  EXPECT_EQ(frames[0].attachment_piece().bytes(), std::string(5, 9));
  EXPECT_EQ(frames[1].id(), 11u);
}

// Harm: a laptop that waits for ever, or a server that ends over a number that somebody sent.
TEST_F(Materials, WhatIsNotThereIsRefused) {
  for (auto const& what : std::vector<wire::GetAttachment>{{0, 0, 0}, {3, 0, 0}, {1, 2, 0}, {2, 0, 0}}) {
    ask(1, 1, what);
    EXPECT_EQ(refused(), Refusal::kUnknown) << what.question << "/" << what.attachment;
  }
  ask(1, 1, {1, 1, 7});
  EXPECT_EQ(refused(), Refusal::kOutOfRange);
  ask(1, 1, {1, 1, ~0ULL});
  EXPECT_EQ(refused(), Refusal::kOutOfRange);
  ask(1, 1, {1, 1, 0});
  files->finish(files->take_due().at(0).id, std::nullopt);
  EXPECT_EQ(refused(), Refusal::kStorage) << "the server's disk";
  ask(1, 1, {1, 1, 0});
  files->finish(files->take_due().at(0).id, Bytes(6));
  EXPECT_EQ(refused(), Refusal::kStorage) << "a file that was cut off";
}

// Harm: files of a meeting that is over go on being given out.
TEST_F(Materials, OutsideOfAMeetingNothingIsGiven) {
  meeting::Record const before;
  Attachments closed(
      before, limits, [this] { return now_ms; }, outbox);
  closed.answer(Asked(outbox, 1, 1, 1), {1, 0, 0});
  EXPECT_EQ(refused(), Refusal::kWrongPhase);
}

// Harm: one laptop with a thousand requests keeps all others from theirs.
TEST_F(Materials, ASessionWaitsForOnePieceAndForItsTurn) {
  ask(1, 1, {1, 0, 0});
  ask(1, 2, {1, 0, kPiece});
  EXPECT_EQ(refused(), Refusal::kBusy);
  ask(2, 3, {1, 0, 0});
  ask(3, 4, {1, 0, 0});
  auto const due = files->take_due();
  ASSERT_EQ(due.size(), 2u) << "no more are read at a time";
  ask(1, 5, {1, 0, kPiece});
  EXPECT_EQ(refused(), Refusal::kBusy) << "while it is read, too";
  EXPECT_TRUE(files->take_due().empty());
  files->finish(due[0].id, Bytes(kPiece));
  EXPECT_EQ(files->take_due().size(), 1u);
  EXPECT_EQ(out().size(), 1u) << "the first answer";
  ask(1, 6, {1, 0, kPiece});
  EXPECT_EQ(refused(), Refusal::kBusy) << "and until that is on its way: pieces do not pile up behind a slow commit";
  files->left();
  ask(1, 7, {1, 0, kPiece});
  EXPECT_TRUE(out().empty()) << "no refusal";
}

// Harm: whoever has gone holds the place of somebody who is there.
TEST_F(Materials, WhoHasGoneIsForgotten) {
  ask(1, 1, {1, 0, 0});
  ask(2, 2, {1, 0, 0});
  ask(3, 3, {1, 0, 0});
  auto const due = files->take_due();
  files->closed(1);
  files->closed(3);
  files->finish(due.at(0).id, Bytes(kPiece));
  files->finish(due.at(1).id, Bytes(kPiece));
  auto const frames = out();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].id(), 2u);
  EXPECT_TRUE(files->take_due().empty());
}

// Harm: envelopes wait behind dossiers.
TEST_F(Materials, TheRateIsAQuarterWhileABatchIsInProgress) {
  limits.readings_max = 1'000;
  auto const given_in_a_second = [&] {
    files.reset();
    now_ms += 100'000;
    for (SessionId session = 1; session <= 1'000; ++session) ask(session, session, {1, 0, 0});
    auto const at_once = files->take_due().size();
    EXPECT_GT(files->wanted_in_ms().value_or(0), 0u);
    now_ms += 1'000;
    return std::pair(at_once, files->take_due().size());
  };
  EXPECT_EQ(given_in_a_second(), std::pair(std::size_t{16}, std::size_t{16}))
      << "4 MiB in hand, and never more than that";
  now_ms += 1;
  hall.all_keys(1);
  ASSERT_TRUE(hall.open(1));
  auto const [at_once, later] = given_in_a_second();
  EXPECT_EQ(at_once, 4u);
  EXPECT_EQ(later, 4u);
}

}  // namespace
}  // namespace piaojue::server::test
