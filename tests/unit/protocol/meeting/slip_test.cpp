// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/slip.h"

#include <gtest/gtest.h>

namespace piaojue::meeting {
namespace {

std::string const kSpki(64, 'a');
std::string const kId(32, '1');
std::string slip_text(std::string const& host = "192.0.2.10", std::string const& port = "7443",
                      std::string const& person = "3", std::string const& code = "0123456789ABCDEF") {
  return "piaojue1:" + host + ":" + port + ":" + kSpki + ":" + kId + ":" + person + ":" + code;
}

TEST(Slip, OneSpellingAndBack) {
  for (auto const* host : {"192.0.2.10", "server.example", "[2001:db8::7]", "[fe80::1%eth0]"}) {
    auto const slip = parse_slip(slip_text(host));
    ASSERT_TRUE(slip) << host;
    EXPECT_EQ(format_slip(*slip), slip_text(host));
  }
  EXPECT_EQ(parse_slip(slip_text("[2001:db8::7]"))->host, "2001:db8::7");
}

// Harm: an expert with the paper in her hand who can not get in.
TEST(Slip, WhatPeopleTypeIsRead) {
  EXPECT_EQ(parse_slip("  " + slip_text("h", "1", "1", "oiL3-456789-abcdef") + "\r\n")->code, "0113456789ABCDEF");
  std::string shouted = slip_text();
  for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  ASSERT_TRUE(parse_slip(shouted));
  EXPECT_EQ(*parse_slip(shouted), *parse_slip(slip_text()));
}

// Harm: a half-read slip that pins another server, or enrols as another person.
TEST(Slip, AnythingElseIsRefused) {
  for (auto const& text :
       {std::string(), std::string("piaojue1:"), slip_text("", "1"), slip_text("a b"), slip_text("h", "x"),
        slip_text("h", "07443"), slip_text("h", "1", "x"), slip_text("h", "1", "1", "0123456789ABCDE"),
        slip_text("h", "1", "1", "0123456789ABCDEFG"), slip_text("h", "1", "1", "0123456789ABCDEU"),
        slip_text("2001:db8::7"), slip_text("[]"), slip_text() + ":x", "piaojue2" + slip_text().substr(8),
        "piaojue1:h:1:" + kSpki + "a:" + kId + ":1:0123456789ABCDEF",
        "piaojue1:h:1:" + kSpki + ":" + kId.substr(2) + ":1:0123456789ABCDEF", slip_text() + "\n" + slip_text()}) {
    EXPECT_EQ(parse_slip(text).error(), Refusal::kMalformed) << text;
  }
  EXPECT_EQ(parse_slip(slip_text("h", "0")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(slip_text("h", "65536")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(slip_text("h", "1", "0")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(slip_text("h", "1", "401")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(std::string(kSlipTextMax + 1, ' ')).error(), Refusal::kTooLarge);
}

TEST(Slip, AFileHoldsExactlyOne) {
  auto const file = "评审会 登记单\n张三\n\n  " + slip_text() + "\n请妥善保管\n";
  EXPECT_EQ(*find_slip(file), *parse_slip(slip_text()));
  EXPECT_EQ(find_slip("评审会\n").error(), Refusal::kMalformed);
  // Harm: the slip of a neighbour on the same sheet.
  EXPECT_EQ(find_slip(file + slip_text("h", "1", "4") + "\n").error(), Refusal::kConflict);
}

// Crockford's base 32: five bits a character, most significant first.
TEST(Slip, CodesAreCrockford) {
  EXPECT_EQ(format_slip_code({}), "0000000000000000");
  std::array<std::uint8_t, kSlipCodeBytes> ones{};
  ones.fill(0xff);
  EXPECT_EQ(format_slip_code(ones), "ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(format_slip_code({0x08, 0x42, 0x10, 0x84, 0x21, 0, 0, 0, 0, 0}), "1111111100000000");
}

}  // namespace
}  // namespace piaojue::meeting
