// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where this program's lines go: stdout, and the one page beside it (docs/client-door.md). All calls on one strand.
#include "base/explained.h"
#include "client/preferences.h"
#include "client/session/outputs.h"
#include "local/page_host.h"

namespace boost::json {
class object;
}

namespace piaojue::client {

using local::Asset;
using local::Assets;
using local::PageHost;

struct PageOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  bool browser = true;     ///< open it there
  bool empty_passphrase = false;
  Assets assets;
  std::string slip;  ///< fills in the first form
  std::string version;
};

/// What the page may say.
enum class PagePhase : std::uint8_t { kEnrol, kIntroduced, kUnlock, kRun, kEnded };

class Door {
 public:
  Door(net::Strand strand, Lang lang) : strand_(std::move(strand)), lang_(lang) {}

  /// Opens the page's port; before anything else, at most once. @param line on the strand: a line of the page.
  /// @param left on the strand: a page is gone. Explains as PageHost::listen.
  [[nodiscard]] Explained<void> listen(net::Loop& loop, PageOptions const& options,
                                       std::function<void(Asker, std::string_view)> line,
                                       std::function<void(Asker)> left);
  bool has_page() const { return page_ != nullptr; }
  /// Prints a new address of the page, which ends the session before, and opens it.
  void announce();
  /// On any thread: a new address, for another program of this user that asks for it.
  std::string renew() { return page_->renew(); }
  void change_phase(PagePhase to);
  /// Phase kIntroduced, with who the server says that this person is.
  void introduce(boost::json::object const& who);
  /// Told to the page with each phase, and now if they are others.
  void prefer(Preferences const& preferences);
  Preferences const& preferences() const { return preferences_; }
  PagePhase phase() const { return phase_; }
  Lang lang() const { return lang_; }

  void say_to(Asker asker, std::string line);
  void say(std::vector<Said> said);
  /// What is queued still goes out to the page, with `why` in words. @param done on the strand; not called without one.
  void finish(Sentence const& why, std::function<void()> done);

 private:
  void opened(Asker page);
  void closed(Asker page);
  std::string phase_line() const;
  void say_address(std::string const& url);

  net::Strand strand_;
  Lang const lang_;
  std::unique_ptr<PageHost> page_;
  std::function<void(Asker)> left_;
  std::string version_;
  bool browser_ = false;
  Asker page_asker_ = kConsole;  ///< the page that is there; kConsole: none
  PagePhase phase_ = PagePhase::kRun;
  std::string introduced_;  ///< as JSON
  Preferences preferences_;
  std::string ended_;
  bool stdout_open_ = true;
};

/// A reply of the host itself, to whoever asked.
class HostReply {
 public:
  HostReply(Door& door, Asker asker, std::string tag, std::string word)
      : door_(&door), asker_(asker), tag_(std::move(tag)), word_(std::move(word)) {}

  Asker asker() const { return asker_; }
  void ok() const;
  void ok(boost::json::object const& more) const;
  void no(Refusal code) const;
  void no(Explanation const& why) const;
  /// @param code of docs/client-door.md where it is no refusal's name.
  void no(std::string_view code, Sentence const& why) const;
  /// Code WRONG_PASSPHRASE: the page asks again.
  void wrong_passphrase() const;

 private:
  void send(bool good, std::string_view code, std::string const& message, boost::json::object const& more) const;

  Door* door_;
  Asker asker_;
  std::string tag_, word_;
};

}  // namespace piaojue::client
