// SPDX-License-Identifier: Apache-2.0
#include "office/desk/meetings.h"

#include <algorithm>
#include <ctime>
#include <fstream>

#include "base/platform/machine.h"
#include "base/platform/process.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kUnfinished = ".";  ///< what begins a name is no meeting yet
constexpr char const* kAtService = "service.json";
constexpr std::size_t kSettingsBytesMax = 4096;
constexpr std::uintmax_t kLogBytesMax = std::uintmax_t{4} << 20;
constexpr std::size_t kLastLines = 6;
constexpr std::uintmax_t kTailBytes = 4096;
constexpr seconds kStartWithin{120}, kStopWithin{30};
constexpr milliseconds kLook{100};
/// Reading the state of a large meeting costs its server's machine: it is not done more than a part of the time.
constexpr int kPauseTimes = 5;

std::string clock_time() {
  auto const local = platform::local_time(std::time(nullptr));
  std::array<char, 8> text{};
  std::strftime(text.data(), text.size(), "%H:%M", &local);
  return text.data();
}

/// The end of a file, from whole lines on.
std::string tail(fs::path const& file, std::uintmax_t from) {
  std::error_code none;
  auto const size = fs::file_size(file, none);
  if (none || size <= from) return {};
  auto const at = std::max(from, size > kTailBytes ? size - kTailBytes : 0);
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(at));
  std::string out(static_cast<std::size_t>(size - at), '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  if (at > from && out.find('\n') != std::string::npos) out.erase(0, out.find('\n') + 1);
  return out;
}

std::string without(std::string text, std::string const& part) {
  for (auto at = text.find(part); !part.empty() && at != std::string::npos; at = text.find(part))
    text.erase(at, part.size());
  return text;
}

std::string trimmed_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

Meetings::Meetings(fs::path office, fs::path programs, Lang lang)
    : root_(std::move(office) / "meetings"), programs_(std::move(programs)), lang_(lang) {}

std::vector<std::string> Meetings::names(Held held) const {
  std::vector<std::string> out;
  std::error_code none;
  for (auto const& at : fs::directory_iterator(root_, none)) {
    auto name = at.path().filename().string();
    if (name.starts_with(kUnfinished)) continue;
    bool const here = held != Held::kAtService && fs::is_directory(at.path() / "server", none);
    bool const there = held != Held::kHere && fs::exists(at.path() / kAtService, none);
    if (here || there) out.push_back(std::move(name));
  }
  auto const made = [&](std::string const& name) {
    auto const toml = fs::last_write_time(root_ / name / "meeting.toml", none);
    return none ? fs::last_write_time(root_ / name / kAtService, none) : toml;
  };
  std::ranges::sort(out, [&](auto const& a, auto const& b) {
    auto const x = made(a);
    auto const y = made(b);
    return x == y ? a > b : x > y;
  });
  return out;
}

std::optional<std::uint32_t> Meetings::number(std::string const& name) const {
  auto const file = office::read_file(root_ / name / kAtService, kSettingsBytesMax);
  if (!file) return std::nullopt;
  boost::system::error_code bad;
  auto const value = json::parse(as_text(*file), bad);
  if (bad || !value.is_object()) return std::nullopt;
  auto const* const at = value.as_object().if_contains("number");
  if (at == nullptr || !at->is_int64() || at->as_int64() < 1) return std::nullopt;
  return static_cast<std::uint32_t>(at->as_int64());
}

Explained<std::string> Meetings::find(std::string_view name, Held held) const {
  auto const all = names(held);
  auto const at = std::ranges::find(all, name);
  if (at == all.end()) return Explanation(words::kMeetingUnknown);
  return *at;
}

std::string Meetings::next_name(Day date, bool rehearsal) const {
  std::error_code none;
  for (int n = 1;; ++n) {
    auto const plain = sheets::day_text(date) + "-" + std::to_string(n);
    auto const practice = plain + "-rehearsal";
    if (!fs::exists(root_ / plain, none) && !fs::exists(root_ / practice, none)) return rehearsal ? practice : plain;
  }
}

bool Meetings::can_be_held() const {
  std::error_code none;
  return fs::exists(programs_ / platform::program_file_name("piaojue-server"), none);
}

Explained<std::string> Meetings::ask(std::vector<std::string> arguments, fs::path const& under) const {
  arguments.insert(arguments.end(), {"--lang", lang_ == Lang::kZh ? "zh" : "en"});
  auto ran = run_to_end({programs_ / platform::program_file_name("piaojue-server"), std::move(arguments)},
                        {.deadline = seconds(600), .bytes_max = std::size_t{64} << 20});
  if (!ran) return ran.error();
  if (ran->code == 0) return std::move(ran->out);
  auto why = without(without(std::move(ran->err), "piaojue-server: "), under.string() + "/");
  return Explanation(Sentence(words::kPlain, {{"text", trimmed_end(std::move(why))}}));
}

Explained<std::string> Meetings::ask(std::string const& verb, std::string const& name,
                                     std::vector<std::string> more) const {
  std::vector<std::string> arguments{verb, server(name).string()};
  std::ranges::move(more, std::back_inserter(arguments));
  return ask(std::move(arguments), folder(name));
}

std::optional<Process> Meetings::running(std::string const& name) const {
  auto const lock = server(name) / "lock";
  auto const holder = lock_holder(lock);
  if (!holder) return std::nullopt;
  auto process = Process::of(*holder);
  // Asked again: between the two it may have ended and its number gone to somebody else.
  if (!process || lock_holder(lock) != holder) return std::nullopt;
  return process;
}

Explained<void> Meetings::begin(std::string const& name) const {
  std::error_code none;
  if (auto const size = fs::file_size(log(name), none); !none && size > kLogBytesMax)
    fs::resize_file(log(name), 0, none);
  std::error_code fresh;
  auto const there = fs::file_size(log(name), fresh);
  auto const from = fresh ? 0 : there;
  auto const child = start_apart({programs_ / platform::program_file_name("piaojue-server"),
                                  {"run", server(name).string(), "--lang", lang_ == Lang::kZh ? "zh" : "en"}},
                                 log(name));
  if (!child) return child.error();
  auto const until = Clock::now() + kStartWithin;
  while (Clock::now() < until) {
    auto const said = tail(log(name), from);
    if (said.starts_with("listening ") || said.find("\nlistening ") != std::string::npos) return {};
    if (!child->wait(kLook)) continue;
    // Read again: its last words came after the look before.
    auto const last = tail(log(name), from);
    return Explanation(Sentence(words::kServerEnded, {{"lines", trimmed_end(without(last, "piaojue-server: "))}}));
  }
  return Explanation(Sentence(words::kServerSlow, {{"seconds", std::int64_t{kStartWithin.count()}}}));
}

Explained<void> Meetings::start(std::string const& name) {
  std::lock_guard const lock(mutex_);
  for (auto const& other : names())
    if (running(other))
      return Explanation(Sentence(other == name ? words::kServerRuns : words::kServerOther, {{"meeting", other}}));
  known_[name].falls.clear();
  known_[name].down = false;
  if (auto const begun = begin(name); !begun) return begun.error();
  if (auto const noted = office::write_file(wanted(name), {}); !noted) return noted.error();
  return {};
}

Explained<void> Meetings::stop(std::string const& name) {
  std::lock_guard const lock(mutex_);
  std::error_code none;
  fs::remove(wanted(name), none);
  known_[name].falls.clear();
  known_[name].down = false;
  auto const process = running(name);
  if (!process) return {};
  process->terminate();
  if (!process->wait(kStopWithin))
    return Explanation(Sentence(words::kServerStops, {{"seconds", std::int64_t{kStopWithin.count()}}}));
  return {};
}

std::string Meetings::last_lines(std::string const& name) const {
  auto text = trimmed_end(tail(log(name), 0));
  std::size_t lines = 0;
  for (auto at = text.size(); at-- > 0;)
    if (text[at] == '\n' && ++lines == kLastLines) return text.substr(at + 1);
  return text;
}

void Meetings::watch() {
  std::lock_guard const lock(mutex_);
  std::error_code none;
  for (auto const& name : names()) {
    if (!fs::exists(wanted(name), none) || running(name)) continue;
    auto& known = known_[name];
    if (known.down) continue;
    auto const now = Clock::now();
    std::erase_if(known.falls, [&](Fall const& one) { return now - one.when > kRestartsWithin; });
    known.falls.push_back({now, clock_time(), last_lines(name)});
    if (known.falls.size() > kRestartsMax || !begin(name)) known.down = true;
  }
}

std::string Meetings::stamp(std::string const& name) const {
  std::string out;
  std::error_code none;
  for (auto const* const file : {"meeting.db", "meeting.db-wal"}) {
    auto const path = server(name) / file;
    out += std::to_string(fs::file_size(path, none)) + "@" +
           std::to_string(fs::last_write_time(path, none).time_since_epoch().count()) + " ";
  }
  return out;
}

Explained<json::object> Meetings::state(std::string const& name) {
  std::lock_guard const lock(mutex_);
  auto& known = known_[name];
  auto const now = Clock::now();
  if (auto const current = stamp(name); current != known.stamp && now >= known.fresh_until) {
    auto const text = ask("status", name, {"--json"});
    if (!text) return text.error();
    boost::system::error_code bad;
    auto const value = json::parse(*text, bad);
    if (bad || !value.is_object()) return Explanation(words::kPageUnreadable);
    known.status = value.as_object();
    known.stamp = current;
    known.fresh_until = Clock::now() + kPauseTimes * (Clock::now() - now);
  }
  std::error_code none;
  json::object out{
      {"name", name},       {"running", running(name).has_value()},      {"wanted", fs::exists(wanted(name), none)},
      {"down", known.down}, {"fetched", fs::exists(record(name), none)}, {"status", known.status}};
  json::array falls;
  for (auto const& one : known.falls) falls.push_back({{"at", one.at}, {"lines", one.lines}});
  out["falls"] = std::move(falls);
  return out;
}

}  // namespace piaojue::desk
