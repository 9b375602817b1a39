"""Golden cases in files: read, and compared to the last digit."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[2] / "cases"


def cases(folder: str) -> list[Path]:
    """Files of one folder of cases."""
    found = sorted((CASES / folder).glob("*.json"))
    assert found, folder
    return found


def read(path: Path) -> tuple[Any, Any]:
    """Input and expected answer of one case; its arithmetic must be written in it."""
    case = json.loads(path.read_text(encoding="utf-8"))
    assert case["arithmetic"], path
    assert case["source"], path
    return case["input"], case["expected"]


def exact(value: str | None) -> Decimal | None:
    """A number of a case; null is none."""
    return None if value is None else Decimal(value)
