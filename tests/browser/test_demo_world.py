"""The example world holds what its documents need: a whole accepted year, products, complete drafts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.periods import Month, today
from portal.domain.workflow import RecordState
from portal.models.database import Database
from portal.models.dossiers import Dossier
from portal.models.jobs import Job
from portal.models.organisations import Organisation
from portal.models.products import ProductFootprint
from portal.models.records import MonthlyRecord
from portal.models.signing_keys import SigningKey
from portal.models.users import User
from portal.queries.dossier_checks import check_contents
from portal.queries.dossier_sources import gather
from portal.reference.dossiers import kinds
from portal.services.demo_dossiers import DRAFTS
from portal.services.demo_keys import make_demo_keys
from portal.services.demo_people import BATTERY, DYEING, STEEL, EnterpriseSpec
from portal.services.demo_records import whole_year
from portal.services.events import verify_trace
from portal.services.signing_keys import is_usable, newest_key

pytestmark = pytest.mark.browser

#: Kinds that rest on documents which the officer issues first.
_RESTING = frozenset({"reduction_product", "carbon_neutrality"})


@pytest.fixture(scope="module")
def demo_database(demo_folder: Path) -> Iterator[Database]:
    """The example world as it was loaded; nothing here changes it but the keys, which only it has."""
    database = Database(Settings.from_env({"INSTANCE_DIR": str(demo_folder)}).database_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def session(demo_database: Database) -> Iterator[Session]:
    with demo_database.reading() as session:
        yield session


def _enterprise(session: Session, name: str) -> Organisation:
    return session.scalars(sa.select(Organisation).where(Organisation.name == name)).one()


@pytest.mark.parametrize("spec", [STEEL, DYEING], ids=["steel", "dyeing"])
def test_a_whole_year_and_more_is_accepted(session: Session, spec: EnterpriseSpec) -> None:
    last = Month.of(today()).previous()
    enterprise = _enterprise(session, spec.name)
    records = session.scalars(sa.select(MonthlyRecord).where(MonthlyRecord.enterprise_id == enterprise.id))
    states = {record.month: record.state for record in records}
    month = Month(whole_year(last), 1)
    while month < last.previous():
        assert states[str(month)] is RecordState.ACCEPTED
        month = month.next()
    assert len([state for state in states.values() if state is RecordState.ACCEPTED]) >= 12
    assert str(last) in states


@pytest.mark.parametrize(
    ("last", "year"), [("2026-10", 2025), ("2026-12", 2025), ("2027-01", 2025), ("2027-02", 2026)]
)
def test_the_whole_year_is_the_newest_of_which_all_months_are_accepted(last: str, year: int) -> None:
    assert whole_year(Month.parse(last)) == year


def test_the_battery_maker_has_nothing_due_yet_but_a_product_with_two_footprints(session: Session) -> None:
    battery = _enterprise(session, BATTERY.name)
    records = sa.select(sa.func.count(MonthlyRecord.id)).where(MonthlyRecord.enterprise_id == battery.id)
    assert session.scalar(records) == 0
    footprints = session.scalars(sa.select(ProductFootprint)).all()
    assert len(footprints) == 3


def test_every_kind_has_a_draft_that_can_be_completed(session: Session) -> None:
    dossiers = session.scalars(sa.select(Dossier).order_by(Dossier.id)).all()
    assert {dossier.kind for dossier in dossiers} == {kind.id for kind in kinds()}
    assert len(dossiers) == len(DRAFTS)
    for dossier in dossiers:
        failures = check_contents(gather(session, dossier)).failures
        assert bool(failures) is (dossier.kind in _RESTING), [str(entry.message) for entry in failures]


def test_what_the_quality_report_reads_beside_the_months_fits_them(session: Session) -> None:
    for dossier in session.scalars(sa.select(Dossier).where(Dossier.kind == "quality_report")):
        source = gather(session, dossier)
        for entry in source.months:
            failed = source.extras["failed"].get(str(entry.month), {})
            assert sum(failed.values()) == entry.content["evaluation"]["failed"]
        assert list(source.extras["accepted_on"]) == [str(entry.month) for entry in source.months]
        assert {meter["standing"] for meter in source.extras["meters"]} <= {"valid", "expiring"}
        assert [plan["version"] for plan in source.extras["plans"]] == [1]


def test_everybody_and_everything_says_that_it_is_an_example(session: Session) -> None:
    assert all("示例" in user.name for user in session.scalars(sa.select(User)))
    assert all("示例" in organisation.name for organisation in session.scalars(sa.select(Organisation)))


def test_the_trace_of_the_example_holds(session: Session) -> None:
    assert list(verify_trace(session)) == []


def test_keys_for_seals_are_made_after_the_start_and_once(demo_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    settings = Settings.from_env({"INSTANCE_DIR": str(tmp_path)})
    database = Database(settings.database_url)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(Job.id)).where(Job.kind == "make_demo_keys")) == 1
        assert session.scalar(sa.select(sa.func.count(SigningKey.id))) == 0
    for _ in range(2):
        make_demo_keys(database, settings)
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(SigningKey.id))) == 4
        key = newest_key(session, _enterprise(session, BATTERY.name).id)
        assert key is not None
        assert is_usable(key)
    database.engine.dispose()
