"""Drafts of check packs, written the way the pages write them."""

from sqlalchemy.orm import Session

from checklists.drafts import Raw
from portal.domain.access import Actor, OrganisationKind, Role
from portal.models.check_packs import DryRun, PackVersion
from portal.models.database import Database
from portal.models.organisations import Organisation
from portal.queries.access import actor_of
from portal.services.check_packs import copy_pack, save_entry
from portal.services.dry_runs import request_dry_run, run_dry_run
from tests.factories.world import World, make_user

PACK = "carbon-data-quality"
#: A rule that the steel month of the factories does not meet: it buys far more than one tonne.
CHECK_ID = "CK-EX-001"
NEW_CHECK: Raw = {
    "id": CHECK_ID,
    "title": "购入量不超过一吨",
    "title_en": "No more than one tonne bought",
    "clause": "示例",
    "source": "平台建议，未见规范数值",
    "confidence": "unverified",
    "severity": "blocking",
    "per": "row",
    "applies": 'row.parameter == "purchased"',
    "expression": "row.value <= most",
    "settings": {
        "most": {
            "value": 1,
            "title": "上限",
            "title_en": "limit",
            "source": "平台建议，未见规范数值",
            "confidence": "unverified",
        }
    },
    "message": "{row.stream_name}购入 {row.value} {row.unit}，超过 {most}",
    "message_en": "{row.stream_name}: {row.value} {row.unit} bought, more than {most}",
    "expected": "不超过 {most}",
    "expected_en": "no more than {most}",
    "actual": "{row.value}",
    "actual_en": "{row.value}",
    "mend": "核对购入台账。",
    "mend_en": "Look at the ledger.",
    "points_to": "row",
    "cases": [
        {
            "name": "不多",
            "outcome": "passed",
            "at": "S-02.purchased",
            "set": {"rows[S-02.purchased].value": 1},
        },
        {
            "name": "太多",
            "outcome": "failed",
            "at": "S-02.purchased",
            "set": {"rows[S-02.purchased].value": 2},
        },
    ],
}


def make_second_city_regulator(session: Session, world: World) -> Actor:
    """A colleague of the world's city regulator."""
    city = session.get_one(Organisation, world.city_id)
    assert city.kind is OrganisationKind.AUTHORITY
    return actor_of(make_user(session, city, "city2@example.test", "褚示例", Role.CITY_REGULATOR))


def make_draft(session: Session, author: Actor) -> PackVersion:
    """A draft with one more check than the shipped pack."""
    draft = copy_pack(session, author, PACK, "1", "示例：加一条")
    return save_entry(session, author, draft.id, draft.row_version, "checks", NEW_CHECK)


def dry_run(database: Database, actor: Actor, draft_id: int) -> int:
    """Ask for a dry-run and do it; gives its id."""
    with database.writing() as session:
        run: DryRun = request_dry_run(session, actor, draft_id)
        run_id = run.id
    run_dry_run(database, run_id)
    return run_id
