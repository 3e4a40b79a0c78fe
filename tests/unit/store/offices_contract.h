// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What every engine of Offices keeps to. All tests of the desk rest on the one in memory: where the database differed
/// from it, they would prove nothing about a real service.
#include <gtest/gtest.h>

#include <stdexcept>

#include "protocol/meeting/codec.h"
#include "store/moving.h"
#include "store/offices.h"

namespace piaojue::store::test {

inline Hash hash_of_text(std::string_view text) { return crypto::sha256({as_bytes(text)}); }
inline RequestId request_of(std::uint8_t value) {
  RequestId out;
  out.data.fill(value);
  return out;
}
inline Bytes bytes_of(std::size_t size, std::uint8_t seed) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(seed + i * 31 / 7);
  return out;
}
inline DraftPart part_of(std::uint32_t number, Bytes const& bytes) {
  return {number, crypto::sha256({bytes}), bytes.size()};
}
inline Bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }
inline Bytes draft_of(std::string title, std::size_t people) {
  meeting::Manifest manifest;
  manifest.title = std::move(title);
  manifest.date = "2026-03-02";
  manifest.rehearsal = true;
  manifest.people.resize(people);
  for (auto& person : manifest.people) person.name = "甲";
  return meeting::encode_body(manifest);
}
inline std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

/// An engine with, besides `offices`:
///   put(meeting, table, key, value)  as a node's commit does
///   file(meeting, hash)              what lies there of a candidate's file
///   occupy(meeting)                  a meeting of the operator's own; false: the number is taken, or held
template <class E>
class OfficesContract : public testing::Test {
 protected:
  OfficeNumber add(std::string const& name) {
    return *engine.offices().add_office(name, [](OfficeNumber office) {
      return Bytes{1, static_cast<uint8_t>(office)};
    });
  }
  /// The draft as it is now; where there is none, one that is nobody's.
  DraftId id(OfficeNumber office, RequestId const& request) {
    auto const row = *engine.offices().draft(office, request);
    return row ? id_of(request, *row) : DraftId{request, 1, {}};
  }
  /// One part, whole.
  void send(OfficeNumber office, RequestId const& request, MeetingNumber number, Bytes const& bytes) {
    auto& offices = engine.offices();
    auto const part = part_of(0, bytes);
    ASSERT_TRUE(offices.begin_draft(office, request, {number, {7}, bytes.size()}, {}));
    for (std::size_t at = 0; at < bytes.size(); at += kFilePieceBytes) {
      auto const length = std::min(kFilePieceBytes, bytes.size() - at);
      ASSERT_TRUE(offices.put_piece(office, this->id(office, request), part, at, ByteView(bytes).subspan(at, length)));
    }
    ASSERT_TRUE(offices.judge_part(office, this->id(office, request), part, true));
  }
  MeetingNumber make(OfficeNumber office, RequestId const& request, MeetingNumber number, Bytes const& file) {
    send(office, request, number, file);
    Contents contents;
    contents[Table::kMeta][text_bytes("keys")] = text_bytes("SEALED KEYS");
    contents[Table::kMeta][text_bytes("draft")] = text_bytes("draft " + std::to_string(number));
    contents[Table::kMeta][text_bytes("format")] = text_bytes("2");
    contents[Table::kSlip][key_of_person(1)] = text_bytes("SEALED K");
    auto const made = engine.offices().create(office, this->id(office, request),
                                              {contents, Bytes{5, 5}, {}, {}, *engine.offices().identity()}, {});
    if (!made || !*made) throw std::runtime_error("not created");
    return **made;
  }

  E engine;
};

TYPED_TEST_SUITE_P(OfficesContract);

// Harm: a slip that enrols two machines, or one that was replaced and still enrols.
TYPED_TEST_P(OfficesContract, AnOfficeIsEnrolledByItsNewestSlipOnce) {
  auto& offices = this->engine.offices();
  EXPECT_EQ(this->add("一"), 1U);
  EXPECT_EQ(this->add("二"), 2U);
  EXPECT_EQ(*offices.office(3), std::nullopt);
  auto row = **offices.office(2);
  EXPECT_EQ(row.name, "二");
  EXPECT_EQ(row.slip, (Bytes{1, 2}));
  EXPECT_FALSE(row.used || row.spki);
  row.used = hash_of_text("K");
  row.request = hash_of_text("csr");
  row.spki = hash_of_text("key");
  row.certificate = "PEM";
  auto old = row;
  ASSERT_TRUE(*offices.replace_slip(2, Bytes{9}));
  EXPECT_FALSE(*offices.replace_slip(3, Bytes{9}));
  EXPECT_FALSE(*offices.enrol(old)) << "by the slip before";
  row.slip = {9};
  EXPECT_TRUE(*offices.enrol(row));
  EXPECT_FALSE(*offices.enrol(row)) << "a second time";
  EXPECT_EQ(*offices.office_of(hash_of_text("key")), 2U);
  EXPECT_EQ(*offices.office_of(hash_of_text("other")), std::nullopt);
  auto const kept = **offices.office(2);
  EXPECT_EQ(kept.used, row.used);
  EXPECT_EQ(kept.request, row.request);
  EXPECT_EQ(kept.certificate, "PEM");
  auto first = **offices.office(1);
  first.used = hash_of_text("K1");
  first.spki = hash_of_text("key");
  EXPECT_FALSE(*offices.enrol(first)) << "a key that is another office's";
  EXPECT_EQ(offices.offices()->size(), 2U);
  EXPECT_EQ(*offices.identity(), std::nullopt);
  EXPECT_EQ(*offices.set_identity(Bytes{1}), Bytes{1});
  EXPECT_EQ(*offices.set_identity(Bytes{2}), Bytes{1});
  EXPECT_EQ(*offices.identity(), Bytes{1});
}

// Harm: a request that is repeated is another draft; or one office's is another's.
TYPED_TEST_P(OfficesContract, ARequestIsOneDraftOfOneOffice) {
  auto& offices = this->engine.offices();
  auto const a = this->add("a");
  auto const b = this->add("b");
  auto const first = *offices.begin_draft(a, request_of(1), {100, {1}, 10}, {});
  EXPECT_EQ(first.meeting, 100U);
  auto const again = *offices.begin_draft(a, request_of(1), {200, {2}, 10}, {});
  EXPECT_EQ(again.meeting, 100U);
  EXPECT_EQ(again.description, Bytes{1}) << "as it was begun";
  auto const taken = offices.begin_draft(b, request_of(1), {100, {1}, 10}, {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Refusal::kConflict);
  ASSERT_TRUE(this->engine.occupy(300));
  EXPECT_EQ(offices.begin_draft(b, request_of(1), {300, {1}, 10}, {}).error().code, Refusal::kConflict);
  EXPECT_EQ(*offices.draft(b, request_of(1)), std::nullopt);
  EXPECT_EQ(offices.begin_draft(b, request_of(1), {301, {1}, 10}, {})->meeting, 301U);
  DraftBounds bounds;
  bounds.draft_bytes_max = 100;
  EXPECT_EQ(offices.begin_draft(b, request_of(2), {302, {1}, 101}, bounds).error().code, Refusal::kBusy);
  // What is oldest makes room, of this office alone.
  EXPECT_TRUE(offices.begin_draft(b, request_of(3), {303, {1}, 95}, bounds));
  EXPECT_EQ(*offices.draft(b, request_of(1)), std::nullopt);
  bounds.drafts_max = 1;
  EXPECT_TRUE(offices.begin_draft(b, request_of(4), {304, {1}, 1}, bounds));
  EXPECT_EQ(*offices.draft(b, request_of(3)), std::nullopt);
  EXPECT_TRUE(*offices.draft(a, request_of(1)));
}

// Harm: bytes of two tries in one file; or a part that was dropped comes back.
TYPED_TEST_P(OfficesContract, PartsComeInOrderAndAreJudgedOnce) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  auto const other = this->add("b");
  auto const bytes = bytes_of(kFilePieceBytes + 9, 1);
  auto const part = part_of(4, bytes);
  auto const first = ByteView(bytes).first(kFilePieceBytes);
  auto const second = ByteView(bytes).subspan(kFilePieceBytes);
  EXPECT_EQ(*offices.put_piece(office, this->id(office, request_of(1)), part, 0, first), std::nullopt) << "not begun";
  ASSERT_TRUE(offices.begin_draft(office, request_of(1), {100, {1}, bytes.size()}, {}));
  EXPECT_EQ(*offices.put_piece(other, this->id(office, request_of(1)), part, 0, first), std::nullopt);
  EXPECT_EQ((*offices.put_piece(office, this->id(office, request_of(1)), part, kFilePieceBytes, second))->have, 0U);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((*offices.put_piece(office, this->id(office, request_of(1)), part, 0, first))->have, kFilePieceBytes);
  }
  ASSERT_TRUE(offices.judge_part(office, this->id(office, request_of(1)), part, true));
  EXPECT_FALSE((*offices.draft(office, request_of(1)))->parts.at(4).whole) << "not all of it is there";
  EXPECT_EQ((*offices.put_piece(office, this->id(office, request_of(1)), part, kFilePieceBytes, second))->have,
            bytes.size());
  EXPECT_EQ(*offices.read_piece(office, this->id(office, request_of(1)), part, kFilePieceBytes), to_bytes(second));
  EXPECT_EQ(*offices.read_piece(other, this->id(office, request_of(1)), part, 0), std::nullopt);
  ASSERT_TRUE(offices.judge_part(office, this->id(office, request_of(1)), part, false));
  EXPECT_FALSE((*offices.draft(office, request_of(1)))->parts.contains(4));
  EXPECT_EQ(*offices.read_piece(office, this->id(office, request_of(1)), part, 0), std::nullopt);
  ASSERT_TRUE(offices.put_piece(office, this->id(office, request_of(1)), part, 0, first));
  ASSERT_TRUE(offices.put_piece(office, this->id(office, request_of(1)), part, kFilePieceBytes, second));
  ASSERT_TRUE(offices.judge_part(office, this->id(office, request_of(1)), part, true));
  ASSERT_TRUE(offices.judge_part(office, this->id(office, request_of(1)), part, false)) << "is judged already";
  auto const state = (*offices.draft(office, request_of(1)))->parts.at(4);
  EXPECT_TRUE(state.whole);
  EXPECT_EQ(state.have, bytes.size());
}

// Harm: an office that sends parts of a draft which it dropped has more in the database than it was counted for; or a
// meeting is made of one draft under the number of another.
TYPED_TEST_P(OfficesContract, ADraftThatWasDroppedIsNotTheOneThatIsBegunAnew) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  auto const bytes = bytes_of(100, 1);
  auto const part = part_of(0, bytes);
  DraftBounds one;
  one.drafts_max = 1;
  auto const begin = [&](std::uint8_t request, MeetingNumber number, Bytes const& description) {
    ASSERT_TRUE(offices.begin_draft(office, request_of(request), {number, description, bytes.size()}, one));
  };
  auto const is_gone = [&](DraftId const& old) {
    auto const now = *offices.draft(office, request_of(1));
    EXPECT_EQ(*offices.put_piece(office, old, part, 0, bytes), std::nullopt);
    EXPECT_EQ(*offices.read_piece(office, old, part, 0), std::nullopt);
    ASSERT_TRUE(offices.judge_part(office, old, part, false));
    EXPECT_EQ(*offices.create(office, old, {{}, Bytes{6}, {}}, {}), std::nullopt);
    EXPECT_EQ(*offices.draft(office, request_of(1)), now) << "nothing was changed";
  };
  begin(1, 100, {1});
  auto const other_description = this->id(office, request_of(1));
  begin(2, 101, {1});
  begin(1, 102, {1});
  auto const other_number = this->id(office, request_of(1));
  begin(2, 103, {1});
  begin(1, 100, {2});
  ASSERT_TRUE(offices.put_piece(office, this->id(office, request_of(1)), part, 0, bytes));
  is_gone(other_description);
  is_gone(other_number);
  // As no draft has told: parts that are not kept are more than all of it.
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(1)), {{}, Bytes{6}, {{0, {}, 101}}}, {}), std::nullopt);
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(1)), {{}, Bytes{6}, {}}, {}), 100U);
}

// Harm: an office sees no meeting of its own any more, because one of them does not read.
TYPED_TEST_P(OfficesContract, AMeetingWhoseRowsDoNotReadIsListedWithTheOthers) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  for (MeetingNumber const number : {100U, 101U}) {
    this->make(office, request_of(static_cast<std::uint8_t>(number)), number, bytes_of(10, 1));
  }
  this->engine.put(100, Table::kEnrolment, Bytes{1}, {});
  this->engine.put(100, Table::kEntry, Bytes{1}, Bytes{255});
  auto const list = *offices.own_meetings(office, 0, 16);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].meeting, 100U);
  EXPECT_EQ(list[1].meeting, 101U);
  EXPECT_TRUE(*offices.own_meeting(office, 100));
}

// Harm: an office is told of slips and a log that are somewhere else by now, or sees none of its meetings any more.
TYPED_TEST_P(OfficesContract, AMeetingThatWasMovedOutIsNotItsOwnAnyMore) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  for (MeetingNumber const number : {100U, 101U}) {
    this->make(office, request_of(static_cast<std::uint8_t>(number)), number, bytes_of(10, 1));
  }
  this->engine.put(100, Table::kMeta, moved_row(), {});
  auto const list = *offices.own_meetings(office, 0, 16);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].meeting, 101U);
  EXPECT_FALSE(*offices.own_meeting(office, 100));
  EXPECT_FALSE(*offices.own_slips(office, 100));
  EXPECT_TRUE(*offices.own_meeting(office, 101));
}

// Harm: a repeated request replaces keys under people's hands; or a meeting is there without its slips.
TYPED_TEST_P(OfficesContract, AMeetingComesWholeAndOnce) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  auto const file = bytes_of(kFilePieceBytes * 2, 3);
  auto const number = this->make(office, request_of(1), 100, file);
  EXPECT_EQ(number, 100U);
  EXPECT_EQ(this->engine.file(100, crypto::sha256({file})), file);
  Contents others;
  others[Table::kMeta][text_bytes("keys")] = text_bytes("OTHER KEYS");
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(1)), {others, Bytes{6}, {part_of(0, file)}}, {}), 100U);
  EXPECT_EQ(*offices.own_slips(office, 100), (Bytes{5, 5}));
  EXPECT_EQ(this->engine.file(100, crypto::sha256({file})), file) << "nothing was changed";
  EXPECT_TRUE((*offices.draft(office, request_of(1)))->created);
  EXPECT_EQ((*offices.put_piece(office, this->id(office, request_of(1)), part_of(0, file), 0, Bytes{1}))->have,
            file.size());
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(2)), {others, Bytes{6}, {}}, {}), std::nullopt);
  // What was only read to make it is not kept.
  this->send(office, request_of(3), 101, bytes_of(10, 4));
  EXPECT_EQ(
      *offices.create(office, this->id(office, request_of(3)), {others, Bytes{6}, {part_of(0, bytes_of(10, 4))}}, {}),
      101U);
  EXPECT_EQ(this->engine.file(101, crypto::sha256({bytes_of(10, 4)})), std::nullopt);
  DraftBounds bounds;
  bounds.meetings_max = 2;
  EXPECT_EQ(offices.begin_draft(office, request_of(5), {105, {1}, 1}, bounds).error().code, Refusal::kBusy);
}

// Harm: a meeting that an operator adopts takes over files of an office's draft, or loses its own when that one goes.
TYPED_TEST_P(OfficesContract, ANumberIsADraftsOrAMeetingsAndNeverBoths) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  auto const file = bytes_of(100, 5);
  this->send(office, request_of(4), 102, file);
  EXPECT_FALSE(this->engine.occupy(102)) << "while a draft holds it";
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(4)), {{}, Bytes{6}, {}}, {}), 102U);
  EXPECT_EQ(this->engine.file(102, crypto::sha256({file})), file);
  EXPECT_FALSE(this->engine.occupy(102)) << "of a meeting, too";
  ASSERT_TRUE(this->engine.occupy(103));
  EXPECT_EQ(offices.begin_draft(office, request_of(5), {103, {1}, 1}, {}).error().code, Refusal::kConflict);
  // Of a draft that goes the number is free again.
  DraftBounds bounds;
  bounds.drafts_max = 1;
  ASSERT_TRUE(offices.begin_draft(office, request_of(6), {104, {1}, 1}, bounds));
  ASSERT_TRUE(offices.begin_draft(office, request_of(7), {105, {1}, 1}, bounds));
  EXPECT_TRUE(this->engine.occupy(104));
}

// Harm: one office fills the database of all others with meetings, as slowly as it likes.
TYPED_TEST_P(OfficesContract, EverythingOfAnOfficeTogetherIsBounded) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  auto const file = bytes_of(1'000, 1);
  auto const slips = bytes_of(100, 2);
  DraftBounds bounds;
  bounds.office_bytes_max = 2'500;
  auto const begin = [&](std::uint8_t request, MeetingNumber number, std::uint64_t bytes) {
    return offices.begin_draft(office, request_of(request), {number, {1}, bytes}, bounds);
  };
  this->send(office, request_of(1), 100, file);
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(1)), {{}, slips, {}}, bounds), 100U);
  EXPECT_EQ(begin(2, 101, 1'401).error().code, Refusal::kBusy) << "1,100 are a meeting's";
  ASSERT_TRUE(begin(2, 101, 1'400));
  // What was only begun makes room, as ever; what a meeting itself takes counts as its files do.
  ASSERT_TRUE(begin(3, 102, 1'350));
  EXPECT_EQ(*offices.draft(office, request_of(2)), std::nullopt);
  EXPECT_EQ(offices.create(office, this->id(office, request_of(3)), {{}, slips, {}}, bounds).error().code,
            Refusal::kBusy);
  EXPECT_TRUE(*offices.draft(office, request_of(3))) << "is kept for when the bound is raised";
  bounds.office_bytes_max = 2'550;
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(3)), {{}, slips, {}}, bounds), 102U);
  EXPECT_EQ(begin(4, 103, 101).error().code, Refusal::kBusy);
  // A rehearsal costs what is its own: the files lie there once. What is not needed any more costs nothing.
  bounds.office_bytes_max = 2'650;
  ASSERT_TRUE(begin(5, 104, 0));
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(5)), {{}, Bytes(50), {}, 100}, bounds), 104U);
  EXPECT_EQ(this->engine.file(104, crypto::sha256({file})), file);
  ASSERT_TRUE(begin(6, 105, 50));
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(6)), {{}, Bytes(49), {{0, {}, 50}}}, bounds), 105U);
  EXPECT_EQ(begin(7, 106, 2).error().code, Refusal::kBusy);
  EXPECT_TRUE(offices.begin_draft(this->add("b"), request_of(1), {107, {1}, 2'000}, bounds)) << "of another office";
}

// Harm: every look at the list reads megabytes of each meeting from the database of all.
TYPED_TEST_P(OfficesContract, AListSaysWhatTheDraftSaid) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  Contents contents;
  contents[Table::kMeta][text_bytes("draft")] = draft_of("职称评审", 3);
  this->send(office, request_of(1), 100, bytes_of(10, 1));
  ASSERT_TRUE(offices.create(office, this->id(office, request_of(1)), {contents, Bytes{1}, {}}, {}));
  auto one = offices.own_meetings(office, 0, 16)->at(0);
  EXPECT_EQ(one.facts, (MeetingFacts{"职称评审", "2026-03-02", true, 3}));
  EXPECT_EQ(std::pair(one.enrolled, one.last), std::pair(0U, std::optional<meeting::EntryType>()));
  EXPECT_TRUE(one.slips_waiting);
  for (std::uint32_t key = 0; key < 3; ++key) {  // of two people, one of them twice
    auto row = key_of_person(1 + key / 2);
    append_u32be(row, key);
    this->engine.put(100, Table::kEnrolment, row, Bytes{1});
  }
  this->engine.put(100, Table::kEntry, key_of(0), Bytes{8, 1, 18, 0});
  this->engine.put(100, Table::kEntry, key_of(1), Bytes{8, 24, 18, 0});
  ASSERT_TRUE(offices.erase_slips(office, 100));
  one = offices.own_meetings(office, 0, 16)->at(0);
  EXPECT_EQ(one.enrolled, 2U);
  EXPECT_EQ(one.last, meeting::EntryType::kMeetingClose);
  EXPECT_FALSE(one.slips_waiting);
}

// Harm: a node's memory goes for one office's log.
TYPED_TEST_P(OfficesContract, ALogThatIsTooLargeIsNotRead) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  this->make(office, request_of(1), 100, bytes_of(10, 1));
  this->engine.put(100, Table::kEntry, key_of(0), Bytes(60));
  this->engine.put(100, Table::kCheckpoint, key_of(1), Bytes(40));
  EXPECT_TRUE(*offices.own_log(office, 100, 100, soon()));
  EXPECT_EQ(offices.own_log(office, 100, 99, soon()).error().code, Refusal::kTooLarge);
}

// Harm: keys and slips that are sealed under a service key which is being put away open never again.
TYPED_TEST_P(OfficesContract, NothingIsMadeUnderAServiceKeyThatIsTheFormerByNow) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  ASSERT_TRUE(offices.set_identity(Bytes{1}));
  this->send(office, request_of(1), 100, bytes_of(10, 1));
  ASSERT_TRUE(*offices.replace_sealed({SealedRow::Kind::kIdentity, 0, Bytes{1}}, Bytes{2}));
  EXPECT_EQ(offices.create(office, this->id(office, request_of(1)), {{}, Bytes{6}, {}, {}, Bytes{1}}, {}).error().code,
            Refusal::kConflict);
  EXPECT_FALSE((*offices.draft(office, request_of(1)))->created);
  EXPECT_TRUE(offices.own_meetings(office, 0, 16)->empty());
  EXPECT_EQ(*offices.create(office, this->id(office, request_of(1)), {{}, Bytes{6}, {}, {}, Bytes{2}}, {}), 100U);
}

// Harm: an office learns of another's meeting, or takes its slips or files away.
TYPED_TEST_P(OfficesContract, AnothersMeetingIsAsOneThatIsNotThere) {
  auto& offices = this->engine.offices();
  auto const ours = this->add("a");
  auto const theirs = this->add("b");
  auto const file = bytes_of(100, 3);
  for (MeetingNumber const number : {100U, 105U, 103U}) {
    this->make(number == 103U ? ours : theirs, request_of(static_cast<std::uint8_t>(number)), number, file);
  }
  ASSERT_TRUE(this->engine.occupy(104));
  for (MeetingNumber const number : {100U, 104U, 999U}) {
    EXPECT_FALSE(*offices.own_meeting(ours, number));
    EXPECT_FALSE(*offices.own_log(ours, number, 1'000, soon()));
    EXPECT_EQ(*offices.own_slips(ours, number), std::nullopt);
    EXPECT_FALSE(*offices.erase_slips(ours, number));
  }
  ASSERT_TRUE(offices.begin_draft(ours, request_of(1), {110, {1}, 1}, {}));
  for (MeetingNumber const number : {100U, 104U, 999U}) {
    EXPECT_EQ(*offices.create(ours, this->id(ours, request_of(1)), {{}, {}, {}, number}, {}), std::nullopt);
  }
  EXPECT_EQ(this->engine.file(110, crypto::sha256({file})), std::nullopt);
  EXPECT_EQ(*offices.create(ours, this->id(ours, request_of(1)), {{}, {}, {}, 103}, {}), 110U);
  EXPECT_EQ(this->engine.file(110, crypto::sha256({file})), file);
  ASSERT_TRUE(offices.begin_draft(ours, request_of(2), {111, {1}, 1}, {}));
  EXPECT_EQ(*offices.create(ours, this->id(ours, request_of(2)), {{}, {}, {}, 110}, {}), 111U);
  EXPECT_EQ(this->engine.file(111, crypto::sha256({file})), file) << "a rehearsal of a rehearsal";
  EXPECT_EQ(this->engine.file(103, crypto::sha256({file})), file);
  EXPECT_EQ(*offices.own_slips(theirs, 100), (Bytes{5, 5}));
  auto const list = *offices.own_meetings(theirs, 0, 16);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].meeting, 100U);
  EXPECT_EQ(list[1].meeting, 105U);
  EXPECT_EQ(offices.own_meetings(theirs, 100, 16)->size(), 1U);
  EXPECT_EQ(offices.own_meetings(theirs, 0, 1)->size(), 1U);
  EXPECT_TRUE(*offices.erase_slips(theirs, 100));
  EXPECT_TRUE(*offices.erase_slips(theirs, 100)) << "again";
  EXPECT_EQ(*offices.own_slips(theirs, 100), Bytes());
  EXPECT_FALSE((*offices.own_meeting(theirs, 100))->slips_waiting);
}

// Harm: what answers an office can read keys, tokens or envelopes, and one fault later it says them.
TYPED_TEST_P(OfficesContract, OnlyTheRowsThatAnOfficeMaySeeAreRead) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  this->make(office, request_of(1), 100, bytes_of(10, 1));
  for (std::size_t t = 0; t < kTables; ++t) {
    for (std::uint64_t i = 0; i < 3; ++i) {
      this->engine.put(100, static_cast<Table>(t), key_of(i), text_bytes("row of table " + std::to_string(t)));
    }
  }
  auto const own = **offices.own_meeting(office, 100);
  auto const log = **offices.own_log(office, 100, 1 << 20, soon());
  for (std::size_t t = 0; t < kTables; ++t) {
    auto const table = static_cast<Table>(t);
    bool const is_log = table == Table::kEntry || table == Table::kCheckpoint || table == Table::kCosignature;
    EXPECT_EQ(log[table].size(), is_log ? 3U : 0U) << t;
    auto const seen = table == Table::kEnrolment ? 3U : table == Table::kEntry ? 1U : table == Table::kMeta ? 2U : 0U;
    EXPECT_EQ(own.contents[table].size(), seen) << t;
  }
  EXPECT_TRUE(own.contents[Table::kEntry].contains(key_of(2))) << "the last one";
  EXPECT_EQ(own.contents[Table::kMeta].at(text_bytes("draft")), text_bytes("draft 100"));
  EXPECT_FALSE(own.contents[Table::kMeta].contains(text_bytes("keys")));
}

// Harm: after a new service key some slip opens with the old one alone; or one that was given meanwhile is undone.
TYPED_TEST_P(OfficesContract, WhatIsSealedIsReplacedOnlyIfItIsStillTheSame) {
  auto& offices = this->engine.offices();
  auto const office = this->add("a");
  ASSERT_TRUE(offices.set_identity(Bytes{3}));
  this->make(office, request_of(1), 100, bytes_of(10, 1));
  auto const rows = *offices.sealed_rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].sealed, Bytes{3});
  EXPECT_EQ(rows[1].sealed, (Bytes{1, 1}));
  EXPECT_EQ(rows[2].number, 100U);
  for (auto const& row : rows) {
    EXPECT_TRUE(*offices.replace_sealed(row, Bytes{8, 8})) << row.number;
    EXPECT_FALSE(*offices.replace_sealed(row, Bytes{9, 9})) << row.number;
  }
  EXPECT_EQ(*offices.identity(), (Bytes{8, 8}));
  EXPECT_EQ((*offices.office(office))->slip, (Bytes{8, 8}));
  EXPECT_EQ(*offices.own_slips(office, 100), (Bytes{8, 8}));
}

REGISTER_TYPED_TEST_SUITE_P(OfficesContract, WhatIsSealedIsReplacedOnlyIfItIsStillTheSame,
                            AnOfficeIsEnrolledByItsNewestSlipOnce, ARequestIsOneDraftOfOneOffice,
                            ADraftThatWasDroppedIsNotTheOneThatIsBegunAnew,
                            AMeetingWhoseRowsDoNotReadIsListedWithTheOthers, AMeetingThatWasMovedOutIsNotItsOwnAnyMore,
                            PartsComeInOrderAndAreJudgedOnce, AMeetingComesWholeAndOnce,
                            ANumberIsADraftsOrAMeetingsAndNeverBoths, EverythingOfAnOfficeTogetherIsBounded,
                            AListSaysWhatTheDraftSaid, ALogThatIsTooLargeIsNotRead,
                            NothingIsMadeUnderAServiceKeyThatIsTheFormerByNow, AnothersMeetingIsAsOneThatIsNotThere,
                            OnlyTheRowsThatAnOfficeMaySeeAreRead);

}  // namespace piaojue::store::test
