// SPDX-License-Identifier: Apache-2.0
#include "office/desk/commands.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/platform/files.h"
#include "base/platform/process.h"
#include "base/terminal.h"
#include "crypto/own_program.h"
#include "local/folders.h"
#include "office/desk/deeds.h"
#include "office/desk/page.h"
#include "office/desk/sheet_files.h"
#include "office/desk/signing.h"
#include "strings/desk.h"
#include "strings/program.h"

namespace piaojue::desk {
namespace {

namespace words = strings::desk;

constexpr int kDone = 0, kRefused = 1, kUsage = 2;
constexpr int kCandidatesMax = 5000;

/// The folder share/piaojue beside the folder of this program, as it is built and as it is installed.
std::string own_tables() { return (platform::program_folder().parent_path() / "share" / "piaojue").string(); }

/// Of whoever starts it from his desktop: where he finds the papers without being told.
fs::path own_office() {
  auto const home = local::visible_folder();
  return fs::path(home.empty() ? "." : home) / "piaojue-office";
}

std::string help(Text const& text) { return std::string(text.in(terminal_lang())); }

/// The subcommands, each with the options that all have, and what it does.
class Program {
 public:
  explicit Program(std::string const& version) {
    app_.require_subcommand(0, 1);
    auto const what = help(strings::program::kHelpHash);
    auto* const hash = app_.add_flag("--hash", what);
    hash->needs(app_.set_version_flag(
        "--version", [hash, version] { return crypto::about_program(version, crypto::WithHash{hash->count() > 0}); }));
    app_.footer(help(words::kHelpFooter));
  }

  enum class Office : std::uint8_t { kNeeded, kOptional };
  CLI::App* add(std::string const& name, Text const& what, Text const& example, Office office = Office::kNeeded) {
    auto* const command = app_.add_subcommand(name, help(what));
    command->footer("\n  piaojue-office " + name + " " + help(example));
    auto* const folder = command->add_option("--office", office_, help(words::kHelpOffice));
    if (office == Office::kNeeded) folder->required();
    command->add_option("--data", tables_, help(words::kHelpData))->capture_default_str();
    return command;
  }
  /// What a deed is done by, and when.
  CLI::App* signs(CLI::App* command) {
    command->add_option("--as", person_, help(words::kHelpAs))->capture_default_str();
    dated(command);
    command->add_option("--passphrase-file", passphrase_file_, help(words::kHelpPassphraseFile));
    return command;
  }
  CLI::App* dated(CLI::App* command) {
    command->add_option("--date", date_, help(words::kHelpDate));
    command->add_option("--date-reason", date_reason_, help(words::kHelpDateReason));
    return command;
  }

  using Run = std::function<Explained<int>()>;
  /// What is done when nothing is said, as by an icon.
  void otherwise(Run run) { otherwise_ = std::move(run); }
  void runs(CLI::App* command, Run run) { commands_.emplace_back(command, std::move(run)); }
  void does(CLI::App* command, std::function<Explained<void>(Desk&)> deed) {
    runs(command, [this, deed = std::move(deed)]() -> Explained<int> {
      auto desk = open();
      if (!desk) return desk.error();
      if (auto const done = deed(*desk); !done) return done.error();
      return std::cout ? kDone : kRefused;
    });
  }

  Explained<Setting> setting() const {
    auto const day = parse_day_option(date_);
    if (!day) return day.error();
    return Setting{office_, tables_, *day, kLang, date_reason_};
  }
  Explained<Desk> open(IfMissing missing = IfMissing::kRefuse) const {
    auto to = setting();
    if (!to) return to.error();
    return Desk::open(std::move(*to), hand_of(person_, passphrase_file_, kLang), std::cout, missing);
  }
  std::string const& passphrase_file() const { return passphrase_file_; }
  bool has_office() const { return !office_.empty(); }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
      return app_.exit(error) == 0 ? kDone : kUsage;
    }
    if (app_.get_subcommands().empty()) commands_.emplace_back(&app_, otherwise_);
    for (auto const& [command, what] : commands_) {
      if (!*command) continue;
      auto const code = what();
      if (code) return *code;
      complain(code.error().what);
    }
    return kRefused;
  }
  static void complain(Sentence const& why) {
    std::cerr << Sentence(words::kProgramSays, {{"what", why}}).in(kLang) << "\n";
  }
  static inline Lang const kLang = terminal_lang();

 private:
  CLI::App app_{help(words::kHelpProgram), "piaojue-office"};
  std::string office_, date_, date_reason_, passphrase_file_, tables_ = own_tables();
  std::uint32_t person_ = 1;
  std::vector<std::pair<CLI::App*, Run>> commands_;
  Run otherwise_;
};

/// One applicant, by number.
template <class T>
CLI::Option* add_candidate(CLI::App* command, T& to) {
  return command->add_option("--candidate", to, help(words::kHelpCandidate))->check(CLI::Range(1, kCandidatesMax));
}

/// One or many, "3,5-9".
CLI::Option* add_candidates(CLI::App* command, std::vector<std::uint32_t>& to) {
  return command
      ->add_option_function<std::string>(
          "--candidate",
          [&to](std::string const& given) {
            auto numbers = parse_numbers(given);
            if (numbers) to = std::move(*numbers);
          },
          help(words::kHelpCandidates))
      ->check([](std::string const& given) {
        auto const numbers = parse_numbers(given);
        return numbers ? std::string() : numbers.error().in(Program::kLang);
      });
}

void add_evidence(CLI::App* command, Evidence& to) {
  command->add_option("--record", to.record, help(words::kHelpRecordFile))->required();
  command->add_option("--anchor", to.anchor, help(words::kHelpAnchor))->required();
}

template <class T>
std::shared_ptr<T> kept() {
  return std::make_shared<T>();
}

// ---- A function a command ------------------------------------------------------------------------------------------

void add_enlist(Program& program) {
  struct Given {
    std::string name, by_passphrase_file;
    std::uint32_t by = 0;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("enlist", words::kCommandEnlist, words::kExampleEnlist));
  command->add_option("--name", given->name, help(words::kHelpName))->required();
  auto* const by = command->add_option("--by", given->by, help(words::kHelpBy));
  command->add_option("--by-passphrase-file", given->by_passphrase_file, help(words::kHelpByPassphraseFile))->needs(by);
  program.runs(command, [&program, given]() -> Explained<int> {
    // The passphrase first: two that differ leave nothing behind.
    auto const own =
        read_passphrase(program.passphrase_file(), {words::kPromptNew, {{"name", given->name}}}, true, Program::kLang);
    if (!own) return own.error();
    auto desk = program.open(IfMissing::kCreate);
    if (!desk) return desk.error();
    Enlist request{given->name, as_text(own->view()), {}};
    if (given->by != 0) request.voucher = hand_of(given->by, given->by_passphrase_file, Program::kLang);
    if (auto const person = enlist(*desk, request); !person) return person.error();
    return kDone;
  });
}

void add_import(Program& program) {
  struct Given {
    Import request;
    std::string filed, corrected;
    bool part = false;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("import", words::kCommandImport, words::kExampleImport));
  auto* const members = command->add_option("--members", given->request.members, help(words::kHelpSheet));
  auto* const part = command->add_flag("--part", given->part, help(words::kHelpPart))->excludes(members);
  command->add_option("--corrected", given->corrected, help(words::kHelpNumbersCorrected))->needs(part);
  command->add_flag("--namesakes", given->request.namesakes, help(words::kHelpNamesakes))->needs(part);
  command->add_option("--candidates", given->request.candidates, help(words::kHelpSheet))->required();
  command->add_option("--appraisals", given->request.appraisals, help(words::kHelpAppraisals));
  command->add_option("--filed", given->filed, help(words::kHelpFiled));
  command->add_option("--extension", given->request.extension, help(words::kHelpExtension))->excludes(part);
  program.does(command, [given](Desk& desk) -> Explained<void> {
    auto const filed = parse_day_option(given->filed);
    if (!filed) return filed.error();
    given->request.filed = *filed;
    given->request.tell = true;
    if (!given->corrected.empty()) {
      auto corrected = parse_numbers(given->corrected);
      if (!corrected) return corrected.error();
      given->request.corrected = std::move(*corrected);
    }
    if (given->part) return import_part(desk, given->request);
    if (given->request.members.empty()) return Explanation(words::kMembersWanted);
    return import(desk, given->request);
  });
}

void add_verdicts(Program& program) {
  struct Given {
    VerdictPaper paper{{}, std::string(words::kTitle.zh)};
    bool json = false;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("verdicts", words::kCommandVerdicts, words::kExampleVerdicts));
  auto* const json = command->add_flag("--json", given->json);
  auto* const out = command->add_option("--out", given->paper.out, help(words::kHelpVerdictsOut))->excludes(json);
  command->add_option("--title", given->paper.title, help(words::kHelpTitleOption))->capture_default_str()->needs(out);
  program.does(command, [given](Desk& desk) {
    if (!given->paper.out.empty()) return make_verdict_paper(desk, given->paper);
    return print_verdicts(desk, given->json ? Form::kJson : Form::kTable);
  });
}

void add_decide(Program& program) {
  auto const request = kept<Decide>();
  auto* const command = program.signs(program.add("decide", words::kCommandDecide, words::kExampleDecide));
  add_candidates(command, request->candidates)->required();
  std::string const yes(verdict_code(office::Verdict::kEligible)), no(verdict_code(office::Verdict::kNotEligible));
  command
      ->add_option_function<std::string>("--verdict",
                                         [request, yes](std::string const& given) {
                                           request->verdict = given == yes ? office::Verdict::kEligible
                                                                           : office::Verdict::kNotEligible;
                                         })
      ->required()
      ->check(CLI::IsMember({yes, no}));
  command->add_option("--reason", request->reason, help(words::kHelpReason))->required();
  command->add_option("--basis", request->basis, help(words::kHelpBasis));
  program.does(command, [request](Desk& desk) { return decide(desk, *request); });
}

void add_amend(Program& program) {
  struct Given {
    Amend request;
    std::vector<std::string> set;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("amend", words::kCommandAmend, words::kExampleAmend));
  add_candidate(command, given->request.candidate)->required();
  auto* const set = command->add_option("--set", given->set, help(words::kHelpSet));
  command->add_option("--reason", given->request.reason, help(words::kHelpReason))->needs(set);
  command->add_option("--file", given->request.evidence, help(words::kHelpEvidence))->needs(set);
  program.does(command, [given](Desk& desk) -> Explained<void> {
    if (given->set.empty()) return print_cells(desk, given->request.candidate);
    if (given->request.reason.empty()) return Explanation(words::kAmendNoReason);
    if (given->request.evidence.empty()) return Explanation(words::kEvidenceWanted);
    for (std::string const& one : given->set) {
      auto const sign = one.find('=');
      if (sign == std::string::npos) return Explanation(Sentence(words::kAmendSet, {{"text", one}}));
      given->request.cells.push_back({one.substr(0, sign), one.substr(sign + 1)});
    }
    return amend(desk, given->request);
  });
}

void add_withdraw(Program& program) {
  auto const request = kept<Withdraw>();
  auto* const command = program.signs(program.add("withdraw", words::kCommandWithdraw, words::kExampleWithdraw));
  add_candidates(command, request->candidates)->required();
  command->add_option("--reason", request->reason, help(words::kHelpReason))->required();
  command->add_option("--file", request->evidence, help(words::kHelpEvidence));
  program.does(command, [request](Desk& desk) { return withdraw(desk, *request); });
}

void add_notice(Program& program) {
  struct Given {
    std::uint32_t candidate = 0;
    std::uint32_t days = 10;
    std::vector<std::string> items;
    Notice request{0, {}, 10, {}, std::string(words::kTitle.zh)};
    bool corrected = false, lapse = false;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("notice", words::kCommandNotice, words::kExampleNotice));
  add_candidate(command, given->candidate)->required();
  auto* const items = command->add_option("--item", given->items, help(words::kHelpItem));
  command->add_option("--days", given->days, help(words::kHelpDays))->capture_default_str()->check(CLI::Range(1, 250));
  auto* const out = command->add_option("--out", given->request.out, help(words::kHelpNoticeOut));
  command->add_option("--title", given->request.title, help(words::kHelpTitleOption))
      ->capture_default_str()
      ->needs(out);
  auto* const corrected =
      command->add_flag("--corrected", given->corrected, help(words::kHelpCorrected))->excludes(items)->excludes(out);
  command->add_flag("--lapse", given->lapse, help(words::kHelpLapse))
      ->excludes(items)
      ->excludes(corrected)
      ->excludes(out);
  program.does(command, [given](Desk& desk) {
    if (given->corrected) return answer(desk, {given->candidate, entry::Outcome::kCorrected});
    if (given->lapse) return answer(desk, {given->candidate, entry::Outcome::kLapsed});
    given->request.candidate = given->candidate;
    given->request.days = static_cast<int>(given->days);
    for (std::string const& item : given->items)
      std::ranges::move(entry::decode_items(item), std::back_inserter(given->request.items));
    return notice(desk, given->request);
  });
}

void add_recusals(Program& program) {
  auto const json = kept<bool>();
  auto* const command = program.add("recusals", words::kCommandRecusals, words::kExampleRecusals);
  command->add_flag("--json", *json);
  program.does(command, [json](Desk& desk) { return print_recusals(desk, *json ? Form::kJson : Form::kTable); });
}

void add_deadline(Program& program) {
  struct Given {
    std::string from;
    int days = office::kPublicityWorkingDaysMin;
  };
  auto const given = kept<Given>();
  auto* const command = program.add("deadline", words::kCommandDeadline, words::kExampleDeadline);
  command->add_option("--from", given->from, help(words::kHelpFrom));
  command->add_option("--days", given->days, help(words::kHelpDays))->capture_default_str()->check(CLI::Range(1, 250));
  program.does(command, [given](Desk& desk) -> Explained<void> {
    auto const from = parse_day_option(given->from);
    if (!from) return from.error();
    return print_deadline(desk, {from->value_or(desk.today()), given->days});
  });
}

/// "2:7": which expert, and which applicant.
std::optional<entry::StruckRecusal> struck_of(std::string const& text) {
  auto const colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto const person = parse_numbers(text.substr(0, colon));
  auto const applicant = parse_numbers(text.substr(colon + 1));
  if (!person || !applicant || person->size() != 1 || applicant->size() != 1) return std::nullopt;
  return entry::StruckRecusal{person->front(), applicant->front()};
}

void add_roster(Program& program) {
  struct Given {
    Roster request;
    std::vector<std::string> strike;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("roster", words::kCommandRoster, words::kExampleRoster));
  command->add_option("--out", given->request.out)->required();
  command->add_option("--meeting", given->request.meeting, help(words::kHelpMeeting));
  command->add_option("--batch-size", given->request.batch_size, help(words::kHelpBatchSize))
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, meeting::kQuestionsPerBatchMax));
  auto* const strike = command->add_option("--strike-recusal", given->strike, help(words::kHelpStrike));
  command->add_option("--strike-reason", given->request.struck_reason, help(words::kHelpStrikeReason))->needs(strike);
  program.does(command, [given](Desk& desk) -> Explained<void> {
    for (std::string const& one : given->strike) {
      auto const struck = struck_of(one);
      if (!struck) return Explanation(Sentence(words::kStrikeUnreadable, {{"text", one}}));
      given->request.struck.push_back(*struck);
    }
    return roster(desk, given->request);
  });
}

void add_ballots(Program& program) {
  auto const request = kept<Ballots>();
  request->title = words::kTitle.zh;
  auto* const command = program.add("ballots", words::kCommandBallots, words::kExampleBallots);
  command->add_option("--roster", request->roster, help(words::kHelpRosterFolder))->required();
  command->add_option("--out", request->out)->required();
  command->add_option("--title", request->title, help(words::kHelpTitleOption))->capture_default_str();
  program.does(command, [request](Desk& desk) { return ballots(desk, *request); });
}

void add_papers(Program& program) {
  struct Given {
    Papers request;
    std::string posted;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("papers", words::kCommandPapers, words::kExamplePapers));
  add_evidence(command, given->request.evidence);
  command->add_option("--out", given->request.out)->required();
  command->add_option("--posted", given->posted, help(words::kHelpPosted));
  command->add_option("--phone", given->request.phone, help(words::kHelpPhone));
  command->add_option("--place", given->request.place, help(words::kHelpPlace));
  command->add_flag("--identity-numbers", given->request.identity_numbers, help(words::kHelpIdentityNumbers));
  program.does(command, [given](Desk& desk) -> Explained<void> {
    auto const posted = parse_day_option(given->posted);
    if (!posted) return posted.error();
    given->request.posted = *posted;
    return papers(desk, given->request);
  });
}

void add_publicity(Program& program) {
  auto const posting = kept<Publish>();
  auto* const publish_c = program.signs(program.add("publish", words::kCommandPublish, words::kExamplePublish));
  publish_c->add_option("--place", posting->place)->required();
  program.does(publish_c, [posting](Desk& desk) { return publish(desk, *posting); });

  auto const objection = kept<Object>();
  auto* const object_c = program.signs(program.add("object", words::kCommandObject, words::kExampleObject));
  add_candidate(object_c, objection->candidate)->required();
  object_c->add_option("--text", objection->text)->required();
  program.does(object_c, [objection](Desk& desk) { return object(desk, *objection); });
}

void add_resolve(Program& program) {
  struct Given {
    Resolve request;
    bool upheld = false, dismissed = false;
  };
  auto const given = kept<Given>();
  auto* const command = program.signs(program.add("resolve", words::kCommandResolve, words::kExampleResolve));
  add_candidate(command, given->request.candidate)->required();
  command->add_option("--text", given->request.finding, help(words::kHelpFinding))->required();
  auto* const upheld = command->add_flag("--upheld", given->upheld, help(words::kHelpUpheld));
  command->add_flag("--dismissed", given->dismissed, help(words::kHelpDismissed))->excludes(upheld);
  program.runs(command, [&program, given]() -> Explained<int> {
    // What ends a matter is named: nothing is dismissed because a word was missing.
    if (given->upheld == given->dismissed) {
      Program::complain(words::kOutcomeFlagWanted);
      return kUsage;
    }
    given->request.upheld = given->upheld;
    auto desk = program.open();
    if (!desk) return desk.error();
    if (auto const done = resolve(*desk, given->request); !done) return done.error();
    return kDone;
  });
}

void add_certificates(Program& program) {
  auto const filing = kept<File>();
  auto* const file_c = program.signs(program.add("file", words::kCommandFile, words::kExampleFile));
  add_candidate(file_c, filing->candidate);
  file_c->add_option("--number", filing->document, help(words::kHelpNumber))->required();
  program.does(file_c, [filing](Desk& desk) { return file(desk, *filing); });

  auto const announcement = kept<Announce>();
  auto* const announce_c = program.signs(program.add("announce", words::kCommandAnnounce, words::kExampleAnnounce));
  add_candidate(announce_c, announcement->candidate);
  announce_c->add_option("--number", announcement->document, help(words::kHelpNumber))->required();
  program.does(announce_c, [announcement](Desk& desk) { return announce(desk, *announcement); });

  auto const hand_off = kept<Certificates>();
  auto* const certificates_c =
      program.signs(program.add("certificates", words::kCommandCertificates, words::kExampleCertificates));
  add_candidate(certificates_c, hand_off->candidate);
  program.does(certificates_c, [hand_off](Desk& desk) { return certificates(desk, *hand_off); });
}

void add_trail(Program& program) {
  struct Given {
    Trail request;
    bool json = false;
  };
  auto const given = kept<Given>();
  auto* const command = program.add("trail", words::kCommandTrail, words::kExampleTrail);
  auto* const by_number = add_candidate(command, given->request.candidate);
  command->add_option("--name", given->request.name)->excludes(by_number);
  command->add_flag("--json", given->json);
  program.does(command, [given](Desk& desk) {
    given->request.form = given->json ? Form::kJson : Form::kTable;
    return trail(desk, given->request);
  });
}

void add_check_paper(Program& program) {
  struct Given {
    Evidence evidence;
    fs::path paper;
  };
  auto const given = kept<Given>();
  auto* const command =
      program.add("check-paper", words::kCommandCheckPaper, words::kExampleCheckPaper, Program::Office::kOptional);
  add_evidence(command, given->evidence);
  command->add_option("PAPER", given->paper, help(words::kHelpPaper))->required();
  program.runs(command, [&program, given]() -> Explained<int> {
    std::optional<Desk> desk;
    if (program.has_office()) {
      auto opened = program.open();
      if (!opened) return opened.error();
      desk.emplace(std::move(*opened));
    }
    auto const compared = compare(given->evidence, given->paper, desk ? &*desk : nullptr);
    if (!compared) return compared.error();
    for (Sentence const& difference : compared->differences)
      std::cout << Sentence(words::kPaperDiffers, {{"what", difference}}).in(Program::kLang) << "\n";
    if (!compared->differences.empty()) return kRefused;
    std::cout << agreement(*compared, Program::kLang);
    return kDone;
  });
}

void add_templates(Program& program) {
  auto const folder = kept<fs::path>();
  auto* const command =
      program.add("templates", words::kCommandTemplates, words::kExampleTemplates, Program::Office::kOptional);
  command->add_option("--out", *folder)->required();
  program.runs(command, [folder]() -> Explained<int> {
    if (auto const written = write_templates(*folder, std::cout, Program::kLang); !written) return written.error();
    return kDone;
  });
}

void add_check_sheets(Program& program) {
  auto const request = kept<CheckSheets>();
  auto* const command =
      program.add("check-sheets", words::kCommandCheckSheets, words::kExampleCheckSheets, Program::Office::kOptional);
  command->add_option("--members", request->members, help(words::kHelpSheet))->required();
  command->add_option("--candidates", request->candidates, help(words::kHelpSheet))->required();
  command->add_option("--appraisals", request->appraisals, help(words::kHelpAppraisals));
  command->add_option("--problems", request->problems, help(words::kHelpProblems));
  program.runs(command, [request]() -> Explained<int> {
    auto const right = check_sheets(*request, std::cout, Program::kLang);
    if (!right) return right.error();
    return *right ? kDone : kRefused;
  });
}

void add_page(Program& program, local::Assets const& assets) {
  struct Given {
    std::uint16_t port = 0;
    bool no_browser = false;
    std::string assets;
  };
  auto const given = kept<Given>();
  auto* const command = program.add("page", words::kCommandPage, words::kExamplePage, Program::Office::kOptional);
  command->add_option("--port", given->port, help(words::kHelpPort))->capture_default_str();
  program.dated(command);
  command->add_flag("--no-browser", given->no_browser, help(words::kHelpNoBrowser));
  command->add_option("--page-assets", given->assets, help(words::kHelpPageAssets));
  auto const page = [&program, given, assets]() -> Explained<int> {
    auto setting = program.setting();
    if (!setting) return setting.error();
    if (!program.has_office()) setting->office = own_office();
    // Of the page's messages: who sits at the browser need not be who started the program.
    setting->lang = Lang::kZh;
    return run_page({std::move(*setting), given->port, !given->no_browser,
                     given->assets.empty() ? assets : local::assets_from(given->assets, assets)});
  };
  program.runs(command, page);
  program.otherwise(page);
}

}  // namespace

int run(int argc, char** argv, local::Assets const& assets) {
  // Everything that is written here is about people: no other user of this machine reads it.
  platform::keep_new_files_private();
  try {
    Program program(std::string("piaojue-office ") + PIAOJUE_VERSION);
    for (auto* const add : {add_enlist, add_import, add_verdicts, add_decide, add_amend, add_withdraw, add_notice,
                            add_recusals, add_roster, add_ballots, add_papers, add_deadline, add_publicity, add_resolve,
                            add_certificates, add_trail, add_check_paper, add_templates, add_check_sheets})
      add(program);
    add_page(program, assets);
    return program.run(argc, argv);
  } catch (std::exception const& error) {
    // Of a library: out of memory, or a disk that can not be read.
    Program::complain({words::kPlain, {{"text", std::string(error.what())}}});
    return kRefused;
  }
}

}  // namespace piaojue::desk
