// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a sheet was read, for the clerk to see before anything follows from it: a column that was passed over in silence
/// is a fact that nobody misses.
#include <string>
#include <vector>

#include "base/sentence.h"
#include "sheets/passed_rows.h"

namespace piaojue::sheets {

struct Reading {
  struct Read {
    std::size_t column;  ///< from 1
    std::string words, field;
  };
  struct Ignored {
    std::size_t column;
    std::string words;
  };
  std::string sheet;                 ///< empty for CSV
  std::size_t header = 0, rows = 0;  ///< the header's last row, from 1; how many rows were read
  std::vector<Read> read;
  std::vector<Ignored> ignored;     ///< only those with a heading or with anything below it
  std::vector<PassedRow> passed;    ///< by row
  std::vector<std::string> unread;  ///< hidden sheets, and entries without a sheet of cells
  std::vector<std::string> others;  ///< sheets that are shown and hold another table, or none

  /// All of it for people, one matter a sentence: the columns read, those ignored, rows and sheets passed over.
  /// @param file what the file is called; where it stands, its sheet stands as well.
  std::vector<Sentence> sentences(Sentence const& file) const;
};

/// Of one sheet that is read for two things: a column is ignored if neither reads it.
Reading of_both(Reading const& one, Reading const& other);

}  // namespace piaojue::sheets
