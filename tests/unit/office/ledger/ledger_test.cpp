// SPDX-License-Identifier: Apache-2.0
// The office's ledger: an entry is valid in one place, by one who was enlisted, or it is refused by its number.
#include "office/ledger/ledger.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/platform/process.h"
#include "office/ledger/ledger_file.h"
#include "protocol/log/checkpoint.h"

using namespace piaojue;
using namespace piaojue::office;

namespace {

sheets::Day const kDay = *sheets::parse_day("2026-11-02");

Action decision(std::uint32_t number = 7, std::string reason = "材料齐全") {
  return {Deed::kDecide, kDay, {{number, "张三"}}, {{"reason", std::move(reason)}, {"verdict", "ELIGIBLE"}}, {}};
}

class Folder : public testing::Test {
 protected:
  std::filesystem::path const folder =
      std::filesystem::temp_directory_path() / ("piaojue-office-" + std::to_string(platform::process_number()) +
                                                testing::UnitTest::GetInstance()->current_test_info()->name());
  void SetUp() override { piaojue::init(); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// Two people and two decisions.
  void fill() {
    auto file = LedgerFile::open(folder, true);
    ASSERT_TRUE(file) << file.error().in(Lang::kZh);
    ASSERT_TRUE(file->enlist("周晓棠", kDay, "口令口令一", std::nullopt));
    auto const first = file->unlock(1, "口令口令一");
    ASSERT_TRUE(first) << first.error().in(Lang::kZh);
    auto const second = file->enlist("李经办", kDay, "口令口令二", Signer{1, &*first});
    ASSERT_TRUE(second) << second.error().in(Lang::kZh);
    ASSERT_TRUE(file->append(decision(7), {{1, &*first}}));
    ASSERT_TRUE(file->append(decision(8), {{1, &*first}}));
  }
  Bytes bytes() const { return *read_file(folder / "ledger", kLedgerBytesMax); }
  void put(Bytes const& to) const {
    std::ofstream(folder / "ledger", std::ios::binary | std::ios::trunc) << as_text(to);
  }
};

}  // namespace

TEST_F(Folder, WhatWasWrittenIsThereAgain) {
  fill();
  auto const again = LedgerFile::open(folder, false);
  ASSERT_TRUE(again) << again.error().in(Lang::kZh);
  EXPECT_EQ(again->ledger().size(), 4U);
  EXPECT_EQ(again->ledger().people().at(1).name, "李经办");
  EXPECT_EQ(again->ledger().trail(7, {}), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(again->ledger().trail(std::nullopt, "李经办"), (std::vector<std::uint64_t>{1}));
}

// Harm: a decision rewritten after the objection came in.
TEST_F(Folder, AnyByteAlteredIsRefused) {
  fill();
  Bytes const whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes altered = whole;
    altered[at] ^= 1;
    put(altered);
    EXPECT_FALSE(LedgerFile::open(folder, false)) << at;
  }
}

TEST_F(Folder, TheAlteredEntryIsNamed) {
  fill();
  Bytes altered = bytes();
  altered.back() ^= 1;
  auto const loaded = load_ledger(altered);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().in(Lang::kZh).find("第 3 条"), std::string::npos) << loaded.error().in(Lang::kZh);
}

// Harm: the last entries are taken away and nobody asks.
TEST_F(Folder, ALedgerShorterThanItsHeadIsRefused) {
  fill();
  Bytes const whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_FALSE(LedgerFile::open(folder, false)) << size;
  }
}

// Harm: after a power cut the office can not go on, or goes on with half an entry.
TEST_F(Folder, AnEntryThatACrashCutOffIsTakenAwayAndSaid) {
  fill();
  Bytes const whole = bytes();
  for (Bytes const& tail : {Bytes{0}, Bytes(40, 0), Bytes{0, 0, 1, 0, 1, 2, 3}}) {
    Bytes torn = whole;
    piaojue::append(torn, tail);
    put(torn);
    auto const again = LedgerFile::open(folder, false);
    ASSERT_TRUE(again) << again.error().in(Lang::kZh);
    EXPECT_EQ(again->torn(), tail.size());
    EXPECT_EQ(again->ledger().size(), 4U);
    EXPECT_EQ(bytes(), whole);
  }
}

// Harm: a deed is said to be refused and is done, so it is done twice; or entries pile up that a cut would take unseen,
// and the next start takes their missing head for such a cut.
TEST_F(Folder, AHeadThatCanNotBeWrittenStopsTheNextDeedAndNotTheDurableOne) {
  fill();
  auto const head = folder / "ledger.head";
  auto const aside = folder / "aside";
  {
    auto file = LedgerFile::open(folder, false);
    auto const key = file->unlock(1, "口令口令一");
    std::filesystem::rename(head, aside);
    std::filesystem::create_directories(head / "in the way");
    ASSERT_TRUE(file->append(decision(9), {{1, &*key}})) << "it is durable";
    auto const before = bytes();
    EXPECT_FALSE(file->append(decision(10), {{1, &*key}}));
    EXPECT_EQ(bytes(), before);
    EXPECT_EQ(file->ledger().size(), 5U);
  }
  // As after a crash: the old head is there, the entry beyond it is kept, and the next deed brings the head up first.
  std::filesystem::remove_all(head);
  std::filesystem::rename(aside, head);
  auto file = LedgerFile::open(folder, false);
  ASSERT_TRUE(file) << file.error().in(Lang::kZh);
  EXPECT_EQ(file->ledger().size(), 5U);
  auto const key = file->unlock(1, "口令口令一");
  ASSERT_TRUE(file->append(decision(10), {{1, &*key}}));
  auto const note = *read_file(head, log::kNoteBytesMax);
  EXPECT_EQ(log::open_checkpoint(as_text(note), file->ledger().origin(), file->ledger().people()[0].key)->size, 6U);
}

TEST_F(Folder, TwoProgramsDoNotWriteAtOnce) {
  fill();
  auto const one = LedgerFile::open(folder, false);
  ASSERT_TRUE(one);
  EXPECT_FALSE(LedgerFile::open(folder, false));
}

TEST_F(Folder, AKeyOpensOnlyWithItsPassphrase) {
  fill();
  auto const file = LedgerFile::open(folder, false);
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->unlock(1, "口令口令二"));
  EXPECT_FALSE(file->unlock(3, "口令口令一"));
  EXPECT_TRUE(file->unlock(2, "口令口令二"));
}

// Harm: a stranger enlists himself, or signs as somebody else.
TEST(Ledger, OnlyEnlistedPeopleWriteAndOnlyTheyEnlist) {
  piaojue::init();
  Ledger ledger{LedgerId{}};
  auto const a = crypto::SigningKey::generate();
  auto const b = crypto::SigningKey::generate();
  auto const enlist = [&](std::string name, crypto::SigningKey const& key) {
    return Action{Deed::kEnlist, kDay, {}, {{"name", name}, {"key", to_hex(key.public_key().view())}}, {}};
  };
  EXPECT_FALSE(ledger.apply(*ledger.sign(decision(), {{1, &a}})));
  ASSERT_TRUE(ledger.apply(*ledger.sign(enlist("甲", a), {{1, &a}})));
  EXPECT_FALSE(ledger.apply(*ledger.sign(enlist("乙", b), {{2, &b}})));
  EXPECT_FALSE(ledger.apply(*ledger.sign(enlist("乙", b), {{1, &b}, {2, &b}})));
  EXPECT_FALSE(ledger.apply(*ledger.sign(enlist("乙", a), {{1, &a}, {2, &a}})));
  EXPECT_FALSE(ledger.apply(*ledger.sign(decision(), {{1, &b}})));
  EXPECT_TRUE(ledger.apply(*ledger.sign(enlist("乙", b), {{1, &a}, {2, &b}})));
  // An entry of one place does not fit another.
  auto const entry = *ledger.sign(decision(), {{2, &b}});
  EXPECT_TRUE(ledger.apply(entry));
  EXPECT_FALSE(ledger.apply(entry));
}

// Harm: identity numbers of applicants in a file that goes to the archive and to auditors.
TEST(Ledger, NoIdentityNumberEnters) {
  for (auto const* text :
       {"370202199001011234", "证件号 37020219900101123X。", "３７０２０２１９９００１０１１２３４", "370202900101123"})
    EXPECT_FALSE(encode_action(decision(7, text))) << text;
  EXPECT_TRUE(encode_action(decision(7, "青西新管发〔2023〕13 号，电话 053286123456")));
}

TEST(Ledger, AnActionHasOneForm) {
  auto const body = encode_action(decision());
  ASSERT_TRUE(body);
  ASSERT_TRUE(decode_action(*body));
  for (std::string const& other :
       {*body + " ", " " + *body, std::string("{}"), std::string("[]"), std::string(), std::string(3U << 20, '[')})
    EXPECT_FALSE(decode_action(other));
}
