// SPDX-License-Identifier: Apache-2.0
/// The program of one person's laptop. Errors go to stderr; exit codes: 0 done, 1 refused or failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "client/host.h"
#include "local/passphrase.h"
#include "net/pki.h"
#include "strings/client.h"

namespace piaojue::local {
/// The page as it was built into this program; its table is written by cmake/assets.cmake.
std::optional<Asset> embedded_asset(std::string_view path);
}  // namespace piaojue::local

namespace {

using namespace piaojue;
using client::DirectoryWallet;
using client::explain;
namespace text = strings::client;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

/// Of what is said on the terminal: Chinese where the system speaks it.
Lang terminal_lang() {
  for (char const* const variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    char const* const value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh") ? Lang::kZh : Lang::kEn;
  }
  return Lang::kEn;
}

int fail(Explanation const& why) {
  std::cerr << "piaojue: " << why.in(terminal_lang()) << "\n";
  return kFailed;
}

// ---- Home -----------------------------------------------------------------------------------------------------------

/// "folder: STORAGE: what"
Explanation in_folder(std::string const& folder, Refusal code) {
  return explain(code, folder + ": " + std::string(piaojue::name(code)));
}

Explanation unreadable_slip(Refusal code) {
  return {{text::kCliBadSlip, {{"why", explain(code).in(terminal_lang())}}}};
}

std::string say(Text const& prompt) { return std::string(prompt.in(terminal_lang())); }

std::unique_ptr<DirectoryWallet> open_home(std::string const& home, DirectoryWallet::Access access) {
  auto wallet = DirectoryWallet::open(home, access);
  if (wallet) return std::move(*wallet);
  if (wallet.error() == Refusal::kUnknown) {
    fail({{text::kCliNoFolder, {{"folder", home}}}});
  } else if (wallet.error() == Refusal::kConflict) {
    fail({{text::kCliFolderInUse, {{"folder", home}}}});
  } else {
    fail(in_folder(home, wallet.error()));
  }
  return nullptr;
}

std::string role_names(std::uint32_t roles) {
  std::string out;
  auto const add = [&](meeting::Role role, char const* name) {
    if ((roles & role) != 0) out += (out.empty() ? "" : ", ") + std::string(name);
  };
  add(meeting::kExpert, "expert");
  add(meeting::kChair, "chair");
  add(meeting::kClerk, "clerk");
  add(meeting::kSupervisor, "supervisor");
  add(meeting::kScreen, "screen");
  return out;
}

// ---- enrol ----------------------------------------------------------------------------------------------------------

struct EnrolOptions {
  std::string slip, home;
  local::PassphraseSource passphrase;
  unsigned wait_s = 20;
};

/// The text itself, or a file's.
std::optional<std::string> slip_text(std::string const& given) {
  std::ifstream in(given, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(meeting::kSlipTextMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

int enrol(EnrolOptions const& options) {
  auto slip = meeting::parse_slip(options.slip);
  if (!slip) {
    if (auto const text = slip_text(options.slip)) slip = meeting::find_slip(*text);
  }
  if (!slip) return fail(unreadable_slip(slip.error()));
  auto const wallet = open_home(options.home, DirectoryWallet::Access::kCreate);
  if (!wallet) return kFailed;
  auto const stage = client::enrolment_of(*wallet, *slip);
  if (!stage) return fail(stage.error());
  if (*stage == client::Enrolment::kDone) {
    auto const profile = client::load_profile(*wallet);
    if (!profile || !*profile) return fail({{text::kCliBadProfile, {{"folder", options.home}}}});
    std::cout << "already enrolled: " << (*profile)->name << "\n";
    return 0;
  }
  bool const fresh = *stage == client::Enrolment::kNew;
  auto const prompt = say(fresh ? text::kCliNewPassphrase : text::kCliPassphrase);
  auto const phrase = local::read_passphrase(options.passphrase, prompt, fresh);
  if (!phrase) return fail(phrase.error());
  auto const done = client::enrol(*wallet, *slip, as_text(phrase->view()), std::chrono::seconds(options.wait_s));
  if (!done) return fail(done.error());
  auto const& profile = done->profile;
  std::cout << "enrolled: " << profile.name << " (person " << profile.person << ", " << role_names(profile.roles)
            << ")\nidentity key: " << client::key_fingerprint(profile.identity_key) << "\n";
  return 0;
}

// ---- run ------------------------------------------------------------------------------------------------------------

struct RunOptions {
  std::string home, lang = "zh", server;
  local::PassphraseSource passphrase;
  bool exit_on_eof = false;
  bool page = false;
  std::uint16_t page_port = 0;
  bool no_browser = false;
  std::string slip, page_assets;
};

/// "host:port", "[v6]:port". @return false: neither.
bool split_address(std::string const& text, std::string& host, std::uint16_t& port) {
  auto const colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  unsigned long value = 0;
  try {
    std::size_t used = 0;
    value = std::stoul(text.substr(colon + 1), &used);
    if (used != text.size() - colon - 1) return false;
  } catch (std::exception const&) {
    return false;
  }
  if (value == 0 || value > 65535) return false;
  host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  port = static_cast<std::uint16_t>(value);
  return true;
}

/// What the page needs. @return nothing: it was said why.
std::optional<client::PageOptions> page_options(RunOptions const& options) {
  client::PageOptions page;
  page.port = options.page_port;
  page.browser = !options.no_browser;
  page.version = PIAOJUE_VERSION;
  page.empty_passphrase = options.passphrase.none;
  page.assets = local::embedded_asset;
  if (!options.page_assets.empty()) page.assets = local::assets_from(options.page_assets, page.assets);
  if (options.slip.empty()) return page;
  auto const given = slip_text(options.slip);
  auto const slip = given ? client::read_slip_text(*given) : meeting::parse_slip(options.slip);
  if (!slip) {
    fail(unreadable_slip(slip.error()));
    return std::nullopt;
  }
  page.slip = meeting::format_slip(*slip);
  return page;
}

Explained<client::Started> open_session(RunOptions const& options, client::StartOptions const& start,
                                        client::Profile profile, client::Wallet& wallet) {
  auto const phrase = local::read_passphrase(options.passphrase, say(text::kCliPassphrase), false);
  if (!phrase) return phrase.error();
  auto unlocked = client::unlock(wallet, std::move(profile), as_text(phrase->view()));
  if (!unlocked) return unlocked.error();
  return client::start(std::move(*unlocked), wallet, start);
}

int run(RunOptions const& options) {
  client::HostOptions host;
  host.start.lang = lang_of(options.lang);
  host.exit_on_eof = options.exit_on_eof;
  if (!options.server.empty() && !split_address(options.server, host.start.host, host.start.port)) {
    fail({{text::kCliBadServer, {{"given", options.server}}}});
    return kUsage;
  }
  if (options.page) {
    host.page = page_options(options);
    if (!host.page) return kFailed;
  }
  auto const access = options.page ? DirectoryWallet::Access::kCreate : DirectoryWallet::Access::kOwn;
  auto const wallet = open_home(options.home, access);
  if (!wallet) return kFailed;
  auto profile = client::load_profile(*wallet);
  if (!profile) return fail(in_folder(options.home + "/profile", profile.error()));
  bool const enrolled = *profile && !(*profile)->certificate_pem.empty();
  if (!enrolled && !options.page) return fail({{text::kCliEnrolFirst, {{"folder", options.home}}}});
  std::optional<client::Started> started;
  if (enrolled && (!options.page || local::passphrase_given(options.passphrase))) {
    auto ready = open_session(options, host.start, std::move(**profile), *wallet);
    if (!ready) return fail(ready.error());
    started = std::move(*ready);
  }
  return client::run_host(std::move(started), *wallet, std::move(host));
}

// ---- export, show ---------------------------------------------------------------------------------------------------

int export_record(std::string const& home, std::string const& out) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return kFailed;
  auto const exported = client::export_journal(*wallet);
  if (!exported) {
    if (exported.error() == Refusal::kWrongPhase) return fail({text::kCliNotOpened});
    return fail(explain(exported.error()));
  }
  if (!client::write_file(out, exported->record)) return fail({{text::kCliNotWritten, {{"file", out}}}});
  std::cout << "entries: " << exported->entries << "\nhead: " << client::group_of_four(exported->head) << "\n";
  if (!exported->closed) std::cerr << "piaojue: " << say(text::kCliNotClosed) << "\n";
  return 0;
}

int show(std::string const& home, bool as_json) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return kFailed;
  auto const profile = client::load_profile(*wallet);
  if (!profile) return fail(in_folder(home + "/profile", profile.error()));
  if (!*profile) return fail({{text::kCliNotEnrolled, {{"folder", home}}}});
  auto const& p = **profile;
  bool const enrolled = !p.certificate_pem.empty();
  auto const server = net::format_fingerprint(p.server_spki);
  auto const identity = client::key_fingerprint(p.identity_key);
  auto const witness = client::key_fingerprint(p.witness_key);
  if (as_json) {
    boost::json::object out;
    out["person"] = p.person;
    out["name"] = p.name;
    out["roles"] = p.roles;
    out["enrolled"] = enrolled;
    out["meeting_id"] = to_hex(p.meeting_id);
    out["server"] = p.host + ":" + std::to_string(p.port);
    out["server_key"] = server;
    out["identity_key"] = identity;
    out["witness_key"] = witness;
    std::cout << boost::json::serialize(out) << "\n";
    return 0;
  }
  std::cout << "person       " << p.person << " " << p.name << " (" << role_names(p.roles) << ")\n"
            << "enrolled     " << (enrolled ? "yes" : "no") << "\n"
            << "meeting      " << to_hex(p.meeting_id) << "\n"
            << "server       " << p.host << ":" << p.port << "\n"
            << "server key   " << server << "\n"
            << "identity key " << identity << "\n"
            << "witness key  " << witness << "\n";
  return 0;
}

void add_passphrase(CLI::App& command, local::PassphraseSource& options) {
  auto* const file = command.add_option("--passphrase-file", options.file, say(text::kHelpPassphraseFile));
  auto* const none = command.add_flag("--no-passphrase", options.none, say(text::kHelpNoPassphrase));
  file->excludes(none);
}

CLI::App* add_enrol(CLI::App& app, EnrolOptions& options) {
  auto* const command = app.add_subcommand("enrol", say(text::kHelpEnrol));
  command->add_option("--slip", options.slip, say(text::kHelpEnrolSlip))->required();
  command->add_option("--home", options.home, say(text::kHelpEnrolHome))->required();
  command->add_option("--wait", options.wait_s, say(text::kHelpEnrolWait))->capture_default_str();
  add_passphrase(*command, options.passphrase);
  command->footer(say(text::kHelpEnrolAgain));
  return command;
}

CLI::App* add_run(CLI::App& app, RunOptions& options) {
  auto* const command = app.add_subcommand("run", say(text::kHelpRun));
  command->add_option("--home", options.home, say(text::kHelpRunHome))->required();
  command->add_option("--server", options.server, say(text::kHelpRunServer));
  command->add_option("--lang", options.lang, say(text::kHelpRunLang))
      ->check(CLI::IsMember({"zh", "en"}))
      ->capture_default_str();
  auto* const page = command->add_option("--page", options.page_port, say(text::kHelpRunPage));
  page->expected(0, 1)->default_str("0");
  command->add_option("--slip", options.slip, say(text::kHelpRunSlip))->needs(page);
  command->add_flag("--no-browser", options.no_browser, say(text::kHelpRunNoBrowser))->needs(page);
  command->add_option("--page-assets", options.page_assets, say(text::kHelpRunPageAssets))->needs(page);
  command->add_flag("--exit-on-eof", options.exit_on_eof, say(text::kHelpRunExitOnEof));
  add_passphrase(*command, options.passphrase);
  command->footer(say(text::kHelpRunExamples));
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  piaojue::init();
  CLI::App app{say(text::kHelpAbout)};
  app.set_version_flag("--version", std::string("piaojue ") + PIAOJUE_VERSION);
  app.require_subcommand(1);
  app.footer(say(text::kHelpExamples));

  EnrolOptions enrol_options;
  auto* const enrol_command = add_enrol(app, enrol_options);
  RunOptions run_options;
  auto* const run_command = add_run(app, run_options);
  std::string home;
  std::string out;
  auto* const export_command = app.add_subcommand("export", say(text::kHelpExport));
  export_command->add_option("--home", home, say(text::kHelpHome))->required();
  export_command->add_option("--out", out, say(text::kHelpExportOut))->required();

  bool as_json = false;
  auto* const show_command = app.add_subcommand("show", say(text::kHelpShow));
  show_command->add_option("--home", home, say(text::kHelpHome))->required();
  show_command->add_flag("--json", as_json, say(text::kHelpShowJson));

  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    if (*enrol_command) return enrol(enrol_options);
    if (*run_command) {
      run_options.page = run_command->count("--page") > 0;
      return run(run_options);
    }
    if (*export_command) return export_record(home, out);
    return show(home, as_json);
  } catch (std::exception const& error) {
    std::cerr << "piaojue: " << error.what() << "\n";
    return kFailed;
  }
}
