// SPDX-License-Identifier: Apache-2.0
#include "support/private_postgres.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace piaojue::test {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

std::string program(std::string const& name) {
  for (auto const* folder :
       {"/usr/lib/postgresql/15/bin/", "/usr/lib/postgresql/16/bin/", "/usr/lib/postgresql/17/bin/"}) {
    if (fs::exists(folder + name)) return folder + name;
  }
  throw std::runtime_error("PostgreSQL is not installed: run scripts/setup");
}

/// Nothing: this program may be PostgreSQL itself.
passwd const* other_user() {
  if (::geteuid() != 0) return nullptr;
  if (auto const* postgres = ::getpwnam("postgres")) return postgres;
  return ::getpwnam("nobody");
}

/// As that user, and ended when this program ends, however it does.
std::vector<std::string> as_other_user(std::vector<std::string> argv) {
  std::vector<std::string> out{"setpriv", "--pdeathsig", "QUIT"};
  if (auto const* other = other_user()) {
    auto const uid = std::to_string(other->pw_uid);
    auto const gid = std::to_string(other->pw_gid);
    out.insert(out.end(), {"--reuid", uid, "--regid", gid, "--clear-groups"});
  }
  out.insert(out.end(), argv.begin(), argv.end());
  return out;
}

platform::Process run(std::vector<std::string> argv, std::string const& log) {
  platform::Command const what{argv.at(0), {argv.begin() + 1, argv.end()}};
  auto process = platform::start_apart(what, log);
  if (!process) throw std::runtime_error("can not start " + argv.at(0));
  return std::move(*process);
}

unsigned free_port() {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

/// In memory, if there is room: processes are killed here, not machines, and a cluster starts there in a tenth of the
/// time.
fs::path roomy_folder() {
  std::error_code none;
  auto const memory = fs::space("/dev/shm", none);
  return !none && memory.available > (std::uintmax_t{1} << 30) ? fs::path("/dev/shm") : fs::temp_directory_path();
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
Connection connect(std::string const& url) { return {PQconnectdb((url + " connect_timeout=5").c_str()), PQfinish}; }

}  // namespace

std::string PrivatePostgres::user() { return "piaojue_tester"; }
std::string PrivatePostgres::password() { return "p:ss/w@rd-of-the-test"; }

PrivatePostgres& PrivatePostgres::of_this_program() {
  static PrivatePostgres only;
  return only;
}

PrivatePostgres::PrivatePostgres(std::string const& settings) {
  auto pattern = (roomy_folder() / "piaojue-postgres-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  make_cluster(settings);
  start();
}

PrivatePostgres::~PrivatePostgres() {
  kill_immediately();
  std::error_code none;
  fs::remove_all(folder_, none);
}

void PrivatePostgres::make_cluster(std::string const& settings) {
  std::ofstream(folder_ + "/password") << password();
  if (auto const* other = other_user()) {
    for (auto const& path : {folder_, folder_ + "/password"}) {
      if (::chown(path.c_str(), other->pw_uid, other->pw_gid) != 0) throw std::runtime_error("chown: " + path);
    }
  }
  auto const initdb = run(as_other_user({program("initdb"), "--no-sync", "--no-instructions", "--locale=C",
                                         "--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256",
                                         "--username=" + user(), "--pwfile=" + folder_ + "/password", data()}),
                          folder_ + "/initdb.log");
  if (!initdb.wait(seconds(60)) || !fs::exists(data() + "/postgresql.conf")) {
    throw std::runtime_error("initdb: see " + folder_ + "/initdb.log");
  }
  port_ = free_port();
  std::ofstream(data() + "/postgresql.conf", std::ios::app)
      << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '" << folder_
      << "'\nshared_buffers = 16MB\nmax_connections = 60\nfsync = on\nrecovery_init_sync_method = "
         "syncfs\nlogging_collector = off\n"
      << settings << '\n';
}

void PrivatePostgres::start() {
  process_ = run(as_other_user({program("postgres"), "-D", data()}), folder_ + "/postgres.log");
  auto const until = steady_clock::now() + seconds(30);
  while (!answers()) {
    if (process_->ended() || steady_clock::now() >= until) {
      throw std::runtime_error("postgres does not start: see " + folder_ + "/postgres.log");
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
}

void PrivatePostgres::kill_immediately() {
  if (!process_) return;
  auto const pid = static_cast<pid_t>(process_->number());
  if (!process_->ended()) ::kill(pid, SIGQUIT);
  if (!process_->wait(seconds(10))) {
    ::kill(pid, SIGKILL);
    process_->wait(seconds(10));
  }
  process_.reset();
}

bool PrivatePostgres::answers() const { return PQstatus(connect(url("public")).get()) == CONNECTION_OK; }

std::string PrivatePostgres::make_schema() {
  auto const name = "test" + std::to_string(++schemas_);
  sql("public", "CREATE SCHEMA " + name);
  return name;
}

std::string PrivatePostgres::url(std::string const& schema) const {
  return "host=" + folder_ + " port=" + std::to_string(port_) + " user=" + user() +
         " dbname=postgres options='-c search_path=" + schema + "'";
}
std::string PrivatePostgres::tcp_url(std::string const& schema, unsigned at_port) const {
  return "host=127.0.0.1 port=" + std::to_string(at_port) + " user=" + user() + " password=" + password() +
         " dbname=postgres sslmode=disable options='-c search_path=" + schema + "'";
}

std::string PrivatePostgres::sql(std::string const& schema, std::string const& statements) const {
  auto const connection = connect(url(schema));
  std::unique_ptr<PGresult, decltype(&PQclear)> const result(PQexec(connection.get(), statements.c_str()), PQclear);
  auto const status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  std::string row;
  for (int column = 0; PQntuples(result.get()) > 0 && column < PQnfields(result.get()); ++column) {
    if (column > 0) row += '|';
    row += PQgetvalue(result.get(), 0, column);
  }
  return row;
}

bool PrivatePostgres::kill_a_backend() {
  try {
    auto const pid = sql("public",
                         "SELECT pid FROM pg_stat_activity WHERE application_name = 'piaojue' "
                         "ORDER BY (state <> 'idle') DESC, random() LIMIT 1");
    return !pid.empty() && ::kill(static_cast<pid_t>(std::stol(pid)), SIGKILL) == 0;
  } catch (std::runtime_error const&) {
    return false;  // it is starting again after the last time
  }
}

}  // namespace piaojue::test
