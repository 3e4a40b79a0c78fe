// SPDX-License-Identifier: Apache-2.0
/// A fuzz target without a fuzzer: gives it every file of the folders that are named, and what is left of each when it
/// breaks off. What a fuzzer once found is found again by scripts/test, with the compiler that builds the programs.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t*, std::size_t size, std::size_t) { return size; }

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    for (auto const& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  if (files.empty()) {
    std::cerr << "replay: there is nothing to replay\n";
    return 2;
  }
  for (auto const& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::vector<char> const read{std::istreambuf_iterator<char>(in), {}};
    std::cout << path.string() << std::endl;  // the last line names what it fell over
    for (std::size_t const size : {read.size(), read.size() / 2, read.size() - read.size() / 8}) {
      // Of exactly that size, so that a byte too far is outside.
      std::vector<std::uint8_t> const input(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(size));
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  std::cout << files.size() << " inputs" << std::endl;
}
