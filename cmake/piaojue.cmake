# SPDX-License-Identifier: Apache-2.0
# piaojue_room(SOURCES … LINKS …): one static library for the folder that it stands in: protocol/log is
# piaojue_protocol_log, alias piaojue::protocol::log.
#
# A room's headers are reachable only through its own include folder (a link in the build tree), which only targets that
# link against the room are given. Including against the arrow is therefore a compile error: there is no such file.
# Names in #include are the path from the top: "protocol/log/merkle.h".
# INNER names folders below that belong to the same room: their sources stand in SOURCES, their headers are reachable
# for the room alone.

add_library(piaojue_options INTERFACE)
target_compile_options(piaojue_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Wconversion -Wno-sign-conversion
  -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
  -fstack-protector-strong -fno-omit-frame-pointer)
if(PIAOJUE_WERROR)
  target_compile_options(piaojue_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT WIN32)  # Windows probes its stacks itself, and marks jumps otherwise
  target_compile_options(piaojue_options INTERFACE -fstack-clash-protection)
  # Both keep jumps to where jumps may go; each processor has its own.
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    target_compile_options(piaojue_options INTERFACE -fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    target_compile_options(piaojue_options INTERFACE -mbranch-protection=standard)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports null dereferences and overlaps inside its own inlined library code at -O2.
  target_compile_options(piaojue_options INTERFACE
    -Wno-null-dereference -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(piaojue_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(NOT WIN32)
  target_link_options(piaojue_options INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()

function(piaojue_room)
  cmake_parse_arguments(ROOM "" "" "INNER;SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${path})
  string(REPLACE "/" "::" alias ${path})
  set(target piaojue_${name})
  add_library(${target} STATIC ${ROOM_SOURCES})
  add_library(piaojue::${alias} ALIAS ${target})
  set(door ${CMAKE_BINARY_DIR}/include/${name})
  # A link a header, not one of the folder: what lies below it is another room.
  file(GLOB headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  if(IS_SYMLINK ${door}/${path})  # made by an earlier version: links inside it would replace the headers themselves
    file(REMOVE ${door}/${path})
  endif()
  file(MAKE_DIRECTORY ${door}/${path})
  foreach(header ${headers})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${door}/${path}/${header} SYMBOLIC)
  endforeach()
  target_include_directories(${target} PUBLIC ${door})
  foreach(inner ${ROOM_INNER})
    file(GLOB headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${inner}/*.h)
    file(MAKE_DIRECTORY ${door}.inner/${path}/${inner})
    foreach(header ${headers})
      file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${door}.inner/${path}/${header} SYMBOLIC)
    endforeach()
    target_include_directories(${target} PRIVATE ${door}.inner)
  endforeach()
  target_link_libraries(${target} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS} piaojue_options)
endfunction()

# piaojue_program(NAME SOURCES … LINKS …)
function(piaojue_program name)
  cmake_parse_arguments(PROGRAM "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${PROGRAM_SOURCES})
  target_link_libraries(${name} PRIVATE ${PROGRAM_LINKS} piaojue_options)
  target_compile_definitions(${name} PRIVATE PIAOJUE_VERSION="${PROJECT_VERSION}")
  if(WIN32)
    piaojue_resources(${name})
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# piaojue_test(NAME [WHOLE] LABEL label SOURCES … LINKS …): one GoogleTest program, each case a CTest test with that
# label. WHOLE: the program is one CTest test, because its cases share what is dear to start, as each program is that
# Wine or qemu runs. PROCESSORS are half cores (scripts/test), two where nothing else is said.
function(piaojue_test name)
  cmake_parse_arguments(TEST "WHOLE" "LABEL;TIMEOUT" "SOURCES;LINKS;PROPERTIES" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_LINKS}
    piaojue_test_paths GTest::gmock GTest::gtest GTest::gtest_main piaojue_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(CMAKE_CROSSCOMPILING)
    set(TEST_WHOLE TRUE)
    set(TEST_TIMEOUT 3600)
  endif()
  if(WIN32)
    piaojue_resources(${name})
    set(TEST_TIMEOUT 900)
  endif()
  list(PREPEND TEST_PROPERTIES PROCESSORS 2)
  if(TEST_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${TEST_LABEL} TIMEOUT ${TEST_TIMEOUT} ${TEST_PROPERTIES})
    return()
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${TEST_LABEL} TIMEOUT ${TEST_TIMEOUT} ${TEST_PROPERTIES})
endfunction()
