"""docs/adding-a-check.md, followed to the letter."""

import re
from datetime import date
from pathlib import Path

from checklists.engine import run_cases
from checklists.functions import FUNCTIONS
from checklists.loader import LIBRARY, load_pack, pack_ids, pack_of, read_pack
from checklists.questions import finding_of
from checklists.vocabulary import ROOTS

GUIDE = Path(__file__).parents[3] / "docs" / "adding-a-check.md"


def test_the_check_of_the_guide_can_be_added_and_its_cases_come_out(tmp_path: Path) -> None:
    folder = LIBRARY / "carbon-data-quality"
    check = re.findall(r"```toml\n(\[\[checks\]\].*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    path = tmp_path / "1.toml"
    path.write_text((folder / "1.toml").read_text(encoding="utf-8") + "\n" + check, encoding="utf-8")
    pack = read_pack(path, folder / "base.toml")
    assert pack.check("CK-EF-900").severity == "explain"
    assert run_cases(pack).failures == ()


def test_the_question_of_the_guide_can_be_added(tmp_path: Path) -> None:
    question = re.findall(
        r"```toml\n(\[\[questions\]\].*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
    )[0]
    text = (LIBRARY / "carbon-steward-visit" / "1.toml").read_text(encoding="utf-8")
    pack = pack_of(f"{text}\n{question}", "carbon-steward-visit/1.toml")
    assert finding_of(pack.question("CS-900"), "4", date(2026, 11, 22)) == "note"
    assert finding_of(pack.question("CS-900"), "3", date(2026, 11, 22)) is None


def test_the_guide_counts_every_pack_and_names_every_word_at_the_head_of_a_path() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for pack in map(load_pack, pack_ids()):
        line = next(line for line in text.splitlines() if line.startswith("|") and f"`{pack.id}`" in line)
        for count in (len(pack.checks), len(pack.questions)):
            assert not count or str(count) in line
    assert [name for name in ROOTS if f"`{name}`" not in text] == []


def test_the_guide_lists_every_function() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}(" not in text] == []
