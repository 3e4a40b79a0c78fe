// SPDX-License-Identifier: Apache-2.0
#pragma once
/// An OfficeDesk over MemoryOffices, spoken to in real frames by offices that hold no more than a real one.
#include <gtest/gtest.h>

#include "server/office_desk.h"
#include "store/memory_offices.h"
#include "support/meeting_fixture.h"

namespace piaojue::server::test {

namespace wire = office_wire;
using piaojue::test::must;
using store::MeetingNumber;
using store::MemoryOffices;
using store::RequestId;

/// A draft as an office's program holds it: the description, and the bytes of each part.
struct Sendable {
  wire::OfficeDraft draft;
  std::vector<Bytes> parts;
};
struct SheetsOfDraft {
  std::string meeting = "title = \"职称评审\"\ndate = \"2026-03-02\"\ncommittee_size = 3\nrehearsal = true\n";
  std::string members =
      "姓名,单位,角色\n甲,一院,主任委员\n乙,二院,专家\n丙,三院,专家\n丁,局,工作人员\n戊,纪检,监督人员\n";
  std::string candidates =
      "姓名,单位,级别,渠道,批次,业绩摘要,评议组意见\n申报人,某公司,高级工程师,正常,第一批,项目,同意\n";
  std::optional<std::string> recusals = {};
  /// Of candidate 1.
  std::vector<std::pair<std::string, Bytes>> files = {};
};
Sendable sendable(SheetsOfDraft const& sheets = {});
RequestId request_of(std::uint8_t value);

/// A database that takes its time where a test says so.
class SlowOffices final : public MemoryOffices {
 public:
  std::function<void(OfficeNumber)> on_list, on_piece, on_log;  ///< before it is read
  bool confirms = true;                                         ///< what is asked of a standby

  Explained<void> confirm(OfficeNumber office) override {
    return confirms ? MemoryOffices::confirm(office) : Explanation(Sentence(), {}, Refusal::kStorage);
  }
  Explained<std::vector<store::ListedOwn>> own_meetings(OfficeNumber office, MeetingNumber after,
                                                        std::size_t count) override {
    if (on_list) on_list(office);
    return MemoryOffices::own_meetings(office, after, count);
  }
  Explained<std::optional<Bytes>> read_piece(OfficeNumber office, store::DraftId const& draft,
                                             store::DraftPart const& part, std::uint64_t offset) override {
    if (on_piece) on_piece(office);
    return MemoryOffices::read_piece(office, draft, part, offset);
  }
  Explained<std::optional<store::Contents>> own_log(OfficeNumber office, MeetingNumber meeting, std::uint64_t bytes_max,
                                                    std::chrono::steady_clock::time_point until) override {
    if (on_log) on_log(office);
    return MemoryOffices::own_log(office, meeting, bytes_max, until);
  }
};

class OfficeFixture {
 public:
  OfficeFixture();

  SlowOffices offices;
  ServiceSeal const seal = seal_under(Secret::random(32));
  std::uint64_t now_ms = 1'000'000;
  std::vector<std::string> failures;  ///< what the operator is told
  OfficeIdentity identity;
  std::unique_ptr<OfficeDesk> desk;
  OfficeWorld world();
  void restart() { restart(world()); }
  void restart(OfficeWorld with) { desk = std::make_unique<OfficeDesk>(std::move(with), identity.clone()); }

  // ---- Connections
  OfficeSession connect(std::optional<Hash> const& certificate, std::string const& address = "192.0.2.1");
  wire::Answer ask(OfficeSession& session, wire::What const& what);
  /// On a connection of its own.
  wire::Answer ask(Hash const& certificate, wire::What const& what);
  bool closed = false;  ///< by the last answer

  // ---- Becoming an office
  NewOffice add(std::string const& name = "人社局职称办");
  struct Client {
    Secret key;
    Bytes csr;
    Hash spki;
  };
  static Client new_client();
  wire::EnrolKey key_frame(OfficeSession const& session, meeting::Slip const& slip, Client const& client) const;
  wire::Answer enrol(meeting::Slip const& slip, Client const& client);
  /// An office with a certificate. @return that one's hash.
  Hash office(std::string const& name = "人社局职称办");

  // ---- Drafts
  /// Everything up to CreateMeeting.
  void send(Hash const& certificate, RequestId const& request, Sendable const& draft);
  MeetingNumber create(Hash const& certificate, RequestId const& request, Sendable const& draft);

 private:
  std::uint64_t last_id_ = 0;
  std::uint8_t connections_ = 0;
};

/// Throws if it is none.
template <class T>
T of(wire::Answer const& answer) {
  if (auto const* refused = std::get_if<wire::Refused>(&answer); refused && !std::is_same_v<T, wire::Refused>) {
    throw std::logic_error("refused: " + refused->en);
  }
  return std::get<T>(answer);
}
/// What it was refused with.
template <class T>
Explanation must_fail(Explained<T> const& result) {
  if (result) throw std::logic_error("not refused");
  return result.error();
}
inline Refusal code(wire::Answer const& answer) { return of<wire::Refused>(answer).code; }

}  // namespace piaojue::server::test
