// SPDX-License-Identifier: Apache-2.0
// Papers say what the auditor found and nothing else; a paper that says something else is found.
#include "office/papers/papers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "office/papers/frame.h"
#include "office/papers/words.h"
#include "sheets/sheet.h"
#include "sheets/sheet_writer.h"
#include "support/meeting_fixture.h"
#include "verifier/paper.h"
#include "verifier/report.h"

using namespace piaojue;
using namespace piaojue::office;
using verifier::kPaperBytesMax;
using verifier::result_rows;
using verifier::results_line;

namespace {

struct Made {
  std::string file;
  crypto::Hash anchor;
};

Made const& meeting_made() {
  static Made const made = [] {
    piaojue::init();
    test::Meeting m({.experts = 5, .batches = {2, 1}, .exceptional = {3}, .rehearsal = true});
    m.manifest.candidates[0].name = "<script>alert(1)</script>";
    m.manifest.candidates[1].name = "=cmd()|'/c calc'!A1";
    m.manifest.candidates[1].employer = "甲&乙\"公司\"";
    m.manifest.candidates[2].name = "买合木提·𬭎㛃䶮";
    for (auto& candidate : m.manifest.candidates) candidate.level = "副高级";
    m.begin();
    test::must(m.recuse(5, 2));
    m.run_batch(1, m.votes(1, 4, 1));
    test::must(m.interview(3));
    m.run_batch(2, m.votes(2, 3, 1, 1));
    test::must(m.close_meeting());
    return Made{m.record_file(), m.record.tree().root()};
  }();
  return made;
}

MeetingRecord const& record() {
  static MeetingRecord const out = [] {
    std::istringstream in(meeting_made().file);
    auto read = read_meeting(in, meeting_made().anchor, 1);
    EXPECT_TRUE(read) << read.error().in(Lang::kZh);
    return std::move(*read);
  }();
  return out;
}
LedgerHead const kLedger{crypto::sha256({as_bytes("账本")}), 12};
std::vector<Paper> const& papers() {
  static std::vector<Paper> const out = [] {
    auto made = make_papers(record(), kLedger);
    EXPECT_TRUE(made) << made.error().in(Lang::kZh);
    return std::move(*made);
  }();
  return out;
}
Paper const& table() { return papers().at(3); }

Bytes of(std::string const& text) { return to_bytes(as_bytes(text)); }
std::string replaced(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

}  // namespace

// Harm: papers, signed and stamped, of a result that nobody voted.
TEST(Papers, NoneFromARecordThatIsNotVerified) {
  std::istringstream other(meeting_made().file);
  auto const wrong_anchor = read_meeting(other, kLedger.head, 1);
  ASSERT_FALSE(wrong_anchor);
  EXPECT_THAT(wrong_anchor.error().in(Lang::kZh), testing::HasSubstr("第 1 项检查"));
  std::string altered = meeting_made().file;
  altered[altered.size() / 2] ^= 1;
  std::istringstream in(altered);
  EXPECT_FALSE(read_meeting(in, meeting_made().anchor, 1));
  std::istringstream cut(meeting_made().file.substr(0, 1000));
  EXPECT_FALSE(read_meeting(cut, meeting_made().anchor, 1));
  EXPECT_FALSE(make_papers(MeetingRecord{}, kLedger));
}

TEST(Papers, EveryNumberIsTheAuditors) {
  auto const rows = result_rows(record().audit);
  ASSERT_EQ(rows.size(), 3U);
  std::size_t compared = 0;
  for (auto const& attempt : record().audit.attempts)
    for (auto const& question : attempt.questions) {
      auto const& row = rows.at(question.question - 1);
      auto const& r = question.row;
      EXPECT_EQ(
          (std::vector<std::string>(row.begin() + 4, row.begin() + 12)),
          (std::vector<std::string>{std::to_string(r.present), std::to_string(r.agree), std::to_string(r.disagree),
                                    std::to_string(r.abstain), std::to_string(r.invalid), std::to_string(r.not_cast),
                                    std::to_string(r.recused), std::to_string(r.needed)}));
      EXPECT_EQ(row[12] == "通过", r.passed);
      ++compared;
    }
  EXPECT_EQ(compared, 3U);
  // The sheet and the page hold these rows: nothing differs.
  auto const sheet = compare_paper(record().audit, table().xlsx);
  ASSERT_TRUE(sheet) << sheet.error().in(Lang::kZh);
  EXPECT_EQ(sheet->rows, 3U);
  EXPECT_THAT(sheet->differences, testing::IsEmpty());
  auto const page = compare_paper(record().audit, of(table().html));
  ASSERT_TRUE(page) << page.error().in(Lang::kZh);
  EXPECT_EQ(page->rows, 3U);
  EXPECT_THAT(page->differences, testing::IsEmpty());
  EXPECT_EQ(page->other->head, kLedger.head);
}

// Harm: a sheet whose head was translated, or is empty, does not agree with the record that it was made from.
TEST(Papers, TheHeadOfASheetIsKnownByItsPlaceAlone) {
  auto const book = sheets::read_workbook(table().xlsx);
  ASSERT_TRUE(book);
  sheets::OutSheet again{.name = "1", .rows = {}};
  for (auto const& row : book->sheets.front().rows) {
    again.rows.resize(row.number);
    again.rows.back().assign(row.cells.begin(), row.cells.end());
  }
  again.rows.front().assign(again.rows.front().size(), "No.");
  auto const bytes = sheets::write_xlsx(std::span(&again, 1));
  ASSERT_TRUE(bytes);
  auto const checked = compare_paper(record().audit, *bytes);
  ASSERT_TRUE(checked) << checked.error().in(Lang::kZh);
  EXPECT_THAT(checked->differences, testing::IsEmpty());
  EXPECT_EQ(checked->rows, 3U);
}

// Harm: one vote more in the table that is signed and filed.
TEST(Papers, AChangedNumberOrHeadIsFound) {
  auto const& audit = record().audit;
  auto const rows = result_rows(audit);
  std::string typed;
  for (auto const& row : rows) {
    typed += row[0];
    for (std::size_t i = 4; i < row.size(); ++i) typed += " " + row[i];
    typed += "\n";
  }
  std::string const line = results_line(audit, kLedger);
  EXPECT_THAT(compare_paper(audit, of(line + "\n" + typed))->differences, testing::IsEmpty());
  EXPECT_EQ(compare_paper(audit, of(line))->rows, 0U);
  EXPECT_EQ(compare_paper(audit, of(replaced(typed, "1 5 4 1", "1 5 5 0")))->differences.size(), 2U);
  EXPECT_EQ(compare_paper(audit, of(typed.substr(0, typed.find('\n'))))->differences.size(), 2U);
  EXPECT_FALSE(compare_paper(audit, of(typed + typed))->differences.empty());
  for (std::size_t at : {line.find("RESULTS") + 10, line.size() - 3}) {
    std::string other = line;
    other[at] = other[at] == '0' ? '1' : '0';
    EXPECT_FALSE(compare_paper(audit, of(other))->differences.empty()) << other;
  }
  EXPECT_FALSE(compare_paper(audit, of(replaced(table().html, "<td class=\"n\">4</td>", "<td class=\"n\">5</td>")))
                   ->differences.empty());
  for (Bytes const& junk : {Bytes{}, of("\n\n"), of("<!doctype html>"), Bytes{0xFF, 0xFE}, of("PK\x03\x04 no archive"),
                            Bytes(kPaperBytesMax + 1, 'a')})
    EXPECT_FALSE(compare_paper(audit, junk));
}

// Harm: a name that runs in the clerk's browser, or in the reader's spreadsheet.
TEST(Papers, HostileNamesStayText) {
  for (Paper const& paper : papers()) {
    EXPECT_EQ(paper.html.find("<script"), std::string::npos) << paper.name;
    EXPECT_EQ(paper.html.find("乙\"公司"), std::string::npos) << paper.name;
    if (paper.xlsx.empty()) continue;
    auto const book = sheets::read_workbook(paper.xlsx);
    ASSERT_TRUE(book.has_value()) << paper.name;
    for (auto const& row : book->sheets.at(0).rows)
      EXPECT_EQ(std::ranges::count(row.marks, sheets::CellMark::kFormula), 0) << paper.name;
  }
  EXPECT_NE(table().html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(table().html.find("买合木提·𬭎㛃䶮"), std::string::npos);
}

TEST(Papers, EachHasBothHeadsAndSaysThatItIsARehearsal) {
  std::string const record_head = to_hex(record().audit.head.view());
  std::string const ledger_head = to_hex(kLedger.head.view());
  ASSERT_EQ(papers().size(), 8U);
  for (Paper const& paper : papers()) {
    for (std::string const& head : {record_head, ledger_head}) {
      EXPECT_NE(paper.html.find(head.substr(0, 4) + " " + head.substr(4, 4) + " " + head.substr(8, 4)),
                std::string::npos);
    }
    EXPECT_NE(paper.html.find("class=\"mark\">演练<"), std::string::npos) << paper.name;
    EXPECT_NE(paper.html.find("data:image/svg+xml;base64,"), std::string::npos) << paper.name;
  }
}

// Harm: votes on the public list.
TEST(Papers, ThePublicListHoldsPassersAndNoVotes) {
  auto const book = sheets::read_workbook(papers().at(5).xlsx);
  ASSERT_TRUE(book.has_value());
  auto const& rows = book->sheets.at(0).rows;
  EXPECT_EQ(rows.at(0).cells, (std::vector<std::string>{"序号", "姓名", "单位", "申报职称", "渠道"}));
  auto const results = result_rows(record().audit);
  auto const passed = std::ranges::count(results, "通过", [](auto const& row) { return row[12]; });
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(passed) + 2);  // the heading, and the line of the QR code
}

// Harm: who objects finds neither a day, a telephone nor a door; or somebody who withdrew hangs on the wall.
TEST(Papers, ThePublicListSaysUntilWhenAndWhereToObject) {
  auto const passers = passed(record().audit);
  ASSERT_FALSE(passers.empty());
  auto const& who = record().audit.manifest->candidates.at(passers.front() - 1);
  auto const bare = public_list(record(), kLedger);
  ASSERT_TRUE(bare);
  EXPECT_THAT(bare->html, testing::HasSubstr("年　　月　　日"));
  EXPECT_THAT(bare->html, testing::HasSubstr("通过规则"));
  OfficeFacts facts{
      sheets::parse_day("2026-11-24"), sheets::parse_day("2026-12-01"), "0532-00000000", "管委 305 室", {}, {}};
  auto const posted = public_list(record(), kLedger, facts);
  ASSERT_TRUE(posted);
  for (char const* const text : {"2026-11-24 至 2026-12-01", "0532-00000000", "管委 305 室"})
    EXPECT_THAT(posted->html, testing::HasSubstr(text));
  EXPECT_THAT(posted->html, testing::HasSubstr("<td>高级工程师</td>"));
  facts.withdrawn = {passers.front()};
  for (auto const& paper : {public_list(record(), kLedger, facts), filing_paper(record(), kLedger, facts)}) {
    ASSERT_TRUE(paper);
    EXPECT_THAT(paper->html, testing::Not(testing::HasSubstr("<td>" + escaped(who.name) + "</td>")));
  }
}

// Harm: what hangs on the wall states another rule than the law, or in signs that people argue about.
TEST(Papers, TheRuleStandsInTheWordsOfTheLaw) {
  for (std::size_t const at : {std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{5}, std::size_t{7}})
    EXPECT_THAT(papers().at(at).html, testing::HasSubstr("获得出席评审专家三分之二（不含）以上同意票数")) << at;
  meeting::Rules rules = record().audit.manifest->rules;
  rules.pass_strict = false;
  rules.pass_numerator = 11;
  rules.pass_denominator = 20;
  rules.quorum_numerator = rules.quorum_denominator = 1;
  EXPECT_THAT(said(rule_sentence(rules)), testing::HasSubstr("20分之11（含）以上同意票数"));
  EXPECT_THAT(said(rule_sentence(rules)), testing::HasSubstr("应到人数的全部"));
}

// Harm: whoever asks when somebody came is told a number of the record; or a time that one wrong clock made.
TEST(Papers, TimesOfAttendanceAreTimes) {
  auto const& audit = record().audit;
  auto const came = audit.attendance.front().first_sign_in;
  ASSERT_TRUE(came);
  auto const by = audit.there_by(*came);
  ASSERT_TRUE(by);
  // 2027-01-15, of the fixture: another day than the meeting's.
  EXPECT_THAT(papers().at(0).html, testing::HasSubstr("不晚于 2027-01-15 16:"));
  EXPECT_EQ(clock_text(*by, "2027-01-15").substr(0, 3), "16:");
  EXPECT_EQ(clock_text(1'800'000'000, ""), "2027-01-15 16:00");
  verifier::Audit of;
  of.cosigned_at = {{5, 2000}, {9, 1000}, {20, 3000}};
  EXPECT_EQ(of.there_by(4), 1000U);  // a later checkpoint covers it as well
  EXPECT_EQ(of.there_by(5), 1000U);
  EXPECT_EQ(of.there_by(9), 3000U);
  EXPECT_FALSE(of.there_by(20));
  MeetingRecord none{record().audit, {}};
  none.audit.cosigned_at.clear();
  auto const paper = attendance_paper(none, kLedger);
  ASSERT_TRUE(paper);
  EXPECT_THAT(paper->html, testing::HasSubstr("无时刻（第 " + std::to_string(*came) + " 条）"));
}

// Harm: an expert who was there finds no line to sign on, or signs a result that is not the record's.
TEST(Papers, EveryExpertPresentSignsTheResultsOfThisRecord) {
  Paper const& paper = papers().at(7);
  EXPECT_EQ(paper.name, "10-表决结果签字表");
  std::string const head = verifier::grouped(record().audit.head);
  EXPECT_THAT(paper.html, testing::HasSubstr(escaped(head) + "</p>"));
  auto const lines = paper.html.substr(paper.html.find("id=\"signatures\""));
  std::size_t experts = 0;
  for (auto const& line : record().audit.attendance) {
    auto const& who = record().audit.manifest->people.at(line.person - 1);
    bool const signs = (who.roles & meeting::kExpert) != 0 && line.first_sign_in;
    EXPECT_EQ(lines.find("<td>" + escaped(who.name) + "</td>") != std::string::npos, signs) << who.name;
    experts += signs ? 1 : 0;
  }
  EXPECT_EQ(experts, 5U);
  // Four of five agree: 3×4 against 2×5, and it must be more.
  EXPECT_THAT(paper.html, testing::HasSubstr("3×4 = 12 &gt; 10 = 2×5，须大于"));
  for (auto const& row : result_rows(record().audit))
    EXPECT_THAT(paper.html, testing::HasSubstr("<td>" + escaped(row[1]) + "</td>")) << row[1];
}

// Harm: paper ballots that can be told apart, have a place for a name, or other numbers than the meeting.
TEST(Papers, BallotsOfPaperAreNamelessAndNumberedAsTheMeetingIs) {
  BallotPapers of;
  of.meeting = "职称评审会议";
  of.date = "2026-11-26";
  of.candidates = record().audit.manifest->candidates;
  of.batches = {{"副高级 正常", {2, 3}}, {"副高级 破格", {1}}};
  OfficeHeading const heading{"评审办公室", *sheets::parse_day("2026-11-20"), kLedger};
  auto const made = ballot_papers(heading, of);
  ASSERT_TRUE(made) << made.error().in(Lang::kZh);
  ASSERT_EQ(made->size(), 2U);
  std::string const& first = made->front().html;
  for (char const* const word :
       {"职称评审会议", "2026-11-26", "副高级 正常", "第 2 号", "第 3 号", "只选一项", "请勿写姓名"})
    EXPECT_THAT(first, testing::HasSubstr(word));
  EXPECT_THAT(first, testing::Not(testing::HasSubstr("第 1 号")));
  EXPECT_THAT(first, testing::Not(testing::HasSubstr("签字")));
  auto const boxes = [](std::string const& html) {
    std::size_t out = 0;
    for (auto at = html.find("□"); at != std::string::npos; at = html.find("□", at + 1)) ++out;
    return out;
  };
  EXPECT_EQ(boxes(first), 6U);
  // One page for all: two prints differ in nothing.
  EXPECT_EQ(ballot_papers(heading, of)->front().html, first);
  of.abstaining = false;
  of.date.clear();
  auto const without = ballot_papers(heading, of)->front().html;
  EXPECT_EQ(boxes(without), 4U);
  EXPECT_THAT(without, testing::Not(testing::HasSubstr("弃权")));
  EXPECT_THAT(without, testing::HasSubstr("年　　月　　日"));
}

// Harm: identity numbers on a paper that nobody asked them for, or hung up.
TEST(Papers, IdentityNumbersStandOnTheHandOffListAloneAndWhereTheyWereAskedFor) {
  auto const passers = passed(record().audit);
  OfficeFacts const facts{{}, {}, {}, {}, {}, {{passers.front(), "370202199001011234"}}};
  auto const made = make_papers(record(), kLedger, facts);
  ASSERT_TRUE(made);
  for (Paper const& paper : *made) {
    bool const here = paper.html.find("370202199001011234") != std::string::npos;
    EXPECT_EQ(here, paper.name == made->at(6).name) << paper.name;
  }
  EXPECT_THAT(made->at(6).html, testing::HasSubstr("不得张贴"));
  EXPECT_THAT(papers().at(6).html, testing::Not(testing::HasSubstr("证件号码")));
}

// Harm: of two of one name the employer tells which was voted down, and somebody exchanges it on the table.
TEST(Papers, AChangedEmployerIsFound) {
  auto const& employer = record().audit.manifest->candidates.at(2).employer;
  EXPECT_THAT(table().html, testing::HasSubstr("<td>" + escaped(employer) + "</td>"));
  auto const row = table().html.find("买合木提");
  auto html = table().html;
  html.replace(html.find(escaped(employer), row), escaped(employer).size(), "另一公司");
  auto const checked = compare_paper(record().audit, of(html));
  ASSERT_EQ(checked->differences.size(), 1U);
  EXPECT_THAT(checked->differences[0].in(Lang::kZh), testing::HasSubstr("单位：纸上「另一公司」"));
  // A table as it was printed before there was that column is still one.
  auto const old = [&] {
    std::string out;
    for (auto const& cells : result_rows(record().audit)) {
      out += "<tr>";
      for (auto const& cell : cells) out += "<td>" + escaped(cell) + "</td>";
      out += "</tr>";
    }
    return "<!doctype html><tbody id=\"results\">" + out + "</tbody>";
  }();
  auto const of_before = compare_paper(record().audit, of(old));
  ASSERT_TRUE(of_before);
  EXPECT_EQ(of_before->rows, 3U);
  EXPECT_THAT(of_before->differences, testing::IsEmpty());
}

// Harm: a result that hangs on one silent laptop, or that two people counted, and reads like any other.
TEST(Papers, MarksAndChangesOfGuardsStandUnderEveryListOfResults) {
  test::Meeting m({.experts = 5, .batches = {1, 1}});
  m.begin();
  m.run_batch(1, m.votes(1, 3, 2), test::Meeting::Stage::kBox);
  for (meeting::PersonId const person : {1U, 2U, 3U, 4U}) test::must(m.confirm(person));
  test::must(m.override_people({{5, false}}));
  m.continue_batch({}, test::Meeting::Stage::kConfirmed, test::Meeting::Stage::kErased);
  test::must(m.open(2, true));
  test::must(m.paper_tally({{2, {5, 5, 5, 0, 5, 0, 0}}}));
  test::must(m.declare());
  test::must(m.close_meeting());
  std::istringstream in(m.record_file());
  auto const read = read_meeting(in, m.record.tree().root(), 1);
  ASSERT_TRUE(read) << read.error().in(Lang::kZh);
  auto const rows = result_rows(read->audit);
  EXPECT_EQ(rows.at(0)[12], "待复核表决");
  EXPECT_EQ(rows.at(1)[12], "通过（未经评委会确认）");
  EXPECT_EQ(passed(read->audit), (std::vector<meeting::QuestionId>{2}));
  auto const made = make_papers(*read, kLedger);
  ASSERT_TRUE(made) << made.error().in(Lang::kZh);
  for (Paper const& paper : {made->at(3), made->at(4)}) {
    EXPECT_THAT(paper.html, testing::HasSubstr("准予未核对即开票：评审专家5（未表示）")) << paper.name;
    EXPECT_THAT(paper.html, testing::HasSubstr("第 1 号申报人待复核表决")) << paper.name;
    EXPECT_THAT(paper.html, testing::HasSubstr("第 2 号申报人用纸质表决，未经评委会确认")) << paper.name;
    EXPECT_THAT(paper.html, testing::HasSubstr("签署（主任委员和监督人员）")) << paper.name;
  }
  EXPECT_THAT(made->at(4).html, testing::HasSubstr("待复核表决：第 1 号申报人1"));
  EXPECT_THAT(made->at(4).html, testing::HasSubstr("纸质（未经评委会确认）"));
  EXPECT_THAT(compare_paper(read->audit, made->at(3).xlsx)->differences, testing::IsEmpty());
  EXPECT_THAT(compare_paper(read->audit, of(made->at(3).html))->differences, testing::IsEmpty());
  // Where there were none the papers say so.
  for (std::size_t const i : {3U, 4U}) EXPECT_THAT(papers().at(i).html, testing::HasSubstr("没有人改动他人的密钥"));
}

// Harm: a certificate for one who was voted down, because a cell of a paper was worded, translated or reordered.
TEST(Papers, WhoPassedIsTheAuditorsAndIsReadFromNoPrintedCell) {
  std::vector<meeting::QuestionId> expected;
  for (auto const& attempt : record().audit.attempts)
    for (auto const& question : attempt.questions)
      if (question.row.passed) expected.push_back(question.question);
  EXPECT_EQ(passed(record().audit), expected);
  ASSERT_FALSE(expected.empty());
  // A void attempt decides nothing; of two that were declared the later one does.
  auto audit = record().audit;
  auto again = audit.attempts.front();
  for (auto& question : again.questions) question.row.passed = false;
  audit.attempts.push_back(again);
  auto const turned = passed(audit);
  for (auto const& question : again.questions)
    EXPECT_EQ(std::ranges::count(turned, question.question), 0) << question.question;
  for (auto& question : audit.attempts.back().questions) question.voided = true;
  EXPECT_EQ(passed(audit), expected);
  audit.attempts.back() = again;
  audit.attempts.back().declared = false;
  EXPECT_EQ(passed(audit), expected);
}
