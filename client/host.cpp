// SPDX-License-Identifier: Apache-2.0
#include "client/host.h"

#include <atomic>
#include <boost/json.hpp>
#include <cstdio>
#include <limits>

#include "base/platform/console.h"
#include "client/link.h"
#include "client/pool.h"
#include "client/session/command.h"
#include "local/foreground.h"
#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

namespace {

using Milliseconds = std::chrono::milliseconds;
using platform::Foreground;

constexpr Milliseconds kTick{200};
/// Who asks for a file by opening its tab: the tab itself says what came of it, and no page has this number.
constexpr Asker kTab = std::numeric_limits<Asker>::max();
constexpr std::size_t kLineBytesMax = 64U << 10;

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

std::uint64_t posix_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

int fail(Sentence const& why, Lang lang) {
  std::fprintf(stderr, "piaojue: %s\n", why.in(lang).c_str());
  return 1;
}

/// Everything here runs on one strand.
class Host {
 public:
  Host(net::Loop& loop, std::optional<Started> started, Wallet& wallet, HostOptions options, Foreground& foreground)
      : loop_(loop),
        strand_(loop.io()),
        started_(std::move(started)),
        wallet_(wallet),
        options_(std::move(options)),
        door_(strand_, options_.start.lang),
        first_steps_(strand_, work_pool(), wallet, door_, first_options(options_),
                     [this](Started now) { run(std::move(now)); }),
        ticker_(strand_),
        sooner_(strand_),
        foreground_(foreground) {}

  net::Strand const& strand() const { return strand_; }
  int exit_code() const { return exit_code_.load(); }  ///< on the main thread, after the wake

  /// Before `begin`. Explains as PageHost::listen.
  [[nodiscard]] Explained<void> listen() {
    auto const done = door_.listen(
        loop_, *options_.page, [this](Asker page, std::string_view said) { line(said, page); },
        [this](Asker page) {
          if (session_) session_->leave(page);
        });
    if (done && options_.instance) options_.instance->serve(loop_, [this] { return door_.renew(); });
    return done;
  }

  void begin() {
    door_.prefer(load_preferences(wallet_));
    if (door_.has_page()) door_.announce();
    if (started_) return run(std::move(*started_));
    door_.change_phase(first_steps_.phase());
  }

  void line(std::string_view said, Asker asker = kConsole) {
    if (ending_ || command::is_blank(said)) return;
    auto const tagged = command::split_tag(said);
    auto const rest = tagged ? tagged->line : said;
    HostReply const reply(door_, asker, tagged ? tagged->tag : std::string(), command::word_of(rest));
    auto const own = tagged ? first::parse(rest) : Result<first::Command>(tagged.error());
    if (door_.has_page() && asker == kConsole && own && std::holds_alternative<first::Page>(*own)) {
      reply.ok();
      return door_.announce();
    }
    if (auto const* wanted = own ? std::get_if<first::Prefer>(&*own) : nullptr) return prefer(reply, *wanted);
    if (!session_) return own ? before_session(reply, *own) : reply.no(own.error());
    session_->command(said, asker);
    pump();
  }

  void end_by_signal() { end(0, text::kEndedBySystem); }

 private:
  static FirstSteps::Options first_options(HostOptions const& from) {
    FirstSteps::Options out{from.start, from.enrol_patience, {}, false};
    if (from.page) {
      out.slip = from.page->slip;
      out.empty_passphrase = from.page->empty_passphrase;
    }
    return out;
  }

  void prefer(HostReply const& reply, first::Prefer const& wanted) {
    auto const next = changed(door_.preferences(), wanted.words);
    if (!next) return reply.no(next.error());
    if (first_steps_.working()) return reply.no(Refusal::kBusy);
    if (auto const saved = save_preferences(wallet_, *next); !saved) return reply.no(saved.error());
    door_.prefer(*next);
    reply.ok();
  }

  void before_session(HostReply const& reply, first::Command const& command) {
    if (!std::holds_alternative<first::Quit>(command)) return first_steps_.operate(reply, command);
    reply.ok();
    end(0, text::kEnded);
  }

  // ---- The end

  void end(int code, Sentence const& why) {
    if (ending_) return;
    ending_ = true;
    exit_code_ = code;
    ticker_.cancel();
    sooner_.cancel();
    if (options_.instance) options_.instance->stop();
    // What is queued still goes out, to the server and to the page; the last of them wakes the main thread.
    if (door_.has_page()) {
      ++parting_;
      door_.finish(why, [this] { parted(); });
    }
    if (link_ && link_->finish([this] { parted(); })) ++parting_;
    if (parting_ == 0) wake();
  }

  void parted() {
    if (parting_ > 0 && --parting_ == 0) wake();
  }
  void wake() const { foreground_.wake(); }

  // ---- The session

  void run(Started started) {
    session_ = std::move(started.session);
    if (options_.start.materials) {
      options_.start.materials->fetch_by([this](MaterialKey key) {
        strand_.post([this, key] {
          line("attachment " + std::to_string(key.question) + " " + std::to_string(key.index), kTab);
        });
      });
    }
    door_.change_phase(PagePhase::kRun);
    session_->tick(now_ms(), posix_s());
    pump();
    if (ending_) return;
    Link::Options to{.host = std::move(started.host),
                     .port = started.port,
                     .tls = std::move(started.tls),
                     .lang = options_.start.lang};
    Link::Calls calls;
    calls.up = [this] {
      session_->connected();
      pump();
    };
    calls.frame = [this](Bytes const& frame) {
      session_->on_frame(frame);
      pump();
    };
    calls.down = [this] {
      session_->disconnected();
      pump();
    };
    link_.emplace(loop_, strand_, std::move(to), std::move(calls));
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

  /// Hands on what the session gives after each input.
  void pump() {
    door_.say(session_->take_said());
    for (auto& frame : session_->take_frames()) {
      if (link_) link_->send(std::move(frame));
    }
    for (auto& job : session_->take_jobs()) start_job(std::move(job));
    if (auto const& fatal = session_->fatal(); fatal && !ending_) {
      door_.say(session_->take_said());
      std::fprintf(stderr, "piaojue: %s\n", fatal->c_str());
      return end(1, {text::kEndedByDisk, {{"error", *fatal}}});
    }
    if (session_->wants_quit()) return end(0, text::kEnded);
    if (auto addresses = session_->take_addresses(); addresses && link_) link_->welcomed(std::move(*addresses));
    if (auto moved = session_->take_moved(); moved && link_) link_->go_to(std::move(moved->host), moved->port);
    if (session_->wants_reconnect() && link_) link_->break_off("unexpected message");
    // `now` waits for its time, which is sooner than the next tick.
    if (auto const wanted = session_->tick_wanted(); wanted && !soon_) {
      soon_ = true;
      sooner_.after(Milliseconds(static_cast<Milliseconds::rep>(*wanted) + 1), [this] {
        soon_ = false;
        tick_now();
      });
    }
  }

  void start_job(Job job) {
    bool const begun = work_pool().post(job.urgency, [this, run = std::move(job.run), id = job.id] {
      run();
      strand_.post([this, id] {
        if (ending_) return;
        session_->finish_job(id);
        pump();
      });
    });
    // A bound of thousands, where one meeting has a handful: nothing is right any more.
    if (!begun) end(1, text::kEndedByJobs);
  }

  net::Loop& loop_;
  net::Strand strand_;
  std::optional<Started> started_;
  Wallet& wallet_;
  HostOptions options_;
  Door door_;
  FirstSteps first_steps_;
  std::unique_ptr<Session> session_;
  std::optional<Link> link_;
  net::Timer ticker_, sooner_;
  Foreground& foreground_;
  bool soon_ = false;
  int parting_ = 0;
  bool ending_ = false;
  std::atomic<int> exit_code_ = 0;
};

/// Lines of stdin, cut at their ends.
class Lines {
 public:
  /// @return false: nothing more will come.
  bool read(Foreground& from, std::function<void(std::string)> const& line) {
    std::array<char, 1U << 14> chunk;
    auto const n = from.read_input(chunk);
    if (!n) return true;
    if (*n == 0) return false;
    for (char const c : std::string_view(chunk.data(), *n)) {
      if (c == '\n') {
        line(std::exchange(buffer_, {}));
      } else if (buffer_.size() <= kLineBytesMax) {
        // One byte more than the session takes, so that it is the session that refuses it.
        buffer_.push_back(c);
      }
    }
    return true;
  }

 private:
  std::string buffer_;
};

/// On the main thread, until the host says that it has ended.
void serve(Host& host, Foreground& foreground, bool exit_on_eof) {
  Lines lines;
  bool reading = true;
  for (;;) {
    switch (foreground.wait(reading)) {
      case Foreground::Event::kWoken:
        return;
      case Foreground::Event::kStop:
        host.strand().post([&host] { host.end_by_signal(); });
        continue;
      case Foreground::Event::kInput:
        break;
    }
    reading = lines.read(foreground, [&host](std::string line) {
      host.strand().post([&host, line = std::move(line)] { host.line(line); });
    });
    if (!reading && exit_on_eof) host.strand().post([&host] { host.end_by_signal(); });
  }
}

}  // namespace

int run_host(std::optional<Started> started, Wallet& wallet, HostOptions options) {
  auto const foreground = local::take_foreground();
  if (!foreground) return fail(foreground.error().what, options.start.lang);
  bool const exit_on_eof = options.exit_on_eof;
  bool const page = options.page.has_value();
  auto const lang = options.start.lang;
  auto* const materials = options.start.materials;
  // Never destroyed: the pool may still be in the middle of a job when the process ends.
  auto* const loop = new net::Loop;
  auto* const host = new Host(*loop, std::move(started), wallet, std::move(options), **foreground);
  if (page) {
    if (auto const listening = host->listen(); !listening) return fail(listening.error().what, lang);
  }
  host->strand().post([host] { host->begin(); });
  loop->start(1);
  serve(*host, **foreground, exit_on_eof);
  if (materials) materials->wipe();
  // Everything that matters is durable before anything was said, so there is nothing to tidy up; and a worker that
  // makes keys would hold up an orderly end for half a minute.
  std::fflush(stderr);
  std::_Exit(host->exit_code());
}

}  // namespace piaojue::client
