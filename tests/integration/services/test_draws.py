"""Draws by lot in the database: the lists stand, the seed comes before the draw, nothing is drawn twice."""

import hashlib

import pytest
import sqlalchemy as sa

from portal.domain.access import Actor
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.periods import today
from portal.models.database import Database
from portal.models.draws import Draw
from portal.queries.draws import draw_list, draw_log, draw_page
from portal.services.draws import DrawPlan, announce_draw, draw_lots, store_seed
from portal.services.visits import VisitPlan, open_visit
from tests.factories.world import World

PLAN = DrawPlan("示例抽查", enterprise_count=1, inspectors_each=1)


@pytest.fixture
def draw_id(database: Database, world: World) -> int:
    with database.writing() as session:
        return announce_draw(session, world.city_regulator, PLAN).id


def drawn(database: Database, actor: Actor, draw_id: int) -> None:
    with database.writing() as session:
        store_seed(session, actor, draw_id)
    with database.writing() as session:
        draw_lots(session, actor, draw_id)


def test_nothing_is_drawn_before_a_seed_is_stored(database: Database, world: World, draw_id: int) -> None:
    with database.writing() as session, pytest.raises(Refused, match="种子"):
        draw_lots(session, world.city_regulator, draw_id)


def test_a_draw_can_be_recomputed_from_its_log_alone(database: Database, world: World, draw_id: int) -> None:
    drawn(database, world.city_regulator, draw_id)
    with database.reading() as session:
        page = draw_page(session, world.city_regulator, draw_id)
        log = draw_log(session, world.city_regulator, draw_id)
    assert page.in_order
    ids = [identity for identity, _, _ in log["announcement"]["enterprises"]]
    assert len(ids) == 2

    def lot(identity: int) -> str:
        return hashlib.sha256(f"{log['seed']}:enterprise:{identity}".encode()).hexdigest()

    assert [row["enterprise"] for row in log["result"]] == sorted(ids, key=lot)[:1]


def test_drawing_again_changes_neither_seed_nor_result(
    database: Database, world: World, draw_id: int
) -> None:
    drawn(database, world.city_regulator, draw_id)
    with database.reading() as session:
        before = draw_log(session, world.city_regulator, draw_id)
    drawn(database, world.city_regulator, draw_id)
    with database.reading() as session:
        assert draw_log(session, world.city_regulator, draw_id) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE draws SET announcement = '{}'",
        "UPDATE draws SET seed = 'another'",
        "UPDATE draws SET result = '[]'",
        "UPDATE draws SET drawn_at = NULL",
        "DELETE FROM draws",
    ],
)
def test_the_database_refuses_another_outcome(
    database: Database, world: World, draw_id: int, statement: str
) -> None:
    drawn(database, world.city_regulator, draw_id)
    with pytest.raises(sa.exc.DBAPIError, match="a draw is"), database.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_lists_and_seed_stand_before_the_draw_as_well(database: Database, world: World, draw_id: int) -> None:
    with database.writing() as session:
        store_seed(session, world.city_regulator, draw_id)
    for statement in ("UPDATE draws SET announcement = '{}'", "UPDATE draws SET seed = NULL"):
        with pytest.raises(sa.exc.DBAPIError, match="written once"), database.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_district_lists_its_own_area_and_people_and_can_leave_some_out(
    database: Database, world: World
) -> None:
    plan = DrawPlan("示例", 1, 1, without_inspectors=frozenset({world.second_regulator.user_id}))
    with database.writing() as session:
        row = announce_draw(session, world.regulator, plan)
        page = draw_page(session, world.regulator, row.id)
        assert [one.id for one in page.announced.enterprises] == [world.steel_id]
        assert [one.id for one in page.announced.inspectors] == [world.regulator.user_id]
        leaves_nobody = DrawPlan("示例", 1, 1, without_enterprises=frozenset({world.steel_id}))
        with pytest.raises(Invalid):
            announce_draw(session, world.regulator, leaves_nobody)


def test_only_an_authority_draws_and_strangers_see_nothing(
    database: Database, world: World, draw_id: int
) -> None:
    with database.writing() as session:
        for who in (world.steward, world.officer, world.platform_administrator):
            with pytest.raises(Refused):
                announce_draw(session, who, PLAN)
            with pytest.raises(NotFound):
                draw_page(session, who, draw_id)
        with pytest.raises(NotFound):
            draw_page(session, world.regulator, draw_id)
        with pytest.raises(NotFound):
            store_seed(session, world.regulator, draw_id)
        own = announce_draw(session, world.regulator, PLAN)
        assert draw_page(session, world.city_regulator, own.id).authority == "示例区生态环境局"
        assert [line.id for line in draw_list(session, world.regulator)] == [own.id]
        assert len(draw_list(session, world.city_regulator)) == 2


def test_only_the_inspector_who_was_drawn_opens_the_inspection(database: Database, world: World) -> None:
    with database.writing() as session:
        row = announce_draw(session, world.regulator, PLAN)
        draw_id = row.id
    drawn(database, world.regulator, draw_id)
    with database.writing() as session:
        chosen = session.get_one(Draw, draw_id).result[0]["inspectors"][0][0]
        people = {one.user_id: one for one in (world.regulator, world.second_regulator)}
        mine = people.pop(chosen)
        other = next(iter(people.values()))
        plan = VisitPlan(["carbon-steward-visit"], today(), draw_id=draw_id)
        with pytest.raises(Refused, match="没有被抽中"):
            open_visit(session, other, world.steel_id, plan)
        assert open_visit(session, mine, world.steel_id, plan).draw_id == draw_id
        with pytest.raises(NotFound):
            open_visit(session, world.city_regulator, world.dyeing_id, plan)
