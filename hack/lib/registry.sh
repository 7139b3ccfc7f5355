# shellcheck shell=bash
# Whether a container registry can be reached.

# registry_has IMAGE: whether the Docker daemon can get it. The daemon itself is asked, because mirrors and proxies are its
# settings. It takes seconds and fetches only the image's description.
registry_has() {
  local name=$1 endpoint
  [[ ${SEAWORTHY_OFFLINE:-} != 1 ]] || return 1
  [[ ${name%%/*} == *[.:]* || $name == */* ]] || name=library/$name
  endpoint=${DOCKER_HOST:-$(docker context inspect -f '{{.Endpoints.docker.Host}}' 2>/dev/null || true)}
  endpoint=${endpoint:-unix:///var/run/docker.sock}
  if [[ $endpoint == unix://* ]] && command -v curl >/dev/null; then
    curl -fsS -m 15 --unix-socket "${endpoint#unix://}" "http://docker/distribution/$name/json" >/dev/null 2>&1
  else
    timeout 15 docker manifest inspect "$1" >/dev/null 2>&1
  fi
}
