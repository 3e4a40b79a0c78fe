// SPDX-License-Identifier: Apache-2.0
#include "server/extending.h"

#include <gtest/gtest.h>

#include <fstream>

#include "protocol/meeting/payload.h"
#include "server/enrolments.h"
#include "support/meeting_fixture.h"

namespace piaojue::server::test {
namespace {

using meeting::RecordItem;
using piaojue::test::Meeting;
using piaojue::test::MeetingOptions;
using piaojue::test::must;
using Stage = Meeting::Stage;

/// A meeting whose server is restored at some size, and laptops' record files of it.
class Burnt {
 public:
  Burnt() : folder_(fs::path(testing::TempDir()) / ("extending-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
    meeting.begin();
    keep();
  }
  ~Burnt() { fs::remove_all(folder_); }

  Meeting meeting{options()};
  Contents contents;

  /// The backup is of this moment.
  void keep() {
    contents = {};
    for (std::size_t i = 0; i < meeting.entries.size(); ++i) contents[Table::kEntry][key_of(i)] = meeting.entries[i];
    for (auto const& [size, one] : meeting.checkpoints) {
      contents[Table::kCheckpoint][key_of(size)] = to_bytes(as_bytes(one.note));
      for (auto const& by : one.cosignatures) {
        contents[Table::kCosignature][key_of(size, by.person)] = meeting::encode_cosignature(by);
      }
    }
    for (auto const& [person, keys] : meeting.people) {
      if (person != 0 && meeting.record.identity_key(person)) enrol(person, 0, keys);
    }
  }
  void enrol(PersonId person, std::uint32_t number, Meeting::PersonKeys const& keys) {
    Enrolment row;
    row.person = person;
    row.number = number;
    row.keys = {keys.identity.public_key(), keys.witness.public_key(), keys.box.public_key()};
    contents[Table::kEnrolment][key_of(person, number)] = encode_enrolment(row);
  }
  fs::path file(std::string const& name, std::function<void(std::vector<RecordItem>&)> const& tamper = {}) {
    auto const path = folder_ / name;
    std::ofstream(path, std::ios::binary) << meeting.record_file(tamper);
    return path;
  }
  /// As the laptop exports it that has heard these people alone.
  fs::path heard(std::string const& name, std::function<bool(PersonId)> const& whom) {
    return file(name, [&](std::vector<RecordItem>& items) {
      std::erase_if(items, [&](RecordItem const& item) {
        auto const* one = std::get_if<log::Cosignature>(&item);
        return one != nullptr && !whom(one->person);
      });
    });
  }
  /// Its last entry has another signature than anybody has made.
  fs::path forged(std::string const& name) {
    return file(name, [](std::vector<RecordItem>& items) {
      for (auto it = items.rbegin(); it != items.rend(); ++it) {
        if (auto* entry = std::get_if<Bytes>(&*it)) {
          entry->back() ^= 1;
          return;
        }
      }
    });
  }
  Explained<Extension> extend(ExtendFrom const& from) {
    Keys const keys{{},
                    {},
                    crypto::SigningKey::generate(),
                    must(crypto::SigningKey::from_seed(meeting.people.at(0).witness.seed())),
                    crypto::BoxKey::generate(),
                    {}};
    return server::extend(contents, keys, from);
  }
  std::string refused(ExtendFrom const& from) {
    auto const done = extend(from);
    return done ? "taken" : std::string(done.error().what.key());
  }

 private:
  static MeetingOptions options() {
    MeetingOptions out;
    out.experts = out.committee_size = 3;
    out.supervisors = 1;
    out.trustees = 2;
    out.rules.max_unconfirmed = 1;
    out.rehearsal = true;
    return out;
  }
  fs::path folder_;
};

std::size_t written(Extension const& extension, Table table) {
  return static_cast<std::size_t>(std::ranges::count_if(extension.writes.list, [&](Write const& write) {
    return write.table == table && (write.kind == Write::Kind::kPut || write.kind == Write::Kind::kAdd);
  }));
}

// Harm: each laptop has heard some cosignatures, and the record of an honest meeting is never verified because those of
// one laptop were taken.
TEST(Extending, CosignaturesOfAllLogsCountTogether) {
  Burnt burnt;
  burnt.meeting.run_batch(1, burnt.meeting.votes(1, 2, 1), Stage::kDeclared);
  auto const all = burnt.file("all");
  auto const odd = burnt.heard("odd", [](PersonId person) { return person % 2 != 0; });
  auto const even = burnt.heard("even", [](PersonId person) { return person % 2 == 0; });
  auto const whole = must(burnt.extend({{all}, {}}));
  EXPECT_TRUE(whole.said.empty());
  EXPECT_EQ(whole.after, burnt.meeting.record.size());
  EXPECT_EQ(burnt.refused({{odd}, {}}), "service.extend.unwitnessed");
  EXPECT_EQ(must(burnt.extend({{odd}, {}, true})).said.size(), 1U) << "asked for, and said";
  auto const both = must(burnt.extend({{odd, even}, {}}));
  EXPECT_TRUE(both.said.empty());
  EXPECT_EQ(written(both, Table::kCosignature), written(whole, Table::kCosignature));
}

// Harm: a cosignature that somebody has made up, and no server takes the meeting up any more.
TEST(Extending, ACosignatureThatIsNotValidIsLeftOutAndSaid) {
  Burnt burnt;
  burnt.meeting.run_batch(1, burnt.meeting.votes(1, 2, 1), Stage::kOpen);
  auto const log = burnt.file("log", [](std::vector<RecordItem>& items) {
    for (auto it = items.rbegin(); it != items.rend(); ++it) {
      if (auto* one = std::get_if<log::Cosignature>(&*it)) return void(++one->time_s);
    }
  });
  auto const one = must(burnt.extend({{log}, {}}));
  ASSERT_EQ(one.said.size(), 1U);
  EXPECT_EQ(one.said.front().key(), "service.extend.cosignatures");
  EXPECT_EQ(written(one, Table::kCosignature),
            written(must(burnt.extend({{burnt.file("all")}, {}})), Table::kCosignature) - 1);
}

// Harm: one damaged or forged file beside the good ones, and the operator is told that there are two logs.
TEST(Extending, AFileThatFailsByItselfDecidesNothing) {
  Burnt burnt;
  burnt.meeting.run_batch(1, burnt.meeting.votes(1, 2, 1), Stage::kOpen);
  auto const good = burnt.file("good");
  auto const bad = burnt.forged("bad");
  for (auto const& logs : {std::vector{good, bad}, std::vector{bad, good}}) {
    auto const done = must(burnt.extend({logs, {}}));
    EXPECT_EQ(done.log, good);
    ASSERT_EQ(done.said.size(), 1U);
    EXPECT_EQ(done.said.front().key(), "service.extend.entry_refused");
  }
  EXPECT_EQ(burnt.refused({{bad}, {}}), "service.extend.none_usable");
  // Larger than any record: not read at all.
  auto const large = burnt.file("large");
  fs::resize_file(large, kLogFileBytesMax + 1);
  auto const done = must(burnt.extend({{large, good}, {}}));
  EXPECT_EQ(done.said.front().key(), "service.extend.too_large");
  EXPECT_EQ(burnt.refused({{fs::path(testing::TempDir())}, {}}), "service.extend.none_usable") << "a folder";
}

// Harm: the proof that the server has signed two logs is called a wrong file, and thrown away.
TEST(Extending, TwoLogsThatTheServerHasSignedAreEvidence) {
  Burnt burnt;
  auto& meeting = burnt.meeting;
  auto const before = meeting.record;
  auto const entries = meeting.entries;
  auto const checkpoints = meeting.checkpoints;
  must(meeting.sign_out(1));
  meeting.witness();
  auto const one = burnt.file("one");
  auto const restored = burnt.contents;
  burnt.keep();
  auto const with_one = std::exchange(burnt.contents, restored);
  meeting.record = before;
  meeting.entries = entries;
  meeting.checkpoints = checkpoints;
  must(meeting.sign_out(2));
  meeting.witness();
  auto const other = burnt.file("other");
  EXPECT_EQ(burnt.refused({{one, other}, {}}), "service.extend.two_logs");
  EXPECT_EQ(burnt.refused({{one, burnt.forged("bad")}, {}}), "taken");
  burnt.contents = with_one;
  EXPECT_EQ(burnt.refused({{other}, {}}), "service.extend.restored_other");
}

// Harm: somebody who knows the sum is left out, the ballot is voided, and it is voted on again.
TEST(Extending, NobodyIsDoneWithoutWhileASumMayHaveBeenOpened) {
  Burnt burnt;
  burnt.meeting.run_batch(1, burnt.meeting.votes(1, 2, 1), Stage::kOpen);
  auto const open = burnt.file("open");
  EXPECT_EQ(burnt.refused({{open}, {99}}), "service.extend.nobody");
  auto const done = must(burnt.extend({{open}, {1}}));
  EXPECT_FALSE(people_of(done.awaited).contains(1));
  EXPECT_TRUE(people_of(done.awaited).contains(2));
  burnt.meeting.continue_batch(burnt.meeting.votes(1, 2, 1), Stage::kOpen, Stage::kBox);
  auto const box = burnt.file("box");
  EXPECT_EQ(burnt.refused({{box}, {1}}), "service.extend.without_confirming");
  EXPECT_EQ(burnt.refused({{box}, {}}), "taken");
}

// Harm: an operator's word stands for a laptop, and afterwards nobody can see that it did.
TEST(Extending, WhomTheOperatorDidWithoutIsKeptForGood) {
  Burnt burnt;
  burnt.meeting.run_batch(1, burnt.meeting.votes(1, 2, 1), Stage::kOpen);
  auto const log = burnt.file("log");
  for (auto const& without : {std::set<PersonId>{3}, std::set<PersonId>{1}, std::set<PersonId>{}}) {
    auto const done = must(burnt.extend({{log}, without}));
    for (auto const& write : done.writes.list) store::apply_write(burnt.contents, write);
  }
  EXPECT_EQ(without_in(burnt.contents), (std::set<PersonId>{1, 3}));
  EXPECT_TRUE(people_of(awaited_in(burnt.contents)).contains(3)) << "and is waited for all the same";
}

// Harm: who enrolled anew has two laptops, and the one that has the longer log is not asked.
TEST(Extending, EveryLaptopIsWaitedForAndNotEveryPerson) {
  Burnt burnt;
  burnt.enrol(2, 1, {});
  burnt.enrol(2, 2, {});
  must(burnt.meeting.sign_out(1));
  auto const awaited = must(burnt.extend({{burnt.file("log")}, {}})).awaited;
  EXPECT_TRUE(awaited.contains({2, 0})) << "its keys are those of the log";
  EXPECT_FALSE(awaited.contains({2, 1})) << "replaced, and never let in again";
  EXPECT_TRUE(awaited.contains({2, 2})) << "waits for its KeyChange";
}

}  // namespace
}  // namespace piaojue::server::test
