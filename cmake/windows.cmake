# SPDX-License-Identifier: Apache-2.0
# What only a build for Windows has: targets of libraries that lie there as headers, and each program's resources.
# After everything else: Windows' own, and gcc's guard of stacks and sizes.
string(APPEND CMAKE_CXX_STANDARD_LIBRARIES
  " -lws2_32 -lmswsock -lcrypt32 -lbcrypt -liphlpapi -lshell32 -lole32 -luuid -ladvapi32 -luser32 -lkernel32 -lssp")
target_compile_definitions(ICU::uc INTERFACE U_STATIC_IMPLEMENTATION)
find_library(PIAOJUE_BOOST_JSON boost_json REQUIRED)
add_library(Boost::json STATIC IMPORTED)
set_target_properties(Boost::json PROPERTIES IMPORTED_LOCATION ${PIAOJUE_BOOST_JSON})
target_compile_definitions(Boost::json INTERFACE BOOST_JSON_STATIC_LINK BOOST_JSON_NO_LIB BOOST_CONTAINER_NO_LIB)
target_link_libraries(Boost::json INTERFACE Boost::headers)
add_library(CLI11::CLI11 INTERFACE IMPORTED)
target_include_directories(CLI11::CLI11 SYSTEM INTERFACE ${PIAOJUE_WINDOWS_LIBRARIES}/include)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED)
target_include_directories(tomlplusplus::tomlplusplus SYSTEM INTERFACE ${PIAOJUE_WINDOWS_LIBRARIES}/include)

# What takes the place of something in the libraries below: narrow paths, and the end of a thread. Objects and not a
# library: who asks for them is libstdc++, after all libraries.
set(windows ${CMAKE_SOURCE_DIR}/base/platform/windows)
add_library(piaojue_corrections OBJECT ${windows}/utf8_paths.cpp ${windows}/thread_ends.cpp)
target_link_libraries(piaojue_corrections PRIVATE piaojue_options)
target_link_options(piaojue_options INTERFACE -Wl,--wrap=mbrtowc)

find_program(PIAOJUE_RSVG rsvg-convert REQUIRED)
find_program(PIAOJUE_ICOTOOL icotool REQUIRED)

# piaojue_resources(TARGET): those corrections; the manifest, without which other narrow strings are not UTF-8 and a
# path ends at 260 characters; and for a program with a desktop entry its icon, its version and its Chinese name.
function(piaojue_resources target)
  set(resource ${CMAKE_CURRENT_BINARY_DIR}/${target}.rc)
  set(MANIFEST ${CMAKE_SOURCE_DIR}/cmake/windows/utf8.manifest)
  set(VERSION_BLOCK "")
  set(entry ${CMAKE_SOURCE_DIR}/packaging/desktop/${target}.desktop)
  if(target STREQUAL "piaojue-verify")
    set(entry ${CMAKE_SOURCE_DIR}/packaging/desktop/piaojue-auditor.desktop)
  endif()
  if(EXISTS ${entry})
    file(STRINGS ${entry} name REGEX "^Name=" ENCODING UTF-8)
    string(REGEX REPLACE "^Name=" "" NAME "${name}")
    get_filename_component(icon ${entry} NAME_WE)
    piaojue_icon(${icon})
    set(ICON ${CMAKE_BINARY_DIR}/icons/${icon}.ico)
    string(REPLACE "." "," COMMAS ${PROJECT_VERSION})
    set(PROGRAM ${target}.exe)
    file(READ ${CMAKE_SOURCE_DIR}/cmake/windows/version.rc.in block)
    string(CONFIGURE "${block}" VERSION_BLOCK @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
      ${entry} ${CMAKE_SOURCE_DIR}/cmake/windows/version.rc.in)
    set_source_files_properties(${resource} PROPERTIES OBJECT_DEPENDS "${MANIFEST};${ICON}")
  else()
    set_source_files_properties(${resource} PROPERTIES OBJECT_DEPENDS ${MANIFEST})
  endif()
  file(CONFIGURE OUTPUT ${resource} CONTENT "#pragma code_page(65001)\n1 24 \"@MANIFEST@\"\n@VERSION_BLOCK@" @ONLY)
  target_sources(${target} PRIVATE ${resource} $<TARGET_OBJECTS:piaojue_corrections>)
endfunction()

# piaojue_icon(NAME): NAME.ico of packaging/icons/NAME.svg, in the sizes that Windows draws.
function(piaojue_icon name)
  set(icon ${CMAKE_BINARY_DIR}/icons/${name}.ico)
  set(drawing ${CMAKE_SOURCE_DIR}/packaging/icons/${name}.svg)
  set(pictures "")
  set(commands "")
  foreach(size 16 24 32 48 64 256)
    set(picture ${CMAKE_BINARY_DIR}/icons/${name}-${size}.png)
    list(APPEND pictures ${picture})
    list(APPEND commands COMMAND ${PIAOJUE_RSVG} -w ${size} -h ${size} -o ${picture} ${drawing})
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/icons)
  add_custom_command(OUTPUT ${icon}
    ${commands} COMMAND ${PIAOJUE_ICOTOOL} -c -o ${icon} ${pictures}
    DEPENDS ${drawing} COMMENT "icon: ${name}" VERBATIM)
endfunction()
