// SPDX-License-Identifier: Apache-2.0
/// The program of one person's laptop. Errors go to stderr; exit codes: 0 done, 1 refused or failed, 2 wrong usage.
/// `show` and `export` print one `key value` a line, for people and scripts alike: the keys are the
/// same in every language.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/platform/process.h"
#include "base/terminal.h"
#include "client/host.h"
#include "client/material_folder.h"
#include "crypto/init.h"
#include "crypto/own_program.h"
#include "local/browser.h"
#include "local/folders.h"
#include "local/passphrase.h"
#include "net/pki.h"
#include "strings/client.h"
#include "strings/program.h"

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

/// Where this program speaks to the person, in one language.
class Terminal {
 public:
  explicit Terminal(Lang lang) : lang_(lang) {}
  Lang lang() const { return lang_; }
  std::string say(Sentence const& sentence) const { return sentence.in(lang_); }
  int fail(Explanation const& why) const {
    std::cerr << "piaojue: " << why.in(lang_) << "\n";
    return kFailed;
  }

 private:
  Lang lang_;
};

// ---- Home -----------------------------------------------------------------------------------------------------------

Explanation in_folder(std::string const& folder, Explanation why) {
  why.place = folder;
  return why;
}

/// "folder: STORAGE: what"
Explanation in_folder(std::string const& folder, Refusal code) {
  return explain(code, folder + ": " + std::string(piaojue::name(code)));
}

Explained<std::unique_ptr<DirectoryWallet>> open_home(std::string const& home, DirectoryWallet::Access access) {
  // The folder that desktops keep data in may not be there yet.
  std::error_code ignored;
  auto const above = std::filesystem::path(home).parent_path();
  if (access == DirectoryWallet::Access::kCreate && !above.empty()) {
    std::filesystem::create_directories(above, ignored);
  }
  auto wallet = DirectoryWallet::open(home, access);
  if (wallet) return std::move(*wallet);
  if (wallet.error() == Refusal::kUnknown) return Explanation({text::kCliNoFolder, {{"folder", home}}});
  if (wallet.error() == Refusal::kConflict) {
    return Explanation({text::kCliFolderInUse, {{"folder", home}}}, {}, Refusal::kConflict);
  }
  return in_folder(home, wallet.error());
}

std::string role_names(std::uint32_t roles, Lang lang) {
  std::string out;
  auto const add = [&](meeting::Role role, Text const& name) {
    if ((roles & role) == 0) return;
    if (!out.empty()) out += text::kListDivider.in(lang);
    out += name.in(lang);
  };
  add(meeting::kExpert, text::kRoleExpert);
  add(meeting::kChair, text::kRoleChair);
  add(meeting::kClerk, text::kRoleClerk);
  add(meeting::kSupervisor, text::kRoleSupervisor);
  add(meeting::kScreen, text::kRoleScreen);
  return out;
}

// ---- enrol ----------------------------------------------------------------------------------------------------------

struct EnrolOptions {
  std::string slip, home, server;
  local::PassphraseSource passphrase;
  unsigned wait_s = 20;
};

/// The text itself, or a file's.
std::optional<std::string> slip_text(std::string const& given) {
  std::ifstream in(std::filesystem::path(given), std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(meeting::kSlipTextMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

/// A file's name, or the slip itself.
Explained<client::SlipText> read_slip(std::string const& given) {
  auto const file = slip_text(given);
  auto const slip = client::read_slip_text(file ? *file : given);
  if (slip) return *slip;
  // A slip has a colon, or is typed of letters and digits.
  bool const names_file = given.find(':') == std::string::npos && given.find_first_of("./") != std::string::npos;
  if (!file && names_file) return Explanation({text::kCliNoSlip, {{"file", given}}});
  auto const words = client::explain_slip(slip.error());
  return Explanation({text::kCliBadSlip, {{"why", words.what}, {"code", std::string(piaojue::name(slip.error()))}}});
}

int enrol(Terminal const& terminal, EnrolOptions const& options) {
  auto const given = read_slip(options.slip);
  if (!given) return terminal.fail(given.error());
  auto const address = options.server.empty() ? Result<meeting::SlipAddress>(Refusal::kMalformed)
                                              : meeting::parse_slip_address(options.server);
  if (!address && !given->address) return terminal.fail({text::kNoAddress});
  meeting::Slip const slip{address ? *address : *given->address, given->code};
  auto const wallet = open_home(options.home, DirectoryWallet::Access::kCreate);
  if (!wallet) return terminal.fail(wallet.error());
  auto const stage = client::enrolment_of(**wallet, slip.code);
  if (!stage) return terminal.fail(stage.error());
  if (*stage == client::Enrolment::kDone) {
    auto const profile = client::load_profile(**wallet);
    if (!profile) return terminal.fail(profile.error());
    if (!*profile) return terminal.fail({{text::kCliNotEnrolled, {{"folder", options.home}}}});
    std::cout << terminal.say({text::kCliAlreadyEnrolled, {{"name", (*profile)->name}}}) << "\n";
    return 0;
  }
  bool const fresh = *stage == client::Enrolment::kNew;
  auto const prompt = terminal.say(fresh ? text::kCliNewPassphrase : text::kCliPassphrase);
  auto const phrase = local::read_passphrase(options.passphrase, prompt, fresh, terminal.lang());
  if (!phrase) return terminal.fail(phrase.error());
  auto const done = client::enrol(**wallet, slip, as_text(phrase->view()), std::chrono::seconds(options.wait_s));
  if (!done) return terminal.fail(done.error());
  if (!*done) return terminal.fail({text::kWrongPassphrase});
  auto const& profile = (*done)->profile;
  std::cout << terminal.say({text::kCliEnrolled,
                             {{"name", profile.name},
                              {"person", profile.person},
                              {"roles", role_names(profile.roles, terminal.lang())},
                              {"code", profile.device_code()}}})
            << "\n";
  return 0;
}

// ---- run ------------------------------------------------------------------------------------------------------------

struct RunOptions {
  std::string home, lang, server;
  local::PassphraseSource passphrase;
  bool exit_on_eof = false;
  bool page = false;
  std::uint16_t page_port = 0;
  bool no_browser = false;
  std::string slip, page_assets;
};

/// What the page needs.
Explained<client::PageOptions> page_options(RunOptions const& options) {
  client::PageOptions page;
  page.port = options.page_port;
  page.browser = !options.no_browser;
  page.version = PIAOJUE_VERSION;
  page.empty_passphrase = options.passphrase.none;
  page.assets = local::embedded_asset;
  if (!options.page_assets.empty()) page.assets = local::assets_from(options.page_assets, page.assets);
  if (options.slip.empty()) return page;
  auto const slip = read_slip(options.slip);
  if (!slip) return slip.error();
  page.slip = slip->text();
  return page;
}

Explained<client::Started> open_session(RunOptions const& options, client::StartOptions const& start,
                                        client::Profile profile, client::Wallet& wallet) {
  auto const prompt = std::string(text::kCliPassphrase.in(start.lang));
  auto const phrase = local::read_passphrase(options.passphrase, prompt, false, start.lang);
  if (!phrase) return phrase.error();
  auto unlocked = client::unlock(wallet, std::move(profile), as_text(phrase->view()));
  if (!unlocked) return unlocked.error();
  if (!*unlocked) return Explanation(text::kWrongPassphrase);
  return client::start(std::move(**unlocked), wallet, start);
}

using Home = std::unique_ptr<DirectoryWallet>;

/// With a page, and the folder in use: the page of the program that has it is shown. @return then nothing.
Explained<std::optional<Home>> home_or_its_page(Terminal const& terminal, RunOptions const& options) {
  if (!options.page) {
    auto home = open_home(options.home, DirectoryWallet::Access::kOwn);
    if (!home) return home.error();
    return std::optional(std::move(*home));
  }
  auto got = local::own_or_page<Home>(options.home,
                                      [&options] { return open_home(options.home, DirectoryWallet::Access::kCreate); });
  if (!got) return got.error();
  if (auto* const home = std::get_if<Home>(&*got)) return std::optional(std::move(*home));
  local::show_running_page(options.home, std::get<std::string>(*got), !options.no_browser, terminal.lang());
  return std::optional<Home>();
}

int run(Terminal const& terminal, RunOptions const& options) {
  client::HostOptions host;
  host.start.lang = terminal.lang();
  host.exit_on_eof = options.exit_on_eof;
  if (!options.server.empty()) {
    auto const address = meeting::parse_slip_address(options.server);
    if (!address) {
      terminal.fail({{text::kCliBadServer, {{"given", options.server}}}});
      return kUsage;
    }
    host.start.host = address->host;
    host.start.port = address->port;
  }
  if (options.page) {
    auto page = page_options(options);
    if (!page) return terminal.fail(page.error());
    host.page = std::move(*page);
  }
  auto const own = home_or_its_page(terminal, options);
  if (!own) return terminal.fail(own.error());
  if (!*own) return 0;
  auto const& wallet = *own;
  // The folder is this program's own from here on, and what another one left in it is nobody's.
  client::MaterialFolder materials(std::filesystem::path(options.home) / "cache");
  host.start.materials = &materials;
  if (host.page) host.page->assets = materials.in_front_of(std::move(host.page->assets));
  if (options.page) {
    auto instance = local::Instance::take(options.home);
    if (!instance) return terminal.fail(instance.error());
    host.instance = std::move(*instance);
  }
  auto profile = client::load_profile(**wallet);
  if (!profile) return terminal.fail(in_folder(options.home, profile.error()));
  bool const enrolled = *profile && !(*profile)->certificate_pem.empty();
  if (!enrolled && !options.page) return terminal.fail({{text::kCliEnrolFirst, {{"folder", options.home}}}});
  std::optional<client::Started> started;
  if (enrolled && (!options.page || local::passphrase_given(options.passphrase))) {
    auto ready = open_session(options, host.start, std::move(**profile), **wallet);
    if (!ready) return terminal.fail(ready.error());
    started = std::move(*ready);
  }
  return client::run_host(std::move(started), **wallet, std::move(host));
}

// ---- export, show ---------------------------------------------------------------------------------------------------

int export_record(Terminal const& terminal, std::string const& home, std::string const& out) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return terminal.fail(wallet.error());
  auto const exported = client::export_journal(**wallet);
  if (!exported) {
    if (exported.error() == Refusal::kWrongPhase) return terminal.fail({text::kCliNotOpened});
    return terminal.fail(explain(exported.error()));
  }
  if (!client::write_file(out, exported->record)) return terminal.fail({{text::kCliNotWritten, {{"file", out}}}});
  std::cout << "entries: " << exported->entries << "\nhead: " << client::group_of_four(exported->head) << "\n";
  if (!exported->closed) std::cerr << "piaojue: " << terminal.say(text::kCliNotClosed) << "\n";
  return 0;
}

int show(Terminal const& terminal, std::string const& home, bool as_json) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return terminal.fail(wallet.error());
  auto const profile = client::load_profile(**wallet);
  if (!profile) return terminal.fail(in_folder(home, profile.error()));
  if (!*profile) return terminal.fail({{text::kCliNotEnrolled, {{"folder", home}}}});
  auto const& p = **profile;
  bool const enrolled = !p.certificate_pem.empty();
  auto const server = net::format_fingerprint(p.server_spki);
  auto const code = enrolled ? p.device_code() : std::string();
  if (as_json) {
    boost::json::object out;
    out["person"] = p.person;
    out["name"] = p.name;
    out["roles"] = p.roles;
    out["enrolled"] = enrolled;
    out["meeting_id"] = to_hex(p.meeting_id);
    out["server"] = p.host + ":" + std::to_string(p.port);
    out["server_key"] = server;
    out["device_code"] = code;
    std::cout << boost::json::serialize(out) << "\n";
    return 0;
  }
  std::cout << "person       " << p.person << " " << p.name << " (" << role_names(p.roles, terminal.lang()) << ")\n"
            << "enrolled     " << (enrolled ? "yes" : "no") << "\n"
            << "meeting      " << to_hex(p.meeting_id) << "\n"
            << "server       " << p.host << ":" << p.port << "\n"
            << "server key   " << server << "\n"
            << "device code  " << code << "\n";
  return 0;
}

void add_passphrase(Terminal const& terminal, CLI::App& command, local::PassphraseSource& options) {
  auto* const file = command.add_option("--passphrase-file", options.file, terminal.say(text::kHelpPassphraseFile));
  auto* const none = command.add_flag("--no-passphrase", options.none, terminal.say(text::kHelpNoPassphrase));
  file->excludes(none);
}

void add_home(Terminal const& terminal, CLI::App& command, std::string& home, Text const& what) {
  home = local::own_folder("piaojue");
  auto* const option = command.add_option("--home", home, terminal.say(what));
  option->required(home.empty())->capture_default_str();
}

CLI::App* add_enrol(Terminal const& terminal, CLI::App& app, EnrolOptions& options) {
  auto* const command = app.add_subcommand("enrol", terminal.say(text::kHelpEnrol));
  command->add_option("--slip", options.slip, terminal.say(text::kHelpEnrolSlip))->required();
  add_home(terminal, *command, options.home, text::kHelpEnrolHome);
  command->add_option("--server", options.server, terminal.say(text::kHelpRunServer));
  command->add_option("--wait", options.wait_s, terminal.say(text::kHelpEnrolWait))->capture_default_str();
  add_passphrase(terminal, *command, options.passphrase);
  command->footer(terminal.say(text::kHelpEnrolAgain));
  return command;
}

CLI::App* add_run(Terminal const& terminal, CLI::App& app, RunOptions& options) {
  auto* const command = app.add_subcommand("run", terminal.say(text::kHelpRun));
  add_home(terminal, *command, options.home, text::kHelpRunHome);
  command->add_option("--server", options.server, terminal.say(text::kHelpRunServer));
  command->add_option("--lang", options.lang, terminal.say(text::kHelpRunLang))
      ->check(CLI::IsMember({"zh", "en"}))
      ->capture_default_str();
  auto* const page = command->add_option("--page", options.page_port, terminal.say(text::kHelpRunPage));
  page->expected(0, 1)->default_str("0");
  command->add_option("--slip", options.slip, terminal.say(text::kHelpRunSlip))->needs(page);
  command->add_flag("--no-browser", options.no_browser, terminal.say(text::kHelpRunNoBrowser))->needs(page);
  command->add_option("--page-assets", options.page_assets, terminal.say(text::kHelpRunPageAssets))->needs(page);
  command->add_flag("--exit-on-eof", options.exit_on_eof, terminal.say(text::kHelpRunExitOnEof));
  add_passphrase(terminal, *command, options.passphrase);
  command->footer(terminal.say(text::kHelpRunExamples));
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  piaojue::init();
  piaojue::crypto::init();
  platform::Arguments given(argc, argv);
  Terminal const terminal(terminal_lang(given.count(), given.values()));
  CLI::App app{terminal.say(text::kHelpAbout)};
  auto const what = terminal.say(strings::program::kHelpHash);
  auto* const hash = app.add_flag("--hash", what);
  hash->needs(app.set_version_flag("--version", [hash] {
    return crypto::about_program("piaojue " PIAOJUE_VERSION, crypto::WithHash{hash->count() > 0});
  }));
  app.require_subcommand(0, 1);
  app.footer(terminal.say(text::kHelpExamples));

  EnrolOptions enrol_options;
  auto* const enrol_command = add_enrol(terminal, app, enrol_options);
  RunOptions run_options;
  run_options.lang = terminal.lang() == Lang::kZh ? "zh" : "en";
  auto* const run_command = add_run(terminal, app, run_options);
  std::string home;
  std::string out;
  auto* const export_command = app.add_subcommand("export", terminal.say(text::kHelpExport));
  add_home(terminal, *export_command, home, text::kHelpHome);
  export_command->add_option("--out", out, terminal.say(text::kHelpExportOut))->required();

  bool as_json = false;
  auto* const show_command = app.add_subcommand("show", terminal.say(text::kHelpShow));
  add_home(terminal, *show_command, home, text::kHelpHome);
  show_command->add_flag("--json", as_json, terminal.say(text::kHelpShowJson));

  try {
    app.parse(given.count(), given.values());
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    if (*enrol_command) return enrol(terminal, enrol_options);
    if (*export_command) return export_record(terminal, home, out);
    if (*show_command) return show(terminal, home, as_json);
    // By itself, as an icon starts it: the page.
    run_options.page = !*run_command || run_command->count("--page") > 0;
    return run(terminal, run_options);
  } catch (std::exception const& error) {
    std::cerr << "piaojue: " << error.what() << "\n";
    return kFailed;
  }
}
