// SPDX-License-Identifier: Apache-2.0
#include "office/papers/papers.h"

#include <qrencode.h>

#include <memory>
#include <sstream>

#include "protocol/meeting/arithmetic.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/record_file.h"
#include "sheets/sheet.h"
#include "sheets/sheet_writer.h"
#include "sheets/text.h"
#include "verifier/report.h"

namespace piaojue::office {
namespace {

using meeting::Candidate;
using meeting::Channel;
using meeting::Person;
using verifier::Audit;

using Cells = std::vector<std::string>;
constexpr std::array<std::string_view, kResultColumns> kHeadings{
    "序号", "姓名", "级别", "渠道", "出席", "同意", "不同意", "弃权", "无效", "未投", "回避", "所需票数", "结果"};
constexpr std::string_view kLinePrefix = "PIAOJUE1 ";

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string_view channel_word(Channel channel) { return channel == Channel::kExceptional ? "破格" : "正常"; }

struct Result {
  meeting::Row row;
  meeting::BatchId batch = 0;
};
std::map<meeting::QuestionId, Result> results(Audit const& audit) {
  std::map<meeting::QuestionId, Result> out;
  for (auto const& attempt : audit.attempts) {
    if (!attempt.declared) continue;
    for (auto const& question : attempt.questions)
      if (!question.voided) out[question.question] = {question.row, attempt.batch};
  }
  return out;
}

std::string qr_svg(std::string const& text) {
  struct Free {
    void operator()(QRcode* code) const { QRcode_free(code); }
  };
  std::unique_ptr<QRcode, Free> const code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1));
  if (!code) return {};
  int const width = code->width;
  std::string const side = std::to_string(width + 8);
  std::string out = "<svg xmlns='http://www.w3.org/2000/svg' width='92' height='92' viewBox='0 0 " + side + " " + side +
                    "' shape-rendering='crispEdges'><rect width='" + side + "' height='" + side +
                    "' fill='#fff'/><path d='";
  for (int y = 0; y < width; ++y)
    for (int x = 0; x < width; ++x)
      if ((code->data[y * width + x] & 1) != 0)
        out += "M" + std::to_string(x + 4) + " " + std::to_string(y + 4) + "h1v1h-1z";
  return out + "'/></svg>";
}

struct Column {
  std::string_view heading;
  int width;  ///< percent
  bool number = false;
};

/// One page of HTML and its sheet, made side by side from the same cells.
class Sheet {
 public:
  Sheet(MeetingRecord const& record, std::optional<LedgerHead> const& ledger, std::string line)
      : owner_(record.audit.manifest->title),
        date_("评审日期：" + record.audit.manifest->date),
        rehearsal_(record.audit.manifest->rehearsal),
        record_(LedgerHead{record.audit.head, record.audit.entries}),
        ledger_(ledger),
        line_(std::move(line)) {}
  /// Before there is a record.
  Sheet(OfficeHeading const& heading, std::string line)
      : owner_(heading.title),
        date_("日期：" + sheets::day_text(heading.date)),
        ledger_(heading.ledger),
        line_(std::move(line)) {}

  void title(std::string const& text, bool landscape = false) {
    title_ = text;
    landscape_ = landscape;
    body_ += "<h1>" + escaped(owner_) + "</h1><h2>" + escaped(text) + "</h2><p class=\"sub\">" + escaped(date_) +
             (rehearsal_ ? "　<b>演练，不具效力</b>" : "") + "</p>";
  }
  void heading(std::string const& text) { body_ += "<h3>" + escaped(text) + "</h3>"; }
  void paragraph(std::string const& text) { body_ += "<p>" + escaped(text) + "</p>"; }
  void table(std::vector<Column> const& columns, std::vector<Cells> const& rows, std::string const& id = {}) {
    body_ += "<table><colgroup>";
    for (Column const& column : columns) body_ += "<col style=\"width:" + std::to_string(column.width) + "%\">";
    body_ += "</colgroup><thead><tr>";
    for (Column const& column : columns) body_ += "<th>" + escaped(column.heading) + "</th>";
    body_ += "</tr></thead><tbody" + (id.empty() ? "" : " id=\"" + id + "\"") + ">";
    for (Cells const& row : rows) {
      body_ += "<tr>";
      for (std::size_t i = 0; i < row.size(); ++i)
        body_ += (columns[i].number ? "<td class=\"n\">" : "<td>") + escaped(row[i]) + "</td>";
      body_ += "</tr>";
    }
    if (rows.empty()) body_ += "<tr><td colspan=\"" + std::to_string(columns.size()) + "\">（无）</td></tr>";
    body_ += "</tbody></table>";
    columns_ = columns;
    rows_ = rows;
  }
  void sign(std::vector<std::string> const& roles) {
    body_ += "<div class=\"sign\">";
    for (std::string const& role : roles)
      body_ += "<p>" + escaped(role) + "（签字）：<span></span>　年　　月　　日</p>";
    body_ += "</div>";
  }
  /// @param sheet with an XLSX of the last table.
  Answered<Paper> finish(std::string name, bool sheet) const {
    Paper out{std::move(name), html(), {}};
    if (!sheet) return Answered<Paper>::yes(std::move(out));
    sheets::OutSheet to;
    to.name = title_;
    to.landscape = landscape_;
    to.header_rows = 1;
    to.footer = record_   ? "记录 " + verifier::grouped(record_->head)
                : ledger_ ? "账本 " + verifier::grouped(ledger_->head)
                          : std::string();
    to.rows.emplace_back();
    for (Column const& column : columns_) {
      to.rows.back().emplace_back(std::string(column.heading));
      to.widths.push_back(std::max(6.0, column.width * 1.1));
    }
    for (Cells const& row : rows_) {
      auto& cells = to.rows.emplace_back();
      for (std::size_t i = 0; i < row.size(); ++i) {
        bool const digits = !row[i].empty() && row[i].size() < 10 &&
                            std::ranges::all_of(row[i], [](char c) { return c >= '0' && c <= '9'; });
        if (columns_[i].number && digits)
          cells.emplace_back(std::int64_t{std::stoll(row[i])});
        else
          cells.emplace_back(row[i]);
      }
    }
    to.rows.push_back({});
    to.rows.push_back({sheets::OutCell{line_}});
    auto bytes = sheets::write_xlsx(std::span(&to, 1));
    if (!bytes.ok()) return Answered<Paper>::no(bytes.refusal);
    out.xlsx = std::move(*bytes);
    return Answered<Paper>::yes(std::move(out));
  }

 private:
  std::string html() const {
    std::string const svg = qr_svg(line_);
    std::string const ledger = ledger_
                                   ? verifier::grouped(ledger_->head) + "（" + std::to_string(ledger_->size) + " 条）"
                                   : std::string("（未设账本）");
    std::string foot;
    if (record_) {
      foot = "会议记录指纹（" + std::to_string(record_->size) + " 条）\\A " + verifier::grouped(record_->head) + "\\A ";
    }
    foot += "办公室账本指纹\\A " + ledger;
    std::string out =
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta "
        "http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><title>" +
        escaped(title_) + "</title><meta name=\"piaojue-paper\" content=\"" + escaped(line_) +
        "\"><style>@page{size:A4" + (landscape_ ? " landscape" : "") +
        ";margin:16mm 14mm 36mm;@bottom-left{content:url(\"data:image/svg+xml;base64," + to_base64(as_bytes(svg)) +
        "\");width:27mm;text-align:left}@bottom-center{content:\"" + foot +
        "\";white-space:pre-line;text-align:left;font:7pt/1.5 \"Noto Sans Mono CJK SC\",\"Noto Sans CJK SC\",monospace}"
        "@bottom-right{content:\"第 \" counter(page) \" 页 共 \" counter(pages) \" 页\";width:28mm;text-align:right;"
        "font:9pt \"Noto Serif CJK SC\",SimSun,serif}}*{box-sizing:border-box}body{margin:0;font:10.5pt/1.5 \"Noto "
        "Serif CJK SC\",\"Noto Sans CJK "
        "SC\",SimSun,SimSun-ExtB,serif;overflow-wrap:anywhere}h1{font-size:16pt;text-align:center;margin:0 0 "
        "1mm}h2{font-size:14pt;text-align:center;margin:0 0 2mm}h3{font-size:11pt;margin:4mm 0 "
        "1mm;break-after:avoid}p{margin:1mm "
        "0}.sub{text-align:center}table{width:100%;border-collapse:separate;border-spacing:0;table-layout:fixed;margin:"
        "2mm 0}thead{display:table-header-group}tr{break-inside:avoid}th,td{border:solid #000;border-width:0 0.3mm "
        "0.3mm 0;padding:1mm "
        "1.2mm;vertical-align:middle}th{font-weight:600;border-top-width:0.3mm}th:first-child,td:first-child{border-"
        "left-width:0.3mm}.n{text-align:right;font-variant-numeric:tabular-nums}.sign{break-inside:avoid;margin-top:"
        "8mm}.sign p{margin:5mm 0}.sign span{display:inline-block;width:60mm;border-bottom:0.3mm solid "
        "#000}.mark{position:fixed;top:35%;left:0;right:0;text-align:center;font-size:120pt;color:#0002;transform:"
        "rotate(-30deg)}</style></head><body>";
    if (rehearsal_) out += "<div class=\"mark\">演练</div>";
    return out + body_ + "</body></html>\n";
  }

  std::string owner_, date_;
  bool rehearsal_ = false;
  std::optional<LedgerHead> record_, ledger_;  ///< of the record: head and entries
  std::string line_, title_, body_;
  bool landscape_ = false;
  std::vector<Column> columns_;
  std::vector<Cells> rows_;
};

std::string heads(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return upper(to_hex(audit.head.view())) + " " + std::to_string(audit.entries) + " " +
         (ledger ? upper(to_hex(ledger->head.view())) + " " + std::to_string(ledger->size) : std::string("- 0"));
}

std::string rule_sentence(meeting::Rules const& rules) {
  std::string const fraction = std::to_string(rules.pass_numerator) + "/" + std::to_string(rules.pass_denominator);
  std::string_view const mode = rules.recusal_mode == meeting::RecusalMode::kInclude ? "回避的专家计入出席人数"
                                : rules.recusal_mode == meeting::RecusalMode::kExclude ? "回避的专家不计入该行出席人数"
                                                                                       : "回避的专家不参加该批";
  return "通过规则：同意票" + std::string(rules.pass_strict ? "超过" : "达到") + "出席人数的 " + fraction +
         (rules.pass_strict ? "（不含）" : "（含）") + "；" + std::string(mode) + "；法定人数为应到人数的 " +
         std::to_string(rules.quorum_numerator) + "/" + std::to_string(rules.quorum_denominator) + "。";
}

std::string place(std::optional<std::uint64_t> const& entry) {
  return entry ? "记录第 " + std::to_string(*entry) + " 条" : "";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Answered<MeetingRecord> read_meeting(std::istream& record, Hash const& anchor, std::size_t jobs) {
  auto const no = [](std::string why) { return Answered<MeetingRecord>::no(std::move(why)); };
  MeetingRecord out;
  out.audit = verifier::audit(record, anchor, {jobs, {}});
  if (out.audit.unusable) return no("记录不可用：" + out.audit.unusable->zh);
  if (!out.audit.verified()) {
    auto const first = out.audit.first_failure();
    std::string const which =
        first ? "第 " + std::to_string(first->check) + " 项检查未通过：" + first->failure->zh : "未核验完";
    return no("记录未通过核验，不出具任何材料（" + which + "）");
  }
  // The audit keeps no interviews. The second reading must be of the same entries: the tree says whether it is.
  record.clear();
  record.seekg(0);
  meeting::RecordReader reader(record);
  log::Frontier tree;
  for (;;) {
    auto const item = reader.next();
    if (!item) return no("记录在读取中被改动");
    if (!*item) break;
    auto const* const bytes = std::get_if<Bytes>(&**item);
    if (bytes == nullptr) continue;
    tree.append(log::leaf_hash(*bytes));
    auto const entry = meeting::decode_entry(*bytes);
    if (!entry) return no("记录在读取中被改动");
    if (auto const* const interview = std::get_if<meeting::Interview>(&entry->body))
      out.interviews[interview->question] = *interview;
  }
  if (tree.root() != out.audit.head) return no("记录在读取中被改动");
  return Answered<MeetingRecord>::yes(std::move(out));
}

std::vector<std::array<std::string, kResultColumns>> result_rows(Audit const& audit) {
  std::vector<std::array<std::string, kResultColumns>> out;
  if (!audit.manifest) return out;
  auto const known = results(audit);
  meeting::QuestionId number = 0;
  for (Candidate const& candidate : audit.manifest->candidates) {
    ++number;
    auto& row = out.emplace_back();
    row[0] = std::to_string(number);
    row[1] = candidate.name;
    row[2] = candidate.level;
    row[3] = channel_word(candidate.channel);
    auto const at = known.find(number);
    if (at == known.end()) {
      row[12] = "未表决";
      continue;
    }
    meeting::Row const& r = at->second.row;
    std::size_t column = 4;
    for (std::uint32_t const value :
         {r.present, r.agree, r.disagree, r.abstain, r.invalid, r.not_cast, r.recused, r.needed})
      row[column++] = std::to_string(value);
    row[12] = r.passed ? "通过" : "未通过";
  }
  return out;
}

Hash rows_digest(Audit const& audit) {
  std::string text("piaojue/v1/office/rows");
  text += '\0';
  for (auto const& row : result_rows(audit)) {
    for (std::string const& cell : row) (text += cell) += '\x1F';
    text += '\x1E';
  }
  return crypto::sha256({as_bytes(text)});
}

std::string results_line(Audit const& audit, std::optional<LedgerHead> const& ledger) {
  return std::string(kLinePrefix) + "RESULTS " + heads(audit, ledger) + " " + upper(to_hex(rows_digest(audit).view()));
}

namespace {

std::string joined(std::vector<std::string> const& parts, std::string_view with) {
  std::string out;
  for (std::string const& part : parts) out += (out.empty() ? "" : std::string(with)) + part;
  return out;
}

std::string office_line(OfficeHeading const& heading) {
  return std::string(kLinePrefix) + "OFFICE " + upper(to_hex(heading.ledger.head.view())) + " " +
         std::to_string(heading.ledger.size);
}

}  // namespace

Answered<Paper> verdict_paper(OfficeHeading const& heading, std::vector<office::Applicant> const& people,
                              std::vector<office::Assessed> const& assessed) {
  Sheet sheet(heading, office_line(heading));
  sheet.title("资格审核表", true);
  std::map<std::string_view, std::size_t> count;
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < people.size() && i < assessed.size(); ++i) {
    auto const& machine = assessed[i].machine;
    auto const& human = assessed[i].human;
    ++count[office::verdict_word(assessed[i].standing())];
    // The reason is often one of the sums itself.
    bool const said = std::ranges::find(machine.arithmetic, machine.reason) != machine.arithmetic.end();
    std::string found = said ? std::string() : machine.reason + "；";
    found += joined(machine.arithmetic, "；");
    if (!machine.missing.empty()) found += "；缺：" + joined(machine.missing, "、");
    std::string decision;
    if (human) {
      decision = std::string(office::verdict_word(human->verdict)) + "（" + human->decided_by + "，" +
                 sheets::day_text(human->decided) + "）：" + human->reason +
                 (human->basis.empty() ? "" : "；依据：" + human->basis);
    }
    rows.push_back({std::to_string(i + 1), people[i].name, people[i].employer, people[i].facts.level,
                    std::string(channel_word(people[i].facts.channel)),
                    std::string(office::verdict_word(machine.verdict)), joined(machine.articles, "、"), found,
                    decision});
  }
  std::string summary = "共 " + std::to_string(rows.size()) + " 人";
  for (auto const& [word, n] : count) summary += "；" + std::string(word) + " " + std::to_string(n) + " 人";
  sheet.paragraph(summary + "。程序结论与人工决定并列，以人工决定为准；凡需判断者由人工审核。");
  sheet.table({{"序号", 5, true},
               {"姓名", 7},
               {"单位", 11},
               {"级别", 6},
               {"渠道", 5},
               {"程序结论", 7},
               {"条款", 9},
               {"依据与计算", 34},
               {"人工决定", 16}},
              rows);
  sheet.sign({"审核人", "复核人"});
  return sheet.finish("08-资格审核表", true);
}

Answered<Paper> notice_paper(OfficeHeading const& heading, std::uint32_t number,
                             office::CorrectionNotice const& notice) {
  Sheet sheet(heading, office_line(heading));
  sheet.title("补正通知书");
  sheet.paragraph(notice.name + "（第 " + std::to_string(number) + " 号" +
                  (notice.employer.empty() ? "" : "，" + notice.employer) + "）：");
  sheet.paragraph("经审核，您的申报材料尚需补正。需补正的内容一次告知如下：");
  std::vector<Cells> rows;
  for (auto const& item : notice.items) rows.push_back({std::to_string(rows.size() + 1), item.what, item.article});
  sheet.table({{"序号", 8, true}, {"需补正的内容", 66}, {"依据", 26}}, rows);
  sheet.paragraph("请于 " + sheets::day_text(notice.deadline) + "（含当日，" + std::to_string(notice.working_days) +
                  " 个工作日）前补正。逾期未补正的，视为放弃申报。补正通知只发一次。");
  sheet.sign({"经办人", "签收人"});
  return sheet.finish("09-补正通知书-" + std::to_string(number), false);
}

Answered<std::vector<Paper>> make_papers(MeetingRecord const& record, std::optional<LedgerHead> const& ledger) {
  using Papers = Answered<std::vector<Paper>>;
  Audit const& audit = record.audit;
  if (!audit.verified() || !audit.manifest) return Papers::no("记录未通过核验，不出具任何材料");
  meeting::Manifest const& m = *audit.manifest;
  std::string const plain = std::string(kLinePrefix) + "PAPER " + heads(audit, ledger);
  auto const known = results(audit);
  auto const candidate = [&](meeting::QuestionId q) -> Candidate const& { return m.candidates.at(q - 1); };
  auto const person = [&](meeting::PersonId p) -> Person const& { return m.people.at(p - 1); };
  std::vector<Paper> out;
  std::string refusal;
  auto const keep = [&](Answered<Paper> paper) {
    if (paper.ok())
      out.push_back(std::move(*paper));
    else
      refusal = paper.refusal;
  };

  std::vector<Cells> rows;
  std::vector<Cells> recusals;
  for (auto const& line : audit.attendance) {
    Person const& who = person(line.person);
    for (auto const& [q, reason] : line.recusals)
      recusals.push_back({who.name, who.employer, std::to_string(q), candidate(q).name, reason, ""});
    if ((who.roles & meeting::kExpert) == 0) continue;
    rows.push_back({std::to_string(rows.size() + 1), who.name, who.employer,
                    line.first_sign_in ? place(line.first_sign_in) : "未到", place(line.last_sign_out), ""});
  }
  Sheet attendance(record, ledger, plain);
  attendance.title("评审专家签到表");
  attendance.paragraph("应到 " + std::to_string(m.committee_size) + " 人。时刻以会议记录中的位置表示，先后以其为准。");
  attendance.table({{"序号", 8, true}, {"姓名", 16}, {"单位", 28}, {"签到", 16}, {"离会", 16}, {"本人签字", 16}}, rows);
  attendance.sign({"监票人"});
  keep(attendance.finish("01-评审专家签到表", false));

  Sheet recused(record, ledger, plain);
  recused.title("回避登记表");
  recused.paragraph(rule_sentence(m.rules));
  recused.table({{"专家", 14}, {"单位", 22}, {"序号", 8, true}, {"申报人", 14}, {"回避事由", 28}, {"本人签字", 14}},
                recusals);
  recused.sign({"监票人", "主任委员"});
  keep(recused.finish("02-回避登记表", false));

  rows.clear();
  for (auto const& [q, interview] : record.interviews)
    rows.push_back({std::to_string(q), candidate(q).name, candidate(q).level, interview.summary,
                    verifier::grouped(interview.document).substr(0, 19)});
  Sheet interviews(record, ledger, plain);
  interviews.title("破格申报人员面试答辩记录表");
  interviews.paragraph("面试答辩结果作为评审的重要参考，不计入票数。");
  interviews.table({{"序号", 8, true}, {"姓名", 14}, {"级别", 10}, {"答辩情况", 48}, {"原件哈希（前 16 位）", 20}},
                   rows);
  interviews.sign({"答辩小组组长", "主任委员"});
  keep(interviews.finish("03-面试答辩记录表", false));

  rows.clear();
  std::size_t passed = 0;
  for (auto const& row : result_rows(audit)) rows.emplace_back(row.begin(), row.end());
  for (auto const& [q, result] : known) passed += result.row.passed ? 1 : 0;
  Sheet table(record, ledger, results_line(audit, ledger));
  table.title("投票结果汇总表", true);
  table.paragraph(rule_sentence(m.rules) + "表决 " + std::to_string(known.size()) + " 人，通过 " +
                  std::to_string(passed) + " 人。");
  table.table({{kHeadings[0], 6, true},
               {kHeadings[1], 18},
               {kHeadings[2], 8},
               {kHeadings[3], 6},
               {kHeadings[4], 6, true},
               {kHeadings[5], 6, true},
               {kHeadings[6], 8, true},
               {kHeadings[7], 6, true},
               {kHeadings[8], 6, true},
               {kHeadings[9], 6, true},
               {kHeadings[10], 6, true},
               {kHeadings[11], 10, true},
               {kHeadings[12], 8}},
              rows, "results");
  table.sign({"监票人", "计票人", "主任委员"});
  keep(table.finish("04-投票结果汇总表", true));

  Sheet minutes(record, ledger, plain);
  minutes.title("评审会议纪要");
  minutes.paragraph(rule_sentence(m.rules) + "应到 " + std::to_string(m.committee_size) + " 人" +
                    (m.size_approval.empty() ? "" : "（批准文号：" + m.size_approval + "）") + "，表决所需最少 " +
                    std::to_string(meeting::quorum_min(m.rules, m.committee_size)) + " 人。");
  rows.clear();
  for (auto const& attempt : audit.attempts) {
    std::size_t yes = 0, voided = 0;
    std::string remarks;
    for (auto const& question : attempt.questions) {
      if (question.voided) {
        ++voided;
        remarks = "作废事由：" + (question.void_reason.empty() ? "收回票数多于发出票数" : question.void_reason);
      } else if (question.row.passed) {
        ++yes;
      }
    }
    if (!attempt.overridden.empty()) {
      remarks += (remarks.empty() ? "" : "；") + std::string("经批准放行未确认：");
      for (auto const p : attempt.overridden) remarks += person(p).name + " ";
    }
    rows.push_back({m.batches.at(attempt.batch - 1).title, std::to_string(attempt.attempt),
                    attempt.paper ? "纸质" : "电子", std::to_string(attempt.present),
                    std::to_string(attempt.questions.size()), attempt.declared ? std::to_string(yes) : "—",
                    std::to_string(voided), remarks});
  }
  minutes.heading("一、各批表决");
  minutes.table({{"批次", 20},
                 {"轮次", 8, true},
                 {"方式", 8},
                 {"出席", 8, true},
                 {"人数", 8, true},
                 {"通过", 8, true},
                 {"作废", 8, true},
                 {"说明", 32}},
                rows);
  minutes.heading("二、通过人员（" + std::to_string(passed) + " 人）");
  rows.clear();
  std::string sensitive;
  for (auto const& [q, result] : known) {
    Candidate const& who = candidate(q);
    if (result.row.mode_sensitive) sensitive += (sensitive.empty() ? "" : "、") + std::to_string(q) + " 号" + who.name;
    if (result.row.passed)
      rows.push_back({std::to_string(q), who.name, who.employer, who.level, std::string(channel_word(who.channel))});
  }
  minutes.table({{"序号", 10, true}, {"姓名", 22}, {"单位", 42}, {"级别", 14}, {"渠道", 12}}, rows);
  if (!sensitive.empty()) minutes.paragraph("结果随回避计法而不同的：" + sensitive + "。按本次会议确定的规则计。");
  minutes.sign({"监票人", "计票人", "主任委员"});
  keep(minutes.finish("05-评审会议纪要", false));

  std::vector<Cells> list, hand_off;
  for (Cells const& row : rows) {
    std::string const number = std::to_string(list.size() + 1);
    list.push_back({number, row[1], row[2], row[3], row[4]});
    hand_off.push_back({number, row[1], row[2], row[3], "", "", ""});
  }
  Sheet publicity(record, ledger, plain);
  publicity.title("评审通过人员公示名单");
  publicity.table({{"序号", 10, true}, {"姓名", 22}, {"单位", 42}, {"级别", 14}, {"渠道", 12}}, list);
  publicity.paragraph("公示期不少于 5 个工作日，自两处均发布之日起算。");
  keep(publicity.finish("06-公示名单", true));

  Sheet filing(record, ledger, plain);
  filing.title("核准备案及证书交接表", true);
  filing.table({{"序号", 7, true},
                {"姓名", 16},
                {"单位", 27},
                {"级别", 10},
                {"核准备案", 13},
                {"发文文号", 14},
                {"交接签字", 13}},
               hand_off);
  filing.sign({"移交人", "接收人"});
  keep(filing.finish("07-核准备案及证书交接表", true));

  if (!refusal.empty()) return Papers::no(refusal);
  return Papers::yes(std::move(out));
}

// ---- Paper against record -------------------------------------------------------------------------------------------

namespace {

class Comparison {
 public:
  explicit Comparison(Audit const& audit) : audit_(audit), expected_(result_rows(audit)) {}

  void line(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() != 7 || words[1] != "RESULTS") return differ("二维码不是投票结果汇总表的");
    lines_++;
    if (words[2] != upper(to_hex(audit_.head.view()))) differ("二维码中的会议记录指纹与记录不同");
    if (words[3] != std::to_string(audit_.entries)) differ("二维码中的记录条数与记录不同");
    if (words[6] != upper(to_hex(rows_digest(audit_).view()))) differ("二维码中的结果摘要与记录不同");
    auto const bytes = from_hex(words[4]);
    auto const head = bytes ? Hash::from(*bytes) : std::nullopt;
    bool const counted =
        words[5].size() < 10 && std::ranges::all_of(words[5], [](char c) { return c >= '0' && c <= '9'; });
    if (head && counted) out_.ledger = LedgerHead{*head, std::stoull(words[5])};
  }
  /// @param first of the columns after 序号 that `cells` holds.
  void row(std::vector<std::string> const& cells, std::size_t first) {
    auto const at = std::ranges::find(expected_, cells.at(0), [](auto const& row) { return row[0]; });
    if (at == expected_.end()) return differ("第 " + sheets::shortened(cells[0]) + " 号：记录中没有");
    if (!seen_.insert(cells[0]).second) return differ("第 " + cells[0] + " 号：出现两次");
    ++out_.rows;
    for (std::size_t i = 1; i + first - 1 < kResultColumns; ++i) {
      std::string const got = i < cells.size() ? cells[i] : "";
      std::string const& want = (*at)[i + first - 1];
      if (got != want)
        differ("第 " + cells[0] + " 号 " + std::string(kHeadings[i + first - 1]) + "：纸上「" + sheets::shortened(got) +
               "」，记录「" + want + "」");
    }
    if (cells.size() > kResultColumns - first + 1) differ("第 " + cells[0] + " 号：多出一列");
  }
  Answered<PaperCheck> done() {
    if (out_.rows == 0 && lines_ == 0 && out_.differences.empty())
      return Answered<PaperCheck>::no("其中没有投票结果汇总表的行，也没有其二维码的内容");
    if (out_.rows > 0)
      for (auto const& row : expected_)
        if (!seen_.contains(row[0])) differ("第 " + row[0] + " 号：纸上没有");
    return Answered<PaperCheck>::yes(std::move(out_));
  }

 private:
  void differ(std::string what) { out_.differences.push_back(std::move(what)); }
  Audit const& audit_;
  std::vector<std::array<std::string, kResultColumns>> expected_;
  std::set<std::string> seen_;
  std::size_t lines_ = 0;
  PaperCheck out_;
};

/// Between `open` and `close`; nothing if they are not there. `text` moves behind.
std::optional<std::string_view> between(std::string_view& text, std::string_view open, std::string_view close) {
  auto const begin = text.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  auto const end = text.find(close, begin + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  auto const out = text.substr(begin + open.size(), end - begin - open.size());
  text.remove_prefix(end + close.size());
  return out;
}

std::string unescaped(std::string_view text) {
  static constexpr std::array kEntities = std::to_array<std::pair<std::string_view, char>>(
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}});
  std::string out;
  while (!text.empty()) {
    auto const* const entity =
        std::ranges::find_if(kEntities, [&](auto const& pair) { return text.starts_with(pair.first); });
    out += entity == kEntities.end() ? text.front() : entity->second;
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return out;
}

void compare_page(Comparison& comparison, std::string_view page) {
  if (auto const line = between(page, "<meta name=\"piaojue-paper\" content=\"", "\""))
    comparison.line(unescaped(*line));
  auto table = between(page, "<tbody id=\"results\">", "</tbody>");
  while (table) {
    auto row = between(*table, "<tr>", "</tr>");
    if (!row) break;
    std::vector<std::string> cells;
    while (auto const cell = between(*row, "<td", "</td>"))
      cells.push_back(unescaped(cell->substr(cell->find('>') + 1)));
    if (!cells.empty()) comparison.row(cells, 1);
  }
}

}  // namespace

Answered<PaperCheck> check_paper(Audit const& audit, ByteView paper) {
  if (paper.size() > kPaperBytesMax) return Answered<PaperCheck>::no("文件过大");
  Comparison comparison(audit);
  if (paper.size() > 2 && paper[0] == 'P' && paper[1] == 'K') {
    auto const book = sheets::read_workbook(paper);
    if (!book.ok()) return Answered<PaperCheck>::no(book.errors.front().text());
    for (auto const& row : book.value.sheets.front().rows) {
      if (row.cells.empty() || row.cells[0] == kHeadings[0]) continue;
      if (row.cells[0].starts_with(kLinePrefix))
        comparison.line(row.cells[0]);
      else
        comparison.row(row.cells, 1);
    }
    return comparison.done();
  }
  std::string_view text = as_text(paper);
  if (text.starts_with("<!doctype html>")) {
    compare_page(comparison, text);
    return comparison.done();
  }
  if (!sheets::valid_utf8(text)) return Answered<PaperCheck>::no("不是 XLSX、HTML 或 UTF-8 文本");
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    line = sheets::trimmed(line);
    if (line.starts_with(kLinePrefix)) {
      comparison.line(line);
    } else if (!line.empty()) {
      std::istringstream words(line);
      std::vector<std::string> cells;
      for (std::string word; words >> word;) cells.push_back(word);
      comparison.row(cells, 4);
    }
  }
  return comparison.done();
}

}  // namespace piaojue::office
