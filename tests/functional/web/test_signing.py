"""Signing through the page: statements, password, receipt, and what goes wrong on the way."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portal.domain.workflow import RecordState
from portal.models.records import Snapshot, StatementReading
from portal.reference.statements import load_statements
from tests.factories.world import PASSWORD
from tests.fixtures.application import Browser
from tests.fixtures.filing import Filed, app, filed, reviewing_sqlite

__all__ = ["app", "filed", "reviewing_sqlite"]

Browse = Callable[[int], Browser]
KEYS = [statement.key for statement in load_statements()]


def snapshots(filed: Filed) -> int:
    with filed.database.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) or 0


def send(browser: Browser, filed: Filed, **changes: Any) -> Any:
    form: dict[str, Any] = {**filed.form(idempotency_key="k", password=PASSWORD), "agree": KEYS, **changes}
    return browser.post(filed.path("/sign"), form)


def test_the_page_shows_figures_and_every_statement(filed: Filed, browse: Browse) -> None:
    filed.ready(agreed=False)
    page = browse(filed.world.signatory.user_id).get(filed.path("/sign"))
    assert page.status_code == 200
    assert "1,214,057.49" in page.text
    for statement in load_statements():
        assert statement.title in page.text


def test_a_month_is_signed_and_the_receipt_shown(filed: Filed, browse: Browse) -> None:
    filed.ready(agreed=False)
    browser = browse(filed.world.signatory.user_id)
    for key in KEYS:
        assert browser.post(filed.path("/statements"), {"statement": key}).status_code == 303
    answer = send(browser, filed)
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert page.status_code == 200
    with filed.database.reading() as session:
        snapshot = session.scalars(sa.select(Snapshot).order_by(Snapshot.version_id.desc())).first()
        assert snapshot is not None
        assert snapshot.receipt_number in page.text
        assert snapshot.sha256 in page.text.replace("\n", "").replace(" ", "")
    assert filed.record().state is RecordState.SUBMITTED


def test_statements_that_were_not_opened_are_refused(filed: Filed, browse: Browse) -> None:
    filed.ready(agreed=False)
    page = send(browse(filed.world.signatory.user_id), filed)
    assert page.status_code == 422
    assert "请先展开并读完这条声明" in page.text
    assert snapshots(filed) == 1
    with filed.database.reading() as session:
        assert (
            session.scalars(
                sa.select(StatementReading).where(
                    StatementReading.version_id == filed.record().current_version_id
                )
            ).all()
            == []
        )


def test_a_statement_that_is_not_agreed_to_is_named(filed: Filed, browse: Browse) -> None:
    filed.ready(agreed=False)
    browser = browse(filed.world.signatory.user_id)
    for key in KEYS:
        browser.post(filed.path("/statements"), {"statement": key})
    page = send(browser, filed, agree=KEYS[1:])
    assert page.status_code == 422
    assert load_statements()[0].title in page.text
    assert snapshots(filed) == 1


def test_an_unknown_statement_is_not_found(filed: Filed, browse: Browse) -> None:
    filed.ready(agreed=False)
    browser = browse(filed.world.signatory.user_id)
    for key in ("", "no/such", "x" * 500):
        assert browser.post(filed.path("/statements"), {"statement": key}).status_code == 404


@pytest.mark.parametrize("password", ["", "wrong-password-1", "x" * 2000])
def test_a_wrong_password_is_said_at_its_field_and_never_shown_again(
    filed: Filed, browse: Browse, password: str
) -> None:
    filed.ready()
    page = send(browse(filed.world.signatory.user_id), filed, password=password)
    assert page.status_code == 422
    assert 'href="#password"' in page.text
    assert not password or password not in page.text
    assert snapshots(filed) == 1


@pytest.mark.parametrize(
    "change", [{"row_version": "1"}, {"row_version": ""}, {"row_version": "x"}], ids=["old", "none", "odd"]
)
def test_an_old_page_does_not_sign(filed: Filed, browse: Browse, change: dict[str, str]) -> None:
    filed.ready()
    assert send(browse(filed.world.signatory.user_id), filed, **change).status_code in {409, 422}
    assert snapshots(filed) == 1


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_page_without_its_key_does_not_sign(filed: Filed, browse: Browse, key: str) -> None:
    filed.ready()
    assert send(browse(filed.world.signatory.user_id), filed, idempotency_key=key).status_code == 422
    assert snapshots(filed) == 1


def test_a_key_that_was_used_for_another_version_signs_nothing(filed: Filed, browse: Browse) -> None:
    filed.ready()
    with filed.database.reading() as session:
        used = session.scalars(sa.select(Snapshot.idempotency_key)).one()
    answer = send(browse(filed.world.signatory.user_id), filed, idempotency_key=used)
    assert answer.status_code in {409, 422}
    assert snapshots(filed) == 1


def test_the_page_of_a_signed_month_leads_on(filed: Filed, browse: Browse) -> None:
    browser = browse(filed.world.signatory.user_id)
    assert browser.get(filed.path("/sign")).location.endswith(filed.path())
    assert browser.post(filed.path("/sign"), {"password": PASSWORD}).location.endswith("/receipts/1")


def test_a_receipt_that_is_not_there_is_not_found(filed: Filed, browse: Browse) -> None:
    browser = browse(filed.world.officer.user_id)
    assert browser.get(filed.path("/receipts/1")).status_code == 200
    for number in (0, 2, 999999):
        assert browser.get(filed.path(f"/receipts/{number}")).status_code == 404


def test_a_recall_needs_a_reason(filed: Filed, browse: Browse) -> None:
    browser = browse(filed.world.signatory.user_id)
    answer = browser.post(filed.path("/recall"), filed.form(reason=" "))
    assert "请写明理由" in browser.get(answer.location).text
    assert filed.record().state is RecordState.SUBMITTED
    assert browser.post(filed.path("/recall"), filed.form(reason="数量不对")).status_code == 303
    assert filed.record().state is RecordState.DRAFT


def test_the_steward_and_the_officer_find_no_way_to_sign(filed: Filed, browse: Browse) -> None:
    filed.ready()
    for actor in (filed.world.steward, filed.world.steward_lead, filed.world.officer):
        browser = browse(actor.user_id)
        assert browser.get(filed.path("/sign")).status_code == 403
        assert send(browser, filed).status_code == 403
        assert f'href="{filed.path("/sign")}"' not in browser.get(filed.path()).text
    assert snapshots(filed) == 1
