"""Figures, dates and hashes as a reader sees them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from markupsafe import Markup

from portal.domain.periods import Month
from portal.web import formats


@pytest.fixture(autouse=True)
def page() -> Iterator[Flask]:
    app = Flask(__name__)
    Babel(app, default_locale="zh")
    formats.install(app.jinja_env)
    with app.test_request_context():
        yield app


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Decimal("1214057.49"), 2, "1,214,057.49"),
        (Decimal("-47513.21"), 2, "\u221247,513.21"),
        (Decimal("2.03947"), 4, "2.0395"),
        (Decimal("0.125"), 2, "0.13"),
        (Decimal("-0.001"), 2, "0.00"),
        (Decimal(0), 2, "0.00"),
        (Decimal("1E+3"), None, "1,000"),
        (Decimal("23.7360"), None, "23.7360"),
        (1214057, None, "1,214,057"),
        (None, 2, "—"),
    ],
)
def test_a_figure_has_commas_and_a_true_minus_and_blank_is_not_zero(
    value: Decimal | int | None, digits: int | None, shown: str
) -> None:
    assert formats.number(value, digits) == shown


def test_a_gain_has_a_plus_and_what_rounds_to_nothing_has_no_sign() -> None:
    assert formats.signed(Decimal("312.4"), 2) == "+312.40"
    assert formats.signed(Decimal("-312.4"), 2) == "\u2212312.40"
    assert formats.signed(Decimal("0.001"), 2) == "0.00"
    assert formats.signed(Decimal("-0.001"), 2) == "0.00"
    assert formats.signed(None, 2) == "—"


def test_a_change_is_a_share_of_what_was_before() -> None:
    assert formats.change(Decimal("66522.44"), Decimal("60237.64")) == "+10.4 %"
    assert formats.change(Decimal(1214057), Decimal(1236402)) == "\u22121.8 %"
    assert formats.change(Decimal(-90), Decimal(-100)) == "+10.0 %"


@pytest.mark.parametrize(("now", "before"), [(None, 1), (1, None), (1, 0), (None, None)])
def test_a_change_against_nothing_is_blank(now: int | None, before: int | None) -> None:
    assert formats.change(now, before) == "—"


def test_a_share_is_written_in_per_cent() -> None:
    assert formats.percent(Decimal("0.104")) == "10.4 %"
    assert formats.percent(None) == "—"


def test_days_and_moments_are_those_of_shanghai() -> None:
    late = datetime(2026, 11, 21, 17, 30, 5, tzinfo=UTC)
    assert formats.day(late) == "2026-11-22"
    assert formats.day(date(2026, 11, 22)) == "2026-11-22"
    assert formats.short_day(late) == "11-22"
    assert formats.moment(late) == "2026-11-22 01:30"
    assert formats.moment(late, seconds=True) == "2026-11-22 01:30:05"
    assert formats.short_moment(late) == "11-22 01:30"
    assert formats.clock(late) == "01:30:05"


@pytest.mark.parametrize(
    "blank",
    [
        formats.day,
        formats.short_day,
        formats.weekday,
        formats.month,
        formats.moment,
        formats.short_moment,
        formats.clock,
        formats.duration,
        formats.filesize,
        formats.hash_groups,
        formats.short_hash,
        formats.unit,
        formats.chemical,
    ],
)
def test_what_is_missing_is_a_dash(blank: object) -> None:
    assert callable(blank)
    assert blank(None) == "—"


def test_a_month_is_named_in_the_language_of_the_page() -> None:
    assert formats.month(Month(2026, 10)) == "2026年10月"
    assert formats.month("2026-01") == "2026年1月"
    assert formats.month(date(2026, 10, 3)) == "2026年10月"
    assert formats.month_name(Month(2026, 10)) == "10 月"
    with force_locale("en"):
        assert formats.month(Month(2026, 10)) == "October 2026"
        assert formats.month_name(Month(2026, 2)) == "February"


def test_a_weekday_is_named_in_the_language_of_the_page() -> None:
    assert formats.weekday(date(2026, 11, 22)) == "星期日"
    with force_locale("en"):
        assert formats.weekday(date(2026, 11, 23)) == "Monday"


def test_a_span_is_given_in_minutes_and_seconds() -> None:
    assert formats.duration(timedelta(seconds=41)) == "41 秒"
    assert formats.duration(timedelta(seconds=200)) == "3 分 20 秒"
    with force_locale("en"):
        assert formats.duration(timedelta(seconds=200)) == "3 min 20 s"
        assert formats.duration(timedelta(seconds=41)) == "41 s"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (39322, "38.4 KB"),
        (20 * 1024**2, "20.0 MB"),
        (5000 * 1024**3, "5,000.0 GB"),
    ],
)
def test_a_size_is_given_in_the_measure_that_fits(size: int, shown: str) -> None:
    assert formats.filesize(size) == shown


def test_a_hash_is_cut_into_groups_that_the_eye_can_compare() -> None:
    digest = "9f2c41d7e0a85b3617d20c9e4af8b1635e7720dd18c4a96f03b5e2917a6d7c14"
    assert formats.hash_groups(digest).split(" ") == [digest[i : i + 4] for i in range(0, 64, 4)]
    assert formats.hash_groups("abcdef", 3) == "abc def"
    assert formats.short_hash(digest) == "9f2c 41d7 e0a8 5b36 … 7c14"
    assert formats.short_hash("abcd1234") == "abcd 1234"


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("tCO2e", "tCO<sub>2</sub>e"),
        ("tCO2/t", "tCO<sub>2</sub>/t"),
        ("kgCH4", "kgCH<sub>4</sub>"),
        ("N2O", "N<sub>2</sub>O"),
        ("10^4Nm3", "10<sup>4</sup>Nm<sup>3</sup>"),
        ("m2", "m<sup>2</sup>"),
        ("GJ/t", "GJ/t"),
        ("10^-3", "10<sup>\u22123</sup>"),
        ("t<b>", "t&lt;b&gt;"),
    ],
)
def test_a_unit_gets_its_raised_and_lowered_digits(written: str, printed: str) -> None:
    assert formats.unit(written) == Markup(printed)


def test_a_sentence_gets_its_lowered_digits_and_keeps_its_numbers() -> None:
    assert formats.chemical("排放 +711.81 tCO2e，CO2、N2O 与 2026 年") == Markup(
        "排放 +711.81 tCO<sub>2</sub>e，CO<sub>2</sub>、N<sub>2</sub>O 与 2026 年"
    )


def test_every_filter_is_there_for_templates(page: Flask) -> None:
    template = page.jinja_env.from_string("{{ 1234|number }} {{ '2026-10'|month }} {{ 'tCO2e'|unit }}")
    assert template.render() == "1,234 2026年10月 tCO<sub>2</sub>e"
    assert set(formats.FILTERS) <= set(page.jinja_env.filters)
    assert {"icon", "mark_of", "change"} <= set(page.jinja_env.globals)
