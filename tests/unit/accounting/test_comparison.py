"""Two footprints beside each other, and when they may not be."""

from decimal import Decimal
from typing import Any

import pytest

from portal.accounting.comparison import compare, differences
from portal.accounting.faults import in_english
from portal.accounting.footprint import footprint
from portal.accounting.footprint_result import FootprintResult
from portal.domain.errors import InputError
from tests.unit.accounting.months import flow, process, system

STATED = {"boundary": "cradle-to-gate", "rules": "PCR 1"}


def made(share: str, **top: Any) -> FootprintResult:
    """1 kg of a: 1 kg CO2 on the site, and so much of b with 1 kg CO2 each."""
    processes = [process("a", inputs=[flow("b", share)], stage="make"), process("b", stage="grow")]
    return footprint(system(*processes, **{**STATED, **top}))


def test_a_reduction_is_told_in_kilograms_and_as_a_share_of_the_base() -> None:
    found = compare(made("3"), made("2"))
    # base 1 + 3 = 4, reporting 1 + 2 = 3: −1, a quarter less, all of it in growing
    assert (found.base, found.reporting, found.difference) == (4, 3, -1)
    assert found.reduction == Decimal("0.25")
    assert dict(found.by_stage) == {"make": 0, "grow": -1}
    assert dict(found.by_gas) == {"CO2": -1}
    assert found.apart is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"boundary": "cradle-to-grave"}, "系统边界"),
        ({"boundary": ""}, "系统边界"),
        ({"rules": "PCR 2"}, "核算规则"),
        ({"rules": "  "}, "核算规则"),
        ({"gwp": "AR5"}, "全球增温潜势"),
        ({"functional_unit": flow("a", "2")}, "功能单位"),
        ({"functional_unit": flow("b")}, "产品"),
    ],
)
def test_footprints_made_in_different_ways_are_refused(changed: dict[str, Any], named: str) -> None:
    for pair in ((made("1"), made("1", **changed)), (made("1", **changed), made("1"))):
        assert differences(*pair) == (named,)
        with pytest.raises(InputError) as refused:
            compare(*pair)
        assert refused.value.code == "not_comparable"
        assert named in str(refused.value)


def test_the_same_functional_unit_may_be_written_in_another_unit() -> None:
    assert compare(made("1"), made("1", functional_unit=flow("a", "1000", "g"))).difference == 0


def test_a_stage_that_only_one_has_is_compared_with_nothing() -> None:
    alone = footprint(system(process("a", stage="use"), **STATED))
    assert dict(compare(made("1"), alone).by_stage) == {"make": -1, "grow": -1, "use": 1}


def test_simulated_footprints_say_whether_their_intervals_meet() -> None:
    def simulated(amount: str) -> FootprintResult:
        spread = {"distribution": "normal", "sd": "1"}
        emission = {"gas": "CO2", "amount": amount, "unit": "kg", "uncertainty": spread}
        sampled = {"runs": 300, "seed": 1}
        return footprint(system(process("a", emissions=[emission]), uncertainty=sampled, **STATED))

    assert compare(simulated("100"), simulated("90")).apart is True
    assert compare(simulated("100"), simulated("99")).apart is False


def test_a_base_of_nothing_has_no_share() -> None:
    nothing = footprint(system(process("a", emissions=[]), **STATED))
    assert compare(nothing, made("1")).reduction is None


def test_what_differs_is_told_in_english_too() -> None:
    with pytest.raises(InputError) as refused:
        compare(made("1"), made("1", boundary="", gwp="AR5"))
    told = in_english(refused.value)
    assert "boundary、global warming potentials" in told
    assert not any("一" <= letter <= "鿿" for letter in told)
