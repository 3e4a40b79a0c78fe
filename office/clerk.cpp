#include "office/clerk.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>

#include "office/ledger_file.h"
#include "office/papers.h"
#include "review/correction.h"
#include "review/eligibility.h"
#include "review/publicity.h"
#include "review/roster.h"
#include "review/sheet.h"
#include "verifier/report.h"

namespace piaojue::office {
namespace {

namespace fs = std::filesystem;
using review::Day;

constexpr int kUsage = 2;

/// What a command refuses; caught in `clerk`, nowhere else.
struct Refused {
  std::string why;
};
[[noreturn]] void refuse(std::string why) { throw Refused{std::move(why)}; }

template <class T>
T need(Answer<T> answer) {
  if (!answer.ok()) refuse(answer.refusal);
  return std::move(*answer);
}
template <class T>
T need(review::Imported<T> imported) {
  if (imported.ok()) return std::move(imported.value);
  std::string why = "表格有 " + std::to_string(imported.errors.size()) + " 处问题，未导入任何内容：";
  for (review::CellError const& error : imported.errors) why += "\n  " + error.text();
  refuse(why);
}

struct Options {
  std::string office, date, passphrase_file, data = "data", title = "职称评审委员会办公室";
  std::uint32_t as = 1;
  bool json = false;
  // of single commands
  std::string name, by_passphrase_file, members, candidates, appraisals, filed, extension, verdict, reason, basis, out,
      record, anchor, place, text, number, paper, meeting;
  std::uint32_t by = 0, candidate = 0, days = 10;
  std::vector<std::string> items;
  bool corrected = false, lapse = false, upheld = false, dismissed = false;
};

std::string passphrase(std::string const& file) {
  if (!file.empty()) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line) || line.empty()) refuse(file + "：第一行没有口令");
    return line;
  }
  if (char const* const given = std::getenv("PIAOJUE_PASSPHRASE"); given != nullptr && *given != '\0') return given;
  refuse("没有口令：请给 --passphrase-file 或设置 PIAOJUE_PASSPHRASE");
}

Day day_of(std::string const& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  auto const day = review::parse_day(text);
  if (!day) refuse("日期应写作 2026-11-23：" + text);
  return *day;
}

std::string text_of(Action const& action, std::string const& key) {
  auto const at = action.texts.find(key);
  return at == action.texts.end() ? std::string() : at->second;
}

class Office {
 public:
  explicit Office(Options const& options, bool create = false)
      : options_(options), folder_(options.office), file_(need(LedgerFile::open(folder_, create))) {
    if (file_.torn() > 0)
      std::cerr << "piaojue clerk：上次中断留下的半条记录（" << file_.torn() << " 字节）已截去，此前各条完好\n";
  }

  Ledger const& ledger() const { return file_.ledger(); }
  LedgerFile& file() { return file_; }
  Day today() const { return day_of(options_.date); }

  std::uint64_t write(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts,
                      std::vector<FileMark> files = {}) {
    if (!key_) key_ = need(file_.unlock(options_.as, passphrase(options_.passphrase_file)));
    auto const index = need(file_.append({deed, today(), std::move(subjects), std::move(texts), std::move(files)},
                                         {{options_.as, &*key_}}));
    std::cout << "账本第 " << index << " 条：" << deed_word(deed) << "\n";
    return index;
  }

  /// The last action of that kind, or nothing.
  Action const* last(Deed deed) const {
    Action const* out = nullptr;
    for (LedgerEntry const& entry : ledger().entries())
      if (entry.action.deed == deed) out = &entry.action;
    return out;
  }
  Action const& imported() const {
    auto const* const action = last(Deed::kImport);
    if (action == nullptr) refuse("还没有导入名单：piaojue clerk import");
    return *action;
  }
  /// A file as it was imported; refused if somebody has changed it since.
  Bytes sheet(std::string const& kind) const {
    for (FileMark const& mark : imported().files) {
      if (mark.name != kind) continue;
      auto bytes = need(read_file(folder_ / "imports" / crypto::to_hex(mark.hash.view()), review::kSheetBytesMax));
      if (crypto::sha256({bytes}) != mark.hash) refuse("导入的文件在导入之后被改动：" + kind);
      return bytes;
    }
    return {};
  }
  Subject subject(std::uint32_t number) const {
    for (Subject const& subject : imported().subjects)
      if (subject.number == number) return subject;
    refuse("没有第 " + std::to_string(number) + " 号申报人");
  }

  struct Assessments {
    std::vector<review::Applicant> people;
    std::vector<review::Assessed> assessed;
  };
  Assessments assessments() const {
    Action const& import = imported();
    auto filed = review::parse_date(text_of(import, "filed")).value_or(review::Date{});
    Assessments out;
    out.people = need(review::import_applicants(sheet("candidates"), sheet("appraisals"), filed)).people;
    auto const toml = need(read_file(fs::path(options_.data) / "standard-2023-13.toml", review::kStandardBytesMax));
    auto const standard = need(review::parse_standard(crypto::as_text(toml)));
    for (auto const& person : out.people)
      out.assessed.push_back({review::assess(person.facts, standard, text_of(import, "extension")), std::nullopt});
    for (LedgerEntry const& entry : ledger().entries()) {
      if (entry.action.deed != Deed::kDecide || entry.action.subjects.empty()) continue;
      auto& at = out.assessed.at(entry.action.subjects.front().number - 1);
      at = need(review::decide(at, decision(entry.action, entry.by())));
    }
    return out;
  }
  review::Decision decision(Action const& action, std::uint32_t by) const {
    review::Decision out;
    out.verdict = text_of(action, "verdict") == "ELIGIBLE" ? review::Verdict::kEligible : review::Verdict::kNotEligible;
    out.reason = text_of(action, "reason");
    out.basis = text_of(action, "basis");
    out.decided_by = ledger().people().at(by - 1).name;
    out.decided = action.date;
    return out;
  }
  review::WorkCalendar calendar() const {
    review::WorkCalendar out;
    std::error_code none;
    for (auto const& at : fs::directory_iterator(options_.data, none)) {
      std::string const name = at.path().filename().string();
      if (!name.starts_with("holidays-")) continue;
      auto const toml = need(read_file(at.path(), review::kHolidayTableBytesMax));
      need(out.add(need(review::parse_holidays(crypto::as_text(toml)))));
    }
    return out;
  }
  review::Correction correction(std::uint32_t number) const {
    review::Correction out;
    for (LedgerEntry const& entry : ledger().entries()) {
      Action const& a = entry.action;
      if (a.subjects.empty() || a.subjects.front().number != number) continue;
      if (a.deed == Deed::kNotice) need(issue(out, a.subjects.front(), a));
      if (a.deed == Deed::kAnswer && text_of(a, "outcome") == "corrected") need(out.correct(a.date, all_items(out)));
      if (a.deed == Deed::kAnswer && text_of(a, "outcome") == "lapsed") need(out.lapse(a.date));
    }
    return out;
  }
  Answer<review::CorrectionState> issue(review::Correction& to, Subject const& who, Action const& action) const {
    std::vector<review::CorrectionItem> items;
    std::istringstream in(text_of(action, "items"));
    for (std::string line; std::getline(in, line);) {
      auto const bar = line.find('|');
      items.push_back({line.substr(0, bar), bar == std::string::npos ? "" : line.substr(bar + 1)});
    }
    return to.issue(who.name, "", items, action.date, std::atoi(text_of(action, "days").c_str()), calendar());
  }
  static std::vector<std::size_t> all_items(review::Correction const& of) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; of.notice() && i < of.notice()->items.size(); ++i) out.push_back(i);
    return out;
  }

  /// Everything from the Record entry on, step by step. @param more one that is not yet written.
  review::Publicity publicity(Action const* more = nullptr) const {
    Action const* const record = last(Deed::kRecord);
    if (record == nullptr) refuse("还没有会议记录：先运行 piaojue clerk papers");
    std::vector<review::Passer> passers;
    // The number stands for the employer, so that two people of one name are two.
    for (Subject const& who : record->subjects) passers.push_back({who.name, std::to_string(who.number), "", {}});
    std::vector<std::string> places;
    auto const see_place = [&](Action const& a) {
      if (a.deed == Deed::kPublish && std::ranges::find(places, text_of(a, "place")) == places.end())
        places.push_back(text_of(a, "place"));
    };
    for (LedgerEntry const& entry : ledger().entries()) see_place(entry.action);
    if (more != nullptr) see_place(*more);
    if (places.size() > 2) refuse("公示地点已有两处：" + places[0] + "、" + places[1]);
    while (places.size() < 2) places.push_back("（第二处未发布）");
    auto out = need(review::Publicity::prepare(passers, {places[0], places[1]}));
    auto const days = calendar();
    auto const apply = [&](Action const& a) {
      if (a.deed < Deed::kPublish) return;
      if (a.deed == Deed::kPublish) {
        need(out.post(text_of(a, "place") == places[0] ? 0 : 1, a.date));
        return;
      }
      if (a.deed >= Deed::kFile) need(out.close(a.date, days));
      for (Subject const& subject : a.subjects) {
        auto const at = std::ranges::find(record->subjects, subject.number, &Subject::number);
        if (at == record->subjects.end()) refuse("第 " + std::to_string(subject.number) + " 号不在评审通过人员中");
        auto const who = static_cast<std::size_t>(at - record->subjects.begin());
        if (a.deed == Deed::kObject) need(out.object(who, a.date, text_of(a, "text"), days));
        if (a.deed == Deed::kResolve)
          need(out.settle(who, a.date, text_of(a, "outcome") == "upheld", text_of(a, "text")));
        if (a.deed == Deed::kFile) need(out.file(who, a.date, text_of(a, "number")));
        if (a.deed == Deed::kAnnounce) need(out.announce(who, a.date, text_of(a, "number")));
        if (a.deed == Deed::kCertificates) need(out.hand_off(who, a.date));
      }
    };
    for (LedgerEntry const& entry : ledger().entries()) apply(entry.action);
    if (more != nullptr) apply(*more);
    return out;
  }
  /// Tries the step on a copy first; only then is it written.
  void step(Deed deed, std::vector<Subject> subjects, std::map<std::string, std::string> texts) {
    Action const action{deed, today(), subjects, texts, {}};
    auto const after = publicity(&action);
    write(deed, std::move(subjects), std::move(texts));
    auto const& people = last(Deed::kRecord)->subjects;
    std::map<review::PasserState, std::size_t> states;
    for (auto const& person : after.people()) ++states[person.state];
    for (auto const& [state, count] : states) std::cout << review::passer_word(state) << "：" << count << " 人\n";
    if (auto const end = after.last_day(calendar()); end.ok())
      std::cout << "公示截止：" << review::day_text(*end) << "\n";
    if (people.empty()) std::cout << "无通过人员\n";
  }
  /// Everybody who has come to `state`, or the one who was named.
  std::vector<Subject> at_state(review::PasserState state) const {
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
    if (out.empty()) refuse("没有处于「" + std::string(review::passer_word(state)) + "」的人");
    return out;
  }
  fs::path const& folder() const { return folder_; }

 private:
  Options const& options_;
  fs::path folder_;
  LedgerFile file_;
  std::optional<crypto::SigningKey> key_;
};

// ---- The commands ---------------------------------------------------------------------------------------------------

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
  std::cout << "已登记：" << o.name << "（编号 " << person << "）\n公钥指纹："
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
  for (auto const& person : people) subjects.push_back({static_cast<std::uint32_t>(subjects.size() + 1), person.name});
  std::map<std::string, std::string> texts;
  if (filed.known()) texts["filed"] = filed.text();
  if (!o.extension.empty()) texts["extension"] = o.extension;
  office.write(Deed::kImport, subjects, texts, files);
  std::cout << "专家及工作人员 " << committee.people.size() << " 人，申报人 " << people.size() << " 人\n";
}

/// Writes papers and notes them in the ledger.
void put_papers(Office& office, std::string const& folder, std::vector<Paper> const& made) {
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
  std::cout << "材料 " << files.size() << " 份，写在 " << folder << "\n";
}

OfficeHeading heading_of(Office const& office, Options const& o) {
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
      std::cout << i + 1 << "\t" << person.name << "\t" << person.facts.level << "\t"
                << review::verdict_word(assessed.machine.verdict)
                << (assessed.human ? " → " + std::string(review::verdict_word(assessed.human->verdict)) + "（人工）"
                                   : "")
                << "\t" << articles << "\t" << assessed.machine.reason << "\n";
    }
  }
  if (o.json) std::cout << boost::json::serialize(out) << "\n";
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
    std::cout << "补正期限：" << review::day_text(correction.notice()->deadline) << "（含当日）\n";
  }
  std::cout << who.name << "：" << review::correction_word(correction.state()) << "\n";
  if (!o.out.empty()) {
    put_papers(office, o.out, {need(notice_paper(heading_of(office, o), who.number, *correction.notice()))});
  }
}

std::string csv_cell(std::string const& text) {
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
  std::cout << "进入会议的申报人 " << in.size() << " 人，写在 " << o.out << "\n";
}

MeetingRecord meeting_of(Options const& o) {
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

int check_paper_command(Options const& o) {
  auto const record = meeting_of(o);
  auto const bytes = need(read_file(o.paper, kPaperBytesMax));
  auto checked = need(check_paper(record.audit, bytes));
  if (!o.office.empty() && checked.ledger) {
    Office const office(o);
    auto const& at = *checked.ledger;
    if (at.size > office.ledger().size() || office.ledger().head(at.size) != at.head)
      checked.differences.emplace_back("纸上的账本指纹与账本不同");
  }
  for (auto const& difference : checked.differences) std::cout << "不符：" << difference << "\n";
  if (!checked.differences.empty()) return 1;
  if (checked.rows > 0) {
    std::cout << "一致：" << checked.rows << " 行\n";
  } else {
    std::cout << "二维码与记录一致。纸上的数字请与下列各行核对：\n";
    for (auto const& row : result_rows(record.audit)) {
      for (std::string const& cell : row) std::cout << cell << " ";
      std::cout << "\n";
    }
  }
  return 0;
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
    std::cout << index << "\t" << review::day_text(entry.action.date) << "\t" << deed_word(entry.action.deed) << "\t"
              << who;
    for (auto const& [key, text] : entry.action.texts)
      if (key != "order") std::cout << "\t" << key << "=" << text;
    std::cout << "\n";
  }
  if (o.json)
    std::cout << boost::json::serialize(out) << "\n";
  else
    std::cout << "账本 " << ledger.size() << " 条，指纹 " << verifier::grouped(ledger.head()) << "\n";
}

}  // namespace

int clerk(int argc, char** argv) {
  crypto::init();
  CLI::App app{
      "评审办公室：名单、资格审核、会议材料、公示与证书，逐项记入账本。\nThe review office's work around a meeting, "
      "each step in a signed ledger.",
      "piaojue clerk"};
  app.require_subcommand(1);
  app.footer(
      "\n  piaojue clerk enlist --office 办公室 --name 周晓棠 --passphrase-file p1\n"
      "  piaojue clerk import --office 办公室 --members m.xlsx --candidates c.xlsx --appraisals a.xlsx\n"
      "  piaojue clerk papers --office 办公室 --record meeting.piaojue --anchor head.txt --out 材料\n\n"
      "docs/office.md. Exit: 0 done, 1 refused (nothing was written), 2 wrong usage.");
  Options o;
  auto const add = [&](char const* name, char const* what) {
    auto* const command = app.add_subcommand(name, what);
    auto* const office = command->add_option("--office", o.office, "办公室文件夹 / folder of the office");
    if (std::string_view(name) != "check-paper") office->required();
    command->add_option("--data", o.data, "标准与节假日表所在文件夹 / tables of the standard and holidays")
        ->capture_default_str();
    return command;
  };
  auto const signs = [&](CLI::App* command) {
    command->add_option("--as", o.as, "经办人编号 / who does it")->capture_default_str();
    command->add_option("--date", o.date, "日期，默认今天 / default today");
    command->add_option("--passphrase-file", o.passphrase_file, "第一行为口令；或用 PIAOJUE_PASSPHRASE");
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
  auto* const enlist_c = signs(add("enlist", "登记办公室人员 / enlist a person"));
  enlist_c->add_option("--name", o.name, "姓名")->required();
  auto* const by = enlist_c->add_option("--by", o.by, "作证的人（第一位之后必需）/ who vouches");
  enlist_c->add_option("--by-passphrase-file", o.by_passphrase_file, "作证人的口令")->needs(by);
  auto* const import_c = signs(add("import", "导入名单 / import the sheets"));
  import_c->add_option("--members", o.members, "CSV 或 XLSX")->required();
  import_c->add_option("--candidates", o.candidates, "CSV 或 XLSX")->required();
  import_c->add_option("--appraisals", o.appraisals, "年度考核表");
  import_c->add_option("--filed", o.filed, "表中无申报日期者的申报日期");
  import_c->add_option("--extension", o.extension, "在有效期外适用标准的依据");
  auto* const verdicts_c = signs(add("verdicts", "资格审核结果 / machine and human verdicts"));
  auto* const verdicts_json = verdicts_c->add_flag("--json", o.json);
  auto* const verdicts_out =
      verdicts_c->add_option("--out", o.out, "写成资格审核表 / as a paper")->excludes(verdicts_json);
  verdicts_c->add_option("--title", o.title, "表头的单位名称")->capture_default_str()->needs(verdicts_out);
  auto* const decide_c = signs(add("decide", "人工审核决定 / a person's decision"));
  one(decide_c)->required();
  decide_c->add_option("--verdict", o.verdict)->required()->check(CLI::IsMember({"ELIGIBLE", "NOT_ELIGIBLE"}));
  decide_c->add_option("--reason", o.reason, "理由")->required();
  decide_c->add_option("--basis", o.basis, "依据");
  auto* const notice_c = signs(add("notice", "补正通知及其结果 / correction notice"));
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
  auto* const roster_c = signs(add("roster", "形成会议名单 / files for piaojue-server init"));
  roster_c->add_option("--out", o.out)->required();
  roster_c->add_option("--meeting", o.meeting, "meeting.toml");
  auto* const papers_c = signs(add("papers", "出具会议材料 / papers of a verified record"));
  of_meeting(papers_c);
  papers_c->add_option("--out", o.out)->required();
  auto* const publish_c = signs(add("publish", "在一处公示 / posted in one place"));
  publish_c->add_option("--place", o.place)->required();
  auto* const object_c = signs(add("object", "收到异议 / an objection"));
  one(object_c)->required();
  object_c->add_option("--text", o.text)->required();
  auto* const resolve_c = signs(add("resolve", "异议处理 / settle an objection"));
  one(resolve_c)->required();
  resolve_c->add_option("--text", o.text, "核查结论")->required();
  auto* const upheld = resolve_c->add_flag("--upheld", o.upheld, "异议成立");
  resolve_c->add_flag("--dismissed", o.dismissed, "异议不成立")->excludes(upheld);
  auto* const file_c = signs(add("file", "核准备案 / filing"));
  auto* const announce_c = signs(add("announce", "发文公布 / announcement"));
  auto* const certificates_c = signs(add("certificates", "移交电子证书 / hand-off"));
  for (auto* const command : {file_c, announce_c, certificates_c}) one(command);
  for (auto* const command : {file_c, announce_c}) command->add_option("--number", o.number, "文号")->required();
  auto* const trail_c = add("trail", "一个人的全部经过 / everything about one person");
  auto* const by_number = one(trail_c);
  trail_c->add_option("--name", o.name)->excludes(by_number);
  trail_c->add_flag("--json", o.json);
  auto* const check_c = add("check-paper", "纸质汇总表与记录是否一致 / paper against record");
  of_meeting(check_c);
  check_c->add_option("PAPER", o.paper, "XLSX、HTML 或二维码文字")->required();
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    using review::PasserState;
    if (*enlist_c) enlist(o);
    if (*import_c) import(o);
    if (*verdicts_c) verdicts(o);
    if (*decide_c) decide(o);
    if (*notice_c) notice(o);
    if (*roster_c) roster(o);
    if (*papers_c) papers(o);
    if (*trail_c) trail(o);
    if (*check_c) return check_paper_command(o);
    if (*resolve_c && o.upheld == o.dismissed) {
      std::cerr << "piaojue clerk：请给 --upheld 或 --dismissed\n";
      return kUsage;
    }
    if (*publish_c) Office(o).step(Deed::kPublish, {}, {{"place", o.place}});
    if (*object_c || *resolve_c) {
      Office office(o);
      std::map<std::string, std::string> texts{{"text", o.text}};
      if (*resolve_c) texts["outcome"] = o.upheld ? "upheld" : "dismissed";
      office.step(*object_c ? Deed::kObject : Deed::kResolve, office.at_state(PasserState::kPosted), texts);
    }
    if (*file_c || *announce_c || *certificates_c) {
      Office office(o);
      auto const from = *file_c ? PasserState::kCleared : *announce_c ? PasserState::kFiled : PasserState::kAnnounced;
      std::map<std::string, std::string> texts;
      if (!o.number.empty()) texts["number"] = o.number;
      office.step(*file_c       ? Deed::kFile
                  : *announce_c ? Deed::kAnnounce
                                : Deed::kCertificates,
                  office.at_state(from), texts);
    }
    return std::cout ? 0 : 1;
  } catch (Refused const& refused) {
    std::cerr << "piaojue clerk：" << refused.why << "\n";
  } catch (std::exception const& error) {
    std::cerr << "piaojue clerk：" << error.what() << "\n";
  }
  return 1;
}

}  // namespace piaojue::office
