"""Strangers, and contracts that end: invariants 7 and 9.

Every address as every role is in test_access_matrix.py; here a few are tried on both databases.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import EngagementScope
from portal.domain.errors import NotFound
from portal.domain.periods import today
from portal.models.engagements import Engagement
from portal.models.evidence import Evidence
from portal.services.engagements import EngagementAction, move_engagement
from portal.services.values import save_value
from tests.fixtures.reviewing import MONTH, Reviewing
from tests.integration.invariants.steps import Browse, make_draft, path_of


def test_7_a_stranger_gets_404_for_pages_files_and_acts(reviewing: Reviewing, browse: Browse) -> None:
    with reviewing.database.reading() as session:
        evidence_id = session.scalars(sa.select(sa.func.min(Evidence.id))).one()
    base = f"/enterprises/{reviewing.world.steel_id}"
    month = [f"/records/{MONTH}{rest}" for rest in ("", "/energy", "/receipts/1", "/evaluation")]
    pages = ("", "/records", *month, f"/evidence/{evidence_id}/download", "/meters", "/plans", "/documents")
    world = reviewing.world
    for stranger in (world.stranger_officer, world.other_steward, world.other_regulator):
        browser = browse(stranger.user_id)
        for page in pages:
            assert browser.get(base + page).status_code == 404, page
        assert browser.post(f"{base}/records/{MONTH}/values/S-02.purchased").status_code == 404


def end_by_word(session: Session, reviewing: Reviewing) -> None:
    row = session.get_one(Engagement, reviewing.world.engagement_id)
    administrator = reviewing.world.administrator
    move_engagement(session, administrator, row.id, EngagementAction.END, row.row_version, "合同到此为止")


def suspend_by_word(session: Session, reviewing: Reviewing) -> None:
    row = session.get_one(Engagement, reviewing.world.engagement_id)
    move_engagement(
        session, reviewing.world.administrator, row.id, EngagementAction.SUSPEND, row.row_version, "暂停"
    )


def end_by_date(session: Session, reviewing: Reviewing) -> None:
    session.get_one(Engagement, reviewing.world.engagement_id).ends_on = today() - timedelta(days=1)


def narrow_to_environment(session: Session, reviewing: Reviewing) -> None:
    session.get_one(Engagement, reviewing.world.engagement_id).scope = EngagementScope.ENVIRONMENT


@pytest.mark.parametrize("end", [end_by_word, suspend_by_word, end_by_date, narrow_to_environment])
def test_9_a_contract_that_ends_now_gives_no_access_now(
    reviewing: Reviewing, browse: Browse, end: Callable[[Session, Reviewing], None]
) -> None:
    version_id = make_draft(reviewing)
    browser = browse(reviewing.world.steward.user_id)
    cell = path_of(reviewing, "/values/S-02.purchased")
    assert browser.get(path_of(reviewing)).status_code == 200
    assert browser.post(cell, {"value": "1", "row_version": "1"}).status_code == 200
    with reviewing.database.writing() as session:
        end(session, reviewing)
    assert browser.get(path_of(reviewing)).status_code == 404
    assert browser.post(cell, {"value": "2", "row_version": "2"}).status_code == 404
    with pytest.raises(NotFound), reviewing.database.writing() as session:
        save_value(session, reviewing.world.steward, version_id, "S-02.purchased", Decimal(2), 2)
