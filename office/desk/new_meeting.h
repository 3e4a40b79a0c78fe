// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A new meeting, from the imported sheets to a server's directory that is ready to run: the roster's files, a
/// meeting.toml that the office writes, and `piaojue-server init` on them. All of it, or nothing.
#include "office/desk/deeds.h"
#include "office/desk/materials.h"
#include "office/desk/meetings.h"

namespace piaojue::desk {

/// What meeting.toml holds.
struct MeetingSettings {
  std::string title;
  Day date{};
  bool rehearsal = false;
  std::uint32_t committee_size = 0;  ///< 应到
  std::string size_approval;         ///< of a committee that is smaller than the rules ask
  bool chair = true;                 ///< a trustee beside the server; so is `supervisor`
  bool supervisor = true;
  meeting::Rules rules;
};
/// As `piaojue-server init` reads it. What people typed is escaped.
std::string meeting_toml(MeetingSettings const& settings);

struct NewMeeting {
  MeetingSettings settings;
  std::string host;  ///< of this machine, as laptops reach it
  Roster roster;     ///< its `out` and `meeting` are set here
};
/// The files that a meeting is made from, and the roster's deed, checked and signed: nothing of it is written.
struct MeetingFiles {
  RosterFiles made;
  std::optional<Draft> deed;  ///< none: a rehearsal is no deed
};
/// @param folder where the files would lie.
Explained<MeetingFiles> meeting_files(Desk& desk, fs::path const& folder, NewMeeting const& request);
/// The meeting is there: its roster lies in `roster_folder` from now on, and stands in the ledger.
Explained<void> enter_roster(Desk& desk, fs::path const& roster_folder, MeetingFiles const& files);

/// A meeting signs the roster's deed (`roster`); a rehearsal is no deed, and leaves the roster as it is.
/// Refused besides: another meeting of this office runs, and what `piaojue-server init` refuses, in its words.
/// @param roster_folder gets the same files once more. @return the meeting's name.
Explained<std::string> make_meeting(Desk& desk, Meetings const& meetings, Materials const& materials,
                                    fs::path const& roster_folder, NewMeeting const& request);

/// One address of this machine, and the port that a server there would get: 7443, or 0 if that is taken.
struct OwnAddress {
  std::string host, interface;
  bool loopback = false;
  std::uint16_t port = 0;
};
/// Those of the network first. IPv4 only: slips are typed.
std::vector<OwnAddress> own_addresses();

/// What there is to choose from.
struct MeetingPlan {
  std::size_t experts = 0;
  std::string chair, supervisor;                             ///< whose laptops guard; empty: there is none
  std::vector<std::pair<std::string, std::size_t>> batches;  ///< title and number of candidates
  bool proposed = false;                                     ///< by the office, of at most the size that was given
  std::vector<SuggestedRecusal> recusals;
  std::vector<Sentence> faults;  ///< of the committee as it is listed
  std::size_t size_wanted = 0;   ///< by the rules, of a committee for these levels; 0: any
};
/// Refused: nothing is imported, or somebody is undecided, who is named.
Explained<MeetingPlan> plan_meeting(Desk const& desk, std::size_t batch_size);

}  // namespace piaojue::desk
