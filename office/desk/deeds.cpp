// SPDX-License-Identifier: Apache-2.0
#include "office/desk/deeds.h"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "local/passphrase.h"
#include "sheets/roster.h"
#include "verifier/report.h"

namespace piaojue::desk {

using office::MeetingRecord;
using office::OfficeHeading;
using office::Paper;
using office::read_file;
using office::write_file;

namespace {

Secret passphrase(std::string const& file, std::string const& prompt, bool fresh) {
  auto given = local::read_passphrase({file, false}, prompt, fresh);
  if (!given) refuse(given.error().in(Lang::kZh));
  return std::move(*given);
}

crypto::SigningKey unlocked(office::LedgerFile const& file, std::uint32_t person, std::string const& passphrase_file) {
  auto const given = passphrase(passphrase_file, "经办人 " + std::to_string(person) + " 的口令 / passphrase: ", false);
  return need(file.unlock(person, as_text(given.view())));
}

}  // namespace

void refuse(std::string why) { throw Refused{std::move(why)}; }

Day day_of(std::string const& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  auto const day = sheets::parse_day(text);
  if (!day) refuse("日期应写作 2026-11-23：" + text);
  return *day;
}

std::string text_of(Action const& action, std::string const& key) {
  auto const at = action.texts.find(key);
  return at == action.texts.end() ? std::string() : at->second;
}

// ---- What follows from the ledger -----------------------------------------------------------------------------------

Office::Office(Options const& options, bool create)
    : options_(options), folder_(options.office), file_(need(office::LedgerFile::open(folder_, create))) {
  if (file_.torn() > 0)
    std::cerr << "piaojue clerk：上次中断留下的半条记录（" << file_.torn() << " 字节）已截去，此前各条完好\n";
}

std::uint64_t Office::write(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts,
                            std::vector<FileMark> files) {
  if (options_.key == nullptr && !key_) key_ = unlocked(file_, options_.as, options_.passphrase_file);
  auto const index = need(file_.append({deed, today(), std::move(subjects), std::move(texts), std::move(files)},
                                       {{options_.as, options_.key != nullptr ? options_.key : &*key_}}));
  *options_.say << "账本第 " << index << " 条：" << deed_text(deed).zh << "\n";
  return index;
}

Action const* Office::last(Deed deed) const {
  Action const* out = nullptr;
  for (LedgerEntry const& entry : ledger().entries())
    if (entry.action.deed == deed) out = &entry.action;
  return out;
}

Action const& Office::imported() const {
  auto const* const action = last(Deed::kImport);
  if (action == nullptr) refuse("还没有导入名单：piaojue clerk import");
  return *action;
}

Bytes Office::sheet(std::string const& kind) const {
  for (FileMark const& mark : imported().files) {
    if (mark.name != kind) continue;
    auto bytes = need(read_file(folder_ / "imports" / to_hex(mark.hash.view()), sheets::kSheetBytesMax));
    if (crypto::sha256({bytes}) != mark.hash) refuse("导入的文件在导入之后被改动：" + kind);
    return bytes;
  }
  return {};
}

Subject Office::subject(std::uint32_t number) const {
  for (Subject const& subject : imported().subjects)
    if (subject.number == number) return subject;
  refuse("没有第 " + std::to_string(number) + " 号申报人");
}

fs::path Office::tables() const {
  if (!fs::is_directory(options_.data))
    refuse(options_.data + "：没有这个文件夹；请用 --data 指明标准与节假日表所在的文件夹");
  return options_.data;
}

Office::Assessments Office::assessments() const {
  Action const& import = imported();
  auto filed = sheets::parse_date(text_of(import, "filed")).value_or(sheets::Date{});
  Assessments out;
  out.people = need(office::import_applicants(sheet("candidates"), sheet("appraisals"), filed)).people;
  auto const toml = need(read_file(tables() / "standard-2023-13.toml", office::kStandardBytesMax));
  auto const standard = need(office::parse_standard(as_text(toml)));
  for (auto const& person : out.people)
    out.assessed.push_back({office::assess(person.facts, standard, text_of(import, "extension")), std::nullopt});
  for (LedgerEntry const& entry : ledger().entries()) {
    if (entry.action.deed != Deed::kDecide || entry.action.subjects.empty()) continue;
    auto& at = out.assessed.at(entry.action.subjects.front().number - 1);
    at = need(office::decide(at, decision(entry.action, entry.by())));
  }
  return out;
}

office::Decision Office::decision(Action const& action, std::uint32_t by) const {
  office::Decision out;
  out.verdict = text_of(action, "verdict") == "ELIGIBLE" ? office::Verdict::kEligible : office::Verdict::kNotEligible;
  out.reason = text_of(action, "reason");
  out.basis = text_of(action, "basis");
  out.decided_by = ledger().people().at(by - 1).name;
  out.decided = action.date;
  return out;
}

office::WorkCalendar Office::calendar() const {
  office::WorkCalendar out;
  for (auto const& at : fs::directory_iterator(tables())) {
    std::string const name = at.path().filename().string();
    if (!name.starts_with("holidays-")) continue;
    auto const toml = need(read_file(at.path(), office::kHolidayTableBytesMax));
    need(out.add(need(office::parse_holidays(as_text(toml)))));
  }
  return out;
}

office::Correction Office::correction(std::uint32_t number) const {
  office::Correction out;
  for (LedgerEntry const& entry : ledger().entries()) {
    Action const& a = entry.action;
    if (a.subjects.empty() || a.subjects.front().number != number) continue;
    if (a.deed == Deed::kNotice) need(issue(out, a.subjects.front(), a));
    if (a.deed == Deed::kAnswer && text_of(a, "outcome") == "corrected") need(out.correct(a.date, all_items(out)));
    if (a.deed == Deed::kAnswer && text_of(a, "outcome") == "lapsed") need(out.lapse(a.date));
  }
  return out;
}

Explained<office::CorrectionState> Office::issue(office::Correction& to, Subject const& who,
                                                 Action const& action) const {
  std::vector<office::CorrectionItem> items;
  std::istringstream in(text_of(action, "items"));
  for (std::string line; std::getline(in, line);) {
    auto const bar = line.find('|');
    items.push_back({line.substr(0, bar), bar == std::string::npos ? "" : line.substr(bar + 1)});
  }
  return to.issue(who.name, "", items, action.date, std::atoi(text_of(action, "days").c_str()), calendar());
}

std::vector<std::size_t> Office::all_items(office::Correction const& of) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; of.notice() && i < of.notice()->items.size(); ++i) out.push_back(i);
  return out;
}

office::Publicity Office::publicity(Action const* more) const {
  Action const* const record = last(Deed::kRecord);
  if (record == nullptr) refuse("还没有会议记录：先运行 piaojue clerk papers");
  std::vector<office::Passer> passers;
  for (Subject const& who : record->subjects) passers.push_back({who.number, who.name, {}, {}, {}});
  auto out = need(office::Publicity::prepare(passers));
  auto const days = calendar();
  auto const apply = [&](Action const& a) {
    if (a.deed < Deed::kPublish) return;
    if (a.deed == Deed::kPublish) {
      need(out.post(text_of(a, "place"), a.date));
      return;
    }
    if (a.deed >= Deed::kFile) need(out.close(a.date, days));
    for (Subject const& subject : a.subjects) {
      auto const at = std::ranges::find(record->subjects, subject.number, &Subject::number);
      if (at == record->subjects.end()) refuse("第 " + std::to_string(subject.number) + " 号不在评审通过人员中");
      if (a.deed == Deed::kObject) need(out.object(subject.number, a.date, text_of(a, "text"), days));
      if (a.deed == Deed::kResolve)
        need(out.settle(subject.number, a.date, text_of(a, "outcome") == "upheld", text_of(a, "text")));
      if (a.deed == Deed::kFile) need(out.file(subject.number, a.date, text_of(a, "number")));
      if (a.deed == Deed::kAnnounce) need(out.announce(subject.number, a.date, text_of(a, "number")));
      if (a.deed == Deed::kCertificates) need(out.hand_off(subject.number, a.date));
    }
  };
  for (LedgerEntry const& entry : ledger().entries()) apply(entry.action);
  if (more != nullptr) apply(*more);
  return out;
}

void Office::step(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts) {
  Action const action{deed, today(), subjects, texts, {}};
  auto const after = publicity(&action);
  write(deed, std::move(subjects), std::move(texts));
  auto const& people = last(Deed::kRecord)->subjects;
  std::map<office::PasserState, std::size_t> states;
  for (auto const& person : after.people()) ++states[person.state];
  for (auto const& [state, count] : states) *options_.say << office::passer_word(state).zh << "：" << count << " 人\n";
  if (auto const end = after.last_day(calendar()); end.has_value())
    *options_.say << "公示截止：" << sheets::day_text(*end) << "\n";
  if (people.empty()) *options_.say << "无通过人员\n";
}

std::vector<Subject> Office::at_state(office::PasserState state) const {
  Action const* const record = last(Deed::kRecord);
  if (record == nullptr) refuse("还没有会议记录：先运行 piaojue clerk papers");
  if (options_.candidate != 0) {
    for (Subject const& who : record->subjects)
      if (who.number == options_.candidate) return {who};
    refuse("第 " + std::to_string(options_.candidate) + " 号不在评审通过人员中");
  }
  auto now = publicity();
  need(now.close(today(), calendar()));
  std::vector<Subject> out;
  for (std::size_t i = 0; i < now.people().size(); ++i)
    if (now.people()[i].state == state) out.push_back(record->subjects[i]);
  if (out.empty()) refuse("没有处于「" + std::string(office::passer_word(state).zh) + "」的人");
  return out;
}

// ---- The deeds ------------------------------------------------------------------------------------------------------

void enlist(Options const& o) {
  auto const own = passphrase(o.passphrase_file, o.name + " 的新口令 / new passphrase: ", true);
  Office office(o, true);
  std::optional<crypto::SigningKey> key;
  std::optional<office::Signer> voucher;
  if (o.by != 0) {
    key = unlocked(office.file(), o.by, o.by_passphrase_file);
    voucher = office::Signer{o.by, &*key};
  }
  auto const person = need(office.file().enlist(o.name, office.today(), as_text(own.view()), voucher));
  *o.say << "已登记：" << o.name << "（编号 " << person << "）\n公钥指纹："
         << office::key_fingerprint(office.ledger().people().back().key) << "\n";
}

void import(Options const& o) {
  Office office(o);
  for (LedgerEntry const& entry : office.ledger().entries())
    if (entry.action.deed > Deed::kImport)
      refuse("已有针对个人或会议的处理，不能再导入名单（账本中有「" + std::string(deed_text(entry.action.deed).zh) +
             "」）");
  auto filed = o.filed.empty() ? sheets::Date{} : sheets::to_date(day_of(o.filed));
  auto const members = need(read_file(o.members, sheets::kSheetBytesMax));
  auto const candidates = need(read_file(o.candidates, sheets::kSheetBytesMax));
  auto const appraisals = o.appraisals.empty() ? Bytes{} : need(read_file(o.appraisals, sheets::kSheetBytesMax));
  auto const committee = need(sheets::import_members(members));
  need(sheets::import_candidates(candidates));
  auto const people = need(office::import_applicants(candidates, appraisals, filed)).people;
  std::vector<FileMark> files;
  auto const keep = [&](std::string const& kind, Bytes const& bytes) {
    if (bytes.empty()) return;
    files.push_back({kind, crypto::sha256({bytes})});
    fs::create_directories(office.folder() / "imports");
    need(write_file(office.folder() / "imports" / to_hex(files.back().hash.view()), bytes));
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
    put(paper.name + ".html", as_bytes(paper.html));
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
           {"level", sheets::level_word(person.facts.level).zh},
           {"machine", office::verdict_code(assessed.machine.verdict)},
           {"human", assessed.human ? boost::json::value(office::verdict_code(assessed.human->verdict)) : nullptr},
           {"standing", office::verdict_code(assessed.standing())},
           {"articles", articles},
           {"reason", assessed.machine.reason.in(Lang::kZh)}});
    } else {
      *o.say << i + 1 << "\t" << person.name << "\t" << sheets::level_word(person.facts.level).zh << "\t"
             << office::verdict_word(assessed.machine.verdict).zh
             << (assessed.human ? " → " + std::string(office::verdict_word(assessed.human->verdict).zh) + "（人工）"
                                : "")
             << "\t" << articles << "\t" << assessed.machine.reason.in(Lang::kZh) << "\n";
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
  need(office::decide(now, office.decision({Deed::kDecide, office.today(), {who}, texts, {}}, o.as)));
  texts["machine"] = office::verdict_code(now.machine.verdict);
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
    *o.say << "补正期限：" << sheets::day_text(correction.notice()->deadline) << "（含当日）\n";
  }
  *o.say << who.name << "：" << office::correction_word(correction.state()).zh << "\n";
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
  auto const sheet = need(sheets::import_candidates(office.sheet("candidates")));
  std::string open;
  std::map<std::pair<std::string, std::string>, std::uint32_t> number;
  std::set<std::uint32_t> in;
  for (std::uint32_t i = 1; i <= all.people.size(); ++i) {
    auto const& person = all.people[i - 1];
    number[{person.name, person.employer}] = i;
    auto const state = office.correction(i).state();
    auto const standing = all.assessed[i - 1].standing();
    if (state == office::CorrectionState::kGivenUp) continue;
    if (state == office::CorrectionState::kIssued)
      open += "\n  第 " + std::to_string(i) + " 号 " + person.name + "：补正未了";
    if (standing == office::Verdict::kReview)
      open += "\n  第 " + std::to_string(i) + " 号 " + person.name + "：需人工审核，尚未决定";
    if (standing == office::Verdict::kEligible) in.insert(i);
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
  need(write_file(fs::path(o.out) / "candidates.csv", as_bytes(csv)));
  need(write_file(fs::path(o.out) / members_name, members));
  std::vector<FileMark> files{{"candidates.csv", crypto::sha256({as_bytes(csv)})},
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
  if (fs::is_regular_file(o.anchor)) text = as_text(need(read_file(o.anchor, 4096)));
  auto const anchor = verifier::parse_anchor(text);
  if (!anchor) refuse("--anchor 应为纸上的指纹（64 位十六进制数字），或含有它的文件");
  std::ifstream in(o.record, std::ios::binary);
  if (!in || !fs::is_regular_file(o.record)) refuse(o.record + "：打不开");
  return need(office::read_meeting(in, *anchor, std::max(1U, std::thread::hardware_concurrency())));
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
    for (auto const q : office::passed(record.audit))
      passed.push_back({order.empty() ? q : order[q - 1], candidates[q - 1].name});
    std::ranges::sort(passed);
    office.write(Deed::kRecord, passed, {{"head", to_hex(record.audit.head.view())}});
  }
  auto const made = need(make_papers(record, office::LedgerHead{office.ledger().head(), office.ledger().size()}));
  put_papers(office, o.out, made);
}

std::vector<std::string> check_paper_file(Options const& o) {
  auto const record = meeting_of(o);
  auto const bytes = need(read_file(o.paper, verifier::kPaperBytesMax));
  auto checked = need(office::check_paper(record.audit, bytes));
  std::vector<std::string> differences;
  for (Sentence const& difference : checked.differences) differences.push_back(difference.in(Lang::kZh));
  if (!o.office.empty() && checked.other) {
    Office const office(o);
    auto const& at = *checked.other;
    if (at.size > office.ledger().size() || office.ledger().head(at.size) != at.head)
      differences.emplace_back("纸上的账本指纹与账本不同");
  }
  if (!differences.empty()) return differences;
  if (checked.rows > 0) {
    *o.say << "一致：" << checked.rows << " 行\n";
  } else {
    *o.say << "二维码与记录一致。纸上的数字请与下列各行核对：\n";
    for (auto const& row : verifier::result_rows(record.audit)) {
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
                     {"date", sheets::day_text(entry.action.date)},
                     {"by", who},
                     {"texts", texts}});
      continue;
    }
    *o.say << index << "\t" << sheets::day_text(entry.action.date) << "\t" << deed_text(entry.action.deed).zh << "\t"
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
  if (deed == Deed::kResolve && o.upheld == o.dismissed) refuse("请写明异议成立还是不成立");
  if (deed == Deed::kResolve) texts["outcome"] = o.upheld ? "upheld" : "dismissed";
  office.step(deed, office.at_state(office::PasserState::kPosted), texts);
}

void advance(Options const& o, Deed deed) {
  Office office(o);
  auto const from = deed == Deed::kFile       ? office::PasserState::kCleared
                    : deed == Deed::kAnnounce ? office::PasserState::kFiled
                                              : office::PasserState::kAnnounced;
  std::map<std::string, std::string> texts;
  if (!o.number.empty()) texts["number"] = o.number;
  office.step(deed, office.at_state(from), texts);
}

}  // namespace piaojue::desk
