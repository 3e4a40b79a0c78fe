// SPDX-License-Identifier: Apache-2.0
/// `store copy`: a meeting goes from a service's database into a directory. In this order, so that wherever it is ended
/// the meeting is whole in one place, served in one at most, and the same command goes on:
///
///     the directory is marked as not here yet      (directory_lock.h: `run` refuses it)
///     the database is marked; nodes let go; fence  (store/moving.h: nobody writes any more, what is read is all)
///     the directory is filled, and read again
///     the database lets its rows go                (from here on this directory has it, by its id)
///     the directory is released                    (`run` serves it)
#include <sodium.h>
#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <set>
#include <thread>

#include "server/directory_lock.h"
#include "server/draft.h"
#include "server/key_bundle.h"
#include "server/serve.h"
#include "server/store_tools.h"
#include "store/moving.h"
#include "store/schema.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;
using store::Stay;

namespace {

/// A node looks every second, lets go within two, and a dead one's row has run out after eight.
constexpr std::chrono::seconds kLetGoMax{20};
constexpr std::chrono::milliseconds kLook{200};
constexpr std::size_t kPieceBytes = 1U << 20;

struct Copying {
  Tools tools;
  ServiceKeys keys;
  store::MeetingNumber number = 0;
  Directory directory;
  Settings settings;     ///< of the server in the directory
  std::string database;  ///< its id, in hexadecimal digits

  store::PostgresPool& pool() const { return *tools.pool; }
  Explanation at_directory(Text const& what) const {
    return unusable(Sentence(what, {{"path", directory.path().string()}, {"meeting", number}}));
  }
};

Explained<Settings> choose_settings(ServiceSettings const& service, CopyOptions const& options) {
  Settings settings;
  auto const listen = parse_address(options.listen.empty() ? service.addresses.front() : options.listen);
  if (!listen || listen->port == 0) return unusable(strings::server::kInitListenMalformed);
  settings.listen = *listen;
  settings.host = options.host;
  settings.meeting_number = options.number;
  auto const& slips = settings.slip_host();
  if (slips == "0.0.0.0" || slips == "::") return unusable(strings::server::kInitSlipsNeedAddress);
  return settings;
}

Explained<Copying> prepare(fs::path const& file, CopyOptions const& options) {
  auto tools = open_tools(file);
  if (!tools) return tools.error();
  auto keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  if (auto const done = store::check(*tools->pool); !done) return done.error();
  auto settings = choose_settings(tools->settings, options);
  if (!settings) return settings.error();
  auto const id = store::database_id(*tools->pool);
  if (!id) return id.error();
  return Copying{std::move(*tools),    std::move(*keys), options.number, Directory(options.directory),
                 std::move(*settings), to_hex(*id)};
}

/// Whether all that is in the directory may go: nothing is, or what this command left of this meeting when it was
/// ended. As long as the database is leaving it has all of it; if it says that the meeting is simply here, what stands
/// in a filled directory may be newer: the database was set back.
bool may_be_filled(Copying const& copying, Stay stay) {
  std::error_code ignored;
  if (auto const mark = adoption_of(copying.directory)) {
    bool const own = mark->database == copying.database && !mark->from.empty() && mark->meeting == copying.number;
    return own && (stay == Stay::kLeaving || !fs::exists(copying.directory.database(), ignored));
  }
  static std::set<std::string> const kBefore{"lock", "adopted.partial"};
  std::error_code failed;
  for (fs::directory_iterator it(copying.directory.path(), failed), end; !failed && it != end; it.increment(failed)) {
    if (!kBefore.contains(it->path().filename().string())) return false;
  }
  return !failed;
}

/// Nobody else's from here on, and nobody serves it. @return the id by which the database is to know it.
Explained<Bytes> reserve(Copying const& copying, Stay stay) {
  auto const& path = copying.directory.path();
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error(strings::server::kFileNotCreated, path);
  if (!may_be_filled(copying, stay)) return copying.at_directory(text::kCopyNotEmpty);
  if (::chmod(path.c_str(), 0700) != 0) return system_error(strings::server::kFileNotCreated, path);
  if (auto const done = lock_to_adopt(copying.directory); !done) return done.error();
  // Once more, now that nobody else can be filling it, or has just filled it.
  auto const at = store::whereabouts(copying.pool(), copying.number);
  if (!at) return at.error();
  bool const may = (at->stay == Stay::kHere || at->stay == Stay::kLeaving) && may_be_filled(copying, at->stay);
  if (!may) return copying.at_directory(text::kCopyNotEmpty);
  // A new one each time: whatever was made of it before can not be taken for this.
  Bytes id(store::kDirectoryIdBytes);
  randombytes_buf(id.data(), id.size());
  if (auto const done = mark_adopted(copying.directory, {copying.database, false, to_hex(id), copying.number}); !done) {
    return done.error();
  }
  std::error_code failed;
  for (auto const& one : fs::directory_iterator(path, failed)) {
    auto const name = one.path().filename().string();
    if (name != "lock" && name != "adopted") fs::remove_all(one.path(), failed);
    if (failed) break;
  }
  if (failed) return Explanation(Sentence(text::kCopyNotCleared, {{"path", path.string()}}));
  if (auto const done = sync_directory(path.has_parent_path() ? path.parent_path() : fs::path(".")); !done) {
    return done.error();
  }
  return id;
}

/// Until nobody serves the meeting, nor ever will.
Explained<void> wait_until_let_go(Copying const& copying, ByteView id) {
  auto const until = std::chrono::steady_clock::now() + kLetGoMax;
  for (;;) {
    auto const holder = store::mark_leaving(copying.pool(), copying.number, id);
    if (!holder) return holder.error();
    if (!*holder) return {};
    if (std::chrono::steady_clock::now() >= until) {
      return Explanation(
          Sentence(text::kCopyServed,
                   {{"meeting", copying.number}, {"node", (*holder)->node}, {"address", (*holder)->address}}));
    }
    std::this_thread::sleep_for(kLook);
  }
}

/// As it was laid down, or not at all.
Explained<Bytes> read_attachment(Copying const& copying, meeting::Attachment const& file) {
  Bytes bytes;
  while (bytes.size() < file.size) {
    auto const length = std::min<std::size_t>(kPieceBytes, file.size - bytes.size());
    auto const piece = store::read_file_piece(copying.pool(), copying.number, file.sha256, bytes.size(), length);
    if (!piece) return piece.error();
    if (!*piece) break;
    append(bytes, **piece);
  }
  if (crypto::sha256({bytes}) != file.sha256) {
    return Explanation(Sentence(text::kCopyFileMissing, {{"meeting", copying.number}, {"name", file.name}}));
  }
  return bytes;
}

Explained<void> copy_file(Copying const& copying, meeting::Attachment const& file) {
  auto const bytes = read_attachment(copying, file);
  if (!bytes) return bytes.error();
  return write_file(copying.directory.materials() / to_hex(file.sha256.view()), *bytes);
}

/// Each once, whoever has it. @return how many there are.
Explained<std::size_t> for_attachments(meeting::Manifest const& draft,
                                       std::function<Explained<void>(meeting::Attachment const&)> const& act) {
  std::set<Bytes> done;
  for (auto const& candidate : draft.candidates) {
    for (auto const& file : candidate.attachments) {
      if (!done.insert(to_bytes(file.sha256.view())).second) continue;
      if (auto const one = act(file); !one) return one.error();
    }
  }
  return done.size();
}

/// @return how many files there are.
Explained<std::size_t> copy_files(Copying const& copying, meeting::Manifest const& draft) {
  auto const folder = copying.directory.materials();
  if (::mkdir(folder.c_str(), 0700) != 0) return system_error(strings::server::kFileNotCreated, folder);
  auto const copied = for_attachments(draft, [&](auto const& file) { return copy_file(copying, file); });
  if (!copied) return copied.error();
  if (auto const done = sync_directory(folder); !done) return done.error();
  return *copied;
}

/// What a directory holds in files is in a service's rows beside the others. @return keys, opened.
Explained<Keys> take_apart(Copying const& copying, Contents& contents, std::vector<store::Stop>& stops) {
  auto& meta = contents[Table::kMeta];
  auto const row = meta.find(to_bytes(as_bytes(kKeysRow)));
  if (row == meta.end()) return Explanation(text::kLoadNoKeys);
  auto keys = copying.keys.open(copying.number, row->second);
  if (!keys) return Explanation(text::kLoadKeysShut);
  meta.erase(row);
  stops = store::stops_in(contents);
  for (auto const& stop : stops) meta.erase(store::stop_row(stop));
  meta.erase(store::moved_row());
  return std::move(*keys);
}

/// Read again, as `run` will.
Explained<void> check_written(Copying const& copying, Contents const& wanted) {
  if (auto const settings = copying.directory.read_settings(); !settings) return settings.error();
  if (auto const keys = copying.directory.read_keys(); !keys) return keys.error();
  auto const store = copying.directory.open_store();
  if (!store) return store.error();
  auto const contents = read_contents(**store);
  if (!contents) return contents.error();
  if (contents->tables != wanted.tables) return copying.at_directory(text::kCopyDiffers);
  return {};
}

/// @return the meeting's own id.
Explained<Bytes> fill(Copying const& copying) {
  auto contents = read_meeting(copying.tools.pool, copying.number);
  if (!contents) return contents.error();
  auto const draft = read_draft(*contents);
  if (!draft) return Explanation(text::kLoadNoMeeting);
  std::vector<store::Stop> stops;
  auto const keys = take_apart(copying, *contents, stops);
  if (!keys) return keys.error();
  Writes writes;
  for (std::size_t t = 0; t < store::kTables; ++t) {
    for (auto const& [key, value] : contents->tables[t]) writes.put(static_cast<Table>(t), key, value);
  }
  if (auto const done = write_server(copying.directory, copying.settings, *keys, writes); !done) return done.error();
  for (auto const& stop : stops) {
    if (auto const done = write_file(copying.directory.stop({stop.batch, stop.attempt}), {}); !done)
      return done.error();
  }
  auto const files = copy_files(copying, *draft);
  if (!files) return files.error();
  if (auto const done = check_written(copying, *contents); !done) return done.error();
  if (auto const done = sync_directory(copying.directory.path()); !done) return done.error();
  std::cout << "entries " << (*contents)[Table::kEntry].size() << "\nattachments " << *files << "\n";
  return to_bytes(draft->meeting_id);
}

Explained<void> say_moved(Copying const& copying) {
  std::cout << "meeting " << copying.number << " moved to " << copying.directory.path().string() << "\naddress "
            << format_address(copying.settings.listen) << std::endl;
  return {};
}

/// The database has let it go: this directory has it, or another one.
Explained<void> go_on_gone(Copying const& copying, store::Whereabouts const& at) {
  auto const is_it = [&](std::optional<Adoption> const& mark) {
    return mark && mark->database == copying.database && mark->from == to_hex(at.directory);
  };
  if (is_it(release_of(copying.directory)) && !adoption_of(copying.directory)) return say_moved(copying);
  if (!is_it(adoption_of(copying.directory))) return copying.at_directory(text::kCopyOtherDirectory);
  if (auto const done = release(copying.directory); !done) return done;
  return say_moved(copying);
}

/// Everything that is to be moved, before anybody lets go of it: rows as a node takes them up, files by their hashes.
Explained<void> check_whole(Copying const& copying) {
  WorkPool pool({.threads = 1}, [](std::string const&) {});
  auto const entries = check_meeting(copying.tools, copying.keys, copying.number, pool);
  if (!entries) {
    return Explanation(Sentence(text::kCheckBroken, {{"meeting", copying.number}, {"reason", entries.error().what}}));
  }
  auto const contents = read_meeting(copying.tools.pool, copying.number);
  if (!contents) return contents.error();
  auto const draft = read_draft(*contents);
  if (!draft) return Explanation(text::kLoadNoMeeting);
  auto const files = for_attachments(*draft, [&](auto const& file) -> Explained<void> {
    if (auto const bytes = read_attachment(copying, file); !bytes) return bytes.error();
    return {};
  });
  if (!files) return files.error();
  return {};
}

/// What is on its way into this directory stays. Only that one shows that it is not there yet: a database that was set
/// back says that it is leaving although the directory has it, and is perhaps being served from there.
Explained<void> undo(Copying const& copying) {
  auto const at = store::whereabouts(copying.pool(), copying.number);
  if (!at) return at.error();
  auto const mark = adoption_of(copying.directory);
  bool const is_it = mark && mark->database == copying.database && mark->from == to_hex(at->directory);
  if (at->stay == Stay::kLeaving && !is_it) return copying.at_directory(text::kCopyUndoOther);
  if (auto const done = store::undo_leaving(copying.pool(), copying.number); !done) return done;
  std::cout << "meeting " << copying.number << " stays" << std::endl;
  return {};
}

}  // namespace

Explained<void> copy_store(fs::path const& file, CopyOptions const& options) {
  auto const copying = prepare(file, options);
  if (!copying) return copying.error();
  auto const number = copying->number;
  if (options.undo) return undo(*copying);
  auto const at = store::whereabouts(copying->pool(), number);
  if (!at) return at.error();
  if (at->stay == Stay::kGone) return go_on_gone(*copying, *at);
  if (auto const done = check_whole(*copying); !done) return done;
  auto const id = reserve(*copying, at->stay);
  if (!id) return id.error();
  if (auto const done = wait_until_let_go(*copying, *id); !done) return done;
  auto const meeting_id = fill(*copying);
  if (!meeting_id) return meeting_id.error();
  if (auto const done = store::finish_leaving(copying->pool(), number, *id, *meeting_id); !done) return done;
  if (auto const done = release(copying->directory); !done) return done;
  return say_moved(*copying);
}

}  // namespace piaojue::server
