// SPDX-License-Identifier: Apache-2.0
/// The service as the desk sees it: a program that says an object a line, here a script in its place.
#include "office/desk/service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "office/desk/meetings.h"
#include "office/desk/sending.h"

namespace piaojue::desk {
namespace {

namespace json = boost::json;

class AtService : public testing::Test {
 protected:
  AtService() { fs::create_directories(office / "meetings"); }
  ~AtService() override { fs::remove_all(root); }

  void write(fs::path const& path, std::string const& text) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::string read(fs::path const& path) const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// What stands for piaojue-server.
  void program(std::string const& script) const {
    write(root / "piaojue-server", "#!/bin/sh\n" + script + "\n");
    fs::permissions(root / "piaojue-server", fs::perms::owner_all);
  }
  void join(std::string const& address = "192.0.2.1:7443") const {
    write(office / "service/office.json", R"({"address":")" + address + R"(","name":"职称办","office":1,"pin":"00"})");
    fs::create_directories(office / "service/requests");
  }
  Sending::State ended(Sending const& sending) const {
    for (int i = 0; i < 500; ++i) {
      auto state = sending.state(Lang::kEn);
      if (state.kind != Sending::Kind::kOnItsWay) return state;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return sending.state(Lang::kEn);
  }

  fs::path const root = fs::temp_directory_path() / ("piaojue-desk-service-" + std::to_string(::getpid()));
  fs::path const office = root / "office";
  Service const service{office, root};
};

// Harm: an office that belongs to no service is asked where its meeting shall be held, or the other way round.
TEST_F(AtService, ItIsSaidWhichServiceThisOfficeBelongsTo) {
  EXPECT_FALSE(service.membership());
  auto const refused = service.ask("list", {}, Lang::kEn);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.key(), "desk.service.none");
  write(office / "service/office.json", "{");
  EXPECT_FALSE(service.membership());
  join();
  ASSERT_TRUE(service.membership());
  EXPECT_EQ(service.membership()->name, "职称办");
  EXPECT_EQ(service.membership()->address, "192.0.2.1:7443");
}

// Harm: a clerk reads what happened, and not what she can do about it; or a path of somebody's disk.
TEST_F(AtService, ARefusalSaysWhatHappenedAndWhatToDoNext) {
  join();
  program(R"(echo '{"sent":1,"all":2}'; echo '{"refused":"BUSY","what":")" + office.string() +
          R"(/x.csv is away"}'; echo noise >&2; exit 1)");
  auto const busy = service.ask("list", {}, Lang::kEn);
  ASSERT_FALSE(busy);
  auto const text = busy.error().in(Lang::kEn);
  EXPECT_TRUE(text.starts_with("x.csv is away.\n")) << text;
  EXPECT_NE(text.find("press again"), std::string::npos);
  json::object const none{{"refused", "CONFLICT"}, {"what", "it says itself"}};
  EXPECT_EQ(service_refusal(none, office, Lang::kEn).in(Lang::kEn), "it says itself");
  json::object const shut{{"refused", "NOT_AUTHORISED"}, {"what", "as of a vote"}};
  EXPECT_EQ(service_refusal(shut, office, Lang::kEn).in(Lang::kEn).find("as of a vote"), std::string::npos);
  program("echo words >&2; exit 2");
  EXPECT_NE(service.ask("list", {}, Lang::kEn).error().in(Lang::kEn).find("words"), std::string::npos);
}

// Harm: the office loses its place at the service because a wrong file was chosen.
TEST_F(AtService, AnEarlierMembershipStaysUntilTheNewOneIsThere) {
  join();
  write(office / "service/requests/abc", "request");
  program(R"(echo '{"refused":"CONFLICT","what":"used"}'; exit 1)");
  EXPECT_FALSE(service.enrol(root / "slip", Lang::kEn));
  EXPECT_EQ(service.membership()->name, "职称办");
  std::string const makes = R"(mkdir -p "$3/requests"; echo '{"address":"ADDRESS","name":"new"}' > "$3/office.json";
    echo '{"office":1,"name":"new","service":"ADDRESS"}')";
  auto const at = [&](std::string const& address) {
    auto text = makes;
    for (auto i = text.find("ADDRESS"); i != std::string::npos; i = text.find("ADDRESS")) text.replace(i, 7, address);
    return text;
  };
  program(at("192.0.2.1:7443"));
  ASSERT_TRUE(service.enrol(root / "slip", Lang::kEn));
  EXPECT_EQ(service.membership()->name, "new");
  EXPECT_EQ(read(office / "service/requests/abc"), "request") << "what is on its way to the same service goes on";
  program(at("192.0.2.9:7443"));
  ASSERT_TRUE(service.enrol(root / "slip", Lang::kEn));
  EXPECT_TRUE(fs::is_empty(office / "service/requests")) << "another service knows nothing of it";
  EXPECT_FALSE(fs::exists(office / ".service-old"));
}

// Harm: the page says that a meeting is on its way when the program has fallen, or makes it a second time.
TEST_F(AtService, WhatIsOnItsWayIsKnownByWhatItsProgramHasSaid) {
  using Kind = Sending::Kind;
  auto const of = [&](std::string_view said, bool runs) { return read_sending(said, runs, office, Lang::kEn); };
  EXPECT_EQ(of("", true).kind, Kind::kOnItsWay);
  auto const half = of("{\"sent\":0,\"all\":9}\nnoise\n{\"sent\":5,\"all\":9}\n{\"sent\":7,", true);
  EXPECT_EQ(half.sent, 5u);
  EXPECT_EQ(half.all, 9u);
  auto const fell = of("{\"sent\":5,\"all\":9}\n", false);
  EXPECT_EQ(fell.kind, Kind::kRefused);
  EXPECT_EQ(fell.why.what.key(), "desk.service.sending_broke");
  EXPECT_EQ(of("", false).kind, Kind::kRefused);
  auto const made = of("{\"sent\":9,\"all\":9}\n{\"meeting\":123456}\n", true);
  EXPECT_EQ(made.kind, Kind::kMade);
  EXPECT_EQ(made.number, 123'456u);
  EXPECT_EQ(of("{\"refused\":\"BUSY\",\"what\":\"later\"}\npiaojue-server: later\n", false).kind, Kind::kRefused);
}

// Harm: a desk that begins anew does not know of the meeting that was made while nobody looked, and it is made again.
TEST_F(AtService, ADeskThatBeginsAnewLearnsWhatCameOfIt) {
  join();
  program(R"(shift 3; echo "$@" > )" + (root / "asked").string() + R"(; echo '{"meeting":654321}')");
  Sending sending(office / "meetings", service);
  EXPECT_EQ(sending.state(Lang::kEn).kind, Sending::Kind::kNone);
  write(sending.folder() / "meeting.toml", "");
  write(sending.folder() / "materials/1/a.pdf", "%PDF-");
  ASSERT_TRUE(sending.begin({{"title", "甲"}}, Lang::kZh));
  EXPECT_EQ(ended(sending).number, 654'321u);
  Sending const anew(office / "meetings", service);
  EXPECT_EQ(anew.state(Lang::kEn).kind, Sending::Kind::kMade);
  EXPECT_EQ(anew.form().at("title").as_string(), "甲");
  auto const asked = read(root / "asked");
  for (auto const* const one : {"--json", "--lang zh", "--meeting ", "--recusals ", "--materials "})
    EXPECT_NE(asked.find(one), std::string::npos) << one << " in " << asked;
  sending.clear();
  EXPECT_EQ(anew.state(Lang::kEn).kind, Sending::Kind::kNone);
}

// Harm: a meeting that is held at the service is taken for one of this machine, and a server is started for it.
TEST_F(AtService, AMeetingIsHeldHereOrThere) {
  Meetings const meetings(office, root, Lang::kZh);
  fs::create_directories(meetings.server("2026-11-20-1"));
  write(meetings.folder("2026-11-20-1") / "meeting.toml", "");
  write(meetings.folder("2026-11-21-1") / "service.json", R"({"number":123456})");
  write(meetings.folder("2026-11-22-1") / "service.json", "broken");
  write(meetings.folder(".sending") / "service.json", R"({"number":1})");
  EXPECT_EQ(meetings.names(), std::vector<std::string>{"2026-11-20-1"});
  EXPECT_EQ(meetings.names(Held::kAtService).size(), 2u);
  EXPECT_EQ(meetings.names(Held::kAnywhere).size(), 3u);
  EXPECT_EQ(meetings.number("2026-11-21-1"), 123'456u);
  EXPECT_FALSE(meetings.number("2026-11-22-1"));
  EXPECT_FALSE(meetings.number("2026-11-20-1"));
  EXPECT_FALSE(meetings.find("2026-11-21-1"));
  EXPECT_TRUE(meetings.find("2026-11-21-1", Held::kAtService));
  EXPECT_FALSE(meetings.find("../2026-11-21-1", Held::kAnywhere));
}

}  // namespace
}  // namespace piaojue::desk
