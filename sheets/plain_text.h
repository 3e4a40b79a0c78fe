// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Cells as people see them: without what nobody sees, on one line, and without showing an identity number whole.
#include <string>
#include <string_view>
#include <vector>

namespace piaojue::sheets {

/// Without spaces and invisible marks (zero width, direction, soft hyphen) at both ends; in what is only a number, a
/// date or a code of letters and digits, also without those inside, and without the apostrophe before a digit by which
/// a program keeps a number as a text. Inside other texts a mark stays, to be refused.
std::string plain(std::string_view cell);

/// The lines of a cell, each trimmed; a cell without any is one empty line.
std::vector<std::string> lines_of(std::string_view text);
/// Line breaks and tabs taken out, with a space only between Latin letters or digits ("Qingdao\nBranch").
std::string on_one_line(std::string_view text);
bool has_line_break(std::string_view text);

/// What an error shows: valid UTF-8 whatever stood there, and of each number of 15 digits and more only the first six
/// and the last four.
std::string for_an_error(std::string_view text);

}  // namespace piaojue::sheets
