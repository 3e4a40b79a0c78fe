// SPDX-License-Identifier: Apache-2.0
#include "net/discovery.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"

namespace piaojue::net {
namespace {

std::string line(std::string const& name, std::string const& address = "192.0.2.10", std::string const& port = "7443",
                 std::string const& kind = "_piaojue._tcp") {
  return "=;eth0;IPv4;" + name + ";" + kind + ";local;office.local;" + address + ";" + port + ";\n";
}

// Harm: the server is there, the network is there, and everybody types an address of fifteen characters.
TEST(Found, WhatAvahiPrintsIsRead) {
  auto const printed = "+;eth0;IPv4;x;_piaojue._tcp;local\n" +
                       line(R"(2026\229\185\180\229\186\166\032\040A\041\046\059)") +
                       "=;eth0;IPv6;Hall;_piaojue._tcp;local;office.local;2001:db8::7;7444;\"v=2\" \"x=;;;\"\n" +
                       "-;eth0;IPv4;x;_piaojue._tcp;local\n";
  std::vector<FoundServer> const expected{{"2026年度 (A).;", "192.0.2.10", 7443}, {"Hall", "2001:db8::7", 7444}};
  EXPECT_EQ(read_found(printed), expected);
}

// Harm: one server with three cables is three servers to choose from.
TEST(Found, AnAddressComesOnce) {
  EXPECT_EQ(read_found(line("a") + line("a") + line("b")).size(), 1U);
  EXPECT_EQ(read_found(line("a") + line("a", "192.0.2.11")).size(), 2U);
}

// Harm: a line that somebody in the network made up becomes a field of a form, a terminal's command, or a crash.
TEST(Found, WhatCanNotBeIsPassedOver) {
  for (auto const& bad : std::vector<std::string>{"",
                                                  "\n",
                                                  ";;;;;;;;;;\n",
                                                  "=\n",
                                                  "=;;;;\n",
                                                  line("a").substr(1),
                                                  line("a", "192.0.2.10", "7443", "_http._tcp"),
                                                  line(""),
                                                  line("a\\"),
                                                  line("a\\0"),
                                                  line("a\\03"),
                                                  line("a\\999"),
                                                  line("\\007bell"),
                                                  line("\\027[2J"),
                                                  line("\\255\\254"),
                                                  line("\\226\\128\\174turned"),
                                                  line("\\226\\128\\139hidden"),
                                                  line(std::string(64, 'a')),
                                                  line("a", ""),
                                                  line("a", "office.local"),
                                                  line("a", "0.0.0.0"),
                                                  line("a", "192.0.2.10:1"),
                                                  line("a", "192.0.2.256"),
                                                  line("a", "fe80::1"),
                                                  line("a", "fe80::1%eth0"),
                                                  line("a", "ff02::fb"),
                                                  line("a", "::"),
                                                  line("a", "$(reboot)"),
                                                  line("a", "192.0.2.10", ""),
                                                  line("a", "192.0.2.10", "0"),
                                                  line("a", "192.0.2.10", "65536"),
                                                  line("a", "192.0.2.10", "-1"),
                                                  line("a", "192.0.2.10", "7443x"),
                                                  line("a", "192.0.2.10", " 7443")}) {
    EXPECT_TRUE(read_found(bad).empty()) << bad;
    EXPECT_EQ(read_found(bad + "\n" + line("good")).size(), 1U) << "the next one is read: " << bad;
  }
  auto const whole = line("cut off");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(read_found(whole.substr(0, size)).empty()) << size;
}

// Harm: whoever floods the network fills this program's memory, or the page.
TEST(Found, ThereAreBounds) {
  std::string printed;
  for (int i = 0; i < 5000; ++i)
    printed += line("a", "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
  EXPECT_EQ(read_found(printed).size(), kFoundMax);
  EXPECT_TRUE(read_found(std::string(kFoundTextMax, 'x') + "\n" + line("a")).empty());
}

TEST(Found, AnyBytesAreReadWithoutHarm) {
  std::mt19937 random(7);
  auto const whole = line(R"(2026\229\185\180)") + line("b", "2001:db8::1", "1");
  for (int round = 0; round < 20'000; ++round) {
    auto text = whole;
    for (auto left = random() % 4 + 1; left > 0; --left) {
      auto const at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, random() % 8);
      } else {
        text[at] = static_cast<char>(random());
      }
      if (text.empty()) break;
    }
    for (auto const& found : read_found(text)) {
      ASSERT_TRUE(is_utf8(found.title) && !found.title.empty() && found.title.size() <= kFoundTitleMax);
      ASSERT_NE(found.port, 0);
      ASSERT_EQ(found.host.find_first_not_of("0123456789abcdefABCDEF.:"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace piaojue::net
