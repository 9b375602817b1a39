"""python scripts/break_rules.py [WORD …]: break each rule of the house in a copy; a test must turn red.

Reads scripts/broken_rules.toml. The copy is of the working tree. Prints a table; exits with 1 when a broken
rule is not caught. WORDs choose rules by a part of their name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RULES = Path(__file__).with_name("broken_rules.toml")


def read_rules() -> list[Mapping[str, Any]]:
    """The rules, each with file, find, replace and tests."""
    rules: list[Mapping[str, Any]] = tomllib.loads(RULES.read_text(encoding="utf-8"))["rules"]
    return rules


def break_text(text: str, rule: Mapping[str, Any]) -> str:
    """The file's text with the rule broken; raises ValueError when what is to be replaced is not there."""
    if rule["find"] not in text:
        raise ValueError(f"{rule['file']} does not hold: {rule['find']!r}")
    broken = text.replace(rule["find"], rule["replace"], 1)
    before, after = rule.get("also", ("", ""))
    return broken.replace(before, after, 1) if before else broken


def copy_tree(target: Path) -> None:
    """Copy every file of the working tree that git does not ignore, and what was made at set-up."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for folder in ("portal/static/vendor", "portal/translations"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, target / folder, dirs_exist_ok=True)


@contextmanager
def broken(tree: Path, rule: Mapping[str, Any]) -> Iterator[None]:
    """The tree with one rule broken, whole again afterwards."""
    path = tree / rule["file"]
    whole = path.read_text(encoding="utf-8")
    path.write_text(break_text(whole, rule), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(whole, encoding="utf-8")


def failing_tests(tree: Path, rule: Mapping[str, Any]) -> list[str]:
    """The tests that turn red, none when the rule's breach is not seen."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *rule["tests"]],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    named = [line.split(" - ")[0].rpartition("::")[2] for line in lines if line.startswith("FAILED")]
    if done.returncode and not named:
        raise SystemExit(f"{rule['rule']}: the tests could not run\n{done.stdout[-2000:]}")
    return named


def main() -> int:
    """Break the chosen rules one after the other."""
    words = sys.argv[1:]
    chosen = [rule for rule in read_rules() if not words or any(word in rule["rule"] for word in words)]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="broken-rules-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        for rule in chosen:
            with broken(tree, rule):
                red = failing_tests(tree, rule)
            missed += not red
            print(f"| {rule['rule']} | {', '.join(red[:3]) or 'NOT CAUGHT'} |", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} broken rules were caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
