"""Errors carry a stable code, their values and their place, and can be read."""

import pytest

from portal.domain import errors
from portal.domain.errors import (
    Conflict,
    DomainError,
    Failure,
    GuardFailed,
    InputError,
    Invalid,
    NotFound,
    Refused,
)


def _kinds() -> list[type[DomainError]]:
    found = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DomainError)
    ]
    return [kind for kind in found if kind is not DomainError]


def test_every_kind_of_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in _kinds()]
    assert len(set(codes)) == len(codes) == 8
    assert DomainError.code not in codes


def test_values_are_put_into_the_message() -> None:
    error = Invalid("最多 %(most)s 位", params={"most": 8}, path="value")
    assert str(error) == "最多 8 位"
    assert (error.message, error.field, error.path) == ("最多 %(most)s 位", "value", "value")


def test_a_percent_sign_without_values_is_left_alone() -> None:
    assert str(Refused("下降 5%")) == "下降 5%"


def test_a_conflict_says_who_and_when_and_carries_what_stands_there() -> None:
    error = Conflict(
        params={"who": "沈示例", "when": "10-31 09:14"}, path="S-02.purchased", current={"value": 1}
    )
    assert str(error) == "这里刚被 沈示例 于 10-31 09:14 改过，请比较后再保存"
    assert error.current == {"value": 1}


def test_what_is_not_found_and_what_is_foreign_read_alike() -> None:
    assert str(NotFound()) == str(NotFound())
    assert str(NotFound("没有这个月")) == "没有这个月"


def test_a_failed_move_lists_every_reason() -> None:
    failures = [
        Failure("blank", "还有 %(count)s 格没有填", {"count": 3}, section="energy", cell="S-01.purchased"),
        Failure("stale", "评估已过期"),
    ]
    error = GuardFailed(failures)
    assert error.failures == tuple(failures)
    assert str(error).endswith("还有 3 格没有填; 评估已过期")


def test_an_input_error_has_the_code_of_its_fault() -> None:
    assert InputError("unknown_unit", "没有这个单位").code == "unknown_unit"
    assert InputError.code == "invalid_input"


def test_values_given_are_not_shared() -> None:
    given = {"most": 1}
    error = Invalid("%(most)s", params=given)
    given["most"] = 2
    assert str(error) == "1"


@pytest.mark.parametrize("kind", _kinds())
def test_every_error_is_caught_as_one_of_the_house(kind: type[DomainError]) -> None:
    assert issubclass(kind, DomainError)
