"""What becomes of dossiers: reviewed ones, ones that rest on others, ones that run out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import EXPIRING_DAYS, DossierState, Standing
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.models.database import Database
from portal.models.dossiers import Dossier, DossierBase
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.notifications import Notification
from portal.queries.dossier_lines import dossier_lines
from portal.queries.dossier_sources import number_of
from portal.reference import dossiers as reference
from portal.reference.dossiers import DossierKind, load_kind
from portal.services.dossier_issuing import request_issue, withdraw_dossier
from portal.services.dossier_reviews import approve_dossier, return_dossier, submit_dossier
from portal.services.dossier_staleness import tell_of_expiring_dossiers
from portal.services.dossiers import create_dossier, new_edition
from portal.services.events import record_event
from tests.factories.dossier_rows import make_issued_dossier, make_signed_dossier
from tests.factories.world import World

FOOTPRINT, REDUCTION, NEUTRALITY = "carbon_footprint", "reduction_product", "carbon_neutrality"


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A kind that an authority reviews."""
    plain = reference.read_kind

    def read(name: str, *, data: Path | None = None) -> DossierKind:
        return replace(plain(name, data=data), reviewed=name == REDUCTION)

    monkeypatch.setattr(reference, "read_kind", read)
    load_kind.cache_clear()
    yield REDUCTION
    load_kind.cache_clear()


def standings(session: Session) -> dict[str, Standing]:
    return {line.subject: line.issued.standing for line in dossier_lines(session) if line.issued is not None}


def test_what_rests_on_a_withdrawn_document_is_stale_through_every_floor(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        footprint = make_issued_dossier(session, world, FOOTPRINT, "坯布")
        reduction = make_issued_dossier(session, world, REDUCTION, "减碳", bases=[footprint])
        make_issued_dossier(session, world, NEUTRALITY, "2026", bases=[reduction])
        make_issued_dossier(session, world, NEUTRALITY, "2025")
        assert set(standings(session).values()) == {Standing.VALID}
        withdraw_dossier(session, world.signatory, world.steel_id, footprint.id, "系统边界有误")
        assert standings(session) == {
            "坯布": Standing.WITHDRAWN,
            "减碳": Standing.STALE,
            "2026": Standing.STALE,
            "2025": Standing.VALID,
        }
        asked = set(session.scalars(sa.select(Job.subject_id).where(Job.kind == "compare_dossier")))
        assert asked == {reduction.id, reduction.id + 1}


def test_a_new_edition_leaves_what_rests_on_the_old_one_stale(database: Database, world: World) -> None:
    with database.writing() as session:
        old = make_issued_dossier(session, world, FOOTPRINT, "坯布")
        reduction = make_issued_dossier(session, world, REDUCTION, "减碳", bases=[old])
        newer = new_edition(session, world.steward, world.steel_id, old.id)
        assert standings(session)["减碳"] is Standing.VALID
        session.delete(newer)
        session.flush()
        newest = make_issued_dossier(session, world, FOOTPRINT, "坯布", replaces=old)
        lines = {line.id: line for line in dossier_lines(session)}
        found = {key: line.issued.standing for key, line in lines.items() if line.issued}
        assert found == {
            old.id: Standing.SUPERSEDED,
            newest.id: Standing.VALID,
            reduction.id: Standing.STALE,
        }
        again = new_edition(session, world.officer, world.steel_id, reduction.id)
        assert session.scalars(
            sa.select(DossierBase.base_id).where(DossierBase.dossier_id == again.id)
        ).all() == [newest.id]


def test_a_dossier_rests_only_on_documents_that_hold(database: Database, world: World) -> None:
    with database.writing() as session:
        gone = make_issued_dossier(session, world, FOOTPRINT, "旧", valid_until=today() - timedelta(days=1))
        good = make_issued_dossier(session, world, FOOTPRINT, "新", valid_until=today())
        place = (session, world.officer, world.steel_id, NEUTRALITY)
        for wrong in ([gone.id], [good.id, gone.id], [99]):
            with pytest.raises(Invalid) as refused:
                create_dossier(*place, "2024", base_ids=wrong)
            assert refused.value.path == "bases"
            session.execute(sa.delete(DossierBase))
            session.execute(sa.delete(Dossier).where(Dossier.state == DossierState.DRAFT))
        made = create_dossier(*place, "2024", base_ids=[good.id])
        assert (made.first_month, made.last_month) == ("2024-01", "2024-12")
        resting = make_signed_dossier(session, world, NEUTRALITY, "2023", bases=[gone])
        with pytest.raises(GuardFailed, match="旧"):
            request_issue(session, world.signatory, world.steel_id, resting.id)


def test_neutrality_is_one_document_a_year_and_name(database: Database, world: World) -> None:
    with database.writing() as session:
        place = (session, world.officer, world.steel_id, NEUTRALITY)
        whole, fair, product = (create_dossier(*place, words) for words in ("2025", "2025 展会", "2025 坯布"))
        assert (fair.subject, fair.first_month, fair.last_month) == ("2025 展会", "2025-01", "2025-12")
        numbers = [number_of(session, one) for one in (whole, fair, product)]
        assert numbers[0] == f"HZ-CN-2025-{world.steel_id:04d}-E1"
        assert len(set(numbers)) == 3
        for again in ("2025", "2025  展会"):
            with pytest.raises(Invalid, match="已经有了"):
                create_dossier(*place, again)
        for wrong in ("展会", "2025-Q1 展会", "2025 " + "长" * 60):
            with pytest.raises(Invalid) as refused:
                create_dossier(*place, wrong)
            assert refused.value.path == "subject"
        with pytest.raises(Invalid):
            create_dossier(session, world.officer, world.steel_id, "emission_report", "2025 展会")


def test_people_are_told_once_that_a_document_runs_out(database: Database, world: World) -> None:
    soon = today() + timedelta(days=EXPIRING_DAYS)
    with database.writing() as session:
        make_issued_dossier(session, world, FOOTPRINT, "将到期", valid_until=soon)
        make_issued_dossier(session, world, FOOTPRINT, "还早", valid_until=soon + timedelta(days=1))
        make_issued_dossier(session, world, FOOTPRINT, "已过期", valid_until=today() - timedelta(days=1))
        assert tell_of_expiring_dossiers(session) == 1
        assert tell_of_expiring_dossiers(session) == 0
        told = session.scalars(sa.select(Notification)).all()
        assert {notice.params["subject"] for notice in told} == {"将到期"}
        assert {notice.user_id for notice in told} >= {world.officer.user_id, world.signatory.user_id}
        assert standings(session)["已过期"] is Standing.EXPIRED


def test_an_authority_returns_or_approves_what_it_did_not_prepare(
    database: Database, world: World, reviewed: str
) -> None:
    with database.writing() as session:
        dossier = make_signed_dossier(session, world, reviewed, "减碳")
        place = (world.steel_id, dossier.id)
        with pytest.raises(Refused, match="送审"):
            request_issue(session, world.signatory, *place)
        submit_dossier(session, world.signatory, *place, dossier.row_version)
        for stranger in (world.other_regulator, world.stranger_signatory):
            with pytest.raises(NotFound):
                return_dossier(session, stranger, *place, dossier.row_version, "补充")
        with pytest.raises(Refused):
            approve_dossier(session, world.steward, *place, dossier.row_version)
        with pytest.raises(Invalid):
            return_dossier(session, world.regulator, *place, dossier.row_version, "  ")
        return_dossier(session, world.regulator, *place, dossier.row_version, "请补充边界图")
        assert (dossier.state, dossier.review_comment) == (DossierState.DRAFT, "请补充边界图")
        assert (dossier.content, dossier.signed_by_id) == (None, None)
        second = make_signed_dossier(session, world, reviewed, "减碳二", state=DossierState.SUBMITTED)
        approve_dossier(session, world.regulator, world.steel_id, second.id, second.row_version)
        assert request_issue(session, world.signatory, world.steel_id, second.id).kind == "issue_dossier"


def test_a_firm_that_prepared_it_does_not_review_it(database: Database, world: World, reviewed: str) -> None:
    with database.writing() as session:
        dossier = make_signed_dossier(session, world, reviewed, "减碳", state=DossierState.SUBMITTED)
        record_event(
            session, world.regulator, "dossier.saved", "dossier", dossier.id, enterprise_id=world.steel_id
        )
        for other in (world.regulator, world.second_regulator):
            with pytest.raises(Refused, match="编制过"):
                approve_dossier(session, other, world.steel_id, dossier.id, dossier.row_version)
        approve_dossier(session, world.city_regulator, world.steel_id, dossier.id, dossier.row_version)
        last = session.scalars(sa.select(Event.action).order_by(Event.id.desc()).limit(1)).one()
        assert last == "dossier.approved"


def test_a_kind_that_nobody_reviews_cannot_be_submitted(database: Database, world: World) -> None:
    with database.writing() as session:
        dossier = make_signed_dossier(session, world, "quality_report", "2026-09")
        with pytest.raises(Refused, match="不需要送审"):
            submit_dossier(session, world.signatory, world.steel_id, dossier.id, dossier.row_version)
