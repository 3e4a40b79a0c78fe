// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The office's end (docs/office-service.md): a folder that says which service it belongs to, and what is done with it.
/// The folder (mode 0700; its files 0600):
///
///     office.json         {address, pin, office, name}: the service, the SHA-256 of its key, and who this office is
///     certificate.pem     key.pem
///     requests/NAME       of a draft that is on its way: its request; by the hash of the draft, or "rehearsal-N"
///
/// Whatever is asked is asked again where the line broke: every request can be repeated.
#include <chrono>

#include "net/loop.h"
#include "net/tls.h"
#include "server/directory.h"
#include "server/office_identity.h"
#include "server/office_wire.h"

namespace piaojue::server {

using Milliseconds = std::chrono::milliseconds;

struct OfficeReach {
  Milliseconds patience{20'000};  ///< with a line that is not there
  Milliseconds answer{600'000};   ///< for one answer: a rehearsal of many files takes its time
  std::string server_name = "office";
  Lang lang = Lang::kZh;  ///< in which the service's words are told
};

/// Who this office is, and at which service.
struct OfficeFolder {
  meeting::SlipAddress address;
  Hash pin;
  OfficeNumber office = 0;
  std::string name;
  net::Credential credential;
};

/// Becomes an office: makes `folder`, or nothing. Refused: `is_unusable`, the folder is there, a slip that is none;
/// kProof, the service does not know the slip's code, or another code; kConflict, the slip was used; kBadSignature,
/// whoever is there takes no offices.
[[nodiscard]] Explained<OfficeFolder> enrol_office(fs::path const& folder, meeting::Slip const& slip,
                                                   OfficeReach const& reach = {});
[[nodiscard]] Explained<OfficeFolder> read_office(fs::path const& folder);

struct OfficeDraftInput {
  fs::path meeting, members, candidates;
  std::optional<fs::path> recusals, materials;
  OnFiles on_files = {};  ///< kRead: of `materials`; kCopied: parts that the service has
  /// Bytes of the draft that the service has, of so many.
  std::function<void(std::uint64_t sent, std::uint64_t all)> on_sent = {};
};

/// Held until the process ends: two programs that send one draft would take each other's parts for changed files.
/// Refused: another process holds it. Whoever holds it is known by fcntl's F_GETLK on `folder`/lock.
[[nodiscard]] Explained<void> hold_office(fs::path const& folder);

class OfficeAtService {
 public:
  /// `folder` as `enrol_office` made it.
  [[nodiscard]] static Explained<std::unique_ptr<OfficeAtService>> open(fs::path const& folder, OfficeReach reach = {});
  ~OfficeAtService();

  // What the service refuses is refused with its words and its code.

  /// Goes on with what it began before, if the draft is the same. Refused: as `init_directory`.
  [[nodiscard]] Explained<store::MeetingNumber> create(OfficeDraftInput const& input);
  [[nodiscard]] Explained<store::MeetingNumber> rehearse(store::MeetingNumber meeting);
  [[nodiscard]] Explained<std::vector<office_wire::Listed>> list();
  [[nodiscard]] Explained<std::vector<office_wire::EnrolledPerson>> enrolled(store::MeetingNumber meeting);
  /// Writes a file for each person into `out`, which is new or empty, or holds exactly these slips; once they are on
  /// the disk, the service erases them. @return how many.
  [[nodiscard]] Explained<std::size_t> slips(store::MeetingNumber meeting, fs::path const& out);
  /// Writes `out` whole or not at all. @return its size.
  [[nodiscard]] Explained<std::uint64_t> record(store::MeetingNumber meeting, fs::path const& out);

  struct Impl;
  explicit OfficeAtService(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace piaojue::server
