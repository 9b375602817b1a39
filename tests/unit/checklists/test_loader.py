"""What the loader says about a wrong pack."""

from pathlib import Path

import pytest

from checklists.engine import run_cases
from checklists.loader import load_pack, read_pack
from portal.domain.errors import PackError

PACK = """\
id = "example"
version = "1"
title = "示例"
title_en = "Example"
body = "示例机构"
legal_status = "示例"
legal_status_en = "example"
source = "示例"
confidence = "unverified"
valid_from = 2026-01-01

[base]
totals = { total = 1.0 }

[[checks]]
id = "CK-X-001"
title = "总量不超"
title_en = "Total within limit"
clause = "1"
source = "示例"
confidence = "unverified"
severity = "note"
per = "record"
expression = "totals.total <= most"
message = "总量 {totals.total}"
message_en = "Total {totals.total}"
expected = "{most}"
expected_en = "{most}"
actual = "{totals.total:2}"
actual_en = "{totals.total:2}"
mend = "核对"
mend_en = "Check it"
points_to = "page:result"
settings.most = { value = 2, title = "上限", title_en = "limit", source = "示例", confidence = "unverified" }
[[checks.cases]]
name = "不超"
outcome = "passed"
[[checks.cases]]
name = "超了"
outcome = "failed"
set = { "totals.total" = 3 }
"""


def write(folder: Path, text: str, name: str = "1.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_pack_is_read_and_its_cases_come_out(tmp_path: Path) -> None:
    pack = read_pack(write(tmp_path, PACK))
    assert pack.check("CK-X-001").reads == ("totals.total",)
    assert run_cases(pack) == (2, 0, ())


@pytest.mark.parametrize(
    ("old", "new", "key", "word"),
    [
        ('severity = "note"', 'severity = "fatal"', "CK-X-001.severity", "blocking"),
        ('severity = "note"', 'severty = "note"', "CK-X-001.severty", "没有这个键"),
        ('per = "record"', 'per = "month"', "CK-X-001.per", "record"),
        ("totals.total <= most", "totals.sum <= most", "CK-X-001.expression", "sum"),
        ("totals.total <= most", "totals.total", "CK-X-001.expression", "number"),
        ("{totals.total}", "{totals.nothing}", "CK-X-001.message", "nothing"),
        ("{totals.total}", "{totals.total", "CK-X-001.message", "花括号"),
        ("{totals.total:2}", "{totals.total:x}", "CK-X-001.actual", "写法"),
        ('clause = "1"', 'clause = ""', "CK-X-001.clause", "文字"),
        ('title_en = "Total within limit"', "", "CK-X-001.title_en", "文字"),
        ('points_to = "page:result"', 'points_to = "row"', "CK-X-001.points_to", "section"),
        ('points_to = "page:result"', 'points_to = "section:result"', "CK-X-001.points_to", "energy"),
        ('points_to = "page:result"', 'points_to = "page:nothing"', "CK-X-001.points_to", "plan"),
        ('outcome = "failed"', 'outcome = "passed"', "CK-X-001.cases", "failed"),
        ('outcome = "passed"', 'outcome = "good"', "CK-X-001.cases[0].outcome", "passed"),
        ('name = "不超"', 'name = "不超"\nat_cell = "x"', "CK-X-001.cases[0].at_cell", "没有这个键"),
        ("value = 2,", "", "CK-X-001.settings.most", "value"),
        ("settings.most", "settings.totals", "CK-X-001.settings.totals", "别的意思"),
        ('expression = "totals.total <= most"', 'predicate = "nothing"', "CK-X-001.predicate", "nothing"),
        ('expression = "totals.total <= most"', "", "CK-X-001.expression", "predicate"),
        ('version = "1"', 'version = "2"', "version", "文件名"),
        ("valid_from = 2026-01-01", 'valid_from = "2026"', "valid_from", "日期"),
        ('title = "示例"', "", "title", "文字"),
        (
            'confidence = "unverified"',
            'confidence = "sure"',
            "CK-X-001.settings.most.confidence",
            "unverified",
        ),
    ],
)
def test_a_wrong_pack_is_told_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, key: str, word: str
) -> None:
    head, sep, tail = PACK.partition("[[checks]]")
    first_line = head.count("\n") + 1
    text = PACK.replace(old, new) if not key.startswith("CK") else head + sep + tail.replace(old, new)
    assert text != PACK
    with pytest.raises(PackError) as wrong:
        read_pack(write(tmp_path, text))
    told = str(wrong.value)
    assert f"{tmp_path.name}/1.toml" in told
    assert key in told
    assert word in told
    assert wrong.value.path == key
    if key.startswith("CK"):
        assert first_line <= int(told.split(" 第 ")[1].split(" 行")[0]) <= text.count("\n")


def test_the_line_told_is_that_of_the_key(tmp_path: Path) -> None:
    for old, new in (('severity = "note"', 'severity = "fatal"'), ('outcome = "failed"', 'outcome = "bad"')):
        text = PACK.replace(old, new)
        line = text[: text.index(new)].count("\n") + 1
        with pytest.raises(PackError, match=f"第 {line} 行"):
            read_pack(write(tmp_path, text))


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PackError) as wrong:
        read_pack(write(tmp_path, PACK.replace("clause = ", "clause : ")))
    assert "line 19" in str(wrong.value)


def test_two_checks_with_one_id_are_refused(tmp_path: Path) -> None:
    check = PACK[PACK.index("[[checks]]") :]
    with pytest.raises(PackError, match="CK-X-001"):
        read_pack(write(tmp_path, PACK + check))


def test_a_case_that_does_not_come_out_is_told(tmp_path: Path) -> None:
    report = run_cases(read_pack(write(tmp_path, PACK.replace('"totals.total" = 3', '"totals.total" = 2'))))
    assert (report.passed, report.failed) == (1, 1)
    assert "CK-X-001" in report.failures[0]
    assert "超了" in report.failures[0]


def test_a_case_that_changes_what_is_not_there_is_told(tmp_path: Path) -> None:
    report = run_cases(
        read_pack(write(tmp_path, PACK.replace('"totals.total" = 3', '"rows[S-1].value" = 2')))
    )
    assert report.failed == 1
    assert "rows[S-1].value" in report.failures[0]


def test_a_pack_that_is_not_there_is_told() -> None:
    with pytest.raises(PackError, match="no-such-pack"):
        load_pack("no-such-pack")
    with pytest.raises(PackError, match="99"):
        load_pack("carbon-data-quality", "99")
