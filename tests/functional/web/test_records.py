"""The pages of the month: year, sections, saving, checking, handing over, as a browser sees them."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from portal.domain.workflow import RecordState, Section
from portal.models.evaluations import Evaluation
from portal.models.evidence import Evidence
from portal.models.records import RecordSection, RecordValue
from tests.fixtures.application import Browser
from tests.fixtures.filing import Filed, app, filed, reviewing_sqlite
from tests.fixtures.reviewing import MONTH

__all__ = ["app", "filed", "reviewing_sqlite"]

Browse = Callable[[int], Browser]
CELL = "S-02.purchased"


@pytest.fixture
def officer(filed: Filed, browse: Browse) -> Browser:
    """The officer's browser, with the month taken back to work."""
    filed.draft()
    return browse(filed.world.officer.user_id)


def save(browser: Browser, filed: Filed, value: str, version: int = 1, cell: str = CELL) -> tuple[int, dict]:
    answer = browser.post(
        filed.path(f"/values/{cell}"), {"value": value, "row_version": str(version), "unit": "t"}
    )
    return answer.status_code, answer.json


def stored(filed: Filed, key: str = "purchased") -> RecordValue:
    with filed.database.reading() as session:
        return session.scalars(
            sa.select(RecordValue).where(
                RecordValue.version_id == filed.record().current_version_id,
                RecordValue.stream_code == "S-02",
                RecordValue.parameter_key == key,
            )
        ).one()


def test_a_year_has_twelve_cards_and_odd_years_do_no_harm(filed: Filed, browse: Browse) -> None:
    browser = browse(filed.world.officer.user_id)
    path = f"/enterprises/{filed.world.steel_id}/records"
    page = browser.get(path, query_string={"year": "2026"})
    assert page.status_code == 200
    assert str(MONTH) in page.text
    for year in ("", "x", "-5", "0", "99999999999999999999", "2026.5"):
        assert browser.get(path, query_string={"year": year}).status_code == 200


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "x", "2026-09-01", "1999-01", "2040-01"])
def test_a_month_that_is_not_there_is_said_so(filed: Filed, browse: Browse, month: str) -> None:
    answer = browse(filed.world.officer.user_id).get(f"/enterprises/{filed.world.steel_id}/records/{month}")
    assert answer.status_code in {400, 404}


def test_every_section_has_its_page(filed: Filed, officer: Browser) -> None:
    for section in (Section.ENERGY, Section.PROCESS, Section.OUTPUT, Section.OTHER, Section.EVIDENCE):
        assert officer.get(filed.path(f"/{section}")).status_code == 200
    assert officer.get(filed.path("/nothing")).status_code == 404
    assert officer.get(filed.path(f"/{Section.POLLUTANTS}")).status_code == 303  # the plan has none


def test_no_cache_keeps_the_workbook(filed: Filed, officer: Browser) -> None:
    """Kept, it would be yesterday's for its reader, and be there for whoever sits down next."""
    answer = officer.get(filed.path("/worksheet.xlsx"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Expires" not in answer.headers


def test_the_month_is_a_workbook_in_which_no_text_runs(filed: Filed, officer: Browser) -> None:
    save(officer, filed, "120188.5")
    save(officer, filed, "=1+1", cell="QT-01.shutdown_note", version=0)
    with filed.database.writing() as session:
        session.execute(sa.update(Evidence).values(filename="=HYPERLINK(1).pdf"))
    answer = officer.get(filed.path("/worksheet.xlsx"))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    sheet, texts = parts["xl/worksheets/sheet1.xml"], parts["xl/sharedStrings.xml"]
    assert "<v>120188.5</v>" in sheet
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "=HYPERLINK(1).pdf" in texts
    for word in ("获取方式", "计量器具", "烟煤", "实测"):
        assert word in texts


def test_what_moved_holds_the_count_of_things_left_and_the_largest_sources(
    filed: Filed, officer: Browser
) -> None:
    page = officer.get(filed.path("/energy")).text
    assert 'data-live="left"' in page
    assert 'data-live="sources"' in page
    before = save(officer, filed, "120188.5")[1]["live"]
    after = save(officer, filed, "1", version=2)[1]["live"]
    assert "件事" in after["left"]
    assert before["sources"] != after["sources"]
    assert after["sources"].count("<progress") > 1


def test_a_saved_value_answers_with_what_moved(filed: Filed, officer: Browser) -> None:
    status, told = save(officer, filed, "１２０，１８８.５")
    assert (status, told["ok"], told["row_version"]) == (200, True, 2)
    assert told["display"] == "120,188.50"
    assert format(stored(filed).value or 0, "f") == "120188.5"


@pytest.mark.parametrize(
    "typed",
    [
        "-1",
        "abc",
        "1e400",
        "NaN",
        "=1+1",
        "1.2.3",
        "1" * 400,
        "0.123456789",
        "Infinity",
        "１２abc",
        "<b>1</b>",
    ],
)
def test_a_value_that_cannot_be_is_answered_in_words_and_nothing_changes(
    filed: Filed, officer: Browser, typed: str
) -> None:
    before = stored(filed)
    status, told = save(officer, filed, typed)
    assert status == 422
    assert told["ok"] is False
    assert told["message"]
    after = stored(filed)
    assert (after.value, after.row_version) == (before.value, before.row_version)


def test_an_empty_value_clears_the_cell_and_is_no_zero(filed: Filed, officer: Browser) -> None:
    status, told = save(officer, filed, "  ")
    assert (status, told["display"]) == (200, "")
    assert stored(filed).value is None


def test_another_unit_is_answered_in_words(filed: Filed, officer: Browser) -> None:
    answer = officer.post(filed.path(f"/values/{CELL}"), {"value": "1", "row_version": "1", "unit": "kg"})
    assert answer.status_code == 422
    assert "单位应为 t" in answer.json["message"]


def test_the_second_tab_gets_what_the_first_has_saved(filed: Filed, officer: Browser) -> None:
    assert save(officer, filed, "120")[0] == 200
    status, told = save(officer, filed, "130")
    assert status == 409
    assert told["conflict"]["display"] == "120"
    assert told["conflict"]["who"] == filed.world.officer.name
    assert save(officer, filed, "130", told["conflict"]["row_version"])[0] == 200


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "1.5"])
def test_a_form_with_an_odd_version_is_a_conflict(filed: Filed, officer: Browser, version: str) -> None:
    answer = officer.post(filed.path(f"/values/{CELL}"), {"value": "1", "row_version": version})
    assert answer.status_code == 409


@pytest.mark.parametrize("cell", ["S-99.purchased", "S-02.nothing", "nothing", "S-02.emission"])
def test_a_cell_that_nobody_types_is_refused(filed: Filed, officer: Browser, cell: str) -> None:
    status, _ = save(officer, filed, "1", 0, cell)
    assert status in {403, 404}


def test_a_whole_section_is_saved_at_once_without_scripts(filed: Filed, officer: Browser) -> None:
    answer = officer.post(filed.path("/energy/save"), {CELL: "120", "S-01.purchased": "300,810.9"})
    assert answer.status_code == 303
    assert stored(filed).value == 120
    answer = officer.post(filed.path("/energy/save"), {CELL: "-5", "S-01.purchased": "7"})
    assert "不能填负数" in officer.get(answer.location).text
    assert stored(filed).value == 120


def test_a_section_without_scripts_leaves_what_somebody_else_has_saved_since(
    filed: Filed, browse: Browse, officer: Browser
) -> None:
    page = officer.get(filed.path("/energy")).text
    assert re.search(rf'name="{CELL}:version" value="1"', page)
    assert save(browse(filed.world.steward.user_id), filed, "130")[0] == 200
    seen = {f"{CELL}:version": "1", "S-01.purchased:version": "1"}
    answer = officer.post(filed.path("/energy/save"), {CELL: "120", "S-01.purchased": "7", **seen})
    assert filed.world.steward.name in officer.get(answer.location).text
    assert stored(filed).value == 130
    assert re.search(r'name="S-01.purchased"[^>]*value="7(\.0+)?"', officer.get(filed.path("/energy")).text)


def test_a_saved_value_is_shown_with_every_digit_that_was_typed(filed: Filed, officer: Browser) -> None:
    assert save(officer, filed, "7.12345")[1]["display"] == "7.12345"


def test_the_month_is_checked_and_its_page_says_what_was_found(filed: Filed, officer: Browser) -> None:
    save(officer, filed, "")
    answer = officer.post(filed.path("/evaluate"))
    assert answer.status_code == 303
    page = officer.get(answer.location)
    assert page.status_code == 200
    assert "烟煤" in page.text
    with filed.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Evaluation)) == 2
    part = officer.get(filed.path("/evaluation"), headers={"HX-Request": "true"})
    assert "<html" not in part.text


def test_handing_over_says_everything_that_is_missing(filed: Filed, officer: Browser) -> None:
    save(officer, filed, "")
    answer = officer.post(filed.path("/ready"), filed.form())
    assert answer.status_code == 303
    page = officer.get(answer.location).text
    assert "还不能这样做，请先处理下列事项；" in page
    assert "还有 1 格没有填" in page
    assert "还没有评估" in page
    assert filed.record().state is RecordState.DRAFT


def test_an_old_page_does_not_hand_over(filed: Filed, officer: Browser) -> None:
    assert officer.post(filed.path("/ready"), {"row_version": "1"}).status_code == 409
    assert officer.post(filed.path("/ready")).status_code == 409
    assert filed.record().state is RecordState.DRAFT


def test_reopening_needs_a_reason(filed: Filed, browse: Browse) -> None:
    filed.ready()
    browser = browse(filed.world.signatory.user_id)
    answer = browser.post(filed.path("/reopen"), filed.form(reason="  "))
    assert "请写明理由" in browser.get(answer.location).text
    assert filed.record().state is RecordState.READY_FOR_SIGNOFF
    assert browser.post(filed.path("/reopen"), filed.form(reason="数量不对")).status_code == 303
    assert filed.record().state is RecordState.DRAFT


def test_a_locked_month_is_shown_without_fields_and_takes_no_value(filed: Filed, browse: Browse) -> None:
    browser = browse(filed.world.officer.user_id)
    page = browser.get(filed.path("/energy"))
    assert page.status_code == 200
    assert f'name="{CELL}"' not in page.text
    status, _ = save(browser, filed, "1")
    assert status == 403


def test_readers_see_the_month_and_write_nothing(filed: Filed, browse: Browse) -> None:
    filed.draft()
    for reader in (filed.world.signatory, filed.world.administrator, filed.world.regulator):
        browser = browse(reader.user_id)
        page = browser.get(filed.path("/energy"))
        assert page.status_code == 200
        assert f'name="{CELL}"' not in page.text
        assert save(browser, filed, "1")[0] == 403


def test_text_that_was_typed_is_shown_as_text(filed: Filed, officer: Browser) -> None:
    officer.post(
        filed.path("/values/QT-01.shutdown_note"), {"value": "<script>alert(1)</script>", "row_version": "0"}
    )
    page = officer.get(filed.path("/other"))
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_response_to_a_return_is_kept_in_its_section(filed: Filed, officer: Browser) -> None:
    answer = officer.post(filed.path("/energy/response"), {"response": "已按磅单改正"})
    assert answer.status_code == 303
    with filed.database.reading() as session:
        row = session.scalars(
            sa.select(RecordSection).where(
                RecordSection.version_id == filed.record().current_version_id,
                RecordSection.section == Section.ENERGY,
            )
        ).one()
        assert row.response == "已按磅单改正"
    long = officer.post(filed.path("/energy/response"), {"response": "长" * 2001})
    assert "最多 2000 字" in officer.get(long.location).text
