// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One program a folder, and one page: whoever starts a second one gets the page of the first, which keeps what it has
/// in memory. The first holds `page.lock` in the folder and listens on `page.sock` there (mode 0600), on Windows on a
/// named pipe for this user alone whose name is made from the folder's; both sides ask the system whose program the
/// other is. A socket that a killed program left is replaced. A connection says "page", a line, and gets a line: a
/// fresh one-time address. Three seconds are all that either side waits.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "base/explained.h"
#include "net/loop.h"

namespace piaojue::local {

inline constexpr std::chrono::milliseconds kPageAnswer{3'000};

class Instance {
 public:
  /// Makes the folder where there is none. From here on others can ask, and wait for `serve`.
  /// Explains: kConflict, another program has it; kStorage, what the system says.
  [[nodiscard]] static Explained<std::unique_ptr<Instance>> take(std::string const& folder);
  ~Instance();
  Instance(Instance const&) = delete;
  Instance& operator=(Instance const&) = delete;

  /// At most once. @param page on the loop: a fresh address, which this gives to this user's programs alone; empty:
  /// there is none any more.
  void serve(net::Loop& loop, std::function<std::string()> page);
  /// Answers nobody any more: the program ends. On any thread.
  void stop();

 private:
  struct Impl;
  explicit Instance(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// Of the program that has the folder: a fresh address of its page. Explains: kUnknown, none answers, or not yet;
/// kNotAuthorised, it is another user's program.
[[nodiscard]] Explained<std::string> ask_for_page(std::string const& folder);

/// What `own` gives, or, as long as that explains kConflict, the page of the program that has the folder. Tries until
/// three seconds are over, since that program may just begin or end. Explains: as `own`; kNotAuthorised.
template <class T>
[[nodiscard]] Explained<std::variant<T, std::string>> own_or_page(std::string const& folder,
                                                                  std::function<Explained<T>()> const& own) {
  using Either = std::variant<T, std::string>;
  constexpr std::chrono::milliseconds kAgain{50};
  auto const deadline = std::chrono::steady_clock::now() + kPageAnswer;
  for (;;) {
    auto mine = own();
    if (mine) return Either(std::in_place_index<0>, std::move(*mine));
    if (mine.error().code != Refusal::kConflict) return mine.error();
    auto page = ask_for_page(folder);
    if (page) return Either(std::in_place_index<1>, std::move(*page));
    if (page.error().code == Refusal::kNotAuthorised) return page.error();
    if (std::chrono::steady_clock::now() >= deadline) return mine.error();
    std::this_thread::sleep_for(kAgain);
  }
}

}  // namespace piaojue::local
