// SPDX-License-Identifier: Apache-2.0
// Templates: what the office hands out must be what its own import reads.
#include "office/rules/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "office/rules/facts.h"
#include "office/rules/vocabulary.h"
#include "sheets/roster.h"
#include "sheets/table.h"

using namespace piaojue;
using namespace piaojue::office;
using namespace piaojue::sheets;
using testing::HasSubstr;

namespace {

Bytes written(Template which) {
  auto out = write_template(which);
  EXPECT_TRUE(out.has_value()) << out.error().in(Lang::kZh);
  return out ? *out : Bytes{};
}

/// The template with its example filled in as somebody's row.
std::string as_csv(Template which) {
  auto const book = read_workbook(written(which));
  std::string out;
  for (Row const& row : book->sheets.at(0).rows) {
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      std::string const cell = row.cells[c] == "示例" ? "1" : row.cells[c];
      out += (c == 0 ? "\"" : ",\"") + cell + "\"";
    }
    out += "\n";
  }
  return out;
}

std::vector<Field> fields(Template which) {
  return which == Template::kMembers      ? member_fields()
         : which == Template::kApplicants ? applicant_fields()
                                          : appraisal_fields();
}

}  // namespace

// Harm: a column of the template is not known by the import, and what everybody fills in is passed over.
TEST(Templates, EveryColumnIsReadAndTheExampleIsPassedOver) {
  for (Template const which : kTemplates) {
    auto const all = fields(which);
    Table table(written(which), all);
    Reading const& reading = table.reading();
    for (auto const& ignored : reading.ignored)
      EXPECT_THAT("序号 业绩摘要", HasSubstr(ignored.words)) << template_name(which);
    ASSERT_EQ(reading.passed.size(), 1U);
    EXPECT_EQ(reading.passed[0].why, PassedBecause::kExample);
    EXPECT_FALSE(table.ok());
    EXPECT_THAT(table.take_errors().at(0).text(), HasSubstr("表头下面没有内容"));
  }
}

// Harm: who follows the example is refused.
TEST(Templates, TheExampleIsRight) {
  std::string const candidates = as_csv(Template::kApplicants);
  auto const people = import_applicants(as_bytes(candidates), as_bytes(as_csv(Template::kAppraisals)), {});
  ASSERT_TRUE(people.has_value()) << explained(people.error()).in(Lang::kZh);
  EXPECT_EQ(people->people.at(0).facts.appraisals.size(), 1U);
  EXPECT_TRUE(people->people.at(0).facts.title_since.known());
  std::string const members =
      as_csv(Template::kMembers) + "2,王五,甲,主任委员\n3,赵六,甲,工作人员\n4,孙七,甲,监督人员\n";
  auto const committee = import_members(as_bytes(members));
  ASSERT_TRUE(committee.has_value()) << explained(committee.error()).in(Lang::kZh);
}

TEST(Templates, AreTheSameBytesEachTime) {
  for (Template const which : kTemplates) EXPECT_EQ(written(which), written(which));
}
