// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The candidates' files on this laptop, for the page that shows them: sealed under a key that is in this program's
/// memory alone, within a bound, gone when the meeting or the program ends (ADR 27).
///
///     HOME/cache/<n>      header of a secretstream ‖ pieces of it, 256 KiB each before sealing ‖ an empty last one
///
/// Names say nothing of the content. What a crash leaves behind nobody can read; the next start removes it.
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>

#include "base/secret.h"
#include "client/session/material_cache.h"
#include "local/assets.h"

namespace piaojue::client {

class MaterialFolder final : public MaterialCache {
 public:
  static constexpr std::uint64_t kBytesMax = 512U << 20;

  /// Removes what is there from before. @param folder of this program alone; made when it is needed.
  explicit MaterialFolder(std::filesystem::path folder, std::uint64_t bytes_max = kBytesMax);
  ~MaterialFolder() override;

  bool has(MaterialKey key) override;
  bool begin(std::uint64_t bytes) override;
  bool add(ByteView piece) override;
  bool keep(MaterialKey key, std::string const& name, meeting::Media media) override;
  void say_progress(MaterialKey key, std::uint64_t got, std::uint64_t size) override;
  void say_refused(MaterialKey key, Sentence const& why) override;
  void drop() override;
  void wipe() override;

  /// A kept file, opened. Nothing: it is not there, or somebody has changed it on the disk. On any thread.
  std::optional<std::string> read(MaterialKey key);
  /// Once, when there is a session: a tab waits for a file. Called on the page's thread, and must not call back.
  void fetch_by(std::function<void(MaterialKey)> fetch);
  /// What a tab asks for as files/<question>/<index>, and everything else from `otherwise`. This outlives it. A file
  /// that is not there is fetched; until then the tab shows how far it has come, and asks again by itself. A picture is
  /// given as it is; for a PDF reader/reader.html, which draws it and has its bytes from
  /// files/<question>/<index>/bytes.
  local::Assets in_front_of(local::Assets otherwise);

 private:
  struct Kept {
    std::filesystem::path path;
    std::string name;
    meeting::Media media{};
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;  ///< the larger, the later
  };
  /// Of a file that somebody waits for.
  struct Note {
    std::uint64_t got = 0, size = 0;
    std::optional<Sentence> refused;
    unsigned looked = 0;  ///< since something of it has come
  };
  struct Open;
  void drop_open();
  void forget(std::map<MaterialKey, Kept>::iterator which);
  void make_room(std::uint64_t bytes);
  void remove_all();
  std::optional<std::string> read_kept(MaterialKey key);
  std::optional<local::Asset> asset(std::string_view path, local::Assets const& otherwise);
  local::Asset waiting(MaterialKey key);

  std::filesystem::path const folder_;
  std::uint64_t const bytes_max_;
  std::mutex mutex_;  ///< the session writes, the page reads
  Secret key_;
  std::unique_ptr<Open> open_;
  std::map<MaterialKey, Kept> kept_;
  std::map<MaterialKey, Note> notes_;
  std::function<void(MaterialKey)> fetch_;
  std::uint64_t bytes_ = 0;  ///< of all that is kept
  std::uint64_t uses_ = 0;
  std::uint64_t last_name_ = 0;
};

}  // namespace piaojue::client
