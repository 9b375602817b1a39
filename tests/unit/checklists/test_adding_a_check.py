"""docs/adding-a-check.md, followed to the letter."""

import re
from pathlib import Path

from checklists.engine import run_cases
from checklists.functions import FUNCTIONS
from checklists.loader import LIBRARY, read_pack

GUIDE = Path(__file__).parents[3] / "docs" / "adding-a-check.md"


def test_the_check_of_the_guide_can_be_added_and_its_cases_come_out(tmp_path: Path) -> None:
    folder = LIBRARY / "carbon-data-quality"
    check = re.findall(r"```toml\n(\[\[checks\]\].*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    path = tmp_path / "1.toml"
    path.write_text((folder / "1.toml").read_text(encoding="utf-8") + "\n" + check, encoding="utf-8")
    pack = read_pack(path, folder / "base.toml")
    assert pack.check("CK-EF-900").severity == "explain"
    assert run_cases(pack).failures == ()


def test_the_guide_lists_every_function() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}(" not in text] == []
