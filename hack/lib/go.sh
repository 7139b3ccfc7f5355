# shellcheck shell=bash
# A Go toolchain that is new enough. Needs progress.sh, packages.sh and cache.sh.
# Debian 12 has Go 1.19, which can neither build Kubernetes nor fetch a newer Go. The Go module proxy serves toolchains as
# modules, so where a build can work at all (it needs the modules), the toolchain can be had too.

# shellcheck disable=SC2154  # seaworthy_cache is cache.sh's

go_minimum=1.26
go_pinned=1.26.8
declare -A go_sums=( # as `go mod download -json golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64` and the checksum database say
  [amd64]=h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=
  [arm64]=h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=
)

# need_go: afterwards `go` is at least $go_minimum: the one on PATH, else the pinned one, fetched once.
need_go() {
  local arch home
  if go_is_enough go; then return 0; fi
  arch=$(dpkg --print-architecture 2>/dev/null || uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  home=$seaworthy_cache/go/$go_pinned-$arch
  [[ -x $home/bin/go ]] || fetch_go "$arch" "$home"
  export PATH=$home/bin:$PATH
  unset GOROOT
  go_is_enough go || fail "$home/bin/go does not run"
}

go_is_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  printf 'go%s\n%s\n' "$go_minimum" "$version" | sort -CV
}

fetch_go() {
  local arch=$1 home=$2 sum=${go_sums[$1]:-} module
  [[ -n $sum ]] || fail "no pinned Go for $arch: install Go >= $go_minimum"
  need_commands curl=curl unzip=unzip
  need_packages ca-certificates
  mkdir -p "$(dirname "$home")"
  step "Go $go_pinned from the module proxy"
  module=golang.org/toolchain@v0.0.1-go$go_pinned.linux-$arch
  rm -rf "$home.new" && mkdir -p "$home.new"
  run_logged "fetch Go" "$home.log" download_go "$module" "$home.new"
  [[ $(module_sum "$home.new") == "$sum" ]] || fail "Go $go_pinned does not have the pinned checksum: $home.new"
  # As cmd/go does with a toolchain module: zip files of modules carry no modes, and no nested go.mod.
  chmod -R a+x "$home.new/$module/bin" "$home.new/$module/pkg/tool"
  find "$home.new/$module/src" -name _go.mod -execdir mv {} go.mod \;
  mv "$home.new/$module" "$home" && rm -rf "$home.new" "$home.log"
}

download_go() { # module, directory
  local proxy proxies
  IFS=',|' read -ra proxies <<<"${GOPROXY:-https://proxy.golang.org}"
  for proxy in "${proxies[@]}"; do
    [[ $proxy == direct || $proxy == off ]] && continue
    curl -fsSL --retry 3 -o "$2/go.zip" "${proxy%/}/${1/@//@v/}.zip" || continue
    unzip -q -d "$2" "$2/go.zip"
    rm "$2/go.zip"
    return 0
  done
  return 1
}

# The "h1:" sum that go.sum and the checksum database use: the SHA-256 of the sorted list of the files' SHA-256.
module_sum() {
  local digest
  digest=$(cd "$1" && find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)
  # shellcheck disable=SC2001,SC2059  # the digest as bytes
  printf 'h1:%s' "$(printf "$(sed 's/../\\x&/g' <<<"$digest")" | base64 -w0)"
}
