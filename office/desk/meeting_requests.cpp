// SPDX-License-Identifier: Apache-2.0
#include "office/desk/meeting_requests.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <thread>

#include "base/platform/process.h"
#include "office/desk/page_values.h"
#include "office/desk/page_views.h"
#include "strings/desk.h"
#include "verifier/report.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

constexpr std::string_view kTerminalsFolder = "terminals";
constexpr std::chrono::seconds kPageWithin{20};

std::string text_of(json::object const& from, std::string_view key) {
  auto const* const at = from.if_contains(key);
  return at != nullptr && at->is_string() ? std::string(at->as_string()) : std::string();
}

meeting::Rules rules_at(json::object const& in) {
  meeting::Rules out;
  auto const number = [&](std::string_view key, std::uint32_t& to) {
    if (in.contains(key)) to = number_at(in, key);
  };
  auto const flag = [&](std::string_view key, bool& to) {
    if (in.contains(key)) to = flag_at(in, key);
  };
  number("pass_numerator", out.pass_numerator);
  number("pass_denominator", out.pass_denominator);
  flag("pass_strict", out.pass_strict);
  flag("abstain_allowed", out.abstain_allowed);
  number("quorum_numerator", out.quorum_numerator);
  number("quorum_denominator", out.quorum_denominator);
  number("modulus_bits", out.modulus_bits);
  number("max_unconfirmed", out.max_unconfirmed);
  flag("checks_allowed", out.checks_allowed);
  number("protest_s", out.protest_s);
  auto const mode = text_at(in, "recusal_mode");
  if (mode == "exclude") out.recusal_mode = meeting::RecusalMode::kExclude;
  if (mode == "leave") out.recusal_mode = meeting::RecusalMode::kLeave;
  return out;
}

std::size_t batch_size_at(json::object const& in) {
  auto const size = number_at(in, "batch_size");
  return size >= 1 && size <= meeting::kQuestionsPerBatchMax ? size : meeting::kQuestionsPerBatchMax;
}

/// Somebody is at it: what is stopped now stops in front of people.
std::optional<Sentence> going_on(json::object const& status) {
  auto const phase = text_of(status, "phase");
  auto const* const attempt = status.if_contains("attempt");
  if (attempt != nullptr && attempt->is_object()) {
    auto const& one = attempt->as_object();
    return Sentence(words::kStopAttempt, {{"batch", one.at("batch").to_number<std::uint32_t>()},
                                          {"attempt", one.at("attempt").to_number<std::uint32_t>()}});
  }
  if (phase == "open") return Sentence(words::kStopOpen);
  return std::nullopt;
}

}  // namespace

Explained<NewMeeting> new_meeting_at(json::object const& in) {
  auto const date = parse_day_option(text_at(in, "date"));
  if (!date) return date.error();
  if (!*date) return Explanation(words::kMeetingNoDate);
  NewMeeting request{{text_at(in, "title"),
                      **date,
                      flag_at(in, "rehearsal"),
                      number_at(in, "committee_size"),
                      text_at(in, "size_approval"),
                      flag_at(in, "chair"),
                      flag_at(in, "supervisor"),
                      {}},
                     text_at(in, "host"),
                     {{}, {}, {}, text_at(in, "struck_reason")}};
  if (auto const* const rules = in.if_contains("rules"); rules != nullptr && rules->is_object())
    request.settings.rules = rules_at(rules->as_object());
  request.roster.batch_size = batch_size_at(in);
  for (auto const& pair : pairs_at(in, "struck"))
    if (auto const& one = pair.as_array(); one[0].is_int64() && one[1].is_int64())
      request.roster.struck.push_back({one[0].to_number<std::uint32_t>(), one[1].to_number<std::uint32_t>()});
  return request;
}

Explained<json::object> verified_view(fs::path const& record, meeting::Hash const& head) {
  std::ifstream file(record, std::ios::binary);
  auto const read = office::read_meeting(file, head, std::max(1U, std::thread::hardware_concurrency()));
  if (!read) return read.error();
  return json::object{{"head", verifier::grouped(head)},
                      {"entries", read->audit.entries},
                      {"candidates", read->audit.manifest->candidates.size()},
                      {"passed", office::passed(read->audit).size()},
                      {"rehearsal", read->audit.manifest->rehearsal}};
}

/// What a terminal has said, read by its own thread.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t pages = 0;
  std::string url, last;

  void take(std::string const& line) {
    boost::system::error_code bad;
    auto const value = json::parse(line, bad);
    std::lock_guard const lock(mutex);
    if (bad || !value.is_object()) {
      last = line;
    } else if (text_of(value.as_object(), "event") == "page") {
      url = text_of(value.as_object(), "url");
      ++pages;
    }
    changed.notify_all();
  }
};

MeetingRequests::MeetingRequests(Setting const& setting, fs::path programs, WithDesk with_desk)
    : setting_(setting),
      programs_(std::move(programs)),
      with_desk_(std::move(with_desk)),
      meetings_(fs::absolute(setting.office), programs_, setting.lang) {}

std::span<MeetingRequests::Verb const> MeetingRequests::verbs() {
  static constexpr std::array kVerbs = std::to_array<Verb>({
      {"meeting-plan", &MeetingRequests::plan},
      {"meeting-new", &MeetingRequests::make},
      {"meetings", &MeetingRequests::list},
      {"meeting-state", &MeetingRequests::state},
      {"meeting-start", &MeetingRequests::start},
      {"meeting-stop", &MeetingRequests::stop},
      {"meeting-slips", &MeetingRequests::slips},
      {"meeting-new-slip", &MeetingRequests::new_slip},
      {"meeting-sheet", &MeetingRequests::sheet},
      {"meeting-terminal", &MeetingRequests::terminal},
      {"meeting-record", &MeetingRequests::fetch},
  });
  return kVerbs;
}

bool MeetingRequests::knows(std::string_view verb) const { return std::ranges::count(verbs(), verb, &Verb::name) > 0; }

MeetingRequests::Reply MeetingRequests::answer(std::string_view verb, In in, std::string const& name) {
  name_ = name;
  return (this->*std::ranges::find(verbs(), verb, &Verb::name)->answer)(in);
}

Explained<std::string> MeetingRequests::meeting_of(In in) const { return meetings_.find(text_at(in, "meeting")); }

Explained<fs::path> MeetingRequests::record(std::string_view meeting) const {
  auto const name = meetings_.find(meeting, Held::kAnywhere);
  if (!name) return name.error();
  return meetings_.record(*name);
}

Explained<json::object> MeetingRequests::ask_json(std::string const& verb, std::string const& meeting) const {
  auto const text = meetings_.ask(verb, meeting, {"--json"});
  if (!text) return text.error();
  boost::system::error_code bad;
  auto value = json::parse(*text, bad);
  if (bad || !value.is_object()) return Explanation(words::kPageUnreadable);
  return std::move(value.as_object());
}

// ---- A new one -----------------------------------------------------------------------------------------------------

MeetingRequests::Reply MeetingRequests::plan(In in) {
  json::object out;
  auto const looked = with_desk_([&](Desk& desk) -> Explained<void> {
    auto const plan = plan_meeting(desk, batch_size_at(in));
    if (!plan) return plan.error();
    out = {{"experts", plan->experts},
           {"chair", plan->chair},
           {"supervisor", plan->supervisor},
           {"proposed", plan->proposed},
           {"size_wanted", plan->size_wanted},
           {"batch_size_max", meeting::kQuestionsPerBatchMax},
           {"committee_min", meeting::kCommitteeMin}};
    out["faults"] = json_list(plan->faults, setting_.lang);
    out["rows"] = recusals_view(plan->recusals, setting_.lang);
    json::array batches;
    for (auto const& [title, count] : plan->batches) batches.push_back({{"title", title}, {"count", count}});
    out["batches"] = std::move(batches);
    return {};
  });
  if (!looked) return looked.error();
  json::array addresses;
  for (auto const& one : own_addresses())
    addresses.push_back(
        {{"host", one.host}, {"interface", one.interface}, {"loopback", one.loopback}, {"port", one.port}});
  out["addresses"] = std::move(addresses);
  return out;
}

MeetingRequests::Reply MeetingRequests::make(In in) {
  auto const request = new_meeting_at(in);
  if (!request) return request.error();
  std::string name;
  auto reply = with_desk_([&](Desk& desk) -> Explained<void> {
    auto const made =
        make_meeting(desk, meetings_, Materials(setting_.office), setting_.office / kRosterFolder, *request);
    if (!made) return made.error();
    name = *made;
    return {};
  });
  if (reply) (*reply)["meeting"] = name;
  return reply;
}

// ---- The server ----------------------------------------------------------------------------------------------------

MeetingRequests::Reply MeetingRequests::list(In) {
  json::array out;
  for (auto const& name : meetings_.names(Held::kAnywhere)) {
    json::object one{{"name", name}, {"running", meetings_.running(name).has_value()}};
    if (auto const number = meetings_.number(name)) one["service"] = *number;
    out.push_back(std::move(one));
  }
  return json::object{{"meetings", std::move(out)}};
}

MeetingRequests::Reply MeetingRequests::state(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto out = meetings_.state(*name);
  if (!out) return out.error();
  auto const terminal = terminals_.find(*name);
  (*out)["terminal"] = terminal != terminals_.end() && terminal->second.program && !terminal->second.program->ended();
  return out;
}

MeetingRequests::Reply MeetingRequests::start(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  if (auto const begun = meetings_.start(*name); !begun) return begun.error();
  return json::object{};
}

MeetingRequests::Reply MeetingRequests::stop(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const status = ask_json("status", *name);
  if (!status) return status.error();
  // The page asked on what it had seen; an attempt may have begun since.
  auto const busy = going_on(*status);
  if (busy && text_at(in, "knowing") != text_of(*status, "phase") + (status->at("attempt").is_object() ? "+" : ""))
    return Explanation(Sentence(words::kStopAsked, {{"what", *busy}}));
  if (auto const stopped = meetings_.stop(*name); !stopped) return stopped.error();
  return json::object{};
}

// ---- Paper of before the meeting -----------------------------------------------------------------------------------

MeetingRequests::Reply MeetingRequests::slips(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const status = ask_json("status", *name);
  if (!status) return status.error();
  auto const all = ask_json("slips", *name);
  if (!all) return all.error();
  auto const person = one_at(in, "person");
  json::array wanted;
  for (auto const& slip : all->at("slips").as_array())
    if (!person || slip.as_object().at("person").to_number<std::uint32_t>() == *person) wanted.push_back(slip);
  if (wanted.empty()) return Explanation(words::kSlipsNone);
  auto const form = number_at(in, "per_page") == 1 ? SlipForm::kSheetEach : SlipForm::kEightASheet;
  auto const count = wanted.size();
  return json::object{{"page", prints_.put(slips_html(*status, wanted, form))}, {"count", count}};
}

MeetingRequests::Reply MeetingRequests::new_slip(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const made = meetings_.ask("slip", *name, {"--person", std::to_string(number_at(in, "person"))});
  if (!made) return made.error();
  return slips(in);
}

MeetingRequests::Reply MeetingRequests::sheet(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const status = ask_json("status", *name);
  if (!status) return status.error();
  return json::object{{"page", prints_.put(sign_in_html(*status))}};
}

// ---- The clerk's own terminal --------------------------------------------------------------------------------------

Explained<std::string> MeetingRequests::clerk_slip(json::object const& status, std::string const& meeting) const {
  std::uint32_t first = 0;
  std::uint32_t own = 0;
  for (auto const& one : status.at("people").as_array()) {
    auto const& person = one.as_object();
    auto const& roles = person.at("roles").as_array();
    if (std::ranges::none_of(roles, [](auto const& role) { return role.is_string() && role.as_string() == "clerk"; }))
      continue;
    auto const number = person.at("person").to_number<std::uint32_t>();
    if (first == 0) first = number;
    if (own == 0 && text_of(person, "name") == name_) own = number;
  }
  auto const wanted = own != 0 ? own : first;
  auto const all = ask_json("slips", meeting);
  if (!all) return all.error();
  for (auto const& slip : all->at("slips").as_array())
    if (slip.as_object().at("person").to_number<std::uint32_t>() == wanted) return text_of(slip.as_object(), "file");
  return std::string();
}

MeetingRequests::Reply MeetingRequests::terminal(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const status = ask_json("status", *name);
  if (!status) return status.error();
  auto& terminal = terminals_[*name];
  std::uint64_t before = 0;
  if (terminal.program && !terminal.program->ended()) {
    std::unique_lock lock(terminal.heard->mutex);
    before = terminal.heard->pages;
    lock.unlock();
    terminal.program->say("page");
  } else {
    auto const slip = clerk_slip(*status, *name);
    if (!slip) return slip.error();
    auto const home = fs::absolute(setting_.office) / kTerminalsFolder / *name;
    if (auto const made = make_folder(home.parent_path()); !made) return made.error();
    // The page opens it, in the browser that it is shown in. It ends with this program, since nothing else could open
    // its page again; what it has sent is on the server.
    std::vector<std::string> arguments{"run",           "--home", home.string(),
                                       "--page",        "0",      "--no-browser",
                                       "--exit-on-eof", "--lang", setting_.lang == Lang::kZh ? "zh" : "en"};
    if (!slip->empty()) arguments.insert(arguments.end(), {"--slip", *slip});
    terminal.heard = std::make_shared<Heard>();
    auto begun = start_companion({programs_ / platform::program_file_name("piaojue"), std::move(arguments)},
                                 [heard = terminal.heard](std::string const& line) { heard->take(line); });
    if (!begun) return begun.error();
    terminal.program.emplace(std::move(*begun));
  }
  auto const heard = terminal.heard;
  std::unique_lock lock(heard->mutex);
  auto const until = std::chrono::steady_clock::now() + kPageWithin;
  while (heard->pages == before && !terminal.program->ended() && std::chrono::steady_clock::now() < until)
    heard->changed.wait_for(lock, std::chrono::milliseconds(200));
  if (heard->pages == before) return Explanation(Sentence(words::kTerminalFailed, {{"why", heard->last}}));
  return json::object{{"url", heard->url}};
}

// ---- The record ----------------------------------------------------------------------------------------------------

MeetingRequests::Reply MeetingRequests::fetch(In in) {
  auto const name = meeting_of(in);
  if (!name) return name.error();
  auto const record = meetings_.record(*name);
  auto const said = meetings_.ask("export", *name, {"--out", record.string()});
  if (!said) return said.error();
  constexpr std::string_view kHead = "\nhead ";
  auto const at = said->find(kHead);
  if (at == std::string::npos) return Explanation(words::kPageUnreadable);
  auto const from = at + kHead.size();
  auto const anchor = verifier::parse_anchor(said->substr(from, said->find('\n', from) - from));
  if (!anchor) return Explanation(words::kPageUnreadable);
  return verified_view(record, *anchor);
}

}  // namespace piaojue::desk
