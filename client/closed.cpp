// SPDX-License-Identifier: Apache-2.0
#include "client/closed.h"

#include "strings/client.h"

namespace piaojue::client {

namespace text = strings::client;

Text const& sentence_of(net::CloseReason reason) {
  switch (reason) {
    case net::CloseReason::kLocal:
      return text::kClosedLocal;
    case net::CloseReason::kPeer:
      return text::kClosedPeer;
    case net::CloseReason::kTruncated:
      return text::kClosedTruncated;
    case net::CloseReason::kNetwork:
      return text::kClosedNetwork;
    case net::CloseReason::kTls:
      return text::kClosedTls;
    case net::CloseReason::kConnectFailed:
      return text::kClosedConnectFailed;
    case net::CloseReason::kConnectTimeout:
      return text::kClosedConnectTimeout;
    case net::CloseReason::kHandshakeTimeout:
      return text::kClosedHandshakeTimeout;
    case net::CloseReason::kFrameTimeout:
      return text::kClosedFrameTimeout;
    case net::CloseReason::kStrangerTimeout:
      return text::kClosedStrangerTimeout;
    case net::CloseReason::kIdleTimeout:
      return text::kClosedIdleTimeout;
    case net::CloseReason::kWriteTimeout:
      return text::kClosedWriteTimeout;
    case net::CloseReason::kFrameTooLarge:
      return text::kClosedFrameTooLarge;
    case net::CloseReason::kFrameMalformed:
      return text::kClosedFrameMalformed;
    case net::CloseReason::kSendOverflow:
      return text::kClosedSendOverflow;
    case net::CloseReason::kRateLimit:
      return text::kClosedRateLimit;
    case net::CloseReason::kTooMany:
      return text::kClosedTooMany;
    case net::CloseReason::kReplaced:
      return text::kClosedReplaced;
    case net::CloseReason::kRefused:
      return text::kClosedRefused;
    case net::CloseReason::kShutdown:
      return text::kClosedShutdown;
    case net::CloseReason::kProxyHeader:  // seen by servers only
    case net::CloseReason::kInternal:
      break;
  }
  return text::kClosedInternal;
}

}  // namespace piaojue::client
