// SPDX-License-Identifier: Apache-2.0
/// The verifier over a whole meeting: 25 experts × 20 candidates, three trustees. It should take less than 0.75 s on
/// one core and less than 0.4 s on two, so that an auditor waits for nothing. Beside it, in the same run: the RSA,
/// Ed25519 and curve operations that its 500 ballots can not do without.
///
///   bench_verify --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
///   bench_verify --write record.piaojue          writes the record and prints its anchor, for piaojue-verify and
///   time(1)
///   bench_verify --write-large record.piaojue    25 experts × 1,200 candidates in batches of 40 (some minutes)
#include <benchmark/benchmark.h>

#include <fstream>
#include <iostream>

#include "support/meeting_fixture.h"
#include "verifier/audit.h"

namespace {

using namespace piaojue;

struct Recorded {
  std::string file;
  test::Hash anchor;
  std::shared_ptr<test::BallotBox const> box;
  std::map<test::QuestionId, test::BallotContext> contexts;
};

Recorded const& recorded() {
  static Recorded const meeting = [] {
    test::MeetingOptions options;
    options.experts = 25;
    options.batches = {20};
    test::Meeting m(options);
    m.begin();
    m.run_batch(1, m.votes(1, 17, 6, 2), test::Meeting::Stage::kBox);
    Recorded out;
    out.box = m.attempt().box;
    out.contexts = *m.attempt().contexts;
    m.continue_batch(m.votes(1, 17, 6, 2), test::Meeting::Stage::kBox, test::Meeting::Stage::kErased);
    test::must(m.close_meeting());
    out.file = m.record_file();
    out.anchor = m.record.tree().root();
    return out;
  }();
  return meeting;
}

void Verify(benchmark::State& state) {
  Recorded const& meeting = recorded();
  for (auto _ : state) {
    std::istringstream in(meeting.file);
    auto const audit = verifier::audit(in, meeting.anchor, {static_cast<std::size_t>(state.range(0)), {}});
    if (!audit.verified() || audit.ballots != 500) {
      state.SkipWithError("not verified");
      return;
    }
  }
}
BENCHMARK(Verify)
    ->ArgName("jobs")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

/// The floor: 500 ballots, one thread, nothing but the cryptography.
void BallotsAlone(benchmark::State& state) {
  Recorded const& meeting = recorded();
  for (auto _ : state)
    for (auto const& [q, box] : meeting.box->boxes)
      for (auto const& ballot : box.ballots)
        if (check_ballot(meeting.contexts.at(q), ballot)) {
          state.SkipWithError("a ballot is not valid");
          return;
        }
}
BENCHMARK(BallotsAlone)->Unit(benchmark::kMillisecond);

/// What a laptop, a trustee and the server do each with a box of 25 × 100 before they rest anything on it.
void BoxOfAHundredRows(benchmark::State& state) {
  static std::unique_ptr<test::Meeting> const meeting = [] {
    test::MeetingOptions options;
    options.experts = 25;
    options.batches = {100};
    auto m = std::make_unique<test::Meeting>(options);
    m->begin();
    m->run_batch(1, m->votes(1, 17, 6, 2), test::Meeting::Stage::kBox);
    return m;
  }();
  for (auto _ : state)
    if (check_box(meeting->record)) state.SkipWithError("a ballot is not valid");
}
BENCHMARK(BoxOfAHundredRows)->Unit(benchmark::kMillisecond);

/// The size of the real round of 2021, without 25 laptops on two cores.
int write_large(char const* path) {
  test::MeetingOptions options;
  options.experts = 25;
  options.batches.assign(30, 40);
  test::Meeting m(options);
  m.begin();
  for (test::BatchId batch = 1; batch <= options.batches.size(); ++batch) m.run_batch(batch, m.votes(batch, 17, 6, 2));
  test::must(m.close_meeting());
  std::ofstream(path, std::ios::binary) << m.record_file();
  std::cout << to_hex(m.record.tree().root().view()) << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--write-large") return write_large(argv[2]);
  if (argc == 3 && std::string_view(argv[1]) == "--write") {
    std::ofstream(argv[2], std::ios::binary) << recorded().file;
    std::cout << to_hex(recorded().anchor.view()) << '\n';
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
