# Tests mirror src/: tests/<layer>/*_test.cpp become one program and one test,
# tests/<layer>/*_fuzz.cpp one each.
#
#   seaworthy_test(tpm [LIBS libs...])          links seaworthy::tpm, GoogleTest, tests/support
#   seaworthy_fuzz(tpm attest [LIBS libs...])   tests/tpm/attest_fuzz.cpp over tests/data/fuzz/attest/
#
# A fuzz file defines `void fuzz(seaworthy::ByteSpan)`. With SEAWORTHY_FUZZ it becomes a libFuzzer
# program; otherwise the same file replays its corpus in ctest.

function(seaworthy_test layer)
  cmake_parse_arguments(PARSE_ARGV 1 T "" "" "LIBS")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${layer}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${layer} ${sources})
  set(libs "")
  if(TARGET seaworthy_${layer})
    set(libs seaworthy_${layer})
  endif()
  target_link_libraries(test_${layer} PRIVATE ${libs} seaworthy_test_support seaworthy_options ${T_LIBS})
  # Relative to the source directory, in which the tests run: the same in every clone, so that a
  # compiler cache serves them all.
  target_compile_definitions(test_${layer} PRIVATE
      SEAWORTHY_TEST_DATA="tests/data"
      SEAWORTHY_VECTORS="../shared/vectors"
      SEAWORTHY_SOURCE_DIR=".")
  # One process for all tests of a layer: starting one for each of a thousand takes minutes.
  add_test(NAME ${layer}.unit COMMAND test_${layer} --gtest_brief=1
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${layer}.unit PROPERTIES TIMEOUT 600)
endfunction()

function(seaworthy_fuzz layer name)
  cmake_parse_arguments(PARSE_ARGV 2 F "" "" "LIBS")
  set(target fuzz_${name})
  set(source ${PROJECT_SOURCE_DIR}/tests/${layer}/${name}_fuzz.cpp)
  set(corpus ${PROJECT_SOURCE_DIR}/tests/data/fuzz/${name})
  if(SEAWORTHY_FUZZ)
    add_executable(${target} ${source} ${PROJECT_SOURCE_DIR}/tests/support/fuzz_entry.cpp)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${target} ${source} ${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay.cpp)
  endif()
  target_link_libraries(${target} PRIVATE seaworthy_${layer} seaworthy_options ${F_LIBS})
  if(NOT SEAWORTHY_FUZZ)
    add_test(NAME fuzz.${name} COMMAND ${target} ${corpus})
  endif()
endfunction()
