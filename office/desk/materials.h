// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What applicants handed in to be read by the experts: PDF and pictures, attached at the desk, kept under
/// `OFFICE/materials/<number>-<name>/`, and given to `piaojue-server init --materials` by the place on the ballot.
/// Attaching is no deed: what the experts had before them is signed with the meeting.
#include "office/desk/desk.h"

namespace piaojue::desk {

inline constexpr std::size_t kMaterialsMax = 20;  ///< of one applicant
inline constexpr std::size_t kMaterialBytesMax = std::size_t{20} << 20;
inline constexpr std::size_t kMaterialNameBytesMax = 200;

class Materials {
 public:
  explicit Materials(fs::path office) : root_(std::move(office) / "materials") {}

  struct File {
    std::string name;
    std::uintmax_t bytes = 0;
  };
  /// By name.
  std::vector<File> list(Subject const& who) const;
  /// Moves a file in; of a name that is there it takes the place. Refused: neither PDF, PNG nor JPEG by its name or by
  /// its first bytes, empty, a name that can not stand there, one too many, a disk.
  Explained<void> add(Subject const& who, std::string const& name, fs::path const& file) const;
  /// Refused: it is not there.
  Explained<void> remove(Subject const& who, std::string const& name) const;
  /// Lays everybody's files out as `init` wants them, `<question>/<file>`. @param order the applicants' numbers, by
  /// question. @param people ascending. @return how many files. Refused: a disk.
  Explained<std::size_t> lay_out(fs::path const& folder, std::vector<std::uint32_t> const& order,
                                 std::vector<Subject> const& people) const;

 private:
  /// With the name: after another import a number may be somebody else's.
  fs::path folder(Subject const& who) const;

  fs::path root_;
};

}  // namespace piaojue::desk
