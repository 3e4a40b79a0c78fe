// SPDX-License-Identifier: Apache-2.0
/// A program for the tests of base/platform to start: it does what its first argument says.
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "base/platform/console.h"
#include "base/platform/files.h"
#include "base/platform/process.h"

namespace {

using namespace piaojue::platform;

constexpr int kBad = 9;

/// Holds the lock until its input ends.
int lock(std::string const& folder) {
  auto const at = Folder::open(folder, Folder::Make::kNo);
  if (!at) return kBad;
  auto const held = at->lock("lock");
  std::cout << (held                                                        ? "held"
                : held.error() == std::errc::resource_unavailable_try_again ? "taken"
                                                                            : reason(held.error()))
            << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  return 0;
}

/// Says each word of its input again, until that ends or it is told to stop.
int echo() {
  auto const foreground = Foreground::take();
  if (!foreground) return kBad;
  std::cout << "ready" << std::endl;
  for (;;) {
    auto const event = (*foreground)->wait(true);
    if (event == Foreground::Event::kStop) {
      std::cout << "stopped" << std::endl;
      return 0;
    }
    std::array<char, 64> bytes{};
    auto const got = (*foreground)->read_input(bytes);
    if (!got) continue;
    if (*got == 0) {
      std::cout << "end" << std::endl;
      return 0;
    }
    write_all(Stream::kOutput, {bytes.data(), *got});
  }
}

int run(int argc, char** argv) {
  std::string const what = argc > 1 ? argv[1] : "";
  std::string const first = argc > 2 ? argv[2] : "";
  if (what == "lock") return lock(first);
  if (what == "echo") return echo();
  if (what == "exit") {
    std::cout << "out\n" << std::flush;
    std::cerr << "why\n";
    return std::stoi(first);
  }
  if (what == "sleep") std::this_thread::sleep_for(std::chrono::seconds(60));
  if (what == "flood")
    for (;;) std::cout << "0123456789\n";
  if (what == "variable") std::cout << variable(first).value_or("-") << "\n";
  if (what == "words")
    for (int i = 2; i < argc; ++i) std::cout << argv[i] << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments given(argc, argv);
  return run(given.count(), given.values());
}
