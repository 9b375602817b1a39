"""The home of a steward firm: its clients, filters and export, and nobody else's."""

from portal.domain.access import EngagementScope, OrganisationKind
from portal.domain.periods import Month, today
from portal.domain.workflow import EngagementState, RecordState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.organisations import Organisation
from tests.factories.states import make_record, statements_of
from tests.factories.world import DISTRICT, World, make_engagement, make_organisation
from tests.fixtures.application import Browse

LAST = Month.of(today()).previous()
STEEL, DYEING = "示例钢铁有限公司", "示例印染有限公司"


def test_the_board_shows_the_firms_clients_and_no_others(
    database: Database, world: World, browse: Browse
) -> None:
    with database.writing() as session:
        make_record(session, world.steel_id, LAST, RecordState.DRAFT)
    mine = browse(world.steward.user_id).get("/").text
    other = browse(world.other_steward.user_id).get("/").text
    assert STEEL in mine
    assert DYEING not in mine
    assert "还没有在管的客户" in other
    assert STEEL not in other


def test_a_client_leaves_the_board_in_the_second_its_contract_ends(
    database: Database, world: World, browse: Browse
) -> None:
    steward = browse(world.steward.user_id)
    assert STEEL in steward.get("/").text
    with database.writing() as session:
        session.get_one(Engagement, world.engagement_id).state = EngagementState.SUSPENDED
    assert STEEL not in steward.get("/").text
    assert STEEL not in steward.get("/board.csv").text


def test_an_environment_contract_links_to_no_month(database: Database, world: World, browse: Browse) -> None:
    with database.writing() as session:
        session.get_one(Engagement, world.engagement_id).scope = EngagementScope.ENVIRONMENT
        make_record(session, world.steel_id, LAST, RecordState.RETURNED)
    page = browse(world.steward.user_id).get("/").text
    assert STEEL in page
    assert "合同只含环保服务" in page
    assert f"/enterprises/{world.steel_id}/records" not in page


def test_the_address_holds_the_boards_filters(database: Database, world: World, browse: Browse) -> None:
    with database.writing() as session:
        client = make_organisation(
            session, OrganisationKind.ENTERPRISE, "示例造纸有限公司", "91330500PAPER00001", district="330521"
        )
        make_engagement(session, world.firm_id, client.id, scope=EngagementScope.CARBON, number="EG-2")
    steward = browse(world.steward.user_id)
    for address in ("/?q=造纸", "/?district=330521", "/?scope=carbon"):
        page = steward.get(address).text
        assert "示例造纸有限公司" in page
        assert STEEL not in page
    assert "没有符合筛选的客户" in steward.get("/?show=returned").text
    assert steward.get("/?page=x&sort=%27&show=%3Cscript%3E&scope=none").status_code == 200
    exported = steward.get("/board.csv?scope=carbon").text
    assert "示例造纸有限公司" in exported
    assert STEEL not in exported


def test_an_exported_name_cannot_run_as_a_formula(database: Database, world: World, browse: Browse) -> None:
    with database.writing() as session:
        session.get_one(Organisation, world.steel_id).name = '=HYPERLINK("http://x.example")'
    answer = browse(world.steward.user_id).get("/board.csv")
    assert answer.mimetype == "text/csv"
    assert "\n\"'=HYPERLINK(" in answer.text
    assert browse(world.officer.user_id).get("/board.csv").status_code == 403


def test_the_boards_page_sends_as_many_queries_for_three_clients_as_for_thirty(
    database: Database, world: World, browse: Browse
) -> None:
    def add(first: int, last: int) -> None:
        with database.writing() as session:
            for index in range(first, last):
                client = make_organisation(
                    session,
                    OrganisationKind.ENTERPRISE,
                    f"示例客户 {index:02d} 有限公司",
                    f"91330500CLIENT{index:04d}",
                    district=DISTRICT,
                )
                make_engagement(session, world.firm_id, client.id, number=f"EG-C-{index}")
                make_record(session, client.id, LAST, RecordState.DRAFT)

    steward = browse(world.steward.user_id)
    add(0, 2)
    steward.get("/")
    few = statements_of(database, lambda: steward.get("/"))
    add(2, 29)
    assert statements_of(database, lambda: steward.get("/")) == few
    assert steward.get("/").text.count('<th scope="row">') == 30
