// SPDX-License-Identifier: Apache-2.0
// Headings taken apart.
#include "sheets/heading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace piaojue::sheets;
using testing::ElementsAre;
using testing::IsEmpty;

// Harm: a column is passed over because of what stands around its name.
TEST(Heading, ItsNameIsWithoutWhatIsWrittenAroundIt) {
  for (std::string const written :
       {"现职称取得时间", "现职称取得时间\n格式：2018.12", "现职称\n取得时间", "*现职称取得时间：",
        "现职称取得时间（年月）", "（必填）现职称取得时间", "现职称取得时间【必填】", "现职称取得时间\n如2018-12",
        "12、现职称取得时间", "⑫现职称取得时间", "现 职 称 取 得 时 间", "现职称取得时间\n（如：2018.12）",
        "现职称取得时间〔选填〕\n按证书填写", "\u200B现职称取得时间\u00A0", "现职称（取得）时间", "★现职称取得时间"}) {
    Heading const heading = read_heading(written);
    EXPECT_EQ(heading.name, written == "现职称（取得）时间" ? "现职称时间" : "现职称取得时间") << written;
  }
  // A line that may be the rest of a name is.
  EXPECT_EQ(read_heading("身份证\n号码").name, "身份证号码");
  EXPECT_EQ(read_heading("姓名\n职务").name, "姓名职务");
  EXPECT_EQ(read_heading("申报单位：").name, "申报单位");
  EXPECT_EQ(read_heading("2019年度考核").name, "2019年度考核");
  EXPECT_EQ(read_heading("A1级").name, "A1级");
}

TEST(Heading, WhatIsWrittenAroundItIsKept) {
  EXPECT_THAT(read_heading("年增产值（选填）\n格式：整数").remarks, ElementsAre("格式:整数", "选填"));
  EXPECT_THAT(read_heading("年增产值（万元").remarks, ElementsAre("万元"));
  EXPECT_THAT(read_heading("年增产值（近三年（每年））").remarks, ElementsAre("近三年(每年)"));
  EXPECT_THAT(read_heading("姓名").remarks, IsEmpty());
  EXPECT_EQ(read_heading("年增产值\n（万元）").words, "年增产值（万元）");
  EXPECT_TRUE(read_heading(" \n ").empty());
}

// Harm: 5,000,000 元 are taken for 5,000,000 万元, and open a route.
TEST(Heading, TheUnitIsFoundWhereverItStands) {
  for (auto const& [written, unit] :
       std::vector<std::pair<std::string, std::string>>{{"年增产值（元）", "元"},
                                                        {"年增产值(单位：万元)", "万元"},
                                                        {"年增产值\n单位：亿元", "亿元"},
                                                        {"年增产值 单位：千元", "千元"},
                                                        {"年增产值（选填，万元/年）", "万元/年"},
                                                        {"年增产值（单位万元）", "万元"},
                                                        {"年增产值（美元）", "美元"},
                                                        {"继续教育（学时）", "学时"},
                                                        {"年增产值（近三年）", ""},
                                                        {"年增产值", ""},
                                                        {"工作单位：", ""}})
    EXPECT_EQ(read_heading(written).unit(), unit) << written;
}

TEST(Heading, OneBelowAnotherKeepsBoth) {
  Heading const both = below(read_heading("职业资格（选填）"), read_heading("取得时间\n如2018-12"));
  EXPECT_EQ(both.name, "取得时间");
  EXPECT_EQ(both.group, "职业资格");
  EXPECT_THAT(both.remarks, ElementsAre("选填", "如2018-12"));
  EXPECT_EQ(below(read_heading("年增产值"), read_heading("（万元）")).name, "年增产值");
  EXPECT_EQ(below(read_heading("年增产值"), read_heading("（万元）")).unit(), "万元");
}
