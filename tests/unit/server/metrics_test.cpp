// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

namespace piaojue::server {
namespace {

using namespace std::chrono_literals;

/// Reads OpenMetrics as strictly as the standard writes it (1.0 §5): each family's metadata, then its samples, no
/// family twice, one end. @return sample → value; throws where it is not that.
std::map<std::string, double> read(std::string const& text) {
  static std::regex const kMeta("# (TYPE|UNIT|HELP) ([a-z_:][a-z0-9_:]*) (.+)");
  static std::regex const kSample(R"(([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"\\\n]*"\})? ([0-9]+(\.[0-9]+)?))");
  std::map<std::string, double> out;
  std::map<std::string, std::string> types;
  std::string family;
  std::istringstream lines(text);
  bool ended = false;
  if (!text.ends_with("\n")) throw std::runtime_error("no end of line");
  for (std::string line; std::getline(lines, line);) {
    std::smatch part;
    if (ended) throw std::runtime_error("after the end: " + line);
    if (line == "# EOF") {
      ended = true;
    } else if (std::regex_match(line, part, kMeta)) {
      if (part[1] == "TYPE") {
        family = part[2];
        if (!types.emplace(family, part[3]).second) throw std::runtime_error("twice: " + family);
      }
      if (part[2] != family) throw std::runtime_error("metadata of another: " + line);
      if (part[1] == "UNIT" && !family.ends_with("_" + part[3].str())) throw std::runtime_error("unit: " + line);
    } else if (std::regex_match(line, part, kSample)) {
      std::string const name = part[1];
      auto const& type = types.at(family);
      std::string const rest = name.starts_with(family) ? name.substr(family.size()) : "?";
      bool const fits = type == "gauge"     ? rest.empty()
                        : type == "counter" ? rest == "_total"
                                            : rest == "_bucket" || rest == "_count" || rest == "_sum";
      if (!fits) throw std::runtime_error("sample of another: " + line);
      if (!out.emplace(name + part[2].str(), std::stod(part[3])).second) throw std::runtime_error("twice: " + line);
    } else {
      throw std::runtime_error("no line of OpenMetrics: " + line);
    }
  }
  if (!ended) throw std::runtime_error("no end");
  return out;
}

TEST(Metrics, EverythingIsThereFromTheStartAndCounts) {
  Metrics metrics;
  auto const before = read(metrics.render());
  for (auto const& [name, value] : before) EXPECT_EQ(value, 0) << name;
  metrics.set(Gauge::kMeetings, 60);
  metrics.set(Gauge::kSessions, 2);
  metrics.set(Gauge::kSessions, 1);
  metrics.count(Counter::kLeasesTaken);
  metrics.count(Counter::kMoved, 3);
  metrics.count(RefusedKind::kMeetingsMax);
  auto const after = read(metrics.render());
  EXPECT_EQ(after.size(), before.size()) << "no family comes or goes";
  EXPECT_EQ(after.at("piaojue_meetings"), 60);
  EXPECT_EQ(after.at("piaojue_sessions"), 1);
  EXPECT_EQ(after.at("piaojue_connections"), 0);
  EXPECT_EQ(after.at("piaojue_leases_taken_total"), 1);
  EXPECT_EQ(after.at("piaojue_moved_total"), 3);
  EXPECT_EQ(after.at("piaojue_refusals_total{kind=\"meetings_max\"}"), 1);
  EXPECT_EQ(after.at("piaojue_refusals_total{kind=\"tls\"}"), 0);
}

TEST(Metrics, CommitsFallIntoTheBucketsUpToTheirTime) {
  Metrics metrics;
  for (auto const latency : {0us, 1'000us, 1'001us, 40'000us, 9'999'999us, 10'000'001us}) metrics.committed(latency);
  auto const now = read(metrics.render());
  auto const bucket = [&](std::string const& le) {
    return now.at("piaojue_commit_latency_seconds_bucket{le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("0.001"), 2) << "a bound belongs to its bucket";
  EXPECT_EQ(bucket("0.0025"), 3);
  EXPECT_EQ(bucket("0.025"), 3);
  EXPECT_EQ(bucket("0.05"), 4);
  EXPECT_EQ(bucket("10.0"), 5);
  EXPECT_EQ(bucket("+Inf"), 6);
  EXPECT_EQ(now.at("piaojue_commit_latency_seconds_count"), 6);
  EXPECT_DOUBLE_EQ(now.at("piaojue_commit_latency_seconds_sum"), 20.042001);
}

TEST(Metrics, CountsOfManyThreadsAreAllThere) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int n = 0; n < 1'000; ++n) {
        metrics.count(Counter::kMoved);
        metrics.committed(3ms);
        if (n % 100 == 0) static_cast<void>(read(metrics.render()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  auto const now = read(metrics.render());
  EXPECT_EQ(now.at("piaojue_moved_total"), 4'000);
  EXPECT_EQ(now.at("piaojue_commit_latency_seconds_count"), 4'000);
}

// Not our reading of the standard on both sides: the parser of those who wrote it. It is Debian's, and so is the Python
// that finds it.
TEST(Metrics, TheParserOfOpenMetricsOwnPeopleReadsThem) {
  Metrics metrics;
  metrics.committed(3ms);
  metrics.count(Counter::kMoved, 7);
  std::string pattern = "/tmp/metrics-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  std::filesystem::path const folder = pattern;
  std::ofstream(folder / "metrics.txt") << metrics.render();
  std::ofstream(folder / "parse.py")
      << "import sys\n"
         "from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n"
         "found = {s.name: s.value for f in parse(open(sys.argv[1]).read()) for s in f.samples}\n"
         "print(int(found['piaojue_moved_total']), int(found['piaojue_commit_latency_seconds_count']))\n";
  auto const command =
      "timeout 60 /usr/bin/python3 -B " + (folder / "parse.py").string() + " " + (folder / "metrics.txt").string();
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  for (std::array<char, 512> part; std::fgets(part.data(), part.size(), pipe) != nullptr;) said += part.data();
  EXPECT_EQ(::pclose(pipe), 0) << said;
  EXPECT_EQ(said, "7 1\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace piaojue::server
