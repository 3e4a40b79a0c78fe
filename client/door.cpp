// SPDX-License-Identifier: Apache-2.0
#include "client/door.h"

#include <sodium.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/platform/console.h"
#include "local/browser.h"
#include "strings/client.h"
#include "strings/refusals.h"

namespace piaojue::client {

namespace json = boost::json;
namespace text = strings::client;

// ==================================================================================================== The page

Explained<void> Door::listen(net::Loop& loop, PageOptions const& options,
                             std::function<void(Asker, std::string_view)> line, std::function<void(Asker)> left) {
  PageHost::Calls calls;
  calls.opened = [this](Asker page) { strand_.post([this, page] { opened(page); }); };
  calls.line = [this, line = std::move(line)](Asker page, std::string said) {
    strand_.post([line, page, kept = std::make_shared<std::string>(std::move(said))] {
      line(page, *kept);
      sodium_memzero(kept->data(), kept->size());
    });
  };
  calls.closed = [this](Asker page) { strand_.post([this, page] { closed(page); }); };
  if (options.browser) {
    calls.browse = [this](std::string const& url) {
      strand_.post([this, url] { say_address(url); });
      return local::open_browser(url).has_value();
    };
  }
  auto page = PageHost::listen(loop, options.port, options.assets, std::move(calls), local::PageLimits{});
  if (!page) return page.error();
  page_ = std::move(*page);
  left_ = std::move(left);
  version_ = options.version;
  browser_ = options.browser;
  return {};
}

void Door::say_address(std::string const& url) {
  json::object out;
  out["event"] = "page";
  out["url"] = url;
  say_to(kConsole, json::serialize(out));
}

void Door::announce() {
  auto const url = page_->renew();
  say_address(url);
  if (!browser_) return;
  if (auto const opened = local::open_browser(url); !opened) {
    std::fprintf(stderr, "piaojue: %s\n", opened.error().in(lang_).c_str());
  }
}

void Door::opened(Asker page) {
  if (page_asker_ != kConsole) closed(page_asker_);
  page_asker_ = page;
  page_->send(page, phase_line());
}

void Door::closed(Asker page) {
  left_(page);
  if (page == page_asker_) page_asker_ = kConsole;
}

namespace {

json::object describe(Preferences const& of) {
  json::object out;
  out["large"] = of.large;
  out["sound"] = of.sound;
  return out;
}

}  // namespace

std::string Door::phase_line() const {
  static constexpr std::array<std::string_view, 5> kNames{"enrol", "introduced", "unlock", "run", "ended"};
  json::object out;
  out["event"] = "page-phase";
  out["phase"] = kNames.at(static_cast<std::size_t>(phase_));
  out["version"] = version_;
  out["lang"] = lang_ == Lang::kZh ? "zh" : "en";
  out["prefers"] = describe(preferences_);
  if (phase_ == PagePhase::kIntroduced) out["introduced"] = json::parse(introduced_);
  if (phase_ == PagePhase::kEnded) out["message"] = ended_;
  return json::serialize(out);
}

void Door::change_phase(PagePhase to) {
  phase_ = to;
  if (page_ && page_asker_ != kConsole) page_->send(page_asker_, phase_line());
}

void Door::introduce(json::object const& who) {
  introduced_ = json::serialize(who);
  change_phase(PagePhase::kIntroduced);
}

void Door::prefer(Preferences const& preferences) {
  if (preferences == preferences_) return;
  preferences_ = preferences;
  json::object out = describe(preferences_);
  out["event"] = "prefers";
  if (page_ && page_asker_ != kConsole) page_->send(page_asker_, json::serialize(out));
}

void Door::finish(Sentence const& why, std::function<void()> done) {
  if (!page_) return;
  ended_ = why.in(lang_);
  change_phase(PagePhase::kEnded);
  page_->finish([this, done = std::move(done)] { strand_.post(done); });
}

// ==================================================================================================== Lines

void Door::say_to(Asker asker, std::string line) {
  if (asker != kConsole) {
    if (page_) page_->send(asker, std::move(line));
    return;
  }
  // A reader that does not read holds this program back, and only this one: its bound is the pipe's. One that went away
  // does not end a trustee's program.
  line.push_back('\n');
  if (stdout_open_) stdout_open_ = platform::write_all(platform::Stream::kOutput, line);
}

void Door::say(std::vector<Said> said) {
  for (auto& one : said) {
    if (one.to) {
      say_to(*one.to, std::move(one.line));
      continue;
    }
    if (page_asker_ != kConsole) say_to(page_asker_, one.line);
    say_to(kConsole, std::move(one.line));
  }
}

void HostReply::send(bool good, std::string_view code, std::string const& message, json::object const& more) const {
  json::object out;
  out["event"] = "reply";
  out["command"] = word_;
  out["ok"] = good;
  out["code"] = code;
  out["message"] = message;
  for (auto const& member : more) out[member.key()] = member.value();
  if (!tag_.empty()) out["tag"] = tag_;
  door_->say_to(asker_, json::serialize(out));
}

void HostReply::ok() const { ok(json::object()); }

void HostReply::ok(json::object const& more) const {
  send(true, "OK", std::string(text::kDone.in(door_->lang())), more);
}

void HostReply::no(Refusal code) const {
  send(false, piaojue::name(code), std::string(strings::sentence_of(code).in(door_->lang())), {});
}

void HostReply::no(Explanation const& why) const {
  no(piaojue::name(why.code.value_or(Refusal::kMalformed)), why.what);
}

void HostReply::wrong_passphrase() const { no("WRONG_PASSPHRASE", text::kWrongPassphrase); }

void HostReply::no(std::string_view code, Sentence const& why) const {
  auto const words = why.in(door_->lang());
  json::object more;
  more["detail"] = words;
  send(false, code, words, more);
}

}  // namespace piaojue::client
