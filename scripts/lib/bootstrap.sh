#!/usr/bin/env bash
# bootstrap.sh FILE.ts [ARGUMENT …]: runs a TypeScript file of this repository on the pinned Node,
# after installing the npm packages where they are missing or older than the lock file.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

packages_are_old() {
  [[ ! -x "$root/node_modules/.bin/node" || "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]]
}

# All output goes to stderr: what a script prints on stdout is its own.
install_packages() {
  # The machine's own Node only starts npm; any version does.
  command -v npm || { apt-get update -q && apt-get install -q -y --no-install-recommends npm; }
  # Not `npm ci`: it refuses a lock file that lacks the optional binaries of other platforms, and from a registry
  # that mirrors few platforms no other lock file can be made. This installs the locked versions just as well.
  (cd "$root" && npm install --no-save --no-audit --no-fund)
}

if packages_are_old; then
  # Scripts that start at the same time install once: the second finds the work done.
  exec 9<"$root"
  flock 9
  if packages_are_old; then install_packages >&2; fi
  exec 9<&-
fi

exec "$root/node_modules/.bin/node" "$root/$1" "${@:2}"
