// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where a session puts the candidates' files that it has fetched (specification §9.5): a folder on the laptop in the
/// program, nothing in most tests. What is kept there can be read by nobody but this program, while it runs.
#include <string>

#include "base/sentence.h"
#include "protocol/meeting/attachment.h"
#include "protocol/meeting/manifest.h"

namespace piaojue::client {

/// Which file of the manifest.
struct MaterialKey {
  meeting::QuestionId question = 0;
  std::uint32_t index = 0;  ///< from 0
  auto operator<=>(MaterialKey const&) const = default;
};

class MaterialCache {
 public:
  MaterialCache() = default;
  virtual ~MaterialCache() = default;
  MaterialCache(MaterialCache const&) = delete;
  MaterialCache& operator=(MaterialCache const&) = delete;

  /// It is there; from now on it goes last when room is wanted.
  virtual bool has(MaterialKey key) = 0;
  /// Makes room for a file of so many bytes; one that was begun before is dropped. @return false: nothing can be kept.
  [[nodiscard]] virtual bool begin(std::uint64_t bytes) = 0;
  /// The next piece, of kAttachmentPieceBytes but for the last. @return false: it could not be written.
  [[nodiscard]] virtual bool add(ByteView piece) = 0;
  /// What was begun is whole, and is that file. @return false: it could not be written.
  [[nodiscard]] virtual bool keep(MaterialKey key, std::string const& name, meeting::Media media) = 0;
  /// So much of that file has come.
  virtual void say_progress(MaterialKey key, std::uint64_t got, std::uint64_t size) = 0;
  /// That file does not come: why, for who waits for it.
  virtual void say_refused(MaterialKey key, Sentence const& why) = 0;
  /// What was begun is not wanted.
  virtual void drop() = 0;
  /// Removes everything.
  virtual void wipe() = 0;
};

}  // namespace piaojue::client
