// SPDX-License-Identifier: Apache-2.0
#include "base/explained.h"

#include <boost/throw_exception.hpp>
#include <stdexcept>

namespace piaojue {

void throw_exception_from_error(Explanation const& why, boost::source_location const& where) {
  boost::throw_with_location(std::logic_error("value() of nothing: " + why.in(Lang::kEn)), where);
}

}  // namespace piaojue
