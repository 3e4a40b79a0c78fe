// SPDX-License-Identifier: Apache-2.0
#include "office/desk/new_meeting.h"

#include <gtest/gtest.h>
#include <toml++/toml.h>

namespace piaojue::desk {
namespace {

using namespace std::chrono;

MeetingSettings settings() {
  MeetingSettings out;
  out.title = "评审会议";
  out.date = 2026y / November / 20;
  out.committee_size = 11;
  return out;
}

// Harm: a quotation mark in a title ends it, and what follows is read as a rule that nobody chose.
TEST(MeetingToml, WhatWasTypedStaysAText) {
  auto given = settings();
  given.title = "甲\"\nrehearsal = true\n[rules]\npass_strict = false # \\ \x01 \x7f 高㛃";
  given.size_approval = "青人社〔2026〕\\\"1\" 号";
  auto const table = toml::parse(meeting_toml(given));
  EXPECT_EQ(table["title"].value<std::string>(), given.title);
  EXPECT_EQ(table["size_approval"].value<std::string>(), given.size_approval);
  EXPECT_EQ(table["rehearsal"].value<bool>(), false);
  EXPECT_EQ(table["rules"]["pass_strict"].value<bool>(), true);
}

// Harm: a rule that the form shows is not the one that the meeting is held under.
TEST(MeetingToml, EveryChoiceStandsInIt) {
  auto given = settings();
  given.rehearsal = true;
  given.chair = false;
  given.rules.pass_numerator = 1;
  given.rules.pass_denominator = 2;
  given.rules.pass_strict = false;
  given.rules.recusal_mode = meeting::RecusalMode::kLeave;
  given.rules.abstain_allowed = false;
  given.rules.quorum_numerator = 3;
  given.rules.quorum_denominator = 4;
  given.rules.modulus_bits = 3072;
  given.rules.max_unconfirmed = 1;
  given.rules.checks_allowed = false;
  given.rules.protest_s = 30;
  auto const table = toml::parse(meeting_toml(given));
  EXPECT_EQ(table["date"].value<std::string>(), "2026-11-20");
  EXPECT_EQ(table["rehearsal"].value<bool>(), true);
  EXPECT_EQ(table["committee_size"].value<int>(), 11);
  ASSERT_EQ(table["trustees"].as_array()->size(), 2U);
  EXPECT_EQ(table["trustees"][0].value<std::string>(), "server");
  EXPECT_EQ(table["trustees"][1].value<std::string>(), "supervisor");
  auto const rules = table["rules"];
  EXPECT_EQ(rules["pass_numerator"].value<int>(), 1);
  EXPECT_EQ(rules["pass_denominator"].value<int>(), 2);
  EXPECT_EQ(rules["pass_strict"].value<bool>(), false);
  EXPECT_EQ(rules["recusal_mode"].value<std::string>(), "leave");
  EXPECT_EQ(rules["abstain_allowed"].value<bool>(), false);
  EXPECT_EQ(rules["quorum_numerator"].value<int>(), 3);
  EXPECT_EQ(rules["quorum_denominator"].value<int>(), 4);
  EXPECT_EQ(rules["modulus_bits"].value<int>(), 3072);
  EXPECT_EQ(rules["max_unconfirmed"].value<int>(), 1);
  EXPECT_EQ(rules["checks_allowed"].value<bool>(), false);
  EXPECT_EQ(rules["protest_s"].value<int>(), 30);
}

TEST(OwnAddresses, TheLoopbackComesLast) {
  auto const all = own_addresses();
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &OwnAddress::loopback));
}

}  // namespace
}  // namespace piaojue::desk
