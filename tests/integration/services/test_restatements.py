"""Restatements: asked for, granted or refused; the accepted version stays official meanwhile."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.domain.workflow import (
    Decision,
    RecordState,
    Section,
    VersionKind,
    VersionStanding,
)
from portal.models.plans import PlanVersion
from portal.models.records import RecordSection
from portal.services import reviews
from portal.services.plan_streams import remove_stream
from portal.services.plans import approve_plan, change_head, clone_plan, submit_plan
from portal.services.restatements import grant_restatement, refuse_restatement, request_restatement
from portal.services.signing import answer_section, start_amending
from tests.factories.months import save_cell, submit_again
from tests.factories.reviews import REASON, accept, decide_all, granted, sections, take
from tests.factories.world import World
from tests.fixtures.reviewing import Reviewing


def test_officer_steward_and_signatory_may_ask_and_a_regulator_may_not(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        accept(session, world, reviewing.record(session))
    for actor in (world.officer, world.steward, world.signatory):
        # A reading session throws its changes away, so that each of them asks anew.
        with reviewing.database.reading() as session:
            record = reviewing.record(session)
            request_restatement(session, actor, record.id, record.row_version, REASON)
            assert record.state is RecordState.RESTATEMENT_REQUESTED
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        with pytest.raises(Refused):
            request_restatement(session, world.regulator, record.id, record.row_version, REASON)
        with pytest.raises(NotFound):
            request_restatement(session, world.stranger_officer, record.id, record.row_version, REASON)
        with pytest.raises(GuardFailed):
            request_restatement(session, world.officer, record.id, record.row_version, " ")


def test_a_month_that_is_not_accepted_cannot_be_restated(reviewing: Reviewing) -> None:
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        with pytest.raises(Refused):
            request_restatement(session, reviewing.world.officer, record.id, record.row_version, REASON)


def test_a_grant_opens_all_sections_and_keeps_the_old_version_official(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        first = accept(session, world, record)
        request_restatement(session, world.officer, record.id, record.row_version, REASON)
        with pytest.raises(Refused):
            grant_restatement(session, world.officer, record.id, record.row_version, today())
        with pytest.raises(Invalid):
            grant_restatement(
                session, world.regulator, record.id, record.row_version, today() - timedelta(days=1)
            )
        version = grant_restatement(
            session, world.regulator, record.id, record.row_version, today() + timedelta(days=20)
        )
        assert (version.kind, version.number, version.reason) == (VersionKind.RESTATEMENT, 2, REASON)
        assert record.official_version_id == first.id
        assert first.standing is VersionStanding.ACCEPTED
        assert all(row.editable for row in sections(session, record).values())
        assert {row.decision for row in sections(session, record).values()} == {Decision.UNDECIDED}


def test_only_acceptance_supersedes_the_old_official_version(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        first = accept(session, world, record)
        second = granted(session, world, record)
        save_cell(session, world.officer, second.id, "S-02.purchased", "121188.43")
        submit_again(session, world, record)
        assert record.official_version_id == first.id
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record, Section.ENERGY)
        reviews.return_for_amends(session, world.regulator, record.id, record.row_version, today())
        assert (record.official_version_id, first.standing) == (first.id, VersionStanding.ACCEPTED)
        third = start_amending(session, world.officer, record.id, record.row_version)
        assert third.kind is VersionKind.RESTATEMENT
        answer_section(session, world.officer, third.id, "energy", "已补磅单")
        submit_again(session, world, record)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record)
        reviews.accept(session, world.regulator, record.id, record.row_version, countersign_required=False)
        assert record.official_version_id == third.id
        assert (first.standing, third.standing) == (VersionStanding.SUPERSEDED, VersionStanding.ACCEPTED)


def test_a_refusal_needs_a_reason_and_leaves_the_month_accepted(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        first = accept(session, world, record)
        request_restatement(session, world.officer, record.id, record.row_version, REASON)
        with pytest.raises(GuardFailed):
            refuse_restatement(session, world.regulator, record.id, record.row_version, "")
        with pytest.raises(NotFound):
            refuse_restatement(session, world.other_regulator, record.id, record.row_version, "不予同意")
        refuse_restatement(session, world.regulator, record.id, record.row_version, "差额在误差之内")
        assert record.state is RecordState.ACCEPTED
        assert (record.current_version_id, record.official_version_id) == (first.id, first.id)


def test_a_section_that_a_new_plan_no_longer_has_loses_its_decision(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        take(session, world.regulator, record)
        decide_all(session, world.regulator, record, Section.ENERGY)
        reviews.return_for_amends(session, world.regulator, record.id, record.row_version, today())
        plan = plan_without_output(session, world, reviewing.plan_id)
        version = start_amending(session, world.officer, record.id, record.row_version)
        assert version.plan_version_id == plan.id
        assert Section.OUTPUT not in sections(session, record)
        decided = session.scalars(
            sa.select(RecordSection.section).where(
                RecordSection.version_id == version.id, RecordSection.decision == Decision.ACCEPT
            )
        ).all()
        assert set(decided) == {Section.PROCESS, Section.OTHER, Section.EVIDENCE}


def plan_without_output(session: Session, world: World, plan_id: int) -> PlanVersion:
    """Version 2 of the plan, in force from the same month on, without a section of output."""
    plan = clone_plan(session, world.officer, world.steel_id, plan_id)
    change_head(
        session,
        world.officer,
        world.steel_id,
        plan.id,
        row_version=plan.row_version,
        effective_from="2026-09",
        boundary=plan.boundary,
        reason="产量改由另一套系统报送",
    )
    stream = next(stream for stream in plan.streams if stream.section is Section.OUTPUT)
    remove_stream(session, world.officer, world.steel_id, plan.id, stream.id, row_version=plan.row_version)
    session.flush()
    submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
    return approve_plan(session, world.regulator, world.steel_id, plan.id, row_version=plan.row_version)
