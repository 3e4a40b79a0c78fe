// SPDX-License-Identifier: Apache-2.0
#include "local/peer.h"

// First: they declare what the others want, in this order.
#include <winsock2.h>
// Of the system.
#include <windows.h>
// Connections, and users as text.
#include <iphlpapi.h>
#include <sddl.h>

#include <vector>

#include "local/windows/users.h"

namespace piaojue::local {
namespace {

class Closing {
 public:
  explicit Closing(HANDLE handle) : handle_(handle) {}
  ~Closing() {
    if (handle_ != nullptr) ::CloseHandle(handle_);
  }
  Closing(Closing const&) = delete;
  Closing& operator=(Closing const&) = delete;
  HANDLE get() const { return handle_; }

 private:
  HANDLE handle_;
};

Peer by_process(DWORD process) {
  static std::wstring const own = user_of(0);
  if (own.empty()) return Peer::kUnknown;
  // One that is closed to us is another user's.
  return user_of(process) == own ? Peer::kOwn : Peer::kOther;
}

/// The connections of this machine, each with the process that has its end. Empty: the system does not tell.
std::vector<std::uint64_t> connections() {
  ULONG size = 32U << 10;
  std::vector<std::uint64_t> out;  // for its alignment
  DWORD error = ERROR_INSUFFICIENT_BUFFER;
  for (int tries = 0; tries < 4 && error == ERROR_INSUFFICIENT_BUFFER; ++tries) {
    // Some more than it wanted: others may have come.
    size += 4096;
    out.assign(size / sizeof(std::uint64_t), 0);
    error = ::GetExtendedTcpTable(out.data(), &size, FALSE, AF_INET, TCP_TABLE_OWNER_PID_CONNECTIONS, 0);
  }
  if (error != NO_ERROR) out.clear();
  return out;
}

/// The table has ports in the network's order, in the low half.
std::uint16_t port_of(DWORD field) { return static_cast<std::uint16_t>((field & 0xffU) << 8U | (field >> 8U & 0xffU)); }

}  // namespace

std::wstring user_of(std::uint32_t process) {
  Closing const opened(process == 0 ? nullptr : ::OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
  if (process != 0 && opened.get() == nullptr) return {};
  HANDLE made = nullptr;
  if (::OpenProcessToken(process == 0 ? ::GetCurrentProcess() : opened.get(), TOKEN_QUERY, &made) == 0) return {};
  Closing const token(made);
  DWORD size = 0;
  ::GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
  std::vector<std::uint64_t> buffer(size / sizeof(std::uint64_t) + 1);
  if (::GetTokenInformation(token.get(), TokenUser, buffer.data(), size, &size) == 0) return {};
  wchar_t* text = nullptr;
  if (::ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER const*>(buffer.data())->User.Sid, &text) == 0) return {};
  std::wstring out(text);
  ::LocalFree(text);
  return out;
}

Peer peer_of(std::uint16_t peer_port, std::uint16_t own_port) {
  constexpr DWORD kHere = 0x0100007f;  // 127.0.0.1 in the network's order
  auto const buffer = connections();
  if (buffer.empty()) return Peer::kUnknown;
  auto const& table = *reinterpret_cast<MIB_TCPTABLE_OWNER_PID const*>(buffer.data());
  for (DWORD i = 0; i < table.dwNumEntries; ++i) {
    auto const& row = table.table[i];
    if (row.dwLocalAddr != kHere || row.dwRemoteAddr != kHere || port_of(row.dwLocalPort) != peer_port ||
        port_of(row.dwRemotePort) != own_port) {
      continue;
    }
    // Of one that is open the system names the process; where it does not, as under Wine for programs of the system
    // around it, it does not tell.
    if (row.dwOwningPid == 0) return row.dwState == MIB_TCP_STATE_ESTAB ? Peer::kUnknown : Peer::kOther;
    return by_process(row.dwOwningPid);
  }
  return Peer::kOther;
}

Peer peer_of_local(std::intptr_t native) {
  auto* const pipe = reinterpret_cast<HANDLE>(native);  // NOLINT(performance-no-int-to-ptr)
  DWORD flags = 0;
  if (::GetNamedPipeInfo(pipe, &flags, nullptr, nullptr, nullptr) == 0) return Peer::kUnknown;
  ULONG process = 0;
  bool const told = (flags & PIPE_SERVER_END) != 0 ? ::GetNamedPipeClientProcessId(pipe, &process) != 0
                                                   : ::GetNamedPipeServerProcessId(pipe, &process) != 0;
  if (!told || process == 0) return Peer::kUnknown;
  return by_process(process);
}

}  // namespace piaojue::local
