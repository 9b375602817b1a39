"""Lay the wanted files of the npm packages into ``portal/static/vendor/``.

The folder is made anew beside the old one and swapped in, so that a server that runs
meanwhile never sees half of it. ``versions.json`` says what lies there; pages use it to
make addresses that change with the version.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "portal" / "static" / "vendor"

#: (package, path in it, path under the vendor folder); a path may name a file or a folder.
WANTED = (
    ("@tabler/core", "dist/css/tabler.min.css", "tabler/tabler.min.css"),
    ("htmx.org", "dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx.org", "LICENSE", "htmx/LICENSE"),
    ("@tabler/icons", "icons/outline", "icons/outline"),
    ("@tabler/icons", "icons/filled", "icons/filled"),
    ("@tabler/icons", "LICENSE", "icons/LICENSE"),
    ("@fontsource-variable/noto-sans-sc", "index.css", "noto-sans-sc/index.css"),
    ("@fontsource-variable/noto-sans-sc", "files", "noto-sans-sc/files"),
    ("@fontsource-variable/noto-sans-sc", "LICENSE", "noto-sans-sc/LICENSE"),
)

SOURCE_MAP = re.compile(r"/[/*][#@] sourceMappingURL=[^\n*]*(\*/)?\s*")


def copy_one(package: str, source: str, target: Path) -> None:
    """Copy a file or folder; leave the pointer to a source map out, since none is copied.

    Raises FileNotFoundError when the package does not hold ``source``.
    """
    origin = MODULES / package / source
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, target, copy_function=_link_or_copy)
    elif origin.suffix in {".css", ".js"}:
        target.write_text(SOURCE_MAP.sub("", origin.read_text("utf-8")), "utf-8")
    else:
        shutil.copyfile(origin, target)


def _link_or_copy(source: str, target: str) -> None:
    """The same file under a second name: thousands of icons would take as long to copy as to fetch."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no second names
        shutil.copyfile(source, target)


def vendor() -> dict[str, str]:
    """Fill the vendor folder and give the version of each package in it."""
    fresh, old = VENDOR.with_name("vendor.new"), VENDOR.with_name("vendor.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    for package, source, target in WANTED:
        copy_one(package, source, fresh / target)
    packages = sorted({package for package, _, _ in WANTED})
    versions = {
        name: json.loads((MODULES / name / "package.json").read_text())["version"] for name in packages
    }
    (fresh / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    if VENDOR.exists():
        VENDOR.rename(old)
    fresh.rename(VENDOR)
    shutil.rmtree(old, ignore_errors=True)
    return versions


if __name__ == "__main__":
    try:
        for name, version in vendor().items():
            print(f"{name} {version}")
    except FileNotFoundError as missing:
        sys.exit(f"{missing.filename} is missing: run `npm ci` first (./run.sh does)")
