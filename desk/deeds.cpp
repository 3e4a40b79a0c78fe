#include "desk/deeds.h"

#include <boost/json.hpp>
#include <thread>

#include "review/roster.h"
#include "verifier/report.h"

namespace piaojue::desk {

void enlist(Options const& o) {
  std::string const own = passphrase(o.passphrase_file);
  Office office(o, true);
  std::optional<crypto::SigningKey> key;
  std::optional<Signer> voucher;
  if (o.by != 0) {
    key = need(office.file().unlock(o.by, passphrase(o.by_passphrase_file)));
    voucher = Signer{o.by, &*key};
  }
  auto const person = need(office.file().enlist(o.name, office.today(), own, voucher));
  *o.say << "已登记：" << o.name << "（编号 " << person << "）\n公钥指纹："
         << key_fingerprint(office.ledger().people().back().key) << "\n";
}

void import(Options const& o) {
  Office office(o);
  for (LedgerEntry const& entry : office.ledger().entries())
    if (entry.action.deed > Deed::kImport)
      refuse("已有针对个人或会议的处理，不能再导入名单（账本中有「" + std::string(deed_word(entry.action.deed)) +
             "」）");
  auto filed = o.filed.empty() ? review::Date{} : review::to_date(day_of(o.filed));
  auto const members = need(read_file(o.members, review::kSheetBytesMax));
  auto const candidates = need(read_file(o.candidates, review::kSheetBytesMax));
  auto const appraisals = o.appraisals.empty() ? Bytes{} : need(read_file(o.appraisals, review::kSheetBytesMax));
  auto const committee = need(review::import_members(members));
  need(review::import_candidates(candidates));
  auto const people = need(review::import_applicants(candidates, appraisals, filed)).people;
  std::vector<FileMark> files;
  auto const keep = [&](std::string const& kind, Bytes const& bytes) {
    if (bytes.empty()) return;
    files.push_back({kind, crypto::sha256({bytes})});
    fs::create_directories(office.folder() / "imports");
    need(write_file(office.folder() / "imports" / crypto::to_hex(files.back().hash.view()), bytes));
  };
  keep("members", members);
  keep("candidates", candidates);
  keep("appraisals", appraisals);
  std::vector<Subject> subjects;
  subjects.reserve(people.size());
  for (auto const& person : people) subjects.push_back({static_cast<std::uint32_t>(subjects.size() + 1), person.name});
  std::map<std::string, std::string> texts;
  if (filed.known()) texts["filed"] = filed.text();
  if (!o.extension.empty()) texts["extension"] = o.extension;
  office.write(Deed::kImport, subjects, texts, files);
  *o.say << "专家及工作人员 " << committee.people.size() << " 人，申报人 " << people.size() << " 人\n";
}

/// Writes papers and notes them in the ledger.
static void put_papers(Office& office, std::string const& folder, std::vector<Paper> const& made) {
  fs::create_directories(folder);
  std::vector<FileMark> files;
  auto const put = [&](std::string const& name, ByteView bytes) {
    need(write_file(fs::path(folder) / name, bytes));
    files.push_back({name, crypto::sha256({bytes})});
  };
  for (Paper const& paper : made) {
    put(paper.name + ".html", crypto::as_bytes(paper.html));
    if (!paper.xlsx.empty()) put(paper.name + ".xlsx", paper.xlsx);
  }
  office.write(Deed::kPapers, {}, {}, files);
  office.say() << "材料 " << files.size() << " 份，写在 " << folder << "\n";
}

static OfficeHeading heading_of(Office const& office, Options const& o) {
  return {o.title, office.today(), {office.ledger().head(), office.ledger().size()}};
}

void verdicts(Options const& o) {
  Office office(o);
  auto const all = office.assessments();
  if (!o.out.empty()) {
    return put_papers(office, o.out, {need(verdict_paper(heading_of(office, o), all.people, all.assessed))});
  }
  boost::json::array out;
  for (std::size_t i = 0; i < all.people.size(); ++i) {
    auto const& person = all.people[i];
    auto const& assessed = all.assessed[i];
    std::string articles;
    for (auto const& article : assessed.machine.articles) articles += (articles.empty() ? "" : "、") + article;
    if (o.json) {
      out.push_back(
          {{"candidate", i + 1},
           {"name", person.name},
           {"level", person.facts.level},
           {"machine", review::verdict_code(assessed.machine.verdict)},
           {"human", assessed.human ? boost::json::value(review::verdict_code(assessed.human->verdict)) : nullptr},
           {"standing", review::verdict_code(assessed.standing())},
           {"articles", articles},
           {"reason", assessed.machine.reason}});
    } else {
      *o.say << i + 1 << "\t" << person.name << "\t" << person.facts.level << "\t"
             << review::verdict_word(assessed.machine.verdict)
             << (assessed.human ? " → " + std::string(review::verdict_word(assessed.human->verdict)) + "（人工）" : "")
             << "\t" << articles << "\t" << assessed.machine.reason << "\n";
    }
  }
  if (o.json) *o.say << boost::json::serialize(out) << "\n";
}

void decide(Options const& o) {
  Office office(o);
  Subject const who = office.subject(o.candidate);
  auto const all = office.assessments();
  std::map<std::string, std::string> texts{{"verdict", o.verdict}, {"reason", o.reason}, {"basis", o.basis}};
  auto const& now = all.assessed.at(who.number - 1);
  if (o.as < 1 || o.as > office.ledger().people().size()) refuse("此人未登记");
  need(review::decide(now, office.decision({Deed::kDecide, office.today(), {who}, texts, {}}, o.as)));
  texts["machine"] = review::verdict_code(now.machine.verdict);
  office.write(Deed::kDecide, {who}, texts);
}

void notice(Options const& o) {
  Office office(o);
  Subject const who = office.subject(o.candidate);
  auto correction = office.correction(who.number);
  if (o.corrected || o.lapse) {
    need(o.corrected ? correction.correct(office.today(), Office::all_items(correction))
                     : correction.lapse(office.today()));
    office.write(Deed::kAnswer, {who}, {{"outcome", o.corrected ? "corrected" : "lapsed"}});
  } else {
    std::string items;
    for (std::string const& item : o.items) items += (items.empty() ? "" : "\n") + item;
    std::map<std::string, std::string> const texts{{"items", items}, {"days", std::to_string(o.days)}};
    need(office.issue(correction, who, {Deed::kNotice, office.today(), {who}, texts, {}}));
    office.write(Deed::kNotice, {who}, texts);
    *o.say << "补正期限：" << review::day_text(correction.notice()->deadline) << "（含当日）\n";
  }
  *o.say << who.name << "：" << review::correction_word(correction.state()) << "\n";
  if (!o.out.empty()) {
    put_papers(office, o.out, {need(notice_paper(heading_of(office, o), who.number, *correction.notice()))});
  }
}

static std::string csv_cell(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) (out += c == '"' ? "\"" : "") += c;
  return out + "\"";
}

void roster(Options const& o) {
  Office office(o);
  if (office.last(Deed::kRecord) != nullptr) refuse("会议已经开过");
  auto const all = office.assessments();
  auto const sheet = need(review::import_candidates(office.sheet("candidates")));
  std::string open;
  std::map<std::pair<std::string, std::string>, std::uint32_t> number;
  std::set<std::uint32_t> in;
  for (std::uint32_t i = 1; i <= all.people.size(); ++i) {
    auto const& person = all.people[i - 1];
    number[{person.name, person.employer}] = i;
    auto const state = office.correction(i).state();
    auto const standing = all.assessed[i - 1].standing();
    if (state == review::CorrectionState::kGivenUp) continue;
    if (state == review::CorrectionState::kIssued)
      open += "\n  第 " + std::to_string(i) + " 号 " + person.name + "：补正未了";
    if (standing == review::Verdict::kReview)
      open += "\n  第 " + std::to_string(i) + " 号 " + person.name + "：需人工审核，尚未决定";
    if (standing == review::Verdict::kEligible) in.insert(i);
  }
  if (!open.empty()) refuse("还不能形成名单：" + open);
  if (in.empty()) refuse("没有符合条件的申报人");
  std::string csv = "序号,姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\r\n", order;
  std::vector<Subject> subjects;
  for (auto const& batch : sheet.batches)
    for (auto const q : batch.candidates) {
      auto const& c = sheet.candidates.at(q - 1);
      std::uint32_t const n = number.at({c.name, c.employer});
      if (!in.contains(n)) continue;
      csv += std::to_string(n);
      for (std::string const& cell :
           {c.name, c.employer, c.level, std::string(c.channel == meeting::Channel::kExceptional ? "破格" : "正常"),
            batch.title, c.summary, c.group_opinion})
        csv += "," + csv_cell(cell);
      csv += "\r\n";
      order += (order.empty() ? "" : " ") + std::to_string(n);
      subjects.push_back({n, c.name});
    }
  std::ranges::sort(subjects);
  fs::create_directories(o.out);
  auto const members = office.sheet("members");
  bool const zip = members.size() > 2 && members[0] == 'P' && members[1] == 'K';
  std::string const members_name = zip ? "members.xlsx" : "members.csv";
  need(write_file(fs::path(o.out) / "candidates.csv", crypto::as_bytes(csv)));
  need(write_file(fs::path(o.out) / members_name, members));
  std::vector<FileMark> files{{"candidates.csv", crypto::sha256({crypto::as_bytes(csv)})},
                              {members_name, crypto::sha256({members})}};
  if (!o.meeting.empty()) {
    auto const toml = need(read_file(o.meeting, std::size_t{1} << 20));
    need(write_file(fs::path(o.out) / "meeting.toml", toml));
    files.push_back({"meeting.toml", crypto::sha256({toml})});
  }
  office.write(Deed::kRoster, subjects, {{"order", order}}, files);
  *o.say << "进入会议的申报人 " << in.size() << " 人，写在 " << o.out << "\n";
}

static MeetingRecord meeting_of(Options const& o) {
  std::string text = o.anchor;
  if (fs::is_regular_file(o.anchor)) text = crypto::as_text(need(read_file(o.anchor, 4096)));
  auto const anchor = verifier::parse_anchor(text);
  if (!anchor) refuse("--anchor 应为纸上的指纹（64 位十六进制数字），或含有它的文件");
  std::ifstream in(o.record, std::ios::binary);
  if (!in || !fs::is_regular_file(o.record)) refuse(o.record + "：打不开");
  return need(read_meeting(in, *anchor, std::max(1U, std::thread::hardware_concurrency())));
}

void papers(Options const& o) {
  auto const record = meeting_of(o);
  Office office(o);
  auto const cited = office.ledger().record_head();
  if (cited && *cited != record.audit.head) refuse("账本引用的是另一份会议记录");
  if (!cited) {
    std::vector<std::uint32_t> order;
    auto const& candidates = record.audit.manifest->candidates;
    if (auto const* const roster = office.last(Deed::kRoster)) {
      std::istringstream in(text_of(*roster, "order"));
      for (std::uint32_t n = 0; in >> n;) order.push_back(n);
      bool same = order.size() == candidates.size();
      for (std::size_t i = 0; same && i < order.size(); ++i) same = office.subject(order[i]).name == candidates[i].name;
      if (!same) refuse("会议记录中的申报人与账本中形成的名单不同");
    }
    std::vector<Subject> passed;
    auto const rows = result_rows(record.audit);
    for (std::uint32_t q = 1; q <= rows.size(); ++q)
      if (rows[q - 1].back() == "通过") passed.push_back({order.empty() ? q : order[q - 1], rows[q - 1][1]});
    std::ranges::sort(passed);
    office.write(Deed::kRecord, passed, {{"head", crypto::to_hex(record.audit.head.view())}});
  }
  auto const made = need(make_papers(record, LedgerHead{office.ledger().head(), office.ledger().size()}));
  put_papers(office, o.out, made);
}

std::vector<std::string> check_paper_file(Options const& o) {
  auto const record = meeting_of(o);
  auto const bytes = need(read_file(o.paper, kPaperBytesMax));
  auto checked = need(check_paper(record.audit, bytes));
  if (!o.office.empty() && checked.ledger) {
    Office const office(o);
    auto const& at = *checked.ledger;
    if (at.size > office.ledger().size() || office.ledger().head(at.size) != at.head)
      checked.differences.emplace_back("纸上的账本指纹与账本不同");
  }
  if (!checked.differences.empty()) return checked.differences;
  if (checked.rows > 0) {
    *o.say << "一致：" << checked.rows << " 行\n";
  } else {
    *o.say << "二维码与记录一致。纸上的数字请与下列各行核对：\n";
    for (auto const& row : result_rows(record.audit)) {
      for (std::string const& cell : row) *o.say << cell << " ";
      *o.say << "\n";
    }
  }
  return {};
}

void trail(Options const& o) {
  Office office(o);
  Ledger const& ledger = office.ledger();
  boost::json::array out;
  for (auto const index : ledger.trail(o.candidate == 0 ? std::nullopt : std::optional(o.candidate), o.name)) {
    LedgerEntry const& entry = ledger.entries()[index];
    std::string const who = ledger.people()[entry.by() - 1].name;
    if (o.json) {
      boost::json::object texts;
      for (auto const& [key, text] : entry.action.texts) texts[key] = text;
      out.push_back({{"entry", index},
                     {"deed", deed_code(entry.action.deed)},
                     {"date", review::day_text(entry.action.date)},
                     {"by", who},
                     {"texts", texts}});
      continue;
    }
    *o.say << index << "\t" << review::day_text(entry.action.date) << "\t" << deed_word(entry.action.deed) << "\t"
           << who;
    for (auto const& [key, text] : entry.action.texts)
      if (key != "order") *o.say << "\t" << key << "=" << text;
    *o.say << "\n";
  }
  if (o.json)
    *o.say << boost::json::serialize(out) << "\n";
  else
    *o.say << "账本 " << ledger.size() << " 条，指纹 " << verifier::grouped(ledger.head()) << "\n";
}

void object_or_resolve(Options const& o, Deed deed) {
  Office office(o);
  std::map<std::string, std::string> texts{{"text", o.text}};
  if (deed == Deed::kResolve) texts["outcome"] = o.upheld ? "upheld" : "dismissed";
  office.step(deed, office.at_state(review::PasserState::kPosted), texts);
}

void advance(Options const& o, Deed deed) {
  Office office(o);
  auto const from = deed == Deed::kFile       ? review::PasserState::kCleared
                    : deed == Deed::kAnnounce ? review::PasserState::kFiled
                                              : review::PasserState::kAnnounced;
  std::map<std::string, std::string> texts;
  if (!o.number.empty()) texts["number"] = o.number;
  office.step(deed, office.at_state(from), texts);
}

}  // namespace piaojue::desk
