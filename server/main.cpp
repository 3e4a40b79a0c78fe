// SPDX-License-Identifier: Apache-2.0
/// piaojue-server: init, run, slip, export, status.
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include "protocol/meeting/codec.h"
#include "server/core.h"
#include "server/directory.h"
#include "server/draft.h"
#include "server/export.h"
#include "server/host.h"
#include "store/sqlite_store.h"
#include "strings/refusals.h"

namespace {

using namespace piaojue;
using store::SqliteStore;
using namespace piaojue::server;

constexpr int kOk = 0, kRefused = 1, kUnusable = 2;
constexpr std::uint64_t kDay = 24ULL * 3600;
constexpr std::uint64_t kClientValidDays = 60;

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

int fail(Failure const& failure) {
  std::cerr << "piaojue-server: " << failure.text << "\n";
  return failure.input ? kUnusable : kRefused;
}

std::string in_groups(Hash const& hash) { return net::format_fingerprint(hash); }

// ---- Log lines ----------------------------------------------------------------------------------------------------

std::string json(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
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
               std::optional<std::uint64_t> number = std::nullopt) {
  std::string line = "\"event\":" + json(event);
  if (!detail.empty()) line += ",\"detail\":" + json(detail);
  if (number) line += ",\"number\":" + std::to_string(*number);
  spdlog::log(level, "{}", line);
  spdlog::default_logger_raw()->flush();
}

void set_up_log(std::string const& file) {
  auto logger = file.empty() ? spdlog::stderr_logger_mt("server") : spdlog::basic_logger_mt("server", file);
  logger->set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%e%z\",\"level\":\"%l\",%v}");
  spdlog::set_default_logger(std::move(logger));
}

// ---- run ----------------------------------------------------------------------------------------------------------

int run(Directory const& directory, std::optional<std::uint16_t> port, std::optional<unsigned> threads) {
  auto read_settings = directory.read_settings();
  if (auto const* failure = std::get_if<Failure>(&read_settings)) return fail(*failure);
  auto settings = std::get<Settings>(std::move(read_settings));
  if (port) settings.listen.port = *port;
  if (threads) settings.threads = *threads;

  // Signals are waited for in one place; every thread that is started from here on inherits this. A write beyond a
  // file-size limit, or to a reader that is gone, is an error to be seen, not an end without a word.
  sigset_t signals;
  sigemptyset(&signals);
  for (int const one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, one);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  for (int const one : {SIGPIPE, SIGXFSZ}) signal(one, SIG_IGN);

  try {
    set_up_log(settings.log_file.empty() || settings.log_file.front() == '/'
                   ? settings.log_file
                   : (directory.path() / settings.log_file).string());
  } catch (spdlog::spdlog_ex const& failure) {
    return fail({std::string("the log can not be written: ") + failure.what()});
  }

  int const lock = ::open((directory.path() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail({"can not create " + (directory.path() / "lock").string() + ": " + std::strerror(errno)});
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return fail({"another server runs on " + directory.path().string()});

  auto read_keys = directory.read_keys();
  if (auto const* failure = std::get_if<Failure>(&read_keys)) return fail(*failure);
  auto keys = std::get<Keys>(std::move(read_keys));
  std::string error;
  auto store = SqliteStore::open(directory.database().string(), {}, &error);
  if (!store) return fail({"the database could not be opened: " + error});
  auto contents = (*store)->load();
  if (!contents) return fail({"the database could not be read: " + (*store)->last_error()});

  auto const workers = settings.threads ? settings.threads : std::max(1U, std::thread::hardware_concurrency());
  std::atomic<bool> failed{false};
  auto const fatal = [&failed](std::string_view event, std::string const& reason) {
    log_event(spdlog::level::critical, event, reason + "; nothing was acknowledged, the server stops");
    std::cerr << "piaojue-server: " << reason << "; nothing was acknowledged, the server stops" << std::endl;
    failed = true;
    ::kill(::getpid(), SIGTERM);
  };
  WorkPool pool({.threads = workers}, [&fatal](std::string const& what) { fatal("work_failed", what); });
  std::atomic<bool> stopping{false};
  Config config{
      .server_key = std::move(keys.server),
      .checkpoint_key = std::move(keys.checkpoint),
      .seal_key = std::move(keys.seal),
      // A set of keys takes up to minutes; the end of the program does not wait for it.
      .token_keys = [&stopping](std::uint32_t bits) -> Result<crypto::blind_rsa::PrivateKey> {
        if (stopping) return Refusal::kBusy;
        return crypto::blind_rsa::PrivateKey::generate(bits);
      },
      .issue_certificate = [authority = std::make_shared<net::Credential const>(keys.authority.clone())](
                               ByteView csr, PersonId person) -> Result<IssuedCertificate> {
        auto const pem = as_text(csr);
        auto const now = now_s();
        auto spki = net::spki_sha256_of_csr(pem);
        if (!spki) return spki.error();
        auto certificate =
            net::issue_client_certificate(*authority, pem, person, {now - kDay, now + kClientValidDays * kDay});
        if (!certificate) return certificate.error();
        return IssuedCertificate{std::move(*certificate), authority->certificate_pem, *spki};
      },
      .codes = [raw = store->get()](PersonId person) { return raw->codes(person); },
      .now_ms =
          [] {
            auto const now = std::chrono::steady_clock::now().time_since_epoch();
            return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
          },
      .parallel = pool.parallel(),
      .limits = {},
      .lookahead = 2};
  auto core = Core::recover(std::move(config), *contents);
  if (!core) {
    return fail({"what is stored can not be taken up: " + std::string(strings::sentence_of(core.error()).en)});
  }
  *contents = {};
  auto const entries = (*core)->record().size();
  auto tls = net::TlsContext::server(keys.tls, keys.authority.certificate_pem);
  if (!tls) return fail({"the TLS keys are not usable"});

  HostOptions options;
  options.settings = settings;
  auto host = Host::start(
      std::move(options), std::move(*core), **store, pool, std::move(*tls),
      [](Notice const& notice) {
        log_event(is_warning(notice.event) ? spdlog::level::warn : spdlog::level::info, name(notice.event),
                  notice.detail_text(), notice.number);
      },
      [&fatal](std::string const& reason) { fatal("storage_failed", reason); });
  if (!host) {
    return fail(
        {"can not listen on " + format_address(settings.listen) + ": " +
         (host.error() == Refusal::kConflict ? "in use, or not an address of this machine" : "not an IP address")});
  }
  Address const listening{settings.listen.host, (*host)->port()};
  {
    std::ofstream file(directory.port(), std::ios::trunc);
    file << listening.port << "\n";
  }
  log_event(spdlog::level::info, "listening", format_address(listening), entries);
  std::cout << "listening " << format_address(listening) << std::endl;

  int received = 0;
  sigwait(&signals, &received);
  stopping = true;
  (*host)->stop();
  std::error_code ignored;
  fs::remove(directory.port(), ignored);
  log_event(spdlog::level::info, "stopped");
  return failed ? kRefused : kOk;
}

// ---- export -------------------------------------------------------------------------------------------------------

Outcome<Contents> load(Directory const& directory) {
  std::string error;
  auto store = SqliteStore::open(directory.database().string(), {}, &error);
  if (!store) return Failure{"the database could not be opened: " + error};
  auto contents = (*store)->load();
  if (!contents) return Failure{"the database could not be read: " + (*store)->last_error()};
  return std::move(*contents);
}

/// The meeting has been closed and nobody has cosigned its end yet: laptops take a moment.
bool end_unwitnessed(Contents const& contents) {
  auto const& entries = contents[Table::kEntry];
  if (entries.empty()) return false;
  auto const last = meeting::decode_entry(entries.rbegin()->second);
  if (!last || last->type() != meeting::EntryType::kMeetingClose) return false;
  auto const& rows = contents[Table::kCosignature];
  return rows.lower_bound(key_of(entries.size())) == rows.end();
}

int export_to(Directory const& directory, fs::path const& out, bool unfinished) {
  auto contents = load(directory);
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::holds_alternative<Contents>(contents) && end_unwitnessed(std::get<Contents>(contents)) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    contents = load(directory);
  }
  if (auto const* failure = std::get_if<Failure>(&contents)) return fail(*failure);
  if (std::get<Contents>(contents)[Table::kEntry].empty()) return fail({"the meeting has not been opened yet"});
  auto const partial = fs::path(out.string() + ".partial");
  std::error_code ignored;
  Result<ExportSummary> summary = Refusal::kStorage;
  {
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    if (!file) return fail({"can not create " + partial.string()});
    summary = export_record(std::get<Contents>(contents), file);
    file.flush();
    if (summary && !file) summary = Refusal::kStorage;
  }
  int const written = ::open(partial.c_str(), O_RDONLY | O_CLOEXEC);
  if (written < 0 || ::fsync(written) != 0) summary = Refusal::kStorage;
  if (written >= 0) ::close(written);
  if (summary && !summary->closed && !unfinished) {
    fs::remove(partial, ignored);
    return fail({"the meeting is not closed yet; --unfinished writes what there is"});
  }
  if (summary && ::rename(partial.c_str(), out.c_str()) != 0) summary = Refusal::kStorage;
  if (!summary) {
    fs::remove(partial, ignored);
    return fail({"no record: " + std::string(strings::sentence_of(summary.error()).en)});
  }
  std::cout << "record " << out.string() << "\n"
            << "entries " << summary->entries << ", checkpoints " << summary->checkpoints << ", cosignatures "
            << summary->cosignatures << "\n"
            << "head " << in_groups(summary->head) << "\n";
  if (!summary->witnessed_end) {
    std::cout << "warning: nobody has cosigned the last checkpoint yet; let a laptop connect, then export again\n";
  }
  return kOk;
}

// ---- status -------------------------------------------------------------------------------------------------------

int status(Directory const& directory) {
  auto const loaded = load(directory);
  if (auto const* failure = std::get_if<Failure>(&loaded)) return fail(*failure);
  auto const& contents = std::get<Contents>(loaded);
  auto const draft = read_draft(contents);
  if (!draft) return fail({directory.database().string() + " holds no meeting"});
  meeting::Record record;
  for (auto const& [key, bytes] : contents[Table::kEntry]) {
    if (!record.apply(bytes)) return fail({"entry " + std::to_string(record.size()) + " does not apply"});
  }
  std::set<Bytes> enrolled;
  for (auto const& [key, value] : contents[Table::kEnrolment]) enrolled.emplace(key.begin(), key.begin() + 4);
  auto const phase = record.phase();
  std::cout << "title " << draft->title << (draft->rehearsal ? " (rehearsal)" : "") << "\n"
            << "date " << draft->date << "\n"
            << "meeting "
            << (phase == meeting::MeetingPhase::kBeforeOpen ? "not open"
                : phase == meeting::MeetingPhase::kOpen     ? "open"
                                                            : "closed")
            << "\n"
            << "enrolled " << enrolled.size() << " of " << draft->people.size() << "\n"
            << "entries " << record.size() << "\n"
            << "head " << in_groups(record.tree().root()) << "\n";
  if (phase == meeting::MeetingPhase::kBeforeOpen) return kOk;
  std::cout << "signed in " << record.witnesses().size() << ", experts " << record.experts_present().size() << "\n";
  for (meeting::BatchId b = 1; b <= record.manifest().batches.size(); ++b) {
    auto const questions = record.manifest().batches[b - 1].candidates.size();
    std::cout << "batch " << b << ": attempts " << record.attempts(b) << ", declared "
              << questions - record.undecided(b).size() << " of " << questions << "\n";
  }
  return kOk;
}

fs::path clean(std::string const& text) {
  auto path = fs::path(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);
  piaojue::init();
  CLI::App app{
      "Piaojue server: keeps the log of one review meeting and is its trustee 0.\n\n"
      "  piaojue-server init meeting-2026 --meeting meeting.toml --members members.csv \\\n"
      "      --candidates candidates.csv --listen 192.0.2.10:7443\n"
      "  piaojue-server run meeting-2026\n"
      "  piaojue-server slip meeting-2026 --person 7        a replaced laptop\n"
      "  piaojue-server export meeting-2026 --out record.piaojue\n\n"
      "Exit: 0 done, 1 refused or failed, 2 unusable input.",
      "piaojue-server"};
  app.set_version_flag("--version", "piaojue-server " PIAOJUE_VERSION);
  app.require_subcommand(1);
  std::string dir;
  auto const with_dir = [&](CLI::App* command) {
    command->add_option("DIR", dir, "the server's directory")->required();
    return command;
  };

  InitInput input;
  std::string meeting, members, candidates;
  auto* init = with_dir(app.add_subcommand("init", "make a directory with a drafted meeting, its keys and its slips"));
  init->add_option("--meeting", meeting, "title, date, rules (TOML)")->required();
  init->add_option("--members", members, "people and their roles (CSV)")->required();
  init->add_option("--candidates", candidates, "candidates and batches (CSV)")->required();
  init->add_option("--listen", input.listen, "address:port of this machine; port 0 chooses a free one")
      ->capture_default_str();
  init->add_option("--host", input.host, "name or address that the slips give instead");

  std::optional<std::uint16_t> port;
  std::optional<unsigned> threads;
  auto* serve = with_dir(app.add_subcommand("run", "serve until SIGTERM; says 'listening ADDRESS:PORT' when ready"));
  serve->add_option("--port", port, "instead of that of server.toml; 0: any free one");
  serve->add_option("--threads", threads, "for heavy work")->check(CLI::Range(1, 256));

  PersonId person = 0;
  auto* slip = with_dir(app.add_subcommand("slip", "a further slip for a person; also while the server runs"));
  slip->add_option("--person", person, "number of the person")->required();

  std::string out;
  bool unfinished = false;
  auto* record = with_dir(app.add_subcommand("export", "write the record file and say its head hash"));
  record->add_option("--out", out, "file to write")->required();
  record->add_flag("--unfinished", unfinished, "before MeetingClose, too");

  auto* state = with_dir(app.add_subcommand("status", "how the meeting stands"));

  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? kOk : kUnusable;
  }

  Directory const directory(clean(dir));
  if (init->parsed()) {
    input.meeting = meeting;
    input.members = members;
    input.candidates = candidates;
    auto const done = init_directory(directory, input, now_s());
    if (auto const* failure = std::get_if<Failure>(&done)) return fail(*failure);
    auto const& result = std::get<InitResult>(done);
    std::cout << "people " << result.people << ", candidates " << result.candidates << ", batches " << result.batches
              << "\naddress " << format_address(result.address) << "\nserver key " << result.fingerprint << "\nslips "
              << directory.slips().string() << "\n";
    return kOk;
  }
  if (serve->parsed()) return run(directory, port, threads);
  if (slip->parsed()) {
    auto const done = new_slip(directory, person);
    if (auto const* failure = std::get_if<Failure>(&done)) return fail(*failure);
    std::cout << "slip " << std::get<fs::path>(done).string() << "\n";
    return kOk;
  }
  if (record->parsed()) return export_to(directory, out, unfinished);
  if (state->parsed()) return status(directory);
  return kUnusable;
}
