#!/usr/bin/env bash
# Installs what the tests need beyond Python's packages: the JavaScript clients, at the versions of
# their lock file, a browser for passkeys and pages, and the proxies of docs/proxies.md. Does nothing when that
# has been done.
#
#   tests/install.sh                    everything
#   tests/install.sh nginx              one program
#   tests/install.sh node-clients       the JavaScript clients
set -eu
cd "$(dirname "$0")/clients/node"
[ $# -gt 0 ] || set -- chromium haproxy nginx caddy node-clients

PATH=$PATH:/usr/sbin
missing=
for program in "$@"; do
  case $program in
    node | node-clients) ;;
    *) command -v "$program" >/dev/null || missing="$missing $program" ;;
  esac
done
if [ -n "$missing" ]; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  apt="env DEBIAN_FRONTEND=noninteractive apt-get -q"
  { $as_root $apt update && $as_root $apt install -y $missing; } >&2 || {
    echo "The tests need these programs on the PATH, and apt-get couldn't install them:$missing" >&2
    exit 1
  }
  # Debian starts the proxies as services; the tests start their own.
  for program in haproxy nginx caddy; do
    case "$missing" in
      *$program*) $as_root systemctl disable --now $program >/dev/null 2>&1 || true ;;
    esac
  done
fi

case " $* " in *" node"*) ;; *) exit 0 ;; esac
command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || {
  echo "The tests need Node.js 20 or newer, with npm, on the PATH." >&2
  exit 1
}

case " $* " in *" node-clients "*) ;; *) exit 0 ;; esac
wanted=$(cat package.json package-lock.json)
stamp=node_modules/.installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s\n' "$wanted" >"$stamp"
fi
