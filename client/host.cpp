// SPDX-License-Identifier: Apache-2.0
#include "client/host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "client/session/command.h"
#include "local/browser.h"
#include "local/wiped_json.h"
#include "net/channel.h"
#include "strings/refusals.h"

namespace piaojue::client {

using local::open_browser;
using local::PageLimits;
using local::set_signals;
using local::WipedJson;
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kTick{200};
/// A connection that lived this long was a good one: the next attempt comes at once again.
constexpr std::uint64_t kGoodConnectionMs = 3'000;
constexpr std::size_t kLineBytesMax = 64U << 10;

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

std::uint64_t posix_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// Whether everything was taken. A reader that went away does not end a trustee's program.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto const n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Threads for jobs. Keys are made ahead of need and take long, so they never hold up what somebody waits for: the
/// first thread takes them only when there is nothing else, the others not at all. Never destroyed: a job can not be
/// interrupted, and the process ends without it (see run_host).
class Workers {
 public:
  explicit Workers(unsigned count) {
    for (unsigned i = 0; i < std::max(1U, count); ++i) {
      threads_.emplace_back([this, i] { work(i == 0); });
    }
  }
  void add(bool background, std::function<void()> run) {
    std::scoped_lock const lock(mutex_);
    (background ? slow_ : fast_).push_back(std::move(run));
    changed_.notify_all();
  }

 private:
  void work(bool takes_slow) {
    for (;;) {
      std::function<void()> run;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !fast_.empty() || (takes_slow && !slow_.empty()); });
        auto& queue = fast_.empty() ? slow_ : fast_;
        run = std::move(queue.front());
        queue.pop_front();
      }
      run();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> fast_, slow_;
  std::vector<std::thread> threads_;
};

namespace json = boost::json;

/// Everything here runs on one strand.
class Host {
 public:
  Host(net::Loop& loop, std::optional<Started> started, Wallet& wallet, HostOptions options, int wake)
      : loop_(loop),
        strand_(loop.io()),
        wallet_(wallet),
        started_(std::move(started)),
        options_(std::move(options)),
        backoff_(options_.backoff_min),
        ticker_(strand_),
        sooner_(strand_),
        reconnector_(strand_),
        workers_(options_.workers),
        wake_(wake),
        dice_(std::random_device{}()) {}

  net::Strand const& strand() const { return strand_; }
  int exit_code() const { return exit_code_.load(); }  ///< on the main thread, after the wake

  /// Before `begin`. @param why in words.
  [[nodiscard]] Result<void> listen(std::string& why) {
    PageHost::Calls calls;
    calls.opened = [this](Asker page) { strand_.post([this, page] { page_opened(page); }); };
    calls.line = [this](Asker page, std::string text) {
      strand_.post([this, page, kept = std::make_shared<std::string>(std::move(text))] {
        line(*kept, page);
        sodium_memzero(kept->data(), kept->size());
      });
    };
    calls.closed = [this](Asker page) { strand_.post([this, page] { page_closed(page); }); };
    auto page =
        PageHost::listen(loop_, options_.page->port, options_.page->assets, std::move(calls), PageLimits{}, why);
    if (!page) return page.error();
    page_ = std::move(*page);
    return {};
  }

  void begin() {
    if (page_) announce();
    if (started_) return run();
    auto const profile = load_profile(wallet_);
    bool const enrolled = profile && *profile && !(*profile)->certificate_pem.empty();
    change_phase(enrolled ? Phase::kUnlock : Phase::kEnrol);
  }

  void line(std::string_view text, Asker asker = kConsole) {
    if (ending_ || command::is_blank(text)) return;
    auto const tagged = command::split_tag(text);
    if (tagged) {
      Answer const answer{this, asker, tagged->tag, command::word_of(tagged->line)};
      if (page_ && asker == kConsole && answer.word == "page") {
        answer.ok({});
        return announce();
      }
      if (!session_) return before_session(answer, tagged->line);
    } else if (!session_) {
      return Answer{this, asker, {}, command::word_of(text)}.no(Refusal::kMalformed);
    }
    session_->command(text, asker);
    pump();
  }

  void end(int code, std::string const& zh, std::string const& en) {
    if (ending_) return;
    ending_ = true;
    exit_code_ = code;
    ticker_.cancel();
    sooner_.cancel();
    reconnector_.cancel();
    // What is queued still goes out, to the server and to the page; the last of them wakes the main thread.
    if (page_) {
      ++parting_;
      ended_ = options_.start.lang == "zh" ? zh : en;
      change_phase(Phase::kEnded);
      page_->finish([this] { strand_.post([this] { parted(); }); });
    }
    if (channel_) {
      ++parting_;
      channel_->finish(net::CloseReason::kShutdown);
    }
    if (parting_ == 0) wake();
  }
  void end_by_signal() { end(0, "程序已被系统结束", "the program was ended by the system"); }

 private:
  enum class Phase : std::uint8_t { kEnrol, kUnlock, kRun, kEnded };

  /// A reply of this host itself, to whoever asked.
  struct Answer {
    Host* host;
    Asker asker;
    std::string tag, word;
    void ok(json::object more) const { send(true, "OK", host->say("完成", "done"), std::move(more)); }
    void no(Refusal code, json::object more = {}) const {
      send(false, piaojue::name(code), std::string(strings::sentence_of(code).in(lang_of(host->options_.start.lang))),
           std::move(more));
    }
    void no(Trouble const& trouble) const {
      json::object more;
      more["detail"] = trouble.words(host->options_.start.lang);
      send(false, trouble.code, trouble.words(host->options_.start.lang), std::move(more));
    }
    void send(bool good, std::string_view code, std::string const& message, json::object more) const {
      json::object out;
      out["event"] = "reply";
      out["command"] = word;
      out["ok"] = good;
      out["code"] = code;
      out["message"] = message;
      for (auto& member : more) out[member.key()] = std::move(member.value());
      if (!tag.empty()) out["tag"] = tag;
      host->say_to(asker, json::serialize(out));
    }
  };

  std::string say(std::string_view zh, std::string_view en) const {
    return std::string(options_.start.lang == "zh" ? zh : en);
  }

  void wake() const {
    std::uint64_t const one = 1;
    static_cast<void>(!::write(wake_, &one, sizeof one));
  }
  void parted() {
    if (parting_ > 0 && --parting_ == 0) wake();
  }

  // ---- The page

  void announce() {
    json::object out;
    out["event"] = "page";
    auto const url = page_->renew();
    out["url"] = url;
    say_to(kConsole, json::serialize(out));
    if (options_.page->browser) open_browser(url);
  }

  void page_opened(Asker page) {
    if (page_asker_ != kConsole) page_closed(page_asker_);
    page_asker_ = page;
    page_->send(page, phase_line());
  }

  void page_closed(Asker page) {
    if (session_) session_->leave(page);
    if (page == page_asker_) page_asker_ = kConsole;
  }

  std::string phase_line() const {
    static constexpr std::array<std::string_view, 4> kNames{"enrol", "unlock", "run", "ended"};
    json::object out;
    out["event"] = "page-phase";
    out["phase"] = kNames.at(static_cast<std::size_t>(phase_));
    out["version"] = options_.page->version;
    out["lang"] = options_.start.lang;
    if (phase_ == Phase::kEnded) out["message"] = ended_;
    return json::serialize(out);
  }

  void change_phase(Phase to) {
    phase_ = to;
    if (page_ && page_asker_ != kConsole) page_->send(page_asker_, phase_line());
  }

  void say_to(Asker asker, std::string line) {
    if (asker != kConsole) {
      if (page_) page_->send(asker, std::move(line));
      return;
    }
    // A reader that does not read holds this program back, and only this one: its bound is the pipe's.
    line.push_back('\n');
    if (stdout_open_) stdout_open_ = write_all(STDOUT_FILENO, line);
  }

  // ---- Before there is a session

  void before_session(Answer const& answer, std::string_view line) {
    auto const rest = line.substr(std::min(line.size(), line.find_first_of(" \t\r\n")));
    bool const page = answer.asker != kConsole;
    if (answer.word == "quit") {
      answer.ok({});
      return end(0, "程序已退出", "the program was ended");
    }
    if (answer.word == "help") {
      json::object more;
      more["message"] =
          page ? "prefill\nslip <text>\nenrol {\"slip\":…,\"passphrase\":…}\nunlock {\"passphrase\":…}\nquit\n"
               : "page\nhelp\nquit\n";
      return answer.ok(std::move(more));
    }
    if (!command::is_utf8(line)) return answer.no(Refusal::kMalformed);
    if (page && phase_ == Phase::kEnrol) {
      if (answer.word == "prefill") {
        json::object more;
        more["slip"] = options_.page->slip;
        return answer.ok(std::move(more));
      }
      if (answer.word == "slip") return read_slip(answer, rest);
      if (answer.word == "enrol") return enrol_or_unlock(answer, rest);
    }
    if (page && phase_ == Phase::kUnlock && answer.word == "unlock") return enrol_or_unlock(answer, rest);
    answer.no(Refusal::kWrongPhase);
  }

  void read_slip(Answer const& answer, std::string_view text) const {
    auto const slip = read_slip_text(text);
    if (!slip) return answer.no(slip.error());
    json::object more;
    more["server"] = slip->host + ":" + std::to_string(slip->port);
    more["server_key"] = group_of_four(slip->server_spki);
    more["person"] = slip->person;
    more["slip"] = meeting::format_slip(*slip);
    answer.ok(std::move(more));
  }

  /// Argon2id, the network and the replay of the log: on a worker, so that the page stays alive.
  void enrol_or_unlock(Answer const& answer, std::string_view text) {
    if (working_) return answer.no(Refusal::kBusy);
    WipedJson given;
    auto const* const fields = given.parse(text);
    if (fields == nullptr) return answer.no(Refusal::kMalformed);
    struct Work {
      std::optional<meeting::Slip> slip;
      Secret passphrase;
      Tried<Started> result = Trouble{};
      json::object more;
    };
    auto const work = std::make_shared<Work>();
    auto const passphrase = WipedJson::text(*fields, "passphrase");
    if (passphrase.empty() && !options_.page->empty_passphrase) {
      return answer.no(Trouble{std::string(piaojue::name(Refusal::kMalformed)), "口令不能为空",
                               "an empty passphrase protects nothing"});
    }
    work->passphrase = Secret::copy_of(as_bytes(passphrase));
    if (phase_ == Phase::kEnrol) {
      auto const slip = read_slip_text(WipedJson::text(*fields, "slip"));
      if (!slip) return answer.no(slip.error());
      work->slip = *slip;
    }
    working_ = true;
    workers_.add("setup", [this, work, answer] {
      auto unlocked = unlock_or_enrol(work->slip, as_text(work->passphrase.view()));
      work->passphrase.wipe();
      if (auto const* trouble = std::get_if<Trouble>(&unlocked)) {
        work->result = *trouble;
      } else {
        auto& open = std::get<Unlocked>(unlocked);
        work->more["person"] = open.profile.person;
        work->more["name"] = open.profile.name;
        work->more["roles"] = open.profile.roles;
        work->more["identity_key"] = key_fingerprint(open.profile.identity_key);
        work->result = start(std::move(open), wallet_, options_.start);
      }
      strand_.post([this, work, answer] {
        working_ = false;
        if (ending_) return;
        if (auto const* trouble = std::get_if<Trouble>(&work->result)) return answer.no(*trouble);
        answer.ok(std::move(work->more));
        started_ = std::move(std::get<Started>(work->result));
        run();
      });
    });
  }

  Tried<Unlocked> unlock_or_enrol(std::optional<meeting::Slip> const& slip, std::string_view passphrase) {
    if (slip) return enrol(wallet_, *slip, passphrase, options_.enrol_patience);
    auto profile = load_profile(wallet_);
    if (!profile) return trouble_of(profile.error());
    if (!*profile) return trouble_of(Refusal::kUnknown);
    return unlock(wallet_, std::move(**profile), passphrase);
  }

  // ---- The session

  void run() {
    session_ = std::move(started_->session);
    change_phase(Phase::kRun);
    session_->tick(now_ms(), posix_s());
    pump();
    connect();
    tick();
  }

  void tick() {
    ticker_.after(kTick, [this] {
      tick_now();
      if (!ending_) tick();
    });
  }

  void tick_now() {
    session_->tick(now_ms(), posix_s());
    pump();
  }

  void connect() {
    if (ending_) return;
    net::connect(loop_.io(), started_->host, started_->port, started_->tls, net::ChannelLimits{},
                 [this](std::shared_ptr<net::Channel> const& channel, net::Closed const& why) {
                   strand_.post([this, channel, why] { connected(channel, why); });
                 });
  }

  void connected(std::shared_ptr<net::Channel> const& channel, net::Closed const& why) {
    if (!channel) {
      complain(why);
      return retry();
    }
    if (ending_) return;
    channel_ = channel;
    auto const number = ++connections_;
    connected_at_ms_ = now_ms();
    channel->start(
        [this, number](Bytes payload) {
          strand_.post([this, number, frame = std::make_shared<Bytes const>(std::move(payload))] {
            if (number != connections_ || !channel_ || ending_) return;
            session_->on_frame(*frame);
            pump();
          });
        },
        [this, number](net::Closed const& closed_why) {
          strand_.post([this, number, closed_why] { closed(number, closed_why); });
        });
    session_->connected();
    pump();
  }

  void closed(std::uint64_t number, net::Closed const& why) {
    if (number != connections_) return;
    channel_.reset();
    if (ending_) return parted();
    complain(why);
    session_->disconnected();
    pump();
    if (now_ms() >= connected_at_ms_ + kGoodConnectionMs) backoff_ = options_.backoff_min;
    retry();
  }

  void retry() {
    if (ending_) return;
    // Half of it by chance, so that a hundred laptops do not all knock in the same millisecond.
    auto const half = backoff_.count() / 2;
    Milliseconds const delay{half + std::uniform_int_distribution<Milliseconds::rep>(0, half)(dice_)};
    backoff_ = std::min(backoff_ * 2, options_.backoff_max);
    reconnector_.after(delay, [this] { connect(); });
  }

  /// Once for each reason in a row, to stderr.
  void complain(net::Closed const& why) {
    std::string text(net::name(why.reason));
    if (!why.detail.empty()) text += ": " + why.detail;
    if (text == complained_) return;
    complained_ = text;
    std::fprintf(stderr, "piaojue: connection: %s\n", text.c_str());
  }

  void pump() {
    speak();
    for (auto& frame : session_->take_frames()) {
      if (channel_) channel_->send(std::move(frame));
    }
    for (auto& job : session_->take_jobs()) {
      workers_.add(job.urgency == Urgency::kBackground, [this, run = std::move(job.run), id = job.id] {
        run();
        strand_.post([this, id] {
          if (ending_) return;
          session_->finish_job(id);
          pump();
        });
      });
    }
    if (auto const& fatal = session_->fatal(); fatal && !ending_) {
      speak();
      std::fprintf(stderr, "piaojue: %s\n", fatal->c_str());
      return end(1, "磁盘写入失败，程序已停止：" + *fatal, "the disk failed, the program has stopped: " + *fatal);
    }
    if (session_->wants_quit()) return end(0, "程序已退出", "the program was ended");
    if (session_->wants_reconnect() && channel_) channel_->close(net::CloseReason::kRefused, "unexpected message");
    // `now` waits for its time, which is sooner than the next tick.
    if (auto const wanted = session_->tick_wanted(); wanted && !soon_) {
      soon_ = true;
      sooner_.after(Milliseconds(static_cast<Milliseconds::rep>(*wanted) + 1), [this] {
        soon_ = false;
        tick_now();
      });
    }
  }

  void speak() {
    for (auto& said : session_->take_said()) {
      if (said.to) {
        say_to(*said.to, std::move(said.line));
        continue;
      }
      if (page_asker_ != kConsole) say_to(page_asker_, said.line);
      say_to(kConsole, std::move(said.line));
    }
  }

  net::Loop& loop_;
  net::Strand strand_;
  Wallet& wallet_;
  std::optional<Started> started_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<PageHost> page_;
  Asker page_asker_ = kConsole;  ///< the page that is there; kConsole: none
  Phase phase_ = Phase::kRun;
  std::string ended_;
  bool working_ = false;
  bool soon_ = false;
  int parting_ = 0;
  HostOptions options_;
  Milliseconds backoff_;
  net::Timer ticker_, sooner_, reconnector_;
  Workers workers_;
  int wake_;
  std::minstd_rand dice_;  ///< for delays, nothing else
  std::shared_ptr<net::Channel> channel_;
  std::uint64_t connections_ = 0;
  std::uint64_t connected_at_ms_ = 0;
  std::string complained_;
  bool stdout_open_ = true;
  bool ending_ = false;
  std::atomic<int> exit_code_ = 0;
};

}  // namespace

int run_host(std::optional<Started> started, Wallet& wallet, HostOptions options) {
  auto const signals = set_signals();
  int const signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  int const wake_fd = ::eventfd(0, EFD_CLOEXEC);
  if (signal_fd < 0 || wake_fd < 0) {
    std::fprintf(stderr, "piaojue: out of file descriptors\n");
    return 1;
  }

  bool const exit_on_eof = options.exit_on_eof;
  // Never destroyed: workers may still be in the middle of a job when the process ends.
  auto* const loop = new net::Loop;
  bool const page = options.page.has_value();
  auto* const host = new Host(*loop, std::move(started), wallet, std::move(options), wake_fd);
  if (std::string why; page) {
    if (auto const listening = host->listen(why); !listening) {
      std::fprintf(stderr, "piaojue: the page's port can not be opened: %s\n", why.c_str());
      return 1;
    }
  }
  host->strand().post([host] { host->begin(); });
  loop->start(1);

  std::string buffer;
  bool reading = true;
  for (;;) {
    std::array<pollfd, 3> fds{{{wake_fd, POLLIN, 0}, {signal_fd, POLLIN, 0}, {reading ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (fds[0].revents != 0) break;
    if (fds[1].revents != 0) {
      signalfd_siginfo info{};
      static_cast<void>(!::read(signal_fd, &info, sizeof info));
      host->strand().post([host] { host->end_by_signal(); });
    }
    if (fds[2].revents == 0) continue;
    std::array<char, 1U << 14> chunk;
    auto const n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) {
      reading = false;
      if (exit_on_eof) host->strand().post([host] { host->end_by_signal(); });
      continue;
    }
    for (char const c : std::string_view(chunk.data(), static_cast<std::size_t>(n))) {
      if (c != '\n') {
        // One byte more than the session takes, so that it is the session that refuses it.
        if (buffer.size() <= kLineBytesMax) buffer.push_back(c);
        continue;
      }
      host->strand().post([host, line = std::exchange(buffer, {})] { host->line(line); });
    }
  }
  // Everything that matters is durable before anything was said, so there is nothing to tidy up; and a worker that
  // makes keys would hold up an orderly end for half a minute.
  std::fflush(stderr);
  std::_Exit(host->exit_code());
}

Result<Enrolled> enrol_online(std::string const& host, std::uint16_t port, net::TlsContext const& tls,
                              Bytes const& frame, std::chrono::milliseconds patience, std::string& why) {
  auto const deadline = std::chrono::steady_clock::now() + patience;
  Milliseconds backoff{200};
  for (;;) {
    // A loop of its own for each try: nothing of a try that failed can answer for the next.
    struct Try {
      std::promise<Result<Enrolled>> answer;
      std::atomic<bool> answered{false};
      std::string why;
      void give(Result<Enrolled> result) {
        if (!answered.exchange(true)) answer.set_value(std::move(result));
      }
    };
    auto const attempt = std::make_shared<Try>();
    auto future = attempt->answer.get_future();
    std::shared_ptr<net::Channel> open;
    Result<Enrolled> result = Refusal::kBusy;
    {
      net::Loop loop;
      net::connect(loop.io(), host, port, tls, net::ChannelLimits{},
                   [attempt, &open, &frame](std::shared_ptr<net::Channel> const& channel, net::Closed const& closed) {
                     if (!channel) {
                       attempt->why = std::string(net::name(closed.reason)) + " " + closed.detail;
                       return attempt->give(Refusal::kBusy);
                     }
                     open = channel;
                     channel->start([attempt](Bytes payload) { attempt->give(read_enrolled(payload)); },
                                    [attempt](net::Closed const& reason) {
                                      if (!attempt->answered) attempt->why = std::string(net::name(reason.reason));
                                      attempt->give(Refusal::kBusy);
                                    });
                     channel->send(frame);
                   });
      loop.start(1);
      if (future.wait_until(deadline) == std::future_status::ready) {
        result = future.get();
      } else {
        why = "no answer in time";
      }
      if (open) open->close();
      loop.stop();
      open.reset();
    }
    bool const busy = !result && result.error() == Refusal::kBusy;
    if (busy && !attempt->why.empty()) why = attempt->why;
    if (!busy || std::chrono::steady_clock::now() + backoff >= deadline) return result;
    std::this_thread::sleep_for(backoff);
    backoff = std::min(backoff * 2, Milliseconds{2'000});
  }
}

meeting::ParallelFor parallel_for() {
  unsigned const cores = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  return [cores](std::size_t n, std::function<void(std::size_t)> const& fn) {
    std::size_t const threads = std::min<std::size_t>(cores, n / 4);
    std::atomic<std::size_t> next{0};
    auto const work = [&] {
      for (std::size_t i = next++; i < n; i = next++) fn(i);
    };
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    for (auto& thread : others) thread.join();
  };
}

}  // namespace piaojue::client
