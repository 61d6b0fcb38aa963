#!/usr/bin/env bash
# Installs what the tests need beyond Python's packages: the JavaScript clients, at the versions of
# their lock file, and a browser for passkeys. Does nothing when that has been done.
set -eu
cd "$(dirname "$0")/clients/node"

if ! command -v chromium >/dev/null; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  apt="env DEBIAN_FRONTEND=noninteractive apt-get -q"
  { $as_root $apt update && $as_root $apt install -y chromium; } >&2 || {
    echo "The tests need Chromium on the PATH, as chromium, and apt-get couldn't install it." >&2
    exit 1
  }
fi

command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || {
  echo "The tests need Node.js 20 or newer, with npm, on the PATH." >&2
  exit 1
}

wanted=$(cat package.json package-lock.json)
stamp=node_modules/.installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s\n' "$wanted" >"$stamp"
fi
