// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <future>
#include <sstream>

#include "crypto/seal.h"
#include "protocol/meeting/codec.h"
#include "protocol/meeting/enrolment.h"
#include "protocol/meeting/record_file.h"
#include "server/directory.h"
#include "server/draft.h"
#include "server/enrolments.h"
#include "server/export.h"
#include "server/host.h"
#include "server/materials.h"
#include "server/meeting_rules.h"
#include "server_fixture.h"
#include "store/sqlite_store.h"

namespace piaojue::server::test {

using store::MemoryStore;
using store::SqliteOptions;
using store::SqliteStore;
namespace {

// ---- Settings -----------------------------------------------------------------------------------------------------

sheets::Members members() {
  sheets::Members out;
  for (auto const& [name, roles] :
       std::vector<std::pair<std::string, std::uint32_t>>{{"甲", meeting::kExpert | meeting::kChair},
                                                          {"乙", meeting::kExpert},
                                                          {"丙", meeting::kExpert},
                                                          {"丁", meeting::kClerk},
                                                          {"戊", meeting::kSupervisor},
                                                          {"己", meeting::kSupervisor}}) {
    meeting::Person person;
    person.name = name;
    person.roles = roles;
    out.people.push_back(person);
  }
  out.chair = 1;
  return out;
}

constexpr char const* kMeeting = "title = \"t\"\ndate = \"2026-01-01\"\ncommittee_size = 3\n";
std::string const kRehearsal = std::string(kMeeting) + "rehearsal = true\n";

// Harm: `pass_strikt = false` would leave the other rule in force, and nobody would see it before the count.
TEST(MeetingToml, AnUnknownOrMissingKeyIsNamed) {
  auto const error = [](std::string const& toml) {
    auto const read = parse_meeting(toml, members(), {});
    return read ? std::string() : read.error().in(Lang::kEn);
  };
  EXPECT_EQ(error(kMeeting), "");
  EXPECT_NE(error(std::string(kMeeting) + "titel = \"x\"\n").find("titel"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\npass_strikt = false\n").find("rules.pass_strikt"),
            std::string::npos);
  EXPECT_NE(error("title = \"t\"\ndate = \"2026-01-01\"\n").find("committee_size"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\nrecusal_mode = \"stay\"\n").find("recusal_mode"),
            std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "rehearsal = \"no\"\n").find("rehearsal"), std::string::npos);
  EXPECT_NE(error(std::string(kMeeting) + "[rules]\nmax_unconfirmed = -1\n").find("max_unconfirmed"),
            std::string::npos);
  EXPECT_NE(error("title = ").find("line 1"), std::string::npos);
}

// Harm: a key of every ballot in the hands of somebody whom nobody meant.
TEST(MeetingToml, TrusteesAreRolesOrNames) {
  auto const trustees = [](std::string const& list) {
    auto const read = parse_meeting(std::string(kMeeting) + "trustees = " + list + "\n", members(), {});
    return read ? read->trustees : std::vector<PersonId>();
  };
  EXPECT_EQ(parse_meeting(kMeeting, members(), {})->trustees, (std::vector<PersonId>{0, 1, 5}));
  EXPECT_EQ(trustees(R"(["server", "supervisor", "supervisor"])"), (std::vector<PersonId>{0, 5, 6}));
  EXPECT_EQ(trustees(R"(["server", "己", "clerk", "乙"])"), (std::vector<PersonId>{0, 6, 4, 2}));
  EXPECT_TRUE(trustees(R"(["server", "庚"])").empty());
  EXPECT_TRUE(trustees(R"(["server", "server"])").empty());
  EXPECT_TRUE(trustees(R"([1])").empty());
}

// Harm: a meeting that can not be opened, and nobody knows why; or one whose rules guard nothing.
TEST(MeetingToml, WhatTheManifestsRuleRefusesIsSaidInASentence) {
  auto const key = [](std::string const& toml, std::uint32_t experts = 3) {
    auto people = members();
    for (auto& person : people.people) {
      if ((person.roles & meeting::kExpert) && experts == 0) person.roles = meeting::kScreen;
      if ((person.roles & meeting::kExpert) && experts > 0) --experts;
    }
    auto const read = parse_meeting(toml, people, {});
    EXPECT_TRUE(read) << read.error().in(Lang::kEn);
    auto const allowed = check_meeting(*read);
    // "server.meeting.size_even": the file, and the key in it.
    return allowed ? std::string() : std::string(allowed.error().what.key().substr(std::size("server.") - 1));
  };
  EXPECT_EQ(key(kRehearsal), "");
  EXPECT_EQ(key(kMeeting), "meeting.size_small") << "fewer than seven guard nothing";
  auto const of_size = [](std::string const& size) {
    return "title = \"t\"\ndate = \"2026-01-01\"\nrehearsal = true\ncommittee_size = " + size + "\n";
  };
  EXPECT_EQ(key(of_size("4")), "meeting.size_even");
  EXPECT_EQ(key(of_size("1")), "meeting.size_below_experts");
  EXPECT_EQ(key(of_size("9")), "meeting.experts_few");
  EXPECT_EQ(key(kRehearsal, 0), "meeting.role_missing");
  EXPECT_EQ(key(kRehearsal + "trustees = [\"chair\", \"server\"]\n"), "meeting.trustees_number");
  EXPECT_EQ(key(kRehearsal + "trustees = [\"server\"]\n"), "") << "good enough to rehearse";
  for (auto const& [rule, said] :
       std::vector<std::pair<std::string, std::string>>{{"max_unconfirmed = 2", "meeting.max_unconfirmed"},
                                                        {"protest_s = 4", "meeting.protest"},
                                                        {"protest_s = 301", "meeting.protest"},
                                                        {"modulus_bits = 1024", "meeting.modulus_bits"},
                                                        {"pass_numerator = 4", "meeting.fraction"},
                                                        {"quorum_numerator = 0", "meeting.fraction"}}) {
    EXPECT_EQ(key(kRehearsal + "[rules]\n" + rule + "\n"), said);
  }
  // What version 1 asked for is not known here any more.
  EXPECT_FALSE(parse_meeting(kRehearsal + "[rules]\ntrustees_min = 2\n", members(), {}));
  EXPECT_FALSE(parse_meeting(kRehearsal + "[rules]\nsupervisors_needed = 1\n", members(), {}));
  auto const rules = parse_meeting(kRehearsal + "[rules]\nchecks_allowed = false\nprotest_s = 60\n", members(), {});
  ASSERT_TRUE(rules);
  EXPECT_FALSE(rules->rules.checks_allowed);
  EXPECT_EQ(rules->rules.protest_s, 60U);
}

// Harm: a limit that somebody set, and that is not in force.
TEST(ServerToml, WhatIsWrittenIsReadAndNothingElseIsTaken) {
  Settings settings;
  settings.listen = {"2001:db8::1", 9};
  settings.host = "review\"office";
  settings.idle_ms = 77;
  auto const read = parse_settings(format_settings(settings));
  ASSERT_TRUE(read) << read.error().in(Lang::kEn);
  EXPECT_EQ(format_settings(*read), format_settings(settings));
  EXPECT_EQ(read->listen.host, "2001:db8::1");
  auto const unknown = parse_settings("[limits]\nconnection = 5\n");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().in(Lang::kEn), "limits.connection is not a key that is known here (line 2)");
  EXPECT_EQ(unknown.error().in(Lang::kZh), "此处没有 limits.connection 这一项（第 2 行）");
  EXPECT_FALSE(parse_settings("listen = \"7443\"\n"));
  EXPECT_FALSE(parse_address("::1:80"));
  EXPECT_FALSE(parse_address("a:99999"));
}

// ---- Directory ----------------------------------------------------------------------------------------------------

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("piaojue-program-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path file(std::string const& name, std::string const& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  fs::path const& path() const { return path_; }
  InitInput input() const {
    InitInput out;
    out.members = file("members.csv",
                       "姓名,单位,角色\n甲,一院,主任委员\n乙,二院,专家\n丙,三院,专家\n丁,局,工作人员\n戊,"
                       "纪检,监督人员\n");
    out.candidates =
        file("candidates.csv",
             "姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n申报人,某公司,高级工程师,正常,第一批,项目,同意\n");
    out.meeting = file("meeting.toml", kRehearsal);
    out.listen = "127.0.0.1:0";
    return out;
  }

 private:
  fs::path path_;
};

std::string text_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

constexpr std::uint64_t kNow = 1'800'000'000;

// Harm: a second `init` in the wrong window destroys the keys of a meeting that is running.
TEST(Init, MakesADirectoryOnceAndNothingOutOfBadInput) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto bad = folder.input();
  bad.meeting = folder.file("bad.toml", std::string(kMeeting) + "committee_seize = 3\n");
  auto failed = init_directory(directory, bad, kNow);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_unusable(failed.error()));
  auto even = folder.input();
  even.meeting = folder.file("even.toml", kRehearsal + "[rules]\nprotest_s = 1\n");
  failed = init_directory(directory, even, kNow);
  ASSERT_FALSE(failed) << "the manifest's own rules";
  EXPECT_EQ(failed.error().what.key(), "server.meeting.protest");
  EXPECT_TRUE(is_unusable(failed.error()));
  EXPECT_FALSE(fs::exists(directory.path()));

  auto const made = init_directory(directory, folder.input(), kNow);
  ASSERT_TRUE(made) << made.error().in(Lang::kEn);
  EXPECT_NE(made->address.port, 0) << "slips must name a port";
  auto const owner_only = fs::perms::owner_all;
  EXPECT_EQ(fs::status(directory.path()).permissions(), owner_only);
  for (auto const& key : fs::directory_iterator(directory.keys())) {
    EXPECT_EQ(key.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << key.path();
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.slips()), {}), 5);
  auto const key = text_of(directory.keys() / "signing.key");
  failed = init_directory(directory, folder.input(), kNow);
  ASSERT_FALSE(failed);
  EXPECT_FALSE(is_unusable(failed.error()));
  EXPECT_EQ(text_of(directory.keys() / "signing.key"), key);
  for (auto const& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find("partial"), std::string::npos);
  }
}

std::unique_ptr<SqliteStore> must_open(Directory const& directory);

std::string const kPdf = "%PDF-1.7 of nothing";

// Harm: experts vote over other papers than those that the office gave, or nobody knows which they were.
TEST(Init, TakesTheCandidatesFilesByTheirHash) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto input = folder.input();
  input.materials = folder.path() / "materials";
  fs::create_directories(*input.materials / "1-申报人");
  folder.file("materials/1-申报人/论文.PDF", kPdf);
  folder.file("materials/1-申报人/a.png", "\x89PNG\r\n\x1a\n");
  folder.file("materials/1-申报人/.DS_Store", "left behind");
  auto const made = init_directory(directory, input, kNow);
  ASSERT_TRUE(made) << made.error().in(Lang::kEn);
  EXPECT_EQ(made->attachments, 2u);
  auto const draft = read_draft(must(must_open(directory)->load())).value();
  auto const& files = draft.candidates.at(0).attachments;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "a.png");
  EXPECT_EQ(files[1].name, "论文.PDF");
  EXPECT_EQ(files[1].size, kPdf.size());
  EXPECT_EQ(files[1].sha256, crypto::sha256({as_bytes(kPdf)}));
  auto const kept = directory.materials() / to_hex(files[1].sha256.view());
  EXPECT_EQ(text_of(kept), kPdf);
  EXPECT_EQ(fs::status(kept).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read_piece(directory.materials(), {1, files[1].sha256, 5, 3}), to_bytes(as_bytes("1.7")));
  EXPECT_EQ(read_piece(directory.materials(), {1, files[1].sha256, 5, 1000}), std::nullopt);
}

// Harm: the clerk mends one fault, waits, and is told the next one; or a program lies among the dossiers.
TEST(Init, SaysAllThatIsWrongWithTheFilesAndMakesNothing) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto input = folder.input();
  input.materials = folder.path() / "materials";
  for (auto const* one : {"1", "1-申报人", "2", "某人", "1/更多"}) fs::create_directories(*input.materials / one);
  for (auto const& [name, text] : std::vector<std::pair<std::string, std::string>>{{"a.svg", "<svg/>"},
                                                                                   {"b.pdf", "<html>"},
                                                                                   {"c.pdf", ""},
                                                                                   {"d.pdf", kPdf},
                                                                                   {"D.PDF", kPdf},
                                                                                   {"e.jpg", "\x89PNG\r\n\x1a\n"},
                                                                                   {"f\\.pdf", kPdf}}) {
    folder.file("materials/1/" + name, text);
  }
  folder.file("materials/loose.pdf", kPdf);
  fs::create_symlink("/etc/passwd", *input.materials / "1" / "passwd.pdf");
  fs::resize_file(folder.file("materials/1/large.pdf", kPdf), meeting::kAttachmentBytesMax + 1);
  auto const failed = init_directory(directory, input, kNow);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_unusable(failed.error()));
  auto const said = failed.error().in(Lang::kEn);
  for (auto const* one : {"a.svg: only", "b.pdf: is not", "c.pdf: is empty", "d.pdf: two files", "e.jpg: is not",
                          "f\\.pdf: its name", "loose.pdf: should", "passwd.pdf: no file", "large.pdf: is larger",
                          "更多: no file", "materials/2: no candidate", "某人: should", "1-申报人: a second"}) {
    EXPECT_NE(said.find(one), std::string::npos) << one << " in\n" << said;
  }
  EXPECT_FALSE(fs::exists(directory.path()));
}

// Harm: somebody votes on himself, and nobody saw it until the count.
TEST(Init, AnExpertWhoAppliesNeedsARecusal) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto input = folder.input();
  std::string const head = "姓名,单位,级别,渠道,批次\n";
  // However the name and the employer are written.
  for (std::string const row : {"乙,二院,中级,正常,1\n", "　乙, 二 院,中级,正常,1\n"}) {
    input.candidates = folder.file("candidates.csv", head + row);
    auto const refused = init_directory(directory, input, kNow);
    ASSERT_FALSE(refused) << row;
    EXPECT_EQ(refused.error().what.key(), "server.init.expert_applies");
    EXPECT_TRUE(is_unusable(refused.error()));
    EXPECT_FALSE(fs::exists(directory.path()));
  }
  // Two people of one name are two.
  input.candidates = folder.file("candidates.csv", head + "乙,别处,中级,正常,1\n");
  EXPECT_TRUE(init_directory(Directory(folder.path() / "other"), input, kNow));
  input.candidates = folder.file("candidates.csv", head + "乙,二院,中级,正常,1\n");
  input.recusals = folder.file("recusals.csv", "评审专家序号,评审专家,申报人序号,申报人,理由\n2,乙,1,乙,本人\n");
  EXPECT_TRUE(init_directory(directory, input, kNow));
}

// Harm: a refusal in a language that the clerk does not read.
TEST(Init, SaysWhatIsWrongWithASheetInTheReadersLanguage) {
  Folder folder;
  auto input = folder.input();
  input.candidates = folder.file("candidates.csv", "姓名,单位,级别,渠道,批次\n甲,a,高级,正常,1\n乙,b,中级,,1\n");
  auto const refused = init_directory(Directory(folder.path() / "server"), input, kNow);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().in(Lang::kZh).find("第 2 行"), std::string::npos);
  EXPECT_NE(refused.error().in(Lang::kZh).find("\n"), std::string::npos);
  EXPECT_NE(refused.error().in(Lang::kEn).find("row 3"), std::string::npos);
}

// Harm: what the office saw stays in the office; or another meeting's file names people here whom nobody meant.
TEST(Init, KeepsSuggestedRecusalsBesideTheManifestAndRefusesThoseOfOthers) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  auto input = folder.input();
  ASSERT_TRUE(init_directory(Directory(folder.path() / "plain"), input, kNow));
  auto const drafted = must(read_draft(must(read_contents(*must_open(Directory(folder.path() / "plain"))))));
  PersonId expert = 1;
  while ((drafted.people.at(expert - 1).roles & meeting::kExpert) == 0) ++expert;
  PersonId other = 1;
  while ((drafted.people.at(other - 1).roles & meeting::kExpert) != 0) ++other;
  auto const line = [&](PersonId person, std::string const& name, std::size_t question, std::string const& candidate) {
    return std::to_string(person) + "," + name + "," + std::to_string(question) + "," + candidate + ",同一单位\n";
  };
  std::string const head = "评审专家序号,评审专家,申报人序号,申报人,理由\n";
  auto const& who = drafted.people.at(expert - 1).name;
  auto const& candidate = drafted.candidates.at(0).name;
  for (std::string const& bad :
       {line(expert, "别人", 1, candidate), line(expert, who, 1, "别人"), line(expert, who, 999, candidate),
        line(0, who, 1, candidate), line(other, drafted.people.at(other - 1).name, 1, candidate),
        line(expert, who, 1, candidate) + line(expert, who, 1, candidate)}) {
    input.recusals = folder.file("recusals.csv", head + bad);
    auto const refused = init_directory(directory, input, kNow);
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(is_unusable(refused.error()));
    EXPECT_FALSE(fs::exists(directory.path()));
  }
  input.recusals = folder.file("recusals.csv", head);
  auto const none = init_directory(Directory(folder.path() / "none"), input, kNow);
  ASSERT_TRUE(none) << none.error().in(Lang::kEn);
  EXPECT_EQ(none->recusals, 0U);
  input.recusals = folder.file("recusals.csv", head + line(expert, who, 1, candidate));
  ASSERT_TRUE(init_directory(directory, input, kNow));
  auto const contents = must(read_contents(*must_open(directory)));
  std::vector<Suggestion> const expected{{expert, 1, "同一单位"}};
  EXPECT_EQ(must(read_suggestions(contents)), expected);
  auto const bytes = meeting::encode_body(must(read_draft(contents)));
  EXPECT_EQ(as_text(bytes).find("同一单位"), std::string_view::npos) << "the manifest, and so the log, has none of it";
  meeting::Record const record;
  Draft const draft(must(read_draft(contents)), record, expected);
  EXPECT_EQ(draft.suggested_to(expert), expected);
  EXPECT_TRUE(draft.suggested_to(other).empty()) << "nobody else's business";
}

std::unique_ptr<SqliteStore> must_open(Directory const& directory) {
  auto store = SqliteStore::open(directory.database().string(), {});
  if (!store) throw std::logic_error(store.error().in(Lang::kEn));
  return std::move(*store);
}

// Harm: people sign a sheet that shows other devices than those that are drafted.
TEST(Sheet, HasTheDeviceCodeOfEverybodyWhoHasEnrolled) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  ASSERT_TRUE(init_directory(directory, folder.input(), kNow));
  auto drafted = drafted_with_keys(directory);
  ASSERT_TRUE(drafted);
  for (auto const& person : drafted->people) EXPECT_FALSE(person.identity_key);
  Enrolment enrolment;
  enrolment.person = 2;
  enrolment.keys = {crypto::SigningKey::generate().public_key(), crypto::SigningKey::generate().public_key(),
                    crypto::BoxKey::generate().public_key()};
  Writes writes;
  writes.put(Table::kEnrolment, key_of(PersonId{2}, std::uint32_t{0}), encode_enrolment(enrolment));
  ASSERT_TRUE(must_open(directory)->commit(writes));
  drafted = drafted_with_keys(directory);
  ASSERT_TRUE(drafted);
  EXPECT_EQ(drafted->people[1].identity_key, enrolment.keys.identity_key);
  EXPECT_EQ(drafted->people[1].box_key, enrolment.keys.box_key);
  EXPECT_FALSE(drafted->people[2].identity_key);
}

// Harm: a lost slip that still works after a new one was given out.
TEST(Slip, NamesServerAndPersonAndANewOneVoidsTheUnusedOne) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  ASSERT_TRUE(init_directory(directory, folder.input(), kNow));
  auto const first = meeting::find_slip(text_of(directory.slips() / "02-乙.txt"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->code.person, 2U);
  EXPECT_EQ(first->address.host, "127.0.0.1");
  EXPECT_NE(text_of(directory.slips() / "02-乙.txt").find(meeting::format_slip_code(first->code)), std::string::npos)
      << "what is typed";
  {
    std::string const bytes = text_of(directory.database());
    EXPECT_EQ(bytes.find(as_text(first->code.bits)), std::string::npos) << "the server keeps no code";
  }
  auto const again = new_slip(directory, 2);
  ASSERT_TRUE(again) << again.error().in(Lang::kEn);
  auto const second = meeting::find_slip(text_of(*again));
  ASSERT_TRUE(second);
  EXPECT_NE(second->code.bits, first->code.bits);
  auto const store = must_open(directory);
  auto const keys = directory.read_keys();
  ASSERT_TRUE(keys);
  auto const manifest = must(read_draft(*store->load()));
  auto const row = store->slip(2);
  ASSERT_TRUE(row && *row);
  auto const kept = must(crypto::unseal(keys->seal, **row, key_of_person(2)));
  EXPECT_TRUE(kept.equals(meeting::enrol_key(second->code.bits, manifest.meeting_id, 2).view()));
  EXPECT_TRUE(store->slip(3)->has_value());
  EXPECT_FALSE(new_slip(directory, 6));
  EXPECT_FALSE(new_slip(directory, 0));
}

// ---- Export -------------------------------------------------------------------------------------------------------

// Harm: a record that an auditor's verifier refuses although the meeting was in order.
TEST(Export, HoldsEveryEntryAndTheCheckpointsThatWitnessInTime) {
  ServerFixture hall(small());
  hall.begin();
  hall.run_batch(1);
  auto const accepted = meeting::unwitnessed(hall.meeting.record, hall.core->witnesses());
  EXPECT_TRUE(accepted.empty());
  auto const signers = hall.meeting.office();
  hall.take_by(signers, must(hall.meeting.record.draft_meeting_close(accepted)));
  for (auto const p : signers)
    ASSERT_TRUE(hall.ask(p, hall.cosign_frame(p, hall.meeting.record.size())).has_accepted());
  {
    std::stringstream unwitnessed;
    EXPECT_FALSE(must(export_record(hall.store.contents(), unwitnessed)).witnessed_end) << "by its signers only";
  }
  ASSERT_TRUE(hall.ask(1, hall.cosign_frame(1, hall.meeting.record.size())).has_accepted());

  std::stringstream file;
  auto const summary = must(export_record(hall.store.contents(), file));
  EXPECT_TRUE(summary.closed);
  EXPECT_TRUE(summary.witnessed_end);
  EXPECT_EQ(summary.head, hall.meeting.record.tree().root());
  EXPECT_EQ(summary.entries, hall.meeting.entries.size());
  EXPECT_EQ(summary.checkpoints, 5U) << "BatchOpen, BallotBox, the first share, Declaration, the end";

  meeting::RecordReader reader(file);
  meeting::Record record;
  std::map<std::uint64_t, std::set<PersonId>> cosigned;
  std::uint64_t last_checkpoint = 0;
  for (;;) {
    auto const item = must(reader.next());
    if (!item) break;
    if (auto const* entry = std::get_if<Bytes>(&*item)) must(record.apply(*entry));
    if (auto const* note = std::get_if<std::string>(&*item)) {
      auto const checkpoint =
          must(log::open_checkpoint(*note, record.manifest().origin(), record.manifest().checkpoint_key));
      EXPECT_EQ(checkpoint.size, record.size());
      EXPECT_EQ(checkpoint.root, record.tree().root());
      last_checkpoint = checkpoint.size;
    }
    if (auto const* cosignature = std::get_if<log::Cosignature>(&*item)) {
      EXPECT_EQ(cosignature->tree_size, last_checkpoint);
      must(log::verify_cosignature(*cosignature, record.manifest().origin(), *record.witness_key(cosignature->person)));
      EXPECT_TRUE(cosigned[last_checkpoint].insert(cosignature->person).second);
    }
  }
  EXPECT_EQ(last_checkpoint, record.size());
  std::size_t witnessed = 0;
  for (auto const& [size, people] : cosigned) witnessed += people.size() == hall.people().size() ? 1 : 0;
  EXPECT_EQ(witnessed, 4U);
}

// ---- Host ---------------------------------------------------------------------------------------------------------

/// A real server on a real port, and one client at a time.
class Served : public ::testing::Test {
 protected:
  void SetUp() override {
    // TLS looks at the clock.
    auto const now = static_cast<std::uint64_t>(std::time(nullptr));
    ASSERT_TRUE(init_directory(directory, folder.input(), now));
    auto keys = must(directory.read_keys());
    auto contents = must(must_open(directory)->load());
    manifest = must(read_draft(contents));
    for (std::size_t t = 0; t < store::kTables; ++t) {
      Writes writes;
      for (auto const& [key, value] : contents.tables[t]) writes.put(static_cast<Table>(t), key, value);
      must(store.commit(writes));
    }
    spki = must(net::spki_sha256(keys.tls.certificate_pem));
    auto tls = must(net::TlsContext::server(keys.tls, keys.authority.certificate_pem));
    Config config{.server_key = std::move(keys.server),
                  .checkpoint_key = std::move(keys.checkpoint),
                  .box_key = std::move(keys.box),
                  .seal_key = std::move(keys.seal),
                  .token_keys = [](std::uint32_t) -> Result<crypto::blind_rsa::PrivateKey> { return Refusal::kBusy; },
                  .issue_certificate = [now, authority = std::make_shared<net::Credential>(std::move(keys.authority))](
                                           ByteView csr, PersonId person) -> Result<IssuedCertificate> {
                    auto certificate = net::issue_client_certificate(*authority, csr, person, {now - 1000, now + 1000});
                    if (!certificate) return certificate.error();
                    return IssuedCertificate{*certificate, authority->certificate_pem, *net::spki_sha256_of_csr(csr)};
                  },
                  .slip_of = [this](PersonId person) { return store.slip(person); },
                  .now_ms = [] { return std::uint64_t{0}; },
                  .parallel = pool.parallel(),
                  .limits = {},
                  .lookahead = 1};
    HostOptions options;
    options.settings.listen = {"127.0.0.1", 0};
    host = must(Host::start(
        std::move(options), must(Core::recover(std::move(config), contents)), store, pool, std::move(tls),
        [](Notice const&) {}, [this](Sentence const& reason) { fatal.set_value(reason.in(Lang::kEn)); }));
    loop.start(1);
  }
  void TearDown() override {
    loop.stop();
    if (host) host->stop();
  }

  struct Reply {
    std::optional<v2::ServerFrame> frame;
    std::optional<net::CloseReason> closed;
  };
  /// One connection. Waits for what it asks for.
  class Line {
   public:
    Line(net::Loop& loop, std::uint16_t port, net::TlsContext const& tls) {
      auto const state = state_;
      net::connect(loop.io(), "127.0.0.1", port, tls, {},
                   [state](std::shared_ptr<net::Channel> channel, net::Closed const& closed) {
                     std::lock_guard const lock(state->mutex);
                     if (!channel) state->reply.closed = closed.reason;
                     state->channel = channel;
                     state->wake.notify_all();
                     if (channel) start(state, channel);
                   });
      wait([&] { return state_->channel || state_->reply.closed; });
    }
    ~Line() {
      if (state_->channel) state_->channel->close();
    }
    net::Channel& channel() { return *state_->channel; }
    Reply ask(v2::ClientFrame frame) {
      frame.set_id(++id_);
      if (state_->channel) state_->channel->send(to_bytes(as_bytes(frame.SerializeAsString())));
      wait([&] { return state_->reply.closed || (state_->reply.frame && state_->reply.frame->id() == id_); });
      std::lock_guard const lock(state_->mutex);
      return state_->reply;
    }

   private:
    struct State {
      std::mutex mutex;
      std::condition_variable wake;
      std::shared_ptr<net::Channel> channel;
      Reply reply;
    };
    static void start(std::shared_ptr<State> const& state, std::shared_ptr<net::Channel> const& channel) {
      channel->start(
          [state](Bytes payload) {
            v2::ServerFrame answer;
            answer.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
            if (answer.id() == 0) return;
            std::lock_guard const lock(state->mutex);
            state->reply.frame = answer;
            state->wake.notify_all();
          },
          [state](net::Closed const& end) {
            std::lock_guard const lock(state->mutex);
            state->reply.closed = end.reason;
            state->wake.notify_all();
          });
    }
    template <class Predicate>
    void wait(Predicate done) {
      std::unique_lock lock(state_->mutex);
      state_->wake.wait_for(lock, std::chrono::seconds(20), done);
    }
    std::shared_ptr<State> state_ = std::make_shared<State>();
    std::uint64_t id_ = 0;
  };
  std::unique_ptr<Line> stranger() {
    return std::make_unique<Line>(loop, host->port(), must(net::TlsContext::enrolling()));
  }
  Reply ask(v2::ClientFrame frame, net::Credential const& credential) {
    return Line(loop, host->port(), must(net::TlsContext::client(spki, credential.clone()))).ask(std::move(frame));
  }
  /// The whole conversation, on a line of its own. @param tls_key of the certificate that is asked for.
  Reply enrol(PersonId person, Secret const& tls_key) {
    auto const slip = must(meeting::find_slip(text_of(*std::next(slips().begin(), person - 1))));
    auto const line = stranger();
    v2::ClientFrame start;
    start.mutable_enrol_start()->set_person(person);
    auto const reply = line->ask(start);
    if (!reply.frame || !reply.frame->has_enrol_proof()) return reply;
    auto const key = meeting::enrol_key(slip.code.bits, manifest.meeting_id, person);
    auto const text = [](ByteView view) { return std::string(as_text(view)); };
    EXPECT_EQ(reply.frame->enrol_proof().proof(),
              text(meeting::server_proof(key, line->channel().exporter(), line->channel().server_spki()).view()));

    auto const identity = crypto::SigningKey::generate();
    meeting::DeviceKeys const keys{identity.public_key(), crypto::SigningKey::generate().public_key(),
                                   crypto::BoxKey::generate().public_key()};
    auto const csr = must(net::make_csr(tls_key));
    v2::ClientFrame frame;
    auto& body = *frame.mutable_enrol_keys();
    body.set_csr(text(csr));
    body.set_identity_key(text(keys.identity_key.view()));
    body.set_witness_key(text(keys.witness_key.view()));
    body.set_box_key(text(keys.box_key.view()));
    body.set_possession(text(identity
                                 .sign({meeting::possession_input(manifest.meeting_id, person, keys.identity_key,
                                                                  keys.witness_key, keys.box_key)})
                                 .view()));
    body.set_proof(text(meeting::client_proof(key, line->channel().exporter(), csr, keys).view()));
    return line->ask(frame);
  }
  std::set<fs::path> slips() const {
    std::set<fs::path> out;
    for (auto const& slip : fs::directory_iterator(directory.slips())) out.insert(slip.path());
    return out;
  }

  Folder folder;
  Directory directory{folder.path() / "server"};
  meeting::Manifest manifest;
  MemoryStore store;
  WorkPool pool{{.threads = 2}, [](std::string const& what) { ADD_FAILURE() << what; }};
  Hash spki;
  std::promise<std::string> fatal;
  std::unique_ptr<Host> host;
  net::Loop loop;
};

// Harm: the certificate that is given out would not open the door, or would open it as somebody else.
TEST_F(Served, APersonEnrolsOverTlsAndComesBackWithTheCertificate) {
  auto const tls_key = must(net::make_tls_key());
  auto const enrolled = enrol(2, tls_key);
  ASSERT_TRUE(enrolled.frame && enrolled.frame->has_enrolled());
  v2::ClientFrame hello;
  hello.mutable_hello();
  auto const welcome = ask(hello, net::Credential{tls_key.clone(), enrolled.frame->enrolled().certificate()});
  ASSERT_TRUE(welcome.frame && welcome.frame->has_welcome());
  EXPECT_EQ(welcome.frame->welcome().person(), 2U);
  auto const refused = stranger()->ask(hello);
  ASSERT_TRUE(refused.frame && refused.frame->has_refused()) << "said before the door is closed";
}

// Harm: a screen that was taken over sends frames that only a mix needs, and all others wait.
TEST_F(Served, AFrameBeyondTheLimitOfWhoSendsItEndsTheConnection) {
  auto const line = stranger();
  v2::ClientFrame large;
  large.mutable_enrol_keys()->set_csr(std::string(17U << 10, 'x'));
  auto const reply = line->ask(large);
  EXPECT_FALSE(reply.frame);
  EXPECT_TRUE(reply.closed);

  auto const tls_key = must(net::make_tls_key());
  auto const enrolled = enrol(2, tls_key);
  ASSERT_TRUE(enrolled.frame && enrolled.frame->has_enrolled());
  v2::ClientFrame hello;
  hello.mutable_hello();
  v2::ClientFrame submit;
  Line person(
      loop, host->port(),
      must(net::TlsContext::client(spki, net::Credential{tls_key.clone(), enrolled.frame->enrolled().certificate()})));
  ASSERT_TRUE(person.ask(hello).frame);
  submit.mutable_submit()->set_entry(std::string(1U << 20, 'x'));
  auto const within = person.ask(submit);
  ASSERT_TRUE(within.frame && within.frame->has_refused()) << "within an expert's bound";
  submit.mutable_submit()->set_entry(std::string(2U << 20, 'x'));
  EXPECT_TRUE(person.ask(submit).closed);
}

// Harm: a server that goes on with a disk that keeps nothing.
TEST_F(Served, AFailingDiskIsToldToTheOperatorAndToNobodyElse) {
  store.fail_after(0);
  auto const reply = enrol(2, must(net::make_tls_key()));
  EXPECT_FALSE(reply.frame && reply.frame->has_enrolled()) << "an answer to something that is not kept";
  EXPECT_TRUE(reply.closed);
  auto told = fatal.get_future();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_NE(told.get().find("store"), std::string::npos);
}

// Harm: SIGTERM in mid-meeting that hangs until somebody pulls the plug.
TEST_F(Served, StopsWithConnectionsOpen) {
  auto const started = std::chrono::steady_clock::now();
  ASSERT_TRUE(enrol(2, must(net::make_tls_key())).frame);
  auto const still_there = stranger();
  host->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(15));
}

}  // namespace
}  // namespace piaojue::server::test
