"""The commands ``portal checks``, as people type them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from checklists import loader
from checklists.loader import LIBRARY, load_pack
from portal.check_commands import checks
from portal.cli import portal


def run(*arguments: str) -> Result:
    return CliRunner().invoke(checks, arguments)


def test_the_shipped_cases_all_come_out_and_the_last_line_counts_them() -> None:
    result = run("test", "steel-month", "power-month")
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == "135 passed, 0 failed"


def test_a_broken_check_makes_the_command_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "steel-month"
    folder.mkdir()
    for name in ("1.toml", "base.toml"):
        text = (LIBRARY / "steel-month" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("0 <= row.value < 100", "0 <= row.value"), encoding="utf-8")
    monkeypatch.setattr(loader, "LIBRARY", tmp_path)
    load_pack.cache_clear()
    try:
        result = run("test")
    finally:
        load_pack.cache_clear()
    assert result.exit_code == 1
    assert "CK-SM-001" in result.output
    assert result.output.splitlines()[-1].endswith(", 1 failed")


def test_the_list_as_json_tells_of_each_check_and_question_what_it_rests_on() -> None:
    entries = json.loads(run("list", "--json").output)
    assert len([entry for entry in entries if entry["kind"] == "automatic"]) >= 100
    assert len([entry for entry in entries if entry["kind"] == "question"]) >= 140
    for entry in entries:
        assert {"pack", "id", "severity", "clause", "source", "confidence", "cases"} <= set(entry)
        assert (entry["cases"] >= 2) == (entry["kind"] == "automatic")
    assert "automatic, " in run("list").output.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("steel-month", "未公开"),
        ("environment-steward-visit", "废气"),
        ("CK-SM-007", "参数 most = 3"),
        ("CK-AD-001", "期初库存"),
        ("CS-056", "大于 40"),
        ("EH-08", "早于检查日"),
        ("CS-005A", "→ note"),
    ],
)
def test_a_pack_a_check_and_a_question_are_shown(name: str, words: str) -> None:
    assert words in run("show", name).output


def test_what_is_not_there_is_told() -> None:
    assert run("show", "CK-NO-999").exit_code == 1


def test_two_versions_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "carbon-steward-visit"
    folder.mkdir()
    text = (LIBRARY / "carbon-steward-visit" / "1.toml").read_text(encoding="utf-8")
    (folder / "1.toml").write_text(text, encoding="utf-8")
    newer = text.replace('version = "1"', 'version = "2"', 1).replace("above = 40", "above = 30", 1)
    (folder / "2.toml").write_text(newer, encoding="utf-8")
    monkeypatch.setattr(loader, "LIBRARY", tmp_path)
    load_pack.cache_clear()
    try:
        lines = run("diff", "carbon-steward-visit", "1", "2").output.splitlines()
    finally:
        load_pack.cache_clear()
    assert lines[0].startswith("~ CS-056.findings")
    assert lines[-1] == "1 differences"


def test_the_coverage_counts_every_list() -> None:
    result = run("coverage")
    assert result.exit_code == 0
    assert "verification: 214 items" in result.output
    entries = json.loads(run("coverage", "--json").output)
    assert len(entries) == 401
    assert all(entry["checks"] or entry["questions"] or entry["reason"] for entry in entries)


def test_the_group_hangs_on_the_console_script() -> None:
    result = CliRunner().invoke(portal, ["checks", "show", "EH-08"])
    assert "有效期" in result.output
