"""Input that no page of ours sends: it gets an answer in words, changes nothing, and is never a 500."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.files import clean_filename
from portal.domain.periods import Month
from portal.models.records import RecordSection, RecordValue
from portal.services.months import find_record, open_months, start_month
from tests.factories.months import pdf
from tests.factories.plans import make_steel_plan
from tests.factories.world import World, make_world
from tests.fixtures.application import Browser, settings_for
from tests.fixtures.reuse import lend_app

Browse = Callable[[int], Browser]
MONTH = Month(2026, 9)
#: What a browser's cookie may hold at most, its name and attributes included.
COOKIE_BYTES = 4096


@dataclass
class Desk:
    """An application with a month that the officer works on."""

    app: Flask
    world: World
    version_id: int

    @property
    def month(self) -> str:
        """Address of the month."""
        return f"/enterprises/{self.world.steel_id}/records/{MONTH}"

    def value(self, cell: str) -> RecordValue | None:
        """What is kept of a cell."""
        stream, _, key = cell.partition(".")
        with self.app.extensions["portal.database"].reading() as session:
            found: RecordValue | None = session.scalar(
                sa.select(RecordValue).where(
                    RecordValue.version_id == self.version_id,
                    RecordValue.stream_code == stream,
                    RecordValue.parameter_key == key,
                )
            )
            return found


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on SQLite and on PostgreSQL: what one takes, the other may refuse."""
    lent = lend_app(settings_for(database_url, tmp_path))
    yield lent
    lent.extensions["portal.database"].engine.dispose()


@pytest.fixture
def desk(app: Flask) -> Desk:
    """A started month of the steel works."""
    with app.extensions["portal.database"].writing() as session:
        world = make_world(session)
        plan = make_steel_plan(session, world)
        open_months(session, plan.enterprise_id)
        record = find_record(session, plan.enterprise_id, MONTH)
        version = start_month(session, world.officer, record.id, record.row_version)
        return Desk(app, world, version.id)


@pytest.fixture
def officer(desk: Desk, browse: Browse) -> Browser:
    """The officer's browser."""
    return browse(desk.world.officer.user_id)


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "0", "-1", "007", "１２", "1e3"])
def test_a_number_that_no_row_can_have_leads_nowhere(desk: Desk, browse: Browse, number: str) -> None:
    officer, city = browse(desk.world.officer.user_id), browse(desk.world.city_regulator.user_id)
    assert officer.get(f"/findings/{number}").status_code == 404
    assert officer.get(f"/enterprises/{number}/records").status_code == 404
    assert officer.get(f"{desk.month}/receipts/{number}").status_code == 404
    assert city.get(f"/registrations/{number}/review").status_code == 404
    assert city.post(f"/enterprises/{desk.world.steel_id}/documents/{number}/withdraw").status_code == 404


@pytest.mark.parametrize(
    "month", ["2026-13", "0000-01", "9999-12", "２０２６-09", "2026-9", "..", "x" * 5000]
)
def test_a_month_that_is_none_is_refused_in_words(desk: Desk, officer: Browser, month: str) -> None:
    for path in ("", "/sign", "/evaluation", "/difference?from=1&to=2", "/questions", "/restatement"):
        assert officer.get(f"/enterprises/{desk.world.steel_id}/records/{month}{path}").status_code in {
            400,
            403,
            404,
        }


@pytest.mark.parametrize(
    "address",
    [
        "/findings?q=%00",
        "/findings?enterprise=9999999999&month=0000-01&page=99999",
        "/engagements?q=%00&page=99999999999999999999",
        "/enterprises?q=a%00b&district=%00&sort=%00",
        "/registrations/queue?q=%00&district=%00&page=-5",
        "/enterprises/{steel}/audit?action=%00&subject=%00:1&before=99999999999999999999",
        "/enterprises/{steel}/meters?q=%00",
        "/enterprises/{steel}/records?year=99999999999999999999",
        "/enterprises/{steel}/records/2026-09/a%00b",
        "/notifications?page=99999999999999999999",
        "/verify?code=%00",
        "/verify/%ff%00",
        "/invitations/%00",
    ],
)
def test_an_odd_address_is_no_failure_of_ours(desk: Desk, browse: Browse, address: str) -> None:
    city = browse(desk.world.city_regulator.user_id)
    assert city.get(address.format(steel=desk.world.steel_id)).status_code < 500


@pytest.mark.parametrize(
    "typed",
    ["NaN", "Infinity", "1e400", "1,2,3", "=1+1", "9" * 200, "<script>", "-1", "٣", "1.123456789", "\0"],
)
def test_what_is_no_figure_is_refused_at_its_cell(desk: Desk, officer: Browser, typed: str) -> None:
    answer = officer.post(f"{desk.month}/values/S-02.purchased", {"value": typed, "row_version": "0"})
    assert answer.status_code == 422
    assert answer.json["message"]
    assert desk.value("S-02.purchased") is None


@pytest.mark.parametrize(
    ("typed", "kept"), [("１２３", "123"), ("-0", "0"), ("1,234.5", "1234.5"), (" 7 ", "7")]
)
def test_a_figure_written_otherwise_is_understood(
    desk: Desk, officer: Browser, typed: str, kept: str
) -> None:
    answer = officer.post(f"{desk.month}/values/S-02.purchased", {"value": typed, "row_version": "0"})
    assert answer.status_code == 200
    saved = desk.value("S-02.purchased")
    assert saved is not None
    assert saved.value is not None
    assert format(saved.value.normalize(), "f") == kept


@pytest.mark.parametrize(
    "cell", ["S-02", "S-02.", ".purchased", "S-02.purchased.x", "S-99.purchased", "x" * 10_000, "😀", "a%00b"]
)
def test_a_cell_that_the_plan_does_not_have_is_not_found(desk: Desk, officer: Browser, cell: str) -> None:
    answer = officer.post(f"{desk.month}/values/{cell}", {"value": "1", "row_version": "0"})
    assert answer.status_code == 404


def test_a_request_without_a_value_clears_nothing(desk: Desk, officer: Browser) -> None:
    cell = f"{desk.month}/values/S-02.purchased"
    assert officer.post(cell, {"value": "12", "row_version": "0"}).status_code == 200
    for sent in ({}, {"row_version": "1"}):
        assert officer.post(cell, sent).status_code in {400, 409, 422}
    as_json = officer.client.post(
        cell, json={"value": "99", "row_version": 1}, headers={"X-CSRFToken": officer.token}
    )
    assert as_json.status_code in {400, 409, 422}
    saved = desk.value("S-02.purchased")
    assert saved is not None
    assert saved.value == 12


def test_signs_that_no_database_keeps_are_left_out_of_texts(desk: Desk, officer: Browser) -> None:
    cell = f"{desk.month}/values/QT-01.shutdown_note"
    answer = officer.post(cell, {"value": "检\0修 %s %(x)s", "row_version": "0"})
    assert answer.status_code == 200
    saved = desk.value("QT-01.shutdown_note")
    assert saved is not None
    assert saved.text == "检修 %s %(x)s"
    broken = officer.client.post(
        cell,
        data=b"value=%ED%A0%80%FF&row_version=1&csrf_token=" + officer.token.encode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert broken.status_code == 200


def test_an_answer_to_a_returned_section_may_hold_any_sign(desk: Desk, officer: Browser) -> None:
    answer = officer.post(f"{desk.month}/energy/response", {"response": "已补\0正 %(x)s"})
    assert answer.status_code == 303
    with desk.app.extensions["portal.database"].reading() as session:
        texts = session.scalars(
            sa.select(RecordSection.response).where(RecordSection.version_id == desk.version_id)
        ).all()
    assert "已补正 %(x)s" in texts


def test_slots_that_are_not_there_are_not_found(desk: Desk, officer: Browser) -> None:
    for slot in ("%00", "S-02", "S-02.purchased", "S-02.purchased.%00", "..", "x" * 5000):
        answer = officer.post(f"{desk.month}/slots/{slot}", {"file": (pdf("a"), "a.pdf")})
        assert answer.status_code in {303, 308, 404}
        assert officer.get(f"{desk.month}/slots/{slot}/choose").status_code == 404


def test_many_refusals_at_once_are_still_told(desk: Desk, officer: Browser) -> None:
    """A message that does not fit its cookie would be dropped by the browser without a word."""
    with desk.app.extensions["portal.database"].reading() as session:
        from portal.queries.sheets import load_sheet

        cells = [row.cell for row in load_sheet(session, desk.version_id).rows() if not row.derived]
    wrong = {cell: f"没有这样的数{place}" for place, cell in enumerate(cells)}
    answer = officer.post(f"{desk.month}/energy/save", wrong)
    assert answer.status_code == 303
    assert all(len(cookie.encode()) < COOKIE_BYTES for cookie in answer.headers.getlist("Set-Cookie"))
    assert "要填数字" in officer.get(f"{desk.month}/energy").text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.pdf"),
        (b"<html><script>alert(1)</script>", "a.pdf"),
        (b"%PDF-1.4\n1 0 obj", "a.png"),
        (b"PK\x03\x04" + b"\0" * 60, "a.xlsx"),
        (b"MZ\x90\0" + b"\0" * 60, "a.pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a.svg"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_in_words(
    desk: Desk, officer: Browser, content: bytes, name: str
) -> None:
    slot = _slot(desk)
    officer.post(f"{desk.month}/slots/{slot}", {"file": (io.BytesIO(content), name)})
    page = officer.get(f"{desk.month}/evidence").text
    assert name in page
    assert any(words in page for words in ("这种文件不收", "文件是空的", "内容却是"))


@pytest.mark.parametrize(
    ("name", "kept"), [("../../etc/passwd.pdf", "passwd.pdf"), ("发票\u202efdp.pdf", "发票fdp.pdf")]
)
def test_a_name_that_would_mislead_is_made_plain(desk: Desk, officer: Browser, name: str, kept: str) -> None:
    officer.post(f"{desk.month}/slots/{_slot(desk)}", {"file": (pdf("a"), name)})
    assert _evidence_name(desk) == kept
    address = f"/enterprises/{desk.world.steel_id}/evidence/{_newest_evidence(desk)}"
    for kind in ("download", "inline"):
        with officer.get(f"{address}/{kind}") as answer:
            assert answer.status_code == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\secret\\a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ('"><script>.pdf', "script.pdf"),
        ("\0\0.pdf", "pdf"),
        ("...", "file"),
    ],
)
def test_a_name_that_no_client_of_ours_sends_is_made_plain_too(name: str, kept: str) -> None:
    assert clean_filename(name) == kept


def test_a_name_of_three_hundred_letters_is_shortened(desk: Desk, officer: Browser) -> None:
    officer.post(f"{desk.month}/slots/{_slot(desk)}", {"file": (pdf("a"), "长" * 3000 + ".pdf")})
    assert _evidence_name(desk) == "长" * 196 + ".pdf"


def test_a_picture_is_shown_where_it_can_run_nothing(desk: Desk, officer: Browser) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" + b"\0" * 64
    officer.post(f"{desk.month}/slots/{_slot(desk)}", {"file": (io.BytesIO(picture), "a.png")})
    address = f"/enterprises/{desk.world.steel_id}/evidence/{_newest_evidence(desk)}/inline"
    with officer.get(address) as answer:
        assert answer.mimetype == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_a_file_that_is_too_big_is_told_so(desk: Desk, officer: Browser) -> None:
    limit = desk.app.config["MAX_CONTENT_LENGTH"]
    slot, kind = f"{desk.month}/slots/{_slot(desk)}", "multipart/form-data; boundary=line"
    for size in (limit - 64 * 1024, limit + 1):
        body = (
            b'--line\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s\r\n'
            b'--line\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
            b"%%PDF-1.4\n%s\r\n--line--\r\n"
        ) % (officer.token.encode(), b"0" * size)
        answer = officer.client.post(slot, data=body, content_type=kind)
        told = answer.text if answer.status_code == 413 else officer.get(f"{desk.month}/evidence").text
        assert "文件太大" in told or "文件超过 20 MB" in told


def test_a_file_whose_bytes_are_gone_is_no_failure_of_ours(desk: Desk, officer: Browser) -> None:
    officer.post(f"{desk.month}/slots/{_slot(desk)}", {"file": (pdf("a"), "a.pdf")})
    with desk.app.extensions["portal.database"].writing() as session:
        session.execute(sa.text("UPDATE evidence SET storage_key = 'evidence/00/gone'"))
    answer = officer.get(f"/enterprises/{desk.world.steel_id}/evidence/{_newest_evidence(desk)}/download")
    assert answer.status_code == 404
    assert "存档找不到了" in answer.text


def test_a_text_of_a_megabyte_is_refused_at_its_place(desk: Desk, officer: Browser) -> None:
    long = "长" * 350_000
    answer = officer.post(f"{desk.month}/values/QT-01.shutdown_note", {"value": long, "row_version": "0"})
    assert answer.status_code in {413, 422}
    answer = officer.post("/account/profile", {"name": long, "title": long})
    assert answer.status_code in {413, 422}


def test_forms_and_json_of_the_wrong_kind_change_nothing(desk: Desk, officer: Browser) -> None:
    headers = {"X-CSRFToken": officer.token}
    for content_type in (
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ):
        answer = officer.client.post(
            "/account/profile", data=b'{"name": "x"}', content_type=content_type, headers=headers
        )
        assert answer.status_code in {400, 415, 422}


def test_another_session_s_token_is_refused(desk: Desk, browse: Browse) -> None:
    mine, other = browse(desk.world.officer.user_id), browse(desk.world.steward.user_id)
    answer = mine.client.post(
        f"{desk.month}/values/S-02.purchased",
        data={"value": "1", "row_version": "0", "csrf_token": other.token},
    )
    assert answer.status_code == 400
    assert desk.value("S-02.purchased") is None


def _slot(desk: Desk) -> str:
    from portal.queries.sheets import load_sheet

    with desk.app.extensions["portal.database"].reading() as session:
        return str(load_sheet(session, desk.version_id).slots()[0].code)


def _newest_evidence(desk: Desk) -> int:
    return int(_one(desk, "SELECT max(id) FROM evidence"))


def _evidence_name(desk: Desk) -> str:
    return str(_one(desk, "SELECT filename FROM evidence ORDER BY id DESC LIMIT 1"))


def _one(desk: Desk, query: str) -> Any:
    with desk.app.extensions["portal.database"].reading() as session:
        return session.scalar(sa.text(query))
