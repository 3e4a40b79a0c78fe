// SPDX-License-Identifier: Apache-2.0
#include "server/run.h"

#include <fstream>
#include <iostream>
#include <thread>

#include "net/discovery.h"
#include "server/directory_lock.h"
#include "server/draft.h"
#include "server/host.h"
#include "server/materials.h"
#include "server/meeting_config.h"
#include "server/process.h"
#include "strings/refusals.h"
#include "strings/server.h"

namespace piaojue::server {

namespace text = strings::server;

namespace {

Explained<std::unique_ptr<Host>> start(Settings const& settings, std::unique_ptr<Core> core, Store& store,
                                       WorkPool& pool, net::TlsContext tls, fs::path const& materials, End& end) {
  HostOptions options;
  options.settings = settings;
  options.meeting.read_piece = [materials](Reading const& reading) { return read_piece(materials, reading); };
  auto host = Host::start(
      std::move(options), std::move(core), store, pool, std::move(tls),
      [](Notice const& notice) { log_notice(notice); },
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
  Signals const signals;
  auto const notifier = Notifier::from_environment();
  if (auto const done = set_up_log(directory.path(), settings.log_file); !done) return done.error();
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
  World world{.slip_of = [&store = **store](PersonId person) { return store.slip(person); },
              .stop_asked = [directory](meeting::HalfOf const& attempt, auto) -> std::optional<bool> {
                std::error_code unknown;
                bool const there = fs::exists(directory.stop(attempt), unknown);
                return unknown ? std::nullopt : std::optional(there);
              },
              .pool = pool,
              .stopping = end.stopping};
  auto config = make_config(std::move(*keys), std::move(world));
  config.meeting_number = settings.meeting_number;
  auto core = Core::recover(std::move(config), *contents);
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
  log_event(Severity::kInfo, "listening", format_address(listening), entries);
  std::cout << "listening " << format_address(listening) << std::endl;

  auto announced = announce(options, listening, draft ? draft->title : std::string());
  notifier.ready();
  signals.wait(notifier);
  notifier.stopping();
  *end.stopping = true;
  announced.reset();
  (*host)->stop();
  std::error_code ignored;
  fs::remove(directory.port(), ignored);
  log_event(Severity::kInfo, "stopped");
  return !end.failed();
}

}  // namespace piaojue::server
