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
#include "served.h"
#include "server/directory.h"
#include "server/drafting.h"
#include "server/enrolments.h"
#include "server/export.h"
#include "server/host.h"
#include "server/materials.h"
#include "server/meeting_rules.h"
#include "server/status.h"
#include "store/sqlite_store.h"

namespace piaojue::server::test {

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

std::string const kPdf = "%PDF-1.7 of nothing";

// Harm: a slip that leads to another meeting of the same service, or to none.
TEST(Init, PutsTheMeetingsNumberOnEverySlipAndNoneWhereItHasNone) {
  Folder folder;
  auto const number_on = [](fs::path const& file) { return must(meeting::find_slip(text_of(file))).code.meeting; };
  Directory const plain(folder.path() / "plain");
  ASSERT_TRUE(init_directory(plain, folder.input(), kNow));
  EXPECT_EQ(must(plain.read_settings()).meeting_number, 0u);
  EXPECT_EQ(number_on(plain.slips() / "01-甲.txt"), 0u);

  Directory const directory(folder.path() / "server");
  auto input = folder.input();
  input.number = meeting::kMeetingNumberMax;
  ASSERT_TRUE(init_directory(directory, input, kNow));
  EXPECT_EQ(must(directory.read_settings()).meeting_number, meeting::kMeetingNumberMax);
  for (auto const& slip : fs::directory_iterator(directory.slips())) EXPECT_EQ(number_on(slip.path()), input.number);
  EXPECT_EQ(number_on(must(new_slip(directory, 2))), input.number) << "a replaced laptop's too";
  auto const listed = must(slips_json(directory, must(read_contents(*must_open(directory)))));
  EXPECT_NE(listed.find("\"code\":\"999999999-001-"), std::string::npos) << listed;
  EXPECT_FALSE(parse_settings("meeting_number = 1000000000\n"));
  EXPECT_FALSE(parse_settings("meeting_number = -1\n"));
}

// Harm: an office's meeting on a service is another one than the same sheets give in a room.
TEST(Drafting, NeedsNoFolderAndMakesWhatInitMakes) {
  Folder folder;
  auto const input = folder.input();
  auto const file = [](fs::path const& path) {
    return WrittenFile{path.filename().string(), to_bytes(as_bytes(text_of(path)))};
  };
  WrittenMeeting written{file(input.meeting), file(input.members), file(input.candidates), {}};
  auto read = read_written(written);
  ASSERT_TRUE(read) << read.error().in(Lang::kEn);
  auto const made = draft_meeting(std::move(*read), {{"192.0.2.7", 443}, 12}, kNow);
  ASSERT_TRUE(made) << made.error().in(Lang::kEn);
  ASSERT_EQ(made->slips.size(), made->manifest.people.size());
  auto const contents = contents_of(made->writes);
  EXPECT_EQ(contents[Table::kSlip].size(), made->slips.size());
  EXPECT_EQ(meeting::encode_body(must(read_draft(contents))), meeting::encode_body(made->manifest));
  EXPECT_EQ(made->manifest.server_key, made->keys.server.public_key());
  for (PersonId p = 1; p <= made->slips.size(); ++p) {
    auto const& slip = made->slips[p - 1];
    EXPECT_EQ(meeting::format_slip_address(slip.address), "192.0.2.7:443");
    EXPECT_EQ(slip.code.meeting, 12u);
    EXPECT_EQ(slip.code.person, p);
    auto const key = crypto::unseal(made->keys.seal, contents[Table::kSlip].at(key_of_person(p)), key_of_person(p));
    ASSERT_TRUE(key);
    EXPECT_TRUE(key->equals(meeting::enrol_key(slip.code.bits, made->manifest.meeting_id, p).view()));
  }

  auto const said = [](WrittenMeeting const& of) {
    auto const refused = read_written(of);
    EXPECT_FALSE(refused);
    EXPECT_TRUE(refused || is_unusable(refused.error()));
    return refused ? std::string() : refused.error().in(Lang::kEn);
  };
  auto large = written;
  large.members.bytes.resize(sheets::kSheetBytesMax + 1);
  EXPECT_NE(said(large).find("members.csv is larger than"), std::string::npos);
  auto unknown = written;
  unknown.meeting.bytes = to_bytes(as_bytes(std::string(kMeeting) + "titel = 1\n"));
  EXPECT_NE(said(unknown).find("meeting.toml: titel"), std::string::npos);
}

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

// Harm: people sign a sheet that shows other devices than those that are drafted.
TEST(Sheet, HasTheDeviceCodeOfEverybodyWhoHasEnrolled) {
  Folder folder;
  Directory const directory(folder.path() / "server");
  ASSERT_TRUE(init_directory(directory, folder.input(), kNow));
  auto drafted = drafted_with_keys(must(must_open(directory)->load()), directory.database());
  ASSERT_TRUE(drafted);
  for (auto const& person : drafted->people) EXPECT_FALSE(person.identity_key);
  Enrolment enrolment;
  enrolment.person = 2;
  enrolment.keys = {crypto::SigningKey::generate().public_key(), crypto::SigningKey::generate().public_key(),
                    crypto::BoxKey::generate().public_key()};
  Writes writes;
  writes.put(Table::kEnrolment, key_of(PersonId{2}, std::uint32_t{0}), encode_enrolment(enrolment));
  ASSERT_TRUE(must_open(directory)->commit(writes));
  drafted = drafted_with_keys(must(must_open(directory)->load()), directory.database());
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
