// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Files that a deed makes for one folder: collected and marked first, so that the ledger's entry can be checked with
/// their marks, and written before it, so that no entry names a file that is not there.
#include "office/desk/desk.h"

namespace piaojue::desk {

class NewFiles {
 public:
  explicit NewFiles(fs::path folder) : folder_(std::move(folder)) {}
  void add(std::string name, Bytes bytes);
  std::vector<FileMark> const& marks() const { return marks_; }
  fs::path const& folder() const { return folder_; }

  /// Each whole or not at all. Refused: the folder can not be made, or a file not written; those before it are there.
  Explained<void> write() const { return write(folder_); }
  /// Into another folder.
  Explained<void> write(fs::path const& folder) const;

 private:
  fs::path folder_;
  std::vector<FileMark> marks_;
  std::vector<Bytes> bytes_;  ///< of marks_[i]
};

}  // namespace piaojue::desk
