// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Offices in PostgreSQL. Parts of a draft lie in piaojue_file under the number that its meeting will have; the
/// meeting's own rows come in one transaction (`create`). Files of a rehearsal lie under the number of the meeting that
/// it rehearses, and nowhere else; nothing erases a meeting, so nothing takes them from under it.
///
///     piaojue_office_service  one row: the service's id, CA and TLS key for offices, sealed
///     piaojue_office          an office, its newest slip, and the certificate that it was given
///     piaojue_office_draft    by the number of its meeting: whose, under which request, created (0, 1), last touched,
///                             bytes of all that it takes
///     piaojue_office_meeting  what a list says of a meeting, and under which number its files lie
///     piaojue_number          numbers that are taken, and whose draft holds it; 0: a meeting does, or will
///     (meetings.h) piaojue_office_part     of a draft's part: how many bytes are there; whole (0, 1)
///     piaojue_office_slips    sealed slips of a meeting, until they were fetched
#include "store/offices.h"

namespace piaojue::store {

class PostgresOffices final : public Offices {
 public:
  explicit PostgresOffices(std::shared_ptr<PostgresPool> pool) : pool_(std::move(pool)) {}

  Explained<std::optional<Bytes>> identity() override;
  Explained<Bytes> set_identity(ByteView sealed) override;
  Explained<std::vector<SealedRow>> sealed_rows() override;
  Explained<bool> replace_sealed(SealedRow const& row, ByteView after) override;
  Explained<OfficeNumber> add_office(std::string const& name, std::function<Bytes(OfficeNumber)> const& slip) override;
  Explained<bool> replace_slip(OfficeNumber office, ByteView slip) override;
  Explained<std::optional<OfficeRow>> office(OfficeNumber office) override;
  Explained<std::vector<OfficeRow>> offices() override;
  Explained<std::optional<OfficeNumber>> office_of(Hash const& spki) override;
  Explained<bool> enrol(OfficeRow const& row) override;
  Explained<void> confirm(OfficeNumber office) override;
  Explained<OfficeDraftRow> begin_draft(OfficeNumber office, RequestId const& request, NewDraft const& fresh,
                                        DraftBounds const& bounds) override;
  Explained<std::optional<OfficeDraftRow>> draft(OfficeNumber office, RequestId const& request) override;
  Explained<std::optional<PartState>> put_piece(OfficeNumber office, DraftId const& draft, DraftPart const& part,
                                                std::uint64_t offset, ByteView bytes) override;
  Explained<std::optional<Bytes>> read_piece(OfficeNumber office, DraftId const& draft, DraftPart const& part,
                                             std::uint64_t offset) override;
  Explained<void> judge_part(OfficeNumber office, DraftId const& draft, DraftPart const& part, bool is_right) override;
  Explained<std::optional<MeetingNumber>> create(OfficeNumber office, DraftId const& draft, NewMeeting const& made,
                                                 DraftBounds const& bounds) override;
  Explained<std::vector<ListedOwn>> own_meetings(OfficeNumber office, MeetingNumber after, std::size_t count) override;
  Explained<std::optional<OwnMeeting>> own_meeting(OfficeNumber office, MeetingNumber meeting) override;
  Explained<std::optional<Contents>> own_log(OfficeNumber office, MeetingNumber meeting, std::uint64_t bytes_max,
                                             std::chrono::steady_clock::time_point until) override;
  Explained<std::optional<Bytes>> own_slips(OfficeNumber office, MeetingNumber meeting) override;
  Explained<bool> erase_slips(OfficeNumber office, MeetingNumber meeting) override;

 private:
  std::shared_ptr<PostgresPool> pool_;
};

}  // namespace piaojue::store
