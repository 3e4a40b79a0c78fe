// SPDX-License-Identifier: Apache-2.0
/// piaojue-server: init, run, slip, slips, sheet, export, status, stop; of a service serve, adopt, service-key, store,
/// office.
/// What stands on stdout is `key value`, for people and scripts alike and the same in every language; sentences stand
/// on stderr.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/terminal.h"
#include "crypto/init.h"
#include "crypto/own_program.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/enrolment.h"
#include "server/clock.h"
#include "server/directory.h"
#include "server/directory_lock.h"
#include "server/draft.h"
#include "server/export.h"
#include "server/office_commands.h"
#include "server/probation.h"
#include "server/run.h"
#include "server/serve.h"
#include "server/slips.h"
#include "server/status.h"
#include "server/token_key.h"
#include "strings/program.h"
#include "strings/refusals.h"
#include "strings/server.h"
#include "strings/service.h"

namespace {

using namespace piaojue;
using namespace piaojue::server;
namespace text = piaojue::strings::server;
namespace service_text = piaojue::strings::service;

constexpr int kOk = 0, kRefused = 1, kUnusable = 2, kNotAgain = 3;

// ---- init, slip ---------------------------------------------------------------------------------------------------

/// On a terminal alone: what stands in a pipe is for programs.
OnFiles show_files(Lang lang) {
  if (::isatty(STDERR_FILENO) != 1) return {};
  return [lang](FilesStep step, std::size_t files) {
    auto const& said = step == FilesStep::kRead ? text::kInitFilesRead : text::kInitFilesCopied;
    std::cerr << '\r' << Sentence(said, {{"files", std::uint64_t{files}}}).in(lang) << std::flush;
  };
}

Explained<void> init(Directory const& directory, InitInput input, Lang lang) {
  input.on_files = show_files(lang);
  auto const done = init_directory(directory, input, now_s());
  if (input.on_files) std::cerr << "\r\033[K" << std::flush;
  if (!done) return done.error();
  std::cout << "people " << done->people << ", candidates " << done->candidates << ", batches " << done->batches
            << "\nsuggested recusals " << done->recusals << "\nattachments " << done->attachments << "\naddress "
            << format_address(done->address) << "\nserver key " << done->fingerprint << "\nslips "
            << directory.slips().string() << "\n";
  return {};
}

/// Where the meeting of a command is: a directory, or a number in the service that a file names.
struct Place {
  fs::path path;
  store::MeetingNumber number = 0;  ///< 0: a directory

  Directory directory() const { return Directory(path); }
};

Explained<Contents> load(Place const& place) {
  if (place.number != 0) return server::read_meeting(place.path, place.number);
  auto const store = place.directory().open_store();
  if (!store) return store.error();
  return read_contents(**store);
}

/// What would be written into a directory that nobody serves any more is not done, rather than done for nothing.
Explained<void> check_own(Place const& place) {
  return place.number != 0 ? Explained<void>() : server::check_own(place.directory());
}

Explained<void> slip(Place const& place, PersonId person, fs::path const& out) {
  if (place.number != 0 && out.empty()) return unusable(service_text::kSlipNeedsOut);
  if (auto const own = check_own(place); !own) return own;
  auto const done =
      place.number != 0 ? new_slip(place.path, place.number, person, out) : new_slip(place.directory(), person);
  if (!done) return done.error();
  std::cout << "slip " << done->string() << "\n";
  return {};
}

// ---- sheet --------------------------------------------------------------------------------------------------------

/// What the sign-in sheet is printed from before the meeting opens (specification §9.1): a line a person, fields
/// divided by tabs. Who has not enrolled has no device code.
Explained<void> sheet(Place const& place) {
  auto const contents = load(place);
  if (!contents) return contents.error();
  auto const manifest = drafted_with_keys(*contents, place.path);
  if (!manifest) return manifest.error();
  for (PersonId p = 1; p <= manifest->people.size(); ++p) {
    auto const& person = manifest->people[p - 1];
    auto const code = person.identity_key
                          ? meeting::device_code(manifest->meeting_id, p,
                                                 {*person.identity_key, *person.witness_key, *person.box_key})
                          : std::string();
    std::cout << sheet_line(p, person.name, person.roles, code) << "\n";
  }
  return {};
}

// ---- export -------------------------------------------------------------------------------------------------------

Explanation not_read(Explanation const& why) { return Sentence(text::kDatabaseNotRead, {{"reason", why.what}}); }

/// The rows of the meeting: one after the other of a directory, all at once of a service.
Explained<std::unique_ptr<store::Reading>> read_rows(Place const& place) {
  if (place.number == 0) return place.directory().read_store();
  auto contents = load(place);
  if (!contents) return contents.error();
  auto held = std::make_shared<Contents const>(std::move(*contents));
  return std::unique_ptr<store::Reading>(std::make_unique<store::ReadingOfContents>(std::move(held)));
}

/// The meeting has been closed and nobody but its signers has cosigned its end yet: laptops take a moment.
/// Refused: it is not open.
Explained<bool> end_unwitnessed(store::Reading& log) {
  std::uint64_t size = 0;
  Bytes newest;
  auto done = log.rows(Table::kEntry, [&](ByteView, ByteView value) {
    ++size;
    newest.assign(value.begin(), value.end());
    return true;
  });
  if (!done) return not_read(done.error());
  if (size == 0) return Explanation(text::kExportNotOpen);
  auto const last = meeting::decode_entry(newest);
  if (!last || last->type() != meeting::EntryType::kMeetingClose) return false;
  bool unwitnessed = true;
  done = log.rows(Table::kCosignature, [&](ByteView key, ByteView) {
    auto const& signers = last->signatures;
    bool const of_end = read_u64be(key) >= size;
    if (of_end && std::ranges::find(signers, number_at(key, 8), &meeting::EntrySignature::signer) == signers.end())
      unwitnessed = false;
    return unwitnessed;
  });
  if (!done) return not_read(done.error());
  return unwitnessed;
}

Explanation no_record(Sentence const& why) { return Sentence(text::kExportNoRecord, {{"sentence", why}}); }
Explanation not_written() { return no_record(strings::sentence_of(Refusal::kStorage)); }

/// Writes a whole record to `partial`, on the disk when it returns.
Explained<ExportSummary> write_partial(store::Reading& log, fs::path const& partial) {
  Explained<ExportSummary> summary;
  {
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    if (!file) return Explanation(Sentence(text::kExportNotCreated, {{"path", partial.string()}}));
    summary = export_record(log, file);
    file.flush();
    if (summary && !file) return not_written();
  }
  if (!summary) return no_record(summary.error().what);
  Descriptor const written(::open(partial.c_str(), O_RDONLY | O_CLOEXEC));
  if (written.fd < 0 || ::fsync(written.fd) != 0) return not_written();
  return summary;
}

/// As soon as somebody has witnessed the end of a closed meeting, or after ten seconds. Refused: it is not open.
Explained<std::unique_ptr<store::Reading>> read_witnessed(Place const& place) {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    auto log = read_rows(place);
    if (!log) return log;
    auto const wait = end_unwitnessed(**log);
    if (!wait) return wait.error();
    if (!*wait || std::chrono::steady_clock::now() >= deadline) return log;
    log->reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

Explained<void> export_to(Place const& place, fs::path const& out, bool unfinished, Lang lang) {
  auto const log = read_witnessed(place);
  if (!log) return log.error();
  auto const partial = fs::path(out.string() + ".partial");
  auto summary = write_partial(**log, partial);
  if (summary && !summary->closed && !unfinished) summary = Explanation(text::kExportNotClosed);
  if (summary && ::rename(partial.c_str(), out.c_str()) != 0) summary = not_written();
  if (!summary) {
    std::error_code ignored;
    fs::remove(partial, ignored);
    return summary.error();
  }
  std::cout << "record " << out.string() << "\n"
            << "entries " << summary->entries << ", checkpoints " << summary->checkpoints << ", cosignatures "
            << summary->cosignatures << "\n"
            << "head " << net::format_fingerprint(summary->head) << "\n";
  if (!summary->witnessed_end) std::cout << text::kExportUnwitnessed.in(lang) << "\n";
  return {};
}

// ---- status -------------------------------------------------------------------------------------------------------

/// A value of `status`, for scripts too.
std::string_view phase_word(meeting::MeetingPhase phase) {
  switch (phase) {
    case meeting::MeetingPhase::kBeforeOpen:
      return "not open";
    case meeting::MeetingPhase::kOpen:
      return "open";
    case meeting::MeetingPhase::kClosed:
      break;
  }
  return "closed";
}

/// Who rests on whom in the attempt in progress.
void show_attempt(meeting::Attempt const& attempt) {
  if (attempt.holders.size() > 1) {
    // After a restart the server goes on when one of them has connected (specification §9.3).
    std::cout << "holders";
    for (auto const holder : attempt.holders) {
      if (holder != meeting::kServer) std::cout << " " << holder;
    }
    std::cout << "\n";
  }
  // What `stop` is for: trustee 0 waits a while before it gives its share over these.
  for (auto const& [person, missing] : attempt.overridden) {
    std::cout << "override " << person << " " << (missing ? "missing" : "silent") << "\n";
  }
}

/// One line of JSON, of `status` and `slips`.
Explained<void> print_json(Place const& place, Explained<std::string> (*json)(Directory const&, Contents const&)) {
  if (place.number != 0) return unusable(service_text::kNumberNotHere);
  auto const contents = load(place);
  if (!contents) return contents.error();
  auto const line = json(place.directory(), *contents);
  if (!line) return line.error();
  std::cout << *line << "\n";
  return {};
}

Explained<void> status(Place const& place) {
  auto const contents = load(place);
  if (!contents) return contents.error();
  auto const draft = read_draft(*contents);
  if (!draft) {
    return Explanation(Sentence(text::kDatabaseNoMeeting, {{"path", place.path.string()}}));
  }
  auto const read = read_record(*contents);
  if (!read) return read.error();
  auto const& record = *read;
  std::set<Bytes> enrolled;
  for (auto const& [key, value] : (*contents)[Table::kEnrolment]) enrolled.emplace(key.begin(), key.begin() + 4);
  std::cout << "title " << draft->title << (draft->rehearsal ? " (rehearsal)" : "") << "\n"
            << "date " << draft->date << "\n"
            << "meeting " << phase_word(record.phase()) << "\n"
            << "enrolled " << enrolled.size() << " of " << draft->people.size() << "\n"
            << "entries " << record.size() << "\n"
            << "head " << net::format_fingerprint(record.tree().root()) << "\n";
  if (record.phase() == meeting::MeetingPhase::kBeforeOpen) return {};
  if (auto const awaited = awaited_in(*contents); !awaited.empty()) {
    std::cout << "waits for";
    for (auto const person : people_of(awaited)) std::cout << " " << person;
    std::cout << "\n";
  }
  if (auto const without = without_in(*contents); !without.empty()) {
    std::cout << "extended without";
    for (auto const person : without) std::cout << " " << person;
    std::cout << "\n";
  }
  if (record.in_progress()) show_attempt(*record.attempt());
  std::cout << "signed in " << record.signed_in().size() << ", experts " << record.experts_present().size() << "\n";
  for (meeting::BatchId b = 1; b <= record.manifest().batches.size(); ++b) {
    auto const questions = record.manifest().batches[b - 1].candidates.size();
    std::cout << "batch " << b << ": attempts " << record.attempts(b) << ", declared "
              << questions - record.undecided(b).size() << " of " << questions << "\n";
  }
  return {};
}

// ---- stop ---------------------------------------------------------------------------------------------------------

/// The operator's word against an Override: read by the running server before it gives its share.
Explained<void> stop(Place const& place) {
  if (auto const own = check_own(place); !own) return own;
  auto const contents = load(place);
  if (!contents) return contents.error();
  auto const record = read_record(*contents);
  if (!record) return record.error();
  if (!record->in_progress() || !record->attempt()->shares.empty()) return Explanation(text::kStopTooLate);
  auto const& open = record->attempt()->open;
  if (place.number != 0) {
    if (auto done = stop_attempt(place.path, place.number, {open.batch, open.attempt}); !done) return done;
  } else {
    auto const path = place.directory().stop({open.batch, open.attempt});
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      if (auto done = write_file(path, {}); !done) return done;
    }
  }
  std::cout << "stopped batch " << open.batch << ", attempt " << open.attempt << "\n";
  return {};
}

// ---- The command line ---------------------------------------------------------------------------------------------

fs::path clean(std::string const& path_text) {
  auto path = fs::path(path_text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

/// CLI11 speaks English alone: what it found is said once more.
Sentence usage(CLI::ParseError const& error, bool of_store) {
  std::string what = error.what();
  auto const without = [&](std::string_view words) {
    if (auto const at = what.find(words); at != std::string::npos) what.erase(at, words.size());
  };
  if (error.get_name() == "RequiredError") {
    without(" is required");
    without("A subcommand");
    if (what.empty() && of_store)
      what = "store migrate | check | reseal | copy | extend";
    else if (what.empty())
      what = "init | run | sheet | slip | slips | export | status | stop | serve | adopt | service-key | store";
    return {text::kUsageMissing, {{"what", what}}};
  }
  if (error.get_name() == "ExtrasError") {
    without("The following arguments were not expected: ");
    without("The following argument was not expected: ");
    return {text::kUsageExtra, {{"what", what}}};
  }
  return {text::kUsageValue, {{"what", what}}};
}

class CommandLine {
 public:
  explicit CommandLine(Lang lang) : lang_(lang), app_(words(text::kHelpProgram), "piaojue-server") {
    auto const what = words(strings::program::kHelpHash);
    auto* const hash = app_.add_flag("--hash", what);
    hash->needs(app_.set_version_flag("--version", [hash] {
      return crypto::about_program("piaojue-server " PIAOJUE_VERSION, crypto::WithHash{hash->count() > 0});
    }));
    app_.require_subcommand(1);
    init_ = command("init", text::kHelpInit);
    init_->add_option("--meeting", meeting_, words(text::kHelpMeeting))->required();
    init_->add_option("--members", members_, words(text::kHelpMembers))->required();
    init_->add_option("--candidates", candidates_, words(text::kHelpCandidates))->required();
    init_->add_option("--recusals", recusals_, words(text::kHelpRecusals));
    init_->add_option("--materials", materials_, words(text::kHelpMaterials));
    init_->add_option("--listen", input_.listen, words(text::kHelpListen))->capture_default_str();
    init_->add_option("--host", input_.host, words(text::kHelpHost));
    init_->add_option("--number", input_.number, words(text::kHelpNumber))
        ->check(CLI::Range(std::uint32_t{1}, meeting::kMeetingNumberMax));
    run_ = command("run", text::kHelpRun);
    run_->add_option("--port", run_options_.port, words(text::kHelpPort));
    run_->add_option("--threads", run_options_.threads, words(text::kHelpThreads))->check(CLI::Range(1, 256));
    run_->add_flag("!--no-announce", run_options_.announce, words(text::kHelpNoAnnounce));
    sheet_ = command("sheet", text::kHelpSheet);
    slip_ = command("slip", text::kHelpSlip);
    slip_->add_option("--person", person_, words(text::kHelpPerson))->required();
    slip_->add_option("--out", out_, words(service_text::kHelpSlipOut));
    export_ = command("export", text::kHelpExport);
    export_->add_option("--out", out_, words(text::kHelpOut))->required();
    export_->add_flag("--unfinished", unfinished_, words(text::kHelpUnfinished));
    status_ = command("status", text::kHelpStatus);
    status_->add_flag("--json", json_, words(text::kHelpJson));
    slips_ = command("slips", text::kHelpSlips);
    slips_->add_flag("--json", json_, words(text::kHelpJson))->required();
    stop_ = command("stop", text::kHelpStop);
    for (auto* reads : {sheet_, slip_, export_, status_, stop_}) {
      reads->add_option("--number", number_, words(service_text::kHelpNumber));
    }
    add_service();
  }

  int main(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // --help, --version
      std::cerr << "piaojue-server: " << usage(error, store_->parsed()).in(lang_) << "\n";
      return kUnusable;
    }
    auto const done = perform();
    if (done) return *done ? kOk : kRefused;
    std::cerr << "piaojue-server: " << done.error().in(lang_) << "\n";
    if (done.error().code == kPinRefused && (serve_->parsed() || service_key_->parsed())) return kNotAgain;
    return is_unusable(done.error()) ? kUnusable : kRefused;
  }

 private:
  void add_service() {
    serve_ = service_command(app_, "serve", service_text::kHelpServe);
    adopt_ = service_command(app_, "adopt", service_text::kHelpAdopt);
    adopt_->add_option("DIR", dir_, words(text::kHelpDir))->required();
    service_key_ = app_.add_subcommand("service-key", words(service_text::kHelpServiceKey));
    service_key_->add_option("FILE", file_, words(service_text::kHelpKeyFile))->required();
    store_ = app_.add_subcommand("store", words(service_text::kHelpStore));
    store_->require_subcommand(1);
    migrate_ = service_command(*store_, "migrate", service_text::kHelpMigrate);
    check_ = service_command(*store_, "check", service_text::kHelpCheck);
    reseal_ = service_command(*store_, "reseal", service_text::kHelpReseal);
    check_->add_option("--number", number_, words(service_text::kHelpCheckNumber));
    copy_ = service_command(*store_, "copy", service_text::kHelpCopy);
    copy_->add_option("DIR", dir_, words(service_text::kHelpCopyDir));
    copy_->add_option("--number", copy_options_.number, words(service_text::kHelpCopyNumber))
        ->required()
        ->check(CLI::Range(std::uint32_t{1}, meeting::kMeetingNumberMax));
    copy_->add_option("--listen", copy_options_.listen, words(service_text::kHelpCopyListen));
    copy_->add_option("--host", copy_options_.host, words(text::kHelpHost));
    copy_->add_flag("--undo", copy_options_.undo, words(service_text::kHelpCopyUndo));
    extend_ = service_command(*store_, "extend", service_text::kHelpExtend);
    extend_->add_option("--number", number_, words(service_text::kHelpNumber));
    extend_->add_option("--log", logs_, words(service_text::kHelpExtendLog))->required();
    extend_->add_option("--without", without_, words(service_text::kHelpExtendWithout));
    extend_->add_flag("--unwitnessed", extend_options_.from.unwitnessed, words(service_text::kHelpExtendUnwitnessed));
    offices_ = std::make_unique<OfficeCommands>(app_, lang_);
  }
  CLI::App* service_command(CLI::App& parent, char const* name, Text const& help) {
    auto* added = parent.add_subcommand(name, words(help));
    added->add_option("SERVICE", file_, words(service_text::kHelpServiceFile))->required();
    added->add_option("--lang", lang_name_, words(text::kHelpLang))->check(CLI::IsMember({"zh", "en"}));
    return added;
  }
  /// @return nothing: it is no command of a service.
  std::optional<Explained<bool>> perform_service() {
    fs::path const file(file_);
    if (serve_->parsed()) return serve(file, lang_);
    if (check_->parsed()) {
      return check_store(file, number_ != 0 ? std::optional(number_) : std::nullopt, lang_);
    }
    if (reseal_->parsed()) return reseal_store(file, lang_);
    Explained<void> done;
    if (adopt_->parsed()) {
      done = adopt(file, clean(dir_));
    } else if (service_key_->parsed()) {
      done = make_service_key(file);
    } else if (migrate_->parsed()) {
      done = migrate_store(file);
    } else if (copy_->parsed()) {
      done = copy(file);
    } else if (extend_->parsed()) {
      extend_options_.number = number_;
      extend_options_.from.logs = {logs_.begin(), logs_.end()};
      extend_options_.from.without = {without_.begin(), without_.end()};
      done = extend_store(clean(file_), extend_options_, lang_);
    } else {
      return std::nullopt;
    }
    if (!done) return Explained<bool>(done.error());
    return Explained<bool>(true);
  }
  Explained<void> copy(fs::path const& file) {
    if (dir_.empty()) return unusable(Sentence(text::kUsageMissing, {{"what", "DIR"}}));
    copy_options_.directory = clean(dir_);
    return copy_store(file, copy_options_);
  }
  std::string words(Text const& help) const { return std::string(help.in(lang_)); }
  CLI::App* command(char const* name, Text const& help) {
    auto* added = app_.add_subcommand(name, words(help));
    added->add_option("DIR", dir_, words(text::kHelpDir))->required();
    added->add_option("--lang", lang_name_, words(text::kHelpLang))->check(CLI::IsMember({"zh", "en"}));
    return added;
  }
  /// @return false: it failed and has said so.
  Explained<bool> perform() {
    if (auto const done = perform_service()) return *done;
    if (auto const done = offices_->perform()) {
      if (!*done) return done->error();
      return true;
    }
    Place const place{clean(dir_), number_};
    auto const directory = place.directory();
    if (run_->parsed()) {
      run_options_.lang = lang_;
      return run(directory, run_options_);
    }
    Explained<void> done;
    if (init_->parsed()) {
      input_.meeting = meeting_;
      input_.members = members_;
      input_.candidates = candidates_;
      if (!recusals_.empty()) input_.recusals = recusals_;
      if (!materials_.empty()) input_.materials = materials_;
      done = init(directory, input_, lang_);
    } else if (slip_->parsed()) {
      done = slip(place, person_, out_);
    } else if (sheet_->parsed()) {
      done = sheet(place);
    } else if (export_->parsed()) {
      done = export_to(place, out_, unfinished_, lang_);
    } else if (status_->parsed()) {
      done = json_ ? print_json(place, status_json) : status(place);
    } else if (slips_->parsed()) {
      done = print_json(place, slips_json);
    } else if (stop_->parsed()) {
      done = stop(place);
    }
    if (!done) return done.error();
    return true;
  }

  Lang lang_;
  CLI::App app_;
  CLI::App *init_ = nullptr, *run_ = nullptr, *sheet_ = nullptr, *slip_ = nullptr, *export_ = nullptr,
           *status_ = nullptr, *slips_ = nullptr, *stop_ = nullptr;
  CLI::App *serve_ = nullptr, *adopt_ = nullptr, *service_key_ = nullptr, *store_ = nullptr, *migrate_ = nullptr,
           *check_ = nullptr, *reseal_ = nullptr, *copy_ = nullptr, *extend_ = nullptr;
  CopyOptions copy_options_;
  ExtendOptions extend_options_;
  std::vector<std::string> logs_;
  std::vector<PersonId> without_;
  std::unique_ptr<OfficeCommands> offices_;
  std::string file_;
  store::MeetingNumber number_ = 0;
  std::string dir_, lang_name_;
  InitInput input_;
  std::string meeting_, members_, candidates_, recusals_, materials_;
  RunOptions run_options_;
  PersonId person_ = 0;
  std::string out_;
  bool unfinished_ = false, json_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);
  piaojue::init();
  piaojue::crypto::init();
  return CommandLine(terminal_lang(argc, argv)).main(argc, argv);
}
