#!/usr/bin/env bash
# bootstrap.sh FILE.ts [ARGUMENT …]: runs a TypeScript file of this repository on the pinned Node,
# after installing the npm packages where they are missing or older than the lock file.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
installed="$root/node_modules/.package-lock.json"

if [[ ! -x "$root/node_modules/.bin/node" || "$root/package-lock.json" -nt "$installed" ]]; then
  # To stderr: what a script prints is its own.
  (cd "$root" && npm ci --no-audit --no-fund) >&2
fi

exec "$root/node_modules/.bin/node" "$root/$1" "${@:2}"
