# SPDX-License-Identifier: Apache-2.0
# cmake -DWEB=… -DOUT=… -DCONSTANTS=… -DBACK=… -P vendor.cmake: other people's modules, from npm, under
# the names that the page imports.
set(installed ${WEB}/node_modules/.package-lock.json)
# npm writes it last; what is newer than the lock file is of the lock file.
if(NOT EXISTS ${installed} OR ${WEB}/package-lock.json IS_NEWER_THAN ${installed})
  find_program(NPM npm)
  if(NOT NPM)
    message(FATAL_ERROR "npm is not there; run scripts/setup")
  endif()
  # What is optional is for drawing in node; a browser draws by itself.
  execute_process(COMMAND ${NPM} ci --prefix ${WEB} --ignore-scripts --omit=optional --no-audit --no-fund
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

# The reader of PDFs: pdf.js, its tables of characters and its fonts. Their names are known once they are there, so what
# the program's generated source includes is written here.
set(pdfjs ${WEB}/node_modules/pdfjs-dist)
file(REMOVE_RECURSE ${OUT}/pdf)
file(MAKE_DIRECTORY ${OUT}/pdf)
file(COPY_FILE ${pdfjs}/legacy/build/pdf.min.mjs ${OUT}/pdf/pdf.js)
file(COPY_FILE ${pdfjs}/legacy/build/pdf.worker.min.mjs ${OUT}/pdf/worker.js)
file(COPY ${pdfjs}/cmaps/ DESTINATION ${OUT}/pdf/cmaps FILES_MATCHING PATTERN "*.bcmap")
file(COPY ${pdfjs}/standard_fonts/ DESTINATION ${OUT}/pdf/fonts FILES_MATCHING PATTERN "*.pfb" PATTERN "*.ttf")
file(GLOB_RECURSE files RELATIVE ${OUT}/pdf ${OUT}/pdf/*)
set(code "")
set(table "")
set(number 0)
foreach(path ${files})
  set(symbol piaojue_pdf_${number})
  string(APPEND code "asm(\"${CONSTANTS}\\n.global ${symbol}\\n${symbol}:\\n\"\n"
    "    \".incbin \\\"${OUT}/pdf/${path}\\\"\\n\"\n"
    "    \".global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n${BACK}\\n\");\n"
    "extern \"C\" char const ${symbol}[], ${symbol}_end[];\n")
  string(APPEND table "{\"reader/pdf/${path}\", ${symbol}, ${symbol}_end},\n")
  math(EXPR number "${number} + 1")
endforeach()
if(number LESS 100)
  message(FATAL_ERROR "pdfjs-dist has not its tables of characters")
endif()
file(WRITE ${OUT}/pdf_code.inc "${code}")
file(WRITE ${OUT}/pdf_table.inc "${table}")
