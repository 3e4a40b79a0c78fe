// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page.h"

#include <boost/json.hpp>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <fstream>
#include <mutex>
#include <ranges>
#include <thread>

#include "local/browser.h"
#include "local/wiped_json.h"
#include "net/loop.h"
#include "sheets/committee.h"
#include "verifier/report.h"

namespace piaojue::desk {
namespace {

namespace json = boost::json;
using local::PageId;
using local::WipedJson;
using office::read_file;
using verifier::kPaperBytesMax;

constexpr std::size_t kQueueMax = 64;
constexpr std::size_t kTagMax = 20;
constexpr std::size_t kShownRecusalsMax = 200;
constexpr std::string_view kPapersFolder = "papers", kRosterFolder = "roster", kIncomingFolder = "incoming";

/// Of everything but passphrases: they are not copied.
std::string text_at(json::object const& in, std::string_view key) { return std::string(WipedJson::text(in, key)); }
std::uint32_t number_at(json::object const& in, std::string_view key) {
  auto const* const at = in.if_contains(key);
  if (at == nullptr || !at->is_int64() || at->as_int64() < 0 || at->as_int64() > 100'000) return 0;
  return static_cast<std::uint32_t>(at->as_int64());
}

json::array list(std::vector<std::string> const& texts) {
  json::array out;
  for (std::string const& text : texts) out.emplace_back(text);
  return out;
}
json::array list(std::vector<Sentence> const& sentences) {
  json::array out;
  for (Sentence const& one : sentences) out.emplace_back(one.in(Lang::kZh));
  return out;
}

/// What the page may send up, and how much of it.
std::optional<std::size_t> upload_max(std::string_view kind) {
  if (kind == "members" || kind == "candidates" || kind == "appraisals") return sheets::kSheetBytesMax;
  if (kind == "paper") return kPaperBytesMax;
  if (kind == "record") return kUploadBytesMax;
  return std::nullopt;
}

/// One request at a time, on one thread: the ledger has one writer.
class Desk {
 public:
  explicit Desk(Options options) : options_(std::move(options)) {}

  /// @return the reply. @throws Refused
  json::object operator()(std::string_view verb, json::object const& in) {
    if (verb == "state") return state();
    if (verb == "unlock") return unlock(in);
    if (verb == "enlist") return enlist_by(in);
    if (!key_) refuse("请先选择经办人并输入口令");
    if (verb == "upload") return upload(in);
    if (verb == "preview") return preview(in);
    if (verb == "verdicts") return all_verdicts();
    if (verb == "verdict") return one_verdict(number_at(in, "candidate"));
    if (verb == "trail") return trail_of(in);
    if (verb == "check-paper") return compare(in);
    return deed(verb, in);
  }

  /// A paper that this office has made, by its place in the list of `state`.
  std::optional<local::Asset> paper(std::string_view path) const {
    auto const dot = path.find('.');
    std::size_t at = 0;
    for (char const c : path.substr(0, dot)) {
      if (c < '0' || c > '9' || at > 1000) return std::nullopt;
      at = at * 10 + static_cast<std::size_t>(c - '0');
    }
    auto const ending = dot == std::string_view::npos ? "" : path.substr(dot);
    bool const page = ending == ".html";
    if (!page && ending != ".xlsx") return std::nullopt;
    std::lock_guard const lock(papers_mutex_);
    if (at >= papers_.size()) return std::nullopt;
    auto const bytes = read_file(papers_[at].string() + std::string(ending), kPaperBytesMax);
    if (!bytes) return std::nullopt;
    return local::Asset{
        .type = page ? "text/html; charset=utf-8" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        .bytes = std::string(as_text(*bytes)),
        // Papers are pages by themselves: their style stands in them, and nothing of them runs.
        .policy = page ? "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
                         "base-uri 'none'; frame-ancestors 'none'"
                       : ""};
  }

 private:
  Options options_;
  std::optional<crypto::SigningKey> key_;
  mutable std::mutex papers_mutex_;
  std::vector<fs::path> papers_;  ///< without their endings

  fs::path incoming(std::string_view kind) const { return fs::path(options_.office) / kIncomingFolder / kind; }
  bool exists() const { return fs::exists(fs::path(options_.office) / "ledger"); }

  /// The options of one deed, by whoever has signed on.
  Options mine(std::ostream& say) const {
    Options out = options_;
    out.say = &say;
    out.key = key_ ? &*key_ : nullptr;
    return out;
  }

  json::object state() {
    json::object out;
    out["folder"] = fs::absolute(options_.office).string();
    out["today"] = sheets::day_text(today());
    out["person"] = key_ ? options_.as : 0;
    out["people"] = json::array();
    if (!exists()) return out;
    Office const office(options_);
    Ledger const& ledger = office.ledger();
    json::array people;
    for (std::uint32_t p = 1; p <= ledger.people().size(); ++p) {
      auto const& one = ledger.people()[p - 1];
      people.push_back({{"person", p}, {"name", one.name}, {"fingerprint", office::key_fingerprint(one.key)}});
    }
    out["people"] = std::move(people);
    // To whoever has not signed on the page shows who may, and nothing of what was done.
    if (!key_) return out;
    out["entries"] = ledger.size();
    out["head"] = verifier::grouped(ledger.head());
    if (auto const* const import = office.last(Deed::kImport)) {
      out["imported"] = {{"date", sheets::day_text(import->date)}, {"candidates", import->subjects.size()}};
    }
    if (auto const* const roster = office.last(Deed::kRoster)) {
      out["roster"] = {{"date", sheets::day_text(roster->date)},
                       {"candidates", roster->subjects.size()},
                       {"folder", (fs::absolute(options_.office) / kRosterFolder).string()}};
    }
    if (office.last(Deed::kRecord) != nullptr) out["publicity"] = publicity_of(office);
    out["papers"] = list_papers();
    return out;
  }
  Day today() const { return day_of(options_.date); }

  json::array list_papers() {
    std::vector<fs::path> found;
    std::error_code none;
    for (auto const& at : fs::directory_iterator(fs::path(options_.office) / kPapersFolder, none)) {
      if (at.path().extension() == ".html") found.push_back(at.path().parent_path() / at.path().stem());
    }
    std::ranges::sort(found);
    json::array out;
    for (std::size_t i = 0; i < found.size(); ++i) {
      json::object one{{"name", found[i].filename().string()}, {"page", "papers/" + std::to_string(i) + ".html"}};
      if (fs::exists(found[i].string() + ".xlsx")) one["sheet"] = "papers/" + std::to_string(i) + ".xlsx";
      out.push_back(std::move(one));
    }
    std::lock_guard const lock(papers_mutex_);
    papers_ = std::move(found);
    return out;
  }

  json::object publicity_of(Office const& office) const {
    auto const& subjects = office.last(Deed::kRecord)->subjects;
    json::object out;
    if (subjects.empty()) return {{"people", json::array()}, {"postings", json::array()}};
    auto now = office.publicity();
    auto const days = office.calendar();
    if (auto const end = now.last_day(days); end.has_value()) {
      out["last_day"] = sheets::day_text(*end);
      // Refused before the day after: then everybody is where he was.
      static_cast<void>(now.close(today(), days));
    }
    json::array postings;
    for (auto const& one : now.postings())
      postings.push_back({{"place", one.place}, {"date", sheets::day_text(one.posted)}});
    out["postings"] = std::move(postings);
    json::array people;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      auto const& one = now.people()[i];
      json::array objections;
      for (auto const& objection : one.objections) {
        objections.push_back({{"date", sheets::day_text(objection.received)},
                              {"text", objection.text},
                              {"open", !objection.settled.has_value()},
                              {"upheld", objection.upheld},
                              {"finding", objection.finding}});
      }
      people.push_back({{"candidate", subjects[i].number},
                        {"name", subjects[i].name},
                        {"state", static_cast<int>(one.state)},
                        {"objections", std::move(objections)}});
    }
    out["people"] = std::move(people);
    return out;
  }

  json::object unlock(json::object const& in) {
    if (!exists()) refuse("办公室还没有人员，请先登记");
    Office office(options_);
    auto const person = number_at(in, "person");
    key_ = need(office.file().unlock(person, WipedJson::text(in, "passphrase")));
    options_.as = person;
    return {};
  }

  /// The first person for himself; after that one who has signed on vouches.
  json::object enlist_by(json::object const& in) {
    Office office(options_, true);
    if (!office.ledger().people().empty() && !key_) refuse("请先由已登记的人员输入口令，再为他人登记");
    std::optional<office::Signer> voucher;
    if (key_) voucher = office::Signer{options_.as, &*key_};
    auto const person =
        need(office.file().enlist(text_at(in, "name"), today(), WipedJson::text(in, "passphrase"), voucher));
    return {{"person", person}, {"fingerprint", office::key_fingerprint(office.ledger().people().back().key)}};
  }

  /// One piece of a file, in order; the first, at 0, begins it anew.
  json::object upload(json::object const& in) {
    auto const kind = text_at(in, "kind");
    auto const max = upload_max(kind);
    if (!max) refuse("未知的文件");
    auto const data = text_at(in, "data");
    std::string bytes(data.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), data.data(), data.size(),
                          nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
      refuse("文件传输出错，请重新选择文件");
    }
    auto const* const given = in.if_contains("offset");
    auto const offset = given != nullptr && given->is_int64() ? given->as_int64() : -1;
    fs::create_directories(incoming(kind).parent_path());
    std::error_code none;
    auto const there = offset == 0 ? 0 : fs::file_size(incoming(kind), none);
    if (none || offset < 0 || static_cast<std::uintmax_t>(offset) != there) refuse("文件传输出错，请重新选择文件");
    if (there + size > *max) refuse("文件过大：最多 " + std::to_string(*max >> 20U) + " MB");
    std::ofstream out(incoming(kind), std::ios::binary | (offset == 0 ? std::ios::trunc : std::ios::app));
    out.write(bytes.data(), static_cast<std::streamsize>(size));
    if (!out.flush()) refuse("写入失败：磁盘可能已满");
    return {};
  }
  /// Sheets that are imported are kept under their hashes; what was sent up for it is done with.
  void forget(std::initializer_list<std::string_view> kinds) const {
    std::error_code none;
    for (auto const kind : kinds) fs::remove(incoming(kind), none);
  }
  Bytes incoming_bytes(std::string_view kind, bool asked) const {
    if (!asked && !fs::exists(incoming(kind))) return {};
    return need(read_file(incoming(kind), sheets::kSheetBytesMax));
  }

  /// All that is wrong, cell by cell; or what would be imported, and what to think of before.
  json::object preview(json::object const& in) const {
    auto const filed_text = text_at(in, "filed");
    auto const filed = filed_text.empty() ? std::nullopt : sheets::parse_day(filed_text);
    if (!filed_text.empty() && !filed) refuse("申报日期应写作 2026-11-23");
    auto const candidate_bytes = incoming_bytes("candidates", true);
    auto const members = sheets::import_members(incoming_bytes("members", true));
    auto const candidates = sheets::import_candidates(candidate_bytes);
    auto const applicants = office::import_applicants(candidate_bytes, incoming_bytes("appraisals", false),
                                                      filed ? sheets::to_date(*filed) : sheets::Date{});
    json::array errors;
    std::set<std::string> said;
    auto const add = [&](auto const& imported, std::string_view file) {
      if (imported) return;
      for (sheets::CellError const& error : imported.error()) {
        std::string const of(error.file == nullptr ? file : error.file->zh);
        // The candidates' sheet is read twice, for the ballot and for the articles.
        if (!said.insert(of + error.text()).second) continue;
        errors.push_back({{"file", of},
                          {"sheet", error.sheet},
                          {"row", error.row},
                          {"column", error.column == 0 ? std::string() : sheets::column_letters(error.column)},
                          {"value", error.value},
                          {"expected", error.expected.in(Lang::kZh)}});
      }
    };
    add(members, "人员名册");
    add(candidates, "申报人名册");
    add(applicants, "申报人名册");
    json::object out;
    bool const good = errors.empty();
    out["errors"] = std::move(errors);
    if (!good) return out;
    std::size_t experts = 0;
    for (auto const& person : members->people) experts += (person.roles & meeting::kExpert) != 0 ? 1 : 0;
    std::map<sheets::Level, std::size_t> levels;
    for (auto const& one : applicants->people) ++levels[one.facts.level];
    json::array shares;
    for (auto const& [level, count] : std::views::reverse(levels))
      shares.push_back({{"level", sheets::level_word(level).zh}, {"count", count}});
    out["members"] = members->people.size();
    out["experts"] = experts;
    out["candidates"] = applicants->people.size();
    out["levels"] = std::move(shares);
    out["faults"] =
        list(sheets::committee_faults(*members, *candidates, experts, "", sheets::CommitteeScope::kOneSpeciality));
    json::array recusals;
    for (auto const& one : sheets::propose_recusals(*members, *candidates)) {
      if (recusals.size() == kShownRecusalsMax) break;
      recusals.push_back({{"member", members->people.at(one.person - 1).name},
                          {"candidate", candidates->candidates.at(one.candidate - 1).name},
                          {"reason", sheets::recusal_reason(one.cause).zh}});
    }
    out["recusals"] = std::move(recusals);
    return out;
  }

  static json::object verdict_line(std::uint32_t number, office::Applicant const& person,
                                   office::Assessed const& assessed, office::CorrectionState correction) {
    json::object out{{"candidate", number},
                     {"name", person.name},
                     {"employer", person.employer},
                     {"level", sheets::level_word(person.facts.level).zh},
                     {"exceptional", person.facts.channel == meeting::Channel::kExceptional},
                     {"machine", office::verdict_code(assessed.machine.verdict)},
                     {"standing", office::verdict_code(assessed.standing())},
                     {"decided", assessed.human.has_value()},
                     {"reason", assessed.machine.reason.in(Lang::kZh)},
                     {"correction", static_cast<int>(correction)}};
    out["articles"] = list(assessed.machine.articles);
    return out;
  }
  json::object all_verdicts() const {
    Office const office(options_);
    auto const all = office.assessments();
    json::array rows;
    for (std::uint32_t i = 1; i <= all.people.size(); ++i)
      rows.push_back(verdict_line(i, all.people[i - 1], all.assessed[i - 1], office.correction(i).state()));
    json::object out;
    out["rows"] = std::move(rows);
    return out;
  }
  json::object one_verdict(std::uint32_t number) const {
    Office const office(options_);
    static_cast<void>(office.subject(number));
    auto const all = office.assessments();
    auto const& assessed = all.assessed.at(number - 1);
    auto const correction = office.correction(number);
    auto out = verdict_line(number, all.people.at(number - 1), assessed, correction.state());
    auto const& machine = assessed.machine;
    out["arithmetic"] = list(machine.arithmetic);
    out["missing"] = list(machine.missing);
    out["notes"] = list(machine.notes);
    out["interview"] = machine.interview;
    out["standard"] = machine.standard;
    json::array tried;
    for (auto const& one : machine.tried) {
      tried.push_back({{"route", one.route},
                       {"articles", list(one.articles)},
                       {"finding", one.finding == office::Finding::kMet      ? "met"
                                   : one.finding == office::Finding::kNotMet ? "not-met"
                                                                             : "unclear"},
                       {"arithmetic", list(one.arithmetic)}});
    }
    out["tried"] = std::move(tried);
    if (assessed.human) {
      auto const& human = *assessed.human;
      out["human"] = {{"verdict", office::verdict_code(human.verdict)},
                      {"reason", human.reason},
                      {"basis", human.basis},
                      {"by", human.decided_by},
                      {"date", sheets::day_text(human.decided)}};
    }
    if (auto const& notice = correction.notice()) {
      json::array items;
      for (auto const& item : notice->items) items.push_back({{"what", item.what}, {"article", item.article}});
      out["notice"] = {{"issued", sheets::day_text(notice->issued)},
                       {"deadline", sheets::day_text(notice->deadline)},
                       {"overdue", correction.overdue(today())},
                       {"items", std::move(items)}};
    }
    return out;
  }

  json::object trail_of(json::object const& in) const {
    Office const office(options_);
    Ledger const& ledger = office.ledger();
    auto const number = number_at(in, "candidate");
    json::array rows;
    for (auto const index : ledger.trail(number == 0 ? std::nullopt : std::optional(number), text_at(in, "name"))) {
      LedgerEntry const& entry = ledger.entries()[index];
      json::object texts;
      for (auto const& [key, text] : entry.action.texts)
        if (key != "order" && key != "key") texts[key] = text;
      rows.push_back({{"entry", index},
                      {"deed", deed_code(entry.action.deed)},
                      {"date", sheets::day_text(entry.action.date)},
                      {"by", ledger.people()[entry.by() - 1].name},
                      {"texts", std::move(texts)}});
    }
    json::object out;
    out["rows"] = std::move(rows);
    return out;
  }

  json::object compare(json::object const& in) const {
    std::ostringstream said;
    Options o = mine(said);
    o.record = incoming("record").string();
    o.paper = incoming("paper").string();
    o.anchor = text_at(in, "anchor");
    json::object out;
    out["differences"] = list(check_paper_file(o));
    out["said"] = said.str();
    return out;
  }

  /// What is written to the ledger.
  json::object deed(std::string_view verb, json::object const& in) {
    std::ostringstream said;
    Options o = mine(said);
    o.candidate = number_at(in, "candidate");
    for (auto const& [key, at] :
         std::initializer_list<std::pair<std::string_view, std::string*>>{{"filed", &o.filed},
                                                                          {"extension", &o.extension},
                                                                          {"verdict", &o.verdict},
                                                                          {"reason", &o.reason},
                                                                          {"basis", &o.basis},
                                                                          {"place", &o.place},
                                                                          {"text", &o.text},
                                                                          {"number", &o.number},
                                                                          {"anchor", &o.anchor}}) {
      *at = text_at(in, key);
    }
    if (auto const title = text_at(in, "title"); !title.empty()) o.title = title;
    auto const papers_folder = (fs::path(options_.office) / kPapersFolder).string();
    if (verb == "import") {
      o.members = incoming("members").string();
      o.candidates = incoming("candidates").string();
      if (fs::exists(incoming("appraisals"))) o.appraisals = incoming("appraisals").string();
      import(o);
      forget({"members", "candidates", "appraisals"});
    } else if (verb == "verdict-paper") {
      o.out = papers_folder;
      verdicts(o);
    } else if (verb == "decide") {
      if (o.verdict != "ELIGIBLE" && o.verdict != "NOT_ELIGIBLE") refuse("请选择符合或不符合");
      decide(o);
    } else if (verb == "notice") {
      if (auto const* const items = in.if_contains("items"); items != nullptr && items->is_array()) {
        for (auto const& item : items->as_array())
          if (item.is_string()) o.items.emplace_back(item.as_string());
      }
      o.days = number_at(in, "days");
      o.out = papers_folder;
      notice(o);
    } else if (verb == "answer") {
      o.corrected = text_at(in, "outcome") == "corrected";
      o.lapse = text_at(in, "outcome") == "lapsed";
      if (!o.corrected && !o.lapse) refuse("请写明已补正还是逾期");
      notice(o);
    } else if (verb == "roster") {
      o.out = (fs::path(options_.office) / kRosterFolder).string();
      roster(o);
    } else if (verb == "papers") {
      o.record = incoming("record").string();
      o.out = papers_folder;
      papers(o);
    } else if (verb == "publish") {
      Office(o).step(Deed::kPublish, {}, {{"place", o.place}});
    } else if (verb == "object") {
      object_or_resolve(o, Deed::kObject);
    } else if (verb == "resolve") {
      o.upheld = text_at(in, "outcome") == "upheld";
      o.dismissed = text_at(in, "outcome") == "dismissed";
      object_or_resolve(o, Deed::kResolve);
    } else if (verb == "file" || verb == "announce") {
      if (o.number.empty()) refuse("请填写文号");
      advance(o, verb == "file" ? Deed::kFile : Deed::kAnnounce);
    } else if (verb == "certificates") {
      advance(o, Deed::kCertificates);
    } else {
      refuse("未知的操作");
    }
    return {{"said", said.str()}};
  }
};

/// Lines in, replies out, one after the other, away from the thread that serves the page.
class Clerk {
 public:
  explicit Clerk(Options options) : desk_(std::move(options)) {}
  Desk const& desk() const { return desk_; }

  /// On the loop. What comes when the queue is full gets no answer: pages wait for each.
  void put(PageId page, std::string line) {
    {
      std::lock_guard const lock(mutex_);
      if (lines_.size() < kQueueMax) {
        lines_.emplace_back(page, std::move(line));
        line.clear();
      }
    }
    sodium_memzero(line.data(), line.size());
    some_.notify_one();
  }

  [[noreturn]] void work(local::PageHost& host) {
    for (;;) {
      std::pair<PageId, std::string> next;
      {
        std::unique_lock lock(mutex_);
        some_.wait(lock, [this] { return !lines_.empty(); });
        next = std::move(lines_.front());
        lines_.pop_front();
      }
      auto reply = answer(next.second);
      // A passphrase may have stood here.
      sodium_memzero(next.second.data(), next.second.size());
      if (!reply.empty()) host.send(next.first, std::move(reply));
    }
  }

 private:
  Desk desk_;
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::pair<PageId, std::string>> lines_;

  /// "@tag verb {…}". @return nothing for what is no request.
  std::string answer(std::string_view line) {
    auto const blank = line.find(' ');
    if (!line.starts_with('@') || blank == std::string_view::npos || blank > kTagMax) return {};
    json::object out;
    out["event"] = "reply";
    out["tag"] = line.substr(1, blank - 1);
    line.remove_prefix(blank + 1);
    auto const verb = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), verb.size() + 1));
    try {
      // A passphrase may stand in it.
      WipedJson given;
      auto const* const in = given.parse(line.empty() ? "{}" : line);
      if (in == nullptr) refuse("请求无法识别");
      auto more = desk_(verb, *in);
      out["ok"] = true;
      out["code"] = "OK";
      for (auto& member : more) out[member.key()] = std::move(member.value());
    } catch (Refused const& refused) {
      out["ok"] = false;
      out["code"] = "OFFICE_REFUSED";
      out["message"] = refused.why;
    } catch (std::exception const& error) {
      out["ok"] = false;
      out["code"] = "OFFICE_REFUSED";
      out["message"] = error.what();
    }
    return json::serialize(out);
  }
};

}  // namespace

int run_page(PageOptions const& options) {
  auto const signals = local::set_signals();
  auto const incoming = fs::path(options.desk.office) / kIncomingFolder;
  // What was sent up and not imported holds people's numbers too.
  std::error_code none;
  fs::remove_all(incoming, none);

  // Neither is ever destroyed: the process ends where it stands, and the ledger withstands that.
  auto* const clerk = new Clerk(options.desk);
  auto* const loop = new net::Loop;
  local::PageHost::Calls calls;
  calls.opened = [](PageId) {};
  calls.closed = [](PageId) {};
  calls.line = [clerk](PageId page, std::string line) { clerk->put(page, std::move(line)); };
  auto const assets = [clerk, files = options.assets](std::string_view path) -> std::optional<local::Asset> {
    constexpr std::string_view kPapers = "papers/";
    if (path.starts_with(kPapers)) return clerk->desk().paper(path.substr(kPapers.size()));
    return files(path == "index.html" ? "office.html" : path);
  };
  std::string why;
  auto host = local::PageHost::listen(*loop, options.port, assets, std::move(calls), {}, why);
  if (!host) {
    std::cerr << "piaojue clerk：页面端口无法打开：" << why << "\n";
    return 1;
  }
  loop->start(1);
  std::thread([clerk, page = host->get()] { clerk->work(*page); }).detach();
  auto const url = (*host)->renew();
  std::cout << json::serialize(json::object{{"event", "page"}, {"url", url}}) << std::endl;
  if (options.browser) local::open_browser(url);
  int signal = 0;
  ::sigwait(&signals, &signal);
  fs::remove_all(incoming, none);
  std::_Exit(0);
}

}  // namespace piaojue::desk
