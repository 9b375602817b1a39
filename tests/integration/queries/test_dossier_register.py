"""The register of issued documents: standings and pages are the database's work, and say what lines say."""

from datetime import timedelta

import pytest

from portal.domain.dossiers import EXPIRING_DAYS, Standing
from portal.domain.periods import today
from portal.models.database import Database
from portal.queries import dossier_register
from portal.queries.dossier_register import RegisterFilters, count_issued, issued_register
from portal.services.dossier_issuing import withdraw_dossier
from tests.factories.dossier_rows import make_issued_dossier, make_signed_dossier
from tests.factories.world import World, make_world

FOOTPRINT, REDUCTION, NEUTRALITY = "carbon_footprint", "reduction_product", "carbon_neutrality"


@pytest.fixture
def world(database: Database) -> World:
    """The usual people, and a document of each standing on both sides of its bounds."""
    day = today()
    with database.writing() as session:
        world = make_world(session)
        for name, days in (
            ("昨天", -1),
            ("今天", 0),
            ("将到期", EXPIRING_DAYS),
            ("还早", EXPIRING_DAYS + 1),
        ):
            make_issued_dossier(session, world, FOOTPRINT, name, valid_until=day + timedelta(days=days))
        old = make_issued_dossier(session, world, FOOTPRINT, "坯布", valid_until=day - timedelta(days=9))
        make_issued_dossier(session, world, FOOTPRINT, "坯布", replaces=old)
        gone = make_issued_dossier(session, world, FOOTPRINT, "撤销的")
        middle = make_issued_dossier(session, world, REDUCTION, "减碳", bases=[old])
        make_issued_dossier(session, world, NEUTRALITY, "2026", bases=[middle])
        make_issued_dossier(session, world, NEUTRALITY, "2025", bases=[gone], valid_until=day)
        make_signed_dossier(session, world, NEUTRALITY, "2024", bases=[gone])
        withdraw_dossier(session, world.signatory, world.steel_id, gone.id, "系统边界有误")
        return world


def test_each_standing_is_filtered_as_its_lines_say(database: Database, world: World) -> None:
    with database.reading() as session:
        every = issued_register(session, world.regulator, RegisterFilters())
        assert len(every) == 10
        found = {
            standing: issued_register(session, world.regulator, RegisterFilters(standing=standing.value))
            for standing in Standing
        }
        for standing, lines in found.items():
            said = {line.id for line in every if line.issued and line.issued.standing is standing}
            assert {line.id for line in lines} == said
            assert said, standing
            wanted = RegisterFilters(standing=standing.value)
            assert count_issued(session, world.regulator, wanted) == len(said)
        assert {line.subject for line in found[Standing.STALE]} == {"减碳", "2026", "2025"}
        assert {line.subject for line in found[Standing.EXPIRING]} == {"今天", "将到期"}
        assert issued_register(session, world.regulator, RegisterFilters(standing="nothing")) == ()
        both = RegisterFilters(kind=NEUTRALITY, standing="stale", q="202")
        assert [line.subject for line in issued_register(session, world.regulator, both)] == ["2025", "2026"]


def test_pages_follow_each_other_newest_issue_first(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier_register, "PER_PAGE", 4)
    with database.reading() as session:
        every = issued_register(session, world.regulator, RegisterFilters())
        pages = [issued_register(session, world.regulator, RegisterFilters(), page) for page in (1, 2, 3, 4)]
        assert [len(page) for page in pages] == [4, 4, 2, 0]
        assert [line for page in pages for line in page] == list(every)
        moments = [line.issued.issued_at for line in every if line.issued]
        assert moments == sorted(moments, reverse=True)
        assert issued_register(session, world.other_regulator, RegisterFilters(), 1) == ()
        assert count_issued(session, world.other_regulator, RegisterFilters()) == 0
