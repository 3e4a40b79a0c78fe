// SPDX-License-Identifier: Apache-2.0
#include "office/desk/page.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/platform/process.h"
#include "local/browser.h"
#include "local/foreground.h"
#include "local/instance.h"
#include "local/wiped_json.h"
#include "net/loop.h"
#include "office/desk/page_requests.h"
#include "office/desk/sheet_files.h"
#include "strings/desk.h"

namespace piaojue::desk {

namespace json = boost::json;
namespace words = strings::desk;

namespace {

using local::PageId;
using local::WipedJson;

constexpr std::size_t kQueueMax = 64;
constexpr std::size_t kTagMax = 20;
constexpr std::chrono::seconds kWatchEvery{2};

/// Lines in, replies out, one after the other, away from the thread that serves the page.
class PageQueue {
 public:
  explicit PageQueue(Setting setting)
      : lang_(setting.lang), requests_(std::move(setting), platform::program_folder()) {}
  PageRequests& requests() { return requests_; }

  /// On the loop. What comes when the queue is full gets no answer: pages wait for each.
  void put(PageId page, std::string line) {
    {
      std::lock_guard const lock(mutex_);
      if (lines_.size() < kQueueMax) {
        lines_.emplace_back(page, std::move(line));
        line.clear();
      }
    }
    sodium_memzero(line.data(), line.size());
    some_.notify_one();
  }

  [[noreturn]] void work(local::PageHost& host) {
    for (;;) {
      std::pair<PageId, std::string> next;
      {
        std::unique_lock lock(mutex_);
        some_.wait(lock, [this] { return !lines_.empty(); });
        next = std::move(lines_.front());
        lines_.pop_front();
      }
      auto reply = answer(next.second);
      // A passphrase may have stood here.
      sodium_memzero(next.second.data(), next.second.size());
      if (!reply.empty()) host.send(next.first, std::move(reply));
    }
  }

 private:
  Lang lang_;
  PageRequests requests_;
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::pair<PageId, std::string>> lines_;

  /// "@tag verb {…}". @return nothing for what is no request.
  std::string answer(std::string_view line) {
    auto const blank = line.find(' ');
    if (!line.starts_with('@') || blank == std::string_view::npos || blank > kTagMax) return {};
    json::object out;
    out["event"] = "reply";
    out["tag"] = line.substr(1, blank - 1);
    line.remove_prefix(blank + 1);
    auto const verb = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), verb.size() + 1));
    auto more = reply(verb, line.empty() ? "{}" : line);
    out["ok"] = more.has_value();
    out["code"] = more ? "OK" : "OFFICE_REFUSED";
    if (!more) out["message"] = more.error().in(lang_);
    if (more)
      for (auto& member : *more) out[member.key()] = std::move(member.value());
    return json::serialize(out);
  }
  Explained<json::object> reply(std::string_view verb, std::string_view text) {
    try {
      // A passphrase may stand in it.
      WipedJson given;
      auto const* const in = given.parse(text);
      if (in == nullptr) return Explanation(words::kPageUnreadable);
      return requests_.answer(verb, *in);
    } catch (std::exception const& error) {
      // Of a library: out of memory, or a disk that can not be read.
      return Explanation(Sentence(words::kPlain, {{"text", std::string(error.what())}}));
    }
  }
};

}  // namespace

Explained<int> run_page(PageOptions const& options) {
  using Own = std::unique_ptr<local::Instance>;
  auto const folder = options.setting.office.string();
  auto const own = local::own_or_page<Own>(folder, [&folder] { return local::Instance::take(folder); });
  if (!own) return own.error();
  if (auto const* const url = std::get_if<std::string>(&*own)) {
    local::show_running_page(folder, *url, options.browser, options.setting.lang);
    return 0;
  }
  auto const foreground = local::take_foreground();
  if (!foreground) return foreground.error();
  // Neither is ever destroyed: the process ends where it stands, and the ledger withstands that.
  auto* const queue = new PageQueue(options.setting);
  auto* const loop = new net::Loop;
  queue->requests().uploads().clear();
  local::PageHost::Calls calls;
  calls.opened = [](PageId) {};
  calls.closed = [](PageId) {};
  if (options.browser) calls.browse = [](std::string const& url) { return local::open_browser(url).has_value(); };
  calls.line = [queue](PageId page, std::string line) { queue->put(page, std::move(line)); };
  auto const assets = [queue, files = options.assets](std::string_view path) -> std::optional<local::Asset> {
    constexpr std::string_view kPapers = "papers/";
    if (path.starts_with(kPapers)) return queue->requests().paper(path.substr(kPapers.size()));
    constexpr std::string_view kPrints = "prints/";
    if (path.starts_with(kPrints)) return queue->requests().print(path.substr(kPrints.size()));
    constexpr std::string_view kSheets = "sheets/";
    if (path.starts_with(kSheets)) return sheet_asset(path.substr(kSheets.size()), queue->requests().uploads());
    return files(path == "index.html" ? "office.html" : path);
  };
  auto host = local::PageHost::listen(*loop, options.port, assets, std::move(calls), {});
  if (!host) return host.error();
  loop->start(1);
  std::thread([queue, page = host->get()] { queue->work(*page); }).detach();
  std::thread([queue] {
    for (;; std::this_thread::sleep_for(kWatchEvery)) queue->requests().watch();
  }).detach();
  std::get<Own>(*own)->serve(*loop, [page = host->get()] { return page->renew(); });
  local::show_page((*host)->renew(), options.browser, options.setting.lang);
  (*foreground)->wait(false);
  queue->requests().uploads().clear();
  std::_Exit(0);
}

}  // namespace piaojue::desk
