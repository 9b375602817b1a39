"""Serials of carbon credits: one serial in many writings, blocks, and what is no block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.credits import CreditKind, SerialBlock, read_serials, registry_key
from portal.domain.errors import Invalid


@pytest.mark.parametrize(
    "writing",
    [
        "EX-2024-000017",
        "ex-2024-17",
        "ＥＸ－２０２４－０００１７",
        " EX / 2024 / 17 ",
        "EX—2024—0017",
        "ex_2024_17",
    ],
)
def test_one_serial_in_many_writings_is_one_serial(writing: str) -> None:
    assert read_serials(writing) == SerialBlock("EX-2024-", 17, 17)


def test_a_block_runs_over_its_last_digits() -> None:
    block = read_serials("EX-2024-000001", "EX-2024-011700")
    assert (block.first, block.last, block.count) == (1, 11700, 11700)


def test_a_serial_without_digits_is_a_serial_of_its_own() -> None:
    assert read_serials("证书甲") == SerialBlock("证书甲", 0, 0)
    assert not read_serials("证书甲").overlaps(read_serials("证书乙"))


def test_more_digits_than_a_number_holds_stay_in_the_series() -> None:
    block = read_serials("12345678901234567890", "12345678901234567899")
    assert block == SerialBlock("12", 345678901234567890, 345678901234567899)


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("", "", "serial_from"),
        (" － ", "", "serial_from"),
        ("A" * 201, "", "serial_from"),
        ("㍿" * 60, "", "serial_from"),
        ("EX-1", "EY-2", "serial_to"),
        ("EX-1-2024", "EX-9-2025", "serial_to"),
        ("证书甲", "证书甲", "serial_to"),
        ("EX-9", "EX-1", "serial_to"),
        ("EX-9", "－", "serial_to"),
    ],
)
def test_what_is_no_block_is_refused_at_its_field(first: str, last: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_serials(first, last)
    assert refused.value.path == path


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_two_blocks_overlap_exactly_when_a_serial_stands_in_both(a: int, b: int, c: int, d: int) -> None:
    one = SerialBlock("EX-", min(a, b), max(a, b))
    other = SerialBlock("EX-", min(c, d), max(c, d))
    shared = set(range(one.first, one.last + 1)) & set(range(other.first, other.last + 1))
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)
    assert not one.overlaps(SerialBlock("EY-", 1, 40))


def test_kinds_with_one_registry_are_told_apart_by_kind_and_others_by_the_registry() -> None:
    assert registry_key(CreditKind.CCER, "甲登记簿") == registry_key(CreditKind.CCER, "乙登记簿")
    assert registry_key(CreditKind.OTHER, " vcs ") == registry_key(CreditKind.VCS, "任一登记簿")
    assert registry_key(CreditKind.SINK, "甲 登记簿") == registry_key(CreditKind.OTHER, "甲登记簿")
    assert registry_key(CreditKind.SINK, "甲登记簿") != registry_key(CreditKind.SINK, "乙登记簿")
