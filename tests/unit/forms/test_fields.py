"""What people type, and what becomes of it."""

from datetime import date
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from forms.base import BaseForm
from forms.fields import (
    DateField,
    DecimalField,
    MonthField,
    PhoneField,
    RowVersionField,
    UsccField,
    WholeNumberField,
)
from forms.validators import InRange, NotBefore, NotFuture, Positive, Required
from portal.domain.errors import Invalid
from portal.domain.figures import parse_decimal
from portal.domain.periods import Month


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1.35", "1.35"),
        (" 1,214,057.49 ", "1214057.49"),
        ("１２，３４５．６", "12345.6"),
        ("−3.20", "-3.20"),
        ("+5", "5"),
        (".5", "0.5"),
        ("0", "0"),
        ("0.10", "0.10"),
    ],
)
def test_a_figure_is_read_as_people_write_it(typed: str, value: str) -> None:
    read = parse_decimal(typed)
    assert str(read) == value


@pytest.mark.parametrize("typed", ["", "   ", "\u3000"])
def test_blank_is_none_and_never_zero(typed: str) -> None:
    assert parse_decimal(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["NaN", "sNaN", "Infinity", "-inf", "一点三五", "1²", "١٢", "0x10", "1_000", "=1+1", "1 2", "--1", "."],
)
def test_what_is_no_figure_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="要填数字"):
        parse_decimal(typed)


@pytest.mark.parametrize("typed", ["1e9", "1E+400", "9e999999999"])
def test_an_exponent_is_refused_by_name(typed: str) -> None:
    with pytest.raises(Invalid, match="科学计数法"):
        parse_decimal(typed)


@pytest.mark.parametrize("typed", ["1,5", "12,34", "1,2345", ",123", "1,234,5.6"])
def test_a_comma_in_the_wrong_place_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="逗号"):
        parse_decimal(typed)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("9" * 16, "整数部分"), ("0." + "0" * 10 + "1", "小数"), ("1" * 61, "太长"), ("9" * 5_000_000, "太长")],
)
def test_an_over_long_figure_is_refused(typed: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        parse_decimal(typed)


class Sheet(BaseForm):
    amount = DecimalField("数量", [Required(), InRange(0, 100, "t")])
    count = WholeNumberField("个数")
    month = MonthField("月份", [NotFuture()])
    day = DateField("日期")
    until = DateField("至", [NotBefore("day")])
    uscc = UsccField("代码")
    phone = PhoneField("电话")


def filled(**values: str) -> Sheet:
    form = Sheet(MultiDict({"amount": "1", **values}))
    form.validate()
    return form


def test_zero_counts_as_given() -> None:
    form = filled(amount="0")
    assert not form.errors
    assert form.amount.data == Decimal(0)


def test_what_cannot_be_read_stays_as_typed() -> None:
    form = filled(amount="一点三五", day="2026-13-40", month="十月", uscc="123")
    assert {"amount", "day", "month", "uscc"} == set(form.errors)
    assert 'value="一点三五"' in form.amount()
    assert 'value="123"' in form.uscc()


def test_a_wrong_date_is_drawn_as_text_because_a_date_field_would_drop_it() -> None:
    wrong, right = filled(day="2026年2月30日"), filled(day="2026/2/3")
    assert 'type="text"' in wrong.day()
    assert 'value="2026年2月30日"' in wrong.day()
    assert 'type="date"' in right.day()
    assert 'value="2026-02-03"' in right.day()


@pytest.mark.parametrize("typed", ["9999-12-31", "2206-11-22", "0226-11-22"])
def test_a_year_that_nobody_means_is_refused(typed: str) -> None:
    assert filled(day=typed).errors["day"] == ["年份不对，请检查"]


@pytest.mark.parametrize("typed", ["1,5", "12,34", ",5"])
def test_a_misplaced_comma_makes_no_whole_number(typed: str) -> None:
    assert "逗号只能每三位一个" in filled(count=typed).errors["count"][0]
    assert filled(count="1,234").count.data == 1234


@pytest.mark.parametrize("typed", ["2026-10", "2026/10", "2026年10月", "２０２６－１０"])
def test_a_month_is_read_in_its_usual_ways(typed: str) -> None:
    assert filled(month=typed).month.data == Month(2026, 10)


@pytest.mark.parametrize("typed", ["2026-13", "2026-00", "9999-12", "10", "2026-10-01", "abc"])
def test_no_other_month_is_taken(typed: str) -> None:
    assert filled(month=typed).errors["month"] == ["月份要写成 2026-10 的样子"]


def test_a_month_to_come_is_refused() -> None:
    assert "不能晚于今天" in filled(month="2999-01").errors["month"][0]


def test_dates_out_of_order_are_refused_with_the_other_date() -> None:
    form = filled(day="2026-10-05", until="2026-10-04")
    assert form.errors["until"] == ["不能早于日期（2026-10-05）"]
    assert form.until.data == date(2026, 10, 4)


def test_a_limit_is_named_with_its_unit() -> None:
    assert filled(amount="101").errors["amount"] == ["不能大于 100 t"]
    assert filled(amount="-1").errors["amount"] == ["不能是负数"]


@pytest.mark.parametrize("typed", ["1.5", "-1", "1e3", "99999999999", "2147483648", "x"])
def test_a_whole_number_fits_its_column(typed: str) -> None:
    assert "count" in filled(count=typed).errors


def test_a_good_code_is_read_however_it_is_spaced() -> None:
    form = filled(uscc="９１３３０５００ma28c4xx0 e")
    assert form.uscc.data == "91330500MA28C4XX0E", form.errors


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("91330500MA28C4XX0F", "校验位"),
        ("91330500MA28C4XXOE", "没有字母 O"),
        ("9I330500MA28C4ZX0E", "没有字母 I、Z"),
        ("91330500MA28C4XX0", "现在是 17 位"),
        ("91330500钢铁28C4XX0E", "校验位"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(typed: str, words: str) -> None:
    assert words in filled(uscc=typed).errors["uscc"][0]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 0000 0000", "13800000000"),
        ("+86 13800000000", "13800000000"),
        ("(0572) 2100000", "05722100000"),
        ("0572-2100000-801", "0572-2100000-801"),
        ("400-800-8000", "400-800-8000"),
    ],
)
def test_a_phone_number_is_read(typed: str, kept: str) -> None:
    assert filled(phone=typed).phone.data == kept


@pytest.mark.parametrize("typed", ["12345", "23800000000", "abc", "1380000000000"])
def test_no_phone_number_is_refused(typed: str) -> None:
    assert "phone" in filled(phone=typed).errors


class Change(BaseForm):
    share = DecimalField("份额", [Positive()])
    row_version = RowVersionField()


def test_a_form_without_its_row_version_is_refused() -> None:
    form = Change(MultiDict({"share": "1"}))
    assert not form.validate()
    assert set(form.errors) == {"row_version"}


def test_zero_is_not_positive() -> None:
    form = Change(MultiDict({"share": "0", "row_version": "1"}))
    form.validate()
    assert form.errors == {"share": ["要大于 0"]}
