// SPDX-License-Identifier: Apache-2.0
/// `store extend`: takes over what a laptop's log has beyond what was restored, of a service's meeting or of a
/// directory's, in one commit and while nobody serves it.
#include <chrono>
#include <iostream>
#include <thread>

#include "server/directory_lock.h"
#include "server/extending.h"
#include "server/key_bundle.h"
#include "server/serve.h"
#include "server/store_tools.h"
#include "store/moving.h"
#include "store/schema.h"
#include "strings/refusals.h"
#include "strings/service.h"

namespace piaojue::server {

namespace text = strings::service;

namespace {

/// Beyond kAliveFor: a row that does not change is believed a little longer (store/leases.cpp).
constexpr std::chrono::seconds kRowsRunOut{4};
constexpr std::chrono::milliseconds kLook{500};

/// As whoever serves it will find it.
Explained<void> check_extended(Contents contents, Keys keys, Extension const& extension) {
  for (auto const& write : extension.writes.list) store::apply_write(contents, write);
  WorkPool pool({.threads = 1}, [](std::string const&) {});
  auto const core =
      Core::recover(make_config(std::move(keys), {.slip_of = [](PersonId) { return std::optional<Bytes>(); },
                                                  .stop_asked = {},
                                                  .pool = pool,
                                                  .stopping = std::make_shared<std::atomic<bool>>(true)}),
                    contents);
  if (core && (*core)->record().size() == extension.after) return {};
  auto const why = core ? Refusal::kLogInconsistent : core.error();
  return Explanation(
      Sentence(text::kExtendNotTakenUp, {{"path", extension.log.string()}, {"sentence", strings::sentence_of(why)}}));
}

/// @param read the keys: asked twice, because one pair of hands holds each.
Explained<Extension> extend_in(Store& store, std::function<Explained<Keys>(Contents const&)> const& read,
                               ExtendOptions const& options) {
  auto const contents = read_contents(store);
  if (!contents) return contents.error();
  auto keys = read(*contents);
  if (!keys) return keys.error();
  auto extension = extend(*contents, *keys, options.from);
  if (!extension) return extension.error();
  if (auto const done = check_extended(*contents, std::move(*keys), *extension); !done) return done.error();
  if (auto const done = store.commit(extension->writes); !done) return done.error();
  return std::move(*extension);
}

Explained<Extension> extend_directory(fs::path const& path, ExtendOptions const& options) {
  Directory const directory(path);
  if (auto const settings = directory.read_settings(); !settings) return settings.error();
  if (auto const done = lock(directory); !done) return done.error();
  auto const store = directory.open_store();
  if (!store) return store.error();
  return extend_in(
      **store, [&](Contents const&) { return directory.read_keys(); }, options);
}

/// A restored database has the rows of nodes that were alive at the backup; they run out by themselves.
Explained<store::Taken> take_patiently(store::Node& node, store::MeetingNumber number) {
  auto const until = std::chrono::steady_clock::now() + store::kAliveFor + kRowsRunOut;
  for (;;) {
    auto taken = node.take(number);
    bool const elsewhere = taken && std::holds_alternative<store::Elsewhere>(*taken);
    if (!elsewhere || std::chrono::steady_clock::now() >= until) return taken;
    std::this_thread::sleep_for(kLook);
    if (auto const renewed = node.renew(); !renewed) return renewed.error();
  }
}

Explained<Extension> extend_service(fs::path const& file, ExtendOptions const& options) {
  auto const tools = open_tools(file);
  if (!tools) return tools.error();
  auto const keys = read_service_keys(tools->settings);
  if (!keys) return keys.error();
  if (auto const done = store::check(*tools->pool); !done) return done.error();
  // Under a lease, as a node: whoever has held it, or takes it, and this command exclude each other.
  auto const node = store::Node::join(tools->pool, "extend-" + tools->settings.name, tools->settings.address);
  if (!node) return node.error();
  auto const taken = take_patiently(**node, options.number);
  Explained<Extension> done = Explanation(text::kLoadNoMeeting);
  if (!taken) {
    done = taken.error();
  } else if (auto const* elsewhere = std::get_if<store::Elsewhere>(&*taken)) {
    done = unusable(Sentence(text::kExtendServed, {{"meeting", options.number}, {"node", elsewhere->node}}));
  } else if (auto const* lease = std::get_if<store::Lease>(&*taken)) {
    store::PostgresStore store(**node, *lease);
    done = extend_in(
        store,
        [&](Contents const& contents) -> Explained<Keys> {
          auto const& meta = contents[Table::kMeta];
          auto const row = meta.find(to_bytes(as_bytes(kKeysRow)));
          if (row == meta.end()) return Explanation(text::kLoadNoKeys);
          auto own = keys->open(options.number, row->second);
          if (!own) return Explanation(text::kLoadKeysShut);
          return std::move(*own);
        },
        options);
    static_cast<void>((*node)->give_back(*lease));
  }
  static_cast<void>((*node)->leave());
  return done;
}

}  // namespace

Explained<void> extend_store(fs::path const& place, ExtendOptions const& options, Lang lang) {
  auto const done = options.number != 0 ? extend_service(place, options) : extend_directory(place, options);
  if (!done) return done.error();
  for (auto const& said : done->said) std::cerr << said.in(lang) << std::endl;
  std::cout << "entries " << done->before << " before, " << done->after << " now\nwaits for";
  for (auto const person : people_of(done->awaited)) std::cout << " " << person;
  if (!done->without.empty()) std::cout << "\nwithout";
  for (auto const person : done->without) std::cout << " " << person;
  std::cout << "\nattempt " << (done->voids ? "lost" : "kept") << std::endl;
  return {};
}

}  // namespace piaojue::server
