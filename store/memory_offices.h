// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Offices without a database, for tests. Drafts do not grow old in it.
#include <mutex>

#include "store/offices.h"

namespace piaojue::store {

struct OfficeHas;

class MemoryOffices : public Offices {
 public:
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

  // ---- What a test sees and does beside it
  struct Meeting {
    OfficeNumber office = 0;
    Contents contents;
    Bytes slips;
    std::map<Hash, Bytes> files;
  };
  std::map<MeetingNumber, Meeting> meetings() const;
  /// Of the draft that will be this meeting.
  std::map<Hash, Bytes> draft_files(MeetingNumber meeting) const;
  /// As the operator's `adopt`. @return false: the number is another meeting's, or a draft's.
  bool occupy(MeetingNumber meeting);
  /// As a node's commit.
  void put(MeetingNumber meeting, Meeting state);

 private:
  struct Draft {
    MeetingNumber meeting = 0;
    bool created = false;
    Bytes description;
    std::uint64_t bytes = 0;    ///< of all that it takes, once it is created too
    std::uint64_t touched = 0;  ///< by the count of touches
    std::map<std::uint32_t, PartState> parts;
    std::map<Hash, Bytes> files;
  };
  /// Until a further one fits.
  void drop_oldest(OfficeNumber office, std::uint64_t bytes, DraftBounds const& bounds, std::uint64_t room);
  OfficeHas has(OfficeNumber office) const;
  Draft* find(OfficeNumber office, RequestId const& request);
  Draft* find(OfficeNumber office, DraftId const& draft);
  Meeting* find(OfficeNumber office, MeetingNumber meeting);

  mutable std::mutex mutex_;
  std::optional<Bytes> identity_;
  std::map<OfficeNumber, OfficeRow> offices_;
  std::map<std::pair<OfficeNumber, RequestId>, Draft> drafts_;
  std::map<MeetingNumber, Meeting> meetings_;
  std::uint64_t touches_ = 0;
};

}  // namespace piaojue::store
