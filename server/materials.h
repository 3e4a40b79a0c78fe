// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The candidates' files (specification §9.5). They come as a folder with one folder a candidate, by his number in the
/// candidates' list, and maybe his name behind it:
///
///     DIR/7/论文.pdf        DIR/12-张三/获奖证书.png
///
/// and lie in the server's directory by the hash of their content. Files whose name begins with a dot, and what file
/// managers leave behind, are passed over.
#include "server/attachments.h"
#include "server/files.h"

namespace piaojue::server {

/// One file that was found, and what the manifest says of it.
struct Material {
  meeting::QuestionId question = 0;
  fs::path from;
  meeting::Attachment attachment;
};

/// Reads them through, and adds them to the candidates, of each in the order of their names.
/// @return explained, with all faults at once: a folder that is no candidate's, a file that may not be attached or
/// whose first bytes are not what its name says, too many. Then nothing was added.
[[nodiscard]] Explained<std::vector<Material>> read_materials(fs::path const& dir, meeting::Manifest& manifest,
                                                              OnFiles const& on_files = {});
/// Makes `folder` and copies them there. Refused also: one of them has changed since it was read.
[[nodiscard]] Explained<void> copy_materials(std::vector<Material> const& materials, fs::path const& folder,
                                             OnFiles const& on_files = {});

/// @return nothing: it is not there, or has less.
std::optional<Bytes> read_piece(fs::path const& folder, Reading const& reading);

}  // namespace piaojue::server
