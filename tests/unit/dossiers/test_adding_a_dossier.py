"""docs/adding-a-report.md, "From accepted months", followed to the letter in a copy of the rooms."""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.unit.reports.conftest import page_texts

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "adding-a-report.md"
ROOMS = ("portal", "checklists", "reports")
#: What the portal does with a kind, without its database.
PROVE = """
import sys
from pathlib import Path
from checklists.engine import run_cases
from checklists.loader import load_pack
from portal.domain.periods import Month, today
from portal.dossiers.source import AcceptedMonth, EnterpriseFacts, Source
from portal.queries.dossier_checks import check_contents
from portal.reference.dossiers import load_kind
from portal.services.dossier_signing import with_signers
from reports.document import load_sample
from reports.pdf import render_pdf

kind = load_kind("output_note")
assert run_cases(load_pack(kind.pack)).failures == ()
enterprise = EnterpriseFacts(
    "示例企业", "91330500MA00000000", "330502", "", "", "", "", "", "", False, "", (), (), (), ()
)
months = tuple(
    AcceptedMonth(Month(2026, number), number, number, 1, "0", "R", {
        "calculation": {
            "output": {"amount": amount}, "total": "1", "intensity": "1", "unverified": [], "lines": []
        },
        "streams": [],
    })
    for number, amount in ((7, "1000.5"), (8, "2000.25"), (9, "0.25"))
)

def source(held, answers):
    return Source(kind, enterprise, "2026-Q3", 1, Month(2026, 7), Month(2026, 9), held, (), (), answers,
                  today(), number="HZ-ON-2026Q3-0001-E1")

lacking = check_contents(source(months[:2], {}))
assert [failure.code for failure in lacking.failures] == ["unanswered", "check", "invalid"], lacking.failures
check = check_contents(source(months, {"reason": "示例：检修结束。"}))
assert check.passed, check.failures
assert [format(figure.value, "f") for figure in check.contents.figures] == ["3001.00"]
data = with_signers(check.contents.data, {"": ("示例负责人", "2026-11-22T08:00:00+08:00")})
stamp = load_sample("ad_hoc_disclosure")["document"]
content = render_pdf("output_note", {**data, "document": stamp}, font_cache=Path(sys.argv[1]))
Path(sys.argv[2]).write_bytes(content)
"""


def blocks() -> dict[str, str]:
    """The files that the guide writes out, by their path."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.findall(
        r"^   `((?:portal|reports|checklists)/[^`]+)`:\n\n   ```\w+\n(.*?)^   ```$",
        text,
        re.DOTALL | re.MULTILINE,
    )
    return {path: textwrap.dedent(content) for path, content in found}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The rooms with the guide's files added."""
    for room in ROOMS:
        shutil.copytree(
            ROOT / room,
            tmp_path / room,
            ignore=shutil.ignore_patterns("static", "__pycache__", "web", "*.po"),
        )
    for path, content in blocks().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    return tmp_path


def test_the_kind_of_the_guide_is_checked_assembled_and_printed(copy: Path, font_cache: Path) -> None:
    assert len(blocks()) == 9
    target = copy / "note.pdf"
    done = subprocess.run(
        [sys.executable, "-c", PROVE, str(font_cache), str(target)],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = " ".join(page_texts(target.read_bytes()))
    for figure in ("1,000.5", "2,000.25", "0.25", "3,001.00", "HZ-ON-2026Q3-0001-E1", "示例负责人"):
        assert figure in text
