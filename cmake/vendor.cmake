# SPDX-License-Identifier: Apache-2.0
# cmake -DWEB=… -DOUT=… -P vendor.cmake: other people's modules, from npm, under the names that the page imports.
set(installed ${WEB}/node_modules/.package-lock.json)
# npm writes it last; what is newer than the lock file is of the lock file.
if(NOT EXISTS ${installed} OR ${WEB}/package-lock.json IS_NEWER_THAN ${installed})
  find_program(NPM npm)
  if(NOT NPM)
    message(FATAL_ERROR "npm is not there; run scripts/setup")
  endif()
  execute_process(COMMAND ${NPM} ci --prefix ${WEB} --ignore-scripts --no-audit --no-fund
    RESULT_VARIABLE failed OUTPUT_QUIET)
  if(failed)
    message(FATAL_ERROR "npm ci failed: ${failed}")
  endif()
  file(TOUCH ${installed})
endif()
file(MAKE_DIRECTORY ${OUT})

# Preact names its modules .module.js up to version 10, .mjs from 11 on.
function(vendor name)
  foreach(candidate ${ARGN})
    if(EXISTS ${WEB}/node_modules/${candidate})
      file(READ ${WEB}/node_modules/${candidate} text)
      # A browser knows no bare names; and no map is served.
      string(REGEX REPLACE "([ }]?from *)[\"']preact[\"']" "\\1\"./preact.js\"" text "${text}")
      string(REGEX REPLACE "\n?//# sourceMappingURL=[^\n]*" "" text "${text}")
      file(WRITE ${OUT}/${name} "${text}")
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "none of ${ARGN} in web/node_modules")
endfunction()
vendor(preact.js preact/dist/preact.module.js preact/dist/preact.mjs)
vendor(preact-hooks.js preact/hooks/dist/hooks.module.js preact/hooks/dist/hooks.mjs)
vendor(htm.js htm/dist/htm.module.js)
file(COPY_FILE ${WEB}/node_modules/jsqr/dist/jsQR.js ${OUT}/jsqr.js)
