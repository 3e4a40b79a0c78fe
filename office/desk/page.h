// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The review office's page: the same deeds as the command line's, in this machine's browser (docs/office.md, "The
/// page"). The key of whoever has signed on stays in this process; the page holds neither key nor ledger.
#include "local/page_host.h"
#include "office/desk/desk.h"

namespace piaojue::desk {

struct PageOptions {
  Setting setting;
  std::uint16_t port = 0;  ///< 0: any free one
  bool browser = true;
  local::Assets assets;  ///< its first page is "office.html"
};

/// Runs until SIGTERM or SIGINT. To be called once, before any other thread is started. Prints the address.
/// @return the exit code. Refused: the port can not be opened.
Explained<int> run_page(PageOptions const& options);

}  // namespace piaojue::desk
