// SPDX-License-Identifier: Apache-2.0
#include "server/store_tools.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "server/clock.h"
#include "server/directory_lock.h"
#include "server/draft.h"
#include "server/drafting.h"
#include "server/key_bundle.h"
#include "server/meeting_loading.h"
#include "server/office_node.h"
#include "server/serve.h"
#include "server/slips.h"
#include "store/moving.h"
#include "store/postgres_offices.h"
#include "store/schema.h"
#include "strings/refusals.h"
#include "strings/server.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;
using store::MeetingNumber;

namespace {

constexpr std::size_t kMaterialBytesMax = 1U << 30;

/// The draft names the meeting by an id of its own: two meetings of one number are two.
bool is_same(Contents const& a, Contents const& b) {
  auto const x = read_draft(a);
  auto const y = read_draft(b);
  return x && y && x->meeting_id == y->meeting_id;
}

Explained<void> add_files(store::PostgresPool& pool, MeetingNumber number, fs::path const& materials) {
  std::error_code ignored;
  for (auto const& one : fs::directory_iterator(materials, ignored)) {
    auto const name = from_hex(one.path().filename().string());
    auto const hash = name ? Hash::from(*name) : std::nullopt;
    if (!hash) continue;
    auto const bytes = read_file(one.path(), kMaterialBytesMax);
    if (!bytes) return bytes.error();
    if (auto const done = store::add_file(pool, number, *hash, *bytes); !done) return done;
  }
  return {};
}

/// What the operator has said against an Override while the directory was a server's.
std::vector<store::Stop> stops_of(Directory const& directory) {
  std::vector<store::Stop> out;
  std::error_code ignored;
  for (auto const& one : fs::directory_iterator(directory.path(), ignored)) {
    store::Stop stop;
    auto const name = one.path().filename().string();
    if (std::sscanf(name.c_str(), "stop-%u-%u", &stop.batch, &stop.attempt) == 2) out.push_back(stop);
  }
  return out;
}

/// As nodes do. Where the row that says it does not open, nodes make no meetings either.
Explained<ServiceKey> key_to_seal_under(Tools const& tools, ServiceKeys const& keys) {
  store::PostgresOffices offices(tools.pool);
  auto const standing = standing_key(offices, seal_of(keys));
  if (standing) return standing->key;
  if (standing.error().code == Refusal::kStorage) return standing.error();
  return keys.before() ? ServiceKey::kBefore : ServiceKey::kNow;
}

/// @return whether the meeting is in the database already. Refused: another one of this number is.
Explained<bool> is_there(Tools const& tools, MeetingNumber number, Contents const& contents) {
  auto const sealed = store::sealed_keys(*tools.pool, number);
  if (!sealed) return sealed.error();
  if (!*sealed) return false;
  auto const there = read_meeting(tools.pool, number);
  if (!there) return there.error();
  if (is_same(*there, contents)) return true;
  return unusable(Sentence(text::kAdoptNumberTaken, {{"meeting", number}}));
}

}  // namespace

Explained<Tools> open_tools(fs::path const& file) {
  auto settings = read_service(file);
  if (!settings) return settings.error();
  auto pool = store::PostgresPool::open({.url = settings->database, .connections = 2});
  if (!pool) return pool.error();
  return Tools{std::move(*settings), std::move(*pool)};
}

Explained<Contents> read_meeting(std::shared_ptr<store::PostgresPool> pool, MeetingNumber meeting) {
  auto const store = store::open_to_read(std::move(pool), meeting);
  if (!store) return store.error();
  return (*store)->load();
}

Explained<Contents> read_meeting(fs::path const& file, MeetingNumber meeting) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  return read_meeting(tools->pool, meeting);
}

namespace {

/// What `adopt` takes in, and into what.
struct Taking {
  Directory directory;
  Tools tools;
  MeetingNumber number = 0;
  store::Whereabouts at;
  std::string database;  ///< its id, in hexadecimal digits
};

/// Whether the database has all that the directory has: rows that are only ever added.
bool has_all(Contents const& there, Contents const& here) {
  return std::ranges::all_of(std::array{Table::kEntry, Table::kEnrolment}, [&](Table table) {
    return std::ranges::all_of(here[table], [&](auto const& row) {
      auto const found = there[table].find(row.first);
      return found != there[table].end() && found->second == row.second;
    });
  });
}

/// @return whether it is there already. Refused: it may not come in.
Explained<bool> may_come(Taking const& taking, Contents const& contents) {
  auto const& path = taking.directory.path();
  auto const there = is_there(taking.tools, taking.number, contents);
  if (!there) return there;
  if (taking.at.stay == store::Stay::kLeaving) {
    return unusable(Sentence(text::kAdoptLeaving, {{"meeting", taking.number}}));
  }
  auto const before = adoption_of(taking.directory);
  if (before && !before->from.empty()) return unusable(Sentence(text::kRunNotHereYet, {{"path", path.string()}}));
  if (before && before->database != taking.database)
    return unusable(Sentence(text::kAdoptElsewhere, {{"path", path.string()}}));
  if (taking.at.stay == store::Stay::kGone) {
    auto const draft = read_draft(contents);
    if (!draft || to_bytes(draft->meeting_id) != taking.at.meeting_id)
      return unusable(Sentence(text::kAdoptNumberTaken, {{"meeting", taking.number}}));
    auto const came = release_of(taking.directory);
    if (!came || came->database != taking.database || came->from != to_hex(taking.at.directory))
      return unusable(Sentence(text::kAdoptOtherDirectory, {{"path", path.string()}, {"meeting", taking.number}}));
  }
  // Its log has gone on there; this directory's is the beginning of it, and whoever saw more would call it another.
  if (before && before->done && !*there) return unusable(Sentence(text::kAdoptGone, {{"meeting", taking.number}}));
  if (!*there) return false;
  // Or the other way round: the database was set back, and what it has is the beginning of this one.
  auto const rows = read_meeting(taking.tools.pool, taking.number);
  if (!rows) return rows.error();
  if (has_all(*rows, contents)) return true;
  return unusable(Sentence(text::kAdoptLonger, {{"path", path.string()}, {"meeting", taking.number}}));
}

Explained<void> take_in(Taking const& taking, Secret const& key, Keys const& own, Contents contents) {
  auto& pool = *taking.tools.pool;
  if (auto const done = add_files(pool, taking.number, taking.directory.materials()); !done) return done;
  auto& meta = contents[Table::kMeta];
  meta[to_bytes(as_bytes(kKeysRow))] = seal_keys(key, taking.number, own);
  for (auto const& stop : stops_of(taking.directory)) meta[store::stop_row(stop)] = {};
  if (taking.at.stay != store::Stay::kGone) return store::create_meeting(pool, taking.number, 0, contents);
  return store::come_back(pool, taking.number, taking.at.directory, contents);
}

}  // namespace

Explained<void> adopt(fs::path const& file, fs::path const& path) {
  Directory const directory(path);
  auto const settings = directory.read_settings();
  if (!settings) return settings.error();
  auto const number = settings->meeting_number;
  if (number == 0) return unusable(Sentence(text::kAdoptNoNumber, {{"path", path.string()}}));
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  auto const keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  if (auto const done = store::check(*tools->pool); !done) return done;
  if (auto const done = lock_to_adopt(directory); !done) return done;
  auto const own = directory.read_keys();
  if (!own) return own.error();
  auto const from = directory.open_store();
  if (!from) return from.error();
  auto const contents = read_contents(**from);
  if (!contents) return contents.error();
  auto const id = store::database_id(*tools->pool);
  if (!id) return id.error();
  auto const at = store::whereabouts(*tools->pool, number);
  if (!at) return at.error();
  Taking const taking{directory, *tools, number, *at, to_hex(*id)};
  auto const there = may_come(taking, *contents);
  if (!there) return there.error();
  // Before the directory is marked: where an office's draft holds the number, it stays a server's. That of a meeting
  // which was here before is its own.
  if (at->stay != store::Stay::kGone) {
    if (auto const done = store::take_number(*tools->pool, number); !done) return done;
  }
  auto const under = key_to_seal_under(*tools, *keys);
  if (!under) return under.error();
  // First this, so that no moment is in which both may be served: a mark without a meeting is mended by repeating.
  if (auto const done = mark_adopted(directory, {taking.database, *there}); !done) return done;
  if (!*there) {
    if (auto const done = take_in(taking, key_of(*keys, *under), *own, *contents); !done) return done;
  }
  if (auto const done = mark_adopted(directory, {taking.database, true}); !done) return done;
  std::cout << "meeting " << number << " adopted\n";
  return {};
}

Explained<fs::path> new_slip(fs::path const& file, MeetingNumber meeting, meeting::PersonId person,
                             fs::path const& out) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  auto const keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  auto const contents = read_meeting(tools->pool, meeting);
  if (!contents) return contents.error();
  auto const manifest = read_draft(*contents);
  if (!manifest) return Explanation(text::kLoadNoMeeting);
  if (person < 1 || person > manifest->people.size()) {
    return unusable(Sentence(strings::server::kSlipNoPerson,
                             {{"person", person}, {"people", std::uint64_t{manifest->people.size()}}}));
  }
  auto const sealed = store::sealed_keys(*tools->pool, meeting);
  if (!sealed) return sealed.error();
  auto const own = *sealed ? keys->open(meeting, **sealed) : Result<Keys>(Refusal::kUnknown);
  if (!own) return Explanation(text::kLoadKeysShut);
  auto const address = meeting::parse_slip_address(tools->settings.addresses.front());
  if (!address) return unusable(Sentence(strings::server::kKeyNotAddress, {{"key", std::string("addresses")}}));
  Writes writes;
  auto const slip = make_slip(writes, own->seal, manifest->meeting_id, {*address, meeting}, person);
  // The file first: a slip that nobody has on paper would void the old one for nothing.
  if (auto const done = write_file(out, as_bytes(slip_file(slip, *manifest))); !done) return done.error();
  auto const done = store::write_slip_row(*tools->pool, meeting, person, writes.list.front().value);
  if (done) return out;
  std::error_code ignored;
  fs::remove(out, ignored);
  return done.error();
}

Explained<void> stop_attempt(fs::path const& file, MeetingNumber meeting, meeting::HalfOf const& attempt) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  return store::add_stop(*tools->pool, meeting, {attempt.batch, attempt.attempt});
}

Explained<void> migrate_store(fs::path const& file) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  if (auto const done = store::migrate(*tools->pool); !done) return done;
  std::cout << "format " << store::kFormat << " at " << tools->pool->place() << "\n";
  return {};
}

// ---- reseal

Explained<bool> reseal_store(fs::path const& file, Lang lang) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  auto const keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  store::PostgresOffices offices(tools->pool);
  // From here on nodes seal what is new under the new key: what is listed below is all that is under the old one. A row
  // that does not open is told at the end, and keeps no meeting from being put under the new key.
  auto const address = address_of(tools->settings);
  if (!address) return address.error();
  auto const begun = reseal_identity(offices, seal_of(*keys), address->host, now_s());
  if (!begun && begun.error().code == Refusal::kStorage) return begun.error();
  auto const listed = store::numbers_here(*tools->pool);
  if (!listed) return listed.error();
  std::size_t done = 0;
  for (auto const meeting : *listed) {
    auto const sealed = store::sealed_keys(*tools->pool, meeting);
    if (!sealed) return sealed.error();
    auto const own = *sealed ? keys->open(meeting, **sealed) : Result<Keys>(Refusal::kUnknown);
    if (!own) {
      std::cerr
          << Sentence(text::kCheckBroken, {{"meeting", meeting}, {"reason", Sentence(text::kLoadKeysShut)}}).in(lang)
          << std::endl;
      continue;
    }
    // If somebody else has done it meanwhile it is not counted: under which key he put it is not known here.
    auto const after = seal_keys(keys->now(), meeting, *own);
    auto const replaced = store::replace_sealed_keys(*tools->pool, meeting, **sealed, after);
    if (!replaced) return replaced.error();
    if (*replaced) ++done;
  }
  auto const of_offices = reseal_offices(offices, seal_of(*keys));
  // A row that does not open is found by both.
  if (!begun || !of_offices) std::cerr << (begun ? of_offices.error() : begun.error()).in(lang) << std::endl;
  std::cout << "resealed " << done << " of " << listed->size() << "\n";
  if (of_offices) std::cout << "offices " << *of_offices << "\n";
  return done == listed->size() && begun && of_offices;
}

// ---- check

Explained<std::uint64_t> check_meeting(Tools const& tools, ServiceKeys const& keys, MeetingNumber number,
                                       WorkPool& pool) {
  auto const contents = read_meeting(tools.pool, number);
  if (!contents) return contents.error();
  auto const& meta = (*contents)[Table::kMeta];
  auto const row = meta.find(to_bytes(as_bytes(kKeysRow)));
  if (row == meta.end()) return Explanation(text::kLoadNoKeys);
  auto own = keys.open(number, row->second);
  if (!own) return Explanation(text::kLoadKeysShut);
  auto const core =
      Core::recover(make_config(std::move(*own), {.slip_of = [](PersonId) { return std::optional<Bytes>(); },
                                                  .stop_asked = {},
                                                  .pool = pool,
                                                  .stopping = std::make_shared<std::atomic<bool>>(true)}),
                    *contents);
  if (core) return (*core)->record().size();
  return Explanation(Sentence(text::kLoadNotTakenUp, {{"sentence", strings::sentence_of(core.error())}}));
}

Explained<bool> check_store(fs::path const& file, std::optional<MeetingNumber> meeting, Lang lang) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  auto const keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  if (auto const done = store::check(*tools->pool); !done) return done.error();
  std::vector<MeetingNumber> numbers;
  if (meeting) {
    numbers.push_back(*meeting);
  } else {
    auto listed = store::numbers_here(*tools->pool);
    if (!listed) return listed.error();
    numbers = std::move(*listed);
  }
  WorkPool pool({.threads = 1}, [](std::string const&) {});
  bool whole = true;
  auto const leaving = meeting ? Explained<std::vector<MeetingNumber>>() : store::leaving(*tools->pool);
  if (!leaving) return leaving.error();
  for (auto const number : *leaving) {
    whole = false;
    std::cerr << Sentence(text::kCheckLeaving, {{"meeting", number}}).in(lang) << std::endl;
  }
  for (auto const number : numbers) {
    auto const entries = check_meeting(*tools, *keys, number, pool);
    if (entries) {
      std::cout << "meeting " << number << " whole, entries " << *entries << std::endl;
      continue;
    }
    whole = false;
    std::cerr << Sentence(text::kCheckBroken, {{"meeting", number}, {"reason", entries.error().what}}).in(lang)
              << std::endl;
  }
  return whole;
}

}  // namespace piaojue::server
