"""What is committed names neither the place where it was written nor where packages come from."""

import json
import subprocess
import tomllib

from tests.architecture.rules import ROOT, traces

#: Names of folders whose content is fetched or made, never committed.
NOT_COMMITTED = ("node_modules/", "instance/", ".venv/", "build/", "portal/static/vendor/")


def committed() -> list[str]:
    """Paths of all files that the repository holds."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_no_file_names_a_workplace_or_a_registry() -> None:
    found = []
    for path in committed():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found += traces(path, content.decode("utf-8"))
    assert found == []


def test_what_is_fetched_or_made_is_not_committed() -> None:
    assert [path for path in committed() if path.startswith(NOT_COMMITTED)] == []
    assert [path for path in committed() if path.endswith((".db", ".pyc", ".sqlite3", ".pem", ".key"))] == []


def test_the_lock_of_the_front_end_names_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_the_lock_of_python_pins_every_package_and_its_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        pinned = [line for line in lines if line and not line.startswith((" ", "#", "-"))]
        assert pinned
        assert all("==" in line for line in pinned), name


def test_the_check_sees_an_address() -> None:
    samples = (
        "cd /" + "work/main",
        "see ../" + "shared/design.md",
        "https://pypi" + ".org/simple",
        '"resolved": "https://registry.' + 'npmjs.org/x"',
        "pip install --index" + "-url https://example.test/simple",
    )
    for sample in samples:
        assert len(traces("x", f"a\n{sample}\n")) == 1, sample
    for sample in ("/workers", "the work/life", "a network/work-flow", "framework/work", "homework"):
        assert traces("x", sample) == [], sample


def test_each_rule_that_is_broken_on_purpose_still_stands_where_the_list_says() -> None:
    rules = tomllib.loads((ROOT / "scripts" / "broken_rules.toml").read_text(encoding="utf-8"))["rules"]
    gone = [rule["rule"] for rule in rules if rule["find"] not in (ROOT / rule["file"]).read_text("utf-8")]
    assert gone == []
    assert {number for rule in rules if (number := rule["rule"].split()[0]).isdigit()} == set(
        map(str, range(1, 15))
    )
