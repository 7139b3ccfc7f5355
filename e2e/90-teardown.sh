#!/bin/bash
# Removes the cluster. Images, caches and the Docker daemon stay.
set -euo pipefail
exec "$(dirname "$0")/cluster/down"
