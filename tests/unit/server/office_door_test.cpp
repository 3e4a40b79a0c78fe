// SPDX-License-Identifier: Apache-2.0
/// An office and its service over a real TLS connection on loopback: both ends' programs, without the database.
#include "server/office_door.h"

#include <array>
#include <condition_variable>
#include <fstream>
#include <set>
#include <thread>

#include "office_fixture.h"
#include "server/office_json.h"
#include "server/office_line.h"
#include "server/slips.h"
#include "strings/refusals.h"

namespace piaojue::server::test {
namespace {

using std::chrono::milliseconds;

/// A service with a door, and a folder for what its offices have.
class Hall {
 public:
  Hall() {
    folder_ = fs::temp_directory_path() / ("piaojue-office-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    loop_.start(2);
    open();
  }
  ~Hall() {
    shut();
    loop_.stop();
    fs::remove_all(folder_);
  }
  void open() {
    door = std::make_unique<OfficeDoor>(std::make_unique<OfficeDesk>(f.world(), f.identity.clone()));
    net::ListenOptions options;
    options.address = "127.0.0.1";
    options.port = port_;
    auto const accept = [this](std::shared_ptr<net::Channel> const& channel) { door->accept(channel); };
    // The one before lets its port go on its own strand.
    for (int tries = 0;; ++tries) {
      auto listener = net::Listener::listen(loop_.io(), options, must(office_context(f.identity)), {}, accept);
      if (!listener && tries < 200) {
        std::this_thread::sleep_for(milliseconds(10));
        continue;
      }
      listener_ = must(std::move(listener));
      break;
    }
    port_ = listener_->port();
  }
  void shut() {
    listener_.reset();
    door->stop();
  }
  meeting::Slip slip(std::string const& name = "职称办") {
    auto slip = f.add(name).slip;
    slip.address = {"127.0.0.1", port_};
    return slip;
  }
  fs::path path(std::string const& name) const { return folder_ / name; }
  fs::path write(std::string const& name, ByteView bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
    return folder_ / name;
  }
  OfficeDraftInput input() const {
    SheetsOfDraft const sheets;
    OfficeDraftInput out;
    out.meeting = write("meeting.toml", as_bytes(sheets.meeting));
    out.members = write("members.csv", as_bytes(sheets.members));
    out.candidates = write("candidates.csv", as_bytes(sheets.candidates));
    return out;
  }

  OfficeFixture f;
  std::unique_ptr<OfficeDoor> door;

 private:
  fs::path folder_;
  net::Loop loop_;
  std::uint16_t port_ = 0;
  std::shared_ptr<net::Listener> listener_;
};

OfficeReach const kQuick{.patience = milliseconds(3'000), .answer = milliseconds(60'000), .lang = Lang::kZh};

/// For what must not succeed.
OfficeReach const kBrief{.patience = milliseconds(500), .answer = milliseconds(5'000)};

// Harm: an office that can not do by its program what its service would do for it.
TEST(OfficeDoor, AnOfficeEnrolsMakesAMeetingAndFetchesItsSlips) {
  Hall hall;
  auto const enrolled = enrol_office(hall.path("office"), hall.slip(), kQuick);
  ASSERT_TRUE(enrolled) << enrolled.error().in(Lang::kEn);
  EXPECT_EQ(enrolled->name, "职称办");
  EXPECT_EQ(fs::status(hall.path("office")).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(hall.path("office/key.pem")).permissions(), fs::perms::owner_read | fs::perms::owner_write);

  auto input = hall.input();
  Bytes large = to_bytes(as_bytes("%PDF-1.7"));
  large.resize(store::kFilePieceBytes * 3 + 1);
  hall.write("materials/1-申报人/论文.pdf", large);
  input.materials = hall.path("materials");
  auto const at = must(OfficeAtService::open(hall.path("office"), kQuick));
  auto const made = at->create(input);
  ASSERT_TRUE(made) << made.error().in(Lang::kEn);
  EXPECT_EQ(hall.f.offices.meetings().at(*made).files.begin()->second, large);
  EXPECT_TRUE(fs::is_empty(hall.path("office/requests")));
  EXPECT_NE(must(at->create(input)), *made) << "asked for once more, on purpose";

  auto const list = must(at->list());
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(must(at->enrolled(*made)).size(), 5u);
  EXPECT_EQ(must(at->slips(*made, hall.path("slips"))), 5u);
  EXPECT_EQ(std::distance(fs::directory_iterator(hall.path("slips")), {}), 5);
  std::ifstream first(hall.path("slips/01-甲.txt"));
  std::string const text{std::istreambuf_iterator<char>(first), {}};
  EXPECT_NE(text.find("职称评审"), std::string::npos);
  EXPECT_EQ(must(meeting::find_slip(text)).code.meeting, *made);
  EXPECT_EQ(at->slips(*made, hall.path("again")).error().code, Refusal::kWrongPhase);
  EXPECT_FALSE(fs::exists(hall.path("again")));
  EXPECT_EQ(at->record(*made, hall.path("record")).error().code, Refusal::kWrongPhase);
  EXPECT_EQ(must(at->list()).size(), 2u);
  auto const rehearsal = must(at->rehearse(*made));
  EXPECT_TRUE(must(read_draft(hall.f.offices.meetings().at(rehearsal).contents)).rehearsal);
  EXPECT_EQ(hall.f.offices.meetings().at(rehearsal).files.begin()->second, large);
}

// Harm: slips that the office could not write are gone.
TEST(OfficeDoor, SlipsThatCanNotBeWrittenAreNotGivenUp) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto const at = must(OfficeAtService::open(hall.path("office"), kQuick));
  auto const number = must(at->create(hall.input()));
  hall.write("slips/there.txt", {});
  auto const refused = at->slips(number, hall.path("slips"));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_unusable(refused.error()));
  EXPECT_FALSE(at->slips(number, hall.path("none/slips")));
  EXPECT_EQ(must(at->slips(number, hall.path("elsewhere"))), 5u);
}

// Harm: the line breaks after the slips were written, and the office can neither tell the service nor write them anew.
TEST(OfficeDoor, SlipsThatAreThereAlreadyAreNotWrittenTwice) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto const at = must(OfficeAtService::open(hall.path("office"), kQuick));
  auto const number = must(at->create(hall.input()));
  // As the program would have: it fell before it said that they are kept.
  auto const spki = must(net::spki_sha256(must(read_office(hall.path("office"))).credential.certificate_pem));
  auto const given = of<wire::Slips>(hall.f.ask(spki, wire::GetSlips{number}));
  meeting::Manifest printed;
  printed.title = given.title;
  printed.date = given.date;
  printed.rehearsal = given.rehearsal;
  for (auto const& one : given.slips) {
    auto& person = printed.people.emplace_back();
    person.name = one.name;
    person.employer = one.employer;
    person.roles = one.roles;
  }
  for (PersonId p = 1; p <= given.slips.size(); ++p)
    hall.write("slips/" + slip_name(printed, p) + ".txt",
               as_bytes(slip_file(must(meeting::parse_slip(given.slips[p - 1].line)), printed)));
  EXPECT_EQ(must(at->slips(number, hall.path("slips"))), 5u);
  EXPECT_FALSE(must(at->list()).front().slips_waiting);
}

// Harm: the clerk looks at a bar that stands still and pulls the plug; or it is full before anything has arrived.
TEST(OfficeDoor, WhatWasSentIsToldUpToTheWhole) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto input = hall.input();
  Bytes large = to_bytes(as_bytes("%PDF-1.7"));
  large.resize(store::kFilePieceBytes * 2 + 1);
  hall.write("materials/1-申报人/论文.pdf", large);
  input.materials = hall.path("materials");
  std::vector<std::uint64_t> sent;
  std::uint64_t of = 0;
  input.on_sent = [&](std::uint64_t now, std::uint64_t all) {
    sent.push_back(now);
    of = all;
  };
  must(must(OfficeAtService::open(hall.path("office"), kQuick))->create(input));
  EXPECT_GT(of, large.size());
  EXPECT_TRUE(std::ranges::is_sorted(sent));
  EXPECT_EQ(sent.front(), 0u);
  EXPECT_EQ(sent.back(), of);
}

// Harm: the page reads a word that is not there, and shows a clerk nothing at all.
TEST(OfficeJson, SaysWhatThePageReads) {
  EXPECT_EQ(office_json::made(123'456), R"({"meeting":123456})");
  EXPECT_EQ(office_json::sent(5, 7), R"({"sent":5,"all":7})");
  wire::Listed const one{7, "甲\"乙", "2026-11-22", true, wire::Stage::kOpen, 6, 2, true};
  EXPECT_EQ(office_json::meetings({one}),
            R"({"meetings":[{"meeting":7,"title":"甲\"乙","date":"2026-11-22","rehearsal":true,"stage":"open",)"
            R"("people":6,"enrolled":2,"slips":true}]})");
  EXPECT_EQ(office_json::people({{"张三", meeting::kExpert | meeting::kChair, "1a2b"}, {"屏", meeting::kScreen, ""}}),
            R"({"people":[{"person":1,"name":"张三","roles":["expert","chair"],"enrolled":true,"device_code":"1a2b"},)"
            R"({"person":2,"name":"屏","roles":["screen"],"enrolled":false,"device_code":null}]})");
  auto const& any = strings::sentence_of(Refusal::kBusy);
  EXPECT_TRUE(office_json::refused({any, {}, Refusal::kBusy}, Lang::kEn).starts_with(R"({"refused":"BUSY","what":")"));
  EXPECT_TRUE(office_json::refused(unusable(any), Lang::kZh).starts_with(R"({"refused":"UNUSABLE")"));
  EXPECT_TRUE(office_json::refused(Explanation(any), Lang::kZh).starts_with(R"({"refused":"FAILED")"));
}

// Harm: the clerk sends two hours, the line breaks at the end, and there are two meetings, or none.
TEST(OfficeDoor, ALineThatBreaksCostsTimeAndNothingElse) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto const at = must(OfficeAtService::open(hall.path("office"), {.patience = milliseconds(10'000)}));
  std::atomic<bool> done{false};
  std::thread breaker([&] {
    for (int breaks = 0; breaks < 8 && !done; ++breaks) {
      std::this_thread::sleep_for(milliseconds(40));
      hall.shut();
      hall.open();
    }
  });
  auto input = hall.input();
  std::vector<MeetingNumber> made;
  for (int i = 0; i < 3; ++i) {
    auto const one = at->create(input);
    EXPECT_TRUE(one) << one.error().in(Lang::kEn);
    if (one) made.push_back(*one);
  }
  done = true;
  breaker.join();
  EXPECT_EQ(hall.f.offices.meetings().size(), made.size());
}

// Harm: faults of a sheet are told in the service's names for them, or after hours of sending.
TEST(OfficeDoor, AFaultIsSaidBeforeAnythingIsSent) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto const at = must(OfficeAtService::open(hall.path("office"), kQuick));
  auto input = hall.input();
  input.candidates = hall.write("candidates.csv", as_bytes("姓名,单位,级别,渠道,批次\n甲,a,高级,,1\n"));
  auto const refused = at->create(input);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_unusable(refused.error()));
  EXPECT_NE(refused.error().in(Lang::kZh).find("candidates.csv"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(hall.path("office/requests")));
}

// Harm: whoever has a certificate of some meeting, or none, or the wrong code, is taken for an office.
TEST(OfficeDoor, NobodyElseComesIn) {
  Hall hall;
  auto const slip = hall.slip();
  auto wrong = slip;
  wrong.code.bits[3] ^= 1;
  EXPECT_EQ(enrol_office(hall.path("wrong"), wrong, kBrief).error().code, Refusal::kProof);
  EXPECT_FALSE(fs::exists(hall.path("wrong")));
  must(enrol_office(hall.path("office"), slip, kQuick));
  EXPECT_EQ(enrol_office(hall.path("second"), slip, kBrief).error().code, Refusal::kConflict);
  EXPECT_TRUE(is_unusable(enrol_office(hall.path("office"), slip, kBrief).error()));

  // Of another CA, as every meeting has its own.
  auto const authority = must(net::make_authority("a meeting", {1'700'000'000, 2'900'000'000}));
  auto const key = must(net::make_tls_key());
  auto const certificate =
      must(net::issue_client_certificate(authority, must(net::make_csr(key)), 1, {1'700'000'000, 2'900'000'000}));
  fs::copy(hall.path("office"), hall.path("foreign"), fs::copy_options::recursive);
  hall.write("foreign/certificate.pem", as_bytes(certificate));
  hall.write("foreign/key.pem", key.view());
  auto const foreign = must(OfficeAtService::open(hall.path("foreign"), kBrief));
  auto const refused = foreign->list();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::kBadSignature)
      << "the handshake fails, and is not tried again: " << refused.error().in(Lang::kEn);
  // Each time: what is sent may find the line closed before anybody has heard why.
  auto const tls = must(net::TlsContext::client(must(net::spki_sha256(hall.f.identity.tls.certificate_pem)),
                                                net::Credential{key.clone(), certificate}));
  for (int i = 0; i < 20; ++i) {
    auto const line = OfficeLine::open(slip.address, tls, kQuick.patience);
    auto const answer = line ? (*line)->ask(office_wire::ListMeetings{}, kQuick.patience) : line.error();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Refusal::kBadSignature) << i << ": " << answer.error().in(Lang::kEn);
  }
  auto const ours = must(OfficeAtService::open(hall.path("office"), kQuick));
  EXPECT_TRUE(must(ours->list()).empty());
}

// Harm: one office's machines take the places of all offices.
TEST(OfficeDoor, AnOfficeHasAFewConnectionsAndLeavesNone) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip("一"), kQuick));
  must(enrol_office(hall.path("other"), hall.slip("二"), kQuick));
  std::vector<std::unique_ptr<OfficeAtService>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(must(OfficeAtService::open(hall.path("office"), kQuick)));
    must(all.back()->list());
  }
  auto const fifth = must(OfficeAtService::open(hall.path("office"), kBrief));
  EXPECT_FALSE(fifth->list());
  auto const other = must(OfficeAtService::open(hall.path("other"), kQuick));
  must(other->list());
  EXPECT_EQ(hall.door->sessions(), 5u);
  all.clear();
  for (int i = 0; i < 100 && hall.door->sessions() > 1; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(hall.door->sessions(), 1u);
  must(fifth->list());
}

/// Keeps whoever comes, of some offices, until it is opened.
class Gate {
 public:
  explicit Gate(std::set<OfficeNumber> of) : of_(std::move(of)) {}
  ~Gate() { open(); }
  void pass(OfficeNumber office) {
    std::unique_lock lock(mutex_);
    if (!of_.contains(office)) return;
    most_ = std::max(most_, ++inside_[office]);
    wake_.notify_all();
    wake_.wait_for(lock, std::chrono::seconds(20), [this] { return open_; });
    --inside_[office];
  }
  bool wait_for(OfficeNumber office) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::seconds(10), [&] { return inside_[office] > 0; });
  }
  void open() {
    {
      std::lock_guard const lock(mutex_);
      open_ = true;
    }
    wake_.notify_all();
  }
  int most() {
    std::lock_guard const lock(mutex_);
    return most_;
  }

 private:
  std::set<OfficeNumber> const of_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool open_ = false;
  int most_ = 0;
  std::map<OfficeNumber, int> inside_;
};

/// Long enough for a busy machine, and less than a test that hangs.
OfficeReach const kMeanwhile{.patience = milliseconds(3'000), .answer = milliseconds(8'000), .lang = Lang::kZh};

// Harm: one office's connections hold every thread of a node, and no other office is answered.
TEST(OfficeDoor, AnOfficeIsAnsweredOneRequestAtATimeAndOthersMeanwhile) {
  Hall hall;
  must(enrol_office(hall.path("greedy"), hall.slip("一"), kQuick));
  must(enrol_office(hall.path("other"), hall.slip("二"), kQuick));
  Gate gate({1});
  hall.f.offices.on_list = [&gate](OfficeNumber office) { gate.pass(office); };
  std::atomic<int> answered{0};
  std::vector<std::thread> greedy;
  for (int i = 0; i < 4; ++i) {
    greedy.emplace_back([&] {
      auto const at = must(OfficeAtService::open(hall.path("greedy"), kQuick));
      for (int n = 0; n < 3; ++n) answered += at->list().has_value() ? 1 : 0;
    });
  }
  ASSERT_TRUE(gate.wait_for(1));
  std::this_thread::sleep_for(milliseconds(300));  // all four have asked
  auto const other = must(OfficeAtService::open(hall.path("other"), kMeanwhile));
  for (int i = 0; i < 3; ++i) {
    auto const list = other->list();
    EXPECT_TRUE(list) << list.error().in(Lang::kEn);
  }
  gate.open();
  for (auto& one : greedy) one.join();
  EXPECT_EQ(gate.most(), 1);
  EXPECT_EQ(answered, 12) << "each has its turn";
}

// Harm: while meetings are made for two offices, no office can fetch its slips.
TEST(OfficeDoor, WhatTakesLongKeepsNobodyElseWaiting) {
  Hall hall;
  auto const input = hall.input();
  std::vector<std::thread> busy;
  Gate gate({1, 2});
  for (auto const* name : {"a", "b", "other"}) must(enrol_office(hall.path(name), hall.slip(name), kQuick));
  auto const other = must(OfficeAtService::open(hall.path("other"), kMeanwhile));
  auto const number = must(other->create(input));
  std::array<std::atomic<int>, 4> pieces{};
  // The sheets' parts are judged as they come; the fourth reading is that of the meeting that is made.
  hall.f.offices.on_piece = [&](OfficeNumber office) {
    if (++pieces.at(office) > 3) gate.pass(office);
  };
  for (auto const* name : {"a", "b"}) {
    busy.emplace_back([&, name] { must(must(OfficeAtService::open(hall.path(name), kQuick))->create(input)); });
  }
  EXPECT_TRUE(gate.wait_for(1) && gate.wait_for(2));
  auto const slips = other->slips(number, hall.path("slips"));
  EXPECT_TRUE(slips) << slips.error().in(Lang::kEn);
  gate.open();
  for (auto& one : busy) one.join();
}

// Harm: a node that is to be upgraded waits for one office, and systemd kills it.
TEST(OfficeDoor, AStopDoesNotWaitForWhatTakesLong) {
  Hall hall;
  must(enrol_office(hall.path("office"), hall.slip(), kQuick));
  auto input = hall.input();
  Bytes large = to_bytes(as_bytes("%PDF-1.7"));
  large.resize(store::kFilePieceBytes * 40);
  hall.write("materials/1-申报人/论文.pdf", large);
  input.materials = hall.path("materials");
  std::atomic<int> pieces{0};
  hall.f.offices.on_piece = [&](OfficeNumber) {
    ++pieces;
    std::this_thread::sleep_for(milliseconds(200));
  };
  std::thread sending([&] {
    auto const at = must(OfficeAtService::open(hall.path("office"), kBrief));
    EXPECT_FALSE(at->create(input));
  });
  for (int i = 0; i < 1'000 && pieces < 6; ++i) std::this_thread::sleep_for(milliseconds(10));
  auto const begin = std::chrono::steady_clock::now();
  hall.shut();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2'000));
  sending.join();
  EXPECT_LT(pieces, 20);
  hall.open();
}

}  // namespace
}  // namespace piaojue::server::test
