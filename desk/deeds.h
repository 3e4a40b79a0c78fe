#pragma once
/// The office's deeds, each checked first and then written to the ledger: one function a deed, for the command line
/// (commands.h) and for the page (page.h). What is refused is thrown as `Refused`, and nothing was written.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "office/ledger_file.h"
#include "office/papers.h"
#include "review/correction.h"
#include "review/eligibility.h"
#include "review/publicity.h"
#include "review/sheet.h"

namespace piaojue::desk {

namespace fs = std::filesystem;
using namespace office;  // NOLINT: what is done here is done to it, in its own words
using review::Day;

/// What is refused, in Chinese; caught at the command line and at the page, nowhere else.
struct Refused {
  std::string why;
};
[[noreturn]] inline void refuse(std::string why) { throw Refused{std::move(why)}; }

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

/// What is asked for, and by whom.
struct Options {
  std::ostream* say = &std::cout;
  crypto::SigningKey const* key = nullptr;  ///< of `as`, if it is open already; else by its passphrase
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

inline std::string passphrase(std::string const& file) {
  if (!file.empty()) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line) || line.empty()) refuse(file + "：第一行没有口令");
    return line;
  }
  if (char const* const given = std::getenv("PIAOJUE_PASSPHRASE"); given != nullptr && *given != '\0') return given;
  refuse("没有口令：请给 --passphrase-file 或设置 PIAOJUE_PASSPHRASE");
}

inline Day day_of(std::string const& text) {
  if (text.empty()) return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  auto const day = review::parse_day(text);
  if (!day) refuse("日期应写作 2026-11-23：" + text);
  return *day;
}

inline std::string text_of(Action const& action, std::string const& key) {
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
    if (options_.key == nullptr && !key_) key_ = need(file_.unlock(options_.as, passphrase(options_.passphrase_file)));
    auto const index = need(file_.append({deed, today(), std::move(subjects), std::move(texts), std::move(files)},
                                         {{options_.as, options_.key != nullptr ? options_.key : &*key_}}));
    *options_.say << "账本第 " << index << " 条：" << deed_word(deed) << "\n";
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
    while (places.size() < 2) places.push_back(places.empty() ? "（第一处未发布）" : "（第二处未发布）");
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
    for (auto const& [state, count] : states) *options_.say << review::passer_word(state) << "：" << count << " 人\n";
    if (auto const end = after.last_day(calendar()); end.ok())
      *options_.say << "公示截止：" << review::day_text(*end) << "\n";
    if (people.empty()) *options_.say << "无通过人员\n";
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
  std::ostream& say() const { return *options_.say; }

 private:
  Options const& options_;
  fs::path folder_;
  LedgerFile file_;
  std::optional<crypto::SigningKey> key_;
};

// ---- The deeds ------------------------------------------------------------------------------------------------------

void enlist(Options const& o);
void import(Options const& o);
void verdicts(Options const& o);  ///< a table, JSON, or a paper
void decide(Options const& o);
void notice(Options const& o);  ///< a correction notice, or how it ended
void roster(Options const& o);
/// Cites the record in the ledger, once, and makes the papers.
void papers(Options const& o);
void object_or_resolve(Options const& o, Deed deed);
/// 核准备案, 发文公布, 移交: of everybody who has come so far, or of one.
void advance(Options const& o, Deed deed);
/// @return what differs; none: the paper agrees with the record. Says how many rows, or prints them.
std::vector<std::string> check_paper_file(Options const& o);
void trail(Options const& o);

}  // namespace piaojue::desk
