"""A firm engaged for the environment alone follows what its own visits found, and nothing else."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope
from portal.domain.errors import NotFound
from portal.domain.workflow import FindingSource, Severity
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.queries.finding_pages import finding_page
from portal.queries.findings import Filters, finding_list
from portal.services import finding_bulk, finding_requests, findings
from portal.services.finding_opening import open_finding
from tests.factories.visits import make_signed_visit
from tests.factories.world import World


def visited(session: Session, world: World, visitor: Actor) -> Finding:
    """The finding of a visit that both sides have signed."""
    make_signed_visit(session, visitor, world.officer)
    return session.scalars(sa.select(Finding).order_by(Finding.id.desc())).all()[0]


def another(session: Session, world: World) -> Finding:
    """A finding about the carbon data, raised by a regulator."""
    return open_finding(
        session,
        world.regulator,
        world.steel_id,
        source=FindingSource.REVIEW,
        record_id=None,
        check_id="",
        subject="",
        severity=Severity.NOTE,
        title="示例差距",
        detail={"message": "请核对"},
        due_on=date(2099, 1, 1),
    )


def narrow(session: Session, world: World, scope: EngagementScope) -> None:
    session.execute(
        sa.update(Engagement)
        .where(
            Engagement.firm_id == world.steward.organisation_id, Engagement.enterprise_id == world.steel_id
        )
        .values(scope=scope)
    )


@pytest.fixture
def found(database: Database, world: World) -> tuple[int, int, int]:
    """Ids: of the firm's own visit, of the authority's, of a review; the contract is for the environment."""
    with database.writing() as session:
        ids = (
            visited(session, world, world.steward).id,
            visited(session, world, world.regulator).id,
            another(session, world).id,
        )
        narrow(session, world, EngagementScope.ENVIRONMENT)
    return ids


def test_only_what_its_own_visits_found_is_listed_and_shown(
    database: Database, world: World, found: tuple[int, int, int]
) -> None:
    own, *others = found
    with database.reading() as session:
        listed = finding_list(session, world.steward, Filters())
        assert [line.id for line in listed.lines] == [own]
        assert (listed.total, listed.counts["unsettled"], listed.people) == (1, 1, ())
        page = finding_page(session, world.steward, own)
        assert (page.acts, page.others, page.opens_files) == (frozenset({"comment"}), (), False)
        for other in others:
            with pytest.raises(NotFound):
                finding_page(session, world.steward, other)


def test_it_may_comment_and_do_nothing_else(
    database: Database, world: World, found: tuple[int, int, int]
) -> None:
    own, *others = found
    with database.writing() as session:
        findings.comment(session, world.steward, own, 1, "下次上门时再看")
        for other in others:
            with pytest.raises(NotFound):
                findings.comment(session, world.steward, other, 1, "看看")
    acts = (
        lambda session: findings.respond(session, world.steward, own, 2, text="已改", addressed=False),
        lambda session: finding_requests.ask_extension(
            session, world.steward, own, 2, date(2099, 1, 1), "请延期"
        ),
        lambda session: finding_bulk.assign(session, world.steward, [own], world.officer.user_id),
    )
    for act in acts:
        with pytest.raises(NotFound), database.writing() as session:
            act(session)


def test_another_firm_sees_nothing_of_it(
    database: Database, world: World, found: tuple[int, int, int]
) -> None:
    with database.reading() as session:
        assert finding_list(session, world.other_steward, Filters()).lines == ()
        for finding_id in found:
            with pytest.raises(NotFound):
                finding_page(session, world.other_steward, finding_id)


def test_when_the_contract_ends_nothing_is_left_and_the_carbon_side_opens_all(
    database: Database, world: World, found: tuple[int, int, int]
) -> None:
    with database.writing() as session:
        narrow(session, world, EngagementScope.BOTH)
        assert {line.id for line in finding_list(session, world.steward, Filters()).lines} == set(found)
        assert "respond" in finding_page(session, world.steward, found[0]).acts
    with database.writing() as session:
        narrow(session, world, EngagementScope.ENVIRONMENT)
        session.execute(sa.update(Engagement).values(ends_on=date(2020, 1, 1), starts_on=date(2019, 1, 1)))
    with database.reading() as session:
        assert finding_list(session, world.steward, Filters()).lines == ()
        with pytest.raises(NotFound):
            finding_page(session, world.steward, found[0])
