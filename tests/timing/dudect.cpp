// SPDX-License-Identifier: Apache-2.0
/// Whether the time of an encryption depends on the choice, by measuring: the method of dudect (Reparaz, Balasch,
/// Verbauwhede 2017). Cycles of two classes, drawn in random order, are compared by Welch's t-test, as they are and
/// with the slowest left out at several percentiles; the largest |t| counts. Below 4.5 there is no sign of a
/// difference, from 10 on there is one for certain. Beside it in the same run: a leak made on purpose, which must be
/// found, and two classes that are the same, which must not differ.
///
///   build/release/bin/bench_constant_time [measurements a row, default 100000]
///
/// Exit status 0: every |t| below 10 and the leak found; 1: not so. A machine that does other work needs more of them,
/// and finds less.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <chrono>
#endif

#include "crypto/elgamal.h"
#include "leaks.h"

namespace {

using namespace piaojue;
using namespace piaojue::crypto;
using elgamal::Choice;

constexpr double kNoSign = 4.5;
constexpr double kCertain = 10;

std::uint64_t now() {
#if defined(__x86_64__)
  unsigned int processor = 0;
  std::uint64_t const cycles = __rdtscp(&processor);
  _mm_lfence();
  return cycles;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Mean and variance of a class, as they come (Welford).
class Moments {
 public:
  void add(double x) {
    ++n_;
    double const before = x - mean_;
    mean_ += before / n_;
    squares_ += before * (x - mean_);
  }
  double n() const { return n_; }
  double mean() const { return mean_; }
  double variance() const { return squares_ / (n_ - 1); }

 private:
  double n_ = 0, mean_ = 0, squares_ = 0;
};

/// Of the difference of two means.
double standard_error(Moments const& a, Moments const& b) {
  return std::sqrt(a.variance() / a.n() + b.variance() / b.n());
}

struct Measured {
  bool second;
  double cycles;
};

struct Answer {
  double t = 0;        ///< the largest
  double median[2]{};  ///< cycles
  double shows = 0;    ///< cycles: a difference of the means from which on |t| would be kNoSign, at the best percentile
};

Answer compare(std::vector<Measured> const& measured) {
  std::vector<double> sorted, of[2];
  for (auto const& m : measured) {
    sorted.push_back(m.cycles);
    of[m.second ? 1 : 0].push_back(m.cycles);
  }
  std::ranges::sort(sorted);
  Answer out;
  constexpr int kCrops = 100;
  for (int crop = 0; crop <= kCrops; ++crop) {
    // dudect's percentiles: dense near the slowest, where the noise is.
    double const part = crop == 0 ? 1 : 1 - std::pow(0.5, 10.0 * crop / kCrops);
    auto const last = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    Moments classes[2];
    for (auto const& m : measured) {
      if (m.cycles <= sorted[last]) classes[m.second ? 1 : 0].add(m.cycles);
    }
    if (classes[0].n() < 100 || classes[1].n() < 100) continue;
    double const error = standard_error(classes[0], classes[1]);
    double const t = error > 0 ? (classes[0].mean() - classes[1].mean()) / error : 0;
    // Where most are left out, what differs is left out with them.
    bool const most_are_in = part > 0.5;
    if (most_are_in && (out.shows == 0 || kNoSign * error < out.shows)) out.shows = kNoSign * error;
    if (std::abs(t) > std::abs(out.t)) out.t = t;
  }
  for (int i = 0; i < 2; ++i) {
    std::ranges::sort(of[i]);
    out.median[i] = of[i][of[i].size() / 2];
  }
  return out;
}

Answer measure(std::size_t times, std::function<void(Choice)> const& work, Choice first, Choice second) {
  // The order is drawn before anything is measured, and both choices pass through one variable: what is measured reads
  // the same memory for either.
  std::vector<std::uint8_t> order(times);
  randombytes_buf(order.data(), order.size());
  Choice const choices[2] = {first, second};
  std::vector<Measured> out;
  out.reserve(times);
  for (std::size_t i = 0; i < times; ++i) {
    bool const is_second = (order[i] & 1) != 0;
    Choice const volatile choice = choices[is_second ? 1 : 0];
    std::uint64_t const before = now();
    work(choice);
    std::uint64_t const after = now();
    if (i >= times / 20) out.push_back({is_second, static_cast<double>(after - before)});  // warm by then
  }
  return compare(out);
}

struct Row {
  char const* name;
  bool leaks;
  std::function<void(Choice)> work;
  Choice first, second;
};

}  // namespace

int main(int argc, char** argv) {
  init();
  std::size_t const times = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  if (times < 1000) return std::fputs("bench_constant_time [measurements >= 1000]\n", stderr), 2;
  SigningPublicKey pk_v;
  pk_v.data.fill(9);
  elgamal::VoteBinding const binding{Hash{}, elgamal::TallyKey::generate().public_share(), pk_v};
  auto const encrypt = [&](Choice choice) { static_cast<void>(elgamal::encrypt(binding, choice, true)); };
  auto const leaking = [&](Choice choice) { static_cast<void>(timing::encrypt_leaking(binding, choice)); };
  std::vector<Row> const rows = {
      {"agree, disagree", false, encrypt, Choice::kAgree, Choice::kDisagree},
      {"agree, abstain", false, encrypt, Choice::kAgree, Choice::kAbstain},
      {"abstain, disagree", false, encrypt, Choice::kAbstain, Choice::kDisagree},
      {"agree, agree (the same)", false, encrypt, Choice::kAgree, Choice::kAgree},
      {"agree, disagree, leaking", true, leaking, Choice::kAgree, Choice::kDisagree},
  };
  std::printf("%zu measurements a row; |t| < %.1f no sign, >= %.0f certain\n", times, kNoSign, kCertain);
  bool good = true;
  for (auto const& row : rows) {
    auto const answer = measure(times, row.work, row.first, row.second);
    double const t = std::abs(answer.t);
    bool const as_it_should_be = row.leaks ? t >= kCertain : t < kCertain;
    good = good && as_it_should_be;
    std::printf("%-26s max |t| %7.2f   medians %.0f %.0f cycles, shows from %.0f on   %s\n", row.name, t,
                answer.median[0], answer.median[1], answer.shows,
                t < kNoSign    ? "no sign"
                : t < kCertain ? "unclear: more measurements"
                               : "differ");
    std::fflush(stdout);
  }
  std::puts(good ? "as it should be" : "NOT as it should be");
  return good ? 0 : 1;
}
