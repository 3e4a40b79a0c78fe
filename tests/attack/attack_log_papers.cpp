// SPDX-License-Identifier: Apache-2.0
/// What is done to others, and what results are worth, on everything that people read afterwards: the report, its JSON
/// form, the minutes and the result table.
#include <gmock/gmock.h>

#include "attack_log.h"
#include "office/papers/papers.h"
#include "verifier/report.h"

namespace piaojue::attack {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What stands on the papers of a record that is held against this hash; throws if there are none.
struct Shown {
  Shown(std::string const& file, Hash const& head) {
    std::istringstream audited(file);
    audit = verifier::audit(audited, head, {});
    report = verifier::text_report(audit, Lang::kZh, false);
    json = verifier::json_report(audit);
    std::istringstream in(file);
    auto const record = must(office::read_meeting(in, head, 1));
    minutes = must(office::minutes_paper(record, {})).html;
    table = must(office::results_paper(record, {})).html;
  }
  verifier::Audit audit;
  std::string report, json, minutes, table;
};

/// Server and office together bend a meeting as far as the rules let them. Ballots of 1 are lost on the way, and with
/// them a candidate passes.
struct Bent : Hall {
  Bent() : Hall({.experts = 9, .batches = {1, 1}}) {
    must(change_keys(2, office()));
    must(sign_out_by(9, office()));
    must(submit(Recuse{record.meeting(), 8, 2, "与申报人同乡，由他人登记"}, office()));
    lose_ballots_of(1);
    run_batch(1, votes(1, 6, 2), Stage::kCast);
    must(spoil_by(7, office()));
    continue_batch({}, Stage::kCast, Stage::kBox);
    confirm_all_but({1, 7});
    must(confirm(1));
    must(override_people({{1, true}, {7, false}}));
    continue_batch({}, Stage::kConfirmed, Stage::kErased);
    must(open(2, true));
    must(submit(PaperTally{batch_open(), {{2, {7, 7, 7, 0, 6, 1, 0}}}}, office()));
    must(declare());
    must(close_meeting());
  }
};

// 13. The record held a contested result, new keys, people who were sent home or passed over, a paper count by the
// office alone; and the papers that were filed mentioned none of it.
TEST(Log, Attack13_PapersThatDoNotSayIt) {
  Bent hall;
  ASSERT_TRUE(hall.declared(1).contested) << "with the lost one it passes";
  Shown const shown(hall.record_file(), hall.record.tree().root());
  ASSERT_TRUE(shown.audit.verified()) << "nothing of it is against the rules: it is what the papers must say";

  std::multiset<std::string> kinds;
  for (auto const& change : shown.audit.changes) kinds.insert(std::string(verifier::kind(change)));
  EXPECT_EQ(kinds, (std::multiset<std::string>{"key_change", "sign_out", "recuse", "check", "override", "contested",
                                               "paper"}));
  for (auto const* const place : {&shown.report, &shown.minutes, &shown.table}) {
    auto const which = place == &shown.report ? "report" : place == &shown.minutes ? "minutes" : "table";
    // Whom it was done to, and the reasons that were given.
    EXPECT_THAT(*place, HasSubstr("评审专家2 换了密钥")) << which;
    EXPECT_THAT(*place, HasSubstr("电脑更换")) << which;
    EXPECT_THAT(*place, HasSubstr("评审专家9 由他人签退")) << which;
    EXPECT_THAT(*place, HasSubstr("与申报人同乡，由他人登记")) << which;
    EXPECT_THAT(*place, HasSubstr("评审专家7 的一封选票作废")) << which;
    EXPECT_THAT(*place, HasSubstr("评审专家1（声明缺票）")) << which;
    EXPECT_THAT(*place, HasSubstr("评审专家7（未表示）")) << which;
    EXPECT_THAT(*place, HasSubstr("待复核表决")) << which;
    EXPECT_THAT(*place, HasSubstr("未经评委会确认")) << which;
    EXPECT_THAT(*place, HasSubstr("主任委员1")) << which << ": who signed it";
  }
  for (auto const* const kind : {"key_change", "sign_out", "recuse", "check", "override", "contested", "paper"}) {
    EXPECT_THAT(shown.json, HasSubstr("\"kind\":\"" + std::string(kind) + "\""));
  }
  // Beside the figures themselves, and not in the list alone.
  auto const rows = verifier::result_rows(shown.audit);
  EXPECT_THAT(rows.at(0).back(), HasSubstr("待复核表决"));
  EXPECT_THAT(rows.at(1).back(), HasSubstr("未经评委会确认"));
}

// Nor can it be taken out afterwards: whoever makes a record without the entry, or with a row that looks decided, has
// no record.
TEST(Log, Attack13_WhatWasDoneCanNotBeTakenOut) {
  Bent hall;
  auto const head = hall.record.tree().root();
  std::vector<EntryType> const marks = {EntryType::kKeyChange,     EntryType::kSignOut,  EntryType::kRecuse,
                                        EntryType::kEnvelopeSpoil, EntryType::kOverride, EntryType::kPaperTally};
  for (auto const type : marks) {
    auto const file = hall.record_file([&](std::vector<RecordItem>& items) {
      std::erase_if(items, [&](RecordItem const& item) {
        auto const* const bytes = std::get_if<Bytes>(&item);
        return bytes != nullptr && must(decode_entry(*bytes)).type() == type;
      });
    });
    std::istringstream audited(file);
    EXPECT_FALSE(verifier::audit(audited, head, {}).verified()) << name(type);
    std::istringstream in(file);
    EXPECT_FALSE(office::read_meeting(in, head, 1)) << name(type) << ": no papers of it";
  }
  // A declaration of the office that calls the contested row passed, or not passed.
  Hall again({.experts = 7});
  again.lose_ballots_of(1);
  again.run_batch(1, again.votes(1, 5, 2), Stage::kBox);
  again.confirm_all_but({1});
  must(again.override_people({{1, false}}));
  again.continue_batch({}, Stage::kConfirmed, Stage::kCounted);
  auto const honest = must(again.record.draft_declaration());
  for (bool const passed : {false, true}) {
    auto body = honest;
    body.rows.at(1).contested = false;
    body.rows.at(1).passed = passed;
    EXPECT_STOPPED(again, kThresholdRule, again.submit(body, again.office()));
  }
}

// The positive control: of a meeting in which nobody did anything to anybody, each paper says just that.
TEST(Log, Attack13_ARecordWithoutAnySaysSo) {
  Hall hall;
  hall.run_batch(1, hall.votes(1, 5, 0));
  must(hall.close_meeting());
  Shown const shown(hall.record_file(), hall.record.tree().root());
  ASSERT_TRUE(shown.audit.verified());
  EXPECT_TRUE(shown.audit.changes.empty());
  for (auto const* const place : {&shown.report, &shown.minutes, &shown.table}) {
    EXPECT_THAT(*place, HasSubstr("没有人改动他人"));
    EXPECT_THAT(*place, Not(HasSubstr("待复核表决")));
    EXPECT_THAT(*place, Not(HasSubstr("未经评委会确认")));
  }
}

}  // namespace
}  // namespace piaojue::attack
