// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Files and folders that must survive a power cut, and that are nobody's but their owner's.
///
/// A name is UTF-8. What is made here is for its owner alone from its first moment: modes 0700 and 0600, or on Windows
/// an access list that names this user only, inherits nothing and is inherited by all that lies below. Nothing here is
/// handed on to a program that is started.
///
/// On Windows others may hold a file for a moment that is nobody else's, such as a scanner for viruses: opening, moving
/// and removing are tried again for three seconds before they fail with the system's reason.
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/platform/answer.h"

namespace piaojue::platform {

/// An open descriptor or handle, closed at the end.
class Handle {
 public:
  static constexpr std::intptr_t kNone = -1;
  explicit Handle(std::intptr_t native = kNone) : native_(native) {}
  ~Handle();
  Handle(Handle&& other) noexcept : native_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept;
  std::intptr_t get() const { return native_; }
  bool is_open() const { return native_ != kNone; }
  std::intptr_t release() { return std::exchange(native_, kNone); }

 private:
  std::intptr_t native_;
};

enum class Open : std::uint8_t {
  kRead,     ///< must be there
  kAppend,   ///< read and written, made where there is none; every `write` goes to the end
  kUpdate,   ///< read and written, must be there
  kReplace,  ///< written, made where there is none, emptied where there is one
  kNew,      ///< written, must not be there; never through a link
};

class File {
 public:
  File() = default;  ///< closed
  static Answer<File> open(std::filesystem::path const& path, Open how);

  bool is_open() const { return handle_.is_open(); }
  Handle const& handle() const { return handle_; }
  /// @return bytes, from where the last reading ended; 0: the end.
  Answer<std::size_t> read(std::span<std::uint8_t> to);
  /// From where the last reading ended to the end.
  Answer<std::vector<std::uint8_t>> read_all();
  /// All of it, behind what was written before; a file that is full, or a disk, is an error.
  Answer<void> write(std::span<std::uint8_t const> bytes);
  /// From that offset on. Not with kAppend.
  Answer<void> write_at(std::uint64_t offset, std::span<std::uint8_t const> bytes);
  Answer<std::uint64_t> size() const;
  Answer<void> cut(std::uint64_t size);
  /// On the disk when it returns, as far as the disk tells the truth.
  Answer<void> sync();
  /// The same for what was written, and for the size; not for times.
  Answer<void> sync_data();

 private:
  friend class Folder;
  File(Handle handle, Open how) : handle_(std::move(handle)), how_(how) {}
  Handle handle_;
  /// Windows alone asks: there no file remembers that it is only appended to.
  [[maybe_unused]] Open how_ = Open::kRead;
};

/// An open folder: names in it are those of this folder, also when it has another name by now.
class Folder {
 public:
  enum class Make : std::uint8_t { kNo, kIfMissing };
  /// The folder above must be there. @return errc::no_such_file_or_directory.
  static Answer<Folder> open(std::filesystem::path const& path, Make make);

  Folder() = default;  ///< closed
  bool is_open() const { return handle_.is_open(); }
  Handle const& handle() const { return handle_; }
  /// One that somebody else has made is closed to all others from here on, with what lies in it on Windows.
  Answer<void> restrict_to_owner() const;

  Answer<File> open_file(std::string const& name, Open how) const;
  /// Makes the file where there is none, and has it alone until the answer is destroyed or the process ends, however it
  /// ends. @return errc::resource_unavailable_try_again: another one has it, in this process or another.
  Answer<File> lock(std::string const& name) const;
  /// In the place of what is there: whoever opens `to` gets the old file or the new one, never a mix.
  Answer<void> move(std::string const& from, std::string const& to) const;
  /// @return errc::no_such_file_or_directory.
  Answer<void> remove(std::string const& name) const;
  /// Of files, without "." and "..".
  Answer<std::vector<std::string>> names() const;
  /// What was made, moved or removed here is so after a power cut. On Windows each of them is when it returns.
  Answer<void> sync() const;

 private:
  explicit Folder(Handle handle) : handle_(std::move(handle)) {}
  Handle handle_;
};

/// The name itself, if a file can have it in a folder of this system; else with '_' in the place of each character that
/// no file's name has: control characters and both slashes, on Windows also < > : " | ? *, a blank or point at the end,
/// and in front of the names of devices.
std::string file_name_like(std::string name);

/// From here on what this program makes by other means is its owner's, too (umask 077). Windows has no such thing:
/// there it is whoever's the folder is, and a folder that was made here is its owner's.
void keep_new_files_private();

/// Has a path, for libraries that want one and write it once, and lies in memory; on Windows in a file for this user
/// alone that is gone with this object.
class MemoryFile {
 public:
  static Answer<MemoryFile> make();
  ~MemoryFile();
  MemoryFile(MemoryFile&& other) noexcept;
  MemoryFile& operator=(MemoryFile&&) = delete;

  std::string const& path() const { return path_; }  ///< UTF-8
  /// All that was written to it.
  Answer<std::vector<std::uint8_t>> bytes() const;

 private:
  MemoryFile(Handle handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}
  Handle handle_;
  std::string path_;
};

}  // namespace piaojue::platform
