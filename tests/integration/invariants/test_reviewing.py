"""Every section is decided before a review ends, and anew once it has changed: invariants 8 and 11."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import GuardFailed
from portal.domain.periods import today
from portal.domain.workflow import Decision, RecordState, Section
from portal.models.plans import SourceStream
from portal.models.records import RecordSection
from portal.services import reviews
from portal.services.plan_streams import remove_stream
from portal.services.plans import approve_plan, change_head, clone_plan, submit_plan
from portal.services.signing import start_amending
from tests.factories.reviews import decide_all
from tests.fixtures.reviewing import MONTH, Reviewing
from tests.integration.invariants.steps import Browse, path_of


def test_8_a_review_is_not_finished_while_a_section_is_undecided(
    reviewing: Reviewing, browse: Browse
) -> None:
    actor = reviewing.world.regulator
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reviews.take_for_review(session, actor, record.id, record.row_version)
        reviews.decide_section(
            session, actor, record.id, record.row_version, Section.ENERGY, Decision.RETURN, "请核对"
        )
        number, version = record.id, record.row_version
    finishes: list[Callable[[Session], object]] = [
        lambda session: reviews.accept(session, actor, number, version, countersign_required=False),
        lambda session: reviews.propose_acceptance(session, actor, number, version),
        lambda session: reviews.return_for_amends(session, actor, number, version, today()),
    ]
    for finish in finishes:
        with pytest.raises(GuardFailed), reviewing.database.writing() as session:
            finish(session)
    browser = browse(actor.user_id)
    form = {"row_version": str(version), "amend_due_on": str(today())}
    for act in ("accept", "return"):
        assert browser.post(path_of(reviewing, f"/review/{act}"), form).status_code == 422
    with reviewing.database.reading() as session:
        assert reviewing.record(session).state is RecordState.UNDER_REVIEW


def amended_under(reviewing: Reviewing, removed: Callable[[SourceStream], bool]) -> dict[Section, Decision]:
    """Return the energy section, approve a plan without some streams, begin to amend; what stays decided."""
    world = reviewing.world
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        reviews.take_for_review(session, world.regulator, record.id, record.row_version)
        decide_all(session, world.regulator, record, Section.ENERGY)
        reviews.return_for_amends(session, world.regulator, record.id, record.row_version, today())
    with reviewing.database.writing() as session:
        plan = clone_plan(session, world.officer, world.steel_id, reviewing.plan_id)
        change_head(
            session,
            world.officer,
            world.steel_id,
            plan.id,
            row_version=plan.row_version,
            effective_from=str(MONTH),
            boundary=plan.boundary,
            reason="产量改由另一套系统报送",
        )
        for stream in [stream for stream in plan.streams if removed(stream)]:
            remove_stream(
                session, world.officer, world.steel_id, plan.id, stream.id, row_version=plan.row_version
            )
        session.flush()
        submit_plan(session, world.officer, world.steel_id, plan.id, row_version=plan.row_version)
        approve_plan(session, world.regulator, world.steel_id, plan.id, row_version=plan.row_version)
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        version = start_amending(session, world.officer, record.id, record.row_version)
        rows = session.scalars(sa.select(RecordSection).where(RecordSection.version_id == version.id))
        return {row.section: row.decision for row in rows}


def sections_of_plan(reviewing: Reviewing) -> set[Section]:
    with reviewing.database.reading() as session:
        version_id = reviewing.record(session).current_version_id
        return set(
            session.scalars(sa.select(RecordSection.section).where(RecordSection.version_id == version_id))
        )


def test_11_a_section_that_is_removed_while_amending_takes_its_decision_with_it(reviewing: Reviewing) -> None:
    before = sections_of_plan(reviewing)
    after = amended_under(reviewing, lambda stream: stream.section is Section.OUTPUT)
    assert before - set(after) == {Section.OUTPUT}
    assert after[Section.ENERGY] is Decision.UNDECIDED
    assert after[Section.PROCESS] is Decision.ACCEPT


def test_11_a_section_whose_plan_changed_while_amending_is_decided_anew(reviewing: Reviewing) -> None:
    gone: list[str] = []

    def first_of_process(stream: SourceStream) -> bool:
        if stream.section is Section.PROCESS and not gone:
            gone.append(stream.code)
            return True
        return False

    after = amended_under(reviewing, first_of_process)
    assert gone
    assert after[Section.PROCESS] is Decision.UNDECIDED
    assert after[Section.OUTPUT] is Decision.ACCEPT
