// SPDX-License-Identifier: Apache-2.0
/// The program of one person's laptop. Errors go to stderr; exit codes: 0 done, 1 refused or failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>

#include "client/host.h"
#include "local/passphrase.h"
#include "net/pki.h"
#include "strings/refusals.h"

namespace piaojue::local {
/// The page as it was built into this program; its table is written by cmake/assets.cmake.
std::optional<Asset> embedded_asset(std::string_view path);
}  // namespace piaojue::local

namespace {

using namespace piaojue;
using client::DirectoryWallet;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr char const* kPassphrase = "Passphrase of this laptop: ";
constexpr char const* kNewPassphrase = "New passphrase for this laptop: ";

int fail(std::string const& text) {
  std::cerr << "piaojue: " << text << "\n";
  return kFailed;
}

std::string words(Refusal code) {
  return std::string(piaojue::name(code)) + ": " + std::string(strings::sentence_of(code).en);
}

int fail(Trouble const& trouble) { return fail(trouble.words("en")); }

// ---- Home -----------------------------------------------------------------------------------------------------------

std::unique_ptr<DirectoryWallet> open_home(std::string const& home, DirectoryWallet::Access access) {
  auto wallet = DirectoryWallet::open(home, access);
  if (wallet) return std::move(*wallet);
  if (wallet.error() == Refusal::kUnknown) {
    fail(home + " is not there; enrol first: piaojue enrol --slip FILE --home " + home);
  } else if (wallet.error() == Refusal::kConflict) {
    fail(home + " is in use by another piaojue");
  } else {
    fail(home + ": " + words(wallet.error()));
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
  if (!slip) return fail("the slip can not be read (" + words(slip.error()) + "); check it against the paper");
  auto const wallet = open_home(options.home, DirectoryWallet::Access::kCreate);
  if (!wallet) return kFailed;
  auto const stage = client::enrolment_of(*wallet, *slip);
  if (auto const* trouble = std::get_if<Trouble>(&stage)) return fail(*trouble);
  if (std::get<client::Enrolment>(stage) == client::Enrolment::kDone) {
    auto const profile = client::load_profile(*wallet);
    if (!profile || !*profile) return fail(options.home + ": the profile can not be read");
    std::cout << "already enrolled: " << (*profile)->name << "\n";
    return 0;
  }
  bool const fresh = std::get<client::Enrolment>(stage) == client::Enrolment::kNew;
  auto const phrase = local::read_passphrase(options.passphrase, fresh ? kNewPassphrase : kPassphrase, fresh);
  if (auto const* trouble = std::get_if<Trouble>(&phrase)) return fail(*trouble);
  auto const done =
      client::enrol(*wallet, *slip, as_text(std::get<Secret>(phrase).view()), std::chrono::seconds(options.wait_s));
  if (auto const* trouble = std::get_if<Trouble>(&done)) return fail(*trouble);
  auto const& profile = std::get<client::Unlocked>(done).profile;
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

int run(RunOptions const& options) {
  client::HostOptions host;
  host.start.lang = options.lang;
  host.exit_on_eof = options.exit_on_eof;
  if (!options.server.empty() && !split_address(options.server, host.start.host, host.start.port)) {
    fail("--server: " + options.server + " is not HOST:PORT");
    return kUsage;
  }
  if (options.page) {
    client::PageOptions page;
    page.port = options.page_port;
    page.browser = !options.no_browser;
    page.version = PIAOJUE_VERSION;
    page.empty_passphrase = options.passphrase.none;
    page.assets = local::embedded_asset;
    if (!options.page_assets.empty()) page.assets = local::assets_from(options.page_assets, page.assets);
    if (!options.slip.empty()) {
      auto const text = slip_text(options.slip);
      auto const slip = text ? client::read_slip_text(*text) : meeting::parse_slip(options.slip);
      if (!slip) return fail("the slip can not be read (" + words(slip.error()) + "); check it against the paper");
      page.slip = meeting::format_slip(*slip);
    }
    host.page = std::move(page);
  }
  auto const access = options.page ? DirectoryWallet::Access::kCreate : DirectoryWallet::Access::kOwn;
  auto const wallet = open_home(options.home, access);
  if (!wallet) return kFailed;
  auto profile = client::load_profile(*wallet);
  if (!profile) return fail(options.home + "/profile: " + words(profile.error()));
  bool const enrolled = *profile && !(*profile)->certificate_pem.empty();
  if (!enrolled && !options.page) {
    return fail(options.home + " is not enrolled yet: piaojue enrol --slip FILE --home " + options.home);
  }
  std::optional<client::Started> started;
  if (enrolled && (!options.page || local::passphrase_given(options.passphrase))) {
    auto const phrase = local::read_passphrase(options.passphrase, kPassphrase, false);
    if (auto const* trouble = std::get_if<Trouble>(&phrase)) return fail(*trouble);
    auto unlocked = client::unlock(*wallet, std::move(**profile), as_text(std::get<Secret>(phrase).view()));
    if (auto const* trouble = std::get_if<Trouble>(&unlocked)) return fail(*trouble);
    auto ready = client::start(std::move(std::get<client::Unlocked>(unlocked)), *wallet, host.start);
    if (auto const* trouble = std::get_if<Trouble>(&ready)) return fail(*trouble);
    started = std::move(std::get<client::Started>(ready));
  }
  return client::run_host(std::move(started), *wallet, std::move(host));
}

// ---- export, show ---------------------------------------------------------------------------------------------------

int export_record(std::string const& home, std::string const& out) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return kFailed;
  auto const exported = client::export_journal(*wallet);
  if (!exported) {
    if (exported.error() == Refusal::kWrongPhase) return fail("the meeting has not been opened yet");
    return fail(words(exported.error()));
  }
  if (!client::write_file(out, exported->record)) return fail(out + " can not be written");
  std::cout << "entries: " << exported->entries << "\nhead: " << client::group_of_four(exported->head) << "\n";
  if (!exported->closed) std::cerr << "piaojue: the meeting is not closed; this head is not the one for the paper\n";
  return 0;
}

int show(std::string const& home, bool as_json) {
  auto const wallet = open_home(home, DirectoryWallet::Access::kRead);
  if (!wallet) return kFailed;
  auto const profile = client::load_profile(*wallet);
  if (!profile) return fail(home + "/profile: " + words(profile.error()));
  if (!*profile) return fail(home + " is not enrolled yet");
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
  auto* const file = command.add_option("--passphrase-file", options.file, "first line is the passphrase");
  auto* const none = command.add_flag("--no-passphrase", options.none, "rehearsals only: the keys lie open");
  file->excludes(none);
}

}  // namespace

int main(int argc, char** argv) {
  piaojue::init();
  CLI::App app{"Piaojue 票决: the program of one person's laptop in a secret ballot."};
  app.set_version_flag("--version", std::string("piaojue ") + PIAOJUE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  piaojue enrol --slip 03-张三.txt --home ~/piaojue     once, with the printed slip\n"
      "  piaojue run --home ~/piaojue --page                   for the day, in the browser\n"
      "  piaojue run --home ~/piaojue                          the same for scripts: commands as lines, state as JSON "
      "lines\n"
      "  piaojue export --home ~/piaojue --out record.piaojue  the record from this laptop's own log\n"
      "  piaojue show --home ~/piaojue\n\n"
      "The passphrase comes from --passphrase-file, PIAOJUE_PASSPHRASE, or the terminal.\n"
      "Commands and events of `run`: docs/client-door.md, or the command `help`.\n"
      "Exit codes: 0 done, 1 refused or failed, 2 wrong usage.");

  EnrolOptions enrol_options;
  auto* const enrol_command = app.add_subcommand("enrol", "make this laptop's keys and get its certificate");
  enrol_command->add_option("--slip", enrol_options.slip, "the slip's file, or its text")->required();
  enrol_command->add_option("--home", enrol_options.home, "folder for keys and log (made if it is not there)")
      ->required();
  enrol_command->add_option("--wait", enrol_options.wait_s, "seconds to wait for the server")->capture_default_str();
  add_passphrase(*enrol_command, enrol_options.passphrase);
  enrol_command->footer("Can be repeated until it says \"enrolled\"; the same slip gives the same answer.");

  RunOptions run_options;
  auto* const run_command = app.add_subcommand("run", "take part in the meeting");
  run_command->add_option("--home", run_options.home, "folder made by enrol; with --page it may be a new one")
      ->required();
  run_command->add_option("--server", run_options.server, "HOST:PORT instead of the slip's");
  run_command->add_option("--lang", run_options.lang, "of sentences: zh or en")
      ->check(CLI::IsMember({"zh", "en"}))
      ->capture_default_str();
  auto* const page =
      run_command->add_option("--page", run_options.page_port,
                              "show it in this machine's browser, on 127.0.0.1:PORT (none or 0: any free port)");
  page->expected(0, 1)->default_str("0");
  run_command->add_option("--slip", run_options.slip, "with --page: fills in the first form")->needs(page);
  run_command->add_flag("--no-browser", run_options.no_browser, "with --page: only print the address")->needs(page);
  run_command
      ->add_option("--page-assets", run_options.page_assets,
                   "with --page, for developers of the pages: a folder whose files come before the built-in ones")
      ->needs(page);
  run_command->add_flag("--exit-on-eof", run_options.exit_on_eof, "end when stdin ends");
  add_passphrase(*run_command, run_options.passphrase);
  run_command->footer(
      "Examples:\n"
      "  piaojue run --home ~/piaojue --page        everything in the browser, enrolment too\n"
      "  echo 'sign-in' | piaojue run --home ~/piaojue");

  std::string home;
  std::string out;
  auto* const export_command = app.add_subcommand("export", "write the record file from this laptop's own log");
  export_command->add_option("--home", home, "folder made by enrol")->required();
  export_command->add_option("--out", out, "record file to write")->required();

  bool as_json = false;
  auto* const show_command = app.add_subcommand("show", "who this folder is, and its fingerprints");
  show_command->add_option("--home", home, "folder made by enrol")->required();
  show_command->add_flag("--json", as_json, "as one line of JSON");

  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    if (*enrol_command) return enrol(enrol_options);
    if (*run_command) {
      run_options.page = page->count() > 0;
      return run(run_options);
    }
    if (*export_command) return export_record(home, out);
    return show(home, as_json);
  } catch (std::exception const& error) {
    return fail(error.what());
  }
}
