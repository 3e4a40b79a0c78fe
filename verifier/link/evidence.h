// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What was seized, read from a record and from folders: a server's, trustees', laptops', browsers', captures. Every
/// file is read as bytes, whatever made it: rows that are there, pages that were freed, journals and their leftovers.
///
/// A folder whose name is client-N, person-N or profile-N (N the person's number) is that person's, and all below it.
/// A file whose name ends in .capture.csv lists packets, one a line: microseconds, bytes, person. What is sealed stays
/// sealed: this knows no passphrase.
#include <filesystem>

#include "base/explained.h"
#include "verifier/link/attempts.h"

namespace piaojue::verifier::link {

struct Limits {
  std::uint64_t record_bytes = std::uint64_t{1} << 30;
  std::uint64_t file_bytes = std::uint64_t{256} << 20;
  std::uint64_t all_bytes = std::uint64_t{8} << 30;
  std::uint64_t files = 100'000;
  std::uint64_t capture_bytes = std::uint64_t{64} << 20;
  std::uint64_t truth_bytes = std::uint64_t{16} << 20;
};
/// Of times and sizes of files that every person has, so many are compared; by name.
inline constexpr std::size_t kMeasuresMax = 32;

struct Evidence {
  std::vector<Seized> questions;  ///< each that has a box, in the order of the log
  std::vector<Attempt> at_large;  ///< what concerns no ballot: votes that lie in somebody's folder
  std::uint64_t files = 0, bytes = 0, links_passed_over = 0;
  std::uint64_t log_pieces = 0;  ///< of ballots in copies of the log: public
};

/// @param truth nothing, or a file with a line for each ballot: the person's number, and 16 or more bytes of the ballot
/// in hexadecimal, such as its key.
[[nodiscard]] Explained<Evidence> read_evidence(std::filesystem::path const& record,
                                                std::vector<std::filesystem::path> const& folders,
                                                std::optional<std::filesystem::path> const& truth,
                                                Limits const& limits = {});

}  // namespace piaojue::verifier::link
