"""Widths of columns: as asked for, and wide enough for what stands in them."""

from typing import Any

import pytest

from reports.columns import cover_is_crammed, head_parts, lines, longest_word, points, shares


def _column(width: int, label: str = "列", *, align: str = "left", kind: str = "words") -> dict[str, Any]:
    return {"width": width, "label": label, "align": align, "kind": kind}


def test_columns_that_hold_what_stands_in_them_stay_as_asked_for() -> None:
    assert shares([_column(3), _column(1)], [["短"], ["短"]]) == pytest.approx([75, 25])


def test_a_date_gets_the_width_that_its_column_lacks_from_the_others() -> None:
    wide, narrow = shares([_column(19), _column(1)], [["短"], ["2026-09-22"]])
    assert 482 * narrow / 100 >= points("2026-09-22")
    assert wide + narrow == pytest.approx(100)


def test_a_state_needs_room_for_its_mark() -> None:
    plain, marked = (
        shares([_column(19), _column(1, kind=kind)], [["短"], ["closed"]])[1] for kind in ("words", "state")
    )
    assert marked > plain


def test_long_words_get_what_other_columns_leave_empty() -> None:
    note = "低位发热量与单位热值含碳量取自附录二的缺省值，碳氧化率取自附录三"
    empty, full = shares([_column(1), _column(1)], [["短"], [note]])
    assert full > empty
    assert lines(note, 482 * full / 100, 8) == 1


def test_columns_that_all_lack_room_share_it_as_asked_for() -> None:
    code = "HZ-MR-202610-0137-V2-HZ-MR-202610-0137-V2"
    assert shares([_column(1)] * 5, [[code]] * 5) == pytest.approx([20] * 5)


def test_a_head_may_break_only_before_its_bracket() -> None:
    assert head_parts("一次性投资（万元）") == ["一次性投资", "（万元）"]
    assert head_parts("月份") == ["月份"]
    assert head_parts("") == []


def test_words_are_measured_by_what_a_line_does_not_break() -> None:
    assert longest_word("收到 2026-09-22 起") == points("2026-09-22")
    assert longest_word("厂区") == points("厂")
    assert longest_word("") == 0


def test_a_cover_is_crammed_by_long_names() -> None:
    assert not cover_is_crammed(["示例钢铁有限公司"] * 6)
    assert cover_is_crammed([*["示例钢铁有限公司"] * 5, "名" * 60])
