// SPDX-License-Identifier: Apache-2.0
#include "protocol/meeting/slip.h"

#include <gtest/gtest.h>

#include "protocol/meeting/crockford.h"
#include "protocol/meeting/enrolment.h"

namespace piaojue::meeting {
namespace {

// Answers of tests/vectors/enrolment.py.
constexpr std::string_view kCode = "12-007-X4K9-YESY-AH0N-WNWE-5";
constexpr SlipBits kBits{0xe9, 0x26, 0x9f, 0x3b, 0x3e, 0x54, 0x41, 0x5e, 0x57, 0x8e};

std::string line(std::string const& address = "192.0.2.10:7443", std::string_view code = kCode) {
  return "piaojue2:" + address + ":" + std::string(code);
}
std::string code_of(std::uint32_t meeting, PersonId person) { return format_slip_code({meeting, person, kBits}); }

TEST(Slip, OneSpellingAndBack) {
  for (auto const* address : {"192.0.2.10:7443", "server.example:1", "[2001:db8::7]:65535", "[fe80::1%eth0]:7443"}) {
    auto const slip = parse_slip(line(address));
    ASSERT_TRUE(slip) << address;
    EXPECT_EQ(format_slip(*slip), line(address));
    EXPECT_EQ(slip->code, (SlipCode{12, 7, kBits}));
    EXPECT_EQ(format_slip_address(*parse_slip_address(address)), address);
  }
  EXPECT_EQ(parse_slip(line("[2001:db8::7]:7443"))->address, (SlipAddress{"2001:db8::7", 7443}));
}

// The meeting's number is left out with its dash where the server has one meeting.
TEST(SlipCode, IsReadFromTheRight) {
  for (std::uint32_t const meeting : {0U, 1U, 9U, 10U, 4321U, kMeetingNumberMax}) {
    for (PersonId const person : {1U, 7U, 40U, 399U, 400U}) {
      auto const text = code_of(meeting, person);
      auto const read = parse_slip_code(text);
      ASSERT_TRUE(read) << text;
      EXPECT_EQ(*read, (SlipCode{meeting, person, kBits})) << text;
    }
  }
  EXPECT_EQ(code_of(0, 7).substr(0, 9), "007-X4K9-");
  EXPECT_EQ(code_of(12, 7), kCode);
}

// Harm: an expert with the paper in her hand who can not get in.
TEST(SlipCode, WhatPeopleTypeIsRead) {
  SlipCode const code{12, 7, kBits};
  for (auto const* typed :
       {"12-007-x4k9-yesy-ahon-wnwe-5", "I2-OO7-X4K9-YESY-AHON-WNWE-5", "l2oo7x4k9yesyah0nwnwe5",
        "  12 007 X4K9 YESY AH0N WNWE 5\r\n", "１２－００７－Ｘ４Ｋ９－ＹＥＳＹ－ＡＨ０Ｎ－ＷＮＷＥ－５",
        "12—007–X4K9‑YESY−AH0N　WNWE⸺5", "１２　００７　ｘ４ｋ９　ｙｅｓｙ　ａｈｏｎ　ｗｎｗｅ　５",
        "\xEF\xBB\xBF"
        "12-007-X4K9-YESY-AH0N-WNWE-5\xE2\x80\x8B"}) {
    auto const read = parse_slip_code(typed);
    ASSERT_TRUE(read) << typed;
    EXPECT_EQ(*read, code) << typed;
  }
}

TEST(Slip, LineIsReadInAnyCaseAndWidth) {
  auto const slip = *parse_slip(line());
  EXPECT_EQ(*parse_slip("\t PIAOJUE2:192.0.2.10:7443:" + std::string(kCode) + " \r\n"), slip);
  EXPECT_EQ(
      *parse_slip(
          "ｐｉａｏｊｕｅ２：１９２。０。２。１０：７４４３：１２　００７　Ｘ４Ｋ９　ＹＥＳＹ　ＡＨ０Ｎ　ＷＮＷＥ　５"),
      slip);
  EXPECT_EQ(*parse_slip_address(" １９２．０．２．１０：７４４３ "), slip.address);
}

// Harm: a slip with a slip of the pen enrols somebody else, or says "wrong code" after the server has counted it.
TEST(SlipCode, EverySingleWrongCharacterIsFound) {
  std::string characters;
  for (char const c : kCode) {
    if (c != '-') characters.push_back(c);
  }
  for (std::size_t at = 0; at < characters.size(); ++at) {
    for (char const c : kCrockford) {
      auto wrong = characters;
      if (c == wrong[at]) continue;
      wrong[at] = c;
      auto const read = parse_slip_code(wrong);
      ASSERT_FALSE(read) << wrong;
      // A letter where a digit of the numbers stands is no slip at all, nor is a number that begins with 0.
      bool const form = at < 5 && (*crockford_value(static_cast<char32_t>(c)) > 9 || (at == 0 && c == '0'));
      EXPECT_EQ(read.error(), form ? Refusal::kMalformed : Refusal::kProof) << wrong;
    }
  }
}

TEST(SlipCode, EveryTwoThatChangedPlacesAreFound) {
  for (auto const& text : {code_of(0, 123), code_of(987654321, 400)}) {
    std::string characters;
    for (char const c : text) {
      if (c != '-') characters.push_back(c);
    }
    for (std::size_t a = 0; a < characters.size(); ++a) {
      for (std::size_t b = a + 1; b < characters.size(); ++b) {
        auto wrong = characters;
        std::swap(wrong[a], wrong[b]);
        EXPECT_EQ(static_cast<bool>(parse_slip_code(wrong)), wrong == characters) << wrong;
      }
    }
  }
}

TEST(SlipCode, WrongFormWrongCharacterAndWrongNumberAreToldApart) {
  for (auto const* text :
       {"", "-", "12-007", "07-X4K9-YESY-AH0N-WNWE-5", "007-X4K9-YESY-AH0N-WNWE", "12-007-X4K9-YESU-AH0N-WNWE-5",
        "12-007-X4K9-YES?-AH0N-WNWE-5", "12:007-X4K9-YESY-AH0N-WNWE-5", "0-007-X4K9-YESY-AH0N-WNWE-5",
        "012-007-X4K9-YESY-AH0N-WNWE-5", "1234567890-007-X4K9-YESY-AH0N-WNWE-5", "12-007-X4K9-YESY-AH0N-WNWE-5\xFF",
        "12-007-X4K9-YESY-AH0N-WNWE-5票"}) {
    EXPECT_EQ(parse_slip_code(text).error(), Refusal::kMalformed) << text;
  }
  EXPECT_EQ(parse_slip_code("12-007-X4K9-YESY-AH0N-WNWE-6").error(), Refusal::kProof);
  EXPECT_EQ(parse_slip_code("13-007-X4K9-YESY-AH0N-WNWE-5").error(), Refusal::kProof);
  // Without its last character it reads as another meeting's, person's and code's.
  EXPECT_EQ(parse_slip_code("12-007-X4K9-YESY-AH0N-WNWE").error(), Refusal::kProof);
  // The meeting's number, left out where it may not be, is a wrong character and not another meeting.
  EXPECT_EQ(parse_slip_code("007-X4K9-YESY-AH0N-WNWE-5").error(), Refusal::kProof);
  for (PersonId const person : {0U, 401U, 999U}) {
    EXPECT_EQ(parse_slip_code(code_of(12, person)).error(), Refusal::kOutOfRange) << person;
  }
  EXPECT_EQ(parse_slip_code(std::string(kSlipTextMax + 1, ' ')).error(), Refusal::kTooLarge);
}

// Harm: a half-read slip that leads to another server.
TEST(Slip, AnythingElseIsRefused) {
  for (auto const& text :
       {std::string(), std::string("piaojue2:"), line(":1"), line("a b:1"), line("h:x"), line("h:07443"), line("h:"),
        line("2001:db8::7:1"), line("[]:1"), line("[1]:1"), line("h"), line() + ":x", line() + "\n" + line(),
        "piaojue1" + line().substr(8), line("票决:1"), line("h–x:1"), line(std::string(254, 'h') + ":1")}) {
    EXPECT_EQ(parse_slip(text).error(), Refusal::kMalformed) << text;
  }
  EXPECT_EQ(parse_slip(line("h:0")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(line("h:65536")).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(line("h:1", code_of(1, 401))).error(), Refusal::kOutOfRange);
  EXPECT_EQ(parse_slip(line("h:1", "12-007-X4K9-YESY-AH0N-WNWE-6")).error(), Refusal::kProof);
  EXPECT_EQ(parse_slip(std::string(kSlipTextMax + 1, ' ')).error(), Refusal::kTooLarge);
}

TEST(Slip, AFileHoldsExactlyOne) {
  auto const file = "\xEF\xBB\xBF评审会 登记单\n张三\n\xC4\xE3\n\n  " + line() + "\r\n请妥善保管\n";
  EXPECT_EQ(*find_slip(file), *parse_slip(line()));
  EXPECT_EQ(*find_slip("\xEF\xBB\xBF" + line()), *parse_slip(line()));
  EXPECT_EQ(find_slip("评审会\n").error(), Refusal::kMalformed);
  EXPECT_EQ(find_slip(line("h:1", "12-007-X4K9-YESY-AH0N-WNWE-6")).error(), Refusal::kProof);
  // Harm: the slip of a neighbour on the same sheet.
  EXPECT_EQ(find_slip(file + line("h:1", code_of(12, 8)) + "\n").error(), Refusal::kConflict);
}

class Enrolment : public testing::Test {
 protected:
  static DeviceKeys keys(std::uint8_t fill) {
    DeviceKeys out;
    out.identity_key.data.fill(fill);
    out.witness_key.data.fill(static_cast<std::uint8_t>(fill + 1));
    out.box_key.data.fill(static_cast<std::uint8_t>(fill + 2));
    return out;
  }
  MeetingId const meeting_{1, 2, 3};
  Exporter const exporter_{{9}};
  Secret const key_ = enrol_key(kBits, meeting_, 7);
};

// Harm: a code that opens another person's place, or another meeting's.
TEST_F(Enrolment, KeyIsOfOneCodePersonAndMeeting) {
  EXPECT_TRUE(enrol_key(kBits, meeting_, 7).equals(key_.view()));
  EXPECT_FALSE(enrol_key(kBits, meeting_, 8).equals(key_.view()));
  EXPECT_FALSE(enrol_key(kBits, MeetingId{1, 2, 4}, 7).equals(key_.view()));
  auto other = kBits;
  other.back() ^= 1;
  EXPECT_FALSE(enrol_key(other, meeting_, 7).equals(key_.view()));
}

// Harm: whoever sits between the two ends hands a proof on, or puts its own key into one.
TEST_F(Enrolment, ProofsAreOfOneConnectionAndOneSide) {
  auto const spki = as_bytes("spki");
  auto const server = server_proof(key_, exporter_, spki);
  EXPECT_TRUE(crypto::same(server, server_proof(key_, exporter_, spki)));
  EXPECT_FALSE(crypto::same(server, server_proof(key_, Exporter{{8}}, spki)));
  EXPECT_FALSE(crypto::same(server, server_proof(key_, exporter_, as_bytes("spkj"))));
  EXPECT_FALSE(crypto::same(server, server_proof(enrol_key(kBits, meeting_, 8), exporter_, spki)));

  auto const client = client_proof(key_, exporter_, as_bytes("csr"), keys(1));
  EXPECT_TRUE(crypto::same(client, client_proof(key_, exporter_, as_bytes("csr"), keys(1))));
  EXPECT_FALSE(crypto::same(client, client_proof(key_, Exporter{{8}}, as_bytes("csr"), keys(1))));
  EXPECT_FALSE(crypto::same(client, client_proof(key_, exporter_, as_bytes("csq"), keys(1))));
  for (auto const key : {&DeviceKeys::identity_key, &DeviceKeys::witness_key}) {
    auto other = keys(1);
    (other.*key).data[0] ^= 1;
    EXPECT_FALSE(crypto::same(client, client_proof(key_, exporter_, as_bytes("csr"), other)));
  }
  auto other = keys(1);
  other.box_key.data[0] ^= 1;
  EXPECT_FALSE(crypto::same(client, client_proof(key_, exporter_, as_bytes("csr"), other)));
  // What the server says is no answer of a client, even where the bytes behind could be the same.
  EXPECT_FALSE(crypto::same(server, client_proof(key_, exporter_, spki, keys(1))));
}

// Harm: a person signs for a device that is not his.
TEST_F(Enrolment, DeviceCodeChangesWithEveryKeyPersonAndMeeting) {
  auto const code = device_code(meeting_, 7, keys(1));
  EXPECT_EQ(code.size(), 19U);
  for (std::size_t i = 0; i < code.size(); ++i) EXPECT_EQ(code[i] == '-', i % 5 == 4) << code;
  EXPECT_EQ(device_code(meeting_, 7, keys(1)), code);
  EXPECT_NE(device_code(meeting_, 8, keys(1)), code);
  EXPECT_NE(device_code(MeetingId{}, 7, keys(1)), code);
  for (auto const key : {&DeviceKeys::identity_key, &DeviceKeys::witness_key}) {
    auto other = keys(1);
    (other.*key).data[31] ^= 1;
    EXPECT_NE(device_code(meeting_, 7, other), code);
  }
  auto other = keys(1);
  other.box_key.data[31] ^= 1;
  EXPECT_NE(device_code(meeting_, 7, other), code);
}

TEST(Slip, MeetingHasOneNameAndNoneIsNoMeetings) {
  EXPECT_EQ(meeting_name(0), "");
  for (std::uint32_t const number : {1U, 12U, kMeetingNumberMax}) {
    EXPECT_EQ(meeting_name(number), "m" + std::to_string(number));
    EXPECT_EQ(parse_meeting_name(meeting_name(number)).value(), number);
  }
  for (auto const* const wrong : {"", "m", "m0", "m012", "M12", "m12 ", " m12", "m+1", "m-1", "m1000000000", "12",
                                  "m12.example", "office", "m１"}) {
    EXPECT_EQ(parse_meeting_name(wrong).error(), Refusal::kMalformed) << wrong;
  }
}

// Harm: two programs that read one address in two ways, one of them a typist's.
TEST(Slip, AddressThatAServerTellsHasOneSpelling) {
  for (auto const* const right : {"192.0.2.10:7443", "[2001:db8::7]:7443", "node-1.example:1"}) {
    EXPECT_EQ(format_slip_address(parse_told_address(right).value()), right);
  }
  for (auto const* const wrong : {"", ":7443", "192.0.2.10", " 192.0.2.10:7443", "192.0.2.10:7443\n",
                                  "192。0.2.10:7443", "192.0.2.10:07443", "2001:db8::7:7443", "a/b:1"}) {
    EXPECT_EQ(parse_told_address(wrong).error(), Refusal::kMalformed) << wrong;
  }
  EXPECT_EQ(parse_told_address("192.0.2.10:0").error(), Refusal::kOutOfRange);
  EXPECT_TRUE(parse_told_address(std::string(250, 'a') + ":7443")) << "255 bytes";
  EXPECT_EQ(parse_told_address(std::string(251, 'a') + ":7443").error(), Refusal::kTooLarge);
}

// Crockford's base 32: five bits a character, most significant first.
TEST(Crockford, FiveBitsACharacter) {
  EXPECT_EQ(to_crockford(SlipBits{}), "0000000000000000");
  EXPECT_EQ(to_crockford(SlipBits{0x08, 0x42, 0x10, 0x84, 0x21, 0, 0, 0, 0, 0}), "1111111100000000");
  EXPECT_EQ(to_crockford(Bytes(2, 0xff)), "ZZZ");
  for (std::uint8_t value = 0; value < 32; ++value) {
    EXPECT_EQ(crockford_value(static_cast<char32_t>(kCrockford[value])), value);
  }
  EXPECT_EQ(crockford_value(U'o'), 0);
  EXPECT_EQ(crockford_value(U'i'), 1);
  EXPECT_EQ(crockford_value(U'L'), 1);
  for (char32_t const c : {U'U', U'u', U'-', U' ', U'\0', U'票', U'\x130', U'\x141'}) EXPECT_FALSE(crockford_value(c));
  EXPECT_EQ(in_groups_of_four("0123456"), "0123-456");
  EXPECT_EQ(in_groups_of_four(""), "");
}

}  // namespace
}  // namespace piaojue::meeting
