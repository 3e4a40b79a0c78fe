// SPDX-License-Identifier: Apache-2.0
#include "office/desk/commands.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include "office/desk/deeds.h"
#include "office/desk/page.h"

namespace piaojue::desk {
namespace {

constexpr int kUsage = 2;

/// share/piaojue beside the folder of this program, as it is built and as it is installed.
std::string own_tables() {
  std::error_code none;
  return (fs::read_symlink("/proc/self/exe", none).parent_path().parent_path() / "share" / "piaojue").string();
}

}  // namespace

int run(int argc, char** argv, local::Assets const& assets) {
  piaojue::init();
  // Everything that is written here is about people: no other user of this machine reads it.
  ::umask(S_IRWXG | S_IRWXO);
  CLI::App app{
      "评审办公室：名单、资格审核、会议材料、公示与证书，逐项记入账本。\nThe review office's work around a meeting, "
      "each step in a signed ledger.",
      "piaojue-office"};
  app.set_version_flag("--version", std::string("piaojue-office ") + PIAOJUE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "\n  piaojue-office page --office 办公室                   全部事项，在浏览器中 / everything, in the browser\n"
      "  piaojue-office enlist --office 办公室 --name 周晓棠 --passphrase-file p1\n"
      "  piaojue-office import --office 办公室 --members m.xlsx --candidates c.xlsx --appraisals a.xlsx\n"
      "  piaojue-office papers --office 办公室 --record meeting.piaojue --anchor head.txt --out 材料\n\n"
      "docs/office.md. Exit: 0 done, 1 refused (nothing was written), 2 wrong usage.");
  Options o;
  o.data = own_tables();
  auto const add = [&](std::string const& name, char const* what, std::string const& example) {
    auto* const command = app.add_subcommand(name, what);
    command->footer("\n  piaojue-office " + name + " " + example);
    auto* const office = command->add_option("--office", o.office, "办公室文件夹 / folder of the office");
    if (name != "check-paper") office->required();
    command->add_option("--data", o.data, "标准与节假日表所在文件夹 / tables of the standard and holidays")
        ->capture_default_str();
    return command;
  };
  auto const signs = [&](CLI::App* command) {
    command->add_option("--as", o.as, "经办人编号 / who does it")->capture_default_str();
    command->add_option("--date", o.date, "日期，默认今天 / default today");
    command->add_option("--passphrase-file", o.passphrase_file,
                        "第一行为口令；或用 PIAOJUE_PASSPHRASE，或在终端中输入");
    return command;
  };
  auto const one = [&](CLI::App* command) {
    return command->add_option("--candidate", o.candidate, "申报人序号 / number in the imported sheet")
        ->check(CLI::Range(1, 5000));
  };
  auto const of_meeting = [&](CLI::App* command) {
    command->add_option("--record", o.record, "会议记录文件")->required();
    command->add_option("--anchor", o.anchor, "纸上的指纹，或含有它的文件")->required();
  };
  auto* const enlist_c =
      signs(add("enlist", "登记办公室人员 / enlist a person", "--office 办公室 --name 周晓棠 --passphrase-file p1"));
  enlist_c->add_option("--name", o.name, "姓名")->required();
  auto* const by = enlist_c->add_option("--by", o.by, "作证的人（第一位之后必需）/ who vouches");
  enlist_c->add_option("--by-passphrase-file", o.by_passphrase_file, "作证人的口令")->needs(by);
  auto* const import_c = signs(add("import", "导入名单 / import the sheets",
                                   "--office 办公室 --members m.xlsx --candidates c.xlsx --appraisals a.xlsx"));
  import_c->add_option("--members", o.members, "CSV 或 XLSX")->required();
  import_c->add_option("--candidates", o.candidates, "CSV 或 XLSX")->required();
  import_c->add_option("--appraisals", o.appraisals, "年度考核表");
  import_c->add_option("--filed", o.filed, "表中无申报日期者的申报日期");
  import_c->add_option("--extension", o.extension, "在有效期外适用标准的依据");
  auto* const verdicts_c =
      signs(add("verdicts", "资格审核结果 / machine and human verdicts", "--office 办公室 --out 材料"));
  auto* const verdicts_json = verdicts_c->add_flag("--json", o.json);
  auto* const verdicts_out =
      verdicts_c->add_option("--out", o.out, "写成资格审核表 / as a paper")->excludes(verdicts_json);
  verdicts_c->add_option("--title", o.title, "表头的单位名称")->capture_default_str()->needs(verdicts_out);
  auto* const decide_c =
      signs(add("decide", "人工审核决定 / a person's decision",
                "--office 办公室 --candidate 7 --verdict ELIGIBLE --reason 补交考核表 --basis 第五条（三）"));
  one(decide_c)->required();
  decide_c->add_option("--verdict", o.verdict)->required()->check(CLI::IsMember({"ELIGIBLE", "NOT_ELIGIBLE"}));
  decide_c->add_option("--reason", o.reason, "理由")->required();
  decide_c->add_option("--basis", o.basis, "依据");
  auto* const notice_c =
      signs(add("notice", "补正通知及其结果 / correction notice",
                "--office 办公室 --candidate 7 --item \"缺 2023 年度考核表|第五条\" --days 10 --out 材料"));
  one(notice_c)->required();
  auto* const items = notice_c->add_option("--item", o.items, "\"缺什么|条款\"，可重复；一次写全");
  notice_c->add_option("--days", o.days, "工作日")->capture_default_str()->check(CLI::Range(1, 250));
  auto* const notice_out = notice_c->add_option("--out", o.out, "写成补正通知书 / as a paper");
  notice_c->add_option("--title", o.title, "表头的单位名称")->capture_default_str()->needs(notice_out);
  auto* const corrected =
      notice_c->add_flag("--corrected", o.corrected, "已全部补正")->excludes(items)->excludes(notice_out);
  notice_c->add_flag("--lapse", o.lapse, "逾期，视为放弃申报")
      ->excludes(items)
      ->excludes(corrected)
      ->excludes(notice_out);
  auto* const roster_c = signs(add("roster", "形成会议名单 / files for piaojue-server init",
                                   "--office 办公室 --out 会议 --meeting meeting.toml"));
  roster_c->add_option("--out", o.out)->required();
  roster_c->add_option("--meeting", o.meeting, "meeting.toml");
  auto* const papers_c = signs(add("papers", "出具会议材料 / papers of a verified record",
                                   "--office 办公室 --record meeting.piaojue --anchor head.txt --out 材料"));
  of_meeting(papers_c);
  papers_c->add_option("--out", o.out)->required();
  auto* const publish_c =
      signs(add("publish", "在一处公示 / posted in one place", "--office 办公室 --place 青岛西海岸新区政务网"));
  publish_c->add_option("--place", o.place)->required();
  auto* const object_c =
      signs(add("object", "收到异议 / an objection", "--office 办公室 --candidate 7 --text 反映业绩材料不实"));
  one(object_c)->required();
  object_c->add_option("--text", o.text)->required();
  auto* const resolve_c = signs(add("resolve", "异议处理 / settle an objection",
                                    "--office 办公室 --candidate 7 --dismissed --text 查阅原件，与申报材料一致"));
  one(resolve_c)->required();
  resolve_c->add_option("--text", o.text, "核查结论")->required();
  auto* const upheld = resolve_c->add_flag("--upheld", o.upheld, "异议成立");
  resolve_c->add_flag("--dismissed", o.dismissed, "异议不成立")->excludes(upheld);
  auto* const file_c = signs(add("file", "核准备案 / filing", "--office 办公室 --number 〔2026〕1号"));
  auto* const announce_c = signs(add("announce", "发文公布 / announcement", "--office 办公室 --number 〔2026〕2号"));
  auto* const certificates_c = signs(add("certificates", "移交电子证书 / hand-off", "--office 办公室"));
  for (auto* const command : {file_c, announce_c, certificates_c}) one(command);
  for (auto* const command : {file_c, announce_c}) command->add_option("--number", o.number, "文号")->required();
  auto* const trail_c = add("trail", "一个人的全部经过 / everything about one person", "--office 办公室 --candidate 7");
  auto* const by_number = one(trail_c);
  trail_c->add_option("--name", o.name)->excludes(by_number);
  trail_c->add_flag("--json", o.json);
  auto* const check_c = add("check-paper", "纸质汇总表与记录是否一致 / paper against record",
                            "--record meeting.piaojue --anchor head.txt 04-投票结果汇总表.xlsx");
  of_meeting(check_c);
  check_c->add_option("PAPER", o.paper, "XLSX、HTML 或二维码文字")->required();
  PageOptions page;
  std::string page_assets;
  auto* const page_c = add("page", "在浏览器中办理全部事项 / all of it in the browser", "--office 办公室");
  page_c->add_option("--port", page.port, "127.0.0.1 的端口，0 为任意 / any free one")->capture_default_str();
  page_c->add_option("--date", o.date, "日期，默认今天 / default today");
  bool no_browser = false;
  page_c->add_flag("--no-browser", no_browser, "只显示地址 / only print the address");
  page_c->add_option("--page-assets", page_assets, "供页面开发：先于内置文件 / for developers of the page");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    if (*page_c) {
      static_cast<void>(day_of(o.date));
      page.desk = o;
      page.browser = !no_browser;
      page.assets = page_assets.empty() ? assets : local::assets_from(page_assets, assets);
      return run_page(page);
    }
    if (*enlist_c) enlist(o);
    if (*import_c) import(o);
    if (*verdicts_c) verdicts(o);
    if (*decide_c) decide(o);
    if (*notice_c) notice(o);
    if (*roster_c) roster(o);
    if (*papers_c) papers(o);
    if (*trail_c) trail(o);
    if (*check_c) {
      auto const differences = check_paper_file(o);
      for (auto const& difference : differences) std::cout << "不符：" << difference << "\n";
      if (!differences.empty()) return 1;
    }
    if (*resolve_c && o.upheld == o.dismissed) {
      std::cerr << "piaojue-office：请给 --upheld 或 --dismissed\n";
      return kUsage;
    }
    if (*publish_c) Office(o).step(Deed::kPublish, {}, {{"place", o.place}});
    if (*object_c) object_or_resolve(o, Deed::kObject);
    if (*resolve_c) object_or_resolve(o, Deed::kResolve);
    if (*file_c) advance(o, Deed::kFile);
    if (*announce_c) advance(o, Deed::kAnnounce);
    if (*certificates_c) advance(o, Deed::kCertificates);
    return std::cout ? 0 : 1;
  } catch (Refused const& refused) {
    std::cerr << "piaojue-office：" << refused.why << "\n";
  } catch (std::exception const& error) {
    std::cerr << "piaojue-office：" << error.what() << "\n";
  }
  return 1;
}

}  // namespace piaojue::desk
