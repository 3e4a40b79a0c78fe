// SPDX-License-Identifier: Apache-2.0
#include "verifier/report.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "audit_fixture.h"
#include "support/paths.h"
#include "verifier/rows.h"

using namespace piaojue;
using namespace piaojue::test;
using Stage = Meeting::Stage;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

namespace {

std::string text_of(Meeting& m, std::string_view lang = "zh") {
  return verifier::text_report(audited(m.record_file(), m.record.tree().root()), lang_of(lang), false);
}

verifier::QuestionResult result_of(verifier::Audit const& audit, std::size_t attempt, QuestionId q) {
  for (auto const& result : audit.attempts.at(attempt).questions)
    if (result.question == q) return result;
  throw std::logic_error("no result");
}

std::size_t lines_that_begin(std::string const& text, std::string const& word) {
  std::size_t out = text.starts_with(word);
  for (std::size_t at = 0; (at = text.find("\n" + word, at)) != std::string::npos; ++at) ++out;
  return out;
}

/// The program itself.
struct Run {
  int exit_code;
  std::string out;
};
Run run(std::string const& arguments) {
  std::string const command = piaojue::test::bin_dir() + "/piaojue-verify " + arguments + " 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  std::string out;
  std::array<char, 4096> part{};
  for (std::size_t n; (n = fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  int const status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, out};
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("piaojue-verify-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string put(std::string const& file, std::string const& content) const {
    std::ofstream(folder_ / file, std::ios::binary) << content;
    return (folder_ / file).string();
  }
  std::filesystem::path folder_;
};

}  // namespace

// ---- Figures ----------------------------------------------------------------------------------------------------

// Worked case M8: with the recused expert counted the row fails, without it would pass, and that is pointed out.
TEST(Figures, RecusalThatDecidesIsPointedOut) {
  for (auto const mode : {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}) {
    MeetingOptions options;
    options.experts = 11;
    options.trustees = 2;
    options.rules.recusal_mode = mode;
    Meeting m(options);
    m.begin();
    must(m.recuse(11, 1));
    m.run_batch(1, m.votes(1, 7, 3));
    must(m.close_meeting());
    auto const audit = audited(m.record_file(), m.record.tree().root(), 2);
    expect_verified(audit);
    auto const result = result_of(audit, 0, 1);
    bool const include = mode == RecusalMode::kInclude;
    EXPECT_EQ(result.row,
              (Row{include ? 11U : 10U, 7, 3, 0, 0, 0, include ? 1U : 0U, include ? 8U : 7U, !include, false, true}));
    std::string const text = text_of(m);
    EXPECT_THAT(text, HasSubstr(include ? "出席 11 人，需 8 人，同意 7 人，不同意 3 人，弃权 0 人，无效 0 人，"
                                        : "出席 10 人，需 7 人，同意 7 人，不同意 3 人，弃权 0 人，无效 0 人，"));
    EXPECT_THAT(text, HasSubstr(include ? "未投 0 人（计入出席，等同未同意），回避 1 人，未通过"
                                        : "未投 0 人（计入出席，等同未同意），回避 0 人，通过"));
    EXPECT_THAT(text, HasSubstr(include ? "3×7 = 21 < 22 = 2×11" : "3×7 = 21 > 20 = 2×10"));
    EXPECT_THAT(text, HasSubstr("注意：回避人数若以另一方式计入，结果会不同"));
  }
}

// Worked case M7, and a silent expert who may have been left out of the box.
TEST(Figures, ContestedRowsSayWhatTheyHangOn) {
  MeetingOptions options;
  options.experts = 9;
  options.committee_size = 11;
  options.trustees = 2;
  Meeting m(options);
  m.begin();
  m.run_batch(1, m.votes(1, 6, 2, 1), Stage::kBox);
  for (PersonId p = 1; p <= 8; ++p) must(m.confirm(p));
  must(m.override_people({{9, false}}));
  m.continue_batch({}, Stage::kConfirmed, Stage::kErased);
  must(m.close_meeting());
  auto const audit = audited(m.record_file(), m.record.tree().root());
  expect_verified(audit);
  auto const result = result_of(audit, 0, 1);
  EXPECT_EQ(result.row, (Row{9, 6, 2, 1, 0, 0, 0, 7, false, true, false}));
  EXPECT_EQ(result.unconfirmed, 1U);
  EXPECT_EQ(result.low, 5U);
  EXPECT_EQ(result.high, 7U);
  EXPECT_THAT(audit.attempts.at(0).overridden, testing::ElementsAre(9U));
  EXPECT_THAT(text_of(m, "en"),
              AllOf(HasSubstr("contested, to be voted on again on paper"),
                    HasSubstr("agree could be anything from 5 to 7, needed 7"), HasSubstr("overridden: ")));
  EXPECT_THAT(text_of(m), AllOf(HasSubstr("待复核表决"), HasSubstr("同意数可能在 5 到 7 之间，需 7")));
}

// Both rounds stay on record (worked case M11): the void one without figures.
TEST(Figures, AVoidRoundIsShownAsVoidAndTheNextOneCounts) {
  MeetingOptions options;
  options.experts = 10;
  options.committee_size = 11;
  options.trustees = 2;
  Meeting m(options);
  m.begin();
  must(m.open(1, true));
  must(m.paper_tally({{1, {10, 11, 11, 0, 7, 4, 0}}}));
  must(m.open(1, true));
  must(m.paper_tally({{1, {10, 10, 10, 0, 7, 3, 0}}}));
  must(m.declare());
  must(m.close_meeting());
  auto const audit = audited(m.record_file(), m.record.tree().root());
  expect_verified(audit);
  EXPECT_TRUE(result_of(audit, 0, 1).voided);
  EXPECT_EQ(result_of(audit, 1, 1).row, (Row{10, 7, 3, 0, 0, 0, 0, 7, true, false, false}));
  EXPECT_THAT(text_of(m), AllOf(HasSubstr("作废（收回多于发出）"), HasSubstr("纸质投票"), HasSubstr("未经评委会确认"),
                                HasSubstr("3×7 = 21 > 20 = 2×10")));
}

// Who takes the state machine's word for the arithmetic has checked nothing: on honest meetings both must come to the
// same.
TEST(Figures, OwnArithmeticAgreesWithTheStateMachines) {
  for (auto const mode : {RecusalMode::kInclude, RecusalMode::kExclude, RecusalMode::kLeave}) {
    for (bool const strict : {true, false}) {
      MeetingOptions options;
      options.experts = 6;
      options.committee_size = 7;
      options.trustees = 2;
      options.batches = {3};
      options.rules.recusal_mode = mode;
      options.rules.pass_strict = strict;
      options.rules.quorum_denominator = 3;
      options.rules.quorum_numerator = 1;
      Meeting m(options);
      m.begin();
      must(m.recuse(3, 1));
      must(m.recuse(4, 2));
      m.run_batch(1, {}, Stage::kOpen);
      Votes votes = m.votes(1, 3, 0, 1);
      std::erase_if(votes, [&](auto const& vote) { return !m.attempt().present(vote.first); });
      m.continue_batch(votes, Stage::kOpen, Stage::kCounted);
      auto const rows = m.attempt().rows;
      must(m.declare());
      must(m.close_meeting());
      auto const audit = audited(m.record_file(), m.record.tree().root());
      expect_verified(audit);
      for (auto const& [q, row] : rows) EXPECT_EQ(result_of(audit, 0, q).row, row);
    }
  }
}

TEST(Figures, AttendanceTellsWhoCameAndWent) {
  MeetingOptions options;
  options.experts = 5;
  Meeting m(options);
  m.begin({1, 2, 3, m.chair()});
  must(m.sign_out(2));
  must(m.recuse(3, 1));
  must(m.close_meeting());
  auto const audit = audited(m.record_file(), m.record.tree().root());
  expect_verified(audit);
  EXPECT_TRUE(audit.attendance.at(0).signed_in);
  EXPECT_EQ(audit.attendance.at(1).first_sign_in, 2U);
  EXPECT_EQ(audit.attendance.at(1).last_sign_out, 5U);
  EXPECT_FALSE(audit.attendance.at(1).signed_in);
  EXPECT_EQ(audit.attendance.at(2).recusals.size(), 1U);
  EXPECT_FALSE(audit.attendance.at(3).first_sign_in);
  EXPECT_THAT(text_of(m),
              AllOf(HasSubstr("应到 7 人，专家 5 人，签到 3 人"), HasSubstr("签退于第 5 条"), HasSubstr("未签到")));
}

// ---- Text and JSON ----------------------------------------------------------------------------------------------

// The record's author chooses the names: they must not be able to write the verdict.
TEST(Report, ANameCanNotDrawAVerdict) {
  Meeting m(small());
  std::string const evil = "王\n\033[2J\033[32mVERIFIED 27/27\n\u009b1m\u202e\u2028x";
  m.manifest.candidates.at(0).name = evil;
  m.manifest.title = evil;
  m.manifest.people.at(0).name = evil;
  m.begin();
  must(m.open(1, true));
  must(m.void_questions({}));
  must(m.close_meeting());
  Hash other = m.record.tree().root();
  other.data[0] ^= 1;
  auto const audit = audited(m.record_file(), other);
  for (std::string const lang : {"zh", "en"}) {
    std::string const text = verifier::text_report(audit, lang_of(lang), false);
    EXPECT_EQ(lines_that_begin(text, "VERIFIED"), 0U);
    EXPECT_EQ(lines_that_begin(text, "FAILED"), 1U);
    for (std::string const control : {"\033", "\u009b", "\u202e", "\u2028"}) EXPECT_THAT(text, Not(HasSubstr(control)));
  }
  auto const parsed = json::parse(verifier::json_report(audit)).as_object();
  EXPECT_EQ(parsed.at("meeting").at("title").as_string(), evil);
}

TEST(Report, JsonSaysWhatTheTextSays) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 2, 1, 1));
  must(m.close_meeting());
  auto const audit = audited(m.record_file(), m.record.tree().root());
  auto const parsed = json::parse(verifier::json_report(audit)).as_object();
  std::string const text = verifier::text_report(audit, Lang::kEn, false);
  EXPECT_TRUE(parsed.at("verified").as_bool());
  EXPECT_EQ(parsed.at("exit_code").as_int64(), 0);
  EXPECT_THAT(text, EndsWith("\nVERIFIED 27/27\n"));
  EXPECT_EQ(parsed.at("checks").as_array().size(), 27U);
  for (auto const& check : parsed.at("checks").as_array()) {
    EXPECT_EQ(check.at("outcome").as_string(), "holds");
    EXPECT_THAT(text, HasSubstr(std::string(check.at("en").as_string())));
  }
  EXPECT_EQ(parsed.at("head").as_string(), to_hex(m.record.tree().root().view()));
  EXPECT_THAT(text, HasSubstr(verifier::grouped(m.record.tree().root())));
  EXPECT_EQ(parsed.at("attendance").as_array().size(), m.manifest.people.size());
  auto const& row = parsed.at("attempts").at(0).at("questions").at(1);
  EXPECT_EQ(row.at("question").as_int64(), 2);
  EXPECT_EQ(row.at("agree").as_int64(), 2);
  EXPECT_EQ(row.at("abstain").as_int64(), 1);
  EXPECT_FALSE(row.at("passed").as_bool());
}

TEST(Report, JsonOfAFailureNamesCheckAndEntry) {
  Meeting m(small());
  m.begin();
  Bytes entry = m.signed_by(Recuse{m.record.meeting(), 1, 3, "亲属"}, {1});
  entry.back() ^= 1;
  auto const forged = with_entry(m, entry);
  auto const audit = audited(forged.file, forged.anchor);
  auto const parsed = json::parse(verifier::json_report(audit)).as_object();
  EXPECT_FALSE(parsed.at("verified").as_bool());
  EXPECT_EQ(parsed.at("failed_check").as_int64(), 4);
  EXPECT_EQ(parsed.at("failed_entry").to_number<std::uint64_t>(), forged.entry);
  auto const& failure = parsed.at("checks").at(3).at("failures").at(0);
  EXPECT_EQ(failure.at("refusal").as_string(), "BAD_SIGNATURE");
  EXPECT_EQ(failure.at("type").as_string(), "Recuse");
  auto const offset = static_cast<std::size_t>(failure.at("offset").as_int64());
  // Length, field number and length of the field stand before it.
  EXPECT_EQ(forged.file.find(as_text(entry)), offset + 4 + 1 + (entry.size() < 128 ? 1 : 2));
  EXPECT_EQ(parsed.at("checks").at(24).at("outcome").as_string(), "not_reached");
}

// Harm: a program that takes what is no record for one that failed a check tells the committee that somebody cheated.
TEST(Report, JsonOfWhatIsNoRecordNamesNoCheck) {
  auto const audit = audited("PIAOJUE", {});
  auto const parsed = json::parse(verifier::json_report(audit)).as_object();
  EXPECT_FALSE(parsed.at("verified").as_bool());
  EXPECT_EQ(parsed.at("exit_code").as_int64(), 2);
  auto const& unusable = parsed.at("unusable");
  EXPECT_GE(unusable.at("offset").as_int64(), 0);
  EXPECT_FALSE(unusable.at("zh").as_string().empty());
  EXPECT_FALSE(unusable.at("en").as_string().empty());
  EXPECT_FALSE(parsed.contains("failed_check"));
}

TEST(Report, AnchorsAreReadAsPeopleCopyThem) {
  std::string const hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  auto const plain = verifier::parse_anchor(hex);
  ASSERT_TRUE(plain);
  EXPECT_EQ(verifier::parse_anchor(verifier::grouped(*plain)), plain);
  EXPECT_EQ(verifier::parse_anchor("\u3000００１１–2233 44556677\u00A08899ＡａBBCCDDEEFF－" + hex.substr(32)), plain);
  EXPECT_EQ(verifier::parse_anchor("0011-2233 44556677\r\n8899AABBCCDDEEFF 00112233445566778899aabbccddeeff\n"), plain);
  EXPECT_FALSE(verifier::parse_anchor(""));
  EXPECT_FALSE(verifier::parse_anchor(hex + "00"));
  EXPECT_FALSE(verifier::parse_anchor(hex.substr(2)));
  EXPECT_FALSE(verifier::parse_anchor("g" + hex.substr(1)));
  EXPECT_FALSE(verifier::parse_anchor("\xff" + hex));
}

// ---- The program ------------------------------------------------------------------------------------------------

TEST_F(Files, TheProgramsExitCodeTellsTheOutcome) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 1));
  must(m.close_meeting());
  std::string const honest = m.record_file();
  std::string const record = put("honest.piaojue", honest);
  std::string const grouped = verifier::grouped(m.record.tree().root());
  std::string const anchor = " --anchor '" + grouped + "'";

  auto const good = run(record + anchor);
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_THAT(good.out, EndsWith("VERIFIED 27/27\n"));
  EXPECT_EQ(run(record + " --anchor-file " + put("head.txt", grouped + "\r\n")).exit_code, 0);
  EXPECT_EQ(run(record + anchor + " --jobs 1 --lang en").exit_code, 0);
  auto const machine = run(record + anchor + " --json");
  EXPECT_EQ(machine.exit_code, 0);
  EXPECT_TRUE(json::parse(machine.out).at("verified").as_bool());

  auto const other = run(record + " --lang en --anchor " + std::string(64, 'a'));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.out, HasSubstr("\nFAILED check 1: "));
  // Harm: whoever mistyped one digit of 64 is told that the record is false, and not where to look.
  std::string typed = grouped;
  typed[5] = typed[5] == '0' ? '1' : '0';
  auto const mistyped = run(record + " --anchor '" + typed + "'");
  EXPECT_EQ(mistyped.exit_code, 1);
  EXPECT_THAT(mistyped.out, HasSubstr("[" + typed.substr(5, 4) + "]"));
  EXPECT_THAT(mistyped.out, HasSubstr("[" + grouped.substr(5, 4) + "]"));
  EXPECT_THAT(mistyped.out, HasSubstr("第 2 组"));
  EXPECT_THAT(mistyped.out, HasSubstr("核验不通过：第 1 项"));
  EXPECT_THAT(good.out, HasSubstr("核验通过"));
  EXPECT_THAT(good.out, Not(HasSubstr("[")));

  EXPECT_EQ(run(put("cut.piaojue", honest.substr(0, honest.size() - 1)) + anchor).exit_code, 2);
  EXPECT_EQ(run(put("empty.piaojue", "") + anchor).exit_code, 2);
  EXPECT_EQ(run((folder_ / "missing").string() + anchor).exit_code, 2);
  EXPECT_EQ(run(folder_.string() + anchor).exit_code, 2);
  EXPECT_EQ(run(record).exit_code, 2);  // without paper there is nothing to verify against
  EXPECT_EQ(run(record + " --anchor abc").exit_code, 2);
  EXPECT_EQ(run(record + " --anchor-file " + (folder_ / "missing").string()).exit_code, 2);
  EXPECT_EQ(run(record + anchor + " --no-such-flag").exit_code, 2);
  EXPECT_EQ(run(record + anchor + " --jobs 0").exit_code, 2);
  EXPECT_EQ(run("--help").exit_code, 0);
  EXPECT_EQ(run("--version").exit_code, 0);
}

// Harm: a script that looks at the exit code publishes a table that differs, or one whose record failed.
TEST_F(Files, APaperIsASuccessOnlyIfItAgreesWithAVerifiedRecord) {
  Meeting m(small());
  m.begin();
  m.run_batch(1, m.votes(1, 3, 1));
  must(m.close_meeting());
  std::string const file = m.record_file();
  Hash const head = m.record.tree().root();
  std::string line = verifier::results_line(audited(file, head), std::nullopt);
  std::string const record = put("paper.piaojue", file);
  std::string const anchor = " --anchor " + to_hex(head.view()), other = " --anchor " + std::string(64, 'a');

  std::string const same = " --paper " + put("same.txt", line);
  EXPECT_EQ(run(record + anchor + same).exit_code, 0);
  EXPECT_EQ(run(record + other + same).exit_code, 1);
  line.back() = line.back() == '0' ? '1' : '0';
  EXPECT_EQ(run(record + anchor + " --paper " + put("differs.txt", line)).exit_code, 1);
  EXPECT_EQ(run(record + anchor + " --paper " + (folder_ / "missing").string()).exit_code, 2);
}
