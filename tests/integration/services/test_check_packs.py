"""A pack that a regulator writes: from a copy to a version in force, and what stands in its way."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from checklists.drafts import parse_pack
from checklists.stored import inflate_facts
from portal.accounting.month import figures
from portal.domain.check_packs import PackState
from portal.domain.errors import Conflict, GuardFailed, Invalid, Refused
from portal.domain.periods import Month, today
from portal.models.check_packs import DryRun, DryRunChange, MonthFacts, PackVersion
from portal.models.database import Database
from portal.models.evaluations import Evaluation
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.records import Snapshot
from portal.models.visits import Inspection
from portal.queries.dry_runs import changed_answers, dry_run_view
from portal.queries.packs_in_force import packs_in_force
from portal.queries.sheets import load_sheet
from portal.services.check_pack_publishing import propose, publish, send_back, take_back, withdraw
from portal.services.check_packs import change_head, copy_pack, discard_draft, remove_entry, save_entry
from portal.services.dry_runs import request_dry_run, run_dry_run
from portal.services.evaluations import facts_told
from portal.services.facts import facts_hash
from portal.services.visits import VisitPlan, open_visit
from tests.factories.packs import (
    CHECK_ID,
    NEW_CHECK,
    PACK,
    dry_run,
    make_draft,
    make_second_city_regulator,
)
from tests.factories.world import make_world
from tests.fixtures.reviewing import MONTH, Reviewing

VISIT_PACK = "carbon-steward-visit"
NEXT = str(Month.of(today()))


def published(reviewing: Reviewing, effective_from: str = NEXT) -> int:
    """A draft written by one, published by another; gives its id."""
    with reviewing.database.writing() as session:
        draft_id = make_draft(session, reviewing.world.city_regulator).id
    released(reviewing, draft_id, effective_from)
    return draft_id


def released(reviewing: Reviewing, draft_id: int, effective_from: str = NEXT) -> None:
    """Take a draft all the way to publication by a second person."""
    world, database = reviewing.world, reviewing.database
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        change_head(
            session,
            world.city_regulator,
            draft_id,
            row.row_version,
            note="示例：改一处",
            effective_from=effective_from,
        )
        second = make_second_city_regulator(session, world)
    dry_run(database, world.city_regulator, draft_id)
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        propose(session, world.city_regulator, draft_id, row.row_version)
        publish(session, second, draft_id, row.row_version)


def versions_for(reviewing: Reviewing, month: str, record_id: int = 0) -> list[str]:
    with reviewing.database.reading() as session:
        return [pack.version for pack in packs_in_force(session, [PACK], month, record_id)]


def test_a_published_version_holds_from_its_month_on_and_signed_months_keep_theirs(
    reviewing: Reviewing,
) -> None:
    draft_id = published(reviewing)
    assert versions_for(reviewing, str(Month.parse(NEXT).previous())) == ["1"]
    assert versions_for(reviewing, NEXT) == ["1.1"]
    assert versions_for(reviewing, "2031-01") == ["1.1"]
    with reviewing.database.writing() as session:
        record = reviewing.record(session)
        assert versions_for(reviewing, NEXT, record.id) == ["1"], "it was signed under version 1"
        row = session.get_one(PackVersion, draft_id)
        assert row.state is PackState.PUBLISHED
        actions = list(session.scalars(sa.select(Event.action).where(Event.subject_kind == "check_pack")))
    assert actions == [
        "check_pack.copied",
        "check_pack.entry_saved",
        "check_pack.head_changed",
        "check_pack.dry_run_asked",
        "check_pack.proposed",
        "check_pack.published",
    ]


def test_a_published_question_pack_is_asked_on_visits_from_its_month_on(reviewing: Reviewing) -> None:
    world, database = reviewing.world, reviewing.database
    plans = {day: VisitPlan([VISIT_PACK], day) for day in (today(), Month.of(today()).previous().last)}
    with database.writing() as session:
        before = open_visit(session, world.steward, world.steel_id, plans[today()])
        assert before.checklists[0].pack_version == "1"
    with database.writing() as session:
        draft = copy_pack(session, world.city_regulator, VISIT_PACK, "1", "示例：换一句话")
        asked = dict(parse_pack(draft.content)["questions"][0], text="示例：换过的问题")
        city, row_version = world.city_regulator, draft.row_version
        save_entry(session, city, draft.id, row_version, "questions", asked, replaced=asked["id"])
        draft_id = draft.id
    released(reviewing, draft_id)
    with database.writing() as session:
        opened = {
            day: open_visit(session, world.regulator, world.steel_id, plan).checklists[0]
            for day, plan in plans.items()
        }
        new, late = opened.values()
        assert (new.pack_version, new.content["questions"][0]["text"]) == ("1.1", "示例：换过的问题")
        assert late.pack_version == "1", "it was made in a month in which the old version held"
        kept = session.get_one(Inspection, before.id).checklists[0]
        assert (kept.pack_version, kept.content["questions"][0]["text"]) != ("1.1", "示例：换过的问题")


def test_a_withdrawn_version_holds_no_more_and_cannot_come_back(reviewing: Reviewing) -> None:
    draft_id = published(reviewing)
    database, city = reviewing.database, reviewing.world.city_regulator
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        with pytest.raises(Invalid):
            withdraw(session, city, draft_id, row.row_version, " ")
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        withdraw(session, city, draft_id, row.row_version, "示例：太严")
    assert versions_for(reviewing, NEXT) == ["1"]
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        with pytest.raises(GuardFailed):
            publish(session, city, draft_id, row.row_version)


def test_the_author_cannot_publish_by_service_nor_by_sql(reviewing: Reviewing) -> None:
    database, city = reviewing.database, reviewing.world.city_regulator
    with database.writing() as session:
        draft_id = make_draft(session, city).id
    dry_run(database, city, draft_id)
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        propose(session, city, draft_id, row.row_version)
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        with pytest.raises(GuardFailed) as refused:
            publish(session, city, draft_id, row.row_version)
    assert [failure.code for failure in refused.value.failures] == ["own_draft"]
    with pytest.raises(DBAPIError), database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE check_pack_versions SET state = 'published', published_by_id = author_id, "
            f"published_at = updated_at WHERE id = {draft_id}"
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE check_pack_versions SET content = content || ' '",
        "UPDATE check_pack_versions SET effective_from = '2020-01'",
        "UPDATE check_pack_versions SET state = 'draft'",
        "DELETE FROM check_dry_run_changes; DELETE FROM check_dry_runs; DELETE FROM check_pack_versions",
        "UPDATE month_facts SET input_hash = 'x'",
        "DELETE FROM month_facts",
    ],
)
def test_the_database_freezes_what_is_published_and_what_was_signed(
    reviewing: Reviewing, change: str
) -> None:
    published(reviewing)
    *before, last = change.split(";")
    with reviewing.database.engine.begin() as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        with pytest.raises(DBAPIError, match="frozen"):
            connection.exec_driver_sql(last)


def test_nothing_is_proposed_while_a_case_fails_or_is_missing_or_the_dry_run_is_stale(
    reviewing: Reviewing,
) -> None:
    database, city = reviewing.database, reviewing.world.city_regulator
    wrong = {**NEW_CHECK, "cases": [{**NEW_CHECK["cases"][0], "outcome": "failed"}]}
    with database.writing() as session:
        draft_id = copy_pack(session, city, PACK, "1").id
        save_entry(session, city, draft_id, 1, "checks", wrong)
    assert refusals(reviewing, draft_id) == ["no_case", "case_failed", "no_dry_run"]
    dry_run(database, city, draft_id)
    with database.writing() as session:
        save_entry(session, city, draft_id, 2, "checks", NEW_CHECK, replaced=CHECK_ID)
    assert refusals(reviewing, draft_id) == ["stale_dry_run"]
    dry_run(database, city, draft_id)
    assert refusals(reviewing, draft_id) == []


def refusals(reviewing: Reviewing, draft_id: int) -> list[str]:
    """Codes of what keeps a draft from being proposed; proposes it when there is nothing."""
    try:
        with reviewing.database.writing() as session:
            row = session.get_one(PackVersion, draft_id)
            propose(session, reviewing.world.city_regulator, draft_id, row.row_version)
    except GuardFailed as refused:
        return [failure.code for failure in refused.failures]
    return []


def test_a_dry_run_tells_who_would_newly_fail_with_the_values(reviewing: Reviewing) -> None:
    database, city = reviewing.database, reviewing.world.city_regulator
    with database.writing() as session:
        draft_id = make_draft(session, city).id
    run_id = dry_run(database, city, draft_id)
    with database.reading() as session:
        view = dry_run_view(session, city, draft_id)
        found = changed_answers(session, city, run_id, is_new=True)
        foreign = changed_answers(session, reviewing.world.other_regulator, run_id)
    assert view is not None
    assert (view.state, view.stale) == ("done", False)
    assert (view.total.months, view.total.before, view.total.after, view.total.added) == (1, 0, 1, 1)
    assert view.months == view.done == 1
    first = found.rows[0]
    assert (first.enterprise, first.month, first.check_id) == ("示例钢铁有限公司", str(MONTH), CHECK_ID)
    assert first.values["row.value"]
    assert "超过 1" in first.message
    assert foreign.total == 0, "another district sees nothing of it"


def test_a_dry_run_that_runs_twice_counts_once(reviewing: Reviewing) -> None:
    database, city = reviewing.database, reviewing.world.city_regulator
    with database.writing() as session:
        draft_id = make_draft(session, city).id
    run_id = dry_run(database, city, draft_id)
    with database.reading() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(DryRunChange))
    with database.writing() as session:
        session.execute(sa.update(DryRun).values(state="running"))  # as if its worker had died at the end
    run_dry_run(database, run_id)
    run_dry_run(database, run_id)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DryRunChange)) == rows
        assert session.get_one(DryRun, run_id).summary["months"][0][2] == 1


def test_a_dry_run_is_asked_for_once_at_a_time_and_again_after_its_job_failed(
    sqlite_database: Database,
) -> None:
    with sqlite_database.writing() as session:
        city = make_world(session).city_regulator
        draft_id = make_draft(session, city).id
        run_id = request_dry_run(session, city, draft_id).id
        with pytest.raises(Conflict):
            request_dry_run(session, city, draft_id)
        session.execute(sa.update(Job).where(Job.subject_id == run_id).values(state="failed"))
        assert request_dry_run(session, city, draft_id).id > run_id


def test_facts_are_kept_at_signing_as_the_checks_were_told(reviewing: Reviewing) -> None:
    with reviewing.database.reading() as session:
        record = reviewing.record(session)
        kept = session.get_one(MonthFacts, record.current_version_id)
        evaluation = session.scalars(
            sa.select(Evaluation).join(Snapshot, Snapshot.evaluation_id == Evaluation.id)
        ).one()
        assert kept.input_hash == evaluation.input_hash
        facts = inflate_facts(kept.content)
        sheet = load_sheet(session, kept.version_id)
        told = facts_told(session, sheet, figures(sheet))
    assert facts["rows"][0]["cell"] == told["rows"][0]["cell"]
    assert [row["value"] for row in facts["rows"]] == [row["value"] for row in told["rows"]]
    assert facts_hash(told) == kept.input_hash


def test_a_draft_is_changed_by_one_at_a_time_and_only_while_it_is_one(reviewing: Reviewing) -> None:
    city = reviewing.world.city_regulator
    with reviewing.database.writing() as session:
        draft = make_draft(session, city)
        with pytest.raises(Conflict):
            save_entry(session, city, draft.id, 1, "checks", NEW_CHECK, replaced=CHECK_ID)
        with pytest.raises(GuardFailed):
            copy_pack(session, city, PACK, "1")
        with pytest.raises(Refused):
            save_entry(session, reviewing.world.regulator, draft.id, draft.row_version, "checks", NEW_CHECK)
        remove_entry(session, city, draft.id, draft.row_version, "checks", CHECK_ID)
        discard_draft(session, city, draft.id, draft.row_version)
        with pytest.raises(GuardFailed):
            save_entry(session, city, draft.id, draft.row_version, "checks", NEW_CHECK)
        assert copy_pack(session, city, PACK, "1").version == "1.2", "a number never means two texts"


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("expression", "row.values == 1", "expression"),
        ("expression", "row.value.__class__ == 1", "expression"),
        ("expression", "(" * 500, "expression"),
        ("severity", "huge", "severity"),
        ("message", "{row.nothing}", "message"),
        ("points_to", "page:nowhere", "points_to"),
        ("settings", {"most": {"value": 1}}, "settings.most.title"),
        ("cases", [{"name": "", "outcome": "passed"}], "cases[0].name"),
    ],
)
def test_a_wrong_check_is_refused_at_its_key(
    reviewing: Reviewing, key: str, value: object, place: str
) -> None:
    city = reviewing.world.city_regulator
    with reviewing.database.writing() as session:
        draft = copy_pack(session, city, PACK, "1")
        with pytest.raises(Invalid) as refused:
            save_entry(session, city, draft.id, 1, "checks", {**NEW_CHECK, key: value})
    assert refused.value.field == place
    assert CHECK_ID in str(refused.value)


def test_a_proposed_version_is_sent_back_with_a_reason_or_taken_back(reviewing: Reviewing) -> None:
    database, city = reviewing.database, reviewing.world.city_regulator
    with database.writing() as session:
        draft_id = make_draft(session, city).id
        second = make_second_city_regulator(session, reviewing.world)
    dry_run(database, city, draft_id)
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        propose(session, city, draft_id, row.row_version)
        take_back(session, city, draft_id, row.row_version)
        propose(session, city, draft_id, row.row_version)
        with pytest.raises(GuardFailed):
            save_entry(session, city, draft_id, row.row_version, "checks", NEW_CHECK, replaced=CHECK_ID)
    with database.writing() as session:
        row = session.get_one(PackVersion, draft_id)
        send_back(session, second, draft_id, row.row_version, "上限没有出处")
        assert (row.state, row.return_comment) == (PackState.DRAFT, "上限没有出处")
