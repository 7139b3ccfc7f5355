# What the compiler does not see, as tests: ctest -R hygiene
#
# Included after the programs and tests: include(cmake/hygiene.cmake). Each check below is one test, and can be
# run alone: cmake -DCHECK=sizes -DROOT=. -P cmake/hygiene.cmake
#
#   sizes      no source file has more than 600 lines, with no exemptions: splitting is cheaper than arguing
#   includes   no "../"; third-party and adapter headers only where src/README.md says
#   tests      src/x/y.cpp has tests/x/y_test.cpp, or a reason below
#   corpora    every fuzz target has a corpus, every corpus a target
#   reasons    every finding's reason is named by a test
#   names      no file or folder is called util, common, misc …: that is where the huge files come from
#   links      the operator, the webhook, the device plugin and the command line tool do not link the TSS

if(NOT CMAKE_SCRIPT_MODE_FILE)
  foreach(check sizes includes tests corpora reasons names)
    add_test(NAME hygiene.${check}
             COMMAND ${CMAKE_COMMAND} -DCHECK=${check} -DROOT=${PROJECT_SOURCE_DIR}
                     -P ${CMAKE_CURRENT_LIST_FILE})
  endforeach()
  find_program(READELF readelf REQUIRED)
  foreach(program seaworthy-operator seaworthy-webhook seaworthy-device kubectl-seaworthy)
    if(TARGET ${program})
      add_test(NAME hygiene.links.${program}
               COMMAND ${CMAKE_COMMAND} -DCHECK=links -DREADELF=${READELF} -DPROGRAM=$<TARGET_FILE:${program}>
                       -P ${CMAKE_CURRENT_LIST_FILE})
    endif()
  endforeach()
  return()
endif()

cmake_minimum_required(VERSION 3.25)
set(problems "")

# Where each third-party library may be included from (regular expressions on the path), for src/ and the programs.
set(libraries cpprest pplx boost openssl tss2 nlohmann yaml-cpp spdlog prometheus CLI grpcpp google archive)
set(places_cpprest "^src/http/cpprest/")
set(places_pplx "^src/http/cpprest/")
set(places_boost "^src/http/beast/")
set(places_openssl "^src/(crypto|http/beast|http/cpprest)/")
set(places_tss2 "^src/attester/tss/")
set(places_nlohmann "^src/(codec|api|token)/")
set(places_yaml-cpp "^src/codec/yaml\\.cpp$")
set(places_spdlog "^src/telemetry/")
set(places_prometheus "^src/telemetry/")
set(places_CLI "^(operator|webhook|agent|device|cli|src/runtime/cli)/")
set(places_grpcpp "^src/deviceplugin/grpc/")
set(places_google "^src/deviceplugin/grpc/")
set(places_archive "^src/image/libarchive/")
# Implementations of a layer's interfaces: only programs, tests and themselves name them.
set(adapters http/beast http/cpprest attester/tss deviceplugin/grpc runtime/cli image/libarchive)

# Sources without a test file of their own, each with the reason.
set(exempt
    # Assertions and strings without a decision in them.
    src/base/check.cpp src/base/error.cpp)

# Sources that are tested through another file's test, because only together do they decide anything:
# a regular expression on the source, and the test.
set(covered
    "^src/api/pcr_values" tests/api/evidence_test.cpp
    "^src/policy/secure_boot_minimum" tests/policy/boot_match_test.cpp
    "^src/verify/quirks" tests/policy/reference_test.cpp
    "^src/verify/secure_boot_keys" tests/verify/secure_boot_test.cpp
    "^src/verify/(loader|verified_boot)" tests/verify/boot_test.cpp
    "^src/runtime/cli/" tests/runtime/cli_options_test.cpp
    "^src/verify/tpm_keys" tests/verify/quote_test.cpp
    "^src/http/(beast|cpprest)/" tests/http/server_test.cpp
    "^src/attester/tss/" tests/attester/tss_device_test.cpp
    "^src/deviceplugin/grpc/" tests/deviceplugin/plugin_test.cpp
    "^src/image/(libarchive/|folder|measure)" tests/image/image_test.cpp
    "^src/controller/(caches|metrics|node|owned|policy|serving)\\.cpp" tests/controller/controllers_test.cpp
    "^src/runtime/(system_clock|system_random)\\.cpp" tests/runtime/system_test.cpp
    "^src/runtime/cert_reload\\.cpp" tests/runtime/file_watch_test.cpp
    "^src/verifier/(appraise|caller|challenge|context|demands|endorsement|enrol|enrolled|publish|record|signer|view)" tests/verifier/service_test.cpp
    "^src/commands/(cluster|output)" tests/commands/status_test.cpp
    "^src/commands/inspection" tests/commands/inspect_boot_log_test.cpp)

# Source files below the root, relative to it; `dirs` says where to look.
function(list_sources result)
  set(found "")
  foreach(dir IN LISTS ARGN)
    file(GLOB_RECURSE some RELATIVE ${ROOT} ${ROOT}/${dir}/*.h ${ROOT}/${dir}/*.cpp)
    list(APPEND found ${some})
  endforeach()
  list(SORT found)
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

if(CHECK STREQUAL "sizes")
  list_sources(sources src tests operator webhook agent device cli e2e benchmarks)
  foreach(source IN LISTS sources)
    file(READ ${ROOT}/${source} text)
    string(REGEX REPLACE "[^\n]" "" newlines "${text}")
    string(LENGTH "${newlines}" lines)
    if(lines GREATER 600)
      list(APPEND problems "${source} has ${lines} lines: split it (600 at most)")
    endif()
  endforeach()

elseif(CHECK STREQUAL "includes")
  list_sources(sources src operator webhook agent device cli)
  foreach(source IN LISTS sources)
    file(STRINGS ${ROOT}/${source} includes REGEX "^[ \t]*#[ \t]*include")
    foreach(include IN LISTS includes)
      if(include MATCHES "\"\\.\\./")
        list(APPEND problems "${source}: ${include}: a layer is named, not walked to")
      endif()
      foreach(library IN LISTS libraries)
        if(include MATCHES "<${library}(/|_entry\\.h|\\.h)" AND NOT source MATCHES "${places_${library}}")
          list(APPEND problems "${source}: ${include}: ${library} is included from ${places_${library}} only")
        endif()
      endforeach()
      foreach(adapter IN LISTS adapters)
        if(include MATCHES "\"${adapter}/" AND source MATCHES "^src/" AND NOT source MATCHES "^src/${adapter}/")
          list(APPEND problems "${source}: ${include}: an adapter is named by programs and tests only")
        endif()
      endforeach()
    endforeach()
  endforeach()

elseif(CHECK STREQUAL "tests")
  list_sources(sources src)
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "\\.cpp$" OR source IN_LIST exempt)
      continue()
    endif()
    string(REGEX REPLACE "^src/(.*)\\.cpp$" "tests/\\1_test.cpp" test "${source}")
    set(patterns ${covered})
    while(patterns)
      list(POP_FRONT patterns pattern other)
      if(source MATCHES "${pattern}" AND EXISTS ${ROOT}/${other})
        set(test ${other})
      endif()
    endwhile()
    if(NOT EXISTS ${ROOT}/${test})
      list(APPEND problems "${source} has no ${test} (or a reason in cmake/hygiene.cmake)")
    endif()
  endforeach()
  foreach(source IN LISTS exempt)
    if(NOT EXISTS ${ROOT}/${source})
      list(APPEND problems "cmake/hygiene.cmake exempts ${source}, which is not there")
    endif()
  endforeach()

elseif(CHECK STREQUAL "corpora")
  file(GLOB_RECURSE targets RELATIVE ${ROOT} ${ROOT}/tests/*_fuzz.cpp)
  set(names "")
  foreach(target IN LISTS targets)
    string(REGEX REPLACE "^.*/([^/]+)_fuzz\\.cpp$" "\\1" name "${target}")
    list(APPEND names ${name})
    file(GLOB corpus ${ROOT}/tests/data/fuzz/${name}/*)
    if(NOT corpus)
      list(APPEND problems "${target} has nothing in tests/data/fuzz/${name}/")
    endif()
  endforeach()
  file(GLOB folders RELATIVE ${ROOT}/tests/data/fuzz ${ROOT}/tests/data/fuzz/*)
  foreach(folder IN LISTS folders)
    if(IS_DIRECTORY ${ROOT}/tests/data/fuzz/${folder} AND NOT folder IN_LIST names)
      list(APPEND problems "tests/data/fuzz/${folder}/ belongs to no fuzz target")
    endif()
  endforeach()
  if(NOT names)
    list(APPEND problems "found no fuzz target: the check looks in the wrong place")
  endif()

elseif(CHECK STREQUAL "reasons")
  # The enumerators of `enum class Reason`, without the comments.
  file(READ ${ROOT}/src/verify/findings.h text)
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  if(NOT text MATCHES "enum class Reason[^{]*{([^}]*)}")
    message(FATAL_ERROR "src/verify/findings.h has no `enum class Reason`")
  endif()
  string(REGEX MATCHALL "k[A-Z][A-Za-z0-9]*" reasons "${CMAKE_MATCH_1}")
  file(GLOB_RECURSE tests ${ROOT}/tests/*_test.cpp)
  set(all "")
  foreach(test IN LISTS tests)
    file(READ ${test} text)
    string(APPEND all "${text}")
  endforeach()
  foreach(reason IN LISTS reasons)
    string(REGEX REPLACE "^k" "" plain "${reason}")
    if(NOT all MATCHES "Reason::${reason}[^A-Za-z0-9]" AND NOT all MATCHES "\"${plain}\"")
      list(APPEND problems "no test names ${reason}: what nobody provokes, nobody checks")
    endif()
  endforeach()
  list(LENGTH reasons count)
  if(count LESS 10)
    list(APPEND problems "read only ${count} reasons in src/verify/findings.h")
  endif()

elseif(CHECK STREQUAL "names")
  list_sources(sources src tests operator webhook agent device cli e2e)
  foreach(source IN LISTS sources)
    if(source MATCHES "(^|/)(util|utils|common|misc|helpers|types|manager)(/|\\.)")
      list(APPEND problems "${source}: call it what it is about")
    endif()
  endforeach()

elseif(CHECK STREQUAL "links")
  execute_process(COMMAND "${READELF}" -d "${PROGRAM}" OUTPUT_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT output MATCHES "NEEDED")
    message(FATAL_ERROR "cannot read what ${PROGRAM} links: ${READELF} said ${status}")
  endif()
  if(output MATCHES "libtss2[^]]*")
    list(APPEND problems "${PROGRAM} links ${CMAKE_MATCH_0}: only the agent talks to a TPM")
  endif()

else()
  message(FATAL_ERROR "CHECK is one of: sizes includes tests corpora reasons names links")
endif()

if(problems)
  list(LENGTH problems count)
  list(JOIN problems "\n  " problems)
  message(FATAL_ERROR "hygiene.${CHECK}, ${count}:\n  ${problems}")
endif()
