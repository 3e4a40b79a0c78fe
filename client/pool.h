// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The threads of this program for heavy work.
#include "base/work_pool.h"

namespace piaojue::client {

/// As many threads for urgent work as the processor has cores, two to four. Made at the first call, which must come
/// after the signals were blocked; never destroyed, because a job can not be interrupted and the process ends without
/// it (see run_host). A job that throws ends the program.
WorkPool& work_pool();

/// On that pool, which is made when it is first needed.
ParallelFor parallel_for();

}  // namespace piaojue::client
