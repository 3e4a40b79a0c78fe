// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Who stands in a sheet: one person a row, and one row a person, however the name was typed. Two rows of one name and
/// one employer are two people only where their identity numbers say so; then what is put on a ballot paper tells them
/// apart. Whose names differ in traditional or variant characters alone may be one person: people must look.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sheets/identity.h"
#include "sheets/table.h"

namespace piaojue::sheets {

/// A name or an employer without what only looks different: blanks and invisible marks, the width of letters, the kind
/// of brackets and of dots (· • ・), compatibility characters (⽅ for 方).
std::string name_key(std::string_view text);
/// The same for traditional and variant characters. Two that share it may be one person, or not.
std::string loose_name_key(std::string_view text);

class People {
 public:
  struct Columns {
    std::size_t name, employer, identity, identity_type;
    bool employer_required = true;
  };
  struct Person {
    std::string name, employer;  ///< as they stand
    std::optional<IdentityNumber> identity;
    std::size_t row = 0;
  };

  explicit People(Columns columns) : columns_(columns) {}

  /// The person of a row. Faults: no name, no employer where that is required, a wrong number, a person who stands in
  /// an earlier row.
  Person const& read(Table& table, Row const& row);
  std::vector<Person> const& all() const { return people_; }  ///< in the order in which they were read

  /// Of the n-th that was read: the name for a ballot paper. Of namesakes of one employer it bears the year of birth
  /// behind it, or whatever more it takes: 王一凡（1985年生）.
  std::string name_apart(std::size_t n) const;
  /// Of the n-th: the row of another one who may be the same person, their names differing in variant characters alone.
  std::optional<std::size_t> alike(std::size_t n) const;

  std::optional<std::size_t> with_number(IdentityNumber const& number) const;
  /// All of that name and employer.
  std::vector<std::size_t> with_name(std::string_view name, std::string_view employer) const;

 private:
  using Key = std::pair<std::string, std::string>;  ///< of name and employer
  void check_twice(Table& table, Row const& row, Person const& person) const;

  Columns columns_;
  std::vector<Person> people_;
  std::map<Key, std::vector<std::size_t>> by_key_, by_loose_key_;
  std::map<std::string, std::size_t> by_number_;
};

}  // namespace piaojue::sheets
