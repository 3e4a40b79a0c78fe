// SPDX-License-Identifier: Apache-2.0
#include "server/run.h"

#include <fcntl.h>
#include <signal.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include "net/discovery.h"
#include "server/draft.h"
#include "server/host.h"
#include "server/materials.h"
#include "strings/refusals.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;

namespace {

constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kClientValidDays = 60;

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::uint64_t now_ms() {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// ---- Log lines

std::string json(std::string_view value) {
  std::string out = "\"";
  for (char const c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// One JSON object a line. What is passed in holds counts, phases and errors of the system; nothing of a person.
void log_event(spdlog::level::level_enum level, std::string_view event, std::string_view detail = {},
               std::optional<std::uint64_t> number = std::nullopt, std::string_view address = {}) {
  std::string line = "\"event\":" + json(event);
  if (!detail.empty()) line += ",\"detail\":" + json(detail);
  if (number) line += ",\"number\":" + std::to_string(*number);
  if (!address.empty()) line += ",\"address\":" + json(address);
  spdlog::log(level, "{}", line);
  spdlog::default_logger_raw()->flush();
}

Explained<void> set_up_log(Directory const& directory, std::string const& file) {
  try {
    auto const path = file.empty() || file.front() == '/' ? file : (directory.path() / file).string();
    auto logger = path.empty() ? spdlog::stderr_logger_mt("server") : spdlog::basic_logger_mt("server", path);
    logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%e%z\",\"level\":\"%l\",%v}");
    spdlog::set_default_logger(std::move(logger));
  } catch (spdlog::spdlog_ex const& failure) {
    return Explanation(Sentence(text::kRunLogUnwritable, {{"reason", std::string(failure.what())}}));
  }
  return {};
}

void log_notice(Notice const& notice) {
  log_event(is_warning(notice.event) ? spdlog::level::warn : spdlog::level::info, name(notice.event),
            notice.detail_text(), notice.number, notice.address);
}

// ---- The process

/// Signals are waited for in one place; every thread that is started after this inherits it. A write beyond a file-size
/// limit, or to a reader that is gone, is an error to be seen, not an end without a word.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int const one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, one);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (int const one : {SIGPIPE, SIGXFSZ}) signal(one, SIG_IGN);
  return signals;
}

/// Held until the process ends, so that no second server writes into the same directory. A lock of fcntl, and not of
/// flock: the system tells everybody which process holds it (F_GETLK), and the office's desk ends that one and no
/// other.
Explained<void> lock(Directory const& directory) {
  auto const path = directory.path() / "lock";
  int const fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(text::kFileNotCreated, path);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &whole) == 0) return {};
  return Explanation(Sentence(text::kRunAnother, {{"path", directory.path().string()}}));
}

/// How a server ends that can not go on: once told, then as by a signal.
class End {
 public:
  explicit End(Lang lang) : lang_(lang) {}
  void fatal(std::string_view event, Sentence const& reason) {
    Sentence const whole(text::kRunStops, {{"reason", reason}});
    log_event(spdlog::level::critical, event, whole.in(Lang::kEn));
    std::cerr << "piaojue-server: " << whole.in(lang_) << std::endl;
    failed_ = true;
    ::kill(::getpid(), SIGTERM);
  }
  bool failed() const { return failed_; }
  /// A set of keys takes up to minutes; the end of the program does not wait for it.
  std::atomic<bool> stopping{false};

 private:
  Lang const lang_;
  std::atomic<bool> failed_{false};
};

Config make_config(Directory const& directory, Keys keys, Store& store, WorkPool& pool,
                   std::atomic<bool> const& stopping) {
  return Config{.server_key = std::move(keys.server),
                .checkpoint_key = std::move(keys.checkpoint),
                .box_key = std::move(keys.box),
                .seal_key = std::move(keys.seal),
                .token_keys = [&stopping](std::uint32_t bits) -> Result<crypto::blind_rsa::PrivateKey> {
                  if (stopping) return Refusal::kBusy;
                  return crypto::blind_rsa::PrivateKey::generate(bits);
                },
                .issue_certificate = [authority = std::make_shared<net::Credential const>(std::move(keys.authority))](
                                         ByteView csr, PersonId person) -> Result<IssuedCertificate> {
                  auto const now = now_s();
                  auto spki = net::spki_sha256_of_csr(csr);
                  if (!spki) return spki.error();
                  auto certificate = net::issue_client_certificate(*authority, csr, person,
                                                                   {now - kDay, now + kClientValidDays * kDay});
                  if (!certificate) return certificate.error();
                  return IssuedCertificate{std::move(*certificate), authority->certificate_pem, *spki};
                },
                .slip_of = [&store](PersonId person) { return store.slip(person); },
                .now_ms = now_ms,
                .stop_asked =
                    [directory](meeting::HalfOf const& attempt) {
                      std::error_code ignored;
                      return fs::exists(directory.stop(attempt), ignored);
                    },
                .parallel = pool.parallel(),
                .limits = {},
                .lookahead = 2};
}

Explained<std::unique_ptr<Host>> start(Settings const& settings, std::unique_ptr<Core> core, Store& store,
                                       WorkPool& pool, net::TlsContext tls, fs::path const& materials, End& end) {
  HostOptions options;
  options.settings = settings;
  options.read_piece = [materials](Reading const& reading) { return read_piece(materials, reading); };
  auto host = Host::start(std::move(options), std::move(core), store, pool, std::move(tls), log_notice,
                          [&end](Sentence const& reason) { end.fatal("storage_failed", reason); });
  if (host) return std::move(*host);
  return Explanation(Sentence(host.error() == Refusal::kConflict ? text::kRunInUse : text::kRunNoAddress,
                              {{"address", format_address(settings.listen)}}));
}

/// Nobody else reaches a server that listens to this machine alone.
std::unique_ptr<net::Announcement> announce(RunOptions const& options, Address const& listening,
                                            std::string const& title) {
  bool const here = listening.host.starts_with("127.") || listening.host == "::1" || listening.host == "localhost";
  if (!options.announce || here || title.empty()) return nullptr;
  return net::Announcement::start(title, listening.port);
}

}  // namespace

Explained<bool> run(Directory const& directory, RunOptions const& options) {
  auto read = directory.read_settings();
  if (!read) return read.error();
  auto& settings = *read;
  if (options.port) settings.listen.port = *options.port;
  if (options.threads) settings.threads = *options.threads;
  auto const signals = take_signals();
  if (auto const done = set_up_log(directory, settings.log_file); !done) return done.error();
  if (auto const done = lock(directory); !done) return done.error();
  auto keys = directory.read_keys();
  if (!keys) return keys.error();
  auto tls = net::TlsContext::server(keys->tls, keys->authority.certificate_pem);
  auto const store = directory.open_store();
  if (!store) return store.error();
  auto contents = read_contents(**store);
  if (!contents) return contents.error();

  End end(options.lang);
  auto const threads = settings.threads ? settings.threads : std::max(1U, std::thread::hardware_concurrency());
  WorkPool pool({.threads = threads}, [&end](std::string const& what) {
    end.fatal("work_failed", Sentence(text::kRunWorkFailed, {{"reason", what}}));
  });
  auto core = Core::recover(make_config(directory, std::move(*keys), **store, pool, end.stopping), *contents);
  if (!core) {
    return Explanation(Sentence(text::kRunNotTakenUp, {{"sentence", strings::sentence_of(core.error())}}));
  }
  auto const draft = read_draft(*contents);
  *contents = {};
  auto const entries = (*core)->record().size();
  if (!tls) return Explanation(text::kRunTlsUnusable);
  auto const host = start(settings, std::move(*core), **store, pool, std::move(*tls), directory.materials(), end);
  if (!host) return host.error();
  Address const listening{settings.listen.host, (*host)->port()};
  std::ofstream(directory.port(), std::ios::trunc) << listening.port << "\n";
  log_event(spdlog::level::info, "listening", format_address(listening), entries);
  std::cout << "listening " << format_address(listening) << std::endl;

  auto announced = announce(options, listening, draft ? draft->title : std::string());
  int received = 0;
  sigwait(&signals, &received);
  end.stopping = true;
  announced.reset();
  (*host)->stop();
  std::error_code ignored;
  fs::remove(directory.port(), ignored);
  log_event(spdlog::level::info, "stopped");
  return !end.failed();
}

}  // namespace piaojue::server
