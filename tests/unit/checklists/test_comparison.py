"""Two runs over a month, side by side."""

import copy
from decimal import Decimal

from checklists.comparison import compare_runs
from checklists.engine import run
from checklists.loader import load_pack

PACK = load_pack("steel-month")


def test_the_same_facts_compare_equal() -> None:
    assert compare_runs(run(PACK, PACK.base), run(PACK, PACK.base)).same


def test_a_changed_value_shows_what_fails_anew_what_is_mended_and_what_else_changed() -> None:
    facts = copy.deepcopy(dict(PACK.base))
    row = next(row for row in facts["rows"] if row["cell"] == "S-02.moisture")
    row["value"] = Decimal(100)
    before, after = run(PACK, PACK.base), run(PACK, facts)
    found = compare_runs(before, after)
    assert [(one.check_id, one.subject) for one in found.newly_failed] == [("CK-SM-001", "S-02.moisture")]
    assert found.mended == ()
    assert [one.check_id for one in found.changed] == ["CK-SM-002"]
    back = compare_runs(after, before)
    assert [one.check_id for one in back.mended] == ["CK-SM-001"]
    assert back.mended[0].before is not None
    assert back.mended[0].before.values["row.value"] == Decimal(100)


def test_a_subject_that_one_run_did_not_ask_about_is_told() -> None:
    facts = copy.deepcopy(dict(PACK.base))
    facts["rows"] = [row for row in facts["rows"] if row["stream"] != "S-02"]
    gone = compare_runs(run(PACK, PACK.base), run(PACK, facts)).changed
    assert ("CK-SM-007", "S-02") in {(one.check_id, one.subject) for one in gone if one.after is None}
