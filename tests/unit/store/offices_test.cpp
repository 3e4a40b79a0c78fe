// SPDX-License-Identifier: Apache-2.0
#include "offices_contract.h"
#include "store/memory_offices.h"

namespace piaojue::store::test {
namespace {

class MemoryEngine {
 public:
  MemoryOffices& offices() { return offices_; }
  void put(MeetingNumber number, Table table, Bytes key, Bytes value) {
    auto meeting = offices_.meetings().at(number);
    meeting.contents[table][std::move(key)] = std::move(value);
    offices_.put(number, std::move(meeting));
  }
  std::optional<Bytes> file(MeetingNumber number, Hash const& hash) {
    // Files of a draft are seen by the meeting that it becomes.
    auto const meetings = offices_.meetings();
    auto const meeting = meetings.find(number);
    auto const files = meeting == meetings.end() ? offices_.draft_files(number) : meeting->second.files;
    auto const it = files.find(hash);
    return it == files.end() ? std::nullopt : std::optional(it->second);
  }
  bool occupy(MeetingNumber number) { return offices_.occupy(number); }

 private:
  MemoryOffices offices_;
};

using Engines = testing::Types<MemoryEngine>;
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, OfficesContract, Engines);

}  // namespace
}  // namespace piaojue::store::test
