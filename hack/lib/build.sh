# shellcheck shell=bash
# Compilers, libraries and the compiler's cache. Needs progress.sh, packages.sh and cache.sh.

# shellcheck disable=SC2034,SC2154  # for, and from, the scripts that source this

# What `cmake --preset dev` needs; a bare Debian 12 has none of it.
build_packages=(
  cmake ninja-build g++ ccache pkg-config binutils git jq openssl
  libssl-dev libboost-dev libcpprest-dev nlohmann-json3-dev libyaml-cpp-dev libspdlog-dev prometheus-cpp-dev
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libarchive-dev libtss2-dev libcli11-dev libgtest-dev libgmock-dev libbenchmark-dev
  libtss2-tcti-swtpm0 swtpm swtpm-tools
)
clang_packages=(clang libclang-rt-14-dev llvm)

# One compiler cache for every clone of the tree: paths below the tree are hashed relative to it.
use_compiler_cache() { # root of the tree
  export CCACHE_DIR=${CCACHE_DIR:-$seaworthy_cache/ccache}
  export CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
  # The tests' own folders are in their definitions; everything else is the same in any folder.
  mkdir -p "$CCACHE_DIR"
}

# Half the memory bounds the jobs: the heaviest files take about 1.2 GiB each.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1300000)}' /proc/meminfo)
  ((memory > 0)) || memory=1
  echo $((memory < cores ? memory : cores))
}
