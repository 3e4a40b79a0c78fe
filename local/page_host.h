// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The page's way in: HTTP and one WebSocket on 127.0.0.1, for this machine's browser and nobody else
/// (docs/client-door.md, "The page"). It moves lines and files, and knows nothing of what they mean.
///
/// Other programs of this machine, and every web site that its browser shows, can reach the port. What keeps them out:
/// a path and a cookie of 256 random bits each, handed over once for a token of 256 bits; `Host` and, for the socket
/// and the button, `Origin` must be this very address; the system must not say that the other end is another user's; no
/// body is taken, nothing is cached, nothing may be framed.
#include <chrono>
#include <memory>

#include "base/explained.h"
#include "local/assets.h"
#include "net/loop.h"

namespace piaojue::local {

/// One page that is or was open, by number from 1.
using PageId = std::uint32_t;

struct PageLimits {
  std::size_t connections_max = 16;
  std::uint32_t head_bytes_max = 8U << 10;
  std::size_t frame_bytes_max = 64U << 10;
  std::size_t queue_bytes_max = 8U << 20;  ///< of lines that the page has not read
  std::chrono::milliseconds request_deadline{10'000};
  std::chrono::milliseconds idle{40'000};  ///< half of it without a sign: a ping; all of it: closed
};

/// Closing codes of the socket.
inline constexpr std::uint16_t kCloseTakenOver = 4001;  ///< another tab has the door now
inline constexpr std::uint16_t kCloseRenewed = 4002;    ///< `page` gave a new address
inline constexpr std::uint16_t kCloseEnded = 4003;      ///< the program ends

class PageHost {
 public:
  /// Called on the loop, in order, never inside a call of this class.
  struct Calls {
    std::function<void(PageId)> opened;
    std::function<void(PageId, std::string line)> line;  ///< may hold a passphrase or a choice: to be wiped
    std::function<void(PageId)> closed;
    /// The button of a notice was pressed in a browser of this user: opens this new address in this machine's browser,
    /// never anywhere else. @return whether it could. Nothing: notices have no button.
    std::function<bool(std::string const& url)> browse = {};
  };
  /// @param port 0: any free one. Explains: kConflict: the port is taken; kInternal: what the system says.
  [[nodiscard]] static Explained<std::unique_ptr<PageHost>> listen(net::Loop& loop, std::uint16_t port, Assets assets,
                                                                   Calls calls, PageLimits limits);
  ~PageHost();
  PageHost(PageHost const&) = delete;
  PageHost& operator=(PageHost const&) = delete;

  // All of these on any thread.
  std::uint16_t port() const;
  /// A new address, good once; cookie, path and socket of before are good no more.
  std::string renew();
  /// To that page, if it is still there.
  void send(PageId page, std::string line);
  /// Accepts nothing more, closes the socket when all lines are out. @param done called on the loop, also when the page
  /// does not answer.
  void finish(std::function<void()> done);

 private:
  struct Impl;
  explicit PageHost(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace piaojue::local
