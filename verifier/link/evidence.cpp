// SPDX-License-Identifier: Apache-2.0
#include "verifier/link/evidence.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <set>
#include <tuple>

#include "base/platform/files.h"
#include "strings/link.h"
#include "verifier/link/log_view.h"

namespace piaojue::verifier::link {
namespace {

namespace words = strings::link;
namespace fs = std::filesystem;
using meeting::PersonId;

constexpr std::size_t kAround = 256;  ///< bytes before and behind a ballot in which a name stands beside it
constexpr std::size_t kOutside = 8;   ///< of the log's own bytes around a ballot: then it is a copy of the log
constexpr std::size_t kContext = 12;  ///< bytes before and behind a word for a choice
constexpr std::size_t kRunMin = 64;   ///< digits in hexadecimal or base64 that are read as bytes
constexpr std::size_t kContextsMax = 1'000'000;
constexpr std::string_view kCapture = ".capture.csv";
constexpr std::size_t kPages[] = {4096, 8192};  ///< of SQLite and of PostgreSQL

Explanation refused(Text const& text, fs::path const& where) { return {Sentence(text), where.string()}; }

Explained<Bytes> read_whole(fs::path const& path, std::uint64_t most) {
  auto file = platform::File::open(path, platform::Open::kRead);
  if (!file) return refused(words::kRefusedUnread, path);
  Bytes out, piece(1 << 20);
  while (true) {
    auto const got = file->read(piece);
    if (!got) return refused(words::kRefusedUnread, path);
    if (*got == 0) return out;
    if (out.size() + *got > most) return refused(words::kRefusedLarge, path);
    out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

/// The person whose folder a component of this path is, and the path without what stands before it.
std::pair<std::optional<PersonId>, std::string> owner_of(fs::path const& path) {
  for (auto part = path.begin(); part != path.end(); ++part) {
    auto const name = part->string();
    for (std::string_view const kind : {"client-", "person-", "profile-"}) {
      if (!name.starts_with(kind) || name.size() > kind.size() + 6) continue;
      PersonId person = 0;
      auto const [end, bad] = std::from_chars(name.data() + kind.size(), name.data() + name.size(), person);
      if (bad != std::errc() || end != name.data() + name.size() || person == 0) continue;
      fs::path rest;
      for (auto after = std::next(part); after != path.end(); ++after) rest /= *after;
      return {person, rest.string()};
    }
  }
  return {std::nullopt, path.string()};
}

/// Comma-separated lines of a bounded file. @return the number of the first line that `take` refuses; 0: none.
template <class Take>
std::size_t each_line(Bytes const& bytes, Take const& take) {
  std::size_t number = 0;
  for (auto rest = as_text(bytes); !rest.empty();) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string_view> cells;
    while (true) {
      auto const comma = line.find(',');
      cells.push_back(line.substr(0, comma));
      if (comma == std::string_view::npos) break;
      line.remove_prefix(comma + 1);
    }
    if (!take(cells)) return number;
  }
  return 0;
}

template <class Number>
bool to_number(std::string_view text, Number& out) {
  auto const [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  return bad == std::errc() && end == text.data() + text.size();
}

/// A word as files may hold it: UTF-8, and UTF-16 as browsers keep what a page stores.
std::vector<Bytes> spellings(std::string_view word) {
  Bytes wide;
  for (auto const& c : word) {
    if (static_cast<unsigned char>(c) >= 0x80) return {to_bytes(as_bytes(word))};
    wide.push_back(static_cast<std::uint8_t>(c));
    wide.push_back(0);
  }
  return {to_bytes(as_bytes(word)), wide};
}

enum class Written : std::uint8_t { kHex, kBase64 };

bool is_digit(std::uint8_t c, Written how) {
  bool const digit = c >= '0' && c <= '9', low = c >= 'a' && c <= 'z', high = c >= 'A' && c <= 'Z';
  if (how == Written::kHex) return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  return digit || low || high || c == '+' || c == '/';
}

/// The same bytes with every long run of such digits read, as dumps of databases and lines of JSON write them; names
/// between them stay where they are. Empty: there is no such run.
Bytes decoded(Bytes const& bytes, Written how) {
  Bytes out;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = at;
    while (end < bytes.size() && is_digit(bytes[end], how)) ++end;
    std::size_t const whole = (end - at) / 4 * 4;
    if (whole >= kRunMin) {
      auto const run = std::string(as_text(ByteView(bytes).subspan(at, whole)));
      auto const read = how == Written::kHex ? from_hex(run) : from_base64(run);
      if (read) {
        append(out, ByteView(bytes).subspan(taken, at - taken));
        append(out, *read);
        taken = at + whole;
      }
    }
    at = end + 1;
  }
  if (taken > 0) append(out, ByteView(bytes).subspan(taken));
  return out;
}

class Search {
 public:
  Search(LogView log, Limits const& limits) : log_(std::move(log)), limits_(limits), index_(views(log_)) {
    for (std::uint32_t q = 0; q < log_.questions.size(); ++q) {
      for (std::uint32_t b = 0; b < log_.questions[q].seized.ballots.size(); ++b) ballots_.emplace_back(q, b);
    }
    for (auto const* text : {&words::kChoiceAgree, &words::kChoiceDisagree, &words::kChoiceAbstain}) {
      for (auto const lang : {Lang::kZh, Lang::kEn})
        for (auto& spelling : spellings(text->in(lang))) choices_.push_back(std::move(spelling));
    }
  }

  Explained<void> folder(fs::path const& folder) {
    std::error_code bad;
    if (!fs::is_directory(folder, bad)) return refused(words::kRefusedFolder, folder);
    auto const options = fs::directory_options::none;
    auto at = fs::recursive_directory_iterator(folder, options, bad);
    if (bad) return refused(words::kRefusedUnread, folder);
    for (auto const last = fs::recursive_directory_iterator(); at != last; at.increment(bad)) {
      if (bad) return refused(words::kRefusedUnread, folder);
      std::error_code gone;
      auto const status = at->symlink_status(gone);
      if (fs::is_symlink(status)) ++out_.links_passed_over;
      if (!fs::is_regular_file(status)) continue;
      if (out_.files >= limits_.files) return refused(words::kRefusedMany, folder);
      if (auto const done = file(folder, at->path()); !done) return done.error();
    }
    return bad ? Explained<void>(refused(words::kRefusedUnread, folder)) : Explained<void>();
  }

  Explained<void> truth(fs::path const& path) {
    auto const bytes = read_whole(path, limits_.truth_bytes);
    if (!bytes) return bytes.error();
    for (auto& view : log_.questions) view.seized.truth.emplace();
    auto const wrong = each_line(*bytes, [&](auto const& cells) {
      PersonId person = 0;
      if (cells.size() != 2 || !to_number(cells[0], person)) return false;
      auto const mark = from_hex(cells[1]);
      if (!mark || mark->size() < kSharedMin) return false;
      bool known = false;
      index_.search(*mark, [&](std::size_t, BallotIndex::Place place) {
        auto const [q, b] = ballots_[place.ballot];
        auto& view = log_.questions[q];
        if (auto const p = view.place(person)) known = true, (*view.seized.truth)[*p] = b;
      });
      return known;
    });
    if (wrong != 0) return at_line(words::kRefusedTruth, path, wrong);
    return {};
  }

  Evidence finish() {
    for (std::size_t q = 0; q < log_.questions.size(); ++q) close(q);
    words_at_rest();
    for (auto& view : log_.questions) out_.questions.push_back(std::move(view.seized));
    return std::move(out_);
  }

 private:
  static std::vector<ByteView> views(LogView const& log) {
    std::vector<ByteView> out;
    for (auto const& view : log.questions)
      for (auto const& ballot : view.seized.ballots) out.emplace_back(ballot);
    return out;
  }
  static Explanation at_line(Text const& text, fs::path const& path, std::size_t line) {
    return {Sentence(text, {{"line", std::uint64_t{line}}}), path.string()};
  }

  Explained<void> file(fs::path const& folder, fs::path const& path) {
    std::error_code bad;
    auto const written = std::chrono::file_clock::to_sys(fs::last_write_time(path, bad)).time_since_epoch();
    auto const bytes = read_whole(path, limits_.file_bytes);
    if (!bytes) return bytes.error();
    ++out_.files;
    out_.bytes += bytes->size();
    if (out_.bytes > limits_.all_bytes) return refused(words::kRefusedMuch, folder);
    if (path.string().ends_with(kCapture)) return capture(path, *bytes);
    auto const inside = path.lexically_relative(folder.parent_path().empty() ? fs::path(".") : folder.parent_path());
    auto const [person, name] = owner_of(inside);
    auto const when = std::chrono::duration_cast<std::chrono::microseconds>(written).count();
    if (person) {
      times_[name][*person] = when;
      sizes_[name][*person] = static_cast<std::int64_t>(bytes->size());
      folders_.insert(*person);
      words_in(*person, name, *bytes);
    }
    ballots_in(person, name, *bytes, when);
    if (auto const read = decoded(*bytes, Written::kHex); !read.empty()) ballots_in(person, name + "#hex", read, when);
    if (auto const read = decoded(*bytes, Written::kBase64); !read.empty())
      ballots_in(person, name + "#base64", read, when);
    return {};
  }

  Explained<void> capture(fs::path const& path, Bytes const& bytes) {
    if (bytes.size() > limits_.capture_bytes) return refused(words::kRefusedLarge, path);
    auto const wrong = each_line(bytes, [&](auto const& cells) {
      std::int64_t time = 0, size = 0;
      PersonId person = 0;
      if (cells.size() != 3 || !to_number(cells[0], time) || !to_number(cells[1], size) || size < 0 ||
          !to_number(cells[2], person))
        return false;
      auto& sent = sent_[person];
      sent.first = sent.packets == 0 ? time : std::min(sent.first, time);
      sent.last = sent.packets == 0 ? time : std::max(sent.last, time);
      if (sent.packets++ == 0 || size > sent.largest) sent.largest = size, sent.when_largest = time;
      sent.bytes = size > limits_most() - sent.bytes ? limits_most() : sent.bytes + size;
      return true;
    });
    if (wrong != 0) return at_line(words::kRefusedCapture, path, wrong);
    return {};
  }
  static constexpr std::int64_t limits_most() { return std::int64_t{1} << 62; }

  /// How far what stands at `at` of `bytes` is the log, and whether with what the log has around that ballot.
  struct Piece {
    bool of_log = false;
    std::size_t behind = kSharedMin;  ///< bytes from `at` on
  };
  static Piece piece(BoxView const& view, std::uint32_t ballot, std::uint32_t offset, ByteView bytes, std::size_t at) {
    auto const here = view.at[ballot] + offset;
    auto const size = view.seized.ballots[ballot].size();
    std::size_t const left = offset + kOutside, right = size - offset + kOutside;
    Piece out;
    if (here + kSharedMin > view.entry.size()) return out;
    std::size_t before = 0;
    while (before < left && before < at && before < here && bytes[at - 1 - before] == view.entry[here - 1 - before])
      ++before;
    while (out.behind < right && at + out.behind < bytes.size() && here + out.behind < view.entry.size() &&
           bytes[at + out.behind] == view.entry[here + out.behind])
      ++out.behind;
    out.of_log = before == left || out.behind == right;
    return out;
  }

  struct Lying {
    std::size_t at = 0;
    std::int64_t when = 0;
  };
  void ballots_in(std::optional<PersonId> person, std::string const& name, Bytes const& bytes, std::int64_t when) {
    std::size_t passed = 0;
    std::map<std::uint32_t, std::size_t> lying;  // ballot → where first
    index_.search(bytes, [&](std::size_t at, BallotIndex::Place place) {
      if (at < passed) return;
      auto const [q, b] = ballots_[place.ballot];
      auto const& view = log_.questions[q];
      auto const here = piece(view, b, place.offset, bytes, at);
      passed = at + here.behind;
      out_.log_pieces += here.of_log ? 1 : 0;
      if (here.of_log) return;
      lying.emplace(place.ballot, at);
      beside_a_name(q, b, name, bytes, at);
    });
    for (auto const& [ballot, at] : lying) {
      auto const [q, b] = ballots_[ballot];
      auto& view = log_.questions[q];
      if (person) {
        if (auto const p = view.place(*person)) join(words::kAttemptFolder, name, q, *p, b);
      } else {
        lying_[q][name][b] = {at, when};
        if (lying.size() == 1) alone_[q][b] = when;
      }
    }
  }
  void join(Text const& how, std::string const& name, std::uint32_t q, std::size_t person, std::uint32_t ballot) {
    if (!joined_.emplace(how.key, name, q, person, ballot).second) return;
    log_.questions[q].seized.joined.push_back({Sentence(how, {{"file", name}}), person, ballot});
  }
  void beside_a_name(std::uint32_t q, std::uint32_t b, std::string const& name, Bytes const& bytes, std::size_t at) {
    auto& view = log_.questions[q];
    auto const from = at - std::min(at, kAround);
    auto const around = ByteView(bytes).subspan(from, std::min(bytes.size() - from, at - from + kSharedMin + kAround));
    std::optional<std::pair<std::size_t, std::size_t>> nearest;  // how far, place
    for (std::size_t p = 0; p < view.marks.size(); ++p) {
      for (auto const& mark : view.marks[p]) {
        auto rest = around.begin();
        while ((rest = std::search(rest, around.end(), mark.begin(), mark.end())) != around.end()) {
          auto const there = from + static_cast<std::size_t>(rest - around.begin());
          auto const far = there > at ? there - at : at - there;
          if (!nearest || far < nearest->first) nearest = {far, p};
          ++rest;
        }
      }
    }
    if (nearest) join(words::kAttemptName, name, q, nearest->second, b);
  }

  void words_in(PersonId person, std::string const& name, Bytes const& bytes) {
    for (auto const& word : choices_) {
      auto at = bytes.begin();
      while ((at = std::search(at, bytes.end(), word.begin(), word.end())) != bytes.end()) {
        auto const from = at - std::min<std::ptrdiff_t>(kContext, at - bytes.begin());
        auto const end =
            at + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(word.size() + kContext), bytes.end() - at);
        if (contexts_.size() < kContextsMax) {
          auto& seen = contexts_[Bytes(from, end)];
          seen.first.insert(person);
          seen.second = name;
        }
        ++words_seen_;
        ++at;
      }
    }
  }
  /// What every folder has is the program's; what only some have may be what they chose.
  void words_at_rest() {
    std::set<PersonId> experts;
    for (auto const& view : log_.questions)
      for (auto const person : view.people)
        if (folders_.contains(person)) experts.insert(person);
    std::map<std::string, std::set<PersonId>> by_file;
    for (auto const& [context, seen] : contexts_) {
      std::set<PersonId> who;
      std::ranges::set_intersection(seen.first, experts, std::inserter(who, who.end()));
      if (!who.empty() && who.size() < experts.size()) by_file[seen.second].insert(who.begin(), who.end());
    }
    for (auto const& [file, people] : by_file) {
      Attempt attempt{.name = Sentence(words::kAttemptWords, {{"file", file}}), .tried = words_seen_};
      attempt.suspicious = true;
      out_.at_large.push_back(std::move(attempt));
    }
    if (by_file.empty()) out_.at_large.push_back({.name = words::kAttemptNoWords, .tried = words_seen_});
  }

  /// What was gathered over all files, by question.
  void close(std::size_t q) {
    auto& view = log_.questions[q];
    auto& seized = view.seized;
    seized.compared = out_.files * seized.ballots.size();
    for (auto const& [name, where] : lying_[q]) {
      std::vector<std::pair<std::size_t, std::size_t>> by_place;
      for (auto const& [b, lying] : where) by_place.emplace_back(lying.at, b);
      std::ranges::sort(by_place);
      Order order{Sentence(words::kOrderFile, {{"file", name}}), {}};
      for (auto const& [at, b] : by_place) order.of.push_back(b);
      seized.beside_the_log.push_back(std::move(order));
      // Pages are filled from their ends: what was written first lies last in its page.
      for (auto const page : kPages) {
        std::ranges::sort(by_place, {},
                          [&](auto const& x) { return std::tuple(x.first / page, page - x.first % page); });
        Order backwards{Sentence(words::kOrderPages, {{"file", name}, {"size", std::uint64_t{page}}}), {}};
        for (auto const& [at, b] : by_place) backwards.of.push_back(b);
        seized.ballot_orders.push_back(std::move(backwards));
      }
    }
    if (!alone_[q].empty()) {
      Measure when{words::kTimeBallotFile, {}};
      for (auto const& [b, time] : alone_[q]) when.of[b] = time;
      seized.ballot_times.push_back(std::move(when));
    }
    Measure size{words::kSizeBallot, {}};
    for (std::size_t b = 0; b < seized.ballots.size(); ++b)
      size.of[b] = static_cast<std::int64_t>(seized.ballots[b].size());
    seized.ballot_sizes.push_back(std::move(size));
    files_of(view, times_, words::kTimeFile, seized.people_times);
    files_of(view, sizes_, words::kSizeFile, seized.people_sizes);
    packets_of(view);
  }
  using ByFile = std::map<std::string, std::map<PersonId, std::int64_t>>;
  static void files_of(BoxView const& view, ByFile const& files, Text const& name, std::vector<Measure>& out) {
    for (auto const& [file, people] : files) {
      if (out.size() == kMeasuresMax) return;
      Measure measure{Sentence(name, {{"file", file}}), {}};
      for (auto const& [person, value] : people)
        if (auto const p = view.place(person)) measure.of[*p] = value;
      if (measure.of.size() == view.people.size()) out.push_back(std::move(measure));
    }
  }
  void packets_of(BoxView& view) {
    Measure first{words::kTimeFirstPacket, {}}, last{words::kTimeLastPacket, {}},
        largest{words::kTimeLargestPacket, {}};
    Measure bytes{words::kSizePackets, {}}, most{words::kSizeLargestPacket, {}};
    for (auto const& [person, sent] : sent_) {
      auto const p = view.place(person);
      if (!p) continue;
      first.of[*p] = sent.first, last.of[*p] = sent.last, largest.of[*p] = sent.when_largest;
      bytes.of[*p] = sent.bytes, most.of[*p] = sent.largest;
    }
    if (first.of.empty()) return;
    for (auto* time : {&first, &last, &largest}) view.seized.people_times.push_back(std::move(*time));
    for (auto* size : {&bytes, &most}) view.seized.people_sizes.push_back(std::move(*size));
  }

  struct Sent {
    std::uint64_t packets = 0;
    std::int64_t first = 0, last = 0, bytes = 0, largest = 0, when_largest = 0;
  };
  LogView log_;
  Limits const& limits_;
  BallotIndex index_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ballots_;  ///< of the index: question, ballot
  std::set<std::tuple<std::string_view, std::string, std::uint32_t, std::size_t, std::uint32_t>> joined_;
  std::vector<Bytes> choices_;
  std::map<Bytes, std::pair<std::set<PersonId>, std::string>> contexts_;
  std::uint64_t words_seen_ = 0;
  std::set<PersonId> folders_;
  ByFile times_, sizes_;
  std::map<PersonId, Sent> sent_;
  std::map<std::size_t, std::map<std::string, std::map<std::size_t, Lying>>> lying_;
  std::map<std::size_t, std::map<std::size_t, std::int64_t>> alone_;
  Evidence out_;
};

}  // namespace

Explained<Evidence> read_evidence(fs::path const& record, std::vector<fs::path> const& folders,
                                  std::optional<fs::path> const& truth, Limits const& limits) {
  std::error_code bad;
  if (fs::is_directory(record, bad)) return refused(words::kRefusedUnread, record);
  std::ifstream in(record, std::ios::binary);
  if (!in) return refused(words::kRefusedUnread, record);
  if (fs::file_size(record, bad) > limits.record_bytes || bad) return refused(words::kRefusedLarge, record);
  auto log = view_log(in);
  if (!log) return Explanation(log.error().what, record.string(), log.error().code);
  Search search(std::move(*log), limits);
  if (truth) {
    if (auto const read = search.truth(*truth); !read) return read.error();
  }
  for (auto const& folder : folders)
    if (auto const read = search.folder(folder); !read) return read.error();
  return search.finish();
}

}  // namespace piaojue::verifier::link
