#include "client/host.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <future>
#include <mutex>
#include <random>
#include <thread>

#include "net/channel.h"

namespace piaojue::client {
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
  void add(std::string const& name, std::function<void()> run) {
    std::scoped_lock const lock(mutex_);
    (name.starts_with("keys/") ? slow_ : fast_).push_back(std::move(run));
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

/// Everything here runs on one strand.
class Host {
 public:
  Host(net::Loop& loop, std::unique_ptr<Session> session, net::TlsContext tls, HostOptions options, int wake)
      : loop_(loop),
        strand_(loop.io()),
        session_(std::move(session)),
        tls_(std::move(tls)),
        options_(std::move(options)),
        backoff_(options_.backoff_min),
        ticker_(strand_),
        reconnector_(strand_),
        workers_(options_.workers),
        wake_(wake),
        dice_(std::random_device{}()) {}

  net::Strand const& strand() const { return strand_; }
  int exit_code() const { return exit_code_; }

  void begin() {
    session_->tick(now_ms(), posix_s());
    pump();
    connect();
    tick();
  }
  void line(std::string_view text) {
    if (ending_) return;
    session_->command(text);
    pump();
  }
  void end(int code) {
    if (ending_) return;
    ending_ = true;
    exit_code_ = code;
    ticker_.cancel();
    reconnector_.cancel();
    if (channel_) {
      // What is queued still goes out; `closed` wakes the main thread.
      channel_->finish(net::CloseReason::kShutdown);
      return;
    }
    wake();
  }

 private:
  void wake() const {
    std::uint64_t const one = 1;
    static_cast<void>(!::write(wake_, &one, sizeof one));
  }

  void tick() {
    ticker_.after(kTick, [this] {
      session_->tick(now_ms(), posix_s());
      pump();
      if (!ending_) tick();
    });
  }

  void connect() {
    if (ending_) return;
    net::connect(loop_.io(), options_.host, options_.port, tls_, net::ChannelLimits{},
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
    if (ending_) return wake();
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
    for (auto const& event : session_->take_events()) {
      // A reader that does not read holds this program back, and only this one: its bound is the pipe's.
      if (stdout_open_) stdout_open_ = write_all(STDOUT_FILENO, event + "\n");
    }
    for (auto& frame : session_->take_frames()) {
      if (channel_) channel_->send(std::move(frame));
    }
    for (auto& job : session_->take_jobs()) {
      workers_.add(job.name, [this, run = std::move(job.run), id = job.id] {
        run();
        strand_.post([this, id] {
          if (ending_) return;
          session_->finish_job(id);
          pump();
        });
      });
    }
    if (auto const& fatal = session_->fatal(); fatal && !ending_) {
      for (auto const& event : session_->take_events()) write_all(STDOUT_FILENO, event + "\n");
      std::fprintf(stderr, "piaojue: %s\n", fatal->c_str());
      return end(1);
    }
    if (session_->wants_quit()) return end(0);
    if (session_->wants_reconnect() && channel_) channel_->close(net::CloseReason::kRefused, "unexpected message");
  }

  net::Loop& loop_;
  net::Strand strand_;
  std::unique_ptr<Session> session_;
  net::TlsContext tls_;
  HostOptions options_;
  Milliseconds backoff_;
  net::Timer ticker_, reconnector_;
  Workers workers_;
  int wake_;
  std::minstd_rand dice_;  ///< for delays, nothing else
  std::shared_ptr<net::Channel> channel_;
  std::uint64_t connections_ = 0;
  std::uint64_t connected_at_ms_ = 0;
  std::string complained_;
  bool stdout_open_ = true;
  bool ending_ = false;
  int exit_code_ = 0;
};

}  // namespace

int run_host(SessionConfig config, Wallet& wallet, net::TlsContext tls, HostOptions options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: a closed pipe is an error of write, not an end
  int const signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  int const wake_fd = ::eventfd(0, EFD_CLOEXEC);
  if (signal_fd < 0 || wake_fd < 0) {
    std::fprintf(stderr, "piaojue: out of file descriptors\n");
    return 1;
  }

  auto session = Session::open(std::move(config), wallet);
  if (!session) {
    auto const code = static_cast<Refusal>(session.error().value());
    std::fprintf(stderr, "piaojue: %s: %s\n", std::string(crypto::name(code)).c_str(),
                 std::string(crypto::sentence(code, "en")).c_str());
    return 1;
  }
  bool const exit_on_eof = options.exit_on_eof;
  // Never destroyed: workers may still be in the middle of a job when the process ends.
  auto* const loop = new net::Loop;
  auto* const host = new Host(*loop, std::move(*session), std::move(tls), std::move(options), wake_fd);
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
      host->strand().post([host] { host->end(0); });
    }
    if (fds[2].revents == 0) continue;
    std::array<char, 1U << 14> chunk;
    auto const n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) {
      reading = false;
      if (exit_on_eof) host->strand().post([host] { host->end(0); });
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
