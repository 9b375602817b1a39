#!/usr/bin/env bash
# benchmarks/start.sh [--cold]   time from ./run.sh to the first yes of /readyz, in a fresh clone with an empty HOME
#
# Package caches stay warm unless --cold is given: pip, uv and npm then start from empty ones.
# Clones what is committed, never what merely lies in this folder. Prints one line a milestone, and the processor
# time, which says more than the clock on a machine that others use.
set -euo pipefail
LIMIT=20
PORT="${PORT:-8765}"
repository="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
work="$(mktemp -d "${TMPDIR:-/tmp}/portal-start-XXXXXX")"
server=""

finish() {
  if [ -n "$server" ] && kill -0 "$server" 2>/dev/null; then
    kill -TERM "$server"
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

answers() {
  { exec 3<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$1" >&3
  local status
  read -r _ status _ <&3 || status=""
  exec 3<&- 3>&-
  [ "$status" = 200 ]
}
# Of run.sh, of what it waited for and of the server that it became; not of the server's two children.
processor_seconds() { awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.1f", ($14 + $15 + $16 + $17) / ticks }' "/proc/$server/stat"; }
seconds_since() { awk -v begun="$1" -v now="$(date +%s.%N)" 'BEGIN { printf "%.1f", now - begun }'; }

if answers /healthz; then
  echo "something already listens on port $PORT; set PORT" >&2
  exit 2
fi

caches=()
if [ "${1:-}" != --cold ]; then
  # The home is empty, the caches of this machine are not: they are named one by one.
  caches=(
    "PIP_CACHE_DIR=${PIP_CACHE_DIR:-$HOME/.cache/pip}"
    "UV_CACHE_DIR=${UV_CACHE_DIR:-$HOME/.cache/uv}"
    "npm_config_cache=${npm_config_cache:-$HOME/.npm}"
  )
  # Where packages come from is a setting of the machine, and an empty home would lose it.
  if [ -z "${npm_config_userconfig:-}" ] && [ -f "$HOME/.npmrc" ]; then
    caches+=("npm_config_userconfig=$HOME/.npmrc")
  fi
  for file in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    if [ -z "${PIP_CONFIG_FILE:-}" ] && [ -f "$file" ]; then caches+=("PIP_CONFIG_FILE=$file"); fi
  done
fi

git clone -q "$repository" "$work/portal"
mkdir "$work/home"
printf 'load %s; %s processors; caches %s\n' \
  "$(cut -d ' ' -f 1-3 /proc/loadavg)" "$(nproc)" "$([ "${1:-}" = --cold ] && echo empty || echo warm)"

begun="$(date +%s.%N)"
env "${caches[@]}" HOME="$work/home" INSTANCE_DIR="$work/instance" PORT="$PORT" \
  "$work/portal/run.sh" >"$work/log" 2>&1 &
server=$!

said_alive=""
while kill -0 "$server" 2>/dev/null; do
  if [ -z "$said_alive" ] && answers /healthz; then
    said_alive=yes
    printf '%6s s  /healthz\n' "$(seconds_since "$begun")"
  fi
  if answers /readyz; then
    took="$(seconds_since "$begun")"
    printf '%6s s  /readyz (limit %s s)\n' "$took" "$LIMIT"
    printf '%6s s  processor time until then, both processors together\n' "$(processor_seconds)"
    awk -v took="$took" -v limit="$LIMIT" 'BEGIN { exit took > limit }'
    exit
  fi
  sleep 0.1
done
echo "the portal ended before it was ready:" >&2
tail -n 20 "$work/log" >&2
exit 1
