# SPDX-License-Identifier: Apache-2.0
# The page's files, embedded in a program: piaojue_assets(TARGET) adds a generated source with each file's bytes
# (.incbin) and a table of paths. Files of web/ go in as they are, those of other people from npm under vendor/, and
# the texts, made of strings/*.json, under strings/. piaojue_assets(TARGET READER) adds the reader of PDFs.
set(PIAOJUE_WEB ${CMAKE_SOURCE_DIR}/web)
set(PIAOJUE_MADE ${CMAKE_BINARY_DIR}/web)
set(PIAOJUE_VENDOR ${PIAOJUE_MADE}/vendor)
set(PIAOJUE_AUDITOR_STRINGS ${PIAOJUE_MADE}/auditor/strings)

# How an assembler names the section of constants, and goes back from it.
set(PIAOJUE_CONSTANTS ".section .rodata")
set(PIAOJUE_BACK ".previous")
if(WIN32)
  set(PIAOJUE_CONSTANTS ".section .rdata,\\\"dr\\\"")
  set(PIAOJUE_BACK ".text")
endif()

# Once for each change of the lock file; `npm ci` takes exactly what it names, by its hashes.
set(PIAOJUE_VENDOR_MODULES preact.js preact-hooks.js htm.js jsqr.js)
list(TRANSFORM PIAOJUE_VENDOR_MODULES PREPEND ${PIAOJUE_VENDOR}/ OUTPUT_VARIABLE vendor_files)
set(PIAOJUE_PDF ${PIAOJUE_VENDOR}/pdf_code.inc ${PIAOJUE_VENDOR}/pdf_table.inc)
add_custom_command(OUTPUT ${vendor_files} ${PIAOJUE_PDF}
  COMMAND ${CMAKE_COMMAND} -DWEB=${PIAOJUE_WEB} -DOUT=${PIAOJUE_VENDOR}
    "-DCONSTANTS=${PIAOJUE_CONSTANTS}" -DBACK=${PIAOJUE_BACK} -P ${CMAKE_SOURCE_DIR}/cmake/vendor.cmake
  DEPENDS ${PIAOJUE_WEB}/package-lock.json ${CMAKE_SOURCE_DIR}/cmake/vendor.cmake
  COMMENT "page: packages from npm" VERBATIM)
add_custom_target(vendor_modules DEPENDS ${vendor_files})

# piaojue_texts(OUT LANG EXPORT TOPICS…): one module of texts; a topic may have a prefix for its keys before a colon.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(text_modules "")
function(piaojue_texts out lang export)
  set(topics "")
  set(files "")
  foreach(topic ${ARGN})
    string(REGEX MATCH "[a-z_]+$" name ${topic})
    string(REGEX REPLACE "[a-z_]+$" "" prefix "${topic}")
    list(APPEND topics ${prefix}${CMAKE_SOURCE_DIR}/strings/${name}.json)
    list(APPEND files ${CMAKE_SOURCE_DIR}/strings/${name}.json)
  endforeach()
  add_custom_command(OUTPUT ${out}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/strings/generate.py js ${lang} ${out} ${export} ${topics}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/strings/generate.py
    COMMENT "page: texts, ${export}" VERBATIM)
  set(text_modules ${text_modules} ${out} PARENT_SCOPE)
endfunction()
piaojue_texts(${PIAOJUE_MADE}/strings/zh.js zh zh page code.:refusal)
piaojue_texts(${PIAOJUE_MADE}/strings/en.js en en page code.:refusal)
piaojue_texts(${PIAOJUE_MADE}/strings/office_zh.js zh officeZh office_page)
piaojue_texts(${PIAOJUE_MADE}/strings/office_en.js en officeEn office_page)
piaojue_texts(${PIAOJUE_MADE}/reader/strings/zh.js zh zh reader)
piaojue_texts(${PIAOJUE_MADE}/reader/strings/en.js en en reader)
piaojue_texts(${PIAOJUE_AUDITOR_STRINGS}/zh.js zh zh auditor audit)
piaojue_texts(${PIAOJUE_AUDITOR_STRINGS}/en.js en en auditor audit)
add_custom_target(text_modules DEPENDS ${text_modules})
set(PIAOJUE_MADE_MODULES strings/zh.js strings/en.js strings/office_zh.js strings/office_en.js)
list(TRANSFORM PIAOJUE_VENDOR_MODULES PREPEND vendor/ OUTPUT_VARIABLE vendor_paths)
list(APPEND PIAOJUE_MADE_MODULES ${vendor_paths})

# The office's page is the same frame around another module.
set(voter "<script type=\"module\" src=\"main.js\"></script>")
set(office "<link rel=\"stylesheet\" href=\"office.css\">\n<script type=\"module\" src=\"office/main.js\"></script>")
file(READ ${PIAOJUE_WEB}/index.html frame)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PIAOJUE_WEB}/index.html)
string(REPLACE "${voter}" "${office}" made "${frame}")
if(made STREQUAL frame)
  message(FATAL_ERROR "web/index.html has no line ${voter}")
endif()
file(CONFIGURE OUTPUT ${PIAOJUE_MADE}/office.html CONTENT "${made}" @ONLY)
list(APPEND PIAOJUE_MADE_MODULES office.html)
set(PIAOJUE_MADE_READER reader/strings/zh.js reader/strings/en.js)

function(piaojue_assets target)
  file(GLOB own RELATIVE ${PIAOJUE_WEB} CONFIGURE_DEPENDS
    ${PIAOJUE_WEB}/*.html ${PIAOJUE_WEB}/*.js ${PIAOJUE_WEB}/*.css ${PIAOJUE_WEB}/*.svg
    ${PIAOJUE_WEB}/screens/*.js ${PIAOJUE_WEB}/parts/*.js ${PIAOJUE_WEB}/office/*.js)
  set(made ${PIAOJUE_MADE_MODULES})
  set(code "")
  set(table "")
  set(files "")
  if(READER IN_LIST ARGN)
    file(GLOB reader RELATIVE ${PIAOJUE_WEB} CONFIGURE_DEPENDS ${PIAOJUE_WEB}/reader/*)
    list(APPEND own ${reader})
    list(APPEND made ${PIAOJUE_MADE_READER})
    set(code "#include \"${PIAOJUE_VENDOR}/pdf_code.inc\"\n")
    set(table "#include \"${PIAOJUE_VENDOR}/pdf_table.inc\"\n")
    set(files ${PIAOJUE_PDF})
  endif()
  set(number 0)
  foreach(path ${own} ${made})
    if(path IN_LIST made)
      set(file ${PIAOJUE_MADE}/${path})
    else()
      set(file ${PIAOJUE_WEB}/${path})
    endif()
    set(symbol piaojue_asset_${number})
    string(APPEND code "asm(\"${PIAOJUE_CONSTANTS}\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${file}\\\"\\n\"\n"
      "    \".global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n${PIAOJUE_BACK}\\n\");\n"
      "extern \"C\" char const ${symbol}[], ${symbol}_end[];\n")
    string(APPEND table "      {\"${path}\", ${symbol}, ${symbol}_end},\n")
    list(APPEND files ${file})
    math(EXPR number "${number} + 1")
  endforeach()
  set(source ${PIAOJUE_MADE}/${target}_assets.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT [[// Written by cmake/assets.cmake.
#include <optional>
#include <string_view>

#include "local/page_host.h"

@code@
namespace piaojue::local {

std::optional<Asset> embedded_asset(std::string_view path);

std::optional<Asset> embedded_asset(std::string_view path) {
  struct File {
    std::string_view path;
    char const *begin, *end;
  };
  static File const kFiles[] = {
@table@  };
  for (auto const& file : kFiles) {
    if (file.path != path) continue;
    auto const type = asset_type(path);
    if (!type) return std::nullopt;
    return Asset{.type = *type, .bytes = std::string(file.begin, file.end)};
  }
  return std::nullopt;
}

}  // namespace piaojue::local
]] @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE ${source})
  add_dependencies(${target} vendor_modules text_modules)
endfunction()

# The auditor's page: one file, opened from a disk, built by web/auditor/build.mjs. piaojue_auditor_page() adds the
# target auditor_page.
function(piaojue_auditor_page)
  find_program(PIAOJUE_NODE node REQUIRED)
  set(page ${CMAKE_BINARY_DIR}/bin/auditor.html)
  file(GLOB sources LIST_DIRECTORIES false CONFIGURE_DEPENDS ${PIAOJUE_WEB}/auditor/*
    ${PIAOJUE_WEB}/auditor/rules/*)
  add_custom_command(OUTPUT ${page}
    COMMAND ${PIAOJUE_NODE} ${PIAOJUE_WEB}/auditor/build.mjs ${page} ${PIAOJUE_AUDITOR_STRINGS}
    # The packages are there once these are.
    DEPENDS ${sources} ${PIAOJUE_VENDOR}/preact.js ${PIAOJUE_AUDITOR_STRINGS}/zh.js ${PIAOJUE_AUDITOR_STRINGS}/en.js
    COMMENT "auditor's page" VERBATIM)
  add_custom_target(auditor_page ALL DEPENDS ${page})
  add_dependencies(auditor_page vendor_modules text_modules)
  install(FILES ${page} DESTINATION share/piaojue)
endfunction()
