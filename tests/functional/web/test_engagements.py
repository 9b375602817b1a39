"""The contracts' pages, and that a steward's open session ends with the contract."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.domain.periods import today
from portal.domain.workflow import EngagementState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.organisations import Organisation
from tests.factories.world import World
from tests.fixtures.application import Browser

Browse = Callable[[int], Browser]
START, END = today().isoformat(), (today() + timedelta(days=365)).isoformat()


def test_a_steward_s_open_session_finds_nothing_once_the_contract_has_ended(
    world: World, browse: Browse
) -> None:
    steward, administrator = browse(world.steward.user_id), browse(world.administrator.user_id)
    place = f"/enterprises/{world.steel_id}"
    assert steward.get(place).status_code == 200
    assert "示例钢铁有限公司" in steward.get("/enterprises").text
    ended = administrator.post(
        f"/engagements/{world.engagement_id}/end", {"row_version": "1", "reason": "合同期内协商终止"}
    )
    assert ended.status_code == 303
    assert steward.get(place).status_code == 404
    assert "示例钢铁有限公司" not in steward.get("/enterprises").text
    assert "示例钢铁有限公司" not in steward.get("/enterprises.csv").text
    # The contract itself stays readable to the firm that was a side of it.
    assert steward.get(f"/engagements/{world.engagement_id}").status_code == 200


def test_an_enterprise_proposes_and_accepts_and_the_steward_enters(world: World, browse: Browse) -> None:
    mine, steward = browse(world.stranger_officer.user_id), browse(world.steward.user_id)
    assert mine.get("/engagements/new").status_code == 200
    terms = {"firm_id": str(world.firm_id), "scope": "both", "starts_on": START, "ends_on": END}
    place = mine.post("/engagements/new", terms).location
    assert steward.get(f"/enterprises/{world.dyeing_id}").status_code == 404
    assert steward.post(f"{place}/accept", {"row_version": "1"}).status_code == 403
    assert mine.post(f"{place}/accept", {"row_version": "1"}).status_code == 303
    assert steward.get(f"/enterprises/{world.dyeing_id}").status_code == 200


def test_a_firm_proposes_by_code_and_an_unknown_code_is_said_at_its_field(
    world: World, browse: Browse, database: Database
) -> None:
    with database.writing() as session:
        session.get_one(Organisation, world.dyeing_id).uscc = "91330502MA2B3C4E6C"
    lead = browse(world.steward_lead.user_id)
    terms = {"scope": "carbon", "starts_on": START, "ends_on": END}
    unknown = lead.post("/engagements/new", terms | {"uscc": "91330502MA2B3C4D58"})
    assert unknown.status_code == 422
    assert 'href="#uscc"' in unknown.text
    assert "91330502MA2B3C4D58" in unknown.text
    assert lead.post("/engagements/new", terms | {"uscc": "91330502MA2B3C4E6C"}).status_code == 303


def test_wrong_dates_and_an_overlap_are_said_at_their_fields(world: World, browse: Browse) -> None:
    mine = browse(world.administrator.user_id)
    terms = {"firm_id": str(world.firm_id), "scope": "both", "starts_on": END, "ends_on": START}
    assert 'href="#ends_on"' in mine.post("/engagements/new", terms).text
    overlap = mine.post("/engagements/new", terms | {"starts_on": START, "ends_on": END})
    assert overlap.status_code == 422
    assert 'href="#starts_on"' in overlap.text
    assert "EG-2026-0001" in overlap.text
    odd = mine.post("/engagements/new", terms | {"firm_id": "x", "starts_on": "x"})
    assert odd.status_code == 422


def test_ending_without_a_reason_is_refused_at_its_place(
    world: World, browse: Browse, database: Database
) -> None:
    mine = browse(world.administrator.user_id)
    refused = mine.post(f"/engagements/{world.engagement_id}/end", {"row_version": "1", "reason": ""})
    assert refused.status_code == 422
    assert 'href="#reason-end"' in refused.text
    with database.reading() as session:
        assert session.scalars(sa.select(Engagement.state)).one() is EngagementState.ACTIVE


def test_a_stale_page_is_a_conflict_and_changes_nothing(world: World, browse: Browse) -> None:
    mine = browse(world.administrator.user_id)
    place = f"/engagements/{world.engagement_id}"
    assert mine.post(f"{place}/suspend", {"row_version": "1", "reason": "检查"}).status_code == 303
    assert mine.post(f"{place}/end", {"row_version": "1", "reason": "终止"}).status_code == 409


@pytest.mark.parametrize("who", ["stranger_officer", "other_steward", "other_regulator"])
def test_a_stranger_finds_no_contract(world: World, browse: Browse, who: str) -> None:
    browser = browse(getattr(world, who).user_id)
    place = f"/engagements/{world.engagement_id}"
    assert browser.get(place).status_code == 404
    assert "EG-2026-0001" not in browser.get("/engagements").text
    sent = browser.post(f"{place}/end", {"row_version": "1", "reason": "x"})
    assert sent.status_code in (403, 404)


@pytest.mark.parametrize("who", ["officer", "signatory", "steward", "regulator", "city_regulator"])
def test_who_only_looks_on_has_no_button_and_no_way(world: World, browse: Browse, who: str) -> None:
    browser = browse(getattr(world, who).user_id)
    place = f"/engagements/{world.engagement_id}"
    page = browser.get(place)
    assert page.status_code == 200
    assert f'action="{place}' not in page.text
    assert browser.post(f"{place}/end", {"row_version": "1", "reason": "x"}).status_code == 403
    assert browser.post(f"{place}/accept", {"row_version": "1"}).status_code == 403
