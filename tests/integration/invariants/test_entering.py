"""Edits at the same time, and evidence of another month: invariants 5 and 14."""

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.errors import Conflict, Invalid
from portal.domain.periods import today
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.records import RecordValue, RecordVersion
from portal.services.evidence import fill_slot, link_existing
from portal.services.values import save_value
from tests.factories.months import pdf, temporary_storage
from tests.fixtures.at_once import waiting_for_a_lock
from tests.fixtures.processes import eventually
from tests.fixtures.reviewing import MONTH, Reviewing
from tests.integration.invariants.steps import Browse, at_once, make_draft, path_of


def test_5_the_second_of_two_edits_is_told_who_was_first_and_when(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    cell = "S-02.purchased"
    with reviewing.database.reading() as session:
        seen = session.scalars(
            sa.select(RecordValue.row_version).where(
                RecordValue.version_id == version_id,
                RecordValue.stream_code == "S-02",
                RecordValue.parameter_key == "purchased",
            )
        ).one()

    def save(actor: Actor, value: str) -> Callable[[], str]:
        def act() -> str:
            with reviewing.database.writing() as session:
                save_value(session, actor, version_id, cell, Decimal(value), seen)
                return actor.name

        return act

    world = reviewing.world
    results = at_once(save(world.officer, "1"), save(world.steward, "2"))
    winner = next(result for result in results if isinstance(result, str))
    loser = next(result for result in results if isinstance(result, Conflict))
    assert loser.params["who"] == winner
    assert str(loser.params["when"]).startswith(today().strftime("%m-%d"))
    expected = Decimal(1) if winner == world.officer.name else Decimal(2)
    assert loser.current == {"value": expected, "text": "", "row_version": seen + 1}


def test_5_two_edits_of_different_cells_are_both_kept_and_both_counted(reviewing: Reviewing) -> None:
    version_id = make_draft(reviewing)
    with reviewing.database.reading() as session:
        before = session.get_one(RecordVersion, version_id).revision

    def second() -> None:
        with reviewing.database.writing() as session:
            save_value(session, reviewing.world.steward, version_id, "S-02.purchased", Decimal(7), 1)

    thread = threading.Thread(target=second)
    with reviewing.database.writing() as session:
        save_value(session, reviewing.world.officer, version_id, "S-01.purchased", Decimal(7), 1)
        thread.start()
        if not reviewing.database.sqlite:  # there it waits before it has read anything
            eventually(lambda: waiting_for_a_lock(reviewing.database))
    thread.join()
    with reviewing.database.reading() as session:
        assert session.get_one(RecordVersion, version_id).revision == before + 2


def test_5_the_page_that_comes_second_gets_what_stands_there(reviewing: Reviewing, browse: Browse) -> None:
    make_draft(reviewing)
    path = path_of(reviewing, "/values/S-02.purchased")
    first, second = browse(reviewing.world.officer.user_id), browse(reviewing.world.steward.user_id)
    assert first.post(path, {"value": "120", "row_version": "1"}).status_code == 200
    answer = second.post(path, {"value": "130", "row_version": "1"})
    assert answer.status_code == 409
    assert answer.json["conflict"]["who"] == reviewing.world.officer.name
    assert answer.json["conflict"]["display"] == "120"
    assert answer.json["conflict"]["row_version"] == 2


def test_14_a_document_of_another_month_cannot_fill_a_slot(reviewing: Reviewing, browse: Browse) -> None:
    version_id = make_draft(reviewing)
    officer, storage = reviewing.world.officer, temporary_storage()
    with reviewing.database.reading() as session:
        slot = session.scalars(
            sa.select(EvidenceLink.slot).where(EvidenceLink.version_id == version_id)
        ).first()
        count = session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink))
    assert slot is not None
    after = {"period_from": MONTH.next().first, "period_to": MONTH.next().last}
    with pytest.raises(Invalid, match="不在 2026-09 之内"), reviewing.database.writing() as session:
        fill_slot(session, storage, officer, version_id, slot, pdf("x"), "十月.pdf", **after)
    with reviewing.database.writing() as session:
        row = _other_month_file(session, reviewing, date(2026, 8, 31))
        with pytest.raises(Invalid, match="不在本月之内"):
            link_existing(session, officer, version_id, slot, row.id)
        evidence_id = row.id
    browser = browse(officer.user_id)
    path = path_of(reviewing, f"/slots/{slot}")
    form = {"file": (pdf("x"), "十月.pdf"), **{key: str(day) for key, day in after.items()}, "replaces": ""}
    answer = browser.post(f"{path}/choose", form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "不在 2026-09 之内" in answer.text
    assert browser.post(f"{path}/link/{evidence_id}").status_code == 303
    with reviewing.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(EvidenceLink)) == count


def _other_month_file(session: Session, reviewing: Reviewing, last: date) -> Evidence:
    row = Evidence(
        enterprise_id=reviewing.world.steel_id,
        filename="八月.pdf",
        media_type="application/pdf",
        size=1,
        sha256="1" * 64,
        storage_key="evidence/11/x",
        period_from=last.replace(day=1),
        period_to=last,
        uploaded_by_id=reviewing.world.officer.user_id,
    )
    session.add(row)
    session.flush()
    return row
