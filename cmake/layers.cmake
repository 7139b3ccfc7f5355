# Layers: one directory under src/ is one target, and dependence goes down only.
#
# Included after enable_testing() and before add_subdirectory(src). CMake 3.25 or later, Linux.
#
#   seaworthy_layer(tpm RANK 2 PURE DEPS codec crypto)
#   seaworthy_layer(crypto RANK 1 PURE DEPS base LIBS OpenSSL::Crypto)
#   seaworthy_adapter(http beast LIBS OpenSSL::SSL)
#
# The sources of a layer are the .cpp files of its directory, those of an adapter the .cpp files
# of its own: a new file needs no line here.
#
# What holds for every layer, and what notices a violation:
#   it links only layers of strictly lower rank                        configure
#   a PURE layer links only PURE layers                                configure
#   it sees only the headers of what it links, as "tpm/attest.h"       compile
#   its headers compile alone                 build all_verify_interface_header_sets
#   a PURE layer uses no clock, file, socket, process, environment,
#   randomness or thread                                               ctest -R purity
#
# What is not seen here: what a third-party library does inside (X509_verify_cert()
# reads the wall clock unless it is given a time); and, left to the hygiene tests,
# third-party headers (they lie in /usr/include for everybody), an adapter's headers
# (they lie below their layer's), and "../kube/client.h".

# ---- Script mode: the body of the purity tests --------------------------------------
# cmake -DNM=/usr/bin/nm -DARCHIVE=libseaworthy_tpm.a -P layers.cmake
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_minimum_required(VERSION 3.25)
  set(impure_c
      # files, processes, environment
      open open64 openat openat64 creat creat64 fopen fopen64 freopen freopen64 fdopen opendir read
      unlink fork execve execv execvp execl execlp posix_spawn posix_spawnp popen system
      getenv secure_getenv gethostname
      # sockets
      socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg
      poll select epoll_wait getaddrinfo
      # clocks and sleeping
      time gettimeofday clock_gettime timespec_get sleep usleep nanosleep clock_nanosleep
      # randomness
      getrandom getentropy rand rand_r srand random srandom arc4random arc4random_buf
      RAND_bytes RAND_priv_bytes RAND_bytes_ex RAND_priv_bytes_ex
      # threads
      pthread_create)
  set(impure_cxx  # regular expressions
      "std::chrono::[^ ]*clock::now" "std::basic_i?o?fstream<" "std::basic_filebuf<"
      "std::filesystem::" "std::random_device" "std::thread::" "std::cin$")

  execute_process(COMMAND "${NM}" -C --undefined-only "${ARCHIVE}"
                  OUTPUT_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0)  # no answer is not a good answer
    message(FATAL_ERROR "cannot read the symbols of ${ARCHIVE}: ${NM} said ${status}")
  endif()
  set(found "")
  string(REGEX MATCHALL "[^\n]+" lines "${output}")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^ +[Uw] (.+)$")
      continue()
    endif()
    set(symbol "${CMAKE_MATCH_1}")
    if(symbol IN_LIST impure_c)
      list(APPEND found "${symbol}")
    endif()
    foreach(pattern IN LISTS impure_cxx)
      if(symbol MATCHES "${pattern}")
        list(APPEND found "${symbol}")
      endif()
    endforeach()
  endforeach()
  if(found)
    list(REMOVE_DUPLICATES found)
    list(JOIN found "\n  " found)
    message(FATAL_ERROR "${ARCHIVE} is declared PURE and uses\n  ${found}")
  endif()
  return()
endif()

# ---- Options that every layer, adapter, program and test is compiled with -------------
add_library(seaworthy_options INTERFACE)
target_compile_options(seaworthy_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
set(CMAKE_COMPILE_WARNING_AS_ERROR ON)  # packagers: cmake --compile-no-warning-as-error

# ---- seaworthy_layer(<name> RANK <n> [PURE] [DEPS layers...] [LIBS libs...]) -----------
# Declares src/<name> as the static library seaworthy::<name>.
function(seaworthy_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 L "PURE" "RANK" "DEPS;LIBS")
  if(L_UNPARSED_ARGUMENTS OR NOT DEFINED L_RANK)
    message(FATAL_ERROR "layer ${name}: needs RANK; not understood: '${L_UNPARSED_ARGUMENTS}'")
  endif()
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME directory)
  if(NOT name STREQUAL directory)
    message(FATAL_ERROR "layer ${name} is declared in ${directory}/: the directory is the name")
  endif()

  set(target seaworthy_${name})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${target} STATIC ${sources})
  add_library(seaworthy::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES SEAWORTHY_RANK "${L_RANK}" SEAWORTHY_PURE "${L_PURE}")
  target_link_libraries(${target} PRIVATE seaworthy_options ${L_LIBS})

  # The include root of this layer holds one symbolic link, to this directory. Whoever
  # links the layer can write "tpm/attest.h"; for whoever does not, no such file exists.
  set(view ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

  # As a header set, the headers can also be compiled each on its own:
  # cmake --build build/dev --target all_verify_interface_header_sets
  file(GLOB headers CONFIGURE_DEPENDS ${view}/${name}/*.h)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${view} FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)

  foreach(dep IN LISTS L_DEPS)
    if(NOT TARGET seaworthy_${dep})
      message(FATAL_ERROR "layer ${name} uses ${dep}, which is not above it in src/CMakeLists.txt")
    endif()
    get_target_property(rank seaworthy_${dep} SEAWORTHY_RANK)
    get_target_property(pure seaworthy_${dep} SEAWORTHY_PURE)
    if(rank STREQUAL "rank-NOTFOUND")
      message(FATAL_ERROR "layer ${name} may not use ${dep}, which is an adapter: only programs may")
    endif()
    if(NOT rank LESS L_RANK)
      message(FATAL_ERROR "layer ${name} (rank ${L_RANK}) may not use ${dep} (rank ${rank})")
    endif()
    if(L_PURE AND NOT pure)
      message(FATAL_ERROR "pure layer ${name} may not use ${dep}, which does I/O")
    endif()
    target_link_libraries(${target} PUBLIC seaworthy_${dep})
  endforeach()

  if(L_PURE)  # link-time optimisation leaves no symbols to read: not for the presets that test
    add_test(NAME purity.${name}
             COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DARCHIVE=$<TARGET_FILE:${target}>
                     -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE})
  endif()
endfunction()

# ---- seaworthy_adapter(<layer> <name> LIBS libs...) -----------------------------------
# Declares src/<layer>/<name> as seaworthy::<layer>_<name>: an implementation of that
# layer's interfaces on a third-party library. A layer cannot depend on it (it has no
# rank); programs and tests link it by name. So "the operator does not link the TSS" can be
# read in operator/CMakeLists.txt.
function(seaworthy_adapter layer name)
  cmake_parse_arguments(PARSE_ARGV 2 A "" "" "LIBS")
  if(A_UNPARSED_ARGUMENTS OR NOT TARGET seaworthy_${layer})
    message(FATAL_ERROR "adapter ${layer}/${name}: needs its layer first")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/${name}/*.cpp)
  add_library(seaworthy_${layer}_${name} STATIC ${sources})
  add_library(seaworthy::${layer}_${name} ALIAS seaworthy_${layer}_${name})
  target_link_libraries(seaworthy_${layer}_${name}
      PUBLIC seaworthy_${layer} PRIVATE seaworthy_options ${A_LIBS})
endfunction()
