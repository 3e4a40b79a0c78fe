// SPDX-License-Identifier: Apache-2.0
#include "office/rules/templates.h"

#include <algorithm>
#include <span>

#include "office/rules/vocabulary.h"
#include "sheets/sheet_writer.h"
#include "strings/sheets.h"

namespace piaojue::office {

using namespace sheets;

namespace {

constexpr std::size_t kRowsOffered = 5001;  ///< the rows that offer words to choose from, the header among them

/// What a column of a template holds besides its heading.
struct Detail {
  std::string_view field, example, hint;
  std::vector<std::string> words = {};
  bool others = false;  ///< several words joined, or one that is not in the list
};

std::vector<Detail> details(Template which) {
  if (which == Template::kMembers)
    return {
        {"姓名", "张三", ""},
        {"单位", "某某大学", ""},
        {"角色", "专家", "兼任用顿号连接", {"专家", "主任委员", "副主任委员", "工作人员", "监督人员", "大屏"}, true},
        {"可评级别", "", "空着为全部；几个用顿号连接", {"正高级", "副高级", "中级", "助理级"}, true}};
  if (which == Template::kAppraisals)
    return {{"姓名", "李四", ""},
            {"单位", "某某智能装备有限公司", ""},
            {"年度", "2023", ""},
            {"等次", "合格", "", {"优秀", "合格", "基本合格", "不合格", "不定等次"}}};
  return {{"姓名", "李四", ""},
          {"单位", "某某智能装备有限公司", "填全称"},
          {"级别", "中级", "", {"正高级", "副高级", "中级", "助理级"}},
          {"渠道", "正常", "", {"正常", "破格"}},
          {"证件号码", "", "18位公民身份号码；其他证件填证件类型"},
          {"证件类型",
           "",
           "身份证不必填",
           {"居民身份证", "护照", "港澳居民来往内地通行证", "台湾居民来往大陆通行证"},
           true},
          {"性别", "男", "", {"男", "女"}},
          {"出生日期", "1990-03", "如1990-03"},
          {"学历", "本科", "几个用顿号连接", {"博士研究生", "硕士研究生", "本科", "大专", "中专"}, true},
          {"学位", "学士", "没有学位填“无”", {"博士", "硕士", "第二学士", "学士", "无"}, true},
          {"学位类型", "", "硕士填写", {"工程类专业学位", "其他专业学位", "学术学位"}},
          {"毕业时间", "2012-07", "如2012-07"},
          {"参加工作时间", "2012-08", "如2012-08"},
          {"现职称", "助理工程师", "没有填“无”", {"无", "助理工程师", "工程师", "高级工程师", "正高级工程师"}, true},
          {"现职称取得时间", "2018-12", "如2018-12"},
          {"继续教育", "达标", "", {"达标", "未达标"}, true},
          {"处分", "无", "", {"无"}, true},
          {"处分影响期止", "", "如2025-06"},
          {"申报日期", "", "如2026-03-01"},
          {"奖项类别", "", "破格填写；几个奖项各占一行", {"科学技术奖", "行业奖", "专利奖", "大赛", "成果转化"}, true},
          {"获奖时间", "", "如2024-05"},
          {"年增产值", "", "单位：万元"},
          {"单位审核", "", "", {"同意", "不同意"}, true},
          {"单位公示开始", "", "如2026-03-02"},
          {"单位公示结束", "", "如2026-03-10"},
          {"单位公示结果", "", "", {"无异议", "有异议"}, true},
          {"主管部门审核", "", "", {"同意", "不同意"}, true},
          {"主管部门审核日期", "", "如2026-03-12"}};
}

/// What the import also knows and a template does not ask for: columns in the place of others, and those that the
/// office fills in itself.
bool is_asked(Field const& field) {
  static constexpr std::array<std::string_view, 5> kNotAsked{"批次", "此前会议", "评议组意见", "是否破格",
                                                             "单位公示时间"};
  // One of several columns (学历, 最高学历) is asked for by its usual name; 年度考核 has none without a year.
  bool const named = field.takes == nullptr || field.takes(field.name);
  return named && std::ranges::find(kNotAsked, field.name) == kNotAsked.end();
}

/// The applicants' columns, and behind them those that only the ballot needs.
std::vector<Field> fields(Template which) {
  if (which == Template::kMembers) return member_fields();
  if (which == Template::kAppraisals) return appraisal_fields();
  auto out = applicant_fields();
  for (Field const& field : candidate_fields())
    if (std::ranges::find(out, field.name, &Field::name) == out.end()) out.push_back(field);
  return out;
}

std::string_view sheet_name(Template which) {
  if (which == Template::kMembers) return "评审委员会名单";
  return which == Template::kApplicants ? "申报人名单" : "年度考核";
}

}  // namespace

std::string_view template_name(Template which) {
  if (which == Template::kMembers) return "members";
  return which == Template::kApplicants ? "candidates" : "appraisals";
}

Explained<Bytes> write_template(Template which) {
  constexpr double kNumberWidth = 6, kColumnWidth = 16;
  OutSheet out{.name = std::string(sheet_name(which)), .rows = {{}, {}}};
  out.header_rows = 1;
  out.texts = true;
  out.rows[0].emplace_back(std::string("序号"));
  out.rows[1].emplace_back(std::string(strings::sheets::kTemplateExample.zh));
  out.widths.push_back(kNumberWidth);
  auto const known = details(which);
  for (Field const& field : fields(which)) {
    if (!is_asked(field)) continue;
    auto const at = std::ranges::find(known, field.name, &Detail::field);
    Detail const detail = at == known.end() ? Detail{field.name, "", ""} : *at;
    std::string heading = std::string(field.name) + (field.required ? "*" : "");
    if (!detail.hint.empty()) heading += "\n（" + std::string(detail.hint) + "）";
    out.rows[0].emplace_back(std::move(heading));
    out.rows[1].emplace_back(std::string(detail.example));
    out.widths.push_back(kColumnWidth);
    if (!detail.words.empty())
      out.choices.push_back({out.rows[0].size(), 2, kRowsOffered, detail.words, detail.others});
  }
  return write_xlsx(std::span(&out, 1));
}

}  // namespace piaojue::office
