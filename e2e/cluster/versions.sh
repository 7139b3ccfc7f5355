# shellcheck shell=bash
# Which versions the cluster is made of. The Go modules' own files are the pins; this reads them and adds what no module says.
# Sourced after cache.sh, with $here = e2e/cluster.
# shellcheck disable=SC2034,SC2154  # for, and from, the scripts that source this

pinned() { # folder, module
  awk -v module="$2" '$1 == "require" {sub(/^require /, "")} $1 == module && $2 ~ /^v/ {print $2; exit}' "$here/$1/go.mod"
}
kubernetes=$(pinned kube k8s.io/kubernetes)
etcd=$(pinned kube go.etcd.io/etcd/server/v3)
coredns=$(pinned coredns github.com/coredns/coredns)
containerd=$(pinned containerd github.com/containerd/containerd/v2)
kind=$(pinned kind sigs.k8s.io/kind)

# What a machine with a registry uses: the default of the pinned kind (its pkg/apis/config/defaults/image.go).
stock_node_image=kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5
# What the images that we make here are made of.
node_suite=trixie
base_suite=bookworm
debian_mirror=${SEAWORTHY_DEBIAN_MIRROR:-http://deb.debian.org/debian}

build_rules=1 # raise it when the way of building changes and what is in the caches must go
module_key() { cache_key "$here/$1/go.mod" "$here/$1/go.sum" "=$build_rules"; }

# The name of our own node image: a changed pin or recipe is another name, so nothing stale is ever taken.
node_image_name() {
  local recipe module keys=()
  for module in kube coredns containerd kind; do keys+=("=$(module_key "$module")"); done
  recipe=("$here/build-node-image" "$here/runc-bounded" "$here"/node-image/*)
  echo "seaworthy-e2e/node:$kubernetes-$(cache_key "=$node_suite" "${keys[@]}" "${recipe[@]}")"
}
