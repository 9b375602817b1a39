"""The layers that pyproject.toml draws are kept, and the drawing notices when they are not."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.rules import ROOMS, ROOT

CONTRACTS = {
    "imports go down only": ("portal/domain/periods.py", "import portal.services.months"),
    "the pure rooms know no framework": ("portal/accounting/stock.py", "import sqlalchemy"),
    "forms see only the domain": ("forms/signing.py", "import portal.models.records"),
    "requests and tables never meet": ("portal/web/help.py", "import portal.models.records"),
    "below the entry points there is no request": ("portal/services/rows.py", "import flask"),
    "one door to the queue": ("portal/tasks.py", "import redis"),
    "one door to the printer": ("portal/web/letters.py", "import weasyprint"),
}


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter in a folder; gives its exit code and what it said."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_is_kept() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    for name in CONTRACTS:
        assert f"{name} KEPT" in said


def test_each_contract_breaks_when_it_is_broken(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=lambda folder, names: [n for n in names if _skip(folder, n)]
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line in CONTRACTS.values():
        file = tmp_path / path
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    code, said = lint(tmp_path)
    assert code == 1, said
    for name in CONTRACTS:
        assert f"{name} BROKEN" in said


def _skip(folder: str, name: str) -> bool:
    return not (Path(folder) / name).is_dir() and not name.endswith(".py")
