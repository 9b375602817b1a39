"""Uploading into slots and getting files back, through the browser's eyes."""

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portal.models.evidence import Evidence, EvidenceLink
from tests.factories.months import pdf
from tests.fixtures.application import Browser
from tests.fixtures.filing import Filed, app, filed, reviewing_sqlite
from tests.fixtures.reviewing import MONTH

__all__ = ["app", "filed", "reviewing_sqlite"]

Browse = Callable[[int], Browser]
SLOT = "S-02.purchased.ledger"


@pytest.fixture
def slot(filed: Filed) -> str:
    """A slot of the month, which is taken back to work."""
    version_id = filed.draft()
    with filed.database.reading() as session:
        found = session.scalars(
            sa.select(sa.func.min(EvidenceLink.slot)).where(EvidenceLink.version_id == version_id)
        ).one()
    return str(found)


@pytest.fixture
def officer(filed: Filed, browse: Browse) -> Browser:
    return browse(filed.world.officer.user_id)


def send(browser: Browser, filed: Filed, slot: str, content: bytes, name: str, **fields: str) -> Any:
    data = {"file": (io.BytesIO(content), name), **fields}
    return browser.post(filed.path(f"/slots/{slot}"), data, content_type="multipart/form-data")


def newest(filed: Filed) -> Evidence:
    with filed.database.reading() as session:
        return session.scalars(sa.select(Evidence).order_by(Evidence.id.desc())).first()  # type: ignore[return-value]  # there is one


def test_an_uploaded_file_comes_back_byte_for_byte_as_a_download(
    filed: Filed, officer: Browser, slot: str
) -> None:
    content = pdf("新的台账").getvalue()
    answer = send(officer, filed, slot, content, "磅单 九月.pdf")
    assert answer.status_code == 303
    assert "已存入 磅单 九月.pdf" in officer.get(answer.location).text
    row = newest(filed)
    assert (row.period_from, row.period_to) == (MONTH.first, MONTH.last)
    base = f"/enterprises/{filed.world.steel_id}/evidence/{row.id}"
    back = officer.get(f"{base}/download")
    assert hashlib.sha256(back.data).hexdigest() == row.sha256
    assert back.data == content
    assert back.headers["Content-Disposition"].startswith("attachment")
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in back.headers["Cache-Control"]
    shown = officer.get(f"{base}/inline")
    assert shown.mimetype == "application/pdf"
    assert not shown.headers["Content-Disposition"].startswith("attachment")
    back.close()
    shown.close()


def test_a_table_is_never_shown_but_saved(filed: Filed, officer: Browser, slot: str) -> None:
    send(officer, filed, slot, b"a,b\n=cmd|'/c calc'!A1,2\n", "台账.csv")
    answer = officer.get(f"/enterprises/{filed.world.steel_id}/evidence/{newest(filed).id}/inline")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer.close()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"MZ\x90\x00" + bytes(100), "台账.pdf", "这种文件不收"),
        (b"<html><script>alert(1)</script>", "台账.pdf", "这种文件不收"),
        (pdf("x").getvalue(), "台账.png", "结尾，内容却是 PDF"),
        (b"", "台账.pdf", "文件是空的"),
    ],
)
def test_a_file_that_lies_or_is_empty_is_refused_in_words(
    filed: Filed, officer: Browser, slot: str, content: bytes, name: str, words: str
) -> None:
    before = newest(filed).id
    answer = send(officer, filed, slot, content, name)
    assert answer.status_code == 303
    assert words in officer.get(answer.location).text
    assert newest(filed).id == before


def test_a_form_without_a_file_says_so(filed: Filed, officer: Browser, slot: str) -> None:
    answer = officer.post(filed.path(f"/slots/{slot}"))
    assert "请选择要上传的文件" in officer.get(answer.location).text
    page = officer.post(
        filed.path(f"/slots/{slot}/choose"),
        {"period_from": str(MONTH.first), "period_to": str(MONTH.last), "replaces": ""},
    )
    assert page.status_code == 422
    assert "请选择要上传的文件" in page.text


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    filed: Filed, officer: Browser, slot: str
) -> None:
    filed.app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = send(officer, filed, slot, pdf("x").getvalue() + bytes(5000), "台账.pdf")
    assert answer.status_code == 413


def test_a_file_replaces_another_that_stays_in_the_archive(filed: Filed, officer: Browser, slot: str) -> None:
    send(officer, filed, slot, pdf("1").getvalue(), "旧.pdf")
    old = newest(filed)
    page = officer.get(filed.path(f"/slots/{slot}/choose"))
    assert "旧.pdf" in page.text
    answer = officer.post(
        filed.path(f"/slots/{slot}/choose"),
        {
            "file": (pdf("2"), "新.pdf"),
            "period_from": str(MONTH.first),
            "period_to": str(MONTH.last),
            "replaces": str(old.id),
        },
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    assert newest(filed).replaces_id == old.id
    back = officer.get(f"/enterprises/{filed.world.steel_id}/evidence/{old.id}/download")
    assert back.data == pdf("1").getvalue()
    back.close()


@pytest.mark.parametrize("replaces", ["999999", "x", "-1"])
def test_a_file_that_is_not_in_the_slot_cannot_be_replaced(
    filed: Filed, officer: Browser, slot: str, replaces: str
) -> None:
    page = officer.post(
        filed.path(f"/slots/{slot}/choose"),
        {
            "file": (pdf("2"), "新.pdf"),
            "period_from": str(MONTH.first),
            "period_to": str(MONTH.last),
            "replaces": replaces,
        },
        content_type="multipart/form-data",
    )
    assert page.status_code == 422


def test_a_period_is_typed_wrong_and_stays_as_typed(filed: Filed, officer: Browser, slot: str) -> None:
    page = officer.post(
        filed.path(f"/slots/{slot}/choose"),
        {"file": (pdf("2"), "新.pdf"), "period_from": "2026-9-x", "period_to": "", "replaces": ""},
        content_type="multipart/form-data",
    )
    assert page.status_code == 422
    assert 'value="2026-9-x"' in page.text


def test_a_file_is_taken_out_and_laid_in_again(filed: Filed, officer: Browser, slot: str) -> None:
    send(officer, filed, slot, pdf("1").getvalue(), "一.pdf")
    number = newest(filed).id
    for act in ("remove", "link"):
        assert officer.post(filed.path(f"/slots/{slot}/{act}/{number}")).status_code == 303
    assert officer.post(filed.path(f"/slots/{slot}/remove/{number + 99}")).status_code == 404


@pytest.mark.parametrize("slot_code", ["S-99.purchased.ledger", "nothing", "S-01.moisture.nothing"])
def test_a_slot_that_is_not_there_is_not_found(
    filed: Filed, officer: Browser, slot: str, slot_code: str
) -> None:
    assert send(officer, filed, slot_code, pdf("1").getvalue(), "一.pdf").status_code == 404
    assert officer.get(filed.path(f"/slots/{slot_code}/choose")).status_code == 404


def test_a_file_of_this_enterprise_is_not_reached_through_another(
    filed: Filed, browse: Browse, slot: str
) -> None:
    number = newest(filed).id
    stranger = browse(filed.world.stranger_officer.user_id)
    for owner in (filed.world.steel_id, filed.world.dyeing_id):
        assert stranger.get(f"/enterprises/{owner}/evidence/{number}/download").status_code == 404


def test_a_submitted_month_takes_no_file(filed: Filed, officer: Browser) -> None:
    with filed.database.reading() as session:
        slot = session.scalars(sa.select(sa.func.min(EvidenceLink.slot))).one()
    assert send(officer, filed, slot, pdf("1").getvalue(), "一.pdf").status_code == 403


def test_one_file_is_laid_into_several_slots_at_once_or_into_none(
    filed: Filed, officer: Browser, slot: str
) -> None:
    send(officer, filed, slot, pdf("全月台账").getvalue(), "全月台账.pdf")
    file = newest(filed)
    page = filed.path(f"/evidence/{file.id}/slots")
    held = officer.get(page).text
    free = re.findall(r'name="slots" value="([^"]+)"', held)
    others = free[:2]
    assert slot not in free
    assert "请至少选一格" in officer.post(page, {}).text
    refused = officer.post(page, {"slots": [others[0], "S-02.no-such-slot"]})
    assert refused.status_code in {404, 422}
    assert slots_of(filed, file.id) == {slot}
    assert officer.post(page, {"slots": others}).status_code == 303
    assert slots_of(filed, file.id) == {slot, *others}


def slots_of(filed: Filed, evidence_id: int) -> set[str]:
    """Where a file lies."""
    with filed.database.reading() as session:
        held = sa.select(EvidenceLink.slot).where(EvidenceLink.evidence_id == evidence_id)
        return set(session.scalars(held))
