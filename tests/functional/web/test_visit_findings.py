"""What a steward of the environment alone sees of a finding that came from their visit, through the pages."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.domain.access import EngagementScope
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.notifications import Notification
from portal.models.visits import VisitFinding
from tests.factories.visits import make_signed_visit
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]


@pytest.fixture
def found(app: Flask, world: World) -> Finding:
    """The finding of a signed visit; the firm's contract leaves out the carbon side."""
    with app.extensions["portal.database"].writing() as session:
        session.execute(
            sa.update(Engagement)
            .where(Engagement.enterprise_id == world.steel_id)
            .values(scope=EngagementScope.ENVIRONMENT)
        )
        make_signed_visit(session, world.steward, world.officer)
        finding: Finding = session.scalars(sa.select(Finding)).one()
        return finding


def test_the_visitor_follows_the_finding_and_may_only_comment(
    app: Flask, world: World, browse: Browse, found: Finding
) -> None:
    steward, place = browse(world.steward.user_id), f"/findings/{found.id}"
    with app.extensions["portal.database"].reading() as session:
        visit_id = session.scalars(sa.select(VisitFinding.inspection_id)).one()
    assert place in steward.get(f"/enterprises/{world.steel_id}/visits/{visit_id}").text
    assert found.number in steward.get("/findings").text
    page = steward.get(place).text
    assert f"{place}/comment" in page
    assert f"{place}/response" not in page
    assert 'name="ids"' not in page
    answer_given = {"row_version": "1", "body": "已改", "addressed": "no"}
    assert steward.post(f"{place}/response", answer_given).status_code == 404
    assert steward.post(f"{place}/comment", {"row_version": "1", "comment": "下次再看"}).status_code == 303
    assert "下次再看" in browse(world.officer.user_id).get(place).text
    assert browse(world.other_steward.user_id).get(place).status_code == 404


def test_a_notice_names_the_gap_in_the_readers_language(
    app: Flask, world: World, browse: Browse, found: Finding
) -> None:
    officer = browse(world.officer.user_id)
    with app.extensions["portal.database"].reading() as session:
        params = session.scalars(
            sa.select(Notification.params).where(Notification.link == f"/findings/{found.id}")
        ).first()
    assert params is not None
    assert (params["title"], params["title_en"]) == (
        "示例问题 Q-01 是否符合？",
        "Is example question Q-01 met?",
    )
    assert "示例问题 Q-01" in officer.get("/notifications").text
    officer.client.set_cookie("locale", "en")
    page = officer.get("/notifications").text
    assert "Is example question Q-01 met?" in page
    assert "示例问题 Q-01" not in page
