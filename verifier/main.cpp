// SPDX-License-Identifier: Apache-2.0
// piaojue-verify: the auditor's program. Offline; reads a record file and the head hash from paper, trusts nothing
// else.
#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/platform/console.h"
#include "base/platform/process.h"
#include "base/secret.h"
#include "base/terminal.h"
#include "crypto/init.h"
#include "crypto/own_program.h"
#include "strings/link.h"
#include "strings/program.h"
#include "strings/verifier.h"
#include "verifier/link/link_report.h"
#include "verifier/paper.h"
#include "verifier/report.h"

namespace {

using namespace piaojue;
namespace words = strings::verifier;

constexpr int kUnusable = 2;
constexpr std::size_t kAnchorFileMax = 4096;
constexpr std::size_t kJobsMax = 256;
constexpr int kFoldersMax = 1000;

int complain(Sentence const& what, Lang lang) {
  std::cerr << "piaojue-verify: " << what.in(lang) << '\n';
  return kUnusable;
}

/// At most one line of progress a tenth of the way, and only for people.
class Progress {
 public:
  Progress(std::string const& path, Lang lang) : lang_(lang) {
    std::error_code none;
    size_ = std::filesystem::file_size(path, none);
    if (none) size_ = 0;
    wanted_ = platform::is_terminal(platform::Stream::kErrors) && size_ > (1U << 20);
  }
  void operator()(std::uint64_t entries, std::uint64_t offset) {
    if (!wanted_) return;
    std::uint64_t const percent = offset * 100 / size_;
    if (percent == shown_) return;
    shown_ = percent;
    Sentence const at(words::kMainProgress, {{"percent", percent}, {"entries", entries}});
    std::cerr << '\r' << at.in(lang_) << std::flush;
  }
  void done() const {
    if (wanted_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  Lang lang_;
  bool wanted_ = false;
  std::uint64_t size_ = 0, shown_ = 101;
};

/// A printed result table beside the record that was just verified. @return the exit code.
int hold_paper_against(verifier::Audit const& audit, std::string const& path, Lang lang) {
  std::ifstream in(std::filesystem::path(path), std::ios::binary);
  std::string bytes(verifier::kPaperBytesMax + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.empty()) return complain(words::kMainNoPaper, lang);
  auto const checked = verifier::compare_paper(audit, as_bytes(bytes));
  if (!checked) return complain({words::kMainNotATable, {{"why", checked.error().in(lang)}}}, lang);
  for (auto const& difference : checked->differences)
    std::cout << Sentence(words::kMainDiffers, {{"what", difference}}).in(lang) << '\n';
  if (!checked->differences.empty()) return 1;
  Sentence const agrees = checked->rows > 0 ? Sentence(words::kMainAgrees, {{"rows", std::uint64_t{checked->rows}}})
                                            : Sentence(words::kMainCodeAgrees);
  std::cout << agrees.in(lang) << '\n';
  return 0;
}

/// Tries to join people and ballots; verifies nothing. @return 0: nothing joins them, 1: something does, 2: unusable.
int try_to_link(std::string const& record, std::vector<std::string> const& given, std::string const& truth, Lang lang) {
  std::vector<std::filesystem::path> const folders(given.begin(), given.end());
  auto const known = truth.empty() ? std::nullopt : std::optional<std::filesystem::path>(truth);
  auto const evidence = verifier::link::read_evidence(record, folders, known);
  if (!evidence) {
    std::cerr << "piaojue-verify: " << evidence.error().in(lang) << '\n';
    return kUnusable;
  }
  auto const outcome = verifier::link::try_and_report(*evidence, lang);
  std::cout << outcome.text << std::flush;
  if (!std::cout) return complain(words::kMainNotWritten, lang);
  return outcome.found ? 1 : 0;
}

struct Request {
  std::string record, anchor_text, anchor_file, paper, lang, truth;
  std::vector<std::string> link;
  bool json = false;
  std::size_t jobs = std::max(1U, std::thread::hardware_concurrency());
};

void add_options(CLI::App& app, Request& request, Lang help) {
  auto const say = [&](Text const& text) { return std::string(text.in(help)); };
  app.footer("\n" + say(words::kHelpExamples));
  auto const what = say(strings::program::kHelpHash);
  auto* const hash = app.add_flag("--hash", what);
  hash->needs(app.set_version_flag("--version", [hash] {
    return crypto::about_program("piaojue-verify " PIAOJUE_VERSION, crypto::WithHash{hash->count() > 0});
  }));
  app.add_option("RECORD", request.record, say(words::kHelpRecord))->required();
  auto* const by_text = app.add_option("--anchor", request.anchor_text, say(words::kHelpAnchor));
  auto* const by_file = app.add_option("--anchor-file", request.anchor_file, say(words::kHelpAnchorFile));
  by_file->excludes(by_text);
  app.add_flag("--json", request.json, say(words::kHelpJson));
  app.add_option("--paper", request.paper, say(words::kHelpPaper))->excludes("--json");
  auto* const link = app.add_option("--link", request.link, say(strings::link::kHelpLink))->expected(1, kFoldersMax);
  link->excludes(by_text)->excludes(by_file)->excludes("--json")->excludes("--paper");
  app.add_option("--truth", request.truth, say(strings::link::kHelpTruth))->needs(link);
  app.add_option("--jobs", request.jobs, say(words::kHelpJobs))->check(CLI::Range(std::size_t{1}, kJobsMax));
  app.add_option("--lang", request.lang, say(words::kHelpLang))->check(CLI::IsMember({"zh", "en"}));
}

int run(int argc, char** argv) {
  Lang const said = terminal_lang(argc, argv);
  CLI::App app{std::string(words::kHelpAbout.in(said)) + "\n"};
  Request request;
  add_options(app, request, said);
  auto& [record, anchor_text, anchor_file, paper, lang, truth, link, json, jobs] = request;
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    // Whatever was wrong with the command line, nothing was verified.
    return app.exit(error) == 0 ? 0 : kUnusable;
  }

  if (!link.empty()) return try_to_link(record, link, truth, said);
  if (anchor_text.empty() && anchor_file.empty()) return complain(words::kMainNoAnchor, said);
  if (!anchor_file.empty()) {
    std::ifstream in(std::filesystem::path(anchor_file), std::ios::binary);
    anchor_text.resize(kAnchorFileMax);
    in.read(anchor_text.data(), static_cast<std::streamsize>(anchor_text.size()));
    anchor_text.resize(static_cast<std::size_t>(in.gcount()));
  }
  auto const anchor = verifier::parse_anchor(anchor_text);
  if (!anchor) return complain(words::kMainBadAnchor, said);

  std::error_code none;
  if (std::filesystem::is_directory(record, none)) return complain(words::kMainDirectory, said);
  std::ifstream in(std::filesystem::path(record), std::ios::binary);
  if (!in) return complain(words::kMainNoRecord, said);

  piaojue::init();
  Progress progress(record, said);
  verifier::Options options;
  options.jobs = jobs;
  options.progress = [&](std::uint64_t entries, std::uint64_t offset) { progress(entries, offset); };
  verifier::Audit const audit = verifier::audit(in, *anchor, options);
  progress.done();
  bool const colour = platform::is_terminal(platform::Stream::kOutput) && !platform::variable("NO_COLOR");
  std::cout << (json ? verifier::json_report(audit) : verifier::text_report(audit, said, colour)) << std::flush;
  if (!std::cout) return complain(words::kMainNotWritten, said);
  if (audit.unusable) complain(audit.unusable->what, said);
  if (paper.empty() || !audit.verified()) return audit.exit_code();
  return hold_paper_against(audit, paper, said);
}

}  // namespace

int main(int argc, char** argv) {
  crypto::init();
  platform::Arguments given(argc, argv);
  try {
    return run(given.count(), given.values());
  } catch (std::exception const& error) {
    // Out of memory, or a disk that can not be read: nothing was verified.
    std::cerr << "piaojue-verify: " << error.what() << '\n';
    return kUnusable;
  }
}
