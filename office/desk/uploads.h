// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Files that the page sends up, piece by piece, until a deed takes them. What was sent up and never taken holds
/// people's numbers too: the folder is emptied when the page begins and ends.
#include "office/desk/desk.h"

namespace piaojue::desk {

inline constexpr std::size_t kRecordBytesMax = std::size_t{1} << 30;  ///< sheets and papers have bounds of their own

class Uploads {
 public:
  explicit Uploads(fs::path folder) : folder_(std::move(folder)) {}

  /// One piece of a file, in order; the first, at 0, begins it anew.
  /// Refused: no base64, another place than the next, too much of it, a full disk.
  Explained<void> put(Upload kind, std::int64_t offset, std::string_view base64);

  fs::path path(Upload kind) const;
  bool has(Upload kind) const;
  void forget(std::initializer_list<Upload> kinds) const;
  void clear() const;

 private:
  fs::path folder_;
};

}  // namespace piaojue::desk
