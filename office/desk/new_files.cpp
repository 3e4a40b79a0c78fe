// SPDX-License-Identifier: Apache-2.0
#include "office/desk/new_files.h"

namespace piaojue::desk {

void NewFiles::add(std::string name, Bytes bytes) {
  marks_.push_back({std::move(name), crypto::sha256({bytes})});
  bytes_.push_back(std::move(bytes));
}

Explained<void> NewFiles::write(fs::path const& folder) const {
  if (auto const made = make_folder(folder); !made) return made.error();
  for (std::size_t i = 0; i < marks_.size(); ++i)
    if (auto const written = office::write_file(folder / marks_[i].name, bytes_[i]); !written) return written.error();
  return {};
}

}  // namespace piaojue::desk
